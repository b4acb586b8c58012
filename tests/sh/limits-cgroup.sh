# shellcheck shell=bash
# limits-cgroup.sh: the part of limits.t that needs control groups; $G is the
# daemon's.

# Everything is charged to the job wherever it lies, and all of it dies: the
# shell, which uses nothing, would go on.
ends <<'X'
oom	more than 67108864 bytes of memory .limit memory	--run	perl -e '$x = q(x) x 200000000'; echo survived; sleep 600
oom	limit memory	--run	for i in 1 2 3; do perl -e '$x = q(x) x 30000000; sleep 600' & done; wait
pids	more than 50 processes and threads .limit pids	--run	for i in $(seq 100); do sleep 600 & done; wait
X
is "$(ctl --json events --type task.ran | jq -r 'select(.data.why == "oom") | .data.status' | sort -u)" \
    137 "oom: the status is that of SIGKILL"
[ "$(ctl --json events --type task.ran | jq -r 'select(.data.why == "oom") | .data.maxrss' |
    sort -n | head -1)" -gt 50000 ]
ok $? "oom: the whole group's memory is told"

# The numbers in the groups, and a reload that changes them.
reload 's/tmp 8M/tmp 256M/; s/disk 8M/disk 0/; s/file-size 4M/file-size 0/
    s/cpu-time 0/cpu 20%; io-read 50M; io-write 20M/'
is $? 0 "a reload with other limits"
burner=$(ctl task add --project web --name burner --timeout 600 --run 'echo on; while :; do :; done')
seen '^on' ctl task logs -f "$burner"
group=
for g in "$G"/session_*; do
	[ "$(cat "$g/pids.current")" -gt 1 ] && grep -q '^2' "$g/cpu.max" && group=$g
done
read_all() { for f in "$@"; do cat "$group/$f"; done | xargs; }
is "$(read_all memory.max memory.oom.group memory.swap.max pids.max cpu.max 2>/dev/null)" \
    "67108864 1 0 51 20000 100000" "the limits are those of the configuration"
like "$(read_all io.max)" '^[0-9]+:[0-9]+ rbps=52428800 wbps=20971520' "also for the disk"
is "$(xargs -a "$G/executors/cgroup.procs" -I{} cat /proc/{}/comm | sort -u | grep -v '^praetord$')" \
    praetor-executo "executors are not charged to jobs"
until [ "$(sed -n 's/^nr_throttled //p' "$group/cpu.stat")" -gt 0 ]; do :; done
ok 0 "cpu.max is honoured"
ctl task cancel "$burner" >/dev/null
ctl task wait "$burner" >/dev/null 2>&1
reload 's/tmp 8M/tmp 256M/; s/disk 8M/disk 0/; s/file-size 4M/file-size 0/'
ends <<'X'
oom	limit memory	--run	head -c 200000000 /dev/zero > /tmp/x; echo survived; sleep 600
oom	limit memory	--run	perl -e '$n = q(m); $fd = syscall(319, $n, 0); open(F, q(+>&=), $fd) || die; $x = q(x) x 1000000; 1 while syswrite F, $x'; echo survived; sleep 600
X
is "$(for i in $(seq "$n"); do ctl task logs "j$i" 2>/dev/null; done | grep -c survived)" 0 \
    "oom: nothing of an attempt survives"
id=$(ctl task add --project web --run 'head -c 100000000 /dev/zero > big && cat big > /dev/null && rm big')
ctl task wait "$id" >/dev/null
is $? 0 "cached files of the disk are no use of memory"
reload 's/cpu-time 0/cpu-time 2s/'
ends <<'X'
cpu	more than 2s of CPU time .limit cpu-time	--run	for i in 1 2 3; do (while :; do :; done) & done; wait
cpu	more than 1s of CPU time .the task's own	--cpu-time 1s --run	for i in 1 2 3; do (while :; do :; done) & done; wait
X

# Sessions outlive the engine in their groups, and nothing outlives the parent.
reload ''
populated() { grep -l '^populated 1' "$G"/session_*/cgroup.events; }
kill -KILL "$(ctl --json status | jq -r '.processes[] | select(.role == "engine") | .pid')"
await_ctl
neighbour_lives
is "$(populated | wc -l)" 2 "the engine's death changed no group: one runs and one waits"
ends <<'X'
pids	limit pids	--run	exec perl -e 'while (1) { fork }'
oom	limit memory	--run	perl -e '$x = q(x) x 200000000'; sleep 600
X
neighbour_lives
mkdir "$G/session_77"
stop_daemon KILL
until grep -q '^populated 0' "$G/cgroup.events"; do :; done
ok 0 "nothing of a session outlives the parent"
is "$(find "$G" -name 'session_*' | wc -l)" 3 "its groups are left"
run_daemon
ok $? "it starts again"
is "$(find "$G" -name session_77)" "" "and has removed them"

# Controllers that were not delegated.
stop_daemon
is "$(find "$G" -name 'session_*')" "" "no group is left when the daemon has ended"
rmdir "$G"/*/
for dir in "$G" "${G%/own}"; do echo -io > "$dir/cgroup.subtree_control"; done
lacks='limit io-read or io-write: no controller io'
write_conf "$(sed 's/cpu-time 0/io-write 20M/' <<< "$conf")"
run_daemon
is $? 1 "a limit that cannot be enforced is refused at start"
like "$(tail -5 "$T/log")" "lacks cgroup-delegation: $lacks .*Delegate=yes" "by name, with the remedy"
write_conf "$conf"
run_daemon
ok $? "without that limit it starts"
like "$(reload 's/cpu-time 0/io-write 20M/' 2>&1)" "$lacks was delegated .*Delegate=yes" \
    "and refuses a reload that asks for it"
neighbour
