/*
 * Rows of an older version, made anew.  Engine, at start, before anything is
 * loaded.  A version that gives rows a new field or a new table finds it
 * filled from the whole history, and `replay verify' has nothing to excuse:
 * stored rows always are what this version's apply() makes of the log.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/rebuild.h"
#include "engine/remake.h"

struct remake {
	struct store	*store;
	struct rebuild	 rb;
	struct buf	 gone;		/* struct gone: rows to be deleted */
	uint64_t	 changed;
	char		 why[REBUILD_WHY];
};

struct gone {
	enum store_table table;
	size_t		 keylen;
	uint8_t		 key[128];
};

/* FNV-1a over the definitions of every row, in 63 bits. */
static uint64_t
fingerprint(void)
{
	uint64_t		 h = 0xcbf29ce484222325ULL ^ APPLY_VERSION;
	const struct rec_def	*def;
	const char		*p;
	unsigned int		 f;
	int			 k;

	for (k = REC_NONE + 1; k < REC_MAX; k++) {
		def = rec_def((enum rec_kind)k);
		p = strrchr(def->name, '-');
		if (def->cls != RC_BODY || p == NULL || strcmp(p, "-row") != 0)
			continue;
		for (f = 0; f < def->nfields; f++)
			for (p = def->fields[f].name; *p != '\0'; p++)
				h = (h ^ (uint8_t)*p) * 0x100000001b3ULL;
	}
	return (h >> 1);
}

static int
remake_event(void *arg, const struct store_event *ev)
{
	struct remake	*m = arg;

	return (rebuild_event(&m->rb, ev, m->why));
}

static int
remake_row(void *arg, const struct store_row *row)
{
	struct remake		*m = arg;
	struct rowset_row	*r;
	struct differ		 d;
	struct gone		 g = { .table = row->table };
	int			 same;

	if ((same = rebuild_same(&m->rb, row, &d)) != 0)
		return (same < 0 ? same : 0);
	r = rowset_find(&m->rb.rows, row->table, row->key, row->keylen);
	if (r != NULL) {
		r->seen = 0;		/* it is written as if it were new */
		return (0);
	}
	if (row->keylen > sizeof(g.key))
		return (PRA_ECORRUPT);
	g.keylen = row->keylen;
	memcpy(g.key, row->key, row->keylen);
	return (buf_add(&m->gone, &g, sizeof(g)));
}

static int
remake_delete(struct remake *m)
{
	struct gone	 g;
	size_t		 at;
	int		 e = 0;

	for (at = 0; e == 0 && at < m->gone.len; at += sizeof(g)) {
		memcpy(&g, m->gone.data + at, sizeof(g));
		e = store_del(m->store, g.table, g.key, g.keylen);
		m->changed++;
	}
	return (e);
}

static int
remake_put(struct remake *m)
{
	struct rowset_row	*r;
	struct store_row	 row = { 0 };
	struct rec		*rec;
	size_t			 at = 0;
	int			 e = 0;

	while (e == 0 && (r = rowset_next(&m->rb.rows, &at)) != NULL) {
		if (r->seen)
			continue;
		rowset_row_store(r, &row);
		if ((e = store_row_decode(&row, &rec)) != 0)
			break;
		e = store_put(m->store, row.table, row.key, row.keylen,
		    row.live, rec);
		rec_free(rec);
		m->changed++;
	}
	return (e);
}

static int
remake_write(struct remake *m, uint64_t print)
{
	int	 i, e = 0;

	for (i = 0; e == 0 && i < ST_MAX; i++)
		e = store_rows(m->store, (enum store_table)i, remake_row, m);
	if (e != 0 || (e = store_begin(m->store)) != 0)
		return (e);
	if ((e = remake_delete(m)) != 0 || (e = remake_put(m)) != 0 ||
	    (e = store_meta_set(m->store, "state", print)) != 0) {
		store_rollback(m->store);
		return (e);
	}
	return (store_commit(m->store));
}

int
remake_state(struct store *s, char *why, size_t size)
{
	struct store_filter	 all = { 0 };
	struct remake		 m = { .store = s };
	uint64_t		 print = fingerprint(), was = 0;
	int			 e;

	e = store_meta_get(s, "state", &was);
	if (e != 0 && e != PRA_ENOTFOUND)
		return (e);
	if (was == print)
		return (0);
	if ((e = rebuild_init(&m.rb)) == 0 &&
	    (e = store_events(s, &all, remake_event, &m)) == 0 &&
	    (e = rebuild_flush(&m.rb)) == 0)
		e = remake_write(&m, print);
	if (e != 0)
		snprintf(why, size, "the rows cannot be made anew for this "
		    "version: %s; install the praetor that made them, or "
		    "restore a backup", m.why[0] != '\0' ? m.why : err_text(e));
	else if (m.rb.seq > 0)
		log_info("rows were made anew for this version: %" PRIu64
		    " events, %" PRIu64 " rows changed", m.rb.seq, m.changed);
	buf_free(&m.gone);
	rebuild_clear(&m.rb);
	return (e);
}
