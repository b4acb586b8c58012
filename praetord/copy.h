/*
 * A private copy of a directory tree, for `worktree copy`.
 */
#ifndef PRAETORD_COPY_H
#define PRAETORD_COPY_H

#include <stdint.h>

#include "praetord/why.h"

#define COPY_NAMES	2000000	/* most in a tree; an import takes as many */
#define COPY_DEPTH	130	/* directories in each other; an export makes 128 */

struct copied {
	uint64_t	 names;		/* of everything made, directories too */
	uint64_t	 files;		/* regular files and links */
	uint64_t	 bytes;		/* as usage_cost() counts them */
};

struct copy_how {
	uint64_t	 keep;		/* free bytes that stay */
	int		 share;		/* what copy_shares() said */
};

/*
 * Once at start: can files below `to` share the blocks of files below `from`
 * (FICLONE)?  Both are tried with a file that has no name.  1, or 0 with what
 * was in the way in why.
 */
int	 copy_shares(int from, int to, struct why *why);

/*
 * Copy what the directory `from` holds into the directory `to`: regular
 * files, links and directories, with the permissions and the times of
 * modification of the files, and their holes; nothing of it may be there yet.
 * The new ones belong to the caller, whose umask counts.  With how->share,
 * and on one file system, blocks are shared, and one that cannot be is an
 * error.  Of the free space how->keep bytes stay, or what usage_reserve()
 * makes of them.  Adds to *n.  0, or -1 with why (PRA_EINVALID for anything
 * else in `from`, PRA_ELIMIT when it is too large).  Both descriptors stay
 * the caller's.
 */
int	 copy_tree(int from, int to, const struct copy_how *how,
	    struct copied *n, struct why *why);

#endif
