/*
 * cmocka for this tree: TAP that prove(1) reads right.  Included by every
 * tests/<module>_test.c, after its own headers; main() is
 *
 *	return (tap_run(tests));
 *
 * cmocka 1.1.5 prints a skipped test as "not ok N # SKIP", which counts as a
 * failure; its output passes through a filter that makes it "ok N # SKIP"
 * with the reason.  Tests run in one process and one thread.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <fcntl.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* cmocka's own goes to standard error, apart from the test's line. */
#undef fail_msg
#define fail_msg(...)							\
	do {								\
		print_message("# " __VA_ARGS__);			\
		print_message("\n");					\
		fail();							\
	} while (0)

struct tap {
	char		 line[4096];	/* the line so far */
	size_t		 len;
	const char	*reason;	/* of the test being skipped */
};

/* Test programs only: cmocka's callbacks carry no argument of ours. */
static struct tap tap;

static inline void
tap_put(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t	 k = write(STDOUT_FILENO, p, n);

		if (k <= 0)
			_exit(99);
		p += k;
		n -= (size_t)k;
	}
}

static inline void
tap_line(void)
{
	char	 out[sizeof(tap.line) + 256];
	int	 num = 0, n;

	tap.line[tap.len] = '\0';
	if (sscanf(tap.line, "not ok %d # SKIP", &num) == 1 &&
	    strstr(tap.line, "# SKIP") != NULL && tap.reason != NULL) {
		n = snprintf(out, sizeof(out), "ok %d # SKIP %s\n", num,
		    tap.reason);
		tap_put(out, (size_t)n);
		tap.reason = NULL;
	} else {
		tap_put(tap.line, tap.len);
	}
	tap.len = 0;
}

static inline ssize_t
tap_write(void *cookie, const char *p, size_t n)
{
	size_t	 i;

	(void)cookie;
	for (i = 0; i < n; i++) {
		tap.line[tap.len++] = p[i];
		if (p[i] == '\n' || tap.len == sizeof(tap.line) - 1)
			tap_line();
	}
	return ((ssize_t)n);
}

/*
 * Skip the running test and say why; with MUST_WORK=1 in the environment it
 * fails instead.  reason must stay valid (a literal).  Does not return.
 */
static inline void
tap_skip(const char *reason)
{
	const char	*must = getenv("MUST_WORK");

	if (must != NULL && strcmp(must, "1") == 0)
		fail_msg("must work here: %s", reason);
	tap.reason = reason;
	skip();
}

/* Lines that tests print go through the filter as well, in order. */
static inline void
tap_begin(void)
{
	cookie_io_functions_t	 io = { .write = tap_write };

	stdout = fopencookie(NULL, "w", io);
	if (stdout == NULL)
		_exit(99);
	setvbuf(stdout, NULL, _IOLBF, 0);
	cmocka_set_message_output(CM_OUTPUT_TAP);
}

/* 0 or 1: a count of failures would wrap to 0 at 256. */
static inline int
tap_end(int failures)
{
	fflush(stdout);
	if (tap.len > 0)
		tap_line();
	return (failures != 0);
}

/* A sanitizer's, if there is one: where its report goes. */
extern void	 __sanitizer_set_report_fd(void *) __attribute__((__weak__));

/*
 * For tests that provoke thousands of log lines: drop standard error, except a
 * sanitizer's report.  TAP_LOG=1 in the environment keeps it all.
 */
static inline void
tap_quiet(void)
{
	int	 null, kept;

	if (getenv("TAP_LOG") != NULL)
		return;
	kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (kept == -1 || null == -1 || dup2(null, STDERR_FILENO) == -1)
		_exit(99);
	close(null);
	if (__sanitizer_set_report_fd != NULL)
		__sanitizer_set_report_fd((void *)(intptr_t)kept);
}

#define tap_run_group(tests, setup, teardown)				\
	(tap_begin(), tap_end(cmocka_run_group_tests(tests, setup, teardown)))
#define tap_run(tests)	tap_run_group(tests, NULL, NULL)

#endif
