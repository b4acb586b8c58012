/*
 * Numbers for a monitoring system.  Engine.  Metric by metric, because the
 * text form wants the samples of one together, and project by project, as fast
 * as the frontend takes them.  What belongs to no project needs a permit that
 * names none.
 */
#include <string.h>
#include <bsd/string.h>

#include "common/err.h"
#include "common/metrics.h"
#include "engine/ledger.h"
#include "engine/request.h"
#include "engine/tally.h"

/* Send the samples of a metric; p is NULL where they are of no project. */
typedef void	 source_fn(struct engine *e, struct request *rq,
		    enum metric m, const struct project *p);

static void
one(struct request *rq, enum metric m, uint64_t v)
{
	request_item(rq, metric_count(m, v));
}

static void
labelled(struct request *rq, enum metric m, const char *name,
    const char *value, uint64_t v)
{
	struct rec	*r = metric_count(m, v);

	metric_label(r, name, value);
	request_item(rq, r);
}

static void
put_info(struct engine *e, struct request *rq, enum metric m,
    const struct project *p)
{
	struct rec	*r = metric_count(m, 1);

	(void)p;
	metric_label(r, "version", config_str(e->conf, F_k_main_version));
	metric_label(r, "mode", config_str(e->conf, F_k_main_mode));
	request_item(rq, r);
}

static void
put_started(struct engine *e, struct request *rq, enum metric m,
    const struct project *p)
{
	(void)p;
	request_item(rq, metric_micro(m,
	    config_u64(e->conf, F_k_main_started)));
}

/* The numbers that stand somewhere already. */
static void
put_number(struct engine *e, struct request *rq, enum metric m,
    const struct project *p)
{
	const struct owed	*o;
	const struct change	*c;
	uint64_t		 v = 0;

	if (m == METRIC_EVENTS)
		v = store_last_seq(e->store);
	else if (m == METRIC_PROJECTS)
		v = e->st->nprojects;
	else if (m == METRIC_SESSIONS_MAX)
		v = config_u64(e->conf, F_k_main_sessions_max);
	else if (m == METRIC_OWED)
		TAILQ_FOREACH(o, &e->st->due, due)
			v++;
	else if (m == METRIC_APPROVALS)
		TAILQ_FOREACH(c, &e->st->asking, queue)
			v++;
	(void)p;
	one(rq, m, v);
}

static void
put_tasks(struct engine *e, struct request *rq, enum metric m,
    const struct project *p)
{
	int	 s;

	(void)p;
	for (s = 0; s < TS_MAX; s++)
		if (!task_final((enum task_state)s))
			labelled(rq, m, "state", task_fsm.states[s],
			    e->st->ntasks[s]);
}

static void
put_sessions(struct engine *e, struct request *rq, enum metric m,
    const struct project *p)
{
	struct session	*s;
	unsigned int		 n[SS_MAX] = { 0 };
	int			 i;

	(void)p;
	for (s = state_first_session(e->st); s != NULL;
	    s = RB_NEXT(session_ids, NULL, s))
		n[s->state]++;
	for (i = 0; i < SS_MAX; i++)
		if (i != SS_GONE)
			labelled(rq, m, "state", session_fsm.states[i], n[i]);
}

/* Of projects. */

static void
by_project(struct request *rq, const struct project *p, struct rec *r)
{
	metric_label(r, "project", rec_str(p->e.row, F_s_project_name));
	request_item(rq, r);
}

static void
put_unfinished(struct engine *e, struct request *rq, enum metric m,
    const struct project *p)
{
	(void)e;
	by_project(rq, p, metric_count(m, p->unfinished));
}

static void
put_by_state(struct request *rq, enum metric m, const struct project *p,
    const char *state, int field)
{
	struct rec	*r;

	r = metric_count(m, p->tally == NULL ? 0 :
	    rec_u64(p->tally->e.row, field));
	metric_label(r, "project", rec_str(p->e.row, F_s_project_name));
	metric_label(r, "state", state);
	request_item(rq, r);
}

static void
put_attempts(struct engine *e, struct request *rq, enum metric m,
    const struct project *p)
{
	(void)e;
	put_by_state(rq, m, p, "done", F_s_tally_attempts_done);
	put_by_state(rq, m, p, "failed", F_s_tally_attempts_failed);
	put_by_state(rq, m, p, "cancelled", F_s_tally_attempts_cancelled);
	put_by_state(rq, m, p, "lost", F_s_tally_attempts_lost);
}

static void
put_finished(struct engine *e, struct request *rq, enum metric m,
    const struct project *p)
{
	(void)e;
	put_by_state(rq, m, p, "done", F_s_tally_tasks_done);
	put_by_state(rq, m, p, "failed", F_s_tally_tasks_failed);
	put_by_state(rq, m, p, "cancelled", F_s_tally_tasks_cancelled);
}

static void
put_landed(struct engine *e, struct request *rq, enum metric m,
    const struct project *p)
{
	(void)e;
	by_project(rq, p, metric_count(m, p->tally == NULL ? 0 :
	    rec_u64(p->tally->e.row, F_s_tally_landed)));
}

static void
put_ledger(struct engine *e, struct request *rq, enum metric m,
    const struct project *p)
{
	static const enum resource	 of[METRIC_MAX] = {
		[METRIC_CPU] = RS_CPU, [METRIC_WALL] = RS_WALL,
		[METRIC_TOKENS] = RS_TOKENS, [METRIC_MONEY] = RS_MONEY
	};
	const struct account		*a;
	char				 key[ACCOUNT_KEY];
	uint64_t			 v;

	ledger_key(key, "project", rec_str(p->e.row, F_s_project_name));
	a = state_account(e->st, key);
	v = a == NULL ? 0 : ledger_total(a->e.row, of[m]);
	by_project(rq, p, m == METRIC_TOKENS ? metric_count(m, v) :
	    metric_micro(m, v));
}

static void
put_part(struct request *rq, const struct project *p, struct rec *r,
    const char *part, const char *le)
{
	rec_set_str(r, F_v_metric_part, part);
	metric_label(r, "project", rec_str(p->e.row, F_s_project_name));
	if (le != NULL)
		metric_label(r, "le", le);
	request_item(rq, r);
}

/* Buckets count what is at most their bound, so each has those before it. */
static void
put_spans(struct engine *e, struct request *rq, enum metric m,
    const struct project *p)
{
	static const enum span	 of[METRIC_MAX] = {
		[METRIC_WAIT] = SPAN_WAIT, [METRIC_RUN] = SPAN_RUN,
		[METRIC_LAND] = SPAN_LAND, [METRIC_BOOT] = SPAN_BOOT
	};
	const uint64_t		*bounds = span_bounds(of[m]);
	struct spans		 sp;
	char			 le[MICRO_TEXT];
	uint64_t		 n = 0;
	size_t			 i;

	(void)e;
	tally_spans(&sp, p->tally == NULL ? NULL : p->tally->e.row, of[m]);
	for (i = 0; i <= SPAN_BOUNDS; i++) {
		n += sp.n[i];
		put_part(rq, p, metric_count(m, n), "bucket",
		    i == SPAN_BOUNDS ? "+Inf" : micro_text(le, bounds[i]));
	}
	put_part(rq, p, metric_micro(m, sp.sum), "sum", NULL);
	put_part(rq, p, metric_count(m, n), "count", NULL);
}

static const struct {
	source_fn	*put;		/* NULL: by restart_row() */
	int		 projects;	/* once a project */
} sources[METRIC_MAX] = {
	[METRIC_INFO] = { put_info, 0 },
	[METRIC_STARTED] = { put_started, 0 },
	[METRIC_EVENTS] = { put_number, 0 },
	[METRIC_OWED] = { put_number, 0 },
	[METRIC_PROJECTS] = { put_number, 0 },
	[METRIC_TASKS] = { put_tasks, 0 },
	[METRIC_UNFINISHED] = { put_unfinished, 1 },
	[METRIC_APPROVALS] = { put_number, 0 },
	[METRIC_SESSIONS] = { put_sessions, 0 },
	[METRIC_SESSIONS_MAX] = { put_number, 0 },
	[METRIC_ATTEMPTS] = { put_attempts, 1 },
	[METRIC_FINISHED] = { put_finished, 1 },
	[METRIC_LANDED] = { put_landed, 1 },
	[METRIC_CPU] = { put_ledger, 1 },
	[METRIC_WALL] = { put_ledger, 1 },
	[METRIC_TOKENS] = { put_ledger, 1 },
	[METRIC_MONEY] = { put_ledger, 1 },
	[METRIC_WAIT] = { put_spans, 1 },
	[METRIC_RUN] = { put_spans, 1 },
	[METRIC_LAND] = { put_spans, 1 },
	[METRIC_BOOT] = { put_spans, 1 }
};

/* A process of the daemon, as the parent tells of it. */
static struct rec *
restart_row(struct request *rq, struct rec *row)
{
	struct rec	*r;

	(void)rq;
	r = metric_count(METRIC_RESTARTS, rec_u64(row, F_v_process_restarts));
	metric_label(r, "role", rec_str(row, F_v_process_role));
	rec_free(row);
	return (r);
}

/* rq->log is the last project of the metric rq->cursor.  1 when it is whole. */
static int
metric_send(struct engine *e, struct request *rq)
{
	enum metric	 m = (enum metric)rq->cursor;
	struct project	*p;
	const char	*name;

	if (!sources[m].projects) {
		if (sources[m].put != NULL && request_permits(rq, NULL))
			sources[m].put(e, rq, m, NULL);
		return (1);
	}
	while ((p = state_project_after(e->st, rq->log)) != NULL) {
		if (request_choked(rq))
			return (0);
		name = rec_str(p->e.row, F_s_project_name);
		strlcpy(rq->log, name, sizeof(rq->log));
		if (request_permits(rq, name))
			sources[m].put(e, rq, m, p);
	}
	rq->log[0] = '\0';
	return (1);
}

static int
pump_metrics(struct engine *e, struct request *rq)
{
	for (; rq->cursor < METRIC_MAX; rq->cursor++)
		if (!metric_send(e, rq))
			return (0);
	rq->pump = NULL;
	if (!request_permits(rq, NULL))
		return (request_done(rq, 0, NULL, "%s", ""));
	rq->row = restart_row;
	return (request_ask(e, rq, MSG_PROCESSES, NULL, 0));
}

int
read_metrics(struct engine *e, struct request *rq)
{
	rq->pump = pump_metrics;
	return (pump_metrics(e, rq));
}
