/*
 * Decisions: dispatch, answers, and the ends of tasks.  Engine, pure half.
 * Commands come from clients through the frontend; other input from the
 * parent, the reviewer and executors.  What an executor says is evidence: no
 * decision here trusts more of it than that its step is over.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "engine/decide.h"
#include "engine/parts.h"
#include "engine/policy.h"
#include "engine/refs.h"
#include "engine/text.h"

#define TRIES_MAX	3	/* of what failed for no fault of the task */

static decider *const commands[REC_MAX] = {
	[REC_c_project_add] = decide_project_add,
	[REC_c_project_remove] = decide_project_remove,
	[REC_c_task_create] = decide_task_create,
	[REC_c_task_plan] = decide_task_plan,
	[REC_c_task_edit] = decide_task_edit,
	[REC_c_task_reorder] = decide_task_reorder,
	[REC_c_task_clean] = decide_task_clean,
	[REC_c_task_cancel] = decide_task_cancel,
	[REC_c_task_retry] = decide_task_retry,
	[REC_c_task_hold] = decide_task_hold,
	[REC_c_task_release] = decide_task_release,
	[REC_c_task_pause] = decide_task_pause,
	[REC_c_task_resume] = decide_task_resume,
	[REC_c_task_approve] = decide_task_approve,
	[REC_c_task_reject] = decide_task_reject,
	[REC_c_drain] = decide_drain,
	[REC_c_undrain] = decide_undrain,
	[REC_c_queue_pause] = decide_queue_pause,
	[REC_c_queue_resume] = decide_queue_resume,
	[REC_c_schedule_add] = decide_schedule_add,
	[REC_c_schedule_remove] = decide_schedule_remove,
	[REC_c_schedule_pause] = decide_schedule_pause,
	[REC_c_schedule_resume] = decide_schedule_resume
};

static decider *const inputs[IN_MAX] = {
	[IN_PROJECT_STATE] = decide_project_state,
	[IN_BASE_READY] = decide_base_ready,
	[IN_BOOTED] = decide_booted,
	[IN_STEP_DONE] = decide_step_done,
	[IN_SESSION_FAIL] = decide_session_fail,
	[IN_SESSION_LOST] = decide_session_lost,
	[IN_SESSION_GONE] = decide_session_gone,
	[IN_SESSION_PURGED] = decide_session_purged,
	[IN_UPPER_FAIL] = decide_upper_fail,
	[IN_IMPORTED] = decide_imported,
	[IN_MERGED] = decide_merged,
	[IN_LANDED] = decide_landed,
	[IN_DELIVERED] = decide_delivered,
	[IN_EGRESS_RULES] = decide_egress_rules,
	[IN_EGRESS] = decide_egress,
	[IN_GATEWAY] = decide_gateway,
	[IN_ROOM] = decide_room,
	[IN_SCHEDULE] = decide_schedule_due,
	[IN_EXPIRE] = decide_expire
};

const char *
input_name(enum input_kind k)
{
#define INPUT_NAME(number, name) [number] = name,
	static const char *const	 names[IN_MAX] = { INPUTS(INPUT_NAME) };
#undef INPUT_NAME

	return (names[k]);
}

void
input_free(struct input *in)
{
	if (in == NULL)
		return;
	rec_free(in->env);
	rec_free(in->rec);
	free(in);
}

size_t
decide_ids(const struct input *in)
{
	size_t	 i, n = 1;

	if (in->kind == IN_STEP_DONE)
		return (rec_count(in->rec, F_b_exit_proposals) + 1);
	if (in->kind == IN_COMMAND && rec_kind(in->rec) == REC_c_task_create)
		return (parts_count(in->rec));
	if (in->kind == IN_COMMAND && rec_kind(in->rec) == REC_c_task_plan)
		for (i = 0; i < rec_count(in->rec, F_c_task_plan_tasks); i++)
			n += parts_count(rec_nth_rec(in->rec,
			    F_c_task_plan_tasks, i));
	return (n);
}

void
decision_init(struct decision *d, const struct state *st,
    const struct config *conf)
{
	memset(d, 0, sizeof(*d));
	d->st = st;
	d->conf = conf;
	STAILQ_INIT(&d->facts);
}

static void
facts_free(struct facts *facts)
{
	struct fact	*f;

	while ((f = STAILQ_FIRST(facts)) != NULL) {
		STAILQ_REMOVE_HEAD(facts, next);
		rec_free(f->data);
		free(f);
	}
}

void
decision_clear(struct decision *d)
{
	facts_free(&d->facts);
	buf_free(&d->show);
	rec_free(d->view);
}

struct rec *
emit(struct decision *d, enum rec_kind kind)
{
	struct fact	*f;

	if ((f = calloc(1, sizeof(*f))) == NULL ||
	    (f->data = rec_new(kind)) == NULL) {
		free(f);
		d->err = PRA_ENOMEM;
		return (NULL);
	}
	f->time = d->time;
	STAILQ_INSERT_TAIL(&d->facts, f, next);
	return (f->data);
}

void
refuse(struct decision *d, int err, const char *remedy, const char *fmt, ...)
{
	va_list	 ap;

	if (d->err != 0)
		return;			/* the first reason is the answer */
	d->err = err;
	va_start(ap, fmt);
	vsnprintf(d->message, sizeof(d->message), fmt, ap);
	va_end(ap);
	if (remedy != NULL)
		snprintf(d->remedy, sizeof(d->remedy), "%s", remedy);
}

void
decision_refused(struct decision *d)
{
	facts_free(&d->facts);
	d->err = 0;
	d->show.len = 0;
	d->used = 0;
}

int
decide_permitted(struct decision *d, const char *project)
{
	char	 remedy[256];

	if (policy_permits(d->conf, d->env, d->command, project, d->policy))
		return (1);
	snprintf(remedy, sizeof(remedy), "an administrator can add a permit "
	    "rule for %s to praetord.conf", d->command);
	refuse(d, PRA_EPERM, remedy, "%s on project %s is not permitted",
	    d->command, project);
	return (0);
}

int
decide_may(struct decision *d, const char *project)
{
	return (policy_permits(d->conf, d->env, d->command, project,
	    d->policy));
}

struct task *
decide_task(struct decision *d, const char *text, const char *project)
{
	struct ref_who	 who = { d->conf, d->env, d->command };
	struct task	*t;
	char		 why[1024];
	int		 e;

	e = ref_task(d->st, &who, text, project, &t, why, sizeof(why));
	if (e != 0) {
		refuse(d, e, e == PRA_EAMBIGUOUS ? "give more of the id" :
		    e == PRA_ENOTFOUND ? "praetorctl task list --all" : NULL,
		    "%s", why);
		return (NULL);
	}
	if (!decide_permitted(d, rec_str(t->e.row, F_s_task_project)))
		return (NULL);
	if (rec_has(d->env, F_c_env_expect) &&
	    rec_u64(d->env, F_c_env_expect) !=
	    rec_u64(t->e.row, F_s_task_version)) {
		refuse(d, PRA_ECONFLICT, "look at it again: "
		    "praetorctl task show", "the task has version %llu now",
		    (unsigned long long)rec_u64(t->e.row, F_s_task_version));
		return (NULL);
	}
	return (t);
}

void
decide_show(struct decision *d, const uint8_t id[ULID_LEN])
{
	id_format(d->subject, 't', id);
	if (buf_add(&d->show, id, ULID_LEN) != 0)
		d->err = PRA_ENOMEM;
}

/* Only a task has one; any other command must not be taken for checked. */
static int
expects_in_vain(const struct decision *d, const struct rec *cmd)
{
	return (rec_has(d->env, F_c_env_expect) &&
	    rec_field(rec_def(rec_kind(cmd)), "task") == -1);
}

static void
decide_command(struct decision *d, const struct input *in)
{
	decider	*fn = commands[rec_kind(in->rec)];

	d->env = in->env;
	d->command = rec_def(rec_kind(in->rec))->name;
	if (fn == NULL)
		refuse(d, PRA_EUSAGE, NULL, "%s changes nothing", d->command);
	else if (!policy_somewhere(d->conf, d->env, d->command))
		refuse(d, PRA_EPERM, "an administrator can add a permit rule "
		    "to praetord.conf", "%s is not permitted", d->command);
	else if (expects_in_vain(d, in->rec))
		refuse(d, PRA_EUSAGE, "leave the version out", "%s is about "
		    "nothing that has a version", d->command);
	else
		fn(d, in);
}

void
decide(struct decision *d, const struct input *in)
{
	const struct fact	*f;
	char			 why[160];

	if (in->kind == IN_COMMAND)
		decide_command(d, in);
	else
		inputs[in->kind](d, in);
	STAILQ_FOREACH(f, &d->facts, next)
		if (d->err == 0 && rec_check(f->data, why, sizeof(why)) != 0)
			refuse(d, PRA_EINVALID, NULL, "%s: %s",
			    rec_def(rec_kind(f->data))->name, why);
	if (d->err != 0) {
		facts_free(&d->facts);
		d->show.len = 0;
		d->later = 0;
	}
}

void
decide_ready(struct decision *d, const struct task *t, uint64_t retries,
    uint64_t tries, const char *summary)
{
	struct rec	*ev;

	if (decide_starts_later(d, t, retries, tries))
		return;
	ev = emit(d, REC_e_task_ready);
	rec_set_id(ev, F_e_task_ready_task, rec_id(t->e.row, F_s_task_id));
	rec_set_u64(ev, F_e_task_ready_retries, retries);
	rec_set_u64(ev, F_e_task_ready_tries, tries);
	rec_set_str(ev, F_e_task_ready_summary, summary);
}

void
decide_fail(struct decision *d, const struct task *t, const char *reason,
    const char *detail)
{
	struct rec	*ev = emit(d, REC_e_task_failed);

	rec_set_id(ev, F_e_task_failed_task, rec_id(t->e.row, F_s_task_id));
	rec_set_str(ev, F_e_task_failed_reason, reason);
	rec_set_str(ev, F_e_task_failed_detail, detail);
	decide_ended(d, t, TS_FAILED, 0);
}

void
decide_done(struct decision *d, const struct task *t, const char *reason,
    const char *detail, const char *summary)
{
	struct rec	*ev = emit(d, REC_e_task_done);

	rec_set_id(ev, F_e_task_done_task, rec_id(t->e.row, F_s_task_id));
	rec_set_str(ev, F_e_task_done_reason, reason);
	rec_set_str(ev, F_e_task_done_detail, detail);
	rec_set_str(ev, F_e_task_done_summary, summary);
	decide_ended(d, t, TS_DONE, strcmp(reason, "landed") == 0);
}

void
decide_cancelled(struct decision *d, const struct task *t)
{
	struct rec	*ev = emit(d, REC_e_task_cancelled);

	rec_set_id(ev, F_e_task_cancelled_task, rec_id(t->e.row, F_s_task_id));
	decide_ended(d, t, TS_CANCELLED, 0);
}

void
decide_stop(struct decision *d, const struct session *s)
{
	struct rec	*ev;
	int		 started = rec_u64(s->e.row, F_s_session_asked) != 0;

	if (s->state == SS_SHUTTING || s->state == SS_LOST ||
	    s->state == SS_GONE)
		return;
	if (!started) {			/* there is no process to end */
		ev = emit(d, REC_e_session_gone);
		rec_set_u64(ev, F_e_session_gone_session,
		    rec_u64(s->e.row, F_s_session_id));
		rec_set_id(ev, F_e_session_gone_task,
		    rec_id(s->e.row, F_s_session_task));
		rec_set_i64(ev, F_e_session_gone_status, 0);
		return;
	}
	ev = emit(d, REC_e_session_stopping);
	rec_set_u64(ev, F_e_session_stopping_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_id(ev, F_e_session_stopping_task,
	    rec_id(s->e.row, F_s_session_task));
}

void
decide_unverified(struct decision *d, const struct change *c,
    const char *text)
{
	struct rec	*ev;
	char		 line[TEXT_LINE];

	text_line(line, sizeof(line), text);
	if (rec_u64(c->e.row, F_s_change_tries) + 1 < TRIES_MAX) {
		ev = emit(d, REC_e_change_unverified);
		rec_set_id(ev, F_e_change_unverified_change,
		    rec_id(c->e.row, F_s_change_id));
		rec_set_id(ev, F_e_change_unverified_task,
		    rec_id(c->e.row, F_s_change_task));
		rec_set_str(ev, F_e_change_unverified_text, line);
		return;
	}
	ev = emit(d, REC_e_change_failed);
	rec_set_id(ev, F_e_change_failed_change,
	    rec_id(c->e.row, F_s_change_id));
	rec_set_id(ev, F_e_change_failed_task,
	    rec_id(c->e.row, F_s_change_task));
	rec_set_str(ev, F_e_change_failed_err, err_name(PRA_EFAILED));
	rec_set_str(ev, F_e_change_failed_text, line);
	decide_fail(d, c->task, "verify", line);
}

void
decide_no_room(struct decision *d, const struct task *t)
{
	decide_ready(d, t, rec_u64(t->e.row, F_s_task_retries),
	    rec_u64(t->e.row, F_s_task_tries), "ready again");
}
