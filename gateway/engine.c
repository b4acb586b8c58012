/*
 * The engine's side.  Runs in the gateway.  The engine writes down what
 * sessions did; it does not decide here what they may.
 */
#include <unistd.h>

#include "common/log.h"
#include "gateway/gateway.h"

static void
from_engine_ack(struct peer *p, struct msg *m, void *arg)
{
	struct m_egress	 a;

	(void)p;
	msg_get(m, &a, sizeof(a));
	session_acked(arg, a.session, a.number);
}

static void
from_engine_used(struct peer *p, struct msg *m, void *arg)
{
	struct m_egress	 u;

	(void)p;
	msg_get(m, &u, sizeof(u));
	session_used(arg, u.session, u.number);
}

/* Sessions live on; what they do is told to the next engine. */
static void
engine_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct gateway	*gw = arg;

	if (why == PEER_LIED)
		log_warnx("the engine broke the protocol");
	if (gw->engine == p)
		gw->engine = NULL;
	peer_free(p);
}

static msg_handler *const handlers[MSG_MAX] = {
	[MSG_EGRESS_ACK] = from_engine_ack,
	[MSG_EGRESS_USED] = from_engine_used
};

static const struct peer_ops engine_ops = {
	.self = P_GATE, .other = P_ENGINE, .handlers = handlers,
	.ended = engine_ended
};

void
engine_connect(struct gateway *gw, int fd)
{
	struct gsession	*gs;

	peer_free(gw->engine);
	gw->engine = peer_new(gw->role.base, fd, &engine_ops, gw);
	if (gw->engine == NULL)
		fatal("socket to the engine");
	TAILQ_FOREACH(gs, &gw->sessions, entry) {
		engine_rules(gs);
		notes_again(gs);
	}
}

void
engine_rules(const struct gsession *gs)
{
	struct rec	*r;
	size_t		 i;

	if (gs->gw->engine == NULL)
		return;
	r = rec_new(REC_b_egress_rules);
	rec_set_u64(r, F_b_egress_rules_session, gs->number);
	for (i = 0; i < gs->nrules; i++)
		rec_add_str(r, F_b_egress_rules_rules, rec_nth_str(gs->rec,
		    F_b_gate_session_rules, i));
	if (peer_send_rec(gs->gw->engine, MSG_EGRESS_RULES, 0, -1, r) != 0)
		fatalx("out of memory");
}
