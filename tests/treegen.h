/*
 * Edits of directory trees, drawn from a source of numbers: what people and
 * hostile sessions do to files.  The same numbers make the same of two trees
 * that were the same before.
 */
#ifndef TESTS_TREEGEN_H
#define TESTS_TREEGEN_H

#include <stdint.h>

struct treegen {
	uint32_t	(*draw)(void *arg, uint32_t n);	/* below n */
	void		*arg;
	/* Also names of any bytes, kinds and marks that an import refuses. */
	int		 hostile;
	int		 alone;		/* no hard links */
};

/*
 * Do so many edits beneath a directory.  Files named .gitignore are left
 * alone.  An edit that cannot be done is none.
 */
void	 tree_edit(struct treegen *g, int rootfd, unsigned int edits);

/*
 * Hard links to some of the files, to be made last: what is written to one
 * later shows in the other or not, as the file system likes.
 */
void	 tree_links(struct treegen *g, int rootfd, unsigned int links);

/* Delete everything beneath a directory, whatever its modes. */
void	 tree_clear(int rootfd);

/*
 * As root: from now on the process and its children can change files beneath
 * `dir` and `also` (absolute paths; NULL: no other) only, by descriptors that
 * are opened from now on; everything else is mounted read-only, in a namespace
 * of its own.  Ends the program when that fails.  Nothing for other users.
 */
void	 tree_contain(const char *dir, const char *also);

#endif
