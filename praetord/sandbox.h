/*
 * One session's way in: what the child of the parent needs to make the
 * sandbox around itself.  It is made in two steps, so that the first can be
 * done ahead: a shell (namespaces, private mounts, both programs started and
 * waiting), then the session in it (layers and overlay, or a copy); the
 * overlay may be done ahead as well when it can be guessed.
 */
#ifndef PRAETORD_SANDBOX_H
#define PRAETORD_SANDBOX_H

#include <stdint.h>
#include <sys/types.h>

#include "common/proto.h"
#include "praetord/conf.h"
#include "praetord/copy.h"
#include "praetord/session_dir.h"
#include "praetord/why.h"

/* Uids of a session and the namespaces made for them ahead. */
struct slot {
	int	 used;
	unsigned int number;		/* its place in the table */
	uid_t	 exec_uid, job_uid;	/* outside; user mode: both the user's */
	gid_t	 exec_gid, job_gid;
	uid_t	 exec_in, job_in;	/* the same inside */
	gid_t	 exec_gin, job_gin;
	int	 userns;
	int	 layers;	/* user namespace: reviewer's files as the job's;
				   -1: they are shown as they are */
	int	 reviewer;	/* the other way, made when first needed; -1 */
};

/*
 * What makes a shell a session; over sandbox.start, once.  One that comes
 * before, with session 0, asks for the worktree: the same will follow.
 */
struct sandbox_start {
	struct m_start	 m;		/* names checked by names_check() */
	int64_t		 started;	/* CLOCK_MONOTONIC, microseconds */
	uint32_t	 connections;	/* to the gateway at once; 0: none */
};

/* Descriptors are the child's copies; every one is set. */
struct sandbox {
	const struct conf	*conf;
	const struct slot	*slot;
	uint64_t		 spare;		/* its directory (session_dir.h) */
	int			 rootns;	/* root.h */
	int			 netns;
	int			 execfd, initfd; /* the programs */
	int			 channel, lifeline, engine;
	int			 start;		/* struct sandbox_start comes */
	int			 status;	/* a struct why goes here on failure */
	int			 cgroup;	/* the job's, or -1 */
	int			 verbose;
	int			 share;		/* copy_shares() */
};

/* Run in the child, pid 1 of its namespace.  Does not return. */
void	 sandbox_enter(const struct sandbox *sb) __attribute__((__noreturn__));

/* Mounts that every session has: terminals; private tmpfs (workspace.c). */
int	 workspace_pts(const struct sandbox *sb, struct why *why);
int	 workspace_tmp(const struct sandbox *sb, struct why *why);

/* Descriptors; the process that makes it holds them until it is another. */
struct workspace {
	int	 state;		/* the state directory, until it is detached */
	int	 sessions;	/* in it, for good */
	int	 transcript;
	int	 upper;		/* as praetor-init counts what is in it */

	/* `worktree copy`; else all are -1. */
	int	 from[2];	/* the tree and, or -1, the repository */
	int	 to;		/* the directory that they are copied into */
	int	 whole;		/* gets sdir_whole()'s line when they are */
	char	 boot[BOOT_SIZE];
	struct copied copied;	/* its bytes are the repository's, too */
};

/*
 * The directory that a session will take.  Made before there is one: on some
 * file systems a new file costs more than every mount (common/spread.c).
 * 0 or -1.
 */
int	 workspace_dir(const struct sandbox *sb, struct workspace *ws,
	    struct why *why);

/*
 * The worktree on that directory: layers and overlay, or an empty one with
 * what workspace_copy() needs; lent objects, and the upper directory as a
 * read-only mount of its own, so that ".." ends there.  The session number is
 * not looked at.  0 or -1.
 */
int	 workspace_make(const struct sandbox *sb, const struct m_start *m,
	    struct workspace *ws, struct why *why);

/*
 * Fill an empty one; gives every privilege up before, and leaves nothing but
 * `upper` and `transcript` to be used.  0 or -1.
 */
int	 workspace_copy(const struct sandbox *sb, struct workspace *ws,
	    struct why *why);

/*
 * Become `uid` inside the slot's user namespace without any privilege:
 * capabilities, securebits, limits, no_new_privs (drop.c).  0 or -1.
 */
int	 drop_all(const struct sandbox *sb, uid_t uid, gid_t gid,
	    struct why *why);

/* The same as the job's user, without limits, behind the job's filter. */
int	 drop_builder(const struct sandbox *sb, struct why *why);

/* The limit of CPU time, for praetor-init and the job.  0 or -1. */
int	 drop_cpu_time(const struct sandbox *sb, struct why *why);

/*
 * Put fds[i] on descriptor 3 + i, close everything else but stdio and
 * become the program behind `prog`.  Returns (-1) only on failure.
 */
int	 drop_exec(int prog, const int *fds, int nfds, int status,
	    char *const argv[], struct why *why);

/* 0, or PRA_EINVALID with why: the names that an engine sent. */
int	 names_check(const struct m_start *m, struct why *why);

#endif
