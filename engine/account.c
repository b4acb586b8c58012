/*
 * Accounts of the ledger, and what attempts have cost.  Engine.  Totals of
 * projects, users and agents are read from the ledger, whatever the length of
 * the history; all else is added up from the attempts in the time asked for, a
 * bounded number of them in one turn.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/string.h>
#include <bsd/sys/tree.h>

#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "engine/account.h"
#include "engine/fixed.h"
#include "engine/history.h"
#include "engine/ledger.h"
#include "engine/queue.h"

#define GROUPS_MOST	100000	/* sums in memory for one answer */

/* share */

/* Project accounts by project; all others are of no project. */
static int
account_seen(const struct request *rq, const char *key)
{
	char	 own[ACCOUNT_KEY];

	if (strncmp(key, "project/", 8) == 0)
		return (request_permits(rq, key + 8));
	ledger_user(own, rec_u64(rq->env, F_c_env_uid));
	return (strcmp(key, own) == 0 || request_permits(rq, NULL));
}

static int
account_wanted(const struct request *rq, const char *key)
{
	const struct rec	*cmd = rq->cmd;
	char			 project[ACCOUNT_KEY], user[ACCOUNT_KEY];
	int			 all = !rec_has(cmd, F_c_share_project) &&
	    !rec_has(cmd, F_c_share_uid);

	ledger_key(project, "project", rec_str(cmd, F_c_share_project));
	ledger_user(user, rec_u64(cmd, F_c_share_uid));
	return ((all || (rec_has(cmd, F_c_share_project) &&
	    strcmp(key, project) == 0) || (rec_has(cmd, F_c_share_uid) &&
	    strcmp(key, user) == 0)) && account_seen(rq, key));
}

static void
share_sums(struct rec *v, const struct rec *row, int64_t now, uint64_t half)
{
	static const struct {
		enum resource	 r;
		int		 total, decayed;
	} sums[] = {
		{ RS_CPU, F_v_share_cpu, F_v_share_cpu_decayed },
		{ RS_WALL, F_v_share_wall, F_v_share_wall_decayed },
		{ RS_TOKENS, F_v_share_tokens, F_v_share_tokens_decayed },
		{ RS_MONEY, F_v_share_money, F_v_share_money_decayed }
	};
	size_t	 i;

	for (i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		rec_set_u64(v, sums[i].total, ledger_total(row, sums[i].r));
		rec_set_u64(v, sums[i].decayed,
		    ledger_decayed(row, sums[i].r, now, half));
	}
	rec_set_u64(v, F_v_share_attempts, rec_u64(row, F_s_usage_attempts));
	rec_set_u64(v, F_v_share_tokens_day, ledger_day(row, RS_TOKENS, now));
	rec_set_u64(v, F_v_share_money_month,
	    ledger_month(row, RS_MONEY, now));
}

static struct rec *
share_view(struct engine *e, const struct rec *row)
{
	const char	*key = rec_str(row, F_s_usage_key);
	struct rec	*v = rec_new(REC_v_share);
	int64_t		 now = wall_now().us;
	struct standing	 s;

	rec_set_str(v, F_v_share_account, key);
	share_sums(v, row, now, config_u64(e->conf, F_k_main_half));
	if (strncmp(key, "user/", 5) != 0 && strncmp(key, "project/", 8) != 0)
		return (v);
	queue_standing(e->st, key, now, &s);
	rec_set_u64(v, F_v_share_share, s.share);
	rec_set_u64(v, F_v_share_used, s.used);
	rec_set_i64(v, F_v_share_points, s.points);
	rec_set_u64(v, F_v_share_running, s.running);
	return (v);
}

/* rq->log is the key of the last one seen. */
static int
pump_share(struct engine *e, struct request *rq)
{
	struct account	*a;
	const char	*key;

	while ((a = state_account_after(e->st, rq->log)) != NULL) {
		if (request_choked(rq))
			return (0);
		key = rec_str(a->e.row, F_s_usage_key);
		strlcpy(rq->log, key, sizeof(rq->log));
		if (account_wanted(rq, key))
			request_item(rq, share_view(e, a->e.row));
	}
	return (request_done(rq, 0, NULL, "%s", ""));
}

int
read_share(struct engine *e, struct request *rq)
{
	rq->pump = pump_share;
	return (pump_share(e, rq));
}

/* cost */

struct sum {
	RB_ENTRY(sum)	 by_key;	/* costs.sums */
	char		 key[ACCOUNT_KEY];
	char		 name[65];
	uint64_t	 attempts;
	struct used	 used;
};
RB_HEAD(cost_sums, sum);
RB_PROTOTYPE(cost_sums, sum, by_key, sum_cmp)

struct costs {
	struct cost_sums sums;
	size_t		 n;
	const char	*by;		/* in the command */
};

static int
sum_cmp(const struct sum *a, const struct sum *b)
{
	return (strcmp(a->key, b->key));
}

RB_GENERATE(cost_sums, sum, by_key, sum_cmp)

void
costs_free(struct costs *c)
{
	struct sum	*s;

	if (c == NULL)
		return;
	while ((s = RB_ROOT(&c->sums)) != NULL) {
		RB_REMOVE(cost_sums, &c->sums, s);
		free(s);
	}
	free(c);
}

static void
cost_key(const struct costs *c, const struct rec *row,
    char key[ACCOUNT_KEY])
{
	const char	*text = "";
	char		 id[ID_SIZE];

	id_format(id, 't', rec_id(row, F_s_attempt_task));
	if (strcmp(c->by, "task") == 0)
		text = id;
	else if (strcmp(c->by, "project") == 0)
		text = rec_str(row, F_s_attempt_project);
	else if (strcmp(c->by, "agent") == 0)
		text = rec_str(row, F_s_attempt_agent);
	else if (strcmp(c->by, "model") == 0)
		text = rec_str(row, F_s_attempt_model);
	if (strcmp(c->by, "user") == 0)
		snprintf(key, ACCOUNT_KEY, "%" PRIu64,
		    rec_u64(row, F_s_attempt_uid));
	else
		snprintf(key, ACCOUNT_KEY, "%s", *text != '\0' ? text : "-");
}

static struct sum *
sum_of(struct costs *c, const struct rec *row)
{
	struct sum	 find, *s;

	cost_key(c, row, find.key);
	if ((s = RB_FIND(cost_sums, &c->sums, &find)) != NULL)
		return (s);
	if (c->n == GROUPS_MOST || (s = calloc(1, sizeof(*s))) == NULL)
		return (NULL);
	memcpy(s->key, find.key, sizeof(s->key));
	if (strcmp(c->by, "task") == 0)
		snprintf(s->name, sizeof(s->name), "%s",
		    rec_str(row, F_s_attempt_name));
	RB_INSERT(cost_sums, &c->sums, s);
	c->n++;
	return (s);
}

static void
sum_add(struct sum *s, const struct rec *row)
{
	struct used	 u = { {
		[RS_CPU] = fixed_add(rec_u64(row, F_s_attempt_utime),
		    rec_u64(row, F_s_attempt_stime)),
		[RS_WALL] = rec_u64(row, F_s_attempt_wall),
		[RS_TOKENS] = rec_u64(row, F_s_attempt_tokens),
		[RS_MONEY] = rec_u64(row, F_s_attempt_money)
	} };
	int		 r;

	s->attempts += !rec_has(row, F_s_attempt_purpose);
	for (r = 0; r < RS_MAX; r++)
		s->used.v[r] = fixed_add(s->used.v[r], u.v[r]);
}

static int
cost_wanted(const struct request *rq, const struct rec *row)
{
	const char	*project = rec_str(row, F_s_attempt_project);

	return ((!rec_has(rq->cmd, F_c_cost_project) ||
	    strcmp(rec_str(rq->cmd, F_c_cost_project), project) == 0) &&
	    (!rec_has(rq->cmd, F_c_cost_uid) || rec_u64(rq->cmd,
	    F_c_cost_uid) == rec_u64(row, F_s_attempt_uid)) &&
	    request_permits(rq, project));
}

static int
row_cost(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct request	*rq = arg;
	struct sum	*s;
	int		 err = 0;

	attempts_seen(rq, key, keylen);
	if (cost_wanted(rq, row)) {
		if ((s = sum_of(rq->costs, row)) != NULL)
			sum_add(s, row);
		else
			err = PRA_ELIMIT;
	}
	rec_free(row);
	return (err);
}

static struct rec *
cost_view(const char *by, const char *key, const char *name,
    uint64_t attempts, const struct used *u)
{
	static const int	 fields[RS_MAX] = {
		[RS_CPU] = F_v_cost_cpu, [RS_WALL] = F_v_cost_wall,
		[RS_TOKENS] = F_v_cost_tokens, [RS_MONEY] = F_v_cost_money
	};
	struct rec		*v = rec_new(REC_v_cost);
	int			 r;

	rec_set_str(v, F_v_cost_by, by);
	rec_set_str(v, F_v_cost_key, key);
	if (*name != '\0')
		rec_set_str(v, F_v_cost_name, name);
	rec_set_u64(v, F_v_cost_attempts, attempts);
	for (r = 0; r < RS_MAX; r++)
		rec_set_u64(v, fields[r], u->v[r]);
	return (v);
}

/* The sums, as fast as they are taken. */
static int
pump_sums(struct engine *e, struct request *rq)
{
	struct costs	*c = rq->costs;
	struct sum	*s;

	(void)e;
	while ((s = RB_MIN(cost_sums, &c->sums)) != NULL) {
		if (request_choked(rq))
			return (0);
		request_item(rq, cost_view(c->by, s->key, s->name,
		    s->attempts, &s->used));
		RB_REMOVE(cost_sums, &c->sums, s);
		free(s);
	}
	return (request_done(rq, 0, NULL, "%s", ""));
}

static int
pump_cost(struct engine *e, struct request *rq)
{
	int	 r = attempts_pump(e, rq, row_cost);

	if (r == 0)
		return (0);
	if (r == PRA_ELIMIT)
		return (request_done(rq, r, "ask for a shorter time, or one "
		    "project", "there are more than %d tasks", GROUPS_MOST));
	if (r < 0)
		return (request_done(rq, r, NULL, "%s", ""));
	rq->pump = pump_sums;
	return (pump_sums(e, rq));
}

/* The accounts of a kind are the answer.  rq->log is the last one's key. */
static int
pump_accounts(struct engine *e, struct request *rq)
{
	const char	*by = rq->costs->by, *key;
	size_t		 n = strlen(by);
	struct account	*a;
	struct used	 u;
	int		 r;

	while ((a = state_account_after(e->st, rq->log)) != NULL) {
		key = rec_str(a->e.row, F_s_usage_key);
		if (strncmp(key, by, n) != 0 || key[n] != '/')
			break;
		if (request_choked(rq))
			return (0);
		strlcpy(rq->log, key, sizeof(rq->log));
		if (!account_seen(rq, key))
			continue;
		for (r = 0; r < RS_MAX; r++)
			u.v[r] = ledger_total(a->e.row, (enum resource)r);
		request_item(rq, cost_view(by, key + n + 1, "",
		    rec_u64(a->e.row, F_s_usage_attempts), &u));
	}
	return (request_done(rq, 0, NULL, "%s", ""));
}

/* The ledger has it: all of the time, and nothing that must not be seen. */
static int
ledger_has(const struct request *rq, const char *by)
{
	static const int	 fields[] = {
		F_c_cost_project, F_c_cost_uid, F_c_cost_since, F_c_cost_until
	};
	size_t			 i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (rec_has(rq->cmd, fields[i]))
			return (0);
	if (strcmp(by, "project") == 0)
		return (1);
	return (strcmp(by, "user") == 0 && request_permits(rq, NULL));
}

static int
is_kind(const char *by)
{
	static const char *const	 kinds[] = {
		"task", "project", "user", "agent", "model"
	};
	size_t				 i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i], by) == 0)
			return (1);
	return (0);
}

int
read_cost(struct engine *e, struct request *rq)
{
	const char	*by = rec_str(rq->cmd, F_c_cost_by);
	char		 vis[100];

	if (*by == '\0')
		by = "project";
	if (!is_kind(by))
		return (request_done(rq, PRA_EINVALID, "task, project, user, "
		    "agent or model", "there is no sum by \"%s\"",
		    log_vis(vis, sizeof(vis), by, strlen(by))));
	if ((rq->costs = calloc(1, sizeof(*rq->costs))) == NULL)
		return (request_done(rq, PRA_ENOMEM, NULL, "out of memory"));
	RB_INIT(&rq->costs->sums);
	rq->costs->by = by;
	if (ledger_has(rq, by)) {
		snprintf(rq->log, sizeof(rq->log), "%s/", by);
		rq->pump = pump_accounts;
	} else {
		attempts_range(rq, rec_u64(rq->cmd, F_c_cost_since),
		    rec_u64(rq->cmd, F_c_cost_until));
		rq->pump = pump_cost;
	}
	return (rq->pump(e, rq));
}
