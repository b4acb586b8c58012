/*
 * What becomes of a change by what the reviewer found in it.  Pure: rules of
 * the configuration on facts of a message.
 */
#ifndef ENGINE_JUDGE_H
#define ENGINE_JUDGE_H

#include "common/buf.h"
#include "common/review.h"
#include "engine/config.h"
#include "engine/text.h"

#define JUDGE_KEY	32		/* characters that stand for a fact */
#define JUDGE_HASH	65		/* of a change, with NUL */
#define JUDGE_POLICY	256
#define JUDGE_SHOWN	100		/* facts that are told in words */

struct judgement {
	enum review_verdict	 verdict;	/* the strictest of all facts */
	char			 policy[JUDGE_POLICY]; /* the rule for it */
	/* Of the facts with that verdict: */
	char			 list[TEXT_LINE - 200];	/* the first, in words */
	struct buf		 keys;		/* a line each */
	/* What it was made of; not owned. */
	const struct config	*conf;
	const char		*project;
	const struct rec	*facts;
	int			 field;
	const char		*approved;
};

/*
 * The verdict on one fact (b_fact) in a project, and the rule that gave it:
 * the last that fits, or the class's own.  A rule with paths fits no fact
 * without one; names of files are compared without regard to case, unless
 * the rule allows.
 */
enum review_verdict judge_fact(const struct config *conf,
	    const char *project, const struct rec *fact,
	    char policy[JUDGE_POLICY]);

/*
 * The verdict on a list of facts.  What is to be asked about does not count
 * when its key is a line of `approved`.  judgement_clear() it, and not after
 * what it was made of is gone.
 */
void	 judge(struct judgement *j, const struct config *conf,
	    const char *project, const struct rec *facts, int field,
	    const char *approved);
void	 judgement_clear(struct judgement *j);

/* Append the facts with the verdict to a list of an event, in words. */
void	 judge_tell(const struct judgement *j, struct rec *ev, int field);

/* "secret A conf.c:12 (GitHub token)" */
void	 judge_line(char out[TEXT_LINE], const struct rec *fact);

/* The hash of a change: what an approval is bound to. */
void	 judge_hash(char out[JUDGE_HASH], const uint8_t from[OID_LEN],
	    const uint8_t tree[OID_LEN]);

#endif
