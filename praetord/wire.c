/*
 * Parent: who has a socket to whom.  Only the pairs of the table; the engine
 * gets its executors beside.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>

#include "common/log.h"
#include "praetord/parent.h"

static const struct {
	enum conf_role	 a, b;
} pairs[] = {
	{ ROLE_ENGINE, ROLE_FRONTEND },
	{ ROLE_ENGINE, ROLE_REVIEWER },
	{ ROLE_ENGINE, ROLE_GATEWAY }
};

static void
wire_end(struct child *to, struct child *other, int fd)
{
	struct m_peer	 m = { role_proc(other->role), 0 };

	peer_send(to->peer, MSG_PEER_FD, 0, fd, &m, sizeof(m));
}

static void
wire_pair(struct child *a, struct child *b)
{
	int	 sp[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sp) == -1) {
		log_warn("socket between %s and %s", role_title(a->role),
		    role_title(b->role));
		return;
	}
	wire_end(a, b, sp[0]);
	wire_end(b, a, sp[1]);
}

static void
wire_left(void *arg, uint64_t session)
{
	struct child		*c = arg;
	struct m_session	 m = { .session = session };

	peer_send(c->peer, MSG_SESSION_LEFT, 0, -1, &m, sizeof(m));
}

/* Everything that a new engine must know of sessions, then the mark. */
static void
wire_engine(struct parent *p, struct child *c)
{
	sessions_readopt(p->sessions);
	sessions_leftover(p->sessions, wire_left, c);
	peer_send(c->peer, MSG_SESSION_SYNC, 0, -1, NULL, 0);
}

static void
wire_frontend(struct parent *p, struct child *c)
{
	int	 fd = fcntl(p->listenfd, F_DUPFD_CLOEXEC, 10);

	if (fd == -1)
		log_warn("control socket");
	else
		peer_send(c->peer, MSG_LISTEN_FD, 0, fd, NULL, 0);
}

static int
all_running(const struct parent *p)
{
	int	 i;

	for (i = 0; i < ROLE_MAX; i++)
		if (p->child[i].state != CH_RUNNING)
			return (0);
	return (1);
}

void
wire_child(struct parent *p, struct child *c)
{
	struct child	*a, *b;
	size_t		 i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		a = &p->child[pairs[i].a];
		b = &p->child[pairs[i].b];
		if ((a == c || b == c) && a->state == CH_RUNNING &&
		    b->state == CH_RUNNING)
			wire_pair(a, b);
	}
	if (c->role == ROLE_ENGINE)
		wire_engine(p, c);
	if (c->role == ROLE_FRONTEND)
		wire_frontend(p, c);
	if (c->role == ROLE_GATEWAY)
		sessions_gateway(p->sessions);
	if (!p->ready && all_running(p)) {
		p->ready = 1;
		log_info("ready, version " PRAETOR_VERSION ", %s mode, %s",
		    p->conf->mode == MODE_SYSTEM ? "system" : "user",
		    p->conf->socket);
		notify_send(p, "READY=1\nSTATUS=ready on %s", p->conf->socket);
	}
}
