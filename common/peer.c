/*
 * Peers.  Runs in every process with an event loop.  What comes in may be
 * hostile: a peer that breaks a rule is reported once, as PEER_LIED, and no
 * byte of it is looked at again.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>

#include "common/err.h"
#include "common/imsg.h"
#include "common/log.h"
#include "common/peer.h"

struct peer {
	struct imsgbuf		 ib;
	const struct peer_ops	*ops;
	void			*arg;
	struct event		*rev;
	struct event		*wev;
	struct buf		 join;		/* payload of frames so far */
	struct imsg_hdr		 joined;	/* header of the first of them */
	int			 joinfd;
	int			 joining;
	int			 choked;	/* above the high mark since */
	int			 paused;
	int			 mute;		/* nobody reads: drop sends */
	int			 over;		/* ended() was called */
	int			*freed;		/* set when freed inside a handler */
};

static void	 peer_readable(int, short, void *);
static void	 peer_writable(int, short, void *);

struct peer *
peer_new(struct event_base *base, int fd, const struct peer_ops *ops, void *arg)
{
	struct peer	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (NULL);
	if (evutil_make_socket_nonblocking(fd) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		goto fail;
	imsgbuf_init(&p->ib, fd);
	p->ops = ops;
	p->arg = arg;
	p->joinfd = -1;
	p->rev = event_new(base, fd, EV_READ | EV_PERSIST, peer_readable, p);
	p->wev = event_new(base, fd, EV_WRITE | EV_PERSIST, peer_writable, p);
	if (p->rev == NULL || p->wev == NULL || event_add(p->rev, NULL) == -1)
		goto fail;
	return (p);
fail:
	if (p->rev != NULL)
		event_free(p->rev);
	if (p->wev != NULL)
		event_free(p->wev);
	free(p);
	return (NULL);
}

void
peer_free(struct peer *p)
{
	if (p == NULL)
		return;
	if (p->freed != NULL)
		*p->freed = 1;
	event_free(p->rev);
	event_free(p->wev);
	if (p->joinfd != -1)
		close(p->joinfd);
	buf_free(&p->join);
	imsgbuf_clear(&p->ib);
	close(p->ib.fd);
	free(p);
}

/* No more events from here: the owner is told once and frees when it likes. */
static void
peer_end(struct peer *p, enum peer_end why)
{
	event_del(p->rev);
	event_del(p->wev);
	p->over = 1;
	p->ops->ended(p, why, p->arg);
}

static void
peer_trace(const struct peer *p, int out, uint32_t type, size_t len, int fd)
{
	if (!log_is_verbose())
		return;
	log_debug("%s %s %s %s, %zu bytes%s", proc_name(p->ops->self),
	    out ? "->" : "<-", proc_name(p->ops->other), msg_name(type), len,
	    fd != -1 ? ", fd" : "");
}

/* Hand one whole message on.  -1 when the peer lied. */
static int
peer_dispatch(struct peer *p, struct msg *m)
{
	msg_handler	*handler;
	const char	*why;

	why = msg_refuse(p->ops->other, p->ops->self, m->type, m->len,
	    m->fd != -1, p->ops->state != NULL ? p->ops->state(p->arg) : -1);
	handler = why == NULL ? p->ops->handlers[m->type] : NULL;
	if (handler == NULL) {
		log_warnx("%s from %s refused: %s, %zu bytes",
		    msg_name(m->type), proc_name(p->ops->other),
		    why != NULL ? why : "no handler", m->len);
		return (-1);
	}
	peer_trace(p, 0, m->type, m->len, m->fd);
	handler(p, m, p->arg);
	return (0);
}

static int
join_add(struct peer *p, const struct imsg *im)
{
	const struct msg_row	*row = msg_row(im->hdr.type);

	if (!p->joining) {
		p->joined = im->hdr;
		p->joinfd = im->fd;
		p->joining = 1;
	} else if (im->hdr.type != p->joined.type || im->fd != -1 ||
	    im->hdr.id != p->joined.id) {
		if (im->fd != -1)
			close(im->fd);
		return (-1);
	}
	if (row == NULL || p->join.len + im->hdr.len > row->most)
		return (-1);
	return (buf_add(&p->join, im->data, im->hdr.len));
}

/* One frame: keep it, or complete a message and dispatch it. */
static int
peer_frame(struct peer *p, struct imsg *im)
{
	struct msg	 m;
	struct buf	 whole = { 0 };
	int		 r, freed = 0, *outer = p->freed;

	m.type = im->hdr.type;
	m.id = im->hdr.id;
	m.data = im->data;
	m.len = im->hdr.len;
	m.fd = im->fd;
	if (p->joining || (im->hdr.flags & IMSG_F_MORE)) {
		if (join_add(p, im) != 0)
			return (-1);
		if (im->hdr.flags & IMSG_F_MORE)
			return (0);
		whole = p->join;
		memset(&p->join, 0, sizeof(p->join));
		m.data = whole.data;
		m.len = whole.len;
		m.fd = p->joinfd;
		p->joinfd = -1;
		p->joining = 0;
	}
	p->freed = &freed;
	r = peer_dispatch(p, &m);
	if (m.fd != -1)
		close(m.fd);
	buf_free(&whole);
	if (freed)
		return (1);
	p->freed = outer;
	return (r);
}

static void
peer_readable(int fd, short what, void *arg)
{
	struct peer	*p = arg;
	struct imsg	 im;
	int		 got, n, r, lied;

	(void)fd;
	(void)what;
	n = imsgbuf_read(&p->ib);
	lied = n == -1 && errno == EBADMSG;	/* before handlers change it */
	while (!p->paused && (got = imsg_next(&p->ib, &im)) != 0) {
		r = got == -1 ? -1 : peer_frame(p, &im);
		if (r == 1)
			return;			/* freed by its handler */
		if (r == -1) {
			peer_end(p, PEER_LIED);
			return;
		}
	}
	/* A paused owner still wants what came before the end. */
	if (lied)
		peer_end(p, PEER_LIED);
	else if (n != 1 && !p->paused)
		peer_end(p, PEER_CLOSED);
}

/*
 * The other end is gone, but its last words may still be on the way in: only
 * the queue is dropped, and reading finds the end.
 */
static int
peer_write(struct peer *p)
{
	if (imsgbuf_write(&p->ib) == 0)
		return (0);
	if (errno != EPIPE)
		return (-1);
	imsgbuf_drop(&p->ib);
	p->mute = 1;
	return (0);
}

static void
peer_writable(int fd, short what, void *arg)
{
	struct peer	*p = arg;

	(void)fd;
	(void)what;
	if (peer_write(p) == -1) {
		peer_end(p, PEER_CLOSED);
		return;
	}
	if (p->ib.queued == 0)
		event_del(p->wev);
	if (p->choked && p->ib.queued < PEER_LOW) {
		p->choked = 0;
		if (p->ops->drained != NULL)
			p->ops->drained(p, p->arg);
	}
}

int
peer_send(struct peer *p, enum msg_type type, uint32_t id, int fd,
    const void *data, size_t len)
{
	struct imsg_hdr	 h = { 0 };
	const uint8_t	*pos = data;
	int		 r;

	assert(msg_refuse(p->ops->self, p->ops->other, type, len, fd != -1,
	    -1) == NULL);
	if (p->over || p->mute) {
		if (fd != -1)
			close(fd);
		return (0);
	}
	peer_trace(p, 1, type, len, fd);
	h.type = (uint16_t)type;
	h.id = id;
	h.pid = (uint32_t)getpid();
	do {
		h.len = len > MAX_FRAME ? MAX_FRAME : (uint32_t)len;
		h.flags = len > MAX_FRAME ? IMSG_F_MORE : 0;
		if ((r = imsg_compose(&p->ib, &h, pos, fd)) != 0)
			return (r);
		fd = -1;
		if (h.len > 0)
			pos += h.len;
		len -= h.len;
	} while (len > 0);
	if (p->ib.queued > PEER_HIGH)
		p->choked = 1;
	event_add(p->wev, NULL);
	return (0);
}

int
peer_send_rec(struct peer *p, enum msg_type type, uint32_t id, int fd,
    struct rec *r)
{
	struct buf	 b = { 0 };
	char		 why[160] = "no memory";
	int		 e;

	if ((e = rec_check(r, why, sizeof(why))) != 0 ||
	    (e = rec_encode(r, &b)) != 0) {
		log_warnx("%s to %s not sent: %s", msg_name(type),
		    proc_name(p->ops->other), why);
		if (fd != -1)
			close(fd);
	} else {
		e = peer_send(p, type, id, fd, b.data, b.len);
	}
	buf_free(&b);
	rec_free(r);
	return (e);
}

void
peer_flush(struct peer *p)
{
	if (p->ib.queued > 0 && !p->over)
		(void)imsgbuf_write(&p->ib);	/* an error shows at the next event */
}

size_t
peer_queued(const struct peer *p)
{
	return (p->ib.queued);
}

int
peer_choked(const struct peer *p)
{
	return (p->choked);
}

void
peer_pause(struct peer *p)
{
	p->paused = 1;
	event_del(p->rev);
}

void
peer_resume(struct peer *p)
{
	if (!p->paused)
		return;
	p->paused = 0;
	if (p->over)
		return;
	event_add(p->rev, NULL);
	/* Frames may be waiting in the buffer although the socket is quiet. */
	event_active(p->rev, EV_READ, 0);
}

int
peer_fd(const struct peer *p)
{
	return (p->ib.fd);
}

void *
peer_arg(const struct peer *p)
{
	return (p->arg);
}

int
msg_fd(struct msg *m)
{
	int	 fd = m->fd;

	m->fd = -1;
	return (fd);
}

void
msg_get(const struct msg *m, void *out, size_t len)
{
	assert(m->len == len);
	memcpy(out, m->data, len);
}

int
msg_rec(const struct msg *m, enum rec_kind kind, struct rec **out)
{
	return (rec_decode_one(m->data, m->len, kind, out));
}
