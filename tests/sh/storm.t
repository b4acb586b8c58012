#!/bin/bash
# storm.t: sandboxes cannot be prepared any more.  Failures that it names: a
# parent that does nothing but try again, a log that is full of it, and one
# that does not recover.
. "$(dirname "$0")/lib.sh"

web_daemon "sessions max 2"
chmod 600 "$T/usr/libexec/praetor/praetor-init"
# The one that was ready may serve this; the next ones fail.
a=$(ctl task add --project web --run true)
ctl task wait "$a" >/dev/null 2>&1
await_log 'preparing a sandbox: praetor-init'
ok $? "the log says what fails"
sleep 3
n=$(grep -c 'preparing a sandbox' "$T/log")
[ "$n" -le 12 ]
ok $? "it tries again ever more slowly ($n times in 3 s)"
chmod 755 "$T/usr/libexec/praetor/praetor-init"
b=$(ctl task add --project web --run "echo x > new")
ctl task wait "$b" >/dev/null
is $? 0 "put right, a session starts at once"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
