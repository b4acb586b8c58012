/*
 * From a permitted name to a connection.  Runs in the gateway.  A name is
 * looked up once; each address that comes back is checked, and what is
 * dialled is the address that was checked, so that a second answer of the
 * name server changes nothing.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/log.h"
#include "gateway/address.h"
#include "gateway/conn.h"

#define LOOKUP_MS	15000	/* for all name servers together */
#define DIAL_MS		10000	/* for one address */

void
dial_begin(struct conn *c)
{
	if (c->req.host.family == 0) {
		conn_step(c, CE_NAME);
		return;
	}
	/* The rule that let it in names this address. */
	c->addr[c->naddrs++] = c->req.host;
	conn_step(c, CE_ADDRESS);
}

void
dial_stop(struct conn *c)
{
	if (c->query != NULL)
		dns_cancel(c->query);
	c->query = NULL;
	if (c->dialing != NULL)
		event_free(c->dialing);
	c->dialing = NULL;
}

/* Why an address must not be dialled; NULL when it may. */
static const char *
address_refused(const struct conn *c, const struct host *h)
{
	const char	*what = address_special(h);

	if (what == NULL && address_is_own(c->gs->gw->routes, h) == 1)
		what = "one of this host's own";
	if (what != NULL && session_allows(c->gs, h, c->req.port))
		return (NULL);
	return (what);
}

static void
refuse_address(struct conn *c, const struct host *h, const char *what)
{
	char	 at[HOST_TEXT];

	authority_format(at, h, c->req.port);
	c->addr[0] = *h;		/* for the log */
	conn_refuse(c, 403, "refused", "address", "%s leads to %s, which is "
	    "%s: an address like this needs a rule of its own, egress allow "
	    "\"%s\" on \"%s\" (see praetord.conf(5))", c->req.host.name,
	    h->name, what, at, rec_str(c->gs->rec, F_b_gate_session_project));
}

static void
on_lookup(void *arg, const struct dns_answer *a)
{
	struct conn	*c = arg;
	const char	*what, *why = NULL;
	size_t		 i, bad = 0;

	c->query = NULL;
	if (a->err != NULL) {
		conn_refuse(c, 502, "failed", "lookup", "%s: %s",
		    c->req.host.name, a->err);
		return;
	}
	for (i = 0; i < a->n; i++) {
		if ((what = address_refused(c, &a->addr[i])) == NULL) {
			c->addr[c->naddrs++] = a->addr[i];
		} else if (why == NULL) {
			why = what;
			bad = i;
		}
	}
	if (c->naddrs > 0)
		conn_step(c, CE_ADDRESS);
	else
		refuse_address(c, &a->addr[bad], why);
}

void
dial_lookup(struct conn *c)
{
	c->query = dns_ask(c->gs->gw->dns, c->req.host.name, on_lookup, c);
	if (c->query == NULL)
		fatalx("out of memory");
	conn_timer(c, LOOKUP_MS);
}

static void
dial_done(struct conn *c)
{
	if (flow_server(c) == -1)
		fatalx("out of memory");
	conn_step(c, CE_OPEN);
}

static void
on_dialed(int fd, short what, void *arg)
{
	struct conn	*c = arg;
	socklen_t	 len = sizeof(c->dial_errno);

	(void)what;
	event_free(c->dialing);
	c->dialing = NULL;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &c->dial_errno, &len) == -1)
		c->dial_errno = errno;
	if (c->dial_errno != 0) {
		c->next++;
		conn_step(c, CE_ADDRESS);
		return;
	}
	dial_done(c);
}

static int
connect_to(int fd, const struct host *h, uint16_t port)
{
	struct sockaddr_in	 in = { .sin_family = AF_INET };
	struct sockaddr_in6	 in6 = { .sin6_family = AF_INET6 };

	if (h->family == AF_INET) {
		in.sin_port = htons(port);
		memcpy(&in.sin_addr, h->addr, 4);
		return (connect(fd, (const struct sockaddr *)&in,
		    sizeof(in)));
	}
	in6.sin6_port = htons(port);
	memcpy(&in6.sin6_addr, h->addr, 16);
	return (connect(fd, (const struct sockaddr *)&in6, sizeof(in6)));
}

/*
 * Begin with one address.  0 or 1: it waits, or is there (this host answers
 * at once); -1 with dial_errno.
 */
static int
dial_one(struct conn *c, const struct host *h)
{
	int	 on = 1, r;

	if (c->server != -1)
		close(c->server);
	c->server = socket(h->family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	r = c->server == -1 ? -1 : connect_to(c->server, h, c->req.port);
	if (r == -1 && (c->server == -1 || errno != EINPROGRESS)) {
		c->dial_errno = errno;
		return (-1);
	}
	setsockopt(c->server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (r == 0)
		return (1);
	c->dialing = event_new(c->gs->gw->role.base, c->server, EV_WRITE,
	    on_dialed, c);
	if (c->dialing == NULL || event_add(c->dialing, NULL) == -1)
		fatalx("out of memory");
	conn_timer(c, DIAL_MS);
	return (0);
}

void
dial_next(struct conn *c)
{
	char	 at[HOST_TEXT];
	int	 r;

	dial_stop(c);
	for (; c->next < c->naddrs; c->next++) {
		if ((r = dial_one(c, &c->addr[c->next])) == -1)
			continue;
		if (r == 1)
			dial_done(c);
		return;
	}
	c->next = c->naddrs - 1;	/* for the log */
	authority_format(at, &c->req.host, c->req.port);
	conn_refuse(c, c->dial_errno == ETIMEDOUT ? 504 : 502, "failed",
	    "connect", "%s (%s): %s", at, c->addr[c->next].name,
	    strerror(c->dial_errno));
}

void
dial_expired(struct conn *c)
{
	if (c->state == CN_LOOKUP) {
		conn_refuse(c, 504, "failed", "lookup", "%s: no name server "
		    "answered in time", c->req.host.name);
		return;
	}
	c->dial_errno = ETIMEDOUT;
	c->next++;
	conn_step(c, CE_ADDRESS);
}
