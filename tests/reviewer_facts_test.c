/*
 * What the reviewer reports of a change for the rules of review: each class,
 * by content, and nothing of what the change does not touch.
 */
#include "tests/tap.h"

#include "common/err.h"
#include "common/glob.h"
#include "common/rec.h"
#include "reviewer/facts.h"
#include "tests/reviewer_rig.h"

/* A tree in the mirror of what a script makes in an empty directory. */
static git_oid
tree(struct rv *v, const char *script)
{
	git_oid	 id;

	rv_sh(v, "rm -rf t index; mkdir t; cd t; %s", script);
	assert_int_equal(git_oid_fromstr(&id, rv_out(v, "cd t; "
	    "export GIT_DIR=$PWD/../state/mirrors/web.git "
	    "GIT_WORK_TREE=$PWD GIT_INDEX_FILE=$PWD/../index; "
	    "git -c core.protectHFS=false -c core.protectNTFS=false "
	    "add -A -f; git write-tree")), 0);
	return (id);
}

/* The facts of a change as lines "class letter path:line kind". */
static void
facts(struct rv *v, const git_oid *from, const git_oid *to, struct buf *b)
{
	struct rec		*out = rec_new(REC_b_imported);
	const struct rec	*r;
	size_t			 i;

	rv_expect(v, facts_find(&v->r, v->m, from, to, out,
	    F_b_imported_facts, &v->o), 0, NULL);
	for (i = 0; i < rec_count(out, F_b_imported_facts); i++) {
		r = rec_nth_rec(out, F_b_imported_facts, i);
		assert_int_equal(rec_check(r, NULL, 0), 0);
		assert_int_equal(buf_printf(b, "%s %s %s:%d %s\n",
		    rec_str(r, F_b_fact_class), rec_str(r, F_b_fact_change),
		    rec_str(r, F_b_fact_path), (int)rec_u64(r, F_b_fact_line),
		    rec_str(r, F_b_fact_kind)), 0);
	}
	assert_non_null(buf_str(b));
	rec_free(out);
}

static struct rv *
begin(void **state)
{
	struct rv	*v = *state;

	rv_repo(v);
	rv_add(v);
	return (v);
}

/* From one script's tree to another's: exactly these lines, in any order. */
static void
expect(struct rv *v, const char *before, const char *after,
    const char *const *lines)
{
	git_oid		 a = tree(v, before), b = tree(v, after);
	struct buf	 got = { 0 };
	size_t		 n = 0, k = 0;
	const char	*p;

	facts(v, &a, &b, &got);
	for (; lines[n] != NULL; n++)
		if (strstr((char *)got.data, lines[n]) == NULL)
			fail_msg("no \"%s\" in:\n%s", lines[n], got.data);
	for (p = (char *)got.data; (p = strchr(p, '\n')) != NULL; p++)
		k++;
	if (k != n)
		fail_msg("%zu lines, not %zu:\n%s", k, n, got.data);
	buf_free(&got);
}

#define LINES(...)	(const char *const []){ __VA_ARGS__, NULL }
#define NOTHING		(const char *const []){ NULL }

static void
test_paths(void **state)
{
	struct rv	*v = begin(state);

	expect(v, "echo a >a", "echo b >a; mkdir src; echo c >src/c.c",
	    NOTHING);
	expect(v, "echo a >a", "mkdir -p .github/workflows x/.vscode; "
	    "echo 1 >.github/workflows/ci.yml; echo 2 >x/CLAUDE.md; "
	    "echo 3 >Makefile; echo 4 >x/.vscode/tasks.json; echo a >a; "
	    "echo 6 >.ENVRC",
	    LINES("auto-executed A .github/workflows/ci.yml:0 CI",
	    "auto-executed A x/CLAUDE.md:0 agent",
	    "build A Makefile:0 make",
	    "auto-executed A .ENVRC:0 shell"));
	/* What another file system takes for it; and what was deleted. */
	expect(v, "mkdir .claude; echo x >.claude/settings.json; echo a >a",
	    "mkdir .VSCode '.husky '; echo a >a; echo 1 >.VSCode/Tasks.json; "
	    "echo 2 >'.husky /pre-commit'; mkdir .cur\342\200\215sor; "
	    "echo 3 >.cur\342\200\215sor/x",
	    LINES("auto-executed A .VSCode/Tasks.json:0 editor",
	    "auto-executed A .husky /pre-commit:0 hook",
	    "auto-executed A .cur\342\200\215sor/x:0 agent",
	    "auto-executed D .claude/settings.json:0 agent"));
	/* A link in the place of a directory that programs look through. */
	expect(v, "echo a >a", "echo a >a; mkdir real; echo 1 >real/ci.yml; "
	    "ln -s real .github; ln -s real .vscode",
	    LINES("auto-executed A .github:0 CI",
	    "auto-executed A .vscode:0 editor"));
	/* A directory for a file, and a file for a directory. */
	expect(v, "echo a >AGENTS.md; mkdir .idea; echo 1 >.idea/x",
	    "mkdir AGENTS.md; echo 1 >AGENTS.md/x; echo 2 >.idea",
	    LINES("auto-executed D AGENTS.md:0 agent",
	    "auto-executed D .idea/x:0 editor",
	    "auto-executed A .idea:0 editor"));
}

static void
test_modes(void **state)
{
	struct rv	*v = begin(state);

	expect(v, "echo a >a; echo b >b; chmod +x b; echo c >c",
	    "echo a >a; chmod +x a; echo d >b; chmod +x b; echo e >e; "
	    "chmod +x e; printf 'x\\0y' >c",
	    LINES("executable M a:0 became executable",
	    "executable A e:0 new and executable", "binary M c:0 not text"));
	expect(v, ":>x", "mkdir -p d/e; :>x; ln -s ../../x d/e/in; "
	    "ln -s ../../../x d/e/out; ln -s /etc/passwd abs; "
	    "ln -s d/../../up up; ln -s .git/config g; ln -s d/e/in fine; "
	    "ln -s ././/x dots; ln -s 'C:\\x' win",
	    LINES("outside-link A d/e/out:0 a link that leads out of",
	    "outside-link A abs:0 a link that leads to an absolute",
	    "outside-link A up:0 a link that leads out of",
	    "outside-link A g:0 a link that leads into .git",
	    "outside-link A win:0 a link that leads to an absolute"));
}

static void
test_git(void **state)
{
	struct rv	*v = begin(state);
	git_oid		 a, b;
	struct buf	 got = { 0 };

	expect(v, ":>x", ":>x; mkdir y; echo '* filter=x' >y/.gitattributes; "
	    "printf '[submodule \"a\"]\\n\\tpath = a\\n\\turl = ../b\\n' "
	    ">.gitmodules; cp .gitmodules y; echo '[lfs]' >.lfsconfig",
	    LINES("attributes A y/.gitattributes:0 attributes",
	    "submodule A .gitmodules:0 submodules",
	    "attributes A .lfsconfig:0 settings of git-lfs"));
	expect(v, ":>x", ":>x; printf '[submodule \"a\"]\\n\\tpath = \"a\\r\""
	    "\\n' >.GitModules", LINES("submodule A .GitModules:0",
	    "git-exploit A .GitModules:0 there is a control character"));
	expect(v, ":>x", ":>x; mkdir -p d/objects d/refs ok/refs; "
	    "echo 'ref: refs/heads/x' >d/HEAD; :>d/objects/x; :>d/refs/x; "
	    "printf '[core]\\nfsmonitor = touch\\n' >d/config; :>ok/HEAD; "
	    ":>ok/refs/x", LINES("git-exploit A d:0 a bare repository"));
	expect(v, "mkdir d; :>d/HEAD", "mkdir d; :>d/HEAD; echo ../x "
	    ">d/commondir", LINES("git-exploit M d:0 a bare repository"));
	expect(v, "echo a >README; mkdir src; :>src/a",
	    "echo a >README; echo b >readme; mkdir src; :>src/a; :>src/b",
	    LINES("case-clash A readme:0"));
	/* Clashes that were there are nobody's fault. */
	expect(v, "echo a >README; echo b >readme", "echo a >README; "
	    "echo b >readme; echo c >c", NOTHING);
	a = tree(v, ":>x");
	rv_sh(v, "cd state/mirrors/web.git; printf '100644 blob "
	    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\\tx\\n160000 commit "
	    "%s\\tsub\\n' | git mktree >../../../sub", git_oid_tostr_s(
	    &v->head));
	assert_int_equal(git_oid_fromstr(&b, rv_out(v, "cat sub")), 0);
	facts(v, &a, &b, &got);
	assert_string_equal((char *)got.data, "submodule A sub:0 gitlink\n");
	got.len = 0;
	facts(v, &b, &a, &got);
	assert_string_equal((char *)got.data, "submodule D sub:0 gitlink\n");
	buf_free(&got);
}

/* The pieces are put together by the shell: this file holds no secret. */
static void
test_secrets(void **state)
{
	struct rv	*v = begin(state);

	expect(v, ":>x", ":>x; printf 'x\\ny = \"%s%s\"\\n' ghp_ "
	    "q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5B >conf",
	    LINES("secret A conf:2 GitHub token"));
	/* Moved, or untouched in a file that changes: it was there before. */
	expect(v, "printf 'x\\ny = \"%s%s\"\\n' ghp_ "
	    "q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5B >conf",
	    "printf 'x\\ny = \"%s%s\"\\n' ghp_ "
	    "q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5B >moved", NOTHING);
	expect(v, "printf 'x\\ny = \"%s%s\"\\n' ghp_ "
	    "q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5B >conf",
	    "printf 'more\\n\\nx\\ny = \"%s%s\"\\n' ghp_ "
	    "q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5B >conf", NOTHING);
	expect(v, "printf 'x\\ny = \"%s%s\"\\n' ghp_ "
	    "q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5B >conf",
	    "printf '\\nx\\ny = \"%s%s\"\\n' ghp_ "
	    "B7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5q >conf",
	    LINES("secret M conf:3 GitHub token"));
	/* Copied it is in one more place. */
	expect(v, "printf '%s%s\\n' ghp_ "
	    "q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5B >conf",
	    "printf '%s%s\\n' ghp_ "
	    "q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5B >conf; cp conf again",
	    LINES("secret A again:1 GitHub token"));
	/* UTF-16, as a link's target, between zeros. */
	expect(v, ":>x", ":>x; printf '%s%s\\n' ghp_ "
	    "q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5B >t; "
	    "iconv -f ASCII -t UTF-16 t >wide; ln -s \"$(cat t)\" link; rm t",
	    LINES("binary A wide:0 not text", "secret A wide:1 GitHub token",
	    "secret A link:1 GitHub token"));
	/* One by one, but not without end. */
	expect(v, ":>x", ":>x; i=0; while [ $i -lt 40 ]; do printf "
	    "'%s%s\\n' ghp_ q7Zk2VbN9xTfLw4RgHc8YpJd3SmQe6UaKn5B; "
	    "i=$((i+1)); done >many", LINES("many:1 ", "many:2 ", "many:3 ",
	    "many:4 ", "many:5 ", "many:6 ", "many:7 ", "many:8 ", "many:9 ",
	    "many:10 ", "many:11 ", "many:12 ", "many:13 ", "many:14 ",
	    "many:15 ", "many:16 ", "many:17 ", "many:18 ", "many:19 ",
	    "many:20 "));
}

static void
test_scripts(void **state)
{
	struct rv	*v = begin(state);

	expect(v, "echo '{\"name\":\"x\",\"scripts\":{\"test\":\"a\"}}' "
	    ">package.json", "echo '{\"name\":\"y\",\"scripts\":{\"test\":"
	    "\"b\"}}' >package.json", LINES("build M package.json:0 package"));
	expect(v, "echo '{}' >package.json", "mkdir p; echo '{}' "
	    ">package.json; echo '{\"scripts\":{\"post\\u0069nstall\":\"x\"}}'"
	    " >p/Package.JSON", LINES("build A p/Package.JSON:0 package",
	    "auto-executed A p/Package.JSON:0 a package manager runs or obeys "
	    "its \"postinstall\""));
	/* What was there before is not told again; what breaks it is. */
	expect(v, "echo '{\"scripts\":{\"prepare\":\"x\"}}' >package.json",
	    "echo '{\"a\":1,\"scripts\":{\"prepare\":\"x\"}}' >package.json",
	    LINES("build M package.json:0 package"));
	expect(v, "echo '{}' >package.json", "echo '{\"scripts\":{},"
	    "\"scripts\":{\"prepare\":\"x\"}}' >package.json",
	    LINES("build M package.json:0", "auto-executed M package.json:0 "
	    "a package manager runs or obeys its \"something"));
	expect(v, ":>x", ":>x; echo '{\"scripts\":{\"post-install-cmd\":"
	    "\"x\"}}' >composer.json", LINES("build A composer.json:0",
	    "auto-executed A composer.json:0 a package manager"));
	expect(v, ":>x", ":>x; echo '{\"packageManager\":\"npm@1\"}' "
	    ">package.json", LINES("build A package.json:0",
	    "its \"packageManager\""));
}

static void
test_protected(void **state)
{
	struct rv	*v = begin(state);
	struct protect	 p[3] = { { .pattern = strdup("db/**") },
			    { .pattern = strdup("*.sql"),
			    .project = strdup("we*") },
			    { .pattern = strdup("*.c"),
			    .project = strdup("other") } };
	size_t		 i;

	for (i = 0; i < 3; i++)
		TAILQ_INSERT_TAIL(&v->r.settings->protects, &p[i], entry);
	expect(v, ":>x", ":>x; mkdir DB y; :>DB/x; :>y/a.sql; :>a.c; :>dbx",
	    LINES("protected A DB/x:0 protected by db/**",
	    "protected A y/a.sql:0 protected by *.sql"));
	expect(v, "mkdir db; :>db/x; :>y", ":>y",
	    LINES("protected D db/x:0 protected by db/**"));
	for (i = 0; i < 3; i++) {
		TAILQ_REMOVE(&v->r.settings->protects, &p[i], entry);
		free(p[i].pattern);
		free(p[i].project);
	}
}

static void
test_sizes(void **state)
{
	struct rv	*v = begin(state);

	v->r.settings->large_file = 1000;
	v->r.settings->many_files = 3;
	v->r.settings->many_bytes = 2000;
	expect(v, ":>x", ":>x; seq 1 500 >a; seq 1 100 >b; :>c; :>d",
	    LINES("large-file A a:0 1892 bytes",
	    "large-change  :0 more than 3 files",
	    "large-change  :0 more than 2000 bytes"));
	v->r.settings->large_file = 0;
	v->r.settings->many_files = 0;
	v->r.settings->many_bytes = 0;
	expect(v, ":>x", ":>x; seq 1 500 >a; seq 1 100 >b; :>c; :>d",
	    NOTHING);
	expect(v, ":>x", ":>x; truncate -s 33554433 huge",
	    LINES("unscanned A huge:0 33554433 bytes"));
}

/* Many of a class become one more, and another rest has another digest. */
static void
test_rest(void **state)
{
	struct rv	*v = begin(state);
	struct buf	 one = { 0 }, two = { 0 };
	struct rec	*x = rec_new(REC_b_imported);
	struct rec	*y = rec_new(REC_b_imported);
	git_oid		 a, b, c;
	const struct rec *p, *q;

	a = tree(v, ":>x");
	b = tree(v, ":>x; mkdir .vscode; i=0; while [ $i -lt 70 ]; do "
	    "echo $i >.vscode/$i; i=$((i+1)); done");
	c = tree(v, ":>x; mkdir .vscode; i=0; while [ $i -lt 70 ]; do "
	    "echo $i >.vscode/$i; i=$((i+1)); done; echo y >.vscode/9");
	facts(v, &a, &b, &one);
	assert_non_null(strstr((char *)one.data,
	    "auto-executed  :0 20 more\n"));
	facts_find(&v->r, v->m, &a, &b, x, F_b_imported_facts, &v->o);
	facts_find(&v->r, v->m, &a, &c, y, F_b_imported_facts, &v->o);
	assert_int_equal(rec_count(x, F_b_imported_facts), FACTS_MAX + 1);
	p = rec_nth_rec(x, F_b_imported_facts, FACTS_MAX);
	q = rec_nth_rec(y, F_b_imported_facts, FACTS_MAX);
	assert_false(rec_has(p, F_b_fact_path));
	assert_string_not_equal(rec_str(p, F_b_fact_content),
	    rec_str(q, F_b_fact_content));
	rec_free(x);
	rec_free(y);
	buf_free(&one);
	buf_free(&two);
}

/* Text of a .gitmodules, and whether it is refused. */
static void
test_gitmodules(void **state)
{
	static const char *const	 bad[] = {
		"[submodule \"a\"]\n path = \"a\r\"\n",
		"[submodule \"../../x\"]\n path = a\n",
		"[submodule \"a\"]\n path = ../a\n",
		"[submodule \"a\"]\n path = b/../../a\n",
		"[submodule \"a\"]\n path = \"b/.\\\n./a\"\n",
		"[submodule \"a\"]\n path = /etc\n",
		"[submodule \"a\"]\n path = .GIT/hooks\n",
		"[submodule \"a\"]\n path = -x\n",
		"[submodule \"a\"]\n url = -u./x\n",
		"[submodule \"a\"]\n URL = \"-u./x\"\n",
		"[submodule \"a\"]\n url = ext::sh -c x\n",
		"[submodule \"a\"]\n update = !sh x\n",
		"[submodule \"a\"]\n update=\"!sh x\"\n",
		"[submodule \"a\"] update = !x\n",
		"[submodule.../x] path = a\n",
		"[submodule \"a\"]\n path = a\033[31m\n",
	};
	static const char *const	 good[] = {
		"", "garbage", "[submodule \"a\"]\r\n\tpath = a\r\n",
		"[submodule \"lib/a..b\"]\n path = lib/a\n url = ../b.git\n"
		" branch = main\n update = rebase\n",
		"[submodule \"a\"]\n url = https://example.org/a.git\n",
		"[submodule \"a\"]\n url = git@example.org:a.git\n",
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (gitmodules_refused(bad[i], strlen(bad[i])) == NULL)
			fail_msg("taken: %s", bad[i]);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (gitmodules_refused(good[i], strlen(good[i])) != NULL)
			fail_msg("refused: %s", good[i]);
	assert_non_null(gitmodules_refused("a\0b", 3));
}

static const char *const	 patterns[] = {
#define PATH(cls, pattern, kind) pattern,
#include "reviewer/paths.tbl"
#undef PATH
};

/* Every pattern of the table is one, in the form that paths are compared in. */
static void
test_table(void **state)
{
	char	 canon[300];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		assert_null(glob_refused(patterns[i]));
		path_canonical(canon, sizeof(canon), patterns[i]);
		assert_string_equal(canon, patterns[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, rv_setup, rv_teardown)
		T(test_paths), T(test_modes), T(test_git), T(test_secrets),
		T(test_scripts), T(test_protected), T(test_sizes),
		T(test_rest),
#undef T
		cmocka_unit_test(test_gitmodules),
		cmocka_unit_test(test_table),
	};

	return (rv_main(tests));
}
