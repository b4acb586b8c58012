/*
 * Which worktree the next session will most likely have: the one that the
 * last two had.  Shells that wait get it ahead; a session that wants another
 * takes another shell.
 */
#ifndef PRAETORD_GUESS_H
#define PRAETORD_GUESS_H

#include <sys/types.h>

#include "common/proto.h"

#define GUESS_DIRS	(LAYERS_MAX + 2)	/* layers, .git, objects */

/* Directories as they were seen: one of the same name may be another. */
struct guess_seen {
	dev_t	 dev[GUESS_DIRS];
	ino_t	 ino[GUESS_DIRS];
};

/* 1 when two sessions have the same worktree. */
int	 guess_same(const struct m_start *a, const struct m_start *b);

/*
 * Look at the directories beneath the state directory that a worktree stands
 * on.  0, or -1 when one is not there.
 */
int	 guess_look(int statefd, const struct m_start *m,
	    struct guess_seen *seen);

#endif
