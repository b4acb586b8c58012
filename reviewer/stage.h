/*
 * New objects on their way into one pack.  A stage is a backend of a
 * repository's object database: between stage_begin() and stage_flush()
 * everything that libgit2 writes lands in one unnamed file instead of loose
 * objects, and can be read back; the flush makes one pack of it, synced.
 * That makes an import cost as much as the change and not the repository.
 */
#ifndef REVIEWER_STAGE_H
#define REVIEWER_STAGE_H

#include <stddef.h>
#include <stdint.h>
#include <git2.h>

struct outcome;
struct stage;

/*
 * Add a stage to a repository's object database, which owns it from then on.
 * `dir` is where the unnamed file is made.  0 or PRA_E* with o set.
 */
int	 stage_new(struct stage **out, git_repository *repo, const char *dir,
	    struct outcome *o);

/* Collect from now on.  What an earlier operation left is forgotten. */
void	 stage_begin(struct stage *s);

/* Objects collected so far. */
size_t	 stage_count(const struct stage *s);

/*
 * Write a blob of exactly `size` bytes read from fd, in pieces.  0 and *id;
 * PRA_ESTATE when the file had another length; else PRA_E* with o set.
 */
int	 stage_blob(struct stage *s, int fd, uint64_t size, git_oid *id,
	    struct outcome *o);

/*
 * Write what was collected as one pack (nothing: no pack), synced to disk
 * with its directory, and stop collecting.  0 or PRA_E* with o set.
 */
int	 stage_flush(struct stage *s, struct outcome *o);

/* Stop collecting and forget. */
void	 stage_drop(struct stage *s);

#endif
