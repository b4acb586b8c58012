/*
 * Probes of the kernel's calls and file systems.  Each runs in a child of the
 * parent, in namespaces of its own where it mounts.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "common/confine.h"
#include "praetord/feature_probe.h"
#include "praetord/mnt.h"
#include "praetord/ns.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif

static int
no(char *detail, size_t size, const char *what)
{
	snprintf(detail, size, "%s: %s", what, strerror(errno));
	return (-1);
}

static int
put(const char *path, const char *text)
{
	int	 fd, r = -1;

	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) != -1) {
		r = write(fd, text, strlen(text)) == -1 ? -1 : 0;
		close(fd);
	}
	return (r);
}

static int
can_admin(void)
{
	struct __user_cap_header_struct	 h = {
		_LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	 d[2] = { { 0 } };

	return (syscall(SYS_capget, &h, d) == 0 &&
	    (d[0].effective & 1U << CAP_SYS_ADMIN) != 0);
}

/*
 * Where the parent would stand: before user mode has entered its user
 * namespace (`praetord -n`), enter one like it.
 */
static int
stand(char *detail, size_t size)
{
	char	 uids[32], gids[32];

	if (can_admin())
		return (0);
	snprintf(uids, sizeof(uids), "%u %u 1", geteuid(), geteuid());
	snprintf(gids, sizeof(gids), "%u %u 1", getegid(), getegid());
	if (unshare(CLONE_NEWUSER) == -1 ||
	    put("/proc/self/setgroups", "deny") == -1 ||
	    put("/proc/self/uid_map", uids) == -1 ||
	    put("/proc/self/gid_map", gids) == -1)
		return (no(detail, size, "user namespace"));
	return (0);
}

/* A mount namespace whose mounts go nowhere else. */
static int
stand_apart(int more, char *detail, size_t size)
{
	if (stand(detail, size) == -1)
		return (-1);
	if (unshare(CLONE_NEWNS | more) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return (no(detail, size, "mount namespace"));
	return (0);
}

int
probe_userns(const struct conf *c, char *detail, size_t size)
{
	(void)c;
	if (stand(detail, size) == -1)
		return (-1);
	/* One inside: sessions have their own below the parent's. */
	if (unshare(CLONE_NEWUSER) == -1)
		return (no(detail, size, "unshare"));
	return (0);
}

int
probe_namespaces(const struct conf *c, char *detail, size_t size)
{
	static const struct { int flag; const char *name; } ns[] = {
		{ CLONE_NEWNS, "mount" }, { CLONE_NEWPID, "pid" },
		{ CLONE_NEWNET, "net" }, { CLONE_NEWIPC, "ipc" },
		{ CLONE_NEWUTS, "uts" }, { CLONE_NEWCGROUP, "cgroup" }
	};
	size_t	 i;

	(void)c;
	if (stand(detail, size) == -1)
		return (-1);
	for (i = 0; i < sizeof(ns) / sizeof(ns[0]); i++)
		if (unshare(ns[i].flag) == -1)
			return (no(detail, size, ns[i].name));
	return (0);
}

int
probe_timens(const struct conf *c, char *detail, size_t size)
{
	(void)c;
	if (stand(detail, size) == -1)
		return (-1);
	if (unshare(CLONE_NEWTIME) == -1)
		return (no(detail, size, "unshare"));
	return (0);
}

int
probe_mount(const struct conf *c, char *detail, size_t size)
{
	struct why	 why;

	(void)c;
	if (stand_apart(0, detail, size) == -1)
		return (-1);
	if (mnt_tmpfs("/proc", 0, 0755, geteuid(), getegid(), &why) == -1 ||
	    mnt_clone(AT_FDCWD, "/usr", 1, MNT_LOOK, -1, &why) == -1) {
		snprintf(detail, size, "%s", why.text);
		return (-1);
	}
	return (0);
}

/* As emptyroot.c and confine_root() do it. */
int
probe_root(const struct conf *c, char *detail, size_t size)
{
	struct why	 why;
	int		 fd;

	(void)c;
	if (stand_apart(0, detail, size) == -1)
		return (-1);
	if ((fd = mnt_make("tmpfs", NULL, MNT_LOOK, &why)) == -1) {
		snprintf(detail, size, "%s", why.text);
		return (-1);
	}
	if (fchdir(fd) == -1 || chroot(".") == -1)
		return (no(detail, size, "chroot"));
	return (0);
}

/* The state directory, or what of its path exists already. */
static int
state_open(const struct conf *c, char *detail, size_t size)
{
	char	 path[4096], *slash;
	int	 fd;

	snprintf(path, sizeof(path), "%s", c->state);
	while ((fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		slash = strrchr(path, '/');
		if (errno != ENOENT || slash == NULL || path[1] == '\0')
			return (no(detail, size, path));
		slash[slash == path ? 1 : 0] = '\0';
	}
	return (fd);
}

/* One that is an overlay itself cannot be the upper part of another. */
static int
state_is_overlay(const struct conf *c, char *detail, size_t size)
{
	struct statfs	 sf;
	int		 fd, is = 0;

	if ((fd = state_open(c, detail, size)) == -1)
		return (1);
	if (fstatfs(fd, &sf) == -1) {
		no(detail, size, c->state);
		is = 1;
	} else if (sf.f_type == OVERLAYFS_SUPER_MAGIC) {
		snprintf(detail, size, "%.200s is on an overlay itself",
		    c->state);
		is = 1;
	}
	close(fd);
	return (is);
}

int
probe_overlay(const struct conf *c, char *detail, size_t size)
{
	static const struct mnt_option	 opts[] = {
		{ "lowerdir", "/proc/l" }, { "upperdir", "/proc/u" },
		{ "workdir", "/proc/w" }, { "userxattr", NULL },
		{ "redirect_dir", "nofollow" }, { "metacopy", "off" },
		{ "index", "off" }, { "xino", "off" }, { NULL, NULL }
	};
	struct why	 why;

	if (state_is_overlay(c, detail, size))
		return (-1);
	if (stand_apart(0, detail, size) == -1)
		return (-1);
	if (mnt_tmpfs("/proc", 0, 0755, geteuid(), getegid(), &why) == -1 ||
	    mkdir("/proc/l", 0755) == -1 || mkdir("/proc/u", 0755) == -1 ||
	    mkdir("/proc/w", 0755) == -1)
		return (no(detail, size, "tmpfs"));
	if (mnt_make("overlay", opts, MNT_SAFE, &why) == -1) {
		snprintf(detail, size, "%s", why.text);
		return (-1);
	}
	return (0);
}

int
probe_idmap(const struct conf *c, char *detail, size_t size)
{
	struct ns_id	 id = { 1, 2, 1, 2 };
	struct why	 why;
	int		 fd, map;

	if ((fd = state_open(c, detail, size)) == -1)
		return (-1);
	if ((map = ns_user(&id, 1, &why)) == -1 ||
	    mnt_clone(fd, "", 0, MNT_LOOK, map, &why) == -1) {
		snprintf(detail, size, "%s", why.text);
		return (-1);
	}
	return (0);
}

int
probe_landlock(const struct conf *c, char *detail, size_t size)
{
	(void)c;
	snprintf(detail, size, "ABI %d, %d or more is needed", confine_abi(),
	    CONFINE_ABI);
	return (confine_abi() >= CONFINE_ABI ? 0 : -1);
}

int
probe_seccomp(const struct conf *c, char *detail, size_t size)
{
	uint32_t	 action = SECCOMP_RET_KILL_PROCESS;

	(void)c;
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == -1)
		return (no(detail, size, "seccomp"));
	return (0);
}

int
probe_pidfd(const struct conf *c, char *detail, size_t size)
{
	int	 fd;

	(void)c;
	if ((fd = pidfd_open(getpid(), 0)) == -1 ||
	    pidfd_send_signal(fd, 0, NULL, 0) == -1)
		return (no(detail, size, "pidfd_open"));
	return (0);
}

int
probe_clone3(const struct conf *c, char *detail, size_t size)
{
	int			 pidfd = -1;
	struct clone_args	 a = {
		.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)&pidfd, .exit_signal = SIGCHLD
	};
	long			 pid;

	(void)c;
	if ((pid = syscall(SYS_clone3, &a, sizeof(a))) == 0)
		_exit(0);
	if (pid == -1)
		return (no(detail, size, "clone3"));
	waitpid((pid_t)pid, NULL, 0);
	return (0);
}

int
probe_openat2(const struct conf *c, char *detail, size_t size)
{
	struct open_how	 how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS
	};

	(void)c;
	if (syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof(how)) == -1)
		return (no(detail, size, "openat2"));
	return (0);
}

int
probe_close_range(const struct conf *c, char *detail, size_t size)
{
	(void)c;
	if (close_range(1000000, ~0U, 0) == -1)
		return (no(detail, size, "close_range"));
	return (0);
}

/* A process of a new pid namespace has to be the one that mounts it. */
int
probe_proc(const struct conf *c, char *detail, size_t size)
{
	static const struct mnt_option	 opts[] = {
		{ "hidepid", "invisible" }, { "subset", "pid" }, { NULL, NULL }
	};
	struct why	 why;
	int		 status;
	pid_t		 pid;

	(void)c;
	if (stand_apart(CLONE_NEWPID, detail, size) == -1)
		return (-1);
	if ((pid = fork()) == 0)
		_exit(mnt_make("proc", opts, MNT_SAFE, &why) == -1 ?
		    errno : 0);
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return (no(detail, size, "fork"));
	if (status == 0)
		return (0);
	errno = WEXITSTATUS(status);
	return (no(detail, size, "mounting proc"));
}

int
probe_devpts(const struct conf *c, char *detail, size_t size)
{
	struct why	 why;

	(void)c;
	if (stand_apart(0, detail, size) == -1)
		return (-1);
	if (mnt_make("devpts", NULL, MOUNT_ATTR_NOSUID, &why) == -1) {
		snprintf(detail, size, "%s", why.text);
		return (-1);
	}
	return (0);
}
