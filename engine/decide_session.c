/*
 * Deciding about sessions: their bases, starts, steps and ends.  Engine, pure
 * half.  An executor's word is taken for its own session only, and only in
 * the state in which it may say it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "common/err.h"
#include "engine/decide.h"
#include "engine/fixed.h"
#include "engine/ledger.h"
#include "engine/sched.h"
#include "engine/text.h"

/* Errors that the next attempt would meet again. */
static int
err_permanent(int err)
{
	switch (err) {
	case PRA_ENOTFOUND:
	case PRA_EINVALID:
	case PRA_EUSAGE:
	case PRA_EPERM:
	case PRA_ECORRUPT:
	case PRA_EVERSION:
	case PRA_EUNSUPPORTED:
		return (1);
	default:
		return (0);
	}
}

static int
task_owns(const struct session *s)
{
	return (!session_verifies(s) && s->task->session == s);
}

static int
change_awaits(const struct session *s)
{
	return (s->change != NULL && s->change->verifier == s &&
	    (s->change->state == CS_MERGED ||
	    s->change->state == CS_VERIFYING));
}

/* A session never came up: what that means for whom it was made. */
static void
session_failed(struct decision *d, const struct session *s, int err,
    const char *text, const char *reason)
{
	struct rec	*ev = emit(d, REC_e_session_failed);
	char		 line[TEXT_LINE];

	text_line(line, sizeof(line), *text != '\0' ? text : err_text(err));
	rec_set_u64(ev, F_e_session_failed_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_id(ev, F_e_session_failed_task,
	    rec_id(s->e.row, F_s_session_task));
	rec_set_str(ev, F_e_session_failed_err, err_name(err));
	rec_set_str(ev, F_e_session_failed_text, line);
	if (change_awaits(s))
		decide_unverified(d, s->change, line);
	else if (task_owns(s) && strcmp(reason, "file") == 0)
		decide_no_file(d, s->task, line);
	else if (task_owns(s) && err == PRA_ENOSPC && *d->st->full != '\0')
		decide_no_room(d, s->task);
	else if (task_owns(s))
		decide_not_started(d, s->task, reason, line,
		    err_permanent(err));
}

void
decide_base_ready(struct decision *d, const struct input *in)
{
	const struct rec	*b = in->rec;
	struct session		*s;
	struct rec		*ev;
	int			 err;
	size_t			 i;

	s = state_session(d->st, rec_u64(b, F_b_base_ready_session));
	if (s == NULL || s->state != SS_BOOTING ||
	    rec_u64(s->e.row, F_s_session_asked))
		return;
	err = err_byname(rec_str(b, F_b_base_ready_err));
	if (err == 0 && (!rec_has(b, F_b_base_ready_tree) ||
	    rec_count(b, F_b_base_ready_layers) == 0 ||
	    (!session_verifies(s) && !rec_has(b, F_b_base_ready_commit))))
		err = PRA_EPROTO;
	if (err != 0) {
		session_failed(d, s, err, rec_str(b, F_b_base_ready_text),
		    rec_u64(b, F_b_base_ready_missing) ? "file" : "base");
		return;
	}
	ev = emit(d, REC_e_session_based);
	rec_set_u64(ev, F_e_session_based_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_id(ev, F_e_session_based_task,
	    rec_id(s->e.row, F_s_session_task));
	if (rec_has(b, F_b_base_ready_commit))
		rec_set_oid(ev, F_e_session_based_commit,
		    rec_oid(b, F_b_base_ready_commit));
	rec_set_oid(ev, F_e_session_based_tree,
	    rec_oid(b, F_b_base_ready_tree));
	for (i = 0; i < rec_count(b, F_b_base_ready_layers); i++)
		rec_add_str(ev, F_e_session_based_layers,
		    rec_nth_str(b, F_b_base_ready_layers, i));
}

static void
emit_booted(struct decision *d, const struct session *s, uint64_t us)
{
	struct rec	*ev = emit(d, REC_e_session_booted);
	char		 line[64];

	snprintf(line, sizeof(line), "%llu.%llu ms",
	    (unsigned long long)us / 1000,
	    (unsigned long long)us % 1000 / 100);
	rec_set_u64(ev, F_e_session_booted_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_id(ev, F_e_session_booted_task,
	    rec_id(s->e.row, F_s_session_task));
	rec_set_u64(ev, F_e_session_booted_boot, us);
	rec_set_str(ev, F_e_session_booted_summary, line);
}

static void
emit_dispatched(struct decision *d, const struct session *s)
{
	const struct task	*t = s->task;
	struct rec		*ev = emit(d, REC_e_task_dispatched);

	rec_set_id(ev, F_e_task_dispatched_task,
	    rec_id(t->e.row, F_s_task_id));
	rec_set_u64(ev, F_e_task_dispatched_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_u64(ev, F_e_task_dispatched_attempt,
	    rec_u64(t->e.row, F_s_task_attempt) + 1);
	rec_set_u64(ev, F_e_task_dispatched_fence, d->st->last_fence + 1);
	if (config_u64(d->conf, F_k_main_subtasks_max) > 0 &&
	    rec_u64(t->e.row, F_s_task_depth) <
	    config_u64(d->conf, F_k_main_subtasks_depth))
		rec_set_u64(ev, F_e_task_dispatched_token,
		    (uint64_t)d->chance | 1);
}

static void
emit_verifying(struct decision *d, const struct session *s)
{
	const struct change	*c = s->change;
	struct rec		*ev = emit(d, REC_e_change_verifying);

	rec_set_id(ev, F_e_change_verifying_change,
	    rec_id(c->e.row, F_s_change_id));
	rec_set_id(ev, F_e_change_verifying_task,
	    rec_id(c->e.row, F_s_change_task));
	rec_set_u64(ev, F_e_change_verifying_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_u64(ev, F_e_change_verifying_fence, d->st->last_fence + 1);
	rec_set_u64(ev, F_e_change_verifying_number,
	    rec_u64(c->e.row, F_s_change_verifies) + 1);
}

/* 1 when what the task needs to run is configured. */
static int
task_can_run(const struct decision *d, const struct task *t)
{
	return (rec_has(t->e.row, F_s_task_run) || config_agent(d->conf,
	    rec_str(t->e.row, F_s_task_agent)) != NULL);
}

/*
 * The executor is up: give it the step that the session was made for.  The
 * trace shows the dispatch first and then what the boot took.
 */
void
decide_booted(struct decision *d, const struct input *in)
{
	struct session	*s = state_session(d->st, in->session);
	struct rec	*ev;

	if (s == NULL || s->state != SS_BOOTING ||
	    !rec_u64(s->e.row, F_s_session_asked))
		return;
	ev = emit(d, REC_e_session_idle);
	rec_set_u64(ev, F_e_session_idle_session, in->session);
	rec_set_id(ev, F_e_session_idle_task,
	    rec_id(s->e.row, F_s_session_task));
	rec_set_u64(ev, F_e_session_idle_pid, in->pid);
	if (change_awaits(s)) {
		emit_verifying(d, s);
	} else if (task_owns(s) && task_can_run(d, s->task)) {
		emit_dispatched(d, s);
		emit_booted(d, s, in->number);
	} else {
		decide_stop(d, s);
		if (task_owns(s))
			decide_fail(d, s->task, "agent", "its agent is not "
			    "configured any more");
	}
}

static void
work_done(struct decision *d, const struct session *s, const struct rec *e)
{
	static const int	 copied[][2] = {
		{ F_e_task_ran_fence, F_b_exit_fence },
		{ F_e_task_ran_wall, F_b_exit_wall },
		{ F_e_task_ran_utime, F_b_exit_utime },
		{ F_e_task_ran_stime, F_b_exit_stime },
		{ F_e_task_ran_maxrss, F_b_exit_maxrss },
		{ F_e_task_ran_bytes, F_b_exit_bytes },
		{ F_e_task_ran_files, F_b_exit_files }
	};
	const struct task	*t = s->task;
	struct rec		*ev = emit(d, REC_e_task_ran);
	char			 line[TEXT_LINE], files[32], both[TEXT_LINE];
	size_t			 i;

	for (i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		rec_set_u64(ev, copied[i][0], rec_u64(e, copied[i][1]));
	text_exit(line, e, sched_timeout(d->conf, t), sched_idle(d->conf, t));
	text_files(files, rec_u64(e, F_b_exit_files));
	snprintf(both, sizeof(both), "%.900s, %s changed", line, files);
	rec_set_id(ev, F_e_task_ran_task, rec_id(t->e.row, F_s_task_id));
	rec_set_u64(ev, F_e_task_ran_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_u64(ev, F_e_task_ran_attempt,
	    rec_u64(s->e.row, F_s_session_attempt));
	rec_set_str(ev, F_e_task_ran_why, rec_str(e, F_b_exit_why));
	rec_set_i64(ev, F_e_task_ran_status, rec_i64(e, F_b_exit_status));
	rec_set_str(ev, F_e_task_ran_summary,
	    strcmp(rec_str(e, F_b_exit_why), "exit") == 0 ? both : line);
	rec_set_u64(ev, F_e_task_ran_half,
	    config_u64(d->conf, F_k_main_half));
	ledger_others(ev, F_e_task_ran_charge, t);
}

/* A verification is charged as the work is. */
static void
emit_used(struct decision *d, const struct session *s, const struct rec *e)
{
	struct rec	*ev = emit(d, REC_e_task_used);

	rec_set_id(ev, F_e_task_used_task,
	    rec_id(s->change->e.row, F_s_change_task));
	rec_set_u64(ev, F_e_task_used_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_str(ev, F_e_task_used_purpose, "verify");
	rec_set_u64(ev, F_e_task_used_cpu, fixed_add(
	    rec_u64(e, F_b_exit_utime), rec_u64(e, F_b_exit_stime)));
	rec_set_u64(ev, F_e_task_used_wall, rec_u64(e, F_b_exit_wall));
	rec_set_u64(ev, F_e_task_used_half,
	    config_u64(d->conf, F_k_main_half));
	ledger_others(ev, F_e_task_used_charge, s->change->task);
}

static void
verify_summary(const struct change *c, const char *exit, int accepted,
    char line[TEXT_LINE])
{
	char	 cmd[200], files[32];

	text_line(cmd, sizeof(cmd),
	    rec_str(c->task->project->e.row, F_s_project_verify));
	text_files(files, rec_u64(c->e.row, F_s_change_files));
	if (accepted)
		snprintf(line, TEXT_LINE, "imported %s, verified \"%s\" %.600s",
		    files, cmd, exit);
	else
		snprintf(line, TEXT_LINE, "verified \"%s\" %.600s", cmd, exit);
}

static void
emit_verified(struct decision *d, const struct session *s,
    const struct rec *e, const char *line)
{
	struct rec	*ev = emit(d, REC_e_change_verified);

	rec_set_id(ev, F_e_change_verified_change,
	    rec_id(s->change->e.row, F_s_change_id));
	rec_set_id(ev, F_e_change_verified_task,
	    rec_id(s->change->e.row, F_s_change_task));
	rec_set_u64(ev, F_e_change_verified_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_u64(ev, F_e_change_verified_wall, rec_u64(e, F_b_exit_wall));
	rec_set_str(ev, F_e_change_verified_summary, line);
}

static void
emit_rejected(struct decision *d, const struct session *s,
    const struct rec *e, const char *line)
{
	struct rec	*ev = emit(d, REC_e_change_rejected);

	rec_set_id(ev, F_e_change_rejected_change,
	    rec_id(s->change->e.row, F_s_change_id));
	rec_set_id(ev, F_e_change_rejected_task,
	    rec_id(s->change->e.row, F_s_change_task));
	rec_set_u64(ev, F_e_change_rejected_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_str(ev, F_e_change_rejected_why, rec_str(e, F_b_exit_why));
	rec_set_i64(ev, F_e_change_rejected_status,
	    rec_i64(e, F_b_exit_status));
	rec_set_str(ev, F_e_change_rejected_summary, line);
	decide_fail(d, s->change->task, "rejected", line);
}

static void
verify_done(struct decision *d, const struct session *s, const struct rec *e)
{
	char	 exit[TEXT_LINE], line[TEXT_LINE];
	int	 ok;

	ok = strcmp(rec_str(e, F_b_exit_why), "exit") == 0 &&
	    rec_i64(e, F_b_exit_status) == 0;
	text_exit(exit, e, config_u64(d->conf, F_k_main_verify_timeout),
	    config_u64(d->conf, F_k_main_idle));
	verify_summary(s->change, exit, ok, line);
	emit_used(d, s, e);
	if (ok)
		emit_verified(d, s, e, line);
	else
		emit_rejected(d, s, e, line);
}

void
decide_step_done(struct decision *d, const struct input *in)
{
	struct session	*s = state_session(d->st, in->session);

	if (s == NULL ||
	    (s->state != SS_ACTIVE && s->state != SS_CANCELLING) ||
	    rec_u64(in->rec, F_b_exit_fence) !=
	    rec_u64(s->e.row, F_s_session_fence))
		return;			/* of an older attempt */
	if (change_awaits(s))
		verify_done(d, s, in->rec);
	else if (task_owns(s)) {
		work_done(d, s, in->rec);
		decide_proposals(d, s->task, in->rec);
	}
	decide_refusals(d, s);
	decide_stop(d, s);
}

void
decide_session_fail(struct decision *d, const struct input *in)
{
	struct session	*s = state_session(d->st, in->session);

	if (s == NULL)
		return;
	if (s->state == SS_BOOTING)
		session_failed(d, s, in->err, in->text, "boot");
	else if (s->state == SS_SHUTTING || s->state == SS_LOST)
		decide_session_gone(d, in);	/* it was to end anyway */
}

/* Its executor broke a rule, hung or closed: nothing it says counts. */
void
decide_session_lost(struct decision *d, const struct input *in)
{
	struct session	*s = state_session(d->st, in->session);
	struct rec	*ev;
	char		 line[TEXT_LINE];

	if (s == NULL || s->state == SS_SHUTTING || s->state == SS_LOST ||
	    s->state == SS_GONE || !rec_u64(s->e.row, F_s_session_asked))
		return;
	text_line(line, sizeof(line), in->text);
	ev = emit(d, REC_e_session_stopping);
	rec_set_u64(ev, F_e_session_stopping_session, in->session);
	rec_set_id(ev, F_e_session_stopping_task,
	    rec_id(s->e.row, F_s_session_task));
	rec_set_u64(ev, F_e_session_stopping_lost, 1);
	rec_set_str(ev, F_e_session_stopping_text, line);
}

static void
emit_lost(struct decision *d, const struct session *s, const char *text)
{
	struct rec	*ev = emit(d, REC_e_task_lost);

	rec_set_id(ev, F_e_task_lost_task,
	    rec_id(s->e.row, F_s_session_task));
	rec_set_u64(ev, F_e_task_lost_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_u64(ev, F_e_task_lost_attempt,
	    rec_u64(s->e.row, F_s_session_attempt));
	rec_set_str(ev, F_e_task_lost_text, text);
	rec_set_u64(ev, F_e_task_lost_half,
	    config_u64(d->conf, F_k_main_half));
	ledger_others(ev, F_e_task_lost_charge, s->task);
}

/* What it left is imported whatever happened: work is never thrown away. */
static void
emit_change(struct decision *d, const struct session *s, int keep)
{
	struct rec	*ev = emit(d, REC_e_change_created);

	rec_set_id(ev, F_e_change_created_change, d->ids[d->used++]);
	rec_set_id(ev, F_e_change_created_task,
	    rec_id(s->e.row, F_s_session_task));
	rec_set_u64(ev, F_e_change_created_session,
	    rec_u64(s->e.row, F_s_session_id));
	rec_set_u64(ev, F_e_change_created_keep, (uint64_t)keep);
}

static void
gone_text(const struct input *in, char line[TEXT_LINE])
{
	int	 st = in->status;

	if (in->text[0] != '\0')
		text_line(line, TEXT_LINE, in->text);
	else if (st != -1 && WIFSIGNALED(st))
		snprintf(line, TEXT_LINE, "its session was killed by signal "
		    "%d", WTERMSIG(st));
	else
		snprintf(line, TEXT_LINE, "its session died");
}

/* The parent ended it for a limit: its step is over, and not lost. */
static int
gone_limited(struct decision *d, const struct session *s, const struct rec *e)
{
	if (rec_u64(s->e.row, F_s_session_fence) == 0)
		return (0);
	if (change_awaits(s) && s->change->state == CS_VERIFYING)
		verify_done(d, s, e);
	else if (task_owns(s))
		work_done(d, s, e);
	else
		return (0);
	return (1);
}

void
decide_session_gone(struct decision *d, const struct input *in)
{
	struct session	*s = state_session(d->st, in->session);
	struct rec	*ev;
	char		 line[TEXT_LINE];
	int		 ended, limited;

	if (s == NULL || s->state == SS_GONE)
		return;
	gone_text(in, line);
	ended = s->state == SS_SHUTTING;	/* as it should */
	limited = !ended && in->rec != NULL && gone_limited(d, s, in->rec);
	ev = emit(d, REC_e_session_gone);
	rec_set_u64(ev, F_e_session_gone_session, in->session);
	rec_set_id(ev, F_e_session_gone_task,
	    rec_id(s->e.row, F_s_session_task));
	rec_set_i64(ev, F_e_session_gone_status, in->status);
	if (change_awaits(s)) {
		if (!limited)
			decide_unverified(d, s->change, line);
	} else if (task_owns(s) && rec_u64(s->e.row, F_s_session_fence) != 0) {
		if (!ended && !limited) {
			emit_lost(d, s, line);
			decide_refusals(d, s);
		}
		emit_change(d, s, s->task->state != TS_REVIEW ||
		    rec_u64(s->task->e.row, F_s_task_cancelling));
	} else if (task_owns(s)) {
		decide_not_started(d, s->task, "boot", line, 0);
	}
}

void
decide_session_purged(struct decision *d, const struct input *in)
{
	struct session	*s = state_session(d->st, in->session);
	struct rec	*ev;

	if (s == NULL || s->state != SS_GONE)
		return;
	ev = emit(d, REC_e_session_purged);
	rec_set_u64(ev, F_e_session_purged_session, in->session);
	rec_set_str(ev, F_e_session_purged_err, err_name(in->err));
}

void
decide_room(struct decision *d, const struct input *in)
{
	const char	*text = in->err == 0 ? "" : in->text;
	struct rec	*ev;

	if (strcmp(text, d->st->full) == 0)
		return;
	ev = emit(d, REC_e_queue_full);
	if (*text != '\0')
		rec_set_str(ev, F_e_queue_full_text, text);
}
