/*
 * Parent: what the host offers.  Each row of the table is tried in a child
 * process, so that a probe may enter namespaces or mount without changing
 * anything; its answer is one line.  Reads /etc/passwd and /etc/subuid, which
 * root wrote; nothing of the state directory is read.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "praetord/feature.h"
#include "praetord/feature_probe.h"

static int
always(const struct conf *c)
{
	(void)c;
	return (1);
}

static int
never(const struct conf *c)
{
	(void)c;
	return (0);
}

static int
in_system_mode(const struct conf *c)
{
	return (c->mode == MODE_SYSTEM);
}

static int
with_overlay(const struct conf *c)
{
	return (c->worktree == WORKTREE_OVERLAY);
}

static int
with_idmap(const struct conf *c)
{
	return (in_system_mode(c) && with_overlay(c));
}

static int
with_cgroup(const struct conf *c)
{
	return (c->cgroup == CGROUP_DELEGATED);
}

static int
with_egress(const struct conf *c)
{
	return (!TAILQ_EMPTY(&c->egress));
}

#define OR_COPY	"; or say `worktree copy`"

static const struct {
	const char	*name;
	int		 (*needed)(const struct conf *);
	probe_fn	*probe;
	const char	*remedy;
} features[] = {
	{ "user-namespaces", always, probe_userns,
	    "sysctl user.max_user_namespaces above 0, "
	    "kernel.unprivileged_userns_clone=1, and no AppArmor or seccomp "
	    "rule of a container against them" },
	{ "namespaces", always, probe_namespaces,
	    "a kernel with mount, pid, net, ipc, uts and cgroup namespaces; "
	    "sysctls user.max_*_namespaces above 0" },
	{ "time-namespace", never, probe_timens,
	    "a kernel with CONFIG_TIME_NS" },
	{ "mount-api", always, probe_mount, "Linux 5.12 or newer" },
	{ "empty-root", always, probe_root,
	    "Linux 5.12 or newer with tmpfs, and no rule of a container "
	    "against chroot(2) or ambient capabilities" },
	{ "overlayfs", with_overlay, probe_overlay,
	    "modprobe overlay; Linux 5.11 or newer for the option userxattr; "
	    "put the state directory on ext4, xfs or btrfs" OR_COPY },
	{ "idmapped-mounts", with_idmap, probe_idmap,
	    "put the state directory on ext4, xfs or btrfs; Linux 5.19 or "
	    "newer" OR_COPY },
	{ "user-xattrs", with_overlay, probe_xattr,
	    "put the state directory on a file system with user extended "
	    "attributes, such as ext4, xfs or btrfs" OR_COPY },
	{ "landlock", always, probe_landlock,
	    "Linux 5.19 or newer booted with landlock in lsm=" },
	{ "seccomp", always, probe_seccomp,
	    "a kernel with CONFIG_SECCOMP_FILTER" },
	{ "pidfd", always, probe_pidfd, "Linux 5.3 or newer" },
	{ "clone3", always, probe_clone3,
	    "Linux 5.5 or newer, and no seccomp rule of a container against "
	    "it" },
	{ "openat2", always, probe_openat2, "Linux 5.6 or newer" },
	{ "close_range", always, probe_close_range, "Linux 5.9 or newer" },
	{ "proc", always, probe_proc,
	    "Linux 5.8 or newer; in a container, a /proc that is not masked" },
	{ "devpts", always, probe_devpts, "a kernel with CONFIG_UNIX98_PTYS" },
	{ "devices", always, probe_devices,
	    "a /dev with null, zero, full, random, urandom and tty" },
	{ "core-limit", always, probe_core,
	    "start it with a hard limit of core dumps of 1 or more (ulimit "
	    "-Hc, LimitCORE=), or point sysctl kernel.core_pattern to a file" },
	{ "cgroup-delegation", with_cgroup, probe_cgroup,
	    "start it from a unit with Delegate=yes on a host with unified "
	    "cgroups and that controller, remove the limit, or say `cgroup "
	    "none`" },
	{ "open-files", with_egress, probe_files,
	    "raise LimitNOFILE of the unit, or lower `egress connections max` "
	    "or `sessions max`" },
	{ "uid-block", in_system_mode, probe_uids,
	    "choose another `uid base`: the block must be nobody else's" }
};

/*
 * Run one probe in a child.  1 there, 0 not; the child's line comes back
 * through a pipe.
 */
static int
probe_run(probe_fn *probe, const struct conf *c, char *detail, size_t size)
{
	int	 p[2], status = 1;
	ssize_t	 n;
	pid_t	 pid;

	snprintf(detail, size, "the probe died");
	if (pipe2(p, 0) == -1 || (pid = fork()) == -1)
		return (0);
	if (pid == 0) {
		signal(SIGSYS, SIG_DFL);
		close(p[0]);
		detail[0] = '\0';
		status = probe(c, detail, size);
		n = write(p[1], detail, strlen(detail));
		_exit(status == 0 && n >= 0 ? 0 : 1);
	}
	close(p[1]);
	while ((n = read(p[0], detail, size - 1)) == -1 && errno == EINTR)
		;
	detail[n > 0 ? n : 0] = '\0';
	close(p[0]);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return (status == 0);
}

int
feature_probe(const struct conf *conf,
    void (*fn)(void *, const struct m_feature *), void *arg)
{
	struct m_feature	 f;
	size_t			 i;
	int			 ok, missing = 0, needed;

	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		memset(&f, 0, sizeof(f));
		snprintf(f.feature, sizeof(f.feature), "%s", features[i].name);
		needed = features[i].needed(conf);
		ok = probe_run(features[i].probe, conf, f.detail,
		    sizeof(f.detail));
		snprintf(f.status, sizeof(f.status), "%s",
		    ok ? "ok" : needed ? "missing" : "absent");
		if (!ok) {
			snprintf(f.remedy, sizeof(f.remedy), "%s",
			    features[i].remedy);
			missing += needed;
		}
		fn(arg, &f);
	}
	return (missing);
}

int
feature_lacks(const struct conf *conf, const char *name, char *why,
    size_t size)
{
	char	 detail[256];
	size_t	 i;

	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (strcmp(features[i].name, name) == 0)
			break;
	if (i == sizeof(features) / sizeof(features[0]) ||
	    !features[i].needed(conf) || probe_run(features[i].probe, conf,
	    detail, sizeof(detail)))
		return (0);
	snprintf(why, size, "this host lacks %s: %s (%s)", name, detail,
	    features[i].remedy);
	return (1);
}
