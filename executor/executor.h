/*
 * praetor-executor's state: one session, one step at a time.
 */
#ifndef EXECUTOR_EXECUTOR_H
#define EXECUTOR_EXECUTOR_H

#include <stdint.h>

#include "common/ends.h"
#include "common/peer.h"
#include "common/role.h"
#include "common/when.h"
#include "executor/relay.h"
#include "executor/transcript.h"

struct event;

/* Descriptors beside ROLE_FD and LIFELINE_FD. */
#define ENGINE_FD	5
#define TRANSCRIPT_FD	6
#define INIT_FD		7

#define GRACE_MS	5000	/* between SIGTERM and SIGKILL */
#define ORPHAN_MS	5000	/* from praetor-init's death to its reason */

struct step {
	uint64_t	 fence;		/* 0: none yet */
	int		 running;	/* from SPAWN to REAPED */
	int		 over;		/* REAPED came and all output is read */
	int		 told;		/* STEP_DONE went to this engine */
	enum end	 end;		/* set early by a limit or a cancel */
	char		 text[256];	/* how much of what, for limits */
	struct m_limit	 counted;	/* by the control group; end 0: nothing */
	int		 err;		/* errno of exec */
	char		 name[128];	/* argv[0], for messages */
	struct rec	*reaped;	/* owned; b_reaped */
	struct mono	 started;
	int64_t		 wall;		/* microseconds */
	uint64_t	 idle;		/* ms without output; 0 none */
	int		 paused;	/* its processes are stopped */
	uint64_t	 left;		/* ms of the timeout then; 0 none */
	uint64_t	 most;		/* printed bytes that end it; 0 none */
	int		 out;		/* read end or terminal; -1 */
	struct event	*readable;
	struct event	*timeout, *quiet, *grace;
};

struct executor {
	struct role	 role;
	uint64_t	 session;
	int64_t		 forked;	/* CLOCK_MONOTONIC, microseconds */
	int64_t		 boot;		/* microseconds from there to ready */
	int		 ready;		/* it is a session: HELLO was sent */
	struct peer	*engine;	/* NULL while there is none */
	struct peer	*init;
	struct relay	 relay;
	struct transcript tr;
	struct step	 step;
};

/* The engine's side: its socket is new.  Takes fd.  (coordinator.c) */
void	 coordinator_engine(struct executor *ex, int fd);

/* praetor-init's side: take its socket.  fatal() on failure. */
void	 coordinator_init(struct executor *ex, int fd);

/* The parent found the session over a limit: its step ends at once. */
void	 coordinator_limit(struct executor *ex, const struct m_limit *m);

/* Timers of steps; once, before the sandbox is closed.  fatal() on failure. */
void	 coordinator_start(struct executor *ex);

/* The worktree is there: say so to the parent and to the engine. */
void	 coordinator_ready(struct executor *ex);

/*
 * Start what a b_step asks for: SPAWN to praetor-init, st->out open and not
 * blocking.  0, or an errno.  (driver_command.c)
 */
int	 command_start(struct executor *ex, const struct rec *step);

#endif
