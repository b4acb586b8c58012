/*
 * The socket to the engine, patches, and the sweep.  Runs in the reviewer.
 * The engine is trusted to ask for what its users may have; what it names is
 * checked all the same.  Requests are in reviewer/jobs.c.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>

#include "common/err.h"
#include "common/log.h"
#include "common/peer.h"
#include "common/rec.h"
#include "reviewer/diff.h"
#include "reviewer/holds.h"
#include "reviewer/jobs.h"
#include "reviewer/messages.h"
#include "reviewer/mirror.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"

#define SWEEP_ENTRIES	1000	/* deleted in one turn of the loop */
#define DRAIN_MS	30000	/* an engine that reads nothing is given up */

static void
on_request(struct peer *p, struct msg *m, void *arg)
{
	(void)p;
	jobs_request(arg, m);
}

struct diff_to {
	struct peer	*p;
	uint32_t	 id;
};

/* A patch is made in one go, so back-pressure is waiting right here. */
static int
diff_part(void *arg, const void *piece, size_t n)
{
	struct diff_to	*to = arg;
	struct pollfd	 pfd = { peer_fd(to->p), POLLOUT, 0 };

	if (peer_send(to->p, MSG_DIFF_PART, to->id, -1, piece, n) != 0)
		return (-1);
	while (peer_queued(to->p) > PEER_HIGH) {
		if (poll(&pfd, 1, DRAIN_MS) != 1 ||
		    (pfd.revents & (POLLERR | POLLHUP)))
			return (-1);
		peer_flush(to->p);
	}
	return (0);
}

static void
on_diff(struct peer *p, struct msg *m, void *arg)
{
	struct reviewer	*r = arg;
	struct diff_to	 to = { p, m->id };
	struct outcome	 o = { 0 };
	struct m_result	 end = { 0 };
	struct rec	*in;
	int		 rc;

	if ((rc = msg_rec(m, REC_b_diff, &in)) != 0) {
		log_warnx("DIFF from the engine: %s", err_text(rc));
		return;
	}
	end.err = diff_answer(r, in, diff_part, &to, &o);
	rec_free(in);
	snprintf(end.text, sizeof(end.text), "%.1000s",
	    end.err != 0 ? o.text : "");
	if (peer_send(p, MSG_DIFF_END, to.id, -1, &end, sizeof(end)) != 0)
		fatalx("out of memory");
}

static void
engine_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct reviewer	*r = arg;

	if (why == PEER_LIED)
		log_warnx("the engine broke the protocol");
	peer_free(p);
	r->engine = NULL;	/* the parent sends the next one's socket */
}

static msg_handler *const engine_handlers[MSG_MAX] = {
	[MSG_PROJECT_OPEN] = on_request,
	[MSG_PROJECT_DROP] = on_request,
	[MSG_ATTIC_DROP] = on_request,
	[MSG_BASE_WANT] = on_request,
	[MSG_BASE_DROP] = on_request,
	[MSG_IMPORT] = on_request,
	[MSG_MERGE] = on_request,
	[MSG_LAND] = on_request,
	[MSG_DIFF] = on_diff,
};

void
messages_engine(struct reviewer *r, int fd)
{
	peer_free(r->engine);
	jobs_forget(r);
	r->engines++;
	r->engine_ops.self = P_REVIEW;
	r->engine_ops.other = P_ENGINE;
	r->engine_ops.handlers = engine_handlers;
	r->engine_ops.ended = engine_ended;
	r->engine = peer_new(r->role.base, fd, &r->engine_ops, r);
	if (r->engine == NULL)
		fatal("socket to the engine");
}

static void
on_sweep(int fd, short what, void *arg)
{
	struct reviewer	*r = arg;

	(void)fd;
	(void)what;
	if (holds_sweep(r, SWEEP_ENTRIES))
		messages_sweep(r);
	else
		mirrors_upkeep(r);
}

void
messages_sweep(struct reviewer *r)
{
	const struct timeval	 soon = { 0, 0 };

	if (r->sweep == NULL &&
	    (r->sweep = evtimer_new(r->role.base, on_sweep, r)) == NULL)
		fatalx("out of memory");
	evtimer_add(r->sweep, &soon);
}
