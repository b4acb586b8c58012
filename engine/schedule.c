/*
 * Schedules as objects of the state, and their events.  Engine, pure half.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "engine/schedule.h"

static int
schedule_cmp_key(const struct schedule *a, const struct schedule *b)
{
	return (strcmp(rec_str(a->e.row, F_s_schedule_key),
	    rec_str(b->e.row, F_s_schedule_key)));
}

static int
schedule_cmp_time(const struct schedule *a, const struct schedule *b)
{
	if (a->due != b->due)
		return (a->due < b->due ? -1 : 1);
	return (schedule_cmp_key(a, b));
}

RB_GENERATE(schedule_keys, schedule, by_key, schedule_cmp_key)
RB_GENERATE(schedule_times, schedule, by_time, schedule_cmp_time)

void
schedule_key(char key[SCHEDULE_KEY], const char *project, const char *name)
{
	snprintf(key, SCHEDULE_KEY, "%s/%s", project, name);
}

struct schedule *
schedule_after(const struct state *st, const char *key)
{
	struct schedule	*s = RB_ROOT(&st->schedules), *best = NULL;
	int		 c;

	while (s != NULL) {
		c = strcmp(key, rec_str(s->e.row, F_s_schedule_key));
		if (c < 0)
			best = s;
		s = c < 0 ? RB_LEFT(s, by_key) : RB_RIGHT(s, by_key);
	}
	return (best);
}

struct schedule *
state_schedule(const struct state *st, const char *key)
{
	struct schedule	*s = RB_ROOT(&st->schedules);
	int		 c;

	while (s != NULL) {
		c = strcmp(key, rec_str(s->e.row, F_s_schedule_key));
		if (c == 0)
			return (s);
		s = c < 0 ? RB_LEFT(s, by_key) : RB_RIGHT(s, by_key);
	}
	return (NULL);
}

int
schedule_any(const struct state *st, const char *project)
{
	const struct schedule	*s;
	char			 key[SCHEDULE_KEY];

	schedule_key(key, project, "");
	s = schedule_after(st, key);
	return (s != NULL && strcmp(rec_str(s->e.row, F_s_schedule_project),
	    project) == 0);
}

struct schedule *
schedule_first(const struct state *st)
{
	struct schedule	*s = RB_ROOT(&st->runs);

	while (s != NULL && RB_LEFT(s, by_time) != NULL)
		s = RB_LEFT(s, by_time);
	return (s);
}

void
schedule_time(struct state *st, struct schedule *s)
{
	uint64_t	 due = rec_u64(s->e.row, F_s_schedule_next);

	if (due == s->due)
		return;
	if (s->due != 0)
		RB_REMOVE(schedule_times, &st->runs, s);
	s->due = due;
	if (due != 0)
		RB_INSERT(schedule_times, &st->runs, s);
}

static void
copy_field(struct rec *to, int f, const struct rec *from, int g,
    enum rec_type type)
{
	size_t	 i;

	switch (type) {
	case R_STR:
		rec_set_str(to, f, rec_str(from, g));
		break;
	case R_STRS:
		for (i = 0; i < rec_count(from, g); i++)
			rec_add_str(to, f, rec_nth_str(from, g, i));
		break;
	case R_I64:
		rec_set_i64(to, f, rec_i64(from, g));
		break;
	case R_ID:
		rec_set_id(to, f, rec_id(from, g));
		break;
	case R_U64:
	case R_BOOL:
	case R_SID:
	case R_TIME:
	case R_MS:
		rec_set_u64(to, f, rec_u64(from, g));
		break;
	case R_BYTES:
	case R_OID:
	case R_RECS:
		break;
	}
}

void
schedule_copy(struct rec *to, const struct rec *from)
{
	const struct rec_def	*d = rec_def(rec_kind(to));
	const struct rec_def	*s = rec_def(rec_kind(from));
	unsigned int		 f;
	int			 g;

	for (f = 0; f < d->nfields; f++) {
		g = rec_field(s, d->fields[f].name);
		if (g != -1 && rec_has(from, g) && !rec_has(to, (int)f) &&
		    s->fields[g].type == d->fields[f].type)
			copy_field(to, (int)f, from, g, d->fields[f].type);
	}
}

/* Applying. */

/* The schedule that the fields `name' and `project' of an event mean. */
static struct schedule *
fact_schedule(struct state *st, const struct fact *f)
{
	const struct rec_def	*def = rec_def(rec_kind(f->data));
	struct schedule		*s;
	char			 key[SCHEDULE_KEY];

	schedule_key(key, rec_str(f->data, rec_field(def, "project")),
	    rec_str(f->data, rec_field(def, "name")));
	if ((s = state_schedule(st, key)) == NULL)
		st->err = PRA_ECORRUPT;
	return (s);
}

static void
set_next(struct state *st, struct schedule *s, uint64_t next)
{
	rec_set_u64(s->e.row, F_s_schedule_next, next);
	schedule_time(st, s);
	state_dirty(st, &s->e);
}

void
apply_schedule_added(struct state *st, const struct fact *f)
{
	struct rec	*row = rec_new(REC_s_schedule);
	struct schedule	*s;
	char		 key[SCHEDULE_KEY];

	schedule_copy(row, f->data);
	schedule_key(key, rec_str(row, F_s_schedule_project),
	    rec_str(row, F_s_schedule_name));
	rec_set_str(row, F_s_schedule_key, key);
	if ((s = state_add_schedule(st, row)) != NULL)
		state_dirty(st, &s->e);
}

void
apply_schedule_removed(struct state *st, const struct fact *f)
{
	struct schedule	*s;

	if ((s = fact_schedule(st, f)) != NULL)
		state_drop_schedule(st, s);
}

void
apply_schedule_paused(struct state *st, const struct fact *f)
{
	struct schedule	*s;

	if ((s = fact_schedule(st, f)) == NULL)
		return;
	rec_set_u64(s->e.row, F_s_schedule_paused, 1);
	set_next(st, s, 0);
}

void
apply_schedule_resumed(struct state *st, const struct fact *f)
{
	struct schedule	*s;

	if ((s = fact_schedule(st, f)) == NULL)
		return;
	rec_set_u64(s->e.row, F_s_schedule_paused, 0);
	set_next(st, s, rec_u64(f->data, F_e_schedule_resumed_next));
}

void
apply_schedule_ran(struct state *st, const struct fact *f)
{
	struct schedule	*s;

	if ((s = fact_schedule(st, f)) == NULL)
		return;
	rec_set_u64(s->e.row, F_s_schedule_last,
	    rec_u64(f->data, F_e_schedule_ran_at));
	rec_set_id(s->e.row, F_s_schedule_task,
	    rec_id(f->data, F_e_schedule_ran_task));
	set_next(st, s, rec_u64(f->data, F_e_schedule_ran_next));
}

void
apply_schedule_skipped(struct state *st, const struct fact *f)
{
	struct schedule	*s;

	if ((s = fact_schedule(st, f)) != NULL)
		set_next(st, s, rec_u64(f->data, F_e_schedule_skipped_next));
}

struct rec *
view_schedule(const struct schedule *s)
{
	struct rec	*v = rec_new(REC_v_schedule);

	schedule_copy(v, s->e.row);
	return (v);
}
