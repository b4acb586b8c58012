/*
 * A configuration file, read whole.  Parent process and praetord -n.
 */
#ifndef PRAETORD_LEX_FILE_H
#define PRAETORD_LEX_FILE_H

#include <stddef.h>
#include <sys/types.h>

struct lex_file {
	char	*data;		/* owned */
	size_t	 len;		/* bytes */
	dev_t	 dev;		/* which file it is; 0 for text that is none */
	ino_t	 ino;
};

/*
 * Read a file that may be trusted: regular, owned by root or by the caller,
 * writable by its owner only, at most 1 MiB.  0, or -1 with the reason and
 * its remedy in `why`.  lex_file_free() the result.
 */
int	 lex_file_read(const char *path, struct lex_file *file, char *why,
	    size_t size);
void	 lex_file_free(struct lex_file *file);

#endif
