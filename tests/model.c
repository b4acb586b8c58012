/*
 * The reference model.  Runs in test programs.
 */
#include "common/err.h"
#include "tests/model.h"

enum mo_is { IS_OPEN, IS_MET, IS_BAD, IS_NEVER };

static enum mo_is
dep_is(const struct model *m, const struct mo_dep *d)
{
	const struct mo_task	*t = &m->t[d->to];

	if (!task_final(t->state))
		return (IS_OPEN);
	if (d->kind == MO_ANY)
		return (IS_MET);
	if (d->kind == MO_FAILED)
		return (t->state == TS_FAILED ? IS_MET :
		    t->state == TS_DONE ? IS_NEVER : IS_BAD);
	if (t->state != TS_DONE)
		return (IS_BAD);
	return (d->kind == MO_MERGED && !t->landed ? IS_NEVER : IS_MET);
}

static int
deps_any(const struct model *m, const struct mo_task *t, enum mo_is is)
{
	unsigned int	 i;

	for (i = 0; i < t->ndeps; i++)
		if (dep_is(m, &t->deps[i]) == is)
			return (1);
	return (0);
}

/* Where a task goes on that only its dependencies can keep. */
static enum task_state
begins(const struct model *m, const struct mo_task *t)
{
	return (deps_any(m, t, IS_BAD) || deps_any(m, t, IS_NEVER) ?
	    TS_HELD : deps_any(m, t, IS_OPEN) ? TS_WAITING : TS_READY);
}

/* A task has ended: those that wait for it look again. */
static void
tell(struct model *m, unsigned int ended)
{
	struct mo_task	*t;
	unsigned int	 i, k;
	int		 bad;

	for (i = 0; i < m->n; i++) {
		t = &m->t[i];
		if ((t->state != TS_WAITING && t->state != TS_HELD) ||
		    t->user || deps_any(m, t, IS_NEVER))
			continue;
		bad = 0;
		for (k = 0; k < t->ndeps && t->deps[k].to != ended; k++)
			;
		if (k == t->ndeps)
			continue;
		for (k = 0; k < t->ndeps; k++)
			bad |= t->deps[k].to == ended &&
			    dep_is(m, &t->deps[k]) == IS_BAD;
		if (begins(m, t) == TS_READY) {
			t->state = TS_READY;
			t->tries = 0;
		} else if (bad) {
			t->state = TS_HELD;
		} else if (!deps_any(m, t, IS_BAD)) {
			t->state = TS_WAITING;
		}
	}
}

static void
task_ends(struct model *m, unsigned int n, enum task_state state)
{
	struct mo_task	*t = &m->t[n];

	t->state = state;
	t->session = 0;
	t->cancelling = 0;
	t->change = MC_NONE;
	t->user = 0;
	tell(m, n);
}

static void
release(struct mo_session *s)
{
	s->drop = 1;
	s->purge = s->asked;
}

/* Nobody needs it any more: what is started has to be stopped. */
static void
session_stop(struct mo_session *s)
{
	if (s->state == SS_SHUTTING || s->state == SS_LOST ||
	    s->state == SS_GONE)
		return;
	if (s->asked) {
		s->state = SS_SHUTTING;
	} else {
		s->state = SS_GONE;
		release(s);
	}
}

static void
task_leaves(struct model *m, struct mo_task *t)
{
	if (t->session != 0)
		session_stop(&m->s[t->session]);
	t->session = 0;
}

/* Commands. */

static int
cancel_later(struct model *m, struct mo_task *t)
{
	if (t->cancelling)
		return (PRA_ESTATE);
	t->cancelling = 1;
	if (t->state == TS_PAUSED)
		t->state = TS_RUNNING;
	if (t->session != 0 && m->s[t->session].state == SS_ACTIVE)
		m->s[t->session].state = SS_CANCELLING;
	return (0);
}

int
mo_cancel(struct model *m, unsigned int n)
{
	struct mo_task	*t = &m->t[n];

	if (task_final(t->state))
		return (PRA_ESTATE);
	if (t->state == TS_RUNNING || t->state == TS_PAUSED ||
	    (t->state == TS_REVIEW && t->change <= MC_IMPORTING))
		return (cancel_later(m, t));
	if (t->state == TS_REVIEW && t->change == MC_VERIFIED)
		return (PRA_ESTATE);
	if (t->state != TS_REVIEW)
		task_leaves(m, t);
	task_ends(m, n, TS_CANCELLED);
	return (0);
}

int
mo_retry(struct model *m, unsigned int n)
{
	struct mo_task	*t = &m->t[n];

	if ((t->state != TS_FAILED && t->state != TS_CANCELLED &&
	    t->state != TS_HELD) || t->user || deps_any(m, t, IS_NEVER))
		return (PRA_ESTATE);
	t->retries = t->retries_max;
	t->tries = 0;
	t->state = begins(m, t);
	return (0);
}

int
mo_hold(struct model *m, unsigned int n)
{
	struct mo_task	*t = &m->t[n];

	if ((t->state != TS_WAITING && t->state != TS_READY &&
	    t->state != TS_HELD) || t->user)
		return (PRA_ESTATE);
	task_leaves(m, t);
	t->state = TS_HELD;
	t->user = 1;
	return (0);
}

int
mo_release(struct model *m, unsigned int n)
{
	struct mo_task	*t = &m->t[n];

	if (!t->user)
		return (PRA_ESTATE);
	t->user = 0;
	t->state = begins(m, t);
	return (0);
}

int
mo_pause(struct model *m, unsigned int n)
{
	struct mo_task	*t = &m->t[n];

	if (t->state != TS_RUNNING || t->cancelling || t->session == 0 ||
	    m->s[t->session].state != SS_ACTIVE)
		return (PRA_ESTATE);
	t->state = TS_PAUSED;
	return (0);
}

int
mo_resume(struct model *m, unsigned int n)
{
	if (m->t[n].state != TS_PAUSED)
		return (PRA_ESTATE);
	m->t[n].state = TS_RUNNING;
	return (0);
}

int
mo_edit(struct model *m, unsigned int n, int64_t priority)
{
	struct mo_task	*t = &m->t[n];

	if (t->state != TS_WAITING && t->state != TS_READY &&
	    t->state != TS_HELD)
		return (PRA_ESTATE);
	t->priority = priority;
	return (0);
}

int
mo_brake(struct model *m, unsigned int which, int on)
{
	if (m->brake[which] == on)
		return (PRA_ESTATE);
	m->brake[which] = on;
	return (0);
}

int
mo_never(const struct model *m, unsigned int n, unsigned int first)
{
	const struct mo_task	*t = &m->t[n];
	unsigned int		 i;

	for (i = 0; i < t->ndeps; i++)
		if (t->deps[i].to < first &&
		    dep_is(m, &t->deps[i]) == IS_NEVER)
			return (1);
	return (0);
}

void
mo_file(struct model *m, unsigned int n)
{
	m->t[n].state = begins(m, &m->t[n]);
}

/* Sessions. */

static int
owns(const struct model *m, unsigned int s)
{
	return (m->t[m->s[s].task].session == s);
}

static void
not_started(struct model *m, unsigned int s)
{
	unsigned int	 n = m->s[s].task;

	m->t[n].session = 0;
	if (++m->t[n].tries == MO_TRIES)
		task_ends(m, n, TS_FAILED);
}

void
mo_base(struct model *m, unsigned int s, int ok)
{
	if (m->s[s].state != SS_BOOTING || m->s[s].asked)
		return;
	if (ok)
		m->s[s].asked = 1;
	else
		mo_failed(m, s);
}

void
mo_booted(struct model *m, unsigned int n)
{
	struct mo_session	*s = &m->s[n];

	if (s->state != SS_BOOTING || !s->asked || !owns(m, n))
		return;
	s->state = SS_ACTIVE;
	s->ran = 1;
	m->t[s->task].state = TS_RUNNING;
	m->t[s->task].attempt++;
	m->t[s->task].tries = 0;
}

/* It could not be started; one that was to end has ended. */
void
mo_failed(struct model *m, unsigned int n)
{
	struct mo_session	*s = &m->s[n];

	if (s->state == SS_SHUTTING || s->state == SS_LOST) {
		mo_gone(m, n);
	} else if (s->state == SS_BOOTING) {
		s->state = SS_GONE;
		release(s);
		if (owns(m, n))
			not_started(m, n);
	}
}

void
mo_ran(struct model *m, unsigned int n, int ok)
{
	struct mo_session	*s = &m->s[n];
	struct mo_task		*t = &m->t[s->task];

	if (s->state != SS_ACTIVE && s->state != SS_CANCELLING)
		return;
	s->state = SS_SHUTTING;
	if (ok && !t->cancelling)
		t->state = TS_REVIEW;
	else
		t->state = TS_RUNNING;
}

void
mo_lost(struct model *m, unsigned int n)
{
	struct mo_session	*s = &m->s[n];

	if (s->asked && (s->state == SS_BOOTING || s->state == SS_ACTIVE ||
	    s->state == SS_CANCELLING))
		s->state = SS_LOST;
}

/* What a session left that ran something is imported, however it ended. */
void
mo_gone(struct model *m, unsigned int n)
{
	struct mo_session	*s = &m->s[n];
	struct mo_task		*t = &m->t[s->task];

	if (!s->there || s->state == SS_GONE)
		return;
	if (!s->ran) {
		s->state = SS_GONE;
		release(s);
		if (owns(m, n))
			not_started(m, n);
		return;
	}
	s->state = SS_GONE;
	if (t->state == TS_PAUSED)
		t->state = TS_RUNNING;
	t->keep = t->state != TS_REVIEW || t->cancelling;
	t->session = 0;
	t->change = MC_IMPORTING;
	t->left = n;
}

static void
session_rest(struct mo_session *s)
{
	if (s->state == SS_GONE && !s->purge && !s->drop)
		s->there = 0;
}

void
mo_purged(struct model *m, unsigned int n)
{
	if (m->s[n].state != SS_GONE)
		return;
	m->s[n].purge = 0;
	session_rest(&m->s[n]);
}

void
mo_dropped(struct model *m, unsigned int n)
{
	m->s[n].drop = 0;
	session_rest(&m->s[n]);
}

/* Changes. */

static void
attempt_over(struct model *m, unsigned int n)
{
	struct mo_task	*t = &m->t[n];

	t->change = MC_NONE;
	if (t->cancelling) {
		task_ends(m, n, TS_CANCELLED);
	} else if (t->retries > 0) {
		t->retries--;
		t->state = TS_READY;
	} else {
		task_ends(m, n, TS_FAILED);
	}
}

/* What could not be imported stays where it is: its directory is kept. */
static void
import_failed(struct model *m, unsigned int n)
{
	struct mo_task	*t = &m->t[n];

	m->s[t->left].drop = 1;
	if (t->keep)
		attempt_over(m, n);
	else
		task_ends(m, n, t->cancelling ? TS_CANCELLED : TS_FAILED);
}

void
mo_imported(struct model *m, unsigned int n, int ok, int files)
{
	struct mo_task	*t = &m->t[n];

	if (t->change != MC_IMPORTING)
		return;
	if (!ok) {
		import_failed(m, n);
		return;
	}
	release(&m->s[t->left]);
	if (t->keep) {
		attempt_over(m, n);
	} else if (t->cancelling) {
		task_ends(m, n, TS_CANCELLED);
	} else if (files == 0) {
		task_ends(m, n, TS_DONE);
	} else {
		t->change = MC_IMPORTED;
		t->imported = ++m->clock;
	}
}

void
mo_merged(struct model *m, unsigned int n, int ok)
{
	if (m->t[n].change != MC_MERGING)
		return;
	if (ok)
		m->t[n].change = MC_VERIFIED;
	else
		task_ends(m, n, TS_FAILED);
}

void
mo_landed(struct model *m, unsigned int n, int ok)
{
	if (m->t[n].change != MC_VERIFIED)
		return;
	m->t[n].landed = ok;
	task_ends(m, n, ok ? TS_DONE : TS_FAILED);
}

/* The scheduler. */

static int
end_doomed(struct model *m)
{
	unsigned int	 i;

	for (i = 0; i < m->n; i++)
		if ((m->t[i].state == TS_WAITING ||
		    m->t[i].state == TS_HELD) &&
		    deps_any(m, &m->t[i], IS_NEVER)) {
			task_ends(m, i, TS_CANCELLED);
			return (1);
		}
	return (0);
}

/* One at a time, in the order in which they came. */
static void
merge_next(struct model *m)
{
	struct mo_task	*best = NULL;
	unsigned int	 i;

	for (i = 0; i < m->n; i++) {
		if (m->t[i].change > MC_IMPORTED)
			return;
		if (m->t[i].change == MC_IMPORTED && (best == NULL ||
		    m->t[i].imported < best->imported))
			best = &m->t[i];
	}
	if (best != NULL)
		best->change = MC_MERGING;
}

/* A point of priority is worth `age` of waiting. */
static int
before(const struct model *m, const struct mo_task *a,
    const struct mo_task *b)
{
	int64_t	 x = a->priority, y = b->priority;

	if (m->age != 0) {
		x = x * m->age - a->filed;
		y = y * m->age - b->filed;
	}
	return (x != y ? x > y : a->order < b->order);
}

static int
dispatch_next(struct model *m)
{
	unsigned int	 i, live = 0, best = m->n;

	for (i = 1; i <= m->ns; i++)
		live += m->s[i].there && m->s[i].state != SS_GONE;
	if (live >= m->max || m->brake[0] || m->brake[1] || m->brake[2])
		return (0);
	for (i = 0; i < m->n; i++)
		if (m->t[i].state == TS_READY && m->t[i].session == 0 &&
		    (best == m->n || before(m, &m->t[i], &m->t[best])))
			best = i;
	if (best == m->n)
		return (0);
	m->s[++m->ns] = (struct mo_session){ .state = SS_BOOTING,
	    .task = best, .there = 1 };
	m->t[best].session = m->ns;
	return (1);
}

void
mo_schedule(struct model *m)
{
	while (end_doomed(m))
		;
	merge_next(m);
	while (dispatch_next(m))
		;
}

unsigned int
mo_unfinished(const struct model *m)
{
	unsigned int	 i, n = 0;

	for (i = 0; i < m->n; i++)
		n += !task_final(m->t[i].state);
	return (n);
}
