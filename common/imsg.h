/*
 * Framed messages over an AF_UNIX stream socket, after OpenBSD's imsg
 * (imsgbuf_init(3)): a 16-byte header, a payload of at most 64 KiB, at most
 * one descriptor.  This layer knows nothing of libevent or of what messages
 * mean; common/peer.h does.  Descriptors arrive close-on-exec.
 */
#ifndef COMMON_IMSG_H
#define COMMON_IMSG_H

#include <stddef.h>
#include <stdint.h>
#include <bsd/sys/queue.h>

#define IMSG_HEADER	16
#define IMSG_F_FD	0x0001		/* a descriptor belongs to this frame */
#define IMSG_F_MORE	0x0002		/* the payload goes on in the next frame */
#define IMSG_MAXFDS	16		/* received and not yet claimed */

struct imsg_hdr {
	uint16_t	type;		/* enum msg_type */
	uint16_t	flags;		/* IMSG_F_* */
	uint32_t	len;		/* payload bytes */
	uint32_t	id;		/* the sender's: which request or client */
	uint32_t	pid;		/* for logs only; never trusted */
};

struct imsg {
	struct imsg_hdr	 hdr;
	const void	*data;		/* valid until the next imsg_next() or _read() */
	int		 fd;		/* the caller's from now on; -1 none */
};

struct imsg_out {
	TAILQ_ENTRY(imsg_out) entry;	/* on imsgbuf.out */
	int		 fd;		/* sent with the first byte, then closed; -1 */
	size_t		 len;
	size_t		 off;		/* bytes already sent */
	uint8_t		 data[];
};

struct imsgbuf {
	int		 fd;		/* not owned */
	uint8_t		*rbuf;		/* owned */
	size_t		 rlen, roff, rcap;
	int		 fds[IMSG_MAXFDS];
	int		 nfds;
	TAILQ_HEAD(, imsg_out) out;
	size_t		 queued;	/* bytes in out */
};

void	 imsgbuf_init(struct imsgbuf *ib, int fd);

/* Free queues and close unclaimed descriptors; does not close ib->fd. */
void	 imsgbuf_clear(struct imsgbuf *ib);

/* Free what is queued for sending and close its descriptors. */
void	 imsgbuf_drop(struct imsgbuf *ib);

/*
 * Read once.  1: something came or would block; 0: the other end closed;
 * -1 with errno.
 */
int	 imsgbuf_read(struct imsgbuf *ib);

/*
 * The next whole frame: 1 and *m filled; 0 none yet; -1 (EBADMSG) for a frame
 * that no honest peer sends: too long, unknown flags, a promised descriptor
 * that did not come, too many descriptors.
 */
int	 imsg_next(struct imsgbuf *ib, struct imsg *m);

/*
 * Queue a frame; takes fd (-1 none).  0 or PRA_ENOMEM (fd closed all the same).
 */
int	 imsg_compose(struct imsgbuf *ib, const struct imsg_hdr *hdr,
	    const void *data, int fd);

/* Send what is queued, in as few calls as possible.  0 done or would block, -1. */
int	 imsgbuf_write(struct imsgbuf *ib);

#endif
