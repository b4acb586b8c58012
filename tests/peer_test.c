/*
 * common/peer.c: messages over a real socket and event loop -- joined frames,
 * descriptors, back-pressure, pauses, and the end of a peer.
 */
#include <event2/event.h>

#include "common/imsg.h"
#include "common/log.h"
#include "common/peer.h"
#include "tests/fds.h"
#include "tests/tap.h"

/*
 * The peer under test is the frontend's end towards a client; the client is
 * this test writing frames by hand, or a second peer.
 */
struct world {
	struct event_base	*base;
	struct peer		*peer;
	struct peer_ops		 ops;
	msg_handler		*table[MSG_MAX];
	int			 fd;		/* the other end */
	int			 before;	/* open descriptors */
	int			 got;		/* messages handled */
	int			 ended;		/* calls of ended() */
	enum peer_end		 why;
	int			 drained;
	int			 free_in_handler;
	int			 pause_in_handler;
	int			 keep_fd;	/* the handler takes it */
	struct buf		 last;		/* last payload */
	uint32_t		 last_id;
};

static void
on_message(struct peer *p, struct msg *m, void *arg)
{
	struct world	*w = arg;

	w->got++;
	w->last.len = 0;
	w->last_id = m->id;
	assert_int_equal(buf_add(&w->last, m->data, m->len), 0);
	if (w->keep_fd)
		w->keep_fd = msg_fd(m);
	if (w->pause_in_handler)
		peer_pause(p);
	if (w->free_in_handler) {
		peer_free(p);
		w->peer = NULL;
	}
}

static void
on_end(struct peer *p, enum peer_end why, void *arg)
{
	struct world	*w = arg;

	(void)p;
	w->ended++;
	w->why = why;
}

static void
on_drained(struct peer *p, void *arg)
{
	struct world	*w = arg;

	(void)p;
	w->drained++;
}

static int
world_up(void **state, enum proc self, enum proc other)
{
	struct world	*w = calloc(1, sizeof(*w));
	int		 i, sv[2];

	if (w == NULL)
		return (-1);
	w->before = fds_open();
	if (fds_pair(sv) == -1 || (w->base = event_base_new()) == NULL)
		return (-1);
	for (i = 0; i < MSG_MAX; i++)
		w->table[i] = on_message;
	w->ops.self = self;
	w->ops.other = other;
	w->ops.handlers = w->table;
	w->ops.ended = on_end;
	w->ops.drained = on_drained;
	w->peer = peer_new(w->base, sv[0], &w->ops, w);
	w->fd = sv[1];
	*state = w;
	return (w->peer == NULL ? -1 : 0);
}

static int
client_side(void **state)
{
	return (world_up(state, P_FRONT, P_CTL));
}

static int
reviewer_side(void **state)
{
	return (world_up(state, P_REVIEW, P_PARENT));
}

static int
teardown(void **state)
{
	struct world	*w = *state;
	int		 left;

	peer_free(w->peer);
	if (w->fd != -1)
		close(w->fd);
	event_base_free(w->base);
	buf_free(&w->last);
	left = fds_open() - w->before;
	free(w);
	return (left == 0 ? 0 : -1);
}

/* Everything that is ready now, and what becomes ready by it. */
static void
turn(struct world *w)
{
	int	 i;

	for (i = 0; i < 8; i++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
}

static void
put(struct world *w, enum msg_type type, uint16_t flags, uint32_t id,
    const void *data, size_t len)
{
	struct imsg_hdr	 h = { (uint16_t)type, flags, (uint32_t)len, id, 0 };
	uint8_t		*b = malloc(IMSG_HEADER + len);

	assert_non_null(b);
	memcpy(b, &h, IMSG_HEADER);
	if (len > 0)
		memcpy(b + IMSG_HEADER, data, len);
	assert_int_equal(send(w->fd, b, IMSG_HEADER + len, MSG_NOSIGNAL),
	    IMSG_HEADER + len);
	free(b);
}

/* A frame with /dev/null as its descriptor. */
static void
put_fd(struct world *w, enum msg_type type, uint16_t flags, const void *data,
    size_t len)
{
	struct imsgbuf	 ib;
	struct imsg_hdr	 h = { (uint16_t)type, flags, (uint32_t)len, 0, 0 };

	imsgbuf_init(&ib, w->fd);
	assert_int_equal(imsg_compose(&ib, &h, data,
	    open("/dev/null", O_RDONLY | O_CLOEXEC)), 0);
	assert_int_equal(imsgbuf_write(&ib), 0);
	imsgbuf_clear(&ib);
}

static void
simple(void **state)
{
	struct world	*w = *state;

	put(w, MSG_CTL_REQUEST, 0, 7, "{}", 2);
	turn(w);
	assert_int_equal(w->got, 1);
	assert_int_equal(w->last_id, 7);
	assert_int_equal(w->last.len, 2);
	assert_memory_equal(w->last.data, "{}", 2);
	assert_ptr_equal(peer_arg(w->peer), w);
}

static void
joined(void **state)
{
	struct world	*w = *state;
	uint8_t		*big = malloc(3 * MAX_FRAME);
	size_t		 i;

	assert_non_null(big);
	for (i = 0; i < 3 * MAX_FRAME; i++)
		big[i] = (uint8_t)(i ^ i >> 9);
	for (i = 0; i < 3; i++) {
		put(w, MSG_CTL_REQUEST, i < 2 ? IMSG_F_MORE : 0, 3,
		    big + i * MAX_FRAME, MAX_FRAME);
		turn(w);
		assert_int_equal(w->got, i == 2);
	}
	assert_int_equal(w->last.len, 3 * MAX_FRAME);
	assert_memory_equal(w->last.data, big, 3 * MAX_FRAME);
	/* And the next one starts afresh. */
	put(w, MSG_CTL_REQUEST, 0, 4, "{}", 2);
	turn(w);
	assert_int_equal(w->got, 2);
	assert_int_equal(w->last.len, 2);
	free(big);
}

static void
lied(struct world *w)
{
	turn(w);
	assert_int_equal(w->ended, 1);
	assert_int_equal(w->why, PEER_LIED);
}

/* The join stops at the row's most, long before the sender does. */
static void
join_too_long(void **state)
{
	struct world	*w = *state;
	uint8_t		*frame = calloc(1, MAX_FRAME);
	size_t		 sent = 0;

	assert_non_null(frame);
	while (w->ended == 0 && sent < MAX_PLAN + 2 * MAX_FRAME) {
		put(w, MSG_CTL_REQUEST, IMSG_F_MORE, 3, frame, MAX_FRAME);
		sent += MAX_FRAME;
		turn(w);
	}
	free(frame);
	lied(w);
	assert_int_equal(sent, MAX_PLAN + MAX_FRAME);
	assert_int_equal(w->got, 0);
}

/* Both types are the parent's to send, and the sum of the lengths fits. */
static void
join_other_type(void **state)
{
	struct world	*w = *state;
	char		 half[4] = { 0 };

	put(w, MSG_CONF_ITEM, IMSG_F_MORE, 3, half, sizeof(half));
	put(w, MSG_LOG_LEVEL, 0, 3, half, sizeof(half));
	lied(w);
	assert_int_equal(w->got, 0);
}

static void
join_other_id(void **state)
{
	struct world	*w = *state;

	put(w, MSG_CTL_REQUEST, IMSG_F_MORE, 3, "{", 1);
	put(w, MSG_CTL_REQUEST, 0, 4, "}", 1);
	lied(w);
}

static void
join_unknown_type(void **state)
{
	struct world	*w = *state;

	put(w, MSG_MAX, IMSG_F_MORE, 3, "{", 1);
	lied(w);
}

/* A second descriptor inside one message. */
static void
join_second_fd(void **state)
{
	struct world	*w = *state;
	char		 data[8] = { 0 };

	put_fd(w, MSG_CRED_FD, IMSG_F_MORE, data, sizeof(data));
	put_fd(w, MSG_CRED_FD, 0, data, sizeof(data));
	lied(w);
	assert_int_equal(w->got, 0);
}

/* The descriptor of the first frame belongs to the joined message. */
static void
join_with_fd(void **state)
{
	struct world	*w = *state;
	char		 data[8] = { 0 };

	w->keep_fd = 1;
	put_fd(w, MSG_CRED_FD, IMSG_F_MORE, data, sizeof(data));
	put(w, MSG_CRED_FD, 0, 0, data, sizeof(data));
	turn(w);
	assert_int_equal(w->got, 1);
	assert_int_equal(w->last.len, 16);
	assert_true(w->keep_fd > 2);
	assert_int_equal(fcntl(w->keep_fd, F_GETFD), FD_CLOEXEC);
	close(w->keep_fd);
}

/* What a handler does not take is closed after it. */
static void
fd_not_taken(void **state)
{
	struct world	*w = *state;
	char		 data[8] = { 0 };
	int		 before = fds_open();

	put_fd(w, MSG_CRED_FD, 0, data, sizeof(data));
	turn(w);
	assert_int_equal(w->got, 1);
	assert_int_equal(fds_open(), before);
}

static void
no_handler(void **state)
{
	struct world	*w = *state;

	w->table[MSG_CTL_REQUEST] = NULL;
	put(w, MSG_CTL_REQUEST, 0, 7, "{}", 2);
	lied(w);
}

/* Of a liar no byte is looked at again, not even what came before it knew. */
static void
nothing_after_a_lie(void **state)
{
	struct world	*w = *state;

	put(w, MSG_CTL_DONE, 0, 1, "{}", 2);
	put(w, MSG_CTL_REQUEST, 0, 2, "{}", 2);
	lied(w);
	put(w, MSG_CTL_REQUEST, 0, 3, "{}", 2);
	/* Neither sending nor resuming may wake it up. */
	assert_int_equal(peer_send(w->peer, MSG_CTL_DONE, 1, -1, "{}", 2), 0);
	assert_int_equal(peer_queued(w->peer), 0);
	peer_pause(w->peer);
	peer_resume(w->peer);
	turn(w);
	assert_int_equal(w->got, 0);
	assert_int_equal(w->ended, 1);
}

static void
closed_once(void **state)
{
	struct world	*w = *state;

	put(w, MSG_CTL_REQUEST, 0, 1, "{}", 2);
	close(w->fd);
	w->fd = -1;
	turn(w);
	assert_int_equal(w->got, 1);
	assert_int_equal(w->ended, 1);
	assert_int_equal(w->why, PEER_CLOSED);
	assert_int_equal(peer_send(w->peer, MSG_CTL_DONE, 1, -1, "{}", 2), 0);
	peer_flush(w->peer);
	turn(w);
	assert_int_equal(w->ended, 1);
}

static void
freed_in_handler(void **state)
{
	struct world	*w = *state;
	int		 i;

	w->free_in_handler = 1;
	for (i = 0; i < 5; i++)
		put(w, MSG_CTL_REQUEST, 0, 1, "{}", 2);
	turn(w);
	assert_int_equal(w->got, 1);
	assert_null(w->peer);
	assert_int_equal(w->ended, 0);
}

/* Frames that were read already wait; none is lost, also not by the end. */
static void
pause_and_resume(void **state)
{
	struct world	*w = *state;
	int		 i;

	w->pause_in_handler = 1;
	for (i = 0; i < 5; i++)
		put(w, MSG_CTL_REQUEST, 0, 1, "{}", 2);
	close(w->fd);
	w->fd = -1;
	for (i = 1; i <= 5; i++) {
		turn(w);
		assert_int_equal(w->got, i);
		assert_int_equal(w->ended, 0);
		peer_resume(w->peer);
	}
	turn(w);
	assert_int_equal(w->got, 5);
	assert_int_equal(w->ended, 1);
	assert_int_equal(w->why, PEER_CLOSED);
}

/* Nothing more comes in, and yet what was read already is handed on. */
static void
resume_on_quiet_socket(void **state)
{
	struct world	*w = *state;

	w->pause_in_handler = 1;
	put(w, MSG_CTL_REQUEST, 0, 1, "{}", 2);
	put(w, MSG_CTL_REQUEST, 0, 2, "{}", 2);
	turn(w);
	assert_int_equal(w->got, 1);
	peer_resume(w->peer);
	turn(w);
	assert_int_equal(w->got, 2);
	assert_int_equal(w->ended, 0);
}

/* More descriptors than a frame can have: a lie, not a broken socket. */
static void
too_many_fds(void **state)
{
	struct world		*w = *state;
	const struct imsg_hdr	 h = { MSG_CTL_REQUEST, 0, 2, 0, 0 };

	assert_int_equal(fds_send(w->fd, &h, sizeof(h), w->fd, 8), sizeof(h));
	lied(w);
}

static void
paused_reads_nothing(void **state)
{
	struct world	*w = *state;

	peer_pause(w->peer);
	put(w, MSG_CTL_REQUEST, 0, 1, "{}", 2);
	turn(w);
	assert_int_equal(w->got, 0);
	peer_resume(w->peer);
	turn(w);
	assert_int_equal(w->got, 1);
}

static void
drain(struct world *w)
{
	static char	 sink[65536];

	while (peer_queued(w->peer) > 0) {
		while (recv(w->fd, sink, sizeof(sink), 0) > 0)
			;
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	}
}

/* Choked above the high mark; drained once, below the low one. */
static void
marks(void **state)
{
	struct world	*w = *state;
	char		*item = malloc(MAX_FRAME);
	int		 round;

	assert_non_null(item);
	memset(item, 'x', MAX_FRAME);
	for (round = 1; round <= 2; round++) {
		while (!peer_choked(w->peer)) {
			assert_true(peer_queued(w->peer) <= PEER_HIGH);
			assert_int_equal(peer_send(w->peer, MSG_CTL_ITEM, 1,
			    -1, item, MAX_FRAME), 0);
		}
		assert_true(peer_queued(w->peer) > PEER_HIGH);
		assert_int_equal(w->drained, round - 1);
		drain(w);
		assert_int_equal(peer_choked(w->peer), 0);
		assert_int_equal(w->drained, round);
	}
	/* Never choked: nothing to tell. */
	assert_int_equal(peer_send(w->peer, MSG_CTL_ITEM, 1, -1, item,
	    MAX_FRAME), 0);
	drain(w);
	assert_int_equal(w->drained, 2);
	free(item);
}

/*
 * The other end says a last thing and goes while answers to it still wait:
 * writing fails first, and what it said is heard all the same.
 */
static void
last_words(void **state)
{
	struct world	*w = *state;
	char		*item = calloc(1, MAX_FRAME);

	assert_non_null(item);
	while (!peer_choked(w->peer))
		assert_int_equal(peer_send(w->peer, MSG_CTL_ITEM, 1, -1, item,
		    MAX_FRAME), 0);
	turn(w);
	peer_pause(w->peer);
	put(w, MSG_CTL_REQUEST, 0, 5, "{}", 2);
	close(w->fd);
	w->fd = -1;
	turn(w);
	assert_int_equal(w->ended, 0);
	assert_int_equal(peer_queued(w->peer), 0);
	assert_int_equal(w->drained, 1);
	assert_int_equal(peer_send(w->peer, MSG_CTL_ITEM, 1, -1, item, 9), 0);
	assert_int_equal(peer_queued(w->peer), 0);
	peer_resume(w->peer);
	turn(w);
	assert_int_equal(w->got, 1);
	assert_int_equal(w->last_id, 5);
	assert_int_equal(w->ended, 1);
	assert_int_equal(w->why, PEER_CLOSED);
	free(item);
}

/* What is longer than a frame is split by one peer and joined by the other. */
static void
peer_to_peer(void **state)
{
	struct world	*w = *state, far = { 0 };
	size_t		 len[] = { 2, MAX_FRAME - 1, MAX_FRAME, MAX_FRAME + 1,
			    2 * MAX_FRAME, 2 * MAX_FRAME + 5, MAX_ITEM };
	uint8_t		*data = malloc(MAX_ITEM);
	size_t		 i;
	int		 j;

	assert_non_null(data);
	for (i = 0; i < MAX_ITEM; i++)
		data[i] = (uint8_t)(i * 31 >> 3);
	for (j = 0; j < MSG_MAX; j++)
		far.table[j] = on_message;
	far.ops = w->ops;
	far.ops.self = P_CTL;
	far.ops.other = P_FRONT;
	far.ops.handlers = far.table;
	far.peer = peer_new(w->base, w->fd, &far.ops, &far);
	assert_non_null(far.peer);
	w->fd = -1;
	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		assert_int_equal(peer_send(w->peer, MSG_CTL_ITEM, 9, -1, data,
		    len[i]), 0);
		while (far.got < (int)i + 1 && far.ended == 0)
			event_base_loop(w->base, EVLOOP_NONBLOCK);
		assert_int_equal(far.ended, 0);
		assert_int_equal(far.last.len, len[i]);
		assert_memory_equal(far.last.data, data, len[i]);
	}
	peer_free(far.peer);
	buf_free(&far.last);
	free(data);
}

static void
records(void **state)
{
	struct world	*w = *state;
	struct rec	*r = rec_new(REC_k_cred), *back;
	struct msg	 m = { MSG_CRED_FD, 0, "x", 1, -1 };

	/* A record that is not whole is not sent, and its descriptor closed. */
	assert_int_not_equal(peer_send_rec(w->peer, MSG_CONF_READY, 0,
	    open("/dev/null", O_RDONLY | O_CLOEXEC), r), 0);
	assert_int_not_equal(peer_send_rec(w->peer, MSG_CONF_READY, 0, -1,
	    NULL), 0);
	assert_int_equal(peer_queued(w->peer), 0);
	assert_int_not_equal(msg_rec(&m, REC_k_cred, &back), 0);
	assert_null(back);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, client_side, teardown)
#define R(fn)	cmocka_unit_test_setup_teardown(fn, reviewer_side, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(simple),
		T(joined),
		T(join_too_long),
		R(join_other_type),
		T(join_other_id),
		T(join_unknown_type),
		R(join_second_fd),
		R(join_with_fd),
		R(fd_not_taken),
		T(no_handler),
		T(nothing_after_a_lie),
		T(closed_once),
		T(freed_in_handler),
		T(pause_and_resume),
		T(resume_on_quiet_socket),
		T(paused_reads_nothing),
		T(too_many_fds),
		T(marks),
		T(last_words),
		T(peer_to_peer),
		R(records)
	};

	log_init("peer_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
