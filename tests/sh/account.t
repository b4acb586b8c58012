#!/bin/bash
# account.t: what attempts used, through the whole daemon.  Failures that it
# names: an attempt that is missing or counted twice, numbers that are not
# those of its job, a filter that lets too much through.
. "$(dirname "$0")/lib.sh"

web_daemon "sessions max 2" --verify "test -e new"
burn='i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done'

# -- history
start=$(date -u +%Y-%m-%dT%H:%M:%SZ)
a=$(ctl task add -p web --name a -l red --run "$burn; printf hello; echo a > new")
ctl task wait "$a" >/dev/null
is $? 0 "a task is done"
b=$(ctl task add -p web --name b --retries 1 --run "exit 3")
ctl task wait "$b" >/dev/null 2>&1
is $? 8 "one fails, twice"
c=$(ctl task add -p web --name c --run "sleep 600" --timeout 50ms --retries 0)
ctl task wait "$c" >/dev/null 2>&1
is "$(ctl --json history | field name | xargs)" "a b b c" "history has each attempt once"
row=$(ctl --json history -s verify)
is "$(field task <<< "$row"),$(field purpose <<< "$row")" "$a,verify" \
    "and verifications when they are asked for"
row=$(ctl --json history -l red)
is "$(field task <<< "$row"),$(field attempt <<< "$row"),$(field state <<< "$row")" \
    "$a,1,done" "a label finds one"
is "$(field printed <<< "$row"),$(field files <<< "$row"),$(field exit <<< "$row")" \
    "5,1,0" "with what it printed and changed"
like "$(field utime <<< "$row")" '^[0-9]{4,}$' "and the CPU time of its job"
is "$(ctl --json history -s wall | field name)" c "the limit that ended one finds it"
is "$(ctl --json history -s failed -n 2 | field name | xargs)" "b c" \
    "the newest two of those that failed"
is "$(ctl --json history -S "$start" -U 0 | wc -l)" 4 "all of them since the test began"
is "$(ctl --json history -U "$start" | wc -l)" 0 "and none before"
is "$(ctl --json history -u 4000000000 | wc -l)" 0 "none of another user"
like "$(ctl history)" '^TASK +NAME +TRY ' "people see a table"
like "$(ctl history)" " c +1 .* wall " "with the end of each"
err=$(ctl history -s asleep 2>&1)
is $? 2 "a state that there is not is refused"
like "$err" 'no state "asleep" \(done' "and the remedy named"
err=$(ctl history -S yesterday 2>&1)
is $? 2 "so is a time"
err=$(ctl history -u no-such-user 2>&1)
is $? 2 "and a user"
kill -9 "$(pid_of engine)"
await_ctl
is "$(ctl --json history | field name | xargs)" "a b b c" "after kill -9 of the engine it is the same"

# -- cost and share: the ledger and the attempts tell the same
of() { ctl --json "${@:2}" | field "$1" | awk '{ n += $1 } END { print n + 0 }'; }
is "$(of attempts cost)" 4 "cost counts the attempts"
for f in attempts cpu wall; do
	is "$(of $f cost)" "$(of $f cost -S "$start")" "$f of a project is the same since the beginning"
	is "$(of $f cost --by user)" "$(of $f cost --by task)" "$f of users is that of their tasks"
done
is "$(of wall cost)" "$(($(of wall history -n 0) + $(of wall history -s verify)))" \
    "all of it is in the history"
is "$(ctl --json cost --by task | field name | sort | xargs)" "a b c" "each task has its row"
is "$(ctl --json cost --by task -U "$start" | wc -l)" 0 "none before the test began"
is "$(ctl --json cost --by agent | field key),$(ctl --json cost --by model | field key)" \
    "-,-" "no agent and no model ran"
is "$(of cpu share -p web)" "$(of cpu cost)" "shares know the same total"
like "$(ctl --json share -p web)" '"account":"project/web","share":1,"used":[0-9]+,"points":' \
    "and where the project stands"
like "$(ctl cost)" '^BY +KEY +NAME +ATTEMPTS +CPU ' "people see tables"
like "$(ctl share)" '^project/web +1 +[0-9.]+ +100.0% ' "with parts"
err=$(ctl cost --by moon 2>&1)
is $? 2 "another sum is refused"
like "$err" 'no sum by "moon" \(task, project' "with what there is"

# -- top
# A process whose name looks like what follows it in /proc is counted too.
d=$(ctl task add -p web --name busy --run "cp /bin/sleep './x) R 1 1 1'
    './x) R 1 1 1' 600 & printf hello; echo begun >&2; while :; do :; done")
seen begun ctl task logs -f "$d"
ctl task add -p web --name later --deps busy --run true >/dev/null
procs=$((2 + $([ "${CGROUP:-0}" = 1 ] && echo 0 || echo 2)))	# executor and init
row=$(ctl --json top | grep '"load"')
until [ "$(field cpu <<< "$row")" -gt 200000 ]; do row=$(ctl --json top | grep '"load"'); done
is "$(field task <<< "$row"),$(field name <<< "$row"),$(field state <<< "$row")" \
    "$d,busy,active" "top tells of a session"
ok $(($(field memory <<< "$row") < 100000)) "with its memory"
is "$(field processes <<< "$row")" "$procs" "and processes, whatever they are called"
is "$(field printed <<< "$row")" 11 "and what it printed"
like "$(ctl top)" '^tasks: waiting 1, ready 0, running 1, ' "it counts the tasks"
like "$(ctl top -1 | tail -1)" ' web .* busy$' "and prints once where nobody looks"
touch "$T/screen"
TERM=xterm timeout 60 script -qfec "stty cols 160 rows 24; $(printf '%q ' "${as[@]}" \
    "$T/usr/bin/praetorctl" --socket "$T/control.sock" top -d 100ms)" /dev/null \
    < <(nth 3 'busy' tail -F "$T/screen" 2>/dev/null && printf q) > "$T/screen"
is $? 0 "on a terminal it goes on until q"
like "$(cat "$T/screen")" " [1-9][0-9]+ +[0-9.]+[ms].* busy" "with the part of a processor since the last look"
err=$(ctl top -d 1ms 2>&1)
is $? 2 "a delay that is too short is refused"
ctl task cancel busy && ctl task wait busy >/dev/null 2>&1

# -- metrics
out=$(ctl metrics)
is "$("$BUILD/tests/promtool" <<< "$out" 2>&1)" "" "a strict reader takes the metrics"
has() { grep -qxF -- "$1" <<< "$out" || echo "# no $1" >&2; }
ok "$(has 'praetor_attempts_total{project="web",state="failed"} 3' 2>&1 | wc -l)" \
    "attempts that failed are counted"
ok "$(has 'praetor_tasks_finished_total{project="web",state="done"} 1' 2>&1 | wc -l)" \
    "tasks that are done"
ok "$(has 'praetor_landing_seconds_count{project="web"} 1' 2>&1 | wc -l)" "landings"
ok "$(has 'praetor_boot_seconds_count{project="web"} 5' 2>&1 | wc -l)" "starts of sessions"
ok "$(has 'praetor_process_restarts_total{role="engine"} 1' 2>&1 | wc -l)" \
    "and the end of the engine above"
if python3 -c 'import prometheus_client' 2>/dev/null; then
	python3 -c 'import sys
from prometheus_client.parser import text_string_to_metric_families as f
print(len(list(f(sys.stdin.read()))))' <<< "$out" | grep -qE '^[0-9]{2}$'
	ok $? "so does Prometheus' own library"
fi
is "$(ctl --json metrics | field name | sort -u | wc -l)" \
    "$(grep -c '^# TYPE' <<< "$out")" "as JSON there are as many"

stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
