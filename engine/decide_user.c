/*
 * Deciding about cancel, retry, hold and pause, and about what finished tasks
 * have left.  Engine, pure half.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "engine/check.h"
#include "engine/decide.h"
#include "engine/deps.h"
#include "engine/text.h"

static void
change_abandon(struct decision *d, const struct change *c)
{
	struct rec	*ev = emit(d, REC_e_change_abandoned);
	char		 line[TEXT_LINE];

	snprintf(line, sizeof(line), "abandoned, work kept at %s",
	    rec_str(c->e.row, F_s_change_ref));
	rec_set_id(ev, F_e_change_abandoned_change,
	    rec_id(c->e.row, F_s_change_id));
	rec_set_id(ev, F_e_change_abandoned_task,
	    rec_id(c->e.row, F_s_change_task));
	rec_set_str(ev, F_e_change_abandoned_summary, line);
	if (c->verifier != NULL)
		decide_stop(d, c->verifier);
}

/* The attempt is under way: it is cancelled when its work is safe. */
static void
cancel_later(struct decision *d, const struct task *t)
{
	struct rec	*ev;

	if (rec_u64(t->e.row, F_s_task_cancelling)) {
		refuse(d, PRA_ESTATE, "praetorctl task wait",
		    "the task is being cancelled already");
		return;
	}
	ev = emit(d, REC_e_task_cancelling);
	rec_set_id(ev, F_e_task_cancelling_task,
	    rec_id(t->e.row, F_s_task_id));
}

static void
cancel_review(struct decision *d, const struct task *t)
{
	const struct change	*c = t->change;

	if (c == NULL || c->state == CS_IMPORTING) {
		cancel_later(d, t);
	} else if (c->state == CS_VERIFIED) {
		refuse(d, PRA_ESTATE, "revert the commit when it has landed",
		    "the task's change is landing now");
	} else {
		change_abandon(d, c);
		decide_cancelled(d, t);
	}
}

int
decide_cancel(struct decision *d, const struct task *t)
{
	const struct change	*c = t->change;

	if (task_final(t->state) || rec_u64(t->e.row, F_s_task_cancelling))
		return (0);
	if (t->state == TS_RUNNING || t->state == TS_PAUSED ||
	    task_whole(t) || (t->state == TS_REVIEW &&
	    (c == NULL || c->state == CS_IMPORTING))) {
		cancel_later(d, t);
		return (1);
	}
	if (t->state == TS_REVIEW && c->state == CS_VERIFIED)
		return (0);		/* it lands; that is its end */
	if (t->state == TS_REVIEW)
		change_abandon(d, c);
	else if (t->session != NULL)
		decide_stop(d, t->session);
	decide_cancelled(d, t);
	return (1);
}

void
decide_task_cancel(struct decision *d, const struct input *in)
{
	struct task	*t;

	t = decide_task(d, rec_str(in->rec, F_c_task_cancel_task),
	    rec_str(in->rec, F_c_task_cancel_project));
	if (t == NULL)
		return;
	if (task_final(t->state)) {
		refuse(d, PRA_ESTATE, NULL, "the task is %s already",
		    task_fsm.states[t->state]);
		return;
	}
	if (t->state == TS_RUNNING || t->state == TS_PAUSED || task_whole(t)) {
		cancel_later(d, t);
	} else if (t->state == TS_REVIEW) {
		cancel_review(d, t);
	} else {
		if (t->session != NULL)
			decide_stop(d, t->session);
		decide_cancelled(d, t);
	}
	if (d->err == 0)
		decide_show(d, rec_id(t->e.row, F_s_task_id));
}

/* Names stay unique among unfinished tasks: another may have it now. */
static int
name_taken(const struct task *t)
{
	const char	*name = rec_str(t->e.row, F_s_task_name);
	struct task	*other;

	if (*name == '\0')
		return (0);
	for (other = state_named(t->project, name); other != NULL;
	    other = state_named_next(other))
		if (other != t && !task_final(other->state))
			return (1);
	return (0);
}

/* 1, and refused, when what it depends on can never be. */
static int
retry_in_vain(struct decision *d, const struct task *t)
{
	const struct edge	*ed;
	struct dep_end		 end;
	char			 line[TEXT_LINE], name[TEXT_NAME];

	if (t->ndeps[DEP_NEVER] == 0)
		return (0);
	TAILQ_FOREACH(ed, &t->deps, out)
		if (ed->is == DEP_NEVER)
			break;
	end = dep_end(ed->to);
	dep_sentence(line, sizeof(line), ed->kind, text_task(name, ed->to),
	    &end);
	refuse(d, PRA_ESTATE, "file a new task", "it can never run: %s", line);
	return (1);
}

static int
retry_refused(struct decision *d, const struct task *t)
{
	if (retry_in_vain(d, t))
		return (1);
	if (t->state != TS_FAILED && t->state != TS_HELD &&
	    t->state != TS_CANCELLED)
		refuse(d, PRA_ESTATE, "only failed, held and cancelled tasks "
		    "can be retried", "the task is %s",
		    task_fsm.states[t->state]);
	else if (task_kept(t))
		refuse(d, PRA_ESTATE, "praetorctl task release", "a user "
		    "holds the task");
	else if (t->project == NULL)
		refuse(d, PRA_ESTATE, "file a new task",
		    "the task's project was removed");
	else if (task_too_late(d, t))
		refuse(d, PRA_ESTATE, "file a new task", "the task's deadline "
		    "has passed");
	else if (name_taken(t))
		refuse(d, PRA_EEXISTS, "cancel that one first", "another "
		    "unfinished task is named %s now",
		    rec_str(t->e.row, F_s_task_name));
	else if (!task_whole(t) && !rec_has(t->e.row, F_s_task_run) &&
	    config_agent(d->conf, rec_str(t->e.row, F_s_task_agent)) == NULL)
		refuse(d, PRA_ENOTFOUND, "add it to praetord.conf and reload "
		    "it", "agent %s is not configured any more",
		    rec_str(t->e.row, F_s_task_agent));
	return (d->err != 0);
}

/*
 * Where a task goes on that nothing keeps but what it depends on, and time.
 * The reason of an event (field) is set when it is held or waits for a time,
 * and then that time.
 */
static const char *
task_begins(const struct decision *d, const struct task *t, struct rec *ev,
    int reason, int until, char line[TEXT_LINE])
{
	const struct edge	*bad = dep_bad(t);
	struct dep_end		 end;
	uint64_t		 at;
	char			 name[TEXT_NAME];

	if (task_whole(t)) {
		snprintf(line, TEXT_LINE, "waiting on its sub-tasks");
		return ("waiting");
	}
	if (bad != NULL) {
		end = dep_end(bad->to);
		dep_sentence(line, TEXT_LINE, bad->kind,
		    text_task(name, bad->to), &end);
		rec_set_str(ev, reason, dep_reason(bad->kind));
		return ("held");
	}
	if (!task_deps_done(t)) {
		text_waiting(line, t);
		return ("waiting");
	}
	if ((at = decide_until(d, t, line)) != 0) {
		rec_set_str(ev, reason, "start-time");
		rec_set_u64(ev, until, at);
		return ("waiting");
	}
	snprintf(line, TEXT_LINE, "ready");
	return ("ready");
}

/* Of what it depended on some may be forgotten: they keep nobody. */
static void
retry_deps(struct rec *ev, const struct task *t)
{
	const struct edge	*ed;
	char			 id[ID_SIZE], need[DEP_TEXT];
	size_t			 n = 0;

	TAILQ_FOREACH(ed, &t->deps, out)
		n++;
	if (n == rec_count(t->e.row, F_s_task_deps))
		return;
	rec_touch(ev, F_e_task_retried_deps);
	TAILQ_FOREACH(ed, &t->deps, out) {
		id_format(id, 't', rec_id(ed->to->e.row, F_s_task_id));
		rec_add_str(ev, F_e_task_retried_deps, id);
		snprintf(need, sizeof(need), "%s%s%s", dep_word(ed->kind),
		    ed->kind == DEP_FILE ? ":" : "", dep_path(ed));
		rec_add_str(ev, F_e_task_retried_needs, need);
	}
}

void
decide_task_retry(struct decision *d, const struct input *in)
{
	struct task	*t;
	struct rec	*ev;
	char		 line[TEXT_LINE];

	t = decide_task(d, rec_str(in->rec, F_c_task_retry_task),
	    rec_str(in->rec, F_c_task_retry_project));
	if (t == NULL || retry_refused(d, t))
		return;
	ev = emit(d, REC_e_task_retried);
	rec_set_id(ev, F_e_task_retried_task, rec_id(t->e.row, F_s_task_id));
	rec_set_str(ev, F_e_task_retried_state, task_begins(d, t, ev,
	    F_e_task_retried_reason, F_e_task_retried_until, line));
	retry_deps(ev, t);
	rec_set_str(ev, F_e_task_retried_summary, line);
	decide_show(d, rec_id(t->e.row, F_s_task_id));
}

static int
hold_refused(struct decision *d, const struct task *t)
{
	if (task_whole(t))
		refuse(d, PRA_ESTATE, "hold its sub-tasks", "the task is a "
		    "composite");
	else if (t->state == TS_RUNNING || t->state == TS_PAUSED)
		refuse(d, PRA_ESTATE, t->state == TS_RUNNING ? "praetorctl "
		    "task pause stops it" : NULL, "the task has begun");
	else if (task_kept(t))
		refuse(d, PRA_ESTATE, NULL, "the task is held already");
	else if (t->state != TS_WAITING && t->state != TS_READY &&
	    t->state != TS_HELD)
		refuse(d, PRA_ESTATE, NULL, "the task is %s",
		    t->state == TS_REVIEW ? "under review" :
		    task_fsm.states[t->state]);
	return (d->err != 0);
}

/* "by uid 1000: because". */
static void
text_by(struct decision *d, char line[TEXT_LINE], const char *what,
    const char *reason)
{
	char	 text[300];

	text_line(text, sizeof(text), reason);
	snprintf(line, TEXT_LINE, "%s by uid %llu%s%s", what,
	    (unsigned long long)rec_u64(d->env, F_c_env_uid),
	    *text != '\0' ? ": " : "", text);
}

/* A session that is being made ready for it is somebody else's then. */
void
decide_task_hold(struct decision *d, const struct input *in)
{
	const char	*reason = rec_str(in->rec, F_c_task_hold_reason);
	struct task	*t;
	struct rec	*ev;
	char		 line[TEXT_LINE];

	t = decide_task(d, rec_str(in->rec, F_c_task_hold_task),
	    rec_str(in->rec, F_c_task_hold_project));
	if (t == NULL || hold_refused(d, t) ||
	    !check_line(d, "reason", reason))
		return;
	if (t->session != NULL)
		decide_stop(d, t->session);
	text_by(d, line, "held", reason);
	ev = emit(d, REC_e_task_held);
	rec_set_id(ev, F_e_task_held_task, rec_id(t->e.row, F_s_task_id));
	rec_set_str(ev, F_e_task_held_reason, "user");
	rec_set_str(ev, F_e_task_held_detail, line);
	decide_show(d, rec_id(t->e.row, F_s_task_id));
}

void
decide_task_release(struct decision *d, const struct input *in)
{
	struct task	*t;
	struct rec	*ev;
	char		 line[TEXT_LINE];

	t = decide_task(d, rec_str(in->rec, F_c_task_release_task),
	    rec_str(in->rec, F_c_task_release_project));
	if (t == NULL)
		return;
	if (t->state != TS_HELD || !task_kept(t)) {
		refuse(d, PRA_ESTATE, t->state == TS_PAUSED ? "praetorctl task "
		    "resume" : t->state == TS_HELD ? "praetorctl task why "
		    "tells what does" : NULL, "no user holds the task");
		return;
	}
	ev = emit(d, REC_e_task_released);
	rec_set_id(ev, F_e_task_released_task, rec_id(t->e.row, F_s_task_id));
	rec_set_str(ev, F_e_task_released_state, task_begins(d, t, ev,
	    F_e_task_released_reason, F_e_task_released_until, line));
	rec_set_str(ev, F_e_task_released_summary, line);
	decide_show(d, rec_id(t->e.row, F_s_task_id));
}

/* Only what runs can be stopped. */
static int
pause_refused(struct decision *d, const struct task *t)
{
	if (t->state == TS_WAITING || t->state == TS_READY ||
	    t->state == TS_HELD)
		refuse(d, PRA_ESTATE, "praetorctl task hold", "the task has "
		    "not begun");
	else if (t->state != TS_RUNNING)
		refuse(d, PRA_ESTATE, NULL, "the task is %s",
		    t->state == TS_REVIEW ? "under review" :
		    t->state == TS_PAUSED ? "paused already" :
		    task_fsm.states[t->state]);
	else if (rec_u64(t->e.row, F_s_task_cancelling))
		refuse(d, PRA_ESTATE, NULL, "the task is being cancelled");
	else if (t->session == NULL || t->session->state != SS_ACTIVE)
		refuse(d, PRA_ESTATE, NULL, "the attempt is over");
	return (d->err != 0);
}

void
decide_task_pause(struct decision *d, const struct input *in)
{
	struct task	*t;
	struct rec	*ev;
	char		 line[TEXT_LINE];

	t = decide_task(d, rec_str(in->rec, F_c_task_pause_task),
	    rec_str(in->rec, F_c_task_pause_project));
	if (t == NULL || pause_refused(d, t))
		return;
	text_by(d, line, "paused", "");
	ev = emit(d, REC_e_task_paused);
	rec_set_id(ev, F_e_task_paused_task, rec_id(t->e.row, F_s_task_id));
	rec_set_u64(ev, F_e_task_paused_session,
	    rec_u64(t->e.row, F_s_task_session));
	rec_set_u64(ev, F_e_task_paused_attempt,
	    rec_u64(t->e.row, F_s_task_attempt));
	rec_set_str(ev, F_e_task_paused_detail, line);
	decide_show(d, rec_id(t->e.row, F_s_task_id));
}

void
decide_task_resume(struct decision *d, const struct input *in)
{
	struct task	*t;
	struct rec	*ev;

	t = decide_task(d, rec_str(in->rec, F_c_task_resume_task),
	    rec_str(in->rec, F_c_task_resume_project));
	if (t == NULL)
		return;
	if (t->state != TS_PAUSED) {
		refuse(d, PRA_ESTATE, t->state == TS_HELD && task_kept(t) ?
		    "praetorctl task release" : NULL, "the task is not "
		    "paused");
		return;
	}
	ev = emit(d, REC_e_task_resumed);
	rec_set_id(ev, F_e_task_resumed_task, rec_id(t->e.row, F_s_task_id));
	rec_set_u64(ev, F_e_task_resumed_session,
	    rec_u64(t->e.row, F_s_task_session));
	rec_set_u64(ev, F_e_task_resumed_attempt,
	    rec_u64(t->e.row, F_s_task_attempt));
	decide_show(d, rec_id(t->e.row, F_s_task_id));
}

int
task_expires(const struct config *conf, const struct rec *row, int64_t now)
{
	uint64_t	 ms = config_u64(conf, F_k_main_retain_attic);
	uint64_t	 us = rec_u64(row, F_s_task_finished);

	return (ms != 0 && us != 0 && now > 0 && !rec_u64(row,
	    F_s_task_expired) && rec_u64(row, F_s_task_attempt) > 0 &&
	    us + ms * 1000 <= (uint64_t)now);
}

/* It was found in the store, and may have been retried since. */
void
decide_expire(struct decision *d, const struct input *in)
{
	struct task	*t = NULL;
	struct rec	*ev;
	uint8_t		 id[ULID_LEN];

	if (id_parse(id, 't', in->text) == 0)
		t = state_task(d->st, id);
	if (t == NULL || t->project == NULL || !task_final(t->state) ||
	    t->change != NULL || !task_expires(d->conf, t->e.row, d->time))
		return;
	ev = emit(d, REC_e_task_expired);
	rec_set_id(ev, F_e_task_expired_task, id);
	rec_set_u64(ev, F_e_task_expired_attempt,
	    rec_u64(t->e.row, F_s_task_attempt));
	rec_set_u64(ev, F_e_task_expired_after,
	    config_u64(d->conf, F_k_main_retain_attic));
}
