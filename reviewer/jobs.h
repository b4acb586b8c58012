/*
 * The engine's requests, from their arrival to their answer.
 */
#ifndef REVIEWER_JOBS_H
#define REVIEWER_JOBS_H

#include "common/peer.h"

struct reviewer;

/*
 * Take a request: it is carried out and answered now, or by a hand
 * (reviewer/hand.h), or once those before it for the same project or session
 * are over.  Requests of one project are answered in their order; those of
 * others do not wait for it.
 */
void	 jobs_request(struct reviewer *r, struct msg *m);

/* 1 when something is under way for a project. */
int	 jobs_busy(const struct reviewer *r, const char *project);

/*
 * Forget what is asked: there is another engine, which asks again.  What
 * hands are at goes on, since it cannot be told how far they are.
 */
void	 jobs_forget(struct reviewer *r);

/* Forget all and kill the hands: the end. */
void	 jobs_close(struct reviewer *r);

#endif
