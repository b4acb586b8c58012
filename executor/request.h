/*
 * What the composers of requests share: executor/request.c and request_*.c.
 */
#ifndef EXECUTOR_REQUEST_H
#define EXECUTOR_REQUEST_H

#include <jansson.h>

#include "executor/talk.h"

/*
 * Composers build a value, remember that something failed, and look once at
 * the end: every function here takes NULL for "that failed before".
 */

/* Set or append; take v.  0, or -1: no memory, or v was NULL. */
int	 req_put(json_t *o, const char *name, json_t *v);
int	 req_append(json_t *list, json_t *v);

/* A text of any bytes, and one that is a C string. */
json_t	*req_text(const char *p, size_t n);
json_t	*req_str(const char *s);

/* {"type": type}; what a list is made of. */
json_t	*req_typed(const char *type);

/* The arguments of a call: its object, or an empty one; as a JSON text. */
json_t	*req_args(const struct talk_part *p);
json_t	*req_args_text(const struct talk_part *p);

/* A tool's schema as an object.  NULL: why says what is wrong with it. */
json_t	*req_schema(const struct talk_tool *t, char *why, size_t size);

/* 1 when there is something to read in it. */
int	 req_says(const struct talk_part *p);

/* 1 when it proves something to this wire, and came from it. */
int	 req_proves(const struct talk_part *p, enum wire_id id);

/* v, or NULL and a reference less when a step before had failed. */
json_t	*req_whole(json_t *v, int failed);

#endif
