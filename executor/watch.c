/*
 * Limits that only show from inside.  Runs in praetor-init, once a second
 * while a job runs: the number of processes, which the kernel refuses to
 * exceed and tells nobody, and the private file systems in memory, which are
 * full for the job and not for the host.  Either counts when it is found
 * twice in a row: a moment at the limit is the job's own affair.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "executor/init.h"

#define IN_A_ROW	2

static const char *const private[] = { "/tmp", "/home/agent", "/dev/shm" };

/* 1 when no process can be started: a job is at its limit as well. */
static int
procs_full(void)
{
	int	 e;
	pid_t	 pid;

	if ((pid = vfork()) == 0)
		_exit(0);
	e = errno;
	while (pid != -1 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	return (pid == -1 && e == EAGAIN);
}

static const char *
private_full(void)
{
	struct statvfs	 sb;
	size_t		 i;

	for (i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		if (statvfs(private[i], &sb) == 0 &&
		    (sb.f_bavail == 0 || sb.f_favail == 0))
			return (private[i]);
	return (NULL);
}

enum end
watch_look(struct watch *w)
{
	const char	*full = private_full();

	w->procs = procs_full() ? w->procs + 1 : 0;
	w->space = full != NULL ? w->space + 1 : 0;
	if (w->procs >= IN_A_ROW) {
		snprintf(w->text, sizeof(w->text), "no further process or "
		    "thread could be started (limit pids)");
		return (END_PIDS);
	}
	if (w->space >= IN_A_ROW) {
		snprintf(w->text, sizeof(w->text), "%s is full (limit tmp)",
		    full);
		return (END_DISK);
	}
	return (END_NONE);
}

void
watch_last(struct watch *w, int failed, enum end *end)
{
	const char	*full;

	if (*end != END_NONE || !failed || (full = private_full()) == NULL)
		return;
	*end = END_DISK;
	snprintf(w->text, sizeof(w->text), "%s is full (limit tmp)", full);
}
