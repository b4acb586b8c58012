#!/bin/bash
# mem.ROLE, mem.session: private memory (smaps_rollup) of every role at rest
# and of one session's own processes while what it runs sleeps; beside a
# sleeping dynamic program, and beside bwrap's own processes for a sandbox.
. "${SRC:?}/bench/lib.sh"
private() { awk '/^Private_/ { n += $2 } END { print n }' "/proc/$1/smaps_rollup"; }
mkdir "$T/r" && cd "$T/r" && git init -q . && echo x > f && git add -A &&
    git commit -qm x && cd "$T" || exit 1
start_daemon "sessions max 4" || exit 1
publish r
ctl project add r --repo "$T/git/r.git" || exit 1
sleep 1000 &
floor=$!
for i in 1 2 3 4; do
	t=$(ctl task add --project r --run "echo up; exec sleep 1000")
	seen up ctl task logs -f "$t"
	mkfifo "up$i"
	bwrap_run /bin/sh -c "echo up; exec sleep 1000" > "up$i" &
	echo $! >> bwraps
	head -1 "up$i"
done
ctl --json status | tr '{' '\n' | grep '"role"' | while read -r line; do
	role=$(printf '%s}\n' "$line" | field role)
	private "$(printf '%s}\n' "$line" | field pid)" > ours
	private $floor > theirs
	row "mem.$role" KiB "sleep(1), KiB" ours theirs
done
# A session: its executor and its init, not what it runs.
: > ours
ctl --json session list | field pid | while read -r pid; do
	init=$(cat "/proc/$pid/task/$pid/children")
	echo $(($(private "$pid") + $(private "${init%% *}"))) >> ours
done
: > theirs
while read -r pid; do
	in=$(cat "/proc/$pid/task/$pid/children")
	echo $(($(private "$pid") + $(private "${in%% *}"))) >> theirs
done < bwraps
row mem.session KiB "bwrap's own processes, KiB" ours theirs
# shellcheck disable=SC2046
kill $floor $(cat bwraps)
