/*
 * What the engine is told of a session's connections.  A report is kept until
 * the engine has it on record; when many come, those that are alike become
 * one, so that a session can fill neither the log nor this process' memory.
 */
#ifndef GATEWAY_NOTES_H
#define GATEWAY_NOTES_H

#include <stdint.h>
#include <bsd/sys/queue.h>

#include "common/host.h"
#include "common/when.h"

struct event;
struct gsession;

struct note {
	TAILQ_ENTRY(note)	 entry;		/* on notes.list, sent ones first */
	uint64_t		 number;	/* 0: not sent yet */
	const char		*verdict, *reason; /* static */
	char			 host[HOST_TEXT];
	char			 address[HOST_NAME + 1]; /* "" none */
	uint64_t		 count, sent, received;
	uint64_t		 wall;		/* microseconds */
};

struct notes {
	TAILQ_HEAD(, note)	 list;
	unsigned int		 n;
	unsigned int		 tokens;	/* reports that may be sent now */
	struct mono		 filled;	/* when tokens were last added */
	struct event		*later;		/* when there are some again */
	uint64_t		 last;		/* number given last */
};

/* Of a new session.  -1: no memory. */
int	 notes_open(struct gsession *gs);
void	 notes_close(struct gsession *gs);

/* A connection is over; `n` is copied, count is 1. */
void	 notes_add(struct gsession *gs, const struct note *n);

/* Send what may be sent; everything when the session has ended. */
void	 notes_send(struct gsession *gs);

/* The engine has those up to number; a new engine gets the others again. */
void	 notes_ack(struct gsession *gs, uint64_t number);
void	 notes_again(struct gsession *gs);

#endif
