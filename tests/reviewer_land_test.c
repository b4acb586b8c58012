/*
 * Merges, landings and patches against real repositories: bare, checked
 * out, moved meanwhile, without permission; every request twice.
 */
#include "tests/tap.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "common/err.h"
#include "common/rec.h"
#include "reviewer/diff.h"
#include "reviewer/gitlib.h"
#include "reviewer/land.h"
#include "reviewer/merge.h"
#include "reviewer/stage.h"
#include "tests/reviewer_rig.h"

static const uint8_t	 task_id[ULID_LEN] = { 1, 2, 3 };

/*
 * Make a change as a session would: a branch from `base` in the worktree,
 * whose tree is brought into the mirror.
 */
static git_oid
change(struct rv *v, const char *base, const char *script)
{
	git_oid	 tree;

	rv_sh(v, "cd wt; git checkout -qf -B change %s; %s; git add -A -f; "
	    "git commit -qm change; "
	    "git push -q ../state/mirrors/web.git +change:refs/test/change; "
	    "git checkout -qf main", base, script);
	tree = rv_rev(v, "wt", "change^{tree}");
	return (tree);
}

/* Somebody else commits to the target branch. */
static void
others(struct rv *v, const char *script)
{
	rv_sh(v, "cd wt; git checkout -qf main; git pull -q origin main; "
	    "%s; git add -A -f; git commit -qm others; "
	    "git push -q origin main", script);
}

static struct rec *
merge(struct rv *v, const git_oid *base, const git_oid *tree, int err)
{
	struct rec	*in = rec_new(REC_b_merge);
	struct rec	*out = rec_new(REC_b_merged);

	rec_set_id(in, F_b_merge_change, task_id);
	rec_set_str(in, F_b_merge_project, "web");
	rec_set_oid(in, F_b_merge_base, base->id);
	rec_set_oid(in, F_b_merge_tree, tree->id);
	rv_expect(v, merge_answer(&v->r, in, out, &v->o), err, NULL);
	rec_free(in);
	return (out);
}

/* The merged tree is what git(1) makes of the same two sides. */
static void
same_as_git(struct rv *v, const struct rec *out)
{
	char	 hex[OID_SIZE];

	oid_format(hex, rec_oid(out, F_b_merged_tree));
	rv_sh(v, "cd wt; git checkout -qf main; git pull -q origin main; "
	    "git merge -q --no-edit change; "
	    "test \"$(git rev-parse HEAD^{tree})\" = %s; "
	    "git reset -q --hard origin/main; git fetch -q origin; "
	    "git -C ../state/mirrors/web.git fsck --full 2>/dev/null", hex);
}

static void
test_merge_same(void **state)
{
	struct rv	*v = *state;
	struct rec	*out;
	git_oid		 tree;

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo x >>one");
	out = merge(v, &v->head, &tree, 0);
	assert_memory_equal(rec_oid(out, F_b_merged_tree), tree.id, 20);
	assert_memory_equal(rec_oid(out, F_b_merged_onto), v->head.id, 20);
	rec_free(out);
}

static void
merge_case(struct rv *v, const char *ours, const char *theirs)
{
	struct rec	*out;
	git_oid		 tree;

	rv_sh(v, "cd wt; git fetch -q origin; git checkout -qf -B main "
	    "origin/main");
	rv_expect(v, mirror_fetch(&v->r, v->m, 1, &v->head, &v->o), 0, NULL);
	tree = change(v, "main", theirs);
	others(v, ours);
	out = merge(v, &v->head, &tree, 0);
	same_as_git(v, out);
	rec_free(out);
}

static void
test_merge(void **state)
{
	struct rv	*v = *state;

	rv_repo(v);
	rv_sh(v, "cd wt; seq 30 >lines; git add lines; git commit -qm lines;"
	    "git push -q origin main");
	rv_add(v);
	/* Different files; different places of one file; a rename. */
	merge_case(v, "echo o >ours; rm two", "echo t >src/t; rm -r docs");
	merge_case(v, "sed -i 's/^3\\b/three/' lines",
	    "sed -i 's/^27\\b/27!/' lines");
	merge_case(v, "git mv lines moved", "sed -i 's/^15\\b/15!/' lines");
	merge_case(v, "echo x >src/deep/o", "echo x >src/deep/t; "
	    "rm -r src/deep/er");
	merge_case(v, "chmod -x run", "mkdir both; echo y >both/y");
}

static void
test_merge_conflict(void **state)
{
	struct rv	*v = *state;
	struct rec	*out;
	git_oid		 tree;

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo theirs >one; echo n >docs/d");
	others(v, "echo ours >one; rm docs/d; echo y >yes");
	out = merge(v, &v->head, &tree, PRA_ECONFLICT);
	assert_int_equal(rec_count(out, F_b_merged_paths), 2);
	assert_string_equal(rec_nth_str(out, F_b_merged_paths, 0), "docs/d");
	assert_string_equal(rec_nth_str(out, F_b_merged_paths, 1), "one");
	assert_int_equal(stage_count(v->m->stage), 0);
	rec_free(out);
}

static int
land_onto(struct rv *v, const git_oid *onto, const git_oid *tree,
    struct rec **out)
{
	struct rec	*in = rec_new(REC_b_land);
	int		 err;

	*out = rec_new(REC_b_landed);
	rec_set_id(in, F_b_land_change, task_id);
	rec_set_id(in, F_b_land_task, task_id);
	rec_set_str(in, F_b_land_project, "web");
	rec_set_oid(in, F_b_land_onto, onto->id);
	rec_set_oid(in, F_b_land_tree, tree->id);
	rec_set_str(in, F_b_land_message, "fix: it\n\nTask: t\n");
	rec_set_u64(in, F_b_land_time, 1600000000000000ULL);
	assert_int_equal(rec_check(in, NULL, 0), 0);
	err = land_answer(&v->r, in, *out, &v->o);
	rec_free(in);
	return (err);
}

static void
landed(struct rv *v, const git_oid *onto, const git_oid *tree, int err,
    const char *words)
{
	struct rec	*out;

	rv_expect(v, land_onto(v, onto, tree, &out), err, words);
	rec_free(out);
}

static void
test_land(void **state)
{
	struct rv	*v = *state;
	struct rec	*out, *again;
	git_oid		 tree;
	char		 commit[OID_SIZE];

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo x >>one; mkdir n; echo y >n/y");
	rv_expect(v, land_onto(v, &v->head, &tree, &out), 0,
	    "refs/heads/main");
	oid_format(commit, rec_oid(out, F_b_landed_commit));
	assert_string_equal(rec_str(out, F_b_landed_ref), "refs/heads/main");
	assert_int_equal(rec_u64(out, F_b_landed_aside), 0);
	rv_sh(v, "cd repos/web.git; test \"$(git rev-parse main)\" = %s; "
	    "git fsck --full --strict; "
	    "test \"$(git log -1 --format='%%an %%ae %%at %%s')\" = "
	    "'praetor praetor@localhost 1600000000 fix: it'; "
	    "test \"$(git log -1 --format=%%P)\" = \"$(git rev-parse main~1)\"",
	    commit);
	/* The answer was lost, and the reviewer was started again. */
	rv_restart(v);
	rv_expect(v, land_onto(v, &v->head, &tree, &again), 0, NULL);
	assert_memory_equal(rec_oid(out, F_b_landed_commit),
	    rec_oid(again, F_b_landed_commit), 20);
	rec_free(again);
	/* Others went on from there. */
	others(v, "echo z >z");
	rv_expect(v, land_onto(v, &v->head, &tree, &again), 0, NULL);
	rec_free(again);
	rec_free(out);
	rv_sh(v, "test $(git -C repos/web.git rev-list --count main) = 3");
}

/* Somebody else brought the very same tree: no empty commit is made of it. */
static void
test_land_nothing(void **state)
{
	struct rv	*v = *state;
	struct rec	*out;
	git_oid		 tree, head;

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo same >>one");
	others(v, "echo same >>one");
	rv_expect(v, mirror_fetch(&v->r, v->m, 1, &head, &v->o), 0, NULL);
	rv_expect(v, land_onto(v, &head, &tree, &out), 0, NULL);
	assert_memory_equal(rec_oid(out, F_b_landed_commit), head.id, 20);
	rec_free(out);
	rv_sh(v, "test $(git -C repos/web.git rev-list --count main) = 2");
}

static void
test_land_lost(void **state)
{
	struct rv	*v = *state;
	git_oid		 tree;

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo x >>one");
	others(v, "echo o >o");
	landed(v, &v->head, &tree, PRA_ECONFLICT, "has moved");
	rv_sh(v, "test \"$(git -C repos/web.git log -1 --format=%%s main)\" "
	    "= others");
	rv_sh(v, "git -C repos/web.git update-ref -d refs/heads/main");
	landed(v, &v->head, &tree, PRA_ECONFLICT, "has moved");
}

/* A lock of somebody who never gives it back: said, and nothing changed. */
static void
test_land_locked(void **state)
{
	struct rv	*v = *state;
	git_oid		 tree;

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo x >>one");
	rv_sh(v, "mkdir -p repos/web.git/refs/heads; "
	    ": >repos/web.git/refs/heads/main.lock");
	landed(v, &v->head, &tree, PRA_ESTATE, "refs/heads/main.lock is held");
	rv_sh(v, "test -e repos/web.git/refs/heads/main.lock; test $(git -C "
	    "repos/web.git rev-parse main) = $(git -C wt rev-parse main); "
	    "test $(ls -A repos/web.git/refs/heads | wc -l) -le 2; "
	    "rm repos/web.git/refs/heads/main.lock");
	landed(v, &v->head, &tree, 0, NULL);
}

/* A git that is at work on the branch when the change is to land. */
static void
test_land_waits(void **state)
{
	struct rv	*v = *state;
	git_oid		 tree;
	pid_t		 pid;
	int		 status;

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo x >>one");
	rv_sh(v, ": >repos/web.git/refs/heads/main.lock");
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		_exit(execl("/bin/sh", "sh", "-c", "cd \"$1\"/refs/heads; "
		    "until ls -A | grep -q '^[.]praetor-'; do :; done; "
		    "rm main.lock", "sh", v->repo, (char *)NULL));
	landed(v, &v->head, &tree, 0, NULL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/*
 * The reviewer was killed while it held the lock: it is started again and
 * finds its own lock, which nobody else would remove.
 */
static void
test_land_stale(void **state)
{
	struct rv	*v = *state;
	git_oid		 tree;

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo x >>one");
	rv_sh(v, "cd repos/web.git/refs/heads; f=.praetor-$(cat "
	    "../../../../state/owner).lock; git -C ../.. rev-parse main >$f; "
	    "ln $f main.lock");
	rv_restart(v);
	landed(v, &v->head, &tree, 0, NULL);
	rv_sh(v, "test \"$(ls -A repos/web.git/refs/heads)\" = main");
	/* Of another reviewer on the same repository: that one may live. */
	rv_expect(v, mirror_find(&v->r, "web", &v->m, &v->o), 0, NULL);
	tree = change(v, "main", "echo y >>one");
	rv_expect(v, mirror_fetch(&v->r, v->m, 1, &v->head, &v->o), 0, NULL);
	rv_sh(v, "cd repos/web.git/refs/heads; git -C ../.. rev-parse main "
	    ">.praetor-00000000.lock; ln .praetor-00000000.lock main.lock");
	landed(v, &v->head, &tree, PRA_ESTATE, "main.lock is held");
}

/* The same in the mirror, where every lock at start is a dead one's. */
static void
test_mirror_stale(void **state)
{
	struct rv	*v = *state;
	git_oid		 tree;

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo x >>one");
	rv_sh(v, "cd state/mirrors/web.git; : >packed-refs.lock; "
	    ": >refs/praetor/upstream/main.lock; "
	    ": >objects/pack/pack_git2_dead");
	rv_restart(v);
	landed(v, &v->head, &tree, 0, NULL);
	rv_sh(v, "cd state/mirrors/web.git; test -z \"$(find . -name "
	    "'*.lock' -o -name 'pack_git2_*')\"");
}

/* The owner's log of the branch goes on; a bare one without has none. */
static void
test_land_log(void **state)
{
	struct rv	*v = *state;
	git_oid		 tree;

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo x >>one");
	landed(v, &v->head, &tree, 0, NULL);
	rv_sh(v, "test ! -e repos/web.git/logs/refs/heads/main");
	rv_sh(v, "cd repos/web.git; git config core.logAllRefUpdates true; "
	    "git update-ref refs/heads/main main^; git update-ref "
	    "refs/heads/main %s", "main@{1}");
	tree = change(v, "main", "echo y >>one");
	rv_expect(v, mirror_fetch(&v->r, v->m, 1, &v->head, &v->o), 0, NULL);
	landed(v, &v->head, &tree, 0, NULL);
	rv_sh(v, "cd repos/web.git; test \"$(git reflog -1 --format=%%gs "
	    "main)\" = 'praetor: landed'; test $(git rev-parse main@{1}) = "
	    "$(git rev-parse main^)");
}

/* refs/heads/main that is a symbolic ref is not overwritten. */
static void
test_land_symbolic(void **state)
{
	struct rv	*v = *state;
	git_oid		 tree;

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo x >>one");
	rv_sh(v, "cd repos/web.git; git update-ref refs/heads/real main; "
	    "git symbolic-ref refs/heads/main refs/heads/real");
	landed(v, &v->head, &tree, PRA_EUNSUPPORTED, "points to another ref");
	rv_sh(v, "test $(git -C repos/web.git symbolic-ref refs/heads/main) "
	    "= refs/heads/real");
}

/* A repository with a worktree, opened as project "co". */
static void
open_checkout(struct rv *v)
{
	char	 path[400];

	rv_repo(v);
	rv_sh(v, "git clone -q repos/web.git repos/co");
	snprintf(path, sizeof(path), "%s/co", v->repos);
	rv_expect(v, mirror_open(&v->r, "web", path, "main", &v->head,
	    &v->o), 0, NULL);
	rv_expect(v, mirror_find(&v->r, "web", &v->m, &v->o), 0, NULL);
}

static void
test_land_aside(void **state)
{
	struct rv	*v = *state;
	struct rec	*out;
	git_oid		 tree;
	char		 task[ID_SIZE], ref[128], commit[OID_SIZE];
	int		 i;

	id_format(task, 't', task_id);
	snprintf(ref, sizeof(ref), "refs/heads/praetor/%s", task);
	open_checkout(v);
	for (i = 0; i < 3; i++) {
		tree = change(v, "main", i == 0 ? "echo x >>one" :
		    "echo other >>one");
		rv_expect(v, land_onto(v, &v->head, &tree, &out), 0,
		    "checked out");
		assert_int_equal(rec_u64(out, F_b_landed_aside), 1);
		assert_string_equal(rec_str(out, F_b_landed_ref), ref);
		oid_format(commit, rec_oid(out, F_b_landed_commit));
		rec_free(out);
		rv_sh(v, "cd repos/co; test \"$(git rev-parse %s)\" = %s; "
		    "test \"$(git rev-parse main)\" = "
		    "\"$(git rev-parse origin/main)\"; "
		    "test -z \"$(git status --porcelain)\"", ref, commit);
	}
	rv_sh(v, "cd repos/co; git checkout -q praetor/%s", task);
	/* Now the branch is free, and the change lands on it. */
	landed(v, &v->head, &tree, 0, "refs/heads/main");
	rv_sh(v, "cd repos/co; test -z \"$(git status --porcelain)\"; "
	    "git worktree add -q ../linked main");
	tree = change(v, "main", "echo third >>one");
	landed(v, &v->head, &tree, PRA_ESTATE, "is checked out");
}

static void
test_land_worktree(void **state)
{
	struct rv	*v = *state;
	git_oid		 tree;

	/* A bare repository with a linked worktree on the branch. */
	rv_repo(v);
	rv_add(v);
	rv_sh(v, "git -C repos/web.git worktree add -q ../linked main");
	tree = change(v, "main", "echo x >>one");
	landed(v, &v->head, &tree, 0, "checked out");
	rv_sh(v, "cd repos/linked; test -z \"$(git status --porcelain)\"");
}

/* The linked worktree may be named as well. */
static void
test_open_linked(void **state)
{
	struct rv	*v = *state;
	char		 path[400];
	git_oid		 tree;

	rv_repo(v);
	rv_sh(v, "git -C repos/web.git worktree add -q -b side ../linked");
	snprintf(path, sizeof(path), "%s/linked", v->repos);
	rv_expect(v, mirror_open(&v->r, "web", path, "main", &v->head,
	    &v->o), 0, NULL);
	rv_expect(v, mirror_find(&v->r, "web", &v->m, &v->o), 0, NULL);
	tree = change(v, "main", "echo x >>one");
	landed(v, &v->head, &tree, 0, "refs/heads/main");
}

static void
readonly_child(struct rv *v, const git_oid *tree)
{
	struct rec	*out;

	if (setgid(65534) == -1 || setuid(65534) == -1)
		_exit(2);
	if (land_onto(v, &v->head, tree, &out) != PRA_EPERM ||
	    strstr(v->o.text, "no permission to write") == NULL)
		_exit(1);
	_exit(0);
}

static void
test_land_readonly(void **state)
{
	struct rv	*v = *state;
	git_oid		 tree;
	pid_t		 pid;
	int		 status;

	if (geteuid() != 0)
		tap_skip("needs root to become another user");
	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo x >>one");
	rv_sh(v, "chown -R 65534 state");
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		readonly_child(v, &tree);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_land_shared(void **state)
{
	struct rv	*v = *state;
	git_oid		 tree;

	rv_repo(v);
	rv_sh(v, "rm -rf repos/web.git; git init -q --bare --shared=group "
	    "repos/web.git; git -C wt push -q origin main");
	rv_add(v);
	tree = change(v, "main", "echo x >>one");
	landed(v, &v->head, &tree, 0, NULL);
	rv_sh(v, "cd repos/web.git; test -z \"$(find objects refs -type d "
	    "! -perm -2070)\"; test -z \"$(find objects -type f "
	    "! -perm -0440)\"; test $(stat -c %%a refs/heads/main) = 664");
}

/* Hooks of the user's repository do not run: no program does. */
static void
test_no_hooks(void **state)
{
	struct rv	*v = *state;
	git_oid		 tree;

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "echo x >>one; echo '*.txt merge=evil' "
	    ">.gitattributes");
	rv_sh(v, "cd repos/web.git; for h in pre-receive update post-receive "
	    "reference-transaction post-update; do "
	    "printf '#!/bin/sh\\ntouch %s/ran\\n' >hooks/$h; "
	    "chmod +x hooks/$h; done; git config core.fsmonitor "
	    "'touch %s/ran'; git config merge.evil.driver 'touch %s/ran'",
	    v->dir, v->dir, v->dir);
	landed(v, &v->head, &tree, 0, NULL);
	rv_sh(v, "test ! -e ran");
}

struct text {
	struct buf	 b;
	size_t		 pieces;
};

static int
collect(void *arg, const void *p, size_t n)
{
	struct text	*t = arg;

	assert_in_range(n, 1, DIFF_PIECE);
	t->pieces++;
	return (buf_add(&t->b, p, n));
}

static void
test_diff(void **state)
{
	struct rv	*v = *state;
	struct text	 t = { { 0 }, 0 };
	struct rec	*in = rec_new(REC_b_diff);
	git_oid		 tree;
	char		 path[300];
	FILE		*f;

	rv_repo(v);
	rv_add(v);
	tree = change(v, "main", "seq 20000 >many; rm two; chmod -x run; "
	    "printf noeol >one; ln -s t newlink");
	rec_set_str(in, F_b_diff_project, "web");
	rec_set_oid(in, F_b_diff_from, v->head.id);
	rec_set_oid(in, F_b_diff_to, tree.id);
	rv_expect(v, diff_answer(&v->r, in, collect, &t, &v->o), 0, NULL);
	assert_true(t.pieces > 1);
	snprintf(path, sizeof(path), "%s/patch", v->dir);
	assert_non_null(f = fopen(path, "w"));
	assert_int_equal(fwrite(t.b.data, t.b.len, 1, f), 1);
	assert_int_equal(fclose(f), 0);
	rv_sh(v, "cd wt; git checkout -qf main; git apply --index ../patch; "
	    "test $(git write-tree) = $(git rev-parse change^{tree})");
	/* An object that does not exist. */
	memset(&tree, 0x11, sizeof(tree));
	rec_set_oid(in, F_b_diff_to, tree.id);
	rv_expect(v, diff_answer(&v->r, in, collect, &t, &v->o),
	    PRA_ENOTFOUND, "1111");
	rec_free(in);
	buf_free(&t.b);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, rv_setup, rv_teardown)
		T(test_merge_same), T(test_merge), T(test_merge_conflict),
		T(test_land), T(test_land_nothing), T(test_land_lost), T(test_land_locked),
		T(test_land_waits), T(test_land_stale), T(test_mirror_stale),
		T(test_land_log), T(test_land_symbolic),
		T(test_land_aside), T(test_land_worktree),
		T(test_open_linked), T(test_land_readonly),
		T(test_land_shared), T(test_no_hooks), T(test_diff),
#undef T
	};

	return (rv_main(tests));
}
