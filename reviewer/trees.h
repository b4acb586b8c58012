/*
 * Two trees side by side.  Equal subtrees are not entered, so the cost
 * follows the difference; with no old tree it is a walk of the new one.
 */
#ifndef REVIEWER_TREES_H
#define REVIEWER_TREES_H

#include <git2.h>

struct outcome;

/*
 * What is called for each name that differs, with its path.  Path and
 * entries live during the call.  Non-zero ends the walk and comes back from
 * trees_walk(); the callback sets the outcome.
 */
struct trees_ops {
	/*
	 * fresh: the new tree has this, and it is not a tree (old may be
	 * NULL or anything).  gone: the new tree has nothing by this name.
	 */
	int	(*fresh)(void *arg, const char *path,
		    const git_tree_entry *entry, const git_tree_entry *old);
	int	(*gone)(void *arg, const char *path,
		    const git_tree_entry *old);
	/*
	 * enter: a directory of the new tree that differs or is new; what the
	 * old tree has in its place may be a directory or anything.  leave:
	 * its end.
	 */
	int	(*enter)(void *arg, const char *path,
		    const git_tree_entry *entry, const git_tree_entry *old);
	int	(*leave)(void *arg);
};

/*
 * Walk from `from` (NULL: nothing) to `to`, trees of one repository that lie
 * at the path `at` ("": the top).  0, a
 * callback's value, or PRA_E* with o set: PRA_ECORRUPT for a tree that is
 * damaged, too deep (TREES_DEPTH) or names an entry that must not be made.
 */
int	 trees_walk(git_repository *repo, const char *at,
	    const git_oid *from, const git_oid *to,
	    const struct trees_ops *ops, void *arg, struct outcome *o);

#define TREES_DEPTH	128

/* 1 for an entry (NULL: none) that is a directory. */
int	 trees_isdir(const git_tree_entry *e);

#endif
