/*
 * What the wires share: blocks, tool calls, counts, errors, and the events
 * that they become.  Runs in the executor.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rec.h"
#include "executor/wire_parse.h"

#define MESSAGE_MOST	1024	/* bytes of a server's message */

enum wire_stop
wire_word_stop(const struct wire_word *w, const char *word)
{
	while (w->word != NULL && (word == NULL || strcmp(w->word, word) != 0))
		w++;
	return (w->stop);
}

static void
emit(struct wire_parser *wp, struct wire_event *ev)
{
	if (ev->text == NULL)
		ev->text = "";
	if (ev->id == NULL)
		ev->id = "";
	if (ev->name == NULL)
		ev->name = "";
	wp->over = ev->kind == WE_END || ev->kind == WE_ERROR;
	wp->fn(wp->arg, ev);
}

/* What came may be quoted in an error, cut anywhere: made text again. */
static const char *
message(struct buf *b, const char *text)
{
	size_t	 n = strlen(text);

	if (n > MESSAGE_MOST)
		for (n = MESSAGE_MOST; n > 0 &&
		    ((unsigned char)text[n] & 0xc0) == 0x80; n--)
			;
	return (utf8_clean(text, n, b) == 0 ? buf_str(b) : NULL);
}

enum wire_err
wp_fail(struct wire_parser *wp, enum wire_err err, const char *fmt, ...)
{
	struct wire_event	 ev = { .kind = WE_ERROR, .err = err };
	struct buf		 b = { 0 };
	char			 text[MESSAGE_MOST + 200];
	va_list			 ap;
	int			 n;

	n = snprintf(text, sizeof(text), "%s%s", wire_err_text(err),
	    fmt == NULL ? "" : ": ");
	if (fmt != NULL) {
		va_start(ap, fmt);
		vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
		va_end(ap);
	}
	ev.text = message(&b, text);
	ev.n = ev.text == NULL ? 0 : b.len;
	wp->err = err;
	emit(wp, &ev);
	buf_free(&b);
	return (err);
}

enum wire_err
wp_limit(struct wire_parser *wp, enum wire_limit l)
{
	return (wp_fail(wp, WERR_LIMIT, "more than %zu %s", wire_limit(l),
	    wire_limit_what(l)));
}

/* Within an answer some servers give a status as the code. */
static int
error_status(const struct wire_parser *wp, const json_t *e)
{
	json_int_t	 code = json_integer_value(json_object_get(e, "code"));

	return (wp->status == 200 && code >= 400 && code <= 599 ? (int)code :
	    wp->status);
}

enum wire_err
wp_error(struct wire_parser *wp, const json_t *e)
{
	const char	*type = wire_str(e, "type");
	const char	*code = wire_str(e, "code");
	const char	*message = wire_str(e, "message");
	enum wire_err	 err;

	if (message == NULL)
		message = json_string_value(e);
	/* It said something, if nothing that can be read. */
	if (message == NULL && wp->body.len > 0)
		message = "";
	err = wire_err_classify(error_status(wp, e), type, code, message);
	if (message == NULL || *message == '\0')
		message = code != NULL ? code : type != NULL ? type : "";
	if (wp->status == 200)
		return (wp_fail(wp, err, "%s", message));
	return (wp_fail(wp, err, "HTTP %d%s%s", wp->status,
	    *message == '\0' ? "" : ": ", message));
}

/* A string of a bounded length without a NUL; anything else is "". */
static enum wire_err
name_get(struct wire_parser *wp, const json_t *v, const char **out)
{
	size_t	 n = json_string_length(v);

	*out = json_is_string(v) ? json_string_value(v) : "";
	if (n > wire_limit(WLIM_NAME))
		return (wp_limit(wp, WLIM_NAME));
	if (strlen(*out) != n)
		return (wp_fail(wp, WERR_JSON, "a NUL in a name"));
	return (WERR_OK);
}

enum wire_err
wp_start(struct wire_parser *wp, const json_t *id, const json_t *model)
{
	struct wire_event	 ev = { .kind = WE_START };
	enum wire_err		 e;

	if (wp->started)
		return (wp_fail(wp, WERR_ORDER, "it begins twice"));
	if ((e = name_get(wp, id, &ev.id)) != WERR_OK ||
	    (e = name_get(wp, model, &ev.name)) != WERR_OK)
		return (e);
	wp->started = 1;
	emit(wp, &ev);
	return (WERR_OK);
}

struct wire_block *
wp_find(struct wire_parser *wp, enum wire_kind kind, json_int_t major,
    json_int_t minor)
{
	struct wire_block	*b;
	size_t			 i;

	/* From the end: it is nearly always the last. */
	for (i = wp->nblocks; i > 0; i--) {
		b = &wp->blocks[i - 1];
		if (b->kind == kind && b->major == major && b->minor == minor)
			return (b);
	}
	return (NULL);
}

static enum wire_err
block_new(struct wire_parser *wp, struct wire_block **b)
{
	struct wire_block	*p;

	if (wp->nblocks == wire_limit(WLIM_BLOCKS))
		return (wp_limit(wp, WLIM_BLOCKS));
	p = reallocarray(wp->blocks, wp->nblocks + 1, sizeof(*p));
	if (p == NULL)
		return (wp_fail(wp, WERR_MEMORY, NULL));
	wp->blocks = p;
	*b = &p[wp->nblocks++];
	memset(*b, 0, sizeof(**b));
	return (WERR_OK);
}

enum wire_err
wp_block(struct wire_parser *wp, enum wire_kind kind, json_int_t major,
    json_int_t minor, struct wire_block **b)
{
	enum wire_err	 e;

	if (!wp->started)
		return (wp_fail(wp, WERR_ORDER, "it has no beginning"));
	if (wp->stop != WS_NONE)
		return (wp_fail(wp, WERR_ORDER, "more after it had stopped"));
	if ((*b = wp_find(wp, kind, major, minor)) != NULL)
		return (WERR_OK);
	if ((e = block_new(wp, b)) != WERR_OK)
		return (e);
	(*b)->kind = kind;
	(*b)->major = major;
	(*b)->minor = minor;
	return (WERR_OK);
}

/* What a call's arguments are checked against, and what must go back. */
static enum wire_err
args_add(struct wire_parser *wp, struct wire_block *b, const char *p, size_t n)
{
	if (n > wire_limit(WLIM_ARGS) - wp->args)
		return (wp_limit(wp, WLIM_ARGS));
	wp->args += n;
	if (buf_add(&b->args, p, n) != 0)
		return (wp_fail(wp, WERR_MEMORY, NULL));
	return (WERR_OK);
}

enum wire_err
wp_piece(struct wire_parser *wp, struct wire_block *b, enum wire_kind kind,
    const json_t *v)
{
	struct wire_event	 ev = { .kind = kind };
	enum wire_err		 e;

	if (v == NULL || json_is_null(v))
		return (WERR_OK);
	if (!json_is_string(v))
		return (wp_fail(wp, WERR_JSON, "a text that is no string"));
	if (json_string_length(v) == 0)
		return (WERR_OK);
	if (b->closed)
		return (wp_fail(wp, WERR_ORDER, "more of a part that was "
		    "whole"));
	ev.block = (unsigned int)(b - wp->blocks);
	ev.text = json_string_value(v);
	ev.n = json_string_length(v);
	b->bytes += ev.n;
	if (kind == WE_ARGS && (e = args_add(wp, b, ev.text, ev.n)) != WERR_OK)
		return (e);
	emit(wp, &ev);
	return (WERR_OK);
}

/* A result could not be told from another's. */
static int
id_taken(const struct wire_parser *wp, const char *id)
{
	size_t	 i;

	for (i = 0; i < wp->nblocks; i++)
		if (wp->blocks[i].id != NULL &&
		    strcmp(wp->blocks[i].id, id) == 0)
			return (1);
	return (0);
}

static enum wire_err
tool_names(struct wire_parser *wp, struct wire_block *b, const json_t *id,
    const json_t *name)
{
	const char	*i, *n;
	enum wire_err	 e;

	if ((e = name_get(wp, id, &i)) != WERR_OK ||
	    (e = name_get(wp, name, &n)) != WERR_OK)
		return (e);
	if (*i == '\0' || *n == '\0')
		return (wp_fail(wp, WERR_ORDER, "a tool call without %s",
		    *i == '\0' ? "an id" : "a name"));
	if (id_taken(wp, i))
		return (wp_fail(wp, WERR_ORDER, "two tool calls with one id"));
	if ((b->id = strdup(i)) == NULL || (b->name = strdup(n)) == NULL)
		return (wp_fail(wp, WERR_MEMORY, NULL));
	return (WERR_OK);
}

enum wire_err
wp_tool(struct wire_parser *wp, json_int_t major, const json_t *id,
    const json_t *name, struct wire_block **b)
{
	struct wire_event	 ev = { .kind = WE_TOOL };
	enum wire_err		 e;

	if (wp_find(wp, WE_TOOL, major, 0) != NULL)
		return (wp_fail(wp, WERR_ORDER, "a tool call begins twice"));
	if (wp->ntools == wire_limit(WLIM_TOOLS))
		return (wp_limit(wp, WLIM_TOOLS));
	if ((e = wp_block(wp, WE_TOOL, major, 0, b)) != WERR_OK ||
	    (e = tool_names(wp, *b, id, name)) != WERR_OK)
		return (e);
	wp->ntools++;
	ev.block = (unsigned int)(*b - wp->blocks);
	ev.id = (*b)->id;
	ev.name = (*b)->name;
	emit(wp, &ev);
	return (WERR_OK);
}

/* Only an object will do; no arguments at all are an empty one. */
static enum wire_err
args_check(const char *p, size_t n)
{
	enum wire_limit	 limit;
	enum wire_err	 e;
	char		 why[300];
	json_t		*o = wire_json(p, n, 0, &e, &limit, why, sizeof(why));

	if (o != NULL && !json_is_object(o))
		e = WERR_ARGS;
	json_decref(o);
	return (e == WERR_OK || e == WERR_MEMORY ? e : WERR_ARGS);
}

enum wire_err
wp_call(struct wire_parser *wp, struct wire_block *b)
{
	struct wire_event	 ev = { .kind = WE_CALL };
	enum wire_err		 e;

	b->closed = 1;
	if (b->args.len == 0 && (e = args_add(wp, b, "{}", 2)) != WERR_OK)
		return (e);
	if ((ev.text = buf_str(&b->args)) == NULL)
		return (wp_fail(wp, WERR_MEMORY, NULL));
	ev.n = b->args.len;
	ev.block = (unsigned int)(b - wp->blocks);
	ev.id = b->id;
	ev.name = b->name;
	ev.err = args_check(ev.text, ev.n);
	if (ev.err == WERR_MEMORY)
		return (wp_fail(wp, WERR_MEMORY, NULL));
	emit(wp, &ev);
	buf_free(&b->args);
	return (WERR_OK);
}

enum wire_err
wp_calls(struct wire_parser *wp)
{
	enum wire_err	 e = WERR_OK;
	size_t		 i;

	for (i = 0; i < wp->nblocks && e == WERR_OK; i++)
		if (wp->blocks[i].kind == WE_TOOL && !wp->blocks[i].closed)
			e = wp_call(wp, &wp->blocks[i]);
	return (e);
}

enum wire_err
wp_count(struct wire_parser *wp, const json_t *o, const char *name,
    uint64_t *v)
{
	const json_t	*j = json_object_get(o, name);
	json_int_t	 n = json_integer_value(j);

	if (j == NULL || json_is_null(j))
		return (WERR_OK);
	if (!json_is_integer(j) || n < 0)
		return (wp_fail(wp, WERR_JSON, "%s: must be a number", name));
	if ((uint64_t)n > wire_limit(WLIM_TOKENS))
		return (wp_limit(wp, WLIM_TOKENS));
	*v = (uint64_t)n;
	return (WERR_OK);
}

void
wp_usage(struct wire_parser *wp)
{
	struct wire_event	 ev = { .kind = WE_USAGE };

	ev.usage = wp->usage;
	emit(wp, &ev);
}

/* Here the whole input counts those that were cached. */
enum wire_err
wp_usage_openai(struct wire_parser *wp, const json_t *u,
    const struct wire_counts *n)
{
	struct wire_usage	*v = &wp->usage;
	enum wire_err		 e;

	if (!json_is_object(u))
		return (WERR_OK);
	memset(v, 0, sizeof(*v));
	if ((e = wp_count(wp, u, n->input, &v->input)) != WERR_OK ||
	    (e = wp_count(wp, json_object_get(u, n->input_details),
	    "cached_tokens", &v->cache_read)) != WERR_OK ||
	    (e = wp_count(wp, u, n->output, &v->output)) != WERR_OK ||
	    (e = wp_count(wp, json_object_get(u, n->output_details),
	    "reasoning_tokens", &v->reasoning)) != WERR_OK)
		return (e);
	v->input -= v->cache_read < v->input ? v->cache_read : v->input;
	wp_usage(wp);
	return (WERR_OK);
}

void
wp_stop(struct wire_parser *wp, enum wire_stop stop, const json_t *more)
{
	struct wire_event	 ev = { .kind = WE_STOP, .stop = stop };

	ev.text = json_string_value(more);
	ev.n = json_string_length(more);
	wp->stop = stop;
	emit(wp, &ev);
}

void
wp_end(struct wire_parser *wp)
{
	struct wire_event	 ev = { .kind = WE_END };

	emit(wp, &ev);
}
