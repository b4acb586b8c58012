/*
 * Requests to model servers: what the three wires share.  Runs in the
 * executor on a conversation that is made of what people, models and tools
 * said: all of it is data, and jansson writes it as such.
 */
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/rec.h"
#include "executor/request.h"
#include "executor/wire_parse.h"

int
req_put(json_t *o, const char *name, json_t *v)
{
	return (v == NULL ? -1 : json_object_set_new_nocheck(o, name, v));
}

int
req_append(json_t *list, json_t *v)
{
	return (v == NULL ? -1 : json_array_append_new(list, v));
}

json_t *
req_whole(json_t *v, int failed)
{
	if (!failed)
		return (v);
	json_decref(v);
	return (NULL);
}

json_t *
req_text(const char *p, size_t n)
{
	struct buf	 b = { 0 };
	json_t		*v = NULL;

	if (utf8_valid(p, n))
		return (json_stringn_nocheck(p, n));
	if (utf8_clean(p, n, &b) == 0)
		v = json_stringn_nocheck((char *)b.data, b.len);
	buf_free(&b);
	return (v);
}

json_t *
req_str(const char *s)
{
	return (req_text(s, strlen(s)));
}

json_t *
req_typed(const char *type)
{
	json_t	*o = json_object();

	return (req_whole(o, req_put(o, "type", req_str(type)) != 0));
}

json_t *
req_args(const struct talk_part *p)
{
	enum wire_limit	 limit;
	enum wire_err	 e;
	char		 why[300];
	json_t		*o;

	o = wire_json(p->text, p->n, 0, &e, &limit, why, sizeof(why));
	if (json_is_object(o))
		return (o);
	json_decref(o);
	return (json_object());
}

json_t *
req_args_text(const struct talk_part *p)
{
	json_t	*o = req_args(p), *v = o == NULL ? NULL : wire_json_text(o);

	json_decref(o);
	return (v);
}

json_t *
req_schema(const struct talk_tool *t, char *why, size_t size)
{
	enum wire_limit	 limit;
	enum wire_err	 e;
	char		 text[300] = "not an object";
	json_t		*o;

	o = wire_json(t->schema, strlen(t->schema), 0, &e, &limit, text,
	    sizeof(text));
	if (json_is_object(o))
		return (o);
	json_decref(o);
	if (e == WERR_LIMIT)
		snprintf(text, sizeof(text), "more than %zu %s",
		    wire_limit(limit), wire_limit_what(limit));
	snprintf(why, size, "tool %s: its schema is no JSON object: %s",
	    t->name, text);
	return (NULL);
}

int
req_says(const struct talk_part *p)
{
	size_t	 i;

	for (i = 0; i < p->n; i++)
		if (strchr(" \t\r\n", p->text[i]) == NULL)
			return (1);
	return (0);
}

int
req_proves(const struct talk_part *p, enum wire_id id)
{
	return (p->from == wire_get(id) && (p->kind == PART_REDACTED ||
	    (p->signature != NULL && *p->signature != '\0')));
}

/* Which parts a role may have. */
static const int may[][2] = {
	[PART_TEXT] =		{ [TALK_USER] = 1, [TALK_MODEL] = 1 },
	[PART_THINKING] =	{ [TALK_MODEL] = 1 },
	[PART_REDACTED] =	{ [TALK_MODEL] = 1 },
	[PART_CALL] =		{ [TALK_MODEL] = 1 },
	[PART_RESULT] =		{ [TALK_USER] = 1 }
};

/* The results that a message has for a call's id. */
static size_t
results(const struct talk_message *m, const char *id)
{
	size_t	 i, n = 0;

	for (i = 0; m != NULL && i < m->nparts; i++)
		n += m->parts[i].kind == PART_RESULT &&
		    strcmp(m->parts[i].id, id) == 0;
	return (n);
}

static size_t
calls(const struct talk_message *m, const char *id)
{
	size_t	 i, n = 0;

	for (i = 0; m != NULL && i < m->nparts; i++)
		n += m->parts[i].kind == PART_CALL &&
		    strcmp(m->parts[i].id, id) == 0;
	return (n);
}

/*
 * Every server refuses a call without its result in the next message, and a
 * result without a call in the one before.  NULL, or what is wrong.
 */
static const char *
part_wrong(const struct talk_part *p, const struct talk_message *before,
    const struct talk_message *m, const struct talk_message *next)
{
	if (!may[p->kind][m->role])
		return ("does not belong to this role");
	if (p->kind == PART_CALL && (calls(m, p->id) != 1 ||
	    results(next, p->id) != 1))
		return ("a tool call needs one result in the next message");
	if (p->kind == PART_RESULT && (results(m, p->id) != 1 ||
	    calls(before, p->id) != 1))
		return ("a result needs one call in the message before");
	return (NULL);
}

/* 0, or -1 and why. */
static int
talk_check(const struct talk *t, char *why, size_t size)
{
	const struct talk_message	*m, *before, *next;
	const char		*wrong;
	size_t			 i, k;

	for (i = 0; i < t->nmessages; i++) {
		m = &t->messages[i];
		before = i == 0 ? NULL : m - 1;
		next = i + 1 == t->nmessages ? NULL : m + 1;
		for (k = 0; k < m->nparts; k++) {
			wrong = part_wrong(&m->parts[k], before, m, next);
			if (wrong == NULL)
				continue;
			snprintf(why, size, "message %zu, part %zu: %s",
			    i + 1, k + 1, wrong);
			return (-1);
		}
	}
	return (0);
}

int
wire_compose(const struct wire *w, const struct talk *t, struct buf *out,
    char *why, size_t size)
{
	json_t	*o;
	int	 r;

	*why = '\0';
	if (talk_check(t, why, size) != 0)
		return (PRA_EINVALID);
	if ((o = w->compose(t, why, size)) == NULL)
		return (*why == '\0' ? PRA_ENOMEM : PRA_EINVALID);
	r = wire_json_dump(o, out);
	json_decref(o);
	return (r);
}
