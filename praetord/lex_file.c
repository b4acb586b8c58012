/*
 * Reads one file of the configuration.  Parent process: what stands in the
 * file decides what root does, so the file must be such that nobody else
 * could have written it.  Checked on the open descriptor, not on the path.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "praetord/conf_parse.h"
#include "praetord/lex_file.h"

#define FILE_BYTES_MAX	(1024 * 1024)

static int
trusted(const struct stat *st, char *why, size_t size)
{
	why[0] = '\0';
	if (!S_ISREG(st->st_mode))
		snprintf(why, size, "is not a regular file");
	else if (st->st_uid != 0 && st->st_uid != geteuid())
		snprintf(why, size, "is owned by uid %u; chown it to root or "
		    "to uid %u, which reads it", (unsigned int)st->st_uid,
		    (unsigned int)geteuid());
	else if (st->st_mode & (S_IWGRP | S_IWOTH))
		snprintf(why, size, "may be written by others than its owner; "
		    "chmod go-w it");
	else if (st->st_size > FILE_BYTES_MAX)
		snprintf(why, size, "is longer than %d bytes", FILE_BYTES_MAX);
	return (why[0] == '\0' ? 0 : -1);
}

/* Up to the size it had when it was checked, and not one byte past it. */
static int
slurp(int fd, struct lex_file *file, size_t size)
{
	ssize_t	 n;

	file->data = conf_alloc(size + 1);
	while (file->len < size) {
		n = read(fd, file->data + file->len, size - file->len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		if (n == 0)
			break;
		file->len += (size_t)n;
	}
	return (0);
}

int
lex_file_read(const char *path, struct lex_file *file, char *why, size_t size)
{
	struct stat	 st;
	int		 fd, ret = -1;

	memset(file, 0, sizeof(*file));
	/* O_NONBLOCK: a FIFO must not keep the daemon from starting. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1 || fstat(fd, &st) == -1) {
		snprintf(why, size, "%s", strerror(errno));
		goto out;
	}
	if (trusted(&st, why, size) == -1)
		goto out;
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	if (slurp(fd, file, (size_t)st.st_size) == -1) {
		snprintf(why, size, "%s", strerror(errno));
		lex_file_free(file);
		goto out;
	}
	ret = 0;
out:
	if (fd != -1)
		close(fd);
	return (ret);
}

void
lex_file_free(struct lex_file *file)
{
	free(file->data);
	memset(file, 0, sizeof(*file));
}
