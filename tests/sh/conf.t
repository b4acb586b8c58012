#!/bin/bash
# conf.t: praetord.conf(5) read, refused and printed.  Failures that it names:
# an error that is not reported or without its file and line, a print that
# reads back as something else, an example that does not parse, a file that
# others could have written.
# UPDATE=1 writes the expected output again, to be read before it is kept.
. "$(dirname "$0")/lib.sh"

tool="$BUILD/tests/conftool"
export HOME=/home/u
unset XDG_STATE_HOME XDG_RUNTIME_DIR

# A checkout may be writable for its group; the copy is not.
cp -r "$SRC/tests/conf" "$T/conf"
chmod -R go-w "$T/conf"
cd "$T/conf" || exit 1

mode() { case "$1" in *-umode-*) echo -u ;; *) echo -- ;; esac; }

expect()	# NAME: $T/out against the file beside it
{
	[ -z "${UPDATE:-}" ] || cp "$T/out" "$SRC/tests/conf/$1.ok"
	diff -u "$SRC/tests/conf/$1.ok" "$T/out" | sed 's/^/# /'
	cmp -s "$SRC/tests/conf/$1.ok" "$T/out"
}

for f in pass-*.conf; do
	name=${f%.conf}
	"$tool" "$(mode "$f")" "$f" > "$T/out" 2>&1
	ok $? "$name is read"
	expect "$name"
	ok $? "$name prints as expected"
	install -m 600 "$T/out" print.conf
	"$tool" "$(mode "$f")" print.conf 2>&1 | cmp -s - "$T/out"
	ok $? "$name: the print reads back the same"
done

for f in fail-*.conf; do
	name=${f%.conf}
	"$tool" "$(mode "$f")" "$f" > "$T/stdout" 2> "$T/out"
	is $? 1 "$name is refused"
	is "$(cat "$T/stdout")" "" "$name prints nothing else"
	expect "$name"
	ok $? "$name: every error, with its place"
done

# The example: as shipped, and with every line of it in force.
sed "s|@PREFIX@|/usr|" "$SRC/etc/praetord.conf" > example.conf
echo 'agent "more" { shell "true" }' > agents.conf
cat >> example.conf <<X
user engine 1999990001
user frontend 1999990002
user reviewer 1999990003
user gateway 1999990004
X
"$tool" -n example.conf > "$T/out" 2>&1
is "$? $(cat "$T/out")" "0 " "the example is read as it is"
sed -e '/^user /d' -e 's/^#\([a-z}	]\)/\1/' -e 's/:sudo/:root/; s/alice/root/' \
    -e 's/_praetor-engine/70001/' -e 's/_praetor-front/70002/' \
    -e 's/_praetor-review/70003/' -e 's/_praetor-gate/70004/' \
    example.conf > full.conf
"$tool" -n full.conf > "$T/out" 2>&1
is "$? $(cat "$T/out")" "0 " "and with every setting of it in force"
"$tool" -k | while read -r word; do
	grep -qw -- "$word" "$SRC/etc/praetord.conf" || echo "$word"
done > "$T/out"
is "$(cat "$T/out")" "" "it shows every keyword"

# What the example calls a default is one.
"$tool" pass-defaults.conf > defaults.print
sed -n 's/^#\([a-z].*\)/\1/p' "$SRC/etc/praetord.conf" |
    grep -E '^(egress (conn|bytes|idle)|sessions|tasks|clients|timeout|verify|output|retries|fetch|uids|worktree|author|socket|state|repositories) ' |
    grep -vxFf defaults.print > "$T/out"
is "$(cat "$T/out")" "" "its defaults are the defaults"

# Who may have written the file.
refused()	# FILE ERE NAME
{
	like "$("$tool" -n "$1" 2>&1)" "$2" "$3"
}
install -m 664 pass-defaults.conf group.conf
refused group.conf '^group.conf: may be written by others' "a file that its group may write is refused"
install -m 646 pass-defaults.conf world.conf
refused world.conf '^world.conf: may be written by others' "and one that everybody may write"
install -m 666 inc-inner.inc world.inc
echo 'include "world.inc"' > outer.conf
refused outer.conf '^outer.conf:1: world.inc: may be written' "and an included one"
refused . '^\.: is not a regular file' "and a directory"
mkfifo fifo
refused fifo '^fifo: is not a regular file' "and a FIFO, without waiting for it"
refused none.conf '^none.conf: No such file' "a missing file is named"
if [ "$(id -u)" -eq 0 ]; then
	install -m 644 -o $USER_UID pass-defaults.conf other.conf
	refused other.conf '^other.conf: is owned by uid 1999980001; chown it' "a file of somebody else is refused"
else
	skip "not root"
fi
head -c 1100000 /dev/zero | tr '\0' '\n' > long.conf
refused long.conf '^long.conf: is longer than 1048576 bytes' "and one that is too long"

# User mode takes its places from the XDG directories.
echo 'libexec "/usr/libexec/praetor"' > user.conf
like "$(XDG_STATE_HOME=/x/state XDG_RUNTIME_DIR=/x/run "$tool" -u user.conf)" \
    '^state "/x/state/praetor"' "XDG_STATE_HOME is used"
like "$(XDG_STATE_HOME=/x/state XDG_RUNTIME_DIR=/x/run "$tool" -u user.conf)" \
    '^socket "/x/run/praetor/control.sock" mode 0600' "and XDG_RUNTIME_DIR"
like "$(XDG_STATE_HOME=state "$tool" -u user.conf)" \
    '^state "/home/u/.local/state/praetor"' "but not when it is relative"
getent passwd _praetor-engine >/dev/null || {
	echo 'libexec "/usr/libexec/praetor"' > system.conf
	refused system.conf '^system.conf: user engine: there is no user _praetor-engine; make it with systemd-sysusers' \
	    "a missing user is named with the remedy"
}
done_testing
