/*
 * praetor-engine as a process: metrics and top.  Failures that it names: something
 * that happened and was not counted, or was counted again after a restart; a
 * number of a project that the client may not see.
 */
#include "common/err.h"
#include "common/log.h"
#include "common/metrics.h"
#include "tests/engine_rig.h"
#include "tests/promcheck.h"
#include "tests/tap.h"

static void
parent_answers(struct er_world *w)
{
	struct m_process	 p = { P_REVIEW, 12, 3, 0 };

	er_expect(&w->parent, MSG_PROCESSES);
	er_put(&w->parent, MSG_PROCESS, 0, -1, &p, sizeof(p));
	er_put(&w->parent, MSG_RESULT_END, 0, -1, NULL, 0);
}

/* The text of all metrics; the caller's to free. */
static void
ask(struct er_world *w, uint64_t uid, struct buf *b)
{
	enum metric	 last = METRIC_MAX;
	struct rec	*r;
	unsigned int	 line;

	er_ask_as(w, rec_new(REC_c_metrics), NULL, uid);
	if (uid == 0)
		parent_answers(w);
	while (er_either(&w->front, MSG_ITEM, MSG_DONE) == MSG_ITEM) {
		assert_int_equal(rec_decode_one(w->m.data, w->m.hdr.len,
		    REC_v_metric, &r), 0);
		assert_int_equal(metric_text(b, r, &last), 0);
		rec_free(r);
	}
	assert_null(promcheck((char *)b->data, b->len, &line));
}

/* A line of it, whole. */
static void
has(struct buf *b, const char *line)
{
	char	 text[200];

	snprintf(text, sizeof(text), "\n%s\n", line);
	if (strstr(buf_str(b), text) == NULL)
		fail_msg("no %s in\n%s", line, buf_str(b));
}

static void
attempt(struct er_world *w, const char *name, int64_t status)
{
	struct rec	*r = er_task_rec(name);
	uint64_t	 session, fence;

	rec_set_u64(r, F_c_task_create_retries, 0);
	session = er_task(w, r);
	fence = er_dispatch(w, session);
	er_step_done(w, fence, status);
	er_stopped(w, session, 0);
	er_import_all(w, session, status != 0);
}

static void
counts(struct buf *b)
{
	has(b, "praetor_attempts_total{project=\"p\",state=\"done\"} 2");
	has(b, "praetor_attempts_total{project=\"p\",state=\"failed\"} 1");
	has(b, "praetor_tasks_finished_total{project=\"p\",state=\"done\"} 2");
	has(b, "praetor_tasks_finished_total{project=\"p\",state=\"failed\"} "
	    "1");
	has(b, "praetor_queue_wait_seconds_count{project=\"p\"} 3");
	has(b, "praetor_run_seconds_count{project=\"p\"} 3");
	has(b, "praetor_boot_seconds_count{project=\"p\"} 3");
	has(b, "praetor_boot_seconds_bucket{project=\"p\",le=\"+Inf\"} 3");
	has(b, "praetor_landing_seconds_count{project=\"p\"} 0");
	has(b, "praetor_unfinished_tasks{project=\"p\"} 0");
	has(b, "praetor_sessions{state=\"active\"} 0");
	has(b, "praetor_process_restarts_total{role=\"reviewer\"} 3");
}

static void
counted(void **state)
{
	struct er_world	*w = *state;
	struct buf	 b = { 0 };

	er_ready(w);
	attempt(w, "a", 0);
	attempt(w, "b", 1);
	attempt(w, "c", 0);
	ask(w, 0, &b);
	counts(&b);
	buf_free(&b);
	er_again(w);
	ask(w, 0, &b);
	counts(&b);
	buf_free(&b);
}

static void
hidden(void **state)
{
	struct er_world	*w = *state;
	struct buf	 b = { 0 };

	er_ready(w);
	attempt(w, "a", 0);
	ask(w, ER_OTHER, &b);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

/* What the parent says of a session that lives, and of one that never did. */
static void
parent_counts(struct er_world *w, uint64_t session)
{
	struct m_usage	 u = { session, 1500, 4096, 2, 1 };

	er_expect(&w->parent, MSG_USAGE);
	er_put(&w->parent, MSG_SESSION_USAGE, 0, -1, &u, sizeof(u));
	u.session = 77;
	er_put(&w->parent, MSG_SESSION_USAGE, 0, -1, &u, sizeof(u));
	er_put(&w->parent, MSG_RESULT_END, 0, -1, NULL, 0);
}

static void
top(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	uint64_t	 session, fence;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	fence = er_dispatch(w, session);
	er_output(w, fence, 0, "hello");
	assert_int_equal(er_acked(w), 5);
	er_ask(w, rec_new(REC_c_top), NULL);
	parent_counts(w, session);
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_top);
	assert_int_equal(rec_u64(r, F_v_top_sessions), 1);
	assert_int_equal(rec_u64(r, F_v_top_running), 1);
	rec_free(r);
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_load);
	assert_string_equal(rec_str(r, F_v_load_name), "a");
	assert_string_equal(rec_str(r, F_v_load_state), "active");
	assert_int_equal(rec_u64(r, F_v_load_cpu), 1500);
	assert_int_equal(rec_u64(r, F_v_load_memory), 4096);
	assert_int_equal(rec_u64(r, F_v_load_processes), 2);
	assert_int_equal(rec_u64(r, F_v_load_printed), 5);
	rec_free(r);
	assert_int_equal(er_answer(w), 0);
	/* Counts of the queue are no secret, sessions of others are. */
	er_ask_as(w, rec_new(REC_c_top), NULL, ER_OTHER);
	parent_counts(w, session);
	rec_free(er_expect_rec(&w->front, MSG_ITEM, REC_v_top));
	assert_int_equal(er_either(&w->front, MSG_ITEM, MSG_DONE), MSG_DONE);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, er_setup, er_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(counted), TEST(hidden), TEST(top)
	};

	log_init("engine_metrics_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
