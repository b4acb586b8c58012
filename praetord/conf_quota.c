/*
 * Shares, limits and quotas.  Parent process and praetord -n.  What a rule
 * means is the engine's; here it is made into the key of an account and a
 * number, and it is checked that there can be such an account.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/quota.h"
#include "common/rec.h"
#include "praetord/conf_parse.h"

#define MILLION		UINT64_C(1000000)
#define SHARE_MOST	1000000

/* For whom a rule can be, by the word in front of the name. */
static const struct {
	const char	*word;
	int		 share, quota, limit;
} kinds[] = {
	{ "user",	1, 1, 0 },
	{ "group",	0, 1, 0 },
	{ "project",	1, 1, 1 },
	{ "agent",	0, 0, 1 },
	{ "provider",	0, 0, 1 },
	{ "label",	0, 0, 1 }
};

static const struct {
	enum conf_unit	 unit;
	const char	*text;
} quotas[QT_MAX] = {
#define QUOTA(number, word, unit, reason, text) [number] = { UNIT_##unit, text },
#include "common/quotas.tbl"
#undef QUOTA
};

void
conf_quota_free(struct conf_quota *q)
{
	free(q->kind);
	free(q->name);
	free(q->key);
	free(q);
}

struct rec *
conf_quota_rec(const struct conf_quota *q)
{
	struct rec	*r;
	char		 text[257], most[24];

	conf_unit_format(most, quotas[q->what].unit, q->most);
	if (q->limit)
		snprintf(text, sizeof(text), "limit running %s %s %s",
		    q->kind, q->name, most);
	else
		snprintf(text, sizeof(text), "quota %s %s %s %s", q->kind,
		    q->name, quota_name(q->what), most);
	if ((r = rec_new(REC_k_quota)) == NULL)
		return (NULL);
	rec_set_str(r, F_k_quota_key, q->key);
	rec_set_str(r, F_k_quota_what, quota_name(q->what));
	rec_set_u64(r, F_k_quota_most, q->most);
	rec_set_str(r, F_k_quota_text, text);
	return (r);
}

struct rec *
conf_share_rec(const struct conf_quota *q)
{
	struct rec	*r;

	if ((r = rec_new(REC_k_share)) == NULL)
		return (NULL);
	rec_set_str(r, F_k_share_key, q->key);
	rec_set_u64(r, F_k_share_share, q->most);
	return (r);
}

/* A user or group by its number; any other by its name.  -1: there is none. */
static int
quota_name_key(const char *kind, const char *name, char key[80])
{
	uid_t	 uid;
	gid_t	 gid;

	if (strcmp(name, "*") == 0) {
		snprintf(key, 80, "%s/", kind);	/* each that has none */
		return (0);
	}
	if (strcmp(kind, "user") == 0) {
		if (conf_user_id(name, &uid, &gid) != 0)
			return (-1);
		snprintf(key, 80, "user/%u", uid);
	} else if (strcmp(kind, "group") == 0) {
		if (conf_group_id(name, &gid) != 0)
			return (-1);
		snprintf(key, 80, "group/%u", gid);
	} else {
		if (*name == '\0' || strlen(name) > 64)
			return (-1);
		snprintf(key, 80, "%s/%s", kind, name);
	}
	return (0);
}

static int
kind_ok(const char *kind, int share, int limit)
{
	size_t	 i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].word, kind) == 0)
			return (share ? kinds[i].share :
			    limit ? kinds[i].limit : kinds[i].quota);
	return (0);
}

static struct conf_quota *
quota_new(const char *kind, const char *name)
{
	struct conf_quota	*q = conf_alloc(sizeof(*q));

	q->kind = conf_strdup(kind);
	q->name = conf_strdup(name);
	return (q);
}

/* Its key, unless it is given twice: 0, or -1 and reported. */
static int
quota_key(struct parse *p, struct conf_quota *q, const char *what,
    const struct conf_quotas *others)
{
	const struct conf_quota	*o;
	char			 key[80] = "";

	if (quota_name_key(q->kind, q->name, key) != 0) {
		lex_fail(p->lex, "%s: there is no %s \"%s\"", what, q->kind,
		    q->name);
		return (-1);
	}
	q->key = conf_strdup(key);
	TAILQ_FOREACH(o, others, entry)
		if (o->what == q->what && strcmp(o->key, key) == 0) {
			lex_fail(p->lex, "%s: %s \"%s\" has one already",
			    what, q->kind, q->name);
			return (-1);
		}
	return (0);
}

static void
quota_keep(struct parse *p, struct conf_quota *q, const char *what,
    struct conf_quotas *to, struct rec *(*make)(const struct conf_quota *))
{
	if (quota_key(p, q, what, to) != 0) {
		conf_quota_free(q);
		return;
	}
	TAILQ_INSERT_TAIL(to, q, entry);
	conf_record_ok(p, lex_where(p->lex), what, make(q));
}

void
conf_add_share(struct parse *p, const char *kind, const char *name,
    const char *share)
{
	struct conf_quota	*q;
	uint64_t		 v;

	if (!kind_ok(kind, 1, 0)) {
		lex_fail(p->lex, "share: user or project, not %s", kind);
		return;
	}
	if (conf_unit_parse(UNIT_COUNT, share, &v) != 0 || v < 1 ||
	    v > SHARE_MOST || strcmp(name, "*") == 0) {
		lex_fail(p->lex, "share %s: must be a name and a number from "
		    "1 to %d", kind, SHARE_MOST);
		return;
	}
	q = quota_new(kind, name);
	q->most = v;
	quota_keep(p, q, "share", &p->conf->shares, conf_share_rec);
}

/* What to write for a number of a unit. */
static const char *
unit_text(enum conf_unit unit)
{
	switch (unit) {
	case UNIT_BYTES:
		return ("a size such as 20G");
	case UNIT_MONEY:
		return ("an amount such as 12.50");
	case UNIT_COUNT:
	case UNIT_MS:
	case UNIT_PERCENT:
	default:
		return ("a number");
	}
}

static void
quota_add(struct parse *p, const char *kind, const char *name,
    enum quota what, const char *most, int limit)
{
	const char		*word = limit ? "limit running" : "quota";
	struct conf_quota	*q;
	uint64_t		 v;

	if (conf_unit_parse(quotas[what].unit, most, &v) != 0) {
		lex_fail(p->lex, "%s: \"%s\" must be %s: %s", word, most,
		    unit_text(quotas[what].unit), quotas[what].text);
		return;
	}
	q = quota_new(kind, name);
	q->what = what;
	q->most = v;
	q->limit = limit;
	quota_keep(p, q, word, &p->conf->quotas, conf_quota_rec);
}

void
conf_add_limit(struct parse *p, const char *kind, const char *name,
    const char *most)
{
	if (!kind_ok(kind, 0, 1))
		lex_fail(p->lex, "limit running: agent, provider, project or "
		    "label, not %s", kind);
	else
		quota_add(p, kind, name, QT_RUNNING, most, 1);
}

void
conf_add_quota(struct parse *p, const char *kind, const char *name,
    const char *what, const char *most)
{
	enum quota	 q = quota_byname(what);
	char		 words[80] = "";
	int		 i;

	for (i = 0; i < QT_MAX; i++)
		snprintf(words + strlen(words), sizeof(words) - strlen(words),
		    "%s%s", i == 0 ? "" : i == QT_MAX - 1 ? " or " : ", ",
		    quota_name((enum quota)i));
	if (!kind_ok(kind, 0, 0))
		lex_fail(p->lex, "quota: user, group or project, not %s",
		    kind);
	else if (q == QT_MAX)
		lex_fail(p->lex, "quota: %s, not \"%s\"", words, what);
	else
		quota_add(p, kind, name, q, most, 0);
}

/* "12.5": millionths.  0 or -1. */
int
conf_money_parse(const char *text, uint64_t *v)
{
	uint64_t	 digit = MILLION / 10;
	char		*end;

	errno = 0;
	*v = strtoull(text, &end, 10);
	if (errno != 0 || *v > UINT64_MAX / MILLION - 1)
		return (-1);
	*v *= MILLION;
	if (*end == '.' && end[1] == '\0')
		return (-1);
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9' && digit > 0;
		    digit /= 10)
			*v += (uint64_t)(*end++ - '0') * digit;
	return (*end == '\0' ? 0 : -1);
}

void
conf_money_format(char out[24], uint64_t v)
{
	size_t	 n;

	if (v % MILLION == 0) {
		snprintf(out, 24, "%" PRIu64, v / MILLION);
		return;
	}
	snprintf(out, 24, "%" PRIu64 ".%06" PRIu64, v / MILLION, v % MILLION);
	for (n = strlen(out); out[n - 1] == '0'; n--)
		out[n - 1] = '\0';
}
