/*
 * Pristine trees on disk, <state>/trees/<tree id>: whole ones, and layers
 * that hold only what differs from a tree below (not with `worktree copy`,
 * which is for file systems that cannot hold what marks a deletion).  Beside
 * each is <tree id>.base, which says what it stands on and whose it is.
 */
#ifndef REVIEWER_LAYER_H
#define REVIEWER_LAYER_H

#include <stddef.h>
#include <git2.h>

#include "common/ids.h"
#include "common/proto.h"

struct mirror;
struct outcome;
struct reviewer;

#define STACK_MAX	6	/* layers made; a mount takes LAYERS_MAX */
#define LAYER_FILES	2000	/* a larger difference is exported whole */

struct layers {
	size_t	 n;
	char	 name[LAYERS_MAX][OID_SIZE];	/* topmost first */
};

/* What <tree id>.base says. */
struct base {
	char		 boot[64];	/* boot id when it was made */
	char		 project[68];	/* who used it last */
	struct layers	 below;		/* none: a whole tree */
};

/*
 * Make a tree of a mirror ready and name its layers, itself first; counts as
 * a use.  0 or PRA_E* with o set.
 */
int	 layers_ready(struct reviewer *r, struct mirror *m,
	    const git_oid *tree, struct layers *out, struct outcome *o);

/* Read <name>.base.  0, or -1 when it is not there or damaged. */
int	 base_read(const struct reviewer *r, const char *name, struct base *b);

/*
 * Clear what cannot be used: temporary names, trees without a .base, layers
 * of an earlier boot (they were not synced).  Called at start.
 */
void	 layers_recover(struct reviewer *r);

/*
 * Clear the trees that are layers: what copies trees takes none, and a whole
 * one in the place of one would hide nothing of what is below.
 */
void	 layers_flatten(struct reviewer *r);

#endif
