/*
 * Patterns for paths, and the table of classes and verdicts.
 */
#include "common/glob.h"
#include "common/review.h"
#include "tests/tap.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static const struct {
	const char	*pattern, *path;
	int		 flags, match;
} cases[] = {
	{ "Makefile", "Makefile", 0, 1 },
	{ "Makefile", "a/b/Makefile", 0, 1 },
	{ "Makefile", "Makefile/a", 0, 0 },
	{ "Makefile", "makefile", 0, 0 },
	{ "Makefile", "a/MAKEFILE", GLOB_FOLD, 1 },
	{ "*.mk", "a/x.mk", 0, 1 },
	{ "*.mk", ".mk", 0, 1 },
	{ "*.mk", "x.mkv", 0, 0 },
	{ "a?c", "abc", 0, 1 },
	{ "a?c", "ac", 0, 0 },
	{ "*", "anything/at/all", 0, 1 },
	{ "*a*b*c*", "xxaxxbxxcxx", 0, 1 },
	{ "*a*b*c*", "xxaxxcxxbxx", 0, 0 },
	{ "a/b", "a/b", 0, 1 },
	{ "a/b", "x/a/b", 0, 0 },
	{ "a/b", "a/b/c", 0, 0 },
	{ "a/b", "a", 0, 0 },
	{ "a/*", "a/b", 0, 1 },
	{ "a/*", "a/b/c", 0, 0 },
	{ "a/**", "a/b/c", 0, 1 },
	{ "a/**", "a", 0, 1 },
	{ "a/**", "ab", 0, 0 },
	{ "a/", "a", 0, 1 },
	{ "a/", "a/b/c", 0, 1 },
	{ "a/", "b/a/c", 0, 0 },
	{ "a/b/", "a/b/c", 0, 1 },
	{ "a/b/", "a/c", 0, 0 },
	{ "**/b", "b", 0, 1 },
	{ "**/b", "a/c/b", 0, 1 },
	{ "**/b", "a/b/c", 0, 0 },
	{ "**/b/**", "a/b/c", 0, 1 },
	{ "a/**/z", "a/z", 0, 1 },
	{ "a/**/z", "a/b/c/z", 0, 1 },
	{ "a/**/b/**/c", "a/b/x/b/y/c", 0, 1 },
	{ "a/**/b/**/c", "a/c/b", 0, 0 },
	{ "A/B", "a/b", 0, 0 },
	{ "A/B", "a/b", GLOB_FOLD, 1 },
	{ "a/b/c", "a", GLOB_ABOVE, 1 },
	{ "a/b/c", "a/b", GLOB_ABOVE, 1 },
	{ "a/b/c", "b", GLOB_ABOVE, 0 },
	{ "a/b/c", "a/x", GLOB_ABOVE, 0 },
	{ "**/x/y", "q", GLOB_ABOVE, 0 },
	{ "name", "dir", GLOB_ABOVE, 0 },
	{ "a/**/z", "a/q", GLOB_ABOVE, 1 },
};

static void
test_match(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < NELEM(cases); i++)
		if (glob_match(cases[i].pattern, cases[i].path,
		    cases[i].flags) != cases[i].match)
			fail_msg("\"%s\" against \"%s\"", cases[i].pattern,
			    cases[i].path);
}

/* What takes exponential time with a naive matcher. */
static void
test_slow(void **state)
{
	char	 path[4096], pattern[1025];
	size_t	 i;

	(void)state;
	for (i = 0; i < 4095; i++)
		path[i] = i % 2 ? '/' : 'a';
	path[i - 1] = 'b';
	path[i] = '\0';
	for (i = 0; i + 5 < sizeof(pattern); i += 5)
		memcpy(pattern + i, "**/a/", 5);
	memcpy(pattern + i - 5, "**/c", 5);
	assert_int_equal(glob_match(pattern, path, GLOB_FOLD), 0);
	memset(path, 'a', 4094);
	for (i = 0; i + 2 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[i - 1] = 'c';
	pattern[i] = '\0';
	assert_int_equal(glob_match(pattern, path, GLOB_FOLD), 0);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "", "/a", "a//b", "a/./b", "../a",
	    "a/..", "a**", "a/**b/c" };
	static const char *const good[] = { "a", "a/", "*", "**", "a/**/b",
	    ".github/", "a?", "..." };
	size_t	 i;

	(void)state;
	for (i = 0; i < NELEM(bad); i++)
		if (glob_refused(bad[i]) == NULL)
			fail_msg("\"%s\" is taken", bad[i]);
	for (i = 0; i < NELEM(good); i++)
		if (glob_refused(good[i]) != NULL)
			fail_msg("\"%s\" is refused", good[i]);
}

static void
test_classes(void **state)
{
	const struct review_row	*row;
	int			 i;

	(void)state;
	for (i = 0; i < RVC_MAX; i++) {
		row = review_row((enum review_class)i);
		assert_int_equal(review_class_byname(row->name), i);
		assert_true(row->verdict < RV_MAX);
		assert_true(strlen(row->name) <= 32);
	}
	for (i = 0; i < RV_MAX; i++)
		assert_int_equal(review_verdict_byname(
		    review_verdict_name((enum review_verdict)i)), i);
	assert_int_equal(review_class_byname("nothing"), RVC_MAX);
	assert_int_equal(review_verdict_byname(""), RV_MAX);
	/* What praetor-review(7) promises. */
	assert_int_equal(review_row(RVC_SECRET)->verdict, RV_DENY);
	assert_int_equal(review_row(RVC_AUTO)->verdict, RV_ASK);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_classes),
	};

	return (tap_run(tests));
}
