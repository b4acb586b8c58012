/*
 * State made anew from events.  Engine, in a copy of it, and tests; pure: it
 * reads no store and no clock.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/apply.h"
#include "engine/rebuild.h"
#include "engine/upcast.h"

#define FLUSH_AFTER	16384	/* events: rows are encoded once in so many */
#define HEAD		6	/* kind and length in front of a body */

int
rebuild_init(struct rebuild *rb)
{
	memset(rb, 0, sizeof(*rb));
	return ((rb->st = state_new()) == NULL ? PRA_ENOMEM : 0);
}

void
rebuild_clear(struct rebuild *rb)
{
	state_free(rb->st);
	rowset_free(&rb->rows);
	buf_free(&rb->b);
	memset(rb, 0, sizeof(*rb));
}

static int
flush_entry(struct rebuild *rb, const struct entry *en)
{
	uint8_t	 key[128];
	size_t	 n = state_key(en, key);
	int	 e;

	if (en->erase) {
		rowset_del(&rb->rows, en->table, key, n);
		return (0);
	}
	rb->b.len = 0;
	if ((e = rec_encode(en->row, &rb->b)) != 0)
		return (e);
	return (rowset_put(&rb->rows, en->table, key, n, en->live,
	    rec_kind(en->row), rb->b.data + HEAD, rb->b.len - HEAD));
}

int
rebuild_flush(struct rebuild *rb)
{
	struct entry	*en;
	int		 e;

	TAILQ_FOREACH(en, &rb->st->dirty, link)
		if ((e = flush_entry(rb, en)) != 0)
			return (e);
	state_clean(rb->st);
	rb->since = 0;
	return (0);
}

static int
event_fail(const struct store_event *ev, int err, char why[REBUILD_WHY],
    const char *what)
{
	const struct rec_def	*def = rec_def(store_event_kind(ev));

	snprintf(why, REBUILD_WHY, "event %" PRIu64 " (%s) %s: %s", ev->seq,
	    def == NULL ? "of no known type" : def->name, what, err_text(err));
	return (err);
}

int
rebuild_event(struct rebuild *rb, const struct store_event *ev,
    char why[REBUILD_WHY])
{
	struct fact	 f = { .time = ev->time, .seq = ev->seq };
	int		 e;

	if (rb->seq != 0 && ev->seq != rb->seq + 1) {
		snprintf(why, REBUILD_WHY, "event %" PRIu64 " is missing: %"
		    PRIu64 " is followed by %" PRIu64, rb->seq + 1, rb->seq,
		    ev->seq);
		return (PRA_ECORRUPT);
	}
	e = rec_decode_one(ev->data, ev->len, store_event_kind(ev), &f.data);
	if (e != 0)
		return (event_fail(ev, e == PRA_ENOMEM ? e : PRA_ECORRUPT, why,
		    "cannot be read"));
	if ((e = upcast(f.data, ev->schema)) != 0)
		e = event_fail(ev, e, why, "has another form");
	else if ((e = apply(rb->st, &f)) != 0)
		e = event_fail(ev, e, why, "does not fit the state before it");
	rec_free(f.data);
	rb->seq = ev->seq;
	if (e == 0 && ++rb->since >= FLUSH_AFTER &&
	    (e = rebuild_flush(rb)) != 0)
		snprintf(why, REBUILD_WHY, "the rows cannot be made: %s",
		    err_text(e));
	return (e);
}

void
rebuild_name(const struct store_row *row, char *out, size_t size)
{
	const struct rec_def	*def = row->kind == NULL ? NULL :
	    rec_def(rec_byname(RC_BODY, row->kind));
	const uint8_t		*key = row->key;
	enum rec_type		 type;
	char			 id[ID_SIZE];
	uint64_t		 n = 0;
	size_t			 i;

	type = def == NULL ? R_BYTES : def->fields[0].type;
	if (type == R_ID && row->keylen == ULID_LEN) {
		id_format(id, (char)def->fields[0].arg, key);
		snprintf(out, size, "%s", id);
	} else if (type == R_SID && row->keylen == 8) {
		for (i = 0; i < 8; i++)
			n = n << 8 | key[i];
		snprintf(out, size, "s_%02" PRIu64, n);
	} else {
		log_vis(out, size, row->key, row->keylen);
	}
}

/* The first field in which two records read differently, or NULL. */
static const char *
differing_field(const struct rec *a, const struct rec *b)
{
	const struct rec_def	*def = rec_def(rec_kind(a));
	unsigned int		 f;

	for (f = 0; f < def->nfields; f++)
		if (!rec_field_same(a, b, (int)f))
			return (def->fields[f].name);
	return (NULL);
}

/* Both in today's form. */
static int
bodies_same(const struct store_row *row, const struct rowset_row *made,
    struct differ *d)
{
	struct store_row	 m = { 0 };
	struct rec		*a = NULL, *b = NULL;
	int			 e;

	rowset_row_store(made, &m);
	e = store_row_decode(row, &a);
	if (e == PRA_ECORRUPT) {
		d->what = "cannot be read";
		return (0);
	}
	if (e == 0)
		e = store_row_decode(&m, &b);
	if (e == 0 && rec_kind(a) != rec_kind(b))
		d->what = "is of another kind";
	else if (e == 0)
		d->field = differing_field(a, b);
	e = e != 0 ? e : rec_kind(a) == rec_kind(b) && d->field == NULL;
	d->field = d->field == NULL ? "" : d->field;
	rec_free(a);
	rec_free(b);
	return (e);
}

int
rebuild_same(struct rebuild *rb, const struct store_row *row, struct differ *d)
{
	struct rowset_row	*r;

	d->table = row->table;
	d->field = "";
	d->what = "differs";
	rebuild_name(row, d->row, sizeof(d->row));
	r = rowset_find(&rb->rows, row->table, row->key, row->keylen);
	if (r == NULL) {
		d->what = "comes from no event";
		return (0);
	}
	r->seen = 1;
	if (r->live != row->live) {
		d->field = "live";
		return (0);
	}
	if (r->len == row->len && memcmp(r->bytes + r->keylen, row->body,
	    row->len) == 0 && row->kind != NULL && strcmp(row->kind,
	    rec_def((enum rec_kind)r->kind)->name) == 0)
		return (1);
	return (bodies_same(row, r, d));
}

int
rebuild_unseen(struct rebuild *rb, size_t *at, struct differ *d)
{
	struct rowset_row	*r;
	struct store_row	 row = { 0 };

	while ((r = rowset_next(&rb->rows, at)) != NULL) {
		if (r->seen)
			continue;
		rowset_row_store(r, &row);
		d->table = row.table;
		d->field = "";
		d->what = "is missing";
		rebuild_name(&row, d->row, sizeof(d->row));
		return (1);
	}
	return (0);
}
