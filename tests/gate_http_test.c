/*
 * HTTP heads and bodies.  Failures that it names: a request that the server
 * reads as another one than was checked, a header of one hop that reaches the
 * next, a body that does not end where the server thinks.
 */
#include <string.h>
#include <sys/types.h>

#include "common/err.h"
#include "gateway/http.h"
#include "tests/tap.h"

#define H	"Host: a.org\r\n"

/* want: status, or 0; out: what the server gets, NULL for a tunnel. */
static const struct {
	const char	*in;
	int		 want;
	const char	*out;
} requests[] = {
	{ "GET http://a.org/x?y HTTP/1.1\r\n" H "\r\n", 0,
	  "GET /x?y HTTP/1.1\r\n" H "Via: 1.1 praetor\r\n"
	  "Connection: close\r\n\r\n" },
	{ "GET HTTP://A.org:80 HTTP/1.0\r\n\r\n", 0,
	  "GET / HTTP/1.0\r\n" H "Via: 1.0 praetor\r\n"
	  "Connection: close\r\n\r\n" },
	{ "GET http://a.org?q HTTP/1.1\r\nhost:a.ORG:80\r\n\r\n", 0,
	  "GET /?q HTTP/1.1\r\n" H "Via: 1.1 praetor\r\n"
	  "Connection: close\r\n\r\n" },
	{ "GET http://a.org:8080/ HTTP/1.1\r\nHost: a.org.:8080\r\n\r\n", 0,
	  "GET / HTTP/1.1\r\nHost: a.org:8080\r\nVia: 1.1 praetor\r\n"
	  "Connection: close\r\n\r\n" },
	{ "GET http://[::1]:81/ HTTP/1.1\r\nHost: [0::1]:81\r\n\r\n", 0,
	  "GET / HTTP/1.1\r\nHost: [::1]:81\r\nVia: 1.1 praetor\r\n"
	  "Connection: close\r\n\r\n" },
	/* headers of one hop, listed or named by Connection */
	{ "GET http://a.org/ HTTP/1.1\r\n" H "Accept: */*\r\n"
	  "Proxy-Connection: keep-alive\r\nConnection: x-one, Keep-Alive\r\n"
	  "Keep-Alive: 5\r\nX-One: 1\r\nX-Two: 2\r\nTE: trailers\r\n"
	  "Upgrade: h2c\r\nProxy-Authorization: Basic eA==\r\n\r\n", 0,
	  "GET / HTTP/1.1\r\n" H "Accept: */*\r\nX-Two: 2\r\n"
	  "Via: 1.1 praetor\r\nConnection: close\r\n\r\n" },
	{ "POST http://a.org/ HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\n", 0,
	  "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nVia: 1.1 praetor\r\n"
	  "Connection: close\r\n\r\n" },
	{ "POST http://a.org/ HTTP/1.1\r\n" H "transfer-encoding: CHUNKED\r\n"
	  "\r\n", 0, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
	  "Via: 1.1 praetor\r\nConnection: close\r\n\r\n" },
	{ "GET http://a.org/ HTTP/1.1\r\n" H "X: \xc3\xa9\t \r\n\r\n", 0,
	  "GET / HTTP/1.1\r\n" H "X: \xc3\xa9\r\nVia: 1.1 praetor\r\n"
	  "Connection: close\r\n\r\n" },
	{ "CONNECT a.org:443 HTTP/1.1\r\nHost: a.org:443\r\n\r\n", 0, NULL },
	{ "CONNECT a.org:443 HTTP/1.1\r\n" H "\r\n", 0, NULL },
	{ "CONNECT a.org:443 HTTP/1.0\r\n\r\n", 0, NULL },
	{ "CONNECT [::1]:443 HTTP/1.0\r\nContent-Length: 0\r\n\r\n", 0, NULL },

	/* no proxy request */
	{ "GET / HTTP/1.1\r\n" H "\r\n", 400, "proxy" },
	{ "OPTIONS * HTTP/1.1\r\n" H "\r\n", 400, "proxy" },
	{ "GET https://a.org/ HTTP/1.1\r\n" H "\r\n", 400, "CONNECT" },
	{ "GET ftp://a.org/ HTTP/1.1\r\n" H "\r\n", 400, "proxy" },
	{ "CONNECT a.org HTTP/1.1\r\n" H "\r\n", 400, "port" },
	{ "CONNECT http://a.org:443/ HTTP/1.1\r\n" H "\r\n", 400, "host" },
	{ "connect a.org:443 HTTP/1.1\r\n" H "\r\n", 400, "proxy" },
	/* who is meant */
	{ "GET http://a.org@evil.org/ HTTP/1.1\r\n" H "\r\n", 400, "host" },
	{ "GET http://u:p@a.org/ HTTP/1.1\r\n" H "\r\n", 400, "host" },
	{ "GET http://evil.org\\a.org/ HTTP/1.1\r\n" H "\r\n", 400, "host" },
	{ "GET http://evil.org%00.a.org/ HTTP/1.1\r\n" H "\r\n", 400, "host" },
	{ "GET http:///a.org/ HTTP/1.1\r\n" H "\r\n", 400, "host" },
	{ "GET http://a.org/#f HTTP/1.1\r\n" H "\r\n", 400, "fragment" },
	{ "GET http://a.org/ HTTP/1.1\r\nHost: evil.org\r\n\r\n", 400, "Host" },
	{ "GET http://a.org/ HTTP/1.1\r\nHost: a.org:81\r\n\r\n", 400, "Host" },
	{ "GET http://a.org/ HTTP/1.1\r\n" H H "\r\n", 400, "two" },
	{ "GET http://a.org/ HTTP/1.1\r\n\r\n", 400, "missing" },
	{ "GET http://a.org/ HTTP/1.1\r\nHost:\r\n\r\n", 400, "Host" },
	{ "CONNECT a.org:443 HTTP/1.1\r\nHost: evil.org:443\r\n\r\n", 400,
	  "Host" },
	{ "CONNECT a.org:443 HTTP/1.1\r\nHost: a.org:22\r\n\r\n", 400,
	  "Host" },
	{ "GET http://a.org/ HTTP/1.1\r\n" H "Connection: host\r\n\r\n", 400,
	  "malformed" },
	/* where its body ends */
	{ "POST http://a.org/ HTTP/1.1\r\n" H "Content-Length: 5\r\n"
	  "Content-Length: 5\r\n\r\n", 400, "twice" },
	{ "POST http://a.org/ HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n\r\n",
	  400, "number" },
	{ "POST http://a.org/ HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n",
	  400, "number" },
	{ "POST http://a.org/ HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n",
	  400, "number" },
	{ "POST http://a.org/ HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 400,
	  "number" },
	{ "POST http://a.org/ HTTP/1.1\r\n" H
	  "Content-Length: 99999999999999999999\r\n\r\n", 400, "number" },
	{ "POST http://a.org/ HTTP/1.1\r\n" H "Content-Length: 5\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n", 400, "twice" },
	{ "POST http://a.org/ HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n", 400, "twice" },
	{ "POST http://a.org/ HTTP/1.1\r\n" H
	  "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "chunked" },
	{ "POST http://a.org/ HTTP/1.1\r\n" H
	  "Transfer-Encoding: \x0b" "chunked\r\n\r\n", 400, "malformed" },
	{ "POST http://a.org/ HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n"
	  "\r\n", 501, "chunked" },
	{ "POST http://a.org/ HTTP/1.1\r\n" H "Content-Length: 5\r\n"
	  "Connection: content-length\r\n\r\n", 400, "malformed" },
	{ "CONNECT a.org:443 HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\n", 400,
	  "body" },
	/* what a line is */
	{ "GET  http://a.org/ HTTP/1.1\r\n" H "\r\n", 400, "line" },
	{ "GET http://a.org/  HTTP/1.1\r\n" H "\r\n", 400, "line" },
	{ "GET http://a.org/ HTTP/1.1 \r\n" H "\r\n", 400, "line" },
	{ "GET\thttp://a.org/ HTTP/1.1\r\n" H "\r\n", 400, "line" },
	{ "GET http://a.org/ HTTP/2.0\r\n" H "\r\n", 400, "line" },
	{ "GET http://a.org/ HTTP/1.2\r\n" H "\r\n", 400, "line" },
	{ "GET http://a.org/ http/1.1\r\n" H "\r\n", 400, "line" },
	{ "GET http://a.org/\r\n" H "\r\n", 400, "line" },
	{ "\r\nGET http://a.org/ HTTP/1.1\r\n" H "\r\n", 400, "line" },
	{ "G\xc3\xa9T http://a.org/ HTTP/1.1\r\n" H "\r\n", 400, "line" },
	{ "GET http://a.org/\xc3\xa9 HTTP/1.1\r\n" H "\r\n", 400, "line" },
	{ "GET http://a.org/ HTTP/1.1\n" H "\r\n", 400, "line" },
	{ "GET http://a.org/ HTTP/1.1\r\nHost : a.org\r\n\r\n", 400,
	  "malformed" },
	{ "GET http://a.org/ HTTP/1.1\r\n" H " folded\r\n\r\n", 400,
	  "malformed" },
	{ "GET http://a.org/ HTTP/1.1\r\n" H "\tX: y\r\n\r\n", 400,
	  "malformed" },
	{ "GET http://a.org/ HTTP/1.1\r\n" H "X\r\n\r\n", 400, "malformed" },
	{ "GET http://a.org/ HTTP/1.1\r\n" H ": y\r\n\r\n", 400, "malformed" },
	{ "GET http://a.org/ HTTP/1.1\r\n" H "X: a\nHost: evil.org\r\n\r\n",
	  400, "malformed" },
	{ "GET http://a.org/ HTTP/1.1\r\n" H "X: a\rHost: evil.org\r\n\r\n",
	  400, "malformed" },
	{ "GET http://a.org/ HTTP/1.1\r\n" H "X: \x7f\r\n\r\n", 400,
	  "malformed" },
};

static void
test_requests(void **state)
{
	struct http_request	 r;
	char			 why[256];
	size_t			 i;
	int			 got;

	(void)state;
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		why[0] = '\0';
		got = http_request_parse(&r,
		    (const uint8_t *)requests[i].in, strlen(requests[i].in),
		    why, sizeof(why));
		if (got != requests[i].want)
			fail_msg("row %zu: %d, not %d (%s)", i, got,
			    requests[i].want, why);
		if (got != 0 && strstr(why, requests[i].out) == NULL)
			fail_msg("row %zu: \"%s\" does not say \"%s\"", i, why,
			    requests[i].out);
		if (got == 0 && requests[i].out == NULL)
			assert_true(r.connect && r.out.len == 0);
		if (got == 0 && requests[i].out != NULL) {
			assert_non_null(buf_str(&r.out));
			assert_string_equal((char *)r.out.data,
			    requests[i].out);
		}
		http_request_free(&r);
	}
}

/* A NUL ends a string and nothing else. */
static void
test_nul(void **state)
{
	static const char	 a[] = "GET http://a.org/ HTTP/1.1\r\n" H
				    "X: a\0b\r\n\r\n";
	static const char	 b[] = "CONNECT evil.org\0.a.org:443 HTTP/1.1"
				    "\r\n" H "\r\n";
	struct http_request	 r;
	char			 why[256];

	(void)state;
	assert_int_equal(http_request_parse(&r, (const uint8_t *)a,
	    sizeof(a) - 1, why, sizeof(why)), 400);
	http_request_free(&r);
	assert_int_equal(http_request_parse(&r, (const uint8_t *)b,
	    sizeof(b) - 1, why, sizeof(why)), 400);
	http_request_free(&r);
}

/* Found wherever the pieces are cut, and never before its last byte. */
static void
test_head(void **state)
{
	static const char	 in[] = "GET x HTTP/1.1\r\n\r\nrest";
	size_t			 n, cut, seen, want = sizeof(in) - 1 - 4;

	(void)state;
	for (cut = 0; cut < sizeof(in); cut++) {
		seen = 0;
		n = http_head((const uint8_t *)in, cut, &seen);
		assert_int_equal(n, cut >= want ? want : 0);
		if (n == 0)
			assert_int_equal(http_head((const uint8_t *)in,
			    sizeof(in) - 1, &seen), want);
	}
}

static const struct {
	const char		*in;
	int			 status;	/* 0: refused */
	const char		*out;
	enum http_framing	 framing;
} responses[] = {
	{ "HTTP/1.1 200 OK\r\nX: y\r\n\r\n", 200,
	  "HTTP/1.1 200 OK\r\nX: y\r\nVia: 1.1 praetor\r\n"
	  "Connection: close\r\n\r\n", BODY_CLOSE },
	{ "HTTP/1.0 404\r\nConnection: keep-alive, x\r\nX: y\r\n"
	  "Keep-Alive: 5\r\nContent-Length: 3\r\n\r\n", 404,
	  "HTTP/1.0 404\r\nContent-Length: 3\r\nVia: 1.0 praetor\r\n"
	  "Connection: close\r\n\r\n", BODY_LENGTH },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200,
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	  "Via: 1.1 praetor\r\nConnection: close\r\n\r\n", BODY_CHUNKED },
	{ "HTTP/1.1 100 Continue\r\n\r\n", 100,
	  "HTTP/1.1 100 Continue\r\n\r\n", BODY_NONE },
	{ "HTTP/1.1 204 None\r\nContent-Length: 3\r\n\r\n", 204,
	  "HTTP/1.1 204 None\r\nContent-Length: 3\r\nVia: 1.1 praetor\r\n"
	  "Connection: close\r\n\r\n", BODY_NONE },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n"
	  "\r\n", 0, NULL, BODY_NONE },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n", 0, NULL, BODY_NONE },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", 0, NULL,
	  BODY_NONE },
	{ "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n", 0, NULL,
	  BODY_NONE },
	{ "HTTP/2 200\r\n\r\n", 0, NULL, BODY_NONE },
	{ "HTTP/1.1 20 OK\r\n\r\n", 0, NULL, BODY_NONE },
	{ "HTTP/1.1 2000 OK\r\n\r\n", 0, NULL, BODY_NONE },
	{ "HTTP/1.1 099 OK\r\n\r\n", 0, NULL, BODY_NONE },
	{ "HTTP/1.1 200 O\x01K\r\n\r\n", 0, NULL, BODY_NONE },
	{ "HTTP/1.1 200 OK\r\n folded\r\n\r\n", 0, NULL, BODY_NONE },
	{ "220 smtp.example.org\r\n\r\n", 0, NULL, BODY_NONE },
};

static void
test_responses(void **state)
{
	struct http_response	 r;
	struct buf		 out = { 0 };
	size_t			 i;
	int			 e;

	(void)state;
	for (i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		buf_free(&out);
		e = http_response_parse(&r, (const uint8_t *)responses[i].in,
		    strlen(responses[i].in), 0, &out);
		if (e != (responses[i].status == 0 ? PRA_EPROTO : 0))
			fail_msg("row %zu: %d", i, e);
		if (e != 0)
			continue;
		assert_int_equal(r.status, responses[i].status);
		assert_int_equal(r.framing, responses[i].framing);
		assert_non_null(buf_str(&out));
		assert_string_equal((char *)out.data, responses[i].out);
	}
	buf_free(&out);
	assert_int_equal(http_response_parse(&r,
	    (const uint8_t *)responses[1].in, strlen(responses[1].in), 1,
	    &out), 0);
	assert_int_equal(r.framing, BODY_NONE);	/* it answers HEAD */
	buf_free(&out);
}

/* taken: bytes of the body; -1 refused; done: it ends there. */
static const struct {
	enum http_framing	 framing;
	uint64_t		 length;
	const char		*in;
	ssize_t			 taken;
	int			 done;
} bodies[] = {
	{ BODY_NONE, 0, "GET /", 0, 1 },
	{ BODY_CLOSE, 0, "GET /", 5, 0 },
	{ BODY_LENGTH, 0, "GET /", 0, 1 },
	{ BODY_LENGTH, 3, "abcGET /", 3, 1 },
	{ BODY_LENGTH, 3, "ab", 2, 0 },
	{ BODY_CHUNKED, 0, "0\r\n\r\nGET /", 5, 1 },
	{ BODY_CHUNKED, 0, "3\r\nabc\r\n0\r\n\r\nGET /", 13, 1 },
	{ BODY_CHUNKED, 0, "a;x=\"y\"\r\n0123456789\r\n00\r\n\r\n", 27, 1 },
	{ BODY_CHUNKED, 0, "3\r\nabc\r\n0\r\nX: y\r\nZ: t\r\n\r\nG", 25, 1 },
	{ BODY_CHUNKED, 0, "3\r\nab", 5, 0 },
	{ BODY_CHUNKED, 0, "3\r\nabcd", -1, 0 },
	{ BODY_CHUNKED, 0, "3\r\nabc\n", -1, 0 },
	{ BODY_CHUNKED, 0, "3\nabc", -1, 0 },
	{ BODY_CHUNKED, 0, "\r\n", -1, 0 },
	{ BODY_CHUNKED, 0, ";x\r\n", -1, 0 },
	{ BODY_CHUNKED, 0, " 3\r\n", -1, 0 },
	{ BODY_CHUNKED, 0, "3 \r\n", -1, 0 },
	{ BODY_CHUNKED, 0, "0x3\r\n", -1, 0 },
	{ BODY_CHUNKED, 0, "-3\r\n", -1, 0 },
	{ BODY_CHUNKED, 0, "1ffffffffffffffff\r\n", -1, 0 },
	{ BODY_CHUNKED, 0, "0\r\n\nGET", -1, 0 },
	{ BODY_CHUNKED, 0, "0\r\nX: y\n\r\n", -1, 0 },
};

/* In one piece and byte by byte: the same. */
static void
test_bodies(void **state)
{
	struct http_body	 b;
	const uint8_t		*in;
	size_t			 i, n, at;
	ssize_t			 k, sum;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		in = (const uint8_t *)bodies[i].in;
		n = strlen(bodies[i].in);
		http_body_init(&b, bodies[i].framing, bodies[i].length);
		k = http_body_take(&b, in, n);
		if (k != bodies[i].taken || b.done != bodies[i].done)
			fail_msg("row %zu: %zd, done %d", i, k, b.done);
		http_body_init(&b, bodies[i].framing, bodies[i].length);
		for (at = 0, sum = 0; at < n && sum != -1; at++) {
			k = http_body_take(&b, in + at, 1);
			sum = k == -1 ? -1 : sum + k;
		}
		if (sum != bodies[i].taken || b.done != bodies[i].done)
			fail_msg("row %zu by bytes: %zd", i, sum);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_bodies),
	};

	return (tap_run(tests));
}
