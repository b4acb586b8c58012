#!/bin/bash
# egress.t: what a session may reach, and nothing else.  Failures that it
# names: a way out beside the proxy, a name or address that passes for an
# allowed one, an allowed name that leads into a private network, a refusal
# that does not say which rule is missing, traffic that is not on record.
. "$(dirname "$0")/egress-lib.sh"

mkdir "$T/web" "$T/none"
echo none > "$T/none/f"
# Each line of a file: the status that is wanted, a name, and a request: a
# target of CONNECT, or after "raw" a string with escapes.
cat > "$T/web/ask.py" <<'X'
import socket, sys

def ask(request):
    s = socket.create_connection(("127.0.0.1", 3128), timeout=60)
    s.sendall(request)
    got = b""
    while b"\r\n" not in got:
        piece = s.recv(4096)
        if not piece:
            return "closed", got
        got += piece
    if len(got.split(b" ")) > 1 and got.split(b" ")[1] != b"200":
        while True:
            piece = s.recv(4096)
            if not piece:
                break
            got += piece
    return got.split(b" ")[1].decode(), got

n = bad = 0
for line in open(sys.argv[1], encoding="ascii"):
    want, name, request = line.rstrip("\n").split(" ", 2)
    if request.startswith("raw "):
        raw = request[4:].encode("ascii").decode("unicode_escape")
        raw = raw.encode("latin-1")
    else:
        raw = ("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" %
               (request, request)).encode("latin-1")
    got, text = ask(raw)
    n += 1
    if got != want:
        bad += 1
        print("%s: %s, not %s: %r" % (name, got, want, text))
print("%d cases, %d wrong" % (n, bad))
X
start_daemon "sessions max 3
egress resolver \"127.0.0.1:5353\"
egress allow \"ok.example:8080\" \"six.example:8080\" \"both.example:8080\" on \"web\"
egress allow \"*.wild.example:8080\" \"*.bad.example:8080\" on \"we*\"
egress allow \"$OTHER:8080\" \"127.0.0.1:9090\" \"local.example:9090\" on web"
ok $? "praetord starts in $MODE mode"
cd "$T" || exit 1
project web
project none

# -- what is allowed
run web 'curl -sS http://ok.example:8080/hello; curl -sSp http://ok.example:8080/hello
curl -sS http://six.example:8080/hello; curl -sS http://both.example:8080/hello
curl -sS http://'$OTHER':8080/hello; curl -sS --noproxy "" http://127.0.0.1:9090/hello
curl -sS http://local.example:9090/hello'
is "$out" "$(yes "hello from the server" | head -7)" \
    "allowed names and addresses are reached, by CONNECT and plainly"
run web 'curl -sS --data-binary @/usr/bin/env http://ok.example:8080/x; stat -Lc "%s bytes" /usr/bin/env
curl -sS -T /usr/bin/env -H "Transfer-Encoding: chunked" -X POST http://ok.example:8080/x
curl -sS -H "Connection: x-mine" -H "X-Mine: 1" -H "X-Yours: 2" http://ok.example:8080/headers'
size=$(stat -Lc %s /usr/bin/env)
is "$(printf '%s\n' "$out" | head -3)" "$(yes "$size bytes" | head -3)" \
    "a body arrives whole, by length and in chunks"
like "$out" '^X-Yours: 2' "headers are passed on"
like "$out" '^Host: ok.example:8080' "with the host that was asked for"
is "$(printf '%s\n' "$out" | grep -ciE '^(x-mine|proxy-connection|keep-alive):')" 0 \
    "but none of one hop"
like "$(env -u http_proxy curl -sS "http://$GOOD:8080/hello")" hello "(the servers are there)"

# -- no way but the proxy
cat > "$T/f01.py" <<X
import socket
def attempt(name, fn):
    try:
        print(name, fn())
    except OSError as e:
        print(name, "refused", e.errno)
def tcp(family, a):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.settimeout(10)
    s.connect((a, 8080))
    return "CONNECTED"
def udp(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("$GOOD", port))
    s.send(b"x")
    return "SENT"
attempt("tcp4", lambda: tcp(socket.AF_INET, "$GOOD"))
attempt("tcp6", lambda: tcp(socket.AF_INET6, "2600:1::34"))
attempt("meta", lambda: tcp(socket.AF_INET, "169.254.169.254"))
attempt("dns", lambda: udp(53))
attempt("quic", lambda: udp(443))
attempt("icmp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1) and "OPEN")
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1) and "OPEN")
attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW, 0) and "OPEN")
attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM) and "OPEN")
attempt("lookup", lambda: socket.getaddrinfo("ok.example", 80))
X
control=$($PY -I "$T/f01.py")
run web "cat > f01.py <<'Y'
$(cat "$T/f01.py")
Y
python3 -I f01.py; curl -sS --noproxy '*' http://$GOOD:8080/ || echo curl \$?"
like "$control" 'tcp4 CONNECTED' "(outside: TCP connects)"
like "$control" 'tcp6 CONNECTED' "(outside: over IPv6 as well)"
like "$control" 'meta CONNECTED' "(outside: to the metadata address)"
like "$control" 'quic SENT' "(outside: UDP is sent)"
is "$(printf '%s\n' "$out" | grep -c ' refused ')" 10 \
    "inside: no TCP, UDP, ICMP, raw, packet or vsock socket leads out, no name is looked up"
like "$out" 'curl 7' "nor does a program that ignores the proxy get out"

# -- names, addresses and how they are written
big=$(head -c 256 /dev/zero | tr '\0' a)
{
	cat <<X
200 plain ok.example:8080
200 upper-case OK.Example:8080
200 dot ok.example.:8080
403 other-name evil.example:8080
403 suffix ok.example.evil.example:8080
403 prefix evilok.example:8080
403 port-22 ok.example:22
403 port-25 ok.example:25
403 port-6379 ok.example:6379
403 port-8443 ok.example:8443
403 address-of-it $GOOD:8080
403 wild-itself wild.example:8080
200 wild-one a.wild.example:8080
200 wild-two a.b.wild.example:8080
403 wild-glued awild.example:8080
200 literal $OTHER:8080
403 literal-port $OTHER:8443
403 punycode xn--ok-xka.example:8080
400 nul raw CONNECT evil.example\\x00.ok.example:8080 HTTP/1.1\\r\\nHost: ok.example:8080\\r\\n\\r\\n
400 nul-behind raw CONNECT ok.example\\x00:8080 HTTP/1.1\\r\\n\\r\\n
400 percent ok%2eexample:8080
400 userinfo ok.example@evil.example:8080
400 userinfo-port ok.example:8080@evil.example:8080
400 userinfo-url raw GET http://ok.example:8080@evil.example:8080/ HTTP/1.1\\r\\nHost: ok.example:8080\\r\\n\\r\\n
400 crlf raw CONNECT ok.example\\r\\n:8080 HTTP/1.1\\r\\n\\r\\n
400 newline raw CONNECT evil.example:8080\\nok.example:8080 HTTP/1.1\\r\\n\\r\\n
400 blank raw CONNECT ok.example :8080 HTTP/1.1\\r\\n\\r\\n
400 utf8 raw CONNECT ok\\xe3\\x80\\x82example:8080 HTTP/1.1\\r\\n\\r\\n
400 long $big.example:8080
400 no-port ok.example
400 port-zero ok.example:0
400 port-big ok.example:73616
400 empty :8080
400 decimal 1572395043:8080
400 hex 0x5db8d823:8080
400 octal 0135.0270.0330.043:8080
400 short 93.184.55331:8080
400 zeros 093.184.216.035:8080
400 zone [2600:1::34%25far]:8080
400 zone-plain [2600:1::34%far]:8080
403 mapped-literal [::ffff:$OTHER]:8080
403 metadata 169.254.169.254:8080
403 metadata-cgn 100.100.100.200:8080
403 metadata-ula [fd00:ec2::254]:8080
403 loopback 127.0.0.1:8080
403 loopback6 [::1]:8080
400 host-header raw CONNECT ok.example:8080 HTTP/1.1\\r\\nHost: evil.example:8080\\r\\n\\r\\n
400 host-port raw CONNECT ok.example:8080 HTTP/1.1\\r\\nHost: ok.example:22\\r\\n\\r\\n
400 host-plain raw GET http://ok.example:8080/ HTTP/1.1\\r\\nHost: evil.example:8080\\r\\n\\r\\n
400 host-twice raw GET http://ok.example:8080/ HTTP/1.1\\r\\nHost: ok.example:8080\\r\\nHost: evil.example\\r\\n\\r\\n
400 no-host raw GET http://ok.example:8080/ HTTP/1.1\\r\\n\\r\\n
400 origin-form raw GET / HTTP/1.1\\r\\nHost: ok.example:8080\\r\\n\\r\\n
400 https-form raw GET https://ok.example:8080/ HTTP/1.1\\r\\nHost: ok.example:8080\\r\\n\\r\\n
400 http2 raw PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n
400 smuggle raw POST http://ok.example:8080/ HTTP/1.1\\r\\nHost: ok.example:8080\\r\\nContent-Length: 3\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n
200 two-answers two.bad.example:8080
502 no-answer none.bad.example:8080
502 no-name nowhere.bad.example:8080
X
	for n in zero lo lo2 p10 p172 p192 ll cgn bench mc bc own own6 lo6 \
	    mapped compat nat64 sixtofour ula ll6; do
		echo "403 leads-to-$n $n.bad.example:8080"
	done
} > "$T/cases"
: > "$T/http.log"
run web "cat > cases <<'Y'
$(cat "$T/cases")
Y
python3 -I ask.py cases"
is "$out" "$(wc -l < "$T/cases") cases, 0 wrong" "every way to write a host is the right one or refused"
for a in $PRIVATE "[$PRIVATE6]"; do
	curl -sS -m 10 "http://$a:8080/hello" | grep -q hello
	ok $? "(a server is at $a)"
done
like "$(curl -sS -m 10 "http://127.8.8.8:8080/")$(curl -sS -m 10 "http://[::1]:8080/")" \
    'hello.*hello|hello' "(and at loopback)"
is "$(grep -vE " at ($GOOD|$OTHER|2600:1::34|10\.|172\.|192\.|169\.|100\.|198\.|fd00)" "$T/http.log" | grep -c .)" 0 \
    "(the log of the server is read)"

# -- the answer says what to do, and nothing is asked of a name server for it
: > "$T/dns.log"
run web 'curl -sS http://evil.example:8080/; curl -sS http://lo.bad.example:8080/'
like "$out" 'egress allow "evil.example:8080" on "web"' "a refusal names the rule that is missing"
is "$(grep -c evil "$T/dns.log")" 0 "a name without a rule is not looked up"
like "$out" 'lo.bad.example leads to 127.0.0.1, which is loopback.*egress allow "127.0.0.1:8080"' \
    "one that leads to a private address says where"

# -- one lookup a connection, and what was checked is dialled
: > "$T/dns.log"; : > "$T/http.log"
run web 'curl -sS http://rebind.bad.example:8080/hello; curl -sS http://rebind.bad.example:8080/hello'
like "$out" '^hello from the server' "a name that changes: the first answer is used"
like "$out" 'rebind.bad.example leads to 10.9.9.9, which is private' "the second is checked as well"
is "$(grep -c '^A rebind' "$T/dns.log")" 2 "one lookup for each connection"
is "$(grep -c ' at 10.9.9.9' "$T/http.log")" 0 "nothing went to the private address"
run web 'curl -sS http://two.bad.example:8080/hello'
is "$(grep -c " at $GOOD" "$T/http.log") $(grep -c ' at 10' "$T/http.log")" "2 0" \
    "of two addresses the public one is dialled"

# -- inside a tunnel it is one server only; a plain connection is one request
: > "$T/http.log"
cat > "$T/f08.py" <<'X'
import socket
def talk(*pieces):
    s = socket.create_connection(("127.0.0.1", 3128), timeout=60)
    got = b""
    for p in pieces:
        s.sendall(p)
    s.shutdown(socket.SHUT_WR)
    while True:
        b = s.recv(65536)
        if not b:
            return got
        got += b
got = talk(b"CONNECT ok.example:8080 HTTP/1.1\r\nHost: ok.example:8080\r\n\r\n",
    b"GET /tunnel HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
print("tunnel", got.count(b"HTTP/1.1 200"))
got = talk(b"GET http://ok.example:8080/first HTTP/1.1\r\nHost: ok.example:8080\r\n\r\n"
    b"GET http://ok.example:8080/second HTTP/1.1\r\nHost: evil.example\r\n\r\n")
print("pipeline", got.count(b"HTTP/1.1 200"))
X
run web "python3 -I - <<'Y'
$(cat "$T/f08.py")
Y"
is "$out" "tunnel 2
pipeline 1" "one request a connection; a tunnel ends at the server it named"
is "$(grep -c "tunnel HTTP/1.1 evil.example at $GOOD:8080" "$T/http.log") $(grep -c second "$T/http.log")" \
    "1 0" "whatever a Host header in it says; a second request is not passed on"

# -- a hello for another name at the same address
cat > "$T/sni.py" <<'X'
import socket, ssl
def hello(name):
    out = ssl.MemoryBIO()
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    tls = c.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return out.read()
def talk(target, first, cut):
    s = socket.create_connection(("127.0.0.1", 3128), timeout=60)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head = b"CONNECT %s HTTP/1.0\r\n\r\n" % target
    if cut == 0:
        s.sendall(head + first + b"\r\n\r\n")
        if b" 200 " not in s.recv(39):          # its length
            return False
    else:
        s.sendall(head)
        s.recv(4096)
        for i in range(0, len(first), cut):
            s.sendall(first[i:i + cut])
        s.sendall(b"\r\n\r\n")
    try:
        return bool(s.recv(4096))
    except OSError:
        return False
T = b"ok.example:8080"
print("same", talk(T, hello("ok.example"), 0), talk(T, hello("OK.example"), 100))
print("other", talk(T, hello("evil.example"), 0), talk(T, hello("evil.example"), 50))
print("none", talk(T, hello(None), 4096))
print("alert first", talk(T, b"\x15\x03\x01\x00\x02\x01\x5a" + hello("evil.example"), 4096))
print("address", talk(b"ADDR:8080", hello("any.example"), 4096))
X
sed -i "s/ADDR/$OTHER/" "$T/sni.py"
: > "$T/http.log"
run web "python3 -I - <<'Y'
$(cat "$T/sni.py")
Y"
is "$out" "same True True
other False False
none True
alert first False
address True" "a tunnel's hello names the tunnel's host, or none"
like "$(ctl --json events --type session.egress | grep "$task")" \
    '"verdict":"refused","reason":"tls","host":"evil.example:8080","address":"'$GOOD'"' \
    "another name is on record as refused"

# -- a relay inside is no way around
cat > "$T/relay.py" <<'X'
import socket, threading
l = socket.create_server(("127.0.0.1", 9999))
def pump(a, b):
    try:
        while True:
            d = a.recv(65536)
            if not d:
                break
            b.sendall(d)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass
def serve():
    while True:
        c = l.accept()[0]
        s = socket.create_connection(("127.0.0.1", 3128))
        threading.Thread(target=pump, args=(c, s), daemon=True).start()
        threading.Thread(target=pump, args=(s, c), daemon=True).start()
threading.Thread(target=serve, daemon=True).start()
import subprocess
for u in "http://ok.example:8080/", "http://evil.example:8080/":
    print(subprocess.run(["curl", "-sSp", "-x", "http://127.0.0.1:9999", "-o",
        "/dev/null", "-w", "%{http_connect} %{http_code}", u],
        capture_output=True, text=True).stdout)
X
run web "python3 -I - <<'Y'
$(cat "$T/relay.py")
Y"
is "$out" "200 200
403 000" "through a relay in the session: the same answers"

# -- loopback is the session's own
mkfifo "$T/hold"
t=$(ctl task add --project web --run 'cd /tmp; python3 -m http.server --bind 0.0.0.0 7777 >/dev/null 2>&1 &
until curl -s http://127.0.0.1:7777/ >/dev/null; do :; done
curl -s -o /dev/null -w "inside %{http_code}\n" http://127.0.0.1:7777/; sleep 1000')
seen '^inside 200' ctl task logs -f "$t"
ok $? "a server in the session is reached from inside, without the proxy"
run none 'env | grep -ci _proxy; python3 -c "
import socket
for p in 3128, 7777:
    try:
        socket.create_connection((\"127.0.0.1\", p), timeout=10)
        print(p, \"CONNECTED\")
    except OSError as e:
        print(p, e.errno)"'
is "$out" "0
3128 111
7777 111" "a session that no rule names has no proxy, and reaches neither another's nor its servers"
for a in 127.0.0.1 "$HOST"; do
	curl -s -m 10 -o /dev/null "http://$a:7777/"
	is $? 7 "nor does the host, at $a"
done
ctl task cancel "$t" >/dev/null; ctl task wait "$t" >/dev/null 2>&1

# -- on record
run web 'head -c 100000 /dev/zero | curl -sS --data-binary @- "http://ok.example:8080/secret-in-the-path"
curl -sS -o /dev/null http://evil.example:8080/; curl -sSo /dev/null http://p10.bad.example:8080/; true'
events=$(ctl --json events --type session.egress | grep "\"$task\"")
like "$events" '"verdict":"allowed","reason":"closed","host":"ok.example:8080","address":"'$GOOD'","count":1,"sent":100[0-9]{3},"received":[0-9]+,"wall":[0-9]+' \
    "a connection is an event: host, address, bytes, duration"
like "$events" '"verdict":"refused","reason":"rule","host":"evil.example:8080"' "so is a refusal"
like "$events" '"reason":"address","host":"p10.bad.example:8080","address":"10.9.9.9"' \
    "and one for its address, with the address"
like "$(ctl task trace "$task")" \
    '^egress +refused: 2 connections: evil.example:8080 \(rule\), p10.bad.example:8080 \(address\)$' \
    "the trace has one line for what was refused"
s=$(ctl --json task show "$task" | field session)
show=$(ctl session show "$s")
like "$show" '^connections: 1$' "session show counts connections"
like "$show" '^sent: 100' "and bytes"
like "$show" '^refusals: evil.example:8080 \(rule\), p10' "and says what was refused"
like "$show" '^reach: ok.example:8080, six' "and what may be reached"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
is "$(grep -cE 'broke|AddressSanitizer|runtime error' "$T/log")" 0 "nothing in the log is amiss"
done_testing
