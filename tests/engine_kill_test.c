/*
 * praetor-engine as a process: what it owes and when, after it or one of its
 * neighbours was killed at an awkward moment.
 */
#include "common/err.h"
#include "common/log.h"
#include "tests/engine_rig.h"
#include "tests/tap.h"

/* The engine is killed while a step runs: the step does not notice. */
static void
killed(void **state)
{
	struct er_world	*w = *state;
	uint64_t	 session, fence;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	fence = er_dispatch(w, session);
	er_output(w, fence, 0, "before ");
	assert_int_equal(er_acked(w), 7);
	er_kill(w);
	er_start(w);
	er_put_session(w, MSG_SESSION_FD, session, 0, er_pair(&w->exec));
	er_sync(w);
	er_hello(w, session, fence);
	assert_int_equal(er_acked(w), 7);
	er_output(w, fence, 7, "after");
	assert_int_equal(er_acked(w), 12);
	er_finish(w, session, fence);
	er_task_state(w, "a", "done", "no-change");
}

/* Killed before the step was handed over: the executor gets it now. */
static void
killed_early(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	uint64_t	 session, fence;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	fence = er_dispatch(w, session);
	er_kill(w);
	er_start(w);
	er_put_session(w, MSG_SESSION_FD, session, 0, er_pair(&w->exec));
	er_sync(w);
	er_hello(w, session, 0);
	r = er_expect_rec(&w->exec, MSG_STEP, REC_b_step);
	assert_int_equal(rec_u64(r, F_b_step_fence), fence);
	rec_free(r);
	er_finish(w, session, fence);
	er_task_state(w, "a", "done", "no-change");
}

/* The executor is told to stop its step, or to go on. */
static void
paused(struct er_world *w, uint64_t fence, int on)
{
	struct rec	*r;

	r = er_expect_rec(&w->exec, MSG_STEP_PAUSE, REC_b_pause);
	assert_int_equal(rec_u64(r, F_b_pause_fence), fence);
	assert_int_equal(rec_u64(r, F_b_pause_on), on);
	rec_free(r);
}

static void
adopt(struct er_world *w, uint64_t session)
{
	er_kill(w);
	er_start(w);
	er_put_session(w, MSG_SESSION_FD, session, 0, er_pair(&w->exec));
	er_sync(w);
}

/*
 * A task is paused, and the engine is killed at each point: the executor is
 * told what it does not know, and nothing else.
 */
static void
killed_paused(void **state)
{
	struct er_world	*w = *state;
	uint64_t	 session, fence;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	fence = er_dispatch(w, session);
	er_ask(w, er_named(REC_c_task_pause, F_c_task_pause_task, "a"), NULL);
	assert_int_equal(er_answer(w), 0);
	paused(w, fence, 1);
	er_task_state(w, "a", "paused", "user");
	er_ask(w, er_named(REC_c_task_wait, F_c_task_wait_tasks, "a"), NULL);
	assert_int_equal(er_answer(w), PRA_ESTATE);
	adopt(w, session);		/* it was told, and did not read it */
	er_hello(w, session, fence);
	assert_int_equal(er_acked(w), 0);
	paused(w, fence, 1);
	adopt(w, session);		/* it did: nothing is said */
	er_hello_paused(w, session, fence);
	assert_int_equal(er_acked(w), 0);
	er_task_state(w, "a", "paused", "user");
	er_ask(w, er_named(REC_c_task_resume, F_c_task_resume_task, "a"),
	    NULL);
	assert_int_equal(er_answer(w), 0);
	paused(w, fence, 0);
	adopt(w, session);		/* it did not read that */
	er_hello_paused(w, session, fence);
	assert_int_equal(er_acked(w), 0);
	paused(w, fence, 0);
	er_finish(w, session, fence);
	er_task_state(w, "a", "done", "no-change");
}

/* Held while its session is made: that is not its own after a restart. */
static void
killed_held(void **state)
{
	struct er_world	*w = *state;
	uint64_t	 session;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	er_expect(&w->parent, MSG_SESSION_START);
	er_ask(w, er_named(REC_c_task_hold, F_c_task_hold_task, "a"), NULL);
	assert_int_equal(er_answer(w), 0);
	assert_int_equal(er_expect_session(w, MSG_SESSION_STOP), session);
	er_kill(w);
	er_start(w);
	er_put_session(w, MSG_SESSION_FD, session, 0, er_pair(&w->exec));
	er_sync(w);
	er_stopped(w, session, 9);
	er_purged(w, session);
	er_task_state(w, "a", "held", "user");
	er_ask(w, er_named(REC_c_task_release, F_c_task_release_task, "a"),
	    NULL);
	session = er_base(w);
	assert_int_equal(er_answer(w), 0);
	er_finish(w, session, er_dispatch(w, session));
	er_task_state(w, "a", "done", "no-change");
}

/*
 * Everything was killed: the attempt is lost, its work is kept, and it runs
 * again as long as it has retries.  Directories that nobody knows stay.
 */
static void
all_killed(void **state)
{
	struct er_world	*w = *state;
	uint64_t	 session;
	int		 round;

	er_ready(w);
	er_ask(w, er_task_rec("a"), NULL);
	for (round = 0; round < 2; round++) {
		session = er_base(w);
		if (round == 0)
			assert_int_equal(er_answer(w), 0);
		er_dispatch(w, session);
		er_kill(w);
		er_start(w);
		er_put_session(w, MSG_SESSION_LEFT, session, 0, -1);
		er_put_session(w, MSG_SESSION_LEFT, 77, 0, -1);
		er_sync(w);
		er_import_all(w, session, 1);
	}
	er_task_state(w, "a", "failed", "lost");
}

/* The reviewer dies with an import: it is asked for again, whole. */
static void
reviewer_killed(void **state)
{
	struct er_world	*w = *state;
	uint64_t	 session, fence;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	fence = er_dispatch(w, session);
	er_step_done(w, fence, 0);
	er_stopped(w, session, 0);
	rec_free(er_import(w, session));
	er_peer(w, P_REVIEW, &w->review);
	er_import_all(w, session, 0);
	er_task_state(w, "a", "done", "no-change");
}

/*
 * The reviewer dies before it has read that a base is needed no more: without
 * an answer its hold and its tree would stay for ever.  An answer to an older
 * message, or about another session, is none.
 */
static void
drop_lost(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	uint64_t	 session, fence;
	uint32_t	 id;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	fence = er_dispatch(w, session);
	er_step_done(w, fence, 0);
	er_stopped(w, session, 0);
	r = er_import(w, session);
	er_imported(w, r);
	rec_free(r);
	assert_int_equal(er_expect_session(w, MSG_SESSION_PURGE), session);
	er_put_session(w, MSG_SESSION_PURGED, session, 0, -1);
	r = er_expect_rec(&w->review, MSG_BASE_DROP, REC_b_base_drop);
	id = w->m.hdr.id;
	er_put_rec(&w->review, MSG_BASE_DROPPED, id + 1, r);
	er_peer(w, P_REVIEW, &w->review);
	r = er_expect_rec(&w->review, MSG_BASE_DROP, REC_b_base_drop);
	assert_int_equal(rec_u64(r, F_b_base_drop_session), session);
	assert_int_equal(w->m.hdr.id, id);
	er_put_rec(&w->review, MSG_BASE_DROPPED, id, r);
	/* Now it is settled: the next reviewer hears of the next task first. */
	er_task_state(w, "a", "done", "no-change");
	er_peer(w, P_REVIEW, &w->review);
	er_task(w, er_task_rec("b"));
}

/*
 * A mirror that could not be deleted is not told of, and what is added again
 * by that name is used.  The next reviewer must not hear of the old debt: it
 * would delete what is in use, and the work that is kept in it.
 */
static void
drop_undone(void **state)
{
	struct er_world	*w = *state;

	er_ready(w);
	er_ask(w, er_named(REC_c_project_remove, F_c_project_remove_project,
	    "p"), NULL);
	rec_free(er_expect_rec(&w->review, MSG_PROJECT_DROP,
	    REC_b_project_drop));
	assert_int_equal(er_answer(w), 0);
	er_ask(w, er_project_rec("p"), NULL);
	rec_free(er_expect_rec(&w->review, MSG_PROJECT_OPEN,
	    REC_b_project_open));
	er_project_state(w, "p", "ok");
	assert_int_equal(er_answer(w), 0);
	er_peer(w, P_REVIEW, &w->review);
	er_task(w, er_task_rec("a"));
}

/* The same number is another client's now: it gets its own answer only. */
static void
frontend_killed(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	struct m_result	 res = { 0 };
	int		 i;

	er_start(w);
	er_sync(w);
	er_ask(w, er_project_rec("p"), NULL);
	rec_free(er_expect_rec(&w->review, MSG_PROJECT_OPEN,
	    REC_b_project_open));
	er_front_again(w);
	r = rec_new(REC_c_events);
	rec_set_u64(r, F_c_events_follow, 1);
	er_ask(w, r, NULL);
	er_project_state(w, "p", "ok");
	for (i = 0; i < 2; i++)		/* added, ready; and not the project */
		rec_free(er_expect_rec(&w->front, MSG_ITEM, REC_v_event));
	er_front_again(w);
	er_ask(w, rec_new(REC_c_config_reload), NULL);
	er_expect(&w->parent, MSG_RELOAD);
	er_front_again(w);
	er_ask(w, rec_new(REC_c_status), NULL);
	er_expect(&w->parent, MSG_PROCESSES);
	er_put(&w->parent, MSG_RELOADED, 0, -1, &res, sizeof(res));
	er_put(&w->parent, MSG_RESULT_END, 0, -1, NULL, 0);
	rec_free(er_expect_rec(&w->front, MSG_ITEM, REC_v_status));
	er_expect(&w->front, MSG_DONE);
}

/* One file was changed: the task goes on to its merge. */
static void
imported_one(struct er_world *w, const struct rec *want)
{
	struct rec	*r = rec_new(REC_b_imported);

	rec_set_id(r, F_b_imported_change, rec_id(want, F_b_import_change));
	rec_set_str(r, F_b_imported_err, "ok");
	rec_set_u64(r, F_b_imported_files, 1);
	rec_set_oid(r, F_b_imported_tree, er_oid);
	rec_set_oid(r, F_b_imported_from, er_oid);
	rec_set_str(r, F_b_imported_ref, "refs/praetor/attic/x");
	er_put_rec(&w->review, MSG_IMPORTED, 0, r);
	er_dropped(w);
	rec_free(er_expect_rec(&w->review, MSG_MERGE, REC_b_merge));
}

static uint32_t
diff(struct er_world *w)
{
	struct rec	*r = rec_new(REC_c_task_diff);

	rec_set_str(r, F_c_task_diff_task, "a");
	er_ask(w, r, NULL);
	rec_free(er_expect_rec(&w->review, MSG_DIFF, REC_b_diff));
	return (w->m.hdr.id);
}

/* A patch for a client of the old frontend is nobody's of the new one. */
static void
frontend_killed_diff(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	struct m_result	 res = { 0 };
	uint64_t	 session, fence;
	uint32_t	 old, new;
	size_t		 n;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	fence = er_dispatch(w, session);
	er_step_done(w, fence, 0);
	er_stopped(w, session, 0);
	r = er_import(w, session);
	imported_one(w, r);
	rec_free(r);
	er_front_again(w);
	old = diff(w);
	er_front_again(w);
	new = diff(w);
	er_put(&w->review, MSG_DIFF_PART, old, -1, "old", 3);
	er_put(&w->review, MSG_DIFF_END, old, -1, &res, sizeof(res));
	er_put(&w->review, MSG_DIFF_PART, new, -1, "new", 3);
	er_put(&w->review, MSG_DIFF_END, new, -1, &res, sizeof(res));
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_diff);
	assert_memory_equal(rec_bytes(r, F_v_diff_data, &n), "new", 3);
	rec_free(r);
	assert_int_equal(er_answer(w), 0);
}

/*
 * The parent is not through with a session when a new engine asks for its
 * directory: that is no reason to give up what is in it.
 */
static void
parent_busy(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	uint64_t	 session;

	er_ready(w);
	r = er_task_rec("a");
	rec_set_u64(r, F_c_task_create_retries, 0);
	session = er_task(w, r);
	er_dispatch(w, session);
	er_again(w);			/* it dies, and is not reaped */
	assert_int_equal(er_expect_session(w, MSG_UPPER_WANT), session);
	er_put_upper(w, session, PRA_ESTATE, -1);
	er_put_session(w, MSG_SESSION_GONE, session, 9, -1);
	r = er_import(w, session);
	er_imported(w, r);
	rec_free(r);
	assert_int_equal(er_expect_session(w, MSG_SESSION_PURGE), session);
	er_put_session(w, MSG_SESSION_PURGED, session, PRA_ESTATE, -1);
	er_purged(w, session);
	er_task_state(w, "a", "failed", "lost");
}

/*
 * The parent was starting a session for the engine before: it is the one
 * that is wanted, unless it is not wanted any more.
 */
static void
parent_starting(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	uint64_t	 session, fence;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	er_expect(&w->parent, MSG_SESSION_START);
	er_again(w);
	er_expect(&w->parent, MSG_SESSION_START);
	er_put_session(w, MSG_SESSION_FAIL, session, PRA_EEXISTS, -1);
	er_put_session(w, MSG_SESSION_FD, session, 0, er_pair(&w->exec));
	er_hello(w, session, 0);
	r = er_expect_rec(&w->exec, MSG_STEP, REC_b_step);
	fence = rec_u64(r, F_b_step_fence);
	rec_free(r);
	er_finish(w, session, fence);
	er_task_state(w, "a", "done", "no-change");
}

/* A socket of a session that is over for the engine: its process must end. */
static void
parent_late(void **state)
{
	struct er_world	*w = *state;
	uint64_t	 session;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	er_expect(&w->parent, MSG_SESSION_START);
	er_ask(w, er_named(REC_c_task_cancel, F_c_task_cancel_task, "a"), NULL);
	assert_int_equal(er_answer(w), 0);
	assert_int_equal(er_expect_session(w, MSG_SESSION_STOP), session);
	er_again(w);			/* it still starts: not named */
	assert_int_equal(er_expect_session(w, MSG_SESSION_PURGE), session);
	er_put_session(w, MSG_SESSION_PURGED, session, PRA_ESTATE, -1);
	er_put_session(w, MSG_SESSION_FD, session, 0, er_pair(&w->exec));
	while (er_either(&w->parent, MSG_SESSION_PURGE,
	    MSG_SESSION_STOP) != MSG_SESSION_STOP)
		er_put_session(w, MSG_SESSION_PURGED, session, PRA_ESTATE, -1);
	er_put_session(w, MSG_SESSION_GONE, session, 9, -1);
	assert_int_equal(er_expect_session(w, MSG_SESSION_PURGE), session);
	er_put_session(w, MSG_SESSION_PURGED, session, 0, -1);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, er_setup, er_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(killed), TEST(killed_early), TEST(killed_paused),
		TEST(killed_held), TEST(all_killed),
		TEST(reviewer_killed), TEST(drop_lost), TEST(drop_undone),
		TEST(frontend_killed),
		TEST(frontend_killed_diff), TEST(parent_busy),
		TEST(parent_starting), TEST(parent_late)
	};

	log_init("engine_kill_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
