/*
 * The log against the state: the chain of hashes, and every row.
 */
#ifndef ENGINE_VERIFY_H
#define ENGINE_VERIFY_H

#include "engine/store.h"

/* Takes one view of the outcome. */
typedef void	 verify_emit(void *arg, struct rec *r);

/*
 * Read every event, check the chain, make the state anew and compare each
 * table with the stored one: v_differ for what does not agree, a v_table each
 * and a v_verified.  0, or the first thing that is wrong in `why`:
 * PRA_ECORRUPT, PRA_EVERSION, PRA_ENOMEM, ...
 */
int	 verify_run(struct store *s, verify_emit *emit, void *arg, char *why,
	    size_t size);

#endif
