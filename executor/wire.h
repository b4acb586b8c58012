/*
 * Answers of model servers.  Three wires, one normal form: a parser takes the
 * bytes of one answer in pieces of any size and gives events.  It opens
 * nothing, waits for nothing, and keeps what wire_limit.tbl allows.
 *
 * The order: START; then blocks, in pieces; USAGE at any time; STOP; at last
 * exactly one END or ERROR.  An ERROR can come at any time, also first.
 */
#ifndef EXECUTOR_WIRE_H
#define EXECUTOR_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "executor/wire_err.h"

struct buf;
struct talk;
struct wire;
struct wire_parser;

enum wire_id {
#define WIRE(name, word, prefix, path) WIRE_##name,
#include "executor/wire.tbl"
#undef WIRE
	WIRE_MAX
};

enum wire_kind {
	WE_NONE,
#define WEVENT(name, word) WE_##name,
#define WSTOP(name, word, text)
#include "executor/wire_event.tbl"
#undef WEVENT
#undef WSTOP
	WE_MAX
};

enum wire_stop {
	WS_NONE,
#define WEVENT(name, word)
#define WSTOP(name, word, text) WS_##name,
#include "executor/wire_event.tbl"
#undef WEVENT
#undef WSTOP
	WS_MAX
};

/* Tokens of one answer; each USAGE replaces the one before. */
struct wire_usage {
	uint64_t	 input;		/* read anew: neither of the next two */
	uint64_t	 cache_read;
	uint64_t	 cache_write;
	uint64_t	 output;	/* reasoning included */
	uint64_t	 reasoning;
};

/*
 * One piece.  Pointers are good for as long as the call lasts; text is UTF-8,
 * may hold NULs, and is ended by one that n does not count.
 *
 *	START		id, name (the model); either may be ""
 *	TEXT, THINKING, REFUSAL
 *			block, text: the next piece of that block
 *	SIGNATURE	block, text: proves the THINKING of that block to the
 *			wire that it came from; must go back unchanged
 *	REDACTED	block, text: thinking that only the server can read
 *	TOOL		block, id, name: a tool call begins
 *	ARGS		block, text: the next piece of its arguments
 *	CALL		block, id, name, text: it is whole and text is a JSON
 *			object; or err is WERR_ARGS, text what came instead:
 *			the model's mistake, to be told to it
 *	USAGE		usage
 *	STOP		stop, text: more about it, or ""
 *	ERROR		err, text: one line for a person
 */
struct wire_event {
	enum wire_kind		 kind;
	unsigned int		 block;	/* 0 to WLIM_BLOCKS - 1 */
	const char		*id, *name;
	const char		*text;
	size_t			 n;
	struct wire_usage	 usage;
	enum wire_stop		 stop;
	enum wire_err		 err;
};

typedef void	 wire_fn(void *arg, const struct wire_event *ev);

enum wire_mode {
	WIRE_STREAM,		/* text/event-stream */
	WIRE_WHOLE		/* application/json */
};

/* A wire by its number or its name (NULL: there is none). */
const struct wire	*wire_get(enum wire_id id);
const struct wire	*wire_byname(const char *name);
const char		*wire_name(const struct wire *w);

/* What follows the host in the address of a request. */
const char		*wire_path(const struct wire *w);

/* Words of events and stops, what a stop means; "" for the NONEs. */
const char		*wire_kind_word(enum wire_kind k);
const char		*wire_stop_word(enum wire_stop s);
const char		*wire_stop_text(enum wire_stop s);

/*
 * A parser for one answer with its HTTP status; anything but 200 is read as an
 * error, in either mode.  fn gets the events, with arg.  NULL: no memory.
 */
struct wire_parser	*wire_open(const struct wire *w, enum wire_mode mode,
			    int status, wire_fn *fn, void *arg);
void			 wire_free(struct wire_parser *wp);

/*
 * The next bytes.  WERR_OK, or the error that fn was given; the same ever
 * after.  What follows the END is not read.
 */
enum wire_err		 wire_feed(struct wire_parser *wp, const void *p,
			    size_t n);

/*
 * No more bytes will come.  WERR_OK when the answer is whole (fn has had its
 * END), or the error that fn was given: WERR_TRUNCATED if it is not.
 */
enum wire_err		 wire_finish(struct wire_parser *wp);

/* 1 when fn has had its END or ERROR. */
int			 wire_over(const struct wire_parser *wp);

/*
 * The body of a request, appended to out.  0, PRA_ENOMEM, or PRA_EINVALID with
 * one line in why (at most size bytes): what of the conversation cannot be
 * sent.  (request.c)
 */
int			 wire_compose(const struct wire *w,
			    const struct talk *t, struct buf *out, char *why,
			    size_t size);

#endif
