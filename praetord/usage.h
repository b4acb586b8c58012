/*
 * How much a session has written to its upper directory: counted now and
 * then by a child of the parent, since the kernel keeps no such number.
 */
#ifndef PRAETORD_USAGE_H
#define PRAETORD_USAGE_H

#include <stdint.h>
#include <sys/types.h>

#include "common/when.h"

struct stat;
struct statvfs;
struct event;
struct event_base;

/* Free space of a file system. */
struct room {
	uint64_t	 bytes, inodes;
};

/* One session's count; zeroed when there was none. */
struct usage {
	struct room	 start;		/* when the session began */
	uint64_t	 at;		/* struct flow's gone, when the last
					 * count began */
	uint64_t	 back_at;	/* its back, then */
	uint64_t	 used;		/* bytes that it found */
	uint64_t	 limit;		/* where the one under way may stop */
	struct mono	 began;		/* the last one */
	int64_t		 took;		/* microseconds */
	int		 counting;
	int		 pipe, pidfd;	/* of the one under way */
	struct event	*readable;
	void		(*done)(void *arg, int err);
	void		*arg;
};

/* What an inode costs at least, whatever is in it. */
#define USAGE_INODE	4096

/* What one file or directory counts for. */
uint64_t usage_cost(const struct stat *sb);

/*
 * Bytes that others than root can still write on a file system, as inodes
 * allow; and of those, what should stay: `keep`, or a part of a small disk.
 */
uint64_t usage_left(const struct statvfs *sb);
uint64_t usage_reserve(const struct statvfs *sb, uint64_t keep);

/*
 * Start counting what lies below a directory (taken), as uid and gid (outside
 * of system mode: as oneself).  It stops at u->limit.  `done` is called with
 * arg when the result is in u->used, or -1 in err when there is none.  0 or -1.
 */
int	 usage_begin(struct usage *u, struct event_base *base, int dir,
	    uid_t uid, gid_t gid, void (*done)(void *arg, int err),
	    void *arg);

/* Give up the one under way. */
void	 usage_stop(struct usage *u);

/*
 * The count itself: bytes below a directory (taken), which a job may be
 * changing meanwhile.  Not exact above `enough`, where it stops.
 */
uint64_t usage_tree(int dir, uint64_t enough);

#endif
