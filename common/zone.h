/*
 * Local time by IANA zone names, as of the zone data of this host
 * (/usr/share/zoneinfo), which the C library reads: it knows every form of
 * those files and the rule for years that they do not list.
 *
 * Its zone is one for the whole process.  It is switched and switched back in
 * zone.c and nowhere else; no process here has threads.
 */
#ifndef COMMON_ZONE_H
#define COMMON_ZONE_H

#include <stdint.h>

#define ZONE_DIR	"/usr/share/zoneinfo"
#define ZONE_NAME	64	/* longest name, with NUL */

/* A clock on a wall. */
struct zone_time {
	int	 year;		/* 1970 to 9999 */
	int	 month;		/* 1 to 12 */
	int	 day;		/* 1 to 31 */
	int	 hour;
	int	 minute;
	int	 second;
};

/* What zone_find() found. */
enum zone_fit {
	ZONE_ONCE,		/* the clock shows that time once */
	ZONE_TWICE,		/* twice, since it is set back */
	ZONE_NEVER		/* it is skipped, since it is set forward */
};

/* 1 when this host has data of a zone with this name. */
int		 zone_known(const char *name);

/* Seconds east of UTC at a time (s since 1970); name as for zone_find(). */
int32_t		 zone_offset(const char *name, int64_t sec);

/*
 * When a clock in a zone that is known ("": the user's own) shows a time.
 * *sec is the only time or the first; for one that is skipped the moment to
 * which the clock is set forward.  *again is the second time, else *sec.
 */
enum zone_fit	 zone_find(const char *name, const struct zone_time *t,
		    int64_t *sec, int64_t *again);

/*
 * Read RFC 3339 ("2026-12-01T03:00:00.5+01:00"), or "2026-12-01 03:00[:00]"
 * with the name of a zone or, without one, of the user's own.  A time that the
 * clock shows twice is the first, one that it skips the moment after.
 * 0 or PRA_EINVALID.
 */
int		 zone_parse(const char *text, uint64_t *us);

#endif
