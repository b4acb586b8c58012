/*
 * The scenario of the crash tests.  Runs in test programs.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <time.h>

#include "common/err.h"
#include "engine/fsms.h"
#include "engine/verify.h"
#include "tests/crash_scenario.h"
#include "tests/tap.h"

#define HOUR	(3600LL * 1000000)
#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* Commands. */

static struct rec *
add_p(void)
{
	struct rec	*r = er_project_rec("p");

	rec_set_str(r, F_c_project_add_verify, "make check");
	return (r);
}

static struct rec *
add_q(void)
{
	return (er_project_rec("q"));
}

/* Each day, eleven hours from now: once in the day that is jumped over. */
static struct rec *
tick(void)
{
	static char	 cron[32];
	struct rec	*r = rec_new(REC_c_schedule_add);
	time_t		 at = time(NULL) + 11 * 3600;
	struct tm	 tm;

	if (*cron == '\0' && gmtime_r(&at, &tm) != NULL)
		snprintf(cron, sizeof(cron), "%d %d * * *", tm.tm_min,
		    tm.tm_hour);
	rec_set_str(r, F_c_schedule_add_name, "tick");
	rec_set_str(r, F_c_schedule_add_project, "p");
	rec_set_str(r, F_c_schedule_add_cron, cron);
	rec_set_str(r, F_c_schedule_add_run, "tick");
	return (r);
}

static struct rec *
task(const char *project, const char *name, const char *dep, int retries)
{
	struct rec	*r = er_task_rec(name);

	rec_set_str(r, F_c_task_create_project, project);
	rec_set_u64(r, F_c_task_create_retries, (uint64_t)retries);
	if (dep != NULL)
		rec_add_str(r, F_c_task_create_deps, dep);
	return (r);
}

static struct rec *
plan(void)
{
	struct rec	*r = rec_new(REC_c_task_plan);

	rec_add_rec(r, F_c_task_plan_tasks, task("p", "two", "land", 0));
	rec_add_rec(r, F_c_task_plan_tasks, task("p", "land", NULL, 0));
	rec_add_rec(r, F_c_task_plan_tasks, task("q", "land-q", NULL, 0));
	return (r);
}

static struct rec *
slow(void)
{
	return (task("p", "slow", NULL, 0));
}

static struct rec *
after(void)
{
	return (task("p", "after", "slow", 0));
}

static struct rec *
fails(void)
{
	return (task("p", "fail", NULL, 1));
}

static struct rec *
stops(void)
{
	return (task("p", "stop", NULL, 0));
}

static struct rec *
lost(void)
{
	return (task("q", "lost", NULL, 1));
}

static struct rec *
noupper(void)
{
	return (task("q", "noupper", NULL, 0));
}

static struct rec *
hold_after(void)
{
	return (er_named(REC_c_task_hold, F_c_task_hold_task, "after"));
}

static struct rec *
release_after(void)
{
	return (er_named(REC_c_task_release, F_c_task_release_task,
	    "after"));
}

static struct rec *
pause_slow(void)
{
	return (er_named(REC_c_task_pause, F_c_task_pause_task, "slow"));
}

static struct rec *
resume_slow(void)
{
	return (er_named(REC_c_task_resume, F_c_task_resume_task, "slow"));
}

static struct rec *
cancel_stop(void)
{
	return (er_named(REC_c_task_cancel, F_c_task_cancel_task, "stop"));
}

static struct rec *
wait_all(void)
{
	static const char *const	 names[] = { "land", "land-q", "two",
	    "slow", "after", "fail", "stop", "lost", "noupper" };
	struct rec			*r = rec_new(REC_c_task_wait);
	size_t				 i;

	for (i = 0; i < NELEM(names); i++)
		rec_add_str(r, F_c_task_wait_tasks, names[i]);
	return (r);
}

static struct rec *
remove_q(void)
{
	return (er_named(REC_c_project_remove, F_c_project_remove_project,
	    "q"));
}

/* What was said before it is decided when it is answered. */
static struct rec *
list(void)
{
	return (rec_new(REC_c_project_list));
}

/* When they may be asked for. */

static int
slow_runs(struct er_world *w)
{
	return (cw_running((struct cw_world *)w, "slow") != NULL);
}

static int
slow_paused(struct er_world *w)
{
	struct cw_session	*s = cw_running((struct cw_world *)w, "slow");

	return (s != NULL && s->paused);
}

static int
stop_runs(struct er_world *w)
{
	return (cw_running((struct cw_world *)w, "stop") != NULL);
}

/* What they left was kept for long enough, and all of it is away. */
static int
all_away(struct er_world *rig)
{
	struct cw_world	*w = (struct cw_world *)rig;
	unsigned int	 i;

	if (cw_task(w, "tick") == NULL)
		return (0);
	for (i = 0; i < w->ntasks; i++)
		if (!w->tasks[i].expired)
			return (0);
	for (i = 0; i < w->nsessions; i++)
		if (w->s[i].base || (w->s[i].dir &&
		    strcmp(w->s[i].task, "noupper") != 0) ||
		    (w->s[i].fence != 0 && !w->s[i].verify &&
		    w->s[i].egress == 0))
			return (0);
	return (1);
}

static int
q_forgotten(struct er_world *w)
{
	return (((struct cw_world *)w)->forgot > 0);
}

#define OLD		1	/* the first are asked for a day ago */
#define OLDS		2
static const struct cw_command	 commands[] = {
	{ add_p, NULL, 0, OLD },
	{ tick, NULL, 0, OLD },
	{ add_q, NULL, 0, 0 },
	{ plan, NULL, 0, 0 },
	{ slow, NULL, 0, 0 },
	{ after, NULL, 0, 0 },
	{ hold_after, NULL, 0, 0 },
	{ fails, NULL, 0, 0 },
	{ stops, NULL, 0, 0 },
	{ lost, NULL, 0, 0 },
	{ noupper, NULL, 0, 0 },
	{ pause_slow, slow_runs, 0, 0 },
	{ resume_slow, slow_paused, 0, 0 },
	{ cancel_stop, stop_runs, 0, 0 },
	{ release_after, NULL, 0, 0 },
	{ wait_all, NULL, 1, 0 },
	{ remove_q, all_away, 0, 0 },
	{ list, q_forgotten, 1, 0 }
};
#define WAITED		(NELEM(commands) - 2)	/* all are finished */
#define KEYS		(NELEM(commands) - OLDS - 2)	/* two read */

/* Two sessions at a time; what is finished is kept for a millisecond. */
static uint64_t
settings(int field, uint64_t value)
{
	return (field == F_k_main_sessions_max ? 2 :
	    field == F_k_main_retain_output ||
	    field == F_k_main_retain_attic ? 1 : value);
}

/*
 * Yesterday the first project was added; since a second gateway came, and the
 * disk was full for a moment; now that all is finished the attic is looked at.
 */
static void
scenes(struct cw_world *w)
{
	if (w->scene == 0 && w->at == OLDS) {
		w->page->clock += 25 * HOUR;
		w->scene = 1;
	}
	if (w->scene == 1 && w->up && w->at > OLDS + 1) {
		cw_gate(w);
		cw_room(w, PRA_ENOSPC);
		cw_room(w, 0);
		cw_conf(w);
		w->scene = 2;
	}
	if (w->scene == 2 && w->up && w->at == WAITED) {
		w->page->clock += HOUR;
		cw_conf(w);
		w->scene = 3;
	}
}

static int
over(struct cw_world *w)
{
	return (w->at == NELEM(commands) && w->again == w->at && !w->asked);
}

void
cs_run(struct cw_world *w, void (*buried)(struct cw_world *),
    void (*turn)(struct cw_world *))
{
	w->w.conf = settings;
	w->commands = commands;
	w->ncommands = NELEM(commands);
	w->page->clock = -25 * HOUR;
	cw_start(w);
	while (!over(w)) {
		if (turn != NULL)
			turn(w);
		scenes(w);
		if (!cw_turn(w))
			continue;
		if (buried != NULL)
			buried(w);
		if (w->scene == 3)
			w->scene = 2;	/* it has to look again */
		cw_start(w);
	}
	cs_check(w);
}

/* The store. */

static const struct {
	const char	*name, *state;
	unsigned int	 runs, lands;
} ends[] = {
	{ "land", "done", 1, 1 }, { "land-q", "done", 1, 1 },
	{ "two", "done", 1, 0 }, { "slow", "done", 1, 0 },
	{ "after", "done", 1, 0 }, { "fail", "done", 2, 0 },
	{ "stop", "cancelled", 1, 0 }, { "lost", "done", 1, 0 },
	{ "noupper", "failed", 1, 0 }, { "tick", "done", 1, 0 }
};

static int
number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt	*st;
	int		 n;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return (n);
}

static void
check_tables(struct cw_world *w)
{
	sqlite3	*db;
	char	 path[128];

	snprintf(path, sizeof(path), "%s/praetor.db", w->w.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(number(db, "SELECT count(*) FROM owed"), 0);
	assert_int_equal(number(db, "SELECT count(*) FROM pending"), 0);
	assert_int_equal(number(db, "SELECT count(*) FROM keys"),
	    (int)KEYS);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

struct found {
	unsigned int	 n;
};

static int
check_task(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct found	*f = arg;
	char		 name[64];
	size_t		 i;

	cw_name(name, rec_str(row, F_s_task_name));
	(void)key;
	(void)keylen;
	for (i = 0; i < NELEM(ends); i++) {
		if (strcmp(ends[i].name, name) != 0)
			continue;
		if (strcmp(rec_str(row, F_s_task_state), ends[i].state) != 0)
			fail_msg("task %s is %s, not %s", name,
			    rec_str(row, F_s_task_state), ends[i].state);
		f->n++;
	}
	rec_free(row);
	return (0);
}

/* One connection of each session was reported, and counts once. */
static int
check_session(void *arg, const void *key, size_t keylen, struct rec *row)
{
	(void)arg;
	(void)key;
	(void)keylen;
	if (strcmp(rec_str(row, F_s_session_kind), "work") == 0 &&
	    rec_u64(row, F_s_session_fence) != 0)
		assert_int_equal(rec_u64(row, F_s_session_connections), 1);
	rec_free(row);
	return (0);
}

static void
verified(void *arg, struct rec *r)
{
	(void)arg;
	rec_free(r);
}

static void
check_rows(struct cw_world *w)
{
	struct found	 f = { 0 };
	struct store	*s;
	char		 why[1024];

	if (store_open(&s, w->w.dir, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	if (verify_run(s, verified, NULL, why, sizeof(why)) != 0)
		fail_msg("replay verify: %s", why);
	assert_int_equal(store_recent(s, ST_TASK, 0, check_task, &f), 0);
	assert_int_equal(store_recent(s, ST_SESSION, 0, check_session, NULL),
	    0);
	store_close(s);
	assert_int_equal(f.n, NELEM(ends));
}

static void
check_runs(struct cw_world *w)
{
	struct cw_task	*t;
	size_t		 i;

	assert_int_equal(w->ntasks, NELEM(ends));
	for (i = 0; i < NELEM(ends); i++) {
		t = cw_task(w, ends[i].name);
		assert_non_null(t);
		if (t->runs != ends[i].runs)
			fail_msg("task %s ran %u times to the end, not %u",
			    t->name, t->runs, ends[i].runs);
		if (t->lands != ends[i].lands)
			fail_msg("task %s landed %u times, not %u", t->name,
			    t->lands, ends[i].lands);
	}
}

void
cs_check(struct cw_world *w)
{
	cw_kill(w);
	check_runs(w);
	check_rows(w);
	check_tables(w);
}
