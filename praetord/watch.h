/*
 * Limits that the parent watches while sessions live: what control groups
 * count (memory, processes, CPU time) and what lies on the disk.
 */
#ifndef PRAETORD_WATCH_H
#define PRAETORD_WATCH_H

#include <stddef.h>

#include "common/ends.h"
#include "praetord/usage.h"
#include "praetord/why.h"

struct session;
struct sessions;
struct watch;

/* What is watched of one session; zeroed before watch_begin(). */
struct watched {
	int		 on;
	uint64_t	 memory, pids;	/* its limits; 0 none */
	uint64_t	 cpu_time;	/* microseconds */
	int		 cpu_own;	/* its task's, not that of all */
	uint64_t	 disk;
	uint64_t	 copied;	/* bytes of its directory at the start */
	enum end	 end;		/* the limit that it went over */
	char		 text[200];	/* how much of what */
	struct mono	 told;		/* when its executor was told */
	int		 changes[2];	/* inotify watches, or -1 */
	struct usage	 usage;
};

/* What happened to the free space while sessions lived. */
struct flow {
	struct room	 last;		/* at the last look */
	uint64_t	 gone;		/* bytes in all, whatever came back */
	uint64_t	 back;		/* bytes that came back in all */
	struct mono	 spared;	/* one was ended for the others' sake */
};

/* One for all sessions.  NULL with why. */
struct watch	*watch_new(struct sessions *s, struct why *why);
void		 watch_free(struct watch *w);	/* NULL is fine */

/* A session begins to live. */
void		 watch_begin(struct session *se);

/*
 * It is dead, and its control group is still there: the limit for which it was
 * ended with its line, or END_NONE and "".
 */
enum end	 watch_end(struct session *se, char *text, size_t size);

/*
 * It is over a limit: end its job, and have its executor say so.  The first
 * limit counts.  An executor that does not obey is killed.
 */
void		 watch_over(struct session *se, enum end end,
		    const char *fmt, ...)
		    __attribute__((__format__(printf, 3, 4)));

/* Is there room for another session?  0, or -1 with why. */
int		 disk_room(const struct sessions *s, struct why *why);

/*
 * The disk's part (watch_disk.c): begin; look at every session and lower
 * *next, the milliseconds until it wants to look again.
 */
void		 disk_begin(struct session *se, struct flow *f);
void		 disk_look(struct sessions *s, struct flow *f, int64_t *next);

#endif
