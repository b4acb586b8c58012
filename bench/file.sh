#!/bin/bash
# file.one, file.64, file.batch: tasks filed durably a second by one client, by
# 64 at once, and as one file of 100,000; the one session that there may be is
# taken, so that nothing else goes on.  Beside SQLite alone, which writes an
# event and a row a task in commits of 1, 64 and 100,000.
. "${SRC:?}/bench/lib.sh"
mkdir "$T/r" && cd "$T/r" && git init -q . && echo x > f && git add -A &&
    git commit -qm x && cd "$T" || exit 1
start_daemon "sessions max 1
tasks max 2000000
clients max 256" || exit 1
publish r
ctl project add r --repo "$T/git/r.git" || exit 1
t=$(ctl task add --project r --run "echo up; exec sleep 1000")
seen up ctl task logs -f "$t" 2> /dev/null
cp "$BUILD/bench/filer" "$T/filer"
mkdir "$T/raw"
chmod 777 "$T/raw"
as_daemon "$T/filer" "$T/control.sock" r "$T/raw" >&3
awk 'BEGIN { printf "{\"project\":\"r\",\"tasks\":["; for (i = 0; i < 100000; i++) printf "%s{\"run\":\"true\"}", i ? "," : ""; print "]}" }' > plan.json
for round in 1 2 3; do
	a=$(now)
	ctl task add --file plan.json > ids
	b=$(now)
	[ "$(wc -l < ids)" -eq 100000 ] || exit 1
	awk -v a="$a" -v b="$b" 'BEGIN { print 100000 / (b - a) }' >> ours
	as_daemon "$T/filer" raw 100000 "$T/raw" >> theirs
done
row file.batch tasks/s "SQLite alone, one commit, tasks/s" ours theirs
