/*
 * Whose a repository on this host is.  The reviewer reads and writes every one
 * of them, so nobody may use it to get at another's by what his own holds.
 */
#ifndef REVIEWER_OWNER_H
#define REVIEWER_OWNER_H

struct outcome;
struct reviewer;

/*
 * Refuse a git directory that belongs to somebody else than root, the
 * reviewer's user or the owner of the directory of `repositories` that it is
 * in; whose parts are symbolic links; or whose objects are, at any distance,
 * borrowed from outside of `repositories` or from somebody else.  0 or PRA_E*
 * with o set.
 */
int	 owner_check(const struct reviewer *r, const char *gitdir,
	    struct outcome *o);

/* Refuse a ref ("refs/heads/main") whose file is behind a symbolic link. */
int	 owner_ref(const char *gitdir, const char *ref, struct outcome *o);

#endif
