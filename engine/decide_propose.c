/*
 * Deciding about sub-tasks that an attempt proposed.  Engine, pure half, on
 * what an agent wrote: evidence of what it wants, and no authority.  They are
 * tasks of the one that filed the proposer, within limits that the
 * configuration sets; each that is refused is on record with the reason.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/check.h"
#include "engine/decide.h"
#include "engine/queue.h"
#include "engine/text.h"

struct proposal {
	const struct task	*t;		/* who proposes */
	const struct rec	*exit;
	size_t			 i;
	char			 name[TEXT_NAME];
	const char		*run;
	uint64_t		 made;		/* of this attempt so far */
};

static void
proposal_refused(struct decision *d, const struct proposal *p,
    const char *reason, const char *detail)
{
	struct rec	*ev = emit(d, REC_e_task_unproposed);
	char		 name[65];

	text_line(name, sizeof(name), p->name);
	rec_set_id(ev, F_e_task_unproposed_task,
	    rec_id(p->t->e.row, F_s_task_id));
	rec_set_str(ev, F_e_task_unproposed_name, *name != '\0' ? name : "-");
	rec_set_str(ev, F_e_task_unproposed_reason, reason);
	rec_set_str(ev, F_e_task_unproposed_detail, detail);
}

/* "NAME LINE" taken apart. */
static void
proposal_parse(struct proposal *p)
{
	const char	*text = rec_nth_str(p->exit, F_b_exit_proposals, p->i);
	size_t		 n = strcspn(text, " ");

	snprintf(p->name, sizeof(p->name), "%.*s", (int)(n < 80 ? n : 80),
	    text);
	p->run = text + n + (text[n] == ' ');
}

/* An unfinished task has it, or one of the proposals before this one. */
static int
name_taken(const struct proposal *p)
{
	struct task	*o;
	const char	*text;
	size_t		 i, n = strlen(p->name);

	for (o = state_named(p->t->project, p->name); o != NULL;
	    o = state_named_next(o))
		if (!task_final(o->state))
			return (1);
	for (i = 0; i < p->i; i++) {
		text = rec_nth_str(p->exit, F_b_exit_proposals, i);
		if (strncmp(text, p->name, n) == 0 && text[n] == ' ')
			return (1);
	}
	return (0);
}

static int
room(const struct decision *d, const struct proposal *p)
{
	char		 whom[ACCOUNT_KEY];
	uint64_t	 most, now = p->made;
	int		 s;

	for (s = 0; s < TS_MAX; s++)
		if (!task_final((enum task_state)s))
			now += d->st->ntasks[s];
	if (now >= config_u64(d->conf, F_k_main_tasks_max))
		return (0);
	ledger_key(whom, "project", rec_str(p->t->e.row, F_s_task_project));
	if (queue_counted(d->st, QT_QUEUED, whom, &most) + p->made >= most)
		return (0);
	ledger_user(whom, rec_u64(p->t->e.row, F_s_task_uid));
	return (queue_counted(d->st, QT_QUEUED, whom, &most) + p->made < most);
}

/* Why it is refused, as a word and a sentence; or NULL. */
static const char *
proposal_wrong(const struct decision *d, const struct proposal *p,
    const char **detail)
{
	const struct rec	*row = p->t->e.row;

	*detail = "its name is none, or taken by an unfinished task";
	if (!name_good(p->name) || name_taken(p))
		return ("name");
	*detail = "there is nothing to run";
	if (!check_some(p->run))
		return ("empty");
	*detail = "subtasks depth of praetord.conf does not allow more levels";
	if (rec_u64(row, F_s_task_depth) >=
	    config_u64(d->conf, F_k_main_subtasks_depth))
		return ("depth");
	*detail = "the task has filed as many as subtasks max allows";
	if (rec_u64(row, F_s_task_proposed) + p->made >=
	    config_u64(d->conf, F_k_main_subtasks_max))
		return ("max");
	*detail = "tasks max or a quota allows no more";
	return (room(d, p) ? NULL : "room");
}

static void
proposal_file(struct decision *d, const struct proposal *p)
{
	const struct rec	*row = p->t->e.row;
	struct rec		*ev = emit(d, REC_e_task_created);
	struct task		*whole;
	size_t			 i;

	rec_set_id(ev, F_e_task_created_task, d->ids[d->used++]);
	rec_set_str(ev, F_e_task_created_project,
	    rec_str(row, F_s_task_project));
	rec_set_str(ev, F_e_task_created_state, "ready");
	rec_set_str(ev, F_e_task_created_summary, "ready");
	rec_set_str(ev, F_e_task_created_name, p->name);
	rec_set_str(ev, F_e_task_created_run, p->run);
	rec_set_i64(ev, F_e_task_created_priority,
	    rec_i64(row, F_s_task_priority));
	rec_set_u64(ev, F_e_task_created_retries,
	    config_u64(d->conf, F_k_main_retries));
	rec_set_u64(ev, F_e_task_created_uid, rec_u64(row, F_s_task_uid));
	for (i = 0; i < rec_count(row, F_s_task_labels); i++)
		rec_add_str(ev, F_e_task_created_labels,
		    rec_nth_str(row, F_s_task_labels, i));
	rec_set_id(ev, F_e_task_created_proposer, rec_id(row, F_s_task_id));
	whole = rec_has(row, F_s_task_parent) ?
	    state_task(d->st, rec_id(row, F_s_task_parent)) : NULL;
	if (whole != NULL && !task_final(whole->state))
		rec_set_id(ev, F_e_task_created_parent,
		    rec_id(row, F_s_task_parent));
}

/*
 * The attempt ended well: one that did not is done again, or is of no use,
 * and so is what it wanted.  After a limit one refusal stands for the rest.
 */
void
decide_proposals(struct decision *d, const struct task *t,
    const struct rec *exit)
{
	struct proposal	 p = { .t = t, .exit = exit };
	const char	*why, *detail;

	if (strcmp(rec_str(exit, F_b_exit_why), "exit") != 0 ||
	    rec_i64(exit, F_b_exit_status) != 0 ||
	    rec_u64(t->e.row, F_s_task_cancelling))
		return;
	for (; p.i < rec_count(exit, F_b_exit_proposals); p.i++) {
		proposal_parse(&p);
		why = proposal_wrong(d, &p, &detail);
		if (why == NULL && p.made + 1 < d->nids) {
			proposal_file(d, &p);
			p.made++;
			continue;
		}
		if (why != NULL)
			proposal_refused(d, &p, why, detail);
		if (why == NULL || (strcmp(why, "name") != 0 &&
		    strcmp(why, "empty") != 0))
			return;
	}
}
