/*
 * What a session costs once it runs, and its end.  A benchmark, not a part of
 * the daemon: the same work inside and outside in turn.
 *
 * sandbox.syscall: getppid(2) through every filter.  sandbox.build: compiling
 * common/ of this project, object by object, and an archive of them.
 * session.kill200: from the order to end a session with 200 processes until
 * none is left and the parent knows; against SIGKILL to pid 1 of bwrap's pid
 * namespace with as many, until bwrap itself is reaped.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bench/rows.h"
#include "tests/rig.h"

#define CALLS	21
#define BUILDS	5
#define KILLS	100
#define ROUNDS	KILLS			/* the most of them */
#define LAYER	"2222222222222222222222222222222222222222"

/* Comes with its own warm-up: 200 that sleep, then a word. */
#define SLEEPERS "i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i + 1)); " \
		"done; echo up; exec sleep 1000"

/* No temporary files: where they lie would be measured as well. */
#define BUILD_LINE "for f in common/*.c; do cc -pipe -std=gnu11 -O1 "	\
		"-D_GNU_SOURCE -DLIBBSD_OPENBSD_VIS -I. -c -o out/$(basename " \
		"$f .c).o $f || exit 1; done; ar rcs out/lib.a out/*.o; "	\
		"rm -r out; mkdir out"

struct bench {
	struct rig	*rig;
	char		 build[400];	/* directory with our programs */
	char		 outside[64];	/* what is in the worktree, for outside */
	double		 ours[ROUNDS], theirs[ROUNDS];
};

/* A shell line in the live session; its output, to be freed. */
static char *
inside(struct bench *b, const char *line)
{
	struct rig_step	 st = { .shell = line };
	char		*out;

	rig_run(b->rig, &st);
	if (st.exit == NULL || rec_i64(st.exit, F_b_exit_status) != 0)
		errx(1, "%s: %s", line, (char *)st.out.data);
	out = strdup((char *)st.out.data);
	rig_step_free(&st);
	return (out);
}

static void
session_up(struct bench *b)
{
	if (rig_start(b->rig) == -1)
		errx(1, "%s", rig_why(b->rig));
}

static void
session_down(struct bench *b)
{
	rig_stop(b->rig);
	if (rig_purge(b->rig) != 0)
		errx(1, "purge");
}

static double
outside_number(const char *path)
{
	char	 text[64] = "";
	FILE	*f;

	if ((f = popen(path, "r")) == NULL ||
	    fgets(text, sizeof(text), f) == NULL || pclose(f) != 0)
		errx(1, "%s", path);
	return (atof(text));
}

static void
calls(struct bench *b)
{
	char	 path[500], *out;
	int	 i;

	snprintf(path, sizeof(path), "%s/calls", b->outside);
	session_up(b);
	for (i = 0; i < CALLS; i++) {
		out = inside(b, "./calls");
		b->ours[i] = atof(out);
		free(out);
		b->theirs[i] = outside_number(path);
	}
	session_down(b);
	row("sandbox.syscall", "ns", b->ours, CALLS, "outside", b->theirs);
}

static void
builds(struct bench *b)
{
	double	 t;
	int	 i;

	if (access("/usr/bin/cc", X_OK) == -1) {
		printf("sandbox.build: no cc here\n");
		return;
	}
	session_up(b);
	free(inside(b, BUILD_LINE));
	must_run("cd %s && { %s; }", b->outside, BUILD_LINE);
	for (i = 0; i < BUILDS; i++) {
		t = now_us();
		free(inside(b, BUILD_LINE));
		b->ours[i] = (now_us() - t) / 1e3;
		t = now_us();
		must_run("cd %s && { %s; }", b->outside, BUILD_LINE);
		b->theirs[i] = (now_us() - t) / 1e3;
	}
	session_down(b);
	row("sandbox.build", "ms", b->ours, BUILDS, "outside", b->theirs);
}

static double
kill_ours(struct bench *b)
{
	struct rig_step	 st = { .shell = SLEEPERS, .leave_on = "up" };
	double		 t;

	session_up(b);
	rig_run(b->rig, &st);
	t = now_us();
	rig_stop(b->rig);
	t = now_us() - t;
	rig_step_free(&st);
	if (rig_purge(b->rig) != 0)
		errx(1, "purge");
	return (t / 1e3);
}

/* Pid 1 of the namespace that bwrap made, once what runs in it is up. */
static pid_t
bwrap_up(pid_t *inner)
{
	char		*argv[] = { (char[]){ "/usr/bin/bwrap" },
		(char[]){ "--unshare-all" }, (char[]){ "--ro-bind" },
		(char[]){ "/" }, (char[]){ "/" }, (char[]){ "--proc" },
		(char[]){ "/proc" }, (char[]){ "--dev" }, (char[]){ "/dev" },
		(char[]){ "/bin/sh" }, (char[]){ "-c" }, (char[]){ SLEEPERS },
		NULL };
	char		 path[64], text[64] = "";
	int		 p[2], fd;
	pid_t		 pid;

	if (pipe2(p, O_CLOEXEC) == -1 || (pid = vfork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		dup2(p[1], STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	close(p[1]);
	if (read(p[0], text, sizeof(text)) <= 0)
		return (-1);
	close(p[0]);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 ||
	    read(fd, text, sizeof(text) - 1) <= 0)
		err(1, "%s", path);
	close(fd);
	*inner = atoi(text);
	return (pid);
}

/* Milliseconds, or 0 where bwrap does not work. */
static double
kill_theirs(void)
{
	pid_t	 pid, inner;
	double	 t;
	int	 status;

	if ((pid = bwrap_up(&inner)) == -1)
		return (0);
	t = now_us();
	kill(inner, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return ((now_us() - t) / 1e3);
}

static void
kills(struct bench *b)
{
	int	 i;

	for (i = 0; i < KILLS; i++) {
		b->ours[i] = kill_ours(b);
		b->theirs[i] = kill_theirs();
	}
	if (b->theirs[0] > 0)
		row("session.kill200", "ms", b->ours, KILLS,
		    "kill of bwrap's pid 1 with 200 processes", b->theirs);
	else
		printf("session.kill200: bwrap does not work here\n");
}

/* The same files in the worktree's base and outside. */
static void
install(struct bench *b, const char *src)
{
	char	 base[400];

	snprintf(base, sizeof(base), "%s/review/trees/" LAYER,
	    rig_state(b->rig));
	snprintf(b->outside, sizeof(b->outside), "%s/outside",
	    rig_state(b->rig));
	must_run("mkdir %s/out && cp -r %s/common %s && cp -r %s/gen %s && "
	    "cp %s/bench/calls %s && cp -r %s %s && chmod -R a+rwX %s %s",
	    base, src, base, b->build, base, b->build, base, base,
	    b->outside, base, b->outside);
	if (geteuid() == 0)
		must_run("chown -R %u:%u %s",
		    rig_conf(b->rig)->uid[ROLE_REVIEWER],
		    rig_conf(b->rig)->gid[ROLE_REVIEWER], base);
}

int
main(void)
{
	enum conf_mode	 mode = geteuid() == 0 ? MODE_SYSTEM : MODE_USER;
	const char	*cannot = rig_cannot(mode), *src = getenv("SRC");
	struct bench	 b = { 0 };
	char		 why[512];
	ssize_t		 n;

	if (cannot != NULL || src == NULL) {
		printf("sandbox: not measured: %s\n",
		    cannot != NULL ? cannot : "SRC is not set");
		return (0);
	}
	n = readlink("/proc/self/exe", b.build, sizeof(b.build) - 1);
	b.build[n > 0 ? n : 0] = '\0';
	*strrchr(b.build, '/') = '\0';
	*strrchr(b.build, '/') = '\0';
	if ((b.rig = rig_new(mode, WORKTREE_OVERLAY, why, sizeof(why))) ==
	    NULL)
		errx(1, "%s", why);
	rig_conf(b.rig)->opt[OPT_LIMIT_PIDS] = 512;
	rig_reconf(b.rig);
	install(&b, src);
	calls(&b);
	builds(&b);
	kills(&b);
	rig_free(b.rig);
	return (0);
}
