/*
 * Rows of an older version, made anew.
 */
#ifndef ENGINE_REMAKE_H
#define ENGINE_REMAKE_H

#include "engine/store.h"

/*
 * To be raised when apply() makes other rows of the same events than before
 * and state.tbl alone does not show it.
 */
#define APPLY_VERSION	1

/*
 * If the rows were made by another version (its tables of rows or its
 * APPLY_VERSION differ), make them anew from the log and write those that
 * differ, in one transaction.  0, or PRA_E* with one line in `why`.
 */
int	 remake_state(struct store *s, char *why, size_t size);

#endif
