/*
 * The wire openai-chat, requests.  Runs in the executor.  Written for the many
 * servers that speak it and not for the newest models of the one that began
 * it, which have the other wire: so it is max_tokens, which all of them know.
 * Thinking is not sent back: most refuse it.
 */
#include <string.h>

#include "common/buf.h"
#include "executor/request.h"
#include "executor/wire_parse.h"

static json_t *
role_new(const char *role)
{
	json_t	*o = json_object();

	return (req_whole(o, req_put(o, "role", req_str(role)) != 0));
}

/* All text of a message as one: not every server takes a list. */
static json_t *
text_of(const struct talk_message *m)
{
	struct buf	 b = { 0 };
	json_t		*v;
	size_t		 i;
	int		 bad = 0;

	for (i = 0; i < m->nparts && !bad; i++) {
		if (m->parts[i].kind != PART_TEXT || !req_says(&m->parts[i]))
			continue;
		if (b.len > 0)
			bad = buf_add(&b, "\n\n", 2) != 0;
		if (!bad)
			bad = buf_add(&b, m->parts[i].text,
			    m->parts[i].n) != 0;
	}
	if (bad)
		v = NULL;
	else
		v = b.len == 0 ? json_null() :
		    req_text((char *)b.data, b.len);
	buf_free(&b);
	return (v);
}

static json_t *
call_new(const struct talk_part *p)
{
	json_t	*o = json_object(), *f = json_object();

	f = req_whole(f, req_put(f, "name", req_str(p->name)) != 0 ||
	    req_put(f, "arguments", req_args_text(p)) != 0);
	if (req_put(o, "id", req_str(p->id)) != 0 ||
	    req_put(o, "type", req_str("function")) != 0) {
		json_decref(f);
		return (req_whole(o, 1));
	}
	return (req_whole(o, req_put(o, "function", f) != 0));
}

static json_t *
calls_of(const struct talk_message *m)
{
	json_t	*list = json_array();
	size_t	 i;
	int	 bad = list == NULL;

	for (i = 0; i < m->nparts && !bad; i++)
		if (m->parts[i].kind == PART_CALL)
			bad = req_append(list, call_new(&m->parts[i])) != 0;
	return (req_whole(list, bad));
}

/* What the model said: null is its text when it only called. */
static int
model_message(json_t *list, const struct talk_message *m)
{
	json_t	*o, *text = text_of(m), *calls = calls_of(m);
	int	 bad;

	if (json_is_null(text) && calls != NULL &&
	    json_array_size(calls) == 0) {
		json_decref(calls);
		return (0);
	}
	o = role_new("assistant");
	bad = req_put(o, "content", text) != 0;
	if (calls != NULL && json_array_size(calls) == 0)
		json_decref(calls);
	else
		bad |= req_put(o, "tool_calls", calls) != 0;
	return (req_append(list, req_whole(o, bad)));
}

static json_t *
result_message(const struct talk_part *p)
{
	json_t	*o = role_new("tool");

	return (req_whole(o, req_put(o, "tool_call_id", req_str(p->id)) != 0 ||
	    req_put(o, "content", req_text(p->text, p->n)) != 0));
}

/* Results are messages of their own, before what else the user says. */
static int
user_message(json_t *list, const struct talk_message *m)
{
	json_t	*o, *text;
	size_t	 i;

	for (i = 0; i < m->nparts; i++)
		if (m->parts[i].kind == PART_RESULT && req_append(list,
		    result_message(&m->parts[i])) != 0)
			return (-1);
	text = text_of(m);
	if (json_is_null(text))
		return (0);
	o = role_new("user");
	return (req_append(list, req_whole(o, req_put(o, "content",
	    text) != 0)));
}

static json_t *
messages(const struct talk *t)
{
	json_t	*list = json_array(), *o;
	size_t	 i;
	int	 bad = list == NULL;

	if (!bad && t->system != NULL) {
		o = role_new("system");
		bad = req_append(list, req_whole(o, req_put(o, "content",
		    req_str(t->system)) != 0)) != 0;
	}
	for (i = 0; i < t->nmessages && !bad; i++)
		bad = (t->messages[i].role == TALK_USER ? user_message :
		    model_message)(list, &t->messages[i]) != 0;
	return (req_whole(list, bad));
}

static json_t *
tools(const struct talk *t, char *why, size_t size)
{
	const struct talk_tool	*tool;
	json_t			*list = json_array(), *o, *f;
	size_t			 i;
	int			 bad = list == NULL;

	for (i = 0; i < t->ntools && !bad; i++) {
		tool = &t->tools[i];
		f = json_object();
		bad = req_put(f, "name", req_str(tool->name)) != 0 ||
		    req_put(f, "description",
		    req_str(tool->description)) != 0 ||
		    req_put(f, "parameters", req_schema(tool, why,
		    size)) != 0;
		o = req_typed("function");
		bad |= req_put(o, "function", req_whole(f, bad)) != 0;
		bad = req_append(list, req_whole(o, bad)) != 0;
	}
	return (req_whole(list, bad));
}

/* Without the option a stream says nothing about tokens. */
static int
stream(json_t *o)
{
	json_t	*options = json_object();

	options = req_whole(options, req_put(options, "include_usage",
	    json_true()) != 0);
	if (req_put(o, "stream", json_true()) != 0) {
		json_decref(options);
		return (-1);
	}
	return (req_put(o, "stream_options", options));
}

json_t *
chat_compose(const struct talk *t, char *why, size_t size)
{
	json_t	*o = json_object();
	int	 bad;

	bad = req_put(o, "model", req_str(t->model)) != 0 ||
	    req_put(o, "max_tokens",
	    json_integer((json_int_t)t->max_tokens)) != 0;
	if (!bad && t->stream)
		bad = stream(o) != 0;
	if (!bad && t->ntools > 0)
		bad = req_put(o, "tools", tools(t, why, size)) != 0;
	if (!bad && t->effort != NULL)
		bad = req_put(o, "reasoning_effort", req_str(t->effort)) != 0;
	if (!bad)
		bad = req_put(o, "messages", messages(t)) != 0;
	return (req_whole(o, bad));
}
