#!/usr/bin/python3
"""Git servers that misbehave, for tests/git_https_test.c and tests/sh/https.t.

git_server.py CERT KEY LOG relay PORT MODE
    TLS in front of a plain HTTP server on 127.0.0.1:PORT that is a good Git
    server, until MODE spoils it:
        good        nothing is spoilt
        fetch-die   closes in the middle of a pack that is fetched
        fetch-hang  says nothing more there
        push-die    closes in the middle of a pack that is pushed
        push-hang   reads nothing more there
        push-deaf   passes the push on and closes without its answer
        push-mute   passes the push on and keeps its answer for itself
git_server.py CERT KEY LOG evil
    Answers that no good server gives, chosen by the first part of the path.

The listening socket is standard input.  What clients send is appended to LOG.
"""
import hashlib

import socket
import ssl
import struct
import sys
import threading
import zlib

cert, key, logname, what = sys.argv[1:5]
MIDDLE = 40000


def log(data):
    with open(logname, "ab") as f:
        f.write(data)


def pkt(text):
    if isinstance(text, str):
        text = text.encode()
    return b"%04x" % (len(text) + 4) + text


# -- relay -----------------------------------------------------------------

def relay(conn):
    port, mode = int(sys.argv[5]), sys.argv[6]
    up = socket.create_connection(("127.0.0.1", port))
    state = {"post": False, "in": 0, "out": 0}
    service = b"git-upload-pack" if mode.startswith("fetch") \
        else b"git-receive-pack"

    def stop():
        for s in (conn, up):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def answers():
        while True:
            data = up.recv(16384)
            if not data:
                break
            if state["post"]:
                state["out"] += len(data)
                if mode == "push-deaf":
                    break
                if mode == "push-mute":
                    threading.Event().wait()
                if mode.startswith("fetch-") and state["out"] > MIDDLE:
                    if mode == "fetch-hang":
                        threading.Event().wait()
                    break
            conn.sendall(data)
        stop()

    threading.Thread(target=answers, daemon=True).start()
    try:
        while True:
            data = conn.recv(16384)
            if not data:
                break
            log(data)
            if b"POST " in data and b"/" + service + b" HTTP" in data and \
                    mode != "good":
                state["post"] = True
            if state["post"]:
                state["in"] += len(data)
                if mode in ("push-die", "push-hang") and \
                        state["in"] > MIDDLE:
                    if mode == "push-hang":
                        threading.Event().wait()
                    break
            up.sendall(data)
    except OSError:
        pass
    if mode != "push-deaf":
        stop()


# -- evil ------------------------------------------------------------------

ID = b"1" * 40
CAPS = b"multi_ack side-band-64k ofs-delta agent=evil/1"


def advert(ref=b"refs/heads/main", caps=CAPS):
    return pkt("# service=git-upload-pack\n") + b"0000" + \
        pkt(ID + b" " + ref + b"\0" + caps + b"\n") + b"0000"


def band(n, data):
    out = b""
    while data:
        out += pkt(bytes([n]) + data[:60000])
        data = data[60000:]
    return out


def obj(kind, size, data):
    """An object of a pack: its header, which may lie, and its bytes."""
    head, size = (kind << 4) | (size & 15), size >> 4
    out = b""
    while size:
        out += bytes([head | 128])
        head, size = size & 127, size >> 7
    return out + bytes([head]) + zlib.compress(data)


def size_of(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def pack(count, objects):
    data = b"PACK" + struct.pack(">II", 2, count) + b"".join(objects)
    return data + hashlib.sha1(data).digest()


def bomb():
    """A delta of a few bytes that says that it makes 2^45 bytes."""
    base = b"base\n"
    name = hashlib.sha1(b"blob %d\0" % len(base) + base).digest()
    delta = size_of(len(base)) + size_of(1 << 45) + b"\x91\x00\x05" * 10
    head, size = (7 << 4) | (len(delta) & 15), len(delta) >> 4
    out = bytes([head | 128, size]) if size else bytes([head])
    return pack(2, [obj(3, len(base), base),
                    out + name + zlib.compress(delta)])


def answer(path, post):
    """(status, content type, body) for a request."""
    case = path.split("/")[1]
    kind = "result" if post else "advertisement"
    ctype = "application/x-git-upload-pack-" + kind
    nak = pkt("NAK\n")
    if case in bad_adverts and not post:
        return 200, ctype, bad_adverts[case]
    if not post:
        return 200, ctype, advert()
    if case == "objects":
        return 200, ctype, nak + band(1, pack(0xf0000000, [])) + b"0000"
    if case == "bomb":
        return 200, ctype, nak + band(1, bomb()) + b"0000"
    if case == "liar":              # 2^40 bytes, says its header
        return 200, ctype, nak + band(1, pack(1, [
            obj(3, 1 << 40, b"x" * 1000)])) + b"0000"
    if case == "error":
        return 200, ctype, nak + band(2, b"\x1b[31mred\x1b[0m\rmore\n") + \
            band(3, b"\x1b]0;title\x07no\r\n") + b"0000"
    if case in bad_results:
        return 200, ctype, bad_results[case]
    return 200, ctype, nak + b"0000"


GOOD = pkt("# service=git-upload-pack\n") + b"0000"
bad_adverts = {
    "err": GOOD + pkt(b"ERR \x1b[2Jgo \raway\n") + b"0000",
    "short": GOOD + b"0003",
    "one": GOOD + b"0005\x01",
    "empty": GOOD + b"0004",
    "hex": GOOD + b"00g0" + b"x" * 100,
    "minus": GOOD + b"-001" + b"x" * 100,
    "long": GOOD + b"ffff" + b"x" * 70000,
    "cut": GOOD + b"00f0" + ID,
    "noid": GOOD + pkt(b"1" * 39) + b"0000",
    "noname": GOOD + pkt(ID) + b"0000",
    "space": GOOD + pkt(ID + b" ") + b"0000",
    "nl": GOOD + pkt(ID + b" \n") + b"0000",
    "caps": GOOD + pkt(ID + b" refs/heads/main\0symref=") + b"0000",
    "symref": GOOD + pkt(ID + b" HEAD\0symref=:\0 symref=a:b:c") + b"0000",
    "ng": GOOD + pkt("ng") + b"0000",
    "ng2": GOOD + pkt("ng x") + b"0000",
    "ng3": GOOD + pkt("ng x ") + b"0000",
    "ok": GOOD + pkt("ok") + b"0000",
    "ack": GOOD + pkt("ACK " + "1" * 39) + b"0000",
    "unpack": GOOD + pkt("unpack") + b"0000",
    "comment": pkt("#") + b"0000" + pkt("#") + b"0000",
    "nothing": b"",
    "dots": advert(ref=b"refs/heads/../../../../x"),
}
NAK = pkt("NAK\n")
bad_results = {
    "r-short": b"0001",
    "r-ack": pkt("ACK "),
    "r-ack2": pkt("ACK " + "1" * 40 + " x"),
    "r-band": NAK + pkt(b"\x01") + pkt(b"\x02") + pkt(b"\x03") + b"0000",
    "r-raw": NAK + b"PACK",
    "r-pack": NAK + band(1, b"PACK" + b"\xff" * 64) + b"0000",
    "r-sum": NAK + band(1, pack(1, [obj(3, 3, b"abc")])[:-1] + b"x") +
    b"0000",
    "r-none": NAK + band(1, pack(0, [])) + b"0000",
    "r-size": NAK + band(1, pack(1, [obj(3, 2, b"abcdef")])) + b"0000",
    "r-type": NAK + band(1, pack(1, [obj(5, 3, b"abc")])) + b"0000",
    "r-zip": NAK + band(1, pack(1, [b"\x33" + b"\0" * 40])) + b"0000",
}


def flood(conn, head):
    conn.sendall(head)
    i = 0
    while True:
        line = b"".join(pkt(ID + b" refs/heads/%s%d\n" % (b"x" * 200, i + k))
                        for k in range(1000))
        conn.sendall(b"%x\r\n" % len(line) + line + b"\r\n")
        i += 1000


def evil(conn):
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            more = conn.recv(16384)
            if not more:
                return
            data += more
        head, data = data.split(b"\r\n\r\n", 1)
        log(head + b"\r\n\r\n")
        words = head.split(b"\r\n")[0].decode().split()
        fields = dict(line.lower().split(b": ", 1)
                      for line in head.split(b"\r\n")[1:])
        size = int(fields.get(b"content-length", b"0"))
        while len(data) < size:
            data += conn.recv(16384)
        data = data[size:]
        path, case = words[1], words[1].split("/")[1]
        if case == "flood":
            flood(conn, b"HTTP/1.1 200 OK\r\nContent-Type: application/"
                  b"x-git-upload-pack-advertisement\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(GOOD) +
                  GOOD + b"\r\n")
        if case == "auth":
            conn.sendall(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic "
                         b"realm=\"x\"\r\nContent-Length: 0\r\n\r\n")
            continue
        if case == "to":            # /to/<where to>
            where = "/".join(path.split("/")[2:])
            conn.sendall(("HTTP/1.1 302 There\r\nLocation: %s\r\n"
                          "Content-Length: 0\r\n\r\n" % where).encode())
            continue
        status, ctype, body = answer(path, words[0] == "POST")
        conn.sendall(("HTTP/1.1 %d OK\r\nContent-Type: %s\r\n"
                      "Content-Length: %d\r\n\r\n" %
                      (status, ctype, len(body))).encode() + body)


def serve(raw):
    try:
        conn = context.wrap_socket(raw, server_side=True)
        (relay if what == "relay" else evil)(conn)
        conn.close()
    except OSError:
        raw.close()


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
listener = socket.socket(fileno=0)
while True:
    sock, _ = listener.accept()
    threading.Thread(target=serve, args=(sock,), daemon=True).start()
