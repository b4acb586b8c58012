/*
 * praetor-engine as a process: what a copy of it answers, while it goes on.
 */
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

int
main(void)
{
#define T(fn)	cmocka_unit_test_setup_teardown(fn, er_setup, er_teardown)
	const struct CMUnitTest	 tests[] = {
		T(verified), T(damaged), T(not_for_all)
	};

	log_init("engine_work_test", 0);
	return (tap_run(tests));
}
