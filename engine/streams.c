/*
 * Answers that are long, or go on with what happens: lists, events, traces,
 * logs, waiting.  Engine.  Each is read in pieces as fast as the frontend
 * takes them; nothing is held in memory for a slow client.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/string.h>
#include <event2/event.h>

#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "engine/links.h"
#include "engine/load.h"
#include "engine/request.h"
#include "engine/text.h"
#include "engine/upkeep.h"
#include "engine/views.h"

#define CHUNK_ROWS	128		/* rows or events read at once */
#define CHUNK_LOG	(32 * 1024)	/* bytes of output in one item */
#define LIMIT_MAX	10000		/* of task.list --limit */

/* task.list */

static int
list_wants(const struct request *rq, const struct rec *row)
{
	const char	*project = rec_str(rq->cmd, F_c_task_list_project);
	const char	*label = rec_str(rq->cmd, F_c_task_list_label);
	const char	*state = rec_str(row, F_s_task_state);
	size_t		 i, n = rec_count(rq->cmd, F_c_task_list_states);

	if (*project != '\0' &&
	    strcmp(project, rec_str(row, F_s_task_project)) != 0)
		return (0);
	if (rec_has(row, F_s_task_parent) &&
	    !rec_u64(rq->cmd, F_c_task_list_parts))
		return (0);
	for (i = 0; i < n; i++)
		if (strcmp(state, rec_nth_str(rq->cmd, F_c_task_list_states,
		    i)) == 0)
			break;
	if (n > 0 ? i == n : !rec_u64(rq->cmd, F_c_task_list_all) &&
	    task_final((enum task_state)fsm_state(&task_fsm, state)))
		return (0);
	if (*label != '\0') {
		n = rec_count(row, F_s_task_labels);
		for (i = 0; i < n; i++)
			if (strcmp(label, rec_nth_str(row, F_s_task_labels,
			    i)) == 0)
				break;
		if (i == n)
			return (0);
	}
	return (request_permits(rq, rec_str(row, F_s_task_project)));
}

/* Rows of the store are today's: this runs after the commit. */
static struct rec *
list_view(struct engine *e, const struct rec *row)
{
	struct task	*t = state_task(e->st, rec_id(row, F_s_task_id));

	return (t != NULL ? view_task(e->st, e->conf, t, 0) :
	    view_task_row(row, 0));
}

static int
list_row(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct request	*rq = arg;

	(void)keylen;
	memcpy(rq->from, key, ULID_LEN);
	rq->begun = 1;
	rq->attempt++;			/* rows seen in this piece */
	if (list_wants(rq, row))
		request_item(rq, list_view(rq->e, row));
	rec_free(row);
	return (0);
}

/* The key after the last one seen. */
static void
list_next(const struct request *rq, uint8_t *lo, size_t keylen)
{
	size_t	 i;

	memcpy(lo, rq->from, keylen);
	for (i = keylen; rq->begun && i > 0 && ++lo[i - 1] == 0; i--)
		;
}

/* Every row of a table, in the order of keys, from the last one seen on. */
static int
rows_pump(struct engine *e, struct request *rq, enum store_table table,
    size_t keylen, int (*fn)(void *, const void *, size_t, struct rec *))
{
	uint8_t	 lo[ULID_LEN], hi[ULID_LEN];
	int	 err;

	memset(hi, 0xff, sizeof(hi));
	while (!request_choked(rq)) {
		list_next(rq, lo, keylen);
		rq->attempt = 0;
		err = store_prefix(e->store, table, lo, hi, keylen,
		    CHUNK_ROWS, fn, rq);
		if (err != 0)
			return (request_done(rq, err, NULL, "%s", ""));
		if (rq->attempt < CHUNK_ROWS)
			return (request_done(rq, 0, NULL, "%s", ""));
	}
	return (0);
}

static int
pump_list_all(struct engine *e, struct request *rq)
{
	return (rows_pump(e, rq, ST_TASK, ULID_LEN, list_row));
}

static int
pump_list_live(struct engine *e, struct request *rq)
{
	struct task	*t;
	uint8_t		 lo[ULID_LEN];

	list_next(rq, lo, ULID_LEN);
	for (t = state_task_from(e->st, lo); t != NULL;
	    t = RB_NEXT(task_ids, NULL, t)) {
		if (request_choked(rq))
			return (0);
		memcpy(rq->from, rec_id(t->e.row, F_s_task_id), ULID_LEN);
		rq->begun = 1;
		if (list_wants(rq, t->e.row))
			request_item(rq, view_task(e->st, e->conf, t, 0));
	}
	return (request_done(rq, 0, NULL, "%s", ""));
}

struct newest {
	struct request	 *rq;
	struct rec	**views;
	size_t		  n, max;
};

static int
newest_row(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct newest	*nw = arg;

	(void)key;
	(void)keylen;
	if (list_wants(nw->rq, row))
		nw->views[nw->n++] = list_view(nw->rq->e, row);
	rec_free(row);
	return (nw->n == nw->max);
}

/* The newest few, shown in the order of filing like any list. */
static int
list_newest(struct engine *e, struct request *rq, size_t limit)
{
	struct newest	 nw = { .rq = rq, .max = limit };
	int		 err;

	if ((nw.views = calloc(limit, sizeof(*nw.views))) == NULL)
		return (request_done(rq, PRA_ENOMEM, NULL, "out of memory"));
	/* 1 is its own end: there are more than were asked for. */
	err = store_recent(e->store, ST_TASK, UINT32_MAX >> 1, newest_row,
	    &nw);
	while (nw.n > 0)
		request_item(rq, nw.views[--nw.n]);
	free(nw.views);
	return (request_done(rq, err == 1 ? 0 : err, NULL, "%s", ""));
}

/* Final states are asked for: the store has them all, the memory a few. */
static int
list_wants_past(const struct request *rq)
{
	size_t	 i;
	int	 s;

	for (i = 0; i < rec_count(rq->cmd, F_c_task_list_states); i++) {
		s = fsm_state(&task_fsm,
		    rec_nth_str(rq->cmd, F_c_task_list_states, i));
		if (s != -1 && task_final((enum task_state)s))
			return (1);
	}
	return (rec_u64(rq->cmd, F_c_task_list_all) != 0);
}

static const char *
list_bad_state(const struct request *rq)
{
	size_t	 i;

	for (i = 0; i < rec_count(rq->cmd, F_c_task_list_states); i++)
		if (fsm_state(&task_fsm, rec_nth_str(rq->cmd,
		    F_c_task_list_states, i)) == -1)
			return (rec_nth_str(rq->cmd, F_c_task_list_states, i));
	return (NULL);
}

int
read_task_list(struct engine *e, struct request *rq)
{
	const char	*project = rec_str(rq->cmd, F_c_task_list_project);
	const char	*bad = list_bad_state(rq);
	uint64_t	 limit = rec_u64(rq->cmd, F_c_task_list_limit);
	char		 vis[260];

	if (bad != NULL)
		return (request_done(rq, PRA_EINVALID, "waiting, ready, "
		    "running, review, done, held, paused, failed, cancelled",
		    "there is no state \"%s\"",
		    log_vis(vis, sizeof(vis), bad, strlen(bad))));
	if (limit > LIMIT_MAX)
		return (request_done(rq, PRA_EINVALID, "use 0 for all",
		    "the limit is at most %d", LIMIT_MAX));
	if (*project != '\0' && !request_permits(rq, project))
		return (request_done(rq, PRA_EPERM, NULL, "task.list on "
		    "project %s is not permitted",
		    log_vis(vis, sizeof(vis), project, strlen(project))));
	if (*project != '\0' && state_project(e->st, project) == NULL)
		return (request_done(rq, PRA_ENOTFOUND, "praetorctl project "
		    "list", "there is no project \"%s\"",
		    log_vis(vis, sizeof(vis), project, strlen(project))));
	if (limit > 0)
		return (list_newest(e, rq, limit));
	rq->pump = list_wants_past(rq) ? pump_list_all : pump_list_live;
	return (rq->pump(e, rq));
}

/* session.list and project.list */

static int
session_row(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct request	*rq = arg;

	memcpy(rq->from, key, keylen <= ULID_LEN ? keylen : ULID_LEN);
	rq->begun = 1;
	rq->attempt++;
	if (request_permits(rq, rec_str(row, F_s_session_project)))
		request_item(rq, view_session_row(row));
	rec_free(row);
	return (0);
}

static int
pump_sessions(struct engine *e, struct request *rq)
{
	return (rows_pump(e, rq, ST_SESSION, 8, session_row));
}

/* Those that are not gone are few and in memory. */
int
read_session_list(struct engine *e, struct request *rq)
{
	struct session	*s;

	if (rec_u64(rq->cmd, F_c_session_list_all)) {
		rq->pump = pump_sessions;
		return (pump_sessions(e, rq));
	}
	for (s = state_first_session(e->st); s != NULL;
	    s = RB_NEXT(session_ids, NULL, s))
		if (session_live(s) && request_permits(rq,
		    rec_str(s->e.row, F_s_session_project)))
			request_item(rq, view_session_row(s->e.row));
	return (request_done(rq, 0, NULL, "%s", ""));
}

/* rq->log is the name of the last one seen. */
static int
pump_projects(struct engine *e, struct request *rq)
{
	struct project	*p;
	const char	*name;

	while ((p = state_project_after(e->st, rq->log)) != NULL) {
		if (request_choked(rq))
			return (0);
		name = rec_str(p->e.row, F_s_project_name);
		strlcpy(rq->log, name, sizeof(rq->log));
		if (request_permits(rq, name))
			request_item(rq, view_project(p));
	}
	return (request_done(rq, 0, NULL, "%s", ""));
}

int
read_project_list(struct engine *e, struct request *rq)
{
	rq->pump = pump_projects;
	return (pump_projects(e, rq));
}

/* How a task that is waited for, or traced, comes to an end. */

static int
task_over(const struct task *t)
{
	return (t->state == TS_DONE || t->stuck);
}

/*
 * How a task ended, or why it cannot go on by itself: because something
 * failed, or because somebody keeps it.
 */
static int
wait_error(const struct task *t)
{
	const struct task	*c = task_cause(t, 0);

	if (t->state == TS_DONE)
		return (0);
	if (t->state == TS_CANCELLED)
		return (PRA_ECANCELLED);
	return (task_kept(c) ? PRA_ESTATE : PRA_EFAILED);
}

/* A failure is worse than a cancellation, and both than being kept. */
static int
wait_rank(int err)
{
	return (err == PRA_EFAILED ? 3 : err == PRA_ECANCELLED ? 2 :
	    err == PRA_ESTATE ? 1 : 0);
}

/* The worst is the answer's error, and the first of it its message. */
static void
wait_outcome(struct request *rq, const struct task *t, const struct rec *v)
{
	char	 name[TEXT_NAME];
	int	 err = wait_error(t);

	rq->bad += err != 0;
	if (wait_rank(err) <= wait_rank(rq->worst))
		return;
	rq->worst = err;
	snprintf(rq->why, sizeof(rq->why), "%s (%s): %s", text_task(name, t),
	    rec_str(v, F_v_wait_state), rec_str(v, F_v_wait_sentence));
}

static int
wait_end(struct request *rq, const char *remedy)
{
	char	 others[48] = "";

	if (rq->bad > 1)
		snprintf(others, sizeof(others), ", and %u other%s", rq->bad -
		    1, rq->bad == 2 ? "" : "s");
	return (request_done(rq, rq->worst, rq->worst == 0 ? NULL : remedy,
	    "%s%s", rq->why, others));
}

/* events and task.trace */

static int
event_item(void *arg, const struct store_event *ev)
{
	struct request	*rq = arg;

	rq->cursor = ev->seq;
	rq->attempt++;
	if (request_permits(rq, *ev->project == '\0' ? NULL : ev->project))
		request_item(rq, view_event(ev));
	return (0);
}

/* 1 when everything that there is was sent. */
static int
events_send(struct engine *e, struct request *rq, struct store_filter *f,
    int *err)
{
	*err = 0;
	while (!request_choked(rq)) {
		f->since = rq->cursor;
		f->limit = CHUNK_ROWS;
		rq->attempt = 0;
		*err = store_events(e->store, f, event_item, rq);
		if (*err != 0 || rq->attempt < CHUNK_ROWS)
			return (1);
	}
	return (0);
}

static int
pump_events(struct engine *e, struct request *rq)
{
	struct store_filter	 f = { 0 };
	int			 err;

	if (rec_has(rq->cmd, F_c_events_type))
		f.type = rec_str(rq->cmd, F_c_events_type);
	if (rec_has(rq->cmd, F_c_events_project))
		f.project = rec_str(rq->cmd, F_c_events_project);
	if (!events_send(e, rq, &f, &err))
		return (0);
	if (err == 0 && rq->follow) {
		rq->cursor = store_last_seq(e->store);
		return (0);
	}
	return (request_done(rq, err, NULL, "%s", ""));
}

int
read_events(struct engine *e, struct request *rq)
{
	uint64_t	 last = store_last_seq(e->store);

	if (rec_u64(rq->cmd, F_c_events_since) > last)
		return (request_done(rq, PRA_ESTATE, "the cursor is of another "
		    "log, or of one that a backup took the place of: begin "
		    "anew", "there is no event %llu: the log ends with %llu",
		    (unsigned long long)rec_u64(rq->cmd, F_c_events_since),
		    (unsigned long long)last));
	rq->cursor = rec_u64(rq->cmd, F_c_events_since);
	rq->follow = rec_u64(rq->cmd, F_c_events_follow) != 0;
	rq->pump = pump_events;
	return (pump_events(e, rq));
}

static int
pump_trace(struct engine *e, struct request *rq)
{
	struct store_filter	 f = { 0 };
	struct task		*t = state_task(e->st, rq->task);
	struct rec		*v;
	char			 id[ID_SIZE];
	int			 err;

	id_format(id, 't', rq->task);
	f.subject = id;
	if (!events_send(e, rq, &f, &err))
		return (0);
	if (err != 0 || !rq->follow || t == NULL)
		return (request_done(rq, err, NULL, "%s", ""));
	if (!task_over(t))
		return (0);
	v = view_wait(e->st, e->conf, t);
	wait_outcome(rq, t, v);
	rec_free(v);
	return (wait_end(rq, "praetorctl task logs shows what it printed"));
}

int
read_task_trace(struct engine *e, struct request *rq)
{
	struct task	*t;

	t = request_task(rq, rec_str(rq->cmd, F_c_task_trace_task),
	    rec_str(rq->cmd, F_c_task_trace_project));
	if (t == NULL)
		return (1);
	memcpy(rq->task, rec_id(t->e.row, F_s_task_id), ULID_LEN);
	rq->follow = rec_u64(rq->cmd, F_c_task_trace_follow) != 0;
	rq->pump = pump_trace;
	return (pump_trace(e, rq));
}

/* task.logs */

/* The attempt (or verification) that is shown may still print. */
static int
log_open(struct engine *e, const struct request *rq)
{
	struct task	*t = state_task(e->st, rq->task);

	if (t == NULL || task_final(t->state))
		return (0);
	if (rec_u64(rq->cmd, F_c_task_logs_verify))
		return (t->state == TS_REVIEW);
	if (rec_u64(t->e.row, F_s_task_attempt) < rq->attempt)
		return (1);		/* it has not begun */
	return ((t->state == TS_RUNNING || t->state == TS_PAUSED) &&
	    rec_u64(t->e.row, F_s_task_attempt) == rq->attempt &&
	    *rec_str(t->e.row, F_s_task_why) == '\0');
}

/* Which log: a verification's name is known once it has begun. */
static void
log_choose(struct engine *e, struct request *rq)
{
	struct task	*t = state_task(e->st, rq->task);
	struct rec	*row = NULL;

	if (rq->log[0] != '\0' || t == NULL)
		return;
	if (!rec_u64(rq->cmd, F_c_task_logs_verify)) {
		log_work(rq->log, rq->task, rq->attempt);
		return;
	}
	if (!rec_has(t->e.row, F_s_task_change) || store_get(e->store,
	    ST_CHANGE, rec_id(t->e.row, F_s_task_change), ULID_LEN, &row) != 0)
		return;
	if (rec_u64(row, F_s_change_verifies) > 0)
		log_verify(rq->log, rec_id(row, F_s_change_id),
		    rec_u64(row, F_s_change_verifies));
	rec_free(row);
}

/* 1 when a piece was sent, 0 when there is none (or *err). */
static int
log_send(struct engine *e, struct request *rq, int *err)
{
	static const size_t	 size = CHUNK_LOG;
	struct rec		*r;
	char			 chunk[CHUNK_LOG];
	size_t			 got = 0;

	*err = store_log_read(e->store, rq->log, rq->cursor, chunk, size,
	    &got);
	if (*err != 0 || got == 0)
		return (0);
	r = rec_new(REC_v_log);
	rec_set_u64(r, F_v_log_offset, rq->cursor);
	rec_set_bytes(r, F_v_log_data, chunk, got);
	rq->cursor += got;
	request_item(rq, r);
	return (1);
}

static int
pump_logs(struct engine *e, struct request *rq)
{
	int	 err = 0;

	log_choose(e, rq);
	while (rq->log[0] != '\0') {
		if (request_choked(rq))
			return (0);
		if (!log_send(e, rq, &err))
			break;
	}
	if (err == 0 && rq->follow && log_open(e, rq))
		return (0);
	return (request_done(rq, err, NULL, "%s", ""));
}

int
read_task_logs(struct engine *e, struct request *rq)
{
	struct task	*t;
	uint64_t	 last;

	t = request_task(rq, rec_str(rq->cmd, F_c_task_logs_task),
	    rec_str(rq->cmd, F_c_task_logs_project));
	if (t == NULL)
		return (1);
	last = rec_u64(t->e.row, F_s_task_attempt);
	rq->follow = rec_u64(rq->cmd, F_c_task_logs_follow) != 0;
	rq->attempt = rec_u64(rq->cmd, F_c_task_logs_attempt);
	if (rq->attempt == 0)
		rq->attempt = last > 0 ? last : 1;
	if (rq->attempt > last && !(rq->follow && rq->attempt == 1))
		return (request_done(rq, PRA_ENOTFOUND, "praetorctl task show "
		    "tells the last attempt", "the task has no attempt %llu "
		    "so far", (unsigned long long)rq->attempt));
	memcpy(rq->task, rec_id(t->e.row, F_s_task_id), ULID_LEN);
	log_choose(e, rq);
	if (upkeep_output_gone(e, t->e.row) && rq->log[0] != '\0' &&
	    !store_log_exists(e->store, rq->log))
		return (request_done(rq, PRA_ENOTFOUND, "see retain output in "
		    "praetord.conf", "the output is not kept any more"));
	rq->output = 1;
	rq->pump = pump_logs;
	return (pump_logs(e, rq));
}

/* task.wait */

/* Tasks that are over leave the list; the answer ends with the last. */
static int
pump_wait(struct engine *e, struct request *rq)
{
	struct task	*t;
	struct rec	*v;
	size_t		 i = 0;

	while (i < rq->tasks.len) {
		t = state_task(e->st, rq->tasks.data + i);
		if (t != NULL && !task_over(t)) {
			i += ULID_LEN;
			continue;
		}
		if (t != NULL) {
			v = view_wait(e->st, e->conf, t);
			wait_outcome(rq, t, v);
			request_item(rq, v);
		}
		rq->tasks.len -= ULID_LEN;
		memmove(rq->tasks.data + i, rq->tasks.data + i + ULID_LEN,
		    rq->tasks.len - i);
	}
	return (rq->tasks.len > 0 ? 0 : wait_end(rq, "praetorctl task trace "
	    "tells what happened"));
}

static void
wait_expired(int fd, short what, void *arg)
{
	struct request	*rq = arg;

	(void)fd;
	(void)what;
	request_done(rq, PRA_ETIMEOUT, "wait longer, or see praetorctl task "
	    "why", "%zu task%s not finished in time",
	    rq->tasks.len / ULID_LEN, rq->tasks.len == ULID_LEN ? "" : "s");
	request_free(rq);
}

int
read_task_wait(struct engine *e, struct request *rq)
{
	uint64_t	 ms = rec_u64(rq->cmd, F_c_task_wait_timeout);
	struct timeval	 tv;
	struct task	*t;
	size_t		 i;

	for (i = 0; i < rec_count(rq->cmd, F_c_task_wait_tasks); i++) {
		t = request_task(rq, rec_nth_str(rq->cmd, F_c_task_wait_tasks,
		    i), rec_str(rq->cmd, F_c_task_wait_project));
		if (t == NULL)
			return (1);
		if (buf_add(&rq->tasks, rec_id(t->e.row, F_s_task_id),
		    ULID_LEN) != 0)
			return (request_done(rq, PRA_ENOMEM, NULL,
			    "out of memory"));
	}
	if (pump_wait(e, rq))
		return (1);
	rq->pump = pump_wait;
	if (ms == 0)
		return (0);
	tv = ms_timeval(ms > INT32_MAX ? INT32_MAX : (int64_t)ms);
	rq->timer = evtimer_new(e->role.base, wait_expired, rq);
	if (rq->timer == NULL || evtimer_add(rq->timer, &tv) == -1)
		return (request_done(rq, PRA_ENOMEM, NULL, "out of memory"));
	return (0);
}
