/*
 * Pristine trees: byte for byte what Git has, whole or as layers; what a
 * session sees as its repository; what is kept and what is deleted.
 */
#include "tests/tap.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <sys/wait.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <time.h>

#include "common/err.h"
#include "common/rec.h"
#include "reviewer/export.h"
#include "reviewer/files.h"
#include "reviewer/gitlib.h"
#include "reviewer/gits.h"
#include "reviewer/holds.h"
#include "reviewer/layer.h"
#include "reviewer/worktree.h"
#include "tests/reviewer_rig.h"

/* <dir>/want becomes the tree of a revision as git(1) has it, unfiltered. */
static void
want_tree(struct rv *v, const char *rev)
{
	rv_sh(v, "rm -rf want; mkdir want; cd want; "
	    "export GIT_DIR=../repos/web.git GIT_INDEX_FILE=$PWD/../idx "
	    "GIT_WORK_TREE=$PWD; mkdir -p $GIT_DIR/info; "
	    "echo '* !text !eol !filter' >$GIT_DIR/info/attributes; "
	    "git read-tree '%s'; git checkout-index -a; "
	    "rm ../idx $GIT_DIR/info/attributes", rev);
}

/* Compare names, types, modes, targets and bytes of two directories. */
static void
same_dirs(struct rv *v, const char *a, const char *b)
{
	rv_sh(v, "cd '%s'; find . -name .git -prune -o -printf "
	    "'%%y %%m %%P %%l\\n' | sort >../list.a; cd ../'%s'; find . "
	    "-name .git -prune -o -printf '%%y %%m %%P %%l\\n' | sort "
	    ">../list.b; cd ..; diff list.a list.b >&2;"
	    "diff -r --no-dereference -x .git '%s' '%s' >&2", a, b, a, b);
}

/* Lay a directory of a layer over another, the way overlayfs does. */
static void
union_dir(int from, int to)
{
	struct dirent	*de;
	struct stat	 st;
	char		 target[4096], mark;
	ssize_t		 n;
	DIR		*dir;
	int		 a, b;

	assert_non_null(dir = fdopendir(from));
	while ((de = readdir(dir)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		assert_int_equal(fstatat(from, de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW), 0);
		a = S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ?
		    openat(from, de->d_name, O_RDONLY | O_CLOEXEC) : -1;
		b = files_opendir(to, de->d_name);
		if (b == -1 || !S_ISDIR(st.st_mode) || fgetxattr(a,
		    "user.overlay.opaque", &mark, 1) == 1)
			assert_int_equal(files_remove_all(to, de->d_name), 0);
		if (b != -1)
			close(b);
		if (S_ISDIR(st.st_mode)) {
			b = files_mkdir(to, de->d_name);
			assert_int_not_equal(b, -1);
			union_dir(a, b);
			close(b);
		} else if (S_ISREG(st.st_mode)) {
			b = openat(to, de->d_name, O_WRONLY | O_CREAT |
			    O_EXCL | O_CLOEXEC, st.st_mode & 0777);
			while ((n = read(a, target, sizeof(target))) > 0)
				assert_int_equal(write(b, target, (size_t)n),
				    n);
			close(a);
			close(b);
		} else if (S_ISLNK(st.st_mode)) {
			n = readlinkat(from, de->d_name, target,
			    sizeof(target) - 1);
			assert_true(n > 0);
			target[n] = '\0';
			assert_int_equal(symlinkat(target, to, de->d_name), 0);
		} else
			assert_true(S_ISCHR(st.st_mode) &&
			    st.st_rdev == makedev(0, 0));
	}
	closedir(dir);
}

static void
union_layers(struct rv *v, const struct layers *l)
{
	char	 path[128];
	size_t	 i;
	int	 to;

	rv_sh(v, "rm -rf got; mkdir got; chmod 755 got");
	to = rv_opendir(v, "got");
	for (i = l->n; i-- > 0;) {
		snprintf(path, sizeof(path), "state/trees/%s", l->name[i]);
		union_dir(rv_opendir(v, path), to);
	}
	close(to);
}

static void
layers_of(struct rv *v, const char *rev, struct layers *l)
{
	git_oid	 head, tree;

	rv_expect(v, mirror_fetch(&v->r, v->m, 1, &head, &v->o), 0, NULL);
	head = rv_rev(v, v->repo, rev);
	rv_expect(v, gitlib_tree_id(&tree, v->m->repo, &head, &v->o), 0,
	    NULL);
	rv_expect(v, layers_ready(&v->r, v->m, &tree, l, &v->o), 0, NULL);
}

static void
test_whole(void **state)
{
	struct rv	*v = *state;
	struct layers	 l;
	struct stat	 st;
	char		 path[512];

	rv_repo(v);
	rv_add(v);
	layers_of(v, "main", &l);
	assert_int_equal(l.n, 1);
	want_tree(v, "main");
	rv_sh(v, "mv state/trees/%s got", l.name[0]);
	same_dirs(v, "want", "got");
	snprintf(path, sizeof(path), "%s/got/one", v->dir);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mtime, EXPORT_MTIME);
}

/* Every kind of change between two trees, through layers. */
static void
change_everything(struct rv *v)
{
	rv_sh(v, "cd wt; echo more >>one; rm two; chmod -x run; rm -r docs; "
	    "echo file >docs; rm link; mkdir link; echo in >link/in; "
	    "rm -r src/deep; mkdir -p src/deep/new; echo n >src/deep/new/n; "
	    "ln -sf nowhere abs; git add -A -f; git commit -qm change; "
	    "git push -q origin main");
}

static void
change_back(struct rv *v)
{
	rv_sh(v, "cd wt; git revert --no-edit HEAD >/dev/null; "
	    "echo x >src/deep/x; git add -A -f; git commit -qm back; "
	    "git push -q origin main");
}

static void
test_layers(void **state)
{
	struct rv	*v = *state;
	struct layers	 l;

	rv_repo(v);
	rv_add(v);
	layers_of(v, "main", &l);
	change_everything(v);
	layers_of(v, "main", &l);
	assert_int_equal(l.n, 2);
	union_layers(v, &l);
	want_tree(v, "main");
	same_dirs(v, "want", "got");
	change_back(v);
	layers_of(v, "main", &l);
	assert_in_range(l.n, 2, 3);
	union_layers(v, &l);
	want_tree(v, "main");
	same_dirs(v, "want", "got");
}

/* Mount the layers in a private namespace and compare; in a child. */
static int
overlay_child(struct rv *v, const struct layers *l)
{
	char	 opt[4096] = "userxattr,lowerdir=";
	size_t	 i, n = strlen(opt);

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return (77);
	for (i = 0; i < l->n; i++)
		n += (size_t)snprintf(opt + n, sizeof(opt) - n,
		    "%s%s/trees/%s", i == 0 ? "" : ":", v->r.state,
		    l->name[i]);
	if (l->n == 1)
		snprintf(opt + n, sizeof(opt) - n, ":%s/void", v->dir);
	if (chdir(v->dir) == -1 ||
	    mount("overlay", "got", "overlay", MS_RDONLY, opt) == -1)
		return (errno == ENODEV ? 77 : 1);
	same_dirs(v, "want", "got");
	return (0);
}

static void
overlay_check(struct rv *v, const char *rev)
{
	struct layers	 l;
	pid_t		 pid;
	int		 status;

	layers_of(v, rev, &l);
	want_tree(v, rev);
	rv_sh(v, "rm -rf got void; mkdir -m 755 got void");
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		_exit(overlay_child(v, &l));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		tap_skip("needs root for an overlay mount");
	assert_int_equal(status, 0);
}

static void
test_overlay(void **state)
{
	struct rv	*v = *state;
	int		 i;

	if (geteuid() != 0)
		tap_skip("needs root for an overlay mount");
	rv_repo(v);
	rv_add(v);
	overlay_check(v, "main");
	change_everything(v);
	overlay_check(v, "main");
	change_back(v);
	overlay_check(v, "main");
	for (i = 0; i < 10; i++) {
		rv_sh(v, "cd wt; echo %d >>one; rm -rf d%d; mkdir d%d; "
		    "echo x >d%d/x; git add -A -f; git commit -qm %d; "
		    "git push -q origin main", i, (i + 1) % 3, i % 3, i % 3,
		    i);
		overlay_check(v, "main");
	}
}

static void
test_stack(void **state)
{
	struct rv	*v = *state;
	struct layers	 l;
	int		 i;

	rv_repo(v);
	rv_add(v);
	for (i = 0; i < 12; i++) {
		rv_sh(v, "cd wt; echo %d >>one; git commit -qam %d; "
		    "git push -q origin main", i, i);
		layers_of(v, "main", &l);
		assert_in_range(l.n, 1, STACK_MAX);
		holds_sweep(&v->r, 100000);
	}
	/* Eight of them, and what they stand on. */
	assert_in_range(atoi(rv_out(v, "ls -d state/trees/*.base | wc -l")),
	    KEEP_RECENT, KEEP_RECENT + STACK_MAX);
	rv_sh(v, "test $(ls -d state/trees/* | wc -l) -eq "
	    "$((2 * $(ls -d state/trees/*.base | wc -l)))");
	rv_restart(v);
	rv_expect(v, mirror_find(&v->r, "web", &v->m, &v->o), 0, NULL);
	layers_of(v, "main", &l);
	assert_in_range(l.n, 2, STACK_MAX);
}

/* Trees that name what must not be made are refused before a mirror is made. */
static void
test_hostile(void **state)
{
	struct rv		*v = *state;
	static const char *const names[] = { "..", ".GIT", ".git ", "a/b",
				    "git~1", ".g\342\200\214it", ".", "" };
	unsigned char		 raw[512];
	char			 path[400], name[16], spec[128];
	git_oid			 head;
	size_t			 i;
	int			 n;
	FILE			*f;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "h%zu", i);
		rv_sh(v, "cd repos; git init -q --bare %s.git; "
		    "echo x | git --git-dir=%s.git hash-object -w --stdin "
		    ">../oid", name, name);
		assert_int_equal(git_oid_fromstr(&head, rv_out(v,
		    "cat oid")), 0);
		n = snprintf((char *)raw, sizeof(raw), "100644 %s", names[i]);
		memcpy(raw + n + 1, head.id, 20);
		snprintf(path, sizeof(path), "%s/tree", v->dir);
		assert_non_null(f = fopen(path, "w"));
		assert_int_equal(fwrite(raw, (size_t)n + 21, 1, f), 1);
		assert_int_equal(fclose(f), 0);
		snprintf(spec, sizeof(spec), "repos/%s.git", name);
		rv_sh(v, "cd %s; t=$(git hash-object -w -t tree --literally "
		    "../../tree); c=$(printf 'tree %%s\\nauthor a <a> 0 +0000"
		    "\\ncommitter a <a> 0 +0000\\n\\nx\\n' $t | "
		    "git hash-object -w -t commit --stdin --literally);"
		    "mkdir -p refs/heads; echo $c >refs/heads/main", spec);
		snprintf(path, sizeof(path), "%s/%s.git", v->repos, name);
		rv_expect(v, mirror_open(&v->r, name, path, "main", &head,
		    &v->o), PRA_ECORRUPT, NULL);
	}
}

/*
 * A submodule whose path leads outside (CVE-2026-53584): its place is an
 * empty directory, and what .gitmodules says is a file's text.
 */
static void
test_submodule(void **state)
{
	struct rv	*v = *state;
	struct layers	 l;

	rv_repo(v);
	rv_sh(v, "cd wt; printf '[submodule \"../../out\"]\\n\\tpath = "
	    "../../out\\n\\turl = file:///nowhere\\n\\tupdate = !id\\n' "
	    ">.gitmodules; git update-index --add --cacheinfo "
	    "160000,$(git rev-parse HEAD),sub; git add .gitmodules; "
	    "git commit -qm sub; git push -q origin main");
	rv_add(v);
	layers_of(v, "main", &l);
	rv_sh(v, "find . -name 'out*' | grep -q . && exit 1; "
	    "cd state/trees/%s; test -d sub; test -z \"$(ls -A sub)\"; "
	    "cmp .gitmodules ../../../wt/.gitmodules", l.name[0]);
}

static struct rec *
base_want(struct rv *v, uint64_t session, const git_oid *tree)
{
	struct rec	*in = rec_new(REC_b_base_want);
	struct rec	*out = rec_new(REC_b_base_ready);

	rec_set_u64(in, F_b_base_want_session, session);
	rec_set_str(in, F_b_base_want_project, "web");
	if (tree != NULL)
		rec_set_oid(in, F_b_base_want_tree, tree->id);
	rv_expect(v, worktree_answer(&v->r, in, out, &v->o), 0, NULL);
	rec_free(in);
	return (out);
}

static void
test_git(void **state)
{
	struct rv	*v = *state;
	struct rec	*out;
	char		 commit[OID_SIZE], tree[OID_SIZE];

	rv_repo(v);
	rv_add(v);
	out = base_want(v, 7, NULL);
	oid_format(commit, rec_oid(out, F_b_base_ready_commit));
	oid_format(tree, rec_oid(out, F_b_base_ready_tree));
	rv_sh(v, "cp -a state/trees/%s work; cp -a state/gits/%s/.git work/;"
	    "mkdir borrowed; rmdir borrowed; "
	    "echo \"$PWD/state/mirrors/web.git/objects\" "
	    ">work/.git/objects/info/alternates; cd work;"
	    "test \"$(git rev-parse HEAD)\" = %s;"
	    "test \"$(git symbolic-ref HEAD)\" = refs/heads/main;"
	    "test -z \"$(git status --porcelain)\"; git fsck --full;"
	    "echo x >>one; test \"$(git status --porcelain)\" = ' M one';"
	    "git commit -qam x; git log --oneline | wc -l | grep -qx 2",
	    tree, commit, commit);
	/* Twice is the same; a hold is one file. */
	rec_free(out);
	out = base_want(v, 7, NULL);
	rv_sh(v, "test \"$(ls state/holds)\" = 7");
	assert_int_equal(rec_count(out, F_b_base_ready_layers), 1);
	rec_free(out);
	rv_sh(v, "echo half >state/holds/7.new");
	assert_int_equal(holds_drop(&v->r, 7, &v->o), 0);
	assert_int_equal(holds_drop(&v->r, 7, &v->o), 0);
	rv_sh(v, "test -z \"$(ls state/holds)\"");
	/* What cannot be dropped is not said to be. */
	close(v->r.holdsfd);
	v->r.holdsfd = -1;
	rv_expect(v, holds_drop(&v->r, 7, &v->o), PRA_ESYSTEM, "holds/7");
}

/* Git must not have to read the files of a fresh worktree. */
static void
test_index(void **state)
{
	struct rv	*v = *state;
	struct rec	*out;
	char		 commit[OID_SIZE], tree[OID_SIZE];

	rv_repo(v);
	rv_add(v);
	out = base_want(v, 1, NULL);
	oid_format(commit, rec_oid(out, F_b_base_ready_commit));
	oid_format(tree, rec_oid(out, F_b_base_ready_tree));
	rec_free(out);
	/* Same size and time, other bytes: only a reader would notice. */
	rv_sh(v, "cp -a state/trees/%s work; cp -a state/gits/%s/.git work/;"
	    "echo \"$PWD/state/mirrors/web.git/objects\" "
	    ">work/.git/objects/info/alternates; cd work; "
	    "t=$(stat -c %%y one); echo eno >one; touch -d \"$t\" one; "
	    "test -z \"$(git status --porcelain)\"", tree, commit);
}

/* The index of a later commit is made from an earlier one's. */
static void
test_index_again(void **state)
{
	struct rv	*v = *state;
	char		 commit[OID_SIZE], tree[OID_SIZE];
	struct rec	*out;
	int		 i;

	rv_repo(v);
	rv_add(v);
	v->r.settings->fetch = 0;
	rec_free(base_want(v, 1, NULL));
	for (i = 0; i < 2; i++) {
		if (i == 0)
			change_everything(v);
		else
			change_back(v);
		out = base_want(v, 1, NULL);
		oid_format(commit, rec_oid(out, F_b_base_ready_commit));
		oid_format(tree, rec_oid(out, F_b_base_ready_tree));
		rec_free(out);
		want_tree(v, "main");
		rv_sh(v, "rm -rf work; cp -a want work; "
		    "cp -a state/gits/%s/.git work/; "
		    "echo \"$PWD/state/mirrors/web.git/objects\" "
		    ">work/.git/objects/info/alternates; cd work; "
		    "find . -name .git -prune -o -type f -print0 | "
		    "xargs -0 touch -hd @%d; "
		    "git diff-index --cached --quiet HEAD; "
		    "test \"$(git write-tree)\" = %s; "
		    "test -z \"$(git status --porcelain)\"", commit,
		    EXPORT_MTIME, tree);
	}
}

static void
test_candidate(void **state)
{
	struct rv	*v = *state;
	struct rec	*out;
	git_oid		 tree;

	rv_repo(v);
	rv_add(v);
	rv_expect(v, gitlib_tree_id(&tree, v->m->repo, &v->head, &v->o), 0,
	    NULL);
	out = base_want(v, 3, &tree);
	assert_false(rec_has(out, F_b_base_ready_commit));
	assert_memory_equal(rec_oid(out, F_b_base_ready_tree), tree.id, 20);
	rec_free(out);
	rv_sh(v, "test -z \"$(ls state/gits)\"");
}

/* What a held tree stands on stays, however old. */
static void
test_holds(void **state)
{
	struct rv	*v = *state;
	struct rec	*out;
	char		 held[OID_SIZE];
	struct layers	 l;
	int		 i;

	rv_repo(v);
	rv_add(v);
	out = base_want(v, 5, NULL);
	oid_format(held, rec_oid(out, F_b_base_ready_tree));
	rec_free(out);
	for (i = 0; i < KEEP_RECENT + 3; i++) {
		rv_sh(v, "cd wt; seq %d %d >many%d; git add .; "
		    "git commit -qm %d; git push -q origin main",
		    i, i + 9, i, i);
		layers_of(v, "main", &l);
	}
	while (holds_sweep(&v->r, 3))
		continue;
	rv_sh(v, "test -d state/trees/%s; test -f state/trees/%s.base; "
	    "test -z \"$(ls state/scratch)\"", held, held);
}

/* Layers of an earlier boot were not synced and go; whole trees stay. */
static void
test_boot(void **state)
{
	struct rv	*v = *state;
	struct layers	 l;

	rv_repo(v);
	rv_add(v);
	layers_of(v, "main", &l);
	change_everything(v);
	layers_of(v, "main", &l);
	rv_sh(v, "sed -i 's/^boot .*/boot before/' state/trees/*.base; "
	    "mkdir state/trees/%s.tmp state/gits/x; echo before >state/boot",
	    l.name[0]);
	rv_restart(v);
	rv_sh(v, "test $(ls state/trees | wc -l) = 2; test -d state/trees/%s;"
	    "test -z \"$(ls state/gits)\"", l.name[1]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, rv_setup, rv_teardown)
		T(test_whole), T(test_layers), T(test_overlay), T(test_stack),
		T(test_hostile), T(test_submodule), T(test_git), T(test_index),
		T(test_index_again),
		T(test_candidate), T(test_holds), T(test_boot),
#undef T
	};

	return (rv_main(tests));
}
