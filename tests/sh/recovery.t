#!/bin/bash
# recovery.t: every role killed, then everything.  Failures that it names: a
# task lost, run twice to completion, or reported done without its commit; an
# executor that dies with the engine; output lost or repeated across it.
. "$(dirname "$0")/lib.sh"

web_daemon "sessions max 4" --verify "test -s file"
state() { ctl --json task show "$1" | field "$2"; }

# The engine dies under a running task: the executor lives on.
a=$(ctl task add --project web --name long --run \
    'for i in $(seq 1 40); do echo line $i; sleep 0.1; done; echo x >> file')
seen "line 3" ctl task logs -f "$a"
exe=$(ctl --json session list --json | field pid)
engine=$(pid_of engine)
kill -9 "$engine"
ctl task wait "$a" >/dev/null 2>&1
await_ctl
ctl task wait "$a" >/dev/null 2>&1
is $? 0 "a task that ran while the engine was killed is done"
is "$(state "$a" attempt)" 1 "in its first attempt (executor $exe lived on)"
is "$(ctl task logs "$a" | cksum)" "$(for i in $(seq 1 40); do echo line "$i"; done | cksum)" \
    "its output is whole: nothing lost, nothing twice"
like "$(git -C "$T/git/web.git" show main:file)" x "and its change landed"

for role in frontend reviewer engine; do
	p=$(pid_of $role)
	kill -9 "$p"
	await_ctl
	t=$(ctl task add --project web --run "echo $role >> file")
	ctl task wait "$t" >/dev/null 2>&1
	is $? 0 "after kill -9 of the $role a task lands"
	isnt=$(pid_of $role)
	if [ "$isnt" != "$p" ]; then ok 0 "$role was started again"; else ok 1 "$role was started again"; fi
done

# The reviewer dies with work before it.
t=$(ctl task add --project web --run "seq 1 2000 | while read n; do echo \$n > f\$n; done")
seen '^run' ctl task trace "$t"
kill -9 "$(pid_of reviewer)"
await_ctl
ctl task wait "$t" >/dev/null 2>&1
is $? 0 "a change under review while the reviewer was killed lands"
is "$(git -C "$T/git/web.git" ls-tree main | wc -l)" 2001 "whole"

# Everything dies.
b=$(ctl task add --project web --retries 1 --name again --run 'echo a$PRAETOR_ATTEMPT; test $PRAETOR_ATTEMPT = 2 || sleep 600; echo again >> file')
c=$(ctl task add --project web --name lostone --run 'echo started; echo precious > precious; sleep 600')
d=$(ctl task add --project web --deps again --run 'echo after >> file')
seen a1 ctl task logs -f "$b"
seen started ctl task logs -f "$c"
# shellcheck disable=SC2046
kill_everything $(pids_of_roles)
run_daemon
ok $? "after kill -9 of everything it starts again"
ctl task wait "$b" "$d" >/dev/null 2>&1
is $? 0 "a task with a retry left runs again, and what waited for it follows"
is "$(state again attempt)" 2 "in a second attempt"
ctl task wait "$c" >/dev/null 2>&1
is $? 8 "one without is reported"
is "$(state lostone reason)" lost "as lost"
kept=$(state lostone ref)
like "$kept" '^refs/praetor/attic/' "what it left is kept under a ref"
git -C "$T/state/review/mirrors/web.git" cat-file -e "$kept:precious"
ok $? "and is whole"
is "$(git -C "$T/git/web.git" show main:file | grep -c again)" 1 "nothing landed twice"
# Directories go after the answer: wait for as many ends as there were starts.
n=$(ctl --json events | grep -c '"session.created"')
nth "$n" '"session.purged"' ctl --json events -f
is "$(find "$T/state/sessions" -mindepth 1 -maxdepth 1 -name '[0-9]*' | wc -l)" 0 "no session directory is left"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
