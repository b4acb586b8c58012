/*
 * Fuzzing of common/rec.c: any bytes as records.  What decodes must be a good
 * record, encode again, and decode to the same bytes.
 */
#include <string.h>

#include "common/rec.h"
#include "tests/fuzz/fuzz.h"
#include "tests/recgen.h"

/* Bytes may differ from the input (a long varint), but not a second time. */
static void
check(const struct rec *r)
{
	struct buf	 a = { 0 }, b = { 0 };
	struct rec	*back;

	FUZZ_ASSERT(rec_check(r, NULL, 0) == 0);
	FUZZ_ASSERT(rec_encode(r, &a) == 0);
	FUZZ_ASSERT(rec_decode_one(a.data, a.len, rec_kind(r), &back) == 0);
	FUZZ_ASSERT(rec_encode(back, &b) == 0);
	FUZZ_ASSERT(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
	rec_free(back);
	buf_free(&a);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader	 rd;
	struct rec	*r;

	reader_init(&rd, data, size);
	while (rec_decode(&rd, &r) == 0) {
		check(r);
		rec_free(r);
	}
	FUZZ_ASSERT(r == NULL);
	return (0);
}

/* Three of each kind: least, and two of random content. */
size_t
fuzz_seed(size_t i, uint8_t *out, size_t size)
{
	struct recgen	 g = { i };
	struct buf	 b = { 0 };
	struct rec	*r;
	size_t		 n = 0;

	if (i >= 3 * (size_t)(REC_MAX - 1))
		return (0);
	r = recgen(&g, (enum rec_kind)(1 + i / 3),
	    i % 3 == 0 ? RECGEN_LEAST : RECGEN_RANDOM);
	FUZZ_ASSERT(r != NULL && rec_encode(r, &b) == 0);
	n = b.len < size ? b.len : size;
	memcpy(out, b.data, n);
	rec_free(r);
	buf_free(&b);
	return (n);
}
