/*
 * How people name tasks: by id, by the beginning of an id, by name.  Engine,
 * pure half.
 */
#ifndef ENGINE_REFS_H
#define ENGINE_REFS_H

#include "engine/config.h"
#include "engine/state.h"

#define REF_SHORTEST	6	/* characters of an id cut short, with "t_" */

/* Who looks, and with which right: tasks that it may not see are not found. */
struct ref_who {
	const struct config	*conf;
	const struct rec	*env;		/* c_env */
	const char		*command;
};

/*
 * Find the task that `text` means, in a project if one is given (NULL or "":
 * in all).  An id may be shortened to REF_SHORTEST characters when no other
 * begins so; of several tasks with one name the newest is meant.
 * PRA_ENOTFOUND, PRA_EAMBIGUOUS (the candidates in `why`), PRA_EPERM.  One
 * that the client may not even see is not found.
 */
int	 ref_task(const struct state *st, const struct ref_who *who,
	    const char *text, const char *project, struct task **out,
	    char *why, size_t size);

/*
 * The ids that begin with `text` ("t_01K..."), at least REF_SHORTEST
 * characters: from lo to hi.  0 or PRA_EINVALID when it is no such text.
 */
int	 ref_range(const char *text, uint8_t lo[ULID_LEN],
	    uint8_t hi[ULID_LEN]);

#endif
