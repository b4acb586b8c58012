/*
 * praetorctl session ...: the sessions.
 */
#include <stdio.h>

#include "praetorctl/ctl.h"

static const struct ctl_opt list_opts[] = {
	{ "all", 'a', CT_FLAG, NULL, "all",
	    "also those that are gone" },
	{ "quiet", 'q', CT_FLAG, NULL, NULL,
	    "print nothing but numbers" },
	{ 0 }
};

static const struct column columns[] = {
	{ "ID", "id", CD_NEVER }, { "STATE", "state", CD_NEVER },
	{ "FOR", "purpose", CD_NEVER }, { "PROJECT", "project", CD_SAME },
	{ "TASK", "task", CD_NEVER }, { "TRY", "attempt", CD_ALWAYS },
	{ "PID", "pid", CD_ALWAYS }, { "STARTED", "started", CD_NEVER },
	{ 0 }
};

static int
session_list(struct ctl *c)
{
	int	 code = ctl_run(c, NULL);

	if (code == 0 || json_array_size(c->items) > 0)
		view_table(c, columns, "id", json_object_size(c->args) > 0 ?
		    "no session so far" : "no session runs; -a lists those "
		    "that are gone");
	return (code);
}

static int
session_show(struct ctl *c)
{
	return (ctl_run(c, view_show));
}

const struct ctl_cmd session_cmds[] = {
	{ "session list", "session.list", list_opts, "", 0, 0, NULL, 0,
	    "list the sessions", session_list },
	{ "session show", "session.show", NULL, "SESSION", 1, 1, "session", 0,
	    "show a session", session_show },
	{ 0 }
};
