/*
 * Records: definitions, values, binary form.  Runs in every process, on
 * foreign bytes: a decoder takes exactly what the tables allow.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/rec.h"

struct rec_list {
	size_t		  n;
	size_t		  cap;
	void		**items;	/* char * or struct rec *, owned */
};

/* A text with its length; a NUL follows. */
struct rec_text {
	uint32_t	 len;
	char		 p[];
};

/* What is longer than a number is apart, so that it stays where it is. */
union rec_val {
	uint64_t	 num;
	uint8_t		*raw;		/* owned: ULID_LEN or OID_LEN bytes */
	struct rec_text	*text;		/* owned */
	struct rec_list	*list;		/* owned */
};

#define SET_WORDS	2

/* Most fields of most records are unset: only those that are set take room. */
struct rec {
	uint16_t		 kind;
	uint16_t		 bad;		/* field + 1 of the first bad set */
	uint8_t			 n, cap;	/* of v */
	const char		*why;		/* static text for bad */
	uint64_t		 set[SET_WORDS];	/* a bit a field */
	union rec_val		*v;		/* owned: in order of fields */
};

_Static_assert(REC_MAXFIELDS <= 64 * SET_WORDS, "a bit for each field");

#define FIELD(id, fname, type, arg, required, text)			\
	{ #fname, type, arg, required, text },
#define RECORD(id, name, cls, text, label, format, fields)		\
	static const struct rec_field fields_##id[] = {			\
		fields { NULL, R_U64, 0, 0, NULL } };
#include "common/rec_defs.tbl"
#undef RECORD
#undef FIELD

static const struct rec_def defs[REC_MAX] = {
#define FIELD(id, fname, type, arg, required, text)
#define RECORD(id, name, cls, text, label, format, fields)		\
	[REC_##id] = { name, cls, fields_##id, F_##id##_N, text,	\
	    label, format },
#include "common/rec_defs.tbl"
#undef RECORD
#undef FIELD
};

static int	rec_decode_at(struct reader *, struct rec **, int);

const struct rec_def *
rec_def(enum rec_kind kind)
{
	if (kind <= REC_NONE || kind >= REC_MAX)
		return (NULL);
	return (&defs[kind]);
}

enum rec_kind
rec_byname(enum rec_class cls, const char *name)
{
	int	 k;

	for (k = REC_NONE + 1; k < REC_MAX; k++)
		if (defs[k].cls == cls && strcmp(defs[k].name, name) == 0)
			return (k);
	return (REC_NONE);
}

int
rec_field(const struct rec_def *def, const char *name)
{
	unsigned int	 f;

	for (f = 0; f < def->nfields; f++)
		if (strcmp(def->fields[f].name, name) == 0)
			return ((int)f);
	return (-1);
}

static const struct rec_def *
def_of(const struct rec *r)
{
	return (&defs[r->kind]);
}

struct rec *
rec_new(enum rec_kind kind)
{
	struct rec	*r;

	if (rec_def(kind) == NULL || (r = calloc(1, sizeof(*r))) == NULL)
		return (NULL);
	r->kind = (uint16_t)kind;
	return (r);
}

static int
is_set(const struct rec *r, unsigned int f)
{
	return ((r->set[f / 64] >> f % 64 & 1) != 0);
}

/* The place of a field among those that are set. */
static unsigned int
place_of(const struct rec *r, int f)
{
	uint64_t	 below = ((uint64_t)1 << f % 64) - 1;

	if (f < 64)
		return ((unsigned int)__builtin_popcountll(r->set[0] & below));
	return ((unsigned int)(__builtin_popcountll(r->set[0]) +
	    __builtin_popcountll(r->set[1] & below)));
}

static union rec_val *
val_of(const struct rec *r, int f)
{
	if (r == NULL || f < 0 || f >= REC_MAXFIELDS ||
	    !is_set(r, (unsigned int)f))
		return (NULL);
	return (&r->v[place_of(r, f)]);
}

static void
val_clear(union rec_val *v, enum rec_type type)
{
	size_t	 i;

	if (type == R_STR || type == R_BYTES)
		free(v->text);
	else if (type == R_ID || type == R_OID)
		free(v->raw);
	if (type != R_STRS && type != R_RECS)
		return;
	for (i = 0; i < v->list->n; i++) {
		if (type == R_STRS)
			free(v->list->items[i]);
		else
			rec_free(v->list->items[i]);
	}
	free(v->list->items);
	free(v->list);
}

void
rec_free(struct rec *r)
{
	const struct rec_field	*fields;
	unsigned int		 f, at = 0;

	if (r == NULL)
		return;
	fields = def_of(r)->fields;
	for (f = 0; at < r->n; f++)
		if (is_set(r, f))
			val_clear(&r->v[at++], fields[f].type);
	free(r->v);
	free(r);
}

/* Room for so many values in all; 0 or -1. */
static int
rec_room(struct rec *r, unsigned int n)
{
	union rec_val	*v;

	if (n <= r->cap)
		return (0);
	if ((v = reallocarray(r->v, n, sizeof(*v))) == NULL)
		return (-1);
	r->v = v;
	r->cap = (uint8_t)n;
	return (0);
}

struct rec *
rec_copy(const struct rec *r)
{
	struct buf	 b = { 0 };
	struct rec	*copy = NULL;

	if (rec_encode(r, &b) == 0 &&
	    rec_decode_one(b.data, b.len, rec_kind(r), &copy) != 0)
		copy = NULL;
	buf_free(&b);
	return (copy);
}

enum rec_kind
rec_kind(const struct rec *r)
{
	return ((enum rec_kind)r->kind);
}

static void
rec_spoil(struct rec *r, int f, const char *why)
{
	if (r->bad == 0) {
		r->bad = (uint16_t)(f + 1);
		r->why = why;
	}
}

static const struct rec_field *
field_of(const struct rec *r, int f)
{
	return (&def_of(r)->fields[f]);
}

/* 1 when a field may be set as one of these types; else the record is bad. */
static int
type_ok(struct rec *r, int f, unsigned int types)
{
	if (r == NULL)
		return (0);
	if (f >= 0 && (unsigned int)f < def_of(r)->nfields &&
	    (1U << field_of(r, f)->type & types) != 0)
		return (1);
	rec_spoil(r, f < 0 ? 0 : f, "was set with another type");
	return (0);
}

/* Give a field a value, in place of the one that it has. */
static void
val_put(struct rec *r, int f, union rec_val val)
{
	union rec_val	*v = val_of(r, f);
	unsigned int	 at = place_of(r, f);

	if (v != NULL) {
		val_clear(v, field_of(r, f)->type);
		*v = val;
		return;
	}
	if (r->n == r->cap && rec_room(r, r->n + 4U) != 0) {
		val_clear(&val, field_of(r, f)->type);
		rec_spoil(r, f, "found no memory");
		return;
	}
	memmove(&r->v[at + 1], &r->v[at], (r->n - at) * sizeof(*r->v));
	r->v[at] = val;
	r->n++;
	r->set[f / 64] |= (uint64_t)1 << f % 64;
}

/* A set that failed leaves the field unset, as the record is bad. */
static void
val_drop(struct rec *r, int f)
{
	union rec_val	*v = val_of(r, f);
	unsigned int	 at = place_of(r, f);

	if (v == NULL)
		return;
	val_clear(v, field_of(r, f)->type);
	memmove(v, v + 1, (--r->n - at) * sizeof(*v));
	r->set[f / 64] &= ~((uint64_t)1 << f % 64);
}

#define T_NUM	(1U << R_U64 | 1U << R_BOOL | 1U << R_SID | 1U << R_TIME | \
		    1U << R_MS)

void
rec_set_u64(struct rec *r, int f, uint64_t v)
{
	if (!type_ok(r, f, T_NUM))
		return;
	if (field_of(r, f)->type == R_BOOL && v > 1) {
		val_drop(r, f);
		rec_spoil(r, f, "is neither true nor false");
		return;
	}
	val_put(r, f, (union rec_val){ .num = v });
}

void
rec_set_i64(struct rec *r, int f, int64_t v)
{
	if (type_ok(r, f, 1U << R_I64))
		val_put(r, f, (union rec_val){ .num = (uint64_t)v });
}

static const char *
text_check(const struct rec_field *fd, const void *p, size_t n)
{
	if (n > fd->arg)
		return ("is too long");
	if (fd->type != R_BYTES && !utf8_valid(p, n))
		return ("is not UTF-8 text, or has a NUL");
	return (NULL);
}

void
rec_set_bytes(struct rec *r, int f, const void *p, size_t n)
{
	struct rec_text	*text = NULL;
	const char	*why;

	if (!type_ok(r, f, 1U << R_STR | 1U << R_BYTES))
		return;
	if ((why = text_check(field_of(r, f), p, n)) == NULL)
		text = malloc(sizeof(*text) + n + 1);
	if (text == NULL) {
		val_drop(r, f);
		rec_spoil(r, f, why != NULL ? why : "found no memory");
		return;
	}
	if (n > 0)
		memcpy(text->p, p, n);
	text->p[n] = '\0';
	text->len = (uint32_t)n;
	val_put(r, f, (union rec_val){ .text = text });
}

void
rec_set_str(struct rec *r, int f, const char *s)
{
	if (s != NULL)
		rec_set_bytes(r, f, s, strlen(s));
}

static void
set_raw(struct rec *r, int f, const uint8_t *p, size_t n)
{
	uint8_t	*raw = malloc(n);

	if (raw == NULL) {
		val_drop(r, f);
		rec_spoil(r, f, "found no memory");
		return;
	}
	memcpy(raw, p, n);
	val_put(r, f, (union rec_val){ .raw = raw });
}

void
rec_set_id(struct rec *r, int f, const uint8_t id[ULID_LEN])
{
	if (type_ok(r, f, 1U << R_ID))
		set_raw(r, f, id, ULID_LEN);
}

void
rec_set_oid(struct rec *r, int f, const uint8_t oid[OID_LEN])
{
	if (type_ok(r, f, 1U << R_OID))
		set_raw(r, f, oid, OID_LEN);
}

/* The list of a field, made if unset; NULL (and the record bad) on a wrong type. */
static struct rec_list *
list_for(struct rec *r, int f, enum rec_type type)
{
	struct rec_list	*l;

	if (!type_ok(r, f, 1U << type))
		return (NULL);
	if (val_of(r, f) == NULL) {
		if ((l = calloc(1, sizeof(*l))) == NULL)
			rec_spoil(r, f, "found no memory");
		else
			val_put(r, f, (union rec_val){ .list = l });
	}
	return (val_of(r, f) == NULL ? NULL : val_of(r, f)->list);
}

static int
list_add(struct rec_list *l, void *item)
{
	size_t	  cap;
	void	**p;

	if (l->n >= REC_MAXLIST)
		return (PRA_ELIMIT);
	if (l->n == l->cap) {
		cap = l->cap ? l->cap * 2 : 4;
		p = reallocarray(l->items, cap, sizeof(*p));
		if (p == NULL)
			return (PRA_ENOMEM);
		l->items = p;
		l->cap = cap;
	}
	l->items[l->n++] = item;
	return (0);
}

static void
list_add_text(struct rec *r, int f, const char *s, size_t n)
{
	struct rec_list	*l = list_for(r, f, R_STRS);
	const char	*why;
	char		*copy;

	if (l == NULL)
		return;
	if ((why = text_check(field_of(r, f), s, n)) != NULL) {
		rec_spoil(r, f, why);
		return;
	}
	if ((copy = malloc(n + 1)) == NULL) {
		rec_spoil(r, f, "found no memory");
		return;
	}
	memcpy(copy, s, n);
	copy[n] = '\0';
	if (list_add(l, copy) != 0) {
		free(copy);
		rec_spoil(r, f, "has too many elements");
	}
}

void
rec_add_str(struct rec *r, int f, const char *s)
{
	list_add_text(r, f, s, strlen(s));
}

void
rec_add_rec(struct rec *r, int f, struct rec *sub)
{
	struct rec_list	*l = list_for(r, f, R_RECS);

	if (l == NULL || sub == NULL ||
	    sub->kind != field_of(r, f)->arg ||
	    list_add(l, sub) != 0) {
		rec_free(sub);
		if (r != NULL)
			rec_spoil(r, f, "cannot hold this element");
	}
}

void
rec_unset(struct rec *r, int f)
{
	if (r != NULL)
		val_drop(r, f);
}

void
rec_touch(struct rec *r, int f)
{
	if (r == NULL)
		return;
	if (f >= 0 && (unsigned int)f < def_of(r)->nfields &&
	    field_of(r, f)->type == R_RECS)
		list_for(r, f, R_RECS);
	else
		list_for(r, f, R_STRS);
}

int
rec_has(const struct rec *r, int f)
{
	return (val_of(r, f) != NULL);
}

uint64_t
rec_u64(const struct rec *r, int f)
{
	const union rec_val	*v = val_of(r, f);

	return (v == NULL ? 0 : v->num);
}

int64_t
rec_i64(const struct rec *r, int f)
{
	return ((int64_t)rec_u64(r, f));
}

const void *
rec_bytes(const struct rec *r, int f, size_t *len)
{
	const union rec_val	*v = val_of(r, f);

	*len = v == NULL ? 0 : v->text->len;
	return (v == NULL ? "" : v->text->p);
}

const char *
rec_str(const struct rec *r, int f)
{
	size_t	 len;

	return (rec_bytes(r, f, &len));
}

static const uint8_t *
val_raw(const struct rec *r, int f)
{
	static const uint8_t	 zero[OID_LEN];
	const union rec_val	*v = val_of(r, f);

	return (v == NULL ? zero : v->raw);
}

const uint8_t *
rec_id(const struct rec *r, int f)
{
	return (val_raw(r, f));
}

const uint8_t *
rec_oid(const struct rec *r, int f)
{
	return (val_raw(r, f));
}

size_t
rec_count(const struct rec *r, int f)
{
	const union rec_val	*v = val_of(r, f);

	return (v == NULL ? 0 : v->list->n);
}

const char *
rec_nth_str(const struct rec *r, int f, size_t i)
{
	return (i < rec_count(r, f) ? val_of(r, f)->list->items[i] : "");
}

const struct rec *
rec_nth_rec(const struct rec *r, int f, size_t i)
{
	return (i < rec_count(r, f) ? val_of(r, f)->list->items[i] : NULL);
}

int
rec_check(const struct rec *r, char *why, size_t size)
{
	const struct rec_field	*fd;
	unsigned int		 f;
	size_t			 i;

	if (r == NULL)
		return (PRA_ENOMEM);
	if (r->bad) {
		if (why != NULL)
			snprintf(why, size, "%s: %s",
			    field_of(r, r->bad - 1)->name, r->why);
		return (PRA_EINVALID);
	}
	for (f = 0; f < def_of(r)->nfields; f++) {
		fd = field_of(r, (int)f);
		if (fd->required && !rec_has(r, (int)f)) {
			if (why != NULL)
				snprintf(why, size, "%s: is missing", fd->name);
			return (PRA_EINVALID);
		}
		for (i = 0; fd->type == R_RECS && i < rec_count(r, (int)f); i++)
			if (rec_check(rec_nth_rec(r, (int)f, i), why, size))
				return (PRA_EINVALID);
	}
	return (0);
}

static int
val_encode(const union rec_val *v, enum rec_type type, struct buf *out)
{
	size_t	 i, n;
	int	 e = 0;

	switch (type) {
	case R_U64:
	case R_BOOL:
	case R_SID:
	case R_TIME:
	case R_MS:
		return (buf_varint(out, v->num));
	case R_I64:
		return (buf_varint(out, v->num << 1 ^
		    (uint64_t)((int64_t)v->num >> 63)));
	case R_STR:
	case R_BYTES:
		if ((e = buf_varint(out, v->text->len)) == 0)
			e = buf_add(out, v->text->p, v->text->len);
		return (e);
	case R_ID:
		return (buf_add(out, v->raw, ULID_LEN));
	case R_OID:
		return (buf_add(out, v->raw, OID_LEN));
	case R_STRS:
		e = buf_varint(out, v->list->n);
		for (i = 0; e == 0 && i < v->list->n; i++) {
			n = strlen(v->list->items[i]);
			if ((e = buf_varint(out, n)) == 0)
				e = buf_add(out, v->list->items[i], n);
		}
		return (e);
	case R_RECS:
		e = buf_varint(out, v->list->n);
		for (i = 0; e == 0 && i < v->list->n; i++)
			e = rec_encode(v->list->items[i], out);
		return (e);
	}
	return (PRA_EINTERNAL);
}

int
rec_encode(const struct rec *r, struct buf *out)
{
	uint8_t		 head[6], bits[REC_MAXFIELDS / 8 + 1] = { 0 };
	size_t		 start = out->len, body;
	unsigned int	 f, at = 0, nfields = def_of(r)->nfields;
	int		 e;

	if ((e = rec_check(r, NULL, 0)) != 0)
		return (e);
	memset(head, 0, sizeof(head));
	for (f = 0; f < nfields; f += 8)
		bits[f / 8] = (uint8_t)(r->set[f / 64] >> f % 64);
	if ((e = buf_add(out, head, sizeof(head))) != 0 ||
	    (e = buf_varint(out, nfields)) != 0 ||
	    (e = buf_add(out, bits, (nfields + 7) / 8)) != 0)
		return (e);
	for (f = 0; at < r->n; f++)
		if (is_set(r, f) && (e = val_encode(&r->v[at++],
		    field_of(r, (int)f)->type, out)) != 0)
			return (e);
	body = out->len - start - sizeof(head);
	out->data[start] = (uint8_t)(r->kind & 0xff);
	out->data[start + 1] = (uint8_t)(r->kind >> 8);
	for (f = 0; f < 4; f++)
		out->data[start + 2 + f] = (uint8_t)(body >> (8 * f));
	return (0);
}

static void
list_decode(struct reader *rd, struct rec *r, int f, int depth)
{
	struct rec	*sub;
	const char	*p;
	uint64_t	 i, n, len;

	n = reader_varint(rd);
	if (n > REC_MAXLIST || n > reader_left(rd)) {
		rd->bad = 1;
		return;
	}
	rec_touch(r, f);
	for (i = 0; i < n && !rd->bad; i++) {
		if (field_of(r, f)->type == R_RECS) {
			if (rec_decode_at(rd, &sub, depth + 1) != 0)
				rd->bad = 1;
			else
				rec_add_rec(r, f, sub);
			continue;
		}
		len = reader_varint(rd);
		if ((p = reader_take(rd, len)) != NULL)
			list_add_text(r, f, p, len);
	}
}

static void
val_decode(struct reader *rd, struct rec *r, int f, int depth)
{
	const void	*p;
	uint64_t	 n;

	switch (field_of(r, f)->type) {
	case R_U64:
	case R_BOOL:
	case R_SID:
	case R_TIME:
	case R_MS:
		rec_set_u64(r, f, reader_varint(rd));
		break;
	case R_I64:
		n = reader_varint(rd);
		rec_set_i64(r, f, (int64_t)(n >> 1 ^ (~(n & 1) + 1)));
		break;
	case R_STR:
	case R_BYTES:
		n = reader_varint(rd);
		if ((p = reader_take(rd, n)) != NULL)
			rec_set_bytes(r, f, p, n);
		break;
	case R_ID:
		if ((p = reader_take(rd, ULID_LEN)) != NULL)
			rec_set_id(r, f, p);
		break;
	case R_OID:
		if ((p = reader_take(rd, OID_LEN)) != NULL)
			rec_set_oid(r, f, p);
		break;
	case R_STRS:
	case R_RECS:
		list_decode(rd, r, f, depth);
		break;
	}
}

static int
body_decode(struct reader *rd, struct rec *r, int depth)
{
	const uint8_t	*bits;
	uint64_t	 f, n;
	unsigned int	 set = 0;

	n = reader_varint(rd);
	if (n > def_of(r)->nfields ||
	    (bits = reader_take(rd, (n + 7) / 8)) == NULL)
		return (PRA_EPROTO);
	for (f = 0; f < n; f++)
		set += bits[f / 8] >> f % 8 & 1;
	if (rec_room(r, set) != 0)
		return (PRA_ENOMEM);
	for (f = 0; f < n && !rd->bad; f++)
		if (bits[f / 8] & 1U << f % 8)
			val_decode(rd, r, (int)f, depth);
	if (rd->bad || reader_left(rd) != 0 || rec_check(r, NULL, 0) != 0)
		return (PRA_EPROTO);
	return (0);
}

static int
rec_decode_at(struct reader *rd, struct rec **out, int depth)
{
	const uint8_t	*h, *p;
	struct reader	 body;
	struct rec	*r;
	uint32_t	 len;

	*out = NULL;
	if (depth > REC_MAXDEPTH || (h = reader_take(rd, 6)) == NULL)
		return (PRA_EPROTO);
	len = (uint32_t)h[2] | (uint32_t)h[3] << 8 | (uint32_t)h[4] << 16 |
	    (uint32_t)h[5] << 24;
	if (rec_def(h[0] | h[1] << 8) == NULL ||
	    (p = reader_take(rd, len)) == NULL)
		return (PRA_EPROTO);
	if ((r = rec_new(h[0] | h[1] << 8)) == NULL)
		return (PRA_ENOMEM);
	reader_init(&body, p, len);
	if (body_decode(&body, r, depth) != 0) {
		rec_free(r);
		return (PRA_EPROTO);
	}
	*out = r;
	return (0);
}

int
rec_decode(struct reader *rd, struct rec **out)
{
	return (rec_decode_at(rd, out, 0));
}

int
rec_decode_one(const void *p, size_t n, enum rec_kind kind, struct rec **out)
{
	struct reader	 rd;
	int		 e;

	reader_init(&rd, p, n);
	if ((e = rec_decode(&rd, out)) != 0)
		return (e);
	if ((*out)->kind == kind && reader_left(&rd) == 0)
		return (0);
	rec_free(*out);
	*out = NULL;
	return (PRA_EPROTO);
}
