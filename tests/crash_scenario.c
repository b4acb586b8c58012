/*
 * The scenario of the crash tests.  Runs in test programs.
 */
#include <sys/stat.h>
#include <sqlite3.h>

#include "common/err.h"
#include "engine/apply.h"
#include "engine/state.h"
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

#define OLD		1	/* the first is asked for a day ago */
static const struct cw_command	 commands[] = {
	{ add_p, NULL, 0, OLD },
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
#define KEYS		(NELEM(commands) - 3)	/* one is old, two read */

/* Two sessions at a time; what is finished is kept for a millisecond. */
static uint64_t
settings(int field, uint64_t value)
{
	return (field == F_k_main_sessions_max ? 2 :
	    field == F_k_main_retain_output ||
	    field == F_k_main_retain_attic ? 1 : value);
}

/*
 * Yesterday the first project was added; since a second gateway came; now
 * that all is finished the attic is looked at.
 */
static void
scenes(struct cw_world *w)
{
	if (w->scene == 0 && w->at > 0) {
		w->page->clock += 25 * HOUR;
		w->scene = 1;
	}
	if (w->scene == 1 && w->up && w->at > 2) {
		cw_gate(w);
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
cs_begin(struct cw_world *w)
{
	w->w.conf = settings;
	w->commands = commands;
	w->ncommands = NELEM(commands);
	w->page->clock = -25 * HOUR;
	cw_start(w);
}

void
cs_go_on(struct cw_world *w, void (*buried)(struct cw_world *),
    void (*turn)(struct cw_world *))
{
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

void
cs_run(struct cw_world *w, void (*buried)(struct cw_world *),
    void (*turn)(struct cw_world *))
{
	cs_begin(w);
	cs_go_on(w, buried, turn);
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
	{ "noupper", "failed", 1, 0 }
};

struct copy {
	struct store	*from, *to;
	struct state	*st;
	unsigned int	 created;
};

static int
copy_event(void *arg, const struct store_event *ev)
{
	struct copy		*c = arg;
	struct store_event	 out = *ev;
	struct fact		 f = { 0 };
	struct reader		 rd;

	reader_init(&rd, ev->data, ev->len);
	assert_int_equal(rec_decode(&rd, &f.data), 0);
	assert_int_equal(store_append(c->to, &out), 0);
	f.seq = ev->seq;
	f.time = ev->time;
	c->created += rec_kind(f.data) == REC_e_task_created;
	if (apply(c->st, &f) != 0)
		fail_msg("event %u, %s, does not fit what was before it",
		    (unsigned int)ev->seq, rec_def(rec_kind(f.data))->name);
	rec_free(f.data);
	return (0);
}

static void
copy_rows(struct copy *c)
{
	struct entry	*en;
	uint8_t		 key[128];
	size_t		 n;

	TAILQ_FOREACH(en, &c->st->dirty, link) {
		n = state_key(en, key);
		assert_int_equal(en->erase ? store_del(c->to, en->table, key,
		    n) : store_put(c->to, en->table, key, n, en->live,
		    en->row), 0);
	}
	state_clean(c->st);
}

/* Apply the log to nothing, into a store beside the one that is looked at. */
static void
copy_log(struct cw_world *w, const char *dir)
{
	struct copy		 c = { .st = state_new() };
	struct store_filter	 all = { 0 };
	char			 why[512];

	assert_int_equal(mkdir(dir, 0700), 0);
	if (store_open(&c.from, w->w.dir, why, sizeof(why)) != 0 ||
	    store_open(&c.to, dir, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_int_equal(store_begin(c.to), 0);
	assert_int_equal(store_events(c.from, &all, copy_event, &c), 0);
	copy_rows(&c);
	assert_int_equal(store_commit(c.to), 0);
	assert_int_equal(c.created, NELEM(ends));
	store_close(c.from);
	store_close(c.to);
	state_free(c.st);
}

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

/* 0 when a table is the same in both. */
static void
same_table(sqlite3 *db, const char *table)
{
	char	 sql[256];
	int	 i;

	for (i = 0; i < 2; i++) {
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM (SELECT * "
		    "FROM %s.%s EXCEPT SELECT * FROM %s.%s)",
		    i ? "main" : "copy", table, i ? "copy" : "main", table);
		if (number(db, sql) != 0)
			fail_msg("the log does not give the table %s", table);
	}
}

static void
check_tables(struct cw_world *w, const char *dir)
{
	static const char *const	 tables[] = { "events", "project",
	    "task", "session", "change", "owed" };
	sqlite3				*db;
	char				 sql[256], path[128];
	size_t				 i;

	snprintf(path, sizeof(path), "%s/praetor.db", w->w.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	snprintf(sql, sizeof(sql), "ATTACH '%s/praetor.db' AS copy", dir);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	for (i = 0; i < NELEM(tables); i++)
		same_table(db, tables[i]);
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
	const char	*name = rec_str(row, F_s_task_name);
	size_t		 i;

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
check_rows(struct cw_world *w)
{
	struct found	 f = { 0 };
	struct store	*s;
	char		 why[512];

	if (store_open(&s, w->w.dir, why, sizeof(why)) != 0)
		fail_msg("%s", why);
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
	char	 dir[96];

	cw_kill(w);
	check_runs(w);
	check_rows(w);
	snprintf(dir, sizeof(dir), "%s/copy", w->w.dir);
	copy_log(w, dir);
	check_tables(w, dir);
}
