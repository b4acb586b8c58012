/*
 * Another database in place of this one.  Engine; the check is made by a copy
 * of it (engine/work.h), since it reads everything.  The file comes from
 * whoever may do all, yet nothing of it is believed before it was checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "common/base64.h"
#include "common/err.h"
#include "common/log.h"
#include "engine/remake.h"
#include "engine/restore.h"
#include "engine/verify.h"
#include "engine/work.h"

#define NUMBERS_AHEAD	1000000	/* when the old ones cannot be read */

static void
path_of(char path[4200], const char *dir, const char *name)
{
	snprintf(path, 4200, "%s/%s", dir, name);
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
	fd = open(part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1 || rename(part, ready) == -1) {
		e = err_errno(errno);
		snprintf(why, size, "%s: %s", ready, strerror(errno));
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
 * The database of before gets a second name first, then the one that is ready
 * takes its place in one step: whenever this is interrupted, it is done again.
 */
static int
restore_swap(const char *dir, char *why, size_t size)
{
	static const char *const	 sides[] = { "-wal", "-shm" };
	char				 now[4200], old[4200], ready[4200];
	char				 from[4300], to[4300];
	size_t				 i;
	int				 e;

	path_of(now, dir, "praetor.db");
	path_of(old, dir, RESTORE_OLD);
	path_of(ready, dir, RESTORE_READY);
	(void)unlink(old);
	if (link(now, old) == -1 && errno != ENOENT)
		log_warn("%s", old);
	/* Only of one that could not be opened, and so closed, is there any. */
	for (i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		snprintf(from, sizeof(from), "%s%s", now, sides[i]);
		snprintf(to, sizeof(to), "%s%s", old, sides[i]);
		(void)unlink(to);
		(void)rename(from, to);
	}
	if (rename(ready, now) == 0)
		return (0);
	e = err_errno(errno);
	snprintf(why, size, "%s: %s", ready, strerror(errno));
	return (e);
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
	log_info("a database is restored: its log ends with event %" PRIu64
	    "; the one before it becomes " RESTORE_OLD, store_last_seq(s));
	store_close(s);
	if (e != 0)
		snprintf(why, size, "%s: the numbers of sessions cannot be "
		    "kept: %s", dir, err_text(e));
	return (e);
}

int
restore_take(const char *dir, char *why, size_t size)
{
	struct store	*s;
	char		 path[4200];
	uint64_t	 old[2] = { 0, 0 };
	int		 e, lost;

	path_of(path, dir, RESTORE_READY);
	if (access(path, F_OK) == -1)
		return (0);
	if ((e = store_open(&s, dir, why, size)) == PRA_ECONFLICT)
		return (e);
	lost = e != 0 || numbers_read(s, old) != 0;
	if (e == 0)
		store_close(s);
	if ((e = restore_numbers(dir, old, lost, why, size)) != 0)
		return (e);
	return (restore_swap(dir, why, size));
}
