/*
 * The order in which ready tasks are started, and the limits that keep them.
 * Engine, pure half; in memory only: everything here follows from the rows
 * and the configuration, and is made again from them by queue_configure().
 *
 *	lane	the tasks of one user in one project
 *	strand	those of a lane that have to pass the same gates
 *	gate	a limit or quota that is configured: a count, and the most
 *	party	a user or a project: what its account has used, its share
 *
 * Ready tasks are in their strand, in order of rank; open strands in their
 * lane; lanes that have one in one tree by score.  So the next task is found
 * by going to the left three times, and nothing is ever scanned.  A gate that
 * is full takes the lanes and strands that have to pass it out of the trees,
 * and puts them back when it is not: a limit costs as much as it has strands,
 * not as it has tasks, and what it blocks is in nobody's way.
 *
 *	rank	priority, and a point more for each `fair age` since it was
 *		filed: so priority * age - time of filing, which never changes
 *	score	priority of the lane's first task, less `fair weight` points for
 *		each time that what its user, and its project, has used by
 *		share is twice another's.  All decay alike, so that the order
 *		only changes with what is used: the logarithm as of `at`, and
 *		the half-lives until then.
 */
#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include "common/quota.h"
#include "engine/config.h"
#include "engine/ledger.h"
#include "engine/state.h"

#define GATE_KEY	96		/* "running/project/" and a name */
#define GATES_MAX	200		/* of one task */

struct pass;
TAILQ_HEAD(passes, pass);

/* A limit or quota of somebody: "running/label/gpu". */
struct gate {
	RB_ENTRY(gate)	 by_key;	/* queue.gates */
	TAILQ_ENTRY(gate) timed;	/* queue.timed, while `until` is set */
	char		 key[GATE_KEY];
	const char	*whom;		/* in key: "label/gpu" */
	enum quota	 what;
	uint64_t	 most;
	uint64_t	 used;		/* tasks that count */
	int64_t		 until;		/* when it opens by itself, or 0 */
	int		 shut;
	struct passes	 passes;
};
RB_HEAD(gates, gate);

/* What lanes and strands begin with: the gates that they have to pass. */
struct node {
	struct passes	 passes;
	unsigned int	 shut;		/* of them */
	int		 is_lane;
};

struct pass {
	TAILQ_ENTRY(pass) of_gate;	/* gate.passes */
	TAILQ_ENTRY(pass) of_node;	/* node.passes */
	struct gate	*gate;
	struct node	*node;
};

struct strand {
	struct node	 n;
	RB_ENTRY(strand) by_gates;	/* lane.strands */
	RB_ENTRY(strand) by_head;	/* lane.open, while open */
	struct lane	*lane;
	struct task_ranks ready;
	struct task	*head;		/* first of ready, as of `open` */
	size_t		 refs;		/* tasks */
	size_t		 ngates;
	struct gate	**gates;	/* owned: what makes it differ */
	int		 open;
};
RB_HEAD(strands, strand);
RB_HEAD(strand_heads, strand);

struct lane {
	struct node	 n;
	RB_ENTRY(lane)	 by_name;	/* queue.lanes */
	RB_ENTRY(lane)	 by_score;	/* queue.open, while open */
	TAILQ_ENTRY(lane) of_user, of_project;	/* party.lanes */
	struct party	*user, *project;
	struct strands	 strands;
	struct strand_heads open;
	struct task	*head;		/* its first task, as of `score` */
	int64_t		 score;
	int		 is_open;
};
RB_HEAD(lane_names, lane);
RB_HEAD(lane_scores, lane);
TAILQ_HEAD(lane_list, lane);

struct party {
	RB_ENTRY(party)	 by_key;	/* queue.parties */
	char		 key[ACCOUNT_KEY];
	struct account	*account;	/* NULL: it has used nothing */
	struct lane_list lanes;
	int		 is_user;
	int		 braked;	/* a project that is paused */
	uint64_t	 share;
	uint64_t	 running;	/* tasks with a session */
	int64_t		 tried;		/* time that queue_simulate() pretends */
	int64_t		 weight;	/* what it takes from its lanes' score */
};
RB_HEAD(parties, party);

struct queue {
	struct state	*st;
	struct buf	 rules;		/* what it was made from, encoded */
	struct config_items quotas;	/* k_quota, in order */
	struct config_items shares;	/* k_share */
	struct config_items providers;	/* k_agent */
	int64_t		 weight;	/* points; 0: no fair shares */
	int64_t		 age;		/* us of waiting for a point; 0: none */
	uint64_t	 half;		/* ms */
	uint64_t	 cost[RS_MAX];	/* weights of the resources */
	struct lane_names lanes;
	struct lane_scores open;
	struct parties	 parties;
	struct gates	 gates;
	TAILQ_HEAD(, gate) timed;
};

/* An empty queue of a state, without limits and shares; NULL: no memory. */
struct queue	*queue_new(struct state *st);
void		 queue_free(struct queue *q);	/* NULL is fine */

/*
 * Take limits, quotas and shares from a configuration, as they are at a time.
 * Everything is made again, unless nothing of it has changed.
 */
void		 queue_configure(struct state *st, const struct config *conf,
		    int64_t now);

/* A task's state, session or gates have changed: put it where it belongs. */
void		 queue_task(struct state *st, struct task *t);

/*
 * Before what its gates or rank follow from is changed (agent, labels,
 * priority): take it out.  queue_task() puts it back.
 */
void		 queue_out(struct state *st, struct task *t);

/* The brake of a project ("project/web") is on, or not any more. */
void		 queue_braked(struct state *st, const char *key);

/*
 * A task's place among those of its rank, and when it counts as filed: as it
 * was, or as a user moved it.
 */
#define PLACE_BITS	16		/* room between two that were filed */
uint64_t	 queue_place(const struct task *t);
uint64_t	 queue_since(const struct task *t);

/* An account was charged, or is new. */
void		 queue_account(struct state *st, struct account *a);

/* The task to be started next, as far as limits are concerned; or NULL. */
struct task	*queue_first(const struct state *st);

/* The gate that keeps a ready task, or NULL. */
const struct gate *queue_shut(const struct task *t);

/* What a shut gate means, in one sentence. */
void		 gate_sentence(const struct state *st, const struct gate *g,
		    char *out);		/* TEXT_LINE bytes */

/* When a shut gate opens by itself: the first of all, or 0. */
int64_t		 queue_until(const struct state *st);

/* Look again at the gates whose time has come. */
void		 queue_reopen(struct state *st);

/*
 * How many tasks of somebody count for a quota, and how many may at most
 * (0 and UINT64_MAX when no quota is for them).
 */
uint64_t	 queue_counted(const struct state *st, enum quota what,
		    const char *whom, uint64_t *most);

/* How an account of a user or project stands at a time. */
struct standing {
	uint64_t	 share;
	uint64_t	 used;		/* decayed, weighted, added up */
	uint64_t	 running;	/* tasks with a session: counted in it */
	int64_t		 points;	/* that its tasks lose; 0: it is unused */
};
void		 queue_standing(const struct state *st, const char *key,
		    int64_t now, struct standing *out);

/* The rule that this quota comes from, as written; whether any is for whom. */
const char	*queue_rule(const struct state *st, enum quota what,
		    const char *whom);
int		 queue_limits(const struct state *st, const char *whom);

/*
 * What would be started next if sessions became free one after the other and
 * nothing else happened: fn gets each task with its place, from 1 on, and ends
 * the walk by a non-zero return, which is returned.  At most `most` tasks.
 * Everything is as before when it returns.
 */
int		 queue_simulate(struct state *st, int64_t now,
		    unsigned int most, int (*fn)(void *arg, struct task *t,
		    unsigned int place), void *arg);

/* For queue.c and gate.c. */

/* The gates that a lane, or a task beyond its lane, has to pass. */
size_t		 gates_of_lane(struct queue *q, const struct lane *l,
		    struct gate *out[GATES_MAX]);
size_t		 gates_of_task(struct queue *q, const struct task *t,
		    struct gate *out[GATES_MAX]);

/* Have a node pass a gate; forget all of its passes. */
int		 gate_pass(struct gate *g, struct node *n);
void		 gate_leave(struct node *n);

/* A task begins or ceases to count: for what is configured. */
void		 gates_count(struct queue *q, struct node *n, int running,
		    int queued);

/* Look again whether gates of somebody's account are full. */
void		 gates_account(struct queue *q, const char *whom);
void		 gate_update(struct queue *q, struct gate *g);
void		 gates_free(struct queue *q);

/* A node's gates opened or shut. */
void		 node_changed(struct queue *q, struct node *n);

RB_PROTOTYPE(gates, gate, by_key, gate_cmp)
RB_PROTOTYPE(task_ranks, task, by_rank, task_cmp_rank)
RB_PROTOTYPE(strand_heads, strand, by_head, strand_cmp_head)
RB_PROTOTYPE(strands, strand, by_gates, strand_cmp_gates)
RB_PROTOTYPE(lane_names, lane, by_name, lane_cmp_name)
RB_PROTOTYPE(lane_scores, lane, by_score, lane_cmp_score)
RB_PROTOTYPE(parties, party, by_key, party_cmp)

#endif
