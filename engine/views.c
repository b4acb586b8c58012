/*
 * Views.  Engine, pure half.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "engine/deps.h"
#include "engine/brake.h"
#include "engine/queue.h"
#include "engine/sched.h"
#include "engine/views.h"

#define CAUSE_FAR	100	/* steps that a sentence is worth */

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static const struct reason reasons[] = {
#define REASON(state, word, text) { state, word, text },
#include "engine/reasons.tbl"
#undef REASON
	{ NULL, NULL, NULL }
};

const struct reason *
reason_row(size_t i)
{
	if (i >= sizeof(reasons) / sizeof(reasons[0]) - 1)
		return (NULL);
	return (&reasons[i]);
}

static const char *
reason_text(const char *state, const char *word)
{
	const struct reason	*r;

	for (r = reasons; r->state != NULL; r++)
		if (strcmp(r->state, state) == 0 && strcmp(r->word, word) == 0)
			return (r->text);
	return (word);
}

/* Copy fields of one record to another: pairs of (to, from). */
static void
copy_u64(struct rec *to, const struct rec *from, const int (*pairs)[2],
    size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (rec_u64(from, pairs[i][1]) != 0)
			rec_set_u64(to, pairs[i][0],
			    rec_u64(from, pairs[i][1]));
}

static void
copy_str(struct rec *to, const struct rec *from, const int (*pairs)[2],
    size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (*rec_str(from, pairs[i][1]) != '\0')
			rec_set_str(to, pairs[i][0],
			    rec_str(from, pairs[i][1]));
}

static void
copy_list(struct rec *to, int f, const struct rec *from, int g)
{
	size_t	 i;

	for (i = 0; i < rec_count(from, g); i++)
		rec_add_str(to, f, rec_nth_str(from, g, i));
}

/* One field to the same field of another record. */
static void
copy_field(struct rec *to, const struct rec *from, int f, enum rec_type type)
{
	if (type == R_STR)
		rec_set_str(to, f, rec_str(from, f));
	else if (type == R_STRS)
		copy_list(to, f, from, f);
	else if (type == R_ID)
		rec_set_id(to, f, rec_id(from, f));
	else if (type == R_I64)
		rec_set_i64(to, f, rec_i64(from, f));
	else
		rec_set_u64(to, f, rec_u64(from, f));
}

struct rec *
view_project(const struct project *p)
{
	static const int	 texts[][2] = {
		{ F_v_project_name, F_s_project_name },
		{ F_v_project_state, F_s_project_state },
		{ F_v_project_repo, F_s_project_repo },
		{ F_v_project_branch, F_s_project_branch },
		{ F_v_project_verify, F_s_project_verify },
		{ F_v_project_agent, F_s_project_agent }
	};
	struct rec		*v = rec_new(REC_v_project);

	copy_str(v, p->e.row, texts, NELEM(texts));
	if (rec_has(p->e.row, F_s_project_head))
		rec_set_oid(v, F_v_project_head,
		    rec_oid(p->e.row, F_s_project_head));
	rec_set_u64(v, F_v_project_tasks, p->unfinished);
	if (p->brake != NULL)
		rec_set_u64(v, F_v_project_paused, 1);
	rec_set_u64(v, F_v_project_added,
	    rec_u64(p->e.row, F_s_project_added));
	return (v);
}

static const char *
why_ready(const struct state *st, const struct config *conf,
    const struct task *t, char sentence[TEXT_LINE])
{
	const char		*last = rec_str(t->e.row, F_s_task_ended);
	const struct gate	*g;
	const char		*stop;

	if (t->session != NULL) {
		snprintf(sentence, TEXT_LINE, "session s_%02" PRIu64 " is "
		    "being made ready",
		    rec_u64(t->e.row, F_s_task_session));
		return ("starting");
	}
	if ((stop = brake_why(st, conf, t, sentence)) != NULL)
		return (stop);
	if ((g = queue_shut(t)) != NULL) {
		gate_sentence(st, g, sentence);
		return (quota_reason(g->what));
	}
	if ((stop = sched_stops(st, conf, 0, sentence)) != NULL)
		return (stop);
	snprintf(sentence, TEXT_LINE, "it will get the next session%s%.900s",
	    *last != '\0' ? "; the last attempt: " : "", last);
	return ("queued");
}

static const char *
why_whole(const struct task *t, char sentence[TEXT_LINE])
{
	unsigned int	 ended = t->ndeps[DEP_MET];

	if (rec_u64(t->e.row, F_s_task_cancelling))
		snprintf(sentence, TEXT_LINE, "it is being cancelled with its "
		    "sub-tasks, %u have not ended", t->ndeps[DEP_OPEN]);
	else
		snprintf(sentence, TEXT_LINE, "%u of %u sub-tasks have ended",
		    ended, ended + t->ndeps[DEP_OPEN]);
	return ("sub-tasks");
}

/* What it waits for, and whether that is in vain. */
static const char *
why_waiting(const struct task *t, char sentence[TEXT_LINE])
{
	const struct task	*c;
	char			 list[TEXT_LINE], name[TEXT_NAME];

	if (task_whole(t) && !t->stuck)
		return (why_whole(t, sentence));
	text_waiting(list, t);
	if (!t->stuck) {
		snprintf(sentence, TEXT_LINE, "%s", list);
		return ("dependencies");
	}
	c = task_cause(t, CAUSE_FAR);
	text_task(name, c);
	if (c->state == TS_WAITING)
		snprintf(sentence, TEXT_LINE, "%.500s; %s cannot go on", list,
		    name);
	else if (task_asks(c))
		snprintf(sentence, TEXT_LINE, "%.500s; the change of %s waits "
		    "for an approval", list, name);
	else
		snprintf(sentence, TEXT_LINE, "%.400s; %s is %s: %.400s", list,
		    name, task_fsm.states[c->state],
		    rec_str(c->e.row, F_s_task_detail));
	return ("blocked");
}

static const char *
why_row(const struct rec *row, char sentence[TEXT_LINE])
{
	snprintf(sentence, TEXT_LINE, "%s", rec_str(row, F_s_task_detail));
	return (rec_str(row, F_s_task_reason));
}

static const char *
why_running(const struct task *t, char sentence[TEXT_LINE])
{
	const char	*ended = rec_str(t->e.row, F_s_task_ended);

	if (rec_u64(t->e.row, F_s_task_cancelling)) {
		snprintf(sentence, TEXT_LINE, "it is being cancelled; what it "
		    "changed is kept");
		return ("cancelling");
	}
	if (rec_u64(t->e.row, F_s_task_overdue)) {
		snprintf(sentence, TEXT_LINE, "its deadline has passed and its "
		    "attempt is ended; what it changed is kept");
		return ("overdue");
	}
	if (*rec_str(t->e.row, F_s_task_why) != '\0') {
		snprintf(sentence, TEXT_LINE, "the attempt is over (%.900s), "
		    "and what it changed is being kept", ended);
		return ("keeping-work");
	}
	snprintf(sentence, TEXT_LINE, "attempt %" PRIu64 " runs in session "
	    "s_%02" PRIu64, rec_u64(t->e.row, F_s_task_attempt),
	    rec_u64(t->e.row, F_s_task_session));
	return ("working");
}

/* Call fn with each line of what a change asks about. */
static void
asks_each(const struct change *c, void (*fn)(void *, const char *), void *arg)
{
	const char	*p = rec_str(c->e.row, F_s_change_asks);
	char		 line[TEXT_LINE];
	size_t		 n;

	for (; *p != '\0'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)n, p);
		fn(arg, line);
	}
}

static void
asks_list(void *arg, const char *line)
{
	text_list(arg, TEXT_LINE - 100, line);
}

static void
asks_field(void *arg, const char *line)
{
	rec_add_str(arg, F_v_task_asks, line);
}

static const char *
why_approval(const struct task *t, char sentence[TEXT_LINE])
{
	char	 list[TEXT_LINE - 100] = "";

	asks_each(t->change, asks_list, list);
	snprintf(sentence, TEXT_LINE, "its change waits for praetorctl task "
	    "approve: %s", list);
	return ("approval");
}

static const char *
why_review(const struct task *t, char sentence[TEXT_LINE])
{
	static const char *const	 words[CS_MAX] = {
		[CS_IMPORTING] = "importing", [CS_IMPORTED] = "merge-queue",
		[CS_MERGING] = "merging", [CS_VERIFYING] = "verifying",
		[CS_VERIFIED] = "landing"
	};
	const struct change		*c = t->change;
	const char			*word = "ending";

	if (c != NULL && c->state == CS_ASKING)
		return (why_approval(t, sentence));
	if (rec_u64(t->e.row, F_s_task_cancelling))
		word = "cancelling";
	else if (c != NULL && c->state == CS_MERGED)
		word = c->verifier != NULL ? "verifying" : "verify-queued";
	else if (c != NULL && words[c->state] != NULL)
		word = words[c->state];
	snprintf(sentence, TEXT_LINE, "%s", reason_text("review", word));
	return (word);
}

const char *
task_why(const struct state *st, const struct config *conf,
    const struct task *t, char sentence[TEXT_LINE])
{
	switch (t->state) {
	case TS_WAITING:
		return (rec_u64(t->e.row, F_s_task_until) != 0 ?
		    why_row(t->e.row, sentence) : why_waiting(t, sentence));
	case TS_READY:
		return (why_ready(st, conf, t, sentence));
	case TS_RUNNING:
		return (why_running(t, sentence));
	case TS_REVIEW:
		return (why_review(t, sentence));
	case TS_DONE:
	case TS_HELD:
	case TS_PAUSED:
	case TS_FAILED:
	case TS_CANCELLED:
	case TS_MAX:
	default:
		return (why_row(t->e.row, sentence));
	}
}

static void
task_numbers(struct rec *v, const struct rec *row)
{
	static const int	 numbers[][2] = {
		{ F_v_task_timeout, F_s_task_timeout },
		{ F_v_task_idle, F_s_task_idle },
		{ F_v_task_cpu_time, F_s_task_cpu_time },
		{ F_v_task_attempt, F_s_task_attempt },
		{ F_v_task_session, F_s_task_session },
		{ F_v_task_started, F_s_task_started },
		{ F_v_task_finished, F_s_task_finished },
		{ F_v_task_until, F_s_task_until },
		{ F_v_task_at, F_s_task_at },
		{ F_v_task_deadline, F_s_task_deadline },
		{ F_v_task_retry_delay, F_s_task_retry_delay }
	};

	copy_u64(v, row, numbers, NELEM(numbers));
	rec_set_i64(v, F_v_task_priority, rec_i64(row, F_s_task_priority));
	rec_set_u64(v, F_v_task_retries, rec_u64(row, F_s_task_retries));
	rec_set_u64(v, F_v_task_uid, rec_u64(row, F_s_task_uid));
	rec_set_u64(v, F_v_task_version, rec_u64(row, F_s_task_version));
	rec_set_u64(v, F_v_task_created, rec_u64(row, F_s_task_created));
	if (rec_has(row, F_s_task_exit) &&
	    *rec_str(row, F_s_task_why) != '\0' &&
	    strcmp(rec_str(row, F_s_task_why), "lost") != 0) {
		rec_set_i64(v, F_v_task_exit, rec_i64(row, F_s_task_exit));
		rec_set_u64(v, F_v_task_files, rec_u64(row, F_s_task_files));
	}
	if (rec_has(row, F_s_task_parent))
		rec_set_id(v, F_v_task_parent, rec_id(row, F_s_task_parent));
	if (rec_has(row, F_s_task_proposer))
		rec_set_id(v, F_v_task_proposer,
		    rec_id(row, F_s_task_proposer));
	if (rec_has(row, F_s_task_index))
		rec_set_u64(v, F_v_task_index, rec_u64(row, F_s_task_index));
	if (rec_has(row, F_s_task_commit))
		rec_set_oid(v, F_v_task_commit, rec_oid(row, F_s_task_commit));
}

/* All of a task but why and what it depends on. */
static struct rec *
task_base(const struct rec *row, int full)
{
	static const int	 texts[][2] = {
		{ F_v_task_name, F_s_task_name },
		{ F_v_task_project, F_s_task_project },
		{ F_v_task_state, F_s_task_state },
		{ F_v_task_agent, F_s_task_agent },
		{ F_v_task_ref, F_s_task_ref },
		{ F_v_task_backoff, F_s_task_backoff }
	};
	static const int	 long_texts[][2] = {
		{ F_v_task_text, F_s_task_text },
		{ F_v_task_run, F_s_task_run }
	};
	struct rec		*v = rec_new(REC_v_task);
	size_t			 i;

	rec_set_id(v, F_v_task_id, rec_id(row, F_s_task_id));
	copy_str(v, row, texts, NELEM(texts));
	if (full)
		copy_str(v, row, long_texts, NELEM(long_texts));
	for (i = 0; i < rec_count(row, F_s_task_labels); i++)
		rec_add_str(v, F_v_task_labels,
		    rec_nth_str(row, F_s_task_labels, i));
	task_numbers(v, row);
	return (v);
}

static void
put_asks(struct rec *v, const struct change *c)
{
	rec_set_str(v, F_v_task_hash, rec_str(c->e.row, F_s_change_hash));
	asks_each(c, asks_field, v);
	if (rec_u64(c->e.row, F_s_change_until) != 0)
		rec_set_u64(v, F_v_task_until,
		    rec_u64(c->e.row, F_s_change_until));
}

struct rec *
view_task(const struct state *st, const struct config *conf,
    const struct task *t, int full)
{
	const struct edge	*ed;
	struct rec		*v = task_base(t->e.row, full);
	char			 sentence[TEXT_LINE], text[DEP_TEXT];
	char			 dep[DEP_TEXT + 32];

	rec_set_str(v, F_v_task_reason, task_why(st, conf, t, sentence));
	rec_set_str(v, F_v_task_sentence, sentence);
	if (task_whole(t)) {
		rec_set_u64(v, F_v_task_ended, t->ndeps[DEP_MET]);
		rec_set_u64(v, F_v_task_parts, t->ndeps[DEP_MET] +
		    t->ndeps[DEP_OPEN]);
	}
	TAILQ_FOREACH(ed, &t->deps, out) {
		dep_edge_text(text, ed);
		snprintf(dep, sizeof(dep), "%s %s", text,
		    task_fsm.states[ed->to->state]);
		rec_add_str(v, F_v_task_deps, dep);
	}
	if (task_asks(t))
		put_asks(v, t->change);
	return (v);
}

struct rec *
view_task_row(const struct rec *row, int full)
{
	struct rec	*v = task_base(row, full);
	char		 sentence[TEXT_LINE], dep[DEP_TEXT];
	size_t		 i;

	rec_set_str(v, F_v_task_reason, why_row(row, sentence));
	rec_set_str(v, F_v_task_sentence, sentence);
	for (i = 0; i < rec_count(row, F_s_task_deps); i++) {
		dep_text(dep, dep_row_kind(row, i), rec_nth_str(row,
		    F_s_task_deps, i), dep_row_path(row, i));
		rec_add_str(v, F_v_task_deps, dep);
	}
	return (v);
}

struct rec *
view_why(const struct state *st, const struct config *conf,
    const struct task *t)
{
	struct rec	*v = rec_new(REC_v_why);
	char		 sentence[TEXT_LINE];

	rec_set_id(v, F_v_why_task, rec_id(t->e.row, F_s_task_id));
	rec_set_str(v, F_v_why_state, task_fsm.states[t->state]);
	rec_set_str(v, F_v_why_reason, task_why(st, conf, t, sentence));
	rec_set_str(v, F_v_why_sentence, sentence);
	if (rec_u64(t->e.row, F_s_task_until) != 0)
		rec_set_u64(v, F_v_why_until,
		    rec_u64(t->e.row, F_s_task_until));
	return (v);
}

struct rec *
view_wait(const struct state *st, const struct config *conf,
    const struct task *t)
{
	struct rec	*v = rec_new(REC_v_wait);
	char		 sentence[TEXT_LINE];

	(void)task_why(st, conf, t, sentence);
	rec_set_id(v, F_v_wait_task, rec_id(t->e.row, F_s_task_id));
	rec_set_str(v, F_v_wait_state, task_fsm.states[t->state]);
	rec_set_str(v, F_v_wait_sentence, sentence);
	return (v);
}

struct rec *
view_session_row(const struct rec *row)
{
	static const int	 texts[][2] = {
		{ F_v_session_project, F_s_session_project },
		{ F_v_session_state, F_s_session_state },
		{ F_v_session_purpose, F_s_session_kind }
	};
	static const int	 numbers[][2] = {
		{ F_v_session_attempt, F_s_session_attempt },
		{ F_v_session_pid, F_s_session_pid },
		{ F_v_session_started, F_s_session_started },
		{ F_v_session_ended, F_s_session_ended },
		{ F_v_session_boot, F_s_session_boot },
		{ F_v_session_connections, F_s_session_connections },
		{ F_v_session_sent, F_s_session_sent },
		{ F_v_session_received, F_s_session_received },
		{ F_v_session_refused, F_s_session_refused }
	};
	struct rec		*v = rec_new(REC_v_session);

	rec_set_u64(v, F_v_session_id, rec_u64(row, F_s_session_id));
	rec_set_id(v, F_v_session_task, rec_id(row, F_s_session_task));
	copy_str(v, row, texts, NELEM(texts));
	copy_u64(v, row, numbers, NELEM(numbers));
	copy_list(v, F_v_session_reach, row, F_s_session_reach);
	copy_list(v, F_v_session_refusals, row, F_s_session_refusals);
	if (rec_has(row, F_s_session_commit))
		rec_set_oid(v, F_v_session_commit,
		    rec_oid(row, F_s_session_commit));
	return (v);
}

/* Both have the same fields: what is counted is what is shown. */
struct rec *
view_attempt(const struct rec *row)
{
	const struct rec_def	*def = rec_def(REC_v_attempt);
	struct rec		*v = rec_new(REC_v_attempt);
	int			 f;

	_Static_assert((int)F_v_attempt_N == (int)F_s_attempt_N,
	    "fields of an attempt");
	for (f = 0; f < F_v_attempt_N; f++)
		if (rec_has(row, f))
			copy_field(v, row, f, def->fields[f].type);
	return (v);
}

static void
status_brakes(struct rec *v, const struct state *st, const struct shut *s)
{
	if (state_brake(st, "drain") != NULL)
		rec_set_u64(v, F_v_status_draining, 1);
	if (state_brake(st, "queue") != NULL)
		rec_set_u64(v, F_v_status_queue_paused, 1);
	if (s->until != 0 && s->from <= s->now)
		rec_set_u64(v, F_v_status_maintenance, (uint64_t)s->until);
	else if (s->until != 0)
		rec_set_u64(v, F_v_status_next_maintenance, (uint64_t)s->from);
}

struct rec *
view_status(const struct state *st, const struct config *conf,
    uint64_t events)
{
	struct rec	*v = rec_new(REC_v_status);

	rec_set_str(v, F_v_status_version, config_str(conf, F_k_main_version));
	rec_set_str(v, F_v_status_mode, config_str(conf, F_k_main_mode));
	rec_set_u64(v, F_v_status_started, config_u64(conf, F_k_main_started));
	rec_set_u64(v, F_v_status_sessions, st->nlive);
	rec_set_u64(v, F_v_status_sessions_max,
	    config_u64(conf, F_k_main_sessions_max));
	rec_set_u64(v, F_v_status_projects, st->nprojects);
	rec_set_u64(v, F_v_status_waiting, st->ntasks[TS_WAITING]);
	rec_set_u64(v, F_v_status_ready, st->ntasks[TS_READY]);
	rec_set_u64(v, F_v_status_running,
	    st->ntasks[TS_RUNNING] + st->ntasks[TS_REVIEW]);
	rec_set_u64(v, F_v_status_held, st->ntasks[TS_HELD]);
	rec_set_u64(v, F_v_status_paused, st->ntasks[TS_PAUSED]);
	rec_set_u64(v, F_v_status_events, events);
	status_brakes(v, st, &conf->shut);
	return (v);
}

struct rec *
view_event(const struct store_event *ev)
{
	struct rec	*v = rec_new(REC_v_event);

	rec_set_u64(v, F_v_event_seq, ev->seq);
	rec_set_str(v, F_v_event_stream, ev->stream);
	rec_set_u64(v, F_v_event_stream_seq, ev->stream_seq);
	rec_set_id(v, F_v_event_id, ev->id);
	rec_set_u64(v, F_v_event_time, (uint64_t)ev->time);
	rec_set_str(v, F_v_event_actor, ev->actor);
	if (*ev->project != '\0')
		rec_set_str(v, F_v_event_project, ev->project);
	if (*ev->subject != '\0')
		rec_set_str(v, F_v_event_subject, ev->subject);
	if (*ev->cause != '\0')
		rec_set_str(v, F_v_event_cause, ev->cause);
	if (*ev->policy != '\0')
		rec_set_str(v, F_v_event_policy, ev->policy);
	rec_set_u64(v, F_v_event_schema, ev->schema);
	rec_set_bytes(v, F_v_event_hash, ev->hash, STORE_HASH);
	rec_set_bytes(v, F_v_event_data, ev->data, ev->len);
	return (v);
}
