/*
 * An engine whose disk fails: no space, an error in a write, an error in a
 * sync, for a while at each place of the scenario in turn.  It says so to
 * the client, who asks again; it lives, and in the end nothing is missing.
 */
#include <errno.h>

#include "common/log.h"
#include "tests/crash_scenario.h"
#include "tests/tap.h"

#define PLACES		12	/* at which it begins */
#define CALLS		1200	/* that change a file, about, in all */
#define FAILING		40	/* of them among which it fails */

static unsigned int	 place;		/* in calls after the start */
static unsigned int	 failing;	/* calls that fail then */

/* What is needed to open the store is not of interest. */
static void
begins(struct cw_world *w)
{
	if (w->up && w->page->last == 0) {
		w->page->first = w->page->calls + 1 + place;
		w->page->last = w->page->first + failing - 1;
	}
}

static void
faults(struct cw_world *w, int kinds, int error)
{
	unsigned int	 i, felt = 0;

	failing = FAILING;
	for (i = 0; i < PLACES; i++) {
		cw_begin(w);
		place = i * (CALLS / PLACES);
		w->page->kinds = (uint32_t)kinds;
		w->page->error = error;
		cs_run(w, NULL, begins);
		assert_int_equal(w->lives, 1);
		felt += w->page->failed > 0;
	}
	assert_true(felt > PLACES / 2);
}

static void
no_space(void **state)
{
	faults(*state, FAULT_WRITE, ENOSPC);
}

static void
write_error(void **state)
{
	faults(*state, FAULT_WRITE, EIO);
}

static void
sync_error(void **state)
{
	faults(*state, FAULT_SYNC, EIO);
}

static void
room_later(struct cw_world *w)
{
	begins(w);
	if (w->refused == 20)
		w->page->error = 0;
}

/* Nothing can be written any more, until there is room again. */
static void
stays_full(void **state)
{
	struct cw_world	*w = *state;

	cw_begin(w);
	place = 200;
	failing = 1000000;
	w->page->kinds = FAULT_WRITE;
	w->page->error = ENOSPC;
	cs_run(w, NULL, room_later);
	assert_int_equal(w->lives, 1);
	assert_true(w->refused >= 20);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, cw_setup, cw_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(no_space), TEST(write_error), TEST(sync_error),
		TEST(stays_full)
	};

	log_init("crash_fault_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
