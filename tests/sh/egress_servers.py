#!/usr/bin/python3 -I
"""Servers for egress.t: `http LOG PORT...` and `dns LOG ADDRESS PORT`.

Each prints "ready" when it listens, logs a line for each request, and ends
with its standard input.
"""
import http.server
import os
import socket
import socketserver
import struct
import sys
import threading

ZEROS = bytes(1 << 20)


def log(path, line):
    with open(path, "a", encoding="ascii", errors="backslashreplace") as f:
        f.write(line + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    logfile = None

    def answer(self, body, code=200):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_one_request(self):
        super().handle_one_request()
        if getattr(self, "path", "").startswith("/first"):
            self.close_connection = False       # whatever it was told
        if getattr(self, "raw_requestline", b""):
            here = self.connection.getsockname()
            log(self.logfile, "%s %s at %s:%d" % (
                self.requestline, self.headers.get("Host"), here[0], here[1]))

    def do_GET(self):
        part = self.path.split("/")
        if part[1] == "big":
            self.send_response(200)
            self.send_header("Content-Length", str(int(part[2]) << 20))
            self.end_headers()
            for _ in range(int(part[2])):
                self.wfile.write(ZEROS)
        elif part[1] == "headers":
            self.answer(bytes(str(self.headers), "latin-1"))
        elif part[1] == "gate":         # "open" once that file is there
            gate = os.path.join(os.path.dirname(self.logfile), "gate")
            self.answer(b"open" if os.path.exists(gate) else b"shut")
        elif part[1] == "hang":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hanging\n")
            self.wfile.flush()
            self.connection.recv(1)     # until the other side closes
            log(self.logfile, "hang over")
        else:
            self.answer(b"hello from the server\n")

    def do_POST(self):
        n = 0
        if self.headers.get("Transfer-Encoding") == "chunked":
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                n += len(self.rfile.read(size))
                self.rfile.readline()
                if size == 0:
                    break
        else:
            left = int(self.headers.get("Content-Length", 0))
            while left > 0:
                got = len(self.rfile.read(min(left, 1 << 16)))
                n += got
                left -= got
        self.answer(b"%d bytes\n" % n)

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        pass


class Server6(Server):
    address_family = socket.AF_INET6


def serve_http(path, ports):
    Handler.logfile = path
    for port in ports:
        servers = [Server(("0.0.0.0", port), Handler, False)]
        six = Server6(("::", port), Handler, False)
        six.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for s in servers + [six]:
            s.server_bind()
            s.server_activate()
            threading.Thread(target=s.serve_forever, daemon=True).start()


A, AAAA = 1, 28
GOOD, OTHER, GOOD6 = "93.184.216.34", "93.184.216.35", "2600:1::34"
NAMES = {
    "ok.example": [GOOD], "six.example": [GOOD6],
    "both.example": [GOOD6, GOOD], "two.bad.example": ["10.9.9.9", GOOD],
    "wild.example": [GOOD], "a.wild.example": [GOOD],
    "a.b.wild.example": [GOOD], "awild.example": [GOOD],
    "ok.example.evil.example": [OTHER], "evilok.example": [OTHER],
    "evil.example": [OTHER], "local.example": ["127.0.0.1"],
    "none.bad.example": [],
    # an allowed name that leads where it must not
    "zero.bad.example": ["0.0.0.0"], "lo.bad.example": ["127.0.0.1"],
    "lo2.bad.example": ["127.8.8.8"], "p10.bad.example": ["10.9.9.9"],
    "p172.bad.example": ["172.16.0.9"], "p192.bad.example": ["192.168.9.9"],
    "ll.bad.example": ["169.254.169.254"],
    "cgn.bad.example": ["100.100.100.200"],
    "bench.bad.example": ["198.18.0.9"], "mc.bad.example": ["224.0.0.1"],
    "bc.bad.example": ["255.255.255.255"], "own.bad.example": ["93.184.216.1"],
    "own6.bad.example": ["2600:1::1"], "lo6.bad.example": ["::1"],
    "mapped.bad.example": ["::ffff:127.0.0.1"],
    "compat.bad.example": ["::127.0.0.1"],
    "nat64.bad.example": ["64:ff9b::7f00:1"],
    "sixtofour.bad.example": ["2002:7f00:1::1"],
    "ula.bad.example": ["fd00:ec2::254"], "ll6.bad.example": ["fe80::1"],
}
# One answer, and another when asked again.
TURNS = {"rebind.bad.example": [[GOOD], ["10.9.9.9"]]}


def addresses(name, qtype):
    if name in TURNS:
        turns = TURNS[name]
        found = turns[0]
        if qtype == A and len(turns) > 1:
            turns.pop(0)
    elif name in NAMES:
        found = NAMES[name]
    else:
        return None
    return [a for a in found if (":" in a) == (qtype == AAAA)]


def dns_answer(path, packet):
    ident, flags, count = struct.unpack(">HHH", packet[:6])
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]])
        at += 1 + packet[at]
    qtype = struct.unpack(">H", packet[at + 1:at + 3])[0]
    name = b".".join(labels).decode("latin-1").lower()
    log(path, "%s %s" % ({A: "A", AAAA: "AAAA"}.get(qtype, qtype), name))
    if name == "silent.bad.example":
        return None
    found = addresses(name, qtype)
    head = struct.pack(">HHHHHH", ident, 0x8180 | (3 if found is None else 0),
                       1, len(found or []), 0, 0)
    body = packet[12:at + 5]
    for a in found or []:
        raw = socket.inet_pton(
            socket.AF_INET6 if qtype == AAAA else socket.AF_INET, a)
        body += struct.pack(">HHHIH", 0xc00c, qtype, 1, 0, len(raw)) + raw
    return head + body


def serve_dns(path, address, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, port))

    def loop():
        while True:
            packet, peer = s.recvfrom(4096)
            answer = dns_answer(path, packet)
            if answer is not None:
                s.sendto(answer, peer)
    threading.Thread(target=loop, daemon=True).start()


if sys.argv[1] == "http":
    serve_http(sys.argv[2], [int(p) for p in sys.argv[3:]])
else:
    serve_dns(sys.argv[2], sys.argv[3], int(sys.argv[4]))
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
