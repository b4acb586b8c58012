/*
 * The self-test's canaries on the host's side: a file that anybody may read,
 * a directory in which anybody may write, and three listeners.  Runs in the
 * self-test's child of the parent.  Ordinary permissions protect none of it:
 * only a sandbox that holds does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "executor/canary.h"
#include "praetord/selftest.h"

#define PROBE		"canary"	/* its name in the worktree */
#define PROBE_PATH	"review/trees/base/" PROBE

/* Made in order, removed in the other; -1: the parent's. */
static const struct {
	const char	*name;
	mode_t		 mode;
	int		 role;
} dirs[] = {
	{ "bait", 0777, -1 },
	{ "sessions", 0711, -1 }, { "sessions/.spare", 0700, -1 },
	{ "review", 0711, ROLE_REVIEWER },
	{ "review/trees", 0755, ROLE_REVIEWER },
	{ "review/trees/base", 0755, ROLE_REVIEWER }
};
#define NDIRS	(sizeof(dirs) / sizeof(dirs[0]))

static const char *const files[] = { PROBE_PATH, "bait/secret",
    "bait/drop", "bait/sock" };

/* Where nothing may be written from inside, whoever owns the bait. */
static const char *const fixed[] = { "/.praetor-canary",
    "/usr/.praetor-canary", "/etc/.praetor-canary", "/run/.praetor-canary" };

static int
fail(char *why, size_t size, const char *what)
{
	snprintf(why, size, "%s: %s", what, strerror(errno));
	return (-1);
}

static int
put(struct bait *b, const char *name, mode_t mode, const void *p, size_t n)
{
	int	 fd, r;

	fd = openat(b->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, mode);
	if (fd == -1)
		return (-1);
	r = write(fd, p, n) == (ssize_t)n ? fchmod(fd, mode) : -1;
	close(fd);
	return (r);
}

/* The program into the tree of the worktree: it has to be seen inside. */
static int
put_probe(struct bait *b)
{
	struct stat	 st;
	char		*text;
	int		 r = -1;

	if (fstat(b->canaryfd, &st) == -1 ||
	    (text = malloc((size_t)st.st_size + 1)) == NULL)
		return (-1);
	if (pread(b->canaryfd, text, (size_t)st.st_size, 0) == st.st_size)
		r = put(b, PROBE_PATH, 0555, text, (size_t)st.st_size);
	free(text);
	return (r);
}

static int
own(struct bait *b, const char *name, int role)
{
	if (b->conf->mode == MODE_USER)
		return (0);
	return (fchownat(b->dirfd, name, b->conf->uid[role],
	    b->conf->gid[role], AT_SYMLINK_NOFOLLOW));
}

static int
tree_make(struct bait *b)
{
	size_t	 i;

	for (i = 0; i < NDIRS; i++)
		if (mkdirat(b->dirfd, dirs[i].name, 0700) == -1 ||
		    fchmodat(b->dirfd, dirs[i].name, dirs[i].mode, 0) == -1)
			return (-1);
	if (put(b, "bait/secret", 0644, "canary\n", 7) == -1 ||
	    put_probe(b) == -1 || own(b, PROBE_PATH, ROLE_REVIEWER) == -1)
		return (-1);
	for (i = 0; i < NDIRS; i++)
		if (dirs[i].role != -1 &&
		    own(b, dirs[i].name, dirs[i].role) == -1)
			return (-1);
	return (0);
}

static int
listen_tcp(struct bait *b)
{
	struct sockaddr_in	 in = { .sin_family = AF_INET };
	socklen_t		 len = sizeof(in);
	int			 fd;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	b->listener[0] = fd;
	if (fd == -1 || bind(fd, (struct sockaddr *)&in, len) == -1 ||
	    listen(fd, 8) == -1 ||
	    getsockname(fd, (struct sockaddr *)&in, &len) == -1)
		return (-1);
	snprintf(b->port, sizeof(b->port), "%u", ntohs(in.sin_port));
	return (0);
}

static int
listen_unix(int *out, const char *name)
{
	struct sockaddr_un	 un = { .sun_family = AF_UNIX };
	size_t			 n = strlen(name);
	int			 fd;

	if (n >= sizeof(un.sun_path)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	memcpy(un.sun_path, name, n);
	if (name[0] == '@')
		un.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	*out = fd;
	if (fd == -1 || bind(fd, (struct sockaddr *)&un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) == -1 ||
	    listen(fd, 8) == -1)
		return (-1);
	return (0);
}

static int
listeners_open(struct bait *b)
{
	snprintf(b->abstract, sizeof(b->abstract), "@praetor-canary-%ld",
	    (long)getpid());
	/* By descriptor: a state directory may be named longer than 107. */
	snprintf(b->sock, sizeof(b->sock), "%s/bait/sock", b->dir);
	if (listen_tcp(b) == -1 ||
	    listen_unix(&b->listener[1], b->abstract) == -1)
		return (-1);
	if (strlen(b->sock) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		b->sock[0] = '\0';
		return (0);
	}
	if (listen_unix(&b->listener[2], b->sock) == -1)
		return (-1);
	return (chmod(b->sock, 0777));
}

/* Directories of the fixed names only: nothing else is ever made in there. */
static void
tree_clear(int dirfd)
{
	size_t	 i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlinkat(dirfd, files[i], 0);
	for (i = NDIRS; i > 0; i--)
		unlinkat(dirfd, dirs[i - 1].name, AT_REMOVEDIR);
}

int
bait_lay(struct bait *b, const struct conf *conf, char *why, size_t size)
{
	b->conf = conf;
	b->dirfd = b->listener[0] = b->listener[1] = b->listener[2] = -1;
	snprintf(b->dir, sizeof(b->dir), "%s", conf->state);
	snprintf(b->secret, sizeof(b->secret), "%s/bait/secret", b->dir);
	snprintf(b->drop, sizeof(b->drop), "%s/bait/drop", b->dir);
	if ((mkdir(b->dir, 0711) == -1 && errno != EEXIST) ||
	    (b->dirfd = open(b->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC)) == -1)
		return (fail(why, size, b->dir));
	tree_clear(b->dirfd);
	if (tree_make(b) == -1)
		return (fail(why, size, b->dir));
	if (listeners_open(b) == -1)
		return (fail(why, size, "listening"));
	return (0);
}

void
bait_clear(struct bait *b)
{
	int	 i;

	for (i = 0; i < 3; i++)
		if (b->listener[i] != -1)
			close(b->listener[i]);
	if (b->dirfd != -1) {
		tree_clear(b->dirfd);
		close(b->dirfd);
		rmdir(b->dir);
	}
}

static int
arg(const char **argv, int n, const char *flag, const char *value)
{
	argv[n++] = flag;
	argv[n++] = value;
	return (n);
}

void
bait_args(const struct bait *b, int inside, const char *argv[BAIT_ARGS])
{
	size_t	 i;
	int	 n = 0;

	argv[n++] = inside ? "/workspace/" PROBE : PROBE;
	n = arg(argv, n, "-r", b->secret);
	n = arg(argv, n, "-w", b->drop);
	n = arg(argv, n, "-t", b->port);
	n = arg(argv, n, "-u", b->abstract);
	if (b->sock[0] != '\0')
		n = arg(argv, n, "-u", b->sock);
	for (i = 0; inside && i < sizeof(fixed) / sizeof(fixed[0]); i++)
		n = arg(argv, n, "-w", fixed[i]);
	argv[n] = NULL;
}

/* execve(2) takes strings that it does not change. */
static void __attribute__((__noreturn__))
probe_exec(const struct bait *b)
{
	union { const char *in[BAIT_ARGS]; char *out[BAIT_ARGS]; } u;
	char	*none[] = { NULL };

	bait_args(b, 0, u.in);
	fexecve(b->canaryfd, u.out, none);
	_exit(CANARY_VOID);
}

int
bait_control(struct bait *b, char *why, size_t size)
{
	int	 i, fd, status;
	pid_t	 pid;

	if ((pid = fork()) == 0)
		probe_exec(b);
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return (fail(why, size, "control"));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != CANARY_ALL) {
		snprintf(why, size, "not even outside can the canaries be "
		    "had (status %#x): the test would mean nothing", status);
		return (-1);
	}
	for (i = 0; i < 3; i++)
		while ((fd = accept(b->listener[i], NULL, NULL)) != -1)
			close(fd);
	unlinkat(b->dirfd, "bait/drop", 0);
	return (0);
}

int
bait_taken(const struct bait *b)
{
	static const int	 bit[] = { CANARY_TCP, CANARY_UNIX,
				    CANARY_UNIX };
	struct stat		 st;
	int			 i, fd, bits = 0;
	size_t			 k;

	for (i = 0; i < 3; i++)
		if (b->listener[i] != -1 &&
		    (fd = accept(b->listener[i], NULL, NULL)) != -1) {
			close(fd);
			bits |= bit[i];
		}
	if (lstat(b->drop, &st) == 0)
		bits |= CANARY_WRITE;
	for (k = 0; k < sizeof(fixed) / sizeof(fixed[0]); k++)
		if (lstat(fixed[k], &st) == 0)
			bits |= CANARY_WRITE;
	return (bits);
}
