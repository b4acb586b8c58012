# shellcheck shell=bash
# lib.sh: what the shell benchmarks share: a private daemon from the tests'
# library, and a row printer.
exec 3>&1 1>/dev/null		# TAP of the library is not wanted here
. "$SRC/tests/sh/lib.sh"

# row NAME UNIT AGAINST OURS-FILE THEIRS-FILE: medians of a number a line.
row()
{
	local n m p t
	n=$(wc -l < "$4")
	m=$(sort -g "$4" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')
	p=$(sort -g "$4" | awk '{ v[NR] = $1 } END { print v[int(NR * 0.95 + 0.999)] }')
	t=$(sort -g "$5" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')
	awk -v name="$1" -v m="$m" -v p="$p" -v unit="$2" -v n="$n" \
	    -v against="$3" -v t="$t" 'BEGIN { printf "{\"name\": \"%s\", \"median\": %.6g, \"p95\": %.6g, \"unit\": \"%s\", \"n\": %d, \"against\": \"%s (%.6g)\", \"ratio\": %.4g}\n", name, m, p, unit, n, against, t, m / t }' >&3
}

now() { date +%s.%N; }
bwrap_run() { bwrap --unshare-all --ro-bind /usr /usr --symlink usr/bin /bin \
	--symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev \
	--tmpfs /tmp --tmpfs /workspace --chdir /workspace --die-with-parent "$@"; }
