/*
 * The log against the state, on a real store: a database that the first
 * version wrote (tests/data/README), and what damage to it is called.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/load.h"
#include "engine/rebuild.h"
#include "engine/remake.h"
#include "engine/upcast.h"
#include "engine/verify.h"
#include "tests/tap.h"

#define FIXTURE		"tests/data/store-v1.db"
#define EVENTS		499	/* in it */

struct world {
	char		 dir[64];
	char		 db[96];
	char		 why[1024];
	uint64_t	 differ, seq;	/* of the first difference */
	char		 table[40], row[170], field[70], type[70];
	unsigned int	 tables, rows;
};

static void
copy_file(const char *from, const char *to)
{
	static char	 b[65536];
	ssize_t		 n;
	int		 in, out;

	in = open(from, O_RDONLY);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (in == -1 || out == -1)
		fail_msg("%s or %s cannot be opened", from, to);
	while ((n = read(in, b, sizeof(b))) > 0)
		assert_int_equal(write(out, b, (size_t)n), n);
	close(in);
	close(out);
}

static int
setup(void **state)
{
	const char	*src = getenv("SRC");
	struct world	*w = calloc(1, sizeof(*w));
	struct store	*s = NULL;
	char		 from[4096];

	snprintf(w->dir, sizeof(w->dir), "/tmp/praetor-replay.XXXXXX");
	if (w == NULL || mkdtemp(w->dir) == NULL)
		return (-1);
	snprintf(w->db, sizeof(w->db), "%s/praetor.db", w->dir);
	snprintf(from, sizeof(from), "%s/" FIXTURE, src == NULL ? "." : src);
	copy_file(from, w->db);
	*state = w;
	if (store_open(&s, w->dir, w->why, sizeof(w->why)) != 0 ||
	    remake_state(s, w->why, sizeof(w->why)) != 0) {
		print_message("# %s\n", w->why);
		return (-1);
	}
	store_close(s);
	return (0);
}

static int
teardown(void **state)
{
	static const char *const	 names[] = {
		"praetor.db", "praetor.db-wal", "praetor.db-shm", "lock",
		"logs"
	};
	struct world			*w = *state;
	char				 path[160];
	size_t				 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, names[i]);
		if (remove(path) == -1 && i == 0)
			return (-1);
	}
	rmdir(w->dir);
	free(w);
	return (0);
}

/* Change it as somebody with the file could. */
static void
sql(struct world *w, const char *text)
{
	sqlite3	*db;
	char	*err = NULL;

	assert_int_equal(sqlite3_open(w->db, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &err) != SQLITE_OK)
		fail_msg("%s: %s", text, err);
	sqlite3_close(db);
}

static void
seen(void *arg, struct rec *r)
{
	struct world	*w = arg;

	if (rec_kind(r) == REC_v_table) {
		w->tables++;
		w->rows += (unsigned int)rec_u64(r, F_v_table_rows);
	}
	if (rec_kind(r) == REC_v_differ && w->differ++ == 0) {
		w->seq = rec_u64(r, F_v_differ_seq);
		snprintf(w->table, sizeof(w->table), "%s",
		    rec_str(r, F_v_differ_table));
		snprintf(w->row, sizeof(w->row), "%s",
		    rec_str(r, F_v_differ_row));
		snprintf(w->field, sizeof(w->field), "%s",
		    rec_str(r, F_v_differ_field));
		snprintf(w->type, sizeof(w->type), "%s",
		    rec_str(r, F_v_differ_type));
		print_message("# %s\n", rec_str(r, F_v_differ_text));
	}
	rec_free(r);
}

/* As the daemon's copy does it: beside the engine's own connection. */
static int
verify(struct world *w)
{
	struct store	*main, *s;
	int		 e;

	w->differ = w->seq = 0;
	w->tables = w->rows = 0;
	w->table[0] = w->row[0] = w->field[0] = w->type[0] = '\0';
	e = store_open(&main, w->dir, w->why, sizeof(w->why));
	if (e != 0)
		print_message("# %s\n", w->why);
	assert_int_equal(e, 0);
	assert_int_equal(remake_state(main, w->why, sizeof(w->why)), 0);
	assert_int_equal(store_open_copy(&s, w->dir, NULL, w->why,
	    sizeof(w->why)), 0);
	e = verify_run(s, seen, w, w->why, sizeof(w->why));
	store_close(s);
	store_close(main);
	return (e);
}

/* What the first version wrote is read, and gives what it gave. */
static void
first_version(void **state)
{
	struct world	*w = *state;
	struct store	*s;
	struct state	*st;

	assert_int_equal(verify(w), 0);
	assert_int_equal(w->differ, 0);
	assert_int_equal(w->tables, ST_MAX);
	assert_true(w->rows > 70);
	assert_int_equal(store_open(&s, w->dir, w->why, sizeof(w->why)), 0);
	assert_true(store_last_seq(s) == EVENTS);
	assert_int_equal(load_state(s, &st, w->why, sizeof(w->why)), 0);
	state_free(st);
	store_close(s);
}

/* Every event in turn: one byte of its data, of its envelope. */
static void
flipped_event(void **state)
{
	static const char *const	 damage[] = {
		"data = CAST(substr(data, 1, length(data) - 1) || CASE "
		    "substr(data, -1) WHEN x'01' THEN x'02' ELSE x'01' END "
		    "AS BLOB)",
		"time = time + 1", "actor = 'uid:0'", "policy = policy || '.'",
		"hash = zeroblob(32)", "schema = 2"
	};
	struct world			*w = *state;
	char				 text[256], saved[128];
	unsigned int			 i, seq;

	snprintf(saved, sizeof(saved), "%s.saved", w->db);
	rename(w->db, saved);
	for (i = 0; i < 60; i++) {
		copy_file(saved, w->db);
		seq = 1 + i * (EVENTS - 1) / 59;
		snprintf(text, sizeof(text), "UPDATE events SET %s WHERE "
		    "seq = %u", damage[i % 6], seq);
		sql(w, text);
		assert_int_equal(verify(w), PRA_ECORRUPT);
		assert_true(w->seq == seq);
	}
	unlink(saved);
}

static void
missing_event(void **state)
{
	struct world	*w = *state;

	sql(w, "DELETE FROM events WHERE seq = 100");
	assert_int_equal(verify(w), PRA_ECORRUPT);
	assert_true(w->seq == 100);
	assert_non_null(strstr(w->why, "event 100 is missing"));
}

/* The first one, and the last: the rows are ahead of the log then. */
static void
missing_ends(void **state)
{
	struct world	*w = *state;

	sql(w, "DELETE FROM events WHERE seq = 499");
	assert_int_equal(verify(w), PRA_ECORRUPT);
	assert_true(w->table[0] != '\0');
	sql(w, "DELETE FROM events WHERE seq = 1");
	assert_int_equal(verify(w), PRA_ECORRUPT);
	assert_true(w->seq == 1);
}

static void
swapped_events(void **state)
{
	struct world	*w = *state;

	sql(w, "UPDATE events SET seq = 100000 WHERE seq = 50;"
	    "UPDATE events SET seq = 50 WHERE seq = 51;"
	    "UPDATE events SET seq = 51 WHERE seq = 100000");
	assert_int_equal(verify(w), PRA_ECORRUPT);
	assert_true(w->seq == 50);
}

/* The kind beside the event is for searching, and no part of its hash. */
static void
other_type(void **state)
{
	struct world	*w = *state;

	sql(w, "UPDATE events SET type = type + 1 WHERE seq = 77");
	assert_int_equal(verify(w), PRA_ECORRUPT);
	assert_true(w->seq == 77);
}

/* A later version's events are no damage, and called what they are. */
static void
later_schema(void **state)
{
	struct rec	*r = rec_new(REC_e_task_cancelled);

	(void)state;
	assert_int_equal(upcast(r, 1), 0);
	assert_int_equal(upcast(r, 2), PRA_EVERSION);
	rec_free(r);
}

static void
flipped_rows(void **state)
{
	struct world	*w = *state;

	sql(w, "UPDATE task SET row = CAST(replace(CAST(row AS TEXT), 'make', "
	    "'fake') AS BLOB) WHERE key = (SELECT max(key) FROM task)");
	assert_int_equal(verify(w), PRA_ECORRUPT);
	assert_string_equal(w->table, "task");
	assert_string_equal(w->field, "run");
	assert_string_equal(w->type, "task.created");
	assert_non_null(strstr(w->why, "table task, row t_"));
	assert_non_null(strstr(w->why, "differs in run"));
}

static void
other_rows(void **state)
{
	static const struct {
		const char	*sql, *table;
	} t[] = {
		{ "DELETE FROM session WHERE key = "
		    "(SELECT min(key) FROM session)", "session" },
		{ "INSERT INTO owed SELECT CAST('stop/999' AS BLOB), live, "
		    "kind, row FROM owed LIMIT 1", "owed" },
		{ "UPDATE change SET live = 1 - live WHERE key = "
		    "(SELECT min(key) FROM change)", "change" },
		{ "UPDATE project SET row = x'00'", "project" },
		{ "UPDATE change SET kind = 'task-row' WHERE key = "
		    "(SELECT min(key) FROM change)", "change" }
	};
	struct world	*w = *state;
	size_t		 i;
	char		 saved[128];

	snprintf(saved, sizeof(saved), "%s.saved", w->db);
	rename(w->db, saved);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		copy_file(saved, w->db);
		sql(w, t[i].sql);
		assert_int_equal(verify(w), PRA_ECORRUPT);
		assert_string_equal(w->table, t[i].table);
		assert_true(w->row[0] != '\0');
	}
	unlink(saved);
}

static void
lower_numbers(void **state)
{
	struct world	*w = *state;

	sql(w, "UPDATE meta SET value = value - 1 WHERE name = 'fence'");
	assert_int_equal(verify(w), PRA_ECORRUPT);
	assert_non_null(strstr(w->why, "numbers would be given twice"));
	sql(w, "UPDATE meta SET value = value + 10 WHERE name = 'fence'");
	assert_int_equal(verify(w), 0);
}

/* Upcasters: every step once, in order, and the schema that is written. */

static void
twice(struct rec *r)
{
	rec_set_u64(r, F_e_task_ready_retries,
	    rec_u64(r, F_e_task_ready_retries) * 2);
}

static void
plus(struct rec *r)
{
	rec_set_u64(r, F_e_task_ready_retries,
	    rec_u64(r, F_e_task_ready_retries) + 1);
}

static void
upcasters(void **state)
{
	static const struct upcast	 table[] = {
		{ REC_e_task_ready, 2, plus }, { REC_e_task_ready, 1, twice },
		{ REC_NONE, 0, NULL }
	};
	static const uint64_t		 want[] = { 0, 11, 6, 5 };
	struct rec			*r;
	uint32_t			 schema;

	(void)state;
	assert_int_equal(upcast_schema_by(table, REC_e_task_ready), 3);
	assert_int_equal(upcast_schema_by(table, REC_e_task_dep), 1);
	for (schema = 1; schema <= 3; schema++) {
		r = rec_new(REC_e_task_ready);
		rec_set_id(r, F_e_task_ready_task, (const uint8_t *)
		    "0123456789abcdef");
		rec_set_u64(r, F_e_task_ready_retries, 5);
		rec_set_u64(r, F_e_task_ready_tries, 0);
		rec_set_str(r, F_e_task_ready_summary, "ready");
		assert_int_equal(upcast_by(table, r, schema), 0);
		assert_true(rec_u64(r, F_e_task_ready_retries) ==
		    want[schema]);
		assert_int_equal(upcast_by(table, r, 4), PRA_EVERSION);
		assert_int_equal(upcast_by(table, r, 0), PRA_ECORRUPT);
		rec_free(r);
	}
}

/* A thousand keys put, changed and deleted against a plain array. */
static void
row_sets(void **state)
{
	static uint8_t		 have[1001];	/* a body may be two */
	struct rowset		 rs = { 0 };
	struct rowset_row	*r;
	size_t			 at = 0, n = 0;
	uint32_t		 x = 1, i, key;

	(void)state;
	for (i = 0; i < 40000; i++) {
		x = x * 1103515245 + 12345;
		key = (x >> 16) % 1000;
		if (x >> 31) {
			rowset_del(&rs, ST_TASK, &key, sizeof(key));
			have[key] = 0;
			continue;
		}
		have[key] = (uint8_t)(1 + i % 200);
		assert_int_equal(rowset_put(&rs, ST_TASK, &key, sizeof(key),
		    1, REC_s_task, have + key, 1 + i % 2), 0);
	}
	for (key = 0; key < 1000; key++) {
		n += have[key] != 0;
		r = rowset_find(&rs, ST_TASK, &key, sizeof(key));
		assert_int_equal(r != NULL, have[key] != 0);
		if (r != NULL)
			assert_int_equal(r->bytes[sizeof(key)], have[key]);
		assert_null(rowset_find(&rs, ST_OWED, &key, sizeof(key)));
	}
	for (; rowset_next(&rs, &at) != NULL; n--)
		;
	assert_int_equal(n, 0);
	rowset_free(&rs);
}

int
main(void)
{
#define T(fn)	cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest	 tests[] = {
		T(first_version), T(flipped_event), T(missing_event),
		T(missing_ends), T(swapped_events), T(other_type),
		T(flipped_rows), T(other_rows), T(lower_numbers),
		cmocka_unit_test(later_schema), cmocka_unit_test(upcasters),
		cmocka_unit_test(row_sets)
	};

	log_init("replay_test", 0);
	return (tap_run(tests));
}
