/*
 * Access to users' repositories on this host.  Runs in the reviewer.  The
 * path comes from a permitted client and is checked against the configured
 * directories; the repository's data is parsed, its configuration, hooks
 * and attributes are not.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <bsd/string.h>

#include "common/err.h"
#include "reviewer/files.h"
#include "reviewer/gitlib.h"
#include "reviewer/hand.h"
#include "reviewer/local.h"
#include "reviewer/outcome.h"
#include "reviewer/owner.h"
#include "reviewer/pack.h"
#include "reviewer/ref.h"
#include "reviewer/reviewer.h"

#define NAMED_MAX	8	/* branches named in a text */

/* The path of an url; NULL with o set when it is not a plain absolute one. */
static const char *
local_path(const char *url, struct outcome *o)
{
	static const char *const	 unsafe[] = { "git://", "http://" };
	const char			*path = url;
	size_t				 i;

	if (strncmp(url, "file://", 7) == 0) {
		path = url + 7;
		if (strchr(path, '%') != NULL) {
			outcome_set(o, PRA_EINVALID, "%s: escapes are not "
			    "understood: write the path as it is", url);
			return (NULL);
		}
	}
	if (path[0] == '/')
		return (path);
	for (i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
		if (strncasecmp(url, unsafe[i], strlen(unsafe[i])) == 0)
			break;
	if (i < sizeof(unsafe) / sizeof(unsafe[0]))
		outcome_set(o, PRA_EUNSUPPORTED, "%s: %s neither encrypts nor "
		    "proves who the server is: use its https:// or ssh:// "
		    "URL", url, unsafe[i]);
	else
		outcome_set(o, PRA_EINVALID, "%s: write an absolute path, or "
		    "an https:// or ssh:// URL", url);
	return (NULL);
}

int
local_beneath(const char *repos, const char *path)
{
	char	 dir[PATH_MAX];
	size_t	 n;

	if (realpath(repos, dir) == NULL)
		return (0);
	n = strlen(dir);
	return (strcmp(dir, "/") == 0 || (strncmp(path, dir, n) == 0 &&
	    (path[n] == '/' || path[n] == '\0')));
}

int
local_allowed(const struct reviewer *r, const char *path)
{
	size_t	 i;

	for (i = 0; i < r->nrepos; i++)
		if (local_beneath(r->repos[i], path))
			return (1);
	return (0);
}

static int
refuse_errno(const char *path, int errnum, struct outcome *o)
{
	if (errnum == ENOENT || errnum == ENOTDIR)
		return (outcome_set(o, PRA_ENOTFOUND,
		    "%s: there is no such repository: check the path", path));
	if (errnum == EACCES || errnum == EPERM)
		return (outcome_set(o, PRA_EPERM, "%s: no permission: let the "
		    "user that praetor-reviewer runs as read and write it",
		    path));
	return (outcome_errno(o, errnum, "%s", path));
}

static int
refuse_outside(const char *path, struct outcome *o)
{
	return (outcome_set(o, PRA_EPERM, "%s is not under a directory that "
	    "praetord.conf lists with `repositories`: add one and restart "
	    "praetord", path));
}

/* Resolve a path and check that it may be used. */
static int
local_resolve(const struct reviewer *r, const char *path, char out[PATH_MAX],
    struct outcome *o)
{
	char	 parent[PATH_MAX], *slash;

	if (strlen(path) >= PATH_MAX)
		return (outcome_set(o, PRA_EINVALID, "the path is too long"));
	if (realpath(path, out) != NULL)
		return (local_allowed(r, out) ? 0 : refuse_outside(path, o));
	/* What is missing is told only where one may look. */
	if (errno == ENOENT) {
		strlcpy(parent, path, sizeof(parent));
		while ((slash = strrchr(parent, '/')) != NULL) {
			*slash = '\0';
			if (realpath(*parent ? parent : "/", out) != NULL)
				return (local_allowed(r, out) ?
				    refuse_errno(path, ENOENT, o) :
				    refuse_outside(path, o));
		}
	}
	return (refuse_errno(path, errno, o));
}

static int
exists(const char *dir, const char *name, mode_t type)
{
	struct stat	 st;
	char		 path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return (stat(path, &st) == 0 && (st.st_mode & S_IFMT) == type);
}

/* Read a one-line file of a git directory, "prefix" cut off.  0 or -1. */
static int
read_line(const char *path, const char *prefix, char *out, size_t size)
{
	struct buf	 b = { 0 };
	size_t		 n = strlen(prefix);
	int		 rc = -1;

	if (files_read(AT_FDCWD, path, PATH_MAX, &b) == 0 && b.len > n &&
	    strncmp((char *)b.data, prefix, n) == 0 &&
	    strlcpy(out, (char *)b.data + n, size) < size) {
		out[strcspn(out, "\r\n")] = '\0';
		rc = 0;
	}
	buf_free(&b);
	return (rc);
}

/*
 * Follow one pointer file of Git (".git" of a linked worktree, "commondir").
 * 0: followed; 1: there is none; else PRA_E* with o set.
 */
static int
follow(const struct reviewer *r, char dir[PATH_MAX], const char *name,
    const char *prefix, struct outcome *o)
{
	char	 to[PATH_MAX], path[2 * PATH_MAX];

	if (!exists(dir, name, S_IFREG))
		return (1);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (read_line(path, prefix, to, sizeof(to)) == -1)
		return (refuse_errno(dir, EACCES, o));
	if (to[0] == '/')
		strlcpy(path, to, sizeof(path));
	else
		snprintf(path, sizeof(path), "%s/%s", dir, to);
	return (local_resolve(r, path, dir, o));
}

/* From where the user points to the main git directory. */
static int
local_gitdir(const struct reviewer *r, char dir[PATH_MAX], int *bare,
    struct outcome *o)
{
	int	 rc;

	*bare = 0;
	if (exists(dir, ".git", S_IFDIR)) {
		if (strlcat(dir, "/.git", PATH_MAX) >= PATH_MAX)
			return (refuse_errno(dir, ENAMETOOLONG, o));
	} else if ((rc = follow(r, dir, ".git", "gitdir: ", o)) < 0)
		return (rc);
	if ((rc = follow(r, dir, "commondir", "", o)) < 0)
		return (rc);
	/*
	 * Whether it is bare is a matter of its configuration, which is not
	 * read: a repository that was ever checked out has an index.
	 */
	*bare = !exists(dir, "index", S_IFREG) && (strlen(dir) < 5 ||
	    strcmp(dir + strlen(dir) - 5, "/.git") != 0);
	return (0);
}

/* Say why a directory is no repository that can be used; 0 when it may be. */
static int
local_check(const char *path, const char *gitdir, struct outcome *o)
{
	struct stat	 st;

	if (stat(gitdir, &st) == -1)
		return (refuse_errno(path, errno, o));
	if (!S_ISDIR(st.st_mode) || access(gitdir, R_OK | X_OK) == -1)
		return (refuse_errno(path, S_ISDIR(st.st_mode) ? errno :
		    ENOTDIR, o));
	if (!exists(gitdir, "HEAD", S_IFREG) ||
	    !exists(gitdir, "objects", S_IFDIR) ||
	    !exists(gitdir, "refs", S_IFDIR))
		return (outcome_set(o, PRA_EINVALID, "%s is not a git "
		    "repository: name one, or make it with git init", path));
	if (exists(gitdir, "shallow", S_IFREG))
		return (outcome_set(o, PRA_EUNSUPPORTED, "%s is a shallow "
		    "clone: run git fetch --unshallow there", path));
	if (exists(gitdir, "reftable", S_IFDIR))
		return (outcome_set(o, PRA_EUNSUPPORTED, "%s keeps its refs "
		    "in a reftable, which is not understood: run git refs "
		    "migrate --ref-format=files there", path));
	return (0);
}

int
local_open(const struct reviewer *r, const char *url, struct local *l,
    struct outcome *o)
{
	const char	*path;
	int		 err;

	memset(l, 0, sizeof(*l));
	if ((path = local_path(url, o)) == NULL)
		return (o->err);
	if ((err = local_resolve(r, path, l->gitdir, o)) != 0 ||
	    (err = local_gitdir(r, l->gitdir, &l->bare, o)) != 0 ||
	    (err = local_check(path, l->gitdir, o)) != 0 ||
	    (err = owner_check(r, l->gitdir, o)) != 0)
		return (err);
	return (gitlib_open(&l->repo, l->gitdir, o));
}

void
local_close(struct local *l)
{
	git_repository_free(l->repo);
	l->repo = NULL;
}

/* The first branches of a repository as "a, b, c"; "" when there is none. */
static void
local_branches(git_repository *repo, char *out, size_t size)
{
	git_reference_iterator	*it = NULL;
	const char		*name;
	int			 n = 0;

	out[0] = '\0';
	if (git_reference_iterator_glob_new(&it, repo, "refs/heads/*") == 0)
		while (n <= NAMED_MAX && git_reference_next_name(&name,
		    it) == 0) {
			if (n++ > 0)
				strlcat(out, ", ", size);
			strlcat(out, n > NAMED_MAX ? "..." : name + 11, size);
		}
	git_reference_iterator_free(it);
}

int
local_head(struct local *l, const char *branch, git_oid *out,
    struct outcome *o)
{
	char	 ref[300], have[1024];
	int	 rc;

	snprintf(ref, sizeof(ref), "refs/heads/%s", branch);
	if ((rc = owner_ref(l->gitdir, ref, o)) != 0)
		return (rc);
	if ((rc = git_reference_name_to_id(out, l->repo, ref)) == 0)
		return (0);
	if (rc != GIT_ENOTFOUND) {
		outcome_git(o, rc, "%s: branch %s is damaged: run git fsck "
		    "there", l->gitdir, branch);
		return (o->err = PRA_ECORRUPT);
	}
	local_branches(l->repo, have, sizeof(have));
	if (have[0] == '\0')
		return (outcome_set(o, PRA_ENOTFOUND, "%s is empty: make a "
		    "first commit on branch %s", l->gitdir, branch));
	return (outcome_set(o, PRA_ENOTFOUND, "%s has no branch %s: there is "
	    "%s", l->gitdir, branch, have));
}

static int
head_is(const char *dir, const char *ref)
{
	char	 path[2 * PATH_MAX], head[512];

	snprintf(path, sizeof(path), "%s/HEAD", dir);
	if (read_line(path, "ref: ", head, sizeof(head)) == -1)
		return (0);
	return (strcmp(head, ref) == 0);
}

struct worktrees {
	const struct local	*l;
	const char		*ref;
	int			 found;
};

static int
local_worktrees(struct worktrees *w)
{
	git_strarray	 names = { 0 };
	char		 dir[2 * PATH_MAX];
	size_t		 i;

	if (git_worktree_list(&names, w->l->repo) != 0)
		return (1);	/* not known: rather step aside */
	for (i = 0; i < names.count && !w->found; i++) {
		snprintf(dir, sizeof(dir), "%s/worktrees/%s", w->l->gitdir,
		    names.strings[i]);
		w->found = head_is(dir, w->ref);
	}
	git_strarray_dispose(&names);
	return (w->found);
}

int
local_checked_out(const struct local *l, const char *branch)
{
	char			 ref[300];
	struct worktrees	 w = { l, ref, 0 };

	snprintf(ref, sizeof(ref), "refs/heads/%s", branch);
	if (!l->bare && head_is(l->gitdir, ref))
		return (1);
	return (local_worktrees(&w));
}

int
local_fetch(const struct reviewer *r, git_repository *mirror, const char *url,
    const char *branch, git_oid *head, struct outcome *o)
{
	struct local	 l;
	git_oid		 old;
	char		 ref[300], objects[PATH_MAX];
	int		 known, err;

	if ((err = local_open(r, url, &l, o)) != 0)
		return (err);
	snprintf(ref, sizeof(ref), "refs/praetor/upstream/%s", branch);
	snprintf(objects, sizeof(objects), "%sobjects",
	    git_repository_path(mirror));
	if ((err = local_head(&l, branch, head, o)) == 0) {
		known = git_reference_name_to_id(&old, mirror, ref) == 0;
		if ((!known || !git_oid_equal(&old, head)) && r->brisk)
			err = HAND_NEEDED;
		else if (!known || !git_oid_equal(&old, head))
			err = pack_send(l.repo, head, known ? &old : NULL,
			    objects, 1, o);
	}
	local_close(&l);
	return (err);
}

/*
 * New files must fit the repository that they go into: a shared one has
 * directories that its group may write.
 */
static mode_t
local_umask(const struct local *l)
{
	char		 path[PATH_MAX + 16];
	struct stat	 st;

	snprintf(path, sizeof(path), "%s/objects", l->gitdir);
	if (stat(path, &st) == -1)
		return (022);
	return ((mode_t)(~st.st_mode & 077));
}

int
local_push(const struct reviewer *r, struct local *l, git_repository *mirror,
    const git_oid *commit, const git_oid *onto, const char *ref,
    const git_oid *expect, struct outcome *o)
{
	char	 objects[PATH_MAX + 16];
	mode_t	 mask;
	int	 err;

	snprintf(objects, sizeof(objects), "%s/objects", l->gitdir);
	if (access(objects, W_OK) == -1 || access(l->gitdir, W_OK) == -1)
		return (outcome_set(o, PRA_EPERM, "%s: no permission to "
		    "write: let the user that praetor-reviewer runs as write "
		    "there", l->gitdir));
	mask = umask(local_umask(l));
	if ((err = pack_send(mirror, commit, onto, objects, 0, o)) == 0)
		err = ref_update(l, r->owner, ref, commit, expect, o);
	umask(mask);
	return (err);
}
