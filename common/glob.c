/*
 * Patterns for paths.  Pure; runs in the parent, the reviewer and the engine,
 * on patterns of the administrator and paths of anybody.
 */
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "common/glob.h"

/* A name within a longer text. */
struct part {
	const char	*p;
	size_t		 n;
};

static struct part
part_of(const char *s)
{
	struct part	 part = { s, strcspn(s, "/") };

	return (part);
}

static int
is_stars(struct part p)
{
	return (p.n == 2 && p.p[0] == '*' && p.p[1] == '*');
}

static int
same_char(char a, char b, int flags)
{
	if (a == '?' || a == b)
		return (1);
	return ((flags & GLOB_FOLD) != 0 && strncasecmp(&a, &b, 1) == 0);
}

/* One name against one part of a pattern; a star goes back to itself only. */
static int
part_match(struct part pat, struct part s, int flags)
{
	size_t	 i = 0, k = 0, star = pat.n, mark = 0;

	while (k < s.n) {
		if (i < pat.n && pat.p[i] == '*') {
			star = i++;
			mark = k;
		} else if (i < pat.n && same_char(pat.p[i], s.p[k], flags)) {
			i++;
			k++;
		} else if (star < pat.n) {
			i = star + 1;
			k = ++mark;
		} else
			return (0);
	}
	while (i < pat.n && pat.p[i] == '*')
		i++;
	return (i == pat.n);
}

/* The part behind this one, or the end of the text. */
static const char *
next(const char *s, struct part p)
{
	return (s + p.n + (s[p.n] == '/'));
}

static int
anchored_match(const char *pat, const char *path, int flags)
{
	const char	*star = NULL, *mark = NULL, *top = pat;
	struct part	 p, s;

	if (is_stars(part_of(pat)))
		flags &= ~GLOB_ABOVE;		/* everything would be */
	while (*path != '\0') {
		p = part_of(pat);
		s = part_of(path);
		/* "dir/" is "dir" with "**" behind it. */
		if (is_stars(p) || (*pat == '\0' && pat > top &&
		    pat[-1] == '/')) {
			star = next(pat, p);
			if (*star == '\0')
				return (1);
			mark = path;
			pat = star;
		} else if (*pat != '\0' && part_match(p, s, flags)) {
			pat = next(pat, p);
			path = next(path, s);
		} else if (star != NULL) {
			pat = star;
			path = mark = next(mark, part_of(mark));
		} else
			return (0);
	}
	if (*pat == '\0')
		return (1);
	/* "**" at the end stands for the directory itself too. */
	p = part_of(pat);
	return ((is_stars(p) && *next(pat, p) == '\0') ||
	    ((flags & GLOB_ABOVE) != 0 && pat > top));
}

int
glob_match(const char *pattern, const char *path, int flags)
{
	const char	*slash = strrchr(path, '/');

	if (strchr(pattern, '/') != NULL)
		return (anchored_match(pattern, path, flags));
	return (part_match(part_of(pattern), part_of(slash == NULL ? path :
	    slash + 1), flags));
}

const char *
glob_refused(const char *pattern)
{
	struct part	 p;
	const char	*s;

	if (*pattern == '\0')
		return ("is empty");
	if (strlen(pattern) > GLOB_MAX)
		return ("is longer than 1024 bytes");
	if (*pattern == '/')
		return ("begins with /; paths begin at the top anyway");
	for (s = pattern; *s != '\0'; s = next(s, p)) {
		p = part_of(s);
		if (p.n == 0 || (p.n == 1 && p.p[0] == '.') ||
		    (p.n == 2 && p.p[0] == '.' && p.p[1] == '.'))
			return ("has an empty part, . or ..");
		if (p.n > 2 && memmem(p.p, p.n, "**", 2) != NULL)
			return ("has ** within a name; it must be a name of "
			    "its own");
	}
	return (NULL);
}
