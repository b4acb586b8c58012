/*
 * What a .gitmodules could do to the Git of who clones it.  Runs in the
 * reviewer, on text that a session wrote.  Reads it as git-config(1) does,
 * only more strictly: quotes and escapes are dropped, so that what they hide
 * shows.  Every change of the file needs an approval anyway; this finds what
 * people would overlook.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reviewer/facts.h"
#include "reviewer/names.h"

/* The text without quotes and escapes, with continued lines joined. */
static char *
plain(const char *text, size_t n)
{
	char	*out, *to;
	size_t	 i;

	if ((out = to = malloc(n + 1)) == NULL)
		return (NULL);
	for (i = 0; i < n; i++) {
		if (text[i] == '\r' && i + 1 < n && text[i + 1] == '\n')
			continue;
		if (text[i] == '\\' && i + 1 < n && text[i + 1] == '\n')
			i++;
		else if (text[i] != '\\' && text[i] != '"')
			*to++ = text[i];
	}
	*to = '\0';
	return (out);
}

/* A path, or the name of a submodule, that leads out of its place. */
static const char *
path_refused(const char *path)
{
	char	 part[256];
	size_t	 n;

	if (*path == '/' || *path == '-')
		return ("begins with / or -");
	for (;;) {
		n = strcspn(path, "/");
		if (n == 2 && memcmp(path, "..", 2) == 0)
			return ("has .. in it");
		memcpy(part, path, n < 255 ? n : 255);
		part[n < 255 ? n : 255] = '\0';
		if (name_is_dotgit(part))
			return ("leads into .git");
		if (path[n] == '\0')
			return (NULL);
		path += n + 1;
	}
}

static const char *
url_refused(const char *url)
{
	if (*url == '-')
		return ("is taken for an option");
	if (strstr(url, "::") != NULL)
		return ("names a program");
	return (NULL);
}

static const char *
update_refused(const char *value)
{
	return (*value == '!' ? "is a command" : NULL);
}

static const struct {
	const char	*key;
	const char	*(*refused)(const char *);
	const char	*what;
} keys[] = {
	{ "path", path_refused, "the path of a submodule leads elsewhere" },
	{ "url", url_refused, "the URL of a submodule names a program or an "
	    "option" },
	{ "update", update_refused, "the update of a submodule is a command" },
};

static char *
trim(char *s)
{
	size_t	 n;

	s += strspn(s, " \t");
	for (n = strlen(s); n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'); n--)
		s[n - 1] = '\0';
	return (s);
}

static const char *
value_refused(char *line)
{
	char	*eq = strchr(line, '='), *key;
	size_t	 i;

	if (eq == NULL)
		return (NULL);
	*eq = '\0';
	key = trim(line);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcasecmp(key, keys[i].key) == 0 &&
		    keys[i].refused(trim(eq + 1)) != NULL)
			return (keys[i].what);
	return (NULL);
}

/* A section's head; what follows it on the line is a value. */
static const char *
line_refused(char *line)
{
	char	*end, *name;

	line = trim(line);
	if (*line != '[')
		return (value_refused(line));
	if ((end = strrchr(line, ']')) == NULL)
		return (NULL);
	*end = '\0';
	name = line + 1 + strcspn(line + 1, " \t.");
	if (*name != '\0' && path_refused(trim(name + 1)) != NULL)
		return ("the name of a submodule leads elsewhere");
	return (value_refused(end + 1));
}

const char *
gitmodules_refused(const char *text, size_t n)
{
	const char	*why = NULL;
	char		*copy, *p, *line;
	size_t		 i;

	for (i = 0; i < n; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\n' &&
		    text[i] != '\t' && !(text[i] == '\r' && i + 1 < n &&
		    text[i + 1] == '\n')) || text[i] == 0x7f)
			return ("there is a control character in it");
	if ((copy = p = plain(text, n)) == NULL)
		return ("there is no memory to read it");
	while (why == NULL && (line = strsep(&p, "\n")) != NULL)
		why = line_refused(line);
	free(copy);
	return (why);
}
