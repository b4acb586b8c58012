/*
 * Walks over the graph.  Engine, pure half.  Those who were seen are on a list
 * by way of task.work, as in stuck_update(); no walk runs inside of another.
 */
#include <stdio.h>
#include <string.h>

#include "engine/graph.h"

void
walk_add(struct walk *w, struct task *t)
{
	if (t->on)
		return;
	t->on = 1;
	TAILQ_INSERT_TAIL(w, t, work);
}

void
walk_end(struct walk *w)
{
	struct task	*t;

	while ((t = TAILQ_FIRST(w)) != NULL) {
		TAILQ_REMOVE(w, t, work);
		t->on = 0;
	}
}

/* Back along who was seen, from the task to the need that led to it. */
static void
circle_text(const struct task *t, char line[TEXT_LINE])
{
	const struct edge	*ed;
	const struct task	*at = t;
	char			 name[TEXT_NAME], was[TEXT_LINE];

	snprintf(line, TEXT_LINE, "%s", text_task(name, t));
	do {
		TAILQ_FOREACH(ed, &at->rdeps, in)
			if (ed->from->on)
				break;
		if (ed == NULL)
			break;
		at = ed->from;
		snprintf(was, sizeof(was), "%.900s", line);
		snprintf(line, TEXT_LINE, "%s -> %s", text_task(name, at),
		    was);
	} while (strlen(line) < TEXT_LINE - 200);
	snprintf(was, sizeof(was), "%.900s", line);
	snprintf(line, TEXT_LINE, "%s -> %s", text_task(name, t), was);
}

int
graph_circle(struct task *t, const struct need *needs, size_t n,
    char line[TEXT_LINE])
{
	struct walk	 w = TAILQ_HEAD_INITIALIZER(w);
	struct edge	*ed;
	struct task	*at;
	size_t		 i;
	int		 found = 0;

	for (i = 0; i < n; i++) {
		if (needs[i].task == NULL)
			continue;
		found |= needs[i].task == t;
		walk_add(&w, needs[i].task);
	}
	for (at = TAILQ_FIRST(&w); at != NULL && !found;
	    at = TAILQ_NEXT(at, work))
		TAILQ_FOREACH(ed, &at->deps, out) {
			found |= ed->to == t;
			walk_add(&w, ed->to);
		}
	if (found)
		circle_text(t, line);
	walk_end(&w);
	return (found);
}
