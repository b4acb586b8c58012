/*
 * Imports: what a session changed becomes the tree that git(1) would make of
 * it; what a hostile session leaves is refused or ignored, each in its way.
 */
#include "tests/tap.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "common/err.h"
#include "common/rec.h"
#include "reviewer/attic.h"
#include "reviewer/files.h"
#include "reviewer/gitlib.h"
#include "reviewer/import.h"
#include "reviewer/pack.h"
#include "reviewer/stage.h"
#include "tests/reviewer_rig.h"

/* A repository, and an empty upper directory <dir>/upper. */
static struct rv *
begin(void **state)
{
	struct rv	*v = *state;

	rv_repo(v);
	rv_add(v);
	rv_sh(v, "mkdir upper");
	return (v);
}

static int
run_limits(struct rv *v, uint64_t files, uint64_t bytes, git_oid *tree)
{
	struct import_job	 job = { .base = v->head, .files_max = files,
				    .bytes_max = bytes };
	int			 err;

	job.upperfd = rv_opendir(v, "upper");
	err = import_run(&v->r, v->m, &job, tree, &v->o);
	close(job.upperfd);
	return (err);
}

static int
run(struct rv *v, git_oid *tree)
{
	return (run_limits(v, 1000, 1 << 20, tree));
}

/* The import is refused, with these words. */
static void
refused(struct rv *v, int err, const char *words)
{
	git_oid	 tree;

	rv_expect(v, run(v, &tree), err, words);
	assert_int_equal(stage_count(v->m->stage), 0);
	rv_sh(v, "chmod -R u+rwX upper; rm -rf upper; mkdir upper");
}

/* The import gives the tree that the script makes in a checkout. */
static void
gives(struct rv *v, const char *script)
{
	git_oid	 tree, want;
	char	 a[GIT_OID_HEXSZ + 1], b[GIT_OID_HEXSZ + 1];

	rv_expect(v, run(v, &tree), 0, NULL);
	rv_expect(v, stage_flush(v->m->stage, &v->o), 0, NULL);
	rv_sh(v, "rm -rf check; git clone -q -n repos/web.git check; cd check; "
	    "printf '* !text !eol !filter\n' >.git/info/attributes; "
	    "git checkout -q -f HEAD .; %s; "
	    /* Nothing known of times: files of one size change in one tick. */
	    "rm .git/index; git read-tree HEAD; git add -A -f",
	    script);
	assert_int_equal(git_oid_fromstr(&want, rv_out(v,
	    "git -C check write-tree")), 0);
	if (!git_oid_equal(&tree, &want))
		rv_sh(v, "git -C state/mirrors/web.git ls-tree -r %s >got; "
		    "git -C check ls-tree -r %s >want; "
		    "diff -u want got >&2",
		    git_oid_tostr(a, sizeof(a), &tree),
		    git_oid_tostr(b, sizeof(b), &want));
	rv_sh(v, "git -C state/mirrors/web.git fsck --full --strict; "
	    "test -z \"$(find state/mirrors/web.git/objects -type f "
	    "! -path '*/pack/*')\"; chmod -R u+rwX upper; rm -rf upper; "
	    "mkdir upper");
}

static void
whiteout(struct rv *v, const char *path)
{
	char	 full[512];

	snprintf(full, sizeof(full), "%s/upper/%s", v->dir, path);
	assert_int_equal(mknod(full, S_IFCHR, makedev(0, 0)), 0);
}

static void
mark(struct rv *v, const char *path, const char *name, const char *value)
{
	char	 full[512];

	snprintf(full, sizeof(full), "%s/upper/%s", v->dir, path);
	assert_int_equal(setxattr(full, name, value, strlen(value), 0), 0);
}

static void
test_nothing(void **state)
{
	struct rv	*v = begin(state);
	git_oid		 tree, base;

	rv_expect(v, gitlib_tree_id(&base, v->m->repo, &v->head, &v->o), 0,
	    NULL);
	rv_sh(v, "mkdir -p upper/src/deep upper/brandnew/dir; "
	    "cp wt/one upper/; cp wt/src/a upper/src/; cp -P wt/link upper; "
	    "touch upper/one");
	rv_expect(v, run(v, &tree), 0, NULL);
	assert_true(git_oid_equal(&tree, &base));
	assert_int_equal(stage_count(v->m->stage), 0);
}

static void
test_changes(void **state)
{
	struct rv	*v = begin(state);

	rv_sh(v, "cd upper; echo new >one; mkdir -p src/deep a/b/c; "
	    "echo x >src/deep/x; echo y >a/b/c/y; ln -s ../one a/l; "
	    "printf '#!/bin/sh\\n' >run; echo s >exe; chmod 4755 exe; "
	    "ln -s /etc/shadow abs");
	whiteout(v, "two");
	whiteout(v, "docs");
	whiteout(v, "nothing");
	whiteout(v, "src/deep/er");
	gives(v, "echo new >one; mkdir -p a/b/c; echo x >src/deep/x; "
	    "echo y >a/b/c/y; ln -s ../one a/l; chmod -x run; echo s >exe; "
	    "chmod 755 exe; ln -sfn /etc/shadow abs; rm -r two docs "
	    "src/deep/er");
}

static void
test_types(void **state)
{
	struct rv	*v = begin(state);

	rv_sh(v, "cd upper; echo f >docs; mkdir one two; echo in >one/in; "
	    "mkdir link; echo l >link/l; ln -s x run");
	gives(v, "rm -r docs one two link run; echo f >docs; mkdir one; "
	    "echo in >one/in; mkdir link; echo l >link/l; ln -s x run");
}

static void
test_opaque(void **state)
{
	struct rv	*v = begin(state);

	rv_sh(v, "mkdir -p upper/src/deep upper/docs; cp wt/src/a upper/src;"
	    "echo b >upper/src/deep/b; echo o >upper/src/n.o");
	mark(v, "src", "user.overlay.opaque", "y");
	mark(v, "docs", "user.overlay.opaque", "y");
	/* src/.gitignore is gone, *.o is still ignored by the base's. */
	gives(v, "rm -r docs src/deep/er src/.gitignore");
	/* Everything deleted: the empty tree. */
	mark(v, ".", "user.overlay.opaque", "y");
	gives(v, "git rm -rqf .");
	rv_sh(v, "mkdir upper/src; : >upper/src/a");
	mark(v, "src", "user.overlay.opaque", "x");
	mark(v, "src/a", "user.overlay.whiteout", "y");
	gives(v, "rm src/a");
}

static void
test_ignored(void **state)
{
	struct rv	*v = begin(state);

	rv_sh(v, "cd upper; mkdir -p out/a src/deep sub/out; echo x >out/a/x;"
	    "echo x >x.o; echo x >keep.o; echo changed >tracked.o; "
	    "echo x >src/gen; echo x >src/deep/gen; echo x >gen; "
	    "echo x >sub/out/f; echo x >sub/y.o; "
	    "mkfifo out/fifo; printf '*\\n' >sub/.gitignore; echo x >sub/z");
	gives(v, "mkdir -p sub/out; echo x >keep.o; echo changed >tracked.o;"
	    "echo x >gen; echo x >sub/out/f; printf '*\\n' >sub/.gitignore; "
	    "echo x >sub/z");
}

/* Directories that the base has though its rules name them. */
static void
test_ignored_held(void **state)
{
	struct rv	*v = *state;

	rv_repo(v);
	rv_sh(v, "cd wt; mkdir -p out dir.o; echo h >out/held; echo x >dir.o/x;"
	    "git add -A -f; git commit -q -m held; git push -q '%s' main",
	    v->repo);
	rv_add(v);
	/* What is named below a named one is not asked about. */
	rv_sh(v, "mkdir -p upper/out/new; cd upper/out; echo x >keep.o; "
	    "echo x >new/keep.o; echo changed >held");
	gives(v, "echo changed >out/held");
	/* A file in place of the directory is another thing, and named. */
	rv_sh(v, "echo f >upper/dir.o");
	gives(v, "rm -r dir.o");
}

static void
test_dotgit(void **state)
{
	struct rv	*v = begin(state);

	rv_sh(v, "cd upper; mkdir -p .git/hooks; echo x >.git/hooks/pre; "
	    "echo y >n");
	gives(v, "echo y >n");
	rv_sh(v, "mkdir -p upper/a/.git");
	refused(v, PRA_EINVALID, "\"a/.git\": a nested repository");
	rv_sh(v, "mkdir upper/a; echo gitdir: /x >upper/a/.GIT");
	refused(v, PRA_EINVALID, "nested repository");
	rv_sh(v, "mkdir -p upper/src/git~1");
	refused(v, PRA_EINVALID, "nested repository");
	rv_sh(v, "mkdir upper/a; : >'upper/a/.git '");
	refused(v, PRA_EINVALID, "nested repository");
	rv_sh(v, "mkdir upper/a; : >upper/a/.gi\342\200\215t");
	refused(v, PRA_EINVALID, "nested repository");
	rv_sh(v, "mkdir upper/a; : >'upper/a/.git::$INDEX_ALLOCATION'");
	refused(v, PRA_EINVALID, "nested repository");
	/* The session's own .git is skipped, not what could be taken for it. */
	rv_sh(v, "mkdir -p upper/.GIT/hooks; echo x >upper/.GIT/hooks/pre");
	refused(v, PRA_EINVALID, "\".GIT\": the name stands for .git");
	rv_sh(v, ": >upper/git~1");
	refused(v, PRA_EINVALID, "\"git~1\": the name stands for .git");
	rv_sh(v, "echo gitdir: /nowhere >upper/.git; echo y >upper/n");
	gives(v, "echo y >n");
	rv_sh(v, "ln -s x upper/.gitmodules");
	refused(v, PRA_EINVALID, "must not be a symbolic link");
	rv_sh(v, "ln -s x upper/.gitattributes");
	refused(v, PRA_EINVALID, "must not be a symbolic link");
}

static void
make_socket(struct rv *v)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%.80s/upper/sock",
	    v->dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
}

static void
test_special(void **state)
{
	struct rv	*v = begin(state);

	rv_sh(v, "mkdir upper/a; mkfifo upper/a/f");
	refused(v, PRA_EINVALID, "\"a/f\": it is a fifo");
	make_socket(v);
	refused(v, PRA_EINVALID, "\"sock\": it is a socket");
	if (geteuid() == 0) {
		rv_sh(v, "mknod upper/null c 1 3");
		refused(v, PRA_EINVALID, "\"null\": it is a device");
		rv_sh(v, "mknod upper/blk b 0 0");
		refused(v, PRA_EINVALID, "\"blk\": it is a device");
	}
	/* In the place of a file that the repository has. */
	rv_sh(v, "mkfifo upper/one");
	refused(v, PRA_EINVALID, "\"one\": it is a fifo");
}

static void
test_escape(void **state)
{
	struct rv	*v = begin(state);

	/* A link in the place of a directory is a link and nothing else. */
	rv_sh(v, "ln -s /etc upper/src; ln -s ../../.. upper/up");
	gives(v, "rm -r src; ln -s /etc src; ln -s ../../.. up");
}

static void
test_names(void **state)
{
	struct rv	*v = begin(state);

	rv_sh(v, ": >\"$(printf 'upper/a\\nb')\"");
	refused(v, PRA_EINVALID, "control character");
	assert_non_null(strstr(v->o.text, "a\\x0ab"));
	rv_sh(v, ": >\"$(printf 'upper/\\033[31m')\"");
	refused(v, PRA_EINVALID, "\\x1b[31m\": the name holds a control");
	rv_sh(v, ": >\"$(printf 'upper/\\377')\"");
	refused(v, PRA_EINVALID, "not UTF-8");
	rv_sh(v, ": >\"$(printf 'upper/\\302\\205')\"");
	refused(v, PRA_EINVALID, "control character");
	rv_sh(v, ": >'upper/a\\..\\b'");
	refused(v, PRA_EINVALID, "leads to another directory");
	rv_sh(v, ": >'upper/.. '");
	refused(v, PRA_EINVALID, "dots and blanks");
	rv_sh(v, "cd upper; : >'back\\slash'; : >' '; : >'ü ✓'; : >-rf");
	gives(v, ": >'back\\slash'; : >' '; : >'ü ✓'; : >./-rf");
}

/* A name that the repository has already may be odd. */
static void
test_old_names(void **state)
{
	struct rv	*v = *state;

	rv_repo(v);
	rv_sh(v, "cd wt; echo x >\"$(printf 'old\\377')\"; git add .; "
	    "git commit -qm odd; git push -q origin main; mkdir ../upper; "
	    "echo y >\"$(printf '../upper/old\\377')\"");
	rv_add(v);
	gives(v, "echo y >\"$(printf 'old\\377')\"");
}

/* Thirty directories with names of 200 bytes: more than a shell can enter. */
static void
long_path(struct rv *v)
{
	char	 name[201];
	int	 fd = rv_opendir(v, "upper"), next, i;

	memset(name, 'n', 200);
	name[200] = '\0';
	for (i = 0; i < 30; i++) {
		next = files_mkdir(fd, name);
		assert_int_not_equal(next, -1);
		close(fd);
		fd = next;
	}
	close(fd);
}

static void
test_deep(void **state)
{
	struct rv	*v = begin(state);

	rv_sh(v, "cd upper; i=0; while [ $i -lt 63 ]; do mkdir d; cd d; "
	    "i=$((i+1)); done; : >f");
	gives(v, "i=0; while [ $i -lt 63 ]; do mkdir d; cd d; i=$((i+1)); "
	    "done; : >f; cd \"$(git rev-parse --show-toplevel)\"");
	rv_sh(v, "cd upper; i=0; while [ $i -lt 300 ]; do mkdir d; cd d; "
	    "i=$((i+1)); done; : >f");
	refused(v, PRA_EINVALID, "deeper than 64");
	long_path(v);
	refused(v, PRA_EINVALID, "4095");
}

static void
test_limits(void **state)
{
	struct rv	*v = begin(state);
	git_oid		 tree;

	rv_sh(v, "cd upper; for i in 1 2 3 4 5; do echo $i >f$i; done; "
	    "cp ../wt/one .");
	rv_expect(v, run_limits(v, 5, 10, &tree), 0, NULL);
	stage_drop(v->m->stage);
	rv_expect(v, run_limits(v, 4, 10, &tree), PRA_EINVALID,
	    "more than 4 files: raise `change { files max }`");
	rv_expect(v, run_limits(v, 5, 9, &tree), PRA_EINVALID,
	    "more than 9 bytes: raise `change { bytes max }`");
	rv_sh(v, "truncate -s 100G upper/sparse");
	rv_expect(v, run_limits(v, 50, 1 << 20, &tree), PRA_EINVALID,
	    "bytes max");
	/* The limit is on what changed, not on what was touched. */
	rv_sh(v, "rm -r upper; cp -r wt upper; rm -r upper/.git");
	rv_expect(v, run_limits(v, 0, 100, &tree), 0, NULL);
}

static void
unreadable_child(struct rv *v)
{
	git_oid	 tree;

	if (geteuid() == 0 && (setgid(65534) == -1 || setuid(65534) == -1))
		_exit(2);
	if (run(v, &tree) != PRA_EINVALID ||
	    strstr(v->o.text, "\"secret\": its mode") == NULL)
		_exit(1);
	_exit(0);
}

static void
test_unreadable(void **state)
{
	struct rv	*v = begin(state);
	pid_t		 pid;
	int		 status;

	rv_sh(v, "echo x >upper/secret; chmod 0 upper/secret; "
	    "chown -R 65534 upper state 2>/dev/null || :");
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		unreadable_child(v);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_gitlink(void **state)
{
	struct rv	*v = *state;

	rv_repo(v);
	rv_sh(v, "cd wt; git update-index --add --cacheinfo "
	    "160000,$(git rev-parse HEAD),sub; git commit -qm sub; "
	    "git push -q origin main; mkdir ../upper ../upper/sub");
	rv_add(v);
	gives(v, "true");
	rv_sh(v, "mkdir upper/sub; echo x >upper/sub/x");
	refused(v, PRA_EINVALID, "submodule");
	whiteout(v, "sub");
	gives(v, "git rm -q --cached sub; rmdir sub");
}

/* Marks that our own mounts never make. */
static void
test_marks(void **state)
{
	struct rv	*v = begin(state);

	rv_sh(v, "mkdir upper/d; : >upper/f");
	mark(v, "d", "user.overlay.redirect", "src");
	refused(v, PRA_EINVALID, "redirect_dir");
	rv_sh(v, ": >upper/f");
	mark(v, "f", "user.overlay.metacopy", "");
	refused(v, PRA_EINVALID, "metacopy");
}

static struct rec *
import_rec(struct rv *v, unsigned char change)
{
	struct rec	*in = rec_new(REC_b_import);
	uint8_t		 id[ULID_LEN] = { 1, 2, 3 };

	rec_set_id(in, F_b_import_task, id);
	id[ULID_LEN - 1] = change;
	rec_set_id(in, F_b_import_change, id);
	rec_set_str(in, F_b_import_project, "web");
	rec_set_u64(in, F_b_import_attempt, 2);
	rec_set_oid(in, F_b_import_base, v->head.id);
	rec_set_u64(in, F_b_import_keep, 0);
	rec_set_str(in, F_b_import_subject, "fix: it");
	return (in);
}

static struct rec *
answer(struct rv *v, unsigned char change)
{
	struct rec	*in = import_rec(v, change);
	struct rec	*out = rec_new(REC_b_imported);
	int		 fd = rv_opendir(v, "upper");

	rec_set_id(out, F_b_imported_change, rec_id(in, F_b_import_change));
	rv_expect(v, import_answer(&v->r, in, fd, out, &v->o), 0, NULL);
	rec_set_str(out, F_b_imported_err, "ok");
	assert_int_equal(rec_check(out, NULL, 0), 0);
	close(fd);
	rec_free(in);
	return (out);
}

static void
test_answer(void **state)
{
	struct rv	*v = begin(state);
	struct rec	*first, *again;
	struct buf	 a = { 0 }, b = { 0 };

	rv_sh(v, "cd upper; echo new >one; echo n >n; mkdir docs");
	whiteout(v, "two");
	first = answer(v, 9);
	assert_int_equal(rec_u64(first, F_b_imported_files), 3);
	assert_int_equal(rec_u64(first, F_b_imported_bytes), 6);
	assert_int_equal(rec_count(first, F_b_imported_paths), 3);
	assert_string_equal(rec_nth_str(first, F_b_imported_paths, 0), "A n");
	assert_string_equal(rec_nth_str(first, F_b_imported_paths, 1),
	    "M one");
	assert_string_equal(rec_nth_str(first, F_b_imported_paths, 2),
	    "D two");
	rv_sh(v, "cd state/mirrors/web.git; "
	    "test \"$(git log -1 --format=%%s '%s')\" = 'fix: it'; "
	    "git log -1 --format=%%B '%s' | grep -q Praetor-Change",
	    rec_str(first, F_b_imported_ref),
	    rec_str(first, F_b_imported_ref));
	/* Again after a restart, the upper directory being gone. */
	rv_sh(v, "rm -r upper; mkdir upper");
	rv_restart(v);
	again = answer(v, 9);
	assert_int_equal(rec_encode(first, &a), 0);
	assert_int_equal(rec_encode(again, &b), 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	rec_free(first);
	rec_free(again);
	buf_free(&a);
	buf_free(&b);
}

static void
test_no_change(void **state)
{
	struct rv	*v = begin(state);
	struct rec	*out;

	rv_sh(v, "cp wt/one upper/");
	out = answer(v, 1);
	assert_int_equal(rec_u64(out, F_b_imported_files), 0);
	assert_false(rec_has(out, F_b_imported_ref));
	rec_free(out);
	rv_sh(v, "cd state/mirrors/web.git; "
	    "test -z \"$(git for-each-ref refs/praetor/attic)\"");
}

static void
drop(struct rv *v, uint64_t attempt)
{
	static const uint8_t	 task[ULID_LEN] = { 7 };
	struct rec		*in = rec_new(REC_b_attic_drop);

	rec_set_str(in, F_b_attic_drop_project, "web");
	rec_set_id(in, F_b_attic_drop_task, task);
	rec_set_u64(in, F_b_attic_drop_attempt, attempt);
	rv_expect(v, attic_drop(&v->r, in, &v->o), 0, NULL);
	rec_free(in);
}

static void
refs_are(struct rv *v, const char *want)
{
	rv_sh(v, "cd state/mirrors/web.git; test \"$(git for-each-ref "
	    "--format='%%(refname:lstrip=3)' refs/praetor/attic | xargs)\" = "
	    "\"%s\"", want);
}

/* Of one task, up to an attempt, loose and packed; nothing else. */
static void
test_drop(void **state)
{
	static const uint8_t	 ids[2][ULID_LEN] = { { 7 }, { 8 } };
	struct rv		*v = begin(state);
	char			 a[ID_SIZE], b[ID_SIZE], want[400];

	id_format(a, 't', ids[0]);
	id_format(b, 't', ids[1]);
	rv_sh(v, "cd state/mirrors/web.git; h=$(git rev-parse "
	    "refs/praetor/upstream/main); for r in %s/1 %s/2 %s/10 %s/x %s/1; "
	    "do git update-ref refs/praetor/attic/$r $h; done; git pack-refs "
	    "--all; git update-ref refs/praetor/attic/%s/3 $h", a, a, a, a, b,
	    a);
	drop(v, 2);
	snprintf(want, sizeof(want), "%s/10 %s/3 %s/x %s/1", a, a, a, b);
	refs_are(v, want);
	drop(v, 2);
	refs_are(v, want);
	drop(v, 10);
	snprintf(want, sizeof(want), "%s/x %s/1", a, b);
	refs_are(v, want);
	rv_sh(v, "cd state/mirrors/web.git; git rev-parse -q --verify "
	    "refs/praetor/upstream/main && rm -rf ../web.git");
	rv_restart(v);
	drop(v, 1);			/* the project is gone: nothing to do */
}

/* Many imports leave many packs; they are merged and nothing is lost. */
static void
test_upkeep(void **state)
{
	struct rv	*v = begin(state);
	int		 i;

	for (i = 0; i < PACKS_MAX + 1; i++) {
		rv_sh(v, "echo %d >upper/n", i);
		rec_free(answer(v, (unsigned char)i));
		rv_sh(v, "cd state/mirrors/web.git; r=$(git for-each-ref "
		    "--format='%%(refname)' refs/praetor/attic); "
		    "git update-ref refs/keep/%d $r; git update-ref -d $r",
		    i);
	}
	rv_sh(v, "test $(ls state/mirrors/web.git/objects/pack/*.pack | "
	    "wc -l) -gt %d", PACKS_MAX);
	mirrors_upkeep(&v->r);
	rv_sh(v, "cd state/mirrors/web.git; "
	    "test $(ls objects/pack/*.pack | wc -l) -eq 1; "
	    "test -z \"$(find refs -type f)\"; "
	    "test $(git for-each-ref refs/keep | wc -l) -eq 65; "
	    "git fsck --full --strict; "
	    "test \"$(git show refs/keep/7:n)\" = 7");
	rec_free(answer(v, 200));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, rv_setup, rv_teardown)
		T(test_nothing), T(test_changes), T(test_types),
		T(test_opaque), T(test_ignored), T(test_ignored_held),
		T(test_dotgit),
		T(test_special), T(test_escape), T(test_names),
		T(test_old_names), T(test_deep), T(test_limits),
		T(test_unreadable), T(test_gitlink), T(test_marks),
		T(test_answer), T(test_no_change), T(test_upkeep),
		T(test_drop),
#undef T
	};

	return (rv_main(tests));
}
