/*
 * Tasks that time changes: those that wait for a time, and those with a
 * deadline.  Engine, pure half.  The tree has the earliest first, so nobody
 * looks through all of them; it follows from the rows and is in none.
 */
#include <string.h>

#include "engine/state.h"

static int
task_cmp_time(const struct task *a, const struct task *b)
{
	uint64_t	 oa = rec_u64(a->e.row, F_s_task_order);
	uint64_t	 ob = rec_u64(b->e.row, F_s_task_order);

	if (a->due != b->due)
		return (a->due < b->due ? -1 : 1);
	return (oa < ob ? -1 : oa > ob);
}

RB_GENERATE(task_times, task, by_time, task_cmp_time)

/* A deadline ends what waits or runs, and nothing that is done or judged. */
static uint64_t
time_of_deadline(const struct task *t)
{
	if (task_final(t->state) || t->state == TS_REVIEW ||
	    rec_u64(t->e.row, F_s_task_overdue))
		return (0);
	return (rec_u64(t->e.row, F_s_task_deadline));
}

/* Of those that wait for a time, these wait for the end of maintenance. */
static void
count_aside(struct state *st, struct task *t)
{
	int	 is;

	is = t->state == TS_WAITING && rec_u64(t->e.row, F_s_task_until) != 0 &&
	    strcmp(rec_str(t->e.row, F_s_task_reason), "maintenance") == 0;
	st->naside += (unsigned int)(is - t->aside);
	t->aside = is;
}

void
task_time(struct state *st, struct task *t)
{
	uint64_t	 wake, end = time_of_deadline(t);

	count_aside(st, t);
	wake = t->state == TS_WAITING ? rec_u64(t->e.row, F_s_task_until) : 0;
	if (wake == 0 || (end != 0 && end < wake))
		wake = end;
	if (wake == t->due)
		return;
	if (t->due != 0)
		RB_REMOVE(task_times, &st->timed, t);
	t->due = wake;
	if (wake != 0)
		RB_INSERT(task_times, &st->timed, t);
}

struct task *
state_first_timed(const struct state *st)
{
	struct task	*t = RB_ROOT(&st->timed);

	while (t != NULL && RB_LEFT(t, by_time) != NULL)
		t = RB_LEFT(t, by_time);
	return (t);
}
