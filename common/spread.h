/*
 * Directories whose entries come and go by the thousand.
 */
#ifndef COMMON_SPREAD_H
#define COMMON_SPREAD_H

/*
 * Ask the file system to keep what lies in each subdirectory of dirfd (made
 * from now on) apart from what lies in the others.  It is a hint, and only
 * ext4 takes it.
 */
void	 dir_spread(int dirfd);

#endif
