/*
 * Carrying out what is owed: messages to reviewer, parent and executors made
 * of today's state.  Engine; runs after the commit, and again whenever a
 * receiver is new, so receivers take them as idempotent by session number,
 * change or project.
 */
#include <stdio.h>
#include <string.h>
#include <bsd/string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/crash.h"
#include "engine/deps.h"
#include "engine/effects.h"
#include "engine/links.h"
#include "engine/owe.h"
#include "engine/sched.h"
#include "engine/text.h"
#include "engine/turn.h"

#define BUSY_MAX	60	/* refusals of the parent that are waited out */

/* Send one; 1 when it was sent, 0 when nobody is there to take it. */
typedef int	 sender(struct engine *, struct owed *);

static struct session *
owed_of_session(struct engine *e, const struct owed *o)
{
	return (state_session(e->st, rec_u64(o->e.row, F_s_owed_session)));
}

static struct change *
owed_of_change(struct engine *e, const struct owed *o)
{
	return (state_change(e->st, rec_id(o->e.row, F_s_owed_change)));
}

static int
to_review(struct engine *e, enum msg_type type, struct rec *r)
{
	return (peer_send_rec(e->review, type, 0, -1, r) == 0);
}

/* Numbered, so that its answer settles this and not what is owed later. */
static int
to_review_of(struct engine *e, enum msg_type type, const struct owed *o,
    struct rec *r)
{
	return (peer_send_rec(e->review, type,
	    (uint32_t)rec_u64(o->e.row, F_s_owed_order), -1, r) == 0);
}

static int
to_parent(struct engine *e, enum msg_type type, uint64_t session)
{
	struct m_session	 m = { 0 };

	m.session = session;
	return (peer_send(e->role.parent, type, 0, -1, &m, sizeof(m)) == 0);
}

void
effects_delivered(struct engine *e, const struct owed *o, uint32_t id)
{
	struct input	*in;

	if (o != NULL && (uint32_t)rec_u64(o->e.row, F_s_owed_order) == id &&
	    (in = engine_input(e, IN_DELIVERED)) != NULL)
		strlcpy(in->text, rec_str(o->e.row, F_s_owed_key),
		    sizeof(in->text));
}

static int
send_open(struct engine *e, struct owed *o)
{
	const char	*name = rec_str(o->e.row, F_s_owed_project);
	struct project	*p = state_project(e->st, name);
	struct rec	*r;

	if (p == NULL)
		return (0);
	r = rec_new(REC_b_project_open);
	rec_set_str(r, F_b_project_open_project, name);
	rec_set_str(r, F_b_project_open_repo,
	    rec_str(p->e.row, F_s_project_repo));
	rec_set_str(r, F_b_project_open_branch,
	    rec_str(p->e.row, F_s_project_branch));
	return (to_review(e, MSG_PROJECT_OPEN, r));
}

static int
send_forget(struct engine *e, struct owed *o)
{
	struct rec	*r = rec_new(REC_b_project_drop);

	rec_set_str(r, F_b_project_drop_project,
	    rec_str(o->e.row, F_s_owed_project));
	return (to_review_of(e, MSG_PROJECT_DROP, o, r));
}

/* Files that the task waited for; the trees are the reviewer's own finds. */
static void
base_files(struct rec *r, const struct task *t)
{
	const struct edge	*ed;
	struct rec		*file;
	char			 name[TEXT_NAME];

	TAILQ_FOREACH(ed, &t->deps, out) {
		if (ed->kind != DEP_FILE || !rec_has(ed->to->e.row,
		    F_s_task_tree))
			continue;
		file = rec_new(REC_b_artifact);
		rec_set_str(file, F_b_artifact_task, text_task(name, ed->to));
		rec_set_oid(file, F_b_artifact_tree, rec_oid(ed->to->e.row,
		    F_s_task_tree));
		rec_set_str(file, F_b_artifact_path, dep_path(ed));
		rec_add_rec(r, F_b_base_want_files, file);
	}
}

static int
send_base(struct engine *e, struct owed *o)
{
	struct session	*s = owed_of_session(e, o);
	struct rec	*r;

	if (s == NULL)
		return (0);
	r = rec_new(REC_b_base_want);
	rec_set_u64(r, F_b_base_want_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_str(r, F_b_base_want_project,
	    rec_str(s->e.row, F_s_session_project));
	if (session_verifies(s) && s->change != NULL)
		rec_set_oid(r, F_b_base_want_tree,
		    rec_oid(s->change->e.row, F_s_change_candidate));
	else
		base_files(r, s->task);
	return (to_review(e, MSG_BASE_WANT, r));
}

static int
send_drop(struct engine *e, struct owed *o)
{
	struct rec	*r = rec_new(REC_b_base_drop);

	rec_set_u64(r, F_b_base_drop_session,
	    rec_u64(o->e.row, F_s_owed_session));
	return (to_review_of(e, MSG_BASE_DROP, o, r));
}

/* The parent cannot start it: the layers do not fit its message. */
static int
start_refused(struct engine *e, uint64_t session)
{
	struct input	*in = engine_input(e, IN_SESSION_FAIL);

	if (in == NULL)
		return (0);
	in->session = session;
	in->err = PRA_EUNSUPPORTED;
	snprintf(in->text, sizeof(in->text), "the base has more than %d "
	    "layers, or one with a bad name", LAYERS_MAX);
	return (1);
}

static int
send_start(struct engine *e, struct owed *o)
{
	struct session	*s = owed_of_session(e, o);
	struct m_start	 m = { 0 };
	const char	*layer;
	size_t		 i, n;

	if (s == NULL)
		return (0);
	m.session = rec_u64(s->e.row, F_s_session_id);
	if (links_find(e, m.session) != NULL)
		return (1);		/* it is there: hello will come */
	m.verify = (uint32_t)session_verifies(s);
	m.cpu_time = m.verify ? 0 : sched_cpu_time(e->conf, s->task);
	n = rec_count(s->e.row, F_s_session_layers);
	for (i = 0; i < n && i < LAYERS_MAX; i++) {
		layer = rec_nth_str(s->e.row, F_s_session_layers, i);
		if (strlcpy(m.layer[i], layer, LAYER_SIZE) >= LAYER_SIZE)
			n = LAYERS_MAX + 1;
	}
	if (n > LAYERS_MAX)
		return (start_refused(e, m.session));
	m.nlayers = (uint32_t)n;
	if (rec_has(s->e.row, F_s_session_commit))
		oid_format(m.git, rec_oid(s->e.row, F_s_session_commit));
	strlcpy(m.project, rec_str(s->e.row, F_s_session_project),
	    sizeof(m.project));
	if (!session_verifies(s) && !rec_has(s->task->e.row, F_s_task_run))
		strlcpy(m.agent, rec_str(s->task->e.row, F_s_task_agent),
		    sizeof(m.agent));
	return (peer_send(e->role.parent, MSG_SESSION_START, 0, -1, &m,
	    sizeof(m)) == 0);
}

static int
send_step(struct engine *e, struct owed *o)
{
	struct session	*s = owed_of_session(e, o);

	return (s != NULL && link_step(e, s));
}

static int
send_cancel(struct engine *e, struct owed *o)
{
	struct session	*s = owed_of_session(e, o);

	return (s != NULL && link_cancel(e, s));
}

static int
send_stop(struct engine *e, struct owed *o)
{
	return (to_parent(e, MSG_SESSION_STOP,
	    rec_u64(o->e.row, F_s_owed_session)));
}

static int
send_purge(struct engine *e, struct owed *o)
{
	return (to_parent(e, MSG_SESSION_PURGE,
	    rec_u64(o->e.row, F_s_owed_session)));
}

/* First the directory from the parent; effects_upper() goes on. */
static int
send_import(struct engine *e, struct owed *o)
{
	if (e->review == NULL)
		return (0);
	return (to_parent(e, MSG_UPPER_WANT,
	    rec_u64(o->e.row, F_s_owed_session)));
}

static int
send_merge(struct engine *e, struct owed *o)
{
	struct change	*c = owed_of_change(e, o);
	struct rec	*r;

	if (c == NULL)
		return (0);
	r = rec_new(REC_b_merge);
	rec_set_id(r, F_b_merge_change, rec_id(c->e.row, F_s_change_id));
	rec_set_str(r, F_b_merge_project,
	    rec_str(c->e.row, F_s_change_project));
	rec_set_oid(r, F_b_merge_base, rec_oid(c->e.row, F_s_change_base));
	rec_set_oid(r, F_b_merge_tree, rec_oid(c->e.row, F_s_change_tree));
	return (to_review(e, MSG_MERGE, r));
}

static int
send_expire(struct engine *e, struct owed *o)
{
	struct rec	*r = rec_new(REC_b_attic_drop);

	rec_set_str(r, F_b_attic_drop_project,
	    rec_str(o->e.row, F_s_owed_project));
	rec_set_id(r, F_b_attic_drop_task, rec_id(o->e.row, F_s_owed_task));
	/* As it was then: a later attempt's work is another's business. */
	rec_set_u64(r, F_b_attic_drop_attempt,
	    rec_u64(o->e.row, F_s_owed_attempt));
	return (to_review_of(e, MSG_ATTIC_DROP, o, r));
}

static int
send_land(struct engine *e, struct owed *o)
{
	struct change	*c = owed_of_change(e, o);
	struct buf	 b = { 0 };
	struct rec	*r;

	if (c == NULL || text_commit(&b, c->task, c) != 0) {
		buf_free(&b);
		return (0);
	}
	r = rec_new(REC_b_land);
	rec_set_id(r, F_b_land_change, rec_id(c->e.row, F_s_change_id));
	rec_set_str(r, F_b_land_project,
	    rec_str(c->e.row, F_s_change_project));
	rec_set_id(r, F_b_land_task, rec_id(c->e.row, F_s_change_task));
	rec_set_oid(r, F_b_land_onto, rec_oid(c->e.row, F_s_change_onto));
	rec_set_oid(r, F_b_land_tree, rec_oid(c->e.row, F_s_change_candidate));
	rec_set_bytes(r, F_b_land_message, b.data, b.len);
	rec_set_u64(r, F_b_land_time, rec_u64(c->e.row, F_s_change_accepted));
	buf_free(&b);
	return (to_review(e, MSG_LAND, r));
}

static sender *const senders[EF_MAX] = {
	[EF_OPEN] = send_open, [EF_FORGET] = send_forget,
	[EF_BASE] = send_base, [EF_DROP] = send_drop,
	[EF_START] = send_start, [EF_STEP] = send_step,
	[EF_CANCEL] = send_cancel, [EF_STOP] = send_stop,
	[EF_IMPORT] = send_import, [EF_PURGE] = send_purge,
	[EF_MERGE] = send_merge, [EF_LAND] = send_land,
	[EF_EXPIRE] = send_expire
};

static void
effect_send(struct engine *e, struct owed *o)
{
	enum effect	 f;

	f = effect_byname(rec_str(o->e.row, F_s_owed_kind));
	if (f == EF_MAX)
		return;
	if (effect_row(f)->to == P_REVIEW && e->review == NULL)
		return;
	CRASH_EFFECT(f, 0);
	o->sent = senders[f](e, o);
	CRASH_EFFECT(f, 1);
	o->soon = o->sent && effect_row(f)->to != P_EXEC;
}

void
effects_run(struct engine *e)
{
	struct owed	*o;

	if (!e->synced)
		return;
	e->awaited = 0;
	TAILQ_FOREACH(o, &e->st->due, due) {
		if (!o->sent)
			effect_send(e, o);
		e->awaited += (unsigned int)(o->sent && o->soon);
	}
}

void
effects_again(struct engine *e, enum proc to)
{
	struct owed	*o;
	enum effect	 f;

	TAILQ_FOREACH(o, &e->st->due, due) {
		f = effect_byname(rec_str(o->e.row, F_s_owed_kind));
		if (f == EF_MAX)
			continue;
		/* An import ends at the reviewer, whoever is asked first. */
		if (effect_row(f)->to == to ||
		    (f == EF_IMPORT && to == P_REVIEW))
			o->sent = 0;
	}
}

void
effects_keep(struct state *to, const struct state *from)
{
	struct owed	*o, *was;

	TAILQ_FOREACH(o, &to->due, due) {
		was = state_owed(from, rec_str(o->e.row, F_s_owed_key));
		if (was != NULL)
			o->sent = was->sent;
	}
}

/*
 * A new engine asks for what the parent has under way for the one before: it
 * starts that session, or its process has died and is not reaped yet.
 */
static int
busy(struct engine *e, struct owed *o)
{
	if (o == NULL || o->busy >= BUSY_MAX)
		return (0);
	o->busy++;
	o->sent = 0;
	turn_later(e);
	return (1);
}

int
effects_busy(struct engine *e, enum effect f, uint64_t session)
{
	return (busy(e, owed_session(e->st, f, session)));
}

static void
upper_failed(struct engine *e, uint64_t session, int err, const char *text)
{
	struct input	*in = engine_input(e, IN_UPPER_FAIL);

	if (in == NULL)
		return;
	in->session = session;
	in->err = err != 0 ? err : PRA_ESYSTEM;
	snprintf(in->text, sizeof(in->text), "%s", text);
}

static struct rec *
import_rec(const struct state *st, const struct change *c, int whole)
{
	struct rec	*r = rec_new(REC_b_import);
	struct session	*s;
	char		 line[TEXT_LINE], name[TEXT_NAME];

	snprintf(line, sizeof(line), "attempt %llu of %s",
	    (unsigned long long)rec_u64(c->e.row, F_s_change_attempt),
	    text_task(name, c->task));
	rec_set_id(r, F_b_import_change, rec_id(c->e.row, F_s_change_id));
	rec_set_str(r, F_b_import_project,
	    rec_str(c->e.row, F_s_change_project));
	rec_set_id(r, F_b_import_task, rec_id(c->e.row, F_s_change_task));
	rec_set_u64(r, F_b_import_attempt,
	    rec_u64(c->e.row, F_s_change_attempt));
	rec_set_oid(r, F_b_import_base, rec_oid(c->e.row, F_s_change_base));
	rec_set_u64(r, F_b_import_keep, rec_u64(c->e.row, F_s_change_keep));
	rec_set_str(r, F_b_import_subject, line);
	if (whole)
		rec_set_u64(r, F_b_import_whole, 1);
	s = state_session(st, rec_u64(c->e.row, F_s_change_session));
	if (s != NULL && dep_files(c->task) &&
	    rec_has(s->e.row, F_s_session_tree))
		rec_set_oid(r, F_b_import_given,
		    rec_oid(s->e.row, F_s_session_tree));
	return (r);
}

void
effects_upper(struct engine *e, const struct m_upper *u, int fd)
{
	struct session	*s = state_session(e->st, u->session);
	struct change	*c = s == NULL ? NULL : s->task->change;

	CRASH_AT(CP_UPPER);
	if (c != NULL && (c->state != CS_IMPORTING ||
	    rec_u64(c->e.row, F_s_change_session) != u->session))
		c = NULL;
	if (c != NULL && fd == -1 && u->err == PRA_ESTATE &&
	    busy(e, owed_change(e->st, EF_IMPORT, c)))
		return;
	if (c != NULL && fd == -1)
		upper_failed(e, u->session, u->err, u->text);
	else if (c != NULL && e->review != NULL &&
	    peer_send_rec(e->review, MSG_IMPORT, 0, fd,
	    import_rec(e->st, c, u->whole != 0)) == 0)
		return;
	else if (fd != -1)
		close(fd);	/* asked for again when there is a reviewer */
}
