/*
 * The self-test at start.  Runs in a child of the parent, with the parent's
 * rights and its session code, over a state directory of its own below the
 * real one; the engine's part is played by a second child without any right
 * (selftest_engine.c).  A session that can do what none may is the reason not
 * to start: a sandbox that is active and does not hold is worse than none.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/log.h"
#include "executor/canary.h"
#include "praetord/parent.h"
#include "praetord/selftest.h"

#define SESSION		1

struct selftest {
	struct event_base	*base;
	struct event		*chld;
	struct conf		 conf;	/* the real one, in another directory */
	struct sessions_host	 host;
	struct sessions		*sessions;
	struct bait		 bait;
	pid_t			 engine;
	int			 status;	/* the canary's, or -1 */
	int			 gone;
	char			*why;
	size_t			 size;
};

static const struct { int bit; const char *what; } bits[] = {
	{ CANARY_READ, "read a file of the host" },
	{ CANARY_WRITE, "write outside its worktree" },
	{ CANARY_TCP, "connect to a port of the host" },
	{ CANARY_UNIX, "connect to a UNIX socket of the host" }
};

static void
engine_reaped(struct selftest *t, int status)
{
	t->engine = 0;
	t->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	sessions_stop(t->sessions, SESSION);
}

static void
on_chld(int sig, short what, void *arg)
{
	struct selftest	*t = arg;
	int		 status;
	pid_t		 pid;

	(void)sig;
	(void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == t->engine)
			engine_reaped(t, status);
		else
			sessions_reap(t->sessions, pid, status);
	}
}

/* Nothing but its socket goes with it. */
static void __attribute__((__noreturn__))
become_engine(struct selftest *t, int fd)
{
	const char	*argv[BAIT_ARGS];

	signal(SIGCHLD, SIG_DFL);
	bait_args(&t->bait, 1, argv);
	if (dup2(fd, STDERR_FILENO + 1) == -1 ||
	    close_range(STDERR_FILENO + 2, ~0U, 0) == -1 ||
	    privs_role(&t->conf, ROLE_ENGINE) == -1)
		_exit(SELFTEST_BROKEN);
	selftest_engine(STDERR_FILENO + 1, argv);
}

static void
on_started(void *arg, uint64_t session, pid_t pid, int fd)
{
	struct selftest	*t = arg;

	(void)session;
	(void)pid;
	if ((t->engine = fork()) == 0)
		become_engine(t, fd);
	close(fd);
	if (t->engine == -1)
		sessions_stop(t->sessions, SESSION);
}

static void
on_failed(void *arg, uint64_t session, int err, const char *text)
{
	struct selftest	*t = arg;

	(void)session;
	(void)err;
	snprintf(t->why, t->size, "%s", text);
	event_base_loopbreak(t->base);
}

static void
on_gone(void *arg, uint64_t session, int status, enum end end,
    const char *text)
{
	struct selftest	*t = arg;

	(void)status;
	(void)end;
	(void)text;
	if (!t->gone)
		sessions_purge(t->sessions, session);
	t->gone = 1;
}

static void
on_purged(void *arg, uint64_t session, int err, const char *text)
{
	struct selftest	*t = arg;

	(void)session;
	(void)err;
	(void)text;
	event_base_loopbreak(t->base);
}

static const struct sessions_ops ops = {
	.started = on_started,
	.failed = on_failed,
	.gone = on_gone,
	.purged = on_purged
};

static int
session_run(struct selftest *t)
{
	struct m_start	 m = { .session = SESSION, .nlayers = 1,
	    .layer = { "base" }, .project = "selftest" };

	if ((t->base = event_base_new()) == NULL ||
	    (t->chld = evsignal_new(t->base, SIGCHLD, on_chld, t)) == NULL ||
	    event_add(t->chld, NULL) == -1) {
		snprintf(t->why, t->size, "out of memory");
		return (-1);
	}
	t->sessions = sessions_new(t->base, &t->conf, &t->host, &ops, t,
	    t->why, t->size);
	if (t->sessions == NULL)
		return (-1);
	sessions_start(t->sessions, &m);
	event_base_dispatch(t->base);
	return (t->why[0] == '\0' ? 0 : -1);
}

/* What the session said and what the host saw. */
static int
verdict(struct selftest *t)
{
	size_t	 i, n = 0;
	int	 got;

	if (t->status < 0 || (t->status & ~CANARY_ALL) != 0) {
		snprintf(t->why, t->size, "the canaries could not be tried in "
		    "a session (status %d)", t->status);
		return (-1);
	}
	got = t->status | bait_taken(&t->bait);
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if ((got & bits[i].bit) && n < t->size)
			n += (size_t)snprintf(t->why + n, t->size - n, "%s%s",
			    n > 0 ? " and " : "a session could ",
			    bits[i].what);
	return (got == 0 ? 0 : -1);
}

/* The child's: the sessions end with it, whatever happens. */
static int
selftest_child(struct selftest *t, const struct conf *conf)
{
	char	 path[4300];
	int	 r;

	snprintf(path, sizeof(path), "%s/praetor-canary", conf->libexec);
	t->bait.canaryfd = open(path, O_RDONLY | O_CLOEXEC);
	if (t->bait.canaryfd == -1) {
		snprintf(t->why, t->size, "%s: %s", path, strerror(errno));
		return (-1);
	}
	if ((r = bait_lay(&t->bait, &t->conf, t->why, t->size)) == 0) {
		t->host.statefd = t->bait.dirfd;
		if ((r = bait_control(&t->bait, t->why, t->size)) == 0 &&
		    (r = session_run(t)) == 0)
			r = verdict(t);
	}
	if (t->sessions != NULL)
		sessions_free(t->sessions);
	bait_clear(&t->bait);
	return (r);
}

static void __attribute__((__noreturn__))
selftest_main(const struct conf *conf, const struct sessions_host *host,
    int out)
{
	struct selftest	 t = { .host = *host, .status = -1 };
	char		 why[512] = "", state[4200];
	int		 r;

	signal(SIGPIPE, SIG_IGN);
	/* It must not outlive the parent, nor wait for ever. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		_exit(1);
	alarm(SELFTEST_SECONDS);
	t.why = why;
	t.size = sizeof(why);
	t.conf = *conf;
	snprintf(state, sizeof(state), "%s/selftest", conf->state);
	t.conf.state = state;
	t.conf.opt[OPT_SESSIONS_MAX] = 1;
	t.conf.opt[OPT_SESSIONS_SPARE] = 0;
	t.conf.opt[OPT_LIMIT_DISK_FREE] = 0;	/* it leaves nothing */
	if (selftest_child(&t, conf) == 0)
		_exit(0);
	r = write(out, why, strlen(why)) == -1 ? 2 : 1;
	_exit(r);
}

int
selftest_run(const struct conf *conf, const struct sessions_host *host,
    char *why, size_t size)
{
	char	 text[512] = "it did not end in time";
	int	 p[2], status = 1;
	ssize_t	 n;
	pid_t	 pid;

	if (pipe2(p, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		snprintf(why, size, "self-test: %s", strerror(errno));
		return (-1);
	}
	if (pid == 0) {
		close(p[0]);
		selftest_main(conf, host, p[1]);
	}
	close(p[1]);
	while ((n = read(p[0], text, sizeof(text) - 1)) == -1 &&
	    errno == EINTR)
		;
	if (n > 0)
		text[n] = '\0';
	close(p[0]);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return (0);
	snprintf(why, size, "self-test: %s: the sandbox does not hold on this "
	    "host and no task may run (see `praetord -D` and SELF-TEST in "
	    "praetord(8))", text);
	return (-1);
}
