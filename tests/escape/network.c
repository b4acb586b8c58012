/*
 * Groups F, G and H: the network, limits, and what a job inherits.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tests/escape/escape.h"
#include "tests/escape/tools.h"

/* AddressSanitizer lowers the soft limit of praetor-init, whose jobs inherit. */
#ifdef SANITIZED
#define CORES	"0 1"
#else
#define CORES	"1 1"
#endif

#ifndef IPT_SO_SET_REPLACE
#define IPT_SO_SET_REPLACE 64
#endif
#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif

union address {
	struct sockaddr		 any;
	struct sockaddr_in	 v4;
	struct sockaddr_in6	 v6;
};

/* An address by its text or a parameter's, with a port; its length or 0. */
static socklen_t
address_of(const struct world *w, const char *text, long port,
    union address *a)
{
	char	 host[256];

	path_of(w, text, host, sizeof(host));
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, host, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons((uint16_t)port);
		return (sizeof(a->v4));
	}
	if (inet_pton(AF_INET6, host, &a->v6.sin6_addr) == 1) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons((uint16_t)port);
		return (sizeof(a->v6));
	}
	return (0);
}

/* a[0] the type; a[1] the port, 0 the canary's. */
static void
reach(const struct world *w, const struct escape *e, char *out)
{
	union address	 a;
	long		 port = e->a[1];
	socklen_t	 len;
	int		 s, on = 1;

	if (port == 0)
		port = number(w, e->a[0] == SOCK_STREAM ? "tcp" : "udp");
	if ((len = address_of(w, e->s, port, &a)) == 0) {
		said(out, "no address");
		return;
	}
	s = socket(a.any.sa_family, (int)e->a[0], 0);
	(void)setsockopt(s, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	if (connect(s, &a.any, len) == -1)
		say(out, -1);
	else
		say(out, send(s, "touched\n", 8, MSG_NOSIGNAL));
}

static void
abstract(const struct world *w, const struct escape *e, char *out)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	const char		*name = param(w, "abstract");
	int			 s = socket(AF_UNIX, (int)e->a[0], 0);

	snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1, "%s", name);
	if (connect(s, (struct sockaddr *)&sun, (socklen_t)(
	    offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) == -1)
		say(out, -1);
	else
		say(out, send(s, "touched\n", 8, MSG_NOSIGNAL));
}

/* A server and a client, both here. */
static void
loopback(const struct world *w, const struct escape *e, char *out)
{
	union address	 a;
	socklen_t	 len = address_of(w, e->s, 0, &a);
	char		 buf[8];
	int		 s, c, r;

	s = socket(a.any.sa_family, SOCK_STREAM, 0);
	c = socket(a.any.sa_family, SOCK_STREAM, 0);
	if (bind(s, &a.any, len) == -1 || listen(s, 1) == -1 ||
	    getsockname(s, &a.any, &len) == -1 ||
	    connect(c, &a.any, len) == -1 ||
	    (r = accept(s, NULL, NULL)) == -1 || write(c, "hello", 5) != 5)
		say(out, -1);
	else
		said(out, read(r, buf, 5) == 5 ? "ok" : "nothing came");
}

static void
interface_set(const struct world *w, const struct escape *e, char *out)
{
	struct ifreq	 ifr = { 0 };

	(void)w;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "lo");
	if (e->a[0] == SIOCSIFMTU)
		ifr.ifr_mtu = 1500;
	else if (e->a[0] == SIOCSIFADDR) {
		ifr.ifr_addr.sa_family = AF_INET;
		inet_pton(AF_INET, "127.0.0.2", ifr.ifr_addr.sa_data + 2);
	} else
		ifr.ifr_flags = IFF_UP;
	say(out, ioctl(socket(AF_INET, SOCK_DGRAM, 0),
	    (unsigned long)e->a[0], &ifr));
}

/* The same by netlink: the kernel's answer is an errno. */
static void
netlink_set(const struct world *w, const struct escape *e, char *out)
{
	struct {
		struct nlmsghdr		 h;
		struct ifinfomsg	 i;
	} m = { { sizeof(m), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0 },
	    { .ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP } };
	struct { struct nlmsghdr h; struct nlmsgerr e; char rest[512]; } r;
	int	 s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	(void)w;
	(void)e;
	if (send(s, &m, sizeof(m), 0) == -1 || recv(s, &r, sizeof(r), 0) == -1)
		say(out, -1);
	else {
		errno = -r.e.error;
		say(out, errno == 0 ? 0 : -1);
	}
}

/* a[0] level, a[1] name: an int of 1. */
static void
option(const struct world *w, const struct escape *e, char *out)
{
	int	 one = 1;

	(void)w;
	say(out, setsockopt(socket(AF_INET, SOCK_STREAM, 0), (int)e->a[0],
	    (int)e->a[1], &one, sizeof(one)));
}

/* Up to a[0] children that wait; the next case is to find none of them. */
static void
forks(const struct world *w, const struct escape *e, char *out)
{
	pid_t	*pids = calloc((size_t)e->a[0], sizeof(*pids)), pid = 0;
	long	 i, n = 0;

	(void)w;
	while (pids != NULL && n < e->a[0] && (pid = fork()) != -1) {
		if (pid == 0) {
			pause();
			_exit(0);
		}
		pids[n++] = pid;
	}
	say(out, pid == -1 ? -1 : 0);
	for (i = 0; i < n; i++)
		(void)kill(pids[i], SIGKILL);
	while (wait(NULL) != -1)
		;
	free(pids);
}

/* Children of children that nobody waits for: pid 1 has to. */
static void
zombies(const struct world *w, const struct escape *e, char *out)
{
	long	 made = 0;
	int	 status;
	pid_t	 pid;

	(void)w;
	/* At the limit: what is dead has to be reaped first. */
	while (made < e->a[0]) {
		if ((pid = fork()) == 0)
			_exit(fork() == -1);
		if (pid != -1 && waitpid(pid, &status, 0) == pid &&
		    status == 0)
			made++;
		else
			usleep(1000);
	}
	say(out, 0);
}

static void
opens(const struct world *w, const struct escape *e, char *out)
{
	struct rlimit	 rl;
	long		 i;
	int		 fd = 0;

	(void)w;
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
	for (i = 0; i < e->a[0] && fd != -1; i++)
		fd = open(e->s, O_RDWR | O_NOCTTY);
	say(out, fd == -1 ? -1 : 0);
}

static void
lock(const struct world *w, const struct escape *e, char *out)
{
	void	*p = mmap(NULL, (size_t)e->a[0], PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)w;
	say(out, mlock(p, (size_t)e->a[0]));
}

/* Above what it is. */
static void
limit_raise(const struct world *w, const struct escape *e, char *out)
{
	struct rlimit	 rl;

	(void)w;
	/* Down first: it may be as high as there is. */
	getrlimit((__rlimit_resource_t)e->a[0], &rl);
	if (rl.rlim_max > 20)
		rl.rlim_max = 20;
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit((__rlimit_resource_t)e->a[0], &rl) == -1)
		return;
	rl.rlim_max++;
	say(out, setrlimit((__rlimit_resource_t)e->a[0], &rl));
}

static void
limit_other(const struct world *w, const struct escape *e, char *out)
{
	struct rlimit	 rl;
	pid_t		 pid = 1;

	(void)e;
	if (w->arm != INSIDE && (pid = fork()) == 0) {
		pause();
		_exit(0);
	}
	say(out, prlimit(pid, RLIMIT_NOFILE, NULL, &rl) == -1 ? -1 :
	    prlimit(pid, RLIMIT_NOFILE, &rl, NULL));
}

static int
number_order(const struct dirent **a, const struct dirent **b)
{
	return (atoi((*a)->d_name) - atoi((*b)->d_name));
}

/* Descriptors and what they are; the program's own listing comes last. */
static void
descriptors(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	(void)e;
	said(out, "%s", tool_first_fds());
}

static void
terminals(const struct world *w, const struct escape *e, char *out)
{
	struct dirent	**de;
	char		  text[OUT] = "";
	int		  i, n = scandir("/dev/pts", &de, NULL, number_order);
	size_t		  len = 0;

	(void)w;
	(void)e;
	for (i = 0; i < n && len < sizeof(text) - 32; i++)
		if (de[i]->d_name[0] != '.')
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s%.20s", len > 0 ? " " : "", de[i]->d_name);
	said(out, "%s", text);
}

/* Variables that are not on the list. */
static void
environment(const struct world *w, const struct escape *e, char *out)
{
	static const char *const list[] = { "PATH=", "HOME=", "USER=",
	    "LOGNAME=", "SHELL=", "LANG=", "TZ=", "TMPDIR=", "PWD=", "TERM=",
	    "PRAETOR_" };
	char	 text[OUT] = "";
	size_t	 i, len = 0;
	char	**v;

	(void)w;
	(void)e;
	for (v = environ; *v != NULL; v++) {
		for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
			if (strncmp(*v, list[i], strlen(list[i])) == 0)
				break;
		if (i == sizeof(list) / sizeof(list[0]) &&
		    len < sizeof(text) - 64)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s%.*s", len > 0 ? " " : "",
			    (int)strcspn(*v, "="), *v);
	}
	said(out, "%s", len > 0 ? text : "none");
}

/* Which of the canary's tokens are where; see tools.c. */
static void
token_memory(const struct world *w, const struct escape *e, char *out)
{
	(void)e;
	said(out, tool_memory_has(param(w, "tokenx")) ? "found" : "absent");
}

static void
token_files(const struct world *w, const struct escape *e, char *out)
{
	static const char *const dirs[] = { "/etc", "/run", "/home", "/var",
	    "/tmp", "/dev/shm", "/workspace", "/proc/self" };
	const char	*x = param(w, "tokenx");
	size_t		 i;
	int		 found = 0;

	(void)e;
	if (w->arm != INSIDE)
		found = tool_files_have(param(w, "dir"), x);
	else
		for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
			found |= tool_files_have(dirs[i], x);
	said(out, found ? "found" : "absent");
}

static void
host_name(const struct world *w, const struct escape *e, char *out)
{
	char	 name[256] = "";

	(void)w;
	(void)e;
	gethostname(name, sizeof(name) - 1);
	said(out, "%s", name);
}

static void
interfaces(const struct world *w, const struct escape *e, char *out)
{
	struct if_nameindex	*ifs = if_nameindex();
	char			 text[OUT] = "";
	size_t			 len = 0;

	(void)w;
	(void)e;
	for (; ifs != NULL && ifs->if_index != 0 && len < 400; ifs++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s", len > 0 ? " " : "", ifs->if_name);
	said(out, "%s", text);
}

/* A crash, after asking for a dump. */
static void
crash(const struct world *w, const struct escape *e, char *out)
{
	struct rlimit	 rl = { 1 << 20, 1 << 20 };
	int		 status = 0;
	pid_t		 pid;

	(void)e;
	if (chdir(own_dir(w)) == -1)
		return;
	if ((pid = fork()) == 0) {
		(void)setrlimit(RLIMIT_CORE, &rl);
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	said(out, WCOREDUMP(status) ? "core" : "no core");
}

/*
 * The kernel hands cores to a host's program, as root, whatever the limit is;
 * but for a limit of 1.  It must be that, and stay it.
 */
static void
core_limit(const struct world *w, const struct escape *e, char *out)
{
	struct rlimit	 rl = { 0, 0 };

	(void)w;
	(void)e;
	(void)setrlimit(RLIMIT_CORE, &rl);
	(void)prlimit(getpid(), RLIMIT_CORE, &rl, NULL);
	(void)syscall(SYS_setrlimit, RLIMIT_CORE, &rl);
	(void)syscall(SYS_prlimit64, 0, RLIMIT_CORE, &rl, NULL);
	getrlimit(RLIMIT_CORE, &rl);
	said(out, "%lu %lu", (unsigned long)rl.rlim_cur,
	    (unsigned long)rl.rlim_max);
}

static void
signals(const struct world *w, const struct escape *e, char *out)
{
	(void)w;
	said(out, "%s", tool_first_signals((int)e->a[0]));
}

#define REACH(id, name, inside, host, type, port) \
	{ id, name, reach, inside, "ok", USER, { type, port }, host, 0 }
#define IFACE(id, request) \
	{ id, "ioctl(" #request ")", interface_set, "EPERM", "ok", NS, \
	    { request }, NULL, 0 }
#define RAISE(id, what) \
	{ id, "raising " #what, limit_raise, "EPERM", "ok", ROOT, { what }, \
	    NULL, 0 }

static const struct escape f_cases[] = {
	REACH("F01.tcp", "TCP to the host", "ENETUNREACH", "{ip}",
	    SOCK_STREAM, 0),
	REACH("F01.udp", "UDP to the host", "ENETUNREACH", "{ip}", SOCK_DGRAM,
	    0),
	REACH("F01.tcp6", "TCP to the host, IPv6", "ENETUNREACH|"
	    "EAFNOSUPPORT|EADDRNOTAVAIL", "{ip6}", SOCK_STREAM, 0),
	REACH("F01.dns", "UDP to port 53", "ENETUNREACH", "{ip}", SOCK_DGRAM,
	    53),
	REACH("F01.broadcast", "broadcast", "ENETUNREACH", "255.255.255.255",
	    SOCK_DGRAM, 9),
	REACH("F01.multicast", "multicast", "ENETUNREACH", "224.0.0.251",
	    SOCK_DGRAM, 5353),
	REACH("F01.metadata", "the metadata service", "ENETUNREACH",
	    "169.254.169.254", SOCK_DGRAM, 80),
	REACH("F01.out", "a host of the Internet", "ENETUNREACH", "192.0.2.1",
	    SOCK_DGRAM, 443),
	REACH("F01.lo", "TCP to the host's loopback", "ECONNREFUSED",
	    "127.0.0.1", SOCK_STREAM, 0),
	REACH("F01.any", "TCP to 0.0.0.0", "ECONNREFUSED", "0.0.0.0",
	    SOCK_STREAM, 0),
	REACH("F01.lo-udp", "UDP to the host's loopback", "ok|ECONNREFUSED",
	    "127.0.0.1", SOCK_DGRAM, 0),
	{ "E04.stream", "an abstract socket of the host", abstract,
	    "ECONNREFUSED|EPERM", "ok", USER, { SOCK_STREAM }, NULL, 0 },
	{ "F16", "a resolver's configuration", open_path, "ENOENT", "ok",
	    USER, { O_RDONLY }, "/etc/resolv.conf", 0 },
	{ "F17", "vsock", raw, "EAFNOSUPPORT", "ok", USER,
	    { SYS_socket, AF_VSOCK, SOCK_STREAM, 0 }, NULL, 0 },
	{ "F18.v4", "a server and a client on 127.0.0.1", loopback, "ok",
	    "ok", USER, { 0 }, "127.0.0.1", 0 },
	{ "F18.v6", "a server and a client on ::1", loopback, "ok", "ok",
	    USER, { 0 }, "::1", 0 },
	IFACE("F20.flags", SIOCSIFFLAGS), IFACE("F20.mtu", SIOCSIFMTU),
	IFACE("F20.address", SIOCSIFADDR),
	{ "F20.netlink", "RTM_NEWLINK", netlink_set, "EPERM", "ok", NS, { 0 },
	    NULL, 0 },
	{ "F21.transparent", "setsockopt(IP_TRANSPARENT)", option, "EPERM",
	    "ok", NS, { IPPROTO_IP, 19 }, NULL, 0 },
	{ "F21.mark", "setsockopt(SO_MARK)", option, "EPERM", "ok", NS,
	    { SOL_SOCKET, SO_MARK }, NULL, 0 },
	{ "F23", "/dev/net/tun", open_path, "ENOENT", "ok", ROOT,
	    { O_RDWR }, "/dev/net/tun", 0 }
};

static const struct escape g_cases[] = {
	{ "G01", "processes beyond the limit", forks, "EAGAIN", "ok", USER,
	    { 100 }, NULL, 0 },
	{ "G05.files", "descriptors beyond the limit", opens, "EMFILE", "ok",
	    USER, { 300 }, "/dev/null", 0 },
	{ "G05.ptys", "terminals beyond the limit", opens, "ENOSPC", "ok",
	    USER, { 70 }, "/dev/ptmx", 0 },
	{ "G05.lock", "locked memory beyond the limit", lock,
	    "ENOMEM|EPERM|EAGAIN", "ok", USER, { 256 * 1024 }, NULL, 0 },
	{ "G09", "orphans that nobody waits for", zombies, "ok", "ok", USER,
	    { 500 }, NULL, 0 },
	{ "G10.pid-1", "prlimit() of pid 1", limit_other, "EPERM", "ok", USER,
	    { 0 }, NULL, 0 },
	RAISE("G10.files", RLIMIT_NOFILE), RAISE("G10.pids", RLIMIT_NPROC),
	RAISE("G10.fsize", RLIMIT_FSIZE), RAISE("G10.lock", RLIMIT_MEMLOCK),
	RAISE("G10.nice", RLIMIT_NICE), RAISE("G10.rt", RLIMIT_RTPRIO)
};

static const struct escape h_cases[] = {
	{ "H01", "descriptors at the first instruction", descriptors,
	    "0:/dev/null 1:pipe 2:pipe|0:/dev/pts/0 1:/dev/pts/0 "
	    "2:/dev/pts/0", "", USER, { 0 }, NULL, 0 },
	{ "H03", "variables that are on no list", environment, "none",
	    "*SECRET*", USER, { 0 }, NULL, 0 },
	{ "H05.memory", "the secret in memory", token_memory, "absent",
	    "found", USER, { 0 }, NULL, 0 },
	{ "H05.files", "the secret in files", token_files, "absent", "found",
	    USER, { 0 }, NULL, 0 },
	{ "H10", "terminals", terminals, "ptmx|ptmx 0|0 ptmx", "", USER,
	    { 0 }, NULL, 0 },
	{ "H11.host", "the host's name", host_name, "praetor", "", USER,
	    { 0 }, NULL, 0 },
	{ "H11.interfaces", "network interfaces", interfaces, "lo", "", USER,
	    { 0 }, NULL, 0 },
	{ "H12", "a crash", crash, "no core", "core", USER, { 0 }, NULL, 0 },
	{ "H12.limit", "the limit that keeps cores from the host's program",
	    core_limit, CORES, "0 0", USER, { 0 }, NULL, 0 },
	{ "H13.ignored", "signals ignored", signals, "0000000000000000", "",
	    PIDNS, { 0 }, NULL, 0 },
	{ "H13.blocked", "signals blocked", signals, "0000000000000000", "*",
	    USER, { 1 }, NULL, 0 }
};

const struct table group_f = GROUP('F', f_cases);
const struct table group_g = GROUP('G', g_cases);
const struct table group_h = GROUP('H', h_cases);
