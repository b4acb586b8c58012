/*
 * Holds and the sweep.  Runs in the reviewer.  A tree is kept while a
 * session holds it, while it is one of the latest of its project, while a
 * hand uses it, and while a kept tree stands on it.
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "common/err.h"
#include "common/log.h"
#include "reviewer/files.h"
#include "reviewer/holds.h"
#include "reviewer/layer.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"

struct item {			/* a directory of trees/ or gits/ */
	char		 name[OID_SIZE];
	struct base	 base;	/* trees only */
	struct timespec	 used;
	int		 keep;
	int		 fd;		/* locked against hands, or -1 */
};

struct items {
	struct item	*v;	/* owned */
	size_t		 n, cap;
};

int
holds_set(struct reviewer *r, uint64_t session, const struct layers *l,
    const char *git, struct outcome *o)
{
	struct buf	 b = { 0 };
	char		 name[24];
	size_t		 i;
	int		 rc = 0;

	for (i = 0; rc == 0 && i < l->n; i++)
		rc = buf_printf(&b, "%s\n", l->name[i]);
	if (rc == 0 && git != NULL)
		rc = buf_printf(&b, "%s\n", git);
	snprintf(name, sizeof(name), "%" PRIu64, session);
	if (rc == 0 && files_write(r->holdsfd, name, b.data, b.len, 0) == -1)
		rc = outcome_errno(o, errno, "holds/%s", name);
	else if (rc != 0)
		outcome_set(o, rc, "out of memory");
	buf_free(&b);
	return (rc);
}

int
holds_drop(struct reviewer *r, uint64_t session, struct outcome *o)
{
	char	 name[24], made[32];

	snprintf(name, sizeof(name), "%" PRIu64, session);
	/* As files_write() calls it; a hand that was killed leaves it. */
	snprintf(made, sizeof(made), "%s.new", name);
	if (files_remove_all(r->holdsfd, name) == -1 ||
	    files_remove_all(r->holdsfd, made) == -1)
		return (outcome_errno(o, errno, "holds/%s", name));
	return (0);
}

int
holds_use(const struct reviewer *r, int dirfd, const char *name)
{
	struct stat	 mine, now;
	int		 fd;

	if (r->notefd == -1)
		return (0);
	if ((fd = files_opendir(dirfd, name)) == -1)
		return (-1);
	/* The sweep that was waited for may have taken it. */
	if (flock(fd, LOCK_SH) == 0 && fstat(fd, &mine) == 0 &&
	    fstatat(dirfd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    mine.st_dev == now.st_dev && mine.st_ino == now.st_ino)
		return (0);
	close(fd);
	return (-1);
}

int
holds_lock(const struct reviewer *r, int how)
{
	int	 fd;

	if ((fd = files_opendir(r->treesfd, ".")) == -1)
		return (-1);
	if (flock(fd, how) == 0)
		return (fd);
	close(fd);
	return (-1);
}

static struct item *
items_find(struct items *l, const char *name)
{
	size_t	 i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->v[i].name, name) == 0)
			return (&l->v[i]);
	return (NULL);
}

static struct item *
items_add(struct items *l)
{
	struct item	*v;
	size_t		 cap = l->cap == 0 ? 32 : 2 * l->cap;

	if (l->n == l->cap) {
		if ((v = recallocarray(l->v, l->cap, cap,
		    sizeof(*v))) == NULL)
			return (NULL);
		l->v = v;
		l->cap = cap;
	}
	return (&l->v[l->n++]);
}

static int
item_later(const void *a, const void *b)
{
	const struct item	*x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return (x->used.tv_sec < y->used.tv_sec ? 1 : -1);
	return ((x->used.tv_nsec < y->used.tv_nsec) -
	    (x->used.tv_nsec > y->used.tv_nsec));
}

/* Take up one directory entry.  -1 without memory. */
static int
items_entry(struct reviewer *r, struct items *l, int fd, const char *name,
    int trees)
{
	struct item	*it;
	struct stat	 st;
	char		 file[OID_SIZE + 8];
	uint8_t		 oid[OID_LEN];

	if (oid_parse(oid, name) != 0)
		return (0);
	snprintf(file, sizeof(file), "%.40s%s", name, trees ? ".base" : "");
	if ((it = items_add(l)) == NULL)
		return (-1);
	memset(it, 0, sizeof(*it));
	it->fd = -1;
	strlcpy(it->name, name, sizeof(it->name));
	if (fstatat(fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0)
		it->used = st.st_mtim;
	if (trees)
		base_read(r, name, &it->base);
	return (0);
}

/* List a directory, latest use first.  0 or -1. */
static int
items_load(struct reviewer *r, struct items *l, int dirfd, int trees)
{
	struct dirent	*de;
	DIR		*dir;
	int		 fd, rc = 0;

	if ((fd = files_opendir(dirfd, ".")) == -1)
		return (-1);
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return (-1);
	}
	while (rc == 0 && (de = readdir(dir)) != NULL)
		rc = items_entry(r, l, dirfd, de->d_name, trees);
	closedir(dir);
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), item_later);
	return (rc);
}

/* Mark what the file of one hold names.  -1 when it cannot be read. */
static int
keep_hold(struct reviewer *r, const char *name, struct items *trees,
    struct items *gits)
{
	struct buf	 b = { 0 };
	struct item	*it;
	char		*p, *line;
	int		 rc;

	rc = files_read(r->holdsfd, name, 4096, &b);
	p = (char *)b.data;
	while (rc == 0 && p != NULL && (line = strsep(&p, "\n")) != NULL) {
		if ((it = items_find(trees, line)) != NULL)
			it->keep = 1;
		if ((it = items_find(gits, line)) != NULL)
			it->keep = 1;
	}
	buf_free(&b);
	return (rc);
}

static int
keep_held(struct reviewer *r, struct items *trees, struct items *gits)
{
	struct dirent	*de;
	DIR		*dir;
	int		 fd, rc = 0;

	if ((fd = files_opendir(r->holdsfd, ".")) == -1)
		return (-1);
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return (-1);
	}
	while (rc == 0 && (de = readdir(dir)) != NULL)
		if (de->d_name[0] != '.')
			rc = keep_hold(r, de->d_name, trees, gits);
	closedir(dir);
	return (rc);
}

/* The list is sorted: the first of each project are the latest. */
static void
keep_recent(struct items *l)
{
	size_t	 i, k, seen;

	for (i = 0; i < l->n; i++) {
		for (seen = 0, k = 0; k < i; k++)
			seen += strcmp(l->v[k].base.project,
			    l->v[i].base.project) == 0;
		if (seen < KEEP_RECENT)
			l->v[i].keep = 1;
	}
}

/* What nobody holds yet a hand may be about to; no further one begins now. */
static void
keep_used(struct items *l, int dirfd)
{
	struct item	*it;
	size_t		 i;

	for (i = 0; i < l->n; i++) {
		it = &l->v[i];
		if (it->keep)
			continue;
		it->fd = files_opendir(dirfd, it->name);
		if (it->fd != -1 ? flock(it->fd, LOCK_EX | LOCK_NB) == -1 :
		    errno != ENOENT && errno != ENOTDIR)
			it->keep = 1;
	}
}

static void
items_free(struct items *l)
{
	size_t	 i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].fd != -1)
			close(l->v[i].fd);
	free(l->v);
}

static void
keep_below(struct items *l)
{
	struct item	*below;
	size_t		 i, k;

	/* A .base names the whole stack, so one level is enough. */
	for (i = 0; i < l->n; i++)
		for (k = 0; l->v[i].keep && k < l->v[i].base.below.n; k++) {
			below = items_find(l, l->v[i].base.below.name[k]);
			if (below != NULL && below->keep == 0)
				below->keep = 2;
		}
}

int
holds_retire(struct reviewer *r, int dirfd, const char *name)
{
	char	 dead[16];
	int	 i;

	for (i = 0; i < 100; i++) {
		snprintf(dead, sizeof(dead), RETIRED "%08x", arc4random());
		if (renameat(dirfd, name, r->scratchfd, dead) == 0 ||
		    errno == ENOENT)
			return (0);
		if (errno != EEXIST && errno != ENOTEMPTY)
			break;
	}
	return (-1);
}

/* Out of use first, so that a crash leaves no half-deleted tree in use. */
static void
items_retire(struct reviewer *r, struct items *l, int dirfd, int trees)
{
	char	 file[OID_SIZE + 8];
	size_t	 i;

	for (i = 0; i < l->n; i++) {
		if (l->v[i].keep)
			continue;
		snprintf(file, sizeof(file), "%s.base", l->v[i].name);
		if (trees)
			files_remove_all(dirfd, file);
		if (holds_retire(r, dirfd, l->v[i].name) == -1)
			log_warn("scratch: %s", l->v[i].name);
	}
}

/* Delete retired directories.  1 when the budget did not suffice. */
static int
scratch_empty(struct reviewer *r, unsigned int budget)
{
	struct dirent	*de;
	DIR		*dir;
	int		 fd, rc = 0;

	if ((fd = files_opendir(r->scratchfd, ".")) == -1)
		return (0);
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return (0);
	}
	while (rc != 1 && (de = readdir(dir)) != NULL)
		if (strncmp(de->d_name, RETIRED, strlen(RETIRED)) == 0)
			rc = files_remove(r->scratchfd, de->d_name, &budget);
	closedir(dir);
	return (rc == 1);
}

int
holds_sweep(struct reviewer *r, unsigned int budget)
{
	struct items	 trees = { 0 }, gits = { 0 };
	int		 fd = holds_lock(r, LOCK_EX | LOCK_NB);

	if (fd != -1 && items_load(r, &trees, r->treesfd, 1) == 0 &&
	    items_load(r, &gits, r->gitsfd, 0) == 0 &&
	    keep_held(r, &trees, &gits) == 0) {
		keep_recent(&trees);
		keep_recent(&gits);
		keep_used(&trees, r->treesfd);
		keep_used(&gits, r->gitsfd);
		keep_below(&trees);
		items_retire(r, &trees, r->treesfd, 1);
		items_retire(r, &gits, r->gitsfd, 0);
	}
	items_free(&trees);
	items_free(&gits);
	if (fd != -1)
		close(fd);
	return (scratch_empty(r, budget));
}
