#!/bin/bash
# Every manual page through mandoc's lint.
set -u
command -v mandoc > /dev/null || { echo "1..0 # SKIP mandoc is missing"; exit 0; }
n=0
pages=()
for p in "$BUILD"/man/*.[1578] "$SRC"/man/*.[1578]; do
	[ -e "$p" ] && pages+=("$p")
done
for name in praetord.8 praetorctl.1 praetord.conf.5 praetor-events.7 praetor-proto.7 praetor-review.7; do
	n=$((n + 1))
	if [ -e "$BUILD/man/$name" ] || [ -e "$SRC/man/$name" ]; then
		echo "ok $n - $name is there"
	else
		echo "not ok $n - $name is there"
	fi
done
for p in "${pages[@]}"; do
	n=$((n + 1))
	if out=$(mandoc -T lint -W warning "$p"); then
		echo "ok $n - $(basename "$p")"
	else
		echo "not ok $n - $(basename "$p")"
		# shellcheck disable=SC2001
		sed 's/^/# /' <<< "$out"
	fi
done
echo "1..$n"
