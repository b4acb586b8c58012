#!/bin/bash
# systemd-inner.sh: the part of systemd.t that runs inside the container, as a
# service of its systemd.
export BUILD=/e2e SRC=/e2e
. /e2e/lib.sh
export PATH=$PATH:/usr/local/sbin:/usr/local/bin SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat
conf=/etc/praetor/praetord.conf
roles=$(dirname "$(find /e2e/dest -name praetor-engine)")
roles=${roles#/e2e/dest}

cp -a --no-preserve=ownership /e2e/dest/. /
systemctl daemon-reload
systemd-sysusers && systemd-tmpfiles --create praetord.conf
ok $? "users and directories are made"
is "$(find /etc/praetor -name praetord.conf)" "$conf" "the example is the configuration"
systemctl start praetord
ok $? "systemctl start"
is "$(systemctl is-active praetord)" active "praetord is active: READY=1 was sent"

# Another user may look, and nothing else.
setpriv --reuid 65534 --regid 65534 --clear-groups praetorctl status >/dev/null 2>&1
is $? 4 "without a rule nobody but root is permitted anything"

mkdir -p /srv/git "$T/web"
git init -q "$T/web" && echo one > "$T/web/f" && git -C "$T/web" add f &&
    git -C "$T/web" commit -qm one
git clone -q --bare "$T/web" /srv/git/web.git &&
    chown -R _praetor-review:_praetor-review /srv/git/web.git
# /srv/git was not there when the service began: the unit lets it be missing.
systemctl restart praetord
ok $? "systemctl restart"
praetorctl project add web --repo /srv/git/web.git
ok $? "a project is added"

isnt() { [ "$1" != "$2" ]; ok $? "$3"; }
until_up() { until praetorctl status >/dev/null 2>&1; do :; done; }
head_of() { git -C /srv/git/web.git rev-parse main; }

land()		# NAME: a task that adds a line lands
{
	local before id
	before=$(head_of)
	id=$(praetorctl task add --project web --run "echo '$1' >> f" "$1") &&
	    praetorctl task wait "$id"
	is $? 0 "$1: a task is done"
	isnt "$(head_of)" "$before" "$1: and has landed"
}

land "started"

sed -i 's/^#retries 0$/retries 1/' $conf
systemctl reload praetord
ok $? "systemctl reload"
is "$(systemctl is-active praetord)" active "and it is active still"
echo 'nonsense 1' >> $conf
systemctl reload praetord 2>/dev/null
ok $(($? == 0)) "a reload of a wrong file fails"
sed -i '$d' $conf
land "reloaded"

main=$(systemctl show -P MainPID praetord)
for role in engine frontend reviewer; do
	pkill -KILL -f "^$roles/praetor-$role"
	ok $? "kill -9 of the $role"
	until_up
	land "after kill -9 of the $role"
done
is "$(systemctl show -P MainPID praetord)" "$main" "praetord itself was the same all along"
is "$(systemctl show -P NRestarts praetord)" 0 "and was not restarted by systemd"

systemctl stop praetord
ok $? "systemctl stop"
is "$(systemctl show -P Result -P ExecMainStatus -P ActiveState praetord | xargs)" \
    "success 0 inactive" "it ended cleanly"
is "$(pgrep -fc "^$roles/")" 0 "no process is left"
is "$(journalctl -q -u praetord -o cat -g 'sessions killed')" "" "none had to be killed"
# By unit and not by sender: what systemd says of the refused reload is no error
# of ours.
is "$(journalctl -q _SYSTEMD_UNIT=praetord.service -p err -o cat | head -5)" "" "the journal shows no error"
[ "${failures:-0}" -eq 0 ] || journalctl -q -u praetord -o short | tail -80 | sed 's/^/# /'
done_testing
