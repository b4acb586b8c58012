/*
 * An engine whose wall clock jumps back an hour, at each command of the
 * scenario in turn, while it lives and between two lives: every task comes to
 * its end, and ids, keys and the order of events stay what they were.
 */
#include "common/log.h"
#include "tests/crash_scenario.h"
#include "tests/tap.h"

#define HOUR	(3600LL * 1000000)
#define PLACES	16

static unsigned int	 place;		/* of the jump: a command */
static int		 dies;		/* it dies with it */
static int		 jumped;

static void
jump(struct cw_world *w)
{
	if (jumped || w->at <= place || !w->up)
		return;
	jumped = 1;
	w->page->clock -= HOUR;
	if (dies)
		w->page->passage = w->page->passed[CP_TURN] + 1;
}

static void
born(struct cw_world *w)
{
	w->page->passage = 0;
}

static void
jumps(struct cw_world *w, int and_dies)
{
	dies = and_dies;
	for (place = 0; place < PLACES; place++) {
		cw_begin(w);
		jumped = 0;
		w->page->point = CP_TURN;
		cs_run(w, born, jump);
		assert_int_equal(w->lives, 1 + and_dies);
	}
}

static void
alive(void **state)
{
	jumps(*state, 0);
}

static void
dead(void **state)
{
	jumps(*state, 1);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, cw_setup, cw_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = { TEST(alive), TEST(dead) };

	log_init("crash_clock_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
