/*
 * The state directory at start and at the end.  Runs in the reviewer,
 * before its sandbox.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <dirent.h>
#include <bsd/stdlib.h>
#include <event2/event.h>

#include "common/err.h"
#include "common/ids.h"
#include "common/peer.h"
#include "common/spread.h"
#include "reviewer/files.h"
#include "reviewer/holds.h"
#include "reviewer/jobs.h"
#include "reviewer/layer.h"
#include "reviewer/locks.h"
#include "reviewer/mirror.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/settings.h"

#define BOOT_ID		"/proc/sys/kernel/random/boot_id"

/* The kernel's boot id; what was not synced is dropped when it differs. */
static void
state_boot(struct reviewer *r)
{
	struct buf	 b = { 0 };

	strcpy(r->boot, "unknown");
	if (files_read(AT_FDCWD, BOOT_ID, sizeof(r->boot) - 1, &b) == 0 &&
	    b.len > 0) {
		memcpy(r->boot, b.data, b.len + 1);
		r->boot[strcspn(r->boot, "\n")] = '\0';
	}
	buf_free(&b);
}

/* Empty a directory; with a suffix, only of names that end in it. */
static void
state_clear(int dirfd, const char *suffix)
{
	size_t		 n, k = strlen(suffix);
	struct dirent	*de;
	DIR		*dir;
	int		 fd;

	if ((fd = files_opendir(dirfd, ".")) == -1)
		return;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return;
	}
	while ((de = readdir(dir)) != NULL) {
		n = strlen(de->d_name);
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0 && n >= k &&
		    strcmp(de->d_name + n - k, suffix) == 0)
			files_remove_all(dirfd, de->d_name);
	}
	closedir(dir);
}

/* A number of this state directory's own: whose a lock is (reviewer/ref.h). */
static int
state_owner(struct reviewer *r, int fd)
{
	struct buf	 b = { 0 };
	char		 hex[9];
	int		 rc;

	rc = files_read(fd, "owner", 8, &b);
	if (rc == 0 && b.len == 8)
		r->owner = (uint32_t)strtoul((char *)b.data, NULL, 16);
	buf_free(&b);
	if (r->owner != 0)
		return (0);
	r->owner = arc4random() | 1;
	snprintf(hex, sizeof(hex), "%08x", r->owner);
	return (files_write(fd, "owner", hex, 8, 1));
}

/*
 * Take out of use what was being made: <object>.<project>.tmp, of one project
 * or, with NULL, of all.
 */
static void
state_unmake(struct reviewer *r, int dirfd, const char *project)
{
	char		 tail[96];
	struct dirent	*de;
	size_t		 n;
	DIR		*dir;
	int		 fd;

	snprintf(tail, sizeof(tail), ".%.64s.tmp",
	    project == NULL ? "" : project);
	if ((fd = files_opendir(dirfd, ".")) == -1)
		return;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return;
	}
	while ((de = readdir(dir)) != NULL) {
		n = strlen(de->d_name);
		if (n > OID_TEXT + 4 && (project == NULL ?
		    strcmp(de->d_name + n - 4, ".tmp") == 0 :
		    strcmp(de->d_name + OID_TEXT, tail) == 0))
			holds_retire(r, dirfd, de->d_name);
	}
	closedir(dir);
}

void
state_sweep_project(struct reviewer *r, const char *project)
{
	char	 name[96];

	state_unmake(r, r->gitsfd, project);
	state_unmake(r, r->treesfd, project);
	snprintf(name, sizeof(name), "%.64s.git.tmp", project);
	files_remove_all(r->mirrorsfd, name);
}

/* What is retired is left to the sweep: it can be a whole tree. */
static void
state_scratch(struct reviewer *r)
{
	struct dirent	*de;
	DIR		*dir;
	int		 fd;

	if ((fd = files_opendir(r->scratchfd, ".")) == -1)
		return;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return;
	}
	while ((de = readdir(dir)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0 &&
		    strncmp(de->d_name, RETIRED, strlen(RETIRED)) != 0)
			files_remove_all(r->scratchfd, de->d_name);
	closedir(dir);
}

/* Locks of a killed reviewer in what is its own: nobody else has any there. */
static void
state_unlock(struct reviewer *r)
{
	struct dirent	*de;
	DIR		*dir;
	int		 fd;

	if ((fd = files_opendir(r->mirrorsfd, ".")) == -1)
		return;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return;
	}
	while ((de = readdir(dir)) != NULL)
		if (de->d_name[0] != '.')
			locks_clear(r->mirrorsfd, de->d_name);
	closedir(dir);
}

/* Repositories and holds of sessions do not outlive a boot. */
static int
state_recover(struct reviewer *r, int fd)
{
	struct buf	 b = { 0 };
	int		 same;

	same = files_read(fd, "boot", sizeof(r->boot), &b) == 0 &&
	    b.data != NULL && strcmp((char *)b.data, r->boot) == 0;
	buf_free(&b);
	if (!same) {
		state_clear(r->gitsfd, "");
		state_clear(r->holdsfd, "");
	}
	state_unmake(r, r->gitsfd, NULL);
	state_unmake(r, r->treesfd, NULL);
	state_scratch(r);
	state_clear(r->mirrorsfd, ".tmp");
	state_clear(r->mirrorsfd, ".dead");
	state_unlock(r);
	layers_recover(r);
	return (same ? 0 : files_write(fd, "boot", r->boot, strlen(r->boot),
	    1));
}

static int
state_dirs(struct reviewer *r, int fd)
{
	if ((r->mirrorsfd = files_mkdir(fd, "mirrors")) == -1 ||
	    (r->treesfd = files_mkdir(fd, "trees")) == -1 ||
	    (r->gitsfd = files_mkdir(fd, "gits")) == -1 ||
	    (r->holdsfd = files_mkdir(fd, "holds")) == -1 ||
	    (r->scratchfd = files_mkdir(fd, "scratch")) == -1)
		return (-1);
	dir_spread(r->treesfd);
	dir_spread(r->gitsfd);
	return (0);
}

int
reviewer_open(struct reviewer *r, const char *state, const char **repos,
    size_t nrepos, struct outcome *o)
{
	int	 fd, err = 0;

	memset(r, 0, sizeof(*r));
	TAILQ_INIT(&r->mirrors);
	TAILQ_INIT(&r->jobs);
	r->mirrorsfd = r->treesfd = r->gitsfd = r->holdsfd = r->scratchfd = -1;
	r->lockfd = r->notefd = -1;
	r->repos = repos;
	r->nrepos = nrepos;
	state_boot(r);
	fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if ((r->settings = settings_new()) == NULL)
		err = outcome_set(o, PRA_ENOMEM, "out of memory");
	else if (fd == -1 || (r->state = realpath(state, NULL)) == NULL ||
	    state_dirs(r, fd) == -1 || state_owner(r, fd) == -1 ||
	    state_recover(r, fd) == -1)
		err = outcome_errno(o, errno, "%s", state);
	if (fd != -1)
		close(fd);
	return (err);
}

void
reviewer_close(struct reviewer *r)
{
	const int	 fds[] = { r->mirrorsfd, r->treesfd, r->gitsfd,
			    r->holdsfd, r->scratchfd };
	struct mirror	*m;
	size_t		 i;

	jobs_close(r);
	while ((m = TAILQ_FIRST(&r->mirrors)) != NULL)
		mirror_close(r, m);
	peer_free(r->engine);
	if (r->sweep != NULL)
		event_free(r->sweep);
	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] != -1)
			close(fds[i]);
	settings_free(r->settings);
	settings_free(r->staged);
	free(r->state);
}
