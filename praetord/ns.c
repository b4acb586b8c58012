/*
 * Parent: namespaces made ahead.  The child below trusts its parent, and is
 * killed once its namespace has been opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <linux/securebits.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/err.h"
#include "praetord/ns.h"

#define NS_BACKLOG	128	/* connections that wait for the executor */
#define USERNS_REMEDY	"raise sysctl user.max_user_namespaces and set "\
			"kernel.unprivileged_userns_clone=1"

/* What a helper makes: flags for unshare(2), then build in the new one. */
struct helper {
	int		 flags;
	const char	*file;		/* under /proc/<pid>/ns */
	const char	*remedy;
	int		 (*build)(void *arg, struct why *why);
	void		*arg;
	const struct ns_id *ids;	/* maps to be written from outside */
	size_t		 nids;
};

int
ns_loopback(struct why *why)
{
	struct ifreq	 ifr = { 0 };
	int		 fd, r;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return (why_errno(why, NULL, "loopback: socket"));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "lo");
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	r = ioctl(fd, SIOCSIFFLAGS, &ifr);
	if (r == -1)
		why_errno(why, "CAP_NET_ADMIN", "loopback");
	close(fd);
	return (r);
}

int
ns_listen(uint16_t port, struct why *why)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	int			 fd;

	sin.sin_port = htons(port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 && bind(fd, (const struct sockaddr *)&sin,
	    sizeof(sin)) == 0 && listen(fd, NS_BACKLOG) == 0)
		return (fd);
	why_errno(why, NULL, "port %u of the session", port);
	if (fd != -1)
		close(fd);
	return (-1);
}

static int
map_write(pid_t pid, const char *file, const char *text, struct why *why)
{
	char	 path[64];
	ssize_t	 n;
	int	 fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1)
		return (why_errno(why, USERNS_REMEDY, "%s", path));
	n = write(fd, text, strlen(text));
	if (n == -1)
		why_errno(why, "CAP_SETUID and CAP_SETGID", "%s", file);
	close(fd);
	return (n == -1 ? -1 : 0);
}

static int
maps_write(pid_t pid, const struct ns_id *ids, size_t n, struct why *why)
{
	char	 uids[NS_IDS_MAX * 32] = "", gids[NS_IDS_MAX * 32] = "";
	size_t	 i, u = 0, g = 0;

	for (i = 0; i < n && i < NS_IDS_MAX; i++) {
		u += (size_t)snprintf(uids + u, sizeof(uids) - u, "%u %u 1\n",
		    ids[i].in_uid, ids[i].out_uid);
		g += (size_t)snprintf(gids + g, sizeof(gids) - g, "%u %u 1\n",
		    ids[i].in_gid, ids[i].out_gid);
	}
	if (map_write(pid, "uid_map", uids, why) == -1)
		return (-1);
	return (map_write(pid, "gid_map", gids, why));
}

/*
 * Inotify instances, timers and queued signals of a job are charged to the
 * maker of its user namespace as well.  That must not be root: its own
 * services, and all other jobs, would find nothing left.
 */
static int
owner_become(const struct helper *h)
{
	if (h->nids == 0 || geteuid() != 0)
		return (0);
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == -1)
		return (-1);
	return (seteuid(h->ids[0].out_uid));
}

/* The child: make it, say so, wait to be killed. */
static void __attribute__((__noreturn__))
helper_child(const struct helper *h, int sock)
{
	struct why	 why = { 0 };
	char		 end;

	if (owner_become(h) == -1 || unshare(h->flags) == -1)
		why_errno(&why, h->remedy, "new %s namespace", h->file);
	else if (h->build != NULL && h->build(h->arg, &why) == -1 &&
	    why.err == 0)
		why.err = PRA_ESYSTEM;
	if (write(sock, &why, sizeof(why)) != (ssize_t)sizeof(why))
		_exit(1);
	while (read(sock, &end, 1) == -1 && errno == EINTR)
		;
	_exit(0);
}

static int
helper_open(const struct helper *h, pid_t pid, int sock, struct why *why)
{
	char	 path[64];
	int	 fd;
	ssize_t	 n;

	do
		n = read(sock, why, sizeof(*why));
	while (n == -1 && errno == EINTR);
	if (n != (ssize_t)sizeof(*why))
		return (why_set(why, PRA_ESYSTEM,
		    "the helper that makes a %s namespace died", h->file));
	if (why->err != 0)
		return (-1);
	if (h->nids > 0 && maps_write(pid, h->ids, h->nids, why) == -1)
		return (-1);
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, h->file);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return (why_errno(why, "CAP_SYS_PTRACE", "%s", path));
	return (fd);
}

static int
helper_run(const struct helper *h, struct why *why)
{
	int	 sv[2], fd, status;
	pid_t	 pid;

	memset(why, 0, sizeof(*why));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return (why_errno(why, NULL, "socketpair"));
	if ((pid = fork()) == -1) {
		close(sv[0]);
		close(sv[1]);
		return (why_errno(why, NULL, "fork"));
	}
	if (pid == 0) {
		close(sv[0]);
		helper_child(h, sv[1]);
	}
	close(sv[1]);
	fd = helper_open(h, pid, sv[0], why);
	close(sv[0]);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return (fd);
}

int
ns_user(const struct ns_id *ids, size_t n, struct why *why)
{
	struct helper	 h = { CLONE_NEWUSER, "user", USERNS_REMEDY, NULL, NULL,
	    ids, n };

	return (helper_run(&h, why));
}

int
ns_mount(int (*build)(void *, struct why *), void *arg, struct why *why)
{
	struct helper	 h = { CLONE_NEWNS, "mnt",
	    "raise sysctl user.max_mnt_namespaces", build, arg, NULL, 0 };

	return (helper_run(&h, why));
}
