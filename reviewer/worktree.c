/*
 * What a session starts from.  Runs in the reviewer.
 */
#include <stdlib.h>
#include <string.h>
#include <git2.h>

#include "common/err.h"
#include "common/rec.h"
#include "reviewer/gitlib.h"
#include "reviewer/gits.h"
#include "reviewer/holds.h"
#include "reviewer/layer.h"
#include "reviewer/mirror.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/stage.h"
#include "reviewer/worktree.h"

struct want {
	git_oid		 commit;
	git_oid		 tree;
	int		 candidate;	/* a tree without a commit */
	struct layers	 layers;
};

static int
want_find(struct reviewer *r, struct mirror *m, const struct rec *in,
    struct want *w, struct outcome *o)
{
	git_oid	 id;
	int	 err;

	w->candidate = rec_has(in, F_b_base_want_tree);
	if (w->candidate) {
		git_oid_fromraw(&id, rec_oid(in, F_b_base_want_tree));
		return (gitlib_tree_id(&w->tree, m->repo, &id, o));
	}
	if ((err = mirror_fetch(r, m, 0, &w->commit, o)) != 0)
		return (err);
	return (gitlib_tree_id(&w->tree, m->repo, &w->commit, o));
}

/* Links and directories are no files that another task can be given. */
static int
is_file(const git_tree_entry *e)
{
	return (git_tree_entry_filemode(e) == GIT_FILEMODE_BLOB ||
	    git_tree_entry_filemode(e) == GIT_FILEMODE_BLOB_EXECUTABLE);
}

/*
 * One file of a tree that this reviewer imported.  PRA_ENOTFOUND when it is
 * not there, or was kept for long enough.
 */
static int
file_find(struct mirror *m, const struct rec *file, git_tree_update *up,
    struct outcome *o)
{
	const char	*path = rec_str(file, F_b_artifact_path);
	git_tree	*tree = NULL;
	git_tree_entry	*e = NULL;
	git_oid		 id;
	int		 err = 0;

	git_oid_fromraw(&id, rec_oid(file, F_b_artifact_tree));
	if (git_tree_lookup(&tree, m->repo, &id) != 0 ||
	    git_tree_entry_bypath(&e, tree, path) != 0 || !is_file(e)) {
		err = outcome_set(o, PRA_ENOTFOUND, "%s left no file \"%s\"",
		    rec_str(file, F_b_artifact_task), path);
	} else {
		up->action = GIT_TREE_UPDATE_UPSERT;
		git_oid_cpy(&up->id, git_tree_entry_id(e));
		up->filemode = git_tree_entry_filemode(e);
		up->path = path;
	}
	git_tree_entry_free(e);
	git_tree_free(tree);
	return (err);
}

/* The base with those files in it, as a tree of its own. */
static int
files_put(struct mirror *m, struct want *w, const git_tree_update *ups,
    size_t n, struct outcome *o)
{
	git_tree	*base = NULL;
	git_oid		 id;
	int		 rc, err;

	if ((err = gitlib_tree(&base, m->repo, &w->tree, o)) != 0)
		return (err);
	stage_begin(m->stage);
	rc = git_tree_create_updated(&id, m->repo, base, n, ups);
	if (rc != 0)
		err = outcome_git(o, rc, "files of other tasks cannot be put "
		    "into the worktree");
	else
		git_oid_cpy(&w->tree, &id);
	git_tree_free(base);
	if (err == 0)
		err = stage_flush(m->stage, o);
	else
		stage_drop(m->stage);
	return (err);
}

static int
want_files(struct mirror *m, const struct rec *in, struct want *w,
    struct rec *out, struct outcome *o)
{
	git_tree_update	*ups;
	size_t		 i, n = rec_count(in, F_b_base_want_files);
	int		 err = 0;

	if (n == 0)
		return (0);
	if ((ups = calloc(n, sizeof(*ups))) == NULL)
		return (outcome_set(o, PRA_ENOMEM, "out of memory"));
	for (i = 0; err == 0 && i < n; i++)
		err = file_find(m, rec_nth_rec(in, F_b_base_want_files, i),
		    &ups[i], o);
	if (err != 0)
		rec_set_u64(out, F_b_base_ready_missing, 1);
	else
		err = files_put(m, w, ups, n, o);
	free(ups);
	return (err);
}

static int
want_make(struct reviewer *r, struct mirror *m, uint64_t session,
    struct want *w, struct outcome *o)
{
	char	 git[OID_SIZE];
	int	 err;

	if ((err = layers_ready(r, m, &w->tree, &w->layers, o)) != 0)
		return (err);
	if (!w->candidate && (err = gits_ready(r, m, &w->commit, o)) != 0)
		return (err);
	gitlib_hex(git, &w->commit);
	return (holds_set(r, session, &w->layers, w->candidate ? NULL : git,
	    o));
}

int
worktree_answer(struct reviewer *r, const struct rec *in, struct rec *out,
    struct outcome *o)
{
	uint64_t	 session = rec_u64(in, F_b_base_want_session);
	struct want	 w = { 0 };
	struct mirror	*m;
	size_t		 i;
	int		 err;

	err = mirror_find(r, rec_str(in, F_b_base_want_project), &m, o);
	if (err != 0)
		return (err);
	if ((err = want_find(r, m, in, &w, o)) != 0 ||
	    (err = want_files(m, in, &w, out, o)) != 0 ||
	    (err = want_make(r, m, session, &w, o)) != 0) {
		mirror_close(r, m);
		return (err);
	}
	if (!w.candidate)
		rec_set_oid(out, F_b_base_ready_commit, w.commit.id);
	rec_set_oid(out, F_b_base_ready_tree, w.tree.id);
	for (i = 0; i < w.layers.n; i++)
		rec_add_str(out, F_b_base_ready_layers, w.layers.name[i]);
	return (0);
}
