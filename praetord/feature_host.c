/*
 * Probes of how the host is set up: devices, control groups, uids, the state
 * directory's file system.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "common/proto.h"
#include "praetord/cgroup.h"
#include "praetord/feature_probe.h"
#include "praetord/slot.h"

int
probe_devices(const struct conf *c, char *detail, size_t size)
{
	static const char *const names[] = { "/dev/null", "/dev/zero",
	    "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty" };
	struct stat	 sb;
	size_t		 i;

	(void)c;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (stat(names[i], &sb) == -1 || !S_ISCHR(sb.st_mode)) {
			snprintf(detail, size, "%s is not a device", names[i]);
			return (-1);
		}
	return (0);
}

/*
 * Crashes of jobs must not start a program of the host's: a limit of 1 keeps
 * the kernel from it (drop.c).
 */
int
probe_core(const struct conf *c, char *detail, size_t size)
{
	const struct rlimit	 rl = { 1, 1 };
	char			 first = '\0';
	int			 fd;

	(void)c;
	if (setrlimit(RLIMIT_CORE, &rl) == 0)
		return (0);
	fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
	if (fd != -1 && read(fd, &first, 1) == 1)
		close(fd);
	if (fd != -1 && first != '|' && first != '@')
		return (0);
	snprintf(detail, size, "a hard limit of 0, and kernel.core_pattern "
	    "names a program");
	return (-1);
}

/* An unnamed file, so that nothing is left behind. */
int
probe_xattr(const struct conf *c, char *detail, size_t size)
{
	char	 path[4096], *slash;
	int	 fd;

	snprintf(path, sizeof(path), "%s", c->state);
	while ((fd = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) == -1 &&
	    errno == ENOENT && (slash = strrchr(path, '/')) != NULL &&
	    slash != path)
		*slash = '\0';
	if (fd == -1 || fsetxattr(fd, "user.praetor", "1", 1, 0) == -1) {
		snprintf(detail, size, "%s: %s", path, strerror(errno));
		return (-1);
	}
	return (0);
}

/* Without a configuration that asks for some, all that there are limits for. */
static const char *
lacks(const struct conf *c, const char *have, const char **setting)
{
	struct conf	 all = { 0 };
	size_t		 i;

	if (c->cgroup == CGROUP_DELEGATED)
		return (cgroup_lacks(c, have, setting));
	for (i = 0; i < OPT_MAX; i++)
		all.opt[i] = 1;
	return (cgroup_lacks(&all, have, setting));
}

int
probe_cgroup(const struct conf *c, char *detail, size_t size)
{
	char		 path[4096], file[4200], have[512] = "";
	const char	*name, *setting;
	FILE		*f;

	if (cgroup_own(path, sizeof(path)) == -1) {
		snprintf(detail, size, "no unified cgroup");
		return (-1);
	}
	snprintf(file, sizeof(file), "%s/cgroup.controllers", path);
	if ((f = fopen(file, "re")) == NULL) {
		snprintf(detail, size, "%.200s: %s", path, strerror(errno));
		return (-1);
	}
	if (fgets(have, sizeof(have), f) == NULL)
		have[0] = '\0';
	fclose(f);
	if ((name = lacks(c, have, &setting)) != NULL) {
		snprintf(detail, size, "%s: no controller %s in %.160s",
		    setting, name, path);
		return (-1);
	}
	if (access(path, W_OK) == -1) {
		snprintf(detail, size, "%.200s is not ours", path);
		return (-1);
	}
	return (0);
}

/* "name:first:count" lines of /etc/subuid that meet [lo, hi]. */
static int
subuid_meets(unsigned long lo, unsigned long hi, char *name, size_t size)
{
	char		 line[512], *end;
	unsigned long	 first, count;
	FILE		*f;
	int		 met = 0;

	if ((f = fopen("/etc/subuid", "re")) == NULL)
		return (0);
	while (!met && fgets(line, sizeof(line), f) != NULL) {
		if ((end = strchr(line, ':')) == NULL)
			continue;
		*end++ = '\0';
		first = strtoul(end, &end, 10);
		if (*end != ':' || (count = strtoul(end + 1, NULL, 10)) == 0)
			continue;
		if (first <= hi && first + count - 1 >= lo) {
			snprintf(name, size, "%.100s", line);
			met = 1;
		}
	}
	fclose(f);
	return (met);
}

int
probe_uids(const struct conf *c, char *detail, size_t size)
{
	unsigned long	 lo = c->uid_base, hi;
	struct passwd	*pw;
	char		 name[128];

	hi = lo + 2 * SLOTS(c) - 1;
	snprintf(detail, size, "%lu to %lu", lo, hi);
	if (c->mode != MODE_SYSTEM)
		return (0);
	if (lo < 1000 || hi >= UINT32_MAX) {
		snprintf(detail, size, "%lu to %lu: not between 1000 and 2^32",
		    lo, hi);
		return (-1);
	}
	while ((pw = getpwent()) != NULL)
		if (pw->pw_uid >= lo && pw->pw_uid <= hi) {
			snprintf(detail, size, "uid %u is %s's", pw->pw_uid,
			    pw->pw_name);
			return (-1);
		}
	if (subuid_meets(lo, hi, name, sizeof(name))) {
		snprintf(detail, size, "/etc/subuid gives some of %lu to %lu "
		    "to %s", lo, hi, name);
		return (-1);
	}
	return (0);
}

/* For the gateway: every session may have all its connections at once. */
int
probe_files(const struct conf *c, char *detail, size_t size)
{
	struct rlimit	 rl;
	uint64_t	 need;

	need = GATE_FILES(c->opt[OPT_SESSIONS_MAX], c->opt[OPT_EGRESS_CONNS]);
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		rl.rlim_max = 0;
	snprintf(detail, size, "%llu for the gateway, the limit is %llu",
	    (unsigned long long)need, (unsigned long long)rl.rlim_max);
	return (rl.rlim_max >= need ? 0 : -1);
}
