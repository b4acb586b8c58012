/*
 * One connection of a session: a request, the server that it names, and the
 * bytes between the two.
 */
#ifndef GATEWAY_CONN_H
#define GATEWAY_CONN_H

#include "common/fsm.h"
#include "common/when.h"
#include "gateway/dns.h"
#include "gateway/gateway.h"
#include "gateway/http.h"

#define CONN_STATES(X)							\
	X(CN_HEAD, "head")	/* its request is read */		\
	X(CN_LOOKUP, "lookup")	/* a name server is asked */		\
	X(CN_DIAL, "dial")	/* an address is tried */		\
	X(CN_RELAY, "relay")	/* bytes pass */			\
	X(CN_ANSWER, "answer")	/* our own answer is sent */		\
	X(CN_LINGER, "linger")	/* the client is to read it */		\
	X(CN_CLOSED, "closed")

#define CONN_EVENTS(X)							\
	X(CE_NAME, "name")	/* a permitted name was asked for */	\
	X(CE_ADDRESS, "address") /* there is an address to try */	\
	X(CE_OPEN, "open")	/* it took the connection */		\
	X(CE_REFUSE, "refuse")	/* there is an answer of our own */	\
	X(CE_SENT, "sent")	/* all of it */				\
	X(CE_END, "end")	/* no more */

#define CONN_NUMBER(number, name) number,
enum conn_state { CONN_STATES(CONN_NUMBER) CN_MAX };
enum conn_event { CONN_EVENTS(CONN_NUMBER) CE_MAX };
#undef CONN_NUMBER

extern const struct fsm	 conn_fsm;

/* Bytes from one end to the other. */
struct flow {
	struct conn	*conn;
	int		 from, to;	/* sockets of the connection */
	struct event	*rd, *wr;	/* on from, on to */
	uint8_t		*held;		/* owned: read and not sent */
	size_t		 off, len;
	uint64_t	 bytes;		/* read */
	int		 eof;		/* from has ended */
	int		 shut;		/* and so has to */
};

struct conn {
	TAILQ_ENTRY(conn)	 entry;		/* on gsession.conns */
	struct gsession		*gs;
	enum conn_state		 state;
	int			 client, server; /* sockets; -1 */
	struct flow		 up, down;	/* to the server, to the client */
	struct event		*timer;
	struct mono		 started, active;

	struct buf		 head;		/* of the request, as it comes */
	size_t			 seen;
	int			 parsed;	/* req says what it wants */
	struct http_request	 req;
	struct http_body	 body;
	struct buf		 hello;		/* first bytes of a tunnel */
	int			 greeted;	/* they were passed on */
	struct buf		 reply;		/* head of the response */
	size_t			 reply_seen;
	int			 replied;	/* it was passed on */
	struct http_body	 reply_body;

	struct dns_query	*query;
	struct host		 addr[DNS_ADDRS]; /* checked, to be tried */
	size_t			 naddrs, next;
	struct event		*dialing;
	int			 dial_errno;	/* of the last that failed */

	const char		*verdict;	/* allowed, refused, failed */
	const char		*reason;	/* a word of conn.c's list */
	int			 noted;		/* the engine is told of it */
	size_t			 lingered;	/* bytes thrown away */
};

/* A connection that came from the executor.  Takes fd. */
void	 conn_open(struct gsession *gs, int fd);

/* End it now, whatever it does: the session is over. */
void	 conn_end(struct conn *c, const char *reason);

/* The client's socket can be read, and no bytes pass yet or any more. */
void	 conn_readable(struct conn *c);

/* The response is whole and sent: let the client close first. */
void	 conn_done(struct conn *c);

/* Take a step; an event that does not fit is a programming error. */
void	 conn_step(struct conn *c, enum conn_event ev);

/*
 * Answer with a status instead of the server, for a reason that is logged,
 * and close.  text is one line for whoever reads what the job printed.
 */
void	 conn_refuse(struct conn *c, int status, const char *verdict,
	    const char *reason, const char *fmt, ...)
	    __attribute__((__format__(printf, 5, 6)));

/* (Re)start the timer; what its end means depends on the state. */
void	 conn_timer(struct conn *c, int64_t ms);

/* dial.c: look the name up, check, connect.  Steps the connection. */
void	 dial_begin(struct conn *c);
void	 dial_lookup(struct conn *c);
void	 dial_next(struct conn *c);
void	 dial_stop(struct conn *c);		/* nothing is under way any more */
void	 dial_expired(struct conn *c);		/* the timer fired meanwhile */

/* flow.c: the bytes. */

/* Make the events of the client's socket; of the server's.  -1: no memory. */
int	 flow_client(struct conn *c);
int	 flow_server(struct conn *c);
void	 flow_close(struct flow *f);

/* Queue bytes for `to` that did not come from `from`; they are copied. */
void	 flow_put(struct flow *f, const void *p, size_t n);

/*
 * Pass on what came behind the request.  The connection may have ended when
 * this returns.
 */
void	 flow_early(struct conn *c, const uint8_t *p, size_t n);

/* Write what is held; once all of it is gone, read on. */
void	 flow_run(struct flow *f);

#endif
