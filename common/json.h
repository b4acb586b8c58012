/*
 * Records as JSON (RFC 8259) and back, by the tables of rec.h.  Linked by the
 * frontend and praetorctl only (libjson.a): no other process reads JSON.
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <stddef.h>
#include <jansson.h>

#include "common/base64.h"
#include "common/rec.h"

#define SID_SIZE	24	/* "s_", a number and NUL */

/*
 * The object of a record; unset fields are left out.  The data of a v_event
 * is decoded: "type" is the event's name, "data" its object.  Bytes that are
 * not UTF-8 text have U+FFFD in place of what is not, and "<name>_base64"
 * beside them has them as they are; a field of at most 32 bytes is a digest
 * and hex.  `most`: longer strings are cut to so many bytes (0: none is) and
 * "cut": true tells.  A new reference; NULL: no memory.
 */
json_t	*jrec_object(const struct rec *r, size_t most);

/*
 * Read a text that must be one object and nothing else.  NULL, and in `why`
 * (at most size bytes) what is wrong at which line and column: no JSON, a
 * member that is there twice, not an object.
 */
json_t	*jrec_load(const void *p, size_t n, char *why, size_t size);

/*
 * Make a record of a kind from an object.  *out is then the caller's.
 * PRA_EINVALID with the first thing that is wrong in `why`, by its path
 * ("tasks[2].deps: must be a list of strings"); PRA_ENOMEM.
 */
int	 jrec_parse(const json_t *o, enum rec_kind kind, struct rec **out,
	    char *why, size_t size);

/* A JSON string of a text that may not be UTF-8; as jrec_object() does it. */
json_t	*jrec_text(const char *text);

/* A session's number as "s_03", and back (0 or PRA_EINVALID). */
void	 sid_format(char out[SID_SIZE], uint64_t n);
int	 sid_parse(uint64_t *n, const char *text);

#endif
