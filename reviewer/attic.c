/*
 * What becomes of an import: the commit that keeps it, and the answer to
 * the engine.  Runs in the reviewer.  The answer is always computed from the
 * trees, so that a repeated request gets the same one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/rec.h"
#include "common/when.h"
#include "reviewer/commit.h"
#include "reviewer/facts.h"
#include "reviewer/gitlib.h"
#include "reviewer/import.h"
#include "reviewer/list.h"
#include "reviewer/mirror.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/settings.h"
#include "reviewer/stage.h"

int
import_keep(struct reviewer *r, struct mirror *m, const git_oid *parent,
    const git_oid *tree, const struct import_work *work, struct outcome *o)
{
	char	 message[4096];
	git_oid	 commit;
	int	 err;

	snprintf(message, sizeof(message), "%s\n\n%s", work->subject,
	    work->trailer);
	err = commit_make(r->settings, m->repo, parent, tree, message,
	    work->time, &commit, o);
	if (err == 0)
		err = stage_flush(m->stage, o);
	else
		stage_drop(m->stage);
	/* The pack is on disk before anything points into it. */
	return (err != 0 ? err : mirror_ref(m, work->ref, &commit, o));
}

/* 1 when a ref holds the work of this very change; *tree is then its tree. */
static int
attic_has(struct mirror *m, const char *ref, const char *trailer,
    git_oid *tree)
{
	git_commit	*c = NULL;
	git_oid		 id;
	int		 found = 0;

	if (git_reference_name_to_id(&id, m->repo, ref) == 0 &&
	    git_commit_lookup(&c, m->repo, &id) == 0 &&
	    strstr(git_commit_message(c), trailer) != NULL) {
		git_oid_cpy(tree, git_commit_tree_id(c));
		found = 1;
	}
	git_commit_free(c);
	return (found);
}

/* Names of an import: its ref and the last lines of its commit. */
static void
attic_names(const struct rec *in, char ref[128], char trailer[256])
{
	char	 task[ID_SIZE], change[ID_SIZE];

	id_format(task, 't', rec_id(in, F_b_import_task));
	id_format(change, 'c', rec_id(in, F_b_import_change));
	snprintf(ref, 128, "refs/praetor/attic/%s/%" PRIu64, task,
	    rec_u64(in, F_b_import_attempt));
	snprintf(trailer, 256, "Praetor-Task: %s\nPraetor-Change: %s\n", task,
	    change);
}

static int
attic_new(struct reviewer *r, struct mirror *m, const struct rec *in, int fd,
    const struct import_work *work, git_oid *tree, struct outcome *o)
{
	struct import_job	 job = { .upperfd = fd,
	    .whole = (int)rec_u64(in, F_b_import_whole),
	    .given = rec_has(in, F_b_import_given) ?
	    rec_oid(in, F_b_import_given) : NULL,
	    .files_max = r->settings->files_max,
	    .bytes_max = r->settings->bytes_max };
	git_oid			 base_tree;
	int			 err;

	git_oid_fromraw(&job.base, rec_oid(in, F_b_import_base));
	if ((err = gitlib_tree_id(&base_tree, m->repo, &job.base, o)) != 0 ||
	    (err = import_run(r, m, &job, tree, o)) != 0)
		return (err);
	if (git_oid_equal(&base_tree, tree)) {
		stage_drop(m->stage);
		return (0);
	}
	return (import_keep(r, m, &job.base, tree, work, o));
}

static int
attic_fill(struct reviewer *r, struct mirror *m, const struct rec *in,
    const git_oid *tree, const char *ref, struct rec *out, struct outcome *o)
{
	git_oid	 base, from;
	int	 err;

	git_oid_fromraw(&base, rec_oid(in, F_b_import_base));
	if ((err = list_changes(m, &base, tree, out, o)) != 0 ||
	    (err = gitlib_tree_id(&from, m->repo, &base, o)) != 0)
		return (err);
	rec_set_oid(out, F_b_imported_tree, tree->id);
	if (rec_u64(out, F_b_imported_files) > 0)
		rec_set_str(out, F_b_imported_ref, ref);
	/* Whole directories that were deleted are counted only here. */
	if (rec_u64(out, F_b_imported_files) > r->settings->files_max)
		return (outcome_set(o, PRA_EINVALID, "the change touches "
		    "%" PRIu64 " files, more than %" PRIu64 ": raise `change "
		    "{ files max }` in praetord.conf",
		    rec_u64(out, F_b_imported_files),
		    r->settings->files_max));
	rec_set_oid(out, F_b_imported_from, from.id);
	/* What is only kept lands nowhere. */
	return (rec_u64(in, F_b_import_keep) ? 0 : facts_find(r, m, &from,
	    tree, out, F_b_imported_facts, o));
}

int
import_answer(struct reviewer *r, const struct rec *in, int fd,
    struct rec *out, struct outcome *o)
{
	struct import_work	 work = { 0 };
	struct mirror		*m;
	char			 ref[128], trailer[256];
	git_oid			 tree;
	int			 err;

	err = mirror_find(r, rec_str(in, F_b_import_project), &m, o);
	if (err != 0)
		return (err);
	attic_names(in, ref, trailer);
	work.ref = ref;
	work.trailer = trailer;
	work.subject = rec_has(in, F_b_import_subject) ?
	    rec_str(in, F_b_import_subject) : "work of a task";
	work.time = wall_now().us / 1000000;
	if (!attic_has(m, ref, trailer, &tree) &&
	    (err = attic_new(r, m, in, fd, &work, &tree, o)) != 0) {
		/* A refusal by the rules leaves nothing half-read behind. */
		if (err != PRA_EINVALID)
			mirror_close(r, m);
		return (err);
	}
	return (attic_fill(r, m, in, &tree, ref, out, o));
}
