/*
 * Bodies: where one ends.  Runs in the gateway on what jobs and servers send.
 * Nothing behind the end is passed on, so a second request cannot follow the
 * one that was checked.
 */
#include <string.h>
#include <sys/types.h>

#include "gateway/http.h"

#define LINE_MAX_CHUNK	256	/* a chunk's size and extensions */
#define TRAILER_MAX	8192	/* all lines behind the last chunk */

/* Inside a chunked body. */
enum {
	CK_SIZE,		/* hexadecimal digits */
	CK_EXT,			/* extensions, up to the CR */
	CK_SIZE_LF,
	CK_DATA,
	CK_DATA_CR, CK_DATA_LF,
	CK_TRAILER,		/* a line of the trailer, or its start */
	CK_TRAILER_LF,
	CK_DONE,
	CK_BAD
};

void
http_body_init(struct http_body *b, enum http_framing framing, uint64_t length)
{
	memset(b, 0, sizeof(*b));
	b->framing = framing;
	b->left = framing == BODY_LENGTH ? length : 0;
	b->done = framing == BODY_NONE ||
	    (framing == BODY_LENGTH && length == 0);
}

static int
hex(uint8_t c)
{
	static const char	 digits[] = "0123456789abcdef";
	const char		*at;

	if (c >= 'A' && c <= 'F')
		c = (uint8_t)(c - 'A' + 'a');
	at = c == '\0' ? NULL : strchr(digits, c);
	return (at == NULL ? -1 : (int)(at - digits));
}

static int
size_byte(struct http_body *b, uint8_t c)
{
	int	 v = hex(c);

	if (v != -1) {
		if (b->left >> 56 != 0 || ++b->line > LINE_MAX_CHUNK)
			return (CK_BAD);
		b->left = b->left << 4 | (uint64_t)v;
		return (CK_SIZE);
	}
	if (b->line == 0)
		return (CK_BAD);
	return (c == '\r' ? CK_SIZE_LF : c == ';' ? CK_EXT : CK_BAD);
}

static int
ext_byte(struct http_body *b, uint8_t c)
{
	if (c == '\r')
		return (CK_SIZE_LF);
	if (++b->line > LINE_MAX_CHUNK || c < 0x20 || c >= 0x7f)
		return (CK_BAD);
	return (CK_EXT);
}

static int
size_end(struct http_body *b, uint8_t c)
{
	b->line = 0;
	if (c != '\n')
		return (CK_BAD);
	return (b->left > 0 ? CK_DATA : CK_TRAILER);
}

/* A trailer line is copied unread but for its ends. */
static int
trailer_byte(struct http_body *b, uint8_t c)
{
	if (++b->trailer > TRAILER_MAX)
		return (CK_BAD);
	if (c == '\r')
		return (CK_TRAILER_LF);
	b->line++;
	return (c == '\t' || (c >= 0x20 && c != 0x7f) ? CK_TRAILER : CK_BAD);
}

static int
trailer_end(struct http_body *b, uint8_t c)
{
	int	 empty = b->line == 0;

	b->line = 0;
	return (c != '\n' ? CK_BAD : empty ? CK_DONE : CK_TRAILER);
}

static int
chunk_byte(struct http_body *b, uint8_t c)
{
	switch (b->state) {
	case CK_SIZE:
		return (size_byte(b, c));
	case CK_EXT:
		return (ext_byte(b, c));
	case CK_SIZE_LF:
		return (size_end(b, c));
	case CK_DATA_CR:
		return (c == '\r' ? CK_DATA_LF : CK_BAD);
	case CK_DATA_LF:
		return (c == '\n' ? CK_SIZE : CK_BAD);
	case CK_TRAILER:
		return (trailer_byte(b, c));
	case CK_TRAILER_LF:
		return (trailer_end(b, c));
	default:
		return (CK_BAD);
	}
}

static ssize_t
chunks_take(struct http_body *b, const uint8_t *p, size_t n)
{
	size_t	 i = 0, k;

	while (i < n && b->state != CK_DONE) {
		if (b->state == CK_DATA) {
			k = n - i < b->left ? n - i : (size_t)b->left;
			b->left -= k;
			i += k;
			if (b->left == 0)
				b->state = CK_DATA_CR;
		} else if ((b->state = chunk_byte(b, p[i++])) == CK_BAD) {
			return (-1);
		}
	}
	b->done = b->state == CK_DONE;
	return ((ssize_t)i);
}

ssize_t
http_body_take(struct http_body *b, const uint8_t *p, size_t n)
{
	if (b->done)
		return (0);
	if (b->framing == BODY_CLOSE)
		return ((ssize_t)n);
	if (b->framing == BODY_CHUNKED)
		return (chunks_take(b, p, n));
	if (n > b->left)
		n = (size_t)b->left;
	b->left -= n;
	b->done = b->left == 0;
	return ((ssize_t)n);
}
