/*
 * ClientHello (RFC 8446, 4.1.2) and its server name (RFC 6066, 3).  Runs in
 * the gateway on what jobs send.  A tunnel to a host whose address others
 * share must not become one to a neighbour by another name in its hello; what
 * is encrypted behind the hello cannot be seen.
 */
#include <string.h>
#include <sys/types.h>

#include "gateway/tls.h"

#define RECORD_HEAD	5
#define RECORD_MAX	16384
#define HANDSHAKE	22	/* record type; 20 to 24 are TLS */
#define CLIENT_HELLO	1	/* handshake type */
#define EXT_NAME	0	/* server_name */
#define HOST_TYPE	0	/* host_name */

/* A bounds-checked walk; `bad` is sticky. */
struct walk {
	const uint8_t	*p;
	size_t		 n;
	int		 bad;
};

static const uint8_t *
skip(struct walk *w, size_t n)
{
	const uint8_t	*at = w->p;

	if (w->bad || n > w->n) {
		w->bad = 1;
		return (NULL);
	}
	w->p += n;
	w->n -= n;
	return (at);
}

/* A big-endian number of 1 to 3 bytes. */
static size_t
number(struct walk *w, size_t bytes)
{
	const uint8_t	*p = skip(w, bytes);
	size_t		 v = 0;

	while (p != NULL && bytes-- > 0)
		v = v << 8 | *p++;
	return (v);
}

/* What a length of some bytes stands in front of. */
static struct walk
vector(struct walk *w, size_t bytes)
{
	size_t		 n = number(w, bytes);
	struct walk	 in = { skip(w, n), n, 0 };

	in.bad = w->bad;
	if (in.bad)
		in.n = 0;
	return (in);
}

/* The one name of the list.  0 or -1. */
static int
name_parse(struct walk ext, struct host *name)
{
	struct walk	 list = vector(&ext, 2), text;
	size_t		 type;

	type = number(&list, 1);
	text = vector(&list, 2);
	if (list.bad || list.n > 0 || ext.n > 0 || type != HOST_TYPE)
		return (-1);
	return (host_parse((const char *)text.p, text.n, name) == NULL ? 0 :
	    -1);
}

static enum tls_hello
body_parse(struct walk w, struct host *name)
{
	struct walk	 exts, ext;
	int		 named = 0;

	skip(&w, 2 + 32);		/* version, random */
	vector(&w, 1);			/* session id */
	vector(&w, 2);			/* cipher suites */
	vector(&w, 1);			/* compression */
	if (!w.bad && w.n == 0)
		return (TLS_UNNAMED);	/* before there were extensions */
	exts = vector(&w, 2);
	if (w.n > 0)
		return (TLS_BAD);
	while (!exts.bad && exts.n > 0) {
		size_t	 type = number(&exts, 2);

		ext = vector(&exts, 2);
		if (!exts.bad && type == EXT_NAME &&
		    (named++ > 0 || name_parse(ext, name) == -1))
			return (TLS_BAD);
	}
	return (exts.bad ? TLS_BAD : named ? TLS_NAMED : TLS_UNNAMED);
}

/*
 * The handshake's bytes without the heads of records, which may cut it
 * anywhere, into out (TLS_HELLO of room).  How many, or -1.
 */
static ssize_t
records_join(const uint8_t *p, size_t n, uint8_t *out)
{
	size_t	 at = 0, len, have = 0;

	while (n - at >= RECORD_HEAD) {
		len = (size_t)p[at + 3] << 8 | p[at + 4];
		if (p[at] != HANDSHAKE || p[at + 1] != 3 || len == 0 ||
		    len > RECORD_MAX)
			return (have >= 4 ? (ssize_t)have : -1);
		at += RECORD_HEAD;
		if (len > n - at)
			len = n - at;
		memcpy(out + have, p + at, len);
		have += len;
		at += len;
	}
	return ((ssize_t)have);
}

enum tls_hello
tls_hello(const uint8_t *p, size_t n, struct host *name)
{
	uint8_t		 hello[TLS_HELLO];
	struct walk	 w;
	ssize_t		 have;
	size_t		 len;

	if ((n > 0 && (p[0] < 20 || p[0] > 24)) || (n > 1 && p[1] != 3))
		return (TLS_OTHER);
	if (n > sizeof(hello))
		return (TLS_BAD);
	if ((have = records_join(p, n, hello)) == -1)
		return (TLS_BAD);
	if (have < 4)
		return (n == sizeof(hello) ? TLS_BAD : TLS_MORE);
	len = (size_t)hello[1] << 16 | (size_t)hello[2] << 8 | hello[3];
	if (hello[0] != CLIENT_HELLO || len > sizeof(hello))
		return (TLS_BAD);
	if ((size_t)have - 4 < len)
		return (n == sizeof(hello) ? TLS_BAD : TLS_MORE);
	w = (struct walk){ hello + 4, len, 0 };
	return (body_parse(w, name));
}
