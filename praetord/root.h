/*
 * The root that every session starts from: a mount namespace, built once,
 * with the system directories read-only, a minimal /dev and a made-up /etc.
 * A session copies it and adds what is its own.
 */
#ifndef PRAETORD_ROOT_H
#define PRAETORD_ROOT_H

#include "common/proto.h"
#include "praetord/conf.h"
#include "praetord/why.h"

/*
 * Where a session attaches what only its builder may see: the layers 0 ...
 * LAYERS_MAX, the state directory, the host's /proc.  Detached as one before
 * anything else runs.
 */
#define ROOT_AT		"/run/praetor/at"
#define ROOT_STATE	ROOT_AT "/state"
#define ROOT_UPPER	ROOT_AT "/upper"
#define ROOT_OBJECTS	"/run/praetor/objects"
#define ROOT_HOME	"/home/agent"
#define ROOT_WORK	"/workspace"

#define ROOT_EXEC_UID	999	/* inside, system mode */
#define ROOT_JOB_UID	1000

/* A build function for ns_mount(); arg is the struct conf. */
int	 root_build(void *arg, struct why *why);

#endif
