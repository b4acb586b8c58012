/*
 * The self-test's stand-in for the engine: one session, one step.  Runs in a
 * child of the parent that has given up every privilege, because it parses
 * what an executor sends.  It must not touch a file.
 */
#include <string.h>
#include <unistd.h>
#include <event2/event.h>

#include "common/peer.h"
#include "praetord/selftest.h"

#define STEP_MS		(SELFTEST_SECONDS * 1000 / 2)
#define FENCE		1

struct stand_in {
	struct event_base	*base;
	struct peer		*peer;
	const char *const	*argv;
	int			 status;
};

static void
from_hello(struct peer *p, struct msg *m, void *arg)
{
	struct stand_in	*s = arg;
	struct rec	*r = rec_new(REC_b_step);
	size_t		 i;

	(void)m;
	rec_set_u64(r, F_b_step_fence, FENCE);
	for (i = 0; s->argv[i] != NULL; i++)
		rec_add_str(r, F_b_step_argv, s->argv[i]);
	rec_set_u64(r, F_b_step_timeout, STEP_MS);
	rec_set_u64(r, F_b_step_output, 4096);
	if (peer_send_rec(p, MSG_STEP, 0, -1, r) != 0)
		event_base_loopbreak(s->base);
}

/* It prints nothing; if it does, that is acknowledged and not looked at. */
static void
from_output(struct peer *p, struct msg *m, void *arg)
{
	struct rec	*r, *ack = rec_new(REC_b_ack);
	size_t		 n = 0;

	(void)arg;
	if (msg_rec(m, REC_b_output, &r) != 0) {
		rec_free(ack);
		return;
	}
	(void)rec_bytes(r, F_b_output_data, &n);
	rec_set_u64(ack, F_b_ack_fence, FENCE);
	rec_set_u64(ack, F_b_ack_offset, rec_u64(r, F_b_output_offset) + n);
	rec_free(r);
	peer_send_rec(p, MSG_OUTPUT_ACK, 0, -1, ack);
}

static void
from_done(struct peer *p, struct msg *m, void *arg)
{
	struct stand_in	*s = arg;
	struct rec	*r;

	(void)p;
	if (msg_rec(m, REC_b_exit, &r) == 0) {
		if (strcmp(rec_str(r, F_b_exit_why), "exit") == 0)
			s->status = (int)rec_i64(r, F_b_exit_status) & 0xff;
		rec_free(r);
	}
	event_base_loopbreak(s->base);
}

static void
on_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct stand_in	*s = arg;

	(void)p;
	(void)why;
	event_base_loopbreak(s->base);
}

void
selftest_engine(int fd, const char *const argv[])
{
	static msg_handler *const handlers[MSG_MAX] = {
		[MSG_EXEC_HELLO] = from_hello,
		[MSG_OUTPUT] = from_output,
		[MSG_STEP_DONE] = from_done
	};
	static const struct peer_ops ops = {
		.self = P_ENGINE, .other = P_EXEC, .handlers = handlers,
		.ended = on_ended
	};
	struct stand_in	 s = { .argv = argv, .status = SELFTEST_BROKEN };

	if ((s.base = event_base_new()) != NULL &&
	    (s.peer = peer_new(s.base, fd, &ops, &s)) != NULL)
		event_base_dispatch(s.base);
	_exit(s.status);
}
