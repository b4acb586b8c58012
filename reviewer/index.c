/*
 * Index files.  Runs in the reviewer.  The ones that it reads back are its
 * own: sessions see them through a mount that they cannot write to.
 */
#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bsd/string.h>

#include "common/err.h"
#include "reviewer/export.h"
#include "reviewer/files.h"
#include "reviewer/gitlib.h"
#include "reviewer/hand.h"
#include "reviewer/index.h"
#include "reviewer/mirror.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/trees.h"

struct filler {
	git_index	*idx;
	git_odb		*odb;
	struct outcome	*o;
};

static int
filler_failed(struct filler *f, int rc, const char *path)
{
	return (outcome_git(f->o, rc, "index entry \"%s\"", path));
}

static int
filler_drop(struct filler *f, const char *path, const git_tree_entry *old)
{
	int	 rc;

	rc = trees_isdir(old) ? git_index_remove_directory(f->idx, path, 0) :
	    git_index_remove(f->idx, path, 0);
	return (rc == 0 ? 0 : filler_failed(f, rc, path));
}

static int
index_fresh(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	struct filler	*f = arg;
	git_index_entry	 ie = { .path = path };
	git_object_t	 type;
	size_t		 size = 0;
	int		 rc;

	if (trees_isdir(old) && (rc = filler_drop(f, path, old)) != 0)
		return (rc);
	ie.mode = git_tree_entry_filemode(e);
	git_oid_cpy(&ie.id, git_tree_entry_id(e));
	if (ie.mode != GIT_FILEMODE_COMMIT) {
		rc = git_odb_read_header(&size, &type, f->odb, &ie.id);
		if (rc != 0)
			return (filler_failed(f, rc, path));
		ie.file_size = (uint32_t)size;
		ie.mtime.seconds = EXPORT_MTIME;
	}
	rc = git_index_add(f->idx, &ie);
	return (rc == 0 ? 0 : filler_failed(f, rc, path));
}

static int
index_gone(void *arg, const char *path, const git_tree_entry *old)
{
	return (filler_drop(arg, path, old));
}

static int
index_enter(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	(void)e;
	if (old == NULL || trees_isdir(old))
		return (0);
	return (filler_drop(arg, path, old));
}

static int
index_leave(void *arg)
{
	(void)arg;
	return (0);
}

static const struct trees_ops	 index_ops = {
	index_fresh, index_gone, index_enter, index_leave
};

/* The commit of gits/ that was used last and that the mirror has: 1 or 0. */
static int
index_latest(struct reviewer *r, struct mirror *m, git_oid *out)
{
	struct timespec	 best = { 0, 0 };
	struct dirent	*de;
	struct stat	 st;
	git_oid		 id;
	git_tree	*tree;
	struct outcome	 o;
	DIR		*dir;
	int		 fd, found = 0;

	if ((fd = files_opendir(r->gitsfd, ".")) == -1)
		return (0);
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return (0);
	}
	while ((de = readdir(dir)) != NULL) {
		if (strlen(de->d_name) != OID_TEXT ||
		    git_oid_fromstr(&id, de->d_name) != 0 ||
		    fstatat(r->gitsfd, de->d_name, &st, 0) == -1 ||
		    st.st_mtim.tv_sec < best.tv_sec ||
		    (st.st_mtim.tv_sec == best.tv_sec &&
		    st.st_mtim.tv_nsec < best.tv_nsec) ||
		    gitlib_tree(&tree, m->repo, &id, &o) != 0)
			continue;
		git_tree_free(tree);
		best = st.st_mtim;
		git_oid_cpy(out, &id);
		found = 1;
	}
	closedir(dir);
	return (found);
}

/* Copy the index of a commit.  0 and its tree, or -1: start from nothing. */
static int
index_copy(struct reviewer *r, struct mirror *m, const char *to,
    git_oid *tree)
{
	struct outcome	 o;
	char		 from[OID_SIZE + 16], hex[OID_SIZE];
	git_oid		 commit;

	if (!index_latest(r, m, &commit) ||
	    gitlib_tree_id(tree, m->repo, &commit, &o) != 0)
		return (-1);
	gitlib_hex(hex, &commit);
	snprintf(from, sizeof(from), "%s/.git/index", hex);
	return (files_copy(r->gitsfd, from, r->gitsfd, to));
}

static int
index_fill(struct mirror *m, const char *path, const git_oid *from,
    const git_oid *to, struct outcome *o)
{
	struct filler	 f = { .o = o };
	int		 rc, err;

	if ((rc = git_repository_odb(&f.odb, m->repo)) != 0 ||
	    (rc = git_index_open(&f.idx, path)) != 0)
		err = outcome_git(o, rc, "%s", path);
	else
		err = trees_walk(m->repo, "", from, to, &index_ops, &f, o);
	if (err == 0 && (rc = git_index_write(f.idx)) != 0)
		err = outcome_git(o, rc, "%s", path);
	git_index_free(f.idx);
	git_odb_free(f.odb);
	return (err);
}

int
index_make(struct reviewer *r, struct mirror *m, const char *dir,
    const git_oid *commit, struct outcome *o)
{
	char	 name[OID_SIZE + 96], path[4096];
	git_oid	 from, to;
	int	 err;

	if ((err = gitlib_tree_id(&to, m->repo, commit, o)) != 0)
		return (err);
	snprintf(name, sizeof(name), "%s/index", dir);
	snprintf(path, sizeof(path), "%s/gits/%s", r->state, name);
	if (index_copy(r, m, name, &from) == 0 &&
	    index_fill(m, path, &from, &to, o) == 0)
		return (0);
	files_remove_all(r->gitsfd, name);
	if (r->brisk)
		return (HAND_NEEDED);
	return (index_fill(m, path, NULL, &to, o));
}
