#!/bin/bash
# work.sh: what people and agents do all day.  Runs as a job, in its worktree,
# and outside as the control.  One line for each: "ID name: ok", or what it
# printed when it failed, or "missing" when the host has no such program.
set -u
cd "$(dirname "$0")" || exit 1
HERE=$PWD
W=$(mktemp -d "$HERE/work.XXXXXX")
export GIT_CONFIG_GLOBAL=$W/gitconfig
cat > "$W/gitconfig" <<'X'
[user]
	name = Agent
	email = agent@localhost
[safe]
	directory = *
X

# t ID NAME PROGRAM: the script comes on standard input.
t()
{
	local out status
	if ! [ -x "/usr/bin/$3" ]; then
		cat > /dev/null
		echo "$1 $2: missing"
		return
	fi
	mkdir -p "$W/$1.$2"
	cd "$W/$1.$2" || exit 1
	out=$(timeout 60 bash -eu -o pipefail /dev/stdin 2>&1)
	status=$?
	cd "$HERE" || exit 1
	if [ $status -eq 0 ]; then echo "$1 $2: ok"; else
		echo "$1 $2: status $status, $(printf '%s' "$out" | tr -s '\n\r' '  ' | tail -c 300)"
	fi
}

# Shells take their script from a file, so that programs have no input.
py() { t "$1" "$2" "${3:-python3}" < <(echo "cat > s.py <<'PY'"; cat; printf 'PY\n/usr/bin/python3 s.py < /dev/null\n'); }

t K01 npm npm <<'X'
mkdir dep app
echo '{"name":"dep","version":"1.0.0","main":"i.js"}' > dep/package.json
echo 'module.exports = 41' > dep/i.js
cd app
echo '{"name":"app","version":"1.0.0"}' > package.json
npm install --offline --no-audit --no-fund ../dep
[ "$(node -p 'require("dep") + 1')" = 42 ]
npm pack > /dev/null
X
t K02 node-worker node <<'X'
[ "$(node -e 'const w = require("worker_threads"); new w.Worker("console.log(7)", {eval: true})')" = 7 ]
X
t K02 node-child node <<'X'
cat > c.js <<'J'
const { fork } = require("child_process");
if (process.send) process.send("hello");
else fork("c.js").on("message", m => { console.log(m); process.exit(); });
J
[ "$(node c.js)" = hello ]
X
t K02 node-server node <<'X'
[ "$(node -e 'const h = require("http"); const s = h.createServer((q, r) => r.end("hi")).listen(0, "127.0.0.1", () => h.get({ port: s.address().port }, r => r.on("data", d => { console.log(String(d)); process.exit() })))')" = hi ]
X
py K02 python-threads <<'X'
import threading
n = []
t = [threading.Thread(target=n.append, args=(i,)) for i in range(20)]
[x.start() for x in t]; [x.join() for x in t]
assert sorted(n) == list(range(20))
X
py K02 python-multiprocessing <<'X'
import multiprocessing as m
def f(x): return x * x
if __name__ == "__main__":
    with m.Pool(4) as p: assert sum(p.map(f, range(100))) == 328350
    q = m.Manager().dict(); q["a"] = 1; assert q["a"] == 1
    l = m.Lock(); l.acquire(); l.release()
X
t K02 go go <<'X'
printf 'package main\nimport "fmt"\nfunc main() { c := make(chan int); go func() { c <- 42 }(); fmt.Println(<-c) }\n' > m.go
[ "$(GOCACHE=$PWD/c GOFLAGS=-mod=mod go run m.go)" = 42 ]
X
py K03 http <<'X'
import http.server, threading, urllib.request
s = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=s.serve_forever, daemon=True).start()
assert b"s.py" in urllib.request.urlopen("http://localhost:%d/" % s.server_port).read()
X
t K04 git git <<'X'
cd "$(dirname "$PWD")/.."
git status --short > /dev/null
git log --oneline > /dev/null
git diff > /dev/null
git rev-parse HEAD
X
t K04 git-commit git <<'X'
git init -q r && cd r
echo a > a && git add a && git commit -qm one
echo b >> a && git diff | grep -q '^+b' && git stash -q && git stash pop -q
git checkout -qb side && git commit -qam two && git checkout -q - && git merge -q side
git worktree add -q ../w && git -C ../w status --short
git gc -q && git fsck
X
t K05 gcc gcc <<'X'
printf '#include <stdio.h>\nint main(void) { puts("ran"); return 0; }\n' > a.c
gcc -O2 -g -o a a.c && [ "$(./a)" = ran ]
gcc -fsanitize=address -o b a.c && ASAN_OPTIONS=detect_leaks=0 ./b
X
t K05 make make <<'X'
printf 'all: 1 2 3 4 5 6 7 8\n1 2 3 4 5 6 7 8:\n\t@sleep 0.02; touch $@\n' > Makefile
make -j4 && [ -e 8 ]
X
t K05 perl perl <<'X'
[ "$(perl -e 'my $pid = open(my $f, "-|") // die; if (!$pid) { print 6 * 7; exit } print <$f>')" = 42 ]
X
py K07 vim vim <<'X'
import os, pty, sys, time, select
pid, fd = pty.fork()
if pid == 0: os.execv("/usr/bin/vim", ["vim", "-u", "NONE", "-n", "f"])
seen = b""
def until(what):
    global seen
    while what not in seen:
        assert select.select([fd], [], [], 20)[0], seen
        seen += os.read(fd, 65536)
until(b"New"); os.write(fd, b"ihello\x1b:wq\r")
assert os.waitpid(pid, 0)[1] == 0 and open("f").read() == "hello\n"
X
py K07 terminal <<'X'
import fcntl, os, pty, select, struct, termios
pid, fd = pty.fork()
if pid == 0: os.execv("/bin/bash", ["bash", "--norc", "--noprofile", "-i"])
seen = b""
def say(text): os.write(fd, text)
def until(what):
    global seen
    while what not in seen:
        assert select.select([fd], [], [], 20)[0], seen
        seen += os.read(fd, 65536)
    seen = seen.split(what, 1)[1]
say(b"PS1='>'; echo rea''dy\r"); until(b"ready")
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
say(b"stty size\r"); until(b"33 99")
say(b"sh -c 'echo up''1; exec sleep 1000' || echo int''errupted\r"); until(b"up1")
say(b"\x03"); until(b"^C"); say(b"echo st''ill\r"); until(b"still")
say(b"sh -c 'echo up''2; exec sleep 1000'\r"); until(b"up2"); say(b"\x1a"); until(b"Stopped")
say(b"jobs\r"); until(b"sleep 1000"); say(b"kill %1; fg; echo do''ne\r"); until(b"done")
say(b"exit\r")
X
t K07 own-terminal stty <<'X'
if [ -t 0 ] || [ -e /dev/pts/0 ] && tty < /dev/tty > /dev/null 2>&1; then stty size < /dev/tty | grep -q '^[0-9]* [0-9]*$'; fi
X
py K08 unix <<'X'
import socket
a, b = socket.socketpair(); a.send(b"x"); assert b.recv(1) == b"x"
s = socket.socket(socket.AF_UNIX); s.bind("s"); s.listen()
c = socket.socket(socket.AF_UNIX); c.connect("s"); s.accept()
X
t K09 tmp-exec mktemp <<'X'
d=$(mktemp -d) && printf '#!/bin/sh\necho ran\n' > "$d/x" && chmod +x "$d/x" && [ "$("$d/x")" = ran ]
X
t K09 fifo mkfifo <<'X'
mkfifo p && (echo through > p &) && [ "$(cat p)" = through ]
X
py K09 inotify <<'X'
import ctypes, os
c = ctypes.CDLL(None); fd = c.inotify_init1(0)
assert fd >= 0 and c.inotify_add_watch(fd, b".", 0x100) >= 0
open("new", "w"); assert b"new" in os.read(fd, 4096)
X
t K10 sqlite sqlite3 <<'X'
[ "$(sqlite3 a.db 'pragma journal_mode=wal; create table t(a); insert into t values (3); select a from t;' | tr '\n' ' ')" = "wal 3 " ]
X
py K10 sqlite-python <<'X'
import sqlite3
c = sqlite3.connect("x.db"); c.execute("pragma journal_mode=wal")
c.execute("create table t(a)"); c.execute("insert into t values(1)"); c.commit()
d = sqlite3.connect("x.db"); assert d.execute("select a from t").fetchall() == [(1,)]
X
py K10 mmap <<'X'
import mmap
f = open("m", "w+b"); f.truncate(8192); m = mmap.mmap(f.fileno(), 8192)
m[0:5] = b"hello"; m.flush(); assert open("m", "rb").read(5) == b"hello"
X
t K10 flock flock <<'X'
flock lock true && ! flock lock flock -n lock true
X
t K11 tools tar <<'X'
mkdir a && echo x > a/b && tar czf a.tgz a && tar xzf a.tgz && find . -name b | xargs -P4 -n1 cat
sed -i s/x/y/ a/b && cp -a a c && mv c d && ln a/b e && rm -rf a d && chmod 600 e && touch -d yesterday e
X
t K11 limits sync <<'X'
ulimit -c 0 && ulimit -n 64 && ulimit -a > /dev/null
sync && sync -f . && echo x > f && sync f
nice -n 5 true && timeout 5 true && setsid true && env -i /bin/true && nohup true
X
t K11 facts id <<'X'
id && hostname && date && df . && uname -a && nproc && getent passwd "$(id -un)" && getent hosts localhost
ps -e | grep -q ps
X
py K11 core <<'X'
import resource
resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
X
rm -rf "$W"
