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
ctl queue pause >/dev/null
again=$(ctl task add -p web --run 'date +%N; date +%N')
ctl db backup "$T/out/copy.db" >/dev/null
is $? 0 "a backup is made"
ctl queue resume >/dev/null
ctl task wait "$again" >/dev/null 2>&1
printed=$(ctl task logs "$again")
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

# -- export: the old events, and a checkpoint that is signed
key=$(ctl --json db key | field key)
like "$key" '^[0-9a-f]{64}$' "the daemon has a key"
is "$(find "$T/state" -name signing.key -perm 0600 | wc -l)" 1 "for itself alone"
ctl db export --before "$then" "$T/out/log.json" >/dev/null
is $? 0 "events are exported"
is "$(wc -l < "$T/out/log.json")" "$then" "every one before, and the checkpoint"
is "$(head -n 5 "$T/out/log.json" | sed 's/,"raw":"[^"]*"//' | cksum)" \
    "$(ctl --json events | head -n 5 | cksum)" "as they are shown"
out=$(ctl db verify --key "$key" "$T/out/log.json")
is $? 0 "the file is verified"
like "$out" "^events 1 to $((then - 1)), signed with $key$" "by whom it was signed"
damaged()	# SED-SCRIPT NAME ERE
{
	sed "$1" "$T/out/log.json" > "$T/out/bad.json"
	err=$(ctl db verify --key "$key" "$T/out/bad.json" 2>&1)
	is $? 1 "$2 fails"
	like "$err" "$3" "and is named"
}
damaged '7s/"actor":"[^"]*"/"actor":"uid:0"/' "a changed event" "line 7 does not fit its hash"
damaged '7d' "a missing event" "line 7 does not follow"
damaged '$d' "a file without its end" "has no checkpoint at its end"
damaged '$s/session [0-9]*/session 99/' "a changed checkpoint" "signature is not good"
err=$(ctl db verify --key "${key//[0-9]/0}" "$T/out/log.json" 2>&1)
is $? 1 "another key fails"
err=$(ctl db export --before $((now * 9)) "$T/out/x" 2>&1)
is $? 5 "what is not there yet cannot be exported"
is "$(find "$T/out" -name 'x*' | wc -l)" 0 "and no file is left"

# -- restore: checked at once, taken at the next start
await_quiet
last=$(ctl --json session list --all | field id | tail -n 1)
head -c 100000 "$T/out/copy.db" > "$T/out/short.db"
err=$(ctl db restore "$T/out/short.db" 2>&1)
is $? 1 "a backup that is cut short is refused"
cp "$T/out/copy.db" "$T/out/changed.db" && chmod 644 "$T/out/changed.db"
sqlite3 "$T/out/changed.db" "UPDATE events SET time = time + 1 WHERE seq = 9"
err=$(ctl db restore "$T/out/changed.db" 2>&1)
is $? 1 "and one that was changed"
like "$err" "event 9 \([a-z.]*\) does not fit its hash" "with what is wrong"
cp "$T/out/copy.db" "$T/out/newer.db" && chmod 644 "$T/out/newer.db"
sqlite3 "$T/out/newer.db" "PRAGMA user_version = 99"
err=$(ctl db restore "$T/out/newer.db" 2>&1)
is $? 1 "and one of a newer version"
like "$err" "has format 99" "by its number"
out=$(ctl db restore "$T/out/copy.db")
is $? 0 "a good one is staged"
like "$out" "taken when the daemon is started again" "and it is said when it is taken"
is "$(ctl --json status | field events)" "$(ctl events --json | wc -l)" \
    "nothing has changed yet"
stop_daemon
run_daemon
ok $? "the daemon starts with it"
is "$(ctl task list --all | wc -l)" 6 "the state is that of the backup"
ctl queue resume >/dev/null
ctl task wait "$again" >/dev/null 2>&1
is $? 0 "what had not run then runs"
out=$(ctl task logs "$again")
is "$(printf '%s\n' "$out" | wc -l) $([ "$out" = "$printed" ] && echo old)" "2 " \
    "and its output is its own"
ctl task wait "$(ctl task add -p web --run "echo restored >> file")" >/dev/null 2>&1
is $? 0 "tasks run"
like "$(ctl --json session list --all | field id | tail -n 1)" \
    "^s_$(printf %02d $((10#${last#s_} + 2)))" "and no session's number is given twice"
out=$(ctl replay verify)
is $? 0 "the log and the state agree"
is "$(find "$T/state" -name praetor.db.old | wc -l)" 1 "the database before it is kept"

# -- a database that cannot be opened any more: the backup is put there by hand
stop_daemon
db=$(find "$T/state" -name praetor.db)
printf 'no database' | dd of="$db" conv=notrunc 2>/dev/null
cp "$T/out/copy.db" "${db%/*}/restore.db"
chown --reference="$db" "${db%/*}/restore.db"
run_daemon
ok $? "the daemon starts with a backup that was put into its directory"
ctl queue resume >/dev/null
ctl task wait "$(ctl task add -p web --run "echo again >> file")" >/dev/null 2>&1
is $? 0 "tasks run"
like "$(ctl --json session list --all | field id | tail -n 1)" '^s_1000[0-9]{3}$' \
    "in sessions whose numbers nobody can have seen"
ctl replay verify >/dev/null
is $? 0 "the log and the state agree"

# -- vacuum
out=$(ctl --json db vacuum)
is $? 0 "free pages are given back"
is "$(printf '%s' "$out" | field free)" 0 "all of them"

done_testing
