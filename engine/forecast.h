/*
 * What would be started next, and when.  Engine, pure half.  An estimate is
 * made of what attempts of the same agent, project or user took on average:
 * where nothing of the kind was over yet, there is none.
 */
#ifndef ENGINE_FORECAST_H
#define ENGINE_FORECAST_H

#include "engine/config.h"
#include "engine/state.h"

#define FORECAST_MOST	1000	/* places that are looked at */

/*
 * The tasks that would be started next, at most so many, in order: fn gets
 * each with its v_turn, which is fn's.  0 or PRA_ENOMEM.
 */
typedef void	 turn_fn(void *arg, const struct task *t, struct rec *turn);
int	 forecast_turns(struct state *st, const struct config *conf,
	    int64_t now, unsigned int most, turn_fn *fn, void *arg);

/* Add place, start and end to a v_why, as far as they can be had. */
void	 forecast_why(struct state *st, const struct config *conf,
	    struct task *t, int64_t now, struct rec *v);

#endif
