/*
 * Completions for bash and zsh, made from the command table.  The scripts
 * ask praetorctl itself for ids and names.
 */
#include <stdio.h>
#include <string.h>

#include "praetorctl/ctl.h"

/* What completes a value, by its name in the usage. */
static const struct {
	const char	*arg;
	const char	*what;		/* case of _praetorctl_values */
} values[] = {
	{ "TASK", "tasks" }, { "PROJECT", "projects" },
	{ "SESSION", "sessions" }, { "FILE", "files" }, { "PATH", "files" },
	{ "URL", "files" }, { "SHELL", "shells" }, { "STATE", "states" },
	{ "COMMAND", "commands" }
};

/* Both shells read these functions. */
static const char helpers[] =
    "_praetorctl_values()\n"
    "{\n"
    "	case \"$1\" in\n"
    "	tasks) praetorctl task list 2>/dev/null </dev/null ;;\n"
    "	projects) praetorctl project list 2>/dev/null </dev/null ;;\n"
    "	sessions) praetorctl session list 2>/dev/null </dev/null ;;\n"
    "	shells) printf '%s\\n' bash zsh ;;\n"
    "	states) printf '%s\\n' 'waiting' 'ready' 'running' 'review' \\\n"
    "	    'done' 'held' 'paused' 'failed' 'cancelled' ;;\n"
    "	commands) _praetorctl_first ;;\n"
    "	esac\n"
    "}\n\n";

static const char *
value_of(const char *arg)
{
	size_t	 i, n;

	for (i = 0; arg != NULL && i < sizeof(values) / sizeof(values[0]);
	    i++) {
		n = strlen(values[i].arg);
		if (*arg == '[')
			arg++;
		if (strncmp(arg, values[i].arg, n) == 0 &&
		    strspn(arg + n, "],. ") == strlen(arg + n))
			return (values[i].what);
	}
	return ("none");
}

/* Each first word once: commands of one group stand together. */
struct firsts {
	struct ctl	*c;
	char		 last[32];
	char		 group[32];	/* for second words */
};

static void
print_first(void *arg, const struct ctl_cmd *cmd)
{
	struct firsts	*f = arg;
	char		 word[32];

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(cmd->name, " "),
	    cmd->name);
	if (strcmp(word, f->last) == 0)
		return;
	out_printf(&f->c->out, " %s", word);
	snprintf(f->last, sizeof(f->last), "%s", word);
}

static void
print_second(void *arg, const struct ctl_cmd *cmd)
{
	struct firsts	*f = arg;
	size_t		 n = strlen(f->group);

	if (strncmp(cmd->name, f->group, n) == 0 && cmd->name[n] == ' ')
		out_printf(&f->c->out, " %s", cmd->name + n + 1);
}

/* A case of _praetorctl_second for each first word that has one. */
static void
print_group(void *arg, const struct ctl_cmd *cmd)
{
	struct firsts	*f = arg, in = { .c = f->c };

	snprintf(in.group, sizeof(in.group), "%.*s",
	    (int)strcspn(cmd->name, " "), cmd->name);
	if (strchr(cmd->name, ' ') == NULL || strcmp(in.group, f->last) == 0)
		return;
	snprintf(f->last, sizeof(f->last), "%s", in.group);
	out_printf(&f->c->out, "	%s) printf '%%s\\n'", in.group);
	ctl_each(print_second, &in);
	out_printf(&f->c->out, " ;;\n");
}

static void
print_opt_words(struct ctl *c, const struct ctl_opt *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		if (o->ch != 0)
			out_printf(&c->out, " -%c", o->ch);
		out_printf(&c->out, " --%s", o->name);
	}
}

static void
print_options(void *arg, const struct ctl_cmd *cmd)
{
	struct ctl	*c = arg;

	out_printf(&c->out, "	\"%s\") printf '%%s\\n'", cmd->name);
	print_opt_words(c, cmd->opts);
	print_opt_words(c, global_opts);
	out_printf(&c->out, " ;;\n");
}

static void
print_arguments(void *arg, const struct ctl_cmd *cmd)
{
	struct ctl	*c = arg;

	if (*cmd->args != '\0')
		out_printf(&c->out, "	\"%s\") echo %s ;;\n", cmd->name,
		    value_of(cmd->args));
}

/* What an option's value is: by command and option, "none" for any text. */
static void
print_opt_values(struct ctl *c, const char *name, const struct ctl_opt *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		if (o->type == CT_FLAG)
			continue;
		out_printf(&c->out, "	\"%s --%s\"", name, o->name);
		if (o->ch != 0)
			out_printf(&c->out, "|\"%s -%c\"", name, o->ch);
		out_printf(&c->out, ") echo %s ;;\n", value_of(o->arg));
	}
}

static void
print_value_cases(void *arg, const struct ctl_cmd *cmd)
{
	print_opt_values(arg, cmd->name, cmd->opts);
	print_opt_values(arg, cmd->name, global_opts);
}

static void
print_tables(struct ctl *c)
{
	struct firsts	 f = { .c = c }, g = { .c = c };

	out_printf(&c->out, "_praetorctl_first()\n{\n	printf '%%s\\n'");
	ctl_each(print_first, &f);
	out_printf(&c->out, "\n}\n\n_praetorctl_second()\n{\n"
	    "	case \"$1\" in\n");
	ctl_each(print_group, &g);
	out_printf(&c->out, "	esac\n}\n\n_praetorctl_options()\n{\n"
	    "	case \"$1\" in\n");
	ctl_each(print_options, c);
	out_printf(&c->out, "	*) printf '%%s\\n'");
	print_opt_words(c, global_opts);
	out_printf(&c->out, " ;;\n	esac\n}\n\n_praetorctl_argument()\n{\n"
	    "	case \"$1\" in\n");
	ctl_each(print_arguments, c);
	out_printf(&c->out, "	esac\n}\n\n"
	    "# What an option's value is; nothing for a flag.\n"
	    "_praetorctl_option()\n{\n	case \"$1\" in\n");
	ctl_each(print_value_cases, c);
	out_printf(&c->out, "	\" --socket\") echo files ;;\n	esac\n}\n\n");
	out_printf(&c->out, "%s", helpers);
}

int
complete_bash(struct ctl *c)
{
	out_printf(&c->out, "# bash completion for praetorctl(1); made from "
	    "its command table.\n\n");
	print_tables(c);
	out_printf(&c->out, "%s",
	    "_praetorctl()\n"
	    "{\n"
	    "	local cur=${COMP_WORDS[COMP_CWORD]} cmd='' what='' words='' "
	    "i w\n"
	    "	for ((i = 1; i < COMP_CWORD; i++)); do\n"
	    "		w=${COMP_WORDS[i]}\n"
	    "		if [[ $w == -* ]]; then\n"
	    "			what=$(_praetorctl_option \"$cmd $w\")\n"
	    "			[[ -n $what ]] && ((i++))\n"
	    "			((i < COMP_CWORD)) && what=\n"
	    "		elif [[ -z $cmd || ( $cmd != *' '* && \\\n"
	    "		    -n $(_praetorctl_second \"$cmd\") ) ]]; then\n"
	    "			cmd=${cmd:+$cmd }$w\n"
	    "		fi\n"
	    "	done\n"
	    "	if [[ -n $what ]]; then\n"
	    "		:\n"
	    "	elif [[ $cur == -* ]]; then\n"
	    "		words=$(_praetorctl_options \"$cmd\")\n"
	    "	elif [[ -z $cmd ]]; then\n"
	    "		words=$(_praetorctl_first)\n"
	    "	elif [[ $cmd != *' '* && -n $(_praetorctl_second \"$cmd\") ]]; "
	    "then\n"
	    "		words=$(_praetorctl_second \"$cmd\")\n"
	    "	else\n"
	    "		what=$(_praetorctl_argument \"$cmd\")\n"
	    "	fi\n"
	    "	if [[ $what == files ]]; then\n"
	    "		mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	    "		return\n"
	    "	fi\n"
	    "	[[ -n $what ]] && words=$(_praetorctl_values \"$what\")\n"
	    "	mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	    "}\n\n"
	    "complete -F _praetorctl praetorctl praetor\n");
	return (0);
}

int
complete_zsh(struct ctl *c)
{
	out_printf(&c->out, "#compdef praetorctl praetor\n"
	    "# zsh completion for praetorctl(1); made from its command table."
	    "\n\n");
	print_tables(c);
	out_printf(&c->out, "%s",
	    "_praetorctl()\n"
	    "{\n"
	    "	local cur=${words[CURRENT]} cmd= what= i w\n"
	    "	local -a found\n"
	    "	for ((i = 2; i < CURRENT; i++)); do\n"
	    "		w=${words[i]}\n"
	    "		if [[ $w == -* ]]; then\n"
	    "			what=$(_praetorctl_option \"$cmd $w\")\n"
	    "			[[ -n $what ]] && ((i++))\n"
	    "			((i < CURRENT)) && what=\n"
	    "		elif [[ -z $cmd || ( $cmd != *' '* && \\\n"
	    "		    -n $(_praetorctl_second \"$cmd\") ) ]]; then\n"
	    "			cmd=${cmd:+$cmd }$w\n"
	    "		fi\n"
	    "	done\n"
	    "	if [[ -n $what ]]; then\n"
	    "		:\n"
	    "	elif [[ $cur == -* ]]; then\n"
	    "		found=(${(f)\"$(_praetorctl_options \"$cmd\")\"})\n"
	    "	elif [[ -z $cmd ]]; then\n"
	    "		found=(${(f)\"$(_praetorctl_first)\"})\n"
	    "	elif [[ $cmd != *' '* && -n $(_praetorctl_second \"$cmd\") ]]; "
	    "then\n"
	    "		found=(${(f)\"$(_praetorctl_second \"$cmd\")\"})\n"
	    "	else\n"
	    "		what=$(_praetorctl_argument \"$cmd\")\n"
	    "	fi\n"
	    "	if [[ $what == files ]]; then\n"
	    "		_files\n"
	    "		return\n"
	    "	fi\n"
	    "	[[ -n $what ]] && "
	    "found=(${(f)\"$(_praetorctl_values \"$what\")\"})\n"
	    "	compadd -- $found\n"
	    "}\n\n"
	    "_praetorctl \"$@\"\n");
	return (0);
}
