/*
 * The engine's pure half: tasks that wait for a time, deadlines, and what
 * passes before a further attempt, also with a clock that is set.
 */
#include "common/err.h"
#include "common/log.h"
#include "engine/text.h"
#include "engine/views.h"
#include "tests/pure_rig.h"
#include "tests/tap.h"

#define SECOND	1000000
#define START	(100000LL * SECOND)	/* the clock of these tests begins */

static void
why_is(struct pr_world *w, const struct task *t, enum task_state s,
    const char *word, const char *part)
{
	char	 why[TEXT_LINE];

	assert_string_equal(task_fsm.states[t->state], task_fsm.states[s]);
	assert_string_equal(task_why(w->st, w->conf, t, why), word);
	assert_non_null(strstr(why, part));
}

/* What the scheduler does at a time; the new session or 0. */
static uint64_t
at(struct pr_world *w, int64_t us)
{
	uint64_t	 session, all = 0;

	w->later = us;
	do {
		session = pr_schedule(w);
		all |= session;
	} while (!STAILQ_EMPTY(&w->d.facts));
	return (all);
}

static struct task *
named(struct pr_world *w, const char *name)
{
	return (state_named(state_project(w->st, "p"), name));
}

/* File a task with one number set. */
static int
file(struct pr_world *w, const char *name, int field, uint64_t v)
{
	struct rec	*r = pr_task_rec("p", name, NULL);

	rec_set_u64(r, field, v);
	w->later = START;
	return (pr_command(w, r));
}

static void
begin(struct pr_world *w)
{
	w->later = START;
	pr_project(w, "p", NULL);
}

/* An attempt of task a, which fails and is kept. */
static void
attempt_fails(struct pr_world *w, struct task *t, uint64_t session)
{
	pr_base_ready(w, session);
	pr_booted(w, session);
	pr_step_done(w, session, rec_u64(t->e.row, F_s_task_fence), 3);
	pr_gone(w, session);
	pr_imported(w, t->change);
}

static void
retry_conf(struct pr_world *w, const char *class, const char *how,
    uint64_t delay, uint64_t most, uint64_t times)
{
	struct rec	*r = rec_new(REC_k_retry);

	rec_set_str(r, F_k_retry_class, class);
	rec_set_str(r, F_k_retry_backoff, how);
	rec_set_u64(r, F_k_retry_delay, delay);
	rec_set_u64(r, F_k_retry_most, most);
	if (times != 0)
		rec_set_u64(r, F_k_retry_times, times);
	assert_int_equal(config_add(w->conf, r), 0);
	rec_free(r);
}

/* Not a moment early, and at the moment. */
static void
start_time(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;

	begin(w);
	assert_int_equal(file(w, "a", F_c_task_create_at,
	    START + 60 * SECOND), 0);
	t = named(w, "a");
	why_is(w, t, TS_WAITING, "start-time", "until 1970-01-02T03:47:40Z");
	assert_int_equal(at(w, START + 59 * SECOND), 0);
	assert_int_equal(t->state, TS_WAITING);
	assert_int_equal(at(w, START + 60 * SECOND), 1);
	assert_int_equal(t->state, TS_READY);
	assert_int_equal(rec_u64(t->e.row, F_s_task_until), 0);
}

/* A clock set back: it waits on, and what began is not taken back. */
static void
clock_back(void **state)
{
	struct pr_world	*w = *state;
	struct task	*a, *b;

	begin(w);
	assert_int_equal(file(w, "a", F_c_task_create_delay, 10000), 0);
	assert_int_equal(file(w, "b", F_c_task_create_delay, 20000), 0);
	a = named(w, "a");
	b = named(w, "b");
	assert_int_equal(at(w, START + 15 * SECOND), 1);
	assert_int_equal(at(w, START - 3600LL * SECOND), 0);
	assert_int_equal(a->state, TS_READY);
	assert_non_null(a->session);
	assert_int_equal(b->state, TS_WAITING);
	assert_int_equal(at(w, START + 30 * SECOND), 0);	/* one session */
	assert_int_equal(b->state, TS_READY);
}

/* Dependencies first, then the time; and the other way round. */
static void
start_after_deps(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r;
	struct task	*a, *b;

	begin(w);
	a = pr_task_add(w, "p", "a", 0);
	r = pr_task_rec("p", "b", "a");
	rec_set_u64(r, F_c_task_create_at, START + 60 * SECOND);
	assert_int_equal(pr_command(w, r), 0);
	b = named(w, "b");
	why_is(w, b, TS_WAITING, "dependencies", "waiting on a");
	assert_int_equal(at(w, START + 1), 1);
	pr_base_ready(w, 1);
	pr_booted(w, 1);
	pr_step_done(w, 1, 1, 0);
	pr_gone(w, 1);
	pr_imported_none(w, a->change);
	assert_int_equal(a->state, TS_DONE);
	why_is(w, b, TS_WAITING, "start-time", "until 1970");
	assert_non_null(pr_fact_of(w, REC_e_task_delayed));
	assert_int_equal(at(w, START + 61 * SECOND), 2);
}

/* Held meanwhile, and released before and after the time. */
static void
held(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r;
	struct task	*t;

	begin(w);
	assert_int_equal(file(w, "a", F_c_task_create_delay, 60000), 0);
	t = named(w, "a");
	r = rec_new(REC_c_task_hold);
	rec_set_str(r, F_c_task_hold_task, "a");
	assert_int_equal(pr_command(w, r), 0);
	assert_int_equal(t->due, 0);
	r = rec_new(REC_c_task_release);
	rec_set_str(r, F_c_task_release_task, "a");
	assert_int_equal(pr_command(w, r), 0);
	why_is(w, t, TS_WAITING, "start-time", "waiting until");
	r = rec_new(REC_c_task_hold);
	rec_set_str(r, F_c_task_hold_task, "a");
	assert_int_equal(pr_command(w, r), 0);
	assert_int_equal(at(w, START + 90 * SECOND), 0);
	why_is(w, t, TS_HELD, "user", "held");
	r = rec_new(REC_c_task_release);
	rec_set_str(r, F_c_task_release_task, "a");
	assert_int_equal(pr_command(w, r), 0);
	assert_int_equal(t->state, TS_READY);
}

static void
refused(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r;

	begin(w);
	assert_int_equal(file(w, "a", F_c_task_create_delay,
	    367ULL * 86400000), PRA_EINVALID);
	assert_int_equal(file(w, "a", F_c_task_create_at, UINT64_MAX / 2),
	    PRA_EINVALID);
	assert_int_equal(file(w, "a", F_c_task_create_deadline, START - 1),
	    PRA_EINVALID);
	r = pr_task_rec("p", "a", NULL);
	rec_set_u64(r, F_c_task_create_at, START + 1);
	rec_set_u64(r, F_c_task_create_delay, 1);
	assert_int_equal(pr_command(w, r), PRA_EUSAGE);
	r = pr_task_rec("p", "a", NULL);
	rec_set_u64(r, F_c_task_create_at, START + 9 * SECOND);
	rec_set_u64(r, F_c_task_create_deadline, START + 9 * SECOND);
	assert_int_equal(pr_command(w, r), PRA_EINVALID);
	r = pr_task_rec("p", "a", NULL);
	rec_set_str(r, F_c_task_create_backoff, "fixed");
	assert_int_equal(pr_command(w, r), PRA_EUSAGE);
	r = pr_task_rec("p", "a", NULL);
	rec_set_u64(r, F_c_task_create_retry_delay, 1);
	rec_set_str(r, F_c_task_create_backoff, "linear");
	assert_int_equal(pr_command(w, r), PRA_EINVALID);
	assert_null(named(w, "a"));
}

/* Deadlines of what waits, starts, runs, waits again, and is under review. */

static void
deadline_waiting(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r;
	struct task	*t;

	begin(w);
	r = pr_task_rec("p", "a", NULL);
	rec_set_u64(r, F_c_task_create_at, START + 5 * SECOND);
	rec_set_u64(r, F_c_task_create_deadline, START + 10 * SECOND);
	assert_int_equal(pr_command(w, r), 0);
	t = named(w, "a");
	assert_int_equal(at(w, START + 6 * SECOND), 1);
	assert_int_equal(t->state, TS_READY);	/* its session boots */
	assert_int_equal(at(w, START + 10 * SECOND), 0);
	why_is(w, t, TS_FAILED, "deadline", "had not begun by its deadline");
	assert_int_equal(t->due, 0);
	r = rec_new(REC_c_task_retry);
	rec_set_str(r, F_c_task_retry_task, "a");
	assert_int_equal(pr_command(w, r), PRA_ESTATE);
	assert_non_null(strstr(w->d.message, "deadline"));
}

static void
deadline_running(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;

	begin(w);
	assert_int_equal(file(w, "a", F_c_task_create_deadline,
	    START + 10 * SECOND), 0);
	t = named(w, "a");
	assert_int_equal(at(w, START + 1 * SECOND), 1);
	pr_base_ready(w, 1);
	pr_booted(w, 1);
	assert_int_equal(at(w, START + 10 * SECOND), 0);
	why_is(w, t, TS_RUNNING, "overdue", "deadline");
	assert_non_null(owed_session(w->st, EF_CANCEL, 1));
	assert_int_equal(at(w, START + 11 * SECOND), 0);
	pr_step_done(w, 1, 1, 143);
	pr_gone(w, 1);
	pr_imported(w, t->change);
	why_is(w, t, TS_FAILED, "deadline", "its deadline passed");
}

static void
deadline_review(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;

	begin(w);
	assert_int_equal(file(w, "a", F_c_task_create_deadline,
	    START + 10 * SECOND), 0);
	t = named(w, "a");
	assert_int_equal(at(w, START + 1 * SECOND), 1);
	pr_base_ready(w, 1);
	pr_booted(w, 1);
	pr_step_done(w, 1, 1, 0);
	assert_int_equal(t->state, TS_REVIEW);
	assert_int_equal(at(w, START + 10 * SECOND), 0);
	assert_int_equal(t->state, TS_REVIEW);
	assert_int_equal(t->due, 0);
}

/* Waits between attempts. */

static uint64_t
waits_ms(const struct pr_world *w, const struct task *t)
{
	return ((rec_u64(t->e.row, F_s_task_until) - (uint64_t)w->d.time) /
	    1000);
}

static void
retry_own(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r;
	struct task	*t;
	uint64_t	 i, session;
	int64_t		 now = START;

	begin(w);
	r = pr_task_rec("p", "a", NULL);
	rec_set_u64(r, F_c_task_create_retries, 3);
	rec_set_u64(r, F_c_task_create_retry_delay, 10000);
	rec_set_str(r, F_c_task_create_backoff, "exponential");
	assert_int_equal(pr_command(w, r), 0);
	t = named(w, "a");
	for (i = 0; i < 3; i++) {
		assert_int_not_equal(session = at(w, now), 0);
		attempt_fails(w, t, session);
		why_is(w, t, TS_WAITING, "retry-delay", "exit 3");
		assert_int_equal(waits_ms(w, t), 10000U << i);
		assert_int_equal(at(w, now + (int64_t)(9000U << i) * 1000), 0);
		now += (int64_t)(10001U << i) * 1000;
	}
	assert_int_not_equal(session = at(w, now), 0);
	attempt_fails(w, t, session);
	why_is(w, t, TS_FAILED, "exit", "exit 3");
}

/* The last rule that fits counts, with its own number of attempts. */
static void
retry_rules(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;
	uint64_t	 session;
	int64_t		 now = START;

	begin(w);
	retry_conf(w, "*", "none", 0, 0, 0);
	retry_conf(w, "exit", "fixed", 5000, 0, 2);
	retry_conf(w, "lost", "exponential", 1000, 60000, 0);
	t = pr_task_add(w, "p", "a", 0);
	rec_set_u64(t->e.row, F_s_task_retries, 0);	/* it has none itself */
	assert_int_not_equal(session = at(w, now), 0);
	attempt_fails(w, t, session);
	assert_int_equal(waits_ms(w, t), 5000);
	assert_int_not_equal(session = at(w, now += 6 * SECOND), 0);
	attempt_fails(w, t, session);
	assert_int_equal(waits_ms(w, t), 5000);
	assert_int_not_equal(session = at(w, now += 6 * SECOND), 0);
	attempt_fails(w, t, session);
	why_is(w, t, TS_FAILED, "exit", "exit 3");
}

/* Never less than configured, at most a fourth more, by what comes in. */
static void
retry_spread(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;
	uint64_t	 session;

	begin(w);
	retry_conf(w, "exit", "fixed", 8000, 0, 0);
	t = pr_task_add(w, "p", "a", 0);
	w->chance = UINT32_MAX;
	assert_int_not_equal(session = at(w, START), 0);
	attempt_fails(w, t, session);
	assert_in_range(waits_ms(w, t), 9999, 10000);
}

/* A session that cannot be started, with a rule for that. */
static void
retry_boot(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;
	uint64_t	 session, i;
	int64_t		 now = START;

	begin(w);
	retry_conf(w, "boot", "exponential", 1000, 3000, 4);
	t = pr_task_add(w, "p", "a", 0);
	for (i = 0; i < 4; i++) {
		assert_int_not_equal(session = at(w, now), 0);
		pr_base_ready(w, session);
		pr_gone(w, session);
		why_is(w, t, TS_WAITING, "retry-delay", "died");
		assert_int_equal(waits_ms(w, t), i < 2 ? 1000U << i : 3000);
		now += 4 * SECOND;
	}
	assert_int_not_equal(session = at(w, now), 0);
	pr_base_ready(w, session);
	pr_gone(w, session);
	why_is(w, t, TS_FAILED, "boot", "died");
}

/* What waits can be cancelled, and is in no queue of time then. */
static void
cancelled(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r;

	begin(w);
	assert_int_equal(file(w, "a", F_c_task_create_delay, 10000), 0);
	r = rec_new(REC_c_task_cancel);
	rec_set_str(r, F_c_task_cancel_task, "a");
	assert_int_equal(pr_command(w, r), 0);
	assert_null(state_first_timed(w->st));
	assert_int_equal(at(w, START + 20 * SECOND), 0);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, pr_setup, pr_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(start_time), TEST(clock_back), TEST(start_after_deps),
		TEST(held), TEST(refused), TEST(deadline_waiting),
		TEST(deadline_running), TEST(deadline_review),
		TEST(retry_own), TEST(retry_rules), TEST(retry_spread),
		TEST(retry_boot), TEST(cancelled)
	};

	log_init("engine_time_test", 0);
	return (tap_run(tests));
}
