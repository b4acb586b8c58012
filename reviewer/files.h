/*
 * Small file work of the reviewer beneath directories of its own.
 */
#ifndef REVIEWER_FILES_H
#define REVIEWER_FILES_H

#include <stddef.h>

#include "common/buf.h"

/*
 * Delete a name with everything beneath, without following links.  *budget
 * is how many entries may be deleted at most and is counted down: 0 done,
 * 1 out of budget (call again), -1 with errno.  A missing name is fine.
 */
int	 files_remove(int dirfd, const char *name, unsigned int *budget);

/* As files_remove() without a budget. */
int	 files_remove_all(int dirfd, const char *name);

/* Write a file as a whole: temporary name, optional sync, rename.  0, -1. */
int	 files_write(int dirfd, const char *name, const void *p, size_t n,
	    int sync);

/*
 * Read a file of at most `most` bytes, appended to b, with a NUL behind it
 * that is not counted.  0; -1 with errno (EFBIG when it is longer).
 */
int	 files_read(int dirfd, const char *name, size_t most, struct buf *b);

/* Copy a regular file's bytes to a new file.  0, or -1 with errno. */
int	 files_copy(int fromfd, const char *from, int tofd, const char *to);

/* Make (0755) and open a directory beneath.  The descriptor, or -1. */
int	 files_mkdir(int dirfd, const char *name);

/* Open a directory beneath, not through a link.  The descriptor, or -1. */
int	 files_opendir(int dirfd, const char *name);

#endif
