#!/bin/bash
# peer.NAME, peer.NAME.one: our engine without a sandbox, filing and finishing
# tasks, beside other job systems that file and finish jobs that do nothing;
# pipelined in jobs a second, and one at a time in milliseconds.  Each peer runs in a
# directory of its own with its safest settings, and is ended here; what it has on
# the disk when it answers is in `against'.  One that cannot run here is named.
set -u
BUILD=${BUILD:?}
T=$(mktemp -d "${TMPDIR:-/tmp}/praetor-peers.XXXXXX")
chmod 755 "$T"
peers="tsp at parallel redis beanstalkd postgresql slurm"
ROUNDS=${ROUNDS:-5}
running=

cleanup()
{
	local p
	for p in $running; do "stop_$p" > /dev/null 2>&1; done
	rm -rf "$T"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

now() { date +%s.%N; }
have() { command -v "$1" > /dev/null || { echo "no $1 here" >&2; return 1; }; }
await() { local i; for i in {1..300}; do "$@" > /dev/null 2>&1 && return; sleep 0.1; done; echo "$* does not succeed" >&2; return 1; }
rate() { awk -v a="$1" -v b="$2" -v n="$3" 'BEGIN { print n / (b - a) }'; }
ended() { local i; for i in {1..100}; do kill -0 "$1" 2> /dev/null || return; sleep 0.1; done; kill -9 "$1"; }

# Each: says_NAME, start_NAME, many_NAME and one_NAME (print jobs/s), stop_NAME.

says_tsp="task-spooler, 2 slots, runs true, nothing on the disk"
start_tsp() { have tsp && export TS_SOCKET=$T/tsp.sock && TMPDIR=$T tsp -S 2; }
stop_tsp() { tsp -K; }
many_tsp()
{
	local a i
	a=$(now)
	for i in {1..300}; do tsp -n true; done > /dev/null
	while [ "$(tsp | grep -Ec ' (queued|running) ')" -gt 0 ]; do :; done
	rate "$a" "$(now)" 300
	tsp -C
}
one_tsp()
{
	local a i
	a=$(now)
	for i in {1..50}; do tsp -n true; tsp -w; done > /dev/null
	rate "$a" "$(now)" 50
	tsp -C
}

# Its spool and its pid file have fixed places: a mount namespace gives it others.
says_at="at now, atd, a job appends a line, spool files not synced"
start_at()
{
	have atd || return 1
	[ "$(id -u)" -eq 0 ] || { echo "atd needs root" >&2; return 1; }
	mkdir -p "$T/at/spool" "$T/at/run"
	cp -a /var/spool/cron/. "$T/at/spool/" && : > "$T/at/done"
	rm -f "$T"/at/spool/atjobs/[a-z]*
	unshare -m --propagation private bash -c "mount --bind '$T/at/spool' /var/spool/cron &&
	    mount --bind '$T/at/run' /run && exec atd -f -l 1000 -b 0" 2> "$T/at/log" &
	atd=$!
	await test -s "$T/at/run/atd.pid"
}
stop_at() { kill "$atd"; wait "$atd"; }
in_at() { nsenter -t "$atd" -m "$@"; }
jobs_at()	# N
{
	local i
	for ((i = 0; i < $1; i++)); do echo "echo >> $T/at/done" | at now; done
}
export -f jobs_at
lines_at() { until [ "$(wc -l < "$T/at/done")" -ge "$1" ]; do :; done; : > "$T/at/done"; }
many_at()
{
	local a
	a=$(now)
	in_at env T="$T" bash -c "jobs_at 60" > /dev/null 2>&1
	lines_at 60
	rate "$a" "$(now)" 60
}
one_at()
{
	local a i
	a=$(now)
	for i in {1..5}; do in_at env T="$T" bash -c "jobs_at 1" > /dev/null 2>&1; lines_at 1; done
	rate "$a" "$(now)" 5
}

says_parallel="GNU parallel -j2, runs true, nothing on the disk"
start_parallel() { have parallel && export PARALLEL_HOME=$T/parallel && mkdir -p "$T/parallel"; }
stop_parallel() { :; }
many_parallel()
{
	local a
	a=$(now)
	seq 300 | parallel -j2 true
	rate "$a" "$(now)" 300
}
one_parallel()
{
	local a i
	a=$(now)
	for i in {1..5}; do parallel true ::: "$i"; done
	rate "$a" "$(now)" 5
}

says_redis="Redis, list and worker's list, appendfsync always"
start_redis()
{
	have redis-server || return 1
	mkdir -p "$T/redis"
	redis-server --port 0 --unixsocket "$T/redis/s" --dir "$T/redis" \
	    --appendonly yes --appendfsync always --save '' > "$T/redis/log" &
	redis=$!
	await redis-cli -s "$T/redis/s" ping
}
stop_redis() { kill "$redis"; wait "$redis"; }
many_redis() { "$BUILD/bench/peers/queue" redis "$T/redis/s" 6400 64; }
one_redis() { "$BUILD/bench/peers/queue" redis "$T/redis/s" 200 1; }

says_beanstalkd="beanstalkd, binlog synced (-f0)"
start_beanstalkd()
{
	have beanstalkd || return 1
	mkdir -p "$T/bean"
	beanstalkd -l "unix:$T/bean/s" -b "$T/bean" -f0 2> "$T/bean/log" &
	bean=$!
	await test -S "$T/bean/s"
}
stop_beanstalkd() { kill "$bean"; wait "$bean"; }
many_beanstalkd() { "$BUILD/bench/peers/queue" beanstalkd "$T/bean/s" 6400 64; }
one_beanstalkd() { "$BUILD/bench/peers/queue" beanstalkd "$T/bean/s" 200 1; }

says_postgresql="PostgreSQL, SKIP LOCKED, 50 a transaction, synchronous_commit on"
start_postgresql()
{
	PG=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | tail -1)
	[ -n "$PG" ] || { echo "no PostgreSQL here" >&2; return 1; }
	as_pg=()
	mkdir -p "$T/pg"
	if [ "$(id -u)" -eq 0 ]; then
		as_pg=(setpriv --reuid postgres --regid postgres --clear-groups)
		chown postgres: "$T/pg"
	fi
	cd "$T/pg" || return 1
	"${as_pg[@]}" "$PG/initdb" -A trust -U postgres -D "$T/pg/d" > /dev/null &&
	    "${as_pg[@]}" "$PG/pg_ctl" -w -D "$T/pg/d" -l "$T/pg/log" \
	    -o "-k $T/pg -c listen_addresses=''" start > /dev/null || return 1
	psql -q -h "$T/pg" -U postgres -c "CREATE TABLE jobs (id bigserial PRIMARY KEY, run text)"
	for n in 1 50; do
		echo "INSERT INTO jobs (run) SELECT 'true' FROM generate_series(1, $n);" > "put$n"
		echo "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs ORDER BY id FOR UPDATE SKIP LOCKED LIMIT $n);" > "take$n"
	done
}
stop_postgresql() { "${as_pg[@]}" "$PG/pg_ctl" -w -m fast -D "$T/pg/d" stop; }
bench_pg() { "$PG/pgbench" -n -h "$T/pg" -U postgres "$@" postgres > /dev/null 2>&1; }
many_postgresql()
{
	local a
	a=$(now)
	bench_pg -c 4 -t 30 -f "$T/pg/put50"
	bench_pg -c 4 -t 30 -f "$T/pg/take50"
	rate "$a" "$(now)" 6000
}
one_postgresql()
{
	local a
	a=$(now)
	cat "$T/pg/put1" "$T/pg/take1" > "$T/pg/both"
	bench_pg -c 1 -t 200 -f "$T/pg/both"
	rate "$a" "$(now)" 200
}

says_slurm="Slurm, slurmctld and slurmd with munge, sbatch and its array, state saved by its own timer"
start_slurm()
{
	have slurmctld && have slurmd && have munged && have sbatch || return 1
	[ "$(id -u)" -eq 0 ] || { echo "slurmd needs root" >&2; return 1; }
	local h
	h=$(hostname -s)
	mkdir -p "$T/slurm/state" "$T/slurm/spool" "$T/slurm/munge"
	chmod 711 "$T/slurm/munge"
	dd if=/dev/urandom of="$T/slurm/key" bs=1024 count=1 2> /dev/null
	chmod 600 "$T/slurm/key"
	munged -F --key-file="$T/slurm/key" --socket="$T/slurm/munge/s" --force \
	    --pid-file="$T/slurm/munge/pid" --log-file="$T/slurm/munge.log" \
	    --seed-file="$T/slurm/munge/seed" > "$T/slurm/munge.out" 2>&1 &
	munged=$!
	await test -S "$T/slurm/munge/s" || return 1
	cat > "$T/slurm/slurm.conf" <<-X
	ClusterName=peers
	SlurmctldHost=$h(127.0.0.1)
	SlurmUser=root
	SlurmdUser=root
	AuthType=auth/munge
	AuthInfo=socket=$T/slurm/munge/s
	CredType=cred/munge
	SlurmctldPort=26817
	SlurmdPort=26818
	StateSaveLocation=$T/slurm/state
	SlurmdSpoolDir=$T/slurm/spool
	SlurmctldPidFile=$T/slurm/ctld.pid
	SlurmdPidFile=$T/slurm/d.pid
	SlurmctldLogFile=$T/slurm/ctld.log
	SlurmdLogFile=$T/slurm/d.log
	ProctrackType=proctrack/linuxproc
	TaskPlugin=task/none
	SelectType=select/cons_tres
	SelectTypeParameters=CR_CPU
	JobAcctGatherType=jobacct_gather/none
	MpiDefault=none
	ReturnToService=2
	MaxArraySize=2000
	MinJobAge=2
	SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,default_queue_depth=1000
	NodeName=$h NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
	PartitionName=p Nodes=$h Default=YES State=UP
	X
	export SLURM_CONF=$T/slurm/slurm.conf
	slurmctld -D -c > "$T/slurm/ctld.out" 2>&1 &
	ctld=$!
	slurmd -D > "$T/slurm/d.out" 2>&1 &
	slurmd=$!
	await bash -c 'sinfo -h -o %T | grep -qE "idle|mixed|alloc"' || {
		tail -1 "$T/slurm/ctld.log" "$T/slurm/d.log" "$T/slurm/d.out" >&2; return 1; }
}
stop_slurm()
{
	kill "${slurmd:-0}" "${ctld:-0}"
	ended "$slurmd"
	ended "$ctld"
	kill "$munged"
	ended "$munged"
}
many_slurm()
{
	local a
	a=$(now)
	sbatch -Q -W -o /dev/null --array 1-40 --wrap true > /dev/null
	rate "$a" "$(now)" 40
}
one_slurm()
{
	local a i
	a=$(now)
	for i in 1 2; do sbatch -Q -W -o /dev/null --wrap true > /dev/null; done
	rate "$a" "$(now)" 2
}

core() { "$BUILD/bench/core_bench" "$@" | sed 's/ .*//'; }
ms() { awk '{ print 1000 / $1 }' "$1"; }

# row NAME UNIT AGAINST OURS THEIRS
row()
{
	local m p t n
	n=$(wc -l < "$4")
	m=$(sort -g "$4" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')
	p=$(sort -g "$4" | awk '{ v[NR] = $1 } END { print v[int(NR * 0.95 + 0.999)] }')
	t=$(sort -g "$5" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')
	awk -v name="$1" -v m="$m" -v p="$p" -v unit="$2" -v n="$n" \
	    -v against="$3" -v t="$t" 'BEGIN { printf "{\"name\": \"%s\", \"median\": %.6g, \"p95\": %.6g, \"unit\": \"%s\", \"n\": %d, \"against\": \"%s (%.6g)\", \"ratio\": %.4g}\n", name, m, p, unit, n, against, t, m / t }'
}

can=
for p in $peers; do
	case "$p" in *"${PEER:-}"*) ;; *) continue ;; esac
	running="$running $p"		# also what did not come up is ended
	if "start_$p" 2> "$T/why"; then
		can="$can $p"
	else
		printf '{"name": "peer.%s", "n": 0, "against": "not run: %s"}\n' \
		    "$p" "$(tail -1 "$T/why" | tr -d '"\\' | tr '\n\t' '  ')"
	fi
done
for ((round = 0; round < ROUNDS; round++)); do
	core 4000 64 >> "$T/core.many"
	core 200 1 >> "$T/core.one"
	for p in $can; do
		"many_$p" >> "$T/$p.many"
		"one_$p" >> "$T/$p.one"
	done
done
ms "$T/core.one" > "$T/core.ms"
for p in $can; do
	says="says_$p"
	ms "$T/$p.one" > "$T/$p.ms"
	row "peer.$p" tasks/s "${!says}" "$T/core.many" "$T/$p.many"
	row "peer.$p.one" ms "${!says}" "$T/core.ms" "$T/$p.ms"
done
