/*
 * Answers as JSON.  Runs in the frontend on records of the engine, which are
 * checked against the tables but hold foreign text.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/json.h"
#include "common/proto.h"
#include "frontend/item.h"
#include "frontend/trace.h"

#define CUT	1024	/* bytes left of a string when an item is too long */

static int
put_text(json_t *o, const char *name, const char *text)
{
	json_t	*v;

	if (text == NULL || (v = jrec_text(text)) == NULL)
		return (-1);
	return (json_object_set_new(o, name, v));
}

/* {"label", "text"}, or NULL for an event without a line. */
static json_t *
trace_json(const struct rec *ev)
{
	struct buf	 label = { 0 }, text = { 0 };
	json_t		*o = NULL;

	if (trace_line(ev, &label, &text) != 0 || (o = json_object()) == NULL)
		goto out;
	if (put_text(o, "label", buf_str(&label)) == -1 ||
	    put_text(o, "text", buf_str(&text)) == -1) {
		json_decref(o);
		o = NULL;
	}
out:
	buf_free(&label);
	buf_free(&text);
	return (o);
}

/* "trace" into the object of a v_event, when its event has a line. */
static void
put_trace(json_t *o, const struct rec *view)
{
	struct reader	 rd;
	struct rec	*ev;
	json_t		*trace;
	const void	*p;
	size_t		 n;

	p = rec_bytes(view, F_v_event_data, &n);
	reader_init(&rd, p, n);
	if (rec_decode(&rd, &ev) != 0)
		return;
	if ((trace = trace_json(ev)) != NULL)
		(void)json_object_set_new(o, "trace", trace);
	rec_free(ev);
}

static char *
item_try(const struct rec *view, size_t most)
{
	json_t	*o = json_object(), *fields = jrec_object(view, most);
	char	*text = NULL;

	if (o == NULL || fields == NULL ||
	    json_object_set_new(o, "kind",
	    json_string(rec_def(rec_kind(view))->name)) == -1 ||
	    json_object_update(o, fields) == -1)
		goto out;
	if (rec_kind(view) == REC_v_event && most == 0)
		put_trace(o, view);
	text = json_dumps(o, JSON_COMPACT);
out:
	json_decref(fields);
	json_decref(o);
	return (text);
}

char *
item_text(const struct rec *view)
{
	char	*text = item_try(view, 0);

	if (text == NULL || strlen(text) <= MAX_ITEM)
		return (text);
	free(text);
	text = item_try(view, CUT);
	if (text != NULL && strlen(text) > MAX_ITEM) {
		free(text);
		return (NULL);
	}
	return (text);
}

/* What is not there is left out. */
static void
put_done(json_t *o, const char *name, const char *text)
{
	if (*text != '\0')
		(void)put_text(o, name, text);
}

char *
done_text(const char *error, const char *message, const char *remedy,
    const char *subject)
{
	json_t	*o = json_object();
	char	*text;

	if (o == NULL)
		return (NULL);
	put_done(o, "error", error);
	put_done(o, "message", message);
	put_done(o, "remedy", remedy);
	put_done(o, "subject", subject);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return (text);
}
