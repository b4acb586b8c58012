/*
 * Repositories on other hosts: https:// and ssh://, with the credentials of
 * the configuration and nothing else.
 */
#ifndef REVIEWER_REMOTE_H
#define REVIEWER_REMOTE_H

#include <git2.h>

struct outcome;
struct reviewer;

#define REMOTE_HOST	256	/* name of a host, and NUL */
#define REMOTE_LOCK_MS	20000	/* how long another's push is waited for */
#define REMOTE_NAP_MS	250	/* between two attempts */

/* 1 when the text is an https:// or ssh:// URL (checked by the calls below). */
int	 remote_is(const char *url);

/* The host that an URL names.  0, or -1 when there is none. */
int	 remote_host(const char *url, char out[REMOTE_HOST]);

/*
 * Bring the branch's commits into a mirror.  0 and *head, or PRA_E* with o
 * set; the mirror's refs are as they were.  Has no time limit of its own: a
 * hand has (reviewer/hand.h).
 */
int	 remote_fetch(struct reviewer *r, git_repository *mirror,
	    const char *url, const char *branch, git_oid *head,
	    struct outcome *o);

/*
 * Push what a ref of the mirror names to a branch, without force, when the
 * branch is at `onto`.  Another push to it is waited for.  0; PRA_ECONFLICT
 * when it is elsewhere; PRA_ESTATE when it stayed locked for REMOTE_LOCK_MS;
 * PRA_EPERM with the server's words when it refuses; else PRA_E* with o set.
 */
int	 remote_push(struct reviewer *r, git_repository *mirror,
	    const char *url, const char *ref, const char *branch,
	    const git_oid *onto, struct outcome *o);

#endif
