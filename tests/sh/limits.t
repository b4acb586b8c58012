#!/bin/bash
# limits.t: every limit, each reached by a job that will not stop by itself.
# Failures that it names: a job that goes on, one that takes another session or
# the daemon with it, an end whose reason is not told, or told as something
# else.  CGROUP=1 does the same with control groups and what only they can do.
. "$(dirname "$0")/lib.sh"
CGROUP=${CGROUP:-0}

mkdir "$T/web"
git init -q "$T/web" && echo one > "$T/web/f" && git -C "$T/web" add f &&
    git -C "$T/web" commit -qm one
conf='sessions max 4
sessions spare 1
timeout 2m
limit {
	pids 50
	cpu-time 0
	file-size 4M
	tmp 8M
	disk 8M
	output 100K
}
change { files max 1000000 }
agent "quiet" { shell "echo on; exec sleep 600"; idle 1s }'
[ "$CGROUP" = 0 ] || conf="$conf"$'\ncgroup delegated\nlimit memory 64M'
start_daemon "$conf"
ok $? "praetord starts in $MODE mode"
publish web
ctl project add web --repo "$T/git/web.git" >/dev/null
reload()	# SED EXPRESSION: let the daemon read other limits
{
	write_conf "$(sed "$1" <<< "$conf")"
	ctl config reload
}

# Neighbours of all that follows: one runs until it is allowed to end.
neighbour()
{
	other=$(ctl task add --project web --timeout 3600 \
	    --run 'trap "exit 0" TERM; echo here; sleep 3600 & wait')
	seen '^here' ctl task logs -f "$other"
}
neighbour_lives()
{
	like "$(ctl task show "$other")" '^state: running' "the neighbour ran through all of it"
}
neighbour

n=0
ends()		# each line of standard input: reason, text, options and what to run
{
	local why text args run id shown
	while IFS=$'\t' read -r why text args run; do
		n=$((n + 1))
		# shellcheck disable=SC2086	# options and their last argument
		id=$(ctl task add --project web --name "j$n" $args "$run")
		ctl task wait "$id" >/dev/null 2>&1
		is "$?" 8 "$why: it fails: $run"
		shown=$(ctl --json task show "$id")
		is "$(field reason <<< "$shown")" "$why" "$why: task show"
		like "$(ctl task why "$id")" "^$why: .*$text" "$why: task why says how much of what"
		like "$(ctl task trace --no-follow "$id")" "^run +.*$text" "$why: so does the trace"
		is "$(ctl --json events --type task.ran |
		    jq -r "select(.data.task == \"$id\") | .data.why")" \
		    "$why" "$why: and the event"
	done
}

fill='exec 2>/dev/null; i=0; while :; do i=$((i + 1)); head -c'
ends <<X
wall	timed out after 1s	--timeout 1 --run	sleep 600
idle	no output for 1s	--agent	quiet
idle	no output for 1s	--idle 1 --run	sleep 600
idle	no output for 2s	--idle 2s --agent	quiet
cpu	CPU time .*own	--cpu-time 1s --run	while :; do :; done
output	more than 102400 bytes printed .limit output	--run	yes
pids	limit pids	--run	exec perl -e 'while (1) { fork }'
disk	limit file-size	--run	head -c 100000000 /dev/zero > big
disk	/tmp is full .limit tmp	--run	$fill 1000000 /dev/zero > /tmp/\$i; done
disk	/home/agent is full .limit tmp	--run	cat /dev/zero > ~/a; cat /dev/zero > ~/b; cat /dev/zero > ~/c; false
disk	more than 8388608 bytes written to the worktree .limit disk	--run	$fill 1000000 /dev/zero > big.\$i; done
disk	limit disk	--run	mkdir d; cd d; i=0; while :; do i=\$((i + 1)); : > \$i; done
disk	limit disk	--run	mkdir d; cd d; chmod 300 .; $fill 1000000 /dev/zero > \$i; done
X
[ "$CGROUP" = 0 ] || . "$(dirname "$0")/limits-cgroup.sh"
reload 's/cpu-time 0/cpu-time 1s/'
is $? 0 "a reload with a limit of CPU time"
ends <<X
cpu	limit cpu-time	--run	while :; do :; done
X
out=$(ctl task add --project web --cpu-time 5s --run true 2>&1)
is "$?" 2 "a task that asks for more of it is refused"
like "$out" '5s of CPU time .* 1s of limit cpu-time.*can only lower' "with the reason and the remedy"

neighbour_lives
ctl task cancel "$other" >/dev/null
ctl task wait "$other" >/dev/null 2>&1

# A verification that goes over a limit is no verdict in favour.
ctl project add checked --repo "$T/git/web.git" --verify 'while :; do :; done' >/dev/null
id=$(ctl task add --project checked --run 'echo three >> f')
ctl task wait "$id" >/dev/null 2>&1
is "$(ctl --json task show "$id" | field reason)" rejected "a verification over a limit rejects"
like "$(ctl task why "$id")" 'limit cpu-time' "and says which"
id=$(ctl task add --project web --run 'echo two >> f')
ctl task wait "$id" >/dev/null
is $? 0 "and the next task lands"

# What cannot be imported is kept for somebody to look at: one of the table.
nth $(($(ctl --json events --type session.created | wc -l) - 1)) session.purged \
    ctl --json events -f --type session.purged 2>/dev/null
is "$(ctl --json events --type session.purged | jq -r 'select(.data.err != "ok")')" "" \
    "what they wrote is deleted when it was imported"
is "$(find "$T/state/sessions" -mindepth 1 -maxdepth 1 -name '[0-9]*' | wc -l)" 1 "and but one are gone"
[ "$(du -sm "$T/state" | cut -f1)" -lt 100 ]
ok $? "the state has not grown"
stop_daemon
is "${G:+$(find "$G" -name 'session_*')}" "" "no group is left when the daemon has ended"
done_testing
