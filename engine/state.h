/*
 * Today's state in memory: projects, tasks and what they depend on,
 * sessions, changes, effects owed.  Engine, pure half: no clock, no
 * randomness, no I/O.  Each object has its row (common/state.tbl), which is
 * what the store keeps; everything else here is found again from the rows.
 *
 * Only apply.c changes rows.  The fields are open because decide, apply,
 * sched and views all walk them.
 */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "engine/fsms.h"
#include "engine/store.h"

/* An attempt that is over: when, task, number.  Rows are in order of time. */
#define ATTEMPT_KEY	(8 + ULID_LEN + 8)

/* What every object begins with: its row and whether the store has it. */
struct entry {
	TAILQ_ENTRY(entry)	 link;		/* on state.dirty */
	enum store_table	 table;
	struct rec		*row;		/* owned */
	int			 dirty;		/* on the list */
	int			 live;		/* as of store_put() */
	int			 erase;		/* the row is to go */
	int			 dropped;	/* freed when written */
};

/* What is waited for (engine/deps.tbl), and how that stands. */
enum dep_kind {
#define DEP(kind, word, landed, done, failed, cancelled, text) DEP_##kind,
#include "engine/deps.tbl"
#undef DEP
	DEP_MAX
};
enum dep_is { DEP_OPEN, DEP_MET, DEP_BAD, DEP_NEVER, DEP_IS_MAX };

/*
 * A dependency: `from` waits for `to`.  Those of one task to another stand
 * side by side on to->rdeps.
 */
struct edge {
	TAILQ_ENTRY(edge)	 out;		/* on from->deps */
	TAILQ_ENTRY(edge)	 in;		/* on to->rdeps */
	struct task		*from;
	struct task		*to;
	unsigned int		 n;		/* its place in from's row */
	uint8_t			 kind;		/* enum dep_kind */
	uint8_t			 is;		/* enum dep_is */
	uint8_t			 stuck;		/* it counts in from->nstuck */
};
TAILQ_HEAD(edges, edge);

struct project;
struct session;
struct change;
struct strand;
struct queue;

/* Where a task counts for the queue (engine/queue.h). */
enum place {
	PL_NONE,		/* nowhere: it has begun, or is finished */
	PL_QUEUED,		/* it waits for others, or is held */
	PL_READY,		/* in its strand */
	PL_RUNNING		/* it has a session */
};

/* What is counted of a project; engine/tally.h. */
struct tally {
	struct entry		 e;
};

struct task {
	struct entry		 e;
	RB_ENTRY(task)		 by_id;		/* state.tasks */
	uint8_t			 id[ULID_LEN];	/* as in the row: close by */
	RB_ENTRY(task)		 by_rank;	/* strand.ready, while there */
	RB_ENTRY(task)		 by_name;	/* project->names */
	TAILQ_ENTRY(task)	 past;		/* state.past, while final */
	enum task_state		 state;
	struct project		*project;	/* NULL when it was removed */
	struct session		*session;	/* of the attempt under way */
	struct change		*change;	/* under review or being kept */
	struct edges		 deps;
	struct edges		 rdeps;
	TAILQ_ENTRY(task)	 work;		/* of stuck_update() */
	int			 on;		/* it is on that list */
	int			 stuck;		/* it cannot go on by itself */
	unsigned int		 nstuck;	/* dependencies that cannot */
	unsigned int		 ndeps[DEP_IS_MAX]; /* that stand so */
	TAILQ_ENTRY(task)	 doom;		/* state.doomed */
	int			 doomed;	/* it is on that list */
	unsigned int		 refs;		/* what has it as ->task */
	enum place		 place;
	struct strand		*strand;	/* while it has a place */
	int64_t			 rank;		/* while it is ready */
	int			 named;
	int			 aside;		/* counts in state.naside */
	RB_ENTRY(task)		 by_time;	/* state.timed, while due */
	uint64_t		 due;		/* when time changes it; 0: never */
};
RB_HEAD(task_ids, task);
RB_HEAD(task_ranks, task);
RB_HEAD(task_times, task);
RB_HEAD(task_names, task);

struct change {
	struct entry		 e;
	RB_ENTRY(change)	 by_id;		/* state.changes */
	TAILQ_ENTRY(change)	 queue;		/* project->queue, st->asking */
	enum change_state	 state;
	struct task		*task;
	struct session		*verifier;	/* its session */
};
RB_HEAD(change_ids, change);
TAILQ_HEAD(change_queue, change);

struct project {
	struct entry		 e;
	RB_ENTRY(project)	 by_name;	/* state.projects */
	struct task_names	 names;
	struct change_queue	 queue;		/* in order of landing */
	struct change		*landing;	/* from merging to pushed */
	unsigned int		 unfinished;
	struct tally		*tally;		/* owned; NULL: nothing yet */
	struct brake		*brake;		/* it is paused, or NULL */
};
RB_HEAD(project_names, project);

struct session {
	struct entry		 e;
	RB_ENTRY(session)	 by_id;		/* state.sessions */
	enum session_state	 state;
	struct task		*task;
	struct change		*change;	/* verify: of which */
};
RB_HEAD(session_ids, session);

struct owed {
	struct entry		 e;
	const char		*key;		/* in the row */
	RB_ENTRY(owed)		 by_key;	/* state.owed */
	TAILQ_ENTRY(owed)	 due;		/* state.due, in order */
	int			 sent;		/* since its receiver started */
	int			 soon;		/* its answer takes no job's time */
	unsigned int		 busy;		/* refusals for the moment */
};
RB_HEAD(owed_keys, owed);

/* Of the ledger: engine/ledger.h. */
struct account {
	struct entry		 e;
	RB_ENTRY(account)	 by_key;	/* state.accounts */
};
RB_HEAD(account_keys, account);

/* Somebody wants no tasks to be started: engine/brake.h. */
struct brake {
	struct entry		 e;
	RB_ENTRY(brake)		 by_key;	/* state.brakes */
	struct project		*project;	/* of which, or NULL: any */
};
RB_HEAD(brake_keys, brake);

/* Tasks that are filed again and again: engine/schedule.h. */
struct schedule {
	struct entry		 e;
	RB_ENTRY(schedule)	 by_key;	/* state.schedules */
	RB_ENTRY(schedule)	 by_time;	/* state.runs, while due is set */
	uint64_t		 due;		/* next run; 0: none */
};
RB_HEAD(schedule_keys, schedule);
RB_HEAD(schedule_times, schedule);

struct state {
	struct project_names	 projects;
	struct task_ids		 tasks;
	struct session_ids	 sessions;
	struct change_ids	 changes;
	struct owed_keys	 owed;
	struct account_keys	 accounts;
	struct brake_keys	 brakes;
	struct schedule_keys	 schedules;
	struct schedule_times	 runs;		/* the earliest first */
	TAILQ_HEAD(owed_list, owed) due;
	struct change_queue	 asking;	/* for an approval */
	TAILQ_HEAD(, task)	 past;		/* final tasks kept in memory */
	TAILQ_HEAD(, task)	 doomed;	/* their end is due, see dep_doom() */
	TAILQ_HEAD(entry_list, entry) dirty;
	unsigned int		 nprojects;
	unsigned int		 ntasks[TS_MAX];
	unsigned int		 nlive;		/* sessions that are not gone */
	unsigned int		 npast;
	int64_t			 now;		/* time of the event applied */
	uint64_t		 last_session;	/* the last number given */
	uint64_t		 last_fence;
	struct queue		*queue;		/* owned */
	char			 full[1024];	/* why there is no room, or "" */
	int			 err;		/* PRA_E*: unusable */
	struct task_times	 timed;		/* the earliest first */
	unsigned int		 naside;	/* tasks that wait for the end of maintenance */
};

RB_PROTOTYPE(task_ids, task, by_id, task_cmp_id)
RB_PROTOTYPE(task_times, task, by_time, task_cmp_time)
RB_PROTOTYPE(task_names, task, by_name, task_cmp_name)
RB_PROTOTYPE(project_names, project, by_name, project_cmp)
RB_PROTOTYPE(session_ids, session, by_id, session_cmp)
RB_PROTOTYPE(change_ids, change, by_id, change_cmp)
RB_PROTOTYPE(owed_keys, owed, by_key, owed_cmp)
RB_PROTOTYPE(account_keys, account, by_key, account_cmp)
RB_PROTOTYPE(brake_keys, brake, by_key, brake_cmp)
RB_PROTOTYPE(schedule_keys, schedule, by_key, schedule_cmp_key)
RB_PROTOTYPE(schedule_times, schedule, by_time, schedule_cmp_time)

/* An empty state; NULL without memory.  state_free() frees every object. */
struct state	*state_new(void);
void		 state_free(struct state *st);

/*
 * Put an object in, made from a row, which is taken in any case.  NULL when
 * the row makes no sense or memory ran out: state.err says which.
 */
struct project	*state_add_project(struct state *st, struct rec *row);
struct task	*state_add_task(struct state *st, struct rec *row);
struct session	*state_add_session(struct state *st, struct rec *row);
struct change	*state_add_change(struct state *st, struct rec *row);
struct owed	*state_add_owed(struct state *st, struct rec *row);
struct tally	*state_add_tally(struct state *st, struct rec *row);
struct account	*state_add_account(struct state *st, struct rec *row);
struct brake	*state_add_brake(struct state *st, struct rec *row);
struct schedule	*state_add_schedule(struct state *st, struct rec *row);

/* A row that is written with the next commit, and of which nothing is kept. */
void		 state_add_past(struct state *st, enum store_table table,
		    struct rec *row);

/* What a task depends on is not so any more; its row stays as it is. */
void		 state_unlink_task(struct task *t);

/* A composite waits for one more task. */
void		 state_join_task(struct state *st, struct task *whole,
		    struct task *part);

/* Connect what a row names, once all rows are in: dependencies, pointers. */
void		 state_link_task(struct state *st, struct task *t);
void		 state_link_session(struct state *st, struct session *s);
void		 state_link_change(struct state *st, struct change *c);

struct project	*state_project(const struct state *st, const char *name);
struct project	*state_project_after(const struct state *st,
		    const char *name);	/* the next one; "" the first */
struct task	*state_task(const struct state *st, const uint8_t id[ULID_LEN]);
struct task	*state_task_from(const struct state *st,
		    const uint8_t id[ULID_LEN]);	/* this or the next */
struct session	*state_session(const struct state *st, uint64_t id);
struct change	*state_change(const struct state *st,
		    const uint8_t id[ULID_LEN]);
struct owed	*state_owed(const struct state *st, const char *key);
struct brake	*state_brake(const struct state *st, const char *key);
struct schedule	*state_schedule(const struct state *st, const char *key);
struct account	*state_account(const struct state *st, const char *key);
struct account	*state_account_after(const struct state *st,
		    const char *key);	/* the next one */

/* The first of a tree; RB_NEXT(tree, NULL, x) gives those that follow. */
struct project	*state_first_project(const struct state *st);
struct session	*state_first_session(const struct state *st);
struct task	*state_first_timed(const struct state *st);

/* The newest task of a project with a name, and the next older; or NULL. */
struct task	*state_named(const struct project *p, const char *name);
struct task	*state_named_next(struct task *t);

/* Set a state: in the row, the counters and the queues. */
void		 task_set(struct state *st, struct task *t, enum task_state s);
void		 session_set(struct state *st, struct session *s,
		    enum session_state to);
void		 change_set(struct state *st, struct change *c,
		    enum change_state to);

/*
 * Have a task where time finds it, after its state or a time in its row has
 * changed: it waits for a time, or has a deadline.
 */
void		 task_time(struct state *st, struct task *t);

/* The same for a schedule, whose next run has changed. */
void		 schedule_time(struct state *st, struct schedule *s);

/* The row has changed: the store must have it with the next commit. */
void		 state_dirty(struct state *st, struct entry *e);

/*
 * Take an object out of every tree.  Its row is written once more (or
 * deleted: projects with their counts, tasks, and owed effects), then the
 * object is freed.
 */
void		 state_drop_task(struct state *st, struct task *t);
void		 state_drop_project(struct state *st, struct project *p);
void		 state_drop_session(struct state *st, struct session *s);
void		 state_drop_change(struct state *st, struct change *c);
void		 state_drop_owed(struct state *st, struct owed *o);
void		 state_drop_brake(struct state *st, struct brake *b);
void		 state_drop_schedule(struct state *st, struct schedule *s);

/* After a commit: nothing is dirty, what was dropped is freed. */
void		 state_clean(struct state *st);

/*
 * Forget final tasks above `keep`, the oldest first, unless something in
 * memory still points to them.  Not part of apply: they stay in the store.
 */
void		 state_trim(struct state *st, unsigned int keep);

/* 1 when a final task must stay: something in memory has to do with it. */
int		 task_needed(const struct task *t);

/* The key of a row in its table; returns its length, at most 128. */
size_t		 state_key(const struct entry *e, uint8_t key[128]);

/* The first key of attempts that ended at a time (us since 1970) or later. */
void		 attempt_from(uint8_t key[ATTEMPT_KEY], uint64_t time);

/* 1 for a composite. */
int		 task_whole(const struct task *t);

/* 1 when nothing that a task depends on keeps it. */
int		 task_deps_done(const struct task *t);

/* 1 when it is for somebody to let it go on: held, paused, or it asks. */
int		 task_kept(const struct task *t);

/* 1 when the task's change waits for an approval. */
int		 task_asks(const struct task *t);

/*
 * What keeps a task that is stuck: itself, or the task on which it waits, at
 * any distance; at most `far` steps away (0: no limit).  A task is stuck that
 * failed, was cancelled, is held or paused, asks for an approval, or waits for
 * one that is stuck.
 */
const struct task *task_cause(const struct task *t, unsigned int far);

/* An edge is there (or stands otherwise), or goes: its end may be stuck. */
void		 stuck_edge(struct edge *ed, int there);

/* The state of a task has changed: so has what waits for it, perhaps. */
void		 stuck_update(struct task *t);

/* Sessions that count against `sessions max`. */
int		 session_live(const struct session *s);
int		 session_verifies(const struct session *s);

#endif
