/*
 * Reports to the engine.  Runs in the gateway.  Hosts in them are foreign but
 * canonical: common/host.c let nothing else through.
 */
#include <stdlib.h>
#include <string.h>
#include <event2/event.h>
#include <bsd/string.h>

#include "common/log.h"
#include "gateway/gateway.h"

#define NOTES_MAX	64	/* kept of one session */
#define BURST		32	/* reports of a session at once */
#define EACH_MS		500	/* and then one in so many milliseconds */

static void
on_later(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	notes_send(arg);
}

int
notes_open(struct gsession *gs)
{
	struct notes	*ns = &gs->notes;

	TAILQ_INIT(&ns->list);
	ns->tokens = BURST;
	ns->filled = mono_now();
	ns->later = evtimer_new(gs->gw->role.base, on_later, gs);
	return (ns->later == NULL ? -1 : 0);
}

static void
note_free(struct notes *ns, struct note *n)
{
	TAILQ_REMOVE(&ns->list, n, entry);
	ns->n--;
	free(n);
}

void
notes_close(struct gsession *gs)
{
	struct notes	*ns = &gs->notes;
	struct note	*n;

	while ((n = TAILQ_FIRST(&ns->list)) != NULL)
		note_free(ns, n);
	event_free(ns->later);
}

/* One that waits and says the same, but for its numbers. */
static struct note *
note_like(struct notes *ns, const struct note *as)
{
	struct note	*n;

	TAILQ_FOREACH(n, &ns->list, entry)
		if (n->number == 0 && n->verdict == as->verdict &&
		    n->reason == as->reason &&
		    strcmp(n->host, as->host) == 0 &&
		    strcmp(n->address, as->address) == 0)
			return (n);
	return (NULL);
}

static void
note_count(struct note *to, const struct note *n)
{
	to->count += n->count;
	to->sent += n->sent;
	to->received += n->received;
	to->wall += n->wall;
}

/* With all places taken, hosts are not told apart any more. */
void
notes_add(struct gsession *gs, const struct note *add)
{
	struct notes	*ns = &gs->notes;
	struct note	*n, more = *add;

	if (ns->n >= NOTES_MAX && note_like(ns, &more) == NULL) {
		strlcpy(more.host, "*", sizeof(more.host));
		more.address[0] = '\0';
	}
	if ((n = note_like(ns, &more)) != NULL) {
		note_count(n, &more);
	} else {
		if ((n = malloc(sizeof(*n))) == NULL)
			fatalx("out of memory");
		*n = more;
		n->number = 0;
		TAILQ_INSERT_TAIL(&ns->list, n, entry);
		ns->n++;
	}
	notes_send(gs);
}

static struct rec *
note_rec(const struct gsession *gs, const struct note *n)
{
	struct rec	*r = rec_new(REC_b_egress);

	rec_set_u64(r, F_b_egress_session, gs->number);
	rec_set_u64(r, F_b_egress_number, n->number);
	rec_set_str(r, F_b_egress_verdict, n->verdict);
	rec_set_str(r, F_b_egress_reason, n->reason);
	rec_set_str(r, F_b_egress_host, n->host);
	if (n->address[0] != '\0')
		rec_set_str(r, F_b_egress_address, n->address);
	rec_set_u64(r, F_b_egress_count, n->count);
	rec_set_u64(r, F_b_egress_sent, n->sent);
	rec_set_u64(r, F_b_egress_received, n->received);
	rec_set_u64(r, F_b_egress_wall, n->wall);
	return (r);
}

static void
note_send(struct gsession *gs, const struct note *n)
{
	if (peer_send_rec(gs->gw->engine, MSG_EGRESS, 0, -1,
	    note_rec(gs, n)) != 0)
		fatalx("out of memory");
}

static void
tokens_fill(struct notes *ns)
{
	struct mono	 now = mono_now();
	int64_t		 more = mono_diff_us(ns->filled, now) /
			    (EACH_MS * 1000);

	if (more <= 0)
		return;
	ns->filled = now;
	ns->tokens = more >= BURST - (int64_t)ns->tokens ? BURST :
	    ns->tokens + (unsigned int)more;
}

/*
 * Numbers are the clock's, which goes on when this process is another one:
 * the engine drops what it has seen.
 */
void
notes_send(struct gsession *gs)
{
	struct notes	*ns = &gs->notes;
	struct timeval	 tv = ms_timeval(EACH_MS);
	struct note	*n;
	uint64_t	 now = (uint64_t)mono_now().us;

	if (gs->gw->engine == NULL)
		return;			/* the next one asks by notes_again() */
	tokens_fill(ns);
	TAILQ_FOREACH(n, &ns->list, entry) {
		if (n->number != 0)
			continue;
		if (ns->tokens == 0 && gs->exec != NULL) {
			event_add(ns->later, &tv);
			break;
		}
		ns->tokens -= ns->tokens > 0;
		ns->last = now > ns->last ? now : ns->last + 1;
		n->number = ns->last;
		note_send(gs, n);
	}
	peer_flush(gs->gw->engine);
}

void
notes_ack(struct gsession *gs, uint64_t number)
{
	struct notes	*ns = &gs->notes;
	struct note	*n;

	while ((n = TAILQ_FIRST(&ns->list)) != NULL && n->number != 0 &&
	    n->number <= number)
		note_free(ns, n);
}

void
notes_again(struct gsession *gs)
{
	struct note	*n;

	TAILQ_FOREACH(n, &gs->notes.list, entry)
		if (n->number != 0)
			note_send(gs, n);
	notes_send(gs);
}
