/*
 * What paths say.  Runs in the reviewer, on names that a session made.  A
 * name is compared in its canonical form: what some file system takes for
 * .vscode is .vscode.
 */
#include <string.h>
#include <git2/sys/path.h>

#include "common/glob.h"
#include "reviewer/facts.h"
#include "reviewer/mirror.h"
#include "reviewer/names.h"
#include "reviewer/reviewer.h"
#include "reviewer/settings.h"

static const struct path_row {
	enum review_class	 cls;
	const char		*pattern;
	const char		*kind;
} paths[] = {
#define PATH(cls, pattern, kind) { RVC_##cls, pattern, kind },
#include "reviewer/paths.tbl"
#undef PATH
};

#define NPATHS	(sizeof(paths) / sizeof(paths[0]))

void
path_canonical(char *out, size_t size, const char *path)
{
	size_t	 n, k = 0;

	for (;;) {
		n = strcspn(path, "/");
		k += name_canonical(out + k, size - k, path, n);
		if (path[n] == '\0' || k + 2 > size)
			return;
		out[k++] = '/';
		out[k] = '\0';
		path += n + 1;
	}
}

static const char *
base_name(const char *path)
{
	const char	*slash = strrchr(path, '/');

	return (slash == NULL ? path : slash + 1);
}

/* Most patterns end here: they begin with another letter. */
static int
begins(const struct path_row *row, const char *canon, const char *base)
{
	char	 c = row->pattern[0];

	return (c == '*' || c == '?' || c == canon[0] || c == base[0]);
}

/* The first row of each class that fits. */
static void
path_rows(struct facts *f, const struct fact_at *at, const char *canon,
    int flags)
{
	const char	*base = base_name(canon);
	int		 told[RVC_MAX] = { 0 };
	size_t		 i;

	for (i = 0; i < NPATHS; i++) {
		if (told[paths[i].cls] || !begins(&paths[i], canon, base) ||
		    !glob_match(paths[i].pattern, canon, flags))
			continue;
		told[paths[i].cls] = 1;
		fact_add(f, paths[i].cls, at, 0, "%s", paths[i].kind);
	}
}

/* In either form: an administrator may have written either. */
static void
path_protected(struct facts *f, const struct fact_at *at, const char *canon,
    int flags)
{
	const struct protect	*p;

	TAILQ_FOREACH(p, &f->r->settings->protects, entry) {
		if (!review_project(p->project, f->m->project) ||
		    (!glob_match(p->pattern, canon, flags | GLOB_FOLD) &&
		    !glob_match(p->pattern, at->path, flags | GLOB_FOLD)))
			continue;
		fact_add(f, RVC_PROTECTED, at, 0, "protected by %.100s",
		    p->pattern);
		return;
	}
}

/* Git's own names, by Git's own idea of what stands for them. */
static int
is_gitfile(const char *name, git_path_gitfile file)
{
	return (git_path_is_gitfile(name, strlen(name), file,
	    GIT_PATH_FS_GENERIC) > 0);
}

int
path_is_gitmodules(const char *path)
{
	return (strchr(path, '/') == NULL &&
	    is_gitfile(path, GIT_PATH_GITFILE_GITMODULES));
}

static void
path_git(struct facts *f, const struct fact_at *at)
{
	if (path_is_gitmodules(at->path))
		fact_add(f, RVC_SUBMODULE, at, 0, "submodules");
	if (is_gitfile(base_name(at->path), GIT_PATH_GITFILE_GITATTRIBUTES))
		fact_add(f, RVC_ATTRIBUTES, at, 0, "attributes");
}

static int
has_mode(const git_tree_entry *e, git_filemode_t mode)
{
	return (e != NULL && git_tree_entry_filemode(e) == mode);
}

static void
path_mode(struct facts *f, const struct fact_at *at)
{
	if (has_mode(at->old, GIT_FILEMODE_COMMIT) ||
	    has_mode(at->new, GIT_FILEMODE_COMMIT))
		fact_add(f, RVC_SUBMODULE, at, 0, "gitlink");
	if (has_mode(at->new, GIT_FILEMODE_BLOB_EXECUTABLE) &&
	    !has_mode(at->old, GIT_FILEMODE_BLOB_EXECUTABLE))
		fact_add(f, RVC_EXEC, at, 0, "%s", at->old == NULL ?
		    "new and executable" : "became executable");
}

void
facts_path(struct facts *f, const struct fact_at *at)
{
	char	 canon[WALKED_PATH];
	int	 flags = 0;

	path_canonical(canon, sizeof(canon), at->path);
	/* Programs look through these for what a pattern names beneath. */
	if (has_mode(at->new, GIT_FILEMODE_LINK) ||
	    has_mode(at->new, GIT_FILEMODE_COMMIT))
		flags = GLOB_ABOVE;
	path_rows(f, at, canon, flags);
	path_protected(f, at, canon, flags);
	path_git(f, at);
	path_mode(f, at);
}
