/*
 * The ledger: what attempts and verifications are charged to, how it decays,
 * that a replay gives the same rows, and the arithmetic below it.
 */
#include <math.h>
#include <time.h>

#include "common/err.h"
#include "engine/fixed.h"
#include "engine/ledger.h"
#include "tests/pure_rig.h"
#include "tests/tap.h"

#define DAY	(24LL * 3600 * 1000000)

/* What was used is never more, and within a millionth of what it should be. */
static void
test_decay(void **state)
{
	const uint64_t	 half = 7ULL * 24 * 3600 * 1000, v = UINT64_C(1) << 60;
	uint64_t	 us, got, last = v;
	double		 want;

	(void)state;
	for (us = 0; us < 40 * half * 1000; us += half * 137) {
		got = fixed_decay(v, us, half);
		want = ldexp(exp2(-(double)us / ((double)half * 1000)), 60);
		assert_true(fabs((double)got - want) <= want * 2e-5 + 1);
		assert_true(got <= last);
		last = got;
	}
	assert_int_equal(fixed_decay(1000, half * 1000, half), 500);
	assert_int_equal(fixed_decay(1000, 0, half), 1000);
	assert_int_equal(fixed_decay(1000, UINT64_MAX, 0), 1000);
	assert_int_equal(fixed_decay(UINT64_MAX, half * 64000, half), 0);
	assert_int_equal(fixed_decay(UINT64_MAX, UINT64_MAX, 1), 0);
}

static void
test_log2(void **state)
{
	uint64_t	 v;
	int64_t		 got;

	(void)state;
	assert_int_equal(fixed_log2(0), 0);
	assert_int_equal(fixed_log2(1), 0);
	assert_int_equal(fixed_log2(UINT64_C(1) << 63), 63 * FIXED_ONE);
	for (v = 1; v < UINT64_MAX / 3; v += v / 3 + 1) {
		got = fixed_log2(v);
		assert_true(fabs((double)got / (double)FIXED_ONE -
		    log2((double)v)) < 3e-5);
	}
	assert_int_equal(fixed_halves(UINT64_C(3600000000) * 36, 86400000),
	    FIXED_ONE * 3 / 2);
	assert_int_equal(fixed_halves(1, 0), 0);
	assert_int_equal(fixed_add(UINT64_MAX - 1, 2), UINT64_MAX);
}

/* Every day for 200 years as gmtime(3) has it. */
static void
test_calendar(void **state)
{
	struct tm	 tm;
	int64_t		 us;
	uint64_t	 month;
	time_t		 s;
	int		 day;

	(void)state;
	for (day = 0; day < 73000; day++) {
		us = day * DAY + DAY - 1;
		s = (time_t)(us / 1000000);
		assert_non_null(gmtime_r(&s, &tm));
		month = (uint64_t)((tm.tm_year - 70) * 12 + tm.tm_mon);
		assert_int_equal(fixed_day(us), day);
		assert_int_equal(fixed_month(us), month);
		if (tm.tm_mday == 1)
			assert_int_equal(fixed_month_start(month), day * DAY);
	}
	assert_int_equal(fixed_day(-1), 0);
}

/* Counters of days and months begin again; a clock set back loses nothing. */
static void
test_charge(void **state)
{
	struct pr_world	*w = *state;
	struct account	*a = ledger_account(w->st, "user/7", 10 * DAY);
	struct used	 u = { { 1000, 4000, 7, 0 } };
	const struct rec *r = a->e.row;

	ledger_charge(w->st, a, &u, 10 * DAY, 86400000, 1);
	ledger_charge(w->st, a, &u, 11 * DAY, 86400000, 1);
	assert_int_equal(ledger_total(r, RS_CPU), 2000);
	assert_int_equal(ledger_decayed(r, RS_CPU, 11 * DAY, 86400000), 1500);
	assert_int_equal(ledger_decayed(r, RS_CPU, 12 * DAY, 86400000), 750);
	assert_int_equal(ledger_day(r, RS_WALL, 11 * DAY + 5), 4000);
	assert_int_equal(ledger_day(r, RS_WALL, 12 * DAY), 0);
	assert_int_equal(ledger_month(r, RS_TOKENS, 12 * DAY), 14);
	assert_int_equal(ledger_month(r, RS_TOKENS, 31 * DAY), 0);
	ledger_charge(w->st, a, &u, 3 * DAY, 86400000, 0);
	assert_int_equal(ledger_decayed(r, RS_CPU, 11 * DAY, 86400000), 2500);
	assert_int_equal(ledger_day(r, RS_WALL, 11 * DAY), 8000);
	assert_int_equal(rec_u64(r, F_s_usage_attempts), 2);
	assert_int_equal(ledger_mean(r, RS_CPU), 1000);
	u.v[RS_CPU] = 9000;
	ledger_charge(w->st, a, &u, 12 * DAY, 86400000, 1);
	assert_int_equal(ledger_mean(r, RS_CPU), 2000);
	u.v[RS_CPU] = UINT64_MAX;
	ledger_charge(w->st, a, &u, 12 * DAY, 86400000, 1);
	assert_int_equal(ledger_total(r, RS_CPU), UINT64_MAX);
	assert_true(ledger_account(w->st, "user/7", 1) == a);
}

/* A task from filed to landed, in two attempts; the last one is verified. */
static void
life(struct pr_world *w)
{
	struct task	*t;
	struct rec	*r = pr_task_rec("p", "a", NULL);
	uint64_t	 s;

	rec_set_u64(r, F_c_task_create_retries, 1);
	assert_int_equal(pr_command(w, r), 0);
	t = state_named(state_project(w->st, "p"), "a");
	s = pr_schedule(w);
	pr_base_ready(w, s);
	pr_booted(w, s);
	w->later += DAY;
	pr_step_done(w, s, rec_u64(t->e.row, F_s_task_fence), 1);
	pr_gone(w, s);
	pr_imported_none(w, t->change);
	s = pr_schedule(w);
	pr_base_ready(w, s);
	pr_booted(w, s);
	w->later += DAY;
	pr_step_done(w, s, rec_u64(t->e.row, F_s_task_fence), 0);
	pr_gone(w, s);
	pr_imported(w, t->change);
	(void)pr_schedule(w);
	pr_merged(w, t->change);
	s = pr_schedule(w);
	pr_base_ready(w, s);
	pr_booted(w, s);
	pr_step_done(w, s, w->st->last_fence, 0);
}

static void
test_task_charged(void **state)
{
	static const char *const	 keys[] = { "user/0", "project/p" };
	struct pr_world			*w = *state;
	const struct account		*a;
	size_t				 i;

	pr_project(w, "p", "make check");
	life(w);
	for (i = 0; i < 2; i++) {
		a = state_account(w->st, keys[i]);
		assert_non_null(a);
		assert_int_equal(rec_u64(a->e.row, F_s_usage_attempts), 2);
		/* Each step used 3 us of user and of system time. */
		assert_int_equal(ledger_total(a->e.row, RS_CPU), 18);
		assert_int_equal(ledger_total(a->e.row, RS_WALL), 9);
		assert_int_equal(ledger_day(a->e.row, RS_WALL, 2 * DAY), 6);
		assert_int_equal(ledger_mean(a->e.row, RS_CPU), 6);
	}
	assert_null(state_account(w->st, "agent/"));
}

/* The session dies: what is known is how long it ran. */
static void
test_lost_charged(void **state)
{
	struct pr_world		*w = *state;
	const struct account	*a;

	pr_project(w, "p", NULL);
	(void)pr_task_add(w, "p", "a", 0);
	assert_int_equal(pr_schedule(w), 1);
	pr_base_ready(w, 1);
	pr_booted(w, 1);
	w->later += DAY;
	pr_gone(w, 1);
	a = state_account(w->st, "user/0");
	assert_non_null(a);
	assert_true(ledger_total(a->e.row, RS_WALL) >= (uint64_t)DAY);
	assert_int_equal(rec_u64(a->e.row, F_s_usage_attempts), 0);
}

/* An event of a version without a ledger charges nobody. */
static void
test_old_event(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;
	struct fact	 f = { .time = 5, .seq = 1000 };

	pr_project(w, "p", NULL);
	t = pr_task_add(w, "p", "a", 0);
	assert_int_equal(pr_schedule(w), 1);
	pr_base_ready(w, 1);
	pr_booted(w, 1);
	f.data = rec_new(REC_e_task_ran);
	rec_set_id(f.data, F_e_task_ran_task, rec_id(t->e.row, F_s_task_id));
	rec_set_u64(f.data, F_e_task_ran_session, 1);
	rec_set_str(f.data, F_e_task_ran_why, "exit");
	rec_set_u64(f.data, F_e_task_ran_utime, 5);
	assert_int_equal(apply(w->st, &f), 0);
	assert_int_equal(ledger_total(state_account(w->st, "user/0")->e.row,
	    RS_CPU), 0);
	rec_free(f.data);
}

/* Tokens of an agent's task: its own account as well. */
static void
test_used_event(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;
	struct fact	 f = { .time = 3 * DAY, .seq = 1000 };
	struct account	*a;
	struct rec	*r = rec_new(REC_k_agent);

	pr_project(w, "p", NULL);
	rec_set_str(r, F_k_agent_name, "claude");
	rec_set_str(r, F_k_agent_driver, "command");
	assert_int_equal(config_add(w->conf, r), 0);
	rec_free(r);
	r = rec_new(REC_c_task_create);
	rec_set_str(r, F_c_task_create_name, "a");
	rec_set_str(r, F_c_task_create_agent, "claude");
	assert_int_equal(pr_command(w, r), 0);
	t = state_named(state_project(w->st, "p"), "a");
	f.data = rec_new(REC_e_task_used);
	rec_set_id(f.data, F_e_task_used_task, rec_id(t->e.row, F_s_task_id));
	rec_set_str(f.data, F_e_task_used_purpose, "model");
	rec_set_u64(f.data, F_e_task_used_tokens, 5000);
	rec_set_u64(f.data, F_e_task_used_money, 70000);
	rec_set_u64(f.data, F_e_task_used_half, 86400000);
	ledger_others(f.data, F_e_task_used_charge, t);
	assert_int_equal(apply(w->st, &f), 0);
	a = state_account(w->st, "agent/claude");
	assert_non_null(a);
	assert_int_equal(ledger_month(a->e.row, RS_MONEY, 3 * DAY), 70000);
	assert_int_equal(ledger_decayed(a->e.row, RS_TOKENS, 4 * DAY,
	    86400000), 2500);
	rec_free(f.data);
}

/* The same charges, once each and once all again: not a bit differs. */
static void
test_replay_equal(void **state)
{
	struct pr_world	*w = *state;
	struct state	*st = state_new();
	struct account	*a, *b;
	struct used	 u;
	struct buf	 x = { 0 }, y = { 0 };
	uint32_t	 seed = 1, i;
	int64_t		 time = 20000 * DAY;

	for (i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		time += seed >> 4;
		u = (struct used){ { seed, seed / 3, seed % 1000, seed % 7 } };
		a = ledger_account(w->st, "user/1", time);
		b = ledger_account(st, "user/1", time);
		ledger_charge(w->st, a, &u, time, 86400000, seed & 1);
		ledger_charge(st, b, &u, time, 86400000, seed & 1);
		if (i % 97 == 0)	/* reading changes nothing */
			(void)ledger_decayed(a->e.row, RS_CPU, time + DAY,
			    1000);
	}
	assert_int_equal(rec_encode(a->e.row, &x), 0);
	assert_int_equal(rec_encode(b->e.row, &y), 0);
	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.data, y.data, x.len);
	buf_free(&x);
	buf_free(&y);
	state_free(st);
}

int
main(void)
{
	static const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_decay),
		cmocka_unit_test(test_log2),
		cmocka_unit_test(test_calendar),
#define T(fn) cmocka_unit_test_setup_teardown(fn, pr_setup, pr_teardown)
		T(test_charge),
		T(test_task_charged),
		T(test_lost_charged),
		T(test_old_event),
		T(test_used_event),
		T(test_replay_equal)
	};

	return (tap_run(tests));
}
