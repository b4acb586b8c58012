/*
 * The wire openai-responses, requests.  Runs in the executor.  The whole
 * conversation goes along and the server keeps nothing (store is false), so
 * the proof of its reasoning comes back encrypted and is sent again.
 */
#include <string.h>

#include "executor/request.h"
#include "executor/wire_parse.h"

static json_t *
text_item(enum talk_role role, const struct talk_part *p)
{
	json_t	*o = req_typed("message"), *list = json_array();
	json_t	*c = req_typed(role == TALK_USER ? "input_text" :
		    "output_text");
	int	 bad;

	c = req_whole(c, req_put(c, "text", req_text(p->text, p->n)) != 0);
	bad = req_append(list, c) != 0;
	bad |= req_put(o, "role", req_str(role == TALK_USER ? "user" :
	    "assistant")) != 0;
	bad |= req_put(o, "content", req_whole(list, bad)) != 0;
	return (req_whole(o, bad));
}

static json_t *
reasoning_item(const struct talk_part *p)
{
	json_t	*o = req_typed("reasoning"), *list = json_array(), *c;
	int	 bad = 0;

	if (p->n > 0) {
		c = req_typed("summary_text");
		c = req_whole(c, req_put(c, "text", req_text(p->text,
		    p->n)) != 0);
		bad = req_append(list, c) != 0;
	}
	bad |= req_put(o, "summary", req_whole(list, bad)) != 0;
	return (req_whole(o, bad || req_put(o, "encrypted_content",
	    req_str(p->signature)) != 0));
}

static json_t *
call_item(const struct talk_part *p)
{
	json_t	*o = req_typed("function_call");

	return (req_whole(o, req_put(o, "call_id", req_str(p->id)) != 0 ||
	    req_put(o, "name", req_str(p->name)) != 0 ||
	    req_put(o, "arguments", req_args_text(p)) != 0));
}

static json_t *
result_item(const struct talk_part *p)
{
	json_t	*o = req_typed("function_call_output");

	return (req_whole(o, req_put(o, "call_id", req_str(p->id)) != 0 ||
	    req_put(o, "output", req_text(p->text, p->n)) != 0));
}

/* The item of a part, appended unless it is left out.  0 or -1. */
static int
item(json_t *list, enum talk_role role, const struct talk_part *p)
{
	switch (p->kind) {
	case PART_TEXT:
		if (!req_says(p))
			return (0);
		return (req_append(list, text_item(role, p)));
	case PART_THINKING:
		if (!req_proves(p, WIRE_RESPONSES))
			return (0);
		return (req_append(list, reasoning_item(p)));
	case PART_REDACTED:
		return (0);
	case PART_CALL:
		return (req_append(list, call_item(p)));
	case PART_RESULT:
		return (req_append(list, result_item(p)));
	}
	return (-1);
}

/* Parts that are results, or those that are not. */
static int
items(json_t *list, const struct talk_message *m, int are_results)
{
	size_t	 i;

	for (i = 0; i < m->nparts; i++)
		if ((m->parts[i].kind == PART_RESULT) == are_results &&
		    item(list, m->role, &m->parts[i]) != 0)
			return (-1);
	return (0);
}

static json_t *
input(const struct talk *t)
{
	json_t	*list = json_array();
	size_t	 i;
	int	 bad = list == NULL;

	for (i = 0; i < t->nmessages && !bad; i++)
		bad = items(list, &t->messages[i], 1) != 0 ||
		    items(list, &t->messages[i], 0) != 0;
	return (req_whole(list, bad));
}

static json_t *
tools(const struct talk *t, char *why, size_t size)
{
	const struct talk_tool	*tool;
	json_t			*list = json_array(), *o;
	size_t			 i;
	int			 bad = list == NULL;

	for (i = 0; i < t->ntools && !bad; i++) {
		tool = &t->tools[i];
		o = req_typed("function");
		bad = req_put(o, "name", req_str(tool->name)) != 0 ||
		    req_put(o, "description",
		    req_str(tool->description)) != 0 ||
		    req_put(o, "parameters", req_schema(tool, why,
		    size)) != 0 ||
		    req_put(o, "strict", json_false()) != 0;
		bad = req_append(list, req_whole(o, bad)) != 0;
	}
	return (req_whole(list, bad));
}

/* A server refuses to give the proof where there was no reasoning. */
static int
effort(json_t *o, const char *word)
{
	json_t	*r = json_object(), *list = json_array();

	r = req_whole(r, req_put(r, "effort", req_str(word)) != 0 ||
	    req_put(r, "summary", req_str("auto")) != 0);
	list = req_whole(list, req_append(list,
	    req_str("reasoning.encrypted_content")) != 0);
	if (req_put(o, "reasoning", r) != 0) {
		json_decref(list);
		return (-1);
	}
	return (req_put(o, "include", list));
}

json_t *
responses_compose(const struct talk *t, char *why, size_t size)
{
	json_t	*o = json_object();
	int	 bad;

	bad = req_put(o, "model", req_str(t->model)) != 0 ||
	    req_put(o, "max_output_tokens",
	    json_integer((json_int_t)t->max_tokens)) != 0 ||
	    req_put(o, "store", json_false()) != 0;
	if (!bad && t->stream)
		bad = req_put(o, "stream", json_true()) != 0;
	if (!bad && t->system != NULL)
		bad = req_put(o, "instructions", req_str(t->system)) != 0;
	if (!bad && t->ntools > 0)
		bad = req_put(o, "tools", tools(t, why, size)) != 0;
	if (!bad && t->effort != NULL)
		bad = effort(o, t->effort) != 0;
	if (!bad)
		bad = req_put(o, "input", input(t)) != 0;
	return (req_whole(o, bad));
}
