/*
 * What sessions may reach: rules and the resolver.  Parent process and
 * praetord -n.  Hosts are read by common/host.c, which is also what reads the
 * requests of sessions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/host.h"
#include "common/rec.h"
#include "praetord/conf_parse.h"

#define RULES_MAX	128	/* that fit one session: 64 KiB of message */

/* A name, or what names begin with and a '*'. */
static int
pattern_ok(const char *text)
{
	char	 name[80];
	size_t	 n = strlen(text);

	if (n == 0 || n >= sizeof(name))
		return (0);
	memcpy(name, text, n + 1);
	if (name[n - 1] == '*')
		name[--n] = '\0';
	return (n == 0 || conf_name_ok(name));
}

static int
pattern_fits(const char *pattern, const char *name)
{
	size_t	 n;

	if (pattern == NULL)
		return (1);
	n = strlen(pattern);
	if (n > 0 && pattern[n - 1] == '*')
		return (strncmp(pattern, name, n - 1) == 0);
	return (strcmp(pattern, name) == 0);
}

static void
rule_add(struct parse *p, const char *text, const char *project,
    const char *agent)
{
	struct conf_egress	*e;
	struct host_rule	 r;
	const char		*why;
	char			 host[HOST_TEXT], all[HOST_TEXT + 2];

	if ((why = host_rule_parse(text, &r)) != NULL) {
		lex_fail(p->lex, "egress: \"%s\" is not host:port: %s", text,
		    why);
		return;
	}
	snprintf(all, sizeof(all), "%s%s", r.below ? "*." : "",
	    authority_format(host, &r.host, r.port));
	e = conf_alloc(sizeof(*e));
	e->host = conf_strdup(all);
	if (project != NULL)
		e->project = conf_strdup(project);
	if (agent != NULL)
		e->agent = conf_strdup(agent);
	TAILQ_INSERT_TAIL(&p->conf->egress, e, entry);
}

void
conf_add_egress(struct parse *p, const struct conf_words *w,
    const char *project, const char *agent)
{
	size_t	 i;

	if (project != NULL && !pattern_ok(project))
		lex_fail(p->lex, "egress: \"%s\" is no project's name and no "
		    "pattern such as web*", project);
	for (i = 0; i < w->n; i++)
		rule_add(p, w->v[i], project, agent);
}

void
conf_set_resolver(struct parse *p, const char *text)
{
	struct host	 h;
	const char	*why;
	char		 all[HOST_TEXT];
	uint16_t	 port;

	if (!conf_once(p, ONCE_RESOLVER, "egress resolver"))
		return;
	why = authority_parse(text, strlen(text), 53, &h, &port);
	if (why == NULL && h.family == 0)
		why = "it must be an address";
	if (why != NULL) {
		lex_fail(p->lex, "egress resolver \"%s\": is not "
		    "address:port: %s", text, why);
		return;
	}
	p->conf->resolver = conf_strdup(authority_format(all, &h, port));
}

static int
agent_is_known(const struct conf *c, const char *name)
{
	const struct conf_agent	*a;

	TAILQ_FOREACH(a, &c->agents, entry)
		if (strcmp(a->name, name) == 0)
			return (1);
	return (0);
}

/* Agents may stand behind the rules; a misspelt one would never fit. */
void
conf_check_egress(struct parse *p)
{
	const struct conf_egress	*e;
	struct where			 at = { p->conf->file, 0 };
	size_t				 n = 0;

	TAILQ_FOREACH(e, &p->conf->egress, entry) {
		n++;
		if (e->agent != NULL && !agent_is_known(p->conf, e->agent))
			lex_error(p->lex, at, "egress allow \"%s\": there is "
			    "no agent \"%s\"", e->host, e->agent);
	}
	if (n > RULES_MAX)
		lex_error(p->lex, at, "egress: %zu rules; at most %d are "
		    "possible (a rule such as *.example.org:443 stands for "
		    "many)", n, RULES_MAX);
}

void
conf_egress_free(struct conf *c)
{
	struct conf_egress	*e;

	while ((e = TAILQ_FIRST(&c->egress)) != NULL) {
		TAILQ_REMOVE(&c->egress, e, entry);
		free(e->host);
		free(e->project);
		free(e->agent);
		free(e);
	}
}

/* A verification has no agent: what was said of one is not for it. */
struct rec *
conf_egress(const struct conf *c, uint64_t session, const char *project,
    const char *agent)
{
	const struct conf_egress	*e;
	struct rec			*r;

	if ((r = rec_new(REC_b_gate_session)) == NULL)
		return (NULL);
	TAILQ_FOREACH(e, &c->egress, entry)
		if (pattern_fits(e->project, project) && (e->agent == NULL ||
		    strcmp(e->agent, agent) == 0))
			rec_add_str(r, F_b_gate_session_rules, e->host);
	rec_set_u64(r, F_b_gate_session_session, session);
	rec_set_str(r, F_b_gate_session_project, project);
	if (*agent != '\0')
		rec_set_str(r, F_b_gate_session_agent, agent);
	rec_set_u64(r, F_b_gate_session_connections,
	    c->opt[OPT_EGRESS_CONNS]);
	rec_set_u64(r, F_b_gate_session_bytes, c->opt[OPT_EGRESS_BYTES]);
	rec_set_u64(r, F_b_gate_session_idle, c->opt[OPT_EGRESS_IDLE]);
	if (rec_count(r, F_b_gate_session_rules) > 0)
		return (r);
	rec_free(r);
	return (NULL);
}
