/*
 * TLS hellos.  Failures that it names: a name that is not found because of how
 * the hello is cut or what stands before it, a malformed one that is let
 * through, one that is waited for for ever.
 */
#include <string.h>

#include "common/buf.h"
#include "gateway/tls.h"
#include "tests/tap.h"

static void
number(struct buf *b, size_t v, size_t bytes)
{
	uint8_t	 c;

	while (bytes-- > 0) {
		c = (uint8_t)(v >> 8 * bytes);
		assert_int_equal(buf_add(b, &c, 1), 0);
	}
}

static void
put(struct buf *b, size_t len_bytes, const struct buf *in)
{
	number(b, in->len, len_bytes);
	assert_int_equal(buf_add(b, in->data, in->len), 0);
}

/* An extension server_name of one name, or none for NULL. */
static void
name_ext(struct buf *exts, const char *name, unsigned int type)
{
	struct buf	 list = { 0 }, text = { 0 }, ext = { 0 };

	number(&list, type, 1);
	assert_int_equal(buf_add(&text, name, strlen(name)), 0);
	put(&list, 2, &text);
	put(&ext, 2, &list);
	number(exts, 0, 2);
	put(exts, 2, &ext);
	buf_free(&list);
	buf_free(&text);
	buf_free(&ext);
}

/* The handshake message, without records. */
static void
hello_make(struct buf *out, const struct buf *exts)
{
	struct buf	 body = { 0 };
	static const char zeros[64];

	number(&body, 0x0303, 2);
	buf_add(&body, zeros, 32);
	number(&body, 4, 1);
	buf_add(&body, zeros, 4);
	number(&body, 2, 2);
	number(&body, 0x1301, 2);
	number(&body, 1, 1);
	number(&body, 0, 1);
	if (exts != NULL)
		put(&body, 2, exts);
	number(out, 1, 1);
	put(out, 3, &body);
	buf_free(&body);
}

/* In records of at most `cut` bytes. */
static void
records(struct buf *out, const struct buf *hello, size_t cut)
{
	size_t	 at, n;

	for (at = 0; at < hello->len; at += n) {
		n = hello->len - at < cut ? hello->len - at : cut;
		number(out, 22, 1);
		number(out, 0x0301, 2);
		number(out, n, 2);
		buf_add(out, hello->data + at, n);
	}
}

/* With extensions around the name, in records of `cut` bytes. */
static void
whole(struct buf *out, const char *name, size_t cut)
{
	struct buf	 exts = { 0 }, hello = { 0 };
	static const char zeros[600];

	number(&exts, 0x2a2a, 2);	/* GREASE */
	number(&exts, 0, 2);
	if (name != NULL)
		name_ext(&exts, name, 0);
	number(&exts, 51, 2);		/* a large key share */
	number(&exts, sizeof(zeros), 2);
	buf_add(&exts, zeros, sizeof(zeros));
	hello_make(&hello, &exts);
	records(out, &hello, cut);
	buf_free(&exts);
	buf_free(&hello);
}

static void
names(void **state)
{
	static const size_t	 cuts[] = { 1, 7, 100, 16384 };
	struct buf		 b = { 0 };
	struct host		 h;
	size_t			 i, n;

	(void)state;
	for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		whole(&b, "OK.Example", cuts[i]);
		for (n = 0; n < b.len; n++)
			if (tls_hello(b.data, n, &h) != TLS_MORE)
				fail_msg("cut %zu: not waited for at %zu of "
				    "%zu", cuts[i], n, b.len);
		assert_int_equal(tls_hello(b.data, b.len, &h), TLS_NAMED);
		assert_string_equal(h.name, "ok.example");
		/* what follows at once is not looked at */
		buf_add(&b, "\x14\x03\x03\x00\x01\x01", 6);
		assert_int_equal(tls_hello(b.data, b.len, &h), TLS_NAMED);
		buf_free(&b);
	}
	whole(&b, NULL, 16384);
	assert_int_equal(tls_hello(b.data, b.len, &h), TLS_UNNAMED);
	buf_free(&b);
}

static void
old(void **state)
{
	struct buf	 hello = { 0 }, b = { 0 };
	struct host	 h;

	(void)state;
	hello_make(&hello, NULL);
	records(&b, &hello, 16384);
	assert_int_equal(tls_hello(b.data, b.len, &h), TLS_UNNAMED);
	buf_free(&b);
	buf_free(&hello);
}

static void
others(void **state)
{
	static const char *const	 t[] = {
		"GET / HTTP/1.1\r\n", "SSH-2.0-x", "\x80\x2e\x01\x03",
		"\x16\x02", "\x05\x01", "PRI * HTTP/2.0"
	};
	struct host			 h;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(tls_hello((const uint8_t *)t[i],
		    strlen(t[i]), &h), TLS_OTHER);
	assert_int_equal(tls_hello((const uint8_t *)"", 0, &h), TLS_MORE);
}

static void
two_names(void **state)
{
	struct buf	 exts = { 0 }, hello = { 0 }, b = { 0 };
	struct host	 h;

	(void)state;
	name_ext(&exts, "ok.example", 0);
	name_ext(&exts, "evil.example", 0);
	hello_make(&hello, &exts);
	records(&b, &hello, 16384);
	assert_int_equal(tls_hello(b.data, b.len, &h), TLS_BAD);
	buf_free(&b);
	buf_free(&hello);
	buf_free(&exts);
}

static void
bad(void **state)
{
	static const char	 alert[] = "\x15\x03\x01\x00\x02\x01\x5a";
	static const char	 server[] = "\x16\x03\x01\x00\x04\x02\x00\x00"
				    "\x00";
	static const char	 empty[] = "\x16\x03\x01\x00\x00";
	static uint8_t		 endless[TLS_HELLO + 1];
	struct buf		 b = { 0 };
	struct host		 h;
	size_t			 i;

	(void)state;
	/* an alert first, which servers pass over, and then a hello */
	assert_int_equal(tls_hello((const uint8_t *)alert, sizeof(alert) - 1,
	    &h), TLS_BAD);
	assert_int_equal(tls_hello((const uint8_t *)server,
	    sizeof(server) - 1, &h), TLS_BAD);
	assert_int_equal(tls_hello((const uint8_t *)empty, sizeof(empty) - 1,
	    &h), TLS_BAD);
	whole(&b, "bad_name.example", 16384);
	assert_int_equal(tls_hello(b.data, b.len, &h), TLS_BAD);
	buf_free(&b);
	whole(&b, "", 16384);
	assert_int_equal(tls_hello(b.data, b.len, &h), TLS_BAD);
	buf_free(&b);
	/* one that says that it is longer than it may be */
	memcpy(endless, "\x16\x03\x01\x40\x00\x01\x00\x3f\xf0", 9);
	assert_int_equal(tls_hello(endless, 5000, &h), TLS_MORE);
	assert_int_equal(tls_hello(endless, sizeof(endless), &h), TLS_BAD);
	/* every length in it one too large */
	whole(&b, "ok.example", 16384);
	for (i = 5; i < b.len; i++) {
		b.data[i]++;
		(void)tls_hello(b.data, b.len, &h);	/* sanitizers look */
		b.data[i]--;
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(names), cmocka_unit_test(old),
		cmocka_unit_test(others), cmocka_unit_test(two_names),
		cmocka_unit_test(bad)
	};

	return (tap_run(tests));
}
