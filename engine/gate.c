/*
 * Limits and quotas as gates.  Engine, pure half: which there are follows
 * from the configuration, whether they are shut from tasks and accounts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/when.h"
#include "engine/fixed.h"
#include "engine/queue.h"
#include "engine/text.h"

static int
gate_cmp(const struct gate *a, const struct gate *b)
{
	return (strcmp(a->key, b->key));
}

RB_GENERATE(gates, gate, by_key, gate_cmp)

static struct gate *
gate_find(const struct queue *q, const char *key)
{
	struct gate	*g = RB_ROOT(&q->gates);
	int		 c;

	while (g != NULL && (c = strcmp(key, g->key)) != 0)
		g = c < 0 ? RB_LEFT(g, by_key) : RB_RIGHT(g, by_key);
	return (g);
}

static void
gate_key(char key[GATE_KEY], enum quota what, const char *whom)
{
	snprintf(key, GATE_KEY, "%s/%s", quota_name(what), whom);
}

static struct gate *
gate_get(struct queue *q, enum quota what, const char *whom, uint64_t most)
{
	struct gate	*g;
	char		 key[GATE_KEY];

	gate_key(key, what, whom);
	if ((g = gate_find(q, key)) != NULL)
		return (g);
	if ((g = calloc(1, sizeof(*g))) == NULL) {
		q->st->err = PRA_ENOMEM;
		return (NULL);
	}
	memcpy(g->key, key, sizeof(g->key));
	g->whom = g->key + strlen(quota_name(what)) + 1;
	g->what = what;
	g->most = most;
	TAILQ_INIT(&g->passes);
	RB_INSERT(gates, &q->gates, g);
	gate_update(q, g);
	return (g);
}

/* "label/gpu" is named by the rule, or by one for every label: "label/". */
static int
rule_fits(const struct rec *rule, const char *whom, int every)
{
	const char	*key = rec_str(rule, F_k_quota_key);
	size_t		 n = strlen(key);

	if (every)
		return (n > 0 && key[n - 1] == '/' &&
		    strncmp(whom, key, n) == 0);
	return (strcmp(whom, key) == 0);
}

/* The rule that is for somebody: the last of its own, or the last for all. */
static const struct rec *
rule_for(const struct queue *q, enum quota what, const char *whom)
{
	const struct config_item	*it;
	const struct rec		*own = NULL, *every = NULL;

	STAILQ_FOREACH(it, &q->quotas, next) {
		if (strcmp(rec_str(it->rec, F_k_quota_what),
		    quota_name(what)) != 0)
			continue;
		if (rule_fits(it->rec, whom, 0))
			own = it->rec;
		else if (rule_fits(it->rec, whom, 1))
			every = it->rec;
	}
	return (own != NULL ? own : every);
}

uint64_t
queue_counted(const struct state *st, enum quota what, const char *whom,
    uint64_t *most)
{
	const struct rec	*rule = rule_for(st->queue, what, whom);
	const struct gate	*g;
	char			 key[GATE_KEY];

	*most = rule == NULL ? UINT64_MAX : rec_u64(rule, F_k_quota_most);
	gate_key(key, what, whom);
	g = gate_find(st->queue, key);
	return (g == NULL ? 0 : g->used);
}

const char *
queue_rule(const struct state *st, enum quota what, const char *whom)
{
	const struct rec	*rule = rule_for(st->queue, what, whom);

	return (rule == NULL ? "" : rec_str(rule, F_k_quota_text));
}

int
queue_limits(const struct state *st, const char *whom)
{
	int	 what;

	for (what = 0; what < QT_MAX; what++)
		if (rule_for(st->queue, (enum quota)what, whom) != NULL)
			return (1);
	return (0);
}

/* Add the gates of somebody to a list of n; returns how many there are. */
static size_t
gates_add(struct queue *q, const char *kind, const char *name,
    struct gate *out[GATES_MAX], size_t n)
{
	const struct rec	*rule;
	struct gate		*g;
	char			 whom[ACCOUNT_KEY];
	int			 what;

	if (STAILQ_EMPTY(&q->quotas) || *name == '\0')
		return (n);
	ledger_key(whom, kind, name);
	for (what = 0; what < QT_MAX && n < GATES_MAX; what++) {
		rule = rule_for(q, (enum quota)what, whom);
		if (rule == NULL)
			continue;
		g = gate_get(q, (enum quota)what, whom,
		    rec_u64(rule, F_k_quota_most));
		if (g != NULL)
			out[n++] = g;
	}
	return (n);
}

size_t
gates_of_lane(struct queue *q, const struct lane *l,
    struct gate *out[GATES_MAX])
{
	size_t	 n;

	n = gates_add(q, "user", l->user->key + strlen("user/"), out, 0);
	return (gates_add(q, "project", l->project->key + strlen("project/"),
	    out, n));
}

static const char *
provider_of(const struct queue *q, const char *agent)
{
	const struct config_item	*it;

	STAILQ_FOREACH(it, &q->providers, next)
		if (strcmp(rec_str(it->rec, F_k_agent_name), agent) == 0)
			return (rec_str(it->rec, F_k_agent_provider));
	return ("");
}

/*
 * Whatever else limits how many of some tasks run at once belongs here: each
 * set of gates is a strand of its own.
 */
size_t
gates_of_task(struct queue *q, const struct task *t,
    struct gate *out[GATES_MAX])
{
	const struct rec	*row = t->e.row;
	const char		*agent = rec_str(row, F_s_task_agent);
	size_t			 i, n = 0;

	if (STAILQ_EMPTY(&q->quotas))
		return (0);
	for (i = 0; i < rec_count(row, F_s_task_groups); i++)
		n = gates_add(q, "group", rec_nth_str(row, F_s_task_groups,
		    i), out, n);
	if (!rec_has(row, F_s_task_run)) {
		n = gates_add(q, "agent", agent, out, n);
		n = gates_add(q, "provider", provider_of(q, agent), out, n);
	}
	for (i = 0; i < rec_count(row, F_s_task_labels); i++)
		n = gates_add(q, "label", rec_nth_str(row, F_s_task_labels,
		    i), out, n);
	return (n);
}

int
gate_pass(struct gate *g, struct node *n)
{
	struct pass	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (-1);
	p->gate = g;
	p->node = n;
	TAILQ_INSERT_TAIL(&g->passes, p, of_gate);
	TAILQ_INSERT_TAIL(&n->passes, p, of_node);
	n->shut += (unsigned int)g->shut;
	return (0);
}

void
gate_leave(struct node *n)
{
	struct pass	*p;

	while ((p = TAILQ_FIRST(&n->passes)) != NULL) {
		TAILQ_REMOVE(&p->gate->passes, p, of_gate);
		TAILQ_REMOVE(&n->passes, p, of_node);
		free(p);
	}
	n->shut = 0;
}

/*
 * What is used up: what was charged, and what those that run are expected to
 * use, so that many that start at once are not all let in.
 */
static int
budget_full(const struct queue *q, struct gate *g, enum resource r,
    uint64_t (*read)(const struct rec *, enum resource, int64_t),
    int64_t until)
{
	const struct account	*a = state_account(q->st, g->whom);
	uint64_t		 mean, sum;

	sum = a == NULL ? 0 : read(a->e.row, r, q->st->now);
	mean = a == NULL ? 0 : ledger_mean(a->e.row, r);
	if (mean != 0 && g->used > UINT64_MAX / mean)
		sum = UINT64_MAX;
	else
		sum = fixed_add(sum, mean * g->used);
	if (sum < g->most)
		return (0);
	g->until = until;
	return (1);
}

static int
tokens_full(const struct queue *q, struct gate *g)
{
	return (budget_full(q, g, RS_TOKENS, ledger_day,
	    fixed_day_start(fixed_day(q->st->now) + 1)));
}

static int
money_full(const struct queue *q, struct gate *g)
{
	return (budget_full(q, g, RS_MONEY, ledger_month,
	    fixed_month_start(fixed_month(q->st->now) + 1)));
}

static int
running_full(const struct queue *q, struct gate *g)
{
	(void)q;
	return (g->used >= g->most);
}

static int
disk_full(const struct queue *q, struct gate *g)
{
	const struct account	*a = state_account(q->st, g->whom);

	return (a != NULL && rec_u64(a->e.row, F_s_usage_disk) >= g->most);
}

/* Whoever waits in it waits for nothing of it. */
static int
queued_full(const struct queue *q, struct gate *g)
{
	(void)q;
	(void)g;
	return (0);
}

static int	(*const full[QT_MAX])(const struct queue *, struct gate *) = {
	[QT_RUNNING] = running_full, [QT_QUEUED] = queued_full,
	[QT_TOKENS] = tokens_full, [QT_MONEY] = money_full,
	[QT_DISK] = disk_full
};

void
gate_update(struct queue *q, struct gate *g)
{
	struct pass	*p;
	int64_t		 was = g->until;
	int		 shut;

	g->until = 0;
	shut = full[g->what](q, g);
	if (was == 0 && g->until != 0)
		TAILQ_INSERT_TAIL(&q->timed, g, timed);
	else if (was != 0 && g->until == 0)
		TAILQ_REMOVE(&q->timed, g, timed);
	if (shut == g->shut)
		return;
	g->shut = shut;
	TAILQ_FOREACH(p, &g->passes, of_gate) {
		p->node->shut += shut ? 1 : -1U;
		node_changed(q, p->node);
	}
}

void
gates_count(struct queue *q, struct node *n, int running, int queued)
{
	struct pass	*p;
	int		 by;

	TAILQ_FOREACH(p, &n->passes, of_node) {
		by = p->gate->what == QT_QUEUED ? queued : running;
		if (by == 0)
			continue;
		p->gate->used += by > 0 ? 1 : -UINT64_C(1);
		gate_update(q, p->gate);
	}
}

void
gates_account(struct queue *q, const char *whom)
{
	struct gate	*g;
	char		 key[GATE_KEY];
	int		 what;

	if (RB_EMPTY(&q->gates))
		return;
	for (what = 0; what < QT_MAX; what++) {
		gate_key(key, (enum quota)what, whom);
		if ((g = gate_find(q, key)) != NULL)
			gate_update(q, g);
	}
}

void
gate_sentence(const struct state *st, const struct gate *g, char *out)
{
	const char	*rule = queue_rule(st, g->what, g->whom);
	char		 when[WHEN_TEXT];

	wall_format(when, (struct wall){ g->until });
	if (g->until != 0)
		snprintf(out, TEXT_LINE, "`%s` is used up until %.10s 00:00 "
		    "UTC", rule, when);
	else if (g->what == QT_RUNNING)
		snprintf(out, TEXT_LINE, "`%s` lets no more run at once: "
		    "%" PRIu64 " run", rule, g->used);
	else
		snprintf(out, TEXT_LINE, "`%s` is used up", rule);
}

int64_t
queue_until(const struct state *st)
{
	const struct gate	*g;
	int64_t			 least = 0;

	TAILQ_FOREACH(g, &st->queue->timed, timed)
		if (least == 0 || g->until < least)
			least = g->until;
	return (least);
}

void
queue_reopen(struct state *st)
{
	struct gate	*g, *next;

	TAILQ_FOREACH_SAFE(g, &st->queue->timed, timed, next)
		if (g->until <= st->now)
			gate_update(st->queue, g);
}

void
gates_free(struct queue *q)
{
	struct gate	*g;

	TAILQ_INIT(&q->timed);
	while ((g = RB_ROOT(&q->gates)) != NULL) {
		RB_REMOVE(gates, &q->gates, g);
		free(g);
	}
}
