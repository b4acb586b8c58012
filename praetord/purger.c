/*
 * The parent's end of the purger and the purger itself, which is a fork of
 * the parent that holds one socket and the state directory.  It reads session
 * numbers from the parent, which has checked them, and ends when that does.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/err.h"
#include "praetord/purger.h"
#include "praetord/session_dir.h"

struct purger {
	struct event_base	*base;
	struct event		*answers;
	purger_fn		*done;
	void			*arg;
	int			 statefd;
	pid_t			 pid;		/* -1: none runs */
	int			 fd;
};

struct answer {
	uint64_t		 session;
	struct why		 why;
};

/* In the purger: descriptor 3 is the socket, 4 the state directory. */
static void __attribute__((__noreturn__))
purge_loop(int sock, int statefd)
{
	struct answer	 a;
	sigset_t	 none;

	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_NAME, "praetord-purge");
	if ((sock = fcntl(sock, F_DUPFD, 5)) == -1 ||
	    (statefd = fcntl(statefd, F_DUPFD, 5)) == -1 ||
	    dup2(sock, 3) == -1 || dup2(statefd, 4) == -1 ||
	    close_range(5, ~0U, 0) == -1)
		_exit(1);
	for (;;) {
		memset(&a, 0, sizeof(a));
		if (read(3, &a.session, sizeof(a.session)) !=
		    (ssize_t)sizeof(a.session))
			_exit(0);
		(void)sdir_remove(4, a.session, &a.why);
		if (write(3, &a, sizeof(a)) != (ssize_t)sizeof(a))
			_exit(0);
	}
}

static void
purger_stop(struct purger *pu)
{
	if (pu->answers != NULL)
		event_free(pu->answers);
	pu->answers = NULL;
	if (pu->fd != -1)
		close(pu->fd);
	pu->fd = -1;
}

static void
on_answer(int fd, short what, void *arg)
{
	struct purger	*pu = arg;
	struct answer	 a;
	ssize_t		 n;

	(void)what;
	n = recv(fd, &a, sizeof(a), MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != (ssize_t)sizeof(a)) {
		purger_stop(pu);	/* purger_reap() follows */
		return;
	}
	a.why.text[sizeof(a.why.text) - 1] = '\0';
	pu->done(pu->arg, a.session, &a.why);
}

static int
purger_start(struct purger *pu, struct why *why)
{
	int	 sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		return (why_errno(why, NULL, "socketpair"));
	if ((pu->pid = fork()) == 0)
		purge_loop(sv[1], pu->statefd);
	close(sv[1]);
	pu->fd = sv[0];
	if (pu->pid == -1) {
		purger_stop(pu);
		return (why_errno(why, NULL, "fork"));
	}
	pu->answers = event_new(pu->base, pu->fd, EV_READ | EV_PERSIST,
	    on_answer, pu);
	if (pu->answers == NULL || event_add(pu->answers, NULL) == -1) {
		purger_stop(pu);
		return (why_set(why, PRA_ENOMEM, "out of memory"));
	}
	return (0);
}

struct purger *
purger_new(struct event_base *base, int statefd, purger_fn *done, void *arg,
    struct why *why)
{
	struct purger	*pu;

	if ((pu = calloc(1, sizeof(*pu))) == NULL) {
		why_set(why, PRA_ENOMEM, "out of memory");
		return (NULL);
	}
	pu->base = base;
	pu->statefd = statefd;
	pu->done = done;
	pu->arg = arg;
	pu->pid = pu->fd = -1;
	if (purger_start(pu, why) == 0)
		return (pu);
	purger_free(pu);
	return (NULL);
}

void
purger_free(struct purger *pu)
{
	if (pu == NULL)
		return;
	purger_stop(pu);
	if (pu->pid != -1)
		while (waitpid(pu->pid, NULL, 0) == -1 && errno == EINTR)
			;
	free(pu);
}

int
purger_ask(struct purger *pu, uint64_t session)
{
	struct why	 why;

	if (pu->fd == -1 && (pu->pid != -1 || purger_start(pu, &why) == -1))
		return (-1);
	return (send(pu->fd, &session, sizeof(session),
	    MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(session) ? 0 : -1);
}

int
purger_reap(struct purger *pu, pid_t pid)
{
	if (pid != pu->pid)
		return (0);
	pu->pid = -1;
	purger_stop(pu);
	return (1);
}
