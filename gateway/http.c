/*
 * HTTP/1 heads.  Runs in the gateway on what jobs and servers send.  A head
 * is cut into lines, a line into a name and a value, and each byte is held
 * against what may stand there; nothing is repaired and nothing is guessed,
 * so that the server cannot understand another request than was checked.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/err.h"
#include "gateway/http.h"

#define METHOD_MAX	32
#define NOMINATED	16	/* names in Connection headers */

/* A piece of the head; not ended by a NUL. */
struct span {
	const char	*p;
	size_t		 n;
};

struct field {
	struct span	 name, value;
};

/* What a reader of heads goes through. */
struct head {
	const char	*pos, *end;	/* behind the first line */
	struct span	 nominated[NOMINATED];
	size_t		 nnominated;
};

/* Not passed on in either direction, or written anew. */
static const char *const hop[] = {
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate",
	"Proxy-Authorization", "Proxy-Authentication-Info", "TE", "Upgrade"
};

/* A request's own: one of each at most, and written anew. */
static const char *const framing[] = {
	"Host", "Content-Length", "Transfer-Encoding"
};

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static int
is_token(char c)
{
	return (isalnum((unsigned char)c) ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL));
}

static int
span_is(struct span s, const char *text)
{
	return (s.n == strlen(text) && strncasecmp(s.p, text, s.n) == 0);
}

static int
span_in(struct span s, const char *const *list, size_t n)
{
	while (n-- > 0)
		if (span_is(s, list[n]))
			return (1);
	return (0);
}

static struct span
span_trim(struct span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return (s);
}

size_t
http_head(const uint8_t *p, size_t n, size_t *seen)
{
	const uint8_t	*at;
	size_t		 from = *seen > 3 ? *seen - 3 : 0;

	at = n < 4 ? NULL : memmem(p + from, n - from, "\r\n\r\n", 4);
	*seen = n;
	return (at == NULL ? 0 : (size_t)(at - p) + 4);
}

/* The next line without its end; 0, or -1 when there is no end. */
static int
line_next(struct head *h, struct span *line)
{
	const char	*cr;

	cr = memchr(h->pos, '\r', (size_t)(h->end - h->pos));
	if (cr == NULL || cr + 1 >= h->end || cr[1] != '\n')
		return (-1);
	line->p = h->pos;
	line->n = (size_t)(cr - h->pos);
	h->pos = cr + 2;
	return (0);
}

/* A header; 1, 0 at the empty line that ends the head, -1 for anything else. */
static int
field_next(struct head *h, struct field *f)
{
	struct span	 line;
	size_t		 i;

	if (line_next(h, &line) == -1)
		return (-1);
	if (line.n == 0)
		return (h->pos == h->end ? 0 : -1);
	for (i = 0; i < line.n && is_token(line.p[i]); i++)
		;
	if (i == 0 || i == line.n || line.p[i] != ':')
		return (-1);
	f->name = (struct span){ line.p, i };
	f->value = span_trim((struct span){ line.p + i + 1, line.n - i - 1 });
	for (i = 0; i < f->value.n; i++)
		if (((unsigned char)f->value.p[i] < 0x20 &&
		    f->value.p[i] != '\t') || f->value.p[i] == 0x7f)
			return (-1);
	return (1);
}

/* Remember what a Connection header names.  -1: more than any client would. */
static int
nominate(struct head *h, struct span value)
{
	struct span	 s;
	size_t		 n;

	while (value.n > 0) {
		for (n = 0; n < value.n && value.p[n] != ','; n++)
			;
		s = span_trim((struct span){ value.p, n });
		n += n < value.n;
		value.p += n;
		value.n -= n;
		if (s.n == 0)
			continue;
		if (h->nnominated == NOMINATED ||
		    span_in(s, framing, NELEM(framing)))
			return (-1);
		h->nominated[h->nnominated++] = s;
	}
	return (0);
}

static int
is_nominated(const struct head *h, struct span name)
{
	size_t	 i;

	for (i = 0; i < h->nnominated; i++)
		if (h->nominated[i].n == name.n && strncasecmp(
		    h->nominated[i].p, name.p, name.n) == 0)
			return (1);
	return (0);
}

/* Every header once over: is the head whole, and what does Connection name? */
static int
head_check(struct head *h)
{
	const char	*start = h->pos;
	struct field	 f;
	int		 r;

	while ((r = field_next(h, &f)) == 1)
		if (span_is(f.name, "Connection") &&
		    nominate(h, f.value) == -1)
			return (-1);
	h->pos = start;
	return (r);
}

static int
field_copy(struct buf *out, const struct field *f)
{
	return (buf_printf(out, "%.*s: %.*s\r\n", (int)f->name.n, f->name.p,
	    (int)f->value.n, f->value.p));
}

/* Requests. */

static int
refused(char *why, size_t size, int status, const char *text)
{
	snprintf(why, size, "%s", text);
	return (status);
}

#define BAD(text)	refused(why, size, 400, text)

/* Digits; 0, or -1. */
static int
length_parse(struct span s, uint64_t *v)
{
	*v = 0;
	if (s.n == 0 || s.n > 18)
		return (-1);
	for (; s.n > 0; s.p++, s.n--) {
		if (s.p[0] < '0' || s.p[0] > '9')
			return (-1);
		*v = *v * 10 + (uint64_t)(s.p[0] - '0');
	}
	return (0);
}

/* Its host must be what the request line named. */
static int
host_check(const struct http_request *r, struct span value, char *why,
    size_t size)
{
	struct host	 h;
	const char	*bad;
	uint16_t	 port;

	bad = authority_parse(value.p, value.n, r->connect ? r->port : 80, &h,
	    &port);
	if (bad == NULL && port == r->port && h.family == r->host.family &&
	    strcmp(h.name, r->host.name) == 0)
		return (0);
	return (BAD("the Host header names another host than the request "
	    "line"));
}

static int
framing_check(struct http_request *r, const struct field *f, char *why,
    size_t size)
{
	if (r->framing != BODY_NONE)
		return (BAD("the length of the body is given twice"));
	if (span_is(f->name, "Content-Length")) {
		r->framing = BODY_LENGTH;
		if (length_parse(f->value, &r->length) == -1)
			return (BAD("Content-Length is no number"));
		return (0);
	}
	r->framing = BODY_CHUNKED;
	if (r->minor == 0 || !span_is(f->value, "chunked"))
		return (refused(why, size, 501, "a transfer encoding that is "
		    "not chunked"));
	return (0);
}

/* The headers that decide what the request is.  0 or a status. */
static int
request_check(struct http_request *r, struct head h, char *why, size_t size)
{
	struct field	 f;
	int		 hosts = 0, e = 0;

	while (e == 0 && field_next(&h, &f) == 1) {
		if (span_is(f.name, "Host")) {
			e = hosts++ > 0 ? BAD("two Host headers") :
			    host_check(r, f.value, why, size);
		} else if (span_in(f.name, framing, NELEM(framing))) {
			e = framing_check(r, &f, why, size);
		}
	}
	if (e == 0 && hosts == 0 && r->minor > 0)
		e = BAD("the Host header is missing");
	if (e == 0 && r->connect && (r->framing == BODY_CHUNKED ||
	    (r->framing == BODY_LENGTH && r->length > 0)))
		e = BAD("CONNECT has no body");
	return (e);
}

static int
request_copy(struct http_request *r, struct head *h, struct span method,
    struct span path)
{
	struct field	 f;
	char		 host[HOST_TEXT];
	int		 e;

	authority_format(host, &r->host, r->port);
	if (r->port == 80)
		*strrchr(host, ':') = '\0';
	e = buf_printf(&r->out, "%.*s %s%.*s HTTP/1.%d\r\nHost: %s\r\n",
	    (int)method.n, method.p, path.n == 0 || path.p[0] != '/' ? "/" :
	    "", (int)path.n, path.p, r->minor, host);
	while (e == 0 && field_next(h, &f) == 1)
		if (!span_in(f.name, hop, NELEM(hop)) &&
		    !span_in(f.name, framing, NELEM(framing)) &&
		    !is_nominated(h, f.name))
			e = field_copy(&r->out, &f);
	if (e == 0 && r->framing == BODY_LENGTH)
		e = buf_printf(&r->out, "Content-Length: %llu\r\n",
		    (unsigned long long)r->length);
	if (e == 0 && r->framing == BODY_CHUNKED)
		e = buf_printf(&r->out, "Transfer-Encoding: chunked\r\n");
	if (e == 0)
		e = buf_printf(&r->out, "Via: 1.%d praetor\r\n"
		    "Connection: close\r\n\r\n", r->minor);
	return (e);
}

/* "HTTP/1.0" or "HTTP/1.1"; 0 or -1. */
static int
version_parse(struct span s, int *minor)
{
	if (s.n != 8 || memcmp(s.p, "HTTP/1.", 7) != 0 ||
	    (s.p[7] != '0' && s.p[7] != '1'))
		return (-1);
	*minor = s.p[7] - '0';
	return (0);
}

/* METHOD SP target SP version, one blank each.  0 or -1. */
static int
request_line(struct span line, struct span *method, struct span *target,
    int *minor)
{
	size_t	 i, k;

	for (i = 0; i < line.n && is_token(line.p[i]); i++)
		;
	for (k = i + 1; k < line.n && line.p[k] > 0x20 && line.p[k] < 0x7f;
	    k++)
		;
	if (i == 0 || i > METHOD_MAX || i >= line.n || line.p[i] != ' ' ||
	    k == i + 1 || k >= line.n || line.p[k] != ' ')
		return (-1);
	*method = (struct span){ line.p, i };
	*target = (struct span){ line.p + i + 1, k - i - 1 };
	return (version_parse((struct span){ line.p + k + 1, line.n - k - 1 },
	    minor));
}

/* "http://host[:port]/path": what stands behind the host is the path. */
static int
absolute_parse(struct http_request *r, struct span target, struct span *path,
    char *why, size_t size)
{
	const char	*bad;
	size_t		 n;

	if (target.n < 7 || strncasecmp(target.p, "http://", 7) != 0)
		return (BAD("this is a proxy: it takes CONNECT, and requests "
		    "whose target begins with http://"));
	target.p += 7;
	target.n -= 7;
	for (n = 0; n < target.n && strchr("/?#", target.p[n]) == NULL; n++)
		;
	*path = (struct span){ target.p + n, target.n - n };
	if (memchr(path->p, '#', path->n) != NULL)
		return (BAD("a fragment in the target"));
	bad = authority_parse(target.p, n, 80, &r->host, &r->port);
	if (bad == NULL)
		return (0);
	snprintf(why, size, "the target is not a host: %s", bad);
	return (400);
}

static int
connect_parse(struct http_request *r, struct span target, char *why,
    size_t size)
{
	const char	*bad;

	r->connect = 1;
	bad = authority_parse(target.p, target.n, 0, &r->host, &r->port);
	if (bad == NULL)
		return (0);
	snprintf(why, size, "the target is not host:port: %s", bad);
	return (400);
}

int
http_request_parse(struct http_request *r, const uint8_t *p, size_t n,
    char *why, size_t size)
{
	struct head	 h = { .pos = (const char *)p,
			    .end = (const char *)p + n };
	struct span	 line, method, target, path = { "", 0 };
	int		 e;

	memset(r, 0, sizeof(*r));
	if (line_next(&h, &line) == -1 ||
	    request_line(line, &method, &target, &r->minor) == -1)
		return (BAD("the request line is malformed"));
	if (head_check(&h) == -1)
		return (BAD("a header is malformed"));
	r->head = method.n == 4 && memcmp(method.p, "HEAD", 4) == 0;
	e = method.n == 7 && memcmp(method.p, "CONNECT", 7) == 0 ?
	    connect_parse(r, target, why, size) :
	    absolute_parse(r, target, &path, why, size);
	if (e == 0)
		e = request_check(r, h, why, size);
	if (e == 0 && !r->connect && request_copy(r, &h, method, path) != 0)
		e = refused(why, size, 500, "out of memory");
	return (e);
}

void
http_request_free(struct http_request *r)
{
	buf_free(&r->out);
}

/* Responses. */

/* "HTTP/1.1 200 OK"; 0 and the status, or -1. */
static int
status_line(struct span line, int *minor, int *status)
{
	size_t	 i;

	if (line.n < 12 || version_parse((struct span){ line.p, 8 },
	    minor) == -1 || line.p[8] != ' ' ||
	    (line.n > 12 && line.p[12] != ' '))
		return (-1);
	for (*status = 0, i = 9; i < 12; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return (-1);
		*status = *status * 10 + (line.p[i] - '0');
	}
	for (; i < line.n; i++)
		if ((unsigned char)line.p[i] < 0x20 || line.p[i] == 0x7f)
			return (-1);
	return (*status >= 100 ? 0 : -1);
}

/* One length, one coding, or neither.  0 or -1. */
static int
response_framing(struct http_response *r, struct head h, int head)
{
	struct field	 f;
	int		 n = 0;

	r->framing = BODY_CLOSE;
	while (field_next(&h, &f) == 1) {
		if (span_is(f.name, "Transfer-Encoding")) {
			r->framing = BODY_CHUNKED;
			if (n++ > 0 || !span_is(f.value, "chunked"))
				return (-1);
		} else if (span_is(f.name, "Content-Length")) {
			r->framing = BODY_LENGTH;
			if (n++ > 0 || length_parse(f.value, &r->length) == -1)
				return (-1);
		}
	}
	if (head || r->status < 200 || r->status == 204 || r->status == 304)
		r->framing = BODY_NONE;
	return (0);
}

int
http_response_parse(struct http_response *r, const uint8_t *p, size_t n,
    int head, struct buf *out)
{
	struct head	 h = { .pos = (const char *)p,
			    .end = (const char *)p + n };
	struct field	 f;
	struct span	 line;
	int		 e, minor;

	memset(r, 0, sizeof(*r));
	if (line_next(&h, &line) == -1 ||
	    status_line(line, &minor, &r->status) == -1 ||
	    r->status == 101 || head_check(&h) == -1 ||
	    response_framing(r, h, head) == -1)
		return (PRA_EPROTO);
	e = buf_printf(out, "%.*s\r\n", (int)line.n, line.p);
	while (e == 0 && field_next(&h, &f) == 1)
		if (!span_in(f.name, hop, NELEM(hop)) &&
		    !is_nominated(&h, f.name))
			e = field_copy(out, &f);
	if (e == 0 && r->status >= 200)
		e = buf_printf(out, "Via: 1.%d praetor\r\n"
		    "Connection: close\r\n", minor);
	return (e != 0 ? e : buf_add(out, "\r\n", 2));
}

static const struct { int status; const char *text; } phrases[] = {
	{ 400, "Bad Request" }, { 403, "Forbidden" },
	{ 408, "Request Timeout" }, { 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
	{ 502, "Bad Gateway" }, { 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" }
};

int
http_answer(struct buf *out, int status, const char *text)
{
	const char	*phrase = "Error";
	size_t		 i;

	for (i = 0; i < NELEM(phrases); i++)
		if (phrases[i].status == status)
			phrase = phrases[i].text;
	return (buf_printf(out, "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n"
	    "praetor: %s\n", status, phrase, strlen(text) + 10, text));
}
