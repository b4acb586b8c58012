/*
 * What differs between two trees, for people.
 */
#ifndef REVIEWER_LIST_H
#define REVIEWER_LIST_H

#include <git2.h>

struct mirror;
struct outcome;
struct rec;

#define LIST_PATHS	100

/*
 * Fill files, bytes (of what is new) and the first LIST_PATHS paths of a
 * b_imported from the difference of two commits or trees.  The same trees
 * always give the same list.  0 or PRA_E* with o set.
 */
int	 list_changes(struct mirror *m, const git_oid *from,
	    const git_oid *to, struct rec *out, struct outcome *o);

#endif
