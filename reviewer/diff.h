/*
 * Patches between trees of a mirror, in pieces.
 */
#ifndef REVIEWER_DIFF_H
#define REVIEWER_DIFF_H

#include <stddef.h>

struct outcome;
struct rec;
struct reviewer;

#define DIFF_PIECE	(60 * 1024)		/* bytes */
#define DIFF_MAX	(64L * 1024 * 1024)	/* bytes of one patch */

/*
 * Print the patch that a b_diff asks for.  `put` gets pieces of at most
 * DIFF_PIECE bytes, in order; not 0 ends it.  0 or PRA_E* with o set.
 */
int	 diff_answer(struct reviewer *r, const struct rec *in,
	    int (*put)(void *arg, const void *p, size_t n), void *arg,
	    struct outcome *o);

#endif
