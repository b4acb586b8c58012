#!/bin/bash
# executor-lies.t: executors that were taken over, each with one lie: every
# message of proto.tbl to the engine and to the parent with a body that is
# none, one byte short, one long, with and without a descriptor, and then
# floods, halves, gaps.  Failures that it names: a role that dies or is
# replaced, a parent or engine that keeps what it is sent, a session that goes
# on after a lie, a neighbour that suffers.
. "$(dirname "$0")/lib.sh"

mkdir -p "$T/web"
cd "$T/web" || exit 1
git init -q .
echo base > file
git add -A
git commit -qm base
stage
cp "$BUILD/tests/liar" "$T/usr/libexec/praetor/praetor-executor"
start_daemon 'sessions max 6
output 1M
timeout 60s'
ok $? "praetord starts in $MODE mode"
publish web
cd "$T" || exit 1
ctl project add web --repo "$T/git/web.git" >/dev/null

pids() { ctl --json status | tr '{' '\n' | sed -n 's/.*"role": *"\([a-z]*\)", *"pid": *\([0-9]*\).*/\1 \2/p' | sort; }
before=$(pids)
peak() { awk '$1 == "VmHWM:" { print $2 }' "/proc/$1/status"; }

# Which of the parent's and engine's handlers take what decides the rest.
n=$(grep -c '^MSG(' "$SRC/common/proto.tbl")
{
	printf '{"tasks":['
	for whom in engine parent; do
		for what in zeros short long fd nofd; do
			for i in $(seq 0 $((n + 1))); do
				printf '{"name":"%s-%s-%d","run":"lie %s %s %d"},' \
				    $whom $what "$i" $whom $what "$i"
			done
		done
		for what in huge flags more half die stop; do
			printf '{"name":"%s-%s","run":"lie %s %s 3"},' \
			    $whom $what $whom $what
		done
	done
	for what in flood gap fence; do
		printf '{"name":"engine-%s","run":"lie engine %s 0"},' $what $what
	done
	# Honest work among them.
	for i in 1 2 3 4 5; do
		printf '{"name":"good%d","run":"seq 1 500; echo %d > f%d"}%s' \
		    "$i" "$i" "$i" "$([ "$i" -lt 5 ] && echo ,)"
	done
	printf ']}'
} > "$T/plan.json"
chmod 644 "$T/plan.json"
ctl task add -p web --file "$T/plan.json" -q > "$T/ids"
is $? 0 "$(wc -l < "$T/ids") tasks"
# shellcheck disable=SC2046	# one word each
timeout 240 "${as[@]}" "$T/usr/bin/praetorctl" --socket "$T/control.sock" \
    task wait $(cat "$T/ids") >/dev/null 2>&1
[ $? -ne 124 ]
ok $? "every one is over before its time limit"
ctl --json task list --all > "$T/tasks"
is "$(grep '"name": *"good' "$T/tasks" | grep -c '"state": *"done"')" 5 \
    "honest tasks are done"
is "$(grep -v '"name": *"good' "$T/tasks" | grep -v '"state": *"failed"' |
    field name | tr '\n' ' ' | cut -c1-300)" "" "every lie has failed its task"
is "$(grep -v '"name": *"good' "$T/tasks" | grep -v '"reason": *"lost"' |
    field name | tr '\n' ' ' | cut -c1-300)" "" "as lost, not by its own word"
is "$(grep -c 'does not answer' "$T/log")" 0 "each was seen, not timed out"
is "$(pids)" "$before" "every role is the process that it was"
# AddressSanitizer keeps what is freed for a while, 256 MB and its shadow.
most=98304
case $BUILD in *asan*) most=786432 ;; esac
for role in parent engine; do
	kb=$(peak "$(pids | awk -v r=$role '$1 == r { print $2 }')")
	[ "$kb" -lt $most ]
	ok $? "the $role kept little of it ($kb KiB)"
done
is "$(ctl session list)" "" "no session is left"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
