/*
 * The control socket.  Runs in the frontend; the parent made and bound the
 * socket, anybody may be at its other end.
 */
#include <errno.h>
#include <unistd.h>
#include <sys/socket.h>
#include <event2/event.h>

#include "common/log.h"
#include "common/when.h"
#include "frontend/frontend.h"

#define ACCEPT_BATCH	16	/* connections a turn: others want theirs */

/*
 * Without descriptors accept(2) fails at once and the socket stays readable:
 * waiting keeps that from becoming a busy loop.
 */
static void
accept_pause(struct frontend *fe)
{
	struct timeval	 tv = ms_timeval(ACCEPT_MS);

	event_del(fe->accept);
	evtimer_add(fe->accept_again, &tv);
}

static void
accept_resume(int fd, short what, void *arg)
{
	struct frontend	*fe = arg;

	(void)fd;
	(void)what;
	event_add(fe->accept, NULL);
}

static void
accept_clients(int fd, short what, void *arg)
{
	struct frontend	*fe = arg;
	int		 i, s;

	(void)what;
	for (i = 0; i < ACCEPT_BATCH; i++) {
		s = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (s != -1) {
			client_new(fe, s);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			log_warn("clients have to wait");
			accept_pause(fe);
		} else if (errno != EAGAIN && errno != EINTR &&
		    errno != ECONNABORTED) {
			log_warn("accept");
		}
		return;
	}
}

void
control_listen(struct frontend *fe, int fd)
{
	control_close(fe);
	if (evutil_make_socket_nonblocking(fd) == -1)
		fatal("control socket");
	fe->listener = fd;
	fe->accept = event_new(fe->role.base, fd, EV_READ | EV_PERSIST,
	    accept_clients, fe);
	fe->accept_again = evtimer_new(fe->role.base, accept_resume, fe);
	if (fe->accept == NULL || fe->accept_again == NULL ||
	    event_add(fe->accept, NULL) == -1)
		fatalx("control socket: out of memory");
}

void
control_close(struct frontend *fe)
{
	if (fe->listener == -1)
		return;
	event_free(fe->accept);
	event_free(fe->accept_again);
	close(fe->listener);
	fe->listener = -1;
}
