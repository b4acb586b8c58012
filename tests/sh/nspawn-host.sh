#!/bin/bash
# nspawn-host.sh DIR [OPTION...]: boot a systemd whose root is this machine's own root,
# under an overlay that is thrown away, and run DIR/run in it as the job that
# ends it.  DIR is /e2e there, to read only; what run prints is printed here,
# and its exit status is ours, or 98 when there is no container at all.  Options
# are systemd-nspawn's.  Needs root and cgroup v2; nothing is downloaded and
# nothing of this machine changes.
set -u
dir=$(realpath "$1")
shift
group=/sys/fs/cgroup/praetor-e2e-$$

# In a mount namespace of our own, with /run private, so that the container
# sees none of this machine's services; in a control group of our own, so that
# what is left at the end can be killed together.
exec unshare --mount --propagation private bash -c '
dir=$1 group=$2 options=$3
mount -t tmpfs tmpfs /run || exit 98
umount -R /sys/fs/cgroup 2>/dev/null
mount -t cgroup2 none /sys/fs/cgroup || exit 98
was=/sys/fs/cgroup$(sed -n "s/^0:://p" /proc/self/cgroup)
mkdir "$group" && echo $$ > "$group/cgroup.procs" || exit 98
cleanup()
{
	echo $$ > "$was/cgroup.procs" 2>/dev/null ||
	    echo $$ > /sys/fs/cgroup/cgroup.procs
	echo 1 > "$group/cgroup.kill"
	until grep -q "^populated 0" "$group/cgroup.events"; do :; done
	find "$group" -depth -type d -exec rmdir {} +
}
trap cleanup EXIT
mkdir /run/root /run/units && mount --bind / /run/root || exit 98
cat > /run/units/e2e.service <<X
[Unit]
Requires=basic.target dbus.socket
After=basic.target dbus.socket
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
WorkingDirectory=/e2e
ExecStart=/e2e/run
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
X
cat > /run/units/e2e.target <<X
[Unit]
Requires=basic.target e2e.service
After=basic.target
AllowIsolate=yes
X
# nspawn has a system call filter of its own, which would be tested instead.
export SYSTEMD_SECCOMP=0
timeout -k 5 "${TMO:-300}" script -qefc "systemd-nspawn -q --register=no \
    --keep-unit --private-network --volatile=overlay --link-journal=no \
    -M praetor-e2e -D /run/root --bind-ro=$dir:/e2e $options \
    --bind-ro=/run/units/e2e.service:/run/systemd/system/e2e.service \
    --bind-ro=/run/units/e2e.target:/run/systemd/system/e2e.target \
    --boot systemd.unit=e2e.target systemd.show_status=0 \
    systemd.mask=systemd-tmpfiles-clean.timer" /dev/null </dev/null
' nspawn-host "$dir" "$group" "$*"
