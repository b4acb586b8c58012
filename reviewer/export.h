/*
 * Files made from trees: raw in, raw out, no filter, no attribute.
 */
#ifndef REVIEWER_EXPORT_H
#define REVIEWER_EXPORT_H

#include <git2.h>

struct outcome;

/*
 * Every exported file has this modification time (seconds since 1970), so
 * that an index can know it without looking; older than anything that a
 * session makes.
 */
#define EXPORT_MTIME	1000000000

/*
 * Write into the empty directory dirfd what `to` has and `from` has not
 * (`from` NULL: all of it).  With `from` it is a layer for overlayfs mounted
 * with userxattr above `from`: deletions are whiteouts, directories that do
 * not merge are opaque.  Files 0644 or 0755, directories 0755, gitlinks are
 * empty directories.  0 or PRA_E* with o set (the directory is then rubbish).
 */
int	 export_tree(git_repository *repo, const git_oid *from,
	    const git_oid *to, int dirfd, struct outcome *o);

/*
 * How many files and directories export_tree() would make, counted up to
 * `most`: more comes back as most + 1.  -1 on an error, with o set.
 */
long	 export_count(git_repository *repo, const git_oid *from,
	    const git_oid *to, long most, struct outcome *o);

#endif
