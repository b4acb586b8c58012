/*
 * The engine's pure half piece by piece: the state machines' tables, rules
 * of permission, references, what is refused of new tasks and how it is
 * said, the order of scheduling, commit messages.
 */
#include <signal.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/policy.h"
#include "engine/refs.h"
#include "engine/sched.h"
#include "engine/text.h"
#include "engine/views.h"
#include "tests/pure_rig.h"
#include "tests/tap.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

/* Machines. */

static void
machines(void **state)
{
	static const int	 task_ends[] = {
		TS_DONE, TS_FAILED, TS_CANCELLED
	};
	static const int	 session_ends[] = { SS_GONE };
	static const int	 change_ends[] = {
		CS_PUSHED, CS_EMPTY, CS_KEPT, CS_CONFLICT, CS_REJECTED,
		CS_FAILED, CS_ABANDONED, CS_DENIED, CS_REFUSED
	};
	int			 i, j;

	(void)state;
	assert_null(fsm_check(&task_fsm, TS_WAITING, task_ends,
	    NELEM(task_ends)));
	assert_null(fsm_check(&session_fsm, SS_BOOTING, session_ends,
	    NELEM(session_ends)));
	assert_null(fsm_check(&change_fsm, CS_IMPORTING, change_ends,
	    NELEM(change_ends)));
	for (i = 0; i < SS_MAX; i++)
		assert_string_equal(session_fsm.states[i],
		    session_state_name((enum session_state)i));
	for (i = 0; i < CS_MAX; i++)
		for (j = 0; j < CE_MAX; j++)
			if (change_final((enum change_state)i))
				assert_null(fsm_find(&change_fsm, i, j));
	for (j = 0; j < TE_MAX; j++)
		assert_null(fsm_find(&task_fsm, TS_DONE, j));
}

static void
reasons(void **state)
{
	size_t	 i, n;

	(void)state;
	for (n = 0; reason_row(n) != NULL; n++) {
		assert_int_not_equal(fsm_state(&task_fsm,
		    reason_row(n)->state), -1);
		for (i = 0; i < n; i++)
			assert_false(strcmp(reason_row(i)->state,
			    reason_row(n)->state) == 0 &&
			    strcmp(reason_row(i)->word,
			    reason_row(n)->word) == 0);
	}
	assert_true(n > 20);
}

/* Rules. */

static void
rules(void **state)
{
	static const struct {
		uint64_t	 uid, gid;
		const char	*command, *project;
		int		 want;
	} cases[] = {
		{ 0, 9, "task.create", "p", 1 },	/* root */
		{ 500, 9, "log.level", NULL, 1 },	/* the owner */
		{ 7, 9, "task.create", "p", 0 },	/* nobody's rule */
		{ 7, 20, "task.create", "p", 1 },	/* by group */
		{ 7, 20, "task.create", "q", 0 },	/* other project */
		{ 7, 20, "task.create", NULL, 0 },
		{ 7, 20, "task.cancel", "p", 0 },	/* denied after */
		{ 8, 20, "task.cancel", "p", 1 },	/* but for 8 */
		{ 7, 9, "status", NULL, 1 },		/* everybody */
		{ 7, 9, "statusx", NULL, 0 }
	};
	struct pr_world	*w = *state;
	struct rec	*env;
	char		 text[POLICY_TEXT];
	size_t		 i;

	pr_permit(w, 0, 0, 1, 20, "task.*", "p");
	pr_permit(w, 1, 1, 0, 0, "task.cancel", NULL);
	pr_permit(w, 0, 0, 0, 8, "*", NULL);
	pr_permit(w, 0, 1, 0, 0, "status", NULL);
	for (i = 0; i < NELEM(cases); i++) {
		env = pr_client(cases[i].uid, cases[i].gid);
		assert_int_equal(policy_permits(w->conf, env,
		    cases[i].command, cases[i].project, text), cases[i].want);
		if (cases[i].want && cases[i].uid != 0 && cases[i].uid != 500)
			assert_string_equal(text, "the permit");
		rec_free(env);
	}
	env = pr_client(7, 20);
	assert_true(policy_somewhere(w->conf, env, "task.create"));
	assert_false(policy_somewhere(w->conf, env, "log.level"));
	rec_free(env);
}

/* References. */

static int
find(struct pr_world *w, const char *text, const char *proj, struct task **t)
{
	struct ref_who	 who = { w->conf, w->env, "task.show" };
	char		 why[512] = "";
	int		 err;

	err = ref_task(w->st, &who, text, proj, t, why, sizeof(why));
	assert_true(err == 0 || why[0] != '\0');
	return (err);
}

static void
references(void **state)
{
	struct pr_world	*w = *state;
	struct task	*a, *b, *t;
	struct rec	*r;
	char		 id[ID_SIZE];

	pr_project(w, "p", NULL);
	pr_project(w, "q", NULL);
	a = pr_task_add(w, "p", "lint", 0);
	id_format(id, 't', rec_id(a->e.row, F_s_task_id));
	assert_int_equal(find(w, id, NULL, &t), 0);
	assert_ptr_equal(t, a);
	assert_int_equal(find(w, "lint", NULL, &t), 0);
	assert_int_equal(find(w, "nobody", NULL, &t), PRA_ENOTFOUND);
	b = pr_task_add(w, "q", "lint", 0);
	assert_int_equal(find(w, "lint", NULL, &t), PRA_EAMBIGUOUS);
	assert_int_equal(find(w, "lint", "q", &t), 0);
	assert_ptr_equal(t, b);
	id[8] = '\0';			/* both were made in the same hour */
	assert_int_equal(find(w, id, NULL, &t), PRA_EAMBIGUOUS);
	id[5] = '\0';
	assert_int_equal(find(w, id, NULL, &t), PRA_ENOTFOUND);
	/* Of two with a name the newest is meant. */
	r = rec_new(REC_c_task_cancel);
	rec_set_str(r, F_c_task_cancel_task, "lint");
	rec_set_str(r, F_c_task_cancel_project, "q");
	assert_int_equal(pr_command(w, r), 0);
	t = pr_task_add(w, "q", "lint", 0);
	assert_ptr_not_equal(t, b);
	assert_int_equal(find(w, "lint", "q", &b), 0);
	assert_ptr_equal(t, b);
	/* A client that may see p only does not hear of q. */
	rec_free(w->env);
	w->env = pr_client(7, 20);
	pr_permit(w, 0, 0, 1, 20, "task.*", "p");
	assert_int_equal(find(w, "lint", NULL, &t), 0);
	assert_ptr_equal(t, a);
	assert_int_equal(find(w, "lint", "q", &t), PRA_ENOTFOUND);
}

/* What a client is told of a task, for a command. */
static int
told(struct pr_world *w, const char *command, const char *text,
    char why[512])
{
	struct ref_who	 who = { w->conf, w->env, command };
	struct task	*t;

	why[0] = '\0';
	return (ref_task(w->st, &who, text, NULL, &t, why, 512));
}

/*
 * One that may not be seen is answered like one that is not there, by name,
 * id and the beginning of an id; who may look is told what is not permitted.
 */
static void
hidden(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;
	char		 id[ID_SIZE], why[512], none[512];
	int		 n;

	pr_project(w, "p", NULL);
	pr_project(w, "q", NULL);
	t = pr_task_add(w, "q", "secret", 0);
	id_format(id, 't', rec_id(t->e.row, F_s_task_id));
	rec_free(w->env);
	w->env = pr_client(7, 20);
	pr_permit(w, 0, 0, 1, 20, "task.*", "p");
	for (n = ID_TEXT; n >= 6; n -= 10) {
		id[n] = '\0';
		assert_int_equal(told(w, "task.cancel", id, why),
		    PRA_ENOTFOUND);
		assert_null(strstr(why, "permitted"));
	}
	assert_int_equal(told(w, "task.cancel", "secret", why),
	    PRA_ENOTFOUND);
	assert_int_equal(told(w, "task.cancel", "nobody", none),
	    PRA_ENOTFOUND);
	assert_string_equal(strstr(why, "\"secret\"") + 8,
	    strstr(none, "\"nobody\"") + 8);
	pr_permit(w, 0, 0, 1, 20, "task.list", "q");
	assert_int_equal(told(w, "task.cancel", "secret", why), PRA_EPERM);
	assert_non_null(strstr(why, "task.cancel"));
	assert_int_equal(told(w, "task.list", "secret", why), 0);
	pr_permit(w, 1, 0, 1, 20, "task.list", NULL);
	assert_int_equal(told(w, "task.cancel", "secret", why),
	    PRA_ENOTFOUND);
}

/* New tasks. */

static void
refused(struct pr_world *w, struct rec *cmd, int err, const char *names)
{
	uint64_t	 seq = w->seq;

	assert_int_equal(pr_command(w, cmd), err);
	assert_non_null(strstr(w->d.message, names));
	assert_null(strchr(w->d.message, '\033'));
	assert_null(strchr(w->d.message, '\n'));
	assert_int_equal(w->seq, seq);
}

static void
bad_tasks(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r;

	refused(w, pr_task_rec("", "a", NULL), PRA_ENOTFOUND, "no project");
	pr_project(w, "p", NULL);
	refused(w, pr_task_rec("nope", "a", NULL), PRA_ENOTFOUND, "nope");
	refused(w, pr_task_rec("p", "a b", NULL), PRA_EINVALID, "a b");
	refused(w, pr_task_rec("p", "a\033[2J", NULL), PRA_EINVALID, "\"a\\");
	refused(w, pr_task_rec("p", "a", "b"), PRA_ENOTFOUND, "\"b\"");
	refused(w, pr_task_rec("p", "a", "a"), PRA_ECYCLE, "itself");
	r = pr_task_rec("p", "a", NULL);
	rec_set_str(r, F_c_task_create_run, " \n");
	refused(w, r, PRA_EUSAGE, "empty");
	r = pr_task_rec("p", "a", NULL);
	rec_set_str(r, F_c_task_create_run, "");
	rec_set_str(r, F_c_task_create_text, "do it");
	refused(w, r, PRA_EUSAGE, "default agent");
	r = pr_task_rec("p", "a", NULL);
	rec_set_i64(r, F_c_task_create_priority, 1001);
	refused(w, r, PRA_EINVALID, "1001");
	r = pr_task_rec("p", "a", NULL);
	rec_set_u64(r, F_c_task_create_retries, 101);
	refused(w, r, PRA_EINVALID, "101");
	r = pr_task_rec("p", "a", NULL);
	rec_add_str(r, F_c_task_create_labels, "x\ny");
	refused(w, r, PRA_EINVALID, "label");
	r = pr_task_rec("p", "a", NULL);
	rec_set_str(r, F_c_task_create_agent, "robot");
	refused(w, r, PRA_EUSAGE, "both");
	r = pr_task_rec("p", "a", NULL);
	rec_set_str(r, F_c_task_create_run, "");
	rec_set_str(r, F_c_task_create_text, "do it");
	rec_set_str(r, F_c_task_create_agent, "robot");
	refused(w, r, PRA_ENOTFOUND, "robot");
	pr_task_add(w, "p", "a", 0);
	refused(w, pr_task_rec("p", "a", NULL), PRA_EEXISTS, "a");
}

static void
plans(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r;

	pr_project(w, "p", NULL);
	r = rec_new(REC_c_task_plan);
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("p", "a", "b"));
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("p", "b", "c"));
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("p", "c", "b"));
	refused(w, r, PRA_ECYCLE, "b -> c -> b");
	r = rec_new(REC_c_task_plan);
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("p", "a", NULL));
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("p", "a", NULL));
	refused(w, r, PRA_EEXISTS, "named a");
	r = rec_new(REC_c_task_plan);
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("p", "a", NULL));
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("p", "b", "zz"));
	refused(w, r, PRA_ENOTFOUND, "zz");
	assert_int_equal(w->st->ntasks[TS_READY], 0);
	r = rec_new(REC_c_task_plan);
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("", "a", "b"));
	rec_add_rec(r, F_c_task_plan_tasks, pr_task_rec("", "b", NULL));
	assert_int_equal(pr_command(w, r), 0);
	assert_int_equal(w->st->ntasks[TS_READY], 1);
	assert_int_equal(w->st->ntasks[TS_WAITING], 1);
	assert_int_equal(w->d.show.len, 2 * ULID_LEN);
}

static void
versions(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*r;
	int		 i;

	pr_project(w, "p", NULL);
	pr_task_add(w, "p", "a", 0);
	for (i = 7; i >= 1; i -= 6) {
		r = rec_new(REC_c_task_cancel);
		rec_set_str(r, F_c_task_cancel_task, "a");
		rec_set_u64(w->env, F_c_env_expect, (uint64_t)i);
		assert_int_equal(pr_command(w, r), i == 7 ? PRA_ECONFLICT : 0);
	}
}

/* No command leaves a version that it was given unchecked. */
static void
versions_all(void **state)
{
	struct pr_world		*w = *state;
	const struct rec_def	*def;
	struct rec		*r;
	int			 k, f, err;

	pr_project(w, "p", NULL);
	pr_task_add(w, "p", "a", 0);
	rec_set_u64(w->env, F_c_env_expect, 7);
	for (k = REC_NONE + 1; k < REC_MAX; k++) {
		def = rec_def((enum rec_kind)k);
		if (def->cls != RC_COMMAND)
			continue;
		r = rec_new((enum rec_kind)k);
		if ((f = rec_field(def, "task")) != -1)
			rec_set_str(r, f, "a");
		err = pr_command(w, r);
		if (err != PRA_ECONFLICT && err != PRA_EUSAGE)
			fail_msg("%s: %s", def->name, err_name(err));
	}
}

/*
 * With one session at a time: higher priority first, then filing order; and
 * a change is verified before new work begins.
 */
static void
scheduling(void **state)
{
	struct pr_world	*w = *state;
	struct task	*low, *high;
	struct session	*s;

	pr_project(w, "p", "make check");
	low = pr_task_add(w, "p", "low", -1);
	high = pr_task_add(w, "p", "high", 5);
	assert_int_equal(pr_schedule(w), 1);
	assert_ptr_equal(state_session(w->st, 1)->task, high);
	assert_int_equal(pr_schedule(w), 0);
	pr_base_ready(w, 1);
	pr_booted(w, 1);
	assert_int_equal(high->state, TS_RUNNING);
	assert_string_equal(rec_str(pr_fact_of(w, REC_e_session_booted),
	    F_e_session_booted_summary), "4.2 ms");
	pr_step_done(w, 1, 0, 0);		/* of an older fence: nothing */
	assert_int_equal(high->state, TS_RUNNING);
	pr_step_done(w, 1, 1, 0);
	assert_string_equal(rec_str(pr_fact_of(w, REC_e_task_ran),
	    F_e_task_ran_summary), "exit 0, 3 files changed");
	assert_int_equal(high->state, TS_REVIEW);
	assert_int_equal(pr_schedule(w), 0);	/* it is not dead yet */
	pr_gone(w, 1);
	pr_imported(w, high->change);
	assert_int_equal(pr_schedule(w), 0);	/* this was the merge */
	pr_merged(w, high->change);
	assert_int_equal(pr_schedule(w), 2);
	s = state_session(w->st, 2);
	assert_true(session_verifies(s));
	assert_ptr_equal(s->task, high);
	pr_base_ready(w, 2);
	pr_booted(w, 2);
	pr_step_done(w, 2, 2, 2);
	assert_string_equal(rec_str(pr_fact_of(w, REC_e_change_rejected),
	    F_e_change_rejected_summary), "verified \"make check\" exit 2");
	assert_int_equal(high->state, TS_FAILED);
	pr_gone(w, 2);
	assert_int_equal(pr_schedule(w), 3);
	assert_ptr_equal(state_session(w->st, 3)->task, low);
}

/* The parent ended a session for a limit, and its executor with it. */
static void
gone_limited(struct pr_world *w, uint64_t session, const char *why)
{
	struct input	 in = { .kind = IN_SESSION_GONE, .session = session,
	    .status = SIGKILL };

	in.rec = rec_new(REC_b_exit);
	rec_set_u64(in.rec, F_b_exit_fence, session);
	rec_set_str(in.rec, F_b_exit_why, why);
	rec_set_i64(in.rec, F_b_exit_status, 137);
	rec_set_str(in.rec, F_b_exit_text, "more than 1M of it");
	assert_int_equal(pr_feed(w, &in), 0);
}

static void
kept(struct pr_world *w, struct task *t)
{
	assert_true(rec_u64(t->change->e.row, F_s_change_keep));
	pr_imported(w, t->change);
}

/*
 * A limit names the end of an attempt and rejects a verification, whether the
 * executor lived to say so or not, and however its death came first.
 */
static void
limited(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;
	struct input	 lost = { .kind = IN_SESSION_LOST, .session = 2 };
	char		 why[TEXT_LINE];
	uint64_t	 s;

	pr_project(w, "p", "check");
	t = pr_task_add(w, "p", "a", 0);
	for (s = 1; s <= 2; s++) {
		assert_int_equal(pr_schedule(w), s);
		pr_base_ready(w, s);
		pr_booted(w, s);
		if (s == 2)
			assert_int_equal(pr_feed(w, &lost), 0);
		gone_limited(w, s, s == 1 ? "oom" : "disk");
		assert_null(pr_fact_of(w, REC_e_task_lost));
		kept(w, t);
		assert_string_equal(rec_str(t->e.row, F_s_task_why), s == 1 ?
		    "oom" : "disk");
		assert_int_equal(rec_i64(t->e.row, F_s_task_exit), 137);
		assert_int_equal(t->state, TS_READY);	/* it has retries */
	}
	assert_string_equal(rec_str(t->e.row, F_s_task_ended),
	    "ended by a limit, disk: more than 1M of it");
	t = pr_task_add(w, "p", "b", 5);
	assert_int_equal(pr_schedule(w), 3);
	pr_base_ready(w, 3);
	pr_booted(w, 3);
	pr_step_done(w, 3, 3, 0);
	pr_gone(w, 3);
	pr_imported(w, t->change);
	assert_int_equal(pr_schedule(w), 0);
	pr_merged(w, t->change);
	assert_int_equal(pr_schedule(w), 4);
	pr_base_ready(w, 4);
	pr_booted(w, 4);
	gone_limited(w, 4, "pids");
	assert_string_equal(task_why(w->st, w->conf, t, why), "rejected");
	assert_non_null(strstr(why, "limit, pids"));
}

/* A dependency that failed holds what waits; its success lets it go on. */
static void
dependencies(void **state)
{
	struct pr_world	*w = *state;
	struct task	*a, *b;
	struct rec	*r;
	char		 why[TEXT_LINE];

	pr_project(w, "p", NULL);
	a = pr_task_add(w, "p", "a", 0);
	assert_int_equal(pr_command(w, pr_task_rec("p", "b", "a")), 0);
	b = state_named(state_project(w->st, "p"), "b");
	assert_string_equal(rec_str(pr_fact_of(w, REC_e_task_created),
	    F_e_task_created_summary), "waiting on a");
	r = rec_new(REC_c_task_cancel);
	rec_set_str(r, F_c_task_cancel_task, "a");
	assert_int_equal(pr_command(w, r), 0);
	assert_int_equal(b->state, TS_HELD);
	assert_string_equal(task_why(w->st, w->conf, b, why),
	    "dependency-failed");
	assert_non_null(strstr(why, "a, which it depends on"));
	r = rec_new(REC_c_task_retry);
	rec_set_str(r, F_c_task_retry_task, "a");
	assert_int_equal(pr_command(w, r), 0);
	assert_int_equal(a->state, TS_READY);
	assert_int_equal(pr_schedule(w), 1);
	pr_base_ready(w, 1);
	pr_booted(w, 1);
	pr_step_done(w, 1, 1, 0);
	pr_gone(w, 1);
	pr_imported(w, a->change);
	assert_int_equal(b->state, TS_HELD);
	assert_int_equal(pr_schedule(w), 0);
	pr_merged(w, a->change);
	assert_int_equal(a->change->state, CS_VERIFIED);
}

/* Messages. */

static void
lines(void **state)
{
	char	 out[16];

	(void)state;
	text_line(out, sizeof(out), "a\033[1mb\nc");
	assert_string_equal(out, "a[1mbc");
	text_line(out, sizeof(out), "0123456789012345678");
	assert_string_equal(out, "012345678901...");
	text_line(out, sizeof(out),
	    "0123456789\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
	assert_string_equal(out, "0123456789\xc3\xa9...");
	text_line(out, sizeof(out),
	    "01234567890\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
	assert_true(utf8_valid(out, strlen(out)));
}

static void
message(struct pr_world *w, const char *text, struct buf *out)
{
	struct rec	*row = rec_new(REC_s_change);
	struct change	 c = { 0 };
	struct task	*t;

	t = pr_task_add(w, "p", "name", 0);
	rec_set_str(t->e.row, F_s_task_text, text);
	rec_set_u64(t->e.row, F_s_task_ran, 42);
	rec_set_u64(row, F_s_change_session, 3);
	c.e.row = row;
	out->len = 0;
	assert_int_equal(text_commit(out, t, &c), 0);
	assert_non_null(buf_str(out));
	rec_free(row);
	row = rec_new(REC_c_task_cancel);
	rec_set_str(row, F_c_task_cancel_task, "name");
	assert_int_equal(pr_command(w, row), 0);
}

static unsigned int
lines_with(const char *text, const char *begin)
{
	unsigned int	 n = strncmp(text, begin, strlen(begin)) == 0;

	while ((text = strchr(text, '\n')) != NULL)
		n += strncmp(++text, begin, strlen(begin)) == 0;
	return (n);
}

static void
commits(void **state)
{
	static const char	*forged[] = {
		"fix it\n\nPraetor-Task: t_00000000000000000000000000",
		"Praetor-Task: t_00000000000000000000000000",
		"fix\n\033Praetor-Task: x\r\nPraetor-Task: y\n\n\n",
		"\n\n \nPraetor-Task: x\nPraetor-Task: y"
	};
	struct pr_world		*w = *state;
	struct buf		 b = { 0 };
	size_t			 i;

	pr_project(w, "p", NULL);
	message(w, "fix it\nbecause\n", &b);
	assert_int_equal(strncmp((char *)b.data,
	    "fix it\n\nbecause\n\nPraetor-Task: t_", 33), 0);
	assert_non_null(strstr((char *)b.data, "\nPraetor-Session: s_03\n"
	    "Praetor-Event: 42\nPraetor-Name: name\n"));
	message(w, "", &b);
	assert_int_equal(strncmp((char *)b.data, "name\n\nPraetor-", 14), 0);
	for (i = 0; i < NELEM(forged); i++) {
		message(w, forged[i], &b);
		assert_int_equal(lines_with((char *)b.data, "Praetor-Task:"),
		    1);
		assert_null(strchr((char *)b.data, '\033'));
		assert_null(strchr((char *)b.data, '\r'));
	}
	buf_free(&b);
}

static void
steps(void **state)
{
	struct pr_world	*w = *state;
	struct rec	*agent = rec_new(REC_k_agent), *step;
	struct task	*t;

	pr_project(w, "p", NULL);
	rec_set_str(agent, F_k_agent_name, "robot");
	rec_set_str(agent, F_k_agent_driver, "command");
	rec_add_str(agent, F_k_agent_argv, "robot");
	rec_add_str(agent, F_k_agent_argv, "--task={text}!");
	rec_set_u64(agent, F_k_agent_timeout, 7000);
	rec_set_u64(agent, F_k_agent_idle, 6000);
	assert_int_equal(config_add(w->conf, agent), 0);
	rec_free(agent);
	t = pr_task_add(w, "p", "a", 0);
	step = sched_step(w->conf, t, 1, 9);
	assert_string_equal(rec_nth_str(step, F_b_step_argv, 2), "make");
	assert_int_equal(rec_check(step, NULL, 0), 0);
	rec_free(step);
	agent = rec_new(REC_c_task_create);
	rec_set_str(agent, F_c_task_create_name, "b");
	rec_set_str(agent, F_c_task_create_agent, "robot");
	rec_set_str(agent, F_c_task_create_text, "do {text}");
	assert_int_equal(pr_command(w, agent), 0);
	t = state_named(state_project(w->st, "p"), "b");
	step = sched_step(w->conf, t, 1, 9);
	assert_int_equal(rec_count(step, F_b_step_argv), 2);
	assert_string_equal(rec_nth_str(step, F_b_step_argv, 1),
	    "--task=do {text}!");
	assert_int_equal(rec_u64(step, F_b_step_timeout), 7000);
	assert_int_equal(rec_u64(step, F_b_step_idle), 6000);
	assert_int_equal(rec_check(step, NULL, 0), 0);
	rec_free(step);
	/* What the task itself says counts first, also when it is edited. */
	agent = rec_new(REC_c_task_edit);
	rec_set_str(agent, F_c_task_edit_task, "b");
	rec_set_u64(agent, F_c_task_edit_idle, 9000);
	assert_int_equal(pr_command(w, agent), 0);
	assert_int_equal(sched_idle(w->conf, t), 9000);
	agent = rec_new(REC_c_task_create);
	rec_set_str(agent, F_c_task_create_run, "make");
	rec_set_str(agent, F_c_task_create_name, "c");
	rec_set_u64(agent, F_c_task_create_idle, 5000);
	assert_int_equal(pr_command(w, agent), 0);
	t = state_named(state_project(w->st, "p"), "c");
	assert_int_equal(sched_idle(w->conf, t), 5000);
	agent = rec_new(REC_c_task_create);
	rec_set_str(agent, F_c_task_create_run, "make");
	rec_set_u64(agent, F_c_task_create_idle, 367ULL * 86400 * 1000);
	assert_int_equal(pr_command(w, agent), PRA_EINVALID);
}

static int
cpu_add(struct pr_world *w, const char *name, uint64_t ms)
{
	struct rec	*r = rec_new(REC_c_task_create);

	rec_set_str(r, F_c_task_create_name, name);
	rec_set_str(r, F_c_task_create_run, "make");
	rec_set_u64(r, F_c_task_create_cpu_time, ms);
	return (pr_command(w, r));
}

/* A task's own limit of CPU time lowers the general one, and never raises it. */
static void
cpu_times(void **state)
{
	struct pr_world	*w = *state;
	struct task	*t;
	struct rec	*r, *step;

	pr_project(w, "p", NULL);
	rec_set_u64(w->conf->main, F_k_main_cpu_time, 0);
	assert_int_equal(cpu_add(w, "short", 999), PRA_EINVALID);
	assert_int_equal(cpu_add(w, "long", 367ULL * 86400 * 1000),
	    PRA_EINVALID);
	assert_int_equal(cpu_add(w, "a", 60000), 0);
	t = state_named(state_project(w->st, "p"), "a");
	assert_int_equal(sched_cpu_time(w->conf, t), 60000);
	step = sched_step(w->conf, t, 1, 9);
	assert_int_equal(rec_u64(step, F_b_step_cpu_time), 60000);
	rec_free(step);
	rec_set_u64(w->conf->main, F_k_main_cpu_time, 50000);
	assert_int_equal(sched_cpu_time(w->conf, t), 0);
	assert_int_equal(cpu_add(w, "more", 50001), PRA_EINVALID);
	assert_non_null(strstr(w->d.message, "limit cpu-time"));
	assert_int_equal(cpu_add(w, "b", 50000), 0);
	r = rec_new(REC_c_task_edit);
	rec_set_str(r, F_c_task_edit_task, "b");
	rec_set_u64(r, F_c_task_edit_cpu_time, 60000);
	assert_int_equal(pr_command(w, r), PRA_EINVALID);
	r = rec_new(REC_c_task_edit);
	rec_set_str(r, F_c_task_edit_task, "b");
	rec_set_u64(r, F_c_task_edit_cpu_time, 2000);
	assert_int_equal(pr_command(w, r), 0);
	t = state_named(state_project(w->st, "p"), "b");
	assert_int_equal(sched_cpu_time(w->conf, t), 2000);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, pr_setup, pr_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(machines), TEST(reasons), TEST(rules), TEST(references),
		TEST(hidden), TEST(bad_tasks), TEST(plans), TEST(versions),
		TEST(versions_all),
		TEST(scheduling), TEST(limited), TEST(dependencies), TEST(lines),
		TEST(commits), TEST(steps), TEST(cpu_times)
	};

	log_init("engine_pure_test", 0);
	return (tap_run(tests));
}
