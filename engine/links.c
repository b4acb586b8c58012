/*
 * Executors.  Engine; what they send is foreign: it is taken for the step
 * that their own session runs and for nothing else.  An executor that breaks
 * a rule, hangs or goes away loses its session and never this process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>

#include "common/ends.h"
#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "engine/clients.h"
#include "engine/crash.h"
#include "engine/effects.h"
#include "engine/links.h"
#include "engine/propose.h"
#include "engine/owe.h"
#include "engine/sched.h"

#define HELLO_MS	(60 * 1000)	/* from socket to EXEC_HELLO */
#define GRACE_MS	(60 * 1000)	/* above a step's own limit */
#define CANCEL_MS	(60 * 1000)	/* from STEP_CANCEL to STEP_DONE */
#define AGAIN_MS	1000		/* output that could not be written */
#define OUTPUT_SLACK	(64 * 1024)	/* the executor's own marker lines */
#define USELESS_MAX	(1 << 20)	/* pieces of output that bring nothing */

static int
link_cmp(const struct link *a, const struct link *b)
{
	return (a->session < b->session ? -1 : a->session > b->session);
}

RB_PROTOTYPE(links, link, entry, link_cmp)
RB_GENERATE(links, link, entry, link_cmp)

void
log_work(char out[LOG_NAME], const uint8_t task[ULID_LEN], uint64_t attempt)
{
	char	 id[ID_SIZE];

	id_format(id, 't', task);
	snprintf(out, LOG_NAME, "%s.%llu", id, (unsigned long long)attempt);
}

void
log_verify(char out[LOG_NAME], const uint8_t change[ULID_LEN],
    uint64_t number)
{
	char	 id[ID_SIZE];

	id_format(id, 'c', change);
	snprintf(out, LOG_NAME, "%s.verify.%llu", id,
	    (unsigned long long)number);
}

static void
session_log(char out[LOG_NAME], const struct session *s)
{
	uint64_t	 n = rec_u64(s->e.row, F_s_session_attempt);

	if (session_verifies(s))
		log_verify(out, rec_id(s->e.row, F_s_session_change), n);
	else
		log_work(out, rec_id(s->e.row, F_s_session_task), n);
}

struct link *
links_find(struct engine *e, uint64_t session)
{
	struct link	 key = { .session = session };

	return (RB_FIND(links, &e->links, &key));
}

static void
link_free(struct link *l)
{
	RB_REMOVE(links, &l->engine->links, l);
	if (l->watchdog != NULL)
		event_free(l->watchdog);
	if (l->again != NULL)
		event_free(l->again);
	peer_free(l->peer);
	free(l);
}

/* Nothing more is heard of it; decide does what follows. */
static void
link_lost(struct link *l, const char *text)
{
	struct engine	*e = l->engine;
	struct input	*in;

	if (l->lost)
		return;
	l->lost = 1;
	if (l->peer != NULL)
		peer_pause(l->peer);
	log_warnx("session s_%02llu: %s", (unsigned long long)l->session,
	    text);
	if ((in = engine_input(e, IN_SESSION_LOST)) != NULL) {
		in->session = l->session;
		snprintf(in->text, sizeof(in->text), "%s", text);
	}
}

static struct session *
link_session(const struct link *l)
{
	return (state_session(l->engine->st, l->session));
}

/*
 * An honest executor waits for these before it sends more than its window, so
 * a long queue of them is one that nobody reads.
 */
static void
link_ack(struct link *l, const struct session *s)
{
	struct rec	*r;
	char		 name[LOG_NAME];

	if (l->lost)
		return;
	if (peer_choked(l->peer)) {
		link_lost(l, "its executor does not read what it is told");
		return;
	}
	r = rec_new(REC_b_ack);
	session_log(name, s);
	rec_set_u64(r, F_b_ack_fence, rec_u64(s->e.row, F_s_session_fence));
	rec_set_u64(r, F_b_ack_offset, store_log_size(l->engine->store,
	    name));
	peer_send_rec(l->peer, MSG_OUTPUT_ACK, 0, -1, r);
}

static void
link_timeout(struct link *l, uint64_t ms)
{
	struct timeval	 tv = ms_timeval((int64_t)ms);

	if (ms == 0)
		event_del(l->watchdog);
	else
		evtimer_add(l->watchdog, &tv);
}

/* The executor has to end its step by itself; this is for one that hangs. */
static uint64_t
step_limit(const struct engine *e, const struct session *s)
{
	uint64_t	 ms = session_verifies(s) ?
	    config_u64(e->conf, F_k_main_verify_timeout) :
	    sched_timeout(e->conf, s->task);

	return (ms == 0 ? 0 : ms + GRACE_MS);
}

static void
hello_first(struct link *l, const struct rec *r)
{
	struct input	*in;

	if (rec_u64(r, F_b_hello_fence) != 0) {
		link_lost(l, "its executor runs a step that nobody gave it");
		return;
	}
	if ((in = engine_input(l->engine, IN_BOOTED)) == NULL)
		return;
	in->session = l->session;
	in->pid = l->pid;
	in->number = rec_u64(r, F_b_hello_boot);
}

/* After a restart of this process: its step runs on, or never reached it. */
static void
hello_again(struct link *l, const struct session *s)
{
	uint64_t	 fence = rec_u64(s->e.row, F_s_session_fence);
	struct owed	*o;

	if (l->fence == fence) {
		link_ack(l, s);
		link_timeout(l, l->paused ? 0 : step_limit(l->engine, s));
	} else if (l->fence > fence) {
		link_lost(l, "its executor runs a step that nobody gave it");
	}
	o = owed_session(l->engine->st, EF_STEP, l->session);
	if (o != NULL)
		o->sent = l->fence == fence;
	o = owed_session(l->engine->st, EF_CANCEL, l->session);
	if (o != NULL)
		o->sent = 0;
	effects_run(l->engine);
	links_pause(l->engine);
}

static void
on_hello(struct peer *p, struct msg *m, void *arg)
{
	struct link	*l = arg;
	struct session	*s = link_session(l);
	struct rec	*r;

	(void)p;
	if (l->up || msg_rec(m, REC_b_hello, &r) != 0) {
		link_lost(l, "its executor's hello is malformed");
		return;
	}
	CRASH_AT(CP_HELLO);
	l->up = 1;
	l->fence = rec_u64(r, F_b_hello_fence);
	l->paused = rec_u64(r, F_b_hello_paused) != 0;
	link_timeout(l, 0);
	if (rec_u64(r, F_b_hello_session) != l->session)
		link_lost(l, "its executor gives another session's number");
	else if (s != NULL && s->state == SS_BOOTING)
		hello_first(l, r);
	else if (s != NULL && (s->state == SS_ACTIVE ||
	    s->state == SS_CANCELLING))
		hello_again(l, s);
	rec_free(r);
}

/*
 * Output of another step, or that is had already, or behind a gap: a few of
 * each come from honest ones, after a restart of this process or a full disk,
 * but none sends more than its window in pieces of a byte.
 */
static int
output_useless(struct link *l)
{
	if (++l->useless == USELESS_MAX)
		link_lost(l, "its executor sends output that leads nowhere");
	return (l->useless >= USELESS_MAX ? PRA_ELIMIT : 0);
}

/*
 * Append what is new of a piece.  What the engine has already is skipped, a
 * gap is not filled: the acknowledgement says where to go on.
 */
static int
output_write(struct link *l, const struct session *s, const struct rec *r)
{
	struct engine	*e = l->engine;
	const uint8_t	*p;
	uint64_t	 at = rec_u64(r, F_b_output_offset), have;
	size_t		 n;
	char		 name[LOG_NAME];

	p = rec_bytes(r, F_b_output_data, &n);
	session_log(name, s);
	have = store_log_size(e->store, name);
	if (at > have || n <= have - at)
		return (output_useless(l));
	l->useless = 0;
	p += have - at;
	n -= have - at;
	if (have + n > config_u64(e->conf, F_k_main_output) + OUTPUT_SLACK) {
		link_lost(l, "its executor sends more output than it may");
		return (PRA_ELIMIT);
	}
	return (store_log_append(e->store, name, have, p, n));
}

static void
on_output(struct peer *p, struct msg *m, void *arg)
{
	struct link	*l = arg;
	struct session	*s = link_session(l);
	struct timeval	 tv = ms_timeval(AGAIN_MS);
	struct rec	*r;
	int		 err;

	(void)p;
	CRASH_AT(CP_OUTPUT);
	if (msg_rec(m, REC_b_output, &r) != 0) {
		link_lost(l, "its executor's output is malformed");
		return;
	}
	if (s == NULL || rec_u64(r, F_b_output_fence) !=
	    rec_u64(s->e.row, F_s_session_fence)) {
		log_debug("session s_%02llu: output of an older step",
		    (unsigned long long)l->session);
		output_useless(l);
	} else if ((err = output_write(l, s, r)) == 0) {
		CRASH_AT(CP_WRITTEN);
		link_ack(l, s);
		CRASH_AT(CP_ACKED);
		clients_output(l->engine);
	} else if (err != PRA_ELIMIT) {
		log_warnx("session s_%02llu: its output: %s",
		    (unsigned long long)l->session, err_text(err));
		evtimer_add(l->again, &tv);
	}
	rec_free(r);
}

static void
on_step_done(struct peer *p, struct msg *m, void *arg)
{
	struct link	*l = arg;
	struct session	*s = link_session(l);
	struct input	*in;
	struct rec	*r;
	char		 name[LOG_NAME];

	(void)p;
	if (msg_rec(m, REC_b_exit, &r) != 0) {
		link_lost(l, "its executor's end of a step is malformed");
		return;
	}
	if (end_byword(rec_str(r, F_b_exit_why)) == END_NONE) {
		link_lost(l, "its executor reports an end that there is not");
		rec_free(r);
		return;
	}
	if (s == NULL || rec_u64(r, F_b_exit_fence) !=
	    rec_u64(s->e.row, F_s_session_fence)) {
		log_debug("session s_%02llu: the end of an older step",
		    (unsigned long long)l->session);
		rec_free(r);
		return;
	}
	session_log(name, s);
	if (store_log_size(l->engine->store, name) > 0 &&
	    store_log_sync(l->engine->store, name) != 0)
		log_warnx("%s: its output may not be on the disk", name);
	CRASH_AT(CP_FLUSHED);
	rec_unset(r, F_b_exit_proposals);
	if (!session_verifies(s))
		propose_read(l->engine, name,
		    rec_u64(s->task->e.row, F_s_task_token), r);
	if ((in = engine_input(l->engine, IN_STEP_DONE)) == NULL) {
		rec_free(r);
		return;
	}
	in->session = l->session;
	in->rec = r;
}

static msg_handler *const handlers[MSG_MAX] = {
	[MSG_EXEC_HELLO] = on_hello,
	[MSG_OUTPUT] = on_output,
	[MSG_STEP_DONE] = on_step_done
};

static int
link_state(void *arg)
{
	struct session	*s = link_session(arg);

	return (s == NULL ? SS_GONE : (int)s->state);
}

static void
link_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct link	*l = arg;
	struct session	*s = link_session(l);

	(void)p;
	peer_free(l->peer);
	l->peer = NULL;
	if (why == PEER_LIED)
		link_lost(l, "its executor broke the protocol");
	else if (s != NULL && (s->state == SS_BOOTING ||
	    s->state == SS_IDLE || s->state == SS_ACTIVE ||
	    s->state == SS_CANCELLING))
		link_lost(l, "its executor closed its socket");
}

static const struct peer_ops link_ops = {
	.self = P_ENGINE, .other = P_EXEC, .handlers = handlers,
	.ended = link_ended, .state = link_state
};

static void
link_expired(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_lost(arg, "its executor does not answer");
}

static void
link_again(int fd, short what, void *arg)
{
	struct link	*l = arg;
	struct session	*s = link_session(l);

	(void)fd;
	(void)what;
	if (s != NULL && l->peer != NULL)
		link_ack(l, s);
}

void
links_add(struct engine *e, uint64_t session, uint32_t pid, int fd)
{
	struct link	*l = links_find(e, session);

	if (l != NULL)
		link_free(l);		/* the parent has made a new pair */
	if ((l = calloc(1, sizeof(*l))) == NULL) {
		log_warn("session s_%02llu", (unsigned long long)session);
		close(fd);
		return;
	}
	l->engine = e;
	l->session = session;
	l->pid = pid;
	RB_INSERT(links, &e->links, l);
	l->watchdog = evtimer_new(e->role.base, link_expired, l);
	l->again = evtimer_new(e->role.base, link_again, l);
	if (l->watchdog != NULL && l->again != NULL)
		l->peer = peer_new(e->role.base, fd, &link_ops, l);
	if (l->peer == NULL) {
		log_warn("session s_%02llu", (unsigned long long)session);
		close(fd);
		link_free(l);
		return;
	}
	link_timeout(l, HELLO_MS);
}

void
links_sweep(struct engine *e)
{
	struct link	*l, *next;
	struct session	*s;

	RB_FOREACH_SAFE(l, links, &e->links, next) {
		s = link_session(l);
		if (s == NULL || s->state == SS_SHUTTING ||
		    s->state == SS_LOST || s->state == SS_GONE)
			link_free(l);
	}
}

void
links_close(struct engine *e)
{
	struct link	*l;

	while ((l = RB_MIN(links, &e->links)) != NULL)
		link_free(l);
}

int
link_step(struct engine *e, struct session *s)
{
	uint64_t	 id = rec_u64(s->e.row, F_s_session_id);
	uint64_t	 fence = rec_u64(s->e.row, F_s_session_fence);
	struct link	*l = links_find(e, id);
	struct rec	*step;

	if (l == NULL || l->peer == NULL || !l->up)
		return (0);
	if (l->fence == fence)
		return (1);
	if (session_verifies(s))
		step = s->change == NULL ? NULL :
		    sched_verify_step(e->conf, s->change, fence);
	else
		step = sched_step(e->conf, s->task,
		    rec_u64(s->e.row, F_s_session_attempt), fence);
	if (step == NULL || peer_send_rec(l->peer, MSG_STEP, 0, -1, step)) {
		link_lost(l, "its step cannot be made any more");
		return (1);
	}
	l->fence = fence;
	l->paused = 0;
	link_timeout(l, step_limit(e, s));
	return (1);
}

/* While it is stopped nothing is expected of it. */
static void
link_pause(struct link *l, const struct session *s, int on)
{
	struct rec	*r = rec_new(REC_b_pause);

	rec_set_u64(r, F_b_pause_fence, l->fence);
	rec_set_u64(r, F_b_pause_on, (uint64_t)on);
	if (peer_send_rec(l->peer, MSG_STEP_PAUSE, 0, -1, r) != 0)
		return;
	CRASH_AT(CP_PAUSED);
	l->paused = on;
	link_timeout(l, on ? 0 : step_limit(l->engine, s));
}

/* 1 when an executor has the step of its session, and works on it. */
static int
link_works(const struct link *l, const struct session *s)
{
	return (s != NULL && l->peer != NULL && l->up &&
	    s->state == SS_ACTIVE && l->fence != 0 &&
	    l->fence == rec_u64(s->e.row, F_s_session_fence));
}

void
links_pause(struct engine *e)
{
	struct session	*s;
	struct link	*l;
	int		 on;

	RB_FOREACH(l, links, &e->links) {
		s = link_session(l);
		if (!link_works(l, s))
			continue;
		on = s->task->session == s && s->task->state == TS_PAUSED;
		if (l->paused != on)
			link_pause(l, s, on);
	}
}

int
link_cancel(struct engine *e, struct session *s)
{
	struct link	*l = links_find(e, rec_u64(s->e.row, F_s_session_id));
	struct rec	*r;

	if (l == NULL || l->peer == NULL || !l->up)
		return (0);
	r = rec_new(REC_b_cancel);
	rec_set_u64(r, F_b_cancel_fence,
	    rec_u64(s->e.row, F_s_session_fence));
	if (peer_send_rec(l->peer, MSG_STEP_CANCEL, 0, -1, r) != 0)
		return (0);
	link_timeout(l, CANCEL_MS);
	return (1);
}
