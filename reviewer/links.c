/*
 * Where a symbolic link leads.  Runs in the reviewer; by its text alone, for
 * nothing is ever looked up.
 */
#include <ctype.h>
#include <string.h>

#include "reviewer/facts.h"
#include "reviewer/names.h"

static size_t
depth_of(const char *path)
{
	size_t	 n = 0;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return (n);
}

/*
 * Parts of a target: ".." at its beginning leads up, as far as the top at
 * most.  Behind a name, which may be a link itself, it may lead anywhere.
 */
static const char *
parts_lead(size_t depth, const char *p, size_t n)
{
	char	 part[256];
	size_t	 k;
	int	 named = 0;

	for (; n > 0; p += k, n -= k) {
		for (k = 0; k < n && p[k] != '/'; k++)
			;
		if (k == 2 && memcmp(p, "..", 2) == 0) {
			if (named || depth-- == 0)
				return ("leads out of the repository");
		} else if (k > 0 && !(k == 1 && p[0] == '.')) {
			named = 1;
			memcpy(part, p, k < 255 ? k : 255);
			part[k < 255 ? k : 255] = '\0';
			if (name_is_dotgit(part))
				return ("leads into .git");
		}
		k += k < n;		/* the slash */
	}
	return (NULL);
}

const char *
link_leads(const char *path, const char *target, size_t n)
{
	if (n == 0)
		return ("leads nowhere");
	if (target[0] == '/' || target[0] == '\\' ||
	    (n > 1 && isalpha((unsigned char)target[0]) && target[1] == ':'))
		return ("leads to an absolute path");
	return (parts_lead(depth_of(path), target, n));
}
