/*
 * The filters, call by call: each is loaded in a child that tries one call
 * and reports its errno.  A call that the filter lets through gives the
 * kernel's own answer to senseless arguments, which is never ENOSYS here.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/confine.h"
#include "tests/tap.h"

#define HIGH	(1UL << 32)	/* a bit that the kernel does not look at */

struct try {
	const char	*name;
	long		 nr;
	long		 arg[5];
	int		 want;		/* errno; 0: the call works */
};

/* The errno of a call behind a policy; 1000 + signal when it was killed. */
static int
attempt(enum confine_policy policy, const struct try *t)
{
	char	 why[256];
	int	 status;
	pid_t	 pid;

	if ((pid = fork()) == 0) {
		if (confine_syscalls(policy, why, sizeof(why)) != 0)
			_exit(255);
		errno = 0;
		if (syscall(t->nr, t->arg[0], t->arg[1], t->arg[2],
		    t->arg[3], t->arg[4], -1) != -1)
			errno = 0;
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		return (1000 + WTERMSIG(status));
	return (WEXITSTATUS(status));
}

static void
all(enum confine_policy policy, const struct try *t, size_t n)
{
	size_t	 i;
	int	 got;

	for (i = 0; i < n; i++) {
		got = attempt(policy, &t[i]);
		if (got != t[i].want)
			fail_msg("%s: errno %d (%s), not %d", t[i].name, got,
			    got < 1000 ? strerror(got) : "killed", t[i].want);
	}
}
#define ALL(policy, table)	all(policy, table, sizeof(table) / sizeof(table[0]))

#define T5(call, a, b, c, d, e, want) { #call, SYS_##call, { (long)(a), \
				(long)(b), (long)(c), (long)(d), (long)(e) }, \
				want }
#define T(call, a, b, c, want)	T5(call, a, b, c, -1, -1, want)
/* Some kernels look at the length first, others at the descriptor. */
#define SOCKOPT(level, name, want) T5(setsockopt, -1, level, name, 0, 4, want)

static void
job_denies(void **state)
{
	static const struct try	 t[] = {
		T(unshare, CLONE_NEWUSER, 0, 0, EPERM),
		T(unshare, 0, 0, 0, EPERM),
		T(setns, -1, 0, 0, EPERM),
		T(mount, 0, 0, 0, EPERM), T(umount2, 0, 0, 0, EPERM),
		T(pivot_root, 0, 0, 0, EPERM), T(chroot, 0, 0, 0, EPERM),
		T(fsopen, 0, 0, 0, EPERM), T(fsconfig, -1, 0, 0, EPERM),
		T(fsmount, -1, 0, 0, EPERM), T(fspick, -1, 0, 0, EPERM),
		T(open_tree, -1, 0, 0, EPERM),
		T(move_mount, -1, 0, -1, EPERM),
		T(mount_setattr, -1, 0, 0, EPERM),
		T(ptrace, 0, 0, 0, EPERM),
		T(process_vm_readv, 1, 0, 0, EPERM),
		T(process_vm_writev, 1, 0, 0, EPERM),
		T(pidfd_getfd, -1, 0, 0, EPERM), T(kcmp, 1, 1, 0, EPERM),
		T(bpf, 0, 0, 0, EPERM), T(perf_event_open, 0, 0, 0, EPERM),
		T(userfaultfd, 0, 0, 0, EPERM),
		T(userfaultfd, 1, 0, 0, EPERM),
		T(io_uring_setup, 1, 0, 0, EPERM),
		T(io_uring_enter, -1, 0, 0, EPERM),
		T(io_uring_register, -1, 0, 0, EPERM),
		T(add_key, 0, 0, 0, EPERM), T(request_key, 0, 0, 0, EPERM),
		T(keyctl, 0, 0, 0, EPERM),
		T(name_to_handle_at, -1, 0, 0, EPERM),
		T(open_by_handle_at, -1, 0, 0, EPERM),
		T(memfd_secret, 0, 0, 0, EPERM),
		T(kexec_load, 0, 0, 0, EPERM),
		T(kexec_file_load, -1, -1, 0, EPERM),
		T(init_module, 0, 0, 0, EPERM),
		T(finit_module, -1, 0, 0, EPERM),
		T(delete_module, 0, 0, 0, EPERM),
		T(swapon, 0, 0, 0, EPERM), T(swapoff, 0, 0, 0, EPERM),
		T(reboot, 0, 0, 0, EPERM), T(acct, 0, 0, 0, EPERM),
		T(settimeofday, 0, 0, 0, EPERM),
		T(clock_settime, 0, 0, 0, EPERM),
		T(sethostname, 0, 0, 0, EPERM),
		T(setdomainname, 0, 0, 0, EPERM), T(vhangup, 0, 0, 0, EPERM),
		T(quotactl, 0, 0, 0, EPERM), T(syslog, 0, 0, 0, EPERM),
		T(mbind, 0, 0, 0, EPERM), T(migrate_pages, 1, 0, 0, EPERM),
		T(move_pages, 1, 0, 0, EPERM), T(vmsplice, -1, 0, 0, EPERM),
		T(fanotify_init, 0, 0, 0, EPERM),
#ifdef __x86_64__
		T(modify_ldt, 0, 0, 0, EPERM), T(iopl, 0, 0, 0, EPERM),
		T(ioperm, 0, 0, 0, EPERM),
#endif
		T(personality, 0x0040000, 0, 0, EPERM),
		T(prlimit64, 1, 0, 0, EPERM)
	};

	(void)state;
	ALL(CONFINE_JOB, t);
}

static void
job_clone(void **state)
{
	static const long	 ns[] = { CLONE_NEWNS, CLONE_NEWCGROUP,
	    CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID,
	    CLONE_NEWNET };
	struct try		 t = T(clone, 0, 0, 0, EPERM);
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		t.arg[0] = ns[i] | SIGCHLD;
		assert_int_equal(attempt(CONFINE_JOB, &t), EPERM);
		t.arg[0] = (long)HIGH | ns[i] | CLONE_FS | SIGCHLD;
		assert_int_equal(attempt(CONFINE_JOB, &t), EPERM);
	}
	t.arg[0] = SIGCHLD;
	assert_int_equal(attempt(CONFINE_JOB, &t), 0);
}

static void
job_unknown(void **state)
{
	static const struct try	 t[] = {
		T(clone3, 0, 0, 0, ENOSYS),
		{ "600", 600, { 0, 0, 0 }, ENOSYS },
		{ "1023", 1023, { 0, 0, 0 }, ENOSYS },
		{ "-1", -1, { 0, 0, 0 }, ENOSYS },
#ifdef __x86_64__
		{ "x32", 0x40000000 + 39, { 0, 0, 0 }, 1000 + SIGSYS },
#endif
	};

	(void)state;
	ALL(CONFINE_JOB, t);
}

#ifdef __x86_64__
static void
job_foreign(void **state)
{
	char	 why[256];
	int	 status;
	long	 r;
	pid_t	 pid;

	(void)state;
	if ((pid = fork()) == 0) {
		if (confine_syscalls(CONFINE_JOB, why, sizeof(why)) != 0)
			_exit(255);
		__asm__ volatile ("int $0x80" : "=a" (r) : "a" (20) :
		    "memory");
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}
#endif

static int
family_want(int family, int type, int proto)
{
	if (family != AF_UNIX && family != AF_INET && family != AF_INET6 &&
	    family != AF_NETLINK)
		return (EAFNOSUPPORT);
	if (family == AF_UNIX)
		return (proto == 0 && (type == SOCK_STREAM ||
		    type == SOCK_DGRAM || type == SOCK_SEQPACKET) ? 0 : EPERM);
	if (family == AF_NETLINK)
		return (proto == 0 && (type == SOCK_RAW ||
		    type == SOCK_DGRAM) ? 0 : EPERM);
	if (type == SOCK_STREAM && (proto == 0 || proto == IPPROTO_TCP))
		return (0);
	if (type == SOCK_DGRAM && (proto == 0 || proto == IPPROTO_UDP))
		return (0);
	return (EPERM);
}

/* All of one family in one child: the filter is the same for each. */
static int
family_try(int family)
{
	static const int	 protos[] = { 0, 1, 6, 17, 58, 132, 262 };
	char			 why[256];
	size_t			 i;
	int			 e, fd, type, want;

	if (confine_syscalls(CONFINE_JOB, why, sizeof(why)) != 0)
		return (255);
	for (type = 1; type <= 10; type++)
		for (i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
			fd = socket(family, type | SOCK_CLOEXEC, protos[i]);
			e = fd == -1 ? errno : 0;
			want = family_want(family, type, protos[i]);
			/* A kernel may lack IPv6. */
			if (e != want && !(want == 0 && e == EAFNOSUPPORT))
				return (1);
			if (fd != -1)
				close(fd);
		}
	return (0);
}

static void
job_sockets(void **state)
{
	int	 family, status;
	pid_t	 pid;

	(void)state;
	for (family = 0; family < 46; family++) {
		if ((pid = fork()) == 0)
			_exit(family_try(family));
		waitpid(pid, &status, 0);
		if (status != 0)
			fail_msg("family %d", family);
	}
}

static void
job_arguments(void **state)
{
	static const struct try	 t[] = {
		T(ioctl, 0, TIOCSTI, 0, EPERM),
		T(ioctl, 0, TIOCSTI | HIGH, 0, EPERM),
		T(ioctl, 0, TIOCLINUX, 0, EPERM),
		T(ioctl, 0, TIOCCONS, 0, EPERM),
		T(ioctl, 0, TIOCSETD, 0, EPERM),
		T(ioctl, -1, FIONREAD, 0, EBADF),
		T(ioctl, -1, TIOCGWINSZ, 0, EBADF),
		T(socketpair, AF_INET, SOCK_STREAM, 0, EAFNOSUPPORT),
		T(socketpair, AF_VSOCK, SOCK_STREAM, 0, EAFNOSUPPORT),
		T(socket, (long)HIGH | AF_VSOCK, SOCK_STREAM, 0,
		    EAFNOSUPPORT),
		T(socket, AF_INET, SOCK_STREAM, (long)HIGH | 262, EPERM),
		T(seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER, 0, EPERM),
		T(seccomp, SECCOMP_SET_MODE_FILTER, 0, 0, EFAULT),
		T(personality, 0xffffffff, 0, 0, 0),
		T(personality, 0, 0, 0, 0),
		T(chmod, "/nonexistent", 04755, 0, ENOENT)
	};

	(void)state;
	ALL(CONFINE_JOB, t);
}

static void
job_allows(void **state)
{
	static const struct try	 t[] = {
		T(getpid, 0, 0, 0, 0), T(openat, -1, "x", 0, EBADF),
		T(execve, "/nonexistent", 0, 0, ENOENT),
		T(execveat, -1, 0, 0, EFAULT),
		T(memfd_create, "x", 0, 0, 0), T(flock, -1, 1, 0, EBADF),
		T(inotify_init1, 0, 0, 0, 0), T(epoll_create1, 0, 0, 0, 0),
		T(eventfd2, 0, 0, 0, 0), T(setsid, 0, 0, 0, 0),
		T(sched_setaffinity, 0, 8, 0, EFAULT),
		T(getdents64, -1, 0, 0, EBADF), T(kill, 0, 0, 0, 0),
		T(copy_file_range, -1, 0, -1, EBADF),
		T(openat2, -1, "x", 0, E2BIG), T(close_range, 900, 901, 0, 0),
		T(rseq, 0, 0, 0, EINVAL), T(membarrier, 0, 0, 0, 0),
		T(pidfd_open, 1000000000, 0, 0, ESRCH),
		T(mknodat, -1, "x", 0010644, EBADF),
		T(prlimit64, 0, 7, 0, EFAULT), T(getrandom, 0, 0, 0, 0)
	};

	(void)state;
	ALL(CONFINE_JOB, t);
}

/* What would be the host's loss, or what a limit is there for. */
static void
job_host(void **state)
{
	static const struct rlimit	 zero = { 0, 0 };
	static const struct try		 t[] = {
		T(sync, 0, 0, 0, 0), T(syncfs, -1, 0, 0, 0),
		T(fsync, -1, 0, 0, EBADF),
		/* Its flags are -1 here: MAP_HUGETLB is one of them. */
		T(mmap, 0, 4096, PROT_READ, EPERM),
		T(memfd_create, "x", 0, 0, 0),
		T(memfd_create, "x", MFD_HUGETLB, 0, EPERM),
		T(shmget, 0, 4096, SHM_HUGETLB, EPERM),
		SOCKOPT(IPPROTO_TCP, TCP_ULP, EPERM),
		SOCKOPT(IPPROTO_TCP, TCP_NODELAY, EBADF),
		SOCKOPT(SOL_SOCKET, TCP_ULP, EBADF),
		T(setrlimit, RLIMIT_NOFILE, 0, 0, EFAULT),
		T(setrlimit, RLIMIT_CORE, -1, 0, 0),
		T(setrlimit, RLIMIT_CORE | HIGH, -1, 0, 0),
		T(prlimit64, 0, RLIMIT_CORE, -1, 0),
		T(prlimit64, 0, RLIMIT_CORE, HIGH, 0),
		T(prlimit64, 0, RLIMIT_CORE, &zero, 0),
		T(prlimit64, 0, RLIMIT_NOFILE, -1, EFAULT),
		T(prlimit64, 0, RLIMIT_CORE, 0, EFAULT),
		T(prlimit64, 1, RLIMIT_CORE, 0, EPERM)
	};

	(void)state;
	ALL(CONFINE_JOB, t);
}

/* What no role may do: run, become, confine or watch anything else. */
static const struct try	 still[] = {
	T(execve, "/bin/true", 0, 0, EPERM), T(execveat, -1, "", 0, EPERM),
	T(fork, 0, 0, 0, EPERM), T(vfork, 0, 0, 0, EPERM),
	T(clone, SIGCHLD, 0, 0, EPERM), T(clone, CLONE_NEWUSER, 0, 0, EPERM),
	T(clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, EPERM),
	T(clone3, 0, 0, 0, ENOSYS), T(unshare, 0, 0, 0, EPERM),
	T(setns, -1, 0, 0, EPERM), T(mount, 0, 0, 0, EPERM),
	T(chroot, "/", 0, 0, EPERM), T(ptrace, 0, 0, 0, EPERM),
	T(process_vm_readv, 1, 0, 0, EPERM), T(bpf, 0, 0, 0, EPERM),
	T(keyctl, 0, 0, 0, EPERM), T(io_uring_setup, 1, 0, 0, EPERM),
	T(userfaultfd, 1, 0, 0, EPERM), T(setuid, 0, 0, 0, EPERM),
	T(setresuid, 1, 1, 1, EPERM), T(setgroups, 0, 0, 0, EPERM),
	T(capset, 0, 0, 0, EPERM), T(seccomp, 0, 0, 0, EPERM),
	T(prctl, PR_SET_DUMPABLE, 1, 0, EPERM), T(kill, 1, 9, 0, EPERM),
	T(tkill, 1, 9, 0, EPERM), T(pidfd_open, 1, 0, 0, ENOSYS),
	T(prlimit64, 1, 0, 0, EPERM), T(ioctl, 0, TIOCSTI, 0, EPERM),
	T(listen, -1, 0, 0, EPERM), { "600", 600, { 0, 0, 0 }, ENOSYS },
#ifdef __x86_64__
	{ "x32", 0x40000000 + 39, { 0, 0, 0 }, 1000 + SIGSYS },
#endif
	/* And what each may. */
	T(getpid, 0, 0, 0, 0), T(epoll_create1, 0, 0, 0, 0),
	T(sendmsg, -1, 0, 0, EBADF), T(recvmsg, -1, 0, 0, EBADF),
	T(fcntl, -1, F_GETFD, 0, EBADF), T(getrandom, 0, 0, 0, 0)
};

static void
engine_policy(void **state)
{
	static const struct try	 t[] = {
		T(socket, AF_UNIX, SOCK_STREAM, 0, EPERM),
		T(socket, AF_INET, SOCK_STREAM, 0, EPERM),
		T(socketpair, AF_UNIX, SOCK_STREAM, 0, EPERM),
		T(connect, -1, 0, 0, EPERM), T(bind, -1, 0, 0, EPERM),
		T(accept4, -1, 0, 0, EPERM),
		T(clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0, 0, EPERM),
		/* A copy of itself, and nothing beside. */
		T(clone, CLONE_PIDFD | SIGCHLD, 0, 0, EFAULT),
		T(clone, CLONE_PIDFD | SIGCHLD | CLONE_NEWUSER, 0, 0, EPERM),
		T(clone, CLONE_PIDFD | SIGCHLD | CLONE_VM, 0, 0, EPERM),
		T(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0),
		T(prctl, PR_SET_PDEATHSIG, SIGTERM, 0, EPERM),
		T(pidfd_send_signal, -1, SIGKILL, 0, EINVAL),
		T(pidfd_send_signal, -1, SIGSTOP, 0, EPERM),
		T(wait4, -1, 0, 0, ECHILD),
		T(mknodat, -1, "x", 0020000, ENOSYS),
		T(openat, -1, "x", 0, EBADF), T(fdatasync, -1, 0, 0, EBADF),
		T(mkdirat, -1, "x", 0, EBADF)
	};

	(void)state;
	ALL(CONFINE_ENGINE, still);
	ALL(CONFINE_ENGINE, t);
}

static void
front_policy(void **state)
{
	static const struct try	 t[] = {
		T(socket, AF_UNIX, SOCK_STREAM, 0, EPERM),
		T(socketpair, AF_UNIX, SOCK_STREAM, 0, EPERM),
		T(connect, -1, 0, 0, EPERM), T(bind, -1, 0, 0, EPERM),
		T(clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0, 0, EPERM),
		T(open, "/", 0, 0, EPERM), T(openat, -1, "x", 0, EPERM),
		T(openat2, -1, "x", 0, EPERM), T(unlinkat, -1, "x", 0, ENOSYS),
		T(mkdirat, -1, "x", 0, ENOSYS),
		T(accept4, -1, 0, 0, EBADF), T(getsockopt, -1, 0, 0, EBADF)
	};

	(void)state;
	ALL(CONFINE_FRONT, still);
	ALL(CONFINE_FRONT, t);
}

static void
review_policy(void **state)
{
	static const struct try	 t[] = {
		T(socket, AF_VSOCK, SOCK_STREAM, 0, EAFNOSUPPORT),
		T(socket, AF_INET, SOCK_STREAM, 262, EPERM),
		T(socket, AF_INET, SOCK_STREAM, 0, 0),
		T(connect, -1, 0, 0, EBADF), T(accept4, -1, 0, 0, EPERM),
		/* A thread without the memory that it needs. */
		T(clone, CLONE_THREAD, 0, 0, EINVAL),
		/* A copy of itself, and nothing beside. */
		T(clone, CLONE_PIDFD | SIGCHLD, 0, 0, EFAULT),
		T(clone, CLONE_PIDFD | SIGCHLD | CLONE_NEWUSER, 0, 0, EPERM),
		T(clone, CLONE_PIDFD | SIGCHLD | CLONE_VM, 0, 0, EPERM),
		T(clone, CLONE_PIDFD | SIGCHLD | CLONE_PARENT, 0, 0, EPERM),
		T(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0),
		T(prctl, PR_SET_PDEATHSIG, SIGTERM, 0, EPERM),
		T(pidfd_send_signal, -1, SIGKILL, 0, EINVAL),
		T(pidfd_send_signal, -1, SIGSTOP, 0, EPERM),
		T(wait4, -1, 0, 0, ECHILD),
		T(mknodat, -1, "x", 0020000, EPERM),
		T(mknod, "/nonexistent/x", 0020000, 0, ENOENT),
		T(mknod, "/nonexistent/x", 0020000, 1, EPERM),
		T(mknod, "/nonexistent/x", 0060000, 0, EPERM),
		T(fdatasync, -1, 0, 0, EBADF), T(renameat, -1, "x", -1, EBADF),
		T(syncfs, -1, 0, 0, EBADF)
	};

	(void)state;
	ALL(CONFINE_REVIEW, still);
	ALL(CONFINE_REVIEW, t);
}

static void
executor_policy(void **state)
{
	static const struct try	 t[] = {
		T(execve, "/bin/true", 0, 0, ENOSYS),
		T(fork, 0, 0, 0, ENOSYS), T(clone, SIGCHLD, 0, 0, ENOSYS),
		T(socket, AF_UNIX, SOCK_STREAM, 0, ENOSYS),
		T(ptrace, 0, 0, 0, ENOSYS), T(kill, 0, 0, 0, ENOSYS),
		T(unlinkat, -1, "x", 0, ENOSYS),
		T(ioctl, 0, TIOCSTI, 0, EPERM),
		T(epoll_create1, 0, 0, 0, 0), T(pipe2, 0, 0, 0, EFAULT),
		T(openat, -1, "x", 0, EBADF), T(accept4, -1, 0, 0, EBADF),
		T(bind, -1, 0, 0, ENOSYS), T(listen, -1, 0, 0, ENOSYS),
		T(connect, -1, 0, 0, ENOSYS)
	};

	(void)state;
	ALL(CONFINE_EXECUTOR, t);
}

static void
gateway_policy(void **state)
{
	static const struct try	 t[] = {
		T(execve, "/bin/true", 0, 0, EPERM), T(fork, 0, 0, 0, EPERM),
		T(clone, SIGCHLD, 0, 0, EPERM), T(clone3, 0, 0, 0, ENOSYS),
		T(bind, -1, 0, 0, EPERM), T(listen, -1, 0, 0, EPERM),
		T(accept4, -1, 0, 0, EPERM), T(accept, -1, 0, 0, EPERM),
		T(socket, AF_UNIX, SOCK_STREAM, 0, EAFNOSUPPORT),
		T(socket, AF_NETLINK, SOCK_RAW, 0, EAFNOSUPPORT),
		T(socket, AF_VSOCK, SOCK_STREAM, 0, EAFNOSUPPORT),
		T(socket, AF_INET, SOCK_RAW, 1, EAFNOSUPPORT),
		T(socket, AF_INET, SOCK_STREAM, IPPROTO_SCTP, EAFNOSUPPORT),
		T(openat, -1, "x", O_WRONLY, EPERM),
		T(openat, -1, "x", O_RDWR | O_CREAT, EPERM),
		T(open, "/nonexistent/x", O_WRONLY, 0, EPERM),
		T(unlink, "/nonexistent/x", 0, 0, EPERM),
		T(mkdir, "/nonexistent/x", 0, 0, ENOSYS),
		T(kill, 0, 0, 0, EPERM), T(ptrace, 0, 0, 0, EPERM),
		T(setns, -1, 0, 0, EPERM),
		T(io_uring_setup, 1, 0, 0, EPERM),
		T(socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0, 0),
		T(socket, AF_INET6, SOCK_DGRAM, 0, 0),
		T(connect, -1, 0, 0, EBADF), T(recvmsg, -1, 0, 0, EBADF),
		T(openat, -1, "x", O_RDONLY | O_CLOEXEC, EBADF)
	};

	(void)state;
	ALL(CONFINE_GATEWAY, t);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(job_denies), cmocka_unit_test(job_clone),
		cmocka_unit_test(job_unknown),
#ifdef __x86_64__
		cmocka_unit_test(job_foreign),
#endif
		cmocka_unit_test(job_sockets), cmocka_unit_test(job_arguments),
		cmocka_unit_test(job_allows), cmocka_unit_test(job_host),
		cmocka_unit_test(engine_policy),
		cmocka_unit_test(front_policy),
		cmocka_unit_test(review_policy),
		cmocka_unit_test(executor_policy),
		cmocka_unit_test(gateway_policy)
	};

	return (tap_run(tests));
}
