/*
 * without CALL=ERRNO[,...] PROGRAM [ARG...]: run a program for which the kernel
 * has no such calls, as on an older kernel or in a container that denies them.
 * A tool of tests/sh/missing.t.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <seccomp.h>

static int
number_of(const char *name)
{
	int	 e;

	for (e = 1; e < 256; e++)
		if (strerrorname_np(e) != NULL &&
		    strcmp(strerrorname_np(e), name) == 0)
			return (e);
	errx(1, "%s: not an error", name);
}

int
main(int argc, char *argv[])
{
	scmp_filter_ctx	 f;
	char		*call, *error;
	int		 nr, rc;

	if (argc < 3)
		errx(1, "usage: without CALL=ERRNO[,...] PROGRAM [ARG...]");
	if ((f = seccomp_init(SCMP_ACT_ALLOW)) == NULL)
		errx(1, "seccomp_init");
	while ((error = strsep(&argv[1], ",")) != NULL) {
		call = strsep(&error, "=");
		nr = seccomp_syscall_resolve_name(call);
		if (nr == __NR_SCMP_ERROR || error == NULL)
			errx(1, "%s: not CALL=ERRNO", call);
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(
		    (uint16_t)number_of(error)), nr, 0);
		if (rc != 0)
			errx(1, "%s: %s", call, strerror(-rc));
	}
	if ((rc = seccomp_load(f)) != 0)
		errx(1, "seccomp_load: %s", strerror(-rc));
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}
