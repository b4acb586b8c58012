/*
 * praetor-engine as a process: how long output and the attic are kept, and
 * that nothing goes of a task that is not finished.
 */
#include <sys/stat.h>
#include <poll.h>

#include "common/err.h"
#include "common/log.h"
#include "tests/engine_rig.h"
#include "tests/tap.h"

/* Everything at once. */
static uint64_t
keep_nothing(int field, uint64_t value)
{
	return (field == F_k_main_retain_output ||
	    field == F_k_main_retain_attic ? 1 : value);
}

/* By default: what is kept for ever, while a walk for the other one goes on. */
static uint64_t
keep_output(int field, uint64_t value)
{
	return (field == F_k_main_retain_attic ? 1 : value);
}

static uint64_t
keep_attic(int field, uint64_t value)
{
	return (field == F_k_main_retain_output ? 1 : value);
}

/* The file of an attempt's output. */
static void
log_path(struct er_world *w, const char *name, int attempt, char path[160])
{
	struct rec	*r;

	er_ask(w, er_named(REC_c_task_show, F_c_task_show_task, name), NULL);
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_task);
	snprintf(path, 160, "%s/logs/", w->dir);
	id_format(path + strlen(path), 't', rec_id(r, F_v_task_id));
	snprintf(path + strlen(path), 8, ".%d", attempt);
	rec_free(r);
	assert_int_equal(er_answer(w), 0);
}

static void
await_gone(struct er_world *w, const char *path)
{
	while (access(path, F_OK) == 0) {
		er_expired(w, "the end of an output file");
		poll(NULL, 0, 10);
	}
}

/* A task that prints and is done; its output's file. */
static void
prints(struct er_world *w, const char *name, char path[160])
{
	uint64_t	 session, fence;

	session = er_task(w, er_task_rec(name));
	fence = er_dispatch(w, session);
	er_output(w, fence, 0, "hello");
	assert_int_equal(er_acked(w), 5);
	log_path(w, name, 1, path);
	er_finish(w, session, fence);
	er_task_state(w, name, "done", "no-change");
}

static int
logs(struct er_world *w, const char *name)
{
	er_ask(w, er_named(REC_c_task_logs, F_c_task_logs_task, name), NULL);
	return (er_answer(w));
}

/* The reviewer forgets what the first attempt of a task left. */
static void
expired(struct er_world *w)
{
	struct rec	*r, *out = rec_new(REC_b_attic_dropped);

	r = er_expect_rec(&w->review, MSG_ATTIC_DROP, REC_b_attic_drop);
	assert_string_equal(rec_str(r, F_b_attic_drop_project), "p");
	assert_int_equal(rec_u64(r, F_b_attic_drop_attempt), 1);
	rec_set_id(out, F_b_attic_dropped_task,
	    rec_id(r, F_b_attic_drop_task));
	rec_free(r);
	er_put_rec(&w->review, MSG_ATTIC_DROPPED, w->m.hdr.id, out);
}

/* The attic is looked at after the output. */
static void
output_for_ever(void **state)
{
	struct er_world	*w = *state;
	char		 path[160];

	w->conf = keep_output;
	er_ready(w);
	prints(w, "a", path);
	expired(w);
	assert_int_equal(access(path, F_OK), 0);
	er_ask(w, er_named(REC_c_task_logs, F_c_task_logs_task, "a"), NULL);
	rec_free(er_expect_rec(&w->front, MSG_ITEM, REC_v_log));
	assert_int_equal(er_answer(w), 0);
}

static void
attic_for_ever(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	char		 path[160];

	w->conf = keep_attic;
	er_ready(w);
	prints(w, "a", path);
	await_gone(w, path);
	prints(w, "b", path);
	await_gone(w, path);		/* the step before this was whole */
	r = rec_new(REC_c_events);
	rec_set_str(r, F_c_events_type, "task.expired");
	er_ask(w, r, NULL);
	er_expect(&w->front, MSG_DONE);
}

static void
output(void **state)
{
	struct er_world	*w = *state;
	uint64_t	 session, fence;
	char		 a[160], b[160], c[160], d[160], foreign[160];

	w->conf = keep_nothing;
	er_ready(w);
	snprintf(foreign, sizeof(foreign), "%s/logs/notes.txt", w->dir);
	close(open(foreign, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	prints(w, "a", a);
	expired(w);
	await_gone(w, a);
	assert_int_equal(logs(w, "a"), PRA_ENOTFOUND);
	/* A second attempt is under way: also the first one's stays. */
	session = er_task(w, er_task_rec("live"));
	fence = er_dispatch(w, session);
	er_output(w, fence, 0, "one");
	assert_int_equal(er_acked(w), 3);
	er_step_done(w, fence, 3);
	er_stopped(w, session, 0);
	er_import_all(w, session, 1);
	session = er_base(w);
	fence = er_dispatch(w, session);
	er_output(w, fence, 0, "two");
	assert_int_equal(er_acked(w), 3);
	log_path(w, "live", 1, b);
	log_path(w, "live", 2, c);
	/* Two walks that delete something end after this. */
	snprintf(d, sizeof(d), "%.*s0.1", (int)(strlen(a) - 3), a);
	close(open(d, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	await_gone(w, d);
	close(open(d, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	await_gone(w, d);
	assert_int_equal(access(b, F_OK), 0);
	assert_int_equal(access(c, F_OK), 0);
	assert_int_equal(access(foreign, F_OK), 0);
	assert_int_equal(logs(w, "live"), 0);
	er_finish(w, session, fence);
	await_gone(w, b);
	await_gone(w, c);
	assert_int_equal(access(foreign, F_OK), 0);
}

/*
 * The reviewer is told until it has done it, whoever dies in between; then
 * never again.
 */
static void
attic(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	uint64_t	 session;
	int		 i;

	w->conf = keep_nothing;
	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	er_finish(w, session, er_dispatch(w, session));
	rec_free(er_expect_rec(&w->review, MSG_ATTIC_DROP,
	    REC_b_attic_drop));
	er_peer(w, P_REVIEW, &w->review);	/* it died before it read it */
	rec_free(er_expect_rec(&w->review, MSG_ATTIC_DROP,
	    REC_b_attic_drop));
	for (i = 0; i < 2; i++) {
		r = rec_new(REC_c_events);
		rec_set_str(r, F_c_events_type, "task.expired");
		er_ask(w, r, NULL);
		er_expect(&w->front, MSG_ITEM);
		er_expect(&w->front, MSG_DONE);		/* one, and no more */
		if (i == 0)
			er_again(w);
	}
	expired(w);
	er_task_state(w, "a", "done", "no-change");
	er_again(w);
	session = er_task(w, er_task_rec("b"));
	er_finish(w, session, er_dispatch(w, session));
	expired(w);
	er_task_state(w, "b", "done", "no-change");
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, er_setup, er_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(output_for_ever), TEST(attic_for_ever),
		TEST(output), TEST(attic)
	};

	log_init("engine_keep_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
