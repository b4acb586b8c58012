/*
 * Merging.  Runs in the reviewer.  Most changes touch files that nobody
 * else touched: those are merged tree by tree, so that the cost follows the
 * change.  As soon as a file was changed on both sides libgit2 merges the
 * whole, with renames.  Drivers from attributes do not exist here: a mirror
 * has neither attributes nor a worktree.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/rec.h"
#include "reviewer/facts.h"
#include "reviewer/gitlib.h"
#include "reviewer/merge.h"
#include "reviewer/mirror.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/stage.h"
#include "reviewer/trees.h"

#define NOT_SIMPLE	1	/* a file needs more than taking one side */

struct simple {
	git_repository	*repo;
	unsigned int	 depth;
};

/* The same name in three trees; NULL where it is not there. */
struct three {
	const git_tree_entry	*base, *ours, *theirs;
};

static int	 simple_trees(struct simple *, const git_oid *, const git_oid *,
		    const git_oid *, git_oid *);

static int
same(const git_tree_entry *a, const git_tree_entry *b)
{
	if (a == NULL || b == NULL)
		return (a == b);
	return (git_tree_entry_filemode(a) == git_tree_entry_filemode(b) &&
	    git_oid_equal(git_tree_entry_id(a), git_tree_entry_id(b)));
}

static int
both_trees(const git_tree_entry *a, const git_tree_entry *b)
{
	return (a != NULL && b != NULL &&
	    git_tree_entry_type(a) == GIT_OBJECT_TREE &&
	    git_tree_entry_type(b) == GIT_OBJECT_TREE);
}

static int
entry_put(git_treebuilder *tb, const char *name, const git_tree_entry *e)
{
	if (e != NULL)
		return (git_treebuilder_insert(NULL, tb, name,
		    git_tree_entry_id(e), git_tree_entry_filemode(e)));
	if (git_treebuilder_get(tb, name) == NULL)
		return (0);
	return (git_treebuilder_remove(tb, name));
}

static int
simple_subtree(struct simple *s, git_treebuilder *tb, const char *name,
    const struct three *e)
{
	git_tree	*t = NULL;
	git_oid		 id;
	int		 rc;

	rc = simple_trees(s, git_tree_entry_id(e->base),
	    git_tree_entry_id(e->ours), git_tree_entry_id(e->theirs), &id);
	if (rc != 0 || (rc = git_tree_lookup(&t, s->repo, &id)) != 0)
		return (rc);
	/* Each side deleted the other half: nothing is left of it. */
	if (git_tree_entrycount(t) == 0)
		rc = git_treebuilder_remove(tb, name);
	else
		rc = git_treebuilder_insert(NULL, tb, name, &id,
		    GIT_FILEMODE_TREE);
	git_tree_free(t);
	return (rc);
}

/* Decide one name that theirs changed; the builder has ours. */
static int
simple_entry(struct simple *s, git_treebuilder *tb, const char *name,
    const struct three *e)
{
	if (same(e->base, e->theirs) || same(e->ours, e->theirs))
		return (0);
	if (same(e->base, e->ours))
		return (entry_put(tb, name, e->theirs));
	if (both_trees(e->base, e->ours) && both_trees(e->ours, e->theirs))
		return (simple_subtree(s, tb, name, e));
	return (NOT_SIMPLE);
}

static int
simple_names(struct simple *s, git_treebuilder *tb, git_tree *const t[3])
{
	struct three	 e;
	const char	*name;
	size_t		 i;
	int		 rc = 0;

	for (i = 0; rc == 0 && i < git_tree_entrycount(t[2]); i++) {
		e.theirs = git_tree_entry_byindex(t[2], i);
		name = git_tree_entry_name(e.theirs);
		e.base = git_tree_entry_byname(t[0], name);
		e.ours = git_tree_entry_byname(t[1], name);
		rc = simple_entry(s, tb, name, &e);
	}
	for (i = 0; rc == 0 && i < git_tree_entrycount(t[0]); i++) {
		e.base = git_tree_entry_byindex(t[0], i);
		name = git_tree_entry_name(e.base);
		e.theirs = git_tree_entry_byname(t[2], name);
		e.ours = git_tree_entry_byname(t[1], name);
		if (e.theirs == NULL)
			rc = simple_entry(s, tb, name, &e);
	}
	return (rc);
}

/* 0 and *out, NOT_SIMPLE, or libgit2's error. */
static int
simple_trees(struct simple *s, const git_oid *base, const git_oid *ours,
    const git_oid *theirs, git_oid *out)
{
	const git_oid	*ids[3] = { base, ours, theirs };
	git_tree	*t[3] = { NULL, NULL, NULL };
	git_treebuilder	*tb = NULL;
	int		 i, rc = 0;

	if (++s->depth > TREES_DEPTH)
		return (NOT_SIMPLE);
	for (i = 0; rc == 0 && i < 3; i++)
		rc = git_tree_lookup(&t[i], s->repo, ids[i]);
	if (rc == 0 && (rc = git_treebuilder_new(&tb, s->repo, t[1])) == 0 &&
	    (rc = simple_names(s, tb, t)) == 0)
		rc = git_treebuilder_write(out, tb);
	git_treebuilder_free(tb);
	for (i = 0; i < 3; i++)
		git_tree_free(t[i]);
	s->depth--;
	return (rc);
}

static void
conflict_name(const git_index_entry *const side[3], struct rec *out,
    const char **last)
{
	char	 text[4096];
	int	 i;

	for (i = 0; i < 3; i++)
		if (side[i] != NULL)
			break;
	if (i == 3 || (*last != NULL && strcmp(*last, side[i]->path) == 0))
		return;
	*last = side[i]->path;
	if (rec_count(out, F_b_merged_paths) < MERGE_PATHS)
		rec_add_str(out, F_b_merged_paths,
		    text_clean(text, sizeof(text), side[i]->path));
}

static int
conflict_paths(git_index *idx, struct rec *out, struct outcome *o)
{
	git_index_conflict_iterator	*it = NULL;
	const git_index_entry		*side[3];
	const char			*last = NULL;
	size_t				 n = 0;
	char				 first[256] = "";
	int				 rc;

	if ((rc = git_index_conflict_iterator_new(&it, idx)) != 0)
		return (outcome_git(o, rc, "conflicts"));
	while (git_index_conflict_next(&side[0], &side[1], &side[2],
	    it) == 0) {
		if (out != NULL)
			conflict_name(side, out, &last);
		if (n++ == 0)
			text_clean(first, sizeof(first), (side[0] != NULL ?
			    side[0] : side[1] != NULL ? side[1] :
			    side[2])->path);
	}
	git_index_conflict_iterator_free(it);
	return (outcome_set(o, PRA_ECONFLICT, "\"%s\"%s changed on the "
	    "target branch too: file the task again on its new head", first,
	    n > 1 ? " and others" : ""));
}

/* The whole merge, with renames and content. */
static int
full_trees(struct mirror *m, git_tree *const t[3], git_oid *tree,
    struct rec *out, struct outcome *o)
{
	git_merge_options	 opts;
	git_index		*idx = NULL;
	int			 rc, err = 0;

	git_merge_options_init(&opts, GIT_MERGE_OPTIONS_VERSION);
	rc = git_merge_trees(&idx, m->repo, t[0], t[1], t[2], &opts);
	if (rc != 0)
		err = outcome_git(o, rc, "merge");
	else if (git_index_has_conflicts(idx))
		err = conflict_paths(idx, out, o);
	else if ((rc = git_index_write_tree_to(tree, idx, m->repo)) != 0)
		err = outcome_git(o, rc, "merge");
	git_index_free(idx);
	return (err);
}

int
merge_trees(struct mirror *m, const git_oid *base, const git_oid *ours,
    const git_oid *theirs, git_oid *tree, struct rec *out, struct outcome *o)
{
	const git_oid	*ids[3] = { base, ours, theirs };
	struct simple	 s = { m->repo, 0 };
	git_tree	*t[3] = { NULL, NULL, NULL };
	int		 i, rc, err = 0;

	stage_begin(m->stage);
	if ((rc = simple_trees(&s, base, ours, theirs, tree)) == 0)
		return (0);
	if (rc != NOT_SIMPLE)
		return (outcome_git(o, rc, "merge"));
	stage_begin(m->stage);
	for (i = 0; err == 0 && i < 3; i++)
		err = gitlib_tree(&t[i], m->repo, ids[i], o);
	if (err == 0)
		err = full_trees(m, t, tree, out, o);
	for (i = 0; i < 3; i++)
		git_tree_free(t[i]);
	return (err);
}

static int
merge_onto(struct mirror *m, const git_oid *base, const git_oid *onto,
    const git_oid *theirs, git_oid *tree, struct rec *out, struct outcome *o)
{
	git_oid	 base_tree, onto_tree;
	int	 err;

	if (git_oid_equal(base, onto)) {
		git_oid_cpy(tree, theirs);
		return (0);
	}
	if ((err = gitlib_tree_id(&base_tree, m->repo, base, o)) != 0 ||
	    (err = gitlib_tree_id(&onto_tree, m->repo, onto, o)) != 0)
		return (err);
	err = merge_trees(m, &base_tree, &onto_tree, theirs, tree, out, o);
	if (err == 0)
		err = stage_flush(m->stage, o);
	else
		stage_drop(m->stage);
	return (err);
}

/* What lands differs from the branch in more ways than the change may. */
static int
merge_facts(struct reviewer *r, struct mirror *m, const git_oid *onto,
    const git_oid *tree, struct rec *out, struct outcome *o)
{
	git_oid	 from;
	int	 err;

	if ((err = gitlib_tree_id(&from, m->repo, onto, o)) != 0)
		return (err);
	rec_set_oid(out, F_b_merged_from, from.id);
	return (facts_find(r, m, &from, tree, out, F_b_merged_facts, o));
}

int
merge_answer(struct reviewer *r, const struct rec *in, struct rec *out,
    struct outcome *o)
{
	struct mirror	*m;
	git_oid		 base, onto, theirs, tree;
	int		 err;

	git_oid_fromraw(&base, rec_oid(in, F_b_merge_base));
	git_oid_fromraw(&theirs, rec_oid(in, F_b_merge_tree));
	err = mirror_find(r, rec_str(in, F_b_merge_project), &m, o);
	if (err != 0 || (err = mirror_fetch(r, m, 1, &onto, o)) != 0)
		return (err);
	rec_set_oid(out, F_b_merged_onto, onto.id);
	err = merge_onto(m, &base, &onto, &theirs, &tree, out, o);
	if (err == 0 && !git_oid_equal(&base, &onto))
		err = merge_facts(r, m, &onto, &tree, out, o);
	if (err == 0)
		rec_set_oid(out, F_b_merged_tree, tree.id);
	else if (err != PRA_ECONFLICT)
		mirror_close(r, m);
	return (err);
}
