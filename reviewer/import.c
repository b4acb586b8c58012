/*
 * The import.  Runs in the reviewer, over files that an untrusted session
 * made; its processes are dead, so nothing changes underneath.  Goes down by
 * directory descriptors, follows no link, crosses no mount, reads regular
 * files and link targets and nothing else.
 *
 * The upper directory is one of overlayfs mounted with userxattr: a
 * character device 0:0 is a deletion, user.overlay.opaque "y" on a directory
 * hides everything below it ("x": it may hold whiteouts in the form of
 * marked empty files).
 *
 * A whole copy has no such marks (those that a job sets mean nothing): what
 * the base has and the copy has not was deleted.  What is as in the base is
 * no change in either, whatever the rules say of it.
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <git2/sys/path.h>

#include "common/err.h"
#include "reviewer/files.h"
#include "reviewer/gitlib.h"
#include "reviewer/ignore.h"
#include "reviewer/import.h"
#include "reviewer/mirror.h"
#include "reviewer/names.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/stage.h"
#include "reviewer/trees.h"

#define ENTRIES_MAX	2000000	/* looked at, changed or not */

struct import {
	struct reviewer	*r;
	struct mirror	*m;
	const struct import_job *job;
	struct outcome	*o;
	git_odb		*odb;
	struct ignore	*ignore;	/* made with the first new name */
	git_tree	*given;		/* what the worktree began with, or NULL */
	uint64_t	 entries, files, bytes;
	char		 path[WALKED_PATH];
	size_t		 len;
	struct frame	*top;		/* innermost directory */
};

/* One directory of the upper that is being read. */
struct frame {
	struct frame	*up;		/* NULL: the top */
	size_t		 len;		/* of import.path */
	const git_tree	*base;		/* that directory of the base, or NULL */
	int		 opaque;	/* nothing of the base shows through */
	int		 marked;	/* whiteouts may be empty files */
	int		 rules;		/* its .gitignore has been added */
	int		 ignored;	/* 1 + whether rules name it; 0: ? */
	size_t		 found;		/* names that the base has, too */
	git_treebuilder	*tb;		/* made with the first change */
};

enum verdict { V_SAME, V_CHANGED, V_EMPTY };

static int	 import_dir(struct import *, int, const git_tree *, int,
		    git_oid *, enum verdict *);

static int
refuse(struct import *im, const char *why)
{
	/* A long path must not crowd out the reason. */
	return (outcome_set(im->o, PRA_EINVALID, "\"%.400s%s\": %s", im->path,
	    strlen(im->path) > 400 ? "..." : "", why));
}

static int
git_failed(struct import *im, int rc)
{
	return (outcome_git(im->o, rc, "importing \"%s\"", im->path));
}

static int
too_much(struct import *im, uint64_t max, const char *what)
{
	return (outcome_set(im->o, PRA_EINVALID, "the change has more than "
	    "%llu %s: raise `change { %s max }` in praetord.conf",
	    (unsigned long long)max, what, what));
}

static int
count_file(struct import *im)
{
	if (++im->files > im->job->files_max)
		return (too_much(im, im->job->files_max, "files"));
	return (0);
}

static int
count_bytes(struct import *im, uint64_t n)
{
	if (n > im->job->bytes_max || (im->bytes += n) > im->job->bytes_max)
		return (too_much(im, im->job->bytes_max, "bytes"));
	return (0);
}

/* The frame's builder: the base's entries, or none when it is opaque. */
static int
frame_builder(struct import *im, struct frame *f)
{
	int	 rc;

	if (f->tb != NULL)
		return (0);
	rc = git_treebuilder_new(&f->tb, im->m->repo,
	    f->opaque ? NULL : f->base);
	return (rc == 0 ? 0 : git_failed(im, rc));
}

static int
frame_set(struct import *im, struct frame *f, const char *name,
    const git_oid *id, git_filemode_t mode)
{
	int	 rc;

	if ((rc = frame_builder(im, f)) != 0)
		return (rc);
	rc = git_treebuilder_insert(NULL, f->tb, name, id, mode);
	return (rc == 0 ? 0 : git_failed(im, rc));
}

static int
frame_unset(struct import *im, struct frame *f, const char *name)
{
	int	 rc;

	if ((rc = frame_builder(im, f)) != 0)
		return (rc);
	if (git_treebuilder_get(f->tb, name) == NULL)
		return (0);
	rc = git_treebuilder_remove(f->tb, name);
	return (rc == 0 ? 0 : git_failed(im, rc));
}

/* A directory for the rules, <state>/scratch/ignore, emptied. */
static int
ignore_start(struct import *im)
{
	char	 dir[4096];
	int	 fd;

	if (files_remove_all(im->r->scratchfd, "ignore") == -1 ||
	    (fd = files_mkdir(im->r->scratchfd, "ignore")) == -1)
		return (outcome_errno(im->o, errno, "scratch/ignore"));
	close(fd);
	snprintf(dir, sizeof(dir), "%s/scratch/ignore", im->r->state);
	return (ignore_new(&im->ignore, git_repository_path(im->m->repo), dir,
	    im->o));
}

/* Add the rules of every directory from the top down to a frame. */
static int
ignore_rules(struct import *im, struct frame *f)
{
	char	 dir[WALKED_PATH];
	int	 err;

	if (f == NULL || f->rules)
		return (0);
	if ((err = ignore_rules(im, f->up)) != 0)
		return (err);
	f->rules = 1;
	if (f->base == NULL)
		return (0);
	snprintf(dir, sizeof(dir), "%.*s", (int)f->len, im->path);
	return (ignore_add(im->ignore, im->m->repo, f->base, dir, im->o));
}

/*
 * 1 when rules name a directory, or one above it: what is new in it is then
 * left out whatever further rules say, also when the base has the directory.
 */
static int
frame_ignored(struct import *im, struct frame *f)
{
	char	 dir[WALKED_PATH];
	int	 rc;

	if (f->up == NULL)
		return (0);
	if (f->ignored == 0) {
		if ((rc = frame_ignored(im, f->up)) == 0) {
			snprintf(dir, sizeof(dir), "%.*s", (int)f->len,
			    im->path);
			rc = ignore_match(im->ignore, dir, 1, im->o);
		}
		if (rc < 0)
			return (rc);
		f->ignored = 1 + rc;
	}
	return (f->ignored - 1);
}

/* 1 when a name that the base does not have is to be left out. */
static int
is_ignored(struct import *im, struct frame *f, int isdir)
{
	int	 rc;

	if (im->ignore == NULL && (rc = ignore_start(im)) != 0)
		return (rc);
	if ((rc = ignore_rules(im, f)) != 0 ||
	    (rc = frame_ignored(im, f)) != 0)
		return (rc);
	return (ignore_match(im->ignore, im->path, isdir, im->o));
}

static int
open_beneath(int dirfd, const char *name, int flags)
{
	struct open_how	 how = {
		.flags = (uint64_t)(flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
		    O_NONBLOCK | O_NOCTTY),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};

	return ((int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how)));
}

static int
open_failed(struct import *im)
{
	if (errno == EACCES || errno == EPERM)
		return (refuse(im, "its mode does not let it be read: the "
		    "task must leave it readable for its owner"));
	if (errno == EXDEV || errno == ELOOP)
		return (refuse(im, "it is a mount or was replaced"));
	return (outcome_errno(im->o, errno, "importing \"%s\"", im->path));
}

static git_filemode_t
file_mode(const struct stat *st)
{
	return (st->st_mode & S_IXUSR ? GIT_FILEMODE_BLOB_EXECUTABLE :
	    GIT_FILEMODE_BLOB);
}

static int
same_blob(const git_tree_entry *old, const git_oid *id, git_filemode_t mode)
{
	return (old != NULL && git_tree_entry_filemode(old) == mode &&
	    git_oid_equal(git_tree_entry_id(old), id));
}

/* 1 when the worktree began with this, and the base has nothing there. */
static int
is_given(struct import *im, const git_tree_entry *old, const git_oid *id,
    git_filemode_t mode)
{
	git_tree_entry	*e = NULL;
	int		 same;

	if (im->given == NULL || old != NULL ||
	    git_tree_entry_bypath(&e, im->given, im->path) != 0)
		return (0);
	same = same_blob(e, id, mode);
	git_tree_entry_free(e);
	return (same);
}

/* Record a blob unless the base has the very same. */
static int
put_blob(struct import *im, struct frame *f, const char *name,
    const git_tree_entry *old, const git_oid *id, git_filemode_t mode)
{
	int	 err, same = same_blob(old, id, mode);

	if ((same && !f->opaque) || is_given(im, old, id, mode))
		return (0);
	if (!same && (err = count_file(im)) != 0)
		return (err);
	return (frame_set(im, f, name, id, mode));
}

/* 1 when the size alone shows that the content is new. */
static int
surely_new(struct import *im, const git_tree_entry *old, uint64_t size)
{
	git_object_t	 type;
	size_t		 was;

	return (old == NULL || git_tree_entry_type(old) != GIT_OBJECT_BLOB ||
	    git_odb_read_header(&was, &type, im->odb,
	    git_tree_entry_id(old)) != 0 || was != size);
}

static int
import_open_file(struct import *im, struct frame *f, int fd, const char *name,
    const git_tree_entry *old)
{
	struct stat	 st;
	git_oid		 id;
	uint64_t	 size;
	int		 err, counted;

	if (fstat(fd, &st) == -1)
		return (open_failed(im));
	if (!S_ISREG(st.st_mode))
		return (refuse(im, "it was replaced"));
	if (!im->job->whole &&
	    fgetxattr(fd, "user.overlay.metacopy", NULL, 0) >= 0)
		return (refuse(im, "the worktree was mounted with metacopy, "
		    "its content is not here"));
	size = (uint64_t)st.st_size;
	counted = surely_new(im, old, size);
	if (counted && (err = count_bytes(im, size)) != 0)
		return (err);
	if ((err = stage_blob(im->m->stage, fd, size, &id, im->o)) != 0)
		return (err);
	if (!counted && !git_oid_equal(git_tree_entry_id(old), &id) &&
	    (err = count_bytes(im, size)) != 0)
		return (err);
	return (put_blob(im, f, name, old, &id, file_mode(&st)));
}

static int
import_file(struct import *im, struct frame *f, int dirfd, const char *name,
    const git_tree_entry *old)
{
	int	 fd, err;

	if ((fd = open_beneath(dirfd, name, 0)) == -1)
		return (open_failed(im));
	err = import_open_file(im, f, fd, name, old);
	close(fd);
	return (err);
}

/* Git refuses these as links everywhere: their targets would be obeyed. */
static int
link_refused(const char *name)
{
	return (git_path_is_gitfile(name, strlen(name),
	    GIT_PATH_GITFILE_GITMODULES, GIT_PATH_FS_GENERIC) > 0 ||
	    git_path_is_gitfile(name, strlen(name),
	    GIT_PATH_GITFILE_GITATTRIBUTES, GIT_PATH_FS_GENERIC) > 0 ||
	    git_path_is_gitfile(name, strlen(name),
	    GIT_PATH_GITFILE_GITIGNORE, GIT_PATH_FS_GENERIC) > 0);
}

static int
import_link(struct import *im, struct frame *f, int dirfd, const char *name,
    const git_tree_entry *old)
{
	char	 target[PATH_MAX];
	ssize_t	 n;
	git_oid	 id;
	int	 rc;

	n = readlinkat(dirfd, name, target, sizeof(target));
	if (n == -1)
		return (open_failed(im));
	rc = git_odb_hash(&id, target, (size_t)n, GIT_OBJECT_BLOB);
	if (rc != 0)
		return (git_failed(im, rc));
	if (same_blob(old, &id, GIT_FILEMODE_LINK))
		return (put_blob(im, f, name, old, &id, GIT_FILEMODE_LINK));
	if (link_refused(name))
		return (refuse(im, "this name must not be a symbolic link"));
	if ((rc = count_bytes(im, (uint64_t)n)) != 0)
		return (rc);
	rc = git_odb_write(&id, im->odb, target, (size_t)n, GIT_OBJECT_BLOB);
	if (rc != 0)
		return (git_failed(im, rc));
	return (put_blob(im, f, name, old, &id, GIT_FILEMODE_LINK));
}

static int
import_gone(struct import *im, struct frame *f, const char *name,
    const git_tree_entry *old)
{
	int	 err;

	if (old == NULL)
		return (0);
	if ((err = count_file(im)) != 0)
		return (err);
	return (frame_unset(im, f, name));
}

/* Take what a subdirectory came to into its parent's builder. */
static int
import_subdir_done(struct import *im, struct frame *f, const char *name,
    const git_tree_entry *old, const git_oid *id, enum verdict v)
{
	int	 gitlink = old != NULL &&
	    git_tree_entry_type(old) == GIT_OBJECT_COMMIT;

	if (gitlink && v != V_EMPTY)
		return (refuse(im, "it is a submodule, whose files cannot be "
		    "imported"));
	if (gitlink && !f->opaque)
		return (0);
	if (gitlink)
		return (frame_set(im, f, name, git_tree_entry_id(old),
		    GIT_FILEMODE_COMMIT));
	if (v == V_EMPTY)
		return (old == NULL ? 0 : frame_unset(im, f, name));
	if (v == V_SAME && !f->opaque)
		return (0);
	return (frame_set(im, f, name, id, GIT_FILEMODE_TREE));
}

static int
import_subdir(struct import *im, struct frame *f, int dirfd,
    const char *name, const git_tree_entry *old)
{
	git_tree	*sub = NULL;
	enum verdict	 v = V_EMPTY;
	git_oid		 id;
	int		 fd, rc;

	if ((fd = open_beneath(dirfd, name, O_DIRECTORY)) == -1)
		return (open_failed(im));
	if (old != NULL && git_tree_entry_type(old) == GIT_OBJECT_TREE &&
	    (rc = git_tree_lookup(&sub, im->m->repo,
	    git_tree_entry_id(old))) != 0) {
		close(fd);
		return (git_failed(im, rc));
	}
	rc = import_dir(im, fd, sub, f->opaque, &id, &v);
	git_tree_free(sub);
	if (rc != 0)
		return (rc);
	return (import_subdir_done(im, f, name, old, &id, v));
}

/* 1 for overlayfs's deletions, in both forms. */
static int
is_whiteout(const struct frame *f, int dirfd, const char *name,
    const struct stat *st)
{
	int	 fd, found;

	if (S_ISCHR(st->st_mode))
		return (st->st_rdev == 0);
	if (!f->marked || !S_ISREG(st->st_mode) || st->st_size != 0 ||
	    (fd = open_beneath(dirfd, name, 0)) == -1)
		return (0);
	found = fgetxattr(fd, "user.overlay.whiteout", NULL, 0) >= 0;
	close(fd);
	return (found);
}

static int
import_known(struct import *im, struct frame *f, int dirfd, const char *name,
    const struct stat *st, const git_tree_entry *old)
{
	if (S_ISREG(st->st_mode))
		return (import_file(im, f, dirfd, name, old));
	if (S_ISLNK(st->st_mode))
		return (import_link(im, f, dirfd, name, old));
	if (S_ISDIR(st->st_mode))
		return (import_subdir(im, f, dirfd, name, old));
	return (refuse(im, S_ISFIFO(st->st_mode) ?
	    "it is a fifo: only files, directories and links are imported" :
	    S_ISSOCK(st->st_mode) ?
	    "it is a socket: only files, directories and links are imported" :
	    "it is a device: only files, directories and links are imported"));
}

/* To Git a file is not there before, when that name was a directory. */
static int
is_new(const git_tree_entry *old, const struct stat *st)
{
	return (old == NULL || (!S_ISDIR(st->st_mode) &&
	    git_tree_entry_type(old) == GIT_OBJECT_TREE));
}

/* One name of the upper; im->path is its path. */
static int
import_entry(struct import *im, struct frame *f, int dirfd, const char *name)
{
	const git_tree_entry	*old = NULL;
	const char		*why;
	struct stat		 st;
	int			 rc;

	if (f->up == NULL && strcmp(name, ".git") == 0)
		return (0);		/* the session's own; never read */
	if (name_is_dotgit(name))
		return (refuse(im, f->up == NULL ?
		    "the name stands for .git on some file system" :
		    "a nested repository cannot be imported"));
	if (f->base != NULL)
		old = git_tree_entry_byname(f->base, name);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return (open_failed(im));
	if (!im->job->whole && is_whiteout(f, dirfd, name, &st))
		return (import_gone(im, f, name, old));
	f->found += old != NULL;
	if (is_new(old, &st) &&
	    (rc = is_ignored(im, f, S_ISDIR(st.st_mode))) != 0)
		return (rc > 0 ? import_gone(im, f, name, old) : rc);
	/* A name that the repository has already may be odd. */
	if (old == NULL && (why = name_refused_new(name)) != NULL)
		return (refuse(im, why));
	return (import_known(im, f, dirfd, name, &st, old));
}

static int
import_entries(struct import *im, struct frame *f, DIR *dir)
{
	struct dirent	*de;
	int		 err = 0;

	while (err == 0 && (errno = 0, de = readdir(dir)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		if (++im->entries > ENTRIES_MAX)
			return (outcome_set(im->o, PRA_EINVALID,
			    "the worktree has more than %d new or touched "
			    "files", ENTRIES_MAX));
		if (path_push(im->path, &im->len, de->d_name) == -1)
			return (refuse(im, "the path is longer than 4095 "
			    "bytes"));
		err = import_entry(im, f, dirfd(dir), de->d_name);
		im->len = f->len;
		if (err == 0)
			im->path[im->len] = '\0';
	}
	if (err == 0 && errno != 0)
		return (open_failed(im));
	return (err);
}

/* A name of the base that the copy may have: what it has not was deleted. */
static int
import_missing(struct import *im, struct frame *f, int dirfd,
    const git_tree_entry *old)
{
	const char	*name = git_tree_entry_name(old);
	struct stat	 st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return (0);
	if (errno != ENOENT)
		return (open_failed(im));
	return (import_gone(im, f, name, old));
}

static int
import_rest(struct import *im, struct frame *f, int dirfd)
{
	size_t	 i, n;
	int	 err = 0;

	if (!im->job->whole || f->base == NULL)
		return (0);
	n = git_tree_entrycount(f->base);
	for (i = 0; err == 0 && f->found < n && i < n; i++)
		err = import_missing(im, f, dirfd,
		    git_tree_entry_byindex(f->base, i));
	return (err);
}

/* What a directory came to: the id of its tree, unless nothing is left. */
static int
frame_result(struct import *im, struct frame *f, git_oid *id,
    enum verdict *v)
{
	int	 rc;

	*v = f->base == NULL ? V_EMPTY : V_SAME;
	if (f->opaque && (rc = frame_builder(im, f)) != 0)
		return (rc);
	if (f->tb == NULL)
		return (0);
	*v = V_EMPTY;
	if (git_treebuilder_entrycount(f->tb) == 0 && f->up != NULL)
		return (0);
	if ((rc = git_treebuilder_write(id, f->tb)) != 0)
		return (git_failed(im, rc));
	*v = f->base != NULL && git_oid_equal(id, git_tree_id(f->base)) ?
	    V_SAME : V_CHANGED;
	return (0);
}

/* Read the marks of overlayfs on a directory. */
static int
frame_marks(struct import *im, struct frame *f, int fd)
{
	char	 mark = 0;

	if (im->job->whole)
		return (0);
	if (fgetxattr(fd, "user.overlay.redirect", NULL, 0) >= 0)
		return (refuse(im, "the worktree was mounted with "
		    "redirect_dir, its content is not here"));
	if (fgetxattr(fd, "user.overlay.opaque", &mark, 1) == 1) {
		f->opaque |= mark == 'y';
		f->marked = mark == 'x';
	}
	return (0);
}

static int
frame_depth(const struct frame *f)
{
	int	 n = 0;

	for (; f != NULL; f = f->up)
		n++;
	return (n);
}

static int
too_deep(struct import *im)
{
	return (refuse(im, "directories are nested deeper than 64"));
}

/* A copy has all directories, and those of the base may be deeper. */
static int
depth_allowed(const struct import *im, const struct frame *f)
{
	int	 n = frame_depth(f);

	return (n <= DEPTH_MAX || (im->job->whole && f->base != NULL &&
	    n <= TREES_DEPTH));
}

/* Read a directory; takes fd.  V_SAME leaves *id unset. */
static int
import_dir(struct import *im, int fd, const git_tree *base, int opaque,
    git_oid *id, enum verdict *v)
{
	struct frame	 f = { .up = im->top, .len = im->len, .base = base,
			    .opaque = opaque };
	DIR		*dir;
	int		 err;

	if (!depth_allowed(im, &f)) {
		close(fd);
		return (too_deep(im));
	}
	if ((err = frame_marks(im, &f, fd)) != 0 ||
	    (dir = fdopendir(fd)) == NULL) {
		err = err != 0 ? err : open_failed(im);
		close(fd);
		return (err);
	}
	im->top = &f;
	if ((err = import_entries(im, &f, dir)) == 0)
		err = import_rest(im, &f, dirfd(dir));
	closedir(dir);
	if (err == 0)
		err = frame_result(im, &f, id, v);
	if (err == 0 && *v != V_SAME && frame_depth(&f) > DEPTH_MAX)
		err = too_deep(im);
	/* An unchanged tree in an opaque parent must be named again. */
	if (err == 0 && *v == V_SAME && base != NULL)
		git_oid_cpy(id, git_tree_id(base));
	im->top = f.up;
	git_treebuilder_free(f.tb);
	return (err);
}

static int
given_tree(struct import *im)
{
	git_oid	 id;

	if (im->job->given == NULL)
		return (0);
	git_oid_fromraw(&id, im->job->given);
	return (gitlib_tree(&im->given, im->m->repo, &id, im->o));
}

int
import_run(struct reviewer *r, struct mirror *m,
    const struct import_job *job, git_oid *tree, struct outcome *o)
{
	struct import	 im = { .r = r, .m = m, .job = job, .o = o };
	enum verdict	 v = V_SAME;
	git_tree	*base = NULL;
	int		 fd, err;

	if ((err = gitlib_tree(&base, m->repo, &job->base, o)) != 0 ||
	    (err = given_tree(&im)) != 0) {
		git_tree_free(base);
		return (err);
	}
	stage_begin(m->stage);
	if (git_repository_odb(&im.odb, m->repo) != 0)
		err = outcome_git(o, -1, "object database");
	else if ((fd = open_beneath(job->upperfd, ".", O_DIRECTORY)) == -1)
		err = open_failed(&im);
	else
		err = import_dir(&im, fd, base, 0, tree, &v);
	ignore_free(im.ignore);
	git_odb_free(im.odb);
	git_tree_free(im.given);
	git_tree_free(base);
	if (err != 0)
		stage_drop(m->stage);
	return (err);
}
