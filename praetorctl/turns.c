/*
 * praetorctl queue simulate and list: whose turn it is, and what limits it.
 */
#include <stdio.h>

#include "praetorctl/ctl.h"

static const struct ctl_opt simulate_opts[] = {
	{ "limit", 'n', CT_NUM, "N", "limit",
	    "at most so many, 1 to 1000; otherwise 20" },
	{ "quiet", 'q', CT_FLAG, NULL, NULL,
	    "print nothing but ids" },
	{ 0 }
};

static const struct ctl_opt list_opts[] = {
	{ "quiet", 'q', CT_FLAG, NULL, NULL,
	    "print nothing but for whom" },
	{ 0 }
};

static const struct column simulate_columns[] = {
	{ "PLACE", "place", CD_NEVER }, { "ID", "task", CD_NEVER },
	{ "NAME", "name", CD_ALWAYS }, { "PROJECT", "project", CD_SAME },
	{ "UID", "uid", CD_SAME }, { "START", "start", CD_NEVER },
	{ "WHY", "sentence", CD_NEVER },
	{ 0 }
};

static const struct column list_columns[] = {
	{ "FOR", "whom", CD_NEVER }, { "WHAT", "what", CD_NEVER },
	{ "USED", "used", CD_NEVER }, { "MOST", "most", CD_NEVER },
	{ "SHUT", "shut", CD_NEVER }, { "UNTIL", "until", CD_ALWAYS },
	{ "RULE", "rule", CD_NEVER },
	{ 0 }
};

static int
queue_simulate(struct ctl *c)
{
	int	 code = ctl_run(c, NULL);

	if (code == 0 || json_array_size(c->items) > 0)
		view_table(c, simulate_columns, "task", "no task that could "
		    "be started");
	return (code);
}

static int
queue_list(struct ctl *c)
{
	int	 code = ctl_run(c, NULL);

	if (code == 0 || json_array_size(c->items) > 0)
		view_table(c, list_columns, "whom", "no limit or quota is "
		    "for any unfinished task");
	return (code);
}

const struct ctl_cmd turn_cmds[] = {
	{ "queue simulate", "queue.simulate", simulate_opts, "", 0, 0, NULL,
	    0, "what would be started next, and why", queue_simulate },
	{ "queue list", "queue.list", list_opts, "", 0, 0, NULL, 0,
	    "limits and quotas, and how they stand", queue_list },
	{ 0 }
};
