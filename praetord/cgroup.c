/*
 * Parent: control groups of sessions.  Writes numbers from the configuration
 * into the delegated subtree and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "praetord/cgroup.h"

#define CPU_PERIOD	100000ULL	/* microseconds */
#define PIDS_SPARE	1		/* praetor-init looks by starting one */

static int
put(int fd, const char *name, const char *text, struct why *why)
{
	ssize_t	 n = -1;
	int	 f;

	if ((f = openat(fd, name, O_WRONLY | O_CLOEXEC)) != -1) {
		n = write(f, text, strlen(text));
		close(f);
	}
	if (n == -1 && why != NULL)
		why_errno(why, "Delegate=yes with that controller, or "
		    "`cgroup none`", "cgroup %s", name);
	return (n == -1 ? -1 : 0);
}

static int
put_u64(int fd, const char *name, uint64_t v, struct why *why)
{
	char	 text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	return (put(fd, name, text, why));
}

static int
memory_put(int fd, uint64_t most, struct why *why)
{
	if (most == 0)
		return (0);
	if (put_u64(fd, "memory.max", most, why) == -1 ||
	    put(fd, "memory.oom.group", "1", why) == -1)
		return (-1);
	/* Not there when the kernel has no swap accounting: nothing to limit. */
	(void)put(fd, "memory.swap.max", "0", NULL);
	return (0);
}

static int
io_put(int fd, const char *disk, uint64_t read, uint64_t write,
    struct why *why)
{
	char	 text[96];
	int	 n;

	if (read == 0 && write == 0)
		return (0);
	n = snprintf(text, sizeof(text), "%s", disk);
	if (read > 0)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " rbps=%llu",
		    (unsigned long long)read);
	if (write > 0)
		snprintf(text + n, sizeof(text) - (size_t)n, " wbps=%llu",
		    (unsigned long long)write);
	return (put(fd, "io.max", text, why));
}

static int
limits_put(int fd, const struct conf *c, const char *disk, struct why *why)
{
	const uint64_t	*o = c->opt;
	char		 cpu[64];

	if (memory_put(fd, o[OPT_LIMIT_MEMORY], why) == -1 ||
	    io_put(fd, disk, o[OPT_LIMIT_IO_READ], o[OPT_LIMIT_IO_WRITE],
	    why) == -1)
		return (-1);
	if (o[OPT_LIMIT_PIDS] > 0 && put_u64(fd, "pids.max",
	    o[OPT_LIMIT_PIDS] + PIDS_SPARE, why) == -1)
		return (-1);
	if (o[OPT_LIMIT_CPU] == 0)
		return (0);
	snprintf(cpu, sizeof(cpu), "%llu %llu", (unsigned long long)
	    o[OPT_LIMIT_CPU] * (CPU_PERIOD / 100), CPU_PERIOD);
	return (put(fd, "cpu.max", cpu, why));
}

/* An old one has old counts: it must go first. */
static int
group_new(int dir, const char *name)
{
	if (mkdirat(dir, name, 0755) == 0)
		return (0);
	if (errno != EEXIST || unlinkat(dir, name, AT_REMOVEDIR) == -1)
		return (-1);
	return (mkdirat(dir, name, 0755));
}

int
cgroup_make(const struct cgroups *g, const struct conf *c, unsigned int slot,
    struct why *why)
{
	char	 name[32];
	int	 fd;

	snprintf(name, sizeof(name), "session_%u", slot);
	if (group_new(g->dir, name) == -1)
		return (why_errno(why, "Delegate=yes, or `cgroup none`",
		    "cgroup %s", name));
	fd = openat(g->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return (why_errno(why, NULL, "cgroup %s", name));
	if (limits_put(fd, c, g->disk, why) == -1) {
		close(fd);
		cgroup_remove(g, slot);
		return (-1);
	}
	return (fd);
}

void
cgroup_kill(int fd)
{
	/* Before Linux 5.14 there is no such file; pid 1's death is enough. */
	if (fd != -1)
		(void)put(fd, "cgroup.kill", "1", NULL);
}

void
cgroup_remove(const struct cgroups *g, unsigned int slot)
{
	char	 name[32];

	snprintf(name, sizeof(name), "session_%u", slot);
	(void)unlinkat(g->dir, name, AT_REMOVEDIR);
}

uint64_t
cgroup_stat(int fd, const char *file, const char *key)
{
	char		 buf[2048], *line;
	ssize_t		 n;
	size_t		 len = strlen(key);
	int		 f;

	if ((f = openat(fd, file, O_RDONLY | O_CLOEXEC)) == -1)
		return (0);
	n = read(f, buf, sizeof(buf) - 1);
	close(f);
	buf[n > 0 ? n : 0] = '\0';
	if (len == 0)
		return (strtoull(buf, NULL, 10));
	for (line = buf; line != NULL && *line != '\0';
	    line = strchr(line, '\n'), line += line != NULL)
		if (strncmp(line, key, len) == 0 && line[len] == ' ')
			return (strtoull(line + len + 1, NULL, 10));
	return (0);
}
