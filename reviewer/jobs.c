/*
 * Requests in order.  Runs in the reviewer.  The engine is trusted to ask
 * for what its users may have; what it names is checked all the same.  Every
 * request is answered, and may come again after a restart of either side.
 *
 * Most take a few milliseconds and are carried out on the spot.  What talks
 * to a server or writes a whole tree is left to a hand; its answer has read
 * what the server sent, and must be an answer to this very request.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/err.h"
#include "common/log.h"
#include "common/rec.h"
#include "reviewer/attic.h"
#include "reviewer/hand.h"
#include "reviewer/holds.h"
#include "reviewer/import.h"
#include "reviewer/jobs.h"
#include "reviewer/land.h"
#include "reviewer/locks.h"
#include "reviewer/merge.h"
#include "reviewer/messages.h"
#include "reviewer/mirror.h"
#include "reviewer/outcome.h"
#include "reviewer/remote.h"
#include "reviewer/reviewer.h"
#include "reviewer/worktree.h"

#define LAND_TRIES	2	/* hands that may die or be silent */

/*
 * How a request is taken and answered; fd is the message's or -1.  Fields
 * that a request has not are NONE.
 */
#define NONE		(-1)
struct request {
	enum rec_kind	 in, out;
	enum msg_type	 answer;
	int		 in_key, out_key;	/* field that names the thing */
	int		 project, session;	/* fields of the request */
	int		 err, text;		/* fields of the answer */
	int		(*run)(struct reviewer *r, const struct rec *in,
			    int fd, struct rec *out, struct outcome *o);
};

struct job {
	TAILQ_ENTRY(job) entry;		/* on reviewer.jobs, as they came */
	const struct request *q;
	struct rec	*in;
	struct rec	*out;		/* being made, or NULL */
	uint32_t	 id;		/* of the message */
	int		 fd;		/* or -1 */
	unsigned int	 engine;	/* which one asked */
	int		 slow;		/* a hand is needed */
	char		 host[REMOTE_HOST]; /* with which it talks then, or "" */
	int		 tries;		/* hands that were started */
	struct mono	 started;	/* the last of them */
	struct hand	*hand;		/* at work, or NULL */
};

static int
run_open(struct reviewer *r, const struct rec *in, int fd, struct rec *out,
    struct outcome *o)
{
	git_oid	 head;
	int	 err;

	(void)fd;
	err = mirror_open(r, rec_str(in, F_b_project_open_project),
	    rec_str(in, F_b_project_open_repo),
	    rec_str(in, F_b_project_open_branch), &head, o);
	if (err == 0)
		rec_set_oid(out, F_b_project_state_head, head.id);
	return (err);
}

static int
run_forget(struct reviewer *r, const struct rec *in, int fd, struct rec *out,
    struct outcome *o)
{
	(void)fd;
	(void)out;
	return (mirror_drop(r, rec_str(in, F_b_project_drop_project), o));
}

static int
run_expire(struct reviewer *r, const struct rec *in, int fd, struct rec *out,
    struct outcome *o)
{
	(void)fd;
	(void)out;
	return (attic_drop(r, in, o));
}

static int
run_base(struct reviewer *r, const struct rec *in, int fd, struct rec *out,
    struct outcome *o)
{
	(void)fd;
	return (worktree_answer(r, in, out, o));
}

static int
run_drop(struct reviewer *r, const struct rec *in, int fd, struct rec *out,
    struct outcome *o)
{
	(void)fd;
	(void)out;
	return (holds_drop(r, rec_u64(in, F_b_base_drop_session), o));
}

static int
run_merge(struct reviewer *r, const struct rec *in, int fd, struct rec *out,
    struct outcome *o)
{
	(void)fd;
	return (merge_answer(r, in, out, o));
}

static int
run_land(struct reviewer *r, const struct rec *in, int fd, struct rec *out,
    struct outcome *o)
{
	(void)fd;
	return (land_answer(r, in, out, o));
}

static const struct request requests[MSG_MAX] = {
	[MSG_PROJECT_OPEN] = { REC_b_project_open, REC_b_project_state,
	    MSG_PROJECT_STATE, F_b_project_open_project,
	    F_b_project_state_project, F_b_project_open_project, NONE,
	    F_b_project_state_err, F_b_project_state_text, run_open },
	[MSG_PROJECT_DROP] = { REC_b_project_drop, REC_b_project_drop,
	    MSG_PROJECT_DROPPED, F_b_project_drop_project,
	    F_b_project_drop_project, F_b_project_drop_project, NONE,
	    NONE, NONE, run_forget },
	[MSG_ATTIC_DROP] = { REC_b_attic_drop, REC_b_attic_dropped,
	    MSG_ATTIC_DROPPED, F_b_attic_drop_task, F_b_attic_dropped_task,
	    F_b_attic_drop_project, NONE, NONE, NONE, run_expire },
	[MSG_BASE_WANT] = { REC_b_base_want, REC_b_base_ready,
	    MSG_BASE_READY, F_b_base_want_session, F_b_base_ready_session,
	    F_b_base_want_project, F_b_base_want_session,
	    F_b_base_ready_err, F_b_base_ready_text, run_base },
	[MSG_BASE_DROP] = { REC_b_base_drop, REC_b_base_drop,
	    MSG_BASE_DROPPED, F_b_base_drop_session, F_b_base_drop_session,
	    NONE, F_b_base_drop_session, NONE, NONE, run_drop },
	[MSG_IMPORT] = { REC_b_import, REC_b_imported, MSG_IMPORTED,
	    F_b_import_change, F_b_imported_change, F_b_import_project, NONE,
	    F_b_imported_err, F_b_imported_text, import_answer },
	[MSG_MERGE] = { REC_b_merge, REC_b_merged, MSG_MERGED,
	    F_b_merge_change, F_b_merged_change, F_b_merge_project, NONE,
	    F_b_merged_err, F_b_merged_text, run_merge },
	[MSG_LAND] = { REC_b_land, REC_b_landed, MSG_LANDED,
	    F_b_land_change, F_b_landed_change, F_b_land_project, NONE,
	    F_b_landed_err, F_b_landed_text, run_land },
};

static const char *
job_project(const struct job *j)
{
	return (j->q->project == NONE ? "" : rec_str(j->in, j->q->project));
}

static uint64_t
job_session(const struct job *j)
{
	return (j->q->session == NONE ? 0 : rec_u64(j->in, j->q->session));
}

/* What touches the same mirror or the same hold keeps its order. */
static int
job_waits_for(const struct job *j, const struct job *before)
{
	const char	*name = job_project(j);
	uint64_t	 session = job_session(j);

	return ((*name != '\0' && strcmp(name, job_project(before)) == 0) ||
	    (session != 0 && session == job_session(before)));
}

/* 1 when a hand may be started.  A server that hangs must not have all. */
static int
job_room(const struct reviewer *r, const struct job *j)
{
	struct job	*other;
	int		 n = 0;

	TAILQ_FOREACH(other, &r->jobs, entry)
		n += other->hand != NULL && *j->host != '\0' &&
		    strcasecmp(other->host, j->host) == 0;
	return (r->nhands < HANDS_MAX && n < HANDS_SERVER);
}

static int
job_ready(struct reviewer *r, const struct job *j)
{
	struct job	*before;

	if (j->hand != NULL || (j->slow && !job_room(r, j)))
		return (0);
	TAILQ_FOREACH(before, &r->jobs, entry) {
		if (before == j)
			break;
		if (job_waits_for(j, before))
			return (0);
	}
	return (1);
}

int
jobs_busy(const struct reviewer *r, const char *project)
{
	struct job	*j;

	TAILQ_FOREACH(j, &r->jobs, entry)
		if (strcmp(job_project(j), project) == 0)
			return (1);
	return (0);
}

static void
job_free(struct reviewer *r, struct job *j)
{
	TAILQ_REMOVE(&r->jobs, j, entry);
	if (j->fd != -1)
		close(j->fd);
	rec_free(j->in);
	rec_free(j->out);
	free(j);
}

static void
copy_key(const struct request *q, const struct rec *in, struct rec *out)
{
	enum rec_type	 type = rec_def(q->in)->fields[q->in_key].type;

	if (type == R_STR)
		rec_set_str(out, q->out_key, rec_str(in, q->in_key));
	else if (type == R_ID)
		rec_set_id(out, q->out_key, rec_id(in, q->in_key));
	else
		rec_set_u64(out, q->out_key, rec_u64(in, q->in_key));
}

/* 1 when an answer names the thing that the request is about. */
static int
same_key(const struct request *q, const struct rec *in, const struct rec *out)
{
	enum rec_type	 type = rec_def(q->in)->fields[q->in_key].type;

	if (type == R_STR)
		return (strcmp(rec_str(in, q->in_key),
		    rec_str(out, q->out_key)) == 0);
	if (type == R_ID)
		return (memcmp(rec_id(in, q->in_key),
		    rec_id(out, q->out_key), ULID_LEN) == 0);
	return (rec_u64(in, q->in_key) == rec_u64(out, q->out_key));
}

static struct rec *
answer_new(const struct job *j)
{
	struct rec	*out;

	if ((out = rec_new(j->q->out)) == NULL)
		fatalx("out of memory");
	copy_key(j->q, j->in, out);
	return (out);
}

/* Write the outcome into an answer; one that cannot be sent becomes another. */
static struct rec *
answer_end(const struct job *j, struct rec *out, const struct outcome *o)
{
	const struct request	*q = j->q;
	char			 why[256] = "";

	if (q->err == NONE)
		return (out);
	rec_set_str(out, q->err, err_name(o->err));
	if (o->text[0] != '\0')
		rec_set_str(out, q->text, o->text);
	if (rec_check(out, why, sizeof(why)) != 0) {
		rec_free(out);
		out = answer_new(j);
		rec_set_str(out, q->err, err_name(PRA_EINTERNAL));
		rec_set_str(out, q->text, why);
	}
	return (out);
}

/*
 * Send an answer, taken, to the engine that asked, and forget the request.
 * What has no place for an error is answered when it is done and not before.
 */
static void
job_answer(struct reviewer *r, struct job *j, struct rec *out, int err)
{
	enum msg_type	 type = j->q->answer;
	int		 rc;

	if (r->engine == NULL || j->engine != r->engines ||
	    (j->q->err == NONE && err != 0))
		rec_free(out);
	else if ((rc = peer_send_rec(r->engine, type, j->id, -1, out)) != 0)
		fatalx("%s: %s", msg_name(type), err_text(rc));
	if (j->q->in == REC_b_base_want || j->q->err == NONE)
		messages_sweep(r);
	job_free(r, j);
}

static void
job_failed(struct reviewer *r, struct job *j, const struct outcome *o)
{
	log_info("%s: %s: %s", msg_name(j->q->answer), err_name(o->err),
	    o->text);
	job_answer(r, j, answer_end(j, answer_new(j), o), o->err);
}

/* In a hand. */
static void
job_work(struct reviewer *r, void *arg, struct buf *answer)
{
	struct job	*j = arg;
	struct outcome	 o = { 0 };
	struct rec	*out = answer_new(j);

	o.err = j->q->run(r, j->in, -1, out, &o);
	if (o.err != 0)
		log_info("%s: %s: %s", msg_name(j->q->answer),
		    err_name(o.err), o.text);
	out = answer_end(j, out, &o);
	if (rec_encode(out, answer) != 0)
		fatalx("out of memory");
	rec_free(out);
}

/* What a hand that was killed has left is cleared as after a restart. */
static void
job_clear(struct reviewer *r, const struct job *j)
{
	char	 name[80];

	snprintf(name, sizeof(name), "%.64s.git", job_project(j));
	locks_clear(r->mirrorsfd, name);
	state_sweep_project(r, job_project(j));
}

static void
job_mark_fetched(struct reviewer *r, const struct job *j)
{
	struct outcome	 ignored;
	struct mirror	*m;

	if (mirror_find(r, job_project(j), &m, &ignored) == 0)
		m->fetched = j->started;
}

/* What a hand says is a stranger's word.  NULL when it is no answer. */
static struct rec *
answer_read(const struct job *j, const struct buf *answer)
{
	struct rec	*out;
	char		 text[OUTCOME_TEXT];

	if (answer->len > msg_row(j->q->answer)->most ||
	    rec_decode_one(answer->data, answer->len, j->q->out, &out) != 0)
		return (NULL);
	if (!same_key(j->q, j->in, out)) {
		rec_free(out);
		return (NULL);
	}
	if (j->q->text != NONE && rec_has(out, j->q->text)) {
		text_clean(text, sizeof(text), rec_str(out, j->q->text));
		rec_set_str(out, j->q->text, text);
	}
	return (out);
}

static void	 jobs_run(struct reviewer *);

static void
job_ended(struct reviewer *r, void *arg, const struct buf *answer,
    int fetched, const struct outcome *o)
{
	struct job	*j = arg;
	struct outcome	 bad = { 0 };
	struct rec	*out = NULL;

	j->hand = NULL;
	if (answer == NULL)
		job_clear(r, j);
	if (fetched)
		job_mark_fetched(r, j);
	if (answer == NULL && j->q->in == REC_b_land && j->tries < LAND_TRIES) {
		/* It may have landed: the next one finds out. */
		log_warnx("LAND: %s: asking again", o->text);
	} else if (answer == NULL) {
		job_failed(r, j, o);
	} else if ((out = answer_read(j, answer)) == NULL) {
		outcome_set(&bad, PRA_EINTERNAL, "what the reviewer had begun "
		    "for it gave no answer that can be read: see the log");
		job_failed(r, j, &bad);
	} else {
		job_answer(r, j, out, 0);
	}
	jobs_run(r);
}

static const struct hand_ops job_ops = { job_work, job_ended };

/* The server that a job will talk to, or NULL. */
static const char *
job_server(struct reviewer *r, const struct job *j)
{
	struct outcome	 ignored;
	struct mirror	*m;
	const char	*url = NULL;

	if (j->q->in == REC_b_project_open)
		url = rec_str(j->in, F_b_project_open_repo);
	else if (mirror_find(r, job_project(j), &m, &ignored) == 0)
		url = m->url;
	return (url != NULL && remote_is(url) ? url : NULL);
}

static void
job_hand(struct reviewer *r, struct job *j)
{
	struct outcome	 o = { 0 };
	const char	*url = job_server(r, j);

	j->slow = 1;
	if (url != NULL)
		remote_host(url, j->host);
	if (!job_room(r, j))
		return;			/* jobs_run() comes back to it */
	j->tries++;
	j->started = mono_now();
	j->hand = hand_start(r, &job_ops, url, j);
	/* What the hand changes is not in our handle's caches. */
	mirror_forget(r, job_project(j));
	if (j->hand == NULL) {
		outcome_errno(&o, errno, "fork");
		job_failed(r, j, &o);
	}
}

/* Carry it out, or have it carried out. */
static void
job_run(struct reviewer *r, struct job *j)
{
	struct outcome	 o = { 0 };
	struct rec	*out;

	if (j->slow) {
		job_hand(r, j);
		return;
	}
	out = answer_new(j);
	r->brisk = 1;
	o.err = j->q->run(r, j->in, j->fd, out, &o);
	r->brisk = 0;
	if (o.err == HAND_NEEDED) {
		rec_free(out);
		job_hand(r, j);
		return;
	}
	if (o.err != 0)
		log_info("%s: %s: %s", msg_name(j->q->answer),
		    err_name(o.err), o.text);
	job_answer(r, j, answer_end(j, out, &o), o.err);
}

static void
jobs_run(struct reviewer *r)
{
	struct job	*j, *next;

	TAILQ_FOREACH_SAFE(j, &r->jobs, entry, next)
		if (job_ready(r, j))
			job_run(r, j);
}

void
jobs_request(struct reviewer *r, struct msg *m)
{
	struct job	*j;
	struct rec	*in;
	int		 err;

	if ((err = msg_rec(m, requests[m->type].in, &in)) != 0) {
		log_warnx("%s from the engine: %s", msg_name(m->type),
		    err_text(err));
		return;
	}
	if ((j = calloc(1, sizeof(*j))) == NULL)
		fatalx("out of memory");
	j->q = &requests[m->type];
	j->in = in;
	j->id = m->id;
	j->fd = msg_fd(m);
	j->engine = r->engines;
	TAILQ_INSERT_TAIL(&r->jobs, j, entry);
	if (job_ready(r, j))
		job_run(r, j);
}

void
jobs_forget(struct reviewer *r)
{
	struct job	*j, *next;

	TAILQ_FOREACH_SAFE(j, &r->jobs, entry, next)
		if (j->hand == NULL)
			job_free(r, j);
}

void
jobs_close(struct reviewer *r)
{
	struct job	*j;

	while ((j = TAILQ_FIRST(&r->jobs)) != NULL) {
		if (j->hand != NULL)
			hand_kill(j->hand);
		job_free(r, j);
	}
}
