#!/bin/bash
# drain.t: what keeps tasks from being started.  Failures that it names: a task
# that is started all the same, one that has begun and is not finished, waiting
# that ends too early or never, and what a restart forgets.
. "$(dirname "$0")/lib.sh"

# A maintenance that is far away for tasks with a short limit, and too near for
# others: the day after tomorrow, all of it.
day=$(LC_ALL=C date -u -d "+2 days" +%a)
web_daemon "sessions max 2
maintenance \"$day 00:00-24:00\""
state() { ctl --json task show "$1" | field state; }

# -- drain
a=$(ctl task add -p web --name a --run "echo begun; for i in 1 2 3 4 5 6 7 8; do sleep 0.1; done; echo x > new")
seen begun ctl task logs -f "$a"
out=$(ctl drain -r "new kernel")
is "$?,$out" "0," "the daemon is drained"
ctl task add -p web --name b --run "echo x > new2" >/dev/null
like "$(ctl task why b)" '^draining: the daemon is drained by uid [0-9]+: new kernel; place 1$' "why says so, and why"
like "$(ctl --json queue simulate)" '"reason": *"draining"' "queue simulate says it of each task"
like "$(ctl --json queue simulate)" '"the daemon is drained by uid [0-9]+: new kernel; priority 0' "and why"
is "$(ctl --json queue simulate | field start)" "" "without a time when it would start"
err=$(ctl drain 2>&1)
is $? 5 "it cannot be drained twice"
err=$(ctl drain --wait --timeout 1ms 2>&1)
is "$?" 7 "waiting ends in time"
like "$err" 'not finished in time' "and says what is not"
ctl drain --wait
is $? 0 "drain --wait ends when what had begun is finished"
is "$(state a),$(state b)" "done,ready" "which landed, while nothing else began"
is "$(ctl --json status | field draining)" true "status tells of it"
stop_daemon && run_daemon
ok $? "praetord is started again"
like "$(ctl task why b)" '^draining: ' "it is drained as before"
ctl undrain
is $? 0 "undrain"
ctl task wait b >/dev/null
is $? 0 "lets it run"
err=$(ctl undrain 2>&1)
is $? 5 "what is not drained cannot be undrained"

# -- pause
(cd "$T/web" && cd .. && git clone -q --bare web git/other.git) && own "$T/git/other.git"
ctl project add other --repo "$T/git/other.git" >/dev/null
ctl queue pause web -r "broken build"
is $? 0 "a project is paused"
ctl task add -p web --name c --priority 9 --run "echo x > c" >/dev/null
ctl task add -p other --name d --run "echo x > d" >/dev/null
ctl task wait -p other d >/dev/null
is $? 0 "tasks of another run"
like "$(ctl task why c)" '^queue-paused: its project is paused by uid [0-9]+: broken build$' "its own do not"
is "$(ctl --json project show web | field paused)" true "the project shows it"
ctl queue pause
kill -9 "$(pid_of engine)"
await_ctl
ctl queue resume web
like "$(ctl task why c)" '^queue-paused: the daemon is paused by' "after kill -9 of the engine all are paused"
ctl queue resume
ctl task wait c >/dev/null
is $? 0 "and run when they are resumed"
err=$(ctl queue pause nothere 2>&1)
is $? 3 "there is no such project"

# -- maintenance
e=$(ctl task add -p web --name e --timeout 5d --run true)
seen 'maintenance begins' ctl task trace "$e"
like "$(ctl task why e)" '^maintenance: waiting until 20..-..-..T00:00:00Z: maintenance begins at 20..-..-..T00:00:00Z' \
    "what might run into maintenance waits until its end"
ctl task add -p web --name f --timeout 1m --run true >/dev/null
ctl task wait f >/dev/null
is $? 0 "what is shorter runs"
like "$(ctl --json status)" '"next_maintenance":"20..-..-..T00:00:00' "status tells when it is"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
# Now: each day of the week, all day long.
echo 'maintenance "daily 00:00-24:00 Europe/Berlin"' >> "$T/praetord.conf"
run_daemon
ctl task add -p web --name g --timeout 1m --run true >/dev/null
like "$(ctl task why g)" '^maintenance: maintenance lasts until' "in a maintenance nothing is started"
is "$(ctl session list)" "" "so that there is no session"
until=$(ctl --json queue simulate | field until)
like "$until" '^20..-..-..T' "queue simulate says until when"
is "$(ctl --json queue simulate | field start)" "$until" "and starts it then"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
