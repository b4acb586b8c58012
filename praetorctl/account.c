/*
 * praetorctl history, share, cost and metrics: what was used.  Runs in
 * praetorctl.
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

static const struct ctl_opt cost_opts[] = {
	{ "by", 'b', CT_STR, "KIND", "by",
	    "task, project, user, agent or model; the default is project" },
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "in this project only" },
	{ "user", 'u', CT_STR, "USER", NULL,
	    "for tasks that this user filed only" },
	{ "since", 'S', CT_PAST, "WHEN", "since",
	    "by what ended then or later" },
	{ "until", 'U', CT_PAST, "WHEN", "until",
	    "by what ended before" },
	{ 0 }
};

static const struct ctl_opt share_opts[] = {
	{ "project", 'p', CT_STR, "PROJECT", "project",
	    "of this project only" },
	{ "user", 'u', CT_STR, "USER", NULL,
	    "of this user only" },
	{ 0 }
};

static const struct column cost_columns[] = {
	{ "BY", "by", CD_SAME }, { "KEY", "key", CD_NEVER },
	{ "NAME", "name", CD_SAME }, { "ATTEMPTS", "attempts", CD_NEVER },
	{ "CPU", "cpu", CD_NEVER }, { "WALL", "wall", CD_NEVER },
	{ "TOKENS", "tokens", CD_SAME }, { "MONEY", "money", CD_SAME },
	{ "PART", "part", CD_NEVER }, { 0 }
};

static const struct column share_columns[] = {
	{ "ACCOUNT", "account", CD_NEVER }, { "SHARE", "share", CD_NEVER },
	{ "USED", "used", CD_NEVER }, { "PART", "part", CD_NEVER },
	{ "POINTS", "points", CD_NEVER }, { "RUNNING", "running", CD_NEVER },
	{ "ATTEMPTS", "attempts", CD_ALWAYS }, { "CPU", "cpu", CD_ALWAYS },
	{ "WALL", "wall", CD_ALWAYS }, { "TOKENS", "tokens", CD_SAME },
	{ "MONEY", "money", CD_SAME },
	{ "CPU NOW", "cpu_decayed", CD_NEVER },
	{ "WALL NOW", "wall_decayed", CD_NEVER },
	{ "TOKENS NOW", "tokens_decayed", CD_SAME },
	{ "MONEY NOW", "money_decayed", CD_SAME },
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

/* "part": of the sum of a member over the items whose kind is the same. */
static void
put_part(struct ctl *c, json_t *item, const char *member, size_t kind)
{
	const char	*key = item_str(item, "account");
	json_t		*other;
	double		 sum = 0;
	char		 text[16] = "-";
	size_t		 i;

	json_array_foreach(c->items, i, other)
		if (strncmp(item_str(other, "account"), key, kind) == 0)
			sum += (double)json_integer_value(
			    json_object_get(other, member));
	if (sum > 0 && json_is_integer(json_object_get(item, member)))
		snprintf(text, sizeof(text), "%.1f%%", 100 * (double)
		    json_integer_value(json_object_get(item, member)) / sum);
	item_text(item, "part", text);
}

/* "user/1000" as "user/anna". */
static void
put_account(json_t *item)
{
	const char	*account = item_str(item, "account");
	char		 text[200];

	if (strncmp(account, "user/", 5) != 0)
		return;
	json_object_set_new(item, "uid",
	    json_integer(strtoll(account + 5, NULL, 10)));
	item_user(item);
	snprintf(text, sizeof(text), "user/%s", item_str(item, "user"));
	item_text(item, "account", text);
}

static void
share_row(struct ctl *c, json_t *item)
{
	static const char *const	 none[] = {
		"share", "points", "running"
	};
	size_t				 i;

	(void)c;
	put_account(item);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (json_object_get(item, none[i]) == NULL)
			item_text(item, none[i], "-");
	item_number(item, "used", number_money);
	item_number(item, "cpu", number_time);
	item_number(item, "wall", number_time);
	item_number(item, "money", number_money);
	item_number(item, "cpu_decayed", number_time);
	item_number(item, "wall_decayed", number_time);
	item_number(item, "money_decayed", number_money);
}

static void
share_part(struct ctl *c, json_t *item)
{
	put_part(c, item, "used", strcspn(item_str(item, "account"), "/"));
}

static int
share(struct ctl *c)
{
	int	 code = user_take(c);

	if (code != 0)
		return (code);
	code = ctl_run(c, NULL);
	if (c->json)
		return (code);
	each_item(c, share_part);
	each_item(c, share_row);
	view_rows(c, share_columns, "nothing was used so far");
	return (code);
}

static void
cost_row(struct ctl *c, json_t *item)
{
	(void)c;
	if (strcmp(item_str(item, "by"), "user") == 0) {
		json_object_set_new(item, "uid",
		    json_integer(strtoll(item_str(item, "key"), NULL, 10)));
		item_user(item);
		item_text(item, "key", item_str(item, "user"));
	}
	item_number(item, "cpu", number_time);
	item_number(item, "wall", number_time);
	item_number(item, "money", number_money);
}

static void
cost_part(struct ctl *c, json_t *item)
{
	put_part(c, item, "wall", 0);
}

static int
cost(struct ctl *c)
{
	int	 code = user_take(c);

	if (code != 0)
		return (code);
	code = ctl_run(c, NULL);
	if (c->json)
		return (code);
	each_item(c, cost_part);
	each_item(c, cost_row);
	view_rows(c, cost_columns, "nothing was used so far");
	return (code);
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
	{ "share", "share", share_opts, "", 0, 0, NULL, 0,
	    "accounts, and what that means for whose turn it is", share },
	{ "cost", "cost", cost_opts, "", 0, 0, NULL, 0,
	    "what tasks, projects, users, agents or models used", cost },
	{ "metrics", "metrics", NULL, "", 0, 0, NULL, 0,
	    "numbers for a monitoring system", metrics },
	{ 0 }
};
