#!/bin/bash
# events.t: the log of events as a client follows it, and `replay verify' beside
# it.  Failures that it names: an event that is missed or shown twice across
# the death of a role or of the daemon, a cursor that shows what was seen, a
# state that is not what the log makes of it.
. "$(dirname "$0")/lib.sh"

web_daemon "sessions max 2"
seqs() { sed -n 's/.*"seq":\([0-9]*\),.*/\1/p' "$1"; }

# Itself $!, not a shell around it.
follow() { exec "${as[@]}" "$T/usr/bin/praetorctl" --socket "$T/control.sock" events --follow --json "$@"; }
follow > "$T/all" 2> "$T/all.err" &
all=$!
follow --type task. > "$T/tasks" 2>> "$T/all.err" &
tasks=$!
for role in engine frontend engine reviewer frontend; do
	ctl task wait "$(ctl task add -p web --run "echo $role >> file")" \
	    >/dev/null 2>&1
	kill -9 "$(pid_of "$role")"
	await_ctl
done
stop_daemon
is $? 0 "the daemon stops"
run_daemon
ok $? "and starts again"
t=$(ctl task add -p web --run "echo last >> file")
ctl task wait "$t" >/dev/null 2>&1
is $? 0 "a task is done"
await_quiet
out=$(ctl replay verify)
is $? 0 "the state is what the log makes of it"
like "$out" '^table task: rows 6  made 6  differ 0  digest [0-9a-f]{64}$' \
    "table by table"
last=$(ctl --json status | field events)
like "$out" "^log: first 1  last $last  differ 0  hash [0-9a-f]{64}$" \
    "and the whole chain is read"

# Both have followed all the way: none was missed, none came twice.
seen "\"seq\":$last," tail -n +1 -F "$T/all" 2>/dev/null
is "$(seqs "$T/all")" "$(seq 1 "$last")" \
    "who followed saw every event once, in order"
is "$(grep -c '"kind":"event"' "$T/all")" "$last" "each is a line of JSON"
want=$(ctl events --json --type task. | grep -c .)
nth "$want" . tail -n +1 -F "$T/tasks" 2>/dev/null
is "$(seqs "$T/tasks")" "$(ctl events --json --type task. > "$T/x"; seqs "$T/x")" \
    "and who followed some types saw those"
kill "$all" "$tasks"
wait "$all" "$tasks" 2>/dev/null
is "$(cat "$T/all.err")" "" "neither complained"

# A cursor goes on where it was.
ctl events --json --since $((last - 3)) > "$T/x"
is "$(seqs "$T/x")" "$(seq $((last - 2)) "$last")" "--since gives what came after"
ctl events --json --since "$last" > "$T/x"
is "$(wc -c < "$T/x")" 0 "and nothing when there is nothing"
timeout 60 "${as[@]}" "$T/usr/bin/praetorctl" --socket "$T/control.sock" events \
    --follow --since "$last" | true
is "${PIPESTATUS[0]}" 141 "who follows ends when its reader has gone"
err=$(ctl events --since $((last + 1)) 2>&1)
is $? 5 "a cursor beyond the end is refused"
like "$err" "no event $((last + 1)): the log ends with $last" "and called so"

# Damage is found while the daemon runs, and named.
stop_daemon
db="$T/state/engine/praetor.db"
[ -e "$db" ] || db=$(find "$T/state" -name praetor.db)
sqlite3 "$db" "UPDATE events SET actor = 'uid:0' WHERE seq = 7" 2>/dev/null ||
    as_daemon sqlite3 "$db" "UPDATE events SET actor = 'uid:0' WHERE seq = 7"
[ "$MODE" = user ] || chown 1999990001 "$db"*
run_daemon
err=$(ctl replay verify 2>&1 >/dev/null)
is $? 1 "a changed event fails the verification"
like "$err" "event 7 \([a-z.]*\) does not fit its hash" "and is named"

done_testing
