/*
 * What a session sees as /workspace/.git: a private throw-away repository,
 * <state>/gits/<commit>/.git, whose objects are borrowed from the mirror.
 */
#ifndef REVIEWER_GITS_H
#define REVIEWER_GITS_H

#include <git2.h>

struct mirror;
struct outcome;
struct reviewer;

/* Where a session finds the mirror's objects. */
#define GITS_OBJECTS	"/run/praetor/objects"

/*
 * Make gits/<commit> unless it is there; counts as a use.  Its index fits
 * the exported tree, so that `git status` has nothing to read.  0 or PRA_E*
 * with o set.
 */
int	 gits_ready(struct reviewer *r, struct mirror *m,
	    const git_oid *commit, struct outcome *o);

#endif
