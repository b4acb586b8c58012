/*
 * Server-sent events.  Runs in the executor on what a model server sends: a
 * line is put together, bounded, and only then looked at, so that it makes no
 * difference how the bytes were cut.
 */
#include <string.h>

#include "common/rec.h"
#include "executor/sse.h"

#define KEEP_MOST	65536	/* bytes of room kept for the next line */
#define RETRY_DIGITS	9	/* more: longer than anybody waits */

struct field {
	const char	*name;
	enum wire_err	(*set)(struct sse *, const char *, size_t);
};

static enum wire_err	set_data(struct sse *, const char *, size_t);
static enum wire_err	set_event(struct sse *, const char *, size_t);
static enum wire_err	set_id(struct sse *, const char *, size_t);
static enum wire_err	set_retry(struct sse *, const char *, size_t);

/* Every other field is ignored, as the specification wants it. */
static const struct field fields[] = {
	{ "data",	set_data },
	{ "event",	set_event },
	{ "id",		set_id },
	{ "retry",	set_retry }
};

void
sse_init(struct sse *s, sse_fn *fn, void *arg)
{
	memset(s, 0, sizeof(*s));
	s->fn = fn;
	s->arg = arg;
	s->retry = -1;
	s->first = 1;
}

void
sse_free(struct sse *s)
{
	buf_free(&s->line);
	buf_free(&s->data);
	buf_free(&s->type);
	buf_free(&s->id);
}

static enum wire_err
over(struct sse *s, enum wire_limit l)
{
	s->limit = l;
	return (WERR_LIMIT);
}

/* Append within a limit; the room is the buffer's then. */
static enum wire_err
add(struct sse *s, struct buf *b, const char *p, size_t n, enum wire_limit l)
{
	if (n > wire_limit(l) - b->len)
		return (over(s, l));
	return (buf_add(b, p, n) == 0 ? WERR_OK : WERR_MEMORY);
}

/* One large event must not cost the session that room until its end. */
static void
clear(struct buf *b)
{
	b->len = 0;
	if (b->cap > KEEP_MOST)
		buf_free(b);
}

static enum wire_err
set_data(struct sse *s, const char *p, size_t n)
{
	enum wire_err	 e;

	if ((e = add(s, &s->data, p, n, WLIM_EVENT)) != WERR_OK)
		return (e);
	return (add(s, &s->data, "\n", 1, WLIM_EVENT));
}

static enum wire_err
set_event(struct sse *s, const char *p, size_t n)
{
	s->type.len = 0;
	return (add(s, &s->type, p, n, WLIM_FIELD));
}

static enum wire_err
set_id(struct sse *s, const char *p, size_t n)
{
	if (memchr(p, '\0', n) != NULL)
		return (WERR_OK);
	s->id.len = 0;
	return (add(s, &s->id, p, n, WLIM_FIELD));
}

static enum wire_err
set_retry(struct sse *s, const char *p, size_t n)
{
	int64_t	 v = 0;
	size_t	 i;

	for (i = 0; i < n && p[i] >= '0' && p[i] <= '9'; i++)
		if (i < RETRY_DIGITS)
			v = v * 10 + (p[i] - '0');
	if (n > 0 && i == n)
		s->retry = v;
	return (WERR_OK);
}

/* The empty line. */
static enum wire_err
dispatch(struct sse *s)
{
	struct sse_event	 ev = { .type = "message" };
	int			 r;

	if (s->data.len == 0) {
		s->type.len = 0;
		return (WERR_OK);
	}
	s->data.len--;			/* the last line's LF */
	ev.data = buf_str(&s->data);
	ev.n = s->data.len;
	ev.id = buf_str(&s->id);
	if (s->type.len > 0)
		ev.type = buf_str(&s->type);
	if (ev.data == NULL || ev.id == NULL || ev.type == NULL)
		return (WERR_MEMORY);
	r = s->fn(s->arg, &ev);
	clear(&s->data);
	s->type.len = 0;
	s->stopped = r == SSE_STOP;
	return (r == SSE_STOP ? WERR_OK : (enum wire_err)r);
}

/* A NUL is a character here, which utf8_valid() does not think. */
static int
is_utf8(const char *p, size_t n)
{
	const char	*nul;

	while ((nul = memchr(p, '\0', n)) != NULL) {
		if (!utf8_valid(p, (size_t)(nul - p)))
			return (0);
		n -= (size_t)(nul - p) + 1;
		p = nul + 1;
	}
	return (utf8_valid(p, n));
}

static enum wire_err
line_field(struct sse *s, const char *p, size_t n)
{
	const char	*colon = memchr(p, ':', n), *value;
	size_t		 i, len = colon == NULL ? n : (size_t)(colon - p);

	value = colon == NULL ? p + n : colon + 1;
	if (value < p + n && *value == ' ')
		value++;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (len == strlen(fields[i].name) &&
		    memcmp(p, fields[i].name, len) == 0)
			return (fields[i].set(s, value,
			    (size_t)(p + n - value)));
	return (WERR_OK);
}

static enum wire_err
line_end(struct sse *s)
{
	const char	*p = buf_str(&s->line);
	size_t		 n = s->line.len;
	enum wire_err	 e;

	if (p == NULL)
		return (WERR_MEMORY);
	if (s->first && n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3;
		n -= 3;
	}
	s->first = 0;
	if (n == 0)
		e = dispatch(s);
	else
		e = is_utf8(p, n) ? line_field(s, p, n) : WERR_UTF8;
	clear(&s->line);
	return (e);
}

/* Up to the end of a line, or all of it.  How much that was in *used. */
static enum wire_err
take(struct sse *s, const char *p, size_t n, size_t *used)
{
	enum wire_err	 e;
	size_t		 i;

	*used = 1;
	if (s->cr && *p == '\n') {
		s->cr = 0;
		return (WERR_OK);
	}
	s->cr = 0;
	for (i = 0; i < n && p[i] != '\n' && p[i] != '\r'; i++)
		;
	*used = i;
	if ((e = add(s, &s->line, p, i, WLIM_LINE)) != WERR_OK || i == n)
		return (e);
	(*used)++;
	s->cr = p[i] == '\r';
	return (line_end(s));
}

enum wire_err
sse_feed(struct sse *s, const void *v, size_t n)
{
	const char	*p = v;
	size_t		 room = wire_limit(WLIM_STREAM) - s->total, used;
	size_t		 left = n < room ? n : room;

	for (; left > 0 && s->err == WERR_OK && !s->stopped; left -= used) {
		s->err = take(s, p, left, &used);
		p += used;
		s->total += used;
	}
	if (n > room && s->err == WERR_OK && !s->stopped)
		s->err = over(s, WLIM_STREAM);
	if (s->err != WERR_OK)
		sse_free(s);
	return (s->err);
}
