/*
 * common/cron.c: what crontab(5) writes, and when it comes next where the
 * clock is set by an hour, by half an hour, and never.
 */
#include "common/cron.h"
#include "common/err.h"
#include "common/when.h"
#include "common/zone.h"
#include "tests/tap.h"

static int64_t
at(const char *text)
{
	uint64_t	 us;

	assert_int_equal(zone_parse(text, &us), 0);
	return ((int64_t)(us / 1000000));
}

/* What comes after `from`, one after the other, in UTC; NULL ends the list. */
static void
runs(const char *cron, const char *zone, const char *from,
    const char *const *want)
{
	struct cron	 c;
	char		 out[WHEN_TEXT];
	int64_t		 t = at(from);

	assert_null(cron_parse(cron, &c));
	for (; *want != NULL; want++) {
		t = cron_next(&c, zone, t);
		wall_format(out, (struct wall){ t * 1000000 });
		out[16] = '\0';
		assert_string_equal(out, *want);
	}
}

#define RUNS(cron, zone, from, ...)					\
	runs(cron, zone, from, (const char *const[]){ __VA_ARGS__, NULL })

static void
plain(void **state)
{
	(void)state;
	RUNS("0 3 * * 1-5", "UTC", "2026-11-27T02:00:00Z",
	    "2026-11-27T03:00", "2026-11-30T03:00", "2026-12-01T03:00");
	RUNS("*/20 1,2 * * *", "UTC", "2026-11-27T01:20:00Z",
	    "2026-11-27T01:40", "2026-11-27T02:00", "2026-11-27T02:20",
	    "2026-11-27T02:40", "2026-11-28T01:00");
	RUNS("30 22 1 jan,JUL *", "Asia/Tokyo", "2026-11-27T00:00:00Z",
	    "2027-01-01T13:30", "2027-07-01T13:30");
	RUNS("0 12 13 * 5", "UTC", "2026-11-01T00:00:00Z",
	    "2026-11-06T12:00", "2026-11-13T12:00", "2026-11-20T12:00",
	    "2026-11-27T12:00", "2026-12-04T12:00", "2026-12-11T12:00",
	    "2026-12-13T12:00");
	RUNS("0 0 29 2 *", "UTC", "2097-01-01T00:00:00Z", "2104-02-29T00:00");
	RUNS("5/25 0 * * 7", "UTC", "2026-11-27T00:00:00Z",
	    "2026-11-29T00:05", "2026-11-29T00:30", "2026-11-29T00:55");
	RUNS("@weekly", "UTC", "2026-11-27T00:00:00Z", "2026-11-29T00:00");
}

/* A fixed time that is skipped runs once, after the gap. */
static void
forward(void **state)
{
	(void)state;
	RUNS("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z",
	    "2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30");
	RUNS("0,20,40 2 * * *", "Europe/Berlin", "2026-03-28T01:40:00Z",
	    "2026-03-29T01:00", "2026-03-30T00:00", "2026-03-30T00:20");
	RUNS("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z",
	    "2026-03-08T07:00", "2026-03-09T06:30");
	RUNS("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00:00Z",
	    "2026-10-03T15:30", "2026-10-04T15:15");
	RUNS("0 3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
	    "2026-03-29T01:00", "2026-03-30T01:00");
}

/* One that is shown twice runs the first time only. */
static void
back(void **state)
{
	(void)state;
	RUNS("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
	    "2026-10-25T00:30", "2026-10-26T01:30");
	RUNS("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z",
	    "2026-11-01T05:30", "2026-11-02T06:30");
	RUNS("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z",
	    "2026-04-04T14:45", "2026-04-05T15:15");
}

/* What runs often goes by the clock: not in the gap, and both times. */
static void
often(void **state)
{
	(void)state;
	RUNS("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z",
	    "2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30");
	RUNS("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z",
	    "2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T01:00",
	    "2026-10-25T01:30", "2026-10-25T02:00");
	RUNS("0 * * * *", "Australia/Lord_Howe", "2026-10-03T14:00:00Z",
	    "2026-10-03T14:30", "2026-10-03T16:00", "2026-10-03T17:00");
	RUNS("45 * * * *", "Australia/Lord_Howe", "2026-04-04T14:00:00Z",
	    "2026-04-04T14:45", "2026-04-04T15:15", "2026-04-04T16:15");
	RUNS("0 * * * *", "Asia/Tokyo", "2026-03-29T00:30:00Z",
	    "2026-03-29T01:00", "2026-03-29T02:00");
}

static void
never(void **state)
{
	struct cron	 c;

	(void)state;
	assert_null(cron_parse("0 0 30 2 *", &c));
	assert_int_equal(cron_next(&c, "UTC", 0), 0);
	assert_null(cron_parse("0 0 31 4,6,9,11 *", &c));
	assert_int_equal(cron_next(&c, "Europe/Berlin", 1000000000), 0);
}

static void
refused(void **state)
{
	static const char *const	 bad[] = {
		"", "*", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *",
		"* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * foo *",
		"* * * * 8", "5-1 * * * *", "*/0 * * * *", "*/x * * * *",
		"1,, * * * *", "1- * * * *", "-1 * * * *", "@noon",
		"0x1 * * * *", "1000 * * * *", "monday * * * *"
	};
	struct cron			 c;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (cron_parse(bad[i], &c) == NULL)
			fail_msg("\"%s\" is taken", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(plain), cmocka_unit_test(forward),
		cmocka_unit_test(back), cmocka_unit_test(often),
		cmocka_unit_test(never), cmocka_unit_test(refused)
	};

	return (tap_run(tests));
}
