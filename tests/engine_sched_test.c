/*
 * Whose turn it is: priority and age, fair shares, limits and quotas, over
 * thousands of starts.  Failures that it names: a share that is not met, a
 * task that starves, one that a limit of others keeps, a gate that stays shut
 * or open, an order that a restart or a simulation changes.
 */
#include "common/err.h"
#include "common/log.h"
#include "engine/queue.h"
#include "engine/views.h"
#include "tests/pure_rig.h"
#include "tests/tap.h"

#define SECOND	1000000LL
#define MINUTE	(60 * SECOND)
#define DAY	(24 * 60 * MINUTE)

/* The settings of the queue, and its rules, as a file could have them. */
static void
settings(struct pr_world *w, uint64_t weight, uint64_t age_ms)
{
	static const struct { int field; uint64_t v; } set[] = {
		{ F_k_main_half, 7 * DAY / 1000 }, { F_k_main_fair_cpu, 1 },
		{ F_k_main_fair_wall, 1 }, { F_k_main_fair_tokens, 1 },
		{ F_k_main_fair_money, 1 }, { F_k_main_tasks_max, 1000000 },
		{ F_k_main_sessions_max, 1000 }
	};
	size_t	 i;

	for (i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		rec_set_u64(w->conf->main, set[i].field, set[i].v);
	rec_set_u64(w->conf->main, F_k_main_fair_weight, weight);
	rec_set_u64(w->conf->main, F_k_main_fair_age, age_ms);
	queue_configure(w->st, w->conf, 0);
}

static void
share(struct pr_world *w, const char *key, uint64_t n)
{
	struct rec	*r = rec_new(REC_k_share);

	rec_set_str(r, F_k_share_key, key);
	rec_set_u64(r, F_k_share_share, n);
	assert_int_equal(config_add(w->conf, r), 0);
	rec_free(r);
	queue_configure(w->st, w->conf, 0);
}

static void
quota(struct pr_world *w, const char *key, const char *what, uint64_t most)
{
	struct rec	*r = rec_new(REC_k_quota);

	rec_set_str(r, F_k_quota_key, key);
	rec_set_str(r, F_k_quota_what, what);
	rec_set_u64(r, F_k_quota_most, most);
	rec_set_str(r, F_k_quota_text, "the rule");
	assert_int_equal(config_add(w->conf, r), 0);
	rec_free(r);
	queue_configure(w->st, w->conf, 0);
}

/* File a task as a user, with a label or none; the error. */
static int
file_as(struct pr_world *w, uint64_t uid, const char *project, int64_t prio,
    const char *label)
{
	struct rec	*r = rec_new(REC_c_task_create), *env = w->env;
	int		 e;

	rec_set_str(r, F_c_task_create_project, project);
	rec_set_str(r, F_c_task_create_run, "make");
	rec_set_i64(r, F_c_task_create_priority, prio);
	if (label != NULL)
		rec_add_str(r, F_c_task_create_labels, label);
	w->env = pr_client(uid, 77);
	e = pr_command(w, r);
	rec_free(w->env);
	w->env = env;
	return (e);
}

static struct task *
filed(struct pr_world *w, uint64_t uid, const char *project, int64_t prio,
    const char *label)
{
	uint8_t	 id[ULID_LEN];

	assert_int_equal(file_as(w, uid, project, prio, label), 0);
	assert_int_equal(id_parse(id, 't', w->d.subject), 0);
	return (state_task(w->st, id));
}

static void
everybody(struct pr_world *w)
{
	pr_permit(w, 0, 1, 0, 0, "*", NULL);
	pr_project(w, "p", NULL);
	pr_project(w, "q", NULL);
}

/* The first task runs for a time and is done with: who filed it. */
static uint64_t
run_first(struct pr_world *w, uint64_t us)
{
	struct task	*t = queue_first(w->st);
	struct session	 s;
	struct used	 u = { { 0, us, 0, 0 } };
	char		 key[2][ACCOUNT_KEY];
	int64_t		 now = w->later + (int64_t)w->seq;
	int		 i;

	assert_non_null(t);
	t->session = &s;			/* nobody looks at it */
	queue_task(w->st, t);
	ledger_user(key[0], rec_u64(t->e.row, F_s_task_uid));
	ledger_key(key[1], "project", rec_str(t->e.row, F_s_task_project));
	for (i = 0; i < 2; i++)
		ledger_charge(w->st, ledger_account(w->st, key[i], now), &u,
		    now, 7 * DAY / 1000, 1);
	t->session = NULL;
	task_set(w->st, t, TS_CANCELLED);
	w->later += (int64_t)us;
	return (rec_u64(t->e.row, F_s_task_uid));
}

/* So that a user has so many ready tasks in a project. */
static void
fill(struct pr_world *w, uint64_t uid, const char *project, int n)
{
	while (n-- > 0)
		(void)filed(w, uid, project, 0, NULL);
}

/* A point of priority is worth a minute of waiting, neither more nor less. */
static void
test_priority_and_age(void **state)
{
	struct pr_world	*w = *state;
	struct task	*old, *near, *far;

	settings(w, 100, 60000);
	everybody(w);
	old = filed(w, 1, "p", 0, NULL);
	w->later = 4 * MINUTE;
	near = filed(w, 1, "p", 5, NULL);
	assert_ptr_equal(queue_first(w->st), near);
	w->later = 6 * MINUTE;
	task_set(w->st, near, TS_CANCELLED);
	far = filed(w, 1, "p", 5, NULL);
	assert_ptr_equal(queue_first(w->st), old);
	task_set(w->st, old, TS_CANCELLED);
	assert_ptr_equal(queue_first(w->st), far);
}

/* Without ages and shares: priority, then the order of filing, of all. */
static void
test_plain(void **state)
{
	struct pr_world	*w = *state;
	struct task	*a, *b, *c;

	settings(w, 0, 0);
	everybody(w);
	a = filed(w, 1, "p", 0, NULL);
	b = filed(w, 2, "q", 0, NULL);
	c = filed(w, 2, "q", 1, NULL);
	assert_ptr_equal(queue_first(w->st), c);
	task_set(w->st, c, TS_CANCELLED);
	assert_ptr_equal(queue_first(w->st), a);
	task_set(w->st, a, TS_CANCELLED);
	assert_ptr_equal(queue_first(w->st), b);
}

/* One of no importance goes before an endless flow of what is important. */
static void
test_no_starvation(void **state)
{
	struct pr_world	*w = *state;
	struct task	*low;
	int		 n;

	settings(w, 100, 60000);
	everybody(w);
	low = filed(w, 1, "p", -10, NULL);
	for (n = 0; n < 30; n++) {
		(void)filed(w, 1, "p", 10, NULL);
		if (queue_first(w->st) == low)
			break;
		(void)run_first(w, MINUTE);
	}
	assert_in_range(n, 19, 21);
}

/* Nor does a user who has used nothing for long, whatever the others say. */
static void
test_no_user_starves(void **state)
{
	struct pr_world	*w = *state;
	int		 n, served = 0;

	settings(w, 100, 60000);
	everybody(w);
	fill(w, 1, "p", 40);
	for (n = 0; n < 3000; n++) {
		(void)filed(w, 2, "p", 1000, NULL);
		served += run_first(w, 60 * MINUTE) == 1;
	}
	assert_true(served >= 3);
	assert_true(served < 300);	/* priority means something, too */
}

/* Two users, shares 1 and 3, tasks of any length: 4000 starts. */
static void
test_shares(void **state)
{
	struct pr_world	*w = *state;
	uint64_t	 used[3] = { 0 }, us, seed = 7;
	int		 n;

	settings(w, 100, 60000);
	everybody(w);
	share(w, "user/2", 3);
	fill(w, 1, "p", 10);
	fill(w, 2, "q", 10);
	for (n = 0; n < 4000; n++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		us = (1 + (seed >> 40) % 600) * SECOND;
		if (queue_first(w->st)->project == state_project(w->st, "p"))
			fill(w, 1, "p", 1);
		else
			fill(w, 2, "q", 1);
		used[run_first(w, us)] += us;
	}
	/* The projects have equal shares: the root of 3 is between. */
	assert_in_range(used[2] * 1000 / used[1], 1680, 1790);
}

/* Within one project the shares are what each gets: 4000 starts. */
static void
test_shares_in_project(void **state)
{
	struct pr_world	*w = *state;
	int		 n, i, of[3] = { 0 };

	settings(w, 100, 60000);
	everybody(w);
	share(w, "user/2", 3);
	fill(w, 1, "p", 1);
	fill(w, 2, "p", 1);
	for (n = 0; n < 4000; n++) {
		of[i = (int)run_first(w, MINUTE)]++;
		fill(w, (uint64_t)i, "p", 1);
	}
	assert_in_range(of[2] * 100 / of[1], 290, 310);
}

/* Who comes late is served until both have used the same; then in turn. */
static void
test_late_user(void **state)
{
	struct pr_world	*w = *state;
	int		 n, late = 0;

	settings(w, 100, 60000);
	everybody(w);
	fill(w, 1, "p", 1400);
	for (n = 0; n < 200; n++)
		assert_int_equal(run_first(w, MINUTE), 1);
	fill(w, 2, "p", 1400);
	for (n = 0; n < 190; n++)
		late += run_first(w, MINUTE) == 2;
	assert_int_equal(late, 190);
	for (n = 0, late = 0; n < 1000; n++)
		late += run_first(w, MINUTE) == 2;
	assert_true(late > 490 && late < 520);
}

/* Those that run count as well: sessions are shared before anything ends. */
static void
test_running_counts(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;
	int		 n, of[3] = { 0 };

	settings(w, 100, 60000);
	everybody(w);
	fill(w, 1, "p", 1);
	fill(w, 2, "p", 1);
	(void)run_first(w, 10 * MINUTE);
	(void)run_first(w, 10 * MINUTE);
	fill(w, 1, "p", 50);
	fill(w, 2, "p", 50);
	for (n = 0; n < 20; n++) {
		t = queue_first(w->st);
		assert_int_not_equal(pr_schedule(w), 0);
		of[rec_u64(t->e.row, F_s_task_uid)]++;
	}
	assert_int_equal(of[1], 10);
	assert_int_equal(of[2], 10);
}

/* Start what there is to start; how many, and how many with a label. */
static int
start_all(struct pr_world *w, const char *label, int *with)
{
	struct task	*t;
	int		 n = 0;

	for (*with = 0; (t = queue_first(w->st)) != NULL; n++) {
		if (rec_count(t->e.row, F_s_task_labels) > 0 &&
		    strcmp(rec_nth_str(t->e.row, F_s_task_labels, 0),
		    label) == 0)
			(*with)++;
		assert_int_not_equal(pr_schedule(w), 0);
	}
	return (n);
}

/* Two at once, and nobody else waits for the third. */
static void
test_limit_label(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t = NULL;
	int		 i, with;

	settings(w, 100, 60000);
	everybody(w);
	quota(w, "label/gpu", "running", 2);
	for (i = 0; i < 5; i++)
		t = filed(w, 1, "p", 100, "gpu");
	fill(w, 1, "p", 3);
	fill(w, 2, "q", 3);
	assert_int_equal(start_all(w, "gpu", &with), 8);
	assert_int_equal(with, 2);
	assert_string_equal(queue_shut(t)->whom, "label/gpu");
	pr_gone(w, 1);			/* it never came up: ready again */
	assert_int_equal(start_all(w, "gpu", &with), 1);
	assert_int_equal(with, 1);
}

/* Lowered while they run: they go on, and no other starts until it fits. */
static void
test_limit_lowered(void **state)
{
	struct pr_world	*w = *state;
	int		 i, with;

	settings(w, 100, 60000);
	everybody(w);
	fill(w, 1, "p", 10);
	for (i = 0; i < 4; i++)
		assert_int_not_equal(pr_schedule(w), 0);
	quota(w, "user/", "running", 3);
	assert_null(queue_first(w->st));
	assert_string_equal(queue_shut(filed(w, 1, "q", 0, NULL))->whom,
	    "user/1");
	assert_non_null(filed(w, 2, "q", 0, NULL));
	assert_int_equal(start_all(w, "", &with), 1);
	pr_gone(w, 1);
	assert_null(queue_first(w->st));
	pr_gone(w, 2);
	assert_int_equal(start_all(w, "", &with), 1);
	quota(w, "user/1", "running", 100);	/* its own rule counts */
	assert_int_equal(start_all(w, "", &with), 8);
}

/* Tokens of a day are there again on the next, and not before. */
static void
test_quota_tokens(void **state)
{
	struct pr_world	*w = *state;
	struct used	 u = { { 0, 0, 900, 0 } };
	struct account	*a;
	struct task	*t;

	settings(w, 100, 60000);
	everybody(w);
	quota(w, "user/1", "tokens", 2000);
	w->later = 3 * DAY + 60 * MINUTE;
	t = filed(w, 1, "p", 0, NULL);
	a = ledger_account(w->st, "user/1", w->later);
	ledger_charge(w->st, a, &u, w->later, 1000, 1);
	assert_ptr_equal(queue_first(w->st), t);
	ledger_charge(w->st, a, &u, w->later, 1000, 1);
	ledger_charge(w->st, a, &u, w->later, 1000, 1);
	assert_null(queue_first(w->st));
	assert_int_equal(queue_until(w->st), 4 * DAY);
	assert_int_equal(queue_shut(t)->what, QT_TOKENS);
	decision_clear(&w->d);
	decision_init(&w->d, w->st, w->conf);
	w->d.time = 4 * DAY - 1;
	sched_next(&w->d);
	assert_true(STAILQ_EMPTY(&w->d.facts));
	w->d.time = 4 * DAY;
	sched_next(&w->d);
	assert_non_null(pr_fact_of(w, REC_e_queue_opened));
	STAILQ_FIRST(&w->d.facts)->seq = 9999;
	assert_int_equal(apply(w->st, STAILQ_FIRST(&w->d.facts)), 0);
	assert_ptr_equal(queue_first(w->st), t);
	assert_int_equal(queue_until(w->st), 0);
}

/* Those that run are expected to use what others did. */
static void
test_quota_reserved(void **state)
{
	struct pr_world	*w = *state;
	struct used	 u = { { 0, 0, 0, 300 } };
	struct account	*a;
	int		 with;

	settings(w, 100, 60000);
	everybody(w);
	quota(w, "project/p", "money", 1000);
	fill(w, 1, "p", 10);
	a = ledger_account(w->st, "project/p", 0);
	ledger_charge(w->st, a, &u, 0, 1000, 1);
	assert_int_equal(start_all(w, "", &with), 3);
	assert_int_equal(queue_until(w->st), 31 * DAY);
}

/* More than may wait are refused, also all together. */
static void
test_quota_queued(void **state)
{
	struct pr_world	*w = *state;
	int		 i;

	settings(w, 100, 60000);
	everybody(w);
	quota(w, "user/1", "queued", 3);
	quota(w, "group/77", "queued", 5);
	fill(w, 1, "p", 3);
	assert_int_equal(file_as(w, 1, "q", 0, NULL), PRA_ELIMIT);
	assert_non_null(strstr(w->d.message, "queued"));
	assert_int_not_equal(pr_schedule(w), 0);
	fill(w, 1, "p", 1);
	for (i = 0; i < 2; i++)
		assert_int_equal(file_as(w, 2, "q", 0, NULL), 0);
	assert_int_equal(file_as(w, 2, "q", 0, NULL), PRA_ELIMIT);
}

/* What attempts left counts until it is deleted. */
static void
test_quota_disk(void **state)
{
	struct pr_world	*w = *state;
	struct fact	 f = { .time = DAY };
	struct task	*t, *next;

	settings(w, 100, 60000);
	everybody(w);
	quota(w, "user/1", "disk", 1000);
	t = filed(w, 1, "p", 0, NULL);
	task_set(w->st, t, TS_CANCELLED);
	next = filed(w, 1, "p", 0, NULL);
	ledger_kept(w->st, &f, t, 999);
	assert_ptr_equal(queue_first(w->st), next);
	ledger_kept(w->st, &f, t, 1);
	assert_null(queue_first(w->st));
	assert_int_equal(queue_shut(next)->what, QT_DISK);
	assert_ptr_equal(queue_first(w->st), filed(w, 2, "p", 0, NULL));
	ledger_freed(w->st, &f, t);
	assert_null(queue_shut(next));
	assert_int_equal(rec_u64(state_account(w->st, "project/p")->e.row,
	    F_s_usage_disk), 0);
}

/* The disk is too full: nobody is to blame, and all wait until it is not. */
static void
test_disk_full(void **state)
{
	struct pr_world	*w = *state;
	struct input	 room = { .kind = IN_ROOM, .err = PRA_ENOSPC };
	struct input	 fail = { .kind = IN_SESSION_FAIL };
	struct task	*t;
	char		 why[TEXT_LINE];
	int		 i;

	settings(w, 100, 60000);
	everybody(w);
	t = filed(w, 1, "p", 0, NULL);
	fail.err = PRA_ENOSPC;
	snprintf(room.text, sizeof(room.text), "7 bytes are left");
	for (i = 0; i < 5; i++) {
		fail.session = pr_schedule(w);
		assert_int_not_equal(fail.session, 0);
		pr_base_ready(w, fail.session);
		room.err = PRA_ENOSPC;
		assert_int_equal(pr_feed(w, &room), 0);
		assert_int_equal(pr_feed(w, &fail), 0);
		assert_int_equal(t->state, TS_READY);
		assert_int_equal(pr_schedule(w), 0);
		assert_string_equal(task_why(w->st, w->conf, t, why),
		    "disk-full");
		assert_string_equal(why, "7 bytes are left");
		room.err = 0;
		assert_int_equal(pr_feed(w, &room), 0);
	}
	for (i = 0; i < 3; i++) {	/* another cause than that */
		fail.session = pr_schedule(w);
		pr_base_ready(w, fail.session);
		assert_int_equal(pr_feed(w, &fail), 0);
	}
	assert_int_equal(t->state, TS_FAILED);
}

struct seen {
	struct task	*t[64];
	unsigned int	 n;
};

static int
see(void *arg, struct task *t, unsigned int place)
{
	struct seen	*s = arg;

	assert_int_equal(place, s->n + 1);
	s->t[s->n++] = t;
	return (0);
}

/* What is simulated is what then happens, and simulating changes nothing. */
static void
test_simulate(void **state)
{
	struct pr_world	*w = *state;
	struct seen	 a = { .n = 0 }, b = { .n = 0 };
	unsigned int	 i;

	settings(w, 100, 60000);
	everybody(w);
	quota(w, "label/gpu", "running", 2);
	share(w, "user/2", 2);
	for (i = 0; i < 10; i++) {
		(void)filed(w, 1 + i % 3, i % 2 ? "p" : "q", i, "gpu");
		(void)filed(w, 1 + i % 4, i % 3 ? "p" : "q", 10 - i, NULL);
	}
	for (i = 0; i < 3; i++)
		(void)run_first(w, (1 + i) * 10 * MINUTE);
	queue_simulate(w->st, w->later, 64, see, &a);
	queue_simulate(w->st, w->later, 64, see, &b);
	assert_true(a.n >= 9);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.t, b.t, sizeof(a.t));
	for (i = 0; i < a.n; i++) {
		assert_ptr_equal(queue_first(w->st), a.t[i]);
		assert_int_not_equal(pr_schedule(w), 0);
	}
	assert_null(queue_first(w->st));
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, pr_setup, pr_teardown)
	static const struct CMUnitTest	 tests[] = {
		T(test_priority_and_age),
		T(test_plain),
		T(test_no_starvation),
		T(test_no_user_starves),
		T(test_shares),
		T(test_shares_in_project),
		T(test_late_user),
		T(test_running_counts),
		T(test_limit_label),
		T(test_limit_lowered),
		T(test_quota_tokens),
		T(test_quota_reserved),
		T(test_quota_queued),
		T(test_quota_disk),
		T(test_disk_full),
		T(test_simulate)
	};

	log_init("engine_sched_test", 0);
	return (tap_run(tests));
}
