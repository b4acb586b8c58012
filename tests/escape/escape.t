#!/bin/bash
# escape.t: every case of the tables as a job of a running daemon: in pipes and
# under a terminal, in a sandbox that was ready and in one made for it.
# Failures that it names: whatever gets out, or would if one layer were gone.
. "$(dirname "$0")/rig.sh"

words="A B C D E F G H"
prepare
or_stop $? "canaries are kept"
# shellcheck disable=SC2086
controls $words

# -- the daemon
escape_daemon 'sessions max 4
sessions spare 1
limit { pids 64; files 256; file-size 64M; tmp 16M }
agent "pipe" { command "/workspace/probe" "job" "{text}" }
agent "pty" { command "/workspace/probe" "job" "{text}"; pty }'
or_stop $? "praetord starts in $MODE mode"
repository
or_stop $? "a project"
cd "$T" || exit 1

# Two at once: one finds a sandbox ready, one has to be made for the other.
declare -A id
pair()		# NAME AGENT NAME AGENT
{
	local text="state; run inside params $words"
	printf '{"tasks":[{"name":"%s","agent":"%s","text":"%s"},{"name":"%s","agent":"%s","text":"%s"}]}' \
	    "$1" "$2" "$text" "$3" "$4" "$text" > "$T/plan.json"
	chmod 644 "$T/plan.json"
	ctl task add -p web --file "$T/plan.json" -q > "$T/ids"
	id[$1]=$(sed -n 1p "$T/ids")
	id[$3]=$(sed -n 2p "$T/ids")
	ctl task wait "${id[$1]}" "${id[$3]}" >/dev/null
}
ctl log verbose
pair pipe1 pipe pty1 pty
is $? 0 "a job in a pipe and one under a terminal"
pair pty2 pty pipe2 pipe
is $? 0 "and the other way round"
ctl log brief

kinds=
for name in pipe1 pty1 pty2 pipe2; do
	s=$(ctl --json task show "${id[$name]}" | field session)
	how=$(sed -n "s/.*session ${s#s_*0}: in a sandbox //p" "$T/log")
	kinds="$kinds ${name%?}:$how"
	output "${id[$name]}" > "$T/$name.out"
	judge "$MODE ${name%?}, $how" "$words" "$T/$name.out"
done
echo "#$kinds"
for kind in pipe:made pipe:that pty:made pty:that; do
	like "$kinds" "$kind" "one of the four was $kind..."
done

# What is in force must be the same, but for numbers that are of the kernel,
# and for the order of mounts: three processes make them.
normal()	# FILE
{
	sed -n '/^fds:/,/^begin$/p' "$1" | grep -Ev \
	    '^status: (Pid|Ngid|Tgid|PPid|NS|Vm|Rss|Hugetlb|.*ctxt|Threads)' |
	    sed -E -e '/^mount:/{s/^mount: [0-9]+ [0-9]+ [0-9]+:[0-9]+/mount:/
		s,(sessions|spare)/[0-9]+/,N/,g
		s/(master|peer_group|unbindable|shared):[0-9]+/\1/g}' \
	    -e 's/^(uid_map|gid_map): +([0-9]+) +[0-9]+/\1: \2 of its block/' \
	    -e '/^mount:.* devpts/s/[ug]id=[0-9]+/id/g' \
	    -e '/^mount:.* (tmpfs|overlay)/s/[ug]id=[0-9]+/id/g' \
	    -e 's/^(env: PRAETOR_[A-Z_]*)=.*/\1/' | sort
}
for kind in pipe pty; do
	normal "$T/${kind}1.out" > "$T/one"
	normal "$T/${kind}2.out" > "$T/two"
	[ "$(wc -l < "$T/one")" -gt 60 ]
	ok $? "$kind: what is in force is known"
	is "$(diff "$T/one" "$T/two")" "" \
	    "$kind: the same in a sandbox that was ready and in one made for it"
done

canaries real > "$T/touched"
is "$(grep -v intact "$T/touched")" "" "no canary was touched"
canaries control > "$T/touched"
# Nothing on the host itself can be sent to by vsock.
is "$(grep -v touched "$T/touched" | grep -v vsock)" "" "the control's were"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
