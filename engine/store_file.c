/*
 * The store as a file: its size, checking it, copying it, giving pages back.
 * Runs in the engine and in copies of it.
 */
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/store_int.h"

#define ERRORS_MOST	"100"

int
store_numbers(struct store *s, struct store_numbers *n)
{
	static const char *const	 sql[] = {
		"PRAGMA page_size", "PRAGMA page_count",
		"PRAGMA freelist_count",
		"SELECT coalesce(min(seq), 0) FROM events",
		"SELECT coalesce(max(seq), 0) FROM events"
	};
	int64_t				 v[5];
	size_t				 i;
	int				 e;

	for (i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		if ((e = store_pragma(s, sql[i], &v[i], NULL)) != 0)
			return (e);
	n->bytes = (uint64_t)(v[0] * v[1]);
	n->free = (uint64_t)(v[0] * v[2]);
	n->first = (uint64_t)v[3];
	n->last = (uint64_t)v[4];
	return (0);
}

int
store_integrity(struct store *s, void (*fn)(void *, const char *), void *arg)
{
	sqlite3_stmt	*st = NULL;
	const char	*text;
	int		 rc, n = 0;

	rc = sqlite3_prepare_v2(s->db, "PRAGMA integrity_check(" ERRORS_MOST
	    ")", -1, &st, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		if ((rc = sqlite3_step(st)) != SQLITE_ROW)
			break;
		text = (const char *)sqlite3_column_text(st, 0);
		if (text == NULL || strcmp(text, "ok") == 0)
			continue;
		fn(arg, text);
		n++;
	}
	if (rc != SQLITE_DONE)
		n = store_error(s, rc, "integrity");
	sqlite3_finalize(st);
	return (n);
}

int
store_copy_to(struct store *s, const char *path)
{
	sqlite3_stmt	*st = NULL;
	int		 rc, e;

	if (!sqlite3_get_autocommit(s->db) &&
	    (e = store_run(s, "COMMIT", "snapshot")) != 0)
		return (e);
	rc = sqlite3_prepare_v2(s->db, "VACUUM INTO ?1", -1, &st, NULL);
	if (rc == SQLITE_OK) {
		bind_text(st, 1, path);
		rc = sqlite3_step(st);
	}
	e = rc == SQLITE_DONE ? 0 : store_error(s, rc, "copy");
	sqlite3_finalize(st);
	return (e);
}

/*
 * The file has its new size once what is in the WAL is in it.  A copy that
 * still reads is not waited for: then that is so after a later checkpoint.
 */
static void
shrink(struct store *s)
{
	sqlite3_busy_timeout(s->db, 0);
	(void)store_run(s, "PRAGMA wal_checkpoint(TRUNCATE)", "checkpoint");
	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
}

int
store_vacuum(struct store *s, unsigned int pages)
{
	sqlite3_stmt	*st = NULL;
	int64_t		 mode, left;
	int		 rc, e;

	if (s->in_tx)
		return (PRA_ESTATE);
	if ((e = store_pragma(s, "PRAGMA auto_vacuum", &mode, NULL)) != 0)
		return (e);
	if (mode != 2)
		return (PRA_EUNSUPPORTED);
	rc = sqlite3_prepare_v2(s->db, "PRAGMA incremental_vacuum", -1, &st,
	    NULL);
	/* A step gives back a page. */
	while (rc == SQLITE_OK && pages-- > 0)
		if (sqlite3_step(st) != SQLITE_ROW)
			break;
	rc = sqlite3_finalize(st);
	if (rc != SQLITE_OK)
		return (store_error(s, rc, "vacuum"));
	if ((e = store_pragma(s, "PRAGMA freelist_count", &left, NULL)) != 0)
		return (e);
	if (left == 0)
		shrink(s);
	return (left > INT32_MAX ? INT32_MAX : (int)left);
}
