#!/bin/bash
# privsep.t: the table of the processes against /proc, with a session alive:
# who each is, what it may do, holds, has mapped and was given.  Failures that
# it names: a capability, a group, a library, a descriptor or a variable more
# than a process' task needs, one that another's user can look into, and one
# without its sandbox.  What /proc does not tell, securebits and Landlock, is
# tried from within: tests/escape/roles.c, tests/confine_test.c.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "needs root to look at processes that are not dumpable"

mkdir -p "$T/web"
cd "$T/web" || exit 1
git init -q .
echo base > file
git add -A
git commit -qm base
start_daemon 'sessions max 2
limit { files 300; pids 77; file-size 1M }'
ok $? "praetord starts in $MODE mode"
publish web
cd "$T" || exit 1
ctl project add web --repo "$T/git/web.git" >/dev/null
task=$(ctl task add --project web --run "echo begun; sleep 600")
seen begun ctl task logs -f "$task"

declare -A pid
pid[parent]=$daemon
for role in engine frontend gateway reviewer; do pid[$role]=$(pid_of $role); done
pid[executor]=$(ctl --json session list | field pid)
pid[init]=$(pgrep -P "${pid[executor]}")

# The table: NAME PROGRAM USER ROOT LIBRARIES DESCRIPTORS; patterns of whole
# names, of what is more than what all have.  Users are those of system mode.
# With the parent's getpwent(3) comes what nsswitch.conf(5) names.
S=$T/state
git2='libgit2|libssh2|libhttp_parser|libpcre2?-8|libz|libmbed(tls|x509|crypto)|libcrypto|libssl|libgssapi_krb5|libkrb5|libk5crypto|libkrb5support|libcom_err|libkeyutils|libresolv|libnss_[a-z]*'
table()
{
	"$1" parent sbin/praetord 0 host 'libcap|libnss_[a-z]*|libm' \
	    "$S|$S/lock|$T/usr/libexec/praetor/praetor-(executor|init)|(user|mnt|net|pid):.*|anon_inode:\[pidfd\]"
	"$1" engine libexec/praetor/praetor-engine 1999990001 host 'libsqlite3|libsodium|libm' "$S/engine(/.*)?"
	"$1" frontend libexec/praetor/praetor-frontend 1999990002 empty libjansson none
	"$1" gateway libexec/praetor/praetor-gateway 1999990004 host libcares none
	"$1" reviewer libexec/praetor/praetor-reviewer 1999990003 host "libjansson|$git2" "$S/review/.*"
	"$1" executor libexec/praetor/praetor-executor 2000000000 own none '/sessions/[0-9]+/transcript|/dev/ptmx'
	"$1" init libexec/praetor/praetor-init 2000000001 own none '/|anon_inode:\[signalfd\]'
}
common='ld-linux[-a-z0-9_]*|libc|libevent(_core)?-2\.1|libbsd|libmd'
sanitizers='lib(asan|ubsan|gcc_s|stdc\+\+|m|dl|pthread|rt)'
any='/dev/null|socket:.*|pipe:.*|anon_inode:\[(eventpoll|eventfd|timerfd)\]'
variables='PATH|LANG|HOME|TZ|JOURNAL_STREAM|(A|UB)SAN_OPTIONS'

line() { sed -n "s/^$2:[[:space:]]*//p" "/proc/${pid[$1]}/status" | tr '\t' ' '; }
limit() { sed -n "s/^Max $2  *\([^ ]*\)  *\([^ ]*\) .*/\1 \2/p" "/proc/${pid[$1]}/limits"; }
log=$(readlink "/proc/$daemon/fd/2")
none=0000000000000000

process()	# a row of the table
{
	local p=$1 n=/proc/${pid[$1]} who=$3
	[ "$MODE" = system ] || who=$USER_UID
	is "$(readlink "$n/exe")" "$T/usr/$2" "$p: its program"
	is "$(line "$p" Uid) $(line "$p" Gid)" "$who $who $who $who $who $who $who $who" \
	    "$p: its user, by every id"
	is "$(line "$p" Groups | xargs)" "" "$p: no further group"
	is "$(line "$p" Threads)" 1 "$p: one thread"
	is "$(line "$p" CapInh) $(line "$p" CapAmb)" "$none $none" "$p: nothing to inherit"
	if [ "$p" != parent ]; then
		is "$(line "$p" CapPrm) $(line "$p" CapEff) $(line "$p" CapBnd)" \
		    "$none $none $none" "$p: no capability"
		is "$(line "$p" NoNewPrivs),$(line "$p" Seccomp),$(line "$p" Seccomp_filters)" \
		    "1,2,1" "$p: no_new_privs and one filter"
		is "$(stat -c %u "$n/stat")" 0 "$p: not dumpable"
		is "$(tr '\0' '\n' < "$n/environ" | sed 's/=.*//' | grep -Evx "$variables" | xargs)" \
		    "" "$p: no variable but those on the list"
	fi
	is "$(readlink "$n/cwd")" / "$p: its directory"
	root "$p" "$4"
	is "$(awk '$6 ~ /^\// { print $6 }' "$n/maps" | sort -u | xargs -n1 basename |
	    grep -E '\.so' | sed 's/\.so.*//' | grep -Evx "$common|$sanitizers|$5" | xargs)" \
	    "" "$p: no library but its own"
	is "$(find "$n/fd" -mindepth 1 -printf '%f %l\n' | sort -n | sed 's/ (deleted)$//' |
	    grep -Evx "[0-9]+ ($any|$6)|2 $log" | xargs -n2)" "" \
	    "$p: no descriptor but its own"
	is "$(readlink "$n/fd/0") $(readlink "$n/fd/1")" "/dev/null /dev/null" \
	    "$p: standard input and output are empty"
	namespaces "$p" "$4"
	[ "$4" != own ] || limits "$p"
}

# Which root: the host's, one with nothing, one of its own without the host.
root()		# NAME host|empty|own
{
	local r=/proc/${pid[$1]}/root same
	same=$([ "$(stat -Lc %d:%i "$r")" = "$(stat -Lc %d:%i /)" ] && echo host)
	case "$2" in
	host) is "$same" host "$1: the host's root, behind Landlock" ;;
	empty) is "$same$(ls -A "$r" 2>&1)" "" "$1: an empty root" ;;
	own)
		is "$same$(ls -d "$r$T" "$r/etc/shadow" "$r/root" "$r/sys" 2>/dev/null)" "" \
		    "$1: a root without what is the host's"
		is "$(stat -fLc %T "$r")" tmpfs "$1: which is a tmpfs" ;;
	esac
}

# Sessions have every namespace of their own.  In user mode a root is emptied
# in a namespace of mounts.
namespaces()	# NAME ROOT
{
	local ns differ=
	for ns in cgroup ipc mnt net pid time user uts; do
		[ "$(readlink "/proc/$daemon/ns/$ns")" = "$(readlink "/proc/${pid[$1]}/ns/$ns")" ] ||
		    differ="$differ $ns"
	done
	case "$2" in
	host) is "$differ" "" "$1: the parent's namespaces" ;;
	empty)
		is "$differ" "$([ "$MODE" = system ] || echo " mnt")" \
		    "$1: the parent's namespaces, in user mode but for mounts" ;;
	own) is "$differ" " cgroup ipc mnt net pid time user uts" "$1: every namespace is its own" ;;
	esac
}

limits()	# NAME: as configured below, and what is never given
{
	is "$(limit "$1" "open files"),$(limit "$1" processes),$(limit "$1" "file size")" \
	    "300 300,77 77,1048576 1048576" "$1: limits as they are configured"
	is "$(limit "$1" "locked memory"),$(limit "$1" "nice priority"),$(limit "$1" "realtime priority")" \
	    "65536 65536,0 0,0 0" "$1: no memory to lock, no priority"
	like "$(limit "$1" "core file size")" '^(1|0) (1|0)$' "$1: no core"
}

table process
[ "$(readlink "/proc/${pid[init]}/ns/pid")" != "$(readlink "/proc/${pid[executor]}/ns/pid")" ]
ok $? "a job cannot see its executor"
# A static program maps nothing but itself.
for p in executor init; do
	[ -n "${SANITIZE:-}" ] || is "$(awk '$6 ~ /^\// { print $6 }' "/proc/${pid[$p]}/maps" |
	    sort -u)" "$T/usr/libexec/praetor/praetor-$p" "$p: static"
done

# Nobody sees another's memory, descriptors or variables: not one user of the
# table those of another, nor its own, for nothing of it is dumpable.  Only who
# owns a namespace of users may look into it from outside; nothing of a
# session's first user is ever outside.
if [ "$MODE" = system ]; then
	is "$(for p in "${!pid[@]}"; do line "$p" Uid; done | sort | uniq -d)" "" "no user twice"
	uids=()
	collect() { [ "$3" = 0 ] || uids+=("$3"); }
	table collect
	# shellcheck disable=SC2016
	look='for p in "$@"; do for f in environ maps mem auxv syscall; do
	    head -c 1 "/proc/$p/$f" > /dev/null 2>&1 && echo "$p $f"; done
	    ls "/proc/$p/fd" "/proc/$p/map_files" 2> /dev/null
	    readlink "/proc/$p/exe" "/proc/$p/cwd" "/proc/$p/root"; done'
	for u in "${uids[@]}"; do
		pids=()
		for p in "${pid[@]}"; do
			case "$u:$p" in
			"2000000000:${pid[executor]}" | "2000000000:${pid[init]}") ;;
			*) pids+=("$p") ;;
			esac
		done
		other=(setpriv --reuid "$u" --regid "$u" --clear-groups)
		is "$("${other[@]}" sh -c "$look" x "${pids[@]}")" "" "user $u sees nothing of them"
	done
	"${other[@]}" sleep 600 & idle=$!
	until [ "$(readlink "/proc/$idle/exe")" = "$(command -v sleep)" ]; do :; done
	like "$("${other[@]}" sh -c "$look" x "$idle")" "^$idle environ\$" \
	    "but of what is dumpable (control)"
	kill "$idle"
	wait "$idle" 2>/dev/null
fi

# The parent has what its table says and cannot get more back.
want=0
while read -r cap; do
	bit=$(sed -n "s/^#define ${cap}[[:space:]]*\([0-9]*\)$/\1/p" /usr/include/linux/capability.h)
	want=$((want | 1 << bit))
done < <(sed -n 's/^	{ \(CAP_[A-Z_]*\),.*/\1/p' "$SRC/praetord/privs.c")
[ $want -ne 0 ]
ok $? "the parent's table is found"
have=$((0x$(line parent CapEff)))
is $((have & ~want)) 0 "parent: no capability but those of its table"
# A container may lack this one.
is $((want & ~have & ~(1 << 24))) 0 "parent: and all of them"
is "$(line parent CapPrm) $(line parent CapBnd)" "$(line parent CapEff) $(line parent CapEff)" \
    "parent: and cannot get others"
# The helper that waits to make network namespaces is a fork of it.
for p in $(pgrep -P "$daemon" -x praetord); do
	is "$(find "/proc/$p/fd" -mindepth 1 -printf '%l\n' | sed 's/\[.*//' | sort | uniq -c | xargs)" \
	    "2 /dev/null 1 $log 1 socket:" "the maker of networks: one socket"
	break
done

ctl task cancel "$task" >/dev/null
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
