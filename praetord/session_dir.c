/*
 * Parent, and a child of it for each deletion: directories of sessions.  What
 * lies below upper/ was made by a job and is hostile: it is only ever walked
 * by descriptors, without following links, by a process that has become the
 * job's user.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "common/err.h"
#include "praetord/mnt.h"
#include "praetord/session_dir.h"
#include "praetord/show.h"

#define DIR_FLAGS	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define LARGE		(1024 * 1024)	/* bytes of a transcript */

static void
dir_name(char *name, size_t size, uint64_t session, const char *sub)
{
	snprintf(name, size, "sessions/%llu%s", (unsigned long long)session,
	    sub);
}

int
boot_id(const char *proc, char id[BOOT_SIZE])
{
	char	 path[96];
	ssize_t	 n;
	int	 fd;

	snprintf(path, sizeof(path), "%s/sys/kernel/random/boot_id", proc);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return (-1);
	n = read(fd, id, BOOT_SIZE - 1);
	close(fd);
	id[n > 0 ? n : 0] = '\0';
	id[strcspn(id, "\n")] = '\0';
	return (id[0] != '\0' ? 0 : -1);
}

int
sdir_whole(int statefd, uint64_t session, uint64_t *bytes, struct why *why)
{
	char	 name[SDIR_NAME_MAX], now[BOOT_SIZE], then[2 * BOOT_SIZE];
	ssize_t	 n;
	size_t	 k;
	int	 fd;

	*bytes = 0;
	dir_name(name, sizeof(name), session, "/" SDIR_WHOLE);
	fd = openat(statefd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return (errno == ENOENT ? 0 : why_errno(why, NULL, "%s", name));
	n = read(fd, then, sizeof(then) - 1);
	close(fd);
	if (n == -1 || boot_id("/proc", now) == -1)
		return (why_errno(why, NULL, "%s", name));
	then[n] = '\0';
	k = strlen(now);
	if (strchr(then, '\n') == NULL)
		return (why_set(why, PRA_ENOTFOUND, "it ended before its "
		    "worktree was copied"));
	if (strncmp(then, now, k) != 0 || then[k] != ' ')
		return (why_set(why, PRA_ECORRUPT, "the machine went down "
		    "before its worktree was on disk"));
	*bytes = strtoull(then + k + 1, NULL, 10);
	return (1);
}

int
sdir_upper(int statefd, uint64_t session, struct stat *sb, struct why *why)
{
	char	 name[SDIR_NAME_MAX];
	int	 fd;

	dir_name(name, sizeof(name), session, "/upper");
	if ((fd = openat(statefd, name, DIR_FLAGS)) != -1 &&
	    fstat(fd, sb) == 0)
		return (fd);
	why_errno(why, NULL, "%s", name);
	if (fd != -1)
		close(fd);
	return (-1);
}

int
sdir_upper_show(int fd, int whole, int map, struct why *why)
{
	int	 mnt = -1;

	if (whole || map != -1)
		mnt = mnt_clone(fd, "", 0, MNT_LOOK | MOUNT_ATTR_NOEXEC, map,
		    why);
	close(fd);
	if (mnt == -1)
		return (-1);
	if ((fd = openat(mnt, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		why_errno(why, NULL, "upper directory");
	close(mnt);
	return (fd);
}

/*
 * Empty a directory.  A tree may be deeper than there are descriptors, so the
 * walk goes down and comes back by "..", which is safe: nothing else runs as
 * this user, and its processes are dead.
 */
static int
dir_open_rw(int at, const char *name)
{
	int	 fd;

	if ((fd = openat(at, name, DIR_FLAGS)) == -1 && errno == EACCES &&
	    fchmodat(at, name, 0700, 0) == 0)
		fd = openat(at, name, DIR_FLAGS);
	if (fd != -1)
		(void)fchmod(fd, 0700);
	return (fd);
}

/*
 * Remove what can be removed at one level; the name of a subdirectory that is
 * not empty goes to `sub`.  1 when there is one, 0 when empty, -1.
 */
static int
level_clear(int fd, char *sub, size_t size)
{
	struct dirent	*de;
	DIR		*d;
	int		 copy, r = 0;

	if ((copy = openat(fd, ".", DIR_FLAGS)) == -1)
		return (-1);
	if ((d = fdopendir(copy)) == NULL) {
		close(copy);
		return (-1);
	}
	while (r == 0 && (de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, de->d_name, 0) == 0)
			continue;
		/* A disk that answers with errors must not keep us here. */
		if (errno != EISDIR && errno != EPERM) {
			r = -1;
			break;
		}
		if (unlinkat(fd, de->d_name, AT_REMOVEDIR) == 0)
			continue;
		if (errno != ENOTEMPTY && errno != EEXIST) {
			r = -1;
			break;
		}
		snprintf(sub, size, "%s", de->d_name);
		r = 1;
	}
	closedir(d);
	return (r);
}

static int
tree_clear(int top)
{
	char	 sub[NAME_MAX + 1];
	int	 fd, next, r;
	size_t	 depth = 0;

	if ((fd = dup(top)) == -1)
		return (-1);
	while ((r = level_clear(fd, sub, sizeof(sub))) != -1) {
		if (r == 1) {
			next = dir_open_rw(fd, sub);
			depth++;
		} else if (depth > 0) {
			next = openat(fd, "..", DIR_FLAGS);
			depth--;
		} else {
			break;
		}
		close(fd);
		if ((fd = next) == -1)
			return (-1);
	}
	close(fd);
	return (r);
}

/*
 * Nothing that the owner made is touched with another's rights.  New ids
 * reset the signal that ends this process with its parent.
 */
static int
owner_become(int fd)
{
	struct stat	 sb;

	if (fstat(fd, &sb) == -1)
		return (-1);
	if (sb.st_uid != geteuid() && (setgroups(0, NULL) == -1 ||
	    setresgid(sb.st_gid, sb.st_gid, sb.st_gid) == -1 ||
	    setresuid(sb.st_uid, sb.st_uid, sb.st_uid) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == -1))
		return (-1);
	return (0);
}

int
sdir_show(int statefd, uint64_t session, struct why *why)
{
	char	 name[SDIR_NAME_MAX];
	int	 fd, r;

	dir_name(name, sizeof(name), session, "/upper");
	if ((fd = openat(statefd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC)) == -1)
		return (why_errno(why, NULL, "%s", name));
	if ((r = owner_become(fd)) == 0)
		r = show_tree(fd);
	if (r == -1)
		why_errno(why, NULL, "reading %s", name);
	close(fd);
	return (r);
}

static int
part_clear(int dir, const char *part, int as_owner, struct why *why)
{
	int	 fd, r = -1;

	if ((fd = openat(dir, part, DIR_FLAGS)) == -1) {
		if (errno == ENOENT)
			return (0);
		return (why_errno(why, NULL, "%s", part));
	}
	if (!as_owner || (owner_become(fd) == 0 && fchmod(fd, 0700) == 0))
		r = tree_clear(fd);
	if (r == -1)
		why_errno(why, "remove it by hand", "%s", part);
	close(fd);
	return (r);
}

int
sdir_there(int statefd, uint64_t session)
{
	struct stat	 sb;
	char		 name[SDIR_NAME_MAX];

	dir_name(name, sizeof(name), session, "");
	return (fstatat(statefd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0);
}

/* What the kernel left in work/ belongs to the mounter. */
int
sdir_clear(int statefd, uint64_t session, struct why *why)
{
	char	 name[SDIR_NAME_MAX];
	int	 dir, r = -1;

	dir_name(name, sizeof(name), session, "");
	if ((dir = openat(statefd, name, DIR_FLAGS)) == -1) {
		if (errno == ENOENT)
			return (0);
		return (why_errno(why, NULL, "%s", name));
	}
	if (unlinkat(dir, "transcript", 0) == -1 && errno != ENOENT)
		why_errno(why, NULL, "%s/transcript", name);
	else if (part_clear(dir, "work", 0, why) == 0)
		r = part_clear(dir, "upper", 1, why);
	close(dir);
	return (r);
}

/* Freeing a large file can take long, and this is the parent's own time. */
static int
is_large(int statefd, const char *name)
{
	struct stat	 sb;

	return (fstatat(statefd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    sb.st_size > LARGE);
}

int
sdir_remove_at(int statefd, const char *dir, struct why *why)
{
	/* Innermost first; in work/ what an overlay without writes leaves. */
	static const struct { const char *name; int flags; } parts[] = {
		{ "/upper", AT_REMOVEDIR },
		{ "/work/work/incompat/volatile/dirty", 0 },
		{ "/work/work/incompat/volatile", AT_REMOVEDIR },
		{ "/work/work/incompat", AT_REMOVEDIR },
		{ "/work/work", AT_REMOVEDIR }, { "/work", AT_REMOVEDIR },
		{ "/transcript", 0 }, { "/" SDIR_WHOLE, 0 },
		{ "", AT_REMOVEDIR }
	};
	char	 name[SDIR_NAME_MAX + 64];
	size_t	 i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", dir, parts[i].name);
		if (parts[i].flags == 0 && is_large(statefd, name))
			return (why_set(why, PRA_ELIMIT, "%s: large", name));
		if (unlinkat(statefd, name, parts[i].flags) == -1 &&
		    errno != ENOENT)
			return (why_errno(why, "remove it by hand", "%s",
			    name));
	}
	return (0);
}

int
sdir_remove(int statefd, uint64_t session, struct why *why)
{
	char	 name[SDIR_NAME_MAX];

	dir_name(name, sizeof(name), session, "");
	return (sdir_remove_at(statefd, name, why));
}

int
sdir_each(int statefd, void (*fn)(void *, uint64_t), void *arg)
{
	struct dirent	*de;
	char		*end;
	uint64_t	 n;
	DIR		*d;
	int		 fd;

	if ((fd = openat(statefd, "sessions", DIR_FLAGS)) == -1)
		return (-1);
	if ((d = fdopendir(fd)) == NULL) {
		close(fd);
		return (-1);
	}
	while ((de = readdir(d)) != NULL) {
		if (de->d_name[0] < '1' || de->d_name[0] > '9')
			continue;
		errno = 0;
		n = strtoull(de->d_name, &end, 10);
		if (errno == 0 && *end == '\0')
			fn(arg, n);
	}
	closedir(d);
	return (0);
}
