/*
 * Server-sent events: the stream format of the WHATWG's EventSource, read in
 * pieces of any size.  Lines, events and the whole are bounded by
 * wire_limit.tbl.  Unlike a browser's it does not repair what is not UTF-8.
 */
#ifndef EXECUTOR_SSE_H
#define EXECUTOR_SSE_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "executor/wire_err.h"

#define SSE_STOP	(-1)	/* from sse_fn: nothing more is wanted */

struct sse_event {
	const char	*type;		/* "message" when it had none */
	const char	*data;		/* ended by a NUL that n leaves out */
	size_t		 n;
	const char	*id;		/* the last that was given, or "" */
};

/* An event, for as long as the call lasts.  0, SSE_STOP or a WERR_* value. */
typedef int	 sse_fn(void *arg, const struct sse_event *ev);

struct sse {
	sse_fn		*fn;
	void		*arg;
	struct buf	 line;		/* the line so far */
	struct buf	 data;		/* of the event so far; lines + LF */
	struct buf	 type;		/* of the event so far */
	struct buf	 id;		/* of the last event that had one */
	int64_t		 retry;		/* ms; -1: the server did not say */
	size_t		 total;		/* bytes that came */
	int		 first;		/* a byte order mark may stand here */
	int		 cr;		/* a LF belongs to the line before */
	int		 stopped;	/* SSE_STOP */
	enum wire_err	 err;
	enum wire_limit	 limit;		/* which one, for WERR_LIMIT */
};

/* fn gets the events, with arg. */
void		 sse_init(struct sse *s, sse_fn *fn, void *arg);
void		 sse_free(struct sse *s);

/*
 * The next bytes of the stream.  WERR_OK, or what ended it: WERR_LIMIT,
 * WERR_UTF8, WERR_MEMORY, or what fn returned; the same ever after.
 */
enum wire_err	 sse_feed(struct sse *s, const void *p, size_t n);

#endif
