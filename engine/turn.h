/*
 * The durable shell around decide and apply: one turn of the event loop is
 * one transaction.
 */
#ifndef ENGINE_TURN_H
#define ENGINE_TURN_H

#include "engine/engine.h"

/* Make the timers; fatal without memory.  turn_close() frees the queues too. */
void	 turn_open(struct engine *e);
void	 turn_close(struct engine *e);

/* Have a turn run in a second: what is due and was not sent is sent then. */
void	 turn_later(struct engine *e);

#endif
