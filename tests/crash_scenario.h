/*
 * What an engine has to live through: a client's commands and what follows
 * from them, passing every boundary, and what must hold afterwards.
 */
#ifndef TESTS_CRASH_SCENARIO_H
#define TESTS_CRASH_SCENARIO_H

#include "tests/crash_world.h"

/*
 * From the first command to the end, over as many engines as it takes;
 * `buried` (or NULL) is called between two of them, `turn` (or NULL) in every
 * round.  Then cs_check().
 */
void	 cs_run(struct cw_world *w, void (*buried)(struct cw_world *),
	    void (*turn)(struct cw_world *));

/*
 * The last engine is killed, and its store looked at: every task is where it
 * must be, ran and landed as often as it must; nothing is owed; the log is
 * whole and alone gives the same rows, as `replay verify` sees it.
 */
void	 cs_check(struct cw_world *w);

#endif
