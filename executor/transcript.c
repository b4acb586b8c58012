/*
 * The transcript.  Runs in the executor; the bytes are a job's and are only
 * stored and passed on.  The file outlives the engine, so that an engine that
 * was started again loses no line.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "executor/transcript.h"

int
transcript_begin(struct transcript *t, uint64_t limit)
{
	int	 fd = t->fd;

	memset(t, 0, sizeof(*t));
	t->fd = fd;
	t->limit = limit;
	return (ftruncate(fd, 0) == -1 ? errno : 0);
}

/* All or errno; what a short write left behind counts. */
static int
append(struct transcript *t, const char *p, size_t n)
{
	ssize_t	 k;

	while (n > 0) {
		if ((k = write(t->fd, p, n)) == -1) {
			if (errno == EINTR)
				continue;
			return (errno);
		}
		p += k;
		n -= (size_t)k;
		t->size += (uint64_t)k;
	}
	return (0);
}

/* On a line of its own, so that it cannot be taken for output. */
static void
marker(struct transcript *t, int error)
{
	char	 line[160], last = '\n';
	int	 n;

	t->full = 1;
	if (t->size > 0 && pread(t->fd, &last, 1, (off_t)t->size - 1) != 1)
		last = '\0';
	if (error == 0)
		n = snprintf(line, sizeof(line), "%s[praetor: output limit of "
		    "%llu bytes reached, the rest is not kept]\n",
		    last == '\n' ? "" : "\n", (unsigned long long)t->limit);
	else
		n = snprintf(line, sizeof(line), "%s[praetor: output cannot be "
		    "stored: %s, the rest is not kept]\n",
		    last == '\n' ? "" : "\n", strerror(error));
	(void)append(t, line, (size_t)n);
}

void
transcript_add(struct transcript *t, const void *p, size_t n)
{
	size_t	 keep = n;
	int	 e;

	t->printed += n;
	if (t->full)
		return;
	if (keep > t->limit - t->size)
		keep = (size_t)(t->limit - t->size);
	if ((e = append(t, p, keep)) != 0 || keep < n)
		marker(t, e);
}

size_t
transcript_next(struct transcript *t, void *p, uint64_t *offset)
{
	size_t	 n = CHUNK;
	ssize_t	 k;

	if (n > t->size - t->sent)
		n = (size_t)(t->size - t->sent);
	if (n > WINDOW - (t->sent - t->acked))
		n = (size_t)(WINDOW - (t->sent - t->acked));
	if (n == 0 || (k = pread(t->fd, p, n, (off_t)t->sent)) <= 0)
		return (0);
	*offset = t->sent;
	t->sent += (uint64_t)k;
	return ((size_t)k);
}

void
transcript_ack(struct transcript *t, uint64_t offset)
{
	if (offset > t->size)
		offset = t->size;
	if (offset < t->acked || offset > t->sent)
		t->sent = offset;
	t->acked = offset;
}

void
transcript_resend(struct transcript *t)
{
	t->sent = t->acked;
}

int
transcript_done(const struct transcript *t)
{
	return (t->acked == t->size);
}
