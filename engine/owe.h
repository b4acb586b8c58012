/*
 * Effects as state: what is owed, and to whom.  Engine, pure half; sending
 * is effects.c's.
 */
#ifndef ENGINE_OWE_H
#define ENGINE_OWE_H

#include "common/proto.h"
#include "engine/state.h"

enum effect {
#define EFFECT(number, name, to, message, end) number,
#include "engine/effects.tbl"
#undef EFFECT
	EF_MAX
};

struct effect_row {
	const char	*name;
	enum proc	 to;
	enum msg_type	 message;
	const char	*end;
};

/* The row of an effect, and the effect of a name; EF_MAX for none. */
const struct effect_row *effect_row(enum effect f);
enum effect	 effect_byname(const char *name);

/*
 * Owe an effect about a project, session, change or task since event `order`.
 * What is owed already stays as it is.  Errors go to st->err.
 */
void	 owe_project(struct state *st, enum effect f, const char *project,
	    uint64_t order);
void	 owe_session(struct state *st, enum effect f, const struct session *s,
	    uint64_t order);
void	 owe_change(struct state *st, enum effect f, const struct change *c,
	    uint64_t order);

void	 owe_task(struct state *st, enum effect f, const struct task *t,
	    uint64_t order);

/* It was carried out, or is of no use any more.  Nothing owed: no change. */
void	 settle_project(struct state *st, enum effect f, const char *project);
void	 settle_session(struct state *st, enum effect f,
	    const struct session *s);
void	 settle_change(struct state *st, enum effect f, const struct change *c);
void	 settle_key(struct state *st, const char *key);

/* What is owed about it, or NULL. */
struct owed	*owed_project(const struct state *st, enum effect f,
		    const char *project);
struct owed	*owed_task(const struct state *st, enum effect f,
		    const uint8_t *task);
struct owed	*owed_session(const struct state *st, enum effect f,
		    uint64_t session);
struct owed	*owed_change(const struct state *st, enum effect f,
		    const struct change *c);

#endif
