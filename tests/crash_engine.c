/*
 * Linked into the engine that tests stop, and into nothing that is installed:
 * it ends itself with SIGKILL at a boundary or within a write, its writes and
 * syncs fail, its wall clock jumps.  The functions of the C library that are
 * defined here are in front of the library's for SQLite too.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/crash_page.h"

/* Test program only: callers of the C library have no argument of ours. */
static struct crash_page	*page;

static void __attribute__((__constructor__))
page_open(void)
{
	const char	*path = getenv("PRAETOR_CRASH");
	void		*p;
	int		 fd;

	if (path == NULL || (fd = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return;
	p = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	close(fd);
	if (p != MAP_FAILED)
		page = p;
}

static void
stop(void)
{
	page->stopped = 1;
	raise(SIGKILL);
	abort();
}

void
crash_at(int point)
{
	if (page != NULL && ++page->passed[point] == page->passage &&
	    (int)page->point == point)
		stop();
}

/* Whether this call is to fail; half of it is written when it is the last. */
static int
fault(int kind, int fd, const void *p, size_t n, off_t at)
{
	if (page == NULL)
		return (0);
	if (++page->calls == page->stop) {
		if (n > 1)
			(void)syscall(SYS_pwrite64, fd, p, n / 2, at);
		stop();
	}
	if (page->error == 0 || (page->kinds & (unsigned int)kind) == 0 ||
	    page->calls < page->first || page->calls > page->last)
		return (0);
	page->failed++;
	errno = page->error;
	return (1);
}

ssize_t	 pwrite64(int, const void *, size_t, off64_t);

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return (fault(FAULT_WRITE, fd, p, n, at) ? -1 :
	    syscall(SYS_pwrite64, fd, p, n, at));
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return (pwrite(fd, p, n, at));
}

int
fsync(int fd)
{
	return (fault(FAULT_SYNC, fd, NULL, 0, 0) ? -1 :
	    (int)syscall(SYS_fsync, fd));
}

int
fdatasync(int fd)
{
	return (fault(FAULT_SYNC, fd, NULL, 0, 0) ? -1 :
	    (int)syscall(SYS_fdatasync, fd));
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int	 r = (int)syscall(SYS_clock_gettime, id, ts);
	int64_t	 us;

	if (r == 0 && id == CLOCK_REALTIME && page != NULL) {
		us = (int64_t)ts->tv_sec * 1000000 + ts->tv_nsec / 1000 +
		    page->clock;
		ts->tv_sec = us / 1000000;
		ts->tv_nsec = us % 1000000 * 1000;
	}
	return (r);
}
