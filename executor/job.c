/*
 * Starting one program.  Runs in praetor-init and, after fork(2), in the
 * child that becomes the program: it already is the job user, without
 * privileges and behind the filters, so all that is left is its place.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "executor/handover.h"
#include "executor/init.h"

/* The list as exec wants it; strings stay the record's. */
static char **
strings(const struct rec *r, int f)
{
	size_t		  i, n = rec_count(r, f);
	union { const char *in; char *out; } u;
	char		**v;

	if ((v = calloc(n + 1, sizeof(*v))) == NULL)
		return (NULL);
	for (i = 0; i < n; i++) {
		u.in = rec_nth_str(r, f, i);
		v[i] = u.out;
	}
	return (v);
}

/*
 * A process at its limit of CPU time gets SIGXCPU, which says what it was, and
 * is killed some seconds later.  What its task asks for (ms; 0 nothing) can only
 * lower the limit that it has.
 */
static int
job_cpu(uint64_t ms)
{
	rlim_t		 own = (ms + 999) / 1000 + CPU_SPARE;
	struct rlimit	 rl;

	if (getrlimit(RLIMIT_CPU, &rl) == -1)
		return (-1);
	if (ms != 0 && own < rl.rlim_max)
		rl.rlim_max = own;
	if (rl.rlim_max == RLIM_INFINITY || rl.rlim_max <= CPU_SPARE)
		return (0);
	rl.rlim_cur = rl.rlim_max - CPU_SPARE;
	return (setrlimit(RLIMIT_CPU, &rl));
}

/*
 * Output only: standard input is empty for a program in a pipe, and the
 * terminal for one that has a terminal.
 */
static int
job_place(int fd, int pty)
{
	sigset_t	 none;
	int		 in = fd;

	sigemptyset(&none);
	if (setsid() == -1 || (pty && ioctl(fd, TIOCSCTTY, 0) == -1))
		return (-1);
	if (!pty && (in = open("/dev/null", O_RDONLY | O_CLOEXEC)) == -1)
		return (-1);
	if (dup2(in, STDIN_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1 ||
	    dup2(fd, STDERR_FILENO) == -1 || chdir("/workspace") == -1)
		return (-1);
	signal(SIGPIPE, SIG_DFL);
	return (sigprocmask(SIG_SETMASK, &none, NULL));
}

/*
 * The child runs on this process' memory until it is another program, and
 * this one waits: no page is copied, and its errno needs no pipe.
 */
static pid_t
job_fork(char **argv, int fd, int pty, uint64_t cpu, volatile int *err)
{
	pid_t	 pid;

	*err = 0;
	if ((pid = vfork()) == -1)
		*err = errno;
	if (pid != 0)
		return (pid);
	if (job_cpu(cpu) == 0 && job_place(fd, pty) == 0)
		execvp(argv[0], argv);
	*err = errno;
	_exit(127);
}

pid_t
job_spawn(const struct rec *spawn, int fd, int *err)
{
	char		**argv = strings(spawn, F_b_spawn_argv);
	char		**env = strings(spawn, F_b_spawn_env);
	static char	 *none[] = { NULL };
	volatile int	  e = ENOMEM;
	pid_t		  pid = -1;

	if (argv != NULL && env != NULL && argv[0] != NULL) {
		environ = env;		/* its PATH is where to look */
		pid = job_fork(argv, fd,
		    rec_u64(spawn, F_b_spawn_pty) != 0,
		    rec_u64(spawn, F_b_spawn_cpu_time), &e);
		environ = none;
		signal(SIGPIPE, SIG_IGN);
	}
	if (e != 0 && pid != -1) {
		while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
			;
		pid = -1;
	}
	*err = e;
	free(argv);
	free(env);
	return (pid);
}
