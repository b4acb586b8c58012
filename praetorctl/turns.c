/*
 * praetorctl queue simulate and list: whose turn it is, and what limits it.
 */
#include <stdio.h>
#include <string.h>

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

/* As the accounts show it. */
static void
limit_row(json_t *item)
{
	static const struct {
		const char	*what;
		void		(*format)(char *, size_t, uint64_t);
	} formats[] = {
		{ "money", number_money }, { "disk", number_bytes }
	};
	size_t	 i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(item_str(item, "what"), formats[i].what) != 0)
			continue;
		item_number(item, "used", formats[i].format);
		item_number(item, "most", formats[i].format);
	}
}

static int
queue_list(struct ctl *c)
{
	json_t	*item;
	size_t	 i;
	int	 code = ctl_run(c, NULL);

	if (!c->json)
		json_array_foreach(c->items, i, item)
			limit_row(item);
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
