/*
 * Group A: namespaces, identity, processes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <netinet/in.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tests/escape/escape.h"
#include "tests/escape/tools.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif
#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif
#define HIGH	(1L << 32)	/* the kernel does not look at it */

static void
clone_flags(const struct world *w, const struct escape *e, char *out)
{
	long	 pid;

	(void)w;
	pid = syscall(SYS_clone, e->a[0] | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(0);
	say(out, pid);
}

static void
clone3_flags(const struct world *w, const struct escape *e, char *out)
{
	struct clone_args	 a = { .flags = (uint64_t)e->a[0],
	    .exit_signal = SIGCHLD };
	long			 pid;

	(void)w;
	if ((pid = syscall(SYS_clone3, &a, sizeof(a))) == 0)
		_exit(0);
	say(out, pid);
}

/* Into the namespace that one is in already: allowed to whoever may enter. */
static void
enter(const struct world *w, const struct escape *e, char *out)
{
	char	 path[64];
	int	 fd;

	(void)w;
	snprintf(path, sizeof(path), "/proc/self/ns/%s", e->s);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		said(out, "open: %s", strerrorname_np(errno));
	else
		say(out, setns(fd, 0));
}

static void
enter_pidfd(const struct world *w, const struct escape *e, char *out)
{
	int	 fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	(void)w;
	say(out, fd == -1 ? -1 : setns(fd, (int)e->a[0]));
}

/* The class of what an id map names outside. */
static void
map_class(const struct world *w, const struct escape *e, char *out)
{
	unsigned long	 in, where, n, low = ~0UL;
	FILE		*f = fopen(e->s, "re");

	while (f != NULL && fscanf(f, "%lu %lu %lu", &in, &where, &n) == 3)
		if (where < low)
			low = where;
	if (f != NULL)
		fclose(f);
	if (low == (unsigned long)number(w, "user"))
		said(out, "the daemon's user");
	else if (low >= 100000)
		said(out, low == ~0UL ? "no map" : "a block of its own");
	else
		said(out, "%lu", low);
}

static void
groups_none(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	(void)e;
	say(out, setgroups(0, NULL));
}

static void
status_line(const struct world *w, const struct escape *e, char *out)
{
	char	 line[256], prefix[64];
	char	*v;

	(void)w;
	snprintf(prefix, sizeof(prefix), "%s:", e->s);
	v = line_of("/proc/self/status", prefix, line, sizeof(line));
	said(out, "%s", v == NULL ? "no line" : v[0] == '\0' ? "none" : v);
}

static void
securebits(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	(void)e;
	said(out, "%#x", (unsigned int)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
}

static void
caps_all(const struct world *w, const struct escape *e, char *out)
{
	struct __user_cap_header_struct	 h = {
	    _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	 d[2] = { { 0 } };

	(void)w;
	d[0].permitted = d[0].effective = (uint32_t)e->a[0];
	say(out, syscall(SYS_capset, &h, d));
}

/* Become a program that would have more: what it then is. */
static void
exec_special(const struct world *w, const struct escape *e, char *out)
{
	char	 path[512], line[128] = "";
	ssize_t	 n;
	pid_t	 pid;
	int	 p[2];

	path_of(w, e->s, path, sizeof(path));
	if (pipe(p) == -1 || (pid = fork()) == -1) {
		say(out, -1);
		return;
	}
	if (pid == 0) {
		dup2(p[1], STDOUT_FILENO);
		execl(path, path, "whoami", NULL);
		dprintf(p[1], "%s", strerrorname_np(errno));
		_exit(0);
	}
	close(p[1]);
	n = read(p[0], line, sizeof(line) - 1);
	line[n > 0 ? n : 0] = '\0';
	said(out, "%s", line);
}

/* Pids, the host's canary among them, that a signal would reach. */
static void
reachable(const struct world *w, const struct escape *e, char *out)
{
	int	 n = 0, tries;
	pid_t	 pid;

	(void)e;
	/* Those of the case before may not have been reaped yet. */
	for (tries = 0; tries < 50; tries++, usleep(1000)) {
		for (n = 0, pid = 2; pid < 70000; pid++)
			if (pid != getpid() && pid != getppid() &&
			    kill(pid, 0) == 0)
				n++;
		if (kill((pid_t)number(w, "pid"), 0) == 0)
			n++;
		if (n == 0 || w->arm != INSIDE)
			break;
	}
	said(out, "%d", n);
}

static void
kill_canary(const struct world *w, const struct escape *e, char *out)
{
	say(out, kill((pid_t)number(w, "pid"), (int)e->a[0]));
}

/* Who would be pid 1 of the job: outside, the user's own victim. */
static pid_t
init_of(const struct world *w)
{
	return (w->arm == INSIDE ? 1 : (pid_t)number(w, "pid"));
}

static void
init_file(const struct world *w, const struct escape *e, char *out)
{
	char	 path[64], buf[256];
	int	 fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", init_of(w), e->s);
	if (e->a[0] == -1)
		say(out, readlink(path, buf, sizeof(buf)));
	else if ((fd = open(path, (int)e->a[0] | O_CLOEXEC)) == -1)
		say(out, -1);
	else
		say(out, read(fd, buf, 1) == -1 && errno != EIO &&
		    errno != EISDIR ? -1 : 0);
}

static void
init_trace(const struct world *w, const struct escape *e, char *out)
{
	say(out, ptrace((enum __ptrace_request)e->a[0], init_of(w), 0, 0));
}

static void
init_signal(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	say(out, kill(1, (int)e->a[0]));
}

/* /proc is that of the own pid namespace, and there is none below. */
static void
proc_own(const struct world *w, const struct escape *e, char *out)
{
	char	 self[32] = "", line[256], *ns;

	(void)w;
	(void)e;
	if (readlink("/proc/self", self, sizeof(self) - 1) == -1) {
		say(out, -1);
		return;
	}
	ns = line_of("/proc/self/status", "NSpid:", line, sizeof(line));
	said(out, "%s, %s", atoi(self) == getpid() ? "own" : "another's",
	    ns != NULL && strchr(ns, '\t') == NULL ? "one level" :
	    "several levels");
}

/* A child that one may do anything to. */
static pid_t
victim(void)
{
	pid_t	 pid;

	if ((pid = fork()) == 0) {
		pause();
		_exit(0);
	}
	return (pid);
}

static void
vm_access(const struct world *w, const struct escape *e, char *out)
{
	static char	 there[8];
	char		 buf[8] = "";
	struct iovec	 local = { buf, sizeof(buf) };
	struct iovec	 remote = { there, sizeof(there) };

	(void)w;
	say(out, syscall(e->a[0], victim(), &local, 1, &remote, 1, 0));
}

static void
fd_steal(const struct world *w, const struct escape *e, char *out)
{
	int	 fd = (int)syscall(SYS_pidfd_open, victim(), 0);

	(void)w;
	(void)e;
	say(out, fd == -1 ? -1 : syscall(SYS_pidfd_getfd, fd, 0, 0));
}

static void
compare(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	(void)e;
	say(out, syscall(SYS_kcmp, getpid(), getpid(), 0, 0, 0) == -1 ? -1 :
	    0);
}

static void
child_trace(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	say(out, ptrace((enum __ptrace_request)e->a[0], victim(), 0, 0));
}

static void
ipc(const struct world *w, const struct escape *e, char *out)
{
	struct { long type; char text[8]; } m = { 1, "touched" };
	key_t	 key = (key_t)number(w, "key");
	void	*p;
	int	 id;

	if (strcmp(e->s, "shm") == 0) {
		id = shmget(key, 0, 0);
		if (id != -1 && (p = shmat(id, NULL, 0)) != (void *)-1)
			memcpy(p, m.text, sizeof(m.text));
		say(out, id);
	} else if (strcmp(e->s, "msg") == 0) {
		id = msgget(key, 0);
		say(out, id == -1 ? -1 : msgsnd(id, &m, sizeof(m.text), 0));
	} else if (strcmp(e->s, "sem") == 0) {
		id = semget(key, 0, 0);
		say(out, id == -1 ? -1 : semctl(id, 0, SETVAL, 1));
	} else {
		id = mq_open(param(w, "mq"), O_RDWR);
		say(out, id == -1 ? -1 : mq_send(id, m.text, 8, 0));
	}
}

/* Every line of /proc/self/cgroup as seen from the own namespace. */
static void
cgroup_root(const struct world *w, const struct escape *e, char *out)
{
	char	 line[512];
	FILE	*f = fopen("/proc/self/cgroup", "re");

	(void)w;
	(void)e;
	said(out, f == NULL ? "no file" : "all /");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(strrchr(line, ':') + 1, "/") != 0)
			said(out, "%.200s", line);
	}
	if (f != NULL)
		fclose(f);
}

static void
priority(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	(void)e;
	say(out, setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) -
	    1));
}

static void
realtime(const struct world *w, const struct escape *e, char *out)
{
	struct sched_param	 sp = { .sched_priority = 1 };

	(void)w;
	say(out, sched_setscheduler(0, (int)e->a[0], &sp));
}

static void
clock_read(const struct world *w, const struct escape *e, char *out)
{
	struct timex	 tx = { .modes = 0 };

	(void)w;
	if (e->a[0] == SYS_adjtimex)
		say(out, syscall(SYS_adjtimex, &tx) == -1 ? -1 : 0);
	else
		say(out, syscall(SYS_clock_adjtime, CLOCK_REALTIME, &tx) ==
		    -1 ? -1 : 0);
}

/* Nanoseconds that there are not: the clock stays as it is. */
static void
clock_bad(const struct world *w, const struct escape *e, char *out)
{
	struct timespec	 ts = { 0, 2000000000 };

	(void)w;
	(void)e;
	say(out, syscall(SYS_clock_settime, CLOCK_REALTIME, &ts));
}

static void
name_set(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	say(out, syscall(e->a[0], "escaped", 7));
}

/* What the holder of tools.c has: another session, or outside a neighbour. */
static void
peer_abstract(const struct world *w, const struct escape *e, char *out)
{
	struct sockaddr_un	 sun;
	socklen_t		 len;

	(void)e;
	tool_peer_name(&sun, &len, number(w, "peer"));
	say(out, connect(socket(AF_UNIX, SOCK_STREAM, 0),
	    (struct sockaddr *)&sun, len));
}

static void
peer_tcp(const struct world *w, const struct escape *e, char *out)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };

	(void)e;
	sin.sin_port = htons(tool_peer_port(number(w, "peer")));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	say(out, connect(socket(AF_INET, SOCK_STREAM, 0),
	    (struct sockaddr *)&sin, sizeof(sin)));
}

static void
peer_shm(const struct world *w, const struct escape *e, char *out)
{
	(void)e;
	say(out, shmget((key_t)number(w, "peer"), 0, 0));
}

static void
peer_process(const struct world *w, const struct escape *e, char *out)
{
	struct dirent	*de;
	DIR		*d = opendir("/proc");
	char		 path[300], line[64], *v;
	int		 n = 0;

	(void)w;
	(void)e;
	while (d != NULL && (de = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%s/comm", de->d_name);
		v = line_of(path, "peer-holder", line, sizeof(line));
		n += v != NULL;
	}
	said(out, "%d", n);
}

#define NONE	"0000000000000000"
#define CLONE(id, flag, arm) \
	{ id, "clone(" #flag ")", clone_flags, "EPERM", "ok", arm, \
	    { flag }, NULL, 0 }
#define UNSHARE(id, flag, arm) \
	{ id, "unshare(" #flag ")", raw, "EPERM", "ok", arm, \
	    { SYS_unshare, flag }, NULL, 0 }
#define SETNS(id, file, arm) \
	{ id, "setns(" file ")", enter, "EPERM", "ok|EINVAL", arm, { 0 }, \
	    file, 0 }
#define STATUS(id, field, want, arm) \
	{ id, "/proc/self/status " field, status_line, want, "", arm, { 0 }, \
	    field, 0 }
#define INIT(id, file, flags) \
	{ id, "/proc/1/" file, init_file, "ENOENT|EACCES", "ok", USER, \
	    { flags }, file, 0 }
#define PRCTL(id, name, inside, arm, ...) \
	{ id, name, raw, inside, "ok", arm, { SYS_prctl, __VA_ARGS__ }, \
	    NULL, 0 }

static const struct escape cases[] = {
	UNSHARE("A01", CLONE_NEWUSER, USER),
	CLONE("A02.user", CLONE_NEWUSER, USER),
	CLONE("A02.mnt", CLONE_NEWNS, NS), CLONE("A02.pid", CLONE_NEWPID, NS),
	CLONE("A02.net", CLONE_NEWNET, NS), CLONE("A02.ipc", CLONE_NEWIPC, NS),
	CLONE("A02.uts", CLONE_NEWUTS, NS),
	CLONE("A02.cgroup", CLONE_NEWCGROUP, NS),
	CLONE("A02.user+", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID, USER),
	CLONE("A02.user+vfork", CLONE_NEWUSER | CLONE_VFORK, USER),
	CLONE("A02.high", CLONE_NEWUSER | HIGH, USER),
	CLONE("A02.high-net", CLONE_NEWNET | HIGH, NS),
	{ "A03", "clone3()", clone3_flags, "ENOSYS", "ok", USER, { 0 }, NULL,
	    0 },
	{ "A03.user", "clone3(CLONE_NEWUSER)", clone3_flags, "ENOSYS", "ok",
	    USER, { CLONE_NEWUSER }, NULL, 0 },
	{ "A03.time", "clone3(CLONE_NEWTIME)", clone3_flags, "ENOSYS", "ok",
	    NS, { CLONE_NEWTIME }, NULL, 0 },
	UNSHARE("A04.mnt", CLONE_NEWNS, NS),
	UNSHARE("A04.pid", CLONE_NEWPID, NS),
	UNSHARE("A04.net", CLONE_NEWNET, NS),
	UNSHARE("A04.ipc", CLONE_NEWIPC, NS),
	UNSHARE("A04.uts", CLONE_NEWUTS, NS),
	UNSHARE("A04.cgroup", CLONE_NEWCGROUP, NS),
	UNSHARE("A04.time", CLONE_NEWTIME, NS),
	UNSHARE("A04.user+net", CLONE_NEWUSER | CLONE_NEWNET, USER),
	SETNS("A05.user", "user", USER), SETNS("A05.mnt", "mnt", NS),
	SETNS("A05.pid", "pid", NS), SETNS("A05.net", "net", NS),
	SETNS("A05.ipc", "ipc", NS), SETNS("A05.uts", "uts", NS),
	SETNS("A05.cgroup", "cgroup", NS), SETNS("A05.time", "time", NS),
	{ "A05.pidfd", "setns(pidfd)", enter_pidfd, "EPERM", "ok", NS,
	    { CLONE_NEWUTS | CLONE_NEWNET }, NULL, 0 },
	{ "A06.uid", "outside ids of uid_map", map_class,
	    "a block of its own|the daemon's user", "0", ROOT, { 0 },
	    "/proc/self/uid_map", 0 },
	{ "A06.gid", "outside ids of gid_map", map_class,
	    "a block of its own|the daemon's user", "0", ROOT, { 0 },
	    "/proc/self/gid_map", 0 },
	{ "A06.setgroups", "setgroups()", groups_none, "EPERM", "ok", ROOT,
	    { 0 }, NULL, 0 },
	{ "A07.uid", "setresuid(0)", raw, "EINVAL|EPERM", "ok", ROOT,
	    { SYS_setresuid, 0, 0, 0 }, NULL, 0 },
	{ "A07.gid", "setresgid(0)", raw, "EINVAL|EPERM", "ok", ROOT,
	    { SYS_setresgid, 0, 0, 0 }, NULL, 0 },
	{ "A07.executor", "setresuid() to the executor's", raw,
	    "EINVAL|EPERM", "ok", ROOT, { SYS_setresuid, 999, 999, 999 },
	    NULL, 0 },
	STATUS("A08.inh", "CapInh", NONE, PIDNS),
	STATUS("A08.prm", "CapPrm", NONE, ROOT),
	STATUS("A08.eff", "CapEff", NONE, ROOT),
	STATUS("A08.bnd", "CapBnd", NONE, USER),
	STATUS("A08.amb", "CapAmb", NONE, PIDNS),
	STATUS("A08.nnp", "NoNewPrivs", "1", USER),
	STATUS("A08.seccomp", "Seccomp", "2", USER),
	STATUS("A08.filters", "Seccomp_filters", "1", USER),
	STATUS("A08.groups", "Groups", "none", USER),
	{ "A08.bits", "securebits", securebits, "0xef", "", USER, { 0 },
	    NULL, 0 },
	PRCTL("A08.bits-set", "prctl(PR_SET_SECUREBITS)", "EPERM", NS,
	    PR_SET_SECUREBITS, SECBIT_KEEP_CAPS),
	PRCTL("A08.raise", "prctl(PR_CAP_AMBIENT_RAISE)", "EPERM", PIDNS,
	    PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN),
	PRCTL("A08.drop", "prctl(PR_CAPBSET_DROP)", "EPERM", NS,
	    PR_CAPBSET_DROP, CAP_SYS_ADMIN),
	PRCTL("A08.keep", "prctl(PR_SET_KEEPCAPS)", "EPERM", USER,
	    PR_SET_KEEPCAPS, 1),
	{ "A08.capset", "capset(CAP_SYS_ADMIN)", caps_all, "EPERM", "ok", NS,
	    { 1 << CAP_SYS_ADMIN }, NULL, 0 },
	{ "A09.suid", "a program of root's with the setuid bit",
	    exec_special, "own none", "root *", USER, { 0 },
	    "{share}/suid-root", 0 },
	{ "A09.caps", "a program with file capabilities", exec_special,
	    "own none|EPERM", "own some", USER, { 0 }, "{share}/file-caps", 0 },
	{ "A10.reach", "processes that a signal reaches", reachable, "0", "",
	    USER, { 0 }, NULL, 0 },
	{ "A10.kill", "kill() of a process of the host", kill_canary, "ESRCH",
	    "ok", USER, { SIGUSR1 }, NULL, 0 },
	{ "A10.all", "kill(-1)", raw, "ok|ESRCH", "ok|ESRCH", PIDNS,
	    { SYS_kill, -1, SIGKILL }, NULL, 1 },
	{ "A11.kill", "kill(1, SIGKILL)", init_signal, "ok|EPERM", "EPERM",
	    USER, { SIGKILL }, NULL, 0 },
	{ "A11.stop", "kill(1, SIGSTOP)", init_signal, "ok|EPERM", "EPERM",
	    USER, { SIGSTOP }, NULL, 0 },
	{ "A11.attach", "ptrace(PTRACE_ATTACH, 1)", init_trace, "EPERM", "ok",
	    USER, { PTRACE_ATTACH }, NULL, 0 },
	{ "A11.seize", "ptrace(PTRACE_SEIZE, 1)", init_trace, "EPERM", "ok",
	    USER, { PTRACE_SEIZE }, NULL, 0 },
	INIT("A11.mem", "mem", O_RDWR), INIT("A11.environ", "environ", 0),
	INIT("A11.fd", "fd", O_DIRECTORY), INIT("A11.root", "root", -1),
	INIT("A11.cwd", "cwd", -1), INIT("A11.exe", "exe", -1),
	INIT("A11.maps", "maps", 0), INIT("A12", "cmdline", 0),
	{ "A13", "/proc is the own pid namespace's", proc_own,
	    "own, one level", "", PIDNS, { 0 }, NULL, 0 },
	{ "A14.write", "process_vm_writev()", vm_access, "EPERM", "ok", USER,
	    { SYS_process_vm_writev }, NULL, 0 },
	{ "A14.read", "process_vm_readv()", vm_access, "EPERM", "ok", USER,
	    { SYS_process_vm_readv }, NULL, 0 },
	{ "A14.getfd", "pidfd_getfd()", fd_steal, "EPERM", "ok", USER, { 0 },
	    NULL, 0 },
	{ "A14.kcmp", "kcmp()", compare, "EPERM", "ok", USER, { 0 }, NULL,
	    0 },
	{ "A14.attach", "ptrace(PTRACE_ATTACH) of a child", child_trace,
	    "EPERM", "ok", USER, { PTRACE_ATTACH }, NULL, 0 },
	{ "A15.shm", "shared memory of the host", ipc, "ENOENT", "ok", USER,
	    { 0 }, "shm", 0 },
	{ "A15.msg", "message queue of the host", ipc, "ENOENT", "ok", USER,
	    { 0 }, "msg", 0 },
	{ "A15.sem", "semaphores of the host", ipc, "ENOENT", "ok", USER,
	    { 0 }, "sem", 0 },
	{ "A15.mq", "POSIX message queue of the host", ipc, "ENOENT", "ok",
	    USER, { 0 }, "mq", 0 },
	{ "A17.host", "sethostname()", name_set, "EPERM", "ok", NS,
	    { SYS_sethostname }, NULL, 0 },
	{ "A17.domain", "setdomainname()", name_set, "EPERM", "ok", NS,
	    { SYS_setdomainname }, NULL, 0 },
	{ "A17.day", "settimeofday()", raw, "EPERM", "ok", ROOT,
	    { SYS_settimeofday, 0, 0 }, NULL, 0 },
	{ "A17.clock", "clock_settime()", clock_bad, "EPERM", "EINVAL", ROOT,
	    { 0 }, NULL, 0 },
	{ "A17.adjtimex", "adjtimex()", clock_read, "EPERM", "ok", USER,
	    { SYS_adjtimex }, NULL, 0 },
	{ "A17.adjtime", "clock_adjtime()", clock_read, "EPERM", "ok", USER,
	    { SYS_clock_adjtime }, NULL, 0 },
	{ "A18", "/proc/self/cgroup", cgroup_root, "all /", "", ROOT, { 0 },
	    NULL, 0 },
	{ "A19.abstract", "an abstract socket of another session",
	    peer_abstract, "ECONNREFUSED|EPERM", "ok", USER, { 0 }, NULL, 1 },
	{ "A19.tcp", "a listener of another session", peer_tcp,
	    "ECONNREFUSED", "ok", USER, { 0 }, NULL, 1 },
	{ "A19.shm", "shared memory of another session", peer_shm, "ENOENT",
	    "ok", USER, { 0 }, NULL, 1 },
	{ "A19.file", "another session's /tmp", open_path, "ENOENT", "ok",
	    USER, { O_RDONLY }, "/tmp/praetor-peer-{peer}", 1 },
	{ "A19.process", "processes of another session", peer_process, "0",
	    "", USER, { 0 }, NULL, 1 },
	{ "A22.nice", "setpriority() below", priority, "EACCES|EPERM", "ok",
	    ROOT, { 0 }, NULL, 0 },
	{ "A22.fifo", "sched_setscheduler(SCHED_FIFO)", realtime, "EPERM",
	    "ok", ROOT, { SCHED_FIFO }, NULL, 0 },
	{ "A22.rr", "sched_setscheduler(SCHED_RR)", realtime, "EPERM", "ok",
	    ROOT, { SCHED_RR }, NULL, 0 },
	{ "A22.io", "ioprio_set(real time)", raw, "EPERM", "ok", ROOT,
	    { SYS_ioprio_set, 1, 0, 1 << 13 }, NULL, 0 }
};

const struct table group_a = GROUP('A', cases);
