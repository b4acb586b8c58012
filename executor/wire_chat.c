/*
 * The wire openai-chat, answers: POST /v1/chat/completions.  Runs in the
 * executor on what a server sends.  Dozens of servers speak it, each a little
 * differently: what they are known to leave out is not asked for, and where
 * two readings are possible, the comment says which one is taken.
 */
#include <string.h>

#include "executor/wire_parse.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static const struct wire_word stop_words[] = {
	{ "stop",		WS_TURN },
	{ "length",		WS_TOKENS },
	{ "tool_calls",		WS_TOOL },
	{ "function_call",	WS_TOOL },
	{ "content_filter",	WS_FILTER },
	{ "model_context_window_exceeded", WS_OVERFLOW },
	{ NULL,			WS_OTHER }
};

/* Members of a message that are text; the later thinking is a copy. */
static const struct {
	const char	*member;
	enum wire_kind	 kind;
} texts[] = {
	{ "reasoning_content",	WE_THINKING },
	{ "reasoning",		WE_THINKING },
	{ "content",		WE_TEXT },
	{ "refusal",		WE_REFUSAL }
};

static const struct wire_counts counts = {
	"prompt_tokens", "prompt_tokens_details", "completion_tokens",
	"completion_tokens_details"
};

/* A string member that says something, or NULL. */
static const json_t *
text(const json_t *o, const char *name)
{
	const json_t	*v = json_object_get(o, name);

	return (json_is_string(v) && json_string_length(v) > 0 ? v : NULL);
}

/* The last call with this index, or with any if index is NULL. */
static struct wire_block *
last_call(struct wire_parser *wp, const json_t *index)
{
	struct wire_block	*b;
	size_t			 i;

	for (i = wp->nblocks; i > 0; i--) {
		b = &wp->blocks[i - 1];
		if (b->kind == WE_TOOL && (index == NULL ||
		    b->minor == json_integer_value(index)))
			return (b);
	}
	return (NULL);
}

/*
 * Does a fragment begin a call, or go on with b?  The index decides; but there
 * are servers that give every call the index 0, or none (then another id, or
 * without ids a name, makes another call), and servers that give every
 * fragment a new id (then there is no name).
 */
static int
begins(const struct wire_block *b, const json_t *index, const json_t *id,
    const json_t *name)
{
	if (b == NULL)
		return (1);
	if (name == NULL)
		return (0);
	return (id != NULL ? strcmp(b->id, json_string_value(id)) != 0 :
	    index == NULL);
}

/* The call's own number is the next; what the server calls it is minor. */
static enum wire_err
call_begin(struct wire_parser *wp, const json_t *index, const json_t *id,
    const json_t *name, struct wire_block **b)
{
	json_int_t	 n = (json_int_t)wp->ntools;
	json_t		*made = NULL;
	enum wire_err	 e;

	if (id == NULL && (id = made = json_sprintf("call_%d", (int)n)) == NULL)
		return (wp_fail(wp, WERR_MEMORY, NULL));
	e = wp_tool(wp, n, id, name, b);
	json_decref(made);
	if (e == WERR_OK)
		(*b)->minor = json_integer_value(index);
	return (e);
}

/* Arguments are a string; an object, where a server sends one, is its text. */
static enum wire_err
call_args(struct wire_parser *wp, struct wire_block *b, const json_t *v)
{
	json_t		*str;
	enum wire_err	 e;

	if (!json_is_object(v))
		return (wp_piece(wp, b, WE_ARGS, v));
	if ((str = wire_json_text(v)) == NULL)
		return (wp_fail(wp, WERR_MEMORY, NULL));
	e = wp_piece(wp, b, WE_ARGS, str);
	json_decref(str);
	return (e);
}

static enum wire_err
call(struct wire_parser *wp, const json_t *c)
{
	const json_t		*f = json_object_get(c, "function");
	const json_t		*index = json_object_get(c, "index");
	const json_t		*id = text(c, "id"), *name = text(f, "name");
	struct wire_block	*b;
	enum wire_err		 e = WERR_OK;

	index = json_is_integer(index) ? index : NULL;
	b = last_call(wp, index);
	if (begins(b, index, id, name))
		e = call_begin(wp, index, id, name, &b);
	return (e != WERR_OK ? e : call_args(wp, b, json_object_get(f,
	    "arguments")));
}

static enum wire_err
texts_of(struct wire_parser *wp, const json_t *m)
{
	struct wire_block	*b;
	const json_t		*v;
	enum wire_err		 e;
	size_t			 i;
	int			 thought = 0;

	for (i = 0; i < NELEM(texts); i++) {
		v = json_object_get(m, texts[i].member);
		if (v == NULL || json_is_null(v) || (json_is_string(v) &&
		    json_string_length(v) == 0))
			continue;
		if (texts[i].kind == WE_THINKING && thought++ > 0)
			continue;
		if ((e = wp_block(wp, texts[i].kind, 0, 0, &b)) != WERR_OK ||
		    (e = wp_piece(wp, b, texts[i].kind, v)) != WERR_OK)
			return (e);
	}
	return (WERR_OK);
}

static enum wire_err
message(struct wire_parser *wp, const json_t *m)
{
	const json_t	*list = json_object_get(m, "tool_calls");
	enum wire_err	 e = texts_of(wp, m);
	size_t		 i;

	for (i = 0; i < json_array_size(list) && e == WERR_OK; i++)
		e = call(wp, json_array_get(list, i));
	return (e);
}

/* Some say "stop" with tool calls, and all of them with a refusal. */
static enum wire_stop
stop_why(struct wire_parser *wp, const char *word)
{
	enum wire_stop	 s = wire_word_stop(stop_words, word);

	if (s == WS_TURN && wp_find(wp, WE_REFUSAL, 0, 0) != NULL)
		return (WS_REFUSAL);
	return (s == WS_TURN && wp->ntools > 0 ? WS_TOOL : s);
}

static enum wire_err
choice(struct wire_parser *wp, const json_t *c)
{
	const json_t	*m = json_object_get(c, "delta");
	const char	*why = wire_str(c, "finish_reason");
	enum wire_err	 e;

	if (m == NULL)
		m = json_object_get(c, "message");
	if ((e = message(wp, m)) != WERR_OK || why == NULL ||
	    wp->stop != WS_NONE)
		return (e);
	if ((e = wp_calls(wp)) == WERR_OK)
		wp_stop(wp, stop_why(wp, why), NULL);
	return (e);
}

/* One choice was asked for; others would be somebody's mistake. */
static enum wire_err
choices(struct wire_parser *wp, const json_t *list)
{
	const json_t	*c;
	enum wire_err	 e = WERR_OK;
	size_t		 i;

	for (i = 0; i < json_array_size(list) && e == WERR_OK; i++) {
		c = json_array_get(list, i);
		if (json_integer_value(json_object_get(c, "index")) == 0)
			e = choice(wp, c);
	}
	return (e);
}

enum wire_err
chat_event(struct wire_parser *wp, const char *type, json_t *o)
{
	const json_t	*error = json_object_get(o, "error");
	const json_t	*list = json_object_get(o, "choices");
	enum wire_err	 e = WERR_OK;

	(void)type;
	if (error != NULL && !json_is_null(error))
		return (wp_error(wp, error));
	if (!json_is_array(list))
		return (WERR_OK);
	if (!wp->started)
		e = wp_start(wp, json_object_get(o, "id"),
		    json_object_get(o, "model"));
	if (e == WERR_OK)
		e = wp_usage_openai(wp, json_object_get(o, "usage"), &counts);
	return (e != WERR_OK ? e : choices(wp, list));
}

enum wire_err
chat_whole(struct wire_parser *wp, json_t *o)
{
	enum wire_err	 e = chat_event(wp, "message", o);

	if (e == WERR_OK && wp->stop != WS_NONE)
		wp_end(wp);
	return (e);
}

/*
 * "[DONE]" without a reason to stop is what some relays send when the server
 * behind them broke off; a reason without "[DONE]" is a whole answer.
 */
enum wire_err
chat_done(struct wire_parser *wp)
{
	if (wp->stop == WS_NONE)
		return (wp_fail(wp, WERR_TRUNCATED, NULL));
	wp_end(wp);
	return (WERR_OK);
}
