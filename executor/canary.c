/*
 * praetor-canary: what a session must not be able to do, tried.  Run by the
 * parent's self-test at start (praetord/selftest.c), once outside, where
 * everything must succeed or the test would mean nothing, and once as a job
 * in a session, where nothing may.  It trusts its arguments, and its exit
 * status is its only answer.
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
#include <sys/un.h>

#include "executor/canary.h"

/* Through /proc too: the root of somebody outside would show the host. */
static int
can_read(const char *path)
{
	static const char *const from[] = { "", "/proc/1/root",
	    "/proc/self/root", "/workspace/.." };
	char	 full[4300], c;
	size_t	 i;
	int	 fd, got = 0;

	for (i = 0; i < sizeof(from) / sizeof(from[0]) && !got; i++) {
		snprintf(full, sizeof(full), "%s%s", from[i], path);
		if ((fd = open(full, O_RDONLY | O_CLOEXEC)) == -1)
			continue;
		got = read(fd, &c, 1) == 1;
		close(fd);
	}
	return (got);
}

static int
can_write(const char *path)
{
	int	 fd, put;

	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd == -1)
		return (0);
	put = write(fd, "x", 1) == 1;
	close(fd);
	return (put);
}

static int
can_connect(int family, const struct sockaddr *sa, socklen_t len)
{
	int	 fd, done;

	if ((fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return (0);
	done = connect(fd, sa, len) == 0;
	close(fd);
	return (done);
}

static int
can_reach_port(const char *port)
{
	struct sockaddr_in	 in = { .sin_family = AF_INET };

	in.sin_port = htons((uint16_t)atoi(port));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return (can_connect(AF_INET, (struct sockaddr *)&in, sizeof(in)));
}

/* "@name" is an abstract socket, anything else a path. */
static int
can_reach_unix(const char *name)
{
	struct sockaddr_un	 un = { .sun_family = AF_UNIX };
	size_t			 n = strlen(name);

	if (n >= sizeof(un.sun_path))
		return (0);
	memcpy(un.sun_path, name, n);
	if (name[0] == '@')
		un.sun_path[0] = '\0';
	return (can_connect(AF_UNIX, (struct sockaddr *)&un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)));
}

static const struct {
	char	 flag;
	int	 (*tried)(const char *);
	int	 bit;
} tries[] = {
	{ 'r', can_read, CANARY_READ },
	{ 'w', can_write, CANARY_WRITE },
	{ 't', can_reach_port, CANARY_TCP },
	{ 'u', can_reach_unix, CANARY_UNIX }
};

int
main(int argc, char *argv[])
{
	size_t	 i;
	int	 ch, bits = 0;

	while ((ch = getopt(argc, argv, "r:t:u:w:")) != -1) {
		for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
			if (tries[i].flag == ch)
				break;
		if (i == sizeof(tries) / sizeof(tries[0]))
			return (CANARY_VOID);
		if (tries[i].tried(optarg))
			bits |= tries[i].bit;
	}
	return (bits);
}
