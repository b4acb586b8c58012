/*
 * The base of a session's worktree: layers, repository and hold.
 */
#ifndef REVIEWER_WORKTREE_H
#define REVIEWER_WORKTREE_H

struct outcome;
struct rec;
struct reviewer;

/*
 * The whole of BASE_WANT: fills a b_base_ready except for err and text.
 * 0 or PRA_E* with o set; the session then holds nothing.
 */
int	 worktree_answer(struct reviewer *r, const struct rec *in,
	    struct rec *out, struct outcome *o);

#endif
