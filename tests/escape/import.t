#!/bin/bash
# import.t: sessions that leave behind whatever could lead the reviewer, or the
# Git of whoever clones, to run, read or write what it should not.  Real jobs
# under the whole daemon; canaries on the host.  Failures that it names: a
# program of a session that ran outside, a file of the host in a commit, a push
# to somewhere else, a name or a mark that was obeyed, work that is gone.
# Controls: the same with plain git(1) or as a plain user, which is led.
. "$SRC/tests/sh/lib.sh"

# Where the reviewer may write: its sandbox would not keep it from them.
C=$T/git/canaries
mkdir -p "$T/web/src" "$T/web/.github/workflows"
cd "$T/web" || exit 1
git init -q .
cp "$SRC/tests/escape/vectors.sh" .
echo base > file
echo a > src/a
echo b > src/b
echo old > src/.hidden
printf '*.ignored\n' > .gitignore
echo "on: push" > .github/workflows/ci.yml
ln -s / proc
ln -s /etc dev
git add -A
git commit -qm base
start_daemon "sessions max 4
change files max 3000
limit file-size 0
review attributes allow
review outside-link allow"
ok $? "praetord starts in $MODE mode"
[ -n "$daemon" ] || done_testing
mkdir -m 1777 "$C"
publish web
cd "$T" || exit 1
ctl project add web --repo "$T/git/web.git" >/dev/null
ok $? "with a project"
tip() { git -C "$T/git/web.git" rev-parse main; }
state() { ctl --json task show "$1" | field "$2"; }
mirror() { git -C "$T/state/review/mirrors/web.git" "$@"; }
job() { ctl task add --project web --run "$1"; }	# LINE: prints the id
# A job that must land, or fail: lands NAME LINE; fails NAME ERE LINE
lands()
{
	local id
	id=$(job "$2")
	ctl task trace "$id" >/dev/null 2>&1
	[ "$(state "$id" reason)" != approval ] || ctl task approve "$id"
	ctl task wait "$id" >/dev/null 2>&1
	is "$(state "$id" state) $(state "$id" reason)" "done landed" "$1: lands"
	last=$id
}
fails()
{
	local id
	id=$(job "$3")
	ctl task wait "$id" >/dev/null 2>&1
	is "$(state "$id" state)" failed "$1: fails"
	like "$(ctl task why "$id")" "$2" "$1: says why"
	# The control: the job did make what it is refused for.
	like "$(ctl task logs "$id")" "^made$" "$1: was made"
	last=$id
}
canaries() { ls "$C"; }

# -- I01-I23: what runs a program when git(1) looks at the repository
trusted()	# VECTOR: the harmless command, in the current directory
{
	case "$1" in
	filter-clean | filter-process | attributes-in-git) git add -A ;;
	filter-smudge) rm file && git checkout -f -- . ;;
	textconv | diff-*) echo more >> file && git diff ;;
	merge-driver)
		git checkout -qb other && echo 1 > file && git commit -qam 1 &&
		    git checkout -q main && echo 2 > file &&
		    git commit -qam 2 && git merge other ;;
	editor) git commit --allow-empty ;;
	gpg | hooks | hooks-path) git commit --allow-empty -m x ;;
	ssh-command | git-proxy | upload-pack) git fetch other ;;
	receive-pack) git push other HEAD:refs/heads/other ;;
	embedded-bare) cd sub && git status ;;
	environment) . ./.envrc && git status ;;
	*) git status ;;
	esac
}
export -f trusted
mkdir -p "$T/control"
vectors=$(sh "$T/web/vectors.sh" list "" | xargs)
for v in $vectors; do
	git clone -q "$T/web" "$T/control/$v" 2>/dev/null
	own "$T/control/$v"
	# shellcheck disable=SC2016
	as_daemon timeout 60 bash -c 'cd "$2" && sh vectors.sh "$1" "$3" &&
	    trusted "$1"' x "$v" "$T/control/$v" "$C/$v" \
	    > "$T/control.log" 2>&1 < /dev/null
	[ -e "$C/$v" ]
	ok $? "control: plain git runs $v" || cat "$T/control.log"
	rm -f "$C/$v"
done
ids=()
for v in $vectors; do
	ids+=("$(job "sh vectors.sh $v $C/$v && echo $v > out-$v && echo made")")
done
i=0
for v in $vectors; do
	id=${ids[$i]} i=$((i + 1))
	ctl task trace "$id" > "$T/trace" 2>&1
	like "$(ctl task logs "$id")" '^made$' "$v: was prepared in a session"
	case "$v" in
	pointer | embedded-bare)
		like "$(ctl task why "$id")" '^policy: .*git-exploit A (sub|evil.d) \(a bare repository' \
		    "$v: is denied as a bare repository" ;;
	*)
		[ "$(state "$id" reason)" != approval ] || ctl task approve "$id"
		ctl task wait "$id" >/dev/null 2>&1
		if [ "$(state "$id" reason)" = conflict ]; then
			# Several write the same .gitattributes.
			is "$(ctl task why "$id")" "conflict: conflict: .gitattributes" "$v: was merged"
		else
			is "$(git -C "$T/git/web.git" show "main:out-$v" 2>&1)" "$v" "$v: landed"
		fi ;;
	esac
	ctl task diff "$id" > /dev/null 2>&1
done
is "$(canaries)" "" "I01-I23: nothing of it ran outside a session"

# -- I22, I33: where a push goes
git init -q --bare "$T/git/decoy.git"
git -C "$T/web" push -q "$T/git/decoy.git" main 2>/dev/null
own "$T/git/decoy.git"
decoy() { git -C "$T/git/decoy.git" for-each-ref; find "$T/git/decoy.git" -type f | sort | xargs cksum; }
refs() { git -C "$T/git/web.git" for-each-ref --format='%(refname)'; }
(
	git clone -q "$T/git/web.git" "$T/control/push" && cd "$T/control/push" &&
	    git config "url.$T/git/decoy.git.pushInsteadOf" "$T/git/web.git" &&
	    git commit -q --allow-empty -m control && git push -q origin HEAD:refs/heads/control
) 2>/dev/null
git -C "$T/git/decoy.git" rev-parse -q --verify control >/dev/null
ok $? "control: plain git pushes to where the configuration says"
git -C "$T/git/decoy.git" update-ref -d refs/heads/control
own "$T/git/decoy.git"
decoy > "$T/decoy.before"
refs > "$T/refs.before"
lands "another URL and another branch" "
	git config url.$T/git/decoy.git.insteadOf $T/git/web.git
	git config url.$T/git/decoy.git.pushInsteadOf $T/git/web.git
	git config remote.origin.url $T/git/decoy.git
	git config remote.origin.pushurl $T/git/decoy.git
	git config remote.origin.push +refs/heads/main:refs/heads/evil
	git config remote.origin.mirror true
	git config branch.main.pushRemote decoy
	git config remote.pushDefault decoy
	git config http.proxy http://127.0.0.1:9/
	git config http.extraHeader 'X: y'
	git config push.default matching
	git checkout -qb evil && git commit -q --allow-empty -m evil
	git tag evil
	git symbolic-ref HEAD refs/heads/evil
	git update-ref refs/heads/main HEAD
	echo pushed > pushed; echo made"
decoy > "$T/decoy.after"
cmp -s "$T/decoy.before" "$T/decoy.after"
ok $? "I22: nothing was pushed to it"
is "$(refs)" "$(cat "$T/refs.before")" "I33: and no other ref was made"
is "$(git -C "$T/git/web.git" show main:pushed)" pushed "the work landed where it should"
is "$(git -C "$T/git/web.git" log --format=%s main | grep -c '^evil$')" 0 "and the session's commits did not"

# -- I27, B09: links are text
secret=$T/git/secret	# the reviewer could read it
echo CANARY-OF-THE-HOST > "$secret"
chmod 644 "$secret"
own "$secret"
lands "links that lead to the host" "
	ln -s $secret leak
	ln -s /proc/self/root$secret leak2
	ln -s ../../../../../../../..$secret leak3
	rm -r src && ln -s $T/git src
	cat leak leak2 leak3 src/secret 2>/dev/null | grep CANARY && echo read
	echo made"
like "$(cat "$secret")" CANARY "control: outside a session they lead there"
is "$(ctl task logs "$last" | grep -c '^read$')" 0 "B09: inside they lead nowhere"
is "$(git -C "$T/git/web.git" ls-tree main leak src | awk '{ print $1, $4 }' | xargs)" \
    "120000 leak 120000 src" "they are links in the commit"
is "$(git -C "$T/git/web.git" show main:leak)" "$secret" "with their text"
objects() { git -C "$1" cat-file --batch-all-objects --batch-check='%(objectname)' |
    git -C "$1" cat-file --batch | grep -ac CANARY-OF-THE-HOST; }
is "$(objects "$T/git/web.git") $(objects "$T/state/review/mirrors/web.git")" "0 0" \
    "what they lead to was never read"
lands "the files again" 'rm -f src leak*; mkdir src; echo a > src/a; echo b > src/b; echo old > src/.hidden'
fails "I26: .gitattributes as a link" 'must not be a symbolic link' 'rm -f .gitattributes; ln -s file .gitattributes; echo made'
fails "I25: .gitmodules as a link" 'must not be a symbolic link' 'ln -s file .gitmodules; echo made'

# -- I25: submodules
id=$(job 'printf "[submodule \"a\"]\n\tpath = a\n\turl = ../a.git\n" > .gitmodules; echo made')
ctl task trace "$id" >/dev/null 2>&1
is "$(state "$id" reason)" approval "I25: a .gitmodules is asked about"
ctl task reject "$id"
fails "I25: a path with a carriage return" 'git-exploit A .gitmodules:? ?\(there is a control' \
    'printf "[submodule \"a\"]\n\tpath = \"a\r\"\n\turl = x\n" > .gitmodules; echo made'
fails "I25: a URL that is an option" 'git-exploit A .gitmodules' \
    'printf "[submodule \"a\"]\n\tpath = a\n\turl = -u./x\n" > .gitmodules; echo made'
fails "I25: an update that is a command" 'git-exploit A .gitmodules' \
    'printf "[submodule \"a\"]\n\tpath = a\n\tupdate = !touch x\n" > .gitmodules; echo made'
fails "I25: a path that leads outside" 'git-exploit A .gitmodules' \
    'printf "[submodule \"a\"]\n\tpath = ../../x\n" > .gitmodules; echo made'
fails "a repository within" 'nested repository' 'git init -q sub; echo x > sub/x; echo made'

# -- I24, B17: names.  Much deeper than here ends a session by its limit of disk
# (usage.c) before there is an import.
before=$(tip)
n=0
while IFS= read -r row; do
	[ -n "$row" ] || continue
	ere=${row%% | *} make=${row#* | }
	n=$((n + 1))
	fails "I24: $ere ($n)" "$ere" "$make && echo made"
	id=$last
	if ctl task why "$id" | LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')"; then
		ok 1 "I24: $ere ($n): nothing unprintable is printed"
	else
		ok 0 "I24: $ere ($n): nothing unprintable is printed"
	fi
done <<'X'
control character | : > "$(printf 'a\nb')"
control character | : > "$(printf 'README.md\r')"
control character | : > "$(printf '\033[31mred')"
control character | : > "$(printf 'del\177')"
control character | : > "$(printf 'c1\302\233x')"
not UTF-8 | : > "$(printf 'bad\377')"
not UTF-8 | : > "$(printf 'cut\303')"
stands for .git | mkdir -p .GIT/hooks && : > .GIT/hooks/pre-commit
stands for .git | : > 'git~1'
stands for .git | mkdir '.git ' && : > '.git /config'
stands for .git | mkdir '.git.' && : > '.git./config'
stands for .git | : > '.git::$INDEX_ALLOCATION'
stands for .git | mkdir "$(printf '.g\342\200\214it')" && : > "$(printf '.g\342\200\214it')/config"
stands for .git | : > '.git\hooks'
nested repository | mkdir -p d && echo 'gitdir: /tmp' > d/.git
nested repository | mkdir -p d/.Git
nested repository | mkdir -p 'd/GIT~2'
leads to another directory | : > 'a\..\..\b'
leads to another directory | : > '\\host\share'
dots and blanks | : > '.. '
dots and blanks | mkdir ... && : > .../x
longer than 4095 | python3 -c 'import os; [(os.mkdir("n" * 250), os.chdir("n" * 250)) for i in range(20)]'
deeper than 64 | python3 -c 'import os; [(os.mkdir("d"), os.chdir("d")) for i in range(1500)]; open("f", "w").close()'
X
is "$(tip)" "$before" "nothing of it landed"
is "$(LC_ALL=C grep -c "$(printf '[\001-\010\013-\037\177]')" "$T/log")" 0 "nor anything unprintable in the log"
lands "I24: odd names that are kept" '
	: > " "; : > "back\\slash"; : > "a\\"; : > "-rf"; : > "con"; : > "x:y"; : > "tail."
	: > "\"quoted\""; : > "%2e%2e"; : > "..x"; : > ".gitx"; : > "ü ✓"; : > ".wh.file"
	: > "$(printf %0255d 0)"; mkdir "*"; : > "*/?"; echo made'
git -C "$T/git/web.git" diff-tree -r -z --name-only main^ main | tr '\0' '\n' | LC_ALL=C sort > "$T/names"
printf '%s\n' ' ' 'back\slash' 'a\' '-rf' con x:y tail. '"quoted"' '%2e%2e' ..x .gitx 'ü ✓' .wh.file \
    "$(printf %0255d 0)" '*/?' | LC_ALL=C sort > "$T/wanted"
is "$(cat "$T/names")" "$(cat "$T/wanted")" "byte by byte"

# -- B18: things that are no files
fails "B18: a FIFO" 'is a fifo' 'rm -f file; mkfifo file; echo made'
fails "B18: a FIFO with a harmless name" 'is a fifo' 'mkfifo README.md; echo made'
fails "B18: a socket" 'is a socket' 'python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"README.sock\")"; echo made'
lands "B12: devices, B08: links to the system" '
	python3 - <<"P"
import errno, os, stat
for name, mode, dev in (("c", stat.S_IFCHR, (1, 3)), ("b", stat.S_IFBLK, (8, 0)), ("w", stat.S_IFCHR, (0, 0))):
    try:
        os.mknod(name, mode | 0o666, os.makedev(*dev)); print("node", name)
    except OSError as e:
        print("refused", name, errno.errorcode[e.errno])
for f in ("/etc/hostname", "/usr/bin/env", "/etc/ld.so.cache"):
    try:
        os.link(f, "linked"); print("linked", f)
    except OSError as e:
        print("not linked", errno.errorcode[e.errno])
P
	echo devices > devices'
out=$(ctl task logs "$last")
is "$(grep -c '^node\|^linked' <<< "$out")" 0 "B12, B08: the kernel lets a job make neither"
is "$(grep -c '^refused' <<< "$out")" 3 "and says so"

# -- I29, B14: modes, attributes, marks of overlayfs
lands "I29, B14: modes and attributes" '
	mkdir modes marks
	echo x > modes/suid; chmod 4755 modes/suid
	echo x > modes/sgid; chmod 2711 modes/sgid
	echo x > modes/sticky; chmod 1644 modes/sticky
	echo x > modes/wide; chmod 666 modes/wide
	echo x > modes/one; ln modes/one modes/two
	truncate -s 1M modes/hole
	python3 - <<"P"
import errno, os
def mark(path, name, value):
    try:
        os.setxattr(path, name, value); print("set", name, path)
    except OSError as e:
        print("unset", name, errno.errorcode[e.errno])
open("marks/plain", "w").close()
for n in ("opaque", "redirect", "metacopy", "whiteout", "origin", "impure", "nlink"):
    mark("src", "user.overlay." + n, b"y")
    mark("file", "user.overlay." + n, b"y")
    mark("marks/plain", "user.overlay." + n, b"")
mark("modes/wide", "user.comment", b"hello")
mark("modes/wide", "trusted.overlay.opaque", b"y")
mark("modes/wide", "security.capability", b"\1\0\0\2" + b"\xff" * 16)
mark("modes/wide", "system.posix_acl_access", b"\2\0\0\0\1\0\6\0\xff\xff\xff\xff\4\0\7\0\xff\xff\xff\xff\40\0\7\0\xff\xff\xff\xff")
P
	echo c > src/c; echo made'
is "$(git -C "$T/git/web.git" ls-tree -r main modes | awk '{ print $1, $4 }' | xargs)" \
    "100644 modes/hole 100644 modes/one 100755 modes/sgid 100644 modes/sticky 100755 modes/suid 100644 modes/two 100644 modes/wide" \
    "I29: two modes and nothing else"
is "$(git -C "$T/git/web.git" ls-tree -r --name-only main src | xargs)" "src/.hidden src/a src/b src/c" \
    "B14: marks of a job hide and delete nothing"
is "$(git -C "$T/git/web.git" show main:file)" base "and take no file's content"

# -- I30, B06, B07, B22: protected paths by detours
for row in \
    'deleting|rm -r .github|D .github/workflows/ci.yml' \
    'moving what is above|mv .github gh; mkdir -p .github/workflows; echo evil > .github/workflows/ci.yml|M .github/workflows/ci.yml' \
    'a file for the directory|rm -r .github; echo x > .github|D .github/workflows/ci.yml' \
    'a link for the directory|mv .github gh; ln -s gh .github|A .github \(CI\)' \
    'names that are not there|mkdir -p .claude .vscode; echo {} > .claude/settings.json; echo {} > .mcp.json; echo {} > .vscode/tasks.json|A .vscode/tasks.json' \
    'an unnamed file that gets a name|python3 -c "import ctypes, os
fd = os.open(\".\", os.O_TMPFILE | os.O_RDWR); os.write(fd, b\"x\"); os.makedirs(\".husky\", exist_ok=True)
ctypes.CDLL(None).linkat(fd, b\"\", -100, b\".husky/pre-commit\", 0x1000)"|A .husky/pre-commit'; do
	name=${row%%|*} rest=${row#*|}
	id=$(job "${rest%|*}")
	ctl task trace "$id" >/dev/null 2>&1
	is "$(state "$id" reason)" approval "protected path, $name: is asked about"
	like "$(ctl --json task show "$id")" "auto-executed ${rest##*|}" "protected path, $name: by its name"
	ctl task reject "$id" 2>/dev/null
done
lands "B07: .git/hooks is not taken" 'mkdir -p .git/hooks; echo x > .git/hooks/evil; echo hooks > hooks'
is "$(git -C "$T/git/web.git" ls-tree -r --name-only main | grep -c '^.git/')" 0 "B07: nothing of .git is in a commit"

# -- B17: sizes
fails "B17: 10^5 files" 'more than 3000 files' \
    'mkdir many && cd many && seq 1 100000 | xargs touch; echo made'
fails "B17: a file of 8 EiB" 'more than 268435456 bytes' '
	truncate -s 8E big 2>/dev/null || truncate -s 15T big 2>/dev/null || truncate -s 1T big
	ls -l big; echo made'
[ -d "$T/state/sessions" ] && ls "$T/state/sessions" > "$T/kept"
[ -s "$T/kept" ]
ok $? "what could not be imported is kept where it is"

# -- I31: a forged .git, in which everything that could be opened blocks
lands "I31: a forged .git" "
	cd .git
	mkdir -p objects/info refs/heads
	for f in HEAD config index packed-refs objects/info/alternates commondir config.worktree shallow info/grafts; do
		mkdir -p \$(dirname \$f); rm -rf \$f; mkfifo \$f; done
	ln -s $secret refs/heads/main2
	python3 - <<'P'
import zlib, os
os.makedirs('objects/aa', exist_ok=True)
z = zlib.compressobj(9)
with open('objects/aa/' + 'b' * 38, 'wb') as f:
    f.write(z.compress(b'blob 10737418240\0'))
    for i in range(64): f.write(z.compress(b'\0' * 1048576))
    f.write(z.flush())
os.makedirs('objects/pack', exist_ok=True)
open('objects/pack/pack-' + 'c' * 40 + '.pack', 'wb').write(b'PACK\0\0\0\2\xff\xff\xff\xff' + b'\xff' * 100)
open('objects/pack/pack-' + 'c' * 40 + '.idx', 'wb').write(b'\xfftOc\0\0\0\2' + b'\xff' * 2000)
os.makedirs('refs/replace', exist_ok=True)
open('refs/replace/' + 'd' * 40, 'w').write('e' * 40 + '\n')
P
	cd ..; echo forged > forged; echo made"
lands "I31: a .git that is a FIFO" 'rm -rf .git; mkfifo .git; echo fifo > fifo'
# Work that was denied is there too, with its .gitmodules.
mirror -c fsck.gitmodulesPath=ignore -c fsck.gitmodulesUrl=ignore -c fsck.gitmodulesName=ignore \
    -c fsck.gitmodulesUpdate=ignore fsck --full >/dev/null 2>&1
ok $? "I31: the mirror is sound"

# -- I36, B24: what changes after it was looked at
id=$(job 'echo reviewed > .envrc; echo made')
ctl task trace "$id" >/dev/null 2>&1
is "$(state "$id" reason)" approval "I36: a change waits"
tree=$(ctl --json events -t change.asked | tail -1 | field tree)
find "$T/state/sessions" -name .envrc -exec sh -c 'echo changed > "$1"' x {} \; 2>/dev/null
ctl task approve "$id"
ctl task wait "$id" >/dev/null 2>&1
is "$(git -C "$T/git/web.git" rev-parse "main^{tree}") $(git -C "$T/git/web.git" show main:.envrc)" "$tree reviewed" \
    "I36: what lands is the tree that was shown"
if [ "$(id -u)" -eq 0 ] && [ "${WORKTREE:-}" = copy ]; then
	id=$(job 'echo ready; sleep 600')
	seen '^ready' ctl task logs -f "$id"
	find "$T/state/review/trees" -path '*/src/a' -exec sh -c 'echo changed > "$1"' x {} \;
	find "$T/state/sessions" -path '*/upper/src/a' -exec grep -l changed {} + > "$T/changed"
	is "$(cat "$T/changed")" "" "B24: a tree that changes is not seen through a copy of it"
	ctl task cancel "$id"
	find "$T/state/review/trees" -path '*/src/a' -exec sh -c 'echo a > "$1"' x {} \;
	lands "the tree as it was" 'echo x > before-device; echo made'
	top=$T/state/review/trees/$(git -C "$T/git/web.git" rev-parse "main^{tree}")
	id=$(job true)
	ctl task wait "$id" >/dev/null 2>&1
	if mknod "$top/devnull" c 1 3 2>/dev/null; then
		id=$(job 'echo x > after-device')
		ctl task wait "$id" >/dev/null 2>&1
		like "$(ctl task why "$id")" 'worktree copy: devnull: is no regular file' "B13: a device in a tree is not copied"
		rm -f "$top/devnull"
	fi
elif [ "$(id -u)" -eq 0 ]; then
	id=$(job 'echo ready; until grep -q changed src/a; do :; done; cat src/a src/b; echo mine > mine')
	seen '^ready' ctl task logs -f "$id"
	# The newest pristine tree is the one below the session.
	find "$T/state/review/trees" -path '*/src/a' -exec sh -c 'echo changed > "$1"' x {} \;
	ctl task wait "$id" >/dev/null 2>&1
	is "$(git -C "$T/git/web.git" show main:src/a) $(git -C "$T/git/web.git" show main:mine)" "a mine" \
	    "B24: a lower tree that changed meanwhile is not taken for the job's work"
	find "$T/state/review/trees" -path '*/src/a' -exec sh -c 'echo a > "$1"' x {} \;
	# B13: a device in a lower tree
	id=$(job true)
	ctl task wait "$id" >/dev/null 2>&1
	top=$T/state/review/trees/$(git -C "$T/git/web.git" rev-parse "main^{tree}")
	if mknod "$top/devnull" c 1 3 2>/dev/null; then
		id=$(job 'cat devnull && echo opened; echo x > after-device')
		ctl task wait "$id" >/dev/null 2>&1
		like "$(ctl task logs "$id")" 'Permission denied' "B13: a device in a lower tree cannot be opened"
		is "$(git -C "$T/git/web.git" ls-tree --name-only main devnull after-device | xargs)" after-device \
		    "B13: and is not taken"
		rm -f "$top/devnull"
	fi
fi

# -- the end: everything is as it was
is "$(canaries)" "" "no canary was touched at all"
git -C "$T/git/web.git" fsck --full >/dev/null 2>&1
ok $? "the repository is sound"
git clone -q "$T/git/web.git" "$T/clone" 2>/dev/null
ok $? "and can be cloned"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
is "$(grep -cE 'killed by signal|exited with status|broke the protocol|starting .* again' "$T/log")" 0 "no role of the daemon died"
done_testing
