/*
 * praetorctl drain, undrain and queue ...: whether tasks are started.
 */
#include <stdio.h>

#include "common/err.h"
#include "praetorctl/ctl.h"

static const struct ctl_opt drain_opts[] = {
	{ "reason", 'r', CT_STR, "TEXT", "reason",
	    "why, in words" },
	{ "wait", 'w', CT_FLAG, NULL, NULL,
	    "wait until what has begun is finished" },
	{ "timeout", 't', CT_MS, "TIME", NULL,
	    "wait so long at most" },
	{ 0 }
};

static const struct ctl_opt pause_opts[] = {
	{ "reason", 'r', CT_STR, "TEXT", "reason",
	    "why, in words" },
	{ 0 }
};

/* To wait for a daemon that is being drained already is no error. */
static int
drain(struct ctl *c)
{
	json_t	*args, *ms;
	int	 e, code;

	e = ctl_ask(c, "drain", c->args, NULL);
	if (!opt_given(c, "wait") || (e != 0 && e != PRA_ESTATE))
		return (ctl_result(c, e));
	args = json_object();
	if ((ms = json_object_get(c->local, "timeout")) != NULL)
		json_object_set(args, "timeout", ms);
	code = ctl_result(c, ctl_ask(c, "drained", args, NULL));
	json_decref(args);
	return (code);
}

static int
queue_run(struct ctl *c)
{
	return (ctl_run(c, NULL));
}

const struct ctl_cmd queue_cmds[] = {
	{ "drain", "drain", drain_opts, "", 0, 0, NULL, 1,
	    "start no task any more, and let finish what has begun", drain },
	{ "undrain", "undrain", NULL, "", 0, 0, NULL, 1,
	    "start tasks again", queue_run },
	{ "queue pause", "queue.pause", pause_opts, "[PROJECT]", 0, 1,
	    "project", 1, "start no task of a project, or none at all",
	    queue_run },
	{ "queue resume", "queue.resume", NULL, "[PROJECT]", 0, 1, "project",
	    1, "start tasks again", queue_run },
	{ 0 }
};
