/*
 * The configuration as records for the roles.  Parent process.  Each role
 * takes what it needs of them; no path of a credential is in any.
 */
#include <stdio.h>
#include <unistd.h>

#include "common/rec.h"
#include "praetord/conf.h"
#include "praetord/conf_parse.h"

/* Which field of k_main holds which scalar; the others stay with the parent. */
static const struct { enum conf_opt opt; int field; } main_fields[] = {
	{ OPT_SESSIONS_MAX,	F_k_main_sessions_max },
	{ OPT_TASKS_MAX,	F_k_main_tasks_max },
	{ OPT_SUBTASKS_MAX,	F_k_main_subtasks_max },
	{ OPT_SUBTASKS_DEPTH,	F_k_main_subtasks_depth },
	{ OPT_CLIENTS_MAX,	F_k_main_clients_max },
	{ OPT_TIMEOUT,		F_k_main_timeout },
	{ OPT_VERIFY_TIMEOUT,	F_k_main_verify_timeout },
	{ OPT_IDLE,		F_k_main_idle },
	{ OPT_OUTPUT,		F_k_main_output },
	{ OPT_LIMIT_OUTPUT,	F_k_main_printed },
	{ OPT_LIMIT_CPU_TIME,	F_k_main_cpu_time },
	{ OPT_RETRIES,		F_k_main_retries },
	{ OPT_FETCH,		F_k_main_fetch },
	{ OPT_FETCH_TIMEOUT,	F_k_main_fetch_timeout },
	{ OPT_FETCH_BYTES,	F_k_main_fetch_bytes },
	{ OPT_FILES_MAX,	F_k_main_files_max },
	{ OPT_BYTES_MAX,	F_k_main_bytes_max },
	{ OPT_LARGE_FILE,	F_k_main_large_file },
	{ OPT_MANY_FILES,	F_k_main_many_files },
	{ OPT_MANY_BYTES,	F_k_main_many_bytes },
	{ OPT_APPROVAL,		F_k_main_approval },
	{ OPT_RETAIN_OUTPUT,	F_k_main_retain_output },
	{ OPT_RETAIN_ATTIC,	F_k_main_retain_attic },
	{ OPT_FAIR_HALF,	F_k_main_half },
	{ OPT_FAIR_WEIGHT,	F_k_main_fair_weight },
	{ OPT_FAIR_AGE,		F_k_main_fair_age },
	{ OPT_FAIR_CPU,		F_k_main_fair_cpu },
	{ OPT_FAIR_WALL,	F_k_main_fair_wall },
	{ OPT_FAIR_TOKENS,	F_k_main_fair_tokens },
	{ OPT_FAIR_MONEY,	F_k_main_fair_money },
};

static struct rec *
main_rec(const struct conf *c, int64_t started)
{
	struct rec	*r;
	size_t		 i;

	if ((r = rec_new(REC_k_main)) == NULL)
		return (NULL);
	rec_set_str(r, F_k_main_version, PRAETOR_VERSION);
	rec_set_str(r, F_k_main_mode,
	    c->mode == MODE_SYSTEM ? "system" : "user");
	rec_set_u64(r, F_k_main_owner, c->mode == MODE_SYSTEM ? 0 : getuid());
	rec_set_u64(r, F_k_main_started, (uint64_t)started);
	rec_set_u64(r, F_k_main_copy, c->worktree == WORKTREE_COPY);
	rec_set_str(r, F_k_main_author_name, c->author_name);
	rec_set_str(r, F_k_main_author_email, c->author_email);
	rec_set_str(r, F_k_main_resolver, c->resolver);
	if (!TAILQ_EMPTY(&c->egress))
		rec_set_u64(r, F_k_main_egress, c->opt[OPT_EGRESS_CONNS]);
	for (i = 0; i < sizeof(main_fields) / sizeof(main_fields[0]); i++)
		rec_set_u64(r, main_fields[i].field,
		    c->opt[main_fields[i].opt]);
	return (r);
}

struct rec *
conf_agent_rec(const struct conf_agent *a)
{
	struct rec	*r;
	size_t		 i;

	if ((r = rec_new(REC_k_agent)) == NULL)
		return (NULL);
	rec_set_str(r, F_k_agent_name, a->name);
	rec_set_str(r, F_k_agent_driver, a->driver);
	rec_set_str(r, F_k_agent_shell, a->shell);
	for (i = 0; a->argv != NULL && a->argv[i] != NULL; i++)
		rec_add_str(r, F_k_agent_argv, a->argv[i]);
	if (a->pty)
		rec_set_u64(r, F_k_agent_pty, 1);
	if (a->timeout != 0)
		rec_set_u64(r, F_k_agent_timeout, a->timeout);
	if (a->idle != 0)
		rec_set_u64(r, F_k_agent_idle, a->idle);
	rec_set_str(r, F_k_agent_provider, a->provider);
	return (r);
}

struct rec *
conf_permit_rec(const struct conf_permit *p)
{
	struct rec	*r;
	char		 text[512];

	if ((r = rec_new(REC_k_permit)) == NULL)
		return (NULL);
	rec_set_u64(r, F_k_permit_deny, (uint64_t)p->deny);
	rec_set_u64(r, F_k_permit_any, (uint64_t)p->any);
	rec_set_u64(r, F_k_permit_group, (uint64_t)p->group);
	rec_set_u64(r, F_k_permit_id, p->id);
	rec_set_str(r, F_k_permit_command, p->command);
	rec_set_str(r, F_k_permit_project, p->project);
	snprintf(text, sizeof(text), "%s %s %s%s%s",
	    p->deny ? "deny" : "permit", p->who, p->command,
	    p->project != NULL ? " on " : "",
	    p->project != NULL ? p->project : "");
	rec_set_str(r, F_k_permit_text, text);
	return (r);
}

static struct rec *
repos_rec(const struct conf_path *d)
{
	struct rec	*r;

	if ((r = rec_new(REC_k_repos)) != NULL)
		rec_set_str(r, F_k_repos_path, d->path);
	return (r);
}

unsigned int
conf_items(const struct conf *c, int64_t started,
    void (*emit)(void *arg, struct rec *r), void *arg)
{
	const struct conf_agent		*a;
	const struct conf_permit	*p;
	const struct conf_review	*v;
	const struct conf_retry		*y;
	const struct conf_path		*d;
	const struct conf_quota		*q;
	unsigned int			 n = 1, own;

	emit(arg, main_rec(c, started));
	TAILQ_FOREACH(a, &c->agents, entry) {
		emit(arg, conf_agent_rec(a));
		n++;
	}
	TAILQ_FOREACH(p, &c->permits, entry) {
		emit(arg, conf_permit_rec(p));
		n++;
	}
	TAILQ_FOREACH(v, &c->reviews, entry) {
		emit(arg, conf_review_rec(v));
		n++;
	}
	for (own = 0; own < 2; own++)	/* of agents last: they count more */
		TAILQ_FOREACH(y, &c->retries, entry)
			if ((y->agent != NULL) == (int)own) {
				emit(arg, conf_retry_rec(y));
				n++;
			}
	TAILQ_FOREACH(q, &c->shares, entry) {
		emit(arg, conf_share_rec(q));
		n++;
	}
	TAILQ_FOREACH(q, &c->quotas, entry) {
		emit(arg, conf_quota_rec(q));
		n++;
	}
	TAILQ_FOREACH(d, &c->windows, entry) {
		emit(arg, conf_window_rec(d->path));
		n++;
	}
	TAILQ_FOREACH(d, &c->repositories, entry) {
		emit(arg, repos_rec(d));
		n++;
	}
	return (n);
}
