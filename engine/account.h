/*
 * Sums of attempts, while an answer is made.  Engine.
 */
#ifndef ENGINE_ACCOUNT_H
#define ENGINE_ACCOUNT_H

struct costs;

/* Forget the sums of a request; NULL is fine. */
void	 costs_free(struct costs *c);

#endif
