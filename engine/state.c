/*
 * The state's objects, trees and queues.  Engine, pure half.  Rows come from
 * the store or from apply.c; a row that makes no sense sets state.err, and
 * the shell then does not use the state.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "engine/deps.h"
#include "engine/queue.h"

static int
task_cmp_id(const struct task *a, const struct task *b)
{
	return (memcmp(a->id, b->id, ULID_LEN));
}

static int
num_cmp(uint64_t a, uint64_t b)
{
	return (a < b ? -1 : a > b);
}

/* By name, the newest first. */
static int
task_cmp_name(const struct task *a, const struct task *b)
{
	int	 c;

	c = strcmp(rec_str(a->e.row, F_s_task_name),
	    rec_str(b->e.row, F_s_task_name));
	if (c != 0)
		return (c);
	return (num_cmp(rec_u64(b->e.row, F_s_task_order),
	    rec_u64(a->e.row, F_s_task_order)));
}

static int
project_cmp(const struct project *a, const struct project *b)
{
	return (strcmp(rec_str(a->e.row, F_s_project_name),
	    rec_str(b->e.row, F_s_project_name)));
}

static int
session_cmp(const struct session *a, const struct session *b)
{
	return (num_cmp(rec_u64(a->e.row, F_s_session_id),
	    rec_u64(b->e.row, F_s_session_id)));
}

static int
change_cmp(const struct change *a, const struct change *b)
{
	return (memcmp(rec_id(a->e.row, F_s_change_id),
	    rec_id(b->e.row, F_s_change_id), ULID_LEN));
}

static int
owed_cmp(const struct owed *a, const struct owed *b)
{
	return (strcmp(a->key, b->key));
}

static int
account_cmp(const struct account *a, const struct account *b)
{
	return (strcmp(rec_str(a->e.row, F_s_usage_key),
	    rec_str(b->e.row, F_s_usage_key)));
}

RB_GENERATE(task_ids, task, by_id, task_cmp_id)
RB_GENERATE(task_names, task, by_name, task_cmp_name)
RB_GENERATE(project_names, project, by_name, project_cmp)
RB_GENERATE(session_ids, session, by_id, session_cmp)
RB_GENERATE(change_ids, change, by_id, change_cmp)
RB_GENERATE(owed_keys, owed, by_key, owed_cmp)
RB_GENERATE(account_keys, account, by_key, account_cmp)

struct state *
state_new(void)
{
	struct state	*st;

	if ((st = calloc(1, sizeof(*st))) == NULL)
		return (NULL);
	if ((st->queue = queue_new(st)) == NULL) {
		free(st);
		return (NULL);
	}
	RB_INIT(&st->projects);
	RB_INIT(&st->tasks);
	RB_INIT(&st->timed);
	RB_INIT(&st->brakes);
	RB_INIT(&st->schedules);
	RB_INIT(&st->runs);
	RB_INIT(&st->sessions);
	RB_INIT(&st->changes);
	RB_INIT(&st->owed);
	RB_INIT(&st->accounts);
	TAILQ_INIT(&st->due);
	TAILQ_INIT(&st->asking);
	TAILQ_INIT(&st->past);
	TAILQ_INIT(&st->doomed);
	TAILQ_INIT(&st->dirty);
	return (st);
}

static void
entry_free(struct entry *e)
{
	rec_free(e->row);
	free(e);		/* the first member of every object */
}

void
state_unlink_task(struct task *t)
{
	struct edge	*ed;

	while ((ed = TAILQ_FIRST(&t->deps)) != NULL) {
		dep_edge(ed, 0);
		TAILQ_REMOVE(&t->deps, ed, out);
		TAILQ_REMOVE(&ed->to->rdeps, ed, in);
		free(ed);
	}
}

static void
edges_free(struct task *t)
{
	struct edge	*ed;

	state_unlink_task(t);
	while ((ed = TAILQ_FIRST(&t->rdeps)) != NULL) {
		dep_edge(ed, 0);
		TAILQ_REMOVE(&t->rdeps, ed, in);
		TAILQ_REMOVE(&ed->from->deps, ed, out);
		free(ed);
	}
}

void
state_free(struct state *st)
{
	struct project	*p;
	struct task	*t;
	struct session	*s;
	struct change	*c;
	struct owed	*o;
	struct account	*a;
	struct brake	*b;
	struct schedule	*sc;

	if (st == NULL)
		return;
	state_clean(st);
	queue_free(st->queue);
	RB_FOREACH(t, task_ids, &st->tasks)
		edges_free(t);
	while ((t = RB_ROOT(&st->tasks)) != NULL) {
		RB_REMOVE(task_ids, &st->tasks, t);
		entry_free(&t->e);
	}
	while ((p = RB_ROOT(&st->projects)) != NULL) {
		RB_REMOVE(project_names, &st->projects, p);
		if (p->tally != NULL)
			entry_free(&p->tally->e);
		entry_free(&p->e);
	}
	while ((s = RB_ROOT(&st->sessions)) != NULL) {
		RB_REMOVE(session_ids, &st->sessions, s);
		entry_free(&s->e);
	}
	while ((c = RB_ROOT(&st->changes)) != NULL) {
		RB_REMOVE(change_ids, &st->changes, c);
		entry_free(&c->e);
	}
	while ((sc = RB_ROOT(&st->schedules)) != NULL) {
		RB_REMOVE(schedule_keys, &st->schedules, sc);
		entry_free(&sc->e);
	}
	while ((b = RB_ROOT(&st->brakes)) != NULL) {
		RB_REMOVE(brake_keys, &st->brakes, b);
		entry_free(&b->e);
	}
	while ((o = RB_ROOT(&st->owed)) != NULL) {
		RB_REMOVE(owed_keys, &st->owed, o);
		entry_free(&o->e);
	}
	while ((a = RB_ROOT(&st->accounts)) != NULL) {
		RB_REMOVE(account_keys, &st->accounts, a);
		entry_free(&a->e);
	}
	free(st);
}

static void
state_fail(struct state *st, int err)
{
	if (st->err == 0)
		st->err = err;
}

/* A new object around a row; NULL and st->err set when it cannot be. */
static void *
entry_new(struct state *st, size_t size, enum store_table table,
    struct rec *row)
{
	struct entry	*e = NULL;

	if (row == NULL || (e = calloc(1, size)) == NULL) {
		rec_free(row);
		state_fail(st, PRA_ENOMEM);
		return (NULL);
	}
	e->table = table;
	e->row = row;
	e->live = 1;
	return (e);
}

/* An object that was there already, or whose state has no name. */
static void *
entry_refuse(struct state *st, struct entry *e)
{
	entry_free(e);
	state_fail(st, PRA_ECORRUPT);
	return (NULL);
}

struct project *
state_add_project(struct state *st, struct rec *row)
{
	struct project	*p = entry_new(st, sizeof(*p), ST_PROJECT, row);

	if (p == NULL)
		return (NULL);
	RB_INIT(&p->names);
	TAILQ_INIT(&p->queue);
	if (RB_INSERT(project_names, &st->projects, p) != NULL)
		return (entry_refuse(st, &p->e));
	st->nprojects++;
	return (p);
}

struct task *
state_add_task(struct state *st, struct rec *row)
{
	struct task	*t = entry_new(st, sizeof(*t), ST_TASK, row);
	int		 s;

	if (t == NULL)
		return (NULL);
	memcpy(t->id, rec_id(row, F_s_task_id), ULID_LEN);
	TAILQ_INIT(&t->deps);
	TAILQ_INIT(&t->rdeps);
	s = fsm_state(&task_fsm, rec_str(row, F_s_task_state));
	if (s == -1 || RB_INSERT(task_ids, &st->tasks, t) != NULL)
		return (entry_refuse(st, &t->e));
	t->state = (enum task_state)s;
	t->e.live = !task_final(t->state);
	st->ntasks[t->state]++;
	t->project = state_project(st, rec_str(row, F_s_task_project));
	if (t->project != NULL && rec_has(row, F_s_task_name)) {
		RB_INSERT(task_names, &t->project->names, t);
		t->named = 1;
	}
	if (t->project != NULL && t->e.live)
		t->project->unfinished++;
	if (!t->e.live) {
		TAILQ_INSERT_TAIL(&st->past, t, past);
		st->npast++;
	}
	queue_task(st, t);
	task_time(st, t);
	stuck_update(t);
	return (t);
}

struct session *
state_add_session(struct state *st, struct rec *row)
{
	struct session	*s = entry_new(st, sizeof(*s), ST_SESSION, row);
	uint64_t	 id;
	int		 n;

	if (s == NULL)
		return (NULL);
	n = fsm_state(&session_fsm, rec_str(row, F_s_session_state));
	if (n == -1 || RB_INSERT(session_ids, &st->sessions, s) != NULL)
		return (entry_refuse(st, &s->e));
	s->state = (enum session_state)n;
	st->nlive += session_live(s);
	id = rec_u64(row, F_s_session_id);
	if (id > st->last_session)
		st->last_session = id;
	return (s);
}

struct change *
state_add_change(struct state *st, struct rec *row)
{
	struct change	*c = entry_new(st, sizeof(*c), ST_CHANGE, row);
	int		 n;

	if (c == NULL)
		return (NULL);
	n = fsm_state(&change_fsm, rec_str(row, F_s_change_state));
	if (n == -1 || RB_INSERT(change_ids, &st->changes, c) != NULL)
		return (entry_refuse(st, &c->e));
	c->state = (enum change_state)n;
	return (c);
}

struct owed *
state_add_owed(struct state *st, struct rec *row)
{
	struct owed	*o = entry_new(st, sizeof(*o), ST_OWED, row);
	struct owed	*prev;

	if (o == NULL)
		return (NULL);
	o->key = rec_str(row, F_s_owed_key);
	if (RB_INSERT(owed_keys, &st->owed, o) != NULL)
		return (entry_refuse(st, &o->e));
	TAILQ_FOREACH_REVERSE(prev, &st->due, owed_list, due)
		if (rec_u64(prev->e.row, F_s_owed_order) <=
		    rec_u64(row, F_s_owed_order))
			break;
	if (prev != NULL)
		TAILQ_INSERT_AFTER(&st->due, prev, o, due);
	else
		TAILQ_INSERT_HEAD(&st->due, o, due);
	return (o);
}

struct account *
state_add_account(struct state *st, struct rec *row)
{
	struct account	*a = entry_new(st, sizeof(*a), ST_USAGE, row);

	if (a == NULL)
		return (NULL);
	if (RB_INSERT(account_keys, &st->accounts, a) != NULL)
		return (entry_refuse(st, &a->e));
	queue_account(st, a);
	return (a);
}

struct tally *
state_add_tally(struct state *st, struct rec *row)
{
	struct tally	*ty = entry_new(st, sizeof(*ty), ST_TALLY, row);
	struct project	*p;

	if (ty == NULL)
		return (NULL);
	p = state_project(st, rec_str(row, F_s_tally_project));
	if (p == NULL || p->tally != NULL)
		return (entry_refuse(st, &ty->e));
	p->tally = ty;
	return (ty);
}

struct brake *
state_add_brake(struct state *st, struct rec *row)
{
	struct brake	*b = entry_new(st, sizeof(*b), ST_BRAKE, row);

	if (b == NULL)
		return (NULL);
	if (RB_INSERT(brake_keys, &st->brakes, b) != NULL)
		return (entry_refuse(st, &b->e));
	b->project = state_project(st, rec_str(row, F_s_brake_project));
	if (b->project != NULL)
		b->project->brake = b;
	queue_braked(st, rec_str(row, F_s_brake_brake));
	return (b);
}

struct schedule *
state_add_schedule(struct state *st, struct rec *row)
{
	struct schedule	*s = entry_new(st, sizeof(*s), ST_SCHEDULE, row);

	if (s == NULL)
		return (NULL);
	if (RB_INSERT(schedule_keys, &st->schedules, s) != NULL)
		return (entry_refuse(st, &s->e));
	schedule_time(st, s);
	return (s);
}

void
state_add_past(struct state *st, enum store_table table, struct rec *row)
{
	struct entry	*e = entry_new(st, sizeof(*e), table, row);

	if (e == NULL)
		return;
	e->live = 0;
	e->dropped = 1;
	state_dirty(st, e);
}

/* Lookups: a key on the stack, in a row of its own kind. */

struct project *
state_project(const struct state *st, const char *name)
{
	struct project	*p = RB_ROOT(&st->projects);
	int		 c;

	while (p != NULL) {
		c = strcmp(name, rec_str(p->e.row, F_s_project_name));
		if (c == 0)
			return (p);
		p = c < 0 ? RB_LEFT(p, by_name) : RB_RIGHT(p, by_name);
	}
	return (NULL);
}

struct project *
state_project_after(const struct state *st, const char *name)
{
	struct project	*p = RB_ROOT(&st->projects), *best = NULL;
	int		 c;

	while (p != NULL) {
		c = strcmp(name, rec_str(p->e.row, F_s_project_name));
		if (c < 0)
			best = p;
		p = c < 0 ? RB_LEFT(p, by_name) : RB_RIGHT(p, by_name);
	}
	return (best);
}

struct account *
state_account_after(const struct state *st, const char *key)
{
	struct account	*a = RB_ROOT(&st->accounts), *best = NULL;
	int		 c;

	while (a != NULL) {
		c = strcmp(key, rec_str(a->e.row, F_s_usage_key));
		if (c < 0)
			best = a;
		a = c < 0 ? RB_LEFT(a, by_key) : RB_RIGHT(a, by_key);
	}
	return (best);
}

struct task *
state_task_from(const struct state *st, const uint8_t id[ULID_LEN])
{
	struct task	*t = RB_ROOT(&st->tasks), *best = NULL;
	int		 c;

	while (t != NULL) {
		c = memcmp(id, t->id, ULID_LEN);
		if (c == 0)
			return (t);
		if (c < 0)
			best = t;
		t = c < 0 ? RB_LEFT(t, by_id) : RB_RIGHT(t, by_id);
	}
	return (best);
}

struct task *
state_task(const struct state *st, const uint8_t id[ULID_LEN])
{
	struct task	*t = state_task_from(st, id);

	if (t == NULL || memcmp(id, t->id, ULID_LEN) != 0)
		return (NULL);
	return (t);
}

struct session *
state_session(const struct state *st, uint64_t id)
{
	struct session	*s = RB_ROOT(&st->sessions);
	int		 c;

	while (s != NULL) {
		c = num_cmp(id, rec_u64(s->e.row, F_s_session_id));
		if (c == 0)
			return (s);
		s = c < 0 ? RB_LEFT(s, by_id) : RB_RIGHT(s, by_id);
	}
	return (NULL);
}

struct change *
state_change(const struct state *st, const uint8_t id[ULID_LEN])
{
	struct change	*ch = RB_ROOT(&st->changes);
	int		 c;

	while (ch != NULL) {
		c = memcmp(id, rec_id(ch->e.row, F_s_change_id), ULID_LEN);
		if (c == 0)
			return (ch);
		ch = c < 0 ? RB_LEFT(ch, by_id) : RB_RIGHT(ch, by_id);
	}
	return (NULL);
}

struct owed *
state_owed(const struct state *st, const char *key)
{
	struct owed	*o = RB_ROOT(&st->owed);
	int		 c;

	while (o != NULL) {
		c = strcmp(key, o->key);
		if (c == 0)
			return (o);
		o = c < 0 ? RB_LEFT(o, by_key) : RB_RIGHT(o, by_key);
	}
	return (NULL);
}

struct account *
state_account(const struct state *st, const char *key)
{
	struct account	*a = RB_ROOT(&st->accounts);
	int		 c;

	while (a != NULL) {
		c = strcmp(key, rec_str(a->e.row, F_s_usage_key));
		if (c == 0)
			return (a);
		a = c < 0 ? RB_LEFT(a, by_key) : RB_RIGHT(a, by_key);
	}
	return (NULL);
}

struct project *
state_first_project(const struct state *st)
{
	struct project	*p = RB_ROOT(&st->projects);

	while (p != NULL && RB_LEFT(p, by_name) != NULL)
		p = RB_LEFT(p, by_name);
	return (p);
}

struct session *
state_first_session(const struct state *st)
{
	struct session	*s = RB_ROOT(&st->sessions);

	while (s != NULL && RB_LEFT(s, by_id) != NULL)
		s = RB_LEFT(s, by_id);
	return (s);
}

struct task *
state_named(const struct project *p, const char *name)
{
	struct task	*t = RB_ROOT(&p->names), *best = NULL;
	int		 c;

	while (t != NULL) {
		c = strcmp(name, rec_str(t->e.row, F_s_task_name));
		if (c == 0)
			best = t;	/* the newest is leftmost */
		t = c <= 0 ? RB_LEFT(t, by_name) : RB_RIGHT(t, by_name);
	}
	return (best);
}

struct task *
state_named_next(struct task *t)
{
	struct task	*next = RB_NEXT(task_names, NULL, t);

	if (next == NULL || strcmp(rec_str(next->e.row, F_s_task_name),
	    rec_str(t->e.row, F_s_task_name)) != 0)
		return (NULL);
	return (next);
}

void
state_dirty(struct state *st, struct entry *e)
{
	if (e->dirty)
		return;
	e->dirty = 1;
	TAILQ_INSERT_TAIL(&st->dirty, e, link);
}

static void
state_drop(struct state *st, struct entry *e)
{
	e->dropped = 1;
	e->live = 0;
	e->erase = e->table == ST_OWED || e->table == ST_PROJECT ||
	    e->table == ST_TALLY || e->table == ST_BRAKE ||
	    e->table == ST_TASK || e->table == ST_SCHEDULE;
	state_dirty(st, e);
}

void
state_drop_project(struct state *st, struct project *p)
{
	struct task	*t;

	while ((t = RB_MIN(task_names, &p->names)) != NULL) {
		RB_REMOVE(task_names, &p->names, t);
		t->named = 0;
	}
	TAILQ_FOREACH(t, &st->past, past)
		if (t->project == p)
			t->project = NULL;
	if (p->brake != NULL)
		state_drop_brake(st, p->brake);
	RB_REMOVE(project_names, &st->projects, p);
	st->nprojects--;
	if (p->tally != NULL)
		state_drop(st, &p->tally->e);
	state_drop(st, &p->e);
}

void
state_drop_session(struct state *st, struct session *s)
{
	if (s->task != NULL) {
		s->task->refs--;
		if (s->task->session == s)
			s->task->session = NULL;
		queue_task(st, s->task);
	}
	if (s->change != NULL && s->change->verifier == s)
		s->change->verifier = NULL;
	st->nlive -= (unsigned int)session_live(s);
	RB_REMOVE(session_ids, &st->sessions, s);
	state_drop(st, &s->e);
}

void
state_drop_change(struct state *st, struct change *c)
{
	struct session	*s;

	if (c->task != NULL) {
		c->task->refs--;
		if (c->task->change == c)
			c->task->change = NULL;
	}
	RB_FOREACH(s, session_ids, &st->sessions)
		if (s->change == c)
			s->change = NULL;
	RB_REMOVE(change_ids, &st->changes, c);
	state_drop(st, &c->e);
}

void
state_drop_brake(struct state *st, struct brake *b)
{
	if (b->project != NULL)
		b->project->brake = NULL;
	RB_REMOVE(brake_keys, &st->brakes, b);
	queue_braked(st, rec_str(b->e.row, F_s_brake_brake));
	state_drop(st, &b->e);
}

void
state_drop_schedule(struct state *st, struct schedule *s)
{
	if (s->due != 0)
		RB_REMOVE(schedule_times, &st->runs, s);
	RB_REMOVE(schedule_keys, &st->schedules, s);
	state_drop(st, &s->e);
}

void
state_drop_owed(struct state *st, struct owed *o)
{
	RB_REMOVE(owed_keys, &st->owed, o);
	TAILQ_REMOVE(&st->due, o, due);
	state_drop(st, &o->e);
}

void
state_clean(struct state *st)
{
	struct entry	*e;

	while ((e = TAILQ_FIRST(&st->dirty)) != NULL) {
		TAILQ_REMOVE(&st->dirty, e, link);
		e->dirty = 0;
		if (e->dropped)
			entry_free(e);
	}
}

int
task_needed(const struct task *t)
{
	const struct edge	*ed;

	if (t->refs > 0 || t->e.dirty || t->session != NULL ||
	    t->change != NULL)
		return (1);
	TAILQ_FOREACH(ed, &t->rdeps, in)
		if (!task_final(ed->from->state))
			return (1);
	return (0);
}

/* A final task leaves every list. */
static void
task_out(struct state *st, struct task *t)
{
	edges_free(t);
	if (t->named)
		RB_REMOVE(task_names, &t->project->names, t);
	RB_REMOVE(task_ids, &st->tasks, t);
	TAILQ_REMOVE(&st->past, t, past);
	st->npast--;
	st->ntasks[t->state]--;
}

void
state_drop_task(struct state *st, struct task *t)
{
	task_out(st, t);
	state_drop(st, &t->e);
}

static void
task_forget(struct state *st, struct task *t)
{
	task_out(st, t);
	entry_free(&t->e);
}

void
state_trim(struct state *st, unsigned int keep)
{
	struct task	*t, *next;

	TAILQ_FOREACH_SAFE(t, &st->past, past, next) {
		if (st->npast <= keep)
			return;
		if (!task_needed(t))
			task_forget(st, t);
	}
}
