/*
 * The parent's own state: one struct, on praetord's stack, passed first.
 * Only files under praetord/ include this.
 */
#ifndef PRAETORD_PARENT_H
#define PRAETORD_PARENT_H

#include <stdint.h>
#include <sys/types.h>

#include "common/peer.h"
#include "common/when.h"
#include "praetord/conf.h"
#include "praetord/session.h"

struct event;
struct event_base;
struct parent;
struct why;

enum child_state {
	CH_DEAD,		/* no process; the restart timer may run */
	CH_STARTING,		/* forked; HELLO awaited */
	CH_CONFIGURING,		/* first configuration sent; CONF_READY awaited */
	CH_RUNNING		/* configured and connected to its neighbours */
};

/* One role's process; the table of them is parent.child[]. */
struct child {
	struct parent		*parent;
	enum conf_role		 role;
	enum child_state	 state;
	pid_t			 pid;		/* 0 when dead */
	struct peer		*peer;		/* NULL when dead */
	struct peer_ops		 ops;
	msg_handler		**table;	/* ops.handlers; owned */
	struct event		*restart;	/* timer: back-off before a restart */
	struct event		*answer;	/* timer: HELLO or CONF_READY is due */
	struct mono		 started;
	unsigned int		 restarts;	/* since the parent started */
	unsigned int		 failures;	/* in a row; sets the back-off */
	int			 staged;	/* reload: has answered CONF_READY */
};

#define FEATURES_MAX	48

struct parent {
	struct event_base	*base;
	struct conf		*conf;		/* in force */
	struct conf		*next;		/* reload: staged, else NULL */
	int			 verbose;
	int			 ready;		/* READY=1 was sent */
	int			 stopping;
	int			 failed;	/* exit status of the whole */
	int			 reload_err;
	char			 reload_text[1020];
	int			 reload_asked;	/* a client waits for RELOADED */
	struct wall		 started;

	int			 statefd;	/* state directory */
	int			 lockfd;
	int			 listenfd;
	int			 lifeline[2];	/* [0] for the children, [1] ours */

	struct child		 child[ROLE_MAX];
	struct sessions		*sessions;
	struct sessions_host	 host;

	struct event		*sig[4];
	struct event		*kill_timer;	/* shutdown: SIGKILL what is left */
	struct m_feature	 feature[FEATURES_MAX];
	unsigned int		 nfeatures;
	int			 notifyfd;	/* $NOTIFY_SOCKET, or -1 */
};

/* child.c: the process table. */

/* Start the three roles.  -1 (logged) when one cannot be forked. */
int		 child_start_all(struct parent *p);

/* CONF_READY is due from a role: it is killed when it does not come. */
void		 child_expect(struct child *c);

/* A pid was reaped: 1 when it was a role's, else 0. */
int		 child_reap(struct parent *p, pid_t pid, int status);

/* Send SIGKILL to every role that still runs; how many there were. */
unsigned int	 child_kill_all(struct parent *p);
unsigned int	 child_alive(const struct parent *p);

/* At the very end: free what the table holds. */
void		 child_free_all(struct parent *p);

/* The name, message process and program of a role; static storage. */
const char	*role_title(enum conf_role role);
enum proc	 role_proc(enum conf_role role);

/* wire.c: connects a configured child with its neighbours, and the engine
 * with its sessions.  Called when it is CH_RUNNING. */
void		 wire_child(struct parent *p, struct child *c);

/* reconf.c */

/* Send the configuration in force to a child that said HELLO. */
void		 reconf_first(struct parent *p, struct child *c);

/* SIGHUP, or a client: stage a new configuration everywhere, or refuse. */
void		 reconf_start(struct parent *p);

/* A child answered CONF_READY, or died (err set) while a reload was staged. */
void		 reconf_answer(struct parent *p, struct child *c, int err,
		    const char *text);

/* from_engine.c: handlers of the engine's messages, by type. */
extern msg_handler *const parent_engine_handlers[MSG_MAX];
extern const struct sessions_ops parent_sessions_ops;
void		 engine_reloaded(struct parent *p, int err, const char *text);

/* statedir.c: checked and made at start, never later. */

/*
 * Open and lock the state directory, check owner, mode and version, make what
 * is missing.  0, or -1 with one line in why: what, where, the remedy.
 */
int		 statedir_open(struct parent *p, char *why, size_t size);

/* listen.c: the control socket.  As statedir_open(). */
int		 listen_open(struct parent *p, char *why, size_t size);
void		 listen_close(struct parent *p);

/*
 * inherited.c: close, reset and leave whatever the starter of this process
 * passed on, before anything else.  0, or -1 with one line in why.
 */
int		 inherited_drop(char *why, size_t size);

/* privs.c */

/*
 * User mode: enter the one user namespace.  Then, in both, cut the capability
 * sets to the one table.  0, or -1 with one line in why.
 */
int		 privs_enter(const struct conf *conf, char *why, size_t size);

/*
 * In a forked child: become a role's user with nothing left, or for a role
 * that is to change its root with CAP_SYS_CHROOT, which it gives up then
 * (confine_root()).  -1 with errno.
 */
int		 privs_role(const struct conf *conf, enum conf_role role);
int		 privs_role_root(const struct conf *conf, enum conf_role role);

/*
 * In a forked child, before that: an empty directory that is nobody's and
 * nowhere, a tmpfs that cannot be written.  Descriptor or -1 with why.
 */
int		 emptyroot_open(const struct conf *conf, struct why *why);

/* notify.c: sd_notify(3) without the library.  Silent without the socket. */
void		 notify_open(struct parent *p);
void		 notify_send(struct parent *p, const char *fmt, ...)
		    __attribute__((__format__(printf, 2, 3)));

/* shutdown: close the lifeline, start the kill timer. */
void		 parent_shutdown(struct parent *p, int failed);

#endif
