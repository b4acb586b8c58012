/*
 * The gateway's channel: what sessions reached, and what they were refused.
 */
#ifndef ENGINE_GATEWAY_H
#define ENGINE_GATEWAY_H

#include "engine/engine.h"

/* A socket to a new gateway; takes fd. */
void	 gateway_connect(struct engine *e, int fd);

/* An input of the gateway's is on record, or will never be: tell it. */
void	 gateway_taken(struct engine *e, const struct input *in);

#endif
