/*
 * Attempts that are over: a row each, made of the event that ended it and of
 * its task.  Engine, pure half.  Only this file makes them, so replaying the
 * log makes the same.
 */
#include <string.h>

#include "engine/tally.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

/* What is known of every attempt, from the task. */
static struct rec *
attempt_row(const struct task *t, const struct fact *f)
{
	static const int	 texts[][2] = {
		{ F_s_attempt_name, F_s_task_name },
		{ F_s_attempt_project, F_s_task_project }
	};
	const struct rec	*task = t->e.row;
	struct rec		*row = rec_new(REC_s_attempt);
	size_t			 i;

	for (i = 0; i < NELEM(texts); i++)
		if (rec_has(task, texts[i][1]))
			rec_set_str(row, texts[i][0],
			    rec_str(task, texts[i][1]));
	/* As the ledger does: a line of the task's own is no agent's. */
	if (!rec_has(task, F_s_task_run))
		rec_set_str(row, F_s_attempt_agent,
		    rec_str(task, F_s_task_agent));
	for (i = 0; i < rec_count(task, F_s_task_labels); i++)
		rec_add_str(row, F_s_attempt_labels,
		    rec_nth_str(task, F_s_task_labels, i));
	rec_set_id(row, F_s_attempt_task, rec_id(task, F_s_task_id));
	rec_set_u64(row, F_s_attempt_uid, rec_u64(task, F_s_task_uid));
	rec_set_u64(row, F_s_attempt_started,
	    rec_u64(task, F_s_task_started));
	rec_set_u64(row, F_s_attempt_ended, (uint64_t)f->time);
	rec_set_str(row, F_s_attempt_text, rec_str(task, F_s_task_ended));
	return (row);
}

/* The clock may have been set back meanwhile. */
static uint64_t
attempt_wall(const struct rec *row)
{
	uint64_t	 from = rec_u64(row, F_s_attempt_started);
	uint64_t	 to = rec_u64(row, F_s_attempt_ended);

	return (to > from ? to - from : 0);
}

static const char *
attempt_state(const char *why, int64_t status)
{
	if (strcmp(why, "exit") == 0 && status == 0)
		return ("done");
	return (strcmp(why, "cancel") == 0 ? "cancelled" : "failed");
}

static void
attempt_ran(struct rec *row, const struct rec *ev)
{
	static const int	 numbers[][2] = {
		{ F_s_attempt_attempt, F_e_task_ran_attempt },
		{ F_s_attempt_session, F_e_task_ran_session },
		{ F_s_attempt_wall, F_e_task_ran_wall },
		{ F_s_attempt_utime, F_e_task_ran_utime },
		{ F_s_attempt_stime, F_e_task_ran_stime },
		{ F_s_attempt_maxrss, F_e_task_ran_maxrss },
		{ F_s_attempt_printed, F_e_task_ran_bytes },
		{ F_s_attempt_files, F_e_task_ran_files },
		{ F_s_attempt_tokens, F_e_task_ran_tokens },
		{ F_s_attempt_money, F_e_task_ran_money }
	};
	const char		*why = rec_str(ev, F_e_task_ran_why);
	int64_t			 status = rec_i64(ev, F_e_task_ran_status);
	size_t			 i;

	for (i = 0; i < NELEM(numbers); i++)
		if (rec_has(ev, numbers[i][1]))
			rec_set_u64(row, numbers[i][0],
			    rec_u64(ev, numbers[i][1]));
	/* One that its executor could not report was not timed. */
	if (rec_u64(row, F_s_attempt_wall) == 0)
		rec_set_u64(row, F_s_attempt_wall, attempt_wall(row));
	rec_set_str(row, F_s_attempt_why, why);
	rec_set_i64(row, F_s_attempt_exit, status);
	rec_set_str(row, F_s_attempt_state, attempt_state(why, status));
}

/* Nobody was there to count what it used. */
static void
attempt_lost(struct rec *row, const struct rec *ev)
{
	rec_set_u64(row, F_s_attempt_attempt,
	    rec_u64(ev, F_e_task_lost_attempt));
	rec_set_u64(row, F_s_attempt_session,
	    rec_u64(ev, F_e_task_lost_session));
	rec_set_u64(row, F_s_attempt_wall, attempt_wall(row));
	rec_set_str(row, F_s_attempt_why, "lost");
	rec_set_str(row, F_s_attempt_state, "lost");
}

/* Events of a version without a ledger made no rows, and make none again. */
void
attempt_over(struct state *st, struct task *t, const struct fact *f)
{
	int		 lost = rec_kind(f->data) == REC_e_task_lost;
	struct rec	*row;

	if (!rec_has(f->data, lost ? F_e_task_lost_half : F_e_task_ran_half))
		return;
	row = attempt_row(t, f);
	if (lost)
		attempt_lost(row, f->data);
	else
		attempt_ran(row, f->data);
	rec_set_u64(t->e.row, F_s_task_over, (uint64_t)f->time);
	tally_over(st, t, state_session(st, rec_u64(row,
	    F_s_attempt_session)), row);
	state_add_past(st, ST_ATTEMPT, row);
}

/* Its start is as long before as it took. */
void
attempt_used(struct state *st, const struct task *t, const struct fact *f)
{
	const struct rec	*ev = f->data;
	const char		*purpose = rec_str(ev, F_e_task_used_purpose);
	uint64_t		 wall = rec_u64(ev, F_e_task_used_wall);
	uint64_t		 now = (uint64_t)f->time;
	struct rec		*row = attempt_row(t, f);

	rec_set_u64(row, F_s_attempt_attempt,
	    rec_u64(t->e.row, F_s_task_attempt));
	rec_set_u64(row, F_s_attempt_session,
	    rec_u64(ev, F_e_task_used_session));
	rec_set_str(row, F_s_attempt_purpose, purpose);
	rec_set_str(row, F_s_attempt_state, purpose);
	rec_set_str(row, F_s_attempt_why, purpose);
	rec_set_str(row, F_s_attempt_text, NULL);
	rec_set_u64(row, F_s_attempt_started, now > wall ? now - wall : 0);
	rec_set_u64(row, F_s_attempt_wall, wall);
	rec_set_u64(row, F_s_attempt_utime, rec_u64(ev, F_e_task_used_cpu));
	rec_set_u64(row, F_s_attempt_tokens,
	    rec_u64(ev, F_e_task_used_tokens));
	rec_set_u64(row, F_s_attempt_money, rec_u64(ev, F_e_task_used_money));
	state_add_past(st, ST_ATTEMPT, row);
}
