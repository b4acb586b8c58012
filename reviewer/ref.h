/*
 * Refs of users' repositories, moved so that a reviewer which is killed in
 * the middle blocks nobody.
 */
#ifndef REVIEWER_REF_H
#define REVIEWER_REF_H

#include <git2.h>

struct local;
struct outcome;

#define REF_LOCK_MS	1000	/* how long another's lock is waited for */

/*
 * Point a ref (full name, valid) at a commit that the repository has, by
 * compare-and-swap: `expect` is what it must hold now, NULL for a ref of our
 * own that may be replaced or made.  `owner` (32 bits) tells this
 * reviewer's locks from those of others and is the same after a restart.
 * Git's own lock file is held meanwhile: <ref>.lock, gitrepository-layout(5)
 * and lockfile.h of Git.  0; PRA_ECONFLICT when the ref holds something
 * else; PRA_ESTATE when somebody else's lock stayed for REF_LOCK_MS; other
 * PRA_E*; all with o set and nothing changed.
 */
int	 ref_update(const struct local *l, uint32_t owner, const char *ref,
	    const git_oid *commit, const git_oid *expect, struct outcome *o);

#endif
