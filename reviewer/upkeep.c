/*
 * The merging of small packs.  Each import, merge and landing leaves one;
 * looking an object up costs more with every pack.  Runs in the reviewer, on
 * its own mirrors only.
 */
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bsd/string.h>
#include <git2/odb_backend.h>

#include "common/err.h"
#include "reviewer/outcome.h"
#include "reviewer/pack.h"

#define PACK_NAME	64	/* "pack-<40 hex>" and NUL fits */
#define MERGE_MAX	512	/* packs merged at once */

struct upkeep {
	char		 dir[4096];	/* <objects>/pack */
	char		 name[MERGE_MAX][PACK_NAME]; /* without suffix */
	size_t		 n;
	git_packbuilder	*pb;
};

/* Note a pack that is small and whole. */
static void
upkeep_note(struct upkeep *u, int fd, const char *entry)
{
	char		 pack[PACK_NAME + 8];
	struct stat	 st;
	size_t		 n = strlen(entry);

	if (u->n == MERGE_MAX || n < 10 || n - 4 >= PACK_NAME ||
	    strcmp(entry + n - 4, ".idx") != 0)
		return;
	snprintf(u->name[u->n], PACK_NAME, "%.*s", (int)(n - 4), entry);
	snprintf(pack, sizeof(pack), "%s.pack", u->name[u->n]);
	if (fstatat(fd, pack, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_size < PACK_SMALL)
		u->n++;
}

static int
upkeep_list(struct upkeep *u, struct outcome *o)
{
	struct dirent	*de;
	DIR		*dir;

	if ((dir = opendir(u->dir)) == NULL)
		return (outcome_errno(o, errno, "%s", u->dir));
	while ((de = readdir(dir)) != NULL)
		upkeep_note(u, dirfd(dir), de->d_name);
	closedir(dir);
	return (0);
}

static int
upkeep_insert(const git_oid *id, void *arg)
{
	struct upkeep	*u = arg;

	return (git_packbuilder_insert(u->pb, id, NULL));
}

/* Put every object of one pack into the builder. */
static int
upkeep_pack(struct upkeep *u, const char *name)
{
	git_odb_backend	*one = NULL;
	git_odb		*odb = NULL;
	char		 idx[4096 + PACK_NAME + 8];
	int		 rc;

	snprintf(idx, sizeof(idx), "%s/%s.idx", u->dir, name);
	if ((rc = git_odb_new(&odb)) != 0 ||
	    (rc = git_odb_backend_one_pack(&one, idx)) != 0 ||
	    (rc = git_odb_add_backend(odb, one, 1)) != 0) {
		git_odb_free(odb);
		return (rc);
	}
	rc = git_odb_foreach(odb, upkeep_insert, u);
	git_odb_free(odb);
	return (rc);
}

/* The index goes first: without it a pack is not looked at. */
static void
upkeep_delete(struct upkeep *u, const char *keep)
{
	char	 path[4096 + PACK_NAME + 8];
	size_t	 i;

	for (i = 0; i < u->n; i++) {
		if (strcmp(u->name[i] + 5, keep) == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s.idx", u->dir, u->name[i]);
		unlink(path);
		snprintf(path, sizeof(path), "%s/%s.pack", u->dir, u->name[i]);
		unlink(path);
	}
}

static int
upkeep_merge(struct upkeep *u, git_repository *repo, struct outcome *o)
{
	struct packer	 p;
	size_t		 i;
	int		 rc;

	if ((rc = packer_new(&p, repo, 1, o)) != 0)
		return (rc);
	u->pb = p.pb;
	for (i = 0; rc == 0 && i < u->n; i++)
		rc = upkeep_pack(u, u->name[i]);
	if (rc == 0)
		rc = git_packbuilder_write(u->pb, u->dir, 0, NULL, NULL);
	if (rc != 0)
		outcome_git(o, rc, "merging packs of %s", u->dir);
	else
		upkeep_delete(u, git_packbuilder_name(u->pb));
	packer_free(&p);
	return (rc != 0 ? o->err : 1);
}

int
pack_upkeep(git_repository *repo, const char *objects, struct outcome *o)
{
	struct upkeep	*u;
	int		 rc;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		return (outcome_set(o, PRA_ENOMEM, "out of memory"));
	if ((size_t)snprintf(u->dir, sizeof(u->dir), "%s/pack", objects) >=
	    sizeof(u->dir))
		rc = outcome_set(o, PRA_EINVALID, "%s: too long", objects);
	else if ((rc = upkeep_list(u, o)) == 0 && u->n > PACKS_MAX)
		rc = upkeep_merge(u, repo, o);
	free(u);
	return (rc);
}
