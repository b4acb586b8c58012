/*
 * Copies of the engine that read.  Engine, and the copy itself between
 * copy_main() and its end.  A copy has the engine's sandbox.  What it says is
 * checked as a record and passed on; it decides nothing.
 */
#include <sys/prctl.h>
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
#include <event2/event.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/work.h"

#define WORKS_MAX	2		/* at once */
#define REC_HEAD	6		/* kind and length in front of a body */
#define OUT_AT_ONCE	(64 * 1024)	/* bytes, written by the copy */
#define READ_AT_ONCE	(256 * 1024)	/* bytes, in one turn of the loop */

struct work {
	struct request	*rq;
	pid_t		 pid;
	int		 pidfd;		/* to kill it */
	int		 fd;
	struct event	*read;
	struct buf	 in;
	int		 done;		/* its v_done came */
};

/* In the copy. */

static void
copy_write(struct work_copy *w)
{
	size_t	 done = 0;
	ssize_t	 n;

	while (done < w->out.len) {
		n = write(w->fd, w->out.data + done, w->out.len - done);
		if (n == -1 && errno != EINTR)
			_exit(1);
		done += n > 0 ? (size_t)n : 0;
	}
	w->out.len = 0;
}

void
work_item(struct work_copy *w, struct rec *r)
{
	if (rec_encode(r, &w->out) != 0) {
		log_warnx("an item of the answer cannot be sent");
		_exit(1);
	}
	rec_free(r);
	if (w->out.len >= OUT_AT_ONCE)
		copy_write(w);
}

static void
copy_done(struct work_copy *w, int err, const char *why)
{
	struct rec	*r = rec_new(REC_v_done);

	rec_set_str(r, F_v_done_error, err_name(err));
	if (err != 0)
		rec_set_str(r, F_v_done_message,
		    *why != '\0' ? why : err_text(err));
	work_item(w, r);
	copy_write(w);
}

/* No descriptor of the engine but standard error stays. */
static void __attribute__((__noreturn__))
copy_main(struct engine *e, const struct request *rq, work_fn *fn, int fd,
    pid_t parent)
{
	struct work_copy	 w = { .conf = e->conf, .cmd = rq->cmd,
	    .dir = e->dir };
	char			 why[2048] = "";
	int			 err;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent ||
	    fcntl(fd, F_SETFL, 0) == -1)
		_exit(1);
	signal(SIGTERM, SIG_DFL);
	store_forget(e->store);
	if (dup2(fd, STDERR_FILENO + 1) == -1 ||
	    close_range(STDERR_FILENO + 2, ~0U, 0) == -1)
		_exit(1);
	w.fd = STDERR_FILENO + 1;
	err = store_open_copy(&w.store, w.dir, NULL, why, sizeof(why));
	if (err == 0)
		err = fn(&w, why, sizeof(why));
	copy_done(&w, err, why);
	_exit(0);
}

/* In the engine. */

static void
work_free(struct work *w)
{
	int	 status;

	if (w->read != NULL)
		event_free(w->read);
	if (w->pidfd != -1) {
		syscall(SYS_pidfd_send_signal, w->pidfd, SIGKILL, NULL, 0);
		while (waitpid(w->pid, &status, 0) == -1 && errno == EINTR)
			;
		close(w->pidfd);
		w->rq->e->nworks--;
	}
	if (w->fd != -1)
		close(w->fd);
	buf_free(&w->in);
	free(w);
}

void
work_end(struct work *w)
{
	if (w != NULL)
		work_free(w);
}

void
work_resume(struct work *w)
{
	if (!event_pending(w->read, EV_READ, NULL))
		event_add(w->read, NULL);
}

/* Its last word, or that it has none: the request ends in any case. */
static void
work_over(struct work *w, struct rec *done)
{
	struct request	*rq = w->rq;

	if (done != NULL)
		request_done(rq, err_byname(rec_str(done, F_v_done_error)),
		    NULL, "%s", rec_str(done, F_v_done_message));
	else
		request_done(rq, PRA_EINTERNAL, "see the log of praetord",
		    "the copy of the engine that had it to do has died");
	rec_free(done);
	request_free(rq);
}

/* Bytes of the first record that has come whole, or 0. */
static size_t
whole(const struct buf *b)
{
	size_t	 n;

	if (b->len < REC_HEAD)
		return (0);
	n = REC_HEAD + ((size_t)b->data[2] | (size_t)b->data[3] << 8 |
	    (size_t)b->data[4] << 16 | (size_t)b->data[5] << 24);
	return (n <= b->len ? n : 0);
}

/* Pass on what is whole.  1 when that was the end. */
static int
work_take(struct work *w)
{
	struct reader	 rd;
	struct rec	*r;
	size_t		 n, at = 0;
	struct buf	 rest = w->in;

	for (; (n = whole(&rest)) > 0; rest.data += n, rest.len -= n, at += n) {
		reader_init(&rd, rest.data, n);
		if (rec_decode(&rd, &r) != 0) {
			work_over(w, NULL);
			return (1);
		}
		if (rec_kind(r) == REC_v_done) {
			work_over(w, r);
			return (1);
		}
		request_item(w->rq, r);
	}
	buf_drop(&w->in, at);
	return (0);
}

static void
work_read(int fd, short what, void *arg)
{
	struct work	*w = arg;
	ssize_t		 n;

	(void)what;
	if (request_choked(w->rq)) {
		event_del(w->read);	/* work_resume() */
		return;
	}
	if (buf_reserve(&w->in, READ_AT_ONCE) != 0) {
		work_over(w, NULL);
		return;
	}
	n = read(fd, w->in.data + w->in.len, READ_AT_ONCE);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		work_over(w, NULL);
		return;
	}
	w->in.len += (size_t)n;
	(void)work_take(w);
}

/* fork(2) as the filter allows it: see reviewer/hand.c. */
static pid_t
work_fork(int *pidfd)
{
	return ((pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, pidfd,
	    NULL, 0));
}

static struct work *
work_new(struct request *rq, work_fn *fn)
{
	struct engine	*e = rq->e;
	struct work	*w;
	pid_t		 self = getpid();
	int		 fds[2];

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return (NULL);
	w->rq = rq;
	w->fd = w->pidfd = -1;
	if (pipe2(fds, O_CLOEXEC) == -1) {
		work_free(w);
		return (NULL);
	}
	w->fd = fds[0];
	w->read = event_new(e->role.base, w->fd, EV_READ | EV_PERSIST,
	    work_read, w);
	if (w->read == NULL || event_add(w->read, NULL) == -1 ||
	    (w->pid = work_fork(&w->pidfd)) == -1) {
		close(fds[1]);
		work_free(w);
		return (NULL);
	}
	if (w->pid == 0)
		copy_main(e, rq, fn, fds[1], self);
	close(fds[1]);
	(void)fcntl(w->fd, F_SETFL, O_NONBLOCK);
	e->nworks++;
	return (w);
}

int
work_busy(const struct engine *e, enum rec_kind kind)
{
	const struct request	*rq;

	TAILQ_FOREACH(rq, &e->requests, entry)
		if (rq->work != NULL && rec_kind(rq->cmd) == kind)
			return (1);
	return (0);
}

int
work_start(struct request *rq, work_fn *fn)
{
	if (!request_permits(rq, NULL))
		return (request_done(rq, PRA_EPERM, "an administrator can add "
		    "a permit rule to praetord.conf", "%s is not permitted",
		    rq->who.command));
	if (rq->e->nworks >= WORKS_MAX)
		return (request_done(rq, PRA_ELIMIT, "try again when one is "
		    "over", "%d such commands are under way", WORKS_MAX));
	if ((rq->work = work_new(rq, fn)) == NULL)
		return (request_done(rq, PRA_ENOMEM, NULL, "no copy of the "
		    "engine can be made: %s", strerror(errno)));
	return (0);
}
