/*
 * The skeleton of every child.  Runs in engine, frontend, reviewer and
 * executor.  Trusts the parent's messages (they are still checked against
 * the table) and nobody else's.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <sys/prctl.h>

#include "common/err.h"
#include "common/log.h"
#include "common/role.h"

static void
role_stop(int fd, short what, void *arg)
{
	struct role	*r = arg;

	(void)fd;
	(void)what;
	event_base_loopbreak(r->base);
}

static void
role_parent_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct role	*r = arg;

	(void)p;
	if (why == PEER_LIED)
		log_warnx("the parent broke the protocol");
	event_base_loopbreak(r->base);
}

static void
role_ready(struct role *r)
{
	struct m_result	 res = { 0 };

	res.err = r->conf_err;
	snprintf(res.text, sizeof(res.text), "%s", r->conf_why);
	peer_send(r->parent, MSG_CONF_READY, 0, -1, &res, sizeof(res));
}

static void
role_conf_begin(struct peer *p, struct msg *m, void *arg)
{
	struct role	*r = arg;
	struct m_count	 c;

	(void)p;
	msg_get(m, &c, sizeof(c));
	r->expected = c.n;
	r->got = 0;
	r->conf_err = 0;
	r->conf_why[0] = '\0';
	r->conf->begin(r->arg);
}

static void
role_conf_item(struct peer *p, struct msg *m, void *arg)
{
	struct role	*r = arg;
	struct reader	 rd;
	struct rec	*rec;
	int		 e;

	(void)p;
	r->got++;
	reader_init(&rd, m->data, m->len);
	e = rec_decode(&rd, &rec);
	if (e == 0 && rec_def(rec_kind(rec))->cls != RC_CONF)
		e = PRA_EPROTO;
	if (e != 0)
		fatalx("configuration item: %s", err_text(e));
	if (r->conf_err == 0)
		r->conf_err = r->conf->item(r->arg, rec, msg_fd(m), r->conf_why,
		    sizeof(r->conf_why));
	rec_free(rec);
}

static void
role_conf_end(struct peer *p, struct msg *m, void *arg)
{
	struct role	*r = arg;
	struct m_count	 c;

	(void)p;
	msg_get(m, &c, sizeof(c));
	if (r->got != r->expected || c.n != r->expected)
		fatalx("configuration: %u of %u items came", r->got, c.n);
	if (r->conf_err == 0)
		r->conf_err = r->conf->end(r->arg, r->conf_why,
		    sizeof(r->conf_why));
	role_ready(r);
}

static void
role_conf_commit(struct peer *p, struct msg *m, void *arg)
{
	struct role	*r = arg;

	(void)p;
	(void)m;
	r->conf->commit(r->arg);
}

static void
role_conf_abort(struct peer *p, struct msg *m, void *arg)
{
	struct role	*r = arg;

	(void)p;
	(void)m;
	r->conf->abort(r->arg);
}

static void
role_peer_fd(struct peer *p, struct msg *m, void *arg)
{
	struct role	*r = arg;
	struct m_peer	 who;

	(void)p;
	msg_get(m, &who, sizeof(who));
	r->peer_fd(r->arg, who.proc, msg_fd(m));
}

static void
role_log_level(struct peer *p, struct msg *m, void *arg)
{
	struct m_count	 c;

	(void)p;
	(void)arg;
	msg_get(m, &c, sizeof(c));
	log_verbose(c.n != 0);
}

/*
 * The parent's own rows come first; a role's handlers are called with the
 * role struct as well, so they find their state through r->arg.
 */
static void
role_handlers(struct role *r, msg_handler *const *extra)
{
	int	 i;

	if (extra != NULL)
		for (i = 0; i < MSG_MAX; i++)
			r->table[i] = extra[i];
	if (r->conf != NULL) {
		r->table[MSG_CONF_BEGIN] = role_conf_begin;
		r->table[MSG_CONF_ITEM] = role_conf_item;
		r->table[MSG_CRED_FD] = role_conf_item;
		r->table[MSG_CONF_END] = role_conf_end;
		r->table[MSG_CONF_COMMIT] = role_conf_commit;
		r->table[MSG_CONF_ABORT] = role_conf_abort;
	}
	if (r->peer_fd != NULL)
		r->table[MSG_PEER_FD] = role_peer_fd;
	r->table[MSG_LOG_LEVEL] = role_log_level;
}

static void
role_signals(struct role *r)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	r->sig[0] = evsignal_new(r->base, SIGTERM, role_stop, r);
	if (r->sig[0] == NULL || event_add(r->sig[0], NULL) == -1)
		fatalx("signal events");
}

void
role_start(struct role *r, enum proc self, const struct role_conf *conf,
    msg_handler *const *extra, void (*on_peer)(void *, enum proc, int),
    void *arg)
{
	memset(r, 0, sizeof(*r));
	r->self = self;
	r->conf = conf;
	r->peer_fd = on_peer;
	r->arg = arg;
	if (fcntl(ROLE_FD, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(LIFELINE_FD, F_SETFD, FD_CLOEXEC) == -1)
		fatalx("%s is started by praetord(8), not by hand",
		    proc_name(self));
	/* No core dump, and nobody of this user may look into its memory. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		fatal("dumpable");
	if ((r->base = event_base_new()) == NULL)
		fatalx("event_base_new");
	role_signals(r);
	role_handlers(r, extra);
	r->ops.self = self;
	r->ops.other = P_PARENT;
	r->ops.handlers = r->table;
	r->ops.ended = role_parent_ended;
	r->parent = peer_new(r->base, ROLE_FD, &r->ops, r);
	r->lifeline = event_new(r->base, LIFELINE_FD, EV_READ, role_stop, r);
	if (r->parent == NULL || r->lifeline == NULL ||
	    event_add(r->lifeline, NULL) == -1)
		fatal("channel to the parent");
}

void
role_hello(struct role *r)
{
	struct m_hello	 h = { PROTO_VERSION, r->self, (uint32_t)getpid(), 0 };

	peer_send(r->parent, MSG_HELLO, 0, -1, &h, sizeof(h));
}

void
role_run(struct role *r)
{
	if (event_base_dispatch(r->base) == -1)
		fatalx("event loop");
	peer_flush(r->parent);
}
