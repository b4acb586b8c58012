/*
 * Outcomes and the cleaning of foreign text.  Runs in the reviewer.  Texts
 * hold paths, branch names and servers' words, none of which is trusted.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <git2.h>

#include "common/err.h"
#include "common/rec.h"
#include "reviewer/outcome.h"

/* Length of the UTF-8 character at p that may be shown, or 0. */
static size_t
shown_length(const char *p)
{
	unsigned char	 c = (unsigned char)p[0];
	size_t		 n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (c < 0x20 || c == 0x7f || strnlen(p, n) < n || !utf8_valid(p, n))
		return (0);
	if (c == 0xc2 && (unsigned char)p[1] < 0xa0)	/* C1 controls */
		return (0);
	return (n);
}

char *
text_clean(char *out, size_t size, const char *text)
{
	size_t	 k, n = 0;

	if (size == 0)
		return (out);
	while (*text != '\0') {
		if ((k = shown_length(text)) > 0) {
			if (n + k >= size)
				break;
			memcpy(out + n, text, k);
			n += k;
			text += k;
		} else {
			if (n + 4 >= size)
				break;
			snprintf(out + n, size - n, "\\x%02x",
			    (unsigned char)*text++);
			n += 4;
		}
	}
	out[n] = '\0';
	return (out);
}

int
outcome_set(struct outcome *o, int err, const char *fmt, ...)
{
	char	 raw[4 * OUTCOME_TEXT];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	o->err = err;
	text_clean(o->text, sizeof(o->text), raw);
	return (err);
}

int
outcome_errno(struct outcome *o, int errnum, const char *fmt, ...)
{
	char	 raw[2 * OUTCOME_TEXT];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	return (outcome_set(o, err_errno(errnum), "%s: %s", raw,
	    strerror(errnum)));
}

/* What kind of failure libgit2's return value and words stand for. */
static int
git_kind(int rc, const char *said)
{
	static const struct { int rc; int err; } kinds[] = {
		{ GIT_ENOTFOUND, PRA_ENOTFOUND },
		{ GIT_EEXISTS, PRA_EEXISTS },
		{ GIT_EINVALIDSPEC, PRA_EINVALID },
		{ GIT_ENONFASTFORWARD, PRA_ECONFLICT },
		{ GIT_EMODIFIED, PRA_ECONFLICT },
		{ GIT_ELOCKED, PRA_ESTATE },
		{ GIT_EAUTH, PRA_EPERM },
		{ GIT_ECERTIFICATE, PRA_EPERM },
	};
	size_t	 i;

	if (strstr(said, strerror(ENOSPC)) != NULL ||
	    strstr(said, strerror(EDQUOT)) != NULL)
		return (PRA_ENOSPC);
	if (strstr(said, strerror(EACCES)) != NULL ||
	    strstr(said, strerror(EROFS)) != NULL)
		return (PRA_EPERM);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].rc == rc)
			return (kinds[i].err);
	return (PRA_ESYSTEM);
}

int
outcome_git(struct outcome *o, int rc, const char *fmt, ...)
{
	const git_error	*e = git_error_last();
	const char	*said = e == NULL || e->message == NULL ?
	    "no reason given" : e->message;
	char		 raw[2 * OUTCOME_TEXT];
	va_list		 ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	return (outcome_set(o, git_kind(rc, said), "%s: %s", raw, said));
}
