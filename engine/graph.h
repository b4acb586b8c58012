/*
 * Walks over what tasks depend on, for commands that people give: they cost
 * what they find.  Engine.
 */
#ifndef ENGINE_GRAPH_H
#define ENGINE_GRAPH_H

#include "engine/plan.h"

/* Tasks that a walk has seen, in order; what it adds it comes to. */
TAILQ_HEAD(walk, task);
void	 walk_add(struct walk *w, struct task *t);	/* once */
void	 walk_end(struct walk *w);

/*
 * 1, and the circle in words ("a -> b -> a"), when one of the needs leads to
 * the task itself.
 */
int	 graph_circle(struct task *t, const struct need *needs, size_t n,
	    char line[TEXT_LINE]);

#endif
