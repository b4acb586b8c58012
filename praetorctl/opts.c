/*
 * Options and arguments by the tables.  Runs in praetorctl.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/when.h"
#include "praetorctl/ctl.h"

#define OPTS_MAX	64
#define FIRST_VAL	0x100	/* getopt_long() values: index in `all` */

/* The options of a command and the global ones, for getopt_long(3). */
struct optset {
	const struct ctl_opt	*all[OPTS_MAX];
	struct option		 lopts[OPTS_MAX + 1];
	char			 sopts[2 * OPTS_MAX + 3];
	int			 n;
};

static void
optset_add(struct optset *set, const struct ctl_opt *o)
{
	size_t	 k = strlen(set->sopts);

	for (; o != NULL && o->name != NULL && set->n < OPTS_MAX; o++) {
		set->all[set->n] = o;
		set->lopts[set->n] = (struct option){ o->name,
		    o->type == CT_FLAG ? no_argument : required_argument, NULL,
		    FIRST_VAL + set->n };
		set->n++;
		if (o->ch == 0)
			continue;
		set->sopts[k++] = o->ch;
		if (o->type != CT_FLAG)
			set->sopts[k++] = ':';
		set->sopts[k] = '\0';
	}
}

static const struct ctl_opt *
optset_find(const struct optset *set, int val)
{
	int	 i;

	if (val >= FIRST_VAL)
		return (set->all[val - FIRST_VAL]);
	for (i = 0; i < set->n; i++)
		if (set->all[i]->ch == val)
			return (set->all[i]);
	return (NULL);
}

/* a,b,c at the end of the list. */
static json_t *
list_value(json_t *list, const char *text)
{
	const char	*p, *end;
	json_t		*v;

	if (list == NULL)
		list = json_array();
	else
		json_incref(list);
	for (p = text; *p != '\0'; p = *end == ',' ? end + 1 : end) {
		end = p + strcspn(p, ",");
		if (end == p)
			continue;
		if ((v = json_stringn(p, (size_t)(end - p))) == NULL) {
			json_decref(list);
			return (NULL);
		}
		json_array_append_new(list, v);
	}
	return (list);
}

/* An option's value as JSON; NULL for one that is not of its type. */
static json_t *
opt_json(const struct ctl_opt *o, json_t *before, const char *text)
{
	long long	 n;
	uint64_t	 ms;
	char		*end, when[WHEN_TEXT];

	switch (o->type) {
	case CT_FLAG:
		return (json_true());
	case CT_STR:
		return (json_string(text));
	case CT_LIST:
		return (list_value(before, text));
	case CT_MS:
		if (duration_parse(text, &ms) != 0 || ms > INT64_MAX)
			return (NULL);
		return (json_integer((json_int_t)ms));
	case CT_PAST:
		if (past_parse(text, when) != 0)
			return (NULL);
		return (json_string(when));
	case CT_TIME:
		return (when_json(text));
	case CT_NUM:
		errno = 0;
		n = strtoll(text, &end, 10);
		if (end == text || *end != '\0' || errno != 0)
			return (NULL);
		return (json_integer(n));
	}
	return (NULL);
}

static const char *
type_text(enum ctl_type type)
{
	switch (type) {
	case CT_MS:
		return ("a duration like 30s or 5m");
	case CT_NUM:
		return ("a whole number");
	case CT_PAST:
		return ("a time like 2h (ago) or 2026-11-21");
	case CT_TIME:
		return ("a time like 2026-12-01T03:00:00Z or "
		    "\"2026-12-01 03:00 Europe/Berlin\"");
	case CT_FLAG:
	case CT_STR:
	case CT_LIST:
		break;
	}
	return ("UTF-8 text");
}

static int
opt_take(struct ctl *c, const struct ctl_opt *o, const char *text)
{
	json_t		*to = o->member != NULL ? c->args : c->local, *v;
	const char	*name = o->member != NULL ? o->member : o->name;

	v = opt_json(o, json_object_get(to, name), text);
	if (v == NULL) {
		ctl_error(PRA_EUSAGE, NULL, "--%s: %s is not %s", o->name,
		    text, type_text(o->type));
		return (-1);
	}
	return (json_object_set_new(to, name, v));
}

static void
usage_error(const struct ctl *c, int ch, const struct optset *set, char **argv)
{
	const struct ctl_opt	*o;
	char			 remedy[96] = "see praetorctl help";

	if (c->cmd != NULL)
		snprintf(remedy, sizeof(remedy), "see praetorctl help %s",
		    c->cmd->name);
	o = optopt != 0 ? optset_find(set, optopt) : NULL;
	if (ch == ':' && o != NULL)
		ctl_error(PRA_EUSAGE, remedy, "option --%s needs a value",
		    o->name);
	else if (o != NULL && o->type == CT_FLAG && optopt >= FIRST_VAL)
		ctl_error(PRA_EUSAGE, remedy, "option --%s takes no value",
		    o->name);
	else if (optopt > 0 && optopt < FIRST_VAL)
		ctl_error(PRA_EUSAGE, remedy, "unknown option -%c", optopt);
	else
		ctl_error(PRA_EUSAGE, remedy,
		    "unknown or ambiguous option %s", argv[optind - 1]);
}

static int
opts_read(struct ctl *c, const struct optset *set, int argc, char **argv)
{
	int	 ch;

	optind = 0;		/* glibc: start anew, with another argv */
	opterr = 0;
	while ((ch = getopt_long(argc, argv, set->sopts, set->lopts,
	    NULL)) != -1) {
		if (ch == '?' || ch == ':') {
			usage_error(c, ch, set, argv);
			return (-1);
		}
		if (opt_take(c, optset_find(set, ch), optarg) != 0)
			return (-1);
	}
	return (0);
}

int
opts_global(struct ctl *c, int argc, char **argv)
{
	struct optset	 set = { .sopts = "+:" };

	optset_add(&set, global_opts);
	if (opts_read(c, &set, argc, argv) != 0)
		return (-1);
	return (optind);
}

static int
args_take(struct ctl *c)
{
	json_t	*v;

	if (c->argc < c->cmd->least ||
	    (c->cmd->most != -1 && c->argc > c->cmd->most)) {
		ctl_error(PRA_EUSAGE, NULL, "usage: praetorctl %s%s%s%s",
		    c->cmd->name, c->cmd->opts != NULL ? " [options]" : "",
		    *c->cmd->args != '\0' ? " " : "", c->cmd->args);
		return (-1);
	}
	if (c->cmd->member == NULL || c->argc == 0)
		return (0);
	if ((v = json_string(c->argv[0])) == NULL) {
		ctl_error(PRA_EINVALID, NULL, "%s: is not UTF-8 text",
		    c->cmd->member);
		return (-1);
	}
	return (json_object_set_new(c->args, c->cmd->member, v));
}

/* argv[0] is taken for the program's name, as getopt_long(3) does. */
int
opts_command(struct ctl *c, int argc, char **argv)
{
	struct optset	 set = { .sopts = ":" };

	optset_add(&set, c->cmd->opts);
	optset_add(&set, global_opts);
	if (opts_read(c, &set, argc, argv) != 0)
		return (-1);
	c->argv = argv + optind;
	c->argc = argc - optind;
	return (opt_given(c, "help") ? 0 : args_take(c));
}

int
opt_given(const struct ctl *c, const char *name)
{
	return (json_object_get(c->local, name) != NULL);
}

const char *
opt_value(const struct ctl *c, const char *name)
{
	return (json_string_value(json_object_get(c->local, name)));
}
