/*
 * The count of what a job changed, in both kinds of worktree.  Failures that
 * it names: a change that does not show, one that shows and was none, a walk
 * without bounds.
 */
#include "tests/tap.h"

#include <sys/stat.h>
#include <time.h>

#include "executor/init.h"

struct world {
	char		 dir[64];
	struct handover	 h;
};

static int
up(void **state)
{
	struct world	*w = calloc(1, sizeof(*w));

	assert_non_null(w);
	/* Two directories of the first: in memory where that can be. */
	snprintf(w->dir, sizeof(w->dir), "%s/praetor-count.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	*state = w;
	return (0);
}

static void
sh(struct world *w, const char *script)
{
	char	 cmd[4096];

	snprintf(cmd, sizeof(cmd), "cd %s && %s", w->dir, script);
	assert_int_equal(system(cmd), 0);
}

static int
down(void **state)
{
	struct world	*w = *state;

	sh(w, "rm -rf $PWD");
	free(w);
	return (0);
}

static uint64_t
count(struct world *w)
{
	uint64_t n;
	int	 fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	n = count_changes(fd, &w->h);
	close(fd);
	return (n);
}

static void
test_overlay(void **state)
{
	struct world	*w = *state;

	assert_int_equal(count(w), 0);
	sh(w, "mkdir -p .git/x a/.git b/c; : >.git/x/y; : >a/f; : >a/.git/g; "
	    "ln -s / b/c/l; touch -d @1000000000 b/old");
	assert_int_equal(count(w), 4);
}

/* Four files as a copy leaves them, in three directories. */
static void
copied(struct world *w)
{
	struct timespec	 now;

	sh(w, "mkdir -p .git d/e; for f in a b d/c .git/index; do echo x >$f; "
	    "done; ln -s a d/e/l; touch -hd @1000000000 a b d/c d/e/l");
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	w->h.copied = now.tv_sec * 1000000000LL + now.tv_nsec;
	w->h.names = 6;
	w->h.files = 4;
}

static void
test_copy(void **state)
{
	static const struct { const char *edit; unsigned int n; } edits[] = {
		{ "true", 0 }, { "echo y >>a", 1 }, { "echo z >d/new", 2 },
		{ "rm d/c", 2 }, { "ln -sfn b d/e/l", 3 }, { "rm -r d", 3 },
		{ "echo y >.git/config; mkdir -p q/w", 3 },
		{ "rm a b", 4 }, { ": >a; : >b; : >c; : >f; : >g", 5 }
	};
	struct world	*w = *state;
	uint64_t	 n;
	size_t		 i;

	copied(w);
	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		sh(w, edits[i].edit);
		if ((n = count(w)) != edits[i].n)
			fail_msg("%s: %llu", edits[i].edit,
			    (unsigned long long)n);
	}
}

/* A time of modification can be set to what it was: not the other. */
static void
test_times(void **state)
{
	struct world	*w = *state;

	copied(w);
	while (time(NULL) <= w->h.copied / 1000000000)
		continue;
	sh(w, "echo y >a; touch -d @1000000000 a");
	assert_int_equal(count(w), 1);
	sh(w, "chmod 755 b; mv d/c d/f");
	assert_int_equal(count(w), 3);
}

/* Directories alone take time as well: in any order, some files come late. */
static void
test_bounds(void **state)
{
	struct world	*w = *state;

	sh(w, "seq -f f%.0f 1500 | xargs touch; seq -f d%.0f 100000 | "
	    "xargs mkdir; seq -f g%.0f 1500 | xargs touch");
	assert_in_range(count(w), 1, 2999);
	w->h.copied = 1;
	w->h.files = 50000;	/* which of them are gone is not known */
	assert_in_range(count(w), 1, 2999);
	w->h.names = 3100;
	assert_int_equal(count(w), 50000);
	w->h.files = COUNT_MAX + 1;
	assert_int_equal(count(w), COUNT_MAX);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(test_overlay, up, down),
		cmocka_unit_test_setup_teardown(test_copy, up, down),
		cmocka_unit_test_setup_teardown(test_times, up, down),
		cmocka_unit_test_setup_teardown(test_bounds, up, down)
	};

	return (tap_run(tests));
}
