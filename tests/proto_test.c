/*
 * common/proto.tbl: every message from each wrong sender, to each wrong
 * receiver, too short, too long, with and without a descriptor against its
 * rule and in each wrong state -- by the check itself, and over a real socket
 * with common/peer.c.  Made from the table: a new row is tested as it comes.
 */
#include <event2/event.h>

#include "common/imsg.h"
#include "common/log.h"
#include "common/peer.h"
#include "tests/fds.h"
#include "tests/tap.h"

#define NPROCS	8
#define PROC(i)	((enum proc)(1 << (i)))

/* One message as it is tried: a good one, or one thing wrong with it. */
struct attempt {
	uint32_t	 type;
	enum proc	 from;
	enum proc	 to;
	size_t		 len;
	int		 hasfd;
	int		 state;		/* -1: the receiver keeps none */
	const char	*want;		/* NULL, or the refusal */
};

typedef void	 try_fn(const struct attempt *);

static enum proc
first_of(unsigned int mask)
{
	return ((enum proc)(mask & ~(mask - 1)));
}

static struct attempt
good(uint32_t type)
{
	const struct msg_row	*row = msg_row(type);

	return ((struct attempt){ type, first_of(row->from),
	    first_of(row->to), row->least, row->fd == FD_ONE, -1, NULL });
}

/* Each sender and receiver, right and wrong. */
static void
each_end(uint32_t type, try_fn *try)
{
	const struct msg_row	*row = msg_row(type);
	struct attempt		 a;
	int			 i;

	for (i = 0; i < NPROCS; i++) {
		a = good(type);
		a.from = PROC(i);
		a.want = row->from & PROC(i) ? NULL : "wrong sender";
		try(&a);
		a = good(type);
		a.to = PROC(i);
		a.want = row->to & PROC(i) ? NULL : "wrong receiver";
		try(&a);
	}
}

static void
each_length(uint32_t type, try_fn *try)
{
	const struct msg_row	*row = msg_row(type);
	struct attempt		 a = good(type);

	try(&a);
	a.len = row->most;
	try(&a);
	a.len = row->most + 1;
	a.want = "too long";
	try(&a);
	if (row->least == 0)
		return;
	a.want = "too short";
	a.len = row->least - 1;
	try(&a);
	a.len = 0;
	try(&a);
}

static void
each_fd(uint32_t type, try_fn *try)
{
	const struct msg_row	*row = msg_row(type);
	struct attempt		 a = good(type);

	a.hasfd = 1;
	a.want = row->fd == FD_NONE ? "has a descriptor" : NULL;
	try(&a);
	a.hasfd = 0;
	a.want = row->fd == FD_ONE ? "has no descriptor" : NULL;
	try(&a);
}

static void
each_state(uint32_t type, try_fn *try)
{
	const struct msg_row	*row = msg_row(type);
	struct attempt		 a = good(type);

	for (a.state = 0; a.state < SS_MAX; a.state++) {
		a.want = row->states & 1U << a.state ? NULL : "wrong state";
		try(&a);
	}
}

static void
each_row(void (*fn)(uint32_t, try_fn *), try_fn *try)
{
	uint32_t	 type;

	for (type = MSG_NONE + 1; type < MSG_MAX; type++)
		fn(type, try);
}

/* 1. the check itself */

static void
try_refuse(const struct attempt *a)
{
	const char	*got;

	got = msg_refuse(a->from, a->to, a->type, a->len, a->hasfd, a->state);
	if (a->want == NULL ? got != NULL :
	    got == NULL || strcmp(got, a->want) != 0)
		fail_msg("%s %s -> %s, %zu bytes, fd %d, state %d: %s, not %s",
		    msg_name(a->type), proc_name(a->from), proc_name(a->to),
		    a->len, a->hasfd, a->state, got == NULL ? "taken" : got,
		    a->want == NULL ? "taken" : a->want);
}

/* 2. over a socket */

struct wire {
	int		 handled;
	int		 ended;
	enum peer_end	 why;
	uint32_t	 type;
	size_t		 len;
	int		 hasfd;
	int		 state;
};

static void
wire_handler(struct peer *p, struct msg *m, void *arg)
{
	struct wire	*w = arg;

	(void)p;
	w->handled++;
	w->type = m->type;
	w->len = m->len;
	w->hasfd = m->fd != -1;
}

static void
wire_ended(struct peer *p, enum peer_end why, void *arg)
{
	struct wire	*w = arg;

	(void)p;
	w->ended++;
	w->why = why;
}

static int
wire_now(void *arg)
{
	return (((struct wire *)arg)->state);
}

/* Queue a message as a peer without a table would: whatever it is told. */
static void
compose(struct imsgbuf *ib, const struct attempt *a)
{
	static const uint8_t	 zeros[MAX_FRAME];
	struct imsg_hdr		 h = { 0 };
	size_t			 left = a->len;
	int			 fd = -1;

	if (a->hasfd)
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	h.type = (uint16_t)a->type;
	do {
		h.len = left > MAX_FRAME ? MAX_FRAME : (uint32_t)left;
		h.flags = left > MAX_FRAME ? IMSG_F_MORE : 0;
		assert_int_equal(imsg_compose(ib, &h, zeros, fd), 0);
		fd = -1;
		left -= h.len;
	} while (left > 0);
}

static void
wire_check(const struct attempt *a, const struct wire *w)
{
	int	 ok;

	if (a->want == NULL)
		ok = w->handled == 1 && w->ended == 0 &&
		    w->type == a->type && w->len == a->len &&
		    w->hasfd == a->hasfd;
	else
		ok = w->handled == 0 && w->ended == 1 &&
		    w->why == PEER_LIED;
	if (!ok)
		fail_msg("%s %s -> %s, %zu bytes, fd %d, state %d (%s): "
		    "handled %d, ended %d", msg_name(a->type),
		    proc_name(a->from), proc_name(a->to), a->len, a->hasfd,
		    a->state, a->want == NULL ? "good" : a->want, w->handled,
		    w->ended);
}

static void
try_wire(const struct attempt *a)
{
	struct event_base	*base = event_base_new();
	msg_handler		*table[MSG_MAX];
	struct peer_ops		 ops = { a->to, a->from, table, wire_ended,
				    a->state < 0 ? NULL : wire_now, NULL };
	struct wire		 w = { 0 };
	struct imsgbuf		 ib;
	struct peer		*p;
	int			 i, sv[2], before = fds_open();

	for (i = 0; i < MSG_MAX; i++)
		table[i] = wire_handler;
	w.state = a->state;
	assert_non_null(base);
	assert_int_equal(fds_pair(sv), 0);
	assert_non_null(p = peer_new(base, sv[0], &ops, &w));
	imsgbuf_init(&ib, sv[1]);
	compose(&ib, a);
	while (w.handled == 0 && w.ended == 0) {
		assert_int_equal(imsgbuf_write(&ib), 0);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	event_base_loop(base, EVLOOP_NONBLOCK);
	wire_check(a, &w);
	peer_free(p);
	imsgbuf_clear(&ib);
	close(sv[1]);
	assert_int_equal(fds_open(), before);
	event_base_free(base);
}

#define BOTH(what)							\
static void								\
refuse_##what(void **state)						\
{									\
	(void)state;							\
	each_row(each_##what, try_refuse);				\
}									\
static void								\
wire_##what(void **state)						\
{									\
	(void)state;							\
	each_row(each_##what, try_wire);				\
}

BOTH(end)
BOTH(length)
BOTH(fd)
BOTH(state)

static void
unknown_types(void **state)
{
	static const uint32_t	 types[] = { MSG_NONE, MSG_MAX, 0xffff };
	struct attempt		 a = { 0, P_ENGINE, P_PARENT, 0, 0, -1,
				    "no such message" };
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		a.type = types[i];
		try_refuse(&a);
		try_wire(&a);
		assert_null(msg_row(types[i]));
		assert_string_equal(msg_name(types[i]), "unknown");
	}
	a.type = UINT32_MAX;
	try_refuse(&a);
}

/* What the table promises about itself. */
static void
table(void **state)
{
	const struct msg_row	*row;
	uint32_t		 type, other;

	(void)state;
	for (type = MSG_NONE + 1; type < MSG_MAX; type++) {
		row = msg_row(type);
		assert_non_null(row);
		assert_true(row->from != 0 && row->to != 0);
		assert_int_equal(row->from & row->to, 0);
		assert_true(row->least <= row->most);
		assert_true(row->most <= MAX_PLAN);
		assert_true(row->states != 0);
		assert_true(strlen(row->text) > 0);
		/* The root process reads fixed structs only. */
		if (row->to & P_PARENT)
			assert_int_equal(row->least, row->most);
		/* Only executors have session states. */
		if (row->states != S_ANY)
			assert_true((row->from | row->to) & P_EXEC);
		for (other = type + 1; other < MSG_MAX; other++)
			assert_string_not_equal(row->name, msg_name(other));
	}
}

static void
names(void **state)
{
	int	 i;

	(void)state;
	for (i = 0; i < NPROCS; i++)
		assert_int_equal(proc_byname(proc_name(PROC(i))), PROC(i));
	assert_int_equal(proc_byname("nobody"), 0);
	assert_string_equal(proc_name((enum proc)(1 << NPROCS)), "unknown");
	for (i = 0; i < SS_MAX; i++)
		assert_string_not_equal(session_state_name(
		    (enum session_state)i), "unknown");
	assert_string_equal(session_state_name(SS_MAX), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(names),
		cmocka_unit_test(unknown_types),
		cmocka_unit_test(refuse_end),
		cmocka_unit_test(refuse_length),
		cmocka_unit_test(refuse_fd),
		cmocka_unit_test(refuse_state),
		cmocka_unit_test(wire_end),
		cmocka_unit_test(wire_length),
		cmocka_unit_test(wire_fd),
		cmocka_unit_test(wire_state)
	};

	/* Every refusal is logged; thousands of lines say nothing here. */
	log_init("proto_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
