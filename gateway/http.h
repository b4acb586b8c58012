/*
 * HTTP/1 heads, as far as a proxy has to understand them.  Pure: bytes in, a
 * verdict and bytes out.  Both sides are hostile, so there is one strict form
 * (RFC 9112 without its concessions) and everything else is refused.
 */
#ifndef GATEWAY_HTTP_H
#define GATEWAY_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/host.h"

#define HTTP_HEAD	32768	/* most bytes of a head, its last line included */

/* Where a body ends; BODY_CLOSE: with the connection (responses only). */
enum http_framing { BODY_NONE, BODY_LENGTH, BODY_CHUNKED, BODY_CLOSE };

struct http_request {
	int			 connect;	/* CONNECT: a tunnel */
	int			 head;		/* HEAD: its answer has no body */
	int			 minor;		/* HTTP/1.minor */
	struct host		 host;
	uint16_t		 port;
	enum http_framing	 framing;	/* of its body */
	uint64_t		 length;	/* BODY_LENGTH */
	struct buf		 out;		/* head for the server; owned */
};

/*
 * Bytes of the head at p, its empty line included; 0 while that has not come.
 * *seen (0 at first) remembers what was looked at.
 */
size_t	 http_head(const uint8_t *p, size_t n, size_t *seen);

/*
 * Read a request head of exactly n bytes.  0, or the status of the answer
 * with one line in `why`.  http_request_free() it in both cases.
 */
int	 http_request_parse(struct http_request *r, const uint8_t *p, size_t n,
	    char *why, size_t size);
void	 http_request_free(struct http_request *r);

struct http_response {
	int			 status;	/* below 200: another head follows */
	enum http_framing	 framing;
	uint64_t		 length;
};

/*
 * Read a response head and append it to `out` as the client gets it; `head`
 * says that the request was HEAD.  0, or PRA_EPROTO (it is not one, or switches
 * protocols) or PRA_ENOMEM.
 */
int	 http_response_parse(struct http_response *r, const uint8_t *p,
	    size_t n, int head, struct buf *out);

/* A whole response of the proxy's own. */
int	 http_answer(struct buf *out, int status, const char *text);

/* How much of the bytes that follow a head is its body. */
struct http_body {
	enum http_framing	 framing;
	int			 done;		/* nothing more belongs to it */
	int			 state;		/* of the chunks */
	uint64_t		 left;		/* bytes of this piece */
	size_t			 line;		/* bytes of this line */
	size_t			 trailer;	/* bytes of all trailer lines */
};

void	 http_body_init(struct http_body *b, enum http_framing framing,
	    uint64_t length);

/*
 * How many of the next n bytes belong to the body; fewer than n only when it
 * ends with them (done is set).  -1: that is no body.
 */
ssize_t	 http_body_take(struct http_body *b, const uint8_t *p, size_t n);

#endif
