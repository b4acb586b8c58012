/*
 * Parent: shells, the children that become sessions.  Namespaces, mounts and
 * two programs take longer than giving them a worktree, so some are kept ready
 * (pool.c).  A shell is used for one session and never again.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <linux/sched.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "common/err.h"
#include "common/log.h"
#include "common/peer.h"
#include "common/when.h"
#include "praetord/cgroup.h"
#include "praetord/netmaker.h"
#include "praetord/sandbox.h"
#include "praetord/session_table.h"

static void	 exec_hello(struct peer *, struct msg *, void *);
static void	 exec_ended(struct peer *, enum peer_end, void *);

static msg_handler *const exec_handlers[MSG_MAX] = {
	[MSG_HELLO] = exec_hello
};

static const struct peer_ops exec_ops = {
	.self = P_PARENT,
	.other = P_EXEC,
	.handlers = exec_handlers,
	.ended = exec_ended
};

static void
exec_hello(struct peer *p, struct msg *m, void *arg)
{
	struct session	*se = arg;
	struct m_hello	 h;

	(void)p;
	msg_get(m, &h, sizeof(h));
	if (h.version != PROTO_VERSION || h.proc != P_EXEC) {
		log_warnx("session %llu: executor of another version",
		    (unsigned long long)se->number);
		session_kill(se);
	}
}

/* Without its channel an executor cannot be told anything: it has to go. */
static void
exec_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct session	*se = arg;

	if (why == PEER_LIED)
		log_warnx("session %llu: its executor broke the protocol",
		    (unsigned long long)se->number);
	peer_free(p);
	se->peer = NULL;
	session_kill(se);
}

/*
 * The child's report: nothing means that both programs run and the builder
 * has finished, a struct why means that one of the three gave up.
 */
void
shell_status(int fd, short what, void *arg)
{
	struct session	*se = arg;
	struct why	 why;
	ssize_t		 n;
	int		 engine;

	(void)what;
	n = read(fd, &why, sizeof(why));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	event_free(se->status);
	se->status = NULL;
	if (n == (ssize_t)sizeof(why)) {
		why.text[sizeof(why.text) - 1] = '\0';
		se->why = why;
	} else if (se->life == L_STARTING) {
		se->life = L_LIVE;
		se->owner->failures = 0;
		session_gate(se);
		engine = se->engine;
		se->engine = -1;
		se->owner->ops->started(se->owner->arg, se->number, se->pid,
		    engine);
		watch_begin(se);
		return;
	}
	se->life = L_FAILED;
	session_kill(se);
}

/*
 * Pid 1 of a new pid namespace, among the executors from the first instruction;
 * it starts the job's side in the session's own group.
 */
static pid_t
child_clone(struct session *se)
{
	struct clone_args	 a = {
		.flags = CLONE_NEWPID | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)&se->pidfd,
		.exit_signal = SIGCHLD
	};

	if (se->cgroup != -1) {
		a.flags |= CLONE_INTO_CGROUP;
		a.cgroup = (uint64_t)se->owner->host.cgroups.executors;
	}
	return ((pid_t)syscall(SYS_clone3, &a, sizeof(a)));
}

/* What parent and child share; [0] stays here. */
struct pairs {
	int	 channel[2];
	int	 engine[2];	/* [0] will be the engine's */
	int	 start[2];
	int	 status[2];
	int	 net;
};
#define PAIRS	4

static int
pairs_open(struct sessions *s, struct pairs *p, struct why *why)
{
	memset(p, 0xff, sizeof(*p));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    p->channel) == -1 || socketpair(AF_UNIX,
	    SOCK_STREAM | SOCK_CLOEXEC, 0, p->engine) == -1 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    p->start) == -1 || pipe2(p->status, O_CLOEXEC) == -1)
		return (why_errno(why, "raise the limit of open files",
		    "sockets of a session"));
	p->net = netmaker_take(s->nets, why);
	return (p->net == -1 ? -1 : 0);
}

/* Close the child's ends, or both. */
static void
pairs_close(struct pairs *p, int both)
{
	int	*const ends[PAIRS] = { p->channel, p->engine, p->start,
		    p->status };
	int	 i;

	for (i = 0; i < PAIRS; i++) {
		if (ends[i][1] != -1)
			close(ends[i][1]);
		if (both && ends[i][0] != -1)
			close(ends[i][0]);
	}
	if (p->net != -1)
		close(p->net);
}

/* The child does not come back from here. */
static void
child_run(struct session *se, const struct pairs *p)
{
	struct sessions	*s = se->owner;
	struct sandbox	 sb = {
		.conf = s->conf, .slot = se->slot, .rootns = s->rootns,
		.netns = p->net, .spare = se->spare,
		.execfd = s->host.execfd, .initfd = s->host.initfd, .channel = p->channel[1],
		.lifeline = s->host.lifelinefd, .engine = p->engine[1],
		.start = p->start[1], .status = p->status[1],
		.cgroup = se->cgroup,
		.verbose = log_is_verbose(), .share = s->share
	};

	if ((se->pid = child_clone(se)) != 0)
		return;
	/* Else the child would keep itself waiting. */
	close(p->start[0]);
	sandbox_enter(&sb);
}

static int
shell_watch(struct session *se, const struct pairs *p)
{
	struct sessions	*s = se->owner;

	se->engine = p->engine[0];
	se->startfd = p->start[0];
	se->statusfd = p->status[0];
	if (fcntl(se->statusfd, F_SETFL, O_NONBLOCK) == -1)
		return (-1);
	se->peer = peer_new(s->base, p->channel[0], &exec_ops, se);
	if (se->peer == NULL) {
		close(p->channel[0]);
		return (-1);
	}
	se->status = event_new(s->base, se->statusfd, EV_READ | EV_PERSIST,
	    shell_status, se);
	return (se->status == NULL ? -1 : event_add(se->status, NULL));
}

static int
shell_launch(struct session *se, struct why *why)
{
	struct sessions	*s = se->owner;
	struct pairs	 p;

	if (pairs_open(s, &p, why) == -1 || (s->host.cgroups.dir != -1 &&
	    (se->cgroup = cgroup_make(&s->host.cgroups, s->conf,
	    se->slot->number, why)) == -1)) {
		pairs_close(&p, 1);
		return (-1);
	}
	child_run(se, &p);
	pairs_close(&p, se->pid == -1);
	if (se->pid == -1)
		return (why_errno(why, "Linux 5.7 or newer; raise sysctl "
		    "user.max_pid_namespaces", "clone3"));
	if (shell_watch(se, &p) == 0)
		return (0);
	why_set(&se->why, PRA_ENOMEM, "out of memory");
	se->life = L_FAILED;		/* told when it is reaped */
	session_kill(se);
	return (0);
}

static struct slot *
slot_take(struct sessions *s)
{
	unsigned int	 i;

	for (i = 0; i < s->nslots; i++)
		if (!s->slots[i].used) {
			s->slots[i].used = 1;
			return (&s->slots[i]);
		}
	return (NULL);
}

struct session *
shell_new(struct sessions *s, struct why *why)
{
	struct session	*se;

	if ((se = session_new(s, 0)) == NULL) {
		why_set(why, PRA_ENOMEM, "out of memory");
		return (NULL);
	}
	se->life = L_SHELL;
	se->spare = ++s->spares;
	if ((se->slot = slot_take(s)) == NULL)
		why_set(why, PRA_ELIMIT, "no free block of uids: all %u are "
		    "in use (raise `sessions max`)", s->nslots);
	else if (shell_launch(se, why) == 0)
		return (se);
	else
		session_release(se);
	session_free(se);
	return (NULL);
}
