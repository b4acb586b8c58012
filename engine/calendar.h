/*
 * What the calendar says, looked up for the pure half: local time needs files.
 */
#ifndef ENGINE_CALENDAR_H
#define ENGINE_CALENDAR_H

#include "engine/engine.h"

/*
 * Before a turn at a time (us): the maintenance that is, or comes next; and an
 * input for each schedule of which a run is due.
 */
void	 calendar_turn(struct engine *e, int64_t now);

/*
 * Before a command is decided: when the schedule that it adds or resumes runs
 * first, in its number; or its err and text.
 */
void	 calendar_command(struct engine *e, struct input *in, int64_t now);

/* When the calendar next changes something: us since 1970, or 0. */
uint64_t calendar_due(const struct engine *e, int64_t now);

#endif
