/*
 * A small and obvious model of what the engine makes of commands and of what
 * other roles say: arrays that are searched from one end to the other, and
 * nothing that is kept anywhere twice.  It shares no code with the engine but
 * the names of states.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include <stdint.h>

#include "engine/fsms.h"

#define MO_TASKS	1200
#define MO_DEPS		4
#define MO_SESSIONS	1200
#define MO_UNFINISHED	60	/* tasks max */
#define MO_TRIES	3	/* sessions that cannot be started, in a row */

#define MO_BRAKES	3	/* drain, queue pause, that of a project */

/* Kinds of dependencies that it knows, by their words. */
#define MO_KINDS(X)	X(MO_OK, "ok") X(MO_ANY, "any") X(MO_FAILED, "failed") \
			X(MO_MERGED, "merged")
#define MO_NUMBER(number, word) number,
enum mo_kind { MO_KINDS(MO_NUMBER) MO_KIND_MAX };
#undef MO_NUMBER

/* How far what an attempt left has come. */
enum mo_change {
	MC_NONE, MC_IMPORTING, MC_IMPORTED, MC_MERGING, MC_VERIFIED
};

struct mo_dep {
	enum mo_kind	 kind;
	unsigned int	 to;
};

struct mo_task {
	enum task_state	 state;
	int		 user;		/* held by a user */
	int		 landed;
	int64_t		 priority, filed, order;
	unsigned int	 retries, retries_max, tries, attempt;
	int		 cancelling;
	unsigned int	 session;	/* that is its own; 0 none */
	enum mo_change	 change;
	unsigned int	 left;		/* change: session that left it */
	int		 keep;		/* change: it will not land */
	int64_t		 imported;	/* change: when, for its turn */
	unsigned int	 ndeps;
	struct mo_dep	 deps[MO_DEPS];
};

struct mo_session {
	enum session_state state;
	unsigned int	 task;
	int		 asked;		/* the parent was told to start it */
	int		 ran;		/* it was given a step */
	int		 drop, purge;	/* are owed */
	int		 there;		/* it, or its rest */
};

struct model {
	struct mo_task	 t[MO_TASKS];
	unsigned int	 n;
	struct mo_session s[MO_SESSIONS];	/* from 1 on */
	unsigned int	 ns;			/* the last number */
	unsigned int	 max;			/* sessions at a time */
	int		 brake[MO_BRAKES];	/* nothing is started */
	int64_t		 age;			/* us for a point, or 0 */
	int64_t		 now, clock;		/* us; counts imports */
};

/* Commands: 0, or the PRA_E* that is their answer. */
int	 mo_cancel(struct model *m, unsigned int t);
int	 mo_retry(struct model *m, unsigned int t);
int	 mo_hold(struct model *m, unsigned int t);
int	 mo_release(struct model *m, unsigned int t);
int	 mo_pause(struct model *m, unsigned int t);
int	 mo_resume(struct model *m, unsigned int t);
int	 mo_edit(struct model *m, unsigned int t, int64_t priority);
int	 mo_brake(struct model *m, unsigned int which, int on);

/* 1 when a dependency on a task below `first` rules out that it ever runs. */
int	 mo_never(const struct model *m, unsigned int t, unsigned int first);

/* A task whose dependencies are set; it begins where they let it. */
void	 mo_file(struct model *m, unsigned int t);

/* What other roles say; what does not fit is of no consequence. */
void	 mo_base(struct model *m, unsigned int s, int ok);
void	 mo_booted(struct model *m, unsigned int s);
void	 mo_failed(struct model *m, unsigned int s);
void	 mo_ran(struct model *m, unsigned int s, int ok);
void	 mo_lost(struct model *m, unsigned int s);
void	 mo_gone(struct model *m, unsigned int s);
void	 mo_purged(struct model *m, unsigned int s);
void	 mo_dropped(struct model *m, unsigned int s);
void	 mo_imported(struct model *m, unsigned int t, int ok, int files);
void	 mo_merged(struct model *m, unsigned int t, int ok);
void	 mo_landed(struct model *m, unsigned int t, int ok);

/* Tasks that cannot run any more end, changes merge, sessions are made. */
void	 mo_schedule(struct model *m);

/* Tasks that are not finished. */
unsigned int mo_unfinished(const struct model *m);

#endif
