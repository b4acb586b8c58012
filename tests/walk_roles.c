/*
 * What the other roles answer in the engine's random walk: mostly what was
 * asked for, now and then that it failed.  Runs in test programs.
 */
#include "common/err.h"
#include "engine/owe.h"
#include "tests/tap.h"
#include "tests/walk.h"

static const uint8_t	 some_oid[OID_LEN] = { 1, 2, 3 };

static void
answer_open(struct world *w, const struct owed *o)
{
	struct input	 in = { .kind = IN_PROJECT_STATE };
	int		 bad = bad_luck(w, 2);

	in.rec = rec_new(REC_b_project_state);
	rec_set_str(in.rec, F_b_project_state_project,
	    rec_str(o->e.row, F_s_owed_project));
	rec_set_str(in.rec, F_b_project_state_err, bad ? "notfound" : "ok");
	if (!bad)
		rec_set_oid(in.rec, F_b_project_state_head, some_oid);
	feed(w, &in);
}

static void
answer_delivered(struct world *w, const struct owed *o)
{
	struct input	 in = { .kind = IN_DELIVERED };

	snprintf(in.text, sizeof(in.text), "%s",
	    rec_str(o->e.row, F_s_owed_key));
	feed(w, &in);
}

static void
answer_base(struct world *w, const struct owed *o)
{
	static const char *const	 errs[] = { "notfound", "unreach" };
	struct input			 in = { .kind = IN_BASE_READY };

	in.rec = rec_new(REC_b_base_ready);
	rec_set_u64(in.rec, F_b_base_ready_session,
	    rec_u64(o->e.row, F_s_owed_session));
	if (bad_luck(w, 8)) {
		rec_set_str(in.rec, F_b_base_ready_err, errs[rnd(w, 2)]);
	} else {
		rec_set_str(in.rec, F_b_base_ready_err, "ok");
		rec_set_oid(in.rec, F_b_base_ready_commit, some_oid);
		rec_set_oid(in.rec, F_b_base_ready_tree, some_oid);
		rec_add_str(in.rec, F_b_base_ready_layers, "0123");
	}
	feed(w, &in);
}

static void
answer_start(struct world *w, const struct owed *o)
{
	struct input	 in = { .kind = IN_BOOTED };

	if (bad_luck(w, 8)) {
		in.kind = rnd(w, 2) ? IN_SESSION_FAIL : IN_SESSION_GONE;
		in.err = PRA_ESYSTEM;
		in.status = 9;
	}
	in.session = rec_u64(o->e.row, F_s_owed_session);
	in.number = 4200;
	feed(w, &in);
}

static void
answer_step(struct world *w, const struct owed *o)
{
	static const char *const	 whys[] = {
		"exit", "exit", "exit", "signal", "oom", "exec"
	};
	struct input			 in = { .kind = IN_STEP_DONE };
	struct session			*s;
	struct rec			*r = rec_new(REC_b_exit);
	const char			*why = whys[rnd(w, 6)];
	int				 f;

	in.session = rec_u64(o->e.row, F_s_owed_session);
	s = state_session(w->st, in.session);
	assert_non_null(s);
	for (f = 0; f < F_b_exit_N; f++)
		if (rec_def(REC_b_exit)->fields[f].type == R_U64)
			rec_set_u64(r, f, 1);
	rec_set_u64(r, F_b_exit_fence, rec_u64(s->e.row, F_s_session_fence) -
	    (uint64_t)bad_luck(w, 20));
	rec_set_str(r, F_b_exit_why, w->gentle ? "exit" : why);
	rec_set_i64(r, F_b_exit_status, w->gentle || rnd(w, 3) ? 0 : 2);
	in.rec = r;
	feed(w, &in);
}

static void
answer_stop(struct world *w, const struct owed *o)
{
	struct input	 in = { .kind = IN_SESSION_GONE, .status = 9 };

	in.session = rec_u64(o->e.row, F_s_owed_session);
	feed(w, &in);
}

static void
answer_purge(struct world *w, const struct owed *o)
{
	struct input	 in = { .kind = IN_SESSION_PURGED };

	in.session = rec_u64(o->e.row, F_s_owed_session);
	in.err = bad_luck(w, 20) ? PRA_ESYSTEM : 0;
	feed(w, &in);
}

/* Some facts, most of which nobody minds. */
static void
add_facts(struct world *w, struct rec *r, int field)
{
	static const char *const	 classes[] = { "binary", "build",
	    "auto-executed", "large-file", "secret" };
	struct rec			*fact;
	uint32_t			 i;
	char				 path[16];

	for (i = rnd(w, 4) == 0 ? 1 + rnd(w, 3) : 0; i > 0; i--) {
		fact = rec_new(REC_b_fact);
		rec_set_str(fact, F_b_fact_class,
		    classes[rnd(w, bad_luck(w, 3) ? 5 : 4)]);
		rec_set_str(fact, F_b_fact_kind, "kind");
		snprintf(path, sizeof(path), "f%u", rnd(w, 3));
		rec_set_str(fact, F_b_fact_path, path);
		rec_add_rec(r, field, fact);
	}
}

static void
answer_import(struct world *w, const struct owed *o)
{
	struct input	 in = { .kind = IN_IMPORTED };
	uint32_t	 files = rnd(w, 3);

	if (bad_luck(w, 20)) {
		in.kind = IN_UPPER_FAIL;
		in.session = rec_u64(o->e.row, F_s_owed_session);
		in.err = PRA_ENOTFOUND;
		feed(w, &in);
		return;
	}
	in.rec = rec_new(REC_b_imported);
	rec_set_id(in.rec, F_b_imported_change,
	    rec_id(o->e.row, F_s_owed_change));
	rec_set_str(in.rec, F_b_imported_err,
	    bad_luck(w, 10) ? "invalid" : "ok");
	rec_set_u64(in.rec, F_b_imported_files, files);
	rec_set_u64(in.rec, F_b_imported_bytes, files);
	if (files > 0) {
		rec_set_oid(in.rec, F_b_imported_tree, some_oid);
		rec_set_oid(in.rec, F_b_imported_from, some_oid);
		add_facts(w, in.rec, F_b_imported_facts);
		rec_set_str(in.rec, F_b_imported_ref, "refs/praetor/attic/x");
	}
	feed(w, &in);
}

static void
answer_merge(struct world *w, const struct owed *o)
{
	static const char *const	 errs[] = { "conflict", "system" };
	struct input			 in = { .kind = IN_MERGED };
	int				 bad = bad_luck(w, 5);

	in.rec = rec_new(REC_b_merged);
	rec_set_id(in.rec, F_b_merged_change,
	    rec_id(o->e.row, F_s_owed_change));
	rec_set_str(in.rec, F_b_merged_err, bad ? errs[rnd(w, 2)] : "ok");
	if (bad) {
		rec_add_str(in.rec, F_b_merged_paths, "a.c");
	} else {
		rec_set_oid(in.rec, F_b_merged_onto, some_oid);
		rec_set_oid(in.rec, F_b_merged_tree, some_oid);
		if (rnd(w, 2)) {
			rec_set_oid(in.rec, F_b_merged_from, some_oid);
			add_facts(w, in.rec, F_b_merged_facts);
		}
	}
	feed(w, &in);
}

static void
answer_land(struct world *w, const struct owed *o)
{
	static const char *const	 errs[] = { "conflict", "perm" };
	struct input			 in = { .kind = IN_LANDED };
	int				 bad = bad_luck(w, 4);

	in.rec = rec_new(REC_b_landed);
	rec_set_id(in.rec, F_b_landed_change,
	    rec_id(o->e.row, F_s_owed_change));
	rec_set_str(in.rec, F_b_landed_err, bad ? errs[rnd(w, 2)] : "ok");
	if (!bad)
		rec_set_oid(in.rec, F_b_landed_commit, some_oid);
	feed(w, &in);
}

static void
answer(struct world *w, const struct owed *o)
{
	static void	(*const answers[EF_MAX])(struct world *,
			    const struct owed *) = {
		[EF_OPEN] = answer_open, [EF_FORGET] = answer_delivered,
		[EF_BASE] = answer_base, [EF_DROP] = answer_delivered,
		[EF_START] = answer_start, [EF_STEP] = answer_step,
		[EF_CANCEL] = answer_step, [EF_STOP] = answer_stop,
		[EF_IMPORT] = answer_import, [EF_PURGE] = answer_purge,
		[EF_MERGE] = answer_merge, [EF_LAND] = answer_land,
		[EF_EXPIRE] = answer_delivered
	};

	answers[effect_byname(rec_str(o->e.row, F_s_owed_kind))](w, o);
}

int
answer_some(struct world *w)
{
	struct owed	*o;
	uint32_t	 n = 0, i;

	TAILQ_FOREACH(o, &w->st->due, due)
		n++;
	if (n == 0)
		return (0);
	i = rnd(w, n);
	TAILQ_FOREACH(o, &w->st->due, due)
		if (i-- == 0)
			break;
	answer(w, o);
	return (1);
}
