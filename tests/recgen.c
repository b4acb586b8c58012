/*
 * Records with generated values.  Linked by tests only.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/recgen.h"

/* splitmix64, after Steele, Lea and Flood: small, and the same everywhere. */
static uint64_t
draw(struct recgen *g)
{
	uint64_t	 z = g->seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31);
}

uint64_t
recgen_below(struct recgen *g, uint64_t n)
{
	return (draw(g) % n);
}

static size_t
length(struct recgen *g, enum recgen_how how, size_t most)
{
	if (how == RECGEN_LEAST)
		return (0);
	if (how == RECGEN_MOST)
		return (most);
	return (recgen_below(g, most < 24 ? most + 1 : 24));
}

/* Text of one- and three-byte characters, without NUL, of exactly n bytes. */
static char *
text(struct recgen *g, size_t n, int bytes)
{
	char	*p = malloc(n + 1);
	size_t	 i = 0;

	if (p == NULL)
		abort();
	while (i < n) {
		if (bytes) {
			p[i++] = (char)draw(g);
		} else if (n - i >= 3 && draw(g) % 8 == 0) {
			memcpy(p + i, "\xe2\x82\xac", 3);
			i += 3;
		} else {
			p[i++] = (char)(1 + draw(g) % 127);
		}
	}
	p[n] = '\0';
	return (p);
}

static uint64_t
number(struct recgen *g, enum recgen_how how)
{
	if (how == RECGEN_LEAST)
		return (0);
	return (how == RECGEN_MOST ? UINT64_MAX : draw(g) >> draw(g) % 64);
}

static void
fill_list(struct recgen *g, struct rec *r, int f,
    const struct rec_field *fd, enum recgen_how how)
{
	size_t	 i, n = how == RECGEN_LEAST ? 0 : 1 + recgen_below(g, 4);
	char	*p;

	rec_touch(r, f);
	for (i = 0; i < n; i++) {
		if (fd->type == R_RECS) {
			rec_add_rec(r, f, recgen(g, (enum rec_kind)fd->arg,
			    how));
			continue;
		}
		p = text(g, length(g, how, fd->arg), 0);
		rec_add_str(r, f, p);
		free(p);
	}
}

static void
fill(struct recgen *g, struct rec *r, int f, const struct rec_field *fd,
    enum recgen_how how)
{
	uint8_t	 raw[OID_LEN];
	size_t	 n;
	char	*p;

	switch (fd->type) {
	case R_U64:
	case R_SID:
	case R_TIME:
	case R_MS:
		rec_set_u64(r, f, number(g, how));
		break;
	case R_BOOL:
		rec_set_u64(r, f, how == RECGEN_MOST || draw(g) % 2);
		break;
	case R_I64:
		rec_set_i64(r, f, how == RECGEN_MOST ? INT64_MIN :
		    (int64_t)(draw(g) % 2 ? number(g, how) :
		    -number(g, how)));
		break;
	case R_STR:
	case R_BYTES:
		n = length(g, how, fd->arg);
		p = text(g, n, fd->type == R_BYTES);
		rec_set_bytes(r, f, p, n);
		free(p);
		break;
	case R_ID:
	case R_OID:
		for (n = 0; n < sizeof(raw); n++)
			raw[n] = (uint8_t)draw(g);
		if (fd->type == R_ID)
			rec_set_id(r, f, raw);
		else
			rec_set_oid(r, f, raw);
		break;
	case R_STRS:
	case R_RECS:
		fill_list(g, r, f, fd, how);
		break;
	}
}

struct rec *
recgen(struct recgen *g, enum rec_kind kind, enum recgen_how how)
{
	const struct rec_def	*def = rec_def(kind);
	struct rec		*r = rec_new(kind);
	unsigned int		 f;

	if (r == NULL)
		return (NULL);
	for (f = 0; f < def->nfields; f++)
		if (def->fields[f].required || how == RECGEN_MOST ||
		    (how == RECGEN_RANDOM && draw(g) % 2))
			fill(g, r, (int)f, &def->fields[f], how);
	return (r);
}

/* Copy one set field from r to out. */
static void
copy_field(struct rec *out, const struct rec *r, int f,
    const struct rec_field *fd)
{
	const void	*p;
	size_t		 i, n;

	switch (fd->type) {
	case R_U64:
	case R_BOOL:
	case R_SID:
	case R_TIME:
	case R_MS:
		rec_set_u64(out, f, rec_u64(r, f));
		break;
	case R_I64:
		rec_set_i64(out, f, rec_i64(r, f));
		break;
	case R_STR:
	case R_BYTES:
		p = rec_bytes(r, f, &n);
		rec_set_bytes(out, f, p, n);
		break;
	case R_ID:
		rec_set_id(out, f, rec_id(r, f));
		break;
	case R_OID:
		rec_set_oid(out, f, rec_oid(r, f));
		break;
	case R_STRS:
	case R_RECS:
		rec_touch(out, f);
		for (i = 0; i < rec_count(r, f); i++) {
			if (fd->type == R_STRS)
				rec_add_str(out, f, rec_nth_str(r, f, i));
			else
				rec_add_rec(out, f,
				    rec_copy(rec_nth_rec(r, f, i)));
		}
		break;
	}
}

struct rec *
recgen_without(const struct rec *r, int f)
{
	const struct rec_def	*def = rec_def(rec_kind(r));
	struct rec		*out = rec_new(rec_kind(r));
	unsigned int		 i;

	if (out == NULL)
		return (NULL);
	for (i = 0; i < def->nfields; i++)
		if ((int)i != f && rec_has(r, (int)i))
			copy_field(out, r, (int)i, &def->fields[i]);
	return (out);
}
