/*
 * praetor-executor: one for each session, pid 1 of the session's outer pid
 * namespace, with no privilege and nothing secret.  It talks to the parent,
 * the engine and praetor-init; what runs in the session can neither see nor
 * signal it.  When it ends, the kernel ends the whole session.
 *
 * It accepts the job's connections to the gateway's port, when its session has
 * one, and hands them on unread.
 *
 * Descriptors: 3 parent, 4 lifeline, 5 engine, 6 transcript, 7 praetor-init.
 * It is started before there is a session: until the builder hands one over,
 * 6 is the socket on which the transcript will come.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/confine.h"
#include "common/fdpass.h"
#include "common/log.h"
#include "executor/executor.h"
#include "executor/handover.h"

/* Terminals are the only paths that it opens. */
static const struct confine_path paths[] = {
	{ "/dev/pts", CONFINE_READ | CONFINE_WRITE },
	{ NULL, CONFINE_NO_TCP }
};

static void
from_parent_engine(struct peer *p, struct msg *m, void *arg)
{
	struct role	*r = arg;

	(void)p;
	coordinator_engine(r->arg, msg_fd(m));
}

static void
from_parent_gate(struct peer *p, struct msg *m, void *arg)
{
	struct role	*r = arg;
	struct executor	*ex = r->arg;

	(void)p;
	relay_gateway(&ex->relay, msg_fd(m));
}

static void
from_parent_limit(struct peer *p, struct msg *m, void *arg)
{
	struct role	*r = arg;
	struct m_limit	 l;

	(void)p;
	msg_get(m, &l, sizeof(l));
	l.text[sizeof(l.text) - 1] = '\0';
	coordinator_limit(r->arg, &l);
}

static msg_handler *const parent_handlers[MSG_MAX] = {
	[MSG_ENGINE_FD] = from_parent_engine,
	[MSG_GATE_FD] = from_parent_gate,
	[MSG_LIMIT] = from_parent_limit
};

/*
 * Until somebody has something to say.  A shell whose praetor-init died is of
 * no use to any session.
 */
static void
word_wait(void)
{
	struct pollfd	 pfd[2] = {
		{ .fd = TRANSCRIPT_FD, .events = POLLIN }, { .fd = INIT_FD }
	};

	while (poll(pfd, 2, -1) == -1)
		if (errno != EINTR)
			fatal("poll");
	if (pfd[0].revents == 0)
		_exit(0);
}

/* Wait to be needed.  No start: the parent changed its mind, or is gone. */
static void
session_take(struct executor *ex)
{
	struct handover	 h;
	int		 fd, port;

	word_wait();
	if (fdpass_recv(TRANSCRIPT_FD, &h, sizeof(h), &fd) == -1 || fd == -1)
		_exit(0);
	if (h.connections > 0) {
		if (fdpass_recv(TRANSCRIPT_FD, &h, sizeof(h), &port) == -1 ||
		    port == -1)
			_exit(0);
		relay_listen(&ex->relay, port, h.connections);
	}
	if (dup3(fd, TRANSCRIPT_FD, O_CLOEXEC) == -1)
		fatal("transcript");
	close(fd);
	ex->session = h.session;
	ex->forked = h.started;
	ex->tr.fd = TRANSCRIPT_FD;
	log_session(ex->session);
}

static void
confine(void)
{
	char	 why[256];

	/* A limit on file sizes shows as an error of write(2). */
	signal(SIGXFSZ, SIG_IGN);
	if (confine_paths(paths, sizeof(paths) / sizeof(paths[0]), why,
	    sizeof(why)) != 0 ||
	    confine_syscalls(CONFINE_EXECUTOR, why, sizeof(why)) != 0)
		fatalx("sandbox: %s", why);
}

int
main(int argc, char *argv[])
{
	struct executor	 ex = { 0 };

	log_init("praetor-executor", argc > 1 && strcmp(argv[1], "-v") == 0);
	role_start(&ex.role, P_EXEC, NULL, parent_handlers, NULL, &ex);
	relay_init(&ex.relay, ex.role.base);
	coordinator_start(&ex);
	coordinator_init(&ex, INIT_FD);
	coordinator_engine(&ex, ENGINE_FD);
	confine();
	session_take(&ex);
	coordinator_ready(&ex);
	role_run(&ex.role);
	return (0);
}
