# shellcheck shell=bash
# lib.sh: a private praetord for a test, and TAP.  Source it, then:
#   plan; start_daemon ["extra configuration"]; ctl ...; ok/is/...; done_testing
# Everything lies in $T, which is removed; only what was started is killed.
# Set MODE=user before start_daemon to run it as an ordinary user, CGROUP=1 to
# run it in a control group of its own, $G, as a unit with Delegate=yes would,
# WORKTREE=copy for worktrees that are copies.

set -u
BUILD=${BUILD:?}
SRC=${SRC:?}
MODE=${MODE:-system}
if [ "$(id -u)" -ne 0 ]; then MODE=user; fi
USER_UID=1999980001		# the ordinary user of a user-mode test
tests=0
failures=0
daemon=
G=
T=$(mktemp -d "${TMPDIR:-/tmp}/praetor-test.XXXXXX")
chmod 711 "$T"

cleanup()
{
	local status=$?
	trap - EXIT
	stop_daemon >/dev/null 2>&1
	if [ "$failures" -ne 0 ] && [ -s "$T/log" ]; then
		sed 's/^/# log: /' "$T/log" | tail -60
	fi
	umount -R "$T"/mnt* 2>/dev/null
	umount -l "$T/state/sessions" 2>/dev/null
	[ -z "$G" ] || ungroup
	rm -rf "$T"
	exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

ok()		# STATUS NAME
{
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then echo "ok $tests - $2"; else
		failures=$((failures + 1)); echo "not ok $tests - $2"; fi
}

is()		# GOT WANT NAME
{
	if [ "$1" = "$2" ]; then ok 0 "$3"; else
		ok 1 "$3"; printf '#  got: %s\n# want: %s\n' "$1" "$2" |
		    sed '2,$s/^\([^#]\)/# \1/'; fi
}

like()		# GOT ERE NAME
{
	if printf '%s\n' "$1" | grep -Eq -- "$2"; then ok 0 "$3"; else
		ok 1 "$3"; printf '%s\n' "$1" | sed 's/^/#  got: /'; echo "# want: $2"; fi
}

skip_all() { echo "1..0 # SKIP $1"; exit 0; }
skip() { tests=$((tests + 1)); echo "ok $tests # SKIP $1"; }
done_testing() { echo "1..$tests"; exit $((failures != 0)); }

# Git's own settings for the test, also for what git starts itself.
export GIT_CONFIG_GLOBAL=$T/gitconfig GIT_CONFIG_NOSYSTEM=1
cat > "$GIT_CONFIG_GLOBAL" <<X
[user]
	name = Test
	email = test@localhost
[init]
	defaultBranch = main
[safe]
	directory = *
X

# As the user that the daemon runs as: words before a command, so that a
# command in the background is itself $! and not a shell around it.
as=()
if [ "$MODE" = user ] && [ "$(id -u)" -eq 0 ]; then
	as=(env HOME="$T/home" setpriv --reuid "$USER_UID" --regid "$USER_UID"
	    --clear-groups)
fi
as_daemon() { "${as[@]}" "$@"; }

# Programs in a place that every role's user can reach.
stage()
{
	[ -d "$T/usr" ] && return
	mkdir -p "$T/git" "$T/home"
	if [ -d "$BUILD/stage/usr" ]; then cp -a "$BUILD/stage/usr" "$T/usr"; else
	make -s -C "$SRC" BUILD="$BUILD" DESTDIR="$T/stage" PREFIX=/usr \
	    install-programs >/dev/null && mv "$T/stage/usr" "$T/usr" &&
	    rm -rf "$T/stage"
	fi
	if [ "$MODE" = user ] && [ "$(id -u)" -eq 0 ]; then
		chown -R $USER_UID:$USER_UID "$T"
	fi
}

write_conf()	# EXTRA: lines after the defaults
{
	{
		echo "state \"$T/state\""
		echo "socket \"$T/control.sock\""
		echo "libexec \"$T/usr/libexec/praetor\""
		echo "repositories \"$T/git\""
		if [ "$MODE" = system ]; then
			echo "user engine 1999990001"
			echo "user frontend 1999990002"
			echo "user reviewer 1999990003"
			echo "user gateway 1999990004"
		fi
		[ -z "${WORKTREE:-}" ] || echo "worktree $WORKTREE"
		printf '%s\n' "$1"
	} > "$T/praetord.conf"
	chmod 600 "$T/praetord.conf"
	[ "$MODE" = user ] && [ "$(id -u)" -eq 0 ] &&
	    chown $USER_UID "$T/praetord.conf"
	return 0
}

# A control group as systemd would delegate one; the daemon is its only process.
controllers="cpu io memory pids"
group()		# CONTROLLER...: those that it is to have
{
	local c
	[ "$(id -u)" -eq 0 ] || skip_all "needs root to make a control group"
	for c in $controllers; do
		grep -qw "$c" /sys/fs/cgroup/cgroup.controllers 2>/dev/null ||
		    skip_all "control groups here lack one of the controllers $controllers"
		echo "+$c" > /sys/fs/cgroup/cgroup.subtree_control
	done
	G=/sys/fs/cgroup/praetor-test.$$/own
	mkdir -p "$G"
	printf '+%s ' "$@" > "${G%/own}/cgroup.subtree_control"
	[ "$MODE" != user ] || chown $USER_UID "$G" \
	    "$G"/cgroup.{procs,threads,subtree_control}
	# As systemd places a service that is started again.
	cat > "$T/enter" <<-X
	#!/bin/bash
	for c in \$(cat $G/cgroup.subtree_control); do
		echo "-\$c" > $G/cgroup.subtree_control
	done
	echo \$\$ > $G/cgroup.procs && exec "\$@"
	X
	chmod 755 "$T/enter"
}

ungroup()
{
	echo 1 > "${G%/own}/cgroup.kill"
	until grep -q '^populated 0' "${G%/own}/cgroup.events"; do :; done
	find "${G%/own}" -depth -type d -exec rmdir {} +
	G=
}

# Run praetord until it says that it is ready; its log is kept in $T/log.
run_daemon()
{
	local line up='' fd enter=()
	rm -f "$T/ready"
	mkfifo "$T/ready"
	if [ "${CGROUP:-0}" = 1 ]; then
		# shellcheck disable=SC2086
		[ -n "$G" ] || group $controllers
		enter=("$T/enter")
	fi
	"${enter[@]}" "${as[@]}" "$T/usr/sbin/praetord" -d -f "$T/praetord.conf" 2> "$T/ready" &
	daemon=$!
	exec {fd}< "$T/ready"
	while read -r line <&"$fd"; do
		echo "$line" >> "$T/log"
		case "$line" in "praetord: ready"*) up=1; break ;; esac
	done
	if [ -z "$up" ]; then wait "$daemon"; daemon=; return 1; fi
	cat <&"$fd" >> "$T/log" &
	exec {fd}<&-
}

start_daemon() { stage; write_conf "${1:-}"; run_daemon; }

stop_daemon()	# [SIGNAL]
{
	[ -n "$daemon" ] || return 0
	kill -"${1:-TERM}" "$daemon" 2>/dev/null
	wait "$daemon"
	local status=$?
	daemon=
	return $status
}

ctl() { as_daemon "$T/usr/bin/praetorctl" --socket "$T/control.sock" "$@"; }

# The last words of a log line that matches, waited for with tail -f: no polling.
await_log()	# ERE
{
	timeout 60 tail -n +1 -F "$T/log" 2>/dev/null | grep -Eqm1 -- "$1"
}

# Wait for the first line of a command's output that matches; the command is
# left to end by itself.
seen() { grep -Eqm1 -- "$1" < <("${@:2}"); }

# The same for the Nth line that matches: nth N ERE COMMAND...
nth()
{
	local k=0 line
	while IFS= read -t 60 -r line; do
		[[ $line =~ $2 ]] && k=$((k + 1)) && [ "$k" -eq "$1" ] && return 0
	done < <("${@:3}")
	return 1
}

# Until the daemon answers again: each attempt is a question, not a nap.
await_ctl() { until ctl status >/dev/null 2>&1; do :; done; }

# Until every session that there was is gone for good: no event follows.
await_quiet()
{
	timeout 60 bash -c 'n() { "$@" --json --type "$t" | wc -l; }
	until made=$(t=session.created n "$@") &&
	    [ "$made" -eq "$(t=session.purged n "$@")" ] &&
	    [ "$made" -le "$(t=effect. n "$@")" ]; do :; done' x \
	    "${as[@]}" "$T/usr/bin/praetorctl" --socket "$T/control.sock" events
}

# A bare repository NAME.git under $T/git from the directory $T/NAME.
publish()
{
	git clone -q --bare "$T/$1" "$T/git/$1.git" || return 1
	own "$T/git/$1.git"
}

# praetord with lines of configuration, and a project web whose repository has
# one file; what follows are options of `project add`.  Two tests of its own.
web_daemon()	# CONF [OPTION...]
{
	mkdir -p "$T/web" && (cd "$T/web" && git init -q . &&
	    echo base > file && git add -A && git commit -qm base) || exit 1
	start_daemon "$1"
	ok $? "praetord starts in $MODE mode"
	publish web
	cd "$T" || exit 1
	ctl project add web --repo "$T/git/web.git" "${@:2}" >/dev/null
	ok $? "with a project"
}

# The process of a role; of every role.
pid_of() { ctl --json status | tr '{' '\n' | grep "\"$1\"" | field pid; }
pids_of_roles() { ctl --json status | tr '{' '\n' | field pid; }

# kill -9 of praetord and of every process named, and wait for praetord.
kill_everything()	# [PID...]
{
	kill -9 "$daemon" "$@" 2>/dev/null
	wait "$daemon" 2>/dev/null
	daemon=
}

# Sessions' directories go after the answer: wait for the last one's end.
await_no_dirs()
{
	timeout 60 bash -c 'until [ -z "$(ls "$1")" ]; do :; done' x \
	    "$T/state/sessions"
}

# Give a path to whoever pushes.
own()
{
	if [ "$MODE" = system ]; then chown -R 1999990003:1999990003 "$1"
	elif [ "$(id -u)" -eq 0 ]; then chown -R $USER_UID:$USER_UID "$1"; fi
}

# A field of an object: field NAME < JSON line
field() { sed -n 's/.*"'"$1"'": *"\{0,1\}\([^",}]*\)"\{0,1\}[,}].*/\1/p'; }
