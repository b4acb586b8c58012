/*
 * One turn: everything that came is decided, logged and applied in one
 * transaction; answers and effects leave only after its commit.  When the
 * commit fails nothing has happened: commands are answered with the error,
 * what other roles said is kept and tried again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <event2/event.h>

#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "engine/calendar.h"
#include "engine/clients.h"
#include "engine/clock.h"
#include "engine/crash.h"
#include "engine/effects.h"
#include "engine/envelope.h"
#include "engine/gateway.h"
#include "engine/keys.h"
#include "engine/links.h"
#include "engine/load.h"
#include "engine/queue.h"
#include "engine/sched.h"
#include "engine/turn.h"
#include "engine/upkeep.h"
#include "engine/views.h"


/* An answer that waits for the commit: encoded views and a v_done. */
struct answer {
	STAILQ_ENTRY(answer)	 next;
	uint32_t		 request;
	struct buf		 body;
};
STAILQ_HEAD(answers, answer);

struct turn {
	struct engine		*e;
	struct input_list	 inputs;	/* all of this turn */
	struct answers		 answers;
	struct input		*at;		/* NULL: the scheduler */
	int64_t			 time;		/* microseconds since 1970 */
	uint64_t		 seq;		/* of the last event */
};

static void
turn_write(struct turn *t, struct fact *f, const char *policy, int *err)
{
	struct engine		*e = t->e;
	struct store_event	 ev;
	struct buf		 b = { 0 };

	envelope_fill(&ev, e->st, f, t->at, policy);
	ulid_make(ev.id, e->last_id, (uint64_t)t->time / 1000);
	if ((*err = rec_encode(f->data, &b)) == 0) {
		ev.data = b.data;
		ev.len = b.len;
		*err = store_append(e->store, &ev);
		f->seq = ev.seq;
		CRASH_AT(CP_APPEND);
	}
	if (*err == 0 && (*err = apply(e->st, f)) != 0)
		log_warnx("%s does not fit the state",
		    rec_def(rec_kind(f->data))->name);
	CRASH_AT(CP_APPLY);
	buf_free(&b);
}

/* Log and apply what was decided.  0 or PRA_E*; the turn is over then. */
static int
turn_facts(struct turn *t, struct decision *d)
{
	struct fact	*f;
	int		 err = 0;

	if (!STAILQ_EMPTY(&d->facts) && !store_in_transaction(t->e->store)) {
		err = store_begin(t->e->store);
		CRASH_AT(CP_BEGIN);
	}
	STAILQ_FOREACH(f, &d->facts, next) {
		if (err != 0)
			return (err);
		turn_write(t, f, d->policy, &err);
		t->seq = f->seq;
	}
	return (err);
}

/* Answers. */

static void
answer_add(struct buf *b, struct rec *r)
{
	size_t	 before = b->len;

	if (rec_encode(r, b) != 0)
		b->len = before;
	rec_free(r);
}

static void
answer_put(struct turn *t, uint32_t request, struct buf *body)
{
	struct answer	*a;

	if ((a = calloc(1, sizeof(*a))) == NULL) {
		log_warnx("answer dropped: out of memory");
		buf_free(body);
		return;
	}
	a->request = request;
	a->body = *body;
	memset(body, 0, sizeof(*body));
	STAILQ_INSERT_TAIL(&t->answers, a, next);
}

/* The tasks that were made or meant, as they are now, and the end. */
static void
answer_make(struct turn *t, const struct decision *d, struct buf *out)
{
	struct task	*task;
	size_t		 i;

	for (i = 0; d->err == 0 && i < d->show.len; i += ULID_LEN) {
		task = state_task(t->e->st, d->show.data + i);
		if (task != NULL)
			answer_add(out, view_task(t->e->st, t->e->conf, task,
			    1));
	}
	if (d->err == 0 && d->view != NULL)
		answer_add(out, rec_copy(d->view));
	answer_end(out, d->err, d->message[0] == '\0' && d->err != 0 ?
	    err_text(d->err) : d->message, d->remedy, d->subject);
}

/* Everybody who waits for a project gets the same answer. */
static int
pending_answer(struct turn *t, struct pending *p, const struct buf *body)
{
	struct buf	 copy = { 0 };
	uint32_t	 request;
	size_t		 i;

	for (i = 0; i < p->requests.len; i += sizeof(request)) {
		memcpy(&request, p->requests.data + i, sizeof(request));
		if (buf_add(&copy, body->data, body->len) != 0)
			return (PRA_ENOMEM);
		answer_put(t, request, &copy);
	}
	return (0);
}

/* The reviewer's word on a project: whoever added it gets the answer. */
static int
turn_project_state(struct turn *t)
{
	const struct rec	*b = t->at->rec;
	const char		*name = rec_str(b, F_b_project_state_project);
	struct pending		*p = pending_find(t->e, name);
	struct project		*pr = state_project(t->e->st, name);
	struct buf		 body = { 0 };
	int			 err;

	if (p == NULL)
		return (0);
	if (pr != NULL) {
		answer_add(&body, view_project(pr));
		answer_end(&body, 0, "", "", name);
	} else {
		answer_end(&body, err_byname(rec_str(b,
		    F_b_project_state_err)), rec_str(b,
		    F_b_project_state_text), "", name);
	}
	err = pending_settle(t->e, p, t->time, pr != NULL ? &body : NULL);
	if (err == 0)
		err = pending_answer(t, p, &body);
	buf_free(&body);
	return (err);
}

static int
turn_answer(struct turn *t, const struct decision *d, const struct key *k)
{
	struct buf	 body = { 0 };
	int		 err = 0;

	if (d->later)
		return (pending_add(t->e, d->subject, t->at->request, k));
	answer_make(t, d, &body);
	if (d->err == 0)
		err = key_settle(t->e, k, t->time, &body);
	answer_put(t, t->at->request, &body);
	return (err);
}

static int
ids_make(struct turn *t, size_t n, uint8_t (**ids)[ULID_LEN])
{
	size_t	 i;

	if ((*ids = calloc(n, ULID_LEN)) == NULL)
		return (PRA_ENOMEM);
	for (i = 0; i < n; i++)
		ulid_make((*ids)[i], t->e->last_id, (uint64_t)t->time / 1000);
	return (0);
}

static int
turn_decide(struct turn *t, struct input *in, const struct key *k)
{
	uint8_t		 (*ids)[ULID_LEN];
	struct decision	 d;
	size_t		 n = decide_ids(in);
	int		 err;

	if ((err = ids_make(t, n, &ids)) != 0)
		return (err);
	decision_init(&d, t->e->st, t->e->conf);
	d.time = t->time;
	d.chance = arc4random();
	d.ids = (const uint8_t (*)[ULID_LEN])ids;
	d.nids = n;
	decide(&d, in);
	if (d.err == 0)
		err = turn_facts(t, &d);
	else if (in->kind != IN_COMMAND)
		log_warnx("%s: %s: %s", input_name(in->kind),
		    err_text(d.err), d.message);
	if (err == 0 && in->kind == IN_COMMAND)
		err = turn_answer(t, &d, k);
	if (err == 0 && in->kind == IN_PROJECT_STATE)
		err = turn_project_state(t);
	decision_clear(&d);
	free(ids);
	return (err);
}

static int
turn_input(struct turn *t, struct input *in)
{
	struct buf	 body = { 0 };
	struct key	 k = { "", { 0 } };
	int		 r;

	t->at = in;
	if (in->kind == IN_COMMAND && clients_reads(in))
		return (0);		/* answered after the commit */
	CRASH_INPUT(in, 0);
	load_named(t->e, in);
	calendar_command(t->e, in, t->time);
	if (in->kind == IN_COMMAND) {
		key_of(in, &k);
		r = key_known(t->e, &k, in->request, &body);
		if (r == 1)
			answer_put(t, in->request, &body);
		if (r != 0)
			return (0);
	}
	r = turn_decide(t, in, &k);
	CRASH_INPUT(in, 1);
	return (r);
}

/*
 * What the gateway reports goes first: it was sent before the job was told,
 * and belongs before the end of the job's step that came by another socket.
 */
static int
turn_inputs(struct turn *t, int reports)
{
	struct input	*in;
	int		 err = 0;

	STAILQ_FOREACH(in, &t->inputs, next)
		if ((in->kind == IN_EGRESS) == reports &&
		    (err = turn_input(t, in)) != 0)
			break;
	return (err);
}

static int
turn_schedule(struct turn *t)
{
	struct decision	 d;
	int		 more, err;

	t->at = NULL;
	do {
		decision_init(&d, t->e->st, t->e->conf);
		d.time = t->time;
		d.chance = arc4random();
		sched_next(&d);
		more = !STAILQ_EMPTY(&d.facts);
		err = d.err != 0 ? d.err : turn_facts(t, &d);
		decision_clear(&d);
	} while (err == 0 && more);
	return (err);
}

static int
turn_rows(struct turn *t)
{
	struct engine	*e = t->e;
	struct entry	*en;
	uint8_t		 key[128];
	size_t		 n;
	int		 err = 0;

	TAILQ_FOREACH(en, &e->st->dirty, link) {
		n = state_key(en, key);
		err = en->erase ? store_del(e->store, en->table, key, n) :
		    store_put(e->store, en->table, key, n, en->live, en->row);
		if (err != 0)
			return (err);
		CRASH_AT(CP_ROW);
	}
	if (e->saved_session != e->st->last_session)
		err = store_meta_set(e->store, "session",
		    e->st->last_session);
	if (err == 0 && e->saved_fence != e->st->last_fence)
		err = store_meta_set(e->store, "fence", e->st->last_fence);
	return (err);
}

static int
turn_commit(struct turn *t)
{
	struct engine	*e = t->e;
	int		 err;

	if (!store_in_transaction(e->store))
		return (0);
	if ((err = turn_rows(t)) != 0)
		return (err);
	CRASH_AT(CP_ROWS);
	if ((err = store_commit(e->store)) != 0)
		return (err);
	CRASH_AT(CP_COMMITTED);
	e->saved_session = e->st->last_session;
	e->saved_fence = e->st->last_fence;
	state_clean(e->st);
	return (0);
}

static void
answers_send(struct turn *t)
{
	struct answer	*a;

	while ((a = STAILQ_FIRST(&t->answers)) != NULL) {
		STAILQ_REMOVE_HEAD(&t->answers, next);
		CRASH_AT(CP_ANSWER);
		clients_answer(t->e, a->request, &a->body);
		CRASH_AT(CP_ANSWERED);
		buf_free(&a->body);
		free(a);
	}
}

/*
 * Have a turn when the next approval is too late, a task's time comes, or a
 * quota is there again.
 */
static void
turn_due(struct engine *e, int64_t now)
{
	const struct change	*c;
	const struct task	*t = state_first_timed(e->st);
	uint64_t		 first = t != NULL ? t->due : 0, until;

	until = calendar_due(e, now);
	if (until != 0 && (first == 0 || until < first))
		first = until;
	TAILQ_FOREACH(c, &e->st->asking, queue) {
		until = rec_u64(c->e.row, F_s_change_until);
		if (until != 0 && (first == 0 || until < first))
			first = until;
	}
	until = (uint64_t)queue_until(e->st);
	if (until != 0 && (first == 0 || until < first))
		first = until;
	clock_due(e, first);
}

static void
turn_done(struct turn *t)
{
	struct engine	*e = t->e;
	struct input	*in;

	answers_send(t);
	pendings_sweep(e);
	while ((in = STAILQ_FIRST(&t->inputs)) != NULL) {
		STAILQ_REMOVE_HEAD(&t->inputs, next);
		if (in->kind == IN_COMMAND && clients_reads(in))
			clients_start(e, in);
		gateway_taken(e, in);
		CRASH_INPUT(in, 2);
		input_free(in);
	}
	CRASH_AT(CP_EFFECTS);
	effects_run(e);
	links_pause(e);
	links_sweep(e);
	clients_pump(e);
	state_trim(e->st, PAST_KEPT);
	turn_due(e, t->time);
	CRASH_AT(CP_OVER);
}

/* Go back to what the store has. */
static void
turn_undo(struct engine *e)
{
	struct state	*st;
	char		 why[512];

	store_rollback(e->store);
	if (load_state(e->store, &st, why, sizeof(why)) != 0)
		fatalx("the state cannot be read again: %s", why);
	effects_keep(st, e->st);
	state_free(e->st);
	e->st = st;
	queue_configure(e->st, e->conf, wall_now().us);
	if (load_numbers(e) != 0)
		fatalx("the numbers of sessions cannot be read again");
}

static void
answer_error(struct turn *t, const struct input *in, int err)
{
	struct buf	 body = { 0 };

	answer_end(&body, err, err == PRA_ENOSPC ? "there is no space left "
	    "for the state; nothing was changed" : err_text(err),
	    err == PRA_ENOSPC ? "free space on the file system of the state "
	    "directory; sessions go on" : "see the log of praetord", "");
	answer_put(t, in->request, &body);
}

static void
answers_drop(struct turn *t)
{
	struct answer	*a;

	while ((a = STAILQ_FIRST(&t->answers)) != NULL) {
		STAILQ_REMOVE_HEAD(&t->answers, next);
		buf_free(&a->body);
		free(a);
	}
}

void
turn_later(struct engine *e)
{
	struct timeval	 tv = ms_timeval(RETRY_MS);

	if (!evtimer_pending(e->retry, NULL))
		evtimer_add(e->retry, &tv);
}

/*
 * Nothing of the turn happened.  Commands that change something get the
 * error; one input that does not fit (err is no fault of the store) is
 * dropped; the rest is tried again.
 */
static void
turn_failed(struct turn *t, int err)
{
	struct engine		*e = t->e;
	struct input_list	 again = STAILQ_HEAD_INITIALIZER(again);
	struct input		*in;
	int			 fault = err == PRA_ECORRUPT ||
	    err == PRA_EINTERNAL || err == PRA_EINVALID;

	log_warnx("nothing could be committed: %s", err_text(err));
	answers_drop(t);
	turn_undo(e);
	pendings_sweep(e);
	while ((in = STAILQ_FIRST(&t->inputs)) != NULL) {
		STAILQ_REMOVE_HEAD(&t->inputs, next);
		if (in->kind == IN_COMMAND && !clients_reads(in) &&
		    (in == t->at || !fault)) {
			answer_error(t, in, err);
			input_free(in);
		} else if (in == t->at && fault) {
			log_warnx("%s dropped", input_name(in->kind));
			gateway_taken(e, in);
			input_free(in);
		} else {
			STAILQ_INSERT_TAIL(&again, in, next);
		}
	}
	answers_send(t);
	STAILQ_CONCAT(&again, &e->inputs);
	STAILQ_CONCAT(&e->inputs, &again);
	e->stuck = 1;
	turn_later(e);
}

static void
turn_run(int fd, short what, void *arg)
{
	struct engine	*e = arg;
	struct turn	 t = { .e = e };
	int		 err;

	(void)fd;
	(void)what;
	if (e->conf == NULL || !e->synced)
		return;			/* both call engine_turn() */
	CRASH_AT(CP_TURN);
	e->ninputs = 0;
	e->gathers = 0;
	STAILQ_INIT(&t.inputs);
	STAILQ_INIT(&t.answers);
	t.time = wall_now().us;
	calendar_turn(e, t.time);
	STAILQ_CONCAT(&t.inputs, &e->inputs);
	err = turn_inputs(&t, 1);
	if (err == 0)
		err = turn_inputs(&t, 0);
	if (err == 0)
		err = turn_schedule(&t);
	if (err == 0)
		err = upkeep_turn(e, t.time);
	if (err == 0)
		err = turn_commit(&t);
	if (err == 0)
		turn_done(&t);
	else
		turn_failed(&t, err);
}

static void
turn_retry(int fd, short what, void *arg)
{
	struct engine	*e = arg;

	(void)fd;
	(void)what;
	e->stuck = 0;
	engine_turn(e);
}

void
turn_open(struct engine *e)
{
	e->turn = evtimer_new(e->role.base, turn_run, e);
	e->retry = evtimer_new(e->role.base, turn_retry, e);
	if (e->turn == NULL || e->retry == NULL)
		fatalx("timers");
	clock_open(e);
}

void
turn_close(struct engine *e)
{
	struct input	*in;
	struct leftover	*l;

	while ((in = STAILQ_FIRST(&e->inputs)) != NULL) {
		STAILQ_REMOVE_HEAD(&e->inputs, next);
		input_free(in);
	}
	pendings_close(e);
	while ((l = STAILQ_FIRST(&e->leftovers)) != NULL) {
		STAILQ_REMOVE_HEAD(&e->leftovers, next);
		free(l);
	}
	event_free(e->turn);
	event_free(e->retry);
	clock_close(e);
}
