/*
 * Tries what a job must not be able to do and prints "key value" lines: an
 * errno's name ("ok" when it worked) or what was seen.  Run inside a sandbox
 * by sandbox_test.c, and outside it as the control.  Static, so that it runs
 * in any root.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static void
say(const char *key, long r)
{
	printf("%s %s\n", key, r == -1 ? strerrorname_np(errno) : "ok");
}

/* Calls that change the caller run in a child. */
static void
say_call(const char *key, long nr, long a, long b, long c)
{
	int	 status;
	pid_t	 pid;

	fflush(stdout);
	if ((pid = fork()) == 0)
		_exit(syscall(nr, a, b, c, 0, 0, 0) == -1 ? errno : 0);
	waitpid(pid, &status, 0);
	errno = WEXITSTATUS(status);
	say(key, errno == 0 ? 0 : -1);
}

static void
calls(void)
{
	say_call("unshare-user", SYS_unshare, CLONE_NEWUSER, 0, 0);
	say_call("unshare-net", SYS_unshare, CLONE_NEWNET, 0, 0);
	say_call("clone3", SYS_clone3, 0, 0, 0);
	say_call("ptrace", SYS_ptrace, 0, 0, 0);
	say_call("io_uring", SYS_io_uring_setup, 0, 0, 0);
	say_call("keyctl", SYS_keyctl, 0, -3, 0);
	say_call("mount", SYS_mount, (long)"x", (long)"/tmp", (long)"tmpfs");
	say_call("umount", SYS_umount2, (long)"/tmp", 0, 0);
	say_call("chroot", SYS_chroot, (long)"/tmp", 0, 0);
	say_call("userfaultfd", SYS_userfaultfd, 1, 0, 0);
	say_call("bpf", SYS_bpf, 0, 0, 0);
	say_call("hostname-set", SYS_sethostname, (long)"x", 1, 0);
}

static void
sockets(void)
{
	say("vsock", socket(40, SOCK_STREAM, 0));
	say("alg", socket(38, SOCK_SEQPACKET, 0));
	say("packet", socket(17, SOCK_RAW, 0));
	say("raw", socket(AF_INET, SOCK_RAW, IPPROTO_TCP));
	say("mptcp", socket(AF_INET, SOCK_STREAM, 262));
	say("unix", socket(AF_UNIX, SOCK_STREAM, 0));
	say("inet", socket(AF_INET, SOCK_STREAM, 0));
}

/* A server and a client on loopback, and an address that is not. */
static void
network(void)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	socklen_t		 len = sizeof(sin);
	struct if_nameindex	*ifs = if_nameindex(), *i;
	int			 s = socket(AF_INET, SOCK_STREAM, 0), c;

	printf("interfaces");
	for (i = ifs; i != NULL && i->if_index != 0; i++)
		printf(" %s", i->if_name);
	printf("\n");
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(s, (struct sockaddr *)&sin, len) == -1 || listen(s, 1) == -1 ||
	    getsockname(s, (struct sockaddr *)&sin, &len) == -1)
		say("loopback", -1);
	else {
		c = socket(AF_INET, SOCK_STREAM, 0);
		say("loopback", connect(c, (struct sockaddr *)&sin, len));
	}
	c = socket(AF_INET, SOCK_DGRAM, 0);
	sin.sin_port = htons(53);
	sin.sin_addr.s_addr = htonl(0xc0000201);	/* 192.0.2.1 */
	say("route", connect(c, (struct sockaddr *)&sin, len));
}

static void
files(const char *canary)
{
	static const char *const absent[] = { "/root", "/sys", "/boot",
	    "/etc/shadow", "/proc/sys", "/proc/cmdline", "/proc/kcore",
	    "/proc/1/status", "/proc/net", "/run/praetor/at/state",
	    "/dev/vda", "/dev/kmsg", "/dev/vsock" };
	char	 key[64];
	size_t	 i;

	for (i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		snprintf(key, sizeof(key), "see:%s", absent[i]);
		say(key, access(absent[i], F_OK));
	}
	say("see:canary", access(canary, F_OK));
	say("write:/", open("/x", O_CREAT | O_WRONLY, 0600));
	say("write:/usr", open("/usr/x", O_CREAT | O_WRONLY, 0600));
	say("write:/etc", open("/etc/passwd", O_WRONLY));
	say("write:/dev", open("/dev/x", O_CREAT | O_WRONLY, 0600));
	say("write:/run/praetor", open("/run/praetor/x", O_CREAT | O_WRONLY,
	    0600));
	say("mknod-null", mknod("/tmp/probe-n", S_IFCHR | 0666,
	    makedev(1, 3)));
	say("mknod-disk", mknod("/tmp/probe-b", S_IFBLK | 0666,
	    makedev(254, 0)));
	say("mkfifo", mkfifo("/tmp/probe-f", 0600));
	say("memfd", memfd_create("x", 0));
	unlink("/tmp/probe-n");
	unlink("/tmp/probe-b");
	unlink("/tmp/probe-f");
}

static void
list(const char *key, const char *dir)
{
	struct dirent	**de;
	int		  i, n = scandir(dir, &de, NULL, alphasort);

	printf("%s", key);
	for (i = 0; i < n; i++)
		if (de[i]->d_name[0] != '.')
			printf(" %s", de[i]->d_name);
	printf("\n");
}

static void
copy_line(const char *file, const char *prefix)
{
	char	 line[256];
	FILE	*f = fopen(file, "re");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, prefix, strlen(prefix)) == 0)
			printf("%s%s", prefix[0] == '\0' ? "map" : "", line);
	if (f != NULL)
		fclose(f);
}

/* Pids up to a bound that a signal could reach, but for one's own. */
static void
reach(const char *host_pid)
{
	int	 n = 0;
	pid_t	 pid;

	for (pid = 2; pid < 70000; pid++)
		if (pid != getpid() && pid != getppid() && kill(pid, 0) == 0)
			n++;
	printf("signal-others %d\n", n);
	say("signal-host", kill((pid_t)atoi(host_pid), 0));
	say("kill-init", kill(1, SIGKILL));
}

int
main(int argc, char *argv[])
{
	char	 name[65] = "";

	if (argc != 3)
		return (2);
	printf("uid %u\ngid %u\n", getuid(), getgid());
	copy_line("/proc/self/uid_map", "");
	copy_line("/proc/self/status", "Cap");
	copy_line("/proc/self/status", "NoNewPrivs");
	copy_line("/proc/self/status", "Seccomp:");
	gethostname(name, sizeof(name) - 1);
	printf("hostname %s\n", name);
	list("dev", "/dev");
	list("fds", "/proc/self/fd");
	list("proc", "/proc");
	calls();
	sockets();
	network();
	files(argv[1]);
	if (getuid() != 0)
		reach(argv[2]);
	say("tiocsti", ioctl(STDIN_FILENO, TIOCSTI, "x"));
	return (0);
}
