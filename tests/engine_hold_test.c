/*
 * The engine's pure half: tasks that a user holds or has paused, in every
 * state in which that may happen or not.
 */
#include "common/err.h"
#include "common/log.h"
#include "engine/owe.h"
#include "engine/text.h"
#include "engine/views.h"
#include "tests/pure_rig.h"
#include "tests/tap.h"

/* A command on a task of project p; its error. */
static int
on_task(struct pr_world *w, enum rec_kind kind, int field, const char *name)
{
	struct rec	*r = rec_new(kind);

	rec_set_str(r, field, name);
	return (pr_command(w, r));
}

#define HOLD(w, n)	on_task(w, REC_c_task_hold, F_c_task_hold_task, n)
#define RELEASE(w, n)	on_task(w, REC_c_task_release, F_c_task_release_task, n)
#define PAUSE(w, n)	on_task(w, REC_c_task_pause, F_c_task_pause_task, n)
#define RESUME(w, n)	on_task(w, REC_c_task_resume, F_c_task_resume_task, n)
#define RETRY(w, n)	on_task(w, REC_c_task_retry, F_c_task_retry_task, n)
#define CANCEL(w, n)	on_task(w, REC_c_task_cancel, F_c_task_cancel_task, n)

static void
why_is(struct pr_world *w, const struct task *t, enum task_state s,
    const char *word, const char *names)
{
	char	 why[TEXT_LINE];

	assert_string_equal(task_fsm.states[t->state], task_fsm.states[s]);
	assert_string_equal(task_why(w->st, w->conf, t, why), word);
	assert_non_null(strstr(why, names));
}

/* A refused command changes nothing and says what can be done. */
static void
refused(struct pr_world *w, int err, const char *remedy)
{
	assert_int_equal(err, PRA_ESTATE);
	assert_true(STAILQ_EMPTY(&w->d.facts));
	assert_non_null(strstr(w->d.remedy, remedy));
}

static struct task *
running(struct pr_world *w)
{
	struct task	*t;

	pr_project(w, "p", NULL);
	t = pr_task_add(w, "p", "a", 0);
	assert_int_equal(pr_schedule(w), 1);
	pr_base_ready(w, 1);
	pr_booted(w, 1);
	assert_int_equal(t->state, TS_RUNNING);
	return (t);
}

/* Not started while it is held, and at once when it is not any more. */
static void
hold_ready(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;

	pr_project(w, "p", NULL);
	t = pr_task_add(w, "p", "a", 0);
	assert_int_equal(HOLD(w, "a"), 0);
	why_is(w, t, TS_HELD, "user", "held by uid 0");
	assert_int_equal(pr_schedule(w), 0);
	refused(w, HOLD(w, "a"), "");
	refused(w, RETRY(w, "a"), "release");
	refused(w, PAUSE(w, "a"), "hold");
	refused(w, RESUME(w, "a"), "release");
	assert_int_equal(RELEASE(w, "a"), 0);
	why_is(w, t, TS_READY, "queued", "");
	refused(w, RELEASE(w, "a"), "");
	assert_int_equal(pr_schedule(w), 1);
}

/* A session that is being made for it ends, and is not its own any more. */
static void
hold_starting(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;

	pr_project(w, "p", NULL);
	t = pr_task_add(w, "p", "a", 0);
	assert_int_equal(pr_schedule(w), 1);
	pr_base_ready(w, 1);
	assert_int_equal(HOLD(w, "a"), 0);
	assert_non_null(pr_fact_of(w, REC_e_session_stopping));
	assert_null(t->session);
	pr_booted(w, 1);		/* too late */
	assert_int_equal(t->state, TS_HELD);
	assert_int_equal(RELEASE(w, "a"), 0);
	assert_int_equal(pr_schedule(w), 0);	/* there is one session only */
	pr_gone(w, 1);
	assert_int_equal(t->state, TS_READY);
	assert_int_equal(rec_u64(t->e.row, F_s_task_tries), 0);
	assert_int_equal(pr_schedule(w), 2);
}

static void
hold_reason(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r;

	pr_project(w, "p", NULL);
	pr_task_add(w, "p", "a", 0);
	r = rec_new(REC_c_task_hold);
	rec_set_str(r, F_c_task_hold_task, "a");
	rec_set_str(r, F_c_task_hold_reason, "bad\033[2J");
	assert_int_equal(pr_command(w, r), PRA_EINVALID);
	r = rec_new(REC_c_task_hold);
	rec_set_str(r, F_c_task_hold_task, "a");
	rec_set_str(r, F_c_task_hold_reason, "not before Monday");
	assert_int_equal(pr_command(w, r), 0);
	why_is(w, state_named(state_project(w->st, "p"), "a"), TS_HELD,
	    "user", "held by uid 0: not before Monday");
}

/* What it depends on does not release it, but decides what comes after. */
static void
hold_waiting(void **state)
{
	struct pr_world	*w = *state;
	struct project	*p;
	struct task	*a, *b;

	a = running(w);
	p = state_project(w->st, "p");
	assert_int_equal(pr_command(w, pr_task_rec("p", "b", "a")), 0);
	b = state_named(p, "b");
	assert_int_equal(HOLD(w, "b"), 0);
	assert_int_equal(RELEASE(w, "b"), 0);
	why_is(w, b, TS_WAITING, "dependencies", "waiting on a");
	assert_int_equal(HOLD(w, "b"), 0);
	pr_step_done(w, 1, 1, 0);
	pr_gone(w, 1);
	pr_imported_none(w, a->change);
	assert_int_equal(a->state, TS_DONE);
	why_is(w, b, TS_HELD, "user", "held");
	assert_int_equal(RELEASE(w, "b"), 0);
	assert_int_equal(b->state, TS_READY);
	assert_int_equal(CANCEL(w, "b"), 0);
	/* The other way round: it fails meanwhile, and before. */
	pr_task_add(w, "p", "c", 0);
	assert_int_equal(pr_command(w, pr_task_rec("p", "d", "c")), 0);
	assert_int_equal(HOLD(w, "d"), 0);
	assert_int_equal(CANCEL(w, "c"), 0);
	why_is(w, state_named(p, "d"), TS_HELD, "user", "held");
	assert_int_equal(RELEASE(w, "d"), 0);
	why_is(w, state_named(p, "d"), TS_HELD, "dependency-failed", "c, wh");
	refused(w, RELEASE(w, "d"), "why");
	assert_int_equal(HOLD(w, "d"), 0);
	assert_int_equal(RETRY(w, "c"), 0);
	why_is(w, state_named(p, "d"), TS_HELD, "user", "held");
	assert_int_equal(RELEASE(w, "d"), 0);
	assert_int_equal(state_named(p, "d")->state, TS_WAITING);
}

/* Who waits for it, at any distance, is told that somebody keeps it. */
static void
keeps(void **state)
{
	struct pr_world	*w = *state;
	struct task	*c;

	pr_project(w, "p", NULL);
	pr_task_add(w, "p", "a", 0);
	assert_int_equal(pr_command(w, pr_task_rec("p", "b", "a")), 0);
	assert_int_equal(pr_command(w, pr_task_rec("p", "c", "b")), 0);
	c = state_named(state_project(w->st, "p"), "c");
	assert_false(c->stuck);
	assert_int_equal(HOLD(w, "a"), 0);
	assert_true(c->stuck);
	assert_true(task_kept(task_cause(c, 0)));
	why_is(w, c, TS_WAITING, "blocked", "a is held: held by uid 0");
	assert_int_equal(RELEASE(w, "a"), 0);
	assert_false(c->stuck);
}

static void
pause_running(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t = running(w);

	refused(w, HOLD(w, "a"), "pause");
	refused(w, RESUME(w, "a"), "");
	assert_int_equal(PAUSE(w, "a"), 0);
	why_is(w, t, TS_PAUSED, "user", "paused by uid 0");
	assert_true(t->stuck && task_kept(t));
	refused(w, PAUSE(w, "a"), "");
	refused(w, HOLD(w, "a"), "");
	refused(w, RELEASE(w, "a"), "resume");
	refused(w, RETRY(w, "a"), "");
	assert_int_equal(RESUME(w, "a"), 0);
	why_is(w, t, TS_RUNNING, "working", "attempt 1");
	assert_false(t->stuck);
	pr_step_done(w, 1, 1, 0);
	refused(w, PAUSE(w, "a"), "");		/* under review */
}

/* The attempt ends all the same: well, badly, lost, or cancelled. */
static void
pause_ends(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t = running(w);

	assert_int_equal(PAUSE(w, "a"), 0);
	pr_step_done(w, 1, 1, 0);
	why_is(w, t, TS_REVIEW, "ending", "");
	assert_string_equal(rec_str(t->e.row, F_s_task_reason), "");
}

static void
pause_fails(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t = running(w);

	assert_int_equal(PAUSE(w, "a"), 0);
	pr_step_done(w, 1, 1, 3);
	why_is(w, t, TS_RUNNING, "keeping-work", "exit 3");
	refused(w, PAUSE(w, "a"), "");		/* the attempt is over */
}

static void
pause_lost(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t = running(w);

	assert_int_equal(PAUSE(w, "a"), 0);
	pr_gone(w, 1);
	assert_non_null(pr_fact_of(w, REC_e_task_lost));
	why_is(w, t, TS_RUNNING, "keeping-work", "died");
	assert_true(rec_u64(t->change->e.row, F_s_change_keep));
}

static void
pause_cancelled(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t = running(w);

	assert_int_equal(PAUSE(w, "a"), 0);
	assert_int_equal(CANCEL(w, "a"), 0);
	why_is(w, t, TS_RUNNING, "cancelling", "");
	assert_non_null(owed_session(w->st, EF_CANCEL, 1));
	refused(w, PAUSE(w, "a"), "");
	pr_step_done(w, 1, 1, 143);
	pr_gone(w, 1);
	pr_imported_none(w, t->change);
	why_is(w, t, TS_CANCELLED, "cancelled", "");
}

/* What a finished task left goes after its time, and after each attempt. */

static void
expire(struct pr_world *w, const struct task *t, int64_t after)
{
	struct input	 in = { .kind = IN_EXPIRE };

	id_format(in.text, 't', rec_id(t->e.row, F_s_task_id));
	w->later = after;
	assert_int_equal(pr_feed(w, &in), 0);
	w->later = 0;
}

static void
expires(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t = running(w);
	struct owed	*o;
	char		 key[64];

	expire(w, t, 1000000);			/* it runs */
	assert_true(STAILQ_EMPTY(&w->d.facts));
	pr_step_done(w, 1, 1, 3);
	pr_gone(w, 1);
	rec_set_u64(t->e.row, F_s_task_retries, 0);
	pr_imported(w, t->change);
	assert_int_equal(t->state, TS_FAILED);
	assert_string_equal(rec_str(t->e.row, F_s_task_ref),
	    "refs/praetor/attic/x");
	expire(w, t, 99000);			/* 100 ms, less what passed */
	assert_true(STAILQ_EMPTY(&w->d.facts));
	expire(w, t, 100001);
	assert_non_null(pr_fact_of(w, REC_e_task_expired));
	assert_string_equal(rec_str(t->e.row, F_s_task_ref), "");
	strcpy(key, "expire/");
	id_format(key + strlen(key), 't', rec_id(t->e.row, F_s_task_id));
	assert_non_null(o = state_owed(w->st, key));
	assert_int_equal(rec_u64(o->e.row, F_s_owed_attempt), 1);
	expire(w, t, 200000);
	assert_true(STAILQ_EMPTY(&w->d.facts));
	/* Another attempt: what is owed is of the first one only. */
	assert_int_equal(RETRY(w, "a"), 0);
	assert_int_equal(rec_u64(t->e.row, F_s_task_expired), 0);
	assert_int_equal(pr_schedule(w), 2);
	pr_base_ready(w, 2);
	pr_booted(w, 2);
	assert_int_equal(rec_u64(t->e.row, F_s_task_attempt), 2);
	assert_int_equal(rec_u64(o->e.row, F_s_owed_attempt), 1);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, pr_setup, pr_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(hold_ready), TEST(hold_starting), TEST(hold_reason),
		TEST(hold_waiting), TEST(keeps), TEST(pause_running),
		TEST(pause_ends), TEST(pause_fails), TEST(pause_lost),
		TEST(pause_cancelled), TEST(expires)
	};

	log_init("engine_hold_test", 0);
	return (tap_run(tests));
}
