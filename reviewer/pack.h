/*
 * Commits from one repository to another as one pack.
 */
#ifndef REVIEWER_PACK_H
#define REVIEWER_PACK_H

#include <git2.h>

struct outcome;

struct packer {
	git_packbuilder	*pb;
	git_repository	*bare;		/* the same objects, no refs */
};

/*
 * Start a pack of objects of a repository.  Writing a pack, libgit2 goes
 * through all refs in search of tags; a mirror has one for each attempt of
 * each task, so the builder gets a repository that has none.  Without
 * `deltas` the pack is made as a mirror's configuration says: for speed.  0
 * (packer_free() it) or PRA_E* with o set.
 */
int	 packer_new(struct packer *p, git_repository *from, int deltas,
	    struct outcome *o);
void	 packer_free(struct packer *p);

/*
 * Write the commits that `tip` reaches and `have` (NULL: none) does not,
 * with what their trees add, as one synced pack into the object directory
 * `objects` of another repository.  What `have` reaches must be there.
 * 0 or PRA_E* with o set: PRA_ECORRUPT when an object is missing or damaged.
 */
int	 pack_send(git_repository *from, const git_oid *tip,
	    const git_oid *have, const char *objects, int deltas,
	    struct outcome *o);

/*
 * Make one pack of the small ones that imports leave in the object directory
 * `objects` of a repository, once there are more than PACKS_MAX.  No object
 * is dropped.  1: packs were merged, handles should be opened anew; 0:
 * nothing to do; PRA_E* with o set.
 */
int	 pack_upkeep(git_repository *repo, const char *objects,
	    struct outcome *o);

#define PACKS_MAX	64
#define PACK_SMALL	(4L * 1024 * 1024)	/* bytes; larger ones stay */

#endif
