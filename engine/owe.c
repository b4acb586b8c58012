/*
 * Effects as state.  Engine, pure half.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "engine/owe.h"

#define OWED_KEY	129

static const struct effect_row effects[EF_MAX] = {
#define EFFECT(number, name, to, message, end)				\
	[number] = { name, to, MSG_##message, end },
#include "engine/effects.tbl"
#undef EFFECT
};

const struct effect_row *
effect_row(enum effect f)
{
	return (&effects[f]);
}

enum effect
effect_byname(const char *name)
{
	int	 i;

	for (i = 0; i < EF_MAX; i++)
		if (strcmp(effects[i].name, name) == 0)
			break;
	return ((enum effect)i);
}

static void
key_project(char key[OWED_KEY], enum effect f, const char *project)
{
	snprintf(key, OWED_KEY, "%s/%s", effects[f].name, project);
}

static void
key_session(char key[OWED_KEY], enum effect f, uint64_t session)
{
	snprintf(key, OWED_KEY, "%s/%" PRIu64, effects[f].name, session);
}

static void
key_change(char key[OWED_KEY], enum effect f, const struct change *c)
{
	char	 id[ID_SIZE];

	id_format(id, 'c', rec_id(c->e.row, F_s_change_id));
	snprintf(key, OWED_KEY, "%s/%s", effects[f].name, id);
}

static void
key_task(char key[OWED_KEY], enum effect f, const uint8_t *task)
{
	char	 id[ID_SIZE];

	id_format(id, 't', task);
	snprintf(key, OWED_KEY, "%s/%s", effects[f].name, id);
}

/* A row for the effect; NULL when it is owed already or memory ran out. */
static struct rec *
owed_row(struct state *st, enum effect f, const char *key, uint64_t order)
{
	struct rec	*r;

	if (state_owed(st, key) != NULL)
		return (NULL);
	if ((r = rec_new(REC_s_owed)) == NULL) {
		st->err = PRA_ENOMEM;
		return (NULL);
	}
	rec_set_str(r, F_s_owed_key, key);
	rec_set_u64(r, F_s_owed_order, order);
	rec_set_str(r, F_s_owed_kind, effects[f].name);
	return (r);
}

static void
owed_put(struct state *st, struct rec *r)
{
	struct owed	*o;

	if ((o = state_add_owed(st, r)) != NULL)
		state_dirty(st, &o->e);
}

void
owe_project(struct state *st, enum effect f, const char *project,
    uint64_t order)
{
	struct rec	*r;
	char		 key[OWED_KEY];

	key_project(key, f, project);
	if ((r = owed_row(st, f, key, order)) == NULL)
		return;
	rec_set_str(r, F_s_owed_project, project);
	owed_put(st, r);
}

void
owe_session(struct state *st, enum effect f, const struct session *s,
    uint64_t order)
{
	struct rec	*r;
	char		 key[OWED_KEY];
	uint64_t	 id = rec_u64(s->e.row, F_s_session_id);

	key_session(key, f, id);
	if ((r = owed_row(st, f, key, order)) == NULL)
		return;
	rec_set_u64(r, F_s_owed_session, id);
	owed_put(st, r);
}

void
owe_change(struct state *st, enum effect f, const struct change *c,
    uint64_t order)
{
	struct rec	*r;
	char		 key[OWED_KEY];

	key_change(key, f, c);
	if ((r = owed_row(st, f, key, order)) == NULL)
		return;
	rec_set_id(r, F_s_owed_change, rec_id(c->e.row, F_s_change_id));
	rec_set_u64(r, F_s_owed_session,
	    rec_u64(c->e.row, F_s_change_session));
	owed_put(st, r);
}

void
owe_task(struct state *st, enum effect f, const struct task *t,
    uint64_t order)
{
	struct rec	*r;
	char		 key[OWED_KEY];

	key_task(key, f, rec_id(t->e.row, F_s_task_id));
	if ((r = owed_row(st, f, key, order)) == NULL)
		return;
	rec_set_str(r, F_s_owed_project, rec_str(t->e.row, F_s_task_project));
	rec_set_id(r, F_s_owed_task, rec_id(t->e.row, F_s_task_id));
	rec_set_u64(r, F_s_owed_attempt, rec_u64(t->e.row, F_s_task_attempt));
	owed_put(st, r);
}

void
settle_key(struct state *st, const char *key)
{
	struct owed	*o;

	if ((o = state_owed(st, key)) != NULL)
		state_drop_owed(st, o);
}

void
settle_project(struct state *st, enum effect f, const char *project)
{
	char	 key[OWED_KEY];

	key_project(key, f, project);
	settle_key(st, key);
}

void
settle_session(struct state *st, enum effect f, const struct session *s)
{
	char	 key[OWED_KEY];

	key_session(key, f, rec_u64(s->e.row, F_s_session_id));
	settle_key(st, key);
}

void
settle_change(struct state *st, enum effect f, const struct change *c)
{
	char	 key[OWED_KEY];

	key_change(key, f, c);
	settle_key(st, key);
}

struct owed *
owed_project(const struct state *st, enum effect f, const char *project)
{
	char	 key[OWED_KEY];

	key_project(key, f, project);
	return (state_owed(st, key));
}

struct owed *
owed_task(const struct state *st, enum effect f, const uint8_t *task)
{
	char	 key[OWED_KEY];

	key_task(key, f, task);
	return (state_owed(st, key));
}

struct owed *
owed_session(const struct state *st, enum effect f, uint64_t session)
{
	char	 key[OWED_KEY];

	key_session(key, f, session);
	return (state_owed(st, key));
}

struct owed *
owed_change(const struct state *st, enum effect f, const struct change *c)
{
	char	 key[OWED_KEY];

	key_change(key, f, c);
	return (state_owed(st, key));
}
