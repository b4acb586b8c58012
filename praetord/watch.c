/*
 * Parent: watching sessions.  Reads numbers that the kernel keeps; nothing of
 * a session's is trusted.  The kernel tells at once when a group's memory or
 * processes are at their limit; the rest is looked at by a timer that runs
 * only while a session lives.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <sys/inotify.h>

#include "common/err.h"
#include "common/log.h"
#include "common/peer.h"
#include "praetord/cgroup.h"
#include "praetord/session_dir.h"
#include "praetord/session_table.h"
#include "praetord/watch.h"

#define LOOK_MS		1000	/* between two looks, at most */
#define OBEY_US		(20 * 1000000LL) /* from LIMIT to the session's end */

struct watch {
	struct sessions	*sessions;
	struct event	*timer;
	struct event	*changed;	/* NULL without control groups */
	int		 inotify;
	struct flow	 flow;
};

static void
tell(struct session *se)
{
	struct m_limit	 m = { .end = se->watched.end };

	if (se->cgroup != -1) {
		m.utime = cgroup_stat(se->cgroup, "cpu.stat", "user_usec");
		m.stime = cgroup_stat(se->cgroup, "cpu.stat", "system_usec");
		m.maxrss = cgroup_stat(se->cgroup, "memory.peak", "") / 1024;
	}
	snprintf(m.text, sizeof(m.text), "%s", se->watched.text);
	if (se->peer != NULL) {
		peer_send(se->peer, MSG_LIMIT, 0, -1, &m, sizeof(m));
		peer_flush(se->peer);
	}
	/* Its executor is outside of this, and tells what became of it. */
	cgroup_kill(se->cgroup);
}

void
watch_over(struct session *se, enum end end, const char *fmt, ...)
{
	struct watched	*w = &se->watched;
	va_list		 ap;

	if (w->end != END_NONE)
		return;
	w->end = end;
	va_start(ap, fmt);
	vsnprintf(w->text, sizeof(w->text), fmt, ap);
	va_end(ap);
	w->told = mono_now();
	log_info("session s_%02llu: ended by a limit, %s: %s",
	    (unsigned long long)se->number, end_word(end), w->text);
	tell(se);
}

/* The two that the kernel reports, from their files. */
static void
group_look(struct session *se)
{
	const struct watched	*w = &se->watched;

	if (w->changes[0] != -1 &&
	    cgroup_stat(se->cgroup, "memory.events", "oom_kill") > 0)
		watch_over(se, END_OOM, "more than %llu bytes of memory (limit "
		    "memory)", (unsigned long long)w->memory);
	if (w->changes[1] != -1 &&
	    cgroup_stat(se->cgroup, "pids.events", "max") > 0)
		watch_over(se, END_PIDS, "more than %llu processes and "
		    "threads (limit pids)", (unsigned long long)w->pids);
}

static void
changed(struct watch *w, int wd)
{
	struct session	*se;

	TAILQ_FOREACH(se, &w->sessions->list, entry)
		if (se->watched.on && (se->watched.changes[0] == wd ||
		    se->watched.changes[1] == wd)) {
			group_look(se);
			return;
		}
}

static void
on_changed(int fd, short what, void *arg)
{
	union {
		struct inotify_event	 ev;
		char			 buf[4096];
	}			 u;
	struct inotify_event	*ev;
	ssize_t			 n, at;

	(void)what;
	while ((n = read(fd, u.buf, sizeof(u.buf))) > 0)
		for (at = 0; at < n; at += (ssize_t)sizeof(*ev) + ev->len) {
			ev = (void *)(u.buf + at);
			changed(arg, ev->wd);
		}
}

static void
time_look(struct session *se)
{
	uint64_t	 limit = se->watched.cpu_time;
	char		 text[24];

	if (limit == 0 || se->cgroup == -1 ||
	    cgroup_stat(se->cgroup, "cpu.stat", "usage_usec") <= limit)
		return;
	duration_format(text, limit / 1000);
	watch_over(se, END_CPU, "more than %s of CPU time (%s)", text,
	    se->watched.cpu_own ? "the task's own limit" : "limit cpu-time");
}

static int
session_look(struct session *se)
{
	if (!se->watched.on || !session_has_process(se))
		return (0);
	time_look(se);
	if (se->watched.end != END_NONE &&
	    mono_diff_us(se->watched.told, mono_now()) > OBEY_US)
		session_kill(se);
	return (1);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct watch	*w = arg;
	struct session	*se;
	struct timeval	 tv;
	int64_t		 next = LOOK_MS;
	int		 live = 0;

	(void)fd;
	(void)what;
	TAILQ_FOREACH(se, &w->sessions->list, entry)
		live += session_look(se);
	if (live == 0)
		return;
	disk_look(w->sessions, &w->flow, &next);
	tv = ms_timeval(next);
	event_add(w->timer, &tv);
}

static int
changes_open(struct watch *w)
{
	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->inotify == -1)
		return (-1);
	w->changed = event_new(w->sessions->base, w->inotify,
	    EV_READ | EV_PERSIST, on_changed, w);
	return (w->changed == NULL ? -1 : event_add(w->changed, NULL));
}

struct watch *
watch_new(struct sessions *s, struct why *why)
{
	struct watch	*w = calloc(1, sizeof(*w));

	if (w == NULL) {
		why_set(why, PRA_ENOMEM, "out of memory");
		return (NULL);
	}
	w->sessions = s;
	w->inotify = -1;
	if ((w->timer = evtimer_new(s->base, on_timer, w)) == NULL)
		why_set(why, PRA_ENOMEM, "out of memory");
	else if (s->host.cgroups.dir != -1 && changes_open(w) == -1)
		why_errno(why, "raise sysctl fs.inotify.max_user_instances",
		    "inotify");
	else
		return (w);
	watch_free(w);
	return (NULL);
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	if (w->timer != NULL)
		event_free(w->timer);
	if (w->changed != NULL)
		event_free(w->changed);
	if (w->inotify != -1)
		close(w->inotify);
	free(w);
}

/* -1 when there is nothing to watch; a failure is as if the limit were hit. */
static int
file_watch(struct session *se, const char *name, uint64_t limit)
{
	struct watch	*w = se->owner->watch;
	char		 path[64];
	int		 wd;

	if (limit == 0 || se->cgroup == -1)
		return (-1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", se->cgroup, name);
	wd = inotify_add_watch(w->inotify, path, IN_MODIFY);
	if (wd == -1) {
		log_warn("session s_%02llu: %s (raise sysctl "
		    "fs.inotify.max_user_watches)",
		    (unsigned long long)se->number, name);
		session_kill(se);
	}
	return (wd);
}

/* What a task asks for counts when it is lower. */
static void
cpu_begin(struct session *se, uint64_t most)
{
	struct watched	*w = &se->watched;

	w->cpu_own = se->cpu_time != 0 && (most == 0 || se->cpu_time < most);
	w->cpu_time = (w->cpu_own ? se->cpu_time : most) * 1000;
}

void
watch_begin(struct session *se)
{
	const uint64_t	*o = se->owner->conf->opt;
	struct timeval	 tv = { 0, 0 };
	struct watched	*w = &se->watched;
	struct why	 why;

	memset(w, 0, sizeof(*w));
	w->memory = o[OPT_LIMIT_MEMORY];
	w->pids = o[OPT_LIMIT_PIDS];
	cpu_begin(se, o[OPT_LIMIT_CPU_TIME]);
	w->disk = o[OPT_LIMIT_DISK];
	/* It lives, so the copy is whole; without one this is 0. */
	(void)sdir_whole(se->owner->host.statefd, se->number, &w->copied,
	    &why);
	w->changes[0] = file_watch(se, "memory.events", w->memory);
	w->changes[1] = file_watch(se, "pids.events", w->pids);
	w->on = 1;
	disk_begin(se, &se->owner->watch->flow);
	group_look(se);
	event_add(se->owner->watch->timer, &tv);
}

enum end
watch_end(struct session *se, char *text, size_t size)
{
	struct watched	*w = &se->watched;

	text[0] = '\0';
	if (!w->on)
		return (END_NONE);
	/* Its executor may have died of the same. */
	group_look(se);
	w->on = 0;
	snprintf(text, size, "%s", w->text);
	return (w->end);
}
