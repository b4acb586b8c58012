/*
 * Clearing mirrors of what kill -9 left.  Runs in the reviewer, before its
 * first request, in directories of its own.
 */
#include <sys/stat.h>
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "reviewer/files.h"
#include "reviewer/locks.h"

#define DEPTH_MAX	32	/* of a branch's name; Git has no bound */

static int
is_lock(const char *name)
{
	size_t	 n = strlen(name);

	return (n > 5 && strcmp(name + n - 5, ".lock") == 0);
}

/* libgit2's name for a pack that is being written (indexer.c). */
static int
is_half_pack(const char *name)
{
	return (strncmp(name, "pack_git2_", 10) == 0);
}

/* Refs that a push needs while it lasts (reviewer/land.c). */
static int
is_any(const char *name)
{
	return (*name != '\0');
}

/* Remove what `which` names; go down `depth` levels. */
static void
clear(int dirfd, const char *name, int (*which)(const char *), int depth)
{
	struct dirent	*de;
	DIR		*dir;
	int		 fd;

	if ((fd = files_opendir(dirfd, name)) == -1)
		return;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return;
	}
	while ((de = readdir(dir)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		if (de->d_type == DT_DIR && depth > 0)
			clear(fd, de->d_name, which, depth - 1);
		else if (de->d_type != DT_DIR && which(de->d_name))
			unlinkat(fd, de->d_name, 0);
	}
	closedir(dir);
}

void
locks_clear(int dirfd, const char *mirror)
{
	int	 fd;

	if ((fd = files_opendir(dirfd, mirror)) == -1)
		return;
	clear(fd, ".", is_lock, 0);
	clear(fd, "refs", is_lock, DEPTH_MAX);
	clear(fd, "refs/praetor/landing", is_any, 0);
	clear(fd, "objects/pack", is_half_pack, 0);
	close(fd);
}
