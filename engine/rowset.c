/*
 * Rows of state in memory: a hash table with open addressing.  Engine, in the
 * copy that rebuilds, and tests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "engine/rowset.h"

#define FIRST_SLOTS	1024

void
rowset_free(struct rowset *rs)
{
	size_t	 i;

	for (i = 0; i < rs->nslots; i++)
		free(rs->slots[i]);
	free(rs->slots);
	memset(rs, 0, sizeof(*rs));
}

/* FNV-1a. */
static size_t
row_hash(unsigned int table, const uint8_t *key, size_t n)
{
	uint64_t	 h = 0xcbf29ce484222325ULL ^ table;
	size_t		 i;

	for (i = 0; i < n; i++)
		h = (h ^ key[i]) * 0x100000001b3ULL;
	return ((size_t)(h ^ h >> 32));
}

/* The slot of a key, or the free one where it belongs. */
static size_t
slot_of(const struct rowset *rs, unsigned int table, const void *key, size_t n)
{
	size_t			 i = row_hash(table, key, n);
	const struct rowset_row	*r;

	for (;; i++) {
		i &= rs->nslots - 1;
		r = rs->slots[i];
		if (r == NULL || (r->table == table && r->keylen == n &&
		    memcmp(r->bytes, key, n) == 0))
			return (i);
	}
}

static int
rowset_grow(struct rowset *rs)
{
	struct rowset	 big = { 0 };
	size_t		 i;

	if (rs->n * 2 < rs->nslots)
		return (0);
	big.nslots = rs->nslots == 0 ? FIRST_SLOTS : rs->nslots * 2;
	if ((big.slots = calloc(big.nslots, sizeof(*big.slots))) == NULL)
		return (PRA_ENOMEM);
	for (i = 0; i < rs->nslots; i++)
		if (rs->slots[i] != NULL)
			big.slots[slot_of(&big, rs->slots[i]->table,
			    rs->slots[i]->bytes, rs->slots[i]->keylen)] =
			    rs->slots[i];
	free(rs->slots);
	rs->slots = big.slots;
	rs->nslots = big.nslots;
	return (0);
}

int
rowset_put(struct rowset *rs, enum store_table t, const void *key,
    size_t keylen, int live, enum rec_kind kind, const void *body, size_t len)
{
	struct rowset_row	*r, *old;
	size_t			 i;

	if (keylen > UINT8_MAX || len > UINT32_MAX)
		return (PRA_EINVALID);
	if (rowset_grow(rs) != 0)
		return (PRA_ENOMEM);
	i = slot_of(rs, (unsigned int)t, key, keylen);
	if ((old = rs->slots[i]) != NULL && old->len == len)
		r = old;
	else if ((r = malloc(sizeof(*r) + keylen + len)) == NULL)
		return (PRA_ENOMEM);
	if (r != old)
		free(old);
	rs->n += old == NULL;
	rs->slots[i] = r;
	r->table = (uint8_t)t;
	r->live = live != 0;
	r->seen = 0;
	r->keylen = (uint8_t)keylen;
	r->kind = (uint16_t)kind;
	r->len = (uint32_t)len;
	memcpy(r->bytes, key, keylen);
	memcpy(r->bytes + keylen, body, len);
	return (0);
}

/* What follows moves up, so that no slot is only free for some. */
void
rowset_del(struct rowset *rs, enum store_table t, const void *key,
    size_t keylen)
{
	struct rowset_row	*r;
	size_t			 i;

	if (rs->nslots == 0)
		return;
	i = slot_of(rs, (unsigned int)t, key, keylen);
	if (rs->slots[i] == NULL)
		return;
	free(rs->slots[i]);
	rs->slots[i] = NULL;
	rs->n--;
	for (i = (i + 1) & (rs->nslots - 1); (r = rs->slots[i]) != NULL;
	    i = (i + 1) & (rs->nslots - 1)) {
		rs->slots[i] = NULL;
		rs->slots[slot_of(rs, r->table, r->bytes, r->keylen)] = r;
	}
}

struct rowset_row *
rowset_find(const struct rowset *rs, enum store_table t, const void *key,
    size_t keylen)
{
	if (rs->nslots == 0)
		return (NULL);
	return (rs->slots[slot_of(rs, (unsigned int)t, key, keylen)]);
}

struct rowset_row *
rowset_next(const struct rowset *rs, size_t *at)
{
	while (*at < rs->nslots)
		if (rs->slots[(*at)++] != NULL)
			return (rs->slots[*at - 1]);
	return (NULL);
}

void
rowset_row_store(const struct rowset_row *r, struct store_row *out)
{
	out->table = (enum store_table)r->table;
	out->key = r->bytes;
	out->keylen = r->keylen;
	out->live = r->live;
	out->kind = rec_def((enum rec_kind)r->kind)->name;
	out->body = r->bytes + r->keylen;
	out->len = r->len;
}

void
row_sum_init(struct row_sum *s)
{
	sha_init(&s->c);
	s->rows = 0;
}

static void
sum_bytes(struct sha *c, const void *p, size_t n)
{
	uint8_t	 be[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16),
	    (uint8_t)(n >> 8), (uint8_t)n };

	sha_add(c, be, sizeof(be));
	sha_add(c, p, n);
}

void
row_sum_add(struct row_sum *s, const struct store_row *row)
{
	uint8_t	 live = row->live != 0;

	s->rows++;
	sum_bytes(&s->c, row->key, row->keylen);
	sha_add(&s->c, &live, 1);
	sum_bytes(&s->c, row->body, row->len);
}

void
row_sum_end(struct row_sum *s, uint8_t digest[STORE_HASH])
{
	sha_end(&s->c, digest);
}

void
row_sum_hex(struct row_sum *s, char hex[ROW_SUM_HEX])
{
	uint8_t	 digest[STORE_HASH];
	size_t	 i;

	row_sum_end(s, digest);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}
