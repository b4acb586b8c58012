/*
 * Applying events about the graph of tasks as such: what is edited, moved and
 * forgotten.  Engine, pure half.
 */
#include <string.h>

#include "engine/apply.h"
#include "engine/deps.h"
#include "engine/queue.h"

/* What its attempts left is of no use to anybody then. */
void
apply_task_cleaned(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_cleaned_task)) == NULL)
		return;
	if (!task_final(t->state)) {
		apply_refuse(st);
		return;
	}
	if (t->project != NULL && !rec_u64(t->e.row, F_s_task_expired) &&
	    rec_u64(t->e.row, F_s_task_attempt) > 0)
		owe_task(st, EF_EXPIRE, t, f->seq);
	state_drop_task(st, t);
}

static void
copy_list(struct rec *row, int to, const struct rec *ev, int from)
{
	size_t	 i;

	rec_unset(row, to);
	for (i = 0; i < rec_count(ev, from); i++)
		rec_add_str(row, to, rec_nth_str(ev, from, i));
}

void
task_new_deps(struct state *st, struct task *t, const struct rec *ev,
    int deps, int needs)
{
	state_unlink_task(t);
	copy_list(t->e.row, F_s_task_deps, ev, deps);
	copy_list(t->e.row, F_s_task_needs, ev, needs);
	state_link_task(st, t);
}

static void
edited_values(struct task *t, const struct rec *ev)
{
	struct rec	*row = t->e.row;

	if (rec_has(ev, F_e_task_edited_text))
		rec_set_str(row, F_s_task_text,
		    rec_str(ev, F_e_task_edited_text));
	if (rec_has(ev, F_e_task_edited_run))
		rec_set_str(row, F_s_task_run,
		    rec_str(ev, F_e_task_edited_run));
	if (rec_has(ev, F_e_task_edited_priority))
		rec_set_i64(row, F_s_task_priority,
		    rec_i64(ev, F_e_task_edited_priority));
	if (rec_has(ev, F_e_task_edited_timeout))
		rec_set_u64(row, F_s_task_timeout,
		    rec_u64(ev, F_e_task_edited_timeout));
	if (rec_has(ev, F_e_task_edited_idle))
		rec_set_u64(row, F_s_task_idle,
		    rec_u64(ev, F_e_task_edited_idle));
	if (rec_has(ev, F_e_task_edited_cpu_time))
		rec_set_u64(row, F_s_task_cpu_time,
		    rec_u64(ev, F_e_task_edited_cpu_time));
	if (rec_has(ev, F_e_task_edited_labels))
		copy_list(row, F_s_task_labels, ev, F_e_task_edited_labels);
	if (rec_has(ev, F_e_task_edited_retries)) {
		rec_set_u64(row, F_s_task_retries_max,
		    rec_u64(ev, F_e_task_edited_retries));
		rec_set_u64(row, F_s_task_retries,
		    rec_u64(ev, F_e_task_edited_retries));
	}
}

/*
 * Its place in the queue follows from what may change here, so it is out of
 * it meanwhile.  A state is there when what it waits for changed.
 */
void
apply_task_edited(struct state *st, const struct fact *f)
{
	const struct rec	*ev = f->data;
	const char		*state = rec_str(ev, F_e_task_edited_state);
	struct task		*t;

	if ((t = fact_task(st, f, F_e_task_edited_task)) == NULL)
		return;
	queue_out(st, t);
	edited_values(t, ev);
	if (rec_has(ev, F_e_task_edited_deps))
		task_new_deps(st, t, ev, F_e_task_edited_deps,
		    F_e_task_edited_needs);
	if (*state == '\0') {
		rec_set_u64(t->e.row, F_s_task_version,
		    rec_u64(t->e.row, F_s_task_version) + 1);
		queue_task(st, t);
		state_dirty(st, &t->e);
		return;
	}
	rec_set_str(t->e.row, F_s_task_reason,
	    rec_str(ev, F_e_task_edited_reason));
	rec_set_str(t->e.row, F_s_task_detail,
	    *rec_str(ev, F_e_task_edited_reason) != '\0' ?
	    rec_str(ev, F_e_task_edited_summary) : "");
	rec_set_u64(t->e.row, F_s_task_until,
	    rec_u64(ev, F_e_task_edited_until));
	t->session = NULL;
	rec_set_u64(t->e.row, F_s_task_session, 0);
	task_step(st, t, strcmp(state, "held") == 0 ? TE_HOLD :
	    strcmp(state, "ready") == 0 ? TE_READY : TE_WAIT);
}

void
apply_task_moved(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_moved_task)) == NULL)
		return;
	queue_out(st, t);
	rec_set_u64(t->e.row, F_s_task_place,
	    rec_u64(f->data, F_e_task_moved_place));
	rec_set_u64(t->e.row, F_s_task_since,
	    rec_u64(f->data, F_e_task_moved_since));
	rec_set_u64(t->e.row, F_s_task_version,
	    rec_u64(t->e.row, F_s_task_version) + 1);
	queue_task(st, t);
	state_dirty(st, &t->e);
}
