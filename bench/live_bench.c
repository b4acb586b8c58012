/*
 * graph.*, mem.task, recover: an engine with many tasks.  What one more task
 * costs it to file, and to take from the queue and bring to its end, must not
 * depend on how many there are; cost is processor time of the engine's
 * process, so that neither the disk nor the neighbours are in it.
 */
#include <err.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/play.h"
#include "bench/rows.h"
#include "bench/seed.h"

#define ROUNDS		10
#define EACH		400	/* tasks of a round */
#define AHEAD		64	/* commands under way */
#define SESSIONS	32
#define SIZES		3
#define RESTARTS	5
#define PAST		1000000	/* finished tasks, for recover */
#define LIVE		100000

static const struct {
	const char	*name;
	unsigned int	 n;
} sizes[SIZES] = {
	{ "1k", 1000 }, { "100k", 100000 }, { "1m", 1000000 }
};

static char	 top[64];		/* a directory for each size */
static int	 reached;		/* what is waited for has come */
static unsigned int left, open_;

static void
filed(struct play *p, uint32_t id, int e)
{
	(void)id;
	if (e != 0)
		errx(1, "a task was refused");
	open_--;
	if (left > 0) {
		left--;
		open_++;
		play_ask(p, play_task());
	}
	reached = left == 0 && open_ == 0;
}

static void
over(struct play *p, uint64_t session)
{
	(void)p;
	(void)session;
	reached = left <= 1;
	left -= left > 0;
}

/* Every session waits for its base: nothing else is under way. */
static void
settle(struct play *p)
{
	play_mute(p, 1);
	while (p->nkept < SESSIONS)
		play_step(p);
}

static double
cost_of_filing(struct play *p)
{
	double	 cpu = play_cpu(p);
	int	 i;

	p->done = filed;
	reached = 0;
	left = EACH - AHEAD;
	open_ = AHEAD;
	for (i = 0; i < AHEAD; i++)
		play_ask(p, play_task());
	play_until(p, &reached);
	return ((play_cpu(p) - cpu) / EACH);
}

static double
cost_of_dispatch(struct play *p)
{
	double	 cpu = play_cpu(p);

	p->over = over;
	reached = 0;
	left = EACH;
	play_mute(p, 0);
	play_until(p, &reached);
	settle(p);
	return ((play_cpu(p) - cpu) / EACH);
}

static void
size_open(struct play *p, char dir[96], int i)
{
	snprintf(dir, 96, "%s/%s", top, sizes[i].name);
	must_run("mkdir %s", dir);
	seed_store(dir, 0, sizes[i].n);
	play_open(p, dir, SESSIONS);
	settle(p);
}

static double
one_number(const char *dir, const char *sql)
{
	sqlite3		*db;
	sqlite3_stmt	*st;
	char		 path[160];
	double		 v;

	snprintf(path, sizeof(path), "%s/praetor.db", dir);
	if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_prepare_v2(db,
	    sql, -1, &st, NULL) != SQLITE_OK || sqlite3_step(st) != SQLITE_ROW)
		errx(1, "%s: %s", path, sqlite3_errmsg(db));
	v = sqlite3_column_double(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return (v);
}

static double
memory(const struct play *few, const struct play *many)
{
	return ((play_private(many) - play_private(few)) * 1024 /
	    (sizes[SIZES - 1].n - sizes[0].n));
}

static void
graph(void)
{
	static struct play	 p[SIZES];
	static char		 dirs[SIZES][96];
	double			 file[SIZES][ROUNDS], disp[SIZES][ROUNDS];
	double			 base[ROUNDS], mem, stored;
	char			 name[32];
	int			 i, j;

	for (i = 0; i < SIZES; i++)
		size_open(&p[i], dirs[i], i);
	mem = memory(&p[0], &p[SIZES - 1]);
	for (j = 0; j < ROUNDS; j++)
		for (i = 0; i < SIZES; i++) {
			file[i][j] = cost_of_filing(&p[i]);
			disp[i][j] = cost_of_dispatch(&p[i]);
		}
	for (i = SIZES - 1; i >= 0; i--) {
		snprintf(name, sizeof(name), "graph.%s.file", sizes[i].name);
		memcpy(base, file[0], sizeof(base));
		row(name, "us", file[i], ROUNDS, "with 1,000 tasks, us", base);
		snprintf(name, sizeof(name), "graph.%s.run", sizes[i].name);
		memcpy(base, disp[0], sizeof(base));
		row(name, "us", disp[i], ROUNDS, "with 1,000 tasks, us", base);
		play_kill(&p[i]);
	}
	stored = one_number(dirs[0],
	    "SELECT avg(length(key) + length(row)) FROM task");
	row("mem.task", "bytes", &mem, 1, "as it is stored, bytes", &stored);
}

/* SQLite alone: every live row, read. */
static double
read_live(const char *dir)
{
	double	 from = now_us(), n;

	n = one_number(dir, "SELECT count(length(row)) FROM task "
	    "INDEXED BY task_live WHERE live = 1");
	if (n < LIVE)
		errx(1, "%s: %.0f live rows", dir, n);
	return ((now_us() - from) / 1e3);
}

static void
recover(void)
{
	static struct play	 p;
	double			 ours[RESTARTS], theirs[RESTARTS], from;
	char			 dir[96];
	int			 i;

	snprintf(dir, sizeof(dir), "%s/recover", top);
	must_run("mkdir %s", dir);
	seed_store(dir, PAST, LIVE);
	for (i = 0; i < RESTARTS; i++) {
		play_open(&p, dir, SESSIONS);
		settle(&p);
		cost_of_filing(&p);	/* the log of the database is not empty */
		from = now_us();
		play_kill(&p);
		play_open(&p, dir, SESSIONS);
		play_do(&p, play_task());
		ours[i] = (now_us() - from) / 1e3;
		play_kill(&p);
		theirs[i] = read_live(dir);
	}
	row("recover", "ms", ours, RESTARTS, "SQLite alone reads the live "
	    "rows, ms", theirs);
}

int
main(void)
{
	strcpy(top, "/tmp/praetor-bench.XXXXXX");
	if (mkdtemp(top) == NULL)
		err(1, "%s", top);
	graph();
	recover();
	must_run("rm -rf %s", top);
	return (0);
}
