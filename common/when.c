/*
 * Clocks and durations.  Runs in every process.  The engine's pure half must
 * not call mono_now() or wall_now(): time comes in with the command.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/err.h"
#include "common/when.h"

#define WALL_LAST	INT64_C(253402300799999999) /* the end of year 9999 */

static const struct {
	const char	*suffix;
	uint64_t	 ms;
} units[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 },
	{ "ms", 1 }
};

static int64_t
clock_us(clockid_t id)
{
	struct timespec	 ts;

	clock_gettime(id, &ts);
	return ((int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
}

struct mono
mono_now(void)
{
	return ((struct mono){ clock_us(CLOCK_MONOTONIC) });
}

struct wall
wall_now(void)
{
	return ((struct wall){ clock_us(CLOCK_REALTIME) });
}

int64_t
mono_diff_us(struct mono a, struct mono b)
{
	return (b.us - a.us);
}

struct timeval
ms_timeval(int64_t ms)
{
	if (ms < 0)
		ms = 0;
	return ((struct timeval){ ms / 1000, ms % 1000 * 1000 });
}

void
wall_format(char out[WHEN_TEXT], struct wall w)
{
	struct tm	 tm;
	int64_t		 us;
	time_t		 sec;
	char		 date[20];

	us = w.us < 0 ? 0 : w.us > WALL_LAST ? WALL_LAST : w.us;
	sec = us / 1000000;
	gmtime_r(&sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, WHEN_TEXT, "%s.%06uZ", date,
	    (unsigned int)(us % 1000000));
}

/* "Z", or "+01:00" as seconds.  0 or PRA_EINVALID. */
static int
offset_parse(const char *p, int *sec)
{
	int	 sign = *p == '-' ? -1 : 1;
	int	 h, m, n = 0;

	*sec = 0;
	if (strcmp(p, "Z") == 0)
		return (0);
	if ((*p != '+' && *p != '-') ||
	    strspn(p + 1, "0123456789:") != strlen(p + 1) ||
	    sscanf(p + 1, "%2d:%2d%n", &h, &m, &n) != 2 || n != 5 ||
	    p[6] != '\0' || h > 23 || m > 59)
		return (PRA_EINVALID);
	*sec = sign * (h * 3600 + m * 60);
	return (0);
}

int
wall_parse(const char *text, uint64_t *us)
{
	struct tm	 tm = { 0 }, day;
	const char	*p;
	unsigned int	 unit = 100000;
	int64_t		 sec;
	uint64_t	 part = 0;
	int		 off;

	if ((p = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) == NULL)
		return (PRA_EINVALID);
	day = tm;
	sec = (int64_t)timegm(&day);
	if (day.tm_mday != tm.tm_mday && tm.tm_sec != 60)
		return (PRA_EINVALID);	/* the 31st of February */
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
			part += (uint64_t)(*p - '0') * unit;
	if (offset_parse(p, &off) != 0)
		return (PRA_EINVALID);
	sec -= off;
	if (sec < 0 || sec > WALL_LAST / 1000000)
		return (PRA_EINVALID);
	*us = (uint64_t)sec * 1000000 + part;
	return (0);
}

int
duration_parse(const char *text, uint64_t *ms)
{
	unsigned long long	 n;
	char			*end;
	size_t			 i;

	if (text[0] < '0' || text[0] > '9')
		return (PRA_EINVALID);
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || n > UINT64_MAX / 86400000)
		return (PRA_EINVALID);
	if (*end == '\0')
		end = (char *)(uintptr_t)"s";
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].suffix) == 0) {
			*ms = n * units[i].ms;
			return (0);
		}
	return (PRA_EINVALID);
}

void
duration_format(char out[24], uint64_t ms)
{
	size_t	 i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]) - 1; i++)
		if (ms != 0 && ms % units[i].ms == 0)
			break;
	if (ms == 0)
		i = 3;
	snprintf(out, 24, "%" PRIu64 "%s", ms / units[i].ms, units[i].suffix);
}
