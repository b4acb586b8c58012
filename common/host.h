/*
 * Hosts, the one reader of them: rules of praetord.conf(5) and what sessions
 * ask for pass through the same functions, so that both mean the same by the
 * same bytes.  Linked by the parent (rules) and the gateway.  No lookup is
 * made here, and nothing is guessed: what is not in the one form is refused.
 */
#ifndef COMMON_HOST_H
#define COMMON_HOST_H

#include <stddef.h>
#include <stdint.h>

#define HOST_NAME	253	/* bytes of a name, without a dot at its end */
#define HOST_TEXT	264	/* "[" address or name "]:65535" and NUL */

struct host {
	int		 family;	/* 0: a name; AF_INET, AF_INET6 */
	uint8_t		 addr[16];	/* network order; 4 or 16 bytes */
	char		 name[HOST_NAME + 1]; /* canonical; no brackets */
};

/* One of a project's rules. */
struct host_rule {
	int		 below;		/* *.name: one label or more in front */
	struct host	 host;
	uint16_t	 port;
};

/*
 * A name (letters, digits and hyphens in labels of 1 to 63, made lower case,
 * one dot at the end dropped), an IPv4 address (four decimal numbers) or an
 * IPv6 address in brackets.  Whatever else a resolver might take for an
 * address is refused: short, octal or hexadecimal numbers, zones.  NULL and
 * *h, or what is wrong, for "... is not a host: %s".
 */
const char	*host_parse(const char *p, size_t n, struct host *h);

/*
 * The same with a port, "host:port" in decimal from 1 to 65535.  dflt is used
 * when there is none; 0: there must be one.
 */
const char	*authority_parse(const char *p, size_t n, uint16_t dflt,
		    struct host *h, uint16_t *port);

/* As authority_parse() with a port, and "*." may stand before a name. */
const char	*host_rule_parse(const char *text, struct host_rule *r);

/*
 * 1 when the rule is for this host and port.  A name fits rules for names
 * only, an address rules for addresses only.
 */
int		 host_rule_match(const struct host_rule *r,
		    const struct host *h, uint16_t port);

/* "name:443", "[::1]:443"; what authority_parse() reads.  Returns out. */
const char	*authority_format(char out[HOST_TEXT], const struct host *h,
		    uint16_t port);

/* Make an address a host; family AF_INET or AF_INET6. */
void		 host_address(struct host *h, int family, const void *addr);

#endif
