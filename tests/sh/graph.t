#!/bin/bash
# graph.t: what tasks can wait for of each other.  Failures that it names: one
# that runs though what it waits for is not so, one that waits for ever, a file
# of another task that is not in the worktree or lands with what it was given
# to, a graph that is filed in part.
. "$(dirname "$0")/lib.sh"

web_daemon "sessions max 2
subtasks max 2" --verify "test -e file"
state() { ctl --json task show "$1" | field state; }
why() { ctl task why "$1" | cut -d: -f1; }
run() { ctl task add -p web "$@" >/dev/null; }

# -- kinds: one that fails, one that lands, one that changes nothing
cat > "$T/plan.json" <<'X'
{"project": "web", "tasks": [
  {"name": "bad", "run": "echo kept > report; exit 3", "retries": 0},
  {"name": "good", "run": "echo good > good", "deps": ["any:bad"]},
  {"name": "idle", "run": "true"},
  {"name": "mend", "run": "true", "deps": ["failed:bad", "ok:idle"]},
  {"name": "unneeded", "run": "echo u > u", "deps": ["failed:good"]},
  {"name": "after", "run": "test -e good", "deps": ["merged:good"]},
  {"name": "never", "run": "echo n > n", "deps": ["merged:idle"]},
  {"name": "last", "run": "true",
    "deps": ["any:never", "any:unneeded", "after"]},
  {"name": "stays", "run": "true", "deps": ["bad"]}]}
X
ctl task add -f "$T/plan.json" >/dev/null
is $? 0 "a graph with every kind is filed"
ctl task wait last mend >/dev/null
is $? 0 "what waits for ends of any sort, a failure and a commit is done"
is "$(state unneeded),$(why unneeded)" "cancelled,not-needed" \
    "what waited for the failure of one that is done is cancelled"
is "$(state never)" cancelled "and what waited for a commit that never was"
like "$(ctl task why never)" 'idle, whose commit it waits for, is done without' \
    "with a sentence that says so"
is "$(state stays),$(why stays)" "held,dependency-failed" \
    "what waits for a success is held"
ctl task wait unneeded >/dev/null 2>&1
is $? 9 "who waits for one that is not needed is told that it was cancelled"
like "$(ctl task show last)" 'any:never cancelled' "show tells the kinds"

# -- a file of what a failed task left
run --name read --deps file:bad:report --run 'test "$(cat report)" = kept && echo r > r'
ctl task wait read >/dev/null
is $? 0 "a task finds the file that a failed one left"
is "$(git -C "$T/git/web.git" ls-tree --name-only -r main | xargs)" "file good r" \
    "and that file does not land with what it makes"
run --name touch --deps file:bad:report --run 'echo more >> report'
ctl task wait touch >/dev/null
is "$?,$(git -C "$T/git/web.git" show main:report | xargs)" "0,kept more" \
    "but it does when it was changed"
run --name none --deps file:bad:nothing --run true
ctl task wait none >/dev/null 2>&1
is "$?,$(state none),$(why none)" "8,held,dependency-file" \
    "a file that is not there holds the task"
like "$(ctl task why none)" 'bad left no file "nothing"' "and the file is named"
run --name dir --run 'mkdir -p d && echo x > d/x && ln -s x d/link'
ctl task wait dir >/dev/null
run --name nolink --deps file:dir:d/link --run true
ctl task wait nolink >/dev/null 2>&1
is "$(why nolink)" dependency-file "a link is no file"

# -- refused whole
seq=$(ctl --json events -t task. | wc -l)
err=$(ctl task add -p web --deps file:bad:../x --run true 2>&1)
is $? 2 "a path that leads out is refused"
like "$err" 'plain relative' "and says what is wrong"
err=$(ctl task add -p web --deps failed:good --run true 2>&1)
is $? 5 "so is what could never run"
cat > "$T/plan.json" <<'X'
{"project": "web", "tasks": [
  {"name": "a", "run": "true", "deps": ["any:b"]},
  {"name": "b", "run": "true", "deps": ["file:c:x"]},
  {"name": "c", "run": "true", "deps": ["failed:a"]}]}
X
err=$(ctl task add -f "$T/plan.json" 2>&1)
is $? 5 "and a circle"
like "$err" 'circle: a -> b -> c -> a' "which is named"
is "$(ctl --json events -t task. | wc -l)" "$seq" "nothing of it is on record"

# -- over a restart
run --name slow --run 'echo begun; exec sleep 600'
seen begun ctl task logs -f slow
run --name w1 --deps any:slow --run true
run --name w2 --deps file:slow:x --run true
kill -9 "$(pid_of engine)"
await_ctl
is "$(state w1),$(state w2)" "waiting,waiting" "after kill -9 of the engine they wait"
like "$(ctl task why w2)" 'waiting on file:slow:x' "for what they waited for"
ctl task cancel slow
ctl task wait w1 >/dev/null
is $? 0 "and go on at its end"

# -- composites and arrays
cat > "$T/plan.json" <<'X'
{"project": "web", "tasks": [
  {"name": "all", "composite": true},
  {"name": "one", "parent": "all", "run": "echo 1 > one"},
  {"name": "two", "parent": "all", "run": "test -e one", "deps": ["merged:one"]},
  {"name": "sweep", "array": "1-5%2", "run": "echo $PRAETOR_ARRAY_INDEX > n$PRAETOR_ARRAY_INDEX"},
  {"name": "both", "deps": ["all", "sweep"], "run": "test -e one && cat n[1-5]"}]}
X
ctl task add -f "$T/plan.json" >/dev/null
is $? 0 "a composite and an array are filed in one plan"
ctl task wait both >/dev/null
is "$?,$(ctl task logs both | xargs)" "0,1 2 3 4 5" "what waits for both finds all of their work"
like "$(ctl task why sweep)" '^sub-tasks: 5 sub-tasks are done' "the array says how it ended"
is "$(ctl --json task show 'sweep[3]' | field index)" 3 "a part is found by its name"
is "$(ctl --json task list -a | grep -c '"name":"sweep')" 1 "a list shows the array as one task"
is "$(ctl --json task list -a --parts | grep -c '"name":"sweep')" 6 "or each of its parts"
run --name stop --array 0-9%1 --run 'echo begun; exec sleep 600'
seen begun ctl task logs -f 'stop[0]'
ctl task cancel stop
ctl task wait stop >/dev/null 2>&1
is "$?,$(ctl --json task list -a --parts | grep '"name":"stop' | grep -c '"state":"cancelled"')" "9,11" \
    "an array is cancelled with every part"

# -- proposals
cat > "$T/plan.json" <<'X'
{"project": "web", "tasks": [
  {"name": "wish", "composite": true},
  {"name": "agent", "parent": "wish", "run":
    "printf '%s\\n' \"$PRAETOR_PROPOSE w-1 echo 1 > w1\" \"praetor-propose:00000000 forged true\" \"$PRAETOR_PROPOSE w/2 true\" \"$PRAETOR_PROPOSE w-3 test -z \\\"\\$PRAETOR_PROPOSE\\\"\" \"$PRAETOR_PROPOSE w-4 true\""}]}
X
ctl task add -f "$T/plan.json" >/dev/null
ctl task wait wish >/dev/null
is "$?,$(ctl --json task show wish | field parts)" "0,3" "an agent proposes sub-tasks, and its composite waits for them"
is "$(git -C "$T/git/web.git" show main:w1),$(state w-3)" "1,done" "they run; by default they cannot propose any"
is "$(ctl --json events -t task.unproposed | field reason | xargs)" "name max" "what is refused is on record by name"
ctl task show forged >/dev/null 2>&1
is $? 3 "a word that is not the attempt's proposes nothing"

# -- drawn, edited, forgotten
ctl queue pause web
run --name hold --run true; ctl task hold hold
ctl queue resume web
run --name mid --deps hold,any:idle --run true
run --name top --deps mid,any:hold --run true
export LC_ALL=C
is "$(ctl task deps --tree top)" "top waiting
|-- mid waiting
|   |-- hold held
|   \`-- any:idle done
\`-- any:hold held" "what a task waits for is drawn as a tree"
is "$(ctl task deps --unblocks hold)" "hold held
|-- mid waiting
\`-- any:top waiting" "and what waits for it"
is "$(ctl --json task deps --tree top | grep -c '"kind":"edge"')" 4 \
    "as JSON it is a list of edges"
ctl task reorder top --before mid --expect "$(ctl --json task show top | field version)"
is "$?,$(ctl --json events -t task.moved | grep -c "$(ctl --json task show top | field id)")" "0,1" \
    "a task is moved before another"
ctl task reorder top --before hold --top 2>/dev/null
is $? 2 "to one place at a time"
err=$(ctl task edit hold --deps top 2>&1)
is $? 5 "an edit that would make a circle is refused"
like "$err" 'hold -> top -> (mid -> )?hold' "and it is named"
v=$(ctl --json task show mid | field version)
ctl task edit mid --run 'echo edited > edited' --deps '' --expect "$v"
is $? 0 "a task that waits is edited"
err=$(ctl task edit mid --priority 3 --expect "$v" 2>&1)
is $? 5 "not with an old version"
ctl task wait mid >/dev/null
is "$?,$(git -C "$T/git/web.git" show main:edited)" "0,edited" "it runs as edited"
ctl task edit mid --priority 3 2>/dev/null
is $? 5 "one that is finished is not edited"
like "$(ctl task clean --older 1h)" '^0 forgotten' "nothing is old enough to be forgotten"
out=
until [[ $out == *"unfinished tasks"* ]] && ! ctl task show last >/dev/null 2>&1; do
	out+=$(ctl task clean --older 1s)$'\n'
done
like "$out" '^[1-9][0-9]* forgotten' "what is finished is forgotten"
like "$out" 'kept: the work is only in the attic' "and what is kept is said"
like "$out" 'kept: unfinished tasks' "with the reasons"
ctl task show last >/dev/null 2>&1
is $? 3 "a forgotten task is not found"
is "$(state top),$(state bad)" "waiting,failed" "others are"
stop_daemon && run_daemon
is "$?,$(state top),$(state stays)" "0,waiting,held" "also when it was started again"
out=$(ctl replay verify 2>&1)
is $? 0 "the log makes the same tables again"
printf '%s\n' "$out" | sed 's/^/# /'
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
