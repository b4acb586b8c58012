/*
 * The comparison of two trees.  Runs in the reviewer.  Trees come from
 * repositories of users and are not trusted: depth is bounded, names are
 * checked here for everybody who makes files of them.
 */
#include <assert.h>
#include <string.h>
#include <bsd/string.h>

#include "common/err.h"
#include "reviewer/gitlib.h"
#include "reviewer/names.h"
#include "reviewer/outcome.h"
#include "reviewer/trees.h"

struct walk {
	git_repository		*repo;
	const struct trees_ops	*ops;
	void			*arg;
	struct outcome		*o;
	unsigned int		 depth;
	char			 path[WALKED_PATH];
	size_t			 len;
};

static int	 walk_pair(struct walk *, const git_oid *, const git_oid *);

int
trees_isdir(const git_tree_entry *e)
{
	return (e != NULL && git_tree_entry_type(e) == GIT_OBJECT_TREE);
}

static int
same_entry(const git_tree_entry *a, const git_tree_entry *b)
{
	return (b != NULL &&
	    git_tree_entry_filemode(a) == git_tree_entry_filemode(b) &&
	    git_oid_equal(git_tree_entry_id(a), git_tree_entry_id(b)));
}

static int
walk_load(struct walk *w, const git_oid *id, git_tree **out)
{
	char	 hex[OID_SIZE];
	int	 rc;

	*out = NULL;
	if (id == NULL || (rc = git_tree_lookup(out, w->repo, id)) == 0)
		return (0);
	gitlib_hex(hex, id);
	outcome_git(w->o, rc, "the repository is damaged, run git fsck "
	    "there: tree %s", hex);
	return (w->o->err = PRA_ECORRUPT);
}

/* Check a name and put it behind the path; walk_pop() takes it off. */
static int
walk_push(struct walk *w, const git_tree_entry *e, size_t *was)
{
	const char	*name = git_tree_entry_name(e), *why;

	*was = w->len;
	if ((why = name_refused(name)) == NULL &&
	    path_push(w->path, &w->len, name) == -1)
		why = "the path is longer than 4095 bytes";
	if (why == NULL)
		return (0);
	return (outcome_set(w->o, PRA_ECORRUPT,
	    "the repository holds \"%s\": %s", name, why));
}

static void
walk_pop(struct walk *w, size_t was)
{
	w->len = was;
	w->path[was] = '\0';
}

static int
walk_dir(struct walk *w, const git_tree_entry *e, const git_tree_entry *old)
{
	int	 rc;

	if ((rc = w->ops->enter(w->arg, w->path, e, old)) != 0)
		return (rc);
	rc = walk_pair(w, trees_isdir(old) ? git_tree_entry_id(old) : NULL,
	    git_tree_entry_id(e));
	return (rc != 0 ? rc : w->ops->leave(w->arg));
}

static int
walk_new(struct walk *w, const git_tree *from, const git_tree *to)
{
	const git_tree_entry	*e, *old;
	size_t			 i, was;
	int			 rc = 0;

	for (i = 0; rc == 0 && i < git_tree_entrycount(to); i++) {
		e = git_tree_entry_byindex(to, i);
		old = from == NULL ? NULL :
		    git_tree_entry_byname(from, git_tree_entry_name(e));
		if (same_entry(e, old))
			continue;
		if ((rc = walk_push(w, e, &was)) != 0)
			break;
		if (trees_isdir(e))
			rc = walk_dir(w, e, old);
		else
			rc = w->ops->fresh(w->arg, w->path, e, old);
		walk_pop(w, was);
	}
	return (rc);
}

static int
walk_gone(struct walk *w, const git_tree *from, const git_tree *to)
{
	const git_tree_entry	*old;
	size_t			 i, was;
	int			 rc = 0;

	for (i = 0; rc == 0 && i < git_tree_entrycount(from); i++) {
		old = git_tree_entry_byindex(from, i);
		if (git_tree_entry_byname(to,
		    git_tree_entry_name(old)) != NULL)
			continue;
		if ((rc = walk_push(w, old, &was)) != 0)
			break;
		rc = w->ops->gone(w->arg, w->path, old);
		walk_pop(w, was);
	}
	return (rc);
}

static int
walk_pair(struct walk *w, const git_oid *from, const git_oid *to)
{
	git_tree	*a = NULL, *b = NULL;
	int		 rc;

	if (w->depth >= TREES_DEPTH)
		return (outcome_set(w->o, PRA_ECORRUPT,
		    "the repository holds directories deeper than %d",
		    TREES_DEPTH));
	w->depth++;
	if ((rc = walk_load(w, from, &a)) == 0 &&
	    (rc = walk_load(w, to, &b)) == 0)
		rc = walk_new(w, a, b);
	if (rc == 0 && a != NULL)
		rc = walk_gone(w, a, b);
	w->depth--;
	git_tree_free(a);
	git_tree_free(b);
	return (rc);
}

int
trees_walk(git_repository *repo, const char *at, const git_oid *from,
    const git_oid *to, const struct trees_ops *ops, void *arg,
    struct outcome *o)
{
	struct walk	 w = { .repo = repo, .ops = ops, .arg = arg, .o = o };

	w.len = strlcpy(w.path, at, sizeof(w.path));
	assert(w.len < sizeof(w.path));
	if (from != NULL && git_oid_equal(from, to))
		return (0);
	return (walk_pair(&w, from, to));
}
