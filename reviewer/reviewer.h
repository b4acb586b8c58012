/*
 * The reviewer's state: one struct on reviewer_main()'s stack.  It holds the
 * git credentials and every mirror, and is the only role that parses git
 * data and what sessions left behind.
 */
#ifndef REVIEWER_REVIEWER_H
#define REVIEWER_REVIEWER_H

#include <stddef.h>
#include <stdint.h>
#include <bsd/sys/queue.h>

#include "common/role.h"
#include "common/when.h"

struct event;
struct job;
struct mirror;
struct outcome;
struct settings;

struct reviewer {
	struct role	 role;
	struct peer	*engine;	/* NULL while there is none */
	struct peer_ops	 engine_ops;
	struct settings	*settings;	/* in use; the defaults at first */
	struct settings	*staged;	/* of an open transaction */
	struct event	*sweep;		/* deletes what is not needed */
	unsigned int	 engines;	/* how many there have been */
	TAILQ_HEAD(, job) jobs;		/* what it asked for, in order */
	unsigned int	 nhands;	/* of them with a hand at work */
	int		 brisk;		/* slow steps return HAND_NEEDED */
	int		 notefd;	/* in a hand: to the reviewer; or -1 */
	struct mono	 beat;		/* in a hand: when it last gave a sign */

	char		*state;		/* its directory, absolute */
	int		 mirrorsfd;	/* <state>/mirrors and so on */
	int		 treesfd;
	int		 gitsfd;
	int		 holdsfd;
	int		 scratchfd;	/* what is to be deleted, and less */
	int		 lockfd;	/* hand_lock(), or -1 */
	char		 boot[64];	/* boot id of the kernel */
	uint32_t	 owner;		/* of this state, drawn once */

	const char	**repos;	/* -r: where local ones may lie */
	size_t		 nrepos;

	TAILQ_HEAD(, mirror) mirrors;	/* opened ones */
};

/*
 * Open the state directory (made by the parent, 0700), make what is missing
 * in it and clear what a crash left.  repos must outlive r.  0 or PRA_E*
 * with o set; reviewer_close() undoes it in either case.
 */
int	 reviewer_open(struct reviewer *r, const char *state,
	    const char **repos, size_t nrepos, struct outcome *o);
void	 reviewer_close(struct reviewer *r);

/*
 * Take out of use what is half-made of a project's mirror, trees and
 * repositories: whoever was making it has been killed.
 */
void	 state_sweep_project(struct reviewer *r, const char *project);

#endif
