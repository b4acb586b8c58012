/*
 * Changing the state of an object, and connecting objects that name each
 * other.  Engine, pure half.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "engine/deps.h"
#include "engine/queue.h"

static void
edge_add(struct state *st, struct task *from, struct task *to, size_t n)
{
	struct edge	*ed;

	if ((ed = calloc(1, sizeof(*ed))) == NULL) {
		st->err = PRA_ENOMEM;
		return;
	}
	ed->from = from;
	ed->to = to;
	ed->n = (unsigned int)n;
	ed->kind = (uint8_t)dep_row_kind(from->e.row, n);
	TAILQ_INSERT_TAIL(&from->deps, ed, out);
	TAILQ_INSERT_TAIL(&to->rdeps, ed, in);
	dep_edge(ed, 1);
}

static int
edge_has(const struct task *from, const struct task *to, size_t n)
{
	const struct edge	*ed;

	TAILQ_FOREACH(ed, &from->deps, out)
		if (ed->to == to && ed->n == n)
			return (1);
	return (0);
}

/*
 * A dependency that is not in memory: the store lost it, and the task could
 * never be judged.  For final tasks it only means that it was forgotten.
 */
void
state_link_task(struct state *st, struct task *t)
{
	struct task	*to;
	uint8_t		 id[ULID_LEN];
	size_t		 i;

	for (i = 0; i < rec_count(t->e.row, F_s_task_deps); i++) {
		if (id_parse(id, 't', rec_nth_str(t->e.row, F_s_task_deps,
		    i)) != 0) {
			st->err = PRA_ECORRUPT;
			return;
		}
		if ((to = state_task(st, id)) != NULL && !edge_has(t, to, i))
			edge_add(st, t, to, i);
		else if (to == NULL && !task_final(t->state))
			st->err = PRA_ECORRUPT;
	}
	dep_doom(st, t);
}

void
state_join_task(struct state *st, struct task *whole, struct task *part)
{
	size_t	 n = rec_count(whole->e.row, F_s_task_deps);
	char	 id[ID_SIZE];

	id_format(id, 't', rec_id(part->e.row, F_s_task_id));
	rec_add_str(whole->e.row, F_s_task_deps, id);
	rec_add_str(whole->e.row, F_s_task_needs, dep_word(DEP_ANY));
	edge_add(st, whole, part, n);
	dep_doom(st, whole);
	state_dirty(st, &whole->e);
}

/*
 * The session still is the one that its change waits for.  One that is to
 * end has given its verdict; one that is lost has not, and is waited for
 * until it is gone.
 */
static int
verdict_awaited(const struct session *s)
{
	const struct change	*c = s->change;

	return (c != NULL && session_live(s) && s->state != SS_SHUTTING &&
	    (c->state == CS_MERGED || c->state == CS_VERIFYING) &&
	    rec_u64(c->e.row, F_s_change_verifier) ==
	    rec_u64(s->e.row, F_s_session_id));
}

void
state_link_session(struct state *st, struct session *s)
{
	s->task = state_task(st, rec_id(s->e.row, F_s_session_task));
	if (s->task == NULL) {
		st->err = PRA_ECORRUPT;
		return;
	}
	s->task->refs++;
	if (rec_has(s->e.row, F_s_session_change)) {
		s->change = state_change(st,
		    rec_id(s->e.row, F_s_session_change));
		if (verdict_awaited(s))
			s->change->verifier = s;
	} else if (rec_u64(s->task->e.row, F_s_task_session) ==
	    rec_u64(s->e.row, F_s_session_id) && session_live(s) &&
	    !task_final(s->task->state)) {
		s->task->session = s;
	}
	queue_task(st, s->task);
}

/* Changes of one project wait in the order of their import. */
static void
queue_insert(struct project *p, struct change *c)
{
	struct change	*next;

	TAILQ_FOREACH(next, &p->queue, queue)
		if (rec_u64(next->e.row, F_s_change_order) >
		    rec_u64(c->e.row, F_s_change_order))
			break;
	if (next != NULL)
		TAILQ_INSERT_BEFORE(next, c, queue);
	else
		TAILQ_INSERT_TAIL(&p->queue, c, queue);
}

static int
change_lands(enum change_state s)
{
	return (s == CS_MERGING || s == CS_MERGED || s == CS_VERIFYING ||
	    s == CS_VERIFIED);
}

void
state_link_change(struct state *st, struct change *c)
{
	struct project	*p;

	p = state_project(st, rec_str(c->e.row, F_s_change_project));
	c->task = state_task(st, rec_id(c->e.row, F_s_change_task));
	if (c->task == NULL || p == NULL) {
		st->err = PRA_ECORRUPT;
		return;
	}
	c->task->refs++;
	c->task->change = c;
	if (c->state == CS_IMPORTED)
		queue_insert(p, c);
	else if (c->state == CS_ASKING)
		TAILQ_INSERT_TAIL(&st->asking, c, queue);
	else if (change_lands(c->state))
		p->landing = c;
	stuck_update(c->task);
}

void
task_set(struct state *st, struct task *t, enum task_state s)
{
	int	 was = task_final(t->state), is = task_final(s);

	st->ntasks[t->state]--;
	st->ntasks[s]++;
	t->state = s;
	rec_set_str(t->e.row, F_s_task_state, task_fsm.states[s]);
	if (s == TS_READY)
		rec_set_u64(t->e.row, F_s_task_eligible, (uint64_t)st->now);
	t->e.live = !is;
	if (was && !is) {
		TAILQ_REMOVE(&st->past, t, past);
		st->npast--;
		t->project->unfinished++;
	} else if (is && !was) {
		TAILQ_INSERT_TAIL(&st->past, t, past);
		st->npast++;
		t->project->unfinished--;
	}
	queue_task(st, t);
	if (was || is)			/* only an end means something there */
		dep_update(st, t);
	task_time(st, t);
	stuck_update(t);
	dep_doom(st, t);
	state_dirty(st, &t->e);
}

void
session_set(struct state *st, struct session *s, enum session_state to)
{
	st->nlive -= (unsigned int)session_live(s);
	s->state = to;
	st->nlive += (unsigned int)session_live(s);
	rec_set_str(s->e.row, F_s_session_state, session_fsm.states[to]);
	state_dirty(st, &s->e);
}

void
change_set(struct state *st, struct change *c, enum change_state to)
{
	struct project	*p = c->task->project;

	if (c->state == CS_IMPORTED)
		TAILQ_REMOVE(&p->queue, c, queue);
	else if (c->state == CS_ASKING)
		TAILQ_REMOVE(&st->asking, c, queue);
	else if (change_lands(c->state) && p->landing == c)
		p->landing = NULL;
	c->state = to;
	rec_set_str(c->e.row, F_s_change_state, change_fsm.states[to]);
	if (to == CS_IMPORTED)
		queue_insert(p, c);
	else if (to == CS_ASKING)
		TAILQ_INSERT_TAIL(&st->asking, c, queue);
	else if (change_lands(to))
		p->landing = c;
	stuck_update(c->task);
	state_dirty(st, &c->e);
}

/* Big endian, so that keys are in the order of numbers. */
static void
key_number(uint8_t *key, size_t len, uint64_t n)
{
	size_t	 i;

	for (i = len; i > 0; i--, n >>= 8)
		key[i - 1] = (uint8_t)(n & 0xff);
}

void
attempt_from(uint8_t key[ATTEMPT_KEY], uint64_t time)
{
	memset(key, 0, ATTEMPT_KEY);
	key_number(key, 8, time);
}

/* Of what was not used by an attempt, the session makes the key another. */
#define NOT_ATTEMPT	(UINT64_C(1) << 63)

static size_t
attempt_key(const struct rec *row, uint8_t key[ATTEMPT_KEY])
{
	attempt_from(key, rec_u64(row, F_s_attempt_ended));
	memcpy(key + 8, rec_id(row, F_s_attempt_task), ULID_LEN);
	key_number(key + 8 + ULID_LEN, 8, rec_has(row, F_s_attempt_purpose) ?
	    rec_u64(row, F_s_attempt_session) | NOT_ATTEMPT :
	    rec_u64(row, F_s_attempt_attempt));
	return (ATTEMPT_KEY);
}

size_t
state_key(const struct entry *e, uint8_t key[128])
{
	static const struct {
		int	 field;
		size_t	 len;		/* 0: a string, 8: a number */
	} keys[ST_MAX] = {
		[ST_PROJECT] = { F_s_project_name, 0 },
		[ST_TASK] = { F_s_task_id, ULID_LEN },
		[ST_SESSION] = { F_s_session_id, 8 },
		[ST_CHANGE] = { F_s_change_id, ULID_LEN },
		[ST_OWED] = { F_s_owed_key, 0 },
		[ST_USAGE] = { F_s_usage_key, 0 },
		[ST_TALLY] = { F_s_tally_project, 0 },
		[ST_BRAKE] = { F_s_brake_brake, 0 },
		[ST_SCHEDULE] = { F_s_schedule_key, 0 }
	};
	size_t		 len = keys[e->table].len;
	const void	*p;

	if (e->table == ST_ATTEMPT)
		return (attempt_key(e->row, key));
	if (len == 8) {
		key_number(key, len, rec_u64(e->row, keys[e->table].field));
		return (len);
	}
	if (len == 0)
		p = rec_bytes(e->row, keys[e->table].field, &len);
	else
		p = rec_id(e->row, keys[e->table].field);
	memcpy(key, p, len);
	return (len);
}

int
task_whole(const struct task *t)
{
	return (rec_u64(t->e.row, F_s_task_whole) != 0);
}

int
task_deps_done(const struct task *t)
{
	return (t->ndeps[DEP_OPEN] + t->ndeps[DEP_BAD] +
	    t->ndeps[DEP_NEVER] == 0);
}

int
task_asks(const struct task *t)
{
	return (t->state == TS_REVIEW && t->change != NULL &&
	    t->change->state == CS_ASKING);
}

int
task_kept(const struct task *t)
{
	return (t->state == TS_PAUSED || task_asks(t) ||
	    (t->state == TS_HELD && strncmp(rec_str(t->e.row,
	    F_s_task_reason), "dependency-", 11) != 0));
}

int
session_live(const struct session *s)
{
	return (s->state != SS_GONE);
}

int
session_verifies(const struct session *s)
{
	return (rec_has(s->e.row, F_s_session_change));
}
