/*
 * Boundaries at which a test can stop the engine.  Engine.  Without
 * ENGINE_CRASH, as in everything that is installed, the marks are nothing;
 * with it the program is linked with tests/crash_engine.c.
 */
#ifndef ENGINE_CRASH_H
#define ENGINE_CRASH_H

#include "engine/decide.h"
#include "engine/owe.h"

enum crash_point {
#define CRASH(number, name, text) number,
#include "engine/crash.tbl"
#undef CRASH
	CP_EFFECT,			/* before and after each is sent */
	CP_INPUT = CP_EFFECT + 2 * EF_MAX, /* came, decided, taken */
	CP_MAX = CP_INPUT + 3 * IN_MAX
};

/* The boundary is passed: perhaps this process ends here. */
void	 crash_at(int point);

#ifdef ENGINE_CRASH
#define CRASH_AT(point)		crash_at(point)
#define RETRY_MS		20	/* not a second: tests wait for it */
#else
#define CRASH_AT(point)		((void)0)
#define RETRY_MS		1000
#endif

#define CRASH_EFFECT(f, sent)	CRASH_AT(CP_EFFECT + 2 * (int)(f) + (sent))
#define CRASH_INPUT(in, step)						\
	CRASH_AT(CP_INPUT + 3 * (int)(in)->kind + (step))

#endif
