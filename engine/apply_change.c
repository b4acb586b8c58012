/*
 * Applying events of changes: import, merge, verification, landing.  Engine,
 * pure half.
 */
#include "common/err.h"
#include "engine/apply.h"
#include "engine/ledger.h"
#include "engine/tally.h"

void
apply_change_created(struct state *st, const struct fact *f)
{
	const struct rec	*ev = f->data;
	struct task		*t = fact_task(st, f, F_e_change_created_task);
	struct session		*s;
	struct change		*c;
	struct rec		*row;

	s = fact_session(st, f, F_e_change_created_session);
	if (t == NULL || s == NULL)
		return;
	row = rec_new(REC_s_change);
	rec_set_id(row, F_s_change_id, rec_id(ev, F_e_change_created_change));
	rec_set_u64(row, F_s_change_order, f->seq);
	rec_set_str(row, F_s_change_project,
	    rec_str(t->e.row, F_s_task_project));
	rec_set_id(row, F_s_change_task, rec_id(t->e.row, F_s_task_id));
	rec_set_u64(row, F_s_change_attempt,
	    rec_u64(s->e.row, F_s_session_attempt));
	rec_set_u64(row, F_s_change_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_str(row, F_s_change_state, change_fsm.states[CS_IMPORTING]);
	rec_set_u64(row, F_s_change_keep,
	    rec_u64(ev, F_e_change_created_keep));
	rec_set_oid(row, F_s_change_base,
	    rec_oid(s->e.row, F_s_session_commit));
	if ((c = state_add_change(st, row)) == NULL)
		return;
	state_link_change(st, c);
	rec_set_id(t->e.row, F_s_task_change,
	    rec_id(row, F_s_change_id));
	state_dirty(st, &t->e);
	state_dirty(st, &c->e);
	owe_change(st, EF_IMPORT, c, f->seq);
}

/* The session's directory is not needed for this change any more. */
static void
change_saved(struct state *st, struct change *c, uint64_t order)
{
	struct session	*s;

	settle_change(st, EF_IMPORT, c);
	s = state_session(st, rec_u64(c->e.row, F_s_change_session));
	if (s != NULL && !rec_u64(s->e.row, F_s_session_saved))
		session_release(st, s, order);
}

/* What the task left: its tree, which is the base's when nothing changed. */
static void
change_left(struct state *st, const struct change *c, const struct rec *ev,
    int tree)
{
	const struct session	*s;
	const uint8_t		*oid = NULL;

	s = state_session(st, rec_u64(c->e.row, F_s_change_session));
	if (rec_has(ev, tree))
		oid = rec_oid(ev, tree);
	else if (s != NULL && rec_has(s->e.row, F_s_session_tree))
		oid = rec_oid(s->e.row, F_s_session_tree);
	if (oid != NULL)
		rec_set_oid(c->task->e.row, F_s_task_tree, oid);
}

static void
change_found(struct state *st, struct change *c, const struct rec *ev,
    int files, int tree, int ref)
{
	struct task	*t = c->task;

	rec_set_u64(c->e.row, F_s_change_files, rec_u64(ev, files));
	rec_set_u64(t->e.row, F_s_task_files, rec_u64(ev, files));
	if (rec_has(ev, tree))
		rec_set_oid(c->e.row, F_s_change_tree, rec_oid(ev, tree));
	if (rec_has(ev, ref)) {
		rec_set_str(c->e.row, F_s_change_ref, rec_str(ev, ref));
		rec_set_str(t->e.row, F_s_task_ref, rec_str(ev, ref));
	}
	change_left(st, c, ev, tree);
	state_dirty(st, &t->e);
}

void
apply_change_imported(struct state *st, const struct fact *f)
{
	struct change	*c = fact_change(st, f, F_e_change_imported_change);
	int		 empty;

	if (c == NULL)
		return;
	empty = rec_u64(f->data, F_e_change_imported_files) == 0;
	change_found(st, c, f->data, F_e_change_imported_files,
	    F_e_change_imported_tree, F_e_change_imported_ref);
	rec_set_u64(c->e.row, F_s_change_bytes,
	    rec_u64(f->data, F_e_change_imported_bytes));
	rec_set_u64(c->e.row, F_s_change_order, f->seq);
	if (rec_has(f->data, F_e_change_imported_from))
		rec_set_oid(c->e.row, F_s_change_from,
		    rec_oid(f->data, F_e_change_imported_from));
	change_saved(st, c, f->seq);
	ledger_kept(st, f, c->task, rec_u64(f->data,
	    F_e_change_imported_bytes));
	if (change_step(st, c, empty ? CE_EMPTY : CE_IMPORTED) == 0 && empty)
		state_drop_change(st, c);
}

void
apply_change_kept(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_kept_change)) == NULL)
		return;
	change_found(st, c, f->data, F_e_change_kept_files,
	    F_e_change_kept_tree, F_e_change_kept_ref);
	change_saved(st, c, f->seq);
	ledger_kept(st, f, c->task, rec_u64(f->data, F_e_change_kept_bytes));
	if (change_step(st, c, CE_KEPT) == 0)
		state_drop_change(st, c);
}

void
apply_change_merging(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_merging_change)) != NULL &&
	    change_step(st, c, CE_MERGE) == 0)
		owe_change(st, EF_MERGE, c, f->seq);
}

void
apply_change_merged(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_merged_change)) == NULL ||
	    change_step(st, c, CE_MERGED) != 0)
		return;
	rec_set_oid(c->e.row, F_s_change_onto,
	    rec_oid(f->data, F_e_change_merged_onto));
	rec_set_oid(c->e.row, F_s_change_candidate,
	    rec_oid(f->data, F_e_change_merged_tree));
	settle_change(st, EF_MERGE, c);
}

/* Its row stays in the store. */
void
change_end(struct state *st, struct change *c, enum change_event ev,
    const char *text)
{
	if (change_step(st, c, ev) != 0)
		return;
	rec_set_str(c->e.row, F_s_change_text, text);
	settle_change(st, EF_MERGE, c);
	settle_change(st, EF_LAND, c);
	state_drop_change(st, c);
}

void
apply_change_conflict(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_conflict_change)) != NULL)
		change_end(st, c, CE_CONFLICT,
		    rec_str(f->data, F_e_change_conflict_summary));
}

void
apply_change_verifying(struct state *st, const struct fact *f)
{
	struct change	*c = fact_change(st, f, F_e_change_verifying_change);
	struct session	*s;
	uint64_t	 fence = rec_u64(f->data, F_e_change_verifying_fence);

	s = fact_session(st, f, F_e_change_verifying_session);
	if (c == NULL || s == NULL || change_step(st, c, CE_VERIFY) != 0 ||
	    session_step(st, s, SE_STEP) != 0)
		return;
	rec_set_u64(c->e.row, F_s_change_verifies,
	    rec_u64(f->data, F_e_change_verifying_number));
	rec_set_u64(s->e.row, F_s_session_fence, fence);
	rec_set_u64(s->e.row, F_s_session_attempt,
	    rec_u64(f->data, F_e_change_verifying_number));
	if (fence > st->last_fence)
		st->last_fence = fence;
	owe_session(st, EF_STEP, s, f->seq);
}

void
apply_change_unverified(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_unverified_change)) == NULL ||
	    change_step(st, c, CE_UNVERIFIED) != 0)
		return;
	c->verifier = NULL;
	rec_set_u64(c->e.row, F_s_change_tries,
	    rec_u64(c->e.row, F_s_change_tries) + 1);
}

void
apply_change_verified(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_verified_change)) == NULL ||
	    change_step(st, c, CE_VERIFIED) != 0)
		return;
	c->verifier = NULL;
	rec_set_u64(c->e.row, F_s_change_tries, 0);
	rec_set_u64(c->e.row, F_s_change_accepted, (uint64_t)f->time);
	owe_change(st, EF_LAND, c, f->seq);
}

void
apply_change_rejected(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_rejected_change)) != NULL)
		change_end(st, c, CE_REJECTED,
		    rec_str(f->data, F_e_change_rejected_summary));
}

void
apply_change_moved(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_moved_change)) == NULL ||
	    change_step(st, c, CE_MOVED) != 0)
		return;
	rec_set_u64(c->e.row, F_s_change_moves,
	    rec_u64(c->e.row, F_s_change_moves) + 1);
	settle_change(st, EF_LAND, c);
	owe_change(st, EF_MERGE, c, f->seq);
}

void
apply_change_pushed(struct state *st, const struct fact *f)
{
	const struct rec	*ev = f->data;
	const uint8_t		*oid = rec_oid(ev, F_e_change_pushed_commit);
	struct change		*c;
	struct task		*t;

	if ((c = fact_change(st, f, F_e_change_pushed_change)) == NULL ||
	    change_step(st, c, CE_PUSHED) != 0)
		return;
	t = c->task;
	rec_set_oid(c->e.row, F_s_change_commit, oid);
	rec_set_oid(t->e.row, F_s_task_commit, oid);
	rec_set_str(t->e.row, F_s_task_ref,
	    rec_str(ev, F_e_change_pushed_ref));
	state_dirty(st, &t->e);
	if (!rec_u64(ev, F_e_change_pushed_aside)) {
		rec_set_oid(t->project->e.row, F_s_project_head, oid);
		state_dirty(st, &t->project->e);
	}
	tally_landed(st, t, f);
	settle_change(st, EF_LAND, c);
	state_drop_change(st, c);
}

/*
 * A change that could not be imported leaves the session's directory where
 * it is: nobody else has the work.
 */
void
apply_change_failed(struct state *st, const struct fact *f)
{
	struct change	*c;
	struct session	*s;

	if ((c = fact_change(st, f, F_e_change_failed_change)) == NULL)
		return;
	if (c->state == CS_IMPORTING) {
		settle_change(st, EF_IMPORT, c);
		s = state_session(st, rec_u64(c->e.row, F_s_change_session));
		if (s != NULL) {
			owe_session(st, EF_DROP, s, f->seq);
			state_drop_session(st, s);
		}
		if (change_step(st, c, CE_FAIL) == 0)
			state_drop_change(st, c);
		return;
	}
	change_end(st, c, CE_FAIL, rec_str(f->data, F_e_change_failed_text));
}

void
apply_change_abandoned(struct state *st, const struct fact *f)
{
	struct change	*c;

	if ((c = fact_change(st, f, F_e_change_abandoned_change)) != NULL)
		change_end(st, c, CE_ABANDON,
		    rec_str(f->data, F_e_change_abandoned_summary));
}
