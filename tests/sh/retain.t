#!/bin/bash
# retain.t: how long things are kept.  Failures that it names: output or work
# of a task that is not finished deleted, anything deleted that was to be kept
# for ever, or kept that was not.
. "$(dirname "$0")/lib.sh"

web_daemon "sessions max 2"
mirror="$T/state/review/mirrors/web.git"
refs() { git -C "$mirror" for-each-ref --format='%(refname)' refs/praetor/attic; }
gone() { timeout 30 bash -c 'until [ -z "$("$@")" ]; do :; done' x "$@"; }
logs_of() { find "$T/state/engine/logs" -name "$1.*"; }
export -f refs logs_of
export T mirror

# By default, everything.
a=$(ctl task add -p web --run "echo said; echo precious > precious; exit 3")
ctl task wait "$a" >/dev/null 2>&1
kept=$(ctl --json task show "$a" | field ref)
is "$(refs)" "$kept" "what a failed attempt left is kept"
stop_daemon && run_daemon
ok $? "praetord is started again"
is "$(ctl task logs "$a"),$(refs)" "said,$kept" "its output too, for ever"

write_conf 'sessions max 2
retain { output 1s; attic 1s }'
ctl config reload
ok $? "from now on for a second"
b=$(ctl task add -p web --run "echo begun; exec sleep 600")
seen begun ctl task logs -f "$b"
gone refs
ok $? "the attic is emptied"
gone logs_of "$a"
ok $? "and the output is deleted"
is "$(ctl --json task show "$a" | field ref)" "" "the task says so"
like "$(ctl task trace --no-follow "$a")" 'attic deleted after 1s' "and its trace"
err=$(ctl task logs "$a" 2>&1)
is $? 3 "output that is gone is not found"
like "$err" 'not kept any more.*retain output' "with the reason"
like "$(ctl task trace --no-follow "$a")" '^run +exit 3' "its events stay"
# The other is a second old by now, and runs.
timeout 30 bash -c 'until [ -n "$(find "$1" -name "$2.*" -not -newermt "-1 second")" ]; do :; done' \
    x "$T/state/engine/logs" "$b"
c=$(ctl task add -p web --run "echo also")
ctl task wait "$c" >/dev/null
gone logs_of "$c"
ok $? "another task's output goes"
is "$(ctl task logs "$b")" begun "that of a task which runs stays"
ctl task cancel "$b" && ctl task wait "$b" >/dev/null 2>&1
gone logs_of "$b"
ok $? "until it is finished"
# What it had left can be had again by running it again.
ctl task retry "$a"
ctl task wait "$a" >/dev/null 2>&1
is $? 8 "a task is run again after its work was deleted"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
