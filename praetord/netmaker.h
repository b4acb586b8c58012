/*
 * Network namespaces cost more than all the others together, and the kernel
 * takes one away slowly.  A small process makes them ahead, so that neither
 * the parent nor a session waits for one.  None is used twice.
 */
#ifndef PRAETORD_NETMAKER_H
#define PRAETORD_NETMAKER_H

#include <sys/types.h>

#include "praetord/why.h"

struct netmaker;

/* Start the process.  NULL with why. */
struct netmaker	*netmaker_new(struct why *why);
void		 netmaker_free(struct netmaker *nm);	/* NULL is fine */

/*
 * A namespace with loopback up: descriptor (the caller's), or -1 with why.
 * Waits only when more were taken than asked for in time.
 */
int		 netmaker_take(struct netmaker *nm, struct why *why);

/* Ask for as many as were taken; when there is time. */
void		 netmaker_refill(struct netmaker *nm);

/* A child died: 1 when it was the process; the next take starts another. */
int		 netmaker_reap(struct netmaker *nm, pid_t pid);

#endif
