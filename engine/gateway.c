/*
 * What the gateway reports becomes inputs.  Engine; its messages are decoded
 * like any other's.  A report is acknowledged when its event is committed:
 * until then the gateway keeps it, and sends it again to the next engine.
 */
#include <unistd.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/gateway.h"

static void
gateway_input(struct engine *e, struct msg *m, enum rec_kind body,
    enum input_kind kind)
{
	struct input	*in;
	struct rec	*r;
	int		 err;

	if ((err = msg_rec(m, body, &r)) != 0) {
		log_warnx("%s from the gateway: %s", msg_name(m->type),
		    err_text(err));
		return;
	}
	if ((in = engine_input(e, kind)) == NULL)
		rec_free(r);
	else
		in->rec = r;
}

static void
on_rules(struct peer *p, struct msg *m, void *arg)
{
	(void)p;
	gateway_input(arg, m, REC_b_egress_rules, IN_EGRESS_RULES);
}

static void
on_egress(struct peer *p, struct msg *m, void *arg)
{
	(void)p;
	gateway_input(arg, m, REC_b_egress, IN_EGRESS);
}

static msg_handler *const handlers[MSG_MAX] = {
	[MSG_EGRESS_RULES] = on_rules,
	[MSG_EGRESS] = on_egress
};

static void
gateway_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct engine	*e = arg;

	log_info("the gateway %s", why == PEER_LIED ? "broke the protocol" :
	    "has gone");
	if (e->gate == p)
		e->gate = NULL;
	peer_free(p);
}

static const struct peer_ops gateway_ops = {
	.self = P_ENGINE, .other = P_GATE, .handlers = handlers,
	.ended = gateway_ended
};

/* A second one in this process' life means that the first has died. */
void
gateway_connect(struct engine *e, int fd)
{
	struct input	*in;

	peer_free(e->gate);
	e->gate = peer_new(e->role.base, fd, &gateway_ops, e);
	if (e->gate == NULL) {
		log_warn("socket to the gateway");
		close(fd);
		return;
	}
	if (e->gates++ > 0 &&
	    (in = engine_input(e, IN_GATEWAY)) != NULL)
		in->number = e->gates - 1;
}

static void
rules_taken(struct engine *e, const struct rec *r)
{
	struct m_egress		 u = { 0 };
	const struct session	*s;

	u.session = rec_u64(r, F_b_egress_rules_session);
	if ((s = state_session(e->st, u.session)) == NULL)
		return;
	u.number = rec_u64(s->e.row, F_s_session_sent) +
	    rec_u64(s->e.row, F_s_session_received);
	peer_send(e->gate, MSG_EGRESS_USED, 0, -1, &u, sizeof(u));
}

void
gateway_taken(struct engine *e, const struct input *in)
{
	struct m_egress	 a;

	if (e->gate == NULL)
		return;
	if (in->kind == IN_EGRESS_RULES)
		rules_taken(e, in->rec);
	if (in->kind != IN_EGRESS)
		return;
	a.session = rec_u64(in->rec, F_b_egress_session);
	a.number = rec_u64(in->rec, F_b_egress_number);
	peer_send(e->gate, MSG_EGRESS_ACK, 0, -1, &a, sizeof(a));
}
