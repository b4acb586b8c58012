/*
 * Hosts.  Failures that it names: two texts for one host, one text for two
 * hosts, a text that a resolver reads as another address, a wildcard that
 * fits more than it says.
 */
#include <arpa/inet.h>
#include <string.h>

#include "common/host.h"
#include "tests/tap.h"

#define LONG63	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh" \
		"ijk"
#define LONG250	LONG63 "." LONG63 "." LONG63 ".abcdefghijklmnopqrstuvwxyz" \
		"abcdefghijklmnopqrstuvwxyzabcdef"

/* A text with its length, so that a NUL can be in it. */
#define T(text, want)	{ text, sizeof(text) - 1, want }

/* want: the canonical name, or NULL for what is refused. */
static const struct { const char *p; size_t n; const char *want; } hosts[] = {
	T("example.org", "example.org"),
	T("EXAMPLE.Org", "example.org"),
	T("example.org.", "example.org"),
	T("xn--nxasmq6b.example", "xn--nxasmq6b.example"),
	T("a-b.c--d.9e.org", "a-b.c--d.9e.org"),
	T("1.2.3.4.org", "1.2.3.4.org"),
	T("localhost", "localhost"),
	T(LONG63 ".org", LONG63 ".org"),
	T(LONG250 "ghi", LONG250 "ghi"),
	T(LONG250 "ghi.", LONG250 "ghi"),
	T("127.0.0.1", "127.0.0.1"),
	T("255.255.255.255", "255.255.255.255"),
	T("0.0.0.0", "0.0.0.0"),
	T("[::1]", "::1"),
	T("[0:0:0:0:0:0:0:1]", "::1"),
	T("[2001:DB8::A]", "2001:db8::a"),
	T("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),

	T("", NULL),
	T(".", NULL),
	T("..", NULL),
	T("example..org", NULL),
	T(".example.org", NULL),
	T("example.org..", NULL),
	T("-a.org", NULL),
	T("a-.org", NULL),
	T("a.-", NULL),
	T(LONG63 "l.org", NULL),
	T(LONG250 "ghij", NULL),
	T(LONG250 "ghij.", NULL),
	/* what others take for a separator, or drop */
	T("evil.org\0.example.org", NULL),
	T("example.org\0", NULL),
	T("example.org\r\nX: y", NULL),
	T("example.org\n", NULL),
	T(" example.org", NULL),
	T("example.org ", NULL),
	T("exam\tple.org", NULL),
	T("example.org@evil.org", NULL),
	T("user:pw@example.org", NULL),
	T("example%2eorg", NULL),
	T("%65xample.org", NULL),
	T("example.org#", NULL),
	T("example.org/", NULL),
	T("example.org\\evil.org", NULL),
	T("example.org?", NULL),
	T("*.example.org", NULL),
	T("ex_ample.org", NULL),
	/* not ASCII: full-width letters, an ideographic full stop, U+00AD */
	T("\xef\xbd\x85xample.org", NULL),
	T("example\xe3\x80\x82org", NULL),
	T("exam\xc2\xadple.org", NULL),
	T("\xff", NULL),
	/* addresses in other clothes */
	T("127.0.0.1.", NULL),
	T("127.1", NULL),
	T("127.0.1", NULL),
	T("2130706433", NULL),
	T("0", NULL),
	T("0x7f000001", NULL),
	T("0X7F.0.0.1", NULL),
	T("0x", NULL),
	T("127.0.0.0x1", NULL),
	T("0177.0.0.1", NULL),
	T("127.0.0.01", NULL),
	T("127.0.0.256", NULL),
	T("127.0.0.00", NULL),
	T("1.2.3.4.5", NULL),
	T("example.1", NULL),
	T("127.0.0.-1", NULL),
	T("127.0.0.+1", NULL),
	T("[::1", NULL),
	T("::1", NULL),
	T("[]", NULL),
	T("[", NULL),
	T("[::1]]", NULL),
	T("[[::1]]", NULL),
	T("[::1%25lo]", NULL),
	T("[::1%lo]", NULL),
	T("[fe80::1%2]", NULL),
	T("[::1]x", NULL),
	T("[127.0.0.1]", NULL),
	T("[example.org]", NULL),
	T("[::ffff:127.1]", NULL),
	T("[::1\0]", NULL),
	T("[v1.x]", NULL),
	T("[00001::]", NULL),
};
#undef T

static void
test_hosts(void **state)
{
	struct host	 h;
	const char	*why;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		why = host_parse(hosts[i].p, hosts[i].n, &h);
		if ((why == NULL) != (hosts[i].want != NULL))
			fail_msg("row %zu, \"%s\": %s", i, hosts[i].p,
			    why == NULL ? "not refused" : why);
		if (hosts[i].want != NULL)
			assert_string_equal(h.name, hosts[i].want);
	}
}

static void
test_families(void **state)
{
	static const struct { const char *text; int family; } t[] = {
		{ "example.org", 0 }, { "1.2.3.4.org", 0 },
		{ "127.0.0.1", AF_INET }, { "[::1]", AF_INET6 },
		{ "[::ffff:127.0.0.1]", AF_INET6 }
	};
	struct host	 h;
	uint8_t		 addr[16];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_null(host_parse(t[i].text, strlen(t[i].text), &h));
		assert_int_equal(h.family, t[i].family);
		if (h.family == 0)
			continue;
		assert_int_equal(inet_pton(h.family, h.name, addr), 1);
		assert_memory_equal(h.addr, addr, h.family == AF_INET ? 4 :
		    16);
	}
}

static void
test_ports(void **state)
{
	static const struct { const char *text; uint16_t dflt, want; } t[] = {
		{ "a.org:443", 0, 443 }, { "a.org:443", 80, 443 },
		{ "a.org", 80, 80 }, { "a.org:1", 0, 1 },
		{ "a.org:65535", 0, 65535 }, { "[::1]:8080", 0, 8080 },
		{ "[::1]", 80, 80 }, { "127.0.0.1:80", 0, 80 },
		{ "a.org.:80", 0, 80 },
		{ "a.org", 0, 0 }, { "[::1]", 0, 0 }, { "a.org:", 80, 0 },
		{ "a.org:0", 80, 0 }, { "a.org:65536", 0, 0 },
		{ "a.org:080", 0, 0 }, { "a.org:+80", 0, 0 },
		{ "a.org:-80", 0, 0 }, { "a.org: 80", 0, 0 },
		{ "a.org:80 ", 0, 0 }, { "a.org:8a", 0, 0 },
		{ "a.org:0x50", 0, 0 }, { "a.org:99999999999", 0, 0 },
		{ "a.org:80:80", 0, 0 }, { ":80", 0, 0 }, { ":", 0, 0 },
		{ "", 80, 0 }, { "::1:80", 0, 0 }, { "[::1]:", 80, 0 },
		{ "[::1]80", 80, 0 }, { "u:p@a.org:80", 0, 0 },
		{ "http://a.org:80", 0, 0 }
	};
	struct host	 h;
	const char	*why;
	uint16_t	 port;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		why = authority_parse(t[i].text, strlen(t[i].text), t[i].dflt,
		    &h, &port);
		if ((why == NULL) != (t[i].want != 0))
			fail_msg("\"%s\": %s", t[i].text, why == NULL ?
			    "not refused" : why);
		if (why == NULL)
			assert_int_equal(port, t[i].want);
	}
}

static int
fits(const char *rule, const char *what)
{
	struct host_rule	 r;
	struct host		 h;
	uint16_t		 port;

	assert_null(host_rule_parse(rule, &r));
	assert_null(authority_parse(what, strlen(what), 0, &h, &port));
	return (host_rule_match(&r, &h, port));
}

static void
test_rules(void **state)
{
	static const struct { const char *rule, *what; int fits; } t[] = {
		{ "x.org:443", "x.org:443", 1 },
		{ "x.org:443", "X.ORG.:443", 1 },
		{ "X.org.:443", "x.org:443", 1 },
		{ "x.org:443", "x.org:80", 0 },
		{ "x.org:443", "a.x.org:443", 0 },
		{ "x.org:443", "ax.org:443", 0 },
		{ "x.org:443", "x.org.evil.org:443", 0 },
		{ "x.org:443", "org:443", 0 },
		{ "*.x.org:443", "x.org:443", 0 },
		{ "*.x.org:443", "a.x.org:443", 1 },
		{ "*.x.org:443", "a.b.x.org:443", 1 },
		{ "*.x.org:443", "ax.org:443", 0 },
		{ "*.x.org:443", "a.ax.org:443", 0 },
		{ "*.x.org:443", "a.x.org:444", 0 },
		{ "*.x.org:443", "a.x.org.evil.org:443", 0 },
		{ "*.org:443", "x.org:443", 1 },
		{ "*.org:443", "org:443", 0 },
		{ "127.0.0.1:80", "127.0.0.1:80", 1 },
		{ "127.0.0.1:80", "127.0.0.2:80", 0 },
		{ "127.0.0.1:80", "[::ffff:127.0.0.1]:80", 0 },
		{ "127.0.0.1:80", "[::1]:80", 0 },
		{ "[2001:db8::1]:80", "[2001:DB8:0:0::1]:80", 1 },
		{ "[2001:db8::1]:80", "[2001:db8::2]:80", 0 },
		{ "*.0.org:80", "10.0.0.0.org:80", 1 },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (fits(t[i].rule, t[i].what) != t[i].fits)
			fail_msg("rule %s, host %s: not %d", t[i].rule,
			    t[i].what, t[i].fits);
}

static void
test_bad_rules(void **state)
{
	static const char *const	 t[] = {
		"", "x.org", "x.org:", "*:443", "*.:443", "*", "**.x.org:443",
		"*.*.x.org:443", "a*.x.org:443", "a.*.org:443",
		"*.127.0.0.1:80", "*.[::1]:80", "*.1:80", "x.org:*", "x.org:80-90"
	};
	struct host_rule		 r;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (host_rule_parse(t[i], &r) == NULL)
			fail_msg("\"%s\": not refused", t[i]);
}

/* What is printed reads back as the same host. */
static void
test_format(void **state)
{
	static const char *const	 t[] = {
		"x.org:1", "127.0.0.1:65535", "[::1]:80",
		"[2001:db8::ffff]:443", LONG250 "ghi:65535"
	};
	char				 out[HOST_TEXT];
	struct host			 h;
	uint16_t			 port;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_null(authority_parse(t[i], strlen(t[i]), 0, &h, &port));
		assert_string_equal(authority_format(out, &h, port), t[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_bad_rules),
		cmocka_unit_test(test_format),
	};

	return (tap_run(tests));
}
