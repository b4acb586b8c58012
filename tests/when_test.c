/*
 * common/when.c: times and durations as text, and the types' arithmetic.
 */
#include "common/err.h"
#include "common/when.h"
#include "tests/tap.h"

static void
check_wall(int64_t us, const char *want)
{
	char	 out[WHEN_TEXT];

	memset(out, 'x', sizeof(out));
	wall_format(out, (struct wall){ us });
	assert_string_equal(out, want);
}

static void
wall_text(void **state)
{
	(void)state;
	check_wall(0, "1970-01-01T00:00:00.000000Z");
	check_wall(1, "1970-01-01T00:00:00.000001Z");
	check_wall(1795222923123456, "2026-11-21T01:02:03.123456Z");
	check_wall(951782400000000, "2000-02-29T00:00:00.000000Z");
	check_wall(253402300799999999, "9999-12-31T23:59:59.999999Z");
}

/* What no clock says still gives text of the one form: clamped. */
static void
wall_out_of_range(void **state)
{
	(void)state;
	check_wall(-1, "1970-01-01T00:00:00.000000Z");
	check_wall(INT64_MIN, "1970-01-01T00:00:00.000000Z");
	check_wall(253402300800000000, "9999-12-31T23:59:59.999999Z");
	check_wall(INT64_MAX, "9999-12-31T23:59:59.999999Z");
}

static void
duration_good(void **state)
{
	static const struct {
		const char	*text;
		uint64_t	 ms;
	} good[] = {
		{ "0", 0 }, { "30", 30000 }, { "30s", 30000 },
		{ "1500ms", 1500 }, { "5m", 300000 }, { "2h", 7200000 },
		{ "1d", 86400000 }, { "007", 7000 },
		{ "213503982334d", 18446744073657600000U }
	};
	uint64_t	 ms;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ms = 1;
		assert_int_equal(duration_parse(good[i].text, &ms), 0);
		assert_true(ms == good[i].ms);
	}
}

static void
duration_bad(void **state)
{
	static const char *const bad[] = {
		"", " 1", "-1", "+1", "1 s", "s", "1x", "1sm", "1.5s", "0x10",
		"213503982335d", "18446744073709551616", "1m30s", "1S"
	};
	uint64_t	 ms;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (duration_parse(bad[i], &ms) != PRA_EINVALID)
			fail_msg("\"%s\" was taken", bad[i]);
}

static void
duration_round(void **state)
{
	static const uint64_t	 ms[] = {
		0, 1, 999, 1000, 1001, 90000, 300000, 3600000, 5400000,
		86400000, 129600000, UINT64_MAX / 86400000
	};
	char			 text[24];
	uint64_t		 back;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(ms) / sizeof(ms[0]); i++) {
		duration_format(text, ms[i]);
		assert_int_equal(duration_parse(text, &back), 0);
		assert_true(back == ms[i]);
	}
	duration_format(text, 90000);
	assert_string_equal(text, "90s");
	duration_format(text, 300000);
	assert_string_equal(text, "5m");
	duration_format(text, 0);
	assert_string_equal(text, "0s");
}

static void
clocks(void **state)
{
	struct mono	 a, b;
	struct timeval	 tv;

	(void)state;
	a = mono_now();
	b = mono_now();
	assert_true(mono_diff_us(a, b) >= 0);
	assert_true(mono_diff_us((struct mono){ 5 }, (struct mono){ 3 }) == -2);
	assert_true(wall_now().us > 1600000000000000);
	tv = ms_timeval(1234);
	assert_int_equal(tv.tv_sec, 1);
	assert_int_equal(tv.tv_usec, 234000);
	tv = ms_timeval(-5);
	assert_int_equal(tv.tv_sec, 0);
	assert_int_equal(tv.tv_usec, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_text),
		cmocka_unit_test(wall_out_of_range),
		cmocka_unit_test(duration_good),
		cmocka_unit_test(duration_bad),
		cmocka_unit_test(duration_round),
		cmocka_unit_test(clocks)
	};

	return (tap_run(tests));
}
