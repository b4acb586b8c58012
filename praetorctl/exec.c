/*
 * Running praetord for what it can say without being asked over a socket.
 * Runs in praetorctl as the caller, with the caller's rights.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "praetorctl/ctl.h"

#define ARGS_MOST	8

/*
 * Where this program lies, praetord may lie beside it (a build) or in
 * ../sbin (an installation that was moved).  0 when there is one.
 */
static int
find_near(char *path, size_t size)
{
	static const char *const	 near[] = {
		"praetord", "../sbin/praetord"
	};
	char				 self[PATH_MAX];
	ssize_t				 n;
	size_t				 i;
	int				 k;

	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return (-1);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	for (i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		k = snprintf(path, size, "%s/%s", self, near[i]);
		if (k > 0 && (size_t)k < size && access(path, X_OK) == 0)
			return (0);
	}
	return (-1);
}

int
exec_praetord(const char *const *args)
{
	const char	*named = getenv("PRAETORD");
	char		 path[PATH_MAX], *argv[ARGS_MOST + 2];
	int		 i;

	if (named != NULL && *named != '\0')
		snprintf(path, sizeof(path), "%s", named);
	else if (find_near(path, sizeof(path)) != 0)
		snprintf(path, sizeof(path), "%s",
		    PRAETOR_LIBEXEC "/../../sbin/praetord");
	argv[0] = path;
	for (i = 0; i < ARGS_MOST && args[i] != NULL; i++)
		argv[i + 1] = (char *)(uintptr_t)args[i];
	argv[i + 1] = NULL;
	fflush(stdout);
	execv(path, argv);
	return (ctl_error(err_errno(errno), "install it, or set PRAETORD",
	    "%s: %s", path, strerror(errno)));
}
