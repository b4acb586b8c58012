/*
 * A store in memory in place of engine/store.c, for tests of the pure half
 * and of load.c.  It keeps rows and nothing else: no events, no keys.
 */
#ifndef TESTS_MEM_STORE_H
#define TESTS_MEM_STORE_H

#include <bsd/sys/tree.h>

#include "engine/state.h"

struct row {
	RB_ENTRY(row)	 entry;		/* store.rows */
	int		 table;
	uint8_t		 key[128];
	size_t		 keylen;
	int		 live;
	struct buf	 data;
};
RB_HEAD(rows, row);

struct store {
	struct rows	 rows;		/* by table and key */
};

int		 row_cmp(const struct row *a, const struct row *b);
RB_PROTOTYPE(rows, row, entry, row_cmp)

/* Free every row. */
void		 store_clear(struct store *s);

/* Write what is dirty in a state, as turn.c does at a commit. */
void		 store_flush(struct store *s, struct state *st);

#endif
