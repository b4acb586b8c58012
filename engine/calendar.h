/*
 * What the calendar says, looked up for the pure half: local time needs files.
 */
#ifndef ENGINE_CALENDAR_H
#define ENGINE_CALENDAR_H

#include "engine/engine.h"

/* Before a turn at a time (us): the maintenance that is, or comes next. */
void	 calendar_turn(struct engine *e, int64_t now);

/* When the calendar next changes something: us since 1970, or 0. */
uint64_t calendar_due(const struct engine *e, int64_t now);

#endif
