/*
 * Modes of what a job left.  Runs in a child of the parent that has become
 * the job's user.  The tree is hostile, but nothing changes it any more: it is
 * walked by descriptors, no link is followed, depth and number are bounded.
 * The bits that Git keeps are the owner's and stay as they are.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "praetord/copy.h"
#include "praetord/show.h"

#define SHOW_NAMES	(COPY_NAMES + 1)	/* the one that is too many is met */
#define SHOW_DEPTH	(COPY_DEPTH + 1)
#define PERMS		07777

struct show {
	unsigned int	 names;
	int		 depth;
};

static int	 show_dir(struct show *, int);

/* The owner's bits of a mask such as S_IRUSR for everybody else, too. */
static mode_t
mode_shown(mode_t mode, mode_t bits)
{
	return (mode | (mode & bits) >> 6);
}

static int
show_subdir(struct show *s, int at, const char *name)
{
	int	 fd;

	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)		/* closed to its owner: the import says so */
		return (errno == EACCES ? 0 : -1);
	return (show_dir(s, fd));
}

/* By a descriptor that no link led to; what cannot be opened stays as it is. */
static int
show_file(int at, const char *name)
{
	struct stat	 sb;
	int		 fd, r = 0;

	fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC);
	if (fd == -1)
		return (errno == EACCES ? 0 : -1);
	if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode))
		r = fchmod(fd, mode_shown(sb.st_mode, S_IRUSR) & PERMS);
	close(fd);
	return (r);
}

static int
show_name(struct show *s, int at, const char *name)
{
	struct stat	 sb;

	if (fstatat(at, name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return (errno == EACCES ? 0 : -1);
	if (S_ISDIR(sb.st_mode))
		return (show_subdir(s, at, name));
	if (!S_ISREG(sb.st_mode) ||
	    mode_shown(sb.st_mode, S_IRUSR) == sb.st_mode)
		return (0);
	return (show_file(at, name));
}

static int
show_names(struct show *s, DIR *d)
{
	struct dirent	*de;
	int		 r = 0;

	while (r == 0 && s->names < SHOW_NAMES &&
	    (errno = 0, de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0 ||
		    (s->depth == 1 && strcmp(de->d_name, ".git") == 0))
			continue;
		s->names++;
		r = show_name(s, dirfd(d), de->d_name);
	}
	return (r == 0 && s->names < SHOW_NAMES && errno != 0 ? -1 : r);
}

/* Takes fd. */
static int
show_dir(struct show *s, int fd)
{
	struct stat	 sb;
	mode_t		 mode;
	DIR		*d;
	int		 r = 0;

	if (s->depth == SHOW_DEPTH)
		return (close(fd));
	if (fstat(fd, &sb) == -1 || (d = fdopendir(fd)) == NULL) {
		close(fd);
		return (-1);
	}
	mode = mode_shown(sb.st_mode, S_IRUSR | S_IXUSR);
	if (mode != sb.st_mode)
		r = fchmod(fd, mode & PERMS);
	s->depth++;
	if (r == 0)
		r = show_names(s, d);
	s->depth--;
	closedir(d);
	return (r);
}

int
show_tree(int fd)
{
	struct show	 s = { 0, 0 };
	int		 top;

	top = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top == -1)
		return (errno == EACCES ? 0 : -1);
	return (show_dir(&s, top));
}
