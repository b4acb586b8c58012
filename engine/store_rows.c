/*
 * The store: what is rewritten in place -- rows of state, keys, numbers.  Runs
 * in the engine.  Every statement of the store stands here in one table of SQL
 * and is prepared once; values reach SQL as parameters only.
 */
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/store_int.h"

#define KEY_MOST	1024		/* bytes of a key */

#define EVENT_COLUMNS							\
	"SELECT seq, stream, stream_seq, id, time, actor, project, "	\
	"subject, cause, policy, schema, hash, data, type FROM events "
/* ?4 holds one byte a kind: 01 when it is asked for; NULL asks for all. */
#define EVENT_WHERE							\
	"seq > ?1 AND (?4 IS NULL OR substr(?4, type + 1, 1) = x'01') "
#define EVENT_ORDER	"ORDER BY seq LIMIT ?5"

/* The tables of state: name, and how live rows are found. */
#define TABLES(X)							\
	X(ST_PROJECT, "project", " INDEXED BY project_live")		\
	X(ST_TASK, "task", " INDEXED BY task_live")			\
	X(ST_SESSION, "session", " INDEXED BY session_live")		\
	X(ST_CHANGE, "change", " INDEXED BY change_live")		\
	X(ST_OWED, "owed", "")						\
	X(ST_USAGE, "usage", " INDEXED BY usage_live")			\
	X(ST_ATTEMPT, "attempt", " INDEXED BY attempt_live")		\
	X(ST_TALLY, "tally", " INDEXED BY tally_live")			\
	X(ST_BRAKE, "brake", " INDEXED BY brake_live")			\
	X(ST_SCHEDULE, "schedule", " INDEXED BY schedule_live")

#define ROW_COLUMNS	"SELECT key, kind, row FROM "
/*
 * Most writes leave a row as live as it was: TQ_PUT then keeps away from the
 * index of live rows, and changes nothing when it must not.
 */
#define TABLE_SQL(t, name, live)					\
	[Q_TABLES + (t) * TQ_MAX + TQ_PUT] = "INSERT INTO " name	\
	    " (key, live, kind, row) VALUES (?1, ?2, ?3, ?4) "		\
	    "ON CONFLICT (key) DO UPDATE "				\
	    "SET kind = ?3, row = ?4 WHERE live = ?2",			\
	[Q_TABLES + (t) * TQ_MAX + TQ_LIVE] = "UPDATE " name		\
	    " SET live = ?2, kind = ?3, row = ?4 WHERE key = ?1",	\
	[Q_TABLES + (t) * TQ_MAX + TQ_DEL] = "DELETE FROM " name	\
	    " WHERE key = ?1",						\
	[Q_TABLES + (t) * TQ_MAX + TQ_EACH] = ROW_COLUMNS name		\
	    live " WHERE live = 1 ORDER BY key",			\
	[Q_TABLES + (t) * TQ_MAX + TQ_GET] = ROW_COLUMNS name		\
	    " WHERE key = ?1",						\
	[Q_TABLES + (t) * TQ_MAX + TQ_RECENT] = ROW_COLUMNS name	\
	    " ORDER BY key DESC LIMIT ?1",				\
	[Q_TABLES + (t) * TQ_MAX + TQ_PREFIX] = ROW_COLUMNS name	\
	    " WHERE key BETWEEN ?1 AND ?2 ORDER BY key LIMIT ?3",	\
	[Q_TABLES + (t) * TQ_MAX + TQ_BACK] = ROW_COLUMNS name		\
	    " WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT ?3",	\
	[Q_TABLES + (t) * TQ_MAX + TQ_ALL] = "SELECT key, kind, row, live " \
	    "FROM " name " ORDER BY key",

static const char *const sql[Q_MAX] = {
	[Q_BEGIN] = "BEGIN IMMEDIATE",
	[Q_COMMIT] = "COMMIT",
	[Q_ROLLBACK] = "ROLLBACK",
	[Q_LAST] = "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1",
	[Q_STREAM_LAST] = "SELECT stream_seq FROM events "
	    "INDEXED BY events_stream WHERE stream = ?1 "
	    "ORDER BY stream_seq DESC LIMIT 1",
	[Q_APPEND] = "INSERT INTO events (seq, stream, stream_seq, id, time, "
	    "type, actor, project, subject, cause, policy, schema, hash, data) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
	    "?14)",
	[Q_EVENTS] = EVENT_COLUMNS "WHERE " EVENT_WHERE EVENT_ORDER,
	[Q_EVENTS_PROJECT] = EVENT_COLUMNS "INDEXED BY events_project "
	    "WHERE project = ?2 AND project <> '' AND " EVENT_WHERE
	    EVENT_ORDER,
	[Q_EVENTS_SUBJECT] = EVENT_COLUMNS "INDEXED BY events_subject "
	    "WHERE subject = ?3 AND subject <> '' "
	    "AND (?2 IS NULL OR project = ?2) AND " EVENT_WHERE EVENT_ORDER,
	[Q_KEY_FIND] = "SELECT bodyhash, answer FROM keys WHERE key = ?1",
	[Q_KEY_PUT] = "INSERT INTO keys (key, bodyhash, time, answer) "
	    "VALUES (?1, ?2, ?3, ?4)",
	[Q_KEYS_OLDER] = "SELECT 1 FROM keys INDEXED BY keys_time "
	    "WHERE time < ?1 LIMIT 1",
	[Q_KEYS_EXPIRE] = "DELETE FROM keys WHERE key IN (SELECT key FROM "
	    "keys INDEXED BY keys_time WHERE time < ?1 ORDER BY time "
	    "LIMIT ?2)",
	[Q_PENDING_PUT] = "INSERT INTO pending (project, key, bodyhash) "
	    "VALUES (?1, ?2, ?3)",
	[Q_PENDING_DEL] = "DELETE FROM pending WHERE project = ?1",
	[Q_PENDING_EACH] = "SELECT project, key, bodyhash FROM pending",
	[Q_META_GET] = "SELECT value FROM meta WHERE name = ?1",
	[Q_META_SET] = "INSERT INTO meta (name, value) VALUES (?1, ?2) "
	    "ON CONFLICT (name) DO UPDATE SET value = ?2",
	TABLES(TABLE_SQL)
};

#define TABLE_NAME(t, name, live) [t] = name,
static const char *const table_names[ST_MAX] = { TABLES(TABLE_NAME) };
#undef TABLE_NAME

const char *
store_table_name(enum store_table t)
{
	return (table_names[t]);
}

int
store_prepare(struct store *s)
{
	int	 q, rc;

	for (q = 0; q < Q_MAX; q++) {
		rc = sqlite3_prepare_v3(s->db, sql[q], -1,
		    SQLITE_PREPARE_PERSISTENT, &s->stmt[q], NULL);
		if (rc == SQLITE_ERROR)		/* no such table or index */
			return (store_error(s, SQLITE_CORRUPT, sql[q]));
		if (rc != SQLITE_OK)
			return (store_error(s, rc, sql[q]));
	}
	return (0);
}

void
bind_text(sqlite3_stmt *st, int i, const char *text)
{
	sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC);
}

void
bind_blob(sqlite3_stmt *st, int i, const void *p, size_t n)
{
	sqlite3_bind_blob64(st, i, n == 0 ? "" : p, n, SQLITE_STATIC);
}

void
stmt_done(sqlite3_stmt *st)
{
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

/*
 * Nested records carry numbers of kinds in their own bytes, so nothing that is
 * stored may have them.
 */
int
store_keeps(const struct rec_def *def, enum rec_class cls)
{
	unsigned int	 f;

	if (def == NULL || def->cls != cls)
		return (0);
	for (f = 0; f < def->nfields; f++)
		if (def->fields[f].type == R_RECS)
			return (0);
	return (1);
}

/* A statement of a table of state; NULL for bad arguments or a busy one. */
static sqlite3_stmt *
table_stmt(struct store *s, enum store_table t, enum table_query q)
{
	if ((unsigned int)t >= ST_MAX)
		return (NULL);
	return (store_stmt(s, Q_TABLES + (int)t * TQ_MAX + (int)q));
}

static int
key_ok(const void *key, size_t keylen)
{
	return (key != NULL && keylen > 0 && keylen <= KEY_MOST);
}

static int
put_write(struct store *s, sqlite3_stmt *st, const void *key, size_t keylen,
    int live, const char *kind, const struct buf *b)
{
	bind_blob(st, 1, key, keylen);
	sqlite3_bind_int(st, 2, live != 0);
	bind_text(st, 3, kind);
	bind_blob(st, 4, b->data + REC_HEAD, b->len - REC_HEAD);
	return (store_write(s, st, "put"));
}

int
store_put(struct store *s, enum store_table t, const void *key, size_t keylen,
    int live, const struct rec *row)
{
	sqlite3_stmt	*st = table_stmt(s, t, TQ_PUT);
	const char	*kind;
	struct buf	 b = { 0 };
	int		 e;

	if (st == NULL || !key_ok(key, keylen) || row == NULL ||
	    !store_keeps(rec_def(rec_kind(row)), RC_BODY))
		return (store_spoil(s, PRA_EINVALID));
	kind = rec_def(rec_kind(row))->name;
	if ((e = rec_encode(row, &b)) != 0)
		store_spoil(s, e);
	else
		e = put_write(s, st, key, keylen, live, kind, &b);
	if (e == 0 && sqlite3_changes(s->db) == 0)	/* live has changed */
		e = put_write(s, table_stmt(s, t, TQ_LIVE), key, keylen, live,
		    kind, &b);
	buf_free(&b);
	return (e);
}

int
store_del(struct store *s, enum store_table t, const void *key, size_t keylen)
{
	sqlite3_stmt	*st = table_stmt(s, t, TQ_DEL);

	if (st == NULL || !key_ok(key, keylen))
		return (store_spoil(s, PRA_EINVALID));
	bind_blob(st, 1, key, keylen);
	return (store_write(s, st, "delete"));
}

/*
 * The record of the row that st stands on: its name gives today's number of
 * the kind, which goes in front of the stored body.
 */
static int
row_decode(struct store *s, sqlite3_stmt *st, struct rec **out)
{
	struct store_row	 row = { 0 };
	int			 e;

	row.kind = (const char *)sqlite3_column_text(st, 1);
	row.body = sqlite3_column_blob(st, 2);
	row.len = (size_t)sqlite3_column_bytes(st, 2);
	if ((e = store_row_decode(&row, out)) == PRA_ECORRUPT)
		log_warnx("%s: a row cannot be read: %s", s->path,
		    sqlite3_sql(st));
	return (e);
}

/* Walk the rows of a statement whose parameters are bound. */
static int
walk(struct store *s, sqlite3_stmt *st,
    int (*fn)(void *, const void *, size_t, struct rec *), void *arg)
{
	struct rec	*row;
	int		 rc, e = 0;

	while (e == 0 && (rc = sqlite3_step(st)) != SQLITE_DONE) {
		if (rc != SQLITE_ROW)
			e = store_error(s, rc, "read");
		else if ((e = row_decode(s, st, &row)) == 0)
			e = fn(arg, sqlite3_column_blob(st, 0),
			    (size_t)sqlite3_column_bytes(st, 0), row);
	}
	stmt_done(st);
	return (e);
}

sqlite3_int64
store_limit(unsigned int limit)
{
	return (limit == 0 ? -1 : (sqlite3_int64)limit);
}

int
store_each(struct store *s, enum store_table t,
    int (*fn)(void *, const void *, size_t, struct rec *), void *arg)
{
	sqlite3_stmt	*st = table_stmt(s, t, TQ_EACH);

	return (st == NULL ? PRA_EINVALID : walk(s, st, fn, arg));
}

int
store_rows(struct store *s, enum store_table t,
    int (*fn)(void *, const struct store_row *), void *arg)
{
	sqlite3_stmt		*st = table_stmt(s, t, TQ_ALL);
	struct store_row	 row = { .table = t };
	int			 rc, e = 0;

	if (st == NULL)
		return (PRA_EINVALID);
	while (e == 0 && (rc = sqlite3_step(st)) != SQLITE_DONE) {
		if (rc != SQLITE_ROW) {
			e = store_error(s, rc, "read");
			break;
		}
		row.key = sqlite3_column_blob(st, 0);
		row.keylen = (size_t)sqlite3_column_bytes(st, 0);
		row.kind = (const char *)sqlite3_column_text(st, 1);
		row.body = sqlite3_column_blob(st, 2);
		row.len = (size_t)sqlite3_column_bytes(st, 2);
		row.live = sqlite3_column_int(st, 3);
		e = fn(arg, &row);
	}
	stmt_done(st);
	return (e);
}

int
store_row_decode(const struct store_row *row, struct rec **out)
{
	struct buf	 b = { 0 };
	enum rec_kind	 kind;
	uint8_t		 head[REC_HEAD];
	int		 i, e;

	kind = row->kind == NULL ? REC_NONE : rec_byname(RC_BODY, row->kind);
	head[0] = (uint8_t)(kind & 0xff);
	head[1] = (uint8_t)(kind >> 8);
	for (i = 0; i < 4; i++)
		head[2 + i] = (uint8_t)(row->len >> 8 * i);
	if ((e = buf_add(&b, head, sizeof(head))) == 0 &&
	    (e = buf_add(&b, row->body, row->len)) == 0)
		e = rec_decode_one(b.data, b.len, kind, out);
	buf_free(&b);
	return (e == 0 || e == PRA_ENOMEM ? e : PRA_ECORRUPT);
}

static int
take_row(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct rec	**out = arg;

	(void)key;
	(void)keylen;
	*out = row;
	return (0);
}

int
store_get(struct store *s, enum store_table t, const void *key, size_t keylen,
    struct rec **row)
{
	sqlite3_stmt	*st = table_stmt(s, t, TQ_GET);
	int		 e;

	*row = NULL;
	if (st == NULL || !key_ok(key, keylen))
		return (PRA_EINVALID);
	bind_blob(st, 1, key, keylen);
	if ((e = walk(s, st, take_row, row)) == 0 && *row == NULL)
		e = PRA_ENOTFOUND;
	return (e);
}

int
store_recent(struct store *s, enum store_table t, unsigned int limit,
    int (*fn)(void *, const void *, size_t, struct rec *), void *arg)
{
	sqlite3_stmt	*st = table_stmt(s, t, TQ_RECENT);

	if (st == NULL)
		return (PRA_EINVALID);
	sqlite3_bind_int64(st, 1, store_limit(limit));
	return (walk(s, st, fn, arg));
}

static int
range(struct store *s, sqlite3_stmt *st, const void *lo, const void *hi,
    size_t keylen, unsigned int limit,
    int (*fn)(void *, const void *, size_t, struct rec *), void *arg)
{
	if (st == NULL || !key_ok(lo, keylen) || !key_ok(hi, keylen))
		return (PRA_EINVALID);
	bind_blob(st, 1, lo, keylen);
	bind_blob(st, 2, hi, keylen);
	sqlite3_bind_int64(st, 3, store_limit(limit));
	return (walk(s, st, fn, arg));
}

int
store_prefix(struct store *s, enum store_table t, const void *lo,
    const void *hi, size_t keylen, unsigned int limit,
    int (*fn)(void *, const void *, size_t, struct rec *), void *arg)
{
	return (range(s, table_stmt(s, t, TQ_PREFIX), lo, hi, keylen, limit,
	    fn, arg));
}

int
store_back(struct store *s, enum store_table t, const void *lo,
    const void *hi, size_t keylen, unsigned int limit,
    int (*fn)(void *, const void *, size_t, struct rec *), void *arg)
{
	return (range(s, table_stmt(s, t, TQ_BACK), lo, hi, keylen, limit,
	    fn, arg));
}

int
store_key_find(struct store *s, const char *key,
    const uint8_t bodyhash[STORE_HASH], struct buf *answer)
{
	sqlite3_stmt	*st = s->stmt[Q_KEY_FIND];
	int		 rc, e = 0;

	bind_text(st, 1, key);
	if ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (sqlite3_column_bytes(st, 0) != STORE_HASH ||
		    memcmp(sqlite3_column_blob(st, 0), bodyhash,
		    STORE_HASH) != 0)
			e = PRA_ECONFLICT;
		else
			e = buf_add(answer, sqlite3_column_blob(st, 1),
			    (size_t)sqlite3_column_bytes(st, 1));
		e = e == 0 ? 1 : e;
	} else if (rc != SQLITE_DONE) {
		e = store_error(s, rc, "key");
	}
	stmt_done(st);
	return (e);
}

int
store_key_put(struct store *s, const char *key,
    const uint8_t bodyhash[STORE_HASH], int64_t time, const void *answer,
    size_t len)
{
	sqlite3_stmt	*st = s->stmt[Q_KEY_PUT];

	bind_text(st, 1, key);
	bind_blob(st, 2, bodyhash, STORE_HASH);
	sqlite3_bind_int64(st, 3, time);
	bind_blob(st, 4, answer, len);
	return (store_write(s, st, "key"));
}

int
store_keys_older(struct store *s, int64_t time)
{
	sqlite3_stmt	*st = s->stmt[Q_KEYS_OLDER];
	int		 rc, e;

	sqlite3_bind_int64(st, 1, time);
	rc = sqlite3_step(st);
	e = rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 :
	    store_error(s, rc, "keys");
	stmt_done(st);
	return (e);
}

int
store_keys_expire(struct store *s, int64_t time, unsigned int limit)
{
	sqlite3_stmt	*st = s->stmt[Q_KEYS_EXPIRE];

	sqlite3_bind_int64(st, 1, time);
	sqlite3_bind_int64(st, 2, store_limit(limit));
	return (store_write(s, st, "keys"));
}

int
store_pending_put(struct store *s, const char *project, const char *key,
    const uint8_t bodyhash[STORE_HASH])
{
	sqlite3_stmt	*st = s->stmt[Q_PENDING_PUT];

	bind_text(st, 1, project);
	bind_text(st, 2, key);
	bind_blob(st, 3, bodyhash, STORE_HASH);
	return (store_write(s, st, "pending"));
}

int
store_pending_del(struct store *s, const char *project)
{
	sqlite3_stmt	*st = s->stmt[Q_PENDING_DEL];

	bind_text(st, 1, project);
	return (store_write(s, st, "pending"));
}

int
store_pending_each(struct store *s, int (*fn)(void *, const char *,
    const char *, const uint8_t *), void *arg)
{
	sqlite3_stmt	*st = s->stmt[Q_PENDING_EACH];
	int		 rc, e = 0;

	while (e == 0 && (rc = sqlite3_step(st)) != SQLITE_DONE) {
		if (rc != SQLITE_ROW)
			e = store_error(s, rc, "pending");
		else if (sqlite3_column_bytes(st, 2) != STORE_HASH)
			e = PRA_ECORRUPT;
		else
			e = fn(arg, (const char *)sqlite3_column_text(st, 0),
			    (const char *)sqlite3_column_text(st, 1),
			    sqlite3_column_blob(st, 2));
	}
	stmt_done(st);
	return (e);
}

int
store_meta_get(struct store *s, const char *name, uint64_t *v)
{
	sqlite3_stmt	*st = s->stmt[Q_META_GET];
	int		 rc, e = 0;

	*v = 0;
	bind_text(st, 1, name);
	if ((rc = sqlite3_step(st)) == SQLITE_ROW)
		*v = (uint64_t)sqlite3_column_int64(st, 0);
	else if (rc != SQLITE_DONE)
		e = store_error(s, rc, "meta");
	stmt_done(st);
	return (e);
}

int
store_meta_set(struct store *s, const char *name, uint64_t v)
{
	sqlite3_stmt	*st = s->stmt[Q_META_SET];

	bind_text(st, 1, name);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)v);
	return (store_write(s, st, "meta"));
}
