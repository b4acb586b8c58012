/*
 * Tasks that cannot go on by themselves, and what keeps them.  Engine, pure
 * half.  It follows from states and dependencies alone and is in no row: each
 * change goes along the edges that it concerns, once.
 */
#include "engine/state.h"

static int
is_stuck(const struct task *t)
{
	return (t->state == TS_FAILED || t->state == TS_CANCELLED ||
	    t->state == TS_HELD || t->state == TS_PAUSED || task_asks(t) ||
	    (t->state == TS_WAITING && t->nstuck > 0));
}

/* Have an edge count, or not, in what waits by it; 1 when that changed. */
static int
edge_counts(struct edge *ed, int there)
{
	int	 is = there && ed->to->stuck && ed->is != DEP_MET;

	if (is == ed->stuck)
		return (0);
	ed->stuck = (uint8_t)is;
	ed->from->nstuck += is ? 1 : -1U;
	return (1);
}

/*
 * Dependencies have no circles, and in one update tasks become stuck or cease
 * to be, never both: each is turned at most once.
 */
void
stuck_update(struct task *t)
{
	TAILQ_HEAD(, task)	 work = TAILQ_HEAD_INITIALIZER(work);
	struct edge		*ed;

	TAILQ_INSERT_TAIL(&work, t, work);
	t->on = 1;
	while ((t = TAILQ_FIRST(&work)) != NULL) {
		TAILQ_REMOVE(&work, t, work);
		t->on = 0;
		if (is_stuck(t) == t->stuck)
			continue;
		t->stuck = !t->stuck;
		TAILQ_FOREACH(ed, &t->rdeps, in) {
			if (!edge_counts(ed, 1))
				continue;
			if (!ed->from->on)
				TAILQ_INSERT_TAIL(&work, ed->from, work);
			ed->from->on = 1;
		}
	}
}

void
stuck_edge(struct edge *ed, int there)
{
	if (edge_counts(ed, there))
		stuck_update(ed->from);
}

const struct task *
task_cause(const struct task *t, unsigned int far)
{
	const struct edge	*ed;
	unsigned int		 n;

	for (n = 0; t->state == TS_WAITING && (far == 0 || n < far); n++) {
		TAILQ_FOREACH(ed, &t->deps, out)
			if (ed->stuck)
				break;
		if (ed == NULL)
			break;
		t = ed->to;
	}
	return (t);
}
