#!/bin/bash
# copy.t: worktrees that are copies.  Failures that it names: a host without
# overlay that is refused or told nothing, a copy that cannot be cancelled,
# that outlives its session or leaves something, half a copy taken for
# deletions, a full disk without a reason, work that the reviewer cannot read,
# trees of one kind used as the other, blocks that
# are not shared where they could be.
WORKTREE=copy
. "$(dirname "$0")/lib.sh"

FILES=10000
mkdir "$T/big"
git init -q --bare "$T/big/r.git"
seq $FILES | awk 'BEGIN { print "commit refs/heads/main\ncommitter T <t@localhost> 1000000000 +0000\ndata 1\nx" }
    { printf "M 644 inline b%d/f%d\ndata %d\n%d\n", $1 % 100, $1, length($1) + 1, $1 }' |
    git -C "$T/big/r.git" fast-import --quiet
stage
mv "$T/big/r.git" "$T/git/big.git"
own "$T/git/big.git"
mkdir "$T/web" && (cd "$T/web" && git init -q && echo x > f && ln -s f l &&
    mkdir d && echo y > d/g && git add . && git commit -qm base)
publish web
# Larger, and deeper, than what runs may make or open.
mkdir "$T/odd" && (cd "$T/odd" && git init -q && head -c 3000000 /dev/urandom > large &&
    for _ in $(seq 60); do mkdir d && cd d; done && echo x > deep &&
    cd "$T/odd" && git add . && git commit -qm base)
publish odd

# -- a state directory that no overlay can be made on
overlay_host()
{
	mkdir "$T/low" "$T/up" "$T/wk" "$T/mnt"
	mount -t overlay -o "lowerdir=$T/low,upperdir=$T/up,workdir=$T/wk" \
	    overlay "$T/mnt" 2>/dev/null || return 1
	chmod 711 "$T/mnt"
	[ "$MODE" = system ] || own "$T/mnt"
}
state_at()	# DIRECTORY WORKTREE
{
	WORKTREE=$2 write_conf "sessions max 2"
	sed -i "s#^state .*#state \"$1\"#" "$T/praetord.conf"
}
lands()		# NAME COMMAND: a task is done
{
	local t
	t=$(ctl task add --project web --run "$2")
	ctl task wait "$t" >/dev/null 2>&1
	is $? 0 "$1"
}
if [ "$(id -u)" -eq 0 ] && overlay_host; then
	state_at "$T/mnt/state" overlay
	out=$(as_daemon "$T/usr/sbin/praetord" -D -f "$T/praetord.conf")
	is $? 1 "-D: a state directory on an overlay is not for overlays"
	like "$out" '^overlayfs +missing .*is on an overlay itself.*`worktree copy`' \
	    "and it names the remedy"
	out=$(as_daemon "$T/usr/sbin/praetord" -d -f "$T/praetord.conf" 2>&1)
	is $? 1 "nor does it start"
	like "$out" 'lacks overlayfs.*say `worktree copy`' "and names the remedy"
	state_at "$T/mnt/state" copy
	out=$(as_daemon "$T/usr/sbin/praetord" -D -f "$T/praetord.conf")
	is $? 0 "-D: with worktree copy nothing is missing"
	like "$out" '^overlayfs +absent' "overlayfs is not needed"
	if [ "$MODE" = system ]; then
		like "$out" '^idmapped-mounts +absent' "nor are idmapped mounts"
	fi
	run_daemon
	ok $? "and it starts"
	like "$(ctl doctor)" 'overlayfs: absent' "doctor says the same"
	ctl project add web --repo "$T/git/web.git" --verify "test -e f" >/dev/null
	lands "a task lands there" "echo more >> f"
	lands "and one that deletes" "rm -r d; mv l m"
	is "$(git -C "$T/git/web.git" ls-tree -r --name-only main | xargs)" "f m" \
	    "what is not there was deleted"
	stop_daemon
	is $? 0 "SIGTERM ends it with status 0"
	umount "$T/mnt"
else
	skip "needs root for an overlay mount"
fi

# -- what the reviewer can read
start_daemon "sessions max 2
limit { file-size 1M files 64 }
retries 1"
ok $? "praetord starts in $MODE mode"
ctl project add web --repo "$T/git/web.git" --verify "test -e f" >/dev/null
ctl project add big --repo "$T/git/big.git" >/dev/null
lands "private files and directories land" \
    "umask 077; mkdir -p p/q; echo x > p/q/r; echo y > f; chmod 700 ."
is "$(git -C "$T/git/web.git" ls-tree -r main p f | awk '{ print $1, $4 }' | xargs)" \
    "100644 f 100644 p/q/r" "with the modes that Git knows"
t=$(ctl task add --project web --retries 0 --run "echo z > closed; chmod 0 closed")
ctl task wait "$t" >/dev/null 2>&1
is $? 8 "a file that its owner cannot read is refused"
like "$(ctl task why "$t")" '"closed": its mode does not let it be read' "and named"
# What was not imported is not deleted: its directory stays.
kept=$(ctl --json task show "$t" | field session | sed 's/^s_0*//')
is "${kept:+known}" known "its session is known"
ctl project add odd --repo "$T/git/odd.git" >/dev/null
t=$(ctl task add --project odd --run 'test "$(wc -c < large)" = 3000000 && echo x > n')
ctl task wait "$t" >/dev/null 2>&1
is $? 0 "the limits of what runs are not those of the copy"

# -- stopped in the middle of a copy
S=$T/state/sessions
# The builder that copies: it has given its privileges up, others wait.
copier()
{
	local e b
	for e in $(pgrep -P "$daemon" praetor-execut); do
		for b in $(pgrep -P "$e" -x praetord); do
			grep -q '^NoNewPrivs:.*1' "/proc/$b/status" && echo "$b"
		done
	done
}
# A task whose copy has begun and is stopped before it was whole; its id in
# $held, the process in $pid, the branch in $before.  The copy of so many files
# takes far longer than to see that; one that was missed all the same lands.
hold()		# NAME NUMBER: of six directories
{
	local left try
	for try in 1 2 3 4 5 6; do
		before=$(tip)
		held=$(ctl task add --project big --name "$1$try" --run "rm -r b$(($2 * 6 + try))")
		until compgen -G "$S/*/upper/b*" >/dev/null; do :; done
		pid=$(copier)
		[ -n "$pid" ] && kill -STOP "$pid" 2>/dev/null
		left=$(find "$S"/[0-9]* -name whole -size 0 | wc -l)
		[ "$left" = 1 ] && return 0
		[ -z "$pid" ] || kill -CONT "$pid" 2>/dev/null
		ctl task wait "$held" >/dev/null 2>&1
		sessions_empty
	done
	return 1
}
sessions_empty()
{
	timeout 60 sh -c 'until [ "$(ls "$1")" = "$2" ]; do :; done' sh "$S" "$kept"
}
sessions_gone()	# NAME
{
	sessions_empty
	is "$(ls "$S")" "$kept" "$1: no directory is left"
}
tip() { git -C "$T/git/big.git" rev-parse main; }
lands "a small copy is made beside" "echo 1 > n"	# and big's tree is not yet there
hold cancelled 2
ok $? "a copy is stopped in its middle"
ctl status >/dev/null
is $? 0 "meanwhile the daemon answers"
lands "and other tasks land" "echo 2 > n"
ctl task cancel "$held" >/dev/null
ctl task wait "$held" >/dev/null 2>&1
is $? 9 "a copy can be cancelled"
sessions_gone cancelled
is "$(tip)" "$before" "cancelled: nothing landed"

hold killed 3
kill -9 "$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status")"
ctl task wait "$held" >/dev/null 2>&1
is $? 0 "with the executor killed in the middle of it the task is done"
is "$(git -C "$T/git/big.git" diff-tree -r --name-status "$before" main | sort -u |
    awk '{ print $1 }' | sort | uniq -c | xargs)" "100 D" "with its own change and no other"
sessions_gone "executor killed"

hold engine 5
kill -9 "$(pid_of engine)"
await_ctl
kill -CONT "$pid"
ctl task wait "$held" >/dev/null 2>&1
is $? 0 "a new engine waits for the copy that the old one asked for"
is "$(git -C "$T/git/big.git" diff-tree -r --name-only "$before" main | wc -l)" 100 \
    "and takes it as it is"
sessions_gone "engine killed"

hold parent 4
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
daemon=
timeout 60 sh -c 'while [ -e "/proc/$1" ]; do :; done' sh "$pid"
is $? 0 "the copy dies with the parent"
run_daemon
ok $? "after kill -9 of the parent it starts again"
ctl task wait "$held" >/dev/null 2>&1
is $? 0 "and the task is done"
is "$(git -C "$T/git/big.git" diff-tree -r --name-only "$before" main | wc -l)" 100 \
    "half a copy is not taken for deletions"
sessions_gone "parent killed"

# -- another boot: what is missing may not have been on the disk
t=$(ctl task add --project web --retries 0 --run "echo begun; rm f; exec sleep 600")
seen begun ctl task logs -f "$t"
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
for d in "$S"/*; do
	[ "${d##*/}" = "$kept" ] || echo 00000000-0000-0000-0000-000000000000 > "$d/whole"
done
run_daemon
ok $? "after a boot it starts again"
ctl task wait "$t" >/dev/null 2>&1
is $? 8 "a task that ran then is lost"
like "$(ctl task trace --no-follow "$t")" 'machine went down before its worktree was on disk' \
    "and what is left of its copy is not believed"
is "$(ctl --json task show "$t" | field ref)" "" "nor kept"
stop_daemon

# -- one kind after the other
layers() { cat "$T"/state/review/trees/*.base | grep -c '^layer'; }
for WORKTREE in overlay copy overlay; do
	start_daemon "sessions max 2"
	ok $? "praetord starts with worktree $WORKTREE"
	lands "a task lands" "echo $RANDOM > $WORKTREE; rm -f n p/q/r"
	lands "and another" "echo $RANDOM > $WORKTREE; echo 3 > n"
	if [ $WORKTREE = copy ]; then
		is "$(layers)" 0 "no tree is a layer"
	else
		[ "$(layers)" -gt 0 ]
		ok $? "trees are layers"
	fi
	stop_daemon
done
is "$(git -C "$T/git/web.git" ls-tree -r --name-only main | xargs)" "copy f m n overlay" \
    "every change is there"

# -- no room
small_disk()
{
	mount -t tmpfs -o size=8m,mode=711 tmpfs "$S" 2>/dev/null || return 1
	[ "$MODE" = system ] || own "$S"
}
WORKTREE=copy
if [ "$(id -u)" -eq 0 ] && small_disk; then
	kept=
	start_daemon "sessions max 2
limit disk-free 0"
	ok $? "praetord starts with a small disk for sessions"
	fails()		# TASK ERE: for want of room, and nothing is left
	{
		ctl task wait "$1" >/dev/null 2>&1
		is $? 8 "a copy for which there is no room fails its task"
		like "$(ctl task why "$1")" "$2" "and says why"
		sessions_gone "no room"
	}
	fails "$(ctl task add --project big --run true)" \
	    'worktree copy: b[0-9]+/f[0-9]+: No space left on device \(make room in the state'
	lands "a small one lands" "echo 4 > n"
	stop_daemon
	start_daemon "sessions max 2
limit disk-free 3M"		# a twentieth of it counts
	fails "$(ctl task add --project big --run true)" \
	    'worktree copy: there is no room for it: less than `limit disk-free`'
	stop_daemon
	mount -o remount,size=512m "$S"
	start_daemon "sessions max 2
limit disk 10M"			# less than the copy has
	ctl log verbose >/dev/null
	t=$(ctl task add --project big --run 'rm -r b1; head -c 4000000 /dev/zero > x; echo begun; exec sleep 600')
	seen begun ctl task logs -f "$t"
	await_log ': [34][0-9]{6} bytes on disk, counted'
	ok $? "with room it runs, and what it wrote is counted"
	is "$(ctl --json task show "$t" | field state)" running "which its limit lets it"
	ctl task cancel "$t" >/dev/null
	t=$(ctl task add --project big --run 'head -c 12000000 /dev/zero > x; sleep 600')
	ctl task wait "$t" >/dev/null 2>&1
	is "$(ctl --json task show "$t" | field reason)" disk "a limit on the disk is for what was written"
	stop_daemon
	is $? 0 "SIGTERM ends it with status 0"
	umount -l "$S"		# those that were killed may not be gone yet
else
	skip "needs root to mount a small disk"
fi

# -- a file system that shares blocks
sharing_disk()
{
	truncate -s 256M "$T/disk"
	mkdir "$T/mnt-btrfs"
	/sbin/mkfs.btrfs -q "$T/disk" >/dev/null 2>&1 || { reason="mkfs.btrfs is missing"; return 1; }
	mount -o loop "$T/disk" "$T/mnt-btrfs" 2>/dev/null ||
	    { reason="no loop device with btrfs"; return 1; }
	chmod 711 "$T/mnt-btrfs"
	[ "$MODE" = system ] || own "$T/mnt-btrfs"
}
reason="needs root to mount a small disk"
if [ "$(id -u)" -eq 0 ] && sharing_disk; then
	state_at "$T/mnt-btrfs/state" copy
	: > "$T/log"
	run_daemon
	ok $? "praetord starts on btrfs"
	like "$(cat "$T/log")" 'worktree copy: blocks are shared$' "and shares blocks"
	ctl project add odd --repo "$T/git/odd.git" >/dev/null
	t=$(ctl task add --project odd --run 'echo x >> large; echo begun; exec sleep 600')
	seen begun ctl task logs -f "$t"
	like "$(/usr/sbin/filefrag -v "$T"/mnt-btrfs/state/sessions/*/upper/large)" 'shared' \
	    "those of a file that it appended to, too"
	ctl task cancel "$t" >/dev/null
	t=$(ctl task add --project odd --run 'test "$(wc -c < large)" = 3000000 && echo y > n')
	ctl task wait "$t" >/dev/null 2>&1
	is $? 0 "and what one writes is not in the next"
	stop_daemon
	is $? 0 "SIGTERM ends it with status 0"
	umount "$T/mnt-btrfs"
else
	skip "$reason"
fi
done_testing
