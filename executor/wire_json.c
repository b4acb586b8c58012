/*
 * JSON of model servers.  Runs in the executor.  Jansson makes of one byte of
 * hostile text up to a hundred of memory, and descends as deep as it is told
 * to: both are counted before it sees a byte.
 */
#include <stdio.h>

#include "common/buf.h"
#include "common/err.h"
#include "executor/wire_parse.h"

/* An escape or a character that was cut is this many bytes at most. */
#define TAIL	8

struct counts {
	size_t	 values, depth, deepest;
	int	 string;		/* it ends within one */
};

/* What jansson would count, or more, if it gets that far. */
static struct counts
count(const char *p, size_t n)
{
	struct counts	 c = { .values = 1 };
	size_t		 i;

	for (i = 0; i < n; i++) {
		if (c.string && p[i] == '\\') {
			i++;
		} else if (c.string) {
			c.string = p[i] != '"';
		} else if (p[i] == '"') {
			c.string = 1;
		} else if (p[i] == '{' || p[i] == '[') {
			c.values++;
			if (++c.depth > c.deepest)
				c.deepest = c.depth;
		} else if (p[i] == '}' || p[i] == ']') {
			c.depth -= c.depth > 0;
		} else if (p[i] == ',') {
			c.values++;
		}
	}
	return (c);
}

static const struct {
	enum json_error_code	 code;
	enum wire_err		 err;
} codes[] = {
	{ json_error_out_of_memory,		WERR_MEMORY },
	{ json_error_premature_end_of_input,	WERR_TRUNCATED },
	{ json_error_invalid_utf8,		WERR_UTF8 }
};

/* What it stumbled over may be the end, in the middle of a character. */
static enum wire_err
load_err(const json_error_t *je, const struct counts *c, size_t n)
{
	size_t	 i;

	if ((c->depth > 0 || c->string) && (size_t)je->position + TAIL >= n)
		return (WERR_TRUNCATED);
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (json_error_code(je) == codes[i].code)
			return (codes[i].err);
	return (WERR_JSON);
}

json_t *
wire_json(const char *p, size_t n, size_t flags, enum wire_err *err,
    enum wire_limit *limit, char *why, size_t size)
{
	const struct counts	 c = count(p, n);
	json_error_t		 je;
	json_t			*o;

	*err = WERR_LIMIT;
	*limit = c.deepest > wire_limit(WLIM_DEPTH) ? WLIM_DEPTH : WLIM_VALUES;
	if (*limit == WLIM_DEPTH || c.values > wire_limit(WLIM_VALUES))
		return (NULL);
	*err = WERR_OK;
	o = json_loadb(n == 0 ? "" : p, n, JSON_REJECT_DUPLICATES | flags, &je);
	if (o == NULL) {
		*err = load_err(&je, &c, n);
		snprintf(why, size, "line %d, column %d: %s", je.line,
		    je.column, je.text);
	}
	return (o);
}

static int
add(const char *p, size_t n, void *out)
{
	return (buf_add(out, p, n));
}

int
wire_json_dump(const json_t *o, struct buf *out)
{
	return (json_dump_callback(o, add, out, JSON_COMPACT) == 0 ? 0 :
	    PRA_ENOMEM);
}

json_t *
wire_json_text(const json_t *o)
{
	struct buf	 b = { 0 };
	json_t		*v = NULL;

	if (wire_json_dump(o, &b) == 0)
		v = json_stringn_nocheck((char *)b.data, b.len);
	buf_free(&b);
	return (v);
}

const char *
wire_str(const json_t *o, const char *name)
{
	return (json_string_value(json_object_get(o, name)));
}
