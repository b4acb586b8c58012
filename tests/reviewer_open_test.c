/*
 * Projects: every way in which a repository can be unfit has its own line,
 * and nothing half-made is left.
 */
#include "tests/tap.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "common/err.h"
#include "reviewer/gitlib.h"
#include "tests/reviewer_rig.h"

static int
open_as(struct rv *v, const char *project, const char *url,
    const char *branch)
{
	git_oid	 head;

	return (mirror_open(&v->r, project, url, branch, &head, &v->o));
}

static void
no_mirror(struct rv *v)
{
	rv_sh(v, "test -z \"$(ls state/mirrors)\"");
}

static void
test_open(void **state)
{
	struct rv	*v = *state;
	git_oid		 want;

	rv_repo(v);
	rv_add(v);
	want = rv_rev(v, v->repo, "main");
	assert_true(git_oid_equal(&want, &v->head));
	rv_sh(v, "git -C state/mirrors/web.git fsck --full --strict;"
	    "test \"$(git -C state/mirrors/web.git rev-parse "
	    "refs/praetor/upstream/main)\" = "
	    "\"$(git -C repos/web.git rev-parse main)\";"
	    "test -z \"$(find state/mirrors/web.git/objects -type f "
	    "! -path '*/pack/*')\"");
}

static void
test_again(void **state)
{
	struct rv	*v = *state;
	char		 other[400];

	rv_repo(v);
	rv_add(v);
	rv_expect(v, open_as(v, "web", v->repo, "main"), 0, NULL);
	rv_restart(v);
	rv_expect(v, open_as(v, "web", v->repo, "main"), 0, NULL);
	rv_sh(v, "git clone -q --bare wt repos/other.git");
	/* The name now means another repository: PROJECT_DROP was lost. */
	snprintf(other, sizeof(other), "%s/repos/other.git", v->dir);
	rv_expect(v, open_as(v, "web", other, "main"), 0, NULL);
	rv_expect(v, open_as(v, "web", v->repo, "main"), 0, NULL);
}

static void
test_file_url(void **state)
{
	struct rv	*v = *state;
	char		 url[400];

	rv_repo(v);
	snprintf(url, sizeof(url), "file://%s", v->repo);
	rv_expect(v, open_as(v, "web", url, "main"), 0, NULL);
	snprintf(url, sizeof(url), "file://%s%%20", v->repo);
	rv_expect(v, open_as(v, "x", url, "main"), PRA_EINVALID, "escapes");
}

static void
test_unfit(void **state)
{
	struct rv	*v = *state;
	char		 path[400];

	rv_sh(v, "mkdir repos/plain; git init -q --bare repos/empty.git;"
	    "echo file >repos/file");
	snprintf(path, sizeof(path), "%s/missing.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_ENOTFOUND,
	    "no such repository");
	snprintf(path, sizeof(path), "%s/plain", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_EINVALID,
	    "not a git repository");
	snprintf(path, sizeof(path), "%s/file", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_ENOTFOUND, "file");
	snprintf(path, sizeof(path), "%s/empty.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_ENOTFOUND,
	    "is empty");
	rv_expect(v, open_as(v, "web", "/etc", "main"), PRA_EPERM,
	    "`repositories`");
	rv_expect(v, open_as(v, "web", "/nowhere/x", "main"), PRA_EPERM,
	    "`repositories`");
	rv_expect(v, open_as(v, "web", "relative", "main"), PRA_EINVALID,
	    "absolute");
	rv_expect(v, open_as(v, "web", "git@host:x", "main"), PRA_EINVALID,
	    "ssh://");
	no_mirror(v);
}

static void
test_names(void **state)
{
	struct rv	*v = *state;

	rv_repo(v);
	rv_expect(v, open_as(v, "../up", v->repo, "main"), PRA_EINVALID,
	    "name of a project");
	rv_expect(v, open_as(v, "web", v->repo, "a..b"), PRA_EINVALID,
	    "name of a branch");
	rv_expect(v, open_as(v, "web", v->repo, "nope"), PRA_ENOTFOUND,
	    "there is main");
	no_mirror(v);
}

/* A link inside must not lead outside. */
static void
test_outside(void **state)
{
	struct rv	*v = *state;
	char		 path[400];

	rv_repo(v);
	rv_sh(v, "git clone -q --bare wt out.git; ln -s ../out.git "
	    "repos/in.git; mkdir repos/wt2; "
	    "echo \"gitdir: $PWD/out.git\" >repos/wt2/.git");
	snprintf(path, sizeof(path), "%s/in.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_EPERM,
	    "`repositories`");
	snprintf(path, sizeof(path), "%s/wt2", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_EPERM,
	    "`repositories`");
	no_mirror(v);
}

static void
test_corrupt(void **state)
{
	struct rv	*v = *state;
	char		 path[400];

	rv_repo(v);
	rv_sh(v, "git -C repos/web.git repack -adq; cd repos; "
	    "cp -r web.git cut.git; cd cut.git/objects/pack; "
	    "chmod u+w *.pack; p=$(ls *.pack); s=$(stat -c %%s $p);"
	    "dd if=/dev/zero of=$p bs=1 seek=$((s / 3)) count=$((s / 3)) "
	    "conv=notrunc 2>/dev/null");
	snprintf(path, sizeof(path), "%s/cut.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_ECORRUPT,
	    "git fsck");
	rv_sh(v, "cd repos; git clone -q --bare ../wt gone.git; cd gone.git;"
	    "b=$(git rev-parse main:one); "
	    "rm -f objects/$(echo $b | cut -c1-2)/$(echo $b | cut -c3-)");
	snprintf(path, sizeof(path), "%s/gone.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_ECORRUPT,
	    "damaged");
	no_mirror(v);
}

static void
test_shallow(void **state)
{
	struct rv	*v = *state;
	char		 path[400];

	rv_repo(v);
	rv_sh(v, "cd wt; echo 2 >>one; git commit -qam 2; git push -q origin "
	    "main; cd ..; git clone -q --bare --depth 1 file://$PWD/repos/"
	    "web.git repos/shallow.git");
	snprintf(path, sizeof(path), "%s/shallow.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_EUNSUPPORTED,
	    "unshallow");
	no_mirror(v);
}

/* As another user: the directory is there and may not be read. */
static void
test_permission(void **state)
{
	struct rv	*v = *state;
	pid_t		 pid;
	int		 status;

	if (geteuid() != 0)
		tap_skip("needs root to become another user");
	rv_repo(v);
	rv_sh(v, "chmod 700 repos/web.git; chown -R 65534 state");
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		if (setgid(65534) == -1 || setuid(65534) == -1)
			_exit(2);
		_exit(open_as(v, "web", v->repo, "main") == PRA_EPERM &&
		    strstr(v->o.text, "no permission") != NULL ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	no_mirror(v);
}

/* Configuration of the user's repository is never obeyed. */
static void
test_foreign_config(void **state)
{
	struct rv	*v = *state;

	rv_repo(v);
	rv_sh(v, "cd repos/web.git; git config url.file:///nowhere.insteadOf "
	    "\"$PWD\"; printf '[include]\\n\\tpath = /nowhere\\n[core]\\n\\t"
	    "worktree = /nowhere\\n[bad\\n' >>config");
	rv_add(v);
}

/* Give the repository to another user; needs root. */
static void
test_owner(void **state)
{
	struct rv	*v = *state;

	if (geteuid() != 0)
		tap_skip("needs root to become another user");
	rv_repo(v);
	rv_sh(v, "chown -R 1999970001 repos/web.git");
	rv_expect(v, open_as(v, "web", v->repo, "main"), PRA_EPERM,
	    "belongs to user 1999970001");
	no_mirror(v);
	/* What is in his own directory is his to give. */
	rv_sh(v, "chown 1999970001 repos");
	rv_expect(v, open_as(v, "web", v->repo, "main"), 0, NULL);
	rv_expect(v, mirror_drop(&v->r, "web", &v->o), 0, NULL);
	/* A worktree of somebody else leads to the same git directory. */
	rv_sh(v, "chown 0 repos; chown -R 0 repos/web.git; "
	    "git -C repos/web.git worktree add -q ../wt2 main; "
	    "chown -R 1999970001 repos/wt2");
	rv_expect(v, open_as(v, "web", v->repo, "main"), 0, NULL);
}

/* What would make the reviewer read or write another's repository. */
static void
test_led_elsewhere(void **state)
{
	struct rv	*v = *state;
	char		 path[400];

	rv_repo(v);
	rv_sh(v, "git clone -q --bare wt secret.git; git clone -q --bare wt "
	    "repos/other.git; cd repos; for d in objects refs refs/heads "
	    "HEAD; do cp -r web.git link.git; rm -rf link.git/$d; "
	    "ln -s $PWD/other.git/$d link.git/$d; n=$(echo $d | tr / -); "
	    "mv link.git $n.git; done; cp -r web.git branch.git; "
	    "ln -sf $PWD/other.git/refs/heads/main "
	    "branch.git/refs/heads/main; rm -f branch.git/packed-refs");
	snprintf(path, sizeof(path), "%s/objects.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_EPERM,
	    "objects is a symbolic link");
	snprintf(path, sizeof(path), "%s/refs.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_EPERM,
	    "refs is a symbolic link");
	snprintf(path, sizeof(path), "%s/refs-heads.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_EPERM,
	    "refs/heads is a symbolic link");
	snprintf(path, sizeof(path), "%s/HEAD.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_EPERM,
	    "HEAD is a symbolic link");
	snprintf(path, sizeof(path), "%s/branch.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_EPERM,
	    "refs/heads/main is a symbolic link");
	no_mirror(v);
}

static void
test_borrowed(void **state)
{
	struct rv	*v = *state;
	char		 path[400];

	rv_repo(v);
	rv_sh(v, "git clone -q --bare wt out.git; cd repos; "
	    "git clone -q --bare --shared web.git in.git; "
	    "git clone -q --bare web.git away.git; "
	    "echo $PWD/../out.git/objects >away.git/objects/info/alternates; "
	    "git clone -q --bare web.git far.git; "
	    "echo ../../away.git/objects >far.git/objects/info/alternates; "
	    "git clone -q --bare web.git gone.git; printf '# x\n\n/nowhere\n'"
	    " >gone.git/objects/info/alternates");
	snprintf(path, sizeof(path), "%s/in.git", v->repos);
	rv_expect(v, open_as(v, "in", path, "main"), 0, NULL);
	snprintf(path, sizeof(path), "%s/gone.git", v->repos);
	rv_expect(v, open_as(v, "gone", path, "main"), 0, NULL);
	snprintf(path, sizeof(path), "%s/away.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_EPERM,
	    "borrows objects from");
	snprintf(path, sizeof(path), "%s/far.git", v->repos);
	rv_expect(v, open_as(v, "web", path, "main"), PRA_EPERM,
	    "borrows objects from");
	if (geteuid() != 0)
		return;
	rv_sh(v, "chown 1999970001 repos/web.git/objects");
	snprintf(path, sizeof(path), "%s/in.git", v->repos);
	rv_expect(v, open_as(v, "in2", path, "main"), PRA_EPERM,
	    "belongs to user 1999970001");
}

static void
test_fetch(void **state)
{
	struct rv	*v = *state;
	git_oid		 head, want;

	rv_repo(v);
	rv_add(v);
	rv_sh(v, "cd wt; git checkout -qb side HEAD; echo 3 >three; git add "
	    "three; git commit -qm 3; git checkout -q main; echo 2 >>one; "
	    "git commit -qam 2; git merge -q --no-edit side; "
	    "git push -q origin main");
	want = rv_rev(v, v->repo, "main");
	v->r.settings->fetch = 3600 * 1000;
	rv_expect(v, mirror_fetch(&v->r, v->m, 0, &head, &v->o), 0, NULL);
	assert_true(git_oid_equal(&head, &v->head));
	rv_expect(v, mirror_fetch(&v->r, v->m, 1, &head, &v->o), 0, NULL);
	assert_true(git_oid_equal(&head, &want));
	/* A branch that was thrown back is followed as well. */
	rv_sh(v, "cd wt; git reset -q --hard HEAD~1; git push -qf origin main;"
	    "git -C ../state/mirrors/web.git fsck --full");
	want = rv_rev(v, v->repo, "main");
	rv_expect(v, mirror_fetch(&v->r, v->m, 1, &head, &v->o), 0, NULL);
	assert_true(git_oid_equal(&head, &want));
	rv_sh(v, "git -C state/mirrors/web.git fsck --full");
}

static void
test_half_made(void **state)
{
	struct rv	*v = *state;

	rv_repo(v);
	rv_sh(v, "mkdir -p state/mirrors/web.git.tmp/objects; "
	    "echo x >state/mirrors/web.git.tmp/HEAD");
	rv_restart(v);
	no_mirror(v);
	rv_sh(v, "mkdir -p state/mirrors/web.git.tmp/objects");
	rv_add(v);
	rv_expect(v, mirror_drop(&v->r, "web", &v->o), 0, NULL);
	no_mirror(v);
	rv_expect(v, mirror_drop(&v->r, "web", &v->o), 0, NULL);
}

static void
test_remote_urls(void **state)
{
	struct rv	*v = *state;

	rv_expect(v, open_as(v, "web", "https://u:p@h.invalid/x", "main"),
	    PRA_EINVALID, "password");
	rv_expect(v, open_as(v, "web", "https://h.invalid/x'y", "main"),
	    PRA_EINVALID, "not a URL");
	rv_expect(v, open_as(v, "web", "ssh://-oProxyCommand=x/y", "main"),
	    PRA_EINVALID, "not a URL");
	rv_expect(v, open_as(v, "web", "ssh://h.invalid/x", "main"),
	    PRA_EPERM, "`credential`");
	rv_expect(v, open_as(v, "web", "ssh://h.invalid/x'y", "main"),
	    PRA_EINVALID, "not a URL");
	rv_expect(v, open_as(v, "web", "ssh://h.invalid/x%27y", "main"),
	    PRA_EINVALID, "not a URL");
	rv_expect(v, open_as(v, "web", "ssh://h.invalid:2x/y", "main"),
	    PRA_EINVALID, "not a URL");
	rv_expect(v, open_as(v, "web", "ext::sh -c id", "main"),
	    PRA_EINVALID, "https://");
	/* Neither encrypted nor of a server that proves who it is. */
	rv_expect(v, open_as(v, "web", "http://h.invalid/x", "main"),
	    PRA_EUNSUPPORTED, "http:// neither");
	rv_expect(v, open_as(v, "web", "git://h.invalid/x", "main"),
	    PRA_EUNSUPPORTED, "git:// neither");
	/* An address cannot be told from a certificate's; in all its forms. */
	rv_expect(v, open_as(v, "web", "https://127.0.0.1:1/x", "main"),
	    PRA_EINVALID, "name");
	rv_expect(v, open_as(v, "web", "https://127.1/x", "main"),
	    PRA_EINVALID, "name");
	rv_expect(v, open_as(v, "web", "https://0x7f000001/x", "main"),
	    PRA_EINVALID, "name");
	rv_expect(v, open_as(v, "web", "https://[::1]/x", "main"),
	    PRA_EINVALID, "not a URL");
	no_mirror(v);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, rv_setup, rv_teardown)
		T(test_open), T(test_again), T(test_file_url), T(test_unfit),
		T(test_names), T(test_outside), T(test_corrupt),
		T(test_shallow), T(test_permission), T(test_foreign_config),
		T(test_owner), T(test_led_elsewhere), T(test_borrowed),
		T(test_fetch), T(test_half_made), T(test_remote_urls),
#undef T
	};

	return (rv_main(tests));
}
