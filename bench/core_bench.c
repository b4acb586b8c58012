/*
 * core.one, core.pipelined, dispatch, replay: a real engine process between neighbours that do nothing
 * but answer, so a task goes from its filing to its end without a sandbox:
 * base, session, step, import and purge are all asked for and on record.
 * Beside SQLite alone, which writes three events a task.  Then all state is
 * made anew from the log of these tasks, beside reading that table alone.
 */
#include <err.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/play.h"
#include "bench/raw.h"
#include "bench/rows.h"
#include "common/err.h"
#include "engine/rebuild.h"
#include "engine/store.h"

#define ROUNDS		12
#define SINGLE		100	/* tasks of a round, one at a time */
#define MANY		2000	/* of a round, pipelined */
#define REPLAYS		5
#define AHEAD		64	/* sessions, and commands under way */

static struct run {
	struct play	 p;
	struct raw	*raw;
	char		 dir[64];
	unsigned int	 ahead;
	unsigned int	 left;		/* tasks to be filed */
	unsigned int	 open;		/* filed, not over */
	int		 idle;		/* all are over */
	double		 asked;		/* the command left */
	double		 filed;		/* its answer came */
	double		 begun;		/* the executor has the step */
} run = { .ahead = AHEAD };

static void
noted_done(struct play *p, uint32_t id, int e)
{
	(void)p;
	(void)id;
	if (e != 0)
		errx(1, "a task was refused");
	run.filed = now_us();
}

static void
noted_begun(struct play *p, uint64_t session)
{
	(void)p;
	(void)session;
	run.begun = now_us();
}

/* A command for each task, as from so many clients. */
static void
file_one(struct play *p)
{
	if (run.left == 0)
		return;
	run.left--;
	run.open++;
	play_ask(p, play_task());
}

static void
filed_next(struct play *p, uint32_t id, int e)
{
	noted_done(p, id, e);
	file_one(p);
}

static void
over(struct play *p, uint64_t session)
{
	(void)p;
	(void)session;
	run.open--;
	run.idle = run.left == 0 && run.open == 0;
}

/* n tasks, each filed when the one before is over. */
static void
one_at_a_time(int n, double *total, double *dispatch)
{
	int	 i;

	run.p.done = noted_done;
	for (i = 0; i < n; i++) {
		run.idle = 0;
		run.open = 1;
		run.asked = now_us();
		play_ask(&run.p, play_task());
		play_until(&run.p, &run.idle);
		total[i] = now_us() - run.asked;
		dispatch[i] = run.begun - run.filed;
	}
}

static double
pipelined(unsigned int n)
{
	double		 from = now_us();
	unsigned int	 i;

	run.p.done = filed_next;
	run.idle = 0;
	run.left = n;
	for (i = 0; i < run.ahead; i++)
		file_one(&run.p);
	play_until(&run.p, &run.idle);
	return ((double)n * 1e6 / (now_us() - from));
}

/* SQLite alone: the same tasks, 16 to a transaction. */
static double
raw_pipelined(unsigned int n)
{
	double		 from = now_us();
	unsigned int	 i;

	for (i = 0; i < n; i += 16)
		raw_commit(run.raw, 16, 3);
	return ((double)n * 1e6 / (now_us() - from));
}

static void
raw_singles(int n, double *us)
{
	double	 from;
	int	 i;

	for (i = 0; i < n; i++) {
		from = now_us();
		raw_commit(run.raw, 1, 1);
		raw_commit(run.raw, 1, 2);
		us[i] = now_us() - from;
	}
}

static void
bench(void)
{
	static double	 total[ROUNDS * SINGLE], dispatch[ROUNDS * SINGLE];
	static double	 theirs[ROUNDS * SINGLE];
	double		 ours[ROUNDS], floor[ROUNDS];
	int		 i;

	for (i = 0; i < ROUNDS; i++) {
		one_at_a_time(SINGLE, total + i * SINGLE,
		    dispatch + i * SINGLE);
		raw_singles(SINGLE, theirs + i * SINGLE);
		ours[i] = pipelined(MANY);
		floor[i] = raw_pipelined(MANY);
	}
	row("core.one", "us", total, ROUNDS * SINGLE,
	    "SQLite alone, 3 events in 2 commits, us", theirs);
	row("dispatch", "us", dispatch, ROUNDS * SINGLE,
	    "SQLite alone, 3 events in 2 commits, us", theirs);
	row("core.pipelined", "tasks/s", ours, ROUNDS,
	    "SQLite alone, 3 events a task, 16 tasks a commit, tasks/s",
	    floor);
}

static int
rebuild_one(void *arg, const struct store_event *ev)
{
	char	 why[REBUILD_WHY];

	if (rebuild_event(arg, ev, why) != 0)
		errx(1, "%s", why);
	return (0);
}

/* Events a second, and how many there are. */
static double
rebuild_all(struct store *s, uint64_t *n)
{
	static const struct store_filter all;
	double			 from = now_us();
	struct rebuild		 rb;

	if (rebuild_init(&rb) != 0 ||
	    store_events(s, &all, rebuild_one, &rb) != 0 ||
	    rebuild_flush(&rb) != 0)
		errx(1, "the log cannot be replayed");
	*n = rb.seq;
	rebuild_clear(&rb);
	return ((double)*n * 1e6 / (now_us() - from));
}

/* SQLite alone: every row of the log, its data looked at. */
static double
read_all(uint64_t n)
{
	double		 from = now_us();
	sqlite3		*db;
	sqlite3_stmt	*st;
	char		 path[128];
	int		 bytes = 0;

	snprintf(path, sizeof(path), "%s/praetor.db", run.dir);
	if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_prepare_v2(db,
	    "SELECT * FROM events ORDER BY seq", -1, &st, NULL) != SQLITE_OK)
		errx(1, "%s: %s", path, sqlite3_errmsg(db));
	while (sqlite3_step(st) == SQLITE_ROW)
		bytes |= *(const uint8_t *)sqlite3_column_blob(st,
		    sqlite3_column_count(st) - 1);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return ((double)n * 1e6 / (now_us() - from) + (bytes < 0));
}

static void
replay(void)
{
	double		 ours[REPLAYS], theirs[REPLAYS];
	struct store	*s;
	uint64_t	 n;
	char		 why[512];
	int		 i;

	for (i = 0; i < REPLAYS; i++) {
		if (store_open(&s, run.dir, why, sizeof(why)) != 0)
			errx(1, "%s", why);
		ours[i] = rebuild_all(s, &n);
		store_close(s);
		theirs[i] = read_all(n);
	}
	row("replay", "events/s", ours, REPLAYS,
	    "SQLite alone reads the table, events/s", theirs);
}

/* core_bench TASKS [AHEAD] */
static void
profile(unsigned int n)
{
	double	 cpu = play_cpu(&run.p), rate = pipelined(n);

	printf("%.0f tasks/s, of the engine %.1f us each\n", rate,
	    (play_cpu(&run.p) - cpu) / n);
}

int
main(int argc, char *argv[])
{
	strcpy(run.dir, "/tmp/praetor-bench.XXXXXX");
	if (mkdtemp(run.dir) == NULL)
		err(1, "%s", run.dir);
	if (argc > 2)
		run.ahead = (unsigned int)atoi(argv[2]);
	play_open(&run.p, run.dir, run.ahead);
	play_project(&run.p);
	run.p.begun = noted_begun;
	run.p.over = over;
	run.raw = raw_open(run.dir);
	if (argc > 1)			/* for a profile of the engine */
		profile((unsigned int)atoi(argv[1]));
	else
		bench();
	raw_close(run.raw);
	play_kill(&run.p);
	if (argc == 1)
		replay();
	must_run("rm -rf %s", run.dir);
	return (0);
}
