/*
 * The two sides of the model check, and their comparison.  Runs in test
 * programs.
 */
#include "common/err.h"
#include "engine/load.h"
#include "engine/owe.h"
#include "engine/queue.h"
#include "engine/sched.h"
#include "tests/model_pair.h"
#include "tests/tap.h"

#define START		(1700000000LL * 1000000)

static const struct {
	const char	*name;
	unsigned int	 often;
} ops[OP_MAX] = {
#define OP_ROW(number, name, often) [number] = { name, often },
	OPS(OP_ROW)
#undef OP_ROW
};

const char *
op_name(enum op_kind k)
{
	return (ops[k].name);
}

unsigned int
op_often(enum op_kind k)
{
	return (ops[k].often);
}

static const uint8_t	 some_oid[OID_LEN] = { 1 };

static void __attribute__((__format__(printf, 2, 3)))
differ(struct pair *p, const char *fmt, ...)
{
	va_list	 ap;

	if (p->why[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(p->why, sizeof(p->why), fmt, ap);
	va_end(ap);
}

/* The engine's side. */

static void
configure(struct pair *p, unsigned int max)
{
	const struct rec_def	*def = rec_def(REC_k_main);
	struct rec		*r = rec_new(REC_k_main);
	unsigned int		 f;

	for (f = 0; f < def->nfields; f++)
		if (def->fields[f].type == R_STR)
			rec_set_str(r, (int)f, "x");
		else
			rec_set_u64(r, (int)f, 0);
	rec_set_u64(r, F_k_main_sessions_max, max);
	rec_set_u64(r, F_k_main_tasks_max, MO_UNFINISHED);
	rec_set_u64(r, F_k_main_timeout, 1000);
	rec_set_u64(r, F_k_main_fair_age, (uint64_t)p->m.age / 1000);
	config_free(p->conf);
	assert_non_null(p->conf = config_new());
	assert_int_equal(config_add(p->conf, r), 0);
	rec_free(r);
	queue_configure(p->st, p->conf, p->m.now);
	p->m.max = max;
}

static void
take(struct pair *p, struct decision *d)
{
	struct fact	*f;

	STAILQ_FOREACH(f, &d->facts, next) {
		f->seq = ++p->seq;
		if (apply(p->st, f) != 0)
			differ(p, "%s does not fit the state",
			    rec_def(rec_kind(f->data))->name);
	}
}

static void
schedule(struct pair *p)
{
	struct decision	 d;
	int		 more = 1;

	while (more && p->why[0] == '\0') {
		decision_init(&d, p->st, p->conf);
		d.time = p->m.now;
		sched_next(&d);
		more = !STAILQ_EMPTY(&d.facts);
		take(p, &d);
		decision_clear(&d);
	}
	store_flush(&p->store, p->st);
}

/* Decide and apply; an input's records are freed.  The PRA_E*. */
static int
feed(struct pair *p, struct input *in, const uint8_t (*ids)[ULID_LEN],
    size_t n)
{
	struct decision	 d;
	int		 err;

	decision_init(&d, p->st, p->conf);
	d.time = p->m.now;
	d.ids = ids;
	d.nids = n;
	decide(&d, in);
	err = d.err;
	take(p, &d);
	decision_clear(&d);
	rec_free(in->env);
	rec_free(in->rec);
	return (err);
}

/* A new id for what may need one. */
static int
feed_one(struct pair *p, struct input *in)
{
	uint8_t	 id[1][ULID_LEN];

	ulid_make(id[0], p->last, (uint64_t)p->m.now / 1000);
	return (feed(p, in, (const uint8_t (*)[ULID_LEN])id, 1));
}

static int
command(struct pair *p, struct rec *cmd, const uint8_t (*ids)[ULID_LEN],
    size_t n)
{
	struct input	 in = { .kind = IN_COMMAND, .rec = cmd };

	in.env = rec_new(REC_c_env);
	rec_set_u64(in.env, F_c_env_uid, 0);
	return (feed(p, &in, ids, n));
}

static int
answered(struct pair *p, const char *what, int err, int expected)
{
	if (err != expected)
		differ(p, "%s: the answer is %s, not %s", what, err_name(err),
		    err_name(expected));
	return (err);
}

/* New tasks. */

static const char *
kind_word(enum mo_kind k)
{
#define MO_WORD(number, word) [number] = word,
	static const char *const	 words[] = { MO_KINDS(MO_WORD) };
#undef MO_WORD

	return (words[k]);
}

/* Most say nothing special. */
static enum mo_kind
kind_of(uint32_t a)
{
	return (a % 8 < MO_KIND_MAX ? (enum mo_kind)(a % 8) : MO_OK);
}

static struct rec *
task_rec(struct pair *p, unsigned int n, unsigned int first)
{
	const struct mo_task	*t = &p->m.t[n];
	struct rec		*r = rec_new(REC_c_task_create);
	char			 text[128], id[ID_SIZE];
	unsigned int		 i;

	snprintf(text, sizeof(text), "n%u", n);
	rec_set_str(r, F_c_task_create_name, text);
	rec_set_str(r, F_c_task_create_run, "make");
	rec_set_i64(r, F_c_task_create_priority, t->priority);
	rec_set_u64(r, F_c_task_create_retries, t->retries);
	for (i = 0; i < t->ndeps; i++) {
		snprintf(id, sizeof(id), "n%u", t->deps[i].to);
		if (t->deps[i].to < first)
			id_format(id, 't', p->id[t->deps[i].to]);
		snprintf(text, sizeof(text), "%s:%s",
		    kind_word(t->deps[i].kind), id);
		rec_add_str(r, F_c_task_create_deps, text);
	}
	return (r);
}

/* Set a task up; it depends on tasks from lo to hi - 1 (it may be in them). */
static void
task_make(struct pair *p, unsigned int n, const struct op *op,
    unsigned int lo, unsigned int hi)
{
	struct mo_task	*t = &p->m.t[n];
	unsigned int	 i, k, to;

	memset(t, 0, sizeof(*t));
	t->priority = (int64_t)(op->b % 7) - 3;
	t->retries = t->retries_max = op->c % 4 == 0 ? 1 + op->b % 2 : 0;
	t->filed = p->m.now;
	for (i = 0; hi > lo && i < op->a % 4; i++) {
		to = lo + (op->c >> (8 * i)) * 2654435761U % (hi - lo);
		for (k = 0; k < t->ndeps; k++)
			if (t->deps[k].to == to)
				break;
		if (k < t->ndeps || to == n)
			continue;
		t->deps[t->ndeps++] = (struct mo_dep){
		    kind_of(op->b >> (4 + 4 * i)), to };
	}
	ulid_make(p->id[n], p->last, (uint64_t)p->m.now / 1000);
}

static int
is_room(const struct pair *p, unsigned int n)
{
	return (mo_unfinished(&p->m) + n <= MO_UNFINISHED);
}

/* What can never run is not filed. */
static int
filed_as(const struct pair *p, unsigned int first, unsigned int n, int err)
{
	unsigned int	 i;

	if (!is_room(p, n))
		return (PRA_ELIMIT);
	for (i = first; err == 0 && i < first + n; i++)
		if (mo_never(&p->m, i, first))
			return (PRA_ESTATE);
	return (err);
}

static void
op_create(struct pair *p, const struct op *op)
{
	unsigned int	 n = p->m.n, lo = n > 40 ? n - 40 : 0;
	int		 err;

	task_make(p, n, op, lo, n);
	err = command(p, task_rec(p, n, n),
	    (const uint8_t (*)[ULID_LEN])&p->id[n], 1);
	if (answered(p, "create", err, filed_as(p, n, 1, 0)) != 0)
		return;
	p->m.t[n].order = ++p->m.clock;
	p->m.n++;
	mo_file(&p->m, n);
}

/* Filed after what it depends on, as far as that is in the plan too. */
static void
plan_file(struct pair *p, unsigned int n, unsigned int first)
{
	struct mo_task	*t = &p->m.t[n];
	unsigned int	 i;

	if (t->order != 0)
		return;
	for (i = 0; i < t->ndeps; i++)
		if (t->deps[i].to >= first)
			plan_file(p, t->deps[i].to, first);
	t->order = ++p->m.clock;
	mo_file(&p->m, n);
}

/* A chain backwards, with dependencies on older tasks; or a circle. */
static void
op_plan(struct pair *p, const struct op *op, int circle)
{
	struct rec	*r = rec_new(REC_c_task_plan);
	struct op	 one = *op;
	unsigned int	 first = p->m.n, n = 2 + op->a % 4, i;
	int		 err;

	for (i = first; i < first + n; i++) {
		one.a = one.a * 1103515245U + 12345U;
		one.b = one.b * 1103515245U + 12345U;
		task_make(p, i, &one, first > 20 ? first - 20 : 0, first);
		if (p->m.t[i].ndeps < MO_DEPS && (circle || i + 1 < first + n))
			p->m.t[i].deps[p->m.t[i].ndeps++] = (struct mo_dep){
			    kind_of(one.b >> 20), i + 1 < first + n ? i + 1 :
			    first };
	}
	for (i = first; i < first + n; i++)
		rec_add_rec(r, F_c_task_plan_tasks, task_rec(p, i, first));
	err = command(p, r, (const uint8_t (*)[ULID_LEN])&p->id[first], n);
	if (answered(p, "plan", err, filed_as(p, first, n,
	    circle ? PRA_ECYCLE : 0)) != 0)
		return;
	p->m.n += n;
	for (i = first; i < first + n; i++)
		plan_file(p, i, first);
}

/* Commands about one task. */

static void
op_task(struct pair *p, const struct op *op)
{
	static const struct {
		enum rec_kind	 kind;
		int		 field;
		int		 (*model)(struct model *, unsigned int);
		enum task_state	 good;		/* it may do something */
	} about[OP_MAX] = {
		[OP_CANCEL] = { REC_c_task_cancel, F_c_task_cancel_task,
		    mo_cancel, TS_RUNNING },
		[OP_RETRY] = { REC_c_task_retry, F_c_task_retry_task,
		    mo_retry, TS_FAILED },
		[OP_HOLD] = { REC_c_task_hold, F_c_task_hold_task,
		    mo_hold, TS_READY },
		[OP_RELEASE] = { REC_c_task_release, F_c_task_release_task,
		    mo_release, TS_HELD },
		[OP_PAUSE] = { REC_c_task_pause, F_c_task_pause_task,
		    mo_pause, TS_RUNNING },
		[OP_RESUME] = { REC_c_task_resume, F_c_task_resume_task,
		    mo_resume, TS_PAUSED }
	};
	unsigned int	 i, n = op->a % p->m.n;
	struct rec	*r = rec_new(about[op->kind].kind);
	char		 id[ID_SIZE];

	/* Mostly one in a state in which it makes sense. */
	for (i = 0; op->b % 4 != 0 && i < p->m.n &&
	    p->m.t[n].state != about[op->kind].good; i++)
		n = (n + 1) % p->m.n;
	id_format(id, 't', p->id[n]);
	rec_set_str(r, about[op->kind].field, id);
	answered(p, ops[op->kind].name, command(p, r, NULL, 0),
	    about[op->kind].model(&p->m, n));
}

/* Another priority; the one that it has is no change. */
static void
op_edit(struct pair *p, const struct op *op)
{
	struct rec	*r = rec_new(REC_c_task_edit);
	unsigned int	 n = op->a % p->m.n;
	uint8_t		 new[1][ULID_LEN];	/* not used */
	int64_t		 priority = 10 + op->b % 5;
	char		 id[ID_SIZE];

	if (p->m.t[n].priority == priority)
		priority++;
	id_format(id, 't', p->id[n]);
	rec_set_str(r, F_c_task_edit_task, id);
	rec_set_i64(r, F_c_task_edit_priority, priority);
	ulid_make(new[0], p->last, (uint64_t)p->m.now / 1000);
	answered(p, "edit", command(p, r, (const uint8_t (*)[ULID_LEN])new, 1),
	    mo_edit(&p->m, n, priority));
}

/* Drain, pause the queue, or the project; and what undoes it. */
static void
op_brake(struct pair *p, const struct op *op, int on)
{
	static const enum rec_kind	 kinds[MO_BRAKES][2] = {
		{ REC_c_undrain, REC_c_drain },
		{ REC_c_queue_resume, REC_c_queue_pause },
		{ REC_c_queue_resume, REC_c_queue_pause }
	};
	unsigned int			 which = op->a % MO_BRAKES;
	struct rec			*r = rec_new(kinds[which][on]);

	if (which == 2)
		rec_set_str(r, on ? F_c_queue_pause_project :
		    F_c_queue_resume_project, "p");
	answered(p, on ? "brake" : "go", command(p, r, NULL, 0),
	    mo_brake(&p->m, which, on));
}

/* Words of other roles. */

static void
say_session(struct pair *p, enum input_kind kind, unsigned int s, int err)
{
	struct input	 in = { .kind = kind, .session = s, .err = err,
			    .status = 9 };

	snprintf(in.text, sizeof(in.text), "a word");
	(void)feed_one(p, &in);
}

static void
say_base(struct pair *p, unsigned int s, int ok)
{
	struct input	 in = { .kind = IN_BASE_READY };

	in.rec = rec_new(REC_b_base_ready);
	rec_set_u64(in.rec, F_b_base_ready_session, s);
	rec_set_str(in.rec, F_b_base_ready_err, ok ? "ok" : "unreach");
	if (ok) {
		rec_set_oid(in.rec, F_b_base_ready_commit, some_oid);
		rec_set_oid(in.rec, F_b_base_ready_tree, some_oid);
		rec_add_str(in.rec, F_b_base_ready_layers, "0");
	}
	(void)feed_one(p, &in);
	mo_base(&p->m, s, ok);
}

/* late: of an attempt before this one, which is of no consequence. */
static void
say_ran(struct pair *p, unsigned int n, int ok, uint64_t late)
{
	struct session	*s = state_session(p->st, n);
	struct input	 in = { .kind = IN_STEP_DONE, .session = n };
	int		 f;

	in.rec = rec_new(REC_b_exit);
	for (f = 0; f < F_b_exit_N; f++)
		if (rec_def(REC_b_exit)->fields[f].type == R_U64)
			rec_set_u64(in.rec, f, 1);
	rec_set_u64(in.rec, F_b_exit_fence, s == NULL ? 0 :
	    rec_u64(s->e.row, F_s_session_fence) - late);
	rec_set_str(in.rec, F_b_exit_why, "exit");
	rec_set_i64(in.rec, F_b_exit_status, ok ? 0 : 3);
	(void)feed_one(p, &in);
	if (!late)
		mo_ran(&p->m, n, ok);
}

/* What a change is answered: its task's, whichever it is now. */
static const uint8_t *
change_id(struct pair *p, unsigned int n)
{
	static const uint8_t	 none[ULID_LEN];
	struct task		*t = state_task(p->st, p->id[n]);

	return (t == NULL || t->change == NULL ? none :
	    rec_id(t->change->e.row, F_s_change_id));
}

static void
say_imported(struct pair *p, unsigned int n, int ok, int files)
{
	struct input	 in = { .kind = IN_IMPORTED };

	in.rec = rec_new(REC_b_imported);
	rec_set_id(in.rec, F_b_imported_change, change_id(p, n));
	rec_set_str(in.rec, F_b_imported_err, ok ? "ok" : "invalid");
	rec_set_u64(in.rec, F_b_imported_files, (uint64_t)files);
	rec_set_oid(in.rec, F_b_imported_tree, some_oid);
	rec_set_oid(in.rec, F_b_imported_from, some_oid);
	rec_set_str(in.rec, F_b_imported_ref, "refs/praetor/attic/x");
	(void)feed_one(p, &in);
	mo_imported(&p->m, n, ok, files);
}

static void
say_merged(struct pair *p, unsigned int n, int ok)
{
	struct input	 in = { .kind = IN_MERGED };

	in.rec = rec_new(REC_b_merged);
	rec_set_id(in.rec, F_b_merged_change, change_id(p, n));
	rec_set_str(in.rec, F_b_merged_err, ok ? "ok" : "conflict");
	if (ok) {
		rec_set_oid(in.rec, F_b_merged_onto, some_oid);
		rec_set_oid(in.rec, F_b_merged_tree, some_oid);
	}
	(void)feed_one(p, &in);
	mo_merged(&p->m, n, ok);
}

static void
say_landed(struct pair *p, unsigned int n, int ok)
{
	struct input	 in = { .kind = IN_LANDED };

	in.rec = rec_new(REC_b_landed);
	rec_set_id(in.rec, F_b_landed_change, change_id(p, n));
	rec_set_str(in.rec, F_b_landed_err, ok ? "ok" : "perm");
	if (ok)
		rec_set_oid(in.rec, F_b_landed_commit, some_oid);
	(void)feed_one(p, &in);
	mo_landed(&p->m, n, ok);
}

static void
say_dropped(struct pair *p, unsigned int s)
{
	struct input	 in = { .kind = IN_DELIVERED };

	snprintf(in.text, sizeof(in.text), "drop/%u", s);
	(void)feed_one(p, &in);
	mo_dropped(&p->m, s);
}

/* Whatever a session waits for comes, well or badly. */
static void
word_session(struct pair *p, unsigned int n, const struct op *op)
{
	const struct mo_session	*s = &p->m.s[n];
	int			 ok = op->b % 8 != 0;

	if (s->state == SS_BOOTING && !s->asked) {
		say_base(p, n, ok);
	} else if (s->state == SS_BOOTING && ok) {
		say_session(p, IN_BOOTED, n, 0);
		mo_booted(&p->m, n);
	} else if (s->state == SS_BOOTING) {
		say_session(p, IN_SESSION_FAIL, n, PRA_ESYSTEM);
		mo_failed(&p->m, n);
	} else if (s->state == SS_CANCELLING || (s->state == SS_ACTIVE &&
	    p->m.t[s->task].state != TS_PAUSED)) {
		say_ran(p, n, op->b % 3 != 0, 0);
	} else if (s->state == SS_SHUTTING || s->state == SS_LOST) {
		say_session(p, IN_SESSION_GONE, n, 0);
		mo_gone(&p->m, n);
	} else if (s->drop) {
		say_dropped(p, n);
	} else if (s->purge) {
		say_session(p, IN_SESSION_PURGED, n, 0);
		mo_purged(&p->m, n);
	}
}

static void
word_task(struct pair *p, unsigned int n, const struct op *op)
{
	int	 ok = op->b % 8 != 0;

	if (p->m.t[n].change == MC_IMPORTING)
		say_imported(p, n, ok, op->c % 2);
	else if (p->m.t[n].change == MC_MERGING)
		say_merged(p, n, ok);
	else if (p->m.t[n].change == MC_VERIFIED)
		say_landed(p, n, ok);
}

/* A session or a change that waits for one gets a word. */
static void
op_word(struct pair *p, const struct op *op)
{
	unsigned int	 i, n;

	for (i = 0; i < p->m.n && op->a % 2; i++) {
		n = (op->b + i) % p->m.n;
		if (p->m.t[n].change != MC_NONE &&
		    p->m.t[n].change != MC_IMPORTED) {
			word_task(p, n, op);
			return;
		}
	}
	for (i = 0; i < p->m.ns; i++) {
		n = 1 + (op->c + i) % p->m.ns;
		if (p->m.s[n].there && (p->m.s[n].state != SS_GONE ||
		    p->m.s[n].drop || p->m.s[n].purge)) {
			word_session(p, n, op);
			return;
		}
	}
}

/* One that nobody waits for: late, twice, or of another attempt. */
static void
op_stray(struct pair *p, const struct op *op)
{
	unsigned int	 n;

	if (p->m.ns == 0 || p->m.n == 0)
		return;
	n = 1 + op->b % p->m.ns;
	switch (op->a % 6) {
	case 0:
		say_base(p, n, 1);
		break;
	case 1:
		say_ran(p, n, 1, op->c % 2);
		break;
	case 2:
		say_imported(p, op->b % p->m.n, 1, 1);
		break;
	case 3:
		say_merged(p, op->b % p->m.n, 1);
		break;
	case 4:
		say_landed(p, op->b % p->m.n, 1);
		break;
	default:
		say_session(p, IN_BOOTED, n, 0);
		mo_booted(&p->m, n);
		break;
	}
}

static void
op_end(struct pair *p, const struct op *op)
{
	unsigned int	 n;

	if (p->m.ns == 0)
		return;
	n = p->m.ns - op->a % (p->m.ns < 5 ? p->m.ns : 5);
	say_session(p, op->kind == OP_LOST ? IN_SESSION_LOST :
	    IN_SESSION_GONE, n, 0);
	if (op->kind == OP_LOST)
		mo_lost(&p->m, n);
	else
		mo_gone(&p->m, n);
}

/* Only the rows are left of the state. */
static void
op_restart(struct pair *p)
{
	struct state	*st;
	char		 why[256];

	if (load_state(&p->store, &st, why, sizeof(why)) != 0) {
		differ(p, "%s", why);
		return;
	}
	st->last_session = p->st->last_session;
	st->last_fence = p->st->last_fence;
	queue_configure(st, p->conf, p->m.now);
	state_free(p->st);
	p->st = st;
}

/* The comparison. */

static void
same_task(struct pair *p, unsigned int n)
{
	const struct mo_task	*m = &p->m.t[n];
	struct task		*t = state_task(p->st, p->id[n]);
	unsigned int		 own;

	if (t == NULL) {
		differ(p, "task n%u is lost", n);
		return;
	}
	own = t->session == NULL ? 0 : (unsigned int)rec_u64(
	    t->session->e.row, F_s_session_id);
	if (t->state != m->state)
		differ(p, "task n%u is %s, not %s", n,
		    task_fsm.states[t->state], task_fsm.states[m->state]);
	else if (own != m->session)
		differ(p, "task n%u has session %u, not %u", n, own,
		    m->session);
	else if (rec_u64(t->e.row, F_s_task_retries) != m->retries ||
	    rec_u64(t->e.row, F_s_task_attempt) != m->attempt)
		differ(p, "task n%u has other attempts, or retries left", n);
	else if (t->state == TS_HELD && task_kept(t) != m->user)
		differ(p, "task n%u is held by somebody else", n);
	else if ((t->change != NULL) != (m->change != MC_NONE))
		differ(p, "task n%u has a change, or none", n);
}

static void
same_session(struct pair *p, unsigned int n)
{
	const struct mo_session	*m = &p->m.s[n];
	struct session		*s = state_session(p->st, n);
	int			 there = m->there && (m->state != SS_GONE ||
				    m->purge || p->m.t[m->task].change ==
				    MC_IMPORTING);

	if (m->state == SS_GONE) {
		if ((owed_session(p->st, EF_DROP, n) != NULL) != m->drop)
			differ(p, "the base of session %u is let go, or not",
			    n);
		if ((owed_session(p->st, EF_PURGE, n) != NULL) != m->purge)
			differ(p, "session %u is deleted, or not", n);
		return;
	}
	if (s == NULL)
		differ(p, "session %u is lost", n);
	else if (there && s->state != m->state)
		differ(p, "session %u is %s, not %s", n,
		    session_fsm.states[s->state],
		    session_fsm.states[m->state]);
	else if ((owed_session(p->st, EF_STOP, n) != NULL) !=
	    (m->state == SS_SHUTTING || m->state == SS_LOST))
		differ(p, "session %u is stopped, or not", n);
	else if ((owed_session(p->st, EF_BASE, n) != NULL) !=
	    (m->state == SS_BOOTING && !m->asked) ||
	    (owed_session(p->st, EF_START, n) != NULL) !=
	    (m->state == SS_BOOTING && m->asked) ||
	    (owed_session(p->st, EF_STEP, n) != NULL) !=
	    (m->state == SS_ACTIVE || m->state == SS_CANCELLING) ||
	    (owed_session(p->st, EF_CANCEL, n) != NULL) !=
	    (m->state == SS_CANCELLING))
		differ(p, "session %u is owed something else", n);
}

static void
compare(struct pair *p)
{
	unsigned int	 i;

	for (i = 0; i < p->m.n && p->why[0] == '\0'; i++)
		same_task(p, i);
	for (i = 1; i <= p->m.ns && p->why[0] == '\0'; i++)
		same_session(p, i);
	if (p->st->last_session != p->m.ns)
		differ(p, "%u sessions were made, not %u",
		    (unsigned int)p->st->last_session, p->m.ns);
}

void
pair_op(struct pair *p, const struct op *op)
{
	p->m.now += 1 + op->c % 400;
	if (op->kind == OP_CREATE)
		op_create(p, op);
	else if (op->kind == OP_PLAN || op->kind == OP_CIRCLE)
		op_plan(p, op, op->kind == OP_CIRCLE);
	else if (op->kind == OP_RELOAD)
		configure(p, 1 + op->a % 4);
	else if (op->kind == OP_RESTART)
		op_restart(p);
	else if (op->kind == OP_BRAKE || op->kind == OP_GO)
		op_brake(p, op, op->kind == OP_BRAKE);
	else if (op->kind == OP_EDIT && p->m.n > 0)
		op_edit(p, op);
	else if (op->kind == OP_WORD)
		op_word(p, op);
	else if (op->kind == OP_STRAY)
		op_stray(p, op);
	else if (op->kind == OP_LOST || op->kind == OP_GONE)
		op_end(p, op);
	else if (p->m.n > 0 && op->kind != OP_EDIT)
		op_task(p, op);
	mo_schedule(&p->m);
	schedule(p);
	compare(p);
}

void
pair_init(struct pair *p, int64_t age)
{
	struct input	 in = { .kind = IN_PROJECT_STATE };
	struct rec	*r = rec_new(REC_c_project_add);

	memset(p, 0, sizeof(*p));
	RB_INIT(&p->store.rows);
	p->m.now = START;
	p->m.age = age;
	assert_non_null(p->st = state_new());
	configure(p, 2);
	rec_set_str(r, F_c_project_add_name, "p");
	rec_set_str(r, F_c_project_add_repo, "/r");
	assert_int_equal(command(p, r, NULL, 0), 0);
	in.rec = rec_new(REC_b_project_state);
	rec_set_str(in.rec, F_b_project_state_project, "p");
	rec_set_str(in.rec, F_b_project_state_err, "ok");
	rec_set_oid(in.rec, F_b_project_state_head, some_oid);
	assert_int_equal(feed_one(p, &in), 0);
	schedule(p);
}

void
pair_clear(struct pair *p)
{
	store_clear(&p->store);
	state_free(p->st);
	config_free(p->conf);
}
