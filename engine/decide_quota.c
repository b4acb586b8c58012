/*
 * Quotas of what is filed.  Engine, pure half: whom a task counts for is
 * decided when it is filed, by what the client's socket said.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "engine/decide.h"
#include "engine/queue.h"

int
decide_quota(struct decision *d, const char *whom, size_t n)
{
	uint64_t	 most, now;

	now = queue_counted(d->st, QT_QUEUED, whom, &most);
	if (now <= most && n <= most - now)
		return (1);
	refuse(d, PRA_ELIMIT, "wait until some have begun, or raise the quota "
	    "in praetord.conf", "%" PRIu64 " queued tasks and %zu more are "
	    "over `%s`", now, n, queue_rule(d->st, QT_QUEUED, whom));
	return (0);
}

int
decide_quota_user(struct decision *d, size_t n)
{
	char	 whom[ACCOUNT_KEY];
	size_t	 i;

	ledger_user(whom, rec_u64(d->env, F_c_env_uid));
	if (!decide_quota(d, whom, n))
		return (0);
	for (i = 0; i < rec_count(d->env, F_c_env_groups); i++) {
		snprintf(whom, sizeof(whom), "group/%" PRIu64,
		    rec_u64(rec_nth_rec(d->env, F_c_env_groups, i),
		    F_c_gid_gid));
		if (!decide_quota(d, whom, n))
			return (0);
	}
	return (1);
}

void
decide_groups(const struct decision *d, struct rec *ev)
{
	char	 whom[ACCOUNT_KEY];
	size_t	 i;

	for (i = 0; i < rec_count(d->env, F_c_env_groups); i++) {
		snprintf(whom, sizeof(whom), "group/%" PRIu64,
		    rec_u64(rec_nth_rec(d->env, F_c_env_groups, i),
		    F_c_gid_gid));
		if (queue_limits(d->st, whom))
			rec_add_str(ev, F_e_task_created_groups,
			    whom + strlen("group/"));
	}
}
