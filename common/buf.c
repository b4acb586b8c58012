/*
 * Byte buffers.  Runs in every process, on foreign bytes: every read is
 * checked against the end, a failed read sticks and yields zeros.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/err.h"

void
buf_free(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

int
buf_reserve(struct buf *b, size_t n)
{
	size_t	 cap = b->cap ? b->cap : 256;
	uint8_t	*p;

	if (n > SIZE_MAX / 4 || b->len > SIZE_MAX / 4)
		return (PRA_ENOMEM);
	while (cap < b->len + n)
		cap *= 2;
	if (cap == b->cap)
		return (0);
	if ((p = realloc(b->data, cap)) == NULL)
		return (PRA_ENOMEM);
	b->data = p;
	b->cap = cap;
	return (0);
}

int
buf_add(struct buf *b, const void *p, size_t n)
{
	int	 r;

	if (n == 0)
		return (0);
	if ((r = buf_reserve(b, n)) != 0)
		return (r);
	memcpy(b->data + b->len, p, n);
	b->len += n;
	return (0);
}

int
buf_varint(struct buf *b, uint64_t v)
{
	uint8_t	 tmp[10];
	size_t	 n = 0;

	do {
		tmp[n++] = (v & 0x7f) | (v > 0x7f ? 0x80 : 0);
		v >>= 7;
	} while (v != 0);
	return (buf_add(b, tmp, n));
}

int
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list	 ap;
	int	 n, r;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || (r = buf_reserve(b, (size_t)n + 1)) != 0)
		return (PRA_ENOMEM);
	va_start(ap, fmt);
	vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return (0);
}

char *
buf_str(struct buf *b)
{
	if (buf_reserve(b, 1) != 0)
		return (NULL);
	b->data[b->len] = '\0';
	return ((char *)b->data);
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

void
reader_init(struct reader *r, const void *p, size_t n)
{
	r->pos = n > 0 ? p : (const void *)"";	/* NULL + 0 is not defined */
	r->end = r->pos + n;
	r->bad = 0;
}

size_t
reader_left(const struct reader *r)
{
	return (r->bad ? 0 : (size_t)(r->end - r->pos));
}

const void *
reader_take(struct reader *r, size_t n)
{
	const uint8_t	*p = r->pos;

	if (reader_left(r) < n || r->bad) {
		r->bad = 1;
		return (NULL);
	}
	r->pos += n;
	return (p);
}

uint64_t
reader_varint(struct reader *r)
{
	const uint8_t	*p;
	uint64_t	 v = 0;
	unsigned int	 shift;

	for (shift = 0; shift < 64; shift += 7) {
		if ((p = reader_take(r, 1)) == NULL)
			return (0);
		if (shift == 63 && *p > 1)
			break;
		v |= (uint64_t)(*p & 0x7f) << shift;
		if ((*p & 0x80) == 0)
			return (v);
	}
	r->bad = 1;
	return (0);
}
