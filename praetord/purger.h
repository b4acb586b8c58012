/*
 * Directories of dead sessions are deleted by a process of its own: each one
 * frees blocks, for which some disks make their caller wait, and the parent
 * has sessions to start.  What has to be searched first it leaves alone.
 */
#ifndef PRAETORD_PURGER_H
#define PRAETORD_PURGER_H

#include <stdint.h>
#include <sys/types.h>

#include "praetord/why.h"

struct event_base;
struct purger;

/* err is 0 when it is gone, else why not, as sdir_remove() said it. */
typedef void	 purger_fn(void *arg, uint64_t session, const struct why *why);

/* statefd is the caller's and must stay.  NULL with why. */
struct purger	*purger_new(struct event_base *base, int statefd,
		    purger_fn *done, void *arg, struct why *why);
void		 purger_free(struct purger *pu);

/* done will be called; or -1 when it cannot take more, or is dead. */
int		 purger_ask(struct purger *pu, uint64_t session);

/*
 * A child of the parent died: 1 when it was this one, else 0.  What it was
 * asked for and has not answered is not done; the next purger_ask() starts
 * another.
 */
int		 purger_reap(struct purger *pu, pid_t pid);

#endif
