/*
 * What a configuration needs of the host, probed at start and when a reload
 * asks for more: nothing is chosen by probing later.
 */
#ifndef PRAETORD_FEATURE_H
#define PRAETORD_FEATURE_H

#include "common/proto.h"
#include "praetord/conf.h"

/*
 * Probe every feature of the table for a configuration and call fn with each
 * row (status "ok", "missing" = needed and not there, "absent" = not there
 * and not needed).  Returns how many are missing.  Probes in child processes;
 * changes nothing.
 */
int	 feature_probe(const struct conf *conf,
	    void (*fn)(void *arg, const struct m_feature *f), void *arg);

/* 1 when one of them is needed and missing: `why` says what and the remedy. */
int	 feature_lacks(const struct conf *conf, const char *name, char *why,
	    size_t size);

#endif
