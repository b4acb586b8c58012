/*
 * Composites and arrays that are to be.  Engine, pure half, on what users
 * wrote.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/graph.h"
#include "engine/parts.h"
#include "engine/refs.h"

#define INDEX_MAX	999999
#define NAME_ROOM	56	/* of a name, beside "[999999]" */

/* A number without sign or blanks; what follows it, or NULL. */
static const char *
number(const char *p, uint64_t *out)
{
	char	*end;

	if (*p < '0' || *p > '9' || strspn(p, "0123456789") > 6)
		return (NULL);
	*out = strtoull(p, &end, 10);
	return (end);
}

int
array_parse(const char *text, struct array *out)
{
	const char	*p;

	memset(out, 0, sizeof(*out));
	if ((p = number(text, &out->first)) == NULL || *p++ != '-' ||
	    (p = number(p, &out->last)) == NULL)
		return (-1);
	if (*p == '%' && ((p = number(p + 1, &out->most)) == NULL ||
	    out->most == 0))
		return (-1);
	return (*p != '\0' || out->last > INDEX_MAX ||
	    out->first > out->last ||
	    out->last - out->first >= PARTS_MAX ? -1 : 0);
}

size_t
parts_count(const struct rec *cmd)
{
	const char	*text = rec_str(cmd, F_c_task_create_array);
	struct array	 a;

	if (*text == '\0' || array_parse(text, &a) == -1)
		return (1);
	return (2 + (size_t)(a.last - a.first));
}

/* The composite first, so that parts know it by its place. */
void
parts_expand(struct plan *pl, struct draft *first, const struct rec *cmd)
{
	const char	*name = rec_str(cmd, F_c_task_create_name);
	struct draft	*dr;
	struct array	 a;
	size_t		 i, n = parts_count(cmd);

	(void)array_parse(rec_str(cmd, F_c_task_create_array), &a);
	for (i = 0; i < n; i++) {
		dr = first + i;
		dr->cmd = cmd;
		dr->id = pl->d->ids[dr - pl->drafts];
		dr->whole = n > 1 ? i == 0 :
		    rec_u64(cmd, F_c_task_create_composite) != 0;
		snprintf(dr->name, sizeof(dr->name), "%.64s", name);
		if (i == 0)
			continue;
		dr->element = 1;
		dr->index = a.first + i - 1;
		dr->up = first;
		snprintf(dr->name, sizeof(dr->name), "%.*s[%" PRIu64 "]",
		    NAME_ROOM, name, dr->index);
		if (a.most > 0 && i > a.most)
			dr->after = dr - a.most;
	}
}

int
parts_check(struct plan *pl, struct draft *dr)
{
	const struct rec	*c = dr->cmd;
	const char		*array = rec_str(c, F_c_task_create_array);
	struct array		 a;

	if (*array != '\0' && array_parse(array, &a) == -1)
		refuse(pl->d, PRA_EINVALID, "write it like 0-99, or 0-99%4 for "
		    "at most 4 at once; it may have 1000 tasks", "the array "
		    "is not a range of numbers");
	else if (*array != '\0' && (dr->name[0] == '\0' ||
	    strlen(rec_str(c, F_c_task_create_name)) > NAME_ROOM))
		refuse(pl->d, PRA_EUSAGE, "give --name, of at most 56 "
		    "characters", "an array needs a name");
	else if (rec_u64(c, F_c_task_create_composite) && (*array != '\0' ||
	    *rec_str(c, F_c_task_create_run) != '\0' ||
	    *rec_str(c, F_c_task_create_agent) != '\0' ||
	    rec_count(c, F_c_task_create_deps) > 0 ||
	    rec_has(c, F_c_task_create_at) ||
	    rec_has(c, F_c_task_create_delay)))
		refuse(pl->d, PRA_EUSAGE, "give those to its sub-tasks",
		    "a composite task has nothing to run and waits for its "
		    "sub-tasks only");
	return (pl->d->err == 0);
}

/* What is part of a task that was filed before. */
static void
parent_filed(struct plan *pl, struct draft *dr, const char *text)
{
	struct ref_who	 who = { pl->d->conf, pl->d->env, pl->d->command };
	char		 why[1024];
	int		 e;

	e = ref_task(pl->d->st, &who, text, rec_str(dr->project->e.row,
	    F_s_project_name), &dr->filed, why, sizeof(why));
	if (e != 0)
		refuse(pl->d, e, "file it with --composite first, or in the "
		    "same plan", "parent: %s", why);
	else if (!rec_u64(dr->filed->e.row, F_s_task_whole))
		refuse(pl->d, PRA_EINVALID, "file one with --composite",
		    "parent: it is no composite task");
	else if (task_final(dr->filed->state) ||
	    rec_u64(dr->filed->e.row, F_s_task_cancelling))
		refuse(pl->d, PRA_ESTATE, "file a new one with its sub-tasks",
		    "parent: the task is %s", task_final(dr->filed->state) ?
		    task_fsm.states[dr->filed->state] : "being cancelled");
	else if (dr->filed->project != dr->project)
		refuse(pl->d, PRA_EINVALID, "file it there",
		    "parent: it is of another project");
	else if (rec_count(dr->filed->e.row, F_s_task_deps) + pl->n >
	    PARTS_MAX)
		refuse(pl->d, PRA_ELIMIT, "make a composite of its own of "
		    "some", "parent: it would have more than %d sub-tasks",
		    PARTS_MAX);
}

static void
parent_find(struct plan *pl, struct draft *dr)
{
	const char	*text = rec_str(dr->cmd, F_c_task_create_parent);

	if (*text == '\0' || dr->element)
		return;
	dr->up = plan_named(pl, dr, text);
	if (dr->up == NULL)
		parent_filed(pl, dr, text);
	else if (!dr->up->whole || dr->up == dr)
		refuse(pl->d, PRA_EINVALID, "give that one \"composite\": true",
		    "parent: %s is no composite task", dr->up->name);
}

int
parts_find(struct plan *pl)
{
	size_t	 i;

	for (i = 0; i < pl->n && pl->d->err == 0; i++) {
		parent_find(pl, &pl->drafts[i]);
		if (pl->drafts[i].up != NULL &&
		    ++pl->drafts[i].up->nparts > PARTS_MAX)
			refuse(pl->d, PRA_ELIMIT, "make a composite of its own "
			    "of some", "%s would have more than %d sub-tasks",
			    pl->drafts[i].up->name, PARTS_MAX);
	}
	return (pl->d->err == 0);
}

/* Tasks of a plan must not wait for what they are to be a part of. */
static int
filed_circle(struct plan *pl, struct draft *dr)
{
	char	 line[TEXT_LINE];
	size_t	 i;

	for (i = 0; i < pl->n; i++)
		if (graph_circle(dr->filed, pl->drafts[i].needs,
		    pl->drafts[i].nneeds, line)) {
			refuse(pl->d, PRA_ECYCLE, "leave that dependency out",
			    "a sub-task would wait for its own parent: %s",
			    line);
			return (1);
		}
	return (0);
}

int
parts_join(struct plan *pl)
{
	struct draft	*dr, *up;
	size_t		 i;

	for (i = 0; i < pl->n && pl->d->err == 0; i++) {
		dr = &pl->drafts[i];
		if (dr->filed != NULL && filed_circle(pl, dr))
			return (0);
		if ((up = dr->up) != NULL) {
			up->needs[up->nneeds].sib = dr;
			up->needs[up->nneeds++].ref.kind = DEP_ANY;
		}
		if (dr->after != NULL) {
			dr->needs[dr->nneeds].sib = dr->after;
			dr->needs[dr->nneeds++].ref.kind = DEP_ANY;
		}
	}
	return (pl->d->err == 0);
}
