/*
 * A rig for sandbox tests and benchmarks: a state directory of its own, the
 * parent's session code in this process, and the engine's end of one
 * executor.  Everything is synchronous for the caller.
 */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/rec.h"
#include "praetord/conf.h"

struct rig;

/* How a step is to run, and what came of it. */
struct rig_step {
	const char	*shell;		/* run by /bin/sh -c; or */
	const char *const *argv;	/* NULL-ended */
	int		 pty;
	uint64_t	 timeout, idle;	/* ms */
	uint64_t	 output;	/* bytes kept; 0: 64 MiB */
	uint64_t	 most;		/* bytes printed that end it; 0: none */
	const char	*cancel_on;	/* cancel once the output has this */
	const char	*leave_on;	/* return then; rig_stop() must follow */
	const char	*pause_on;	/* pause then, for so long */
	unsigned int	 pause_us;
	int		 pause_end;	/* and cancel instead of resuming */
	int		 hold;		/* swap the engine once output comes */

	struct buf	 out;		/* the result; rig_step_free() */
	struct rec	*exit;		/* b_exit, or NULL: the session died */
};

/*
 * Make one.  Root gets the mode asked for; for user mode it becomes an
 * ordinary user first, for good.  NULL with a reason in why.
 */
struct rig	*rig_new(enum conf_mode mode, enum conf_worktree worktree,
		    char *why, size_t size);
void		 rig_free(struct rig *r);
struct conf	*rig_conf(struct rig *r);

/* Why this process cannot test a mode, or NULL. */
const char	*rig_cannot(enum conf_mode mode);

/* Use what was changed in rig_conf(); what was prepared is thrown away. */
void		 rig_reconf(struct rig *r);

/* What the next session is to find prepared. */
enum rig_ahead { RIG_NEW, RIG_COLD, RIG_WARM };

/*
 * Turn the loop until it is so: no sandbox, one for any session, or one with
 * the worktree that rig_start() asks for.
 */
void		 rig_ahead(struct rig *r, enum rig_ahead what);
unsigned int	 rig_waiting(const struct rig *r);	/* sandboxes, now */

/* Run the event loop for some microseconds, as a daemon without work does. */
void		 rig_idle(struct rig *r, unsigned int us);

/* Start a session; its pid, or -1 with the reason in rig_why(). */
pid_t		 rig_start(struct rig *r);

/* The same asked for again before there was an answer. */
pid_t		 rig_start_twice(struct rig *r);
const char	*rig_why(const struct rig *r);
uint64_t	 rig_session(const struct rig *r);
uint64_t	 rig_boot(const struct rig *r);	/* microseconds, EXEC_HELLO's */

/* Run a step in the live session. */
void		 rig_run(struct rig *r, struct rig_step *st);
void		 rig_step_free(struct rig_step *st);

/* Turn the loop until the session is gone; its wait(2) status. */
int		 rig_wait_gone(struct rig *r);

/* End the live session and wait; its number stays for rig_upper(). */
void		 rig_stop(struct rig *r);

/* The upper directory of the last session, as for the reviewer, or -1. */
int		 rig_upper(struct rig *r);

/* 1 when that is a whole copy. */
int		 rig_whole(const struct rig *r);

/* Delete the last session's directory.  0 or a PRA_E*. */
int		 rig_purge(struct rig *r);

/* The same while its upper directory is asked for, twice. */
int		 rig_unwanted(struct rig *r);

/* Directories, and files with a text, in the state directory (absolute). */
const char	*rig_state(const struct rig *r);

#endif
