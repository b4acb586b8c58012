#!/bin/bash
# approval.t: changes that rules of review deny or ask about, through the whole
# daemon.  Failures that it names: work that lands although nobody approved it,
# an approval that counts for something else or twice, one that is lost with a
# process, a secret that is printed, denied work that is gone.
. "$(dirname "$0")/lib.sh"

rules='review protected ask path "db/"
review large-file deny
change large-file 4K
review binary ask on "other*"'
web_daemon "sessions max 3
$rules"
tip() { git -C "$T/git/web.git" rev-parse main; }
tree() { git -C "$T/git/web.git" rev-parse "main^{tree}"; }
state() { ctl --json task show "$1" | field "$2"; }
# Until a task asks; its trace ends there.
asks() { ctl task trace "$1" >/dev/null 2>&1; [ "$(state "$1" reason)" = approval ]; }

# -- asked, approved, landed
base=$(tip)
a=$(ctl task add --project web --run 'mkdir -p .github/workflows &&
    echo "on: push" > .github/workflows/ci.yml && echo more >> file')
trace=$(ctl task trace "$a" 2>&1); code=$?
is "$code" 5 "a trace ends with 5 where somebody must approve"
like "$trace" "^review +needs an approval \([0-9a-f]{12}\): auto-executed A .github/workflows/ci.yml \(CI\)" \
    "and says what for"
is "$(tip)" "$base" "nothing has landed"
is "$(state "$a" state)" review "the task is under review"
is "$(state "$a" reason)" approval "and waits for an approval"
like "$(ctl task why "$a")" "^approval: .*auto-executed A .github/workflows/ci.yml" "why tells it"
like "$(ctl task list)" "$a" "it is in the list of unfinished tasks"
hash=$(state "$a" hash)
like "$hash" '^[0-9a-f]{64}$' "its change has a hash"
like "$(ctl task show "$a")" "asks: *auto-executed A .github/workflows/ci.yml \(CI\)" "show lists what is asked"
like "$(ctl task diff "$a")" '^\+on: push' "diff shows the change"
err=$(ctl task wait "$a" 2>&1); code=$?
is "$code" 5 "waiting for it ends with 5"
like "$err" "waits for praetorctl task approve" "and names the remedy"
other=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
err=$(ctl task approve --hash "$other" "$a" 2>&1); code=$?
is "$code" 5 "an approval for another hash is refused"
like "$err" "its hash is ${hash:0:12}" "and names the one that waits"
err=$(ctl task approve --hash "${hash:0:7}" "$a" 2>&1); code=$?
is "$code" 2 "a hash of seven digits is refused"
is "$(tip)" "$base" "still nothing has landed"
b=$(ctl task add --project web --run 'echo other > other')
ctl task wait "$b" >/dev/null 2>&1
is $? 0 "another task lands meanwhile"
git -C "$T/git/web.git" cat-file -e "main:.github" 2>/dev/null
isnt=$?
is "$isnt" 128 "without what waits"
ctl task approve --hash "${hash:0:16}" "$a"
is $? 0 "approved with its own hash"
ctl task wait "$a" >/dev/null 2>&1
is $? 0 "it lands"
is "$(git -C "$T/git/web.git" show main:.github/workflows/ci.yml)" "on: push" "as it was"
err=$(ctl task approve "$a" 2>&1); code=$?
is "$code" 5 "an approval is used once"
like "$err" "does not wait for an approval" "and says so"
who=$([ "$MODE" = user ] && [ "$(id -u)" -eq 0 ] && echo "$USER_UID" || id -u)
like "$(ctl task trace "$a")" "^review +approved by user $who \(${hash:0:12}\)" "the trace says who approved what"
like "$(ctl --json events -t change.approved)" "\"hash\":\"$hash\".*\"uid\":$who" "and so does the log"

# -- rejected
c=$(ctl task add --project web --run 'echo alias > .envrc')
asks "$c"
ok $? "another one asks"
before=$(tip)
ctl task reject -m "no environment, please" "$c"
is $? 0 "rejected"
is "$(state "$c" state) $(state "$c" reason)" "failed refused" "the task has failed"
like "$(ctl task why "$c")" "rejected by user $who: no environment, please" "with the reason"
is "$(tip)" "$before" "nothing landed"
ref=$(state "$c" ref)
is "$(git -C "$T/state/review/mirrors/web.git" show "$ref:.envrc" 2>&1)" alias "the work is kept"
is "$(ctl task retry "$c" >/dev/null; asks "$c"; state "$c" reason)" approval \
    "the same work in another attempt needs an approval again"
ctl task cancel "$c"
is "$(state "$c" state)" cancelled "it can be cancelled meanwhile"

# -- denied
secret=ghp_$(printf 'q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5B')
d=$(ctl task add --project web --run "echo fine > fine; printf 'a\\nkey = \"%s%s\"\\n' ghp_ q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5B > conf")
err=$(ctl task wait "$d" 2>&1); code=$?
is "$code" 8 "a change with a secret fails"
is "$(state "$d" reason)" policy "by a rule"
like "$(ctl task trace "$d" 2>&1)" '^review +denied by "review secret deny \(the default\)": secret A conf:2 \(GitHub token\)' \
    "trace: the rule, the path and the line"
like "$(ctl --json events -t change.denied | tail -1)" '"policy":"review secret deny' "the event names the rule"
ref=$(state "$d" ref)
git -C "$T/state/review/mirrors/web.git" cat-file -e "$ref:conf"
ok $? "the work is kept"
e=$(ctl task add --project web --run "seq 1 2000 > big")
ctl task wait "$e" >/dev/null 2>&1
like "$(ctl task why "$e")" '^policy: denied by "review large-file deny": large-file A big \(8893 bytes\)' \
    "a rule of the configuration denies"
is "$(tip)" "$before" "nothing of that landed"
{ ctl --json events; ctl task list --all; ctl --json task show "$d"; ctl task trace "$d" 2>&1
    cat "$T/log"; } > "$T/said"
is "$(grep -c "$secret" "$T/said")" 0 "the secret is nowhere in what was said"

# -- rules of the configuration, by path and by project
f=$(ctl task add --project web --run 'mkdir db && echo x > db/001.sql && printf "a\0b" > bin')
asks "$f"
ok $? "a protected path asks"
like "$(ctl task why "$f")" 'protected A db/001.sql \(protected by db/\)$' "and nothing else"
git clone -q --bare "$T/web" "$T/git/other.git" && own "$T/git/other.git"
ctl project add other1 --repo "$T/git/other.git" >/dev/null
g=$(ctl task add --project other1 --run 'printf "a\0b" > bin')
asks "$g"
ok $? "a rule for projects that begin so holds there"
like "$(ctl task why "$g")" 'binary A bin' "and names the file"
ctl task approve "$f" "$g"
is $? 0 "several at once"
ctl task wait "$f" "$g" >/dev/null 2>&1
is $? 0 "and they land"

# -- the branch moves: another file, and the same one with other content
mkdir -p "$T/move" && git clone -q "$T/git/web.git" "$T/move/web"
mv_commit() { git -C "$T/move/web" pull -q && (cd "$T/move/web" && eval "$1") &&
    git -C "$T/move/web" add -A && git -C "$T/move/web" commit -qm moved &&
    git -C "$T/move/web" push -q && own "$T/git/web.git"; }
mv_commit 'mkdir tools && seq 1 40 > tools/job.yml'
h=$(ctl task add --project web --run 'echo x > .envrc; sed -i "s/^20\$/run: evil/" tools/job.yml')
asks "$h"
like "$(ctl task why "$h")" 'auto-executed A .envrc \(shell and environment\)$' "a harmless file is not asked about"
first=$(state "$h" hash)
mv_commit 'mkdir -p .github/workflows && git mv tools/job.yml .github/workflows/job.yml'
moved=$(tip)
ctl task approve "$h"
ctl task trace "$h" >/dev/null 2>&1
is "$(state "$h" reason)" approval "moved to where it runs by itself, it asks again"
like "$(ctl task why "$h")" 'auto-executed M .github/workflows/job.yml \(CI\)$' "about that and nothing more"
second=$(state "$h" hash)
if [ "$first" != "$second" ]; then ok 0 "with another hash"; else ok 1 "with another hash"; fi
ctl task approve --hash "$first" "$h" 2>/dev/null
is $? 5 "the first approval counts for the first hash alone"
is "$(tip)" "$moved" "nothing has landed"
ctl task approve --hash "$second" "$h"
ctl task wait "$h" >/dev/null 2>&1
is $? 0 "approved once more it lands"
like "$(git -C "$T/git/web.git" show main:.github/workflows/job.yml)" '^run: evil$' "as it was shown"

# -- two tasks on one base
i=$(ctl task add --project web --run 'echo one > .envrc; echo one > clash')
j=$(ctl task add --project web --run 'echo two > .env; echo two > clash')
k=$(ctl task add --project web --run 'echo three > .mcp.json; echo three > third')
asks "$i"; asks "$j"; asks "$k"
is "$(state "$i" reason)$(state "$j" reason)$(state "$k" reason)" approvalapprovalapproval "three wait"
ctl task approve "$i"
ctl task wait "$i" >/dev/null 2>&1
is $? 0 "the first lands"
ctl task approve "$j" "$k"
ctl task wait "$j" >/dev/null 2>&1
is $? 8 "what conflicts with it does not"
like "$(ctl task why "$j")" 'conflict: clash' "and names the path"
ctl task wait "$k" >/dev/null 2>&1
is $? 0 "what does not conflict lands on top"
is "$(git -C "$T/git/web.git" show main:clash main:third | xargs)" "one three" "nothing is mixed up"
git -C "$T/git/web.git" fsck --full >/dev/null 2>&1
ok $? "the repository is sound"

# -- kill -9 while it waits, and once it is approved
l=$(ctl task add --project web --run 'echo more >> .envrc')
asks "$l"
ok $? "one waits"
before=$(tip) hash=$(state "$l" hash)
for role in reviewer engine frontend; do
	kill -9 "$(pid_of $role)"
	await_ctl
	is "$(state "$l" reason) $(state "$l" hash)" "approval $hash" "it waits after kill -9 of the $role"
done
# shellcheck disable=SC2046
kill_everything $(pids_of_roles)
run_daemon
ok $? "everything was killed and started again"
is "$(state "$l" reason) $(state "$l" hash)" "approval $hash" "it waits still"
is "$(tip)" "$before" "and nothing has landed"
reviewer=$(pid_of reviewer) engine=$(pid_of engine)
ctl task approve --hash "$hash" "$l"
kill -9 "$engine" "$reviewer"
await_ctl
until ctl task wait "$l" >/dev/null 2>&1; code=$?; [ "$code" -ne 6 ]; do :; done
is "$code" 0 "an approval that was acknowledged survives kill -9 of engine and reviewer"
is "$(git -C "$T/git/web.git" log --format=%s -1 main -- .envrc | wc -l)" 1 "it has landed"
is "$(git -C "$T/git/web.git" show main:.envrc | grep -c more)" 1 "once"
n=$(ctl --json events -t change.approved | grep -c "$l")
is "$n" 1 "by one approval"

# -- nobody answers
write_conf "sessions max 3
$rules
approval timeout 1s"
ctl config reload
is $? 0 "a limit is set"
m=$(ctl task add --project web --run 'echo late >> .envrc')
asks "$m"
ok $? "one more waits"
like "$(ctl --json task show "$m")" '"until":"20' "and has a limit"
until [ "$(state "$m" state)" = failed ]; do ctl task wait "$m" >/dev/null 2>&1; done
is "$(state "$m" reason)" approval "in vain"
like "$(ctl task trace "$m" 2>&1)" '^review +nobody approved it in time' "and the trace says so"

# -- who may
if [ "$MODE" = system ]; then
	write_conf "$rules
permit $USER_UID task.create
permit $USER_UID task.show
permit $USER_UID task.trace
permit $USER_UID task.reject on other1"
	ctl config reload
	asuser() { setpriv --reuid $USER_UID --regid $USER_UID --clear-groups \
	    "$T/usr/bin/praetorctl" --socket "$T/control.sock" "$@"; }
	o=$(asuser task add --project web --run 'echo mine > .mcp.json')
	asks "$o"
	ok $? "somebody else's task waits"
	err=$(asuser task approve "$o" 2>&1); code=$?
	is "$code" 4 "who files tasks may not approve them by that"
	asuser task reject "$o" >/dev/null 2>&1
	code=$?
	if [ "$code" -eq 4 ] || [ "$code" -eq 3 ]; then ok 0 "nor reject in another project"
	else ok 1 "nor reject in another project"; fi
	is "$(state "$o" reason)" approval "it still waits"
	write_conf "$rules
permit $USER_UID task.approve on web"
	ctl config reload
	asuser task approve "$o"
	is $? 0 "a rule permits it"
	ctl task wait "$o" >/dev/null 2>&1
	like "$(ctl --json events -t change.approved | tail -1)" "\"actor\":\"uid:$USER_UID\"" "and the log has who it was"
fi
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
