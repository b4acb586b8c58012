/*
 * Fuzzing of common/host.c.  What is taken must be the one form of itself:
 * printed and read again it is the same, and it has only bytes of names.
 */
#include <string.h>

#include "common/host.h"
#include "tests/fuzz/fuzz.h"

static const char *const	 seeds[] = {
	"example.org:443", "*.example.org:443", "EXAMPLE.org.:80",
	"127.0.0.1:8080", "[2001:db8::1]:443", "[::ffff:1.2.3.4]:1",
	"0x7f.1:80", "xn--nxasmq6b:65535", "a.b.c.d.e.f:1", "[::1%1]:80",
	"user@host:80", "a..b:80", "-a:80"
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char	 ok[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				    ".-:";
	struct host		 h, again;
	struct host_rule	 r;
	uint16_t		 port, port2;
	char			 text[HOST_TEXT];

	if (authority_parse((const char *)data, size, 80, &h, &port) != NULL)
		return (0);
	FUZZ_ASSERT(port != 0 && strlen(h.name) <= HOST_NAME);
	FUZZ_ASSERT(strspn(h.name, ok) == strlen(h.name));
	FUZZ_ASSERT(h.family != 0 || strchr(h.name, ':') == NULL);
	authority_format(text, &h, port);
	FUZZ_ASSERT(authority_parse(text, strlen(text), 0, &again,
	    &port2) == NULL);
	FUZZ_ASSERT(port == port2 && h.family == again.family &&
	    strcmp(h.name, again.name) == 0);
	FUZZ_ASSERT(host_rule_parse(text, &r) == NULL);
	FUZZ_ASSERT(host_rule_match(&r, &h, port) == 1);
	return (0);
}

size_t
fuzz_seed(size_t i, uint8_t *out, size_t size)
{
	size_t	 n;

	if (i >= sizeof(seeds) / sizeof(seeds[0]))
		return (0);
	n = strlen(seeds[i]);
	FUZZ_ASSERT(n <= size);
	memcpy(out, seeds[i], n);
	return (n);
}
