/*
 * One record and one descriptor over an AF_UNIX socket, waiting for it: for
 * the few places where two processes start together and no loop runs yet.
 * Everything else goes by common/peer.h.
 */
#ifndef COMMON_FDPASS_H
#define COMMON_FDPASS_H

#include <stddef.h>

/* Send len bytes, and fd unless it is -1 (kept open).  0 or -1 with errno. */
int	 fdpass_send(int sock, const void *p, size_t len, int fd);

/*
 * Receive exactly len bytes and at most one descriptor, close-on-exec, in *fd
 * (-1: none came).  0, or -1 with errno (EPIPE: the other end closed).
 */
int	 fdpass_recv(int sock, void *p, size_t len, int *fd);

#endif
