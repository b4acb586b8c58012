/*
 * Commits that the reviewer makes.
 */
#ifndef REVIEWER_COMMIT_H
#define REVIEWER_COMMIT_H

#include <stdint.h>
#include <git2.h>

struct outcome;
struct settings;

/*
 * Write a commit by the configured author; the same arguments always give
 * the same one.  `time` is seconds since 1970.  0 and *out, or PRA_E*.
 */
int	 commit_make(const struct settings *s, git_repository *repo,
	    const git_oid *parent, const git_oid *tree, const char *message,
	    int64_t time, git_oid *out, struct outcome *o);

#endif
