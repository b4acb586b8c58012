/*
 * What would be started next, and when.  Engine, pure half.  Sessions are
 * taken to become free as attempts take on average; nothing is changed by
 * looking.
 *
 * Tasks that the next maintenance is too near for wait until it is over, and
 * shorter ones behind them go first.  So sessions are given away twice: before
 * it, and after it, when those that waited for it have their turn.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/when.h"
#include "engine/brake.h"
#include "engine/forecast.h"
#include "engine/queue.h"
#include "engine/text.h"

/* When each session is free again, as tasks are given to them in turn. */
struct forecast {
	struct state	*st;
	const struct config *conf;
	int64_t		 now;
	uint64_t	*slots;		/* owned: us since 1970 */
	uint64_t	*after;		/* in it: after the maintenance */
	size_t		 nslots;
	int		 unknown;	/* how long some task takes */
	const struct task *stop;	/* look no further */
	turn_fn		*tell;
	void		*arg;
	/* Of the last one. */
	unsigned int	 place;
	uint64_t	 start;		/* 0: nobody knows */
	const char	*reason;	/* what keeps it all the same, or NULL */
	int64_t		 until;		/* when that ends by itself, or 0 */
	char		 kept[TEXT_LINE];
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
	f->conf = conf;
	f->now = now;
	f->nslots = config_u64(conf, F_k_main_sessions_max);
	if ((f->slots = calloc(2 * f->nslots, sizeof(*f->slots))) == NULL)
		return (-1);
	f->after = f->slots + f->nslots;
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
	memcpy(f->after, f->slots, f->nslots * sizeof(*f->slots));
	return (0);
}

static size_t
first_free(const uint64_t *slots, size_t n)
{
	size_t	 i, first = 0;

	for (i = 1; i < n; i++)
		if (slots[i] < slots[first])
			first = i;
	return (first);
}

/* What keeps a task whose turn it is then, in the order of task_why(). */
static const char *
kept_by(struct forecast *f, const struct task *t, uint64_t at)
{
	const char	*reason;

	reason = brake_at(f->st, f->conf, t, (int64_t)at, f->kept, &f->until);
	if (reason == NULL && *f->st->full != '\0') {
		snprintf(f->kept, sizeof(f->kept), "%s", f->st->full);
		reason = "disk-full";
	}
	return (reason);
}

/* The session that is free first is for a task, and no sooner than that. */
static void
forecast_give(struct forecast *f, const struct task *t)
{
	uint64_t	*slots = f->slots;
	uint64_t	 start, mean = task_mean(f->st, t);
	size_t		 i = first_free(slots, f->nslots);

	start = f->unknown ? (uint64_t)f->now : slots[i];
	f->reason = kept_by(f, t, start);
	if (f->until != 0 || start >= (uint64_t)f->conf->shut.until) {
		slots = f->after;
		i = first_free(slots, f->nslots);
		start = slots[i] > (uint64_t)f->until ? slots[i] :
		    (uint64_t)f->until;
	}
	slots[i] = start + mean;
	if (f->after[i] < slots[i])
		f->after[i] = slots[i];
	f->start = f->unknown || (f->reason != NULL && f->until == 0) ? 0 :
	    start;
	if (mean == 0)
		f->unknown = 1;
}

static int
forecast_next(void *arg, struct task *t, unsigned int place)
{
	struct forecast	*f = arg;

	f->place = place;
	forecast_give(f, t);
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
	/* Unless that is only why it will wait, when its turn comes. */
	if (f->until != 0 && strcmp(rec_str(v, F_v_why_reason),
	    f->reason) == 0)
		rec_set_u64(v, F_v_why_until, (uint64_t)f->until);
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

/* Why it is its turn; before that, what keeps it all the same. */
static void
turn_sentence(const struct forecast *f, const struct task *t,
    const struct standing *user, const struct standing *project,
    char line[TEXT_LINE])
{
	int	 n = 0;

	if (f->reason != NULL)
		n = snprintf(line, TEXT_LINE, "%.700s; ", f->kept);
	snprintf(line + n, TEXT_LINE - (size_t)n, "priority %" PRId64 "; its "
	    "user has used %" PRIu64 " with a share of %" PRIu64 ", its "
	    "project %" PRIu64 " with a share of %" PRIu64,
	    rec_i64(t->e.row, F_s_task_priority), user->used / 1000000,
	    user->share, project->used / 1000000, project->share);
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
	turn_sentence(f, t, &user, &project, line);
	rec_set_str(v, F_v_turn_sentence, line);
	if (f->reason != NULL)
		rec_set_str(v, F_v_turn_reason, f->reason);
	if (f->until != 0)
		rec_set_u64(v, F_v_turn_until, (uint64_t)f->until);
	return (v);
}

static int
turns_next(void *arg, struct task *t, unsigned int place)
{
	struct forecast	*f = arg;

	(void)forecast_next(f, t, place);
	f->tell(f->arg, t, turn_view(f, t));
	return (0);
}

int
forecast_turns(struct state *st, const struct config *conf, int64_t now,
    unsigned int most, turn_fn *fn, void *arg)
{
	struct forecast	 f;

	if (forecast_begin(&f, st, conf, now) != 0)
		return (PRA_ENOMEM);
	f.tell = fn;
	f.arg = arg;
	(void)queue_simulate(st, now, most, turns_next, &f);
	free(f.slots);
	return (0);
}
