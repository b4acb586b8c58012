#!/bin/bash
# orphans.t: praetord is killed with SIGKILL, and nothing that it started can
# unwind by itself.  Failures that it names: a process that lives on, and two
# of a role at work on the same state after the next start.
. "$(dirname "$0")/lib.sh"

web_daemon "sessions max 2"
gone() { timeout 20 tail --pid="$1" -s 0.05 -f /dev/null; }

# Stopped, they are as deaf as one that is busy or has been taken over.
a=$(ctl task add --project web --run "echo begun; sleep 600")
seen begun ctl task logs -f "$a"
exe=$(ctl --json session list | field pid)
names=(executor engine frontend reviewer)
pids=("$exe" "$(pid_of engine)" "$(pid_of frontend)" "$(pid_of reviewer)")
kill -STOP "${pids[@]}"
stop_daemon KILL
for i in 0 1 2 3; do
	gone "${pids[i]}"
	ok $? "the ${names[i]} does not outlive praetord"
	kill -KILL "${pids[i]}" 2>/dev/null
done
run_daemon
ok $? "and it starts again"

ctl task wait "$a" >/dev/null 2>&1
is "$(ctl --json task show "$a" | field reason)" lost "the task is lost"
await_no_dirs

# While a session is deleted.  .git/ is not imported, so it takes no time.
b=$(ctl task add --project web --run "echo x > new; mkdir .git/x && cd .git/x &&
    seq 1 60000 | xargs touch")
engine=$(pid_of engine)
deleter=''
while [ -z "$deleter" ]; do
	p=$(pgrep -P "$daemon" -x praetord-clear)
	# Once it is the job's user, which is what ends it with its parent.
	[ -n "$p" ] && { [ "$MODE" = user ] ||
	    [ "$(awk '/^Uid:/ { print $2 }' "/proc/$p/status" 2>/dev/null)" != 0 ]; } &&
	    deleter=$p
done
purger=$(pgrep -P "$daemon" -x praetord-purge)
kill -STOP "$deleter" "$purger"
stop_daemon KILL
gone "$engine"
ok $? "one that deletes a session keeps nobody alive"
gone "$deleter"
ok $? "and does not outlive praetord itself"
kill -CONT "$purger"
gone "$purger"
ok $? "nor does the one that waits for the next"
kill -KILL "$engine" "$deleter" "$purger" 2>/dev/null
run_daemon
ok $? "and it starts again"
ctl task wait "$b" >/dev/null
is $? 0 "and has lost nothing"
await_no_dirs
ok $? "what was left of the sessions is deleted"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
