/*
 * Errors of model servers.  Runs in the executor on what a server says; the
 * words decide nothing but what the session tries next.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "executor/wire_err.h"

static const struct {
	const char	*word;
	enum wire_next	 next;
	const char	*text;
} errs[WERR_MAX] = {
	[WERR_OK] = { "ok", WIRE_NEVER, "no error" },
#define WERR(name, word, next, text)					\
	[WERR_##name] = { word, WIRE_##next, text },
#include "executor/wire_err.tbl"
#undef WERR
};

static const struct {
	size_t		 value;
	const char	*what;
} limits[WLIM_MAX] = {
#define WLIMIT(name, value, what) [WLIM_##name] = { value, what },
#include "executor/wire_limit.tbl"
#undef WLIMIT
};

struct said {
	int		 status;
	const char	*type, *code, *message;
};

static const struct rule {
	int		 low, high;	/* HTTP status */
	const char	*says, *word;
	int		 bare;
	enum wire_err	 err;
} rules[] = {
#define RULE_SAYS(pattern, err)	  { 0, 0, pattern, NULL, 0, WERR_##err },
#define RULE_WORD(word, err)	  { 0, 0, NULL, word, 0, WERR_##err },
#define RULE_BARE(status, err)	  { status, status, NULL, NULL, 1, WERR_##err },
#define RULE_CODE(low, high, err) { low, high, NULL, NULL, 0, WERR_##err },
#include "executor/wire_rule.tbl"
#undef RULE_SAYS
#undef RULE_WORD
#undef RULE_BARE
#undef RULE_CODE
};

const char *
wire_err_word(enum wire_err e)
{
	return (errs[e].word);
}

const char *
wire_err_text(enum wire_err e)
{
	return (errs[e].text);
}

enum wire_next
wire_err_next(enum wire_err e)
{
	return (errs[e].next);
}

size_t
wire_limit(enum wire_limit l)
{
	return (limits[l].value);
}

const char *
wire_limit_what(enum wire_limit l)
{
	return (limits[l].what);
}

/* Does the text begin with the pattern?  One '*' in a pattern at most. */
static int
begins(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '*') {
			for (; *text != '\0'; text++)
				if (begins(text, pattern + 1))
					return (1);
			return (0);
		}
		if (*pattern == '#') {
			if (!isdigit((unsigned char)*text))
				return (0);
			while (isdigit((unsigned char)*text))
				text++;
		} else if (tolower((unsigned char)*text++) != *pattern) {
			return (0);
		}
	}
	return (1);
}

static int
says(const char *text, const char *pattern)
{
	for (; text != NULL && *text != '\0'; text++)
		if (begins(text, pattern))
			return (1);
	return (0);
}

static int
is_word(const char *text, const char *word)
{
	return (text != NULL && strcmp(text, word) == 0);
}

static int
rule_fits(const struct rule *r, const struct said *s)
{
	if (r->says != NULL)
		return (says(s->message, r->says));
	if (r->word != NULL)
		return (is_word(s->type, r->word) || is_word(s->code, r->word));
	if (r->bare && (s->type != NULL || s->code != NULL ||
	    s->message != NULL))
		return (0);
	return (s->status >= r->low && s->status <= r->high);
}

enum wire_err
wire_err_classify(int status, const char *type, const char *code,
    const char *message)
{
	const struct said	 s = { status, type, code, message };
	size_t			 i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rule_fits(&rules[i], &s))
			return (rules[i].err);
	return (WERR_STATUS);
}
