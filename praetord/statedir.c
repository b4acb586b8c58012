/*
 * Parent: the state directory.  Opened, checked, locked and completed once at
 * start.  Nothing in it is read here but the version number; what lies below
 * engine/, review/ and sessions/ belongs to others.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "praetord/parent.h"

#define STATE_VERSION	1

/* What lies in the state directory and whose it is; -1: the parent's. */
static const struct {
	const char	*name;
	int		 role;
	mode_t		 mode;
} subdirs[] = {
	{ "engine",	ROLE_ENGINE,	0700 },
	{ "review",	ROLE_REVIEWER,	0711 },	/* sessions cross it to trees */
	{ "sessions",	-1,		0711 }
};

static int
dir_check(const char *path, const struct stat *st, uid_t uid, char *why,
    size_t size)
{
	if (st->st_uid != uid) {
		snprintf(why, size, "%s: belongs to uid %u, not to uid %u "
		    "(chown it, or name another with `state`)", path,
		    st->st_uid, uid);
		return (-1);
	}
	if (st->st_mode & 022) {
		snprintf(why, size, "%s: is writable for group or others "
		    "(chmod go-w it)", path);
		return (-1);
	}
	return (0);
}

/* mkdir -p for the last two components; parents further up must be there. */
static int
dir_make(const char *path, char *why, size_t size)
{
	char	*up = strdup(path), *slash;

	if (up != NULL && (slash = strrchr(up, '/')) != NULL && slash != up) {
		*slash = '\0';
		(void)mkdir(up, 0755);
	}
	free(up);
	if (mkdir(path, 0711) == 0 || errno == EEXIST)
		return (0);
	snprintf(why, size, "%s: cannot be made: %s (make it, or name another "
	    "with `state`)", path, strerror(errno));
	return (-1);
}

/*
 * A record lock, because it is this process's alone and ends with it: a
 * flock(2) would live on in whatever was forked and is still about to exec.
 */
static int
lock_take(struct parent *p, char *why, size_t size)
{
	struct flock	 fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	p->lockfd = openat(p->statefd, "lock",
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (p->lockfd == -1) {
		snprintf(why, size, "%s/lock: %s", p->conf->state,
		    strerror(errno));
		return (-1);
	}
	if (fcntl(p->lockfd, F_SETLK, &fl) == 0)
		return (0);
	if (fcntl(p->lockfd, F_GETLK, &fl) == -1 || fl.l_type == F_UNLCK)
		fl.l_pid = 0;
	snprintf(why, size, "%s: is in use by another praetord, pid %ld (stop "
	    "that one, or name another directory with `state`)",
	    p->conf->state, (long)fl.l_pid);
	return (-1);
}

static int
version_check(struct parent *p, char *why, size_t size)
{
	char	 buf[32] = "";
	int	 fd, v;
	ssize_t	 n;

	fd = openat(p->statefd, "version",
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd == -1) {
		snprintf(why, size, "%s/version: %s", p->conf->state,
		    strerror(errno));
		return (-1);
	}
	n = read(fd, buf, sizeof(buf) - 1);
	v = n > 0 ? atoi(buf) : 0;
	if (n == 0 && dprintf(fd, "%d\n", STATE_VERSION) > 0 &&
	    fsync(fd) == 0)
		v = STATE_VERSION;
	close(fd);
	if (v == STATE_VERSION)
		return (0);
	if (v > STATE_VERSION)
		snprintf(why, size, "%s: was written by a newer praetord "
		    "(version %d, this one knows %d: install that one again, "
		    "or name another directory with `state`)", p->conf->state,
		    v, STATE_VERSION);
	else
		snprintf(why, size, "%s/version: cannot be read or written "
		    "(restore it: it holds \"%d\")", p->conf->state,
		    STATE_VERSION);
	return (-1);
}

static int
subdir_make(struct parent *p, size_t i, char *why, size_t size)
{
	char		 path[4200];
	struct stat	 st;
	uid_t		 uid = getuid();
	gid_t		 gid = getgid();

	if (subdirs[i].role != -1) {
		uid = p->conf->uid[subdirs[i].role];
		gid = p->conf->gid[subdirs[i].role];
	}
	snprintf(path, sizeof(path), "%s/%s", p->conf->state, subdirs[i].name);
	if (mkdirat(p->statefd, subdirs[i].name, subdirs[i].mode) == 0 &&
	    (fchmodat(p->statefd, subdirs[i].name, subdirs[i].mode, 0) == -1 ||
	    fchownat(p->statefd, subdirs[i].name, uid, gid,
	    AT_SYMLINK_NOFOLLOW) == -1)) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return (-1);
	}
	if (fstatat(p->statefd, subdirs[i].name, &st,
	    AT_SYMLINK_NOFOLLOW) == -1 || !S_ISDIR(st.st_mode)) {
		snprintf(why, size, "%s: is not a directory that can be used: "
		    "%s (move it away)", path, strerror(errno));
		return (-1);
	}
	return (dir_check(path, &st, uid, why, size));
}

int
statedir_open(struct parent *p, char *why, size_t size)
{
	struct stat	 st;
	size_t		 i;

	if (dir_make(p->conf->state, why, size) == -1)
		return (-1);
	p->statefd = open(p->conf->state,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (p->statefd == -1 || fstat(p->statefd, &st) == -1) {
		snprintf(why, size, "%s: %s", p->conf->state, strerror(errno));
		return (-1);
	}
	if (dir_check(p->conf->state, &st, getuid(), why, size) == -1 ||
	    lock_take(p, why, size) == -1 ||
	    version_check(p, why, size) == -1)
		return (-1);
	for (i = 0; i < sizeof(subdirs) / sizeof(subdirs[0]); i++)
		if (subdir_make(p, i, why, size) == -1)
			return (-1);
	return (0);
}
