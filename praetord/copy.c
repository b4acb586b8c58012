/*
 * The copy of a tree.  Runs in a session's builder, which has become the
 * job's user and has no privilege left.  The tree was made by the reviewer
 * and its names are the repository's: everything is opened beneath
 * descriptors, one name at a time, no link is followed and no mount crossed,
 * and nothing is looked at but type, size, permissions and time.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "common/err.h"
#include "common/log.h"
#include "praetord/copy.h"
#include "praetord/usage.h"

#define PIECE	(128 * 1024)	/* bytes read and written at once */

#define PERMS	0777
#define LOOK	(1024 * 1024)	/* bytes between two looks at the free space */

struct copy {
	struct copied	*n;
	struct why	*why;
	uint64_t	 keep;
	uint64_t	 unseen;	/* bytes since the last look */
	int		 to;
	char		*piece;		/* PIECE bytes */
	int		 share;		/* blocks, not their content */
	int		 depth;
	char		 path[PATH_MAX]; /* of the name at hand */
	size_t		 len;
};

static int	 copy_dir(struct copy *, int, int);

/* The path as it may be shown: it is foreign. */
static const char *
shown(const struct copy *c, char *buf, size_t size)
{
	return (log_vis(buf, size, c->path, c->len));
}

static int
failed(struct copy *c)
{
	const char	*room = "make room in the state directory";
	char		 name[120];

	if (errno != ENOSPC && errno != EDQUOT)
		room = NULL;
	return (why_errno(c->why, room, "worktree copy: %s",
	    shown(c, name, sizeof(name))));
}

static int
refused(struct copy *c, int err, const char *what)
{
	char	 name[120];

	return (why_set(c->why, err, "worktree copy: %s: %s",
	    shown(c, name, sizeof(name)), what));
}

/* Room for so many bytes more?  Others need what is left, too. */
static int
room(struct copy *c, uint64_t size)
{
	struct statvfs	 sb;
	uint64_t	 left, reserve;

	c->unseen += size + USAGE_INODE;
	if (c->unseen < LOOK)
		return (0);
	c->unseen = 0;
	if (fstatvfs(c->to, &sb) == -1)
		return (failed(c));
	left = usage_left(&sb);
	reserve = usage_reserve(&sb, c->keep);
	if (left >= reserve && left - reserve >= size)
		return (0);
	return (why_set(c->why, PRA_ENOSPC, "worktree copy: there is no room "
	    "for it: less than `limit disk-free` would be left (free some "
	    "where the state directory is)"));
}

static int
open_source(int at, const char *name, int flags)
{
	struct open_how	 how = {
		.flags = (uint64_t)(flags | O_RDONLY | O_NOFOLLOW |
		    O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV
	};

	return ((int)syscall(SYS_openat2, at, name, &how, sizeof(how)));
}

static int
write_all(int fd, const char *p, size_t n, off_t at)
{
	ssize_t	 k;

	while (n > 0) {
		if ((k = pwrite(fd, p, n, at)) == -1) {
			if (errno == EINTR)
				continue;
			return (-1);
		}
		p += k;
		n -= (size_t)k;
		at += k;
	}
	return (0);
}

static int
copy_data(struct copy *c, int in, int out, off_t at, off_t end)
{
	ssize_t	 n;

	while (at < end) {
		n = pread(in, c->piece, end - at < PIECE ?
		    (size_t)(end - at) : PIECE, at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 || write_all(out, c->piece, (size_t)n, at) == -1)
			return (failed(c));
		if (n == 0)
			return (refused(c, PRA_EINVALID,
			    "became shorter while it was copied"));
		at += n;
	}
	return (0);
}

/* A file with holes keeps them, the last by its length alone. */
static int
copy_sparse(struct copy *c, int in, int out, off_t size)
{
	off_t	 at, end = 0;

	while ((at = lseek(in, end, SEEK_DATA)) != -1 && at < size) {
		if ((end = lseek(in, at, SEEK_HOLE)) == -1)
			return (failed(c));
		if (end > size)
			end = size;
		if (copy_data(c, in, out, at, end) == -1)
			return (-1);
	}
	/* ENXIO: there is no more data. */
	if ((at == -1 && errno != ENXIO) || ftruncate(out, size) == -1)
		return (failed(c));
	return (0);
}

static int
copy_bytes(struct copy *c, int in, int out, const struct stat *sb)
{
	if (sb->st_size == 0)
		return (0);
	if (c->share)
		return (ioctl(out, FICLONE, in) == -1 ? failed(c) : 0);
	if (sb->st_blocks < sb->st_size / 512)
		return (copy_sparse(c, in, out, sb->st_size));
	return (copy_data(c, in, out, 0, sb->st_size));
}

/* What Git compares with its index is the time of modification. */
static int
copy_open_file(struct copy *c, int in, int to, const char *name)
{
	struct timespec	 when[2] = { { 0, UTIME_OMIT } };
	struct stat	 sb;
	int		 out, r;

	if (fstat(in, &sb) == -1)
		return (failed(c));
	if (!S_ISREG(sb.st_mode))
		return (refused(c, PRA_EINVALID, "is no regular file"));
	if (room(c, c->share ? 0 : (uint64_t)sb.st_size) == -1)
		return (-1);
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, sb.st_mode & PERMS);
	if (out == -1)
		return (failed(c));
	when[1] = sb.st_mtim;
	r = copy_bytes(c, in, out, &sb);
	if (r == 0 && (futimens(out, when) == -1 || fstat(out, &sb) == -1))
		r = failed(c);
	c->n->bytes += usage_cost(&sb);
	/* Some file systems say only now that there was no room. */
	if (close(out) == -1 && r == 0)
		r = failed(c);
	return (r);
}

static int
copy_file(struct copy *c, int from, int to, const char *name)
{
	int	 in, r;

	if ((in = open_source(from, name, 0)) == -1)
		return (failed(c));
	r = copy_open_file(c, in, to, name);
	close(in);
	return (r);
}

static int
copy_link(struct copy *c, int from, int to, const char *name)
{
	struct timespec	 when[2] = { { 0, UTIME_OMIT } };
	struct stat	 sb;
	char		 target[PATH_MAX];
	ssize_t		 n;

	if (fstatat(from, name, &sb, AT_SYMLINK_NOFOLLOW) == -1 ||
	    (n = readlinkat(from, name, target, sizeof(target) - 1)) == -1)
		return (failed(c));
	target[n] = '\0';
	when[1] = sb.st_mtim;
	if (symlinkat(target, to, name) == -1 ||
	    utimensat(to, name, when, AT_SYMLINK_NOFOLLOW) == -1 ||
	    fstatat(to, name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return (failed(c));
	c->n->bytes += usage_cost(&sb);
	return (room(c, 0));
}

static int
copy_subdir(struct copy *c, int from, int to, const char *name)
{
	struct stat	 sb;
	int		 in, out, r;

	if ((in = open_source(from, name, O_DIRECTORY)) == -1)
		return (failed(c));
	if (fstat(in, &sb) == -1 ||
	    mkdirat(to, name, (sb.st_mode & PERMS) | S_IRWXU) == -1 ||
	    (out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC)) == -1) {
		r = failed(c);
		close(in);
		return (r);
	}
	if ((r = copy_dir(c, in, out)) == 0 && fstat(out, &sb) == -1)
		r = failed(c);
	c->n->bytes += usage_cost(&sb);
	close(out);
	return (r == 0 ? room(c, 0) : r);
}

static int
name_type(int at, const struct dirent *de)
{
	struct stat	 sb;

	if (de->d_type != DT_UNKNOWN ||
	    fstatat(at, de->d_name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return (de->d_type);
	return (IFTODT(sb.st_mode));
}

static int
copy_name(struct copy *c, int from, int to, const struct dirent *de)
{
	int	 type = name_type(from, de);

	if (c->n->names == COPY_NAMES)
		return (refused(c, PRA_ELIMIT, "the tree has too many names"));
	c->n->names++;
	if (type == DT_DIR)
		return (copy_subdir(c, from, to, de->d_name));
	c->n->files++;
	if (type == DT_LNK)
		return (copy_link(c, from, to, de->d_name));
	if (type != DT_REG)	/* to open a device may do something */
		return (refused(c, PRA_EINVALID, "is no regular file"));
	return (copy_file(c, from, to, de->d_name));
}

/* Put a name behind the path; a longer path than can be shown is cut. */
static void
path_enter(struct copy *c, const char *name, size_t was)
{
	int	 n;

	n = snprintf(c->path + was, sizeof(c->path) - was, "%s%s",
	    was > 0 ? "/" : "", name);
	c->len = was + (size_t)n < sizeof(c->path) ? was + (size_t)n :
	    sizeof(c->path) - 1;
}

static int
copy_names(struct copy *c, DIR *d, int to)
{
	struct dirent	*de;
	size_t		 was = c->len;
	int		 r = 0;

	while (r == 0 && (errno = 0, de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		path_enter(c, de->d_name, was);
		r = copy_name(c, dirfd(d), to, de);
		c->len = was;
		c->path[was] = '\0';
	}
	return (r == 0 && errno != 0 ? failed(c) : r);
}

/* Takes `from`. */
static int
copy_dir(struct copy *c, int from, int to)
{
	DIR	*d;
	int	 r;

	if (c->depth == COPY_DEPTH || (d = fdopendir(from)) == NULL) {
		r = c->depth < COPY_DEPTH ? failed(c) : refused(c, PRA_ELIMIT,
		    "is in too many directories");
		close(from);
		return (r);
	}
	c->depth++;
	r = copy_names(c, d, to);
	c->depth--;
	closedir(d);
	return (r);
}

int
copy_tree(int from, int to, const struct copy_how *how, struct copied *n,
    struct why *why)
{
	struct copy	 c = { .n = n, .why = why, .keep = how->keep,
	    .to = to, .unseen = LOOK };
	struct stat	 a, b;
	int		 fd, r;

	if (fstat(from, &a) == -1 || fstat(to, &b) == -1 ||
	    (fd = open_source(from, ".", O_DIRECTORY)) == -1)
		return (why_errno(why, NULL, "worktree copy"));
	c.share = how->share && a.st_dev == b.st_dev;
	if ((c.piece = malloc(PIECE)) == NULL) {
		close(fd);
		return (why_set(why, PRA_ENOMEM, "out of memory"));
	}
	r = copy_dir(&c, fd, to);
	free(c.piece);
	return (r);
}

/* A file without a name. */
static int
nameless(int dir)
{
	return (openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

int
copy_shares(int from, int to, struct why *why)
{
	static const char	 block[4096] = "x";
	int			 in, out, r = 0;

	in = nameless(from);
	out = nameless(to);
	if (in == -1 || out == -1 ||
	    write_all(in, block, sizeof(block), 0) == -1 ||
	    ioctl(out, FICLONE, in) == -1)
		why_errno(why, NULL, "FICLONE");
	else
		r = 1;
	if (in != -1)
		close(in);
	if (out != -1)
		close(out);
	return (r);
}
