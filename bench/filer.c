/*
 * filer SOCKET PROJECT DIR: file.one and file.64, tasks filed through the
 * control socket of a daemon, each answered when it is on the disk; beside
 * SQLite alone in DIR, which writes an event and a row a task.
 * filer raw TASKS DIR: what SQLite alone does in one commit, in tasks/s.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <err.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/raw.h"
#include "bench/rows.h"
#include "common/imsg.h"
#include "common/proto.h"

#define CLIENTS		64
#define ROUNDS		10
#define SINGLES		100	/* of a round */
#define MANY		2560

struct client {
	struct imsgbuf	 ib;
	double		 asked;
};

static struct client	 clients[CLIENTS];
static char		 request[256];

static void
client_open(struct client *c, const char *path)
{
	struct sockaddr_un	 sa = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (fd == -1 ||
	    connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1)
		err(1, "%s", path);
	imsgbuf_init(&c->ib, fd);
}

static void
client_ask(struct client *c)
{
	struct imsg_hdr	 h = { .type = MSG_CTL_REQUEST, .id = 1 };

	h.len = (uint32_t)strlen(request);
	c->asked = now_us();
	if (imsg_compose(&c->ib, &h, request, -1) != 0 ||
	    imsgbuf_write(&c->ib) != 0)
		err(1, "request");
}

/* 1 when the answer is whole; its socket is readable. */
static int
client_read(struct client *c)
{
	struct imsg	 m;

	if (imsgbuf_read(&c->ib) != 1)
		errx(1, "the daemon closed a connection");
	while (imsg_next(&c->ib, &m) == 1) {
		if (m.hdr.type != MSG_CTL_DONE)
			continue;
		if (memmem(m.data, m.hdr.len, "\"ok\"", 4) == NULL)
			errx(1, "%.*s", (int)m.hdr.len, (const char *)m.data);
		return (1);
	}
	return (0);
}

/* n tasks by so many clients, each with one under way; tasks/s. */
static double
file_tasks(unsigned int nclients, unsigned int n, double *us)
{
	struct pollfd	 p[CLIENTS];
	double		 from = now_us();
	unsigned int	 i, sent = 0, done = 0;

	for (i = 0; i < nclients; i++, sent++) {
		p[i].fd = clients[i].ib.fd;
		p[i].events = POLLIN;
		client_ask(&clients[i]);
	}
	while (done < n) {
		if (poll(p, nclients, -1) == -1)
			err(1, "poll");
		for (i = 0; i < nclients; i++) {
			if (p[i].revents == 0 || !client_read(&clients[i]))
				continue;
			us[done++] = now_us() - clients[i].asked;
			if (sent++ < n)
				client_ask(&clients[i]);
		}
	}
	return ((double)n * 1e6 / (now_us() - from));
}

static double
raw_tasks(struct raw *raw, unsigned int group, unsigned int n, double *us)
{
	double		 from = now_us(), begun;
	unsigned int	 i, j;

	for (i = 0; i < n; i += group) {
		begun = now_us();
		raw_commit(raw, group, 1);
		for (j = 0; us != NULL && j < group; j++)
			us[i + j] = now_us() - begun;
	}
	return ((double)n * 1e6 / (now_us() - from));
}

static void
rows_of(struct raw *raw, const char *name, unsigned int nclients,
    unsigned int n)
{
	static double	 us[ROUNDS * MANY], raw_us[ROUNDS * MANY];
	double		 ours[ROUNDS], theirs[ROUNDS];
	char		 text[32], against[96];
	unsigned int	 i;

	for (i = 0; i < ROUNDS; i++) {
		ours[i] = file_tasks(nclients, n, us + i * n);
		theirs[i] = raw_tasks(raw, nclients, n, raw_us + i * n);
	}
	snprintf(against, sizeof(against), "SQLite alone, %u a commit",
	    nclients);
	row(name, "tasks/s", ours, ROUNDS, against, theirs);
	snprintf(text, sizeof(text), "%s.latency", name);
	row(text, "us", us, (int)(ROUNDS * n), against, raw_us);
}

int
main(int argc, char *argv[])
{
	struct raw	*raw;
	int		 i;

	if (argc != 4)
		errx(2, "usage: filer socket project dir, filer raw n dir");
	raw = raw_open(argv[3]);
	if (strcmp(argv[1], "raw") == 0) {
		printf("%.0f\n", raw_tasks(raw, (unsigned int)atoi(argv[2]),
		    (unsigned int)atoi(argv[2]), NULL));
		raw_close(raw);
		return (0);
	}
	snprintf(request, sizeof(request), "{\"command\":\"task.create\","
	    "\"args\":{\"project\":\"%s\",\"run\":\"true\"}}", argv[2]);
	for (i = 0; i < CLIENTS; i++)
		client_open(&clients[i], argv[1]);
	rows_of(raw, "file.one", 1, SINGLES);
	rows_of(raw, "file.64", CLIENTS, MANY);
	raw_close(raw);
	return (0);
}
