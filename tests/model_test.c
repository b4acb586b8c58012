/*
 * The graph and the scheduler against the model of tests/model.c: random
 * commands and words of other roles are given to both, and after each of them
 * every task, every session and everything that is owed must be the same.
 * Of a run that differs, whatever can be left out is left out before it is
 * printed.  MODEL_SEED repeats a run, MODEL_COMMANDS makes it longer.
 */
#include <inttypes.h>

#include "common/log.h"
#include "tests/model_pair.h"
#include "tests/tap.h"

#define COMMANDS	100000
#define EACH		500		/* of one world */

/* What became of tasks, of all worlds; sessions. */
struct sum {
	unsigned int	 tasks[TS_MAX], landed, sessions;
};

static void
sum_add(struct sum *s, const struct model *m)
{
	unsigned int	 i;

	for (i = 0; i < m->n; i++) {
		s->tasks[m->t[i].state]++;
		s->landed += (unsigned int)m->t[i].landed;
	}
	s->sessions += m->ns;
}

/* The place of the first difference, or n; why has it. */
static unsigned int
run(const struct op *op, unsigned int n, int64_t age, struct sum *sum,
    char why[256])
{
	struct pair	*p = malloc(sizeof(*p));
	unsigned int	 i;

	assert_non_null(p);
	pair_init(p, age);
	for (i = 0; i < n && p->why[0] == '\0'; i++)
		pair_op(p, &op[i]);
	snprintf(why, 256, "%s", p->why);
	if (sum != NULL)
		sum_add(sum, &p->m);
	if (p->why[0] != '\0')
		i--;
	pair_clear(p);
	free(p);
	return (i);
}

/* Leave out what can be left out: halves first, then less. */
static unsigned int
shrink(struct op *op, unsigned int n, int64_t age, char why[256])
{
	struct op	 less[EACH];
	unsigned int	 size, at, m;

	for (size = n / 2; size > 0; size = size / 2)
		for (at = 0; at + size <= n; ) {
			memcpy(less, op, at * sizeof(*op));
			memcpy(less + at, op + at + size,
			    (n - at - size) * sizeof(*op));
			m = run(less, n - size, age, NULL, why);
			if (why[0] == '\0') {
				at += size;
				continue;
			}
			n = m + 1;
			memcpy(op, less, n * sizeof(*op));
		}
	(void)run(op, n, age, NULL, why);
	return (n);
}

static uint32_t
random_next(uint64_t *r)
{
	*r ^= *r << 13;
	*r ^= *r >> 7;
	*r ^= *r << 17;
	return ((uint32_t)(*r >> 16));
}

static void
ops_make(struct op op[EACH], uint64_t seed)
{
	uint64_t	 r = seed * 0x9e3779b97f4a7c15ULL | 1;
	uint32_t	 all = 0, x;
	unsigned int	 i, k;

	for (k = 0; k < OP_MAX; k++)
		all += op_often(k);
	for (i = 0; i < EACH; i++) {
		x = random_next(&r) % all;
		for (k = 0; x >= op_often(k); k++)
			x -= op_often(k);
		op[i].kind = k;
		op[i].a = random_next(&r);
		op[i].b = random_next(&r);
		op[i].c = random_next(&r);
	}
}

static void
failed(struct op *op, unsigned int n, int64_t age, uint64_t seed)
{
	char		 why[256];
	unsigned int	 i;

	n = shrink(op, n, age, why);
	print_message("# MODEL_SEED=%" PRIu64 ": %s, after:\n", seed, why);
	for (i = 0; i < n; i++)
		print_message("#   %s %u %u %u\n", op_name(op[i].kind),
		    op[i].a, op[i].b, op[i].c);
	fail();
}

static uint64_t
env_number(const char *name, uint64_t v)
{
	const char	*s = getenv(name);

	return (s == NULL ? v : strtoull(s, NULL, 0));
}

static void
model(void **state)
{
	struct op	 op[EACH];
	struct sum	 sum = { 0 };
	char		 why[256];
	uint64_t	 seed = env_number("MODEL_SEED", 1);
	uint64_t	 most = env_number("MODEL_COMMANDS", COMMANDS), done;
	unsigned int	 n;
	int64_t		 age;

	(void)state;
	for (done = 0; done < most; done += EACH, seed++) {
		ops_make(op, seed);
		age = seed % 3 == 0 ? 0 : seed % 3 == 1 ? 1000 : 20000;
		n = run(op, EACH, age, &sum, why);
		if (why[0] != '\0')
			failed(op, n + 1, age, seed);
	}
	print_message("# %" PRIu64 " commands: %u tasks done, %u of them "
	    "landed, %u failed, %u cancelled; %u sessions\n", done,
	    sum.tasks[TS_DONE], sum.landed, sum.tasks[TS_FAILED],
	    sum.tasks[TS_CANCELLED], sum.sessions);
	assert_true(done < COMMANDS || (sum.landed > 500 &&
	    sum.tasks[TS_FAILED] > 500 && sum.tasks[TS_CANCELLED] > 500));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = { cmocka_unit_test(model) };

	log_init("model_test", 0);
	return (tap_run(tests));
}
