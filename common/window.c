/*
 * Times that come again each week.  Runs in the parent, which checks them, and
 * in the engine.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/window.h"

#define DAY		86400
#define DAYS_ALL	0x7f

static const char *const days[] = {
	"sun", "mon", "tue", "wed", "thu", "fri", "sat"
};

/* The day that a text begins with, or -1. */
static int
day_parse(const char **p)
{
	int	 i;

	for (i = 0; i < 7; i++)
		if (strncasecmp(*p, days[i], 3) == 0) {
			*p += 3;
			return (i);
		}
	return (-1);
}

/* "Mon-Fri,Sun"; from a later to an earlier day goes over the weekend. */
static int
days_parse(const char **p, unsigned int *mask)
{
	int	 a, b;

	*mask = 0;
	if (strncasecmp(*p, "daily", 5) == 0) {
		*p += 5;
		*mask = DAYS_ALL;
		return (**p == ' ' ? 0 : -1);
	}
	do {
		if (**p == ',')
			(*p)++;
		if ((a = b = day_parse(p)) == -1)
			return (-1);
		if (**p == '-') {
			(*p)++;
			if ((b = day_parse(p)) == -1)
				return (-1);
		}
		for (; a != b; a = (a + 1) % 7)
			*mask |= 1U << a;
		*mask |= 1U << b;
	} while (**p == ',');
	return (**p == ' ' ? 0 : -1);
}

/* Minutes of "HH:MM", or -1. */
static int
minutes_parse(const char **p)
{
	int	 h, m, n = 0;

	if (sscanf(*p, "%2d:%2d%n", &h, &m, &n) != 2 || n != 5 ||
	    **p < '0' || **p > '9' || h > 24 || m < 0 || m > 59 ||
	    h * 60 + m > 1440)
		return (-1);
	*p += n;
	return (h * 60 + m);
}

const char *
window_parse(const char *text, struct window *out)
{
	const char	*p = text;

	memset(out, 0, sizeof(*out));
	if (days_parse(&p, &out->days) == -1)
		return ("it must begin with days, like Sun, Mon-Fri or daily");
	while (*p == ' ')
		p++;
	if ((out->from = minutes_parse(&p)) == -1 || *p++ != '-' ||
	    (out->until = minutes_parse(&p)) == -1 || out->from == 1440 ||
	    (*p != '\0' && *p != ' '))
		return ("after the days must be hours, like 02:00-04:30");
	while (*p == ' ')
		p++;
	if (strlen(p) >= sizeof(out->zone) ||
	    (*p != '\0' && !zone_known(p)))
		return ("this host has no such time zone");
	snprintf(out->zone, sizeof(out->zone), "%s", *p != '\0' ? p : "UTC");
	return (NULL);
}

/* The moment of a minute of a local day, which is a number of days. */
static int64_t
moment(const struct window *w, int64_t day, int minute)
{
	struct zone_time	 z;
	struct tm		 tm;
	time_t			 t = (time_t)(day * DAY + minute * 60);
	int64_t			 sec, again;

	gmtime_r(&t, &tm);
	z = (struct zone_time){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, 0 };
	zone_find(w->zone, &z, &sec, &again);
	return (sec);
}

void
window_next(const struct window *w, int64_t now, int64_t *from, int64_t *until)
{
	int64_t	 day = (now + zone_offset(w->zone, now)) / DAY, last;
	int	 end = w->until > w->from ? w->until : w->until + 1440;

	/* It may have begun yesterday; the 1st of January 1970 was a Thursday. */
	for (last = day + 9, day--; day < last; day++) {
		if ((w->days & 1U << (day + 4) % 7) == 0)
			continue;
		*from = moment(w, day, w->from);
		*until = moment(w, day, end);
		if (*until > now && *from < *until)
			return;
	}
	*from = *until = 0;
}
