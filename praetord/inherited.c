/*
 * Parent: what whoever started it left behind.  Roles and sessions descend
 * from this process, so nothing of that may stay: not a descriptor, a signal
 * that is ignored, a keyring, or a terminal to read from.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>

#include "praetord/parent.h"

/* Also those that the C library keeps for itself. */
static void
signals_reset(void)
{
	/* As rt_sigaction(2) wants it: all of it zero is SIG_DFL. */
	const unsigned long	 dfl[8] = { 0 };
	const uint64_t		 none = 0;
	int			 sig;

	for (sig = 1; sig <= (int)(8 * sizeof(none)); sig++)
		(void)syscall(SYS_rt_sigaction, sig, dfl, NULL, sizeof(none));
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL,
	    sizeof(none));
}

static int
failed(char *why, size_t size, const char *what, const char *remedy)
{
	snprintf(why, size, "%s: %s%s", what, strerror(errno), remedy);
	return (-1);
}

static int
stdio_narrow(char *why, size_t size)
{
	int	 null;

	do {
		if ((null = open("/dev/null", O_RDWR)) == -1)
			return (failed(why, size, "/dev/null", ""));
	} while (null <= STDERR_FILENO);
	if (dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1)
		return (failed(why, size, "standard input", ""));
	close(null);
	return (0);
}

/*
 * A terminal stays for the log, but to write only: what is typed there is for
 * whoever sits before it.
 */
static int
log_narrow(char *why, size_t size)
{
	int	 log;

	if (!isatty(STDERR_FILENO))
		return (0);
	log = open("/proc/self/fd/2", O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (log == -1 || dup2(log, STDERR_FILENO) == -1)
		return (failed(why, size, "the terminal, for the log",
		    " (it is another user's: send the log elsewhere, such as "
		    "2>&1 | cat)"));
	close(log);
	return (0);
}

/* A kernel without keys has none to leave behind. */
static int
keyring_new(char *why, size_t size)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) == -1 &&
	    errno != ENOSYS)
		return (failed(why, size, "a keyring of one's own",
		    " (see sysctl kernel.keys.maxkeys)"));
	return (0);
}

int
inherited_drop(char *why, size_t size)
{
	signals_reset();
	if (stdio_narrow(why, size) == -1 || log_narrow(why, size) == -1)
		return (-1);
	if (close_range(STDERR_FILENO + 1, ~0U, 0) == -1)
		return (failed(why, size, "close_range",
		    " (Linux 5.9 or newer)"));
	return (keyring_new(why, size));
}
