/*
 * Parent: what the engine asks for, and what it is told of sessions.  Every
 * payload is a fixed struct that the table has checked for length; names in
 * it are checked again in session.c.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "praetord/explain.h"
#include "praetord/gauge.h"
#include "praetord/parent.h"

static struct peer *
engine_peer(struct parent *p)
{
	struct child	*c = &p->child[ROLE_ENGINE];

	return (c->state == CH_RUNNING ? c->peer : NULL);
}

/* Takes fd.  Without an engine it is closed: a new one asks again. */
static void
tell(struct parent *p, enum msg_type type, struct m_session *m, int fd,
    const char *text)
{
	struct peer		*peer = engine_peer(p);

	if (peer == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	snprintf(m->text, sizeof(m->text), "%s", text);
	peer_send(peer, type, 0, fd, m, sizeof(*m));
}

static void
on_started(void *arg, uint64_t session, pid_t pid, int engine_fd)
{
	struct m_session	 m = { .session = session,
	    .pid = (uint32_t)pid };

	tell(arg, MSG_SESSION_FD, &m, engine_fd, "");
}

static void
on_failed(void *arg, uint64_t session, int err, const char *text)
{
	struct m_session	 m = { .session = session, .err = err };

	log_warnx("session s_%02llu: %s", (unsigned long long)session, text);
	tell(arg, MSG_SESSION_FAIL, &m, -1, text);
}

static void
on_room(void *arg, int err, const char *text)
{
	struct peer	*peer = engine_peer(arg);
	struct m_result	 m = { .err = err };

	if (peer == NULL)
		return;			/* a new one finds out by itself */
	snprintf(m.text, sizeof(m.text), "%s", text);
	peer_send(peer, MSG_ROOM, 0, -1, &m, sizeof(m));
}

static void
on_gone(void *arg, uint64_t session, int status, enum end end,
    const char *text)
{
	struct m_session	 m = { .session = session, .err = status,
	    .end = end };

	tell(arg, MSG_SESSION_GONE, &m, -1, text);
}

/* Takes fd, as tell(). */
static void
on_upper(void *arg, uint64_t session, int err, int fd, int whole,
    const char *text)
{
	struct parent	*p = arg;
	struct peer	*peer = engine_peer(p);
	struct m_upper	 m = { 0 };

	if (peer == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	m.session = session;
	m.err = err;
	m.whole = (uint32_t)whole;
	snprintf(m.text, sizeof(m.text), "%s", text);
	peer_send(peer, MSG_UPPER_FD, 0, fd, &m, sizeof(m));
}

static void
on_purged(void *arg, uint64_t session, int err, const char *text)
{
	struct m_session	 m = { .session = session, .err = err };

	if (err != 0)
		log_warnx("session s_%02llu: not deleted: %s",
		    (unsigned long long)session, text);
	tell(arg, MSG_SESSION_PURGED, &m, -1, text);
}

static struct rec *
on_gate(void *arg, const struct m_start *m)
{
	struct parent	*p = arg;

	return (conf_egress(p->conf, m->session, m->project, m->agent));
}

/* Without a gateway it is closed: the next one is given all of them. */
static void
on_gateway(void *arg, const struct rec *session, int gate_fd)
{
	struct parent	*p = arg;
	struct child	*c = &p->child[ROLE_GATEWAY];

	if (c->state == CH_RUNNING && c->peer != NULL)
		peer_send_rec(c->peer, MSG_GATE_SESSION, 0, gate_fd,
		    rec_copy(session));
	else
		close(gate_fd);
}

const struct sessions_ops parent_sessions_ops = {
	.started = on_started,
	.failed = on_failed,
	.room = on_room,
	.gone = on_gone,
	.upper = on_upper,
	.purged = on_purged,
	.gate = on_gate,
	.gateway = on_gateway
};

static void
do_start(struct peer *peer, struct msg *m, void *arg)
{
	struct parent	*p = arg;
	struct m_start	 st;

	(void)peer;
	msg_get(m, &st, sizeof(st));
	if (!p->stopping)
		sessions_start(p->sessions, &st);
}

static void
do_stop(struct peer *peer, struct msg *m, void *arg)
{
	struct parent		*p = arg;
	struct m_session	 s;

	(void)peer;
	msg_get(m, &s, sizeof(s));
	sessions_stop(p->sessions, s.session);
}

static void
do_upper(struct peer *peer, struct msg *m, void *arg)
{
	struct parent		*p = arg;
	struct m_session	 s;

	(void)peer;
	msg_get(m, &s, sizeof(s));
	sessions_upper(p->sessions, s.session);
}

static void
do_purge(struct peer *peer, struct msg *m, void *arg)
{
	struct parent		*p = arg;
	struct m_session	 s;

	(void)peer;
	msg_get(m, &s, sizeof(s));
	sessions_purge(p->sessions, s.session);
}

static void
do_reload(struct peer *peer, struct msg *m, void *arg)
{
	struct parent	*p = arg;

	(void)peer;
	(void)m;
	p->reload_asked = 1;
	reconf_start(p);
}

void
engine_reloaded(struct parent *p, int err, const char *text)
{
	struct m_result	 res = { 0 };
	struct peer	*peer = engine_peer(p);

	if (!p->reload_asked || peer == NULL)
		return;
	p->reload_asked = 0;
	res.err = err;
	snprintf(res.text, sizeof(res.text), "%s", text);
	peer_send(peer, MSG_RELOADED, 0, -1, &res, sizeof(res));
}

static void
do_verbose(struct peer *peer, struct msg *m, void *arg)
{
	struct parent	*p = arg;
	struct m_count	 c;
	int		 i;

	(void)peer;
	msg_get(m, &c, sizeof(c));
	p->verbose = c.n != 0;
	log_verbose(p->verbose);
	for (i = 0; i < ROLE_MAX; i++)
		if (p->child[i].peer != NULL)
			peer_send(p->child[i].peer, MSG_LOG_LEVEL, 0, -1, &c,
			    sizeof(c));
}

static void
do_doctor(struct peer *peer, struct msg *m, void *arg)
{
	struct parent	*p = arg;
	unsigned int	 i;

	(void)m;
	for (i = 0; i < p->nfeatures; i++)
		peer_send(peer, MSG_FEATURE, 0, -1, &p->feature[i],
		    sizeof(p->feature[i]));
	peer_send(peer, MSG_RESULT_END, 0, -1, NULL, 0);
}

static void
policy_row(void *arg, const struct m_policy *row)
{
	peer_send(arg, MSG_POLICY, 0, -1, row, sizeof(*row));
}

/* A session that has just ended is explained as one that starts now. */
static void
do_explain(struct peer *peer, struct msg *m, void *arg)
{
	struct parent		*p = arg;
	struct m_session	 s;

	msg_get(m, &s, sizeof(s));
	explain_policy(p->conf, sessions_slot(p->sessions, s.session),
	    sessions_gate(p->sessions, s.session), policy_row, peer);
	peer_send(peer, MSG_RESULT_END, 0, -1, NULL, 0);
}

static void
do_processes(struct peer *peer, struct msg *m, void *arg)
{
	struct parent		*p = arg;
	struct m_process	 row = { P_PARENT, (uint32_t)getpid(), 0, 0 };
	int			 i;

	(void)m;
	peer_send(peer, MSG_PROCESS, 0, -1, &row, sizeof(row));
	for (i = 0; i < ROLE_MAX; i++) {
		row.proc = role_proc(i);
		row.pid = (uint32_t)p->child[i].pid;
		row.restarts = p->child[i].restarts;
		peer_send(peer, MSG_PROCESS, 0, -1, &row, sizeof(row));
	}
	peer_send(peer, MSG_RESULT_END, 0, -1, NULL, 0);
}

static void
usage_row(void *arg, const struct m_usage *m)
{
	peer_send(arg, MSG_SESSION_USAGE, 0, -1, m, sizeof(*m));
}

static void
do_usage(struct peer *peer, struct msg *m, void *arg)
{
	struct parent	*p = arg;

	(void)m;
	gauge_sessions(p->sessions, usage_row, peer);
	peer_send(peer, MSG_RESULT_END, 0, -1, NULL, 0);
}

msg_handler *const parent_engine_handlers[MSG_MAX] = {
	[MSG_SESSION_START] = do_start,
	[MSG_SESSION_STOP] = do_stop,
	[MSG_UPPER_WANT] = do_upper,
	[MSG_SESSION_PURGE] = do_purge,
	[MSG_RELOAD] = do_reload,
	[MSG_VERBOSE] = do_verbose,
	[MSG_DOCTOR] = do_doctor,
	[MSG_EXPLAIN] = do_explain,
	[MSG_PROCESSES] = do_processes,
	[MSG_USAGE] = do_usage
};
