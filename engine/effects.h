/*
 * Carrying out what is owed.  Only after the commit that made it due.
 */
#ifndef ENGINE_EFFECTS_H
#define ENGINE_EFFECTS_H

#include "engine/engine.h"
#include "engine/owe.h"

/* Send whatever is due and was not sent to a receiver that is there. */
void	 effects_run(struct engine *e);

/* A receiver (or its state) is new: what it is owed is to be sent again. */
void	 effects_again(struct engine *e, enum proc to);

/*
 * What was owed is done; NULL is fine.  id: of the answer, which has that of
 * the message (the receiver may have been asked before for another thing of
 * the same name).
 */
void	 effects_delivered(struct engine *e, const struct owed *o,
	    uint32_t id);

/*
 * The parent is not through with the session: 1 when it is to be asked again,
 * 0 when that was done often enough.
 */
int	 effects_busy(struct engine *e, enum effect f, uint64_t session);

/* The parent opened a session's upper directory (takes fd; -1 and why not). */
void	 effects_upper(struct engine *e, const struct m_upper *u, int fd);

/* Keep from an old state what was sent, by key. */
void	 effects_keep(struct state *to, const struct state *from);

#endif
