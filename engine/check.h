/*
 * Checks of what users write, each with its one clear line.  Engine, pure
 * half.  They return 1 (or an object), or 0 (NULL) after refuse().
 */
#ifndef ENGINE_CHECK_H
#define ENGINE_CHECK_H

#include "engine/decide.h"

/* A name: 1 to 64 of letters, digits, '.', '_', '-'.  `what`: "task". */
int	 check_name(struct decision *d, const char *what, const char *name);

/* One line: no control character. */
int	 check_line(struct decision *d, const char *what, const char *text);

/* 1 when the text has more than white space; refuses nothing. */
int	 check_some(const char *text);

/* An agent of the configuration. */
int	 check_agent(struct decision *d, const char *name);

/* The project of a name, on which the command is permitted. */
struct project	*check_project(struct decision *d, const char *name);

/* As above, ready for tasks; with an empty name the only one there is. */
struct project	*check_task_project(struct decision *d, const char *name);

/* 1 when a name is made as those of tasks are. */
int	 name_good(const char *name);

/* Labels, priority, retries of a task (c_task_create). */
int	 check_task_fields(struct decision *d, const struct rec *c);

/* That there is something to do: a command line, or an agent and a text. */
int	 check_task_work(struct decision *d, const struct rec *c,
	    const struct project *p);

#endif
