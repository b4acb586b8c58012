/*
 * Control groups, version 2, beneath the one that was delegated:
 *
 *	supervisor	praetord and the roles
 *	executors	the executors of all sessions; bounded together
 *	session_<slot>	one session's praetor-init and job, with its limits
 *
 * The executor stands outside of its session's group: when that is killed for
 * using too much, somebody is left who can say so.  A group is named after
 * its slot, since a sandbox is begun before the session's number is known.
 */
#ifndef PRAETORD_CGROUP_H
#define PRAETORD_CGROUP_H

#include <stddef.h>

#include "praetord/conf.h"
#include "praetord/why.h"

struct cgroups {
	int	 dir;		/* the delegated group; -1: there is none */
	int	 executors;
	char	 disk[24];	/* "major:minor" of the state's disk, or "" */
};

/*
 * Divide the group in which the process was started, and remove what another
 * praetord left there.  0, or -1 with one line in why: what the configuration
 * asks for and the host does not give.
 */
int	 cgroups_open(const struct conf *c, struct cgroups *g, char *why,
	    size_t size);

/* Whether they can enforce another configuration.  0, or -1 with why. */
int	 cgroups_can(const struct cgroups *g, const struct conf *c, char *why,
	    size_t size);

/*
 * The first controller that a configuration needs and a list of names with
 * blanks between does not have, and the setting that needs it; or NULL.
 */
const char	*cgroup_lacks(const struct conf *c, const char *have,
		    const char **setting);

/* The path of the own group in the file system.  0 or -1. */
int	 cgroup_own(char *path, size_t size);

/* Make a session's group with its limits.  Its directory or -1. */
int	 cgroup_make(const struct cgroups *g, const struct conf *c,
	    unsigned int slot, struct why *why);

/* Kill everything in a group. */
void	 cgroup_kill(int fd);

/* Remove it; it must be empty, else it stays. */
void	 cgroup_remove(const struct cgroups *g, unsigned int slot);

/* A number from a file of lines "key number" of a group; 0 without it. */
uint64_t cgroup_stat(int fd, const char *file, const char *key);

#endif
