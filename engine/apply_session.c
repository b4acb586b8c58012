/*
 * Applying events of sessions.  Engine, pure half.
 */
#include "common/err.h"
#include "engine/apply.h"
#include "engine/queue.h"

void
apply_session_created(struct state *st, const struct fact *f)
{
	const struct rec	*ev = f->data;
	struct rec		*row = rec_new(REC_s_session);
	struct session		*s;

	rec_set_u64(row, F_s_session_id,
	    rec_u64(ev, F_e_session_created_session));
	rec_set_str(row, F_s_session_project,
	    rec_str(ev, F_e_session_created_project));
	rec_set_str(row, F_s_session_kind,
	    rec_str(ev, F_e_session_created_kind));
	rec_set_id(row, F_s_session_task,
	    rec_id(ev, F_e_session_created_task));
	rec_set_str(row, F_s_session_state, session_fsm.states[SS_BOOTING]);
	rec_set_u64(row, F_s_session_started, (uint64_t)f->time);
	if (rec_has(ev, F_e_session_created_change))
		rec_set_id(row, F_s_session_change,
		    rec_id(ev, F_e_session_created_change));
	if ((s = state_add_session(st, row)) == NULL)
		return;
	state_dirty(st, &s->e);
	owe_session(st, EF_BASE, s, f->seq);
	s->task = fact_task(st, f, F_e_session_created_task);
	if (s->task == NULL)
		return;
	s->task->refs++;
	if (session_verifies(s)) {
		s->change = fact_change(st, f, F_e_session_created_change);
		if (s->change == NULL)
			return;
		s->change->verifier = s;
		rec_set_u64(s->change->e.row, F_s_change_verifier,
		    st->last_session);
		state_dirty(st, &s->change->e);
		return;
	}
	s->task->session = s;
	rec_set_u64(s->task->e.row, F_s_task_session, st->last_session);
	ledger_begun(st, f, s->task);
	queue_task(st, s->task);
	state_dirty(st, &s->task->e);
}

void
apply_session_based(struct state *st, const struct fact *f)
{
	const struct rec	*ev = f->data;
	struct session		*s;
	size_t			 i;

	if ((s = fact_session(st, f, F_e_session_based_session)) == NULL)
		return;
	if (rec_has(ev, F_e_session_based_commit))
		rec_set_oid(s->e.row, F_s_session_commit,
		    rec_oid(ev, F_e_session_based_commit));
	rec_set_oid(s->e.row, F_s_session_tree,
	    rec_oid(ev, F_e_session_based_tree));
	for (i = 0; i < rec_count(ev, F_e_session_based_layers); i++)
		rec_add_str(s->e.row, F_s_session_layers,
		    rec_nth_str(ev, F_e_session_based_layers, i));
	rec_set_u64(s->e.row, F_s_session_asked, 1);
	state_dirty(st, &s->e);
	settle_session(st, EF_BASE, s);
	owe_session(st, EF_START, s, f->seq);
}

void
apply_session_idle(struct state *st, const struct fact *f)
{
	struct session	*s;

	if ((s = fact_session(st, f, F_e_session_idle_session)) == NULL ||
	    session_step(st, s, SE_IDLE) != 0)
		return;
	rec_set_u64(s->e.row, F_s_session_pid,
	    rec_u64(f->data, F_e_session_idle_pid));
	settle_session(st, EF_START, s);
}

void
apply_session_booted(struct state *st, const struct fact *f)
{
	struct session	*s;

	if ((s = fact_session(st, f, F_e_session_booted_session)) == NULL)
		return;
	rec_set_u64(s->e.row, F_s_session_boot,
	    rec_u64(f->data, F_e_session_booted_boot));
	state_dirty(st, &s->e);
}

void
session_release(struct state *st, struct session *s, uint64_t order)
{
	rec_set_u64(s->e.row, F_s_session_saved, 1);
	state_dirty(st, &s->e);
	owe_session(st, EF_DROP, s, order);
	if (rec_u64(s->e.row, F_s_session_asked))
		owe_session(st, EF_PURGE, s, order);
	else
		state_drop_session(st, s);
}

/* Nothing can be asked of a dead session; its objects are free of it. */
static void
session_dead(struct state *st, struct session *s, const struct fact *f)
{
	static const enum effect	 moot[] = {
		EF_BASE, EF_START, EF_STEP, EF_CANCEL, EF_STOP
	};
	size_t				 i;

	for (i = 0; i < sizeof(moot) / sizeof(moot[0]); i++)
		settle_session(st, moot[i], s);
	rec_set_u64(s->e.row, F_s_session_ended, (uint64_t)f->time);
	if (s->change != NULL && s->change->verifier == s)
		s->change->verifier = NULL;
	if (s->task->session == s)
		s->task->session = NULL;
	queue_task(st, s->task);
}

void
apply_session_failed(struct state *st, const struct fact *f)
{
	struct session	*s;

	if ((s = fact_session(st, f, F_e_session_failed_session)) == NULL ||
	    session_step(st, s, SE_GONE) != 0)
		return;
	session_dead(st, s, f);
	session_release(st, s, f->seq);
}

void
apply_session_stopping(struct state *st, const struct fact *f)
{
	struct session	*s;
	int		 lost;

	lost = rec_u64(f->data, F_e_session_stopping_lost) != 0;
	if ((s = fact_session(st, f, F_e_session_stopping_session)) == NULL ||
	    session_step(st, s, lost ? SE_LOSE : SE_STOP) != 0)
		return;
	settle_session(st, EF_START, s);
	settle_session(st, EF_STEP, s);
	settle_session(st, EF_CANCEL, s);
	owe_session(st, EF_STOP, s, f->seq);
}

/*
 * A session that ran a step for a task stays until what it left was
 * imported; any other has left nothing of use.
 */
void
apply_session_gone(struct state *st, const struct fact *f)
{
	struct session	*s;

	if ((s = fact_session(st, f, F_e_session_gone_session)) == NULL ||
	    session_step(st, s, SE_GONE) != 0)
		return;
	session_dead(st, s, f);
	if (session_verifies(s) || rec_u64(s->e.row, F_s_session_fence) == 0)
		session_release(st, s, f->seq);
}

void
apply_session_purged(struct state *st, const struct fact *f)
{
	struct session	*s;

	if ((s = fact_session(st, f, F_e_session_purged_session)) == NULL)
		return;
	settle_session(st, EF_PURGE, s);
	state_drop_session(st, s);
}
