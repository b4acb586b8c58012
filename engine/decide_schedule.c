/*
 * Deciding about schedules: commands, and runs that are due.  Engine, pure
 * half.  A run files a task as its user would, with the rights that the user
 * has then; the groups are those of the time when it was added.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cron.h"
#include "common/err.h"
#include "common/when.h"
#include "engine/check.h"
#include "engine/schedule.h"
#include "engine/text.h"

#define LATE		60000000	/* us: later than this it was missed */
#define NAME_MOST	40		/* a time follows it in tasks' names */

static int
one_of(struct decision *d, const char *what, const char *text,
    const char *const *words)
{
	const char *const	*w;
	char			 list[80] = "";

	for (w = words; *w != NULL; w++) {
		if (strcmp(text, *w) == 0)
			return (1);
		text_list(list, sizeof(list), *w);
	}
	refuse(d, PRA_EINVALID, NULL, "%s must be one of %s", what, list);
	return (0);
}

static int
add_refused(struct decision *d, const struct rec *ev, const char *key)
{
	static const char *const	 missed[] = { "once", "skip", NULL };
	static const char *const	 overlap[] = {
		"skip", "queue", "allow", NULL
	};
	const char			*name;

	name = rec_str(ev, F_e_schedule_added_name);
	if (!check_name(d, "schedule", name))
		return (1);
	if (strlen(name) > NAME_MOST)
		refuse(d, PRA_EINVALID, "use at most 40 characters", "the "
		    "schedule's name is too long");
	else if (state_schedule(d->st, key) != NULL)
		refuse(d, PRA_EEXISTS, "choose another name, or remove that "
		    "one", "project %s has a schedule %s already",
		    rec_str(ev, F_e_schedule_added_project), name);
	else
		(void)(one_of(d, "missed", rec_str(ev,
		    F_e_schedule_added_missed), missed) &&
		    one_of(d, "overlap", rec_str(ev,
		    F_e_schedule_added_overlap), overlap));
	return (d->err != 0);
}

static void
put_default(struct rec *r, int f, const char *text)
{
	if (*rec_str(r, f) == '\0')
		rec_set_str(r, f, text);
}

static void
put_groups(struct decision *d, struct rec *ev)
{
	char	 gid[24];
	size_t	 i;

	for (i = 0; i < rec_count(d->env, F_c_env_groups); i++) {
		snprintf(gid, sizeof(gid), "%llu",
		    (unsigned long long)rec_u64(rec_nth_rec(d->env,
		    F_c_env_groups, i), F_c_gid_gid));
		rec_add_str(ev, F_e_schedule_added_groups, gid);
	}
}

/* What it is to file must be right now, as if it were filed. */
static int
task_refused(struct decision *d, const struct rec *from, struct project *p)
{
	struct rec	*cmd = rec_new(REC_c_task_create);

	schedule_copy(cmd, from);
	rec_set_str(cmd, F_c_task_create_name, "");
	(void)(check_task_fields(d, cmd) && check_task_work(d, cmd, p));
	rec_free(cmd);
	return (d->err != 0);
}

void
decide_schedule_add(struct decision *d, const struct input *in)
{
	const char	*project = rec_str(in->rec, F_c_schedule_add_project);
	struct project	*p = check_task_project(d, project);
	struct rec	*ev;
	char		 key[SCHEDULE_KEY];

	if (p == NULL)
		return;
	ev = emit(d, REC_e_schedule_added);
	rec_set_str(ev, F_e_schedule_added_project,
	    rec_str(p->e.row, F_s_project_name));
	schedule_copy(ev, in->rec);
	put_default(ev, F_e_schedule_added_zone, "UTC");
	put_default(ev, F_e_schedule_added_missed, "once");
	put_default(ev, F_e_schedule_added_overlap, "skip");
	schedule_key(key, rec_str(p->e.row, F_s_project_name),
	    rec_str(in->rec, F_c_schedule_add_name));
	if (add_refused(d, ev, key) || task_refused(d, in->rec, p))
		return;
	if (in->err != 0)
		refuse(d, in->err, "see SCHEDULES in praetorctl(1)", "%s",
		    in->text);
	rec_set_u64(ev, F_e_schedule_added_next, in->number);
	rec_set_u64(ev, F_e_schedule_added_uid, rec_u64(d->env, F_c_env_uid));
	put_groups(d, ev);
	snprintf(d->subject, sizeof(d->subject), "%s",
	    rec_str(in->rec, F_c_schedule_add_name));
}

/* The schedule that a command names, or NULL and refused. */
static struct schedule *
schedule_named(struct decision *d, const char *name, const char *project)
{
	struct project	*p = check_task_project(d, project);
	struct schedule	*s;
	char		 key[SCHEDULE_KEY];

	if (p == NULL || !check_name(d, "schedule", name))
		return (NULL);
	schedule_key(key, rec_str(p->e.row, F_s_project_name), name);
	if ((s = state_schedule(d->st, key)) == NULL)
		refuse(d, PRA_ENOTFOUND, "praetorctl schedule list", "project "
		    "%s has no schedule %s",
		    rec_str(p->e.row, F_s_project_name), name);
	return (s);
}

void
decide_schedule_remove(struct decision *d, const struct input *in)
{
	struct schedule	*s;

	s = schedule_named(d, rec_str(in->rec, F_c_schedule_remove_name),
	    rec_str(in->rec, F_c_schedule_remove_project));
	if (s != NULL)
		schedule_copy(emit(d, REC_e_schedule_removed), s->e.row);
}

void
decide_schedule_pause(struct decision *d, const struct input *in)
{
	struct schedule	*s;

	s = schedule_named(d, rec_str(in->rec, F_c_schedule_pause_name),
	    rec_str(in->rec, F_c_schedule_pause_project));
	if (s == NULL)
		return;
	if (rec_u64(s->e.row, F_s_schedule_paused))
		refuse(d, PRA_ESTATE, NULL, "it is paused already");
	else
		schedule_copy(emit(d, REC_e_schedule_paused), s->e.row);
}

void
decide_schedule_resume(struct decision *d, const struct input *in)
{
	struct schedule	*s;
	struct rec	*ev;

	s = schedule_named(d, rec_str(in->rec, F_c_schedule_resume_name),
	    rec_str(in->rec, F_c_schedule_resume_project));
	if (s == NULL)
		return;
	if (!rec_u64(s->e.row, F_s_schedule_paused)) {
		refuse(d, PRA_ESTATE, NULL, "it is not paused");
		return;
	}
	ev = emit(d, REC_e_schedule_resumed);
	rec_set_u64(ev, F_e_schedule_resumed_next, in->number);
	schedule_copy(ev, s->e.row);
}

/* Runs. */

static void
run_skipped(struct decision *d, const struct schedule *s,
    const struct input *in, const char *reason, const char *text)
{
	struct rec	*ev = emit(d, REC_e_schedule_skipped);
	char		 line[TEXT_LINE];

	text_line(line, sizeof(line), text);
	rec_set_u64(ev, F_e_schedule_skipped_at, s->due);
	rec_set_u64(ev, F_e_schedule_skipped_next, in->number);
	rec_set_str(ev, F_e_schedule_skipped_reason, reason);
	rec_set_str(ev, F_e_schedule_skipped_text, line);
	schedule_copy(ev, s->e.row);
}

/* The task of the last run, while it is unfinished. */
static const struct task *
run_before(const struct decision *d, const struct schedule *s)
{
	const struct task	*t;

	if (!rec_has(s->e.row, F_s_schedule_task))
		return (NULL);
	t = state_task(d->st, rec_id(s->e.row, F_s_schedule_task));
	return (t != NULL && !task_final(t->state) ? t : NULL);
}

/* "nightly-20261127T0300Z", which is another one for each run. */
static void
run_name(struct rec *cmd, const struct schedule *s)
{
	char	 name[96], when[WHEN_TEXT];

	text_when(when, s->due);
	snprintf(name, sizeof(name), "%s-%.4s%.2s%.2sT%.2s%.2sZ",
	    rec_str(s->e.row, F_s_schedule_name), when, when + 5, when + 8,
	    when + 11, when + 14);
	rec_set_str(cmd, F_c_task_create_name, name);
}

static struct rec *
run_command(const struct schedule *s, const struct task *before)
{
	struct rec	*cmd = rec_new(REC_c_task_create);
	char		 dep[ID_SIZE + 8] = "any:";

	run_name(cmd, s);
	schedule_copy(cmd, s->e.row);
	if (before != NULL) {
		id_format(dep + strlen(dep), 't',
		    rec_id(before->e.row, F_s_task_id));
		rec_add_str(cmd, F_c_task_create_deps, dep);
	}
	return (cmd);
}

/* Its user, as if at the socket. */
static struct rec *
run_env(const struct schedule *s)
{
	struct rec	*env = rec_new(REC_c_env), *g;
	size_t		 i;

	rec_set_u64(env, F_c_env_uid, rec_u64(s->e.row, F_s_schedule_uid));
	for (i = 0; i < rec_count(s->e.row, F_s_schedule_groups); i++) {
		g = rec_new(REC_c_gid);
		rec_set_u64(g, F_c_gid_gid, strtoull(rec_nth_str(s->e.row,
		    F_s_schedule_groups, i), NULL, 10));
		rec_add_rec(env, F_c_env_groups, g);
	}
	return (env);
}

/* File the task; what would be refused is a run that is left out. */
static void
run(struct decision *d, const struct schedule *s, const struct input *in,
    const struct task *before)
{
	struct input	 file = { .kind = IN_COMMAND };
	struct rec	*ev, *env = run_env(s);

	file.rec = run_command(s, before);
	d->env = env;
	d->command = rec_def(REC_c_task_create)->name;
	decide_task_create(d, &file);
	d->env = NULL;
	d->command = NULL;
	rec_free(env);
	rec_free(file.rec);
	if (d->err != 0) {
		decision_refused(d);
		run_skipped(d, s, in, "refused", d->message);
		return;
	}
	ev = emit(d, REC_e_schedule_ran);
	rec_set_u64(ev, F_e_schedule_ran_at, s->due);
	rec_set_u64(ev, F_e_schedule_ran_next, in->number);
	rec_set_id(ev, F_e_schedule_ran_task, d->ids[0]);
	schedule_copy(ev, s->e.row);
}

void
decide_schedule_due(struct decision *d, const struct input *in)
{
	const struct schedule	*s = state_schedule(d->st, in->text);
	const struct task	*before;
	const char		*overlap;

	if (s == NULL || s->due == 0 || s->due > (uint64_t)d->time)
		return;			/* another turn had it */
	before = run_before(d, s);
	overlap = rec_str(s->e.row, F_s_schedule_overlap);
	if ((uint64_t)d->time - s->due > LATE && strcmp(rec_str(s->e.row,
	    F_s_schedule_missed), "skip") == 0)
		run_skipped(d, s, in, "missed", "nobody was there at the "
		    "time");
	else if (before != NULL && strcmp(overlap, "skip") == 0)
		run_skipped(d, s, in, "overlap", "the task of the run before "
		    "is unfinished");
	else
		run(d, s, in, strcmp(overlap, "queue") == 0 ? before : NULL);
}
