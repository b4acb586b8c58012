#!/bin/bash
# jobs.t: hostile jobs that need the daemon to look at them: storms of signals
# and calls, what stays behind, floods, two sessions side by side.  Failures
# that it names: anything of a job that outlives it, reaches another session,
# hangs the daemon or grows it.
# FUZZ_CALLS and FUZZ_SEED repeat or extend the random calls.
. "$(dirname "$0")/rig.sh"

FUZZ_CALLS=${FUZZ_CALLS:-50000}
FUZZ_SEED=${FUZZ_SEED:-$(date +%s)}
echo "# FUZZ_SEED=$FUZZ_SEED"

prepare
or_stop $? "canaries are kept"
controls B26
peers A19.abstract A19.tcp A19.shm A19.file A19.process
ok $? "and a neighbour, for the control"
escape_daemon 'sessions max 6
output 1M
limit { pids 100; files 256; tmp 16M }
agent "job" { command "/workspace/probe" "job" "{text}" }'
or_stop $? "praetord starts in $MODE mode"
repository
or_stop $? "a project"
cd "$T" || exit 1

job() { ctl task add --project web --agent job "$1"; }
run() { ctl task add --project web "${@:2}" --run "$1"; }
wait_for() { ctl task wait "$@" >/dev/null 2>&1; }
state() { ctl --json task show "$1" | field "${2:-state}"; }

# What the daemon has when nothing runs: descriptors, mounts, children.
has()
{
	find "/proc/$daemon/fd" -mindepth 1 -printf '%l\n' 2>/dev/null |
	    sed 's/[0-9].*//' | sort | uniq -c
	grep -cF "$T" "/proc/$daemon/mountinfo"
	pgrep -P "$daemon" -a | sed 's/^[0-9]* //' | sort | uniq -c
}
# Read until it stays: after its last session the daemon still closes and
# prepares things.
counts()	# DIRECTORIES of sessions that are kept
{
	local now last='' same=0 end=$((SECONDS + 60))

	timeout 60 bash -c 'until [ "$(ls "$1" | wc -l)" = "$2" ]; do :; done' x \
	    "$T/state/sessions" "$1"
	while [ $same -lt 20 ] && [ $SECONDS -lt $end ]; do
		now=$(has)
		if [ "$now" = "$last" ]; then same=$((same + 1)); else same=0; fi
		last=$now
	done
	echo "$now"
}
warm=$(run true)
wait_for "$warm"
counts 0 > "$T/before"

# -- all at once
storm=$(job storm)
walk=$(job "run inside params B26")
fuzz=$(job "fuzz $FUZZ_SEED $FUZZ_CALLS $T/real/file")
hold=$(job "hold $((2000000 + $$))")
seen '^held' ctl task logs -f "$hold"
visit=$(job "run inside params A19.abstract A19.tcp A19.shm A19.file A19.process")
# Below the ports that the kernel gives to clients, which tests nearby may be.
port=$((20000 + $$ % 8000))
serve=$(job "serve $port")
seen '^serves' ctl task logs -f "$serve"

# -- F18, F19: a listener of a job
is "$("$B/probe" visit 127.0.0.1 $port)" ECONNREFUSED "F19 the host cannot reach a job's listener"
ip=$(sed -n 's/^ip //p' "$T/real.params")
[ -z "$ip" ] || is "$("$B/probe" visit "$ip" $port)" ECONNREFUSED \
    "F19 nor by its own address"
"$B/probe" serve $port > "$T/served" & server=$!
until grep -q serves "$T/served"; do kill -0 $server || break; done
is "$("$B/probe" visit 127.0.0.1 $port)" ok "F19 outside it could (control)"
kill $server
wait $server 2>/dev/null
ctl task cancel "$serve" >/dev/null
wait_for "$serve"
is "$(ctl task logs "$serve")" serves "F19 and no client came"

# -- A19: side by side
wait_for "$visit"
output "$visit" > "$T/visit.out"
judge "$MODE" "A19.abstract A19.tcp A19.shm A19.file A19.process" "$T/visit.out"
ctl task cancel "$hold" >/dev/null
wait_for "$hold"

# -- A10: everything killed that can be
wait_for "$storm"
like "$(state "$storm")" 'failed' "A10 a job that kills all it can is over"
wait_for "$walk"
output "$walk" > "$T/walk.out"
judge "$MODE" B26 "$T/walk.out"

# -- A20, A21: what stays behind
left=$(job "orphan escape-left; sibling escape-kin")
wait_for "$left"
is "$(state "$left")" "done" "A20 a job that leaves processes behind ends"
is "$(ps -e -o comm= | grep -E 'escape-(left|kin)')" "" "A20 and they are dead"

# -- G06, G07, B17, B18: floods, deafness, odd files
flood=$(run 'head -c 50000000 /dev/zero')
stopped=$(run 'kill -STOP $$' --timeout 1s)
deep=$(run 'i=0; while [ $i -lt 1500 ]; do mkdir d$i && cd d$i || break; i=$((i+1)); done
    cd /workspace; printf x > "$(printf "a\nb\033[31m\377")"; n=$(printf %0255d 0); printf x > "$n"')
special=$(run 'rm -rf d; mkfifo d README.md; ln -s /dev/zero zero; truncate -s 1G hole; rm hole
    perl -MSocket -e "socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un(q(sock)))"')
wait_for "$flood" "$stopped" "$deep" "$special"
is "$(state "$flood")" "done" "G06 50 MB of output without a line are read"
[ "$(ctl task logs "$flood" | wc -c)" -le 1048700 ]
ok $? "G06 and kept up to the limit"
is "$(state "$stopped" reason)" wall "G07 a job that stops itself is ended"
like "$(ctl task why "$deep" 2>&1)" 'x0ab.*not UTF-8|nested deeper than' "B17 depth and odd names are refused by name"
like "$(ctl task why "$special" 2>&1)" 'is a (fifo|socket)' "B18 a pipe and a socket as well"

# -- G11: nothing leaks
for _ in 1 2 3 4; do
	ids=()
	for _ in 1 2 3 4 5 6; do ids+=("$(run true)"); done
	wait_for "${ids[@]}"
done
is "$?" 0 "G11 sessions come and go"

# -- D26: random calls
wait_for "$fuzz"
calls=$(ctl task logs "$fuzz" | tr -d '\0' | grep -a '^fuzzed')
like "$calls" "^fuzzed [0-9]+ calls by [0-9]+ workers, seed $FUZZ_SEED$" "D26 random calls"
echo "# $calls"
# What could not be imported is kept for people.
counts "$(ctl --json task list --all | tr '{' '\n' | field reason | grep -cx import)" \
    > "$T/after"
is "$(diff "$T/before" "$T/after")" "" "G11 the daemon has what it had before"

canaries real > "$T/touched"
is "$(grep -v intact "$T/touched")" "" "no canary was touched"
last=$(run 'echo alive')
wait_for "$last"
is "$(ctl task logs "$last")" alive "the daemon works"
is "$(ctl --json status | tr '{' '\n' | field restarts | sort -u | xargs)" 0 "and no role had to be started again"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
