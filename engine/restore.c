/*
 * Another database in place of this one.  Engine; the check is made by a copy
 * of it (engine/work.h), since it reads everything.  The file comes from
 * whoever may do all, yet nothing of it is believed before it was checked.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "common/base64.h"
#include "common/err.h"
#include "common/ids.h"
#include "common/log.h"
#include "engine/remake.h"
#include "engine/restore.h"
#include "engine/store_int.h"
#include "engine/verify.h"
#include "engine/work.h"

#define NUMBERS_AHEAD	1000000	/* when the old ones cannot be read */

/* What SQLite has beside a database, and would read into any of its name. */
static const char *const	 sides[] = { "-journal", "-wal", "-shm" };

#define SIDES	(sizeof(sides) / sizeof(sides[0]))

static void
path_of(char path[4200], const char *dir, const char *name)
{
	snprintf(path, 4200, "%s/%s", dir, name);
}

static void
sides_drop(const char *path)
{
	char	 side[4300];
	size_t	 i;

	for (i = 0; i < SIDES; i++) {
		snprintf(side, sizeof(side), "%s%s", path, sides[i]);
		(void)unlink(side);
	}
}

/* Names last as well as what they name. */
static int
dir_sync(const char *dir)
{
	int	 fd, e = 0;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1)
		e = err_errno(errno);
	if (fd != -1)
		close(fd);
	return (e);
}

/* In the copy. */

static void
count_errors(void *arg, const char *text)
{
	char	 vis[400];

	if ((*(int *)arg)++ == 0)
		log_warnx(RESTORE_PART ": %s",
		    log_vis(vis, sizeof(vis), text, strlen(text)));
}

static void
forget(void *arg, struct rec *r)
{
	(void)arg;
	rec_free(r);
}

/* Every page, then every event and row. */
static int
staged_check(struct store *s, char *why, size_t size)
{
	int	 n, errors = 0, e;

	if ((n = store_integrity(s, count_errors, &errors)) < 0)
		return (n);
	if (n > 0) {
		snprintf(why, size, "the database is damaged in %d place%s: "
		    "use another backup", n, n == 1 ? "" : "s");
		return (PRA_ECORRUPT);
	}
	if ((e = remake_state(s, why, size)) != 0)
		return (e);
	return (verify_run(s, forget, NULL, why, size));
}

static int
staged_ready(const char *dir, char *why, size_t size)
{
	char	 part[4200], ready[4200];
	int	 fd, e = 0;

	path_of(part, dir, RESTORE_PART);
	path_of(ready, dir, RESTORE_READY);
	sides_drop(ready);
	fd = open(part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1 || rename(part, ready) == -1) {
		e = err_errno(errno);
		snprintf(why, size, "%s: %s", ready, strerror(errno));
	} else if ((e = dir_sync(dir)) != 0) {
		snprintf(why, size, "%s: %s", dir, err_text(e));
	}
	if (fd != -1)
		close(fd);
	return (e);
}

static int
db_stage(struct work_copy *w, char *why, size_t size)
{
	struct store_numbers	 n = { 0 };
	struct store		*s;
	struct rec		*r;
	char			 part[4200];
	int			 e;

	path_of(part, w->dir, RESTORE_PART);
	e = store_open_staged(&s, w->dir, RESTORE_PART, why, size);
	if (e == 0) {
		e = staged_check(s, why, size);
		if (e == 0)
			e = store_numbers(s, &n);
		store_close(s);
	}
	if (e == 0)
		e = staged_ready(w->dir, why, size);
	if (e != 0) {
		(void)unlink(part);
		return (e);
	}
	r = rec_new(REC_v_database);
	rec_set_u64(r, F_v_database_format, STORE_VERSION);
	rec_set_u64(r, F_v_database_bytes, n.bytes);
	rec_set_u64(r, F_v_database_free, n.free);
	rec_set_u64(r, F_v_database_first, n.first);
	rec_set_u64(r, F_v_database_last, n.last);
	work_item(w, r);
	return (0);
}

/* In the engine. */

static int
part_write(int fd, uint64_t offset, const struct buf *b)
{
	size_t	 done = 0;
	ssize_t	 n;

	while (done < b->len) {
		n = pwrite(fd, b->data + done, b->len - done,
		    (off_t)(offset + done));
		if (n == -1 && errno != EINTR)
			return (err_errno(errno));
		done += n > 0 ? (size_t)n : 0;
	}
	return (0);
}

/* Pieces come in order; the first one begins anew. */
static int
part_append(const char *dir, uint64_t offset, const struct buf *b)
{
	struct stat	 st;
	char		 path[4200];
	int		 fd, e = 0;

	path_of(path, dir, RESTORE_PART);
	if (offset == 0)
		sides_drop(path);
	fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
	    (offset == 0 ? O_TRUNC : 0), 0600);
	if (fd == -1)
		return (err_errno(errno));
	if (fstat(fd, &st) == -1)
		e = err_errno(errno);
	else if ((uint64_t)st.st_size != offset)
		e = PRA_ESTATE;
	else
		e = part_write(fd, offset, b);
	close(fd);
	return (e);
}

int
read_db_restore(struct engine *e, struct request *rq)
{
	struct buf	 b = { 0 };
	int		 err;

	if (!request_permits(rq, NULL))
		return (request_done(rq, PRA_EPERM, "an administrator can add "
		    "a permit rule to praetord.conf", "%s is not permitted",
		    rq->who.command));
	if (work_busy(e, REC_c_db_restore))
		return (request_done(rq, PRA_ELIMIT, "try again when it is "
		    "over", "another database is being checked"));
	err = base64_decode(rec_str(rq->cmd, F_c_db_restore_data), &b);
	if (err == 0)
		err = part_append(e->dir, rec_u64(rq->cmd,
		    F_c_db_restore_offset), &b);
	buf_free(&b);
	if (err == PRA_ESTATE)
		return (request_done(rq, err, "begin anew", "the piece does "
		    "not follow the one before it: is somebody else restoring "
		    "as well?"));
	if (err != 0)
		return (request_done(rq, err, "free space on the file system "
		    "of the state directory", "the database cannot be staged: "
		    "%s", err_text(err)));
	if (!rec_u64(rq->cmd, F_c_db_restore_last))
		return (request_done(rq, 0, NULL, "%s", ""));
	return (work_start(rq, db_stage));
}

/* At start. */

static const char *const	 names[] = { "session", "fence" };

static int
numbers_read(struct store *s, uint64_t n[2])
{
	size_t	 i;
	int	 e = 0;

	for (i = 0; i < 2 && e == 0; i++)
		if ((e = store_meta_get(s, names[i], &n[i])) == PRA_ENOTFOUND)
			e = 0;
	return (e);
}

/* The higher of both, for both databases have given them. */
static int
numbers_raise(struct store *s, const uint64_t old[2])
{
	uint64_t	 now[2] = { 0, 0 };
	size_t		 i;
	int		 e;

	if ((e = numbers_read(s, now)) != 0 || (e = store_begin(s)) != 0)
		return (e);
	for (i = 0; i < 2 && e == 0; i++)
		if (old[i] > now[i])
			e = store_meta_set(s, names[i], old[i]);
	if (e != 0) {
		store_rollback(s);
		return (e);
	}
	return (store_commit(s));
}

/*
 * What belongs to the database of before goes with its second name.  Only of
 * one that could not be opened, and so closed, is there any.
 */
static void
sides_move(const char *now, const char *old)
{
	char	 from[4300], to[4300];
	size_t	 i;

	for (i = 0; i < SIDES; i++) {
		snprintf(from, sizeof(from), "%s%s", now, sides[i]);
		snprintf(to, sizeof(to), "%s%s", old, sides[i]);
		(void)rename(from, to);
	}
}

/* Nothing to be done by one that was interrupted after it. */
static int
old_name(const char *now, const char *old)
{
	struct stat	 a, b;

	if (lstat(now, &a) == -1)
		return (errno == ENOENT ? 0 : -1);
	if (lstat(old, &b) == 0 && a.st_ino == b.st_ino)
		return (0);
	sides_drop(old);
	(void)unlink(old);
	return (link(now, old));
}

/*
 * The database of before gets a second name first, then the one that is ready
 * takes its place in one step: whenever this is interrupted, it is done again.
 */
static int
restore_swap(const char *dir, char *why, size_t size)
{
	char	 now[4200], old[4200], ready[4200];
	int	 e;

	path_of(now, dir, "praetor.db");
	path_of(old, dir, RESTORE_OLD);
	path_of(ready, dir, RESTORE_READY);
	if (old_name(now, old) == -1) {
		e = err_errno(errno);
		snprintf(why, size, "%s: the database of before cannot be kept "
		    "there: %s; move it away", old, strerror(errno));
		return (e);
	}
	sides_move(now, old);
	if (rename(ready, now) == 0)
		return (dir_sync(dir));
	e = err_errno(errno);
	snprintf(why, size, "%s: %s", ready, strerror(errno));
	return (e);
}

/* 1 for output of an attempt that the database has yet to make. */
static int
log_ahead(struct store *s, const char *name)
{
	static const struct {
		char		 prefix;
		const char	*between;
		enum store_table table;
		int		 field;
	}		 kinds[] = {
		{ 't', ".", ST_TASK, F_s_task_attempt },
		{ 'c', ".verify.", ST_CHANGE, F_s_change_verifies }
	};
	struct rec	*row;
	uint8_t		 id[ULID_LEN];
	uint64_t	 n, last;
	size_t		 i, len;
	char		 text[ID_SIZE], *end;

	snprintf(text, sizeof(text), "%.*s", ID_TEXT, name);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		len = strlen(kinds[i].between);
		if (id_parse(id, kinds[i].prefix, text) != 0 ||
		    strncmp(name + ID_TEXT, kinds[i].between, len) != 0)
			continue;
		n = strtoull(name + ID_TEXT + len, &end, 10);
		if (*end != '\0' || store_get(s, kinds[i].table, id,
		    ULID_LEN, &row) != 0)
			continue;
		last = rec_u64(row, kinds[i].field);
		rec_free(row);
		return (n > last);
	}
	return (0);
}

/*
 * The attempts that are made again get output files of the same names: what
 * those of before the restore printed is not theirs.
 */
static void
restore_logs(struct store *s, const char *dir)
{
	struct dirent	*de;
	DIR		*d;
	char		 path[4200], old[300];

	path_of(path, dir, "logs");
	if ((d = opendir(path)) == NULL)
		return;
	while ((de = readdir(d)) != NULL) {
		if (!log_ahead(s, de->d_name))
			continue;
		snprintf(old, sizeof(old), "%s.old", de->d_name);
		if (renameat(dirfd(d), de->d_name, dirfd(d), old) == -1)
			log_warn("%s", old);
	}
	closedir(d);
}

/*
 * Into the one that is ready, before it is in place.  A database that cannot
 * be read any more gives no numbers: far ahead of those of the backup none was
 * given.
 */
static int
restore_numbers(const char *dir, uint64_t old[2], int lost, char *why,
    size_t size)
{
	struct store	*s;
	size_t		 i;
	int		 e;

	e = store_open_staged(&s, dir, RESTORE_READY, why, size);
	if (e != 0)
		return (e);
	if (lost && (e = numbers_read(s, old)) == 0)
		for (i = 0; i < 2; i++)
			old[i] += NUMBERS_AHEAD;
	if (e == 0)
		e = numbers_raise(s, old);
	restore_logs(s, dir);
	log_info("a database is restored: its log ends with event %" PRIu64
	    "; the one before it becomes " RESTORE_OLD, store_last_seq(s));
	store_close(s);
	if (e != 0)
		snprintf(why, size, "%s: the numbers of sessions cannot be "
		    "kept: %s", dir, err_text(e));
	return (e);
}

/* A file of ours, or none: 0, PRA_ENOTFOUND, or what is wrong with it. */
static int
ready_check(const char *dir, char *why, size_t size)
{
	int	 fd, e;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return (PRA_ENOTFOUND);		/* store_open() says it */
	e = store_check_entry(fd, RESTORE_READY, 0, dir, why, size);
	close(fd);
	return (e);
}

/* An empty log tells nothing either: the database may be one of this start. */
static int
numbers_old(const char *dir, uint64_t old[2], int *lost, char *why,
    size_t size)
{
	struct store	*s;
	int		 e;

	if ((e = store_open(&s, dir, why, size)) == PRA_ECONFLICT)
		return (e);
	*lost = e != 0 || store_last_seq(s) == 0 || numbers_read(s, old) != 0;
	if (e == 0)
		store_close(s);
	return (0);
}

int
restore_take(const char *dir, char *why, size_t size)
{
	uint64_t	 old[2] = { 0, 0 };
	int		 e, lost;

	if ((e = ready_check(dir, why, size)) != 0)
		return (e == PRA_ENOTFOUND ? 0 : e);
	if ((e = numbers_old(dir, old, &lost, why, size)) != 0 ||
	    (e = restore_numbers(dir, old, lost, why, size)) != 0)
		return (e);
	return (restore_swap(dir, why, size));
}

void
restore_tidy(const char *dir)
{
	static const char *const	 gone[] = { RESTORE_PART, STORE_COPY };
	char				 path[4200];
	size_t				 i;

	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		path_of(path, dir, gone[i]);
		sides_drop(path);
		(void)unlink(path);
	}
}
