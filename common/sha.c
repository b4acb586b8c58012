/*
 * SHA-256 (FIPS 180-4).  Runs in the engine and in praetorctl.  Blocks go
 * through the SHA extensions of x86 when the processor has them, which is six
 * times as fast as portable code; tests/sha_test compares both.
 */
#include <sys/types.h>
#include <sha2.h>
#include <string.h>

#include "common/sha.h"

_Static_assert(SHA_BYTES == SHA256_DIGEST_LENGTH &&
    SHA_BLOCK == SHA256_BLOCK_LENGTH, "libmd and this agree");

typedef void	 blocks_fn(uint32_t h[8], const uint8_t *p, size_t n);

static void
blocks_md(uint32_t h[8], const uint8_t *p, size_t n)
{
	for (; n > 0; n--, p += SHA_BLOCK)
		SHA256Transform(h, p);
}

/* A sanitizer's run-time is not there yet when the linker asks. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__
#endif
#endif

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#include <cpuid.h>
#include <immintrin.h>

static const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

/*
 * CPUID 7, EBX bit 29: SHA; 1, ECX bits 9 and 19: SSSE3 and SSE4.1.  To ask
 * takes a virtual machine much longer than a block, so the dynamic linker
 * asks once.
 */
static int
has_sha(void)
{
	unsigned int	 a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & 1U << 9) == 0 ||
	    (c & 1U << 19) == 0)
		return (0);
	return (__get_cpuid_count(7, 0, &a, &b, &c, &d) &&
	    (b & 1U << 29) != 0);
}

/* Four rounds a turn; the words of the message are made four ahead. */
static __attribute__((__target__("sha,ssse3,sse4.1"))) void
blocks_ni(uint32_t h[8], const uint8_t *p, size_t n)
{
	const __m128i	 order = _mm_set_epi64x(0x0c0d0e0f08090a0bLL,
	    0x0405060700010203LL);
	__m128i		 abef, cdgh, a, c, t, m[4];
	int		 i;

	t = _mm_shuffle_epi32(_mm_loadu_si128((const void *)h), 0xb1);
	c = _mm_shuffle_epi32(_mm_loadu_si128((const void *)(h + 4)), 0x1b);
	abef = _mm_alignr_epi8(t, c, 8);
	cdgh = _mm_blend_epi16(c, t, 0xf0);
	for (; n > 0; n--, p += SHA_BLOCK) {
		a = abef;
		c = cdgh;
		for (i = 0; i < 4; i++)
			m[i] = _mm_shuffle_epi8(_mm_loadu_si128(
			    (const void *)(p + 16 * i)), order);
		for (i = 0; i < 16; i++) {
			t = _mm_add_epi32(m[i & 3],
			    _mm_loadu_si128((const void *)(k + 4 * i)));
			c = _mm_sha256rnds2_epu32(c, a, t);
			a = _mm_sha256rnds2_epu32(a, c,
			    _mm_shuffle_epi32(t, 0x0e));
			t = _mm_add_epi32(_mm_sha256msg1_epu32(m[i & 3],
			    m[(i + 1) & 3]), _mm_alignr_epi8(m[(i + 3) & 3],
			    m[(i + 2) & 3], 4));
			m[i & 3] = _mm_sha256msg2_epu32(t, m[(i + 3) & 3]);
		}
		abef = _mm_add_epi32(abef, a);
		cdgh = _mm_add_epi32(cdgh, c);
	}
	t = _mm_shuffle_epi32(abef, 0x1b);
	c = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((void *)h, _mm_blend_epi16(t, c, 0xf0));
	_mm_storeu_si128((void *)(h + 4), _mm_alignr_epi8(c, t, 8));
}
static __attribute__((__used__)) blocks_fn *
blocks_pick(void)
{
	return (has_sha() ? blocks_ni : blocks_md);
}

static void	 blocks(uint32_t [8], const uint8_t *, size_t)
		    __attribute__((__ifunc__("blocks_pick")));
#else
static void
blocks(uint32_t h[8], const uint8_t *p, size_t n)
{
	blocks_md(h, p, n);
}
#endif

void
sha_init(struct sha *s)
{
	static const uint32_t	 first[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
	};

	memcpy(s->h, first, sizeof(s->h));
	s->bytes = 0;
}

void
sha_add(struct sha *s, const void *data, size_t n)
{
	const uint8_t	*p = data;
	size_t		 have = s->bytes % SHA_BLOCK, some;

	s->bytes += n;
	if (have > 0) {
		some = n < SHA_BLOCK - have ? n : SHA_BLOCK - have;
		memcpy(s->block + have, p, some);
		if (have + some < SHA_BLOCK)
			return;
		blocks(s->h, s->block, 1);
		p += some;
		n -= some;
	}
	if (n >= SHA_BLOCK)
		blocks(s->h, p, n / SHA_BLOCK);
	if (n % SHA_BLOCK > 0)
		memcpy(s->block, p + n - n % SHA_BLOCK, n % SHA_BLOCK);
}

void
sha_end(struct sha *s, uint8_t out[SHA_BYTES])
{
	uint8_t		 end[2 * SHA_BLOCK] = { 0x80 };
	uint64_t	 bits = s->bytes * 8;
	size_t		 have = s->bytes % SHA_BLOCK, n;
	int		 i;

	n = (have < SHA_BLOCK - 8 ? SHA_BLOCK : 2 * SHA_BLOCK) - have;
	for (i = 0; i < 8; i++)
		end[n - 1 - (size_t)i] = (uint8_t)(bits >> 8 * i);
	sha_add(s, end, n);
	for (i = 0; i < SHA_BYTES; i++)
		out[i] = (uint8_t)(s->h[i / 4] >> (24 - i % 4 * 8));
}
