/*
 * What is counted of each project for metrics: how attempts and tasks ended,
 * and how long things took.  Engine, pure half.  A row (s_tally) is changed by
 * apply() alone; it goes with its project.
 */
#ifndef ENGINE_TALLY_H
#define ENGINE_TALLY_H

#include "engine/apply.h"

/* How long an attempt waited, its session's start, its run, its landing. */
enum span { SPAN_WAIT, SPAN_RUN, SPAN_LAND, SPAN_BOOT, SPAN_MAX };

#define SPAN_BOUNDS	12	/* finite ones; the last counts the rest */

/* A histogram as it is stored. */
struct spans {
	uint64_t	 n[SPAN_BOUNDS + 1];	/* in each bucket alone */
	uint64_t	 sum;			/* microseconds */
};

/* The upper bounds of a histogram's buckets, in microseconds, rising. */
const uint64_t	*span_bounds(enum span s);

/* A histogram of a row (NULL: nothing was counted). */
void		 tally_spans(struct spans *out, const struct rec *row,
		    enum span s);

/* For apply(), after the object's row has changed. */
void		 tally_over(struct state *st, const struct task *t,
		    const struct session *s, const struct rec *attempt);
void		 tally_landed(struct state *st, const struct task *t,
		    const struct fact *f);
void		 tally_finished(struct state *st, const struct task *t);

#endif
