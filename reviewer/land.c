/*
 * The last step of a change.  Runs in the reviewer, and is the only place
 * that writes to a user's repository: one pack of new objects, one ref.
 */
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/rec.h"
#include "reviewer/commit.h"
#include "reviewer/gitlib.h"
#include "reviewer/hand.h"
#include "reviewer/land.h"
#include "reviewer/local.h"
#include "reviewer/mirror.h"
#include "reviewer/outcome.h"
#include "reviewer/pack.h"
#include "reviewer/remote.h"
#include "reviewer/reviewer.h"
#include "reviewer/settings.h"
#include "reviewer/stage.h"

struct land {
	struct reviewer	*r;
	struct mirror	*m;
	git_oid		 onto;
	git_oid		 commit;
	char		 task[ID_SIZE];
	char		 ref[512];	/* that was updated */
	int		 aside;
};

/* Make the commit in the mirror, or find that it is there already. */
static int
land_commit(struct land *l, const struct rec *in, struct outcome *o)
{
	git_oid	 tree;
	int	 err;

	git_oid_fromraw(&tree, rec_oid(in, F_b_land_tree));
	stage_begin(l->m->stage);
	err = commit_make(l->r->settings, l->m->repo, &l->onto, &tree,
	    rec_str(in, F_b_land_message),
	    (int64_t)(rec_u64(in, F_b_land_time) / 1000000), &l->commit, o);
	if (err == 0)
		err = stage_flush(l->m->stage, o);
	else
		stage_drop(l->m->stage);
	return (err);
}

/* 1 when the branch, just fetched, has the commit. */
static int
land_done(struct land *l, const git_oid *head)
{
	return (git_oid_equal(head, &l->commit) ||
	    git_graph_descendant_of(l->m->repo, head, &l->commit) == 1);
}

static int
land_local(struct land *l, struct outcome *o)
{
	struct local	 user;
	int		 err;

	if ((err = local_open(l->r, l->m->url, &user, o)) != 0)
		return (err);
	if (local_checked_out(&user, l->m->branch)) {
		l->aside = 1;
		snprintf(l->ref, sizeof(l->ref), "refs/heads/praetor/%s",
		    l->task);
	}
	/*
	 * The ref aside has the task's own name: what is there is an earlier
	 * attempt of the same task.
	 */
	if (l->aside && local_checked_out(&user, l->ref + 11))
		err = outcome_set(o, PRA_ESTATE, "%s is checked out in %s: "
		    "check out another branch there", l->ref + 11, l->m->url);
	else
		err = local_push(l->r, &user, l->m->repo, &l->commit,
		    &l->onto, l->ref, l->aside ? NULL : &l->onto, o);
	local_close(&user);
	return (err);
}

/* libgit2 pushes refs of the mirror, so the commit gets one for a moment. */
static int
land_remote(struct land *l, struct outcome *o)
{
	char	 ref[128];
	int	 err;

	snprintf(ref, sizeof(ref), "refs/praetor/landing/%s", l->task);
	if ((err = mirror_ref(l->m, ref, &l->commit, o)) != 0)
		return (err);
	err = remote_push(l->r, l->m->repo, l->m->url, ref, l->m->branch,
	    &l->onto, o);
	git_reference_remove(l->m->repo, ref);
	return (err);
}

/* The mirror knows now where the branch is: no fetch is needed. */
static int
land_note(struct land *l, struct outcome *o)
{
	char	 ref[600];

	if (l->aside)
		snprintf(ref, sizeof(ref), "refs/praetor/aside/%s", l->task);
	else
		snprintf(ref, sizeof(ref), "refs/praetor/upstream/%s",
		    l->m->branch);
	return (mirror_ref(l->m, ref, &l->commit, o));
}

static int
land_push(struct land *l, struct outcome *o)
{
	struct outcome	 ignored;
	git_oid		 head;
	int		 err;

	err = remote_is(l->m->url) ? land_remote(l, o) : land_local(l, o);
	if (err == 0)
		return (land_note(l, o));
	/* Two processes would share one lock (reviewer/ref.c): no hand. */
	l->r->brisk = 0;
	/*
	 * Whatever went wrong, the push may have arrived and only its answer
	 * be lost: then the branch has the commit, and to say otherwise would
	 * let the work land a second time.
	 */
	if (mirror_fetch(l->r, l->m, 1, &head, &ignored) == 0 &&
	    land_done(l, &head))
		return (0);
	return (err);
}

/*
 * 1 when the parent's tree is the one to land: another change, or this one
 * before a crash, has brought it.  An empty commit would say nothing.
 */
static int
land_empty(struct land *l, const struct rec *in, struct outcome *o)
{
	git_oid	 have;

	return (gitlib_tree_id(&have, l->m->repo, &l->onto, o) == 0 &&
	    memcmp(have.id, rec_oid(in, F_b_land_tree), OID_LEN) == 0);
}

int
land_answer(struct reviewer *r, const struct rec *in, struct rec *out,
    struct outcome *o)
{
	struct land	 l = { .r = r };
	int		 err;

	err = mirror_find(r, rec_str(in, F_b_land_project), &l.m, o);
	if (err != 0)
		return (err);
	if (remote_is(l.m->url) && r->brisk)
		return (HAND_NEEDED);
	git_oid_fromraw(&l.onto, rec_oid(in, F_b_land_onto));
	id_format(l.task, 't', rec_id(in, F_b_land_task));
	snprintf(l.ref, sizeof(l.ref), "refs/heads/%s", l.m->branch);
	if (land_empty(&l, in, o))
		git_oid_cpy(&l.commit, &l.onto);
	else if ((err = land_commit(&l, in, o)) == 0)
		err = land_push(&l, o);
	if (err != 0) {
		if (err != PRA_ECONFLICT)
			mirror_close(r, l.m);
		return (err);
	}
	rec_set_oid(out, F_b_landed_commit, l.commit.id);
	rec_set_str(out, F_b_landed_ref, l.ref);
	rec_set_u64(out, F_b_landed_aside, (uint64_t)l.aside);
	return (outcome_set(o, 0, l.aside ? "the branch is checked out: "
	    "pushed to %s instead" : "pushed to %s", l.ref));
}
