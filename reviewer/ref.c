/*
 * The compare-and-swap of a ref in a user's repository.  Runs in the
 * reviewer.  The repository's owner may change anything beneath our hands,
 * so names are followed by descriptor and never through a link.
 *
 * Not libgit2's: a process that is killed between its open and its rename
 * leaves a lock that nobody may remove, since nothing tells it from the lock
 * of a live git.  Here the lock is a hard link to a file of our own name,
 * made when it is complete.  A lock that still is that very file is ours and
 * stale, because a reviewer does one thing at a time.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bsd/string.h>

#include "common/err.h"
#include "common/when.h"
#include "reviewer/files.h"
#include "reviewer/gitlib.h"
#include "reviewer/local.h"
#include "reviewer/outcome.h"
#include "reviewer/ref.h"

#define POLL_NS		(5 * 1000 * 1000)

struct refmove {
	const struct local	*l;
	const char		*ref;
	const git_oid		*commit;
	const git_oid		*expect;	/* or NULL */
	git_oid			 old;		/* what it held; zero: none */
	int			 dirfd;		/* directory of the ref */
	char			 leaf[256];	/* its name in there */
	char			 lock[272];	/* Git's name for its lock */
	char			 mine[32];	/* our name for it */
};

/* Open a directory beneath, made when it is missing; mode by the umask. */
static int
ref_dir(int dirfd, const char *name)
{
	int	 fd;

	if ((fd = files_opendir(dirfd, name)) != -1 || errno != ENOENT)
		return (fd);
	if (mkdirat(dirfd, name, 0777) == -1 && errno != EEXIST)
		return (-1);
	return (files_opendir(dirfd, name));
}

/* From the git directory to the directory of the ref.  0, or PRA_E*. */
static int
ref_walk(struct refmove *m, struct outcome *o)
{
	char	 path[512], *p = path, *part;
	int	 fd, next;

	fd = open(m->l->gitdir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	strlcpy(path, m->ref, sizeof(path));
	while (fd != -1 && (part = strsep(&p, "/")) != NULL && p != NULL) {
		next = ref_dir(fd, part);
		close(fd);
		fd = next;
	}
	if (fd == -1)
		return (outcome_errno(o, errno, "%s/%s", m->l->gitdir,
		    m->ref));
	m->dirfd = fd;
	strlcpy(m->leaf, strrchr(m->ref, '/') + 1, sizeof(m->leaf));
	snprintf(m->lock, sizeof(m->lock), "%s.lock", m->leaf);
	return (0);
}

/* Remove what a reviewer that was killed has left, its lock with it. */
static void
ref_recover(struct refmove *m)
{
	struct stat	 mine, lock;

	if (fstatat(m->dirfd, m->mine, &mine, AT_SYMLINK_NOFOLLOW) == -1)
		return;
	if (fstatat(m->dirfd, m->lock, &lock, AT_SYMLINK_NOFOLLOW) == 0 &&
	    lock.st_dev == mine.st_dev && lock.st_ino == mine.st_ino)
		unlinkat(m->dirfd, m->lock, 0);
	unlinkat(m->dirfd, m->mine, 0);
}

/* Our file with the new value, on disk before it becomes the lock. */
static int
ref_write(struct refmove *m, struct outcome *o)
{
	char	 line[OID_SIZE + 1];
	int	 fd, err = 0;

	ref_recover(m);
	gitlib_hex(line, m->commit);
	strlcat(line, "\n", sizeof(line));
	fd = openat(m->dirfd, m->mine, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd == -1 || write(fd, line, strlen(line)) !=
	    (ssize_t)strlen(line) || fsync(fd) == -1)
		err = outcome_errno(o, errno, "%s/%s", m->l->gitdir, m->ref);
	if (fd != -1)
		close(fd);
	return (err);
}

/* A git that works on the ref right now is waited for, not for long. */
static int
ref_lock(struct refmove *m, struct outcome *o)
{
	const struct timespec	 nap = { 0, POLL_NS };
	struct mono		 start = mono_now();

	while (linkat(m->dirfd, m->mine, m->dirfd, m->lock, 0) == -1) {
		if (errno != EEXIST)
			return (outcome_errno(o, errno, "%s/%s.lock",
			    m->l->gitdir, m->ref));
		if (mono_diff_us(start, mono_now()) > REF_LOCK_MS * 1000)
			return (outcome_set(o, PRA_ESTATE, "%s/%s.lock is "
			    "held: if no git runs there, remove it and retry "
			    "the task", m->l->gitdir, m->ref));
		nanosleep(&nap, NULL);
	}
	return (0);
}

/* What the ref holds, read under the lock, against what it must hold. */
static int
ref_compare(struct refmove *m, struct outcome *o)
{
	git_reference	*now = NULL;
	int		 rc, err = 0, found;

	rc = git_reference_lookup(&now, m->l->repo, m->ref);
	found = rc == 0;
	if (found && git_reference_type(now) != GIT_REFERENCE_DIRECT)
		err = outcome_set(o, PRA_EUNSUPPORTED, "%s in %s points to "
		    "another ref: name that branch instead", m->ref,
		    m->l->gitdir);
	else if (found)
		git_oid_cpy(&m->old, git_reference_target(now));
	else if (rc != GIT_ENOTFOUND)
		err = outcome_git(o, rc, "%s in %s", m->ref, m->l->gitdir);
	git_reference_free(now);
	if (err == 0 && m->expect != NULL && (!found ||
	    !git_oid_equal(&m->old, m->expect)))
		err = outcome_set(o, PRA_ECONFLICT, "%s has moved in %s: "
		    "merge again", m->ref, m->l->gitdir);
	return (err);
}

/* A branch "a" and a branch "a/b" exclude each other, packed ones too. */
static int
ref_parents(const struct refmove *m, struct outcome *o)
{
	git_reference	*above;
	char		 name[512], *slash;

	strlcpy(name, m->ref, sizeof(name));
	while ((slash = strrchr(name, '/')) != NULL &&
	    (size_t)(slash - name) > strlen("refs/heads")) {
		*slash = '\0';
		if (git_reference_lookup(&above, m->l->repo, name) == 0) {
			git_reference_free(above);
			return (outcome_set(o, PRA_EEXISTS, "%s exists in %s "
			    "and leaves no room for %s: rename that branch",
			    name, m->l->gitdir, m->ref));
		}
	}
	return (0);
}

/* An empty directory of the name is what a deleted "a/b" left of it. */
static int
ref_rename(struct refmove *m, struct outcome *o)
{
	int	 rc;

	rc = renameat(m->dirfd, m->lock, m->dirfd, m->leaf);
	if (rc == -1 && errno == EISDIR &&
	    unlinkat(m->dirfd, m->leaf, AT_REMOVEDIR) == 0)
		rc = renameat(m->dirfd, m->lock, m->dirfd, m->leaf);
	if (rc == -1)
		return (outcome_errno(o, errno, "updating %s in %s", m->ref,
		    m->l->gitdir));
	fsync(m->dirfd);
	return (0);
}

/*
 * The owner's record of where the branch was.  As git(1) would: where a log
 * is kept already, and in a repository with a worktree.  It tells and does
 * not decide, so a log that cannot be written is not an error.
 */
static void
ref_log(const struct refmove *m)
{
	char	 path[PATH_MAX + 600], from[OID_SIZE], to[OID_SIZE];
	char	 line[2 * OID_SIZE + 128];
	int	 fd, n;

	snprintf(path, sizeof(path), "%s/logs/%s", m->l->gitdir, m->ref);
	fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC |
	    (m->l->bare ? 0 : O_CREAT), 0666);
	if (fd == -1)
		return;
	gitlib_hex(from, &m->old);
	gitlib_hex(to, m->commit);
	n = snprintf(line, sizeof(line), "%s %s praetor <praetor@localhost> "
	    "%lld +0000\tpraetor: landed\n", from, to, (long long)time(NULL));
	if (write(fd, line, (size_t)n) != n)
		n = 0;
	close(fd);
}

static int
ref_swap(struct refmove *m, struct outcome *o)
{
	int	 err;

	if ((err = ref_write(m, o)) == 0 && (err = ref_lock(m, o)) == 0) {
		if ((err = ref_compare(m, o)) != 0 ||
		    (err = ref_rename(m, o)) != 0)
			unlinkat(m->dirfd, m->lock, 0);
	}
	unlinkat(m->dirfd, m->mine, 0);
	if (err == 0)
		ref_log(m);
	return (err);
}

int
ref_update(const struct local *l, uint32_t owner, const char *ref,
    const git_oid *commit, const git_oid *expect, struct outcome *o)
{
	struct refmove	 m = { .l = l, .ref = ref, .commit = commit,
			    .expect = expect, .dirfd = -1 };
	int		 err;

	/* Git passes over names that begin with a dot. */
	snprintf(m.mine, sizeof(m.mine), ".praetor-%08x.lock", owner);
	if (expect == NULL && (err = ref_parents(&m, o)) != 0)
		return (err);
	if ((err = ref_walk(&m, o)) != 0)
		return (err);
	err = ref_swap(&m, o);
	close(m.dirfd);
	return (err);
}
