/*
 * The world of the engine's random walk: a state, its store in memory, the
 * log, and what other roles answer.  Every function fails the running test.
 */
#ifndef TESTS_WALK_H
#define TESTS_WALK_H

#include "engine/config.h"
#include "engine/decide.h"
#include "tests/mem_store.h"

#define SESSIONS	3	/* at once */

struct logged {
	int64_t		 time;
	struct rec	*data;
};

struct world {
	uint64_t	 rnd;
	int64_t		 time;
	struct store	 store;
	struct state	*st;
	struct config	*conf;
	struct logged	*log;
	size_t		 nlog, caplog;
	uint8_t		 last[ULID_LEN];
	unsigned int	 filed, done, failed, cancelled, lost, landed;
	unsigned int	 asked, denied, expired;
	int		 kind;		/* of the last input, for messages */
	int		 gentle;	/* nothing goes wrong any more */
};

/* A number below n; 1 in so many times, unless the world is gentle. */
uint32_t	 rnd(struct world *w, uint32_t n);
int		 bad_luck(struct world *w, uint32_t one_in);

/*
 * Decide, log and apply an input, whose records are freed, and what the
 * scheduler makes of it; check the invariants.  The PRA_E* of a command.
 */
int		 feed(struct world *w, struct input *in);

/* A task by its id, or by a name that may be nobody's; healthy: not ended ill. */
void		 task_ref(struct world *w, char out[80], int healthy);

/* A command about the graph, perhaps on the task that ref means. */
struct rec	*graph_some(struct world *w, const char *ref);

/* The invariants, after each input; the order in another state of its rows. */
void		 check_world(struct world *w);
void		 check_order(const struct world *w, struct state *st);

/* Another role answers one of the effects owed; 0 when none is. */
int		 answer_some(struct world *w);

#endif
