/*
 * Prints a configuration in its own grammar, every default included.  Parent
 * process (praetord -nv).  Reading the print gives the same configuration,
 * whatever stands in the strings: tests/conf feeds each print back.
 */
#include <stdio.h>
#include <string.h>

#include "praetord/conf.h"
#include "praetord/conf_parse.h"

/* A quoted string; escapes are those of the lexer. */
static void
quoted(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			fputs("\\n", f);
		else if (*s == '\t')
			fputs("\\t", f);
		else {
			if (*s == '"' || *s == '\\')
				putc('\\', f);
			putc(*s, f);
		}
	}
	putc('"', f);
}

/* A word and a string: ` word "string"`; nothing for NULL. */
static void
pair(FILE *f, const char *word, const char *s)
{
	if (s == NULL)
		return;
	fprintf(f, "%s ", word);
	quoted(f, s);
}

static void
line(FILE *f, const char *word, const char *s)
{
	pair(f, word, s);
	if (s != NULL)
		putc('\n', f);
}

static void
print_places(FILE *f, const struct conf *c)
{
	static const char *const roles[ROLE_MAX] = {
		[ROLE_ENGINE] = "user engine",
		[ROLE_FRONTEND] = "user frontend",
		[ROLE_REVIEWER] = "user reviewer",
		[ROLE_GATEWAY] = "user gateway",
	};
	unsigned int	 i;

	line(f, "state", c->state);
	pair(f, "socket", c->socket);
	fprintf(f, " mode %04o\n", (unsigned int)c->socket_mode);
	line(f, "libexec", c->libexec);
	if (c->mode == MODE_SYSTEM) {
		for (i = 0; i < ROLE_MAX; i++) {
			pair(f, roles[i], c->user[i]);
			fprintf(f, " group %u\n", (unsigned int)c->gid[i]);
		}
		fprintf(f, "uids base %u\n", c->uid_base);
	}
	fprintf(f, "cgroup %s\n",
	    c->cgroup == CGROUP_DELEGATED ? "delegated" : "none");
	fprintf(f, "worktree %s\n",
	    c->worktree == WORKTREE_COPY ? "copy" : "overlay");
	pair(f, "author", c->author_name);
	line(f, " email", c->author_email);
}

/* The rows of the table that are in a block, or in none (block ""). */
static void
print_options(FILE *f, const struct conf *c, const char *block)
{
	size_t		 i, n = strlen(block);
	const char	*words;
	char		 value[24];

	for (i = 0; i < OPT_MAX; i++) {
		words = conf_options[i].words;
		if (n == 0 && (strncmp(words, "limit ", 6) == 0 ||
		    strncmp(words, "change ", 7) == 0 ||
		    strncmp(words, "retain ", 7) == 0 ||
		    strncmp(words, "fair ", 5) == 0))
			continue;
		if (strncmp(words, block, n) != 0)
			continue;
		conf_unit_format(value, conf_options[i].unit, c->opt[i]);
		fprintf(f, "%s%s %s\n", n == 0 ? "" : "\t", words + n, value);
	}
}

static void
print_block(FILE *f, const struct conf *c, const char *block)
{
	fprintf(f, "%s{\n", block);
	print_options(f, c, block);
	fputs("}\n", f);
}

static void
print_lists(FILE *f, const struct conf *c)
{
	const struct conf_path	*d;

	TAILQ_FOREACH(d, &c->repositories, entry)
		line(f, "repositories", d->path);
	TAILQ_FOREACH(d, &c->system, entry)
		line(f, d->optional ? "system optional" : "system", d->path);
}

static void
print_agent(FILE *f, const struct conf *c, const struct conf_agent *a)
{
	const struct conf_retry	*y;
	char			 value[24];
	size_t			 i;

	pair(f, "agent", a->name);
	fputs(" {\n", f);
	if (a->argv != NULL) {
		fputs("\tcommand", f);
		for (i = 0; a->argv[i] != NULL; i++)
			pair(f, "", a->argv[i]);
		putc('\n', f);
	}
	line(f, "\tshell", a->shell);
	if (a->pty)
		fputs("\tpty\n", f);
	line(f, "\tprovider", a->provider);
	conf_unit_format(value, UNIT_MS, a->timeout);
	if (a->timeout != 0)
		fprintf(f, "\ttimeout %s\n", value);
	conf_unit_format(value, UNIT_MS, a->idle);
	if (a->idle != 0)
		fprintf(f, "\tidle %s\n", value);
	TAILQ_FOREACH(y, &c->retries, entry)
		if (y->agent != NULL && strcmp(y->agent, a->name) == 0) {
			putc('\t', f);
			conf_retry_print(f, y);
		}
	fputs("}\n", f);
}

/* Host keys as they are kept: in a row, with blanks between. */
static void
print_hostkeys(FILE *f, const char *keys)
{
	char	 one[64];
	size_t	 n;

	fputs(keys == NULL ? "" : " hostkey", f);
	for (; keys != NULL && *keys != '\0'; keys += n + (keys[n] == ' ')) {
		n = strcspn(keys, " ");
		snprintf(one, sizeof(one), "%.*s", (int)n, keys);
		pair(f, "", one);
	}
}

static void
print_egress(FILE *f, const struct conf *c)
{
	const struct conf_egress	*r;

	line(f, "egress resolver", c->resolver);
	TAILQ_FOREACH(r, &c->egress, entry) {
		pair(f, "egress allow", r->host);
		pair(f, " on", r->project);
		pair(f, " agent", r->agent);
		putc('\n', f);
	}
}

static void
print_quotas(FILE *f, const struct conf *c)
{
	static const enum conf_unit	 units[QT_MAX] = {
#define QUOTA(number, word, unit, reason, text) [number] = UNIT_##unit,
#include "common/quotas.tbl"
#undef QUOTA
	};
	const struct conf_quota		*q;
	char				 most[24];

	TAILQ_FOREACH(q, &c->shares, entry) {
		fprintf(f, "share ");
		pair(f, q->kind, q->name);
		fprintf(f, " %llu\n", (unsigned long long)q->most);
	}
	TAILQ_FOREACH(q, &c->quotas, entry) {
		conf_unit_format(most, units[q->what], q->most);
		fprintf(f, q->limit ? "limit running " : "quota ");
		pair(f, q->kind, q->name);
		if (!q->limit)
			fprintf(f, " %s", quota_name(q->what));
		fprintf(f, " %s\n", most);
	}
}

static void
print_review(FILE *f, const struct conf_review *v)
{
	size_t	 i;

	pair(f, "review", v->cls);
	fprintf(f, " %s", review_verdict_name(v->verdict));
	for (i = 0; v->paths != NULL && v->paths[i] != NULL; i++)
		pair(f, i == 0 ? " path" : "", v->paths[i]);
	pair(f, " on", v->project);
	putc('\n', f);
}

static void
print_rules(FILE *f, const struct conf *c)
{
	const struct conf_permit	*r;
	const struct conf_review	*v;
	const struct conf_cred		*k;

	TAILQ_FOREACH(r, &c->permits, entry) {
		pair(f, r->deny ? "deny" : "permit", r->who);
		pair(f, "", r->command);
		pair(f, " on", r->project);
		putc('\n', f);
	}
	TAILQ_FOREACH(v, &c->reviews, entry)
		print_review(f, v);
	TAILQ_FOREACH(k, &c->creds, entry) {
		pair(f, "credential", k->host);
		fprintf(f, " %s", k->kind);
		pair(f, "", k->file);
		pair(f, " user", k->user);
		print_hostkeys(f, k->hostkey);
		putc('\n', f);
	}
}

void
conf_print(FILE *f, const struct conf *c)
{
	const struct conf_agent	*a;
	const struct conf_retry	*y;
	const struct conf_path	*d;

	print_places(f, c);
	print_options(f, c, "");
	print_block(f, c, "change ");
	print_block(f, c, "limit ");
	print_block(f, c, "retain ");
	print_block(f, c, "fair ");
	print_lists(f, c);
	TAILQ_FOREACH(d, &c->windows, entry)
		line(f, "maintenance", d->path);
	TAILQ_FOREACH(y, &c->retries, entry)
		if (y->agent == NULL)
			conf_retry_print(f, y);
	TAILQ_FOREACH(a, &c->agents, entry)
		print_agent(f, c, a);
	print_egress(f, c);
	print_quotas(f, c);
	print_rules(f, c);
}
