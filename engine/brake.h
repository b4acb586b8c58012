/*
 * What keeps tasks from being started, whichever is the first: somebody wants
 * it (drain, queue pause), or maintenance is or comes too soon.  Engine, pure
 * half.  What has begun goes on; of a drained or paused queue it is verified
 * and lands, too.
 *
 * A task that maintenance is too near for is set aside until that is over, so
 * that shorter ones behind it can go first; but no more than ASIDE_MAX of them
 * at a time, which bounds what a turn does about it.
 */
#ifndef ENGINE_BRAKE_H
#define ENGINE_BRAKE_H

#include "engine/decide.h"

#define ASIDE_MAX	1000

/* The brake that is on for a project, the one for all first; or NULL. */
const struct brake *brake_on(const struct state *st, const struct project *p);

/*
 * 1 when no session may be made now that may run for ms (UINT64_MAX: for any
 * time), because of maintenance.
 */
int		 brake_shut(const struct decision *d, uint64_t ms);

/*
 * 1 when the first ready task must not be started now.  It may have been set
 * aside then, by an event.
 */
int		 brake_task(struct decision *d, const struct task *t);

/*
 * For task.why: the word for what keeps a ready task, and the sentence; NULL
 * when nothing does.
 */
const char	*brake_why(const struct state *st, const struct config *conf,
		    const struct task *t, char sentence[1024]);

/*
 * The same, if it were the task's turn at a time that may be to come: as far
 * as is known now, so of the next maintenance only.  *until is when what keeps
 * it ends by itself; 0 when somebody has to end it.
 */
const char	*brake_at(const struct state *st, const struct config *conf,
		    const struct task *t, int64_t at, char sentence[1024],
		    int64_t *until);

#endif
