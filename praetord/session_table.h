/*
 * The parent's table of sessions, for the four files that keep it:
 * sessions.c (made and freed), shell.c (children before they are sessions),
 * pool.c (those that wait), session.c (what the engine asks for).
 */
#ifndef PRAETORD_SESSION_TABLE_H
#define PRAETORD_SESSION_TABLE_H

#include <stdint.h>
#include <sys/types.h>
#include <bsd/sys/queue.h>

#include "praetord/conf.h"
#include "praetord/guess.h"
#include "praetord/session.h"
#include "praetord/watch.h"
#include "praetord/why.h"

struct event;
struct event_base;
struct netmaker;
struct purger;
struct peer;
struct slot;

enum life {
	L_SHELL,		/* prepared, waiting for a session; number 0 */
	L_STARTING,		/* its worktree is being made */
	L_LIVE,			/* the executor runs */
	L_FAILED,		/* reported when reaped */
	L_SHOWING,		/* a child makes a copy readable; no process */
	L_PURGING		/* a child deletes the directory */
};

struct session {
	TAILQ_ENTRY(session)	 entry;		/* on sessions.list */
	struct sessions		*owner;
	uint64_t		 number;
	uint64_t		 cpu_time;	/* ms, its task's limit; 0 none */
	uint64_t		 spare;		/* its directory before that */
	enum life		 life;
	int			 quiet;		/* purge without telling */
	int			 cleared;	/* purge: nothing left to search */
	int			 again;		/* so often a child of it was killed */
	int			 unshown;	/* purged, not shown any more */
	int			 unwanted;	/* a shell that was killed */
	struct m_start		 guess;		/* its worktree; nlayers 0: none */
	struct guess_seen	 seen;		/* what that stands on */
	pid_t			 pid;
	int			 pidfd;
	int			 cgroup;
	int			 engine;	/* until it is handed over; -1 */
	int			 startfd;	/* struct sandbox_start goes here */
	int			 statusfd;
	struct event		*status;	/* the child's report, or its exec */
	struct peer		*peer;		/* channel to the executor */
	struct slot		*slot;
	struct rec		*gate;		/* b_gate_session; NULL: no hosts */
	struct watched		 watched;
	struct m_usage		 gauge;		/* gauge.c: what it used */
	struct mono		 gauged;	/* then */
	struct why		 why;
};

struct sessions {
	struct event_base		*base;
	const struct conf		*conf;
	struct sessions_host		 host;
	const struct sessions_ops	*ops;
	void				*arg;
	TAILQ_HEAD(, session)		 list;
	struct slot			*slots;
	unsigned int			 nslots;
	int				 rootns;
	struct netmaker			*nets;
	struct purger			*purger;
	struct event			*refill; /* prepare the next shell */
	uint64_t			 spares; /* counted for their names */
	struct m_start			 last;	/* a session's with a .git */
	unsigned int			 streak; /* so many before it were the same */
	struct watch			*watch;
	struct event			*room;	/* look whether there is some */
	unsigned int			 failures; /* shells in a row that died */
	unsigned int			 live;	/* with a number and a process */
	int				 closing;
	int				 share;	/* copy_shares() */
};

/* A new row; freed by session_free(), which closes what it holds. */
struct session	*session_new(struct sessions *s, uint64_t number);
void		 session_free(struct session *se);

/* Look until there is room for sessions again; arg is the struct sessions. */
void		 session_room(int fd, short what, void *arg);

/* Close descriptors and events, keep the row. */
void		 session_drop(struct session *se);

/* Kill pid 1 and the cgroup; nothing when there is no process. */
void		 session_kill(struct session *se);

/* 1 while its pid 1 is not reaped. */
int		 session_has_process(const struct session *se);

/* purger_fn: the purger answered; arg is the struct sessions. */
void		 session_purged(void *arg, uint64_t session,
		    const struct why *why);

/* Give the slot and the cgroup back; the process is dead. */
void		 session_release(struct session *se);

/* Connect a live session with the gateway, if it may reach a host. */
void		 session_gate(struct session *se);

/*
 * shell.c: a new shell with a free slot.  NULL with why.
 */
struct session	*shell_new(struct sessions *s, struct why *why);

/*
 * pool.c: a shell for this session: one that was prepared, or a new one.
 * NULL with why.  It is the caller's to give a number, or to kill.
 */
struct session	*shell_take(struct sessions *s, const struct m_start *m,
		    struct why *why);

/* A session like this was asked for. */
void		 shell_note(struct sessions *s, const struct m_start *m);

/* Prepare the next one soon, when there is time. */
void		 shell_refill(struct sessions *s);

/* Timer: one shell is prepared if one is missing.  arg: struct sessions. */
void		 shell_prepare(int fd, short what, void *arg);

/* Kill those that wait: they were made with another configuration. */
void		 shell_flush(struct sessions *s);

/* Read a child's report if it has one (see status event).  */
void		 shell_status(int fd, short what, void *arg);

#endif
