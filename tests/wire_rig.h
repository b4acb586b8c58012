/*
 * For tests of executor/wire.h: an answer's events as text, one a line, so
 * that what is expected can be written down.
 */
#ifndef TESTS_WIRE_RIG_H
#define TESTS_WIRE_RIG_H

#include "common/buf.h"
#include "executor/wire.h"

#define CUT_NONE	SIZE_MAX	/* all bytes at once */
#define CUT_EACH	(SIZE_MAX - 1)	/* one byte at a time */

/* A wire_fn; arg is a struct buf that gets the line. */
void		 wire_log(void *arg, const struct wire_event *ev);

/*
 * Parse n bytes, cut once behind `cut` of them, and finish.  The events are
 * appended to out; what wire_finish() returned.
 */
enum wire_err	 wire_run(const struct wire *w, enum wire_mode mode,
		    int status, const char *p, size_t n, size_t cut,
		    struct buf *out);

/* A copy with ' as ": JSON that can be read in a C string.  The caller's. */
char		*wire_quote(const char *s);

#endif
