/*
 * The sockets to executors: hello, output, the end of a step.
 */
#ifndef ENGINE_LINKS_H
#define ENGINE_LINKS_H

#include "engine/engine.h"

/* A session's executor has a socket (taken), started or re-adopted. */
void	 links_add(struct engine *e, uint64_t session, uint32_t pid, int fd);

/* The link of a session, or NULL. */
struct link *links_find(struct engine *e, uint64_t session);

/* Close what belongs to sessions that have ended or are ending. */
void	 links_sweep(struct engine *e);
void	 links_close(struct engine *e);

/*
 * Send a step or its cancellation.  1 when it was sent, 0 when there is no
 * executor to take it now.
 */
int	 link_step(struct engine *e, struct session *s);
int	 link_cancel(struct engine *e, struct session *s);

/*
 * Have executors stop, or go on, as the state of their tasks says: to be
 * called after each commit.  The state is the debt: one that comes back says
 * what it was told, and is told if that is not so any more.
 */
void	 links_pause(struct engine *e);

/*
 * The name of a session's log in the store: "t_....<attempt>", or for a
 * verification "c_....verify.<number>".
 */
#define LOG_NAME	80
void	 log_work(char out[LOG_NAME], const uint8_t task[ULID_LEN],
	    uint64_t attempt);
void	 log_verify(char out[LOG_NAME], const uint8_t change[ULID_LEN],
	    uint64_t number);

#endif
