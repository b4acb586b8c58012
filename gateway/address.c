/*
 * Addresses.  Runs in the gateway on the answers of name servers, which are
 * whoever's.  The table follows IANA's registries of special-purpose
 * addresses; of IPv6 only 2000::/3 has been given out at all.  Addresses of
 * this host may be public ones: the kernel is asked where each would go.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "gateway/address.h"

struct range {
	uint8_t		 addr[16];
	unsigned int	 bits;
	const char	*what;
};

static const struct range ranges4[] = {
	{ { 0 },		8,  "this network" },
	{ { 10 },		8,  "private" },
	{ { 100, 64 },		10, "shared by a carrier's customers" },
	{ { 127 },		8,  "loopback" },
	{ { 169, 254 },		16, "link-local" },
	{ { 172, 16 },		12, "private" },
	{ { 192, 0, 0 },	24, "for protocols" },
	{ { 192, 0, 2 },	24, "for documentation" },
	{ { 192, 31, 196 },	24, "for AS112" },
	{ { 192, 52, 193 },	24, "for AMT" },
	{ { 192, 88, 99 },	24, "a 6to4 relay" },
	{ { 192, 168 },		16, "private" },
	{ { 192, 175, 48 },	24, "for AS112" },
	{ { 198, 18 },		15, "for benchmarks" },
	{ { 198, 51, 100 },	24, "for documentation" },
	{ { 203, 0, 113 },	24, "for documentation" },
	{ { 224 },		4,  "multicast" },
	{ { 240 },		4,  "reserved" },
};

/* The first that fits names it; the last but one lets the rest through. */
static const struct range ranges6[] = {
	{ { 0 },		128, "unspecified" },
	{ { [15] = 1 },		128, "loopback" },
	{ { [10] = 0xff, 0xff }, 96, "IPv4 in IPv6" },
	{ { [8] = 0xff, 0xff },	 96, "IPv4 in IPv6" },
	{ { 0, 0x64, 0xff, 0x9b }, 96, "IPv4 in IPv6 (NAT64)" },
	{ { 0, 0x64, 0xff, 0x9b, 0, 1 }, 48, "IPv4 in IPv6 (NAT64)" },
	{ { 0 },		8,   "IPv4 in IPv6" },
	{ { 0x20, 0x01 },	23,  "for protocols (Teredo)" },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, "for documentation" },
	{ { 0x20, 0x02 },	16,  "IPv4 in IPv6 (6to4)" },
	{ { 0x26, 0x20, 0, 0x4f, 0x80 }, 48, "for AS112" },
	{ { 0x3f, 0xff },	20,  "for documentation" },
	{ { 0x20 },		3,   NULL },
	{ { 0xfc },		7,   "private" },
	{ { 0xfe, 0x80 },	10,  "link-local" },
	{ { 0xff },		8,   "multicast" },
	{ { 0 },		0,   "reserved" },
};

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static int
in_range(const uint8_t *addr, const struct range *r)
{
	unsigned int	 whole = r->bits / 8, rest = r->bits % 8;

	if (memcmp(addr, r->addr, whole) != 0)
		return (0);
	return (rest == 0 ||
	    (addr[whole] ^ r->addr[whole]) >> (8 - rest) == 0);
}

const char *
address_special(const struct host *h)
{
	const struct range	*r;

	if (h->family == AF_INET) {
		for (r = ranges4; r < ranges4 + NELEM(ranges4); r++)
			if (in_range(h->addr, r))
				return (r->what);
		return (NULL);
	}
	if (h->family != AF_INET6)
		return ("not an address");
	for (r = ranges6; !in_range(h->addr, r); r++)
		;
	return (r->what);
}

int
address_open(void)
{
	return (socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_ROUTE));
}

/* "Where would a packet to this address go?" */
struct question {
	struct nlmsghdr	 n;
	struct rtmsg	 r;
	struct rtattr	 a;
	uint8_t		 addr[16];
};

static void
question_make(struct question *q, const struct host *h)
{
	unsigned short	 len = h->family == AF_INET ? 4 : 16;

	memset(q, 0, sizeof(*q));
	q->n.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof(q->r)) +
	    RTA_LENGTH(len));
	q->n.nlmsg_type = RTM_GETROUTE;
	q->n.nlmsg_flags = NLM_F_REQUEST;
	q->r.rtm_family = (unsigned char)h->family;
	q->r.rtm_dst_len = (unsigned char)(len * 8);
	q->a.rta_type = RTA_DST;
	q->a.rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(q->addr, h->addr, len);
}

/* The kernel answers within the call that asks. */
int
address_is_own(int routes, const struct host *h)
{
	union {
		struct nlmsghdr	 n;
		char		 space[8192];
	} answer;
	struct rtmsg	 rt;
	struct question	 q;
	ssize_t		 n;

	while (recv(routes, &answer, sizeof(answer), MSG_DONTWAIT) > 0)
		;			/* of a question that failed */
	question_make(&q, h);
	if (send(routes, &q, q.n.nlmsg_len, 0) != (ssize_t)q.n.nlmsg_len)
		return (-1);
	n = recv(routes, &answer, sizeof(answer), MSG_DONTWAIT);
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(rt)) ||
	    answer.n.nlmsg_type != RTM_NEWROUTE)
		return (-1);
	memcpy(&rt, NLMSG_DATA(&answer.n), sizeof(rt));
	return (rt.rtm_type != RTN_UNICAST);
}
