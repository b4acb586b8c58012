/*
 * A growing byte buffer and a bounds-checked reader.  Linked by every
 * program; the reader is what stands between a frame and its meaning, so
 * nothing else in the tree does arithmetic on received lengths.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t	*data;		/* owned; NULL while empty */
	size_t	 len;		/* bytes used */
	size_t	 cap;		/* bytes allocated */
};

struct reader {
	const uint8_t	*pos;	/* not owned */
	const uint8_t	*end;
	int		 bad;	/* set once something did not fit; sticky */
};

/* An empty buffer needs no call: zero the struct.  Frees what it holds. */
void	 buf_free(struct buf *b);

/* Make room for n more bytes.  0 or PRA_ENOMEM. */
int	 buf_reserve(struct buf *b, size_t n);

/* Append n bytes.  0 or PRA_ENOMEM. */
int	 buf_add(struct buf *b, const void *p, size_t n);

/* Append an unsigned LEB128 varint (1 to 10 bytes).  0 or PRA_ENOMEM. */
int	 buf_varint(struct buf *b, uint64_t v);

/* Append printf(3) output without its NUL.  0 or PRA_ENOMEM. */
int	 buf_printf(struct buf *b, const char *fmt, ...)
	    __attribute__((__format__(printf, 2, 3)));

/* End the buffer with a NUL that len does not count; NULL when out of memory. */
char	*buf_str(struct buf *b);

/* Drop the first n bytes (n <= len). */
void	 buf_drop(struct buf *b, size_t n);

/* Read from [p, p + n). */
void	 reader_init(struct reader *r, const void *p, size_t n);

/* Bytes left; 0 after anything failed. */
size_t	 reader_left(const struct reader *r);

/* The next n bytes in place, or NULL (and bad set) when there are fewer. */
const void *reader_take(struct reader *r, size_t n);

/* A varint; 0 (and bad set) when truncated or longer than 64 bits. */
uint64_t reader_varint(struct reader *r);

#endif
