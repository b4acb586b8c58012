/*
 * common/err.c: the table is whole, and its readers take any number.
 */
#include <errno.h>
#include <limits.h>

#include "common/err.h"
#include "tests/tap.h"

static const struct {
	int		 err;
	const char	*name;
	int		 code;
} want[] = {
#define ERR(n, shown, code, text) { PRA_E##n, shown, code },
#include "common/err.tbl"
#undef ERR
};

#define NWANT	(sizeof(want) / sizeof(want[0]))

static void
names_and_back(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < NWANT; i++) {
		assert_true(want[i].err < 0);
		assert_string_equal(err_name(want[i].err), want[i].name);
		assert_int_equal(err_byname(want[i].name), want[i].err);
		assert_int_equal(err_exit(want[i].err), want[i].code);
		assert_true(strlen(err_text(want[i].err)) > 0);
	}
	assert_string_equal(err_name(0), "ok");
	assert_int_equal(err_byname("ok"), 0);
	assert_int_equal(err_exit(0), 0);
}

static void
values_are_unique(void **state)
{
	size_t	 i, j;

	(void)state;
	for (i = 0; i < NWANT; i++)
		for (j = i + 1; j < NWANT; j++) {
			assert_int_not_equal(want[i].err, want[j].err);
			assert_string_not_equal(want[i].name, want[j].name);
		}
}

/* DESIGN 9: what a script may rely on. */
static void
exit_codes(void **state)
{
	(void)state;
	assert_int_equal(err_exit(PRA_ESYSTEM), 1);
	assert_int_equal(err_exit(PRA_EUSAGE), 2);
	assert_int_equal(err_exit(PRA_ENOTFOUND), 3);
	assert_int_equal(err_exit(PRA_EPERM), 4);
	assert_int_equal(err_exit(PRA_ECONFLICT), 5);
	assert_int_equal(err_exit(PRA_EUNREACH), 6);
	assert_int_equal(err_exit(PRA_ETIMEOUT), 7);
	assert_int_equal(err_exit(PRA_EFAILED), 8);
	assert_int_equal(err_exit(PRA_ECANCELLED), 9);
}

static void
unknown(void **state)
{
	static const int odd[] = { 1, 77, INT_MAX, INT_MIN, -PRA_POS_MAX };
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_string_equal(err_name(odd[i]), "internal");
		assert_int_equal(err_exit(odd[i]), 1);
		assert_true(strlen(err_text(odd[i])) > 0);
	}
	assert_int_equal(err_byname("no such"), PRA_EINTERNAL);
	assert_int_equal(err_byname(""), PRA_EINTERNAL);
}

static void
from_errno(void **state)
{
	(void)state;
	assert_int_equal(err_errno(ENOSPC), PRA_ENOSPC);
	assert_int_equal(err_errno(EDQUOT), PRA_ENOSPC);
	assert_int_equal(err_errno(EACCES), PRA_EPERM);
	assert_int_equal(err_errno(EPERM), PRA_EPERM);
	assert_int_equal(err_errno(ENOENT), PRA_ENOTFOUND);
	assert_int_equal(err_errno(ENOMEM), PRA_ENOMEM);
	assert_int_equal(err_errno(EIO), PRA_ESYSTEM);
	assert_int_equal(err_errno(0), PRA_ESYSTEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_back),
		cmocka_unit_test(values_are_unique),
		cmocka_unit_test(exit_codes),
		cmocka_unit_test(unknown),
		cmocka_unit_test(from_errno)
	};

	return (tap_run(tests));
}
