#!/bin/bash
# emptyroot.t: the frontend, which reads what anybody sends, has no file.
# Failures that it names: a root with entries, a mount or a descriptor that
# leads out, a capability that is left to it or to another role, a start
# without all that.
. "$(dirname "$0")/lib.sh"

web_daemon 'egress allow "ok.example:80" on web'
p=$(pid_of frontend)
is "$(ls -A "/proc/$p/root/")" "" "its root is empty"
is "$(cat "/proc/$p/mountinfo")" "" "no mount is in reach"
is "$(stat -f -c %T "/proc/$p/root/")" tmpfs "the root is nobody's directory"
is "$(stat -L -c %a "/proc/$p/root/")" 555 "with nothing to be made in it"
is "$(stat -L -c %d:%i "/proc/$p/cwd/")" "$(stat -L -c %d:%i "/proc/$p/root/")" \
    "it stands there"
is "$(for f in "/proc/$p/fd/"*; do
	[ "${f##*/}" -gt 2 ] && [ ! -S "$f" ] && readlink "$f"
    done | grep -Ev '^(pipe|anon_inode):')" "" "no descriptor leads out"
for role in frontend engine reviewer gateway; do
	q=$(pid_of $role)
	is "$(awk '/^Cap/ { print $1 $2 }' "/proc/$q/status" |
	    grep -v ':0000000000000000$')" "" "the $role has no capability"
	[ $role = frontend ] || [ -n "$(ls -A "/proc/$q/root/")" ]
	ok $? "and a root according to its files"
done
kill -9 "$p"
await_ctl
p=$(pid_of frontend)
is "$(ls -A "/proc/$p/root/")" "" "one that is started again has none either"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"

# Without the right to it there is no start.
if [ "$MODE" = system ]; then
	out=$(setpriv --bounding-set -sys_chroot --inh-caps -sys_chroot \
	    "$T/usr/sbin/praetord" -d -f "$T/praetord.conf" 2>&1)
	is $? 1 "without CAP_SYS_CHROOT praetord does not start"
	like "$out" 'capability 18 is missing: needed for .*empty root' "and says why"
fi
like "$(as_daemon "$T/usr/sbin/praetord" -D -f "$T/praetord.conf")" '^empty-root +ok' \
    "the host is asked for it"
done_testing
