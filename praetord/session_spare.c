/*
 * Parent, and the builder in a session's child: directories that are made
 * before there is a session for them.  Nothing foreign ever ran in one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/spread.h"
#include "praetord/session_dir.h"

/* In sessions, which may be a file system of its own. */
#define SESSIONS	"sessions"
#define SPARE_IN	".spare"
#define SPARE		SESSIONS "/" SPARE_IN

/* Nothing to search: no job ever ran there. */
static void
spare_remove(int statefd, const char *name)
{
	struct why	 why = { 0 };

	if (faccessat(statefd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    sdir_remove_at(statefd, name, &why) == -1)
		log_warnx("%s", why.text);
}

int
sdir_open(int statefd, struct why *why)
{
	struct dirent	*de;
	char		 name[SDIR_NAME_MAX];
	DIR		*d;
	int		 fd;

	if (mkdirat(statefd, SPARE, 0700) == -1 && errno != EEXIST)
		return (why_errno(why, NULL, SPARE));
	if ((fd = openat(statefd, SPARE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC)) == -1)
		return (why_errno(why, "move it away", SPARE));
	dir_spread(fd);
	if ((d = fdopendir(fd)) == NULL) {
		close(fd);
		return (why_errno(why, NULL, SPARE));
	}
	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.' && strlen(de->d_name) <
		    SDIR_NAME_MAX / 2) {
			snprintf(name, sizeof(name), SPARE "/%s", de->d_name);
			spare_remove(statefd, name);
		}
	closedir(d);
	return (0);
}

void
sdir_spare_name(char name[SDIR_NAME_MAX], uint64_t spare)
{
	snprintf(name, SDIR_NAME_MAX, SPARE "/%llu",
	    (unsigned long long)spare);
}

void
sdir_spare_drop(int statefd, uint64_t spare)
{
	char	 name[SDIR_NAME_MAX];

	sdir_spare_name(name, spare);
	spare_remove(statefd, name);
}

int
sdir_sessions(int statefd, struct why *why)
{
	int	 fd;

	fd = openat(statefd, SESSIONS, O_PATH | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd == -1)
		why_errno(why, NULL, SESSIONS);
	return (fd);
}

int
sdir_take(int sessions, uint64_t spare, uint64_t session, struct why *why)
{
	char	 from[SDIR_NAME_MAX], to[SDIR_NAME_MAX];

	snprintf(from, sizeof(from), SPARE_IN "/%llu",
	    (unsigned long long)spare);
	snprintf(to, sizeof(to), "%llu", (unsigned long long)session);
	if (renameat2(sessions, from, sessions, to, RENAME_NOREPLACE) == 0)
		return (0);
	return (why_errno(why, NULL, SESSIONS "/%s", to));
}
