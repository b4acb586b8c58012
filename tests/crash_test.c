/*
 * The crash matrix: an engine that stops itself with SIGKILL at every
 * boundary of engine/crash.tbl, of every effect and of every input, the
 * first, the second and the last time that it passes it, and the first time
 * in two lives; and within every write.  Each time the next engine goes on,
 * and in the end nothing is missing and nothing happened twice.
 * CRASH_POINT=name is for one boundary.
 */
#include <stdio.h>

#include "common/log.h"
#include "tests/crash_scenario.h"
#include "tests/tap.h"

#define WRITES_SEEN	40	/* places within writes, of all there are */

struct boundary {
	int		 point;
	char		 name[64];
	unsigned int	 passed;	/* without a crash */
};

struct matrix {
	struct boundary		 b[CP_MAX];
	struct CMUnitTest	 tests[CP_MAX + 3];
	unsigned int		 calls;
	struct cw_world		*w;
};

/* cmocka gives a test one pointer: that of its boundary. */
static struct matrix	 mx;

void
crash_name(int point, char *out, size_t size)
{
	static const char *const	 names[] = {
#define CRASH(number, name, text) [number] = name,
#include "engine/crash.tbl"
#undef CRASH
	};
	static const char *const	 steps[] = { "came", "decided",
	    "taken" };

	if (point < CP_EFFECT)
		snprintf(out, size, "%s", names[point]);
	else if (point < CP_INPUT)
		snprintf(out, size, "effect %s, %s",
		    effect_row((point - CP_EFFECT) / 2)->name,
		    (point - CP_EFFECT) % 2 ? "sent" : "due");
	else
		snprintf(out, size, "input %s, %s",
		    input_name((point - CP_INPUT) / 3),
		    steps[(point - CP_INPUT) % 3]);
}

/* Nothing happens: what is passed, and how often. */
static void
smooth(void **state)
{
	int	 i;

	(void)state;
	cw_begin(mx.w);
	cs_run(mx.w, NULL, NULL);
	assert_int_equal(mx.w->lives, 1);
	for (i = 0; i < CP_MAX; i++)
		mx.b[i].passed = mx.w->page->passed[i];
	mx.calls = mx.w->page->calls;
	print_message("# %u writes and syncs\n", mx.calls);
}

static void
once(struct cw_world *w)
{
	w->page->passage = w->page->stop = 0;
}

/* The next engine stops there too, the one after it goes on. */
static void
twice(struct cw_world *w)
{
	if (w->lives > 1)
		once(w);
	w->page->passed[w->page->point] = 0;
}

static int
crashed(const struct boundary *b, unsigned int passage,
    void (*buried)(struct cw_world *))
{
	struct cw_world	*w = mx.w;

	cw_begin(w);
	w->page->point = (uint32_t)b->point;
	w->page->passage = passage;
	cs_run(w, buried, NULL);
	return (w->lives > 1);
}

static void
boundary(void **state)
{
	const struct boundary	*b = *state;
	unsigned int		 last = b->passed;

	if (last == 0)
		fail_msg("the scenario does not pass it: make it "
		    "(tests/crash_scenario.c)");
	assert_true(crashed(b, 1, twice));
	if (last > 1)
		assert_true(crashed(b, 2, once));
	/* What runs at once comes in another order now and then. */
	for (; last > 2 && !crashed(b, last, once); last--)
		;
}

/* Half of a write is done, and then the engine is no more. */
static void
torn(void **state)
{
	struct cw_world	*w = mx.w;
	unsigned int	 i;

	(void)state;
	for (i = 0; i < WRITES_SEEN; i++) {
		cw_begin(w);
		w->page->stop = 1 + i * mx.calls / WRITES_SEEN;
		cs_run(w, once, NULL);
	}
}

/* 1 when a program beside the tests has the boundaries in it. */
static int
has_boundaries(const char *program)
{
	char	 path[4096], word[] = "PRAETOR_CRASH";
	ssize_t	 n = readlink("/proc/self/exe", path, sizeof(path) - 64);
	size_t	 at = 0;
	FILE	*f;
	int	 c;

	assert_true(n > 0);
	path[n] = '\0';
	strcpy(strrchr(path, '/') + 1, program);
	assert_non_null(f = fopen(path, "r"));
	while (at < strlen(word) && (c = getc(f)) != EOF)
		at = c == word[at] ? at + 1 : c == word[0];
	fclose(f);
	return (at == strlen(word));
}

static void
not_installed(void **state)
{
	(void)state;
	assert_true(has_boundaries("crash-engine"));
	assert_false(has_boundaries("../praetor-engine"));
}

/* Its state would be in place of each test's own. */
static int
matrix_setup(void **state)
{
	void	*w;

	(void)state;
	if (cw_setup(&w) != 0)
		return (-1);
	mx.w = w;
	return (0);
}

static int
matrix_teardown(void **state)
{
	void	*w = mx.w;

	(void)state;
	return (cw_teardown(&w));
}

static void
matrix_add(size_t n, const char *name, CMUnitTestFunction fn, void *arg)
{
	mx.tests[n].name = name;
	mx.tests[n].test_func = fn;
	mx.tests[n].initial_state = arg;
}

int
main(void)
{
	const char	*only = getenv("CRASH_POINT");
	size_t		 n = 0;
	int		 i;

	log_init("crash_test", 0);
	tap_quiet();
	matrix_add(n++, "without a crash", smooth, NULL);
	matrix_add(n++, "not in what is installed", not_installed, NULL);
	for (i = 0; i < CP_MAX; i++) {
		mx.b[i].point = i;
		crash_name(i, mx.b[i].name, sizeof(mx.b[i].name));
		if (only == NULL || strcmp(only, mx.b[i].name) == 0)
			matrix_add(n++, mx.b[i].name, boundary, &mx.b[i]);
	}
	if (only == NULL || strcmp(only, "torn") == 0)
		matrix_add(n++, "torn", torn, NULL);
	tap_begin();
	return (tap_end(_cmocka_run_group_tests("tests", mx.tests, n,
	    matrix_setup, matrix_teardown)));
}
