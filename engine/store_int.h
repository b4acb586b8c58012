/*
 * What the files of the store share; nobody else includes this.
 */
#ifndef ENGINE_STORE_INT_H
#define ENGINE_STORE_INT_H

#include <dirent.h>
#include <sqlite3.h>

#include "engine/store.h"

#define REC_HEAD	6		/* kind and length in front of a body */
#define STORE_BUSY_MS	10000		/* a copy waits for a checkpoint */

/* Statements that exist once a table of state. */
enum table_query {
	TQ_PUT, TQ_LIVE, TQ_DEL, TQ_EACH, TQ_GET, TQ_RECENT, TQ_PREFIX, TQ_BACK,
	TQ_ALL, TQ_MAX
};

/* Every statement, by its place in the table of SQL. */
enum query {
	Q_BEGIN, Q_COMMIT, Q_ROLLBACK,
	Q_LAST, Q_STREAM_LAST, Q_APPEND,
	Q_EVENTS, Q_EVENTS_PROJECT, Q_EVENTS_SUBJECT,
	Q_KEY_FIND, Q_KEY_PUT, Q_KEYS_OLDER, Q_KEYS_EXPIRE,
	Q_PENDING_PUT, Q_PENDING_DEL, Q_PENDING_EACH,
	Q_META_GET, Q_META_SET,
	Q_TABLES,			/* TQ_MAX for each table of state */
	Q_MAX = Q_TABLES + ST_MAX * TQ_MAX
};

struct store {
	sqlite3		*db;
	sqlite3_stmt	*stmt[Q_MAX];	/* prepared at open */
	char		 path[4096];	/* of the database, for messages */
	int		 dirfd;
	int		 logfd;		/* <dir>/logs */
	int		 lockfd;	/* <dir>/lock */
	int		 log_made;	/* a log's name is not synced yet */
	DIR		*log_walk;	/* store_log_expire() is under way */
	int		 in_tx;
	int		 failed;	/* first error in this transaction */
	uint64_t	 seq;		/* of the last event appended */
	uint8_t		 hash[STORE_HASH];
	uint64_t	 old_seq;	/* as committed */
	uint8_t		 old_hash[STORE_HASH];
};

/* Open beneath dirfd and check <dir>/logs.  0 or PRA_E* with `why`. */
int	 store_log_open(struct store *s, char *why, size_t size);

/*
 * Whether a directory entry may be used: ours, a file (or a directory),
 * writable by nobody else.  PRA_ENOTFOUND when there is none (why unset).
 */
int	 store_check_entry(int dirfd, const char *name, int isdir,
	    const char *shown, char *why, size_t size);

/* Prepare every statement.  0 or PRA_E*. */
int	 store_prepare(struct store *s);

/* The error for what SQLite said last (rc of the call); logs it. */
int	 store_error(struct store *s, int rc, const char *what);

/*
 * Get a statement ready for binding.  NULL while a walk with it goes on: a
 * callback must not start the same walk again.
 */
sqlite3_stmt *store_stmt(struct store *s, int q);

/*
 * Run a statement that gives no rows, and reset it.  Inside a transaction;
 * an error is remembered, so that store_commit() cannot keep half of a turn.
 */
int	 store_write(struct store *s, sqlite3_stmt *st, const char *what);

/* 1 when records of this definition, of class cls, can be stored. */
int	 store_keeps(const struct rec_def *def, enum rec_class cls);

/* Bind a parameter; p must live until the step.  No bytes: an empty blob. */
void	 bind_text(sqlite3_stmt *st, int i, const char *text);
void	 bind_blob(sqlite3_stmt *st, int i, const void *p, size_t n);

/* Reset a statement and forget its parameters. */
void	 stmt_done(sqlite3_stmt *st);

/* A LIMIT: 0 is none, which SQLite writes as -1. */
sqlite3_int64 store_limit(unsigned int limit);

/* The one number (or first word's match with `want`) that a PRAGMA answers. */
int	 store_pragma(struct store *s, const char *sql, int64_t *num,
	    const char *want);

/* Run SQL that gives no rows.  0 or PRA_E*; `what` is for the log. */
int	 store_run(struct store *s, const char *sql, const char *what);

/* Remember the first error of a transaction; returns err. */
int	 store_spoil(struct store *s, int err);

#endif
