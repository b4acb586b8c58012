/*
 * The transcript: a step's output on disk, bounded, and how much of it the
 * engine has.
 */
#ifndef EXECUTOR_TRANSCRIPT_H
#define EXECUTOR_TRANSCRIPT_H

#include <stddef.h>
#include <stdint.h>

#define WINDOW		(256 * 1024)	/* most bytes sent and not acknowledged */
#define CHUNK		61440		/* bytes in one OUTPUT, at most */

struct transcript {
	int		 fd;		/* not owned; opened for appending */
	uint64_t	 limit;		/* bytes of output kept */
	uint64_t	 size;		/* bytes in the file, marker included */
	uint64_t	 printed;	/* bytes that came, kept or not */
	uint64_t	 sent;		/* to this engine */
	uint64_t	 acked;
	int		 full;		/* the marker is written */
};

/* Forget the step before and keep `limit` bytes of the next.  0 or errno. */
int	 transcript_begin(struct transcript *t, uint64_t limit);

/*
 * Append output.  What is over the limit, or cannot be written, is counted
 * and dropped behind one line that says so.
 */
void	 transcript_add(struct transcript *t, const void *p, size_t n);

/*
 * The next piece that may be sent now: its bytes in p (CHUNK of room), its
 * place in *offset.  0 when there is none, or the window is closed.
 */
size_t	 transcript_next(struct transcript *t, void *p, uint64_t *offset);

/* The engine has everything below offset; a lower one than before rewinds. */
void	 transcript_ack(struct transcript *t, uint64_t offset);

/* Another engine: nothing is under way to it. */
void	 transcript_resend(struct transcript *t);

/* 1 when the engine has all of it. */
int	 transcript_done(const struct transcript *t);

#endif
