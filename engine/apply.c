/*
 * Applying events: the dispatch table, projects and tasks.  Engine, pure
 * half; trusts the events, which decide made or the log kept, but checks
 * that they fit the state.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "engine/apply.h"
#include "engine/deps.h"
#include "engine/ledger.h"
#include "engine/queue.h"
#include "engine/tally.h"

void
apply_refuse(struct state *st)
{
	if (st->err == 0)
		st->err = PRA_ECORRUPT;
}

struct task *
fact_task(struct state *st, const struct fact *f, int field)
{
	struct task	*t = state_task(st, rec_id(f->data, field));

	if (t == NULL)
		apply_refuse(st);
	return (t);
}

struct session *
fact_session(struct state *st, const struct fact *f, int field)
{
	struct session	*s = state_session(st, rec_u64(f->data, field));

	if (s == NULL)
		apply_refuse(st);
	return (s);
}

struct change *
fact_change(struct state *st, const struct fact *f, int field)
{
	struct change	*c = state_change(st, rec_id(f->data, field));

	if (c == NULL)
		apply_refuse(st);
	return (c);
}

static struct project *
fact_project(struct state *st, const struct fact *f, int field)
{
	struct project	*p = state_project(st, rec_str(f->data, field));

	if (p == NULL)
		apply_refuse(st);
	return (p);
}

int
task_step(struct state *st, struct task *t, enum task_event ev)
{
	const struct transition	*row = fsm_find(&task_fsm, (int)t->state, ev);

	if (row == NULL || t->project == NULL) {
		apply_refuse(st);
		return (-1);
	}
	rec_set_u64(t->e.row, F_s_task_version,
	    rec_u64(t->e.row, F_s_task_version) + 1);
	task_set(st, t, (enum task_state)row->to);
	return (0);
}

int
session_step(struct state *st, struct session *s, enum session_event ev)
{
	const struct transition	*row;

	row = fsm_find(&session_fsm, (int)s->state, ev);
	if (row == NULL) {
		apply_refuse(st);
		return (-1);
	}
	session_set(st, s, (enum session_state)row->to);
	return (0);
}

int
change_step(struct state *st, struct change *c, enum change_event ev)
{
	const struct transition	*row;

	row = fsm_find(&change_fsm, (int)c->state, ev);
	if (row == NULL || c->task->project == NULL) {
		apply_refuse(st);
		return (-1);
	}
	change_set(st, c, (enum change_state)row->to);
	return (0);
}

/* Projects. */

static void
apply_project_added(struct state *st, const struct fact *f)
{
	static const int	 copied[][2] = {
		{ F_s_project_name, F_e_project_added_project },
		{ F_s_project_repo, F_e_project_added_repo },
		{ F_s_project_branch, F_e_project_added_branch },
		{ F_s_project_verify, F_e_project_added_verify },
		{ F_s_project_agent, F_e_project_added_agent }
	};
	struct rec		*row = rec_new(REC_s_project);
	struct project		*p;
	size_t			 i;

	for (i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		if (rec_has(f->data, copied[i][1]))
			rec_set_str(row, copied[i][0],
			    rec_str(f->data, copied[i][1]));
	rec_set_str(row, F_s_project_state, "adding");
	rec_set_u64(row, F_s_project_added, (uint64_t)f->time);
	if ((p = state_add_project(st, row)) == NULL)
		return;
	state_dirty(st, &p->e);
	owe_project(st, EF_OPEN, rec_str(row, F_s_project_name), f->seq);
}

static void
apply_project_ready(struct state *st, const struct fact *f)
{
	struct project	*p;

	if ((p = fact_project(st, f, F_e_project_ready_project)) == NULL)
		return;
	rec_set_str(p->e.row, F_s_project_state, "ready");
	rec_set_oid(p->e.row, F_s_project_head,
	    rec_oid(f->data, F_e_project_ready_head));
	state_dirty(st, &p->e);
	settle_project(st, EF_OPEN, rec_str(p->e.row, F_s_project_name));
	/* A mirror of that name that could not be deleted is this one's now. */
	settle_project(st, EF_FORGET, rec_str(p->e.row, F_s_project_name));
}

/* It never was usable: nothing of it stays. */
static void
apply_project_failed(struct state *st, const struct fact *f)
{
	struct project	*p;

	if ((p = fact_project(st, f, F_e_project_failed_project)) == NULL)
		return;
	settle_project(st, EF_OPEN, rec_str(p->e.row, F_s_project_name));
	state_drop_project(st, p);
}

static void
apply_project_removed(struct state *st, const struct fact *f)
{
	const char	*name = rec_str(f->data, F_e_project_removed_project);
	struct project	*p;

	if ((p = fact_project(st, f, F_e_project_removed_project)) == NULL)
		return;
	settle_project(st, EF_OPEN, name);
	settle_project(st, EF_FORGET, name);	/* the last one, if still owed */
	owe_project(st, EF_FORGET, name, f->seq);
	state_drop_project(st, p);
}

/* Tasks. */

static void
task_copy_strs(struct rec *row, int to, const struct rec *from, int field)
{
	size_t	 i;

	for (i = 0; i < rec_count(from, field); i++)
		rec_add_str(row, to, rec_nth_str(from, field, i));
}

static void
task_copy_texts(struct rec *row, const struct rec *ev)
{
	static const int	 copied[][2] = {
		{ F_s_task_name, F_e_task_created_name },
		{ F_s_task_project, F_e_task_created_project },
		{ F_s_task_state, F_e_task_created_state },
		{ F_s_task_reason, F_e_task_created_reason },
		{ F_s_task_text, F_e_task_created_text },
		{ F_s_task_run, F_e_task_created_run },
		{ F_s_task_agent, F_e_task_created_agent }
	};
	size_t			 i;

	for (i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		if (rec_has(ev, copied[i][1]))
			rec_set_str(row, copied[i][0],
			    rec_str(ev, copied[i][1]));
	task_copy_strs(row, F_s_task_deps, ev, F_e_task_created_deps);
	task_copy_strs(row, F_s_task_needs, ev, F_e_task_created_needs);
	task_copy_strs(row, F_s_task_labels, ev, F_e_task_created_labels);
	task_copy_strs(row, F_s_task_groups, ev, F_e_task_created_groups);
}

static void
created_proposed(struct state *st, struct rec *row, const struct rec *ev)
{
	struct task	*by;

	if (!rec_has(ev, F_e_task_created_proposer))
		return;
	by = state_task(st, rec_id(ev, F_e_task_created_proposer));
	if (by == NULL) {
		apply_refuse(st);
		return;
	}
	rec_set_id(row, F_s_task_proposer,
	    rec_id(ev, F_e_task_created_proposer));
	rec_set_u64(row, F_s_task_depth,
	    rec_u64(by->e.row, F_s_task_depth) + 1);
	rec_set_u64(by->e.row, F_s_task_proposed,
	    rec_u64(by->e.row, F_s_task_proposed) + 1);
	state_dirty(st, &by->e);
}

static void
created_part(struct rec *row, const struct rec *ev)
{
	if (rec_has(ev, F_e_task_created_parent))
		rec_set_id(row, F_s_task_parent,
		    rec_id(ev, F_e_task_created_parent));
	if (rec_has(ev, F_e_task_created_index))
		rec_set_u64(row, F_s_task_index,
		    rec_u64(ev, F_e_task_created_index));
	if (rec_u64(ev, F_e_task_created_whole))
		rec_set_u64(row, F_s_task_whole, 1);
}

static void
apply_task_created(struct state *st, const struct fact *f)
{
	const struct rec	*ev = f->data;
	struct rec		*row = rec_new(REC_s_task);
	struct task		*t, *whole;

	task_copy_texts(row, ev);
	rec_set_id(row, F_s_task_id, rec_id(ev, F_e_task_created_task));
	rec_set_u64(row, F_s_task_order, f->seq);
	rec_set_i64(row, F_s_task_priority,
	    rec_i64(ev, F_e_task_created_priority));
	rec_set_u64(row, F_s_task_timeout,
	    rec_u64(ev, F_e_task_created_timeout));
	rec_set_u64(row, F_s_task_retries_max,
	    rec_u64(ev, F_e_task_created_retries));
	rec_set_u64(row, F_s_task_retries,
	    rec_u64(ev, F_e_task_created_retries));
	rec_set_u64(row, F_s_task_uid, rec_u64(ev, F_e_task_created_uid));
	created_times(row, ev);
	rec_set_u64(row, F_s_task_version, 1);
	rec_set_u64(row, F_s_task_created, (uint64_t)f->time);
	if (strcmp(rec_str(ev, F_e_task_created_state), "ready") == 0)
		rec_set_u64(row, F_s_task_eligible, (uint64_t)f->time);
	if (rec_has(ev, F_e_task_created_reason))
		rec_set_str(row, F_s_task_detail,
		    rec_str(ev, F_e_task_created_summary));
	created_part(row, ev);
	created_proposed(st, row, ev);
	if ((t = state_add_task(st, row)) == NULL)
		return;
	state_link_task(st, t);
	state_dirty(st, &t->e);
	/* One that is filed with its parts comes after them, and names them. */
	if (rec_has(ev, F_e_task_created_parent) && (whole = state_task(st,
	    rec_id(ev, F_e_task_created_parent))) != NULL && task_whole(whole))
		state_join_task(st, whole, t);
}

/* The other task's end is in its own row already: this is for the trace. */
static void
apply_task_dep(struct state *st, const struct fact *f)
{
	(void)fact_task(st, f, F_e_task_dep_task);
	(void)fact_task(st, f, F_e_task_dep_dep);
}

static void
task_reason(struct task *t, const char *reason, const char *detail)
{
	rec_set_str(t->e.row, F_s_task_reason, reason);
	rec_set_str(t->e.row, F_s_task_detail, detail);
}

static void
apply_task_ready(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_ready_task)) == NULL)
		return;
	t->session = NULL;
	task_reason(t, "", "");
	rec_set_u64(t->e.row, F_s_task_until, 0);
	rec_set_u64(t->e.row, F_s_task_retries,
	    rec_u64(f->data, F_e_task_ready_retries));
	rec_set_u64(t->e.row, F_s_task_tries,
	    rec_u64(f->data, F_e_task_ready_tries));
	task_step(st, t, TE_READY);
}

static void
apply_task_held(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_held_task)) == NULL)
		return;
	task_reason(t, rec_str(f->data, F_e_task_held_reason),
	    rec_str(f->data, F_e_task_held_detail));
	/* One that still ends must not be taken for its own at a restart. */
	t->session = NULL;
	rec_set_u64(t->e.row, F_s_task_session, 0);
	rec_set_u64(t->e.row, F_s_task_until, 0);
	task_step(st, t, TE_HOLD);
}

static void
apply_task_released(struct state *st, const struct fact *f)
{
	const char	*state = rec_str(f->data, F_e_task_released_state);
	const char	*reason = rec_str(f->data, F_e_task_released_reason);
	struct task	*t;
	int		 held = strcmp(state, "held") == 0;

	if ((t = fact_task(st, f, F_e_task_released_task)) == NULL)
		return;
	task_reason(t, reason, *reason != '\0' ?
	    rec_str(f->data, F_e_task_released_summary) : "");
	rec_set_u64(t->e.row, F_s_task_until,
	    rec_u64(f->data, F_e_task_released_until));
	task_step(st, t, held ? TE_HOLD : strcmp(state, "ready") == 0 ?
	    TE_READY : TE_WAIT);
}

static void
apply_task_paused(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_paused_task)) == NULL)
		return;
	task_reason(t, "user", rec_str(f->data, F_e_task_paused_detail));
	task_step(st, t, TE_PAUSE);
}

/* Whatever ends an attempt, or its pause, finds it running. */
static void
task_unpause(struct state *st, struct task *t)
{
	if (t->state != TS_PAUSED)
		return;
	task_reason(t, "", "");
	task_step(st, t, TE_RESUME);
}

static void
apply_task_resumed(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_resumed_task)) != NULL)
		task_unpause(st, t);
}

static void
apply_task_waiting(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_waiting_task)) == NULL)
		return;
	task_reason(t, "", "");
	rec_set_u64(t->e.row, F_s_task_until, 0);
	task_step(st, t, TE_WAIT);
}

static void
apply_task_dispatched(struct state *st, const struct fact *f)
{
	struct task	*t = fact_task(st, f, F_e_task_dispatched_task);
	struct session	*s = fact_session(st, f, F_e_task_dispatched_session);
	uint64_t	 fence = rec_u64(f->data, F_e_task_dispatched_fence);
	uint64_t	 number = rec_u64(f->data, F_e_task_dispatched_attempt);

	if (t == NULL || s == NULL || task_step(st, t, TE_DISPATCH) != 0 ||
	    session_step(st, s, SE_STEP) != 0)
		return;
	rec_set_u64(t->e.row, F_s_task_attempt, number);
	rec_set_u64(t->e.row, F_s_task_token,
	    rec_u64(f->data, F_e_task_dispatched_token));
	rec_set_u64(t->e.row, F_s_task_fence, fence);
	rec_set_u64(t->e.row, F_s_task_tries, 0);
	rec_set_str(t->e.row, F_s_task_why, "");
	rec_set_str(t->e.row, F_s_task_ended, "");
	rec_set_u64(t->e.row, F_s_task_files, 0);
	rec_set_u64(t->e.row, F_s_task_started, (uint64_t)f->time);
	rec_set_u64(s->e.row, F_s_session_attempt, number);
	rec_set_u64(s->e.row, F_s_session_fence, fence);
	if (fence > st->last_fence)
		st->last_fence = fence;
	owe_session(st, EF_STEP, s, f->seq);
}

/* A clean end is reviewed; any other waits until what it left was kept. */
static void
apply_task_ran(struct state *st, const struct fact *f)
{
	const struct rec	*ev = f->data;
	struct task		*t = fact_task(st, f, F_e_task_ran_task);
	struct session		*s = fact_session(st, f, F_e_task_ran_session);

	if (t == NULL || s == NULL)
		return;
	rec_set_str(t->e.row, F_s_task_why, rec_str(ev, F_e_task_ran_why));
	rec_set_i64(t->e.row, F_s_task_exit, rec_i64(ev, F_e_task_ran_status));
	rec_set_str(t->e.row, F_s_task_ended,
	    rec_str(ev, F_e_task_ran_summary));
	rec_set_u64(t->e.row, F_s_task_ran, f->seq);
	ledger_ran(st, f, t);
	attempt_over(st, t, f);
	settle_session(st, EF_STEP, s);
	settle_session(st, EF_CANCEL, s);
	task_unpause(st, t);
	if (strcmp(rec_str(ev, F_e_task_ran_why), "exit") == 0 &&
	    rec_i64(ev, F_e_task_ran_status) == 0 &&
	    !rec_u64(t->e.row, F_s_task_cancelling))
		task_step(st, t, TE_REVIEW);
	else
		state_dirty(st, &t->e);
}

static void
apply_task_lost(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_lost_task)) == NULL)
		return;
	task_unpause(st, t);
	rec_set_str(t->e.row, F_s_task_why, "lost");
	rec_set_str(t->e.row, F_s_task_ended,
	    rec_str(f->data, F_e_task_lost_text));
	ledger_lost(st, f, t);
	attempt_over(st, t, f);
	state_dirty(st, &t->e);
}

void
task_stop(struct state *st, struct task *t, const struct fact *f)
{
	struct session	*s;

	if (t->state == TS_PAUSED)
		task_reason(t, "", "");
	if (task_step(st, t, TE_CANCELLING) != 0)
		return;
	s = t->session;
	if (s != NULL && s->state == SS_ACTIVE &&
	    session_step(st, s, SE_CANCEL) == 0)
		owe_session(st, EF_CANCEL, s, f->seq);
}

static void
apply_task_cancelling(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_cancelling_task)) == NULL)
		return;
	rec_set_u64(t->e.row, F_s_task_cancelling, 1);
	dep_doom(st, t);
	task_stop(st, t, f);
}

/* The end of a task: no session is its own any more. */
static void
task_end(struct state *st, struct task *t, enum task_event ev,
    const struct fact *f)
{
	if (task_step(st, t, ev) != 0)
		return;
	t->session = NULL;
	rec_set_u64(t->e.row, F_s_task_cancelling, 0);
	rec_set_u64(t->e.row, F_s_task_until, 0);
	rec_set_u64(t->e.row, F_s_task_finished, (uint64_t)f->time);
	tally_finished(st, t);
}

static void
apply_task_cancelled(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_cancelled_task)) == NULL)
		return;
	task_reason(t, "cancelled", "it was cancelled");
	task_end(st, t, TE_CANCEL, f);
}

static void
apply_task_unneeded(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_unneeded_task)) == NULL)
		return;
	task_reason(t, rec_str(f->data, F_e_task_unneeded_reason),
	    rec_str(f->data, F_e_task_unneeded_detail));
	task_end(st, t, TE_CANCEL, f);
}

static void
apply_task_failed(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_failed_task)) == NULL)
		return;
	task_reason(t, rec_str(f->data, F_e_task_failed_reason),
	    rec_str(f->data, F_e_task_failed_detail));
	task_end(st, t, TE_FAIL, f);
}

static void
apply_task_done(struct state *st, const struct fact *f)
{
	struct task	*t;

	if ((t = fact_task(st, f, F_e_task_done_task)) == NULL)
		return;
	task_reason(t, rec_str(f->data, F_e_task_done_reason),
	    rec_str(f->data, F_e_task_done_detail));
	task_end(st, t, TE_DONE, f);
}

static void
apply_task_retried(struct state *st, const struct fact *f)
{
	const char	*state = rec_str(f->data, F_e_task_retried_state);
	const char	*reason = rec_str(f->data, F_e_task_retried_reason);
	struct task	*t;
	int		 held = strcmp(state, "held") == 0;

	if ((t = fact_task(st, f, F_e_task_retried_task)) == NULL)
		return;
	task_reason(t, reason, *reason != '\0' ?
	    rec_str(f->data, F_e_task_retried_summary) : "");
	rec_set_u64(t->e.row, F_s_task_until,
	    rec_u64(f->data, F_e_task_retried_until));
	rec_set_u64(t->e.row, F_s_task_before,
	    rec_u64(t->e.row, F_s_task_attempt));
	rec_set_u64(t->e.row, F_s_task_overdue, 0);
	rec_set_u64(t->e.row, F_s_task_retries,
	    rec_u64(t->e.row, F_s_task_retries_max));
	rec_set_u64(t->e.row, F_s_task_tries, 0);
	rec_set_u64(t->e.row, F_s_task_finished, 0);
	rec_set_u64(t->e.row, F_s_task_expired, 0);
	if (rec_has(f->data, F_e_task_retried_deps))
		task_new_deps(st, t, f->data, F_e_task_retried_deps,
		    F_e_task_retried_needs);
	/* One that still ends must not be taken for its own at a restart. */
	rec_set_u64(t->e.row, F_s_task_session, 0);
	task_step(st, t, held ? TE_RETRY_HOLD :
	    strcmp(state, "ready") == 0 ? TE_RETRY : TE_RETRY_WAIT);
}

/* Where the work is: not in the attic any more. */
static void
apply_task_expired(struct state *st, const struct fact *f)
{
	static const char	 attic[] = "refs/praetor/attic/";
	struct task		*t;

	if ((t = fact_task(st, f, F_e_task_expired_task)) == NULL)
		return;
	rec_set_u64(t->e.row, F_s_task_expired, 1);
	if (strncmp(rec_str(t->e.row, F_s_task_ref), attic,
	    sizeof(attic) - 1) == 0)
		rec_set_str(t->e.row, F_s_task_ref, "");
	rec_set_u64(t->e.row, F_s_task_version,
	    rec_u64(t->e.row, F_s_task_version) + 1);
	owe_task(st, EF_EXPIRE, t, f->seq);
	ledger_freed(st, f, t);
	state_dirty(st, &t->e);
}

static void
apply_effect_delivered(struct state *st, const struct fact *f)
{
	settle_key(st, rec_str(f->data, F_e_effect_delivered_key));
}

/* As the parent found the disk: in no row, since it tells again. */
static void
apply_queue_full(struct state *st, const struct fact *f)
{
	snprintf(st->full, sizeof(st->full), "%s",
	    rec_str(f->data, F_e_queue_full_text));
}

/* The day or month of a quota is over. */
static void
apply_queue_opened(struct state *st, const struct fact *f)
{
	(void)f;
	queue_reopen(st);
}

static apply_handler *const handlers[REC_MAX] = {
	[REC_e_project_added] = apply_project_added,
	[REC_e_project_ready] = apply_project_ready,
	[REC_e_project_failed] = apply_project_failed,
	[REC_e_project_removed] = apply_project_removed,
	[REC_e_task_created] = apply_task_created,
	[REC_e_task_dep] = apply_task_dep,
	[REC_e_task_edited] = apply_task_edited,
	[REC_e_task_unproposed] = apply_nothing,
	[REC_e_task_moved] = apply_task_moved,
	[REC_e_task_cleaned] = apply_task_cleaned,
	[REC_e_task_ready] = apply_task_ready,
	[REC_e_task_held] = apply_task_held,
	[REC_e_task_waiting] = apply_task_waiting,
	[REC_e_task_released] = apply_task_released,
	[REC_e_task_paused] = apply_task_paused,
	[REC_e_task_resumed] = apply_task_resumed,
	[REC_e_task_dispatched] = apply_task_dispatched,
	[REC_e_task_ran] = apply_task_ran,
	[REC_e_task_lost] = apply_task_lost,
	[REC_e_task_cancelling] = apply_task_cancelling,
	[REC_e_task_cancelled] = apply_task_cancelled,
	[REC_e_task_failed] = apply_task_failed,
	[REC_e_task_done] = apply_task_done,
	[REC_e_task_retried] = apply_task_retried,
	[REC_e_session_created] = apply_session_created,
	[REC_e_session_based] = apply_session_based,
	[REC_e_session_idle] = apply_session_idle,
	[REC_e_session_booted] = apply_session_booted,
	[REC_e_session_failed] = apply_session_failed,
	[REC_e_session_stopping] = apply_session_stopping,
	[REC_e_session_gone] = apply_session_gone,
	[REC_e_session_purged] = apply_session_purged,
	[REC_e_change_created] = apply_change_created,
	[REC_e_change_imported] = apply_change_imported,
	[REC_e_change_kept] = apply_change_kept,
	[REC_e_change_merging] = apply_change_merging,
	[REC_e_change_merged] = apply_change_merged,
	[REC_e_change_conflict] = apply_change_conflict,
	[REC_e_change_verifying] = apply_change_verifying,
	[REC_e_change_unverified] = apply_change_unverified,
	[REC_e_change_verified] = apply_change_verified,
	[REC_e_change_rejected] = apply_change_rejected,
	[REC_e_change_moved] = apply_change_moved,
	[REC_e_change_pushed] = apply_change_pushed,
	[REC_e_change_failed] = apply_change_failed,
	[REC_e_change_abandoned] = apply_change_abandoned,
	[REC_e_effect_delivered] = apply_effect_delivered,
	[REC_e_session_reach] = apply_session_reach,
	[REC_e_session_egress] = apply_session_egress,
	[REC_e_task_refused] = apply_nothing,
	[REC_e_gateway_restarted] = apply_nothing,
	[REC_e_change_asked] = apply_change_asked,
	[REC_e_change_approved] = apply_change_approved,
	[REC_e_change_refused] = apply_change_refused,
	[REC_e_change_expired] = apply_change_expired,
	[REC_e_change_denied] = apply_change_denied,
	[REC_e_task_expired] = apply_task_expired,
	[REC_e_task_used] = apply_task_used,
	[REC_e_task_unneeded] = apply_task_unneeded,
	[REC_e_task_delayed] = apply_task_delayed,
	[REC_e_task_overdue] = apply_task_overdue,
	[REC_e_queue_opened] = apply_queue_opened,
	[REC_e_queue_full] = apply_queue_full,
	[REC_e_queue_braked] = apply_queue_braked,
	[REC_e_schedule_added] = apply_schedule_added,
	[REC_e_schedule_removed] = apply_schedule_removed,
	[REC_e_schedule_paused] = apply_schedule_paused,
	[REC_e_schedule_resumed] = apply_schedule_resumed,
	[REC_e_schedule_ran] = apply_schedule_ran,
	[REC_e_schedule_skipped] = apply_schedule_skipped,
	[REC_e_queue_released] = apply_queue_released
};

int
apply(struct state *st, const struct fact *f)
{
	apply_handler	*handler = handlers[rec_kind(f->data)];

	st->now = f->time;
	if (handler == NULL)
		apply_refuse(st);
	else if (st->err == 0)
		handler(st, f);
	return (st->err);
}
