/*
 * Addresses that a name must not lead to: those of this host and of networks
 * that are not the Internet's.
 */
#ifndef GATEWAY_ADDRESS_H
#define GATEWAY_ADDRESS_H

#include "common/host.h"

/*
 * What kind of address it is ("loopback", "private"), or NULL when it is one
 * of the public Internet.  h is an address.
 */
const char	*address_special(const struct host *h);

/* A socket for address_is_own(); -1 with errno. */
int		 address_open(void);

/*
 * 1 when the kernel would deliver it on this host or as a broadcast, 0 when
 * it leads elsewhere, -1 when no route does or the kernel did not say.
 */
int		 address_is_own(int routes, const struct host *h);

#endif
