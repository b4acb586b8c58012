/*
 * The child of the parent that becomes a session.  It is pid 1 of the
 * session's outer pid namespace and ends as praetor-executor.  It forks the
 * inner pid 1, which ends as praetor-init and under which everything foreign
 * runs, and a builder, which keeps the privilege to mount until it has made
 * the worktree, and exits.  Because the executor is outside the inner
 * namespace, what runs there can neither see nor signal nor trace it.
 *
 * All of this can be done before there is a session: both programs then wait
 * for the builder's word.  When there is one already,
 * the inner pid 1 builds before it becomes praetor-init.  Mounts are made by processes that are not in the
 * user namespace: nothing in it has a right over them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "common/err.h"
#include "common/fdpass.h"
#include "executor/handover.h"
#include "praetord/mnt.h"
#include "praetord/ns.h"
#include "praetord/root.h"
#include "praetord/sandbox.h"
#include "praetord/session_dir.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif
#define SESSION_NS	(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS)
#define HOSTNAME	"praetor"

#define BUILDER_STAYS	20000000	/* ns */

/* Between the three processes; [0] is the receiver's end. */
struct ties {
	int	 init[2];	/* executor, praetor-init: their channel */
	int	 to_exec[2];	/* builder to executor */
	int	 to_init[2];	/* builder to praetor-init */
	int	 proc[2];	/* to the builder: /proc is there */
};

/* Tell the parent and die; it ends the rest. */
static void __attribute__((__noreturn__))
give_up(const struct sandbox *sb, const struct why *why)
{
	ssize_t	 n;

	n = write(sb->status, why, sizeof(*why));
	_exit(n == (ssize_t)sizeof(*why) ? 1 : 2);
}

/*
 * The time namespace is the one that a kernel may lack (CONFIG_TIME_NS): it
 * separates nothing that an agent could change anyhow.
 */
static int
namespaces_enter(const struct sandbox *sb, struct why *why)
{
	if (setns(sb->rootns, CLONE_NEWNS) == -1)
		return (why_errno(why, "CAP_SYS_ADMIN and CAP_SYS_CHROOT",
		    "template mount namespace"));
	if (setns(sb->netns, CLONE_NEWNET) == -1)
		return (why_errno(why, NULL, "network namespace"));
	if (unshare(SESSION_NS | CLONE_NEWTIME) == -1 &&
	    (errno != EINVAL || unshare(SESSION_NS) == -1))
		return (why_errno(why, "raise the sysctls "
		    "user.max_*_namespaces", "new namespaces"));
	if (sethostname(HOSTNAME, sizeof(HOSTNAME) - 1) == -1 ||
	    setdomainname("", 0) == -1)
		return (why_errno(why, NULL, "host name"));
	return (0);
}

static int
ties_make(struct ties *t, struct why *why)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, t->init) == -1 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    t->to_exec) == -1 || socketpair(AF_UNIX,
	    SOCK_SEQPACKET | SOCK_CLOEXEC, 0, t->to_init) == -1 ||
	    pipe2(t->proc, O_CLOEXEC) == -1)
		return (why_errno(why, NULL, "sockets of a session"));
	return (0);
}

/*
 * Each side's own group is its root.  Not before the second is started: from
 * within a namespace nobody can be put into a group outside.
 */
static int
cgroup_enter(struct why *why)
{
	if (unshare(CLONE_NEWCGROUP) == -1)
		return (why_errno(why, "raise sysctl "
		    "user.max_cgroup_namespaces", "new cgroup namespace"));
	return (0);
}

/* /proc of the inner pid namespace, with processes only. */
static int
proc_make(struct why *why)
{
	static const struct mnt_option	 opts[] = {
		{ "hidepid", "invisible" }, { "subset", "pid" }, { NULL, NULL }
	};

	return (mnt_attach(mnt_make("proc", opts, MNT_SAFE | MOUNT_ATTR_NOEXEC,
	    why), "/proc", why));
}

static void __attribute__((__noreturn__))
become_executor(const struct sandbox *sb, const struct ties *t)
{
	static char	 name[] = "praetor-executor", verbose[] = "-v";
	char		*argv[] = { name, sb->verbose ? verbose : NULL, NULL };
	const int	 fds[] = { sb->channel, sb->lifeline, sb->engine,
	    t->to_exec[0], t->init[0] };
	struct why	 why = { 0 };

	if (cgroup_enter(&why) == 0 && workspace_pts(sb, &why) == 0 &&
	    drop_all(sb, sb->slot->exec_in,
	    sb->slot->exec_gin, &why) == 0)
		drop_exec(sb->execfd, fds, 5, sb->status, argv, &why);
	give_up(sb, &why);
}

/*
 * The worktree, then away with the builder's corner, which the mount of /proc
 * needed as well: nobody is to see it.  praetor-init confines itself
 * meanwhile, and can start nothing yet.
 */
static int
worktree_make(const struct sandbox *sb, const struct ties *t,
    const struct sandbox_start *st, struct workspace *ws, struct why *why)
{
	struct handover	 h = { 0 };

	if (workspace_make(sb, &st->m, ws, why) == -1)
		return (-1);
	if (ws->to == -1 &&
	    fdpass_send(t->to_init[1], &h, sizeof(h), ws->upper) == -1)
		return (why_errno(why, NULL, "handing the worktree over"));
	if (umount2(ROOT_AT, MNT_DETACH) == -1)
		return (why_errno(why, NULL, "detaching " ROOT_AT));
	return (0);
}

/*
 * A copy is made by a process that has given everything up, and where the
 * session's directory has its name: it may end in the middle.
 */
static int
worktree_copy(const struct sandbox *sb, const struct ties *t,
    struct workspace *ws, struct why *why)
{
	struct handover	 h = { 0 };
	struct timespec	 now;

	if (workspace_copy(sb, ws, why) == -1)
		return (-1);
	if (clock_gettime(CLOCK_REALTIME, &now) == -1)
		return (why_errno(why, NULL, "clock"));
	h.copied = now.tv_sec * 1000000000LL + now.tv_nsec;
	h.names = ws->copied.names;
	h.files = ws->copied.files;
	if (fdpass_send(t->to_init[1], &h, sizeof(h), ws->upper) == -1)
		return (why_errno(why, NULL, "handing the worktree over"));
	return (0);
}

static int
session_give(const struct sandbox *sb, const struct ties *t,
    const struct sandbox_start *st, struct workspace *ws, struct why *why)
{
	struct handover	 h = { .session = st->m.session,
	    .started = st->started, .connections = st->connections };
	int		 port = -1;

	if (sdir_take(ws->sessions, sb->spare, st->m.session, why) == -1 ||
	    (h.connections > 0 && (port = ns_listen(EGRESS_PORT, why)) == -1))
		return (-1);
	if (ws->to != -1 && worktree_copy(sb, t, ws, why) == -1)
		return (-1);
	if (fdpass_send(t->to_exec[1], &h, sizeof(h), ws->transcript) == -1 ||
	    (port != -1 &&
	    fdpass_send(t->to_exec[1], &h, sizeof(h), port) == -1))
		return (why_errno(why, NULL, "handing the session over"));
	return (0);
}

/* 1 when there is something to build, 0 when there is nothing (yet). */
static int
start_read(const struct sandbox *sb, struct sandbox_start *st, int flags)
{
	ssize_t	 n;

	do
		n = recv(sb->start, st, sizeof(*st), flags);
	while (n == -1 && errno == EINTR);
	return (n == (ssize_t)sizeof(*st));
}

/* Without a session it was a shell that is not wanted any more. */
static int
builder_work(const struct sandbox *sb, const struct ties *t,
    struct sandbox_start *st, int have, struct why *why)
{
	struct workspace	 ws;
	char			 c;

	if (workspace_dir(sb, &ws, why) == -1 || workspace_tmp(sb, why) == -1)
		return (-1);
	if (read(t->proc[0], &c, 1) != 1 ||
	    (!have && !start_read(sb, st, 0)))
		_exit(0);
	if (worktree_make(sb, t, st, &ws, why) == -1)
		return (-1);
	if (st->m.session == 0 && !start_read(sb, st, 0))
		_exit(0);
	return (session_give(sb, t, st, &ws, why));
}

/*
 * The parent waits for the end of the status pipe.  Taking this process'
 * memory down after that has time until the job runs, which would only be
 * kept waiting.
 */
static void __attribute__((__noreturn__))
builder(const struct sandbox *sb, const struct ties *t,
    struct sandbox_start *st, int have)
{
	const struct timespec	 later = { 0, BUILDER_STAYS };
	struct why		 why = { 0 };

	close(t->proc[1]);
	close(t->init[0]);	/* each of the two is to see the other's end */
	close(t->init[1]);
	if (builder_work(sb, t, st, have, &why) == -1)
		give_up(sb, &why);
	close(sb->status);
	nanosleep(&later, NULL);
	_exit(0);
}

/* Nothing was prepared and somebody waits: there is no builder. */
static int
build_now(const struct sandbox *sb, const struct ties *t,
    const struct sandbox_start *st, struct why *why)
{
	struct workspace	 ws;

	if (workspace_dir(sb, &ws, why) == -1 ||
	    workspace_tmp(sb, why) == -1 ||
	    worktree_make(sb, t, st, &ws, why) == -1)
		return (-1);
	return (session_give(sb, t, st, &ws, why));
}

static void __attribute__((__noreturn__))
become_init(const struct sandbox *sb, const struct ties *t,
    const struct sandbox_start *st)
{
	static char	 name[] = "praetor-init", verbose[] = "-v";
	char		*argv[] = { name, sb->verbose ? verbose : NULL, NULL };
	const int	 fds[] = { t->init[1], t->to_init[0] };
	struct why	 why = { 0 };

	setsid();
	if (cgroup_enter(&why) == -1 || proc_make(&why) == -1 ||
	    (st != NULL && build_now(sb, t, st, &why) == -1))
		give_up(sb, &why);
	if (write(t->proc[1], "", 1) != 1) {
		why_errno(&why, NULL, "the builder is gone");
		give_up(sb, &why);
	}
	if (drop_cpu_time(sb, &why) == 0 &&
	    drop_all(sb, sb->slot->job_in, sb->slot->job_gin, &why) == 0)
		drop_exec(sb->initfd, fds, 2, sb->status, argv, &why);
	give_up(sb, &why);
}

static int
fd_order(const void *a, const void *b)
{
	return (*(const int *)a - *(const int *)b);
}

/*
 * The builder waits as long as a shell does: with the parent's other
 * descriptors it would hold the lifeline open and other sessions' channels.
 */
static int
fds_keep(const struct sandbox *sb, struct why *why)
{
	int	 keep[] = { STDERR_FILENO, sb->rootns, sb->netns, sb->execfd,
		    sb->initfd, sb->channel, sb->lifeline, sb->engine,
		    sb->start, sb->status, sb->cgroup, sb->slot->userns,
		    sb->slot->layers };
	size_t	 i, n = sizeof(keep) / sizeof(keep[0]);

	qsort(keep, n, sizeof(keep[0]), fd_order);
	for (i = 0; i < n; i++) {
		if (keep[i] < STDERR_FILENO ||
		    (i + 1 < n && keep[i + 1] <= keep[i] + 1))
			continue;
		if (close_range((unsigned int)keep[i] + 1, i + 1 < n ?
		    (unsigned int)keep[i + 1] - 1 : ~0U, 0) == -1)
			return (why_errno(why, NULL, "close_range"));
	}
	return (0);
}

/* The job's side, in the session's group from the first instruction. */
static pid_t
init_fork(const struct sandbox *sb)
{
	struct clone_args	 a = {
		.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD,
		.cgroup = (uint64_t)sb->cgroup
	};

	if (sb->cgroup == -1)
		return (fork());
	return ((pid_t)syscall(SYS_clone3, &a, sizeof(a)));
}

void
sandbox_enter(const struct sandbox *sb)
{
	struct sandbox_start	 st;
	struct why		 why = { 0 };
	struct ties		 t;
	pid_t			 pid = 0;
	int			 have, now;

	setsid();
	signal(SIGCHLD, SIG_IGN);	/* the builder leaves no zombie */
	/* Half privileged until it is another program: nobody may look. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1) {
		why_errno(&why, NULL, "dumpable");
		give_up(sb, &why);
	}
	if (fds_keep(sb, &why) == -1)
		give_up(sb, &why);
	if (namespaces_enter(sb, &why) == -1 || ties_make(&t, &why) == -1)
		give_up(sb, &why);
	have = start_read(sb, &st, MSG_DONTWAIT);
	/* Who has copied has no right left to become praetor-init. */
	now = have && st.m.session != 0 &&
	    sb->conf->worktree == WORKTREE_OVERLAY;
	if (!now && (pid = fork()) == 0)
		builder(sb, &t, &st, have);
	/* From here on children are in the inner namespace. */
	if (pid != -1 && unshare(CLONE_NEWPID) == -1)
		pid = -1;
	if (pid != -1 && (pid = init_fork(sb)) == 0)
		become_init(sb, &t, now ? &st : NULL);
	if (pid == -1) {
		why_errno(&why, "raise sysctl user.max_pid_namespaces",
		    "processes of a session");
		give_up(sb, &why);
	}
	become_executor(sb, &t);
}
