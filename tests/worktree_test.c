/*
 * Both kinds of worktree: the same edits in an overlay, in a copy and in a
 * checkout of git(1) come to the same tree.  Failures that it names: a
 * deletion that is lost or made up, a mode, link or swap that only one of them
 * takes, something that only one refuses, a mark of overlayfs that a job set.
 * WORKTREE_SEED=n repeats one round, WORKTREE_ROUNDS=n asks for more.
 */
#include "tests/tap.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "common/buf.h"
#include "common/err.h"
#include "praetord/copy.h"
#include "reviewer/gitlib.h"
#include "reviewer/import.h"
#include "reviewer/layer.h"
#include "reviewer/stage.h"
#include "tests/reviewer_rig.h"

#define ROUNDS	40
#define EDITS_MOST	14
#define NO_MOUNT	77

/* What an import came to. */
struct got {
	int		 err;
	git_oid		 tree;
	char		 text[512];
};

/* Files of every kind that Git knows, three levels, rules, odd names. */
static void
repo(struct rv *v)
{
	rv_sh(v, "umask 022; git init -q wt; cd wt; mkdir -p a/b/c d out;"
	    "for f in one two a/f a/g a/b/h a/b/c/i d/j d/k; do "
	    "echo $f >$f; done; printf '#!/bin/sh\\n' >run; chmod +x run;"
	    "ln -s one link; ln -s /nowhere/abs a/abs; : >zero;"
	    "echo o >kept.o; echo o >out/kept;"
	    "echo x >\"$(printf 'odd\\377')\"; echo x >\"$(printf 'n\\nl')\";"
	    "printf '*.o\\n/out/\\n' >.gitignore; git add -A -f;"
	    "git update-index --add --cacheinfo 160000,"
	    "1111111111111111111111111111111111111111,sub; mkdir sub;"
	    "git commit -qm base; git clone -q --bare . '%s'", v->repo);
	rv_add(v);
}

/* The pristine tree of the head as a directory beneath v->dir. */
static void
pristine(struct rv *v, char *path, size_t size)
{
	struct layers	 l;
	git_oid		 tree;

	rv_expect(v, gitlib_tree_id(&tree, v->m->repo, &v->head, &v->o), 0,
	    NULL);
	rv_expect(v, layers_ready(&v->r, v->m, &tree, &l, &v->o), 0, NULL);
	assert_int_equal(l.n, 1);
	snprintf(path, size, "state/trees/%s", l.name[0]);
}

static int
script_run(const char *dir, const char *script)
{
	char	 cmd[16384];

	snprintf(cmd, sizeof(cmd), "cd '%s' && umask 022; { %s\n} "
	    ">/dev/null 2>&1; :", dir, script);
	if (system(cmd) == 0)
		return (0);
	fprintf(stderr, "# in %s:\n%s\n", dir, script);
	return (-1);
}

static int
overlay_run(struct rv *v, const char *tree, const char *script)
{
	char	 opt[1024], at[256];

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return (NO_MOUNT);
	snprintf(at, sizeof(at), "%s/merged", v->dir);
	snprintf(opt, sizeof(opt), "userxattr,redirect_dir=nofollow,"
	    "metacopy=off,index=off,xino=off,lowerdir=%s/%s,"
	    "upperdir=%s/upper,workdir=%s/work", v->dir, tree, v->dir,
	    v->dir);
	if (mount("overlay", at, "overlay", 0, opt) == -1)
		return (errno == ENODEV || errno == EPERM ? NO_MOUNT : 1);
	return (script_run(at, script) == 0 ? 0 : 1);
}

static void
edit_overlay(struct rv *v, const char *tree, const char *script)
{
	pid_t	 pid;
	int	 status;

	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		_exit(overlay_run(v, tree, script));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_MOUNT)
		tap_skip("needs root for an overlay mount");
	assert_int_equal(status, 0);
}

static void
edit_copy(struct rv *v, const char *tree, const char *script)
{
	struct copied	 n = { 0 };
	struct copy_how	 how = { 0 };
	struct why	 why;
	char		 at[256];
	int		 from = rv_opendir(v, tree), to = rv_opendir(v, "copy");

	if (copy_tree(from, to, &how, &n, &why) != 0)
		fail_msg("%s", why.text);
	close(from);
	close(to);
	snprintf(at, sizeof(at), "%s/copy", v->dir);
	assert_int_equal(script_run(at, script), 0);
}

static void
import(struct rv *v, const char *dir, int whole, struct got *g)
{
	struct import_job	 job = { .base = v->head, .files_max = 1000,
	    .bytes_max = 1 << 20, .whole = whole };

	job.upperfd = rv_opendir(v, dir);
	g->err = import_run(&v->r, v->m, &job, &g->tree, &v->o);
	close(job.upperfd);
	snprintf(g->text, sizeof(g->text), "%s", g->err != 0 ? v->o.text : "");
	if (g->err == 0)
		rv_expect(v, stage_flush(v->m->stage, &v->o), 0, NULL);
}

/* One round: the script in both worktrees, and both imported. */
static void
both(struct rv *v, const char *script, struct got *overlay, struct got *copy)
{
	char	 tree[128];

	pristine(v, tree, sizeof(tree));
	rv_sh(v, "chmod -R u+rwX upper copy 2>/dev/null || :; "
	    "rm -rf upper work merged copy; mkdir -m 755 upper work merged "
	    "copy");
	edit_overlay(v, tree, script);
	edit_copy(v, tree, script);
	import(v, "upper", 0, overlay);
	import(v, "copy", 1, copy);
}

static void
agree(struct rv *v, const char *script, const struct got *a,
    const struct got *b)
{
	if (a->err != b->err || strcmp(a->text, b->text) != 0)
		fail_msg("overlay: %s \"%s\", copy: %s \"%s\", after\n%s",
		    err_name(a->err), a->text, err_name(b->err), b->text,
		    script);
	if (a->err != 0 || git_oid_equal(&a->tree, &b->tree))
		return;
	rv_sh(v, "cd state/mirrors/web.git; git ls-tree -rt %s >../../../o;",
	    git_oid_tostr_s(&a->tree));
	rv_sh(v, "cd state/mirrors/web.git; git ls-tree -rt %s >../../../c; "
	    "diff ../../../o ../../../c >&2 || :", git_oid_tostr_s(&b->tree));
	fail_msg("overlay and copy differ, after\n%s", script);
}

/* The tree that git(1) makes of the same edits. */
static void
git_agrees(struct rv *v, const char *script, const git_oid *tree)
{
	char	 at[256];
	git_oid	 want;

	rv_sh(v, "chmod -R u+rwX check 2>/dev/null || :; rm -rf check; "
	    "git clone -q repos/web.git check; mkdir -p check/sub");
	snprintf(at, sizeof(at), "%s/check", v->dir);
	assert_int_equal(script_run(at, script), 0);
	assert_int_equal(git_oid_fromstr(&want, rv_out(v, "cd check; "
	    "git add -A 2>/dev/null; git write-tree")), 0);
	if (git_oid_equal(tree, &want))
		return;
	rv_sh(v, "git -C check ls-files -s >c; "
	    "git -C state/mirrors/web.git ls-tree -r %s >o; cat o c >&2",
	    git_oid_tostr_s(tree));
	fail_msg("git makes another tree, after\n%s", script);
}

/* Names that are there, and names that may come to be. */
static const char *const places[] = {
	"one", "two", "zero", "run", "link", "a", "a/f", "a/g", "a/abs", "a/b",
	"a/b/h", "a/b/c", "a/b/c/i", "d", "d/j", "d/k", "sub", "kept.o",
	"out/kept", "new", "new.o", "a/new", "a/b/new", "d/new", "e", "e/f",
	"e/f/g", "out/new", "' '", "-rf", "a/'ü ✓'", "'back\\slash'",
	"d/'*'", "'$x'"
};

/* These are in the repository: only for what makes no other name of them. */
static const char *const odd[] = {
	"\"$(printf 'odd\\377')\"", "\"$(printf 'n\\nl')\""
};

/* What is done to the names $A and $B with the number $N. */
static const char *const edits[] = {
	"echo text$N >\"$A\"", "echo more$N >>\"$A\"", "true >\"$A\"",
	"rm -f \"$A\"", "rm -rf \"$A\"", "chmod +x \"$A\"",
	"chmod -x \"$A\"", "chmod 600 \"$A\"", "chmod g+s \"$A\"",
	"touch \"$A\"", "mkdir -p \"$A\"", "rm -rf \"$A\"; mkdir \"$A\"",
	"rm -rf \"$A\"; mkdir \"$A\"; echo in$N >\"$A/in\"",
	"rm -rf \"$A\"; echo file$N >\"$A\"",
	"rm -rf \"$A\"; ln -s to$N \"$A\"", "ln -sfn to$N \"$A\"",
	"cp -p \"$A\" t$N; rm \"$A\"; mv t$N \"$A\"",
	"touch -d @1000000000 \"$A\"",
	/* From here on with $B, which may get the name of $A's end. */
	"mv \"$A\" \"$B\"", "mv -T \"$A\" \"$B\"",
	/* Into itself it would follow the order of names on the disk. */
	"case \"$B/\" in \"$A/\"*) ;; *) cp -a \"$A\" \"$B\" ;; esac",
	"ln \"$A\" \"$B\"",
	"mv \"$A\" x$N; mv \"$B\" \"$A\"; mv x$N \"$B\""
};
#define EDITS_ONE	18
#define N(table)	(sizeof(table) / sizeof((table)[0]))

static unsigned int
pick(unsigned int *seed, size_t n)
{
	*seed = *seed * 1103515245U + 12345U;
	return ((*seed >> 16) % (unsigned int)n);
}

static void
edit_add(struct buf *b, unsigned int *seed)
{
	unsigned int	 e = pick(seed, N(edits)), n = pick(seed, 1000);
	const char	*at = places[pick(seed, N(places))];
	const char	*to = places[pick(seed, N(places))];

	if (e < EDITS_ONE && pick(seed, 8) == 0)
		at = odd[pick(seed, N(odd))];
	assert_int_equal(buf_printf(b, "A=./%s; B=./%s; N=%u; %s\n", at, to,
	    n, edits[e]), 0);
}

static void
round_run(struct rv *v, unsigned int seed)
{
	struct buf	 b = { 0 };
	struct got	 overlay, copy;
	unsigned int	 s = seed;
	int		 i, n = 1 + (int)pick(&s, EDITS_MOST);

	for (i = 0; i < n; i++)
		edit_add(&b, &s);
	assert_non_null(buf_str(&b));
	both(v, (char *)b.data, &overlay, &copy);
	agree(v, (char *)b.data, &overlay, &copy);
	if (overlay.err == 0)
		git_agrees(v, (char *)b.data, &overlay.tree);
	else
		print_message("# seed %u: refused: %s\n", seed, overlay.text);
	buf_free(&b);
}

static void
test_random(void **state)
{
	struct rv	*v = *state;
	const char	*one = getenv("WORKTREE_SEED");
	const char	*more = getenv("WORKTREE_ROUNDS");
	unsigned int	 i, n = more != NULL ? (unsigned int)atoi(more) : ROUNDS;

	if (geteuid() != 0)
		tap_skip("needs root for an overlay mount");
	repo(v);
	if (one != NULL) {
		round_run(v, (unsigned int)atoi(one));
		return;
	}
	for (i = 1; i <= n; i++)
		round_run(v, i);
}

/* What a job must not leave is refused in the same words. */
static void
test_refused(void **state)
{
	static const struct { const char *script, *text; } t[] = {
		{ "mkfifo d/p", "\"d/p\": it is a fifo" },
		{ "rm one; mkfifo one", "\"one\": it is a fifo" },
		{ "mkdir a/x; mkdir a/x/.git", "a nested repository" },
		{ "echo x >\"$(printf 'a/\\377')\"", "not UTF-8" },
		{ "ln -s x .gitmodules", "must not be a symbolic link" },
		{ "echo x >sub/x", "it is a submodule" },
		{ "mkdir new; cd new; for i in $(seq 70); do mkdir d; cd d; "
		    "done", "nested deeper than 64" },
		{ "for i in $(seq 1001); do echo x >f$i; done",
		    "more than 1000 files" },
		{ "head -c 2000000 /dev/zero >big", "more than 1048576 bytes" }
	};
	struct rv	*v = *state;
	struct got	 overlay, copy;
	size_t		 i;

	if (geteuid() != 0)
		tap_skip("needs root for an overlay mount");
	repo(v);
	for (i = 0; i < N(t); i++) {
		both(v, t[i].script, &overlay, &copy);
		agree(v, t[i].script, &overlay, &copy);
		if (overlay.err == 0 || strstr(copy.text, t[i].text) == NULL)
			fail_msg("%s: %s", t[i].script, copy.text);
	}
}

/* The import of a copy after a script, and of nothing but that. */
static void
alone(struct rv *v, const char *script, struct got *g)
{
	char	 tree[128];

	pristine(v, tree, sizeof(tree));
	rv_sh(v, "chmod -R u+rwX copy 2>/dev/null || :; rm -rf copy; "
	    "mkdir copy");
	edit_copy(v, tree, script);
	import(v, "copy", 1, g);
}

static void
marks_set(struct rv *v)
{
	static const char *const names[] = { ".", "a", "d", "two", "zero" };
	static const char *const marks[] = { "user.overlay.opaque",
	    "user.overlay.redirect", "user.overlay.metacopy",
	    "user.overlay.whiteout" };
	char	 path[256];
	size_t	 i, k;

	for (i = 0; i < N(names); i++)
		for (k = 0; k < N(marks); k++) {
			snprintf(path, sizeof(path), "%s/copy/%s", v->dir,
			    names[i]);
			assert_int_equal(setxattr(path, marks[k], "y", 1, 0),
			    0);
		}
}

/* The marks of overlayfs are a job's to set here, and mean nothing. */
static void
test_marks(void **state)
{
	struct rv	*v = *state;
	struct got	 g, h;

	repo(v);
	alone(v, "echo x >one", &g);
	marks_set(v);
	import(v, "copy", 1, &h);
	agree(v, "setxattr", &g, &h);
	if (geteuid() != 0)
		return;
	alone(v, "rm two; mknod two c 0 0", &g);
	assert_int_equal(g.err, PRA_EINVALID);
	assert_non_null(strstr(g.text, "\"two\": it is a device"));
}

/*
 * What is in the repository already is no change, though it could not be made
 * today, and nothing is written for it: 70 directories in each other, a link
 * that Git obeys, a mode of long ago.
 */
static void
test_unchanged(void **state)
{
	struct rv	*v = *state;
	struct got	 g;
	git_oid		 base;

	rv_sh(v, "umask 022; git init -q wt; cd wt; echo one >one; "
	    "(for i in $(seq 70); do mkdir d; cd d; done; echo deep >f); "
	    "git add -A; b=$(git hash-object one); l=$(printf one | "
	    "git hash-object -w --stdin); t=$( (printf '100664 blob %%s\\told\n"
	    "120000 blob %%s\\t.gitmodules\n' $b $l; "
	    "git ls-tree $(git write-tree)) | git mktree); "
	    "git update-ref refs/heads/main $(git commit-tree -m base $t); "
	    "git clone -q --bare . '%s'", v->repo);
	rv_add(v);
	rv_expect(v, gitlib_tree_id(&base, v->m->repo, &v->head, &v->o), 0,
	    NULL);
	alone(v, "true", &g);
	if (g.err != 0)
		fail_msg("%s", g.text);
	assert_true(git_oid_equal(&g.tree, &base));
	alone(v, "touch one; rm .gitmodules; ln -s one .gitmodules", &g);
	assert_true(g.err == 0 && git_oid_equal(&g.tree, &base));
	alone(v, "echo two >one", &g);
	rv_sh(v, "git -C state/mirrors/web.git ls-tree -r %s | "
	    "grep -c . | grep -qx 4", git_oid_tostr_s(&g.tree));
	alone(v, "cd d; while [ -d d ]; do cd d; done; echo x >f", &g);
	assert_int_equal(g.err, PRA_EINVALID);
	assert_non_null(strstr(g.text, "nested deeper than 64"));
	alone(v, "ln -sfn two .gitmodules", &g);
	assert_int_equal(g.err, PRA_EINVALID);
	alone(v, "rm -r d old", &g);
	assert_int_equal(g.err, 0);
}

/* With `worktree copy` every tree is whole, and what is not one is cleared. */
static void
test_whole_trees(void **state)
{
	struct rv	*v = *state;
	struct layers	 l;
	git_oid		 tree;

	repo(v);
	rv_expect(v, gitlib_tree_id(&tree, v->m->repo, &v->head, &v->o), 0,
	    NULL);
	rv_expect(v, layers_ready(&v->r, v->m, &tree, &l, &v->o), 0, NULL);
	rv_sh(v, "cd wt; rm -r a; echo more >two; git commit -qam more; "
	    "git push -q '%s' main", v->repo);
	rv_expect(v, mirror_fetch(&v->r, v->m, 1, &v->head, &v->o), 0, NULL);
	rv_expect(v, gitlib_tree_id(&tree, v->m->repo, &v->head, &v->o), 0,
	    NULL);
	rv_expect(v, layers_ready(&v->r, v->m, &tree, &l, &v->o), 0, NULL);
	assert_int_equal(l.n, 2);
	layers_flatten(&v->r);
	rv_sh(v, "test ! -e state/trees/%s; test ! -e state/trees/%s.base; "
	    "test -d state/trees/%s; test -f state/trees/%s.base", l.name[0],
	    l.name[0], l.name[1], l.name[1]);
	v->r.settings->copy = 1;
	rv_expect(v, layers_ready(&v->r, v->m, &tree, &l, &v->o), 0, NULL);
	assert_int_equal(l.n, 1);
	rv_sh(v, "test -f state/trees/%s/d/j; test ! -e state/trees/%s/a",
	    l.name[0], l.name[0]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(test_random, rv_setup,
		    rv_teardown),
		cmocka_unit_test_setup_teardown(test_refused, rv_setup,
		    rv_teardown),
		cmocka_unit_test_setup_teardown(test_marks, rv_setup,
		    rv_teardown),
		cmocka_unit_test_setup_teardown(test_unchanged, rv_setup,
		    rv_teardown),
		cmocka_unit_test_setup_teardown(test_whole_trees, rv_setup,
		    rv_teardown)
	};

	return (tap_run_group(tests, rv_begin, rv_end));
}
