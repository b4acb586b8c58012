/*
 * What the engine makes of the gateway's reports, pure half.  Failures that
 * it names: a report that counts twice because it came twice, a session that
 * is gone and brings the engine down, a trace without the refused hosts.
 */
#include "common/log.h"
#include "engine/views.h"
#include "tests/pure_rig.h"
#include "tests/tap.h"

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, pr_teardown)

/* Session 1 is there, with a task. */
static int
setup(void **state)
{
	struct pr_world	*w;

	if (pr_setup(state) != 0)
		return (-1);
	w = *state;
	pr_project(w, "web", NULL);
	pr_task_add(w, "web", "one", 0);
	return (pr_schedule(w) == 1 ? 0 : -1);
}

/* Decide and apply; how many events that made. */
static int
feed(struct pr_world *w, enum input_kind kind, struct rec *r)
{
	struct input	 in = { .kind = kind, .rec = r, .number = 1 };
	uint64_t	 before = w->seq;

	assert_int_equal(pr_feed(w, &in), 0);
	return ((int)(w->seq - before));
}

static struct rec *
report(uint64_t session, uint64_t number, const char *verdict,
    const char *reason, const char *host)
{
	struct rec	*r = rec_new(REC_b_egress);

	rec_set_u64(r, F_b_egress_session, session);
	rec_set_u64(r, F_b_egress_number, number);
	rec_set_str(r, F_b_egress_verdict, verdict);
	rec_set_str(r, F_b_egress_reason, reason);
	rec_set_str(r, F_b_egress_host, host);
	rec_set_u64(r, F_b_egress_count, 2);
	rec_set_u64(r, F_b_egress_sent, 10);
	rec_set_u64(r, F_b_egress_received, 100);
	rec_set_u64(r, F_b_egress_wall, 1000);
	return (r);
}

static uint64_t
row(const struct pr_world *w, int field)
{
	return (rec_u64(state_session(w->st, 1)->e.row, field));
}

/* The gateway sends again what it has no answer for. */
static void
twice(void **state)
{
	struct pr_world	*w = *state;
	int		 i;

	for (i = 0; i < 2; i++)
		assert_int_equal(feed(w, IN_EGRESS, report(1, 50, "allowed",
		    "closed", "a.org:443")), i == 0);
	assert_int_equal(feed(w, IN_EGRESS, report(1, 49, "allowed", "closed",
	    "a.org:443")), 0);
	assert_int_equal(feed(w, IN_EGRESS, report(1, 51, "failed", "connect",
	    "a.org:443")), 1);
	assert_int_equal(row(w, F_s_session_connections), 2);
	assert_int_equal(row(w, F_s_session_refused), 0);
	assert_int_equal(row(w, F_s_session_sent), 20);
	assert_int_equal(row(w, F_s_session_received), 200);
}

static void
gone(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r = rec_new(REC_b_egress_rules);

	assert_int_equal(feed(w, IN_EGRESS, report(2, 1, "refused", "rule",
	    "a.org:443")), 0);
	rec_set_u64(r, F_b_egress_rules_session, 2);
	rec_add_str(r, F_b_egress_rules_rules, "a.org:443");
	assert_int_equal(feed(w, IN_EGRESS_RULES, r), 0);
}

/* They are told by every gateway, and are one event. */
static void
rules(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r, *v;
	int		 i;

	for (i = 0; i < 2; i++) {
		r = rec_new(REC_b_egress_rules);
		rec_set_u64(r, F_b_egress_rules_session, 1);
		rec_add_str(r, F_b_egress_rules_rules, "a.org:443");
		rec_add_str(r, F_b_egress_rules_rules, "*.b.org:443");
		assert_int_equal(feed(w, IN_EGRESS_RULES, r), i == 0);
	}
	v = view_session_row(state_session(w->st, 1)->e.row);
	assert_int_equal(rec_count(v, F_v_session_reach), 2);
	assert_string_equal(rec_nth_str(v, F_v_session_reach, 1),
	    "*.b.org:443");
	rec_free(v);
}

static void
refusals(void **state)
{
	struct pr_world		*w = *state;
	const struct session	*s = state_session(w->st, 1);
	const struct rec	*ev;
	char			 host[32];
	uint64_t		 i;

	decision_clear(&w->d);
	decision_init(&w->d, w->st, w->conf);
	decide_refusals(&w->d, s);
	assert_true(STAILQ_EMPTY(&w->d.facts));
	for (i = 1; i <= 40; i++) {
		snprintf(host, sizeof(host), "h%llu.org:443",
		    (unsigned long long)i / 2);
		feed(w, IN_EGRESS, report(1, i, "refused", "rule", host));
	}
	assert_int_equal(row(w, F_s_session_refused), 80);
	assert_int_equal(rec_count(s->e.row, F_s_session_refusals), 16);
	decision_clear(&w->d);
	decision_init(&w->d, w->st, w->conf);
	decide_refusals(&w->d, s);
	ev = pr_fact_of(w, REC_e_task_refused);
	assert_non_null(ev);
	assert_int_equal(rec_check(ev, NULL, 0), 0);
	assert_memory_equal(rec_str(ev, F_e_task_refused_summary),
	    "80 connections: h0.org:443 (rule), h1.org:443 (rule)", 52);
}

static void
restarted(void **state)
{
	struct pr_world		*w = *state;

	assert_int_equal(feed(w, IN_GATEWAY, NULL), 1);
	assert_non_null(pr_fact_of(w, REC_e_gateway_restarted));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(twice), TEST(gone), TEST(rules), TEST(refusals),
		TEST(restarted)
	};

	log_init("engine_egress_test", 0);
	return (tap_run(tests));
}
