#!/bin/bash
# parent.t: the parent itself: its checks, its notifications, reload as a
# transaction, log level.
. "$(dirname "$0")/lib.sh"
stage
write_conf 'agent "old" { shell "true" }'
P="$T/usr/sbin/praetord"

out=$(as_daemon "$P" -n -f "$T/praetord.conf" 2>&1)
is "$?,$out" "0,configuration OK" "-n checks"
as_daemon "$P" -nv -f "$T/praetord.conf" > "$T/print1" && cp "$T/print1" "$T/print.conf"
chmod 600 "$T/print.conf"
[ "$MODE" = user ] && own "$T/print.conf"
is "$(as_daemon "$P" -nv -f "$T/print.conf" | cksum)" "$(cksum < "$T/print1")" \
    "-nv prints what reads back the same"
out=$(as_daemon "$P" -D -f "$T/praetord.conf" 2>&1)
is "$?" 0 "-D finds every needed feature here"
like "$out" '^overlayfs|^overlay' "-D names overlayfs"
if [ "$MODE" = system ]; then
	printf 'libexec "%s"\n' "$T/usr/libexec/praetor" > "$T/user.conf"
	out=$("$P" -u -d -f "$T/user.conf" 2>&1)
	is "$?" 1 "root does not get user mode"
	like "$out" 'not for root' "and is told why"
fi
out=$("$P" -Q 2>&1)
is "$?" 2 "an unknown flag is a usage error"
out=$(as_daemon "$P" -n -f "$T/nowhere.conf" 2>&1)
is "$?" 1 "a missing configuration file is an error"
like "$out" "nowhere.conf" "and is named"

# What the service manager is told.
cat > "$T/listen.py" <<'X'
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777)
print("bound", flush=True)
while True:
    m = s.recv(4096).decode()
    print(m.replace("\n", " "), flush=True)
    if "STOPPING=1" in m: break
X
mkfifo "$T/bound"
python3 "$T/listen.py" "$T/notify" > "$T/told" & listener=$!
until grep -q bound "$T/told" 2>/dev/null; do :; done
export NOTIFY_SOCKET=$T/notify
run_daemon
ok $? "praetord starts"
unset NOTIFY_SOCKET

# -- reload
mkdir "$T/r" && git -C "$T/r" init -q && (cd "$T/r" && echo x > f && git add f && git commit -qm x)
publish r
ctl project add r --repo "$T/git/r.git" >/dev/null
ctl task add --project r --agent new >/dev/null 2>&1
is $? 3 "an agent that is not configured is not found"
write_conf 'agent "new" { shell "true" }'
ctl config reload
is $? 0 "config reload"
t=$(ctl task add --project r --agent new)
ctl task wait "$t" >/dev/null
is $? 0 "the new agent works"
write_conf 'agent "new" { shell "true" }
sessions max many
nonsense'
err=$(ctl config reload 2>&1)
is $? 2 "a configuration with errors is refused"
like "$err" 'praetord.conf:[0-9]+:' "with file and line"
t=$(ctl task add --project r --agent new)
ctl task wait "$t" >/dev/null
is $? 0 "and the old one stays"
is "$(grep -c '^praetord: /.*praetord.conf:[0-9]*:' "$T/log")" 2 "every error is in the log"
write_conf "state \"$T/other\""
sed -i '1d' "$T/praetord.conf"
err=$(ctl config reload 2>&1)
is $? 5 "what needs a restart is refused"
like "$err" 'state.*restart' "by its keyword"
write_conf ''
kill -HUP "$daemon"
await_log 'configuration reloaded' && ctl task add --project r --agent new >/dev/null 2>&1
is $? 3 "SIGHUP reloads as well"

kill -STOP "$(pid_of frontend)"
kill -HUP "$daemon"
await_log 'frontend does not answer: killed'
ok $? "a role that hangs in a reload is killed"
await_log 'not reloaded, the old one stays: a process died meanwhile'
ok $? "and the reload fails"
await_ctl
kill -HUP "$daemon"
nth 3 'configuration reloaded' tail -n +1 -F "$T/log"
ok $? "the next one works"

# -- log level
ctl log verbose
is $? 0 "log verbose"
# The roles hear of it one after the other: ask until the engine has.
for _ in $(seq 500); do
	ctl status >/dev/null
	grep -q 'engine.*<-.*COMMAND' "$T/log" && break
done
grep -q 'engine.*<-.*COMMAND' "$T/log"
ok $? "messages are traced by name"
ctl log brief
ctl status >/dev/null
like "$(ctl doctor; echo $?)" '^0$' "doctor finds nothing missing"

stop_daemon
is $? 0 "SIGTERM ends it with status 0"
wait "$listener"
like "$(cat "$T/told")" 'READY=1' "READY=1 was sent"
like "$(cat "$T/told")" 'RELOADING=1.*MONOTONIC_USEC=[0-9]+' "RELOADING=1 was sent"
like "$(tail -1 "$T/told")" 'STOPPING=1' "STOPPING=1 was sent"
if [ -e "$T/control.sock" ]; then ok 1 "the socket is removed"; else ok 0 "the socket is removed"; fi

# -- a role that cannot start ends it all
mv "$T/usr/libexec/praetor/praetor-engine" "$T/engine.away"
out=$(as_daemon "$P" -d -f "$T/praetord.conf" 2>&1)
is $? 1 "without a role's program it does not start"
like "$out" 'praetor-engine' "and names it"
done_testing
