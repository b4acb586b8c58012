/*
 * What rules of review (praetor-review(7)) are about in the difference of two
 * trees.  The reviewer only reports; the engine decides.
 */
#ifndef REVIEWER_FACTS_H
#define REVIEWER_FACTS_H

#include <stddef.h>
#include <stdint.h>
#include <git2.h>

#include "common/review.h"

struct mirror;
struct outcome;
struct rec;
struct reviewer;
struct scanner;

#define FACTS_MAX	50		/* of a class; the rest is one more */
#define FACTS_BYTES	(256 * 1024)	/* of paths in one report */
#define SCAN_MAX	(32 * 1024 * 1024) /* larger files are not searched */
#define SECRETS_MAX	20		/* told of one file */

/*
 * Append a b_fact for everything that is found between `from` and `to`, trees
 * of the mirror, to the list `field` of `out`.  The same trees give the same
 * facts.  0 or PRA_E* with o set.
 */
int	 facts_find(struct reviewer *r, struct mirror *m, const git_oid *from,
	    const git_oid *to, struct rec *out, int field,
	    struct outcome *o);

/* For the facts_*.c files. */

struct facts {
	struct reviewer	*r;
	struct mirror	*m;
	struct rec	*out;
	int		 field;
	struct outcome	*o;
	git_odb		*odb;
	struct scanner	*sc;
	git_oid		 from, to;
	size_t		 bytes;			/* of paths told */
	uint64_t	 files, added;		/* that the change touches */
	int		 gone;			/* in a deleted directory */
	git_oid		*removed;		/* sorted; files that went */
	size_t		 nremoved;
	int		 have_removed;
	struct {
		unsigned int	 told;
		unsigned int	 rest;		/* not told one by one */
		git_oid		 digest;	/* of those */
	} cls[RVC_MAX];
};

/* One entry that differs; NULL is not there. */
struct fact_at {
	const char		*path;
	char			 letter;	/* A, M or D */
	const git_tree_entry	*old, *new;
};

/* Record a fact about an entry; line 0: about all of it. */
void	 fact_add(struct facts *f, enum review_class c,
	    const struct fact_at *at, unsigned int line, const char *fmt, ...)
	    __attribute__((__format__(printf, 5, 6)));

/* The same for a directory, by its trees (NULL: there was none). */
void	 fact_add_dir(struct facts *f, enum review_class c, const char *path,
	    const git_oid *old, const git_oid *id, const char *kind);

/* The canonical form of a path (names.h), part by part. */
void	 path_canonical(char *out, size_t size, const char *path);

/* facts_path.c: what the path and the kind of an entry say. */
void	 facts_path(struct facts *f, const struct fact_at *at);

/* 1 when Git on some file system takes a path for the top's .gitmodules. */
int	 path_is_gitmodules(const char *path);

/* facts_file.c: what is in a new blob.  0 or PRA_E* with the outcome set. */
int	 facts_file(struct facts *f, const struct fact_at *at);

/* facts_dir.c: what names beside each other say; either may be NULL. */
int	 facts_dir(struct facts *f, const char *path, const git_oid *old,
	    const git_oid *id);

/* 1 when the change takes a file with this content away: it was moved. */
int	 facts_removed(struct facts *f, const git_oid *id, int *err);

/*
 * gitmodules.c: NULL, or what in the text of a .gitmodules would attack the
 * Git of who clones it.
 */
const char *gitmodules_refused(const char *text, size_t n);

/*
 * scripts.c: what of a package.json or composer.json runs by itself and is
 * not as it was ("" when nothing); old may be NULL.
 */
const char *scripts_changed(const char *name, const char *old, size_t oldn,
	    const char *text, size_t n);

/* links.c: NULL, or where a link at a path leads that it should not. */
const char *link_leads(const char *path, const char *target, size_t n);

#endif
