/*
 * praetorctl help, version and completion: made from the tables.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "praetorctl/ctl.h"
#include "praetorctl/help.h"

static void
print_line(void *arg, const struct ctl_cmd *cmd)
{
	struct ctl	*c = arg;
	char		 left[64];

	snprintf(left, sizeof(left), "%s%s%s", cmd->name,
	    *cmd->args != '\0' ? " " : "", cmd->args);
	out_printf(&c->out, "  %-24s %s\n", left, cmd->text);
}

static void
print_opts(struct ctl *c, const struct ctl_opt *o)
{
	char	 left[64], ch[8];

	for (; o != NULL && o->name != NULL; o++) {
		snprintf(ch, sizeof(ch), "-%c,", o->ch);
		snprintf(left, sizeof(left), "%3s --%s%s%s",
		    o->ch != 0 ? ch : "", o->name, o->arg != NULL ? " " : "",
		    o->arg != NULL ? o->arg : "");
		out_printf(&c->out, "  %-24s %s\n", left, o->text);
	}
}

static int
help_all(struct ctl *c)
{
	out_printf(&c->out,
	    "usage: praetorctl [options] command [options] [arguments]\n\n"
	    "commands (words may be cut short):\n");
	ctl_each(print_line, c);
	out_printf(&c->out, "\noptions:\n");
	print_opts(c, global_opts);
	out_printf(&c->out, "\npraetorctl help COMMAND tells more.\n");
	return (0);
}

static int
help_cmd(struct ctl *c, const struct ctl_cmd *cmd)
{
	out_printf(&c->out, "usage: praetorctl %s%s%s%s\n\n%s\n", cmd->name,
	    cmd->opts != NULL ? " [options]" : "",
	    *cmd->args != '\0' ? " " : "", cmd->args, cmd->text);
	if (cmd->opts != NULL)
		out_printf(&c->out, "\n");
	print_opts(c, cmd->opts);
	out_printf(&c->out, "\noptions of every command:\n");
	print_opts(c, global_opts);
	return (0);
}

/* Commands whose first word is argv[0]. */
static void
print_member(void *arg, const struct ctl_cmd *cmd)
{
	struct ctl	*c = arg;
	size_t		 n = strcspn(cmd->name, " ");

	if (cmd->name[n] == ' ' && strlen(c->argv[0]) == n &&
	    strncmp(cmd->name, c->argv[0], n) == 0)
		print_line(c, cmd);
}

static int
help(struct ctl *c)
{
	const struct ctl_cmd	*cmd;
	char			 why[400];
	size_t			 before = c->out.b.len;
	int			 used;

	if (c->cmd->run != help)
		return (help_cmd(c, c->cmd));
	if (c->argc == 0)
		return (help_all(c));
	if (c->argc == 1)
		ctl_each(print_member, c);
	if (c->out.b.len > before)
		return (0);
	cmd = ctl_find(c->argc, c->argv, &used, why, sizeof(why));
	if (cmd == NULL)
		return (ctl_error(PRA_EUSAGE, "see praetorctl help", "%s",
		    why));
	return (help_cmd(c, cmd));
}

int
help_run(struct ctl *c)
{
	return (help(c));
}

static int
version(struct ctl *c)
{
	out_printf(&c->out, "praetorctl %s\n", PRAETOR_VERSION);
	return (0);
}

static int
completion(struct ctl *c)
{
	if (strcmp(c->argv[0], "bash") == 0)
		return (complete_bash(c));
	if (strcmp(c->argv[0], "zsh") == 0)
		return (complete_zsh(c));
	return (ctl_error(PRA_EUSAGE, "bash or zsh",
	    "completion: there is none for %s", c->argv[0]));
}

const struct ctl_cmd help_cmds[] = {
	{ "help", NULL, NULL, "[COMMAND]", 0, 2, NULL, 0,
	    "tell about commands", help },
	{ "version", NULL, NULL, "", 0, 0, NULL, 0,
	    "print the version", version },
	{ "completion", NULL, NULL, "SHELL", 1, 1, NULL, 0,
	    "print the completions for bash or zsh", completion },
	{ 0 }
};
