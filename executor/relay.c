/*
 * The relay.  Runs in the executor, which neither reads nor writes a byte of
 * what passes: a connection that was accepted is given to the gateway as a
 * descriptor.  So bytes take one hop, the kernel holds back a side that does
 * not read, and one connection cannot hold up another.
 *
 * No more than `most` are handed over at once; the others wait in the
 * listener's queue, in the session's own kernel memory.  Without a gateway
 * all of them wait there: nothing else leads out.
 */
#include <errno.h>
#include <unistd.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "common/err.h"
#include "common/log.h"
#include "common/when.h"
#include "executor/relay.h"

#define PAUSE_MS	1000	/* after accept(2) failed */

static void
relay_update(struct relay *r)
{
	if (r->incoming == NULL)
		return;
	if (r->gate != NULL && r->open < r->most)
		event_add(r->incoming, NULL);
	else
		event_del(r->incoming);
}

static void
on_pause_over(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	relay_update(arg);
}

/* It would be tried again and again while the cause stays. */
static void
relay_pause(struct relay *r)
{
	struct timeval	 tv = ms_timeval(PAUSE_MS);

	log_warn("accept");
	event_del(r->incoming);
	event_base_once(r->base, -1, EV_TIMEOUT, on_pause_over, r, &tv);
}

static void
on_incoming(int listener, short what, void *arg)
{
	struct relay	*r = arg;
	struct m_gate	 m = { GATE_EGRESS, 0 };
	int		 fd;

	(void)what;
	while (r->gate != NULL && r->open < r->most) {
		fd = accept4(listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1) {
			if (errno == EAGAIN || errno == EINTR ||
			    errno == ECONNABORTED)
				break;
			relay_pause(r);
			return;
		}
		if (peer_send(r->gate, MSG_GATE_OPEN, 0, fd, &m,
		    sizeof(m)) != 0)
			fatalx("out of memory");
		r->open++;
	}
	if (r->gate != NULL)
		peer_flush(r->gate);
	relay_update(r);
}

static void
from_gate_closed(struct peer *p, struct msg *m, void *arg)
{
	struct relay	*r = arg;
	struct m_count	 c;

	(void)p;
	msg_get(m, &c, sizeof(c));
	r->open = c.n < r->open ? r->open - c.n : 0;
	relay_update(r);
}

/* The next one comes by GATE_FD. */
static void
gate_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct relay	*r = arg;

	if (why == PEER_LIED)
		log_warnx("the gateway broke the protocol");
	peer_free(p);
	r->gate = NULL;
	r->open = 0;
	relay_update(r);
}

static msg_handler *const handlers[MSG_MAX] = {
	[MSG_GATE_CLOSED] = from_gate_closed
};

static const struct peer_ops gate_ops = {
	.self = P_EXEC, .other = P_GATE, .handlers = handlers,
	.ended = gate_ended
};

void
relay_init(struct relay *r, struct event_base *base)
{
	r->base = base;
	r->listener = -1;
}

void
relay_listen(struct relay *r, int listener, unsigned int most)
{
	r->listener = listener;
	r->most = most;
	r->incoming = event_new(r->base, listener, EV_READ | EV_PERSIST,
	    on_incoming, r);
	if (r->incoming == NULL)
		fatalx("out of memory");
	relay_update(r);
}

void
relay_gateway(struct relay *r, int fd)
{
	peer_free(r->gate);
	r->open = 0;
	if ((r->gate = peer_new(r->base, fd, &gate_ops, r)) == NULL)
		fatal("socket to the gateway");
	relay_update(r);
}
