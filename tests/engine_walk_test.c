/*
 * The engine's pure half under a random walk: commands of users, answers of
 * reviewer, parent and executors, deaths and repeated messages, in every
 * order.  After each input the invariants are checked; now and then the state
 * is thrown away and read back from its rows; at the end the log is replayed
 * and must give the same rows.  The seed is printed and can be given in
 * PRAETOR_SEED.
 */
#include <inttypes.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/deps.h"
#include "engine/load.h"
#include "engine/queue.h"
#include "engine/rebuild.h"
#include "engine/sched.h"
#include "engine/views.h"
#include "tests/tap.h"
#include "tests/walk.h"

#define STEPS		12000
#define WALKS		100

uint32_t
rnd(struct world *w, uint32_t n)
{
	w->rnd ^= w->rnd << 13;
	w->rnd ^= w->rnd >> 7;
	w->rnd ^= w->rnd << 17;
	return ((uint32_t)(w->rnd >> 16) % n);
}

int
bad_luck(struct world *w, uint32_t one_in)
{
	return (!w->gentle && rnd(w, one_in) == 0);
}

static struct rec *
conf_main(void)
{
	struct rec	*r = rec_new(REC_k_main);

	rec_set_str(r, F_k_main_version, "0");
	rec_set_str(r, F_k_main_mode, "user");
	rec_set_u64(r, F_k_main_owner, 0);
	rec_set_u64(r, F_k_main_started, 0);
	rec_set_u64(r, F_k_main_sessions_max, SESSIONS);
	rec_set_u64(r, F_k_main_tasks_max, 120);
	rec_set_u64(r, F_k_main_timeout, 1000);
	rec_set_u64(r, F_k_main_verify_timeout, 1000);
	rec_set_u64(r, F_k_main_idle, 0);
	rec_set_u64(r, F_k_main_output, 1000);
	rec_set_u64(r, F_k_main_retries, 1);
	rec_set_str(r, F_k_main_author_name, "a");
	rec_set_str(r, F_k_main_author_email, "b");
	rec_set_u64(r, F_k_main_files_max, 1);
	rec_set_u64(r, F_k_main_bytes_max, 1);
	rec_set_u64(r, F_k_main_clients_max, 1);
	rec_set_u64(r, F_k_main_fetch, 1);
	rec_set_u64(r, F_k_main_large_file, 0);
	rec_set_u64(r, F_k_main_many_files, 0);
	rec_set_u64(r, F_k_main_many_bytes, 0);
	rec_set_u64(r, F_k_main_approval, 1);	/* a thousand inputs */
	rec_set_u64(r, F_k_main_retain_output, 0);
	rec_set_u64(r, F_k_main_retain_attic, 1);
	rec_set_u64(r, F_k_main_half, 60000);
	rec_set_u64(r, F_k_main_fair_weight, 100);
	rec_set_u64(r, F_k_main_fair_age, 1);
	rec_set_u64(r, F_k_main_fair_cpu, 1);
	rec_set_u64(r, F_k_main_fair_wall, 1);
	rec_set_u64(r, F_k_main_fair_tokens, 1);
	rec_set_u64(r, F_k_main_fair_money, 1);
	rec_set_u64(r, F_k_main_fetch_timeout, 1);
	rec_set_u64(r, F_k_main_fetch_bytes, 1);
	return (r);
}

/* Limits that a walk runs into. */
static void
conf_quotas(struct config *c)
{
	static const struct {
		const char	*key, *what;
		uint64_t	 most;
	} rules[] = {
		{ "user/0", "running", 2 },
		{ "project/q", "running", 1 },
		{ "project/", "queued", 1000 }
	};
	struct rec	*r;
	size_t		 i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		r = rec_new(REC_k_quota);
		rec_set_str(r, F_k_quota_key, rules[i].key);
		rec_set_str(r, F_k_quota_what, rules[i].what);
		rec_set_u64(r, F_k_quota_most, rules[i].most);
		rec_set_str(r, F_k_quota_text, "as above");
		assert_int_equal(config_add(c, r), 0);
		rec_free(r);
	}
}

/* Decide, log, apply; the scheduler after it: what turn.c does. */

static void
log_fact(struct world *w, struct fact *f)
{
	if (w->nlog == w->caplog) {
		w->caplog = w->caplog ? w->caplog * 2 : 1024;
		w->log = reallocarray(w->log, w->caplog, sizeof(*w->log));
		assert_non_null(w->log);
	}
	w->log[w->nlog].time = f->time;
	w->log[w->nlog++].data = rec_copy(f->data);
	f->seq = w->nlog;
	if (rec_kind(f->data) == REC_e_task_done)
		w->done++;
	if (rec_kind(f->data) == REC_e_task_failed)
		w->failed++;
	if (rec_kind(f->data) == REC_e_task_cancelled)
		w->cancelled++;
	if (rec_kind(f->data) == REC_e_task_lost)
		w->lost++;
	if (rec_kind(f->data) == REC_e_change_pushed)
		w->landed++;
	if (rec_kind(f->data) == REC_e_change_asked)
		w->asked++;
	if (rec_kind(f->data) == REC_e_change_denied)
		w->denied++;
	if (rec_kind(f->data) == REC_e_change_expired)
		w->expired++;
}

static void
apply_facts(struct world *w, struct decision *d)
{
	struct fact	*f;

	STAILQ_FOREACH(f, &d->facts, next) {
		log_fact(w, f);
		if (apply(w->st, f) != 0)
			print_message("# input %s: %s does not fit\n",
			    input_name(w->kind),
			    rec_def(rec_kind(f->data))->name);
		assert_int_equal(w->st->err, 0);
	}
}

int
feed(struct world *w, struct input *in)
{
	uint8_t		 ids[32][ULID_LEN];
	struct decision	 d;
	size_t		 i;
	int		 err, more;

	assert_true(decide_ids(in) <= 32);
	for (i = 0; i < decide_ids(in); i++)
		ulid_make(ids[i], w->last, (uint64_t)w->time / 1000);
	w->kind = in->kind;
	decision_init(&d, w->st, w->conf);
	d.time = w->time++;
	d.ids = (const uint8_t (*)[ULID_LEN])ids;
	d.nids = decide_ids(in);
	decide(&d, in);
	err = d.err;
	if (err != 0 && in->kind != IN_COMMAND)
		print_message("# %s: %s\n", input_name(in->kind), d.message);
	assert_true(in->kind == IN_COMMAND || err == 0);
	assert_true(err == 0 || d.message[0] != '\0');
	apply_facts(w, &d);
	decision_clear(&d);
	do {
		decision_init(&d, w->st, w->conf);
		d.time = w->time++;
		sched_next(&d);
		more = !STAILQ_EMPTY(&d.facts);
		apply_facts(w, &d);
		decision_clear(&d);
	} while (more);
	check_world(w);
	store_flush(&w->store, w->st);
	rec_free(in->env);
	rec_free(in->rec);
	return (err);
}

static int
command(struct world *w, struct rec *cmd)
{
	struct input	 in = { .kind = IN_COMMAND, .rec = cmd };
	struct engine	 e = { .store = &w->store, .st = w->st };

	load_named(&e, &in);	/* as turn.c does: what was trimmed */
	in.env = rec_new(REC_c_env);
	rec_set_u64(in.env, F_c_env_uid, 0);
	return (feed(w, &in));
}

/* Users. */

void
task_ref(struct world *w, char out[80], int healthy)
{
	struct task	*t;
	uint32_t	 n = 0, i;

	for (i = 0; i < TS_MAX; i++)
		n += w->st->ntasks[i];
	i = n == 0 ? 0 : rnd(w, n);
	snprintf(out, 80, "n%u", rnd(w, w->filed + 1));
	RB_FOREACH(t, task_ids, &w->st->tasks)
		if (i-- == 0 && !(healthy && (t->state == TS_FAILED ||
		    t->state == TS_CANCELLED || t->state == TS_HELD)))
			id_format(out, 't', rec_id(t->e.row, F_s_task_id));
}

/* A task to wait for, by every kind, the usual one more often. */
static void
new_dep(struct world *w, struct rec *r, const char *name)
{
	static const char *const	 kinds[] = {
		"", "", "ok:", "any:", "failed:", "merged:", "file:"
	};
	const char			*kind;
	char				 dep[120];

	kind = kinds[rnd(w, sizeof(kinds) / sizeof(kinds[0]))];
	snprintf(dep, sizeof(dep), "%s%s%s", kind, name,
	    strcmp(kind, "file:") == 0 ? ":x/y" : "");
	rec_add_str(r, F_c_task_create_deps, dep);
}

static struct rec *
new_task(struct world *w, const char *sibling)
{
	struct rec	*r = rec_new(REC_c_task_create);
	char		 name[80];
	uint32_t	 i;

	snprintf(name, sizeof(name), "n%u", w->filed++);
	rec_set_str(r, F_c_task_create_name, name);
	rec_set_str(r, F_c_task_create_project, rnd(w, 2) ? "p" : "q");
	rec_set_str(r, F_c_task_create_run, "make");
	rec_set_i64(r, F_c_task_create_priority, (int64_t)rnd(w, 3) - 1);
	if (rnd(w, 2))
		rec_set_u64(r, F_c_task_create_retries, rnd(w, 3));
	for (i = rnd(w, 3); i > 0; i--) {
		task_ref(w, name, rnd(w, 10) != 0);
		if (name[0] == 't' || rnd(w, 10) == 0)
			new_dep(w, r, name);
	}
	if (sibling != NULL) {
		rec_set_str(r, F_c_task_create_project, "p");
		new_dep(w, r, sibling);
	}
	return (r);
}

static void
user_plan(struct world *w)
{
	struct rec	*r = rec_new(REC_c_task_plan);
	char		 name[80];
	uint32_t	 i, n = 1 + rnd(w, 5), base = w->filed;
	int		 circle = rnd(w, 4) == 0, err;

	for (i = 0; i < n; i++) {
		/* Backwards, so that dependencies come later in the list. */
		snprintf(name, sizeof(name), "n%u",
		    i + 1 < n ? base + i + 1 : base);
		rec_add_rec(r, F_c_task_plan_tasks, new_task(w,
		    i + 1 < n || circle ? name : NULL));
	}
	if (!circle && n > 1) {
		/* The last is named by the one before: same project. */
		rec_set_str(r, F_c_task_plan_project, "p");
	}
	err = command(w, r);
	if (circle)
		assert_int_not_equal(err, 0);
}

/* Hold, pause, and what undoes them, of a task that may allow it. */
static struct rec *
user_keep(struct world *w)
{
	static const struct {
		enum task_state	 state;
		enum rec_kind	 kind;
		int		 field;
	} keeps[] = {
		{ TS_WAITING, REC_c_task_hold, F_c_task_hold_task },
		{ TS_READY, REC_c_task_hold, F_c_task_hold_task },
		{ TS_HELD, REC_c_task_hold, F_c_task_hold_task },
		{ TS_HELD, REC_c_task_release, F_c_task_release_task },
		{ TS_RUNNING, REC_c_task_pause, F_c_task_pause_task },
		{ TS_PAUSED, REC_c_task_resume, F_c_task_resume_task },
		{ TS_REVIEW, REC_c_task_pause, F_c_task_pause_task }
	};
	uint32_t		 k = rnd(w, 7);
	struct rec		*r = rec_new(keeps[k].kind);
	struct task		*t;
	char			 id[ID_SIZE] = "nobody";

	RB_FOREACH(t, task_ids, &w->st->tasks)
		if (t->state == keeps[k].state && (rnd(w, 3) == 0 ||
		    strcmp(id, "nobody") == 0))
			id_format(id, 't', rec_id(t->e.row, F_s_task_id));
	rec_set_str(r, keeps[k].field, id);
	return (r);
}

static void
user(struct world *w)
{
	struct rec	*r;
	char		 ref[80];

	task_ref(w, ref, 0);
	switch (rnd(w, 17)) {
	case 12:
		r = rec_new(REC_c_task_approve);
		rec_set_str(r, F_c_task_approve_task, ref);
		break;
	case 13:
		r = rec_new(REC_c_task_reject);
		rec_set_str(r, F_c_task_reject_task, ref);
		rec_set_str(r, F_c_task_reject_message, "no");
		break;
	case 0:
		r = rec_new(REC_c_task_cancel);
		rec_set_str(r, F_c_task_cancel_task, ref);
		break;
	case 1:
		r = rec_new(REC_c_task_retry);
		rec_set_str(r, F_c_task_retry_task, ref);
		break;
	case 2:
		user_plan(w);
		return;
	case 3:
		r = rec_new(REC_c_project_remove);
		rec_set_str(r, F_c_project_remove_project, "x");
		break;
	case 4:
		r = rec_new(REC_c_project_add);
		rec_set_str(r, F_c_project_add_name, "x");
		rec_set_str(r, F_c_project_add_repo, "/r");
		break;
	case 5:
		r = user_keep(w);
		break;
	case 14:
	case 15:
	case 16:
		r = graph_some(w, ref);
		break;
	default:
		r = new_task(w, NULL);
		break;
	}
	(void)command(w, r);
}

/* Approve whatever waits for it; 1 when something did. */
static int
approve(struct world *w)
{
	struct change	*c = TAILQ_FIRST(&w->st->asking);
	struct rec	*r;
	char		 id[ID_SIZE];

	if (c == NULL)
		return (0);
	id_format(id, 't', rec_id(c->task->e.row, F_s_task_id));
	r = rec_new(REC_c_task_approve);
	rec_set_str(r, F_c_task_approve_task, id);
	rec_set_str(r, F_c_task_approve_hash,
	    rec_str(c->e.row, F_s_change_hash));
	assert_int_equal(command(w, r), 0);
	return (1);
}

/* Held tasks would fill the limit on tasks in the end, paused ones sessions. */
static void
tidy(struct world *w)
{
	struct task	*t;
	struct rec	*r;
	char		 id[ID_SIZE];

	RB_FOREACH(t, task_ids, &w->st->tasks)
		if (t->state == TS_HELD || (t->state == TS_PAUSED &&
		    !rec_u64(t->e.row, F_s_task_cancelling)))
			break;
	if (t == NULL)
		return;
	id_format(id, 't', rec_id(t->e.row, F_s_task_id));
	r = rec_new(REC_c_task_cancel);
	rec_set_str(r, F_c_task_cancel_task, id);
	assert_int_equal(command(w, r), 0);
}

/* A message about a session at a time when it may not make sense. */
static void
surprise(struct world *w)
{
	static const enum input_kind	 kinds[] = {
		IN_BOOTED, IN_SESSION_FAIL, IN_SESSION_LOST, IN_SESSION_GONE,
		IN_SESSION_PURGED, IN_UPPER_FAIL
	};
	struct input			 in = { 0 };
	struct session			*s;
	uint32_t			 n;

	in.kind = kinds[rnd(w, 6)];
	in.session = 1 + rnd(w, (uint32_t)w->st->last_session + 1);
	n = rnd(w, 4);
	RB_FOREACH(s, session_ids, &w->st->sessions)
		if (n-- == 0)
			in.session = rec_u64(s->e.row, F_s_session_id);
	in.status = 9;
	in.err = PRA_ESYSTEM;
	snprintf(in.text, sizeof(in.text), "a surprise");
	feed(w, &in);
}

/* What upkeep.c finds in the store, now and then too late. */
static void
expire(struct world *w)
{
	struct engine	 e = { .store = &w->store, .st = w->st };
	struct input	 in = { .kind = IN_EXPIRE };

	task_ref(w, in.text, 0);
	load_named(&e, &in);
	feed(w, &in);
}

/* The process dies and starts again with what the store has. */
static void
restart(struct world *w)
{
	struct state	*st;
	char		 why[256];

	assert_int_equal(load_state(&w->store, &st, why, sizeof(why)), 0);
	st->last_session = w->st->last_session;
	st->last_fence = w->st->last_fence;
	queue_configure(st, w->conf, w->st->now);
	check_order(w, st);
	state_free(w->st);
	w->st = st;
	check_world(w);
}

static void
add_project(struct world *w, const char *name, const char *verify)
{
	struct rec	*r = rec_new(REC_c_project_add);

	rec_set_str(r, F_c_project_add_name, name);
	rec_set_str(r, F_c_project_add_repo, "/srv/git/p.git");
	if (verify != NULL)
		rec_set_str(r, F_c_project_add_verify, verify);
	assert_int_equal(command(w, r), 0);
	w->gentle = 1;
	while (answer_some(w))
		;
	w->gentle = 0;
}

static void
world_init(struct world *w, uint64_t seed)
{
	struct rec	*r = conf_main();

	memset(w, 0, sizeof(*w));
	RB_INIT(&w->store.rows);
	w->rnd = seed;
	w->time = 1700000000LL * 1000000;
	assert_non_null(w->st = state_new());
	assert_non_null(w->conf = config_new());
	assert_int_equal(config_add(w->conf, r), 0);
	rec_free(r);
	conf_quotas(w->conf);
	queue_configure(w->st, w->conf, w->time);
	add_project(w, "p", "make check");
	add_project(w, "q", NULL);
}

static void
world_clear(struct world *w)
{
	size_t	 i;

	for (i = 0; i < w->nlog; i++)
		rec_free(w->log[i].data);
	free(w->log);
	store_clear(&w->store);
	state_free(w->st);
	config_free(w->conf);
}

/* Everything that can go on goes on to its end. */
static void
settle(struct world *w)
{
	struct task	*t;
	int		 turns = 0;

	w->gentle = 1;
	while (answer_some(w) || approve(w))
		assert_true(turns++ < 100000);
	RB_FOREACH(t, task_ids, &w->st->tasks)
		assert_true(task_final(t->state) || t->state == TS_HELD ||
		    t->state == TS_WAITING);
	assert_int_equal(w->st->nlive, 0);
	assert_true(RB_EMPTY(&w->st->changes));
	assert_true(RB_EMPTY(&w->st->sessions));
}

/* The log alone gives the same rows. */
static void
replay(struct world *w)
{
	struct store	 copy = { RB_INITIALIZER(&copy.rows) };
	struct state	*st = state_new();
	struct fact	 f = { 0 };
	struct row	*a, *b;

	for (f.seq = 1; f.seq <= w->nlog; f.seq++) {
		f.data = w->log[f.seq - 1].data;
		f.time = w->log[f.seq - 1].time;
		assert_int_equal(apply(st, &f), 0);
	}
	store_flush(&copy, st);
	a = RB_MIN(rows, &w->store.rows);
	b = RB_MIN(rows, &copy.rows);
	while (a != NULL && b != NULL) {
		assert_int_equal(row_cmp(a, b), 0);
		assert_int_equal(a->live, b->live);
		assert_int_equal(a->data.len, b->data.len);
		assert_memory_equal(a->data.data, b->data.data, a->data.len);
		a = RB_NEXT(rows, NULL, a);
		b = RB_NEXT(rows, NULL, b);
	}
	assert_null(a);
	assert_null(b);
	store_clear(&copy);
	state_free(st);
}

/* And so does what `replay verify' does, at any moment. */
static void
rebuilt(struct world *w)
{
	struct store_event	 ev = { .schema = 1 };
	struct store_row	 row = { 0 };
	struct rebuild		 rb;
	struct differ		 d;
	struct row		*r;
	struct buf		 b = { 0 };
	char			 why[REBUILD_WHY] = "";
	size_t			 at = 0;

	assert_int_equal(rebuild_init(&rb), 0);
	for (ev.seq = 1; ev.seq <= w->nlog; ev.seq++) {
		b.len = 0;
		assert_int_equal(rec_encode(w->log[ev.seq - 1].data, &b), 0);
		ev.time = w->log[ev.seq - 1].time;
		ev.data = b.data;
		ev.len = b.len;
		if (rebuild_event(&rb, &ev, why) != 0)
			fail_msg("%s", why);
	}
	assert_int_equal(rebuild_flush(&rb), 0);
	RB_FOREACH(r, rows, &w->store.rows) {
		row.table = (enum store_table)r->table;
		row.key = r->key;
		row.keylen = r->keylen;
		row.live = r->live;
		row.kind = rec_def((enum rec_kind)(r->data.data[0] |
		    r->data.data[1] << 8))->name;
		row.body = r->data.data + 6;
		row.len = r->data.len - 6;
		if (rebuild_same(&rb, &row, &d) != 1)
			fail_msg("%d %s %s %s", (int)d.table, d.row, d.what,
			    d.field);
	}
	if (rebuild_unseen(&rb, &at, &d))
		fail_msg("%d %s %s", (int)d.table, d.row, d.what);
	buf_free(&b);
	rebuild_clear(&rb);
}

static uint64_t
the_seed(void)
{
	const char	*s = getenv("PRAETOR_SEED");

	return (s != NULL ? strtoull(s, NULL, 0) : 0x9e3779b97f4a7c15ULL);
}

static void
step(struct world *w)
{
	uint32_t	 what = rnd(w, 100);

	if (what < 15)
		user(w);
	else if (what < 18)
		surprise(w);
	else if (what < 19)
		restart(w);
	else if (what < 22)
		tidy(w);
	else if (what < 23)
		state_trim(w->st, rnd(w, 50));
	else if (what < 25)
		expire(w);
	else
		answer_some(w);
}

/* Many short walks, each stopped where it happens to be. */
static void
many(void **unused)
{
	struct world	 w;
	uint64_t	 seed = the_seed();
	int		 i, n;

	(void)unused;
	for (n = 0; n < WALKS; n++) {
		world_init(&w, seed ^ (uint64_t)(n + 1) << 32);
		for (i = 0; i < 40 + n * 5; i++)
			step(&w);
		rebuilt(&w);
		world_clear(&w);
	}
}

static void
walk(void **unused)
{
	struct world	 w;
	uint64_t	 seed = the_seed();
	int		 i, n;

	(void)unused;
	print_message("# seed %#" PRIx64 "\n", seed);
	for (n = 0; n < 3; n++) {
		world_init(&w, seed + (uint64_t)n);
		for (i = 0; i < STEPS; i++)
			step(&w);
		print_message("# %zu events: %u filed, %u done, %u landed, "
		    "%u failed, %u cancelled, %u lost; %u asked, %u denied, "
		    "%u expired\n", w.nlog, w.filed, w.done, w.landed,
		    w.failed, w.cancelled, w.lost, w.asked, w.denied,
		    w.expired);
		assert_true(w.asked > 0 && w.denied > 0 && w.expired > 0);
		settle(&w);
		restart(&w);
		replay(&w);
		rebuilt(&w);
		world_clear(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(walk), cmocka_unit_test(many)
	};

	log_init("engine_walk_test", 0);
	return (tap_run(tests));
}
