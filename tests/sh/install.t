#!/bin/bash
# install.t: make install and uninstall below DESTDIR.  Failures that it names:
# a file that is not installed or not removed, a path of the build in what is
# installed, a configuration of somebody that is overwritten or deleted.
. "$(dirname "$0")/lib.sh"

D="$T/dest"
mk() { make -s -C "$SRC" BUILD="$BUILD" DESTDIR="$D" PREFIX=/usr SYSCONFDIR=/etc "$@" > "$T/out" 2>&1; }

# Not `make install': that would build again for this PREFIX.
mk install-programs install-files
ok $? "install"
[ ! -s "$T/out" ] || sed 's/^/# /' "$T/out"

for f in sbin/praetord bin/praetorctl libexec/praetor/praetor-engine \
    libexec/praetor/praetor-frontend libexec/praetor/praetor-reviewer \
    libexec/praetor/praetor-executor libexec/praetor/praetor-init; do
	is "$(stat -c %a "$D/usr/$f" 2>&1)" 755 "$f"
done
is "$(readlink "$D/usr/bin/praetor")" praetorctl "praetor is praetorctl"
for f in /usr/lib/systemd/system/praetord.service /usr/lib/sysusers.d/praetord.conf \
    /usr/lib/tmpfiles.d/praetord.conf /etc/praetor/praetord.conf \
    /usr/share/doc/praetor/praetord.conf \
    /usr/share/bash-completion/completions/praetorctl \
    /usr/share/bash-completion/completions/praetor \
    /usr/share/zsh/site-functions/_praetorctl \
    /usr/share/man/man8/praetord.8 /usr/share/man/man5/praetord.conf.5 \
    /usr/share/man/man1/praetorctl.1 /usr/share/man/man7/praetor-events.7 \
    /usr/share/man/man7/praetor-proto.7; do
	is "$(stat -c %a "$D$f" 2>&1)" 644 "$f"
done
grep -rIlE '@[A-Z]+@' "$D" > "$T/out"
is "$(cat "$T/out")" "" "no path is left open"
grep -rIlF -e "$BUILD" -e "$D" "$D" > "$T/out"
is "$(cat "$T/out")" "" "no text names the build's directories"
find "$D" -perm /6022 ! -type l > "$T/out"
is "$(cat "$T/out")" "" "nothing is writable by others or setuid"
"$BUILD/tests/conftool" -nu "$D/etc/praetor/praetord.conf" > "$T/out" 2>&1
is "$(cat "$T/out")" "" "the installed configuration is read"

echo 'retries 1' >> "$D/etc/praetor/praetord.conf"
mk install-programs install-files
ok $? "install again"
is "$(tail -1 "$D/etc/praetor/praetord.conf")" "retries 1" "keeps a changed configuration"
mk uninstall
ok $? "uninstall"
is "$(find "$D" ! -type d)" "$D/etc/praetor/praetord.conf" "leaves the changed configuration alone"

rm -r "$D"
mk install-programs install-files && mk uninstall
ok $? "install and uninstall"
is "$(find "$D" ! -type d)" "" "leaves nothing"
is "$(find "$D" -type d -name '*praetor*')" "" "and no directory of its own"
done_testing
