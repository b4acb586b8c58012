/*
 * Times that come again.  Runs in the engine, on what users wrote.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/cron.h"
#include "common/zone.h"

#define DAY		86400
#define DAYS_AHEAD	(12 * 366)	/* the 29th of February can be far */
#define FIELDS		5

enum { C_MINUTE, C_HOUR, C_DAY, C_MONTH, C_WDAY };

static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
static const char wdays[] = "sunmontuewedthufrisat";

static const struct {
	int		 least, most;
	const char	*names;		/* three letters each, or NULL */
	const char	*wrong;
} fields[FIELDS] = {
	[C_MINUTE] = { 0, 59, NULL, "the minute must be of 0 to 59" },
	[C_HOUR] = { 0, 23, NULL, "the hour must be of 0 to 23" },
	[C_DAY] = { 1, 31, NULL, "the day must be of 1 to 31" },
	[C_MONTH] = { 1, 12, months, "the month must be of 1 to 12, or "
	    "jan to dec" },
	[C_WDAY] = { 0, 7, wdays, "the weekday must be of 0 to 7, or "
	    "sun to sat" }
};

static const struct {
	const char	*word;
	const char	*means;
} words[] = {
	{ "@hourly", "0 * * * *" }, { "@daily", "0 0 * * *" },
	{ "@weekly", "0 0 * * 0" }, { "@monthly", "0 0 1 * *" },
	{ "@yearly", "0 0 1 1 *" }
};

/* A number or a name of a field; -1 for neither. */
static int
value_parse(const char **p, int f)
{
	const char	*names = fields[f].names;
	int		 i, v = 0, n = 0;

	for (i = 0; names != NULL && names[i] != '\0'; i += 3)
		if (strncasecmp(*p, names + i, 3) == 0) {
			*p += 3;
			return (i / 3 + fields[f].least);
		}
	for (; isdigit((unsigned char)**p) && n < 3; (*p)++, n++)
		v = v * 10 + **p - '0';
	return (n > 0 && v >= fields[f].least && v <= fields[f].most ? v : -1);
}

/* "*", "5", "1-5", each with "/2": into bits.  0 or -1. */
static int
item_parse(const char **p, int f, uint64_t *bits)
{
	int	 a = fields[f].least, b = fields[f].most, step = 1, one = 0;

	if (**p == '*') {
		(*p)++;
	} else {
		if ((a = b = value_parse(p, f)) == -1)
			return (-1);
		one = **p != '-';
		if (**p == '-') {
			(*p)++;
			if ((b = value_parse(p, f)) == -1 || b < a)
				return (-1);
		}
	}
	if (**p == '/') {
		(*p)++;
		step = (int)strtol(*p, NULL, 10);
		if (!isdigit((unsigned char)**p) || step < 1 || step > 59)
			return (-1);
		while (isdigit((unsigned char)**p))
			(*p)++;
		b = one ? fields[f].most : b;
	}
	for (; a <= b; a += step)
		*bits |= UINT64_C(1) << a;
	return (0);
}

static int
field_parse(const char **p, int f, uint64_t *bits)
{
	*bits = 0;
	do {
		if (**p == ',')
			(*p)++;
		if (item_parse(p, f, bits) == -1)
			return (-1);
	} while (**p == ',');
	return (**p == ' ' || **p == '\t' || **p == '\0' ? 0 : -1);
}

const char *
cron_parse(const char *text, struct cron *out)
{
	const char	*p = text;
	uint64_t	 bits[FIELDS];
	int		 f, star[FIELDS];
	size_t		 i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, text) == 0)
			p = words[i].means;
	for (f = 0; f < FIELDS; f++) {
		p += strspn(p, " \t");
		if (*p == '\0')
			return ("it must have five parts: minute, hour, day, "
			    "month and weekday");
		star[f] = *p == '*';
		if (field_parse(&p, f, &bits[f]) == -1)
			return (fields[f].wrong);
	}
	if (p[strspn(p, " \t")] != '\0')
		return ("there is something after the weekday");
	out->minutes = bits[C_MINUTE];
	out->hours = (uint32_t)bits[C_HOUR];
	out->days = (uint32_t)bits[C_DAY];
	out->months = (uint32_t)bits[C_MONTH];
	out->wdays = (uint32_t)((bits[C_WDAY] | bits[C_WDAY] >> 7) & 0x7f);
	out->any_day = star[C_DAY];
	out->any_wday = star[C_WDAY];
	out->often = star[C_MINUTE] || star[C_HOUR];
	return (NULL);
}

static int
day_fits(const struct cron *c, const struct tm *tm)
{
	int	 day = c->days >> tm->tm_mday & 1;
	int	 wday = c->wdays >> tm->tm_wday & 1;

	if ((c->months >> (tm->tm_mon + 1) & 1) == 0)
		return (0);
	return (c->any_day || c->any_wday ? day && wday : day || wday);
}

/* A time of a day on which the clock is set; the earliest after `after`. */
static void
odd_time(const struct cron *c, const char *zone, struct zone_time *z,
    int64_t after, int64_t *best)
{
	enum zone_fit	 fit;
	int64_t		 sec, again;

	fit = zone_find(zone, z, &sec, &again);
	if (c->often && fit == ZONE_NEVER)
		return;
	if (c->often && sec <= after)
		sec = again;
	if (sec > after && (*best == 0 || sec < *best))
		*best = sec;
}

/* The earliest time of a local day after another; 0 for none. */
static int64_t
day_next(const struct cron *c, const char *zone, int64_t day,
    const struct tm *tm, int64_t after)
{
	struct zone_time	 z = { tm->tm_year + 1900, tm->tm_mon + 1,
				    tm->tm_mday, 0, 0, 0 };
	int32_t			 off = zone_offset(zone, (day - 1) * DAY);
	int			 odd = off != zone_offset(zone, (day + 2) * DAY);
	int64_t			 sec, best = 0;
	int			 i;

	for (i = 0; i < 24 * 60 && (odd || best == 0); i++) {
		z.hour = i / 60;
		z.minute = i % 60;
		if ((c->hours >> z.hour & 1) == 0 ||
		    (c->minutes >> z.minute & 1) == 0)
			continue;
		sec = day * DAY + i * 60 - off;
		if (odd)
			odd_time(c, zone, &z, after, &best);
		else if (sec > after)
			best = sec;
	}
	return (best);
}

int64_t
cron_next(const struct cron *c, const char *zone, int64_t after)
{
	struct tm	 tm;
	int64_t		 day = (after + zone_offset(zone, after)) / DAY, last;
	int64_t		 sec;
	time_t		 t;

	for (last = day + DAYS_AHEAD, day--; day < last; day++) {
		t = (time_t)(day * DAY);
		gmtime_r(&t, &tm);
		if (day_fits(c, &tm) &&
		    (sec = day_next(c, zone, day, &tm, after)) != 0)
			return (sec);
	}
	return (0);
}
