/*
 * What confines a session, as lines for people and programs.
 */
#ifndef PRAETORD_EXPLAIN_H
#define PRAETORD_EXPLAIN_H

#include "common/proto.h"
#include "common/rec.h"
#include "praetord/conf.h"
#include "praetord/slot.h"

typedef void	 explain_fn(void *arg, const struct m_policy *row);

/*
 * Call fn with each line, in the order in which they are shown.  `sl` is the
 * slot of a live session and `gate` what it may reach (b_gate_session, or NULL
 * for nothing); sl NULL: of a session that would start now.
 */
void	 explain_policy(const struct conf *conf, const struct slot *sl,
	    const struct rec *gate, explain_fn *fn, void *arg);

#endif
