/*
 * Records as JSON and back.  Runs in the frontend on what clients send, and
 * in praetorctl on what the daemon answers and on plan files.  The text is
 * not trusted: only what the tables know is taken, everything else is
 * refused by name.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/err.h"
#include "common/json.h"
#include "common/when.h"

#define DIGEST_MOST	32	/* R_BYTES of at most so many are hex */

static int	object_parse(const json_t *, enum rec_kind, struct rec **,
		    const char *, char *, size_t);

void
sid_format(char out[SID_SIZE], uint64_t n)
{
	snprintf(out, SID_SIZE, "s_%02" PRIu64, n);
}

int
sid_parse(uint64_t *n, const char *text)
{
	size_t	 len = strlen(text);

	if (strncmp(text, "s_", 2) != 0 || len < 3 || len > 20 ||
	    strspn(text + 2, "0123456789") != len - 2)
		return (PRA_EINVALID);
	*n = strtoull(text + 2, NULL, 10);
	return (0);
}

/* A member whose making may have failed (NULL); takes v. */
static int
put(json_t *o, const char *name, json_t *v)
{
	return (v == NULL || json_object_set_new_nocheck(o, name, v) == -1 ?
	    PRA_ENOMEM : 0);
}

static json_t *
buf_json(struct buf *b)
{
	json_t	*v = json_stringn_nocheck(b->len > 0 ? (char *)b->data : "",
		    b->len);

	buf_free(b);
	return (v);
}

static json_t *
hex_json(const uint8_t *p, size_t n)
{
	struct buf	 b = { 0 };
	size_t		 i;

	for (i = 0; i < n; i++)
		if (buf_printf(&b, "%02x", p[i]) != 0)
			break;
	return (buf_json(&b));
}

/*
 * A string's text of at most `most` bytes, cut between characters.
 * Sets *cut when something is missing.
 */
static json_t *
text_json(const char *p, size_t n, size_t most, int *cut)
{
	struct buf	 b = { 0 };

	if (most != 0 && n > most) {
		*cut = 1;
		for (n = most; n > 0 && ((uint8_t)p[n] & 0xc0) == 0x80; n--)
			;
	}
	if (utf8_valid(p, n))
		return (json_stringn_nocheck(p, n));
	if (utf8_clean(p, n, &b) != 0) {
		buf_free(&b);
		return (NULL);
	}
	return (buf_json(&b));
}

static int
put_bytes(json_t *o, const struct rec_field *fd, const char *p, size_t n,
    size_t most, int *cut)
{
	struct buf	 b = { 0 };
	char		 name[64];

	if (fd->arg <= DIGEST_MOST)
		return (put(o, fd->name, hex_json((const uint8_t *)p, n)));
	if (put(o, fd->name, text_json(p, n, most, cut)) != 0)
		return (PRA_ENOMEM);
	if (utf8_valid(p, n) || (most != 0 && n > most))
		return (0);
	if (base64_encode((const uint8_t *)p, n, &b) != 0) {
		buf_free(&b);
		return (PRA_ENOMEM);
	}
	snprintf(name, sizeof(name), "%s_base64", fd->name);
	return (put(o, name, buf_json(&b)));
}

/* "type" and "data" of an event; bytes that are no record stay bytes. */
static int
put_event(json_t *o, const struct rec_field *fd, const char *p, size_t n,
    size_t most, int *cut)
{
	struct reader	 rd;
	struct rec	*ev;
	int		 e;

	reader_init(&rd, p, n);
	if (rec_decode(&rd, &ev) != 0)
		return (put_bytes(o, fd, p, n, most, cut));
	e = put(o, "type", json_string(rec_def(rec_kind(ev))->name));
	if (e == 0)
		e = put(o, fd->name, jrec_object(ev, most));
	rec_free(ev);
	return (e);
}

static json_t *
list_json(const struct rec *r, int f, size_t most, int *cut)
{
	json_t		*list = json_array(), *v;
	const char	*s;
	size_t		 i;

	for (i = 0; list != NULL && i < rec_count(r, f); i++) {
		s = rec_nth_str(r, f, i);
		if (rec_def(rec_kind(r))->fields[f].type == R_STRS)
			v = text_json(s, strlen(s), most, cut);
		else
			v = jrec_object(rec_nth_rec(r, f, i), most);
		if (v == NULL || json_array_append_new(list, v) == -1) {
			json_decref(list);
			return (NULL);
		}
	}
	return (list);
}

static json_t *
id_json(const struct rec *r, int f)
{
	char	 id[ID_SIZE];

	id_format(id, (char)rec_def(rec_kind(r))->fields[f].arg, rec_id(r, f));
	return (json_string(id));
}

static json_t *
time_json(uint64_t us)
{
	char	 text[WHEN_TEXT];

	wall_format(text, (struct wall){ (int64_t)us });
	return (json_string(text));
}

/* JSON integers here end at 2^63 - 1; nothing that is counted comes near. */
static json_t *
number_json(uint64_t v)
{
	return (json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v));
}

static int
put_field(json_t *o, const struct rec *r, int f, size_t most, int *cut)
{
	const struct rec_field	*fd = &rec_def(rec_kind(r))->fields[f];
	char			 text[OID_SIZE];
	const char		*p;
	size_t			 n;

	switch (fd->type) {
	case R_U64:
	case R_MS:
		return (put(o, fd->name, number_json(rec_u64(r, f))));
	case R_I64:
		return (put(o, fd->name, json_integer(rec_i64(r, f))));
	case R_BOOL:
		return (put(o, fd->name, json_boolean(rec_u64(r, f))));
	case R_SID:
		sid_format(text, rec_u64(r, f));
		return (put(o, fd->name, json_string(text)));
	case R_ID:
		return (put(o, fd->name, id_json(r, f)));
	case R_OID:
		oid_format(text, rec_oid(r, f));
		return (put(o, fd->name, json_string(text)));
	case R_TIME:
		return (put(o, fd->name, time_json(rec_u64(r, f))));
	case R_STR:
	case R_BYTES:
		p = rec_bytes(r, f, &n);
		if (fd->type == R_STR)
			return (put(o, fd->name, text_json(p, n, most, cut)));
		if (rec_kind(r) == REC_v_event && f == F_v_event_data)
			return (put_event(o, fd, p, n, most, cut));
		return (put_bytes(o, fd, p, n, most, cut));
	case R_STRS:
	case R_RECS:
		return (put(o, fd->name, list_json(r, f, most, cut)));
	}
	return (PRA_EINTERNAL);
}

json_t *
jrec_text(const char *text)
{
	int	 cut;

	return (text_json(text, strlen(text), 0, &cut));
}

json_t *
jrec_object(const struct rec *r, size_t most)
{
	json_t	*o = json_object();
	int	 f, n = (int)rec_def(rec_kind(r))->nfields, cut = 0, e = 0;

	if (o == NULL)
		return (NULL);
	for (f = 0; f < n && e == 0; f++)
		if (rec_has(r, f))
			e = put_field(o, r, f, most, &cut);
	if (e == 0 && cut)
		e = put(o, "cut", json_true());
	if (e != 0) {
		json_decref(o);
		return (NULL);
	}
	return (o);
}

json_t *
jrec_load(const void *p, size_t n, char *why, size_t size)
{
	json_error_t	 je;
	json_t		*o;

	o = json_loadb(p, n, JSON_REJECT_DUPLICATES, &je);
	if (o == NULL) {
		snprintf(why, size, "line %d, column %d: %s", je.line,
		    je.column, je.text);
		return (NULL);
	}
	if (!json_is_object(o)) {
		snprintf(why, size, "must be an object");
		json_decref(o);
		return (NULL);
	}
	return (o);
}

static int
refuse(char *why, size_t size, const char *path, const char *name,
    const char *what)
{
	snprintf(why, size, "%s%s: %s", path, name, what);
	return (PRA_EINVALID);
}

/* A digest's hex.  NULL, or what it must be instead. */
static const char *
digest_field(struct rec *r, int f, const char *s)
{
	uint8_t		 raw[DIGEST_MOST];
	unsigned int	 byte;
	size_t		 i, n = strlen(s);

	if (n > 2 * sizeof(raw) || n % 2 != 0 ||
	    strspn(s, "0123456789abcdefABCDEF") != n)
		return ("must be hex digits");
	for (i = 0; i < n / 2; i++) {
		if (sscanf(s + 2 * i, "%2x", &byte) != 1)
			return ("must be hex digits");
		raw[i] = (uint8_t)byte;
	}
	rec_set_bytes(r, f, raw, n / 2);
	return (NULL);
}

/* A field whose JSON form is a string.  NULL, or what it must be instead. */
static const char *
string_field(struct rec *r, int f, const json_t *v)
{
	const struct rec_field	*fd = &rec_def(rec_kind(r))->fields[f];
	const char		*s = json_string_value(v);
	uint8_t			 raw[OID_LEN];
	uint64_t		 n;

	if (s == NULL)
		return ("must be a string");
	if (fd->type == R_BYTES && fd->arg <= DIGEST_MOST)
		return (digest_field(r, f, s));
	if (fd->type == R_STR || fd->type == R_BYTES) {
		rec_set_bytes(r, f, s, json_string_length(v));
	} else if (fd->type == R_ID) {
		if (id_parse(raw, (char)fd->arg, s) != 0)
			return ("must be an id");
		rec_set_id(r, f, raw);
	} else if (fd->type == R_OID) {
		if (oid_parse(raw, s) != 0)
			return ("must be an object name of 40 digits");
		rec_set_oid(r, f, raw);
	} else if (fd->type == R_SID) {
		if (sid_parse(&n, s) != 0)
			return ("must be a session, like s_03");
		rec_set_u64(r, f, n);
	} else {
		if (wall_parse(s, &n) != 0)
			return ("must be a time, like 2026-01-31T12:00:00Z");
		rec_set_u64(r, f, n);
	}
	return (NULL);
}

static const char *
number_field(struct rec *r, int f, const json_t *v)
{
	enum rec_type	 type = rec_def(rec_kind(r))->fields[f].type;

	if (type == R_BOOL) {
		if (!json_is_boolean(v))
			return ("must be true or false");
		rec_set_u64(r, f, json_is_true(v));
		return (NULL);
	}
	if (!json_is_integer(v))
		return ("must be a whole number");
	if (type == R_I64) {
		rec_set_i64(r, f, json_integer_value(v));
		return (NULL);
	}
	if (json_integer_value(v) < 0)
		return ("must not be negative");
	rec_set_u64(r, f, (uint64_t)json_integer_value(v));
	return (NULL);
}

static const char *
strings_field(struct rec *r, int f, const json_t *v)
{
	const json_t	*item;
	size_t		 i;

	if (!json_is_array(v))
		return ("must be a list of strings");
	if (json_array_size(v) > REC_MAXLIST)
		return ("has too many elements");
	rec_touch(r, f);
	json_array_foreach(v, i, item) {
		if (!json_is_string(item))
			return ("must be a list of strings");
		rec_add_str(r, f, json_string_value(item));
	}
	return (NULL);
}

static int
records_field(struct rec *r, int f, const json_t *v, const char *path,
    char *why, size_t size)
{
	const struct rec_field	*fd = &rec_def(rec_kind(r))->fields[f];
	const json_t		*item;
	struct rec		*sub;
	char			 at[128];
	size_t			 i;
	int			 e;

	if (!json_is_array(v))
		return (refuse(why, size, path, fd->name,
		    "must be a list of objects"));
	if (json_array_size(v) > REC_MAXLIST)
		return (refuse(why, size, path, fd->name,
		    "has too many elements"));
	rec_touch(r, f);
	json_array_foreach(v, i, item) {
		snprintf(at, sizeof(at), "%s%s[%zu].", path, fd->name, i);
		e = object_parse(item, fd->arg, &sub, at, why, size);
		if (e != 0)
			return (e);
		rec_add_rec(r, f, sub);
	}
	return (0);
}

static int
field_parse(struct rec *r, int f, const json_t *v, const char *path, char *why,
    size_t size)
{
	const char	*what = NULL;

	switch (rec_def(rec_kind(r))->fields[f].type) {
	case R_U64:
	case R_I64:
	case R_BOOL:
	case R_MS:
		what = number_field(r, f, v);
		break;
	case R_STR:
	case R_BYTES:
	case R_ID:
	case R_SID:
	case R_OID:
	case R_TIME:
		what = string_field(r, f, v);
		break;
	case R_STRS:
		what = strings_field(r, f, v);
		break;
	case R_RECS:
		return (records_field(r, f, v, path, why, size));
	}
	if (what == NULL)
		return (0);
	return (refuse(why, size, path,
	    rec_def(rec_kind(r))->fields[f].name, what));
}

/* Every member of an object into its field.  0 or PRA_EINVALID. */
static int
members_parse(const json_t *o, struct rec *r, const char *path, char *why,
    size_t size)
{
	const char	*name;
	json_t		*v;
	char		 shown[65];
	int		 e, f;

	/* jansson's iterator takes no const, but leaves the object alone. */
	json_object_foreach((json_t *)(uintptr_t)o, name, v) {
		f = rec_field(rec_def(rec_kind(r)), name);
		if (f == -1) {
			snprintf(shown, sizeof(shown), "%s", name);
			return (refuse(why, size, path, shown,
			    "there is no such member"));
		}
		if ((e = field_parse(r, f, v, path, why, size)) != 0)
			return (e);
	}
	return (0);
}

/* `path` is what stands before a member's name in an error: "tasks[2]." */
static int
object_parse(const json_t *o, enum rec_kind kind, struct rec **out,
    const char *path, char *why, size_t size)
{
	struct rec	*r;
	char		 text[256] = "";
	int		 e, n = (int)strlen(path);

	*out = NULL;
	if (!json_is_object(o)) {
		snprintf(why, size, "%.*s%smust be an object",
		    n > 0 ? n - 1 : 0, path, n > 0 ? ": " : "");
		return (PRA_EINVALID);
	}
	if ((r = rec_new(kind)) == NULL)
		return (PRA_ENOMEM);
	e = members_parse(o, r, path, why, size);
	if (e == 0 && (e = rec_check(r, text, sizeof(text))) != 0)
		snprintf(why, size, "%s%s", path, text);
	if (e != 0) {
		rec_free(r);
		return (e);
	}
	*out = r;
	return (0);
}

int
jrec_parse(const json_t *o, enum rec_kind kind, struct rec **out, char *why,
    size_t size)
{
	return (object_parse(o, kind, out, "", why, size));
}
