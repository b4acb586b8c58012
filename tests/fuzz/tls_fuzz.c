/*
 * Fuzzing of gateway/tls.c.  What is said of a hello must not depend on how
 * much follows it, and once said it stays.
 */
#include <string.h>

#include "gateway/tls.h"
#include "tests/fuzz/fuzz.h"

/* A hello for "a.org", and one in two records. */
static const char	 one[] =
	"\x16\x03\x01\x00\x3d\x01\x00\x00\x39\x03\x03"
	"0123456789abcdef0123456789abcdef"
	"\x00\x00\x02\x13\x01\x01\x00\x00\x0e\x00\x00\x00\x0a\x00\x08\x00"
	"\x00\x05" "a.org";
static const char	 two[] =
	"\x16\x03\x01\x00\x04\x01\x00\x00\x39\x16\x03\x01\x00\x39\x03\x03"
	"0123456789abcdef0123456789abcdef"
	"\x00\x00\x02\x13\x01\x01\x00\x00\x0e\x00\x00\x00\x0a\x00\x08\x00"
	"\x00\x05" "a.org";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host	 h = { 0 }, again = { 0 };
	enum tls_hello	 said = TLS_MORE, now;
	size_t		 n;

	for (n = 0; n <= size; n++) {
		now = tls_hello(data, n, &again);
		if (said == TLS_MORE) {
			said = now;
			h = again;
			continue;
		}
		/* A record that is cut may show its other half to be bad. */
		FUZZ_ASSERT(now == said || now == TLS_BAD);
		if (now == TLS_NAMED)
			FUZZ_ASSERT(strcmp(h.name, again.name) == 0);
	}
	FUZZ_ASSERT(size <= TLS_HELLO || said != TLS_MORE);
	return (0);
}

size_t
fuzz_seed(size_t i, uint8_t *out, size_t size)
{
	const char	*seed = i == 0 ? one : two;
	size_t		 n = i == 0 ? sizeof(one) - 1 : sizeof(two) - 1;

	if (i > 1)
		return (0);
	FUZZ_ASSERT(n <= size);
	memcpy(out, seed, n);
	return (n);
}
