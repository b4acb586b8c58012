/*
 * Rows of state in memory, as they would be stored: what a rebuild makes.
 */
#ifndef ENGINE_ROWSET_H
#define ENGINE_ROWSET_H

#include "common/sha.h"
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

/*
 * The digest of a table: SHA-256 over its rows in the order of keys, each its
 * key, one byte that is 1 when it is live, and its body; key and body with
 * their length before them (4 bytes, big endian).
 */
#define ROW_SUM_HEX	(2 * STORE_HASH + 1)

struct row_sum {
	struct sha	 c;
	uint64_t	 rows;
};

void	 row_sum_init(struct row_sum *s);
void	 row_sum_add(struct row_sum *s, const struct store_row *row);
void	 row_sum_end(struct row_sum *s, uint8_t digest[STORE_HASH]);

/* row_sum_end() as hexadecimal digits. */
void	 row_sum_hex(struct row_sum *s, char hex[ROW_SUM_HEX]);

/* The same as what the store gives. */
void	 rowset_row_store(const struct rowset_row *r, struct store_row *out);

#endif
