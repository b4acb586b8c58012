/*
 * For tests of the engine's pure half: a state, a configuration, and inputs
 * that are decided and applied at once.  Every function fails the running
 * test itself.
 */
#ifndef TESTS_PURE_RIG_H
#define TESTS_PURE_RIG_H

#include "engine/config.h"
#include "engine/decide.h"
#include "engine/sched.h"

struct pr_world {
	struct state	*st;
	struct config	*conf;
	struct rec	*env;		/* of the next command: root's */
	uint64_t	 seq;		/* events applied */
	int64_t		 later;		/* us added to the time: the events */
	uint8_t		 last[ULID_LEN];
	uint32_t		 chance;	/* as the decisions get it */
	struct decision	 d;		/* the last one, for its message */
};

/* For cmocka: an empty state, one session at a time; uid 500 is the owner. */
int		 pr_setup(void **state);
int		 pr_teardown(void **state);

/* Decide and apply an input, whose rec is freed; a command.  d.err. */
int		 pr_feed(struct pr_world *w, struct input *in);
int		 pr_command(struct pr_world *w, struct rec *cmd);

/* Let the scheduler decide once; the new session's number or 0. */
uint64_t	 pr_schedule(struct pr_world *w);

/* A project that is ready; verify may be NULL. */
void		 pr_project(struct pr_world *w, const char *name,
		    const char *verify);

/* The command that files a task (dep may be NULL); file one. */
struct rec	*pr_task_rec(const char *proj, const char *name,
		    const char *dep);
struct task	*pr_task_add(struct pr_world *w, const char *proj,
		    const char *name, int64_t prio);

/* A rule of the configuration; the envelope of a client in one group. */
void		 pr_permit(struct pr_world *w, int deny, int any, int group,
		    uint64_t id, const char *cmd, const char *proj);
struct rec	*pr_client(uint64_t uid, uint64_t gid);

/* What other roles say, in the order of a task's life. */
void		 pr_base_ready(struct pr_world *w, uint64_t session);
void		 pr_booted(struct pr_world *w, uint64_t session);
void		 pr_step_done(struct pr_world *w, uint64_t session,
		    uint64_t fence, int64_t status);
void		 pr_gone(struct pr_world *w, uint64_t session);
void		 pr_imported(struct pr_world *w, const struct change *c);
void		 pr_imported_none(struct pr_world *w, const struct change *c);
void		 pr_merged(struct pr_world *w, const struct change *c);

/* The event of a kind in the last decision, or NULL. */
const struct rec *pr_fact_of(const struct pr_world *w, enum rec_kind kind);

#endif
