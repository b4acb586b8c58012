#!/bin/bash
# listed.t: the hostile cases that are tried elsewhere than in this folder are.
# Failures that it names: a test that is gone, or no longer tries that case.
. "$SRC/tests/sh/lib.sh"

while IFS=$'\t' read -r id file words; do
	case $id in '' | '#'*) continue ;; esac
	grep -qF -- "$words" "$SRC/$file"
	ok $? "$id $file: $words"
done < "$SRC/tests/escape/elsewhere.txt"
done_testing
