/*
 * common/json.c and frontend/trace.c: records as JSON, JSON as records, the
 * lines of the trace.
 */
#include <inttypes.h>

#include "common/err.h"
#include "common/json.h"
#include "common/when.h"
#include "frontend/item.h"
#include "frontend/trace.h"
#include "tests/tap.h"

static const uint8_t	 id[ULID_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
static const uint8_t	 oid[OID_LEN] = { 0xa3, 0xf1, 0xc8, 0x90 };

static const char *
str(const json_t *o, const char *name)
{
	const char	*s = json_string_value(json_object_get(o, name));

	return (s == NULL ? "(none)" : s);
}

static void
types_to_json(void **state)
{
	struct rec	*r = rec_new(REC_v_session);
	json_t		*o;
	char		 text[ID_SIZE];

	(void)state;
	rec_set_u64(r, F_v_session_id, 3);
	rec_set_str(r, F_v_session_project, "web");
	rec_set_id(r, F_v_session_task, id);
	rec_set_oid(r, F_v_session_commit, oid);
	rec_set_u64(r, F_v_session_started, 1500000);
	o = jrec_object(r, 0);
	assert_string_equal(str(o, "id"), "s_03");
	assert_string_equal(str(o, "project"), "web");
	id_format(text, 't', id);
	assert_string_equal(str(o, "task"), text);
	assert_string_equal(str(o, "commit"),
	    "a3f1c89000000000000000000000000000000000");
	assert_string_equal(str(o, "started"), "1970-01-01T00:00:01.500000Z");
	assert_null(json_object_get(o, "pid"));
	json_decref(o);
	rec_free(r);
}

static void
bytes_to_json(void **state)
{
	struct rec	*r = rec_new(REC_v_log);
	struct buf	 b = { 0 };
	json_t		*o;

	(void)state;
	rec_set_bytes(r, F_v_log_data, "a\xff\xc3z", 4);
	o = jrec_object(r, 0);
	assert_string_equal(str(o, "data"), "a\xef\xbf\xbd\xef\xbf\xbdz");
	assert_int_equal(base64_decode(str(o, "data_base64"), &b), 0);
	assert_int_equal(b.len, 4);
	assert_memory_equal(b.data, "a\xff\xc3z", 4);
	buf_free(&b);
	json_decref(o);
	rec_set_bytes(r, F_v_log_data, "plain", 5);
	o = jrec_object(r, 0);
	assert_string_equal(str(o, "data"), "plain");
	assert_null(json_object_get(o, "data_base64"));
	json_decref(o);
	rec_free(r);
}

static void
base64_refuses(void **state)
{
	static const char *const	 bad[] = {
		"a", "ab=c", "ab!=", "===="
	};
	struct buf			 b = { 0 };
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(base64_decode(bad[i], &b), PRA_EINVALID);
	b.len = 0;
	assert_int_equal(base64_decode("YWI=", &b), 0);
	assert_int_equal(b.len, 2);
	assert_memory_equal(b.data, "ab", 2);
	buf_free(&b);
}

static void
long_strings_are_cut(void **state)
{
	struct rec	*r = rec_new(REC_v_project);
	json_t		*o;

	(void)state;
	rec_set_str(r, F_v_project_name, "ab\xc3\xa4" "cd");
	o = jrec_object(r, 3);
	assert_string_equal(str(o, "name"), "ab");
	assert_true(json_is_true(json_object_get(o, "cut")));
	json_decref(o);
	rec_free(r);
}

/* A v_event with a project.ready inside. */
static struct rec *
event_view(void)
{
	static const uint8_t	 hash[32] = { 0xab };
	struct rec		*ev = rec_new(REC_e_project_ready), *v;
	struct buf		 b = { 0 };

	rec_set_str(ev, F_e_project_ready_project, "web\x1b[2J");
	rec_set_oid(ev, F_e_project_ready_head, oid);
	assert_int_equal(rec_encode(ev, &b), 0);
	rec_free(ev);
	v = rec_new(REC_v_event);
	rec_set_u64(v, F_v_event_seq, 12);
	rec_set_bytes(v, F_v_event_hash, hash, sizeof(hash));
	rec_set_bytes(v, F_v_event_data, b.data, b.len);
	buf_free(&b);
	return (v);
}

static void
event_item(void **state)
{
	struct rec	*v = event_view();
	char		*text = item_text(v), why[100];
	json_t		*o = jrec_load(text, strlen(text), why, sizeof(why));
	json_t		*trace = json_object_get(o, "trace");

	(void)state;
	assert_non_null(o);
	assert_string_equal(str(o, "kind"), "event");
	assert_string_equal(str(o, "type"), "project.ready");
	assert_string_equal(str(json_object_get(o, "data"), "project"),
	    "web\x1b[2J");
	assert_int_equal(strlen(str(o, "hash")), 64);
	assert_int_equal(strncmp(str(o, "hash"), "ab00", 4), 0);
	assert_string_equal(str(trace, "label"), "project");
	assert_string_equal(str(trace, "text"), "web [2J ready at a3f1c89");
	json_decref(o);
	free(text);
	rec_free(v);
}

/* Every event's template names fields that it has. */
static void
templates_are_whole(void **state)
{
	const struct rec_def	*def;
	struct buf		 label = { 0 }, text = { 0 };
	struct rec		*r;
	int			 k;

	(void)state;
	for (k = REC_NONE + 1; k < REC_MAX; k++) {
		def = rec_def(k);
		if (def->label == NULL)
			continue;
		assert_int_equal(def->cls, RC_EVENT);
		r = rec_new(k);
		label.len = text.len = 0;
		assert_int_equal(trace_line(r, &label, &text), 0);
		if (strpbrk(buf_str(&label), "{}") != NULL ||
		    strpbrk(buf_str(&text), "{}") != NULL)
			fail_msg("%s: %s", def->name, def->format);
		rec_free(r);
	}
	buf_free(&label);
	buf_free(&text);
}

static void
no_line(void **state)
{
	struct rec	*r = rec_new(REC_c_status);
	struct buf	 b = { 0 };

	(void)state;
	assert_int_equal(trace_line(r, &b, &b), PRA_ENOTFOUND);
	rec_free(r);
}

static int
parse(const char *text, enum rec_kind kind, struct rec **r, char why[256])
{
	json_t	*o = jrec_load(text, strlen(text), why, 256);
	int	 e;

	*r = NULL;
	if (o == NULL)
		return (PRA_EINVALID);
	e = jrec_parse(o, kind, r, why, 256);
	json_decref(o);
	return (e);
}

static void
parses(void **state)
{
	struct rec	*r;
	char		 why[256];

	(void)state;
	assert_int_equal(parse("{\"name\":\"lint\",\"deps\":[\"a\",\"b\"],"
	    "\"priority\":-3,\"timeout\":5000,\"labels\":[]}",
	    REC_c_task_create, &r, why), 0);
	assert_string_equal(rec_str(r, F_c_task_create_name), "lint");
	assert_int_equal(rec_count(r, F_c_task_create_deps), 2);
	assert_string_equal(rec_nth_str(r, F_c_task_create_deps, 1), "b");
	assert_int_equal(rec_i64(r, F_c_task_create_priority), -3);
	assert_int_equal(rec_u64(r, F_c_task_create_timeout), 5000);
	assert_true(rec_has(r, F_c_task_create_labels));
	assert_false(rec_has(r, F_c_task_create_run));
	rec_free(r);
}

/* What is wrong is named, by its path. */
static void
refuses(void **state)
{
	static const struct {
		const char	*text;
		const char	*why;
	} bad[] = {
		{ "{\"tasks\":[{\"nmae\":\"x\"}]}",
		    "tasks[0].nmae: there is no such member" },
		{ "{\"tasks\":[{},{\"deps\":\"x\"}]}",
		    "tasks[1].deps: must be a list of strings" },
		{ "{\"tasks\":[{},{\"deps\":[1]}]}",
		    "tasks[1].deps: must be a list of strings" },
		{ "{\"tasks\":[{\"retries\":-1}]}",
		    "tasks[0].retries: must not be negative" },
		{ "{\"tasks\":[{\"retries\":1.5}]}",
		    "tasks[0].retries: must be a whole number" },
		{ "{\"tasks\":[{\"name\":null}]}",
		    "tasks[0].name: must be a string" },
		{ "{\"tasks\":[7]}", "tasks[0]: must be an object" },
		{ "{\"tasks\":{}}", "tasks: must be a list of objects" },
		{ "{}", "tasks: is missing" },
		{ "{\"tasks\":[],\"tasks\":[]}",
		    "line 1, column 19: duplicate object key near "
		    "'\"tasks\"'" },
		{ "[]", "must be an object" }
	};
	struct rec	*r;
	char		 why[256];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(bad[i].text, REC_c_task_plan, &r, why),
		    PRA_EINVALID);
		assert_null(r);
		assert_string_equal(why, bad[i].why);
	}
}

static void
refuses_long_text(void **state)
{
	char		*text, name[100], why[256];
	struct rec	*r;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_true(asprintf(&text, "{\"name\":\"%s\"}", name) > 0);
	assert_int_equal(parse(text, REC_c_task_create, &r, why),
	    PRA_EINVALID);
	assert_string_equal(why, "name: is too long");
	free(text);
	assert_int_equal(parse("{\"name\":\"a\\u0000b\"}", REC_c_task_create,
	    &r, why), PRA_EINVALID);
}

/* What jrec_object() writes, jrec_parse() reads. */
/* An object says of which kind it is in a member of that name: no other may. */
static void
kinds_apart(void **state)
{
	const struct rec_def	*def;
	int			 k;

	(void)state;
	for (k = REC_NONE + 1; k < REC_MAX; k++) {
		def = rec_def((enum rec_kind)k);
		if (def->cls == RC_VIEW && rec_field(def, "kind") != -1)
			fail_msg("%s has a member kind of its own", def->name);
	}
}

static void
round_trip(void **state)
{
	struct rec	*r = rec_new(REC_v_session), *back;
	struct buf	 a = { 0 }, b = { 0 };
	json_t		*o;
	char		 why[256];

	(void)state;
	rec_set_u64(r, F_v_session_id, 123456);
	rec_set_str(r, F_v_session_project, "w\"e\\b\n\xc3\xa4");
	rec_set_str(r, F_v_session_state, "idle");
	rec_set_str(r, F_v_session_purpose, "work");
	rec_set_id(r, F_v_session_task, id);
	rec_set_oid(r, F_v_session_commit, oid);
	rec_set_u64(r, F_v_session_started, UINT64_C(1795000000123456));
	o = jrec_object(r, 0);
	assert_int_equal(jrec_parse(o, REC_v_session, &back, why,
	    sizeof(why)), 0);
	assert_int_equal(rec_encode(r, &a), 0);
	assert_int_equal(rec_encode(back, &b), 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	buf_free(&a);
	buf_free(&b);
	json_decref(o);
	rec_free(r);
	rec_free(back);
}

static void
sessions(void **state)
{
	uint64_t	 n;
	char		 text[SID_SIZE];

	(void)state;
	sid_format(text, 7);
	assert_string_equal(text, "s_07");
	assert_int_equal(sid_parse(&n, "s_123"), 0);
	assert_int_equal(n, 123);
	assert_int_equal(sid_parse(&n, "s_"), PRA_EINVALID);
	assert_int_equal(sid_parse(&n, "s_1x"), PRA_EINVALID);
	assert_int_equal(sid_parse(&n, "7"), PRA_EINVALID);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(types_to_json),
		cmocka_unit_test(bytes_to_json),
		cmocka_unit_test(base64_refuses),
		cmocka_unit_test(long_strings_are_cut),
		cmocka_unit_test(event_item),
		cmocka_unit_test(templates_are_whole),
		cmocka_unit_test(no_line),
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_long_text),
		cmocka_unit_test(kinds_apart),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(sessions),
	};

	return (tap_run(tests));
}
