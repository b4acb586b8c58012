/*
 * The engine's pure half: what a task can wait for of another, and what each
 * end of that one means for it.
 */
#include "common/err.h"
#include "engine/deps.h"
#include "engine/parts.h"
#include "engine/queue.h"
#include "engine/text.h"
#include "engine/views.h"
#include "tests/pure_rig.h"
#include "tests/tap.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

enum how { LANDED, ASIDE, NO_CHANGE, FAILED, UNBORN, CANCELLED };

static struct task *
named(const struct pr_world *w, const char *name)
{
	return (state_named(state_project(w->st, "p"), name));
}

static struct task *
add(struct pr_world *w, const char *name, const char *dep)
{
	struct rec	*r = pr_task_rec("p", name, dep);

	rec_set_u64(r, F_c_task_create_retries, 0);
	assert_int_equal(pr_command(w, r), 0);
	return (named(w, name));
}

static int
on_task(struct pr_world *w, enum rec_kind kind, int field, const char *name)
{
	struct rec	*r = rec_new(kind);

	rec_set_str(r, field, name);
	return (pr_command(w, r));
}

#define CANCEL(w, n)	on_task(w, REC_c_task_cancel, F_c_task_cancel_task, n)
#define RETRY(w, n)	on_task(w, REC_c_task_retry, F_c_task_retry_task, n)
#define HOLD(w, n)	on_task(w, REC_c_task_hold, F_c_task_hold_task, n)

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

static void
landed(struct pr_world *w, const struct change *c, int aside)
{
	static const uint8_t	 oid[OID_LEN] = { 9 };
	struct input		 in = { .kind = IN_LANDED };

	in.rec = rec_new(REC_b_landed);
	rec_set_id(in.rec, F_b_landed_change, rec_id(c->e.row, F_s_change_id));
	rec_set_str(in.rec, F_b_landed_err, "ok");
	rec_set_oid(in.rec, F_b_landed_commit, oid);
	rec_set_u64(in.rec, F_b_landed_aside, (uint64_t)aside);
	assert_int_equal(pr_feed(w, &in), 0);
}

/* The base of its session cannot be made, for good. */
static void
no_base(struct pr_world *w, uint64_t session, int missing)
{
	struct input	 in = { .kind = IN_BASE_READY };

	in.rec = rec_new(REC_b_base_ready);
	rec_set_u64(in.rec, F_b_base_ready_session, session);
	rec_set_str(in.rec, F_b_base_ready_err, "notfound");
	rec_set_str(in.rec, F_b_base_ready_text, "a left no file \"out\"");
	rec_set_u64(in.rec, F_b_base_ready_missing, (uint64_t)missing);
	assert_int_equal(pr_feed(w, &in), 0);
}

/* Run the task that has the only session, to this end. */
static void
run(struct pr_world *w, struct task *t, enum how how)
{
	uint64_t	 s;

	settle(w);
	s = w->st->last_session;
	assert_ptr_equal(state_session(w->st, s)->task, t);
	if (how == UNBORN) {
		no_base(w, s, 0);
		settle(w);
		return;
	}
	pr_base_ready(w, s);
	pr_booted(w, s);
	pr_step_done(w, s, w->st->last_fence, how == FAILED ? 2 : 0);
	pr_gone(w, s);
	if (how == NO_CHANGE) {
		pr_imported_none(w, t->change);
	} else {
		pr_imported(w, t->change);
		if (how != FAILED) {
			pr_schedule(w);		/* the merge */
			pr_merged(w, t->change);
			landed(w, t->change, how == ASIDE);
		}
	}
	settle(w);
}

static void
end(struct pr_world *w, struct task *t, enum how how)
{
	if (how != CANCELLED) {
		run(w, t, how);
		return;
	}
	assert_int_equal(CANCEL(w, rec_str(t->e.row, F_s_task_name)), 0);
	settle(w);
}

/* Every kind with every end. */
static void
kinds(void **state)
{
	static const struct {
		const char	*dep;
		enum how	 how;
		enum task_state	 want;
		const char	*word;
	} cases[] = {
		{ "a", LANDED, TS_READY, NULL },
		{ "ok:a", NO_CHANGE, TS_READY, NULL },
		{ "ok:a", FAILED, TS_HELD, "dependency-failed" },
		{ "ok:a", CANCELLED, TS_HELD, "dependency-failed" },
		{ "any:a", LANDED, TS_READY, NULL },
		{ "any:a", FAILED, TS_READY, NULL },
		{ "any:a", CANCELLED, TS_READY, NULL },
		{ "failed:a", FAILED, TS_READY, NULL },
		{ "failed:a", UNBORN, TS_READY, NULL },
		{ "failed:a", LANDED, TS_CANCELLED, "not-needed" },
		{ "failed:a", NO_CHANGE, TS_CANCELLED, "not-needed" },
		{ "failed:a", CANCELLED, TS_HELD, "dependency-cancelled" },
		{ "merged:a", LANDED, TS_READY, NULL },
		{ "merged:a", NO_CHANGE, TS_CANCELLED, "not-needed" },
		{ "merged:a", ASIDE, TS_CANCELLED, "not-needed" },
		{ "merged:a", FAILED, TS_HELD, "dependency-failed" },
		{ "merged:a", CANCELLED, TS_HELD, "dependency-failed" },
		{ "file:a:out", LANDED, TS_READY, NULL },
		{ "file:a:out", NO_CHANGE, TS_READY, NULL },
		{ "file:a:out", FAILED, TS_READY, NULL },
		{ "file:a:out", UNBORN, TS_HELD, "dependency-file" },
		{ "file:a:out", CANCELLED, TS_HELD, "dependency-file" }
	};
	struct pr_world	*w = *state;
	struct task	*a, *b;
	char		 why[TEXT_LINE];
	size_t		 i;

	pr_project(w, "p", NULL);
	for (i = 0; i < NELEM(cases); i++) {
		a = add(w, "a", NULL);
		b = add(w, "b", cases[i].dep);
		assert_int_equal(b->state, TS_WAITING);
		end(w, a, cases[i].how);
		assert_string_equal(task_fsm.states[b->state],
		    task_fsm.states[cases[i].want]);
		if (cases[i].word != NULL)
			assert_string_equal(task_why(w->st, w->conf, b, why),
			    cases[i].word);
		if (b->state == TS_READY)
			run(w, b, NO_CHANGE);
		else if (b->state == TS_HELD)
			assert_int_equal(CANCEL(w, "b"), 0);
		assert_true(TAILQ_EMPTY(&w->st->doomed));
	}
}

/* Two things of one task, and one that waits for both ends of a turn. */
static void
several(void **state)
{
	struct pr_world	*w = *state;
	struct task	*a, *b, *c;
	struct rec	*r;
	char		 line[TEXT_LINE];

	pr_project(w, "p", NULL);
	a = add(w, "a", NULL);
	r = pr_task_rec("p", "b", "a");
	rec_add_str(r, F_c_task_create_deps, "file:a:x/y");
	rec_add_str(r, F_c_task_create_deps, "ok:a");	/* the same again */
	assert_int_equal(pr_command(w, r), 0);
	b = named(w, "b");
	assert_int_equal(b->ndeps[DEP_OPEN], 2);
	text_waiting(line, b);
	assert_string_equal(line, "waiting on a, file:a:x/y");
	/* It waits for a and for what a's end cancels. */
	assert_int_equal(pr_command(w, pr_task_rec("p", "d", "failed:a")), 0);
	r = pr_task_rec("p", "c", "any:a");
	rec_add_str(r, F_c_task_create_deps, "any:d");
	assert_int_equal(pr_command(w, r), 0);
	c = named(w, "c");
	end(w, a, LANDED);
	assert_int_equal(b->state, TS_READY);
	assert_int_equal(named(w, "d")->state, TS_CANCELLED);
	assert_int_equal(c->state, TS_READY);
	assert_int_equal(RETRY(w, "d"), PRA_ESTATE);
	assert_non_null(strstr(w->d.message, "a, whose failure it waits for"));
}

/* The file is not there: held, and on again when the other ran again. */
static void
no_file(void **state)
{
	struct pr_world	*w = *state;
	struct task	*a, *b;
	char		 why[TEXT_LINE];

	pr_project(w, "p", NULL);
	a = add(w, "a", NULL);
	b = add(w, "b", "file:a:out");
	end(w, a, FAILED);
	no_base(w, w->st->last_session, 1);
	assert_int_equal(b->state, TS_HELD);
	assert_string_equal(task_why(w->st, w->conf, b, why),
	    "dependency-file");
	assert_string_equal(why, "a left no file \"out\"");
	assert_false(task_kept(b));
	assert_int_equal(RETRY(w, "a"), 0);
	end(w, a, LANDED);
	assert_int_equal(b->state, TS_READY);
}

/* Whom a user holds is not let go by what it waits for, but can be doomed. */
static void
held(void **state)
{
	struct pr_world	*w = *state;
	struct task	*a, *b, *c;

	pr_project(w, "p", NULL);
	a = add(w, "a", NULL);
	b = add(w, "b", "any:a");
	c = add(w, "c", "failed:a");
	assert_int_equal(HOLD(w, "b"), 0);
	assert_int_equal(HOLD(w, "c"), 0);
	assert_true(b->stuck);
	end(w, a, LANDED);
	assert_int_equal(b->state, TS_HELD);
	assert_int_equal(c->state, TS_CANCELLED);
	assert_int_equal(on_task(w, REC_c_task_release, F_c_task_release_task,
	    "b"), 0);
	assert_int_equal(b->state, TS_READY);
}

/* What can go on in spite of a failure is not stuck by it. */
static void
stuck(void **state)
{
	struct pr_world	*w = *state;
	struct task	*a, *b, *c;
	struct rec	*r;

	pr_project(w, "p", NULL);
	a = add(w, "a", NULL);
	b = add(w, "b", NULL);
	r = pr_task_rec("p", "c", "any:a");
	rec_add_str(r, F_c_task_create_deps, "b");
	assert_int_equal(pr_command(w, r), 0);
	c = named(w, "c");
	assert_int_equal(HOLD(w, "a"), 0);
	assert_true(c->stuck);
	assert_int_equal(CANCEL(w, "a"), 0);
	assert_false(c->stuck);
	assert_int_equal(c->state, TS_WAITING);
	end(w, b, NO_CHANGE);
	assert_int_equal(c->state, TS_READY);
	(void)a;
}

static void
bad(void **state)
{
	static const struct {
		const char	*dep;
		int		 err;
		const char	*names;
	} cases[] = {
		{ "after:a", PRA_EINVALID, "after:a" },
		{ ":a", PRA_EINVALID, "of that kind" },
		{ "ok:", PRA_EINVALID, "names no task" },
		{ "ok:b", PRA_ECYCLE, "itself" },
		{ "file:a", PRA_EINVALID, "names no file" },
		{ "file:a:", PRA_EINVALID, "plain relative" },
		{ "file:a:/etc/passwd", PRA_EINVALID, "plain relative" },
		{ "file:a:x/../y", PRA_EINVALID, "plain relative" },
		{ "file:a:x//y", PRA_EINVALID, "plain relative" },
		{ "file:a:.git/config", PRA_EINVALID, ".git" },
		{ "file:a:x\ny", PRA_EINVALID, "control" },
		{ "any:nobody", PRA_ENOTFOUND, "nobody" },
		{ "failed:a", PRA_ESTATE, "could never run" },
		{ "merged:a", PRA_ESTATE, "without one on the branch" },
		{ "file:q:x", PRA_EINVALID, "same project" }
	};
	struct pr_world	*w = *state;
	struct rec	*r;
	uint64_t	 seq;
	char		 id[ID_SIZE], dep[80];
	size_t		 i;

	pr_project(w, "p", NULL);
	end(w, add(w, "a", NULL), NO_CHANGE);
	pr_project(w, "q", NULL);
	pr_task_add(w, "q", "q", 0);
	id_format(id, 't', rec_id(state_named(state_project(w->st, "q"),
	    "q")->e.row, F_s_task_id));
	for (i = 0; i < NELEM(cases); i++) {
		seq = w->seq;
		snprintf(dep, sizeof(dep), "file:%s:x", id);
		assert_int_equal(pr_command(w, pr_task_rec("p", "b",
		    strcmp(cases[i].dep, "file:q:x") == 0 ? dep :
		    cases[i].dep)), cases[i].err);
		assert_non_null(strstr(w->d.message, cases[i].names));
		assert_null(strchr(w->d.message, '\n'));
		assert_int_equal(w->seq, seq);
	}
	r = rec_new(REC_c_task_plan);
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("p", "b", "any:d"));
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("p", "c", "failed:b"));
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("p", "d", "file:c:x"));
	assert_int_equal(pr_command(w, r), PRA_ECYCLE);
	assert_non_null(strstr(w->d.message, "circle: b -> d -> c -> b"));
}

/* A change of what a task waits for; NULL: nothing. */
static int
edit_deps(struct pr_world *w, const char *name, const char *dep)
{
	struct rec	*r = rec_new(REC_c_task_edit);

	rec_set_str(r, F_c_task_edit_task, name);
	rec_touch(r, F_c_task_edit_deps);
	if (dep != NULL)
		rec_add_str(r, F_c_task_edit_deps, dep);
	return (pr_command(w, r));
}

static int
edit_number(struct pr_world *w, const char *name, int field, int64_t n)
{
	struct rec	*r = rec_new(REC_c_task_edit);

	rec_set_str(r, F_c_task_edit_task, name);
	if (field == F_c_task_edit_priority)
		rec_set_i64(r, field, n);
	else
		rec_set_u64(r, field, (uint64_t)n);
	return (pr_command(w, r));
}

static void
edits(void **state)
{
	struct pr_world	*w = *state;
	struct task	*a, *b;
	struct rec	*r;

	pr_project(w, "p", NULL);
	a = add(w, "a", NULL);
	b = add(w, "b", "a");
	assert_ptr_equal(queue_first(w->st), a);
	/* What it waits for: nothing, something that failed, a again. */
	assert_int_equal(edit_deps(w, "b", NULL), 0);
	assert_int_equal(b->state, TS_READY);
	assert_true(TAILQ_EMPTY(&a->rdeps));
	assert_int_equal(edit_number(w, "b", F_c_task_edit_priority, 7), 0);
	assert_ptr_equal(queue_first(w->st), b);
	assert_int_equal(edit_deps(w, "b", "any:a"), 0);
	assert_int_equal(b->state, TS_WAITING);
	assert_ptr_equal(queue_first(w->st), a);
	assert_int_equal(edit_deps(w, "b", "a"), 0);
	assert_int_equal(edit_deps(w, "a", "b"), PRA_ECYCLE);
	assert_non_null(strstr(w->d.message, "a -> b -> a"));
	assert_int_equal(edit_deps(w, "a", "a"), PRA_ECYCLE);
	assert_int_equal(add(w, "c", "failed:b")->state, TS_WAITING);
	assert_int_equal(edit_deps(w, "a", "any:c"), PRA_ECYCLE);
	assert_non_null(strstr(w->d.message, "a -> c -> b -> a"));
	/* Values, checked as those of a new task. */
	assert_int_equal(edit_number(w, "b", F_c_task_edit_priority, 1001),
	    PRA_EINVALID);
	assert_int_equal(edit_number(w, "b", F_c_task_edit_retries, 3), 0);
	assert_int_equal(rec_u64(b->e.row, F_s_task_retries), 3);
	r = rec_new(REC_c_task_edit);
	rec_set_str(r, F_c_task_edit_task, "b");
	rec_set_str(r, F_c_task_edit_run, " ");
	assert_int_equal(pr_command(w, r), PRA_EUSAGE);
	r = rec_new(REC_c_task_edit);
	rec_set_str(r, F_c_task_edit_task, "b");
	assert_int_equal(pr_command(w, r), PRA_EUSAGE);
	/* A version; and one that has begun. */
	rec_set_u64(w->env, F_c_env_expect, 1);
	assert_int_equal(edit_number(w, "b", F_c_task_edit_timeout, 5),
	    PRA_ECONFLICT);
	rec_set_u64(w->env, F_c_env_expect,
	    rec_u64(b->e.row, F_s_task_version));
	assert_int_equal(edit_number(w, "b", F_c_task_edit_timeout, 5), 0);
	rec_unset(w->env, F_c_env_expect);
	assert_int_equal(HOLD(w, "b"), 0);
	assert_int_equal(edit_deps(w, "b", NULL), 0);
	assert_int_equal(b->state, TS_HELD);
	end(w, a, LANDED);
	assert_int_equal(edit_number(w, "a", F_c_task_edit_timeout, 5),
	    PRA_ESTATE);
}

static int
clean(struct pr_world *w, uint64_t ms)
{
	struct rec	*r = rec_new(REC_c_task_clean);

	rec_set_u64(r, F_c_task_clean_older, ms);
	return (pr_command(w, r));
}

static uint64_t
cleaned(const struct pr_world *w, int field)
{
	return (rec_u64(w->d.view, field));
}

/* The directories of dead sessions are deleted. */
static void
purge(struct pr_world *w)
{
	struct input	 in = { .kind = IN_SESSION_PURGED };

	for (in.session = 1; in.session <= w->st->last_session; in.session++)
		assert_int_equal(pr_feed(w, &in), 0);
}

static void
cleans(void **state)
{
	struct pr_world	*w = *state;
	struct task	*c;
	struct rec	*r;

	pr_project(w, "p", NULL);
	end(w, add(w, "a", NULL), LANDED);
	end(w, add(w, "b", NULL), FAILED);		/* kept in the attic */
	end(w, add(w, "n", NULL), NO_CHANGE);
	r = pr_task_rec("p", "c", "n");
	rec_add_str(r, F_c_task_create_deps, "a");
	assert_int_equal(pr_command(w, r), 0);
	c = named(w, "c");
	assert_int_equal(clean(w, 10), PRA_EINVALID);
	assert_int_equal(clean(w, 5000), 0);
	assert_int_equal(cleaned(w, F_v_cleaned_young), 3);
	w->later = 6000000;
	purge(w);
	assert_int_equal(clean(w, 5000), 0);
	assert_int_equal(cleaned(w, F_v_cleaned_attic), 1);
	assert_int_equal(cleaned(w, F_v_cleaned_needed), 2);
	assert_int_equal(cleaned(w, F_v_cleaned_cleaned), 0);
	assert_int_equal(CANCEL(w, "c"), 0);
	assert_int_equal(clean(w, 5000), 0);
	assert_int_equal(cleaned(w, F_v_cleaned_cleaned), 2);
	assert_int_equal(cleaned(w, F_v_cleaned_young), 1);
	assert_null(named(w, "a"));
	assert_non_null(named(w, "b"));
	/* What it waited for is forgotten: that keeps it no more. */
	assert_int_equal(RETRY(w, "c"), 0);
	assert_int_equal(c->state, TS_READY);
	assert_int_equal(rec_count(c->e.row, F_s_task_deps), 0);
}

static struct rec *
part_rec(const char *name, const char *parent)
{
	struct rec	*r = pr_task_rec("p", name, NULL);

	rec_set_u64(r, F_c_task_create_retries, 0);
	rec_set_str(r, F_c_task_create_parent, parent);
	return (r);
}

static struct rec *
whole_rec(const char *name)
{
	struct rec	*r = rec_new(REC_c_task_create);

	rec_set_str(r, F_c_task_create_project, "p");
	rec_set_str(r, F_c_task_create_name, name);
	rec_set_u64(r, F_c_task_create_composite, 1);
	return (r);
}

/* A composite, its parts in any order, and one that waits for all. */
static struct task *
whole_of_two(struct pr_world *w)
{
	struct rec	*r = rec_new(REC_c_task_plan);

	rec_add_rec(r, F_c_task_plan_tasks, part_rec("x", "big"));
	rec_add_rec(r, F_c_task_plan_tasks, whole_rec("big"));
	rec_add_rec(r, F_c_task_plan_tasks, part_rec("y", "big"));
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("p", "end", "big"));
	assert_int_equal(pr_command(w, r), 0);
	return (named(w, "big"));
}

static void
why_is(struct pr_world *w, const struct task *t, enum task_state s,
    const char *word, const char *names)
{
	char	 why[TEXT_LINE];

	assert_string_equal(task_fsm.states[t->state], task_fsm.states[s]);
	assert_string_equal(task_why(w->st, w->conf, t, why), word);
	assert_non_null(strstr(why, names));
}

static void
wholes(void **state)
{
	struct pr_world	*w = *state;
	struct task	*big, *x, *y;
	struct rec	*r;

	pr_project(w, "p", NULL);
	big = whole_of_two(w);
	x = named(w, "x");
	y = named(w, "y");
	why_is(w, big, TS_WAITING, "sub-tasks", "0 of 2");
	end(w, x, NO_CHANGE);
	why_is(w, big, TS_WAITING, "sub-tasks", "1 of 2");
	assert_int_equal(HOLD(w, "big"), PRA_ESTATE);
	assert_int_equal(edit_deps(w, "big", NULL), PRA_ESTATE);
	/* One more, which must not wait for what it is part of. */
	r = part_rec("z", "big");
	rec_add_str(r, F_c_task_create_deps, "big");
	assert_int_equal(pr_command(w, r), PRA_ECYCLE);
	r = part_rec("z", "big");
	rec_add_str(r, F_c_task_create_deps, "end");
	assert_int_equal(pr_command(w, r), PRA_ECYCLE);
	r = part_rec("z", "big");
	rec_add_str(r, F_c_task_create_deps, "any:y");
	assert_int_equal(pr_command(w, r), 0);
	why_is(w, big, TS_WAITING, "sub-tasks", "1 of 3");
	end(w, y, FAILED);
	why_is(w, big, TS_WAITING, "sub-tasks", "2 of 3");
	end(w, named(w, "z"), NO_CHANGE);
	why_is(w, big, TS_FAILED, "sub-tasks", "1 of 3 sub-tasks failed");
	assert_int_equal(named(w, "end")->state, TS_HELD);
	assert_int_equal(pr_command(w, part_rec("v", "big")), PRA_ESTATE);
	assert_int_equal(pr_command(w, part_rec("v", "end")), PRA_EINVALID);
	/* The part ran again: now all are done. */
	assert_int_equal(RETRY(w, "y"), 0);
	end(w, y, LANDED);
	assert_int_equal(big->state, TS_FAILED);
	assert_int_equal(RETRY(w, "big"), 0);
	settle(w);
	why_is(w, big, TS_DONE, "sub-tasks", "3 sub-tasks are done");
	assert_ptr_equal(state_session(w->st, w->st->last_session)->task,
	    named(w, "end"));
}

static void
whole_cancelled(void **state)
{
	struct pr_world	*w = *state;
	struct task	*big, *x;

	pr_project(w, "p", NULL);
	big = whole_of_two(w);
	x = named(w, "x");
	settle(w);
	pr_base_ready(w, 1);
	pr_booted(w, 1);
	assert_int_equal(x->state, TS_RUNNING);
	assert_int_equal(CANCEL(w, "big"), 0);
	settle(w);
	assert_int_equal(named(w, "y")->state, TS_CANCELLED);
	assert_int_equal(big->state, TS_WAITING);
	why_is(w, x, TS_RUNNING, "cancelling", "");
	assert_int_equal(pr_command(w, part_rec("v", "big")), PRA_ESTATE);
	pr_step_done(w, 1, 1, 143);
	pr_gone(w, 1);
	pr_imported_none(w, x->change);
	settle(w);
	assert_int_equal(x->state, TS_CANCELLED);
	assert_int_equal(big->state, TS_CANCELLED);
	assert_int_equal(named(w, "end")->state, TS_HELD);
	assert_true(TAILQ_EMPTY(&w->st->doomed));
}

static void
arrays(void **state)
{
	static const char *const	 bad[] = {
		"", "3", "5-2", "0-1000", "0-9%0", "0-9%", "-1-3", "0-9x",
		"1000000-1000001", "0 - 3"
	};
	struct pr_world			*w = *state;
	struct task			*all;
	struct array			 a;
	struct rec			*r;
	size_t				 i;

	for (i = 0; i < NELEM(bad); i++)
		assert_int_equal(array_parse(bad[i], &a), -1);
	assert_int_equal(array_parse("7-1006%4", &a), 0);
	assert_int_equal(a.last - a.first + 1, PARTS_MAX);
	assert_int_equal(a.most, 4);
	pr_project(w, "p", NULL);
	r = pr_task_rec("p", "sweep", NULL);
	rec_set_u64(r, F_c_task_create_retries, 0);
	rec_set_str(r, F_c_task_create_array, "3-7%2");
	assert_int_equal(pr_command(w, r), 0);
	assert_int_equal(w->d.show.len, ULID_LEN);
	all = named(w, "sweep");
	assert_true(task_whole(all));
	assert_int_equal(all->ndeps[DEP_OPEN], 5);
	assert_int_equal(rec_u64(named(w, "sweep[4]")->e.row, F_s_task_index),
	    4);
	assert_int_equal(w->st->ntasks[TS_READY], 2);
	assert_int_equal(named(w, "sweep[5]")->state, TS_WAITING);
	end(w, named(w, "sweep[3]"), FAILED);
	assert_int_equal(named(w, "sweep[5]")->state, TS_READY);
	assert_int_equal(named(w, "sweep[6]")->state, TS_WAITING);
	end(w, named(w, "sweep[4]"), NO_CHANGE);
	end(w, named(w, "sweep[5]"), NO_CHANGE);
	end(w, named(w, "sweep[6]"), NO_CHANGE);
	end(w, named(w, "sweep[7]"), NO_CHANGE);
	why_is(w, all, TS_FAILED, "sub-tasks", "1 of 5");
	r = pr_task_rec("p", "", NULL);
	rec_set_str(r, F_c_task_create_array, "0-3");
	assert_int_equal(pr_command(w, r), PRA_EUSAGE);
	r = pr_task_rec("p", "b", NULL);
	rec_set_str(r, F_c_task_create_array, "0-3000");
	assert_int_equal(pr_command(w, r), PRA_EINVALID);
}

static int
reorder(struct pr_world *w, const char *name, int field, const char *other)
{
	struct rec	*r = rec_new(REC_c_task_reorder);

	rec_set_str(r, F_c_task_reorder_task, name);
	if (field == F_c_task_reorder_top)
		rec_set_u64(r, field, 1);
	else
		rec_set_str(r, field, other);
	return (pr_command(w, r));
}

/* The names of the tasks that are ready, in the order of the queue. */
static int
order_task(void *arg, struct task *t, unsigned int place)
{
	char	*out = arg;

	(void)place;
	strcat(out, rec_str(t->e.row, F_s_task_name));
	return (0);
}

static void
order_is(struct pr_world *w, const char *want)
{
	char	 out[80] = "";

	(void)queue_simulate(w->st, w->d.time, 20, order_task, out);
	assert_string_equal(out, want);
}

#define BEFORE	F_c_task_reorder_before
#define AFTER	F_c_task_reorder_after
#define TOP	F_c_task_reorder_top

static void
reorders(void **state)
{
	struct pr_world	*w = *state;
	int		 i, err = 0;

	pr_project(w, "p", NULL);
	add(w, "a", NULL);
	add(w, "b", NULL);
	add(w, "c", NULL);
	add(w, "d", NULL);
	order_is(w, "abcd");
	assert_int_equal(reorder(w, "d", TOP, NULL), 0);
	order_is(w, "dabc");
	assert_int_equal(reorder(w, "c", BEFORE, "b"), 0);
	order_is(w, "dacb");
	assert_int_equal(reorder(w, "d", AFTER, "a"), 0);
	order_is(w, "adcb");
	assert_int_equal(reorder(w, "a", AFTER, "b"), 0);
	order_is(w, "dcba");
	add(w, "e", NULL);
	order_is(w, "dcbae");
	assert_int_equal(reorder(w, "d", TOP, NULL), 0);
	assert_true(STAILQ_EMPTY(&w->d.facts));
	assert_int_equal(reorder(w, "d", BEFORE, "d"), PRA_EINVALID);
	assert_int_equal(reorder(w, "d", BEFORE, "nobody"), PRA_ENOTFOUND);
	assert_int_equal(edit_number(w, "e", F_c_task_edit_priority, 1), 0);
	order_is(w, "edcba");
	assert_int_equal(reorder(w, "a", BEFORE, "e"), PRA_EINVALID);
	/* The same two places again and again: there is an end to it. */
	for (i = 0; i < 20 && err == 0; i++)
		err = reorder(w, i % 2 ? "b" : "c", AFTER, "d");
	assert_int_equal(err, PRA_ELIMIT);
	assert_true(i > 10);
	end(w, named(w, "e"), NO_CHANGE);
	assert_int_equal(reorder(w, "e", TOP, NULL), PRA_ESTATE);
}

int
main(void)
{
	static const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(kinds, pr_setup, pr_teardown),
		cmocka_unit_test_setup_teardown(several, pr_setup,
		    pr_teardown),
		cmocka_unit_test_setup_teardown(no_file, pr_setup,
		    pr_teardown),
		cmocka_unit_test_setup_teardown(held, pr_setup, pr_teardown),
		cmocka_unit_test_setup_teardown(stuck, pr_setup, pr_teardown),
		cmocka_unit_test_setup_teardown(bad, pr_setup, pr_teardown),
		cmocka_unit_test_setup_teardown(edits, pr_setup, pr_teardown),
		cmocka_unit_test_setup_teardown(cleans, pr_setup, pr_teardown),
		cmocka_unit_test_setup_teardown(wholes, pr_setup, pr_teardown),
		cmocka_unit_test_setup_teardown(whole_cancelled, pr_setup,
		    pr_teardown),
		cmocka_unit_test_setup_teardown(arrays, pr_setup, pr_teardown),
		cmocka_unit_test_setup_teardown(reorders, pr_setup,
		    pr_teardown)
	};

	return (tap_run(tests));
}
