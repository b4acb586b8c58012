/*
 * The store: what is only ever appended -- the chain of events, and the output
 * of attempts, one file each beneath a descriptor of <dir>/logs.  Runs in the
 * engine.  Names of files come from the engine's own numbers and are checked
 * all the same; no link is followed.
 */
#include <sys/types.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/crash.h"
#include "engine/store_int.h"

#define LOG_DIR		"logs"
#define NAME_MOST	200

enum rec_kind
store_event_kind(const struct store_event *ev)
{
	const uint8_t	*p = ev->data;
	enum rec_kind	 kind;

	if (p == NULL || ev->len < REC_HEAD || ev->len > INT_MAX)
		return (REC_NONE);
	kind = (enum rec_kind)(p[0] | p[1] << 8);
	return (store_keeps(rec_def(kind), RC_EVENT) ? kind : REC_NONE);
}

/* Every text must end inside its field: it is hashed and stored by length. */
static int
event_ended(const struct store_event *ev)
{
	return (memchr(ev->stream, '\0', sizeof(ev->stream)) != NULL &&
	    memchr(ev->actor, '\0', sizeof(ev->actor)) != NULL &&
	    memchr(ev->project, '\0', sizeof(ev->project)) != NULL &&
	    memchr(ev->subject, '\0', sizeof(ev->subject)) != NULL &&
	    memchr(ev->cause, '\0', sizeof(ev->cause)) != NULL &&
	    memchr(ev->policy, '\0', sizeof(ev->policy)) != NULL);
}

static int
stream_last(struct store *s, const char *stream, uint64_t *last)
{
	sqlite3_stmt	*st = s->stmt[Q_STREAM_LAST];
	int		 rc, e = 0;

	*last = 0;
	bind_text(st, 1, stream);
	if ((rc = sqlite3_step(st)) == SQLITE_ROW)
		*last = (uint64_t)sqlite3_column_int64(st, 0);
	else if (rc != SQLITE_DONE)
		e = store_error(s, rc, "stream");
	stmt_done(st);
	return (e);
}

static int
event_insert(struct store *s, const struct store_event *ev, unsigned int type)
{
	sqlite3_stmt	*st = s->stmt[Q_APPEND];

	sqlite3_bind_int64(st, 1, (sqlite3_int64)ev->seq);
	bind_text(st, 2, ev->stream);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)ev->stream_seq);
	bind_blob(st, 4, ev->id, ULID_LEN);
	sqlite3_bind_int64(st, 5, ev->time);
	sqlite3_bind_int64(st, 6, type);
	bind_text(st, 7, ev->actor);
	bind_text(st, 8, ev->project);
	bind_text(st, 9, ev->subject);
	bind_text(st, 10, ev->cause);
	bind_text(st, 11, ev->policy);
	sqlite3_bind_int64(st, 12, ev->schema);
	bind_blob(st, 13, ev->hash, STORE_HASH);
	bind_blob(st, 14, ev->data, ev->len);
	return (store_write(s, st, "append"));
}

int
store_append(struct store *s, struct store_event *ev)
{
	enum rec_kind	 kind = store_event_kind(ev);
	int		 e;

	if (!s->in_tx)
		return (PRA_ESTATE);
	if (kind == REC_NONE || !event_ended(ev) || ev->stream[0] == '\0')
		return (store_spoil(s, PRA_EINVALID));
	if ((e = stream_last(s, ev->stream, &ev->stream_seq)) != 0)
		return (store_spoil(s, e));
	ev->stream_seq++;
	ev->seq = s->seq + 1;
	chain_hash(ev->hash, s->hash, ev, kind);
	if ((e = event_insert(s, ev, kind)) != 0)
		return (e);
	s->seq = ev->seq;
	memcpy(s->hash, ev->hash, STORE_HASH);
	return (0);
}

static void
column_copy(char *out, size_t size, sqlite3_stmt *st, int i)
{
	const unsigned char	*text = sqlite3_column_text(st, i);
	size_t			 n = (size_t)sqlite3_column_bytes(st, i);

	n = text == NULL ? 0 : n < size ? n : size - 1;
	if (n > 0)
		memcpy(out, text, n);
	out[n] = '\0';
}

/* The event that st stands on.  PRA_ECORRUPT when a column has another size. */
static int
event_read(sqlite3_stmt *st, struct store_event *ev)
{
	enum rec_kind	 kind;

	if (sqlite3_column_bytes(st, 3) != ULID_LEN ||
	    sqlite3_column_bytes(st, 11) != STORE_HASH)
		return (PRA_ECORRUPT);
	ev->seq = (uint64_t)sqlite3_column_int64(st, 0);
	column_copy(ev->stream, sizeof(ev->stream), st, 1);
	ev->stream_seq = (uint64_t)sqlite3_column_int64(st, 2);
	memcpy(ev->id, sqlite3_column_blob(st, 3), ULID_LEN);
	ev->time = sqlite3_column_int64(st, 4);
	column_copy(ev->actor, sizeof(ev->actor), st, 5);
	column_copy(ev->project, sizeof(ev->project), st, 6);
	column_copy(ev->subject, sizeof(ev->subject), st, 7);
	column_copy(ev->cause, sizeof(ev->cause), st, 8);
	column_copy(ev->policy, sizeof(ev->policy), st, 9);
	ev->schema = (uint32_t)sqlite3_column_int64(st, 10);
	memcpy(ev->hash, sqlite3_column_blob(st, 11), STORE_HASH);
	ev->data = sqlite3_column_blob(st, 12);
	ev->len = (size_t)sqlite3_column_bytes(st, 12);
	kind = store_event_kind(ev);
	return (kind == REC_NONE || sqlite3_column_int64(st, 13) != kind ?
	    PRA_ECORRUPT : 0);
}

/* One byte a kind; how many are asked for. */
static int
kinds_of(const char *prefix, uint8_t kinds[REC_MAX])
{
	const struct rec_def	*def;
	int			 k, n = 0;

	memset(kinds, 0, REC_MAX);
	for (k = REC_NONE + 1; k < REC_MAX; k++) {
		def = rec_def((enum rec_kind)k);
		kinds[k] = def->cls == RC_EVENT &&
		    strncmp(def->name, prefix, strlen(prefix)) == 0;
		n += kinds[k];
	}
	return (n);
}

static int
walk_events(struct store *s, sqlite3_stmt *st,
    int (*fn)(void *, const struct store_event *), void *arg)
{
	struct store_event	 ev;
	int			 rc, e = 0;

	while (e == 0 && (rc = sqlite3_step(st)) != SQLITE_DONE) {
		if (rc != SQLITE_ROW)
			e = store_error(s, rc, "events");
		else if ((e = event_read(st, &ev)) == 0)
			e = fn(arg, &ev);
	}
	stmt_done(st);
	return (e);
}

/*
 * The narrowest index first; types alone are compared while the log is read
 * from `since` on, because one more index would cost every append.
 */
int
store_events(struct store *s, const struct store_filter *f,
    int (*fn)(void *, const struct store_event *), void *arg)
{
	uint8_t		 kinds[REC_MAX];
	sqlite3_stmt	*st;

	st = store_stmt(s, f->subject != NULL ? Q_EVENTS_SUBJECT :
	    f->project != NULL ? Q_EVENTS_PROJECT : Q_EVENTS);
	if (st == NULL || f->since > INT64_MAX)
		return (PRA_EINVALID);
	if (f->type != NULL && kinds_of(f->type, kinds) == 0)
		return (0);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)f->since);
	if (f->project != NULL)
		bind_text(st, 2, f->project);
	if (f->subject != NULL)
		bind_text(st, 3, f->subject);
	if (f->type != NULL)
		bind_blob(st, 4, kinds, sizeof(kinds));
	sqlite3_bind_int64(st, 5, store_limit(f->limit));
	return (walk_events(s, st, fn, arg));
}

int
store_log_open(struct store *s, char *why, size_t size)
{
	char	 dir[4096];
	int	 e;

	snprintf(dir, sizeof(dir), "%.*s",
	    (int)(strrchr(s->path, '/') - s->path), s->path);
	e = store_check_entry(s->dirfd, LOG_DIR, 1, dir, why, size);
	if (e == PRA_ENOTFOUND) {
		e = 0;
		if (mkdirat(s->dirfd, LOG_DIR, 0700) == -1 ||
		    fsync(s->dirfd) == -1)
			e = err_errno(errno);
	}
	if (e == 0) {
		s->logfd = openat(s->dirfd, LOG_DIR,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (s->logfd == -1)
			e = err_errno(errno);
	}
	if (e != 0 && why[0] == '\0')
		snprintf(why, size, "%s/%s: %s; make it a directory of this "
		    "process's user", dir, LOG_DIR, err_text(e));
	return (e);
}

static int
name_ok(const char *name)
{
	size_t	 n = strlen(name);

	return (n > 0 && n <= NAME_MOST && name[0] != '.' &&
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-") == n);
}

/* A descriptor for a log, or -1 with *e: PRA_ENOTFOUND when there is none. */
static int
log_fd(struct store *s, const char *name, int flags, int *e)
{
	int	 fd;

	if (!name_ok(name)) {
		*e = PRA_EINVALID;
		return (-1);
	}
	fd = openat(s->logfd, name, flags | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT && (flags & O_ACCMODE) != O_RDONLY) {
		fd = openat(s->logfd, name, flags | O_NOFOLLOW | O_CLOEXEC |
		    O_CREAT | O_EXCL, 0600);
		s->log_made |= fd != -1;
	}
	*e = fd == -1 ? err_errno(errno) : 0;
	return (fd);
}

static int
fd_size(int fd, uint64_t *size)
{
	struct stat	 st;

	if (fstat(fd, &st) == -1)
		return (err_errno(errno));
	if (!S_ISREG(st.st_mode))
		return (PRA_ECORRUPT);
	*size = (uint64_t)st.st_size;
	return (0);
}

static int
write_all(int fd, const uint8_t *p, size_t n, uint64_t offset)
{
	ssize_t	 k;

	while (n > 0) {
		k = pwrite(fd, p, n, (off_t)offset);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return (err_errno(errno));
		p += k;
		n -= (size_t)k;
		offset += (uint64_t)k;
	}
	return (0);
}

/*
 * An executor sends again what was not acknowledged, so a piece may begin
 * below the end: what is there already is skipped.  A gap is refused.
 */
int
store_log_append(struct store *s, const char *name, uint64_t offset,
    const void *p, size_t n)
{
	uint64_t	 size = 0, skip;
	int		 fd, e;

	if ((fd = log_fd(s, name, O_WRONLY, &e)) == -1)
		goto out;
	if ((e = fd_size(fd, &size)) != 0)
		goto out;
	skip = size - offset;
	if (offset > size)
		e = PRA_EINVALID;
	else if (skip < n)
		e = write_all(fd, (const uint8_t *)p + skip, n - skip, size);
out:
	if (e != 0)
		log_warnx("log %s at %llu: %s", name_ok(name) ? name : "?",
		    (unsigned long long)offset, err_text(e));
	if (fd != -1)
		close(fd);
	return (e);
}

uint64_t
store_log_size(struct store *s, const char *name)
{
	uint64_t	 size = 0;
	int		 fd, e;

	if ((fd = log_fd(s, name, O_RDONLY, &e)) == -1)
		return (0);
	if (fd_size(fd, &size) != 0)
		size = 0;
	close(fd);
	return (size);
}

int
store_log_exists(struct store *s, const char *name)
{
	struct stat	 st;

	return (name_ok(name) && fstatat(s->logfd, name, &st,
	    AT_SYMLINK_NOFOLLOW) == 0);
}

/* Whatever is there that the engine did not write stays. */
static void
log_expire_one(struct store *s, int64_t time, const char *name,
    int (*fn)(void *, const char *), void *arg)
{
	struct stat	 st;

	if (!name_ok(name) || fstatat(s->logfd, name, &st,
	    AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode) ||
	    (int64_t)st.st_mtim.tv_sec * 1000000 +
	    st.st_mtim.tv_nsec / 1000 >= time || fn(arg, name))
		return;
	if (unlinkat(s->logfd, name, 0) == -1)
		log_warn("log %s", name);
	CRASH_AT(CP_UNLINKED);
}

int
store_log_expire(struct store *s, int64_t time, unsigned int files,
    int (*fn)(void *, const char *), void *arg)
{
	struct dirent	*de;
	int		 fd;

	if (s->log_walk == NULL) {
		fd = openat(s->logfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd == -1 || (s->log_walk = fdopendir(fd)) == NULL) {
			log_warn("logs");
			if (fd != -1)
				close(fd);
			return (0);
		}
	}
	while (files-- > 0) {
		if ((de = readdir(s->log_walk)) == NULL) {
			closedir(s->log_walk);
			s->log_walk = NULL;
			return (0);
		}
		log_expire_one(s, time, de->d_name, fn, arg);
	}
	return (1);
}

int
store_log_sync(struct store *s, const char *name)
{
	int	 fd, e;

	if ((fd = log_fd(s, name, O_RDONLY, &e)) == -1)
		return (e == PRA_ENOTFOUND ? 0 : e);
	if (fdatasync(fd) == -1 || (s->log_made && fsync(s->logfd) == -1))
		e = err_errno(errno);
	else
		s->log_made = 0;
	close(fd);
	return (e);
}

int
store_log_read(struct store *s, const char *name, uint64_t offset, void *p,
    size_t size, size_t *got)
{
	uint64_t	 have;
	ssize_t		 k = 0;
	int		 fd, e;

	*got = 0;
	if ((fd = log_fd(s, name, O_RDONLY, &e)) == -1)
		return (e == PRA_ENOTFOUND ? 0 : e);
	if ((e = fd_size(fd, &have)) == 0 && offset < have) {
		do {
			k = pread(fd, p, size, (off_t)offset);
		} while (k == -1 && errno == EINTR);
		if (k == -1)
			e = err_errno(errno);
		else
			*got = (size_t)k;
	}
	close(fd);
	return (e);
}
