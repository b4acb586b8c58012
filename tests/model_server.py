#!/usr/bin/python3 -I
"""A model server for tests, without a model: three wires over HTTP or TLS.

model_server.py LOG [SCRIPT [CERT KEY]]
    Listens on a port of 127.0.0.1, prints it, and ends with standard input.
    LOG gets a line for each request: its number, wire, behaviour and step.

What it does stands in the address, before the path of the wire:

    /BEHAVIOUR[:N]/RUN/v1/messages         anthropic-messages
    /BEHAVIOUR[:N]/RUN/v1/responses        openai-responses
    /BEHAVIOUR[:N]/RUN/v1/chat/completions openai-chat

With N only the first N requests of that RUN are treated so, the others `ok`.
BEHAVIOURS, below, has all of them.

What a model would say stands in SCRIPT: JSON, a list of answers, each with
"thinking", "text" and "calls" (a list of [name, arguments]), all optional. How
many messages with results a conversation has decides which answer is given:
a request that is sent again has the same answer. A request without tools gets
plain text, as side questions of agents do.

A request that a real server would refuse is answered with 400 and the reason.
"""
import http.server
import json
import ssl
import sys
import threading

SCRIPT = [
    {"thinking": "I should look first.", "text": "Let me look.",
     "calls": [["bash", {"command": "echo h\u00e9llo > hello.txt"}]]},
    {"text": "Done: hello.txt is there.\n"},
]
PARALLEL = {"calls": [["bash", {"command": "true"}], ["read", {"path": "a"}],
                      ["read", {"path": "b\u20ac"}]]}
SMALL = "The answer is \u20ac 42 \U0001f600."
MEGABYTE = b"a" * (1 << 20)
HUGE = 200


class Refused(Exception):
    """A request that is not what the wire wants."""


def want(truth, why):
    if not truth:
        raise Refused(why)


def matched(calls, results):
    want(sorted(calls) == sorted(results),
         "calls %s have results %s" % (sorted(calls), sorted(results)))


def sse(kind, data, **more):
    data = dict({"type": kind} if kind else {}, **data, **more)
    text = json.dumps(data, ensure_ascii=False)
    head = "event: %s\n" % kind if kind else ""
    return ("%sdata: %s\n\n" % (head, text)).encode()


def pieces(text, size):
    return [text[i:i + size] for i in range(0, len(text), size)]


class Anthropic:
    name = "anthropic-messages"

    @staticmethod
    def step(body):
        """Checks a request; how many messages with results it has."""
        want(body.get("max_tokens", 0) > 0, "max_tokens")
        calls, n = [], 0
        for m in body["messages"]:
            want(m["role"] in ("user", "assistant"), "role")
            want(m["content"], "an empty message")
            kinds = [b["type"] for b in m["content"]]
            results = [b["tool_use_id"] for b in m["content"]
                       if b["type"] == "tool_result"]
            want(kinds[:len(results)] == ["tool_result"] * len(results),
                 "results must come first")
            want(all(b["text"].strip() for b in m["content"]
                     if b["type"] == "text"), "a text that says nothing")
            matched(calls, results)
            calls = [b["id"] for b in m["content"] if b["type"] == "tool_use"]
            want(all(isinstance(b["input"], dict) for b in m["content"]
                     if b["type"] == "tool_use"), "input is no object")
            n += results != []
        matched(calls, [])
        want(all(isinstance(t["input_schema"], dict)
                 for t in body.get("tools", [])), "input_schema")
        return n

    @staticmethod
    def blocks(said, number):
        if said.get("thinking"):
            yield {"type": "thinking", "thinking": said["thinking"],
                   "signature": "c2lnbmVk"}
        if said.get("text"):
            yield {"type": "text", "text": said["text"]}
        for i, (name, args) in enumerate(said.get("calls", [])):
            yield {"type": "tool_use", "id": "toolu_%d_%d" % (number, i),
                   "name": name, "input": args}

    @staticmethod
    def message(said, number, content):
        stop = said.get("stop") or (
            "tool_use" if said.get("calls") else "end_turn")
        return {"id": "msg_%d" % number, "type": "message",
                "role": "assistant", "model": "test", "content": content,
                "stop_reason": stop, "stop_sequence": None,
                "usage": {"input_tokens": 100, "output_tokens": 20,
                          "cache_read_input_tokens": 50,
                          "cache_creation_input_tokens": 10}}

    def whole(self, said, number):
        return self.message(said, number, list(self.blocks(said, number)))

    def stream(self, said, number, size):
        m = self.message(said, number, [])
        end = {"stop_reason": m["stop_reason"], "stop_sequence": None}
        m["stop_reason"] = None
        yield sse("message_start", {"message": m})
        yield sse("ping", {})
        for i, block in enumerate(self.blocks(said, number)):
            deltas = []
            if block["type"] == "thinking":
                deltas = [{"type": "thinking_delta", "thinking": p}
                          for p in pieces(block["thinking"], size)]
                deltas.append({"type": "signature_delta",
                               "signature": block["signature"]})
                block = {"type": "thinking", "thinking": "", "signature": ""}
            elif block["type"] == "text":
                deltas = [{"type": "text_delta", "text": p}
                          for p in pieces(block["text"], size)]
                block = {"type": "text", "text": ""}
            else:
                args = json.dumps(block["input"], ensure_ascii=False)
                deltas = [{"type": "input_json_delta", "partial_json": p}
                          for p in [""] + pieces(args, size)]
                block["input"] = {}
            yield sse("content_block_start", {"index": i,
                                              "content_block": block})
            for d in deltas:
                yield sse("content_block_delta", {"index": i, "delta": d})
            yield sse("content_block_stop", {"index": i})
        yield sse("message_delta", {"delta": end,
                                    "usage": {"output_tokens": 20}})
        yield sse("message_stop", {})

    @staticmethod
    def error(kind, message):
        return {"type": "error", "error": {"type": kind, "message": message}}

    def error_event(self):
        return sse("error", self.error("overloaded_error", "Overloaded"))

    REFUSAL = {"stop": "refusal"}
    FULL = {"text": "cut", "stop": "model_context_window_exceeded"}


class Responses:
    name = "openai-responses"

    @staticmethod
    def step(body):
        want(body.get("store") is False, "store")
        calls, results, n, before = [], [], 0, ""
        for item in body["input"]:
            if item["type"] == "function_call":
                want(isinstance(json.loads(item["arguments"]), dict),
                     "arguments")
                calls.append(item["call_id"])
            elif item["type"] == "function_call_output":
                want(item["call_id"] in calls, "an output without a call")
                results.append(item["call_id"])
                n += before != item["type"]
            elif item["type"] == "message":
                want(all(c["text"] for c in item["content"]), "empty text")
            else:
                want(item["type"] == "reasoning", item["type"])
            before = item["type"]
        matched(calls, results)
        want(all(t["type"] == "function" for t in body.get("tools", [])),
             "a tool of the server")
        return n

    @staticmethod
    def items(said, number):
        if said.get("thinking"):
            yield {"id": "rs_%d" % number, "type": "reasoning",
                   "summary": [{"type": "summary_text",
                                "text": said["thinking"]}],
                   "encrypted_content": "c2VjcmV0"}
        if said.get("text") or said.get("refusal"):
            part = {"type": "refusal", "refusal": said["refusal"]} \
                if said.get("refusal") else \
                {"type": "output_text", "text": said["text"]}
            yield {"id": "msg_%d" % number, "type": "message",
                   "role": "assistant", "content": [part]}
        for i, (name, args) in enumerate(said.get("calls", [])):
            yield {"id": "fc_%d_%d" % (number, i), "type": "function_call",
                   "call_id": "call_%d_%d" % (number, i), "name": name,
                   "arguments": json.dumps(args, ensure_ascii=False)}

    @staticmethod
    def response(said, number, status, output):
        return {"id": "resp_%d" % number, "object": "response",
                "model": "test", "status": status, "output": output,
                "error": None, "incomplete_details": said.get("why"),
                "usage": None if status == "in_progress" else {
                    "input_tokens": 150, "output_tokens": 20,
                    "input_tokens_details": {"cached_tokens": 50},
                    "output_tokens_details": {"reasoning_tokens": 5}}}

    def whole(self, said, number):
        status = "incomplete" if said.get("why") else "completed"
        return self.response(said, number, status,
                             list(self.items(said, number)))

    def stream(self, said, number, size):
        last = self.whole(said, number)
        yield sse("response.created", {"response": self.response(
            said, number, "in_progress", [])})
        for i, item in enumerate(last["output"]):
            at = {"item_id": item["id"], "output_index": i}
            if item["type"] == "reasoning":
                kind, part = "response.reasoning_summary_text.delta", \
                    item["summary"][0]["text"]
                first = dict(item, summary=[], encrypted_content=None)
            elif item["type"] == "message":
                c = item["content"][0]
                kind, part = ("response.output_text.delta", c["text"]) \
                    if "text" in c else ("response.refusal.delta",
                                         c["refusal"])
                first = dict(item, content=[])
            else:
                kind, part = "response.function_call_arguments.delta", \
                    item["arguments"]
                first = dict(item, arguments="")
            yield sse("response.output_item.added", {"output_index": i,
                                                     "item": first})
            for p in pieces(part, size):
                yield sse(kind, at, delta=p, content_index=0)
            yield sse("response.output_item.done", {"output_index": i,
                                                    "item": item})
        yield sse("response." + last["status"], {"response": last})

    @staticmethod
    def error(kind, message):
        return {"error": {"type": kind, "code": kind, "message": message,
                          "param": None}}

    def error_event(self):
        failed = self.error("server_is_overloaded", "Overloaded")
        return sse("response.failed", {"response": dict(failed,
                                                        status="failed")})

    REFUSAL = {"refusal": "I cannot help with that."}
    FULL = {"text": "cut", "why": {"reason": "max_output_tokens"}}


class Chat:
    name = "openai-chat"

    @staticmethod
    def step(body):
        calls, results, n, before = [], [], 0, ""
        for m in body["messages"]:
            if m["role"] == "tool":
                results.append(m["tool_call_id"])
                n += before != "tool"
            else:
                matched(calls, results)
                calls = [c["id"] for c in m.get("tool_calls", [])]
                results = []
                want(m.get("content") or calls, "an empty message")
            for c in m.get("tool_calls", []):
                want(isinstance(json.loads(c["function"]["arguments"]), dict),
                     "arguments")
            before = m["role"]
        matched(calls, results)
        return n

    @staticmethod
    def message(said, number):
        m = {"role": "assistant", "content": said.get("text")}
        if said.get("thinking"):
            m["reasoning_content"] = said["thinking"]
        if said.get("refusal"):
            m["refusal"] = said["refusal"]
        if said.get("calls"):
            m["tool_calls"] = [
                {"index": i, "id": "call_%d_%d" % (number, i),
                 "type": "function", "function": {
                     "name": name,
                     "arguments": json.dumps(args, ensure_ascii=False)}}
                for i, (name, args) in enumerate(said["calls"])]
        return m

    @staticmethod
    def chunk(number, choices, **more):
        return dict({"id": "chatcmpl-%d" % number, "model": "test",
                     "choices": choices}, **more)

    @staticmethod
    def why(said):
        return said.get("why") or ("tool_calls" if said.get("calls")
                                   else "stop")

    USAGE = {"prompt_tokens": 150, "completion_tokens": 20,
             "prompt_tokens_details": {"cached_tokens": 50},
             "completion_tokens_details": {"reasoning_tokens": 5}}

    def whole(self, said, number):
        return self.chunk(number, [{
            "index": 0, "message": self.message(said, number),
            "finish_reason": self.why(said)}], usage=self.USAGE)

    def stream(self, said, number, size):
        m = self.message(said, number)
        for key in ("reasoning_content", "content", "refusal"):
            for p in pieces(m.get(key) or "", size):
                yield self.delta(number, {key: p})
        for c in m.get("tool_calls", []):
            args = c["function"].pop("arguments")
            yield self.delta(number, {"tool_calls": [
                dict(c, function=dict(c["function"], arguments=""))]})
            for p in pieces(args, size):
                yield self.delta(number, {"tool_calls": [
                    {"index": c["index"], "function": {"arguments": p}}]})
        yield sse(None, self.chunk(number, [{
            "index": 0, "delta": {}, "finish_reason": self.why(said)}]))
        yield sse(None, self.chunk(number, [], usage=self.USAGE))
        yield b"data: [DONE]\n\n"

    def delta(self, number, d):
        return sse(None, self.chunk(number, [{
            "index": 0, "delta": d, "finish_reason": None}]))

    error = staticmethod(Responses.error)

    def error_event(self):
        return sse(None, {"error": {"message": "Overloaded", "code": 503}})

    REFUSAL = {"refusal": "I cannot help with that."}
    FULL = {"text": "cut", "why": "model_context_window_exceeded"}


WIRES = {"/v1/messages": Anthropic(), "/v1/responses": Responses(),
         "/v1/chat/completions": Chat()}


# Behaviours: what is done with a request (h) and what the model says (said).

def ok(h, said):
    h.say(said)


def fragments(h, said):
    h.say(said, 1)


def parallel(h, said):
    h.say(PARALLEL if h.step == 0 else said)


def refusal(h, said):
    h.say(h.wire.REFUSAL)


def full(h, said):
    h.say(h.wire.FULL)


def error(h, said):
    h.send_events(h.events(said)[:4] + [h.wire.error_event()])


def cut(h, said):
    h.send_events(h.events(said)[:-2])


def midchar(h, said):
    data = b"".join(h.events({"text": SMALL}))
    h.send_events([data[:data.index("\u20ac".encode()) + 1]])


def notutf8(h, said):
    data = b"".join(h.events({"text": SMALL}))
    h.send_events([data.replace("\u20ac".encode(), b"\xe2\x82")])


def badjson(h, said):
    events = h.events(said)
    h.send_events(events[:2] + [b"data: {\"type\": \n\n"] + events[2:])


def garbage(h, said):
    h.reply(200, b"<html><body>It works!</body></html>", "text/html")


def silent(h, said):
    h.send_events(h.events(said)[:4])
    h.rfile.read(1)                     # until the client has enough


def hang(h, said):
    h.rfile.read(1)


def drop(h, said):
    h.close_connection = True


def hugeline(h, said):
    h.send_events([b"data: "] + [MEGABYTE] * HUGE)


def hugetext(h, said):
    event = h.wire.delta(1, {"content": "a" * 4000}) \
        if h.wire.name == "openai-chat" else b": " + b"a" * 4000 + b"\n\n"
    h.send_events(h.events(said)[:1] + [event * 256] * HUGE)


def status(code, kind, message, **headers):
    def behave(h, said):
        del said
        h.reply(code, json.dumps(h.wire.error(kind, message)).encode(),
                "application/json", headers)
    return behave


LONG = "prompt is too long: 213462 tokens > 200000 maximum"
BEHAVIOURS = {
    "ok": ok, "fragments": fragments, "parallel": parallel,
    "refusal": refusal, "full": full, "error": error, "cut": cut,
    "midchar": midchar, "notutf8": notutf8, "badjson": badjson,
    "garbage": garbage, "silent": silent, "hang": hang, "drop": drop,
    "hugeline": hugeline, "hugetext": hugetext,
    "overflow": status(400, "invalid_request_error", LONG),
    "auth": status(401, "authentication_error", "invalid x-api-key"),
    "limit": status(429, "rate_limit_error", "slow down"),
    "reset": status(429, "rate_limit_error", "slow down", retry_after="2"),
    "quota": status(429, "insufficient_quota", "no money left"),
    "overloaded": status(529, "overloaded_error", "Overloaded"),
    "failed": status(500, "api_error", "Internal server error"),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, code, body, kind, headers=None):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def events(self, said, size=7):
        return list(self.wire.stream(said, self.number, size))

    def send_events(self, events):
        """A stream without a length: its end is the end of the connection."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for e in events:
            self.wfile.write(e)
            self.wfile.flush()

    def say(self, said, size=7):
        if self.streams:
            self.send_events(self.events(said, size))
        else:
            self.reply(200, json.dumps(self.wire.whole(
                said, self.number)).encode(), "application/json")

    def do_HEAD(self):
        self.reply(200, b"", "text/plain")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        _, what, run, path = self.path.split("?")[0].split("/", 3)
        self.wire = WIRES.get("/" + path)
        what, _, most = what.partition(":")
        if self.wire is None or what not in BEHAVIOURS:
            self.reply(404, b"", "text/plain")
            return
        self.number, nth = self.server.count(run)
        if most and nth > int(most):
            what = "ok"
        try:
            request = json.loads(body)
            self.streams = request.get("stream", False)
            self.step = self.wire.step(request)
        except (Refused, ValueError, KeyError, TypeError) as e:
            self.reply(400, json.dumps(self.wire.error(
                "invalid_request_error", "test: %r" % e)).encode(),
                "application/json")
            return
        self.server.log("%d %s %s %d" % (self.number, self.wire.name, what,
                                         self.step))
        script = self.server.script
        said = script[min(self.step, len(script) - 1)]
        if not request.get("tools"):
            said = {"text": SMALL}
        BEHAVIOURS[what](self, said)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, logname, script):
        super().__init__(("127.0.0.1", 0), Handler)
        self.logname, self.script = logname, script
        self.lock, self.total, self.runs = threading.Lock(), 0, {}

    def count(self, run):
        """The number of this request, and of it in its run."""
        with self.lock:
            self.total += 1
            self.runs[run] = self.runs.get(run, 0) + 1
            return self.total, self.runs[run]

    def log(self, line):
        with self.lock, open(self.logname, "a", encoding="ascii") as f:
            f.write(line + "\n")

    def handle_error(self, request, client_address):
        pass                            # clients leave in the middle


def main():
    script = SCRIPT
    if len(sys.argv) > 2 and sys.argv[2]:
        with open(sys.argv[2], encoding="utf-8") as f:
            script = json.load(f)
    server = Server(sys.argv[1], script)
    if len(sys.argv) > 4:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


main()
