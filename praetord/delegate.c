/*
 * Parent: the cgroup v2 subtree that the service manager delegated
 * (Delegate=yes).  The parent moves itself and the roles into a leaf, so
 * that the groups of sessions beside it may have controllers ("no internal
 * processes", cgroups(7)).  Run once at start.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "praetord/cgroup.h"
#include "praetord/slot.h"

#define CGROUP_ROOT	"/sys/fs/cgroup"
#define LEAF		"supervisor"
#define EXECUTORS	"executors"
#define EXECUTOR_BYTES	(32ULL << 20)	/* one takes less than 2 MiB */
#define DIE_MS		5000		/* leftovers, once they are killed */
#define REMEDY		"start it by a unit with Delegate=yes on a host with "\
			"that controller in cgroup v2, or remove the limit"

static const struct {
	const char	*name;
	enum conf_opt	 opt[2];	/* one of these needs it */
	const char	*setting;
} controllers[] = {
	{ "memory", { OPT_LIMIT_MEMORY, OPT_LIMIT_MEMORY }, "limit memory" },
	{ "pids", { OPT_LIMIT_PIDS, OPT_LIMIT_PIDS }, "limit pids" },
	{ "cpu", { OPT_LIMIT_CPU, OPT_LIMIT_CPU }, "limit cpu" },
	{ "io", { OPT_LIMIT_IO_READ, OPT_LIMIT_IO_WRITE },
	    "limit io-read or io-write" }
};
#define NCONTROLLERS	(sizeof(controllers) / sizeof(controllers[0]))

static int
needs(const struct conf *c, size_t i)
{
	return (c->opt[controllers[i].opt[0]] != 0 ||
	    c->opt[controllers[i].opt[1]] != 0);
}

/* 1 when a word stands in a list. */
static int
listed(const char *list, const char *word)
{
	size_t	 n = strlen(word);

	for (; *list != '\0'; list += strcspn(list, " \n")) {
		list += strspn(list, " \n");
		if (strncmp(list, word, n) == 0 &&
		    strchr(" \n", list[n]) != NULL)
			return (1);
	}
	return (0);
}

const char *
cgroup_lacks(const struct conf *c, const char *have, const char **setting)
{
	size_t	 i;

	for (i = 0; i < NCONTROLLERS; i++)
		if (needs(c, i) && !listed(have, controllers[i].name)) {
			*setting = controllers[i].setting;
			return (controllers[i].name);
		}
	return (NULL);
}

static int
put(int dirfd, const char *name, const char *text)
{
	ssize_t	 n;
	int	 fd;

	if ((fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC)) == -1)
		return (-1);
	n = write(fd, text, strlen(text));
	close(fd);
	return (n == (ssize_t)strlen(text) ? 0 : -1);
}

static void
get(int dirfd, const char *name, char *buf, size_t size)
{
	ssize_t	 n = -1;
	int	 fd;

	if ((fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC)) != -1) {
		n = read(fd, buf, size - 1);
		close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
}

/* The own group's path below the mount, from the unified line "0::/path". */
int
cgroup_own(char *path, size_t size)
{
	char	 line[4096];
	FILE	*f = fopen("/proc/self/cgroup", "re");
	int	 found = 0;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "0::/", 4) == 0) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(path, size, CGROUP_ROOT "%s", line + 3);
			found = 1;
		}
	if (f != NULL)
		fclose(f);
	return (found ? 0 : -1);
}

/*
 * The disk under a directory: io.max takes whole disks only, and a partition
 * has its disk above it in sysfs.
 */
static void
disk_of(const char *path, char disk[24])
{
	char		 link[64], real[PATH_MAX], *slash;
	struct stat	 sb;
	FILE		*f;

	disk[0] = '\0';
	if (stat(path, &sb) == -1)
		return;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u",
	    major(sb.st_dev), minor(sb.st_dev));
	if (realpath(link, real) == NULL || strlen(real) + 16 > sizeof(real))
		return;
	strcat(real, "/partition");
	slash = strrchr(real, '/');
	if (access(real, F_OK) == 0) {
		*slash = '\0';
		slash = strrchr(real, '/');
	}
	strcpy(slash, "/dev");
	if ((f = fopen(real, "re")) == NULL)
		return;
	if (fgets(disk, 24, f) != NULL)
		disk[strcspn(disk, "\n")] = '\0';
	fclose(f);
}

/*
 * Wait until the kernel says that a group is empty, after killing what is in
 * it when that is asked for.  0, or -1 when something lives on.
 */
static int
group_clear(int dir, const char *name, int dead)
{
	struct pollfd	 pfd = { .events = POLLPRI };
	char		 text[256];
	int		 fd, n;

	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return (0);
	pfd.fd = openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (dead)
		cgroup_kill(fd);
	do {
		n = (int)pread(pfd.fd, text, sizeof(text) - 1, 0);
		text[n > 0 ? n : 0] = '\0';
	} while (strstr(text, "populated 1") != NULL &&
	    poll(&pfd, 1, DIE_MS) == 1);
	if (pfd.fd != -1)
		close(pfd.fd);
	close(fd);
	return (strstr(text, "populated 1") != NULL ? -1 : 0);
}

/* A praetord that was killed left the groups of its sessions. */
static void
groups_sweep(int dir)
{
	struct dirent	*de;
	DIR		*d;
	int		 fd;

	(void)group_clear(dir, EXECUTORS, 1);
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (d = fdopendir(fd)) == NULL)
		return;
	while ((de = readdir(d)) != NULL) {
		if (strncmp(de->d_name, "session_", 8) != 0)
			continue;
		(void)group_clear(dir, de->d_name, 1);
		(void)unlinkat(dir, de->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

int
cgroups_can(const struct cgroups *g, const struct conf *c, char *why,
    size_t size)
{
	const char	*lacks, *setting;
	char		 have[512];

	get(g->dir, "cgroup.subtree_control", have, sizeof(have));
	if ((lacks = cgroup_lacks(c, have, &setting)) != NULL) {
		snprintf(why, size, "%s: no controller %s was delegated ("
		    REMEDY ")", setting, lacks);
		return (-1);
	}
	if (g->disk[0] == '\0' && (c->opt[OPT_LIMIT_IO_READ] != 0 ||
	    c->opt[OPT_LIMIT_IO_WRITE] != 0)) {
		snprintf(why, size, "limit io-read or io-write: %s is not on "
		    "a disk of its own (put the state directory on ext4 or "
		    "xfs on a block device, or remove the limit)", c->state);
		return (-1);
	}
	return (0);
}

/* Whatever there is, since a reload may ask for it later. */
static void
controllers_on(int dir)
{
	char	 text[16];
	size_t	 i;

	for (i = 0; i < NCONTROLLERS; i++) {
		snprintf(text, sizeof(text), "+%s", controllers[i].name);
		(void)put(dir, "cgroup.subtree_control", text);
	}
}

static int
executors_make(const struct conf *c, struct cgroups *g)
{
	char	 text[32];

	if (mkdirat(g->dir, EXECUTORS, 0755) == -1 && errno != EEXIST)
		return (-1);
	g->executors = openat(g->dir, EXECUTORS,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (g->executors == -1)
		return (-1);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)
	    SLOTS(c) * EXECUTOR_BYTES);
	/* Without that controller there are no limits of memory at all. */
	(void)put(g->executors, "memory.max", text);
	return (0);
}

static int
divide(const struct conf *c, struct cgroups *g, const char *path, char *why,
    size_t size)
{
	char	 procs[16];

	/* The roles of one that was killed die by themselves. */
	if (group_clear(g->dir, LEAF, 0) == -1) {
		get(g->dir, LEAF "/cgroup.procs", procs, sizeof(procs));
		snprintf(why, size, "`cgroup delegated`: %s/" LEAF " is in use "
		    "by another praetord, process %ld (start each by a unit "
		    "of its own, or say `cgroup none`)", path, atol(procs));
		return (-1);
	}
	if ((mkdirat(g->dir, LEAF, 0755) == -1 && errno != EEXIST) ||
	    put(g->dir, LEAF "/cgroup.procs", "0") == -1) {
		snprintf(why, size, "`cgroup delegated`: %s cannot be divided: "
		    "%s (start it by a unit with Delegate=yes, or say `cgroup "
		    "none`)", path, strerror(errno));
		return (-1);
	}
	get(g->dir, "cgroup.procs", procs, sizeof(procs));
	if (procs[0] != '\0') {
		snprintf(why, size, "`cgroup delegated`: process %ld is in %s "
		    "as well (start praetord alone, by a unit with "
		    "Delegate=yes, or say `cgroup none`)", atol(procs), path);
		return (-1);
	}
	controllers_on(g->dir);
	groups_sweep(g->dir);
	if (executors_make(c, g) == -1) {
		snprintf(why, size, "`cgroup delegated`: %s/" EXECUTORS ": %s",
		    path, strerror(errno));
		return (-1);
	}
	return (cgroups_can(g, c, why, size));
}

int
cgroups_open(const struct conf *c, struct cgroups *g, char *why, size_t size)
{
	char	 path[4200];

	g->dir = g->executors = -1;
	snprintf(path, sizeof(path), "%s/sessions", c->state);
	disk_of(path, g->disk);
	if (cgroup_own(path, sizeof(path)) == -1 ||
	    (g->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		snprintf(why, size, "`cgroup delegated`: no cgroup v2 group of "
		    "our own at %s (start it from a unit with Delegate=yes, "
		    "or say `cgroup none`)", CGROUP_ROOT);
		return (-1);
	}
	return (divide(c, g, path, why, size));
}
