/*
 * Walking over attempts that are over.  Engine; for what counts them.
 */
#ifndef ENGINE_HISTORY_H
#define ENGINE_HISTORY_H

#include "engine/request.h"

/* Takes one row (s_attempt, owned), of which it tells attempts_seen(). */
typedef int	 attempt_fn(void *arg, const void *key, size_t keylen,
		    struct rec *row);

/*
 * What a request is about: attempts that ended at `since` or later and before
 * `until` (us since 1970; 0 is no end).
 */
void	 attempts_range(struct request *rq, uint64_t since, uint64_t until);

/* A row was read: the walk goes on after it. */
void	 attempts_seen(struct request *rq, const void *key, size_t keylen);

/*
 * Hand the rows that are left to fn, a bounded number in one turn.  0 to be
 * called again, 1 at the end, or PRA_E*.
 */
int	 attempts_pump(struct engine *e, struct request *rq, attempt_fn *fn);

#endif
