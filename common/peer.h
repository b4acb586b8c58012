/*
 * A peer: one socket to another process, with the table's checks, traces,
 * joined frames and bounded queues (after tmux's proc.c and smtpd's mproc).
 *
 * The order on receiving is fixed: frame, join, msg_refuse(), trace, handler,
 * free.  Who sent a message is known from the socket it came on and nothing
 * else.  A handler may free its own peer.
 */
#ifndef COMMON_PEER_H
#define COMMON_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "common/proto.h"
#include "common/rec.h"

struct event_base;
struct peer;

struct msg {
	enum msg_type	 type;
	uint32_t	 id;		/* header id: request number */
	const void	*data;		/* valid during the handler only */
	size_t		 len;
	int		 fd;		/* closed after the handler unless msg_fd() took it */
};

/* arg is what peer_new() was given. */
typedef void	 msg_handler(struct peer *p, struct msg *m, void *arg);

enum peer_end {
	PEER_CLOSED,	/* the other end closed, or an I/O error */
	PEER_LIED	/* it broke a rule of the table or of framing */
};

struct peer_ops {
	enum proc		 self;
	enum proc		 other;
	msg_handler *const	*handlers;	/* by enum msg_type; NULL: refused */

	/*
	 * The peer is finished and must be freed by the callee (or later):
	 * no handler will be called any more.
	 */
	void	(*ended)(struct peer *p, enum peer_end why, void *arg);

	/* Optional: the session's state for msg_refuse(). */
	int	(*state)(void *arg);

	/* Optional: the queue fell below the low mark after having been high. */
	void	(*drained)(struct peer *p, void *arg);
};

#define PEER_HIGH	(1024 * 1024)	/* peer_choked() from here on */
#define PEER_LOW	(256 * 1024)	/* drained() below this */

/*
 * Take a connected socket (made non-blocking, close-on-exec; closed by
 * peer_free()).  ops must outlive the peer.  NULL with errno.
 */
struct peer	*peer_new(struct event_base *base, int fd,
		    const struct peer_ops *ops, void *arg);
void		 peer_free(struct peer *p);	/* NULL is fine */

/*
 * Queue a message; it is split into frames when it is longer than one.
 * Takes fd (-1 none) in every case.  A row that does not allow it is a
 * programming error (assert).  When nobody reads any more it is dropped.
 * 0 or PRA_ENOMEM.
 */
int		 peer_send(struct peer *p, enum msg_type type, uint32_t id,
		    int fd, const void *data, size_t len);

/* Encode and send a record; frees it (NULL: PRA_ENOMEM).  0 or a PRA_E*. */
int		 peer_send_rec(struct peer *p, enum msg_type type, uint32_t id,
		    int fd, struct rec *r);

/* Try to write what is queued now, without waiting for the loop. */
void		 peer_flush(struct peer *p);

/* Bytes queued; 1 when that is above the high mark. */
size_t		 peer_queued(const struct peer *p);
int		 peer_choked(const struct peer *p);

/* Stop and go on reading: back-pressure. */
void		 peer_pause(struct peer *p);
void		 peer_resume(struct peer *p);

int		 peer_fd(const struct peer *p);	/* still owned by the peer */
void		*peer_arg(const struct peer *p);

/* Take the descriptor of a message; -1 none. */
int		 msg_fd(struct msg *m);

/*
 * Copy a fixed payload out; len must be its exact size (the table has checked
 * it for fixed rows).  Char arrays are the caller's to end.
 */
void		 msg_get(const struct msg *m, void *out, size_t len);

/* Decode a message whose body is one record.  0 or PRA_EPROTO / PRA_ENOMEM. */
int		 msg_rec(const struct msg *m, enum rec_kind kind,
		    struct rec **out);

#endif
