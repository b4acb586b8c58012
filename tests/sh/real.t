#!/bin/bash
# real.t: a real source package, fetched from Debian, through the whole of
# it: configure and build, edits that land, one that its own test-suite
# refuses, two that conflict, one that times out.  What landed is compared
# byte for byte with the tree that plain git makes of the same edits.
. "$(dirname "$0")/lib.sh"

# deb-src lines made of the host's own deb lines, in a private apt state.
fetch()
{
	local d=$T/apt o f
	mkdir -p "$d/etc" "$d/lists/partial" "$d/cache/archives/partial"
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -e "$f" ] && sed 's/^Types:.*/Types: deb-src/' "$f" \
		    > "$d/etc/$(basename "$f")"
	done
	[ -s /etc/apt/sources.list ] && grep '^deb ' /etc/apt/sources.list |
	    sed 's/^deb /deb-src /' > "$d/etc/main.list"
	o="-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$d/etc
	    -o Dir::State::Lists=$d/lists -o Dir::Cache=$d/cache
	    -o APT::Sandbox::User=root"
	# shellcheck disable=SC2086
	(cd "$d" && apt-get -q $o update && apt-get -q $o source --download-only zlib
	) >"$T/apt.log" 2>&1 || return 1
	mkdir "$T/zlib" && tar -C "$T/zlib" --strip-components=1 -xf "$d"/zlib_*.orig.tar.*
}

fetch || skip_all "the source package cannot be fetched"
cd "$T/zlib" || exit 1
git init -q .
git add -A -f
git commit -qm "zlib as in Debian"
cd "$T" || exit 1
start_daemon "sessions max 6"
ok $? "praetord starts"
publish zlib
verify='./configure >/dev/null && make -s test'
ctl project add zlib --repo "$T/git/zlib.git" --verify "$verify"
ok $? "the package is a project"

edit1='sed -i "1s/.*/ZLIB DATA COMPRESSION LIBRARY, edited once/" README'
edit2='printf "/* edited */\n" >> adler32.c; mkdir -p doc/new; echo text > doc/new/file; rm -f doc/algorithm.txt; chmod +x zlib.h; ln -s README LINK'
clash='sed -i "1s/.*/ZLIB DATA COMPRESSION LIBRARY, edited otherwise/" README'
bad='sed -i "s/windowBits > 15/windowBits > 9/" deflate.c'
cat > plan.json <<X
{"project": "zlib", "tasks": [
 {"name": "build", "run": "cp -r . /tmp/b && cd /tmp/b && ./configure && make -s"},
 {"name": "edit1", "deps": ["build"], "run": $(printf '%s' "$edit1" | python3 -c 'import json,sys; print(json.dumps(sys.stdin.read()))')},
 {"name": "edit2", "deps": ["build"], "run": $(printf '%s' "$edit2" | python3 -c 'import json,sys; print(json.dumps(sys.stdin.read()))')},
 {"name": "clash", "deps": ["build"], "run": $(printf '%s' "$clash" | python3 -c 'import json,sys; print(json.dumps(sys.stdin.read()))')},
 {"name": "bad", "deps": ["build"], "run": $(printf '%s' "$bad" | python3 -c 'import json,sys; print(json.dumps(sys.stdin.read()))')},
 {"name": "slow", "deps": ["build"], "timeout": 2000, "run": "sleep 3600"}
]}
X
ctl task add --file plan.json > ids
is "$(wc -l < ids)" 6 "six tasks are filed at once"
# shellcheck disable=SC2046
ctl task wait $(cat ids) >/dev/null 2>&1
state() { ctl --json task show "$1" | field "$2"; }
is "$(state build state)" "done" "configure and build works in the sandbox"
is "$(state edit2 state)" "done" "an edit lands"
is "$(state bad state)" failed "what the package's own tests refuse does not land"
like "$(ctl task trace --no-follow bad)" "rejected|verified.*exit [1-9]" "and its trace says so"
like "$(ctl task logs --verify bad)" "" "the verification's output is kept"
is "$(state slow reason)" wall "the endless one times out"
# Both were handed out before either landed: one of them must come back.
one=$(state edit1 state); two=$(state clash state)
like "$one $two" '^(done failed|failed done)$' "of two edits of one line one lands ($one, $two)"
if [ "$one" = "done" ]; then winner=$edit1 loser=clash; else winner=$clash loser=edit1; fi
is "$(state $loser reason)" conflict "the other comes back as conflict"
like "$(ctl task trace --no-follow $loser)" "conflict.*README" "and names the file"

git clone -q "$T/git/zlib.git" plain -b main
cd plain || exit 1
git checkout -q "$(git rev-list --max-parents=0 main)"
eval "$edit2"
eval "$winner"
git add -A -f
is "$(git -C "$T/git/zlib.git" rev-parse 'main^{tree}')" "$(git write-tree)" \
    "the landed tree is byte for byte the one of plain git"
is "$(git -C "$T/git/zlib.git" rev-list --count main)" 3 "two commits landed"
is "$(ctl session list)" "" "no session is left over"
done_testing
