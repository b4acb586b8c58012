/*
 * The first message of a TLS client, as far as it names a server.  Pure.
 */
#ifndef GATEWAY_TLS_H
#define GATEWAY_TLS_H

#include <stddef.h>
#include <stdint.h>

#include "common/host.h"

#define TLS_HELLO	16384	/* most bytes of a hello with its headers */

enum tls_hello {
	TLS_MORE,		/* it is not whole */
	TLS_OTHER,		/* this is not TLS */
	TLS_UNNAMED,		/* it names no server */
	TLS_NAMED,
	TLS_BAD			/* malformed, too long, or two names */
};

/*
 * What the bytes from a client's first on say; with TLS_NAMED the name is in
 * *name.
 */
enum tls_hello	 tls_hello(const uint8_t *p, size_t n, struct host *name);

#endif
