/*
 * Idempotency keys: which command had one, what it was answered, and which
 * of them still waits for another role's word.  For turn.c.
 */
#ifndef ENGINE_KEYS_H
#define ENGINE_KEYS_H

#include "engine/engine.h"

struct key {
	char	 name[192];		/* user and key; "" without one */
	uint8_t	 hash[STORE_HASH];	/* of what was asked, whole */
};

/* The key of a command. */
void	 key_of(const struct input *in, struct key *k);

/*
 * Whether the key has settled a command: 0 no; 1 its answer is in `body`;
 * 2 it is still being carried out, and request will be answered with it.
 */
int	 key_known(struct engine *e, const struct key *k, uint32_t request,
	    struct buf *body);

/* Keep an answer (encoded records) in this transaction.  0 or PRA_E*. */
int	 key_settle(struct engine *e, const struct key *k, int64_t time,
	    const struct buf *body);

/*
 * A project.add, whose answer waits for PROJECT_STATE: note it and its key
 * in this transaction.  0 or PRA_E*.
 */
int	 pending_add(struct engine *e, const char *project, uint32_t request,
	    const struct key *k);

/* The one for a project, or NULL. */
struct pending	*pending_find(struct engine *e, const char *project);

/* Its project is settled: so is its key, unless body is NULL (it failed). */
int	 pending_settle(struct engine *e, struct pending *p, int64_t time,
	    const struct buf *body);

/* After a transaction: those whose project is settled have their answer. */
void	 pendings_sweep(struct engine *e);

/* At start, from the store (0 or PRA_E*); the frontend is new; at the end. */
int	 pendings_load(struct engine *e);
void	 pendings_orphan(struct engine *e);
void	 pendings_close(struct engine *e);

/* Append a v_done to an answer. */
void	 answer_end(struct buf *b, int err, const char *message,
	    const char *remedy, const char *subject);

#endif
