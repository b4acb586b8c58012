/*
 * Hosts.  Runs in the parent on its own configuration and in the gateway on
 * what jobs send, which is hostile: every byte is looked at once, against a
 * list of what may stand there.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "common/host.h"

#define LABEL_MAX	63

static int
is_digit(char c)
{
	return (c >= '0' && c <= '9');
}

static int
is_ldh(char c)
{
	return (is_digit(c) || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '-');
}

/*
 * Decimal from 0 to most, digits only and none in front that says nothing.
 * -1 for anything else.
 */
static long
decimal(const char *p, size_t n, long most)
{
	long	 v = 0;
	size_t	 i;

	if (n == 0 || n > 5 || (n > 1 && p[0] == '0'))
		return (-1);
	for (i = 0; i < n; i++) {
		if (!is_digit(p[i]))
			return (-1);
		v = v * 10 + (p[i] - '0');
	}
	return (v <= most ? v : -1);
}

/*
 * 1 when some resolver would take a name that ends in this label for an
 * address: all digits, or 0x and hexadecimal ones.
 */
static int
is_number(const char *label, size_t n)
{
	static const char	 hex[] = "0123456789abcdef";
	size_t			 i;

	if (n >= 2 && label[0] == '0' && label[1] == 'x') {
		for (i = 2; i < n; i++)
			if (strchr(hex, label[i]) == NULL)
				return (0);
		return (1);
	}
	for (i = 0; i < n; i++)
		if (!is_digit(label[i]))
			return (0);
	return (1);
}

/* Four decimal numbers.  0 or -1. */
static int
ipv4_parse(const char *p, uint8_t addr[4])
{
	size_t	 n;
	long	 v;
	int	 i;

	for (i = 0; i < 4; i++, p += n + 1) {
		n = strcspn(p, ".");
		if ((v = decimal(p, n, 255)) == -1 ||
		    (p[n] == '\0') != (i == 3))
			return (-1);
		addr[i] = (uint8_t)v;
	}
	return (0);
}

/* Labels, copied in lower case.  NULL, or what is wrong. */
static const char *
labels(const char *p, size_t n, char *out)
{
	size_t	 i, start = 0;

	for (i = 0; i <= n; i++) {
		if (i == n || p[i] == '.') {
			if (i == start)
				return ("an empty label");
			if (i - start > LABEL_MAX)
				return ("a label of more than 63 bytes");
			if (p[start] == '-' || p[i - 1] == '-')
				return ("a label with a hyphen at its end");
			start = i + 1;
		} else if (!is_ldh(p[i])) {
			return ("a byte that is no letter, digit or hyphen");
		}
		if (i < n)
			out[i] = p[i] >= 'A' && p[i] <= 'Z' ?
			    (char)(p[i] - 'A' + 'a') : p[i];
	}
	out[n] = '\0';
	return (NULL);
}

static const char *
name_parse(const char *p, size_t n, struct host *h)
{
	const char	*why, *last;
	int		 dot = n > 0 && p[n - 1] == '.';

	n -= (size_t)dot;
	if (n == 0)
		return ("it is empty");
	if (n > HOST_NAME)
		return ("more than 253 bytes");
	if ((why = labels(p, n, h->name)) != NULL)
		return (why);
	last = strrchr(h->name, '.');
	last = last == NULL ? h->name : last + 1;
	if (!is_number(last, strlen(last)))
		return (NULL);
	if (dot || ipv4_parse(h->name, h->addr) == -1)
		return ("a number, but no IPv4 address of four decimal parts");
	h->family = AF_INET;
	return (NULL);
}

static const char *
ipv6_parse(const char *p, size_t n, struct host *h)
{
	static const char	 why[] = "no IPv6 address in brackets";
	char			 text[INET6_ADDRSTRLEN];
	uint8_t			 addr[16];

	if (n < 2 || n - 2 >= sizeof(text) || p[n - 1] != ']')
		return (why);
	memcpy(text, p + 1, n - 2);
	text[n - 2] = '\0';
	if (strlen(text) != n - 2 || inet_pton(AF_INET6, text, addr) != 1)
		return (why);
	host_address(h, AF_INET6, addr);
	return (NULL);
}

const char *
host_parse(const char *p, size_t n, struct host *h)
{
	memset(h, 0, sizeof(*h));
	if (n > 0 && p[0] == '[')
		return (ipv6_parse(p, n, h));
	return (name_parse(p, n, h));
}

const char *
authority_parse(const char *p, size_t n, uint16_t dflt, struct host *h,
    uint16_t *port)
{
	const char	*colon;
	long		 v;

	*port = dflt;
	colon = memrchr(p, ':', n);
	if (colon != NULL && n > 0 && p[n - 1] == ']')
		colon = NULL;		/* one of the address */
	if (colon == NULL && dflt == 0)
		return ("a port is missing");
	if (colon == NULL)
		return (host_parse(p, n, h));
	v = decimal(colon + 1, n - (size_t)(colon + 1 - p), UINT16_MAX);
	if (v < 1)
		return ("a port that is no number from 1 to 65535");
	*port = (uint16_t)v;
	return (host_parse(p, (size_t)(colon - p), h));
}

const char *
host_rule_parse(const char *text, struct host_rule *r)
{
	const char	*why;

	memset(r, 0, sizeof(*r));
	if (strncmp(text, "*.", 2) == 0) {
		r->below = 1;
		text += 2;
	}
	if ((why = authority_parse(text, strlen(text), 0, &r->host,
	    &r->port)) != NULL)
		return (why);
	return (r->below && r->host.family != 0 ? "an address has nothing "
	    "below it" : NULL);
}

int
host_rule_match(const struct host_rule *r, const struct host *h,
    uint16_t port)
{
	size_t	 n = strlen(h->name), k = strlen(r->host.name);

	if (port != r->port || h->family != r->host.family)
		return (0);
	if (h->family == AF_INET)
		return (memcmp(h->addr, r->host.addr, 4) == 0);
	if (h->family == AF_INET6)
		return (memcmp(h->addr, r->host.addr, 16) == 0);
	if (!r->below)
		return (n == k && memcmp(h->name, r->host.name, n) == 0);
	return (n > k + 1 && h->name[n - k - 1] == '.' &&
	    memcmp(h->name + n - k, r->host.name, k) == 0);
}

const char *
authority_format(char out[HOST_TEXT], const struct host *h, uint16_t port)
{
	int	 v6 = h->family == AF_INET6;

	snprintf(out, HOST_TEXT, "%s%s%s:%u", v6 ? "[" : "", h->name,
	    v6 ? "]" : "", port);
	return (out);
}

void
host_address(struct host *h, int family, const void *addr)
{
	memset(h, 0, sizeof(*h));
	h->family = family;
	memcpy(h->addr, addr, family == AF_INET ? 4 : 16);
	if (inet_ntop(family, h->addr, h->name, sizeof(h->name)) == NULL)
		h->name[0] = '\0';	/* no such family: fits no rule */
}
