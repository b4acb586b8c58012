/*
 * The merge of a change onto the target branch as it is now, in memory.
 */
#ifndef REVIEWER_MERGE_H
#define REVIEWER_MERGE_H

#include <git2.h>

struct mirror;
struct outcome;
struct rec;
struct reviewer;

/*
 * Merge trees of a mirror: what `theirs` changed since `base` is applied to
 * `ours`.  New objects go into the stage (the caller flushes or drops it).
 * 0 and *tree; PRA_ECONFLICT with the first MERGE_PATHS paths added to the
 * b_merged `out` (may be NULL); else PRA_E* with o set.
 */
int	 merge_trees(struct mirror *m, const git_oid *base,
	    const git_oid *ours, const git_oid *theirs, git_oid *tree,
	    struct rec *out, struct outcome *o);

/* The whole of MERGE: fills a b_merged except for err and text. */
int	 merge_answer(struct reviewer *r, const struct rec *in,
	    struct rec *out, struct outcome *o);

#define MERGE_PATHS	100

#endif
