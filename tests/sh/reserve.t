#!/bin/bash
# reserve.t: sessions that write until the disk of the state is full, on a small
# one.  Failures that it names: a state that finds no space left, a session that
# has taken nothing and is ended, one that hides what it took, one that is begun
# where there is no room.
. "$(dirname "$0")/lib.sh"
[ "$MODE" = system ] || skip_all "needs root to mount a small disk"
truncate -s 400M "$T/disk"
/sbin/mke2fs -q -F -t ext4 -m 0 "$T/disk" || skip_all "mke2fs is missing"
mkdir "$T/mnt"
mount -o loop "$T/disk" "$T/mnt" 2>/dev/null || skip_all "no loop device"
chmod 711 "$T/mnt"
mkdir "$T/web" && git init -q "$T/web" && echo one > "$T/web/f" &&
    git -C "$T/web" add f && git -C "$T/web" commit -qm one
stage
write_conf 'sessions max 3
retries 0
limit { disk 0; disk-free 1G; file-size 0 }'
sed -i "s#^state .*#state \"$T/mnt/state\"#" "$T/praetord.conf"
run_daemon
ok $? "praetord starts on a small disk"
publish web
ctl project add web --repo "$T/git/web.git" > /dev/null

# A twentieth of the disk is the reserve: leave some 40 MB above it.
free() { df --output=avail -B1 "$T/mnt" | tail -1; }
fallocate -l $(($(free) - 60000000)) "$T/mnt/ballast"

modest=$(ctl task add --project web --name modest \
    --run 'echo here; head -c 1000000 /dev/zero > few; while :; do sleep 1; done')
seen '^here' ctl task logs -f "$modest"
hog()	# NAME RUN: it is ended for what it took, and the state had room all along
{
	local id
	id=$(ctl task add --project web --name "$1" --run "$2")
	ctl task wait "$id" >/dev/null 2>&1
	is "$(ctl --json task show "$id" | field reason)" disk "$1: ended"
	like "$(ctl task why "$id")" "$3" "$1: and says why"
	is "$(grep -c 'no space' "$T/log")" 0 "$1: the state had room all along"
	seen "\"session\":\"$(ctl --json events --type task.ran |
	    jq -r "select(.data.task == \"$id\") | .data.session")\"" \
	    ctl --json events -f --type session.purged
}
# Slow enough for an emulated machine to notice.
hog writer 'i=0; while :; do i=$((i + 1)); head -c 200000 /dev/zero > $i; sleep 0.01; done' \
    'bytes are left on the file system .*limit disk-free'
like "$(ctl task show "$modest")" '^state: running' "one that took little is left alone"
ctl task cancel "$modest" >/dev/null
ctl task wait "$modest" >/dev/null 2>&1

hog hider 'exec perl -e "open F, q(>x) or die; unlink q(x); \$x = qq(x) x 200000;
    while (1) { syswrite F, \$x; select undef, undef, undef, 0.01 }"' \
    'may have used it up'

fallocate -l $(($(free) - 10000000)) "$T/mnt/ballast2"
id=$(ctl task add --project web --name late --run true)
until [ "$(ctl --json task show "$id" | field reason)" = disk-full ]; do :; done
ok $? "below the reserve no session begins"
like "$(ctl task why "$id")" 'less than `limit disk-free`' "and its reason is told"
rm "$T/mnt/ballast2"
ctl task wait "$id" >/dev/null
is $? 0 "with room again it runs, by itself"
id=$(ctl task add --project web --run 'echo two >> f')
ctl task wait "$id" >/dev/null
is $? 0 "with room again the next task lands"
stop_daemon
umount "$T/mnt"
done_testing
