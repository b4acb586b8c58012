/*
 * The search for secrets.  Runs in the reviewer, over bytes that an untrusted
 * session wrote; pure but for the memory of the scanner.  A secret must never
 * leave here: callers get places.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reviewer/secrets.h"

#define PEM_LABEL	40	/* bytes of "OPENSSH PRIVATE KEY" */
#define PEM_AHEAD	512	/* bytes in which the key must begin */
#define PEM_RUN		48	/* characters of it in one line, at least */
#define PEM_RUN_MOST	128	/* looked at */
#define PUTTY_AHEAD	2048
#define IDENT_REST	24	/* of "token" in token_of_the_server */

/* Sets of characters, as bits of an entry of `sets'. */
#define S_HEX	 0x01		/* 0-9 a-f */
#define S_AWS	 0x02		/* A-Z 2-7 */
#define S_UPPER	 0x04		/* A-Z 0-9 */
#define S_ALNUM	 0x08
#define S_WORD	 0x10		/* and _ */
#define S_URL	 0x20		/* and _ - */
#define S_DOTTED 0x40		/* and _ - . */
#define S_PATH	 0x80		/* alphanumeric and / */
#define S_BASE64 0x100		/* of both alphabets, with . between parts */
#define S_ANY	 0x200

typedef size_t	 secret_match(const struct secret_rule *, const char *, size_t);

static secret_match	 match_token, match_pem, match_putty, match_awskey,
			 match_url, match_bearer, match_assigned;

static const struct secret_rule rules[] = {
#define SECRET(name, cls, prefix, fold, kind, set, least, most, distinct, text)\
	{ name, RVC_##cls, prefix, fold, match_##kind, S_##set, least, most,\
	    distinct, text },
#include "reviewer/secrets.tbl"
#undef SECRET
	{ NULL, RVC_MAX, NULL, 0, NULL, 0, 0, 0, 0, NULL }
};

#define NRULES	(sizeof(rules) / sizeof(rules[0]) - 1)

/* Prefixes are looked for by their first two bytes, then one by one. */
struct scanner {
	uint8_t		 pairs[65536 / 8];
	unsigned short	 first[256];		/* rule + 1, by the first byte */
	unsigned short	 next[NRULES];		/* with the same, in order */
};

const struct secret_rule *
secret_row(size_t i)
{
	return (i < NRULES ? &rules[i] : NULL);
}

static int
in_set(unsigned int set, char ch)
{
	unsigned char	 c = (unsigned char)ch;
	int		 alnum = c < 0x80 && isalnum(c);

	switch (set) {
	case S_HEX:
		return ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
	case S_AWS:
		return ((c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'));
	case S_UPPER:
		return ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
	case S_ALNUM:
		return (alnum);
	case S_WORD:
		return (alnum || c == '_');
	case S_URL:
		return (alnum || c == '_' || c == '-');
	case S_DOTTED:
		return (alnum || c == '_' || c == '-' || c == '.');
	case S_PATH:
		return (alnum || c == '/');
	case S_BASE64:
		return (alnum || (c != '\0' && strchr("+/=_-.", c) != NULL));
	default:
		return (0);
	}
}

static size_t
run_of(unsigned int set, const char *p, size_t n, size_t most)
{
	size_t	 i = 0;

	while (i < n && i < most && in_set(set, p[i]))
		i++;
	return (i);
}

static unsigned int
distinct(const char *p, size_t n)
{
	uint8_t		 seen[256] = { 0 };
	unsigned int	 k = 0;
	size_t		 i;

	for (i = 0; i < n; i++)
		if (!seen[(unsigned char)p[i]]++)
			k++;
	return (k);
}

/* Letters of both cases and digits: neither words nor hexadecimal. */
static int
is_mixed(const char *p, size_t n)
{
	int	 upper = 0, lower = 0, digit = 0;
	size_t	 i;

	for (i = 0; i < n; i++) {
		upper |= p[i] >= 'A' && p[i] <= 'Z';
		lower |= p[i] >= 'a' && p[i] <= 'z';
		digit |= p[i] >= '0' && p[i] <= '9';
	}
	return (upper && lower && digit);
}

/* Manuals end their keys in this, so that nobody takes them for real. */
static int
is_example(const char *p, size_t n)
{
	return (n >= 7 && (memcmp(p + n - 7, "EXAMPLE", 7) == 0 ||
	    (n >= 10 && memcmp(p + n - 10, "EXAMPLEKEY", 10) == 0)));
}

/* Length of a run that the rule takes for a secret, or 0. */
static size_t
secret_run(const struct secret_rule *r, const char *p, size_t n)
{
	size_t	 k = run_of(r->set, p, n, r->most + 1);

	if (k < r->least || k > r->most || distinct(p, k) < r->distinct ||
	    is_example(p, k))
		return (0);
	return (k);
}

static size_t
match_token(const struct secret_rule *r, const char *p, size_t n)
{
	size_t	 at = strlen(r->prefix), k;

	k = secret_run(r, p + at, n - at);
	return (k == 0 ? 0 : at + k);
}

/* "-----BEGIN ... PRIVATE KEY-----": the length of the line, or 0. */
static size_t
pem_header(const char *p, size_t n)
{
	size_t	 at = strlen("-----BEGIN "), k = 0;

	while (at + k < n && k < PEM_LABEL && (p[at + k] == ' ' ||
	    in_set(S_UPPER, p[at + k])))
		k++;
	if (k >= 6 && memcmp(p + at + k - 6, " BLOCK", 6) == 0)
		at -= 6;		/* PGP: looked at without its end */
	if (k < 11 + (at < strlen("-----BEGIN ") ? 6 : 0) ||
	    memcmp(p + at + k - 11, "PRIVATE KEY", 11) != 0)
		return (0);
	at = strlen("-----BEGIN ") + k;
	if (n - at < 5 || memcmp(p + at, "-----", 5) != 0)
		return (0);
	return (at + 5);
}

/* A header alone is a program that reads keys; with a key behind it is one. */
static size_t
match_pem(const struct secret_rule *r, const char *p, size_t n)
{
	size_t	 at = pem_header(p, n), end, k;

	(void)r;
	if (at == 0)
		return (0);
	end = n - at > PEM_AHEAD ? at + PEM_AHEAD : n;
	while (at < end) {
		k = run_of(S_BASE64, p + at, n - at, PEM_RUN_MOST);
		if (k >= PEM_RUN && distinct(p + at, k) >= 12)
			return (at + k);
		at += k + 1;
	}
	return (0);
}

static size_t
match_putty(const struct secret_rule *r, const char *p, size_t n)
{
	static const char	 mark[] = "\nPrivate-Lines:";
	const char		*at;

	(void)r;
	at = memmem(p, n > PUTTY_AHEAD ? PUTTY_AHEAD : n, mark,
	    sizeof(mark) - 1);
	return (at == NULL ? 0 : (size_t)(at - p) + sizeof(mark) - 1);
}

static size_t
skip_blank(const char *p, size_t n, size_t at)
{
	while (at < n && (p[at] == ' ' || p[at] == '\t'))
		at++;
	return (at);
}

/* Behind a keyword: rest of the name, quote, = or :, quote.  0: no value. */
static size_t
value_at(const char *p, size_t n, size_t at, char *quote)
{
	size_t	 sep;

	at += run_of(S_URL, p + at, n - at, IDENT_REST);
	if (at < n && (p[at] == '"' || p[at] == '\''))
		at++;
	at = sep = skip_blank(p, n, at);
	while (at < n && at < sep + 2 && strchr("=:>", p[at]) != NULL &&
	    p[at] != '\0')
		at++;
	if (at == sep || p[sep] == '>')
		return (0);
	at = skip_blank(p, n, at);
	*quote = '\n';
	if (at < n && (p[at] == '"' || p[at] == '\'' || p[at] == '`'))
		*quote = p[at++];
	return (at);
}

static size_t
match_assigned(const struct secret_rule *r, const char *p, size_t n)
{
	size_t	 at, k;
	char	 quote;

	if ((at = value_at(p, n, strlen(r->prefix), &quote)) == 0)
		return (0);
	k = secret_run(r, p + at, n - at);
	if (k == 0 || !is_mixed(p + at, k))
		return (0);
	at += k;
	/* The whole value, and not the beginning of an expression. */
	if (at < n && p[at] != quote && !(quote == '\n' && p[at] == '\r'))
		return (0);
	return (at);
}

static size_t
match_awskey(const struct secret_rule *r, const char *p, size_t n)
{
	size_t	 at, k;
	char	 quote;

	if ((at = value_at(p, n, strlen(r->prefix), &quote)) == 0)
		return (0);
	k = secret_run(r, p + at, n - at);
	return (k == 0 || !is_mixed(p + at, k) ? 0 : at + k);
}

static size_t
match_bearer(const struct secret_rule *r, const char *p, size_t n)
{
	size_t	 at = strlen(r->prefix), k;

	k = secret_run(r, p + at, n - at);
	return (k == 0 || !is_mixed(p + at, k) ? 0 : at + k);
}

/* "://user:password@" */
static size_t
match_url(const struct secret_rule *r, const char *p, size_t n)
{
	size_t	 at = strlen(r->prefix), k;

	at += run_of(S_DOTTED, p + at, n - at, 64);
	if (at >= n || p[at++] != ':')
		return (0);
	k = secret_run(r, p + at, n - at);
	if (k == 0 || !is_mixed(p + at, k) || at + k >= n || p[at + k] != '@')
		return (0);
	return (at + k);
}

static void
pair_add(struct scanner *sc, int a, int b)
{
	unsigned int	 bit = (unsigned int)a << 8 | (unsigned int)b;

	sc->pairs[bit / 8] |= (uint8_t)(1U << bit % 8);
}

static int
pair_has(const struct scanner *sc, const char *p)
{
	unsigned int	 bit = (unsigned int)(unsigned char)p[0] << 8 |
	    (unsigned char)p[1];

	return (sc->pairs[bit / 8] >> bit % 8 & 1);
}

static void
rule_add(struct scanner *sc, size_t i, int first)
{
	unsigned short	*at = &sc->first[first];

	while (*at != 0)
		at = &sc->next[*at - 1];
	*at = (unsigned short)(i + 1);
}

struct scanner *
scanner_new(void)
{
	struct scanner	*sc;
	size_t		 i;
	int		 a, b;

	if ((sc = calloc(1, sizeof(*sc))) == NULL)
		return (NULL);
	for (i = 0; i < NRULES; i++) {
		a = (unsigned char)rules[i].prefix[0];
		b = (unsigned char)rules[i].prefix[1];
		pair_add(sc, a, b);
		rule_add(sc, i, a);
		if (!rules[i].fold)
			continue;
		pair_add(sc, toupper(a), b);
		pair_add(sc, a, toupper(b));
		pair_add(sc, toupper(a), toupper(b));
	}
	return (sc);
}

static int
prefix_is(const struct secret_rule *r, const char *p, size_t n)
{
	size_t	 k = strlen(r->prefix);

	if (n < k)
		return (0);
	return (r->fold ? strncasecmp(p, r->prefix, k) == 0 :
	    memcmp(p, r->prefix, k) == 0);
}

/* The rule of a chain that matches at p, behind `before`; or NULL. */
static const struct secret_rule *
match_chain(const struct scanner *sc, unsigned short at, const char *p,
    size_t n, char before, size_t *len)
{
	const struct secret_rule	*r;

	for (; at != 0; at = sc->next[at - 1]) {
		r = &rules[at - 1];
		if (!prefix_is(r, p, n))
			continue;
		/* my_token is a token, ykghp_... is not. */
		if (!r->fold && in_set(S_WORD, r->prefix[0]) &&
		    in_set(S_WORD, before))
			continue;
		if ((*len = r->match(r, p, n)) > 0)
			return (r);
	}
	return (NULL);
}

static const struct secret_rule *
match_at(const struct scanner *sc, const char *p, size_t n, char before,
    size_t *len)
{
	const struct secret_rule	*r;
	unsigned char			 c = (unsigned char)p[0];

	r = match_chain(sc, sc->first[c], p, n, before, len);
	/* Rules that fold are in the chain of their own small letter. */
	if (r == NULL && c < 0x80 && isupper(c))
		r = match_chain(sc, sc->first[tolower(c)], p, n, before, len);
	return (r);
}

int
secrets_scan(const struct scanner *sc, const char *p, size_t n,
    int (*found)(void *arg, const struct secret_found *f), void *arg)
{
	struct secret_found	 f = { .line = 1 };
	size_t			 i = 0, end;
	int			 rc;

	while (i + 1 < n) {
		if (p[i] == '\n')
			f.line++;
		if (!pair_has(sc, p + i) || (f.rule = match_at(sc, p + i,
		    n - i, i > 0 ? p[i - 1] : ' ', &f.len)) == NULL) {
			i++;
			continue;
		}
		f.at = i;
		if ((rc = found(arg, &f)) != 0)
			return (rc);
		for (end = i + f.len; ++i < end;)
			if (p[i] == '\n')
				f.line++;
	}
	return (0);
}
