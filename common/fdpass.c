/*
 * Passing a descriptor.  Runs in the parent, its helpers, the executor and
 * praetor-init, between processes that trust each other.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/fdpass.h"

union control {
	struct cmsghdr	 hdr;
	char		 space[CMSG_SPACE(sizeof(int))];
};

int
fdpass_send(int sock, const void *p, size_t len, int fd)
{
	union control	 ctl = { 0 };
	struct iovec	 iov;
	struct msghdr	 mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t		 n;

	memcpy(&iov.iov_base, &p, sizeof(p));	/* only read; it has no const */
	iov.iov_len = len;
	if (fd != -1) {
		mh.msg_control = ctl.space;
		mh.msg_controllen = sizeof(ctl.space);
		ctl.hdr.cmsg_level = SOL_SOCKET;
		ctl.hdr.cmsg_type = SCM_RIGHTS;
		ctl.hdr.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&ctl.hdr), &fd, sizeof(fd));
	}
	do
		n = sendmsg(sock, &mh, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return (n == (ssize_t)len ? 0 : -1);
}

int
fdpass_recv(int sock, void *p, size_t len, int *fd)
{
	union control	 ctl;
	struct iovec	 iov = { p, len };
	struct msghdr	 mh = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = ctl.space, .msg_controllen = sizeof(ctl.space) };
	struct cmsghdr	*c;
	ssize_t		 n;

	*fd = -1;
	do
		n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return (-1);
	c = CMSG_FIRSTHDR(&mh);
	if (c != NULL && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	if (n == (ssize_t)len)
		return (0);
	errno = n == 0 ? EPIPE : EBADMSG;
	return (-1);
}
