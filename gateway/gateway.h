/*
 * praetor-gateway's state: the sessions that may reach hosts, their
 * connections, and what all of them share.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stdint.h>
#include <bsd/sys/queue.h>

#include "common/host.h"
#include "common/peer.h"
#include "common/role.h"
#include "gateway/notes.h"

struct dns;
struct event;
struct gateway;

#define GATE_BUF	65536	/* bytes moved at once */

TAILQ_HEAD(conns, conn);

/* A session's way out.  Everything in it was fixed when the session started. */
struct gsession {
	TAILQ_ENTRY(gsession)	 entry;		/* on gateway.sessions */
	struct gateway		*gw;
	uint64_t		 number;
	struct rec		*rec;		/* owned: b_gate_session */
	struct host_rule	*rules;		/* owned */
	size_t			 nrules;
	struct peer		*exec;		/* NULL: reports are left, at most */
	struct conns		 conns;
	unsigned int		 nconns;
	uint64_t		 bytes;		/* passed, both directions */
	struct notes		 notes;
};

/* What the parent configures, beside the sessions' own. */
struct settings {
	char		 resolver[65];	/* address:port; "" the host's */
	uint64_t	 sessions;	/* most at once */
	uint64_t	 conns;		/* most of a session; 0: no rules */
};

struct gateway {
	struct role		 role;
	struct peer		*engine;	/* NULL while there is none */
	struct settings		 now, staged;
	struct dns		*dns;
	int			 routes;	/* netlink socket, address.h */
	TAILQ_HEAD(, gsession)	 sessions;
	uint8_t			 buf[GATE_BUF];	/* of whoever runs */
};

/* session.c */

/*
 * GATE_SESSION: a session, or a new socket for one that is there.  Takes fd.
 */
void	 session_open(struct gateway *gw, const struct rec *r, int fd);
void	 sessions_close(struct gateway *gw);

/* One of its connections is over: the executor may send another. */
void	 session_conn_over(struct gsession *gs);

/* 1 when a rule is for this host. */
int	 session_allows(const struct gsession *gs, const struct host *h,
	    uint16_t port);

/* The engine has the session's reports up to a number. */
void	 session_acked(struct gateway *gw, uint64_t session, uint64_t number);

/* Bytes of it that passed another gateway, when they are more than ours. */
void	 session_used(struct gateway *gw, uint64_t session, uint64_t bytes);

/* engine.c: a new engine; takes fd.  Tell it what a session may. */
void	 engine_connect(struct gateway *gw, int fd);
void	 engine_rules(const struct gsession *gs);

#endif
