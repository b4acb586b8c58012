#!/bin/bash
# demo.sh BUILD: the main job, shown on a private praetord with everything it
# needs in one temporary directory, which is removed at the end.
set -eu
build=$(cd "$1" && pwd)
src=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/praetor-demo.XXXXXX")
chmod 711 "$dir"
inst=$dir/usr
daemon=

finish()
{
	status=$?
	trap - EXIT INT TERM
	if [ -n "$daemon" ] && kill -TERM "$daemon" 2>/dev/null; then
		wait "$daemon" || status=1
	fi
	[ "$status" -eq 0 ] || sed 's/^/praetord log: /' "$dir/log" >&2 || :
	rm -rf "$dir"
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '\n$ %s\n' "$*"; }
ctl() { "$inst/bin/praetorctl" --socket "$dir/control.sock" "$@"; }
show() { say "praetorctl $*"; ctl "$@"; }
git() { command git -c user.name=Demo -c user.email=demo@localhost \
	-c init.defaultBranch=main -c safe.directory='*' "$@"; }

# Programs where every role's user can reach them, whatever the checkout's mode.
make -s -C "$src" BUILD="$build" DESTDIR="$dir/stage" PREFIX=/usr \
    install-programs
mv "$dir/stage/usr" "$inst"

# A small repository: a calculator with a bug that its test finds.
mkdir -p "$dir/git"
git init -q "$dir/seed"
cd "$dir/seed"
mkdir fixes
cat > calc.sh <<'X'
#!/bin/sh
# Print the sum of the arguments.
sum=0
for n in "$@"; do sum=$((sum - n)); done
echo "$sum"
X
cat > test.sh <<'X'
#!/bin/sh
got=$(./calc.sh 1 2 3)
[ "$got" = 6 ] || { echo "calc 1 2 3: expected 6, got $got"; exit 1; }
echo "calc: ok"
X
printf 'check:\n\t./test.sh\n\nlint:\n\tsh -n calc.sh\n\tsh -n test.sh\n' > Makefile
chmod +x calc.sh test.sh
sed 's/sum - n/sum + n/' calc.sh > fixed.sh
diff -u --label a/calc.sh --label b/calc.sh calc.sh fixed.sh > fixes/0001.patch || :
rm fixed.sh
git add -A
git commit -qm "A calculator, and a test that fails"
git clone -q --bare "$dir/seed" "$dir/git/web.git"
cd "$dir"

# Its own configuration.  As root: a uid for each role, none of them in use.
{
	echo "state \"$dir/state\""
	echo "socket \"$dir/control.sock\""
	echo "libexec \"$inst/libexec/praetor\""
	echo "repositories \"$dir/git\""
	echo "sessions max 4"
	if [ "$(id -u)" -eq 0 ]; then
		echo "user engine 1999990001"
		echo "user frontend 1999990002"
		echo "user reviewer 1999990003"
		echo "user gateway 1999990004"
		chown -R 1999990003:1999990003 "$dir/git/web.git"
	fi
} > praetord.conf
chmod 600 praetord.conf
say "praetord -f praetord.conf &"
mkfifo ready
"$inst/sbin/praetord" -d -f "$dir/praetord.conf" 2> ready &
daemon=$!
exec 8< ready
up=
while read -r line <&8; do
	echo "$line" >> log
	case "$line" in "praetord: ready"*) up=1; break ;; esac
done
[ -n "$up" ] || { echo "praetord did not start" >&2; exit 1; }
cat <&8 >> log &
echo "$line"

show project add web --repo "$dir/git/web.git" --branch main --verify "make check"
show task add --project web --name lint --run "make lint"
show task add --project web --name fix --deps lint \
    --run "patch -p1 < fixes/0001.patch" "apply the calculator fix"
show task add --project web --name break --deps fix \
    --run "echo 'echo 0' > calc.sh" "make the calculator faster"
show task trace lint
show task trace fix
say "praetorctl task trace break     # must be refused"
code=0
ctl task trace break || code=$?
[ "$code" -eq 8 ] || { echo "the breaking change was not refused ($code)" >&2; exit 1; }
show task list --all

say "git log --stat"
git -C "$dir/git/web.git" --no-pager log --stat main
sha=$(git -C "$dir/git/web.git" rev-parse main)
[ "$(git -C "$dir/git/web.git" rev-list --count main)" = 2 ] ||
    { echo "main does not have exactly the fix on it" >&2; exit 1; }
printf '\ncommit %s %s\n' "$sha" \
    "$(git -C "$dir/git/web.git" log -1 --format=%s main)"
