/*
 * File work beneath descriptors of directories.  Runs in the reviewer; what
 * it deletes was exported from repositories and may have any name.
 */
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reviewer/files.h"

int
files_opendir(int dirfd, const char *name)
{
	return (openat(dirfd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

int
files_mkdir(int dirfd, const char *name)
{
	if (mkdirat(dirfd, name, 0755) == -1 && errno != EEXIST)
		return (-1);
	return (files_opendir(dirfd, name));
}

/* Empty a directory; takes fd.  As files_remove(). */
static int
files_empty(int fd, unsigned int *budget)
{
	struct dirent	*de;
	DIR		*dir;
	int		 rc = 0;

	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return (-1);
	}
	while (rc == 0 && (de = readdir(dir)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		rc = files_remove(fd, de->d_name, budget);
	}
	closedir(dir);
	return (rc);
}

int
files_remove(int dirfd, const char *name, unsigned int *budget)
{
	int	 fd, rc;

	if (*budget == 0)
		return (1);
	(*budget)--;
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return (0);
	if (errno != EISDIR && errno != EPERM)
		return (-1);
	if ((fd = files_opendir(dirfd, name)) == -1)
		return (-1);
	if ((rc = files_empty(fd, budget)) != 0)
		return (rc);
	return (unlinkat(dirfd, name, AT_REMOVEDIR));
}

int
files_remove_all(int dirfd, const char *name)
{
	unsigned int	 budget = UINT_MAX;

	return (files_remove(dirfd, name, &budget));
}

static int
write_all(int fd, const char *p, size_t n)
{
	ssize_t	 k;

	while (n > 0) {
		if ((k = write(fd, p, n)) == -1) {
			if (errno == EINTR)
				continue;
			return (-1);
		}
		p += k;
		n -= (size_t)k;
	}
	return (0);
}

int
files_write(int dirfd, const char *name, const void *p, size_t n, int sync)
{
	char	 tmp[NAME_MAX + 1];
	int	 fd, rc;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.new", name) >=
	    sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	fd = openat(dirfd, tmp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1)
		return (-1);
	rc = write_all(fd, p, n);
	if (rc == 0 && sync)
		rc = fsync(fd);
	if (close(fd) == -1 || rc == -1 ||
	    renameat(dirfd, tmp, dirfd, name) == -1)
		return (-1);
	return (sync ? fsync(dirfd) : 0);
}

int
files_read(int dirfd, const char *name, size_t most, struct buf *b)
{
	char	 piece[4096];
	ssize_t	 n = -1;
	int	 fd, e;

	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return (-1);
	errno = 0;
	while (b->len <= most && (n = read(fd, piece, sizeof(piece))) > 0)
		if (buf_add(b, piece, (size_t)n) != 0) {
			errno = ENOMEM;
			n = -1;
			break;
		}
	e = n == -1 ? errno : b->len > most ? EFBIG : 0;
	close(fd);
	if (e == 0 && buf_str(b) == NULL)
		e = ENOMEM;
	errno = e;
	return (e == 0 ? 0 : -1);
}

int
files_copy(int fromfd, const char *from, int tofd, const char *to)
{
	char	 piece[65536];
	ssize_t	 n = -1;
	int	 a, b, rc = -1;

	a = openat(fromfd, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	b = a == -1 ? -1 : openat(tofd, to,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (b != -1) {
		while ((n = read(a, piece, sizeof(piece))) > 0)
			if (write_all(b, piece, (size_t)n) == -1)
				break;
		rc = n == 0 ? 0 : -1;
		if (close(b) == -1)
			rc = -1;
	}
	if (a != -1)
		close(a);
	return (rc);
}
