/*
 * Fuzzing of common/imsg.c: any bytes on a socket, in pieces.  The first byte
 * chooses the size of the pieces; the rest is what a hostile peer sends.
 * Frames that come out must lie inside what went in, in order.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/imsg.h"
#include "common/proto.h"
#include "tests/fuzz/fuzz.h"
#include "tests/recgen.h"

/* Take every frame; the bytes seen so far, or -1 after a refusal. */
static long
take(struct imsgbuf *ib, const uint8_t *data, size_t size, size_t seen)
{
	struct imsg	 m;
	int		 r;

	while ((r = imsg_next(ib, &m)) == 1) {
		FUZZ_ASSERT(m.hdr.len <= MAX_FRAME && m.fd == -1);
		FUZZ_ASSERT(seen + IMSG_HEADER + m.hdr.len <= size);
		FUZZ_ASSERT(memcmp(m.data, data + seen + IMSG_HEADER,
		    m.hdr.len) == 0);
		seen += IMSG_HEADER + m.hdr.len;
	}
	if (r == -1)
		FUZZ_ASSERT(errno == EBADMSG);
	return (r == -1 ? -1 : (long)seen);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imsgbuf	 ib;
	size_t		 piece, off, n;
	long		 seen = 0;
	int		 sv[2];

	if (size == 0)
		return (0);
	piece = 13 + 37 * (size_t)data[0];
	data++;
	size--;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv) == -1)
		return (0);
	imsgbuf_init(&ib, sv[0]);
	for (off = 0; off < size && seen != -1; off += n) {
		n = size - off < piece ? size - off : piece;
		FUZZ_ASSERT(send(sv[1], data + off, n, 0) == (ssize_t)n);
		while (seen != -1 && (size_t)seen + ib.rlen - ib.roff <
		    off + n) {
			FUZZ_ASSERT(imsgbuf_read(&ib) == 1);
			seen = take(&ib, data, off + n, (size_t)seen);
		}
	}
	imsgbuf_clear(&ib);
	close(sv[0]);
	close(sv[1]);
	return (0);
}

static size_t
frame(struct recgen *g, uint8_t *out, size_t len)
{
	struct imsg_hdr	 h = { 0 };
	size_t		 i;

	h.type = (uint16_t)recgen_below(g, MSG_MAX + 2);
	h.flags = recgen_below(g, 8) == 0 ? IMSG_F_MORE : 0;
	h.len = (uint32_t)len;
	h.id = (uint32_t)recgen_below(g, 100);
	memcpy(out, &h, IMSG_HEADER);
	for (i = 0; i < len; i++)
		out[IMSG_HEADER + i] = (uint8_t)recgen_below(g, 256);
	return (IMSG_HEADER + len);
}

/* A choice of piece, then one to six frames. */
size_t
fuzz_seed(size_t i, uint8_t *out, size_t size)
{
	struct recgen	 g = { i };
	size_t		 n = 1, k, len;

	if (i >= 64)
		return (0);
	out[0] = (uint8_t)i;
	for (k = 1 + recgen_below(&g, 6); k > 0; k--) {
		len = recgen_below(&g, k % 2 ? 40 : 1200);
		if (n + IMSG_HEADER + len <= size)
			n += frame(&g, out + n, len);
	}
	return (n);
}
