/*
 * Groups B and E: mounts and what can be seen and written; Landlock as the
 * second layer below the mounts.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "tests/escape/escape.h"

/* What is tried on a file of the host outside is tried on one's own. */
static void
subject(const struct world *w, const struct escape *e, char *path, size_t size)
{
	int	 fd;

	if (w->arm == INSIDE) {
		path_of(w, e->s, path, size);
		return;
	}
	snprintf(path, size, "%s/subject%d", own_dir(w), getpid());
	if ((fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644)) != -1)
		close(fd);
}

static void
there(const struct world *w, const struct escape *e, char *out)
{
	char	 path[512];

	path_of(w, e->s, path, sizeof(path));
	say(out, access(path, F_OK));
}

/* A mount that the caller made can be taken away again. */
static void
mount_own(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	(void)e;
	if (mount("x", "/tmp", "tmpfs", 0, NULL) == -1)
		say(out, -1);
	else
		say(out, umount2("/tmp", MNT_DETACH));
}

static void
remount(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	say(out, mount(NULL, e->s, NULL, MS_REMOUNT | MS_BIND, NULL));
}

/* Mounts made before the user namespace are locked: none may be taken away. */
static void
unmount(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	say(out, umount2(e->s, MNT_DETACH));
}

static void
fs_open(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	say(out, syscall(SYS_fsopen, e->s, 0));
}

static void
tree_clone(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	say(out, syscall(SYS_open_tree, AT_FDCWD, e->s, OPEN_TREE_CLONE));
}

static void
tree_pick(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	say(out, syscall(SYS_fspick, AT_FDCWD, e->s, 0));
}

static void
with_path(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	say(out, syscall(e->a[0], e->s, e->s));
}

/* Out by "..": a new root below a directory that is still open. */
static void
dotdot(const struct world *w, const struct escape *e, char *out)
{
	struct stat	 root, at;
	char		 dir[256];
	int		 i, fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)e;
	snprintf(dir, sizeof(dir), "%s/below", own_dir(w));
	(void)mkdir(dir, 0700);
	(void)chroot(dir);
	(void)fchdir(fd);
	for (i = 0; i < 100; i++)
		if (chdir("..") == -1)
			break;
	(void)rmdir(dir);
	if (stat("/", &root) == -1 || stat(".", &at) == -1)
		said(out, "%s", "out");
	else
		said(out, "%s", root.st_ino == at.st_ino &&
		    root.st_dev == at.st_dev ? "at the root" : "out");
}

static void
where(const struct world *w, const struct escape *e, char *out)
{
	char	 dir[512];

	(void)w;
	(void)e;
	said(out, "%s", getcwd(dir, sizeof(dir)) != NULL ? dir : "none");
}

static void
move(const struct world *w, const struct escape *e, char *out)
{
	char	 from[512], to[600];

	subject(w, e, from, sizeof(from));
	snprintf(to, sizeof(to), "%s-moved", from);
	say(out, rename(from, to));
	(void)unlink(to);
}

static void
hardlink(const struct world *w, const struct escape *e, char *out)
{
	char	 from[512], to[512];

	subject(w, e, from, sizeof(from));
	snprintf(to, sizeof(to), "%s/hardlink%d", own_dir(w), getpid());
	say(out, link(from, to));
	(void)unlink(to);
}

/* Read through a symbolic link of one's own. */
static void
follow(const struct world *w, const struct escape *e, char *out)
{
	char	 target[512], path[512];
	int	 fd;

	path_of(w, e->s, target, sizeof(target));
	snprintf(path, sizeof(path), "%s/link%d", own_dir(w), getpid());
	if (symlink(target, path) == -1) {
		say(out, -1);
		return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	say(out, fd);
	(void)unlink(path);
}

/* The canary by way of a magic link. */
static void
magic(const struct world *w, const struct escape *e, char *out)
{
	char	 path[512];

	if (e->a[0])
		snprintf(path, sizeof(path), "/proc/%d/root%s/file",
		    w->arm == INSIDE ? 1 : getppid(), param(w, "dir"));
	else
		snprintf(path, sizeof(path), "%s%s/file", e->s,
		    param(w, "dir"));
	say(out, open(path, O_RDONLY | O_CLOEXEC));
}

struct handle {
	struct file_handle	 h;
	unsigned char		 bytes[64];
};

static void
handle_get(const struct world *w, const struct escape *e, char *out)
{
	struct handle	 h;
	int		 id;

	(void)w;
	(void)e;
	memset(&h, 0, sizeof(h));
	h.h.handle_bytes = sizeof(h.bytes);
	say(out, name_to_handle_at(AT_FDCWD, "/usr", &h.h, &id, 0));
}

/* A guess: inode 2 is the root of an ext file system. */
static void
handle_open(const struct world *w, const struct escape *e, char *out)
{
	struct handle	 h;
	uint32_t	 guess[2] = { 2, 0 };

	(void)w;
	(void)e;
	memset(&h, 0, sizeof(h));
	h.h.handle_bytes = sizeof(guess);
	h.h.handle_type = 1;
	memcpy(h.h.f_handle, guess, sizeof(guess));
	say(out, open_by_handle_at(open("/usr", O_RDONLY), &h.h, O_RDONLY));
}

/* From a descriptor for reading to one for writing. */
static void
reopen(const struct world *w, const struct escape *e, char *out)
{
	char	 path[512];
	int	 fd;

	subject(w, e, path, sizeof(path));
	if ((fd = open(path, O_RDONLY)) == -1) {
		said(out, "open: %s", strerrorname_np(errno));
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	say(out, open(path, O_RDWR));
}

static void
make_in(const struct world *w, const struct escape *e, char *out)
{
	say(out, open(w->arm == INSIDE ? e->s : own_dir(w),
	    O_TMPFILE | O_WRONLY, 0600));
}

static void
node(const struct world *w, const struct escape *e, char *out)
{
	char	 path[512];

	snprintf(path, sizeof(path), "%s/node", e->s != NULL && w->arm ==
	    INSIDE ? e->s : own_dir(w));
	say(out, mknod(path, (mode_t)e->a[0] | 0666,
	    makedev((unsigned int)e->a[1], (unsigned int)e->a[2])));
	(void)unlink(path);
}

static void
xattr(const struct world *w, const struct escape *e, char *out)
{
	/* VFS_CAP_REVISION_2, CAP_SYS_ADMIN permitted */
	static const unsigned char	 caps[20] = { 1, 0, 0, 2, 0, 0, 32 };
	char				 path[512];
	int				 fd;

	snprintf(path, sizeof(path), "%s/xattr%d", own_dir(w), getpid());
	if ((fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0700)) == -1) {
		said(out, "open: %s", strerrorname_np(errno));
		return;
	}
	say(out, fsetxattr(fd, e->s, caps, sizeof(caps), 0));
	(void)unlink(path);
}

/* What a mark of overlayfs does to the view: the base must still be there. */
static void
overlay_mark(const struct world *w, const struct escape *e, char *out)
{
	static const char	 value[] = "y";
	char			 dir[256], file[300];

	snprintf(dir, sizeof(dir), "%s/d", own_dir(w));
	snprintf(file, sizeof(file), "%s/base", dir);
	if (w->arm != INSIDE) {
		(void)mkdir(dir, 0700);
		say(out, setxattr(dir, e->s, value, 1, 0));
		(void)rmdir(dir);
		return;
	}
	(void)setxattr(dir, e->s, value, 1, 0);
	said(out, "%s", access(file, F_OK) == 0 ? "the base is seen" :
	    "the base is hidden");
}

/* Write until it ends; a[0] MiB are more than there may be. */
static void
fill(const struct world *w, const struct escape *e, char *out)
{
	static char	 block[1 << 16];
	char		 path[512];
	long		 i;
	ssize_t		 n = 0;
	int		 fd;

	snprintf(path, sizeof(path), "%s/fill%d", w->arm == INSIDE ? e->s :
	    own_dir(w), getpid());
	if ((fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == -1) {
		said(out, "open: %s", strerrorname_np(errno));
		return;
	}
	for (i = 0; i < e->a[0] * 16 && n != -1; i++)
		n = write(fd, block, sizeof(block));
	say(out, n == -1 ? -1 : 0);
	(void)unlink(path);
}

static void
fill_names(const struct world *w, const struct escape *e, char *out)
{
	char	 dir[256], path[300];
	long	 i, made;
	int	 fd = 0;

	snprintf(dir, sizeof(dir), "%s/many%d", w->arm == INSIDE ? e->s :
	    own_dir(w), getpid());
	(void)mkdir(dir, 0700);
	for (i = 0; i < e->a[0] && fd != -1; i++) {
		snprintf(path, sizeof(path), "%s/%ld", dir, i);
		if ((fd = open(path, O_CREAT | O_WRONLY, 0600)) != -1)
			close(fd);
	}
	say(out, fd == -1 ? -1 : 0);
	for (made = 0; made < i; made++) {
		snprintf(path, sizeof(path), "%s/%ld", dir, made);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

/* A file of more than a[0] MiB without a block in it. */
static void
sparse(const struct world *w, const struct escape *e, char *out)
{
	char	 path[512];
	int	 fd;

	snprintf(path, sizeof(path), "%s/sparse%d", own_dir(w), getpid());
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	(void)unlink(path);
	say(out, ftruncate(fd, (off_t)e->a[0] << 20));
}

static int
name_order(const struct dirent **a, const struct dirent **b)
{
	return (strcmp((*a)->d_name, (*b)->d_name));
}

static void
names_in(const struct world *w, const struct escape *e, char *out)
{
	struct dirent	**de;
	char		  text[OUT] = "";
	int		  i, n = scandir(e->s, &de, NULL, name_order);
	size_t		  len = 0;

	(void)w;
	for (i = 0; i < n && len < sizeof(text) - 64; i++)
		if (de[i]->d_name[0] != '.')
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s%.40s", len > 0 ? " " : "", de[i]->d_name);
	said(out, "%s", text);
}

static int	 walk_depth(int at, const char *name, int depth);

static int
walk_entry(int fd, const struct dirent *de, int depth)
{
	if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
		return (0);
	if (de->d_type == DT_DIR)
		return (walk_depth(fd, de->d_name, depth + 1));
	return (de->d_type == DT_SOCK || de->d_type == DT_FIFO ||
	    de->d_type == DT_CHR || de->d_type == DT_BLK);
}

/* Sockets, pipes and devices below a directory, on whatever file system. */
static int
walk_depth(int at, const char *name, int depth)
{
	struct dirent	*de;
	DIR		*d;
	int		 fd, n = 0;

	if (depth > 40 || (fd = openat(at, name, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC)) == -1)
		return (0);
	if ((d = fdopendir(fd)) == NULL) {
		close(fd);
		return (0);
	}
	while ((de = readdir(d)) != NULL)
		n += walk_entry(fd, de, depth);
	closedir(d);
	return (n);
}

/* The control looks where services keep theirs. */
static void
specials(const struct world *w, const struct escape *e, char *out)
{
	(void)e;
	if (w->arm != INSIDE)
		said(out, "%d", walk_depth(AT_FDCWD, param(w, "dir"), 0));
	else
		said(out, "%d", walk_depth(AT_FDCWD, "/usr", 0) +
		    walk_depth(AT_FDCWD, "/etc", 0) +
		    walk_depth(AT_FDCWD, "/run", 0) +
		    walk_depth(AT_FDCWD, "/home", 0));
}

static void
unix_connect(const struct world *w, const struct escape *e, char *out)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 s = socket(AF_UNIX, SOCK_STREAM, 0);

	path_of(w, e->s, sun.sun_path, sizeof(sun.sun_path));
	say(out, connect(s, (struct sockaddr *)&sun, sizeof(sun)));
}

/* Change what Landlock lets be changed. */
static void
change(const struct world *w, const struct escape *e, char *out)
{
	char	 path[512];

	if (e->s[0] == '{')
		path_of(w, e->s, path, sizeof(path));
	else
		subject(w, e, path, sizeof(path));
	switch ((int)e->a[0]) {
	case 0:
		say(out, chmod(path, 0644));
		break;
	case 1:
		say(out, utimensat(AT_FDCWD, path, NULL, 0));
		break;
	case 2:
		say(out, setxattr(path, "user.praetor", "x", 1, 0));
		break;
	case 3:
		say(out, chown(path, getuid(), getgid()));
		break;
	default:
		say(out, inotify_add_watch(inotify_init1(0), path, IN_OPEN));
	}
}

/* An executable copy of this program in a directory. */
static void
copy_exec(const struct world *w, const struct escape *e, char *out)
{
	char	 path[512], buf[65536];
	ssize_t	 n;
	pid_t	 pid;
	int	 from, to, status;

	snprintf(path, sizeof(path), "%s/copy%d", w->arm == INSIDE ? e->s :
	    own_dir(w), getpid());
	from = open("/proc/self/exe", O_RDONLY);
	to = open(path, O_CREAT | O_WRONLY, 0700);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			break;
	close(to);
	if ((pid = vfork()) == 0) {
		execl(path, path, "true", NULL);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	(void)unlink(path);
	errno = WEXITSTATUS(status);
	say(out, errno == 0 ? 0 : -1);
}

static void
across(const struct world *w, const struct escape *e, char *out)
{
	char	 from[512], to[512];
	int	 fd;

	snprintf(from, sizeof(from), "%s/across%d", w->arm == INSIDE ? "/tmp" :
	    own_dir(w), getpid());
	snprintf(to, sizeof(to), "%s/over%d", own_dir(w), getpid());
	if ((fd = open(from, O_CREAT | O_WRONLY, 0600)) != -1)
		close(fd);
	say(out, e->a[0] ? link(from, to) : rename(from, to));
	(void)unlink(from);
	(void)unlink(to);
}

/* A further layer of one's own is fine: it can only take away. */
static void
own_layer(const struct world *w, const struct escape *e, char *out)
{
	uint64_t	 fs = 1;	/* execution */
	long		 fd;

	(void)w;
	(void)e;
	fd = syscall(SYS_landlock_create_ruleset, &fs, sizeof(fs), 0);
	say(out, fd == -1 ? -1 :
	    syscall(SYS_landlock_restrict_self, fd, 0));
}

#define GONE(id, path, outside, arm) \
	{ id, path, there, "ENOENT", outside, arm, { 0 }, path, 0 }
#define MAKE(id, dir) \
	{ id, "a file in " dir, open_path, "EROFS|EACCES|EPERM|EOPNOTSUPP|" \
	    "EISDIR", "ok", ROOT, { O_TMPFILE | O_WRONLY }, dir, 0 }
#define FURTHER(id, name, nr, outside, arm, ...) \
	{ id, name, raw, "EPERM", outside, arm, { nr, __VA_ARGS__ }, NULL, 0 }
#define CHANGE(id, name, what, path, arm) \
	{ id, name " of " path, change, "EROFS|EPERM|EACCES|ENOENT", "ok", \
	    arm, { what }, path, 0 }
#define NODE(id, name, type, major, minor, arm) \
	{ id, name, node, "EPERM|EACCES", "ok", arm, { type, major, minor }, \
	    NULL, 0 }
#define LINK(id, target) \
	{ id, "a symbolic link to " target, follow, "ENOENT", "ok", USER, \
	    { 0 }, target, 0 }

static const struct escape b_cases[] = {
	GONE("B01.root", "/root", "ok", ROOT),
	GONE("B01.shadow", "/etc/shadow", "ok", ROOT),
	GONE("B01.lib", "/var/lib", "ok", ROOT),
	GONE("B01.log", "/var/log", "ok", ROOT),
	GONE("B01.boot", "/boot", "ok", ROOT),
	GONE("B01.mnt", "/mnt", "ok", ROOT),
	GONE("B01.canary", "{dir}/file", "ok", USER),
	GONE("B01.state", "{state}", "ok", ROOT),
	GONE("B01.control", "{socket}", "ok", ROOT),
	GONE("B01.machine-id", "/etc/machine-id", "ok", ROOT),
	GONE("B01.resolv", "/etc/resolv.conf", "ok", ROOT),
	MAKE("B02.root", "/"), MAKE("B02.usr", "/usr"),
	MAKE("B02.bin", "/usr/bin"), MAKE("B02.etc", "/etc"),
	MAKE("B02.ssl", "/etc/ssl"), MAKE("B02.run", "/run"),
	MAKE("B02.home", "/home"), MAKE("B02.var", "/var"),
	{ "B02.passwd", "writing /etc/passwd", open_path, "EACCES|EROFS",
	    "ok", ROOT, { O_WRONLY }, "/etc/passwd", 0 },
	{ "B02.factor", "writing /usr/bin/factor", open_path, "EACCES|EROFS",
	    "ok", ROOT, { O_WRONLY }, "/usr/bin/factor", 0 },
	{ "B02.remount", "remounting / writable", remount, "EPERM", "ok", NS,
	    { 0 }, "/", 0 },
	{ "B02.remount-usr", "remounting /usr writable", remount, "EPERM",
	    "ok|EINVAL", NS, { 0 }, "/usr", 0 },
	{ "B03.mount", "mount() and umount()", mount_own, "EPERM", "ok", NS,
	    { 0 }, NULL, 0 },
	{ "B03.umount", "umount2(/proc)", unmount, "EPERM", "ok|EINVAL", NS,
	    { 0 }, "/proc", 0 },
	{ "B03.fsopen", "fsopen(tmpfs)", fs_open, "EPERM", "ok", NS, { 0 },
	    "tmpfs", 0 },
	{ "B03.overlay", "fsopen(overlay)", fs_open, "EPERM", "ok", NS,
	    { 0 }, "overlay", 0 },
	{ "B03.clone", "open_tree(OPEN_TREE_CLONE)", tree_clone, "EPERM",
	    "ok", NS, { 0 }, "/proc", 0 },
	{ "B03.pick", "fspick()", tree_pick, "EPERM", "ok", NS, { 0 }, "/proc",
	    0 },
	FURTHER("B03.fsconfig", "fsconfig()", SYS_fsconfig, "EBADF|EINVAL", NS,
	    -1),
	FURTHER("B03.fsmount", "fsmount()", SYS_fsmount, "EBADF", NS, -1),
	FURTHER("B03.move", "move_mount()", SYS_move_mount, "EBADF|EFAULT",
	    NS, -1, 0, -1, 0, 0),
	FURTHER("B03.setattr", "mount_setattr()", SYS_mount_setattr,
	    "EBADF|EINVAL|EFAULT", NS, -1, 0, 0, 0, 32),
	{ "B03.pivot", "pivot_root()", with_path, "EPERM", "EBUSY|EINVAL", NS,
	    { SYS_pivot_root }, "/tmp", 0 },
	{ "B03.swap", "swapon()", with_path, "EPERM", "EINVAL|ENOENT|EISDIR",
	    ROOT, { SYS_swapon }, "/tmp", 0 },
	{ "B04.chroot", "chroot()", with_path, "EPERM", "ok", NS,
	    { SYS_chroot }, "/tmp", 0 },
	{ "B04.dotdot", "out of the root by ..", dotdot, "at the root", "out",
	    NS, { 0 }, NULL, 0 },
	{ "B04.cwd", "the working directory", where, "/workspace", "", USER,
	    { 0 }, NULL, 0 },
	{ "B06.mount", "renaming a mount's directory", move,
	    "EBUSY|EROFS|EACCES", "ok", USER, { 0 }, "/home/agent", 0 },
	{ "B06.ancestor", "renaming what is above it", move,
	    "EBUSY|EROFS|EACCES", "ok", USER, { 0 }, "/home", 0 },
	{ "B06.work", "renaming the worktree", move, "EBUSY|EROFS|EACCES",
	    "ok", USER, { 0 }, "/workspace", 0 },
	{ "B08.link", "a hard link to a file of the host", hardlink,
	    "EXDEV|EPERM|EACCES", "ok", USER, { 0 }, "/usr/bin/env", 0 },
	LINK("B09.canary", "{dir}/file"),
	LINK("B09.up", "../../../../../../../../{dir}/file"),
	{ "B09.shadow", "a symbolic link to /etc/shadow", follow, "ENOENT",
	    "ok", ROOT, { 0 }, "/etc/shadow", 0 },
	{ "B09.proc-root", "/proc/self/root", magic, "ENOENT", "ok", USER,
	    { 0 }, "/proc/self/root", 0 },
	{ "B09.proc-1", "/proc/1/root", magic, "ENOENT|EACCES", "ok", USER,
	    { 1 }, NULL, 0 },
	{ "B09.proc-cwd", "/proc/self/cwd/../..", magic, "ENOENT", "ok", USER,
	    { 0 }, "/proc/self/cwd/../../../../../../..", 0 },
	{ "B10.get", "name_to_handle_at()", handle_get, "EPERM", "ok", USER,
	    { 0 }, NULL, 0 },
	{ "B10.open", "open_by_handle_at(inode 2)", handle_open, "EPERM",
	    "ok|ESTALE", ROOT, { 0 }, NULL, 0 },
	{ "B11", "a descriptor for reading opened again for writing", reopen,
	    "EACCES|EROFS", "ok", USER, { 0 }, "/usr/bin/env", 0 },
	NODE("B12.mem", "mknod c 1 1", S_IFCHR, 1, 1, ROOT),
	NODE("B12.null", "mknod c 1 3", S_IFCHR, 1, 3, ROOT),
	NODE("B12.disk", "mknod b 8 0", S_IFBLK, 8, 0, ROOT),
	NODE("B12.fuse", "mknod c 10 229", S_IFCHR, 10, 229, ROOT),
	NODE("B12.whiteout", "mknod c 0 0", S_IFCHR, 0, 0, USER),
	{ "B13", "a device in a directory of the host", open_path, "EACCES",
	    "ok", USER, { O_RDONLY }, "{share}/null", 0 },
	{ "B14.caps", "security.capability", xattr, "EPERM|EOPNOTSUPP", "ok",
	    ROOT, { 0 }, "security.capability", 0 },
	{ "B14.trusted", "trusted.overlay.opaque", xattr, "EPERM|EOPNOTSUPP",
	    "ok", ROOT, { 0 }, "trusted.overlay.opaque", 0 },
	{ "B14.opaque", "user.overlay.opaque", overlay_mark,
	    "the base is seen", "ok", USER, { 0 }, "user.overlay.opaque", 0 },
	{ "B14.redirect", "user.overlay.redirect", overlay_mark,
	    "the base is seen", "ok", USER, { 0 }, "user.overlay.redirect", 0 },
	{ "B14.metacopy", "user.overlay.metacopy", overlay_mark,
	    "the base is seen", "ok", USER, { 0 }, "user.overlay.metacopy", 0 },
	GONE("B15.host", "{tmp}", "ok", USER),
	{ "B15.tmp", "filling /tmp", fill, "ENOSPC", "ok", USER, { 17 },
	    "/tmp", 0 },
	{ "B15.shm", "filling /dev/shm", fill, "ENOSPC", "ok", USER, { 17 },
	    "/dev/shm", 0 },
	{ "B15.home", "filling the home directory", fill, "ENOSPC", "ok",
	    USER, { 17 }, "/home/agent", 0 },
	{ "B15.inodes", "filling /tmp with names", fill_names, "ENOSPC", "ok",
	    USER, { 5200 }, "/tmp", 0 },
	{ "B16", "names in /dev", names_in, "fd full null ptmx pts random "
	    "shm stderr stdin stdout tty urandom zero", "", USER, { 0 },
	    "/dev", 0 },
	{ "B17.sparse", "a file beyond the limit", sparse, "SIGXFSZ|EFBIG",
	    "ok", USER, { 65 }, NULL, 0 },
	{ "B23.new", "a file among lent objects", make_in, "EROFS|EACCES",
	    "ok", USER, { 0 }, "/run/praetor/objects", 0 },
	{ "B23.pack", "a file among lent packs", make_in, "EROFS|EACCES",
	    "ok", USER, { 0 }, "/run/praetor/objects/pack", 0 },
	{ "B25.work", "a program in the worktree", copy_exec, "ok", "ok",
	    USER, { 0 }, "/workspace", 0 },
	{ "B25.tmp", "a program in /tmp", copy_exec, "ok", "ok", USER, { 0 },
	    "/tmp", 0 },
	{ "B26", "sockets, pipes and devices of the host that are seen",
	    specials, "0", "", USER, { 0 }, NULL, 1 },
};

static const struct escape e_cases[] = {
	/* No device, and of no use but in an upper; some kernels let it be. */
	{ "E01.whiteout", "a whiteout in /tmp", node, "EACCES|ok", "ok", USER,
	    { S_IFCHR, 0, 0 }, "/tmp", 0 },
	{ "E01.fifo", "writing a pipe of the host that is seen", open_path,
	    "EACCES", "ok", USER, { O_RDWR }, "{share}/fifo", 0 },
	CHANGE("E02.chmod", "mode", 0, "/usr/bin/env", USER),
	CHANGE("E02.times", "times", 1, "/usr/bin/env", USER),
	CHANGE("E02.xattr", "attributes", 2, "/usr/bin/env", USER),
	CHANGE("E02.owner", "owner", 3, "/usr/bin/env", USER),
	CHANGE("E02.mode-canary", "mode", 0, "{dir}/file", USER),
	CHANGE("E02.times-canary", "times", 1, "{dir}/file", USER),
	CHANGE("E02.watch", "a watch", 4, "{dir}/file", USER),
	{ "E03.canary", "a socket of the host", unix_connect, "ENOENT", "ok",
	    USER, { 0 }, "{dir}/sock", 0 },
	{ "E03.control", "the control socket", unix_connect, "ENOENT", "ok",
	    USER, { 0 }, "{socket}", 0 },
	{ "E07.rename", "rename from /tmp to the worktree", across, "EXDEV",
	    "ok", USER, { 0 }, NULL, 0 },
	{ "E07.link", "link from /tmp to the worktree", across, "EXDEV|EPERM",
	    "ok", USER, { 1 }, NULL, 0 },
	{ "E09", "a Landlock layer of one's own", own_layer, "ok", "EPERM",
	    USER, { 0 }, NULL, 0 }
};

const struct table group_b = GROUP('B', b_cases);
const struct table group_e = GROUP('E', e_cases);
