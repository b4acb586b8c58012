/*
 * common/zone.c: local times of zones where the clock is set by an hour, by
 * half an hour, and never; and times as people write them.
 */
#include <stdlib.h>
#include <time.h>

#include "common/err.h"
#include "common/when.h"
#include "common/window.h"
#include "common/zone.h"
#include "tests/tap.h"

static void
parses(const char *text, const char *want)
{
	char		 out[WHEN_TEXT];
	uint64_t	 us;

	assert_int_equal(zone_parse(text, &us), 0);
	wall_format(out, (struct wall){ (int64_t)us });
	assert_int_equal(strncmp(out, want, strlen(want)), 0);
}

static void
parse_rfc3339(void **state)
{
	(void)state;
	parses("2026-12-01T03:00:00Z", "2026-12-01T03:00:00.000000Z");
	parses("2026-12-01T03:00:00.25Z", "2026-12-01T03:00:00.250000Z");
	parses("2026-12-01T03:00:00+01:00", "2026-12-01T02:00:00");
	parses("2026-12-01T03:00:00-09:30", "2026-12-01T12:30:00");
}

static void
parse_zones(void **state)
{
	(void)state;
	parses("2026-12-01 03:00 Europe/Berlin", "2026-12-01T02:00:00");
	parses("2026-07-01 03:00:07 Europe/Berlin", "2026-07-01T01:00:07");
	parses("2026-12-01T03:00 America/New_York", "2026-12-01T08:00:00");
	parses("2026-12-01 03:00 Asia/Tokyo", "2026-11-30T18:00:00");
	parses("2026-12-01 03:00 UTC", "2026-12-01T03:00:00");
	parses("2090-07-01 03:00 Europe/Berlin", "2090-07-01T01:00:00");
}

/* Skipped: the moment after.  Twice: the first. */
static void
parse_changes(void **state)
{
	(void)state;
	parses("2026-03-29 02:30 Europe/Berlin", "2026-03-29T01:00:00");
	parses("2026-10-25 02:30 Europe/Berlin", "2026-10-25T00:30:00");
	parses("2026-03-08 02:30 America/New_York", "2026-03-08T07:00:00");
	parses("2026-11-01 01:30 America/New_York", "2026-11-01T05:30:00");
	parses("2026-10-04 02:10 Australia/Lord_Howe", "2026-10-03T15:30:00");
	parses("2026-04-05 01:45 Australia/Lord_Howe", "2026-04-04T14:45:00");
}

/* Without a zone the user's own; and that is left as it was. */
static void
parse_own(void **state)
{
	struct tm	 tm;
	time_t		 t = 0;

	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	parses("2026-12-01 03:00", "2026-11-30T18:00:00");
	parses("2026-12-01 03:00 UTC", "2026-12-01T03:00:00");
	parses("2026-12-01 03:00", "2026-11-30T18:00:00");
	assert_non_null(localtime_r(&t, &tm));
	assert_int_equal(zone_offset("Europe/Berlin", 0), 3600);
	assert_string_equal(getenv("TZ"), "Asia/Tokyo");
	unsetenv("TZ");
	assert_int_equal(zone_offset("Europe/Berlin", 0), 3600);
	assert_null(getenv("TZ"));
}

static void
parse_refused(void **state)
{
	static const char *const	 bad[] = {
		"", "tomorrow", "2026-12-01", "2026-13-01 03:00",
		"2026-02-30 03:00", "2026-12-01 25:00", "2026-12-01 03:00 ",
		"2026-12-01 03:00 Mars/Base", "2026-12-01 03:00 ../UTC",
		"2026-12-01 03:00 /etc/localtime", "2026-12-01 03:00 CET-1",
		"2026-12-01T03:00:00+1", "2026-12-01T03:00:00+25:00",
		"2026-12-01T03:00:00Zx", "2026-02-30T03:00:00Z",
		"1960-12-01T03:00:00Z", "2026-12-01 03:00 zone.tab"
	};
	uint64_t			 us;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(zone_parse(bad[i], &us), PRA_EINVALID);
}

static enum zone_fit
find(const char *zone, int month, int day, int hour, int min, int64_t *sec,
    int64_t *again)
{
	struct zone_time	 t = { 2026, month, day, hour, min, 0 };

	return (zone_find(zone, &t, sec, again));
}

static void
fits(void **state)
{
	int64_t	 a, b;

	(void)state;
	assert_int_equal(find("Europe/Berlin", 3, 29, 1, 59, &a, &b),
	    ZONE_ONCE);
	assert_int_equal(find("Europe/Berlin", 3, 29, 2, 0, &a, &b),
	    ZONE_NEVER);
	assert_int_equal(a, 1774746000);
	assert_int_equal(find("Europe/Berlin", 3, 29, 3, 0, &a, &b),
	    ZONE_ONCE);
	assert_int_equal(a, 1774746000);
	assert_int_equal(find("Europe/Berlin", 10, 25, 1, 59, &a, &b),
	    ZONE_ONCE);
	assert_int_equal(find("Europe/Berlin", 10, 25, 2, 0, &a, &b),
	    ZONE_TWICE);
	assert_int_equal(b - a, 3600);
	assert_int_equal(find("Europe/Berlin", 10, 25, 3, 0, &a, &b),
	    ZONE_ONCE);
	assert_int_equal(find("Australia/Lord_Howe", 4, 5, 1, 30, &a, &b),
	    ZONE_TWICE);
	assert_int_equal(b - a, 1800);
	assert_int_equal(find("Australia/Lord_Howe", 4, 5, 2, 0, &a, &b),
	    ZONE_ONCE);
	assert_int_equal(find("Australia/Lord_Howe", 10, 4, 2, 29, &a, &b),
	    ZONE_NEVER);
	assert_int_equal(find("Asia/Tokyo", 3, 29, 2, 30, &a, &b), ZONE_ONCE);
}

static void
window(const char *text, int64_t now, int64_t from, int64_t until)
{
	struct window	 w;
	int64_t		 a, b;

	assert_null(window_parse(text, &w));
	window_next(&w, now, &a, &b);
	assert_int_equal(a, from);
	assert_int_equal(b, until);
}

#define SUN	1774742400	/* 2026-03-29T00:00:00Z, a Sunday */
#define HOUR	3600
#define WEEK	(7 * 24 * HOUR)

static void
windows(void **state)
{
	(void)state;
	window("Sun 02:00-04:00", SUN, SUN + 2 * HOUR, SUN + 4 * HOUR);
	window("Sun 02:00-04:00 UTC", SUN + 3 * HOUR, SUN + 2 * HOUR,
	    SUN + 4 * HOUR);
	window("Sun 02:00-04:00", SUN + 4 * HOUR, SUN + 2 * HOUR + WEEK,
	    SUN + 4 * HOUR + WEEK);
	window("sat-mon,wed 22:00-06:00", SUN + 5 * HOUR, SUN - 2 * HOUR,
	    SUN + 6 * HOUR);
	window("daily 23:30-24:00 Asia/Tokyo", SUN, SUN + 14 * HOUR + 1800,
	    SUN + 15 * HOUR);
	/* The begin is skipped; the end comes an hour later than in winter. */
	window("Sun 02:00-04:00 Europe/Berlin", SUN, SUN + HOUR,
	    SUN + 2 * HOUR);
	window("Sun 01:00-03:00 Europe/Berlin", 1792886400, 1792882800,
	    1792893600);	/* three hours in October */
}

static void
windows_refused(void **state)
{
	static const char *const	 bad[] = {
		"", "Sun", "Sun 02:00", "Sun 2:00-4:00", "Sun 02:00-04:00 ZZ",
		"Sunday 02:00-04:00", "Sun, 02:00-04:00", "Sun 24:00-01:00",
		"Sun -2:00-04:00", "Sun 02:60-04:00", "Sun 02:00-04:00x"
	};
	struct window			 w;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(window_parse(bad[i], &w));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(parse_rfc3339), cmocka_unit_test(parse_zones),
		cmocka_unit_test(parse_changes), cmocka_unit_test(parse_own),
		cmocka_unit_test(parse_refused), cmocka_unit_test(fits),
		cmocka_unit_test(windows), cmocka_unit_test(windows_refused)
	};

	return (tap_run(tests));
}
