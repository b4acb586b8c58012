/*
 * The configuration as a whole: made, read, compared, freed.  Parent process
 * and praetord -n.  It trusts the file that it was given once lex_file.c let
 * it in; it must not leave anything unchecked to the roles.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "praetord/conf.h"
#include "praetord/conf_parse.h"
#include "praetord/lex.h"
#include "praetord/parse.h"

void *
conf_alloc(size_t size)
{
	void	*p;

	if ((p = calloc(1, size)) == NULL)
		fatal("configuration");
	return (p);
}

char *
conf_strdup(const char *s)
{
	char	*copy;

	if ((copy = strdup(s)) == NULL)
		fatal("configuration");
	return (copy);
}

void
conf_words_add(struct conf_words *w, const char *text)
{
	char	**v;

	if ((v = reallocarray(w->v, w->n + 2, sizeof(*v))) == NULL)
		fatal("configuration");
	v[w->n++] = conf_strdup(text);
	v[w->n] = NULL;
	w->v = v;
}

void
conf_strings_free(char **v)
{
	size_t	 i;

	for (i = 0; v != NULL && v[i] != NULL; i++)
		free(v[i]);
	free(v);
}

void
conf_words_free(struct conf_words *w)
{
	if (w == NULL)
		return;
	conf_strings_free(w->v);
	free(w);
}

struct conf *
conf_new(const char *file, enum conf_mode mode)
{
	struct conf	*c;
	unsigned int	 i;

	c = conf_alloc(sizeof(*c));
	c->mode = mode;
	c->file = conf_strdup(file);
	c->socket_mode = mode == MODE_SYSTEM ? 0666 : 0600;
	for (i = 0; i < OPT_MAX; i++)
		c->opt[i] = conf_options[i].dflt;
	TAILQ_INIT(&c->system);
	TAILQ_INIT(&c->repositories);
	TAILQ_INIT(&c->agents);
	TAILQ_INIT(&c->permits);
	TAILQ_INIT(&c->reviews);
	TAILQ_INIT(&c->retries);
	TAILQ_INIT(&c->windows);
	TAILQ_INIT(&c->creds);
	TAILQ_INIT(&c->egress);
	TAILQ_INIT(&c->quotas);
	TAILQ_INIT(&c->shares);
	return (c);
}

struct conf *
conf_parse(struct lex *lx, const char *file, enum conf_mode mode)
{
	struct parse	 p = { .lex = lx };
	struct conf	*c;

	p.conf = c = conf_new(file, mode);
	if (lex_errors(lx) == 0 && conf_yyparse(&p) != 0 &&
	    lex_errors(lx) == 0)
		lex_error(lx, lex_where(lx), "cannot be read");
	conf_agent_free(p.agent);
	if (lex_errors(lx) == 0)
		conf_defaults(&p);
	conf_check(&p);
	if (lex_errors(lx) != 0) {
		conf_free(c);
		return (NULL);
	}
	return (c);
}

/* The file as it is found again once the working directory is another. */
static char *
absolute(const char *file)
{
	char	*dir, *out;

	if (file[0] == '/' || (dir = getcwd(NULL, 0)) == NULL)
		return (conf_strdup(file));
	if (asprintf(&out, "%s/%s", dir, file) == -1)
		fatal("configuration");
	free(dir);
	return (out);
}

struct conf *
conf_load(const char *file, enum conf_mode mode)
{
	struct lex	*lx;
	struct conf	*c;

	if ((lx = lex_new()) == NULL)
		fatal("configuration");
	lex_include(lx, file);
	c = conf_parse(lx, file, mode);
	if (c != NULL) {
		free(c->file);
		c->file = absolute(file);
	}
	lex_free(lx);
	return (c);
}

static void
path_free(struct conf_path *d)
{
	free(d->path);
	free(d);
}

void
conf_agent_free(struct conf_agent *a)
{
	if (a == NULL)
		return;
	conf_strings_free(a->argv);
	free(a->name);
	free(a->driver);
	free(a->shell);
	free(a->provider);
	free(a);
}

static void
permit_free(struct conf_permit *r)
{
	free(r->who);
	free(r->command);
	free(r->project);
	free(r);
}

static void
cred_free(struct conf_cred *k)
{
	free(k->host);
	free(k->kind);
	free(k->file);
	free(k->user);
	free(k->hostkey);
	free(k);
}

static void
quotas_free(struct conf_quotas *list)
{
	struct conf_quota	*q;

	while ((q = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, q, entry);
		conf_quota_free(q);
	}
}

static void
lists_free(struct conf *c)
{
	struct conf_path	*d;
	struct conf_agent	*a;
	struct conf_permit	*r;
	struct conf_review	*v;
	struct conf_retry	*y;
	struct conf_cred	*k;

	while ((d = TAILQ_FIRST(&c->system)) != NULL) {
		TAILQ_REMOVE(&c->system, d, entry);
		path_free(d);
	}
	while ((d = TAILQ_FIRST(&c->repositories)) != NULL) {
		TAILQ_REMOVE(&c->repositories, d, entry);
		path_free(d);
	}
	while ((d = TAILQ_FIRST(&c->windows)) != NULL) {
		TAILQ_REMOVE(&c->windows, d, entry);
		path_free(d);
	}
	while ((a = TAILQ_FIRST(&c->agents)) != NULL) {
		TAILQ_REMOVE(&c->agents, a, entry);
		conf_agent_free(a);
	}
	while ((r = TAILQ_FIRST(&c->permits)) != NULL) {
		TAILQ_REMOVE(&c->permits, r, entry);
		permit_free(r);
	}
	while ((v = TAILQ_FIRST(&c->reviews)) != NULL) {
		TAILQ_REMOVE(&c->reviews, v, entry);
		conf_review_free(v);
	}
	while ((y = TAILQ_FIRST(&c->retries)) != NULL) {
		TAILQ_REMOVE(&c->retries, y, entry);
		conf_retry_free(y);
	}
	while ((k = TAILQ_FIRST(&c->creds)) != NULL) {
		TAILQ_REMOVE(&c->creds, k, entry);
		cred_free(k);
	}
}

void
conf_free(struct conf *c)
{
	unsigned int	 i;

	if (c == NULL)
		return;
	lists_free(c);
	conf_egress_free(c);
	quotas_free(&c->quotas);
	quotas_free(&c->shares);
	free(c->file);
	free(c->state);
	free(c->socket);
	free(c->libexec);
	free(c->author_name);
	free(c->author_email);
	free(c->resolver);
	for (i = 0; i < ROLE_MAX; i++)
		free(c->user[i]);
	free(c);
}

/* 1 when both lists name the same directories in the same order. */
static int
paths_same(const struct conf_path *a, const struct conf_path *b)
{
	for (; a != NULL && b != NULL; a = TAILQ_NEXT(a, entry),
	    b = TAILQ_NEXT(b, entry))
		if (strcmp(a->path, b->path) != 0 ||
		    a->optional != b->optional)
			return (0);
	return (a == NULL && b == NULL);
}

static const char *
users_differ(const struct conf *a, const struct conf *b)
{
	static const char *const words[ROLE_MAX] = {
		[ROLE_ENGINE] = "user engine",
		[ROLE_FRONTEND] = "user frontend",
		[ROLE_REVIEWER] = "user reviewer",
		[ROLE_GATEWAY] = "user gateway",
	};
	unsigned int	 i;

	for (i = 0; i < ROLE_MAX; i++)
		if (a->uid[i] != b->uid[i] || a->gid[i] != b->gid[i])
			return (words[i]);
	return (NULL);
}

const char *
conf_fixed_differs(const struct conf *a, const struct conf *b)
{
	if (a->mode != b->mode)
		return ("mode");
	if (strcmp(a->state, b->state) != 0)
		return ("state");
	if (strcmp(a->socket, b->socket) != 0 ||
	    a->socket_mode != b->socket_mode)
		return ("socket");
	if (strcmp(a->libexec, b->libexec) != 0)
		return ("libexec");
	if (a->cgroup != b->cgroup)
		return ("cgroup");
	if (a->worktree != b->worktree)
		return ("worktree");
	if (a->uid_base != b->uid_base)
		return ("uids base");
	if (!paths_same(TAILQ_FIRST(&a->repositories),
	    TAILQ_FIRST(&b->repositories)))
		return ("repositories");
	return (users_differ(a, b));
}
