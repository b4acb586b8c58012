#!/bin/bash
# usability.t: work.sh as a job, in a pipe and under a terminal.  Failures that
# it names: a sandbox that people would switch off.
. "$SRC/tests/sh/lib.sh"

stage
mkdir -p "$T/web" "$T/control"
cp "$SRC/tests/escape/work.sh" "$T/web/"
cp "$SRC/tests/escape/work.sh" "$T/control/"
cd "$T/web" || exit 1
git init -q .
printf 'work.*/\n' > .gitignore
git add -A
git commit -qm base
cp -r .git "$T/control/"
start_daemon 'sessions max 2
agent "pipe" { command "./work.sh" }
agent "pty" { command "./work.sh"; pty }'
ok $? "praetord starts in $MODE mode"
publish web
cd "$T" || exit 1
ctl project add web --repo "$T/git/web.git" >/dev/null

pipe=$(ctl task add --project web --agent pipe)
pty=$(ctl task add --project web --agent pty)
# The control, meanwhile: the same as an ordinary user outside.
user=()
if [ "$(id -u)" -eq 0 ]; then
	chown -R $USER_UID:$USER_UID "$T/control"
	user=(setpriv --reuid "$USER_UID" --regid "$USER_UID" --clear-groups)
fi
"${user[@]}" env -i PATH=/usr/bin:/bin HOME="$T/control" LANG=C.UTF-8 \
    "$T/control/work.sh" > "$T/control.out" 2>&1 < /dev/null
ctl task wait "$pipe" "$pty" >/dev/null
is $? 0 "both jobs are done"

# One line of a job's, against the control's.
one()		# KIND LINE
{
	local name=${2%%: *} got=${2#*: } want
	want=$(sed -n "s/^$name: //p" "$T/control.out")
	if [ "$got" = missing ] && [ "$want" = missing ]; then
		skip "${name##* } is missing"
	elif [ "$want" = ok ]; then
		is "$got" ok "$name ($1)"
	else
		ok 1 "$name ($1): the control is void: $want"
	fi
}
for kind in pipe pty; do
	ctl task logs "${!kind}" | tr -d '\r' > "$T/$kind.out"
	is "$(sed 's/: .*//' "$T/$kind.out")" "$(sed 's/: .*//' "$T/control.out")" \
	    "all of it was tried ($kind)"
	while IFS= read -r line; do one "$kind" "$line"; done < "$T/$kind.out"
done
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
