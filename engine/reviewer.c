/*
 * The reviewer's answers become inputs.  Engine; the reviewer is trusted to
 * speak for the repository, its messages are decoded like any other's, and
 * one that cannot be is dropped: what was owed is then sent to the next.
 */
#include <stdio.h>
#include <unistd.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/clients.h"
#include "engine/effects.h"
#include "engine/owe.h"
#include "engine/reviewer.h"

static void
review_input(struct engine *e, struct msg *m, enum rec_kind body,
    enum input_kind kind)
{
	struct input	*in;
	struct rec	*r;
	int		 err;

	if ((err = msg_rec(m, body, &r)) != 0) {
		log_warnx("%s from the reviewer: %s", msg_name(m->type),
		    err_text(err));
		return;
	}
	if ((in = engine_input(e, kind)) == NULL)
		rec_free(r);
	else
		in->rec = r;
}

static void
on_project_state(struct peer *p, struct msg *m, void *arg)
{
	(void)p;
	review_input(arg, m, REC_b_project_state, IN_PROJECT_STATE);
}

/* What has no outcome to speak of: only that it is done. */
static void
on_project_dropped(struct peer *p, struct msg *m, void *arg)
{
	struct engine	*e = arg;
	struct rec	*r;

	(void)p;
	if (msg_rec(m, REC_b_project_drop, &r) != 0) {
		log_warnx("PROJECT_DROPPED from the reviewer cannot be read");
		return;
	}
	effects_delivered(e, owed_project(e->st, EF_FORGET,
	    rec_str(r, F_b_project_drop_project)), m->id);
	rec_free(r);
}

static void
on_attic_dropped(struct peer *p, struct msg *m, void *arg)
{
	struct engine	*e = arg;
	struct rec	*r;

	(void)p;
	if (msg_rec(m, REC_b_attic_dropped, &r) != 0) {
		log_warnx("ATTIC_DROPPED from the reviewer cannot be read");
		return;
	}
	effects_delivered(e, owed_task(e->st, EF_EXPIRE,
	    rec_id(r, F_b_attic_dropped_task)), m->id);
	rec_free(r);
}

static void
on_base_dropped(struct peer *p, struct msg *m, void *arg)
{
	struct engine	*e = arg;
	struct rec	*r;

	(void)p;
	if (msg_rec(m, REC_b_base_drop, &r) != 0) {
		log_warnx("BASE_DROPPED from the reviewer cannot be read");
		return;
	}
	effects_delivered(e, owed_session(e->st, EF_DROP,
	    rec_u64(r, F_b_base_drop_session)), m->id);
	rec_free(r);
}

static void
on_base_ready(struct peer *p, struct msg *m, void *arg)
{
	(void)p;
	review_input(arg, m, REC_b_base_ready, IN_BASE_READY);
}

static void
on_imported(struct peer *p, struct msg *m, void *arg)
{
	(void)p;
	review_input(arg, m, REC_b_imported, IN_IMPORTED);
}

static void
on_merged(struct peer *p, struct msg *m, void *arg)
{
	(void)p;
	review_input(arg, m, REC_b_merged, IN_MERGED);
}

static void
on_landed(struct peer *p, struct msg *m, void *arg)
{
	(void)p;
	review_input(arg, m, REC_b_landed, IN_LANDED);
}

static void
on_diff_part(struct peer *p, struct msg *m, void *arg)
{
	(void)p;
	clients_diff(arg, m->id, m->data, m->len);
}

static void
on_diff_end(struct peer *p, struct msg *m, void *arg)
{
	struct m_result	 res;

	(void)p;
	msg_get(m, &res, sizeof(res));
	res.text[sizeof(res.text) - 1] = '\0';
	clients_diff_end(arg, m->id, res.err, res.text);
}

static msg_handler *const handlers[MSG_MAX] = {
	[MSG_PROJECT_STATE] = on_project_state,
	[MSG_PROJECT_DROPPED] = on_project_dropped,
	[MSG_ATTIC_DROPPED] = on_attic_dropped,
	[MSG_BASE_READY] = on_base_ready,
	[MSG_BASE_DROPPED] = on_base_dropped,
	[MSG_IMPORTED] = on_imported,
	[MSG_MERGED] = on_merged,
	[MSG_LANDED] = on_landed,
	[MSG_DIFF_PART] = on_diff_part,
	[MSG_DIFF_END] = on_diff_end
};

static void
review_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct engine	*e = arg;

	log_info("the reviewer %s", why == PEER_LIED ? "broke the protocol" :
	    "has gone");
	if (e->review == p)
		e->review = NULL;
	peer_free(p);
	clients_diff_lost(e);
}

static const struct peer_ops review_ops = {
	.self = P_ENGINE, .other = P_REVIEW, .handlers = handlers,
	.ended = review_ended
};

void
reviewer_connect(struct engine *e, int fd)
{
	if (e->review != NULL) {
		peer_free(e->review);
		clients_diff_lost(e);
	}
	e->review = peer_new(e->role.base, fd, &review_ops, e);
	if (e->review == NULL) {
		log_warn("socket to the reviewer");
		close(fd);
		return;
	}
	effects_again(e, P_REVIEW);
	effects_run(e);
}
