/*
 * From the store into memory.
 */
#ifndef ENGINE_LOAD_H
#define ENGINE_LOAD_H

#include "engine/engine.h"

#define PAST_KEPT	2000	/* final tasks in memory, found by name */

/*
 * Make the state of the live rows, of what they refer to, and of the newest
 * PAST_KEPT tasks; nothing else is read, so this does not grow with history.
 * PRA_ECORRUPT, PRA_ENOMEM, ...
 * with one line in `why`; *out is the caller's.
 */
int	 load_state(struct store *s, struct state **out, char *why,
	    size_t size);

/* Numbers that were given but whose rows are not live any more. */
int	 load_numbers(struct engine *e);

/*
 * Bring in the finished tasks that an input may name (by id, or the beginning
 * of one), with their dependencies, so that the pure half finds them; for
 * task.clean a piece of all of them, whose last is put into in->text.
 */
void	 load_named(struct engine *e, struct input *in);

/* The tasks that one text may mean. */
void	 load_text(struct engine *e, const char *text);

#endif
