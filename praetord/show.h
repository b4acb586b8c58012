/*
 * What a job left, made readable for the reviewer without an idmapped mount.
 */
#ifndef PRAETORD_SHOW_H
#define PRAETORD_SHOW_H

/*
 * Let others read what its owner can read, in a directory and all beneath it
 * but its .git.  To be called as the owner.  Stops without an error where an
 * import stops: too deep, too many names.  0, or -1 with errno.
 */
int	 show_tree(int fd);

#endif
