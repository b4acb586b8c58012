/*
 * Sessions that may reach hosts.  Runs in the gateway.  What a session may
 * was settled by the parent and does not change; who asks is known from the
 * socket that the parent made.  An executor that breaks a rule loses its
 * socket, which is all that it has here.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "common/err.h"
#include "common/log.h"
#include "gateway/conn.h"

static struct gsession *
session_find(struct gateway *gw, uint64_t number)
{
	struct gsession	*gs;

	TAILQ_FOREACH(gs, &gw->sessions, entry)
		if (gs->number == number)
			return (gs);
	return (NULL);
}

/* Nothing more may come of it. */
static void
session_cut(struct gsession *gs)
{
	struct conn	*c;

	peer_free(gs->exec);
	gs->exec = NULL;
	while ((c = TAILQ_FIRST(&gs->conns)) != NULL)
		conn_end(c, "session");
}

static void
session_free(struct gsession *gs)
{
	session_cut(gs);
	notes_close(gs);
	TAILQ_REMOVE(&gs->gw->sessions, gs, entry);
	rec_free(gs->rec);
	free(gs->rules);
	free(gs);
}

/* It has ended: what is left are reports that the engine does not have. */
static void
session_end(struct gsession *gs)
{
	session_cut(gs);
	notes_send(gs);
	if (TAILQ_EMPTY(&gs->notes.list))
		session_free(gs);
}

void
session_acked(struct gateway *gw, uint64_t session, uint64_t number)
{
	struct gsession	*gs = session_find(gw, session);

	if (gs == NULL)
		return;
	notes_ack(gs, number);
	if (gs->exec == NULL && TAILQ_EMPTY(&gs->notes.list))
		session_free(gs);
}

void
session_used(struct gateway *gw, uint64_t session, uint64_t bytes)
{
	struct gsession	*gs = session_find(gw, session);

	if (gs != NULL && bytes > gs->bytes)
		gs->bytes = bytes;
}

/* What is not a TCP socket could do what none does. */
static int
is_tcp(int fd)
{
	int		 domain, type, proto;
	socklen_t	 len = sizeof(int);

	return (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &proto, &len) == 0 &&
	    domain == AF_INET && type == SOCK_STREAM && proto == IPPROTO_TCP);
}

static void
from_exec_open(struct peer *p, struct msg *m, void *arg)
{
	struct gsession	*gs = arg;
	struct m_gate	 g;
	int		 fd = msg_fd(m);

	(void)p;
	msg_get(m, &g, sizeof(g));
	if (g.kind == GATE_EGRESS && is_tcp(fd) && gs->nconns <
	    rec_u64(gs->rec, F_b_gate_session_connections)) {
		conn_open(gs, fd);
		return;
	}
	close(fd);
	log_warnx("session s_%02llu: its executor broke a rule: it has no "
	    "network any more", (unsigned long long)gs->number);
	session_end(gs);
}

static void
exec_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct gsession	*gs = arg;

	(void)p;
	if (why == PEER_LIED)
		log_warnx("session s_%02llu: its executor broke the protocol",
		    (unsigned long long)gs->number);
	session_end(gs);
}

static msg_handler *const handlers[MSG_MAX] = {
	[MSG_GATE_OPEN] = from_exec_open
};

static const struct peer_ops exec_ops = {
	.self = P_GATE, .other = P_EXEC, .handlers = handlers,
	.ended = exec_ended
};

void
session_conn_over(struct gsession *gs)
{
	struct m_count	 c = { 1, 0 };

	if (gs->exec != NULL)
		peer_send(gs->exec, MSG_GATE_CLOSED, 0, -1, &c, sizeof(c));
}

int
session_allows(const struct gsession *gs, const struct host *h, uint16_t port)
{
	size_t	 i;

	for (i = 0; i < gs->nrules; i++)
		if (host_rule_match(&gs->rules[i], h, port))
			return (1);
	return (0);
}

/* The parent has checked them by the same function. */
static void
rules_read(struct gsession *gs)
{
	size_t	 i;

	gs->nrules = rec_count(gs->rec, F_b_gate_session_rules);
	if ((gs->rules = calloc(gs->nrules, sizeof(*gs->rules))) == NULL)
		fatalx("out of memory");
	for (i = 0; i < gs->nrules; i++)
		if (host_rule_parse(rec_nth_str(gs->rec,
		    F_b_gate_session_rules, i), &gs->rules[i]) != NULL)
			fatalx("GATE_SESSION: a malformed rule");
}

void
session_open(struct gateway *gw, const struct rec *r, int fd)
{
	uint64_t	 number = rec_u64(r, F_b_gate_session_session);
	struct gsession	*gs = session_find(gw, number);

	if (gs != NULL)
		session_free(gs);	/* the parent has made a new pair */
	if ((gs = calloc(1, sizeof(*gs))) == NULL)
		fatalx("out of memory");
	gs->gw = gw;
	gs->number = number;
	TAILQ_INIT(&gs->conns);
	TAILQ_INSERT_TAIL(&gw->sessions, gs, entry);
	if ((gs->rec = rec_copy(r)) == NULL)
		fatalx("out of memory");
	if (notes_open(gs) == -1)
		fatalx("out of memory");
	rules_read(gs);
	gs->exec = peer_new(gw->role.base, fd, &exec_ops, gs);
	if (gs->exec == NULL)
		fatal("session s_%02llu", (unsigned long long)number);
	engine_rules(gs);
}

void
sessions_close(struct gateway *gw)
{
	struct gsession	*gs;

	while ((gs = TAILQ_FIRST(&gw->sessions)) != NULL)
		session_free(gs);
}
