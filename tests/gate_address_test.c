/*
 * Addresses.  Failures that it names: one of this host or of a private
 * network, in any of the forms that lead there, taken for one of the
 * Internet; a public one refused.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "gateway/address.h"
#include "tests/tap.h"

/* what: NULL for a public one. */
static const struct { const char *addr, *what; } addrs[] = {
	{ "0.0.0.0", "this network" }, { "0.1.2.3", "this network" },
	{ "9.255.255.255", NULL }, { "10.0.0.0", "private" },
	{ "10.255.255.255", "private" }, { "11.0.0.0", NULL },
	{ "100.63.255.255", NULL }, { "100.64.0.0", "shared" },
	{ "100.100.100.200", "shared" }, { "100.127.255.255", "shared" },
	{ "100.128.0.0", NULL },
	{ "126.255.255.255", NULL }, { "127.0.0.0", "loopback" },
	{ "127.255.255.255", "loopback" }, { "128.0.0.0", NULL },
	{ "169.253.255.255", NULL }, { "169.254.0.0", "link-local" },
	{ "169.254.169.254", "link-local" }, { "169.255.0.0", NULL },
	{ "172.15.255.255", NULL }, { "172.16.0.0", "private" },
	{ "172.31.255.255", "private" }, { "172.32.0.0", NULL },
	{ "192.0.0.1", "protocols" }, { "192.0.1.0", NULL },
	{ "192.0.2.1", "documentation" }, { "192.88.99.1", "6to4" },
	{ "192.167.255.255", NULL }, { "192.168.0.0", "private" },
	{ "192.168.255.255", "private" }, { "192.169.0.0", NULL },
	{ "198.17.255.255", NULL }, { "198.18.0.0", "benchmarks" },
	{ "198.19.255.255", "benchmarks" }, { "198.20.0.0", NULL },
	{ "198.51.100.1", "documentation" },
	{ "203.0.113.1", "documentation" },
	{ "223.255.255.255", NULL }, { "224.0.0.0", "multicast" },
	{ "239.255.255.255", "multicast" }, { "240.0.0.0", "reserved" },
	{ "255.255.255.255", "reserved" },
	{ "1.1.1.1", NULL }, { "93.184.216.34", NULL },

	{ "::", "unspecified" }, { "::1", "loopback" }, { "::2", "IPv4" },
	{ "::127.0.0.1", "IPv4" }, { "::ffff:127.0.0.1", "IPv4" },
	{ "::ffff:1.1.1.1", "IPv4" }, { "::ffff:0:127.0.0.1", "IPv4" },
	{ "64:ff9b::7f00:1", "NAT64" }, { "64:ff9b::101:101", "NAT64" },
	{ "64:ff9b:1::7f00:1", "NAT64" }, { "64:ff9b:2::1", "IPv4" },
	{ "100::1", "reserved" },
	{ "1fff:ffff::", "reserved" },
	{ "2000::", NULL },
	{ "2001::1", "Teredo" }, { "2001:1ff:ffff::", "Teredo" },
	{ "2001:200::", NULL },
	{ "2001:db8::1", "documentation" }, { "2001:db9::1", NULL },
	{ "2002::", "6to4" }, { "2002:7f00:1::1", "6to4" },
	{ "2002:a9fe:a9fe::", "6to4" }, { "2003::1", NULL },
	{ "2606:4700:4700::1111", NULL }, { "2a00:1450::", NULL },
	{ "3ffe::", NULL }, { "3fff::", "documentation" },
	{ "3fff:fff::", "documentation" }, { "3fff:1000::", NULL },
	{ "4000::", "reserved" }, { "5f00::1", "reserved" },
	{ "fbff::", "reserved" }, { "fc00::", "private" },
	{ "fd00:ec2::254", "private" }, { "fdff::", "private" },
	{ "fe00::", "reserved" }, { "fe80::1", "link-local" },
	{ "febf::", "link-local" }, { "fec0::1", "reserved" },
	{ "ff02::1", "multicast" },
};

static void
address(struct host *h, const char *text)
{
	uint8_t	 a[16];
	int	 family = strchr(text, ':') == NULL ? AF_INET : AF_INET6;

	assert_int_equal(inet_pton(family, text, a), 1);
	host_address(h, family, a);
}

static void
test_special(void **state)
{
	const char	*what;
	struct host	 h;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
		address(&h, addrs[i].addr);
		what = address_special(&h);
		if ((what == NULL) != (addrs[i].what == NULL) || (what != NULL
		    && strstr(what, addrs[i].what) == NULL))
			fail_msg("%s: %s", addrs[i].addr, what == NULL ?
			    "public" : what);
	}
	memset(&h, 0, sizeof(h));
	assert_non_null(address_special(&h));	/* a name is no address */
}

/* Every address of every interface; a special one would pass by the table. */
static void
test_own(void **state)
{
	const struct sockaddr_in	*in;
	const struct sockaddr_in6	*in6;
	struct ifaddrs			*all, *i;
	struct host			 h;
	int				 fd = address_open(), n = 0;

	(void)state;
	assert_int_not_equal(fd, -1);
	assert_int_equal(getifaddrs(&all), 0);
	for (i = all; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL)
			continue;
		in = (const void *)i->ifa_addr;
		in6 = (const void *)i->ifa_addr;
		if (in->sin_family == AF_INET)
			host_address(&h, AF_INET, &in->sin_addr);
		else if (in->sin_family == AF_INET6 &&
		    !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
			host_address(&h, AF_INET6, &in6->sin6_addr);
		else
			continue;
		n++;
		if (address_is_own(fd, &h) != 1)
			fail_msg("%s on %s is not this host's", h.name,
			    i->ifa_name);
	}
	freeifaddrs(all);
	assert_true(n > 0);
	address(&h, "127.9.9.9");
	assert_int_equal(address_is_own(fd, &h), 1);
	address(&h, "255.255.255.255");
	assert_int_not_equal(address_is_own(fd, &h), 0);
	/* Elsewhere, or nowhere when this machine has no other route. */
	address(&h, "93.184.216.34");
	assert_int_not_equal(address_is_own(fd, &h), 1);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_special),
		cmocka_unit_test(test_own),
	};

	return (tap_run(tests));
}
