/*
 * praetorctl project ...: the projects.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "praetorctl/ctl.h"

static const struct ctl_opt add_opts[] = {
	{ "repo", 0, CT_STR, "URL", "repo",
	    "path or URL of the repository" },
	{ "branch", 0, CT_STR, "NAME", "branch",
	    "target branch; the default is main" },
	{ "verify", 0, CT_STR, "LINE", "verify",
	    "shell line that must succeed on the tree that lands" },
	{ "agent", 0, CT_STR, "NAME", "agent",
	    "agent for tasks that name none" },
	{ 0 }
};

static const struct ctl_opt list_opts[] = {
	{ "quiet", 'q', CT_FLAG, NULL, NULL,
	    "print nothing but names" },
	{ 0 }
};

static const struct column columns[] = {
	{ "NAME", "name", CD_NEVER }, { "STATE", "state", CD_SAME },
	{ "BRANCH", "branch", CD_SAME }, { "HEAD", "head", CD_ALWAYS },
	{ "TASKS", "tasks", CD_NEVER }, { "REPOSITORY", "repo", CD_NEVER },
	{ 0 }
};

/* The daemon knows no working directory: a relative path is made whole. */
static int
repo_absolute(struct ctl *c)
{
	const char	*repo = item_str(c->args, "repo");
	size_t		 first = strcspn(repo, ":/");
	char		*cwd, *path = NULL;
	int		 n;

	if (*repo == '\0' || *repo == '/' || repo[first] == ':')
		return (0);
	if ((path = realpath(repo, NULL)) == NULL) {
		if ((cwd = getcwd(NULL, 0)) == NULL)
			return (-1);
		n = asprintf(&path, "%s/%s", cwd, repo);
		free(cwd);
		if (n == -1)
			return (-1);
	}
	n = json_object_set_new(c->args, "repo", json_string(path));
	free(path);
	return (n);
}

static int
project_add(struct ctl *c)
{
	if (*item_str(c->args, "repo") == '\0')
		return (ctl_error(PRA_EUSAGE, "give its path or URL",
		    "project add: --repo is missing"));
	if (repo_absolute(c) == -1)
		return (ctl_error(PRA_EINVALID, NULL, "--repo: no such path"));
	return (ctl_run(c, NULL));
}

static int
project_list(struct ctl *c)
{
	int	 code = ctl_run(c, NULL);

	if (code == 0 || json_array_size(c->items) > 0)
		view_table(c, columns, "name", "no project; praetorctl "
		    "project add makes one");
	return (code);
}

static int
project_show(struct ctl *c)
{
	return (ctl_run(c, view_show));
}

static int
project_remove(struct ctl *c)
{
	return (ctl_run(c, NULL));
}

const struct ctl_cmd project_cmds[] = {
	{ "project add", "project.add", add_opts, "NAME", 1, 1, "name", 1,
	    "add a repository as a project", project_add },
	{ "project list", "project.list", list_opts, "", 0, 0, NULL, 0,
	    "list the projects", project_list },
	{ "project show", "project.show", NULL, "PROJECT", 1, 1, "project", 0,
	    "show a project", project_show },
	{ "project remove", "project.remove", NULL, "PROJECT", 1, 1, "project",
	    1, "forget a project that has no unfinished task", project_remove },
	{ 0 }
};
