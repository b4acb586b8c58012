/*
 * Parent, and a child of it for each count.  The tree is a job's and changes
 * under the child's hands: it is walked by descriptors, downwards only, and no
 * link is followed.  The child is the executor's user with the one capability
 * to look into every directory, since a job may close its own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <linux/capability.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "praetord/usage.h"

#define DIR_FLAGS	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define ENTRY_BYTES	64		/* a name, roughly */
#define DEPTH_MAX	4000		/* directories in each other */
#define PART		20		/* of the disk is reserved at most */

/* Linked files share their blocks: each name bears its part. */
uint64_t
usage_cost(const struct stat *sb)
{
	uint64_t	 n = (uint64_t)sb->st_blocks * 512;

	if (n < USAGE_INODE)
		n = USAGE_INODE;
	if (!S_ISDIR(sb->st_mode) && sb->st_nlink > 1)
		n /= sb->st_nlink;
	return (n + ENTRY_BYTES);
}

uint64_t
usage_left(const struct statvfs *sb)
{
	uint64_t	 bytes = (uint64_t)sb->f_bavail * sb->f_frsize;
	uint64_t	 inodes = (uint64_t)sb->f_favail * USAGE_INODE;

	/* btrfs makes inodes as they are needed, and says 0. */
	return (sb->f_files != 0 && inodes < bytes ? inodes : bytes);
}

uint64_t
usage_reserve(const struct statvfs *sb, uint64_t keep)
{
	uint64_t	 part = (uint64_t)sb->f_blocks * sb->f_frsize / PART;

	return (keep < part ? keep : part);
}

struct walk {
	DIR		*level[DEPTH_MAX];
	size_t		 depth;
	uint64_t	 sum;
};

/* Go into a directory.  What cannot be opened is gone; -1: it is too deep. */
static int
walk_into(struct walk *w, int at, const char *name)
{
	DIR	*d;
	int	 fd;

	if ((fd = openat(at, name, DIR_FLAGS)) == -1)
		return (errno == EMFILE || errno == ENFILE ? -1 : 0);
	if (w->depth == DEPTH_MAX || (d = fdopendir(fd)) == NULL) {
		close(fd);
		return (-1);
	}
	w->level[w->depth++] = d;
	return (0);
}

/* One entry.  -1 when there is no use in going on. */
static int
walk_step(struct walk *w, uint64_t enough)
{
	DIR		*d = w->level[w->depth - 1];
	struct dirent	*de;
	struct stat	 sb;

	if ((de = readdir(d)) == NULL) {
		closedir(d);
		w->depth--;
		return (0);
	}
	if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0 ||
	    fstatat(dirfd(d), de->d_name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return (0);
	w->sum += usage_cost(&sb);
	if (w->sum > enough || (S_ISDIR(sb.st_mode) &&
	    walk_into(w, dirfd(d), de->d_name) == -1))
		return (-1);
	return (0);
}

uint64_t
usage_tree(int dir, uint64_t enough)
{
	struct walk	*w = calloc(1, sizeof(*w));
	uint64_t	 sum;
	int		 r = 0;

	if (w == NULL || walk_into(w, dir, ".") == -1) {
		free(w);
		close(dir);
		return (0);
	}
	while (r == 0 && w->depth > 0)
		r = walk_step(w, enough);
	/* Too deep to count is too much. */
	sum = r == -1 && w->sum <= enough ? UINT64_MAX : w->sum;
	while (w->depth > 0)
		closedir(w->level[--w->depth]);
	free(w);
	close(dir);
	return (sum);
}

static int
counter_drop(uid_t uid, gid_t gid)
{
	struct __user_cap_header_struct	 h = {
		_LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	 d[2] = { { 0 } };

	if (uid != geteuid() && (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 ||
	    setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1))
		return (-1);
	d[0].permitted = d[0].effective = 1U << CAP_DAC_OVERRIDE;
	if (syscall(SYS_capset, &h, d) == -1)
		return (-1);
	return (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static void __attribute__((__noreturn__))
counter(const struct usage *u, int dir, int out, uid_t uid, gid_t gid,
    pid_t parent)
{
	struct rlimit	 rl;
	uint64_t	 sum;

	/* Others' channels would be held open. */
	if (dup2(dir, 3) == -1 || (out = fcntl(out, F_DUPFD, 5)) == -1 ||
	    dup2(out, 4) == -1 || close_range(5, ~0U, 0) == -1 ||
	    counter_drop(uid, gid) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(1);
	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &rl);
	}
	sum = usage_tree(3, u->limit);
	_exit(write(4, &sum, sizeof(sum)) == (ssize_t)sizeof(sum) ? 0 : 1);
}

void
usage_stop(struct usage *u)
{
	if (!u->counting)
		return;
	event_free(u->readable);
	close(u->pipe);
	(void)pidfd_send_signal(u->pidfd, SIGKILL, NULL, 0);
	close(u->pidfd);
	u->counting = 0;
}

static void
usage_result(int fd, short what, void *arg)
{
	struct usage	*u = arg;
	uint64_t	 sum;
	int		 err;

	(void)what;
	err = read(fd, &sum, sizeof(sum)) != (ssize_t)sizeof(sum);
	if (!err)
		u->used = sum;
	u->took = mono_diff_us(u->began, mono_now());
	usage_stop(u);
	u->done(u->arg, err);
}

static int
usage_fork(struct usage *u, int dir, uid_t uid, gid_t gid)
{
	pid_t	 pid, parent = getpid();
	int	 p[2];

	if (pipe2(p, O_CLOEXEC) == -1)
		return (-1);
	if ((pid = fork()) == 0)
		counter(u, dir, p[1], uid, gid, parent);
	close(p[1]);
	if (pid == -1 || (u->pidfd = pidfd_open(pid, 0)) == -1) {
		if (pid != -1)
			kill(pid, SIGKILL);
		close(p[0]);
		return (-1);
	}
	u->pipe = p[0];
	return (0);
}

int
usage_begin(struct usage *u, struct event_base *base, int dir, uid_t uid,
    gid_t gid, void (*done)(void *, int), void *arg)
{
	int	 r = usage_fork(u, dir, uid, gid);

	close(dir);
	u->began = mono_now();
	if (r == -1)
		return (-1);
	u->done = done;
	u->arg = arg;
	u->counting = 1;
	u->readable = event_new(base, u->pipe, EV_READ, usage_result, u);
	if (u->readable != NULL && event_add(u->readable, NULL) == 0)
		return (0);
	if (u->readable == NULL) {
		close(u->pipe);
		close(u->pidfd);
		u->counting = 0;
	} else {
		usage_stop(u);
	}
	return (-1);
}
