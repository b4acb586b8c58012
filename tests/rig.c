/*
 * The rig.  Runs in test programs, as root or as the user that rig_new()
 * became.  Trusts the code under test no further than a test does: whatever
 * does not come is waited for until the harness' own timer ends the program.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/err.h"
#include "common/peer.h"
#include "praetord/session.h"
#include "tests/rig.h"

#define RIG_REVIEWER	700000001U
#define RIG_UID_BASE	700001000U
#define RIG_USER	700000002U
#define RIG_TREE	"1111111111111111111111111111111111111111"
#define RIG_LAYER	"2222222222222222222222222222222222222222"
#define RIG_GIT		"3333333333333333333333333333333333333333"
#define RIG_WHOLE	"4444444444444444444444444444444444444444"
#define PATIENCE	120		/* seconds; a hang, not a slow machine */

struct rig {
	struct event_base	*base;
	struct event		*chld;
	struct conf		 conf;
	struct sessions_host	 host;
	struct sessions		*sessions;
	struct peer		*peer;
	char			 state[64];
	int			 lifeline[2];
	uint64_t		 number;	/* of the last session */
	pid_t			 pid;
	uint64_t		 boot;
	int			 hello, gone, purged, failed, status;
	int			 purge_err;
	int			 opened, upper, whole;
	char			 why[256];
	struct rig_step		*step;
	uint64_t		 fence;
	int			 cancelled, swapped, paused;
	struct event		*resume;
};

static void
must(int ok, const char *what)
{
	if (!ok)
		err(1, "%s", what);
}

static void
put_file(const struct rig *r, const char *path, const char *text)
{
	char	 full[256];
	FILE	*f;

	snprintf(full, sizeof(full), "%s/%s", r->state, path);
	must((f = fopen(full, "we")) != NULL, full);
	must(fputs(text, f) >= 0 && fclose(f) == 0, full);
}

static void
put_dir(const struct rig *r, const char *path)
{
	char	 full[256];

	snprintf(full, sizeof(full), "%s/%s", r->state, path);
	must(mkdir(full, 0755) == 0, full);
}

static void
run(const char *fmt, ...) __attribute__((__format__(printf, 1, 2)));

static void
run(const char *fmt, ...)
{
	char	 cmd[2048];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	if (system(cmd) != 0)
		errx(1, "%s", cmd);
}

/*
 * Two layers, what they are together, a lent object store and a throw-away
 * repository over it.
 */
static void
state_fill(struct rig *r)
{
	static const char *const dirs[] = { "review", "review/trees",
	    "review/gits", "review/mirrors", "sessions",
	    "review/trees/" RIG_TREE, "review/trees/" RIG_TREE "/d",
	    "review/trees/" RIG_LAYER, "review/trees/" RIG_WHOLE,
	    "review/gits/" RIG_GIT };
	size_t	 i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		put_dir(r, dirs[i]);
	put_file(r, "review/trees/" RIG_TREE "/keep", "base\n");
	put_file(r, "review/trees/" RIG_TREE "/d/gone", "base\n");
	put_file(r, "review/trees/" RIG_LAYER "/keep", "top\n");
	run("cd %s/review/trees && cp -r " RIG_TREE "/. " RIG_LAYER "/. "
	    RIG_WHOLE, r->state);
	run("export HOME=/ && cd %s/review && G=\"git -c init.defaultBranch=main -c "
	    "user.name=t -c user.email=t@example.org\" && mkdir src && "
	    "cp -r trees/" RIG_TREE "/. src && cp -r trees/" RIG_LAYER
	    "/. src && cd src && $G init -q && $G add . && "
	    "$G commit -qm base && cd .. && $G clone -q --bare src "
	    "mirrors/p.git && cp -r src/.git gits/" RIG_GIT "/.git && "
	    "rm -rf gits/" RIG_GIT "/.git/objects src && "
	    "mkdir -p gits/" RIG_GIT "/.git/objects/info && "
	    "echo /run/praetor/objects > gits/" RIG_GIT
	    "/.git/objects/info/alternates", r->state);
	if (r->conf.mode == MODE_SYSTEM)
		run("chown -R %u:%u %s/review", RIG_REVIEWER, RIG_REVIEWER,
		    r->state);
}

static void
system_path(struct rig *r, const char *path, int optional)
{
	struct conf_path	*p = calloc(1, sizeof(*p));

	must(p != NULL && (p->path = strdup(path)) != NULL, "memory");
	p->optional = optional;
	TAILQ_INSERT_TAIL(&r->conf.system, p, entry);
}

static void
conf_fill(struct rig *r, enum conf_mode mode, enum conf_worktree worktree)
{
	static const char *const paths[] = { "/usr", "/bin", "/sbin", "/lib",
	    "/lib32", "/lib64", "/libx32", "/etc/alternatives",
	    "/etc/ld.so.cache", "/etc/ssl" };
	struct conf	*c = &r->conf;
	size_t		 i;

	c->mode = mode;
	c->cgroup = CGROUP_NONE;
	c->worktree = worktree;
	c->state = r->state;
	TAILQ_INIT(&c->system);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		system_path(r, paths[i], 1);
	c->uid[ROLE_REVIEWER] = c->gid[ROLE_REVIEWER] =
	    mode == MODE_SYSTEM ? RIG_REVIEWER : geteuid();
	c->uid_base = RIG_UID_BASE;
	c->opt[OPT_SESSIONS_MAX] = 4;
	c->opt[OPT_SESSIONS_SPARE] = 2;
	c->opt[OPT_LIMIT_PIDS] = 256;
	c->opt[OPT_LIMIT_FILES] = 1024;
	c->opt[OPT_LIMIT_TMP] = 64 * 1024 * 1024;
}

static void
map_put(const char *file, const char *text)
{
	int	 fd = open(file, O_WRONLY | O_CLOEXEC);

	must(fd != -1 && write(fd, text, strlen(text)) > 0, file);
	close(fd);
}

/* As the parent does it in user mode. */
static void
user_enter(void)
{
	char	 uids[32], gids[32];

	if (geteuid() == 0)
		must(setgroups(0, NULL) == 0 &&
		    setresgid(RIG_USER, RIG_USER, RIG_USER) == 0 &&
		    setresuid(RIG_USER, RIG_USER, RIG_USER) == 0, "user");
	snprintf(uids, sizeof(uids), "%u %u 1", geteuid(), geteuid());
	snprintf(gids, sizeof(gids), "%u %u 1", getegid(), getegid());
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0, "dumpable");
	must(unshare(CLONE_NEWUSER) == 0, "user namespace");
	map_put("/proc/self/setgroups", "deny");
	map_put("/proc/self/uid_map", uids);
	map_put("/proc/self/gid_map", gids);
}

const char *
rig_cannot(enum conf_mode mode)
{
	int	 status;
	pid_t	 pid;

	if (mode == MODE_SYSTEM)
		return (geteuid() == 0 ? NULL : "system mode needs root");
	if ((pid = fork()) == 0) {
		if (geteuid() == 0 && setresuid(RIG_USER, RIG_USER,
		    RIG_USER) == -1)
			_exit(1);
		_exit(unshare(CLONE_NEWUSER) == 0 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return (status == 0 ? NULL : "this kernel or container gives an "
	    "ordinary user no user namespaces");
}

static void
on_chld(int sig, short what, void *arg)
{
	struct rig	*r = arg;
	int		 status;
	pid_t		 pid;

	(void)sig;
	(void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		sessions_reap(r->sessions, pid, status);
}

static void
send_cancel(struct rig *r)
{
	struct rec	*c = rec_new(REC_b_cancel);

	rec_set_u64(c, F_b_cancel_fence, r->fence);
	peer_send_rec(r->peer, MSG_STEP_CANCEL, 0, -1, c);
}

static void
send_pause(struct rig *r, int on)
{
	struct rec	*c = rec_new(REC_b_pause);

	rec_set_u64(c, F_b_pause_fence, r->fence);
	rec_set_u64(c, F_b_pause_on, (uint64_t)on);
	peer_send_rec(r->peer, MSG_STEP_PAUSE, 0, -1, c);
}

static void
on_resume(int fd, short what, void *arg)
{
	struct rig	*r = arg;

	(void)fd;
	(void)what;
	if (r->step->pause_end)
		send_cancel(r);
	else
		send_pause(r, 0);
}

static int
printed(const struct rig_step *st, const char *text)
{
	return (text != NULL && memmem(st->out.data, st->out.len, text,
	    strlen(text)) != NULL);
}

static void
step_pause(struct rig *r)
{
	struct timeval	 tv = { r->step->pause_us / 1000000,
	    r->step->pause_us % 1000000 };

	r->paused = 1;
	send_pause(r, 1);
	evtimer_add(r->resume, &tv);
}

static void
send_ack(struct rig *r, uint64_t offset)
{
	struct rec	*a = rec_new(REC_b_ack);

	rec_set_u64(a, F_b_ack_fence, r->fence);
	rec_set_u64(a, F_b_ack_offset, offset);
	peer_send_rec(r->peer, MSG_OUTPUT_ACK, 0, -1, a);
}

static void
from_hello(struct peer *p, struct msg *m, void *arg)
{
	struct rig	*r = arg;
	struct rec	*h;

	(void)p;
	must(msg_rec(m, REC_b_hello, &h) == 0, "EXEC_HELLO");
	r->boot = rec_u64(h, F_b_hello_boot);
	r->hello = 1;
	if (rec_u64(h, F_b_hello_fence) != 0 && r->step != NULL)
		send_ack(r, r->step->out.len);
	rec_free(h);
}

static void
from_output(struct peer *p, struct msg *m, void *arg)
{
	struct rig	*r = arg;
	struct rec	*o;
	const void	*data;
	uint64_t	 off;
	size_t		 n;

	(void)p;
	must(msg_rec(m, REC_b_output, &o) == 0, "OUTPUT");
	data = rec_bytes(o, F_b_output_data, &n);
	off = rec_u64(o, F_b_output_offset);
	if (off > r->step->out.len)
		errx(1, "output lost: %llu, have %zu",
		    (unsigned long long)off, r->step->out.len);
	if (off == r->step->out.len)
		buf_add(&r->step->out, data, n);
	rec_free(o);
	if (r->step->hold && !r->swapped) {
		r->swapped = 1;		/* not acknowledged: it must come again */
		r->step->out.len = 0;
		peer_free(r->peer);
		r->peer = NULL;
		sessions_readopt(r->sessions);
		return;
	}
	send_ack(r, r->step->out.len);
	if (!r->cancelled && printed(r->step, r->step->cancel_on)) {
		r->cancelled = 1;
		send_cancel(r);
	}
	if (!r->paused && printed(r->step, r->step->pause_on))
		step_pause(r);
}

static void
from_done(struct peer *p, struct msg *m, void *arg)
{
	struct rig	*r = arg;

	(void)p;
	must(msg_rec(m, REC_b_exit, &r->step->exit) == 0, "STEP_DONE");
}

static void
on_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct rig	*r = arg;

	if (why == PEER_LIED)
		errx(1, "the executor broke the protocol");
	peer_free(p);
	if (r->peer == p)
		r->peer = NULL;
}

static msg_handler *const handlers[MSG_MAX] = {
	[MSG_EXEC_HELLO] = from_hello,
	[MSG_OUTPUT] = from_output,
	[MSG_STEP_DONE] = from_done
};

static const struct peer_ops ops = {
	.self = P_ENGINE, .other = P_EXEC, .handlers = handlers,
	.ended = on_ended
};

static void
on_started(void *arg, uint64_t session, pid_t pid, int fd)
{
	struct rig	*r = arg;

	(void)session;
	r->pid = pid;
	r->peer = peer_new(r->base, fd, &ops, r);
	must(r->peer != NULL, "engine's end");
}

static void
on_failed(void *arg, uint64_t session, int e, const char *text)
{
	struct rig	*r = arg;

	(void)session;
	r->failed = e;
	snprintf(r->why, sizeof(r->why), "%s", text);
}

static void
on_gone(void *arg, uint64_t session, int status, enum end end,
    const char *text)
{
	struct rig	*r = arg;

	(void)session;
	(void)end;
	snprintf(r->why, sizeof(r->why), "%s", text);
	r->gone = 1;
	r->status = status;
}

static void
on_purged(void *arg, uint64_t session, int e, const char *text)
{
	struct rig	*r = arg;

	(void)session;
	(void)text;
	r->purged = 1;
	r->purge_err = e;
}

static void
on_upper(void *arg, uint64_t session, int e, int fd, int whole,
    const char *text)
{
	struct rig	*r = arg;

	(void)session;
	r->opened = 1;
	r->upper = fd;
	r->whole = whole;
	if (fd == -1)
		must(e != 0, "no descriptor, and no reason");
	snprintf(r->why, sizeof(r->why), "%s", text);
}

static const struct sessions_ops session_ops = {
	.started = on_started,
	.failed = on_failed,
	.gone = on_gone,
	.upper = on_upper,
	.purged = on_purged
};

/* The directory with the programs: this one's, without tests/. */
static int
program(const char *name)
{
	char	 self[512], path[600];
	ssize_t	 n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char	*s;
	int	 i;

	must(n > 0, "/proc/self/exe");
	self[n] = '\0';
	for (i = 0; i < 2; i++)
		if ((s = strrchr(self, '/')) != NULL)
			*s = '\0';
	snprintf(path, sizeof(path), "%s/%s", self, name);
	n = open(path, O_PATH | O_CLOEXEC);
	must(n != -1, path);
	return ((int)n);
}

struct rig *
rig_new(enum conf_mode mode, enum conf_worktree worktree, char *why,
    size_t size)
{
	struct rig	*r = calloc(1, sizeof(*r));

	must(r != NULL, "memory");
	signal(SIGPIPE, SIG_IGN);
	alarm(PATIENCE);
	r->host.execfd = program("praetor-executor");
	r->host.initfd = program("praetor-init");
	if (mode == MODE_USER)
		user_enter();
	snprintf(r->state, sizeof(r->state), "/tmp/praetor-rig.XXXXXX");
	must(mkdtemp(r->state) != NULL && chmod(r->state, 0711) == 0,
	    r->state);
	conf_fill(r, mode, worktree);
	state_fill(r);
	must(pipe2(r->lifeline, O_CLOEXEC) == 0, "pipe");
	r->host.lifelinefd = r->lifeline[0];
	r->host.cgroups.dir = r->host.cgroups.executors = -1;
	r->host.statefd = open(r->state, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r->base = event_base_new();
	must(r->base != NULL && r->host.statefd != -1, "rig");
	r->chld = evsignal_new(r->base, SIGCHLD, on_chld, r);
	r->resume = evtimer_new(r->base, on_resume, r);
	must(r->resume != NULL && r->chld != NULL && event_add(r->chld, NULL) == 0, "rig");
	r->sessions = sessions_new(r->base, &r->conf, &r->host, &session_ops,
	    r, why, size);
	if (r->sessions != NULL)
		return (r);
	rig_free(r);
	return (NULL);
}

void
rig_free(struct rig *r)
{
	struct conf_path	*p;

	if (r->sessions != NULL)
		sessions_free(r->sessions);
	peer_free(r->peer);
	run("rm -rf %s", r->state);
	while ((p = TAILQ_FIRST(&r->conf.system)) != NULL) {
		TAILQ_REMOVE(&r->conf.system, p, entry);
		free(p->path);
		free(p);
	}
	event_free(r->chld);
	event_free(r->resume);
	event_base_free(r->base);
	close(r->lifeline[0]);
	close(r->lifeline[1]);
	close(r->host.statefd);
	close(r->host.execfd);
	close(r->host.initfd);
	free(r);
}

struct conf *
rig_conf(struct rig *r)
{
	return (&r->conf);
}

void
rig_reconf(struct rig *r)
{
	must(sessions_reconf(r->sessions, &r->conf, r->why,
	    sizeof(r->why)) == 0, "reconf");
}

const char *
rig_state(const struct rig *r)
{
	return (r->state);
}

static void
turn(struct rig *r)
{
	alarm(PATIENCE);
	if (event_base_loop(r->base, EVLOOP_ONCE) != 0)
		errx(1, "event loop");
}

void
rig_idle(struct rig *r, unsigned int us)
{
	struct timeval	 tv = { us / 1000000, us % 1000000 };

	if (event_base_loopexit(r->base, &tv) == -1 ||
	    event_base_dispatch(r->base) == -1)
		errx(1, "event loop");
}

static pid_t
start(struct rig *r, int times)
{
	struct m_start	 m = { .session = ++r->number, .nlayers = 2,
	    .layer = { RIG_LAYER, RIG_TREE }, .git = RIG_GIT,
	    .project = "p" };

	if (r->conf.worktree == WORKTREE_COPY) {
		m.nlayers = 1;
		snprintf(m.layer[0], sizeof(m.layer[0]), RIG_WHOLE);
	}
	r->hello = r->gone = r->failed = 0;
	while (times-- > 0)
		sessions_start(r->sessions, &m);
	while (!r->hello && !r->failed && !r->gone)
		turn(r);
	return (r->hello ? r->pid : -1);
}

pid_t
rig_start(struct rig *r)
{
	return (start(r, 1));
}

pid_t
rig_start_twice(struct rig *r)
{
	return (start(r, 2));
}

const char *
rig_why(const struct rig *r)
{
	return (r->why);
}

uint64_t
rig_session(const struct rig *r)
{
	return (r->number);
}

uint64_t
rig_boot(const struct rig *r)
{
	return (r->boot);
}

/* Two sessions alike, and the third is expected to be like them. */
static void
expect(struct rig *r)
{
	int	 i;

	for (i = 0; i < 2; i++) {
		must(rig_start(r) != -1, r->why);
		rig_stop(r);
		must(rig_purge(r) == 0, "purge");
	}
}

void
rig_ahead(struct rig *r, enum rig_ahead what)
{
	unsigned int	 guessed = what == RIG_WARM;

	r->conf.opt[OPT_SESSIONS_SPARE] = what;
	rig_reconf(r);
	if (guessed)
		expect(r);
	while (sessions_waiting(r->sessions, 0) != (unsigned int)what ||
	    sessions_waiting(r->sessions, 1) != guessed)
		turn(r);
}

unsigned int
rig_waiting(const struct rig *r)
{
	return (sessions_waiting(r->sessions, 0));
}

static struct rec *
step_make(struct rig *r, const struct rig_step *st)
{
	struct rec	*s = rec_new(REC_b_step);
	const char *const *a;

	rec_set_u64(s, F_b_step_fence, ++r->fence);
	if (st->shell != NULL) {
		rec_add_str(s, F_b_step_argv, "/bin/sh");
		rec_add_str(s, F_b_step_argv, "-c");
		rec_add_str(s, F_b_step_argv, st->shell);
	}
	for (a = st->argv; a != NULL && *a != NULL; a++)
		rec_add_str(s, F_b_step_argv, *a);
	rec_set_u64(s, F_b_step_pty, st->pty != 0);
	rec_set_u64(s, F_b_step_timeout, st->timeout);
	rec_set_u64(s, F_b_step_idle, st->idle);
	rec_set_u64(s, F_b_step_most, st->most);
	rec_set_u64(s, F_b_step_output,
	    st->output > 0 ? st->output : 64 * 1024 * 1024);
	return (s);
}

void
rig_run(struct rig *r, struct rig_step *st)
{
	memset(&st->out, 0, sizeof(st->out));
	st->exit = NULL;
	r->step = st;
	r->cancelled = r->swapped = r->paused = 0;
	if (peer_send_rec(r->peer, MSG_STEP, 0, -1, step_make(r, st)) != 0)
		errx(1, "STEP");
	peer_flush(r->peer);
	while (st->exit == NULL && !r->gone && !printed(st, st->leave_on))
		turn(r);
	if (buf_str(&st->out) == NULL)
		errx(1, "memory");
	if (st->exit != NULL || r->gone)
		r->step = NULL;
}

void
rig_step_free(struct rig_step *st)
{
	buf_free(&st->out);
	rec_free(st->exit);
	st->exit = NULL;
}

int
rig_wait_gone(struct rig *r)
{
	while (!r->gone)
		turn(r);
	return (r->status);
}

void
rig_stop(struct rig *r)
{
	sessions_stop(r->sessions, r->number);
	rig_wait_gone(r);
	r->step = NULL;
}

int
rig_upper(struct rig *r)
{
	r->opened = 0;
	sessions_upper(r->sessions, r->number);
	while (!r->opened)
		turn(r);
	return (r->upper);
}

int
rig_whole(const struct rig *r)
{
	return (r->whole);
}

int
rig_purge(struct rig *r)
{
	r->purged = 0;
	sessions_purge(r->sessions, r->number);
	while (!r->purged)
		turn(r);
	return (r->purge_err);
}

int
rig_unwanted(struct rig *r)
{
	r->opened = 0;
	sessions_upper(r->sessions, r->number);
	sessions_upper(r->sessions, r->number);
	return (rig_purge(r));
}
