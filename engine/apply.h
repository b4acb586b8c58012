/*
 * Events change the state here and nowhere else.  Engine, pure half: the
 * same events in the same order give the same rows, which is what recovery
 * and replay rest on.
 */
#ifndef ENGINE_APPLY_H
#define ENGINE_APPLY_H

#include "engine/owe.h"
#include "engine/state.h"

/* An event: what was decided, and where the log has it. */
struct fact {
	STAILQ_ENTRY(fact)	 next;		/* on decision.facts */
	struct rec		*data;		/* owned: of class event */
	int64_t			 time;		/* microseconds since 1970 */
	uint64_t		 seq;		/* set before apply() */
};

/*
 * Apply an event.  0, or PRA_ECORRUPT (it does not fit the state) or
 * PRA_ENOMEM; after an error st->err is set and the state must be reloaded.
 */
int	 apply(struct state *st, const struct fact *f);

/* What one handler looks like, and the tables' other halves. */
typedef void	 apply_handler(struct state *st, const struct fact *f);

apply_handler	 apply_session_created, apply_session_based;
apply_handler	 apply_session_idle, apply_session_booted;
apply_handler	 apply_session_failed, apply_session_stopping;
apply_handler	 apply_session_gone, apply_session_purged;
apply_handler	 apply_change_created, apply_change_imported;
apply_handler	 apply_change_kept, apply_change_merging;
apply_handler	 apply_change_merged, apply_change_conflict;
apply_handler	 apply_change_verifying, apply_change_unverified;
apply_handler	 apply_change_verified, apply_change_rejected;
apply_handler	 apply_change_moved, apply_change_pushed;
apply_handler	 apply_change_failed, apply_change_abandoned;
apply_handler	 apply_session_reach, apply_session_egress;
apply_handler	 apply_nothing;
apply_handler	 apply_change_asked, apply_change_approved;
apply_handler	 apply_change_refused, apply_change_expired;
apply_handler	 apply_change_denied;
apply_handler	 apply_task_edited, apply_task_cleaned, apply_task_moved;

/* An event does not fit: the state is unusable. */
void	 apply_refuse(struct state *st);

/* What a task depends on is as the lists of an event say. */
void	 task_new_deps(struct state *st, struct task *t, const struct rec *ev,
	    int deps, int needs);
apply_handler	 apply_task_used;
apply_handler	 apply_task_delayed, apply_task_overdue;
apply_handler	 apply_queue_braked, apply_queue_released;
apply_handler	 apply_schedule_added, apply_schedule_removed;
apply_handler	 apply_schedule_paused, apply_schedule_resumed;
apply_handler	 apply_schedule_ran, apply_schedule_skipped;

/*
 * The object that a field of an event names.  NULL, and the state unusable,
 * when it is not there: decide never makes such an event.
 */
struct task	*fact_task(struct state *st, const struct fact *f, int field);
struct session	*fact_session(struct state *st, const struct fact *f,
		    int field);
struct change	*fact_change(struct state *st, const struct fact *f, int field);

/* The times and retries of a new task, from its event to its row. */
void	 created_times(struct rec *row, const struct rec *ev);

/* A running task's attempt is to end. */
void	 task_stop(struct state *st, struct task *t, const struct fact *f);

/* A change will not land: the step, why, and it is forgotten. */
void	 change_end(struct state *st, struct change *c, enum change_event ev,
	    const char *text);

/*
 * The attempt that task.ran or task.lost ends becomes a row of its own, for
 * what is counted later; the task still has its start.
 */
void	 attempt_over(struct state *st, struct task *t, const struct fact *f);

/* The same for task.used: a row that is no attempt. */
void	 attempt_used(struct state *st, const struct task *t,
	    const struct fact *f);

/* Take a step of a machine; 0, or -1 and the state unusable. */
int	 task_step(struct state *st, struct task *t, enum task_event ev);
int	 session_step(struct state *st, struct session *s,
	    enum session_event ev);
int	 change_step(struct state *st, struct change *c, enum change_event ev);

/*
 * What a dead session left is not needed any more: its base may go, and its
 * directory when there is one.
 */
void	 session_release(struct state *st, struct session *s, uint64_t order);

#endif
