/*
 * Verdicts.  Engine, pure half.  Paths are foreign text; the reviewer has
 * escaped what cannot be shown.
 */
#include <stdio.h>
#include <string.h>
#include <sha2.h>

#include "common/err.h"
#include "common/glob.h"
#include "engine/judge.h"

static int
path_fits(const struct rec *rule, const struct rec *fact)
{
	size_t	 i, n = rec_count(rule, F_k_review_paths);
	int	 flags = GLOB_FOLD;

	if (n == 0)
		return (1);
	if (!rec_has(fact, F_b_fact_path))
		return (0);
	/* What is let through is what was meant, and nothing like it. */
	if (strcmp(rec_str(rule, F_k_review_verdict), "allow") == 0)
		flags = 0;
	for (i = 0; i < n; i++)
		if (glob_match(rec_nth_str(rule, F_k_review_paths, i),
		    rec_str(fact, F_b_fact_path), flags))
			return (1);
	return (0);
}

static int
rule_fits(const struct rec *rule, const char *project, const struct rec *fact)
{
	const char	*cls = rec_str(rule, F_k_review_class);

	if (strcmp(cls, "*") != 0 &&
	    strcmp(cls, rec_str(fact, F_b_fact_class)) != 0)
		return (0);
	return (review_project(rec_has(rule, F_k_review_project) ?
	    rec_str(rule, F_k_review_project) : NULL, project) &&
	    path_fits(rule, fact));
}

enum review_verdict
judge_fact(const struct config *conf, const char *project,
    const struct rec *fact, char policy[JUDGE_POLICY])
{
	const struct config_item	*it;
	const struct rec		*last = NULL;
	enum review_class		 c;
	enum review_verdict		 v;

	STAILQ_FOREACH(it, &conf->reviews, next)
		if (rule_fits(it->rec, project, fact))
			last = it->rec;
	if (last != NULL) {
		snprintf(policy, JUDGE_POLICY, "%s",
		    rec_str(last, F_k_review_text));
		v = review_verdict_byname(rec_str(last, F_k_review_verdict));
		return (v == RV_MAX ? RV_DENY : v);
	}
	c = review_class_byname(rec_str(fact, F_b_fact_class));
	v = c == RVC_MAX ? RV_DENY : review_row(c)->verdict;
	snprintf(policy, JUDGE_POLICY, "review %s %s (the default)",
	    rec_str(fact, F_b_fact_class), review_verdict_name(v));
	return (v);
}

void
judge_line(char out[TEXT_LINE], const struct rec *fact)
{
	const char	*path = rec_str(fact, F_b_fact_path);
	char		 place[32] = "", shown[600];

	text_line(shown, sizeof(shown), path);
	if (rec_has(fact, F_b_fact_line))
		snprintf(place, sizeof(place), ":%llu",
		    (unsigned long long)rec_u64(fact, F_b_fact_line));
	snprintf(out, TEXT_LINE, "%s%s%s%s%s%s (%s)",
	    rec_str(fact, F_b_fact_class),
	    rec_has(fact, F_b_fact_change) ? " " : "",
	    rec_str(fact, F_b_fact_change), *shown != '\0' ? " " : "", shown,
	    place, rec_str(fact, F_b_fact_kind));
}

/* Class, path and content: neither wording nor line. */
static void
fact_key(char out[JUDGE_KEY + 2], const struct rec *fact)
{
	static const int	 fields[] = { F_b_fact_class, F_b_fact_path,
	    F_b_fact_content };
	uint8_t			 hash[SHA256_DIGEST_LENGTH];
	SHA2_CTX		 ctx;
	const char		*s;
	size_t			 i;

	SHA256Init(&ctx);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		s = rec_str(fact, fields[i]);
		SHA256Update(&ctx, (const uint8_t *)s, strlen(s) + 1);
	}
	SHA256Final(hash, &ctx);
	for (i = 0; i < JUDGE_KEY / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
	memcpy(out + JUDGE_KEY, "\n", 2);
}

static int
is_approved(const char *approved, const char *key)
{
	const char	*p;

	/* Lines of one length: a key is found at its beginning or nowhere. */
	for (p = approved; (p = strstr(p, key)) != NULL; p++)
		if ((size_t)(p - approved) % (JUDGE_KEY + 1) == 0)
			return (1);
	return (0);
}

/* Facts milder than the strictest so far are not told. */
static void
judge_one(struct judgement *j, enum review_verdict v, const char *policy,
    const struct rec *fact, const char *key)
{
	char	 line[TEXT_LINE];

	if (v < j->verdict || v == RV_ALLOW)
		return;
	if (v > j->verdict) {
		j->verdict = v;
		j->keys.len = 0;
		j->list[0] = '\0';
		snprintf(j->policy, sizeof(j->policy), "%s", policy);
	}
	judge_line(line, fact);
	text_list(j->list, sizeof(j->list), line);
	(void)buf_add(&j->keys, key, JUDGE_KEY + 1);
}

/* The verdict that counts: what was approved is allowed. */
static enum review_verdict
judge_counted(const struct judgement *j, const struct rec *fact,
    char policy[JUDGE_POLICY], char key[JUDGE_KEY + 2])
{
	enum review_verdict	 v;

	fact_key(key, fact);
	v = judge_fact(j->conf, j->project, fact, policy);
	return (v == RV_ASK && is_approved(j->approved, key) ? RV_ALLOW : v);
}

void
judge(struct judgement *j, const struct config *conf, const char *project,
    const struct rec *facts, int field, const char *approved)
{
	const struct rec	*fact;
	enum review_verdict	 v;
	char			 key[JUDGE_KEY + 2], policy[JUDGE_POLICY];
	size_t			 i;

	memset(j, 0, sizeof(*j));
	j->conf = conf;
	j->project = project;
	j->facts = facts;
	j->field = field;
	j->approved = approved;
	for (i = 0; i < rec_count(facts, field); i++) {
		fact = rec_nth_rec(facts, field, i);
		v = judge_counted(j, fact, policy, key);
		judge_one(j, v, policy, fact, key);
	}
}

void
judge_tell(const struct judgement *j, struct rec *ev, int field)
{
	const struct rec	*fact;
	char			 line[TEXT_LINE], key[JUDGE_KEY + 2];
	char			 policy[JUDGE_POLICY];
	size_t			 i, n = 0;

	for (i = 0; i < rec_count(j->facts, j->field) && n < JUDGE_SHOWN;
	    i++) {
		fact = rec_nth_rec(j->facts, j->field, i);
		if (judge_counted(j, fact, policy, key) != j->verdict)
			continue;
		judge_line(line, fact);
		rec_add_str(ev, field, line);
		n++;
	}
}

void
judgement_clear(struct judgement *j)
{
	buf_free(&j->keys);
}

void
judge_hash(char out[JUDGE_HASH], const uint8_t from[OID_LEN],
    const uint8_t tree[OID_LEN])
{
	uint8_t		 hash[SHA256_DIGEST_LENGTH];
	SHA2_CTX	 ctx;
	size_t		 i;

	SHA256Init(&ctx);
	SHA256Update(&ctx, from, OID_LEN);
	SHA256Update(&ctx, tree, OID_LEN);
	SHA256Final(hash, &ctx);
	for (i = 0; i < sizeof(hash); i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}
