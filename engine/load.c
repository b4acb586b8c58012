/*
 * From the store into memory.  Engine; the rows are its own and checked by
 * the store, yet a row that does not fit is an error and not a crash.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "engine/deps.h"
#include "engine/load.h"
#include "engine/refs.h"

#define PIECE		500	/* rows that are read for one command */
#define SAME_PREFIX	5	/* more tasks than that are only "others" */

struct load {
	struct store	*store;
	struct state	*st;
};

static int
load_project(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct load	*l = arg;

	(void)key;
	(void)keylen;
	state_add_project(l->st, row);
	return (l->st->err);
}

static int
load_task(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct load	*l = arg;

	(void)key;
	(void)keylen;
	if (state_task(l->st, rec_id(row, F_s_task_id)) != NULL)
		rec_free(row);
	else
		state_add_task(l->st, row);
	return (l->st->err);
}

static int
load_session(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct load	*l = arg;

	(void)key;
	(void)keylen;
	state_add_session(l->st, row);
	return (l->st->err);
}

static int
load_change(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct load	*l = arg;

	(void)key;
	(void)keylen;
	state_add_change(l->st, row);
	return (l->st->err);
}

static int
load_owed(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct load	*l = arg;

	(void)key;
	(void)keylen;
	state_add_owed(l->st, row);
	return (l->st->err);
}

static int
load_tally(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct load	*l = arg;

	(void)key;
	(void)keylen;
	state_add_tally(l->st, row);
	return (l->st->err);
}

static int
load_account(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct load	*l = arg;

	(void)key;
	(void)keylen;
	state_add_account(l->st, row);
	return (l->st->err);
}

static int
load_brake(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct load	*l = arg;

	(void)key;
	(void)keylen;
	state_add_brake(l->st, row);
	return (l->st->err);
}

static int
load_schedule(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct load	*l = arg;

	(void)key;
	(void)keylen;
	state_add_schedule(l->st, row);
	return (l->st->err);
}

/* A task that something in memory points to, live or not. */
static int
need_task(struct load *l, const uint8_t id[ULID_LEN])
{
	struct rec	*row;
	int		 e;

	if (state_task(l->st, id) != NULL)
		return (0);
	e = store_get(l->store, ST_TASK, id, ULID_LEN, &row);
	if (e != 0)
		return (e);
	return (load_task(l, id, ULID_LEN, row));
}

/* Its dependencies; for a final task those that are gone do not matter. */
static int
need_deps(struct load *l, struct task *t)
{
	uint8_t	 id[ULID_LEN];
	size_t	 i;
	int	 e;

	for (i = 0; i < rec_count(t->e.row, F_s_task_deps); i++) {
		if (id_parse(id, 't', rec_nth_str(t->e.row, F_s_task_deps,
		    i)) != 0)
			return (PRA_ECORRUPT);
		e = need_task(l, id);
		if (e != 0 && !(e == PRA_ENOTFOUND && task_final(t->state)))
			return (e);
	}
	return (0);
}

/*
 * Walking the tree while adding to it is safe: tasks that need_deps() adds
 * are final, and the walk skips those.
 */
static int
load_deps(struct load *l)
{
	struct task	*t;
	int		 e;

	RB_FOREACH(t, task_ids, &l->st->tasks) {
		if (task_final(t->state))
			continue;
		if ((e = need_deps(l, t)) != 0)
			return (e);
		state_link_task(l->st, t);
	}
	return (l->st->err);
}

static int
load_links(struct load *l)
{
	struct session	*s;
	struct change	*c;
	int		 e;

	RB_FOREACH(c, change_ids, &l->st->changes) {
		e = need_task(l, rec_id(c->e.row, F_s_change_task));
		if (e != 0)
			return (e);
		state_link_change(l->st, c);
	}
	RB_FOREACH(s, session_ids, &l->st->sessions) {
		e = need_task(l, rec_id(s->e.row, F_s_session_task));
		if (e != 0)
			return (e);
		state_link_session(l->st, s);
	}
	return (l->st->err);
}

struct recent {
	struct rec	*rows[PAST_KEPT];	/* the newest first */
	size_t		 n;
};

static int
recent_row(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct recent	*rc = arg;

	(void)key;
	(void)keylen;
	rc->rows[rc->n++] = row;
	return (rc->n == PAST_KEPT);
}

/* Put in from the oldest on: that is the order of being forgotten again. */
static int
load_recent(struct load *l)
{
	struct recent	*rc;
	struct task	*t;

	if ((rc = calloc(1, sizeof(*rc))) == NULL)
		return (PRA_ENOMEM);
	(void)store_recent(l->store, ST_TASK, PAST_KEPT, recent_row, rc);
	while (rc->n > 0)
		(void)load_task(l, NULL, 0, rc->rows[--rc->n]);
	free(rc);
	RB_FOREACH(t, task_ids, &l->st->tasks)
		if (task_final(t->state))
			state_link_task(l->st, t);
	return (l->st->err);
}

static int
load_rows(struct load *l, char *why, size_t size)
{
	static const struct {
		enum store_table	 table;
		const char		*what;
		int			(*fn)(void *, const void *, size_t,
					    struct rec *);
	} parts[] = {
		{ ST_PROJECT, "projects", load_project },
		{ ST_USAGE, "accounts", load_account },
		{ ST_TALLY, "counts", load_tally },
		{ ST_BRAKE, "brakes", load_brake },
		{ ST_SCHEDULE, "schedules", load_schedule },
		{ ST_TASK, "tasks", load_task },
		{ ST_SESSION, "sessions", load_session },
		{ ST_CHANGE, "changes", load_change },
		{ ST_OWED, "effects owed", load_owed }
	};
	size_t	 i;
	int	 e;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		e = store_each(l->store, parts[i].table, parts[i].fn, l);
		if (e == 0)
			e = l->st->err;
		if (e != 0) {
			snprintf(why, size, "the %s cannot be read: %s",
			    parts[i].what, err_text(e));
			return (e);
		}
	}
	if ((e = load_deps(l)) != 0 || (e = load_links(l)) != 0 ||
	    (e = load_recent(l)) != 0)
		snprintf(why, size, "the tables do not fit each other: %s; "
		    "restore the state directory from a backup", err_text(e));
	return (e);
}

int
load_state(struct store *s, struct state **out, char *why, size_t size)
{
	struct load	 l = { s, state_new() };
	int		 e;

	*out = NULL;
	if (l.st == NULL) {
		snprintf(why, size, "out of memory");
		return (PRA_ENOMEM);
	}
	if ((e = load_rows(&l, why, size)) != 0)
		state_free(l.st);
	else
		*out = l.st;
	return (e);
}

int
load_numbers(struct engine *e)
{
	uint64_t	 session = 0, fence = 0;
	int		 err;

	err = store_meta_get(e->store, "session", &session);
	if (err != 0 && err != PRA_ENOTFOUND)
		return (err);
	err = store_meta_get(e->store, "fence", &fence);
	if (err != 0 && err != PRA_ENOTFOUND)
		return (err);
	if (session > e->st->last_session)
		e->st->last_session = session;
	if (fence > e->st->last_fence)
		e->st->last_fence = fence;
	e->saved_session = session;
	e->saved_fence = fence;
	return (0);
}

/*
 * A final task may be run again, so what it depends on is wanted too: its
 * edges are not all there when it was read alone or they were forgotten.
 */
static void
load_edges(struct load *l, struct task *t)
{
	int	 e = need_deps(l, t);

	if (e == 0)
		state_link_task(l->st, t);
	else if (e != PRA_ENOTFOUND)
		log_warnx("a task's dependencies cannot be read: %s",
		    err_text(e));
}

static void
load_ids(struct load *l, const uint8_t lo[ULID_LEN],
    const uint8_t hi[ULID_LEN])
{
	struct task	*t;
	int		 e;

	e = store_prefix(l->store, ST_TASK, lo, hi, ULID_LEN, SAME_PREFIX,
	    load_task, l);
	if (e != 0)
		log_warnx("tasks cannot be read: %s", err_text(e));
	for (t = state_task_from(l->st, lo); t != NULL &&
	    memcmp(rec_id(t->e.row, F_s_task_id), hi, ULID_LEN) <= 0;
	    t = RB_NEXT(task_ids, NULL, t))
		load_edges(l, t);
}

void
load_text(struct engine *e, const char *text)
{
	struct load	 l = { e->store, e->st };
	struct project	*p;
	struct task	*t;
	uint8_t		 lo[ULID_LEN], hi[ULID_LEN];

	if (ref_range(text, lo, hi) == 0)
		load_ids(&l, lo, hi);
	for (p = state_first_project(e->st); p != NULL;
	    p = RB_NEXT(project_names, NULL, p))
		if ((t = state_named(p, text)) != NULL)
			load_edges(&l, t);
}

static void
load_list(struct engine *e, const struct rec *r, int field)
{
	size_t	 i;

	for (i = 0; i < rec_count(r, field); i++)
		load_text(e, rec_nth_str(r, field, i));
}

/* Tasks that dependencies name, whatever is wrong with them otherwise. */
static void
load_needs(struct engine *e, const struct rec *r, int field)
{
	struct dep_ref	 ref;
	size_t		 i;

	for (i = 0; i < rec_count(r, field); i++) {
		(void)dep_parse(rec_nth_str(r, field, i), &ref);
		load_text(e, ref.task);
	}
}

struct piece {
	struct load	 l;
	uint8_t		 last[ULID_LEN];
	unsigned int	 rows;
};

static int
piece_row(void *arg, const void *key, size_t keylen, struct rec *row)
{
	struct piece	*p = arg;

	memcpy(p->last, key, ULID_LEN);
	p->rows++;
	return (load_task(&p->l, key, keylen, row));
}

/*
 * Tasks from the one after a cursor on, finished or not.  in->text is the
 * last of them, unless there are no more.
 */
static void
load_piece(struct engine *e, struct input *in, const uint8_t after[ULID_LEN])
{
	struct piece	 p = { .l = { e->store, e->st } };
	uint8_t		 hi[ULID_LEN];
	int		 err;

	memset(hi, 0xff, sizeof(hi));
	err = store_prefix(e->store, ST_TASK, after, hi, ULID_LEN, PIECE,
	    piece_row, &p);
	if (err != 0)
		log_warnx("tasks cannot be read: %s", err_text(err));
	if (err != 0 || p.rows == PIECE)
		id_format(in->text, 't', p.last);
}

void
load_named(struct engine *e, struct input *in)
{
	const struct rec	*r = in->rec;
	const struct rec_def	*def;
	size_t			 i;
	int			 f;

	if (in->kind == IN_EXPIRE)
		load_text(e, in->text);
	if (in->kind != IN_COMMAND)
		return;
	def = rec_def(rec_kind(r));
	if ((f = rec_field(def, "task")) != -1)
		load_text(e, rec_str(r, f));
	if (rec_kind(r) == REC_c_task_create) {
		load_needs(e, r, F_c_task_create_deps);
		load_text(e, rec_str(r, F_c_task_create_parent));
	}
	if (rec_kind(r) == REC_c_task_edit)
		load_needs(e, r, F_c_task_edit_deps);
	if (rec_kind(r) == REC_c_task_clean)
		load_piece(e, in, rec_id(r, F_c_task_clean_after));
	if (rec_kind(r) == REC_c_task_wait)
		load_list(e, r, F_c_task_wait_tasks);
	if (rec_kind(r) != REC_c_task_plan)
		return;
	for (i = 0; i < rec_count(r, F_c_task_plan_tasks); i++)
		load_needs(e, rec_nth_rec(r, F_c_task_plan_tasks, i),
		    F_c_task_create_deps);
}
