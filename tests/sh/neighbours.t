#!/bin/bash
# neighbours.t: a job takes all it can get of what the kernel counts for more
# than one session.  Failures that it names: a service of the host, or another
# session, that finds nothing left.
. "$(dirname "$0")/lib.sh"

mkdir -p "$T/web"
cd "$T/web" || exit 1
git init -q .
cat > take.py <<'X2'
import ctypes, os, resource, sys, time
libc = ctypes.CDLL(None, use_errno=True)
io_setup, timer_create = (206, 222) if os.uname().machine == "x86_64" \
    else (0, 107)
most = int(sys.argv[1])
fds = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (fds, fds))

def timer():
    return libc.syscall(timer_create, 0, 0, ctypes.byref(ctypes.c_int(0)))

def aio():
    return libc.syscall(io_setup, 4096, ctypes.byref(ctypes.c_ulong(0)))

def pty():
    try:
        return os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return -1

for name, get in (("inotify", lambda: libc.inotify_init1(0)),
    ("timer", timer), ("aio", aio), ("pty", pty)):
    n = 0
    while n < most and get() != -1:
        n += 1
    print(name, n, flush=True)
print("taken", flush=True)
if most > 1:
    time.sleep(600)
X2
git add -A
git commit -qm base
start_daemon "sessions max 2"
ok $? "praetord starts in $MODE mode"
publish web
cd "$T" || exit 1
ctl project add web --repo "$T/git/web.git" >/dev/null

greedy=$(ctl task add --project web --run "python3 take.py 1000000")
seen '^taken' ctl task logs -f "$greedy"
taken=$(ctl task logs "$greedy")
like "$taken" '^aio 0$' "a job gets no events that are counted for the host"
like "$taken" '^pty 64$' "terminals up to its own limit"
other=$(ctl task add --project web --run "python3 take.py 1; df --output=itotal /tmp | tail -1")
ctl task wait "$other" >/dev/null 2>&1
theirs=$(ctl task logs "$other")
like "$theirs" '^pty 1$' "another session has terminals left"
[ "$(printf '%s\n' "$theirs" | tail -1)" -lt 1000000 ]
ok $? "empty files in /tmp are bounded"
if [ "$MODE" = system ]; then
	like "$theirs" '^inotify 1$' "another session has inotify instances left"
	like "$theirs" '^timer 1$' "and timers"
	host=$(python3 "$T/web/take.py" 1 < /dev/null)
	like "$host" '^inotify 1$' "the host has inotify instances left"
	like "$host" '^timer 1$' "and timers"
	like "$host" '^aio 1$' "and events of asynchronous I/O"
	like "$host" '^pty 1$' "and terminals"
fi
done_testing
