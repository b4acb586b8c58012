/*
 * Sub-tasks that an attempt proposes by what it prints: which are filed, and
 * why others are not.  Runs in a test program, on the engine's pure half.
 */
#include "common/err.h"
#include "tests/pure_rig.h"
#include "tests/tap.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static struct task *
named(const struct pr_world *w, const char *name)
{
	return (state_named(state_project(w->st, "p"), name));
}

static struct task *
add(struct pr_world *w, const char *name)
{
	struct rec	*r = pr_task_rec("p", name, NULL);

	rec_set_u64(r, F_c_task_create_retries, 0);
	assert_int_equal(pr_command(w, r), 0);
	return (named(w, name));
}

static int
retry(struct pr_world *w, const char *name)
{
	struct rec	*r = rec_new(REC_c_task_retry);

	rec_set_str(r, F_c_task_retry_task, name);
	return (pr_command(w, r));
}

/* Everything that the scheduler has to decide. */
static void
settle(struct pr_world *w)
{
	uint64_t	 seq;

	do {
		seq = w->seq;
		pr_schedule(w);
	} while (w->seq != seq);
}

/* The attempt in the only session ends and has proposed this. */
static void
propose(struct pr_world *w, int64_t status, const char *const *lines, size_t n)
{
	uint64_t	 s = w->st->last_session;
	struct input	 in = { .kind = IN_STEP_DONE, .session = s };
	size_t		 i;
	int		 f;

	in.rec = rec_new(REC_b_exit);
	for (f = 0; f < F_b_exit_N; f++)
		if (rec_def(REC_b_exit)->fields[f].type == R_U64)
			rec_set_u64(in.rec, f, 3);
	rec_set_u64(in.rec, F_b_exit_fence, w->st->last_fence);
	rec_set_str(in.rec, F_b_exit_why, "exit");
	rec_set_i64(in.rec, F_b_exit_status, status);
	for (i = 0; i < n; i++)
		rec_add_str(in.rec, F_b_exit_proposals, lines[i]);
	assert_int_equal(pr_feed(w, &in), 0);
}

/* Reasons of the proposals that were refused, in order. */
static void
refusals_are(const struct pr_world *w, const char *want)
{
	const struct fact	*f;
	char			 out[200] = "";

	STAILQ_FOREACH(f, &w->d.facts, next)
		if (rec_kind(f->data) == REC_e_task_unproposed) {
			strcat(out, rec_str(f->data,
			    F_e_task_unproposed_reason));
			strcat(out, " ");
		}
	assert_string_equal(out, want);
}

static void
proposals(void **state)
{
	static const char *const	 lines[] = {
		"one make one", "a\033b x", "one make it", "three ", "a make",
		"two make two"
	};
	struct pr_world			*w = *state;
	struct task			*a, *one;
	int				 i;

	pr_project(w, "p", NULL);
	a = add(w, "a");
	for (i = 0; i < 2; i++) {
		settle(w);
		pr_base_ready(w, w->st->last_session);
		pr_booted(w, w->st->last_session);
		assert_int_not_equal(rec_u64(a->e.row, F_s_task_token), 0);
		propose(w, i == 0 ? 1 : 0, lines, NELEM(lines));
		pr_gone(w, w->st->last_session);
		if (i == 0) {		/* it failed: nothing is filed */
			assert_int_equal(w->st->ntasks[TS_READY], 0);
			pr_imported_none(w, a->change);
			assert_int_equal(retry(w, "a"), 0);
		}
	}
	pr_imported_none(w, a->change);
	assert_int_equal(rec_u64(a->e.row, F_s_task_proposed), 2);
	one = named(w, "one");
	assert_string_equal(rec_str(one->e.row, F_s_task_run), "make one");
	assert_int_equal(rec_u64(one->e.row, F_s_task_depth), 1);
	assert_non_null(named(w, "two"));
	/* And those that were refused, of another. */
	settle(w);
	assert_ptr_equal(state_session(w->st, w->st->last_session)->task, one);
	pr_base_ready(w, w->st->last_session);
	pr_booted(w, w->st->last_session);
	propose(w, 0, lines, NELEM(lines));
	refusals_are(w, "name name name empty name ");
	assert_int_equal(rec_u64(one->e.row, F_s_task_proposed), 1);
}

int
main(void)
{
	static const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(proposals, pr_setup,
		    pr_teardown)
	};

	return (tap_run(tests));
}
