/*
 * Slow requests: a server that never answers, a tree of many files.  What
 * must not happen: that anybody else waits for it, that it lasts for ever,
 * that a hand outlives its reviewer, or knows what is none of its business.
 */
#include "tests/tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/proto.h"
#include "reviewer/hand.h"
#include "reviewer/holds.h"
#include "reviewer/layer.h"
#include "tests/reviewer_prog.h"

/* A server that takes connections and never says a word. */
struct mute {
	int	 fd;
	char	 https[128], ssh[128];
};

static void
mute_open(struct mute *s)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	socklen_t		 len = sizeof(sin);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(s->fd, -1);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(s->fd, 8), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&sin, &len),
	    0);
	snprintf(s->https, sizeof(s->https), "https://localhost:%u/x.git",
	    ntohs(sin.sin_port));
	snprintf(s->ssh, sizeof(s->ssh), "ssh://git@localhost:%u/x.git",
	    ntohs(sin.sin_port));
}

static int
mute_accept(struct mute *s)
{
	struct pollfd	 pfd = { s->fd, POLLIN, 0 };
	int		 fd;

	if (poll(&pfd, 1, PROG_WAIT) != 1)
		fail_msg("nobody connects");
	assert_int_not_equal(fd = accept(s->fd, NULL, NULL), -1);
	return (fd);
}

/* The first process that the reviewer has made. */
static pid_t
hand_pid(struct prog *p)
{
	return ((pid_t)atoi(rv_out(p->v, "pgrep -P %d || :", (int)p->pid)));
}

static struct rec *
based(struct prog *p, uint64_t session)
{
	struct rec	*r;

	r = prog_next_rec(&p->engine, MSG_BASE_READY, REC_b_base_ready);
	assert_int_equal(rec_u64(r, F_b_base_ready_session), session);
	prog_ok(r, F_b_base_ready_err, F_b_base_ready_text);
	return (r);
}

/*
 * A server that hangs keeps its own project waiting and nobody else: not
 * another project, not a reload, not a patch.  Before, everything waited,
 * and a reload killed the reviewer.
 */
static void
test_silence(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct mute	 s;
	struct rec	*r;
	int		 fd;

	rv_repo(v);
	mute_open(&s);
	prog_start(&p, v);
	prog_ask_open(&p, "slow", s.https);
	fd = mute_accept(&s);
	prog_ask_base(&p, "slow", 7);
	r = prog_open(&p, v->repo);
	prog_ok(r, F_b_project_state_err, F_b_project_state_text);
	rec_free(r);
	r = prog_base(&p);
	prog_ok(r, F_b_base_ready_err, F_b_base_ready_text);
	prog_diff(&p, rec_oid(r, F_b_base_ready_commit),
	    rec_oid(r, F_b_base_ready_tree));
	rec_free(r);
	p.fetch_timeout = 1000;		/* holds for the next one */
	prog_configure(&p);
	assert_true(prog_quiet(&p.engine));
	close(fd);
	prog_opened(&p, "slow", "unreach", s.https);
	r = prog_next_rec(&p.engine, MSG_BASE_READY, REC_b_base_ready);
	assert_string_equal(rec_str(r, F_b_base_ready_err), "notfound");
	rec_free(r);
	prog_ask_open(&p, "slow", s.https);
	fd = mute_accept(&s);
	prog_opened(&p, "slow", "timeout", "silent for 1s");
	close(fd);
	prog_stop(&p, 0);
	rv_sh(v, "ls state/mirrors | grep -q . && "
	    "test -z \"$(ls state/mirrors | grep -v '^web.git$')\"");
}

/* More projects than there are hands, all on a server that hangs. */
static void
test_many_silent(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct mute	 s;
	struct rec	*r;
	char		 name[16];
	int		 i, fd[HANDS_SERVER];

	rv_repo(v);
	mute_open(&s);
	prog_start(&p, v);
	for (i = 0; i <= HANDS_MAX; i++) {
		snprintf(name, sizeof(name), "slow%d", i);
		prog_ask_open(&p, name, s.https);
	}
	for (i = 0; i < HANDS_SERVER; i++)
		fd[i] = mute_accept(&s);
	r = prog_open(&p, v->repo);
	prog_ok(r, F_b_project_state_err, F_b_project_state_text);
	rec_free(r);
	r = prog_base(&p);
	prog_ok(r, F_b_base_ready_err, F_b_base_ready_text);
	rec_free(r);
	close(s.fd);
	for (i = 0; i < HANDS_SERVER; i++)
		close(fd[i]);
	for (i = 0; i <= HANDS_MAX; i++) {
		r = prog_next_rec(&p.engine, MSG_PROJECT_STATE,
		    REC_b_project_state);
		assert_string_equal(rec_str(r, F_b_project_state_err),
		    "unreach");
		rec_free(r);
	}
	prog_stop(&p, 0);
}

/* libssh2 waits for a greeting whatever signals come: it has to be killed. */
static void
test_silent_ssh(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { .fetch_timeout = 1000, .ncred = 1 };
	struct mute	 s;
	int		 fd;

	rv_sh(v, "ssh-keygen -q -t ed25519 -N '' -f key");
	p.cred[0] = (struct prog_cred){ "localhost", "ssh-key", NULL,
	    "SHA256:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN012", "key" };
	mute_open(&s);
	prog_start(&p, v);
	prog_ask_open(&p, "slow", s.ssh);
	fd = mute_accept(&s);
	prog_opened(&p, "slow", "timeout", "silent for 1s");
	close(fd);
	prog_stop(&p, 0);
}

/* A hand that dies is told, and costs its reviewer nothing. */
static void
test_killed(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct mute	 s;
	struct rec	*r;
	int		 fd;

	rv_repo(v);
	mute_open(&s);
	prog_start(&p, v);
	prog_ask_open(&p, "slow", s.https);
	fd = mute_accept(&s);
	kill(hand_pid(&p), SIGKILL);
	prog_opened(&p, "slow", "internal", "signal 9");
	close(fd);
	r = prog_open(&p, v->repo);
	prog_ok(r, F_b_project_state_err, F_b_project_state_text);
	rec_free(r);
	rv_sh(v, "test \"$(ls state/mirrors)\" = web.git");
	prog_stop(&p, 0);
}

/* No hand goes on without its reviewer, and the next one can start. */
static void
test_orphan(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct mute	 s;
	struct pollfd	 pfd = { .events = POLLRDHUP };
	int		 i;

	rv_repo(v);
	mute_open(&s);
	for (i = 0; i < 5; i++) {
		prog_start(&p, v);
		prog_ask_open(&p, "slow", s.https);
		pfd.fd = mute_accept(&s);
		prog_stop(&p, i == 0 ? 0 : SIGKILL);
		assert_int_equal(poll(&pfd, 1, PROG_WAIT), 1);
		close(pfd.fd);
	}
	prog_start(&p, v);
	rec_free(prog_open(&p, v->repo));
	rv_sh(v, "test \"$(ls state/mirrors)\" = web.git; "
	    "test -z \"$(ls state/scratch)\"");
	prog_stop(&p, 0);
}

/* A new engine asks again; what the old one asked is answered to nobody. */
static void
test_engine(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct mute	 s;
	struct rec	*r;
	int		 fd;

	rv_repo(v);
	mute_open(&s);
	prog_start(&p, v);
	prog_ask_open(&p, "slow", s.https);
	fd = mute_accept(&s);
	prog_ask_base(&p, "slow", 7);
	prog_close(&p.engine);
	prog_engine(&p);
	prog_ask_open(&p, "slow", s.https);
	close(fd);
	close(mute_accept(&s));
	prog_opened(&p, "slow", "unreach", s.https);
	r = prog_open(&p, v->repo);
	prog_ok(r, F_b_project_state_err, F_b_project_state_text);
	rec_free(r);
	prog_stop(&p, 0);
}

/* A base that is let go while it is made: nothing may stay held. */
static void
test_order(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct rec	*r;

	rv_repo(v);
	prog_start(&p, v);
	rec_free(prog_open(&p, v->repo));
	prog_ask_base(&p, "web", 3);
	prog_ask_drop(&p, 3);
	rec_free(based(&p, 3));
	r = prog_next_rec(&p.engine, MSG_BASE_DROPPED, REC_b_base_drop);
	assert_int_equal(rec_u64(r, F_b_base_drop_session), 3);
	rec_free(r);
	rv_sh(v, "test -z \"$(ls state/holds)\"");
	prog_stop(&p, 0);
}

static void
many_files(struct rv *v, int n)
{
	rv_sh(v, "git init -q --bare repos/many.git; { "
	    "echo 'commit refs/heads/main'; "
	    "echo 'committer B <b@localhost> 1000000000 +0000'; "
	    "echo data 1; echo x; "
	    "seq %d | awk '{ t = \"this is file \" $1; "
	    "printf \"M 644 inline d%%d/f%%d\\ndata %%d\\n%%s\\n\", "
	    "$1 / 100, $1, length(t), t }'; } | "
	    "git -C repos/many.git fast-import --quiet", n);
}

/*
 * The first export of a large commit takes seconds.  Another project's small
 * one, asked for later, is answered earlier.
 */
static void
test_export(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	char		 many[300];

	rv_repo(v);
	many_files(v, 8000);
	snprintf(many, sizeof(many), "%s/many.git", v->repos);
	prog_start(&p, v);
	rec_free(prog_open(&p, v->repo));
	prog_ask_open(&p, "many", many);
	prog_opened(&p, "many", "ok", "");
	prog_ask_base(&p, "many", 1);
	prog_ask_base(&p, "web", 3);
	rec_free(based(&p, 3));
	rec_free(based(&p, 1));
	rv_sh(v, "cd state/trees/$(git -C repos/many.git rev-parse "
	    "main^{tree}); test \"$(find . -type f | wc -l)\" = 8000; "
	    "test \"$(cat d1/f123)\" = 'this is file 123'");
	prog_stop(&p, 0);
}

/* A commit, a session that starts from it and goes. */
static void
come_and_go(struct prog *p, int i)
{
	struct rec	*r;

	rv_sh(p->v, "cd wt; echo %d >one; git commit -qam %d; "
	    "git push -q ../repos/web.git HEAD:main", i, i);
	r = prog_open(p, p->v->repo);
	prog_ok(r, F_b_project_state_err, F_b_project_state_text);
	rec_free(r);
	r = prog_base(p);
	prog_ok(r, F_b_base_ready_err, F_b_base_ready_text);
	rec_free(r);
	prog_ask_drop(p, 3);
	rec_free(prog_next_rec(&p->engine, MSG_BASE_DROPPED,
	    REC_b_base_drop));
}

/*
 * A server that hangs keeps a hand at work all the time.  The trees of others
 * must be cleared all the same, or the disk fills.
 */
static void
test_sweep(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct mute	 s;
	int		 i, fd;

	rv_repo(v);
	mute_open(&s);
	prog_start(&p, v);
	prog_ask_open(&p, "slow", s.https);
	fd = mute_accept(&s);
	for (i = 0; i < 2 * KEEP_RECENT; i++)
		come_and_go(&p, i);
	/* What is kept stands on few others. */
	rv_sh(v, "timeout 60 sh -c 'while test $(ls -d state/gits/* | wc -l) "
	    "-gt %d || test $(ls -d state/trees/*.base | wc -l) -gt %d; do :; "
	    "done'", KEEP_RECENT, KEEP_RECENT + STACK_MAX);
	close(fd);
	prog_opened(&p, "slow", "unreach", s.https);
	prog_stop(&p, 0);
}

/* 1 while a directory of state/trees or state/gits is being made. */
static int
making(struct rv *v, const char *what)
{
	char	 pattern[300];
	glob_t	 g;
	int	 rc;

	snprintf(pattern, sizeof(pattern), "%s/state/%s/*.tmp", v->dir, what);
	rc = glob(pattern, GLOB_NOSORT, NULL, &g);
	globfree(&g);
	return (rc == 0);
}

/* Stop the hand that is making one. */
static pid_t
stopped(struct prog *p, const char *what)
{
	pid_t	 pid = hand_pid(p);

	assert_int_not_equal(pid, 0);
	while (!making(p->v, what))
		assert_true(prog_quiet(&p->engine));
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_true(making(p->v, what));
	return (pid);
}

/* Of two that make the same repository the slower one leaves nothing. */
static void
test_same_commit(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	char		 many[300];
	pid_t		 pid;

	many_files(v, 8000);
	snprintf(many, sizeof(many), "%s/many.git", v->repos);
	prog_start(&p, v);
	prog_ask_open(&p, "a", many);
	prog_opened(&p, "a", "ok", "");
	prog_ask_open(&p, "b", many);
	prog_opened(&p, "b", "ok", "");
	prog_ask_base(&p, "a", 1);
	while (!making(v, "trees"))
		assert_true(prog_quiet(&p.engine));
	pid = stopped(&p, "gits");
	prog_ask_base(&p, "b", 2);
	rec_free(based(&p, 2));
	kill(pid, SIGCONT);
	rec_free(based(&p, 1));
	rv_sh(v, "test \"$(ls state/gits | wc -l)\" = 1");
	prog_stop(&p, 0);
}

/* A reload takes nothing from under a hand that makes a tree. */
static void
test_reload(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { .copy = 1 };
	char		 many[300];
	pid_t		 pid;

	many_files(v, 8000);
	snprintf(many, sizeof(many), "%s/many.git", v->repos);
	prog_start(&p, v);
	prog_ask_open(&p, "many", many);
	prog_opened(&p, "many", "ok", "");
	prog_ask_base(&p, "many", 1);
	while (!making(v, "trees"))
		assert_true(prog_quiet(&p.engine));
	pid = stopped(&p, "trees");
	prog_configure(&p);
	prog_configure(&p);		/* so the first is in force */
	assert_true(making(v, "trees"));
	kill(pid, SIGCONT);
	rec_free(based(&p, 1));
	prog_stop(&p, 0);
}

/* Two projects with one tree, made at the same time: one of them is kept. */
static void
test_same_tree(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct rec	*r;
	char		 many[300];
	int		 i;

	many_files(v, 2000);
	snprintf(many, sizeof(many), "%s/many.git", v->repos);
	prog_start(&p, v);
	prog_ask_open(&p, "a", many);
	prog_opened(&p, "a", "ok", "");
	prog_ask_open(&p, "b", many);
	prog_opened(&p, "b", "ok", "");
	prog_ask_base(&p, "a", 1);
	prog_ask_base(&p, "b", 2);
	for (i = 0; i < 2; i++) {
		r = prog_next_rec(&p.engine, MSG_BASE_READY,
		    REC_b_base_ready);
		prog_ok(r, F_b_base_ready_err, F_b_base_ready_text);
		assert_int_equal(rec_count(r, F_b_base_ready_layers), 1);
		rec_free(r);
	}
	rv_sh(v, "test \"$(ls state/trees | wc -l)\" = 2; "
	    "test \"$(find state/trees/*/ -type f | wc -l)\" = 2000; "
	    "test \"$(ls state/holds | wc -l)\" = 2; "
	    "test \"$(ls state/gits | wc -l)\" = 1");
	prog_stop(&p, 0);
}

/* 1 when a word is somewhere in the writable memory of a process. */
static int
knows(struct rv *v, pid_t pid, const char *word)
{
	return (strcmp(rv_out(v, "python3 - %d %s <<'E'\n"
	    "import sys\n"
	    "pid, word = sys.argv[1], sys.argv[2].encode()\n"
	    "mem = open('/proc/%%s/mem' %% pid, 'rb', 0)\n"
	    "hit = False\n"
	    "for line in open('/proc/%%s/maps' %% pid):\n"
	    "    span, mode = line.split()[:2]\n"
	    "    a, b = (int(x, 16) for x in span.split('-'))\n"
	    "    if 'w' not in mode:\n"
	    "        continue\n"
	    "    try:\n"
	    "        mem.seek(a)\n"
	    "        hit = hit or word in mem.read(b - a)\n"
	    "    except (OSError, MemoryError, OverflowError):\n"
	    "        pass\n"
	    "print('yes' if hit else 'no')\n"
	    "E\n", (int)pid, word), "yes") == 0);
}

/*
 * A hand that talks to one server has the credential of that one, and no
 * socket but the one to it: what takes it over has nothing else to take.
 */
static void
test_secrets(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { .ncred = 2 };
	struct mute	 s;
	pid_t		 pid;
	int		 fd;

	if (geteuid() != 0)
		tap_skip("needs root to read another process");
	rv_sh(v, "for i in 1 2 3; do echo canary-of-$((1000 + i)) >t$i; "
	    "done");
	p.cred[0] = (struct prog_cred){ "localhost", "token", NULL, NULL,
	    "t1" };
	p.cred[1] = (struct prog_cred){ "elsewhere.example", "token", NULL,
	    NULL, "t2" };
	mute_open(&s);
	prog_start(&p, v);
	/* A reload that is not committed yet brings others. */
	p.cred[0].file = "t2";
	p.cred[1].file = "t3";
	prog_stage(&p);
	prog_ask_open(&p, "slow", s.https);
	fd = mute_accept(&s);
	pid = hand_pid(&p);
	assert_true(knows(v, p.pid, "canary-of-1001"));
	assert_true(knows(v, p.pid, "canary-of-1002"));
	assert_true(knows(v, p.pid, "canary-of-1003"));
	assert_true(knows(v, pid, "canary-of-1001"));
	assert_false(knows(v, pid, "canary-of-1002"));
	assert_false(knows(v, pid, "canary-of-1003"));
	rv_sh(v, "test \"$(ls -l /proc/%d/fd | grep -c socket:)\" = 1",
	    (int)pid);
	close(fd);
	prog_opened(&p, "slow", "unreach", s.https);
	prog_stop(&p, 0);
}

/* What a client says first, up to the end of its 32 random bytes. */
static void
hello_random(struct mute *s, unsigned char out[28])
{
	unsigned char	 b[43];
	int		 fd = mute_accept(s);

	assert_int_equal(recv(fd, b, sizeof(b), MSG_WAITALL), sizeof(b));
	assert_int_equal(b[0], 22);	/* handshake */
	assert_int_equal(b[5], 1);	/* ClientHello */
	memcpy(out, b + 15, 28);
	close(fd);
}

/*
 * The TLS library draws its randomness from a state in memory.  Copied by
 * fork(2), it gives two hands the same keys.
 */
static void
test_random(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct mute	 s;
	unsigned char	 a[28], b[28];

	mute_open(&s);
	prog_start(&p, v);
	prog_ask_open(&p, "a", s.https);
	hello_random(&s, a);
	prog_opened(&p, "a", "unreach", s.https);
	prog_ask_open(&p, "b", s.https);
	hello_random(&s, b);
	prog_opened(&p, "b", "unreach", s.https);
	assert_memory_not_equal(a, b, sizeof(a));
	prog_stop(&p, 0);
}

#ifdef __x86_64__
/* Take over a hand that waits for its server: it says this and ends well. */
static void
taken_over(struct rv *v, pid_t pid, struct rec *says)
{
	struct user_regs_struct	 regs;
	struct buf		 b = { 0 };
	char			 path[64];
	int			 fd, status;

	snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid, rv_out(v,
	    "ls -l /proc/%d/fd | sed -n 's/.* \\([0-9]*\\) -> pipe.*/\\1/p' | "
	    "sort -n | tail -1", (int)pid));
	assert_int_equal(buf_add(&b, "=", 1), 0);
	assert_int_equal(rec_encode(says, &b), 0);
	rec_free(says);
	assert_int_not_equal(fd = open(path, O_WRONLY | O_CLOEXEC), -1);
	assert_int_equal(write(fd, b.data, b.len), b.len);
	close(fd);
	buf_free(&b);
	/* It sleeps in a call: step back, and make it another one. */
	assert_int_equal(ptrace(PTRACE_ATTACH, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	assert_int_equal(ptrace(PTRACE_GETREGS, pid, NULL, &regs), 0);
	regs.rip -= 2;
	regs.orig_rax = (unsigned long long)-1;
	regs.rax = SYS_exit_group;
	regs.rdi = 0;
	assert_int_equal(ptrace(PTRACE_SETREGS, pid, NULL, &regs), 0);
	assert_int_equal(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
}

/*
 * What a server has taken over answers as it likes.  An answer that is larger
 * than its message ended the reviewer, and every other hand with it; escape
 * sequences came through to people's terminals.
 */
static void
test_taken_over(void **state)
{
	struct rv	*v = *state;
	struct prog	 p = { 0 };
	struct mute	 s;
	struct rec	*r;
	int		 i, fd;

	if (geteuid() != 0)
		tap_skip("needs root to change another process");
	rv_repo(v);
	mute_open(&s);
	prog_start(&p, v);
	rec_free(prog_open(&p, v->repo));
	rv_sh(v, "cp -a state/mirrors/web.git state/mirrors/slow.git; "
	    "printf '%%s\nmain\n' %s >state/mirrors/slow.git/praetor-origin",
	    s.https);
	prog_ask_base(&p, "slow", 7);
	fd = mute_accept(&s);
	r = rec_new(REC_b_base_ready);
	rec_set_u64(r, F_b_base_ready_session, 7);
	rec_set_str(r, F_b_base_ready_err, "ok");
	for (i = 0; i < 3000; i++)
		rec_add_str(r, F_b_base_ready_layers, "0123456789012345678"
		    "901234567890123456789");
	taken_over(v, hand_pid(&p), r);
	r = prog_next_rec(&p.engine, MSG_BASE_READY, REC_b_base_ready);
	assert_string_equal(rec_str(r, F_b_base_ready_err), "internal");
	rec_free(r);
	close(fd);
	prog_ask_open(&p, "other", s.https);
	fd = mute_accept(&s);
	r = rec_new(REC_b_project_state);
	rec_set_str(r, F_b_project_state_project, "other");
	rec_set_str(r, F_b_project_state_err, "perm");
	rec_set_str(r, F_b_project_state_text, "\033[31mred");
	taken_over(v, hand_pid(&p), r);
	prog_opened(&p, "other", "perm", "\\x1b[31mred");
	close(fd);
	prog_stop(&p, 0);
}
#endif

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, rv_setup, rv_teardown)
		T(test_silence), T(test_many_silent), T(test_silent_ssh),
		T(test_killed), T(test_orphan), T(test_engine), T(test_order),
		T(test_export),
		T(test_same_tree), T(test_same_commit), T(test_sweep),
		T(test_reload), T(test_secrets), T(test_random),
#ifdef __x86_64__
		T(test_taken_over),
#endif
#undef T
	};

	if (getenv("BUILD") == NULL)
		setenv("BUILD", "build", 1);
	return (rv_main(tests));
}
