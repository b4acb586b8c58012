/*
 * praetor-engine as a process: what a copy of it answers, while it goes on.
 */
#include <unistd.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/store.h"
#include "tests/engine_rig.h"
#include "tests/tap.h"

static void
some_history(struct er_world *w)
{
	uint64_t	 session;
	int		 i;

	er_ready(w);
	for (i = 0; i < 3; i++) {
		session = er_task(w, er_task_rec(i == 0 ? "a" : i == 1 ? "b" :
		    "c"));
		er_finish(w, session, er_dispatch(w, session));
	}
}

/* Items of an answer: tables that were compared; then its end. */
static int
verify(struct er_world *w, unsigned int *tables)
{
	struct reader	 rd;
	struct rec	*r;
	int		 e;

	*tables = 0;
	er_ask(w, rec_new(REC_c_replay_verify), NULL);
	while (er_either(&w->front, MSG_ITEM, MSG_DONE) == MSG_ITEM) {
		reader_init(&rd, w->m.data, w->m.hdr.len);
		assert_int_equal(rec_decode(&rd, &r), 0);
		*tables += rec_kind(r) == REC_v_table;
		rec_free(r);
	}
	assert_int_equal(rec_decode_one(w->m.data, w->m.hdr.len, REC_v_done,
	    &r), 0);
	print_message("# %s\n", rec_str(r, F_v_done_message));
	e = strcmp(rec_str(r, F_v_done_error), "ok") == 0 ? 0 :
	    err_byname(rec_str(r, F_v_done_error));
	rec_free(r);
	return (e);
}

static void
verified(void **state)
{
	struct er_world	*w = *state;
	unsigned int	 tables;

	some_history(w);
	assert_int_equal(verify(w, &tables), 0);
	assert_int_equal(tables, ST_MAX);
	er_again(w);
	assert_int_equal(verify(w, &tables), 0);
}

static void
damaged(void **state)
{
	struct er_world	*w = *state;
	unsigned int	 tables;

	some_history(w);
	er_kill(w);
	er_sql(w, "UPDATE events SET time = time + 1 WHERE seq = 5");
	er_start(w);
	er_sync(w);
	assert_int_equal(verify(w, &tables), PRA_ECORRUPT);
	/* It is told of, and changes nothing. */
	er_task_state(w, "a", "done", "no-change");
}

/* Whoever may not do all may not do this. */
static void
not_for_all(void **state)
{
	struct er_world	*w = *state;

	er_ready(w);
	er_ask_as(w, rec_new(REC_c_replay_verify), NULL, ER_OTHER);
	assert_int_equal(er_answer(w), PRA_EPERM);
}

static struct rec *
piece(uint64_t last)
{
	struct rec	*r = rec_new(REC_c_db_restore);

	rec_set_u64(r, F_c_db_restore_offset, 0);
	rec_set_str(r, F_c_db_restore_data, "bm8gZGF0YWJhc2U=");
	rec_set_u64(r, F_c_db_restore_last, last);
	return (r);
}

/* The next answer that ends, which is of this request. */
static int
ended(struct er_world *w, uint32_t request)
{
	struct rec	*r;
	int		 e;

	while (er_either(&w->front, MSG_ITEM, MSG_DONE) == MSG_ITEM)
		;
	assert_int_equal(w->m.hdr.id, request);
	assert_int_equal(rec_decode_one(w->m.data, w->m.hdr.len, REC_v_done,
	    &r), 0);
	e = err_byname(rec_str(r, F_v_done_error));
	rec_free(r);
	return (e);
}

/* What is being checked, or copied, is not written by somebody else. */
static void
one_at_a_time(void **state)
{
	struct er_world	*w = *state;
	uint32_t	 first;

	er_ready(w);
	er_ask(w, piece(1), NULL);
	first = w->request;
	er_ask(w, piece(0), NULL);
	assert_int_equal(ended(w, first + 1), PRA_ELIMIT);
	assert_int_not_equal(ended(w, first), 0);
	er_ask(w, piece(0), NULL);
	assert_int_equal(er_answer(w), 0);
	er_ask(w, rec_new(REC_c_db_backup), NULL);
	first = w->request;
	er_ask(w, rec_new(REC_c_db_backup), NULL);
	assert_int_equal(ended(w, first + 1), PRA_ELIMIT);
	assert_int_equal(ended(w, first), 0);
}

/* A journal of one that was interrupted would be read into the next one. */
static void
begun_anew(void **state)
{
	struct er_world	*w = *state;
	char		 path[200];
	FILE		*f;

	er_ready(w);
	snprintf(path, sizeof(path), "%s/restore.part-journal", w->dir);
	assert_non_null(f = fopen(path, "w"));
	fclose(f);
	er_ask(w, piece(0), NULL);
	assert_int_equal(er_answer(w), 0);
	assert_int_equal(access(path, F_OK), -1);
}

int
main(void)
{
#define T(fn)	cmocka_unit_test_setup_teardown(fn, er_setup, er_teardown)
	const struct CMUnitTest	 tests[] = {
		T(verified), T(damaged), T(not_for_all),
		T(one_at_a_time), T(begun_anew)
	};

	log_init("engine_work_test", 0);
	return (tap_run(tests));
}
