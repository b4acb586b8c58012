/*
 * The one timer of the engine that follows the wall clock.
 */
#ifndef ENGINE_CLOCK_H
#define ENGINE_CLOCK_H

#include "engine/engine.h"

/* Make it; fatal without a descriptor. */
void	 clock_open(struct engine *e);
void	 clock_close(struct engine *e);

/*
 * Have a turn run when the wall clock shows this time (us since 1970; 0:
 * never), and whenever it is set before that.
 */
void	 clock_due(struct engine *e, uint64_t us);

#endif
