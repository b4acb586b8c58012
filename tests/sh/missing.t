#!/bin/bash
# missing.t: a kernel or container that lacks what sessions are made of.
# Failures that it names: a start without it, a refusal that does not name it
# or how to get it, a check that says otherwise than the start, anything that
# a refused start changed.
. "$(dirname "$0")/lib.sh"

stage
write_conf ""
cp "$BUILD/tests/without" "$T/without"
chmod 755 "$T/without"
praetord() { "${as[@]}" "$T/without" "$1" "$T/usr/sbin/praetord" "${@:2}" -f "$T/praetord.conf"; }
contents() { find "$T" -path "$T/err" -prune -o -printf '%P %m %U %s\n' | sort; }
: > "$T/out"
: > "$T/err"
contents > "$T/../before.$$" || exit 1
mv "$T/../before.$$" "$T/before"

refused()	# FEATURE CALLS REMEDY
{
	local feature=$1 calls=$2 remedy=$3 status
	timeout 60 "${as[@]}" "$T/without" "$calls" "$T/usr/sbin/praetord" -d \
	    -f "$T/praetord.conf" > /dev/null 2> "$T/err"
	status=$?
	is $status 1 "$feature: it does not start without $calls"
	like "$(cat "$T/err")" "$feature.*$remedy" "$feature: named, with the remedy"
	praetord "$calls" -D > "$T/err" 2>&1
	is $? 1 "$feature: the check fails as well"
	like "$(grep "^$feature " "$T/err")" "missing.*$remedy" "$feature: and says the same"
}

while read -r feature modes calls remedy; do
	case $modes in *"$MODE"*) refused "$feature" "$calls" "$remedy" ;; esac
done <<'X'
user-namespaces	system	unshare=EPERM	user.max_user_namespaces
namespaces	system	unshare=EPERM	user.max_.*_namespaces
mount-api	system,user	fsopen=ENOSYS	Linux 5.12
mount-api	system,user	move_mount=ENOSYS	Linux 5.12
empty-root	system,user	chroot=EPERM	rule of a container
idmapped-mounts	system	mount_setattr=ENOSYS	Linux 5.19
landlock	system,user	landlock_create_ruleset=ENOSYS	landlock in lsm=
landlock	system,user	landlock_create_ruleset=EOPNOTSUPP	landlock in lsm=
seccomp	system,user	seccomp=ENOSYS	CONFIG_SECCOMP_FILTER
pidfd	system,user	pidfd_open=ENOSYS	Linux 5.3
pidfd	system,user	pidfd_send_signal=EPERM	Linux 5.3
clone3	system,user	clone3=ENOSYS	Linux 5.5
openat2	system,user	openat2=ENOSYS	Linux 5.6
close_range	system,user	close_range=ENOSYS	Linux 5.9
X
# In user mode nothing else can be looked at without one.
if [ "$MODE" = user ]; then
	for flags in -d -D; do
		like "$(praetord unshare=EPERM $flags 2>&1)" \
		    'user mode needs user namespaces: .*user.max_user_namespaces' \
		    "user namespaces: named, with the remedy ($flags)"
	done
fi
: > "$T/err"
mv "$T/before" "$T/../before.$$"
is "$(contents | diff "$T/../before.$$" -)" "" "no refused start has changed anything"
rm -f "$T/../before.$$"

# -- the control: with all of it
run_daemon
ok $? "it starts where nothing is missing"
stop_daemon
done_testing
