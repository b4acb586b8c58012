#!/bin/bash
# e2e.noop: 1,000 tasks that do nothing, filed to done, in five rounds, each
# beside a shell loop that runs as many bwrap sandboxes.
. "${SRC:?}/bench/lib.sh"
mkdir "$T/r" && cd "$T/r" && git init -q . && echo x > f && git add -A &&
    git commit -qm x && cd "$T" || exit 1
start_daemon "sessions max 4
fetch interval 1h" || exit 1
publish r
ctl project add r --repo "$T/git/r.git" || exit 1
awk 'BEGIN { printf "{\"project\":\"r\",\"tasks\":["; for (i = 0; i < 200; i++) printf "%s{\"run\":\"true\"}", i ? "," : ""; print "]}" }' > plan.json
for round in 1 2 3 4 5; do
	a=$(now)
	ctl task add --file plan.json > ids
	# shellcheck disable=SC2046
	ctl task wait $(cat ids) > /dev/null
	b=$(now)
	i=0
	while [ $i -lt 200 ]; do bwrap_run /bin/sh -c true; i=$((i + 1)); done
	c=$(now)
	awk -v a="$a" -v b="$b" 'BEGIN { print 200 / (b - a) }' >> ours
	awk -v a="$b" -v b="$c" 'BEGIN { print 200 / (b - a) }' >> theirs
done
row e2e.noop tasks/s "shell loop of bwrap, tasks/s" ours theirs
