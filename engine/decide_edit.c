/*
 * Deciding about changes to tasks that have not begun.  Engine, pure half, on
 * what users wrote: the task as it would be is checked like a new one.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "engine/check.h"
#include "engine/graph.h"
#include "engine/plan.h"

static int
edit_refused(struct decision *d, const struct task *t, const struct rec *cmd)
{
	static const int	 fields[] = {
		F_c_task_edit_text, F_c_task_edit_run, F_c_task_edit_deps,
		F_c_task_edit_priority, F_c_task_edit_timeout,
		F_c_task_edit_retries, F_c_task_edit_labels,
		F_c_task_edit_idle, F_c_task_edit_cpu_time
	};
	size_t			 i, n = 0;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		n += (size_t)rec_has(cmd, fields[i]);
	if (n == 0)
		refuse(d, PRA_EUSAGE, "see praetorctl help task edit",
		    "nothing is to be changed");
	else if (task_whole(t))
		refuse(d, PRA_ESTATE, "edit its sub-tasks", "the task is a "
		    "composite");
	else if (t->state != TS_WAITING && t->state != TS_READY &&
	    t->state != TS_HELD)
		refuse(d, PRA_ESTATE, task_final(t->state) ? "file a new task" :
		    "praetorctl task cancel, and file a new one", "the task "
		    "%s", task_final(t->state) ? "is finished" : "has begun");
	return (d->err != 0);
}

/* The task as a command that would file it, with the changes. */
static struct rec *
edit_command(const struct task *t, const struct rec *cmd)
{
	static const int	 texts[][3] = {
		{ F_c_task_create_text, F_c_task_edit_text, F_s_task_text },
		{ F_c_task_create_run, F_c_task_edit_run, F_s_task_run },
		{ F_c_task_create_agent, -1, F_s_task_agent },
		{ F_c_task_create_name, -1, F_s_task_name }
	};
	struct rec		*c = rec_new(REC_c_task_create);
	size_t			 i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		rec_set_str(c, texts[i][0], texts[i][1] != -1 &&
		    rec_has(cmd, texts[i][1]) ? rec_str(cmd, texts[i][1]) :
		    rec_str(t->e.row, texts[i][2]));
	rec_set_i64(c, F_c_task_create_priority,
	    rec_i64(cmd, F_c_task_edit_priority));
	rec_set_u64(c, F_c_task_create_timeout,
	    rec_u64(cmd, F_c_task_edit_timeout));
	rec_set_u64(c, F_c_task_create_idle,
	    rec_u64(cmd, F_c_task_edit_idle));
	rec_set_u64(c, F_c_task_create_cpu_time,
	    rec_u64(cmd, F_c_task_edit_cpu_time));
	rec_set_u64(c, F_c_task_create_retries,
	    rec_u64(cmd, F_c_task_edit_retries));
	for (i = 0; i < rec_count(cmd, F_c_task_edit_labels); i++)
		rec_add_str(c, F_c_task_create_labels,
		    rec_nth_str(cmd, F_c_task_edit_labels, i));
	for (i = 0; i < rec_count(cmd, F_c_task_edit_deps); i++)
		rec_add_str(c, F_c_task_create_deps,
		    rec_nth_str(cmd, F_c_task_edit_deps, i));
	return (c);
}

static void
edit_values(struct rec *ev, const struct rec *cmd)
{
	size_t	 i;

	if (rec_has(cmd, F_c_task_edit_text))
		rec_set_str(ev, F_e_task_edited_text,
		    rec_str(cmd, F_c_task_edit_text));
	if (rec_has(cmd, F_c_task_edit_run))
		rec_set_str(ev, F_e_task_edited_run,
		    rec_str(cmd, F_c_task_edit_run));
	if (rec_has(cmd, F_c_task_edit_priority))
		rec_set_i64(ev, F_e_task_edited_priority,
		    rec_i64(cmd, F_c_task_edit_priority));
	if (rec_has(cmd, F_c_task_edit_timeout))
		rec_set_u64(ev, F_e_task_edited_timeout,
		    rec_u64(cmd, F_c_task_edit_timeout));
	if (rec_has(cmd, F_c_task_edit_idle))
		rec_set_u64(ev, F_e_task_edited_idle,
		    rec_u64(cmd, F_c_task_edit_idle));
	if (rec_has(cmd, F_c_task_edit_cpu_time))
		rec_set_u64(ev, F_e_task_edited_cpu_time,
		    rec_u64(cmd, F_c_task_edit_cpu_time));
	if (rec_has(cmd, F_c_task_edit_retries))
		rec_set_u64(ev, F_e_task_edited_retries,
		    rec_u64(cmd, F_c_task_edit_retries));
	if (!rec_has(cmd, F_c_task_edit_labels))
		return;
	rec_touch(ev, F_e_task_edited_labels);
	for (i = 0; i < rec_count(cmd, F_c_task_edit_labels); i++)
		rec_add_str(ev, F_e_task_edited_labels,
		    rec_nth_str(cmd, F_c_task_edit_labels, i));
}

/* A circle can only come about here: what is filed depends on what is there. */
static int
edit_circle(struct decision *d, struct task *t, const struct draft *dr)
{
	char	 line[TEXT_LINE];

	if (!graph_circle(t, dr->needs, dr->nneeds, line))
		return (0);
	refuse(d, PRA_ECYCLE, "leave that dependency out", "these would depend "
	    "on each other in a circle: %s", line);
	return (1);
}

/*
 * A session that is being made ready for it is somebody else's then; whom a
 * user holds stays held.
 */
static void
edit_deps(struct decision *d, struct task *t, struct plan *pl, struct rec *ev)
{
	char		 line[TEXT_LINE];
	const char	*state;
	uint64_t	 at;

	rec_touch(ev, F_e_task_edited_deps);
	draft_put(ev, F_e_task_edited_deps, F_e_task_edited_needs,
	    &pl->drafts[0]);
	if (task_kept(t))
		return;
	state = draft_state(pl, ev, F_e_task_edited_reason, &pl->drafts[0],
	    line);
	if (strcmp(state, "ready") == 0 && (t->state == TS_READY ||
	    (t->state == TS_WAITING &&
	    rec_u64(t->e.row, F_s_task_until) > (uint64_t)d->time)))
		return;
	if (strcmp(state, "ready") == 0 &&
	    (at = decide_until(d, t, line)) != 0) {
		rec_set_str(ev, F_e_task_edited_reason, "start-time");
		rec_set_u64(ev, F_e_task_edited_until, at);
		state = "waiting";
	}
	rec_set_str(ev, F_e_task_edited_state, state);
	rec_set_str(ev, F_e_task_edited_summary, line);
	if (t->session != NULL)
		decide_stop(d, t->session);
}

static void
edit_checked(struct decision *d, struct task *t, const struct rec *cmd,
    struct plan *pl)
{
	struct draft	*dr = &pl->drafts[0];
	struct rec	*ev;

	dr->id = rec_id(t->e.row, F_s_task_id);
	dr->project = t->project;
	if (!check_task_fields(d, dr->cmd) ||
	    ((rec_has(cmd, F_c_task_edit_text) ||
	    rec_has(cmd, F_c_task_edit_run)) &&
	    !check_task_work(d, dr->cmd, t->project)) ||
	    !draft_deps(pl, dr) || edit_circle(d, t, dr))
		return;
	ev = emit(d, REC_e_task_edited);
	rec_set_id(ev, F_e_task_edited_task, dr->id);
	edit_values(ev, cmd);
	if (rec_has(cmd, F_c_task_edit_deps))
		edit_deps(d, t, pl, ev);
	decide_show(d, dr->id);
}

void
decide_task_edit(struct decision *d, const struct input *in)
{
	const struct rec	*cmd = in->rec;
	struct task		*t;
	struct plan		 pl;
	struct rec		*create;

	t = decide_task(d, rec_str(cmd, F_c_task_edit_task),
	    rec_str(cmd, F_c_task_edit_project));
	if (t == NULL || edit_refused(d, t, cmd))
		return;
	create = edit_command(t, cmd);
	if (plan_init(&pl, d, 1)) {
		pl.drafts[0].cmd = create;
		edit_checked(d, t, cmd, &pl);
	}
	plan_free(&pl);
	rec_free(create);
}
