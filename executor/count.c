/*
 * Counting what a job left.  Runs in praetor-init after every other process
 * is dead; the tree is hostile, so links are not followed, and depth and the
 * number of names that are looked at are bounded.  The reviewer counts again,
 * and its number decides.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "executor/init.h"

#define DEPTH_MAX	130
#define SECOND		1000000000LL

struct count {
	const struct handover	*h;
	uint64_t		 left;		/* names that may be looked at */
	uint64_t		 fresh;
	uint64_t		 kept;		/* as they were copied */
};

static int64_t
stamp(struct timespec t)
{
	return (t.tv_sec * SECOND + t.tv_nsec);
}

/*
 * A copied file has kept its time of modification, which is long ago, and
 * nothing has happened to it since.  A job can set the one and not the other.
 */
static int
is_kept(const struct count *c, int at, const char *name)
{
	struct stat	 sb;

	return (c->h->copied != 0 &&
	    fstatat(at, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    stamp(sb.st_ctim) <= c->h->copied &&
	    stamp(sb.st_mtim) < c->h->copied - SECOND);
}

static void
count_dir(struct count *c, int fd, int depth)
{
	struct dirent	*de;
	DIR		*d;
	int		 sub;

	if ((d = fdopendir(fd)) == NULL) {
		close(fd);
		return;
	}
	while (c->left > 0 && (de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0 ||
		    (depth == 0 && strcmp(de->d_name, ".git") == 0))
			continue;
		c->left--;
		if (de->d_type != DT_DIR) {
			if (is_kept(c, dirfd(d), de->d_name))
				c->kept++;
			else
				c->fresh++;
			continue;
		}
		sub = openat(dirfd(d), de->d_name, O_RDONLY | O_DIRECTORY |
		    O_NOFOLLOW | O_CLOEXEC);
		if (sub != -1 && depth < DEPTH_MAX)
			count_dir(c, sub, depth + 1);
		else if (sub != -1)
			close(sub);
	}
	closedir(d);
}

uint64_t
count_changes(int dirfd, const struct handover *h)
{
	struct count	 c = { h, h->names + COUNT_MAX, 0, 0 };
	uint64_t	 n;
	int		 fd;

	/* Opened again: each count starts at the beginning. */
	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return (0);
	count_dir(&c, fd, 0);
	n = c.fresh;
	/* Of what was not looked at nothing is known. */
	if (c.left > 0 && c.kept < h->files && h->files - c.kept > n)
		n = h->files - c.kept;
	return (n < COUNT_MAX ? n : COUNT_MAX);
}
