/*
 * common/rec.c: every kind of the tables goes through its binary form and
 * back, and nothing that is not exactly that form is taken.
 */
#include "common/err.h"
#include "common/rec.h"
#include "tests/recgen.h"
#include "tests/tap.h"

#define HEAD	6	/* kind and length in front of a body */

static void
encode(const struct rec *r, struct buf *b)
{
	char	 why[200] = "";

	memset(b, 0, sizeof(*b));
	if (rec_check(r, why, sizeof(why)) != 0)
		fail_msg("%s: %s", rec_def(rec_kind(r))->name, why);
	assert_int_equal(rec_encode(r, b), 0);
}

static void
check_value(const struct rec *a, const struct rec *b, int f,
    enum rec_type type)
{
	size_t	 i, n, m;

	switch (type) {
	case R_STR:
	case R_BYTES:
		rec_bytes(a, f, &n);
		rec_bytes(b, f, &m);
		assert_int_equal(n, m);
		assert_memory_equal(rec_bytes(a, f, &n), rec_bytes(b, f, &m),
		    n);
		break;
	case R_ID:
		assert_memory_equal(rec_id(a, f), rec_id(b, f), ULID_LEN);
		break;
	case R_OID:
		assert_memory_equal(rec_oid(a, f), rec_oid(b, f), OID_LEN);
		break;
	case R_STRS:
		assert_int_equal(rec_count(a, f), rec_count(b, f));
		for (i = 0; i < rec_count(a, f); i++)
			assert_string_equal(rec_nth_str(a, f, i),
			    rec_nth_str(b, f, i));
		break;
	case R_RECS:
		assert_int_equal(rec_count(a, f), rec_count(b, f));
		break;
	case R_U64:
	case R_I64:
	case R_BOOL:
	case R_SID:
	case R_TIME:
	case R_MS:
		assert_true(rec_u64(a, f) == rec_u64(b, f));
		break;
	}
}

/* Values by accessor, then the whole by its bytes. */
static void
check_same(const struct rec *a, const struct rec *b)
{
	const struct rec_def	*def = rec_def(rec_kind(a));
	struct buf		 x, y;
	unsigned int		 f;

	assert_int_equal(rec_kind(a), rec_kind(b));
	for (f = 0; f < def->nfields; f++) {
		assert_int_equal(rec_has(a, (int)f), rec_has(b, (int)f));
		if (rec_has(a, (int)f))
			check_value(a, b, (int)f, def->fields[f].type);
	}
	encode(a, &x);
	encode(b, &y);
	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.data, y.data, x.len);
	buf_free(&x);
	buf_free(&y);
}

static void
each_kind(void (*fn)(enum rec_kind, struct rec *), enum recgen_how how)
{
	struct recgen	 g = { 12345 };
	struct rec	*r;
	int		 k;

	for (k = REC_NONE + 1; k < REC_MAX; k++) {
		r = recgen(&g, (enum rec_kind)k, how);
		assert_non_null(r);
		fn((enum rec_kind)k, r);
		rec_free(r);
	}
}

static void
round_trip_one(enum rec_kind kind, struct rec *r)
{
	struct rec	*back = NULL, *copy;
	struct buf	 b;

	encode(r, &b);
	assert_int_equal(rec_decode_one(b.data, b.len, kind, &back), 0);
	check_same(r, back);
	copy = rec_copy(back);
	rec_free(back);
	assert_non_null(copy);
	check_same(r, copy);
	rec_free(copy);
	buf_free(&b);
}

static void
round_trips(void **state)
{
	int	 i;

	(void)state;
	each_kind(round_trip_one, RECGEN_LEAST);
	each_kind(round_trip_one, RECGEN_MOST);
	for (i = 0; i < 20; i++)
		each_kind(round_trip_one, RECGEN_RANDOM);
}

/* Also through an allocation of the exact size, so that a sanitizer looks. */
static void
check_refused(const uint8_t *p, size_t n, enum rec_kind kind)
{
	struct rec	*back = (struct rec *)-1;
	uint8_t		*exact = malloc(n == 0 ? 1 : n);

	assert_non_null(exact);
	memcpy(exact, p, n);
	assert_int_equal(rec_decode_one(exact, n, kind, &back), PRA_EPROTO);
	assert_null(back);
	free(exact);
}

static void
truncated_one(enum rec_kind kind, struct rec *r)
{
	struct buf	 b;
	size_t		 n;

	encode(r, &b);
	for (n = 0; n < b.len; n++)
		check_refused(b.data, n, kind);
	buf_free(&b);
}

static void
truncated(void **state)
{
	(void)state;
	each_kind(truncated_one, RECGEN_LEAST);
	each_kind(truncated_one, RECGEN_RANDOM);
}

/* The body cut, and its length with it: the fields themselves are too short. */
static void
cut_body_one(enum rec_kind kind, struct rec *r)
{
	struct buf	 b;
	struct rec	*back;
	size_t		 n;

	encode(r, &b);
	for (n = HEAD; n < b.len; n++) {
		b.data[2] = (uint8_t)((n - HEAD) & 0xff);
		b.data[3] = (uint8_t)((n - HEAD) >> 8 & 0xff);
		b.data[4] = (uint8_t)((n - HEAD) >> 16 & 0xff);
		check_refused(b.data, n, kind);
		back = NULL;
		assert_int_not_equal(rec_decode_one(b.data, n, kind, &back), 0);
	}
	buf_free(&b);
}

static void
cut_bodies(void **state)
{
	(void)state;
	each_kind(cut_body_one, RECGEN_RANDOM);
}

/* What decodes after a flip must encode again; nothing may crash. */
static void
flip_one(enum rec_kind kind, struct rec *r)
{
	struct buf	 b, again;
	struct reader	 rd;
	struct rec	*back;
	size_t		 bit;

	(void)kind;
	encode(r, &b);
	for (bit = 0; bit < b.len * 8; bit++) {
		b.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		reader_init(&rd, b.data, b.len);
		if (rec_decode(&rd, &back) == 0) {
			encode(back, &again);
			buf_free(&again);
			rec_free(back);
		}
		b.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	buf_free(&b);
}

static void
bit_flips(void **state)
{
	(void)state;
	each_kind(flip_one, RECGEN_LEAST);
	each_kind(flip_one, RECGEN_RANDOM);
}

static void
trailing_one(enum rec_kind kind, struct rec *r)
{
	struct buf	 b;

	encode(r, &b);
	buf_add(&b, "", 1);
	check_refused(b.data, b.len, kind);	/* after the record */
	b.data[2]++;
	if (b.data[2] != 0)
		check_refused(b.data, b.len, kind);	/* inside its body */
	buf_free(&b);
}

static void
trailing_bytes(void **state)
{
	(void)state;
	each_kind(trailing_one, RECGEN_LEAST);
}

static void
wrong_kind_one(enum rec_kind kind, struct rec *r)
{
	struct buf	 b;

	encode(r, &b);
	check_refused(b.data, b.len, kind == 1 ? 2 : kind - 1);
	b.data[0] = 0;
	b.data[1] = 0;
	check_refused(b.data, b.len, kind);
	b.data[0] = REC_MAX & 0xff;
	b.data[1] = REC_MAX >> 8;
	check_refused(b.data, b.len, kind);
	b.data[0] = b.data[1] = 0xff;
	check_refused(b.data, b.len, kind);
	buf_free(&b);
}

static void
unknown_kinds(void **state)
{
	(void)state;
	each_kind(wrong_kind_one, RECGEN_LEAST);
	assert_null(rec_def(REC_NONE));
	assert_null(rec_def(REC_MAX));
	assert_null(rec_new(REC_NONE));
	assert_null(rec_new(REC_MAX));
	assert_int_equal(rec_byname(RC_VIEW, "no such"), REC_NONE);
}

/*
 * An older program wrote fewer fields: the body ends before the ones that
 * came later, and they read as unset -- unless one of them is required.
 */
static void
older_one(enum rec_kind kind, struct rec *r)
{
	const struct rec_def	*def = rec_def(kind);
	struct rec		*back = NULL;
	struct buf		 b;
	unsigned int		 n, f, need = 0;
	size_t			 bits;

	for (f = 0; f < def->nfields; f++)
		if (def->fields[f].required)
			need = f + 1;
	encode(r, &b);		/* only required fields are set */
	for (n = need; n < def->nfields; n++) {
		struct buf	 old = { 0 };

		bits = (n + 7) / 8;
		buf_add(&old, b.data, HEAD);
		buf_varint(&old, n);
		buf_add(&old, b.data + HEAD + 1, bits);
		buf_add(&old, b.data + HEAD + 1 + (def->nfields + 7) / 8,
		    b.len - HEAD - 1 - (def->nfields + 7) / 8);
		old.data[2] = (uint8_t)((old.len - HEAD) & 0xff);
		old.data[3] = (uint8_t)((old.len - HEAD) >> 8);
		assert_int_equal(rec_decode_one(old.data, old.len, kind,
		    &back), 0);
		check_same(r, back);
		rec_free(back);
		buf_free(&old);
	}
	buf_free(&b);
}

static void
older_bodies(void **state)
{
	(void)state;
	each_kind(older_one, RECGEN_LEAST);
}

static void
newer_one(enum rec_kind kind, struct rec *r)
{
	struct buf	 b;

	encode(r, &b);
	b.data[HEAD]++;		/* one field more than this program knows */
	check_refused(b.data, b.len, kind);
	buf_free(&b);
}

static void
newer_bodies(void **state)
{
	(void)state;
	each_kind(newer_one, RECGEN_LEAST);
}

/* Each required field missing, by itself. */
static void
missing_one(enum rec_kind kind, struct rec *r)
{
	const struct rec_def	*def = rec_def(kind);
	struct buf		 b, out = { 0 };
	char			 why[200], want[100];
	struct rec		*part;
	unsigned int		 f;

	encode(r, &b);
	for (f = 0; f < def->nfields; f++) {
		if (!def->fields[f].required)
			continue;
		part = recgen_without(r, (int)f);
		assert_int_equal(rec_check(part, why, sizeof(why)),
		    PRA_EINVALID);
		snprintf(want, sizeof(want), "%s: is missing",
		    def->fields[f].name);
		assert_string_equal(why, want);
		assert_int_equal(rec_encode(part, &out), PRA_EINVALID);
		rec_free(part);
		b.data[HEAD + 1 + f / 8] ^= (uint8_t)(1U << f % 8);
		check_refused(b.data, b.len, kind);
		b.data[HEAD + 1 + f / 8] ^= (uint8_t)(1U << f % 8);
	}
	buf_free(&out);
	buf_free(&b);
}

static void
missing_fields(void **state)
{
	(void)state;
	each_kind(missing_one, RECGEN_LEAST);
}

static void
too_long(void **state)
{
	struct rec	*r = rec_new(REC_c_task_create);
	struct buf	 b;
	char		 text[66], why[100];

	(void)state;
	memset(text, 'x', 65);
	text[65] = '\0';
	rec_set_str(r, F_c_task_create_name, text);
	assert_int_equal(rec_check(r, why, sizeof(why)), PRA_EINVALID);
	assert_string_equal(why, "name: is too long");
	rec_free(r);

	/* The same on the wire: a byte more than the definition allows. */
	r = rec_new(REC_c_task_create);
	text[64] = '\0';
	rec_set_str(r, F_c_task_create_name, text);
	encode(r, &b);
	rec_free(r);
	buf_add(&b, "x", 1);
	b.data[2]++;
	b.data[HEAD + 1 + (F_c_task_create_N + 7) / 8]++;
	check_refused(b.data, b.len, REC_c_task_create);
	buf_free(&b);
}

static void
bad_text(void **state)
{
	static const struct {
		const char	*p;
		size_t		 n;
		int		 ok;
	} texts[] = {
		{ "", 0, 1 }, { "a", 1, 1 }, { "\0", 1, 0 }, { "a\0b", 3, 0 },
		{ "\x7f", 1, 1 }, { "\x80", 1, 0 }, { "\xbf", 1, 0 },
		{ "\xc0\x80", 2, 0 }, { "\xc1\xbf", 2, 0 },
		{ "\xc2\x80", 2, 1 }, { "\xc2", 1, 0 }, { "\xc2\x41", 2, 0 },
		{ "\xdf\xbf", 2, 1 }, { "\xe0\x80\x80", 3, 0 },
		{ "\xe0\xa0\x80", 3, 1 }, { "\xe0\xa0", 2, 0 },
		{ "\xed\x9f\xbf", 3, 1 }, { "\xed\xa0\x80", 3, 0 },
		{ "\xef\xbf\xbf", 3, 1 }, { "\xf0\x80\x80\x80", 4, 0 },
		{ "\xf0\x90\x80\x80", 4, 1 }, { "\xf4\x8f\xbf\xbf", 4, 1 },
		{ "\xf4\x90\x80\x80", 4, 0 }, { "\xf5\x80\x80\x80", 4, 0 },
		{ "\xf0\x90\x80", 3, 0 }, { "\xff", 1, 0 },
		{ "ok\xe2\x82\xacok", 7, 1 }, { "ok\xe2\x82ok", 6, 0 }
	};
	struct rec	*r;
	struct buf	 b;
	char		 mark[8];
	uint8_t		*at;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(utf8_valid(texts[i].p, texts[i].n),
		    texts[i].ok);
		r = rec_new(REC_c_task_create);
		rec_set_bytes(r, F_c_task_create_text, texts[i].p, texts[i].n);
		assert_int_equal(rec_check(r, NULL, 0) == 0, texts[i].ok);
		rec_free(r);
		if (texts[i].ok || texts[i].n > 7)
			continue;
		/* The same on the wire. */
		memcpy(mark, "MMMMMMM", 8);
		mark[texts[i].n] = '\0';
		r = rec_new(REC_c_task_create);
		rec_set_str(r, F_c_task_create_text, mark);
		encode(r, &b);
		rec_free(r);
		at = memmem(b.data, b.len, mark, texts[i].n);
		assert_non_null(at);
		memcpy(at, texts[i].p, texts[i].n);
		check_refused(b.data, b.len, REC_c_task_create);
		buf_free(&b);
	}
}

/* Setting with the wrong type spoils the record and says which field. */
static void
wrong_type(void **state)
{
	static const uint8_t	 raw[OID_LEN];
	struct rec		*r;
	char			 why[100];
	int			 i;

	(void)state;
	for (i = 0; i < 8; i++) {
		r = rec_new(REC_c_task_create);
		switch (i) {
		case 0:
			rec_set_u64(r, F_c_task_create_name, 1);
			break;
		case 1:
			rec_set_i64(r, F_c_task_create_name, 1);
			break;
		case 2:
			rec_set_id(r, F_c_task_create_name, raw);
			break;
		case 3:
			rec_set_oid(r, F_c_task_create_name, raw);
			break;
		case 4:
			rec_add_str(r, F_c_task_create_name, "x");
			break;
		case 5:
			rec_add_rec(r, F_c_task_create_name,
			    rec_new(REC_c_gid));
			break;
		case 6:
			rec_touch(r, F_c_task_create_name);
			break;
		default:
			rec_set_str(r, F_c_task_create_name, "ok");
			rec_set_u64(r, 1000, 1);
			break;
		}
		assert_int_equal(rec_check(r, i < 7 ? why : NULL, sizeof(why)),
		    PRA_EINVALID);
		if (i < 7)
			assert_string_equal(why,
			    "name: was set with another type");
		rec_free(r);
	}
}

static void
unset_reads(void **state)
{
	struct rec	*r = rec_new(REC_v_task);
	size_t		 n = 1;

	(void)state;
	assert_int_equal(rec_has(r, F_v_task_name), 0);
	assert_string_equal(rec_str(r, F_v_task_name), "");
	assert_non_null(rec_bytes(r, F_v_task_name, &n));
	assert_int_equal(n, 0);
	assert_true(rec_u64(r, F_v_task_version) == 0);
	assert_true(rec_i64(r, F_v_task_exit) == 0);
	assert_int_equal(rec_id(r, F_v_task_id)[0], 0);
	assert_int_equal(rec_oid(r, F_v_task_commit)[19], 0);
	assert_int_equal(rec_count(r, F_v_task_deps), 0);
	assert_string_equal(rec_nth_str(r, F_v_task_deps, 0), "");
	assert_null(rec_nth_rec(r, F_v_task_deps, 0));
	rec_touch(r, F_v_task_deps);
	assert_int_equal(rec_has(r, F_v_task_deps), 1);
	assert_int_equal(rec_count(r, F_v_task_deps), 0);
	assert_int_equal(rec_check(NULL, NULL, 0), PRA_ENOMEM);
	rec_free(r);
}

/* Several records follow each other in one reader, as in a command. */
static void
in_sequence(void **state)
{
	struct recgen	 g = { 7 };
	struct reader	 rd;
	struct buf	 b = { 0 };
	struct rec	*r;
	int		 k;

	(void)state;
	for (k = REC_NONE + 1; k < REC_MAX; k++) {
		r = recgen(&g, (enum rec_kind)k, RECGEN_RANDOM);
		assert_int_equal(rec_encode(r, &b), 0);
		rec_free(r);
	}
	reader_init(&rd, b.data, b.len);
	for (k = REC_NONE + 1; k < REC_MAX; k++) {
		assert_int_equal(rec_decode(&rd, &r), 0);
		assert_int_equal(rec_kind(r), k);
		rec_free(r);
	}
	assert_int_equal(reader_left(&rd), 0);
	assert_int_equal(rec_decode(&rd, &r), PRA_EPROTO);
	assert_null(r);
	buf_free(&b);
}

/* A list that promises more than there are bytes must not allocate for it. */
static void
list_lies(void **state)
{
	struct rec	*r = rec_new(REC_c_task_wait);
	struct buf	 b, lie = { 0 };
	size_t		 at = HEAD + 1 + (F_c_task_wait_N + 7) / 8;

	(void)state;
	rec_add_str(r, F_c_task_wait_tasks, "x");
	encode(r, &b);
	rec_free(r);
	buf_add(&lie, b.data, at);
	buf_varint(&lie, UINT64_MAX);
	buf_add(&lie, b.data + at + 1, b.len - at - 1);
	lie.data[2] = (uint8_t)(lie.len - HEAD);
	check_refused(lie.data, lie.len, REC_c_task_wait);
	buf_free(&lie);
	buf_free(&b);
}

static void
tables(void **state)
{
	const struct rec_def	*def;
	unsigned int		 f;
	int			 k;

	(void)state;
	for (k = REC_NONE + 1; k < REC_MAX; k++) {
		def = rec_def((enum rec_kind)k);
		assert_true(def->nfields <= REC_MAXFIELDS);
		assert_int_equal(rec_byname(def->cls, def->name), k);
		for (f = 0; f < def->nfields; f++) {
			assert_int_equal(rec_field(def, def->fields[f].name),
			    f);
			if (def->fields[f].type == R_RECS)
				assert_non_null(rec_def(
				    (enum rec_kind)def->fields[f].arg));
		}
		assert_int_equal(rec_field(def, "no such"), -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(truncated),
		cmocka_unit_test(cut_bodies),
		cmocka_unit_test(bit_flips),
		cmocka_unit_test(trailing_bytes),
		cmocka_unit_test(unknown_kinds),
		cmocka_unit_test(older_bodies),
		cmocka_unit_test(newer_bodies),
		cmocka_unit_test(missing_fields),
		cmocka_unit_test(too_long),
		cmocka_unit_test(bad_text),
		cmocka_unit_test(wrong_type),
		cmocka_unit_test(unset_reads),
		cmocka_unit_test(in_sequence),
		cmocka_unit_test(list_lies)
	};

	return (tap_run(tests));
}
