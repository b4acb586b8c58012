/*
 * common/ids.c: ULIDs rise, and their text takes one form and no other.
 */
#include <ctype.h>

#include "common/err.h"
#include "common/ids.h"
#include "tests/tap.h"

#define LOWEST	"t_00000000000000000000000000"
#define HIGHEST	"t_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"

static void
monotonic(void **state)
{
	uint8_t		 last[ULID_LEN] = { 0 }, prev[ULID_LEN] = { 0 };
	uint8_t		 id[ULID_LEN];
	uint64_t	 ms;
	int		 i;

	(void)state;
	/* Rising, standing still, and going back. */
	for (i = 0; i < 30000; i++) {
		ms = 1700000000000 + (uint64_t)(i < 10000 ? i :
		    i < 20000 ? 10000 : 30000 - i);
		ulid_make(id, last, ms);
		assert_true(memcmp(id, prev, ULID_LEN) > 0);
		assert_memory_equal(id, last, ULID_LEN);
		memcpy(prev, id, ULID_LEN);
	}
}

static void
carries(void **state)
{
	uint8_t	 last[ULID_LEN], id[ULID_LEN], want[ULID_LEN] = { 0 };

	(void)state;
	memset(last, 0xff, sizeof(last));
	memset(last, 0, 6);
	last[5] = 9;
	ulid_make(id, last, 9);
	want[5] = 10;
	assert_memory_equal(id, want, ULID_LEN);
}

static void
time_in_front(void **state)
{
	uint8_t	 last[ULID_LEN] = { 0 }, id[ULID_LEN];
	char	 text[ID_SIZE];

	(void)state;
	/* The example of the specification: 1469918176385 is 01ARYZ6S41. */
	ulid_make(id, last, 1469918176385);
	id_format(text, 't', id);
	assert_memory_equal(text, "t_01ARYZ6S41", 12);
	assert_int_equal(strlen(text), ID_TEXT);
}

static void
round_trip(void **state)
{
	uint8_t	 id[ULID_LEN], back[ULID_LEN];
	char	 text[ID_SIZE], again[ID_SIZE];
	size_t	 i, j;

	(void)state;
	for (i = 0; i < 5000; i++) {
		arc4random_buf(id, sizeof(id));
		id_format(text, 'c', id);
		assert_int_equal(id_parse(back, 'c', text), 0);
		assert_memory_equal(id, back, ULID_LEN);
		for (j = 2; j < ID_TEXT; j++)
			text[j] = (char)tolower((unsigned char)text[j]);
		assert_int_equal(id_parse(back, 'c', text), 0);
		assert_memory_equal(id, back, ULID_LEN);
		id_format(again, 'c', back);
		assert_int_equal(strcasecmp(again, text), 0);
	}
}

static void
ends_of_the_range(void **state)
{
	uint8_t	 id[ULID_LEN], want[ULID_LEN];
	char	 text[ID_SIZE];

	(void)state;
	memset(want, 0, sizeof(want));
	assert_int_equal(id_parse(id, 't', LOWEST), 0);
	assert_memory_equal(id, want, ULID_LEN);
	id_format(text, 't', want);
	assert_string_equal(text, LOWEST);
	memset(want, 0xff, sizeof(want));
	assert_int_equal(id_parse(id, 't', HIGHEST), 0);
	assert_memory_equal(id, want, ULID_LEN);
	id_format(text, 't', want);
	assert_string_equal(text, HIGHEST);
}

static void
refused(void **state)
{
	static const char *const bad[] = {
		"", "t_", "t_0", "t",
		"t_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",		/* over 128 bits */
		"t_ZZZZZZZZZZZZZZZZZZZZZZZZZZ",
		"c_00000000000000000000000000",		/* another letter */
		"T_00000000000000000000000000",
		"t-00000000000000000000000000",
		"t_0000000000000000000000000",		/* one too few */
		"t_000000000000000000000000000",	/* one too many */
		"t_0000000000000000000000000I",		/* no such letter */
		"t_0000000000000000000000000L",
		"t_0000000000000000000000000O",
		"t_0000000000000000000000000u",
		"t_0000000000000000000000000 ",
		"t_0000000000000000000000000\xff"
	};
	uint8_t	 id[ULID_LEN];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (id_parse(id, 't', bad[i]) != PRA_EINVALID)
			fail_msg("\"%s\" was taken", bad[i]);
}

static void
object_names(void **state)
{
	uint8_t	 oid[OID_LEN], back[OID_LEN];
	char	 text[OID_SIZE];
	int	 i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		arc4random_buf(oid, sizeof(oid));
		oid_format(text, oid);
		assert_int_equal(strspn(text, "0123456789abcdef"), OID_TEXT);
		assert_int_equal(oid_parse(back, text), 0);
		assert_memory_equal(oid, back, OID_LEN);
	}
	text[0] = 'A';
	assert_int_equal(oid_parse(back, text), 0);
	assert_int_equal(back[0] >> 4, 10);
	text[5] = 'g';
	assert_int_equal(oid_parse(back, text), PRA_EINVALID);
	text[5] = '\0';
	assert_int_equal(oid_parse(back, text), PRA_EINVALID);
	assert_int_equal(oid_parse(back, ""), PRA_EINVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(monotonic),
		cmocka_unit_test(carries),
		cmocka_unit_test(time_in_front),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(ends_of_the_range),
		cmocka_unit_test(refused),
		cmocka_unit_test(object_names)
	};

	return (tap_run(tests));
}
