/*
 * Hands: copies of the reviewer, made with fork(2), each of which carries out
 * one slow request, so that the reviewer itself always answers.  A hand that
 * talks to a server has the credentials of that server and of no other.
 */
#ifndef REVIEWER_HAND_H
#define REVIEWER_HAND_H

#include <stdint.h>

struct buf;
struct hand;
struct outcome;
struct reviewer;

/*
 * Not an error: what is asked for takes long and was not begun.  A step of a
 * request returns it where r->brisk is set; the request is then carried out
 * by a hand, from its beginning.  Everything that fails undoes what it began,
 * so this costs what a failure costs.
 */
#define HAND_NEEDED	1

#define HANDS_MAX	16	/* at once */
#define HANDS_SERVER	4	/* of them with one server: it may hang */
#define HAND_TOTAL	7200	/* seconds that one may talk to a server */
#ifndef __SANITIZE_ADDRESS__
#define HAND_MEMORY	(4ULL << 30) /* bytes of its data */
#else
#define HAND_MEMORY	RLIM_INFINITY /* its shadow is terabytes of it */
#endif
#define HAND_ANSWER	(1024 * 1024) /* bytes of its answer */

struct hand_ops {
	/* In the hand: do it and append the answer, at most HAND_ANSWER. */
	void	(*work)(struct reviewer *r, void *arg, struct buf *answer);
	/*
	 * In the reviewer: it is over and the hand is free already.  answer
	 * is NULL when none came, with o saying why: PRA_ETIMEOUT after
	 * silence, PRA_EINTERNAL when it died.  fetched: hand_fetched() was
	 * called.  All end with the call.
	 */
	void	(*ended)(struct reviewer *r, void *arg,
		    const struct buf *answer, int fetched,
		    const struct outcome *o);
};

/*
 * Start one.  url: the server that it will talk to, NULL for none; copied.
 * arg must live until ops->ended().  NULL with errno.
 */
struct hand	*hand_start(struct reviewer *r, const struct hand_ops *ops,
		    const char *url, void *arg);

/* Kill it and forget it; ops->ended() is not called. */
void		 hand_kill(struct hand *h);

/*
 * In a hand, and without effect elsewhere.  hand_beat: the server has given
 * a sign; the first call begins the watch for silence, as `fetch timeout`
 * says.  hand_rest: nothing is asked of it any more.  hand_fetched: a mirror
 * is up to date.
 */
void		 hand_beat(struct reviewer *r);
void		 hand_rest(struct reviewer *r);
void		 hand_fetched(struct reviewer *r);

/*
 * Hold the state directory against an earlier reviewer's hands, which die
 * with it but not at once.  Waits for them.  The descriptor, kept until the
 * process ends, or -1 with errno.
 */
int		 hand_lock(const char *state);

#endif
