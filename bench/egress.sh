#!/bin/bash
# egress.connect: from connecting to the first byte of an answer and the end, by
# the proxy of a session; egress.bytes: what one tunnel carries.  Each beside
# the same program connected directly to the same server, in five rounds.
. "${SRC:?}/bench/lib.sh"
PORT=18099 tool=$BUILD/bench/egress
mkdir "$T/r" && cp "$tool" "$T/r/egress" && git -C "$T/r" init -q . &&
    git -C "$T/r" add -A && git -C "$T/r" commit -qm x && cd "$T" || exit 1
mkfifo up
"$tool" serve $PORT > up &
server=$!
head -1 up
start_daemon "sessions max 4
fetch interval 1h
egress bytes max 0
egress allow \"127.0.0.1:$PORT\"" || exit 1
publish r
ctl project add r --repo "$T/git/r.git" || exit 1
inside()	# ARGUMENT...
{
	local t
	t=$(ctl task add --project r --run "./egress $* proxy")
	ctl task wait "$t" > /dev/null
	ctl task logs "$t"
}
for _ in 1 2 3 4 5; do
	inside connect $PORT 200 >> ours
	"$tool" connect $PORT 200 >> theirs
	inside bytes $PORT 2048 >> ours.bytes
	"$tool" bytes $PORT 2048 >> theirs.bytes
done
row egress.connect us "direct connection, us" ours theirs
row egress.bytes MiB/s "direct connection, MiB/s" ours.bytes theirs.bytes
kill $server
