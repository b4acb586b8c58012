/*
 * D26: random system calls with arguments that make sense often enough.  Runs
 * as a job and refuses to run anywhere else.  Workers make the calls, a parent
 * starts them again when one is dead or stuck; a seed repeats a run as far as
 * the scheduler allows.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "tests/escape/escape.h"
#include "tests/escape/tools.h"

#define BATCH	4000		/* calls of one worker */
#define LAST	480		/* numbers beyond are tried as well, rarely */
#define STUCK	50		/* looks, 10 ms apart, without a call */

struct worker {
	uint64_t	 random;
	char		*page;		/* the last bytes before no memory */
	const char	*canary;
	volatile unsigned long *done;	/* shared with the parent */
};

/* Calls after which a worker is of no use, or that it would sleep in. */
static const int rare[] = { SYS_exit, SYS_exit_group, SYS_execve,
    SYS_execveat, SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_rt_sigreturn,
    SYS_setitimer, SYS_alarm, SYS_pause, SYS_rt_sigsuspend, SYS_munmap,
    SYS_mprotect, SYS_mremap, SYS_brk, SYS_fork, SYS_vfork, SYS_clone,
    SYS_close_range, SYS_rt_sigtimedwait, SYS_seccomp, SYS_madvise,
    SYS_remap_file_pages, SYS_shmdt, SYS_landlock_restrict_self,
    SYS_setrlimit, SYS_prlimit64, SYS_select, SYS_poll };

static uint64_t
next(struct worker *k)
{
	k->random ^= k->random << 13;
	k->random ^= k->random >> 7;
	k->random ^= k->random << 17;
	return (k->random);
}

static long
path_pick(struct worker *k)
{
	static const char *const	 paths[] = { "/", "/workspace",
	    "/workspace/fuzzed", "/tmp", "/tmp/fuzzed", "/proc/self/mem",
	    "/proc/self/fd/0", "/proc/1/root", "/dev/null", "/dev/ptmx",
	    "/dev/tty", "/usr/bin/env", "../../../..", "", "/proc/self/ns/net",
	    "/sys", "/run/praetor/objects", "/dev/shm/fuzzed" };
	size_t				 i = next(k) % 20;

	if (i >= sizeof(paths) / sizeof(paths[0]))
		return ((long)k->canary);
	return ((long)paths[i]);
}

static long
argument(struct worker *k)
{
	switch (next(k) % 12) {
	case 0:
		return (0);
	case 1:
		return (-1);
	case 2:
		return ((long)(next(k) % 16));	/* descriptors */
	case 3:
		return ((long)(1UL << next(k) % 64));
	case 4:
		return ((long)next(k));
	case 5:
		return ((long)k->page + 4096 - (long)(next(k) % 64));
	case 6:
		return ((long)(next(k) % 4096));
	case 7:
		return ((long)(1UL << 32 | next(k) % 64));
	case 8:
	case 9:
		return (path_pick(k));
	default:
		return ((long)k->page + (long)(next(k) % 64 * 8));
	}
}

static int
is_rare(long nr)
{
	size_t	 i;

	for (i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		if (rare[i] == nr)
			return (1);
	return (0);
}

/* Whom a signal may go to: not to the fuzzer's own parent. */
static long
victim_pick(struct worker *k)
{
	static const long	 pids[] = { 1, 4194303, 300, 99999 };
	size_t			 i = next(k) % 5;

	return (i == 4 ? getpid() : pids[i]);
}

static int
sends_signals(long nr)
{
	return (nr == SYS_kill || nr == SYS_tkill || nr == SYS_tgkill ||
	    nr == SYS_rt_sigqueueinfo || nr == SYS_rt_tgsigqueueinfo ||
	    nr == SYS_pidfd_open || nr == SYS_setpriority ||
	    nr == SYS_ioprio_set);
}

static void
one_call(struct worker *k)
{
	long	 nr, a[6];
	int	 i;

	do
		nr = next(k) % 64 == 0 ? (long)next(k) : (long)(next(k) %
		    LAST);
	while (is_rare(nr) && next(k) % 500 != 0);
	for (i = 0; i < 6; i++)
		a[i] = argument(k);
	if (sends_signals(nr)) {
		a[0] = victim_pick(k);
		a[1] = nr == SYS_setpriority || nr == SYS_ioprio_set ?
		    a[0] : a[1];
		if (nr == SYS_tgkill || nr == SYS_rt_tgsigqueueinfo)
			a[1] = a[0];
	}
	/* x32 and foreign calls end the worker, which is right and slow. */
	if (nr >= 0x40000000 && nr <= 0x7fffffff && next(k) % 8 != 0)
		return;
	if (nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone)
		a[0] = SIGCHLD | (long)(next(k) & 0x7e020000);
	if (syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]) == 0 &&
	    (nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone))
		_exit(0);
}

static void
ignore(int sig)
{
	(void)sig;
}

/* Descriptors of many kinds, low numbers, none that blocks. */
static void
descriptors_open(void)
{
	int	 sv[2];

	/* What it writes is not what the parent has to say. */
	sv[0] = open("/dev/null", O_RDWR);
	dup2(sv[0], 1);
	dup2(sv[0], 2);
	close(0);
	close(sv[0]);
	(void)!open("/workspace", O_RDONLY | O_DIRECTORY);
	(void)!open("/workspace/fuzzed", O_RDWR | O_CREAT, 0644);
	(void)!open("/dev/ptmx", O_RDWR | O_NONBLOCK | O_NOCTTY);
	(void)!open("/usr/bin/env", O_RDONLY);
	(void)!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv);
	(void)!socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	(void)!socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, 0);
	(void)!epoll_create1(0);
	(void)!eventfd(0, EFD_NONBLOCK);
	(void)!memfd_create("fuzz", MFD_ALLOW_SEALING);
	(void)!pipe2(sv, O_NONBLOCK);
}

static void __attribute__((__noreturn__))
work(struct worker *k)
{
	struct sigaction	 sa = { .sa_handler = ignore };
	struct itimerval	 it = { { 0, 2000 }, { 0, 2000 } };
	char			*p;
	int			 i;

	setsid();
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	descriptors_open();
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	mprotect(p + 4096, 4096, PROT_NONE);
	k->page = p;
	for (i = 0; i < BATCH; i++) {
		if (i % 64 == 0)
			memset(p, (int)(next(k) & 0xff), 4096);
		(*k->done)++;
		one_call(k);
	}
	_exit(0);
}

/* Until the worker has ended, or has not called for too long. */
static void
watch(pid_t pid, volatile unsigned long *done)
{
	struct timespec	 ts = { 0, 10000000 };
	unsigned long	 last = *done;
	int		 quiet = 0;

	while (waitpid(pid, NULL, WNOHANG) != pid) {
		nanosleep(&ts, NULL);
		quiet = *done == last ? quiet + 1 : 0;
		last = *done;
		if (quiet > STUCK)
			kill(pid, SIGKILL);
	}
}

int
fuzz(unsigned long seed, unsigned long calls, const char *canary)
{
	struct worker		 k = { .canary = canary };
	char			 line[64], *v;
	unsigned long		 n, workers = 0;
	pid_t			 pid;

	v = line_of("/proc/self/status", "Seccomp:", line, sizeof(line));
	if (v == NULL || strcmp(v, "2") != 0 || getuid() == 0) {
		printf("fuzz: not in a sandbox\n");
		return (1);
	}
	k.done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED |
	    MAP_ANONYMOUS, -1, 0);
	while (*k.done < calls) {
		n = *k.done;
		k.random = (seed + workers++) * 0x9e3779b97f4a7c15UL | 1;
		if ((pid = fork()) == 0)
			work(&k);
		if (pid == -1)
			break;
		watch(pid, k.done);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		/* The page is shared with what may write anywhere. */
		if (*k.done < n || *k.done > n + BATCH)
			*k.done = n + BATCH;
	}
	printf("fuzzed %lu calls by %lu workers, seed %lu\n", *k.done,
	    workers, seed);
	return (*k.done < calls);
}
