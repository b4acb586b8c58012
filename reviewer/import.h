/*
 * From a dead session's upper directory to a tree.  Callable without the
 * message layer, for tests and benchmarks.
 */
#ifndef REVIEWER_IMPORT_H
#define REVIEWER_IMPORT_H

#include <stdint.h>
#include <git2.h>

#include "common/ids.h"

struct mirror;
struct outcome;
struct rec;
struct reviewer;

struct import_job {
	git_oid		 base;		/* commit or tree it started from */
	int		 upperfd;	/* not owned */
	int		 whole;		/* a copy, not the upper of an overlay */
	const uint8_t	*given;		/* tree of the worktree, or NULL: the base */
	uint64_t	 files_max;	/* `change { files max }` */
	uint64_t	 bytes_max;	/* `change { bytes max }` */
};

/*
 * Read the upper directory, or the whole copy, and write what it changes as
 * objects into the mirror's stage (the caller flushes or drops it).  0 and
 * *tree, the base's own when nothing changed; PRA_EINVALID with o set for what
 * the rules refuse; else PRA_E*.
 */
int	 import_run(struct reviewer *r, struct mirror *m,
	    const struct import_job *job, git_oid *tree, struct outcome *o);

/* What import_keep() needs to name the work. */
struct import_work {
	const char	*ref;		/* refs/praetor/attic/... */
	const char	*subject;	/* of the commit */
	const char	*trailer;	/* its last lines */
	int64_t		 time;		/* seconds since 1970 */
};

/*
 * Commit a tree on top of `parent`, write everything staged as one pack,
 * sync it and point the ref at the commit.  0 or PRA_E* with o set.
 */
int	 import_keep(struct reviewer *r, struct mirror *m,
	    const git_oid *parent, const git_oid *tree,
	    const struct import_work *work, struct outcome *o);

/*
 * The whole of IMPORT: takes the work named by a b_import (fd: its upper
 * directory), keeps it, and fills a b_imported except for err and text.
 * Repeating it for the same change gives the same answer.
 */
int	 import_answer(struct reviewer *r, const struct rec *in, int fd,
	    struct rec *out, struct outcome *o);

#endif
