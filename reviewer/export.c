/*
 * The export of trees, whole or as layers.  Runs in the reviewer.  Trusts
 * trees_walk() for the names; makes files only beneath directory
 * descriptors, never through a link, never over something that is there.
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "reviewer/export.h"
#include "reviewer/files.h"
#include "reviewer/outcome.h"
#include "reviewer/trees.h"

struct export {
	git_odb		*odb;
	struct outcome	*o;
	int		 layer;		/* whiteouts and opaque directories */
	int		 fd[TREES_DEPTH + 1]; /* open ones, outermost first */
	int		 depth;		/* index of the innermost */
};

struct count {
	long	 n;
	long	 most;
};

static int
export_failed(struct export *x, const char *name)
{
	return (outcome_errno(x->o, errno, "exporting \"%s\"", name));
}

static int
export_write(int fd, const char *p, size_t n)
{
	const struct timespec	 when[2] = { { EXPORT_MTIME, 0 },
	    { EXPORT_MTIME, 0 } };
	ssize_t			 k;

	while (n > 0) {
		if ((k = write(fd, p, n)) == -1) {
			if (errno == EINTR)
				continue;
			return (-1);
		}
		p += k;
		n -= (size_t)k;
	}
	return (futimens(fd, when));
}

static int
export_file(struct export *x, const char *name, const void *p, size_t n,
    mode_t mode)
{
	int	 fd, rc;

	fd = openat(x->fd[x->depth], name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd == -1)
		return (export_failed(x, name));
	rc = export_write(fd, p, n);
	if (close(fd) == -1 || rc == -1)
		return (export_failed(x, name));
	return (0);
}

static int
export_link(struct export *x, const char *name, const char *to, size_t n)
{
	const struct timespec	 when[2] = { { EXPORT_MTIME, 0 },
	    { EXPORT_MTIME, 0 } };
	char			 target[PATH_MAX];
	int			 fd = x->fd[x->depth];

	if (n == 0 || n >= sizeof(target) || memchr(to, '\0', n) != NULL)
		return (outcome_set(x->o, PRA_ECORRUPT,
		    "symbolic link \"%s\" of the repository has no target "
		    "that can be made", name));
	memcpy(target, to, n);
	target[n] = '\0';
	if (symlinkat(target, fd, name) == -1 ||
	    utimensat(fd, name, when, AT_SYMLINK_NOFOLLOW) == -1)
		return (export_failed(x, name));
	return (0);
}

static int
export_blob(struct export *x, const git_tree_entry *e)
{
	const char	*name = git_tree_entry_name(e);
	git_filemode_t	 mode = git_tree_entry_filemode(e);
	git_odb_object	*obj = NULL;
	int		 rc;

	rc = git_odb_read(&obj, x->odb, git_tree_entry_id(e));
	if (rc != 0) {
		outcome_git(x->o, rc, "the repository is damaged, run "
		    "git fsck there: \"%s\"", name);
		return (x->o->err = PRA_ECORRUPT);
	}
	if (mode == GIT_FILEMODE_LINK)
		rc = export_link(x, name, git_odb_object_data(obj),
		    git_odb_object_size(obj));
	else
		rc = export_file(x, name, git_odb_object_data(obj),
		    git_odb_object_size(obj),
		    mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0755 : 0644);
	git_odb_object_free(obj);
	return (rc);
}

static int
export_fresh(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	struct export	*x = arg;

	(void)path;
	(void)old;	/* a file hides whatever the layers below have */
	if (git_tree_entry_type(e) == GIT_OBJECT_BLOB)
		return (export_blob(x, e));
	if (mkdirat(x->fd[x->depth], git_tree_entry_name(e), 0755) == -1)
		return (export_failed(x, git_tree_entry_name(e)));
	return (0);
}

/* A character device 0:0 is overlayfs's whiteout and needs no privilege. */
static int
export_gone(void *arg, const char *path, const git_tree_entry *old)
{
	struct export	*x = arg;
	const char	*name = git_tree_entry_name(old);

	(void)path;
	if (mknodat(x->fd[x->depth], name, S_IFCHR | 0600,
	    makedev(0, 0)) == -1)
		return (export_failed(x, name));
	return (0);
}

static int
export_enter(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	struct export	*x = arg;
	const char	*name = git_tree_entry_name(e);
	int		 fd;

	(void)path;
	if (mkdirat(x->fd[x->depth], name, 0755) == -1 ||
	    (fd = files_opendir(x->fd[x->depth], name)) == -1)
		return (export_failed(x, name));
	x->fd[++x->depth] = fd;
	if (x->layer && !trees_isdir(old) &&
	    fsetxattr(fd, "user.overlay.opaque", "y", 1, 0) == -1)
		return (outcome_set(x->o, PRA_EUNSUPPORTED, "the state "
		    "directory's file system keeps no user attributes (%s): "
		    "move it to one that does, e.g. ext4, xfs or btrfs",
		    strerror(errno)));
	return (0);
}

static int
export_leave(void *arg)
{
	struct export	*x = arg;

	close(x->fd[x->depth--]);
	return (0);
}

static const struct trees_ops export_ops = {
	export_fresh, export_gone, export_enter, export_leave
};

int
export_tree(git_repository *repo, const git_oid *from, const git_oid *to,
    int dirfd, struct outcome *o)
{
	struct export	 x = { .o = o, .layer = from != NULL };
	int		 rc;

	if ((rc = git_repository_odb(&x.odb, repo)) != 0)
		return (outcome_git(o, rc, "object database"));
	x.fd[0] = dirfd;
	rc = trees_walk(repo, "", from, to, &export_ops, &x, o);
	while (x.depth > 0)
		close(x.fd[x.depth--]);
	git_odb_free(x.odb);
	return (rc);
}

static int
count_one(struct count *c)
{
	return (++c->n > c->most);
}

static int
count_fresh(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	(void)path;
	(void)e;
	(void)old;
	return (count_one(arg));
}

static int
count_gone(void *arg, const char *path, const git_tree_entry *old)
{
	(void)path;
	(void)old;
	return (count_one(arg));
}

static int
count_enter(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	(void)path;
	(void)e;
	(void)old;
	return (count_one(arg));
}

static int
count_leave(void *arg)
{
	(void)arg;
	return (0);
}

static const struct trees_ops count_ops = {
	count_fresh, count_gone, count_enter, count_leave
};

long
export_count(git_repository *repo, const git_oid *from, const git_oid *to,
    long most, struct outcome *o)
{
	struct count	 c = { 0, most };

	if (trees_walk(repo, "", from, to, &count_ops, &c, o) < 0)
		return (-1);
	return (c.n);
}
