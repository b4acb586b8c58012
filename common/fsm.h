/*
 * State machines as tables: {from, event, to, action}.  No row means that the
 * event is refused, and that is logged here and nowhere else.
 */
#ifndef COMMON_FSM_H
#define COMMON_FSM_H

#include <stddef.h>

#define FSM_ANY		(-1)	/* as `from`: in every state without an own row */

struct transition {
	int		 from;		/* a state, or FSM_ANY */
	int		 event;
	int		 to;		/* the state afterwards */
	int		 action;	/* the owner's number for it; 0: none */
};

struct fsm {
	const char		*name;		/* "task" */
	const char *const	*states;	/* names by number */
	int			 nstates;
	const char *const	*events;
	int			 nevents;
	const struct transition	*rows;
	size_t			 nrows;
};

/* The row for an event in a state, or NULL when there is none. */
const struct transition *fsm_find(const struct fsm *m, int state, int event);

/*
 * As fsm_find(), and logs "who: waiting --dep-ok--> ready" at debug level or
 * the refusal as a warning.  For callers outside the pure half.
 */
const struct transition *fsm_step(const struct fsm *m, const char *who,
    int state, int event);

/*
 * Check a table: no two rows for one state and event, names present, every
 * state reachable from `start`, `final` reachable from every state.  NULL, or
 * what is wrong (static storage).  For tests.
 */
const char	*fsm_check(const struct fsm *m, int start,
    const int *finals, size_t nfinals);

#endif
