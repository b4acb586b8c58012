/*
 * The life of a session around its jobs: what waits for it, its directory,
 * its death.  RIG_MODE=user tests user mode, RIG_WORKTREE=copy worktrees that
 * are copies.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "tests/fds.h"
#include "tests/sandbox_world.h"
#include "tests/tap.h"

static int
reads(int fd, const char *path)
{
	int	 f = openat(fd, path, O_RDONLY | O_CLOEXEC);

	return (f == -1 ? errno : close(f));
}

/* In a child: what the reviewer can and cannot read. */
static int
reviewer_reads(const struct world *w, int fd)
{
	const struct conf	*c = rig_conf(w->rig);
	uid_t			 uid = c->uid[ROLE_REVIEWER];
	gid_t			 gid = c->gid[ROLE_REVIEWER];

	if (w->mode == MODE_SYSTEM && (setgroups(0, NULL) == -1 ||
	    setresgid(gid, gid, gid) == -1 || setresuid(uid, uid, uid) == -1))
		return (9);
	if (reads(fd, "mine") != 0 || reads(fd, "p/q/r") != 0 ||
	    (is_copy(w) && reads(fd, "keep") != 0))
		return (1);
	/* In user mode it has the capabilities of the parent here. */
	if (w->mode == MODE_SYSTEM && (reads(fd, "none") != EACCES ||
	    reads(fd, "shut/x") != EACCES))
		return (2);
	return (0);
}

/* The owner's right to read is the reviewer's, and no other right. */
static void
readable(void **state)
{
	struct world	*w = *state;
	pid_t		 pid;
	int		 fd, status;

	sh_is(w, "umask 077; echo x >mine; mkdir -p p/q shut; echo x >p/q/r; "
	    "echo x >none; echo x >shut/x; chmod 0 none shut; ln -s none l; "
	    "chmod 700 .", "");
	rig_stop(w->rig);
	assert_int_not_equal(fd = rig_upper(w->rig), -1);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		_exit(reviewer_reads(w, fd));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
}

/* The executor killed from outside: everything below it has to go. */
static void
killed(void **state)
{
	struct world	*w = *state;
	pid_t		 pid;
	int		 status;

	assert_true((pid = rig_start(w->rig)) > 0);
	sh_is(w, "echo here", "here\n");
	assert_int_equal(kill(pid, SIGKILL), 0);
	status = rig_wait_gone(w->rig);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(rig_purge(w->rig), 0);
}

/* A tree that is hard to delete: deep, unreadable, with odd names. */
static void
purging(void **state)
{
	struct world	*w = *state;
	struct stat	 sb;
	char		 path[128];

	assert_true(rig_start(w->rig) > 0);
	sh_is(w, "i=0; while [ $i -lt 300 ]; do mkdir d$i && cd d$i || break; "
	    "i=$((i+1)); done; cd /workspace; mkdir -p z/y; touch z/y/'\n' "
	    "z/y/-rf; chmod 0 z/y z; ln -s / up; mkfifo p; echo ok", "ok\n");
	rig_stop(w->rig);
	assert_int_equal(rig_purge(w->rig), 0);
	snprintf(path, sizeof(path), "%s/sessions/%llu", rig_state(w->rig),
	    (unsigned long long)rig_session(w->rig));
	assert_int_equal(stat(path, &sb), -1);
	assert_int_equal(errno, ENOENT);
}

/*
 * All that the kernel tells a job about its place, without what it counts:
 * signals queued (SigQ) are the user's, the links of /proc, which set the
 * width of a column, are the host's processes.
 */
#define PLACE	"grep -E '^(Uid|Gid|Groups|Cap|NoNew|Secc|Sig[PBIC]|Shd|Thr)' "	\
		"/proc/self/status; cat /proc/self/limits /proc/self/?id_map; " \
		"cut -d' ' -f4- /proc/self/mountinfo | sort | "		\
		"sed 's/[0-9]\\{6,\\}/N/g;s|sessions/[0-9]*|sessions/N|'; " \
		"ls -l /proc/self/ns | "		\
		"sed 's/.*-> //;s/[0-9]//g'; for d in / /dev /etc /run "	\
		"/run/praetor /run/praetor/* /home /home/* /tmp /workspace; do "\
		"echo $d; ls -la --time-style=+ $d | tr -s ' ' | "		\
		"sed 's/ [0-9]* / /'; "					\
		"done; umask; hostname; env"

/*
 * Which block of uids it got depends on which were free, and which pids on how
 * often its init had the time to look at its limits.
 */
static char *
without_numbers(char *text)
{
	char	*p = text;

	while ((p = strstr(p, "  70000")) != NULL)
		memset(p + 2, 'N', strspn(p + 2, "0123456789"));
	if ((p = strstr(text, "\nproc ")) != NULL)
		for (p += 6; *p != '\n' && *p != '\0'; p++)
			if (isdigit((unsigned char)*p))
				*p = 'N';
	return (text);
}

/* As many sandboxes wait as were asked for, and the session took one. */
static char *
place_of(struct world *w, enum rig_ahead ahead)
{
	char	*out, *probe, *all;
	int	 status;

	rig_ahead(w->rig, ahead);
	rig_conf(w->rig)->opt[OPT_SESSIONS_SPARE] = 0;	/* no more */
	assert_true(rig_start(w->rig) > 0);
	assert_int_equal(rig_waiting(w->rig), ahead == RIG_WARM);
	out = sh(w, PLACE, &status);
	assert_int_equal(status, 0);
	probe = probe_inside(w);
	assert_int_not_equal(asprintf(&all, "%s%s", out, probe), -1);
	free(out);
	free(probe);
	rig_stop(w->rig);
	assert_int_equal(rig_purge(w->rig), 0);
	return (without_numbers(all));
}

/* A session that found everything ready is as closed as one that did not. */
static void
prepared(void **state)
{
	struct world	*w = *state;
	char		*new = place_of(w, RIG_NEW);
	char		*cold = place_of(w, RIG_COLD);
	char		*warm;

	/* A copy is not made before it is asked for. */
	warm = is_copy(w) ? strdup(new) : place_of(w, RIG_WARM);
	assert_non_null(strstr(new, "Seccomp:\t2"));
	assert_non_null(strstr(new, " /workspace "));
	assert_string_equal(new, cold);
	assert_string_equal(new, warm);
	free(new);
	free(cold);
	free(warm);
}

/* Something of the worktree that was expected is another directory by now. */
static void
replaced(void **state)
{
	struct world	*w = *state;
	char		 cmd[512];

	if (is_copy(w))
		return;
	rig_ahead(w->rig, RIG_WARM);
	snprintf(cmd, sizeof(cmd), "cd %s/review/trees && cp -a 2* x && "
	    "echo other >x/keep && mv 2* old && mv x " LAYER,
	    rig_state(w->rig));
	assert_int_equal(system(cmd), 0);
	assert_true(rig_start(w->rig) > 0);
	sh_is(w, "cat keep", "other\n");
	rig_stop(w->rig);
	assert_int_equal(rig_purge(w->rig), 0);
	snprintf(cmd, sizeof(cmd), "cd %s/review/trees && rm -r 2* && "
	    "mv old " LAYER, rig_state(w->rig));
	assert_int_equal(system(cmd), 0);
}

/* A process' first child that has a name, or -1. */
static pid_t
child_of(pid_t pid, const char *name)
{
	char	 cmd[96], text[32] = "";
	FILE	*f;

	snprintf(cmd, sizeof(cmd), "exec pgrep -P %d -x %s", pid, name);
	assert_non_null(f = popen(cmd, "re"));
	if (fgets(text, sizeof(text), f) == NULL)
		text[0] = '\0';
	pclose(f);
	return (text[0] != '\0' ? atoi(text) : -1);
}

/* The process that deletes is dead: sessions are deleted all the same. */
static void
purgers(void **state)
{
	struct world	*w = *state;
	static const char *const lines[] = { "true", "mkdir -p a/b; echo >a/c" };
	char		 path[128];
	size_t		 i;
	pid_t		 pid;

	for (i = 0; i < 2; i++) {
		assert_true(rig_start(w->rig) > 0);
		sh_is(w, lines[i], "");
		rig_stop(w->rig);
		assert_true((pid = child_of(getpid(),
		    "praetord-purge")) > 0);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(rig_purge(w->rig), 0);
		snprintf(path, sizeof(path), "%s/sessions/%llu",
		    rig_state(w->rig),
		    (unsigned long long)rig_session(w->rig));
		assert_int_equal(access(path, F_OK), -1);
		assert_true(rig_start(w->rig) > 0);
		rig_stop(w->rig);
		assert_int_equal(rig_purge(w->rig), 0);
	}
}

/* Kill a child of this process as soon as there is one of that name. */
static void
kill_soon(const char *name)
{
	pid_t	 killer, pid;

	assert_int_not_equal(killer = fork(), -1);
	if (killer != 0)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((pid = child_of(getppid(), name)) == -1)
		;
	_exit(kill(pid, SIGKILL) == 0 ? 0 : 1);
}

/* Nor does it hang on those that work where there is much to do. */
static void
workers(void **state)
{
	struct world	*w = *state;
	char		 path[128];
	int		 fd;

	assert_true(rig_start(w->rig) > 0);
	sh_is(w, "umask 077; mkdir m; cd m; seq 40000 | xargs touch", "");
	rig_stop(w->rig);
	if (is_copy(w) && w->mode == MODE_SYSTEM)
		kill_soon("praetord-show");
	assert_int_not_equal(fd = rig_upper(w->rig), -1);
	close(fd);
	kill_soon("praetord-clear");
	assert_int_equal(rig_purge(w->rig), 0);
	snprintf(path, sizeof(path), "%s/sessions/%llu", rig_state(w->rig),
	    (unsigned long long)rig_session(w->rig));
	assert_int_equal(access(path, F_OK), -1);
}

/* What waits for a session and is not whole any more is given to none. */
static void
broken(void **state)
{
	struct world	*w = *state;
	enum rig_ahead	 kind;
	pid_t		 exec, init;

	for (kind = RIG_COLD; kind <= RIG_WARM; kind++) {
		if (kind == RIG_WARM && is_copy(w))
			break;
		rig_ahead(w->rig, kind);
		while ((exec = child_of(getpid(), "praetor-executo")) == -1 ||
		    (init = child_of(exec, "praetor-init")) == -1)
			rig_idle(w->rig, 10000);
		assert_int_equal(kill(init, SIGKILL), 0);
		while (kill(exec, 0) == 0)
			rig_idle(w->rig, 10000);
		assert_true(rig_start(w->rig) > 0);
		sh_is(w, "echo a", "a\n");
		rig_stop(w->rig);
		assert_int_equal(rig_purge(w->rig), 0);
	}
}

/* Where it matters, what lies in one session's directory is kept apart. */
static void
apart(void **state)
{
	struct world	*w = *state;
	struct statfs	 sf;
	char		 path[128];
	int		 fd, flags = 0;

	snprintf(path, sizeof(path), "%s/sessions/.spare", rig_state(w->rig));
	assert_int_equal(statfs(path, &sf), 0);
	if (sf.f_type != EXT4_SUPER_MAGIC) {
		print_message("# not on ext4: not tested\n");
		return;
	}
	assert_int_not_equal(fd = open(path, O_RDONLY | O_DIRECTORY), -1);
	assert_int_equal(ioctl(fd, FS_IOC_GETFLAGS, &flags), 0);
	close(fd);
	assert_true(flags & FS_TOPDIR_FL);
}

/* Whatever a session opens in the parent, its end closes. */
static void
descriptors(void **state)
{
	struct world	*w = *state;
	int		 i, fd, before = 0;

	rig_conf(w->rig)->opt[OPT_SESSIONS_SPARE] = 0;
	rig_reconf(w->rig);
	rig_ahead(w->rig, RIG_NEW);
	for (i = 0; i < 12; i++) {
		if (i == 8)	/* by then each slot was used */
			before = fds_open();
		assert_true(rig_start(w->rig) > 0);
		sh_is(w, "echo x >n; echo a", "a\n");
		rig_stop(w->rig);
		assert_int_not_equal(fd = rig_upper(w->rig), -1);
		close(fd);
		assert_int_equal(rig_purge(w->rig), 0);
	}
	assert_int_equal(fds_open(), before);
}

/* Sockets of a session can be made and nothing more: refused with a reason. */
static void
crowded(void **state)
{
	struct world	*w = *state;
	struct rlimit	 was, few;
	int		 fd[64], n = 0, open = fds_open();

	rig_conf(w->rig)->opt[OPT_SESSIONS_SPARE] = 0;
	rig_reconf(w->rig);
	rig_ahead(w->rig, RIG_NEW);
	do	/* until there are no holes below */
		assert_int_not_equal(fd[n] = dup(w->probefd), -1);
	while (fd[n++] < open + 8 && n < 64);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = (rlim_t)fd[n - 1] + 1 + 8;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(rig_start(w->rig), -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	while (n > 0)
		close(fd[--n]);
	assert_non_null(strstr(rig_why(w->rig), "limit of open files"));
	assert_true(rig_start(w->rig) > 0);
	rig_stop(w->rig);
	assert_int_equal(rig_purge(w->rig), 0);
}

/* What is asked for at the wrong time, and what is asked for twice. */
static void
wiped(void **state)
{
	struct world	*w = *state;

	assert_true(rig_start(w->rig) > 0);
	sh_is(w, "echo a", "a\n");
	assert_int_equal(rig_upper(w->rig), -1);	/* it still runs */
	rig_stop(w->rig);
	assert_int_equal(rig_purge(w->rig), 0);
	assert_int_equal(rig_upper(w->rig), -1);
	assert_int_equal(rig_purge(w->rig), 0);		/* twice is fine */
}

/* A new engine asks for what is being started: there is one answer. */
static void
twice(void **state)
{
	struct world	*w = *state;

	if (rig_start_twice(w->rig) <= 0)
		fail_msg("%s", rig_why(w->rig));
	sh_is(w, "echo a", "a\n");
	rig_stop(w->rig);
	assert_int_equal(rig_purge(w->rig), 0);
}

static void
whole_put(const struct world *w, const char *text)
{
	char	 path[128];
	FILE	*f;

	snprintf(path, sizeof(path), "%s/sessions/%llu/whole",
	    rig_state(w->rig), (unsigned long long)rig_session(w->rig));
	assert_non_null(f = fopen(path, "we"));
	assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

/* Half a copy, and one of another boot, are not taken for a worktree. */
static void
halves(void **state)
{
	struct world	*w = *state;
	int		 fd;

	assert_true(rig_start(w->rig) > 0);
	rig_stop(w->rig);
	assert_int_not_equal(fd = rig_upper(w->rig), -1);
	close(fd);
	if (is_copy(w)) {
		whole_put(w, "");
		assert_int_equal(rig_upper(w->rig), -1);
		assert_non_null(strstr(rig_why(w->rig),
		    "before its worktree was copied"));
		whole_put(w, "00000000-0000-0000-0000-000000000000\n");
		assert_int_equal(rig_upper(w->rig), -1);
		assert_non_null(strstr(rig_why(w->rig), "went down"));
	}
	assert_int_equal(rig_purge(w->rig), 0);
}

/* What is made readable is not wanted any more. */
static void
unwanted(void **state)
{
	struct world	*w = *state;
	char		 path[128];

	assert_true(rig_start(w->rig) > 0);
	sh_is(w, "for d in 1 2 3; do mkdir $d; for f in 1 2 3 4; do "
	    "echo x >$d/$f; done; done; chmod -R go= .", "");
	rig_stop(w->rig);
	assert_int_equal(rig_unwanted(w->rig), 0);
	snprintf(path, sizeof(path), "%s/sessions/%llu", rig_state(w->rig),
	    (unsigned long long)rig_session(w->rig));
	assert_int_equal(access(path, F_OK), -1);
}

int
main(void)
{
	static struct world	 w;
	const struct CMUnitTest	 tests[] = {
		SESSION_TEST(readable), cmocka_unit_test(killed),
		cmocka_unit_test(purging), cmocka_unit_test(wiped),
		cmocka_unit_test(prepared), cmocka_unit_test(replaced),
		cmocka_unit_test(purgers), cmocka_unit_test(workers),
		cmocka_unit_test(broken),
		cmocka_unit_test(apart), cmocka_unit_test(descriptors),
		cmocka_unit_test(crowded),
		cmocka_unit_test(twice), cmocka_unit_test(halves),
		cmocka_unit_test(unwanted)
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
