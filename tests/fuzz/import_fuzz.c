/*
 * Fuzzing of the import, reviewer/import.c and facts*.c: what a session left.
 * The first byte chooses: N a name; F one file of a change, its path and its
 * content; T edits of an upper directory, hostile ones among them.  Whatever
 * is there, the import takes it or refuses it in one clean line; what it takes
 * has no name, mode or object that it should not, and is the same again; the
 * report on it is one that the engine can read, and the same again.
 *
 * Everything lies in a directory of its own, and as root nothing else can be
 * written (tree_contain()).
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <git2/sys/path.h>

#include "common/err.h"
#include "common/rec.h"
#include "reviewer/facts.h"
#include "reviewer/gitlib.h"
#include "reviewer/import.h"
#include "reviewer/mirror.h"
#include "reviewer/names.h"
#include "reviewer/outcome.h"
#include "reviewer/reviewer.h"
#include "reviewer/stage.h"
#include "reviewer/trees.h"
#include "tests/fuzz/fuzz.h"
#include "tests/recgen.h"
#include "tests/treegen.h"

#define EDITS		24
#define GENERATED	32		/* seeds for T */

static const char *const	 seeds[] = {
	"N.git", "NGIT~1", "N.g\342\200\214it", "Na\\..\\b", "N\302\205",
	"N.gitmodules", "N...", "N\303\274", "N.git::$INDEX_ALLOCATION",
	"Ffpackage.json\n{\"scripts\":{\"postinstall\":\"x\"},\"bin\":1}",
	"Ffcomposer.json\n{\"scripts\":{\"post-install-cmd\":[\"x\"]}}",
	"Ff.gitmodules\n[submodule \"a\"]\n\tpath = a\n\turl = -u./x\n"
	    "\tupdate = !touch x\n[submodule \"../b\"]\n\tpath = \"c\r\"\n",
	"Ff.gitattributes\n*.c filter=x\n", "Flsub/l\n../../etc/passwd",
	"Fl.git-x/l\n/etc", "Fx.github/workflows/ci.yml\non: push\n",
	"FfMakefile\nAKIAIOSFODNN7EXAMPLQ -----BEGIN RSA PRIVATE KEY-----\n"
	    "ghp_0123456789abcdefghijABCDEFGHIJ012345 password = \"hunter2!\"",
	"Ffsub/HEAD\nref: refs/heads/main\n", "Fx.husky/pre-commit\n#!/bin/sh",
	"Ff.npmrc\n//registry/:_authToken=npm_0123456789abcdefghijABCDEFG\n"
};
#define NSEEDS	(sizeof(seeds) / sizeof(seeds[0]))

/* The base: files whose names the edits draw too, and rules that name some. */
static const struct { const char *path, *text; int mode; } base[] = {
	{ ".gitignore", "*.ignored\n/out/\n!keep.ignored\n", 0644 },
	{ "a", "a", 0644 }, { "b", "", 0755 }, { "Makefile", "all:\n", 0644 },
	{ "package.json", "{\"scripts\":{\"test\":\"x\"}}", 0644 },
	{ ".gitmodules", "[submodule \"m\"]\n\tpath = m\n\turl = ../m\n",
	    0644 },
	{ ".vscode/tasks.json", "{}", 0644 },
	{ ".github/workflows/ci.yml", "on: push\n", 0644 },
	{ "sub/a", "x", 0644 }, { "sub/.gitignore", "gen\nA\n", 0644 },
	{ "sub/dir/b", "y", 0644 }, { "out/held", "h", 0644 },
	{ "sub/gen.ignored/in", "i", 0644 }, { "lib/objects/x", "o", 0644 },
	{ "lib/refs/x", "r", 0644 }
};

struct place {
	char		 dir[64];	/* everything is beneath */
	int		 up;		/* where it is, as it was before */
	int		 upper;
	struct reviewer	 r;
	struct mirror	 m;
	git_oid		 base;		/* a tree */
	struct outcome	 o;
};

/* The bytes of an input as numbers; 0 when there are no more. */
struct bytes {
	const uint8_t	*p;
	size_t		 n;
};

static uint32_t
byte_draw(void *arg, uint32_t n)
{
	struct bytes	*b = arg;
	uint32_t	 x = 0, most;

	for (most = n; most > 1; most >>= 8) {
		if (b->n == 0)
			break;
		x = x << 8 | *b->p++;
		b->n--;
	}
	return (x % n);
}

static int
beneath(const struct place *pl, const char *name)
{
	char	 path[PATH_MAX];
	int	 fd;

	snprintf(path, sizeof(path), "%s/%s", pl->dir, name);
	FUZZ_ASSERT(mkdir(path, 0755) == 0);
	FUZZ_ASSERT((fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) !=
	    -1);
	return (fd);
}

/* A file of the base, with the directories above it. */
static void
base_file(int at, const char *path, const char *text, mode_t mode)
{
	char	 dir[PATH_MAX];
	size_t	 n;
	int	 fd;

	for (n = strcspn(path, "/"); path[n] != '\0';
	    n += 1 + strcspn(path + n + 1, "/")) {
		snprintf(dir, sizeof(dir), "%.*s", (int)n, path);
		(void)mkdirat(at, dir, 0755);
	}
	fd = openat(at, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	FUZZ_ASSERT(fd != -1);
	FUZZ_ASSERT(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static int
import(struct place *pl, const git_oid *from, git_oid *tree)
{
	struct import_job	 job = { .base = *from, .upperfd = pl->upper,
				    .files_max = 200, .bytes_max = 1 << 20 };

	return (import_run(&pl->r, &pl->m, &job, tree, &pl->o));
}

/* What an import cannot make: a submodule, and names that nobody may add. */
static void
base_odd(struct place *pl, const git_oid *from)
{
	static const char *const	 odd[] = { "odd\377", "a\nb", "e" };
	git_treebuilder			*tb;
	git_tree			*t;
	git_oid				 id;
	size_t				 i;

	FUZZ_ASSERT(gitlib_tree(&t, pl->m.repo, from, &pl->o) == 0);
	FUZZ_ASSERT(git_treebuilder_new(&tb, pl->m.repo, t) == 0);
	FUZZ_ASSERT(git_blob_create_from_buffer(&id, pl->m.repo, "x", 1) == 0);
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		FUZZ_ASSERT(git_treebuilder_insert(NULL, tb, odd[i], &id,
		    i == 2 ? GIT_FILEMODE_LINK : GIT_FILEMODE_BLOB) == 0);
	FUZZ_ASSERT(git_oid_fromstr(&id,
	    "0123456789abcdef0123456789abcdef01234567") == 0);
	FUZZ_ASSERT(git_treebuilder_insert(NULL, tb, "m", &id,
	    GIT_FILEMODE_COMMIT) == 0);
	FUZZ_ASSERT(git_treebuilder_write(&pl->base, tb) == 0);
	git_treebuilder_free(tb);
	git_tree_free(t);
}

/* The base is what an import makes of an upper directory over nothing. */
static void
base_make(struct place *pl)
{
	git_treebuilder	*tb;
	git_oid		 none, first;
	size_t		 i;

	FUZZ_ASSERT(git_treebuilder_new(&tb, pl->m.repo, NULL) == 0);
	FUZZ_ASSERT(git_treebuilder_write(&none, tb) == 0);
	git_treebuilder_free(tb);
	for (i = 0; i < sizeof(base) / sizeof(base[0]); i++)
		base_file(pl->upper, base[i].path, base[i].text,
		    (mode_t)base[i].mode);
	FUZZ_ASSERT(import(pl, &none, &first) == 0);
	base_odd(pl, &first);
	FUZZ_ASSERT(stage_flush(pl->m.stage, &pl->o) == 0);
	tree_clear(pl->upper);
}

static struct place *
the_place(void)
{
	static struct place	 place;

	return (&place);
}

static void
place_end(void)
{
	struct place	*pl = the_place();
	int		 fd = open(pl->dir, O_RDONLY | O_DIRECTORY);

	if (fd != -1)
		tree_clear(fd);
	while (umount2(pl->dir, MNT_DETACH) == 0)
		;
	(void)unlinkat(pl->up, strrchr(pl->dir, '/') + 1, AT_REMOVEDIR);
}

/* Where libFuzzer writes is the working directory. */
static void
place_dir(struct place *pl)
{
	char	 cwd[PATH_MAX];

	snprintf(pl->dir, sizeof(pl->dir), "/tmp/praetor-fuzz.XXXXXX");
	FUZZ_ASSERT(mkdtemp(pl->dir) != NULL);
	FUZZ_ASSERT((pl->up = open("/tmp", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) != -1);
	FUZZ_ASSERT(getcwd(cwd, sizeof(cwd)) != NULL);
	tree_contain(pl->dir, strcmp(cwd, "/") == 0 ? NULL : cwd);
	/* In memory: an input makes a hundred files. */
	FUZZ_ASSERT(geteuid() != 0 || mount("fuzz", pl->dir, "tmpfs", 0,
	    "mode=755") == 0);
	FUZZ_ASSERT(chdir(cwd) == 0);
	FUZZ_ASSERT(atexit(place_end) == 0);
}

static void
place_make(struct place *pl)
{
	git_repository	*made;
	char		 path[PATH_MAX];

	FUZZ_ASSERT(gitlib_init(&pl->o) == 0);
	place_dir(pl);
	close(beneath(pl, "state"));
	snprintf(path, sizeof(path), "%s/state", pl->dir);
	FUZZ_ASSERT(reviewer_open(&pl->r, path, NULL, 0, &pl->o) == 0);
	snprintf(path, sizeof(path), "%s/repo", pl->dir);
	FUZZ_ASSERT(git_repository_init(&made, path, 1) == 0);
	git_repository_free(made);
	FUZZ_ASSERT(gitlib_open(&pl->m.repo, path, &pl->o) == 0);
	FUZZ_ASSERT(stage_new(&pl->m.stage, pl->m.repo, path, &pl->o) == 0);
	pl->m.project = strdup("web");
	pl->upper = beneath(pl, "upper");
	base_make(pl);
}

/* Text for people: UTF-8 in one line with nothing that a terminal obeys. */
static void
check_clean(const char *text)
{
	const unsigned char	*p = (const unsigned char *)text;

	FUZZ_ASSERT(utf8_valid(text, strlen(text)));
	for (; *p != '\0'; p++)
		FUZZ_ASSERT(*p >= 0x20 && *p != 0x7f &&
		    !(*p == 0xc2 && p[1] < 0xa0));
}

/* The report on a change, encoded: twice the same, and one to be read. */
static void
report(struct place *pl, const git_oid *to, struct buf *b)
{
	struct rec		*out = rec_new(REC_b_imported);
	const struct rec	*r;
	size_t			 i;

	FUZZ_ASSERT(facts_find(&pl->r, &pl->m, &pl->base, to, out,
	    F_b_imported_facts, &pl->o) == 0);
	for (i = 0; i < rec_count(out, F_b_imported_facts); i++) {
		r = rec_nth_rec(out, F_b_imported_facts, i);
		check_clean(rec_str(r, F_b_fact_path));
		check_clean(rec_str(r, F_b_fact_kind));
		FUZZ_ASSERT(rec_check(r, NULL, 0) == 0);
		FUZZ_ASSERT(rec_encode(r, b) == 0);
	}
	rec_free(out);
}

static void
check_report(struct place *pl, const git_oid *to)
{
	struct buf	 a = { 0 }, b = { 0 };

	report(pl, to, &a);
	report(pl, to, &b);
	FUZZ_ASSERT(a.len == b.len &&
	    (a.len == 0 || memcmp(a.data, b.data, a.len) == 0));
	buf_free(&a);
	buf_free(&b);
}

/* Nothing that is new has a name or a kind that it may not have. */
static int
check_fresh(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	struct place	*pl = arg;
	const char	*name = git_tree_entry_name(e);
	git_filemode_t	 mode = git_tree_entry_filemode(e);
	git_blob	*blob;

	FUZZ_ASSERT(strlen(path) < WALKED_PATH);
	FUZZ_ASSERT(old != NULL || name_refused_new(name) == NULL);
	FUZZ_ASSERT(!name_is_dotgit(name));
	FUZZ_ASSERT(mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_LINK ||
	    mode == GIT_FILEMODE_BLOB_EXECUTABLE);
	FUZZ_ASSERT(mode != GIT_FILEMODE_LINK ||
	    git_path_is_gitfile(name, strlen(name),
	    GIT_PATH_GITFILE_GITMODULES, GIT_PATH_FS_GENERIC) <= 0);
	FUZZ_ASSERT(git_blob_lookup(&blob, pl->m.repo,
	    git_tree_entry_id(e)) == 0);
	git_blob_free(blob);
	return (0);
}

static int
check_gone(void *arg, const char *path, const git_tree_entry *old)
{
	(void)arg;
	FUZZ_ASSERT(strlen(path) < WALKED_PATH && old != NULL);
	return (0);
}

static int
check_enter(void *arg, const char *path, const git_tree_entry *e,
    const git_tree_entry *old)
{
	(void)arg;
	(void)path;
	FUZZ_ASSERT(old != NULL ||
	    name_refused_new(git_tree_entry_name(e)) == NULL);
	return (0);
}

static int
check_leave(void *arg)
{
	(void)arg;
	return (0);
}

static const struct trees_ops	 check_ops = {
	check_fresh, check_gone, check_enter, check_leave
};

static void
as_tree(struct place *pl, const uint8_t *p, size_t n)
{
	struct bytes	 b = { p, n };
	struct treegen	 g = { byte_draw, &b, 1, 0 };
	git_oid		 tree, again;
	int		 i, err;

	for (i = 0; i < EDITS && b.n > 0; i++)
		tree_edit(&g, pl->upper, 1);
	if ((err = import(pl, &pl->base, &tree)) == 0) {
		FUZZ_ASSERT(trees_walk(pl->m.repo, "", &pl->base, &tree,
		    &check_ops, pl, &pl->o) == 0);
		check_report(pl, &tree);
		FUZZ_ASSERT(import(pl, &pl->base, &again) == 0);
		FUZZ_ASSERT(git_oid_equal(&tree, &again));
		stage_drop(pl->m.stage);
	} else {
		if (err != PRA_EINVALID)
			fprintf(stderr, "%s: %s\n", err_name(err),
			    pl->o.text);
		FUZZ_ASSERT(err == PRA_EINVALID && pl->o.text[0] != '\0');
		check_clean(pl->o.text);
	}
	FUZZ_ASSERT(stage_count(pl->m.stage) == 0);
	tree_clear(pl->upper);
}

/* A tree with one entry, or that tree in another; names as disks have them. */
static int
wrap(struct place *pl, const char *name, git_oid *id, git_filemode_t mode)
{
	git_treebuilder	*tb;
	int		 rc;

	if (name_refused(name) != NULL)
		return (-1);
	FUZZ_ASSERT(git_treebuilder_new(&tb, pl->m.repo, NULL) == 0);
	if ((rc = git_treebuilder_insert(NULL, tb, name, id, mode)) == 0)
		rc = git_treebuilder_write(id, tb);
	git_treebuilder_free(tb);
	return (rc);
}

/* A change of one file, whose path ends with the line. */
static void
as_file(struct place *pl, const uint8_t *p, size_t n)
{
	const uint8_t	*nl = memchr(p, '\n', n);
	git_filemode_t	 mode = GIT_FILEMODE_BLOB;
	char		 path[1024], *slash;
	git_oid		 id;
	int		 rc, depth = 0;

	if (nl == NULL || nl == p || (size_t)(nl - p) >= sizeof(path))
		return;
	if (p[0] == 'l')
		mode = GIT_FILEMODE_LINK;
	else if (p[0] == 'x')
		mode = GIT_FILEMODE_BLOB_EXECUTABLE;
	snprintf(path, sizeof(path), "%.*s", (int)(nl - p) - 1,
	    (const char *)p + 1);
	stage_begin(pl->m.stage);
	FUZZ_ASSERT(git_blob_create_from_buffer(&id, pl->m.repo, nl + 1,
	    n - (size_t)(nl + 1 - p)) == 0);
	do {
		slash = strrchr(path, '/');
		rc = wrap(pl, slash == NULL ? path : slash + 1, &id, mode);
		mode = GIT_FILEMODE_TREE;
		if (slash != NULL)
			*slash = '\0';
	} while (rc == 0 && slash != NULL && ++depth < DEPTH_MAX);
	if (rc == 0 && slash == NULL)
		check_report(pl, &id);
	stage_drop(pl->m.stage);
}

/* What a session may add, Git takes, and no file system takes for .git. */
static void
as_name(struct place *pl, const uint8_t *p, size_t n)
{
	char	 name[400], canon[400];
	git_oid	 id;

	if (n >= sizeof(name))
		return;
	memcpy(name, p, n);
	name[n] = '\0';
	FUZZ_ASSERT(name_canonical(canon, sizeof(canon), name,
	    strlen(name)) == strlen(canon));
	FUZZ_ASSERT(strlen(canon) <= strlen(name) &&
	    (name[0] == '\0' || canon[0] != '\0'));
	if (strcmp(canon, ".git") == 0)
		FUZZ_ASSERT(name_is_dotgit(name));
	if (name_refused_new(name) != NULL)
		return;
	check_clean(name);
	FUZZ_ASSERT(name[0] != '\0' && strchr(name, '/') == NULL &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	    !name_is_dotgit(name));
	stage_begin(pl->m.stage);
	FUZZ_ASSERT(git_blob_create_from_buffer(&id, pl->m.repo, "", 0) == 0);
	FUZZ_ASSERT(wrap(pl, name, &id, GIT_FILEMODE_BLOB) == 0);
	stage_drop(pl->m.stage);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct place	*pl = the_place();

	if (pl->dir[0] == '\0')
		place_make(pl);
	if (size > 0 && data[0] == 'N')
		as_name(pl, data + 1, size - 1);
	else if (size > 0 && data[0] == 'F')
		as_file(pl, data + 1, size - 1);
	else if (size > 0)
		as_tree(pl, data + 1, size - 1);
	return (0);
}

size_t
fuzz_seed(size_t i, uint8_t *out, size_t size)
{
	struct recgen	 g = { i };
	size_t		 n, k;

	if (i < NSEEDS) {
		n = strlen(seeds[i]);
		FUZZ_ASSERT(n <= size);
		memcpy(out, seeds[i], n);
		return (n);
	}
	if (i >= NSEEDS + GENERATED)
		return (0);
	n = 20 + recgen_below(&g, 300);
	for (out[0] = 'T', k = 1; k < n; k++)
		out[k] = (uint8_t)recgen_below(&g, 256);
	return (n);
}
