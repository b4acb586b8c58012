#!/bin/bash
# daemon.t: what the daemon itself lets through: to its roles, to its clients,
# to other users of the host, and on a host that lacks something.  Failures
# that it names: a role with more than its job needs, a descriptor or a secret
# handed down, a start without a sandbox.
. "$(dirname "$0")/rig.sh"

prepare
or_stop $? "canaries are kept"
controls J
libexec=$T/usr/libexec/praetor

# -- J07, H02: the probe in the place of each role
mkdir "$T/away"
for role in engine frontend gateway reviewer; do
	mv "$libexec/praetor-$role" "$T/away/"
	cp "$B/probe" "$libexec/praetor-$role"
done
cp "$T/real.params" "$libexec/params"
chmod 644 "$libexec/params"
write_conf 'sessions max 1'
"${as[@]}" "$T/bin/keeper" exec "$T/real.params" "$T/usr/sbin/praetord" -d \
    -f "$T/praetord.conf" 2> "$T/log" &
daemon=$!
disown
for role in engine frontend gateway reviewer; do
	await_log "^$role\\| end"
	ok $? "$role: the probe ran in its place"
	sed -n "s/^$role| //p" "$T/log" > "$T/$role.out"
	judge "$MODE $role" J "$T/$role.out"
done
# The frontend alone starts with the right to change its root, which it gives
# up before it says HELLO (emptyroot.t).
is "$(grep -hE '^J07\.(inh|prm|eff|amb) ' "$T"/{engine,gateway,reviewer}.out |
    grep -v ' 0*$')" "" "J07 no other role has a capability"
kill -KILL "$daemon"
daemon=
for role in engine frontend gateway reviewer; do
	mv "$T/away/praetor-$role" "$libexec/"
done

# -- J09: a kernel that lacks something
mkdir -m 777 "$T/lacking"
lacks()		# FEATURE NUMBER-of-the-call
{
	local out
	out=$(as_daemon timeout 60 "$T/bin/keeper" without "$2" \
	    "$T/usr/sbin/praetord" -d -f "$T/praetord.conf" 2>&1)
	is $? 1 "J09 without $1 it does not start"
	like "$out" "(lacks $1: |self-test|$1).*\\(.*\\)|$1" "J09 and says that it is $1"
	case $out in *": ready,"*) ok 1 "J09 nor says that it is ready" ;;
	*) ok 0 "J09 nor says that it is ready" ;; esac
}
if [ "$(uname -m)" = x86_64 ]; then
	lacks landlock 444
	lacks seccomp 317
	lacks clone3 435
	lacks openat2 437
	lacks close_range 436
	lacks mount-api 430
	lacks pidfd 434
	lacks namespaces 272
fi

# -- the daemon as it is
escape_daemon 'sessions max 2'
or_stop $? "praetord starts in $MODE mode"
repository
ok $? "a project"
cd "$T" || exit 1
pid_of() { ctl --json status | tr '{' '\n' | grep "\"$1\"" | field pid; }
fds() { find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l; }

# -- H07: descriptors that nobody asked for
front=$(pid_of frontend)
before=$(fds "$front")
"${as[@]}" "$T/bin/probe" flood "$T/control.sock" 400 > "$T/flooded"
ok $? "H07 80000 descriptors are sent to the control socket ($(cat "$T/flooded"))"
ctl status >/dev/null
is "$(pid_of frontend)" "$front" "H07 the frontend lives"
settled()	# COMMAND RESULT: asked again until it is so
{
	timeout 60 bash -c 'until [ "$(eval "$1")" -le "$2" ]; do :; done' x "$1" "$2"
}
settled "find /proc/$front/fd -mindepth 1 | wc -l" $((before + 1))
ok $? "H07 and has closed them"

# -- H09: what a job prints is not the terminal's to obey
esc=$(ctl task add --project web --run \
    'printf "\033]52;c;aGk=\007\033[2J\033P$q\"p\033\\plain\n"; printf x > "$(printf "e\033]0;t\007")"')
ctl task wait "$esc" >/dev/null 2>&1
shown()		# COMMAND...: as on a terminal
{
	"${as[@]}" script -qec "$(printf '%q ' "$T/usr/bin/praetorctl" --socket "$T/control.sock" "$@")" \
	    /dev/null < /dev/null
}
for what in logs trace diff show; do
	out=$(shown task $what "$esc")
	case $out in
	*$'\033]'*|*$'\033P'*|*$'\033[2J'*|*$'\007'*)
		ok 1 "H09 task $what leaves no escape sequence in" ;;
	*) ok 0 "H09 task $what leaves no escape sequence in" ;;
	esac
done
like "$(shown task logs "$esc")" 'plain' "H09 and the rest is shown"

# -- B30: what a session writes is nobody else's, setuid bits least of all
seen=$(ctl task add --project web --run 'cp /bin/true t; chmod 6755 t; echo made; sleep 600')
seen '^made' ctl task logs -f "$seen"
n=$(ctl --json task show "$seen" | field session)
n=${n##*_}
path=$T/state/sessions/$((10#$n))
[ -d "$path" ]
ok $? "B30 a session has a directory"
if [ "$(id -u)" -eq 0 ]; then
	# By a shell: setpriv itself still has root's capabilities.
	other=(setpriv --reuid 1999980009 --regid 1999980009 --clear-groups sh -c)
	"${other[@]}" 'ls "$1"' sh "$path" >/dev/null 2>&1
	[ $? -ne 0 ]
	ok $? "B30 another user of the host cannot look into it"
	"${other[@]}" '"$1"' sh "$path/upper/t" >/dev/null 2>&1
	is $? 126 "B30 nor run what a job made setuid"
else
	skip "not root"
	skip "not root"
fi
ctl task cancel "$seen" >/dev/null

stop_daemon
is $? 0 "SIGTERM ends it with status 0"

# -- E03: what would show sessions a service of the host
refused()	# NAME ERE PATH...
{
	local out name=$1 ere=$2 p
	shift 2
	write_conf "$(cat "$T/system"
	    for p in "$@"; do echo "system \"$p\""; done)"
	out=$(as_daemon timeout 60 "$T/usr/sbin/praetord" -d -f "$T/praetord.conf" 2>&1)
	is $? 1 "$name is refused"
	like "$out" "$ere" "and named"
}
refused "E03 a pipe among what sessions see" 'fifo: is neither a file nor a directory' "$S/fifo"
[ ! -e "$S/null" ] || refused "E03 a device" 'null: is neither a file nor a directory' "$S/null"
# As root, a mount point beneath a link would be looked for on the host.
mkdir -m 777 "$T/victim"
mkdir "$T/victim/new"
ln -s "$T/victim" "$S/link"
refused "a path beneath a symbolic link" 'new: .*nothing beneath a symbolic link' \
    "$S/link" "$S/link/new"
done_testing
