/*
 * praetorctl schedule ...: tasks that are filed again and again.
 */
#include <stdio.h>

#include "praetorctl/ctl.h"

static const struct ctl_opt add_opts[] = {
	{ "cron", 'c', CT_STR, "TIMES", "cron",
	    "minute, hour, day, month and weekday, as in crontab(5)" },
	{ "tz", 'z', CT_STR, "ZONE", "zone",
	    "IANA time zone; the default is UTC" },
	{ "missed", 0, CT_STR, "HOW", "missed",
	    "once: make up for missed runs by one; skip: do not" },
	{ "overlap", 0, CT_STR, "HOW", "overlap",
	    "skip, queue or allow runs while an earlier one is unfinished" },
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "project; may be left out when there is one only" },
	{ "run", 'r', CT_STR, "LINE", "run",
	    "shell line to run" },
	{ "agent", 0, CT_STR, "AGENT", "agent",
	    "agent to run" },
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
	{ "retry-delay", 0, CT_MS, "TIME", "retry_delay",
	    "wait before a further attempt" },
	{ "backoff", 0, CT_STR, "HOW", "backoff",
	    "fixed, or exponential: the wait doubles each time" },
	{ "label", 'l', CT_LIST, "LABEL,...", "labels",
	    "labels" },
	{ 0 }
};

static const struct ctl_opt list_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "of this project only" },
	{ "quiet", 'q', CT_FLAG, NULL, NULL,
	    "print nothing but names" },
	{ 0 }
};

static const struct ctl_opt one_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "its project" },
	{ 0 }
};

static const struct ctl_opt next_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "its project" },
	{ "count", 'n', CT_NUM, "N", "count",
	    "how many; the default is 5" },
	{ 0 }
};

static const struct column columns[] = {
	{ "NAME", "name", CD_NEVER }, { "PROJECT", "project", CD_SAME },
	{ "CRON", "cron", CD_NEVER }, { "ZONE", "zone", CD_ALWAYS },
	{ "LAST", "last", CD_ALWAYS }, { "NEXT", "next", CD_NEVER },
	{ 0 }
};

static int
schedule_add(struct ctl *c)
{
	if (c->argc > 1)
		json_object_set_new(c->args, "text", json_string(c->argv[1]));
	return (ctl_run(c, NULL));
}

static int
schedule_list(struct ctl *c)
{
	int	 code = ctl_run(c, NULL);

	if (code == 0 || json_array_size(c->items) > 0)
		view_table(c, columns, "name", "no schedule");
	return (code);
}

static int
schedule_show(struct ctl *c)
{
	return (ctl_run(c, view_show));
}

/* 2026-11-30T02:00:00Z  Mon 2026-11-30 03:00 +0100 */
static void
print_run(struct ctl *c, json_t *item)
{
	char	 time[21];

	snprintf(time, sizeof(time), "%.19sZ", item_str(item, "time"));
	out_text(&c->out, time);
	out_printf(&c->out, "  ");
	out_text(&c->out, item_str(item, "local"));
	out_printf(&c->out, "\n");
}

static int
schedule_next(struct ctl *c)
{
	return (ctl_run(c, print_run));
}

static int
schedule_run(struct ctl *c)
{
	return (ctl_run(c, NULL));
}

const struct ctl_cmd schedule_cmds[] = {
	{ "schedule add", "schedule.add", add_opts, "NAME [TEXT]", 1, 2,
	    "name", 1, "file a task again and again", schedule_add },
	{ "schedule list", "schedule.list", list_opts, "", 0, 0, NULL, 0,
	    "list the schedules", schedule_list },
	{ "schedule show", "schedule.show", one_opts, "NAME", 1, 1, "name", 0,
	    "show a schedule", schedule_show },
	{ "schedule next", "schedule.next", next_opts, "NAME", 1, 1, "name",
	    0, "the next runs of a schedule", schedule_next },
	{ "schedule pause", "schedule.pause", one_opts, "NAME", 1, 1, "name",
	    1, "file no task until it is resumed", schedule_run },
	{ "schedule resume", "schedule.resume", one_opts, "NAME", 1, 1,
	    "name", 1, "file tasks again, from now on", schedule_run },
	{ "schedule remove", "schedule.remove", one_opts, "NAME", 1, 1,
	    "name", 1, "file its tasks no more", schedule_run },
	{ 0 }
};
