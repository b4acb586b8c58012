/*
 * praetorctl history: what attempts used.  Runs in praetorctl.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/json.h"
#include "common/metrics.h"
#include "praetorctl/ctl.h"

#define NEWEST	100	/* attempts, unless more are asked for */

static const struct ctl_opt history_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "of this project only" },
	{ "user", 'u', CT_STR, "USER", NULL,
	    "of tasks that this user filed only" },
	{ "agent", 0, CT_STR, "AGENT", "agent",
	    "of this agent only" },
	{ "label", 'l', CT_STR, "LABEL", "label",
	    "of tasks with this label only" },
	{ "state", 's', CT_LIST, "END,...", "states",
	    "that ended like this only" },
	{ "since", 'S', CT_PAST, "WHEN", "since",
	    "that ended then or later" },
	{ "until", 'U', CT_PAST, "WHEN", "until",
	    "that ended before" },
	{ "limit", 'n', CT_NUM, "N", "limit",
	    "at most so many, the newest; 0 is all" },
	{ 0 }
};

static const struct column history_columns[] = {
	{ "TASK", "task", CD_NAMED }, { "NAME", "name", CD_NEVER },
	{ "TRY", "attempt", CD_NEVER }, { "PROJECT", "project", CD_SAME },
	{ "USER", "user", CD_SAME }, { "AGENT", "agent", CD_SAME },
	{ "STATE", "state", CD_NEVER }, { "END", "end", CD_NEVER },
	{ "STARTED", "started", CD_ALWAYS }, { "ENDED", "ended", CD_NEVER },
	{ "WALL", "wall", CD_NEVER }, { "USER CPU", "utime", CD_NEVER },
	{ "SYS CPU", "stime", CD_NEVER }, { "MEMORY", "maxrss", CD_NEVER },
	{ "TOKENS", "tokens", CD_SAME }, { "MONEY", "money", CD_SAME },
	{ "PRINTED", "printed", CD_ALWAYS }, { "FILES", "files", CD_NEVER },
	{ 0 }
};

/* --user: a name of this host, or a number. */
static int
user_take(struct ctl *c)
{
	const char	*name = opt_value(c, "user");
	struct passwd	*pw;
	char		*end;
	long long	 n;

	if (name == NULL)
		return (0);
	n = strtoll(name, &end, 10);
	if (*name >= '0' && *name <= '9' && *end == '\0')
		return (json_object_set_new(c->args, "uid", json_integer(n)));
	if ((pw = getpwnam(name)) == NULL)
		return (ctl_error(PRA_EUSAGE, "give a number if it is gone",
		    "--user: there is no user %s", name));
	return (json_object_set_new(c->args, "uid",
	    json_integer((json_int_t)pw->pw_uid)));
}

/* "exit 3", "signal 9", "wall". */
static void
put_end(json_t *item)
{
	const char	*why = item_str(item, "why");
	json_int_t	 n;
	char		 text[40];

	n = json_integer_value(json_object_get(item, "exit"));
	if (strcmp(why, "exit") == 0)
		snprintf(text, sizeof(text), "exit %lld", (long long)n);
	else if (strcmp(why, "signal") == 0)
		snprintf(text, sizeof(text), "signal %lld",
		    (long long)n - 128);
	else
		snprintf(text, sizeof(text), "%s", why);
	item_text(item, "end", text);
}

static void
history_row(struct ctl *c, json_t *item)
{
	(void)c;
	item_user(item);
	put_end(item);
	item_number(item, "wall", number_time);
	item_number(item, "utime", number_time);
	item_number(item, "stime", number_time);
	item_number(item, "maxrss", number_kib);
	item_number(item, "printed", number_bytes);
	item_number(item, "money", number_money);
}

static void
each_item(struct ctl *c, item_fn *fn)
{
	json_t	*item;
	size_t	 i;

	json_array_foreach(c->items, i, item)
		fn(c, item);
}

/* The newest few when nothing says how many, or from when. */
static int
history(struct ctl *c)
{
	static const char *const	 ask[] = { "since", "until", "limit" };
	size_t				 i;
	int				 code;

	if ((code = user_take(c)) != 0)
		return (code);
	for (i = 0; i < sizeof(ask) / sizeof(ask[0]); i++)
		if (json_object_get(c->args, ask[i]) != NULL)
			break;
	if (i == sizeof(ask) / sizeof(ask[0]))
		json_object_set_new(c->args, "limit", json_integer(NEWEST));
	code = ctl_run(c, NULL);
	if (c->json)
		return (code);
	each_item(c, history_row);
	view_rows(c, history_columns, "no such attempt");
	return (code);
}

static void
print_metric(struct ctl *c, json_t *item)
{
	enum metric	 last = (enum metric)c->metric;
	struct rec	*r;
	struct buf	 b = { 0 };

	json_object_del(item, "kind");
	if (jrec_parse(item, REC_v_metric, &r, NULL, 0) != 0)
		return;
	if (metric_text(&b, r, &last) == 0)
		out_raw(&c->out, (char *)b.data, b.len);
	c->metric = (int)last;
	buf_free(&b);
	rec_free(r);
}

static int
metrics(struct ctl *c)
{
	int	 e;

	c->metric = METRIC_MAX;
	e = ctl_ask(c, c->cmd->command, c->args, print_metric);
	out_raw_end(&c->out);
	return (ctl_result(c, e));
}

const struct ctl_cmd account_cmds[] = {
	{ "history", "history", history_opts, "", 0, 0, NULL, 0,
	    "attempts that are over, and what they used", history },
	{ "metrics", "metrics", NULL, "", 0, 0, NULL, 0,
	    "numbers for a monitoring system", metrics },
	{ 0 }
};
