# shellcheck shell=bash
# egress-lib.sh: a small Internet for egress tests: two network namespaces with
# a cable between them.  In ours are the daemon and a name server; in the other
# the servers, at public addresses and at some that no session may reach.
# Every case has its control: what is refused is really there, since it is
# asked for from outside of the sessions as well.
[ "$(id -u)" -eq 0 ] || { echo "1..0 # SKIP not root"; exit 0; }
if [ -z "${EGRESS_NET:-}" ]; then
	unshare -n true 2>/dev/null ||
	    { echo "1..0 # SKIP needs network namespaces and veth"; exit 0; }
	EGRESS_NET=1 exec unshare -n "$BASH" "$0"
fi
. "$(dirname "$0")/lib.sh"

GOOD=93.184.216.34 OTHER=93.184.216.35 HOST=93.184.216.1
PRIVATE="10.9.9.9 172.16.0.9 192.168.9.9 169.254.169.254 100.100.100.200 198.18.0.9"
PRIVATE6="fd00:ec2::254"
PY=/usr/bin/python3

sleep 100000 &
helpers=$!
ip link set lo up
ip link add cable type veth peer name far 2>/dev/null ||
    { kill "$helpers"; skip_all "needs network namespaces and veth"; }
unshare -n sleep 100000 &
there=$!
helpers="$helpers $there"
until [ "$(readlink "/proc/$there/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do :; done
over() { nsenter -t "$there" -n "$@"; }
ip link set far netns "$there"
ip addr add "$HOST/24" dev cable
ip -6 addr add 2600:1::1/64 dev cable nodad
ip link set cable up
over ip link set lo up
over ip link set far up
over ip addr add "$GOOD/24" dev far
over ip addr add "$OTHER/24" dev far
over ip -6 addr add 2600:1::34/64 dev far nodad
for a in $PRIVATE; do
	over ip addr add "$a/32" dev far
	ip route add "$a/32" via "$GOOD"
done
for a in $PRIVATE6; do
	over ip -6 addr add "$a/128" dev far nodad
	ip -6 route add "$a/128" via 2600:1::34
done

# serve NAME COMMAND...: a server that is ready when this returns.
serve()
{
	local fd line
	mkfifo "$T/$1.in" "$T/$1.out"
	"${@:2}" < "$T/$1.in" > "$T/$1.out" &
	helpers="$helpers $!"
	# shellcheck disable=SC2034	# it ends with this shell
	exec {fd}> "$T/$1.in"
	read -r line < "$T/$1.out"
	[ "$line" = ready ]
}
egress_cleanup()
{
	local status=$?
	# shellcheck disable=SC2086
	kill $helpers 2>/dev/null
	# shellcheck disable=SC2086
	wait $helpers 2>/dev/null
	(exit $status)
	cleanup
}
trap egress_cleanup EXIT
servers=$SRC/tests/sh/egress_servers.py
: > "$T/http.log"
: > "$T/dns.log"
serve http over $PY -I "$servers" http "$T/http.log" 8080 8443 22 25 6379
serve local $PY -I "$servers" http "$T/local.log" 9090 8080
serve dns $PY -I "$servers" dns "$T/dns.log" 127.0.0.1 5353

# A project of one commit with the files in $T/$1.
project()
{
	git -C "$T/$1" init -q . && git -C "$T/$1" add -A &&
	    git -C "$T/$1" commit -qm base && publish "$1" &&
	    ctl project add "$1" --repo "$T/git/$1.git" >/dev/null
}

# run PROJECT LINE: what a task prints, when it is over; its id in $task.
run()
{
	task=$(ctl task add --project "$1" --run "$2")
	ctl task wait "$task" >/dev/null 2>&1
	# shellcheck disable=SC2034	# for the caller
	out=$(ctl task logs "$task" 2>&1)
}

gateway_pid() { ctl --json status | tr '{' '\n' | grep '"gateway"' | sed 's/$/}/' | field pid; }
