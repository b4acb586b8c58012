/*
 * The list of changed files.  Runs in the reviewer.  Paths are foreign and
 * are made printable here.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/rec.h"
#include "reviewer/gitlib.h"
#include "reviewer/list.h"
#include "reviewer/mirror.h"
#include "reviewer/names.h"
#include "reviewer/outcome.h"
#include "reviewer/trees.h"

struct list {
	struct mirror	*m;
	struct rec	*out;
	struct outcome	*o;
	git_odb		*odb;
	uint64_t	 files, bytes;
	int		 gone;		/* inside a deleted directory */
};

static const struct trees_ops	 list_ops;

static void
list_path(struct list *l, char letter, const char *path)
{
	char	 clean[WALKED_PATH], line[WALKED_PATH];

	if (l->files++ >= LIST_PATHS)
		return;
	text_clean(clean, sizeof(clean), path);
	snprintf(line, sizeof(line), "%c %.4000s", letter, clean);
	rec_add_str(l->out, F_b_imported_paths, line);
}

/* Name an entry that is gone: a file, or every file of a directory. */
static int
list_deleted(struct list *l, const char *path, const git_tree_entry *old)
{
	int	 rc = 0;

	if (!trees_isdir(old)) {
		list_path(l, 'D', path);
		return (0);
	}
	l->gone++;
	rc = trees_walk(l->m->repo, path, NULL, git_tree_entry_id(old),
	    &list_ops, l, l->o);
	l->gone--;
	return (rc);
}

static int
list_size(struct list *l, const char *path, const git_tree_entry *e)
{
	git_object_t	 type;
	size_t		 size;
	int		 rc;

	if (git_tree_entry_type(e) != GIT_OBJECT_BLOB)
		return (0);
	rc = git_odb_read_header(&size, &type, l->odb, git_tree_entry_id(e));
	if (rc != 0)
		return (outcome_git(l->o, rc, "\"%s\"", path));
	l->bytes += size;
	return (0);
}

static int
list_fresh(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	struct list	*l = arg;
	int		 rc;

	if (l->gone) {
		list_path(l, 'D', path);
		return (0);
	}
	if (trees_isdir(old) && (rc = list_deleted(l, path, old)) != 0)
		return (rc);
	list_path(l, old == NULL || trees_isdir(old) ? 'A' : 'M', path);
	return (list_size(l, path, e));
}

static int
list_gone(void *arg, const char *path, const git_tree_entry *old)
{
	return (list_deleted(arg, path, old));
}

static int
list_enter(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	(void)e;
	if (old == NULL || trees_isdir(old))
		return (0);
	return (list_deleted(arg, path, old));
}

static int
list_leave(void *arg)
{
	(void)arg;
	return (0);
}

static const struct trees_ops	 list_ops = {
	list_fresh, list_gone, list_enter, list_leave
};

int
list_changes(struct mirror *m, const git_oid *from, const git_oid *to,
    struct rec *out, struct outcome *o)
{
	struct list	 l = { .m = m, .out = out, .o = o };
	git_oid		 a, b;
	int		 rc;

	if ((rc = gitlib_tree_id(&a, m->repo, from, o)) != 0 ||
	    (rc = gitlib_tree_id(&b, m->repo, to, o)) != 0)
		return (rc);
	if ((rc = git_repository_odb(&l.odb, m->repo)) != 0)
		return (outcome_git(o, rc, "object database"));
	rec_touch(out, F_b_imported_paths);
	rc = trees_walk(m->repo, "", &a, &b, &list_ops, &l, o);
	git_odb_free(l.odb);
	rec_set_u64(out, F_b_imported_files, l.files);
	rec_set_u64(out, F_b_imported_bytes, l.bytes);
	return (rc);
}
