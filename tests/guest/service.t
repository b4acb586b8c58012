#!/bin/bash
# service.t: the installed unit on Debian's own kernel and systemd, with control
# groups.  Failures that it names: a host that is refused or believed to be what
# it is not, a session that takes the service with it, groups that are left, a
# service that does not come back after kill -9.
. "$SRC/tests/sh/lib.sh"
export PATH=$PATH:/usr/local/sbin:/usr/local/bin SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat NO_COLOR=1
conf=/etc/praetor/praetord.conf
unit=/sys/fs/cgroup/system.slice/praetord.service

cp -a --no-preserve=ownership /guest/dest/. /
systemctl daemon-reload
systemd-sysusers && systemd-tmpfiles --create praetord.conf
ok $? "users and directories are made"
praetord -D > "$T/doctor"
is $? 0 "praetord -D: this kernel has all that is needed"
like "$(cat "$T/doctor")" '^landlock +ok +ABI 2,' "with the oldest Landlock"
like "$(cat "$T/doctor")" '^cgroup-delegation +absent' "outside of the unit no group is delegated"

sed -i 's/^#cgroup delegated/cgroup delegated/' $conf
echo 'limit { memory 64M; cpu 100%; pids 64; io-write 50M }' >> $conf
mkdir -p /srv/git "$T/web"
git init -q "$T/web" && echo one > "$T/web/f" && git -C "$T/web" add f &&
    git -C "$T/web" commit -qm one
git clone -q --bare "$T/web" /srv/git/web.git &&
    chown -R _praetor-review:_praetor-review /srv/git/web.git
systemctl start praetord
ok $? "systemctl start"
is "$(praetorctl doctor | grep -v ': ok')" "" "all that is needed is there"
like "$(praetorctl doctor)" '^cgroup-delegation: ok' "and the unit's group is delegated"
praetorctl project add web --repo /srv/git/web.git

land()		# NAME
{
	local id
	id=$(praetorctl task add --project web --run "echo '$1' >> f" "$1") &&
	    praetorctl task wait "$id" >/dev/null
	ok $? "$1: a task lands"
}
land first
is "$(git -C /srv/git/web.git log -1 --format=%s main)" first "and is on the branch"

main=$(systemctl show -P MainPID praetord)
id=$(praetorctl task add --project web --run 'perl -e "\$x = q(x) x 200000000"; sleep 600')
praetorctl task wait "$id" >/dev/null 2>&1
like "$(praetorctl task why "$id")" '^oom: .*limit memory' "a hog is ended for its memory"
is "$(systemctl show -P MainPID praetord) $(systemctl show -P NRestarts praetord)" "$main 0" \
    "and the service does not feel it"
land "after a hog"

id=$(praetorctl task add --project web --run 'echo here; sleep 600')
seen '^here' praetorctl task logs -f "$id"
until systemctl kill -s KILL --kill-who=main praetord; do :; done
until [ "$(systemctl show -P MainPID praetord)" != "$main" ] &&
    praetorctl status >/dev/null 2>&1; do :; done
is "$(systemctl show -P NRestarts praetord)" 1 "after kill -9 systemd starts it again"
like "$(cat "$unit"/session_*/cgroup.procs | xargs -I{} cat /proc/{}/comm | sort | uniq -c)" \
    '^ *[12] praetor-init$' "no process of a session is left but those that wait"
praetorctl task wait "$id" >/dev/null 2>&1
is "$(praetorctl --json task show "$id" | field reason)" lost "its task is reported as lost"
land "after kill -9"

systemctl stop praetord
ok $? "systemctl stop"
is "$(systemctl show -P Result -P ExecMainStatus -P ActiveState praetord | xargs)" \
    "success 0 inactive" "it ended cleanly"
[ ! -e "$unit" ]
ok $? "and its groups are gone"
is "$(journalctl -q _SYSTEMD_UNIT=praetord.service -p err -o cat | head -5)" "" "the journal shows no error"
[ "${failures:-0}" -eq 0 ] || journalctl -q -u praetord -o short | tail -80 | sed 's/^/# /'
done_testing
