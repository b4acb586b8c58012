#!/bin/bash
# https.t: a project on a Git server: credentials from the configuration, a
# task's way to a push, a branch that somebody moves meanwhile, a password
# that changes.  Failures that it names: work that does not land, lands twice
# or hides another's; an error line without server and remedy; a token where
# it does not belong.
. "$(dirname "$0")/lib.sh"
[ -x /usr/sbin/nginx ] && [ -x /usr/sbin/fcgiwrap ] ||
    skip_all "needs nginx and fcgiwrap"

mkdir -p "$T/web" "$T/tls" "$T/srv"
cd "$T/tls" || exit 1
{
	openssl ecparam -genkey -name prime256v1 -noout -out ca.key
	openssl req -x509 -new -key ca.key -days 9 -subj /CN=ours -out ca.pem
	openssl ecparam -genkey -name prime256v1 -noout -out good.key
	echo subjectAltName=DNS:localhost > ext
	openssl req -new -key good.key -subj /CN=localhost |
	    openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial \
	    -days 9 -extfile ext -out good.crt
} 2>/dev/null
token=open-sesame-$RANDOM$RANDOM
echo "robot:$(openssl passwd -apr1 "$token")" > users
echo "$token" > token

cd "$T/web" || exit 1
git init -q .
echo good > state
git add -A
git commit -qm base
git clone -q --bare . "$T/srv/web.git"
git -C "$T/srv/web.git" config http.receivepack true

mkfifo "$T/port" "$T/life"
python3 "$SRC/tests/git_nginx.py" "$T/tls" "$T/srv" < "$T/life" > "$T/port" &
server=$!
exec {life}> "$T/life"
read -r port < "$T/port"
url=https://localhost:$port/web.git

stage
mkdir -p "$T/keys"
cp "$T/tls/token" "$T/tls/ca.pem" "$T/keys"
chmod 600 "$T/keys/token"
chmod 644 "$T/keys/ca.pem"
chmod 755 "$T/keys"
if [ "$MODE" = user ] && [ "$(id -u)" -eq 0 ]; then
	chown -R $USER_UID "$T/keys"
fi
start_daemon "credential localhost token \"$T/keys/token\" user robot
credential localhost ca \"$T/keys/ca.pem\"
fetch timeout 20s"
ok $? "praetord starts in $MODE mode"
cd "$T" || exit 1
tip() { git -C "$T/srv/web.git" rev-parse main; }
count() { git -C "$T/srv/web.git" rev-list --count main; }

out=$(ctl project add web --repo "$url" --verify "test -s state" 2>&1)
ok $? "project add over https ($out)"
a=$(ctl task add -p web --run "echo one > one" "over https")
like "$(ctl task trace "$a")" "^commit +[0-9a-f]{7} on main, pushed" "its work is pushed"
is "$(git -C "$T/srv/web.git" show main:one)" one "and on the server"

# Somebody pushes between our look at the branch and our push: the hook is
# that somebody, so that it is always then.
(
	cd "$T/web" && git pull -q "$T/srv/web.git" main && echo 2 > two &&
	    git add two && git commit -qm other &&
	    git push -q "$T/srv/web.git" HEAD:refs/other/two
)
cat > "$T/srv/web.git/hooks/pre-receive" <<'X'
#!/bin/sh
[ -e moved ] && exit 0
: > moved
unset GIT_QUARANTINE_PATH
git update-ref refs/heads/main refs/other/two
X
chmod +x "$T/srv/web.git/hooks/pre-receive"
b=$(ctl task add -p web --run "echo three > three")
trace=$(ctl task trace "$b")
like "$trace" "^commit +[0-9a-f]{7} on main, pushed" "a branch that moved is merged again"
like "$trace" "moved" "and the trace says so"
is "$(git -C "$T/srv/web.git" ls-tree --name-only main | tr '\n' ' ')" \
    "one state three two " "both are there"
is "$(count)" 4 "once each"
rm "$T/srv/web.git/hooks/pre-receive"

# A password that is not right any more.
before=$(tip)
echo wrong > "$T/keys/token"
ctl config reload
ok $? "reload with another token"
c=$(ctl task add -p web --run "echo four > four")
ctl task wait "$c" > /dev/null 2>&1
is $? 8 "a task fails when the server refuses"
like "$(ctl task why "$c")" "localhost does not accept the configured credential" \
    "why: server and credential are named"
is "$(tip)" "$before" "nothing was pushed"
echo "$token" > "$T/keys/token"
ctl config reload
d=$(ctl task add -p web --run "echo four > four")
like "$(ctl task trace "$d")" "pushed" "with the right one it goes on"

# A private authority is one of this host only.
out=$(ctl project add bad --repo "https://localhost:1/x.git" 2>&1)
is $? 6 "a server that does not answer: exit 6"
like "$out" "localhost" "and its name"
out=$(ctl project add bad --repo "http://localhost:$port/web.git" 2>&1)
like "$out" "http:// neither encrypts" "http:// is refused by name"
out=$(ctl project add bad --repo "git://localhost/web.git" 2>&1)
like "$out" "git:// neither encrypts" "and so is git://"
is "$(ctl project list)" web "nothing of them is left"

# The token is in its file, in the reviewer and on the wire.
is "$(grep -rl "$token" "$T/state" "$T/log" 2>/dev/null)" "" "no token in state or log"
is "$(for p in /proc/[0-9]*; do
	tr '\0' ' ' < "$p/cmdline"; tr '\0' ' ' < "$p/environ"
done 2>/dev/null | grep -cFf "$T/tls/token")" 0 "nor in arguments or environment"

stop_daemon
is $? 0 "SIGTERM ends it with status 0"
exec {life}>&-
wait "$server"
done_testing
