/*
 * Landlock and seccomp.  Runs in every role right before HELLO, and in
 * praetor-init before the first job.  Trusts its caller and the tables that
 * were compiled in; must never report success for less than was asked.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "common/confine.h"
#include "common/err.h"
#include "gen/policy.h"

/*
 * The kernel's interface, written out because the headers of the build host
 * may be older than the kernel that runs: all of <linux/landlock.h> that is
 * used, with the ABI that brought it.
 */
struct ll_ruleset {
	uint64_t	 fs;		/* rights that are denied without a rule */
	uint64_t	 net;		/* ABI 4 */
	uint64_t	 scoped;	/* ABI 6 */
};

struct ll_beneath {
	uint64_t	 allowed;
	int32_t		 fd;
} __attribute__((packed));

enum {
	LL_RULE_PATH_BENEATH = 1,
	LL_CREATE_VERSION = 1		/* ask for the ABI */
};

#define LL_EXECUTE	(1ULL << 0)
#define LL_WRITE_FILE	(1ULL << 1)
#define LL_READ_FILE	(1ULL << 2)
#define LL_READ_DIR	(1ULL << 3)
#define LL_REMOVE_DIR	(1ULL << 4)
#define LL_REMOVE_FILE	(1ULL << 5)
#define LL_MAKE_CHAR	(1ULL << 6)
#define LL_MAKE_DIR	(1ULL << 7)
#define LL_MAKE_REG	(1ULL << 8)
#define LL_MAKE_SOCK	(1ULL << 9)
#define LL_MAKE_FIFO	(1ULL << 10)
#define LL_MAKE_BLOCK	(1ULL << 11)
#define LL_MAKE_SYM	(1ULL << 12)
#define LL_REFER	(1ULL << 13)	/* ABI 2 */
#define LL_TRUNCATE	(1ULL << 14)	/* ABI 3 */
#define LL_IOCTL_DEV	(1ULL << 15)	/* ABI 5 */
#define LL_TCP		3ULL		/* bind and connect */
#define LL_SCOPES	3ULL		/* abstract sockets and signals */

/* Nobody may make devices: MAKE_BLOCK is not here, MAKE_CHAR for whiteouts. */
#define LL_R	(LL_READ_FILE | LL_READ_DIR)
#define LL_W	(LL_WRITE_FILE | LL_REMOVE_DIR | LL_REMOVE_FILE |	\
		LL_MAKE_DIR | LL_MAKE_REG | LL_MAKE_SOCK | LL_MAKE_FIFO | \
		LL_MAKE_SYM | LL_REFER | LL_TRUNCATE | LL_IOCTL_DEV)
#define LL_FILE	(LL_EXECUTE | LL_READ_FILE | LL_WRITE_FILE |		\
		LL_TRUNCATE | LL_IOCTL_DEV)

/* Rights on paths by ABI; the last row stands for every newer kernel. */
static const uint64_t fs_rights[] = {
	[0] = 0,
	[1] = LL_REFER - 1,
	[2] = LL_TRUNCATE - 1,
	[3] = LL_IOCTL_DEV - 1,
	[4] = LL_IOCTL_DEV - 1,
	[5] = (LL_IOCTL_DEV << 1) - 1,
};
#define FS_ABI	((int)(sizeof(fs_rights) / sizeof(fs_rights[0])) - 1)

static const struct {
	const struct sock_filter	*code;
	unsigned short			 len;
} policies[CONFINE_MAX] = {
	[CONFINE_ENGINE] = { policy_engine, POLICY_LEN(policy_engine) },
	[CONFINE_FRONT] = { policy_front, POLICY_LEN(policy_front) },
	[CONFINE_REVIEW] = { policy_review, POLICY_LEN(policy_review) },
	[CONFINE_GATEWAY] = { policy_gateway, POLICY_LEN(policy_gateway) },
	[CONFINE_EXECUTOR] = { policy_executor, POLICY_LEN(policy_executor) },
	[CONFINE_JOB] = { policy_job, POLICY_LEN(policy_job) },
};

static int
fail(char *why, size_t size, const char *what)
{
	int	 e = err_errno(errno);

	snprintf(why, size, "%s: %s", what, strerror(errno));
	return (e);
}

int
confine_abi(void)
{
	long	 abi;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LL_CREATE_VERSION);
	return (abi < 0 ? 0 : (int)abi);
}

static uint64_t
rights_of(int rights, uint64_t handled, const struct stat *sb)
{
	uint64_t	 r = 0;

	if (rights & CONFINE_READ)
		r |= LL_R;
	if (rights & CONFINE_WRITE)
		r |= LL_W;
	if (rights & CONFINE_EXEC)
		r |= LL_EXECUTE;
	if (rights & CONFINE_WHITEOUT)
		r |= LL_MAKE_CHAR;
	if (!S_ISDIR(sb->st_mode))
		r &= LL_FILE;
	return (r & handled);
}

static int
path_add(int ruleset, uint64_t handled, const struct confine_path *p,
    char *why, size_t size)
{
	struct ll_beneath	 b = { 0 };
	struct stat		 sb;
	int			 r = 0;

	if ((b.fd = open(p->path, O_PATH | O_CLOEXEC)) == -1)
		return (fail(why, size, p->path));
	if (fstat(b.fd, &sb) == -1) {
		r = fail(why, size, p->path);
	} else {
		b.allowed = rights_of(p->rights, handled, &sb);
		if (b.allowed != 0 && syscall(SYS_landlock_add_rule, ruleset,
		    LL_RULE_PATH_BENEATH, &b, 0) == -1)
			r = fail(why, size, p->path);
	}
	close(b.fd);
	return (r);
}

/* A ruleset that denies all that this kernel's ABI can deny. */
static int
ruleset_new(int abi, int flags, struct ll_ruleset *a)
{
	size_t	 len = sizeof(a->fs);

	memset(a, 0, sizeof(*a));
	a->fs = fs_rights[abi > FS_ABI ? FS_ABI : abi];
	if (flags & CONFINE_LENT)
		a->fs &= ~LL_R;
	if (abi >= 4) {
		len += sizeof(a->net);
		if (flags & CONFINE_NO_TCP)
			a->net = LL_TCP;
	}
	if (abi >= 6) {
		len += sizeof(a->scoped);
		a->scoped = LL_SCOPES;
	}
	return ((int)syscall(SYS_landlock_create_ruleset, a, len, 0));
}

int
confine_paths(const struct confine_path *paths, size_t n, char *why,
    size_t size)
{
	struct ll_ruleset	 a;
	size_t			 i;
	int			 abi = confine_abi(), fd, flags = 0, r = 0;

	if (abi < CONFINE_ABI) {
		snprintf(why, size, "Landlock ABI %d, %d is needed: boot a "
		    "kernel 5.19 or newer with landlock in lsm=", abi,
		    CONFINE_ABI);
		return (PRA_EUNSUPPORTED);
	}
	for (i = 0; i < n; i++)
		if (paths[i].path == NULL)
			flags |= paths[i].rights;
	if ((fd = ruleset_new(abi, flags, &a)) == -1)
		return (fail(why, size, "landlock_create_ruleset"));
	for (i = 0; i < n && r == 0; i++)
		if (paths[i].path != NULL)
			r = path_add(fd, a.fs, &paths[i], why, size);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		r = fail(why, size, "no_new_privs");
	if (r == 0 && syscall(SYS_landlock_restrict_self, fd, 0) == -1)
		r = fail(why, size, "landlock_restrict_self");
	close(fd);
	return (r);
}

/* 1 when a directory has no entry but itself and its parent. */
static int
dir_empty(int fd)
{
	struct dirent	*de;
	DIR		*dir;
	int		 n = 0, copy;

	if ((copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ==
	    -1 || (dir = fdopendir(copy)) == NULL) {
		if (copy != -1)
			close(copy);
		return (0);
	}
	while ((de = readdir(dir)) != NULL)
		n += strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0;
	closedir(dir);
	return (n == 0);
}

/* None is left, and none can come back by a later execve(2). */
static int
caps_none(void)
{
	struct __user_cap_header_struct	 h = {
		_LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	 d[2] = { { 0 } };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1)
		return (-1);
	return ((int)syscall(SYS_capset, &h, d));
}

int
confine_root(int fd, char *why, size_t size)
{
	struct stat	 a, b;
	int		 r = 0;

	if (fstat(fd, &a) == -1) {
		r = fail(why, size, "empty root");
	} else if (!dir_empty(fd)) {
		snprintf(why, size, "empty root: it has entries");
		r = PRA_EINVALID;
	} else if (fchdir(fd) == -1 || chroot(".") == -1 ||
	    stat("/", &b) == -1) {
		r = fail(why, size, "empty root");
	} else if (a.st_dev != b.st_dev || a.st_ino != b.st_ino) {
		snprintf(why, size, "empty root: it is another directory");
		r = PRA_ESYSTEM;
	}
	close(fd);
	if (r == 0 && caps_none() == -1)
		r = fail(why, size, "capabilities");
	return (r);
}

int
confine_syscalls(enum confine_policy p, char *why, size_t size)
{
	struct sock_fprog	 prog = { 0 };

	prog.len = policies[p].len;
	/* The kernel only reads it; its type has no const. */
	memcpy(&prog.filter, &policies[p].code, sizeof(prog.filter));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return (fail(why, size, "no_new_privs"));
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == -1) {
		if (errno == ENOSYS || errno == EINVAL) {
			snprintf(why, size, "seccomp filters: not in this "
			    "kernel (CONFIG_SECCOMP_FILTER)");
			return (PRA_EUNSUPPORTED);
		}
		return (fail(why, size, "seccomp"));
	}
	return (0);
}
