#!/bin/bash
# kills.t: a graph of tasks runs to its end while somebody kills -9 one role
# after the other at random moments.  Failures that it names: a task that is
# never over, one done without its commit or with two, a commit of a task that
# is not done, a session or its directory left, output lost or repeated.
# KILLS_SEED repeats a run as far as the moments allow.
. "$(dirname "$0")/lib.sh"

SEED=${KILLS_SEED:-$(date +%s)}
SECONDS_OF_KILLS=${KILLS_SECONDS:-8}
RANDOM=$((SEED % 32768))
N=30
echo "# KILLS_SEED=$SEED"

web_daemon "sessions max 4" --verify "test -s file"

# Every seventh fails, every fifth changes nothing, the others add a file and
# wait for one that is three before them.  They print a little at a time, also
# while there is no engine to take it.
line()
{
	echo "for j in 0 1 2 3 4 5 6 7 8 9; do" \
	    "seq \$((j * 30 + 1)) \$((j * 30 + 30));" \
	    "sleep 0.0$(($1 * 7 % 10)); done; $2"
}
plan()
{
	local i run deps sep=
	printf '{"tasks":['
	for i in $(seq 1 $N); do
		deps=
		[ "$i" -gt 3 ] && [ $(((i - 3) % 7)) -ne 0 ] &&
		    [ $((i % 2)) -eq 0 ] && deps="\"k$((i - 3))\""
		run="mkdir -p d; echo $i > d/f$i"
		[ $((i % 5)) -eq 0 ] && run=true
		[ $((i % 7)) -eq 0 ] && run="echo $i > d$i; exit 3"
		printf '%s{"name":"k%d","retries":%d,"deps":[%s],"run":"%s"}' \
		    "$sep" "$i" $((i % 7 ? 50 : 0)) "$deps" \
		    "$(line "$i" "$run")"
		sep=,
	done
	printf ']}'
}
plan > "$T/plan.json"
chmod 644 "$T/plan.json"
ctl task add -p web --file "$T/plan.json" -q > "$T/ids"
is "$(wc -l < "$T/ids")" $N "$N tasks"
mapfile -t ids < "$T/ids"

ctl_soon()
{
	"${as[@]}" timeout 5 "$T/usr/bin/praetorctl" \
	    --socket "$T/control.sock" "$@" 2>/dev/null
}
role_pid() { ctl_soon --json status | tr '{' '\n' | grep "\"$1\"" | field pid; }
exec_pid() { ctl_soon --json session list | field pid | shuf -n 1; }

# The branch has moved, and its move is not on record yet, mostly: whoever is
# killed now is asked to land the same change again.
await_landing()
{
	local was='' now='' i
	read -r was 2>/dev/null < "$T/git/web.git/refs/heads/main"
	for ((i = 0; i < 20000; i++)); do
		read -r now 2>/dev/null < "$T/git/web.git/refs/heads/main"
		[ "$now" = "$was" ] || return 0
	done
}

hit()		# ROLE
{
	local all p
	case $1 in
	landed) p="$(role_pid engine) $(role_pid reviewer)"
	    await_landing ;;
	executor) p=$(exec_pid) ;;
	parent) p=$daemon ;;
	all) all=$(ctl_soon --json status | tr '{' '\n' | field pid)
	    p="$daemon $all" ;;
	*) p=$(role_pid "$1") ;;
	esac
	p=$(for q in $p; do [ "$q" -gt 1 ] 2>/dev/null && echo "$q"; done)
	[ -n "$p" ] || return 0
	# shellcheck disable=SC2086
	kill -9 $p 2>/dev/null
	case $1 in
	parent|all) wait "$daemon" 2>/dev/null
	    daemon=
	    run_daemon || return 1 ;;
	esac
}

end=$((SECONDS + SECONDS_OF_KILLS))
killed=
bad=0
while [ "$SECONDS" -lt "$end" ]; do
	roles=(engine engine reviewer frontend executor executor parent all
	    landed landed)
	role=${roles[RANDOM % 10]}
	sleep "0.$(printf %02d $((RANDOM % 60)))"
	hit "$role" || { bad=1; break; }
	killed="$killed $role"
done
echo "# killed:$killed"
ok $bad "it always starts again"
await_ctl
timeout 60 "${as[@]}" "$T/usr/bin/praetorctl" --socket "$T/control.sock" \
    task wait "${ids[@]}" >/dev/null 2>&1
[ $? -ne 124 ]
ok $? "every task is over"
ctl --json task list --all > "$T/tasks"
is "$(grep -Ec '"state": ?"(done|failed)"' "$T/tasks")" $N "in done or failed"

one()		# NUMBER: its state against the branch and its output
{
	local t=${ids[$1 - 1]} state commits want=0
	state=$(ctl --json task show "$t" | field state)
	commits=$(git -C "$T/git/web.git" log --format=%B main |
	    grep -c "^Praetor-Task: $t\$")
	[ "$state" = "done" ] && [ $(($1 % 5)) -ne 0 ] && want=1
	[ "$commits" = "$want" ] || echo "k$1 ($state): $commits commits"
	[ "$want" = 0 ] || [ "$(git -C "$T/git/web.git" show "main:d/f$1")" = "$1" ] ||
	    echo "k$1: not its file"
	[ "$state" = failed ] && [ $(($1 % 7)) -ne 0 ] &&
	    echo "k$1 failed: $(ctl task why "$t")"
	[ "$state" != "done" ] ||
	    [ "$(ctl task logs "$t" | cksum)" = "$(seq 1 300 | cksum)" ] ||
	    echo "k$1: its output is not whole"
}
is "$(for i in $(seq 1 $N); do one "$i"; done)" "" "each by itself"
# A pack whose ref was not moved any more is no damage: --no-dangling.
is "$(git -C "$T/git/web.git" fsck --no-dangling 2>&1 | grep -v notice)" "" "the repository is whole"
is "$(find "$T/git" -name '*.lock')" "" "and nothing in it is locked"
timeout 20 sh -c 'until [ -z "$("$@")" ]; do sleep 0.1; done' sh \
    "${as[@]}" "$T/usr/bin/praetorctl" --socket "$T/control.sock" --json session list
is "$(ctl --json session list)" "" "no session is left"
for _ in $(seq 50); do
	left=$(find "$T/state/sessions" -mindepth 1 -maxdepth 1 -name '[0-9]*' | wc -l)
	[ "$left" = 0 ] && break
	sleep 0.1
done
is "$left" 0 "no session directory is left"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
