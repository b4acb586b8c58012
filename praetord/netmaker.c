/*
 * The parent's end of the maker and the maker itself, which is a fork of the
 * parent that holds one socket and nothing else.  It reads single bytes from
 * the parent, each a request, and ends when the parent does.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/err.h"
#include "common/fdpass.h"
#include "praetord/netmaker.h"
#include "praetord/ns.h"

#define AHEAD	4		/* ready or asked for */

struct netmaker {
	pid_t	 pid;		/* -1: none runs */
	int	 fd;
	int	 asked;		/* and not taken */
};

static int
make_one(struct why *why)
{
	int	 fd;

	memset(why, 0, sizeof(*why));
	if (unshare(CLONE_NEWNET) == -1)
		return (why_errno(why, "raise sysctl user.max_net_namespaces",
		    "network namespace"));
	if (ns_loopback(why) == -1)
		return (-1);
	if ((fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) == -1)
		return (why_errno(why, NULL, "/proc/self/ns/net"));
	return (fd);
}

static void __attribute__((__noreturn__))
maker(int sock)
{
	struct why	 why;
	sigset_t	 none;
	char		 token;
	int		 fd;

	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(sock, 3) == -1 || close_range(4, ~0U, 0) == -1)
		_exit(1);
	while (read(3, &token, 1) == 1) {
		fd = make_one(&why);
		if (fdpass_send(3, &why, sizeof(why), fd) == -1)
			break;
		if (fd != -1)
			close(fd);
	}
	_exit(0);
}

static int
maker_start(struct netmaker *nm, struct why *why)
{
	int	 sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		return (why_errno(why, NULL, "socketpair"));
	if ((nm->pid = fork()) == -1) {
		close(sv[0]);
		close(sv[1]);
		return (why_errno(why, NULL, "fork"));
	}
	if (nm->pid == 0)
		maker(sv[1]);
	close(sv[1]);
	nm->fd = sv[0];
	nm->asked = 0;
	netmaker_refill(nm);
	return (0);
}

static void
maker_stop(struct netmaker *nm)
{
	if (nm->fd != -1)
		close(nm->fd);
	nm->fd = -1;
}

struct netmaker *
netmaker_new(struct why *why)
{
	struct netmaker	*nm;

	if ((nm = calloc(1, sizeof(*nm))) == NULL) {
		why_set(why, PRA_ENOMEM, "out of memory");
		return (NULL);
	}
	nm->pid = nm->fd = -1;
	if (maker_start(nm, why) == 0)
		return (nm);
	free(nm);
	return (NULL);
}

void
netmaker_free(struct netmaker *nm)
{
	if (nm == NULL)
		return;
	maker_stop(nm);
	if (nm->pid != -1)
		while (waitpid(nm->pid, NULL, 0) == -1 && errno == EINTR)
			;
	free(nm);
}

void
netmaker_refill(struct netmaker *nm)
{
	while (nm->fd != -1 && nm->asked < AHEAD &&
	    send(nm->fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1)
		nm->asked++;
}

int
netmaker_take(struct netmaker *nm, struct why *why)
{
	int	 fd;

	if (nm->fd == -1 && maker_start(nm, why) == -1)
		return (-1);
	if (nm->asked == 0)
		netmaker_refill(nm);
	nm->asked--;
	/* A failure of the maker's own comes as a sentence without one. */
	if (fdpass_recv(nm->fd, why, sizeof(*why), &fd) == 0) {
		if (fd == -1 && why->err == 0)	/* it was sent, and dropped */
			why_set(why, PRA_ESYSTEM, "no room for a network "
			    "namespace (raise the limit of open files)");
		return (fd);
	}
	maker_stop(nm);
	return (why_set(why, PRA_ESYSTEM,
	    "the process that makes network namespaces died"));
}

int
netmaker_reap(struct netmaker *nm, pid_t pid)
{
	if (pid != nm->pid)
		return (0);
	nm->pid = -1;
	maker_stop(nm);
	return (1);
}
