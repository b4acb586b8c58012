/*
 * Schedules: tasks that are filed again and again.  Engine, pure half: when a
 * run comes next is looked up by the shell (calendar.c), which has the zone
 * data, and comes in with the input.
 */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H

#include "engine/decide.h"

#define SCHEDULE_KEY	112	/* "project/name", with NUL */

/* "project/name". */
void		 schedule_key(char key[SCHEDULE_KEY], const char *project,
		    const char *name);

/* Copy the fields that two records have by the same name and type. */
void		 schedule_copy(struct rec *to, const struct rec *from);

/* The schedule of which a run is due first; NULL when none ever is. */
struct schedule	*schedule_first(const struct state *st);

/* The next one in the order of keys; "" the first. */
struct schedule	*schedule_after(const struct state *st, const char *key);

/* 1 when a project has a schedule. */
int		 schedule_any(const struct state *st, const char *project);

/* A schedule as it is shown. */
struct rec	*view_schedule(const struct schedule *s);

#endif
