/*
 * praetorctl status, events, config, log and doctor: the daemon itself.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "praetorctl/ctl.h"

static const struct ctl_opt events_opts[] = {
	{ "follow", 'f', CT_FLAG, NULL, "follow",
	    "go on with what happens" },
	{ "since", 's', CT_NUM, "SEQ", "since",
	    "only events after this sequence number" },
	{ "type", 't', CT_STR, "TYPE", "type",
	    "only types that begin with this" },
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "of this project only" },
	{ 0 }
};

static const struct column doctor_columns[] = {
	{ "FEATURE", "feature", CD_NEVER }, { "STATUS", "status", CD_NEVER },
	{ "DETAIL", "detail", CD_NEVER }, { 0 }
};

static int
status(struct ctl *c)
{
	return (ctl_run(c, view_show));
}

/* 12  2026-11-21T01:02:03Z  task.ready  t_01K...  its line of the trace */
static void
print_event(struct ctl *c, json_t *item)
{
	const json_t	*trace = json_object_get(item, "trace");
	char		 time[21];

	snprintf(time, sizeof(time), "%.19sZ", item_str(item, "time"));
	out_printf(&c->out, "%6lld  ", (long long)json_integer_value(
	    json_object_get(item, "seq")));
	out_text(&c->out, time);
	out_printf(&c->out, "  ");
	out_color(&c->out, "1");
	out_pad(&c->out, item_str(item, "type"), 18);
	out_plain(&c->out, "1");
	out_printf(&c->out, "  ");
	out_text(&c->out, item_str(item, "stream"));
	if (trace != NULL) {
		out_printf(&c->out, "  ");
		out_text(&c->out, item_str(trace, "text"));
	}
	out_printf(&c->out, "\n");
}

static int
events(struct ctl *c)
{
	return (ctl_run(c, print_event));
}

static int
config_reload(struct ctl *c)
{
	return (ctl_run(c, NULL));
}

static int
config_check(struct ctl *c)
{
	const char	*args[] = { "-n", NULL, NULL, NULL };

	if (c->argc > 0) {
		args[1] = "-f";
		args[2] = c->argv[0];
	}
	return (exec_praetord(args));
}

static int
log_verbose_cmd(struct ctl *c)
{
	json_object_set_new(c->args, "verbose", json_true());
	return (ctl_run(c, NULL));
}

static int
log_brief(struct ctl *c)
{
	json_object_set_new(c->args, "verbose", json_false());
	return (ctl_run(c, NULL));
}

/* What is not there, and what to do about it. */
static int
print_remedies(struct ctl *c)
{
	const json_t	*item;
	size_t		 i;
	int		 missing = 0;

	json_array_foreach(c->items, i, item) {
		missing |= strcmp(item_str(item, "status"), "missing") == 0;
		if (c->json || *item_str(item, "remedy") == '\0' ||
		    strcmp(item_str(item, "status"), "ok") == 0)
			continue;
		out_text(&c->out, item_str(item, "feature"));
		out_printf(&c->out, ": ");
		out_text(&c->out, item_str(item, "remedy"));
		out_printf(&c->out, "\n");
	}
	return (missing);
}

static void
print_features(struct ctl *c)
{
	const json_t	*item;
	size_t		 i;

	json_array_foreach(c->items, i, item) {
		out_text(&c->out, item_str(item, "feature"));
		out_printf(&c->out, ": ");
		out_text(&c->out, item_str(item, "status"));
		if (*item_str(item, "detail") != '\0') {
			out_printf(&c->out, ", ");
			out_text(&c->out, item_str(item, "detail"));
		}
		out_printf(&c->out, "\n");
	}
}

/* Also of use before there is a daemon: its program answers itself then. */
static int
doctor(struct ctl *c)
{
	static const char *const	 args[] = { "-D", NULL };
	int				 e;

	e = ctl_ask(c, c->cmd->command, c->args, NULL);
	if (e == PRA_EUNREACH && !c->reached)
		return (exec_praetord(args));
	if (e != 0)
		return (ctl_result(c, e));
	if (c->out.tty)
		view_table(c, doctor_columns, "feature", "");
	else if (!c->json)
		print_features(c);
	return (print_remedies(c) ? err_exit(PRA_ESYSTEM) : 0);
}

/* network: other hosts: none */
static void
print_policy(struct ctl *c, json_t *item)
{
	out_text(&c->out, item_str(item, "section"));
	out_printf(&c->out, ": ");
	out_text(&c->out, item_str(item, "name"));
	out_printf(&c->out, ": ");
	out_text(&c->out, item_str(item, "value"));
	out_printf(&c->out, "\n");
}

/* A long line is worth more than a table here: nothing may be cut off. */
static int
explain(struct ctl *c)
{
	return (ctl_run(c, print_policy));
}

const struct ctl_cmd admin_cmds[] = {
	{ "status", "status", NULL, "", 0, 0, NULL, 0,
	    "show the daemon's state", status },
	{ "events", "events", events_opts, "", 0, 0, NULL, 0,
	    "print the log of events", events },
	{ "config check", NULL, NULL, "[FILE]", 0, 1, NULL, 0,
	    "check a configuration without using it", config_check },
	{ "config reload", "config.reload", NULL, "", 0, 0, NULL, 0,
	    "make the daemon read its configuration again", config_reload },
	{ "log verbose", "log.level", NULL, "", 0, 0, NULL, 0,
	    "log debug messages and message traces as well", log_verbose_cmd },
	{ "log brief", "log.level", NULL, "", 0, 0, NULL, 0,
	    "log what matters only", log_brief },
	{ "doctor", "doctor", NULL, "", 0, 0, NULL, 0,
	    "what this host offers of what is needed", doctor },
	{ "explain", "explain", NULL, "[AGENT|SESSION]", 0, 1, "subject", 0,
	    "what a session is confined to", explain },
	{ 0 }
};
