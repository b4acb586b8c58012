/*
 * The strict reader of metrics.  Runs in tests.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/promcheck.h"

#define SERIES_MAX	20000
#define KEY_SIZE	512

struct series {
	char	*key;		/* name and labels but le */
	double	 le, count;	/* of the last bucket */
	double	 total;		/* of _count; -1 none yet */
	int	 sum, plain;
};

struct check {
	char		 family[128];	/* that the samples are of */
	char		 type[16];
	char		*seen[256];	/* families so far */
	unsigned int	 nseen;
	struct series	*series;	/* of this family */
	size_t		 nseries;
};

static size_t
name_len(const char *p, int colon)
{
	size_t	 n = 0;

	if (!isalpha((unsigned char)*p) && *p != '_' && !(colon && *p == ':'))
		return (0);
	while (isalnum((unsigned char)p[n]) || p[n] == '_' ||
	    (colon && p[n] == ':'))
		n++;
	return (n);
}

static const char *
family_end(struct check *c)
{
	const char	*why = NULL;
	size_t		 i;

	for (i = 0; i < c->nseries; i++) {
		if (strcmp(c->type, "histogram") == 0 && why == NULL &&
		    (!isinf(c->series[i].le) || !c->series[i].sum ||
		    c->series[i].total != c->series[i].count))
			why = "a histogram is not whole";
		free(c->series[i].key);
	}
	c->nseries = 0;
	return (why);
}

/* "name text" after "# HELP ". */
static const char *
take_help(struct check *c, const char *p)
{
	size_t		 n = name_len(p, 1);
	unsigned int	 i;
	const char	*why = family_end(c);

	if (why != NULL)
		return (why);
	if (n == 0 || n >= sizeof(c->family) || p[n] != ' ' || p[n + 1] == '\0')
		return ("HELP is not a name and a text");
	snprintf(c->family, sizeof(c->family), "%.*s", (int)n, p);
	c->type[0] = '\0';
	for (i = 0; i < c->nseen; i++)
		if (strcmp(c->seen[i], c->family) == 0)
			return ("a metric comes twice");
	if (c->nseen == sizeof(c->seen) / sizeof(c->seen[0]))
		return ("too many metrics");
	c->seen[c->nseen++] = strdup(c->family);
	for (p += n; *p != '\0'; p++)
		if (*p == '\\' && *++p != 'n' && *p != '\\')
			return ("HELP has a wrong escape");
	return (NULL);
}

static const char *
take_type(struct check *c, const char *p)
{
	size_t	 n = name_len(p, 1), len = strlen(c->family);

	if (c->type[0] != '\0' || n != len ||
	    strncmp(p, c->family, n) != 0 || p[n] != ' ')
		return ("TYPE does not follow HELP of the same metric");
	snprintf(c->type, sizeof(c->type), "%s", p + n + 1);
	if (strcmp(c->type, "counter") != 0 && strcmp(c->type, "gauge") != 0 &&
	    strcmp(c->type, "histogram") != 0)
		return ("TYPE is unknown");
	if ((strcmp(c->type, "counter") == 0) != (len > 6 &&
	    strcmp(c->family + len - 6, "_total") == 0))
		return ("counters end in _total, and nothing else");
	return (NULL);
}

/* One label from p on; *end is what follows it.  *le is its bound if it is le. */
static const char *
take_label(const char *p, const char **end, char *key, size_t size,
    char le[64])
{
	const char	*start = p;
	size_t		 n = name_len(p, 0);

	if (n == 0 || p[n] != '=' || p[n + 1] != '"')
		return ("a label is not name=\"value\"");
	for (p += n + 2; *p != '"'; p++) {
		if (*p == '\0' || (*p == '\\' &&
		    (p[1] == '\0' || strchr("\\\"n", p[1]) == NULL)))
			return ("a label's value does not end, or has a wrong "
			    "escape");
		if (*p == '\\')
			p++;
	}
	*end = p + 1;
	if (strncmp(start, "le=", 3) == 0)
		snprintf(le, 64, "%.*s", (int)(p - start - 4), start + 4);
	else
		snprintf(key + strlen(key), size - strlen(key), ",%.*s",
		    (int)(*end - start), start);
	return (NULL);
}

/* Labels from '{' on, into key without le. */
static const char *
take_labels(const char **pp, char *key, size_t size, char le[64])
{
	const char	*p = *pp + 1, *why;

	while (*p != '}') {
		if ((why = take_label(p, &p, key, size, le)) != NULL)
			return (why);
		if (*p == ',' && p[1] != '}')
			p++;
		else if (*p != '}')
			return ("labels are not separated by a comma");
	}
	*pp = p + 1;
	return (NULL);
}

static const char *
take_number(const char *p, double *v)
{
	char	*end;

	if (*p == '\0' || isspace((unsigned char)*p))
		return ("a sample has no number");
	*v = strcmp(p, "+Inf") == 0 ? INFINITY : strtod(p, &end);
	if (!isinf(*v) && *end != '\0')
		return ("a sample's number is none");
	return (NULL);
}

static struct series *
series_of(struct check *c, const char *key)
{
	struct series	*s;
	size_t		 i;

	for (i = c->nseries; i > 0; i--)
		if (strcmp(c->series[i - 1].key, key) == 0)
			return (&c->series[i - 1]);
	if (c->nseries == SERIES_MAX)
		return (NULL);
	s = &c->series[c->nseries++];
	*s = (struct series){ strdup(key), -INFINITY, 0, -1, 0, 0 };
	return (s);
}

static const char *
take_bucket(struct series *s, const char *le, double v)
{
	double		 bound;
	const char	*why;

	if ((why = take_number(le, &bound)) != NULL)
		return (why);
	if (bound <= s->le)
		return ("the bounds of a histogram do not rise");
	if (v < s->count)
		return ("the counts of a histogram fall");
	s->le = bound;
	s->count = v;
	return (NULL);
}

/* part: what follows the family's name. */
static const char *
take_value(struct check *c, struct series *s, const char *part,
    const char *le, double v)
{
	if (s == NULL)
		return ("too many series");
	if (strcmp(c->type, "histogram") != 0) {
		if (*part != '\0' || s->plain++)
			return ("a sample comes twice, or out of place");
		if (strcmp(c->type, "counter") == 0 && v < 0)
			return ("a counter is below 0");
		return (NULL);
	}
	if (strcmp(part, "_bucket") == 0)
		return (take_bucket(s, le, v));
	if (strcmp(part, "_sum") == 0)
		return (s->sum++ ? "a sum comes twice" : NULL);
	if (strcmp(part, "_count") == 0 && s->total == -1) {
		s->total = v;
		return (NULL);
	}
	return ("a sample is no part of its histogram");
}

static const char *
take_sample(struct check *c, const char *p)
{
	size_t		 n = name_len(p, 1), len = strlen(c->family);
	char		 key[KEY_SIZE] = "", part[16], le[64] = "";
	const char	*why;
	double		 v;

	if (n == 0)
		return ("a sample has no name");
	if (c->type[0] == '\0' || n < len || n - len >= sizeof(part) ||
	    strncmp(p, c->family, len) != 0)
		return ("a sample is not below its HELP and TYPE");
	snprintf(part, sizeof(part), "%.*s", (int)(n - len), p + len);
	p += n;
	if (*p == '{' &&
	    (why = take_labels(&p, key, sizeof(key), le)) != NULL)
		return (why);
	if (*p != ' ')
		return ("a sample has no space before its number");
	if ((why = take_number(p + 1, &v)) != NULL)
		return (why);
	return (take_value(c, series_of(c, key), part, le, v));
}

static const char *
take_line(struct check *c, const char *p)
{
	if (strncmp(p, "# HELP ", 7) == 0)
		return (take_help(c, p + 7));
	if (strncmp(p, "# TYPE ", 7) == 0)
		return (take_type(c, p + 7));
	return (*p == '#' ? "a comment is neither HELP nor TYPE" :
	    take_sample(c, p));
}

const char *
promcheck(const char *text, size_t len, unsigned int *line)
{
	struct check	 c = { .nseen = 0 };
	const char	*why = NULL, *end;
	char		 buf[2048];
	size_t		 i;

	c.series = calloc(SERIES_MAX, sizeof(*c.series));
	for (*line = 1; why == NULL && len > 0; ++*line) {
		end = memchr(text, '\n', len);
		if (end == NULL || (size_t)(end - text) >= sizeof(buf) ||
		    memchr(text, '\0', (size_t)(end - text)) != NULL) {
			why = "a line does not end, is too long or has a NUL";
			break;
		}
		snprintf(buf, sizeof(buf), "%.*s", (int)(end - text), text);
		if ((why = take_line(&c, buf)) != NULL)
			break;
		len -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	if (why == NULL)
		why = family_end(&c);
	else
		(void)family_end(&c);
	for (i = 0; i < c.nseen; i++)
		free(c.seen[i]);
	free(c.series);
	return (why);
}
