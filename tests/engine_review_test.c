/*
 * Rules of review in the engine's pure half: which verdict a fact gets, what
 * becomes of a change, and what an approval is good for.
 */
#include "common/err.h"
#include "engine/judge.h"
#include "engine/views.h"
#include "tests/pure_rig.h"
#include "tests/tap.h"

static const uint8_t	 tree_a[OID_LEN] = { 1 }, tree_b[OID_LEN] = { 2 },
			 tree_c[OID_LEN] = { 3 }, tree_d[OID_LEN] = { 4 };

/* A rule as praetord.conf(5) has it; path and project may be NULL. */
static void
rule(struct pr_world *w, const char *cls, const char *verdict,
    const char *path, const char *project)
{
	struct rec	*r = rec_new(REC_k_review);
	char		 text[200];

	rec_set_str(r, F_k_review_class, cls);
	rec_set_str(r, F_k_review_verdict, verdict);
	if (path != NULL)
		rec_add_str(r, F_k_review_paths, path);
	rec_set_str(r, F_k_review_project, project);
	snprintf(text, sizeof(text), "rule %s %s", cls, verdict);
	rec_set_str(r, F_k_review_text, text);
	assert_int_equal(rec_check(r, NULL, 0), 0);
	assert_int_equal(config_add(w->conf, r), 0);
	rec_free(r);
}

static struct rec *
fact(const char *cls, const char *path, const char *content)
{
	struct rec	*r = rec_new(REC_b_fact);

	rec_set_str(r, F_b_fact_class, cls);
	rec_set_str(r, F_b_fact_kind, "kind");
	rec_set_str(r, F_b_fact_change, "M");
	rec_set_str(r, F_b_fact_path, path);
	rec_set_str(r, F_b_fact_content, content);
	return (r);
}

static void
verdict(struct pr_world *w, const char *project, const char *cls,
    const char *path, enum review_verdict want, const char *rule_text)
{
	struct rec	*r = fact(cls, path, NULL);
	char		 policy[JUDGE_POLICY];

	if (judge_fact(w->conf, project, r, policy) != want)
		fail_msg("%s %s on %s: not %s but by %s", cls, path, project,
		    review_verdict_name(want), policy);
	assert_non_null(strstr(policy, rule_text));
	rec_free(r);
}

static void
verdicts(void **state)
{
	struct pr_world	*w = *state;

	verdict(w, "p", "secret", "a", RV_DENY, "secret deny (the default)");
	verdict(w, "p", "auto-executed", "a", RV_ASK, "ask (the default)");
	verdict(w, "p", "build", "a", RV_ALLOW, "allow (the default)");
	/* What nobody has heard of is not let through. */
	verdict(w, "p", "nothing", "a", RV_DENY, "nothing deny");
	rule(w, "auto-executed", "allow", "docs/", NULL);
	verdict(w, "p", "auto-executed", "docs/CLAUDE.md", RV_ALLOW, "rule");
	verdict(w, "p", "auto-executed", "Docs/CLAUDE.md", RV_ASK, "default");
	verdict(w, "p", "auto-executed", NULL, RV_ASK, "default");
	verdict(w, "p", "secret", "docs/x", RV_DENY, "default");
	rule(w, "auto-executed", "deny", "docs/*.yml", "p*");
	verdict(w, "p", "auto-executed", "DOCS/a.YML", RV_DENY, "rule");
	verdict(w, "q", "auto-executed", "docs/a.yml", RV_ALLOW, "rule");
	verdict(w, "prod", "auto-executed", "docs/a.yml", RV_DENY, "rule");
	rule(w, "*", "ask", NULL, "p");
	verdict(w, "p", "auto-executed", "docs/a.yml", RV_ASK, "rule * ask");
	verdict(w, "p", "binary", NULL, RV_ASK, "rule * ask");
	verdict(w, "prod", "binary", NULL, RV_ALLOW, "default");
	rule(w, "secret", "allow", NULL, NULL);
	verdict(w, "p", "secret", "a", RV_ALLOW, "rule secret allow");
}

/* A task of project "p" whose attempt has succeeded: its change. */
static struct change *
importing(struct pr_world *w, const char *name)
{
	struct task	*t = pr_task_add(w, "p", name, 0);
	uint64_t	 s = pr_schedule(w);

	assert_int_not_equal(s, 0);
	pr_base_ready(w, s);
	pr_booted(w, s);
	pr_step_done(w, s, w->st->last_fence, 0);
	pr_gone(w, s);
	assert_non_null(t->change);
	assert_int_equal(t->change->state, CS_IMPORTING);
	return (t->change);
}

/* The reviewer's answer with up to two facts, which are taken. */
static void
imported(struct pr_world *w, const struct change *c, const uint8_t *tree,
    struct rec *one, struct rec *two)
{
	struct input	 in = { .kind = IN_IMPORTED };

	in.rec = rec_new(REC_b_imported);
	rec_set_id(in.rec, F_b_imported_change,
	    rec_id(c->e.row, F_s_change_id));
	rec_set_str(in.rec, F_b_imported_err, "ok");
	rec_set_u64(in.rec, F_b_imported_files, 1);
	rec_set_oid(in.rec, F_b_imported_from, tree_a);
	rec_set_oid(in.rec, F_b_imported_tree, tree);
	rec_set_str(in.rec, F_b_imported_ref, "refs/praetor/attic/x/1");
	if (one != NULL)
		rec_add_rec(in.rec, F_b_imported_facts, one);
	if (two != NULL)
		rec_add_rec(in.rec, F_b_imported_facts, two);
	assert_int_equal(pr_feed(w, &in), 0);
}

/* `from` NULL: the branch has not moved. */
static void
merged(struct pr_world *w, const struct change *c, const uint8_t *from,
    const uint8_t *tree, struct rec *one, struct rec *two)
{
	struct input	 in = { .kind = IN_MERGED };

	in.rec = rec_new(REC_b_merged);
	rec_set_id(in.rec, F_b_merged_change, rec_id(c->e.row,
	    F_s_change_id));
	rec_set_str(in.rec, F_b_merged_err, "ok");
	rec_set_oid(in.rec, F_b_merged_onto, tree_d);
	rec_set_oid(in.rec, F_b_merged_tree, tree);
	if (from != NULL)
		rec_set_oid(in.rec, F_b_merged_from, from);
	if (one != NULL)
		rec_add_rec(in.rec, F_b_merged_facts, one);
	if (two != NULL)
		rec_add_rec(in.rec, F_b_merged_facts, two);
	assert_int_equal(pr_feed(w, &in), 0);
}

static void
landed(struct pr_world *w, const struct change *c)
{
	struct input	 in = { .kind = IN_LANDED };

	in.rec = rec_new(REC_b_landed);
	rec_set_id(in.rec, F_b_landed_change, rec_id(c->e.row,
	    F_s_change_id));
	rec_set_str(in.rec, F_b_landed_err, "ok");
	rec_set_oid(in.rec, F_b_landed_commit, tree_d);
	assert_int_equal(pr_feed(w, &in), 0);
}

static int
answer(struct pr_world *w, enum rec_kind kind, const char *task,
    const char *hash)
{
	struct rec	*r = rec_new(kind);
	int		 approve = kind == REC_c_task_approve;

	rec_set_str(r, approve ? F_c_task_approve_task :
	    F_c_task_reject_task, task);
	rec_set_str(r, approve ? F_c_task_approve_hash :
	    F_c_task_reject_hash, hash);
	if (!approve)
		rec_set_str(r, F_c_task_reject_message, "not\nlike this");
	return (pr_command(w, r));
}

/* The one word for the state that a task is in. */
static void
why_is(struct pr_world *w, const struct task *t, const char *word,
    const char *sentence)
{
	char		 text[TEXT_LINE];
	const char	*got = task_why(w->st, w->conf, t, text);

	assert_string_equal(got, word);
	if (strstr(text, sentence) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", text, sentence);
}

static void
denied(void **state)
{
	struct pr_world	*w = *state;
	const struct rec *ev;
	struct change	*c;
	struct task	*t;

	pr_project(w, "p", NULL);
	c = importing(w, "one");
	t = c->task;
	/* One of each: the strictest verdict counts. */
	imported(w, c, tree_b, fact("auto-executed", ".envrc", "x"),
	    fact("secret", "conf", "y"));
	ev = pr_fact_of(w, REC_e_change_denied);
	assert_non_null(ev);
	assert_int_equal(rec_count(ev, F_e_change_denied_denied), 1);
	assert_string_equal(rec_nth_str(ev, F_e_change_denied_denied, 0),
	    "secret M conf (kind)");
	assert_int_equal(t->state, TS_FAILED);
	assert_null(t->change);
	why_is(w, t, "policy", "secret M conf (kind)");
	why_is(w, t, "policy", "review secret deny (the default)");
	assert_string_equal(rec_str(t->e.row, F_s_task_ref),
	    "refs/praetor/attic/x/1");
	assert_non_null(strstr(w->d.policy, "review secret deny"));
	/* An attempt that failed is kept, whatever is in it. */
	assert_int_equal(answer(w, REC_c_task_approve, "one", NULL),
	    PRA_ESTATE);
}

static void
approved(void **state)
{
	struct pr_world	*w = *state;
	const struct rec *ev;
	struct change	*c;
	struct rec	*v;
	char		 hash[JUDGE_HASH];
	uint64_t	 version;

	pr_project(w, "p", NULL);
	c = importing(w, "one");
	version = rec_u64(c->task->e.row, F_s_task_version);
	imported(w, c, tree_b, fact("auto-executed", ".envrc", "x"),
	    fact("build", "Makefile", "y"));
	judge_hash(hash, tree_a, tree_b);
	ev = pr_fact_of(w, REC_e_change_asked);
	assert_non_null(ev);
	assert_string_equal(rec_str(ev, F_e_change_asked_hash), hash);
	assert_int_equal(rec_count(ev, F_e_change_asked_asks), 1);
	assert_int_equal(c->state, CS_ASKING);
	assert_int_equal(c->task->state, TS_REVIEW);
	assert_true(rec_u64(c->task->e.row, F_s_task_version) > version);
	why_is(w, c->task, "approval", "auto-executed M .envrc (kind)");
	v = view_task(w->st, w->conf, c->task, 1);
	assert_string_equal(rec_str(v, F_v_task_hash), hash);
	assert_int_equal(rec_count(v, F_v_task_asks), 1);
	rec_free(v);
	/* Nothing goes on meanwhile, and others may. */
	(void)pr_schedule(w);
	assert_int_equal(c->state, CS_ASKING);
	assert_null(c->task->project->landing);

	assert_int_equal(answer(w, REC_c_task_approve, "one", "0123456"),
	    PRA_EINVALID);
	assert_int_equal(answer(w, REC_c_task_approve, "one",
	    "0123456789abcdef"), PRA_ECONFLICT);
	assert_int_equal(c->state, CS_ASKING);
	hash[12] = '\0';
	assert_int_equal(answer(w, REC_c_task_approve, "one", hash), 0);
	ev = pr_fact_of(w, REC_e_change_approved);
	assert_non_null(ev);
	assert_int_equal(rec_u64(ev, F_e_change_approved_uid), 0);
	assert_int_equal(strlen(rec_str(ev, F_e_change_approved_hash)), 64);
	/* Used once. */
	assert_int_equal(answer(w, REC_c_task_approve, "one", NULL),
	    PRA_ESTATE);
	assert_int_equal(c->state, CS_IMPORTED);
	(void)pr_schedule(w);
	assert_int_equal(c->state, CS_MERGING);
	merged(w, c, NULL, tree_b, NULL, NULL);
	assert_int_equal(c->state, CS_VERIFIED);
}

/* Who waits for the task learns that it is for somebody to go on. */
static void
waiting(void **state)
{
	struct pr_world	*w = *state;
	struct change	*c;
	struct task	*t;

	pr_project(w, "p", NULL);
	c = importing(w, "one");
	assert_int_equal(pr_command(w, pr_task_rec("p", "two", "one")), 0);
	t = state_named(state_project(w->st, "p"), "two");
	imported(w, c, tree_b, fact("auto-executed", ".envrc", "x"), NULL);
	assert_true(c->task->stuck && task_kept(c->task));
	assert_true(t->stuck);
	why_is(w, t, "blocked", "the change of one waits for an approval");
	assert_int_equal(answer(w, REC_c_task_approve, "one", NULL), 0);
	assert_false(c->task->stuck || t->stuck);
	why_is(w, t, "dependencies", "waiting on one");
}

/* The branch has moved: what was approved still holds, what is new does not. */
static void
merged_again(void **state)
{
	struct pr_world	*w = *state;
	struct change	*c;

	pr_project(w, "p", NULL);
	c = importing(w, "one");
	imported(w, c, tree_b, fact("auto-executed", ".envrc", "x"), NULL);
	assert_int_equal(answer(w, REC_c_task_approve, "one", NULL), 0);
	(void)pr_schedule(w);
	/* The same name with another content. */
	merged(w, c, tree_c, tree_d, fact("auto-executed", ".envrc", "z"),
	    NULL);
	assert_int_equal(c->state, CS_ASKING);
	assert_null(c->task->project->landing);
	assert_int_equal(answer(w, REC_c_task_approve, "one", NULL), 0);
	(void)pr_schedule(w);
	/* Another file, as a renamed directory makes of a harmless one. */
	merged(w, c, tree_c, tree_d, fact("auto-executed", ".envrc", "z"),
	    fact("auto-executed", ".husky/x", "x"));
	assert_int_equal(c->state, CS_ASKING);
	why_is(w, c->task, "approval", "approve: auto-executed M .husky/x");
	assert_int_equal(answer(w, REC_c_task_approve, "one", NULL), 0);
	(void)pr_schedule(w);
	/* All that was approved, in whichever merge. */
	merged(w, c, tree_d, tree_c, fact("auto-executed", ".husky/x", "x"),
	    fact("auto-executed", ".envrc", "x"));
	assert_int_equal(c->state, CS_VERIFIED);
	landed(w, c);
	/* What is denied is denied whatever was approved. */
	c = importing(w, "two");
	imported(w, c, tree_b, fact("auto-executed", ".envrc", "x"), NULL);
	assert_int_equal(answer(w, REC_c_task_approve, "two", NULL), 0);
	(void)pr_schedule(w);
	assert_int_equal(c->state, CS_MERGING);
	merged(w, c, tree_c, tree_d, fact("secret", ".envrc", "x"), NULL);
	assert_int_equal(state_named(state_project(w->st, "p"),
	    "two")->state, TS_FAILED);
}

static void
refused(void **state)
{
	struct pr_world	*w = *state;
	struct change	*c;
	struct task	*t;
	struct rec	*r;

	pr_project(w, "p", NULL);
	c = importing(w, "one");
	t = c->task;
	assert_int_equal(answer(w, REC_c_task_reject, "one", NULL),
	    PRA_ESTATE);
	imported(w, c, tree_b, fact("auto-executed", ".envrc", "x"), NULL);
	assert_int_equal(answer(w, REC_c_task_reject, "one", NULL), 0);
	assert_int_equal(t->state, TS_FAILED);
	why_is(w, t, "refused", "rejected by user 0: notlike this");
	/* Another attempt of the same work needs another approval. */
	c = importing(w, "two");
	imported(w, c, tree_b, fact("auto-executed", ".envrc", "x"), NULL);
	assert_int_equal(c->state, CS_ASKING);
	/* Cancelling works as for any change under review. */
	r = rec_new(REC_c_task_cancel);
	rec_set_str(r, F_c_task_cancel_task, "two");
	assert_int_equal(pr_command(w, r), 0);
	assert_int_equal(state_named(state_project(w->st, "p"),
	    "two")->state, TS_CANCELLED);
}

static void
permits(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*root = w->env;
	struct change	*c;

	pr_project(w, "p", NULL);
	c = importing(w, "one");
	imported(w, c, tree_b, fact("auto-executed", ".envrc", "x"), NULL);
	pr_permit(w, 0, 0, 0, 7, "task.create", NULL);
	pr_permit(w, 0, 0, 0, 7, "task.reject", "q");
	w->env = pr_client(7, 7);
	assert_int_equal(answer(w, REC_c_task_approve, "one", NULL),
	    PRA_EPERM);
	assert_int_not_equal(answer(w, REC_c_task_reject, "one", NULL), 0);
	assert_int_equal(c->state, CS_ASKING);
	pr_permit(w, 0, 0, 0, 7, "task.approve", "p");
	assert_int_equal(answer(w, REC_c_task_approve, "one", NULL), 0);
	assert_int_equal(rec_u64(pr_fact_of(w, REC_e_change_approved),
	    F_e_change_approved_uid), 7);
	rec_free(w->env);
	w->env = root;
}

/* pr_world's time counts events; the limit is set by hand. */
static void
expired(void **state)
{
	struct pr_world	*w = *state;
	struct change	*c;
	struct task	*t;

	pr_project(w, "p", NULL);
	c = importing(w, "one");
	t = c->task;
	imported(w, c, tree_b, fact("auto-executed", ".envrc", "x"), NULL);
	assert_true(rec_u64(c->e.row, F_s_change_until) > 2000);
	(void)pr_schedule(w);
	assert_int_equal(t->state, TS_REVIEW);
	rec_set_u64(c->e.row, F_s_change_until, 1);
	w->seq = 5;
	(void)pr_schedule(w);
	assert_non_null(pr_fact_of(w, REC_e_change_expired));
	assert_int_equal(t->state, TS_FAILED);
	why_is(w, t, "approval", "nobody approved its change in time");
}

/* Keys of what was approved are found whole, and only where they begin. */
static void
keys(void **state)
{
	struct pr_world		*w = *state;
	struct judgement	 j;
	struct rec		*b = rec_new(REC_b_merged);
	char			 known[200], shifted[200];

	rec_add_rec(b, F_b_merged_facts, fact("auto-executed", "a", "x"));
	judge(&j, w->conf, "p", b, F_b_merged_facts, "");
	assert_int_equal(j.verdict, RV_ASK);
	assert_int_equal(j.keys.len, JUDGE_KEY + 1);
	snprintf(known, sizeof(known), "%032d\n%.33s", 0,
	    (const char *)j.keys.data);
	snprintf(shifted, sizeof(shifted), "0%.33s",
	    (const char *)j.keys.data);
	judgement_clear(&j);
	judge(&j, w->conf, "p", b, F_b_merged_facts, known);
	assert_int_equal(j.verdict, RV_ALLOW);
	judgement_clear(&j);
	judge(&j, w->conf, "p", b, F_b_merged_facts, shifted);
	assert_int_equal(j.verdict, RV_ASK);
	judgement_clear(&j);
	rec_free(b);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, pr_setup, pr_teardown)
		T(verdicts), T(denied), T(approved), T(waiting),
		T(merged_again), T(refused), T(permits), T(expired), T(keys)
#undef T
	};

	return (tap_run(tests));
}
