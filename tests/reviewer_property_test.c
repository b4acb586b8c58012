/*
 * import(overlay(edits)) is what `git add -A' writes of the same edits: random
 * trees, edited through a real overlay mount and beside it.  The first seed
 * and their number come from PRAETOR_SEED and PRAETOR_SEEDS; a failure names
 * its seed.  Runs where it can change nothing but its own directory.
 */
#include "tests/tap.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <bsd/string.h>

#include "common/err.h"
#include "reviewer/import.h"
#include "reviewer/stage.h"
#include "tests/reviewer_rig.h"
#include "tests/treegen.h"

#define SEEDS		120
#define BASE_EDITS	24
#define EDITS		20

static uint32_t
draw(void *arg, uint32_t n)
{
	uint64_t	*s = arg;

	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return ((uint32_t)(*s >> 20) % n);
}

/* The edits of a seed, beneath <dir>/name. */
static void
edit(struct rv *v, const char *name, uint64_t seed, unsigned int edits,
    unsigned int links)
{
	uint64_t	 state = (seed + 1) * 0x9e3779b97f4a7c15ULL;
	struct treegen	 g = { draw, &state, 0, 1 };
	int		 fd = rv_opendir(v, name);

	tree_edit(&g, fd, edits);
	tree_links(&g, fd, links);
	close(fd);
}

/* What every base has: rules, and a name that is no UTF-8. */
static void
base(struct rv *v, const char *name, uint64_t seed)
{
	char	 path[400];
	int	 fd;

	snprintf(path, sizeof(path), "%s/%s", v->dir, name);
	assert_int_equal(mkdir(path, 0755), 0);
	strlcat(path, "/.gitignore", sizeof(path));
	assert_int_not_equal(fd = open(path, O_WRONLY | O_CREAT, 0644), -1);
	assert_int_equal(write(fd, "*.ignored\n/out/\n!keep.ignored\n", 30), 30);
	close(fd);
	snprintf(path, sizeof(path), "%s/%s/odd\377\n", v->dir, name);
	assert_int_not_equal(fd = open(path, O_WRONLY | O_CREAT, 0644), -1);
	close(fd);
	edit(v, name, seed * 2, BASE_EDITS, 0);
}

/* The tree of a directory as git(1) makes it, from the index as it is. */
static git_oid
git_tree_of(struct rv *v, const char *name, const char *force)
{
	git_oid	 id;

	assert_int_equal(git_oid_fromstr(&id, rv_out(v, "cd %s; export "
	    "GIT_DIR=$PWD/../state/mirrors/web.git GIT_WORK_TREE=$PWD "
	    "GIT_INDEX_FILE=$PWD/../index; git -c core.filemode=true "
	    "-c core.autocrlf=false -c core.fsync=none add -A %s; "
	    "git -c core.fsync=none write-tree", name,
	    force)), 0);
	return (id);
}

static void
over(struct rv *v, int up)
{
	char	 merged[300], opts[1500];

	snprintf(merged, sizeof(merged), "%s/merged", v->dir);
	if (!up) {
		assert_int_equal(umount2(merged, 0), 0);
		return;
	}
	snprintf(opts, sizeof(opts), "lowerdir=%s/lower,upperdir=%s/upper,"
	    "workdir=%s/work,userxattr,redirect_dir=nofollow,metacopy=off,"
	    "index=off", v->dir, v->dir, v->dir);
	if (mount("overlay", merged, "overlay", 0, opts) == -1)
		fail_msg("overlay: %s", strerror(errno));
}

static void
show(struct rv *v, const git_oid *got, const git_oid *want)
{
	char	 a[41], b[41];

	git_oid_tostr(a, sizeof(a), got);
	git_oid_tostr(b, sizeof(b), want);
	rv_sh(v, "cd state/mirrors/web.git; git ls-tree -rt %s >../../../got; "
	    "git ls-tree -rt %s >../../../want; cd ../../..; "
	    "diff -u want got >&2 || :", a, b);
}

static void
one(struct rv *v, uint64_t seed)
{
	struct import_job	 job = { .files_max = 1000000,
				    .bytes_max = 1 << 30 };
	git_oid			 got, want;

	rv_sh(v, "rm -rf lower plain upper work merged index; "
	    "mkdir upper work merged");
	base(v, "lower", seed);
	base(v, "plain", seed);
	job.base = git_tree_of(v, "lower", "-f");
	over(v, 1);
	edit(v, "merged", seed * 2 + 1, EDITS, 2);
	over(v, 0);
	edit(v, "plain", seed * 2 + 1, EDITS, 2);
	job.upperfd = rv_opendir(v, "upper");
	if (import_run(&v->r, v->m, &job, &got, &v->o) != 0)
		fail_msg("seed %llu: %s", (unsigned long long)seed, v->o.text);
	close(job.upperfd);
	want = git_tree_of(v, "plain", "");
	if (git_oid_equal(&got, &want)) {
		stage_drop(v->m->stage);
		return;
	}
	assert_int_equal(stage_flush(v->m->stage, &v->o), 0);
	show(v, &got, &want);
	fail_msg("seed %llu: import and git differ", (unsigned long long)seed);
}

static uint64_t
number(const char *name, uint64_t dflt)
{
	const char	*s = getenv(name);

	return (s == NULL ? dflt : strtoull(s, NULL, 0));
}

/* Loose objects of thousands of trees would slow down every look-up. */
static void
tidy(struct rv *v)
{
	rv_sh(v, "cd state/mirrors/web.git/objects; "
	    "rm -rf [0-9a-f][0-9a-f] pack/*");
	rv_restart(v);
	rv_sh(v, "rm -rf state/mirrors/web.git");
	rv_add(v);
}

static void
test_property(void **state)
{
	struct rv	*v = *state;
	uint64_t	 first = number("PRAETOR_SEED", 1), i;

	if (geteuid() != 0)
		tap_skip("needs root to mount an overlay");
	rv_repo(v);
	rv_add(v);
	for (i = 0; i < number("PRAETOR_SEEDS", SEEDS); i++) {
		if (i % 500 == 499)
			tidy(v);
		one(v, first + i);
	}
}

/* The control: what is outside cannot be changed, even by its mode as it is. */
static void
test_contained(void **state)
{
	struct stat	 st;

	(void)state;
	if (geteuid() != 0)
		tap_skip("needs root to mount an overlay");
	assert_int_equal(stat("/", &st), 0);
	assert_int_equal(chmod("/", st.st_mode & 07777), -1);
	assert_int_equal(errno, EROFS);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_contained),
		cmocka_unit_test_setup_teardown(test_property, rv_setup,
		    rv_teardown),
	};
	const char		*tmp = getenv("TMPDIR");
	char			 dir[300];
	int			 rc, up;

	snprintf(dir, sizeof(dir), "%.200s/praetor-property.XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(dir) == NULL || setenv("TMPDIR", dir, 1) == -1 ||
	    (up = open(tmp == NULL ? "/tmp" : tmp, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) == -1)
		err(1, "%s", dir);
	tree_contain(dir, NULL);
	rc = rv_main(tests);
	/* By the directory as it was before: above it all is read-only. */
	(void)umount2(dir, MNT_DETACH);
	if (unlinkat(up, strrchr(dir, '/') + 1, AT_REMOVEDIR) == -1)
		warn("%s", dir);
	return (rc);
}
