/*
 * The resolver: c-ares in the gateway's event loop.  It was chosen over
 * getaddrinfo(3), which blocks (one slow name server would hold up every
 * session, or a thread each), and over evdns, which keeps one port for all of
 * its questions.  Answers are foreign: c-ares parses them, and what it gives
 * is a list of addresses that the caller checks one by one.
 */
#include <ares.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <event2/event.h>
#include <bsd/sys/queue.h>
#include <sys/stat.h>

#include "common/log.h"
#include "gateway/dns.h"

#define SOCKETS		32	/* of one channel; more are not watched */
#define TRY_MS		2000		/* for the first try of a server */
#define TRIES		3
#define RESOLV_CONF	"/etc/resolv.conf"

struct dns_query {
	TAILQ_ENTRY(dns_query)	 entry;		/* on dns.queries */
	struct dns		*dns;
	struct event		*tell;		/* fires when it is answered */
	struct dns_answer	 answer;
	int			 asked;		/* c-ares knows of it */
	void			(*fn)(void *, const struct dns_answer *);
	void			*arg;
};

struct dns_sock {
	int		 fd;			/* -1: free */
	struct event	*ev;
};

struct dns {
	struct event_base	*base;
	char			 server[65];	/* "": the host's */
	ares_channel		 ch;
	int			 made;		/* ch is there */
	struct stat		 conf;		/* resolv.conf as it was read */
	struct event		*timer;
	struct dns_sock		 sock[SOCKETS];
	unsigned int		 asked;		/* c-ares has under way */
	TAILQ_HEAD(, dns_query)	 queries;
};

/* When c-ares wants to be called if nothing comes. */
static void
timer_set(struct dns *d)
{
	struct timeval	 tv;

	if (d->made && ares_timeout(d->ch, NULL, &tv) != NULL)
		event_add(d->timer, &tv);
	else
		event_del(d->timer);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct dns	*d = arg;

	(void)fd;
	(void)what;
	if (d->made)
		ares_process_fd(d->ch, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	timer_set(d);
}

static void
on_socket(int fd, short what, void *arg)
{
	struct dns	*d = arg;

	ares_process_fd(d->ch, what & EV_READ ? fd : ARES_SOCKET_BAD,
	    what & EV_WRITE ? fd : ARES_SOCKET_BAD);
	timer_set(d);
}

static struct dns_sock *
sock_slot(struct dns *d, int fd)
{
	int	 i;

	for (i = 0; i < SOCKETS; i++)
		if (d->sock[i].fd == fd)
			return (&d->sock[i]);
	return (NULL);
}

/* c-ares opens, closes or wants another event of a socket. */
static void
on_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct dns	*d = arg;
	struct dns_sock	*s = sock_slot(d, fd);
	int		 what = (readable ? EV_READ : 0) |
			    (writable ? EV_WRITE : 0);

	if (s != NULL && s->ev != NULL) {
		event_free(s->ev);
		s->ev = NULL;
		s->fd = -1;
	}
	/* Unwatched, its question runs out of time. */
	if (what == 0 || (s = sock_slot(d, -1)) == NULL)
		return;
	s->ev = event_new(d->base, fd, (short)(what | EV_PERSIST), on_socket,
	    d);
	if (s->ev == NULL || event_add(s->ev, NULL) == -1)
		fatalx("out of memory");
	s->fd = fd;
}

static int
channel_open(struct dns *d, char *why, size_t size)
{
	struct ares_options	 o = { 0 };
	static char		 lookups[] = "fb";
	int			 r;

	o.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
	o.timeout = TRY_MS;
	o.tries = TRIES;
	o.lookups = lookups;
	o.sock_state_cb = on_state;
	o.sock_state_cb_data = d;
	if (stat(RESOLV_CONF, &d->conf) == -1)
		memset(&d->conf, 0, sizeof(d->conf));
	r = ares_init_options(&d->ch, &o, ARES_OPT_FLAGS |
	    ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
	    ARES_OPT_SOCK_STATE_CB);
	if (r == ARES_SUCCESS) {
		d->made = 1;
		if (d->server[0] != '\0')
			r = ares_set_servers_ports_csv(d->ch, d->server);
	}
	if (r != ARES_SUCCESS)
		snprintf(why, size, "name servers: %s", ares_strerror(r));
	return (r == ARES_SUCCESS ? 0 : -1);
}

static void
channel_close(struct dns *d)
{
	if (!d->made)
		return;
	ares_destroy(d->ch);
	d->made = 0;
	timer_set(d);
}

struct dns *
dns_new(struct event_base *base, const char *server, char *why, size_t size)
{
	struct dns	*d;
	int		 i;

	if ((d = calloc(1, sizeof(*d))) == NULL) {
		snprintf(why, size, "out of memory");
		return (NULL);
	}
	d->base = base;
	snprintf(d->server, sizeof(d->server), "%s", server);
	TAILQ_INIT(&d->queries);
	for (i = 0; i < SOCKETS; i++)
		d->sock[i].fd = -1;
	d->timer = evtimer_new(base, on_timer, d);
	if (d->timer == NULL || channel_open(d, why, size) == -1) {
		dns_free(d);
		return (NULL);
	}
	return (d);
}

/* Networks come and go: read resolv.conf again when it is another. */
static void
channel_refresh(struct dns *d)
{
	struct stat	 st;
	char		 why[128];

	if (d->server[0] != '\0' || d->asked > 0 ||
	    stat(RESOLV_CONF, &st) == -1 ||
	    (d->made && st.st_ino == d->conf.st_ino &&
	    st.st_mtim.tv_sec == d->conf.st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == d->conf.st_mtim.tv_nsec))
		return;
	channel_close(d);
	if (channel_open(d, why, sizeof(why)) == -1) {
		log_warnx("%s", why);
		channel_close(d);
	}
}

static void
query_free(struct dns_query *q)
{
	TAILQ_REMOVE(&q->dns->queries, q, entry);
	event_free(q->tell);
	free(q);
}

/* Called out of the loop, so that nobody is called back while he asks. */
static void
on_tell(int fd, short what, void *arg)
{
	struct dns_query	*q = arg;

	(void)fd;
	(void)what;
	if (q->fn != NULL)
		q->fn(q->arg, &q->answer);
	query_free(q);
}

static void
query_done(struct dns_query *q, const char *err)
{
	struct timeval	 now = { 0, 0 };

	q->answer.err = err != NULL ? err : q->answer.n == 0 ?
	    "it has no address" : NULL;
	event_add(q->tell, &now);
}

static void
answer_add(struct dns_answer *a, const struct sockaddr *sa)
{
	union {
		struct sockaddr_in	 in;
		struct sockaddr_in6	 in6;
	} u;

	if (a->n == DNS_ADDRS)
		return;
	if (sa->sa_family == AF_INET) {
		memcpy(&u.in, sa, sizeof(u.in));
		host_address(&a->addr[a->n++], AF_INET, &u.in.sin_addr);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&u.in6, sa, sizeof(u.in6));
		host_address(&a->addr[a->n++], AF_INET6, &u.in6.sin6_addr);
	}
}

static void
on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *res)
{
	struct dns_query		*q = arg;
	const struct ares_addrinfo_node	*n;

	(void)timeouts;
	q->asked = 0;
	q->dns->asked--;
	for (n = res == NULL ? NULL : res->nodes; n != NULL; n = n->ai_next)
		answer_add(&q->answer, n->ai_addr);
	if (res != NULL)
		ares_freeaddrinfo(res);
	query_done(q, status == ARES_SUCCESS ? NULL : ares_strerror(status));
}

struct dns_query *
dns_ask(struct dns *d, const char *name,
    void (*fn)(void *, const struct dns_answer *), void *arg)
{
	struct ares_addrinfo_hints	 hints = { 0 };
	struct dns_query		*q;

	if ((q = calloc(1, sizeof(*q))) == NULL)
		return (NULL);
	q->dns = d;
	q->fn = fn;
	q->arg = arg;
	if ((q->tell = evtimer_new(d->base, on_tell, q)) == NULL) {
		free(q);
		return (NULL);
	}
	TAILQ_INSERT_TAIL(&d->queries, q, entry);
	channel_refresh(d);
	if (!d->made) {
		query_done(q, "no name server is configured");
		return (q);
	}
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	q->asked = 1;
	d->asked++;
	ares_getaddrinfo(d->ch, name, NULL, &hints, on_answer, q);
	timer_set(d);
	return (q);
}

void
dns_cancel(struct dns_query *q)
{
	q->fn = NULL;
	if (!q->asked)
		query_free(q);
}

void
dns_free(struct dns *d)
{
	struct dns_query	*q;

	if (d == NULL)
		return;
	channel_close(d);
	while ((q = TAILQ_FIRST(&d->queries)) != NULL) {
		if (q->fn != NULL)
			q->fn(q->arg, &q->answer);
		query_free(q);
	}
	if (d->timer != NULL)
		event_free(d->timer);
	free(d);
}
