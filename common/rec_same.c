/*
 * Comparing fields of records.  Runs in every process.
 */
#include <string.h>

#include "common/rec.h"

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
