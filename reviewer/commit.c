/*
 * Commit objects.  Runs in the reviewer; every input was checked before.
 */
#include "common/err.h"
#include "reviewer/commit.h"
#include "reviewer/gitlib.h"
#include "reviewer/outcome.h"
#include "reviewer/settings.h"

int
commit_make(const struct settings *s, git_repository *repo,
    const git_oid *parent, const git_oid *tree, const char *message,
    int64_t time, git_oid *out, struct outcome *o)
{
	const git_commit	*parents[1];
	git_signature		*who = NULL;
	git_commit		*p = NULL;
	git_tree		*t = NULL;
	int			 rc;

	if ((rc = git_signature_new(&who, s->author_name, s->author_email,
	    time, 0)) == 0 &&
	    (rc = git_commit_lookup(&p, repo, parent)) == 0 &&
	    (rc = git_tree_lookup(&t, repo, tree)) == 0) {
		parents[0] = p;
		rc = git_commit_create(out, repo, NULL, who, who, NULL,
		    message, t, 1, parents);
	}
	git_signature_free(who);
	git_commit_free(p);
	git_tree_free(t);
	if (rc != 0)
		return (outcome_git(o, rc, "commit"));
	return (0);
}
