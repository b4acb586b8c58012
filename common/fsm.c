/*
 * State machines.  Pure but for the log lines of fsm_step().
 */
#include <string.h>

#include "common/fsm.h"
#include "common/log.h"

#define FSM_MAXSTATES	32

const struct transition *
fsm_find(const struct fsm *m, int state, int event)
{
	const struct transition	*any = NULL;
	size_t			 i;

	for (i = 0; i < m->nrows; i++) {
		if (m->rows[i].event != event)
			continue;
		if (m->rows[i].from == state)
			return (&m->rows[i]);
		if (m->rows[i].from == FSM_ANY)
			any = &m->rows[i];
	}
	return (any);
}

const struct transition *
fsm_step(const struct fsm *m, const char *who, int state, int event)
{
	const struct transition	*t = fsm_find(m, state, event);

	if (t == NULL)
		log_warnx("%s %s: %s refused in state %s", m->name, who,
		    m->events[event], m->states[state]);
	else
		log_debug("%s %s: %s --%s--> %s", m->name, who,
		    m->states[state], m->events[event], m->states[t->to]);
	return (t);
}

static void
fsm_reach(const struct fsm *m, int state, unsigned char *seen)
{
	const struct transition	*t;
	int			 e;

	if (seen[state])
		return;
	seen[state] = 1;
	for (e = 0; e < m->nevents; e++)
		if ((t = fsm_find(m, state, e)) != NULL)
			fsm_reach(m, t->to, seen);
}

static const char *
fsm_check_rows(const struct fsm *m)
{
	const struct transition	*a, *b;
	size_t			 i, j;
	int			 e;

	for (e = 0; e < m->nevents; e++)
		if (m->events[e] == NULL)
			return ("an event has no name");
	for (i = 0; i < m->nrows; i++) {
		a = &m->rows[i];
		if (a->from < FSM_ANY || a->from >= m->nstates ||
		    a->to < 0 || a->to >= m->nstates ||
		    a->event < 0 || a->event >= m->nevents)
			return ("a row names no such state or event");
		for (j = i + 1; j < m->nrows; j++) {
			b = &m->rows[j];
			if (a->from == b->from && a->event == b->event)
				return ("two rows for one state and event");
		}
	}
	return (NULL);
}

const char *
fsm_check(const struct fsm *m, int start, const int *finals, size_t nfinals)
{
	unsigned char	 seen[FSM_MAXSTATES];
	const char	*why;
	size_t		 f;
	int		 s, ok;

	if (m->nstates > FSM_MAXSTATES)
		return ("too many states");
	if ((why = fsm_check_rows(m)) != NULL)
		return (why);
	memset(seen, 0, sizeof(seen));
	fsm_reach(m, start, seen);
	for (s = 0; s < m->nstates; s++)
		if (m->states[s] == NULL || !seen[s])
			return ("a state has no name or cannot be reached");
	for (s = 0; s < m->nstates; s++) {
		memset(seen, 0, sizeof(seen));
		fsm_reach(m, s, seen);
		for (ok = 0, f = 0; f < nfinals; f++)
			ok |= seen[finals[f]];
		if (!ok)
			return ("a state has no way to the end");
	}
	return (NULL);
}
