/*
 * The directories of sessions under <state>/sessions: made, shown to the
 * reviewer, deleted.
 */
#ifndef PRAETORD_SESSION_DIR_H
#define PRAETORD_SESSION_DIR_H

#include <stdint.h>
#include <sys/stat.h>

#include "praetord/conf.h"
#include "praetord/why.h"

#define SDIR_NAME_MAX	64

/*
 * A session with a copy has this file beside its upper directory.  It holds
 * one line once the copy is whole, the kernel's boot id and how many bytes
 * there are: before that, and after another boot, what is missing there may
 * never have been there.
 */
#define SDIR_WHOLE	"whole"
#define BOOT_SIZE	64

/* The boot id as the proc file system at `proc` tells it.  0 or -1. */
int	 boot_id(const char *proc, char id[BOOT_SIZE]);

/*
 * Is sessions/<n>/upper a copy, in which all that is not there was deleted?
 * 1, with the bytes of the copy; or 0, it is of an overlay, or missing; -1
 * with why: a copy that says nothing about what a job did.
 */
int	 sdir_whole(int statefd, uint64_t session, uint64_t *bytes,
	    struct why *why);

/*
 * Let the reviewer read a copy without an idmapped mount, which takes a walk
 * of it: to be called in a child, which ends as the job's user.  0 or -1.
 */
int	 sdir_show(int statefd, uint64_t session, struct why *why);

/*
 * Once at start: make sessions/.spare, and delete what an earlier parent
 * prepared and did not use.  0 or -1.
 */
int	 sdir_open(int statefd, struct why *why);

/*
 * A directory is made ahead, as sessions/.spare/<n>, and becomes sessions/<m>
 * when a session takes it: 0, or -1 (PRA_EEXISTS when that is there).  It is
 * taken by a descriptor of sessions, opened before, since what is mounted
 * there cannot be reached any more where the state directory is detached.
 */
void	 sdir_spare_name(char name[SDIR_NAME_MAX], uint64_t spare);
int	 sdir_sessions(int statefd, struct why *why);
int	 sdir_take(int sessions, uint64_t spare, uint64_t session,
	    struct why *why);

/* Delete one that no session took, if it is there; nothing ever ran in it. */
void	 sdir_spare_drop(int statefd, uint64_t spare);

/*
 * Open sessions/<n>/upper; sb says whose it is.  Descriptor or -1
 * (PRA_ENOTFOUND when there is none).
 */
int	 sdir_upper(int statefd, uint64_t session, struct stat *sb,
	    struct why *why);

/*
 * The same through a read-only mount of its own that shows the job's files as
 * the reviewer's: map is a user namespace.  A whole copy needs none, since
 * sdir_show() has opened it to all.  Takes fd; a descriptor or -1.
 */
int	 sdir_upper_show(int fd, int whole, int map, struct why *why);

/*
 * Delete sessions/<n> where nothing has to be searched: 0 when it is gone, -1
 * when something is left (PRA_ESYSTEM with why, unless it is sdir_clear()'s
 * to do), which is no error before sdir_clear() and one after it.
 */
int	 sdir_remove(int statefd, uint64_t session, struct why *why);
int	 sdir_remove_at(int statefd, const char *dir, struct why *why);

/*
 * Empty what a session left so that sdir_remove() can do the rest; to be
 * called in a child, which it leaves without privileges over what the job
 * made.  0 or -1.
 */
int	 sdir_clear(int statefd, uint64_t session, struct why *why);

/* 1 when a session has a directory. */
int	 sdir_there(int statefd, uint64_t session);

/* Call fn for each directory whose name is a session number.  0 or -1. */
int	 sdir_each(int statefd, void (*fn)(void *arg, uint64_t session),
	    void *arg);

#endif
