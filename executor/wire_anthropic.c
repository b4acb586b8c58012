/*
 * The wire anthropic-messages, answers: POST /v1/messages.  Runs in the
 * executor on what a server sends.  Events and blocks that this version does
 * not know are passed over, as the interface asks of its clients; those that
 * it knows must come in their order.
 */
#include <string.h>

#include "executor/wire_parse.h"

struct handler {
	const char	*type;
	enum wire_err	(*fn)(struct wire_parser *, json_t *);
};

static const struct wire_word stop_words[] = {
	{ "end_turn",		WS_TURN },
	{ "max_tokens",		WS_TOKENS },
	{ "stop_sequence",	WS_SEQUENCE },
	{ "tool_use",		WS_TOOL },
	{ "pause_turn",		WS_PAUSE },
	{ "refusal",		WS_REFUSAL },
	{ "model_context_window_exceeded", WS_OVERFLOW },
	{ NULL,			WS_OTHER }
};

/* Kinds of blocks; others (of tools that the server runs) are NONE. */
static const struct {
	const char	*type;
	enum wire_kind	 kind;
} block_types[] = {
	{ "text",		WE_TEXT },
	{ "thinking",		WE_THINKING },
	{ "redacted_thinking",	WE_REDACTED },
	{ "tool_use",		WE_TOOL }
};

/* Which piece of which block a delta is, and where it has its text. */
static const struct delta {
	const char	*type;
	enum wire_kind	 block, kind;
	const char	*member;
} deltas[] = {
	{ "text_delta",		WE_TEXT,	WE_TEXT,	"text" },
	{ "thinking_delta",	WE_THINKING,	WE_THINKING,	"thinking" },
	{ "signature_delta",	WE_THINKING,	WE_SIGNATURE,	"signature" },
	{ "input_json_delta",	WE_TOOL,	WE_ARGS,	"partial_json" }
};

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

/* Counts are totals so far; what an event does not give stays. */
static enum wire_err
usage(struct wire_parser *wp, const json_t *u)
{
	enum wire_err	 e;

	if (!json_is_object(u))
		return (WERR_OK);
	if ((e = wp_count(wp, u, "input_tokens",
	    &wp->usage.input)) != WERR_OK ||
	    (e = wp_count(wp, u, "cache_read_input_tokens",
	    &wp->usage.cache_read)) != WERR_OK ||
	    (e = wp_count(wp, u, "cache_creation_input_tokens",
	    &wp->usage.cache_write)) != WERR_OK ||
	    (e = wp_count(wp, u, "output_tokens",
	    &wp->usage.output)) != WERR_OK)
		return (e);
	wp_usage(wp);
	return (WERR_OK);
}

static enum wire_err
on_start(struct wire_parser *wp, json_t *o)
{
	const json_t	*m = json_object_get(o, "message");
	enum wire_err	 e;

	e = wp_start(wp, json_object_get(m, "id"), json_object_get(m, "model"));
	return (e != WERR_OK ? e : usage(wp, json_object_get(m, "usage")));
}

/* The block of an index, whatever it is. */
static struct wire_block *
block_at(struct wire_parser *wp, json_int_t index)
{
	size_t	 i;

	for (i = wp->nblocks; i > 0; i--)
		if (wp->blocks[i - 1].major == index)
			return (&wp->blocks[i - 1]);
	return (NULL);
}

/* Input that is there from the beginning counts if no other follows. */
static enum wire_err
tool_begin(struct wire_parser *wp, json_int_t index, const json_t *c)
{
	const json_t		*input = json_object_get(c, "input");
	struct wire_block	*b;
	enum wire_err		 e;

	if ((e = wp_tool(wp, index, json_object_get(c, "id"),
	    json_object_get(c, "name"), &b)) != WERR_OK ||
	    json_object_size(input) == 0)
		return (e);
	b->whole = wire_json_text(input);
	return (b->whole != NULL ? WERR_OK : wp_fail(wp, WERR_MEMORY, NULL));
}

static enum wire_err
thinking_begin(struct wire_parser *wp, struct wire_block *b, const json_t *c)
{
	enum wire_err	 e;

	e = wp_piece(wp, b, WE_THINKING, json_object_get(c, "thinking"));
	return (e != WERR_OK ? e : wp_piece(wp, b, WE_SIGNATURE,
	    json_object_get(c, "signature")));
}

static enum wire_err
block_begin(struct wire_parser *wp, json_int_t index, const json_t *c)
{
	enum wire_kind		 kind = WE_NONE;
	struct wire_block	*b;
	const char		*type = wire_str(c, "type");
	enum wire_err		 e;
	size_t			 i;

	for (i = 0; type != NULL && i < NELEM(block_types); i++)
		if (strcmp(type, block_types[i].type) == 0)
			kind = block_types[i].kind;
	if (block_at(wp, index) != NULL)
		return (wp_fail(wp, WERR_ORDER, "a block begins twice"));
	if (kind == WE_TOOL)
		return (tool_begin(wp, index, c));
	if ((e = wp_block(wp, kind, index, 0, &b)) != WERR_OK)
		return (e);
	if (kind == WE_TEXT)
		return (wp_piece(wp, b, kind, json_object_get(c, "text")));
	if (kind == WE_REDACTED)
		return (wp_piece(wp, b, kind, json_object_get(c, "data")));
	return (kind == WE_THINKING ? thinking_begin(wp, b, c) : WERR_OK);
}

static enum wire_err
on_block_start(struct wire_parser *wp, json_t *o)
{
	return (block_begin(wp, json_integer_value(json_object_get(o,
	    "index")), json_object_get(o, "content_block")));
}

/* The open block that an event is about.  NULL: reported. */
static struct wire_block *
block_open(struct wire_parser *wp, const json_t *o)
{
	struct wire_block	*b;

	b = block_at(wp, json_integer_value(json_object_get(o, "index")));
	if (b != NULL && !b->closed)
		return (b);
	wp_fail(wp, WERR_ORDER, b == NULL ? "a block without a beginning" :
	    "more of a part that was whole");
	return (NULL);
}

static enum wire_err
on_block_delta(struct wire_parser *wp, json_t *o)
{
	const json_t		*d = json_object_get(o, "delta");
	const char		*type = wire_str(d, "type");
	struct wire_block	*b = block_open(wp, o);
	size_t			 i;

	if (b == NULL)
		return (wp->err);
	if (type == NULL || b->kind == WE_NONE)
		return (WERR_OK);
	for (i = 0; i < NELEM(deltas); i++) {
		if (strcmp(type, deltas[i].type) != 0)
			continue;
		if (b->kind != deltas[i].block)
			return (wp_fail(wp, WERR_ORDER,
			    "a piece of another kind of block"));
		return (wp_piece(wp, b, deltas[i].kind,
		    json_object_get(d, deltas[i].member)));
	}
	return (WERR_OK);
}

static enum wire_err
block_end(struct wire_parser *wp, struct wire_block *b)
{
	enum wire_err	 e = WERR_OK;

	if (b->kind != WE_TOOL) {
		b->closed = 1;
		return (WERR_OK);
	}
	if (b->bytes == 0)
		e = wp_piece(wp, b, WE_ARGS, b->whole);
	return (e != WERR_OK ? e : wp_call(wp, b));
}

static enum wire_err
on_block_stop(struct wire_parser *wp, json_t *o)
{
	struct wire_block	*b = block_open(wp, o);

	return (b == NULL ? wp->err : block_end(wp, b));
}

/* Why it stopped; a refusal says of which category. */
static void
stop(struct wire_parser *wp, const json_t *d)
{
	const json_t	*details = json_object_get(d, "stop_details");

	wp_stop(wp, wire_word_stop(stop_words, wire_str(d, "stop_reason")),
	    json_object_get(details, "category"));
}

static enum wire_err
on_message_delta(struct wire_parser *wp, json_t *o)
{
	const json_t	*d = json_object_get(o, "delta");
	enum wire_err	 e;
	size_t		 i;

	if (!wp->started)
		return (wp_fail(wp, WERR_ORDER, "it has no beginning"));
	if ((e = usage(wp, json_object_get(o, "usage"))) != WERR_OK)
		return (e);
	if (wire_str(d, "stop_reason") == NULL)
		return (WERR_OK);
	if (wp->stop != WS_NONE)
		return (wp_fail(wp, WERR_ORDER, "it stops twice"));
	for (i = 0; i < wp->nblocks; i++)
		if (!wp->blocks[i].closed)
			return (wp_fail(wp, WERR_ORDER,
			    "it stops within a block"));
	stop(wp, d);
	return (WERR_OK);
}

static enum wire_err
on_message_stop(struct wire_parser *wp, json_t *o)
{
	(void)o;
	if (wp->stop == WS_NONE)
		return (wp_fail(wp, WERR_ORDER, "it ends without a reason"));
	wp_end(wp);
	return (WERR_OK);
}

static enum wire_err
on_error(struct wire_parser *wp, json_t *o)
{
	return (wp_error(wp, json_object_get(o, "error")));
}

static const struct handler handlers[] = {
	{ "message_start",	 on_start },
	{ "content_block_start", on_block_start },
	{ "content_block_delta", on_block_delta },
	{ "content_block_stop",	 on_block_stop },
	{ "message_delta",	 on_message_delta },
	{ "message_stop",	 on_message_stop },
	{ "error",		 on_error }
};

enum wire_err
anthropic_event(struct wire_parser *wp, const char *type, json_t *o)
{
	const char	*own = wire_str(o, "type");
	size_t		 i;

	if (own != NULL)
		type = own;
	for (i = 0; i < NELEM(handlers); i++)
		if (strcmp(type, handlers[i].type) == 0)
			return (handlers[i].fn(wp, o));
	return (WERR_OK);
}

static enum wire_err
content(struct wire_parser *wp, const json_t *list)
{
	enum wire_err	 e;
	size_t		 i;

	for (i = 0; i < json_array_size(list); i++) {
		e = block_begin(wp, (json_int_t)i, json_array_get(list, i));
		if (e == WERR_OK)
			e = block_end(wp, block_at(wp, (json_int_t)i));
		if (e != WERR_OK)
			return (e);
	}
	return (WERR_OK);
}

enum wire_err
anthropic_whole(struct wire_parser *wp, json_t *o)
{
	enum wire_err	 e;

	if (json_object_get(o, "error") != NULL)
		return (on_error(wp, o));
	if (wire_str(o, "stop_reason") == NULL)
		return (wp_fail(wp, WERR_ORDER, "not the answer of a model"));
	if ((e = wp_start(wp, json_object_get(o, "id"),
	    json_object_get(o, "model"))) != WERR_OK ||
	    (e = content(wp, json_object_get(o, "content"))) != WERR_OK ||
	    (e = usage(wp, json_object_get(o, "usage"))) != WERR_OK)
		return (e);
	stop(wp, o);
	wp_end(wp);
	return (WERR_OK);
}

/* Only message_stop ends it. */
enum wire_err
anthropic_done(struct wire_parser *wp)
{
	return (wp_fail(wp, WERR_TRUNCATED, NULL));
}
