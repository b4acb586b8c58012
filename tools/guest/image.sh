#!/bin/bash
# image.sh DIR PACKAGE...: a Debian guest in DIR: vmlinuz, initrd.img and
# disk.img, with systemd, what tests call and the packages named, from where this
# system's own apt gets its own.  What is there already and was made in the same
# way is kept; several may ask at once.  Needs root, mmdebstrap, busybox-static,
# cpio, e2fsprogs.  Exit status 3: the packages cannot be fetched; the last line
# says why.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
dir=$(realpath -m "$1")
shift
mkdir -p "$dir"
exec 9> "$dir/lock"
flock 9

packages=systemd,systemd-sysv,dbus,libpam-systemd,e2fsprogs,procps,git,jq
for p in "$@"; do packages+=,$p; done
modules="drivers/virtio/virtio_ring drivers/virtio/virtio
    drivers/virtio/virtio_pci_legacy_dev drivers/virtio/virtio_pci_modern_dev
    drivers/virtio/virtio_pci drivers/block/virtio_blk fs/overlayfs/overlay
    drivers/block/loop fs/quota/quota_tree fs/quota/quota_v2
    drivers/net/dummy drivers/net/tun net/vmw_vsock/vsock net/netfilter/nfnetlink"

key=$({ echo "$packages" && cat "$here/image.sh" "$here/agent.sh"; } |
    sha256sum | cut -c1-16)
if [ -f "$dir/disk.img" ] && [ "$(cat "$dir/key" 2>/dev/null)" = "$key" ]; then
	exit 0
fi
work=$(mktemp -d "$dir/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

cannot()	# REASON
{
	[ ! -s "$work/err" ] || tail -5 "$work/err" >&2
	echo "$1" >&2
	exit 3
}

# One line for each Debian archive that apt here knows, in its own notation.
sources()
{
	apt-get indextargets --format \
	    '$(ORIGIN) deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
	    'Created-By: Packages' "Architecture: $(dpkg --print-architecture)" |
	    sed -n 's/^Debian deb /deb /p'
}
if [ -z "$(sources)" ]; then
	apt-get -q update > "$work/err" 2>&1 || :
fi
sources > "$work/sources"
[ -s "$work/sources" ] || cannot "apt knows no Debian archive"
apt-config dump | grep -E '^Acquire::.*[Pp]roxy' > "$work/apt.conf" || :
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")

base=$dir/base-$(echo "$packages $suite" | sha256sum | cut -c1-16).tar
if [ ! -f "$base" ]; then
	mmdebstrap --quiet --format=tar --variant=minbase --mode=root \
	    --include="$packages" --aptopt="$work/apt.conf" \
	    --dpkgopt='path-exclude=/usr/share/man/*' \
	    --dpkgopt='path-exclude=/usr/share/locale/*' \
	    --dpkgopt='path-exclude=/usr/share/doc/*' \
	    --dpkgopt='path-exclude=/usr/share/info/*' \
	    "$suite" "$work/base.tar" - < "$work/sources" > "$work/err" 2>&1 ||
	    cannot "mmdebstrap cannot fetch the packages of the guest"
	mv "$work/base.tar" "$base"
fi

# Debian's kernel, unpacked and not installed.
if [ ! -d "$dir/kernel" ]; then
	linux=$(apt-cache depends linux-image-cloud-amd64 |
	    awk '/Depends: linux-image-/ { print $2; exit }')
	[ -n "$linux" ] || cannot "apt knows no kernel for the guest"
	(cd "$work" && apt-get -qq -o APT::Sandbox::User=root \
	    download "$linux") > "$work/err" 2>&1 ||
	    cannot "apt cannot fetch the kernel of the guest"
	dpkg-deb -x "$work/${linux}"_*.deb "$work/kernel"
	mv "$work/kernel" "$dir/kernel"
fi
cp "$dir"/kernel/boot/vmlinuz-* "$dir/vmlinuz"

# The initial file system: a shell and the modules, in this order.
mkdir -p "$work/i"/{bin,m,dev,proc,root}
cp /bin/busybox "$work/i/bin/"
ln -s busybox "$work/i/bin/sh"
names=
for m in $modules; do
	cp "$(echo "$dir"/kernel/lib/modules/*)/kernel/$m.ko" "$work/i/m/"
	names+=" ${m##*/}"
done
cat > "$work/i/init" <<X
#!/bin/sh
b=/bin/busybox
\$b mount -t devtmpfs dev /dev
\$b mount -t proc proc /proc
for m in$names; do \$b insmod /m/\$m.ko || echo "no module \$m"; done
# A network that leads nowhere, so that sessions can be shown to have none.
\$b ip addr add 10.20.30.40/24 dev dummy0
\$b ip -6 addr add fd20:30::40/64 dev dummy0
\$b ip link set dummy0 up
\$b ip route add default dev dummy0
i=0
while [ ! -b /dev/vda ] && [ \$i -lt 1000 ]; do \$b usleep 20000; i=\$((i + 1)); done
\$b mount -t ext4 -o rw,noatime /dev/vda /root || { echo "guest: no root disk"; \$b poweroff -f; }
\$b umount /proc
\$b mount --move /dev /root/dev
exec \$b switch_root /root /lib/systemd/systemd "\$@"
X
chmod 755 "$work/i/init"
(cd "$work/i" && find . | cpio -o -H newc --quiet) > "$dir/initrd.img"

# The root: what takes time to start and has nothing to do here is masked.
root=$work/root
units=$root/etc/systemd/system
mkdir "$root"
tar -C "$root" -xf "$base"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
mkdir -p "$root/etc/systemd/system-generators" "$root/etc/systemd/journald.conf.d"
for g in "$root"/lib/systemd/system-generators/*; do
	ln -sf /dev/null "$root/etc/systemd/system-generators/${g##*/}"
done
for u in modprobe@ systemd-modules-load systemd-remount-fs systemd-firstboot \
    systemd-sysusers systemd-sysctl systemd-journal-flush systemd-tmpfiles-setup-dev \
    kmod-static-nodes systemd-pcrphase-sysinit systemd-pcrphase systemd-pcrmachine \
    systemd-machine-id-commit systemd-binfmt systemd-pstore systemd-repart \
    systemd-update-done ldconfig systemd-journal-catalog-update systemd-update-utmp \
    systemd-update-utmp-runlevel systemd-random-seed e2scrub_reap console-getty \
    serial-getty@ttyS0 getty@tty1; do
	ln -sf /dev/null "$units/$u.service"
done
for u in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
    dpkg-db-backup.timer fstrim.timer systemd-tmpfiles-clean.timer \
    dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    sys-kernel-config.mount sys-fs-fuse-connections.mount \
    proc-sys-fs-binfmt_misc.automount systemd-ask-password-console.path \
    systemd-ask-password-wall.path systemd-initctl.socket getty.target; do
	ln -sf /dev/null "$units/$u"
done
printf '[Journal]\nStorage=volatile\nRateLimitBurst=0\n' > "$root/etc/systemd/journald.conf.d/guest.conf"
echo guest > "$root/etc/hostname"
: > "$root/etc/fstab"
mkdir -p "$root/etc/ssl/certs"
echo 0123456789abcdef0123456789abcdef > "$root/etc/machine-id"
install -m 755 "$here/agent.sh" "$root/usr/local/sbin/guest-agent"
cat > "$units/guest.service" <<'X'
[Unit]
DefaultDependencies=no
Requires=sysinit.target basic.target dbus.socket
After=basic.target dbus.socket
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/guest-agent
StandardInput=tty-force
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
X
printf '[Unit]\nRequires=basic.target guest.service\nAfter=basic.target\nAllowIsolate=yes\n' > "$units/guest.target"
rm -f "$dir/key"
mke2fs -q -F -t ext4 -O ^has_journal -E lazy_itable_init=1,root_owner=0:0 \
    -m 0 -d "$root" "$work/disk.img" 1500M
mv "$work/disk.img" "$dir/disk.img"
echo "$key" > "$dir/key"
