/*
 * What the wires are made of: between executor/wire.c and wire_*.c only.
 *
 * Every function that returns an enum wire_err has reported it (wp_fail())
 * and is to be returned from at once.
 */
#ifndef EXECUTOR_WIRE_PARSE_H
#define EXECUTOR_WIRE_PARSE_H

#include <jansson.h>

#include "executor/sse.h"
#include "executor/wire.h"

/* A part of an answer; the wire knows it by two numbers. */
struct wire_block {
	enum wire_kind	 kind;		/* TEXT, THINKING, REDACTED, REFUSAL,
					   TOOL; NONE: of no interest */
	json_int_t	 major, minor;
	int		 closed;
	size_t		 bytes;		/* of it that came */
	char		*id, *name;	/* of a TOOL; owned */
	json_t		*whole;		/* arguments given at once; owned */
	struct buf	 args;		/* of a TOOL, so far */
};

struct wire_parser {
	const struct wire	*wire;
	enum wire_mode		 mode;
	int			 status;
	wire_fn			*fn;
	void			*arg;
	struct sse		 sse;
	struct buf		 body;		/* what is not streamed */
	int			 started;
	int			 over;
	enum wire_err		 err;
	struct wire_block	*blocks;	/* WLIM_BLOCKS at most */
	size_t			 nblocks, ntools;
	size_t			 args;		/* bytes in all blocks' args */
	struct wire_usage	 usage;
	enum wire_stop		 stop;
};

struct wire {
	const char	*name, *path;
	/* An event of a stream; type as SSE has it. */
	enum wire_err	(*event)(struct wire_parser *, const char *type,
			    json_t *o);
	/* An answer that is not streamed. */
	enum wire_err	(*whole)(struct wire_parser *, json_t *o);
	/* The stream is over: "[DONE]", or it was closed.  END or ERROR. */
	enum wire_err	(*done)(struct wire_parser *);
	/* The body of a request; NULL: why, or no memory. */
	json_t		*(*compose)(const struct talk *, char *why, size_t);
};

#define WIRE(name, word, prefix, path)					\
enum wire_err	 prefix##_event(struct wire_parser *, const char *, json_t *); \
enum wire_err	 prefix##_whole(struct wire_parser *, json_t *);	\
enum wire_err	 prefix##_done(struct wire_parser *);			\
json_t		*prefix##_compose(const struct talk *, char *, size_t);
#include "executor/wire.tbl"
#undef WIRE

/* Which stop a wire's word is; the last row has no word. */
struct wire_word {
	const char	*word;
	enum wire_stop	 stop;
};
enum wire_stop	 wire_word_stop(const struct wire_word *w,
		    const char *word);

/* End with an error; fmt NULL: its own sentence alone.  Returns err. */
enum wire_err	 wp_fail(struct wire_parser *wp, enum wire_err err,
		    const char *fmt, ...)
		    __attribute__((__format__(printf, 3, 4)));
enum wire_err	 wp_limit(struct wire_parser *wp, enum wire_limit l);

/* End with what the server says: its error object, or a string of it. */
enum wire_err	 wp_error(struct wire_parser *wp, const json_t *e);

/* START; the second is WERR_ORDER.  Values that are no strings count as "". */
enum wire_err	 wp_start(struct wire_parser *wp, const json_t *id,
		    const json_t *model);

/* The block of a kind and numbers, or NULL. */
struct wire_block *wp_find(struct wire_parser *wp, enum wire_kind kind,
		    json_int_t major, json_int_t minor);

/* The same, made if need be; *b is good until the next block is made. */
enum wire_err	 wp_block(struct wire_parser *wp, enum wire_kind kind,
		    json_int_t major, json_int_t minor,
		    struct wire_block **b);

/* A piece of a block, of a kind of event; v must be a string, or null. */
enum wire_err	 wp_piece(struct wire_parser *wp, struct wire_block *b,
		    enum wire_kind kind, const json_t *v);

/* A tool call begins: id and name must be strings that are not empty. */
enum wire_err	 wp_tool(struct wire_parser *wp, json_int_t major,
		    const json_t *id, const json_t *name,
		    struct wire_block **b);

/* It is whole: CALL. */
enum wire_err	 wp_call(struct wire_parser *wp, struct wire_block *b);

/* All that are not yet. */
enum wire_err	 wp_calls(struct wire_parser *wp);

/* One number of a usage object into *v; not there, or null: it stays. */
enum wire_err	 wp_count(struct wire_parser *wp, const json_t *o,
		    const char *name, uint64_t *v);

/* USAGE, with what wp->usage holds. */
void		 wp_usage(struct wire_parser *wp);

/* The members of a usage object in OpenAI's style. */
struct wire_counts {
	const char	*input, *input_details, *output, *output_details;
};

/* Read such an object (nothing else has an effect), and USAGE. */
enum wire_err	 wp_usage_openai(struct wire_parser *wp, const json_t *u,
		    const struct wire_counts *names);

/* STOP (more is a string, or NULL) and END. */
void		 wp_stop(struct wire_parser *wp, enum wire_stop stop,
		    const json_t *more);
void		 wp_end(struct wire_parser *wp);

/*
 * A JSON text, bounded before it is parsed.  NULL and *err: WERR_JSON,
 * WERR_LIMIT (*limit), WERR_TRUNCATED, WERR_UTF8, WERR_MEMORY; why at most size
 * bytes.
 * (wire_json.c)
 */
json_t		*wire_json(const char *p, size_t n, size_t flags,
		    enum wire_err *err, enum wire_limit *limit, char *why,
		    size_t size);

/* A value's JSON appended to out: 0 or PRA_ENOMEM; as a string: or NULL. */
int		 wire_json_dump(const json_t *o, struct buf *out);
json_t		*wire_json_text(const json_t *o);

/* A string member, NULL if it is something else. */
const char	*wire_str(const json_t *o, const char *name);

#endif
