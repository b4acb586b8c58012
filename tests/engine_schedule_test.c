/*
 * The engine's pure half: schedules, their runs, and those that are left out.
 */
#include "common/err.h"
#include "common/log.h"
#include "engine/schedule.h"
#include "engine/text.h"
#include "tests/pure_rig.h"
#include "tests/tap.h"

#define SECOND	1000000
#define START	(100000LL * SECOND)
#define DAY	(86400LL * SECOND)

/* Add one whose first run is `first`; as the shell hands it over. */
static int
add(struct pr_world *w, const char *name, const char *missed,
    const char *overlap, int64_t first)
{
	struct input	 in = { .kind = IN_COMMAND, .env = w->env };

	in.rec = rec_new(REC_c_schedule_add);
	rec_set_str(in.rec, F_c_schedule_add_name, name);
	rec_set_str(in.rec, F_c_schedule_add_cron, "0 3 * * *");
	rec_set_str(in.rec, F_c_schedule_add_run, "make");
	if (missed != NULL)
		rec_set_str(in.rec, F_c_schedule_add_missed, missed);
	if (overlap != NULL)
		rec_set_str(in.rec, F_c_schedule_add_overlap, overlap);
	rec_set_i64(in.rec, F_c_schedule_add_priority, 7);
	rec_add_str(in.rec, F_c_schedule_add_labels, "night");
	in.number = (uint64_t)first;
	w->later = START;
	return (pr_feed(w, &in));
}

static struct schedule *
named(struct pr_world *w, const char *name)
{
	char	 key[SCHEDULE_KEY];

	schedule_key(key, "p", name);
	return (state_schedule(w->st, key));
}

static int
give(struct pr_world *w, enum rec_kind kind, int field, const char *name,
    int64_t next)
{
	struct input	 in = { .kind = IN_COMMAND, .env = w->env };

	in.rec = rec_new(kind);
	rec_set_str(in.rec, field, name);
	in.number = (uint64_t)next;
	return (pr_feed(w, &in));
}

/* Its run is due at a time, and the next one is known. */
static void
due(struct pr_world *w, const char *name, int64_t now, int64_t next)
{
	struct input	 in = { .kind = IN_SCHEDULE };

	schedule_key(in.text, "p", name);
	in.number = (uint64_t)next;
	w->later = now;
	assert_int_equal(pr_feed(w, &in), 0);
}

static const char *
skipped(const struct pr_world *w)
{
	const struct rec	*ev = pr_fact_of(w, REC_e_schedule_skipped);

	return (ev == NULL ? "" : rec_str(ev, F_e_schedule_skipped_reason));
}

static const struct task *
task_of(struct pr_world *w, const char *name)
{
	return (state_task(w->st, rec_id(named(w, name)->e.row,
	    F_s_schedule_task)));
}

static void
runs(void **state)
{
	struct pr_world		*w = *state;
	const struct task	*t;

	pr_project(w, "p", NULL);
	assert_int_equal(add(w, "nightly", NULL, NULL, START + DAY), 0);
	assert_ptr_equal(schedule_first(w->st), named(w, "nightly"));
	due(w, "nightly", START + DAY, START + 2 * DAY);
	assert_non_null(t = task_of(w, "nightly"));
	assert_string_equal(rec_str(t->e.row, F_s_task_name),
	    "nightly-19700103T0346Z");
	assert_string_equal(rec_str(t->e.row, F_s_task_run), "make");
	assert_int_equal(rec_i64(t->e.row, F_s_task_priority), 7);
	assert_string_equal(rec_nth_str(t->e.row, F_s_task_labels, 0),
	    "night");
	assert_int_equal(t->state, TS_READY);
	assert_int_equal(named(w, "nightly")->due, START + 2 * DAY);
	/* The same input again, or a clock that went back: nothing. */
	due(w, "nightly", START + DAY + 1, START + 2 * DAY);
	assert_true(STAILQ_EMPTY(&w->d.facts));
	due(w, "nightly", START - DAY, START + 2 * DAY);
	assert_true(STAILQ_EMPTY(&w->d.facts));
}

/* While the task of the last run is unfinished. */
static void
overlaps(void **state)
{
	struct pr_world		*w = *state;
	const struct task	*a, *b;

	pr_project(w, "p", NULL);
	assert_int_equal(add(w, "s", NULL, "skip", START + DAY), 0);
	assert_int_equal(add(w, "q", NULL, "queue", START + DAY), 0);
	assert_int_equal(add(w, "a", NULL, "allow", START + DAY), 0);
	due(w, "s", START + DAY, START + 2 * DAY);
	due(w, "q", START + DAY, START + 2 * DAY);
	due(w, "a", START + DAY, START + 2 * DAY);
	a = task_of(w, "q");
	due(w, "s", START + 2 * DAY, START + 3 * DAY);
	assert_string_equal(skipped(w), "overlap");
	assert_int_equal(named(w, "s")->due, START + 3 * DAY);
	due(w, "q", START + 2 * DAY, START + 3 * DAY);
	assert_string_equal(skipped(w), "");
	b = task_of(w, "q");
	assert_ptr_not_equal(a, b);
	assert_int_equal(b->state, TS_WAITING);
	due(w, "a", START + 2 * DAY, START + 3 * DAY);
	assert_int_equal(task_of(w, "a")->state, TS_READY);
}

/* Nobody was there. */
static void
missed(void **state)
{
	struct pr_world	*w = *state;

	pr_project(w, "p", NULL);
	assert_int_equal(add(w, "once", "once", NULL, START + DAY), 0);
	assert_int_equal(add(w, "skip", "skip", NULL, START + DAY), 0);
	due(w, "once", START + 5 * DAY, START + 6 * DAY);
	assert_non_null(task_of(w, "once"));
	assert_int_equal(named(w, "once")->due, START + 6 * DAY);
	due(w, "skip", START + 5 * DAY, START + 6 * DAY);
	assert_string_equal(skipped(w), "missed");
	due(w, "skip", START + 6 * DAY + 30 * SECOND, START + 7 * DAY);
	assert_string_equal(skipped(w), "");
	assert_non_null(task_of(w, "skip"));
}

/* What may not be filed then is left out, and the schedule goes on. */
static void
refused_run(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r;

	pr_project(w, "p", NULL);
	pr_permit(w, 0, 0, 0, 7, "schedule.*", "p");
	rec_free(w->env);
	w->env = pr_client(7, 8);
	assert_int_equal(add(w, "n", NULL, NULL, START + DAY), 0);
	due(w, "n", START + DAY, START + 2 * DAY);
	assert_string_equal(skipped(w), "refused");
	assert_int_equal(w->st->ntasks[TS_READY], 0);
	assert_int_equal(named(w, "n")->due, START + 2 * DAY);
	/* By its group, with the tasks its own. */
	pr_permit(w, 0, 0, 1, 8, "task.create", "p");
	due(w, "n", START + 2 * DAY, START + 3 * DAY);
	assert_string_equal(skipped(w), "");
	assert_int_equal(rec_u64(task_of(w, "n")->e.row, F_s_task_uid), 7);
	r = rec_new(REC_c_schedule_remove);
	rec_set_str(r, F_c_schedule_remove_name, "n");
	assert_int_equal(pr_command(w, r), 0);
	assert_null(named(w, "n"));
	assert_null(schedule_first(w->st));
}

static void
pauses(void **state)
{
	struct pr_world	*w = *state;

	pr_project(w, "p", NULL);
	assert_int_equal(add(w, "n", NULL, NULL, START + DAY), 0);
	assert_int_equal(give(w, REC_c_schedule_pause,
	    F_c_schedule_pause_name, "n", 0), 0);
	assert_null(schedule_first(w->st));
	assert_int_equal(give(w, REC_c_schedule_pause,
	    F_c_schedule_pause_name, "n", 0), PRA_ESTATE);
	due(w, "n", START + DAY, START + 2 * DAY);
	assert_true(STAILQ_EMPTY(&w->d.facts));
	assert_int_equal(give(w, REC_c_schedule_resume,
	    F_c_schedule_resume_name, "n", START + 9 * DAY), 0);
	assert_int_equal(schedule_first(w->st)->due, START + 9 * DAY);
	assert_int_equal(give(w, REC_c_schedule_resume,
	    F_c_schedule_resume_name, "n", 0), PRA_ESTATE);
}

static void
refused(void **state)
{
	struct pr_world	*w = *state;
	struct input	 in = { .kind = IN_COMMAND, .err = PRA_EINVALID };

	pr_project(w, "p", NULL);
	assert_int_equal(add(w, "a b", NULL, NULL, START), PRA_EINVALID);
	assert_int_equal(add(w, "n", "never", NULL, START), PRA_EINVALID);
	assert_int_equal(add(w, "n", NULL, "never", START), PRA_EINVALID);
	assert_int_equal(add(w, "n", NULL, NULL, START), 0);
	assert_int_equal(add(w, "n", NULL, NULL, START), PRA_EEXISTS);
	assert_int_equal(give(w, REC_c_schedule_remove,
	    F_c_schedule_remove_name, "m", 0), PRA_ENOTFOUND);
	assert_int_equal(give(w, REC_c_project_remove,
	    F_c_project_remove_project, "p", 0), PRA_ESTATE);
	/* What the shell has found wrong. */
	in.env = w->env;
	in.rec = rec_new(REC_c_schedule_add);
	rec_set_str(in.rec, F_c_schedule_add_name, "x");
	rec_set_str(in.rec, F_c_schedule_add_cron, "x");
	rec_set_str(in.rec, F_c_schedule_add_run, "make");
	strcpy(in.text, "cron: bad");
	assert_int_equal(pr_feed(w, &in), PRA_EINVALID);
	assert_string_equal(w->d.message, "cron: bad");
	assert_null(named(w, "x"));
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, pr_setup, pr_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(runs), TEST(overlaps), TEST(missed), TEST(refused_run),
		TEST(pauses), TEST(refused)
	};

	log_init("engine_schedule_test", 0);
	return (tap_run(tests));
}
