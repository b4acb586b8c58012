/*
 * The envelope that an event is stored in.  Engine, pure half.
 */
#ifndef ENGINE_ENVELOPE_H
#define ENGINE_ENVELOPE_H

#include "engine/decide.h"
#include "engine/store.h"

/*
 * Fill an envelope but for id, data and what the store numbers: stream and
 * subject from the event's own fields, project from them or the state as it
 * is before the event, actor, cause and policy from the input (NULL: the
 * scheduler).
 */
void	 envelope_fill(struct store_event *ev, const struct state *st,
	    const struct fact *f, const struct input *in, const char *policy);

#endif
