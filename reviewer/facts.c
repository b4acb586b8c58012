/*
 * The walk over a change, and the list of what was found.  Runs in the
 * reviewer.  Everything here is what a session made: paths are escaped before
 * they leave, and of what is found too often a digest is told.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/rec.h"
#include "reviewer/facts.h"
#include "reviewer/gitlib.h"
#include "reviewer/mirror.h"
#include "reviewer/names.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/secrets.h"
#include "reviewer/settings.h"
#include "reviewer/trees.h"

#define CONTENT		(2 * (OID_SIZE + 8))
#define DIR_MODE	0040000

static const struct trees_ops	 facts_ops;

/* "100644 <name> 100755 <name>": modes and objects before and after. */
static void
content_text(char out[CONTENT], unsigned int was, const git_oid *old,
    unsigned int is, const git_oid *id)
{
	char	 a[OID_SIZE], b[OID_SIZE];

	gitlib_hex(a, old);
	gitlib_hex(b, id);
	snprintf(out, CONTENT, "%06o %s %06o %s", was, a, is, b);
}

static void
content_entries(char out[CONTENT], const struct fact_at *at)
{
	static const git_oid	 none;

	content_text(out,
	    at->old == NULL ? 0 : git_tree_entry_filemode(at->old),
	    at->old == NULL ? &none : git_tree_entry_id(at->old),
	    at->new == NULL ? 0 : git_tree_entry_filemode(at->new),
	    at->new == NULL ? &none : git_tree_entry_id(at->new));
}

/* Not told, but so that another rest has another digest. */
static void
fact_rest(struct facts *f, enum review_class c, const char *path,
    const char *content)
{
	char	 line[WALKED_PATH + CONTENT + OID_SIZE + 4], hex[OID_SIZE];
	int	 n;

	gitlib_hex(hex, &f->cls[c].digest);
	n = snprintf(line, sizeof(line), "%s %s %s", hex, content, path);
	(void)git_odb_hash(&f->cls[c].digest, line, (size_t)n,
	    GIT_OBJECT_BLOB);
	f->cls[c].rest++;
}

static struct rec *
fact_new(enum review_class c, const char *kind)
{
	struct rec	*r = rec_new(REC_b_fact);

	rec_set_str(r, F_b_fact_class, review_row(c)->name);
	rec_set_str(r, F_b_fact_kind, kind);
	return (r);
}

static void
fact_put(struct facts *f, enum review_class c, const char *path, char letter,
    const char *content, unsigned int line, const char *kind)
{
	const char	 change[2] = { letter, '\0' };
	char		 clean[WALKED_PATH];
	struct rec	*r;

	text_clean(clean, sizeof(clean), path);
	/* A path that was cut could be taken for another. */
	if (f->cls[c].told >= FACTS_MAX || strlen(clean) + 8 >= sizeof(clean) ||
	    f->bytes + strlen(clean) > FACTS_BYTES) {
		fact_rest(f, c, path, content);
		return;
	}
	f->cls[c].told++;
	f->bytes += strlen(clean);
	r = fact_new(c, kind);
	rec_set_str(r, F_b_fact_change, change);
	rec_set_str(r, F_b_fact_path, clean);
	rec_set_str(r, F_b_fact_content, content);
	if (line > 0)
		rec_set_u64(r, F_b_fact_line, line);
	rec_add_rec(f->out, f->field, r);
}

void
fact_add(struct facts *f, enum review_class c, const struct fact_at *at,
    unsigned int line, const char *fmt, ...)
{
	char	 content[CONTENT], kind[128];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(kind, sizeof(kind), fmt, ap);
	va_end(ap);
	content_entries(content, at);
	fact_put(f, c, at->path, at->letter, content, line, kind);
}

void
fact_add_dir(struct facts *f, enum review_class c, const char *path,
    const git_oid *old, const git_oid *id, const char *kind)
{
	static const git_oid	 none;
	char			 content[CONTENT];

	content_text(content, old == NULL ? 0 : DIR_MODE,
	    old == NULL ? &none : old, DIR_MODE, id);
	fact_put(f, c, path, old == NULL ? 'A' : 'M', content, 0, kind);
}

/* One fact without a path for all that was not told. */
static void
facts_rest(struct facts *f)
{
	struct rec	*r;
	char		 kind[64], hex[OID_SIZE];
	int		 c;

	for (c = 0; c < RVC_MAX; c++) {
		if (f->cls[c].rest == 0)
			continue;
		snprintf(kind, sizeof(kind), "%u more", f->cls[c].rest);
		gitlib_hex(hex, &f->cls[c].digest);
		r = fact_new((enum review_class)c, kind);
		rec_set_str(r, F_b_fact_content, hex);
		rec_add_rec(f->out, f->field, r);
	}
}

static void
facts_size(struct facts *f)
{
	const struct settings	*s = f->r->settings;
	char			 kind[64];

	if (s->many_files != 0 && f->files > s->many_files) {
		snprintf(kind, sizeof(kind), "more than %llu files",
		    (unsigned long long)s->many_files);
		rec_add_rec(f->out, f->field, fact_new(RVC_MANY, kind));
	}
	if (s->many_bytes != 0 && f->added > s->many_bytes) {
		snprintf(kind, sizeof(kind), "more than %llu bytes",
		    (unsigned long long)s->many_bytes);
		rec_add_rec(f->out, f->field, fact_new(RVC_MANY, kind));
	}
}

static int
facts_entry(struct facts *f, const char *path, const git_tree_entry *old,
    const git_tree_entry *new)
{
	struct fact_at	 at = { path, 'M', old, new };

	if (old == NULL)
		at.letter = 'A';
	else if (new == NULL)
		at.letter = 'D';
	f->files++;
	facts_path(f, &at);
	return (new == NULL ? 0 : facts_file(f, &at));
}

/* An entry that is gone: a file, or every file of a directory. */
static int
facts_deleted(struct facts *f, const char *path, const git_tree_entry *old)
{
	int	 err;

	if (!trees_isdir(old))
		return (facts_entry(f, path, old, NULL));
	f->gone++;
	err = trees_walk(f->m->repo, path, NULL, git_tree_entry_id(old),
	    &facts_ops, f, f->o);
	f->gone--;
	return (err);
}

static int
facts_fresh(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	struct facts	*f = arg;
	int		 err;

	if (f->gone)
		return (facts_entry(f, path, e, NULL));
	if (trees_isdir(old)) {
		if ((err = facts_deleted(f, path, old)) != 0)
			return (err);
		old = NULL;
	}
	return (facts_entry(f, path, old, e));
}

static int
facts_gone(void *arg, const char *path, const git_tree_entry *old)
{
	return (facts_deleted(arg, path, old));
}

static int
facts_enter(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	struct facts	*f = arg;
	int		 err = 0;

	if (f->gone)
		return (0);
	if (old != NULL && !trees_isdir(old))
		err = facts_deleted(f, path, old);
	return (err != 0 ? err : facts_dir(f, path, trees_isdir(old) ?
	    git_tree_entry_id(old) : NULL, git_tree_entry_id(e)));
}

static int
facts_leave(void *arg)
{
	(void)arg;
	return (0);
}

static const struct trees_ops facts_ops = {
	facts_fresh, facts_gone, facts_enter, facts_leave
};

/* Files that the change takes away, by content. */

static int
oid_cmp(const void *a, const void *b)
{
	return (git_oid_cmp(a, b));
}

static int
removed_add(struct facts *f, const git_tree_entry *e)
{
	git_oid	*p;

	if (git_tree_entry_type(e) != GIT_OBJECT_BLOB)
		return (0);
	p = reallocarray(f->removed, f->nremoved + 1, sizeof(*p));
	if (p == NULL)
		return (outcome_set(f->o, PRA_ENOMEM, "out of memory"));
	f->removed = p;
	git_oid_cpy(&p[f->nremoved++], git_tree_entry_id(e));
	return (0);
}

static int	 removed_gone(void *, const char *, const git_tree_entry *);

static int
removed_fresh(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	struct facts	*f = arg;

	if (f->gone)
		return (removed_add(f, e));
	return (trees_isdir(old) ? removed_gone(f, path, old) : 0);
}

static int
removed_enter(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	struct facts	*f = arg;

	(void)e;
	return (f->gone || old == NULL || trees_isdir(old) ? 0 :
	    removed_gone(f, path, old));
}

static const struct trees_ops removed_ops = {
	removed_fresh, removed_gone, removed_enter, facts_leave
};

static int
removed_gone(void *arg, const char *path, const git_tree_entry *old)
{
	struct facts	*f = arg;
	int		 err;

	if (!trees_isdir(old))
		return (removed_add(f, old));
	f->gone++;
	err = trees_walk(f->m->repo, path, NULL, git_tree_entry_id(old),
	    &removed_ops, f, f->o);
	f->gone--;
	return (err);
}

int
facts_removed(struct facts *f, const git_oid *id, int *err)
{
	if (!f->have_removed) {
		f->have_removed = 1;
		*err = trees_walk(f->m->repo, "", &f->from, &f->to,
		    &removed_ops, f, f->o);
		if (*err != 0)
			return (0);
		if (f->nremoved > 0)
			qsort(f->removed, f->nremoved, sizeof(*f->removed),
			    oid_cmp);
	}
	return (f->nremoved > 0 && bsearch(id, f->removed, f->nremoved,
	    sizeof(*f->removed), oid_cmp) != NULL);
}

static int
facts_walk(struct facts *f)
{
	int	 rc;

	if (git_oid_equal(&f->from, &f->to))
		return (0);
	if ((rc = git_repository_odb(&f->odb, f->m->repo)) != 0)
		return (outcome_git(f->o, rc, "object database"));
	if ((f->sc = scanner_new()) == NULL)
		return (outcome_set(f->o, PRA_ENOMEM, "out of memory"));
	if ((rc = facts_dir(f, "", &f->from, &f->to)) != 0)
		return (rc);
	return (trees_walk(f->m->repo, "", &f->from, &f->to, &facts_ops, f,
	    f->o));
}

int
facts_find(struct reviewer *r, struct mirror *m, const git_oid *from,
    const git_oid *to, struct rec *out, int field, struct outcome *o)
{
	struct facts	 f = { .r = r, .m = m, .out = out, .field = field,
			    .o = o, .from = *from, .to = *to };
	int		 err;

	rec_touch(out, field);
	err = facts_walk(&f);
	facts_size(&f);
	facts_rest(&f);
	git_odb_free(f.odb);
	free(f.sc);
	free(f.removed);
	return (err);
}
