/*
 * Requests, as each wire wants them.  Failures that it names: a text that ends
 * its string, a result that the server cannot match with its call, a proof of
 * one server that is shown to another.  In the texts ' stands for ".
 */
#include <jansson.h>

#include "common/err.h"
#include "executor/talk.h"
#include "tests/tap.h"
#include "tests/wire_rig.h"

#define TEXT(s)		.text = s, .n = sizeof(s) - 1
#define NPARTS(a)	.parts = a, .nparts = sizeof(a) / sizeof((a)[0])

static const struct talk_part	 ask[] = {
	{ .kind = PART_TEXT, TEXT("Say \"hi\"\\\n\x01\xc3\xa4</x>") }
};
static const struct talk_part	 results[] = {
	{ .kind = PART_TEXT, TEXT("go on") },
	{ .kind = PART_RESULT, .id = "t_1", TEXT("a\xff" "b\0c") },
	{ .kind = PART_RESULT, .id = "t_2", TEXT(""), .failed = 1 }
};
static const struct talk_tool	 tools[] = {
	{ "read", "Read a file.",
	  "{\"type\":\"object\",\"properties\":{\"path\":{}}}" }
};

/* Thinking of a wire, a text that says nothing, and two calls. */
static struct talk_part		 reply[5];
static struct talk_message	 messages[3];
static struct talk		 talk;

static void
build(enum wire_id from)
{
	const struct talk_part	 parts[5] = {
		{ .kind = PART_THINKING, TEXT("hm"), .signature = "sig",
		  .from = wire_get(from) },
		{ .kind = PART_REDACTED, TEXT("xyz"), .from = wire_get(from) },
		{ .kind = PART_TEXT, TEXT(" \n") },
		{ .kind = PART_CALL, .id = "t_1", .name = "read",
		  TEXT("{ \"path\": \"a\\u0001\" }") },
		{ .kind = PART_CALL, .id = "t_2", .name = "read",
		  TEXT("{\"path\":") }
	};

	memcpy(reply, parts, sizeof(reply));
	messages[0] = (struct talk_message){ TALK_USER, NPARTS(ask) };
	messages[1] = (struct talk_message){ TALK_MODEL, NPARTS(reply) };
	messages[2] = (struct talk_message){ TALK_USER, NPARTS(results) };
	memset(&talk, 0, sizeof(talk));
	talk.model = "m";
	talk.messages = messages;
	talk.nmessages = 1;
	talk.max_tokens = 100;
}

static void
check(enum wire_id id, const char *want)
{
	char		*text = wire_quote(want), why[256];
	struct buf	 b = { 0 };

	assert_int_equal(wire_compose(wire_get(id), &talk, &b, why,
	    sizeof(why)), 0);
	assert_string_equal(buf_str(&b), text);
	buf_free(&b);
	free(text);
}

#define SAY	"Say \\'hi\\'\\\\\\n\\u0001\xc3\xa4</x>"
#define ODD	"a\xef\xbf\xbd" "b\xef\xbf\xbd" "c"
#define SCHEMA	"{'type':'object','properties':{'path':{}}}"
#define FULL(from)	do {						\
		build(from);						\
		talk.nmessages = 3;					\
		talk.system = "Be brief.";				\
		talk.tools = tools;					\
		talk.ntools = 1;					\
		talk.stream = 1;					\
		talk.effort = "high";					\
		talk.cache = 1;						\
	} while (0)

static void
smallest(void **state)
{
	(void)state;
	build(WIRE_CHAT);
	check(WIRE_ANTHROPIC, "{'model':'m','max_tokens':100,'messages':[{"
	    "'role':'user','content':[{'type':'text','text':'" SAY "'}]}]}");
	check(WIRE_RESPONSES, "{'model':'m','max_output_tokens':100,"
	    "'store':false,'input':[{'type':'message','role':'user',"
	    "'content':[{'type':'input_text','text':'" SAY "'}]}]}");
	check(WIRE_CHAT, "{'model':'m','max_tokens':100,'messages':[{"
	    "'role':'user','content':'" SAY "'}]}");
}

static void
full_anthropic(void **state)
{
	(void)state;
	FULL(WIRE_ANTHROPIC);
	check(WIRE_ANTHROPIC, "{'model':'m','max_tokens':100,'stream':true,"
	    "'system':[{'type':'text','text':'Be brief.','cache_control':{"
	    "'type':'ephemeral'}}],'tools':[{'name':'read','description':"
	    "'Read a file.','input_schema':" SCHEMA "}],"
	    "'thinking':{'type':'adaptive'},'output_config':{'effort':'high'},"
	    "'messages':[{'role':'user','content':[{'type':'text','text':'"
	    SAY "'}]},{'role':'assistant','content':[{'type':'thinking',"
	    "'thinking':'hm','signature':'sig'},{'type':'redacted_thinking',"
	    "'data':'xyz'},{'type':'tool_use','id':'t_1','name':'read',"
	    "'input':{'path':'a\\u0001'}},{'type':'tool_use','id':'t_2',"
	    "'name':'read','input':{}}]},{'role':'user','content':[{"
	    "'type':'tool_result','tool_use_id':'t_1','content':'" ODD "'},{"
	    "'type':'tool_result','tool_use_id':'t_2','is_error':true},{"
	    "'type':'text','text':'go on','cache_control':{"
	    "'type':'ephemeral'}}]}]}");
}

static void
full_responses(void **state)
{
	(void)state;
	FULL(WIRE_RESPONSES);
	check(WIRE_RESPONSES, "{'model':'m','max_output_tokens':100,"
	    "'store':false,'stream':true,'instructions':'Be brief.',"
	    "'tools':[{'type':'function','name':'read','description':"
	    "'Read a file.','parameters':" SCHEMA ",'strict':false}],"
	    "'reasoning':{'effort':'high','summary':'auto'},"
	    "'include':['reasoning.encrypted_content'],"
	    "'input':[{'type':'message','role':'user','content':[{"
	    "'type':'input_text','text':'" SAY "'}]},{'type':'reasoning',"
	    "'summary':[{'type':'summary_text','text':'hm'}],"
	    "'encrypted_content':'sig'},{'type':'function_call',"
	    "'call_id':'t_1','name':'read','arguments':"
	    "'{\\'path\\':\\'a\\\\u0001\\'}'},{'type':'function_call',"
	    "'call_id':'t_2','name':'read','arguments':'{}'},{"
	    "'type':'function_call_output','call_id':'t_1','output':'" ODD
	    "'},{'type':'function_call_output','call_id':'t_2','output':''},{"
	    "'type':'message','role':'user','content':[{'type':'input_text',"
	    "'text':'go on'}]}]}");
}

static void
full_chat(void **state)
{
	(void)state;
	FULL(WIRE_CHAT);
	check(WIRE_CHAT, "{'model':'m','max_tokens':100,'stream':true,"
	    "'stream_options':{'include_usage':true},'tools':[{"
	    "'type':'function','function':{'name':'read','description':"
	    "'Read a file.','parameters':" SCHEMA "}}],"
	    "'reasoning_effort':'high','messages':[{'role':'system',"
	    "'content':'Be brief.'},{'role':'user','content':'" SAY "'},{"
	    "'role':'assistant','content':null,'tool_calls':[{'id':'t_1',"
	    "'type':'function','function':{'name':'read','arguments':"
	    "'{\\'path\\':\\'a\\\\u0001\\'}'}},{'id':'t_2','type':'function',"
	    "'function':{'name':'read','arguments':'{}'}}]},{'role':'tool',"
	    "'tool_call_id':'t_1','content':'" ODD "'},{'role':'tool',"
	    "'tool_call_id':'t_2','content':''},{'role':'user',"
	    "'content':'go on'}]}");
}

/* What one server gave as proof means nothing to another. */
static void
proofs_stay_home(void **state)
{
	int		 to, from;
	struct buf	 b = { 0 };
	char		 why[256];

	(void)state;
	for (to = 0; to < WIRE_MAX; to++)
		for (from = 0; from < WIRE_MAX; from++) {
			FULL((enum wire_id)from);
			b.len = 0;
			assert_int_equal(wire_compose(wire_get((enum wire_id)
			    to), &talk, &b, why, sizeof(why)), 0);
			assert_int_equal(strstr(buf_str(&b), "sig") != NULL,
			    to == from && to != WIRE_CHAT);
			assert_int_equal(strstr(buf_str(&b), "xyz") != NULL,
			    to == from && to == WIRE_ANTHROPIC);
		}
	buf_free(&b);
}

static void
refused(const char *want)
{
	struct buf	 b = { 0 };
	char		 why[256];
	int		 i;

	for (i = 0; i < WIRE_MAX; i++) {
		b.len = 0;
		assert_int_equal(wire_compose(wire_get((enum wire_id)i), &talk,
		    &b, why, sizeof(why)), PRA_EINVALID);
		assert_string_equal(why, want);
	}
	buf_free(&b);
}

static void
calls_and_results(void **state)
{
	static const struct talk_part	 one[] = {
		{ .kind = PART_RESULT, .id = "t_1", TEXT("") }
	};
	static const struct talk_part	 twice[] = {
		{ .kind = PART_RESULT, .id = "t_1", TEXT("") },
		{ .kind = PART_RESULT, .id = "t_2", TEXT("") },
		{ .kind = PART_RESULT, .id = "t_2", TEXT("") }
	};

	(void)state;
	FULL(WIRE_CHAT);
	talk.nmessages = 2;
	refused("message 2, part 4: a tool call needs one result in the next "
	    "message");
	FULL(WIRE_CHAT);
	messages[2] = (struct talk_message){ TALK_USER, NPARTS(one) };
	refused("message 2, part 5: a tool call needs one result in the next "
	    "message");
	messages[2] = (struct talk_message){ TALK_USER, NPARTS(twice) };
	refused("message 2, part 5: a tool call needs one result in the next "
	    "message");
	messages[1] = messages[0];
	refused("message 3, part 1: a result needs one call in the message "
	    "before");
	FULL(WIRE_CHAT);
	messages[1].role = TALK_USER;
	refused("message 2, part 1: does not belong to this role");
}

static void
schemas(void **state)
{
	static const struct talk_tool	 bad[] = { { "x", "d", "[1]" },
	    { "x", "d", "{\"a\":" } };

	(void)state;
	build(WIRE_CHAT);
	talk.tools = &bad[0];
	talk.ntools = 1;
	refused("tool x: its schema is no JSON object: not an object");
	talk.tools = &bad[1];
	refused("tool x: its schema is no JSON object: line 1, column 5: "
	    "unexpected token near end of file");
}

/* Jansson's memory: the allocation that fails, and what is not freed. */
static size_t	 countdown, held;

static void *
some_malloc(size_t n)
{
	void	*p = countdown == 0 ? NULL : malloc(n);

	countdown -= countdown > 0;
	held += p != NULL;
	return (p);
}

static void
some_free(void *p)
{
	held -= p != NULL;
	free(p);
}

/* Whichever allocation fails, nothing is left and nothing is freed twice. */
static void
no_memory(void **state)
{
	struct buf	 b = { 0 };
	char		 why[256];
	size_t		 n, i;
	int		 e;

	(void)state;
	json_set_alloc_funcs(some_malloc, some_free);
	for (i = 0; i < WIRE_MAX; i++) {
		FULL((enum wire_id)i);
		for (e = PRA_ENOMEM, n = 0; e != 0 && n < 10000; n++) {
			b.len = 0;
			countdown = n;
			e = wire_compose(wire_get((enum wire_id)i), &talk, &b,
			    why, sizeof(why));
			if (held != 0)
				fail_msg("%s: allocation %zu: %zu are left",
				    wire_name(wire_get((enum wire_id)i)), n,
				    held);
			/* Jansson does not say what a schema lacked. */
			if (e == PRA_EINVALID)
				assert_non_null(strstr(why, "schema"));
			else if (e != 0)
				assert_int_equal(e, PRA_ENOMEM);
		}
		assert_int_equal(e, 0);
		assert_true(n > 50);
	}
	json_set_alloc_funcs(malloc, free);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smallest),
		cmocka_unit_test(full_anthropic),
		cmocka_unit_test(full_responses),
		cmocka_unit_test(full_chat),
		cmocka_unit_test(proofs_stay_home),
		cmocka_unit_test(calls_and_results),
		cmocka_unit_test(schemas),
		cmocka_unit_test(no_memory),
	};

	return (tap_run(tests));
}
