/*
 * The store in memory.  Runs in test programs; load.c reads it.
 */
#include "common/err.h"
#include "tests/mem_store.h"
#include "tests/tap.h"

int
row_cmp(const struct row *a, const struct row *b)
{
	size_t	 n = a->keylen < b->keylen ? a->keylen : b->keylen;
	int	 c;

	if (a->table != b->table)
		return (a->table - b->table);
	c = memcmp(a->key, b->key, n);
	return (c != 0 ? c : a->keylen < b->keylen ? -1 :
	    a->keylen > b->keylen);
}

RB_GENERATE(rows, row, entry, row_cmp)

static struct row *
row_find(struct store *s, int table, const void *key, size_t n)
{
	struct row	 k = { .table = table, .keylen = n };

	memcpy(k.key, key, n);
	return (RB_FIND(rows, &s->rows, &k));
}

static void
row_free(struct store *s, struct row *r)
{
	RB_REMOVE(rows, &s->rows, r);
	buf_free(&r->data);
	free(r);
}

void
store_clear(struct store *s)
{
	struct row	*r;

	while ((r = RB_ROOT(&s->rows)) != NULL)
		row_free(s, r);
}

static struct rec *
row_rec(const struct row *r)
{
	struct reader	 rd;
	struct rec	*rec;

	reader_init(&rd, r->data.data, r->data.len);
	assert_int_equal(rec_decode(&rd, &rec), 0);
	return (rec);
}

int
store_each(struct store *s, enum store_table t,
    int (*fn)(void *, const void *, size_t, struct rec *), void *arg)
{
	struct row	*r;
	int		 e;

	RB_FOREACH(r, rows, &s->rows)
		if (r->table == (int)t && r->live &&
		    (e = fn(arg, r->key, r->keylen, row_rec(r))) != 0)
			return (e);
	return (0);
}

int
store_get(struct store *s, enum store_table t, const void *key,
    size_t keylen, struct rec **row)
{
	struct row	*r = row_find(s, (int)t, key, keylen);

	if (r == NULL)
		return (PRA_ENOTFOUND);
	*row = row_rec(r);
	return (0);
}

int
store_prefix(struct store *s, enum store_table t, const void *lo,
    const void *hi, size_t keylen, unsigned int limit,
    int (*fn)(void *, const void *, size_t, struct rec *), void *arg)
{
	struct row	*r;
	int		 e;

	RB_FOREACH(r, rows, &s->rows) {
		if (r->table != (int)t || memcmp(r->key, lo, keylen) < 0 ||
		    memcmp(r->key, hi, keylen) > 0)
			continue;
		if (limit-- == 0)
			break;
		if ((e = fn(arg, r->key, r->keylen, row_rec(r))) != 0)
			return (e);
	}
	return (0);
}

int
store_recent(struct store *s, enum store_table t, unsigned int limit,
    int (*fn)(void *, const void *, size_t, struct rec *), void *arg)
{
	struct row	*r;

	RB_FOREACH_REVERSE(r, rows, &s->rows)
		if (r->table == (int)t && (limit-- == 0 ||
		    fn(arg, r->key, r->keylen, row_rec(r)) != 0))
			break;
	return (0);
}

enum rec_kind
store_event_kind(const struct store_event *ev)
{
	const uint8_t	*p = ev->data;

	return ((enum rec_kind)(p[0] | p[1] << 8));
}

int
store_row_decode(const struct store_row *row, struct rec **out)
{
	struct row	 r = { 0 };
	enum rec_kind	 kind = rec_byname(RC_BODY, row->kind);
	uint8_t		 head[6] = { (uint8_t)kind, (uint8_t)(kind >> 8),
	    (uint8_t)row->len, (uint8_t)(row->len >> 8),
	    (uint8_t)(row->len >> 16), 0 };

	assert_int_equal(buf_add(&r.data, head, sizeof(head)), 0);
	assert_int_equal(buf_add(&r.data, row->body, row->len), 0);
	*out = row_rec(&r);
	buf_free(&r.data);
	return (0);
}

int
store_meta_get(struct store *s, const char *name, uint64_t *v)
{
	(void)s;
	(void)name;
	*v = 0;
	return (PRA_ENOTFOUND);
}

void
store_flush(struct store *s, struct state *st)
{
	struct entry	*en;
	struct row	*r, k = { 0 };

	TAILQ_FOREACH(en, &st->dirty, link) {
		k.table = (int)en->table;
		k.keylen = state_key(en, k.key);
		r = RB_FIND(rows, &s->rows, &k);
		if (en->erase) {
			if (r != NULL)
				row_free(s, r);
			continue;
		}
		if (r == NULL) {
			assert_non_null(r = calloc(1, sizeof(*r)));
			*r = k;
			RB_INSERT(rows, &s->rows, r);
		}
		r->live = en->live;
		r->data.len = 0;
		assert_int_equal(rec_encode(en->row, &r->data), 0);
	}
	state_clean(st);
}
