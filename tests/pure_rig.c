/*
 * The rig of the tests of the engine's pure half.  Runs in test programs.
 */
#include "common/err.h"
#include "engine/queue.h"
#include "tests/pure_rig.h"
#include "tests/tap.h"

static void
conf_set(struct config *c, uint64_t sessions)
{
	struct rec		*r = rec_new(REC_k_main);
	const struct rec_def	*def = rec_def(REC_k_main);
	unsigned int		 f;

	for (f = 0; f < def->nfields; f++)
		if (def->fields[f].type == R_STR)
			rec_set_str(r, (int)f, "x");
		else
			rec_set_u64(r, (int)f, def->fields[f].type == R_BOOL ?
			    0 : 100);
	rec_set_u64(r, F_k_main_sessions_max, sessions);
	rec_set_u64(r, F_k_main_owner, 500);
	assert_int_equal(config_add(c, r), 0);
	rec_free(r);
}

int
pr_setup(void **state)
{
	struct pr_world	*w = calloc(1, sizeof(*w));

	if (w == NULL)
		return (-1);
	w->st = state_new();
	w->conf = config_new();
	conf_set(w->conf, 1);
	queue_configure(w->st, w->conf, 0);
	w->env = rec_new(REC_c_env);
	rec_set_u64(w->env, F_c_env_uid, 0);
	decision_init(&w->d, w->st, w->conf);
	*state = w;
	return (0);
}

int
pr_teardown(void **state)
{
	struct pr_world	*w = *state;

	decision_clear(&w->d);
	state_free(w->st);
	config_free(w->conf);
	rec_free(w->env);
	free(w);
	return (0);
}

static void
take_facts(struct pr_world *w)
{
	struct fact	*f;

	STAILQ_FOREACH(f, &w->d.facts, next) {
		f->seq = ++w->seq;
		assert_int_equal(apply(w->st, f), 0);
	}
	state_clean(w->st);
}

int
pr_feed(struct pr_world *w, struct input *in)
{
	uint8_t	 ids[16][ULID_LEN];
	size_t	 i;

	for (i = 0; i < 16; i++)
		ulid_make(ids[i], w->last, 1000 + w->seq);
	decision_clear(&w->d);
	decision_init(&w->d, w->st, w->conf);
	w->d.time = (int64_t)w->seq + w->later;
	w->d.chance = w->chance;
	w->d.ids = (const uint8_t (*)[ULID_LEN])ids;
	w->d.nids = 16;
	decide(&w->d, in);
	take_facts(w);
	rec_free(in->rec);
	return (w->d.err);
}

int
pr_command(struct pr_world *w, struct rec *cmd)
{
	struct input	 in = { .kind = IN_COMMAND, .env = w->env, .rec = cmd };

	return (pr_feed(w, &in));
}

/* Let the scheduler decide once; the new session's number or 0. */
uint64_t
pr_schedule(struct pr_world *w)
{
	uint64_t	 before = w->st->last_session;

	decision_clear(&w->d);
	decision_init(&w->d, w->st, w->conf);
	w->d.time = (int64_t)w->seq + w->later;
	w->d.chance = w->chance;
	sched_next(&w->d);
	take_facts(w);
	return (w->st->last_session == before ? 0 : w->st->last_session);
}

void
pr_project(struct pr_world *w, const char *name, const char *verify)
{
	static const uint8_t	 oid[OID_LEN] = { 1 };
	struct input		 in = { .kind = IN_PROJECT_STATE };
	struct rec		*r = rec_new(REC_c_project_add);

	rec_set_str(r, F_c_project_add_name, name);
	rec_set_str(r, F_c_project_add_repo, "/r");
	rec_set_str(r, F_c_project_add_verify, verify);
	assert_int_equal(pr_command(w, r), 0);
	in.rec = rec_new(REC_b_project_state);
	rec_set_str(in.rec, F_b_project_state_project, name);
	rec_set_str(in.rec, F_b_project_state_err, "ok");
	rec_set_oid(in.rec, F_b_project_state_head, oid);
	assert_int_equal(pr_feed(w, &in), 0);
}

struct rec *
pr_task_rec(const char *proj, const char *name, const char *dep)
{
	struct rec	*r = rec_new(REC_c_task_create);

	rec_set_str(r, F_c_task_create_project, proj);
	rec_set_str(r, F_c_task_create_name, name);
	rec_set_str(r, F_c_task_create_run, "make");
	if (dep != NULL)
		rec_add_str(r, F_c_task_create_deps, dep);
	return (r);
}

struct task *
pr_task_add(struct pr_world *w, const char *proj, const char *name,
    int64_t prio)
{
	struct rec	*r = pr_task_rec(proj, name, NULL);

	rec_set_i64(r, F_c_task_create_priority, prio);
	assert_int_equal(pr_command(w, r), 0);
	return (state_named(state_project(w->st, proj), name));
}

void
pr_permit(struct pr_world *w, int deny, int any, int group, uint64_t id,
    const char *cmd, const char *proj)
{
	struct rec	*r = rec_new(REC_k_permit);

	rec_set_u64(r, F_k_permit_deny, (uint64_t)deny);
	rec_set_u64(r, F_k_permit_any, (uint64_t)any);
	rec_set_u64(r, F_k_permit_group, (uint64_t)group);
	rec_set_u64(r, F_k_permit_id, id);
	rec_set_str(r, F_k_permit_command, cmd);
	rec_set_str(r, F_k_permit_project, proj);
	rec_set_str(r, F_k_permit_text, deny ? "the deny" : "the permit");
	assert_int_equal(config_add(w->conf, r), 0);
	rec_free(r);
}

struct rec *
pr_client(uint64_t uid, uint64_t gid)
{
	struct rec	*env = rec_new(REC_c_env), *g = rec_new(REC_c_gid);

	rec_set_u64(env, F_c_env_uid, uid);
	rec_set_u64(g, F_c_gid_gid, gid);
	rec_add_rec(env, F_c_env_groups, g);
	return (env);
}

void
pr_base_ready(struct pr_world *w, uint64_t session)
{
	static const uint8_t	 oid[OID_LEN] = { 1 };
	struct input		 in = { .kind = IN_BASE_READY };

	in.rec = rec_new(REC_b_base_ready);
	rec_set_u64(in.rec, F_b_base_ready_session, session);
	rec_set_str(in.rec, F_b_base_ready_err, "ok");
	rec_set_oid(in.rec, F_b_base_ready_commit, oid);
	rec_set_oid(in.rec, F_b_base_ready_tree, oid);
	rec_add_str(in.rec, F_b_base_ready_layers, "0");
	assert_int_equal(pr_feed(w, &in), 0);
}

void
pr_booted(struct pr_world *w, uint64_t session)
{
	struct input	 in = { .kind = IN_BOOTED, .session = session };

	in.number = 4200;
	assert_int_equal(pr_feed(w, &in), 0);
}

void
pr_step_done(struct pr_world *w, uint64_t session, uint64_t fence,
    int64_t status)
{
	struct input	 in = { .kind = IN_STEP_DONE, .session = session };
	int		 f;

	in.rec = rec_new(REC_b_exit);
	for (f = 0; f < F_b_exit_N; f++)
		if (rec_def(REC_b_exit)->fields[f].type == R_U64)
			rec_set_u64(in.rec, f, 3);
	rec_set_u64(in.rec, F_b_exit_fence, fence);
	rec_set_str(in.rec, F_b_exit_why, "exit");
	rec_set_i64(in.rec, F_b_exit_status, status);
	assert_int_equal(pr_feed(w, &in), 0);
}

void
pr_gone(struct pr_world *w, uint64_t session)
{
	struct input	 in = { .kind = IN_SESSION_GONE, .session = session };

	assert_int_equal(pr_feed(w, &in), 0);
}

const struct rec *
pr_fact_of(const struct pr_world *w, enum rec_kind kind)
{
	const struct fact	*f;

	STAILQ_FOREACH(f, &w->d.facts, next)
		if (rec_kind(f->data) == kind)
			return (f->data);
	return (NULL);
}

void
pr_imported(struct pr_world *w, const struct change *c)
{
	static const uint8_t	 oid[OID_LEN] = { 1 };
	struct input		 in = { .kind = IN_IMPORTED };

	in.rec = rec_new(REC_b_imported);
	rec_set_id(in.rec, F_b_imported_change,
	    rec_id(c->e.row, F_s_change_id));
	rec_set_str(in.rec, F_b_imported_err, "ok");
	rec_set_u64(in.rec, F_b_imported_files, 3);
	rec_set_oid(in.rec, F_b_imported_tree, oid);
	rec_set_oid(in.rec, F_b_imported_from, oid);
	rec_set_str(in.rec, F_b_imported_ref, "refs/praetor/attic/x");
	assert_int_equal(pr_feed(w, &in), 0);
}

void
pr_imported_none(struct pr_world *w, const struct change *c)
{
	struct input	 in = { .kind = IN_IMPORTED };

	in.rec = rec_new(REC_b_imported);
	rec_set_id(in.rec, F_b_imported_change,
	    rec_id(c->e.row, F_s_change_id));
	rec_set_str(in.rec, F_b_imported_err, "ok");
	rec_set_u64(in.rec, F_b_imported_files, 0);
	assert_int_equal(pr_feed(w, &in), 0);
}

void
pr_merged(struct pr_world *w, const struct change *c)
{
	static const uint8_t	 oid[OID_LEN] = { 1 };
	struct input		 in = { .kind = IN_MERGED };

	in.rec = rec_new(REC_b_merged);
	rec_set_id(in.rec, F_b_merged_change, rec_id(c->e.row, F_s_change_id));
	rec_set_str(in.rec, F_b_merged_err, "ok");
	rec_set_oid(in.rec, F_b_merged_onto, oid);
	rec_set_oid(in.rec, F_b_merged_tree, oid);
	assert_int_equal(pr_feed(w, &in), 0);
}
