/*
 * The one timer of the engine that follows the wall clock.  Engine.  What is
 * due at a time of day must not be early or late because somebody set the
 * clock or the machine slept, so this is a timerfd of CLOCK_REALTIME and not
 * one of libevent's, which count from now.
 */
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <event2/event.h>

#include "common/log.h"
#include "engine/clock.h"

/* Its time has come, or the clock was set (ECANCELED): look again. */
static void
clock_wake(int fd, short what, void *arg)
{
	uint64_t	 n;

	(void)what;
	if (read(fd, &n, sizeof(n)) == -1 && errno == ECANCELED)
		log_info("the clock was set");
	engine_turn(arg);
}

void
clock_open(struct engine *e)
{
	int	 fd;

	fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd == -1)
		fatal("timer of the wall clock");
	e->due = event_new(e->role.base, fd, EV_READ | EV_PERSIST, clock_wake,
	    e);
	if (e->due == NULL || event_add(e->due, NULL) == -1)
		fatalx("timers");
}

void
clock_close(struct engine *e)
{
	int	 fd = event_get_fd(e->due);

	event_free(e->due);
	close(fd);
}

void
clock_due(struct engine *e, uint64_t us)
{
	struct itimerspec	 it;

	memset(&it, 0, sizeof(it));
	it.it_value.tv_sec = (time_t)(us / 1000000);
	it.it_value.tv_nsec = (long)(us % 1000000) * 1000;
	if (timerfd_settime(event_get_fd(e->due), TFD_TIMER_ABSTIME |
	    TFD_TIMER_CANCEL_ON_SET, &it, NULL) == -1 && errno != ECANCELED)
		log_warn("timer of the wall clock");
}
