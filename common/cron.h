/*
 * Times that come again, as crontab(5) writes them, in a time zone.
 */
#ifndef COMMON_CRON_H
#define COMMON_CRON_H

#include <stdint.h>

#define CRON_TEXT	128	/* longest form, with NUL */

struct cron {
	uint64_t	 minutes;	/* bit n: minute n */
	uint32_t	 hours;
	uint32_t	 days;		/* bits 1 to 31 */
	uint32_t	 months;	/* bits 1 to 12 */
	uint32_t	 wdays;		/* bit 0 Sunday to 6 Saturday */
	int		 any_day;	/* the day of the month is * */
	int		 any_wday;
	int		 often;		/* the minute or the hour begins with * */
};

/*
 * Read "MINUTE HOUR DAY MONTH WEEKDAY", each *, numbers, ranges, steps and
 * lists of them, months and weekdays also by name; or @hourly, @daily,
 * @weekly, @monthly or @yearly.  When both days are restricted, one of them is
 * enough.  NULL, or what is wrong with it.
 */
const char	*cron_parse(const char *text, struct cron *out);

/*
 * The first time after another (s since 1970) in a zone that is known; 0 when
 * there is none within 12 years.
 *
 * When the clock is set forward, a fixed time of day that it skips is the
 * moment after the gap, and several are one.  When it is set back, a fixed time
 * that it shows twice is the first of the two.  What runs often, by its form,
 * follows the clock: not in the gap, and both times.
 */
int64_t		 cron_next(const struct cron *c, const char *zone,
		    int64_t after);

#endif
