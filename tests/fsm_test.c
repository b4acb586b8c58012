/*
 * common/fsm.c: finding rows, and that the check sees each fault in a table.
 */
#include "common/fsm.h"
#include "common/log.h"
#include "tests/tap.h"

enum { A, B, C, NSTATES };
enum { GO, STOP, BACK, NEVENTS };

static const char *const	 names[] = { "a", "b", "c" };
static const char *const	 events[] = { "go", "stop", "back" };
static const int		 finals[] = { C };

static const struct transition good_rows[] = {
	{ A, GO, B, 1 },
	{ B, GO, B, 2 },
	{ B, BACK, A, 0 },
	{ FSM_ANY, STOP, C, 3 },
	{ C, STOP, C, 0 }
};

static struct fsm
machine(const struct transition *rows, size_t n)
{
	return ((struct fsm){ "test", names, NSTATES, events, NEVENTS, rows,
	    n });
}

#define MACHINE(rows)	machine(rows, sizeof(rows) / sizeof(rows[0]))

static void
find(void **state)
{
	struct fsm	 m = MACHINE(good_rows);

	(void)state;
	assert_ptr_equal(fsm_find(&m, A, GO), &good_rows[0]);
	assert_ptr_equal(fsm_find(&m, B, BACK), &good_rows[2]);
	assert_null(fsm_find(&m, A, BACK));
	assert_null(fsm_find(&m, C, GO));
}

/* A state's own row goes before the one for any state, wherever it stands. */
static void
own_row_first(void **state)
{
	struct fsm	 m = MACHINE(good_rows);

	(void)state;
	assert_ptr_equal(fsm_find(&m, A, STOP), &good_rows[3]);
	assert_ptr_equal(fsm_find(&m, B, STOP), &good_rows[3]);
	assert_ptr_equal(fsm_find(&m, C, STOP), &good_rows[4]);
}

static void
step(void **state)
{
	struct fsm	 m = MACHINE(good_rows);

	(void)state;
	assert_ptr_equal(fsm_step(&m, "x", A, GO), &good_rows[0]);
	assert_null(fsm_step(&m, "x", A, BACK));
}

static void
check_good(void **state)
{
	struct fsm	 m = MACHINE(good_rows);

	(void)state;
	assert_null(fsm_check(&m, A, finals, 1));
}

static void
check_two_rows(void **state)
{
	static const struct transition rows[] = {
		{ A, GO, B, 0 }, { B, GO, C, 0 }, { A, GO, C, 0 }
	};
	struct fsm	 m = MACHINE(rows);

	(void)state;
	assert_non_null(fsm_check(&m, A, finals, 1));
}

static void
check_unreachable(void **state)
{
	static const struct transition rows[] = {
		{ A, GO, C, 0 }, { B, GO, C, 0 }
	};
	struct fsm	 m = MACHINE(rows);

	(void)state;
	assert_non_null(fsm_check(&m, A, finals, 1));
	assert_non_null(strstr(fsm_check(&m, A, finals, 1), "reached"));
}

static void
check_no_way_out(void **state)
{
	static const struct transition rows[] = {
		{ A, GO, B, 0 }, { A, STOP, C, 0 }, { B, GO, B, 0 }
	};
	struct fsm	 m = MACHINE(rows);

	(void)state;
	assert_non_null(fsm_check(&m, A, finals, 1));
	assert_non_null(strstr(fsm_check(&m, A, finals, 1), "end"));
}

static void
check_numbers(void **state)
{
	static const struct transition bad[] = {
		{ A, NEVENTS, B, 0 }, { A, -1, B, 0 }, { NSTATES, GO, B, 0 },
		{ -2, GO, B, 0 }, { A, GO, NSTATES, 0 }, { A, GO, -1, 0 }
	};
	struct fsm	 m;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m = machine(&bad[i], 1);
		assert_non_null(strstr(fsm_check(&m, A, finals, 1), "names"));
	}
}

static void
check_names(void **state)
{
	static const char *const missing[] = { "x", NULL, "y" };
	struct fsm	 m = MACHINE(good_rows);

	(void)state;
	m.states = missing;
	assert_non_null(fsm_check(&m, A, finals, 1));
	m.states = names;
	m.events = missing;
	assert_non_null(fsm_check(&m, A, finals, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find),
		cmocka_unit_test(own_row_first),
		cmocka_unit_test(step),
		cmocka_unit_test(check_good),
		cmocka_unit_test(check_two_rows),
		cmocka_unit_test(check_unreachable),
		cmocka_unit_test(check_no_way_out),
		cmocka_unit_test(check_numbers),
		cmocka_unit_test(check_names)
	};

	log_init("fsm_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
