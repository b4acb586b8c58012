#!/bin/bash
# database.t: checking, copying and looking back, all while the daemon runs.
# Failures that it names: a backup that is no whole database or lacks what was
# acknowledged, damage that is not found, a past that was not so.
. "$(dirname "$0")/lib.sh"

web_daemon "sessions max 2"
for i in 1 2 3; do
	ctl task wait "$(ctl task add -p web --run "echo $i >> file")" >/dev/null 2>&1
done
then=$(ctl --json status | field events)
h=$(ctl task add -p web --name later --run true)
ctl task wait "$h" >/dev/null 2>&1
await_quiet
now=$(ctl --json status | field events)

# -- the past
out=$(ctl --json replay at "$then" --all | grep -c '"kind":"task"')
is "$out" 3 "the state as it was then has the tasks of then"
out=$(ctl --json replay at "$now" --all | sed 's/"sentence".*//' | sort | cksum)
is "$out" "$( (ctl --json project list; ctl --json task list --all | field id |
    while read -r t; do ctl --json task show "$t"; done) |
    sed 's/"sentence".*//' | sort | cksum)" \
    "and of now what the commands show"
like "$(ctl replay at 3)" '^project  *web  ready' "people read it line by line"
err=$(ctl replay at $((now + 1)) 2>&1)
is $? 5 "the future is refused"
like "$err" "the log ends with $now" "with where the log ends"
err=$(ctl replay at x 2>&1)
is $? 2 "and what is no number"

# -- check
out=$(ctl --json db check)
is $? 0 "the database is sound"
like "$out" "\"kind\":\"database\".*\"last\":$now" "and its numbers are told"

# -- backup, while tasks run
cd "$T" || exit 1
mkdir -m 777 "$T/out"
ctl task add -p web --run "for i in 1 2 3 4 5; do echo \$i; sleep 0.1; done" >/dev/null
ctl db backup "$T/out/copy.db" >/dev/null
is $? 0 "a backup is made"
is "$(sqlite3 "$T/out/copy.db" 'PRAGMA integrity_check')" ok "it is a sound database"
like "$(sqlite3 "$T/out/copy.db" "SELECT max(seq) >= $now FROM events")" 1 \
    "with everything that was acknowledged"
is "$(stat -c %a "$T/out/copy.db")" 600 "and for its owner alone"
ls "$T/state/"*/copy.db "$T/state/copy.db" 2>/dev/null
is "$(find "$T/state" -name 'copy.db*' | wc -l)" 0 "nothing of it stays behind"
err=$(ctl db backup "$T/out/copy.db" 2>&1)
is $? 5 "a file that is there is not overwritten"
err=$(ctl db backup "$T/none/copy.db" 2>&1)
is $? 3 "a directory that is not there is named"
like "$err" "$T/none/copy.db" "by its path"
ctl task wait "$(ctl task add -p web --run true)" >/dev/null 2>&1
is $? 0 "tasks run as before"

# -- vacuum
out=$(ctl --json db vacuum)
is $? 0 "free pages are given back"
is "$(printf '%s' "$out" | field free)" 0 "all of them"

done_testing
