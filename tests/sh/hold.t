#!/bin/bash
# hold.t: tasks that a user holds or pauses.  Failures that it names: a held
# task that runs, a paused one that goes on or is lost with the engine, limits
# or a cancellation that do not reach one, waiting that does not end.
. "$(dirname "$0")/lib.sh"

web_daemon "sessions max 1"
state() { ctl --json task show "$1" | field state; }
counts() { echo ": $1; for i in \$(seq 1 60); do echo \$i; sleep 0.05; done; echo x > $2"; }

# The state of a process as the kernel sees it, waited for.
proc_is()	# PID LETTER...
{
	timeout 20 bash -c 'until case "$(cut -d" " -f3 "/proc/$1/stat")" in
	    ['"$2"']) true ;; *) false ;; esac; do :; done' x "$1"
}

# -- pause
mark="marker-$$"
a=$(ctl task add -p web --name a --run "$(counts "$mark" new)")
seen '^3$' ctl task logs -f "$a"
job=$(pgrep -f "^/bin/sh -c : $mark")
ctl task add -p web --name b --deps a --run "echo b > b" >/dev/null
out=$(ctl task pause a)
is "$?,$out" "0," "a running task is paused"
proc_is "$job" T
ok $? "and its processes are stopped"
is "$(state a)" paused "it is shown as paused"
like "$(ctl task why a)" '^user: paused by uid [0-9]+$' "and why says by whom"
is "$(ctl --json status | field paused)" 1 "status counts it"
err=$(ctl task wait b 2>&1 >/dev/null)
is $? 5 "who waits for one that depends on it is told at once"
like "$err" 'b \(waiting\): waiting on a; a is paused' "and which task it is"
err=$(ctl task hold a 2>&1)
is $? 5 "it cannot be held"
like "$err" 'has begun' "and is told why"
kill -9 "$(pid_of engine)"
await_ctl
is "$(state a)" paused "after kill -9 of the engine it is paused"
proc_is "$job" T
ok $? "its processes still are stopped"
ctl task resume a
is $? 0 "it is resumed"
proc_is "$job" SRD
ok $? "and its processes go on"
ctl task wait a b >/dev/null
is $? 0 "it ends well, and what depends on it"
is "$(ctl task logs a | cksum)" "$(seq 1 60 | cksum)" "its output is whole"
is "$(state a),$(ctl --json task show a | field attempt)" "done,1" "in one attempt"
like "$(ctl task trace "$a" | grep -c '^task .*\(paused: paused by\|resumed\)')" 2 \
    "the trace tells of both"

# -- a paused task is cancelled: it may end as it wants to
c=$(ctl task add -p web --name c --run "trap 'echo caught; exit 3' TERM
    echo begun; while :; do sleep 0.1; done")
seen begun ctl task logs -f "$c"
ctl task pause c && ctl task cancel c
is $? 0 "a paused task is cancelled"
ctl task wait c >/dev/null 2>&1
is $? 9 "and is waited for"
like "$(ctl task logs c)" caught "it heard SIGTERM"

# -- hold
d=$(ctl task add -p web --name d --run "echo begun; exec sleep 600")
seen begun ctl task logs -f "$d"
ctl task add -p web --name e --run "echo e > e" >/dev/null
f=$(ctl task add -p web --name f --deps e --run "echo f > f")
ctl task hold e -r "not before Monday"
is $? 0 "a task that is ready is held"
like "$(ctl task why e)" '^user: held by uid [0-9]+: not before Monday$' "with a reason"
err=$(ctl task pause e 2>&1)
is $? 5 "it cannot be paused"
like "$err" 'task hold' "and is told what to do"
err=$(ctl task retry e 2>&1)
is $? 5 "retry does not release it"
like "$err" 'task release' "and is told what does"
ctl task cancel d && ctl task wait d >/dev/null 2>&1
err=$(ctl task wait "$f" 2>&1 >/dev/null)
is $? 5 "who waits behind it is told at once"
like "$err" 'e is held: held by uid [0-9]+: not before Monday' "and why"
is "$(state e),$(ctl session list)" "held," "with a session free it does not run"
stop_daemon && run_daemon
ok $? "praetord is started again"
is "$(state e)" held "it is held as before"
ctl task release e
is $? 0 "it is released"
ctl task wait e f >/dev/null
is $? 0 "and runs, and what waited for it"
err=$(ctl task release e 2>&1)
is $? 5 "what is not held cannot be released"
err=$(ctl task resume e 2>&1)
is $? 5 "nor resumed what is not paused"
is "$(ctl --json events -t task. | grep -cE '"task.(held|released|paused|resumed)"')" 5 \
    "five events tell of it"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
