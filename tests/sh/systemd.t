#!/bin/bash
# systemd.t: the installed service under a real systemd, in a container over
# this machine's root.  Failures that it names: a unit that does not start or
# whose sandbox keeps a task from landing, a reload that takes a wrong file, a
# role that does not come back, a stop that is not clean.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "needs root to boot a container"
command -v systemd-nspawn >/dev/null || skip_all "systemd-nspawn is missing"

mkdir -p "$T/e2e"
make -s -C "$SRC" BUILD="$BUILD" DESTDIR="$T/e2e/dest" install-programs \
    install-files > "$T/out" 2>&1
ok $? "make install"
[ ! -s "$T/out" ] || sed 's/^/# /' "$T/out"
# A sanitizer that looks for leaks would trace, which the unit does not allow.
if [ -n "${ASAN_OPTIONS:-}" ]; then
	mkdir -p "$T/e2e/dest/etc/systemd/system/praetord.service.d"
	printf '[Service]\nEnvironment=ASAN_OPTIONS=%s\n' "$ASAN_OPTIONS" \
	    > "$T/e2e/dest/etc/systemd/system/praetord.service.d/sanitizer.conf"
fi
cp "$SRC/tests/sh/lib.sh" "$SRC/tests/sh/systemd-inner.sh" "$T/e2e/"
ln -s systemd-inner.sh "$T/e2e/run"

# The container's own root is an overlay, which cannot be the state's file system.
mkdir "$T/state"
"$SRC/tests/sh/nspawn-host.sh" "$T/e2e" --bind="$T/state:/var/lib/praetor" > "$T/console" 2>&1
status=$?
[ $status -ne 98 ] ||
    skip_all "systemd cannot be booted in a container here: mounts or control groups are refused"
tr -d '\r' < "$T/console" > "$T/text"

# What ran inside printed TAP on the console, among other things.
while IFS= read -r line; do
	name=${line#*- }
	case "$line" in
	"ok "*"# SKIP"*) skip "${line#*# SKIP }" ;;
	"ok "*) ok 0 "$name" ;;
	"not ok "*) ok 1 "$name" ;;
	"#"*) echo "$line" ;;
	esac
done < <(grep -aE '^(ok|not ok|#) ?' "$T/text")
is $status 0 "the container ends well"
grep -aq '^1\.\.[1-9]' "$T/text"
ok $? "having done everything"
[ "${failures:-0}" -eq 0 ] || sed 's/^/# console: /' "$T/text"
done_testing
