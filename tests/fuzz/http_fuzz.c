/*
 * Fuzzing of gateway/http.c and body.c: any bytes as a request with its body,
 * as a response, as a chunked body in pieces.  What the server gets must be a
 * request that is read the same way, and a body must end at one place however
 * it comes.
 */
#include <string.h>
#include <sys/types.h>

#include "gateway/http.h"
#include "tests/fuzz/fuzz.h"

#define H	"Host: a.org\r\n"

static const char *const	 seeds[] = {
	"QGET http://a.org/x?y HTTP/1.1\r\n" H "Accept: */*\r\n\r\n",
	"QCONNECT a.org:443 HTTP/1.1\r\n" H "Proxy-Connection: x\r\n\r\nabc",
	"QPOST http://a.org:81/ HTTP/1.1\r\nHost: a.org:81\r\n"
	    "Content-Length: 5\r\nConnection: x-y\r\nX-Y: z\r\n\r\nhello",
	"QPOST http://a.org/ HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
	    "\r\n3;e=f\r\nabc\r\n0\r\nT: u\r\n\r\n",
	"QGET http://[::1]/ HTTP/1.0\r\n\r\n",
	"RHTTP/1.1 200 OK\r\nConnection: x\r\nX: y\r\nContent-Length: 3\r\n"
	    "\r\nabc",
	"RHTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 404\r\n\r\n",
	"C3\r\nabc\r\nA;x\r\n0123456789\r\n0\r\nT: u\r\n\r\nGET / HTTP/1.1",
};

/* What goes out is in absolute form the same request again. */
static void
check_out(struct http_request *r)
{
	struct http_request	 again;
	struct buf		 b = { 0 };
	char			 why[256], host[HOST_TEXT];
	char			*sp;

	FUZZ_ASSERT(buf_str(&r->out) != NULL);
	FUZZ_ASSERT(strlen((char *)r->out.data) == r->out.len);
	sp = strchr((char *)r->out.data, ' ');
	FUZZ_ASSERT(sp != NULL && sp[1] == '/');
	authority_format(host, &r->host, r->port);
	FUZZ_ASSERT(buf_printf(&b, "%.*s http://%s%s",
	    (int)(sp - (char *)r->out.data), (char *)r->out.data, host,
	    sp + 1) == 0);
	FUZZ_ASSERT(http_request_parse(&again, b.data, b.len, why,
	    sizeof(why)) == 0);
	FUZZ_ASSERT(again.framing == r->framing && again.length == r->length &&
	    again.port == r->port && strcmp(again.host.name,
	    r->host.name) == 0);
	FUZZ_ASSERT(strcasestr((char *)r->out.data, "\nProxy-Connection:") ==
	    NULL);
	http_request_free(&again);
	buf_free(&b);
}

static void
as_body(enum http_framing framing, uint64_t length, const uint8_t *p,
    size_t n)
{
	struct http_body	 b, by;
	ssize_t			 k, j = 0, sum = 0;
	size_t			 i;

	http_body_init(&b, framing, length);
	http_body_init(&by, framing, length);
	k = http_body_take(&b, p, n);
	FUZZ_ASSERT(k == -1 || (size_t)k == n || b.done);
	for (i = 0; i < n && j != -1; i++) {
		j = http_body_take(&by, p + i, 1);
		sum += j;
	}
	if (k == -1)
		FUZZ_ASSERT(j == -1);
	else
		FUZZ_ASSERT(sum == k && b.done == by.done);
}

static void
as_request(const uint8_t *p, size_t n)
{
	struct http_request	 r;
	char			 why[256] = "";
	size_t			 len, seen = 0;
	int			 e;

	if ((len = http_head(p, n, &seen)) == 0)
		return;
	FUZZ_ASSERT(len <= n);
	e = http_request_parse(&r, p, len, why, sizeof(why));
	FUZZ_ASSERT(e == 0 || (e >= 400 && e < 600 && why[0] != '\0'));
	if (e == 0 && !r.connect) {
		check_out(&r);
		as_body(r.framing, r.length, p + len, n - len);
	}
	http_request_free(&r);
}

static void
as_response(const uint8_t *p, size_t n)
{
	struct http_response	 r;
	struct buf		 out = { 0 };
	size_t			 len, seen = 0, again = 0;

	if ((len = http_head(p, n, &seen)) == 0)
		return;
	if (http_response_parse(&r, p, len, 0, &out) == 0) {
		FUZZ_ASSERT(r.status >= 100 && r.status <= 999);
		FUZZ_ASSERT(http_head(out.data, out.len, &again) == out.len);
		as_body(r.framing, r.length, p + len, n - len);
	}
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == 'Q')
		as_request(data + 1, size - 1);
	else if (size > 0 && data[0] == 'R')
		as_response(data + 1, size - 1);
	else if (size > 0)
		as_body(BODY_CHUNKED, 0, data + 1, size - 1);
	return (0);
}

size_t
fuzz_seed(size_t i, uint8_t *out, size_t size)
{
	size_t	 n;

	if (i >= sizeof(seeds) / sizeof(seeds[0]))
		return (0);
	n = strlen(seeds[i]);
	FUZZ_ASSERT(n <= size);
	memcpy(out, seeds[i], n);
	return (n);
}
