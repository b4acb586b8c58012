/*
 * What holds in the engine's random walk, whatever has happened.  Runs in a
 * test program; it only looks.
 */
#include "engine/deps.h"
#include "engine/queue.h"
#include "engine/views.h"
#include "tests/tap.h"
#include "tests/walk.h"

/* What counts at a gate is what has to pass it. */
static void
check_gates(const struct world *w)
{
	struct gate	*g;
	struct pass	*p;
	struct task	*t;
	uint64_t	 n;

	RB_FOREACH(g, gates, &w->st->queue->gates) {
		n = 0;
		RB_FOREACH(t, task_ids, &w->st->tasks)
			TAILQ_FOREACH(p, &g->passes, of_gate)
				n += t->strand != NULL &&
				    (p->node == &t->strand->n ||
				    p->node == &t->strand->lane->n) &&
				    (g->what == QT_QUEUED ?
				    t->place == PL_QUEUED ||
				    t->place == PL_READY :
				    t->place == PL_RUNNING);
		assert_int_equal(g->used, n);
		assert_true(g->shut == (g->what == QT_RUNNING &&
		    g->used >= g->most));
	}
}

struct order {
	uint8_t		 ids[20][ULID_LEN];
	unsigned int	 n;
};

static int
order_add(void *arg, struct task *t, unsigned int place)
{
	struct order	*o = arg;

	assert_int_equal(place, o->n + 1);
	assert_int_equal(t->state, TS_READY);
	memcpy(o->ids[o->n++], rec_id(t->e.row, F_s_task_id), ULID_LEN);
	return (0);
}

/* What was made again from the rows is in the same order. */
void
check_order(const struct world *w, struct state *st)
{
	struct order	 a = { .n = 0 }, b = { .n = 0 };

	queue_simulate(w->st, w->time, 20, order_add, &a);
	queue_simulate(st, w->time, 20, order_add, &b);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.ids, b.ids, sizeof(a.ids));
}

/* What is kept along the edges is what they say. */
static void
check_stuck(const struct task *t)
{
	const struct edge	*ed;
	unsigned int		 n = 0;
	int			 stuck;

	TAILQ_FOREACH(ed, &t->deps, out)
		n += ed->to->stuck && ed->is != DEP_MET;
	stuck = t->state == TS_FAILED || t->state == TS_CANCELLED ||
	    t->state == TS_HELD || t->state == TS_PAUSED || task_asks(t) ||
	    (t->state == TS_WAITING && n > 0);
	assert_int_equal(t->nstuck, n);
	assert_int_equal(t->stuck, stuck);
	assert_false(t->on);
	if (stuck)
		assert_int_not_equal(task_cause(t, 0)->state, TS_WAITING);
}

/* What began waits no more; what waited for a failure may have been retried. */
static void
check_began(const struct task *t)
{
	const struct edge	*ed;

	TAILQ_FOREACH(ed, &t->deps, out)
		if (ed->kind == DEP_OK || ed->kind == DEP_MERGED)
			assert_int_equal(ed->is, DEP_MET);
}

/* How each edge stands, counted anew. */
static void
check_deps(const struct task *t)
{
	const struct edge	*ed;
	struct dep_end		 end;
	unsigned int		 n[DEP_IS_MAX] = { 0 };

	TAILQ_FOREACH(ed, &t->deps, out) {
		end = dep_end(ed->to);
		n[dep_stands(ed->kind, &end)]++;
	}
	assert_memory_equal(n, t->ndeps, sizeof(n));
	/* All that is left there is a composite whose parts still end. */
	assert_int_equal(t->doomed, task_whole(t) && t->state == TS_WAITING &&
	    rec_u64(t->e.row, F_s_task_cancelling));
	assert_true(n[DEP_NEVER] == 0 || (t->state != TS_WAITING &&
	    t->state != TS_HELD));
}

static void
check_task(const struct world *w, const struct task *t)
{
	char	 sentence[TEXT_LINE];

	check_stuck(t);
	if (t->state == TS_RUNNING || t->state == TS_REVIEW)
		check_began(t);
	if (t->state == TS_PAUSED)
		assert_true(t->session != NULL &&
		    t->session->state != SS_GONE);
	if (t->state == TS_HELD)
		assert_null(t->session);
	if (t->state == TS_READY)
		check_began(t);
	if (t->state == TS_RUNNING)
		assert_true(t->session != NULL || t->change != NULL);
	if (t->state == TS_REVIEW)
		assert_true(t->session != NULL || t->change != NULL);
	if (t->state == TS_WAITING)
		assert_false(task_deps_done(t));
	check_deps(t);
	if (task_final(t->state))
		assert_null(t->session);
	assert_int_equal(t->place == PL_READY, t->state == TS_READY &&
	    t->session == NULL);
	assert_true(*task_why(w->st, w->conf, t, sentence) != '\0');
	assert_true(*sentence != '\0');
}

/* Something is under way for a session that is not gone, or its rest. */
static void
check_session(const struct world *w, const struct session *s)
{
	uint64_t	 id = rec_u64(s->e.row, F_s_session_id);
	int		 busy;

	assert_non_null(s->task);
	busy = s->state == SS_IDLE || s->state == SS_ACTIVE ||
	    s->state == SS_CANCELLING ||
	    owed_session(w->st, EF_BASE, id) != NULL ||
	    owed_session(w->st, EF_START, id) != NULL ||
	    owed_session(w->st, EF_STOP, id) != NULL ||
	    owed_session(w->st, EF_PURGE, id) != NULL ||
	    (s->task->change != NULL && rec_u64(s->task->change->e.row,
	    F_s_change_session) == id);
	assert_true(busy);
}

static void
check_change(const struct world *w, const struct change *c)
{
	if (c->state == CS_IMPORTING)
		assert_non_null(owed_change(w->st, EF_IMPORT, c));
	if (c->state == CS_MERGING)
		assert_non_null(owed_change(w->st, EF_MERGE, c));
	if (c->state == CS_VERIFIED)
		assert_non_null(owed_change(w->st, EF_LAND, c));
	if (c->state == CS_VERIFYING)
		assert_non_null(c->verifier);
	if (c->state == CS_ASKING) {
		assert_int_equal(strlen(rec_str(c->e.row, F_s_change_hash)),
		    64);
		assert_true(*rec_str(c->e.row, F_s_change_keys) != '\0');
		assert_ptr_not_equal(c->task->project->landing, c);
	}
	/* Nothing that was asked about lands unless it was approved. */
	if (c->state == CS_VERIFIED && rec_has(c->e.row, F_s_change_hash))
		assert_true(rec_has(c->e.row, F_s_change_approver));
	assert_false(change_final(c->state));
	assert_ptr_equal(c->task->change, c);
}

void
check_world(struct world *w)
{
	unsigned int	 live = 0, tasks = 0, i;
	struct project	*p;
	struct session	*s;
	struct change	*c;
	struct task	*t;

	assert_int_equal(w->st->err, 0);
	RB_FOREACH(t, task_ids, &w->st->tasks) {
		check_task(w, t);
		tasks++;
	}
	for (i = 0; i < TS_MAX; i++)
		tasks -= w->st->ntasks[i];
	assert_int_equal(tasks, 0);
	RB_FOREACH(s, session_ids, &w->st->sessions) {
		check_session(w, s);
		live += (unsigned int)session_live(s);
	}
	assert_int_equal(live, w->st->nlive);
	assert_true(live <= SESSIONS);
	check_gates(w);
	RB_FOREACH(c, change_ids, &w->st->changes)
		check_change(w, c);
	RB_FOREACH(p, project_names, &w->st->projects)
		if (p->landing != NULL)
			assert_ptr_equal(p->landing->task->project, p);
}
