/*
 * Namespaces that are made ahead and kept as descriptors, each by a child
 * that lives only until the parent has opened it.
 */
#ifndef PRAETORD_NS_H
#define PRAETORD_NS_H

#include <stdint.h>
#include <sys/types.h>

#include "praetord/why.h"

/* One id inside a user namespace and the id outside that it stands for. */
struct ns_id {
	uid_t	 in_uid, out_uid;
	gid_t	 in_gid, out_gid;
};

#define NS_IDS_MAX	2

/* A user namespace with exactly these ids.  Descriptor (the caller's) or -1. */
int	 ns_user(const struct ns_id *ids, size_t n, struct why *why);

/*
 * A mount namespace in which build(arg) ran and returned 0 (else -1 with
 * why).  As ns_user().
 */
int	 ns_mount(int (*build)(void *arg, struct why *why), void *arg,
	    struct why *why);

/* Bring loopback up in the caller's network namespace.  0 or -1. */
int	 ns_loopback(struct why *why);

/* A socket that listens there on 127.0.0.1; not blocking.  -1 on failure. */
int	 ns_listen(uint16_t port, struct why *why);

#endif
