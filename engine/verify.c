/*
 * `replay verify'.  Runs in a copy of the engine with a connection of its own,
 * so that reading a long log keeps nobody waiting.  It trusts nothing that is
 * stored: that is what it is for.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "engine/rebuild.h"
#include "engine/verify.h"

#define SHOWN	20	/* differences of one table that are told one by one */

struct verify {
	struct store	*store;
	verify_emit	*emit;
	void		*arg;
	struct rebuild	 rb;
	uint64_t	 first, last;	/* events that were read */
	uint8_t		 hash[STORE_HASH];
	uint64_t	 bad;		/* event that stopped it, or 0 */
	const char	*type;		/* its type, or NULL */
	char		 why[REBUILD_WHY];
	uint64_t	 differ;
	char		*out;		/* the first sentence; the caller's */
	size_t		 size;
};

/* Which event made a row what it should be. */
struct blame {
	const struct differ	*d;
	uint64_t		 seq;	/* 0: none so far */
	enum rec_kind		 type;
	struct rebuild		 rb;
	struct rec		*was;	/* the row after the event before */
	char			 why[REBUILD_WHY];
};

/* The row of a name among those just changed; NULL when it is not. */
static struct entry *
blame_entry(struct blame *b)
{
	struct store_row	 row = { .table = b->d->table };
	struct entry		*en;
	uint8_t			 key[128];
	char			 name[sizeof(b->d->row)];

	TAILQ_FOREACH(en, &b->rb.st->dirty, link) {
		if (en->table != b->d->table)
			continue;
		row.key = key;
		row.keylen = state_key(en, key);
		row.kind = rec_def(rec_kind(en->row))->name;
		rebuild_name(&row, name, sizeof(name));
		if (strcmp(name, b->d->row) == 0)
			return (en);
	}
	return (NULL);
}

static int
blame_event(void *arg, const struct store_event *ev)
{
	struct blame	*b = arg;
	struct entry	*en;
	struct rec	*now;
	int		 f, e;

	if ((e = rebuild_event(&b->rb, ev, b->why)) != 0)
		return (e);
	if ((en = blame_entry(b)) != NULL) {
		now = rec_copy(en->row);
		f = rec_field(rec_def(rec_kind(en->row)), b->d->field);
		if (f == -1 || b->was == NULL || now == NULL ||
		    !rec_field_same(b->was, now, f)) {
			b->seq = ev->seq;
			b->type = store_event_kind(ev);
		}
		rec_free(b->was);
		b->was = now;
	}
	return (rebuild_flush(&b->rb));
}

/* Once more through the log, for the first row that differs. */
static void
blame(struct verify *v, struct blame *b)
{
	struct store_filter	 all = { 0 };

	if (rebuild_init(&b->rb) != 0)
		return;
	if (store_events(v->store, &all, blame_event, b) != 0)
		b->seq = 0;
	rec_free(b->was);
	rebuild_clear(&b->rb);
}

/* A sentence becomes a view, and the first one the outcome's. */
static void
tell(struct verify *v, uint64_t seq, const char *type, const struct differ *d,
    const char *text)
{
	struct rec	*r = rec_new(REC_v_differ);

	if (v->differ++ == 0)
		snprintf(v->out, v->size, "%s", text);
	if (seq != 0)
		rec_set_u64(r, F_v_differ_seq, seq);
	rec_set_str(r, F_v_differ_type, type);
	if (d != NULL) {
		rec_set_str(r, F_v_differ_table, store_table_name(d->table));
		rec_set_str(r, F_v_differ_row, d->row);
		if (*d->field != '\0')
			rec_set_str(r, F_v_differ_field, d->field);
	}
	rec_set_str(r, F_v_differ_text, text);
	v->emit(v->arg, r);
}

static void
tell_row(struct verify *v, const struct differ *d)
{
	struct blame	 b = { .d = d };
	char		 text[1024], by[128] = "";

	if (v->differ == 0)
		blame(v, &b);
	if (b.seq != 0)
		snprintf(by, sizeof(by), "; event %" PRIu64 " (%s) made it "
		    "what the log says", b.seq, rec_def(b.type)->name);
	snprintf(text, sizeof(text), "table %s, row %s %s%s%s%s",
	    store_table_name(d->table), d->row, d->what,
	    *d->field != '\0' ? " in " : "", d->field, by);
	tell(v, b.seq, b.seq != 0 ? rec_def(b.type)->name : NULL, d, text);
}

/* The log. */

static int
verify_event(void *arg, const struct store_event *ev)
{
	struct verify	*v = arg;
	enum rec_kind	 kind = store_event_kind(ev);
	uint8_t		 hash[STORE_HASH];

	v->bad = ev->seq;
	v->type = rec_def(kind)->name;
	if (ev->seq != v->last + 1) {
		v->bad = v->last + 1;
		v->type = NULL;
		snprintf(v->why, sizeof(v->why), "event %" PRIu64 " is "
		    "missing: %" PRIu64 " follows %" PRIu64, v->bad, ev->seq,
		    v->last);
		return (PRA_ECORRUPT);
	}
	chain_hash(hash, v->hash, ev, kind);
	if (memcmp(hash, ev->hash, STORE_HASH) != 0) {
		snprintf(v->why, sizeof(v->why), "event %" PRIu64 " (%s) does "
		    "not fit its hash and the one before it: it was changed",
		    ev->seq, v->type);
		return (PRA_ECORRUPT);
	}
	memcpy(v->hash, hash, STORE_HASH);
	v->last = ev->seq;
	return (rebuild_event(&v->rb, ev, v->why));
}

static int
verify_log(struct verify *v)
{
	struct store_filter	 all = { 0 };
	int			 e;

	v->first = 1;
	if ((e = store_events(v->store, &all, verify_event, v)) == 0)
		return (rebuild_flush(&v->rb));
	if (v->why[0] == '\0') {
		v->bad = v->last + 1;
		v->type = NULL;
		snprintf(v->why, sizeof(v->why), "event %" PRIu64 " cannot be "
		    "read: %s", v->bad, err_text(e));
	}
	tell(v, v->bad, v->type, NULL, v->why);
	return (e);
}

/* The tables. */

struct table {
	struct verify	*v;
	uint64_t	 made, differ;
	struct row_sum	 sum;
};

static void
table_differs(struct table *t, const struct differ *d)
{
	if (t->differ++ < SHOWN)
		tell_row(t->v, d);
	else
		t->v->differ++;
}

static int
table_row(void *arg, const struct store_row *row)
{
	struct table	*t = arg;
	struct differ	 d;
	int		 same;

	row_sum_add(&t->sum, row);
	if ((same = rebuild_same(&t->v->rb, row, &d)) == 0)
		table_differs(t, &d);
	return (same < 0 ? same : 0);
}

static void
table_tell(struct table *t, enum store_table table)
{
	struct rec	*r = rec_new(REC_v_table);
	uint8_t		 digest[STORE_HASH];

	row_sum_end(&t->sum, digest);
	rec_set_str(r, F_v_table_table, store_table_name(table));
	rec_set_u64(r, F_v_table_rows, t->sum.rows);
	rec_set_u64(r, F_v_table_made, t->made);
	rec_set_u64(r, F_v_table_differ, t->differ);
	rec_set_bytes(r, F_v_table_digest, digest, sizeof(digest));
	t->v->emit(t->v->arg, r);
}

static int
verify_tables(struct verify *v)
{
	struct table		 t[ST_MAX] = { 0 };
	struct rowset_row	*row;
	struct differ		 d;
	size_t			 at = 0;
	int			 i, e;

	while ((row = rowset_next(&v->rb.rows, &at)) != NULL)
		t[row->table].made++;
	for (i = 0; i < ST_MAX; i++) {
		t[i].v = v;
		row_sum_init(&t[i].sum);
		e = store_rows(v->store, (enum store_table)i, table_row, &t[i]);
		if (e != 0) {
			snprintf(v->out, v->size, "table %s cannot be read: "
			    "%s", store_table_name((enum store_table)i),
			    err_text(e));
			return (e);
		}
	}
	for (at = 0; rebuild_unseen(&v->rb, &at, &d);)
		table_differs(&t[d.table], &d);
	for (i = 0; i < ST_MAX; i++)
		table_tell(&t[i], (enum store_table)i);
	return (0);
}

/* Numbers that were given must never be given again. */
static int
verify_number(struct verify *v, const char *name, uint64_t least)
{
	uint64_t	 n = 0;
	char		 text[256];
	int		 e = store_meta_get(v->store, name, &n);

	if (e != 0 && e != PRA_ENOTFOUND)
		return (e);
	if (n >= least)
		return (0);
	snprintf(text, sizeof(text), "the last %s is %" PRIu64 " and the log "
	    "has %" PRIu64 ": numbers would be given twice", name, n, least);
	tell(v, 0, NULL, NULL, text);
	return (0);
}

static int
verify_all(struct verify *v)
{
	int	 e;

	if ((e = verify_log(v)) != 0 || (e = verify_tables(v)) != 0 ||
	    (e = verify_number(v, "session", v->rb.st->last_session)) != 0 ||
	    (e = verify_number(v, "fence", v->rb.st->last_fence)) != 0)
		return (e);
	return (v->differ > 0 ? PRA_ECORRUPT : 0);
}

int
verify_run(struct store *s, verify_emit *emit, void *arg, char *why,
    size_t size)
{
	struct verify	 v = { .store = s, .emit = emit, .arg = arg,
	    .out = why, .size = size };
	struct mono	 began = mono_now();
	struct rec	*r;
	int		 e;

	why[0] = '\0';
	if ((e = rebuild_init(&v.rb)) != 0)
		return (e);
	e = verify_all(&v);
	r = rec_new(REC_v_verified);
	rec_set_u64(r, F_v_verified_first, v.first);
	rec_set_u64(r, F_v_verified_last, v.last);
	rec_set_bytes(r, F_v_verified_hash, v.hash, sizeof(v.hash));
	rec_set_u64(r, F_v_verified_differ, v.differ);
	rec_set_u64(r, F_v_verified_wall,
	    (uint64_t)mono_diff_us(began, mono_now()));
	emit(arg, r);
	rebuild_clear(&v.rb);
	return (e);
}
