/*
 * Sessions and what they use.  Engine.
 */
#ifndef ENGINE_TOP_H
#define ENGINE_TOP_H

#include "engine/engine.h"

/* A session that the parent tells of, as v_load; NULL: it is unknown here. */
struct rec	*top_row(struct engine *e, const struct m_usage *m);

#endif
