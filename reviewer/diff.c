/*
 * Patches.  Runs in the reviewer.  The text goes to people through the
 * engine and is not cleaned here: it is what the files hold.
 */
#include <string.h>
#include <git2.h>

#include "common/err.h"
#include "common/rec.h"
#include "reviewer/diff.h"
#include "reviewer/gitlib.h"
#include "reviewer/mirror.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"

struct printer {
	int	(*put)(void *arg, const void *p, size_t n);
	void	*arg;
	char	 piece[DIFF_PIECE];
	size_t	 len;
	size_t	 total;
	int	 toolong;		/* DIFF_MAX was reached */
};

static int
printer_flush(struct printer *p)
{
	int	 rc = 0;

	if (p->len > 0)
		rc = p->put(p->arg, p->piece, p->len);
	p->len = 0;
	return (rc);
}

static int
printer_add(struct printer *p, const char *text, size_t n)
{
	size_t	 k;

	p->total += n;
	if (p->total > DIFF_MAX) {
		p->toolong = 1;
		return (-1);
	}
	while (n > 0) {
		k = sizeof(p->piece) - p->len;
		k = n < k ? n : k;
		memcpy(p->piece + p->len, text, k);
		p->len += k;
		text += k;
		n -= k;
		if (p->len == sizeof(p->piece) && printer_flush(p) != 0)
			return (-1);
	}
	return (0);
}

static int
on_line(const git_diff_delta *d, const git_diff_hunk *h,
    const git_diff_line *line, void *arg)
{
	(void)d;
	(void)h;
	if ((line->origin == GIT_DIFF_LINE_CONTEXT ||
	    line->origin == GIT_DIFF_LINE_ADDITION ||
	    line->origin == GIT_DIFF_LINE_DELETION) &&
	    printer_add(arg, &line->origin, 1) != 0)
		return (-1);
	return (printer_add(arg, line->content, line->content_len));
}

static int
diff_print(struct printer *p, git_repository *repo, git_tree *from,
    git_tree *to, struct outcome *o)
{
	git_diff	*diff = NULL;
	int		 rc;

	if ((rc = git_diff_tree_to_tree(&diff, repo, from, to, NULL)) == 0 &&
	    (rc = git_diff_print(diff, GIT_DIFF_FORMAT_PATCH, on_line,
	    p)) == 0)
		rc = printer_flush(p);
	git_diff_free(diff);
	if (p->toolong)
		return (outcome_set(o, PRA_ELIMIT, "the patch is longer than "
		    "%ld MiB: use git diff in a clone",
		    DIFF_MAX / 1024 / 1024));
	if (rc != 0)
		return (outcome_git(o, rc, "patch"));
	return (0);
}

int
diff_answer(struct reviewer *r, const struct rec *in,
    int (*put)(void *, const void *, size_t), void *arg, struct outcome *o)
{
	struct printer	 p = { .put = put, .arg = arg };
	struct mirror	*m;
	git_tree	*a = NULL, *b = NULL;
	git_oid		 from, to;
	int		 err;

	git_oid_fromraw(&from, rec_oid(in, F_b_diff_from));
	git_oid_fromraw(&to, rec_oid(in, F_b_diff_to));
	err = mirror_find(r, rec_str(in, F_b_diff_project), &m, o);
	if (err == 0 && (err = gitlib_tree(&a, m->repo, &from, o)) == 0 &&
	    (err = gitlib_tree(&b, m->repo, &to, o)) == 0)
		err = diff_print(&p, m->repo, a, b, o);
	git_tree_free(a);
	git_tree_free(b);
	return (err);
}
