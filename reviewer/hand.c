/*
 * Hands.  Runs in the reviewer, and work() in a copy of it that has the same
 * sandbox, no socket to anybody and fewer secrets.  What a hand says is no
 * more trusted than the server that it talks to: its answer is checked by
 * whoever started it.
 *
 * A hand writes one byte for each note and, at its end, '=' and its answer.
 */
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bsd/stdlib.h>
#include <event2/event.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "reviewer/gitlib.h"
#include "reviewer/hand.h"
#include "reviewer/outcome.h"
#include "reviewer/remote.h"
#include "reviewer/reviewer.h"
#include "reviewer/settings.h"

#define NOTE_BEAT	'b'
#define NOTE_REST	'r'
#define NOTE_FETCHED	'f'
#define NOTE_ANSWER	'='
#define BEAT_US		200000		/* least time between two */

struct hand {
	struct reviewer		*r;
	const struct hand_ops	*ops;
	void			*arg;
	char			*url;
	pid_t			 pid;
	int			 pidfd;		/* to kill it */
	int			 fd;
	struct event		*read, *silence, *total;
	struct buf		 in;
	int			 answering;	/* '=' came */
	int			 fetched;
	uint64_t		 timeout;	/* ms of silence */
};

int
hand_lock(const char *state)
{
	char	 path[4096];
	int	 fd;

	snprintf(path, sizeof(path), "%s/lock", state);
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return (-1);
	while (flock(fd, LOCK_EX) == -1)
		if (errno != EINTR) {
			close(fd);
			return (-1);
		}
	return (fd);
}

static void
hand_free(struct hand *h)
{
	if (h->read != NULL)
		event_free(h->read);
	if (h->silence != NULL)
		event_free(h->silence);
	if (h->total != NULL)
		event_free(h->total);
	if (h->fd != -1)
		close(h->fd);
	if (h->pidfd != -1)
		close(h->pidfd);
	buf_free(&h->in);
	free(h->url);
	free(h);
}

/* Whatever it is doing: nothing of it may go on.  Its wait(2) status. */
static int
hand_reap(struct hand *h)
{
	int	 status = 0;

	syscall(SYS_pidfd_send_signal, h->pidfd, SIGKILL, NULL, 0);
	while (waitpid(h->pid, &status, 0) == -1 && errno == EINTR)
		;
	h->r->nhands--;
	return (status);
}

void
hand_kill(struct hand *h)
{
	hand_reap(h);
	hand_free(h);
}

/* It has ended or is ended here; err is 0 when an answer may be there. */
static void
hand_over(struct hand *h, int err, const char *why)
{
	struct hand	 was;
	struct outcome	 o = { 0 };
	int		 status = hand_reap(h);

	/* It ends with 0 when its whole answer is written, and then only. */
	if (err != 0)
		outcome_set(&o, err, "%s: %s", h->url, why);
	else if (!h->answering || status != 0)
		outcome_set(&o, PRA_EINTERNAL, "what the reviewer had begun "
		    "for it has died (%s %d): see the log",
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) :
		    WEXITSTATUS(status));
	was = *h;
	memset(&h->in, 0, sizeof(h->in));
	hand_free(h);
	was.ops->ended(was.r, was.arg, o.err == 0 ? &was.in : NULL,
	    was.fetched, &o);
	buf_free(&was.in);
}

static void
hand_silent(int fd, short what, void *arg)
{
	struct hand	*h = arg;
	char		 line[128], ms[24];

	(void)fd;
	(void)what;
	duration_format(ms, h->timeout);
	snprintf(line, sizeof(line), "the server was silent for %s: see "
	    "`fetch timeout` in praetord.conf", ms);
	hand_over(h, PRA_ETIMEOUT, line);
}

static void
hand_late(int fd, short what, void *arg)
{
	char	 line[64];

	(void)fd;
	(void)what;
	snprintf(line, sizeof(line), "not done after %d minutes",
	    HAND_TOTAL / 60);
	hand_over(arg, PRA_ETIMEOUT, line);
}

static void
hand_note(struct hand *h, char note)
{
	const struct timeval	 tv = ms_timeval((int64_t)h->timeout);
	const struct timeval	 most = { HAND_TOTAL, 0 };

	if (note == NOTE_BEAT && h->url != NULL) {
		event_add(h->silence, &tv);
		if (!event_pending(h->total, EV_TIMEOUT, NULL))
			event_add(h->total, &most);
	} else if (note == NOTE_REST) {
		event_del(h->silence);
	} else if (note == NOTE_FETCHED) {
		h->fetched = 1;
	} else if (note == NOTE_ANSWER) {
		h->answering = 1;
	}
}

static void
hand_read(int fd, short what, void *arg)
{
	struct hand	*h = arg;
	char		 piece[16384];
	ssize_t		 i, n;

	(void)what;
	if ((n = read(fd, piece, sizeof(piece))) == -1 && (errno == EAGAIN ||
	    errno == EINTR))
		return;
	for (i = 0; i < n && !h->answering; i++)
		hand_note(h, piece[i]);
	if (n > 0 && (buf_add(&h->in, piece + i, (size_t)(n - i)) != 0 ||
	    h->in.len > HAND_ANSWER)) {
		h->answering = 0;
		n = 0;
	}
	if (n <= 0)
		hand_over(h, 0, NULL);
}

/* Nothing is written before there is room, and nobody is waited for. */
static void
note(struct reviewer *r, char c)
{
	if (r->notefd != -1 && write(r->notefd, &c, 1) == -1)
		r->beat.us = 0;
}

void
hand_beat(struct reviewer *r)
{
	struct mono	 now;

	if (r->notefd == -1)
		return;
	now = mono_now();
	if (r->beat.us != 0 && mono_diff_us(r->beat, now) < BEAT_US)
		return;
	r->beat = now;
	note(r, NOTE_BEAT);
}

void
hand_rest(struct reviewer *r)
{
	r->beat.us = 0;
	note(r, NOTE_REST);
}

void
hand_fetched(struct reviewer *r)
{
	note(r, NOTE_FETCHED);
}

static int
by_number(const void *a, const void *b)
{
	return (*(const int *)a - *(const int *)b);
}

/* Keep standard input to error and what the work needs; nothing else. */
static void
child_descriptors(const struct reviewer *r)
{
	int	 keep[] = { r->notefd, r->mirrorsfd, r->treesfd, r->gitsfd,
		    r->holdsfd, r->scratchfd, r->lockfd };
	int	 from = STDERR_FILENO + 1;
	size_t	 i;

	qsort(keep, sizeof(keep) / sizeof(keep[0]), sizeof(keep[0]),
	    by_number);
	for (i = 0; i < sizeof(keep) / sizeof(keep[0]); i++) {
		if (keep[i] > from &&
		    close_range((unsigned)from, (unsigned)keep[i] - 1, 0) == -1)
			_exit(1);
		if (keep[i] >= from)
			from = keep[i] + 1;
	}
	if (close_range((unsigned)from, ~0U, 0) == -1)
		_exit(1);
}

/* Credentials are in the settings in use, and in those of an open reload. */
static void
child_settings(struct reviewer *r, const char *url)
{
	settings_free(r->staged);
	r->staged = NULL;
	settings_only(r->settings, url);
}

/*
 * For a hand with a server: bounded memory, no further process (one would
 * not die with the reviewer, and would keep hand_lock() from the next), and
 * libgit2 begun anew.  Its TLS library has drawn its randomness already, and
 * two copies of it would use the same secrets with two servers.
 */
static void
child_network(struct reviewer *r, const char *url)
{
	const struct rlimit	 data = { HAND_MEMORY, HAND_MEMORY };
	const struct rlimit	 none = { 0, 0 };
	struct outcome		 o;

	child_settings(r, url);
	if (url == NULL)
		return;
	gitlib_end();
	if (gitlib_init(&o) != 0) {
		log_warnx("%s", o.text);
		_exit(1);
	}
	if (setrlimit(RLIMIT_DATA, &data) == -1 ||
	    setrlimit(RLIMIT_NPROC, &none) == -1)
		_exit(1);
}

static void __attribute__((__noreturn__))
child_main(struct reviewer *r, const struct hand_ops *ops, const char *url,
    void *arg, int fd, pid_t parent)
{
	struct buf		 answer = { 0 };
	size_t			 done = 0;
	ssize_t			 n;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(1);
	signal(SIGTERM, SIG_DFL);
	r->notefd = fd;
	r->beat.us = 0;
	child_descriptors(r);
	/* Handles belong to the reviewer: their files are shared with it. */
	TAILQ_INIT(&r->mirrors);
	r->engine = NULL;
	r->brisk = 0;
	child_network(r, url);
	ops->work(r, arg, &answer);
	fcntl(fd, F_SETFL, 0);		/* from here on every byte counts */
	note(r, NOTE_ANSWER);
	while (done < answer.len) {
		n = write(fd, answer.data + done, answer.len - done);
		if (n == -1 && errno != EINTR)
			_exit(1);
		done += n > 0 ? (size_t)n : 0;
	}
	_exit(0);
}

static int
hand_events(struct hand *h)
{
	struct event_base	*base = h->r->role.base;

	h->read = event_new(base, h->fd, EV_READ | EV_PERSIST, hand_read, h);
	h->silence = evtimer_new(base, hand_silent, h);
	h->total = evtimer_new(base, hand_late, h);
	return (h->read == NULL || h->silence == NULL || h->total == NULL ||
	    event_add(h->read, NULL) == -1 ? -1 : 0);
}

/*
 * fork(2) as the filter allows it, with a descriptor of the child.  Nothing
 * that fork(3) does beside it is needed: there is one thread, so no lock is
 * held by another.
 */
static pid_t
hand_fork(int *pidfd)
{
	return ((pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, pidfd,
	    NULL, 0));
}

struct hand *
hand_start(struct reviewer *r, const struct hand_ops *ops, const char *url,
    void *arg)
{
	struct hand	*h;
	pid_t		 self = getpid();
	int		 fds[2] = { -1, -1 };

	if ((h = calloc(1, sizeof(*h))) == NULL)
		return (NULL);
	h->r = r;
	h->ops = ops;
	h->arg = arg;
	h->fd = h->pidfd = -1;
	h->timeout = r->settings->fetch_timeout;
	if ((url != NULL && (h->url = strdup(url)) == NULL) ||
	    pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1) {
		hand_free(h);
		return (NULL);
	}
	h->fd = fds[0];
	if (hand_events(h) == -1 || (h->pid = hand_fork(&h->pidfd)) == -1) {
		close(fds[1]);
		hand_free(h);
		return (NULL);
	}
	if (h->pid == 0)
		child_main(r, ops, h->url, arg, fds[1], self);
	close(fds[1]);
	r->nhands++;
	return (h);
}
