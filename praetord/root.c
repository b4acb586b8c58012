/*
 * The template root.  Runs in a child of the parent in a mount namespace of
 * its own; trusts the configuration, reads nothing of the state directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "common/err.h"
#include "praetord/mnt.h"
#include "praetord/root.h"

static const char *const dirs[] = {
	"dev", "dev/pts", "dev/shm", "etc", "home", "home/agent", "proc",
	"run", "run/praetor", "run/praetor/at", "run/praetor/objects", "tmp",
	"var", "workspace"
};

static const struct { const char *name, *target; } links[] = {
	{ "dev/ptmx", "pts/ptmx" }, { "dev/fd", "/proc/self/fd" },
	{ "dev/stdin", "/proc/self/fd/0" },
	{ "dev/stdout", "/proc/self/fd/1" },
	{ "dev/stderr", "/proc/self/fd/2" }, { "var/tmp", "/tmp" },
	{ "etc/mtab", "/proc/self/mounts" }
};

/* The host's nodes, if they are what their names say. */
static const struct { const char *name; unsigned int major, minor; } nodes[] = {
	{ "dev/null", 1, 3 }, { "dev/zero", 1, 5 }, { "dev/full", 1, 7 },
	{ "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 }
};

static int
put(int root, const char *name, const char *text, struct why *why)
{
	size_t	 len = strlen(text);
	int	 fd, r;

	fd = openat(root, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd == -1)
		return (why_errno(why, NULL, "/%s", name));
	r = write(fd, text, len) == (ssize_t)len ? 0 : -1;
	if (r == -1)
		why_errno(why, NULL, "/%s", name);
	close(fd);
	return (r);
}

/* The names of the two users and what a resolver wants to read. */
static int
etc_make(int root, const struct conf *c, struct why *why)
{
	char	 text[512];
	uid_t	 job = ROOT_JOB_UID;
	gid_t	 group = ROOT_JOB_UID;

	if (c->mode == MODE_USER) {
		job = geteuid();
		group = getegid();
	}
	snprintf(text, sizeof(text), "root:x:0:0:root:/:/usr/sbin/nologin\n"
	    "praetor:x:%d:%d:executor:/:/usr/sbin/nologin\n"
	    "agent:x:%u:%u:agent:" ROOT_HOME ":/bin/sh\n"
	    "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
	    ROOT_EXEC_UID, ROOT_EXEC_UID, job, group);
	if (put(root, "etc/passwd", text, why) == -1)
		return (-1);
	snprintf(text, sizeof(text), "root:x:0:\npraetor:x:%d:\nagent:x:%u:\n"
	    "nogroup:x:65534:\n", ROOT_EXEC_UID, group);
	if (put(root, "etc/group", text, why) == -1 ||
	    put(root, "etc/hosts", "127.0.0.1 localhost praetor\n"
	    "::1 localhost\n", why) == -1)
		return (-1);
	return (put(root, "etc/nsswitch.conf", "passwd: files\n"
	    "group: files\nhosts: files\nservices: files\n"
	    "protocols: files\n", why));
}

/*
 * One component of a name, made when it is not there: a directory, or a file
 * to be covered.  A symbolic link is never followed: one that the list made
 * may point anywhere on the host.
 */
static int
step(int at, const char *name, int isdir, const char *path, struct why *why)
{
	int	 fd;

	if (isdir)
		(void)mkdirat(at, name, 0755);
	else if ((fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL |
	    O_CLOEXEC, 0444)) != -1)
		close(fd);
	fd = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC |
	    (isdir ? O_DIRECTORY : 0));
	if (fd == -1)
		why_errno(why, "list a directory before what lies in it, and "
		    "nothing beneath a symbolic link", "/%s", path);
	return (fd);
}

/*
 * A descriptor of what a path names beneath the new root, or with `last` of
 * the directory above it and its last component there.
 */
static int
point_make(int root, const char *path, int isdir, const char **last,
    struct why *why)
{
	const char	*whole = path;
	char		 name[NAME_MAX + 1];
	size_t		 n;
	int		 at = root, next, more;

	for (;; path += n + 1) {
		n = strcspn(path, "/");
		more = path[n] == '/';
		if (n > NAME_MAX || (!more && last != NULL))
			break;
		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		next = step(at, name, more || isdir, whole, why);
		if (at != root)
			close(at);
		if ((at = next) == -1 || !more)
			return (at);
	}
	*last = path;
	return (at != root ? at : dup(root));
}

static int
cover(int root, const char *path, int isdir, int mnt, struct why *why)
{
	int	 at, r = -1;

	if (mnt == -1)
		return (-1);
	if ((at = point_make(root, path, isdir, NULL, why)) != -1) {
		r = mnt_attach_at(mnt, at, path, why);
		close(at);
	} else
		close(mnt);
	return (r);
}

static int
link_copy(int root, const char *path, struct why *why)
{
	char		 target[PATH_MAX];
	const char	*last = NULL;
	ssize_t		 n;
	int		 at, r;

	if ((n = readlink(path, target, sizeof(target) - 1)) == -1)
		return (why_errno(why, NULL, "%s", path));
	target[n] = '\0';
	if ((at = point_make(root, path + 1, 0, &last, why)) == -1)
		return (-1);
	if ((r = symlinkat(target, at, last)) == -1)
		why_errno(why, NULL, "symbolic link %s", path);
	close(at);
	return (r);
}

/*
 * One path of the host: a symbolic link is made again, a file or a directory
 * shown read-only with all that is mounted below.
 */
static int
system_add(int root, const struct conf_path *p, struct why *why)
{
	struct stat	 sb;

	if (lstat(p->path, &sb) == -1) {
		if (p->optional && errno == ENOENT)
			return (0);
		return (why_errno(why, "take it out of `system`, or mark it "
		    "optional", "%s", p->path));
	}
	if (S_ISLNK(sb.st_mode))
		return (link_copy(root, p->path, why));
	if (!S_ISDIR(sb.st_mode) && !S_ISREG(sb.st_mode))
		return (why_set(why, PRA_EINVALID, "%s: is neither a file nor "
		    "a directory: sessions would reach what is behind it "
		    "(take it out of `system`)", p->path));
	return (cover(root, p->path + 1, S_ISDIR(sb.st_mode),
	    mnt_clone(AT_FDCWD, p->path, 1, MNT_LOOK, -1, why), why));
}

static int
node_add(int root, size_t i, struct why *why)
{
	struct stat	 sb;
	char		 host[64];
	int		 mnt;

	snprintf(host, sizeof(host), "/%s", nodes[i].name);
	mnt = mnt_clone(AT_FDCWD, host, 0, MOUNT_ATTR_NOSUID |
	    MOUNT_ATTR_NOEXEC, -1, why);
	if (mnt != -1 && (fstat(mnt, &sb) == -1 || !S_ISCHR(sb.st_mode) ||
	    sb.st_rdev != makedev(nodes[i].major, nodes[i].minor))) {
		close(mnt);
		return (why_set(why, PRA_EUNSUPPORTED, "%s: is not the "
		    "device %u:%u (see makedev(8))", host, nodes[i].major,
		    nodes[i].minor));
	}
	return (cover(root, nodes[i].name, 0, mnt, why));
}

static int
skeleton_make(int root, struct why *why)
{
	size_t	 i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (mkdirat(root, dirs[i], 0755) == -1)
			return (why_errno(why, NULL, "/%s", dirs[i]));
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlinkat(links[i].target, root, links[i].name) == -1)
			return (why_errno(why, NULL, "/%s", links[i].name));
	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (node_add(root, i, why) == -1)
			return (-1);
	return (0);
}

/* What a builder needs and nobody else may see. */
static int
at_make(int root, int proc, int state, struct why *why)
{
	char	 name[64];
	int	 i;

	if (fchdir(root) == -1)
		return (why_errno(why, NULL, "fchdir"));
	if (mnt_tmpfs("." ROOT_AT, 0, 0700, geteuid(), getegid(), why) == -1 ||
	    mkdirat(root, "." ROOT_STATE, 0700) == -1 ||
	    mkdirat(root, "." ROOT_UPPER, 0700) == -1 ||
	    mkdirat(root, "." ROOT_AT "/proc", 0700) == -1)
		return (why_errno(why, NULL, ROOT_AT));
	for (i = 0; i <= LAYERS_MAX; i++) {
		snprintf(name, sizeof(name), "." ROOT_AT "/%d", i);
		if (mkdirat(root, name, 0700) == -1)
			return (why_errno(why, NULL, ROOT_AT));
	}
	if (mnt_attach(proc, "." ROOT_AT "/proc", why) == -1)
		return (-1);
	return (mnt_attach(state, "." ROOT_STATE, why));
}

/* Enter the finished root and let the host's go. */
static int
root_enter(int root, struct why *why)
{
	struct mount_attr	 ro = { .attr_set = MOUNT_ATTR_RDONLY };

	if (fchdir(root) == -1 || syscall(SYS_pivot_root, ".", ".") == -1 ||
	    umount2(".", MNT_DETACH) == -1 || chdir("/") == -1)
		return (why_errno(why, "the host's / must not be a ramfs",
		    "pivot_root"));
	if (mount_setattr(AT_FDCWD, "/", 0, &ro, sizeof(ro)) == -1)
		return (why_errno(why, NULL, "making / read-only"));
	return (0);
}

int
root_build(void *arg, struct why *why)
{
	const struct conf	*conf = arg;
	const struct conf_path	*p;
	int			 root, proc, state;

	umask(022);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return (why_errno(why, NULL, "making mounts private"));
	/* Before /proc is covered; descriptors of outside name other mounts. */
	proc = mnt_clone(AT_FDCWD, "/proc", 1, 0, -1, why);
	state = mnt_clone(AT_FDCWD, conf->state, 1, MNT_SAFE, -1, why);
	if (proc == -1 || state == -1)
		return (-1);
	if (mnt_tmpfs("/proc", 0, 0755, geteuid(), getegid(), why) == -1)
		return (-1);
	if ((root = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return (why_errno(why, NULL, "new root"));
	if (skeleton_make(root, why) == -1 ||
	    etc_make(root, conf, why) == -1)
		return (-1);
	TAILQ_FOREACH(p, &conf->system, entry)
		if (system_add(root, p, why) == -1)
			return (-1);
	if (at_make(root, proc, state, why) == -1)
		return (-1);
	return (root_enter(root, why));
}
