/*
 * Work that nobody asks for: what was kept for long enough goes, a little at
 * a time.
 */
#ifndef ENGINE_UPKEEP_H
#define ENGINE_UPKEEP_H

#include "engine/engine.h"

/* Make the timer (fatal without memory); free it. */
void	 upkeep_open(struct engine *e);
void	 upkeep_close(struct engine *e);

/* There is a configuration: begin anew with it. */
void	 upkeep_soon(struct engine *e);

/* What of it belongs into this turn's transaction.  0 or PRA_E*. */
int	 upkeep_turn(struct engine *e, int64_t time);

/* 1 when output of a task that was finished then is not kept any more. */
int	 upkeep_output_gone(const struct engine *e, const struct rec *task);

#endif
