/*
 * praetor-init: pid 1 of the inner pid namespace, running as the job user
 * with no privilege.  It starts what its executor asks for, reaps everything,
 * and when the main process has ended kills whatever that left.
 *
 * It trusts its executor (the socket on descriptor 3) and nothing that it
 * starts.  It must stay small, and must not let a job have a descriptor of
 * its own: each has close-on-exec, and its memory cannot be looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "common/confine.h"
#include "common/err.h"
#include "common/fdpass.h"
#include "common/imsg.h"
#include "common/log.h"
#include "common/proto.h"
#include "common/when.h"
#include "executor/init.h"

#define EXEC_FD		3	/* socket to the executor */
#define UPPER_FD	4	/* handover, then the upper directory */
#define LOOK_MS		1000	/* between two looks at a job's limits */

/*
 * The same boundaries as the mounts, a second time.  The descriptor of the
 * upper directory is named through /proc because it has no path here.
 */
static const struct confine_path paths[] = {
	{ "/", CONFINE_READ | CONFINE_EXEC },
	{ "/workspace", CONFINE_READ | CONFINE_WRITE | CONFINE_EXEC },
	{ "/tmp", CONFINE_READ | CONFINE_WRITE | CONFINE_EXEC },
	{ "/home/agent", CONFINE_READ | CONFINE_WRITE | CONFINE_EXEC },
	{ "/dev", CONFINE_READ | CONFINE_WRITE },
	{ "/proc", CONFINE_READ | CONFINE_WRITE },
	{ "/proc/self/fd/4", CONFINE_READ }
};

static void
init_send(struct init *in, enum msg_type type, const struct rec *r)
{
	struct imsg_hdr	 h = { 0 };
	struct buf	 b = { 0 };

	if (r != NULL && rec_encode(r, &b) != 0)
		fatalx("record");
	h.type = (uint16_t)type;
	h.len = (uint32_t)b.len;
	if (imsg_compose(&in->ib, &h, b.data, -1) != 0 ||
	    imsgbuf_write(&in->ib) == -1)
		_exit(0);		/* no executor, no session */
	buf_free(&b);
}

static uint64_t
tv_us(struct timeval tv)
{
	return ((uint64_t)tv.tv_sec * 1000000 + (uint64_t)tv.tv_usec);
}

/* Tell how it ended; usage is the main process's, as wait4(2) gave it. */
static void
init_reaped(struct init *in, int err, int status, const struct rusage *ru)
{
	struct rec	*r = rec_new(REC_b_reaped);

	rec_set_u64(r, F_b_reaped_err, (uint64_t)err);
	rec_set_u64(r, F_b_reaped_status, (uint64_t)status);
	rec_set_u64(r, F_b_reaped_utime, tv_us(ru->ru_utime));
	rec_set_u64(r, F_b_reaped_stime, tv_us(ru->ru_stime));
	rec_set_u64(r, F_b_reaped_maxrss, (uint64_t)ru->ru_maxrss);
	rec_set_u64(r, F_b_reaped_files, count_changes(UPPER_FD,
	    &in->session));
	if (in->limit != END_NONE) {
		rec_set_str(r, F_b_reaped_limit, end_word(in->limit));
		rec_set_str(r, F_b_reaped_text, in->watch.text);
	}
	init_send(in, MSG_REAPED, r);
	rec_free(r);
}

/* Nothing of a step may live on beside the next one. */
static void
kill_rest(void)
{
	kill(-1, SIGKILL);
	while (wait(NULL) != -1 || errno == EINTR)
		;
}

static void
init_reap(struct init *in)
{
	struct signalfd_siginfo	 si;
	struct rusage		 ru;
	pid_t			 pid;
	int			 status;

	while (read(in->sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		;
	while ((pid = wait4(-1, &status, WNOHANG, &ru)) > 0) {
		if (pid != in->main)
			continue;
		in->main = 0;
		kill_rest();
		watch_last(&in->watch, status != 0, &in->limit);
		init_reaped(in, 0, status, &ru);
	}
}

/* Once a second, while a job runs. */
static void
init_look(struct init *in)
{
	if (in->main == 0 || in->limit != END_NONE)
		return;
	if ((in->limit = watch_look(&in->watch)) != END_NONE)
		kill(-1, SIGKILL);
}

static void
init_spawn(struct init *in, struct imsg_hdr *h, const void *data, int fd)
{
	struct rusage	 none = { 0 };
	struct rec	*r;
	int		 err = 0;

	if (in->main != 0 || fd == -1 ||
	    rec_decode_one(data, h->len, REC_b_spawn, &r) != 0)
		fatalx("SPAWN refused");
	memset(&in->watch, 0, sizeof(in->watch));
	in->limit = END_NONE;
	if ((in->main = job_spawn(r, fd, &err)) == -1) {
		in->main = 0;
		kill_rest();
		init_reaped(in, err, 0, &none);
	}
	rec_free(r);
	close(fd);
}

static void
init_kill(const struct imsg_hdr *h, const void *data)
{
	struct m_count	 c;

	if (h->len != sizeof(c))
		fatalx("KILL refused");
	memcpy(&c, data, sizeof(c));
	if (c.n > 0 && c.n < NSIG)
		kill(-1, (int)c.n);
}

/*
 * A SPAWN may be longer than a frame; its pieces are joined here, with the
 * descriptor of the first.
 */
static void
init_frame(struct init *in, struct imsg *m)
{
	struct imsg_hdr	 h = m->hdr;

	if (m->fd != -1) {
		if (in->joinfd != -1)
			fatalx("two descriptors");
		in->joinfd = m->fd;
	}
	if (in->join.len + h.len > MAX_ITEM ||
	    buf_add(&in->join, m->data, h.len) != 0)
		fatalx("message too long");
	if (h.flags & IMSG_F_MORE)
		return;
	h.len = (uint32_t)in->join.len;
	if (msg_refuse(P_EXEC, P_INIT, h.type, h.len, in->joinfd != -1,
	    -1) != NULL)
		fatalx("%s refused", msg_name(h.type));
	if (h.type == MSG_SPAWN)
		init_spawn(in, &h, in->join.data, in->joinfd);
	else
		init_kill(&h, in->join.data);
	in->joinfd = -1;
	buf_free(&in->join);
}

static void
init_read(struct init *in)
{
	struct imsg	 m;
	int		 r;

	if (imsgbuf_read(&in->ib) != 1)
		_exit(0);
	while ((r = imsg_next(&in->ib, &m)) == 1)
		init_frame(in, &m);
	if (r == -1)
		fatalx("frame refused");
}

/*
 * The filter at once; the paths when the worktree is there, which is when
 * the builder hands over the upper directory.  (The filter lets jobs narrow
 * themselves by Landlock, so it lets this.)
 */
static void
init_confine(struct init *in)
{
	char		 why[256];
	int		 fd;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		fatal("dumpable");
	if (confine_syscalls(CONFINE_JOB, why, sizeof(why)) != 0)
		fatalx("%s", why);
	if (fdpass_recv(UPPER_FD, &in->session, sizeof(in->session),
	    &fd) == -1 || fd == -1)
		_exit(0);
	if (dup3(fd, UPPER_FD, O_CLOEXEC) == -1)
		fatal("upper directory");
	close(fd);
	if (confine_paths(paths, sizeof(paths) / sizeof(paths[0]), why,
	    sizeof(why)) != 0)
		fatalx("%s", why);
}

static void
init_start(struct init *in)
{
	sigset_t	 set;
	int		 sig;

	memset(in, 0, sizeof(*in));
	in->joinfd = -1;
	if (fcntl(EXEC_FD, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(UPPER_FD, F_SETFD, FD_CLOEXEC) == -1)
		fatalx("is started by praetord(8), not by hand");
	/*
	 * A job's signals reach pid 1 only where it has a handler
	 * (pid_namespaces(7)), be it one that a library has put there.
	 */
	for (sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 || (in->sigfd =
	    signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		fatal("signals");
	imsgbuf_init(&in->ib, EXEC_FD);
}

int
main(int argc, char *argv[])
{
	struct init	 in;
	struct pollfd	 pfd[2];
	struct mono	 looked = mono_now();

	log_init("praetor-init", argc > 1 && strcmp(argv[1], "-v") == 0);
	init_start(&in);
	init_confine(&in);
	init_send(&in, MSG_INIT_READY, NULL);
	if (dup2(STDIN_FILENO, STDERR_FILENO) == -1)	/* /dev/null */
		_exit(1);
	pfd[0].fd = EXEC_FD;
	pfd[1].fd = in.sigfd;
	pfd[0].events = pfd[1].events = POLLIN;
	for (;;) {
		if (poll(pfd, 2, in.main != 0 ? LOOK_MS : -1) == -1 &&
		    errno != EINTR)
			_exit(1);
		if (mono_diff_us(looked, mono_now()) >= LOOK_MS * 1000) {
			looked = mono_now();
			init_look(&in);
		}
		if (pfd[1].revents)
			init_reap(&in);
		if (pfd[0].revents)
			init_read(&in);
	}
}
