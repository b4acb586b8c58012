/*
 * Records: the one typed form of everything that travels or is stored as
 * more than a fixed struct: commands, events, views, configuration items and
 * message bodies.  What exists is listed in rec_defs.tbl and the tables that
 * it includes; the binary form, the JSON form (common/json.h), the checks
 * and the manuals all come from there.
 *
 * Binary form of a record: kind (2 bytes, little endian), body length (4),
 * body.  A body is the number of fields (varint), a bitmap of those that are
 * set (1 bit each, least significant first, padded to bytes), then the set
 * values in order: numbers as LEB128 varints (signed ones zigzag), strings
 * and bytes as varint length and bytes, ids and object names raw, lists as
 * varint count and elements, nested records in this form.  New fields are
 * appended to a definition: an older body has fewer and they read as unset.
 */
#ifndef COMMON_REC_H
#define COMMON_REC_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/ids.h"

enum rec_type {
	R_U64,		/* number; JSON number */
	R_I64,		/* signed number */
	R_BOOL,		/* 0 or 1; JSON true/false */
	R_STR,		/* UTF-8 without NUL; arg: most bytes */
	R_BYTES,	/* any bytes; JSON string, bad UTF-8 as U+FFFD; arg: most */
	R_ID,		/* ULID; arg: its letter; JSON "t_01K..." */
	R_SID,		/* session number; JSON "s_03" */
	R_OID,		/* Git object name, 20 bytes; JSON hex */
	R_TIME,		/* microseconds since 1970; JSON RFC 3339 */
	R_MS,		/* milliseconds; JSON number */
	R_STRS,		/* list of R_STR; arg: most bytes each */
	R_RECS		/* list of records; arg: their kind */
};

struct rec_field {
	const char	*name;		/* as in JSON */
	enum rec_type	 type;
	uint32_t	 arg;		/* see enum rec_type */
	int		 required;	/* refused when unset, on decode */
	const char	*text;		/* one line for the manuals */
};

enum rec_class {
	RC_COMMAND,	/* client -> engine; "task.create" */
	RC_EVENT,	/* the log; "task.created" */
	RC_VIEW,	/* engine -> client; "task" */
	RC_CONF,	/* parent -> children, configuration */
	RC_BODY		/* bodies of messages between roles */
};

struct rec_def {
	const char		*name;
	enum rec_class		 cls;
	const struct rec_field	*fields;
	unsigned int		 nfields;
	const char		*text;		/* one line for the manuals */
	const char		*label;		/* events: label of the trace line, or NULL */
	const char		*format;	/* events: its text; {field} is replaced */
};

/* Kinds REC_<id> and field numbers F_<id>_<field>, made from the tables. */
enum rec_kind {
	REC_NONE,
#define FIELD(id, fname, type, arg, required, text)
#define RECORD(id, name, cls, text, label, format, fields) REC_##id,
#include "common/rec_defs.tbl"
#undef RECORD
#undef FIELD
	REC_MAX
};
#define FIELD(id, fname, type, arg, required, text) F_##id##_##fname,
#define RECORD(id, name, cls, text, label, format, fields)		\
	enum { fields F_##id##_N };
#include "common/rec_defs.tbl"
#undef RECORD
#undef FIELD

#define REC_MAXFIELDS	96
#define REC_MAXDEPTH	4
#define REC_MAXLIST	100000		/* elements of one list */

struct rec;

/* The definition of a kind; NULL for no such kind. */
const struct rec_def *rec_def(enum rec_kind kind);

/* The kind of a class with a name ("task.create"); REC_NONE when there is none. */
enum rec_kind	 rec_byname(enum rec_class cls, const char *name);

/* A field's number by name, or -1. */
int		 rec_field(const struct rec_def *def, const char *name);

/* A new record with every field unset; the caller owns it.  NULL: no memory. */
struct rec	*rec_new(enum rec_kind kind);
struct rec	*rec_copy(const struct rec *r);
void		 rec_free(struct rec *r);	/* NULL is fine */
enum rec_kind	 rec_kind(const struct rec *r);

/*
 * Set a field (copies).  A value that breaks the field's definition, or no
 * memory, makes the record bad: rec_check() and rec_encode() then fail, so
 * that setters need no checking one by one.  f is F_<id>_<field>.
 */
void		 rec_set_u64(struct rec *r, int f, uint64_t v);	/* U64 BOOL SID TIME MS */
void		 rec_set_i64(struct rec *r, int f, int64_t v);
void		 rec_set_str(struct rec *r, int f, const char *s); /* STR; NULL leaves unset */
void		 rec_set_bytes(struct rec *r, int f, const void *p, size_t n); /* STR BYTES */
void		 rec_set_id(struct rec *r, int f, const uint8_t id[ULID_LEN]);
void		 rec_set_oid(struct rec *r, int f, const uint8_t oid[OID_LEN]);
void		 rec_add_str(struct rec *r, int f, const char *s); /* append to STRS */
void		 rec_add_rec(struct rec *r, int f, struct rec *sub); /* takes sub */
void		 rec_touch(struct rec *r, int f);	/* an empty list, as set */
void		 rec_unset(struct rec *r, int f);	/* as in a new record */

/* 1 when the field is set. */
int		 rec_has(const struct rec *r, int f);

/*
 * Read a field; what is unset reads as 0, "" (never NULL), all-zero id or
 * object name, empty list.  Pointers live as long as the record.
 */
uint64_t	 rec_u64(const struct rec *r, int f);
int64_t		 rec_i64(const struct rec *r, int f);
const char	*rec_str(const struct rec *r, int f);
const void	*rec_bytes(const struct rec *r, int f, size_t *len);
const uint8_t	*rec_id(const struct rec *r, int f);
const uint8_t	*rec_oid(const struct rec *r, int f);
size_t		 rec_count(const struct rec *r, int f);	/* STRS RECS */
const char	*rec_nth_str(const struct rec *r, int f, size_t i);
const struct rec *rec_nth_rec(const struct rec *r, int f, size_t i);

/*
 * 1 when a field of two records of one kind reads the same: one that is unset
 * is as one that is 0 or empty.  Lists of records never are.
 */
int		 rec_field_same(const struct rec *a, const struct rec *b, int f);

/*
 * 0, or PRA_EINVALID with the first thing that is wrong in `why` ("text: is
 * longer than 65536 bytes"; at most size bytes, may be NULL).
 */
int		 rec_check(const struct rec *r, char *why, size_t size);

/* Append the binary form.  0, PRA_ENOMEM, or PRA_EINVALID for a bad record. */
int		 rec_encode(const struct rec *r, struct buf *out);

/*
 * Read one record; *out is then the caller's.  PRA_EPROTO for anything that
 * is not exactly a record of a known kind; fields past the known ones are an
 * error.  Several records may follow each other in one reader.
 */
int		 rec_decode(struct reader *rd, struct rec **out);

/* As rec_decode() for a whole buffer that must be one record of `kind`. */
int		 rec_decode_one(const void *p, size_t n, enum rec_kind kind,
		    struct rec **out);

/* 1 when [p, p+n) is UTF-8 (RFC 3629) without NUL. */
int		 utf8_valid(const char *p, size_t n);

/*
 * Append [p, p+n) with U+FFFD for each byte that belongs to no character, and
 * for each NUL.  0 or PRA_ENOMEM.
 */
int		 utf8_clean(const char *p, size_t n, struct buf *out);

#endif
