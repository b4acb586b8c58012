/*
 * Giving everything up.  Runs in the two processes of a session, and in a
 * builder that copies, after the mounts and before anything foreign; each
 * step is checked, none is optional.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "common/confine.h"
#include "common/err.h"
#include "executor/handover.h"
#include "praetord/sandbox.h"

/* With a control group its limit comes first. */
#define PIDS_GROUP	16

#define FD_FIRST	3	/* where a program's descriptors begin */
#define FD_ASIDE	32	/* above everything that is placed */

/* Securebits: root means nothing, nothing is kept, nothing can be changed. */
#define BITS	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |			\
		SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | \
		SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |	\
		SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static int
caps_none(struct why *why)
{
	struct __user_cap_header_struct	 h = {
		_LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	 d[2] = { { 0 } };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 ||
	    syscall(SYS_capset, &h, d) == -1)
		return (why_errno(why, NULL, "dropping capabilities"));
	return (0);
}

static int
bounds_lock(struct why *why)
{
	unsigned long	 cap;

	for (cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	/* EINVAL: past the last one that this kernel has. */
	if (errno != EINVAL || cap == 0)
		return (why_errno(why, NULL, "bounding set"));
	if (prctl(PR_SET_SECUREBITS, BITS, 0, 0, 0) == -1)
		return (why_errno(why, NULL, "securebits"));
	return (0);
}

/* A limit, never above what this process has itself. */
static int
limit(int which, uint64_t want, const char *name, struct why *why)
{
	struct rlimit	 rl;

	if (getrlimit((__rlimit_resource_t)which, &rl) == -1)
		return (why_errno(why, NULL, "limit %s", name));
	if (want < rl.rlim_max)
		rl.rlim_max = want;
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit((__rlimit_resource_t)which, &rl) == -1)
		return (why_errno(why, NULL, "limit %s", name));
	return (0);
}

/*
 * No core dumps.  Where the kernel gives them to a program of the host, which
 * then runs as root on what a job made up, it asks for no limit, but takes 1
 * as "none"; 0 would not keep it.  The job's filter keeps the limit as it is.
 */
static int
core_limit(struct why *why)
{
	const struct rlimit	 rl = { 1, 1 };

	if (setrlimit(RLIMIT_CORE, &rl) == 0)
		return (0);
	/* It was 0 and stays 0: probe_core() has looked at the host. */
	return (limit(RLIMIT_CORE, 0, "core", why));
}

static int
limits_set(const struct conf *c, struct why *why)
{
	const uint64_t	*o = c->opt;

	if (core_limit(why) == -1 ||
	    limit(RLIMIT_MEMLOCK, 64 * 1024, "memlock", why) == -1 ||
	    limit(RLIMIT_NICE, 0, "nice", why) == -1 ||
	    limit(RLIMIT_RTPRIO, 0, "rtprio", why) == -1)
		return (-1);
	if (o[OPT_LIMIT_FILES] > 0 && limit(RLIMIT_NOFILE, o[OPT_LIMIT_FILES],
	    "files", why) == -1)
		return (-1);
	if (o[OPT_LIMIT_FSIZE] > 0 && limit(RLIMIT_FSIZE, o[OPT_LIMIT_FSIZE],
	    "fsize", why) == -1)
		return (-1);
	if (o[OPT_LIMIT_PIDS] > 0 && limit(RLIMIT_NPROC, o[OPT_LIMIT_PIDS] +
	    (c->cgroup == CGROUP_DELEGATED ? PIDS_GROUP : 0), "pids",
	    why) == -1)
		return (-1);
	return (0);
}

/* praetor-init has more than its jobs, so that it is there to tell. */
int
drop_cpu_time(const struct sandbox *sb, struct why *why)
{
	uint64_t	 ms = sb->conf->opt[OPT_LIMIT_CPU_TIME];

	if (ms == 0)
		return (0);
	return (limit(RLIMIT_CPU, (ms + 999) / 1000 + CPU_SPARE, "cpu", why));
}

static int
rights_drop(const struct sandbox *sb, uid_t uid, gid_t gid, struct why *why)
{
	if (setns(sb->slot->userns, CLONE_NEWUSER) == -1)
		return (why_errno(why, NULL, "user namespace"));
	if (bounds_lock(why) == -1)
		return (-1);
	/* In user mode the kernel lets nobody change groups. */
	if (sb->conf->mode == MODE_SYSTEM && setgroups(0, NULL) == -1)
		return (why_errno(why, NULL, "setgroups"));
	if (setresgid(gid, gid, gid) == -1 || setresuid(uid, uid, uid) == -1)
		return (why_errno(why, NULL, "uid %u", uid));
	if (caps_none(why) == -1)
		return (-1);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return (why_errno(why, NULL, "no_new_privs"));
	/* New ids reset this; the executor's filter lets it change nothing. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return (why_errno(why, NULL, "parent death signal"));
	return (0);
}

int
drop_all(const struct sandbox *sb, uid_t uid, gid_t gid, struct why *why)
{
	/* Limits first: some can be raised by root of the host only. */
	if (limits_set(sb->conf, why) == -1)
		return (-1);
	return (rights_drop(sb, uid, gid, why));
}

/* The limits of what runs are not for what it starts from. */
int
drop_builder(const struct sandbox *sb, struct why *why)
{
	char	 text[200];

	if (rights_drop(sb, sb->slot->job_in, sb->slot->job_gin, why) == -1)
		return (-1);
	if (confine_syscalls(CONFINE_JOB, text, sizeof(text)) != 0)
		return (why_set(why, PRA_EUNSUPPORTED, "%s", text));
	return (0);
}

/* Move every descriptor out of the way first: the numbers may overlap. */
static int
fds_place(int prog, const int *fds, int nfds, int status, struct why *why)
{
	int	 i, aside[8];

	for (i = 0; i < nfds; i++)
		if ((aside[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FD_ASIDE)) == -1)
			return (why_errno(why, NULL, "descriptors"));
	if ((aside[i++] = fcntl(prog, F_DUPFD_CLOEXEC, FD_ASIDE)) == -1 ||
	    (aside[i++] = fcntl(status, F_DUPFD_CLOEXEC, FD_ASIDE)) == -1)
		return (why_errno(why, NULL, "descriptors"));
	for (i = 0; i < nfds + 2; i++)
		if (dup3(aside[i], FD_FIRST + i,
		    i < nfds ? 0 : O_CLOEXEC) == -1)
			return (why_errno(why, NULL, "descriptors"));
	if (close_range((unsigned int)(FD_FIRST + nfds + 2), ~0U, 0) == -1)
		return (why_errno(why, NULL, "close_range"));
	return (0);
}

int
drop_exec(int prog, const int *fds, int nfds, int status, char *const argv[],
    struct why *why)
{
	static char	*const env[] = { NULL };
	sigset_t	 none;
	int		 null;

	sigemptyset(&none);
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		return (why_errno(why, NULL, "standard descriptors"));
	if (fds_place(prog, fds, nfds, status, why) == -1)
		return (-1);
	syscall(SYS_execveat, FD_FIRST + nfds, "", argv, env, AT_EMPTY_PATH);
	why_errno(why, "install it again", "%s", argv[0]);
	/* Where the caller looks for it, to tell. */
	(void)dup2(FD_FIRST + nfds + 1, status);
	return (-1);
}
