/*
 * Answers of the three wires, as they are documented and as servers are known
 * to differ.  Each is cut behind each of its bytes, and must give the same
 * events; and each is broken off behind each of its bytes, and must not pass
 * for a whole one.  In the texts ' stands for ".
 */
#include <jansson.h>

#include "tests/tap.h"
#include "tests/wire_rig.h"

/* Events of streams: the type is in the event line and in the data. */
#define EV(type, rest)							\
	"event: " type "\ndata: {'type':'" type "'" rest "}\n\n"
#define DATA(json)	"data: " json "\n\n"

#define A_START								\
	EV("message_start", ",'message':{'id':'msg_1','type':'message',"	\
	"'role':'assistant','content':[],'model':'m-1','stop_reason':null,"	\
	"'usage':{'input_tokens':10,'cache_creation_input_tokens':3,"	\
	"'cache_read_input_tokens':7,'output_tokens':1}}")
#define A_BEGIN(i, block)						\
	EV("content_block_start", ",'index':" i ",'content_block':" block)
#define A_DELTA(i, delta)						\
	EV("content_block_delta", ",'index':" i ",'delta':" delta)
#define A_STOP(i)	EV("content_block_stop", ",'index':" i)
#define A_END(reason, tokens)						\
	EV("message_delta", ",'delta':{'stop_reason':'" reason		\
	"','stop_sequence':null},'usage':{'output_tokens':" tokens "}")	\
	EV("message_stop", "")
#define A_LOG	"start msg_1 m-1\nusage in 10 read 7 write 3 out 1 reasoning 0\n"

#define R_START								\
	EV("response.created", ",'sequence_number':0,'response':{"	\
	"'id':'resp_1','model':'m-2','status':'in_progress','output':[]}")	\
	EV("response.in_progress", ",'sequence_number':1,'response':{}")
#define R_ADDED(i, item)						\
	EV("response.output_item.added", ",'output_index':" i ",'item':" item)
#define R_DONE(i, item)							\
	EV("response.output_item.done", ",'output_index':" i ",'item':" item)
#define R_USAGE								\
	"'usage':{'input_tokens':20,'input_tokens_details':{"		\
	"'cached_tokens':5},'output_tokens':9,'output_tokens_details':{"	\
	"'reasoning_tokens':4},'total_tokens':29}"
#define R_END								\
	EV("response.completed", ",'response':{'id':'resp_1',"		\
	"'status':'completed'," R_USAGE "}")
#define R_LOG_USAGE	"usage in 15 read 5 write 0 out 9 reasoning 4\n"

#define C_CHUNK(choice)							\
	DATA("{'id':'c_1','object':'chat.completion.chunk','created':1,"	\
	"'model':'m-3','choices':[" choice "]}")
#define C_DELTA(delta)							\
	C_CHUNK("{'index':0,'delta':" delta ",'finish_reason':null}")
#define C_FINISH(reason)						\
	C_CHUNK("{'index':0,'delta':{},'finish_reason':'" reason "'}")
#define C_USAGE								\
	DATA("{'id':'c_1','model':'m-3','choices':[],'usage':{"		\
	"'prompt_tokens':20,'completion_tokens':9,"			\
	"'prompt_tokens_details':{'cached_tokens':5},"			\
	"'completion_tokens_details':{'reasoning_tokens':4}}}")
#define C_DONE		DATA("[DONE]")
#define C_CALL(fragment)	C_DELTA("{'tool_calls':[" fragment "]}")

static const struct answer {
	const char	*what;
	enum wire_id	 wire;
	const char	*in, *out;
} streams[] = {
	/* anthropic-messages */
	{ "text", WIRE_ANTHROPIC,
	  EV("ping", "") A_START A_BEGIN("0", "{'type':'text','text':''}")
	  EV("ping", "") A_DELTA("0", "{'type':'text_delta','text':'Hel'}")
	  A_DELTA("0", "{'type':'text_delta','text':'lo\\n\\u00e4\xc3\xa4'}")
	  A_STOP("0") A_END("end_turn", "5"),
	  A_LOG "text 0 Hel\ntext 0 lo\\n\xc3\xa4\xc3\xa4\n"
	  "usage in 10 read 7 write 3 out 5 reasoning 0\nstop turn\nend\n" },
	{ "thinking, then two tools", WIRE_ANTHROPIC,
	  A_START
	  A_BEGIN("0", "{'type':'thinking','thinking':'','signature':''}")
	  A_DELTA("0", "{'type':'thinking_delta','thinking':'I must'}")
	  A_DELTA("0", "{'type':'thinking_delta','thinking':' look'}")
	  A_DELTA("0", "{'type':'signature_delta','signature':'EqQB=='}")
	  A_STOP("0")
	  A_BEGIN("1", "{'type':'redacted_thinking','data':'xyz'}") A_STOP("1")
	  A_BEGIN("2", "{'type':'tool_use','id':'toolu_1','name':'read',"
	  "'input':{}}")
	  A_DELTA("2", "{'type':'input_json_delta','partial_json':''}")
	  A_DELTA("2", "{'type':'input_json_delta','partial_json':"
	  "'{\\'path\\':'}")
	  A_DELTA("2", "{'type':'input_json_delta','partial_json':"
	  "' \\'a\\'}'}")
	  A_STOP("2")
	  A_BEGIN("3", "{'type':'tool_use','id':'toolu_2','name':'list',"
	  "'input':{}}")
	  A_STOP("3") A_END("tool_use", "50"),
	  A_LOG "thinking 0 I must\nthinking 0  look\nsignature 0 EqQB==\n"
	  "redacted 1 xyz\n"
	  "tool 2 toolu_1 read\nargs 2 {'path':\nargs 2  'a'}\n"
	  "call 2 toolu_1 read {'path': 'a'}\n"
	  "tool 3 toolu_2 list\ncall 3 toolu_2 list {}\n"
	  "usage in 10 read 7 write 3 out 50 reasoning 0\nstop tool\nend\n" },
	{ "what is not known", WIRE_ANTHROPIC,
	  A_START EV("new_event", ",'a':1")
	  A_BEGIN("0", "{'type':'server_tool_use','id':'s','name':'web_search',"
	  "'input':{}}")
	  A_DELTA("0", "{'type':'input_json_delta','partial_json':'{}'}")
	  A_STOP("0")
	  A_BEGIN("1", "{'type':'text','text':'a'}")
	  A_DELTA("1", "{'type':'citations_delta','citation':{}}")
	  A_STOP("1") A_END("new_reason", "2"),
	  A_LOG "text 1 a\nusage in 10 read 7 write 3 out 2 reasoning 0\n"
	  "stop other\nend\n" },
	{ "blocks that are open together", WIRE_ANTHROPIC,
	  A_START A_BEGIN("0", "{'type':'text','text':''}")
	  A_BEGIN("1", "{'type':'tool_use','id':'t','name':'n','input':{}}")
	  A_DELTA("0", "{'type':'text_delta','text':'a'}")
	  A_DELTA("1", "{'type':'input_json_delta','partial_json':'{'}")
	  A_DELTA("0", "{'type':'text_delta','text':'b'}")
	  A_DELTA("1", "{'type':'input_json_delta','partial_json':'}'}")
	  A_STOP("1") A_STOP("0") A_END("max_tokens", "2"),
	  A_LOG "tool 1 t n\ntext 0 a\nargs 1 {\ntext 0 b\nargs 1 }\n"
	  "call 1 t n {}\nusage in 10 read 7 write 3 out 2 reasoning 0\n"
	  "stop tokens\nend\n" },
	{ "input at once, and cut arguments", WIRE_ANTHROPIC,
	  A_START
	  A_BEGIN("0", "{'type':'tool_use','id':'t','name':'n',"
	  "'input':{'a':[1,'b']}}") A_STOP("0")
	  A_BEGIN("1", "{'type':'tool_use','id':'u','name':'n','input':{}}")
	  A_DELTA("1", "{'type':'input_json_delta','partial_json':"
	  "'{\\'a\\':'}") A_STOP("1") A_END("max_tokens", "2"),
	  A_LOG "tool 0 t n\nargs 0 {'a':[1,'b']}\ncall 0 t n {'a':[1,'b']}\n"
	  "tool 1 u n\nargs 1 {'a':\ncall 1 u n arguments {'a':\n"
	  "usage in 10 read 7 write 3 out 2 reasoning 0\nstop tokens\nend\n" },
	{ "input at once and in pieces", WIRE_ANTHROPIC,
	  A_START A_BEGIN("0", "{'type':'tool_use','id':'t','name':'n',"
	  "'input':{'a':1}}")
	  A_DELTA("0", "{'type':'input_json_delta','partial_json':'{}'}")
	  A_STOP("0") A_END("tool_use", "2"),
	  A_LOG "tool 0 t n\nargs 0 {}\ncall 0 t n {}\n"
	  "usage in 10 read 7 write 3 out 2 reasoning 0\nstop tool\nend\n" },
	{ "a refusal", WIRE_ANTHROPIC,
	  A_START EV("message_delta", ",'delta':{'stop_reason':'refusal',"
	  "'stop_details':{'category':'cyber'}},'usage':{'output_tokens':0,"
	  "'input_tokens':11}") EV("message_stop", ""),
	  A_LOG "usage in 11 read 7 write 3 out 0 reasoning 0\n"
	  "stop refusal cyber\nend\n" },
	{ "no event lines, CR LF, a comment, the context full", WIRE_ANTHROPIC,
	  ": hello\r\n\r\n"
	  "data: {'type':'message_start',\r\ndata: 'message':{}}\r\n\r\n"
	  "data: {'type':'message_delta','delta':{'stop_reason':"
	  "'model_context_window_exceeded'}}\r\n\r\n"
	  "data: {'type':'message_stop'}\r\n\r\nwhat follows \xff",
	  "start  \nstop overflow\nend\n" },

	/* openai-responses */
	{ "text", WIRE_RESPONSES,
	  R_START R_ADDED("0", "{'id':'msg_1','type':'message','content':[]}")
	  EV("response.content_part.added", ",'output_index':0")
	  EV("response.output_text.delta", ",'item_id':'msg_1',"
	  "'output_index':0,'content_index':0,'delta':'Hel'")
	  EV("response.output_text.delta", ",'item_id':'msg_1',"
	  "'output_index':0,'content_index':0,'delta':'lo'")
	  EV("response.output_text.done", ",'output_index':0,'text':'Hello'")
	  R_DONE("0", "{'id':'msg_1','type':'message','content':[{"
	  "'type':'output_text','text':'Hello'}]}") R_END DATA("[DONE]"),
	  "start resp_1 m-2\ntext 0 Hel\ntext 0 lo\n" R_LOG_USAGE
	  "stop turn\nend\n" },
	{ "reasoning, then two calls", WIRE_RESPONSES,
	  R_START R_ADDED("0", "{'id':'rs_1','type':'reasoning','summary':[]}")
	  EV("response.reasoning_summary_part.added", ",'output_index':0,"
	  "'summary_index':0")
	  EV("response.reasoning_summary_text.delta", ",'output_index':0,"
	  "'summary_index':0,'delta':'One'")
	  EV("response.reasoning_summary_part.added", ",'output_index':0,"
	  "'summary_index':1")
	  EV("response.reasoning_summary_text.delta", ",'output_index':0,"
	  "'summary_index':1,'delta':'Two'")
	  R_DONE("0", "{'id':'rs_1','type':'reasoning','summary':[{"
	  "'type':'summary_text','text':'One'}],'encrypted_content':'gAAA='}")
	  R_ADDED("1", "{'id':'fc_1','type':'function_call',"
	  "'call_id':'call_1','name':'read','arguments':''}")
	  R_ADDED("2", "{'id':'fc_2','type':'function_call',"
	  "'call_id':'call_2','name':'list','arguments':''}")
	  EV("response.function_call_arguments.delta", ",'item_id':'fc_1',"
	  "'output_index':1,'delta':'{\\'a\\':'")
	  EV("response.function_call_arguments.delta", ",'item_id':'fc_1',"
	  "'output_index':1,'delta':'1}'")
	  EV("response.function_call_arguments.done", ",'output_index':1,"
	  "'arguments':'{\\'a\\':1}'")
	  R_DONE("2", "{'type':'function_call','call_id':'call_2',"
	  "'name':'list','arguments':'{}'}")
	  R_DONE("1", "{'type':'function_call','call_id':'call_1',"
	  "'name':'read','arguments':'{\\'a\\':1}'}") R_END,
	  "start resp_1 m-2\nthinking 0 One\nthinking 0 \\n\\n\n"
	  "thinking 0 Two\nsignature 0 gAAA=\n"
	  "tool 1 call_1 read\ntool 2 call_2 list\nargs 1 {'a':\nargs 1 1}\n"
	  "args 2 {}\ncall 2 call_2 list {}\ncall 1 call_1 read {'a':1}\n"
	  R_LOG_USAGE "stop tool\nend\n" },
	{ "items without pieces, and unknown ones", WIRE_RESPONSES,
	  R_START R_DONE("0", "{'type':'web_search_call','id':'ws'}")
	  R_DONE("1", "{'type':'reasoning','summary':[{'text':'a'},"
	  "{'text':'b'}]}")
	  R_DONE("2", "{'type':'message','content':[{'type':'output_text',"
	  "'text':'x'},{'type':'new'},{'type':'refusal','refusal':'no'}]}")
	  R_DONE("3", "{'type':'function_call','call_id':'c','name':'n',"
	  "'arguments':'[1]'}") R_END,
	  "start resp_1 m-2\nthinking 0 a\nthinking 0 \\n\\n\nthinking 0 b\n"
	  "text 1 x\nrefusal 2 no\ntool 3 c n\nargs 3 [1]\n"
	  "call 3 c n arguments [1]\n" R_LOG_USAGE "stop refusal\nend\n" },
	{ "raw reasoning, a refusal in pieces", WIRE_RESPONSES,
	  R_START EV("response.reasoning_text.delta", ",'output_index':0,"
	  "'content_index':0,'delta':'hm'")
	  EV("response.refusal.delta", ",'output_index':1,'content_index':0,"
	  "'delta':'I can'") EV("response.refusal.delta", ",'output_index':1,"
	  "'content_index':0,'delta':'not'") R_END,
	  "start resp_1 m-2\nthinking 0 hm\nrefusal 1 I can\n"
	  "refusal 1 not\n" R_LOG_USAGE "stop refusal\nend\n" },
	{ "too many tokens within a call", WIRE_RESPONSES,
	  R_START R_ADDED("0", "{'type':'function_call','call_id':'c',"
	  "'name':'n'}") EV("response.function_call_arguments.delta",
	  ",'output_index':0,'delta':'{'")
	  EV("response.incomplete", ",'response':{'incomplete_details':{"
	  "'reason':'max_output_tokens'}," R_USAGE "}"),
	  "start resp_1 m-2\ntool 0 c n\nargs 0 {\n"
	  "call 0 c n arguments {\n" R_LOG_USAGE "stop tokens\nend\n" },
	{ "a filter", WIRE_RESPONSES,
	  R_START EV("response.incomplete", ",'response':{"
	  "'incomplete_details':{'reason':'content_filter'}}"),
	  "start resp_1 m-2\nstop filter\nend\n" },

	/* openai-chat */
	{ "text", WIRE_CHAT,
	  C_DELTA("{'role':'assistant','content':'','refusal':null}")
	  C_DELTA("{'content':'Hel'}") C_DELTA("{'content':'lo'}")
	  C_FINISH("stop") C_USAGE C_DONE,
	  "start c_1 m-3\ntext 0 Hel\ntext 0 lo\nstop turn\n"
	  R_LOG_USAGE "end\n" },
	{ "thinking, then parallel tools in fragments", WIRE_CHAT,
	  ": OPENROUTER PROCESSING\n\n"
	  C_DELTA("{'reasoning_content':'hm','reasoning':'hm','content':null}")
	  C_DELTA("{'reasoning':'m'}") C_DELTA("{'content':'ok'}")
	  C_CALL("{'index':0,'id':'call_1','type':'function','function':{"
	  "'name':'read','arguments':''}}")
	  C_CALL("{'index':0,'function':{'arguments':'{\\'a\\''}}")
	  C_CALL("{'index':1,'id':'call_2','type':'function','function':{"
	  "'name':'list','arguments':''}}")
	  C_CALL("{'index':1,'function':{'arguments':'{'}},"
	  "{'index':0,'function':{'arguments':':1}'}}")
	  C_CALL("{'index':1,'id':'','function':{'name':'','arguments':'}'}}")
	  C_FINISH("tool_calls") C_DONE,
	  "start c_1 m-3\nthinking 0 hm\nthinking 0 m\ntext 1 ok\n"
	  "tool 2 call_1 read\nargs 2 {'a'\ntool 3 call_2 list\nargs 3 {\n"
	  "args 2 :1}\nargs 3 }\ncall 2 call_1 read {'a':1}\n"
	  "call 3 call_2 list {}\nstop tool\nend\n" },
	{ "whole calls, all with the index 0; 'stop'", WIRE_CHAT,
	  C_CALL("{'index':0,'id':'x','function':{'name':'a',"
	  "'arguments':'{}'}},{'index':0,'id':'y','function':{'name':'b',"
	  "'arguments':'{}'}}") C_FINISH("stop") C_DONE,
	  "start c_1 m-3\ntool 0 x a\nargs 0 {}\ntool 1 y b\nargs 1 {}\n"
	  "call 0 x a {}\ncall 1 y b {}\nstop tool\nend\n" },
	{ "calls without index or id, arguments as an object", WIRE_CHAT,
	  C_CALL("{'function':{'name':'a','arguments':{'b':1}}},"
	  "{'function':{'name':'c','arguments':'{'}}")
	  C_CALL("{'function':{'arguments':'}'}}")
	  C_FINISH("tool_calls") C_DONE,
	  "start c_1 m-3\ntool 0 call_0 a\nargs 0 {'b':1}\ntool 1 call_1 c\n"
	  "args 1 {\nargs 1 }\ncall 0 call_0 a {'b':1}\n"
	  "call 1 call_1 c {}\nstop tool\nend\n" },
	{ "a new id with each fragment", WIRE_CHAT,
	  C_CALL("{'index':0,'id':'x','function':{'name':'a',"
	  "'arguments':'{'}}")
	  C_CALL("{'index':0,'id':'y','function':{'arguments':'}'}}")
	  C_FINISH("tool_calls") C_DONE,
	  "start c_1 m-3\ntool 0 x a\nargs 0 {\nargs 0 }\n"
	  "call 0 x a {}\nstop tool\nend\n" },
	{ "a refusal; the reason twice; other choices", WIRE_CHAT,
	  C_DELTA("{'refusal':'no'}")
	  C_CHUNK("{'index':1,'delta':{'content':'other'}}")
	  C_FINISH("stop") C_FINISH("stop") C_DONE,
	  "start c_1 m-3\nrefusal 0 no\nstop refusal\nend\n" },
	{ "an end without its empty line", WIRE_CHAT,
	  C_DELTA("{'content':'a'}") C_FINISH("length") "data: [DONE]\n",
	  "start c_1 m-3\ntext 0 a\nstop tokens\nend\n" },
	{ "z.ai's overflow", WIRE_CHAT,
	  C_FINISH("model_context_window_exceeded") C_DONE,
	  "start c_1 m-3\nstop overflow\nend\n" },
	{ "a filter, after a chunk of no choices", WIRE_CHAT,
	  DATA("{'id':'','model':'','choices':[],'prompt_filter_results':[]}")
	  C_FINISH("content_filter") C_DONE,
	  "start  \nstop filter\nend\n" }
};

/* The same, whole: JSON, not a stream. */
static const struct answer answers[] = {
	{ "anthropic", WIRE_ANTHROPIC,
	  "{'id':'msg_1','type':'message','role':'assistant','model':'m-1',"
	  "'content':[{'type':'thinking','thinking':'hm','signature':'s'},"
	  "{'type':'text','text':'a\\u0000b'},{'type':'tool_use','id':'t',"
	  "'name':'n','input':{'a':1}}],'stop_reason':'tool_use',"
	  "'usage':{'input_tokens':1,'output_tokens':2}}",
	  "start msg_1 m-1\nthinking 0 hm\nsignature 0 s\ntext 1 a\\0b\n"
	  "tool 2 t n\nargs 2 {'a':1}\ncall 2 t n {'a':1}\n"
	  "usage in 1 read 0 write 0 out 2 reasoning 0\nstop tool\nend\n" },
	{ "responses", WIRE_RESPONSES,
	  "{'id':'resp_1','object':'response','status':'completed',"
	  "'error':null,'model':'m-2','output':[{'type':'reasoning',"
	  "'summary':[],'encrypted_content':'e'},{'type':'message',"
	  "'content':[{'type':'output_text','text':'hi'}]},"
	  "{'type':'function_call','call_id':'c','name':'n',"
	  "'arguments':'{}'}]," R_USAGE "}\n",
	  "start resp_1 m-2\nsignature 0 e\ntext 1 hi\ntool 2 c n\n"
	  "args 2 {}\ncall 2 c n {}\n" R_LOG_USAGE "stop tool\nend\n" },
	{ "responses, incomplete", WIRE_RESPONSES,
	  "{'id':'resp_1','status':'incomplete','model':'m-2','output':[],"
	  "'incomplete_details':{'reason':'max_output_tokens'}}",
	  "start resp_1 m-2\nstop tokens\nend\n" },
	{ "chat", WIRE_CHAT,
	  "{'id':'c_1','model':'m-3','choices':[{'index':0,'message':{"
	  "'role':'assistant','reasoning_content':'hm','content':'hi',"
	  "'tool_calls':[{'id':'x','type':'function','function':{'name':'a',"
	  "'arguments':'{}'}},{'id':'y','type':'function','function':{"
	  "'name':'a','arguments':'{}'}}]},'finish_reason':'tool_calls'}],"
	  "'usage':{'prompt_tokens':20,'completion_tokens':9}}",
	  "start c_1 m-3\nusage in 20 read 0 write 0 out 9 reasoning 0\n"
	  "thinking 0 hm\ntext 1 hi\ntool 2 x a\nargs 2 {}\ntool 3 y a\n"
	  "args 3 {}\ncall 2 x a {}\ncall 3 y a {}\nstop tool\nend\n" }
};

static void
check(const struct answer *a, enum wire_mode mode, size_t cut)
{
	char		*in = wire_quote(a->in), *out = wire_quote(a->out);
	struct buf	 b = { 0 };
	enum wire_err	 e;

	e = wire_run(wire_get(a->wire), mode, 200, in, strlen(in), cut, &b);
	assert_non_null(buf_str(&b));
	if (strcmp((char *)b.data, out) != 0)
		fail_msg("%s, %s, cut behind %zu:\n%s", wire_name(wire_get(
		    a->wire)), a->what, cut, (char *)b.data);
	assert_int_equal(e, WERR_OK);
	buf_free(&b);
	free(in);
	free(out);
}

static void
check_all(const struct answer *a, size_t n, enum wire_mode mode)
{
	size_t	 cut;

	for (; n > 0; n--, a++) {
		for (cut = 0; cut < strlen(a->in); cut++)
			check(a, mode, cut);
		check(a, mode, CUT_NONE);
		check(a, mode, CUT_EACH);
	}
}

static void
cut_anywhere(void **state)
{
	(void)state;
	check_all(streams, sizeof(streams) / sizeof(streams[0]), WIRE_STREAM);
}

static void
whole_answers(void **state)
{
	(void)state;
	check_all(answers, sizeof(answers) / sizeof(answers[0]), WIRE_WHOLE);
}

/* A beginning of what a whole answer gives, and then the error. */
static void
check_broken(const struct answer *a, const char *in, const char *out,
    enum wire_mode mode, size_t n)
{
	struct buf	 b = { 0 };
	const char	*text;
	size_t		 same;
	enum wire_err	 e;

	e = wire_run(wire_get(a->wire), mode, 200, in, n, CUT_NONE, &b);
	assert_non_null(text = buf_str(&b));
	if (e == WERR_OK) {
		/* Nothing that tells anything was missing. */
		assert_non_null(strstr(text, "\nstop "));
		assert_string_equal(text + b.len - 4, "end\n");
		buf_free(&b);
		return;
	}
	if (e != WERR_TRUNCATED)
		fail_msg("%s, %s, behind %zu: %s", wire_name(wire_get(
		    a->wire)), a->what, n, text);
	same = (size_t)(strstr(text, "error truncated") - text);
	assert_memory_equal(text, out, same);
	buf_free(&b);
}

/* How many whole answers there are among an answer's beginnings. */
static void
broken_off_anywhere(void **state)
{
	const struct answer	*a;
	char			*in, *out;
	size_t			 i, n;

	(void)state;
	for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		a = &streams[i];
		in = wire_quote(a->in);
		out = wire_quote(a->out);
		for (n = 0; n < strlen(in); n++)
			check_broken(a, in, out, WIRE_STREAM, n);
		free(in);
		free(out);
	}
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		a = &answers[i];
		in = wire_quote(a->in);
		out = wire_quote(a->out);
		for (n = 0; n < strlen(in) - 1; n++)
			check_broken(a, in, out, WIRE_WHOLE, n);
		free(in);
		free(out);
	}
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

/* The whole is there, or an error, or a call whose check failed. */
static void
no_memory_for(const struct answer *a)
{
	struct buf	 b = { 0 };
	char		*in = wire_quote(a->in);
	enum wire_err	 e = WERR_MEMORY;
	size_t		 n;

	for (n = 0; n < 10000 && e != WERR_OK; n++) {
		b.len = 0;
		countdown = n;
		e = wire_run(wire_get(a->wire), WIRE_STREAM, 200, in,
		    strlen(in), CUT_NONE, &b);
		assert_non_null(strstr(buf_str(&b), e == WERR_OK ? "\nend\n" :
		    "error "));
		assert_int_equal(held, 0);
	}
	assert_int_equal(e, WERR_OK);
	buf_free(&b);
	free(in);
}

static void
no_memory(void **state)
{
	size_t	 i;

	(void)state;
	json_set_alloc_funcs(some_malloc, some_free);
	for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		no_memory_for(&streams[i]);
	json_set_alloc_funcs(malloc, free);
}

static void
names(void **state)
{
	int	 i;

	(void)state;
	for (i = 0; i < WIRE_MAX; i++) {
		const struct wire	*w = wire_get((enum wire_id)i);

		assert_ptr_equal(wire_byname(wire_name(w)), w);
		assert_int_equal(wire_path(w)[0], '/');
	}
	assert_null(wire_byname("replay"));
	for (i = WS_NONE + 1; i < WS_MAX; i++)
		assert_true(*wire_stop_text((enum wire_stop)i) != '\0');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(whole_answers),
		cmocka_unit_test(broken_off_anywhere),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(names),
	};

	return (tap_run(tests));
}
