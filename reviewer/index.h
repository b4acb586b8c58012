/*
 * The index of a session's repository.
 */
#ifndef REVIEWER_INDEX_H
#define REVIEWER_INDEX_H

#include <git2.h>

struct mirror;
struct outcome;
struct reviewer;

/*
 * Write gits/<dir>/index for a commit's exported tree: each entry has the
 * size and time that the file has, so that Git takes it for unchanged
 * without reading it.  Starts from the index of the commit that was used
 * last, if there is one, because most commits differ in a few files.  0 or
 * PRA_E* with o set.
 */
int	 index_make(struct reviewer *r, struct mirror *m, const char *dir,
	    const git_oid *commit, struct outcome *o);

#endif
