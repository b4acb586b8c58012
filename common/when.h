/*
 * Time as types, so that seconds, milliseconds, the wall clock and the
 * monotonic clock cannot be mixed (after bgpd's monotime.h).
 */
#ifndef COMMON_WHEN_H
#define COMMON_WHEN_H

#include <stdint.h>
#include <sys/time.h>

struct mono {			/* CLOCK_MONOTONIC; only differences mean something */
	int64_t	 us;
};

struct wall {			/* microseconds since 1970-01-01 00:00 UTC */
	int64_t	 us;
};

#define WHEN_TEXT	28	/* "2026-11-21T01:02:03.123456Z" and NUL */

struct mono	 mono_now(void);
struct wall	 wall_now(void);

/* b - a in microseconds; negative when b is earlier. */
int64_t		 mono_diff_us(struct mono a, struct mono b);

/* Milliseconds as a timeval for libevent; negative becomes 0. */
struct timeval	 ms_timeval(int64_t ms);

/* RFC 3339 in UTC with microseconds; clamped to the years 1970 to 9999. */
void		 wall_format(char out[WHEN_TEXT], struct wall w);

/*
 * Read RFC 3339, with Z or an offset, of the years 1970 to 9999.
 * 0 or PRA_EINVALID.
 */
int		 wall_parse(const char *text, uint64_t *us);

/* Read "30", "30s", "5m", "2h", "1d" as milliseconds.  0 or PRA_EINVALID. */
int		 duration_parse(const char *text, uint64_t *ms);

/* Write milliseconds the way duration_parse() reads them ("90s", "5m"). */
void		 duration_format(char out[24], uint64_t ms);

#endif
