/*
 * The engine's requests.
 */
#ifndef REVIEWER_MESSAGES_H
#define REVIEWER_MESSAGES_H

#include "common/proto.h"

struct reviewer;

/* Talk to the engine over a socket (taken), in place of the one before. */
void	 messages_engine(struct reviewer *r, int fd);

/* Delete what nobody needs, a piece at a time, from now on. */
void	 messages_sweep(struct reviewer *r);

#endif
