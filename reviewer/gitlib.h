/*
 * libgit2, set up so that nothing outside the reviewer's own mirrors can
 * steer it, and the few helpers that every operation needs.
 */
#ifndef REVIEWER_GITLIB_H
#define REVIEWER_GITLIB_H

#include <git2.h>

#include "common/ids.h"

struct outcome;

/*
 * Initialise libgit2 for this process: no configuration of host or user, no
 * templates, hashes checked on reading, everything synced, packs bounded.
 * 0 or PRA_E* with o set.  gitlib_end() undoes it.
 */
int	 gitlib_init(struct outcome *o);
void	 gitlib_end(void);

/*
 * Believe the host's certificate authorities about servers, until others are
 * set.  0 or libgit2's error.
 */
int	 gitlib_authorities(void);

/*
 * Open a git directory without reading its configuration: an empty one is
 * put in its place.  0 and *out (git_repository_free() it) or PRA_E*.
 */
int	 gitlib_open(git_repository **out, const char *gitdir,
	    struct outcome *o);

/* The tree of a commit or tree.  0 and *out, or PRA_E* with o set. */
int	 gitlib_tree(git_tree **out, git_repository *repo, const git_oid *id,
	    struct outcome *o);

/* The id of that tree. */
int	 gitlib_tree_id(git_oid *out, git_repository *repo, const git_oid *id,
	    struct outcome *o);

/* "<40 hex digits>" and NUL. */
void	 gitlib_hex(char out[OID_SIZE], const git_oid *id);

#endif
