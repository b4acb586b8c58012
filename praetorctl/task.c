/*
 * praetorctl task ...: filing tasks and looking after them.  What a task
 * printed and changed is in stream.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "praetorctl/ctl.h"
#include "praetorctl/task.h"

#define TEXT_MOST	65536	/* bytes of a task's text */

static const struct ctl_opt add_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "project; may be left out when there is one only" },
	{ "name", 'n', CT_STR, "NAME", "name",
	    "name, unique among the project's unfinished tasks" },
	{ "run", 'r', CT_STR, "LINE", "run",
	    "shell line to run" },
	{ "agent", 0, CT_STR, "AGENT", "agent",
	    "agent to run" },
	{ "deps", 'd', CT_LIST, "TASK,...", "deps",
	    "what it waits for: ok:, any:, failed:, merged:, file:TASK:PATH" },
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
	    "labels" },
	{ "at", 0, CT_TIME, "TIME", "at",
	    "not before this time, like 2026-12-01T03:00:00Z" },
	{ "delay", 0, CT_MS, "TIME", "delay",
	    "not before so long from now, like 10m" },
	{ "deadline", 0, CT_TIME, "TIME", "deadline",
	    "fails unless an attempt has begun and ended by then" },
	{ "retry-delay", 0, CT_MS, "TIME", "retry_delay",
	    "wait before a further attempt" },
	{ "backoff", 0, CT_STR, "HOW", "backoff",
	    "fixed, or exponential: the wait doubles each time" },
	{ "parent", 0, CT_STR, "TASK", "parent",
	    "composite task that it is part of" },
	{ "composite", 0, CT_FLAG, NULL, "composite",
	    "it has sub-tasks and nothing to run" },
	{ "array", 0, CT_STR, "RANGE", "array",
	    "one for each number: 0-99, or 0-99%4 for 4 at once" },
	{ "file", 'f', CT_STR, "FILE", NULL,
	    "file a whole graph of tasks, or nothing; - is standard input" },
	{ "key", 0, CT_STR, "KEY", NULL,
	    "idempotency key; the default is a random one" },
	{ "quiet", 'q', CT_FLAG, NULL, NULL,
	    "print nothing but ids" },
	{ 0 }
};

static const struct ctl_opt list_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "of this project only" },
	{ "state", 's', CT_LIST, "STATE,...", "states",
	    "in these states only" },
	{ "label", 'l', CT_STR, "LABEL", "label",
	    "with this label only" },
	{ "all", 'a', CT_FLAG, NULL, "all",
	    "also those done, failed or cancelled" },
	{ "parts", 0, CT_FLAG, NULL, "parts",
	    "also the sub-tasks of composites and arrays" },
	{ "limit", 0, CT_NUM, "N", "limit",
	    "at most so many, the newest" },
	{ "quiet", 'q', CT_FLAG, NULL, NULL,
	    "print nothing but ids" },
	{ 0 }
};

static const struct ctl_opt task_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "project in which a name is looked up" },
	{ 0 }
};

static const struct ctl_opt hold_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "project in which a name is looked up" },
	{ "reason", 'r', CT_STR, "TEXT", "reason",
	    "why, in words" },
	{ 0 }
};

static const struct ctl_opt trace_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "project in which a name is looked up" },
	{ "no-follow", 0, CT_FLAG, NULL, NULL,
	    "stop at what has happened so far" },
	{ 0 }
};

static const struct ctl_opt logs_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "project in which a name is looked up" },
	{ "attempt", 0, CT_NUM, "N", "attempt",
	    "of this attempt; the default is the last" },
	{ "verify", 0, CT_FLAG, NULL, "verify",
	    "what the verification printed instead" },
	{ "follow", 'f', CT_FLAG, NULL, "follow",
	    "go on until the attempt is over" },
	{ 0 }
};

static const struct ctl_opt wait_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "project in which a name is looked up" },
	{ "timeout", 't', CT_MS, "TIME", "timeout",
	    "give up after so long" },
	{ 0 }
};

static const struct ctl_opt approve_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "project in which a name is looked up" },
	{ "hash", 0, CT_STR, "HASH", "hash",
	    "only if the change has this hash; 8 digits of it at least" },
	{ 0 }
};

static const struct ctl_opt reject_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "project in which a name is looked up" },
	{ "hash", 0, CT_STR, "HASH", "hash",
	    "only if the change has this hash; 8 digits of it at least" },
	{ "message", 'm', CT_STR, "REASON", "message",
	    "the reason, for who filed it" },
	{ 0 }
};

static const struct column columns[] = {
	{ "ID", "id", CD_NAMED }, { "NAME", "name", CD_NEVER },
	{ "PROJECT", "project", CD_SAME }, { "STATE", "state", CD_NEVER },
	{ "TRY", "attempt", CD_ALWAYS }, { "REASON", "reason", CD_ALWAYS },
	{ "WHY", "sentence", CD_NEVER },
	{ 0 }
};

/* Ids of what was filed; names as well for people. */
static void
print_filed(struct ctl *c)
{
	const json_t	*item;
	size_t		 i;

	json_array_foreach(c->items, i, item) {
		out_text(&c->out, item_str(item, "id"));
		if (c->out.tty && !opt_given(c, "quiet") &&
		    json_array_size(c->items) > 1 &&
		    *item_str(item, "name") != '\0') {
			out_printf(&c->out, "  ");
			out_text(&c->out, item_str(item, "name"));
		}
		out_printf(&c->out, "\n");
	}
	if (json_array_size(c->items) == 0 && !c->json) {
		out_text(&c->out, item_str(c->done, "subject"));
		out_printf(&c->out, "\n");
	}
}

/* "-" is the text on standard input, without its last newline. */
static int
text_stdin(struct ctl *c)
{
	struct buf	 b = { 0 };
	json_t		*v;
	int		 e;

	e = file_read("-", TEXT_MOST, &b);
	if (e == PRA_ELIMIT)
		e = ctl_error(PRA_EINVALID, "put it into a file of the "
		    "repository and name that", "text: is longer than %d "
		    "bytes", TEXT_MOST);
	else if (e != 0)
		e = ctl_error(e, NULL, "text: standard input: %s", err_text(e));
	if (e != 0)
		goto out;
	if (b.len > 0 && b.data[b.len - 1] == '\n')
		b.len--;
	v = json_stringn(b.len > 0 ? (char *)b.data : "", b.len);
	if (v == NULL || memchr(json_string_value(v), '\0', b.len) != NULL) {
		json_decref(v);
		e = ctl_error(PRA_EINVALID, "give plain text",
		    "text: is not UTF-8 text, or has a NUL");
		goto out;
	}
	json_object_set_new(c->args, "text", v);
out:
	buf_free(&b);
	return (e);
}

static int
add_plan(struct ctl *c)
{
	json_t	*plan;
	int	 code;

	if (c->argc > 0)
		return (ctl_error(PRA_EUSAGE, NULL,
		    "task add: --file takes no text"));
	plan = plan_load(opt_value(c, "file"), json_string_value(
	    json_object_get(c->args, "project")), &code);
	if (plan == NULL)
		return (code);
	code = ctl_result(c, ctl_ask(c, "task.plan", plan, NULL));
	json_decref(plan);
	if (code == 0)
		print_filed(c);
	return (code);
}

static int
task_add(struct ctl *c)
{
	int	 code;

	if (opt_given(c, "file"))
		return (add_plan(c));
	if (strcmp(item_str(c->args, "text"), "-") == 0 &&
	    (code = text_stdin(c)) != 0)
		return (code);
	if ((code = ctl_run(c, NULL)) == 0)
		print_filed(c);
	return (code);
}

static int
task_list(struct ctl *c)
{
	int	 code = ctl_run(c, NULL);

	if (code == 0 || json_array_size(c->items) > 0)
		view_table(c, columns, "id", json_object_size(c->args) > 0 ?
		    "no such task" : "no unfinished task; -a lists all");
	return (code);
}

static int
task_show(struct ctl *c)
{
	return (ctl_run(c, view_show));
}

/* What is only known of some tasks, as people read it. */
static void
why_number(struct ctl *c, json_t *item, const char *member, const char *words)
{
	char	*value;

	if (json_object_get(item, member) == NULL ||
	    (value = view_value(item, member)) == NULL)
		return;
	out_printf(&c->out, "%s", words);
	out_text(&c->out, value);
	free(value);
}

static void
print_why(struct ctl *c, json_t *item)
{
	const char	*sgr = view_color(item_str(item, "state"));

	out_color(&c->out, sgr);
	out_text(&c->out, item_str(item, "reason"));
	out_plain(&c->out, sgr);
	out_printf(&c->out, ": ");
	out_text(&c->out, item_str(item, "sentence"));
	if (strstr(item_str(item, "sentence"), "until") == NULL)
		why_number(c, item, "until", "; until ");
	why_number(c, item, "place", "; place ");
	why_number(c, item, "start", "; expected to start ");
	why_number(c, item, "end", "; expected to be over ");
	out_printf(&c->out, "\n");
}

static int
task_why(struct ctl *c)
{
	return (ctl_run(c, print_why));
}

/* The same command for each task named; the first failure is the result. */
static int
task_each(struct ctl *c)
{
	int	 i, code, first = 0;

	for (i = 0; i < c->argc; i++) {
		json_object_set_new(c->args, "task", json_string(c->argv[i]));
		code = ctl_run(c, NULL);
		if (first == 0)
			first = code;
	}
	return (first);
}

const struct ctl_cmd task_cmds[] = {
	{ "task add", "task.create", add_opts, "[TEXT]", 0, 1, "text", 1,
	    "file a task, or with --file a graph", task_add },
	{ "task list", "task.list", list_opts, "", 0, 0, NULL, 0,
	    "list tasks", task_list },
	{ "task show", "task.show", task_opts, "TASK", 1, 1, "task", 0,
	    "show a task", task_show },
	{ "task trace", "task.trace", trace_opts, "TASK", 1, 1, "task", 0,
	    "what happened to a task, until it is finished", task_trace },
	{ "task logs", "task.logs", logs_opts, "TASK", 1, 1, "task", 0,
	    "what an attempt printed", task_logs },
	{ "task diff", "task.diff", task_opts, "TASK", 1, 1, "task", 0,
	    "what a task changed, as a patch", task_diff },
	{ "task wait", "task.wait", wait_opts, "TASK ...", 1, -1, NULL, 0,
	    "wait until tasks are finished", task_wait },
	{ "task cancel", "task.cancel", task_opts, "TASK ...", 1, -1, NULL, 1,
	    "cancel tasks", task_each },
	{ "task retry", "task.retry", task_opts, "TASK ...", 1, -1, NULL, 1,
	    "run failed, held or cancelled tasks again", task_each },
	{ "task hold", "task.hold", hold_opts, "TASK ...", 1, -1, NULL, 1,
	    "keep tasks that have not begun from running", task_each },
	{ "task release", "task.release", task_opts, "TASK ...", 1, -1, NULL,
	    1, "let tasks that are held go on", task_each },
	{ "task pause", "task.pause", task_opts, "TASK ...", 1, -1, NULL, 1,
	    "stop the processes of running tasks", task_each },
	{ "task resume", "task.resume", task_opts, "TASK ...", 1, -1, NULL, 1,
	    "let paused tasks go on", task_each },
	{ "task approve", "task.approve", approve_opts, "TASK ...", 1, -1,
	    NULL, 1, "approve what changes of tasks ask about", task_each },
	{ "task reject", "task.reject", reject_opts, "TASK ...", 1, -1, NULL,
	    1, "reject changes that ask for an approval", task_each },
	{ "task edit", "task.edit", edit_opts, "TASK", 1, 1, "task", 1,
	    "change a task that has not begun", task_edit },
	{ "task reorder", "task.reorder", reorder_opts, "TASK", 1, 1, "task", 1,
	    "move a task in the queue", task_edit },
	{ "task deps", "task.deps", deps_opts, "TASK", 1, 1, "task", 0,
	    "what a task waits for, or what waits for it", task_deps },
	{ "task clean", "task.clean", clean_opts, "", 0, 0, NULL, 1,
	    "forget finished tasks", task_clean },
	{ "task why", "task.why", task_opts, "TASK", 1, 1, "task", 0,
	    "why a task is in the state it is in", task_why },
	{ "why", "task.why", task_opts, "TASK", 1, 1, "task", 0,
	    "the same in one word less", task_why },
	{ 0 }
};
