/*
 * For bench/egress.sh: a server, and a client that reaches it directly or by
 * the session's proxy.  Runs on the host and, as a file of the project, inside
 * a session.
 *
 *	egress serve PORT
 *	egress connect PORT N [proxy]	a line each: microseconds to one answer
 *	egress bytes PORT MIB [proxy]	one line: MiB/s
 */
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PROXY	3128
#define PIECE	(1024 * 1024)

static double
now(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static void
address(struct sockaddr_in *sin, int port)
{
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_port = htons((uint16_t)port);
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

/* One number of MiB to send; 0 is a single byte. */
static void
serve_one(int fd)
{
	static char	 zeros[PIECE];
	uint32_t	 n;

	if (read(fd, &n, sizeof(n)) != sizeof(n))
		return;
	if (n == 0 && write(fd, zeros, 1) != 1)
		return;
	for (; n > 0; n--)
		if (send(fd, zeros, sizeof(zeros), MSG_NOSIGNAL) !=
		    (ssize_t)sizeof(zeros))
			return;
}

static void __attribute__((__noreturn__))
serve(int port)
{
	struct sockaddr_in	 sin;
	int			 fd, one, on = 1;

	address(&sin, port);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const void *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, 128) == -1)
		err(1, "port %d", port);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		if ((one = accept(fd, NULL, NULL)) == -1)
			err(1, "accept");
		serve_one(one);
		close(one);
	}
}

/* Connected to the server, whichever way. */
static int
reach(int port, int proxy)
{
	struct sockaddr_in	 sin;
	char			 text[256];
	int			 fd, on = 1, n;

	address(&sin, proxy ? PROXY : port);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (const void *)&sin, sizeof(sin)) == -1)
		err(1, "connect");
	if (!proxy)
		return (fd);
	n = snprintf(text, sizeof(text), "CONNECT 127.0.0.1:%d HTTP/1.1\r\n"
	    "Host: 127.0.0.1:%d\r\n\r\n", port, port);
	if (write(fd, text, (size_t)n) != n)
		err(1, "proxy");
	n = (int)read(fd, text, sizeof(text));
	if (n < 12 || memcmp(text + 9, "200", 3) != 0)
		errx(1, "proxy: %.*s", n, text);
	return (fd);
}

static uint64_t
ask(int fd, uint32_t mib)
{
	static char	 buf[PIECE];
	uint64_t	 sum = 0;
	ssize_t		 n;

	if (write(fd, &mib, sizeof(mib)) != sizeof(mib))
		err(1, "write");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		sum += (uint64_t)n;
	close(fd);
	return (sum);
}

int
main(int argc, char *argv[])
{
	int	 port, n, i, proxy;
	double	 start;

	signal(SIGPIPE, SIG_IGN);
	if (argc < 3)
		errx(2, "usage: egress serve|connect|bytes PORT [N [proxy]]");
	port = atoi(argv[2]);
	if (strcmp(argv[1], "serve") == 0)
		serve(port);
	n = argc > 3 ? atoi(argv[3]) : 1;
	proxy = argc > 4;
	if (strcmp(argv[1], "connect") == 0)
		for (i = 0; i < n; i++) {
			start = now();
			if (ask(reach(port, proxy), 0) != 1)
				errx(1, "no answer");
			printf("%.1f\n", (now() - start) * 1e6);
		}
	if (strcmp(argv[1], "bytes") == 0) {
		start = now();
		if (ask(reach(port, proxy), (uint32_t)n) !=
		    (uint64_t)n * PIECE)
			errx(1, "not all of it");
		printf("%.1f\n", n / (now() - start));
	}
	return (0);
}
