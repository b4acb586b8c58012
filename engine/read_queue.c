/*
 * `queue simulate` and `queue list`.  Engine.
 */
#include <inttypes.h>

#include "common/err.h"
#include "common/when.h"
#include "engine/forecast.h"
#include "engine/queue.h"
#include "engine/request.h"

#define SIMULATE_DFLT	20

/* Others' tasks have their place, but only who may see them sees them. */
static void
simulate_tell(void *arg, const struct task *t, struct rec *v)
{
	struct request	*rq = arg;

	if (request_permits(rq, rec_str(t->e.row, F_s_task_project)))
		request_item(rq, v);
	else
		rec_free(v);
}

int
read_queue_simulate(struct engine *e, struct request *rq)
{
	uint64_t	 most = rec_u64(rq->cmd, F_c_queue_simulate_limit);

	if (most == 0)
		most = SIMULATE_DFLT;
	if (most > FORECAST_MOST)
		return (request_done(rq, PRA_EINVALID, NULL, "limit %" PRIu64
		    " is not from 1 to %d", most, FORECAST_MOST));
	return (request_done(rq, forecast_turns(e->st, e->conf, wall_now().us,
	    (unsigned int)most, simulate_tell, rq), NULL, "%s", ""));
}

static uint64_t
limit_used(const struct state *st, const struct gate *g, int64_t now)
{
	const struct account	*a = state_account(st, g->whom);

	switch (g->what) {
	case QT_TOKENS:
		return (a == NULL ? 0 : ledger_day(a->e.row, RS_TOKENS, now));
	case QT_MONEY:
		return (a == NULL ? 0 : ledger_month(a->e.row, RS_MONEY, now));
	case QT_DISK:
		return (a == NULL ? 0 : rec_u64(a->e.row, F_s_usage_disk));
	case QT_RUNNING:
	case QT_QUEUED:
	case QT_MAX:
	default:
		return (g->used);
	}
}

static struct rec *
limit_view(const struct state *st, const struct gate *g, int64_t now)
{
	struct rec	*v = rec_new(REC_v_limit);

	rec_set_str(v, F_v_limit_whom, g->whom);
	rec_set_str(v, F_v_limit_what, quota_name(g->what));
	rec_set_u64(v, F_v_limit_used, limit_used(st, g, now));
	rec_set_u64(v, F_v_limit_most, g->most);
	rec_set_u64(v, F_v_limit_shut, (uint64_t)g->shut);
	if (g->until != 0)
		rec_set_u64(v, F_v_limit_until, (uint64_t)g->until);
	rec_set_str(v, F_v_limit_rule, queue_rule(st, g->what, g->whom));
	return (v);
}

int
read_queue_list(struct engine *e, struct request *rq)
{
	struct gate	*g;
	int64_t		 now = wall_now().us;

	if (!request_permits(rq, NULL))
		return (request_done(rq, PRA_EPERM, "an administrator can add "
		    "a permit rule to praetord.conf", "queue.list is not "
		    "permitted"));
	RB_FOREACH(g, gates, &e->st->queue->gates)
		request_item(rq, limit_view(e->st, g, now));
	return (request_done(rq, 0, NULL, "%s", ""));
}
