/*
 * What is in a new or changed file.  Runs in the reviewer, over bytes that an
 * untrusted session wrote.  No byte of a file gets into a fact.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "reviewer/facts.h"
#include "reviewer/names.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/secrets.h"
#include "reviewer/settings.h"

#define TEXT_LOOK	8000	/* bytes in which a NUL means binary, as in Git */

struct text {
	git_odb_object	*obj;
	const char	*p;
	size_t		 n;
	char		*wide;		/* owned: without NULs */
};

struct file {
	struct facts		*f;
	const struct fact_at	*at;
	struct text		 new, old;
	int			 told;		/* secrets */
	int			 err;
};

static int
text_read(struct facts *f, const git_tree_entry *e, struct text *t,
    const char *path)
{
	int	 rc;

	rc = git_odb_read(&t->obj, f->odb, git_tree_entry_id(e));
	if (rc != 0)
		return (outcome_git(f->o, rc, "\"%s\"", path));
	t->p = git_odb_object_data(t->obj);
	t->n = git_odb_object_size(t->obj);
	return (0);
}

static void
text_free(struct text *t)
{
	git_odb_object_free(t->obj);
	free(t->wide);
}

/* UTF-16 as it comes from other systems: the text is between the NULs. */
static int
text_narrow(struct text *t)
{
	size_t	 i, n = 0;

	if ((t->wide = malloc(t->n + 1)) == NULL)
		return (PRA_ENOMEM);
	for (i = 0; i < t->n; i++)
		if (t->p[i] != '\0')
			t->wide[n++] = t->p[i];
	t->p = t->wide;
	t->n = n;
	return (0);
}

static int
is_binary(const struct text *t)
{
	return (memchr(t->p, '\0', t->n < TEXT_LOOK ? t->n :
	    TEXT_LOOK) != NULL);
}

/* The file before the change, once it is asked for. */
static int
file_old(struct file *fl)
{
	if (fl->old.p != NULL || fl->at->old == NULL ||
	    git_tree_entry_type(fl->at->old) != GIT_OBJECT_BLOB)
		return (0);
	fl->err = text_read(fl->f, fl->at->old, &fl->old, fl->at->path);
	if (fl->err == 0 && fl->new.wide != NULL &&
	    text_narrow(&fl->old) != 0)
		fl->err = outcome_set(fl->f->o, PRA_ENOMEM, "out of memory");
	return (fl->err);
}

/* 1 when it was in the repository before: in this file, or another name. */
static int
was_there(struct file *fl, const struct secret_found *s)
{
	if (file_old(fl) != 0)
		return (0);
	if (fl->old.p != NULL)
		return (memmem(fl->old.p, fl->old.n, fl->new.p + s->at,
		    s->len) != NULL);
	return (facts_removed(fl->f, git_tree_entry_id(fl->at->new),
	    &fl->err));
}

static int
on_secret(void *arg, const struct secret_found *s)
{
	struct file	*fl = arg;
	int		 there = was_there(fl, s);

	if (fl->err != 0)
		return (-1);
	if (there)
		return (0);
	fact_add(fl->f, s->rule->cls, fl->at, s->line, "%s", s->rule->text);
	return (++fl->told >= SECRETS_MAX);
}

static int
file_secrets(struct file *fl)
{
	(void)secrets_scan(fl->f->sc, fl->new.p, fl->new.n, on_secret, fl);
	if (fl->err != 0 || fl->told >= SECRETS_MAX || !is_binary(&fl->new))
		return (fl->err);
	text_free(&fl->old);
	memset(&fl->old, 0, sizeof(fl->old));
	if (text_narrow(&fl->new) != 0)
		return (outcome_set(fl->f->o, PRA_ENOMEM, "out of memory"));
	(void)secrets_scan(fl->f->sc, fl->new.p, fl->new.n, on_secret, fl);
	return (fl->err);
}

static void
file_link(struct file *fl)
{
	const char	*why = link_leads(fl->at->path, fl->new.p, fl->new.n);

	if (why != NULL)
		fact_add(fl->f, RVC_LINK, fl->at, 0, "a link that %s", why);
}

/* By name: the two kinds of files whose content decides. */
static int
file_named(struct file *fl)
{
	char		 canon[WALKED_PATH];
	const char	*base, *what, *why;

	path_canonical(canon, sizeof(canon), fl->at->path);
	base = strrchr(canon, '/');
	base = base == NULL ? canon : base + 1;
	if (path_is_gitmodules(fl->at->path) &&
	    (why = gitmodules_refused(fl->new.p, fl->new.n)) != NULL)
		fact_add(fl->f, RVC_EXPLOIT, fl->at, 0, "%s", why);
	if (strcmp(base, "package.json") != 0 &&
	    strcmp(base, "composer.json") != 0)
		return (0);
	if (file_old(fl) != 0)
		return (fl->err);
	what = scripts_changed(base, fl->old.p, fl->old.n, fl->new.p,
	    fl->new.n);
	if (*what != '\0')
		fact_add(fl->f, RVC_AUTO, fl->at, 0, "a package manager runs "
		    "or obeys its \"%s\"", what);
	return (0);
}

static int
file_look(struct file *fl)
{
	int	 link;

	link = git_tree_entry_filemode(fl->at->new) == GIT_FILEMODE_LINK;
	if (link)
		file_link(fl);
	else if (is_binary(&fl->new))
		fact_add(fl->f, RVC_BINARY, fl->at, 0, "not text");
	if (!link && file_named(fl) != 0)
		return (fl->err);
	return (file_secrets(fl));
}

static int
same_content(const struct fact_at *at)
{
	return (at->old != NULL && git_oid_equal(git_tree_entry_id(at->old),
	    git_tree_entry_id(at->new)) &&
	    (git_tree_entry_filemode(at->old) == GIT_FILEMODE_LINK) ==
	    (git_tree_entry_filemode(at->new) == GIT_FILEMODE_LINK));
}

int
facts_file(struct facts *f, const struct fact_at *at)
{
	struct file	 fl = { .f = f, .at = at };
	git_object_t	 type;
	size_t		 size;
	int		 rc;

	if (git_tree_entry_type(at->new) != GIT_OBJECT_BLOB ||
	    same_content(at))
		return (0);
	rc = git_odb_read_header(&size, &type, f->odb,
	    git_tree_entry_id(at->new));
	if (rc != 0)
		return (outcome_git(f->o, rc, "\"%s\"", at->path));
	f->added += size;
	if (f->r->settings->large_file != 0 &&
	    size > f->r->settings->large_file)
		fact_add(f, RVC_LARGE, at, 0, "%zu bytes", size);
	if (size > SCAN_MAX) {
		fact_add(f, RVC_UNSCANNED, at, 0, "%zu bytes", size);
		return (0);
	}
	if ((rc = text_read(f, at->new, &fl.new, at->path)) == 0)
		rc = file_look(&fl);
	text_free(&fl.new);
	text_free(&fl.old);
	return (rc);
}
