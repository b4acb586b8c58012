/*
 * Tools of the probe.  Those of a job (storm, orphan, hold, state) do on
 * purpose what a hostile or a broken program would do.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tests/escape/escape.h"
#include "tests/escape/tools.h"

#define FDS	1100		/* descriptors looked at */
#define FILE_MAX (1 << 20)	/* bytes of a file that are searched */

static char first_fds[OUT], first_signals[2][32];
static pid_t first_parent;

void
tool_start(void)
{
	char	 path[64], to[128];
	const char	*v;
	size_t	 len = 0;
	ssize_t	 n;
	int	 fd;

	first_parent = getppid();
	for (fd = 0; fd < 2; fd++) {
		v = line_of("/proc/self/status", fd ? "SigBlk:" : "SigIgn:",
		    path, sizeof(path));
		snprintf(first_signals[fd], sizeof(first_signals[fd]), "%s",
		    v != NULL ? v : "no line");
	}
	for (fd = 0; fd < FDS && len < sizeof(first_fds) - 160; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if ((n = readlink(path, to, sizeof(to) - 1)) == -1)
			continue;
		to[n] = '\0';
		if (to[0] != '/')
			to[strcspn(to, ":")] = '\0';
		len += (size_t)snprintf(first_fds + len, sizeof(first_fds) -
		    len, "%s%d:%s", len > 0 ? " " : "", fd, to);
	}
}

const char *
tool_first_fds(void)
{
	return (first_fds);
}

int
tool_first_parent(void)
{
	return (first_parent);
}

const char *
tool_first_signals(int blocked)
{
	return (first_signals[blocked]);
}

static int
hex(char c)
{
	return (c >= 'a' ? c - 'a' + 10 : c - '0');
}

/* Where the bytes are in a buffer; flipped as they are compared. */
static int
has(const unsigned char *p, size_t len, const char *flipped)
{
	size_t	 i, k, n = strlen(flipped) / 2;

	if (n == 0)
		return (0);
	for (i = 0; i + n <= len; i++) {
		for (k = 0; k < n; k++)
			if ((p[i + k] ^ 0x55) != (hex(flipped[2 * k]) << 4 |
			    hex(flipped[2 * k + 1])))
				break;
		if (k == n)
			return (1);
	}
	return (0);
}

int
tool_memory_has(const char *flipped)
{
	static unsigned char	 buf[1 << 16];
	unsigned long		 from, to, at;
	char			 line[512], mode[8];
	FILE			*f = fopen("/proc/self/maps", "re");
	int			 fd = open("/proc/self/mem", O_RDONLY |
				    O_CLOEXEC), found = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 ||
		    mode[0] != 'r' || strstr(line, "[v") != NULL)
			continue;
		for (at = from; at < to; at += sizeof(buf) / 2)
			if (pread(fd, buf, sizeof(buf), (off_t)at) > 0)
				found |= has(buf, sizeof(buf), flipped);
		memset(buf, 0, sizeof(buf));
	}
	if (f != NULL)
		fclose(f);
	close(fd);
	return (found);
}

static int
file_has(int at, const char *name, const char *flipped)
{
	unsigned char	*buf;
	ssize_t		 n;
	int		 fd, found = 0;

	fd = openat(at, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return (0);
	if ((buf = malloc(FILE_MAX)) != NULL) {
		n = read(fd, buf, FILE_MAX);
		found = n > 0 && has(buf, (size_t)n, flipped);
	}
	free(buf);
	close(fd);
	return (found);
}

static int
dir_has(int at, const char *name, const char *flipped, int depth)
{
	struct dirent	*de;
	DIR		*d;
	int		 fd, found = 0;

	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || depth > 8 || (d = fdopendir(fd)) == NULL)
		return (0);
	while ((de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		if (de->d_type == DT_REG)
			found |= file_has(fd, de->d_name, flipped);
		else if (de->d_type == DT_DIR)
			found |= dir_has(fd, de->d_name, flipped, depth + 1);
	}
	closedir(d);
	return (found);
}

int
tool_files_have(const char *dir, const char *flipped)
{
	int	 fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	/* The memory of a process is tool_memory_has()'s. */
	if (strcmp(dir, "/proc/self") == 0)
		return (file_has(fd, "environ", flipped) |
		    file_has(fd, "cmdline", flipped) |
		    file_has(fd, "auxv", flipped));
	return (dir_has(fd, ".", flipped, 0));
}

/* After an exec that might have brought rights along. */
static int
whoami(int argc, char **argv)
{
	char	 line[128], *v;

	(void)argc;
	(void)argv;
	v = line_of("/proc/self/status", "CapEff:", line, sizeof(line));
	printf("%s %s", geteuid() == getuid() && getuid() != 0 ? "own" :
	    "root", v != NULL && strspn(v, "0") == strlen(v) ? "none" :
	    "some");
	return (0);
}

static int
confined(int argc, char **argv)
{
	static const char *const	 fields[] = { "NoNewPrivs:",
	    "Seccomp:", "CapEff:" };
	char				 line[128], *v;
	size_t				 i;

	(void)argc;
	(void)argv;
	for (i = 0; i < 3; i++) {
		v = line_of("/proc/self/status", fields[i], line,
		    sizeof(line));
		printf("%s%s", i > 0 ? " " : "", v != NULL ? v : "?");
	}
	return (0);
}

static int
truth(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return (0);
}

/* Many that kill everything that they can, for a second. */
static int __attribute__((__noreturn__))
storm(int argc, char **argv)
{
	struct itimerval	 it = { { 0, 0 }, { 1, 0 } };
	int			 i;

	(void)argc;
	(void)argv;
	printf("storm\n");
	fflush(stdout);
	for (i = 0; i < 5; i++)
		if (fork() == 0)
			break;
	setitimer(ITIMER_REAL, &it, NULL);
	for (;;) {
		kill(-1, SIGKILL);
		kill(1, SIGKILL);
		kill(1, SIGSTOP);
		(void)!fork();
	}
}

/* Twice removed, in a session of its own, deaf, with a name to look for. */
static int
orphan(int argc, char **argv)
{
	if (argc < 2)
		return (2);
	if (fork() != 0)
		return (0);
	setsid();
	if (fork() != 0)
		_exit(0);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, argv[1], 0, 0, 0);
	for (;;)
		pause();
}

/* One descendant as a sibling of its parent. */
static int
sibling(int argc, char **argv)
{
	if (argc < 2)
		return (2);
	if (syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) != 0)
		return (0);
	prctl(PR_SET_NAME, argv[1], 0, 0, 0);
	for (;;)
		pause();
}

unsigned short
tool_peer_port(long key)
{
	return ((unsigned short)(key % 20000 + 20000));
}

void
tool_peer_name(struct sockaddr_un *sun, socklen_t *len, long key)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    (size_t)snprintf(sun->sun_path + 1, sizeof(sun->sun_path) - 1,
	    "praetor-peer-%ld", key));
}

/* What another session may look for; see A19 of the tables. */
static int
hold(int argc, char **argv)
{
	struct sockaddr_un	 sun;
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	char			 path[64];
	socklen_t		 len;
	long			 key;
	int			 s, t;

	if (argc < 2)
		return (2);
	key = atol(argv[1]);
	tool_peer_name(&sun, &len, key);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	sin.sin_port = htons(tool_peer_port(key));
	t = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(s, (struct sockaddr *)&sun, len) == -1 || listen(s, 8) == -1 ||
	    bind(t, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(t, 8) == -1 ||
	    shmget((key_t)key, 4096, IPC_CREAT | 0666) == -1) {
		perror("hold");
		return (1);
	}
	snprintf(path, sizeof(path), "/tmp/praetor-peer-%ld", key);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
	prctl(PR_SET_NAME, "peer-holder", 0, 0, 0);
	printf("held\n");
	fflush(stdout);
	/* The driver ends it; a caller that is gone does too. */
	alarm(120);
	pause();
	return (0);
}

static int
unhold(int argc, char **argv)
{
	char	 path[64];
	long	 key = argc > 1 ? atol(argv[1]) : 0;

	snprintf(path, sizeof(path), "/tmp/praetor-peer-%ld", key);
	(void)unlink(path);
	return (shmctl(shmget((key_t)key, 0, 0), IPC_RMID, NULL) == -1);
}

static void
copy_lines(const char *title, const char *file)
{
	char	 line[1024];
	FILE	*f = fopen(file, "re");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		printf("%s: %s", title, line);
	if (f != NULL)
		fclose(f);
}

/* Everything that the kernel says is in force, for comparison. */
static int
state(int argc, char **argv)
{
	cpu_set_t	 cpus;
	struct rlimit	 rl;
	char		 cwd[256], host[65];
	mode_t		 mask = umask(0);
	char		**v;
	int		 i;

	(void)argc;
	(void)argv;
	printf("fds: %s\n", tool_first_fds());
	copy_lines("status", "/proc/self/status");
	copy_lines("uid_map", "/proc/self/uid_map");
	copy_lines("gid_map", "/proc/self/gid_map");
	copy_lines("setgroups", "/proc/self/setgroups");
	copy_lines("mount", "/proc/self/mountinfo");
	copy_lines("cgroup", "/proc/self/cgroup");
	copy_lines("oom", "/proc/self/oom_score_adj");
	copy_lines("slack", "/proc/self/timerslack_ns");
	copy_lines("time", "/proc/self/timens_offsets");
	copy_lines("passwd", "/etc/passwd");
	for (i = 0; i < RLIM_NLIMITS; i++)
		if (getrlimit((__rlimit_resource_t)i, &rl) == 0)
			printf("limit: %d %lx %lx\n", i,
			    (unsigned long)rl.rlim_cur,
			    (unsigned long)rl.rlim_max);
	printf("securebits: %#x\ndumpable: %d\nsubreaper: %d\n",
	    (unsigned int)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0),
	    prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	gethostname(host, sizeof(host));
	printf("umask: %o\nhost: %s\ncwd: %s\n", mask, host,
	    getcwd(cwd, sizeof(cwd)) != NULL ? cwd : "none");
	printf("nice: %d\npolicy: %d\nleader: %d\nterminal: %s\n",
	    getpriority(PRIO_PROCESS, 0), sched_getscheduler(0),
	    getsid(0) == getpid(), strerrorname_np(open("/dev/tty", O_RDWR |
	    O_NOCTTY | O_CLOEXEC) == -1 ? errno : 0));
	sched_getaffinity(0, sizeof(cpus), &cpus);
	printf("cpus: %d\n", CPU_COUNT(&cpus));
	for (v = environ; *v != NULL; v++)
		printf("env: %s\n", *v);
	return (0);
}

static int
fuzz_tool(int argc, char **argv)
{
	if (argc < 4)
		return (2);
	return (fuzz(strtoul(argv[1], NULL, 0), strtoul(argv[2], NULL, 0),
	    argv[3]));
}

/* A server that the host should not be able to reach. */
static int
serve(int argc, char **argv)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	int			 s = socket(AF_INET, SOCK_STREAM, 0), c, on = 1;

	if (argc < 2)
		return (2);
	sin.sin_port = htons((uint16_t)atoi(argv[1]));
	/* The last run's connections are remembered for a minute. */
	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(s, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(s, 8) == -1) {
		perror("serve");
		return (1);
	}
	printf("serves\n");
	fflush(stdout);
	alarm(120);
	while ((c = accept(s, NULL, NULL)) != -1) {
		printf("a client came\n");
		fflush(stdout);
		close(c);
	}
	return (1);
}

static int
visit(int argc, char **argv)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	int			 s = socket(AF_INET, SOCK_STREAM, 0);

	if (argc < 3)
		return (2);
	sin.sin_port = htons((uint16_t)atoi(argv[2]));
	if (inet_pton(AF_INET, argv[1], &sin.sin_addr) != 1)
		return (2);
	if (connect(s, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		printf("%s\n", strerrorname_np(errno));
	else
		printf("ok\n");
	return (0);
}

/* Descriptors that nobody asked for, at somebody who reads a socket. */
static int
flood(int argc, char **argv)
{
	union { struct cmsghdr h; char buf[CMSG_SPACE(200 * sizeof(int))]; } c;
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	char			 text[64] = "";
	struct iovec		 v = { text, sizeof(text) };
	struct msghdr		 m = { .msg_iov = &v, .msg_iovlen = 1,
				    .msg_control = c.buf };
	long			 sent = 0, i;
	int			 s, k, fds[200];

	if (argc < 3)
		return (2);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", argv[1]);
	for (k = 0; k < 200; k++)
		fds[k] = open("/", O_RDONLY | O_DIRECTORY);
	for (i = 0; i < atol(argv[2]); i++) {
		s = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(s, (struct sockaddr *)&sun, sizeof(sun)) == -1)
			break;
		m.msg_controllen = sizeof(c.buf);
		memset(&c, 0, sizeof(c));
		c.h.cmsg_level = SOL_SOCKET;
		c.h.cmsg_type = SCM_RIGHTS;
		c.h.cmsg_len = CMSG_LEN(200 * sizeof(int));
		memcpy(CMSG_DATA(&c.h), fds, sizeof(fds));
		sent += sendmsg(s, &m, MSG_NOSIGNAL) != -1;
		close(s);
	}
	printf("%ld of %ld\n", sent, atol(argv[2]));
	return (sent == 0);
}

int
tool_run(int argc, char **argv)
{
	static const struct {
		const char	*name;
		int		 (*run)(int, char **);
	} tools[] = {
		{ "whoami", whoami }, { "confined", confined },
		{ "true", truth }, { "storm", storm }, { "orphan", orphan },
		{ "sibling", sibling }, { "hold", hold },
		{ "unhold", unhold }, { "state", state },
		{ "fuzz", fuzz_tool }, { "serve", serve }, { "visit", visit },
		{ "flood", flood }
	};
	size_t	 i;

	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (argc > 0 && strcmp(argv[0], tools[i].name) == 0)
			return (tools[i].run(argc, argv));
	fprintf(stderr, "no such tool\n");
	return (2);
}
