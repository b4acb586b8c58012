/*
 * The socket to the reviewer.
 */
#ifndef ENGINE_REVIEWER_H
#define ENGINE_REVIEWER_H

#include "engine/engine.h"

/* Take a socket in place of the one before; what is owed is sent again. */
void	 reviewer_connect(struct engine *e, int fd);

#endif
