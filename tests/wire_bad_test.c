/*
 * Answers that are errors, are wrong, or are too large: each must end with one
 * ERROR of the right class, wherever it is cut, and nothing after it.  In the
 * texts ' stands for ".
 */
#include "tests/tap.h"
#include "tests/wire_rig.h"

#define DATA(json)	"data: " json "\n\n"

#define A_START		DATA("{'type':'message_start','message':{'id':'i'}}")
#define A_TEXT								\
	DATA("{'type':'content_block_start','index':0,'content_block':{"	\
	"'type':'text','text':'a'}}")
#define A_TOOL								\
	DATA("{'type':'content_block_start','index':0,'content_block':{"	\
	"'type':'tool_use','id':'t','name':'n'}}")
#define A_DELTA(delta)							\
	DATA("{'type':'content_block_delta','index':0,'delta':" delta "}")
#define A_STOP		DATA("{'type':'content_block_stop','index':0}")
#define A_WHY		DATA("{'type':'message_delta','delta':{'stop_reason':'end_turn'}}")
#define A_END		DATA("{'type':'message_stop'}")
#define R_START		DATA("{'type':'response.created','response':{}}")
#define R_TEXT								\
	DATA("{'type':'response.output_text.delta','output_index':0,"	\
	"'content_index':0,'delta':'a'}")
#define R_TOOL								\
	DATA("{'type':'response.output_item.added','output_index':0,"	\
	"'item':{'type':'function_call','call_id':'c','name':'n'}}")
#define R_ARGS								\
	DATA("{'type':'response.function_call_arguments.delta',"	\
	"'output_index':0,'delta':'{'}")
#define R_CALL(args)							\
	DATA("{'type':'response.output_item.done','output_index':0,"	\
	"'item':{'type':'function_call','call_id':'c','name':'n',"	\
	"'arguments':'" args "'}}")
#define R_MSG								\
	DATA("{'type':'response.output_item.done','output_index':0,"	\
	"'item':{'type':'message','content':[{'type':'output_text'}]}}")
#define C(choice)	DATA("{'choices':[" choice "]}")
#define C_TEXT		C("{'delta':{'content':'a'}}")
#define C_STOP		C("{'delta':{},'finish_reason':'stop'}")

static const struct bad {
	enum wire_id	 wire;
	const char	*in;
	enum wire_err	 err;
	const char	*says;		/* in the ERROR's text */
} streams[] = {
	/* errors that come inside of an answer */
	{ WIRE_ANTHROPIC, A_START A_TEXT DATA("{'type':'error','error':{"
	  "'type':'overloaded_error','message':'Overloaded'}}"),
	  WERR_OVERLOADED, "Overloaded" },
	{ WIRE_ANTHROPIC, "event: error\n" DATA("{'error':{"
	  "'type':'api_error','message':'x'}}"), WERR_SERVER, "x" },
	{ WIRE_ANTHROPIC, DATA("{'type':'error'}"), WERR_SERVER, "failed" },
	{ WIRE_RESPONSES, R_START DATA("{'type':'response.failed','response':{"
	  "'error':{'code':'rate_limit_exceeded','message':'slow'}}}"),
	  WERR_RATE, "slow" },
	{ WIRE_RESPONSES, R_START DATA("{'type':'response.failed','response':{"
	  "'error':null}}"), WERR_SERVER, "" },
	{ WIRE_RESPONSES, DATA("{'type':'error','code':"
	  "'context_length_exceeded','message':'m','param':null}"),
	  WERR_OVERFLOW, "m" },
	{ WIRE_RESPONSES, DATA("{'type':'error','error':{'type':"
	  "'insufficient_quota','message':'m'}}"), WERR_QUOTA, "m" },
	{ WIRE_CHAT, C_TEXT DATA("{'error':{'message':'Provider "
	  "disconnected','code':502},'choices':[]}"), WERR_SERVER,
	  "disconnected" },
	{ WIRE_CHAT, DATA("{'error':{'message':'slow','code':429}}"), WERR_RATE,
	  "slow" },
	{ WIRE_CHAT, DATA("{'error':'the request exceeds the available "
	  "context size'}"), WERR_OVERFLOW, "available" },

	/* order */
	{ WIRE_ANTHROPIC, A_TEXT, WERR_ORDER, "no beginning" },
	{ WIRE_ANTHROPIC, A_WHY, WERR_ORDER, "no beginning" },
	{ WIRE_ANTHROPIC, A_END, WERR_ORDER, "without a reason" },
	{ WIRE_ANTHROPIC, A_START A_START, WERR_ORDER, "begins twice" },
	{ WIRE_ANTHROPIC, A_START A_TEXT A_TEXT, WERR_ORDER, "begins twice" },
	{ WIRE_ANTHROPIC, A_START A_TEXT A_STOP A_TEXT, WERR_ORDER,
	  "begins twice" },
	{ WIRE_ANTHROPIC, A_START A_DELTA("{'type':'text_delta','text':'a'}"),
	  WERR_ORDER, "without a beginning" },
	{ WIRE_ANTHROPIC, A_START A_STOP, WERR_ORDER, "without a beginning" },
	{ WIRE_ANTHROPIC, A_START A_TEXT A_STOP A_STOP, WERR_ORDER, "whole" },
	{ WIRE_ANTHROPIC, A_START A_TEXT A_STOP
	  A_DELTA("{'type':'text_delta','text':'a'}"), WERR_ORDER, "whole" },
	{ WIRE_ANTHROPIC, A_START A_TEXT A_DELTA("{'type':'input_json_delta',"
	  "'partial_json':'{}'}"), WERR_ORDER, "another kind" },
	{ WIRE_ANTHROPIC, A_START A_TEXT A_WHY, WERR_ORDER, "within a block" },
	{ WIRE_ANTHROPIC, A_START A_WHY A_WHY, WERR_ORDER, "stops twice" },
	{ WIRE_ANTHROPIC, A_START A_WHY A_TEXT, WERR_ORDER, "had stopped" },
	{ WIRE_ANTHROPIC, A_START DATA("{'type':'content_block_start',"
	  "'content_block':{'type':'tool_use','id':'','name':'n'}}"),
	  WERR_ORDER, "without an id" },
	{ WIRE_ANTHROPIC, A_START DATA("{'type':'content_block_start',"
	  "'content_block':{'type':'tool_use','id':'x','name':7}}"),
	  WERR_ORDER, "without a name" },
	{ WIRE_ANTHROPIC, A_START A_TOOL DATA("{'type':'content_block_start',"
	  "'index':1,'content_block':{'type':'tool_use','id':'t',"
	  "'name':'n'}}"), WERR_ORDER, "one id" },
	{ WIRE_RESPONSES, R_TEXT, WERR_ORDER, "no beginning" },
	{ WIRE_RESPONSES, DATA("{'type':'response.completed'}"), WERR_ORDER,
	  "no beginning" },
	{ WIRE_RESPONSES, R_START R_START, WERR_ORDER, "begins twice" },
	{ WIRE_RESPONSES, R_START R_TOOL R_TOOL, WERR_ORDER, "begins twice" },
	{ WIRE_RESPONSES, R_START R_ARGS, WERR_ORDER, "without a tool call" },
	{ WIRE_RESPONSES, R_START R_TOOL R_ARGS R_CALL("{}"), WERR_ORDER,
	  "other arguments" },
	{ WIRE_RESPONSES, R_START R_TOOL R_ARGS R_CALL("["), WERR_ORDER,
	  "other arguments" },
	{ WIRE_RESPONSES, R_START R_TOOL R_CALL("{}") R_CALL("{}"), WERR_ORDER,
	  "ends twice" },
	{ WIRE_RESPONSES, R_START R_TOOL R_CALL("{}") R_ARGS, WERR_ORDER,
	  "whole" },
	{ WIRE_RESPONSES, R_START R_MSG R_MSG, WERR_ORDER, "ends twice" },
	{ WIRE_RESPONSES, R_START R_MSG R_TEXT, WERR_ORDER, "whole" },
	{ WIRE_CHAT, C_TEXT C_STOP C_TEXT, WERR_ORDER, "had stopped" },
	{ WIRE_CHAT, C("{'delta':{'tool_calls':[{'id':'x'}]}}"), WERR_ORDER,
	  "without a name" },

	/* what is not what it should be */
	{ WIRE_ANTHROPIC, DATA("{"), WERR_JSON, "" },
	{ WIRE_ANTHROPIC, DATA("[DONE]"), WERR_TRUNCATED, "" },
	{ WIRE_ANTHROPIC, DATA("[1]"), WERR_JSON, "object" },
	{ WIRE_ANTHROPIC, DATA("{'a':1,'a':2}"), WERR_JSON, "duplicate" },
	{ WIRE_ANTHROPIC, DATA("{'a':'\\ud83d'}"), WERR_JSON, "Unicode" },
	{ WIRE_ANTHROPIC, DATA("{} x"), WERR_JSON, "" },
	{ WIRE_ANTHROPIC, A_START A_TEXT A_DELTA("{'type':'text_delta',"
	  "'text':7}"), WERR_JSON, "no string" },
	{ WIRE_ANTHROPIC, A_START A_TEXT "data: {'a':'\xe4'}\n\n", WERR_UTF8,
	  "" },
	{ WIRE_ANTHROPIC, DATA("{'type':'message_start','message':{'id':"
	  "'a\\u0000b'}}"), WERR_JSON, "NUL" },
	{ WIRE_ANTHROPIC, DATA("{'type':'message_start','message':{'usage':{"
	  "'input_tokens':-1}}}"), WERR_JSON, "input_tokens" },
	{ WIRE_ANTHROPIC, DATA("{'type':'message_start','message':{'usage':{"
	  "'input_tokens':1.5}}}"), WERR_JSON, "input_tokens" },
	{ WIRE_ANTHROPIC, DATA("{'type':'message_start','message':{'usage':{"
	  "'input_tokens':1000000001}}}"), WERR_LIMIT, "tokens" },
	{ WIRE_ANTHROPIC, DATA("{'type':'message_start','message':{'usage':{"
	  "'input_tokens':99999999999999999999}}}"), WERR_JSON, "integer" },
	{ WIRE_RESPONSES, R_START R_TEXT DATA("[DONE]"), WERR_TRUNCATED, "" },
	{ WIRE_CHAT, C("{'delta':{'content':['a']}}"), WERR_JSON, "string" },
	{ WIRE_CHAT, C_TEXT DATA("[DONE]"), WERR_TRUNCATED, "" },
	{ WIRE_CHAT, C_TEXT "data: [DON", WERR_TRUNCATED, "" },
	{ WIRE_CHAT, "<html>502 Bad Gateway</html>\n", WERR_TRUNCATED, "" },
	{ WIRE_CHAT, "", WERR_TRUNCATED, "" }
};

/* Answers that are not streams. */
static const struct {
	enum wire_id	 wire;
	int		 status;
	const char	*in;
	enum wire_err	 err;
	const char	*says;
} answers[] = {
	{ WIRE_ANTHROPIC, 529, "{'type':'error','error':{'type':"
	  "'overloaded_error','message':'Overloaded'},'request_id':'r'}",
	  WERR_OVERLOADED, "HTTP 529: Overloaded" },
	{ WIRE_ANTHROPIC, 429, "{'error':{'type':'rate_limit_error',"
	  "'message':'slow down'}}", WERR_RATE, "slow down" },
	{ WIRE_ANTHROPIC, 429, "{'error':{'type':'rate_limit_error',"
	  "'message':'You have reached your spend limit'}}", WERR_QUOTA, "" },
	{ WIRE_ANTHROPIC, 400, "{'error':{'type':'invalid_request_error',"
	  "'message':'prompt is too long: 213462 tokens > 200000 maximum'}}",
	  WERR_OVERFLOW, "213462" },
	{ WIRE_ANTHROPIC, 400, "{'error':{'type':'invalid_request_error',"
	  "'message':'input length and `max_tokens` exceed context limit: "
	  "190000 + 20000 > 200000'}}", WERR_ROOM, "" },
	{ WIRE_ANTHROPIC, 400, "{'error':{'type':'invalid_request_error',"
	  "'message':'messages: roles must alternate'}}", WERR_INVALID, "" },
	{ WIRE_ANTHROPIC, 401, "{'error':{'type':'authentication_error'}}",
	  WERR_AUTH, "authentication_error" },
	{ WIRE_ANTHROPIC, 413, "{'error':{'type':'request_too_large'}}",
	  WERR_LARGE, "" },
	{ WIRE_ANTHROPIC, 500, "{'error':{'type':'api_error'}}", WERR_SERVER,
	  "" },
	{ WIRE_ANTHROPIC, 504, "{'error':{'type':'timeout_error'}}",
	  WERR_TIMEOUT, "" },
	{ WIRE_RESPONSES, 429, "{'error':{'message':'You exceeded your current "
	  "quota','type':'insufficient_quota','code':'insufficient_quota'}}",
	  WERR_QUOTA, "" },
	{ WIRE_RESPONSES, 429, "{'error':{'message':'Rate limit reached',"
	  "'type':'tokens','code':'rate_limit_exceeded','param':null}}",
	  WERR_RATE, "" },
	{ WIRE_RESPONSES, 404, "{'error':{'code':'model_not_found'}}",
	  WERR_NOTFOUND, "" },
	{ WIRE_RESPONSES, 200, "{'error':{'code':'server_error',"
	  "'message':'x'}}", WERR_SERVER, "x" },
	{ WIRE_RESPONSES, 200, "{'status':'failed','error':{'code':"
	  "'rate_limit_exceeded','message':'x'}}", WERR_RATE, "x" },
	{ WIRE_RESPONSES, 200, "{'status':'in_progress'}", WERR_ORDER, "" },
	/* each server's way to say that the conversation is too long */
	{ WIRE_CHAT, 400, "{'error':{'message':'Input is too long for requested"
	  " model.'}}", WERR_OVERFLOW, "" },
	{ WIRE_CHAT, 400, "{'error':{'message':'Your input exceeds the context "
	  "window of this model'}}", WERR_OVERFLOW, "" },
	{ WIRE_CHAT, 400, "{'error':{'message':'The input token count (9) "
	  "exceeds the maximum number of tokens'}}", WERR_OVERFLOW, "" },
	{ WIRE_CHAT, 400, "{'error':'This model maximum prompt length is "
	  "131072 but'}", WERR_OVERFLOW, "" },
	{ WIRE_CHAT, 400, "{'error':'This model maximum prompt length is "
	  "not known'}", WERR_INVALID, "" },
	{ WIRE_CHAT, 400, "{'error':{'message':'Please reduce the length of "
	  "the messages or completion.'}}", WERR_OVERFLOW, "" },
	{ WIRE_CHAT, 400, "{'error':{'message':'maximum context length is 8192 "
	  "tokens. However'}}", WERR_OVERFLOW, "" },
	{ WIRE_CHAT, 400, "{'error':{'message':'prompt token count of 9 "
	  "exceeds the limit of 8'}}", WERR_OVERFLOW, "" },
	{ WIRE_CHAT, 400, "{'error':{'code':400,'message':'the request exceeds "
	  "the available context size'}}", WERR_OVERFLOW, "" },
	{ WIRE_CHAT, 400, "{'error':'greater than the context length'}",
	  WERR_OVERFLOW, "" },
	{ WIRE_CHAT, 400, "{'error':{'message':'invalid params, context window "
	  "exceeds limit'}}", WERR_OVERFLOW, "" },
	{ WIRE_CHAT, 400, "{'error':{'message':'Your request exceeded model "
	  "token limit: 131072'}}", WERR_OVERFLOW, "" },
	{ WIRE_CHAT, 400, "{'message':'Prompt contains 9 tokens, too large for "
	  "model with 8 maximum context length'}", WERR_OVERFLOW, "" },
	{ WIRE_CHAT, 400, "{'error':{'code':'context_length_exceeded'}}",
	  WERR_OVERFLOW, "context_length_exceeded" },
	{ WIRE_CHAT, 400, "", WERR_OVERFLOW, "HTTP 400" },
	{ WIRE_CHAT, 413, "", WERR_LARGE, "" },
	{ WIRE_CHAT, 400, "<html>Bad Request</html>", WERR_INVALID,
	  "HTTP 400" },
	{ WIRE_CHAT, 400, "{'error':[1]}", WERR_INVALID, "" },
	{ WIRE_CHAT, 402, "", WERR_QUOTA, "" },
	{ WIRE_CHAT, 403, "", WERR_AUTH, "" },
	{ WIRE_CHAT, 404, "nothing here", WERR_NOTFOUND, "" },
	{ WIRE_CHAT, 408, "", WERR_TIMEOUT, "" },
	{ WIRE_CHAT, 422, "", WERR_INVALID, "" },
	{ WIRE_CHAT, 429, "{", WERR_RATE, "" },
	{ WIRE_CHAT, 502, "<html>", WERR_SERVER, "HTTP 502" },
	{ WIRE_CHAT, 503, "", WERR_OVERLOADED, "" },
	{ WIRE_CHAT, 302, "", WERR_STATUS, "HTTP 302" },
	{ WIRE_CHAT, 204, "", WERR_STATUS, "HTTP 204" },
	/* 200 and no answer of a model */
	{ WIRE_CHAT, 200, "", WERR_TRUNCATED, "" },
	{ WIRE_CHAT, 200, "<html>hello</html>", WERR_JSON, "" },
	{ WIRE_CHAT, 200, "[]", WERR_JSON, "object" },
	{ WIRE_CHAT, 200, "{}", WERR_ORDER, "not the answer" },
	{ WIRE_CHAT, 200, "{'choices':[]}", WERR_ORDER, "not the answer" },
	{ WIRE_ANTHROPIC, 200, "{}", WERR_ORDER, "not the answer" },
	{ WIRE_ANTHROPIC, 200, "{'type':'message','content':[", WERR_TRUNCATED,
	  "" },
	{ WIRE_CHAT, 200, "{'choices':[{'message':{'content':'\xe2\x82",
	  WERR_TRUNCATED, "" },
	{ WIRE_CHAT, 200, "{'choices':'\xe2\x82(','a':'bcdefghijkl'}",
	  WERR_UTF8, "" }
};

/* The last line, and nothing but it, is the error. */
static void
check(enum wire_id id, enum wire_mode mode, int status, const char *text,
    enum wire_err err, const char *says, size_t cut, struct buf *b)
{
	char		*in = wire_quote(text), want[64];
	const char	*out, *at;
	enum wire_err	 e;

	b->len = 0;
	e = wire_run(wire_get(id), mode, status, in, strlen(in), cut, b);
	assert_non_null(out = buf_str(b));
	snprintf(want, sizeof(want), "error %s ", wire_err_word(err));
	at = strstr(out, "error ");
	if (e != err || at == NULL || strncmp(at, want, strlen(want)) != 0 ||
	    strchr(at, '\n')[1] != '\0' || strstr(at, says) == NULL ||
	    strstr(at, wire_err_text(err)) == NULL)
		fail_msg("%s: %d: %s: cut behind %zu: %s", wire_name(wire_get(
		    id)), status, in, cut, out);
	free(in);
}

static void
bad_streams(void **state)
{
	const struct bad	*t;
	struct buf		 all = { 0 }, b = { 0 };
	size_t			 i, cut;

	(void)state;
	for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		t = &streams[i];
		check(t->wire, WIRE_STREAM, 200, t->in, t->err, t->says,
		    CUT_NONE, &all);
		for (cut = 0; cut <= strlen(t->in); cut++) {
			check(t->wire, WIRE_STREAM, 200, t->in, t->err,
			    t->says, cut < strlen(t->in) ? cut : CUT_EACH, &b);
			assert_string_equal(buf_str(&b), buf_str(&all));
		}
	}
	buf_free(&all);
	buf_free(&b);
}

static void
bad_answers(void **state)
{
	struct buf	 b = { 0 };
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		check(answers[i].wire, WIRE_WHOLE, answers[i].status,
		    answers[i].in, answers[i].err, answers[i].says, CUT_NONE,
		    &b);
		check(answers[i].wire, WIRE_WHOLE, answers[i].status,
		    answers[i].in, answers[i].err, answers[i].says, CUT_EACH,
		    &b);
		/* An error is no stream, whatever was asked for. */
		if (answers[i].status != 200)
			check(answers[i].wire, WIRE_STREAM, answers[i].status,
			    answers[i].in, answers[i].err, answers[i].says,
			    CUT_NONE, &b);
	}
	buf_free(&b);
}

struct seen {
	size_t		 events, ends;
	enum wire_err	 err;
	char		 text[256];
};

static void
see(void *arg, const struct wire_event *ev)
{
	struct seen	*s = arg;

	s->events++;
	if (ev->kind == WE_ERROR || ev->kind == WE_END) {
		s->ends++;
		s->err = ev->err;
		snprintf(s->text, sizeof(s->text), "%s", ev->text);
	}
}

/* Each way to be large: how it begins, what is sent again and again (%d
 * counts), and the limit that it meets. */
static const struct flood {
	const char	*what;
	enum wire_id	 wire;
	enum wire_mode	 mode;
	const char	*start, *again;
	enum wire_limit	 limit;
} floods[] = {
	{ "an endless line", WIRE_ANTHROPIC, WIRE_STREAM,
	  A_START "data: {'a':'", "%0500d", WLIM_LINE },
	{ "an endless event", WIRE_RESPONSES, WIRE_STREAM, R_START,
	  "data: %0500d\n", WLIM_EVENT },
	{ "endless text", WIRE_CHAT, WIRE_STREAM, "",
	  C("{'delta':{'content':'%08000d'}}"), WLIM_STREAM },
	{ "endless pings", WIRE_ANTHROPIC, WIRE_STREAM, A_START,
	  "event: ping\n: %08000d\n\n", WLIM_STREAM },
	{ "endless JSON", WIRE_CHAT, WIRE_WHOLE, "{'choices':[",
	  "%08000d,", WLIM_EVENT },
	{ "endless arguments", WIRE_ANTHROPIC, WIRE_STREAM, A_START A_TOOL,
	  A_DELTA("{'type':'input_json_delta','partial_json':'%08000d'}"),
	  WLIM_ARGS },
	{ "too many blocks", WIRE_ANTHROPIC, WIRE_STREAM, A_START,
	  DATA("{'type':'content_block_start','index':%d,'content_block':{"
	  "'type':'text'}}"), WLIM_BLOCKS },
	{ "too many unknown blocks", WIRE_ANTHROPIC, WIRE_STREAM, A_START,
	  DATA("{'type':'content_block_start','index':%d}"), WLIM_BLOCKS },
	{ "too many parts", WIRE_RESPONSES, WIRE_STREAM, R_START,
	  DATA("{'type':'response.output_text.delta','output_index':0,"
	  "'content_index':%d,'delta':'a'}"), WLIM_BLOCKS },
	{ "too many calls", WIRE_RESPONSES, WIRE_STREAM, R_START,
	  DATA("{'type':'response.output_item.added','output_index':%d,'item':{"
	  "'type':'function_call','call_id':'c%d','name':'n'}}"), WLIM_TOOLS },
	{ "too many calls", WIRE_CHAT, WIRE_STREAM, "",
	  C("{'delta':{'tool_calls':[{'function':{'name':'n%d'}}]}}"),
	  WLIM_TOOLS }
};

static void
flood(const struct flood *f)
{
	struct wire_parser	*wp;
	struct seen		 s = { 0 };
	char			*start = wire_quote(f->start);
	char			*again = wire_quote(f->again), piece[9000];
	size_t			 sum = 0;
	int			 i;

	wp = wire_open(wire_get(f->wire), f->mode, 200, see, &s);
	wire_feed(wp, start, strlen(start));
	for (i = 0; !wire_over(wp) && sum < 200UL * 1024 * 1024; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(piece, sizeof(piece), again, i, i);
#pragma GCC diagnostic pop
		wire_feed(wp, piece, strlen(piece));
		sum += strlen(piece);
	}
	snprintf(piece, sizeof(piece), "more than %zu %s",
	    wire_limit(f->limit), wire_limit_what(f->limit));
	if (s.ends != 1 || s.err != WERR_LIMIT ||
	    strstr(s.text, piece) == NULL)
		fail_msg("%s: %s", f->what, s.text);
	assert_int_equal(wire_finish(wp), WERR_LIMIT);
	assert_int_equal(s.ends, 1);
	wire_free(wp);
	free(start);
	free(again);
}

static void
floods_are_refused(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(floods) / sizeof(floods[0]); i++)
		flood(&floods[i]);
}

/* JSON that is small and costs much; the deepest and most that may be pass. */
static const struct {
	const char	*open, *again, *close;
	size_t		 n;
	enum wire_err	 err;
	const char	*says;
} costs[] = {
	{ "{\"a\":", "[", "", 100000, WERR_LIMIT, "levels" },
	{ "", "{\"a\":", "", 100000, WERR_LIMIT, "levels" },
	{ "{\"a\":", "[", "", 64, WERR_LIMIT, "levels" },
	{ "{\"a\":", "[", "", 63, WERR_JSON, "" },
	{ "{\"a\":[0", ",0", "]}", 1000000, WERR_LIMIT, "values" },
	{ "{\"a\":[0", ",0", "]}", 20000, WERR_LIMIT, "values" },
	{ "{\"a\":[0", ",0", "]}", 19990, WERR_TRUNCATED, "" },
	{ "{\"a\":\"\\\\", ",[\\\"", "\"}", 100000, WERR_TRUNCATED, "" }
};

static void
costly_json(void **state)
{
	struct buf	 in = { 0 }, out = { 0 };
	size_t		 i, k;

	(void)state;
	for (i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		in.len = out.len = 0;
		buf_printf(&in, "data: %s", costs[i].open);
		for (k = 0; k < costs[i].n; k++)
			buf_add(&in, costs[i].again, strlen(costs[i].again));
		buf_printf(&in, "%s\n\n", costs[i].close);
		assert_int_equal(wire_run(wire_get(WIRE_CHAT), WIRE_STREAM, 200,
		    (char *)in.data, in.len, CUT_NONE, &out), costs[i].err);
		assert_non_null(strstr(buf_str(&out), costs[i].says));
	}
	buf_free(&in);
	buf_free(&out);
}

/* A server's message is cut, and its body not read to the end. */
static void
long_errors(void **state)
{
	struct wire_parser	*wp;
	struct buf		 out = { 0 };
	char			 piece[4096];
	size_t			 i;

	(void)state;
	wp = wire_open(wire_get(WIRE_CHAT), WIRE_STREAM, 500, wire_log, &out);
	memset(piece, 'x', sizeof(piece));
	wire_feed(wp, "{\"error\":\"", 10);
	for (i = 0; i < 10; i++)
		wire_feed(wp, "\xc3\xa4", 2);
	wire_feed(wp, piece, sizeof(piece));
	wire_feed(wp, "\"}", 2);
	assert_int_equal(wire_finish(wp), WERR_SERVER);
	assert_non_null(strstr(buf_str(&out), "HTTP 500: \xc3\xa4\xc3\xa4"));
	assert_true(out.len < 1100);
	wire_free(wp);
	out.len = 0;
	wp = wire_open(wire_get(WIRE_CHAT), WIRE_WHOLE, 500, wire_log, &out);
	for (i = 0; i < 50000; i++)
		assert_int_equal(wire_feed(wp, piece, sizeof(piece)), WERR_OK);
	assert_int_equal(wire_finish(wp), WERR_SERVER);
	wire_free(wp);
	buf_free(&out);
}

/* Each error says what may help; a name may be as long as the limit. */
static void
remedies(void **state)
{
	int	 i;

	(void)state;
	for (i = WERR_OK + 1; i < WERR_MAX; i++)
		assert_true(*wire_err_text((enum wire_err)i) != '\0');
	assert_int_equal(wire_err_next(WERR_OVERLOADED), WIRE_AGAIN);
	assert_int_equal(wire_err_next(WERR_QUOTA), WIRE_NEVER);
	assert_int_equal(wire_err_next(WERR_OVERFLOW), WIRE_SHRINK);
	assert_int_equal(wire_err_next(WERR_ROOM), WIRE_LESS);
}

static void
long_names(void **state)
{
	struct buf	 in = { 0 }, out = { 0 };
	size_t		 k, n = wire_limit(WLIM_NAME);

	(void)state;
	for (k = 0; k < 2; k++, n++) {
		in.len = 0;
		buf_printf(&in, "data: {\"id\":\"%0*d\",\"choices\":[]}\n\n",
		    (int)n, 0);
		assert_int_equal(wire_run(wire_get(WIRE_CHAT), WIRE_STREAM, 200,
		    (char *)in.data, in.len, CUT_NONE, &out), k == 0 ?
		    WERR_TRUNCATED : WERR_LIMIT);
	}
	buf_free(&in);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_streams),
		cmocka_unit_test(bad_answers),
		cmocka_unit_test(floods_are_refused),
		cmocka_unit_test(costly_json),
		cmocka_unit_test(long_errors),
		cmocka_unit_test(long_names),
		cmocka_unit_test(remedies),
	};

	return (tap_run(tests));
}
