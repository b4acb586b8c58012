/*
 * Deciding what the end of a task means for those that depend on it.  Engine,
 * pure half.  Each edge says how it stands; those of the task that is ending
 * are looked at as they will be.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "engine/decide.h"
#include "engine/deps.h"
#include "engine/text.h"

/* A task that waits, and how its dependencies stand after the end. */
struct told {
	const struct task	*t;
	unsigned int		 n[DEP_IS_MAX];
	const struct edge	*bad;		/* the first that became BAD */
};

static void
emit_held(struct decision *d, const struct task *t, const char *reason,
    const char *detail)
{
	struct rec	*ev = emit(d, REC_e_task_held);

	rec_set_id(ev, F_e_task_held_task, rec_id(t->e.row, F_s_task_id));
	rec_set_str(ev, F_e_task_held_reason, reason);
	rec_set_str(ev, F_e_task_held_detail, detail);
}

static void
emit_waiting(struct decision *d, const struct task *t)
{
	struct rec	*ev = emit(d, REC_e_task_waiting);

	rec_set_id(ev, F_e_task_waiting_task, rec_id(t->e.row, F_s_task_id));
	rec_set_str(ev, F_e_task_waiting_summary, "waiting");
}

/* One that can never run is left to decide_doomed(), once this is applied. */
static void
told_goes_on(struct decision *d, const struct told *w, const char *name,
    const struct dep_end *end)
{
	const struct task	*t = w->t;
	char			 detail[TEXT_LINE];

	if (w->n[DEP_NEVER] > 0 || task_kept(t) || task_whole(t))
		return;			/* a user's hold: until it is released */
	if (w->n[DEP_OPEN] + w->n[DEP_BAD] == 0) {
		decide_ready(d, t, rec_u64(t->e.row, F_s_task_retries), 0,
		    "ready");
	} else if (w->bad != NULL) {
		dep_sentence(detail, sizeof(detail), w->bad->kind, name, end);
		if (t->state == TS_WAITING)
			emit_held(d, t, dep_reason(w->bad->kind), detail);
	} else if (t->state == TS_HELD && w->n[DEP_BAD] == 0) {
		emit_waiting(d, t);
	}
}

static void
told(struct decision *d, const struct told *w, const struct task *dep,
    const char *name, const struct dep_end *end)
{
	struct rec	*ev;

	if (w->t->state != TS_WAITING && w->t->state != TS_HELD)
		return;
	ev = emit(d, REC_e_task_dep);
	rec_set_id(ev, F_e_task_dep_task, rec_id(w->t->e.row, F_s_task_id));
	rec_set_id(ev, F_e_task_dep_dep, rec_id(dep->e.row, F_s_task_id));
	rec_set_str(ev, F_e_task_dep_name, name);
	rec_set_str(ev, F_e_task_dep_outcome, task_fsm.states[end->state]);
	told_goes_on(d, w, name, end);
}

void
decide_ended(struct decision *d, const struct task *t, enum task_state state,
    int landed)
{
	struct dep_end		 end = { .state = state, .landed = landed };
	struct edge		*ed = TAILQ_FIRST(&t->rdeps);
	struct told		 w;
	enum dep_is		 is;
	char			 name[TEXT_NAME];

	text_task(name, t);
	end.left = d->left || rec_has(t->e.row, F_s_task_tree);
	while (ed != NULL) {
		w.t = ed->from;
		w.bad = NULL;
		memcpy(w.n, w.t->ndeps, sizeof(w.n));
		for (; ed != NULL && ed->from == w.t; ed = TAILQ_NEXT(ed, in)) {
			is = dep_stands(ed->kind, &end);
			w.n[ed->is]--;
			w.n[is]++;
			if (is == DEP_BAD && w.bad == NULL)
				w.bad = ed;
		}
		told(d, &w, t, name, &end);
	}
}

static int
decide_unneeded(struct decision *d, const struct task *t)
{
	const struct edge	*ed;
	struct dep_end		 end;
	struct rec		*ev;
	char			 name[TEXT_NAME], line[TEXT_LINE];

	TAILQ_FOREACH(ed, &t->deps, out)
		if (ed->is == DEP_NEVER)
			break;
	if (ed == NULL)
		return (0);
	end = dep_end(ed->to);
	dep_sentence(line, sizeof(line), ed->kind, text_task(name, ed->to),
	    &end);
	ev = emit(d, REC_e_task_unneeded);
	rec_set_id(ev, F_e_task_unneeded_task, rec_id(t->e.row, F_s_task_id));
	rec_set_id(ev, F_e_task_unneeded_dep,
	    rec_id(ed->to->e.row, F_s_task_id));
	rec_set_str(ev, F_e_task_unneeded_reason, "not-needed");
	rec_set_str(ev, F_e_task_unneeded_detail, line);
	decide_ended(d, t, TS_CANCELLED, 0);
	return (1);
}

/* Every part has ended: so has the composite. */
static int
whole_ends(struct decision *d, const struct task *t)
{
	const struct edge	*ed;
	unsigned int		 bad = 0, n = 0;
	char			 line[TEXT_LINE];

	TAILQ_FOREACH(ed, &t->deps, out) {
		n++;
		bad += ed->to->state != TS_DONE;
	}
	if (rec_u64(t->e.row, F_s_task_cancelling)) {
		decide_cancelled(d, t);
	} else if (bad > 0) {
		snprintf(line, sizeof(line), "%u of %u sub-tasks failed or "
		    "were cancelled", bad, n);
		decide_fail(d, t, "sub-tasks", line);
	} else {
		snprintf(line, sizeof(line), "%u sub-task%s done", n,
		    n == 1 ? " is" : "s are");
		decide_done(d, t, "sub-tasks", line, "done");
	}
	return (1);
}

/* A composite is being cancelled: its parts are, one after the other. */
static int
whole_cancels(struct decision *d, const struct task *t)
{
	const struct edge	*ed;

	TAILQ_FOREACH(ed, &t->deps, out)
		if (ed->is == DEP_OPEN && decide_cancel(d, ed->to))
			return (1);
	return (0);
}

/*
 * One at a time, each applied before the next is looked at: what depends on
 * two of them would otherwise never see both ended.
 */
int
decide_doomed(struct decision *d)
{
	const struct task	*t;

	TAILQ_FOREACH(t, &d->st->doomed, doom)
		if (t->ndeps[DEP_NEVER] > 0 ? decide_unneeded(d, t) :
		    task_deps_done(t) ? whole_ends(d, t) : whole_cancels(d, t))
			return (1);
	return (0);
}

void
decide_no_file(struct decision *d, const struct task *t, const char *text)
{
	char	 line[TEXT_LINE];

	text_line(line, sizeof(line), text);
	emit_held(d, t, dep_reason(DEP_FILE), line);
}
