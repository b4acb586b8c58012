/*
 * praetor-engine as a process: waiting for tasks, also for those that cannot
 * go on because of another that is any number of steps away.
 */
#include "common/err.h"
#include "common/log.h"
#include "tests/engine_rig.h"
#include "tests/tap.h"

/* File a task that waits for another. */
static void
after(struct er_world *w, const char *name, const char *dep)
{
	struct rec	*r = er_task_rec(name);

	rec_add_str(r, F_c_task_create_deps, dep);
	er_ask(w, r, NULL);
	assert_int_equal(er_answer(w), 0);
}

/* A task without retries fails. */
static void
fails(struct er_world *w, const char *name)
{
	struct rec	*r = er_task_rec(name);
	uint64_t	 session, fence;

	rec_set_u64(r, F_c_task_create_retries, 0);
	session = er_task(w, r);
	fence = er_dispatch(w, session);
	er_step_done(w, fence, 3);
	er_stopped(w, session, 0);
	er_import_all(w, session, 1);
	er_task_state(w, name, "failed", "exit");
}

static void
ask_wait(struct er_world *w, const char *name)
{
	er_ask(w, er_named(REC_c_task_wait, F_c_task_wait_tasks, name), NULL);
}

/* The answer to ask_wait(): its error, and what is named in its line. */
static void
waited(struct er_world *w, int err, const char *state, const char *names)
{
	struct rec	*r;

	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_wait);
	assert_string_equal(rec_str(r, F_v_wait_state), state);
	assert_non_null(strstr(rec_str(r, F_v_wait_sentence), names));
	rec_free(r);
	r = er_end(w);
	assert_int_equal(err_byname(rec_str(r, F_v_done_error)), err);
	assert_non_null(strstr(rec_str(r, F_v_done_message), names));
	rec_free(r);
}

/* Filed before the failure, and waited for before and after it. */
static void
distance(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	uint64_t	 session, fence;

	er_ready(w);
	r = er_task_rec("a");
	rec_set_u64(r, F_c_task_create_retries, 0);
	session = er_task(w, r);
	after(w, "b", "a");
	after(w, "c", "b");
	after(w, "d", "c");
	ask_wait(w, "d");
	fence = er_dispatch(w, session);
	er_step_done(w, fence, 3);
	er_stopped(w, session, 0);
	er_import_all(w, session, 1);
	waited(w, PRA_EFAILED, "waiting", "a, which it depends on, failed");
	er_task_state(w, "b", "held", "dependency-failed");
	er_task_state(w, "c", "waiting", "blocked");
	ask_wait(w, "c");
	waited(w, PRA_EFAILED, "waiting", "a, which it depends on, failed");
	r = er_named(REC_c_task_trace, F_c_task_trace_task, "d");
	rec_set_u64(r, F_c_task_trace_follow, 1);
	er_ask(w, r, NULL);
	assert_int_equal(er_answer(w), PRA_EFAILED);
	/* One that is filed later, and an engine that starts later. */
	after(w, "e", "d");
	ask_wait(w, "e");
	waited(w, PRA_EFAILED, "waiting", "a, which it depends on, failed");
	er_again(w);
	ask_wait(w, "d");
	waited(w, PRA_EFAILED, "waiting", "a, which it depends on, failed");
}

/* What is put right is waited for again. */
static void
goes_on(void **state)
{
	struct er_world	*w = *state;
	uint64_t	 session, fence;

	er_ready(w);
	fails(w, "a");
	after(w, "b", "a");
	after(w, "c", "b");
	er_task_state(w, "c", "waiting", "blocked");
	er_ask(w, er_named(REC_c_task_retry, F_c_task_retry_task, "a"), NULL);
	session = er_base(w);
	assert_int_equal(er_answer(w), 0);
	fence = er_dispatch(w, session);
	er_task_state(w, "c", "waiting", "blocked");	/* b is held still */
	er_finish(w, session, fence);
	session = er_base(w);
	er_task_state(w, "c", "waiting", "dependencies");
	ask_wait(w, "c");
	er_finish(w, session, er_dispatch(w, session));
	session = er_base(w);
	er_finish(w, session, er_dispatch(w, session));
	waited(w, 0, "done", "");
}

/* A task that is cancelled is a failure to whom depends on it. */
static void
cancelled(void **state)
{
	struct er_world	*w = *state;

	er_ready(w);
	er_task(w, er_task_rec("a"));
	after(w, "b", "a");
	after(w, "c", "b");
	ask_wait(w, "c");
	er_ask(w, er_named(REC_c_task_cancel, F_c_task_cancel_task, "a"),
	    NULL);
	assert_int_equal(er_answer(w), 0);
	w->request--;
	waited(w, PRA_EFAILED, "waiting", "a, which it depends on, was");
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, er_setup, er_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(distance), TEST(goes_on), TEST(cancelled)
	};

	log_init("engine_wait_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
