/*
 * Frames.  Runs in every process, on bytes of peers that may lie.  Nothing
 * here trusts a length or flag before it was checked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/err.h"
#include "common/imsg.h"
#include "common/proto.h"

#define RCAP	(IMSG_HEADER + MAX_FRAME)
#define IOVS	64

void
imsgbuf_init(struct imsgbuf *ib, int fd)
{
	memset(ib, 0, sizeof(*ib));
	ib->fd = fd;
	TAILQ_INIT(&ib->out);
}

static void
out_free(struct imsgbuf *ib, struct imsg_out *o)
{
	TAILQ_REMOVE(&ib->out, o, entry);
	ib->queued -= o->len - o->off;
	if (o->fd != -1)
		close(o->fd);
	free(o);
}

void
imsgbuf_drop(struct imsgbuf *ib)
{
	struct imsg_out	*o;

	while ((o = TAILQ_FIRST(&ib->out)) != NULL)
		out_free(ib, o);
}

void
imsgbuf_clear(struct imsgbuf *ib)
{
	imsgbuf_drop(ib);
	while (ib->nfds > 0)
		close(ib->fds[--ib->nfds]);
	free(ib->rbuf);
	ib->rbuf = NULL;
	ib->rlen = ib->roff = ib->rcap = 0;
}

/*
 * An idle channel should cost nothing, so the buffer starts small and grows
 * to one frame only when one is on its way.
 */
static int
rbuf_room(struct imsgbuf *ib)
{
	size_t	 want = 1024;
	uint8_t	*p;

	if (ib->roff > 0) {
		memmove(ib->rbuf, ib->rbuf + ib->roff, ib->rlen - ib->roff);
		ib->rlen -= ib->roff;
		ib->roff = 0;
	}
	if (ib->rlen < ib->rcap)
		return (0);
	if (ib->rcap > 0)
		want = RCAP;
	if ((p = realloc(ib->rbuf, want)) == NULL)
		return (-1);
	ib->rbuf = p;
	ib->rcap = want;
	return (0);
}

/* Keep the descriptors that came along; too many means a liar. */
static int
fds_keep(struct imsgbuf *ib, struct msghdr *mh)
{
	struct cmsghdr	*c;
	size_t		 i, n;
	int		 fd, bad = (mh->msg_flags & MSG_CTRUNC) != 0;

	for (c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (ib->nfds < IMSG_MAXFDS) {
				ib->fds[ib->nfds++] = fd;
			} else {
				close(fd);
				bad = 1;
			}
		}
	}
	if (bad)
		errno = EBADMSG;
	return (bad ? -1 : 0);
}

int
imsgbuf_read(struct imsgbuf *ib)
{
	union {
		struct cmsghdr	 hdr;
		char		 space[CMSG_SPACE(4 * sizeof(int))];
	} ctl;
	struct msghdr	 mh = { 0 };
	struct iovec	 iov;
	ssize_t		 n;

	if (rbuf_room(ib) == -1)
		return (-1);
	if (ib->rlen == ib->rcap)	/* whole frames wait: first those */
		return (1);
	iov.iov_base = ib->rbuf + ib->rlen;
	iov.iov_len = ib->rcap - ib->rlen;
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = ctl.space;
	mh.msg_controllen = sizeof(ctl.space);
	n = recvmsg(ib->fd, &mh, MSG_CMSG_CLOEXEC);
	if (n == -1)
		return (errno == EAGAIN || errno == EINTR ? 1 : -1);
	if (fds_keep(ib, &mh) == -1)
		return (-1);
	if (n == 0)
		return (0);
	ib->rlen += (size_t)n;
	return (1);
}

static int
fd_claim(struct imsgbuf *ib)
{
	int	 fd = ib->fds[0];

	memmove(ib->fds, ib->fds + 1, (size_t)--ib->nfds * sizeof(int));
	return (fd);
}

int
imsg_next(struct imsgbuf *ib, struct imsg *m)
{
	if (ib->rlen - ib->roff < IMSG_HEADER)
		return (0);
	memcpy(&m->hdr, ib->rbuf + ib->roff, IMSG_HEADER);
	if (m->hdr.len > MAX_FRAME ||
	    (m->hdr.flags & ~(IMSG_F_FD | IMSG_F_MORE)) != 0) {
		errno = EBADMSG;
		return (-1);
	}
	if (ib->rlen - ib->roff - IMSG_HEADER < m->hdr.len)
		return (0);
	m->fd = -1;
	if (m->hdr.flags & IMSG_F_FD) {
		if (ib->nfds == 0) {
			errno = EBADMSG;
			return (-1);
		}
		m->fd = fd_claim(ib);
	}
	m->data = ib->rbuf + ib->roff + IMSG_HEADER;
	ib->roff += IMSG_HEADER + m->hdr.len;
	return (1);
}

int
imsg_compose(struct imsgbuf *ib, const struct imsg_hdr *hdr, const void *data,
    int fd)
{
	struct imsg_hdr	 h = *hdr;
	struct imsg_out	*o;

	if ((o = malloc(sizeof(*o) + IMSG_HEADER + h.len)) == NULL) {
		if (fd != -1)
			close(fd);
		return (PRA_ENOMEM);
	}
	if (fd != -1)
		h.flags |= IMSG_F_FD;
	memcpy(o->data, &h, IMSG_HEADER);
	if (h.len > 0)
		memcpy(o->data + IMSG_HEADER, data, h.len);
	o->fd = fd;
	o->len = IMSG_HEADER + h.len;
	o->off = 0;
	TAILQ_INSERT_TAIL(&ib->out, o, entry);
	ib->queued += o->len;
	return (0);
}

/*
 * One sendmsg(2): a frame with a descriptor goes first in its own call, so
 * that the descriptor arrives with its first byte and with no other frame.
 */
static ssize_t
out_send(struct imsgbuf *ib)
{
	union {
		struct cmsghdr	 hdr;
		char		 space[CMSG_SPACE(sizeof(int))];
	} ctl = { 0 };
	struct iovec	 iov[IOVS];
	struct msghdr	 mh = { 0 };
	struct imsg_out	*o;
	int		 n = 0;

	TAILQ_FOREACH(o, &ib->out, entry) {
		if (n == IOVS || (n > 0 && o->fd != -1))
			break;
		iov[n].iov_base = o->data + o->off;
		iov[n++].iov_len = o->len - o->off;
		if (o->fd != -1)
			break;
	}
	mh.msg_iov = iov;
	mh.msg_iovlen = (size_t)n;
	o = TAILQ_FIRST(&ib->out);
	if (o->fd != -1) {
		mh.msg_control = ctl.space;
		mh.msg_controllen = sizeof(ctl.space);
		ctl.hdr.cmsg_level = SOL_SOCKET;
		ctl.hdr.cmsg_type = SCM_RIGHTS;
		ctl.hdr.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&ctl.hdr), &o->fd, sizeof(int));
	}
	return (sendmsg(ib->fd, &mh, MSG_NOSIGNAL));
}

int
imsgbuf_write(struct imsgbuf *ib)
{
	struct imsg_out	*o;
	ssize_t		 n;
	size_t		 part;

	while ((o = TAILQ_FIRST(&ib->out)) != NULL) {
		if ((n = out_send(ib)) == -1) {
			if (errno == EINTR)
				continue;
			return (errno == EAGAIN || errno == ENOBUFS ? 0 : -1);
		}
		while (n > 0 && (o = TAILQ_FIRST(&ib->out)) != NULL) {
			if (o->fd != -1) {
				close(o->fd);
				o->fd = -1;
			}
			part = o->len - o->off;
			if ((size_t)n < part)
				part = (size_t)n;
			o->off += part;
			ib->queued -= part;
			n -= (ssize_t)part;
			if (o->off == o->len)
				out_free(ib, o);
		}
	}
	return (0);
}
