/*
 * What would be started next, and when.  Engine.  Sessions are taken to become
 * free as attempts take on average; nothing is changed by looking.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/when.h"
#include "engine/forecast.h"
#include "engine/queue.h"
#include "engine/request.h"
#include "engine/text.h"

#define SIMULATE_DFLT	20

/* When each session is free again, as tasks are given to them in turn. */
struct forecast {
	struct state	*st;
	int64_t		 now;
	uint64_t	*slots;		/* owned: us since 1970 */
	size_t		 nslots;
	int		 unknown;	/* how long some task takes */
	const struct task *stop;	/* look no further */
	struct request	*rq;		/* simulate: whom to tell */
	unsigned int	 place;		/* of the last one */
	uint64_t	 start;
};

static uint64_t
account_mean(const struct state *st, const char *key)
{
	const struct account	*a = state_account(st, key);

	return (a == NULL ? 0 : ledger_mean(a->e.row, RS_WALL));
}

/* What an attempt takes; 0 when nobody knows. */
static uint64_t
task_mean(const struct state *st, const struct task *t)
{
	const struct rec	*row = t->e.row;
	char			 key[ACCOUNT_KEY];
	uint64_t		 us = 0;

	if (!rec_has(row, F_s_task_run)) {
		ledger_key(key, "agent", rec_str(row, F_s_task_agent));
		us = account_mean(st, key);
	}
	if (us == 0) {
		ledger_key(key, "project", rec_str(row, F_s_task_project));
		us = account_mean(st, key);
	}
	if (us == 0) {
		ledger_user(key, rec_u64(row, F_s_task_uid));
		us = account_mean(st, key);
	}
	return (us);
}

/* When the attempt of a task that runs is expected to be over; 0 unknown. */
static uint64_t
task_over(const struct state *st, const struct task *t, int64_t now)
{
	uint64_t	 began = rec_u64(t->e.row, F_s_task_started);
	uint64_t	 mean = task_mean(st, t);

	if (mean == 0 || (t->state != TS_RUNNING && t->state != TS_READY))
		return (0);
	if (t->state == TS_READY || began == 0)
		began = (uint64_t)now;		/* it is being made ready */
	if (began + mean <= (uint64_t)now)	/* nobody knows: as long again */
		began = (uint64_t)now;
	return (began + mean);
}

static int
forecast_begin(struct forecast *f, struct state *st,
    const struct config *conf, int64_t now)
{
	struct session	*s;
	uint64_t	 over;
	size_t		 i, busy = 0;

	memset(f, 0, sizeof(*f));
	f->st = st;
	f->now = now;
	f->nslots = config_u64(conf, F_k_main_sessions_max);
	if ((f->slots = calloc(f->nslots, sizeof(*f->slots))) == NULL)
		return (-1);
	for (i = 0; i < f->nslots; i++)
		f->slots[i] = (uint64_t)now;
	RB_FOREACH(s, session_ids, &st->sessions) {
		if (!session_live(s) || busy == f->nslots)
			continue;
		over = s->task->session == s ? task_over(st, s->task, now) : 0;
		if (over == 0)
			f->unknown = 1;
		else
			f->slots[busy] = over;
		busy++;
	}
	return (0);
}

/* The next task: the session that is free first is for it. */
static int
forecast_next(void *arg, struct task *t, unsigned int place)
{
	struct forecast	*f = arg;
	uint64_t	 mean = task_mean(f->st, t);
	size_t		 i, first = 0;

	for (i = 1; i < f->nslots; i++)
		if (f->slots[i] < f->slots[first])
			first = i;
	f->place = place;
	f->start = f->unknown ? 0 : f->slots[first];
	f->slots[first] += mean;
	if (mean == 0)
		f->unknown = 1;
	return (t == f->stop);
}

static void
why_place(struct forecast *f, const struct task *t, struct rec *v)
{
	f->stop = t;
	if (queue_simulate(f->st, f->now, FORECAST_MOST, forecast_next,
	    f) != 1)
		return;
	rec_set_u64(v, F_v_why_place, f->place);
	if (f->start > (uint64_t)f->now)
		rec_set_u64(v, F_v_why_start, f->start);
}

void
forecast_why(struct state *st, const struct config *conf, struct task *t,
    int64_t now, struct rec *v)
{
	const struct gate	*g;
	struct forecast		 f;
	uint64_t		 over;

	if (t->state == TS_RUNNING && (over = task_over(st, t, now)) >
	    (uint64_t)now)
		rec_set_u64(v, F_v_why_end, over);
	if (t->place != PL_READY)
		return;
	if ((g = queue_shut(t)) != NULL) {
		if (g->until != 0)
			rec_set_u64(v, F_v_why_until, (uint64_t)g->until);
		return;
	}
	if (forecast_begin(&f, st, conf, now) == 0)
		why_place(&f, t, v);
	free(f.slots);
}

/* Commands. */

static void
turn_sentence(const struct task *t, const struct standing *user,
    const struct standing *project, char line[TEXT_LINE])
{
	snprintf(line, TEXT_LINE, "priority %" PRId64 "; its user has used "
	    "%" PRIu64 " with a share of %" PRIu64 ", its project %" PRIu64
	    " with a share of %" PRIu64, rec_i64(t->e.row,
	    F_s_task_priority), user->used / 1000000, user->share,
	    project->used / 1000000, project->share);
}

static struct rec *
turn_view(const struct forecast *f, const struct task *t)
{
	struct rec	*v = rec_new(REC_v_turn);
	struct standing	 user, project;
	char		 line[TEXT_LINE], key[ACCOUNT_KEY];

	ledger_user(key, rec_u64(t->e.row, F_s_task_uid));
	queue_standing(f->st, key, f->now, &user);
	ledger_key(key, "project", rec_str(t->e.row, F_s_task_project));
	queue_standing(f->st, key, f->now, &project);
	rec_set_u64(v, F_v_turn_place, f->place);
	rec_set_id(v, F_v_turn_task, rec_id(t->e.row, F_s_task_id));
	if (rec_has(t->e.row, F_s_task_name))
		rec_set_str(v, F_v_turn_name, rec_str(t->e.row,
		    F_s_task_name));
	rec_set_str(v, F_v_turn_project, rec_str(t->e.row,
	    F_s_task_project));
	rec_set_u64(v, F_v_turn_uid, rec_u64(t->e.row, F_s_task_uid));
	rec_set_i64(v, F_v_turn_priority, rec_i64(t->e.row,
	    F_s_task_priority));
	rec_set_u64(v, F_v_turn_created, rec_u64(t->e.row,
	    F_s_task_created));
	rec_set_u64(v, F_v_turn_user_used, user.used);
	rec_set_u64(v, F_v_turn_user_share, user.share);
	rec_set_u64(v, F_v_turn_project_used, project.used);
	rec_set_u64(v, F_v_turn_project_share, project.share);
	if (f->start > (uint64_t)f->now)
		rec_set_u64(v, F_v_turn_start, f->start);
	turn_sentence(t, &user, &project, line);
	rec_set_str(v, F_v_turn_sentence, line);
	return (v);
}

/* Others' tasks have their place, but only who may see them sees them. */
static int
simulate_next(void *arg, struct task *t, unsigned int place)
{
	struct forecast	*f = arg;

	(void)forecast_next(f, t, place);
	if (request_permits(f->rq, rec_str(t->e.row, F_s_task_project)))
		request_item(f->rq, turn_view(f, t));
	return (0);
}

int
read_queue_simulate(struct engine *e, struct request *rq)
{
	uint64_t	 most = rec_u64(rq->cmd, F_c_queue_simulate_limit);
	struct forecast	 f;

	if (most == 0)
		most = SIMULATE_DFLT;
	if (most > FORECAST_MOST)
		return (request_done(rq, PRA_EINVALID, NULL, "limit %" PRIu64
		    " is not from 1 to %d", most, FORECAST_MOST));
	if (forecast_begin(&f, e->st, e->conf, wall_now().us) != 0)
		return (request_done(rq, PRA_ENOMEM, NULL, "%s", ""));
	f.rq = rq;
	(void)queue_simulate(e->st, f.now, (unsigned int)most, simulate_next,
	    &f);
	free(f.slots);
	return (request_done(rq, 0, NULL, "%s", ""));
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
