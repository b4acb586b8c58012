/*
 * A time that comes again each week: "Sun 02:00-04:00 Europe/Berlin".
 */
#ifndef COMMON_WINDOW_H
#define COMMON_WINDOW_H

#include <stdint.h>

#include "common/zone.h"

#define WINDOW_TEXT	160	/* longest form, with NUL */

struct window {
	unsigned int	 days;		/* bit 0 Sunday to 6 Saturday */
	int		 from, until;	/* minutes of the day; 24:00 is 1440 */
	char		 zone[ZONE_NAME];
};

/*
 * Read "DAYS HH:MM-HH:MM [ZONE]": days as "Sun", "Mon-Fri,Sun" or "daily";
 * an end that is not after the begin is on the next day; without a zone UTC.
 * NULL, or what is wrong with it.
 */
const char	*window_parse(const char *text, struct window *out);

/*
 * The window that is at a time (s since 1970), or the next one.  A begin or an
 * end that the clock skips is the moment after, one that it shows twice the
 * first.
 */
void		 window_next(const struct window *w, int64_t now,
		    int64_t *from, int64_t *until);

#endif
