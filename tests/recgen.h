/*
 * Records with generated values, for tests and fuzz drivers.  The same seed
 * gives the same records on every machine.
 */
#ifndef TESTS_RECGEN_H
#define TESTS_RECGEN_H

#include <stdint.h>

#include "common/rec.h"

struct recgen {
	uint64_t	 seed;		/* advances with every number drawn */
};

enum recgen_how {
	RECGEN_LEAST,		/* required fields only, as short as possible */
	RECGEN_MOST,		/* every field, as long and large as allowed */
	RECGEN_RANDOM		/* some fields, short values */
};

/* A number in [0, n). */
uint64_t	 recgen_below(struct recgen *g, uint64_t n);

/* A record of a kind that rec_check() takes; the caller's.  NULL: no memory. */
struct rec	*recgen(struct recgen *g, enum rec_kind kind,
		    enum recgen_how how);

/* A copy of r in which field f is unset; the caller's. */
struct rec	*recgen_without(const struct rec *r, int f);

#endif
