/*
 * The way out of a session: connections that its job makes to a port on
 * loopback, handed to the gateway as they are.
 */
#ifndef EXECUTOR_RELAY_H
#define EXECUTOR_RELAY_H

#include "common/peer.h"

struct event;
struct event_base;

struct relay {
	struct event_base *base;
	int		 listener;	/* -1: this session reaches nothing */
	struct event	*incoming;	/* added while one may be accepted */
	struct peer	*gate;		/* the gateway; NULL while there is none */
	unsigned int	 most;		/* connections at once */
	unsigned int	 open;		/* handed over and not over */
};

/* No port and no gateway; once, before the session is taken. */
void	 relay_init(struct relay *r, struct event_base *base);

/* Accept there from now on.  Takes listener.  fatal() on failure. */
void	 relay_listen(struct relay *r, int listener, unsigned int most);

/* A new gateway: connections of the one before are over.  Takes fd. */
void	 relay_gateway(struct relay *r, int fd);

#endif
