/*
 * The driver `command`: an argv under a terminal or with a pipe.  Runs in the
 * executor, which cannot start anything itself: it makes the descriptor and
 * asks praetor-init.  The environment is built here and inherits nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

#include "common/err.h"
#include "executor/executor.h"

#define ENV(name, value)	name "=" value,
static const char *const base_env[] = {
#include "executor/base_env.tbl"
};
static const char *const relay_env[] = {
#include "executor/relay_env.tbl"
};
#undef ENV

#define PTMX	"/dev/pts/ptmx"

/* 1 when the step's own list sets the variable of `text` ("NAME=..."). */
static int
env_is_set(const struct rec *step, const char *text)
{
	size_t	 i, n = (size_t)(strchr(text, '=') - text) + 1;

	for (i = 0; i < rec_count(step, F_b_step_env); i++)
		if (strncmp(rec_nth_str(step, F_b_step_env, i), text, n) == 0)
			return (1);
	return (0);
}

static void
env_add(struct rec *spawn, const struct rec *step, const char *text)
{
	if (!env_is_set(step, text))
		rec_add_str(spawn, F_b_spawn_env, text);
}

static struct rec *
spawn_make(const struct rec *step, int pty, int relay)
{
	struct rec	*r = rec_new(REC_b_spawn);
	size_t		 i;

	if (r == NULL)
		return (NULL);
	for (i = 0; i < rec_count(step, F_b_step_argv); i++)
		rec_add_str(r, F_b_spawn_argv,
		    rec_nth_str(step, F_b_step_argv, i));
	for (i = 0; i < sizeof(base_env) / sizeof(base_env[0]); i++)
		env_add(r, step, base_env[i]);
	for (i = 0; relay &&
	    i < sizeof(relay_env) / sizeof(relay_env[0]); i++)
		env_add(r, step, relay_env[i]);
	env_add(r, step, pty ? "TERM=xterm-256color" : "TERM=dumb");
	for (i = 0; i < rec_count(step, F_b_step_env); i++)
		rec_add_str(r, F_b_spawn_env,
		    rec_nth_str(step, F_b_step_env, i));
	rec_set_u64(r, F_b_spawn_pty, (uint64_t)pty);
	rec_set_u64(r, F_b_spawn_cpu_time, rec_u64(step, F_b_step_cpu_time));
	return (r);
}

/* A terminal of the sandbox's own: [0] is ours, [1] the program's. */
static int
pty_open(int fds[2])
{
	struct winsize	 ws = { .ws_row = 24, .ws_col = 80 };
	int		 unlock = 0;

	fds[0] = open(PTMX, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (fds[0] == -1)
		return (errno);
	if (ioctl(fds[0], TIOCSPTLCK, &unlock) == -1 ||
	    (fds[1] = ioctl(fds[0], TIOCGPTPEER,
	    O_RDWR | O_NOCTTY | O_CLOEXEC)) == -1)
		return (errno);
	(void)ioctl(fds[1], TIOCSWINSZ, &ws);
	return (0);
}

static int
pipe_open(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) == -1 ||
	    fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1)
		return (errno);
	return (0);
}

int
command_start(struct executor *ex, const struct rec *step)
{
	int	 fds[2] = { -1, -1 }, e, pty;

	if (ex->init == NULL)
		return (ESRCH);
	pty = rec_u64(step, F_b_step_pty) != 0;
	e = pty ? pty_open(fds) : pipe_open(fds);
	if (e == 0) {
		/* Takes the program's end in every case. */
		if (peer_send_rec(ex->init, MSG_SPAWN, 0, fds[1],
		    spawn_make(step, pty, ex->relay.listener != -1)) != 0)
			e = E2BIG;
		fds[1] = -1;
	}
	if (e != 0) {
		if (fds[0] != -1)
			close(fds[0]);
		if (fds[1] != -1)
			close(fds[1]);
		return (e);
	}
	peer_flush(ex->init);
	ex->step.out = fds[0];
	return (0);
}
