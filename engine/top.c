/*
 * What is going on: counts of the queue, and each live session with what it
 * uses, which the parent knows.  Engine.
 */
#include <string.h>

#include "common/err.h"
#include "common/when.h"
#include "engine/links.h"
#include "engine/request.h"
#include "engine/top.h"

static struct rec *
top_head(struct engine *e)
{
	const struct state	*st = e->st;
	const struct change	*c;
	struct rec		*v = rec_new(REC_v_top);
	uint64_t		 asking = 0;

	TAILQ_FOREACH(c, &st->asking, queue)
		asking++;
	rec_set_u64(v, F_v_top_time, (uint64_t)wall_now().us);
	rec_set_u64(v, F_v_top_sessions, st->nlive);
	rec_set_u64(v, F_v_top_sessions_max,
	    config_u64(e->conf, F_k_main_sessions_max));
	rec_set_u64(v, F_v_top_waiting, st->ntasks[TS_WAITING]);
	rec_set_u64(v, F_v_top_ready, st->ntasks[TS_READY]);
	rec_set_u64(v, F_v_top_running, st->ntasks[TS_RUNNING]);
	rec_set_u64(v, F_v_top_review, st->ntasks[TS_REVIEW]);
	rec_set_u64(v, F_v_top_held, st->ntasks[TS_HELD]);
	rec_set_u64(v, F_v_top_paused, st->ntasks[TS_PAUSED]);
	rec_set_u64(v, F_v_top_asking, asking);
	return (v);
}

/* How much of its output is here. */
static uint64_t
printed(struct engine *e, const struct session *s)
{
	char	 name[LOG_NAME];

	if (s->change != NULL)
		log_verify(name, rec_id(s->change->e.row, F_s_change_id),
		    rec_u64(s->change->e.row, F_s_change_verifies));
	else if (rec_u64(s->e.row, F_s_session_attempt) != 0)
		log_work(name, rec_id(s->e.row, F_s_session_task),
		    rec_u64(s->e.row, F_s_session_attempt));
	else
		return (0);
	return (store_log_size(e->store, name));
}

static struct rec *
load_view(struct engine *e, const struct session *s)
{
	const struct rec	*row = s->e.row, *task = s->task->e.row;
	struct rec		*v = rec_new(REC_v_load);
	uint64_t		 began = rec_u64(row, F_s_session_started);
	uint64_t		 now = (uint64_t)wall_now().us;

	rec_set_u64(v, F_v_load_session, rec_u64(row, F_s_session_id));
	rec_set_str(v, F_v_load_state, rec_str(row, F_s_session_state));
	rec_set_str(v, F_v_load_purpose, rec_str(row, F_s_session_kind));
	rec_set_str(v, F_v_load_project, rec_str(row, F_s_session_project));
	rec_set_id(v, F_v_load_task, rec_id(row, F_s_session_task));
	if (rec_has(task, F_s_task_name))
		rec_set_str(v, F_v_load_name, rec_str(task, F_s_task_name));
	if (rec_has(task, F_s_task_agent))
		rec_set_str(v, F_v_load_agent, rec_str(task, F_s_task_agent));
	if (rec_has(row, F_s_session_attempt))
		rec_set_u64(v, F_v_load_attempt,
		    rec_u64(row, F_s_session_attempt));
	rec_set_u64(v, F_v_load_uid, rec_u64(task, F_s_task_uid));
	rec_set_u64(v, F_v_load_started, began);
	rec_set_u64(v, F_v_load_elapsed, now > began ? now - began : 0);
	rec_set_u64(v, F_v_load_printed, printed(e, s));
	return (v);
}

struct rec *
top_row(struct engine *e, const struct m_usage *m)
{
	const struct session	*s = state_session(e->st, m->session);
	struct rec		*v;

	if (s == NULL || !session_live(s))
		return (NULL);
	v = load_view(e, s);
	if (m->counted) {
		rec_set_u64(v, F_v_load_cpu, m->cpu);
		rec_set_u64(v, F_v_load_memory, m->memory);
		rec_set_u64(v, F_v_load_processes, m->processes);
	}
	return (v);
}

static struct rec *
permitted_row(struct request *rq, struct rec *row)
{
	if (request_permits(rq, rec_str(row, F_v_load_project)))
		return (row);
	rec_free(row);
	return (NULL);
}

/*
 * The parent tells of those that it was asked to start; the others come first,
 * and it cannot have been asked before it has this question.
 */
int
read_top(struct engine *e, struct request *rq)
{
	struct session	*s;

	request_item(rq, top_head(e));
	for (s = state_first_session(e->st); s != NULL;
	    s = RB_NEXT(session_ids, NULL, s))
		if (session_live(s) && !rec_u64(s->e.row, F_s_session_asked) &&
		    request_permits(rq, rec_str(s->e.row,
		    F_s_session_project)))
			request_item(rq, load_view(e, s));
	rq->row = permitted_row;
	return (request_ask(e, rq, MSG_USAGE, NULL, 0));
}
