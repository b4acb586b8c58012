/*
 * Which form a pristine tree takes on disk.  Runs in the reviewer; the
 * directories are its own.
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bsd/string.h>

#include "common/err.h"
#include "reviewer/export.h"
#include "reviewer/files.h"
#include "reviewer/gitlib.h"
#include "reviewer/hand.h"
#include "reviewer/holds.h"
#include "reviewer/layer.h"
#include "reviewer/mirror.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/settings.h"

#define CANDIDATES	4	/* trees that a new one is compared with */

struct candidate {
	char		 name[OID_SIZE];
	struct timespec	 used;
	size_t		 depth;		/* layers below it */
};

static void
base_name(const char *name, char out[OID_SIZE + 8])
{
	snprintf(out, OID_SIZE + 8, "%s.base", name);
}

/* One line of a .base file, "word value". */
static int
base_line(struct base *b, char *line)
{
	char	*value = strchr(line, ' ');
	uint8_t	 oid[OID_LEN];

	if (value == NULL)
		return (-1);
	*value++ = '\0';
	if (strcmp(line, "boot") == 0)
		strlcpy(b->boot, value, sizeof(b->boot));
	else if (strcmp(line, "project") == 0)
		strlcpy(b->project, value, sizeof(b->project));
	else if (strcmp(line, "layer") == 0 && b->below.n < LAYERS_MAX - 1 &&
	    oid_parse(oid, value) == 0)
		strlcpy(b->below.name[b->below.n++], value, OID_SIZE);
	else
		return (-1);
	return (0);
}

int
base_read(const struct reviewer *r, const char *name, struct base *b)
{
	struct buf	 text = { 0 };
	char		 file[OID_SIZE + 8], *p, *line;
	int		 rc;

	memset(b, 0, sizeof(*b));
	base_name(name, file);
	rc = files_read(r->treesfd, file, 4096, &text);
	p = (char *)text.data;
	while (rc == 0 && p != NULL && *p != '\0') {
		line = strsep(&p, "\n");
		rc = base_line(b, line);
	}
	buf_free(&text);
	return (rc == 0 && b->boot[0] != '\0' ? 0 : -1);
}

static int
base_write(const struct reviewer *r, const char *name, const struct base *b,
    int sync)
{
	struct buf	 text = { 0 };
	char		 file[OID_SIZE + 8];
	size_t		 i;
	int		 rc;

	base_name(name, file);
	rc = buf_printf(&text, "boot %s\nproject %s\n", b->boot, b->project);
	for (i = 0; rc == 0 && i < b->below.n; i++)
		rc = buf_printf(&text, "layer %s\n", b->below.name[i]);
	if (rc == 0)
		rc = files_write(r->treesfd, file, text.data, text.len, sync);
	buf_free(&text);
	return (rc == 0 ? 0 : -1);
}

/*
 * Whose it is now.  Hands of two projects with one tree would write the same
 * file; a reviewer waits for nobody, and it is but a hint.
 */
static int
base_claim(const struct reviewer *r, struct mirror *m, const char *name,
    struct base *b)
{
	int	 fd, rc;

	fd = holds_lock(r, LOCK_EX | (r->notefd == -1 ? LOCK_NB : 0));
	if (fd == -1)
		return (errno == EWOULDBLOCK ? 0 : -1);
	strlcpy(b->project, m->project, sizeof(b->project));
	rc = base_write(r, name, b, 0);
	close(fd);
	return (rc);
}

/* The layers of a tree that is on disk; counts as a use by the project. */
static int
layers_present(struct reviewer *r, struct mirror *m, const char *name,
    struct layers *out)
{
	struct base	 b;
	struct stat	 st;
	char		 file[OID_SIZE + 8];

	if (fstatat(r->treesfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISDIR(st.st_mode) || holds_use(r, r->treesfd, name) == -1 ||
	    base_read(r, name, &b) == -1)
		return (0);
	base_name(name, file);
	if (strcmp(b.project, m->project) != 0) {
		if (base_claim(r, m, name, &b) == -1)
			return (0);
	} else if (utimensat(r->treesfd, file, NULL, 0) == -1)
		return (0);
	out->n = 1 + b.below.n;
	strlcpy(out->name[0], name, OID_SIZE);
	memcpy(out->name[1], b.below.name[0], b.below.n * OID_SIZE);
	return (1);
}

/* Keep a candidate in a list that is sorted by use, latest first. */
static void
candidate_keep(struct candidate *list, size_t *n, const struct candidate *c)
{
	size_t	 i;

	for (i = *n; i > 0 && (list[i - 1].used.tv_sec < c->used.tv_sec ||
	    (list[i - 1].used.tv_sec == c->used.tv_sec &&
	    list[i - 1].used.tv_nsec < c->used.tv_nsec)); i--)
		if (i < CANDIDATES)
			list[i] = list[i - 1];
	if (i < CANDIDATES)
		list[i] = *c;
	if (*n < CANDIDATES)
		(*n)++;
}

/* The project's trees that a further layer may stand on. */
static size_t
candidates_find(struct reviewer *r, struct mirror *m, struct candidate *list)
{
	struct candidate	 c;
	struct dirent		*de;
	struct base		 b;
	struct stat		 st;
	size_t			 n = 0;
	DIR			*dir;
	int			 fd;

	fd = files_opendir(r->treesfd, ".");
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		if (fd != -1)
			close(fd);
		return (0);
	}
	while ((de = readdir(dir)) != NULL) {
		if (strlen(de->d_name) != OID_TEXT + 5 ||
		    strcmp(de->d_name + OID_TEXT, ".base") != 0)
			continue;
		strlcpy(c.name, de->d_name, sizeof(c.name));
		if (base_read(r, c.name, &b) == -1 ||
		    strcmp(b.project, m->project) != 0 ||
		    b.below.n + 2 > STACK_MAX ||
		    fstatat(r->treesfd, de->d_name, &st, 0) == -1)
			continue;
		c.used = st.st_mtim;
		c.depth = b.below.n;
		candidate_keep(list, &n, &c);
	}
	closedir(dir);
	return (n);
}

/* The candidate with the smallest difference, or NULL when none is near. */
static const struct candidate *
candidate_best(struct mirror *m, const struct candidate *list, size_t n,
    const git_oid *tree)
{
	const struct candidate	*best = NULL;
	struct outcome		 o;
	git_oid			 id;
	long			 d, least = LAYER_FILES;
	size_t			 i;

	for (i = 0; i < n; i++) {
		if (git_oid_fromstr(&id, list[i].name) != 0)
			continue;
		d = export_count(m->repo, &id, tree, least, &o);
		if (d >= 0 && d < least) {
			least = d;
			best = &list[i];
		}
	}
	return (best);
}

/*
 * Give a tree its name, unless a hand of another project that has the same
 * tree was faster: what stands on which is then as that one says.
 */
static int
layer_publish(struct reviewer *r, const char *name, const char *tmp,
    const struct base *b, int whole, struct outcome *o)
{
	struct base	 other;
	struct stat	 st;
	int		 fd, err = 0;

	if ((fd = holds_lock(r, LOCK_EX)) == -1)
		err = outcome_errno(o, errno, "trees");
	else if (fstatat(r->treesfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    base_read(r, name, &other) == 0 &&
	    holds_use(r, r->treesfd, name) == 0)
		holds_retire(r, r->treesfd, tmp);
	else if (holds_use(r, r->treesfd, tmp) == -1 || holds_retire(r, r->treesfd, name) == -1 ||
	    base_write(r, name, b, whole) == -1 ||
	    renameat(r->treesfd, tmp, r->treesfd, name) == -1 ||
	    (whole && fsync(r->treesfd) == -1))
		err = outcome_errno(o, errno, "trees/%s", name);
	if (fd != -1)
		close(fd);
	return (err);
}

/* Fill <name>.<project>.tmp and give it its name. */
static int
layer_make(struct reviewer *r, struct mirror *m, const git_oid *from,
    const git_oid *tree, const char *name, const struct base *b,
    struct outcome *o)
{
	char	 tmp[OID_SIZE + 80];
	int	 fd, err, whole = from == NULL;

	snprintf(tmp, sizeof(tmp), "%s.%s.tmp", name, m->project);
	if (holds_retire(r, r->treesfd, tmp) == -1 ||
	    (fd = files_mkdir(r->treesfd, tmp)) == -1)
		return (outcome_errno(o, errno, "trees/%s", tmp));
	err = export_tree(m->repo, from, tree, fd, o);
	/* A layer is cheap to make again after a crash, a whole tree is not. */
	if (err == 0 && whole && syncfs(fd) == -1)
		err = outcome_errno(o, errno, "trees/%s", tmp);
	close(fd);
	if (err == 0)
		err = layer_publish(r, name, tmp, b, whole, o);
	if (err != 0)
		holds_retire(r, r->treesfd, tmp);
	return (err);
}

int
layers_ready(struct reviewer *r, struct mirror *m, const git_oid *tree,
    struct layers *out, struct outcome *o)
{
	struct candidate	 list[CANDIDATES];
	const struct candidate	*best;
	struct base		 b = { 0 };
	char			 name[OID_SIZE];
	git_oid			 from;
	int			 err;

	memset(out, 0, sizeof(*out));
	gitlib_hex(name, tree);
	if (layers_present(r, m, name, out))
		return (0);
	strlcpy(b.boot, r->boot, sizeof(b.boot));
	strlcpy(b.project, m->project, sizeof(b.project));
	best = r->settings->copy ? NULL : candidate_best(m, list,
	    candidates_find(r, m, list), tree);
	if (best != NULL && (!layers_present(r, m, best->name, &b.below) ||
	    git_oid_fromstr(&from, best->name) != 0))
		best = NULL;
	if (best == NULL)
		b.below.n = 0;
	if (best == NULL && r->brisk)
		return (HAND_NEEDED);
	err = layer_make(r, m, best != NULL ? &from : NULL, tree, name, &b,
	    o);
	if (err == 0 && !layers_present(r, m, name, out))
		err = outcome_set(o, PRA_ESYSTEM, "trees/%s: gone as soon as "
		    "it was made", name);
	return (err);
}

/* 1 when an entry of trees/ is of no use after a start. */
static int
layer_stale(struct reviewer *r, const char *entry)
{
	struct base	 b;
	struct stat	 st;
	char		 name[OID_SIZE];
	uint8_t		 oid[OID_LEN];
	size_t		 i;

	strlcpy(name, entry, sizeof(name));
	if (oid_parse(oid, name) != 0 || (strlen(entry) != OID_TEXT &&
	    strcmp(entry + OID_TEXT, ".base") != 0))
		return (1);
	if (base_read(r, name, &b) == -1 ||
	    fstatat(r->treesfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return (1);
	if (b.below.n > 0 && strcmp(b.boot, r->boot) != 0)
		return (1);
	for (i = 0; i < b.below.n; i++)
		if (fstatat(r->treesfd, b.below.name[i], &st,
		    AT_SYMLINK_NOFOLLOW) == -1)
			return (1);
	return (0);
}

/* Remove the entries of trees/ that a test picks. */
static void
layers_remove(struct reviewer *r, int (*picks)(struct reviewer *,
    const char *))
{
	struct dirent	*de;
	DIR		*dir;
	int		 fd;

	fd = files_opendir(r->treesfd, ".");
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	while ((de = readdir(dir)) != NULL)
		if (de->d_name[0] != '.' && picks(r, de->d_name))
			holds_retire(r, r->treesfd, de->d_name);
	closedir(dir);
}

void
layers_recover(struct reviewer *r)
{
	layers_remove(r, layer_stale);
}

/* 1 for the .base of a tree that stands on others. */
static int
layer_stands(struct reviewer *r, const char *entry)
{
	struct base	 b;
	char		 name[OID_SIZE];

	if (strlen(entry) != OID_TEXT + 5)
		return (0);
	strlcpy(name, entry, sizeof(name));
	return (base_read(r, name, &b) == 0 && b.below.n > 0);
}

/* First what says that a tree is one, as in the sweep. */
void
layers_flatten(struct reviewer *r)
{
	layers_remove(r, layer_stands);
	layers_remove(r, layer_stale);
}
