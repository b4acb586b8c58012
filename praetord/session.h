/*
 * Sessions, as the parent sees them: a directory under sessions/, a sandbox,
 * an executor, its death.  Whatever decides about them is in the engine.
 */
#ifndef PRAETORD_SESSION_H
#define PRAETORD_SESSION_H

#include <stdint.h>
#include <sys/types.h>

#include "common/ends.h"
#include "common/proto.h"
#include "praetord/cgroup.h"
#include "praetord/conf.h"

struct event_base;
struct rec;
struct sessions;
struct slot;

/* Where the parent's answers to the engine go; arg is sessions_new()'s. */
struct sessions_ops {
	/* The executor runs; engine_fd is the engine's end, the callee's. */
	void	(*started)(void *arg, uint64_t session, pid_t pid, int engine_fd);
	void	(*failed)(void *arg, uint64_t session, int err, const char *text);
	/* No session has room on the disk, and why; or (0, "") one has. */
	void	(*room)(void *arg, int err, const char *text);
	/*
	 * Every process is dead; status as of wait(2), and the limit for which
	 * the parent ended it, or END_NONE and "".
	 */
	void	(*gone)(void *arg, uint64_t session, int status, enum end end,
		    const char *text);
	/*
	 * A dead session's upper directory, read-only, its files the
	 * reviewer's to read: fd is the callee's, or -1 with err and text.
	 * whole: what it does not have was deleted.
	 */
	void	(*upper)(void *arg, uint64_t session, int err, int fd,
		    int whole, const char *text);
	void	(*purged)(void *arg, uint64_t session, int err, const char *text);
	/* What it may reach, b_gate_session, the caller's; NULL: no host. */
	struct rec *(*gate)(void *arg, const struct m_start *m);
	/* gate_fd is the gateway's end, the callee's; session b_gate_session. */
	void	(*gateway)(void *arg, const struct rec *session, int gate_fd);
};

/* What of the host the sessions need that was opened at start. */
struct sessions_host {
	int		 statefd;	/* the state directory (O_PATH | O_DIRECTORY) */
	int		 execfd;	/* praetor-executor, O_PATH */
	int		 initfd;	/* praetor-init, O_PATH */
	int		 lifelinefd;	/* read end of the lifeline, given to each executor as 4 */
	struct cgroups	 cgroups;	/* its dir is -1 without any */
};

/*
 * Prepare: open the system directories, make user namespaces for the uid
 * blocks, read the compiled seccomp policies.  NULL with the reason and its
 * remedy in `why`.  Keeps conf and ops; conf must stay (see sessions_reconf).
 */
struct sessions	*sessions_new(struct event_base *base, const struct conf *conf,
		    const struct sessions_host *host,
		    const struct sessions_ops *ops, void *arg, char *why,
		    size_t size);
void		 sessions_free(struct sessions *s);

/*
 * Use another configuration for sessions that start from now on: also for the
 * blocks of uids and what they see of the host.  0, or -1 with the reason and
 * its remedy in `why`; the one before stays in use then.
 */
int		 sessions_reconf(struct sessions *s, const struct conf *conf,
		    char *why, size_t size);

/*
 * Start an executor (MSG_SESSION_START).  Checks every field: it comes from
 * a less trusted process.  Answers by ops->started or ops->failed, maybe
 * before it returns.
 */
void		 sessions_start(struct sessions *s, const struct m_start *m);

/* End a session: kill its pid 1 (and its cgroup).  ops->gone follows. */
void		 sessions_stop(struct sessions *s, uint64_t session);

/* Open a dead session's upper directory; ops->upper follows. */
void		 sessions_upper(struct sessions *s, uint64_t session);

/* Delete a dead session's directory in a child process; ops->purged follows. */
void		 sessions_purge(struct sessions *s, uint64_t session);

/*
 * A new engine: call ops->started for every live session, each with a new
 * socket whose other end went to its executor (ENGINE_FD).
 */
void		 sessions_readopt(struct sessions *s);

/*
 * A new gateway: call ops->gateway for every live session that may reach a
 * host, each with a new socket whose other end went to its executor (GATE_FD).
 */
void		 sessions_gateway(struct sessions *s);

/* Call fn for every directory under sessions/ that has no live session. */
void		 sessions_leftover(struct sessions *s,
		    void (*fn)(void *arg, uint64_t session), void *arg);

/* A child of the parent died: 1 when it was one of ours, else 0. */
int		 sessions_reap(struct sessions *s, pid_t pid, int status);

/* The uids of a live session; NULL: there is none of that number. */
const struct slot *sessions_slot(struct sessions *s, uint64_t session);

/* What a live session may reach, as b_gate_session, or NULL. */
const struct rec *sessions_gate(struct sessions *s, uint64_t session);

/* How many sandboxes wait for a session; or those with a worktree. */
unsigned int	 sessions_waiting(const struct sessions *s, int guessed);

/* How many live; end all of them (SIGKILL to each pid 1). */
unsigned int	 sessions_live(const struct sessions *s);
void		 sessions_kill_all(struct sessions *s);

#endif
