/*
 * `task.deps`: dependencies as a list of edges, from the task that was asked
 * about on.  Engine.  It costs what it finds, and finds a bounded number.
 */
#include "common/err.h"
#include "engine/graph.h"
#include "engine/request.h"

#define EDGES_MOST	10000	/* of one answer */

static struct rec *
edge_view(const struct edge *ed)
{
	struct rec	*v = rec_new(REC_v_edge);

	rec_set_id(v, F_v_edge_task, rec_id(ed->from->e.row, F_s_task_id));
	rec_set_str(v, F_v_edge_name, rec_has(ed->from->e.row, F_s_task_name) ?
	    rec_str(ed->from->e.row, F_s_task_name) : NULL);
	rec_set_str(v, F_v_edge_state, task_fsm.states[ed->from->state]);
	rec_set_id(v, F_v_edge_dep, rec_id(ed->to->e.row, F_s_task_id));
	rec_set_str(v, F_v_edge_dep_name, rec_has(ed->to->e.row,
	    F_s_task_name) ? rec_str(ed->to->e.row, F_s_task_name) : NULL);
	rec_set_str(v, F_v_edge_dep_state, task_fsm.states[ed->to->state]);
	rec_set_str(v, F_v_edge_needs, dep_word(ed->kind));
	if (ed->kind == DEP_FILE)
		rec_set_str(v, F_v_edge_path, dep_path(ed));
	rec_set_u64(v, F_v_edge_met, ed->is == DEP_MET);
	return (v);
}

/*
 * Send an edge, and have its other end looked at too; not when that is in a
 * project that the client may not see.  0 when there have been enough.
 */
static int
deps_edge(struct request *rq, struct walk *w, struct edge *ed, int unblocks)
{
	struct task	*to = unblocks ? ed->from : ed->to;

	if (!request_permits(rq, rec_str(to->e.row, F_s_task_project)))
		return (1);
	if (++rq->attempt > EDGES_MOST)
		return (0);
	request_item(rq, edge_view(ed));
	if (rec_u64(rq->cmd, F_c_task_deps_tree))
		walk_add(w, to);
	return (1);
}

int
read_task_deps(struct engine *e, struct request *rq)
{
	struct walk	 w = TAILQ_HEAD_INITIALIZER(w);
	struct task	*t;
	struct edge	*ed;
	int		 room = 1, un;

	(void)e;
	t = request_task(rq, rec_str(rq->cmd, F_c_task_deps_task),
	    rec_str(rq->cmd, F_c_task_deps_project));
	if (t == NULL)
		return (1);
	un = rec_u64(rq->cmd, F_c_task_deps_unblocks) != 0;
	walk_add(&w, t);
	for (; t != NULL && room; t = TAILQ_NEXT(t, work)) {
		if (un) {
			TAILQ_FOREACH(ed, &t->rdeps, in)
				room = room && deps_edge(rq, &w, ed, un);
		} else {
			TAILQ_FOREACH(ed, &t->deps, out)
				room = room && deps_edge(rq, &w, ed, un);
		}
	}
	walk_end(&w);
	if (!room)
		return (request_done(rq, PRA_ELIMIT, "ask about a task further "
		    "down", "there are more than %d dependencies",
		    EDGES_MOST));
	return (request_done(rq, 0, NULL, "%s", ""));
}
