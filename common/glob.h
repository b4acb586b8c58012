/*
 * Patterns for paths within a repository, in the manner of .gitignore:
 *
 *	name		this name in any directory
 *	dir/name	this path from the top
 *	dir/		the directory, and everything beneath it; also dir and
 *	dir/...		with "**" as the last part
 *	*, ?		within one name; "**" as a name stands for any number
 *			of directories
 *
 * There are no character classes and no escapes.
 */
#ifndef COMMON_GLOB_H
#define COMMON_GLOB_H

#define GLOB_FOLD	1	/* ASCII letters of either case are the same */
#define GLOB_ABOVE	2	/* also a path above something that matches */

#define GLOB_MAX	1024	/* bytes of a pattern */

/*
 * 1 when a path (no '/' at either end) matches.  GLOB_ABOVE is for what stands
 * where a directory could be, such as a symbolic link, and only looks at
 * patterns that begin at the top.  The time is bounded by the product of the
 * lengths.
 */
int	 glob_match(const char *pattern, const char *path, int flags);

/* NULL, or why a text is no pattern. */
const char *glob_refused(const char *pattern);

#endif
