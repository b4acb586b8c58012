#!/bin/bash
# time.t: times of tasks.  Failures that it names: a task that starts early, or
# never; one that a deadline does not end; waiting that a killed engine or a
# restart forgets.
. "$(dirname "$0")/lib.sh"

web_daemon "sessions max 2
retries 0
retry exit exponential 300ms 10s 2"
state() { ctl --json task show "$1" | field state; }

# -- not before
soon=$(($(date +%s) + 2))
a=$(ctl task add -p web --name a --at "$(date -u -d @$soon +%FT%TZ)" --run "date +%s > t")
is "$(state a)" waiting "a task that may not start yet waits"
like "$(ctl task why a)" '^start-time: waiting until 20..-..-..T..:..:..Z$' "why says until when"
like "$(ctl --json task why a)" '"until":"20..-' "also to programs"
ctl task wait a >/dev/null
is $? 0 "it runs by itself"
out=$(ctl task diff a | sed -n 's/^+\([0-9]*\)$/\1/p')
ok $((out < soon)) "and not before its time"
like "$(ctl task trace "$a" | head -1)" 'waiting until' "the trace tells of it"
ctl task add -p web --name b --delay 1d --run true >/dev/null
kill -9 "$(pid_of engine)"
await_ctl
is "$(ctl task why b | cut -d: -f1)" start-time "after kill -9 of the engine it waits"
ctl task add -p web --name c --delay 1s --run true >/dev/null
stop_daemon && run_daemon
ok $? "praetord is started again"
ctl task wait c >/dev/null
is $? 0 "what was to start then does"
is "$(state b)" waiting "and what was not does not"
ctl task cancel b

# -- as people write it
z=$(ctl task add -p web --at "2031-10-26 02:30 Europe/Berlin" --run true)
is "$(ctl --json task show "$z" | field at)" "2031-10-26T00:30:00.000000Z" \
    "a local time of a zone is understood"
z=$(TZ=Asia/Tokyo ctl task add -p web --at "2031-10-26 02:30" --run true)
is "$(ctl --json task show "$z" | field at)" "2031-10-25T17:30:00.000000Z" \
    "one without a zone is of the user's"
err=$(ctl task add -p web --at "2031-10-26 02:30 Mars/Base" --run true 2>&1)
is $? 2 "a zone that there is not is refused"
like "$err" 'at: .*Mars/Base is not a time like' "and told"
err=$(ctl task add -p web --delay 1m --at 2031-10-26T00:00:00Z --run true 2>&1)
is $? 2 "two times to start are refused"
err=$(ctl task add -p web --deadline 2020-10-26T00:00:00Z --run true 2>&1)
is $? 2 "and a deadline that has passed"

# -- deadlines
when=$(date -u -d "@$(($(date +%s) + 2))" +%FT%TZ)
d=$(ctl task add -p web --name d --deadline "$when" --run "echo x > new; echo begun; exec sleep 600")
ctl task add -p web --name e --deadline "$when" --deps d --run true >/dev/null
ctl task wait d >/dev/null 2>&1
is $? 8 "a running task is ended at its deadline"
like "$(ctl task why d)" '^deadline: its deadline passed; its last attempt: cancelled' "and why says so"
like "$(ctl --json task show d | field ref)" 'refs/praetor/attic/' "what it changed is kept"
like "$(ctl task why e)" 'deadline|dependency-failed' "and one that had not begun fails, or is held"
like "$(ctl task trace "$d" | grep overdue)" 'the deadline was' "the trace tells of it"

# -- again, later
f=$(ctl task add -p web --name f --run "exit 3")
ctl task wait f >/dev/null 2>&1
is $? 8 "a task that fails again and again"
is "$(ctl --json task show f | field attempt)" 3 "is tried as often as the rule says"
is "$(ctl --json events -t task.delayed | grep -c "$f")" 2 "and waits before each further attempt"
g=$(ctl task add -p web --name g --retries 1 --retry-delay 1d --run "exit 3")
seen 'waiting until' ctl task trace "$g"
like "$(ctl task why g)" '^retry-delay: waiting until .*, 1 attempt left; the last one: exit 3' \
    "one with a wait of its own tells until when"
ctl task cancel g
is $? 0 "it is cancelled while it waits"
echo '{"tasks":[{"run":"true","delay":"1d","deadline":"2031-10-26 02:30 UTC"}]}' > "$T/plan"
p=$(ctl task add -p web -f "$T/plan")
is "$(state "$p"),$(ctl --json task show "$p" | field deadline)" \
    "waiting,2031-10-26T02:30:00.000000Z" "a plan has times, too"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
