/*
 * SHA-256 for much that is short: with the processor's own instructions where
 * there are any, else libmd's.  For the chain of events and digests of rows.
 */
#ifndef COMMON_SHA_H
#define COMMON_SHA_H

#include <stddef.h>
#include <stdint.h>

#define SHA_BYTES	32
#define SHA_BLOCK	64

struct sha {
	uint32_t	 h[8];
	uint64_t	 bytes;			/* so far */
	uint8_t		 block[SHA_BLOCK];	/* the last ones, not whole */
};

void	 sha_init(struct sha *s);
void	 sha_add(struct sha *s, const void *p, size_t n);
void	 sha_end(struct sha *s, uint8_t out[SHA_BYTES]);

#endif
