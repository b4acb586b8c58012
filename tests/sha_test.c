/*
 * SHA-256 against libmd's, for every length around the edges of blocks and in
 * pieces of every size.
 */
#include <sys/types.h>
#include <sha2.h>

#include "common/sha.h"
#include "tests/tap.h"

static void
same(const uint8_t *p, size_t n, size_t piece)
{
	uint8_t		 a[SHA_BYTES], b[SHA_BYTES];
	struct sha	 s;
	SHA2_CTX	 c;
	size_t		 at, k;

	SHA256Init(&c);
	SHA256Update(&c, p, n);
	SHA256Final(a, &c);
	sha_init(&s);
	for (at = 0; at < n; at += k) {
		k = n - at < piece ? n - at : piece;
		sha_add(&s, p + at, k);
	}
	sha_end(&s, b);
	assert_memory_equal(a, b, sizeof(a));
}

static void
lengths(void **state)
{
	static uint8_t	 p[700];
	size_t		 n, piece;

	(void)state;
	for (n = 0; n < sizeof(p); n++)
		p[n] = (uint8_t)(n * 167 + n / 7);
	for (n = 0; n < sizeof(p); n++) {
		same(p, n, sizeof(p));
		for (piece = 1; piece < 130; piece += 9)
			same(p, n, piece);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(lengths)
	};

	return (tap_run(tests));
}
