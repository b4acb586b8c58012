/*
 * The reviewer around an engine that dies.  Runs in test programs.
 */
#include "tests/crash_roles.h"
#include "tests/tap.h"

void
review_open(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct rec	*r = rec_of(m, REC_b_project_open);
	struct rec	*out = rec_new(REC_b_project_state);

	(void)s;
	rec_set_str(out, F_b_project_state_project,
	    rec_str(r, F_b_project_open_project));
	rec_set_str(out, F_b_project_state_err, "ok");
	rec_set_oid(out, F_b_project_state_head, er_oid);
	rec_free(r);
	send_rec(&w->w.review, MSG_PROJECT_STATE, 0, out);
}

/* An answer that is the question. */
static void
review_done(struct cw_world *w, const struct imsg *m, enum msg_type type)
{
	send_bytes(&w->w.review, type, m->hdr.id, -1, m->data, m->hdr.len);
}

void
review_forget(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	(void)s;
	w->forgot++;
	review_done(w, m, MSG_PROJECT_DROPPED);
}

void
review_base(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct rec	*r = rec_of(m, REC_b_base_want);
	struct rec	*out = rec_new(REC_b_base_ready);

	s = session_of(w, rec_u64(r, F_b_base_want_session));
	s->base = 1;
	rec_free(r);
	rec_set_u64(out, F_b_base_ready_session, s->number);
	rec_set_str(out, F_b_base_ready_err, "ok");
	rec_set_oid(out, F_b_base_ready_commit, er_oid);
	rec_set_oid(out, F_b_base_ready_tree, er_oid);
	rec_add_str(out, F_b_base_ready_layers, "0");
	send_rec(&w->w.review, MSG_BASE_READY, 0, out);
}

void
review_drop(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct rec	*r = rec_of(m, REC_b_base_drop);

	s = session_of(w, rec_u64(r, F_b_base_drop_session));
	s->base = 0;
	rec_free(r);
	review_done(w, m, MSG_BASE_DROPPED);
}

/* "land...": one file was changed. */
void
review_import(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct rec	*r = rec_of(m, REC_b_import);
	struct rec	*out = rec_new(REC_b_imported);
	struct cw_task	*t = task_by_id(w, rec_id(r, F_b_import_task));
	int		 files = strncmp(t->name, "land", 4) == 0;

	(void)s;
	rec_set_id(out, F_b_imported_change, rec_id(r, F_b_import_change));
	rec_set_str(out, F_b_imported_err, "ok");
	rec_set_u64(out, F_b_imported_files, (uint64_t)files);
	if (files) {
		rec_set_oid(out, F_b_imported_tree, er_oid);
		rec_set_oid(out, F_b_imported_from, er_oid);
		rec_set_str(out, F_b_imported_ref, "refs/praetor/attic/x");
	}
	rec_free(r);
	send_rec(&w->w.review, MSG_IMPORTED, 0, out);
}

void
review_merge(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct rec	*r = rec_of(m, REC_b_merge);
	struct rec	*out = rec_new(REC_b_merged);

	(void)s;
	rec_set_id(out, F_b_merged_change, rec_id(r, F_b_merge_change));
	rec_set_str(out, F_b_merged_err, "ok");
	rec_set_oid(out, F_b_merged_onto, er_oid);
	rec_set_oid(out, F_b_merged_tree, er_oid);
	rec_free(r);
	send_rec(&w->w.review, MSG_MERGED, 0, out);
}

/* The same change again: it is there already. */
void
review_land(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct rec	*r = rec_of(m, REC_b_land);
	struct rec	*out = rec_new(REC_b_landed);
	const uint8_t	*id = rec_id(r, F_b_land_change);
	unsigned int	 i;

	(void)s;
	for (i = 0; i < w->nlanded; i++)
		if (memcmp(w->landed[i], id, ULID_LEN) == 0)
			break;
	if (i == w->nlanded) {
		memcpy(w->landed[w->nlanded++], id, ULID_LEN);
		task_by_id(w, rec_id(r, F_b_land_task))->lands++;
	}
	rec_set_id(out, F_b_landed_change, id);
	rec_set_str(out, F_b_landed_err, "ok");
	rec_set_oid(out, F_b_landed_commit, er_oid);
	rec_free(r);
	send_rec(&w->w.review, MSG_LANDED, 0, out);
}

void
review_attic(struct cw_world *w, struct cw_session *s, const struct imsg *m)
{
	struct rec	*r = rec_of(m, REC_b_attic_drop);
	struct rec	*out = rec_new(REC_b_attic_dropped);

	(void)s;
	task_by_id(w, rec_id(r, F_b_attic_drop_task))->expired = 1;
	rec_set_id(out, F_b_attic_dropped_task,
	    rec_id(r, F_b_attic_drop_task));
	rec_free(r);
	send_rec(&w->w.review, MSG_ATTIC_DROPPED, m->hdr.id, out);
}
