/*
 * Repositories on this host.  They are opened directly: libgit2's local
 * transport would read their configuration and cannot push to a checkout.
 */
#ifndef REVIEWER_LOCAL_H
#define REVIEWER_LOCAL_H

#include <limits.h>
#include <git2.h>

struct outcome;
struct reviewer;

struct local {
	git_repository	*repo;		/* with an empty configuration */
	char		 gitdir[PATH_MAX]; /* of the main worktree, resolved */
	int		 bare;		/* it has no worktree of its own */
};

/*
 * Open the repository at an absolute path or file:// URL.  It must lie under
 * one of the directories of `repositories`.  0 (local_close() it), or PRA_E*
 * with o set, one text for each way in which it can be unfit.
 */
int	 local_open(const struct reviewer *r, const char *url,
	    struct local *l, struct outcome *o);
void	 local_close(struct local *l);

/*
 * 1 when a resolved path is a directory of `repositories`, or beneath it; any
 * of them.
 */
int	 local_beneath(const char *repos, const char *path);
int	 local_allowed(const struct reviewer *r, const char *path);

/* The commit of a branch.  0 or PRA_E* with o set (names what there is). */
int	 local_head(struct local *l, const char *branch, git_oid *out,
	    struct outcome *o);

/* 1 when a worktree of the repository has the branch checked out. */
int	 local_checked_out(const struct local *l, const char *branch);

/*
 * Bring the branch's commits into a mirror.  0 and *head, or PRA_E* with o
 * set.
 */
int	 local_fetch(const struct reviewer *r, git_repository *mirror,
	    const char *url, const char *branch, git_oid *head,
	    struct outcome *o);

/*
 * Bring a commit whose parent is there (`onto`) from a mirror and point a
 * ref at it: `expect` is what the ref must hold now, NULL for a ref of our
 * own that may be replaced (reviewer/ref.h).  0; PRA_ECONFLICT when it holds
 * something else; PRA_E* with o set.
 */
int	 local_push(const struct reviewer *r, struct local *l,
	    git_repository *mirror, const git_oid *commit, const git_oid *onto,
	    const char *ref, const git_oid *expect, struct outcome *o);

#endif
