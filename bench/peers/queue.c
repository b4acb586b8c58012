/*
 * queue redis|beanstalkd SOCKET JOBS DEPTH: file and finish jobs of a queue
 * server, DEPTH at a time: that many are put, then taken, then finished, each
 * as one write of so many commands.  Prints jobs a second.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/rows.h"

#define ID	24

static FILE	*in, *out;
static char	 line[256];

static void
dial(const char *path)
{
	struct sockaddr_un	 sa = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (fd == -1 || connect(fd, (struct sockaddr *)&sa,
	    sizeof(sa)) == -1 || (in = fdopen(fd, "r")) == NULL ||
	    (out = fdopen(dup(fd), "w")) == NULL)
		err(1, "%s", path);
}

/* The next line, which must begin with a word. */
static void
expect(const char *word)
{
	if (fgets(line, sizeof(line), in) == NULL)
		errx(1, "the server closed");
	if (strncmp(line, word, strlen(word)) != 0)
		errx(1, "not %s but %s", word, line);
}

static void
redis(unsigned int n)
{
	unsigned int	 i;

	for (i = 0; i < n; i++)
		fputs("LPUSH jobs true\r\n", out);
	fflush(out);
	for (i = 0; i < n; i++)
		expect(":");
	for (i = 0; i < n; i++)
		fputs("RPOPLPUSH jobs doing\r\n", out);
	fflush(out);
	for (i = 0; i < n; i++) {
		expect("$4");
		expect("true");
	}
	for (i = 0; i < n; i++)
		fputs("LREM doing 1 true\r\n", out);
	fflush(out);
	for (i = 0; i < n; i++)
		expect(":1");
}

static void
beanstalkd(unsigned int n)
{
	char		 (*ids)[ID] = calloc(n, ID);
	unsigned int	 i;

	if (ids == NULL)
		err(1, "ids");
	for (i = 0; i < n; i++)
		fputs("put 0 0 60 4\r\ntrue\r\n", out);
	fflush(out);
	for (i = 0; i < n; i++)
		expect("INSERTED");
	for (i = 0; i < n; i++)
		fputs("reserve\r\n", out);
	fflush(out);
	for (i = 0; i < n; i++) {
		expect("RESERVED");
		snprintf(ids[i], ID, "%lu", strtoul(line + 9, NULL, 10));
		expect("true");
	}
	for (i = 0; i < n; i++)
		fprintf(out, "delete %s\r\n", ids[i]);
	fflush(out);
	for (i = 0; i < n; i++)
		expect("DELETED");
	free(ids);
}

int
main(int argc, char *argv[])
{
	unsigned int	 jobs, depth, i;
	double		 from;

	if (argc != 5)
		errx(2, "usage: queue redis|beanstalkd socket jobs depth");
	jobs = (unsigned int)atoi(argv[3]);
	depth = (unsigned int)atoi(argv[4]);
	dial(argv[2]);
	from = now_us();
	for (i = 0; i < jobs; i += depth) {
		if (strcmp(argv[1], "redis") == 0)
			redis(depth);
		else
			beanstalkd(depth);
	}
	printf("%.0f\n", (double)i * 1e6 / (now_us() - from));
	return (0);
}
