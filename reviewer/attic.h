/*
 * The refs of a mirror that keep what attempts of a task left:
 * refs/praetor/attic/<task>/<attempt>.
 */
#ifndef REVIEWER_ATTIC_H
#define REVIEWER_ATTIC_H

struct outcome;
struct rec;
struct reviewer;

/*
 * Delete those of a task up to an attempt (b_attic_drop).  None is fine, and
 * so is a project without a mirror.  0 or PRA_E* with o set.
 */
int	 attic_drop(struct reviewer *r, const struct rec *in,
	    struct outcome *o);

#endif
