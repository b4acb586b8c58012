# shellcheck shell=bash
# rig.sh: canaries, controls and a daemon for the scripts of the escape suite.
# Source it instead of tests/sh/lib.sh, which it sources.
. "$SRC/tests/sh/lib.sh"

B=$BUILD/tests/escape
VOID=$SRC/tests/escape/void.txt
UIDS_BASE=1999960000
SLOTS=8			# sessions max, and what the daemon adds to it
keepers=()

# A place that sessions can be shown; /tmp would be their own.
for d in /srv /opt "$HOME"; do
	S=$(mktemp -d "$d/praetor-test.XXXXXX" 2>/dev/null) && break
done
chmod 755 "$S"
escape_exit()
{
	local status=$? fd
	for fd in "${keepers[@]}"; do echo end >&"$fd"; done
	rm -rf "$S"
	(exit "$status")
	cleanup
}
trap escape_exit EXIT

# An ordinary user of the host, who may be the daemon's or not.
user=()
if [ "$(id -u)" -eq 0 ]; then
	user=(env -i PATH="$PATH" setpriv --reuid "$USER_UID" --regid "$USER_UID"
	    --groups "$USER_UID")
fi

# keeper NAME COMMAND...: start one, its parameters in $T/NAME.params.
keeper()
{
	local name=$1 line in out
	shift
	mkdir -m 777 "$T/$name"
	mkfifo "$T/$name.in" "$T/$name.out"
	"$@" keep "$T/$name" "${uids[@]}" < "$T/$name.in" > "$T/$name.out" &
	exec {in}> "$T/$name.in" {out}< "$T/$name.out"
	keepers+=("$in")
	eval "${name}_in=$in ${name}_out=$out"
	while read -r line <&"$out" && [ "$line" != ready ]; do
		echo "$line"
	done > "$T/$name.params"
	[ "$line" = ready ]
}

# What a keeper says of its canaries: canaries NAME.
canaries()
{
	local in=$1_in out=$1_out line
	echo check >&"${!in}"
	while read -r line <&"${!out}" && [ "$line" != checked ]; do
		echo "$line"
	done
}

prepare()	# the programs, the shared directory, both keepers
{
	local i
	stage
	mkdir -m 755 "$T/bin"
	cp "$B/probe" "$B/keeper" "$T/bin/"
	"$B/keeper" share "$S" "$B/probe" 2> "$T/share.log"
	mkdir -m 1777 "$T/own"
	uids=()
	keeper control "${user[@]}" "$T/bin/keeper" || return 1
	[ "$MODE" = user ] || for i in $(seq 0 $((SLOTS - 1))); do
		uids+=($((UIDS_BASE + 2 * i + 1)))
	done
	keeper real "${as[@]}" "$T/bin/keeper" || return 1
	printf 'state %s\nsocket %s/sock\n' "$T/control" "$T/control" \
	    >> "$T/control.params"
	printf 'state %s\nsocket %s\n' "$T/state" "$T/control.sock" \
	    >> "$T/real.params"
	for i in control real; do
		cat >> "$T/$i.params" <<-X
		share $S
		peer $((2000000 + $$))
		tmp $T/tmpfile
		own $T/own
		user $([ "$MODE" = user ] && "${as[@]}" id -u || echo -1)
		X
	done
	echo host > "$T/tmpfile"
}

# Each arm tries the cases of some groups: controls WORD...
controls()
{
	local p="$T/bin/probe" c="$T/control.params"
	"${user[@]}" "$T/bin/keeper" exec "$c" "$p" run user "$c" "$@" \
	    > "$T/user.out"
	"${user[@]}" unshare --user --map-root-user --mount --net --pid --ipc \
	    --uts --cgroup --time --fork --mount-proc \
	    "$p" run ns "$c" "$@" > "$T/ns.out"
	"${user[@]}" unshare --user --keep-caps --pid --fork \
	    sh -c 'trap "" HUP; exec "$@"' sh \
	    "$p" run pidns "$c" "$@" > "$T/pidns.out"
	if [ "$(id -u)" -eq 0 ]; then
		"$p" run root "$c" "$@" > "$T/root.out"
	else
		"$p" list | awk '$2 == "root" { print $1, "not-root" }' \
		    > "$T/root.out"
	fi
}

# The same with the holder of tools.c beside them: peers.
peers()
{
	local peer=$((2000000 + $$)) holder
	"${user[@]}" "$T/bin/probe" hold "$peer" > "$T/held" &
	holder=$!
	until grep -q held "$T/held"; do kill -0 "$holder" || return 1; done
	"${user[@]}" "$T/bin/keeper" exec "$T/control.params" "$T/bin/probe" \
	    run user "$T/control.params" "$@" >> "$T/user.out"
	kill "$holder"
	wait "$holder" 2>/dev/null
	"${user[@]}" "$T/bin/probe" unhold "$peer"
}

# The repository that jobs start from: $T/web, with the probe and parameters.
repository()
{
	mkdir -p "$T/web/d"
	(
		cd "$T/web" || exit 1
		git init -q .
		cp "$B/probe" probe
		cp "$T/real.params" params
		echo base > d/base
		# What a root of one's own must not be led astray by.
		ln -s / proc
		ln -s /etc dev
		ln -s ../../../../../../../.. up
		git add -A
		git commit -qm base
	) && publish web && ctl project add web --repo "$T/git/web.git" \
	    --branch main >/dev/null
}

# The daemon, with what it must not hand down; extra configuration lines.
escape_daemon()
{
	local words=("${as[@]}") extra=$1
	[ "$MODE" = user ] || extra="$extra
uids base $UIDS_BASE"
	write_conf "$extra"
	"${as[@]}" "$T/usr/sbin/praetord" -nv -f "$T/praetord.conf" |
	    grep '^system ' > "$T/system"
	write_conf "$(cat "$T/system")
system \"$S\"
$extra"
	as=("${as[@]}" "$T/bin/keeper" exec "$T/real.params")
	run_daemon
	local status=$?
	as=("${words[@]}")
	return $status
}

# Without this there is nothing to look at: or_stop STATUS NAME.
or_stop()
{
	ok "$1" "$2"
	[ "$1" -eq 0 ] || done_testing
}

# TAP of a job's output: judge TITLE WORDS FILE
judge()
{
	local line
	while read -r line; do
		case $line in
		"ok - "*) ok 0 "${line#ok - }" ;;
		"void - "*) tests=$((tests + 1))
		    echo "ok $tests - ${line#void - }" ;;
		*) ok 1 "${line#not ok - }" ;;
		esac
	done < <("$B/probe" judge "$1" "$VOID" "$2" "$3" "$T"/user.out \
	    "$T"/ns.out "$T"/pidns.out "$T"/root.out)
}

# A task's output without the terminal's: output ID
output() { ctl task logs "$1" | tr -d '\r'; }
