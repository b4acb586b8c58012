/*
 * The wire anthropic-messages, requests.  Runs in the executor.  Results come
 * first in a message of the user, and a text that says nothing is left out:
 * the server refuses both otherwise.
 */
#include <string.h>

#include "executor/request.h"
#include "executor/wire_parse.h"

/* {"type": "text", ...} */
static json_t *
text_block(const char *p, size_t n)
{
	json_t	*o = req_typed("text");

	return (req_whole(o, req_put(o, "text", req_text(p, n)) != 0));
}

static json_t *
thinking_block(const struct talk_part *p)
{
	json_t	*o = req_typed("thinking");

	return (req_whole(o, req_put(o, "thinking", req_text(p->text,
	    p->n)) != 0 ||
	    req_put(o, "signature", req_str(p->signature)) != 0));
}

static json_t *
redacted_block(const struct talk_part *p)
{
	json_t	*o = req_typed("redacted_thinking");

	return (req_whole(o, req_put(o, "data", req_text(p->text, p->n)) != 0));
}

static json_t *
call_block(const struct talk_part *p)
{
	json_t	*o = req_typed("tool_use");

	return (req_whole(o, req_put(o, "id", req_str(p->id)) != 0 ||
	    req_put(o, "name", req_str(p->name)) != 0 ||
	    req_put(o, "input", req_args(p)) != 0));
}

static json_t *
result_block(const struct talk_part *p)
{
	json_t	*o = req_typed("tool_result");
	int	 bad;

	bad = req_put(o, "tool_use_id", req_str(p->id)) != 0;
	if (req_says(p))
		bad |= req_put(o, "content", req_text(p->text, p->n)) != 0;
	if (p->failed)
		bad |= req_put(o, "is_error", json_true()) != 0;
	return (req_whole(o, bad));
}

/* The block of a part; 0 and *o NULL when it is left out; -1. */
static int
block(const struct talk_part *p, json_t **o)
{
	*o = NULL;
	switch (p->kind) {
	case PART_TEXT:
		if (!req_says(p))
			return (0);
		*o = text_block(p->text, p->n);
		break;
	case PART_THINKING:
	case PART_REDACTED:
		if (!req_proves(p, WIRE_ANTHROPIC))
			return (0);
		*o = p->kind == PART_THINKING ? thinking_block(p) :
		    redacted_block(p);
		break;
	case PART_CALL:
		*o = call_block(p);
		break;
	case PART_RESULT:
		*o = result_block(p);
		break;
	}
	return (*o == NULL ? -1 : 0);
}

/* Parts that are results, or those that are not. */
static int
blocks(json_t *list, const struct talk_message *m, int are_results)
{
	json_t	*o;
	size_t	 i;

	for (i = 0; i < m->nparts; i++) {
		if ((m->parts[i].kind == PART_RESULT) != are_results)
			continue;
		if (block(&m->parts[i], &o) != 0 ||
		    (o != NULL && req_append(list, o) != 0))
			return (-1);
	}
	return (0);
}

static int
message(json_t *list, const struct talk_message *m)
{
	json_t	*o, *content = json_array();

	if (content == NULL || blocks(content, m, 1) != 0 ||
	    blocks(content, m, 0) != 0) {
		json_decref(content);
		return (-1);
	}
	if (json_array_size(content) == 0) {
		json_decref(content);
		return (0);
	}
	if ((o = json_object()) == NULL || req_put(o, "role", req_str(m->role ==
	    TALK_USER ? "user" : "assistant")) != 0) {
		json_decref(o);
		json_decref(content);
		return (-1);
	}
	return (req_append(list, req_whole(o, req_put(o, "content",
	    content) != 0)));
}

/* A cache may end behind the last block of a list. */
static int
cache_here(json_t *list)
{
	json_t	*last = json_array_get(list, json_array_size(list) - 1);

	return (last == NULL ? 0 : req_put(last, "cache_control",
	    req_typed("ephemeral")));
}

static json_t *
messages(const struct talk *t)
{
	json_t	*list = json_array(), *last;
	size_t	 i;
	int	 bad = list == NULL;

	for (i = 0; i < t->nmessages && !bad; i++)
		bad = message(list, &t->messages[i]) != 0;
	last = json_array_get(list, json_array_size(list) - 1);
	/* Thinking, which the model's end with, cannot be marked. */
	if (!bad && t->cache && last != NULL &&
	    strcmp(wire_str(last, "role"), "user") == 0)
		bad = cache_here(json_object_get(last, "content")) != 0;
	return (req_whole(list, bad));
}

static json_t *
system_list(const struct talk *t)
{
	json_t	*list = json_array();
	int	 bad;

	bad = req_append(list, text_block(t->system, strlen(t->system))) != 0;
	if (!bad && t->cache)
		bad = cache_here(list) != 0;
	return (req_whole(list, bad));
}

static json_t *
tools(const struct talk *t, char *why, size_t size)
{
	json_t	*list = json_array(), *o;
	size_t	 i;
	int	 bad = list == NULL;

	for (i = 0; i < t->ntools && !bad; i++) {
		o = json_object();
		bad = req_put(o, "name", req_str(t->tools[i].name)) != 0 ||
		    req_put(o, "description",
		    req_str(t->tools[i].description)) != 0 ||
		    req_put(o, "input_schema",
		    req_schema(&t->tools[i], why, size)) != 0;
		bad = req_append(list, req_whole(o, bad)) != 0;
	}
	return (req_whole(list, bad));
}

static int
effort(json_t *o, const char *word)
{
	json_t	*config;

	if (req_put(o, "thinking", req_typed("adaptive")) != 0)
		return (-1);
	config = json_object();
	return (req_put(o, "output_config", req_whole(config,
	    req_put(config, "effort", req_str(word)) != 0)));
}

json_t *
anthropic_compose(const struct talk *t, char *why, size_t size)
{
	json_t	*o = json_object();
	int	 bad;

	bad = req_put(o, "model", req_str(t->model)) != 0 ||
	    req_put(o, "max_tokens",
	    json_integer((json_int_t)t->max_tokens)) != 0;
	if (!bad && t->stream)
		bad = req_put(o, "stream", json_true()) != 0;
	if (!bad && t->system != NULL)
		bad = req_put(o, "system", system_list(t)) != 0;
	if (!bad && t->ntools > 0)
		bad = req_put(o, "tools", tools(t, why, size)) != 0;
	if (!bad && t->effort != NULL)
		bad = effort(o, t->effort) != 0;
	if (!bad)
		bad = req_put(o, "messages", messages(t)) != 0;
	return (req_whole(o, bad));
}
