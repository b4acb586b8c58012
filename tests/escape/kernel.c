/*
 * Groups C and D: /proc and /sys; system calls and their arguments.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/escape/escape.h"

#define HIGH	(1L << 32)
#define UFFD_USER_MODE_ONLY 1

/* What is in /proc that is no process. */
static void
proc_names(const struct world *w, const struct escape *e, char *out)
{
	char		 text[OUT] = "";
	struct dirent	*de;
	DIR		*d = opendir("/proc");
	size_t		 len = 0;

	(void)w;
	(void)e;
	while (d != NULL && (de = readdir(d)) != NULL &&
	    len < sizeof(text) - 64)
		if (de->d_name[0] != '.' &&
		    strspn(de->d_name, "0123456789") != strlen(de->d_name))
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s%.40s", len > 0 ? " " : "", de->d_name);
	said(out, "%s", text);
}

/* Processes in /proc that are somebody else's. */
static void
proc_others(const struct world *w, const struct escape *e, char *out)
{
	struct dirent	*de;
	struct stat	 sb;
	DIR		*d = opendir("/proc");
	int		 n = 0;

	(void)w;
	(void)e;
	while (d != NULL && (de = readdir(d)) != NULL)
		if (de->d_name[0] >= '1' && de->d_name[0] <= '9' &&
		    fstatat(dirfd(d), de->d_name, &sb, 0) == 0 &&
		    sb.st_uid != getuid())
			n++;
	said(out, "%d", n);
}

static void
proc_write(const struct world *w, const struct escape *e, char *out)
{
	const char	*text = (const char *)e->a[0];
	int		 fd;

	(void)w;
	if ((fd = open(e->s, O_WRONLY | O_CLOEXEC)) == -1)
		say(out, -1);
	else
		say(out, write(fd, text, strlen(text)));
}

/* A file that names something of the host; the control finds it. */
static void
names_host(const struct world *w, const struct escape *e, char *out)
{
	char	 line[4096], word[256];
	FILE	*f = fopen(e->s, "re");

	path_of(w, (const char *)e->a[0], word, sizeof(word));
	said(out, f == NULL ? "no file" : "not named");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (word[0] != '\0' && strstr(line, word) != NULL)
			said(out, "named");
	if (f != NULL)
		fclose(f);
}

static void
pagemap(const struct world *w, const struct escape *e, char *out)
{
	static char	 page[4096];
	uint64_t	 v = 0;
	int		 fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	(void)w;
	(void)e;
	page[0] = 1;
	if (pread(fd, &v, sizeof(v), (off_t)((uintptr_t)page / 4096 * 8)) !=
	    (ssize_t)sizeof(v))
		say(out, -1);
	else
		said(out, v & ((1ULL << 55) - 1) ? "frame" : "no frame");
}

static void
key_find(const struct world *w, const struct escape *e, char *out)
{
	(void)e;
	say(out, syscall(SYS_request_key, "user", param(w, "keyname"), NULL,
	    0));
}

static void
key_search(const struct world *w, const struct escape *e, char *out)
{
	say(out, syscall(SYS_keyctl, KEYCTL_SEARCH, e->a[0], "user",
	    param(w, "keyname"), 0));
}

static void
key_add(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	(void)e;
	say(out, syscall(SYS_add_key, "user", "praetor-own", "x", 1,
	    KEY_SPEC_PROCESS_KEYRING));
}

static void
uring(const struct world *w, const struct escape *e, char *out)
{
	char	 params[128] = "";	/* struct io_uring_params, empty */

	(void)w;
	(void)e;
	say(out, syscall(SYS_io_uring_setup, 1, params));
}

static void
perf(const struct world *w, const struct escape *e, char *out)
{
	/* struct perf_event_attr: a software clock of user mode only */
	uint32_t	 attr[32] = { 1, 128 };

	(void)w;
	(void)e;
	attr[10] = 1 << 5 | 1 << 6;	/* exclude_kernel, exclude_hv */
	say(out, syscall(SYS_perf_event_open, attr, 0, -1, -1, 0));
}

static void
bpf_map(const struct world *w, const struct escape *e, char *out)
{
	/* union bpf_attr: an array of one */
	uint32_t	 attr[32] = { 2, 4, 4, 1 };

	(void)w;
	(void)e;
	say(out, syscall(SYS_bpf, 0, attr, sizeof(attr)));
}

static void
ldt(const struct world *w, const struct escape *e, char *out)
{
	char	 buf[16];

	(void)w;
	(void)e;
	say(out, syscall(SYS_modify_ldt, 0, buf, sizeof(buf)));
}

static void
splice_memory(const struct world *w, const struct escape *e, char *out)
{
	static char	 page[4096];
	struct { void *base; size_t len; } v = { page, sizeof(page) };
	int		 p[2];

	(void)w;
	(void)e;
	if (pipe(p) == -1)
		return;
	say(out, syscall(SYS_vmsplice, p[1], &v, 1, 0));
}

static void
bind_memory(const struct world *w, const struct escape *e, char *out)
{
	void	*p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);

	(void)w;
	(void)e;
	say(out, syscall(SYS_mbind, p, 4096, 0, NULL, 0, 0));
}

#ifdef __x86_64__
/* Calls of another ABI end the process. */
static void
foreign(const struct world *w, const struct escape *e, char *out)
{
	long	 r;

	(void)w;
	__asm__ volatile ("int $0x80" : "=a" (r) : "a" (e->a[0]), "b" (1),
	    "c" (0) : "memory");
	errno = (int)-r;
	say(out, r < 0 && r >= -4095 ? -1 : 0);
}
#endif

/* A terminal of one's own, as the controlling one, then a call on it. */
static void
terminal_in(const struct world *w, const struct escape *e, char *out)
{
	char	 name[64];
	int	 m, s, zero = 0, n = 0;

	(void)w;
	setsid();
	m = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (m == -1 || ioctl(m, TIOCSPTLCK, &zero) == -1 ||
	    ioctl(m, TIOCGPTN, &n) == -1) {
		said(out, "no terminal: %s", strerrorname_np(errno));
		return;
	}
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	s = open(name, O_RDWR);
	(void)ioctl(s, TIOCSCTTY, 0);
	say(out, syscall(SYS_ioctl, s, e->a[0], e->a[1] ? (void *)&zero :
	    "x"));
}

static void
terminal_call(const struct world *w, const struct escape *e, char *out)
{
	in_child(w, e, out, terminal_in);
}

/* On whatever standard input is: in terminal mode, the driver's. */
static void
stdin_call(const struct world *w, const struct escape *e, char *out)
{
	int	 zero = 0;

	(void)w;
	say(out, syscall(SYS_ioctl, 0, e->a[0], &zero));
}

/* Every family, type and protocol: those that work. */
static void
sockets(const struct world *w, const struct escape *e, char *out)
{
	static const int	 protos[] = { 0, 1, 6, 17, 58, 132, 136, 262 };
	char			 text[OUT] = "";
	size_t			 i, len = 0;
	int			 family, type, fd;

	(void)w;
	(void)e;
	for (family = 0; family < 46; family++)
		for (type = 1; type <= 10; type++)
			for (i = 0; i < 8; i++) {
				fd = socket(family, type, protos[i]);
				if (fd == -1 || len > sizeof(text) - 32)
					continue;
				len += (size_t)snprintf(text + len,
				    sizeof(text) - len, "%s%d.%d.%d",
				    len > 0 ? " " : "", family, type,
				    protos[i]);
				close(fd);
			}
	said(out, "%s", text);
}

static void
ulp(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	say(out, setsockopt(socket(AF_INET, SOCK_STREAM, 0), IPPROTO_TCP,
	    TCP_ULP, e->s, (socklen_t)strlen(e->s)));
}

static void
pair(const struct world *w, const struct escape *e, char *out)
{
	int	 sv[2];

	(void)w;
	say(out, socketpair((int)e->a[0], (int)e->a[1], (int)e->a[2], sv));
}

static struct sock_filter pass[] = {
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
};

static void
filter_own(const struct world *w, const struct escape *e, char *out)
{
	struct sock_fprog	 prog = { 1, pass };

	(void)w;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	say(out, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, e->a[0],
	    &prog));
}

/* In strict mode only exit(2) is left. */
static void
strict_in(const struct world *w, const struct escape *e, char *out)
{
	static const char	 ok[] = "ok";

	(void)w;
	(void)e;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) == -1)
		say(out, -1);
	else
		memcpy(out, ok, sizeof(ok));
}

static void
trace_me(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	say(out, syscall(SYS_ptrace, e->a[0], 0, 0, 0));
}

static void *
thread_line(void *arg)
{
	char	 path[64], line[64], *v;

	snprintf(path, sizeof(path), "/proc/self/task/%ld/status",
	    syscall(SYS_gettid));
	v = line_of(path, "Seccomp:", line, sizeof(line));
	said(arg, "%s", v != NULL ? v : "none");
	return (NULL);
}

static void
in_thread(const struct world *w, const struct escape *e, char *out)
{
	pthread_t	 t;

	(void)w;
	(void)e;
	if (pthread_create(&t, NULL, thread_line, out) != 0)
		said(out, "no thread");
	else
		pthread_join(t, NULL);
}

/* This program again, by a[0]: what it says of itself. */
static void
exec_again(const struct world *w, const struct escape *e, char *out)
{
	static char	 name[] = "probe", word[] = "confined";
	static char	*argv[] = { name, word, NULL }, *env[] = { NULL };
	char		 buf[65536];
	ssize_t		 n;
	pid_t		 pid;
	int		 from, fd, p[2];

	(void)w;
	from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	fd = memfd_create("probe", e->a[0] ? 0 : MFD_CLOEXEC);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n)
			return;
	if (pipe(p) == -1)
		return;
	if ((pid = fork()) == 0) {
		dup2(p[1], STDOUT_FILENO);
		syscall(SYS_execveat, fd, "", argv, env, AT_EMPTY_PATH);
		dprintf(p[1], "%s", strerrorname_np(errno));
		_exit(0);
	}
	close(p[1]);
	waitpid(pid, NULL, 0);
	n = read(p[0], buf, OUT - 1);
	buf[n > 0 ? n : 0] = '\0';
	said(out, "%s", buf);
}

/* Code that was written a moment ago. */
static void
jit(const struct world *w, const struct escape *e, char *out)
{
#ifdef __x86_64__
	static const unsigned char	 code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
#else
	static const unsigned char	 code[] = { 0x40, 0x05, 0x80, 0x52, 0xc0,
	    0x03, 0x5f, 0xd6 };
#endif
	union { void *p; int (*fn)(void); } u;

	(void)w;
	(void)e;
	u.p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	memcpy(u.p, code, sizeof(code));
	if (mprotect(u.p, 4096, PROT_READ | PROT_EXEC) == -1)
		say(out, -1);
	else
		said(out, u.fn() == 42 ? "ok" : "wrong");
}

static void
huge_map(const struct world *w, const struct escape *e, char *out)
{
	void	*p = mmap(NULL, 2 << 20, PROT_READ, MAP_PRIVATE |
		    MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1, 0);

	(void)w;
	(void)e;
	say(out, p == MAP_FAILED ? -1 : 0);
}

static void
huge_memory(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	(void)e;
	say(out, memfd_create("huge", MFD_HUGETLB));
}

static void
own_signal(const struct world *w, const struct escape *e, char *out)
{
	int	 p[2];

	(void)e;
	if (pipe(p) == -1)
		return;
	say(out, fcntl(p[0], F_SETOWN, (int)number(w, "pid")));
}

#define PROCW(id, path, outside, arm, text) \
	{ id, "writing " path, proc_write, "ENOENT|EACCES|EPERM|EINVAL", \
	    outside, arm, { (long)(text) }, path, 0 }
#define OPENW(id, path) \
	{ id, "opening " path " for writing", open_path, "ENOENT|EACCES", \
	    "ok", ROOT, { O_WRONLY }, path, 0 }
#define OPENR(id, path) \
	{ id, "reading " path, open_path, "ENOENT", "ok", ROOT, \
	    { O_RDONLY }, path, 0 }
#define CALL(id, name, inside, outside, arm, ...) \
	{ id, name, raw, inside, outside, arm, { __VA_ARGS__ }, NULL, 0 }
#define TTY(id, request, hi, outside) \
	{ id, "ioctl(" #request ")" hi, terminal_call, "EPERM", outside, \
	    USER, { (long)(request) | (sizeof(hi) > 1 ? HIGH : 0), \
	    request == TIOCSETD }, NULL, 0 }
#define SOCKET(id, name, inside, outside, arm, ...) \
	CALL(id, "socket(" name ")", inside, outside, arm, SYS_socket, \
	    __VA_ARGS__)

static const struct escape c_cases[] = {
	OPENW("C01.pattern", "/proc/sys/kernel/core_pattern"),
	OPENW("C01.caches", "/proc/sys/vm/drop_caches"),
	OPENW("C01.modprobe", "/proc/sys/kernel/modprobe"),
	OPENW("C01.sysrq", "/proc/sysrq-trigger"),
	OPENW("C01.binfmt", "/proc/sys/fs/binfmt_misc/register"),
	{ "C02.names", "what is in /proc but processes", proc_names,
	    "self thread-self|thread-self self", "", USER, { 0 }, NULL, 0 },
	OPENR("C02.kcore", "/proc/kcore"), OPENR("C02.kmsg", "/proc/kmsg"),
	OPENR("C02.keys", "/proc/keys"),
	OPENR("C02.kallsyms", "/proc/kallsyms"),
	OPENR("C02.timers", "/proc/timer_list"),
	OPENR("C02.config", "/proc/config.gz"),
	OPENR("C02.cmdline", "/proc/cmdline"),
	OPENR("C02.interrupts", "/proc/interrupts"),
	OPENR("C02.sysctl", "/proc/sys/kernel/random/boot_id"),
	{ "C03.others", "others' processes in /proc", proc_others, "0", "",
	    USER, { 0 }, NULL, 0 },
	{ "C03.canary", "the canary's /proc", open_path, "ENOENT", "ok", USER,
	    { O_DIRECTORY }, "/proc/{pid}", 0 },
	OPENR("C04.sys", "/sys"), OPENR("C04.cgroup", "/sys/fs/cgroup"),
	OPENR("C04.debug", "/sys/kernel/debug"),
	OPENR("C04.security", "/sys/kernel/security"),
	OPENW("C05.procs", "/sys/fs/cgroup/cgroup.procs"),
	PROCW("C07.oom", "/proc/self/oom_score_adj", "ok", ROOT, "-1"),
	PROCW("C07.uid-map", "/proc/self/uid_map", "EPERM", USER, "0 0 1"),
	{ "C07.worse", "raising /proc/self/oom_score_adj", proc_write, "ok",
	    "ok", USER, { (long)"500" }, "/proc/self/oom_score_adj", 0 },
	{ "C09.unix", "sockets of the host in /proc/self/net/unix",
	    names_host, "not named|no file", "named", USER,
	    { (long)"{abstract}" }, "/proc/self/net/unix", 0 },
	{ "C09.udp", "listeners of the host in /proc/self/net/udp",
	    names_host, "not named|no file", "named", USER,
	    { (long)":{udphex} " }, "/proc/self/net/udp", 0 },
	{ "C10", "page frames in /proc/self/pagemap", pagemap,
	    "no frame|EACCES|ENOENT|EPERM", "frame", ROOT, { 0 }, NULL, 0 }
};

static const struct escape d_cases[] = {
	{ "D01", "io_uring_setup()", uring, "EPERM", "ok", USER, { 0 }, NULL,
	    0 },
	CALL("D01.enter", "io_uring_enter()", "EPERM", "EBADF", USER,
	    SYS_io_uring_enter, -1, 0, 0, 0),
	CALL("D01.register", "io_uring_register()", "EPERM", "EBADF|EINVAL",
	    USER, SYS_io_uring_register, -1, 2, 0, 0),
	{ "D02.request", "request_key() of the daemon's", key_find, "EPERM",
	    "ok", USER, { 0 }, NULL, 0 },
	{ "D02.session", "keyctl(search) of the session's", key_search,
	    "EPERM", "ok", USER, { KEY_SPEC_SESSION_KEYRING }, NULL, 0 },
	{ "D02.user", "keyctl(search) of the user's", key_search, "EPERM",
	    "ok", USER, { KEY_SPEC_USER_KEYRING }, NULL, 0 },
	CALL("D02.id", "keyctl(get id)", "EPERM", "ok", USER, SYS_keyctl,
	    KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1),
	{ "D03", "add_key()", key_add, "EPERM", "ok", USER, { 0 }, NULL, 0 },
	{ "D04", "bpf()", bpf_map, "EPERM", "ok", ROOT, { 0 }, NULL, 0 },
	{ "D05", "perf_event_open()", perf, "EPERM", "ok", USER, { 0 }, NULL,
	    0 },
	CALL("D06.user", "userfaultfd(user mode only)", "EPERM", "ok", USER,
	    SYS_userfaultfd, UFFD_USER_MODE_ONLY),
	CALL("D06", "userfaultfd()", "EPERM", "ok", ROOT, SYS_userfaultfd, 0),
	CALL("D07", "kexec_load()", "EPERM",
	    "ENOSYS|EADDRNOTAVAIL|EINVAL|EFAULT", ROOT, SYS_kexec_load, 0, 1, 0, 0),
	CALL("D08", "init_module()", "EPERM", "EFAULT|ENOSYS|ENOEXEC", ROOT,
	    SYS_init_module, 0, 0, 0),
	CALL("D09", "personality(ADDR_NO_RANDOMIZE)", "EPERM", "ok", USER,
	    SYS_personality, ADDR_NO_RANDOMIZE),
	CALL("D09.exec", "personality(READ_IMPLIES_EXEC)", "EPERM", "ok",
	    USER, SYS_personality, READ_IMPLIES_EXEC),
#ifdef __x86_64__
	{ "D10", "modify_ldt()", ldt, "EPERM", "ok", USER, { 0 }, NULL, 0 },
#endif
	{ "D11", "vmsplice()", splice_memory, "EPERM", "ok", USER, { 0 },
	    NULL, 0 },
	{ "D12", "mbind()", bind_memory, "EPERM", "ok", USER, { 0 }, NULL,
	    0 },
#ifdef __x86_64__
	{ "D13", "int 0x80: getpid()", foreign, "SIGSYS", "ok", USER, { 20 },
	    NULL, 0 },
	{ "D13.socket", "int 0x80: socketcall()", foreign, "SIGSYS", "EFAULT",
	    USER, { 102 }, NULL, 0 },
	CALL("D14", "x32: getpid()", "SIGSYS", "ENOSYS|ok", USER,
	    0x40000000 + 39),
#endif
	CALL("D15.new", "cachestat()", "ENOSYS", "EBADF|EFAULT", USER, 451, -1, 0,
	    0, 0),
	CALL("D15.newer", "statmount()", "ENOSYS", "EFAULT|EINVAL", USER, 457,
	    0, 0, 0, 0),
	CALL("D15.listed", "listmount()", "ENOSYS", "EFAULT|EINVAL", USER,
	    458, 0, 0, 0, 0),
	CALL("D15.attr", "open_tree_attr()", "ENOSYS", "EBADF|EINVAL|EFAULT|"
	    "ENOENT", USER, 467, -1, 0, 0, 0, 0),
	CALL("D15.none", "call 1023", "ENOSYS", "ENOSYS", USER, 1023),
	CALL("D15.minus", "call -1", "ENOSYS", "ENOSYS", USER, -1),
	TTY("D16.sti", TIOCSTI, "", "ok"),
	TTY("D16.sti-high", TIOCSTI, " with a high bit", "ok"),
	TTY("D16.setd", TIOCSETD, "", "ok"),
	TTY("D16.linux", TIOCLINUX, "", "ENOTTY|EINVAL"),
	TTY("D16.cons", TIOCCONS, "", "EPERM"),
	{ "D16.stdin", "ioctl(0, TIOCSTI)", stdin_call, "EPERM", "ENOTTY|ok",
	    USER, { TIOCSTI }, NULL, 0 },
	{ "D16.stdin-high", "ioctl(0, TIOCSTI) with a high bit", stdin_call,
	    "EPERM", "ENOTTY|ok", USER, { (long)TIOCSTI | HIGH }, NULL, 0 },
	{ "D17", "every socket(): family.type.protocol", sockets,
	    "1.1.0 1.2.0 1.5.0 2.1.0 2.1.6 2.2.0 2.2.17 10.1.0 10.1.6 "
	    "10.2.0 10.2.17 16.2.0 16.3.0", "", USER, { 0 }, NULL, 0 },
	SOCKET("D17.vsock", "AF_VSOCK", "EAFNOSUPPORT", "ok", USER, AF_VSOCK,
	    SOCK_STREAM, 0),
	SOCKET("D17.vsock-high", "AF_VSOCK with a high bit", "EAFNOSUPPORT",
	    "ok", USER, AF_VSOCK | HIGH, SOCK_STREAM, 0),
	SOCKET("D17.alg", "AF_ALG", "EAFNOSUPPORT", "ok", USER, AF_ALG,
	    SOCK_SEQPACKET, 0),
	SOCKET("D17.packet", "AF_PACKET", "EAFNOSUPPORT", "ok", NS, AF_PACKET,
	    SOCK_RAW, 0),
	SOCKET("D17.xdp", "AF_XDP", "EAFNOSUPPORT", "ok", NS, AF_XDP,
	    SOCK_RAW, 0),
	SOCKET("D17.raw", "AF_INET, SOCK_RAW", "EPERM", "ok", NS, AF_INET,
	    SOCK_RAW, IPPROTO_TCP),
	SOCKET("D17.raw6", "AF_INET6, SOCK_RAW", "EPERM", "ok", NS, AF_INET6,
	    SOCK_RAW, IPPROTO_TCP),
	SOCKET("D17.mptcp", "IPPROTO_MPTCP", "EPERM", "ok", USER, AF_INET,
	    SOCK_STREAM, 262),
	SOCKET("D17.mptcp-high", "IPPROTO_MPTCP with a high bit", "EPERM",
	    "ok", USER, AF_INET, SOCK_STREAM, 262 | HIGH),
	SOCKET("D17.udplite", "IPPROTO_UDPLITE", "EPERM", "ok|EPROTONOSUPPORT",
	    USER, AF_INET, SOCK_DGRAM, 136),
	SOCKET("D17.ping", "IPPROTO_ICMP", "EPERM", "ok", NS, AF_INET,
	    SOCK_RAW, IPPROTO_ICMP),
	SOCKET("D17.diag", "NETLINK_SOCK_DIAG", "EPERM", "ok", USER,
	    AF_NETLINK, SOCK_RAW, 4),
	SOCKET("D17.uevent", "NETLINK_KOBJECT_UEVENT", "EPERM", "ok", USER,
	    AF_NETLINK, SOCK_RAW, 15),
	SOCKET("D17.nft", "NETLINK_NETFILTER", "EPERM", "ok", USER,
	    AF_NETLINK, SOCK_RAW, 12),
	SOCKET("D17.audit", "NETLINK_AUDIT", "EPERM", "ok", USER, AF_NETLINK,
	    SOCK_RAW, 9),
	{ "D17.pair", "socketpair(AF_VSOCK)", pair, "EAFNOSUPPORT", "",
	    USER, { AF_VSOCK, SOCK_SEQPACKET, 0 }, NULL, 0 },
	{ "D17.ulp", "setsockopt(TCP_ULP, tls)", ulp, "EPERM", "", USER,
	    { 0 }, "tls", 0 },
	{ "D17.ulp-smc", "setsockopt(TCP_ULP, smc)", ulp, "EPERM", "", USER,
	    { 0 }, "smc", 0 },
	{ "D19.listener", "seccomp(NEW_LISTENER)", filter_own, "EPERM", "ok",
	    USER, { SECCOMP_FILTER_FLAG_NEW_LISTENER }, NULL, 0 },
	{ "D19.own", "a filter of one's own", filter_own, "ok", "ok", USER,
	    { 0 }, NULL, 0 },
	{ "D19.tsync", "the same for all threads", filter_own, "ok", "ok",
	    USER, { SECCOMP_FILTER_FLAG_TSYNC }, NULL, 0 },
	{ "D19.strict", "strict mode", strict_in, "EINVAL|SIGKILL", "SIGKILL", USER,
	    { 0 }, NULL, 0 },
	{ "D20.me", "ptrace(PTRACE_TRACEME)", trace_me, "EPERM", "ok", USER,
	    { 0 }, NULL, 0 },
	CALL("D21.mm", "prctl(PR_SET_MM)", "EPERM|EINVAL", "", ROOT,
	    SYS_prctl, PR_SET_MM, PR_SET_MM_START_CODE, 0x10000, 0, 0),
	CALL("D21.dumpable", "prctl(PR_SET_DUMPABLE)", "ok", "ok", USER,
	    SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0),
	CALL("D21.death", "prctl(PR_SET_PDEATHSIG, 0)", "ok", "ok", USER,
	    SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0),
	{ "D22", "a program in a memfd", exec_again, "1 2 " "0000000000000000",
	    "0 0 *", USER, { 0 }, NULL, 0 },
	{ "D24", "code made at run time", jit, "ok", "ok", USER, { 0 }, NULL,
	    0 },
	{ "D25", "the filter in a thread", in_thread, "2", "0", USER, { 0 },
	    NULL, 0 },
	{ "D27.map", "mmap(MAP_HUGETLB)", huge_map, "EPERM", "ok", USER,
	    { 0 }, NULL, 0 },
	{ "D27.memfd", "memfd_create(MFD_HUGETLB)", huge_memory, "EPERM",
	    "ok", USER, { 0 }, NULL, 0 },
	CALL("D28", "syncfs() is for the host to decide", "ok", "EBADF", USER,
	    SYS_syncfs, -1),
	{ "D30", "fcntl(F_SETOWN) to the canary", own_signal, "ESRCH", "ok",
	    USER, { 0 }, NULL, 0 },
	CALL("D32.module", "finit_module()", "EPERM", "EBADF|ENOSYS|EFAULT|ENOEXEC",
	    ROOT, SYS_finit_module, -1, 0, 0),
	CALL("D32.delete", "delete_module()", "EPERM", "EFAULT|ENOSYS|ENOENT", ROOT,
	    SYS_delete_module, 0, 0),
	CALL("D32.quota", "quotactl()", "EPERM", "EFAULT|EINVAL|ENOSYS|ENODEV",
	    ROOT, SYS_quotactl, 0, 0, 0, 0),
	CALL("D32.syslog", "syslog(size)", "EPERM", "ok", ROOT, SYS_syslog,
	    10, 0, 0),
	CALL("D32.fanotify", "fanotify_init()", "EPERM", "ok", ROOT,
	    SYS_fanotify_init, 0, 0),
	CALL("D32.secret", "memfd_secret()", "EPERM", "ok|ENOSYS", USER, 447,
	    0),
	CALL("D32.mempolicy", "set_mempolicy()", "EPERM", "ok", USER,
	    SYS_set_mempolicy, 0, 0, 0),
	CALL("D32.migrate", "migrate_pages()", "EPERM", "ok|EFAULT|EINVAL",
	    USER, SYS_migrate_pages, 0, 0, 0, 0),
	CALL("D32.aio", "io_setup()", "ENOSYS", "EFAULT|EINVAL", USER,
	    SYS_io_setup, 1, 0),
};

const struct table group_c = GROUP('C', c_cases);
const struct table group_d = GROUP('D', d_cases);
