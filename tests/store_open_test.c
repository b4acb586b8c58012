/*
 * engine/store.c, store_log.c: what is made on disk, each way in which a state
 * directory can be unfit, full disks, and the output files.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sched.h>
#include <sqlite3.h>

#include "common/err.h"
#include "common/log.h"
#include "tests/store_rig.h"
#include "tests/tap.h"

/* -- opening -- */

static void
fresh(void **state)
{
	struct sr_world	*w = *state;
	struct stat	 st;
	sqlite3		*db;
	sqlite3_stmt	*q;

	assert_int_equal(stat(sr_path(w, "praetor.db"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(store_last_seq(w->s) == 0);
	store_close(w->s);
	w->s = NULL;
	assert_int_equal(sqlite3_open(sr_path(w, "praetor.db"), &db), 0);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT user_version, "
	    "application_id, journal_mode FROM pragma_user_version, "
	    "pragma_application_id, pragma_journal_mode", -1, &q, NULL), 0);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(q, 0), STORE_VERSION);
	assert_int_equal(sqlite3_column_int(q, 1), 0x50726165);
	assert_string_equal((const char *)sqlite3_column_text(q, 2), "wal");
	sqlite3_finalize(q);
	sqlite3_close(db);
}

static void
second_open(void **state)
{
	struct sr_world	*w = *state;
	struct store	*other;
	int		 status;
	pid_t		 pid;

	sr_append_some(w);
	if ((pid = fork()) == 0)
		_exit(store_open(&other, w->dir, w->why, sizeof(w->why)) ==
		    PRA_ECONFLICT && strstr(w->why, "another praetord") ?
		    0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* The first one goes on. */
	sr_append_some(w);
	assert_true(store_last_seq(w->s) == 24);
}

static void
newer_version(void **state)
{
	struct sr_world	*w = *state;

	sr_append_some(w);
	sr_sql(w, "PRAGMA user_version = 2");
	assert_int_equal(sr_reopen(w), PRA_EVERSION);
	sr_why(w, "format 2", "install the praetor that made it");
	sr_sql(w, "PRAGMA user_version = 1");
	assert_int_equal(sr_reopen(w), 0);
	sr_events(w, F(.since = 11), "12");
}

static void
another_program(void **state)
{
	struct sr_world	*w = *state;

	sr_sql(w, "PRAGMA application_id = 5");
	assert_int_equal(sr_reopen(w), PRA_ECORRUPT);
	sr_why(w, "another program", "move it away");
}

static void
no_database(void **state)
{
	struct sr_world	*w = *state;
	FILE		*f;
	int		 i;

	store_close(w->s);
	w->s = NULL;
	f = fopen(sr_path(w, "praetor.db"), "w");
	assert_non_null(f);
	for (i = 0; i < 1000; i++)
		fprintf(f, "this is not a database at all\n");
	fclose(f);
	assert_int_equal(sr_reopen(w), PRA_ECORRUPT);
	sr_why(w, "praetor.db", "restore it from a backup");
}

static void
missing_table(void **state)
{
	struct sr_world	*w = *state;

	sr_sql(w, "DROP TABLE owed");
	assert_int_equal(sr_reopen(w), PRA_ECORRUPT);
	sr_why(w, "praetor.db", "restore it from a backup");
}

static void
truncated(void **state)
{
	struct sr_world	*w = *state;
	struct stat	 st;
	off_t		 len;
	int		 e;

	sr_append_some(w);
	sr_sql(w, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(stat(sr_path(w, "praetor.db"), &st), 0);
	for (len = st.st_size - 4096; len > 0; len -= 4096) {
		assert_int_equal(truncate(sr_path(w, "praetor.db"), len), 0);
		e = sr_reopen(w);
		assert_int_equal(e, PRA_ECORRUPT);
		sr_why(w, "praetor.db", "restore it from a backup");
	}
	assert_int_equal(truncate(sr_path(w, "praetor.db"), 60), 0);
	assert_int_equal(sr_reopen(w), PRA_ECORRUPT);
}

static void
modes(void **state)
{
	struct sr_world	*w = *state;

	assert_int_equal(chmod(sr_path(w, "praetor.db"), 0620), 0);
	assert_int_equal(sr_reopen(w), PRA_EPERM);
	sr_why(w, "praetor.db", "chmod go-w");
	assert_int_equal(chmod(sr_path(w, "praetor.db"), 0602), 0);
	assert_int_equal(sr_reopen(w), PRA_EPERM);
	assert_int_equal(chmod(sr_path(w, "praetor.db"), 0600), 0);
	assert_int_equal(chmod(w->dir, 0770), 0);
	assert_int_equal(sr_reopen(w), PRA_EPERM);
	sr_why(w, w->dir, "chmod go-w");
	assert_int_equal(chmod(w->dir, 0700), 0);
	assert_int_equal(chmod(sr_path(w, "logs"), 0707), 0);
	assert_int_equal(sr_reopen(w), PRA_EPERM);
	sr_why(w, "logs", "chmod go-w");
	assert_int_equal(chmod(sr_path(w, "logs"), 0700), 0);
	assert_int_equal(sr_reopen(w), 0);
}

static void
links(void **state)
{
	struct sr_world	*w = *state;
	char		 moved[200];

	store_close(w->s);
	w->s = NULL;
	snprintf(moved, sizeof(moved), "%s", sr_path(w, "moved"));
	assert_int_equal(rename(sr_path(w, "praetor.db"), moved), 0);
	assert_int_equal(symlink("moved", sr_path(w, "praetor.db")), 0);
	assert_int_equal(sr_reopen(w), PRA_EPERM);
	sr_why(w, "praetor.db", "move it away");
}

static void
owner(void **state)
{
	struct sr_world	*w = *state;

	if (geteuid() != 0)
		tap_skip("needs root to change an owner");
	assert_int_equal(chown(sr_path(w, "praetor.db"), 12345, 0), 0);
	assert_int_equal(sr_reopen(w), PRA_EPERM);
	sr_why(w, "user 12345", "chown");
	assert_int_equal(chown(sr_path(w, "praetor.db"), 0, 0), 0);
	assert_int_equal(chown(w->dir, 12345, 0), 0);
	assert_int_equal(sr_reopen(w), PRA_EPERM);
	sr_why(w, "user 12345", "chown");
	assert_int_equal(chown(w->dir, 0, 0), 0);
}

static void
no_directory(void **state)
{
	struct sr_world	*w = *state;

	store_close(w->s);
	w->s = NULL;
	assert_int_equal(store_open(&w->s, sr_path(w, "nope"), w->why,
	    sizeof(w->why)), PRA_ENOTFOUND);
	sr_why(w, "nope", "must exist");
}

/*
 * Run fn as a child in a mount namespace of its own, with a file system made
 * for it on w->dir.  Skips where that is not possible.
 */
static void
in_private_tmpfs(struct sr_world *w, const char *options,
    int (*fn)(struct sr_world *))
{
	int	 status;
	pid_t	 pid;

	if (geteuid() != 0)
		tap_skip("needs root for a private tmpfs");
	store_close(w->s);
	w->s = NULL;
	if ((pid = fork()) == 0) {
		if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL,
		    MS_REC | MS_PRIVATE, NULL) == -1 ||
		    mount("tmpfs", w->dir, "tmpfs", 0, options) == -1)
			_exit(100);
		_exit(fn(w));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 100)
		tap_skip("needs mount namespaces for a private tmpfs");
	if (status != 0)
		fail_msg("step %d of the child", WEXITSTATUS(status));
}

#define STEP(n, x)	do { if (!(x)) return (n); } while (0)

static int
read_only_child(struct sr_world *w)
{
	STEP(1, sr_reopen(w) == 0);
	sr_append_some(w);
	store_close(w->s);
	w->s = NULL;
	STEP(2, mount(NULL, w->dir, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	STEP(3, sr_reopen(w) != 0);
	STEP(4, w->s == NULL && strstr(w->why, w->dir) != NULL);
	return (0);
}

static void
read_only(void **state)
{
	in_private_tmpfs(*state, "mode=0700,size=4m", read_only_child);
}

/* An ordinary user meets a directory that he may not write. */
static void
read_only_mode(void **state)
{
	struct sr_world	*w = *state;
	int		 status;
	pid_t		 pid;

	store_close(w->s);
	w->s = NULL;
	assert_int_equal(unlink(sr_path(w, "praetor.db")), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(w->dir, 65534, 65534), 0);
	assert_int_equal(chmod(w->dir, 0500), 0);
	if ((pid = fork()) == 0) {
		if (geteuid() == 0 && setuid(65534) == -1)
			_exit(2);
		_exit(store_open(&w->s, w->dir, w->why, sizeof(w->why)) ==
		    PRA_EPERM && strstr(w->why, w->dir) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Fill the file system to the last byte; how much that was. */
static size_t
fill_disk(struct sr_world *w)
{
	static const char	 block[4096];
	int			 fd;
	size_t			 n = 0;
	ssize_t			 k;

	fd = open(sr_path(w, "filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while ((k = write(fd, block, sizeof(block))) > 0)
		n += (size_t)k;
	close(fd);
	return (n);
}

static int
commit_row(struct sr_world *w)
{
	struct buf		 data = { 0 };
	struct store_event	 ev;
	struct rec		*r;
	int			 e, i;

	if ((e = store_begin(w->s)) != 0)
		return (e);
	for (i = 0; i < 20 && e == 0; i++) {
		ev = sr_event(w, &data, REC_e_project_added, "system");
		e = store_append(w->s, &ev);
	}
	r = recgen(&w->gen, REC_b_project_open, RECGEN_MOST);
	if (e == 0)
		e = store_put(w->s, ST_TASK, "new", 3, 1, r);
	rec_free(r);
	buf_free(&data);
	i = store_commit(w->s);
	return (e != 0 && i == e ? e : i);
}

/*
 * A full disk refuses the turn as a whole with PRA_ENOSPC; when there is room
 * again the store goes on where it was.
 */
static int
full_disk_child(struct sr_world *w)
{
	static const char	 block[65536];
	struct sr_chain		 c = { 0 };
	struct store_filter	 f = { 0 };
	uint64_t		 last;

	STEP(1, sr_reopen(w) == 0);
	sr_append_some(w);
	STEP(2, fill_disk(w) > 0);
	last = store_last_seq(w->s);
	STEP(3, commit_row(w) == PRA_ENOSPC);
	STEP(4, store_last_seq(w->s) == last && !store_in_transaction(w->s));
	STEP(5, !sr_has(w, ST_TASK, "new"));
	STEP(6, store_log_append(w->s, "out", 0, block, 65536) == PRA_ENOSPC);
	STEP(7, unlink(sr_path(w, "filler")) == 0);
	STEP(8, commit_row(w) == 0);
	STEP(9, store_log_append(w->s, "out", 0, block, 65536) == 0);
	STEP(10, store_log_size(w->s, "out") == 65536);
	STEP(11, sr_reopen(w) == 0);
	STEP(12, store_events(w->s, &f, sr_link, &c) == 0 && c.n == 32);
	STEP(13, sr_has(w, ST_TASK, "new"));
	return (0);
}

static void
full_disk(void **state)
{
	in_private_tmpfs(*state, "mode=0700,size=1m", full_disk_child);
}

/* No room to make the database: said, and nothing half made is in the way. */
static int
full_at_open_child(struct sr_world *w)
{
	STEP(1, fill_disk(w) > 0);
	STEP(2, sr_reopen(w) == PRA_ENOSPC);
	STEP(3, strstr(w->why, "free some space") != NULL);
	STEP(4, unlink(sr_path(w, "filler")) == 0);
	STEP(5, sr_reopen(w) == 0);
	return (0);
}

static void
full_at_open(void **state)
{
	in_private_tmpfs(*state, "mode=0700,size=1m", full_at_open_child);
}

/* -- output files -- */

static void
check_log(struct sr_world *w, const char *name, const char *want)
{
	char	 got[200];
	size_t	 n = 99;

	assert_int_equal(store_log_read(w->s, name, 0, got, sizeof(got), &n),
	    0);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(got, want, n);
	assert_true(store_log_size(w->s, name) == n);
}

static void
logs(void **state)
{
	struct sr_world	*w = *state;
	struct stat	 st;
	char		 got[4];
	size_t		 n;

	check_log(w, "t_1.1", "");
	assert_int_equal(store_log_sync(w->s, "t_1.1"), 0);
	assert_int_equal(store_log_append(w->s, "t_1.1", 0, "hello", 5), 0);
	assert_int_equal(store_log_append(w->s, "t_1.1", 5, " world", 6), 0);
	check_log(w, "t_1.1", "hello world");
	/* Sent again: whole, in part, and with something new at its end. */
	assert_int_equal(store_log_append(w->s, "t_1.1", 0, "hello", 5), 0);
	assert_int_equal(store_log_append(w->s, "t_1.1", 5, " world", 6), 0);
	assert_int_equal(store_log_append(w->s, "t_1.1", 6, "world!", 6), 0);
	assert_int_equal(store_log_append(w->s, "t_1.1", 12, "", 0), 0);
	check_log(w, "t_1.1", "hello world!");
	/* A gap. */
	assert_int_equal(store_log_append(w->s, "t_1.1", 13, "x", 1),
	    PRA_EINVALID);
	assert_int_equal(store_log_append(w->s, "t_1.1", UINT64_MAX, "x", 1),
	    PRA_EINVALID);
	check_log(w, "t_1.1", "hello world!");
	assert_int_equal(store_log_read(w->s, "t_1.1", 6, got, 4, &n), 0);
	assert_int_equal(n, 4);
	assert_memory_equal(got, "worl", 4);
	assert_int_equal(store_log_read(w->s, "t_1.1", 12, got, 4, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_log_read(w->s, "t_1.1", UINT64_MAX, got, 4, &n),
	    0);
	assert_int_equal(n, 0);
	assert_int_equal(store_log_sync(w->s, "t_1.1"), 0);
	assert_int_equal(sr_reopen(w), 0);
	check_log(w, "t_1.1", "hello world!");
	assert_int_equal(stat(sr_path(w, "logs/t_1.1"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(sr_path(w, "logs"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

/* Wanted are those whose name begins with w. */
static int
log_wanted(void *arg, const char *name)
{
	int	*n = arg;

	(*n)++;
	return (name[0] == 'w');
}

/* A walk in small steps: only what is old, ours and not wanted goes. */
static void
log_expire(void **state)
{
	struct sr_world	*w = *state;
	struct timespec	 old[2] = { { 1000, 0 }, { 1000, 0 } };
	char		 name[16];
	int		 i, asked = 0, steps = 0;

	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%c.%d", "own"[i % 3], i);
		assert_int_equal(store_log_append(w->s, name, 0, "x", 1), 0);
		snprintf(name, sizeof(name), "logs/%c.%d", "own"[i % 3], i);
		if (i % 3 != 2)
			assert_int_equal(utimensat(AT_FDCWD,
			    sr_path(w, name), old, 0), 0);
	}
	assert_int_equal(mkdir(sr_path(w, "logs/o.dir"), 0700), 0);
	assert_int_equal(symlink("o.0", sr_path(w, "logs/o.link")), 0);
	assert_int_equal(utimensat(AT_FDCWD, sr_path(w, "logs/o.dir"), old,
	    0), 0);
	while (store_log_expire(w->s, 2000LL * 1000000, 5, log_wanted,
	    &asked))
		assert_true(++steps < 20);
	assert_true(steps >= 8);
	assert_int_equal(asked, 14 + 13);
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%c.%d", "own"[i % 3], i);
		assert_int_equal(store_log_exists(w->s, name), i % 3 != 0);
	}
	assert_int_equal(access(sr_path(w, "logs/o.dir"), F_OK), 0);
	assert_false(store_log_exists(w->s, "../praetor.db"));
	/* It begins anew, and what is written to is not old. */
	assert_int_equal(store_log_append(w->s, "w.1", 1, "y", 1), 0);
	asked = 0;
	while (store_log_expire(w->s, 2000LL * 1000000, 1000, log_wanted,
	    &asked))
		;
	assert_int_equal(asked, 12);
}

static void
log_names(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", "../praetor.db", "/etc/passwd", "a/b", ".hidden",
		"a b", "a\n", "\xc3\xa4", "a:b"
	};
	struct sr_world	*w = *state;
	char		 longname[300], got[4];
	size_t		 i, n;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(store_log_append(w->s, bad[i], 0, "x", 1),
		    PRA_EINVALID);
		assert_int_equal(store_log_read(w->s, bad[i], 0, got, 4, &n),
		    PRA_EINVALID);
		assert_int_equal(store_log_sync(w->s, bad[i]), PRA_EINVALID);
		assert_true(store_log_size(w->s, bad[i]) == 0);
	}
	memset(longname, 'a', sizeof(longname));
	longname[201] = '\0';
	assert_int_equal(store_log_append(w->s, longname, 0, "x", 1),
	    PRA_EINVALID);
	longname[200] = '\0';
	assert_int_equal(store_log_append(w->s, longname, 0, "x", 1), 0);
}

/* A link in the place of a log is neither written nor read through. */
static void
log_links(void **state)
{
	struct sr_world	*w = *state;
	char		 got[4];
	size_t		 n;

	assert_int_equal(symlink("../secret", sr_path(w, "logs/link")), 0);
	assert_int_not_equal(store_log_append(w->s, "link", 0, "x", 1), 0);
	assert_int_not_equal(store_log_read(w->s, "link", 0, got, 4, &n), 0);
	assert_int_equal(access(sr_path(w, "secret"), F_OK), -1);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, sr_setup, sr_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(fresh), T(second_open), T(newer_version), T(another_program),
		T(no_database), T(missing_table), T(truncated), T(modes),
		T(links), T(owner), T(no_directory), T(read_only),
		T(read_only_mode), T(full_disk), T(full_at_open),
		T(logs), T(log_names), T(log_links), T(log_expire)
	};

	log_init("store_open_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
