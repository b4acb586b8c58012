/*
 * The old part of the log for a file, and the signed checkpoint that ends it.
 * Runs in a copy of the engine (engine/work.h).
 */
#include <inttypes.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "common/err.h"
#include "common/when.h"
#include "engine/copies.h"
#include "engine/rebuild.h"
#include "engine/sign.h"
#include "engine/views.h"
#include "engine/work.h"

struct export {
	struct work_copy	*w;
	struct rebuild		 rb;
	uint64_t		 before;
	uint8_t			 hash[STORE_HASH];
	char			 why[REBUILD_WHY];
};

/* An event as clients see it, and its bytes as they were hashed. */
static int
export_event(void *arg, const struct store_event *ev)
{
	struct export	*x = arg;
	struct rec	*r;
	struct buf	 b = { 0 };
	uint8_t		 hash[STORE_HASH];
	int		 e;

	if (ev->seq >= x->before)
		return (1);
	chain_hash(hash, x->hash, ev, store_event_kind(ev));
	if (memcmp(hash, ev->hash, STORE_HASH) != 0) {
		snprintf(x->why, sizeof(x->why), "event %" PRIu64 " does not "
		    "fit its hash: see praetorctl replay verify", ev->seq);
		return (PRA_ECORRUPT);
	}
	memcpy(x->hash, hash, STORE_HASH);
	if ((e = rebuild_event(&x->rb, ev, x->why)) != 0)
		return (e);
	if (base64_encode(ev->data, ev->len, &b) != 0 || buf_str(&b) == NULL)
		return (PRA_ENOMEM);
	r = view_event(ev);
	rec_set_str(r, F_v_event_raw, buf_str(&b));
	buf_free(&b);
	work_item(x->w, r);
	return (0);
}

static int
by_key(const void *a, const void *b)
{
	const struct rowset_row	*x = *(struct rowset_row *const *)a;
	const struct rowset_row	*y = *(struct rowset_row *const *)b;
	size_t			 n = x->keylen < y->keylen ? x->keylen :
	    y->keylen;
	int			 c;

	if (x->table != y->table)
		return (x->table - y->table);
	c = memcmp(x->bytes, y->bytes, n);
	return (c != 0 ? c : x->keylen - y->keylen);
}

/* "table task 12 <SHA-256>": as `replay verify' sums the stored rows. */
static int
digest_tables(const struct rowset *rs, struct buf *out)
{
	struct rowset_row	**rows, *r;
	struct store_row	 row;
	struct row_sum		 sum;
	size_t			 at = 0, n = 0, i;
	char			 hex[ROW_SUM_HEX];
	int			 t, e = 0;

	if ((rows = calloc(rs->n + 1, sizeof(*rows))) == NULL)
		return (PRA_ENOMEM);
	while ((r = rowset_next(rs, &at)) != NULL)
		rows[n++] = r;
	qsort(rows, n, sizeof(*rows), by_key);
	for (t = 0, i = 0; t < ST_MAX && e == 0; t++) {
		row_sum_init(&sum);
		for (; i < n && rows[i]->table == t; i++) {
			rowset_row_store(rows[i], &row);
			row_sum_add(&sum, &row);
		}
		row_sum_hex(&sum, hex);
		e = buf_printf(out, "table %s %" PRIu64 " %s\n",
		    store_table_name((enum store_table)t), sum.rows, hex);
	}
	free(rows);
	return (e);
}

static int
checkpoint_text(struct export *x, struct buf *b)
{
	char	 hex[2 * STORE_HASH + 1];
	size_t	 i;
	int	 e;

	for (i = 0; i < STORE_HASH; i++)
		snprintf(hex + 2 * i, 3, "%02x", x->hash[i]);
	e = buf_printf(b, "praetor checkpoint 1\nseq %" PRIu64 "\nhash %s\n"
	    "time %" PRId64 "\nsession %" PRIu64 "\nfence %" PRIu64 "\n",
	    x->rb.seq, hex, wall_now().us, x->rb.st->last_session,
	    x->rb.st->last_fence);
	return (e != 0 ? e : digest_tables(&x->rb.rows, b));
}

static int
export_end(struct export *x)
{
	struct rec	*r;
	struct buf	 b = { 0 };
	uint8_t		 key[SIGN_PUBLIC], signature[SIGN_BYTES];
	int		 e;

	if ((e = rebuild_flush(&x->rb)) != 0 ||
	    (e = checkpoint_text(x, &b)) != 0 ||
	    (e = sign_text(x->w->dir, (char *)b.data, b.len, key, signature,
	    x->why, sizeof(x->why))) != 0)
		goto out;
	r = rec_new(REC_v_checkpoint);
	rec_set_u64(r, F_v_checkpoint_last, x->rb.seq);
	rec_set_bytes(r, F_v_checkpoint_hash, x->hash, STORE_HASH);
	rec_set_bytes(r, F_v_checkpoint_text, b.data, b.len);
	rec_set_bytes(r, F_v_checkpoint_key, key, sizeof(key));
	buf_free(&b);
	e = base64_encode(signature, sizeof(signature), &b);
	rec_set_str(r, F_v_checkpoint_signature, buf_str(&b));
	work_item(x->w, r);
out:
	buf_free(&b);
	return (e);
}

static int
db_export(struct work_copy *w, char *why, size_t size)
{
	struct store_filter	 all = { 0 };
	struct export		 x = { .w = w };
	uint64_t		 last = store_last_seq(w->store);
	int			 e;

	x.before = rec_u64(w->cmd, F_c_db_export_before);
	if (x.before < 2 || x.before > last + 1) {
		snprintf(why, size, "there is no event before %" PRIu64
		    " to end with: the log has 1 to %" PRIu64, x.before, last);
		return (PRA_ESTATE);
	}
	if ((e = rebuild_init(&x.rb)) != 0)
		return (e);
	e = store_events(w->store, &all, export_event, &x);
	if (e == 0 || e == 1)
		e = export_end(&x);
	if (e != 0)
		snprintf(why, size, "%s", x.why);
	rebuild_clear(&x.rb);
	return (e);
}

static int
db_key(struct work_copy *w, char *why, size_t size)
{
	uint8_t		 key[SIGN_PUBLIC], signature[SIGN_BYTES];
	struct rec	*r;
	int		 e;

	e = sign_text(w->dir, "", 0, key, signature, why, size);
	if (e != 0)
		return (e);
	r = rec_new(REC_v_key);
	rec_set_bytes(r, F_v_key_key, key, sizeof(key));
	work_item(w, r);
	return (0);
}

int
read_db_key(struct engine *e, struct request *rq)
{
	(void)e;
	return (work_start(rq, db_key));
}

int
read_db_export(struct engine *e, struct request *rq)
{
	(void)e;
	return (work_start(rq, db_export));
}
