/*
 * The engine's durable half: events and today's state in one SQLite
 * transaction (WAL, synchronous=FULL).  Engine only; nobody else opens the
 * database.  It knows rows and bytes, not what they mean.
 */
#ifndef ENGINE_STORE_H
#define ENGINE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "common/chain.h"
#include "common/ids.h"
#include "common/rec.h"

struct store;

#define STORE_VERSION	1		/* PRAGMA user_version */
#define STORE_HASH	CHAIN_HASH
#define STORE_COPY	"copy.db"	/* while a backup is made */

/*
 * Tables of today's state; each row is a record of class RC_BODY without
 * nested records.
 */
enum store_table {
	ST_PROJECT,		/* key: name */
	ST_TASK,		/* key: 16 bytes */
	ST_SESSION,		/* key: 8 bytes, big endian */
	ST_CHANGE,		/* key: 16 bytes */
	ST_OWED,		/* effects owed: key chosen by the engine */
	ST_USAGE,		/* the ledger: key of an account, "user/1000" */
	ST_ATTEMPT,		/* key: ATTEMPT_KEY bytes, see state.h */
	ST_TALLY,		/* counts for metrics; key: name of a project */
	ST_BRAKE,		/* key: "drain", "project/web" */
	ST_SCHEDULE,		/* key: project/name */
	ST_MAX
};

/* A row as it is stored: the record's name and its body. */
struct store_row {
	enum store_table	 table;
	const void		*key;
	size_t			 keylen;
	int			 live;
	const char		*kind;		/* "task-row" */
	const void		*body;
	size_t			 len;
};

/* Which events to read. */
struct store_filter {
	uint64_t	 since;		/* seq greater than this */
	const char	*type;		/* prefix of the type's name, or NULL */
	const char	*project;	/* or NULL */
	const char	*subject;	/* or NULL */
	unsigned int	 limit;		/* at most so many; 0: no limit */
};

/*
 * Open or make <dir>/praetor.db; dir itself must exist.  PRA_EVERSION when it
 * is of a newer version, PRA_ECORRUPT, PRA_EPERM (owner or mode), PRA_ECONFLICT
 * (another process has it open), PRA_ENOSPC, PRA_ESYSTEM; `why` says what,
 * where and the remedy.
 */
int	 store_open(struct store **out, const char *dir, char *why,
	    size_t size);
void	 store_close(struct store *s);

/*
 * In a copy of this process, made outside of a transaction: forget the store
 * of the original, before anything is opened.
 */
void	 store_forget(struct store *s);

/*
 * A second connection, for a copy of this process: it only reads, and sees the
 * database as it is now until it is closed.  name: another file of `dir` than
 * praetor.db, or NULL.  Errors as store_open().
 */
int	 store_open_copy(struct store **out, const char *dir, const char *name,
	    char *why, size_t size);

/*
 * One transaction for all commands of a loop turn.  store_commit() is durable
 * when it returns 0; on failure everything since store_begin() is undone and
 * the caller must reload.  PRA_ENOSPC, PRA_ESYSTEM, ...  A write that failed
 * inside makes the commit fail with its error, so that no turn is half kept.
 * PRA_ESTATE: begin inside a transaction, commit or a write outside.
 */
int	 store_begin(struct store *s);
int	 store_commit(struct store *s);
void	 store_rollback(struct store *s);
int	 store_in_transaction(const struct store *s);

/*
 * Append an event: numbers and chains it.  Inside a transaction.  PRA_EINVALID
 * when data is no record of class RC_EVENT, there is no stream, or a text is
 * not ended inside its field.
 */
int	 store_append(struct store *s, struct store_event *ev);

/* The kind of an encoded event; REC_NONE when it is none. */
enum rec_kind store_event_kind(const struct store_event *ev);

/*
 * Write or delete a row.  live: 0 keeps the row but start does not read it.
 * Inside a transaction.
 */
int	 store_put(struct store *s, enum store_table t, const void *key,
	    size_t keylen, int live, const struct rec *row);
int	 store_del(struct store *s, enum store_table t, const void *key,
	    size_t keylen);

/*
 * Read rows: every live one, or one by key (also one that is not live), or
 * the newest `limit` of all in falling order of key.  fn takes the record.
 * A non-zero return of fn ends the walk and is returned.  fn may read and
 * write anything, but not start the same walk of the same table again
 * (PRA_EINVALID).  A limit of 0 is no limit.  store_get(): PRA_ENOTFOUND.
 * PRA_ECORRUPT: a row is not a record.
 */
int	 store_each(struct store *s, enum store_table t,
	    int (*fn)(void *arg, const void *key, size_t keylen,
	    struct rec *row), void *arg);
int	 store_get(struct store *s, enum store_table t, const void *key,
	    size_t keylen, struct rec **row);
int	 store_recent(struct store *s, enum store_table t, unsigned int limit,
	    int (*fn)(void *arg, const void *key, size_t keylen,
	    struct rec *row), void *arg);

/*
 * Every row of a table as it is stored, in the order of keys; fn as above, the
 * row is valid during the call only.
 */
int	 store_rows(struct store *s, enum store_table t,
	    int (*fn)(void *arg, const struct store_row *row), void *arg);

/* The record of a stored row.  PRA_ECORRUPT, PRA_ENOMEM. */
int	 store_row_decode(const struct store_row *row, struct rec **out);

/* The name of a table: "task". */
const char *store_table_name(enum store_table t);

/*
 * Keys (also not live) from lo to hi, both included: for ids cut short.  As
 * store_each().
 */
int	 store_prefix(struct store *s, enum store_table t, const void *lo,
	    const void *hi, size_t keylen, unsigned int limit,
	    int (*fn)(void *arg, const void *key, size_t keylen,
	    struct rec *row), void *arg);

/* The same in falling order of key: the last `limit` of the range. */
int	 store_back(struct store *s, enum store_table t, const void *lo,
	    const void *hi, size_t keylen, unsigned int limit,
	    int (*fn)(void *arg, const void *key, size_t keylen,
	    struct rec *row), void *arg);

/*
 * Events in order.  fn's data is valid during the call only.  As store_each().
 * By project or subject the cost follows the answer; by type alone it follows
 * the length of the log after `since`.
 */
int	 store_events(struct store *s, const struct store_filter *f,
	    int (*fn)(void *arg, const struct store_event *ev), void *arg);
uint64_t store_last_seq(const struct store *s);

/*
 * Idempotency: look a key up (1 found: body's hash compared, answer copied;
 * 0 not; PRA_ECONFLICT other body), and complete one in this transaction
 * (PRA_EEXISTS).
 */
int	 store_key_find(struct store *s, const char *key,
	    const uint8_t bodyhash[STORE_HASH], struct buf *answer);
int	 store_key_put(struct store *s, const char *key,
	    const uint8_t bodyhash[STORE_HASH], int64_t time,
	    const void *answer, size_t len);

/*
 * Keys that are older than a time: whether there are any, and delete at most
 * `limit` of them in this transaction.  1, 0 or PRA_E*; 0 or PRA_E*.
 */
int	 store_keys_older(struct store *s, int64_t time);
int	 store_keys_expire(struct store *s, int64_t time, unsigned int limit);

/*
 * Keys of commands that are not answered yet, by the project that they wait
 * for.  Put and delete inside a transaction; a deletion of none is fine.
 * fn must not change the table; a non-zero return of it ends the walk.
 */
int	 store_pending_put(struct store *s, const char *project,
	    const char *key, const uint8_t bodyhash[STORE_HASH]);
int	 store_pending_del(struct store *s, const char *project);
int	 store_pending_each(struct store *s, int (*fn)(void *arg,
	    const char *project, const char *key,
	    const uint8_t bodyhash[STORE_HASH]), void *arg);

/*
 * A named number kept beside the state ("session": the last number given).  One
 * that was never set reads as 0.  Set inside a transaction.
 */
int	 store_meta_get(struct store *s, const char *name, uint64_t *v);
int	 store_meta_set(struct store *s, const char *name, uint64_t v);

/*
 * A database that came from elsewhere, to be checked before it is taken: it is
 * brought to this version's form, nothing else may have it open.  As above.
 */
int	 store_open_staged(struct store **out, const char *dir,
	    const char *name, char *why, size_t size);

/* store_file.c: the database as a file. */

struct store_numbers {
	uint64_t	 bytes;		/* of the file */
	uint64_t	 free;		/* bytes of it */
	uint64_t	 first, last;	/* events; 0: none */
};

int	 store_numbers(struct store *s, struct store_numbers *n);

/*
 * Check every page, index and constraint; fn takes one line for each of at
 * most 100 errors.  How many, or PRA_E*.
 */
int	 store_integrity(struct store *s, void (*fn)(void *arg,
	    const char *text), void *arg);

/*
 * Write the whole database, compacted, to a file that is not there yet.  Ends
 * the snapshot of store_open_copy() and takes one of its own.
 */
int	 store_copy_to(struct store *s, const char *path);

/*
 * Give at most `pages` free pages back to the file system; outside of a
 * transaction.  How many are left, or PRA_E*: PRA_EUNSUPPORTED for a database
 * that does not know which they are.
 */
int	 store_vacuum(struct store *s, unsigned int pages);

/*
 * Output of attempts: one append-only file each, <dir>/logs/<name>, made at
 * the first append.  Not in the transaction: store_log_sync() before the
 * event that refers to it.  Reading past the end gives 0 bytes.  Names are
 * made of [A-Za-z0-9._-], at most 200, without a '.' in front (PRA_EINVALID).
 * store_log_append(): bytes below the end are there already and are skipped;
 * an offset above the end is PRA_EINVALID.
 */
int	 store_log_append(struct store *s, const char *name, uint64_t offset,
	    const void *p, size_t n);
uint64_t store_log_size(struct store *s, const char *name);
int	 store_log_sync(struct store *s, const char *name);
int	 store_log_read(struct store *s, const char *name, uint64_t offset,
	    void *p, size_t size, size_t *got);

/* 1 when there is such a file. */
int	 store_log_exists(struct store *s, const char *name);

/*
 * Go on with a walk over the files of logs/, a few at a time: those that were
 * last written to before `time` (microseconds since 1970) and that `fn` does
 * not want (0) are deleted.  1 when there is more, 0 at the end of the walk;
 * the next call begins another.
 */
int	 store_log_expire(struct store *s, int64_t time, unsigned int files,
	    int (*fn)(void *arg, const char *name), void *arg);

#endif
