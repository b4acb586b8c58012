/*
 * Bytes between a job and a server.  Runs in the gateway; both sides are
 * hostile.  What is read is sent at once; what the other side does not take
 * is held, at most one buffer, and reading stops until it is gone: the kernel
 * then holds back whoever sends.  A connection gets a few buffers at a time,
 * so that a fast one does not keep the others waiting.
 *
 * Descriptors of jobs are shared with their executor, which could change
 * their flags: no call here relies on O_NONBLOCK.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "common/err.h"
#include "common/log.h"
#include "gateway/conn.h"
#include "gateway/tls.h"

#define ROUNDS	4	/* buffers of one connection in a row */

static void	 on_readable(int, short, void *);
static void	 on_writable(int, short, void *);

/* The events of one socket: it is read for one flow, written for the other. */
static int
ends_open(struct conn *c, int fd, struct flow *out, struct flow *in)
{
	struct event_base	*base = c->gs->gw->role.base;

	out->conn = in->conn = c;
	out->from = in->to = fd;
	out->rd = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, out);
	in->wr = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, in);
	return (out->rd == NULL || in->wr == NULL ? -1 : 0);
}

int
flow_client(struct conn *c)
{
	return (ends_open(c, c->client, &c->up, &c->down));
}

int
flow_server(struct conn *c)
{
	return (ends_open(c, c->server, &c->down, &c->up));
}

void
flow_close(struct flow *f)
{
	if (f->rd != NULL)
		event_free(f->rd);
	if (f->wr != NULL)
		event_free(f->wr);
	free(f->held);
	f->rd = f->wr = NULL;
	f->held = NULL;
	f->len = f->off = 0;
}

void
flow_put(struct flow *f, const void *p, size_t n)
{
	uint8_t	*held;

	if (n == 0)
		return;
	if ((held = malloc(f->len - f->off + n)) == NULL)
		fatalx("out of memory");
	if (f->len > f->off)
		memcpy(held, f->held + f->off, f->len - f->off);
	memcpy(held + (f->len - f->off), p, n);
	f->len = f->len - f->off + n;
	f->off = 0;
	free(f->held);
	f->held = held;
}

/* Bytes sent, 0 when it would block, -1 with errno. */
static ssize_t
send_some(int fd, const uint8_t *p, size_t n)
{
	ssize_t	 k;

	k = send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (k == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	return (k);
}

/* 1: nothing is held; 0: some is; -1: the other side is gone. */
static int
flow_flush(struct flow *f)
{
	ssize_t	 k;

	while (f->off < f->len) {
		k = send_some(f->to, f->held + f->off, f->len - f->off);
		if (k <= 0)
			return ((int)k);
		f->off += (size_t)k;
	}
	free(f->held);
	f->held = NULL;
	f->off = f->len = 0;
	return (1);
}

/* Send what was read; what is not taken is held. */
static int
flow_send(struct flow *f, const uint8_t *p, size_t n)
{
	ssize_t	 k = 0;

	if (f->len == 0 && (k = send_some(f->to, p, n)) == -1)
		return (-1);
	flow_put(f, p + k, n - (size_t)k);
	return (0);
}

static int
is_up(const struct flow *f)
{
	return (f == &f->conn->up);
}

/* Of a plain request or response only its body is passed on.  -1: bad. */
static ssize_t
body_part(struct flow *f, const uint8_t *p, size_t n)
{
	struct conn	*c = f->conn;

	if (c->req.connect)
		return ((ssize_t)n);
	return (http_body_take(is_up(f) ? &c->body : &c->reply_body, p, n));
}

/* All that is to come of a response has come. */
static int
is_whole(const struct flow *f)
{
	const struct conn	*c = f->conn;

	return (!is_up(f) && !c->req.connect && c->replied &&
	    c->reply_body.done);
}

/* The heads that are there.  0, or PRA_E*: that is no response. */
static int
reply_heads(struct conn *c, struct buf *out)
{
	struct http_response	 r;
	size_t			 len;
	int			 e = 0;

	while (e == 0 && !c->replied && (len = http_head(c->reply.data,
	    c->reply.len, &c->reply_seen)) > 0) {
		if (len > HTTP_HEAD)
			return (PRA_ELIMIT);
		e = http_response_parse(&r, c->reply.data, len, c->req.head,
		    out);
		if (e != 0)
			break;
		buf_drop(&c->reply, len);
		c->reply_seen = 0;
		c->replied = r.status >= 200;
		http_body_init(&c->reply_body, r.framing, r.length);
	}
	if (!c->replied && c->reply.len > HTTP_HEAD)
		return (PRA_ELIMIT);
	return (e);
}

/*
 * The response's head is collected and written anew; what came with it goes
 * the way of all bytes.  0, or -1 when the connection was stepped.
 */
static int
response_part(struct flow *f, const uint8_t *p, size_t n)
{
	struct conn	*c = f->conn;
	struct buf	 out = { 0 };
	ssize_t		 part = 0;
	int		 e;

	if (buf_add(&c->reply, p, n) != 0)
		fatalx("out of memory");
	if (reply_heads(c, &out) != 0) {
		buf_free(&out);
		conn_refuse(c, 502, "failed", "response", "the server's answer "
		    "is no HTTP response, or its head is too long");
		return (-1);
	}
	e = flow_send(f, out.data, out.len);
	buf_free(&out);
	if (e == 0 && c->replied) {
		part = body_part(f, c->reply.data, c->reply.len);
		e = part == -1 ? -1 : flow_send(f, c->reply.data,
		    (size_t)part);
		buf_free(&c->reply);
	}
	if (e == -1)
		conn_end(c, part == -1 ? "response" : "reset");
	return (e);
}

/*
 * The first bytes of a tunnel wait until it is clear which server they are
 * for.  0, or -1 when the connection was stepped.
 */
static int
hello_part(struct flow *f, const uint8_t *p, size_t n)
{
	struct conn	*c = f->conn;
	struct host	 name = { 0 };
	enum tls_hello	 said;
	int		 e;

	if (buf_add(&c->hello, p, n) != 0)
		fatalx("out of memory");
	said = tls_hello(c->hello.data, c->hello.len, &name);
	if (said == TLS_MORE)
		return (0);
	if (said == TLS_BAD || (said == TLS_NAMED &&
	    c->req.host.family == 0 &&
	    strcmp(name.name, c->req.host.name) != 0)) {
		if (said == TLS_NAMED)
			c->req.host = name;	/* that is what was refused */
		c->verdict = "refused";
		conn_end(c, "tls");
		return (-1);
	}
	c->greeted = 1;
	if ((e = flow_send(f, c->hello.data, c->hello.len)) == -1)
		conn_end(c, "reset");
	else
		buf_free(&c->hello);
	return (e);
}

/* Both sides are told of an end once all before it was sent. */
static void
flow_ended(struct flow *f)
{
	struct conn	*c = f->conn;

	event_del(f->rd);
	if (f->len > 0)
		return;			/* on_writable() comes back */
	if (is_up(f) && c->hello.len > 0) {
		conn_end(c, "reset");	/* half of a hello */
		return;
	}
	if (!f->shut) {
		f->shut = 1;
		/* A plain request ends by its framing, not by this. */
		if (!is_up(f) || c->req.connect)
			shutdown(f->to, SHUT_WR);
	}
	if (!is_up(f) && !c->req.connect && c->replied)
		conn_done(c);
	else if (!is_up(f) && !c->req.connect)
		conn_refuse(c, 502, "failed", "response", "the server closed "
		    "the connection without an answer");
	else if (c->up.shut && c->down.shut)
		conn_end(c, "closed");
	else if (is_up(f) && !c->req.connect && !c->body.done)
		conn_end(c, "reset");
}

/* 0, or -1 when the connection was stepped. */
static int
flow_pass(struct flow *f, const uint8_t *p, size_t n)
{
	struct conn	*c = f->conn;
	ssize_t		 part;

	if (!is_up(f) && !c->req.connect && !c->replied)
		return (response_part(f, p, n));
	if (is_up(f) && c->req.connect && !c->greeted)
		return (hello_part(f, p, n));
	part = body_part(f, p, n);
	if (part == -1 || flow_send(f, p, (size_t)part) == -1) {
		conn_end(c, part != -1 ? "reset" : is_up(f) ? "request" :
		    "response");
		return (-1);
	}
	if ((size_t)part < n)		/* behind the request: never read on */
		event_del(f->rd);
	return (0);
}

void
flow_early(struct conn *c, const uint8_t *p, size_t n)
{
	if (n > 0)
		flow_pass(&c->up, p, n);
}

/* Count what passed.  -1: the session has used all it may. */
static int
flow_count(struct flow *f, size_t n)
{
	struct gsession	*gs = f->conn->gs;
	uint64_t	 most = rec_u64(gs->rec, F_b_gate_session_bytes);

	f->bytes += n;
	gs->bytes += n;
	f->conn->active = mono_now();
	if (most == 0 || gs->bytes <= most)
		return (0);
	conn_end(f->conn, "bytes");
	return (-1);
}

/* One buffer.  1: there may be more; 0: wait; -1: it was stepped. */
static int
flow_once(struct flow *f)
{
	uint8_t	*buf = f->conn->gs->gw->buf;
	ssize_t	 n;

	n = recv(f->from, buf, GATE_BUF, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	if (n == -1) {
		conn_end(f->conn, "reset");
		return (-1);
	}
	if (n == 0) {
		f->eof = 1;
		flow_ended(f);
		return (-1);
	}
	if (flow_count(f, (size_t)n) == -1 ||
	    flow_pass(f, buf, (size_t)n) == -1)
		return (-1);
	if (f->len > 0) {
		event_del(f->rd);
		event_add(f->wr, NULL);
		return (0);
	}
	if (is_whole(f)) {
		conn_done(f->conn);
		return (-1);
	}
	return (n == GATE_BUF);
}

static void
on_readable(int fd, short what, void *arg)
{
	struct flow	*f = arg;
	int		 i;

	(void)fd;
	(void)what;
	if (f->conn->state != CN_RELAY) {
		conn_readable(f->conn);
		return;
	}
	for (i = 0; i < ROUNDS && flow_once(f) == 1; i++)
		;
}

static void
on_writable(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flow_run(arg);
}

void
flow_run(struct flow *f)
{
	struct conn	*c = f->conn;
	int		 r = flow_flush(f);

	if (r == -1) {
		conn_end(c, "reset");
		return;
	}
	c->active = mono_now();
	if (r == 0) {
		event_add(f->wr, NULL);
		return;
	}
	event_del(f->wr);
	if (c->state == CN_ANSWER)
		conn_step(c, CE_SENT);
	else if (is_whole(f))
		conn_done(c);
	else if (f->eof)
		flow_ended(f);
	else if (c->state == CN_RELAY)
		event_add(f->rd, NULL);
}
