/*
 * Scheduling, and what a step consists of.  Engine, pure half.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "engine/brake.h"
#include "engine/queue.h"
#include "engine/propose.h"
#include "engine/sched.h"
#include "engine/text.h"

#define ARG_MAX_BYTES	131072	/* of one argument: b_step and execve(2) */
#define TEXT_ENV_MAX	(100 * 1024)

static int
sched_merge(struct decision *d)
{
	struct project	*p;
	struct change	*c;
	struct rec	*ev;

	for (p = state_first_project(d->st); p != NULL;
	    p = RB_NEXT(project_names, NULL, p)) {
		c = TAILQ_FIRST(&p->queue);
		if (c == NULL || p->landing != NULL)
			continue;
		ev = emit(d, REC_e_change_merging);
		rec_set_id(ev, F_e_change_merging_change,
		    rec_id(c->e.row, F_s_change_id));
		rec_set_id(ev, F_e_change_merging_task,
		    rec_id(c->e.row, F_s_change_task));
		return (1);
	}
	return (0);
}

/* The change that has waited longest for its verification. */
static struct change *
sched_unverified(const struct state *st)
{
	struct project	*p;
	struct change	*c, *best = NULL;

	for (p = state_first_project(st); p != NULL;
	    p = RB_NEXT(project_names, NULL, p)) {
		c = p->landing;
		if (c == NULL || c->state != CS_MERGED || c->verifier != NULL)
			continue;
		if (best == NULL || rec_u64(c->e.row, F_s_change_order) <
		    rec_u64(best->e.row, F_s_change_order))
			best = c;
	}
	return (best);
}

static void
sched_session(struct decision *d, const struct task *t,
    const struct change *c)
{
	struct rec	*ev = emit(d, REC_e_session_created);

	rec_set_u64(ev, F_e_session_created_session, d->st->last_session + 1);
	rec_set_str(ev, F_e_session_created_project,
	    rec_str(t->e.row, F_s_task_project));
	rec_set_str(ev, F_e_session_created_kind,
	    c != NULL ? "verify" : "work");
	rec_set_id(ev, F_e_session_created_task,
	    rec_id(t->e.row, F_s_task_id));
	if (c != NULL)
		rec_set_id(ev, F_e_session_created_change,
		    rec_id(c->e.row, F_s_change_id));
	else
		rec_set_u64(ev, F_e_session_created_half,
		    config_u64(d->conf, F_k_main_half));
}

/* Quotas of a day or month that is over are there again. */
static int
sched_opened(struct decision *d)
{
	int64_t		 until = queue_until(d->st);
	struct rec	*ev;

	if (until == 0 || d->time < until)
		return (0);
	ev = emit(d, REC_e_queue_opened);
	rec_set_u64(ev, F_e_queue_opened_until, (uint64_t)until);
	return (1);
}

static int
disk_full(const struct state *st, const struct config *conf,
    char sentence[TEXT_LINE])
{
	(void)conf;
	snprintf(sentence, TEXT_LINE, "%s", st->full);
	return (*st->full != '\0');
}

static int
sessions_full(const struct state *st, const struct config *conf,
    char sentence[TEXT_LINE])
{
	uint64_t	 max = config_u64(conf, F_k_main_sessions_max);

	snprintf(sentence, TEXT_LINE, "every session is in use: %u of %" PRIu64,
	    st->nlive, max);
	return (st->nlive >= max);
}

/*
 * What stops all that is ready, whoever it is of: the first row that says so
 * is the reason.  What stops some of it is a gate (engine/queue.h).
 */
static const struct {
	const char	*reason;
	int		 verify;	/* verifications as well */
	int		(*stops)(const struct state *, const struct config *,
			    char sentence[TEXT_LINE]);
} admissions[] = {
	{ "disk-full",		1, disk_full },
	{ "sessions-full",	1, sessions_full }
};

const char *
sched_stops(const struct state *st, const struct config *conf, int verify,
    char sentence[TEXT_LINE])
{
	size_t	 i;

	for (i = 0; i < sizeof(admissions) / sizeof(admissions[0]); i++)
		if ((!verify || admissions[i].verify) &&
		    admissions[i].stops(st, conf, sentence))
			return (admissions[i].reason);
	return (NULL);
}

void
sched_next(struct decision *d)
{
	struct change	*c;
	struct task	*t;
	char		 why[TEXT_LINE];

	if (decide_timed(d) || decide_doomed(d) || decide_expired(d) ||
	    sched_opened(d) || sched_merge(d))
		return;
	if ((c = sched_unverified(d->st)) != NULL &&
	    sched_stops(d->st, d->conf, 1, why) == NULL && !brake_shut(d,
	    config_u64(d->conf, F_k_main_verify_timeout)))
		sched_session(d, c->task, c);
	else if ((t = queue_first(d->st)) != NULL &&
	    sched_stops(d->st, d->conf, 0, why) == NULL && !brake_task(d, t))
		sched_session(d, t, NULL);
}

uint64_t
sched_timeout(const struct config *conf, const struct task *t)
{
	const struct rec	*agent;
	uint64_t		 ms = rec_u64(t->e.row, F_s_task_timeout);

	agent = rec_has(t->e.row, F_s_task_run) ? NULL :
	    config_agent(conf, rec_str(t->e.row, F_s_task_agent));
	if (ms == 0 && agent != NULL)
		ms = rec_u64(agent, F_k_agent_timeout);
	return (ms != 0 ? ms : config_u64(conf, F_k_main_timeout));
}

uint64_t
sched_idle(const struct config *conf, const struct task *t)
{
	const struct rec	*agent;
	uint64_t		 ms = rec_u64(t->e.row, F_s_task_idle);

	agent = rec_has(t->e.row, F_s_task_run) ? NULL :
	    config_agent(conf, rec_str(t->e.row, F_s_task_agent));
	if (ms == 0 && agent != NULL)
		ms = rec_u64(agent, F_k_agent_idle);
	return (ms != 0 ? ms : config_u64(conf, F_k_main_idle));
}

uint64_t
sched_cpu_time(const struct config *conf, const struct task *t)
{
	uint64_t	 ms = rec_u64(t->e.row, F_s_task_cpu_time);
	uint64_t	 most = config_u64(conf, F_k_main_cpu_time);

	return (most != 0 && most <= ms ? 0 : ms);
}

/* Cut to `most` bytes, not inside a character. */
static void
buf_cut(struct buf *b, size_t most)
{
	if (b->len <= most)
		return;
	while (most > 0 && (b->data[most] & 0xc0) == 0x80)
		most--;
	b->len = most;
}

/* One argument of an agent, with {text} replaced. */
static void
step_arg(struct rec *step, const char *arg, const char *text)
{
	struct buf	 b = { 0 };
	const char	*p, *s;

	for (p = arg; (s = strstr(p, "{text}")) != NULL; p = s + 6)
		if (buf_add(&b, p, (size_t)(s - p)) != 0 ||
		    buf_add(&b, text, strlen(text)) != 0 ||
		    b.len > ARG_MAX_BYTES)
			break;
	if (s == NULL && buf_add(&b, p, strlen(p)) != 0)
		b.len = 0;
	buf_cut(&b, ARG_MAX_BYTES - 1);
	if (buf_str(&b) != NULL)
		rec_add_str(step, F_b_step_argv, (char *)b.data);
	buf_free(&b);
}

static void
step_shell(struct rec *step, const char *line)
{
	rec_add_str(step, F_b_step_argv, "/bin/sh");
	rec_add_str(step, F_b_step_argv, "-c");
	rec_add_str(step, F_b_step_argv, line);
}

static void
step_env(struct rec *step, const char *name, const char *value)
{
	struct buf	 b = { 0 };

	if (buf_printf(&b, "%s=%s", name, value) == 0) {
		buf_cut(&b, TEXT_ENV_MAX);
		if (buf_str(&b) != NULL)
			rec_add_str(step, F_b_step_env, (char *)b.data);
	}
	buf_free(&b);
}

static struct rec *
step_new(const struct config *conf, const struct task *t, uint64_t attempt,
    uint64_t fence)
{
	struct rec	*step = rec_new(REC_b_step);
	char		 id[ID_SIZE], number[24], word[40];

	id_format(id, 't', rec_id(t->e.row, F_s_task_id));
	snprintf(number, sizeof(number), "%" PRIu64, attempt);
	rec_set_u64(step, F_b_step_fence, fence);
	rec_set_u64(step, F_b_step_output, config_u64(conf, F_k_main_output));
	rec_set_u64(step, F_b_step_most, config_u64(conf, F_k_main_printed));
	step_env(step, "PRAETOR_TASK", id);
	step_env(step, "PRAETOR_PROJECT", rec_str(t->e.row, F_s_task_project));
	step_env(step, "PRAETOR_TASK_NAME", rec_str(t->e.row, F_s_task_name));
	step_env(step, "PRAETOR_ATTEMPT", number);
	if (rec_u64(t->e.row, F_s_task_token) != 0) {
		snprintf(word, sizeof(word), PROPOSE_WORD, (unsigned long long)
		    rec_u64(t->e.row, F_s_task_token));
		step_env(step, "PRAETOR_PROPOSE", word);
	}
	if (rec_has(t->e.row, F_s_task_index)) {
		snprintf(number, sizeof(number), "%" PRIu64,
		    rec_u64(t->e.row, F_s_task_index));
		step_env(step, "PRAETOR_ARRAY_INDEX", number);
	}
	step_env(step, "PRAETOR_TEXT", rec_str(t->e.row, F_s_task_text));
	return (step);
}

struct rec *
sched_step(const struct config *conf, const struct task *t, uint64_t attempt,
    uint64_t fence)
{
	const struct rec	*agent = NULL;
	struct rec		*step;
	size_t			 i;

	if (!rec_has(t->e.row, F_s_task_run) && (agent = config_agent(conf,
	    rec_str(t->e.row, F_s_task_agent))) == NULL)
		return (NULL);
	step = step_new(conf, t, attempt, fence);
	rec_set_u64(step, F_b_step_timeout, sched_timeout(conf, t));
	rec_set_u64(step, F_b_step_idle, sched_idle(conf, t));
	rec_set_u64(step, F_b_step_cpu_time, sched_cpu_time(conf, t));
	if (agent == NULL) {
		step_shell(step, rec_str(t->e.row, F_s_task_run));
		return (step);
	}
	rec_set_u64(step, F_b_step_pty, rec_u64(agent, F_k_agent_pty));
	if (rec_has(agent, F_k_agent_shell))
		step_shell(step, rec_str(agent, F_k_agent_shell));
	for (i = 0; i < rec_count(agent, F_k_agent_argv); i++)
		step_arg(step, rec_nth_str(agent, F_k_agent_argv, i),
		    rec_str(t->e.row, F_s_task_text));
	return (step);
}

struct rec *
sched_verify_step(const struct config *conf, const struct change *c,
    uint64_t fence)
{
	const struct task	*t = c->task;
	struct rec		*step;

	step = step_new(conf, t, rec_u64(c->e.row, F_s_change_attempt), fence);
	step_env(step, "PRAETOR_VERIFY", "1");
	rec_set_u64(step, F_b_step_timeout,
	    config_u64(conf, F_k_main_verify_timeout));
	rec_set_u64(step, F_b_step_idle, config_u64(conf, F_k_main_idle));
	step_shell(step, rec_str(t->project->e.row, F_s_project_verify));
	return (step);
}
