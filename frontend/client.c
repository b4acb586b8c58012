/*
 * One connection of a client.  Runs in the frontend; everything that a
 * client sends is foreign, who it is comes from its socket alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <event2/event.h>

#include "common/err.h"
#include "common/imsg.h"
#include "common/log.h"
#include "common/when.h"
#include "frontend/frontend.h"
#include "frontend/item.h"

#define SHARE	4	/* an ordinary user may be one client in so many */

static msg_handler	 client_request;

static msg_handler *const client_handlers[MSG_MAX] = {
	[MSG_CTL_REQUEST] = client_request,
};

static void
client_request(struct peer *p, struct msg *m, void *arg)
{
	(void)p;
	request_read(arg, m->id, m->data, m->len);
}

/*
 * One that broke the protocol is told so, if it still listens and is not in
 * the middle of another message.  The peer itself sends nothing any more.
 */
static void
client_last_word(struct peer *p)
{
	struct imsg_hdr	 h = { .type = MSG_CTL_DONE };
	struct imsgbuf	 ib;
	char		*text;

	text = done_text(err_name(PRA_EPROTO),
	    "what came is not the control protocol", "see praetor-proto(7)",
	    "");
	if (text == NULL)
		return;
	h.len = (uint32_t)strlen(text);
	imsgbuf_init(&ib, peer_fd(p));
	if (imsg_compose(&ib, &h, text, -1) == 0)
		(void)imsgbuf_write(&ib);
	imsgbuf_clear(&ib);
	free(text);
}

static void
client_ended(struct peer *p, enum peer_end why, void *arg)
{
	if (why == PEER_LIED && peer_queued(p) == 0)
		client_last_word(p);
	client_free(arg);
}

static void
stall_end(struct client *c)
{
	struct frontend	*fe = c->fe;

	if (!c->stalled)
		return;
	c->stalled = 0;
	if (--fe->nstalled > 0)
		return;
	evtimer_del(fe->stall);
	if (fe->engine != NULL)
		peer_resume(fe->engine);
}

static void
client_drained(struct peer *p, void *arg)
{
	struct client	*c = arg;

	(void)p;
	stall_end(c);
	c->slow = 0;
	client_flow(c);
}

static const struct peer_ops client_ops = {
	.self = P_FRONT,
	.other = P_CTL,
	.handlers = client_handlers,
	.ended = client_ended,
	.drained = client_drained,
};

/* Groups of the other end, its primary one first.  0 or an error. */
static int
client_groups(struct client *c, int fd, gid_t primary)
{
	socklen_t	 len = 0;
	gid_t		*p;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == -1 &&
	    errno != ERANGE)
		return (PRA_ESYSTEM);
	if ((p = calloc(1, sizeof(*p) + len)) == NULL)
		return (PRA_ENOMEM);
	p[0] = primary;
	c->gids = p;
	if (len > 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, p + 1, &len) == -1)
		return (PRA_ESYSTEM);
	c->ngids = 1 + len / sizeof(*p);
	return (0);
}

static int
client_credentials(struct client *c, int fd)
{
	struct ucred	 who;
	socklen_t	 len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == -1)
		return (PRA_ESYSTEM);
	c->uid = who.uid;
	return (client_groups(c, fd, who.gid));
}

/*
 * Nobody but root and the owner can take so many connections that others
 * get none.
 */
static int
client_admitted(const struct frontend *fe, uid_t uid)
{
	const struct client	*c;
	uint64_t		 share = fe->now.clients_max / SHARE, n = 0;

	if (fe->nclients >= fe->now.clients_max)
		return (0);
	if (uid == 0 || uid == fe->now.owner)
		return (1);
	TAILQ_FOREACH(c, &fe->clients, entry)
		n += c->uid == uid;
	return (n < (share > 0 ? share : 1));
}

static void
client_refuse(struct client *c)
{
	log_warnx("uid %u: too many control connections", c->uid);
	client_fail(c, 0, PRA_ELIMIT, "too many control connections",
	    "close some, or raise `clients max' in praetord.conf");
	peer_flush(c->peer);
	client_free(c);
}

void
client_new(struct frontend *fe, int fd)
{
	struct client	*c;
	int		 admitted;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		close(fd);
		return;
	}
	c->fe = fe;
	TAILQ_INIT(&c->requests);
	if (client_credentials(c, fd) != 0 || (c->peer =
	    peer_new(fe->role.base, fd, &client_ops, c)) == NULL) {
		log_warn("control connection");
		free(c->gids);
		free(c);
		close(fd);
		return;
	}
	admitted = client_admitted(fe, c->uid);
	TAILQ_INSERT_TAIL(&fe->clients, c, entry);
	fe->nclients++;
	log_debug("uid %u connected, %u clients", c->uid, fe->nclients);
	if (!admitted)
		client_refuse(c);
}

void
client_free(struct client *c)
{
	struct frontend	*fe = c->fe;
	struct request	*rq;

	while ((rq = TAILQ_FIRST(&c->requests)) != NULL) {
		if (fe->engine != NULL)
			peer_send(fe->engine, MSG_COMMAND_DROP, rq->id, -1,
			    NULL, 0);
		request_free(rq);
	}
	stall_end(c);
	TAILQ_REMOVE(&fe->clients, c, entry);
	fe->nclients--;
	peer_free(c->peer);
	free(c->gids);
	free(c);
}

/* The engine waits while a client that still reads is far behind. */
static void
stall_begin(struct client *c)
{
	struct frontend	*fe = c->fe;
	struct timeval	 tv = ms_timeval(STALL_MS);

	if (c->stalled || c->slow || fe->engine == NULL)
		return;
	c->stalled = 1;
	if (fe->nstalled++ > 0)
		return;
	peer_pause(fe->engine);
	evtimer_add(fe->stall, &tv);
}

int
client_send(struct client *c, enum msg_type type, uint32_t cid, char *text)
{
	int	 e = PRA_ENOMEM;

	if (text != NULL)
		e = peer_send(c->peer, type, cid, -1, text, strlen(text));
	free(text);
	if (e != 0 || peer_queued(c->peer) > CLIENT_DROP) {
		log_warnx("uid %u: client dropped: %s", c->uid,
		    e != 0 ? err_text(e) : "it reads too slowly");
		client_free(c);
		return (-1);
	}
	if (peer_queued(c->peer) > CLIENT_STALL)
		stall_begin(c);
	client_flow(c);
	return (0);
}

void
client_fail(struct client *c, uint32_t cid, int err, const char *message,
    const char *remedy)
{
	(void)client_send(c, MSG_CTL_DONE, cid,
	    done_text(err_name(err), message, remedy, ""));
}

void
client_flow(struct client *c)
{
	const struct peer	*engine = c->fe->engine;

	if (peer_choked(c->peer) || (engine != NULL && peer_choked(engine)))
		peer_pause(c->peer);
	else
		peer_resume(c->peer);
}
