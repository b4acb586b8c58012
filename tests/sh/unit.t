#!/bin/bash
# unit.t: the systemd unit, sysusers.d and tmpfiles.d as installed.  Failures
# that it names: a setting that systemd does not know, a sandbox of the unit
# that has become weaker, a capability that the parent keeps and the unit takes.
. "$(dirname "$0")/lib.sh"
command -v systemd-analyze >/dev/null || skip_all "systemd-analyze is missing"

# In tenths of the score: what its list of reasons leaves open.
EXPOSURE=47

# The unit names programs; verify asks whether they are there.
root="$T/root"
mkdir -p "$root/usr/sbin" "$root/bin" "$root/usr/lib/systemd/system" "$root/etc"
sed -e "s|@PREFIX@|/usr|g" -e "s|@SYSCONFDIR@|/etc|g" \
    "$SRC/etc/praetord.service.in" > "$T/praetord.service"
like "$(grep ^ExecStart= "$T/praetord.service")" \
    '^ExecStart=/usr/sbin/praetord -f /etc/praetor/praetord.conf$' "paths are filled in"
is "$(grep -o "@[A-Z]*@" "$T/praetord.service")" "" "and none is left"

sed "s|/usr/sbin/praetord|$(command -v true)|" "$T/praetord.service" \
    > "$T/unit.service"
is "$(systemd-analyze verify --man=no "$T/unit.service" 2>&1 |
    grep -F unit.service)" "" "systemd-analyze verify has nothing to say"
systemd-analyze security --offline=true --no-pager \
    --threshold=$EXPOSURE "$T/unit.service" > "$T/out" 2>&1
ok $? "systemd-analyze security: at most $EXPOSURE"
sed -n '/Overall/s/^/# /p' "$T/out"

# The bounding set against the parent's own table.
sed -n 's/^CapabilityBoundingSet=//p' "$T/praetord.service" | tr ' ' '\n' |
    sort > "$T/unit.caps"
sed -n 's/^	{ \(CAP_[A-Z_]*\),.*/\1/p' "$SRC/praetord/privs.c" | sort > "$T/caps"
ok $(($(wc -l < "$T/caps") < 5)) "the parent's capabilities are found"
is "$(cat "$T/unit.caps")" "$(cat "$T/caps")" "the unit leaves what the parent keeps, and no more"

systemd-sysusers --root="$root" "$SRC/etc/praetord.sysusers" 2> "$T/out"
is "$? $(grep -v Creating "$T/out")" "0 " "sysusers.d is taken"
is "$(cut -d: -f1 "$root/etc/passwd" | sort | grep praetor | xargs)" \
    "$(sed -n 's/.*= "\(_praetor[a-z-]*\)".*/\1/p' "$SRC/praetord/conf_defaults.c" | sort | xargs)" \
    "it makes the users that are the defaults"
is "$(grep -c 'praetor.*nologin$' "$root/etc/passwd")" 4 "none can log in"

systemd-tmpfiles --root="$root" --create "$SRC/etc/praetord.tmpfiles" 2> "$T/out"
is "$? $(cat "$T/out")" "0 " "tmpfiles.d is taken"
is "$(stat -c %a "$root/run/praetor" "$root/var/lib/praetor" | xargs)" \
    "755 711" "and makes the directories"
done_testing
