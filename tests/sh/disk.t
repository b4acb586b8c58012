#!/bin/bash
# disk.t: a state directory on a disk that is full.  Failures that it names: a
# command acknowledged but not stored, a daemon that dies of it, one that does
# not come back when there is room again.
. "$(dirname "$0")/lib.sh"
[ "$MODE" = system ] || skip_all "needs root to mount a small disk"
truncate -s 48M "$T/disk"
/sbin/mke2fs -q -F -t ext4 -m 0 "$T/disk" || skip_all "mke2fs is missing"
mkdir "$T/mnt"
mount -o loop "$T/disk" "$T/mnt" 2>/dev/null || skip_all "no loop device"
chmod 711 "$T/mnt"
mkdir "$T/r" && git -C "$T/r" init -q && (cd "$T/r" && echo x > f && git add f && git commit -qm x)
stage
write_conf ''
sed -i "s#^state .*#state \"$T/mnt/state\"#" "$T/praetord.conf"
run_daemon
ok $? "praetord starts on a small disk"
publish r
ctl project add r --repo "$T/git/r.git" > /dev/null
t=$(ctl task add --project r --run "echo y >> f")
ctl task wait "$t" >/dev/null 2>&1
is $? 0 "a task lands"

dd if=/dev/zero of="$T/mnt/fill" bs=64k 2>/dev/null
dd if=/dev/zero of="$T/mnt/fill2" bs=1k 2>/dev/null
head -c 60000 /dev/zero | tr '\0' x > "$T/text"
n=0
while [ $n -lt 200 ]; do		# the WAL has a little room of its own
	before=$(ctl --json status | field events)
	err=$(ctl task add --project r --run true - < "$T/text" 2>&1 >/dev/null) && { n=$((n + 1)); continue; }
	code=$?
	break
done
is "${code:-0}" 1 "with the disk full a command is refused"
like "$err" 'space' "and says that there is no space"
is "$(printf '%s\n' "$err" | wc -l)" 1 "in one line"
is "$(ctl --json status | field events)" "$before" "and nothing was recorded"
rm "$T/mnt/fill" "$T/mnt/fill2"
t=$(ctl task add --project r --run "echo z >> f")
ctl task wait "$t" >/dev/null 2>&1
is $? 0 "with room again it goes on without a restart"
stop_daemon
is $? 0 "and stops cleanly"
# Sessions may have a file system of their own (praetord.conf(5)).
mkdir -m 711 "$T/mnt/own"
mount --bind "$T/mnt/own" "$T/mnt/state/sessions"
run_daemon
ok $? "with a mount of its own for sessions it starts"
t=$(ctl task add --project r --run "echo o >> f")
ctl task wait "$t" >/dev/null 2>&1
is $? 0 "and a task lands"
stop_daemon
umount "$T/mnt/state/sessions"
umount "$T/mnt"
/sbin/e2fsck -fn "$T/disk" >/dev/null 2>&1
ok $? "the file system is sound"
done_testing
