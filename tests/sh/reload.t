#!/bin/bash
# reload.t: what a reload changes of the sessions that start after it.  Failures
# that it names: a path of the host that sessions still see, or do not see yet;
# more sessions than there are blocks of uids for; a change that is refused and
# takes effect all the same.
. "$(dirname "$0")/lib.sh"

sees()		# WORD NAME: yes or no, /opt
{
	local t
	t=$(ctl task add --project web --run 'test -d /opt && echo sees yes || echo sees no')
	ctl task wait "$t" >/dev/null
	like "$(ctl task logs "$t")" "^sees $1\$" "$2"
}
reload()	# CONF NAME
{
	write_conf "$1"
	ctl config reload
	is $? 0 "$2"
}

few='sessions max 1
sessions spare 0'
web_daemon "$few"
system=$(as_daemon "$T/usr/sbin/praetord" -nv -f "$T/praetord.conf" 2>/dev/null | grep '^system')
[ -d /opt ] || skip_all "needs a directory /opt"

# -- what sessions see of the host
sees no "a session does not see what is not on the list"
reload "$few
$system
system \"/opt\"" "one path more is taken"
sees yes "and seen"
write_conf "$few
$system
system \"/opt\" \"/nonexistent/praetor\""
err=$(ctl config reload 2>&1)
is $? 5 "one that is not there is refused"
like "$err" '/nonexistent/praetor: No such file.*optional' "by its name, with the remedy"
sees yes "and what was before stays"
reload "$few" "the list is as it was"
sees no "and what is not on it any more is not seen"

# -- how many there may be
reload 'sessions max 8
sessions spare 2' "more sessions are taken"
for i in 1 2 3 4 5 6 7 8; do
	ctl task add --project web --name "t$i" --retries 0 --run 'echo here; exec sleep 600'
done > "$T/ids"
here=0
while read -r t; do
	seen '^here' ctl task logs -f "$t" && here=$((here + 1))
done < "$T/ids"
is "$here" 8 "and run at once"
reload "$few" "fewer are taken"
reload 'sessions max 10' "and more again"
xargs -n 1 "${as[@]}" "$T/usr/bin/praetorctl" --socket "$T/control.sock" task cancel \
    < "$T/ids" >/dev/null
xargs "${as[@]}" "$T/usr/bin/praetorctl" --socket "$T/control.sock" task wait \
    < "$T/ids" >/dev/null 2>&1
is "$(ctl --json task list --all | grep -o '"state":"cancelled"' | wc -l)" 8 "they end as before"
sees no "and others begin"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"

# -- more than there are descriptors for
ulimit -Sn 200
start_daemon "$few"
ok $? "praetord starts with few descriptors"
write_conf 'sessions max 1000'
err=$(ctl config reload 2>&1)
is $? 5 "more sessions than they suffice for are refused"
like "$err" 'sessions: .*Too many open files' "and why"
sees no "and the next task has what it needs"
reload "$few
$system" "so has the next reload"
stop_daemon

# -- a block of uids that would reach into somebody's
if [ "$MODE" = system ] && [ -f /etc/subuid ]; then
	echo someone:2000000010:10 > "$T/subuid"
	cat > "$T/with" <<-X
	#!/bin/bash
	exec unshare -m bash -c 'mount --bind $T/subuid /etc/subuid && exec "\$@"' sh "\$@"
	X
	chmod 755 "$T/with"
	as=("$T/with")
	start_daemon "$few"
	ok $? "praetord starts with a small block"
	as=()
	write_conf 'sessions max 8'
	err=$(ctl config reload 2>&1)
	is $? 5 "a longer one that meets another is refused"
	like "$err" 'lacks uid-block: .*2000000000.* someone .*choose another' "and why"
	stop_daemon
fi
done_testing
