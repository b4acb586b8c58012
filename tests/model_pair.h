/*
 * The engine's pure half and the model of it side by side, given the same
 * commands and the same words of other roles.
 */
#ifndef TESTS_MODEL_PAIR_H
#define TESTS_MODEL_PAIR_H

#include "engine/config.h"
#include "tests/mem_store.h"
#include "tests/model.h"

/* What can happen, and how often. */
#define OPS(X)								\
	X(OP_CREATE, "create", 14) X(OP_PLAN, "plan", 3)		\
	X(OP_CIRCLE, "circle", 1) X(OP_CANCEL, "cancel", 2)		\
	X(OP_RETRY, "retry", 3) X(OP_HOLD, "hold", 4)			\
	X(OP_RELEASE, "release", 4) X(OP_PAUSE, "pause", 4)		\
	X(OP_RESUME, "resume", 4) X(OP_RELOAD, "reload", 2)		\
	X(OP_RESTART, "restart", 2) X(OP_WORD, "word", 90)		\
	X(OP_STRAY, "stray", 4) X(OP_EDIT, "edit", 4)			\
	X(OP_BRAKE, "brake", 1) X(OP_GO, "go", 9) X(OP_LOST, "lost", 2) X(OP_GONE, "gone", 2)

enum op_kind {
#define OP_NUMBER(number, name, often) number,
	OPS(OP_NUMBER)
#undef OP_NUMBER
	OP_MAX
};

/* Numbers are taken modulo what there is, so any may be left out. */
struct op {
	enum op_kind	 kind;
	uint32_t	 a, b, c;
};

struct pair {
	struct model	 m;
	struct state	*st;
	struct config	*conf;
	struct store	 store;
	uint8_t		 last[ULID_LEN];
	uint8_t		 id[MO_TASKS][ULID_LEN];	/* of the model's tasks */
	uint64_t	 seq;
	char		 why[256];	/* the first difference */
};

/* A project, no task, two sessions at a time; age as in the model. */
void		 pair_init(struct pair *p, int64_t age);
void		 pair_clear(struct pair *p);

/* Let something happen to both, and compare: p->why. */
void		 pair_op(struct pair *p, const struct op *op);

/* "create"; of a hundred or so, how many are this. */
const char	*op_name(enum op_kind k);
unsigned int	 op_often(enum op_kind k);

#endif
