#!/bin/bash
# egress-limits.t: the gateway killed, a reload under a running session, and
# jobs that take all they can.  Failures that it names: a way out while there
# is no gateway, a session that never has one again, rules that change under a
# session, one session that keeps others from their hosts, memory that grows
# with what passes, a log that a job can flood.
. "$(dirname "$0")/egress-lib.sh"

mkdir "$T/web" "$T/other"
echo web > "$T/web/f"; echo other > "$T/other/f"
conf()	# MORE
{
	echo "sessions max 4
egress resolver \"127.0.0.1:5353\"
egress allow \"ok.example:8080\" \"*.bad.example:8080\"
egress connections max 16
egress idle 3s
${1:-}"
}
start_daemon "$(conf)"
ok $? "praetord starts in $MODE mode"
cd "$T" || exit 1
project web
project other
reload() { write_conf "$(conf "$1")"; ctl config reload > "$T/reload" 2>&1; }
fds() { find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l; }
hwm() { awk '$1 == "VmHWM:" { print $2 }' "/proc/$1/status"; }

# -- kill -9: connections end, nothing leads out, and then it works again
cat > "$T/kill.py" <<X
import socket, subprocess, time
def tunnel():
    s = socket.create_connection(("127.0.0.1", 3128), timeout=60)
    s.sendall(b"CONNECT ok.example:8080 HTTP/1.1\r\nHost: ok.example:8080\r\n\r\n")
    return s, s.recv(4096).split(b"\r\n")[0].decode()
s, first = tunnel()
print("first", first, flush=True)
try:
    got = s.recv(1)
except OSError:
    got = b""
print("ended", got, flush=True)
d = socket.socket()
d.settimeout(5)
try:
    d.connect(("$GOOD", 8080))
    print("direct CONNECTED", flush=True)
except OSError as e:
    print("direct", e.errno, flush=True)
# Until the new gateway is there a connection is reset: each is a question.
for again in range(2000):
    try:
        second = tunnel()[1]
    except OSError:
        second = ""
    if second:
        break
print("second", second, flush=True)
X
t=$(ctl task add --project web --run "python3 -I - <<'Y'
$(cat "$T/kill.py")
Y")
seen '^first HTTP/1.1 200' ctl task logs -f "$t"
ok $? "a session has a tunnel"
gw=$(gateway_pid)
kill -9 "$gw"
ctl task wait "$t" >/dev/null 2>&1
is "$(ctl task logs "$t")" "first HTTP/1.1 200 Connection established
ended b''
direct 101
second HTTP/1.1 200 Connection established" \
    "the gateway killed: the tunnel ends, nothing leads out, the next one works"
await_log 'starting gateway again'
ok $? "it was started again"
like "$(ctl events --type gateway.)" 'gateway.restarted' "which is an event"
gw=$(gateway_pid)
kill -STOP "$gw"
t=$(ctl task add --project web --run 'curl -sS -m 2 -o /dev/null http://ok.example:8080/; echo curl $?')
seen '^curl 28' ctl task logs -f "$t"
ok $? "while it does not run, nothing passes"
kill -CONT "$gw"

# -- the engine killed: every connection is on record, and once
t=$(ctl task add --project web --run 'i=0; while [ $i -lt 60 ]; do
curl -sS -o /dev/null http://ok.example:8080/hello || echo failed; i=$((i + 1)); echo $i; done')
for n in 10 30; do
	seen "^$n\$" ctl task logs -f "$t"
	kill -9 "$(ctl --json status | tr '{' '\n' | grep '"engine"' | sed 's/$/}/' | field pid)"
	await_ctl
done
ctl task wait "$t" >/dev/null 2>&1
is "$(ctl task logs "$t" | grep -c failed)" 0 "the engine killed twice: connections go on"
like "$(ctl session show "$(ctl --json task show "$t" | field session)")" '^connections: 60$' \
    "and each is counted once"

# -- a reload is for sessions that start later
t=$(ctl task add --project web --run 'ask() { curl -s -o /dev/null -w "%{http_code} $1 $2\n" "http://$2:8080/"; }
ask before ok.example; ask before evil.example
until [ "$(curl -s http://ok.example:8080/gate)" = open ]; do sleep 0.1; done
ask after ok.example; ask after evil.example')
seen '^403 before evil' ctl task logs -f "$t"
sed -i 's/ok.example:8080/evil.example:8080/' "$T/praetord.conf"
ctl config reload >/dev/null
ok $? "the rules are turned round and reloaded"
echo open > "$T/gate"
ctl task wait "$t" >/dev/null 2>&1
is "$(ctl task logs "$t")" "200 before ok.example
403 before evil.example
200 after ok.example
403 after evil.example" "nothing changes for a session that runs"
run web 'for h in ok evil; do curl -s -o /dev/null -w "%{http_code} $h\n" "http://$h.example:8080/"; done'
is "$out" "403 ok
200 evil" "the next one has the new rules"
reload ''
ok $? "and back"

# -- heads and times
cat > "$T/heads.py" <<'X'
import socket, time
def open_():
    return socket.create_connection(("127.0.0.1", 3128), timeout=60)
s = open_()
s.sendall(b"GET http://ok.example:8080/ HTTP/1.1\r\nX: ")
sent, line = 0, b"a" * 65536
try:
    while sent < 1 << 30:
        sent += s.send(line)
except OSError:
    pass
got = b""
try:
    got = s.recv(4096)
except OSError:
    pass
print("head", got.split(b" ")[1:2], "early" if sent < 64 << 20 else sent)
s = open_()
s.sendall(b"GET http://ok.example:8080/ HTTP/1.1\r\n")
start = time.monotonic()
got = b""
for i in range(1000):
    try:
        s.sendall(b"X: y\r\n")
        s.settimeout(0.5)
        got = s.recv(4096)
        break
    except socket.timeout:
        pass
print("slow", got.split(b" ")[1])
s = open_()
s.sendall(b"CONNECT ok.example:8080 HTTP/1.1\r\nHost: ok.example:8080\r\n\r\n")
s.recv(4096)
print("idle", s.recv(1))
X
run web "python3 -I - <<'Y'
$(cat "$T/heads.py")
Y"
is "$out" "head [b'431'] early
slow b'408'
idle b''" "an endless head is refused early, a slow one in time, an idle tunnel is closed"
like "$(ctl --json events --type session.egress | grep "$task")" '"reason":"idle","host":"ok.example:8080"' \
    "which is on record"

# -- thousands of connections
cat > "$T/flood.py" <<'X'
import resource, select, socket
n = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))
open_ = []
for i in range(10000):
    try:
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", 3128))
        open_.append(s)
    except OSError:
        open_.pop(0).close()
print("flooded", flush=True)
while True:
    for s in open_:
        try:
            s.send(b"CONNECT silent.bad.example:8080 HTTP/1.0\r\n\r\n")
            s.recv(4096)
        except OSError:
            pass
    select.select([], [], [], 0.05)
X
gw=$(gateway_pid)
before=$(fds "$gw")
t=$(ctl task add --project web --run "python3 -I - <<'Y'
$(cat "$T/flood.py")
Y")
seen '^flooded' ctl task logs -f "$t"
ok $? "a session opens ten thousand connections"
run other 'for i in 1 2 3 4 5; do curl -sS -m 20 -o /dev/null -w "%{http_code}\n" http://ok.example:8080/hello; done'
is "$out" "$(yes 200 | head -5)" "another one reaches its host meanwhile"
now=$(fds "$gw")
[ "$now" -le $((before + 3 * 16 + 16)) ]
ok $? "the gateway holds no more of it than it may ($before to $now descriptors)"
ctl task cancel "$t" >/dev/null; ctl task wait "$t" >/dev/null 2>&1

# -- and as many that end at once
run web 'i=0; while [ $i -lt 300 ]; do echo "url = \"http://n$i.evil.example:8080/\""; echo "-o /dev/null"; i=$((i + 1)); done > urls
curl -sS -Z --parallel-max 16 -K urls; true'
s=$(ctl --json task show "$task" | field session)
like "$(ctl session show "$s")" '^refused: 300$' "three hundred refusals are counted"
n=$(ctl --json events --type session.egress | grep -c "$task")
[ "$n" -le 150 ]
ok $? "in far fewer events ($n)"
is "$(ctl --json session show "$s" | grep -o '(rule)' | wc -l)" 16 "sixteen hosts are named"

# -- much data
run web 'curl -sS http://ok.example:8080/big/4 | wc -c' # what it needs at all
# Peak against peak: what came before has one of its own, which is forgotten
# where that may be done (proc(5), clear_refs).
{ echo 5 > "/proc/$gw/clear_refs"; } 2>/dev/null
start=$(hwm "$gw")
run web 'curl -sSp http://ok.example:8080/big/2000 | wc -c; curl -sS http://ok.example:8080/big/500 | wc -c'
is "$out" "2097152000
524288000" "two gigabytes pass a tunnel, half a one a plain request"
end=$(hwm "$gw")
# AddressSanitizer keeps what is freed for a while, 256 MB at most.
most=8192
case $BUILD in *asan*) most=262144 ;; esac
[ $((end - start)) -lt $most ]
ok $? "the gateway does not grow by that ($start to at most $end KiB)"
t=$(ctl task add --project web --run 'python3 -I -c "
import socket, time
s = socket.create_connection((\"127.0.0.1\", 3128))
s.sendall(b\"GET http://ok.example:8080/big/1000 HTTP/1.1\\r\\nHost: ok.example:8080\\r\\n\\r\\n\")
s.recv(1); print(\"first byte\", flush=True); time.sleep(1000)"')
seen '^first byte' ctl task logs -f "$t"
run other 'curl -sS -m 20 http://ok.example:8080/hello'
is "$out" "hello from the server" "a client that does not read holds up nobody else"
ctl task cancel "$t" >/dev/null; ctl task wait "$t" >/dev/null 2>&1

# -- a budget of bytes
reload 'egress bytes max 4M'
run web 'curl -sS http://ok.example:8080/big/2 | wc -c; curl -s http://ok.example:8080/big/8 | wc -c
curl -sS http://ok.example:8080/hello'
like "$out" '^2097152$' "within its budget a session is served"
n=$(printf '%s\n' "$out" | sed -n 2p)
[ "$n" -lt 4194304 ]
ok $? "what is beyond is cut off (after $n bytes)"
like "$out" 'used the bytes it may \(egress bytes max' "and the next request is refused with the reason"
like "$(ctl --json events --type session.egress | grep "$task")" '"reason":"bytes"' "which is on record"

# -- what the gateway cannot have is refused by name
write_conf "$(conf | sed 's/sessions max 4/sessions max 1000/; s/max 16/max 1024/')"
ctl config reload > "$T/reload" 2>&1
like "$(cat "$T/reload")" 'egress connections max 1024 for each of 1000 sessions needs 2048128 open files' \
    "limits that need more open files than there are"
write_conf "$(conf)"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
is "$(grep -cE 'broke|AddressSanitizer|runtime error' "$T/log")" 0 "nothing in the log is amiss"
done_testing
