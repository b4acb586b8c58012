/*
 * executor/sse.c.  Failures that it names: an event that depends on where the
 * bytes were cut, one that was not ended and is given all the same, a stream
 * that takes memory without end.
 */
#include "executor/sse.h"
#include "tests/tap.h"

/*
 * Events as "type|data|id;".  A stream that ends in the middle of one ends
 * with "..."; one that is refused with the error's word.
 */
static const struct {
	const char	*in;
	size_t		 n;		/* 0: strlen(in) */
	const char	*out;
	int64_t		 retry;
} streams[] = {
	{ "data: a\n\n", 0, "message|a|;", -1 },
	{ "data: a\r\n\r\n", 0, "message|a|;", -1 },
	{ "data: a\r\r", 0, "message|a|;", -1 },
	{ "data: a\r\n\n", 0, "message|a|;", -1 },
	{ "data: a\n\r\ndata: b\r\r\n", 0, "message|a|;message|b|;", -1 },
	{ "data: a\r\ndata: b\r\n\r\n", 0, "message|a\nb|;", -1 },
	{ "data:a\n\n", 0, "message|a|;", -1 },
	{ "data:  a \n\n", 0, "message| a |;", -1 },
	{ "data: a\ndata: b\ndata\n\n", 0, "message|a\nb\n|;", -1 },
	{ "data\n\n", 0, "message||;", -1 },
	{ "data:\ndata:\n\n", 0, "message|\n|;", -1 },
	{ "event: x\ndata: a\n\ndata: b\n\n", 0, "x|a|;message|b|;", -1 },
	{ "event: x\nevent: y\ndata: a\n\n", 0, "y|a|;", -1 },
	{ "event: x\nevent\ndata: a\n\n", 0, "message|a|;", -1 },
	/* an event without data is none, and forgets its type */
	{ "event: x\n\ndata: b\n\n", 0, "message|b|;", -1 },
	{ "\n\n\r\r\n", 0, "", -1 },
	{ ": ping\n\n:\n\n: a: b\ndata: a\n:\n\n", 0, "message|a|;", -1 },
	/* ids stay; one with a NUL is none */
	{ "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", 0,
	  "message|a|1;message|b|1;message|c|;", -1 },
	{ "id: 1\n\ndata: b\n\n", 0, "message|b|1;", -1 },
	{ "id: 1\nid: 2\0003\ndata: a\n\n", 23, "message|a|1;", -1 },
	{ "retry: 250\ndata: a\n\n", 0, "message|a|;", 250 },
	{ "retry: 250\nretry: x1\nretry: -1\nretry:\n\n", 0, "", 250 },
	{ "retry: 99999999999999999999\n", 0, "", 999999999 },
	{ "DATA: a\nData: b\n data: c\ndata : d\nx: e\n\n", 0, "", -1 },
	/* one byte order mark, at the very beginning */
	{ "\xef\xbb\xbf" "data: a\n\n", 0, "message|a|;", -1 },
	{ "\xef\xbb\xbf\n\ndata: a\n\n", 0, "message|a|;", -1 },
	{ "\xef\xbb\xbf\xef\xbb\xbf" "data: a\n\n", 0, "", -1 },
	{ "data: a\n\n\xef\xbb\xbf" "data: b\n\n", 0, "message|a|;", -1 },
	/* what is not ended is not an event */
	{ "data: a\n", 0, "...", -1 },
	{ "data: a", 0, "...", -1 },
	{ "data: a\n\ndata: b\r", 0, "message|a|;...", -1 },
	{ "data: a\n\nda", 0, "message|a|;...", -1 },
	{ "data: \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n\n", 0,
	  "message|\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80|;", -1 },
	{ "data: \xe2\x82", 0, "...", -1 },
	{ "data: a\n\ndata: \xe2\x82\n\ndata: b\n\n", 0, "message|a|;utf8",
	  -1 },
	{ "data: \xff\n\n", 0, "utf8", -1 },
	{ ": \xc0\x80\n", 0, "utf8", -1 },
	{ "data: \xed\xa0\x80\n", 0, "utf8", -1 }
};

static int
collect(void *arg, const struct sse_event *ev)
{
	struct buf	*b = arg;

	assert_int_equal(strlen(ev->data), ev->n);
	assert_int_equal(buf_printf(b, "%s|%s|%s;", ev->type, ev->data,
	    ev->id), 0);
	return (0);
}

/* Cut behind `cut` bytes, and behind each if it is n. */
static void
check(const char *in, size_t n, const char *out, int64_t retry, size_t cut)
{
	struct buf	 b = { 0 };
	struct sse	 s;
	enum wire_err	 e = WERR_OK;
	size_t		 i;

	sse_init(&s, collect, &b);
	if (cut < n) {
		sse_feed(&s, in, cut);
		e = sse_feed(&s, in + cut, n - cut);
	} else {
		for (i = 0; i < n; i++)
			e = sse_feed(&s, in + i, 1);
	}
	if (e != WERR_OK)
		assert_int_equal(buf_printf(&b, "%s", wire_err_word(e)), 0);
	else if (s.line.len > 0 || s.data.len > 0)
		assert_int_equal(buf_printf(&b, "..."), 0);
	assert_string_equal(buf_str(&b), out);
	assert_int_equal(s.retry, retry);
	sse_free(&s);
	buf_free(&b);
}

static void
events(void **state)
{
	size_t	 i, cut, n;

	(void)state;
	for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		n = streams[i].n != 0 ? streams[i].n : strlen(streams[i].in);
		for (cut = 0; cut <= n; cut++)
			check(streams[i].in, n, streams[i].out,
			    streams[i].retry, cut);
	}
}

static void
nul_in_data(void **state)
{
	struct buf	 b = { 0 };
	struct sse	 s;

	(void)state;
	sse_init(&s, collect, &b);
	assert_int_equal(sse_feed(&s, "event: a\0b\ndata: c\n\n", 20), WERR_OK);
	assert_string_equal(buf_str(&b), "a|c|;");
	sse_free(&s);
	buf_free(&b);
}

/* Feeds a piece again and again until it is refused; the bytes it took. */
static size_t
flood(struct sse *s, const char *piece, size_t most)
{
	size_t	 n = strlen(piece), sum;

	for (sum = 0; sum < most; sum += n)
		if (sse_feed(s, piece, n) != WERR_OK)
			break;
	return (sum);
}

static int
ignore(void *arg, const struct sse_event *ev)
{
	(void)ev;
	(*(size_t *)arg)++;
	return (0);
}

/* Each way to be large, which limit it meets, and at most how much is kept. */
static const struct {
	const char	*start, *again;
	enum wire_limit	 limit;
} floods[] = {
	{ "data: ",	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", WLIM_LINE },
	{ ": ",		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", WLIM_LINE },
	{ "",		"data: aaaaaaaaaaaaaaaaaaaaaaaaaa\n", WLIM_EVENT },
	{ "",		"data\n", WLIM_EVENT },
	{ "",		"data: aaaaaaaaaaaaaaaaaaaaaaaaa\n\n", WLIM_STREAM },
	{ "",		": ping aaaaaaaaaaaaaaaaaaaaaaaa\r\n", WLIM_STREAM },
	{ "",		"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", WLIM_STREAM },
	{ "event: ",	"aaaaaaaaaaaaaaaa\nevent:aaaaaaa", WLIM_STREAM }
};

static void
floods_are_refused(void **state)
{
	struct sse	 s;
	size_t		 i, events_seen, most = 200 * 1024 * 1024, sum;

	(void)state;
	for (i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
		sse_init(&s, ignore, &events_seen);
		sse_feed(&s, floods[i].start, strlen(floods[i].start));
		sum = flood(&s, floods[i].again, most);
		assert_int_equal(s.err, WERR_LIMIT);
		assert_int_equal(s.limit, floods[i].limit);
		assert_true(sum <= wire_limit(WLIM_STREAM));
		assert_null(s.line.data);
		assert_null(s.data.data);
		assert_int_equal(sse_feed(&s, "\n", 1), WERR_LIMIT);
		sse_free(&s);
	}
}

/* What was kept is bounded all along, and small after a large event. */
static void
memory_is_bounded(void **state)
{
	static char	 piece[65536];
	struct sse	 s;
	size_t		 i, events_seen = 0;

	(void)state;
	memset(piece, 'a', sizeof(piece));
	sse_init(&s, ignore, &events_seen);
	sse_feed(&s, "data: ", 6);
	for (i = 0; i < 60; i++) {
		assert_int_equal(sse_feed(&s, piece, sizeof(piece)), WERR_OK);
		assert_true(s.line.cap <= 2 * wire_limit(WLIM_LINE));
	}
	assert_int_equal(sse_feed(&s, "\n\n", 2), WERR_OK);
	assert_int_equal(events_seen, 1);
	assert_true(s.line.cap <= 65536 && s.data.cap <= 65536);
	sse_free(&s);
}

static void
long_fields(void **state)
{
	static const char *const	 names[] = { "id: ", "event: " };
	char				 line[400];
	struct sse			 s;
	size_t				 i, n, seen = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		n = strlen(names[i]) + wire_limit(WLIM_FIELD);
		memset(line, 'a', sizeof(line));
		memcpy(line, names[i], strlen(names[i]));
		sse_init(&s, ignore, &seen);
		sse_feed(&s, line, n);
		assert_int_equal(sse_feed(&s, "\n", 1), WERR_OK);
		sse_feed(&s, line, n);
		assert_int_equal(sse_feed(&s, "a\n", 2), WERR_LIMIT);
		assert_int_equal(s.limit, WLIM_FIELD);
		sse_free(&s);
	}
}

static int
stop_at_b(void *arg, const struct sse_event *ev)
{
	collect(arg, ev);
	return (*ev->data == 'b' ? SSE_STOP : *ev->data == 'c' ? WERR_ORDER :
	    0);
}

/* The reader of events ends the stream; what follows is not looked at. */
static void
reader_stops(void **state)
{
	struct buf	 b = { 0 };
	struct sse	 s;

	(void)state;
	sse_init(&s, stop_at_b, &b);
	assert_int_equal(sse_feed(&s, "data: a\n\ndata: b\n\n\xff\n", 20),
	    WERR_OK);
	assert_int_equal(sse_feed(&s, "data: c\n\n", 9), WERR_OK);
	assert_string_equal(buf_str(&b), "message|a|;message|b|;");
	sse_free(&s);
	b.len = 0;
	sse_init(&s, stop_at_b, &b);
	assert_int_equal(sse_feed(&s, "data: c\n\ndata: a\n\n", 18),
	    WERR_ORDER);
	assert_int_equal(sse_feed(&s, "data: a\n\n", 9), WERR_ORDER);
	assert_string_equal(buf_str(&b), "message|c|;");
	sse_free(&s);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events),
		cmocka_unit_test(nul_in_data),
		cmocka_unit_test(floods_are_refused),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(long_fields),
		cmocka_unit_test(reader_stops),
	};

	return (tap_run(tests));
}
