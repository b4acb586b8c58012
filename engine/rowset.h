/*
 * Rows of state in memory, as they would be stored: what a rebuild makes.
 */
#ifndef ENGINE_ROWSET_H
#define ENGINE_ROWSET_H

#include "engine/store.h"

struct rowset_row {
	uint8_t		 table;		/* enum store_table */
	uint8_t		 live;
	uint8_t		 seen;		/* for whoever compares */
	uint8_t		 keylen;
	uint16_t	 kind;		/* enum rec_kind */
	uint32_t	 len;		/* of the body */
	uint8_t		 bytes[];	/* key, then body */
};

struct rowset {
	struct rowset_row	**slots;	/* owned; NULL: free */
	size_t			  nslots;	/* a power of two, or 0 */
	size_t			  n;
};

/* An empty set needs no call: zero the struct. */
void	 rowset_free(struct rowset *rs);

/* Put a row in place of the one with its key.  0, PRA_ENOMEM, PRA_EINVALID. */
int	 rowset_put(struct rowset *rs, enum store_table t, const void *key,
	    size_t keylen, int live, enum rec_kind kind, const void *body,
	    size_t len);
void	 rowset_del(struct rowset *rs, enum store_table t, const void *key,
	    size_t keylen);
struct rowset_row *rowset_find(const struct rowset *rs, enum store_table t,
	    const void *key, size_t keylen);

/* The next row in no order; *at begins at 0.  NULL after the last. */
struct rowset_row *rowset_next(const struct rowset *rs, size_t *at);

/* The same as what the store gives. */
void	 rowset_row_store(const struct rowset_row *r, struct store_row *out);

#endif
