/*
 * common/imsg.c: frames over a real socket, however the bytes arrive.
 */
#include <sys/stat.h>

#include "common/err.h"
#include "common/imsg.h"
#include "common/proto.h"
#include "tests/fds.h"
#include "tests/tap.h"

#define TYPE	0x1234		/* this layer gives types no meaning */

struct pair {
	int		 sv[2];
	int		 before;	/* open descriptors, for leaks */
	struct imsgbuf	 in;		/* reads sv[0] */
	struct imsgbuf	 out;		/* writes sv[1] */
};

static int
setup(void **state)
{
	struct pair	*p = calloc(1, sizeof(*p));

	if (p == NULL)
		return (-1);
	p->before = fds_open();
	if (fds_pair(p->sv) == -1)
		return (-1);
	imsgbuf_init(&p->in, p->sv[0]);
	imsgbuf_init(&p->out, p->sv[1]);
	*state = p;
	return (0);
}

static int
teardown(void **state)
{
	struct pair	*p = *state;
	int		 left;

	imsgbuf_clear(&p->in);
	imsgbuf_clear(&p->out);
	close(p->sv[0]);
	if (p->sv[1] != -1)
		close(p->sv[1]);
	left = fds_open() - p->before;
	free(p);
	return (left == 0 ? 0 : -1);
}

static void
hang_up(struct pair *p)
{
	close(p->sv[1]);
	p->sv[1] = -1;
}

/* A pattern that shows a lost or doubled byte. */
static void
fill(uint8_t *p, size_t n, unsigned int seed)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(seed + i * 7 + i / 251);
}

static void
compose(struct pair *p, uint32_t id, size_t len, int fd)
{
	struct imsg_hdr	 h = { TYPE, 0, (uint32_t)len, id, 99 };
	uint8_t		*data = malloc(len + 1);

	assert_non_null(data);
	fill(data, len, id);
	assert_int_equal(imsg_compose(&p->out, &h, data, fd), 0);
	free(data);
}

static void
check(const struct imsg *m, uint32_t id, size_t len, int hasfd)
{
	uint8_t	*want = malloc(len + 1);

	assert_non_null(want);
	fill(want, len, id);
	assert_int_equal(m->hdr.type, TYPE);
	assert_int_equal(m->hdr.id, id);
	assert_int_equal(m->hdr.len, len);
	assert_int_equal(m->hdr.pid, 99);
	assert_memory_equal(m->data, want, len);
	assert_int_equal(m->fd != -1, hasfd);
	free(want);
}

static void
put(struct pair *p, const void *data, size_t n)
{
	assert_int_equal(send(p->sv[1], data, n, MSG_NOSIGNAL), n);
}

/* A frame as bytes. */
static size_t
raw(uint8_t *out, uint32_t id, size_t len, uint16_t flags)
{
	struct imsg_hdr	 h = { TYPE, flags, (uint32_t)len, id, 99 };

	memcpy(out, &h, IMSG_HEADER);
	fill(out + IMSG_HEADER, len, id);
	return (IMSG_HEADER + len);
}

static void
split_at_every_byte(void **state)
{
	struct pair	*p = *state;
	uint8_t		 bytes[2 * IMSG_HEADER + 40 + 1];
	struct imsg	 m;
	size_t		 n, cut, i;

	n = raw(bytes, 1, 40, 0);
	n += raw(bytes + n, 2, 1, 0);
	for (cut = 1; cut < n; cut++) {
		uint32_t	 got = 0;

		for (i = 0; i < 2; i++) {
			put(p, bytes + (i ? cut : 0), i ? n - cut : cut);
			assert_int_equal(imsgbuf_read(&p->in), 1);
			while (imsg_next(&p->in, &m) == 1) {
				got++;
				check(&m, got, got == 1 ? 40 : 1, 0);
			}
		}
		assert_int_equal(got, 2);
	}
}

static void
one_byte_at_a_time(void **state)
{
	struct pair	*p = *state;
	uint8_t		 bytes[3 * (IMSG_HEADER + 30)];
	struct imsg	 m;
	size_t		 n = 0, i;
	uint32_t	 got = 0;

	for (i = 0; i < 3; i++)
		n += raw(bytes + n, (uint32_t)i, 30, 0);
	for (i = 0; i < n; i++) {
		put(p, bytes + i, 1);
		assert_int_equal(imsgbuf_read(&p->in), 1);
		if (imsg_next(&p->in, &m) == 1)
			check(&m, got++, 30, 0);
	}
	assert_int_equal(got, 3);
}

static void
many_in_one_read(void **state)
{
	struct pair	*p = *state;
	uint8_t		 bytes[1024];
	struct imsg	 m;
	size_t		 n = 0;
	uint32_t	 i;

	for (i = 0; i < 1024 / IMSG_HEADER; i++)
		n += raw(bytes + n, i, 0, 0);
	put(p, bytes, n);
	assert_int_equal(imsgbuf_read(&p->in), 1);
	for (i = 0; i < 1024 / IMSG_HEADER; i++) {
		assert_int_equal(imsg_next(&p->in, &m), 1);
		check(&m, i, 0, 0);
	}
	assert_int_equal(imsg_next(&p->in, &m), 0);
}

/* Lengths around every size that matters, through a socket that fills up. */
static void
lengths(void **state)
{
	static const size_t len[] = {
		0, 1, 1007, 1008, 1009, 4096, 65519, 65520, 65535, MAX_FRAME
	};
	struct pair	*p = *state;
	struct imsg	 m;
	uint32_t	 i, round, got = 0;
	int		 r;

	for (round = 0; round < 20; round++)
		for (i = 0; i < 10; i++)
			compose(p, round * 10 + i, len[i], -1);
	while (got < 200) {
		assert_int_equal(imsgbuf_write(&p->out), 0);
		assert_int_equal(imsgbuf_read(&p->in), 1);
		while ((r = imsg_next(&p->in, &m)) == 1) {
			check(&m, got, len[got % 10], 0);
			got++;
		}
		assert_int_equal(r, 0);
	}
	assert_int_equal(p->out.queued, 0);
}

/*
 * A full buffer of frames that nobody took yet: reading again must neither
 * lose one nor take the socket for closed.
 */
static void
full_buffer(void **state)
{
	struct pair	*p = *state;
	struct imsg	 m;
	uint32_t	 i, got = 0;
	size_t		 room;

	for (i = 0; i < 100; i++)
		compose(p, i, 4000, -1);
	do {
		room = p->in.rlen;
		assert_int_equal(imsgbuf_write(&p->out), 0);
		assert_int_equal(imsgbuf_read(&p->in), 1);
	} while (p->in.rlen != room);
	assert_int_equal(imsgbuf_read(&p->in), 1);
	while (got < 100) {
		while (imsg_next(&p->in, &m) == 1)
			check(&m, got++, 4000, 0);
		assert_int_equal(imsgbuf_write(&p->out), 0);
		assert_int_equal(imsgbuf_read(&p->in), 1);
	}
}

static ino_t
inode(int fd)
{
	struct stat	 st;

	assert_int_equal(fstat(fd, &st), 0);
	return (st.st_ino);
}

/* Each descriptor comes with its own frame, among frames without one. */
static void
fds_with_their_frames(void **state)
{
	struct pair	*p = *state;
	ino_t		 want[30] = { 0 };
	struct imsg	 m;
	int		 pipes[2];
	uint32_t	 i, got = 0;

	for (i = 0; i < 30; i++) {
		if (i % 3 == 0) {
			assert_int_equal(pipe(pipes), 0);
			want[i] = inode(pipes[0]);
			close(pipes[1]);
		}
		compose(p, i, i * 10, i % 3 == 0 ? pipes[0] : -1);
	}
	while (got < 30) {
		assert_int_equal(imsgbuf_write(&p->out), 0);
		assert_int_equal(imsgbuf_read(&p->in), 1);
		while (imsg_next(&p->in, &m) == 1) {
			check(&m, got, got * 10, got % 3 == 0);
			if (m.fd != -1) {
				assert_true(inode(m.fd) == want[got]);
				assert_int_equal(fcntl(m.fd, F_GETFD),
				    FD_CLOEXEC);
				close(m.fd);
			}
			got++;
		}
	}
}

/* Sent, its own copy is closed; cleared unsent, as well. */
static void
fds_closed_by_sender(void **state)
{
	struct pair	*p = *state;
	struct imsg	 m;
	int		 before = fds_open();

	compose(p, 1, 0, open("/dev/null", O_RDONLY | O_CLOEXEC));
	assert_int_equal(fds_open(), before + 1);
	assert_int_equal(imsgbuf_write(&p->out), 0);
	assert_int_equal(fds_open(), before);
	assert_int_equal(imsgbuf_read(&p->in), 1);
	assert_int_equal(fds_open(), before + 1);
	assert_int_equal(imsg_next(&p->in, &m), 1);
	close(m.fd);
	compose(p, 2, 0, open("/dev/null", O_RDONLY | O_CLOEXEC));
	imsgbuf_clear(&p->out);
	assert_int_equal(fds_open(), before);
}

static void
put_fds(struct pair *p, const void *data, size_t n, int nfds)
{
	assert_int_equal(fds_send(p->sv[1], data, n, p->sv[0], nfds), n);
}

/* A descriptor that no frame claims is kept aside and closed at the end. */
static void
unclaimed(void **state)
{
	struct pair	*p = *state;
	uint8_t		 bytes[IMSG_HEADER];
	struct imsg	 m;
	int		 before = fds_open();

	put_fds(p, bytes, raw(bytes, 1, 0, 0), 1);
	assert_int_equal(imsgbuf_read(&p->in), 1);
	assert_int_equal(imsg_next(&p->in, &m), 1);
	assert_int_equal(m.fd, -1);
	assert_int_equal(fds_open(), before + 1);
	imsgbuf_clear(&p->in);
	assert_int_equal(fds_open(), before);
}

/* More than anybody honest has on the way. */
static void
too_many_fds(void **state)
{
	struct pair	*p = *state;
	uint8_t		 bytes[IMSG_HEADER];
	int		 before = fds_open(), i, r = 1;

	for (i = 0; i <= IMSG_MAXFDS && r == 1; i++) {
		put_fds(p, bytes, raw(bytes, 1, 0, 0), 1);
		r = imsgbuf_read(&p->in);
	}
	assert_int_equal(r, -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(i, IMSG_MAXFDS + 1);
	assert_int_equal(fds_open(), before + IMSG_MAXFDS);
}

/* More in one message than there is room for: the kernel says truncated. */
static void
fds_truncated(void **state)
{
	struct pair	*p = *state;
	uint8_t		 bytes[IMSG_HEADER];

	put_fds(p, bytes, raw(bytes, 1, 0, IMSG_F_FD), 8);
	assert_int_equal(imsgbuf_read(&p->in), -1);
	assert_int_equal(errno, EBADMSG);
}

static void
refused(struct pair *p, const struct imsg_hdr *h)
{
	struct imsg	 m;

	put(p, h, IMSG_HEADER);
	assert_int_equal(imsgbuf_read(&p->in), 1);
	errno = 0;
	assert_int_equal(imsg_next(&p->in, &m), -1);
	assert_int_equal(errno, EBADMSG);
}

static void
promised_fd_missing(void **state)
{
	const struct imsg_hdr	 h = { TYPE, IMSG_F_FD, 0, 0, 0 };

	refused(*state, &h);
}

static void
longer_than_a_frame(void **state)
{
	const struct imsg_hdr	 h = { TYPE, 0, MAX_FRAME + 1, 0, 0 };

	refused(*state, &h);
}

static void
length_of_all_ones(void **state)
{
	const struct imsg_hdr	 h = { TYPE, 0, UINT32_MAX, 0, 0 };

	refused(*state, &h);
}

static void
unknown_flags(void **state)
{
	const struct imsg_hdr	 h = { TYPE, 0x0004, 0, 0, 0 };

	refused(*state, &h);
}

static void
closed(void **state)
{
	struct pair	*p = *state;
	struct imsg	 m;

	assert_int_equal(imsgbuf_read(&p->in), 1);	/* would block */
	compose(p, 1, 5, -1);
	assert_int_equal(imsgbuf_write(&p->out), 0);
	hang_up(p);
	assert_int_equal(imsgbuf_read(&p->in), 1);
	assert_int_equal(imsg_next(&p->in, &m), 1);
	check(&m, 1, 5, 0);
	assert_int_equal(imsgbuf_read(&p->in), 0);
}

static void
nobody_reads(void **state)
{
	struct pair	*p = *state;
	uint32_t	 i;

	for (i = 0; i < 100; i++)
		compose(p, i, 60000, -1);
	assert_int_equal(imsgbuf_write(&p->out), 0);
	assert_true(p->out.queued > 0);
	close(p->sv[0]);
	assert_int_equal(imsgbuf_write(&p->out), -1);
	assert_int_equal(errno, EPIPE);
	p->sv[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(split_at_every_byte),
		T(one_byte_at_a_time),
		T(many_in_one_read),
		T(lengths),
		T(full_buffer),
		T(fds_with_their_frames),
		T(fds_closed_by_sender),
		T(unclaimed),
		T(too_many_fds),
		T(fds_truncated),
		T(promised_fd_missing),
		T(longer_than_a_frame),
		T(length_of_all_ones),
		T(unknown_flags),
		T(closed),
		T(nobody_reads)
	};

	return (tap_run(tests));
}
