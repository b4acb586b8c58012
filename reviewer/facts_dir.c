/*
 * What the names of a directory say together.  Runs in the reviewer, on trees
 * that sessions made.
 */
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/err.h"
#include "reviewer/facts.h"
#include "reviewer/mirror.h"
#include "reviewer/names.h"
#include "reviewer/outcome.h"

struct dir {
	struct facts	*f;
	const char	*path;
	git_tree	*old, *new;
	struct named {
		size_t			 at;	/* of names.data */
		const char		*name;	/* canonical */
		const git_tree_entry	*e;
	}		*list;
	size_t		 n;
	struct buf	 names;
};

static int
named_cmp(const void *a, const void *b)
{
	const struct named	*x = a, *y = b;

	return (strcmp(x->name, y->name));
}

/* The canonical names, sorted. */
static int
dir_names(struct dir *d)
{
	const char	*name;
	char		 canon[512];
	size_t		 i, k;

	d->n = git_tree_entrycount(d->new);
	if ((d->list = calloc(d->n + 1, sizeof(*d->list))) == NULL)
		return (PRA_ENOMEM);
	for (i = 0; i < d->n; i++) {
		d->list[i].e = git_tree_entry_byindex(d->new, i);
		d->list[i].at = d->names.len;
		name = git_tree_entry_name(d->list[i].e);
		k = name_canonical(canon, sizeof(canon), name, strlen(name));
		if (buf_add(&d->names, canon, k + 1) != 0)
			return (PRA_ENOMEM);
	}
	for (i = 0; i < d->n; i++)
		d->list[i].name = (const char *)d->names.data + d->list[i].at;
	if (d->n > 0)
		qsort(d->list, d->n, sizeof(*d->list), named_cmp);
	return (0);
}

static int
dir_has(const struct dir *d, const char *name)
{
	struct named	 key = { .name = name };

	return (d->n > 0 && bsearch(&key, d->list, d->n, sizeof(*d->list),
	    named_cmp) != NULL);
}

/* A name that is new beside one that it could be taken for. */
static void
dir_clash(struct dir *d, const git_tree_entry *e)
{
	struct fact_at	 at = { NULL, 'A', NULL, e };
	char		 path[WALKED_PATH];
	size_t		 len = strlen(d->path);

	memcpy(path, d->path, len + 1);
	if (path_push(path, &len, git_tree_entry_name(e)) == -1)
		return;			/* the walk refuses it */
	at.path = path;
	fact_add(d->f, RVC_CASE, &at, 0, "the same name as another where "
	    "case does not count");
}

/*
 * What git(1) takes for a bare repository when somebody enters the directory,
 * and whose configuration it then obeys.
 */
static void
dir_bare(struct dir *d)
{
	if (dir_has(d, "head") && (dir_has(d, "commondir") ||
	    (dir_has(d, "objects") && dir_has(d, "refs"))))
		fact_add_dir(d->f, RVC_EXPLOIT,
		    *d->path == '\0' ? "." : d->path,
		    d->old == NULL ? NULL : git_tree_id(d->old),
		    git_tree_id(d->new), "a bare repository, whose "
		    "configuration Git obeys there");
}

static int
dir_is_new(const struct dir *d, const git_tree_entry *e)
{
	return (d->old == NULL || git_tree_entry_byname(d->old,
	    git_tree_entry_name(e)) == NULL);
}

static void
dir_clashes(struct dir *d)
{
	const struct named	*a, *b;
	size_t			 i;

	for (i = 1; i < d->n; i++) {
		a = &d->list[i - 1];
		b = &d->list[i];
		if (strcmp(a->name, b->name) != 0)
			continue;
		if (dir_is_new(d, b->e))
			dir_clash(d, b->e);
		else if (dir_is_new(d, a->e))
			dir_clash(d, a->e);
	}
}

int
facts_dir(struct facts *f, const char *path, const git_oid *old,
    const git_oid *id)
{
	struct dir	 d = { .f = f, .path = path };
	int		 rc, err = 0;

	if ((rc = git_tree_lookup(&d.new, f->m->repo, id)) != 0 ||
	    (old != NULL && (rc = git_tree_lookup(&d.old, f->m->repo,
	    old)) != 0))
		err = outcome_git(f->o, rc, "tree of \"%s\"", path);
	else if (dir_names(&d) != 0)
		err = outcome_set(f->o, PRA_ENOMEM, "out of memory");
	else {
		dir_bare(&d);
		dir_clashes(&d);
	}
	git_tree_free(d.old);
	git_tree_free(d.new);
	free(d.list);
	buf_free(&d.names);
	return (err);
}
