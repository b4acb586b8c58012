/*
 * What every child of the parent does at start and at its end, in the one
 * order of DESIGN and STYLE: log name; what must be opened; descriptor 3;
 * no_new_privs and sandbox; HELLO; run until the lifeline closes.
 */
#ifndef COMMON_ROLE_H
#define COMMON_ROLE_H

#include "common/peer.h"

struct event_base;
struct event;

#define ROLE_FD		3	/* the channel to the parent */
#define LIFELINE_FD	4	/* read end of the lifeline pipe */
#define ROOT_FD		5	/* of the frontend: an empty directory */

/*
 * How a role takes the configuration.  begin: a new one follows, stage it
 * apart.  item: one record of class conf; fd is the credential's file or -1
 * (owned by the callee).  0 or PRA_E* with `why` filled.  end: whole; check
 * it.  commit: use it.  abort: drop the staged one.
 */
struct role_conf {
	void	(*begin)(void *arg);
	int	(*item)(void *arg, const struct rec *r, int fd, char *why,
		    size_t size);
	int	(*end)(void *arg, char *why, size_t size);
	void	(*commit)(void *arg);
	void	(*abort)(void *arg);
};

/*
 * One child's standing: its event base, its channel to the parent, its
 * signals.  Filled by role_start(); lives in the role's own state struct.
 */
struct role {
	enum proc		 self;
	struct event_base	*base;
	struct peer		*parent;
	struct event		*lifeline;
	struct event		*sig[3];
	const struct role_conf	*conf;
	msg_handler *const	*extra;	/* handlers of the role for parent's messages */
	void			(*peer_fd)(void *arg, enum proc other, int fd);
	void			*arg;	/* for the callbacks above */
	uint32_t		 expected, got;	/* items of the transaction */
	int			 conf_err;
	char			 conf_why[512];
	struct peer_ops		 ops;
	msg_handler		*table[MSG_MAX];
};

/*
 * Take descriptors 3 and 4, make the event base, the lifeline and signal
 * events (SIGPIPE, SIGINT and SIGHUP ignored; SIGTERM ends the loop).
 * PEER_FD, LOG_LEVEL and the CONF_* transaction are handled here; peer_fd is
 * called with each socket to another role, extra for the other messages of
 * the parent.  fatal() on failure: nothing has been promised yet.
 */
void	 role_start(struct role *r, enum proc self, const struct role_conf *conf,
	    msg_handler *const *extra,
	    void (*on_peer)(void *arg, enum proc other, int fd), void *arg);

/* Call once inside the sandbox: send HELLO.  Then role_run(). */
void	 role_hello(struct role *r);

/* Run the loop until SIGTERM, a closed lifeline or a lost parent. */
void	 role_run(struct role *r);

#endif
