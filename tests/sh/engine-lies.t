#!/bin/bash
# engine-lies.t: an engine that was taken over asks the parent for more and
# more and reads nothing.  Failures that it names: a parent that keeps all the
# answers in its memory, or that does not end.
. "$(dirname "$0")/lib.sh"
stage
cat > "$T/usr/libexec/praetor/praetor-engine" <<'X2'
#!/usr/bin/python3 -I
import re, socket, struct, sys, time
names = re.findall(r"^MSG\((\w+),", open("@SRC@/proto.tbl").read(), re.M)
nr = {name: i + 1 for i, name in enumerate(names)}
s = socket.socket(fileno=3)
s.setblocking(True)

def send(name, body=b""):
    s.sendall(struct.pack("<HHIII", nr[name], 0, len(body), 0, 0) + body)

def get(n):
    b = b""
    while len(b) < n:
        b += s.recv(n - len(b)) or sys.exit(0)
    return b

send("HELLO", struct.pack("<IIII", 1, 2, 0, 0))
while True:
    t, _, n, _, _ = struct.unpack("<HHIII", get(16))
    get(n)
    if t == nr["CONF_END"]:
        send("CONF_READY", struct.pack("<i1020s", 0, b""))
    if t == nr["SESSION_SYNC"]:
        break
s.settimeout(3)
try:
    for i in range(20000):
        send("DOCTOR")
except socket.timeout:
    pass
print("praetor-engine: has asked", file=sys.stderr, flush=True)
time.sleep(600)
X2
cp "$SRC/common/proto.tbl" "$T/proto.tbl"
chmod 644 "$T/proto.tbl"
sed -i "s|@SRC@|$T|" "$T/usr/libexec/praetor/praetor-engine"
start_daemon ''
ok $? "praetord starts in $MODE mode"
await_log 'has asked'
ok $? "its engine asks and reads nothing"
kb=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$daemon/status")
[ "$kb" -lt 65536 ]
ok $? "the parent keeps little of what is not read ($kb KiB)"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
