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

struct rec_val {
	int		 set;
	union {
		uint64_t	 num;
		uint8_t		 raw[OID_LEN];
		struct {
			char	*p;	/* owned, NUL after len */
			size_t	 len;
		} s;
		struct rec_list	 list;
	} u;
};

struct rec {
	enum rec_kind		 kind;
	const struct rec_def	*def;
	int			 bad;		/* field + 1 of the first bad set */
	const char		*why;		/* static text for it */
	struct rec_val		 v[];
};

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

struct rec *
rec_new(enum rec_kind kind)
{
	const struct rec_def	*def = rec_def(kind);
	struct rec		*r;

	if (def == NULL)
		return (NULL);
	r = calloc(1, sizeof(*r) + def->nfields * sizeof(r->v[0]));
	if (r == NULL)
		return (NULL);
	r->kind = kind;
	r->def = def;
	return (r);
}

static void
val_clear(struct rec_val *v, enum rec_type type)
{
	size_t	 i;

	if (v->set && (type == R_STR || type == R_BYTES))
		free(v->u.s.p);
	if (v->set && (type == R_STRS || type == R_RECS)) {
		for (i = 0; i < v->u.list.n; i++) {
			if (type == R_STRS)
				free(v->u.list.items[i]);
			else
				rec_free(v->u.list.items[i]);
		}
		free(v->u.list.items);
	}
	memset(v, 0, sizeof(*v));
}

void
rec_free(struct rec *r)
{
	unsigned int	 f;

	if (r == NULL)
		return;
	for (f = 0; f < r->def->nfields; f++)
		val_clear(&r->v[f], r->def->fields[f].type);
	free(r);
}

struct rec *
rec_copy(const struct rec *r)
{
	struct buf	 b = { 0 };
	struct rec	*copy = NULL;

	if (rec_encode(r, &b) == 0 &&
	    rec_decode_one(b.data, b.len, r->kind, &copy) != 0)
		copy = NULL;
	buf_free(&b);
	return (copy);
}

enum rec_kind
rec_kind(const struct rec *r)
{
	return (r->kind);
}

static void
rec_spoil(struct rec *r, int f, const char *why)
{
	if (r->bad == 0) {
		r->bad = f + 1;
		r->why = why;
	}
}

/* The value for a set, cleared; NULL (and the record bad) on a wrong type. */
static struct rec_val *
val_for(struct rec *r, int f, unsigned int types)
{
	if (r == NULL)
		return (NULL);
	if (f < 0 || (unsigned int)f >= r->def->nfields ||
	    (1U << r->def->fields[f].type & types) == 0) {
		rec_spoil(r, f < 0 ? 0 : f, "was set with another type");
		return (NULL);
	}
	val_clear(&r->v[f], r->def->fields[f].type);
	return (&r->v[f]);
}

#define T_NUM	(1U << R_U64 | 1U << R_BOOL | 1U << R_SID | 1U << R_TIME | \
		    1U << R_MS)

void
rec_set_u64(struct rec *r, int f, uint64_t v)
{
	struct rec_val	*val = val_for(r, f, T_NUM);

	if (val == NULL)
		return;
	if (r->def->fields[f].type == R_BOOL && v > 1) {
		rec_spoil(r, f, "is neither true nor false");
		return;
	}
	val->u.num = v;
	val->set = 1;
}

void
rec_set_i64(struct rec *r, int f, int64_t v)
{
	struct rec_val	*val = val_for(r, f, 1U << R_I64);

	if (val == NULL)
		return;
	val->u.num = (uint64_t)v;
	val->set = 1;
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
	struct rec_val	*val = val_for(r, f, 1U << R_STR | 1U << R_BYTES);
	const char	*why;

	if (val == NULL)
		return;
	if ((why = text_check(&r->def->fields[f], p, n)) != NULL) {
		rec_spoil(r, f, why);
		return;
	}
	if ((val->u.s.p = malloc(n + 1)) == NULL) {
		rec_spoil(r, f, "found no memory");
		return;
	}
	if (n > 0)
		memcpy(val->u.s.p, p, n);
	val->u.s.p[n] = '\0';
	val->u.s.len = n;
	val->set = 1;
}

void
rec_set_str(struct rec *r, int f, const char *s)
{
	if (s != NULL)
		rec_set_bytes(r, f, s, strlen(s));
}

void
rec_set_id(struct rec *r, int f, const uint8_t id[ULID_LEN])
{
	struct rec_val	*val = val_for(r, f, 1U << R_ID);

	if (val == NULL)
		return;
	memcpy(val->u.raw, id, ULID_LEN);
	val->set = 1;
}

void
rec_set_oid(struct rec *r, int f, const uint8_t oid[OID_LEN])
{
	struct rec_val	*val = val_for(r, f, 1U << R_OID);

	if (val == NULL)
		return;
	memcpy(val->u.raw, oid, OID_LEN);
	val->set = 1;
}

/* The list of a field, made if unset; NULL (and the record bad) on a wrong type. */
static struct rec_list *
list_for(struct rec *r, int f, enum rec_type type)
{
	if (r == NULL)
		return (NULL);
	if (f < 0 || (unsigned int)f >= r->def->nfields ||
	    r->def->fields[f].type != type) {
		rec_spoil(r, f < 0 ? 0 : f, "was set with another type");
		return (NULL);
	}
	r->v[f].set = 1;
	return (&r->v[f].u.list);
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
	if ((why = text_check(&r->def->fields[f], s, n)) != NULL) {
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
	    (uint32_t)sub->kind != r->def->fields[f].arg ||
	    list_add(l, sub) != 0) {
		rec_free(sub);
		if (r != NULL)
			rec_spoil(r, f, "cannot hold this element");
	}
}

void
rec_touch(struct rec *r, int f)
{
	if (r == NULL)
		return;
	if (f >= 0 && (unsigned int)f < r->def->nfields &&
	    r->def->fields[f].type == R_RECS)
		list_for(r, f, R_RECS);
	else
		list_for(r, f, R_STRS);
}

static const struct rec_val *
val_of(const struct rec *r, int f)
{
	if (r == NULL || f < 0 || (unsigned int)f >= r->def->nfields ||
	    !r->v[f].set)
		return (NULL);
	return (&r->v[f]);
}

int
rec_has(const struct rec *r, int f)
{
	return (val_of(r, f) != NULL);
}

uint64_t
rec_u64(const struct rec *r, int f)
{
	const struct rec_val	*v = val_of(r, f);

	return (v == NULL ? 0 : v->u.num);
}

int64_t
rec_i64(const struct rec *r, int f)
{
	return ((int64_t)rec_u64(r, f));
}

const void *
rec_bytes(const struct rec *r, int f, size_t *len)
{
	const struct rec_val	*v = val_of(r, f);

	*len = v == NULL ? 0 : v->u.s.len;
	return (v == NULL ? "" : v->u.s.p);
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
	const struct rec_val	*v = val_of(r, f);

	return (v == NULL ? zero : v->u.raw);
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
	const struct rec_val	*v = val_of(r, f);

	return (v == NULL ? 0 : v->u.list.n);
}

const char *
rec_nth_str(const struct rec *r, int f, size_t i)
{
	return (i < rec_count(r, f) ? r->v[f].u.list.items[i] : "");
}

const struct rec *
rec_nth_rec(const struct rec *r, int f, size_t i)
{
	return (i < rec_count(r, f) ? r->v[f].u.list.items[i] : NULL);
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
			    r->def->fields[r->bad - 1].name, r->why);
		return (PRA_EINVALID);
	}
	for (f = 0; f < r->def->nfields; f++) {
		fd = &r->def->fields[f];
		if (fd->required && !r->v[f].set) {
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
val_encode(const struct rec *r, unsigned int f, struct buf *out)
{
	const struct rec_val	*v = &r->v[f];
	size_t			 i, n;
	int			 e = 0;

	switch (r->def->fields[f].type) {
	case R_U64:
	case R_BOOL:
	case R_SID:
	case R_TIME:
	case R_MS:
		return (buf_varint(out, v->u.num));
	case R_I64:
		return (buf_varint(out, v->u.num << 1 ^
		    (uint64_t)((int64_t)v->u.num >> 63)));
	case R_STR:
	case R_BYTES:
		if ((e = buf_varint(out, v->u.s.len)) == 0)
			e = buf_add(out, v->u.s.p, v->u.s.len);
		return (e);
	case R_ID:
		return (buf_add(out, v->u.raw, ULID_LEN));
	case R_OID:
		return (buf_add(out, v->u.raw, OID_LEN));
	case R_STRS:
		e = buf_varint(out, v->u.list.n);
		for (i = 0; e == 0 && i < v->u.list.n; i++) {
			n = strlen(v->u.list.items[i]);
			if ((e = buf_varint(out, n)) == 0)
				e = buf_add(out, v->u.list.items[i], n);
		}
		return (e);
	case R_RECS:
		e = buf_varint(out, v->u.list.n);
		for (i = 0; e == 0 && i < v->u.list.n; i++)
			e = rec_encode(v->u.list.items[i], out);
		return (e);
	}
	return (PRA_EINTERNAL);
}

int
rec_encode(const struct rec *r, struct buf *out)
{
	uint8_t		 head[6], bits[REC_MAXFIELDS / 8 + 1] = { 0 };
	size_t		 start = out->len, body;
	unsigned int	 f;
	int		 e;

	if ((e = rec_check(r, NULL, 0)) != 0)
		return (e);
	memset(head, 0, sizeof(head));
	for (f = 0; f < r->def->nfields; f++)
		if (r->v[f].set)
			bits[f / 8] |= (uint8_t)(1U << f % 8);
	if ((e = buf_add(out, head, sizeof(head))) != 0 ||
	    (e = buf_varint(out, r->def->nfields)) != 0 ||
	    (e = buf_add(out, bits, (r->def->nfields + 7) / 8)) != 0)
		return (e);
	for (f = 0; f < r->def->nfields; f++)
		if (r->v[f].set && (e = val_encode(r, f, out)) != 0)
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
		if (r->def->fields[f].type == R_RECS) {
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

	switch (r->def->fields[f].type) {
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

	n = reader_varint(rd);
	if (n > r->def->nfields ||
	    (bits = reader_take(rd, (n + 7) / 8)) == NULL)
		return (PRA_EPROTO);
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

static int
strs_same(const struct rec *a, const struct rec *b, int f)
{
	size_t	 i, n = rec_count(a, f);

	if (n != rec_count(b, f))
		return (0);
	for (i = 0; i < n; i++)
		if (strcmp(rec_nth_str(a, f, i), rec_nth_str(b, f, i)) != 0)
			return (0);
	return (1);
}

int
rec_field_same(const struct rec *a, const struct rec *b, int f)
{
	const void	*p, *q;
	size_t		 n, m;

	switch (rec_def(rec_kind(a))->fields[f].type) {
	case R_STR:
	case R_BYTES:
		p = rec_bytes(a, f, &n);
		q = rec_bytes(b, f, &m);
		return (n == m && memcmp(p, q, n) == 0);
	case R_ID:
		return (memcmp(rec_id(a, f), rec_id(b, f), ULID_LEN) == 0);
	case R_OID:
		return (memcmp(rec_oid(a, f), rec_oid(b, f), OID_LEN) == 0);
	case R_STRS:
		return (strs_same(a, b, f));
	case R_U64:
	case R_I64:
	case R_BOOL:
	case R_SID:
	case R_TIME:
	case R_MS:
		return (rec_u64(a, f) == rec_u64(b, f));
	case R_RECS:
	default:
		return (0);
	}
}

/* Length of the UTF-8 sequence at p, 0 when it is none (RFC 3629 table). */
static size_t
utf8_len(const unsigned char *p, size_t n)
{
	size_t		 k, i;
	unsigned int	 lo = 0x80, hi = 0xbf;

	if (p[0] < 0x80)
		return (p[0] != 0);
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return (0);
	k = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (k > n)
		return (0);
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (p[1] < lo || p[1] > hi)
		return (0);
	for (i = 2; i < k; i++)
		if ((p[i] & 0xc0) != 0x80)
			return (0);
	return (k);
}

int
utf8_valid(const char *p, size_t n)
{
	size_t	 i, k;

	for (i = 0; i < n; i += k)
		if ((k = utf8_len((const unsigned char *)p + i, n - i)) == 0)
			return (0);
	return (1);
}

int
utf8_clean(const char *p, size_t n, struct buf *out)
{
	size_t	 i, k;
	int	 e = 0;

	for (i = 0; i < n && e == 0; i += k) {
		k = utf8_len((const unsigned char *)p + i, n - i);
		e = k > 0 ? buf_add(out, p + i, k) :
		    buf_add(out, "\xef\xbf\xbd", 3);
		k += k == 0;
	}
	return (e);
}
