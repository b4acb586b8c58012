/*
 * engine/restore.c at start: whenever it is interrupted, and whatever lies in
 * the directory, there is the old database or the new one, whole, and the old
 * one is kept.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/restore.h"
#include "tests/store_rig.h"
#include "tests/tap.h"

#define NUMBER	7		/* the last session of the backup */

static void
set_number(struct sr_world *w, uint64_t n)
{
	assert_int_equal(store_begin(w->s), 0);
	assert_int_equal(store_meta_set(w->s, "session", n), 0);
	assert_int_equal(store_commit(w->s), 0);
}

static uint64_t
number(struct sr_world *w)
{
	uint64_t	 n = 0;

	assert_int_equal(store_meta_get(w->s, "session", &n), 0);
	return (n);
}

/* A backup with 12 events is ready; the database goes on to 24. */
static void
ready(struct sr_world *w)
{
	char	 path[200];

	sr_append_some(w);
	set_number(w, NUMBER);
	snprintf(path, sizeof(path), "%s", sr_path(w, RESTORE_READY));
	assert_int_equal(store_copy_to(w->s, path), 0);
	assert_int_equal(chmod(path, 0600), 0);
	sr_append_some(w);
	set_number(w, NUMBER + 2);
	store_close(w->s);
	w->s = NULL;
}

static void
put(struct sr_world *w, const char *name, const char *text)
{
	FILE	*f = fopen(sr_path(w, name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int
is_there(struct sr_world *w, const char *name)
{
	struct stat	 st;

	return (lstat(sr_path(w, name), &st) == 0);
}

static void
link_to(struct sr_world *w, const char *from, const char *to)
{
	char	 path[200];

	snprintf(path, sizeof(path), "%s", sr_path(w, from));
	assert_int_equal(link(path, sr_path(w, to)), 0);
}

static int
take(struct sr_world *w)
{
	int	 e = restore_take(w->dir, w->why, sizeof(w->why));

	if (e != 0)
		print_message("# %s\n", w->why);
	return (e);
}

static void
taken(void **state)
{
	struct sr_world	*w = *state;

	ready(w);
	assert_int_equal(take(w), 0);
	assert_int_equal(sr_reopen(w), 0);
	assert_true(store_last_seq(w->s) == 12);
	assert_true(number(w) == NUMBER + 2);
	assert_false(is_there(w, RESTORE_READY));
	assert_true(is_there(w, RESTORE_OLD));
}

/* The old one had its second name, and its log had been moved. */
static void
interrupted(void **state)
{
	struct sr_world	*w = *state;

	ready(w);
	link_to(w, "praetor.db", RESTORE_OLD);
	put(w, RESTORE_OLD "-wal", "what was not in it yet");
	assert_int_equal(take(w), 0);
	assert_true(is_there(w, RESTORE_OLD "-wal"));
	assert_int_equal(sr_reopen(w), 0);
	assert_true(store_last_seq(w->s) == 12);
}

/* What belongs to an old one of before is not taken for the old one's. */
static void
older(void **state)
{
	struct sr_world	*w = *state;

	ready(w);
	put(w, RESTORE_OLD, "older");
	put(w, RESTORE_OLD "-wal", "older");
	assert_int_equal(take(w), 0);
	assert_false(is_there(w, RESTORE_OLD "-wal"));
}

/* Never without the old one being kept. */
static void
not_kept(void **state)
{
	struct sr_world	*w = *state;

	ready(w);
	assert_int_equal(mkdir(sr_path(w, RESTORE_OLD), 0700), 0);
	assert_int_not_equal(take(w), 0);
	sr_why(w, RESTORE_OLD, "move it away");
	assert_int_equal(sr_reopen(w), 0);
	assert_true(store_last_seq(w->s) == 24);
	assert_true(is_there(w, RESTORE_READY));
}

/* An empty log says nothing of the numbers that were given. */
static void
lost(void **state)
{
	struct sr_world	*w = *state;

	ready(w);
	assert_int_equal(unlink(sr_path(w, "praetor.db")), 0);
	assert_int_equal(take(w), 0);
	assert_int_equal(sr_reopen(w), 0);
	assert_true(store_last_seq(w->s) == 12);
	assert_true(number(w) > 1000);
}

static void
no_file(void **state)
{
	struct sr_world	*w = *state;
	char		 path[200];

	ready(w);
	snprintf(path, sizeof(path), "%s", sr_path(w, "elsewhere"));
	assert_int_equal(rename(sr_path(w, RESTORE_READY), path), 0);
	assert_int_equal(symlink(path, sr_path(w, RESTORE_READY)), 0);
	assert_int_equal(take(w), PRA_EPERM);
	sr_why(w, RESTORE_READY, "move it away");
	assert_int_equal(sr_reopen(w), 0);
	assert_true(store_last_seq(w->s) == 24);
}

static void
others_write(void **state)
{
	struct sr_world	*w = *state;

	ready(w);
	assert_int_equal(chmod(sr_path(w, RESTORE_READY), 0666), 0);
	assert_int_equal(take(w), PRA_EPERM);
	sr_why(w, RESTORE_READY, "chmod go-w");
	assert_int_equal(sr_reopen(w), 0);
	assert_true(store_last_seq(w->s) == 24);
}

/* What copies left that were killed takes no room for ever. */
static void
tidied(void **state)
{
	struct sr_world	*w = *state;

	ready(w);
	put(w, RESTORE_PART, "half");
	put(w, RESTORE_PART "-journal", "half");
	put(w, STORE_COPY, "half");
	restore_tidy(w->dir);
	assert_false(is_there(w, RESTORE_PART));
	assert_false(is_there(w, RESTORE_PART "-journal"));
	assert_false(is_there(w, STORE_COPY));
	assert_true(is_there(w, RESTORE_READY));
}

/* Giving pages back waits for nobody who reads: the engine has to go on. */
static void
vacuum_beside_reader(void **state)
{
	struct sr_world	*w = *state;
	struct store	*copy;

	sr_append_some(w);
	assert_int_equal(store_open_copy(&copy, w->dir, NULL, w->why,
	    sizeof(w->why)), 0);
	sr_append_some(w);
	alarm(5);			/* half of what a copy would wait */
	assert_int_equal(store_vacuum(w->s, 64), 0);
	alarm(0);
	assert_true(store_last_seq(copy) == 12);
	store_close(copy);
}

int
main(void)
{
#define T(fn)	cmocka_unit_test_setup_teardown(fn, sr_setup, sr_teardown)
	const struct CMUnitTest	 tests[] = {
		T(taken), T(interrupted), T(older), T(not_kept), T(lost),
		T(no_file), T(others_write), T(tidied),
		T(vacuum_beside_reader)
	};

	log_init("store_restore_test", 0);
	return (tap_run(tests));
}
