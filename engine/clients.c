/*
 * The frontend's socket and the requests under way.  Engine.  The frontend
 * parses what clients send, so its messages are treated as foreign: decoded
 * whole, checked by the tables, refused with an answer.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/account.h"
#include "engine/clients.h"
#include "engine/copies.h"
#include "engine/keys.h"
#include "engine/load.h"
#include "engine/policy.h"
#include "engine/restore.h"
#include "engine/work.h"

#define DIFF_QUEUE	(8 * 1024 * 1024) /* bytes for a slow frontend */

static start_fn *const readers[REC_MAX] = {
	[REC_c_project_list] = read_project_list,
	[REC_c_project_show] = read_project_show,
	[REC_c_task_list] = read_task_list,
	[REC_c_task_show] = read_task_show,
	[REC_c_task_trace] = read_task_trace,
	[REC_c_task_logs] = read_task_logs,
	[REC_c_task_diff] = read_task_diff,
	[REC_c_task_wait] = read_task_wait,
	[REC_c_task_why] = read_task_why,
	[REC_c_task_deps] = read_task_deps,
	[REC_c_queue_simulate] = read_queue_simulate,
	[REC_c_queue_list] = read_queue_list,
	[REC_c_session_list] = read_session_list,
	[REC_c_session_show] = read_session_show,
	[REC_c_history] = read_history,
	[REC_c_metrics] = read_metrics,
	[REC_c_top] = read_top,
	[REC_c_share] = read_share,
	[REC_c_cost] = read_cost,
	[REC_c_status] = read_status,
	[REC_c_drained] = read_drained,
	[REC_c_schedule_list] = read_schedule_list,
	[REC_c_schedule_show] = read_schedule_show,
	[REC_c_schedule_next] = read_schedule_next,
	[REC_c_events] = read_events,
	[REC_c_config_reload] = read_config_reload,
	[REC_c_log_level] = read_log_level,
	[REC_c_doctor] = read_doctor,
	[REC_c_explain] = read_explain,
	[REC_c_replay_verify] = read_replay_verify,
	[REC_c_replay_at] = read_replay_at,
	[REC_c_db_check] = read_db_check,
	[REC_c_db_backup] = read_db_backup,
	[REC_c_db_vacuum] = read_db_vacuum,
	[REC_c_db_export] = read_db_export,
	[REC_c_db_restore] = read_db_restore,
	[REC_c_db_key] = read_db_key
};

int
clients_reads(const struct input *in)
{
	return (in->rec == NULL || readers[rec_kind(in->rec)] != NULL);
}

static void
front_send(struct engine *e, enum msg_type type, uint32_t request,
    struct rec *r)
{
	if (e->front == NULL)
		rec_free(r);
	else
		peer_send_rec(e->front, type, request, -1, r);
}

void
clients_answer(struct engine *e, uint32_t request, const struct buf *body)
{
	struct reader	 rd;
	struct rec	*r;

	if (request == 0)
		return;			/* its frontend has gone */
	reader_init(&rd, body->data, body->len);
	while (reader_left(&rd) > 0) {
		if (rec_decode(&rd, &r) != 0) {
			log_warnx("an answer is malformed");
			return;
		}
		front_send(e, rec_kind(r) == REC_v_done ? MSG_DONE : MSG_ITEM,
		    request, r);
	}
}

void
request_item(struct request *rq, struct rec *r)
{
	front_send(rq->e, MSG_ITEM, rq->id, r);
}

int
request_done(struct request *rq, int err, const char *remedy,
    const char *fmt, ...)
{
	struct rec	*r = rec_new(REC_v_done);
	char		 text[2048];
	va_list		 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	rec_set_str(r, F_v_done_error, err_name(err));
	if (*text != '\0' || err != 0)
		rec_set_str(r, F_v_done_message,
		    *text != '\0' ? text : err_text(err));
	if (remedy != NULL)
		rec_set_str(r, F_v_done_remedy, remedy);
	front_send(rq->e, MSG_DONE, rq->id, r);
	return (1);
}

int
request_choked(const struct request *rq)
{
	return (rq->e->front == NULL || peer_choked(rq->e->front));
}

int
request_permits(const struct request *rq, const char *project)
{
	return (policy_permits(rq->e->conf, rq->env, rq->who.command, project,
	    NULL));
}

struct task *
request_task(struct request *rq, const char *text, const char *project)
{
	struct task	*t;
	char		 why[1024];
	int		 err;

	err = ref_task(rq->e->st, &rq->who, text, project, &t, why,
	    sizeof(why));
	if (err == 0)
		return (t);
	request_done(rq, err, err == PRA_ENOTFOUND ? "praetorctl task list "
	    "--all" : err == PRA_EAMBIGUOUS ? "give more of the id, or "
	    "--project" : NULL, "%s", why);
	return (NULL);
}

void
request_free(struct request *rq)
{
	TAILQ_REMOVE(&rq->e->requests, rq, entry);
	work_end(rq->work);
	if (rq->timer != NULL)
		event_free(rq->timer);
	buf_free(&rq->tasks);
	costs_free(rq->costs);
	rec_free(rq->env);
	rec_free(rq->cmd);
	free(rq);
}

static struct request *
request_find(struct engine *e, uint32_t id)
{
	struct request	*rq;

	TAILQ_FOREACH(rq, &e->requests, entry)
		if (rq->id == id)
			return (rq);
	return (NULL);
}

void
clients_start(struct engine *e, struct input *in)
{
	struct request	*rq;

	if (in->rec == NULL || (rq = calloc(1, sizeof(*rq))) == NULL)
		return;
	load_named(e, in);
	rq->e = e;
	rq->id = in->request;
	rq->env = in->env;
	rq->cmd = in->rec;
	in->env = in->rec = NULL;
	TAILQ_INSERT_TAIL(&e->requests, rq, entry);
	rq->who.conf = e->conf;
	rq->who.env = rq->env;
	rq->who.command = rec_def(rec_kind(rq->cmd))->name;
	if (!policy_somewhere(e->conf, rq->env, rq->who.command)) {
		request_done(rq, PRA_EPERM, "an administrator can add a permit "
		    "rule to praetord.conf", "%s is not permitted",
		    rq->who.command);
		request_free(rq);
	} else if (readers[rec_kind(rq->cmd)](e, rq)) {
		request_free(rq);
	}
}

static void
pump_all(struct engine *e, int output_only)
{
	struct request	*rq, *next;

	TAILQ_FOREACH_SAFE(rq, &e->requests, entry, next) {
		rq->who.conf = e->conf;
		if (rq->work != NULL)
			work_resume(rq->work);
		if (rq->pump == NULL || (output_only && !rq->output))
			continue;
		if (rq->pump(e, rq))
			request_free(rq);
	}
}

void
clients_pump(struct engine *e)
{
	pump_all(e, 0);
}

void
clients_output(struct engine *e)
{
	pump_all(e, 1);
}

/* Commands. */

static void
command_refused(struct engine *e, uint32_t id, int err, const char *text)
{
	struct request	 rq = { .e = e, .id = id };

	request_done(&rq, err, NULL, "%s", text);
}

static int
command_decode(const struct msg *m, struct rec **env, struct rec **cmd)
{
	struct reader	 rd;

	*env = *cmd = NULL;
	reader_init(&rd, m->data, m->len);
	if (rec_decode(&rd, env) == 0 && rec_decode(&rd, cmd) == 0 &&
	    reader_left(&rd) == 0 && rec_kind(*env) == REC_c_env &&
	    rec_def(rec_kind(*cmd))->cls == RC_COMMAND)
		return (0);
	rec_free(*env);
	rec_free(*cmd);
	return (PRA_EPROTO);
}

static void
on_command(struct peer *p, struct msg *m, void *arg)
{
	struct engine	*e = arg;
	struct rec	*env, *cmd;
	struct input	*in;

	(void)p;
	if (command_decode(m, &env, &cmd) != 0) {
		command_refused(e, m->id, PRA_EPROTO,
		    "the command is malformed");
		return;
	}
	if ((in = engine_input(e, IN_COMMAND)) == NULL) {
		command_refused(e, m->id, PRA_ENOMEM, "out of memory");
		rec_free(env);
		rec_free(cmd);
		return;
	}
	in->request = m->id;
	in->env = env;
	in->rec = cmd;
}

/*
 * The client has gone.  A command that changes something goes on: it may
 * have been decided already, and its key will tell.
 */
static void
on_command_drop(struct peer *p, struct msg *m, void *arg)
{
	struct engine	*e = arg;
	struct request	*rq = request_find(e, m->id);
	struct input	*in, *next;

	(void)p;
	if (rq != NULL)
		request_free(rq);
	STAILQ_FOREACH_SAFE(in, &e->inputs, next, next) {
		if (in->kind != IN_COMMAND || in->request != m->id ||
		    !clients_reads(in))
			continue;
		STAILQ_REMOVE(&e->inputs, in, input, next);
		input_free(in);
	}
}

static msg_handler *const handlers[MSG_MAX] = {
	[MSG_COMMAND] = on_command,
	[MSG_COMMAND_DROP] = on_command_drop
};

/* Commands that wait for a turn are carried out; questions are dropped. */
static void
inputs_orphan(struct engine *e)
{
	struct input	*in, *next;

	STAILQ_FOREACH_SAFE(in, &e->inputs, next, next) {
		if (in->kind != IN_COMMAND)
			continue;
		in->request = 0;
		if (!clients_reads(in))
			continue;
		STAILQ_REMOVE(&e->inputs, in, input, next);
		input_free(in);
	}
}

/*
 * The next frontend counts requests from the start: an answer to one of
 * this must not go to a stranger who has its number then.
 */
static void
requests_drop(struct engine *e)
{
	struct request	*rq;
	struct question	*q;

	while ((rq = TAILQ_FIRST(&e->requests)) != NULL)
		request_free(rq);
	inputs_orphan(e);
	pendings_orphan(e);
	STAILQ_FOREACH(q, &e->rows, next)
		q->request = 0;
	STAILQ_FOREACH(q, &e->reloads, next)
		q->request = 0;
}

static void
front_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct engine	*e = arg;

	log_info("the frontend %s", why == PEER_LIED ? "broke the protocol" :
	    "has gone");
	if (e->front == p)
		e->front = NULL;
	peer_free(p);
	requests_drop(e);
}

static void
front_drained(struct peer *p, void *arg)
{
	(void)p;
	clients_pump(arg);
}

static const struct peer_ops front_ops = {
	.self = P_ENGINE, .other = P_FRONT, .handlers = handlers,
	.ended = front_ended, .drained = front_drained
};

void
clients_connect(struct engine *e, int fd)
{
	requests_drop(e);
	peer_free(e->front);
	e->front = peer_new(e->role.base, fd, &front_ops, e);
	if (e->front == NULL) {
		log_warn("socket to the frontend");
		close(fd);
	}
}

static void
questions_free(struct questions *qs)
{
	struct question	*q;

	while ((q = STAILQ_FIRST(qs)) != NULL) {
		STAILQ_REMOVE_HEAD(qs, next);
		rec_free(q->status);
		free(q);
	}
}

void
clients_close(struct engine *e)
{
	requests_drop(e);
	questions_free(&e->rows);
	questions_free(&e->reloads);
	peer_free(e->front);
	e->front = NULL;
}

/* Answers of the parent. */

void
clients_row(struct engine *e, struct rec *row)
{
	struct question	*q = STAILQ_FIRST(&e->rows);
	struct request	*rq;

	if (q != NULL && q->status != NULL &&
	    rec_kind(row) == REC_v_process) {
		rec_add_rec(q->status, F_v_status_processes, row);
		return;
	}
	rq = q == NULL ? NULL : request_find(e, q->request);
	if (rq != NULL && rq->row != NULL)
		row = rq->row(rq, row);
	if (rq != NULL && row != NULL)
		request_item(rq, row);
	else
		rec_free(row);
}

void
clients_rows_end(struct engine *e)
{
	struct question	*q = STAILQ_FIRST(&e->rows);
	struct request	*rq;

	if (q == NULL)
		return;
	STAILQ_REMOVE_HEAD(&e->rows, next);
	if ((rq = request_find(e, q->request)) != NULL) {
		if (q->status != NULL)
			request_item(rq, q->status);
		q->status = NULL;
		request_done(rq, 0, NULL, "%s", "");
		request_free(rq);
	}
	rec_free(q->status);
	free(q);
}

void
clients_reloaded(struct engine *e, int err, const char *text)
{
	struct question	*q = STAILQ_FIRST(&e->reloads);
	struct request	*rq;

	if (q == NULL)
		return;
	STAILQ_REMOVE_HEAD(&e->reloads, next);
	if ((rq = request_find(e, q->request)) != NULL) {
		request_done(rq, err, err == 0 ? NULL : "praetord -n checks "
		    "the file; the configuration before it is in use", "%s",
		    text);
		request_free(rq);
	}
	free(q);
}

/*
 * Patches, which the reviewer streams.  They have numbers of their own, so
 * that what is left of one for an earlier frontend is nobody's.
 */

static struct request *
diff_find(struct engine *e, uint32_t number)
{
	struct request	*rq;

	TAILQ_FOREACH(rq, &e->requests, entry)
		if (rq->diff != 0 && rq->diff == number)
			return (rq);
	return (NULL);
}

void
clients_diff(struct engine *e, uint32_t number, const void *p, size_t n)
{
	struct request	*rq = diff_find(e, number);
	struct rec	*r;

	if (rq == NULL)
		return;
	if (e->front != NULL && peer_queued(e->front) > DIFF_QUEUE) {
		request_done(rq, PRA_ELIMIT, "fetch the commit or the ref that "
		    "keeps the work with git", "the patch is longer than the "
		    "client reads");
		request_free(rq);
		return;
	}
	r = rec_new(REC_v_diff);
	rec_set_bytes(r, F_v_diff_data, p, n);
	request_item(rq, r);
}

void
clients_diff_end(struct engine *e, uint32_t number, int err,
    const char *text)
{
	struct request	*rq = diff_find(e, number);

	if (rq == NULL)
		return;
	request_done(rq, err, NULL, "%s", text);
	request_free(rq);
}

void
clients_diff_lost(struct engine *e)
{
	struct request	*rq, *next;

	TAILQ_FOREACH_SAFE(rq, &e->requests, entry, next) {
		if (!rq->diff)
			continue;
		request_done(rq, PRA_EUNREACH, "try again",
		    "the reviewer has gone");
		request_free(rq);
	}
}
