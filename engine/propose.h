/*
 * Sub-tasks that an attempt proposes by what it prints.  Engine.
 */
#ifndef ENGINE_PROPOSE_H
#define ENGINE_PROPOSE_H

#include "engine/engine.h"

#define PROPOSE_LINE	4096	/* of a proposal, with NUL */
#define PROPOSE_MOST	1000	/* of one attempt */

/* What the lines begin with: no file that an attempt only prints knows it. */
#define PROPOSE_WORD	"praetor-propose:%08llx"

/*
 * Put the proposals in the last MiB of an attempt's output into what ended it
 * (b_exit), as they were printed, without the word.
 */
void	 propose_read(struct engine *e, const char *log, uint64_t token,
	    struct rec *exit);

#endif
