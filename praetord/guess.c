/*
 * Parent: worktrees that are made before they are asked for.  Names are the
 * engine's and were checked; they are looked up beneath the state directory
 * without following a link, since review/ belongs to another role.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "praetord/guess.h"

int
guess_same(const struct m_start *a, const struct m_start *b)
{
	uint32_t	 i;

	if (a->nlayers != b->nlayers ||
	    strncmp(a->git, b->git, sizeof(a->git)) != 0 ||
	    strncmp(a->project, b->project, sizeof(a->project)) != 0)
		return (0);
	for (i = 0; i < a->nlayers; i++)
		if (strncmp(a->layer[i], b->layer[i], LAYER_SIZE) != 0)
			return (0);
	return (1);
}

static int
look(int statefd, const char *path, struct guess_seen *seen, unsigned int i)
{
	struct open_how	 how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS
	};
	struct stat	 sb;
	int		 fd, r;

	fd = (int)syscall(SYS_openat2, statefd, path, &how, sizeof(how));
	if (fd == -1)
		return (-1);
	if ((r = fstat(fd, &sb)) == 0) {
		seen->dev[i] = sb.st_dev;
		seen->ino[i] = sb.st_ino;
	}
	close(fd);
	return (r);
}

int
guess_look(int statefd, const struct m_start *m, struct guess_seen *seen)
{
	char		 path[128];
	unsigned int	 i;

	memset(seen, 0, sizeof(*seen));
	for (i = 0; i < m->nlayers; i++) {
		snprintf(path, sizeof(path), "review/trees/%s", m->layer[i]);
		if (look(statefd, path, seen, i) == -1)
			return (-1);
	}
	if (m->git[0] == '\0')
		return (0);
	snprintf(path, sizeof(path), "review/gits/%s", m->git);
	if (look(statefd, path, seen, LAYERS_MAX) == -1)
		return (-1);
	snprintf(path, sizeof(path), "review/mirrors/%s.git/objects",
	    m->project);
	return (look(statefd, path, seen, LAYERS_MAX + 1));
}
