/*
 * Fuzzing of executor/wire*.c and request*.c: any bytes as an answer, of any
 * wire, streamed or not, with any status.  However it is cut it gives the same
 * events, in their order; and whatever a model says can be sent back to it, by
 * each of the wires.
 *
 * The first byte says which wire and mode, the second how it is cut.  G, H and
 * I make a stream of pieces that are right by themselves, one for each byte:
 * what bytes alone hardly ever find is every order of them.
 */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "common/rec.h"
#include "executor/talk.h"
#include "tests/fuzz/fuzz.h"
#include "tests/wire_rig.h"

#define PARTS	256		/* of an answer that are sent back */

/* In the texts ' stands for ". */
#define A(json)		"data: {'type':'" json "}\n\n"
#define C(json)		"data: {'id':'i','model':'m','choices':[{" json "}]}\n\n"

static const char *const	 seeds[] = {
	/* a, r, c: the wires, streamed; A, R, C: whole; x, y, z: errors */
	"a1" A("message_start','message':{'id':'i','model':'m','usage':{"
	    "'input_tokens':1,'cache_read_input_tokens':2}}")
	    A("content_block_start','index':0,'content_block':{'type':'text'}")
	    A("content_block_delta','index':0,'delta':{'type':'text_delta',"
	    "'text':'hi'}") A("content_block_stop','index':0")
	    A("message_delta','delta':{'stop_reason':'end_turn'},'usage':{"
	    "'output_tokens':5}") A("message_stop'"),
	"a7" A("message_start','message':{}")
	    A("content_block_start','index':0,'content_block':{"
	    "'type':'thinking','thinking':''}")
	    A("content_block_delta','index':0,'delta':{"
	    "'type':'signature_delta','signature':'s'}")
	    A("content_block_stop','index':0")
	    A("content_block_start','index':1,'content_block':{"
	    "'type':'tool_use','id':'t','name':'n','input':{}}")
	    A("content_block_delta','index':1,'delta':{"
	    "'type':'input_json_delta','partial_json':'{\\'a\\':1}'}")
	    A("content_block_stop','index':1")
	    A("message_delta','delta':{'stop_reason':'tool_use'}")
	    A("message_stop'"),
	"a0" A("error','error':{'type':'overloaded_error','message':'m'}"),
	"r2" A("response.created','response':{'id':'r'}")
	    A("response.output_text.delta','output_index':0,"
	    "'content_index':0,'delta':'hi'")
	    A("response.output_item.done','output_index':0,'item':{"
	    "'type':'message','content':[{'type':'output_text','text':'hi'}]}")
	    A("response.reasoning_summary_text.delta','output_index':1,"
	    "'delta':'hm'") A("response.output_item.done','output_index':1,"
	    "'item':{'type':'reasoning','encrypted_content':'e'}")
	    A("response.completed','response':{'usage':{'input_tokens':1}}"),
	"r5" A("response.created','response':{'id':'r'}")
	    A("response.output_item.added','output_index':0,'item':{"
	    "'type':'function_call','call_id':'c','name':'n'}")
	    A("response.function_call_arguments.delta','output_index':0,"
	    "'delta':'{}'") A("response.output_item.done','output_index':0,"
	    "'item':{'type':'function_call','arguments':'{}'}")
	    A("response.incomplete','response':{'incomplete_details':{"
	    "'reason':'max_output_tokens'}}"),
	"c3" C("'delta':{'reasoning_content':'hm','content':'hi'}")
	    C("'delta':{'refusal':'no'}") C("'delta':{},"
	    "'finish_reason':'stop'") "data: [DONE]\n\n",
	"c4" C("'delta':{'tool_calls':[{'index':0,'id':'x','function':{"
	    "'name':'n','arguments':'{'}},{'id':'y','function':{"
	    "'name':'n','arguments':{'a':1}}}]}")
	    C("'delta':{'tool_calls':[{'index':0,'function':{"
	    "'arguments':'}'}}]}") C("'finish_reason':'tool_calls'")
	    "data: {'choices':[],'usage':{'prompt_tokens':3,"
	    "'prompt_tokens_details':{'cached_tokens':1}}}\n\n",
	"c9data: {'error':{'message':'m','code':429}}\n\n",
	"A1{'id':'i','model':'m','content':[{'type':'tool_use','id':'t',"
	    "'name':'n','input':{'a':[]}}],'stop_reason':'tool_use'}",
	"R1{'status':'completed','output':[{'type':'message','content':[{"
	    "'type':'refusal','refusal':'no'}]}],'usage':{'output_tokens':1}}",
	"C1{'choices':[{'message':{'content':'\xc3\xa4\\u0000','tool_calls':[{"
	    "'function':{'name':'n','arguments':'[]'}}]},"
	    "'finish_reason':'length'}]}",
	"x1{'error':{'type':'invalid_request_error','message':"
	    "'prompt is too long: 9 tokens > 8 maximum'}}",
	"y1{'error':{'code':'insufficient_quota'}}",
	"z1<html>",
	/* pieces, by their numbers */
	"G1\x1a\x01\x08\x0f\x04\x0c\x0d\x10\x14\x13\x15",
	"H1\x18\x01\x05\x0a\x07\x08\x09\x0c\x0e\x0f\x11",
	"I1\x02\x03\x05\x06\x07\x08\x09\x0d\x0f\x12"
};

#define BLOCK(i, type)							\
	A("content_block_start','index':" i ",'content_block':{'type':" type "}")
#define DELTA(i, delta)							\
	A("content_block_delta','index':" i ",'delta':{'type':" delta "}")
#define ITEM(event, i, item)						\
	A("response.output_item." event "','output_index':" i ",'item':{"	\
	"'type':" item "}")

static const char *const	 anthropic_pieces[] = {
	A("message_start','message':{'id':'i','usage':{'input_tokens':1}}"),
	BLOCK("0", "'text','text':'a'"), BLOCK("0", "'thinking'"),
	BLOCK("0", "'tool_use','id':'t','name':'n','input':{'a':1}"),
	BLOCK("1", "'tool_use','id':'u','name':'n'"), BLOCK("1", "'other'"),
	BLOCK("1", "'redacted_thinking','data':'d'"), BLOCK("2", "'text'"),
	DELTA("0", "'text_delta','text':'b'"),
	DELTA("0", "'thinking_delta','thinking':'c'"),
	DELTA("0", "'signature_delta','signature':'s'"),
	DELTA("0", "'input_json_delta','partial_json':'{}'"),
	DELTA("1", "'input_json_delta','partial_json':'{'"),
	DELTA("1", "'input_json_delta','partial_json':'}'"),
	DELTA("2", "'text_delta','text':'e'"),
	A("content_block_stop','index':0"), A("content_block_stop','index':1"),
	A("content_block_stop','index':2"), A("ping'"),
	A("message_delta','delta':{'stop_reason':'end_turn'}"),
	A("message_delta','usage':{'output_tokens':2}"), A("message_stop'"),
	A("error','error':{'type':'api_error','message':'m'}"),
	"data: [DONE]\n\n", ": ping\n\n", "event: message_stop\ndata: {}\n\n"
};

static const char *const	 responses_pieces[] = {
	A("response.created','response':{'id':'i','model':'m'}"),
	A("response.output_text.delta','output_index':0,'delta':'a'"),
	A("response.output_text.delta','content_index':1,'delta':'b'"),
	A("response.refusal.delta','output_index':1,'delta':'no'"),
	A("response.reasoning_summary_part.added','output_index':1"),
	A("response.reasoning_summary_text.delta','output_index':1,"
	    "'delta':'c'"),
	A("response.reasoning_text.delta','output_index':1,'delta':'d'"),
	A("response.function_call_arguments.delta','output_index':2,"
	    "'delta':'{'"),
	A("response.function_call_arguments.delta','output_index':2,"
	    "'delta':'}'"),
	A("response.function_call_arguments.done','output_index':2,"
	    "'arguments':'{}'"),
	ITEM("added", "2", "'function_call','call_id':'c','name':'n'"),
	ITEM("added", "0", "'function_call','call_id':'d','name':'n'"),
	ITEM("done", "2", "'function_call','call_id':'c','name':'n',"
	    "'arguments':'{}'"),
	ITEM("done", "0", "'function_call','call_id':'d','name':'n'"),
	ITEM("done", "0", "'message','content':[{'type':'output_text',"
	    "'text':'a'},{'type':'refusal','refusal':'r'}]"),
	ITEM("done", "1", "'reasoning','summary':[{'text':'e'},{'text':'f'}],"
	    "'encrypted_content':'g'"), ITEM("done", "1", "'other'"),
	A("response.completed','response':{'usage':{'input_tokens':1}}"),
	A("response.incomplete','response':{}"),
	A("response.failed','response':{}"), A("error'"), A("x'"),
	"data: [DONE]\n\n", ": ping\n\n"
};

static const char *const	 chat_pieces[] = {
	C(""), C("'delta':{'role':'assistant','content':''}"),
	C("'delta':{'content':'a'}"), C("'delta':{'reasoning':'b'}"),
	C("'delta':{'reasoning_content':'c','refusal':'d'}"),
	C("'delta':{'tool_calls':[{'index':0,'id':'x','function':{'name':'n',"
	    "'arguments':'{'}}]}"),
	C("'delta':{'tool_calls':[{'index':0,'function':{'arguments':"
	    "'}'}}]}"),
	C("'delta':{'tool_calls':[{'index':1,'id':'y','function':{"
	    "'name':'n'}}]}"),
	C("'delta':{'tool_calls':[{'index':1,'id':'z','function':{"
	    "'arguments':{'a':1}}}]}"),
	C("'delta':{'tool_calls':[{'id':'call_1','function':{'name':'n'}}]}"),
	C("'delta':{'tool_calls':[{'function':{'name':'n','arguments':'7'}},"
	    "{'function':{'arguments':''}}]}"),
	C("'message':{'content':'e'},'finish_reason':'length'"),
	C("'finish_reason':'stop'"), C("'finish_reason':'tool_calls'"),
	C("'index':1,'delta':{'content':'other'}"),
	"data: {'choices':[],'usage':{'prompt_tokens':3,"
	    "'prompt_tokens_details':{'cached_tokens':9}}}\n\n",
	"data: {'error':{'code':502}}\n\n", "data: {'error':null}\n\n",
	"data: [DONE]\n\n", ": ping\n\n"
};

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static const struct {
	char			 letter;
	enum wire_id		 wire;
	const char *const	*pieces;
	size_t			 n;
} gens[] = {
	{ 'G', WIRE_ANTHROPIC, anthropic_pieces, NELEM(anthropic_pieces) },
	{ 'H', WIRE_RESPONSES, responses_pieces, NELEM(responses_pieces) },
	{ 'I', WIRE_CHAT, chat_pieces, NELEM(chat_pieces) }
};

static const struct {
	char		 letter;
	enum wire_id	 wire;
	enum wire_mode	 mode;
	int		 status;
} kinds[] = {
	{ 'a', WIRE_ANTHROPIC, WIRE_STREAM, 200 },
	{ 'r', WIRE_RESPONSES, WIRE_STREAM, 200 },
	{ 'c', WIRE_CHAT, WIRE_STREAM, 200 },
	{ 'A', WIRE_ANTHROPIC, WIRE_WHOLE, 200 },
	{ 'R', WIRE_RESPONSES, WIRE_WHOLE, 200 },
	{ 'C', WIRE_CHAT, WIRE_WHOLE, 200 },
	{ 'x', WIRE_ANTHROPIC, WIRE_WHOLE, 400 },
	{ 'y', WIRE_RESPONSES, WIRE_STREAM, 429 },
	{ 'z', WIRE_CHAT, WIRE_WHOLE, 502 }
};

#define NKINDS	NELEM(kinds)

/* What a reader of events goes by, checked; and the answer as parts. */
struct seen {
	const struct wire	*wire;
	int			 started, stopped, over;
	enum wire_err		 err;
	uint8_t			 open[1024], done[1024];	/* calls */
	struct talk_part	 parts[PARTS], results[PARTS];
	size_t			 nparts, nresults;
};

static char *
copy(const char *p, size_t n)
{
	char	*s = malloc(n + 1);

	FUZZ_ASSERT(s != NULL);
	memcpy(s, p, n);
	s[n] = '\0';
	return (s);
}

static const struct {
	enum wire_kind	 event;
	enum part_kind	 part;
} part_kinds[] = {
	{ WE_TEXT,	PART_TEXT },
	{ WE_REFUSAL,	PART_TEXT },
	{ WE_THINKING,	PART_THINKING },
	{ WE_REDACTED,	PART_REDACTED },
	{ WE_CALL,	PART_CALL }
};

static void
keep(struct seen *s, const struct wire_event *ev)
{
	struct talk_part	*p = &s->parts[s->nparts];
	size_t			 i;

	for (i = 0; i < NELEM(part_kinds); i++) {
		if (part_kinds[i].event != ev->kind || s->nparts == PARTS)
			continue;
		s->nparts++;
		p->kind = part_kinds[i].part;
		p->text = copy(ev->text, ev->n);
		p->n = ev->n;
		p->signature = "s";
		p->from = s->wire;
		p->id = copy(ev->id, strlen(ev->id));
		p->name = copy(ev->name, strlen(ev->name));
		if (ev->kind != WE_CALL && ev->kind != WE_TEXT)
			continue;
		/* The user has a result, or says the same. */
		s->results[s->nresults] = *p;
		s->results[s->nresults++].kind = ev->kind == WE_CALL ?
		    PART_RESULT : PART_TEXT;
	}
}

static void
check_text(const char *p, size_t n)
{
	size_t	 i;

	FUZZ_ASSERT(p[n] == '\0');
	for (i = 0; i < n; i += strlen(p + i) + 1)
		FUZZ_ASSERT(utf8_valid(p + i, strlen(p + i)));
}

/* A call's text is an object, if it is not said to be none. */
static void
check_call(const struct wire_event *ev)
{
	json_t	*o;

	if (ev->err != WERR_OK) {
		FUZZ_ASSERT(ev->err == WERR_ARGS);
		return;
	}
	o = json_loadb(ev->text, ev->n, 0, NULL);
	FUZZ_ASSERT(json_is_object(o));
	json_decref(o);
}

static void
check_block(struct seen *s, const struct wire_event *ev)
{
	FUZZ_ASSERT(s->started && !s->stopped);
	FUZZ_ASSERT(ev->block < wire_limit(WLIM_BLOCKS));
	FUZZ_ASSERT(ev->n > 0 || ev->kind == WE_TOOL);
	if (ev->kind == WE_TOOL)
		FUZZ_ASSERT(s->open[ev->block]++ == 0);
	if (ev->kind == WE_ARGS || ev->kind == WE_CALL)
		FUZZ_ASSERT(s->open[ev->block] == 1 &&
		    s->done[ev->block] == 0);
	if (ev->kind == WE_TOOL || ev->kind == WE_CALL)
		FUZZ_ASSERT(*ev->id != '\0' && *ev->name != '\0');
	if (ev->kind == WE_CALL) {
		s->done[ev->block] = 1;
		check_call(ev);
	}
}

static void
see(void *arg, const struct wire_event *ev)
{
	struct seen	*s = arg;

	FUZZ_ASSERT(!s->over && ev->kind > WE_NONE && ev->kind < WE_MAX);
	check_text(ev->text, ev->n);
	if (ev->kind == WE_START)
		FUZZ_ASSERT(s->started++ == 0);
	else if (ev->kind < WE_USAGE)
		check_block(s, ev);
	else if (ev->kind == WE_STOP)
		FUZZ_ASSERT(s->started && s->stopped++ == 0 &&
		    ev->stop > WS_NONE && ev->stop < WS_MAX);
	else if (ev->kind == WE_END)
		FUZZ_ASSERT(s->stopped);
	if (ev->kind == WE_ERROR)
		FUZZ_ASSERT(ev->err > WERR_OK && ev->err < WERR_MAX);
	s->over = ev->kind == WE_END || ev->kind == WE_ERROR;
	s->err = s->over ? ev->err : s->err;
	keep(s, ev);
}

/* Every call of an answer was ended before it. */
static void
check_end(const struct seen *s, enum wire_err e)
{
	FUZZ_ASSERT(s->over && e == s->err);
	if (e == WERR_OK)
		FUZZ_ASSERT(memcmp(s->open, s->done, sizeof(s->open)) == 0);
}

static void
send_back(const struct seen *s)
{
	struct talk_message	 m[2] = {
		{ TALK_MODEL, s->parts, s->nparts },
		{ TALK_USER, s->results, s->nresults }
	};
	struct talk		 t = { .model = "m", .messages = m,
				    .nmessages = 2, .stream = 1, .cache = 1 };
	struct buf		 b = { 0 };
	char			 why[256];
	json_t			*o;
	int			 i;

	for (i = 0; i < WIRE_MAX; i++) {
		b.len = 0;
		FUZZ_ASSERT(wire_compose(wire_get((enum wire_id)i), &t, &b,
		    why, sizeof(why)) == 0);
		o = json_loadb((char *)b.data, b.len,
		    JSON_REJECT_DUPLICATES, NULL);
		FUZZ_ASSERT(json_is_object(o));
		json_decref(o);
	}
	buf_free(&b);
}

static void
seen_free(struct seen *s)
{
	size_t	 i;

	for (i = 0; i < s->nparts; i++) {
		free((void *)(uintptr_t)s->parts[i].text);
		free((void *)(uintptr_t)s->parts[i].id);
		free((void *)(uintptr_t)s->parts[i].name);
	}
	free(s);
}

static void
once(size_t kind, const uint8_t *p, size_t n)
{
	const struct wire	*w = wire_get(kinds[kind].wire);
	struct wire_parser	*wp;
	struct seen		*s = calloc(1, sizeof(*s));

	FUZZ_ASSERT(s != NULL);
	s->wire = w;
	wp = wire_open(w, kinds[kind].mode, kinds[kind].status, see, s);
	FUZZ_ASSERT(wp != NULL);
	wire_feed(wp, p, n);
	check_end(s, wire_finish(wp));
	FUZZ_ASSERT(wire_finish(wp) == s->err && wire_over(wp));
	wire_free(wp);
	send_back(s);
	seen_free(s);
}

static void
run(size_t kind, const char *p, size_t n, size_t cut, struct buf *out)
{
	enum wire_err	 e;

	out->len = 0;
	e = wire_run(wire_get(kinds[kind].wire), kinds[kind].mode,
	    kinds[kind].status, p, n, cut, out);
	FUZZ_ASSERT(kinds[kind].status == 200 || e != WERR_OK);
}

static void
check(size_t kind, uint8_t cut, const uint8_t *p, size_t n)
{
	struct buf	 a = { 0 }, b = { 0 };
	size_t		 cuts[2] = { CUT_EACH, n * cut / 256 }, i;

	once(kind, p, n);
	run(kind, (const char *)p, n, CUT_NONE, &a);
	for (i = 0; i < 2; i++) {
		run(kind, (const char *)p, n, cuts[i], &b);
		FUZZ_ASSERT(a.len == b.len &&
		    memcmp(a.data, b.data, a.len) == 0);
	}
	buf_free(&a);
	buf_free(&b);
}

/* A stream of pieces; 0 if the letter stands for none. */
static int
generated(const uint8_t *data, size_t size)
{
	struct buf	 b = { 0 };
	size_t		 g, i;
	char		*s;

	for (g = 0; g < NELEM(gens) && gens[g].letter != data[0]; g++)
		;
	if (g == NELEM(gens))
		return (0);
	for (i = 2; i < size && i < 66; i++) {
		s = wire_quote(gens[g].pieces[data[i] % gens[g].n]);
		FUZZ_ASSERT(buf_add(&b, s, strlen(s)) == 0);
		free(s);
	}
	/* The streams are the first kinds, in the order of the wires. */
	check(gens[g].wire, data[1], b.data, b.len);
	buf_free(&b);
	return (1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t	 kind;

	if (size < 2 || generated(data, size))
		return (0);
	for (kind = 0; kind < NKINDS && kinds[kind].letter != data[0]; kind++)
		;
	check(kind == NKINDS ? data[0] % NKINDS : kind, data[1], data + 2,
	    size - 2);
	return (0);
}

size_t
fuzz_seed(size_t i, uint8_t *out, size_t size)
{
	char	*s;
	size_t	 n;

	if (i >= NELEM(seeds))
		return (0);
	s = wire_quote(seeds[i]);
	n = strlen(s);
	FUZZ_ASSERT(n <= size);
	memcpy(out, s, n);
	free(s);
	return (n);
}
