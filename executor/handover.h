/*
 * What the two programs of a session learn when the session is given to them:
 * they are started before there is one (praetord/sandbox.c).  Each gets one
 * struct with one descriptor, which takes the place of the socket that it
 * came by.  An executor whose session may reach hosts gets the struct a second
 * time with a socket that listens at EGRESS_PORT.  And one number that both
 * sides of the limits must know.
 */
#ifndef EXECUTOR_HANDOVER_H
#define EXECUTOR_HANDOVER_H

#include <stdint.h>

#define EGRESS_PORT	3128	/* of the proxy, on the session's loopback */

/* Seconds by which praetor-init's limit of CPU time is above its jobs'. */
#define CPU_SPARE	5

struct handover {
	uint64_t	 session;
	int64_t		 started;	/* CLOCK_MONOTONIC, microseconds */
	uint32_t	 connections;	/* to the gateway at once; 0: none */
	uint32_t	 pad;

	/* `worktree copy`, for counting what was changed; else 0. */
	int64_t		 copied;	/* when: nanoseconds since 1970 */
	uint64_t	 names;		/* that were made, directories too */
	uint64_t	 files;		/* of them files and links */
};

#endif
