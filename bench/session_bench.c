/*
 * session.*: from the request for a session to the first instruction of a job
 * in it, its worktree included.  Never is anything of an earlier session used
 * again; what differs is what an idle daemon has made ahead:
 *
 * warm	a sandbox with this session's worktree, because the two sessions
 *	before had the same one (`sessions spare 2` or more);
 * cold	a sandbox that is for any session: nothing of this one was known
 *	(`sessions spare 1`);
 * new	no sandbox (`sessions spare 0`, or the later ones of a burst); what a
 *	daemon has made at its start, and a network namespace, are there.
 *
 * Against bwrap with the same namespaces and mounts, and against fork and
 * exec of a dynamic program, interleaved; once on an idle machine and once
 * (*.busy.*) with as many busy loops as there are processors, which the
 * others have to live with as well.  session.stop: until every process of a
 * session is dead.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bench/rows.h"
#include "tests/rig.h"

#define ROUNDS	60
#define BUSY	30		/* rounds with busy processors */
#define SETTLE	20000	/* us: the kernel takes a network namespace away late */
#define HOGS	64
#define SETTLE_BUSY	60000	/* what is prepared gets less of a processor */
#define FLOOR	"fork+exec of a dynamic program"
#define BWRAP	"bwrap --unshare-all, same mounts"
#define LAYER	"2222222222222222222222222222222222222222"

/* Run a program and return when its first instruction was, less `start`. */
static double
spawn(char *const argv[], double start)
{
	char	 text[64] = "";
	int	 p[2], status;
	ssize_t	 n;
	pid_t	 pid;

	if (pipe2(p, O_CLOEXEC) == -1 || (pid = vfork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		dup2(p[1], STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	close(p[1]);
	n = read(p[0], text, sizeof(text) - 1);
	close(p[0]);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (n <= 0)
		return (-1);
	return (atof(text) / 1e3 - start);
}

static double
session_once(struct rig *r, double *stop)
{
	static const char *const argv[] = { "/workspace/first", NULL };
	struct rig_step		 st = { .argv = argv };
	double			 start = now_us(), us;

	if (rig_start(r) == -1)
		errx(1, "%s", rig_why(r));
	rig_run(r, &st);
	us = atof((char *)st.out.data) / 1e3 - start;
	rig_step_free(&st);
	*stop = now_us();
	rig_stop(r);
	*stop = now_us() - *stop;
	if (rig_purge(r) != 0)
		errx(1, "purge");
	return (us);
}

static double
bwrap_once(char *first)
{
	char	 arg[][16] = { "/usr/bin/bwrap", "--unshare-all", "--ro-bind",
	    "/usr", "--symlink", "usr/bin", "/bin", "usr/lib", "/lib",
	    "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev",
	    "--tmpfs", "/tmp", "/home/agent", "/workspace", "/first" };
	char	*argv[] = { arg[0], arg[1], arg[2], arg[3], arg[3], arg[4],
	    arg[5], arg[6], arg[4], arg[7], arg[8], arg[4], arg[9], arg[10],
	    arg[11], arg[12], arg[13], arg[14], arg[15], arg[16], arg[15],
	    arg[17], arg[15], arg[18], arg[2], first, arg[19], arg[19],
	    NULL };

	return (spawn(argv, now_us()));
}

/* The program's copy in the worktree's base. */
static void
first_install(const struct rig *r, const char *first)
{
	char	 cmd[600];

	snprintf(cmd, sizeof(cmd), "install -m 755 %s %s/review/trees/" LAYER
	    "/first", first, rig_state(r));
	if (system(cmd) != 0)
		errx(1, "%s", cmd);
}

/* What is measured, alone and with busy processors. */
enum row { R_WARM, R_COLD, R_NEW, R_STOP, R_BWRAP, R_FLOOR, R_MAX };

struct measured {
	double		 us[R_MAX][ROUNDS];
	int		 n;
	unsigned int	 settle;
};

/* One of ours, with so much made ahead; the machine is still before. */
static double
ahead(struct rig *r, const struct measured *m, enum rig_ahead what,
    double *stop)
{
	rig_ahead(r, what);
	rig_idle(r, m->settle);
	return (session_once(r, stop));
}

static void
measure(struct rig *r, struct measured *m, char *first, char *dynamic)
{
	char	*argv[] = { dynamic, NULL };
	double	 x;
	int	 i;

	for (i = 0; i < m->n; i++) {
		m->us[R_WARM][i] = ahead(r, m, RIG_WARM, &x);
		m->us[R_COLD][i] = ahead(r, m, RIG_COLD, &m->us[R_STOP][i]);
		m->us[R_NEW][i] = ahead(r, m, RIG_NEW, &x);
		rig_idle(r, m->settle);
		m->us[R_BWRAP][i] = bwrap_once(first);
		rig_idle(r, m->settle);
		m->us[R_FLOOR][i] = spawn(argv, now_us());
	}
}

static void
rows(struct measured *m, const char *busy)
{
	static const struct { const char *name; enum row row, against; }
	    all[] = {
		{ "warm", R_WARM, R_FLOOR }, { "cold", R_COLD, R_FLOOR },
		{ "new", R_NEW, R_FLOOR }, { "stop", R_STOP, R_FLOOR },
		{ "warm", R_WARM, R_BWRAP }, { "cold", R_COLD, R_BWRAP },
		{ "new", R_NEW, R_BWRAP }
	};
	char	 name[64];
	size_t	 i;
	int	 has = quantile(m->us[R_BWRAP], m->n, 0.5) > 0;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].against == R_BWRAP && !has)
			continue;
		snprintf(name, sizeof(name), "session.%s%s%s", all[i].name,
		    busy, all[i].row == R_STOP ? "" :
		    all[i].against == R_BWRAP ? ".bwrap" : ".forkexec");
		row(name, "us", m->us[all[i].row], m->n,
		    all[i].against == R_BWRAP ? BWRAP : FLOOR,
		    m->us[all[i].against]);
	}
	if (!has)
		printf("session%s: bwrap does not work here\n", busy);
}

static void
hogs_start(pid_t *pid, long n)
{
	pid_t	 parent = getpid();
	long	 i;

	for (i = 0; i < n; i++) {
		if ((pid[i] = fork()) == -1)
			err(1, "fork");
		if (pid[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			while (getppid() == parent)
				;
			_exit(0);
		}
	}
}

static void
hogs_stop(const pid_t *pid, long n)
{
	long	 i;

	for (i = 0; i < n; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
}

static void
bench(struct rig *r, char *first, char *dynamic)
{
	static struct measured	 quiet = { .n = ROUNDS, .settle = SETTLE };
	static struct measured	 busy = { .n = BUSY, .settle = SETTLE_BUSY };
	pid_t			 hog[HOGS];
	long			 n = sysconf(_SC_NPROCESSORS_ONLN);

	measure(r, &quiet, first, dynamic);
	rows(&quiet, "");
	n = n < 1 ? 1 : n < HOGS ? n : HOGS;
	hogs_start(hog, n);
	measure(r, &busy, first, dynamic);
	hogs_stop(hog, n);
	rows(&busy, ".busy");
}

int
main(void)
{
	enum conf_mode	 mode = geteuid() == 0 ? MODE_SYSTEM : MODE_USER;
	char		 self[400], why[512], first[512], dynamic[512];
	const char	*cannot = rig_cannot(mode);
	struct rig	*r;
	ssize_t		 n;

	if (cannot != NULL) {
		printf("session: not measured: %s\n", cannot);
		return (0);
	}
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(first, sizeof(first), "%s/first", self);
	snprintf(dynamic, sizeof(dynamic), "%s/first-dynamic", self);
	if ((r = rig_new(mode, WORKTREE_OVERLAY, why, sizeof(why))) == NULL)
		errx(1, "%s", why);
	first_install(r, first);
	bench(r, first, dynamic);
	rig_free(r);
	return (0);
}
