/*
 * Agents, permissions and credentials.  Parent process and praetord -n.  What
 * the roles would refuse is refused here, where file and line are known: each
 * rule is made into its record and the record's own check has the last word.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rec.h"
#include "praetord/conf_parse.h"

#define HOSTKEYS_MAX	4	/* a server has one of each kind */

int
conf_record_ok(struct parse *p, struct where at, const char *what, struct rec *r)
{
	char	 why[256];
	int	 ok;

	ok = r != NULL && rec_check(r, why, sizeof(why)) == 0;
	if (!ok)
		lex_error(p->lex, at, "%s: %s", what, r == NULL ? "no memory" :
		    why);
	rec_free(r);
	return (ok);
}

int
conf_name_ok(const char *name)
{
	size_t	 i;

	for (i = 0; name[i] != '\0'; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    strchr("._-", name[i]) == NULL)
			return (0);
	return (i > 0 && i <= 64 && name[0] != '.' && name[0] != '-');
}

void
conf_agent_begin(struct parse *p, const char *name)
{
	struct conf_agent	*a;

	p->block = lex_where(p->lex);
	conf_agent_free(p->agent);
	p->agent = conf_alloc(sizeof(*p->agent));
	p->agent->name = conf_strdup(name);
	p->agent->driver = conf_strdup("command");
	if (!conf_name_ok(name))
		lex_error(p->lex, p->block, "agent \"%s\": a name is 1 to 64 "
		    "letters, digits, '.', '_' and '-'", name);
	TAILQ_FOREACH(a, &p->conf->agents, entry)
		if (strcmp(a->name, name) == 0)
			lex_error(p->lex, p->block, "agent \"%s\" is defined "
			    "twice", name);
}

/* 1 while nothing says what the agent runs. */
static int
runs_nothing(struct parse *p)
{
	if (p->agent->argv == NULL && p->agent->shell == NULL)
		return (1);
	lex_fail(p->lex, "agent \"%s\": command or shell, and once",
	    p->agent->name);
	return (0);
}

void
conf_agent_command(struct parse *p, struct conf_words *w)
{
	if (!runs_nothing(p))
		return;
	if (w->v[0][0] == '\0')
		lex_fail(p->lex, "agent \"%s\": an empty program "
		    "name", p->agent->name);
	p->agent->argv = w->v;
	w->v = NULL;
}

void
conf_agent_shell(struct parse *p, const char *line)
{
	if (!runs_nothing(p))
		return;
	if (line[strspn(line, " \t\n")] == '\0')
		lex_fail(p->lex, "agent \"%s\": an empty shell line",
		    p->agent->name);
	p->agent->shell = conf_strdup(line);
}

void
conf_agent_pty(struct parse *p)
{
	if (p->agent->pty)
		lex_fail(p->lex, "agent \"%s\": pty is set twice",
		    p->agent->name);
	p->agent->pty = 1;
}

/* An agent's own limit has the range of the general one. */
static void
agent_time(struct parse *p, enum conf_opt opt, const char *text, uint64_t *ms)
{
	const struct conf_option	*o = &conf_options[opt];
	char				 min[24], max[24];

	if (*ms != 0)
		lex_fail(p->lex, "agent \"%s\": %s is set twice",
		    p->agent->name, o->words);
	if (conf_unit_parse(UNIT_MS, text, ms) == 0 && *ms >= o->min &&
	    *ms <= o->max)
		return;
	conf_unit_format(min, UNIT_MS, o->min);
	conf_unit_format(max, UNIT_MS, o->max);
	lex_fail(p->lex, "agent \"%s\": %s %s: must be a duration "
	    "from %s to %s", p->agent->name, o->words, text, min, max);
}

void
conf_agent_timeout(struct parse *p, const char *text)
{
	agent_time(p, OPT_TIMEOUT, text, &p->agent->timeout);
}

void
conf_agent_idle(struct parse *p, const char *text)
{
	agent_time(p, OPT_IDLE, text, &p->agent->idle);
}

void
conf_agent_provider(struct parse *p, const char *name)
{
	if (p->agent->provider != NULL || !conf_name_ok(name))
		lex_fail(p->lex, "agent \"%s\": provider must be a name, and "
		    "once", p->agent->name);
	else
		p->agent->provider = conf_strdup(name);
}

void
conf_agent_end(struct parse *p)
{
	struct conf_agent	*a = p->agent;

	if (a->argv == NULL && a->shell == NULL)
		lex_error(p->lex, p->block, "agent \"%s\": needs command or "
		    "shell", a->name);
	conf_record_ok(p, p->block, "agent", conf_agent_rec(a));
	TAILQ_INSERT_TAIL(&p->conf->agents, a, entry);
	p->agent = NULL;
}

/* 1 when a name, or a pattern with * at its end, means some command. */
static int
command_ok(const char *pattern)
{
	const struct rec_def	*def;
	size_t			 n = strcspn(pattern, "*");
	int			 kind;

	if (pattern[n] == '*' && pattern[n + 1] != '\0')
		return (0);
	for (kind = REC_NONE + 1; kind < REC_MAX; kind++) {
		def = rec_def((enum rec_kind)kind);
		if (def->cls == RC_COMMAND &&
		    strncmp(def->name, pattern, n) == 0 &&
		    (pattern[n] == '*' || def->name[n] == '\0'))
			return (1);
	}
	return (0);
}

/* "*" is everybody, ":devs" a group, "alice" a user.  0 or -1. */
static int
permit_who(struct parse *p, struct conf_permit *r)
{
	gid_t	 gid;

	if (strcmp(r->who, "*") == 0) {
		r->any = 1;
		return (0);
	}
	if (r->who[0] == ':') {
		r->group = 1;
		if (conf_group_id(r->who + 1, &r->id) == 0)
			return (0);
		lex_fail(p->lex, "permit: there is no group %s",
		    r->who + 1);
		return (-1);
	}
	if (conf_user_id(r->who, &r->id, &gid) == 0)
		return (0);
	lex_fail(p->lex, "permit: there is no user %s", r->who);
	return (-1);
}

void
conf_add_permit(struct parse *p, int deny, const char *who,
    const char *command, const char *project)
{
	struct where		 at = lex_where(p->lex);
	struct conf_permit	*r;

	r = conf_alloc(sizeof(*r));
	r->deny = deny;
	r->who = conf_strdup(who);
	r->command = conf_strdup(command);
	if (project != NULL)
		r->project = conf_strdup(project);
	TAILQ_INSERT_TAIL(&p->conf->permits, r, entry);
	if (permit_who(p, r) == -1)
		return;
	if (!command_ok(command))
		lex_error(p->lex, at, "permit: %s is no command and no pattern "
		    "such as task.* that fits one", command);
	if (project != NULL && !conf_name_ok(project))
		lex_error(p->lex, at, "permit: \"%s\" cannot be a project's "
		    "name", project);
	conf_record_ok(p, at, "permit", conf_permit_rec(r));
}

/* Letters, digits, dots and dashes; [ and ] for addresses are not needed. */
static int
host_ok(const char *host)
{
	size_t	 i;

	for (i = 0; host[i] != '\0'; i++)
		if (!isalnum((unsigned char)host[i]) &&
		    strchr(".-:", host[i]) == NULL)
			return (0);
	return (i > 0 && i <= 255 && host[0] != '-');
}

/* As ssh-keygen -l prints it: 32 bytes in base 64 without padding. */
static int
hostkey_ok(const char *key)
{
	size_t	 n;

	if (strncmp(key, "SHA256:", 7) != 0)
		return (0);
	for (n = 0; key[7 + n] != '\0'; n++)
		if (!isalnum((unsigned char)key[7 + n]) &&
		    strchr("+/", key[7 + n]) == NULL)
			return (0);
	return (n == 43);
}

static void
cred_check(struct parse *p, const struct conf_cred *k)
{
	struct where		 at = lex_where(p->lex);
	const struct conf_cred	*other;

	if (!host_ok(k->host))
		lex_error(p->lex, at, "credential \"%s\": is no host name",
		    k->host);
	conf_check_path(p, k->kind, k->file);
	if (k->user != NULL && (k->user[0] == '\0' || strlen(k->user) > 64 ||
	    strpbrk(k->user, "@:/\n\t ") != NULL))
		lex_error(p->lex, at, "credential \"%s\": user \"%s\" is no "
		    "user name of 1 to 64 bytes", k->host, k->user);
	if (strcmp(k->kind, "ssh-key") == 0 && k->hostkey == NULL)
		lex_error(p->lex, at, "credential \"%s\": an ssh-key needs a "
		    "hostkey, or the server could be anybody", k->host);
	TAILQ_FOREACH(other, &p->conf->creds, entry)
		if (strcmp(other->host, k->host) == 0 &&
		    strcmp(other->kind, k->kind) == 0)
			lex_error(p->lex, at, "credential \"%s\": %s is "
			    "already given", k->host, k->kind);
}

/* A server has a key of each kind: any of those that are named will do. */
static void
cred_hostkeys(struct parse *p, struct conf_cred *k,
    const struct conf_words *keys)
{
	char	 line[HOSTKEYS_MAX * 64] = "";
	size_t	 i;

	for (i = 0; keys->v[i] != NULL; i++) {
		if (!hostkey_ok(keys->v[i]))
			lex_fail(p->lex, "credential \"%s\": hostkey must be "
			    "as ssh-keygen -l prints it, SHA256: and 43 "
			    "characters", k->host);
		else if (i >= HOSTKEYS_MAX)
			lex_fail(p->lex, "credential \"%s\": more than %d "
			    "host keys", k->host, HOSTKEYS_MAX);
		else
			snprintf(line + strlen(line), sizeof(line) -
			    strlen(line), "%s%s", i > 0 ? " " : "",
			    keys->v[i]);
	}
	k->hostkey = conf_strdup(line);
}

void
conf_add_cred(struct parse *p, const char *host, const char *kind,
    const char *file, const char *user, const struct conf_words *hostkeys)
{
	struct conf_cred	*k;

	k = conf_alloc(sizeof(*k));
	k->host = conf_strdup(host);
	k->kind = conf_strdup(kind);
	k->file = conf_strdup(file);
	if (user != NULL)
		k->user = conf_strdup(user);
	if (hostkeys != NULL)
		cred_hostkeys(p, k, hostkeys);
	cred_check(p, k);
	TAILQ_INSERT_TAIL(&p->conf->creds, k, entry);
}
