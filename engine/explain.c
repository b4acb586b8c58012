/*
 * `explain`: what a session is confined to.  Engine.  What it knows itself
 * (the agent, the project's rights, what reaches the repository) comes first;
 * the parent adds what it enforces.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "engine/request.h"
#include "engine/views.h"

static void	 row(struct request *, const char *, const char *,
		    const char *, ...)
		    __attribute__((__format__(printf, 4, 5)));

static void
row(struct request *rq, const char *section, const char *name,
    const char *fmt, ...)
{
	struct rec	*r = rec_new(REC_v_policy);
	char		 value[256];
	va_list		 ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	rec_set_str(r, F_v_policy_section, section);
	rec_set_str(r, F_v_policy_name, name);
	rec_set_str(r, F_v_policy_value, value);
	request_item(rq, r);
}

static void
limit_row(struct request *rq, const char *name, uint64_t ms)
{
	char	 text[24];

	duration_format(text, ms);
	row(rq, "limits", name, "%s", ms == 0 ? "none" : text);
}

/* An agent's own limit, or the one that holds for all. */
static uint64_t
limit_of(const struct config *c, const struct rec *agent, int own, int all)
{
	if (agent != NULL && rec_u64(agent, own) != 0)
		return (rec_u64(agent, own));
	return (config_u64(c, all));
}

static void
explain_agent(struct request *rq, const struct config *c,
    const struct rec *agent)
{
	row(rq, "subject", "agent", "%s", agent == NULL ?
	    "none: the task's own shell line" : rec_str(agent, F_k_agent_name));
	row(rq, "subject", "driver", "%s", agent == NULL ? "command" :
	    rec_str(agent, F_k_agent_driver));
	row(rq, "subject", "terminal", "%s", agent != NULL &&
	    rec_u64(agent, F_k_agent_pty) ? "yes" : "no: pipes");
	limit_row(rq, "wall clock", limit_of(c, agent, F_k_agent_timeout,
	    F_k_main_timeout));
	limit_row(rq, "without output", limit_of(c, agent, F_k_agent_idle,
	    F_k_main_idle));
	row(rq, "limits", "output kept", "%llu bytes",
	    (unsigned long long)config_u64(c, F_k_main_output));
}

static void
explain_repository(struct request *rq, const struct config *c)
{
	row(rq, "repository", "rights", "none: the worktree is a copy, and "
	    ".git a throw-away repository that nobody reads back");
	row(rq, "repository", "taken back", "files, links and deletions of at "
	    "most %llu files and %llu bytes, by the reviewer, when every "
	    "process is dead",
	    (unsigned long long)config_u64(c, F_k_main_files_max),
	    (unsigned long long)config_u64(c, F_k_main_bytes_max));
	row(rq, "repository", "lands", "what passes the project's "
	    "verification in a fresh session, and nothing else");
}

/* A session is told by its name's form; 1 when the answer is whole. */
static int
explain_session(struct engine *e, struct request *rq, const char *text,
    struct m_session *m, const struct rec **agent)
{
	struct session	*s;
	char		 vis[100];

	log_vis(vis, sizeof(vis), text, strlen(text));
	m->session = strtoull(text + 2, NULL, 10);
	s = state_session(e->st, m->session);
	if (s == NULL || !session_live(s) || !request_permits(rq,
	    rec_str(s->e.row, F_s_session_project)))
		return (request_done(rq, PRA_ENOTFOUND, "praetorctl session "
		    "list", "there is no live session %s", vis));
	*agent = config_agent(e->conf, rec_str(s->task->e.row,
	    F_s_task_agent));
	row(rq, "subject", "session", "%s", vis);
	row(rq, "subject", "project", "%s", rec_str(s->e.row,
	    F_s_session_project));
	return (0);
}

static int
is_session(const char *text)
{
	return (strncmp(text, "s_", 2) == 0 && text[2] != '\0' &&
	    strspn(text + 2, "0123456789") == strlen(text + 2));
}

int
read_explain(struct engine *e, struct request *rq)
{
	const char		*text = rec_str(rq->cmd, F_c_explain_subject);
	const struct rec	*agent = NULL;
	struct m_session	 m = { 0 };
	char			 vis[200];

	if (is_session(text)) {
		if (explain_session(e, rq, text, &m, &agent) != 0)
			return (1);
	} else if (!request_permits(rq, NULL)) {
		return (request_done(rq, PRA_EPERM, "an administrator can add "
		    "a permit rule to praetord.conf", "explain is not "
		    "permitted"));
	} else if (*text != '\0' &&
	    (agent = config_agent(e->conf, text)) == NULL) {
		log_vis(vis, sizeof(vis), text, strlen(text));
		return (request_done(rq, PRA_ENOTFOUND, "name an agent of "
		    "praetord.conf, or a live session as s_<number>",
		    "there is no agent \"%s\"", vis));
	}
	explain_agent(rq, e->conf, agent);
	explain_repository(rq, e->conf);
	return (request_ask(e, rq, MSG_EXPLAIN, &m, sizeof(m)));
}
