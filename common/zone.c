/*
 * Local time.  Runs in praetorctl, the parent and the engine.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/err.h"
#include "common/when.h"
#include "common/zone.h"

#define DAY		86400

int
zone_known(const char *name)
{
	static const char	 magic[] = "TZif";
	char			 path[sizeof(ZONE_DIR) + ZONE_NAME], head[4];
	FILE			*f;
	size_t			 i, n = strlen(name);
	int			 ok;

	if (n == 0 || n >= ZONE_NAME || strstr(name, "..") != NULL ||
	    !isalpha((unsigned char)name[0]))
		return (0);
	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    strchr("/_+-", name[i]) == NULL)
			return (0);
	snprintf(path, sizeof(path), "%s/%s", ZONE_DIR, name);
	if ((f = fopen(path, "re")) == NULL)
		return (0);
	ok = fread(head, 1, sizeof(head), f) == sizeof(head) &&
	    memcmp(head, magic, sizeof(head)) == 0;
	fclose(f);
	return (ok);
}

/* ":NAME" is a file and never one of POSIX's rules. */
static void
zone_enter(const char *name, char **before)
{
	const char	*tz = getenv("TZ");
	char		 text[ZONE_NAME + 1];

	*before = NULL;
	if (*name == '\0') {
		tzset();
		return;
	}
	if (tz != NULL)
		*before = strdup(tz);
	snprintf(text, sizeof(text), ":%s", name);
	setenv("TZ", text, 1);
	tzset();
}

static void
zone_leave(const char *name, char *before)
{
	if (*name == '\0')
		return;
	if (before != NULL)
		setenv("TZ", before, 1);
	else
		unsetenv("TZ");
	free(before);
	tzset();		/* localtime_r(3) does not look again */
}

static int32_t
offset_at(int64_t sec)
{
	struct tm	 tm;
	time_t		 t = (time_t)sec;

	return (localtime_r(&t, &tm) == NULL ? 0 : (int32_t)tm.tm_gmtoff);
}

int32_t
zone_offset(const char *name, int64_t sec)
{
	char	*before;
	int32_t	 off;

	zone_enter(name, &before);
	off = offset_at(sec);
	zone_leave(name, before);
	return (off);
}

/* The first second from lo to hi that has the offset of hi. */
static int64_t
offset_change(int64_t lo, int64_t hi)
{
	int32_t	 want = offset_at(hi);
	int64_t	 mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (offset_at(mid) == want)
			hi = mid;
		else
			lo = mid + 1;
	}
	return (hi);
}

/* No zone changes its offset twice within two days. */
static enum zone_fit
fit(int64_t naive, int64_t *sec, int64_t *again)
{
	int32_t	 early = offset_at(naive - DAY), late = offset_at(naive + DAY);
	int64_t	 a = naive - early, b = naive - late;
	int	 fits_a = offset_at(a) == early, fits_b = offset_at(b) == late;

	if (fits_a && fits_b && early != late) {
		*sec = a < b ? a : b;
		*again = a < b ? b : a;
		return (ZONE_TWICE);
	}
	if (!fits_a && !fits_b) {
		*sec = *again = offset_change(b, a);
		return (ZONE_NEVER);
	}
	*sec = *again = fits_a ? a : b;
	return (ZONE_ONCE);
}

enum zone_fit
zone_find(const char *name, const struct zone_time *t, int64_t *sec,
    int64_t *again)
{
	struct tm	 tm = { 0 };
	enum zone_fit	 how;
	char		*before;

	tm.tm_year = t->year - 1900;
	tm.tm_mon = t->month - 1;
	tm.tm_mday = t->day;
	tm.tm_hour = t->hour;
	tm.tm_min = t->minute;
	tm.tm_sec = t->second;
	zone_enter(name, &before);
	how = fit((int64_t)timegm(&tm), sec, again);
	zone_leave(name, before);
	return (how);
}

/* "2026-12-01 03:00[:00]"; what follows, or NULL. */
static const char *
clock_parse(const char *text, struct zone_time *z)
{
	struct tm	 tm = { 0 };
	const char	*p, *q;

	if ((p = strptime(text, "%Y-%m-%d", &tm)) == NULL ||
	    (*p != ' ' && *p != 'T') ||
	    (q = strptime(p + 1, "%H:%M", &tm)) == NULL)
		return (NULL);
	if (*q == ':' && (q = strptime(q, ":%S", &tm)) == NULL)
		return (NULL);
	*z = (struct zone_time){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec };
	/* The 31st of February is a day of March for timegm(3). */
	if (timegm(&tm) < 0 || tm.tm_mday != z->day || z->year > 9999)
		return (NULL);
	return (q);
}

int
zone_parse(const char *text, uint64_t *us)
{
	struct zone_time	 z;
	const char		*rest;
	int64_t			 sec, again;

	if (wall_parse(text, us) == 0)
		return (0);
	if ((rest = clock_parse(text, &z)) == NULL)
		return (PRA_EINVALID);
	if (*rest == ' ') {
		rest++;
		if (!zone_known(rest))
			return (PRA_EINVALID);
	} else if (*rest != '\0') {
		return (PRA_EINVALID);
	}
	zone_find(rest, &z, &sec, &again);
	if (sec < 0)
		return (PRA_EINVALID);
	*us = (uint64_t)sec * 1000000;
	return (0);
}
