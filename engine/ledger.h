/*
 * The ledger: what each user, project, agent and group has used.  Engine,
 * pure half.  A row (s_usage) is made and changed by apply() alone, from
 * task.ran, task.lost and task.used, and from nothing but what those events
 * say: the time, what was used, and the half-life that was configured then.
 *
 * Keys are "user/1000" (a uid), "project/web", "agent/claude" and "group/27"
 * (a gid; only groups that a quota is for).  Of each resource a row has
 *
 *	cpu ...		all that was ever used
 *	cpu_decayed ...	the same, halved every half-life, as of `at`
 *	cpu_day ...	used on `day` (days since 1970, UTC)
 *	cpu_month ...	used in `month` (months since 1970, UTC)
 *	cpu_mean ...	what an attempt uses, the last ones counting most
 *
 * and `disk`, the bytes that attempts left and that are kept now.
 * CPU and wall clock are in microseconds, money in millionths.  Counters of a
 * day or month that is over, and what has decayed since `at`, are brought up
 * to date by whoever reads them: use the functions here.
 */
#ifndef ENGINE_LEDGER_H
#define ENGINE_LEDGER_H

#include "engine/apply.h"

enum resource { RS_CPU, RS_WALL, RS_TOKENS, RS_MONEY, RS_MAX };

struct used {
	uint64_t	 v[RS_MAX];
};

/* The words of the resources, as rows, views and messages call them. */
extern const char *const	 resource_names[RS_MAX];

#define ACCOUNT_KEY	80	/* "project/" and a name of 64 bytes */

/* The key of an account. */
void		 ledger_user(char key[ACCOUNT_KEY], uint64_t uid);
void		 ledger_key(char key[ACCOUNT_KEY], const char *kind,
		    const char *name);

/* The account of a key, made if there is none; NULL and st->err set. */
struct account	*ledger_account(struct state *st, const char *key,
		    int64_t time);

/*
 * Charge an account at a time.  `attempt`: it is a whole attempt, which
 * counts for the means.
 */
void		 ledger_charge(struct state *st, struct account *a,
		    const struct used *u, int64_t time, uint64_t half_ms,
		    int attempt);

/* Of a row, at a time: all, decayed, of today, of this month; the mean. */
uint64_t	 ledger_total(const struct rec *row, enum resource r);
uint64_t	 ledger_decayed(const struct rec *row, enum resource r,
		    int64_t time, uint64_t half_ms);
uint64_t	 ledger_day(const struct rec *row, enum resource r,
		    int64_t time);
uint64_t	 ledger_month(const struct rec *row, enum resource r,
		    int64_t time);
uint64_t	 ledger_mean(const struct rec *row, enum resource r);

/*
 * For apply(): an attempt gets its session; charge what one that ended, or
 * was lost, has used.
 */
void		 ledger_begun(struct state *st, const struct fact *f,
		    const struct task *t);
void		 ledger_ran(struct state *st, const struct fact *f,
		    const struct task *t);
void		 ledger_lost(struct state *st, const struct fact *f,
		    const struct task *t);

/*
 * What an attempt left is kept, in bytes; all that the attempts of a task left
 * is deleted.  It counts for `disk` of its user, project and groups.
 */
void		 ledger_kept(struct state *st, const struct fact *f,
		    struct task *t, uint64_t bytes);
void		 ledger_freed(struct state *st, const struct fact *f,
		    struct task *t);

/*
 * For decide(): name in the list `field` of an event the accounts that it
 * charges besides those of the task's user and project: of its agent, and of
 * the groups that a quota was for when it was filed.
 */
void		 ledger_others(struct rec *ev, int field,
		    const struct task *t);

#endif
