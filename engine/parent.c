/*
 * What the parent sends.  Engine; the parent is trusted, and fixed structs
 * are all it sends.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ends.h"
#include "common/err.h"
#include "common/log.h"
#include "engine/clients.h"
#include "engine/crash.h"
#include "engine/effects.h"
#include "engine/links.h"
#include "engine/parent.h"
#include "engine/text.h"
#include "engine/top.h"

/* A fixed payload with its session; strings are ended. */
static void
session_get(const struct msg *m, struct m_session *out)
{
	msg_get(m, out, sizeof(*out));
	out->text[sizeof(out->text) - 1] = '\0';
}

static void
session_input(struct engine *e, enum input_kind kind,
    const struct m_session *m, int err, int status, const char *text)
{
	struct input	*in = engine_input(e, kind);

	if (in == NULL)
		return;
	in->session = m->session;
	in->err = err;
	in->status = status;
	snprintf(in->text, sizeof(in->text), "%s", text);
}

/* The arg of the parent's handlers is the role's struct. */
static struct engine *
engine_of(void *arg)
{
	struct role	*r = arg;

	return (r->arg);
}

static void
on_session_fd(struct peer *p, struct msg *m, void *arg)
{
	struct engine		*e = engine_of(arg);
	struct session		*se;
	struct m_session	 s;

	(void)p;
	session_get(m, &s);
	se = state_session(e->st, s.session);
	if (se != NULL && se->state != SS_GONE) {
		links_add(e, s.session, s.pid, msg_fd(m));
		CRASH_AT(CP_NAMED);
		return;
	}
	log_warnx("session s_%02llu is over: stopping it",
	    (unsigned long long)s.session);
	peer_send(e->role.parent, MSG_SESSION_STOP, 0, -1, &s, sizeof(s));
}

static void
on_session_fail(struct peer *p, struct msg *m, void *arg)
{
	struct engine		*e = engine_of(arg);
	struct m_session	 s;

	(void)p;
	session_get(m, &s);
	if (s.err == PRA_EEXISTS && effects_busy(e, EF_START, s.session))
		return;			/* its socket is on the way */
	session_input(e, IN_SESSION_FAIL, &s, s.err, -1, s.text);
}

static void
on_room(struct peer *p, struct msg *m, void *arg)
{
	struct engine	*e = engine_of(arg);
	struct m_result	 res;
	struct input	*in;

	(void)p;
	msg_get(m, &res, sizeof(res));
	res.text[sizeof(res.text) - 1] = '\0';
	if ((in = engine_input(e, IN_ROOM)) == NULL)
		return;
	in->err = res.err;
	text_line(in->text, sizeof(in->text), res.text);
}

/*
 * The parent ended it and its executor did not say so: that is the end of its
 * step all the same.
 */
static void
session_limited(struct engine *e, const struct m_session *m)
{
	struct session	*s = state_session(e->st, m->session);
	struct input	*in = engine_input(e, IN_SESSION_GONE);

	if (in == NULL)
		return;
	in->session = m->session;
	in->status = m->err;
	if ((in->rec = rec_new(REC_b_exit)) == NULL)
		return;
	if (s != NULL)
		rec_set_u64(in->rec, F_b_exit_fence,
		    rec_u64(s->e.row, F_s_session_fence));
	rec_set_str(in->rec, F_b_exit_why, end_word((enum end)m->end));
	rec_set_i64(in->rec, F_b_exit_status, 128 + SIGKILL);
	rec_set_str(in->rec, F_b_exit_text, m->text);
}

static void
on_session_gone(struct peer *p, struct msg *m, void *arg)
{
	struct m_session	 s;

	(void)p;
	session_get(m, &s);
	if (end_is_limit((enum end)s.end))
		session_limited(engine_of(arg), &s);
	else
		session_input(engine_of(arg), IN_SESSION_GONE, &s, 0, s.err,
		    "");
}

static void
on_session_purged(struct peer *p, struct msg *m, void *arg)
{
	struct engine		*e = engine_of(arg);
	struct m_session	 s;

	(void)p;
	session_get(m, &s);
	if (s.err == PRA_ESTATE && effects_busy(e, EF_PURGE, s.session))
		return;
	if (s.err != 0)
		log_warnx("session s_%02llu: its directory stays: %s",
		    (unsigned long long)s.session, s.text);
	session_input(e, IN_SESSION_PURGED, &s, s.err, -1, "");
}

static void
on_session_left(struct peer *p, struct msg *m, void *arg)
{
	struct engine		*e = engine_of(arg);
	struct m_session	 s;
	struct leftover		*l;

	(void)p;
	session_get(m, &s);
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return;			/* named again at the next start */
	l->session = s.session;
	STAILQ_INSERT_TAIL(&e->leftovers, l, next);
}

static int
is_left(const struct engine *e, uint64_t session)
{
	const struct leftover	*l;

	STAILQ_FOREACH(l, &e->leftovers, next)
		if (l->session == session)
			return (1);
	return (0);
}

/*
 * A session without a process: one that was asked for but has left no
 * directory never started and is asked for again; any other is lost.
 */
static void
recover_session(struct engine *e, const struct session *s)
{
	struct m_session	 m = { 0 };

	m.session = rec_u64(s->e.row, F_s_session_id);
	if (s->state == SS_GONE || !rec_u64(s->e.row, F_s_session_asked) ||
	    links_find(e, m.session) != NULL)
		return;
	if (s->state == SS_BOOTING && !is_left(e, m.session))
		return;
	session_input(e, IN_SESSION_GONE, &m, 0, -1,
	    "the daemon ended while it was there");
}

/*
 * A directory whose session is in no live row: deleted when its import is
 * on record, kept when nothing says that its work is safe.
 */
static void
recover_leftover(struct engine *e, uint64_t session)
{
	struct m_session	 m = { 0 };
	struct rec		*row = NULL;
	uint8_t			 key[8];
	int			 i, saved;

	if (state_session(e->st, session) != NULL)
		return;
	for (i = 0; i < 8; i++)
		key[i] = (uint8_t)(session >> (56 - 8 * i));
	saved = store_get(e->store, ST_SESSION, key, sizeof(key), &row) == 0 &&
	    rec_u64(row, F_s_session_saved);
	rec_free(row);
	if (!saved) {
		log_warnx("session s_%02llu: its directory is kept: nothing "
		    "says that what it left was imported",
		    (unsigned long long)session);
		return;
	}
	m.session = session;
	peer_send(e->role.parent, MSG_SESSION_PURGE, 0, -1, &m, sizeof(m));
}

static void
on_session_sync(struct peer *p, struct msg *m, void *arg)
{
	struct engine		*e = engine_of(arg);
	const struct leftover	*l;
	struct session		*s;

	(void)p;
	(void)m;
	e->synced = 1;
	for (s = state_first_session(e->st); s != NULL;
	    s = RB_NEXT(session_ids, NULL, s))
		recover_session(e, s);
	STAILQ_FOREACH(l, &e->leftovers, next)
		recover_leftover(e, l->session);
	CRASH_AT(CP_SYNCED);
	engine_turn(e);
}

static void
on_upper_fd(struct peer *p, struct msg *m, void *arg)
{
	struct m_upper	 u;

	(void)p;
	msg_get(m, &u, sizeof(u));
	u.text[sizeof(u.text) - 1] = '\0';
	effects_upper(engine_of(arg), &u, msg_fd(m));
}

static void
on_reloaded(struct peer *p, struct msg *m, void *arg)
{
	struct m_result	 res;

	(void)p;
	msg_get(m, &res, sizeof(res));
	res.text[sizeof(res.text) - 1] = '\0';
	clients_reloaded(engine_of(arg), res.err, res.text);
}

static void
on_feature(struct peer *p, struct msg *m, void *arg)
{
	struct m_feature	 f;
	struct rec		*r;

	(void)p;
	msg_get(m, &f, sizeof(f));
	f.feature[sizeof(f.feature) - 1] = '\0';
	f.status[sizeof(f.status) - 1] = '\0';
	f.detail[sizeof(f.detail) - 1] = '\0';
	f.remedy[sizeof(f.remedy) - 1] = '\0';
	r = rec_new(REC_v_doctor);
	rec_set_str(r, F_v_doctor_feature, f.feature);
	rec_set_str(r, F_v_doctor_status, f.status);
	if (f.detail[0] != '\0')
		rec_set_str(r, F_v_doctor_detail, f.detail);
	if (f.remedy[0] != '\0')
		rec_set_str(r, F_v_doctor_remedy, f.remedy);
	clients_row(engine_of(arg), r);
}

static void
on_policy(struct peer *p, struct msg *m, void *arg)
{
	struct m_policy	 row;
	struct rec	*r = rec_new(REC_v_policy);

	(void)p;
	msg_get(m, &row, sizeof(row));
	row.section[sizeof(row.section) - 1] = '\0';
	row.name[sizeof(row.name) - 1] = '\0';
	row.value[sizeof(row.value) - 1] = '\0';
	rec_set_str(r, F_v_policy_section, row.section);
	rec_set_str(r, F_v_policy_name, row.name);
	rec_set_str(r, F_v_policy_value, row.value);
	clients_row(engine_of(arg), r);
}

static void
on_process(struct peer *p, struct msg *m, void *arg)
{
	struct m_process	 pr;
	struct rec		*r = rec_new(REC_v_process);

	(void)p;
	msg_get(m, &pr, sizeof(pr));
	rec_set_str(r, F_v_process_role, proc_name(pr.proc));
	rec_set_u64(r, F_v_process_pid, pr.pid);
	rec_set_u64(r, F_v_process_restarts, pr.restarts);
	clients_row(engine_of(arg), r);
}

static void
on_session_usage(struct peer *p, struct msg *m, void *arg)
{
	struct engine	*e = engine_of(arg);
	struct m_usage	 u;
	struct rec	*r;

	(void)p;
	msg_get(m, &u, sizeof(u));
	if ((r = top_row(e, &u)) != NULL)
		clients_row(e, r);
}

static void
on_result_end(struct peer *p, struct msg *m, void *arg)
{
	(void)p;
	(void)m;
	clients_rows_end(engine_of(arg));
}

msg_handler *const	 parent_handlers[MSG_MAX] = {
	[MSG_SESSION_FD] = on_session_fd,
	[MSG_SESSION_FAIL] = on_session_fail,
	[MSG_ROOM] = on_room,
	[MSG_SESSION_LEFT] = on_session_left,
	[MSG_SESSION_SYNC] = on_session_sync,
	[MSG_SESSION_GONE] = on_session_gone,
	[MSG_UPPER_FD] = on_upper_fd,
	[MSG_SESSION_PURGED] = on_session_purged,
	[MSG_RELOADED] = on_reloaded,
	[MSG_FEATURE] = on_feature,
	[MSG_POLICY] = on_policy,
	[MSG_PROCESS] = on_process,
	[MSG_SESSION_USAGE] = on_session_usage,
	[MSG_RESULT_END] = on_result_end
};
