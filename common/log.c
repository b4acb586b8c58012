/*
 * The log.  Runs in every process.  The struct below is the only file-scope data
 * in the tree that is not const: a log call must work from
 * anywhere, also before and after there is a state struct.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bsd/vis.h>

#include "common/log.h"

static struct {
	const char		*name;
	unsigned long long	 session;
	int			 verbose;
	int			 journal;
} lg = { "praetor", 0, 0, 0 };

enum { PRI_ERR = 3, PRI_WARNING = 4, PRI_INFO = 6, PRI_DEBUG = 7 };

void
log_init(const char *name, int verbose)
{
	lg.name = name;
	lg.verbose = verbose;
	lg.journal = getenv("JOURNAL_STREAM") != NULL;
}

void
log_verbose(int verbose)
{
	lg.verbose = verbose;
}

int
log_is_verbose(void)
{
	return (lg.verbose);
}

void
log_session(unsigned long long session)
{
	lg.session = session;
}

static void	 vlog(int, int, const char *, va_list)
		    __attribute__((__format__(printf, 3, 0)));

/* One write(2) a line, so that lines of several processes do not mix. */
static void
vlog(int pri, int errnum, const char *fmt, va_list ap)
{
	char	 line[2048];
	size_t	 n = 0, cap = sizeof(line) - 1;
	int	 saved = errno;

#define PUT(...) do {							\
	int k = snprintf(line + n, cap - n, __VA_ARGS__);		\
	n += k < 0 ? 0 : (size_t)k >= cap - n ? cap - n - 1 : (size_t)k;\
} while (0)
	if (lg.journal)
		PUT("<%d>", pri);
	PUT("%s: ", lg.name);
	if (lg.session != 0)
		PUT("s_%02llu: ", lg.session);
	{
		int k = vsnprintf(line + n, cap - n, fmt, ap);
		n += k < 0 ? 0 : (size_t)k >= cap - n ? cap - n - 1 : (size_t)k;
	}
	if (errnum != 0)
		PUT(": %s", strerror(errnum));
#undef PUT
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) == -1)
		n = 0;		/* nobody reads: there is nowhere to say so */
	errno = saved;
}

#define VLOG(pri, errnum) do {						\
	va_list	 ap;							\
	va_start(ap, fmt);						\
	vlog(pri, errnum, fmt, ap);					\
	va_end(ap);							\
} while (0)

void
log_warn(const char *fmt, ...)
{
	VLOG(PRI_WARNING, errno);
}

void
log_warnx(const char *fmt, ...)
{
	VLOG(PRI_WARNING, 0);
}

void
log_info(const char *fmt, ...)
{
	VLOG(PRI_INFO, 0);
}

void
log_debug(const char *fmt, ...)
{
	if (lg.verbose)
		VLOG(PRI_DEBUG, 0);
}

void
fatal(const char *fmt, ...)
{
	VLOG(PRI_ERR, errno);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	VLOG(PRI_ERR, 0);
	exit(1);
}

const char *
log_vis(char *out, size_t size, const char *text, size_t len)
{
	char	 tmp[8];
	size_t	 i, k, n = 0;

	for (i = 0; i < len; i++) {
		vis(tmp, text[i], VIS_NL | VIS_TAB | VIS_CSTYLE,
		    i + 1 < len ? text[i + 1] : 0);
		k = strlen(tmp);
		if (n + k + 1 > size)
			break;
		memcpy(out + n, tmp, k);
		n += k;
	}
	if (size > 0)
		out[n] = '\0';
	return (out);
}
