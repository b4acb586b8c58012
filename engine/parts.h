/*
 * Composite tasks, and arrays of tasks, among tasks that are to be.  Engine,
 * pure half.  A composite has no work of its own: it waits for any end of its
 * sub-tasks, and then has its own, which follows from theirs.
 */
#ifndef ENGINE_PARTS_H
#define ENGINE_PARTS_H

#include "engine/plan.h"

#define PARTS_MAX	1000	/* sub-tasks of one task */

/* An array as users write it: "0-99%4". */
struct array {
	uint64_t	 first, last;
	uint64_t	 most;		/* at once; 0: all */
};

/* 0, or -1 when the text is no array of at most PARTS_MAX tasks. */
int	 array_parse(const char *text, struct array *out);

/* How many tasks a command files: an array is a composite and its parts. */
size_t	 parts_count(const struct rec *cmd);

/* Make the drafts of a command, from the first on, and name them. */
void	 parts_expand(struct plan *pl, struct draft *first,
	    const struct rec *cmd);

/* What only a composite, or only another task, can have.  0 and refused. */
int	 parts_check(struct plan *pl, struct draft *dr);

/* Find what each is part of, and count the parts; then make them needs. */
int	 parts_find(struct plan *pl);
int	 parts_join(struct plan *pl);

#endif
