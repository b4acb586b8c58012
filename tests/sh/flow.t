#!/bin/bash
# flow.t: a filed task becomes a verified commit; what users do and get wrong.
# Failures that it names: a task that lands unverified, a refused command that
# changed something, an error line that does not name the thing.
. "$(dirname "$0")/lib.sh"

mkdir -p "$T/web"
cd "$T/web" || exit 1
git init -q .
printf 'check:\n\tgrep -q good state\n' > Makefile
echo good > state
printf 'all: good\n' > README
git add -A
git commit -qm base
start_daemon "sessions max 2"
ok $? "praetord starts in $MODE mode"
publish web
cd "$T" || exit 1
tip() { git -C "$T/git/web.git" rev-parse main; }
base=$(tip)

# -- the happy path
out=$(ctl project add web --repo "$T/git/web.git" --branch main --verify "make check" 2>&1)
ok $? "project add ($out)"
is "$(ctl project list)" web "project list prints names when it is no terminal"
a=$(ctl task add --project web --name lint --run "grep -q good state")
like "$a" '^t_[0-9A-HJKMNP-TV-Z]{26}$' "task add prints the id"
b=$(ctl task add --project web --deps lint --run "echo change >> README" "add a line")
trace=$(ctl task trace "$b"); code=$?
is "$code" 0 "trace of a landed task exits with 0"
like "$trace" "^task +$b +waiting on lint" "trace: waiting on lint"
like "$trace" "^lint +done" "trace: lint done"
like "$trace" "^task +$b +ready" "trace: ready"
like "$trace" "^dispatch +s_[0-9]+ \(idle\) $b" "trace: dispatch"
like "$trace" "^boot " "trace: boot"
like "$trace" "^run +exit 0, 1 file" "trace: run"
like "$trace" '^review +imported 1 file.*verified "make check" exit 0' "trace: review"
like "$trace" "^commit +[0-9a-f]{7} on main, pushed" "trace: commit"
like "$(git -C "$T/git/web.git" show main:README)" "^change" "the change is on main"
msg=$(git -C "$T/git/web.git" log -1 --format=%B main)
like "$msg" "^add a line" "the commit's subject is the task's text"
like "$msg" "^Praetor-Task: $b" "trailer: task"
like "$msg" "^Praetor-Session: s_[0-9]+" "trailer: session"
like "$msg" "^Praetor-Event: [0-9]+" "trailer: event"
like "$(ctl task diff "$b")" '^\+change' "task diff shows the patch"
is "$(ctl --json task show "$a" | field state)" "done" "a task that changed nothing is done"
git -C "$T/git/web.git" fsck --full >/dev/null 2>&1
ok $? "the repository is sound"

# -- what must not land
before=$(tip)
c=$(ctl task add --project web --run "echo bad > state" "break it")
ctl task wait "$c" >/dev/null 2>&1
is $? 8 "waiting for a task whose verification fails exits with 8"
is "$(tip)" "$before" "it did not land"
like "$(ctl task trace "$c")" 'make check" exit 2' "trace says which command refused it"
d=$(ctl task add --project web --run "exit 3")
ctl task wait "$d" >/dev/null 2>&1
is $? 8 "a failing command fails the task"
is "$(ctl --json task show "$d" | field exit)" 3 "its exit status is kept"
e=$(ctl task add --project web --timeout 1s --run "echo begun; sleep 600")
ctl task wait "$e" >/dev/null 2>&1
is $? 8 "a task that times out fails"
is "$(ctl --json task show "$e" | field reason)" wall "and says wall"
like "$(ctl task logs "$e")" "^begun" "its output is kept"
f=$(ctl task add --project web --run "echo ready; sleep 600")
seen ready ctl task logs -f "$f"
ctl task cancel "$f" >/dev/null
ctl task wait "$f" >/dev/null 2>&1
is $? 9 "a cancelled task exits with 9"
g=$(ctl task add --project web --retries 2 --run \
    'echo $PRAETOR_ATTEMPT; test $PRAETOR_ATTEMPT = 3')
ctl task wait "$g" >/dev/null 2>&1
is $? 0 "a task that fails twice and has two retries is done"
is "$(ctl --json task show "$g" | field attempt)" 3 "in its third attempt"
h=$(ctl task add --project web --run "seq 1 300000")
ctl task wait "$h" >/dev/null 2>&1
is "$(ctl task logs "$h" | cksum)" "$(seq 1 300000 | cksum)" \
    "two megabytes of output, in order, none lost"

ctl project add nocmd --repo "$T/git/web.git" --verify "no-such-command" >/dev/null
k=$(ctl task add --project nocmd --run "echo more >> README")
ctl task wait "$k" >/dev/null 2>&1
is $? 8 "a verification command that does not exist refuses the change"
like "$(ctl task trace --no-follow "$k")" 'no-such-command" exit 127' "and the trace names it"
like "$(ctl task logs --verify "$k")" 'no-such-command' "and its output is kept"

# -- dependencies
i=$(ctl task add --project web --name broken --run "test -e /tmp/never")
ctl task wait "$i" >/dev/null 2>&1
j=$(ctl task add --project web --deps "$i" --run true 2>/dev/null)
if [ -n "$j" ]; then
	like "$(ctl task why "$j" 2>&1)" "broken" "why names the dependency that failed"
else
	ok 0 "a dependency that has failed is refused"
fi
printf '{"tasks":[{"name":"one","run":"true","deps":["two"]},{"name":"two","run":"true"}]}' > plan.json
ctl task add --project web --file plan.json > ids
is "$(wc -l < ids)" 2 "a plan files its tasks, siblings in any order"
# shellcheck disable=SC2046
ctl task wait $(cat ids) >/dev/null 2>&1
is $? 0 "and they are done"

# -- refused, and nothing changed
# What there is: an attempt may be in the log, but nothing else may differ.
last() { ctl project list; ctl task list --all; ctl session list; }
refused()	# CODE ERE NAME COMMAND...
{
	local want=$1 ere=$2 name=$3 n err code
	shift 3
	n=$(last)
	err=$("$@" 2>&1 >/dev/null < /dev/null); code=$?
	is "$code" "$want" "$name: exit code"
	like "$err" "$ere" "$name: one line that names it"
	is "$(printf '%s\n' "$err" | wc -l)" 1 "$name: one line"
	is "$(last)" "$n" "$name: nothing changed"
}
refused 3 nowhere "unknown project" ctl task add --project nowhere --run true
refused 3 nothing "unknown dependency" ctl task add --project web --deps nothing --run true
refused 3 t_01AAAAAAAAAAAAAAAAAAAAAAAA "unknown task" ctl task show t_01AAAAAAAAAAAAAAAAAAAAAAAA
refused 5 self "self-dependency" ctl task add --project web --name self --deps self --run true
printf '{"tasks":[{"name":"x","run":"true","deps":["y"]},{"name":"y","run":"true","deps":["x"]}]}' > cycle.json
refused 5 'x.*y|y.*x' "cycle" ctl task add --project web --file cycle.json
printf '{"tasks":[{"name":"p","run":"true"},{"name":"q","run":"true","deps":["zzz"]}]}' > half.json
refused 3 zzz "a plan with one bad dependency" ctl task add --project web --file half.json
printf '{"tasks":[{"name":"p","run":"true","surprise":1}]}' > unknown.json
refused 2 surprise "unknown member in a plan" ctl task add --project web --file unknown.json
refused 2 'text|run' "nothing to do" ctl task add --project web
refused 2 'text|empty' "empty text" ctl task add --project web ""
head -c 1048576 /dev/zero | tr '\0' x > big
refused 2 '65536|long|large' "1 MiB of text" sh -c "ctl() { \"$T/usr/bin/praetorctl\" --socket \"$T/control.sock\" \"\$@\"; }; ctl task add --project web --run true - < big"
printf 'a\0b' > nul
refused 2 'NUL' "text with NUL" sh -c "\"$T/usr/bin/praetorctl\" --socket \"$T/control.sock\" task add --project web --run true - < nul"
refused 2 'name' "name with an escape sequence" ctl task add --project web --name $'a\033[31m' --run true
refused 2 'name' "name with a newline" ctl task add --project web --name $'a\nb' --run true
refused 2 'retries' "retries out of range" ctl task add --project web --retries 1000 --run true
refused 2 'timeout' "timeout that is none" ctl task add --project web --timeout soon --run true
refused 2 'bogus' "unknown option" ctl task add --bogus
refused 3 'missing.git' "repository that is missing" ctl project add p1 --repo "$T/git/missing.git"
mkdir "$T/git/empty.git" && git init -q --bare "$T/git/empty.git" && own "$T/git/empty.git"
refused 3 'empty.git is empty' "repository that is empty" ctl project add p2 --repo "$T/git/empty.git"
refused 3 'nobranch' "repository without that branch" ctl project add p3 --repo "$T/git/web.git" --branch nobranch
mkdir "$T/git/plain"
refused 2 'plain is not a git' "directory that is no repository" ctl project add p4 --repo "$T/git/plain"
refused 4 'repositories' "repository outside the configured directories" ctl project add p5 --repo /etc
cp -r "$T/git/web.git" "$T/git/corrupt.git"
find "$T/git/corrupt.git/objects" -type f -exec chmod u+w {} + -exec sh -c 'for f; do echo rubbish > "$f"; done' x {} +
own "$T/git/corrupt.git"
refused 1 'corrupt.git.*damaged' "repository that is corrupt" ctl project add p6 --repo "$T/git/corrupt.git"
if [ "$MODE" = system ]; then
	cp -r "$T/git/web.git" "$T/git/private.git"
	chown -R 0:0 "$T/git/private.git" && chmod 700 "$T/git/private.git"
	refused 4 'private.git' "repository without permission" ctl project add p7 --repo "$T/git/private.git"
fi
refused 5 'web' "project that exists" ctl project add web --repo "$T/git/web.git"
refused 6 'control.none' "daemon that does not run" "$T/usr/bin/praetorctl" --socket "$T/control.none" status
n=$(ctl task add --project web --name esc --run "printf '\\033]0;x\\007'" $'text with \033[31m escape')
ok $? "text with an escape sequence is kept"
if command -v script >/dev/null; then
	shown=$(script -qec "$T/usr/bin/praetorctl --socket $T/control.sock task show $n" /dev/null < /dev/null)
	case "$shown" in *$'\033[31m escape'*) ok 1 "no escape sequence of a text reaches a terminal" ;;
	*) ok 0 "no escape sequence of a text reaches a terminal" ;; esac
fi

# -- a checked-out branch is left alone
git clone -q "$T/web" "$T/git/work"
own "$T/git/work"
ctl project add work --repo "$T/git/work" >/dev/null
wbefore=$(git -C "$T/git/work" rev-parse main)
w=$(ctl task add --project work --run "echo x > new")
wt=$(ctl task trace "$w")
like "$wt" "refs/heads/praetor/$w" "a checked-out branch: the side branch is named"
is "$(git -C "$T/git/work" rev-parse main)" "$wbefore" "and main is not moved under its user"
git -C "$T/git/work" cat-file -e "refs/heads/praetor/$w:new"
ok $? "and the work is on the side branch"

# -- a second daemon, a newer state, wrong modes
err=$(as_daemon "$T/usr/sbin/praetord" -d -f "$T/praetord.conf" 2>&1)
is $? 1 "a second praetord on the same state is refused"
like "$err" "state: is in use by another praetord, pid [0-9]+" "and names the first"
is "$(ctl session list)" "" "no session is left"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
echo 999 > "$T/state/version"
err=$(as_daemon "$T/usr/sbin/praetord" -d -f "$T/praetord.conf" 2>&1)
like "$err" "newer praetord" "a state directory of a newer version is refused"
echo 1 > "$T/state/version"
chmod 777 "$T/state"
err=$(as_daemon "$T/usr/sbin/praetord" -d -f "$T/praetord.conf" 2>&1)
like "$err" "writable for group or others" "a state directory that others may write is refused"
chmod 711 "$T/state"
if [ "$MODE" = system ]; then
	chown 1999990009 "$T/state"
	err=$("$T/usr/sbin/praetord" -d -f "$T/praetord.conf" 2>&1)
	like "$err" "state: belongs to uid 1999990009" "a state directory of somebody else is refused"
	chown 0 "$T/state"
	chown 1999990009 "$T/praetord.conf"
	err=$("$T/usr/sbin/praetord" -n -f "$T/praetord.conf" 2>&1)
	like "$err" "praetord.conf" "a configuration of somebody else is refused"
	chown 0 "$T/praetord.conf"
fi
chmod 666 "$T/praetord.conf"
err=$(as_daemon "$T/usr/sbin/praetord" -d -f "$T/praetord.conf" 2>&1)
like "$err" "praetord.conf" "a configuration that others may write is refused"
chmod 600 "$T/praetord.conf"
run_daemon
ok $? "and with all put right it starts again"
is "$(ctl --json task show "$b" | field state)" "done" "and knows what it did"
git -C "$T/git/web.git" merge-base --is-ancestor "$base" main
ok $? "main only ever moved forward"
done_testing
