/*
 * The copy of a tree: what it must bring along, what it refuses, where it
 * stops.  Failures that it names: a name, mode, link or time that is not the
 * same; a hole that was filled; blocks that are said to be shared and are
 * not; a link that was followed; a device, FIFO or another file system that
 * was read; a copy without bounds.
 */
#include "tests/tap.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "common/err.h"
#include "praetord/copy.h"

struct world {
	char		 dir[64];
	int		 from, to;
	struct copy_how	 how;
	struct copied	 n;
	struct why	 why;
};

static void
sh(struct world *w, const char *script)
{
	char	 cmd[4096];

	snprintf(cmd, sizeof(cmd), "umask 022; cd %s && %s", w->dir, script);
	assert_int_equal(system(cmd), 0);
}

static int
dir_open(struct world *w, const char *name)
{
	char	 path[128];
	int	 fd;

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	return (fd);
}

static int
up(void **state)
{
	struct world	*w = calloc(1, sizeof(*w));

	assert_non_null(w);
	umask(022);
	snprintf(w->dir, sizeof(w->dir), "/tmp/praetor-copy.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	sh(w, "mkdir from to");
	w->from = dir_open(w, "from");
	w->to = dir_open(w, "to");
	*state = w;
	return (0);
}

static int
down(void **state)
{
	struct world	*w = *state;

	close(w->from);
	close(w->to);
	sh(w, "rm -rf $PWD");
	free(w);
	return (0);
}

static void
copies(struct world *w)
{
	if (copy_tree(w->from, w->to, &w->how, &w->n, &w->why) != 0)
		fail_msg("%s", w->why.text);
}

static void
refuses(struct world *w, int err, const char *text)
{
	assert_int_equal(copy_tree(w->from, w->to, &w->how, &w->n, &w->why),
	    -1);
	if (w->why.err != err || strstr(w->why.text, text) == NULL)
		fail_msg("%s: %s", err_name(w->why.err), w->why.text);
}

static void
test_same(void **state)
{
	struct world	*w = *state;

	sh(w, "cd from; mkdir -p d/e/f empty; echo one >one; : >zero; "
	    "printf '#!/bin/sh\\n' >run; chmod 755 run; ln -s one link; "
	    "ln -s /etc/passwd abs; ln -s nowhere d/none; "
	    "head -c 131072 /dev/urandom >d/piece; "
	    "head -c 131073 /dev/urandom >d/more; "
	    "head -c 5000000 /dev/urandom >d/e/big; truncate -s 3M d/hole; "
	    ": >\"$(printf 'a\\nb')\"; : >\"$(printf 'x\\377')\"; : >-rf; "
	    "find . ! -type d -exec touch -hd @1000000000 {} +");
	copies(w);
	assert_int_equal(w->n.names, 17);
	assert_int_equal(w->n.files, 13);
	sh(w, "for d in from to; do (cd $d; find . ! -type d -printf "
	    "'%y %m %P %l %s %T@\\n' -o -printf '%y %m %P\\n' | LC_ALL=C sort)"
	    " >$d.list; done; cmp from.list to.list && "
	    "diff -r --no-dereference from to");
}

/* Where there is none, neither blocks nor time are spent on it. */
static void
test_holes(void **state)
{
	struct world	*w = *state;

	sh(w, "cd from; truncate -s 64M all end begin middle; echo x | dd "
	    "of=end conv=notrunc 2>/dev/null; for i in 5 12 40; do echo x$i | "
	    "dd of=middle bs=1M seek=$i conv=notrunc 2>/dev/null; done; "
	    "printf x | dd of=begin bs=1 seek=67108863 conv=notrunc "
	    "2>/dev/null; head -c 200000 /dev/urandom >more; "
	    "truncate -s 300001 more");
	sh(w, "test $(du -ks from | cut -f1) -lt 4096");
	copies(w);
	sh(w, "diff -r from to && test $(du -ks to | cut -f1) -lt 4096");
}

/* Asked for, it is done or refused: what is there was found out before. */
static void
test_share(void **state)
{
	struct world	*w = *state;

	w->how.share = copy_shares(w->from, w->to, &w->why);
	if (!w->how.share)
		assert_non_null(strstr(w->why.text, "FICLONE: "));
	sh(w, "test -z \"$(ls -A from to | grep -v :)\"; : >from/empty; "
	    "head -c 300001 /dev/urandom >from/a; echo x >from/b");
	if (w->how.share) {
		copies(w);
		sh(w, "diff -r from to; filefrag -v to/a | grep -q shared");
		return;
	}
	w->how.share = 1;
	assert_int_equal(copy_tree(w->from, w->to, &w->how, &w->n, &w->why),
	    -1);
	assert_non_null(strstr(w->why.text, "worktree copy: "));
}

/* What it is copied into may be on another file system. */
static void
test_other_fs(void **state)
{
	struct world	*w = *state;
	struct stat	 a, b;
	char		 dir[] = "/dev/shm/praetor-copy.XXXXXX", cmd[256];

	w->how.share = 1;		/* means nothing here */
	if (stat("/dev/shm", &a) == -1 || fstat(w->from, &b) == -1 ||
	    a.st_dev == b.st_dev || mkdtemp(dir) == NULL)
		tap_skip("needs another file system in /dev/shm");
	sh(w, "head -c 300000 /dev/urandom >from/big; echo x >from/small");
	close(w->to);
	w->to = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	copies(w);
	snprintf(cmd, sizeof(cmd), "diff -r from %s", dir);
	sh(w, cmd);
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	sh(w, cmd);
}

static void
test_special(void **state)
{
	struct world	*w = *state;

	sh(w, "mkdir from/d; mkfifo \"$(printf 'from/d/a\\nb')\"");
	refuses(w, PRA_EINVALID, "worktree copy: d/a\\nb: is no regular file");
	if (geteuid() != 0)
		return;
	sh(w, "rm -r from/d to/d; mknod from/null c 1 3");
	refuses(w, PRA_EINVALID, "null: is no regular file");
	sh(w, "rm from/null; mknod from/gone c 0 0");
	refuses(w, PRA_EINVALID, "gone: is no regular file");
}

static int
mounted(struct world *w)
{
	char	 path[128];

	snprintf(path, sizeof(path), "%s/from/d", w->dir);
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", path, "tmpfs", 0, NULL) == -1)
		return (2);
	close(w->from);		/* as that was before there was a mount */
	w->from = dir_open(w, "from");
	return (copy_tree(w->from, w->to, &w->how, &w->n, &w->why) == -1 &&
	    strstr(w->why.text, "d: ") != NULL ? 0 : 1);
}

/* What an administrator has mounted in it is not the repository's. */
static void
test_mount(void **state)
{
	struct world	*w = *state;
	pid_t		 pid;
	int		 status;

	if (geteuid() != 0)
		tap_skip("needs root to mount");
	sh(w, "mkdir from/d");
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		_exit(mounted(w));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		tap_skip("needs mount namespaces for a private tmpfs");
	assert_int_equal(status, 0);
}

/* Nothing is written over, and nothing through a link that is there. */
static void
test_there(void **state)
{
	struct world	*w = *state;

	sh(w, "echo new >from/a; echo old >to/a");
	refuses(w, PRA_ESYSTEM, "a: File exists");
	sh(w, "rm to/a; ln -s ../away to/a");
	refuses(w, PRA_ESYSTEM, "a: File exists");
	sh(w, "rm to/a from/a; mkdir from/d away; ln -s ../away to/d; "
	    "echo x >from/d/x");
	refuses(w, PRA_ESYSTEM, "d: File exists");
	sh(w, "test ! -e away/x");
}

static void
test_bounds(void **state)
{
	struct world	*w = *state;

	sh(w, "cd from; i=0; while [ $i -lt 129 ]; do mkdir d; cd d; "
	    "i=$((i+1)); done; echo x >f");
	copies(w);
	sh(w, "diff -r from to && rm -r to/d; cd from; while [ -d d ]; do "
	    "cd d; done; mkdir -p d; echo x >d/f");
	refuses(w, PRA_ELIMIT, "is in too many directories");
	sh(w, "rm -r to/d from/d; : >from/a; : >from/b");
	w->n.names = COPY_NAMES - 1;
	refuses(w, PRA_ELIMIT, "too many names");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(test_same, up, down),
		cmocka_unit_test_setup_teardown(test_holes, up, down),
		cmocka_unit_test_setup_teardown(test_share, up, down),
		cmocka_unit_test_setup_teardown(test_other_fs, up, down),
		cmocka_unit_test_setup_teardown(test_special, up, down),
		cmocka_unit_test_setup_teardown(test_mount, up, down),
		cmocka_unit_test_setup_teardown(test_there, up, down),
		cmocka_unit_test_setup_teardown(test_bounds, up, down)
	};

	return (tap_run(tests));
}
