/*
 * What the roles of the crash world (tests/crash_world.h) have in common: a
 * role takes messages of the engine and answers.  Every function fails the
 * running test itself.
 */
#ifndef TESTS_CRASH_ROLES_H
#define TESTS_CRASH_ROLES_H

#include "tests/crash_world.h"

/* Take a message; the session is NULL where none is meant. */
typedef void	 taker(struct cw_world *w, struct cw_session *s,
		    const struct imsg *m);

/* Send to the engine, which may be dead; send_rec() frees the record. */
void		 send_bytes(struct er_chan *c, enum msg_type type,
		    uint32_t id, int fd, const void *p, size_t n);
void		 send_rec(struct er_chan *c, enum msg_type type, uint32_t id,
		    struct rec *r);

/* The record that a message is; the caller's. */
struct rec	*rec_of(const struct imsg *m, enum rec_kind kind);

/* A session by its number, made if need be; a task that some executor had. */
struct cw_session *session_of(struct cw_world *w, uint64_t number);
struct cw_task	*task_by_id(struct cw_world *w, const uint8_t *id);

/* The reviewer. */
taker		 review_open, review_forget, review_base, review_drop,
		    review_import, review_merge, review_land, review_attic;

#endif
