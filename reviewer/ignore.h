/*
 * The ignore rules of a base tree, for paths that are not in it.  Only
 * .gitignore files of the base tree count: what a session writes into one
 * cannot hide its own work.
 */
#ifndef REVIEWER_IGNORE_H
#define REVIEWER_IGNORE_H

#include <git2.h>

struct ignore;
struct outcome;

/*
 * Rules with none yet.  `mirror` is the mirror's path, `dir` an empty
 * directory for the .gitignore files, which ignore_free() leaves to the
 * caller to delete.  0 or PRA_E* with o set.
 */
int	 ignore_new(struct ignore **out, const char *mirror, const char *dir,
	    struct outcome *o);
void	 ignore_free(struct ignore *g);		/* NULL is fine */

/*
 * Take the .gitignore of a directory of the base tree ("" is the top), if it
 * has one.  Parents must have been added before.  0 or PRA_E* with o set.
 */
int	 ignore_add(struct ignore *g, git_repository *repo,
	    const git_tree *tree, const char *path, struct outcome *o);

/* 1 when a path is ignored, 0 when not, PRA_E* with o set. */
int	 ignore_match(struct ignore *g, const char *path, int isdir,
	    struct outcome *o);

#endif
