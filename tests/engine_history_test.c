/*
 * praetor-engine as a process: attempts that are over.  What a row says, who
 * sees it, each filter, the newest few, and that a restart changes nothing.
 */
#include "common/err.h"
#include "common/log.h"
#include "tests/engine_rig.h"
#include "tests/tap.h"

#define MANY	300	/* more rows than are read at once */

/* The executor's word, with another number in each field. */
static void
step_done(struct er_world *w, uint64_t fence, int64_t status)
{
	static const int	 fields[] = {
		F_b_exit_wall, F_b_exit_utime, F_b_exit_stime,
		F_b_exit_maxrss, F_b_exit_bytes, F_b_exit_files
	};
	struct rec		*r = rec_new(REC_b_exit);
	size_t			 i;

	rec_set_u64(r, F_b_exit_fence, fence);
	rec_set_str(r, F_b_exit_why, "exit");
	rec_set_i64(r, F_b_exit_status, status);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		rec_set_u64(r, fields[i], i + 1);
	er_put_rec(&w->exec, MSG_STEP_DONE, 0, r);
}

/* A task whose one attempt ends with a status. */
static void
attempt(struct er_world *w, const char *name, const char *label,
    int64_t status)
{
	struct rec	*r = er_task_rec(name);
	uint64_t	 session, fence;

	rec_set_u64(r, F_c_task_create_retries, 0);
	if (label != NULL)
		rec_add_str(r, F_c_task_create_labels, label);
	session = er_task(w, r);
	fence = er_dispatch(w, session);
	step_done(w, fence, status);
	er_stopped(w, session, 0);
	er_import_all(w, session, status != 0);
}

static struct rec *
ask_all(void)
{
	return (rec_new(REC_c_history));
}

static struct rec *
ask_state(const char *state)
{
	struct rec	*r = ask_all();

	rec_add_str(r, F_c_history_states, state);
	return (r);
}

/* The names of the attempts in an answer, in order: "a b". */
static void
names_are(struct er_world *w, struct rec *cmd, uint64_t uid,
    const char *want)
{
	struct rec	*r;
	char		 names[200] = "";

	er_ask_as(w, cmd, NULL, uid);
	while (er_either(&w->front, MSG_ITEM, MSG_DONE) == MSG_ITEM) {
		assert_int_equal(rec_decode_one(w->m.data, w->m.hdr.len,
		    REC_v_attempt, &r), 0);
		snprintf(names + strlen(names), sizeof(names) - strlen(names),
		    "%s%s", names[0] != '\0' ? " " : "",
		    rec_str(r, F_v_attempt_name));
		rec_free(r);
	}
	assert_string_equal(names, want);
}

static void
says(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;

	er_ready(w);
	attempt(w, "a", "red", 3);
	er_ask(w, ask_all(), NULL);
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_attempt);
	assert_string_equal(rec_str(r, F_v_attempt_name), "a");
	assert_string_equal(rec_str(r, F_v_attempt_project), "p");
	assert_string_equal(rec_str(r, F_v_attempt_state), "failed");
	assert_string_equal(rec_str(r, F_v_attempt_why), "exit");
	assert_string_equal(rec_str(r, F_v_attempt_text),
	    "exit 3, 6 files changed");
	assert_string_equal(rec_nth_str(r, F_v_attempt_labels, 0), "red");
	assert_int_equal(rec_i64(r, F_v_attempt_exit), 3);
	assert_int_equal(rec_u64(r, F_v_attempt_attempt), 1);
	assert_int_equal(rec_u64(r, F_v_attempt_session), 1);
	assert_int_equal(rec_u64(r, F_v_attempt_uid), 0);
	assert_int_equal(rec_u64(r, F_v_attempt_wall), 1);
	assert_int_equal(rec_u64(r, F_v_attempt_utime), 2);
	assert_int_equal(rec_u64(r, F_v_attempt_stime), 3);
	assert_int_equal(rec_u64(r, F_v_attempt_maxrss), 4);
	assert_int_equal(rec_u64(r, F_v_attempt_printed), 5);
	assert_int_equal(rec_u64(r, F_v_attempt_files), 6);
	assert_true(rec_u64(r, F_v_attempt_ended) >=
	    rec_u64(r, F_v_attempt_started));
	rec_free(r);
	assert_int_equal(er_answer(w), 0);
}

/* The session of an attempt dies. */
static void
lost(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	uint64_t	 session;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	er_dispatch(w, session);
	er_put_session(w, MSG_SESSION_GONE, session, 9, -1);
	er_import_all(w, session, 1);
	er_ask(w, ask_state("lost"), NULL);
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_attempt);
	assert_string_equal(rec_str(r, F_v_attempt_why), "lost");
	assert_false(rec_has(r, F_v_attempt_exit));
	assert_false(rec_has(r, F_v_attempt_utime));
	rec_free(r);
	assert_int_equal(er_answer(w), 0);
}

static void
filters(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;

	er_ready(w);
	attempt(w, "a", "red", 0);
	attempt(w, "b", NULL, 1);
	attempt(w, "c", "red", 0);
	names_are(w, ask_all(), 0, "a b c");
	names_are(w, ask_state("done"), 0, "a c");
	names_are(w, ask_state("failed"), 0, "b");
	names_are(w, ask_state("exit"), 0, "a b c");
	names_are(w, ask_state("wall"), 0, "");
	r = ask_all();
	rec_set_str(r, F_c_history_label, "red");
	names_are(w, r, 0, "a c");
	r = ask_all();
	rec_set_str(r, F_c_history_agent, "none");
	names_are(w, r, 0, "");
	r = ask_all();
	rec_set_u64(r, F_c_history_uid, 1);
	names_are(w, r, 0, "");
	r = ask_all();
	rec_set_str(r, F_c_history_project, "other");
	names_are(w, r, 0, "");
	/* What another user may not see is not there. */
	names_are(w, ask_all(), ER_OTHER, "");
	r = ask_all();
	rec_set_str(r, F_c_history_project, "p");
	er_ask_as(w, r, NULL, ER_OTHER);
	assert_int_equal(er_answer(w), PRA_EPERM);
	er_ask(w, ask_state("asleep"), NULL);
	assert_int_equal(er_answer(w), PRA_EINVALID);
	er_again(w);
	names_are(w, ask_all(), 0, "a b c");
}

static void
newest(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;

	er_ready(w);
	attempt(w, "a", "red", 0);
	attempt(w, "b", NULL, 1);
	attempt(w, "c", "red", 0);
	r = ask_all();
	rec_set_u64(r, F_c_history_limit, 2);
	names_are(w, r, 0, "b c");
	r = ask_state("done");
	rec_set_u64(r, F_c_history_limit, 2);
	names_are(w, r, 0, "a c");
	r = ask_state("done");
	rec_set_u64(r, F_c_history_limit, 5);
	names_are(w, r, 0, "a c");
	r = ask_state("lost");
	rec_set_u64(r, F_c_history_limit, 5);
	names_are(w, r, 0, "");
}

/* Rows as if n attempts had ended, one each microsecond from 1 on. */
static void
rows_make(struct er_world *w, unsigned int n)
{
	char	 sql[400];

	er_kill(w);
	snprintf(sql, sizeof(sql), "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
	    "SELECT i + 1 FROM n WHERE i < %u) INSERT INTO attempt SELECT "
	    "CAST(zeroblob(6) || char(i / 128) || char(i %% 128) || "
	    "substr(key, 9) AS BLOB), live, kind, row FROM attempt, n", n);
	er_sql(w, sql);
	er_start(w);
	er_sync(w);
}

static unsigned int
count(struct er_world *w, struct rec *cmd)
{
	unsigned int	 n = 0;

	er_ask(w, cmd, NULL);
	while (er_either(&w->front, MSG_ITEM, MSG_DONE) == MSG_ITEM)
		n++;
	return (n);
}

/* More than one piece, and more than one turn. */
static void
pieces(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;

	er_ready(w);
	attempt(w, "a", NULL, 0);
	rows_make(w, 9 * MANY);
	assert_int_equal(count(w, ask_all()), 9 * MANY + 1);
	r = ask_all();
	rec_set_u64(r, F_c_history_limit, MANY);
	assert_int_equal(count(w, r), MANY);
	r = ask_all();
	/* 7 bits a byte: these are 1000 to 1002. */
	rec_set_u64(r, F_c_history_since, 1000 / 128 << 8 | 1000 % 128);
	rec_set_u64(r, F_c_history_until, 1003 / 128 << 8 | 1003 % 128);
	assert_int_equal(count(w, r), 3);
	assert_int_equal(count(w, ask_state("lost")), 0);
	r = ask_state("lost");
	rec_set_u64(r, F_c_history_limit, 1);
	assert_int_equal(count(w, r), 0);
}

/* The sums of an answer: "key attempts cpu", with commas between. */
static void
costs_are(struct er_world *w, const char *by, uint64_t uid, const char *want)
{
	struct rec	*r = rec_new(REC_c_cost);
	char		 text[400] = "";

	rec_set_str(r, F_c_cost_by, by);
	er_ask_as(w, r, NULL, uid);
	while (er_either(&w->front, MSG_ITEM, MSG_DONE) == MSG_ITEM) {
		assert_int_equal(rec_decode_one(w->m.data, w->m.hdr.len,
		    REC_v_cost, &r), 0);
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s%s %llu %llu", text[0] != '\0' ? ", " : "",
		    strcmp(by, "task") == 0 ? rec_str(r, F_v_cost_name) :
		    rec_str(r, F_v_cost_key),
		    (unsigned long long)rec_u64(r, F_v_cost_attempts),
		    (unsigned long long)rec_u64(r, F_v_cost_cpu));
		rec_free(r);
	}
	assert_string_equal(text, want);
}

static void
costs(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;

	er_ready(w);
	attempt(w, "a", NULL, 0);
	attempt(w, "b", NULL, 1);
	costs_are(w, "project", 0, "p 2 10");
	costs_are(w, "user", 0, "0 2 10");
	costs_are(w, "task", 0, "a 1 5, b 1 5");
	costs_are(w, "agent", 0, "- 2 10");
	/* Others see what they may, also in sums over all projects. */
	costs_are(w, "project", ER_OTHER, "");
	costs_are(w, "user", ER_OTHER, "");
	costs_are(w, "task", ER_OTHER, "");
	r = rec_new(REC_c_cost);
	rec_set_str(r, F_c_cost_by, "moon");
	er_ask(w, r, NULL);
	assert_int_equal(er_answer(w), PRA_EINVALID);
	/* Totals do not look at the history. */
	er_kill(w);
	er_sql(w, "DELETE FROM attempt");
	er_start(w);
	er_sync(w);
	costs_are(w, "project", 0, "p 2 10");
	costs_are(w, "task", 0, "");
}

static void
shares(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;

	er_ready(w);
	attempt(w, "a", NULL, 0);
	er_ask(w, rec_new(REC_c_share), NULL);
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_share);
	assert_string_equal(rec_str(r, F_v_share_account), "project/p");
	assert_int_equal(rec_u64(r, F_v_share_share), 1);
	assert_int_equal(rec_u64(r, F_v_share_cpu), 5);
	assert_int_equal(rec_u64(r, F_v_share_attempts), 1);
	assert_true(rec_has(r, F_v_share_points));
	rec_free(r);
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_share);
	assert_string_equal(rec_str(r, F_v_share_account), "user/0");
	rec_free(r);
	assert_int_equal(er_answer(w), 0);
	er_ask_as(w, rec_new(REC_c_share), NULL, ER_OTHER);
	assert_int_equal(er_either(&w->front, MSG_ITEM, MSG_DONE), MSG_DONE);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, er_setup, er_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(says), TEST(lost), TEST(filters), TEST(newest),
		TEST(pieces), TEST(costs), TEST(shares)
	};

	log_init("engine_history_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
