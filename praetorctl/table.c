/*
 * The commands, and how their words are found.  Runs in praetorctl.
 */
#include <stdio.h>
#include <string.h>

#include "praetorctl/ctl.h"

const struct ctl_cmd *const ctl_groups[] = {
	project_cmds, task_cmds, session_cmds, queue_cmds, turn_cmds,
	schedule_cmds,
	account_cmds, top_cmds, admin_cmds, db_cmds, help_cmds, NULL
};

const struct ctl_opt global_opts[] = {
	{ "socket", 0, CT_STR, "PATH", NULL,
	    "the daemon's control socket" },
	{ "json", 0, CT_FLAG, NULL, NULL,
	    "print one JSON object a line" },
	{ "no-color", 0, CT_FLAG, NULL, NULL,
	    "no colours on a terminal" },
	{ "help", 'h', CT_FLAG, NULL, NULL,
	    "print the usage" },
	{ 0 }
};

void
ctl_each(void (*fn)(void *, const struct ctl_cmd *), void *arg)
{
	const struct ctl_cmd	*cmd;
	size_t			 i;

	for (i = 0; ctl_groups[i] != NULL; i++)
		for (cmd = ctl_groups[i]; cmd->name != NULL; cmd++)
			fn(arg, cmd);
}

/* What ctl_find() looks for, and what it has found. */
struct search {
	const char		*word[2];	/* second may be NULL */
	const struct ctl_cmd	*found;
	int			 rank;		/* of found */
	int			 many;		/* others are as good */
	char			 names[256];	/* of all that fit */
};

/*
 * How well a word fits [p, p + n): 2 the same, 1 a prefix, 0 not at all.
 */
static int
word_rank(const char *word, const char *p, size_t n)
{
	size_t	 len = strlen(word);

	if (len == 0 || len > n || strncmp(word, p, len) != 0)
		return (0);
	return (len == n ? 2 : 1);
}

/*
 * A whole first word counts more than a whole second one.  To a command of
 * one word, the second word is an argument and says little; to one without
 * arguments, that another command may be meant.
 */
static int
cmd_rank(const struct search *s, const struct ctl_cmd *cmd)
{
	size_t	 n = strcspn(cmd->name, " ");
	int	 first = word_rank(s->word[0], cmd->name, n), second = 1;

	if (first == 0)
		return (0);
	if (cmd->name[n] == ' ') {
		if (s->word[1] == NULL)
			return (0);
		second = word_rank(s->word[1], cmd->name + n + 1,
		    strlen(cmd->name + n + 1));
	} else if (s->word[1] != NULL && cmd->most == 0) {
		return (first * 4);
	}
	return (second == 0 ? 0 : first * 4 + second);
}

static void
search_cmd(void *arg, const struct ctl_cmd *cmd)
{
	struct search	*s = arg;
	int		 rank = cmd_rank(s, cmd);
	size_t		 n = strlen(s->names);

	if (rank == 0 || rank < s->rank)
		return;
	if (rank > s->rank) {
		s->found = cmd;
		s->rank = rank;
		s->many = 0;
		n = 0;
	} else {
		s->many = 1;
	}
	snprintf(s->names + n, sizeof(s->names) - n, "%s%s",
	    n > 0 ? ", " : "", cmd->name);
}

/* The second words of the groups that the first word may mean. */
static void
search_group(void *arg, const struct ctl_cmd *cmd)
{
	struct search	*s = arg;
	size_t		 n = strcspn(cmd->name, " "), k = strlen(s->names);

	if (cmd->name[n] == ' ' && word_rank(s->word[0], cmd->name, n) != 0)
		snprintf(s->names + k, sizeof(s->names) - k, "%s%s",
		    k > 0 ? ", " : "", cmd->name + n + 1);
}

const struct ctl_cmd *
ctl_find(int argc, char **argv, int *used, char *why, size_t size)
{
	struct search	 s = { 0 };

	s.word[0] = argv[0];
	if (argc > 1 && argv[1][0] != '-')
		s.word[1] = argv[1];
	ctl_each(search_cmd, &s);
	if (s.many) {
		snprintf(why, size, "%s%s%s could be: %s", argv[0],
		    s.word[1] != NULL ? " " : "",
		    s.word[1] != NULL ? s.word[1] : "", s.names);
		return (NULL);
	}
	if (s.found == NULL && s.word[1] == NULL) {
		ctl_each(search_group, &s);
		if (s.names[0] != '\0') {
			snprintf(why, size, "%s needs one word more: %s",
			    argv[0], s.names);
			return (NULL);
		}
	}
	if (s.found == NULL) {
		snprintf(why, size, "there is no command %s%s%s", argv[0],
		    s.word[1] != NULL ? " " : "",
		    s.word[1] != NULL ? s.word[1] : "");
		return (NULL);
	}
	*used = strchr(s.found->name, ' ') != NULL ? 2 : 1;
	return (s.found);
}
