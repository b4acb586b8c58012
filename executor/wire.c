/*
 * Answers of model servers: from bytes to a wire's events.  Runs in the
 * executor on what a server sends, through the gateway, which does not read
 * it.  Whatever is wrong ends the answer with one ERROR.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/wire_parse.h"

#define HTTP_OK		200
#define ERROR_MOST	65536	/* bytes of an error's body that are read */

static const struct wire wires[WIRE_MAX] = {
#define WIRE(name, word, prefix, path)					\
	[WIRE_##name] = { word, path, prefix##_event, prefix##_whole,	\
	    prefix##_done, prefix##_compose },
#include "executor/wire.tbl"
#undef WIRE
};

static const char *const kinds[WE_MAX] = {
	[WE_NONE] = "",
#define WEVENT(name, word) [WE_##name] = word,
#define WSTOP(name, word, text)
#include "executor/wire_event.tbl"
#undef WEVENT
#undef WSTOP
};

static const struct {
	const char	*word, *text;
} stops[WS_MAX] = {
	[WS_NONE] = { "", "" },
#define WEVENT(name, word)
#define WSTOP(name, word, text) [WS_##name] = { word, text },
#include "executor/wire_event.tbl"
#undef WEVENT
#undef WSTOP
};

const struct wire *
wire_get(enum wire_id id)
{
	return (&wires[id]);
}

const struct wire *
wire_byname(const char *name)
{
	size_t	 i;

	for (i = 0; i < WIRE_MAX; i++)
		if (strcmp(wires[i].name, name) == 0)
			return (&wires[i]);
	return (NULL);
}

const char *
wire_name(const struct wire *w)
{
	return (w->name);
}

const char *
wire_path(const struct wire *w)
{
	return (w->path);
}

const char *
wire_kind_word(enum wire_kind k)
{
	return (kinds[k]);
}

const char *
wire_stop_word(enum wire_stop s)
{
	return (stops[s].word);
}

const char *
wire_stop_text(enum wire_stop s)
{
	return (stops[s].text);
}

/* The data of an event, or a whole answer, as an object.  NULL: reported. */
static json_t *
load(struct wire_parser *wp, const char *p, size_t n)
{
	enum wire_limit	 limit;
	enum wire_err	 e;
	char		 why[300] = "";
	json_t		*o;

	o = wire_json(p, n, JSON_ALLOW_NUL, &e, &limit, why, sizeof(why));
	if (o != NULL && !json_is_object(o)) {
		json_decref(o);
		wp_fail(wp, WERR_JSON, "not an object");
		return (NULL);
	}
	if (o == NULL && e == WERR_LIMIT)
		wp_limit(wp, limit);
	/* The end of an event is known: nothing of it is missing. */
	else if (o == NULL)
		wp_fail(wp, e == WERR_TRUNCATED && wp->mode == WIRE_STREAM ?
		    WERR_JSON : e, "%s", why);
	return (o);
}

static int
on_event(void *arg, const struct sse_event *ev)
{
	struct wire_parser	*wp = arg;
	json_t			*o;

	if (strcmp(ev->data, "[DONE]") == 0) {
		wp->wire->done(wp);
	} else if ((o = load(wp, ev->data, ev->n)) != NULL) {
		wp->wire->event(wp, ev->type, o);
		json_decref(o);
	}
	return (wp->over ? SSE_STOP : 0);
}

struct wire_parser *
wire_open(const struct wire *w, enum wire_mode mode, int status, wire_fn *fn,
    void *arg)
{
	struct wire_parser	*wp = calloc(1, sizeof(*wp));

	if (wp == NULL)
		return (NULL);
	wp->wire = w;
	wp->mode = status == HTTP_OK ? mode : WIRE_WHOLE;
	wp->status = status;
	wp->fn = fn;
	wp->arg = arg;
	sse_init(&wp->sse, on_event, wp);
	return (wp);
}

void
wire_free(struct wire_parser *wp)
{
	size_t	 i;

	if (wp == NULL)
		return;
	for (i = 0; i < wp->nblocks; i++) {
		free(wp->blocks[i].id);
		free(wp->blocks[i].name);
		json_decref(wp->blocks[i].whole);
		buf_free(&wp->blocks[i].args);
	}
	free(wp->blocks);
	buf_free(&wp->body);
	sse_free(&wp->sse);
	free(wp);
}

static enum wire_err
feed_stream(struct wire_parser *wp, const void *p, size_t n)
{
	enum wire_err	 e = sse_feed(&wp->sse, p, n);

	if (wp->over || e == WERR_OK)
		return (wp->err);
	return (e == WERR_LIMIT ? wp_limit(wp, wp->sse.limit) :
	    wp_fail(wp, e, NULL));
}

/* An error's body is cut, an answer refused. */
static enum wire_err
feed_whole(struct wire_parser *wp, const void *p, size_t n)
{
	size_t	 most = wp->status == HTTP_OK ? wire_limit(WLIM_EVENT) :
		    ERROR_MOST;

	if (n > most - wp->body.len) {
		if (wp->status == HTTP_OK)
			return (wp_limit(wp, WLIM_EVENT));
		n = most - wp->body.len;
	}
	return (buf_add(&wp->body, p, n) == 0 ? WERR_OK :
	    wp_fail(wp, WERR_MEMORY, NULL));
}

enum wire_err
wire_feed(struct wire_parser *wp, const void *p, size_t n)
{
	if (wp->over || n == 0)
		return (wp->err);
	return (wp->mode == WIRE_STREAM ? feed_stream(wp, p, n) :
	    feed_whole(wp, p, n));
}

static enum wire_err
finish_stream(struct wire_parser *wp)
{
	wp->wire->done(wp);
	return (wp->err);
}

static enum wire_err
finish_whole(struct wire_parser *wp)
{
	json_t	*o = load(wp, (char *)wp->body.data, wp->body.len);

	if (o == NULL)
		return (wp->err);
	wp->wire->whole(wp, o);
	json_decref(o);
	if (!wp->over)
		wp_fail(wp, WERR_ORDER, "not the answer of a model");
	return (wp->err);
}

/*
 * "error" of the body, or the body.  Servers, and the proxies before them, say
 * it in many ways; what is no JSON says nothing.
 */
static enum wire_err
finish_error(struct wire_parser *wp)
{
	enum wire_limit	 limit;
	enum wire_err	 e;
	char		 why[300];
	json_t		*o, *inner;

	o = wire_json((char *)wp->body.data, wp->body.len, 0, &e, &limit, why,
	    sizeof(why));
	inner = json_object_get(o, "error");
	wp_error(wp, inner != NULL ? inner : o);
	json_decref(o);
	return (wp->err);
}

enum wire_err
wire_finish(struct wire_parser *wp)
{
	if (wp->over)
		return (wp->err);
	if (wp->status != HTTP_OK)
		return (finish_error(wp));
	if (wp->mode == WIRE_STREAM)
		return (finish_stream(wp));
	return (finish_whole(wp));
}

int
wire_over(const struct wire_parser *wp)
{
	return (wp->over);
}
