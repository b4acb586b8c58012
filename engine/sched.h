/*
 * What is to be started next.  Engine, pure half.
 */
#ifndef ENGINE_SCHED_H
#define ENGINE_SCHED_H

#include "engine/decide.h"
#include "engine/text.h"

/*
 * Decide the next step that no message asks for: the merge of the first
 * change in a project's queue, a session for a verification, a session for a
 * ready task.  Call again, after applying, until there are no facts.
 *
 * Verifications come first, and each change lands before the next of its
 * project is merged: with one session at a time every change still lands
 * before new work begins, and none is verified twice for another's sake.
 */
void	 sched_next(struct decision *d);

/*
 * What keeps every session from being started, one for a task or (verify) for
 * a verification: a word of reasons.tbl and a sentence, or NULL.
 */
const char	*sched_stops(const struct state *st,
		    const struct config *conf, int verify,
		    char sentence[TEXT_LINE]);

/*
 * The step of a task's attempt: its program (argv), terminal and limits in a
 * new b_step with fence and environment; NULL when its agent is not
 * configured.  sched_verify_step() is the same for a verification.
 */
struct rec	*sched_step(const struct config *conf, const struct task *t,
		    uint64_t attempt, uint64_t fence);
struct rec	*sched_verify_step(const struct config *conf,
		    const struct change *c, uint64_t fence);

/* The limits of an attempt, in milliseconds. */
uint64_t	 sched_timeout(const struct config *conf, const struct task *t);
uint64_t	 sched_idle(const struct config *conf, const struct task *t);

/* Its own limit of CPU time, unless the general one is lower; 0: has none. */
uint64_t	 sched_cpu_time(const struct config *conf,
		    const struct task *t);

#endif
