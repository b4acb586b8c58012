/*
 * The canaries of the escape suite, on the host: whether one was touched
 * decides if something got out, whatever errno it saw.
 *
 *	keeper keep DIR [UID...]	make them, print parameters, then
 *					answer "check" and "end" on input
 *	keeper exec PARAMS COMMAND...	run it with what must not be inherited:
 *					a terminal, keys, secrets, descriptors
 *	keeper share DIR PROBE		what a directory that jobs see may hold
 *	keeper without NUMBER COMMAND...	run it on a kernel that lacks a call
 *
 * Everything is open to everybody: only a sandbox keeps jobs away.  UIDs are
 * those of jobs; there is a canary process of each.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#define TEXT	"untouched\n"
#define UIDS	64
#define EXTRA	50		/* descriptors that must not be inherited */

enum { L_TCP, L_UDP, L_ABSTRACT, L_PATH, L_VSOCK, L_MAX };

static const char *const listeners[L_MAX] = { "tcp", "udp", "abstract",
    "socket", "vsock" };

struct keeper {
	const char	*dir;
	int		 key;		/* System V, and part of other names */
	long		 own;		/* what it added to the user's keyring */
	int		 dirfd;
	int		 fd[L_MAX];
	int		 touched[L_MAX];
	int		 shm, msg, sem;
	mqd_t		 mq;
	char		 mqname[64];
	int		 master, slave;	/* of the terminal */
	int		 proc[UIDS];	/* what canary processes say */
	pid_t		 pid[UIDS];
	size_t		 nproc;
	int		 signalled;
	struct stat	 file;
};

static void
file_make(struct keeper *k)
{
	int	 fd;

	if ((k->dirfd = open(k->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ==
	    -1)
		err(1, "%s", k->dir);
	fd = openat(k->dirfd, "file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0666);
	if (fd == -1 || write(fd, TEXT, strlen(TEXT)) == -1 ||
	    fstat(fd, &k->file) == -1)
		err(1, "file");
	close(fd);
}

/* Not a byte, a time, a mode, an owner or an attribute may differ. */
static int
file_intact(const struct keeper *k)
{
	struct stat	 sb;
	char		 buf[64] = "", path[512];
	int		 fd = openat(k->dirfd, "file", O_RDONLY | O_CLOEXEC);

	snprintf(path, sizeof(path), "%s/file", k->dir);
	if (fd == -1 || fstat(fd, &sb) == -1 ||
	    read(fd, buf, sizeof(buf) - 1) == -1)
		return (0);
	close(fd);
	return (strcmp(buf, TEXT) == 0 && sb.st_mode == k->file.st_mode &&
	    sb.st_uid == k->file.st_uid && sb.st_nlink == 1 &&
	    sb.st_mtim.tv_nsec == k->file.st_mtim.tv_nsec &&
	    sb.st_mtim.tv_sec == k->file.st_mtim.tv_sec &&
	    listxattr(path, buf, sizeof(buf)) <= 0);
}

static int
bound(int family, int type, const struct sockaddr *sa, socklen_t len)
{
	int	 s = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (s == -1 || bind(s, sa, len) == -1 ||
	    (type == SOCK_STREAM && listen(s, 16) == -1)) {
		if (s != -1)
			close(s);
		return (-1);
	}
	return (s);
}

static int
port_of(int s)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);

	if (getsockname(s, (struct sockaddr *)&sin, &len) == -1)
		err(1, "getsockname");
	return (ntohs(sin.sin_port));
}

static void
sockets_make(struct keeper *k)
{
	struct sockaddr_in6	 any = { .sin6_family = AF_INET6 };
	struct sockaddr_in	 any4 = { .sin_family = AF_INET };
	struct sockaddr_vm	 vm = { .svm_family = AF_VSOCK,
	    .svm_cid = VMADDR_CID_ANY, .svm_port = 5000 };
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 n;

	/* Both families, or the old one where there is no other. */
	k->fd[L_TCP] = bound(AF_INET6, SOCK_STREAM, (struct sockaddr *)&any,
	    sizeof(any));
	if (k->fd[L_TCP] == -1)
		k->fd[L_TCP] = bound(AF_INET, SOCK_STREAM,
		    (struct sockaddr *)&any4, sizeof(any4));
	k->fd[L_UDP] = bound(AF_INET, SOCK_DGRAM, (struct sockaddr *)&any4,
	    sizeof(any4));
	n = snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1,
	    "praetor-canary-%d", k->key);
	k->fd[L_ABSTRACT] = bound(AF_UNIX, SOCK_STREAM,
	    (struct sockaddr *)&sun, (socklen_t)(offsetof(struct sockaddr_un,
	    sun_path) + 1 + (size_t)n));
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/sock", k->dir);
	k->fd[L_PATH] = bound(AF_UNIX, SOCK_STREAM, (struct sockaddr *)&sun,
	    sizeof(sun));
	k->fd[L_VSOCK] = bound(AF_VSOCK, SOCK_STREAM, (struct sockaddr *)&vm,
	    sizeof(vm));
	if (k->fd[L_TCP] == -1 || k->fd[L_UDP] == -1 ||
	    k->fd[L_ABSTRACT] == -1 || k->fd[L_PATH] == -1)
		err(1, "listeners");
}

static void
ipc_make(struct keeper *k)
{
	char	*p;

	k->shm = shmget(k->key, 4096, IPC_CREAT | IPC_EXCL | 0666);
	k->msg = msgget(k->key, IPC_CREAT | IPC_EXCL | 0666);
	k->sem = semget(k->key, 1, IPC_CREAT | IPC_EXCL | 0666);
	snprintf(k->mqname, sizeof(k->mqname), "/praetor-canary-%d", k->key);
	k->mq = mq_open(k->mqname, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK,
	    0666, NULL);
	if (k->shm == -1 || k->msg == -1 || k->sem == -1 || k->mq == -1 ||
	    (p = shmat(k->shm, NULL, 0)) == (char *)-1)
		err(1, "System V or POSIX objects");
	snprintf(p, 4096, "%s", TEXT);
	shmdt(p);
}

static int
shm_intact(const struct keeper *k)
{
	struct shmid_ds	 ds;
	char		*p = shmat(k->shm, NULL, SHM_RDONLY);
	int		 ok;

	if (p == (char *)-1 || shmctl(k->shm, IPC_STAT, &ds) == -1)
		return (0);
	ok = strcmp(p, TEXT) == 0 && ds.shm_lpid == getpid();
	shmdt(p);
	return (ok);
}

static int
msg_intact(const struct keeper *k)
{
	struct msqid_ds	 ds;

	return (msgctl(k->msg, IPC_STAT, &ds) == 0 && ds.msg_qnum == 0);
}

static int
mq_intact(const struct keeper *k)
{
	struct mq_attr	 a;

	return (mq_getattr(k->mq, &a) == 0 && a.mq_curmsgs == 0);
}

/* Says each signal that it gets by a byte; its death closes the pipe. */
static void __attribute__((__noreturn__))
canary_process(int fd)
{
	sigset_t	 all;
	int		 sig;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	for (;;)
		if (sigwait(&all, &sig) == 0 && write(fd, "!", 1) != 1)
			_exit(0);
}

static void
process_make(struct keeper *k, uid_t uid)
{
	int	 p[2];
	pid_t	 pid;

	if (k->nproc == UIDS || pipe2(p, O_CLOEXEC | O_NONBLOCK) == -1 ||
	    (pid = fork()) == -1)
		err(1, "canary process");
	if (pid == 0) {
		if (uid != getuid() && (setresgid(uid, uid, uid) == -1 ||
		    setresuid(uid, uid, uid) == -1))
			err(1, "canary process");
		canary_process(p[1]);
	}
	close(p[1]);
	k->pid[k->nproc] = pid;
	k->proc[k->nproc++] = p[0];
}

/* One that was stopped, or had no time, has not said so yet. */
static int
process_waits(pid_t pid)
{
	unsigned long	 pending;
	char		 path[64], line[128];
	FILE		*f;
	int		 r = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if ((f = fopen(path, "re")) == NULL)
		return (1);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "State:\tT", 8) == 0 ||
		    strncmp(line, "State:\tt", 8) == 0 ||
		    ((sscanf(line, "SigPnd: %lx", &pending) == 1 ||
		    sscanf(line, "ShdPnd: %lx", &pending) == 1) &&
		    pending != 0))
			r = 1;
	fclose(f);
	return (r);
}

static int
process_intact(struct keeper *k)
{
	char	 c;
	size_t	 i;

	for (i = 0; i < k->nproc; i++)
		if (read(k->proc[i], &c, 1) != -1 || process_waits(k->pid[i]))
			k->signalled = 1;
	return (!k->signalled);
}

static void
terminal_make(struct keeper *k)
{
	struct termios	 t;
	int		 zero = 0;

	k->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC |
	    O_NONBLOCK);
	if (k->master == -1 || ioctl(k->master, TIOCSPTLCK, &zero) == -1 ||
	    (k->slave = open(ptsname(k->master), O_RDWR | O_NOCTTY |
	    O_CLOEXEC)) == -1 || tcgetattr(k->slave, &t) == -1)
		err(1, "terminal");
	cfmakeraw(&t);
	if (tcsetattr(k->slave, TCSANOW, &t) == -1 ||
	    fchmod(k->slave, 0666) == -1)
		err(1, "terminal");
}

static int
terminal_intact(const struct keeper *k)
{
	char	 c;
	int	 n = 0;

	return (ioctl(k->slave, FIONREAD, &n) == 0 && n == 0 &&
	    read(k->master, &c, 1) == -1 && errno == EAGAIN);
}

/*
 * A user's keyring outlives the user's processes, and its quota is 200 keys:
 * one that stays behind at each run would stop that user's daemons some day.
 * Where a keeper is killed, an hour ends it.
 */
static void
key_make(struct keeper *k)
{
	char	 name[64];

	snprintf(name, sizeof(name), "praetor-canary-%d", k->key);
	k->own = syscall(SYS_add_key, "user", name, TEXT, strlen(TEXT),
	    KEY_SPEC_USER_KEYRING);
	if (k->own != -1)
		(void)syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, k->own, 3600);
}

/* An address that is not loopback, as jobs must not reach it. */
static void
address_print(int family, const char *name)
{
	struct ifaddrs	*list, *i;
	char		 host[NI_MAXHOST];

	if (getifaddrs(&list) == -1)
		return;
	for (i = list; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL || (i->ifa_flags & IFF_LOOPBACK) ||
		    i->ifa_addr->sa_family != family || getnameinfo(
		    i->ifa_addr, family == AF_INET ?
		    sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6),
		    host, sizeof(host), NULL, 0, NI_NUMERICHOST) != 0 ||
		    strchr(host, '%') != NULL)
			continue;
		printf("%s %s\n", name, host);
		break;
	}
	freeifaddrs(list);
}

/* A secret that is new each time; given out with its bits flipped. */
static void
token_make(const struct keeper *k)
{
	unsigned char	 raw[12];
	char		 token[32], path[512];
	size_t		 i;
	FILE		*f;

	if (getentropy(raw, sizeof(raw)) == -1)
		err(1, "getentropy");
	for (i = 0; i < sizeof(raw); i++)
		snprintf(token + 2 * i, 3, "%02x", raw[i]);
	snprintf(path, sizeof(path), "%s/token", k->dir);
	if ((f = fopen(path, "we")) == NULL ||
	    fprintf(f, "%s\n", token) < 0 || fclose(f) != 0)
		err(1, "%s", path);
	printf("tokenx ");
	for (i = 0; token[i] != '\0'; i++)
		printf("%02x", (unsigned char)token[i] ^ 0x55);
	printf("\n");
}

static void
parameters_print(const struct keeper *k)
{
	printf("dir %s\npid %d\nkey %d\n", k->dir, k->pid[0], k->key);
	printf("tcp %d\nudp %d\nudphex %04X\n", port_of(k->fd[L_TCP]),
	    port_of(k->fd[L_UDP]), port_of(k->fd[L_UDP]));
	printf("abstract praetor-canary-%d\nkeyname praetor-canary-%d\n"
	    "mq %s\ntty %s\n", k->key, k->key, k->mqname, ptsname(k->master));
	address_print(AF_INET, "ip");
	address_print(AF_INET6, "ip6");
	token_make(k);
	printf("ready\n");
	fflush(stdout);
}

static void
listeners_look(struct keeper *k)
{
	char	 buf[64];
	int	 i;

	for (i = 0; i < L_MAX; i++) {
		if (k->fd[i] == -1)
			continue;
		if (i == L_UDP ? recv(k->fd[i], buf, sizeof(buf), 0) != -1 :
		    accept4(k->fd[i], NULL, NULL, SOCK_CLOEXEC) != -1)
			k->touched[i] = 1;
	}
}

static void
tell(const char *name, int intact)
{
	printf("%s %s\n", name, intact ? "intact" : "touched");
}

static void
check(struct keeper *k)
{
	int	 i;

	listeners_look(k);
	tell("file", file_intact(k));
	for (i = 0; i < L_MAX; i++)
		if (k->fd[i] != -1)
			tell(listeners[i], !k->touched[i]);
	tell("shm", shm_intact(k));
	tell("msg", msg_intact(k));
	tell("sem", semctl(k->sem, 0, GETVAL) == 0);
	tell("mq", mq_intact(k));
	tell("process", process_intact(k));
	tell("terminal", terminal_intact(k));
	printf("checked\n");
	fflush(stdout);
}

static void
forget(struct keeper *k)
{
	size_t	 i;

	shmctl(k->shm, IPC_RMID, NULL);
	msgctl(k->msg, IPC_RMID, NULL);
	semctl(k->sem, 0, IPC_RMID);
	mq_close(k->mq);
	mq_unlink(k->mqname);
	if (k->own != -1)
		(void)syscall(SYS_keyctl, KEYCTL_UNLINK, k->own,
		    KEY_SPEC_USER_KEYRING);
	for (i = 0; i < k->nproc; i++)
		kill(k->pid[i], SIGKILL);
}

static int
keep(int argc, char **argv)
{
	struct keeper	 k = { .dir = argv[0] };
	char		 line[64];
	int		 i;

	umask(0);
	k.key = getpid() + 1000000;
	file_make(&k);
	sockets_make(&k);
	ipc_make(&k);
	for (i = 1; i < argc; i++)
		process_make(&k, (uid_t)strtoul(argv[i], NULL, 10));
	if (k.nproc == 0)
		process_make(&k, getuid());
	terminal_make(&k);
	key_make(&k);
	parameters_print(&k);
	while (fgets(line, sizeof(line), stdin) != NULL)
		if (strcmp(line, "check\n") == 0)
			check(&k);
		else if (strcmp(line, "end\n") == 0)
			break;
	forget(&k);
	return (0);
}

/* One of the lines that keep() printed. */
static void
parameter(const char *file, const char *name, char *value, size_t size)
{
	char	 line[512];
	size_t	 n = strlen(name);
	FILE	*f = fopen(file, "re");

	value[0] = '\0';
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, n) == 0 && line[n] == ' ') {
			line[strcspn(line, "\n")] = '\0';
			snprintf(value, size, "%s", line + n + 1);
		}
	if (f != NULL)
		fclose(f);
}

/* Keys that a session would find, were it not for its filter. */
static void
keys_join(const char *name)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) == -1)
		return;
	(void)syscall(SYS_add_key, "user", name, TEXT, strlen(TEXT),
	    KEY_SPEC_SESSION_KEYRING);
	(void)syscall(SYS_keyctl, KEYCTL_LINK, KEY_SPEC_USER_KEYRING,
	    KEY_SPEC_SESSION_KEYRING);
}

static void
extra_open(const char *dir)
{
	int	 i, fd;

	for (i = 0; i < EXTRA; i++) {
		fd = i % 3 == 0 ? open("/", O_RDONLY | O_DIRECTORY) :
		    i % 3 == 1 ? open(dir, O_RDONLY | O_DIRECTORY) :
		    socket(AF_INET, SOCK_DGRAM, 0);
		if (fd == -1)
			warn("extra descriptors");
	}
}

static void
secrets_set(const char *dir)
{
	char	 path[512], token[64] = "", text[128];
	FILE	*f;

	snprintf(path, sizeof(path), "%s/token", dir);
	if ((f = fopen(path, "re")) == NULL ||
	    fgets(token, sizeof(token), f) == NULL)
		err(1, "%s", path);
	fclose(f);
	token[strcspn(token, "\n")] = '\0';
	setenv("SECRET_TOKEN", token, 1);
	snprintf(text, sizeof(text), "key-%s", token);
	setenv("AWS_SECRET_ACCESS_KEY", text, 1);
	setenv("SSH_AUTH_SOCK", "/run/agent.sock", 1);
	setenv("GIT_DIR", "/nowhere", 1);
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/bus", 1);
	setenv("BASH_ENV", "/nowhere/rc", 1);
	setenv("NODE_OPTIONS", "--require=/nowhere.js", 1);
	setenv("PYTHONSTARTUP", "/nowhere.py", 1);
}

static int
with(int argc, char **argv)
{
	char	 tty[64], name[128], dir[512];
	int	 fd;

	if (argc < 2)
		return (2);
	parameter(argv[0], "tty", tty, sizeof(tty));
	parameter(argv[0], "keyname", name, sizeof(name));
	parameter(argv[0], "dir", dir, sizeof(dir));
	setsid();
	if ((fd = open(tty, O_RDWR)) == -1)
		err(1, "%s", tty);
	(void)ioctl(fd, TIOCSCTTY, 0);
	dup2(fd, STDIN_FILENO);
	keys_join(name);
	extra_open(dir);
	secrets_set(dir);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	execvp(argv[1], argv + 1);
	err(1, "%s", argv[1]);
}

static void
copy(const char *dir, const char *name, const char *from, mode_t mode)
{
	char	 buf[65536];
	ssize_t	 n;
	int	 in = open(from, O_RDONLY | O_CLOEXEC), d, out;

	d = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	out = openat(d, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0700);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			err(1, "%s", name);
	if (in == -1 || out == -1 || fchmod(out, mode) == -1)
		err(1, "%s/%s", dir, name);
	close(out);
	close(d);
}

/* Not all of it is possible for an ordinary user. */
static int
share(int argc, char **argv)
{
	/* VFS_CAP_REVISION_2 with the effective bit; CAP_NET_RAW */
	static const unsigned char	 caps[20] = { 1, 0, 0, 2, 0, 0x20 };
	char				 path[512];

	if (argc != 2)
		return (2);
	umask(0);
	copy(argv[0], "suid-root", argv[1], 06755);
	copy(argv[0], "file-caps", argv[1], 0755);
	snprintf(path, sizeof(path), "%s/file-caps", argv[0]);
	if (setxattr(path, "security.capability", caps, sizeof(caps), 0) == -1)
		warn("%s", path);
	snprintf(path, sizeof(path), "%s/fifo", argv[0]);
	if (mkfifo(path, 0666) == -1)
		err(1, "%s", path);
	snprintf(path, sizeof(path), "%s/null", argv[0]);
	if (mknod(path, S_IFCHR | 0666, makedev(1, 3)) == -1)
		warn("%s", path);
	return (0);
}

/* ENOSYS to it and to all that it starts. */
static int
without(int argc, char **argv)
{
	struct sock_filter	 f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(
		    struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    (uint32_t)atoi(argv[0]), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};
	struct sock_fprog	 prog = { sizeof(f) / sizeof(f[0]), f };

	if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == -1)
		err(2, "without");
	execvp(argv[1], argv + 1);
	err(2, "%s", argv[1]);
}

int
main(int argc, char *argv[])
{
	if (argc > 2 && strcmp(argv[1], "keep") == 0)
		return (keep(argc - 2, argv + 2));
	if (argc > 2 && strcmp(argv[1], "exec") == 0)
		return (with(argc - 2, argv + 2));
	if (argc > 2 && strcmp(argv[1], "share") == 0)
		return (share(argc - 2, argv + 2));
	if (argc > 3 && strcmp(argv[1], "without") == 0)
		return (without(argc - 2, argv + 2));
	fprintf(stderr, "usage: keeper keep|exec|share|without ...\n");
	return (2);
}
