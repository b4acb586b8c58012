/*
 * Mirrors: one bare repository a project, <state>/mirrors/<project>.git,
 * with the target branch of the user's repository at
 * refs/praetor/upstream/<branch> and the work that sessions left under
 * refs/praetor/attic/.
 */
#ifndef REVIEWER_MIRROR_H
#define REVIEWER_MIRROR_H

#include <git2.h>
#include <bsd/sys/queue.h>

#include "common/when.h"

struct outcome;
struct reviewer;
struct stage;

struct mirror {
	TAILQ_ENTRY(mirror) entry;	/* on reviewer.mirrors */
	char		*project;
	char		*url;		/* the user's repository */
	char		*branch;	/* its target branch */
	git_repository	*repo;
	struct stage	*stage;		/* owned by repo */
	struct mono	 fetched;	/* when; 0: not since the start */
};

/*
 * Make a project's mirror, or take the one that is there when it mirrors the
 * same repository, and fetch.  0 and *head, or PRA_E* with o set: nothing
 * half-made is left.
 */
int	 mirror_open(struct reviewer *r, const char *project, const char *url,
	    const char *branch, git_oid *head, struct outcome *o);

/* The mirror of a project that was opened before.  0 and *out, or PRA_E*. */
int	 mirror_find(struct reviewer *r, const char *project,
	    struct mirror **out, struct outcome *o);

/*
 * Bring the target branch up to date: always when `force`, else only when
 * the last time is longer ago than the configured one.  0 and *head.
 */
int	 mirror_fetch(struct reviewer *r, struct mirror *m, int force,
	    git_oid *head, struct outcome *o);

/*
 * Forget the handle (not the files): after a failure, so that nothing of it
 * stays cached, and at the end.  The next mirror_find() opens it anew.
 */
void	 mirror_close(struct reviewer *r, struct mirror *m);

/* The same for a project's handle, if there is one. */
void	 mirror_forget(struct reviewer *r, const char *project);

/* Delete a project's mirror.  One that is not there is fine. */
int	 mirror_drop(struct reviewer *r, const char *project,
	    struct outcome *o);

/* Merge small packs and refs of the open mirrors; between requests. */
void	 mirrors_upkeep(struct reviewer *r);

/* Point a ref of the mirror at a commit, whatever it was.  0 or PRA_E*. */
int	 mirror_ref(struct mirror *m, const char *ref, const git_oid *commit,
	    struct outcome *o);

#endif
