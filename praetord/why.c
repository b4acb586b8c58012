/*
 * Sentences for failures.  Runs in the parent and in its children on their
 * way into a sandbox; must not allocate.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "praetord/why.h"

int
why_errno(struct why *w, const char *remedy, const char *fmt, ...)
{
	va_list	 ap;
	char	 what[160];
	int	 saved = errno;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	w->err = err_errno(saved);
	snprintf(w->text, sizeof(w->text), "%s: %s%s%s%s", what,
	    strerror(saved), remedy != NULL ? " (" : "",
	    remedy != NULL ? remedy : "", remedy != NULL ? ")" : "");
	return (-1);
}

int
why_set(struct why *w, int err, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(w->text, sizeof(w->text), fmt, ap);
	va_end(ap);
	w->err = err;
	return (-1);
}
