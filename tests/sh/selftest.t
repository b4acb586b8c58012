#!/bin/bash
# selftest.t: the canaries at start.  Failures that it names: a daemon that
# starts although a session can read, write or connect outside; one that
# believes a session alone or the host alone; a test that is void and passes;
# something left behind.
. "$(dirname "$0")/lib.sh"

stage
libexec=$T/usr/libexec/praetor
cp "$libexec/praetor-canary" "$T/canary"

refused()	# NAME ERE
{
	local out status
	write_conf ""
	out=$("${as[@]}" timeout 60 "$T/usr/sbin/praetord" -d \
	    -f "$T/praetord.conf" 2>&1)
	status=$?
	is $status 1 "$1: no start"
	like "$out" "self-test: .*$2" "$1: says so"
	[ ! -e "$T/state/selftest" ]
	ok $? "$1: nothing is left"
}

# A program in place of the canary: BODY is C, run with `inside' set.
liar()		# BODY
{
	cat > "$T/liar.c" <<-C
	#include <fcntl.h>
	#include <signal.h>
	#include <stdlib.h>
	#include <unistd.h>
	int main(int argc, char *argv[])
	{
		int inside = access("/workspace", F_OK) == 0;
		(void)argc; (void)argv;
		$1
	}
	C
	rm -f "$libexec/praetor-canary"
	cc -static -o "$libexec/praetor-canary" "$T/liar.c"
}

start_daemon
ok $? "a sandbox that holds: praetord starts in $MODE mode"
like "$(ctl doctor)" "self-test: ok" "doctor has the result"
[ ! -e "$T/state/selftest" ]
ok $? "nothing is left of it"
stop_daemon
is $? 0 "and it ends"

rm "$libexec/praetor-canary"
refused "without the program" "praetor-canary: No such file"
liar "return (0);"
refused "canaries that nobody can have" "not even outside"
liar "return (inside ? 1 : 15);"
refused "a session that reads" "a session could read a file of the host"
liar "return (inside ? 4 : 15);"
refused "a session that connects" "a session could connect to a port"
liar "return (inside ? 8 : 15);"
refused "a session that reaches a socket" "connect to a UNIX socket"
liar "if (inside) kill(getpid(), SIGSEGV); return (15);"
refused "a canary that dies" "could not be tried"
liar "return (inside ? 32 : 15);"
refused "an answer that is none" "could not be tried"
# argv[4] is where to write: once the control's is removed, it is made again.
liar "if (inside) return (0);
	close(open(argv[4], O_CREAT | O_WRONLY, 0666));
	if (fork() == 0) {
		alarm(30);
		while (access(argv[4], F_OK) == 0)
			;
		close(open(argv[4], O_CREAT | O_WRONLY, 0666));
		_exit(0);
	}
	return (15);"
refused "a write that only the host has seen" "write outside its worktree"

# A start that was killed in the middle leaves a directory; the next clears it.
cp "$T/canary" "$libexec/praetor-canary"
mkdir -p "$T/state/selftest/bait" "$T/state/selftest/review/trees/base"
: > "$T/state/selftest/bait/secret"
[ "$MODE" = user ] && [ "$(id -u)" -eq 0 ] && chown -R $USER_UID "$T/state/selftest"
start_daemon
ok $? "after an interrupted one praetord starts"
[ ! -e "$T/state/selftest" ]
ok $? "and has cleared it"
stop_daemon
is $? 0 "SIGTERM ends it with status 0"
done_testing
