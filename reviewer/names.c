/*
 * Checks of names that come from repositories and from sessions.  Runs in
 * the reviewer, trusts nothing it is given, touches no file.
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/rec.h"
#include "reviewer/names.h"

/*
 * Characters that HFS+ ignores when it compares names, all of three bytes in
 * UTF-8: U+200C..F, U+202A..E, U+206A..F, U+FEFF.
 */
static int
hfs_ignores(const unsigned char *p)
{
	if (p[0] == 0xe2 && p[1] == 0x80)
		return ((p[2] >= 0x8c && p[2] <= 0x8f) ||
		    (p[2] >= 0xaa && p[2] <= 0xae));
	if (p[0] == 0xe2 && p[1] == 0x81)
		return (p[2] >= 0xaa && p[2] <= 0xaf);
	return (p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf);
}

static int
hfs_dotgit(const char *name, size_t len)
{
	char	 kept[5] = "";
	size_t	 i = 0, n = 0;

	while (i < len) {
		if (len - i >= 3 &&
		    hfs_ignores((const unsigned char *)name + i)) {
			i += 3;
			continue;
		}
		if (n == 4)
			return (0);
		kept[n++] = name[i++];
	}
	return (strcasecmp(kept, ".git") == 0);
}

/* What NTFS cuts off: a stream's name, then blanks and dots at the end. */
static size_t
ntfs_length(const char *name, size_t len)
{
	const char	*colon = memchr(name, ':', len);

	if (colon != NULL)
		len = (size_t)(colon - name);
	while (len > 0 && (name[len - 1] == ' ' || name[len - 1] == '.'))
		len--;
	return (len);
}

static int
component_is_dotgit(const char *name, size_t len)
{
	size_t	 n = ntfs_length(name, len);

	if (n == 4 && strncasecmp(name, ".git", 4) == 0)
		return (1);
	if (n == 5 && strncasecmp(name, "git~", 4) == 0 &&
	    isdigit((unsigned char)name[4]))
		return (1);
	return (hfs_dotgit(name, len));
}

int
name_is_dotgit(const char *name)
{
	size_t	 n;

	for (;;) {
		n = strcspn(name, "\\");
		if (component_is_dotgit(name, n))
			return (1);
		if (name[n] == '\0')
			return (0);
		name += n + 1;
	}
}

const char *
name_refused(const char *name)
{
	if (name[0] == '\0')
		return ("the name is empty");
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return ("the name is reserved");
	if (strchr(name, '/') != NULL)
		return ("the name holds a slash");
	if (strlen(name) > 255)
		return ("the name is longer than 255 bytes");
	if (name_is_dotgit(name))
		return ("the name stands for .git on some file system");
	return (NULL);
}

/* What file systems without case take for an ASCII letter, or 0. */
static char
folds_to(const unsigned char *p, size_t left, size_t *used)
{
	*used = 1;
	if (p[0] < 0x80)
		return ((char)tolower(p[0]));
	if (left >= 2 && p[0] == 0xc5 && p[1] == 0xbf) {
		*used = 2;
		return ('s');		/* U+017F, long s */
	}
	if (left >= 3 && p[0] == 0xe2 && p[1] == 0x84 && p[2] == 0xaa) {
		*used = 3;
		return ('k');		/* U+212A, kelvin */
	}
	return ('\0');
}

size_t
name_canonical(char *out, size_t size, const char *name, size_t len)
{
	const unsigned char	*p = (const unsigned char *)name;
	size_t			 i = 0, n = 0, used, cut;
	char			 c;

	if ((cut = ntfs_length(name, len)) > 0)
		len = cut;
	while (i < len && n + 1 < size) {
		if (len - i >= 3 && hfs_ignores(p + i)) {
			i += 3;
			continue;
		}
		c = folds_to(p + i, len - i, &used);
		out[n++] = c == '\0' ? name[i] : c;
		i += used;
	}
	if (n == 0 && len > 0 && size > 1)
		out[n++] = name[0];
	out[n] = '\0';
	return (n);
}

/* A part between backslashes that would lead out of its directory. */
static int
part_leads(const char *part, size_t n)
{
	return (n == 0 || (strspn(part, ". ") >= n &&
	    memchr(part, '.', n) != NULL));
}

static const char *
leads_elsewhere(const char *name)
{
	const char	*p = name;
	size_t		 n;

	for (;;) {
		n = strcspn(p, "\\");
		/* "dir\" is only a name that is odd. */
		if (part_leads(p, n) && !(n == 0 && p[n] == '\0'))
			return (strchr(name, '\\') != NULL ? "the name leads "
			    "to another directory where a backslash separates "
			    "names" : "the name is nothing but dots and "
			    "blanks");
		if (p[n] == '\0')
			return (NULL);
		p += n + 1;
	}
}

const char *
name_refused_new(const char *name)
{
	const unsigned char	*p = (const unsigned char *)name;
	const char		*why;

	if (!utf8_valid(name, strlen(name)))
		return ("the name is not UTF-8");
	for (; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
			return ("the name holds a control character");
	why = name_refused(name);
	return (why != NULL ? why : leads_elsewhere(name));
}

int
project_valid(const char *name)
{
	size_t	 i;

	if (!isalnum((unsigned char)name[0]))
		return (0);
	for (i = 1; name[i] != '\0'; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    strchr("._-", name[i]) == NULL)
			return (0);
	return (i <= 64);
}

int
path_push(char *path, size_t *len, const char *name)
{
	size_t	 n = strlen(name);

	if (*len + 1 + n + 1 > WALKED_PATH)
		return (-1);
	if (*len > 0)
		path[(*len)++] = '/';
	memcpy(path + *len, name, n + 1);
	*len += n;
	return (0);
}
