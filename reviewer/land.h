/*
 * Landing: the commit and the compare-and-swap of the user's branch.
 */
#ifndef REVIEWER_LAND_H
#define REVIEWER_LAND_H

struct outcome;
struct rec;
struct reviewer;

/*
 * The whole of LAND: fills a b_landed except for err and text.  A commit
 * that is on the branch already counts as landed.  0; PRA_ECONFLICT when the
 * branch has moved; else PRA_E* with o set.
 */
int	 land_answer(struct reviewer *r, const struct rec *in,
	    struct rec *out, struct outcome *o);

#endif
