/*
 * The order of ready tasks: lanes, strands, parties.  Engine, pure half.  A
 * task is in the tree of its strand, or counts at its gates, exactly as its
 * row and its session say; nobody but queue_task() decides that.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "engine/fixed.h"
#include "engine/queue.h"

#define LEAST_USED	60000000	/* a minute: less makes no difference */
#define SCORE_MOST	(INT64_MAX / 4)

static int
lane_cmp_name(const struct lane *a, const struct lane *b)
{
	int	 c = strcmp(a->project->key, b->project->key);

	return (c != 0 ? c : strcmp(a->user->key, b->user->key));
}

uint64_t
queue_place(const struct task *t)
{
	return (rec_has(t->e.row, F_s_task_place) ?
	    rec_u64(t->e.row, F_s_task_place) :
	    rec_u64(t->e.row, F_s_task_order) << PLACE_BITS);
}

uint64_t
queue_since(const struct task *t)
{
	return (rec_u64(t->e.row, rec_has(t->e.row, F_s_task_since) ?
	    F_s_task_since : F_s_task_created));
}

/* What is to be started first; equal ranks in the order of filing. */
static int
task_cmp_rank(const struct task *a, const struct task *b)
{
	uint64_t	 x, y;

	if (a->rank != b->rank)
		return (a->rank > b->rank ? -1 : 1);
	x = queue_place(a);
	y = queue_place(b);
	return (x < y ? -1 : x > y);
}

static int
strand_cmp_head(const struct strand *a, const struct strand *b)
{
	return (task_cmp_rank(a->head, b->head));
}

static int
strand_cmp_gates(const struct strand *a, const struct strand *b)
{
	if (a->ngates != b->ngates)
		return (a->ngates < b->ngates ? -1 : 1);
	return (a->ngates == 0 ? 0 : memcmp(a->gates, b->gates,
	    a->ngates * sizeof(struct gate *)));
}

static int
lane_cmp_score(const struct lane *a, const struct lane *b)
{
	if (a->score != b->score)
		return (a->score > b->score ? -1 : 1);
	return (task_cmp_rank(a->head, b->head));
}

static int
party_cmp(const struct party *a, const struct party *b)
{
	return (strcmp(a->key, b->key));
}

RB_GENERATE(task_ranks, task, by_rank, task_cmp_rank)
RB_GENERATE(strand_heads, strand, by_head, strand_cmp_head)
RB_GENERATE(strands, strand, by_gates, strand_cmp_gates)
RB_GENERATE(lane_names, lane, by_name, lane_cmp_name)
RB_GENERATE(lane_scores, lane, by_score, lane_cmp_score)
RB_GENERATE(parties, party, by_key, party_cmp)

struct queue *
queue_new(struct state *st)
{
	struct queue	*q;

	if ((q = calloc(1, sizeof(*q))) == NULL)
		return (NULL);
	q->st = st;
	STAILQ_INIT(&q->quotas);
	STAILQ_INIT(&q->shares);
	STAILQ_INIT(&q->providers);
	RB_INIT(&q->lanes);
	RB_INIT(&q->open);
	RB_INIT(&q->parties);
	RB_INIT(&q->gates);
	TAILQ_INIT(&q->timed);
	return (q);
}

static void
strand_free(struct strand *s)
{
	RB_REMOVE(strands, &s->lane->strands, s);
	gate_leave(&s->n);
	free(s->gates);
	free(s);
}

/* Everything that is made from tasks and accounts; those stay. */
static void
queue_clear(struct queue *q)
{
	struct lane	*l;
	struct party	*p;
	struct strand	*s;

	while ((l = RB_ROOT(&q->lanes)) != NULL) {
		while ((s = RB_ROOT(&l->strands)) != NULL)
			strand_free(s);
		RB_REMOVE(lane_names, &q->lanes, l);
		gate_leave(&l->n);
		free(l);
	}
	while ((p = RB_ROOT(&q->parties)) != NULL) {
		RB_REMOVE(parties, &q->parties, p);
		free(p);
	}
	RB_INIT(&q->open);
	gates_free(q);
}

void
queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	queue_clear(q);
	config_items_free(&q->quotas);
	config_items_free(&q->shares);
	config_items_free(&q->providers);
	buf_free(&q->rules);
	free(q);
}

/* Parties and their accounts. */

static uint64_t
party_share(const struct queue *q, const char *key)
{
	const struct config_item	*it;
	uint64_t			 share = 1;

	STAILQ_FOREACH(it, &q->shares, next)
		if (strcmp(rec_str(it->rec, F_k_share_key), key) == 0)
			share = rec_u64(it->rec, F_k_share_share);
	return (share);
}

static uint64_t
mul(uint64_t a, uint64_t b)
{
	return (b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b);
}

/*
 * What a party has used and is expected to use, as one number: a second of
 * CPU or wall clock, 1000 tokens, and one of money, are a million, each times
 * its weight.
 */
static uint64_t
party_used(const struct queue *q, const struct party *p, int64_t at)
{
	static const uint64_t	 unit[RS_MAX] = { 1, 1, 1000, 1 };
	const struct rec	*row;
	uint64_t		 sum = 0, one = 0, cost;
	int			 r;

	if (p->account == NULL)
		return (mul(p->running, LEAST_USED));
	row = p->account->e.row;
	for (r = 0; r < RS_MAX; r++) {
		cost = q->cost[r] * unit[r];
		sum = fixed_add(sum, mul(ledger_decayed(row, (enum resource)r,
		    at, q->half), cost));
		one = fixed_add(one, mul(ledger_mean(row, (enum resource)r),
		    cost));
	}
	if (one < LEAST_USED)
		one = LEAST_USED;
	return (fixed_add(sum, mul(p->running, one)));
}

/*
 * Twice what others have used by share takes `fair weight` points; so does a
 * half-life of not being charged, the other way round.
 */
static int64_t
party_weight(const struct queue *q, const struct party *p)
{
	int64_t	 at, k;

	if (q->weight == 0)
		return (0);
	at = p->account == NULL ? 0 :
	    (int64_t)rec_u64(p->account->e.row, F_s_usage_at);
	if (p->tried > at)
		at = p->tried;
	k = fixed_log2(fixed_add(party_used(q, p, at), LEAST_USED)) -
	    fixed_log2(p->share) + fixed_halves((uint64_t)at, q->half);
	return (k > SCORE_MOST / q->weight ? SCORE_MOST : k * q->weight);
}

static struct party *
party_find(struct queue *q, const char *key)
{
	struct party	 find;

	memset(&find, 0, sizeof(find));
	strncpy(find.key, key, sizeof(find.key) - 1);
	return (RB_FIND(parties, &q->parties, &find));
}

static struct party *
party_get(struct queue *q, const char *key)
{
	struct party	*p;

	if ((p = party_find(q, key)) != NULL)
		return (p);
	if ((p = calloc(1, sizeof(*p))) == NULL) {
		q->st->err = PRA_ENOMEM;
		return (NULL);
	}
	strncpy(p->key, key, sizeof(p->key) - 1);
	p->is_user = strncmp(key, "user/", 5) == 0;
	p->share = party_share(q, key);
	p->account = state_account(q->st, key);
	p->braked = state_brake(q->st, key) != NULL;
	TAILQ_INIT(&p->lanes);
	p->weight = party_weight(q, p);
	RB_INSERT(parties, &q->parties, p);
	return (p);
}

/* Lanes and strands. */

static void
lane_place(struct queue *q, struct lane *l)
{
	struct strand	*s;

	if (l->is_open)
		RB_REMOVE(lane_scores, &q->open, l);
	s = l->n.shut == 0 && !l->project->braked ?
	    RB_MIN(strand_heads, &l->open) : NULL;
	if ((l->is_open = s != NULL) == 0)
		return;
	l->head = s->head;
	l->score = q->weight == 0 ? 0 :
	    rec_i64(s->head->e.row, F_s_task_priority) * FIXED_ONE -
	    l->user->weight - l->project->weight;
	RB_INSERT(lane_scores, &q->open, l);
}

static void
strand_place(struct queue *q, struct strand *s)
{
	struct task	*t;

	t = s->n.shut == 0 ? RB_MIN(task_ranks, &s->ready) : NULL;
	if (t == s->head && s->open == (t != NULL))
		return;
	if (s->lane->is_open)		/* before its order is touched */
		RB_REMOVE(lane_scores, &q->open, s->lane);
	s->lane->is_open = 0;
	if (s->open)
		RB_REMOVE(strand_heads, &s->lane->open, s);
	s->head = t;
	if ((s->open = t != NULL) != 0)
		RB_INSERT(strand_heads, &s->lane->open, s);
	lane_place(q, s->lane);
}

void
node_changed(struct queue *q, struct node *n)
{
	if (n->is_lane)
		lane_place(q, (struct lane *)n);
	else
		strand_place(q, (struct strand *)n);
}

static void
party_changed(struct queue *q, struct party *p)
{
	struct lane	*l;

	p->weight = party_weight(q, p);
	if (p->is_user)
		TAILQ_FOREACH(l, &p->lanes, of_user)
			lane_place(q, l);
	else
		TAILQ_FOREACH(l, &p->lanes, of_project)
			lane_place(q, l);
}

/* The passes of a new node; none without memory. */
static void
node_init(struct queue *q, struct node *n, struct gate **gates, size_t ngates)
{
	size_t	 i;

	for (i = 0; i < ngates; i++)
		if (gate_pass(gates[i], n) != 0)
			q->st->err = PRA_ENOMEM;
}

static struct lane *
lane_get(struct queue *q, const struct task *t)
{
	struct gate	*gates[GATES_MAX];
	struct lane	 find, *l;
	char		 user[ACCOUNT_KEY], project[ACCOUNT_KEY];

	ledger_user(user, rec_u64(t->e.row, F_s_task_uid));
	ledger_key(project, "project", rec_str(t->e.row, F_s_task_project));
	find.user = party_get(q, user);
	find.project = party_get(q, project);
	if (find.user == NULL || find.project == NULL)
		return (NULL);
	if ((l = RB_FIND(lane_names, &q->lanes, &find)) != NULL)
		return (l);
	if ((l = calloc(1, sizeof(*l))) == NULL) {
		q->st->err = PRA_ENOMEM;
		return (NULL);
	}
	l->user = find.user;
	l->project = find.project;
	l->n.is_lane = 1;
	TAILQ_INIT(&l->n.passes);
	RB_INIT(&l->strands);
	RB_INIT(&l->open);
	RB_INSERT(lane_names, &q->lanes, l);
	TAILQ_INSERT_TAIL(&l->user->lanes, l, of_user);
	TAILQ_INSERT_TAIL(&l->project->lanes, l, of_project);
	node_init(q, &l->n, gates, gates_of_lane(q, l, gates));
	return (l);
}

static struct strand *
strand_new(struct queue *q, struct lane *l, struct gate **gates, size_t n)
{
	struct strand	*s = calloc(1, sizeof(*s));

	if (s == NULL || (n > 0 &&
	    (s->gates = calloc(n, sizeof(struct gate *))) == NULL)) {
		free(s);
		q->st->err = PRA_ENOMEM;
		return (NULL);
	}
	s->lane = l;
	s->ngates = n;
	if (n > 0)
		memcpy(s->gates, gates, n * sizeof(struct gate *));
	TAILQ_INIT(&s->n.passes);
	RB_INIT(&s->ready);
	RB_INSERT(strands, &l->strands, s);
	node_init(q, &s->n, gates, n);
	return (s);
}

static struct strand *
strand_get(struct queue *q, const struct task *t)
{
	struct gate	*gates[GATES_MAX];
	struct strand	 find, *s;
	struct lane	*l;
	size_t		 n;

	if ((l = lane_get(q, t)) == NULL)
		return (NULL);
	n = gates_of_task(q, t, gates);
	find.ngates = n;
	find.gates = gates;
	if ((s = RB_FIND(strands, &l->strands, &find)) != NULL)
		return (s);
	return (strand_new(q, l, gates, n));
}

/* Tasks. */

static enum place
task_place(const struct task *t)
{
	if (task_final(t->state))
		return (PL_NONE);
	if (t->session != NULL)
		return (PL_RUNNING);
	if (t->state == TS_READY)
		return (PL_READY);
	return (t->state == TS_WAITING || t->state == TS_HELD ? PL_QUEUED :
	    PL_NONE);
}

static int64_t
task_rank(const struct queue *q, const struct task *t)
{
	int64_t	 prio = rec_i64(t->e.row, F_s_task_priority);

	return (q->age == 0 ? prio : prio * q->age -
	    (int64_t)queue_since(t));
}

static int
is_queued(enum place p)
{
	return (p == PL_QUEUED || p == PL_READY);
}

/* From one place to another, in a strand that it has. */
static void
task_move(struct queue *q, struct task *t, enum place to)
{
	struct strand	*s = t->strand;
	struct lane	*l = s->lane;
	enum place	 was = t->place;
	int		 running, queued;

	running = (to == PL_RUNNING) - (was == PL_RUNNING);
	queued = is_queued(to) - is_queued(was);
	if (was == PL_READY)
		RB_REMOVE(task_ranks, &s->ready, t);
	t->place = to;
	if (to == PL_READY) {
		t->rank = task_rank(q, t);
		RB_INSERT(task_ranks, &s->ready, t);
	}
	if (was == PL_READY || to == PL_READY)
		strand_place(q, s);
	gates_count(q, &s->n, running, queued);
	gates_count(q, &l->n, running, queued);
	if (running == 0)
		return;
	l->user->running += running > 0 ? 1 : -UINT64_C(1);
	l->project->running += running > 0 ? 1 : -UINT64_C(1);
	party_changed(q, l->user);
	party_changed(q, l->project);
}

void
queue_task(struct state *st, struct task *t)
{
	struct queue	*q = st->queue;
	enum place	 to = task_place(t);

	if (to == t->place)
		return;
	if (t->strand == NULL) {
		if ((t->strand = strand_get(q, t)) == NULL)
			return;
		t->strand->refs++;
	}
	task_move(q, t, to);
	if (to != PL_NONE)
		return;
	if (--t->strand->refs == 0)
		strand_free(t->strand);
	t->strand = NULL;
}

void
queue_out(struct state *st, struct task *t)
{
	if (t->strand == NULL)
		return;
	task_move(st->queue, t, PL_NONE);
	if (--t->strand->refs == 0)
		strand_free(t->strand);
	t->strand = NULL;
}

void
queue_braked(struct state *st, const char *key)
{
	struct party	*p = party_find(st->queue, key);

	if (p == NULL)
		return;
	p->braked = state_brake(st, key) != NULL;
	party_changed(st->queue, p);
}

void
queue_account(struct state *st, struct account *a)
{
	struct queue	*q = st->queue;
	struct party	*p;
	const char	*key = rec_str(a->e.row, F_s_usage_key);

	if ((p = party_find(q, key)) != NULL) {
		p->account = a;
		party_changed(q, p);
	}
	gates_account(q, key);
}

struct task *
queue_first(const struct state *st)
{
	const struct lane	*l = RB_ROOT(&st->queue->open);

	while (l != NULL && RB_LEFT(l, by_score) != NULL)
		l = RB_LEFT(l, by_score);
	return (l == NULL ? NULL : l->head);
}

static const struct gate *
node_shut(const struct node *n)
{
	const struct pass	*p;

	TAILQ_FOREACH(p, &n->passes, of_node)
		if (p->gate->shut)
			return (p->gate);
	return (NULL);
}

const struct gate *
queue_shut(const struct task *t)
{
	const struct gate	*g;

	if (t->strand == NULL)
		return (NULL);
	g = node_shut(&t->strand->lane->n);
	return (g != NULL ? g : node_shut(&t->strand->n));
}

/* Configuration. */

static int
rules_add(struct buf *b, struct config_items *to, const struct config_items *c)
{
	const struct config_item	*it;

	STAILQ_FOREACH(it, c, next)
		if (rec_encode(it->rec, b) != 0 ||
		    (to != NULL && config_copy(to, it->rec) != 0))
			return (-1);
	return (0);
}

static void
queue_take(struct queue *q, const struct config *conf)
{
	static const int	 cost[RS_MAX] = {
		[RS_CPU] = F_k_main_fair_cpu, [RS_WALL] = F_k_main_fair_wall,
		[RS_TOKENS] = F_k_main_fair_tokens,
		[RS_MONEY] = F_k_main_fair_money
	};
	int			 r;

	q->weight = (int64_t)config_u64(conf, F_k_main_fair_weight);
	q->age = (int64_t)config_u64(conf, F_k_main_fair_age) * 1000;
	q->half = config_u64(conf, F_k_main_half);
	for (r = 0; r < RS_MAX; r++)
		q->cost[r] = config_u64(conf, cost[r]);
}

/* What it follows from, to see whether that has changed. */
static int
rules_encode(const struct config *conf, struct buf *b)
{
	static const int	 fields[] = {
		F_k_main_fair_weight, F_k_main_fair_age, F_k_main_half,
		F_k_main_fair_cpu, F_k_main_fair_wall, F_k_main_fair_tokens,
		F_k_main_fair_money
	};
	uint64_t		 v;
	size_t			 i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		v = config_u64(conf, fields[i]);
		if (buf_add(b, &v, sizeof(v)) != 0)
			return (-1);
	}
	if (rules_add(b, NULL, &conf->quotas) != 0 ||
	    rules_add(b, NULL, &conf->shares) != 0)
		return (-1);
	return (rules_add(b, NULL, &conf->agents));
}

static void
queue_build(struct queue *q)
{
	struct state	*st = q->st;
	struct task	*t;

	RB_FOREACH(t, task_ids, &st->tasks) {
		t->strand = NULL;
		t->place = PL_NONE;
	}
	queue_clear(q);
	RB_FOREACH(t, task_ids, &st->tasks)
		queue_task(st, t);
}

void
queue_configure(struct state *st, const struct config *conf, int64_t now)
{
	struct queue	*q = st->queue;
	struct buf	 b = { 0 }, unused = { 0 };

	if (now > st->now)
		st->now = now;
	if (rules_encode(conf, &b) != 0) {
		st->err = PRA_ENOMEM;
	} else if (b.len == q->rules.len &&
	    memcmp(b.data, q->rules.data, b.len) == 0) {
		queue_reopen(st);
	} else {
		config_items_free(&q->quotas);
		config_items_free(&q->shares);
		config_items_free(&q->providers);
		if (rules_add(&unused, &q->quotas, &conf->quotas) != 0 ||
		    rules_add(&unused, &q->shares, &conf->shares) != 0 ||
		    rules_add(&unused, &q->providers, &conf->agents) != 0)
			st->err = PRA_ENOMEM;
		queue_take(q, conf);
		queue_build(q);
		buf_free(&q->rules);
		q->rules = b;
		memset(&b, 0, sizeof(b));
	}
	buf_free(&unused);
	buf_free(&b);
}

void
queue_standing(const struct state *st, const char *key, int64_t now,
    struct standing *out)
{
	const struct queue	*q = st->queue;
	struct party		 p, *known;
	int64_t			 k;

	memset(&p, 0, sizeof(p));
	strncpy(p.key, key, sizeof(p.key) - 1);
	known = RB_FIND(parties, &st->queue->parties, &p);
	p.running = known == NULL ? 0 : known->running;
	p.account = state_account(st, key);
	out->running = p.running;
	out->share = party_share(q, key);
	out->used = party_used(q, &p, now);
	k = fixed_log2(fixed_add(out->used, LEAST_USED)) -
	    fixed_log2(LEAST_USED) - fixed_log2(out->share);
	out->points = k * q->weight / FIXED_ONE;
}

/* Pretending. */

/* A task that gets a session now: its accounts would be brought to now. */
static void
simulate_start(struct queue *q, struct task *t, int64_t now)
{
	t->strand->lane->user->tried = now;
	t->strand->lane->project->tried = now;
	task_move(q, t, PL_RUNNING);
}

static void
simulate_undo(struct queue *q, struct task *t)
{
	t->strand->lane->user->tried = 0;
	t->strand->lane->project->tried = 0;
	task_move(q, t, PL_READY);
}

int
queue_simulate(struct state *st, int64_t now, unsigned int most,
    int (*fn)(void *, struct task *, unsigned int), void *arg)
{
	struct queue	*q = st->queue;
	struct task	*t, **done;
	unsigned int	 n = 0;
	int		 r = 0;

	if (most == 0 || (done = calloc(most, sizeof(*done))) == NULL)
		return (0);
	while (r == 0 && n < most && (t = queue_first(st)) != NULL) {
		done[n++] = t;
		r = fn(arg, t, n);
		simulate_start(q, t, now);
	}
	while (n > 0)
		simulate_undo(q, done[--n]);
	free(done);
	return (r);
}
