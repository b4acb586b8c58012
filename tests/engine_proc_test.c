/*
 * praetor-engine as a process: a task from its filing to its end, commands
 * that cannot be carried out, and executors that lie.  It must outlive
 * everything that a peer sends.
 */
#include <sys/stat.h>

#include "common/err.h"
#include "common/log.h"
#include "tests/engine_rig.h"
#include "tests/tap.h"

/* A task from its filing to its end, with output that is sent twice. */
static void
flow(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	uint64_t	 session, fence;
	size_t		 n;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	er_task_state(w, "a", "ready", "starting");
	fence = er_dispatch(w, session);
	er_task_state(w, "a", "running", "working");
	er_output(w, fence, 0, "hello ");
	assert_int_equal(er_acked(w), 6);
	er_output(w, fence, 0, "hello ");		/* again */
	assert_int_equal(er_acked(w), 6);
	er_output(w, fence, 3, "lo world");	/* half of it again */
	assert_int_equal(er_acked(w), 11);
	er_output(w, fence, 20, "gap");
	assert_int_equal(er_acked(w), 11);
	er_finish(w, session, fence);
	er_task_state(w, "a", "done", "no-change");
	er_again(w);
	er_task_state(w, "a", "done", "no-change");	/* found by its name */
	er_ask(w, er_named(REC_c_task_logs, F_c_task_logs_task, "a"), NULL);
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_log);
	assert_memory_equal(rec_bytes(r, F_v_log_data, &n), "hello world", 11);
	assert_int_equal(n, 11);
	rec_free(r);
	assert_int_equal(er_answer(w), 0);
}

/* What cannot be used is not there afterwards, and the answer says why. */
static void
bad_project(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;

	er_start(w);
	er_sync(w);
	er_ask(w, er_project_rec("p"), NULL);
	er_expect(&w->review, MSG_PROJECT_OPEN);
	er_project_state(w, "p", "notfound");
	r = er_expect_rec(&w->front, MSG_DONE, REC_v_done);
	assert_string_equal(rec_str(r, F_v_done_error), "notfound");
	assert_string_equal(rec_str(r, F_v_done_message),
	    "what the reviewer says");
	rec_free(r);
	er_ask(w, er_named(REC_c_project_show, F_c_project_show_project, "p"),
	    NULL);
	assert_int_equal(er_answer(w), PRA_ENOTFOUND);
}

/* Executors that break rules: each loses its session, the engine stays. */

static void
lie_type(struct er_world *w, uint64_t fence)
{
	(void)fence;
	er_put(&w->exec, MSG_COMMAND, 0, -1, "0123456789ab", 12);
}

static void
lie_garbage(struct er_world *w, uint64_t fence)
{
	(void)fence;
	er_put(&w->exec, MSG_STEP_DONE, 0, -1, "0123456789ab", 12);
}

static void
lie_hello(struct er_world *w, uint64_t fence)
{
	er_hello(w, 1, fence);
}

static void
lie_closed(struct er_world *w, uint64_t fence)
{
	(void)fence;
	er_close(&w->exec);
}

static void
lie_flood(struct er_world *w, uint64_t fence)
{
	static char	 text[60001];
	int		 i;

	memset(text, 'x', sizeof(text) - 1);
	for (i = 0; i < 3; i++)
		er_output(w, fence, (uint64_t)i * 60000, text);
}

static void
liars(void **state)
{
	static void	(*const lies[])(struct er_world *, uint64_t) = {
		lie_type, lie_garbage, lie_hello, lie_closed, lie_flood
	};
	struct er_world	*w = *state;
	struct rec	*r;
	uint64_t	 session;
	char		 name[16];
	size_t		 i;

	er_ready(w);
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		snprintf(name, sizeof(name), "liar%zu", i);
		r = er_task_rec(name);
		rec_set_u64(r, F_c_task_create_retries, 0);
		session = er_task(w, r);
		lies[i](w, er_dispatch(w, session));
		er_stopped(w, session, 9);
		er_import_all(w, session, 1);
		er_task_state(w, name, "failed", "lost");
	}
}

/* Messages about an older step are of no consequence. */
static void
stale(void **state)
{
	struct er_world	*w = *state;
	uint64_t	 session, fence;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	fence = er_dispatch(w, session);
	er_step_done(w, fence - 1, 0);
	er_output(w, fence - 1, 0, "old");
	er_output(w, fence, 0, "new");
	assert_int_equal(er_acked(w), 3);
	er_task_state(w, "a", "running", "working");
	er_finish(w, session, fence);
}

static void
bad_commands(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;

	er_ready(w);
	er_put(&w->front, MSG_COMMAND, ++w->request, -1, "0123456789ab", 12);
	assert_int_equal(er_answer(w), PRA_EPROTO);
	r = rec_new(REC_c_task_wait);
	rec_add_str(r, F_c_task_wait_tasks, "nobody");
	er_ask(w, r, NULL);
	assert_int_equal(er_answer(w), PRA_ENOTFOUND);
	er_ask(w, er_task_rec("a"), NULL);
	assert_int_equal(er_answer(w), 0);
	r = rec_new(REC_c_task_wait);
	rec_add_str(r, F_c_task_wait_tasks, "a");
	rec_set_u64(r, F_c_task_wait_timeout, 1);
	er_ask(w, r, NULL);
	assert_int_equal(er_answer(w), PRA_ETIMEOUT);
	/* A client that leaves while it waits, and one that goes on. */
	r = rec_new(REC_c_task_trace);
	rec_set_str(r, F_c_task_trace_task, "a");
	rec_set_u64(r, F_c_task_trace_follow, 1);
	er_ask(w, r, NULL);
	er_expect(&w->front, MSG_ITEM);
	er_expect(&w->front, MSG_ITEM);		/* its session */
	er_put(&w->front, MSG_COMMAND_DROP, w->request, -1, NULL, 0);
	er_task_state(w, "a", "ready", "starting");
	er_ask(w, er_named(REC_c_task_cancel, F_c_task_cancel_task, "a"), NULL);
	assert_int_equal(er_answer(w), 0);
	er_task_state(w, "a", "cancelled", "cancelled");
}


/* A project that may not be seen is answered like one that is not there. */
static void
hidden_project(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	const char	*names[] = { "p", "q" };
	size_t		 i;

	er_ready(w);
	for (i = 0; i < 2; i++) {
		r = er_named(REC_c_task_list, F_c_task_list_project,
		    names[i]);
		er_ask_as(w, r, NULL, ER_OTHER);
		assert_int_equal(er_answer(w), PRA_EPERM);
		r = er_named(REC_c_project_show, F_c_project_show_project,
		    names[i]);
		er_ask_as(w, r, NULL, ER_OTHER);
		assert_int_equal(er_answer(w), PRA_EPERM);
	}
}

/* Copies of the one row that there is, by key. */
#define MANY	20000
#define COPY(table, keylen)						\
	"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 "	\
	"FROM c WHERE n < 20000) INSERT INTO " table			\
	" (key, live, kind, row) SELECT CAST(printf('%0" keylen "d', "	\
	"n) AS BLOB), 0, kind, row FROM " table ", c;"

/* Objects of an answer that ends well. */
static unsigned int
listed(struct er_world *w, struct rec *cmd)
{
	unsigned int	 n = 0;

	er_ask(w, cmd, NULL);
	while (er_either(&w->front, MSG_ITEM, MSG_DONE) == MSG_ITEM)
		n++;
	return (n);
}

/* More than a socket takes at once: a list is whole all the same. */
static void
long_lists(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	uint64_t	 session;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	er_finish(w, session, er_dispatch(w, session));
	er_task_state(w, "a", "done", "no-change");
	er_kill(w);
	er_sql(w, COPY("session", "8") COPY("task", "16"));
	er_start(w);
	er_sync(w);
	r = rec_new(REC_c_session_list);
	rec_set_u64(r, F_c_session_list_all, 1);
	assert_int_equal(listed(w, r), MANY + 1);
	r = rec_new(REC_c_task_list);
	rec_set_u64(r, F_c_task_list_all, 1);
	assert_int_equal(listed(w, r), MANY + 1);
	r = rec_new(REC_c_task_list);
	rec_set_u64(r, F_c_task_list_all, 1);
	rec_set_u64(r, F_c_task_list_limit, 10000);
	assert_int_equal(listed(w, r), 10000);
}

/* A row, or output, that cannot be read is no end of a list. */
static void
damaged(void **state)
{
	static const char	 spoil[] =
	    "UPDATE session SET row = x'00'; UPDATE task SET row = x'00' "
	    "WHERE key <> (SELECT max(key) FROM task)";
	struct er_world	*w = *state;
	struct rec	*r;
	uint64_t	 session;
	char		 path[160];

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	er_finish(w, session, er_dispatch(w, session));
	er_task_state(w, "a", "done", "no-change");
	session = er_task(w, er_task_rec("b"));
	er_finish(w, session, er_dispatch(w, session));
	er_task_state(w, "b", "done", "no-change");
	er_ask(w, er_named(REC_c_task_show, F_c_task_show_task, "b"), NULL);
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_task);
	snprintf(path, sizeof(path), "%s/logs/", w->dir);
	id_format(path + strlen(path), 't', rec_id(r, F_v_task_id));
	strcat(path, ".1");
	rec_free(r);
	er_kill(w);
	er_sql(w, spoil);
	assert_int_equal(mkdir(path, 0700), 0);
	er_start(w);
	er_sync(w);
	er_ask(w, er_named(REC_c_task_logs, F_c_task_logs_task, "b"), NULL);
	assert_int_equal(er_answer(w), PRA_ECORRUPT);
	r = rec_new(REC_c_session_list);
	rec_set_u64(r, F_c_session_list_all, 1);
	er_ask(w, r, NULL);
	assert_int_equal(er_answer(w), PRA_ECORRUPT);
	r = rec_new(REC_c_task_list);
	rec_set_u64(r, F_c_task_list_all, 1);
	rec_set_u64(r, F_c_task_list_limit, 10);
	er_ask(w, r, NULL);
	assert_int_equal(er_answer(w), PRA_ECORRUPT);
}

#define CROWD	16		/* enough for a turn to wait for company */

static uint64_t
many_conf(int field, uint64_t value)
{
	return (field == F_k_main_sessions_max ? CROWD : value);
}

/* A turn that waits for more answers does not wait for all of them. */
static void
many(void **state)
{
	struct er_world	*w = *state;
	struct rec	*plan = rec_new(REC_c_task_plan), *want, *r;
	uint64_t	 session[CROWD];
	int		 i;

	w->conf = many_conf;
	er_ready(w);
	for (i = 0; i < CROWD; i++)
		rec_add_rec(plan, F_c_task_plan_tasks, er_task_rec(""));
	er_ask(w, plan, NULL);
	assert_int_equal(er_answer(w), 0);
	for (i = 0; i < CROWD; i++) {
		want = er_expect_rec(&w->review, MSG_BASE_WANT,
		    REC_b_base_want);
		session[i] = rec_u64(want, F_b_base_want_session);
		rec_free(want);
	}
	r = rec_new(REC_b_base_ready);
	rec_set_u64(r, F_b_base_ready_session, session[3]);
	rec_set_str(r, F_b_base_ready_err, "ok");
	rec_set_oid(r, F_b_base_ready_commit, er_oid);
	rec_set_oid(r, F_b_base_ready_tree, er_oid);
	rec_add_str(r, F_b_base_ready_layers, "0");
	er_put_rec(&w->review, MSG_BASE_READY, 0, r);
	er_finish(w, session[3], er_dispatch(w, session[3]));
	er_ask(w, er_task_rec("last"), NULL);
	assert_int_equal(er_answer(w), 0);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, er_setup, er_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(flow), TEST(bad_project), TEST(liars), TEST(stale),
		TEST(bad_commands),
		TEST(hidden_project),
		TEST(long_lists), TEST(damaged), TEST(many)
	};

	log_init("engine_proc_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
