/*
 * Fuzzing of common/json.c and frontend/item.c: any text as the arguments of
 * a command, any bytes as a record to be shown.  What parses must come back
 * the same from its own JSON; what is shown must be JSON and fit a message.
 */
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/proto.h"
#include "frontend/item.h"
#include "tests/fuzz/fuzz.h"

static const char *const	 seeds[] = {
	"A{\"name\":\"a\",\"deps\":[\"b\"],\"timeout\":5,\"priority\":-1}",
	"A{\"project\":\"w\",\"tasks\":[{\"name\":\"a\"},{\"labels\":[]}]}",
	"A{\"since\":1,\"follow\":true,\"type\":\"task.\"}",
	"A{\"text\":\"\\u00e4\\ud83d\\ude00\\n\",\"run\":\"\xc3\xa4\"}",
	"A{\"verbose\":false}",
	"A{\"a\":{\"a\":[[[null,1e9,-0.5]]]}}",
	"R\x01\x02\x03"
};

/* A record from its own JSON, twice encoded: the same bytes. */
static void
check_back(const struct rec *r)
{
	struct buf	 a = { 0 }, b = { 0 };
	struct rec	*back;
	json_t		*o = jrec_object(r, 0);
	char		 why[256];

	FUZZ_ASSERT(o != NULL);
	FUZZ_ASSERT(jrec_parse(o, rec_kind(r), &back, why, sizeof(why)) == 0);
	FUZZ_ASSERT(rec_encode(r, &a) == 0 && rec_encode(back, &b) == 0);
	FUZZ_ASSERT(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
	json_decref(o);
	rec_free(back);
	buf_free(&a);
	buf_free(&b);
}

static void
as_arguments(const uint8_t *data, size_t size)
{
	struct rec	*r;
	char		 why[256];
	json_t		*o;
	int		 k;

	if ((o = jrec_load(data, size, why, sizeof(why))) == NULL)
		return;
	for (k = REC_NONE + 1; k < REC_MAX; k++) {
		if (rec_def(k)->cls != RC_COMMAND)
			continue;
		if (jrec_parse(o, k, &r, why, sizeof(why)) == 0)
			check_back(r);
		rec_free(r);
	}
	json_decref(o);
}

static void
as_record(const uint8_t *data, size_t size)
{
	struct reader	 rd;
	struct rec	*r;
	char		*text, why[256];
	json_t		*o;

	reader_init(&rd, data, size);
	if (rec_decode(&rd, &r) != 0)
		return;
	text = item_text(r);
	FUZZ_ASSERT(text != NULL && strlen(text) <= MAX_ITEM);
	o = jrec_load(text, strlen(text), why, sizeof(why));
	FUZZ_ASSERT(o != NULL);
	json_decref(o);
	free(text);
	rec_free(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == 'R')
		as_record(data + 1, size - 1);
	else if (size > 0)
		as_arguments(data + 1, size - 1);
	return (0);
}

/* An event in its view: the one record that holds another as bytes. */
static size_t
seed_event(uint8_t *out, size_t size)
{
	struct rec	*ev = rec_new(REC_e_project_failed);
	struct rec	*v = rec_new(REC_v_event);
	struct buf	 b = { 0 };
	uint8_t		 id[ULID_LEN] = { 1 };
	size_t		 n;

	rec_set_str(ev, F_e_project_failed_project, "web");
	rec_set_str(ev, F_e_project_failed_err, "perm");
	rec_set_str(ev, F_e_project_failed_text, "no");
	FUZZ_ASSERT(rec_encode(ev, &b) == 0);
	rec_set_u64(v, F_v_event_seq, 1);
	rec_set_str(v, F_v_event_stream, "project/web");
	rec_set_u64(v, F_v_event_stream_seq, 1);
	rec_set_id(v, F_v_event_id, id);
	rec_set_u64(v, F_v_event_time, 1);
	rec_set_str(v, F_v_event_actor, "uid:0");
	rec_set_u64(v, F_v_event_schema, 1);
	rec_set_bytes(v, F_v_event_data, b.data, b.len);
	b.len = 0;
	FUZZ_ASSERT(buf_add(&b, "R", 1) == 0 && rec_encode(v, &b) == 0);
	n = b.len < size ? b.len : size;
	memcpy(out, b.data, n);
	buf_free(&b);
	rec_free(ev);
	rec_free(v);
	return (n);
}

size_t
fuzz_seed(size_t i, uint8_t *out, size_t size)
{
	size_t	 n = sizeof(seeds) / sizeof(seeds[0]), len;

	if (i == n)
		return (seed_event(out, size));
	if (i > n)
		return (0);
	len = strlen(seeds[i]) < size ? strlen(seeds[i]) : size;
	memcpy(out, seeds[i], len);
	return (len);
}
