/*
 * Counting for metrics.  Engine, pure half: the times are those of the events,
 * so a replay counts the same.
 */
#include <stdio.h>
#include <string.h>

#include "engine/tally.h"

#define SECOND	1000000ULL
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)

/* Waits, runs and landings: from what a machine does to what people do. */
static const uint64_t	 long_bounds[SPAN_BOUNDS] = {
	SECOND / 100, SECOND / 10, SECOND / 2, SECOND, 5 * SECOND,
	15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR,
	24 * HOUR
};
static const uint64_t	 short_bounds[SPAN_BOUNDS] = {
	500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
	SECOND, 5 * SECOND
};

static const struct {
	int		 field;
	const uint64_t	*bounds;
} spans[SPAN_MAX] = {
	[SPAN_WAIT] = { F_s_tally_wait, long_bounds },
	[SPAN_RUN] = { F_s_tally_run, long_bounds },
	[SPAN_LAND] = { F_s_tally_land, long_bounds },
	[SPAN_BOOT] = { F_s_tally_boot, short_bounds }
};

/* Numbers of a histogram in a row: 8 bytes each, big endian. */
#define SPAN_NUMBERS	(SPAN_BOUNDS + 2)
#define SPAN_BYTES	(8 * SPAN_NUMBERS)

const uint64_t *
span_bounds(enum span s)
{
	return (spans[s].bounds);
}

static uint64_t
number_get(const uint8_t *p)
{
	uint64_t	 v = 0;
	int		 i;

	for (i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return (v);
}

static void
number_put(uint8_t *p, uint64_t v)
{
	int	 i;

	for (i = 7; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)(v & 0xff);
}

void
tally_spans(struct spans *out, const struct rec *row, enum span s)
{
	const uint8_t	*p;
	size_t		 i, n;

	memset(out, 0, sizeof(*out));
	if (row == NULL)
		return;
	p = rec_bytes(row, spans[s].field, &n);
	if (n != SPAN_BYTES)
		return;
	for (i = 0; i <= SPAN_BOUNDS; i++)
		out->n[i] = number_get(p + 8 * i);
	out->sum = number_get(p + 8 * i);
}

static void
spans_add(struct rec *row, enum span s, uint64_t us)
{
	struct spans	 sp;
	uint8_t		 bytes[SPAN_BYTES];
	size_t		 i;

	tally_spans(&sp, row, s);
	for (i = 0; i < SPAN_BOUNDS && us > spans[s].bounds[i]; i++)
		;
	sp.n[i]++;
	sp.sum += us;
	for (i = 0; i <= SPAN_BOUNDS; i++)
		number_put(bytes + 8 * i, sp.n[i]);
	number_put(bytes + 8 * i, sp.sum);
	rec_set_bytes(row, spans[s].field, bytes, sizeof(bytes));
}

/* The row of a task's project, made if there is none; NULL: no project. */
static struct rec *
tally_of(struct state *st, const struct task *t)
{
	struct project	*p = t->project;
	struct rec	*row;

	if (p == NULL)
		return (NULL);
	if (p->tally == NULL) {
		row = rec_new(REC_s_tally);
		rec_set_str(row, F_s_tally_project,
		    rec_str(p->e.row, F_s_project_name));
		if (state_add_tally(st, row) == NULL)
			return (NULL);
	}
	state_dirty(st, &p->tally->e);
	return (p->tally->e.row);
}

static void
count(struct rec *row, int field)
{
	rec_set_u64(row, field, rec_u64(row, field) + 1);
}

/* The counter of a word, which is the name of its field too. */
static void
count_word(struct rec *row, const char *prefix, const char *word)
{
	char	 name[40];
	int	 f;

	snprintf(name, sizeof(name), "%s%s", prefix, word);
	if ((f = rec_field(rec_def(REC_s_tally), name)) != -1)
		count(row, f);
}

void
tally_over(struct state *st, const struct task *t, const struct session *s,
    const struct rec *attempt)
{
	struct rec	*row = tally_of(st, t);
	uint64_t	 ready = rec_u64(t->e.row, F_s_task_eligible);
	uint64_t	 began = rec_u64(t->e.row, F_s_task_started);

	if (row == NULL)
		return;
	count_word(row, "attempts_", rec_str(attempt, F_s_attempt_state));
	spans_add(row, SPAN_RUN, rec_u64(attempt, F_s_attempt_wall));
	if (ready != 0)
		spans_add(row, SPAN_WAIT, began > ready ? began - ready : 0);
	if (s != NULL && rec_has(s->e.row, F_s_session_boot))
		spans_add(row, SPAN_BOOT, rec_u64(s->e.row, F_s_session_boot));
}

void
tally_landed(struct state *st, const struct task *t, const struct fact *f)
{
	struct rec	*row = tally_of(st, t);
	uint64_t	 over = rec_u64(t->e.row, F_s_task_over);
	uint64_t	 now = (uint64_t)f->time;

	if (row == NULL)
		return;
	count(row, F_s_tally_landed);
	if (over != 0)
		spans_add(row, SPAN_LAND, now > over ? now - over : 0);
}

void
tally_finished(struct state *st, const struct task *t)
{
	struct rec	*row = tally_of(st, t);

	if (row != NULL)
		count_word(row, "tasks_", task_fsm.states[t->state]);
}
