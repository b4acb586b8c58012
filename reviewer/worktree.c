/*
 * What a session starts from.  Runs in the reviewer.
 */
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
