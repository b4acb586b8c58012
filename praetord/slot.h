/*
 * Slots: the blocks of two uids that sessions run with, and the user
 * namespaces made for them ahead.
 */
#ifndef PRAETORD_SLOT_H
#define PRAETORD_SLOT_H

#include "praetord/conf.h"
#include "praetord/sandbox.h"
#include "praetord/why.h"

/* Two more than can be in use: one that ends overlaps with a start. */
#define SLOTS(c)	((unsigned int)((c)->opt[OPT_SESSIONS_MAX] +	\
			(c)->opt[OPT_SESSIONS_SPARE]) + 2)

/* Uids of slot i and its namespaces.  0 or -1 with why. */
int	 slot_open(struct slot *sl, const struct conf *conf, unsigned int i,
	    struct why *why);
void	 slot_close(struct slot *sl);

/*
 * The user namespace that shows a job's files as the reviewer's, of the slot
 * that has these ids (kept) or of none (an earlier parent's).  A descriptor,
 * the caller's, or -1 with why.
 */
int	 slot_reviewer(struct slot *slots, unsigned int n,
	    const struct conf *c, uid_t uid, gid_t gid, struct why *why);

#endif
