/*
 * The store: what reading a few rows of a large table costs, in steps of
 * SQLite's machine.  Failures that it names: a walk whose cost follows the
 * table and not its answer.
 */
#include "common/err.h"
#include "engine/store_int.h"
#include "tests/store_rig.h"
#include "tests/tap.h"

#define SMALL	100
#define LARGE	20000

static void
key_of(uint8_t key[8], unsigned int n)
{
	int	 i;

	for (i = 7; i >= 0; i--, n >>= 8)
		key[i] = (uint8_t)(n & 0xff);
}

static void
rows_put(struct sr_world *w, unsigned int from, unsigned int to)
{
	struct rec	*r = sr_row(w);
	uint8_t		 key[8];

	assert_int_equal(store_begin(w->s), 0);
	for (; from < to; from++) {
		key_of(key, from);
		assert_int_equal(store_put(w->s, ST_ATTEMPT, key, 8, 0, r),
		    0);
	}
	assert_int_equal(store_commit(w->s), 0);
	rec_free(r);
}

static int
row_seen(void *arg, const void *key, size_t keylen, struct rec *row)
{
	(void)key;
	(void)keylen;
	++*(unsigned int *)arg;
	rec_free(row);
	return (0);
}

/* Steps of one query since they were last asked for. */
static int
steps(struct sr_world *w, enum table_query q)
{
	return (sqlite3_stmt_status(w->s->stmt[Q_TABLES +
	    ST_ATTEMPT * TQ_MAX + (int)q], SQLITE_STMTSTATUS_VM_STEP, 1));
}

/* What ten rows of the middle cost, forward and back. */
static int
cost(struct sr_world *w, enum table_query q)
{
	uint8_t		 lo[8], hi[8];
	unsigned int	 n = 0;

	key_of(lo, 40);
	key_of(hi, SMALL * LARGE);
	(void)steps(w, q);
	assert_int_equal((q == TQ_BACK ? store_back : store_prefix)(w->s,
	    ST_ATTEMPT, lo, hi, 8, 10, row_seen, &n), 0);
	assert_int_equal(n, 10);
	return (steps(w, q));
}

static void
range_is_flat(void **state)
{
	struct sr_world	*w = *state;
	int		 forward, back;

	rows_put(w, 0, SMALL);
	forward = cost(w, TQ_PREFIX);
	back = cost(w, TQ_BACK);
	rows_put(w, SMALL, LARGE);
	assert_int_equal(cost(w, TQ_PREFIX), forward);
	assert_int_equal(cost(w, TQ_BACK), back);
	assert_in_range(forward, 10, 400);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(range_is_flat, sr_setup,
		    sr_teardown)
	};

	return (tap_run(tests));
}
