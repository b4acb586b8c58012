/*
 * Decisions: what a command, an answer of another role or the end of a
 * session means, as a list of events.  Engine, pure half: time and ids come
 * in, nothing goes out but the decision, and the state is not changed.
 */
#ifndef ENGINE_DECIDE_H
#define ENGINE_DECIDE_H

#include "engine/apply.h"
#include "engine/config.h"

/* What can happen.  The second column names it in logs and causes. */
#define INPUTS(X)							\
	X(IN_COMMAND, "command")	/* env, rec, request */		\
	X(IN_PROJECT_STATE, "project-state") /* rec: b_project_state */	\
	X(IN_BASE_READY, "base-ready")	/* rec: b_base_ready */		\
	X(IN_BOOTED, "booted")		/* session, pid, number: us */	\
	X(IN_STEP_DONE, "step-done")	/* session, rec: b_exit */	\
	X(IN_SESSION_FAIL, "session-fail") /* session, err, text */	\
	X(IN_SESSION_LOST, "session-lost") /* session, text: it lied */	\
	X(IN_SESSION_GONE, "session-gone") /* session, status, text */	\
	X(IN_SESSION_PURGED, "session-purged") /* session, err */	\
	X(IN_UPPER_FAIL, "upper-fail")	/* session, err, text */	\
	X(IN_IMPORTED, "imported")	/* rec: b_imported */		\
	X(IN_MERGED, "merged")		/* rec: b_merged */		\
	X(IN_LANDED, "landed")		/* rec: b_landed */		\
	X(IN_DELIVERED, "delivered")	/* text: key of the effect */	\
	X(IN_EGRESS_RULES, "egress-rules") /* rec: b_egress_rules */	\
	X(IN_EGRESS, "egress")		/* rec: b_egress */		\
	X(IN_ROOM, "room")		/* err, text */			\
	X(IN_GATEWAY, "gateway")	/* number: restarts */		\
	X(IN_EXPIRE, "expire")		/* text: id of a task */	\
	X(IN_SCHEDULE, "schedule-due")	/* text: key, number: run after it */

#define INPUT_NUMBER(number, name) number,
enum input_kind { INPUTS(INPUT_NUMBER) IN_MAX };
#undef INPUT_NUMBER

struct input {
	STAILQ_ENTRY(input)	 next;		/* on the shell's queue */
	enum input_kind		 kind;
	uint32_t		 request;	/* frontend's number */
	struct rec		*env;		/* owned: c_env, or NULL */
	struct rec		*rec;		/* owned, or NULL */
	uint64_t		 session;
	uint64_t		 number;
	uint32_t		 pid;
	int			 err;		/* PRA_E* */
	int			 status;	/* of wait(2); -1 unknown */
	char			 text[1024];
};

STAILQ_HEAD(facts, fact);

struct decision {
	const struct state	*st;
	const struct config	*conf;
	int64_t			 time;		/* microseconds since 1970 */
	const uint8_t		(*ids)[ULID_LEN]; /* fresh ones, not owned */
	size_t			 nids;		/* never more are needed than */
	size_t			 used;		/* decide_ids() says */
	const struct rec	*env;		/* of the command, or NULL */
	const char		*command;	/* its name, or NULL */
	struct facts		 facts;		/* the outcome */
	int			 left;		/* a tree is in it: imported or kept */
	int			 err;		/* 0, or why it was refused */
	int			 later;		/* another input answers */
	char			 message[2048];
	char			 remedy[1024];
	char			 subject[96];
	char			 policy[256];
	struct buf		 show;		/* tasks for the answer */
	uint32_t		 chance;	/* random, for what is to spread */
	struct rec		*view;		/* owned: one more item, or NULL */
};

const char	*input_name(enum input_kind k);
void		 input_free(struct input *in);	/* with what it owns */

/* How many fresh ids decide() may use for an input. */
size_t	 decide_ids(const struct input *in);

/* Start one; time, ids and nids are the caller's to set. */
void	 decision_init(struct decision *d, const struct state *st,
	    const struct config *conf);
void	 decision_clear(struct decision *d);

/*
 * Decide.  With err set facts is empty and nothing changes.  Input that is
 * late, or does not fit the state, gives no facts and no error.
 */
void	 decide(struct decision *d, const struct input *in);

/* For the decide_*.c files. */

typedef void	 decider(struct decision *d, const struct input *in);

decider	 decide_project_add, decide_project_remove, decide_project_state;
decider	 decide_task_create, decide_task_plan;
decider	 decide_task_edit, decide_task_clean, decide_task_reorder;
decider	 decide_task_cancel, decide_task_retry;
decider	 decide_task_hold, decide_task_release;
decider	 decide_task_pause, decide_task_resume;
decider	 decide_base_ready, decide_booted, decide_step_done;
decider	 decide_session_fail, decide_session_lost, decide_session_gone;
decider	 decide_session_purged, decide_upper_fail, decide_imported;
decider	 decide_merged, decide_landed, decide_delivered;
decider	 decide_egress_rules, decide_egress, decide_gateway;
decider	 decide_task_approve, decide_task_reject;
decider	 decide_expire, decide_room;
decider	 decide_schedule_add, decide_schedule_remove;
decider	 decide_schedule_pause, decide_schedule_resume, decide_schedule_due;
decider	 decide_drain, decide_undrain, decide_queue_pause, decide_queue_resume;

/*
 * 1, or 0 and refused, when n more tasks may wait: for an account such as
 * "project/web"; for the user and the groups of a command.
 */
int	 decide_quota(struct decision *d, const char *whom, size_t n);
int	 decide_quota_user(struct decision *d, size_t n);

/* Put the client's groups that a quota is for into a task.created. */
void	 decide_groups(const struct decision *d, struct rec *ev);

/* A new event at the end of the decision, to be filled; NULL: no memory. */
struct rec	*emit(struct decision *d, enum rec_kind kind);

/* Refuse a command: the error, one sentence, and what to do about it. */
void	 refuse(struct decision *d, int err, const char *remedy,
	    const char *fmt, ...) __attribute__((__format__(printf, 4, 5)));

/* Take a refusal back, and with it all that was decided so far. */
void	 decision_refused(struct decision *d);

/* 1, or 0 and refused, when the command is not permitted on a project. */
int	 decide_permitted(struct decision *d, const char *project);

/* The same without a refusal. */
int	 decide_may(struct decision *d, const char *project);

/* The one task that a command names, or NULL and refused. */
struct task	*decide_task(struct decision *d, const char *text,
		    const char *project);

/* Set the answer's subject to an id and have the task shown. */
void	 decide_show(struct decision *d, const uint8_t id[ULID_LEN]);

/*
 * The task has ended in `end`, with its commit on the branch or not: what
 * that means for those that depend on it.
 */
void	 decide_ended(struct decision *d, const struct task *t,
	    enum task_state end, int landed);

/* Cancel a task as far as that is possible now; 1 when that changes it. */
int	 decide_cancel(struct decision *d, const struct task *t);

/*
 * 1 when a task that can never run was cancelled for that, a composite has its
 * end, or a part of it was cancelled with it.
 */
int	 decide_doomed(struct decision *d);

/* The file that a task waited for was not in what the other task left. */
void	 decide_no_file(struct decision *d, const struct task *t,
	    const char *text);

/*
 * Nothing keeps the task but, perhaps, the time before which it may not
 * start: it is ready, or waits for that.  So many attempts are left, and starts
 * have failed.
 */
void	 decide_ready(struct decision *d, const struct task *t,
	    uint64_t retries, uint64_t tries, const char *summary);

/* The task's end, with what follows from it. */
void	 decide_fail(struct decision *d, const struct task *t,
	    const char *reason, const char *detail);
void	 decide_done(struct decision *d, const struct task *t,
	    const char *reason, const char *detail, const char *summary);
void	 decide_cancelled(struct decision *d, const struct task *t);

/* 1 when it waits for that time; an event says so, unless it did before. */
int	 decide_starts_later(struct decision *d, const struct task *t,
	    uint64_t retries, uint64_t tries);

/*
 * The times and retries of a task that is being filed, in its event.  What
 * would be ready but may not start yet is waiting.  check_task_times() is
 * for the command: 1, or 0 and refused.
 */
int	 check_task_times(struct decision *d, const struct rec *cmd);
void	 decide_created_times(struct decision *d, const struct rec *cmd,
	    struct rec *ev);

/*
 * The time until which a task waits instead of being ready, or 0.  line then
 * says so.
 */
uint64_t decide_until(const struct decision *d, const struct task *t,
	    char line[1024]);

/* 1 when the task's deadline has passed. */
int	 task_too_late(const struct decision *d, const struct task *t);

/* 1 when something was decided because its time has come. */
int	 decide_timed(struct decision *d);

/* An attempt that failed is over and kept: again, failed or cancelled. */
void	 decide_attempt_over(struct decision *d, const struct task *t);

/*
 * A session for the task could not be started: once more, unless it would
 * fail again (permanent) or has failed too often.
 */
void	 decide_not_started(struct decision *d, const struct task *t,
	    const char *reason, const char *text, int permanent);

/* One could not be for want of room, which is no fault of it: it waits. */
void	 decide_no_room(struct decision *d, const struct task *t);

/* One line for the trace when the session asked for hosts in vain. */
void	 decide_refusals(struct decision *d, const struct session *s);

/* 1 when what a task (s_task) left in the attic was kept for long enough. */
int	 task_expires(const struct config *conf, const struct rec *row,
	    int64_t now);

/* End a session that nobody needs any more. */
void	 decide_stop(struct decision *d, const struct session *s);

/*
 * Judge a change by the facts (list `field` of a message) of what it makes of
 * the tree `from`: `tree`.  1 when it does not go on: denied, or it asks.
 */
int	 decide_judged(struct decision *d, const struct change *c,
	    const struct rec *facts, int field, const uint8_t *from,
	    const uint8_t *tree);

/* 1 when a change that nobody approved in time was given up. */
int	 decide_expired(struct decision *d);

/* File the sub-tasks that an attempt proposed (b_exit), or refuse them. */
void	 decide_proposals(struct decision *d, const struct task *t,
	    const struct rec *exit);

/* The change's verification gave no verdict: once more, or give up. */
void	 decide_unverified(struct decision *d, const struct change *c,
	    const char *text);

#endif
