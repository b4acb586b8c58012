/*
 * Tasks that are to be, and what they will wait for.  Engine, pure half.  For
 * decide_task.c, which files them, and for what else changes dependencies.
 */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include "engine/decide.h"
#include "engine/deps.h"
#include "engine/text.h"

#define DEPS_MAX	1000

/* What a task is to wait for: one of this plan, or one filed before. */
struct need {
	struct draft	*sib;
	struct task	*task;
	struct dep_ref	 ref;
};

/* A task that is to be: its command, and what its dependencies mean. */
struct draft {
	const struct rec	*cmd;		/* c_task_create */
	const uint8_t		*id;
	struct project		*project;
	char			 name[TEXT_NAME]; /* "" for none */
	int			 whole;		/* a composite */
	int			 element;	/* of an array, at this index */
	uint64_t		 index;
	struct draft		*after;		/* element that ends before it */
	struct draft		*up;		/* composite that it is part of */
	struct task		*filed;		/* or one filed before */
	size_t			 nparts;
	struct need		*needs;		/* owned */
	size_t			 nneeds;
	struct draft		*parent;	/* where the walk came from */
	struct draft		*below;		/* where it went */
	size_t			 at;		/* next of needs to walk to */
	int			 open;		/* the walk is below it */
	int			 emitted;
};

struct plan {
	struct decision	*d;
	struct draft	*drafts;	/* owned */
	struct draft	**named;	/* owned: sorted by project and name */
	size_t		 n, nnamed;
};

/* Room for n tasks; 0, and refused, without memory.  plan_free() in any case. */
int		 plan_init(struct plan *pl, struct decision *d, size_t n);
void		 plan_free(struct plan *pl);

/* The draft with a name in the project of another one, or NULL. */
struct draft	*plan_named(const struct plan *pl, const struct draft *dr,
		    const char *name);

/* Find what a draft is to wait for; its cmd has the texts.  0 and refused. */
int		 draft_deps(struct plan *pl, struct draft *dr);

/*
 * Put that into an event: ids, and the kinds unless every one is the usual.
 */
void		 draft_put(struct rec *ev, int deps, int needs,
		    const struct draft *dr);

/*
 * The state that it begins in, and that in words; the reason (a field of the
 * event) is set when it is held.  Refused when it could never run.
 */
const char	*draft_state(struct plan *pl, struct rec *ev, int reason,
		    const struct draft *dr, char summary[TEXT_LINE]);

#endif
