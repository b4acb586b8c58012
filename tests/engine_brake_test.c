/*
 * The engine's pure half: what keeps tasks from being started, and what of it
 * is told.
 */
#include "common/err.h"
#include "common/log.h"
#include "engine/brake.h"
#include "engine/forecast.h"
#include "engine/ledger.h"
#include "engine/text.h"
#include "engine/views.h"
#include "tests/pure_rig.h"
#include "tests/tap.h"

#define SECOND	1000000
#define START	(100000LL * SECOND)

static void
why_is(struct pr_world *w, const struct task *t, enum task_state s,
    const char *word, const char *part)
{
	char	 why[TEXT_LINE];

	assert_string_equal(task_fsm.states[t->state], task_fsm.states[s]);
	assert_string_equal(task_why(w->st, w->conf, t, why), word);
	assert_non_null(strstr(why, part));
}

/* A command without arguments, or with a project. */
static int
give(struct pr_world *w, enum rec_kind kind, int field, const char *project)
{
	struct rec	*r = rec_new(kind);

	if (project != NULL)
		rec_set_str(r, field, project);
	return (pr_command(w, r));
}

#define DRAIN(w)	give(w, REC_c_drain, 0, NULL)
#define UNDRAIN(w)	give(w, REC_c_undrain, 0, NULL)
#define PAUSE(w, p)	give(w, REC_c_queue_pause, F_c_queue_pause_project, p)
#define RESUME(w, p)	give(w, REC_c_queue_resume, F_c_queue_resume_project, p)

static void
drain(void **state)
{
	struct pr_world	*w = *state;
	struct task	*a, *b;

	pr_project(w, "p", "make check");
	a = pr_task_add(w, "p", "a", 1);
	b = pr_task_add(w, "p", "b", 0);
	assert_int_equal(pr_schedule(w), 1);
	assert_int_equal(DRAIN(w), 0);
	assert_int_equal(DRAIN(w), PRA_ESTATE);
	/* What has begun is finished, with a session for its verification. */
	pr_base_ready(w, 1);
	pr_booted(w, 1);
	assert_int_equal(a->state, TS_RUNNING);
	pr_step_done(w, 1, 1, 0);
	pr_gone(w, 1);
	pr_imported(w, a->change);
	assert_int_equal(pr_schedule(w), 0);
	pr_merged(w, a->change);
	assert_int_equal(pr_schedule(w), 2);
	why_is(w, b, TS_READY, "draining", "drained by uid 0");
	pr_gone(w, 2);
	assert_int_equal(UNDRAIN(w), 0);
	assert_int_equal(UNDRAIN(w), PRA_ESTATE);
	assert_null(brake_on(w->st, b->project));
}

static void
pause_all(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r;
	struct task	*t;

	pr_project(w, "p", NULL);
	t = pr_task_add(w, "p", "a", 0);
	r = rec_new(REC_c_queue_pause);
	rec_set_str(r, F_c_queue_pause_reason, "the disk is full");
	assert_int_equal(pr_command(w, r), 0);
	assert_int_equal(pr_schedule(w), 0);
	why_is(w, t, TS_READY, "queue-paused", "by uid 0: the disk is full");
	assert_int_equal(RESUME(w, "p"), PRA_ESTATE);
	assert_int_equal(RESUME(w, NULL), 0);
	assert_int_equal(pr_schedule(w), 1);
}

/* Another project's tasks go on, whatever their priority. */
static void
pause_project(void **state)
{
	struct pr_world	*w = *state;
	struct task	*a, *b, *c;

	pr_project(w, "p", NULL);
	pr_project(w, "q", NULL);
	a = pr_task_add(w, "p", "a", 9);
	b = pr_task_add(w, "q", "b", 0);
	assert_int_equal(PAUSE(w, "none"), PRA_ENOTFOUND);
	assert_int_equal(PAUSE(w, "p"), 0);
	assert_int_equal(PAUSE(w, "p"), PRA_ESTATE);
	c = pr_task_add(w, "p", "c", 9);
	why_is(w, a, TS_READY, "queue-paused", "its project is paused by");
	why_is(w, c, TS_READY, "queue-paused", "its project is paused by");
	assert_int_equal(pr_schedule(w), 1);
	assert_non_null(b->session);
	pr_gone(w, 1);
	assert_int_equal(RESUME(w, "p"), 0);
	assert_int_equal(pr_schedule(w), 2);
	assert_non_null(a->session);
}

/* A project that is removed takes its brake along. */
static void
pause_removed(void **state)
{
	struct pr_world	*w = *state;

	pr_project(w, "p", NULL);
	assert_int_equal(PAUSE(w, "p"), 0);
	assert_int_equal(give(w, REC_c_project_remove,
	    F_c_project_remove_project, "p"), 0);
	assert_true(RB_EMPTY(&w->st->brakes));
	pr_project(w, "p", NULL);
	pr_task_add(w, "p", "a", 0);
	assert_int_equal(pr_schedule(w), 1);
	assert_int_equal(PAUSE(w, "p"), 0);
}

static void
permissions(void **state)
{
	struct pr_world	*w = *state;

	pr_project(w, "p", NULL);
	pr_permit(w, 0, 0, 0, 7, "queue.*", "p");
	rec_free(w->env);
	w->env = pr_client(7, 7);
	assert_int_equal(PAUSE(w, NULL), PRA_EPERM);
	assert_int_equal(DRAIN(w), PRA_EPERM);
	assert_int_equal(PAUSE(w, "p"), 0);
	assert_int_equal(RESUME(w, "p"), 0);
}

/* Maintenance. */

static void
shut(struct pr_world *w, int64_t now, int64_t from, int64_t until)
{
	w->later = now;
	w->conf->shut = (struct shut){ from, until, now };
}

/* All that the scheduler does; the last session or 0. */
static uint64_t
all(struct pr_world *w)
{
	uint64_t	 s, last = 0;

	do {
		if ((s = pr_schedule(w)) != 0)
			last = s;
	} while (!STAILQ_EMPTY(&w->d.facts));
	return (last);
}

static struct task *
timed_task(struct pr_world *w, const char *name, uint64_t ms, int64_t prio)
{
	struct rec	*r = pr_task_rec("p", name, NULL);

	rec_set_u64(r, F_c_task_create_timeout, ms);
	rec_set_i64(r, F_c_task_create_priority, prio);
	assert_int_equal(pr_command(w, r), 0);
	return (state_named(state_project(w->st, "p"), name));
}

static void
maintenance_now(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;

	shut(w, START, START, START + 60 * SECOND);
	pr_project(w, "p", NULL);
	t = timed_task(w, "a", 1000, 0);
	assert_int_equal(all(w), 0);
	why_is(w, t, TS_READY, "maintenance", "lasts until 1970-01-02T03:47:40Z");
	shut(w, START + 60 * SECOND, START + 600 * SECOND,
	    START + 700 * SECOND);
	assert_int_equal(all(w), 1);
}

/* What would run into it is set aside, and wakes; what is short goes on. */
static void
maintenance_near(void **state)
{
	struct pr_world	*w = *state;
	struct task	*a, *b;

	shut(w, START, START + 100 * SECOND, START + 160 * SECOND);
	pr_project(w, "p", NULL);
	a = timed_task(w, "a", 200000, 9);
	b = timed_task(w, "b", 50000, 0);
	why_is(w, a, TS_READY, "maintenance", "begins, before its time limit");
	assert_int_equal(all(w), 1);
	assert_non_null(b->session);
	why_is(w, a, TS_WAITING, "maintenance", "until 1970-01-02T03:49:20Z");
	assert_int_equal(w->st->naside, 1);
	pr_gone(w, 1);
	shut(w, START + 160 * SECOND, 0, 0);
	assert_int_equal(all(w), 2);
	assert_non_null(a->session);
	assert_int_equal(w->st->naside, 0);
}

/* So is a verification, whose limit is 100 ms here. */
static void
maintenance_verify(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;

	shut(w, START, 0, 0);
	pr_project(w, "p", "make check");
	t = timed_task(w, "a", 1000, 0);
	assert_int_equal(all(w), 1);
	pr_base_ready(w, 1);
	pr_booted(w, 1);
	pr_step_done(w, 1, 1, 0);
	pr_gone(w, 1);
	pr_imported(w, t->change);
	assert_int_equal(all(w), 0);
	pr_merged(w, t->change);
	shut(w, START, START + 50000, START + 60000);
	assert_int_equal(all(w), 0);
	shut(w, START + 60000, 0, 0);
	assert_int_equal(all(w), 2);
}

/* With too many of them, the rest waits behind the next. */
static void
maintenance_many(void **state)
{
	struct pr_world	*w = *state;
	unsigned int	 i;
	char		 name[16];

	shut(w, START, START + 100 * SECOND, START + 160 * SECOND);
	rec_set_u64(w->conf->main, F_k_main_tasks_max, 2 * ASIDE_MAX);
	pr_project(w, "p", NULL);
	for (i = 0; i < ASIDE_MAX + 5; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		timed_task(w, name, 200000, 9);
	}
	timed_task(w, "short", 1000, 0);
	assert_int_equal(all(w), 0);
	assert_int_equal(w->st->naside, ASIDE_MAX);
	shut(w, START + 160 * SECOND, 0, 0);
	assert_int_equal(all(w), 1);
	assert_int_equal(w->st->naside, 0);
}

/* Forecasts. */

struct turns {
	struct rec	*v[8];
	unsigned int	 n;
};

static void
turn_add(void *arg, const struct task *t, struct rec *v)
{
	struct turns	*ts = arg;

	assert_memory_equal(rec_id(v, F_v_turn_task),
	    rec_id(t->e.row, F_s_task_id), ULID_LEN);
	assert_true(ts->n < 8);
	ts->v[ts->n++] = v;
}

static void
turns_clear(struct turns *ts)
{
	while (ts->n > 0)
		rec_free(ts->v[--ts->n]);
}

/* What is said now; the one before is forgotten.  How many there are. */
static unsigned int
turns(struct pr_world *w, struct turns *ts)
{
	turns_clear(ts);
	assert_int_equal(forecast_turns(w->st, w->conf, START, 8, turn_add,
	    ts), 0);
	return (ts->n);
}

/* Seconds after START; -1 is none. */
static void
turn_is(const struct turns *ts, unsigned int i, const char *name,
    const char *reason, const char *part, int start, int until)
{
	const struct rec	*v = ts->v[i];

	assert_string_equal(rec_str(v, F_v_turn_name), name);
	assert_string_equal(rec_str(v, F_v_turn_reason), reason);
	assert_int_equal(strncmp(rec_str(v, F_v_turn_sentence), part,
	    strlen(part)), 0);
	assert_int_equal(rec_u64(v, F_v_turn_start), start < 0 ? 0 :
	    START + start * SECOND);
	assert_int_equal(rec_u64(v, F_v_turn_until), until < 0 ? 0 :
	    START + until * SECOND);
}

static void
why_place_is(struct pr_world *w, struct task *t, unsigned int place,
    int start, int until)
{
	struct rec	*v = view_why(w->st, w->conf, t);

	forecast_why(w->st, w->conf, t, START, v);
	assert_int_equal(rec_u64(v, F_v_why_place), place);
	assert_int_equal(rec_u64(v, F_v_why_start), start < 0 ? 0 :
	    START + start * SECOND);
	assert_int_equal(rec_u64(v, F_v_why_until), until < 0 ? 0 :
	    START + until * SECOND);
	rec_free(v);
}

/* An attempt in the project took ten seconds. */
static void
ten_seconds(struct pr_world *w)
{
	struct used	 u = { { 0, 10 * SECOND, 0, 0 } };
	char		 key[ACCOUNT_KEY];

	ledger_key(key, "project", "p");
	ledger_charge(w->st, ledger_account(w->st, key, START), &u, START,
	    1000, 1);
}

/* What is kept has its place, but nobody knows when it starts. */
static void
forecast_brakes(void **state)
{
	struct pr_world	*w = *state;
	struct turns	 ts = { .n = 0 };
	struct task	*b;

	shut(w, START, 0, 0);
	pr_project(w, "p", NULL);
	pr_task_add(w, "p", "a", 9);
	b = pr_task_add(w, "p", "b", 0);
	ten_seconds(w);
	assert_int_equal(turns(w, &ts), 2);
	turn_is(&ts, 0, "a", "", "priority 9", -1, -1);
	turn_is(&ts, 1, "b", "", "priority 0", 10, -1);
	why_place_is(w, b, 2, 10, -1);
	assert_int_equal(DRAIN(w), 0);
	assert_int_equal(turns(w, &ts), 2);
	turn_is(&ts, 1, "b", "draining", "the daemon is drained by uid 0; "
	    "priority 0", -1, -1);
	why_place_is(w, b, 2, -1, -1);
	assert_int_equal(UNDRAIN(w), 0);
	assert_int_equal(PAUSE(w, NULL), 0);
	assert_int_equal(turns(w, &ts), 2);
	turn_is(&ts, 0, "a", "queue-paused", "the daemon is paused by uid 0; "
	    "priority 9", -1, -1);
	assert_int_equal(RESUME(w, NULL), 0);
	snprintf(w->st->full, sizeof(w->st->full), "no room");
	assert_int_equal(turns(w, &ts), 2);
	turn_is(&ts, 0, "a", "disk-full", "no room; priority 9", -1, -1);
	*w->st->full = '\0';
	assert_int_equal(PAUSE(w, "p"), 0);
	assert_int_equal(turns(w, &ts), 0);
	why_place_is(w, b, 0, -1, -1);
}

/* Nothing begins before it is over, then one after the other. */
static void
forecast_maintenance(void **state)
{
	struct pr_world	*w = *state;
	struct turns	 ts = { .n = 0 };
	struct task	*b;

	shut(w, START, START, START + 60 * SECOND);
	pr_project(w, "p", NULL);
	timed_task(w, "a", 1000, 9);
	b = timed_task(w, "b", 1000, 0);
	ten_seconds(w);
	assert_int_equal(turns(w, &ts), 2);
	turn_is(&ts, 0, "a", "maintenance", "maintenance lasts until "
	    "1970-01-02T03:47:40Z; priority 9", 60, 60);
	turn_is(&ts, 1, "b", "maintenance", "maintenance lasts", 70, 60);
	why_place_is(w, b, 2, 70, 60);
	assert_int_equal(DRAIN(w), 0);
	assert_int_equal(turns(w, &ts), 2);
	turn_is(&ts, 0, "a", "draining", "the daemon is drained", -1, -1);
	turns_clear(&ts);
}

/* What fits goes before it; what does not, by then, waits for its end. */
static void
forecast_near(void **state)
{
	struct pr_world	*w = *state;
	struct turns	 ts = { .n = 0 };
	struct task	*a, *c;

	shut(w, START, START + 100 * SECOND, START + 160 * SECOND);
	pr_project(w, "p", NULL);
	a = timed_task(w, "a", 200000, 9);
	timed_task(w, "b", 50000, 8);
	c = timed_task(w, "c", 95000, 7);
	timed_task(w, "d", 50000, 6);
	timed_task(w, "e", 85000, 5);
	ten_seconds(w);
	assert_int_equal(turns(w, &ts), 5);
	turn_is(&ts, 0, "a", "maintenance", "maintenance begins, before its "
	    "time limit, at 1970-01-02T03:48:20Z; priority 9", 160, 160);
	turn_is(&ts, 1, "b", "", "priority 8", -1, -1);
	turn_is(&ts, 2, "c", "maintenance", "maintenance begins", 170, 160);
	turn_is(&ts, 3, "d", "", "priority 6", 10, -1);
	turn_is(&ts, 4, "e", "maintenance", "maintenance begins", 180, 160);
	why_place_is(w, a, 1, 160, 160);
	why_is(w, c, TS_READY, "queued", "next session");
	why_place_is(w, c, 3, 170, -1);
	/* Once it is over it is of no importance. */
	shut(w, START, START - 60 * SECOND, START);
	assert_int_equal(turns(w, &ts), 5);
	turn_is(&ts, 2, "c", "", "priority 7", 20, -1);
	turns_clear(&ts);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, pr_setup, pr_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(drain), TEST(pause_all), TEST(pause_project),
		TEST(pause_removed), TEST(permissions), TEST(maintenance_now),
		TEST(maintenance_near), TEST(maintenance_verify),
		TEST(maintenance_many), TEST(forecast_brakes),
		TEST(forecast_maintenance), TEST(forecast_near)
	};

	log_init("engine_brake_test", 0);
	return (tap_run(tests));
}
