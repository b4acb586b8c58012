#!/bin/bash
# share.t: limits, quotas and whose turn it is, through the whole daemon.
# Failures that it names: a task that a limit of others keeps, one that runs in
# spite of a limit, a reason or an order that is not what happens, a simulation
# that changes something, a reload that forgets a limit.
. "$(dirname "$0")/lib.sh"

rules='sessions max 3
limit running label "gpu" 1
quota project web queued 6
fair { weight 100; age 1m }'
web_daemon "$rules"
state() { ctl --json task show "$1" | field state; }
until_state() { until [ "$(state "$1")" = "$2" ]; do :; done; }
running() { seen begun ctl task logs -f "$1"; }
job="echo begun; exec sleep 600"

# -- a limit keeps what it is for, and nothing else
ctl task add -p web --name g1 -l gpu --run "$job" >/dev/null
running g1
ctl task add -p web --name g2 -l gpu --priority 1000 --run "$job" >/dev/null
like "$(ctl why g2)" '^limit: `limit running label gpu 1` lets no more run at once: 1 run$' \
    "one more than may run waits, and why names the rule"
like "$(ctl --json task list | grep g2)" '"reason": *"limit"' "the list has the reason, too"
ctl task add -p web --name n1 --run "echo n1 > n1" >/dev/null
ctl task wait n1 >/dev/null
is "$?,$(state g2)" "0,ready" "one behind it that the limit is not for is done first"
like "$(ctl queue list)" '^label/gpu$' "queue list names the limit"
like "$(ctl --json queue list)" '"what": *"running".*"used": *1.*"shut": *true' "and how it stands"

# -- order, simulated and real
ctl task add -p web --name s1 --run "$job" >/dev/null
ctl task add -p web --name s2 --run "$job" >/dev/null
running s1; running s2
for n in 1 2 3; do
	ctl task add -p web --name "w$n" --priority "$n" --run "echo $n > w$n" >/dev/null
done
before=$(ctl --json status | field events)
is "$(ctl --json queue simulate | field name | xargs)" "w3 w2 w1" \
    "simulate has those that may run, in order"
is "$(ctl --json queue simulate -n 1 | field name)" w3 "and no more than asked for"
like "$(ctl why w1)" '^sessions-full: .*; place 3' "why gives the place"
like "$(ctl --json why w1)" '"start": *"' "and, since one such task was over, a time"
is "$(ctl --json status | field events)" "$before" "looking changed nothing"
err=$(ctl queue simulate -n 5000 2>&1)
is $? 2 "a simulation has its bounds"
like "$err" 'from 1 to 1000' "which it tells"

# -- a quota of what is filed: g2 and three more wait
for n in 1 2; do ctl task add -p web --run true >/dev/null; done
err=$(ctl task add -p web --run true 2>&1)
is $? 5 "more than may wait are refused"
like "$err" '6 queued tasks and 1 more are over `quota project web queued 6`' "with the rule"
printf '{"tasks":[{"project":"web","run":"true"}]}' > "$T/plan.json"
err=$(ctl task add --file - < "$T/plan.json" 2>&1)
is $? 5 "and so is a plan"

# -- a reload changes limits while tasks run
write_conf "${rules/gpu\" 1/gpu\" 2}"
ctl config reload
is $? 0 "a reload"
ctl task cancel s1
running g2
ok $? "with a higher limit the next one starts"
write_conf "${rules/gpu\" 1/gpu\" 0}"
ctl config reload
is "$?,$(state g1),$(state g2)" "0,running,running" "with a lower one they go on"
ctl task cancel g1 g2 s2
ctl task wait w1 w2 w3 >/dev/null
is $? 0 "what waited is done"
ctl task add -p web --name g3 -l gpu --run true >/dev/null
like "$(ctl why g3)" '^limit:' "and one that may never run says so"
kill -9 "$(pid_of engine)"
await_ctl
like "$(ctl why g3)" '^limit:' "also after kill -9 of the engine"
done_testing
