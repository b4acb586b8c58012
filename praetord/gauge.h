/*
 * What live sessions use at the moment, for praetorctl top.
 */
#ifndef PRAETORD_GAUGE_H
#define PRAETORD_GAUGE_H

#include "common/proto.h"

struct sessions;

/* Takes a session's numbers. */
typedef void	 gauge_fn(void *arg, const struct m_usage *m);

/*
 * Call fn for each session that has a process.  Where there is a control group
 * its counters are read; else the processes of this host are walked once for
 * all sessions, at most GAUGE_PROCS of them.  Asked again too soon, it gives
 * what it has found before.
 */
#define GAUGE_PROCS	65536
void	 gauge_sessions(struct sessions *s, gauge_fn *fn, void *arg);

#endif
