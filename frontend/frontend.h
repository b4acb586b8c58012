/*
 * The frontend: clients on one side, the engine on the other.  It holds
 * nothing that matters: a client that loses it asks again.
 */
#ifndef FRONTEND_FRONTEND_H
#define FRONTEND_FRONTEND_H

#include <stdint.h>
#include <sys/types.h>
#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "common/role.h"

#define REQUESTS_MAX	32			/* of one client, under way */
#define CLIENT_STALL	(2 * 1024 * 1024)	/* queue: the engine waits */
#define CLIENT_DROP	(4 * 1024 * 1024)	/* queue: it is dropped */
#define STALL_MS	250			/* the engine waits no longer */
#define ACCEPT_MS	1000			/* pause without descriptors */

struct client;

/* A command that the engine has and has not answered. */
struct request {
	RB_ENTRY(request)	 node;		/* in frontend.requests */
	TAILQ_ENTRY(request)	 entry;		/* on client.requests */
	struct client		*client;
	uint32_t		 id;		/* ours, towards the engine */
	uint32_t		 cid;		/* the client's */
};

struct client {
	TAILQ_ENTRY(client)	 entry;		/* on frontend.clients */
	TAILQ_HEAD(, request)	 requests;
	struct frontend		*fe;
	struct peer		*peer;		/* owned */
	uid_t			 uid;		/* from the socket */
	gid_t			*gids;		/* from the socket; owned */
	size_t			 ngids;
	unsigned int		 nrequests;
	int			 stalled;	/* the engine waits for it */
	int			 slow;		/* it did, in vain: no more */
};

/* What of the configuration matters here. */
struct settings {
	uint64_t	 clients_max;
	uint64_t	 owner;			/* uid without a share */
};

struct frontend {
	struct role		 role;
	struct peer		*engine;	/* owned; NULL: restarting */
	struct settings		 now, staged;
	int			 listener;	/* owned; -1 until LISTEN_FD */
	struct event		*accept;	/* owned; its pause below */
	struct event		*accept_again;
	struct event		*stall;		/* ends the engine's waiting */
	TAILQ_HEAD(, client)	 clients;
	unsigned int		 nclients;
	unsigned int		 nstalled;
	RB_HEAD(request_tree, request) requests;
	uint32_t		 last_id;
};

RB_PROTOTYPE(request_tree, request, node, request_cmp);

/* frontend.c */

/* Fill a zeroed struct, make its timers on an event base.  0 or PRA_ENOMEM. */
int	 frontend_init(struct frontend *fe, struct event_base *base);

/* Free what frontend_init() and its users made; not the role. */
void	 frontend_clear(struct frontend *fe);

/* Start as a child of the parent, run to the end, clean up. */
void	 frontend_main(struct frontend *fe);

/* Take (fd) a socket to a new engine; requests at the old one are answered. */
void	 frontend_engine(struct frontend *fe, int fd);

/* control.c: the listening socket. */

/* Take a listening socket in place of the one before. */
void	 control_listen(struct frontend *fe, int fd);
void	 control_close(struct frontend *fe);

/* client.c: one connection. */

/*
 * Take a connection: read its credentials, check the bounds, start to read.
 * One that may not come in gets the reason and is closed.
 */
void	 client_new(struct frontend *fe, int fd);

/* Close; the engine is told to drop its requests. */
void	 client_free(struct client *c);

/* Send the end of an answer that the frontend makes itself. */
void	 client_fail(struct client *c, uint32_t cid, int err,
	    const char *message, const char *remedy);

/*
 * Send an object of an answer or its end (frees text; NULL: no memory).
 * 0, or -1 when the client did not keep up and is gone now.
 */
int	 client_send(struct client *c, enum msg_type type, uint32_t cid,
	    char *text);

/* Read on or not, as the queues on both sides stand. */
void	 client_flow(struct client *c);

/* request.c: what a client asks. */

/* Handle one CTL_REQUEST.  The client may be gone afterwards. */
void	 request_read(struct client *c, uint32_t cid, const void *p, size_t n);

/* The request with our number, or NULL. */
struct request *request_find(struct frontend *fe, uint32_t id);
void	 request_free(struct request *rq);

#endif
