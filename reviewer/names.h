/*
 * Which names may stand in a tree and in a path of the reviewer's own.
 */
#ifndef REVIEWER_NAMES_H
#define REVIEWER_NAMES_H

#include <stddef.h>

#define DEPTH_MAX	64	/* directories within directories */
#define WALKED_PATH	4096	/* bytes of a path in a tree, with NUL */

/*
 * 1 when a file system somewhere would take the name for ".git": letters of
 * either case, trailing dots and blanks, a stream ("::$INDEX_ALLOCATION"),
 * the short name GIT~1, characters that HFS+ ignores, any of these after a
 * backslash.
 */
int	 name_is_dotgit(const char *name);

/*
 * NULL when the name may be made on disk from a tree, else why not: empty,
 * ".", "..", with a slash, longer than 255 bytes, or an alias of ".git".
 */
const char *name_refused(const char *name);

/*
 * As name_refused(), for a name that a session made: must also be UTF-8
 * without control characters, and must not lead elsewhere where a backslash
 * separates names or dots and blanks at the end do not count.
 */
const char *name_refused_new(const char *name);

/*
 * A name (of len bytes) as file systems see it that make the least difference:
 * without what HFS+ ignores and what NTFS cuts off, in lower case.  Writes at
 * most size bytes with a NUL; returns the length.  Never empty for a name that
 * is not.
 */
size_t	 name_canonical(char *out, size_t size, const char *name, size_t len);

/* 1 when a project's name is safe as a file name: [A-Za-z0-9][A-Za-z0-9._-]* */
int	 project_valid(const char *name);

/*
 * Append "/name" (or "name" to an empty path) to a path of *len bytes in a
 * buffer of WALKED_PATH.  0, or -1 when it does not fit.
 */
int	 path_push(char *path, size_t *len, const char *name);

#endif
