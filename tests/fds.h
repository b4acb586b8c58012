/*
 * Descriptors in tests: how many are open, and pairs of sockets.
 */
#ifndef TESTS_FDS_H
#define TESTS_FDS_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS_MOST	256	/* tests open fewer */

/* Open descriptors of this process below FDS_MOST. */
static inline int
fds_open(void)
{
	int	 fd, n = 0;

	for (fd = 0; fd < FDS_MOST; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return (n);
}

/* A connected pair that does not block; 0 or -1 with errno. */
static inline int
fds_pair(int sv[2])
{
	return (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0, sv));
}

/* Send bytes with the descriptor fd n times (at most 8), as sendmsg(2). */
static inline ssize_t
fds_send(int sock, const void *data, size_t len, int fd, int n)
{
	union {
		struct cmsghdr	 hdr;
		char		 space[CMSG_SPACE(8 * sizeof(int))];
	} ctl = { 0 };
	struct iovec	 iov = { (void *)(uintptr_t)data, len };
	struct msghdr	 mh = { 0 };
	int		 i, fds[8];

	for (i = 0; i < n; i++)
		fds[i] = fd;
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = ctl.space;
	mh.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
	ctl.hdr.cmsg_level = SOL_SOCKET;
	ctl.hdr.cmsg_type = SCM_RIGHTS;
	ctl.hdr.cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
	memcpy(CMSG_DATA(&ctl.hdr), fds, (size_t)n * sizeof(int));
	return (sendmsg(sock, &mh, MSG_NOSIGNAL));
}

#endif
