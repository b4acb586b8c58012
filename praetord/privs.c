/*
 * Parent: what it may do, and what a role may not.  The capability set of
 * the root process is the table below and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <linux/securebits.h>

#include "common/log.h"
#include "praetord/parent.h"

static const struct {
	cap_value_t	 cap;
	const char	*need;
} kept[] = {
	{ CAP_SYS_ADMIN,	"namespaces and mounts of the sandboxes" },
	{ CAP_SYS_CHROOT,	"prepared mount namespaces, the frontend's empty root" },
	{ CAP_NET_ADMIN,	"loopback of a session's network namespace" },
	{ CAP_SETUID,		"starting roles and jobs as their users" },
	{ CAP_SETGID,		"the same for groups" },
	{ CAP_SETPCAP,		"taking capabilities and securebits from them" },
	{ CAP_CHOWN,		"giving a session its directories" },
	{ CAP_FOWNER,		"modes of those directories" },
	{ CAP_DAC_OVERRIDE,	"reaching the roles' directories, removing a session's" },
	{ CAP_KILL,		"ending roles and sessions" },
	{ CAP_SYS_PTRACE,	"opening the namespaces of its own helpers" },
	{ CAP_SYS_RESOURCE,	"raising limits of a session above its own" }
};
#define NKEPT	(sizeof(kept) / sizeof(kept[0]))

static int
cap_is_kept(cap_value_t cap)
{
	size_t	 i;

	for (i = 0; i < NKEPT; i++)
		if (kept[i].cap == cap)
			return (1);
	return (0);
}

/*
 * A container may lack one of the table; then it is named here, once.
 * CAP_SYS_RESOURCE alone can be done without: limits are then only lowered.
 */
static int
caps_cut(char *why, size_t size)
{
	cap_t			 have = cap_get_proc(), want = cap_init();
	cap_flag_value_t	 set;
	cap_value_t		 c;
	size_t			 i;
	int			 r = -1;

	if (have == NULL || want == NULL)
		goto out;
	for (i = 0; i < NKEPT; i++) {
		if (cap_get_flag(have, kept[i].cap, CAP_PERMITTED, &set) == -1)
			goto out;
		if (set != CAP_SET && kept[i].cap == CAP_SYS_RESOURCE)
			continue;
		if (set != CAP_SET) {
			snprintf(why, size, "capability %d is missing: needed "
			    "for %s (start praetord as full root, see "
			    "CapabilityBoundingSet= of the unit)",
			    kept[i].cap, kept[i].need);
			errno = 0;
			goto out;
		}
		c = kept[i].cap;
		if (cap_set_flag(want, CAP_PERMITTED, 1, &c, CAP_SET) == -1 ||
		    cap_set_flag(want, CAP_EFFECTIVE, 1, &c, CAP_SET) == -1)
			goto out;
	}
	for (c = 0; cap_get_bound(c) >= 0; c++)
		if (!cap_is_kept(c) && cap_get_bound(c) == 1 &&
		    cap_drop_bound(c) == -1)
			goto out;
	r = cap_set_proc(want);
out:
	if (r == -1 && errno != 0)
		snprintf(why, size, "capabilities: %s", strerror(errno));
	cap_free(have);
	cap_free(want);
	return (r);
}

static int
write_file(const char *path, const char *text)
{
	int	 fd, r;

	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1)
		return (-1);
	r = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return (r);
}

/*
 * User mode: one user namespace around everything, in which the user's uid
 * is mapped to itself and the parent holds the capabilities that the
 * sandboxes need.  It gives no right over anything outside.
 */
static int
userns_enter(char *why, size_t size)
{
	char	 map[64];
	uid_t	 uid = getuid();
	gid_t	 gid = getgid();

	/* As uid 0 a process owns the kernel's files, without a capability. */
	if (uid == 0) {
		snprintf(why, size, "user mode is not for root: sessions would "
		    "run as uid 0 (start it as an ordinary user, or without "
		    "-u)");
		return (-1);
	}
	if (unshare(CLONE_NEWUSER) == -1) {
		snprintf(why, size, "user mode needs user namespaces: %s "
		    "(sysctl user.max_user_namespaces, "
		    "kernel.unprivileged_userns_clone, or start it as root)",
		    strerror(errno));
		return (-1);
	}
	snprintf(map, sizeof(map), "%u %u 1\n", uid, uid);
	if (write_file("/proc/self/setgroups", "deny") == -1 ||
	    write_file("/proc/self/uid_map", map) == -1)
		goto fail;
	snprintf(map, sizeof(map), "%u %u 1\n", gid, gid);
	if (write_file("/proc/self/gid_map", map) == -1)
		goto fail;
	return (0);
fail:
	snprintf(why, size, "user namespace map: %s", strerror(errno));
	return (-1);
}

int
privs_enter(const struct conf *conf, char *why, size_t size)
{
	if (conf->mode == MODE_USER && userns_enter(why, size) == -1)
		return (-1);
	return (caps_cut(why, size));
}

/* The bounding set emptied and securebits locked, while that is still allowed. */
static int
caps_lock(void)
{
	cap_value_t	 c;

	for (c = 0; cap_get_bound(c) >= 0; c++)
		if (cap_get_bound(c) == 1 && cap_drop_bound(c) == -1)
			return (-1);
	return (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
	    SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
	    SECBIT_NO_CAP_AMBIENT_RAISE |
	    SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED));
}

static int
role_become(const struct conf *conf, enum conf_role role)
{
	uid_t	 uid = conf->uid[role];
	gid_t	 gid = conf->gid[role];

	if (conf->mode == MODE_SYSTEM && (setgroups(0, NULL) == -1 ||
	    setresgid(gid, gid, gid) == -1 || setresuid(uid, uid, uid) == -1))
		return (-1);
	return (0);
}

/* These capabilities and no other, inheritable as well when asked. */
static int
caps_only(const cap_value_t *caps, int n, int inherit)
{
	cap_t	 set = cap_init();
	int	 r;

	if (set == NULL)
		return (-1);
	r = n == 0 ? 0 : cap_set_flag(set, CAP_PERMITTED, n, caps, CAP_SET);
	if (r == 0 && n > 0)
		r = cap_set_flag(set, CAP_EFFECTIVE, n, caps, CAP_SET);
	if (r == 0 && inherit)
		r = cap_set_flag(set, CAP_INHERITABLE, n, caps, CAP_SET);
	if (r == 0)
		r = cap_set_proc(set);
	cap_free(set);
	return (r);
}

/* A busy one does not see the lifeline close.  New ids reset the signal. */
static int
role_last(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return (-1);
	return (prctl(PR_SET_PDEATHSIG, SIGKILL));
}

int
privs_role(const struct conf *conf, enum conf_role role)
{
	if (caps_lock() == -1 || role_become(conf, role) == -1 ||
	    caps_only(NULL, 0, 0) == -1)
		return (-1);
	return (role_last());
}

/*
 * The program has to be in memory before its root is empty, so the capability
 * goes through execve(2) as an ambient one.
 */
int
privs_role_root(const struct conf *conf, enum conf_role role)
{
	static const cap_value_t	 caps[] = {
		CAP_SYS_CHROOT, CAP_SETPCAP
	};

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 ||
	    role_become(conf, role) == -1 || caps_only(caps, 2, 1) == -1 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_CHROOT, 0,
	    0) == -1 || caps_lock() == -1 || caps_only(caps, 1, 1) == -1)
		return (-1);
	return (role_last());
}
