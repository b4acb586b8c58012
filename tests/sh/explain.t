#!/bin/bash
# explain.t: what `praetorctl explain` says against what a session meets.
# Failures that it names: a line that is not so, a session's line that is
# another's, somebody told what he may not know.
. "$(dirname "$0")/lib.sh"

mkdir -p "$T/web"
cd "$T/web" || exit 1
git init -q .
echo base > file
git add -A
git commit -qm base
start_daemon 'limit { pids 77 files 999 tmp 8M }
agent "sol" {
	shell "sleep 100"
	pty
	timeout 7m
}'
ok $? "praetord starts in $MODE mode"
publish web
cd "$T" || exit 1
ctl project add web --repo "$T/git/web.git" >/dev/null

of() { sed -n "s/^$1: //p" "$T/said"; }	# "section: name"
ctl explain > "$T/said"
is $? 0 "explain"
t=$(ctl task add --project web --run 'bash -c "ulimit -u; ulimit -n"
    df -B1M --output=size /tmp | tail -1 | tr -d " "
    for e in $(env | cut -d= -f1 | sort); do echo "$e"; done')
ctl task wait "$t" >/dev/null
ctl task logs "$t" > "$T/met"
is "$(of 'limits: pids' | cut -d' ' -f1)" "$(sed -n 1p "$T/met")" "processes"
is "$(of 'limits: files' | cut -d' ' -f1)" "$(sed -n 2p "$T/met")" "open files"
is "$(of 'limits: tmp' | cut -d' ' -f1)" "$(sed -n 3p "$T/met")M" "private /tmp"
said=$(of 'process: environment' | sed 's/,.*//' | tr ' ' '\n' | sort)
met=$(sed -n '4,$p' "$T/met" | grep -v '^PRAETOR_')
is "$met" "$said" "the environment"
is "$(of 'network: other hosts')" none "no network"
like "$(of 'syscalls: refused (EPERM)')" "mount .*ptrace" "refused calls by name"

sed -i '$a egress allow "ok.example:443" on "web" agent "sol"' "$T/praetord.conf"
ctl config reload >/dev/null
ctl explain > "$T/said"
is "$(of 'network: ok.example:443')" "through the proxy, on web, agent sol" "a host that a rule names"
like "$(of 'network: other hosts')" '^none: the proxy' "and no other"
like "$(of 'process: environment')" '^HTTP_PROXY HTTPS_PROXY ' "the proxy in the environment"
like "$(of 'limits: egress connections max')" '^64 ' "its limits"

ctl explain sol > "$T/said"
is "$(of 'subject: agent')" sol "an agent"
is "$(of 'limits: wall clock')" 7m "its own limit"
is "$(of 'subject: terminal')" yes "its terminal"

t=$(ctl task add --project web --agent sol "sleep")
seen '"state": ?"active"' sh -c 'until "$@" --json session list; do :; done;
    while "$@" --json session list; do :; done' sh "${as[@]}" \
    "$T/usr/bin/praetorctl" --socket "$T/control.sock"
sid=$(ctl session list | tail -1)
ctl explain "$sid" > "$T/said"
is $? 0 "a live session"
is "$(of 'subject: session')" "$sid" "by its name"
is "$(of 'subject: project')" web "its project"
is "$(of 'subject: agent')" sol "its agent"
is "$(of 'network: ok.example:443')" "through the proxy" "its hosts"
if [ "$MODE" = system ]; then
	pid=$(ctl --json session show "$sid" | field pid)
	uid=$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")
	like "$(of 'identity: users')" "uid $uid for the executor" "its uid"
else
	like "$(of 'identity: users')" "who started praetord" "its uid"
fi
ctl task cancel "$t" >/dev/null
ctl task wait "$t" >/dev/null 2>&1

like "$(ctl explain s_99 2>&1)" "no live session s_99" "one that is not there"
ctl explain s_99 2>/dev/null
is $? 3 "has exit status 3"
like "$(ctl explain nobody 2>&1)" 'no agent "nobody"' "an agent that is not there"
is "$(ctl --json explain | jq -r 'select(.section == "limits" and .name == "pids") | .value' |
    cut -d' ' -f1)" 77 "the same as JSON"
if [ "$MODE" = system ]; then
	out=$(setpriv --reuid 1999980007 --regid 1999980007 --clear-groups \
	    "$T/usr/bin/praetorctl" --socket "$T/control.sock" explain 2>&1)
	is $? 4 "without a rule nobody is told"
	like "$out" "not permitted" "and hears why"
fi
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
