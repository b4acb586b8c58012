/*
 * An executor that was taken over: praetor-executor with its driver wrapped
 * (ld --wrap), so that a shell line "lie WHOM WHAT NUMBER" does not start a
 * program but sends what no honest executor sends.  Any other line runs.
 * WHOM is engine or parent, NUMBER a message's; then it waits to be ended.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <poll.h>
#include <sys/socket.h>

#include "common/imsg.h"
#include "executor/executor.h"

#define FLOOD	(64L * 1024 * 1024)

int	 __wrap_command_start(struct executor *, const struct rec *);
int	 __real_command_start(struct executor *, const struct rec *);

struct lie {
	struct executor	*ex;
	int		 fd;
	uint32_t	 type;
	uint64_t	 fence;
};

/* Everything, however long it takes; a closed socket ends it. */
static void
put(const struct lie *l, const void *p, size_t n, int fd)
{
	union {
		struct cmsghdr	 h;
		char		 space[CMSG_SPACE(sizeof(int))];
	} u;
	struct iovec	 iov;
	struct msghdr	 m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct pollfd	 pfd = { l->fd, POLLOUT, 0 };
	ssize_t		 k;

	if (fd != -1) {
		memset(&u, 0, sizeof(u));
		m.msg_control = &u;
		m.msg_controllen = sizeof(u);
		u.h.cmsg_len = CMSG_LEN(sizeof(int));
		u.h.cmsg_level = SOL_SOCKET;
		u.h.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&u.h), &fd, sizeof(int));
	}
	while (n > 0) {
		memcpy(&iov.iov_base, &p, sizeof(p));
		iov.iov_len = n;
		if ((k = sendmsg(l->fd, &m, MSG_NOSIGNAL)) == -1) {
			if (poll(&pfd, 1, 1000) != 1)
				continue;
			if (pfd.revents & (POLLERR | POLLHUP))
				return;
			continue;
		}
		m.msg_control = NULL;
		m.msg_controllen = 0;
		p = (const char *)p + k;
		n -= (size_t)k;
	}
}

static void
frame(const struct lie *l, uint16_t flags, uint32_t len, const void *p,
    int fd)
{
	struct imsg_hdr	 h = { (uint16_t)l->type, flags, len, 1, 1 };
	char		 buf[IMSG_HEADER + 4096] = { 0 };

	memcpy(buf, &h, IMSG_HEADER);
	if (p != NULL)
		memcpy(buf + IMSG_HEADER, p, len);
	put(l, buf, IMSG_HEADER + (len < 4096 ? len : 4096), fd);
}

static uint32_t
least(const struct lie *l)
{
	const struct msg_row	*row = msg_row(l->type);

	return (row == NULL ? 8 : row->least < 4096 ?
	    (uint32_t)row->least : 4096);
}

static void
lie_zeros(const struct lie *l)
{
	frame(l, 0, least(l), NULL, -1);
}

static void
lie_short(const struct lie *l)
{
	frame(l, 0, least(l) > 0 ? least(l) - 1 : 0, NULL, -1);
}

static void
lie_long(const struct lie *l)
{
	frame(l, 0, least(l) + 1, NULL, -1);
}

static void
lie_fd(const struct lie *l)
{
	frame(l, IMSG_F_FD, least(l), NULL, l->fd);
}

/* It promises a descriptor that does not come, or one that it does not. */
static void
lie_nofd(const struct lie *l)
{
	frame(l, IMSG_F_FD, least(l), NULL, -1);
}

static void
lie_huge(const struct lie *l)
{
	frame(l, 0, 0xffffffffU, NULL, -1);
}

static void
lie_flags(const struct lie *l)
{
	frame(l, 0xfff0, least(l), NULL, -1);
}

/* Pieces of a message that never ends. */
static void
lie_more(const struct lie *l)
{
	long	 n;

	for (n = 0; n < FLOOD; n += 4096)
		frame(l, IMSG_F_MORE, 4096, NULL, -1);
}

/* Half a header, and no more. */
static void
lie_half(const struct lie *l)
{
	put(l, "\1\0\0", 3, -1);
	shutdown(l->fd, SHUT_WR);
}

static struct rec *
output_at(const struct lie *l, uint64_t fence, uint64_t offset)
{
	static const char	 text[1000] = "x";
	struct rec		*r = rec_new(REC_b_output);

	rec_set_u64(r, F_b_output_fence, fence);
	rec_set_u64(r, F_b_output_offset, offset);
	rec_set_bytes(r, F_b_output_data, text, sizeof(text));
	(void)l;
	return (r);
}

/* Well-formed output of its own step, at places of its choice, for long. */
static void
outputs(const struct lie *l, uint64_t fence, uint64_t step)
{
	struct lie	 out = *l;
	struct buf	 b = { 0 };
	struct rec	*r;
	uint64_t	 at = 0;
	long		 n;

	out.type = MSG_OUTPUT;
	for (n = 0; n < FLOOD; n += 1000, at += step) {
		r = output_at(l, fence, at);
		b.len = 0;
		if (rec_encode(r, &b) == 0)
			frame(&out, 0, (uint32_t)b.len, b.data, -1);
		rec_free(r);
	}
	buf_free(&b);
}

static void
lie_flood(const struct lie *l)
{
	outputs(l, l->fence, 1000);
}

static void
lie_gap(const struct lie *l)
{
	outputs(l, l->fence, 1ULL << 40);
}

static void
lie_fence(const struct lie *l)
{
	outputs(l, l->fence + 1, 1000);
	close(l->fd);
}

static void
lie_stop(const struct lie *l)
{
	(void)l;
	kill(getpid(), SIGSTOP);	/* pid 1 of its namespace: ignored */
	close(l->fd);
}

static void
lie_die(const struct lie *l)
{
	(void)l;
	_exit(0);
}

static const struct { const char *name; void (*tell)(const struct lie *); }
lies[] = {
	{ "zeros", lie_zeros }, { "short", lie_short }, { "long", lie_long },
	{ "fd", lie_fd }, { "nofd", lie_nofd }, { "huge", lie_huge },
	{ "flags", lie_flags }, { "more", lie_more }, { "half", lie_half },
	{ "flood", lie_flood }, { "gap", lie_gap }, { "fence", lie_fence },
	{ "stop", lie_stop }, { "die", lie_die }
};

int
__wrap_command_start(struct executor *ex, const struct rec *step)
{
	const char	*line = rec_count(step, F_b_step_argv) < 3 ? "" :
			    rec_nth_str(step, F_b_step_argv, 2);
	char		 whom[16], what[16];
	struct lie	 l = { .ex = ex };
	size_t		 i;

	if (sscanf(line, "lie %15s %15s %u", whom, what, &l.type) != 3)
		return (__real_command_start(ex, step));
	l.fence = rec_u64(step, F_b_step_fence);
	l.fd = peer_fd(strcmp(whom, "engine") == 0 ? ex->engine :
	    ex->role.parent);
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		if (strcmp(lies[i].name, what) == 0)
			lies[i].tell(&l);
	for (;;)
		poll(NULL, 0, -1);
}
