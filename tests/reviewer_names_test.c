/*
 * Names and texts: what is taken for .git, what may be made on disk, what
 * may be printed.
 */
#include "tests/tap.h"

#include <git2.h>

#include "common/err.h"
#include "reviewer/names.h"
#include "reviewer/outcome.h"

static void
test_dotgit(void **state)
{
	static const char *const yes[] = { ".git", ".GIT", ".Git", ".git ",
	    ".git.", ".git. .", ".git:x", ".git::$INDEX_ALLOCATION", "git~1",
	    "GIT~2", "git~1 ", ".g\342\200\214it", "\357\273\277.git",
	    ".git\342\201\257", "a\\.git", ".git\\config", "x\\git~1\\y" };
	static const char *const no[] = { ".gitignore", ".gitmodules", "git",
	    ".gi", ".git2", "git~", "git~10", "git-1", " .git", "..git",
	    "a.git", ".g\342\200\213it", "\\", "a\\b", ".github", "" };
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!name_is_dotgit(yes[i]))
			fail_msg("%s is not taken for .git", yes[i]);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (name_is_dotgit(no[i]))
			fail_msg("%s is taken for .git", no[i]);
}

static void
test_refused(void **state)
{
	char	 long_name[300];

	(void)state;
	memset(long_name, 'x', sizeof(long_name));
	long_name[256] = '\0';
	assert_non_null(name_refused(""));
	assert_non_null(name_refused("."));
	assert_non_null(name_refused(".."));
	assert_non_null(name_refused("a/b"));
	assert_non_null(name_refused(long_name));
	assert_null(name_refused("\377"));
	assert_null(name_refused("..."));
	assert_non_null(name_refused_new("\377"));
	assert_non_null(name_refused_new("a\nb"));
	assert_non_null(name_refused_new("\302\233"));
	assert_non_null(name_refused_new("\177"));
	assert_null(name_refused_new("\303\244"));
	assert_null(name_refused_new(" "));
	assert_null(name_refused_new("..a"));
	assert_null(name_refused_new("system\\x2dcrypt.slice"));
	assert_null(name_refused_new("a\\"));
	assert_non_null(name_refused_new("..."));
	assert_non_null(name_refused_new(".. "));
	assert_non_null(name_refused_new("a\\..\\b"));
	assert_non_null(name_refused_new("a\\.. \\b"));
	assert_non_null(name_refused_new("\\\\host\\share"));
	assert_non_null(name_refused_new("\\x"));
	assert_true(project_valid("web-2.0_x"));
	assert_false(project_valid(".web"));
	assert_false(project_valid(""));
	assert_false(project_valid("a/b"));
}

static void
test_canonical(void **state)
{
	static const char *const cases[][2] = {
		{ ".VSCode", ".vscode" }, { ".vscode. .", ".vscode" },
		{ "tasks.json::$DATA", "tasks.json" }, { "a", "a" },
		{ ".git\342\200\215hub", ".github" }, { "...", "..." },
		{ "\342\204\252\305\277", "ks" }, { "\303\211", "\303\211" },
		{ "\342\200\215", "\342" }, { ":x", ":x" }
	};
	char			 out[300];
	size_t			 i, n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = name_canonical(out, sizeof(out), cases[i][0],
		    strlen(cases[i][0]));
		assert_string_equal(out, cases[i][1]);
		assert_int_equal(n, strlen(out));
	}
	assert_int_equal(name_canonical(out, 4, "abcdef", 6), 3);
}

static void
test_push(void **state)
{
	char	 path[WALKED_PATH] = "", name[256];
	size_t	 len = 0;
	int	 i;

	(void)state;
	memset(name, 'n', 255);
	name[255] = '\0';
	for (i = 0; i < 15; i++)
		assert_int_equal(path_push(path, &len, name), 0);
	assert_int_equal(path_push(path, &len, name), 0);
	assert_int_equal(len, WALKED_PATH - 1);
	assert_int_equal(path_push(path, &len, "x"), -1);
	assert_int_equal(strlen(path), WALKED_PATH - 1);
}

static void
test_clean(void **state)
{
	char	 out[64], tiny[6];

	(void)state;
	assert_string_equal(text_clean(out, sizeof(out), "a\tb\033[0m"),
	    "a\\x09b\\x1b[0m");
	assert_string_equal(text_clean(out, sizeof(out), "\303\244\377\342"),
	    "\303\244\\xff\\xe2");
	assert_string_equal(text_clean(out, sizeof(out), "\302\205"),
	    "\\xc2\\x85");
	assert_string_equal(text_clean(tiny, sizeof(tiny), "ab\001"), "ab");
	assert_string_equal(text_clean(tiny, sizeof(tiny), "abcd\303\244"),
	    "abcd");
}

static void
test_outcome(void **state)
{
	struct outcome	 o;
	char		 text[4000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(outcome_set(&o, PRA_EPERM, "%s", text), PRA_EPERM);
	assert_int_equal(strlen(o.text), OUTCOME_TEXT - 1);
	assert_int_equal(outcome_errno(&o, 28, "disk"), PRA_ENOSPC);
	git_error_set_str(GIT_ERROR_OS, "write: No space left on device");
	assert_int_equal(outcome_git(&o, -1, "pack"), PRA_ENOSPC);
	git_error_set_str(GIT_ERROR_OS, "open: Permission denied");
	assert_int_equal(outcome_git(&o, -1, "pack"), PRA_EPERM);
	assert_int_equal(outcome_git(&o, GIT_ENOTFOUND, "x"), PRA_EPERM);
	git_error_set_str(GIT_ERROR_ODB, "gone");
	assert_int_equal(outcome_git(&o, GIT_ENOTFOUND, "x"), PRA_ENOTFOUND);
	assert_string_equal(o.text, "x: gone");
}

static int
setup(void **state)
{
	(void)state;
	return (git_libgit2_init() > 0 ? 0 : -1);
}

static int
teardown(void **state)
{
	(void)state;
	git_libgit2_shutdown();
	return (0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_dotgit),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_outcome),
	};

	return (tap_run_group(tests, setup, teardown));
}
