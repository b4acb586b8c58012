/*
 * A conversation with a model, in the form that is the same for every wire:
 * what wire_compose() makes a request of.  Nothing here owns anything.
 */
#ifndef EXECUTOR_TALK_H
#define EXECUTOR_TALK_H

#include <stddef.h>
#include <stdint.h>

#include "executor/wire.h"

enum talk_role { TALK_USER, TALK_MODEL };

/*
 * What a message is made of, and which fields each has.  Text of any bytes
 * will do: what is not UTF-8 is replaced.  Results are sent first.
 *
 *	PART_TEXT	text
 *	PART_THINKING	text, signature, from; only ever of the model
 *	PART_REDACTED	text (as REDACTED gave it), from; only of the model
 *	PART_CALL	id, name, text (the arguments); only of the model.  What
 *			is no JSON object is sent as an empty one
 *	PART_RESULT	id of its call, text, failed; only of the user
 */
enum part_kind {
	PART_TEXT, PART_THINKING, PART_REDACTED, PART_CALL, PART_RESULT
};

struct talk_part {
	enum part_kind		 kind;
	const char		*text;
	size_t			 n;
	const char		*signature;	/* NULL: none */
	const struct wire	*from;		/* other wires are not told */
	const char		*id, *name;
	int			 failed;
};

struct talk_message {
	enum talk_role		 role;
	const struct talk_part	*parts;
	size_t			 nparts;
};

struct talk_tool {
	const char	*name, *description;
	const char	*schema;	/* of its arguments: a JSON object */
};

struct talk {
	const char		*model;
	const char		*system;	/* NULL: none */
	const struct talk_message	*messages;
	size_t			 nmessages;
	const struct talk_tool	*tools;
	size_t			 ntools;
	uint64_t		 max_tokens;	/* of the answer */
	const char		*effort;	/* of thinking, or NULL */
	int			 stream;
	int			 cache;		/* say where a cache may end */
};

#endif
