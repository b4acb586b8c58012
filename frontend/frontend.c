/*
 * The frontend's life and its channel to the engine.  Runs in the frontend;
 * trusts the parent, takes the engine's records as checked but their text as
 * foreign, and holds no state beyond the requests under way.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>

#include "common/confine.h"
#include "common/err.h"
#include "common/log.h"
#include "frontend/frontend.h"
#include "frontend/item.h"

static msg_handler	 engine_item;
static msg_handler	 engine_done;

static msg_handler *const engine_handlers[MSG_MAX] = {
	[MSG_ITEM] = engine_item,
	[MSG_DONE] = engine_done,
};

static int
request_cmp(const struct request *a, const struct request *b)
{
	return (a->id < b->id ? -1 : a->id > b->id);
}

RB_GENERATE(request_tree, request, node, request_cmp)

/* Every request at an engine that is gone gets an answer. */
static void
engine_lost(struct frontend *fe)
{
	struct request	*rq;
	struct client	*c;
	uint32_t	 cid;

	peer_free(fe->engine);
	fe->engine = NULL;
	while ((rq = RB_MIN(request_tree, &fe->requests)) != NULL) {
		c = rq->client;
		cid = rq->cid;
		request_free(rq);
		client_fail(c, cid, PRA_EUNREACH,
		    "the engine is starting again", "try again in a moment");
	}
	evtimer_del(fe->stall);
	fe->nstalled = 0;
	TAILQ_FOREACH(c, &fe->clients, entry) {
		c->stalled = 0;
		client_flow(c);
	}
}

static void
engine_ended(struct peer *p, enum peer_end why, void *arg)
{
	(void)p;
	if (why == PEER_LIED)
		log_warnx("the engine broke the protocol");
	engine_lost(arg);
}

static void
engine_drained(struct peer *p, void *arg)
{
	struct frontend	*fe = arg;
	struct client	*c;

	(void)p;
	TAILQ_FOREACH(c, &fe->clients, entry)
		client_flow(c);
}

static const struct peer_ops engine_ops = {
	.self = P_FRONT,
	.other = P_ENGINE,
	.handlers = engine_handlers,
	.ended = engine_ended,
	.drained = engine_drained,
};

void
frontend_engine(struct frontend *fe, int fd)
{
	if (fe->engine != NULL)
		engine_lost(fe);
	fe->engine = peer_new(fe->role.base, fd, &engine_ops, fe);
	if (fe->engine == NULL)
		fatal("channel to the engine");
}

/* The record of an ITEM or DONE, of the right class, or NULL. */
static struct rec *
engine_rec(const struct msg *m, enum rec_class cls)
{
	struct reader	 rd;
	struct rec	*r;

	reader_init(&rd, m->data, m->len);
	if (rec_decode(&rd, &r) != 0 || reader_left(&rd) != 0 ||
	    rec_def(rec_kind(r))->cls != cls) {
		log_warnx("%s of request %u cannot be read", msg_name(m->type),
		    m->id);
		rec_free(r);
		return (NULL);
	}
	return (r);
}

/* End a request that cannot go on, on both sides. */
static void
request_abort(struct frontend *fe, struct request *rq, int err,
    const char *message)
{
	struct client	*c = rq->client;
	uint32_t	 cid = rq->cid;

	peer_send(fe->engine, MSG_COMMAND_DROP, rq->id, -1, NULL, 0);
	request_free(rq);
	client_fail(c, cid, err, message, "report this with the daemon's log");
}

/* An item for a client that has gone meanwhile is no error. */
static void
engine_item(struct peer *p, struct msg *m, void *arg)
{
	struct frontend	*fe = arg;
	struct request	*rq = request_find(fe, m->id);
	struct rec	*r;
	char		*text;

	(void)p;
	if (rq == NULL)
		return;
	if ((r = engine_rec(m, RC_VIEW)) == NULL) {
		request_abort(fe, rq, PRA_EINTERNAL,
		    "the engine's answer cannot be read");
		return;
	}
	text = item_text(r);
	rec_free(r);
	if (text == NULL)
		request_abort(fe, rq, PRA_ELIMIT,
		    "an object of the answer is too large to be sent");
	else
		(void)client_send(rq->client, MSG_CTL_ITEM, rq->cid, text);
}

static void
engine_done(struct peer *p, struct msg *m, void *arg)
{
	struct frontend	*fe = arg;
	struct request	*rq = request_find(fe, m->id);
	struct client	*c;
	struct rec	*r;
	uint32_t	 cid;

	(void)p;
	if (rq == NULL)
		return;
	c = rq->client;
	cid = rq->cid;
	request_free(rq);
	if (msg_rec(m, REC_v_done, &r) != 0) {
		client_fail(c, cid, PRA_EINTERNAL,
		    "the engine's answer cannot be read",
		    "report this with the daemon's log");
		return;
	}
	(void)client_send(c, MSG_CTL_DONE, cid,
	    done_text(rec_str(r, F_v_done_error),
	    rec_str(r, F_v_done_message), rec_str(r, F_v_done_remedy),
	    rec_str(r, F_v_done_subject)));
	rec_free(r);
}

/*
 * The engine waits for slow readers only so long: from here on they are on
 * their own, up to CLIENT_DROP.
 */
static void
stall_over(int fd, short what, void *arg)
{
	struct frontend	*fe = arg;
	struct client	*c;

	(void)fd;
	(void)what;
	TAILQ_FOREACH(c, &fe->clients, entry)
		if (c->stalled) {
			c->stalled = 0;
			c->slow = 1;
		}
	fe->nstalled = 0;
	if (fe->engine != NULL)
		peer_resume(fe->engine);
}

int
frontend_init(struct frontend *fe, struct event_base *base)
{
	fe->role.base = base;
	fe->listener = -1;
	fe->now.clients_max = fe->staged.clients_max = 64;
	TAILQ_INIT(&fe->clients);
	RB_INIT(&fe->requests);
	fe->stall = evtimer_new(base, stall_over, fe);
	return (fe->stall == NULL ? PRA_ENOMEM : 0);
}

void
frontend_clear(struct frontend *fe)
{
	struct client	*c;

	while ((c = TAILQ_FIRST(&fe->clients)) != NULL)
		client_free(c);
	control_close(fe);
	peer_free(fe->engine);
	fe->engine = NULL;
	event_free(fe->stall);
}

static void
conf_begin(void *arg)
{
	struct frontend	*fe = arg;

	memset(&fe->staged, 0, sizeof(fe->staged));
}

static int
conf_item(void *arg, const struct rec *r, int fd, char *why, size_t size)
{
	struct frontend	*fe = arg;

	(void)why;
	(void)size;
	if (fd != -1)
		close(fd);		/* no credential belongs here */
	if (rec_kind(r) == REC_k_main) {
		fe->staged.clients_max = rec_u64(r, F_k_main_clients_max);
		fe->staged.owner = rec_u64(r, F_k_main_owner);
	}
	return (0);
}

static int
conf_end(void *arg, char *why, size_t size)
{
	struct frontend	*fe = arg;

	if (fe->staged.clients_max > 0)
		return (0);
	snprintf(why, size, "frontend: no clients are allowed");
	return (PRA_EINVALID);
}

static void
conf_commit(void *arg)
{
	struct frontend	*fe = arg;

	fe->now = fe->staged;
}

static const struct role_conf conf_ops = {
	conf_begin, conf_item, conf_end, conf_commit, conf_begin
};

static void
parent_listen(struct peer *p, struct msg *m, void *arg)
{
	struct role	*r = arg;

	(void)p;
	control_listen(r->arg, msg_fd(m));
}

static msg_handler *const parent_handlers[MSG_MAX] = {
	[MSG_LISTEN_FD] = parent_listen,
};

static void
on_peer(void *arg, enum proc other, int fd)
{
	if (other == P_ENGINE) {
		frontend_engine(arg, fd);
		return;
	}
	log_warnx("a socket to the %s is of no use here", proc_name(other));
	close(fd);
}

/*
 * An empty root, no path there or elsewhere, and the calls of a role: every
 * socket comes from the parent by a descriptor.
 */
static void
sandbox(void)
{
	static const struct confine_path	 none = { NULL,
	    CONFINE_NO_TCP };
	char					 why[256];

	if (confine_root(ROOT_FD, why, sizeof(why)) != 0 ||
	    confine_paths(&none, 1, why, sizeof(why)) != 0 ||
	    confine_syscalls(CONFINE_FRONT, why, sizeof(why)) != 0)
		fatalx("sandbox: %s", why);
}

void
frontend_main(struct frontend *fe)
{
	role_start(&fe->role, P_FRONT, &conf_ops, parent_handlers, on_peer, fe);
	if (frontend_init(fe, fe->role.base) != 0)
		fatalx("out of memory");
	sandbox();
	role_hello(&fe->role);
	role_run(&fe->role);
	frontend_clear(fe);
}
