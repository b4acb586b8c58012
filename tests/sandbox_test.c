/*
 * The sandbox from inside: one session a test, boundaries by
 * sandbox_probe.c, with the same probe outside as the control; then what must
 * work and limits.  RIG_MODE=user tests user mode, RIG_WORKTREE=copy
 * worktrees that are copies.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/sandbox_world.h"
#include "tests/tap.h"

/* Skip the check when the host lacks the program. */
static void
sh_if(struct world *w, const char *program, const char *line,
    const char *want)
{
	char	 path[64];

	snprintf(path, sizeof(path), "/usr/bin/%s", program);
	if (access(path, X_OK) == -1)
		print_message("# %s is not installed: not tested\n", path);
	else
		sh_is(w, line, want);
}

/* The value of a key in a probe's output, or NULL. */
static char *
value(const char *out, const char *key)
{
	size_t	 n = strlen(key);

	for (; out != NULL && *out != '\0';
	    out = strchr(out, '\n'), out += out != NULL)
		if (strncmp(out, key, n) == 0 &&
		    (out[n] == ' ' || out[n] == '\t'))
			return (strndup(out + n + 1,
			    strcspn(out + n + 1, "\n")));
	return (NULL);
}

static char *
probe_outside(struct world *w)
{
	char	 path[64], pid[16], *out = calloc(1, 65536);
	int	 p[2], status;
	size_t	 len = 0;
	ssize_t	 n;
	pid_t	 child;

	assert_non_null(out);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", w->probefd);
	snprintf(pid, sizeof(pid), "%d", getpid());
	assert_int_equal(pipe(p), 0);
	if ((child = fork()) == 0) {
		dup2(p[1], STDOUT_FILENO);
		execl(path, "probe", rig_state(w->rig), pid, NULL);
		_exit(126);
	}
	close(p[1]);
	while (len < 65535 && (n = read(p[0], out + len, 65535 - len)) > 0)
		len += (size_t)n;
	close(p[0]);
	waitpid(child, &status, 0);
	return (out);
}

/* One of the values that a|b names. */
static int
one_of(const char *got, const char *want)
{
	size_t	 n = strlen(got);

	for (; want != NULL; want = strchr(want, '|'), want += want != NULL)
		if (strncmp(want, got, n) == 0 &&
		    (want[n] == '\0' || want[n] == '|'))
			return (1);
	return (0);
}

/* What the probe must see inside; control: outside it should differ. */
static const struct { const char *key, *want; int control; } bounds[] = {
	{ "CapInh:", "0000000000000000", 0 },
	{ "CapPrm:", "0000000000000000", 1 },
	{ "CapEff:", "0000000000000000", 1 },
	{ "CapBnd:", "0000000000000000", 1 },
	{ "CapAmb:", "0000000000000000", 0 },
	{ "NoNewPrivs:", "1", 1 }, { "Seccomp:", "2", 1 },
	{ "hostname", "praetor", 1 },
	{ "dev", "fd full null ptmx pts random shm stderr stdin stdout tty "
	    "urandom zero", 1 },
	{ "fds", "0 1 2 3", 0 },
	{ "unshare-user", "EPERM", 1 }, { "unshare-net", "EPERM", 1 },
	{ "clone3", "ENOSYS", 1 }, { "ptrace", "EPERM", 1 },
	{ "io_uring", "EPERM", 1 }, { "keyctl", "EPERM", 1 },
	{ "mount", "EPERM", 1 }, { "umount", "EPERM", 1 },
	{ "chroot", "EPERM", 1 }, { "userfaultfd", "EPERM", 1 },
	{ "bpf", "EPERM", 1 }, { "hostname-set", "EPERM", 0 },
	{ "vsock", "EAFNOSUPPORT", 1 }, { "alg", "EAFNOSUPPORT", 0 },
	{ "packet", "EAFNOSUPPORT", 1 }, { "raw", "EPERM", 1 },
	{ "mptcp", "EPERM", 1 }, { "unix", "ok", 0 }, { "inet", "ok", 0 },
	{ "interfaces", "lo", 1 }, { "loopback", "ok", 0 },
	{ "route", "ENETUNREACH", 1 },
	{ "see:/root", "ENOENT", 1 }, { "see:/sys", "ENOENT", 1 },
	{ "see:/boot", "ENOENT", 1 }, { "see:/etc/shadow", "ENOENT", 1 },
	{ "see:/proc/sys", "ENOENT", 1 }, { "see:/proc/cmdline", "ENOENT", 1 },
	{ "see:/proc/kcore", "ENOENT", 1 },
	{ "see:/proc/1/status", "ENOENT", 1 },
	{ "see:/proc/net", "ENOENT", 1 },
	{ "see:/run/praetor/at/state", "ENOENT", 0 },
	{ "see:/dev/kmsg", "ENOENT", 1 }, { "see:/dev/vsock", "ENOENT", 0 },
	{ "see:canary", "ENOENT", 1 },
	{ "write:/usr", "EACCES|EROFS", 0 }, { "write:/etc", "EACCES", 0 },
	{ "write:/dev", "EROFS", 0 }, { "write:/run/praetor", "EROFS", 0 },
	{ "mknod-null", "EACCES", 1 }, { "mknod-disk", "EACCES", 1 },
	{ "mkfifo", "ok", 0 }, { "memfd", "ok", 0 },
	{ "signal-others", "0", 0 }, { "signal-host", "ESRCH", 0 },
	{ "tiocsti", "EPERM", 1 }
};

static void
boundaries(void **state)
{
	struct world	*w = *state;
	char		*in = probe_inside(w), *out = probe_outside(w);
	char		*a, *b;
	size_t		 i, bad = 0;

	for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		a = value(in, bounds[i].key);
		b = value(out, bounds[i].key);
		if (a == NULL || !one_of(a, bounds[i].want)) {
			print_message("# %s: %s, not %s\n", bounds[i].key,
			    a != NULL ? a : "not there", bounds[i].want);
			bad++;
		}
		if (bounds[i].control && b != NULL && a != NULL &&
		    strcmp(a, b) == 0)
			print_message("# no control for %s: outside as well\n",
			    bounds[i].key);
		free(a);
		free(b);
	}
	free(in);
	free(out);
	assert_int_equal(bad, 0);
}

static void
identity(void **state)
{
	struct world	*w = *state;
	char		 want[64];

	if (w->mode == MODE_SYSTEM) {
		sh_is(w, "id -u; id -g; id -un; wc -l </proc/self/uid_map; "
		    "grep -c ' 0  ' /proc/self/uid_map || true",
		    "1000\n1000\nagent\n2\n0\n");
		return;
	}
	snprintf(want, sizeof(want), "%u\nagent\n1\n", geteuid());
	sh_is(w, "id -u; id -un; wc -l </proc/self/uid_map", want);
}

static void
environment(void **state)
{
	sh_is(*state, "env | sort; pwd; umask", "HOME=/home/agent\n"
	    "LANG=C.UTF-8\nLOGNAME=agent\n"
	    "PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"
	    "\nPWD=/workspace\nSHELL=/bin/sh\nTERM=dumb\nTMPDIR=/tmp\n"
	    "TZ=UTC\nUSER=agent\n/workspace\n0022\n");
}

/* No mount may be written but the private ones, none has devices or setuid. */
static void
mounts(void **state)
{
	sh_is(*state, "awk '$6 !~ /nosuid/ {print \"suid\", $5} "
	    "$6 !~ /nodev/ && $5 !~ /^.dev/ {print \"dev\", $5} "
	    "$6 ~ /^rw/ {print $5}' /proc/self/mountinfo | "
	    "grep -v '^/dev/[a-z]*$' | sort", "/home/agent\n/proc\n/tmp\n"
	    "/workspace\n");
	sh_is(*state, "cp /bin/true t && chmod 4755 t && ./t && id -u >a; "
	    "chmod 4755 t; stat -c %a t; rm t a", "4755\n");
	sh_is(*state, "touch /proc/sys/x /proc/1/mem 2>/dev/null || echo no",
	    "no\n");
	sh_is(*state, "echo x >/proc/self/oom_score_adj 2>/dev/null; "
	    "ls /run/praetor/at | wc -l", "0\n");
}

static int
has(int dir, const char *name, mode_t type)
{
	struct stat	 sb;

	return (fstatat(dir, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (sb.st_mode & S_IFMT) == type);
}

static void
work(void **state)
{
	struct world	*w = *state;
	struct stat	 sb;
	int		 fd;

	sh_is(w, "cat keep d/gone; echo mine >keep; echo new >n; rm d/gone; "
	    "mkdir e; ln -s keep l; cat keep", "top\nbase\nmine\n");
	sh_if(w, "git", "git status --short | sort; git log --format=%s; "
	    "git -c user.name=a -c user.email=a@b commit -qam x && "
	    "git log --oneline | wc -l",
	    " D d/gone\n M keep\n?? l\n?? n\nbase\n2\n");
	rig_stop(w->rig);
	fd = rig_upper(w->rig);
	assert_int_not_equal(fd, -1);
	assert_true(has(fd, "keep", S_IFREG) && has(fd, "n", S_IFREG) &&
	    has(fd, "e", S_IFDIR) && has(fd, "l", S_IFLNK));
	assert_int_equal(rig_whole(w->rig), is_copy(w));
	assert_int_equal(fstatat(fd, "n", &sb, 0), 0);
	if (is_copy(w)) {
		assert_int_equal(faccessat(fd, "d/gone", F_OK, 0), -1);
		assert_true(has(fd, ".git", S_IFDIR));
	} else {
		assert_true(has(fd, "d/gone", S_IFCHR));  /* a whiteout */
		assert_int_equal(sb.st_uid,
		    rig_conf(w->rig)->uid[ROLE_REVIEWER]);
	}
	if (w->mode == MODE_SYSTEM) {
		assert_int_equal(openat(fd, "x", O_CREAT | O_WRONLY, 0600),
		    -1);
		assert_int_equal(errno, EROFS);
	}
	close(fd);
}

static void
programs(void **state)
{
	struct world	*w = *state;

	sh_if(w, "cc", "printf 'int main(void){return 0;}' >a.c && "
	    "cc -o a a.c && ./a && echo ran", "ran\n");
	sh_if(w, "make", "printf 'all: x y\\nx y:\\n\\t@sleep 0\\n' >Makefile"
	    " && make -j4 && echo made", "made\n");
	sh_if(w, "python3", "/usr/bin/python3 -c 'import threading, sqlite3, "
	    "subprocess, socket, multiprocessing\n"
	    "t = threading.Thread(target=lambda: print(1)); t.start(); "
	    "t.join()\nc = sqlite3.connect(\"x.db\")\n"
	    "c.execute(\"pragma journal_mode=wal\")\n"
	    "c.execute(\"create table t(a)\"); c.commit()\n"
	    "print(subprocess.check_output([\"echo\", \"2\"]).decode(), "
	    "end=\"\")'", "1\n2\n");
	sh_if(w, "node", "node -e 'const w = require(\"worker_threads\"); "
	    "new w.Worker(\"console.log(7)\", {eval: true})'", "7\n");
	sh_if(w, "sqlite3", "sqlite3 y.db 'create table t(a); insert into t "
	    "values (3); select a from t'", "3\n");
	sh_is(w, "mkfifo f && (echo p >f &) && cat f; "
	    "flock lock true && echo locked", "p\nlocked\n");
}

static void
terminal(void **state)
{
	struct world	*w = *state;
	struct rig_step	 st = { .shell = "test -t 0 && tty && stty size && "
	    "ps -o tty= -p $$ >/dev/null; exec </dev/tty && echo open; "
	    "test -w $(tty) && echo mine", .pty = 1 };

	rig_run(w->rig, &st);
	assert_non_null(st.exit);
	assert_string_equal((char *)st.out.data,
	    "/dev/pts/0\r\n24 80\r\nopen\r\nmine\r\n");
	rig_step_free(&st);
}

static void
ends(void **state)
{
	static const char *const none[] = { "/nonexistent", NULL };
	struct world	*w = *state;
	struct rig_step	 st[] = {
		{ .shell = "exit 3" }, { .shell = "kill -9 $$" },
		{ .argv = none }, { .shell = "sleep 600", .timeout = 200 },
		{ .shell = "echo a; sleep 600", .idle = 200 },
		{ .shell = "echo go; sleep 600", .cancel_on = "go" },
		{ .shell = "trap 'echo caught; exit 0' TERM; echo go; "
		    "while :; do sleep 0.1; done", .cancel_on = "go" }
	};
	static const struct { const char *why; int status; } want[] = {
		{ "exit", 3 }, { "signal", 137 }, { "exec", 127 },
		{ "wall", 143 }, { "idle", 143 }, { "cancel", 143 },
		{ "cancel", 143 }
	};
	size_t	 i;

	for (i = 0; i < sizeof(st) / sizeof(st[0]); i++) {
		step_is(w, &st[i], want[i].why, i == 6 ?
		    (int)rec_i64(st[i].exit, F_b_exit_status) :
		    want[i].status);
		rig_step_free(&st[i]);
	}
}

/* Deaf to SIGTERM: killed when the grace time is over. */
static void
deaf(void **state)
{
	struct world	*w = *state;
	struct rig_step	 st = { .shell = "trap '' TERM; echo go; "
	    "while :; do sleep 1; done", .cancel_on = "go" };

	step_is(w, &st, "cancel", 137);
	rig_step_free(&st);
}

/*
 * Paused for longer than it may run or be silent, it goes on and ends well;
 * and one that is cancelled meanwhile ends as it wants to.
 */
static void
pauses(void **state)
{
	struct world	*w = *state;
	/* Much longer than the job needs, also where it is emulated. */
	struct rig_step	 on = { .shell = "echo go; sleep 0.2; echo end",
	    .timeout = 4000, .idle = 3500, .pause_on = "go",
	    .pause_us = 5000000 };
	struct rig_step	 off = { .shell = "trap 'echo caught; exit 5' TERM; "
	    "echo go; while :; do sleep 0.1; done", .pause_on = "go",
	    .pause_us = 300000, .pause_end = 1 };

	step_is(w, &on, "exit", 0);
	assert_string_equal((char *)on.out.data, "go\nend\n");
	rig_step_free(&on);
	step_is(w, &off, "cancel", 5);
	assert_non_null(strstr((char *)off.out.data, "caught"));
	rig_step_free(&off);
}

static void
output(void **state)
{
	struct world	*w = *state;
	struct rig_step	 big = { .shell = "seq 1 1500000" };
	struct rig_step	 cut = { .shell = "seq 1 100000", .output = 1000 };
	struct rig_step	 swap = { .shell = "seq 1 200000", .hold = 1 };
	const char	*p;
	unsigned long	 i;
	char		*end;

	step_is(w, &big, "exit", 0);
	assert_int_equal(big.out.len, rec_u64(big.exit, F_b_exit_bytes));
	for (i = 1, p = (char *)big.out.data; i <= 1500000; i++, p = end + 1)
		if (strtoul(p, &end, 10) != i || *end != '\n')
			fail_msg("line %lu is wrong", i);
	rig_step_free(&big);
	step_is(w, &cut, "exit", 0);
	assert_non_null(strstr((char *)cut.out.data + 990,
	    "[praetor: output limit of 1000 bytes reached, "
	    "the rest is not kept]\n"));
	assert_int_equal(rec_u64(cut.exit, F_b_exit_bytes), 588895);
	rig_step_free(&cut);
	step_is(w, &swap, "exit", 0);
	assert_int_equal(swap.out.len, 1288895);
	rig_step_free(&swap);
}

static void
leftovers(void **state)
{
	struct world	*w = *state;

	sh_is(w, "(setsid sleep 1000 </dev/null >/dev/null 2>&1 &) ; "
	    "(setsid sh -c 'trap \"\" HUP TERM; sleep 1000' &) ; echo made",
	    "made\n");
	sh_is(w, "ps -e -o comm= | grep -c sleep || true", "0\n");
}

static void
bomb(void **state)
{
	struct world	*w = *state;
	struct rig_step	 st = { .shell = "b() { b | b & }; b 2>/dev/null; "
	    "while :; do :; done", .timeout = 1000, .output = 1000 };

	rig_run(w->rig, &st);
	assert_non_null(st.exit);
	assert_string_equal(rec_str(st.exit, F_b_exit_why), "wall");
	rig_step_free(&st);
	sh_is(w, "echo alive", "alive\n");
}

/* One that does not give up, and what else ends a step by its limit. */
static void
limits(void **state)
{
	static const struct {
		const char	*shell, *why, *text;
		uint64_t	 most;
	} t[] = {
		{ "exec perl -e 'while (1) { fork }'", "pids", "limit pids",
		    0 },
		{ "head -c 100000000 /dev/zero >/tmp/x; echo no; exit 1",
		    "disk", "/tmp is full", 0 },
		{ "while :; do cat /dev/zero >>$HOME/x 2>/dev/null; done",
		    "disk", "/home/agent is full", 0 },
		{ "i=0; while :; do i=$((i+1)); : >/dev/shm/$i; done "
		    "2>/dev/null", "disk", "/dev/shm is full", 0 },
		{ "while :; do echo 0123456789; done", "output",
		    "more than 5000 bytes printed", 5000 },
		{ "kill -XCPU $$", "cpu", "limit cpu-time", 0 },
		{ "(exec sh -c 'kill -XFSZ $$'); exit $?", "disk",
		    "limit file-size", 0 }
	};
	struct world	*w = *state;
	size_t		 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct rig_step	 st = { .shell = t[i].shell,
		    .timeout = 60000, .most = t[i].most };

		rig_run(w->rig, &st);
		assert_non_null(st.exit);
		if (strcmp(rec_str(st.exit, F_b_exit_why), t[i].why) != 0 ||
		    strstr(rec_str(st.exit, F_b_exit_text), t[i].text) == NULL)
			fail_msg("%s: %s: %s", t[i].shell,
			    rec_str(st.exit, F_b_exit_why),
			    rec_str(st.exit, F_b_exit_text));
		rig_step_free(&st);
		sh_is(w, "rm -rf /tmp/* $HOME/* /dev/shm/*; echo alive",
		    "alive\n");
	}
}

static void
full(void **state)
{
	sh_is(*state, "head -c 100000000 /dev/zero >/tmp/x 2>/dev/null || "
	    "echo full; rm /tmp/x", "full\n");
}

int
main(void)
{
	static struct world	 w;
	const struct CMUnitTest	 tests[] = {
		SESSION_TEST(boundaries), SESSION_TEST(identity),
		SESSION_TEST(environment), SESSION_TEST(mounts),
		SESSION_TEST(work), SESSION_TEST(programs),
		SESSION_TEST(terminal), SESSION_TEST(ends),
		SESSION_TEST(deaf), SESSION_TEST(pauses),
		SESSION_TEST(output), SESSION_TEST(leftovers),
		SESSION_TEST(bomb), SESSION_TEST(limits), SESSION_TEST(full)
	};
	struct CMUnitTest	 bound[sizeof(tests) / sizeof(tests[0])];
	size_t			 i;
	int			 r;

	if ((r = world_open(&w)) != -1)
		return (r);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		bound[i] = tests[i];
		bound[i].initial_state = &w;
	}
	r = tap_run(bound);
	rig_free(w.rig);
	return (r);
}
