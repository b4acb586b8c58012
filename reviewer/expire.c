/*
 * What attempts left that was kept for long enough.  Runs in the reviewer, on
 * its own mirrors only: their refs are its own names, and what they point at
 * is not looked at.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/ids.h"
#include "common/rec.h"
#include "reviewer/attic.h"
#include "reviewer/mirror.h"
#include "reviewer/outcome.h"

/* The attempt that a ref below a prefix is of; 0 when it is none. */
static uint64_t
attempt_of(const char *ref, size_t prefix)
{
	const char	*text = ref + prefix;
	char		*end;
	uint64_t	 n;

	if (*text < '1' || *text > '9')
		return (0);
	n = strtoull(text, &end, 10);
	return (*end == '\0' ? n : 0);
}

static int
refs_drop(struct mirror *m, const char *prefix, uint64_t last,
    struct outcome *o)
{
	git_reference_iterator	*it = NULL;
	git_reference		*ref;
	char			 glob[128];
	uint64_t		 n;
	int			 rc;

	snprintf(glob, sizeof(glob), "%s*", prefix);
	rc = git_reference_iterator_glob_new(&it, m->repo, glob);
	while (rc == 0 && (rc = git_reference_next(&ref, it)) == 0) {
		n = attempt_of(git_reference_name(ref), strlen(prefix));
		if (n != 0 && n <= last)
			rc = git_reference_delete(ref);
		git_reference_free(ref);
	}
	git_reference_iterator_free(it);
	if (rc != GIT_ITEROVER)
		return (outcome_git(o, rc, "%s", glob));
	return (0);
}

int
attic_drop(struct reviewer *r, const struct rec *in, struct outcome *o)
{
	struct mirror	*m;
	char		 task[ID_SIZE], prefix[96];
	int		 err;

	err = mirror_find(r, rec_str(in, F_b_attic_drop_project), &m, o);
	if (err != 0)
		return (err == PRA_ENOTFOUND ? 0 : err);
	id_format(task, 't', rec_id(in, F_b_attic_drop_task));
	snprintf(prefix, sizeof(prefix), "refs/praetor/attic/%s/", task);
	return (refs_drop(m, prefix, rec_u64(in, F_b_attic_drop_attempt), o));
}
