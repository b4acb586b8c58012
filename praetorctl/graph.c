/*
 * praetorctl task deps|edit|clean: the graph of tasks.  Runs in praetorctl on
 * what the daemon sent, where names are foreign text.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "praetorctl/ctl.h"
#include "praetorctl/task.h"

#define DEEPEST		100	/* levels that are drawn */
#define CLEAN_AGE	(30LL * 24 * 3600 * 1000)	/* ms */

const struct ctl_opt edit_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "project in which a name is looked up" },
	{ "text", 0, CT_STR, "TEXT", "text",
	    "what is to be done" },
	{ "run", 'r', CT_STR, "LINE", "run",
	    "shell line to run" },
	{ "deps", 'd', CT_LIST, "TASK,...", "deps",
	    "what it waits for instead; empty: nothing" },
	{ "priority", 0, CT_NUM, "N", "priority",
	    "-1000 to 1000, higher first" },
	{ "timeout", 't', CT_MS, "TIME", "timeout",
	    "limit of an attempt, like 90s or 5m" },
	{ "idle", 0, CT_MS, "TIME", "idle",
	    "end an attempt that prints nothing for so long" },
	{ "cpu-time", 0, CT_MS, "TIME", "cpu_time",
	    "end an attempt that uses so much CPU time" },
	{ "retries", 0, CT_NUM, "N", "retries",
	    "further attempts after a failure" },
	{ "label", 'l', CT_LIST, "LABEL,...", "labels",
	    "labels instead of those that it has; empty: none" },
	{ "expect", 0, CT_NUM, "VERSION", NULL,
	    "only if the task still has this version" },
	{ 0 }
};

const struct ctl_opt reorder_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "project in which names are looked up" },
	{ "before", 0, CT_STR, "TASK", "before",
	    "before this one, of the same project and priority" },
	{ "after", 0, CT_STR, "TASK", "after",
	    "after this one" },
	{ "top", 0, CT_FLAG, NULL, "top",
	    "before all of its project and priority" },
	{ "expect", 0, CT_NUM, "VERSION", NULL,
	    "only if the task still has this version" },
	{ 0 }
};

const struct ctl_opt deps_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "project in which a name is looked up" },
	{ "tree", 0, CT_FLAG, NULL, "tree",
	    "also what those depend on, and so on" },
	{ "unblocks", 0, CT_FLAG, NULL, "unblocks",
	    "what waits for it instead" },
	{ 0 }
};

const struct ctl_opt clean_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "of this project only" },
	{ "older", 0, CT_MS, "AGE", "older",
	    "that have been finished for so long; the default is 30d" },
	{ 0 }
};

/* task deps */

struct drawn {
	struct ctl	*c;
	json_t		*below;		/* id: edges that go out from it */
	json_t		*seen;		/* ids that have been drawn */
	int		 un;		/* from a task to those that wait */
	char		 line[DEEPEST * 16 + 1];	/* what is left of it */
};

static void
draw_end(struct drawn *d, const json_t *edge)
{
	const char	*state = item_str(edge, d->un ? "state" : "dep_state");
	const char	*name = item_str(edge, d->un ? "name" : "dep_name");
	const char	*kind = item_str(edge, "needs");
	struct out	*o = &d->c->out;

	if (strcmp(kind, "ok") != 0)
		out_printf(o, "%s:", kind);
	out_text(o, *name != '\0' ? name :
	    item_str(edge, d->un ? "task" : "dep"));
	if (*item_str(edge, "path") != '\0') {
		out_printf(o, ":");
		out_text(o, item_str(edge, "path"));
	}
	out_printf(o, " ");
	out_color(o, view_color(state));
	out_text(o, state);
	out_plain(o, view_color(state));
}

/* What is below a task; what was drawn before is only named. */
static void
draw_below(struct drawn *d, const char *id, int depth)
{
	static const char *const	 marks[2][4] = {
		{ "|-- ", "`-- ", "|   ", "    " },
		{ "\342\224\234\342\224\200\342\224\200 ",
		    "\342\224\224\342\224\200\342\224\200 ",
		    "\342\224\202   ", "    " }
	};
	const char *const		*m = marks[d->c->out.utf8 != 0];
	json_t				*edges, *edge;
	const char			*to;
	size_t				 i, n, len = strlen(d->line);
	int				 again;

	edges = json_object_get(d->below, id);
	n = json_array_size(edges);
	json_array_foreach(edges, i, edge) {
		to = item_str(edge, d->un ? "task" : "dep");
		again = json_object_get(d->seen, to) != NULL &&
		    json_object_get(d->below, to) != NULL;
		out_printf(&d->c->out, "%s%s", d->line, m[i + 1 == n]);
		draw_end(d, edge);
		out_printf(&d->c->out, "%s\n", again ? " (as above)" :
		    depth + 1 == DEEPEST ? " ..." : "");
		if (again || depth + 1 == DEEPEST)
			continue;
		json_object_set_new(d->seen, to, json_true());
		snprintf(d->line + len, sizeof(d->line) - len, "%s",
		    m[2 + (i + 1 == n)]);
		draw_below(d, to, depth + 1);
		d->line[len] = '\0';
	}
}

/* Edges by the task that they go out from, and which one was asked about. */
static const char *
draw_index(struct drawn *d)
{
	json_t		*edge, *list;
	const char	*from;
	size_t		 i;

	json_array_foreach(d->c->items, i, edge) {
		from = item_str(edge, d->un ? "dep" : "task");
		if ((list = json_object_get(d->below, from)) == NULL) {
			list = json_array();
			json_object_set_new(d->below, from, list);
		}
		json_array_append(list, edge);
	}
	edge = json_array_get(d->c->items, 0);
	return (item_str(edge, d->un ? "dep" : "task"));
}

int
task_deps(struct ctl *c)
{
	struct drawn	 d = { .c = c };
	const json_t	*first;
	const char	*root, *name, *state;
	int		 code = ctl_run(c, NULL);

	d.un = json_is_true(json_object_get(c->args, "unblocks"));
	first = json_array_get(c->items, 0);
	if (c->json || first == NULL) {
		if (code == 0 && !c->json && c->out.tty)
			out_printf(&c->out, d.un ? "nothing waits for it\n" :
			    "it depends on nothing\n");
		return (code);
	}
	d.below = json_object();
	d.seen = json_object();
	root = draw_index(&d);
	name = item_str(first, d.un ? "dep_name" : "name");
	state = item_str(first, d.un ? "dep_state" : "state");
	out_text(&c->out, *name != '\0' ? name : root);
	out_printf(&c->out, " ");
	out_color(&c->out, view_color(state));
	out_text(&c->out, state);
	out_plain(&c->out, view_color(state));
	out_printf(&c->out, "\n");
	draw_below(&d, root, 0);
	json_decref(d.below);
	json_decref(d.seen);
	return (code);
}

int
task_edit(struct ctl *c)
{
	return (ctl_run(c, NULL));
}

/* task clean */

static void
say(struct ctl *c, long long n, const char *what)
{
	if (n > 0)
		out_printf(&c->out, "%lld %s\n", n, what);
}

/* A piece at a time, until the daemon has been through all of them. */
int
task_clean(struct ctl *c)
{
	static const struct {
		const char	*member;
		const char	*text;
	} kept[] = {
		{ "young", "kept: finished later" },
		{ "attic", "kept: the work is only in the attic, until retain "
		    "attic deletes it" },
		{ "needed", "kept: unfinished tasks have to do with them" }
	};
	long long	 n[3] = { 0 }, cleaned = 0;
	const char	*after;
	size_t		 k;
	int		 code;

	if (json_object_get(c->args, "older") == NULL)
		json_object_set_new(c->args, "older",
		    json_integer(CLEAN_AGE));
	do {
		if ((code = ctl_run(c, NULL)) != 0)
			return (code);
		cleaned += json_integer_value(json_object_get(c->last,
		    "cleaned"));
		for (k = 0; k < 3; k++)
			n[k] += json_integer_value(json_object_get(c->last,
			    kept[k].member));
		after = item_str(c->last, "after");
		json_object_set_new(c->args, "after", json_string(after));
	} while (*after != '\0');
	if (c->json)
		return (0);
	out_printf(&c->out, "%lld forgotten\n", cleaned);
	for (k = 0; k < 3; k++)
		say(c, n[k], kept[k].text);
	return (0);
}
