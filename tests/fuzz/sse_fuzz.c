/*
 * Fuzzing of executor/sse.c: any bytes as a stream.  However they are cut, the
 * events, the error and what is left over are the same; and what is given is
 * text, within its limits.
 */
#include <string.h>

#include "common/rec.h"
#include "executor/sse.h"
#include "tests/fuzz/fuzz.h"

static const char *const	 seeds[] = {
	"\x01" "data: a\n\n",
	"\x02\xef\xbb\xbf" "event: x\r\nid: 1\r\ndata: a\r\ndata: b\r\n\r\n",
	"\x03" ": ping\r\rretry: 100\rdata:a\rdata\r\rid\n\ndata: c\n\n",
	"\x05" "event: message_start\ndata: {\"type\":\"message_start\"}\n\n"
	    "event: ping\ndata: {}\n\nevent: e\n\n",
	"\x07" "data: \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n\ndata: \xe2\x82",
	"\x09" "data: a\n\ndata: \xff\n\ndata: b\n\n",
	"\x0b" "id: a\nid: b\nevent\ndata: [DONE]\n\n\n\nunknown: x\nx\n:\n"
};

static int
collect(void *arg, const struct sse_event *ev)
{
	struct buf	*b = arg;
	size_t		 i;

	FUZZ_ASSERT(ev->data[ev->n] == '\0');
	FUZZ_ASSERT(strlen(ev->type) <= wire_limit(WLIM_FIELD));
	FUZZ_ASSERT(strlen(ev->id) <= wire_limit(WLIM_FIELD));
	FUZZ_ASSERT(utf8_valid(ev->type, strlen(ev->type)));
	for (i = 0; i < ev->n; i += strlen(ev->data + i) + 1)
		FUZZ_ASSERT(utf8_valid(ev->data + i, strlen(ev->data + i)));
	FUZZ_ASSERT(buf_printf(b, "%s|%s|%zu|", ev->type, ev->id, ev->n) == 0);
	FUZZ_ASSERT(buf_add(b, ev->data, ev->n) == 0);
	/* A reader that has enough, and one that fails. */
	return (ev->n == 3 && memcmp(ev->data, "end", 3) == 0 ? SSE_STOP :
	    ev->n == 3 && memcmp(ev->data, "bad", 3) == 0 ? WERR_ORDER : 0);
}

/* Events and how it ended, in pieces of a size. */
static void
run(const uint8_t *p, size_t n, size_t piece, struct buf *out)
{
	struct sse	 s;
	enum wire_err	 e = WERR_OK;
	size_t		 i, k;

	sse_init(&s, collect, out);
	for (i = 0; i < n; i += k) {
		k = piece < n - i ? piece : n - i;
		e = sse_feed(&s, p + i, k);
		FUZZ_ASSERT(e == s.err);
	}
	FUZZ_ASSERT(e == WERR_OK || (s.line.data == NULL &&
	    s.data.data == NULL));
	FUZZ_ASSERT(buf_printf(out, "%s %lld %zu", wire_err_word(e),
	    (long long)s.retry, s.line.len) == 0);
	sse_free(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf	 a = { 0 }, b = { 0 };
	size_t		 pieces[2] = { 1, 0 }, i;

	if (size == 0)
		return (0);
	pieces[1] = 1 + data[0];
	run(data + 1, size - 1, SIZE_MAX, &a);
	for (i = 0; i < 2; i++) {
		b.len = 0;
		run(data + 1, size - 1, pieces[i], &b);
		FUZZ_ASSERT(a.len == b.len &&
		    memcmp(a.data, b.data, a.len) == 0);
	}
	buf_free(&a);
	buf_free(&b);
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
