/*
 * Deciding about new tasks, one or a whole graph.  Engine, pure half, on
 * what users wrote: everything is checked before the first event is made, so
 * a plan is filed whole or not at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/check.h"
#include "engine/decide.h"
#include "engine/parts.h"
#include "engine/queue.h"
#include "engine/refs.h"
#include "engine/text.h"

static const char *
draft_name(const struct draft *dr)
{
	return (dr->name);
}

/* How messages call a task that has no id yet. */
static const char *
draft_shown(const struct plan *pl, const struct draft *dr, char out[80])
{
	if (*draft_name(dr) != '\0')
		snprintf(out, 80, "task %s", draft_name(dr));
	else if (pl->n == 1)
		snprintf(out, 80, "the task");
	else
		snprintf(out, 80, "task number %zu of the plan",
		    (size_t)(dr - pl->drafts) + 1);
	return (out);
}

/* The same in a circle: its name, or its number in the plan. */
static const char *
draft_short(const struct plan *pl, const struct draft *dr, char out[80])
{
	if (*draft_name(dr) != '\0')
		return (draft_name(dr));
	snprintf(out, 80, "number %zu", (size_t)(dr - pl->drafts) + 1);
	return (out);
}

static int
draft_cmp(const void *a, const void *b)
{
	const struct draft *const	*x = a, *const *y = b;
	int				 c;

	c = strcmp(rec_str((*x)->project->e.row, F_s_project_name),
	    rec_str((*y)->project->e.row, F_s_project_name));
	return (c != 0 ? c : strcmp(draft_name(*x), draft_name(*y)));
}

void
plan_free(struct plan *pl)
{
	size_t	 i;

	for (i = 0; pl->drafts != NULL && i < pl->n; i++)
		free(pl->drafts[i].needs);
	free(pl->drafts);
	free(pl->named);
}

int
plan_init(struct plan *pl, struct decision *d, size_t n)
{
	memset(pl, 0, sizeof(*pl));
	pl->d = d;
	pl->n = n;
	pl->drafts = calloc(n, sizeof(*pl->drafts));
	pl->named = calloc(n, sizeof(struct draft *));
	if (pl->drafts == NULL || pl->named == NULL || d->nids < n) {
		refuse(d, PRA_ENOMEM, NULL, "no memory for %zu tasks", n);
		return (0);
	}
	return (1);
}

/* Names are unique among the unfinished tasks of a project. */
static int
name_is_free(struct plan *pl, const struct draft *dr)
{
	struct task	*t;

	for (t = state_named(dr->project, draft_name(dr)); t != NULL;
	    t = state_named_next(t)) {
		if (task_final(t->state))
			continue;
		refuse(pl->d, PRA_EEXISTS, "choose another name, or cancel "
		    "that task", "project %s has an unfinished task %s already",
		    rec_str(dr->project->e.row, F_s_project_name),
		    draft_name(dr));
		return (0);
	}
	return (1);
}

static int
draft_check(struct plan *pl, struct draft *dr, const char *project)
{
	struct decision	*d = pl->d;
	const char	*name = rec_str(dr->cmd, F_c_task_create_project);

	dr->project = check_task_project(d, *name != '\0' ? name : project);
	if (dr->project == NULL || !check_task_fields(d, dr->cmd) ||
	    !parts_check(pl, dr) || (!rec_u64(dr->cmd,
	    F_c_task_create_composite) &&
	    !check_task_work(d, dr->cmd, dr->project)))
		return (0);
	if (*draft_name(dr) == '\0')
		return (1);
	pl->named[pl->nnamed++] = dr;
	return (name_is_free(pl, dr));
}

static int
plan_names(struct plan *pl)
{
	size_t	 i;

	qsort(pl->named, pl->nnamed, sizeof(struct draft *), draft_cmp);
	for (i = 1; i < pl->nnamed; i++)
		if (draft_cmp(&pl->named[i - 1], &pl->named[i]) == 0) {
			refuse(pl->d, PRA_EEXISTS, "give each its own name",
			    "two tasks of the plan are named %s",
			    draft_name(pl->named[i]));
			return (0);
		}
	return (1);
}

struct draft *
plan_named(const struct plan *pl, const struct draft *dr, const char *name)
{
	size_t	 lo = 0, hi = pl->nnamed, mid;
	int	 c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = strcmp(rec_str(dr->project->e.row, F_s_project_name),
		    rec_str(pl->named[mid]->project->e.row, F_s_project_name));
		if (c == 0)
			c = strcmp(name, draft_name(pl->named[mid]));
		if (c == 0)
			return (pl->named[mid]);
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return (NULL);
}

/* One filed before, of which a file can only be had in the same project. */
static void
need_task(struct plan *pl, struct draft *dr, struct need *nd)
{
	struct ref_who	 who = { pl->d->conf, pl->d->env, pl->d->command };
	const char	*project;
	char		 why[1024], shown[80];
	int		 e;

	project = rec_str(dr->project->e.row, F_s_project_name);
	e = ref_task(pl->d->st, &who, nd->ref.task, project, &nd->task, why,
	    sizeof(why));
	if (e != 0)
		refuse(pl->d, e, "file it first, or name it in the same plan",
		    "%s: dependency: %s", draft_shown(pl, dr, shown), why);
	else if (nd->ref.kind == DEP_FILE && nd->task->project != dr->project)
		refuse(pl->d, PRA_EINVALID, "have it land the file in its own "
		    "project", "%s: dependency: a file can only be had from a "
		    "task of the same project", draft_shown(pl, dr, shown));
}

static int
need_same(const struct need *a, const struct need *b)
{
	return (a->sib == b->sib && a->task == b->task &&
	    a->ref.kind == b->ref.kind &&
	    strcmp(a->ref.path, b->ref.path) == 0);
}

/* Add a dependency once; what it is comes from the plan or the state. */
static void
draft_dep(struct plan *pl, struct draft *dr, const char *text)
{
	struct need	*nd = &dr->needs[dr->nneeds];
	const char	*wrong = dep_parse(text, &nd->ref);
	char		 vis[4 * DEP_TEXT + 1], shown[80];
	size_t		 i;

	if (wrong != NULL) {
		refuse(pl->d, PRA_EINVALID, "write TASK, ok:TASK, any:TASK, "
		    "failed:TASK, merged:TASK or file:TASK:PATH",
		    "%s: dependency \"%.300s\": %s", draft_shown(pl, dr, shown),
		    log_vis(vis, sizeof(vis), text, strlen(text)), wrong);
		return;
	}
	nd->task = NULL;
	nd->sib = plan_named(pl, dr, nd->ref.task);
	if (nd->sib == dr)
		refuse(pl->d, PRA_ECYCLE, "leave the dependency out",
		    "%s depends on itself", draft_shown(pl, dr, shown));
	else if (nd->sib == NULL)
		need_task(pl, dr, nd);
	for (i = 0; i < dr->nneeds; i++) {
		if (need_same(&dr->needs[i], nd))
			return;
		if (nd->ref.kind == DEP_FILE &&
		    strcmp(dr->needs[i].ref.path, nd->ref.path) == 0)
			refuse(pl->d, PRA_EINVALID, "leave one of them out",
			    "%s waits for the same file of two tasks",
			    draft_shown(pl, dr, shown));
	}
	dr->nneeds++;
}

int
draft_deps(struct plan *pl, struct draft *dr)
{
	size_t	 i, room, n = rec_count(dr->cmd, F_c_task_create_deps);
	char	 shown[80];

	/* The parts of an array wait for what it waits for. */
	if (dr->whole)
		n = 0;
	room = n + dr->nparts + (dr->after != NULL);
	if (n > DEPS_MAX) {
		refuse(pl->d, PRA_ELIMIT, "put a task between", "%s has more "
		    "than %d dependencies", draft_shown(pl, dr, shown),
		    DEPS_MAX);
		return (0);
	}
	if (room > 0 && (dr->needs = calloc(room,
	    sizeof(*dr->needs))) == NULL)
		refuse(pl->d, PRA_ENOMEM, NULL, "no memory for a plan");
	for (i = 0; i < n && pl->d->err == 0; i++)
		draft_dep(pl, dr, rec_nth_str(dr->cmd,
		    F_c_task_create_deps, i));
	return (pl->d->err == 0);
}

void
draft_put(struct rec *ev, int deps, int needs, const struct draft *dr)
{
	const struct need	*nd;
	char			 text[DEP_TEXT];
	size_t			 i, odd = 0;

	for (i = 0; i < dr->nneeds; i++) {
		nd = &dr->needs[i];
		id_format(text, 't', nd->sib != NULL ? nd->sib->id :
		    rec_id(nd->task->e.row, F_s_task_id));
		rec_add_str(ev, deps, text);
		odd += nd->ref.kind != DEP_OK;
	}
	for (i = 0; odd > 0 && i < dr->nneeds; i++) {
		nd = &dr->needs[i];
		snprintf(text, sizeof(text), "%s%s%s", dep_word(nd->ref.kind),
		    nd->ref.path[0] != '\0' ? ":" : "", nd->ref.path);
		rec_add_str(ev, needs, text);
	}
}

/* What a need is called in a sentence. */
static void
need_text(char out[DEP_TEXT], const struct need *nd)
{
	char	 name[TEXT_NAME];

	if (nd->task != NULL)
		text_task(name, nd->task);
	else if (*draft_name(nd->sib) != '\0')
		snprintf(name, sizeof(name), "%s", draft_name(nd->sib));
	else
		id_format(name, 't', nd->sib->id);
	dep_text(out, nd->ref.kind, name, nd->ref.path);
}

const char *
draft_state(struct plan *pl, struct rec *ev, int reason,
    const struct draft *dr, char summary[TEXT_LINE])
{
	const struct need	*nd, *bad = NULL;
	struct dep_end		 end;
	enum dep_is		 is;
	char			 list[TEXT_LINE - 16] = "", text[DEP_TEXT];
	char			 name[TEXT_NAME];

	for (nd = dr->needs; nd < dr->needs + dr->nneeds; nd++) {
		is = DEP_OPEN;
		if (nd->task != NULL) {
			end = dep_end(nd->task);
			is = dep_stands(nd->ref.kind, &end);
		}
		if (is == DEP_MET)
			continue;
		need_text(text, nd);
		text_list(list, sizeof(list), text);
		if (is != DEP_OPEN && (bad == NULL || is == DEP_NEVER))
			bad = nd;
		if (is == DEP_NEVER)
			break;
	}
	snprintf(summary, TEXT_LINE, "%s%s", *list == '\0' ? "ready" :
	    "waiting on ", list);
	if (dr->whole) {
		snprintf(summary, TEXT_LINE, "waiting on its sub-tasks");
		return ("waiting");
	}
	if (bad == NULL)
		return (*list == '\0' ? "ready" : "waiting");
	end = dep_end(bad->task);
	dep_sentence(summary, TEXT_LINE, bad->ref.kind,
	    text_task(name, bad->task), &end);
	if (dep_stands(bad->ref.kind, &end) == DEP_NEVER)
		refuse(pl->d, PRA_ESTATE, "leave that dependency out",
		    "%s could never run: %s", draft_shown(pl, dr, text),
		    summary);
	rec_set_str(ev, reason, dep_reason(bad->ref.kind));
	return ("held");
}

static void
created_texts(struct rec *ev, const struct draft *dr)
{
	static const int	 copied[][2] = {
		{ F_e_task_created_text, F_c_task_create_text },
		{ F_e_task_created_agent, F_c_task_create_agent }
	};
	const char		*run = rec_str(dr->cmd, F_c_task_create_run);
	size_t			 i;

	if (dr->name[0] != '\0')
		rec_set_str(ev, F_e_task_created_name, dr->name);
	for (i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		if (*rec_str(dr->cmd, copied[i][1]) != '\0')
			rec_set_str(ev, copied[i][0],
			    rec_str(dr->cmd, copied[i][1]));
	if (dr->whole)
		rec_set_u64(ev, F_e_task_created_whole, 1);
	else if (check_some(run))
		rec_set_str(ev, F_e_task_created_run, run);
	else if (!rec_has(ev, F_e_task_created_agent))
		rec_set_str(ev, F_e_task_created_agent,
		    rec_str(dr->project->e.row, F_s_project_agent));
	for (i = 0; i < rec_count(dr->cmd, F_c_task_create_labels); i++)
		rec_add_str(ev, F_e_task_created_labels,
		    rec_nth_str(dr->cmd, F_c_task_create_labels, i));
}

static void
created_part(struct rec *ev, const struct draft *dr)
{
	if (dr->up != NULL)
		rec_set_id(ev, F_e_task_created_parent, dr->up->id);
	else if (dr->filed != NULL)
		rec_set_id(ev, F_e_task_created_parent,
		    rec_id(dr->filed->e.row, F_s_task_id));
	if (dr->element)
		rec_set_u64(ev, F_e_task_created_index, dr->index);
}

static void
draft_emit(struct plan *pl, struct draft *dr)
{
	const struct rec	*c = dr->cmd;
	struct rec		*ev = emit(pl->d, REC_e_task_created);
	char			 summary[TEXT_LINE];

	rec_set_id(ev, F_e_task_created_task, dr->id);
	rec_set_str(ev, F_e_task_created_project,
	    rec_str(dr->project->e.row, F_s_project_name));
	created_texts(ev, dr);
	created_part(ev, dr);
	draft_put(ev, F_e_task_created_deps, F_e_task_created_needs, dr);
	rec_set_str(ev, F_e_task_created_state, draft_state(pl, ev,
	    F_e_task_created_reason, dr, summary));
	rec_set_str(ev, F_e_task_created_summary, summary);
	rec_set_i64(ev, F_e_task_created_priority,
	    rec_i64(c, F_c_task_create_priority));
	rec_set_u64(ev, F_e_task_created_timeout,
	    rec_u64(c, F_c_task_create_timeout));
	if (rec_has(c, F_c_task_create_idle))
		rec_set_u64(ev, F_e_task_created_idle,
		    rec_u64(c, F_c_task_create_idle));
	if (rec_has(c, F_c_task_create_cpu_time))
		rec_set_u64(ev, F_e_task_created_cpu_time,
		    rec_u64(c, F_c_task_create_cpu_time));
	rec_set_u64(ev, F_e_task_created_retries,
	    rec_has(c, F_c_task_create_retries) ?
	    rec_u64(c, F_c_task_create_retries) :
	    config_u64(pl->d->conf, F_k_main_retries));
	rec_set_u64(ev, F_e_task_created_uid, rec_u64(pl->d->env, F_c_env_uid));
	decide_created_times(pl->d, c, ev);
	decide_groups(pl->d, ev);
	dr->emitted = 1;
}

/* The walk is at `from`, below `to`, which it depends on: name the circle. */
static void
plan_cycle(struct plan *pl, const struct draft *from, const struct draft *to)
{
	const struct draft	*dr;
	char			 line[TEXT_LINE] = "", shown[80];
	size_t			 n = 0;

	for (dr = to; n < sizeof(line) - 200; dr = dr->below) {
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s -> ",
		    draft_short(pl, dr, shown));
		if (dr == from)
			break;
	}
	if (dr != from)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "... -> ");
	snprintf(line + n, sizeof(line) - n, "%s", draft_short(pl, to, shown));
	refuse(pl->d, PRA_ECYCLE, "leave one of the dependencies out",
	    "these depend on each other in a circle: %s", line);
}

/*
 * Emit a task after those of the plan that it depends on.  The way back is
 * kept in the drafts, so a long chain costs no stack.
 */
static void
draft_walk(struct plan *pl, struct draft *dr)
{
	struct draft	*sib;

	dr->open = 1;
	while (dr != NULL && pl->d->err == 0) {
		if (dr->at == dr->nneeds) {
			draft_emit(pl, dr);
			dr->open = 0;
			dr = dr->parent;
			continue;
		}
		sib = dr->needs[dr->at++].sib;
		if (sib == NULL || sib->emitted)
			continue;
		if (sib->open) {
			plan_cycle(pl, dr, sib);
			return;
		}
		sib->open = 1;
		sib->parent = dr;
		dr->below = sib;
		dr = sib;
	}
}

static void
plan_emit(struct plan *pl)
{
	size_t	 i;

	for (i = 0; i < pl->n && pl->d->err == 0; i++)
		if (!pl->drafts[i].emitted)
			draft_walk(pl, &pl->drafts[i]);
}

static int
plan_room(struct decision *d, size_t n)
{
	uint64_t	 max = config_u64(d->conf, F_k_main_tasks_max);
	uint64_t	 now = 0;
	int		 s;

	for (s = 0; s < TS_MAX; s++)
		if (!task_final((enum task_state)s))
			now += d->st->ntasks[s];
	if (now + n <= max)
		return (1);
	refuse(d, PRA_ELIMIT, "wait until some are finished, or raise tasks "
	    "max in praetord.conf", "%llu unfinished tasks and %zu more are "
	    "over the limit of %llu", (unsigned long long)now, n,
	    (unsigned long long)max);
	return (0);
}

/* So many of a plan's tasks are of a project; the first of them asks. */
static int
plan_quota(struct plan *pl)
{
	struct project	*p;
	char		 whom[ACCOUNT_KEY];
	uint64_t	 most;
	size_t		 i, k, n;

	for (i = 0; i < pl->n; i++) {
		p = pl->drafts[i].project;
		if (i > 0 && pl->drafts[i - 1].project == p)
			continue;
		ledger_key(whom, "project", rec_str(p->e.row,
		    F_s_project_name));
		(void)queue_counted(pl->d->st, QT_QUEUED, whom, &most);
		if (most == UINT64_MAX)
			continue;
		for (k = n = 0; k < pl->n; k++)
			n += pl->drafts[k].project == p;
		if (!decide_quota(pl->d, whom, n))
			return (0);
	}
	return (decide_quota_user(pl->d, pl->n));
}

static void
plan_decide(struct plan *pl, const char *project)
{
	struct decision	*d = pl->d;
	size_t		 i;

	for (i = 0; d->err == 0 && i < pl->n; i++)
		draft_check(pl, &pl->drafts[i], project);
	if (d->err != 0 || !plan_room(d, pl->n) || !plan_quota(pl) ||
	    !plan_names(pl))
		return;
	if (!parts_find(pl))
		return;
	for (i = 0; d->err == 0 && i < pl->n; i++)
		draft_deps(pl, &pl->drafts[i]);
	if (d->err == 0 && parts_join(pl))
		plan_emit(pl);
	for (i = 0; d->err == 0 && i < pl->n; i++)
		if (!pl->drafts[i].element)
			decide_show(d, pl->drafts[i].id);
	d->used = pl->n;
}

void
decide_task_create(struct decision *d, const struct input *in)
{
	struct plan	 pl;

	if (plan_init(&pl, d, parts_count(in->rec))) {
		parts_expand(&pl, pl.drafts, in->rec);
		plan_decide(&pl, "");
	}
	plan_free(&pl);
}

void
decide_task_plan(struct decision *d, const struct input *in)
{
	const struct rec	*cmd;
	size_t			 i, at = 0;
	size_t			 n = rec_count(in->rec, F_c_task_plan_tasks);
	struct plan		 pl;

	if (n == 0) {
		refuse(d, PRA_EUSAGE, "name at least one task",
		    "the plan is empty");
		return;
	}
	if (plan_init(&pl, d, decide_ids(in) - 1)) {
		for (i = 0; i < n; i++) {
			cmd = rec_nth_rec(in->rec, F_c_task_plan_tasks, i);
			parts_expand(&pl, pl.drafts + at, cmd);
			at += parts_count(cmd);
		}
		plan_decide(&pl, rec_str(in->rec, F_c_task_plan_project));
	}
	plan_free(&pl);
}
