#!/bin/bash
# security.t: what SECURITY.md says of the programs and of the tests.
# Failures that it names: a call of libgit2 that the page excludes, a program
# that links what only another may, a test that the page names and nobody has.
BUILD=${BUILD:?}
SRC=${SRC:?}
n=0
bad=0
is()		# GOT WANT NAME
{
	n=$((n + 1))
	if [ "$1" = "$2" ]; then echo "ok $n - $3"; else
		bad=1; echo "not ok $n - $3"; printf '#  got: %s\n' "$1"; fi
}

# imports: functions of libgit2 that read what is hostile in ways that were
# wrong before, or that obey configuration, attributes or the worktree.
unwanted='revparse|submodule|checkout|clone|apply|filter|attr|stash|rebase|
blame|describe|mailmap|note|status|index_add_(all|bypath|from_buffer)|
index_update_all|diff_from_buffer|config_open|config_find|repository_open$|
repository_open_ext|repository_discover|remote_lookup|remote_create$|
remote_list|remote_add|remote_set|remote_prune|tag_|push_negotiation|
transport|commit_create_from|commit_create_with|reference_dwim|refspec|
pathspec|patch_'
is "$(nm -D "$BUILD/praetor-reviewer" | awk '$1 == "U" { print $2 }' |
    grep -E "^git_(${unwanted//$'\n'/})")" "" "imports: none that is excluded"
is "$(nm -D "$BUILD/praetor-reviewer" | awk '$1 == "U" { print $2 }' |
    grep -Ex '(exec[a-z]*|fexecve|system|popen|posix_spawnp?|dlopen)(@.*)?')" \
    "" "imports: nothing that starts a program"

# Each program links only what its trust domain may.
needs() { readelf -d "$BUILD/$1" | sed -n 's/.*(NEEDED).*\[\(lib[a-z0-9_+-]*\).*/\1/p'; }
is "$(for p in "$BUILD"/praetor-* "$BUILD"/praetord "$BUILD"/praetorctl; do
	[ -x "$p" ] && [ -f "$p" ] || continue
	needs "${p##*/}" | grep -Ex 'libgit2|libssh2|libmbed.*' |
	    sed "s/^/${p##*/} /"
done | sort -u)" "praetor-reviewer libgit2" "libgit2 is the reviewer's alone"

# The page's last column: FILE: TEST.
named=$(grep -o '`tests/[a-z_/]*\.[a-z]*: [a-z_]*`' "$SRC/SECURITY.md" |
    tr -d '`' | sort -u)
is "$(while IFS=': ' read -r file test; do
	grep -Eq "(^|[ (])$test([ (:,)]|$)" "$SRC/$file" 2>/dev/null ||
	    echo "$file: $test"
done <<< "$named")" "" "every test that it names is there"
is "$([ "$(wc -l <<< "$named")" -gt 10 ] && echo some)" some "it names some"
is "$(grep -c '^| CVE-' "$SRC/SECURITY.md")" \
    "$(grep '^| CVE-' "$SRC/SECURITY.md" | grep -c '`tests/.*` |$')" \
    "every flaw has one"
grep -q 'SECURITY.md' "$SRC/README.md"
is $? 0 "README.md leads to it"
echo "1..$n"
exit $bad
