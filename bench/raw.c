/*
 * SQLite by itself; a part of benchmarks and not of the daemon.
 */
#include <err.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/raw.h"

enum { BEGIN, COMMIT, EVENT, ROW, NSQL };

struct raw {
	sqlite3		*db;
	sqlite3_stmt	*st[NSQL];
	char		 path[4096];
	uint64_t	 tasks;
};

static const char setup[] =
	"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"CREATE TABLE event (seq INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TABLE task (key BLOB PRIMARY KEY, row BLOB NOT NULL) "
	"WITHOUT ROWID;";

static const char *const sql[NSQL] = {
	"BEGIN IMMEDIATE", "COMMIT",
	"INSERT INTO event (data) VALUES (?1)",
	"INSERT INTO task (key, row) VALUES (?1, ?2) "
	    "ON CONFLICT (key) DO UPDATE SET row = ?2"
};

static void
must(struct raw *r, int ok)
{
	if (!ok)
		errx(1, "%s: %s", r->path, sqlite3_errmsg(r->db));
}

static void
unlink_all(const struct raw *r)
{
	static const char *const	 ends[] = { "", "-wal", "-shm" };
	char				 path[4200];
	size_t				 i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", r->path, ends[i]);
		unlink(path);
	}
}

struct raw *
raw_open(const char *dir)
{
	struct raw	*r = calloc(1, sizeof(*r));
	int		 i;

	if (r == NULL)
		err(1, "raw");
	snprintf(r->path, sizeof(r->path), "%s/raw.db", dir);
	unlink_all(r);
	must(r, sqlite3_open(r->path, &r->db) == SQLITE_OK &&
	    sqlite3_exec(r->db, setup, NULL, NULL, NULL) == SQLITE_OK);
	for (i = 0; i < NSQL; i++)
		must(r, sqlite3_prepare_v2(r->db, sql[i], -1, &r->st[i],
		    NULL) == SQLITE_OK);
	return (r);
}

void
raw_close(struct raw *r)
{
	int	 i;

	for (i = 0; i < NSQL; i++)
		sqlite3_finalize(r->st[i]);
	sqlite3_close(r->db);
	unlink_all(r);
	free(r);
}

static void
step(struct raw *r, int i)
{
	must(r, sqlite3_step(r->st[i]) == SQLITE_DONE);
	sqlite3_reset(r->st[i]);
}

void
raw_commit(struct raw *r, unsigned int n, unsigned int events)
{
	static const uint8_t	 data[300];
	uint8_t			 key[16] = { 0 };
	unsigned int		 i;
	int			 b;

	step(r, BEGIN);
	for (; n > 0; n--) {
		r->tasks++;
		for (b = 0; b < 8; b++)
			key[b] = (uint8_t)(r->tasks >> (56 - 8 * b));
		for (i = 0; i < events; i++) {
			sqlite3_bind_blob(r->st[EVENT], 1, data, sizeof(data),
			    SQLITE_STATIC);
			step(r, EVENT);
			sqlite3_bind_blob(r->st[ROW], 1, key, sizeof(key),
			    SQLITE_STATIC);
			sqlite3_bind_blob(r->st[ROW], 2, data, 200,
			    SQLITE_STATIC);
			step(r, ROW);
		}
	}
	step(r, COMMIT);
}
