/*
 * The store: opening, transactions, errors.  Runs in the engine.  It trusts
 * neither the file it finds (owner, mode, format, version are checked before
 * a row is read) nor any SQL in it (DEFENSIVE, no trusted schema), and it
 * must not hold a half-written turn: one failed write fails the commit.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/store_int.h"

#define DB_NAME		"praetor.db"
#define LOCK_NAME	"lock"
#define APPLICATION_ID	0x50726165	/* "Prae" */

/*
 * A second engine on one directory is refused by a lock of our own; SQLite's
 * locks are shared, because a copy of this process may read a snapshot beside
 * the writer (engine/work.h).  A page that is written in turn after turn is
 * copied out of the WAL once in 16 MiB of it.
 */
static const char setup_sql[] =
	"PRAGMA temp_store = MEMORY;"
	"PRAGMA cell_size_check = ON;"
	"PRAGMA cache_size = -32768;"
	"PRAGMA wal_autocheckpoint = 4096;"
	"PRAGMA journal_size_limit = 67108864;";

/*
 * A row is a record's body beside the record's name: the numbers of kinds
 * other than events move from one version to the next.
 */
#define STATE_TABLE(name)						\
	"CREATE TABLE IF NOT EXISTS " name " (key BLOB PRIMARY KEY, "	\
	"live INTEGER NOT NULL, kind TEXT NOT NULL, "			\
	"row BLOB NOT NULL) STRICT, WITHOUT ROWID;"			\
	"CREATE INDEX IF NOT EXISTS " name "_live ON " name		\
	" (key) WHERE live = 1;"

/* Data is the last column: readers of the envelope stop before it. */
static const char schema_sql[] =
	"CREATE TABLE events (seq INTEGER PRIMARY KEY, "
	"stream TEXT NOT NULL, stream_seq INTEGER NOT NULL, "
	"id BLOB NOT NULL, time INTEGER NOT NULL, type INTEGER NOT NULL, "
	"actor TEXT NOT NULL, project TEXT NOT NULL, subject TEXT NOT NULL, "
	"cause TEXT NOT NULL, policy TEXT NOT NULL, schema INTEGER NOT NULL, "
	"hash BLOB NOT NULL, data BLOB NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX events_stream ON events (stream, stream_seq);"
	"CREATE INDEX events_project ON events (project) WHERE project <> '';"
	"CREATE INDEX events_subject ON events (subject) WHERE subject <> '';"
	"CREATE TABLE keys (key TEXT PRIMARY KEY, bodyhash BLOB NOT NULL, "
	"time INTEGER NOT NULL, answer BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) "
	"STRICT, WITHOUT ROWID;"
	STATE_TABLE("project")
	STATE_TABLE("task")
	STATE_TABLE("session")
	STATE_TABLE("change")
	STATE_TABLE("owed");

/*
 * What was added later: a store that is older than it gets it when it is
 * opened, and an older praetord does not mind.
 */
static const char added_sql[] =
	"CREATE TABLE IF NOT EXISTS pending (project TEXT PRIMARY KEY, "
	"key TEXT NOT NULL, bodyhash BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS keys_time ON keys (time);"
	STATE_TABLE("usage")
	STATE_TABLE("attempt")
	STATE_TABLE("tally")
	STATE_TABLE("brake")
	STATE_TABLE("schedule")
	"DROP INDEX IF EXISTS owed_live;";	/* every row of it is */

/* The PRA_E* for a result of SQLite; the errno below it tells a full disk. */
static int
db_err(sqlite3 *db, int rc)
{
	int	 errnum = db == NULL ? 0 : sqlite3_system_errno(db);

	switch (rc & 0xff) {
	case SQLITE_FULL:
		return (PRA_ENOSPC);
	case SQLITE_NOMEM:
		return (PRA_ENOMEM);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return (PRA_ECORRUPT);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return (PRA_ECONFLICT);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return (PRA_EPERM);
	case SQLITE_CONSTRAINT:
		return (PRA_EEXISTS);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return (errnum == 0 ? PRA_ESYSTEM : err_errno(errnum));
	default:
		return (PRA_ESYSTEM);
	}
}

int
store_error(struct store *s, int rc, const char *what)
{
	log_warnx("%s: %s: %s", s->path, what, sqlite3_errmsg(s->db));
	return (db_err(s->db, rc));
}

int
store_spoil(struct store *s, int err)
{
	if (err != 0 && s->in_tx && s->failed == 0)
		s->failed = err;
	return (err);
}

sqlite3_stmt *
store_stmt(struct store *s, int q)
{
	sqlite3_stmt	*st = s->stmt[q];

	return (sqlite3_stmt_busy(st) ? NULL : st);
}

int
store_write(struct store *s, sqlite3_stmt *st, const char *what)
{
	int	 rc, e = 0;

	if (!s->in_tx || sqlite3_get_autocommit(s->db))
		e = PRA_ESTATE;
	else if ((rc = sqlite3_step(st)) != SQLITE_DONE)
		e = store_error(s, rc, what);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return (store_spoil(s, e));
}

/* What can be wrong with owner, kind and mode, with the remedy. */
static int
check_stat(const struct stat *st, int isdir, const char *shown, char *why,
    size_t size)
{
	if (isdir ? !S_ISDIR(st->st_mode) : !S_ISREG(st->st_mode)) {
		snprintf(why, size, "%s: is not a %s; move it away", shown,
		    isdir ? "directory" : "regular file");
		return (PRA_EPERM);
	}
	if (st->st_uid != geteuid()) {
		snprintf(why, size, "%s: is owned by user %u, not by user %u; "
		    "run: chown -R %u %s", shown, st->st_uid, geteuid(),
		    geteuid(), shown);
		return (PRA_EPERM);
	}
	if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		snprintf(why, size, "%s: can be written by group or others; "
		    "run: chmod go-w %s", shown, shown);
		return (PRA_EPERM);
	}
	return (0);
}

int
store_check_entry(int dirfd, const char *name, int isdir, const char *shown,
    char *why, size_t size)
{
	struct stat	 st;
	char		 full[4200];

	snprintf(full, sizeof(full), "%s/%s", shown, name);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return (check_stat(&st, isdir, full, why, size));
	if (errno == ENOENT)
		return (PRA_ENOTFOUND);
	snprintf(why, size, "%s: %s", full, strerror(errno));
	return (err_errno(errno));
}

static int
open_dir(struct store *s, const char *dir, char *why, size_t size)
{
	struct stat	 st;
	int		 e;

	s->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->dirfd == -1 || fstat(s->dirfd, &st) == -1) {
		e = err_errno(errno);
		snprintf(why, size, "%s: %s; the state directory must exist "
		    "and belong to this process's user", dir, strerror(errno));
		return (e);
	}
	return (check_stat(&st, 1, dir, why, size));
}

/*
 * Check the database's files, and make an empty one with our mode if there is
 * none.  The file must not be opened again while SQLite has it: closing any
 * descriptor of it would drop SQLite's locks.
 */
static int
check_files(struct store *s, const char *dir, char *why, size_t size)
{
	static const char *const names[] = {
		DB_NAME "-wal", DB_NAME "-journal", DB_NAME
	};
	size_t	 i;
	int	 fd, e = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		e = store_check_entry(s->dirfd, names[i], 0, dir, why, size);
		if (e != 0 && e != PRA_ENOTFOUND)
			return (e);
	}
	if (e == 0)
		return (0);
	fd = openat(s->dirfd, DB_NAME, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	if (fd == -1) {
		e = err_errno(errno);
		snprintf(why, size, "%s: cannot be made: %s; free space or "
		    "make %s writable", s->path, strerror(errno), dir);
		return (e);
	}
	close(fd);
	return (0);
}

/*
 * The lock belongs to this process, is not handed on to copies of it, and goes
 * with it.  Nothing else may open the file: closing any descriptor of it would
 * drop the lock.
 */
static int
lock_dir(struct store *s, const char *dir, char *why, size_t size)
{
	struct flock	 fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int		 e;

	s->lockfd = openat(s->dirfd, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (s->lockfd != -1 && fcntl(s->lockfd, F_SETLK, &fl) == 0)
		return (0);
	if (s->lockfd != -1 && (errno == EACCES || errno == EAGAIN)) {
		snprintf(why, size, "%s: another praetord uses it; stop that "
		    "one", dir);
		return (PRA_ECONFLICT);
	}
	e = err_errno(errno);
	snprintf(why, size, "%s/" LOCK_NAME ": %s; make it a file of this "
	    "process's user", dir, strerror(errno));
	return (e);
}

int
store_pragma(struct store *s, const char *sql, int64_t *num, const char *want)
{
	sqlite3_stmt	*st = NULL;
	const char	*text;
	int		 rc, e = 0;

	if ((rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL)) != SQLITE_OK ||
	    (rc = sqlite3_step(st)) != SQLITE_ROW) {
		e = rc == SQLITE_DONE ? PRA_EINTERNAL : store_error(s, rc, sql);
	} else if (want != NULL) {
		text = (const char *)sqlite3_column_text(st, 0);
		if (text == NULL || strcmp(text, want) != 0)
			e = PRA_EUNSUPPORTED;
	} else {
		*num = sqlite3_column_int64(st, 0);
	}
	sqlite3_finalize(st);
	return (e);
}

int
store_run(struct store *s, const char *sql, const char *what)
{
	int	 rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return (rc == SQLITE_OK ? 0 : store_error(s, rc, what));
}

static int
open_db(struct store *s, int mode)
{
	int	 rc;

	rc = sqlite3_open_v2(s->path, &s->db, mode | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_EXRESCODE, NULL);
	if (rc != SQLITE_OK)
		return (s->db == NULL ? PRA_ENOMEM :
		    store_error(s, rc, "open"));
	if (sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) ||
	    sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) ||
	    sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) ||
	    sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL) ||
	    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL) ||
	    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL))
		return (PRA_EUNSUPPORTED);
	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	return (store_run(s, setup_sql, "settings"));
}

static int
make_schema(struct store *s)
{
	char	 sql[160];
	int	 e;

	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d;"
	    "PRAGMA user_version = %d;", APPLICATION_ID, STORE_VERSION);
	if ((e = store_run(s, "BEGIN IMMEDIATE", "begin")) != 0)
		return (e);
	if ((e = store_run(s, schema_sql, "making tables")) != 0 ||
	    (e = store_run(s, sql, "version")) != 0 ||
	    (e = store_run(s, "COMMIT", "commit")) != 0)
		store_run(s, "ROLLBACK", "rollback");
	return (e);
}

/* Whose file it is and which form it has; an empty one gets the tables. */
static int
check_version(struct store *s, char *why, size_t size)
{
	int64_t	 app, version, objects;
	int	 e;

	if ((e = store_pragma(s, "SELECT count(*) FROM sqlite_schema", &objects,
	    NULL)) != 0 ||
	    (e = store_pragma(s, "PRAGMA application_id", &app, NULL)) != 0 ||
	    (e = store_pragma(s, "PRAGMA user_version", &version, NULL)) != 0)
		return (e);
	if (objects == 0 && app == 0 && version == 0)
		return (make_schema(s));
	if (app != APPLICATION_ID) {
		snprintf(why, size, "%s: is the database of another program; "
		    "move it away", s->path);
		return (PRA_ECORRUPT);
	}
	if (version == STORE_VERSION)
		return (0);
	snprintf(why, size, "%s: has format %lld and this version reads "
	    "format %d; install the praetor that made it, or use another "
	    "state directory", s->path, (long long)version, STORE_VERSION);
	return (PRA_EVERSION);
}

static void
explain(const struct store *s, int e, char *why, size_t size)
{
	static const char *const remedies[] = {
		[PRA_POS_CORRUPT] = "restore it from a backup, or move it away",
		[PRA_POS_CONFLICT] = "another praetord uses it; stop that one",
		[PRA_POS_NOSPC] = "free some space on its file system",
		[PRA_POS_PERM] = "make it writable for this process's user"
	};
	size_t	 pos = (size_t)-e;

	if (why == NULL || size == 0 || why[0] != '\0')
		return;
	snprintf(why, size, "%s: %s: %s; %s", s->path, err_text(e),
	    s->db == NULL ? "no memory" : sqlite3_errmsg(s->db),
	    pos < sizeof(remedies) / sizeof(remedies[0]) &&
	    remedies[pos] != NULL ? remedies[pos] : "see the log");
}

/* Where the log stands: the chain goes on from there. */
static int
load_last(struct store *s)
{
	sqlite3_stmt	*st = s->stmt[Q_LAST];
	int		 rc, e = 0;

	if ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		s->seq = (uint64_t)sqlite3_column_int64(st, 0);
		if (sqlite3_column_bytes(st, 1) == STORE_HASH)
			memcpy(s->hash, sqlite3_column_blob(st, 1), STORE_HASH);
		else
			e = PRA_ECORRUPT;
	} else if (rc != SQLITE_DONE) {
		e = store_error(s, rc, "last event");
	}
	sqlite3_reset(st);
	return (e);
}

/*
 * Synchronous is FULL from the first transaction on: an answer that left must
 * survive a power cut.
 */
static int
open_all(struct store *s, const char *dir, char *why, size_t size)
{
	int	 e;

	if ((e = open_dir(s, dir, why, size)) != 0 ||
	    (e = lock_dir(s, dir, why, size)) != 0 ||
	    (e = check_files(s, dir, why, size)) != 0 ||
	    (e = open_db(s, SQLITE_OPEN_READWRITE)) != 0 ||
	    (e = store_run(s, "PRAGMA auto_vacuum = INCREMENTAL", /* if new */
	    "settings")) != 0 ||
	    (e = store_pragma(s, "PRAGMA journal_mode = WAL", NULL, "wal")) != 0 ||
	    (e = store_run(s, "PRAGMA synchronous = FULL; BEGIN IMMEDIATE; COMMIT",
	    "lock")) != 0 ||
	    (e = check_version(s, why, size)) != 0 ||
	    (e = store_run(s, added_sql, "adding tables")) != 0 ||
	    (e = store_prepare(s)) != 0 ||
	    (e = load_last(s)) != 0)
		return (e);
	return (store_log_open(s, why, size));
}

int
store_open(struct store **out, const char *dir, char *why, size_t size)
{
	struct store	*s;
	int		 e;

	*out = NULL;
	if (size > 0)
		why[0] = '\0';
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (PRA_ENOMEM);
	s->dirfd = s->logfd = s->lockfd = -1;
	snprintf(s->path, sizeof(s->path), "%s/%s", dir, DB_NAME);
	if ((e = open_all(s, dir, why, size)) != 0) {
		explain(s, e, why, size);
		store_close(s);
		return (e);
	}
	*out = s;
	return (0);
}

/*
 * SQLite keeps the locks of a file for the whole process, and a copy has that
 * memory without the locks.  Closing frees it; nothing is written back, no
 * lock of the original can be reached from here, and its files stay.
 */
void
store_forget(struct store *s)
{
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
	    NULL);
	store_close(s);
}

int
store_open_copy(struct store **out, const char *dir, const char *name,
    char *why, size_t size)
{
	struct store	*s;
	int		 e;

	*out = NULL;
	if (size > 0)
		why[0] = '\0';
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (PRA_ENOMEM);
	s->dirfd = s->logfd = s->lockfd = -1;
	snprintf(s->path, sizeof(s->path), "%s/%s", dir,
	    name == NULL ? DB_NAME : name);
	if ((e = open_db(s, SQLITE_OPEN_READONLY)) != 0 ||
	    (e = store_run(s, "BEGIN", "snapshot")) != 0 ||
	    (e = check_version(s, why, size)) != 0 ||
	    (e = store_prepare(s)) != 0 || (e = load_last(s)) != 0) {
		explain(s, e, why, size);
		store_close(s);
		return (e);
	}
	*out = s;
	return (0);
}

void
store_close(struct store *s)
{
	size_t	 i;

	if (s == NULL)
		return;
	if (s->in_tx)
		store_rollback(s);
	for (i = 0; i < Q_MAX; i++)
		sqlite3_finalize(s->stmt[i]);
	sqlite3_close(s->db);
	if (s->log_walk != NULL)
		closedir(s->log_walk);
	if (s->logfd != -1)
		close(s->logfd);
	if (s->lockfd != -1)
		close(s->lockfd);
	if (s->dirfd != -1)
		close(s->dirfd);
	free(s);
}

int
store_open_staged(struct store **out, const char *dir, const char *name,
    char *why, size_t size)
{
	struct store	*s;
	int		 e;

	*out = NULL;
	why[0] = '\0';
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (PRA_ENOMEM);
	s->dirfd = s->logfd = s->lockfd = -1;
	snprintf(s->path, sizeof(s->path), "%s/%s", dir, name);
	if ((e = open_db(s, SQLITE_OPEN_READWRITE)) != 0 ||
	    (e = store_pragma(s, "PRAGMA journal_mode = DELETE", NULL,
	    "delete")) != 0 ||
	    (e = check_version(s, why, size)) != 0 ||
	    (e = store_run(s, added_sql, "adding tables")) != 0 ||
	    (e = store_prepare(s)) != 0 || (e = load_last(s)) != 0) {
		explain(s, e, why, size);
		store_close(s);
		return (e);
	}
	*out = s;
	return (0);
}

/* Run a statement without bindings and rows. */
static int
plain(struct store *s, int q, const char *what)
{
	int	 rc, e = 0;

	if ((rc = sqlite3_step(s->stmt[q])) != SQLITE_DONE)
		e = store_error(s, rc, what);
	sqlite3_reset(s->stmt[q]);
	return (e);
}

int
store_begin(struct store *s)
{
	int	 e;

	if (s->in_tx)
		return (PRA_ESTATE);
	if ((e = plain(s, Q_BEGIN, "begin")) != 0)
		return (e);
	s->in_tx = 1;
	s->failed = 0;
	s->old_seq = s->seq;
	memcpy(s->old_hash, s->hash, STORE_HASH);
	return (0);
}

int
store_commit(struct store *s)
{
	int	 e;

	if (!s->in_tx)
		return (PRA_ESTATE);
	/* SQLite undoes a transaction by itself after some I/O errors. */
	if ((e = s->failed) == 0 && sqlite3_get_autocommit(s->db))
		e = PRA_ESYSTEM;
	if (e == 0)
		e = plain(s, Q_COMMIT, "commit");
	if (e != 0)
		store_rollback(s);
	s->in_tx = 0;
	return (e);
}

void
store_rollback(struct store *s)
{
	if (!s->in_tx)
		return;
	if (!sqlite3_get_autocommit(s->db))
		plain(s, Q_ROLLBACK, "rollback");
	s->in_tx = 0;
	s->seq = s->old_seq;
	memcpy(s->hash, s->old_hash, STORE_HASH);
}

int
store_in_transaction(const struct store *s)
{
	return (s->in_tx);
}

uint64_t
store_last_seq(const struct store *s)
{
	return (s->seq);
}
