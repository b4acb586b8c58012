#!/bin/bash
# praetorctl against a daemon that answers from a script: what it asks, what
# it prints for people and for programs, its exit codes.
set -u
ctl=$BUILD/praetorctl
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export LC_ALL=C.UTF-8 TERM=xterm PRAETOR_SOCKET=$dir/sock
unset NO_COLOR XDG_RUNTIME_DIR PRAETORD
n=0

ok()		# ok STATUS NAME
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# out: /' out 2>/dev/null
		sed 's/^/# err: /' err 2>/dev/null
	fi
}

# serve < SCRIPT: start the daemon, return when it listens.
serve()
{
	[ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
	rm -f sock log fifo
	cat > script
	mkfifo fifo
	"$BUILD/tests/ctl_server" sock script log > fifo &
	server=$!
	read -r _ < fifo
}

run() { "$ctl" "$@" > out 2> err < /dev/null; code=$?; }
# The same with a terminal as standard output.
tty_run()
{
	local cmd
	printf -v cmd '%q ' "$ctl" "$@"
	script -qec "stty cols ${COLS:-100} -onlcr; $cmd" /dev/null > out 2> err < /dev/null
	code=$?
}
is() { [ "$code" -eq "$1" ]; }
out_is() { printf '%s\n' "$@" | cmp -s - out; }
err_has() { [ "$(wc -l < err)" -eq 1 ] && grep -qF -- "$1" err; }
asked() { jq -e "$1" log > /dev/null; }

T1=t_01K00000000000000000000001
T2=t_01K00000000000000000000002
DONE='D {"error":"ok"}'

serve <<E
I {"kind":"task","id":"$T1","name":"lint","project":"web","state":"ready"}
D {"error":"ok","subject":"$T1"}
E
run task add --project web --name lint --run "make lint" --deps a,b --deps c \
    --priority=-5 --timeout 5m --retries 2 --label x "do it"
is 0 && out_is "$T1"
ok $? "task add prints the id"
asked '.command == "task.create" and (.key | length) == 32 and .args == {
    "project":"web","name":"lint","run":"make lint","deps":["a","b","c"],
    "priority":-5,"timeout":300000,"retries":2,"labels":["x"],"text":"do it"}'
ok $? "task add asks for what it was told"

serve <<E
D {"error":"ok","subject":"$T1"}
E
echo "from a pipe" | "$ctl" ta ad --key mine - > out 2> err
code=$?
is 0 && out_is "$T1" && asked '.key == "mine" and .args.text == "from a pipe"'
ok $? "abbreviations, --key, text from standard input"

head -c 70000 /dev/zero | tr '\0' x | "$ctl" task add - > out 2> err
code=$?
is 2 && err_has "text: is longer than 65536 bytes"
ok $? "text that is too long is refused"
printf 'a\0b' | "$ctl" task add - > out 2> err
code=$?
is 2 && err_has "NUL"
ok $? "text with NUL is refused"
run task add $'\xff\xfe'
is 2 && err_has "is not UTF-8 text"
ok $? "text that is not UTF-8 is refused"

cat > plan.json <<'E'
{"tasks":[{"name":"a","run":"true","timeout":"5m"},{"name":"b","deps":["a"]}]}
E
serve <<E
I {"kind":"task","id":"$T1","name":"a","project":"web","state":"ready"}
I {"kind":"task","id":"$T2","name":"b","project":"web","state":"waiting"}
$DONE
E
run task add -p web --file plan.json -q
is 0 && out_is "$T1" "$T2" && asked '.command == "task.plan" and
    .args.project == "web" and .args.tasks[0].timeout == 300000 and
    .args.tasks[1].deps == ["a"]'
ok $? "a plan file"
echo '{"tasks":[{"name":"a","rnu":"true"}]}' > plan.json
run task add --file plan.json
is 2 && err_has "plan.json: tasks[0].rnu: there is no such member"
ok $? "a plan with an unknown member"
echo '{"tasks":[' > plan.json
run task add --file plan.json
is 2 && err_has "plan.json: line 2, column 0"
ok $? "a plan that is not JSON"
run task add --file nowhere.json
is 3 && err_has "nowhere.json: not found"
ok $? "a plan that is not there"

LIST="I {\"kind\":\"task\",\"id\":\"$T1\",\"name\":\"lint\",\"project\":\"web\",\"state\":\"done\",\"attempt\":1,\"sentence\":\"landed\"}
I {\"kind\":\"task\",\"id\":\"$T2\",\"name\":\"\\u001b[31mf\\u00fcx\",\"project\":\"web\",\"state\":\"failed\"}
$DONE"
serve <<< "$LIST"
run task list --state done,failed --all
is 0 && out_is "$T1" "$T2" && asked '.args == {"states":["done","failed"],"all":true}'
ok $? "task list: ids alone when nobody looks"
serve <<< "$LIST"
run --json task list
is 0 && [ "$(wc -l < out)" -eq 2 ] && jq -es '.[1].state == "failed"' out > /dev/null
ok $? "--json: one object a line"
serve <<< "$LIST"
tty_run task list
is 0 && grep -q 'ID .*NAME .*STATE' out && grep -q $'\e\[32mdone' out &&
    grep -qF '\x1b[31mfüx' out && ! grep -q $'\e\[31mf.x' out
ok $? "task list: a table on a terminal, foreign escapes escaped"
serve <<< "$LIST"
NO_COLOR=1 tty_run task list
is 0 && grep -q 'lint.*done' out && ! grep -q $'\e' out
ok $? "NO_COLOR"
serve <<< "$LIST"
TERM=dumb tty_run task list
is 0 && grep -q 'lint.*done' out && ! grep -q $'\e' out
ok $? "TERM=dumb"
serve <<< "$LIST"
tty_run task list --no-color
is 0 && grep -q 'lint.*done' out && ! grep -q $'\e' out
ok $? "--no-color"
serve <<< "$LIST"
NO_COLOR='' tty_run --json task list
is 0 && ! grep -q $'\e' out && grep -qi '\\u00fc' out
ok $? "--json on a terminal is ASCII"
serve <<< "$LIST"
tty_run task list -q
is 0 && out_is "$T1" "$T2"
ok $? "-q: ids alone on a terminal as well"
serve <<< "$DONE"
tty_run task list --no-color
is 0 && out_is "no unfinished task; -a lists all"
ok $? "an empty list is said to be empty"
serve <<< "$DONE"
run task list
is 0 && [ ! -s out ]
ok $? "and is empty when nobody looks"

# Numbers of a kind are written as the accounts write them, but for programs.
LIMITS='I {"kind":"limit","whom":"user/1","what":"money","used":2500000,"most":10000000,"shut":false,"rule":"m"}
I {"kind":"limit","whom":"user/2","what":"disk","used":1536,"most":1073741824,"shut":false,"rule":"d"}
I {"kind":"limit","whom":"user/3","what":"tokens","used":2500000,"most":3000000,"shut":false,"rule":"t"}
D {"error":"ok"}'
serve <<< "$LIMITS"
tty_run queue list --no-color
is 0 && grep -q 'money  *2[.]5000  *10[.]0000 ' out &&
    grep -q 'disk  *1[.]5K  *1[.]0G ' out &&
    grep -q 'tokens  *2500000  *3000000 ' out
ok $? "queue list: money and sizes for people"
serve <<< "$LIMITS"
run --json queue list
is 0 && jq -es '.[0].used == 2500000 and .[1].most == 1073741824' out > /dev/null
ok $? "and plain numbers in JSON"

# Narrow terminals: what is the same goes, then what can be done without.
WHY="waiting on lint; lint is held: base, which it depends on, failed"
ROWS="I {\"kind\":\"task\",\"id\":\"$T1\",\"name\":\"lint\",\"project\":\"web\",\"state\":\"held\",\"attempt\":1,\"reason\":\"blocked\",\"sentence\":\"$WHY\"}"
TWO="I {\"kind\":\"task\",\"id\":\"$T2\",\"name\":\"fix\",\"project\":\"web\",\"state\":\"held\",\"sentence\":\"x\"}"
for row in "120 ID,NAME,PROJECT,STATE,TRY,REASON,WHY" "80 ID,NAME,STATE,WHY" \
    "60 NAME,STATE,WHY" "30 NAME,STATE,WHY"; do
	read -r cols want <<< "$row"
	serve <<< "$ROWS
$TWO
$DONE"
	COLS=$cols tty_run task list --no-color
	is 0 && [ "$(head -1 out | xargs | tr ' ' ,)" = "$want" ] &&
	    [ "$(wc -L < out)" -le "$cols" ]
	ok $? "$cols columns: $want, no line longer"
done
grep -q '\.\.\.$' out
ok $? "a sentence that is cut ends with dots"
serve <<< "$ROWS
${TWO/fix/lint}
$DONE"
COLS=60 tty_run task list --no-color
is 0 && head -1 out | grep -q '^ID'
ok $? "ids stay where names do not tell the rows apart"
serve <<< "$ROWS
${TWO/web/other}
$DONE"
COLS=80 tty_run task list --no-color
is 0 && head -1 out | grep -q PROJECT
ok $? "and projects where they differ"

serve <<E
I {"kind":"task","id":"$T1","state":"done","timeout":300000,"deps":["a","b"],"text":"one\ntwo"}
$DONE
E
run task show lint -p web
is 0 && out_is "id: $T1" "state: done" "timeout: 5m" "deps: a, b" "text: one" \
    $'\ttwo' && asked '.args == {"task":"lint","project":"web"}'
ok $? "task show"

TRACE="I {\"kind\":\"event\",\"seq\":1,\"type\":\"task.created\",\"trace\":{\"label\":\"task\",\"text\":\"$T1 waiting on lint\"}}
I {\"kind\":\"event\",\"seq\":2,\"type\":\"session.gone\"}
I {\"kind\":\"event\",\"seq\":3,\"type\":\"task.ran\",\"trace\":{\"label\":\"run\",\"text\":\"exit 0\\u001b[2J\"}}"
serve <<E
$TRACE
D {"error":"failed","message":"lint (failed): exit 3"}
E
run task trace "$T1"
is 8 && out_is "task      $T1 waiting on lint" "run       exit 0\\x1b[2J" &&
    err_has "lint (failed): exit 3" && asked '.args.follow'
ok $? "task trace: its lines, 8 for a task that failed"
serve <<< "$TRACE
$DONE"
run task trace --no-follow "$T1"
is 0 && [ "$(wc -l < out)" -eq 2 ] && asked '.args.follow | not'
ok $? "task trace --no-follow"
serve <<E
$TRACE
D {"error":"cancelled","message":"lint (cancelled): it was cancelled"}
E
run task trace "$T1"
is 9
ok $? "9 for a task that was cancelled"

for row in "0 ok done" "8 failed failed" "8 failed waiting" \
    "9 cancelled cancelled" "5 state held"; do
	read -r want error state <<< "$row"
	serve <<E
I {"kind":"waited","task":"$T1","state":"$state","sentence":"why"}
I {"kind":"waited","task":"$T2","state":"done"}
D {"error":"$error","message":"a ($state): why"}
E
	run task wait a b --timeout 10s
	is "$want" && asked '.args == {"tasks":["a","b"],"timeout":10000}' &&
	    out_is "$T1  $state  why" "$T2  done" &&
	    { [ "$want" = 0 ] || err_has "a ($state): why"; }
	ok $? "task wait: $want for $state"
done
serve <<< 'D {"error":"timeout","message":"a is not finished"}'
run task wait a
is 7 && err_has "praetorctl: a is not finished"
ok $? "task wait: 7 when the time is over"

printf 'plain\n\377\302\033[31mred\033[0m \033]0;title\007\r\nf\303\274\tend\n' > data
head -c 7 data > part1; tail -c +8 data | head -c 5 > part2; tail -c +13 data > part3
LOGS="B part1 7
B part2 5
B part3 100
$DONE"
serve <<< "$LOGS"
run task logs lint --attempt 2 --verify
is 0 && cmp -s out data && asked '.args == {"task":"lint","attempt":2,"verify":true}'
ok $? "task logs: byte by byte when nobody looks"
serve <<< "$LOGS"
tty_run task logs lint
is 0 && printf 'plain\n\\xff\\xc2red \\x1b]0;title\\x07\nfü\tend\n' | cmp -s - out
ok $? "task logs: no escape reaches a terminal"

head -c 65000 /dev/urandom > big
{ for _ in $(seq 100); do echo "B big 65000"; done; echo "$DONE"; } > bigscript
serve < bigscript
"$ctl" task diff lint > out 2> err
code=$?
is 0 && [ "$(wc -c < out)" -eq 6500000 ] && head -c 65000 out | cmp -s - big
ok $? "6.5 MB of binary, whole"
serve < bigscript
"$ctl" task diff lint 2> err | head -c 10 > out
[ "${PIPESTATUS[0]}" -eq 141 ] && [ "$(wc -c < out)" -eq 10 ]
ok $? "a reader that has enough"
serve <<< "$LIST"
"$ctl" task list > /dev/full 2> err
code=$?
is 1 && err_has "cannot write the output"
ok $? "a full disk is an error"

serve <<< "I {\"kind\":\"why\",\"task\":\"$T1\",\"state\":\"waiting\",\"reason\":\"deps\",\"sentence\":\"lint runs\"}
$DONE"
run task why "$T1"
is 0 && out_is "deps: lint runs"
ok $? "task why"
serve <<< "$DONE
D {\"error\":\"notfound\",\"message\":\"no task b\",\"remedy\":\"see task list\"}
$DONE"
run task cancel a b c
is 3 && err_has "praetorctl: no task b (see task list)" &&
    [ "$(jq -r .args.task log | tr -d '\n')" = abc ] &&
    [ "$(jq -r .key log | sort -u | wc -l)" -eq 3 ]
ok $? "task cancel: each of them, the first failure is the result"

serve <<< "$DONE"
run project add web --repo ./repo --verify "make check"
is 0 && [ ! -s out ] && asked ".args.repo == \"$dir/./repo\" or .args.repo == \"$dir/repo\""
ok $? "project add: a relative path is made whole"
serve <<< "$DONE"
run project add web --repo git@host:web.git
is 0 && asked '.args.repo == "git@host:web.git"'
ok $? "project add: a URL is left alone"
serve <<< "I {\"kind\":\"project\",\"name\":\"web\",\"state\":\"ready\",\"repo\":\"/r\",\"branch\":\"main\"}
$DONE"
run project list
is 0 && out_is web
ok $? "project list: names"

serve <<< "I {\"kind\":\"event\",\"seq\":7,\"stream\":\"project/web\",\"time\":\"2026-11-21T01:02:03.000004Z\",\"type\":\"project.added\",\"trace\":{\"label\":\"project\",\"text\":\"web\"}}
$DONE"
run events -f --since 6 --type project.
is 0 && out_is "     7  2026-11-21T01:02:03Z  project.added       project/web  web" &&
    asked '.args == {"follow":true,"since":6,"type":"project."}'
ok $? "events"

serve <<< "I {\"kind\":\"feature\",\"feature\":\"overlayfs\",\"status\":\"missing\",\"detail\":\"not in the kernel\",\"remedy\":\"load it\"}
$DONE"
run doctor
is 1 && out_is "overlayfs: missing, not in the kernel" "overlayfs: load it"
ok $? "doctor"
serve <<< "$DONE"
run log v
is 0 && asked '.command == "log.level" and .args == {"verbose":true}'
ok $? "log verbose"

for row in "perm 4" "notfound 3" "ambiguous 3" "exists 5" "cycle 5" "nospc 1"; do
	read -r name want <<< "$row"
	serve <<< "D {\"error\":\"$name\",\"message\":\"m\\u001b[2J\",\"remedy\":\"r\"}"
	run status
	is "$want" && err_has 'praetorctl: m\x1b[2J (r)'
	ok $? "exit code $want for $name"
done

# A daemon that goes away is asked again, with the same key.
serve <<E
X
D {"error":"unreach","message":"the engine is starting again"}
D {"error":"ok","subject":"$T1"}
E
run task add x
is 0 && out_is "$T1" && [ "$(jq -r .key log | wc -l)" -eq 3 ] &&
    [ "$(jq -r .key log | sort -u | wc -l)" -eq 1 ]
ok $? "asked again with the same key"
serve <<E
I {"kind":"event","seq":4,"type":"x","trace":{"label":"l","text":"t"}}
X
I {"kind":"event","seq":4,"type":"x","trace":{"label":"l","text":"t"}}
I {"kind":"event","seq":5,"type":"x","trace":{"label":"l","text":"u"}}
$DONE
E
run task trace x
is 0 && out_is "l         t" "l         u"
ok $? "task trace goes on where it was"
serve <<E
I {"kind":"event","seq":4,"type":"x","time":"2026-11-21T01:02:03Z","stream":"a"}
D {"error":"unreach","message":"the engine is starting again"}
I {"kind":"event","seq":5,"type":"x","time":"2026-11-21T01:02:03Z","stream":"b"}
$DONE
E
run --json events -f
is 0 && [ "$(jq -c .seq out | tr '\n' ' ')" = "4 5 " ] &&
    jq -es '.[1].args.since == 4' log > /dev/null
ok $? "events goes on where it was"
echo abc > part1
serve <<E
B part1 3
X
E
run task logs x
is 6 && [ "$(cat out)" = abc ] && err_has "the daemon closed the connection"
ok $? "no other answer is asked for twice once it has begun"
serve <<< G
run events
kill "$server" 2>/dev/null
[ "$code" -eq 6 ]
ok $? "an answer that is none"

run --socket "$dir/nowhere" status
is 6 && err_has "cannot reach praetord at $dir/nowhere" && grep -q -- --socket err
ok $? "no daemon: 6, the socket's path and the remedy"
printf '#!/bin/sh\necho "fake $*"\nexit 3\n' > fake
chmod +x fake
PRAETORD=$dir/fake run --socket "$dir/nowhere" doctor
is 3 && out_is "fake -D"
ok $? "doctor without a daemon runs praetord -D"
PRAETORD=$dir/fake run config check my.conf
is 3 && out_is "fake -n -f my.conf"
ok $? "config check runs praetord -n -f"

run task
is 2 && err_has "task needs one word more"
ok $? "half a command"
run t l
is 2 && err_has "t l could be: task list, task logs"
ok $? "an ambiguous command"
run fly
is 2 && err_has "there is no command fly"
ok $? "an unknown command"
run task show
is 2 && err_has "usage: praetorctl task show [options] TASK"
ok $? "a missing argument"
run status extra
is 2 && err_has "usage: praetorctl status"
ok $? "an argument too many"
run task add --fly
is 2 && err_has "unknown or ambiguous option --fly"
ok $? "an unknown option"
run task add --timeout soon x
is 2 && err_has "soon is not a duration"
ok $? "a value of the wrong type"
run task add --name
is 2 && err_has "option --name needs a value"
ok $? "a missing value"
run
is 2 && err_has "no command was given"
ok $? "no command"
run task add -h
is 0 && grep -q -- '--deps TASK' out
ok $? "-h"
run help
is 0 && grep -q '^  task add' out
ok $? "help"
run version
is 0 && grep -q '^praetorctl [0-9]' out
ok $? "version"
echo "1..$n"
