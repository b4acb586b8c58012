#!/bin/bash
# soak.sh BUILD: 1,000 sessions in waves of 50 on a private daemon, and then
# everything of the host that a session uses is where it was before: open
# files, mounts, namespaces, control groups, users, directories, memory.
# It takes minutes and is no part of `make check`.  WAVES=n for fewer or more.
BUILD=${1:?}
SRC=$(cd "$(dirname "$0")/.." && pwd)
export BUILD SRC
. "$SRC/tests/sh/lib.sh"

WAVE=50
WAVES=${WAVES:-20}
WARM=3			# waves before the first look: caches fill

# Without control groups the rest is looked at.
conf="sessions max $WAVE
sessions spare 4
fetch interval 1h"
CGROUP=1
for c in $controllers; do
	grep -qw "$c" /sys/fs/cgroup/cgroup.controllers 2>/dev/null || CGROUP=0
done
[ "$CGROUP" = 0 ] && echo "# no control groups here: not looked at" ||
    conf="$conf"$'\ncgroup delegated\nlimit memory 64M'

web_daemon "$conf"
awk -v n=$WAVE 'BEGIN { printf "{\"project\":\"web\",\"tasks\":["
    for (i = 0; i < n; i++)
	printf "%s{\"run\":\"mkdir d && echo x > .git/x && rm -r d; " \
	    "sleep 1 & echo done\"}", i ? "," : ""
    print "]}" }' > plan.json

wave()
{
	ctl task add --file plan.json > ids || return 1
	# shellcheck disable=SC2046
	ctl task wait $(cat ids) > /dev/null
}

# The daemon's own: the parent with its helpers, and the roles.
daemons() { echo "$daemon"; pgrep -P "$daemon"; }
spares() { find "$T/state/sessions/.spare" -mindepth 1 -maxdepth 1 | wc -l; }

# The processes of prepared sandboxes are there before and after.
settled()
{
	[ -z "$(ls "$T/state/sessions")" ] && [ "$(spares)" -eq 4 ] &&
	    [ "$(pgrep -P "$daemon" -x praetor-executo | wc -l)" -eq 4 ]
}

# The kernel takes namespaces away late, so this is asked until it is so.
await()		# COMMAND...
{
	local n=0
	until "$@"; do
		sleep 0.5
		n=$((n + 1))
		[ $n -lt 120 ] || return 1
	done
}

open_files() { for p in $(daemons); do find "/proc/$p/fd" -mindepth 1; done 2>/dev/null | wc -l; }
mount_lines() { grep -cE "$T| overlay workspace " "/proc/$daemon/mountinfo"; }
ours()		# every process below the daemon, and itself
{
	ps -eo pid=,ppid= | awk -v top="$daemon" '{ up[$1] = $2 }
	    END { for (p in up) for (q = p; q > 1; q = up[q])
		if (q == top) { print p; break } }'
}
namespaces() { for p in $(ours); do readlink "/proc/$p/ns/"*; done 2>/dev/null | sort -u | wc -l; }
processes() { ours | wc -l; }
groups() { find /sys/fs/cgroup -type d -path '*praetor-test*' 2>/dev/null | wc -l; }
users() { for p in $(ours); do stat -c %u "/proc/$p"; done 2>/dev/null | sort -u | wc -l; }
# Each process' own memory, for the log.
memory() { for p in $(daemons); do printf '# %s: %s KiB\n' "$(tr '\0' ' ' < "/proc/$p/comm" | head -1)" "$(awk '/^Private_/ { n += $2 } END { print n }' "/proc/$p/smaps_rollup")"; done 2>/dev/null; }
private() { for p in $(daemons); do awk '/^Private_/ { n += $2 } END { print n }' "/proc/$p/smaps_rollup"; done 2>/dev/null | awk '{ n += $1 } END { print n + 0 }'; }
kernel() { awk '/^(SUnreclaim|KernelStack|PageTables|Percpu):/ { n += $2 } END { print n }' /proc/meminfo; }
names="open_files mount_lines processes namespaces groups users"

look()		# FILE
{
	local f
	for f in $names private kernel; do echo "$f $($f)"; done > "$1"
}
value() { awk -v k="$2" '$1 == k { print $2 }' "$1"; }
same() { look after; for f in $names; do [ "$(value before "$f")" = "$(value after "$f")" ] || return 1; done; }

# Sessions of others come and go as well: only what grows is ours to answer.
no_more() { [ "$(value after "$1")" -le $(($(value before "$1") + $2)) ]; }

for _ in $(seq $WARM); do wave || break; done
await settled
ok $? "$((WARM * WAVE)) sessions to begin with"
look before
memory
for _ in $(seq "$WAVES"); do wave || break; done
ok $? "$((WAVES * WAVE)) sessions in waves of $WAVE"
await settled
ok $? "no directory of a session is left, and as many wait as before"
await same
for f in $names; do
	is "$(value after "$f")" "$(value before "$f")" "$f as before"
done
memory
no_more private 4096
ok $? "private memory of the daemon: $(value before private) KiB before, $(value after private) KiB after"
no_more kernel 16384
ok $? "memory of the kernel: $(value before kernel) KiB before, $(value after kernel) KiB after"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
is "$(find "$T/state/sessions" -maxdepth 2 -name '[0-9]*' | wc -l)" 0 "and nothing is left of what waited"
done_testing
