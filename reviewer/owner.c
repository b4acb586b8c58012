/*
 * Checks of whose a repository is.  Runs in the reviewer.  What is written to
 * a repository by others than its owner can still change behind the check:
 * praetord.conf(5) says whom `repositories' trusts.
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "reviewer/files.h"
#include "reviewer/local.h"
#include "reviewer/outcome.h"
#include "reviewer/owner.h"
#include "reviewer/reviewer.h"

#define BORROW_DEPTH	5		/* as deep as libgit2 follows */
#define BORROW_MAX	(64 * 1024)	/* bytes of one list */

/* Where links would lead reads and writes to another repository. */
static const char *const	 parts[] = { "HEAD", "packed-refs", "objects",
    "objects/info", "objects/info/alternates", "objects/pack", "refs",
    "refs/heads", "logs", "logs/refs", "logs/refs/heads" };

static int	 borrowed_check(const struct reviewer *, const char *,
		    const char *, int, struct outcome *);

/* The owner of the directory of `repositories` that a path is in. */
static int
root_owner(const struct reviewer *r, const char *path, uid_t *uid)
{
	struct stat	 st;
	size_t		 i;

	for (i = 0; i < r->nrepos; i++)
		if (local_beneath(r->repos[i], path) &&
		    stat(r->repos[i], &st) == 0) {
			*uid = st.st_uid;
			return (1);
		}
	return (0);
}

static int
owner_ok(const struct reviewer *r, const char *path, uid_t owner)
{
	uid_t	 root;

	return (owner == 0 || owner == geteuid() ||
	    (root_owner(r, path, &root) && owner == root));
}

static int
refuse_owner(const char *path, uid_t owner, struct outcome *o)
{
	return (outcome_set(o, PRA_EPERM, "%s belongs to user %u: give it to "
	    "the user that praetor-reviewer runs as, or to the owner of its "
	    "directory of `repositories`", path, (unsigned int)owner));
}

/* 1 when a name beneath a directory is reached through a link; -1: error. */
static int
behind_link(int dirfd, const char *name)
{
	struct open_how	 how = {
		.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS,
	};
	struct stat	 st;
	int		 fd, rc;

	fd = (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
	if (fd == -1)
		return (errno == ELOOP || errno == EXDEV ? 1 :
		    errno == ENOENT || errno == ENOTDIR ? 0 : -1);
	/* The last name is opened itself, link or not. */
	rc = fstat(fd, &st) == -1 ? -1 : S_ISLNK(st.st_mode);
	close(fd);
	return (rc);
}

static int
refuse_link(int dirfd, const char *gitdir, const char *name,
    struct outcome *o)
{
	int	 rc = behind_link(dirfd, name);

	if (rc == -1)
		return (outcome_errno(o, errno, "%s/%s", gitdir, name));
	if (rc == 1)
		return (outcome_set(o, PRA_EPERM, "%s/%s is a symbolic link: "
		    "put what it leads to in its place", gitdir, name));
	return (0);
}

static int
parts_check(const char *gitdir, const char *const *names, size_t n,
    struct outcome *o)
{
	size_t	 i;
	int	 fd, err = 0;

	if ((fd = files_opendir(AT_FDCWD, gitdir)) == -1)
		return (outcome_errno(o, errno, "%s", gitdir));
	for (i = 0; err == 0 && i < n; i++)
		err = refuse_link(fd, gitdir, names[i], o);
	close(fd);
	return (err);
}

/* One line of a list of object directories. */
static int
borrowed_one(const struct reviewer *r, const char *gitdir,
    const char *objects, const char *line, int depth, struct outcome *o)
{
	char		 path[2 * PATH_MAX], dir[PATH_MAX];
	struct stat	 st;

	if (line[0] == '/')
		snprintf(path, sizeof(path), "%s", line);
	else
		snprintf(path, sizeof(path), "%s/%s", objects, line);
	if (realpath(path, dir) == NULL || stat(dir, &st) == -1)
		return (0);		/* nothing is read from there either */
	if (!local_allowed(r, dir))
		return (outcome_set(o, PRA_EPERM, "%s borrows objects from "
		    "%s, which is not under a directory that praetord.conf "
		    "lists with `repositories`: run git repack -ad there and "
		    "remove objects/info/alternates", gitdir, dir));
	if (!owner_ok(r, dir, st.st_uid))
		return (refuse_owner(dir, st.st_uid, o));
	return (borrowed_check(r, gitdir, dir, depth + 1, o));
}

static int
borrowed_check(const struct reviewer *r, const char *gitdir,
    const char *objects, int depth, struct outcome *o)
{
	struct buf	 b = { 0 };
	char		 path[PATH_MAX + 32], *p, *line;
	int		 err = 0;

	if (depth > BORROW_DEPTH)
		return (0);
	snprintf(path, sizeof(path), "%s/info/alternates", objects);
	if (files_read(AT_FDCWD, path, BORROW_MAX, &b) == -1 &&
	    errno != ENOENT && errno != ENOTDIR)
		err = outcome_errno(o, errno, "%s", path);
	p = (char *)b.data;
	while (err == 0 && p != NULL && (line = strsep(&p, "\n")) != NULL)
		if (line[0] != '\0' && line[0] != '#')
			err = borrowed_one(r, gitdir, objects, line, depth, o);
	buf_free(&b);
	return (err);
}

int
owner_check(const struct reviewer *r, const char *gitdir, struct outcome *o)
{
	char		 objects[PATH_MAX + 16];
	struct stat	 st;
	int		 err;

	if (stat(gitdir, &st) == -1)
		return (outcome_errno(o, errno, "%s", gitdir));
	if (!owner_ok(r, gitdir, st.st_uid))
		return (refuse_owner(gitdir, st.st_uid, o));
	err = parts_check(gitdir, parts, sizeof(parts) / sizeof(parts[0]), o);
	if (err != 0)
		return (err);
	snprintf(objects, sizeof(objects), "%s/objects", gitdir);
	return (borrowed_check(r, gitdir, objects, 0, o));
}

int
owner_ref(const char *gitdir, const char *ref, struct outcome *o)
{
	char		 log[512];
	const char	*names[] = { ref, log };

	snprintf(log, sizeof(log), "logs/%s", ref);
	return (parts_check(gitdir, names, 2, o));
}
