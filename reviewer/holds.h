/*
 * What sessions use of trees/ and gits/, and the deletion of the rest.
 * A hold is <state>/holds/<session>: the names, one a line.
 */
#ifndef REVIEWER_HOLDS_H
#define REVIEWER_HOLDS_H

#include <stdint.h>

struct layers;
struct outcome;
struct reviewer;

#define KEEP_RECENT	8	/* unused trees kept of each project */
#define RETIRED		"d-"	/* name in scratch/: to be deleted */

/*
 * Hold layers and, unless it is NULL, gits/<git> for a session; replaces
 * what it held before.  0 or PRA_E* with o set.
 */
int	 holds_set(struct reviewer *r, uint64_t session,
	    const struct layers *l, const char *git, struct outcome *o);

/* Let go.  A session without a hold is fine.  0 or PRA_E* with o set. */
int	 holds_drop(struct reviewer *r, uint64_t session, struct outcome *o);

/*
 * Take a file or directory out of use, for holds_sweep() to delete: a tree
 * of a repository takes long to delete, a rename does not.  What is not
 * there is fine.  0 or -1 with errno.
 */
int	 holds_retire(struct reviewer *r, int dirfd, const char *name);

/*
 * In a hand, which chooses what it will hold later: keep the sweep from a
 * directory of trees/ or gits/ until the hand ends, whatever its name becomes.
 * 0, or -1 when it is not there (any more).  Elsewhere without effect: there
 * is no sweep before the answer.
 */
int	 holds_use(const struct reviewer *r, int dirfd, const char *name);

/*
 * Lock trees/, in which names are given and taken; nobody does so for long.
 * how: of flock(2).  A descriptor that is to be closed, or -1 with errno.
 */
int	 holds_lock(const struct reviewer *r, int how);

/*
 * Take what nobody needs out of use, then delete at most `budget` entries of
 * what is.  1 when there is more to delete, else 0.  While a hand gives a
 * name nothing is taken out of use: the end of that hand is soon.
 */
int	 holds_sweep(struct reviewer *r, unsigned int budget);

#endif
