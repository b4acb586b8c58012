/*
 * Ignore rules by libgit2, which wants them as files of a worktree: a
 * directory that holds nothing but the base tree's .gitignore files.  Runs
 * in the reviewer.  The rules come from the repository and are only ever
 * matched against names.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "reviewer/files.h"
#include "reviewer/ignore.h"
#include "reviewer/names.h"
#include "reviewer/outcome.h"

#define RULES_MAX	(1024 * 1024)	/* bytes of one .gitignore */

struct ignore {
	git_repository	*repo;
	int		 dirfd;
	int		 any;		/* there is a rule */
};

int
ignore_new(struct ignore **out, const char *mirror, const char *dir,
    struct outcome *o)
{
	struct ignore	*g;
	int		 rc;

	if ((g = calloc(1, sizeof(*g))) == NULL)
		return (outcome_set(o, PRA_ENOMEM, "out of memory"));
	g->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (g->dirfd == -1) {
		rc = outcome_errno(o, errno, "%s", dir);
		ignore_free(g);
		return (rc);
	}
	if ((rc = git_repository_open_bare(&g->repo, mirror)) != 0 ||
	    (rc = git_repository_set_workdir(g->repo, dir, 0)) != 0) {
		ignore_free(g);
		return (outcome_git(o, rc, "ignore rules"));
	}
	*out = g;
	return (0);
}

void
ignore_free(struct ignore *g)
{
	if (g == NULL)
		return;
	git_repository_free(g->repo);
	if (g->dirfd != -1)
		close(g->dirfd);
	free(g);
}

/* Make the directories of a path; the descriptor of the last, or -1. */
static int
ignore_mkpath(int dirfd, const char *path)
{
	char	 part[256];
	size_t	 n;
	int	 fd, next;

	fd = files_opendir(dirfd, ".");
	while (*path != '\0' && fd != -1) {
		n = strcspn(path, "/");
		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		path += n + (path[n] == '/');
		next = files_mkdir(fd, part);
		close(fd);
		fd = next;
	}
	return (fd);
}

static int
ignore_put(struct ignore *g, const git_blob *blob, const char *path,
    struct outcome *o)
{
	int	 fd, err = 0;

	if (git_blob_rawsize(blob) > RULES_MAX)
		return (0);
	if ((fd = ignore_mkpath(g->dirfd, path)) == -1 ||
	    files_write(fd, ".gitignore", git_blob_rawcontent(blob),
	    (size_t)git_blob_rawsize(blob), 0) == -1)
		err = outcome_errno(o, errno, "ignore rules of \"%s\"", path);
	if (fd != -1)
		close(fd);
	g->any = 1;
	return (err);
}

int
ignore_add(struct ignore *g, git_repository *repo, const git_tree *tree,
    const char *path, struct outcome *o)
{
	const git_tree_entry	*e;
	git_blob		*blob = NULL;
	int			 rc, err;

	e = git_tree_entry_byname(tree, ".gitignore");
	/* A link could point anywhere; Git does not follow it either. */
	if (e == NULL || git_tree_entry_type(e) != GIT_OBJECT_BLOB ||
	    git_tree_entry_filemode(e) == GIT_FILEMODE_LINK)
		return (0);
	if ((rc = git_blob_lookup(&blob, repo, git_tree_entry_id(e))) != 0)
		return (outcome_git(o, rc, "\"%s/.gitignore\"", path));
	err = ignore_put(g, blob, path, o);
	git_blob_free(blob);
	return (err);
}

int
ignore_match(struct ignore *g, const char *path, int isdir,
    struct outcome *o)
{
	char	 dir[WALKED_PATH + 1];
	int	 rc, ignored = 0;

	if (!g->any)
		return (0);
	/* A slash at the end tells libgit2 that it is a directory. */
	snprintf(dir, sizeof(dir), "%s%s", path, isdir ? "/" : "");
	rc = git_ignore_path_is_ignored(&ignored, g->repo, dir);
	if (rc != 0)
		return (outcome_git(o, rc, "ignore rules for \"%s\"", path));
	return (ignored != 0);
}
