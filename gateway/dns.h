/*
 * Names to addresses, once a connection.  The only part of the daemon that
 * asks name servers for a session.
 */
#ifndef GATEWAY_DNS_H
#define GATEWAY_DNS_H

#include <stddef.h>

#include "common/host.h"

#define DNS_ADDRS	8	/* of a name; more are not looked at */

struct event_base;
struct dns;
struct dns_query;

struct dns_answer {
	const char	*err;		/* NULL, or why there is none */
	size_t		 n;
	struct host	 addr[DNS_ADDRS];
};

/*
 * Name servers are those of resolv.conf(5), or the one "address:port".
 * hosts(5) is looked at first.  NULL with one line in `why`.
 */
struct dns	*dns_new(struct event_base *base, const char *server,
		    char *why, size_t size);

/* Questions under way are answered with an error first. */
void		 dns_free(struct dns *d);

/*
 * Ask.  fn is called once, from the event loop, never before this returns.
 * NULL: no memory.
 */
struct dns_query *dns_ask(struct dns *d, const char *name,
		    void (*fn)(void *arg, const struct dns_answer *a),
		    void *arg);

/* The answer is not wanted any more: fn will not be called. */
void		 dns_cancel(struct dns_query *q);

#endif
