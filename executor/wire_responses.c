/*
 * The wire openai-responses, answers: POST /v1/responses.  Runs in the
 * executor on what a server sends.  An answer is a list of items, each of
 * which comes in pieces and then once more as a whole: the whole counts where
 * no piece came, and must be the same where they did.
 */
#include <string.h>

#include "executor/wire_parse.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

struct handler {
	const char	*type;
	enum wire_err	(*fn)(struct wire_parser *, json_t *);
};

/* Pieces of text: which block they belong to. */
static const struct piece {
	const char	*type;
	enum wire_kind	 kind;
	const char	*minor;		/* the member that numbers them */
	json_int_t	 fixed;		/* or this number */
} pieces[] = {
	{ "response.output_text.delta", WE_TEXT, "content_index", 0 },
	{ "response.refusal.delta",	WE_REFUSAL, "content_index", 0 },
	{ "response.reasoning_summary_text.delta", WE_THINKING, NULL, 0 },
	{ "response.reasoning_text.delta", WE_THINKING, NULL, 1 }
};

static const struct wire_word incomplete_words[] = {
	{ "max_output_tokens",	WS_TOKENS },
	{ "content_filter",	WS_FILTER },
	{ NULL,			WS_OTHER }
};

static json_int_t
number(const json_t *o, const char *name)
{
	return (json_integer_value(json_object_get(o, name)));
}

static const struct wire_counts counts = {
	"input_tokens", "input_tokens_details", "output_tokens",
	"output_tokens_details"
};

static enum wire_err
on_created(struct wire_parser *wp, json_t *o)
{
	const json_t	*r = json_object_get(o, "response");

	return (wp_start(wp, json_object_get(r, "id"),
	    json_object_get(r, "model")));
}

static enum wire_err
tool_begin(struct wire_parser *wp, json_int_t index, const json_t *item,
    struct wire_block **b)
{
	return (wp_tool(wp, index, json_object_get(item, "call_id"),
	    json_object_get(item, "name"), b));
}

static enum wire_err
on_item_added(struct wire_parser *wp, json_t *o)
{
	const json_t		*item = json_object_get(o, "item");
	const char		*type = wire_str(item, "type");
	struct wire_block	*b;

	if (type == NULL || strcmp(type, "function_call") != 0)
		return (WERR_OK);
	return (tool_begin(wp, number(o, "output_index"), item, &b));
}

static enum wire_err
on_piece(struct wire_parser *wp, const struct piece *p, const json_t *o)
{
	struct wire_block	*b;
	enum wire_err		 e;

	e = wp_block(wp, p->kind, number(o, "output_index"), p->minor == NULL ?
	    p->fixed : number(o, p->minor), &b);
	return (e != WERR_OK ? e : wp_piece(wp, b, p->kind,
	    json_object_get(o, "delta")));
}

/* An empty line between two parts of a summary. */
static enum wire_err
gap(struct wire_parser *wp, struct wire_block *b)
{
	json_t		*v;
	enum wire_err	 e;

	if (b == NULL || b->bytes == 0)
		return (WERR_OK);
	if ((v = json_string("\n\n")) == NULL)
		return (wp_fail(wp, WERR_MEMORY, NULL));
	e = wp_piece(wp, b, WE_THINKING, v);
	json_decref(v);
	return (e);
}

static enum wire_err
on_summary_part(struct wire_parser *wp, json_t *o)
{
	return (gap(wp, wp_find(wp, WE_THINKING, number(o, "output_index"),
	    0)));
}

static enum wire_err
on_args_delta(struct wire_parser *wp, json_t *o)
{
	struct wire_block	*b;

	b = wp_find(wp, WE_TOOL, number(o, "output_index"), 0);
	if (b == NULL)
		return (wp_fail(wp, WERR_ORDER,
		    "arguments without a tool call"));
	return (wp_piece(wp, b, WE_ARGS, json_object_get(o, "delta")));
}

/* All of a call's arguments, which may have come in pieces before. */
static enum wire_err
args_whole(struct wire_parser *wp, struct wire_block *b, const json_t *v)
{
	if (v == NULL || json_is_null(v) || b->bytes == 0)
		return (wp_piece(wp, b, WE_ARGS, v));
	if (json_string_length(v) != b->args.len ||
	    memcmp(json_string_value(v), b->args.data, b->args.len) != 0)
		return (wp_fail(wp, WERR_ORDER,
		    "a tool call ends with other arguments than it had"));
	return (WERR_OK);
}

static enum wire_err
on_args_done(struct wire_parser *wp, json_t *o)
{
	struct wire_block	*b;

	b = wp_find(wp, WE_TOOL, number(o, "output_index"), 0);
	if (b == NULL || b->closed)
		return (wp_fail(wp, WERR_ORDER,
		    "arguments without a tool call"));
	return (args_whole(wp, b, json_object_get(o, "arguments")));
}

/* A block ends, with the text of it that did not come in pieces. */
static enum wire_err
text_end(struct wire_parser *wp, enum wire_kind kind, json_int_t major,
    json_int_t minor, const json_t *v)
{
	struct wire_block	*b;
	enum wire_err		 e;

	if ((e = wp_block(wp, kind, major, minor, &b)) != WERR_OK)
		return (e);
	if (b->closed)
		return (wp_fail(wp, WERR_ORDER, "a part ends twice"));
	e = b->bytes > 0 ? WERR_OK : wp_piece(wp, b, kind, v);
	b->closed = 1;
	return (e);
}

static enum wire_err
message_end(struct wire_parser *wp, json_int_t index, const json_t *item)
{
	const json_t	*list = json_object_get(item, "content"), *c;
	const char	*type;
	enum wire_err	 e = WERR_OK;
	size_t		 i;

	for (i = 0; i < json_array_size(list) && e == WERR_OK; i++) {
		c = json_array_get(list, i);
		if ((type = wire_str(c, "type")) == NULL)
			continue;
		if (strcmp(type, "output_text") == 0)
			e = text_end(wp, WE_TEXT, index, (json_int_t)i,
			    json_object_get(c, "text"));
		else if (strcmp(type, "refusal") == 0)
			e = text_end(wp, WE_REFUSAL, index, (json_int_t)i,
			    json_object_get(c, "refusal"));
	}
	return (e);
}

static enum wire_err
call_end(struct wire_parser *wp, json_int_t index, const json_t *item)
{
	struct wire_block	*b = wp_find(wp, WE_TOOL, index, 0);
	enum wire_err		 e = WERR_OK;

	if (b == NULL)
		e = tool_begin(wp, index, item, &b);
	else if (b->closed)
		e = wp_fail(wp, WERR_ORDER, "a tool call ends twice");
	if (e != WERR_OK || (e = args_whole(wp, b, json_object_get(item,
	    "arguments"))) != WERR_OK)
		return (e);
	return (wp_call(wp, b));
}

/* Its summary if it did not come in pieces, and what proves it. */
static enum wire_err
reasoning_end(struct wire_parser *wp, json_int_t index, const json_t *item)
{
	const json_t		*list = json_object_get(item, "summary");
	struct wire_block	*b;
	enum wire_err		 e;
	size_t			 i;
	int			 came;

	if ((e = wp_block(wp, WE_THINKING, index, 0, &b)) != WERR_OK)
		return (e);
	if (b->closed)
		return (wp_fail(wp, WERR_ORDER, "a part ends twice"));
	came = b->bytes > 0;
	for (i = 0; !came && i < json_array_size(list) && e == WERR_OK; i++)
		if ((e = gap(wp, b)) == WERR_OK)
			e = wp_piece(wp, b, WE_THINKING, json_object_get(
			    json_array_get(list, i), "text"));
	if (e == WERR_OK)
		e = wp_piece(wp, b, WE_SIGNATURE, json_object_get(item,
		    "encrypted_content"));
	b->closed = 1;
	return (e);
}

static const struct {
	const char	*type;
	enum wire_err	(*end)(struct wire_parser *, json_int_t,
			    const json_t *);
} items[] = {
	{ "message",		message_end },
	{ "function_call",	call_end },
	{ "reasoning",		reasoning_end }
};

static enum wire_err
item_end(struct wire_parser *wp, json_int_t index, const json_t *item)
{
	const char	*type = wire_str(item, "type");
	size_t		 i;

	for (i = 0; type != NULL && i < NELEM(items); i++)
		if (strcmp(type, items[i].type) == 0)
			return (items[i].end(wp, index, item));
	return (WERR_OK);
}

static enum wire_err
on_item_done(struct wire_parser *wp, json_t *o)
{
	return (item_end(wp, number(o, "output_index"),
	    json_object_get(o, "item")));
}

/* It does not say that it waits for tools, or refused. */
static enum wire_stop
stop_why(const struct wire_parser *wp)
{
	size_t	 i;

	for (i = 0; i < wp->nblocks; i++)
		if (wp->blocks[i].kind == WE_REFUSAL)
			return (WS_REFUSAL);
	return (wp->ntools > 0 ? WS_TOOL : WS_TURN);
}

static enum wire_err
finish(struct wire_parser *wp, const json_t *r, enum wire_stop stop)
{
	enum wire_err	 e;

	if (!wp->started)
		return (wp_fail(wp, WERR_ORDER, "it has no beginning"));
	if ((e = wp_calls(wp)) != WERR_OK || (e = wp_usage_openai(wp,
	    json_object_get(r, "usage"), &counts)) != WERR_OK)
		return (e);
	wp_stop(wp, stop, NULL);
	wp_end(wp);
	return (WERR_OK);
}

static enum wire_err
completed(struct wire_parser *wp, const json_t *r)
{
	return (finish(wp, r, stop_why(wp)));
}

static enum wire_err
incomplete(struct wire_parser *wp, const json_t *r)
{
	const json_t	*d = json_object_get(r, "incomplete_details");

	return (finish(wp, r, wire_word_stop(incomplete_words,
	    wire_str(d, "reason"))));
}

static enum wire_err
failed(struct wire_parser *wp, const json_t *r)
{
	return (wp_error(wp, json_object_get(r, "error")));
}

static enum wire_err
on_completed(struct wire_parser *wp, json_t *o)
{
	return (completed(wp, json_object_get(o, "response")));
}

static enum wire_err
on_incomplete(struct wire_parser *wp, json_t *o)
{
	return (incomplete(wp, json_object_get(o, "response")));
}

static enum wire_err
on_failed(struct wire_parser *wp, json_t *o)
{
	return (failed(wp, json_object_get(o, "response")));
}

/* The error itself, or an object that has it. */
static enum wire_err
on_error(struct wire_parser *wp, json_t *o)
{
	const json_t	*e = json_object_get(o, "error");

	return (wp_error(wp, e != NULL ? e : o));
}

static const struct handler handlers[] = {
	{ "response.created",			on_created },
	{ "response.output_item.added",		on_item_added },
	{ "response.output_item.done",		on_item_done },
	{ "response.reasoning_summary_part.added", on_summary_part },
	{ "response.function_call_arguments.delta", on_args_delta },
	{ "response.function_call_arguments.done", on_args_done },
	{ "response.completed",			on_completed },
	{ "response.incomplete",		on_incomplete },
	{ "response.failed",			on_failed },
	{ "error",				on_error }
};

enum wire_err
responses_event(struct wire_parser *wp, const char *type, json_t *o)
{
	const char	*own = wire_str(o, "type");
	size_t		 i;

	if (own != NULL)
		type = own;
	for (i = 0; i < NELEM(pieces); i++)
		if (strcmp(type, pieces[i].type) == 0)
			return (on_piece(wp, &pieces[i], o));
	for (i = 0; i < NELEM(handlers); i++)
		if (strcmp(type, handlers[i].type) == 0)
			return (handlers[i].fn(wp, o));
	return (WERR_OK);
}

static const struct {
	const char	*status;
	enum wire_err	(*fn)(struct wire_parser *, const json_t *);
} statuses[] = {
	{ "completed",	completed },
	{ "incomplete",	incomplete },
	{ "failed",	failed }
};

enum wire_err
responses_whole(struct wire_parser *wp, json_t *o)
{
	const json_t	*list = json_object_get(o, "output");
	const char	*status = wire_str(o, "status");
	enum wire_err	 e;
	size_t		 i;

	if (status == NULL && json_object_get(o, "error") != NULL)
		return (on_error(wp, o));
	if ((e = wp_start(wp, json_object_get(o, "id"),
	    json_object_get(o, "model"))) != WERR_OK)
		return (e);
	for (i = 0; i < json_array_size(list) && e == WERR_OK; i++)
		e = item_end(wp, (json_int_t)i, json_array_get(list, i));
	for (i = 0; e == WERR_OK && status != NULL && i < NELEM(statuses); i++)
		if (strcmp(status, statuses[i].status) == 0)
			return (statuses[i].fn(wp, o));
	return (e);
}

/* Only its last event ends it. */
enum wire_err
responses_done(struct wire_parser *wp)
{
	return (wp_fail(wp, WERR_TRUNCATED, NULL));
}
