/*
 * An engine whose disk fails: no space, an error in a write, an error in a
 * sync, for a while at each place of the scenario in turn.  It says so to
 * the client, who asks again; it lives, and in the end nothing is missing.
 */
#include <errno.h>

#include "common/log.h"
#include "tests/crash_scenario.h"
#include "tests/tap.h"

#define PLACES		25	/* at which it begins */
#define CALLS		1400	/* that change a file, about, in all */
#define FAILING		6	/* of them that fail in a row */

static unsigned int	 felt;	/* runs in which something failed */

static void
faults(struct cw_world *w, int kinds, int error)
{
	unsigned int	 i;

	felt = 0;
	for (i = 0; i < PLACES; i++) {
		cw_begin(w);
		w->page->kinds = (uint32_t)kinds;
		w->page->error = error;
		/* What is needed to open the store is not of interest. */
		w->page->first = 60 + i * (CALLS / PLACES);
		w->page->last = w->page->first + FAILING - 1;
		cs_run(w, NULL, NULL);
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

/* Nothing can be written any more: no command is taken, and none half. */
static void
stays_full(void **state)
{
	struct cw_world	*w = *state;

	cw_begin(w);
	w->page->kinds = FAULT_WRITE;
	w->page->error = ENOSPC;
	w->page->first = 200;
	w->page->last = UINT32_MAX;
	cs_begin(w);
	while (w->refused < 20)
		assert_int_equal(cw_turn(w), 0);
	w->page->error = 0;		/* there is room again */
	cs_go_on(w, NULL, NULL);
	assert_int_equal(w->lives, 1);
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
