/*
 * An empty root: what is refused as one, and what is left to a process that
 * has it.  Each case is a child that enters a user namespace where it needs
 * the right to.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/confine.h"
#include "common/err.h"
#include "tests/tap.h"

struct place {
	char	 dir[64];
};

static int
up(void **state)
{
	struct place	*pl = calloc(1, sizeof(*pl));

	if (pl == NULL)
		return (-1);
	strcpy(pl->dir, "/tmp/praetor-root.XXXXXX");
	*state = pl;
	return (mkdtemp(pl->dir) == NULL ? -1 : 0);
}

static int
down(void **state)
{
	struct place	*pl = *state;
	char		 path[80];

	snprintf(path, sizeof(path), "%s/file", pl->dir);
	unlink(path);
	rmdir(pl->dir);
	free(pl);
	return (0);
}

static int
caps_left(void)
{
	struct __user_cap_header_struct	 h = {
		_LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	 d[2] = { { 0 } };

	return (syscall(SYS_capget, &h, d) == -1 || d[0].permitted != 0 ||
	    d[1].permitted != 0 || d[0].inheritable != 0);
}

/* Exit status of a child that takes the directory as its root. */
static int
enter(const char *dir, int (*then)(int err, const char *why))
{
	char	 why[256] = "";
	int	 status, err;
	pid_t	 pid;

	if ((pid = fork()) == 0) {
		if (geteuid() != 0 && unshare(CLONE_NEWUSER) == -1)
			_exit(99);
		err = confine_root(open(dir, O_RDONLY | O_DIRECTORY |
		    O_CLOEXEC), why, sizeof(why));
		_exit(then(err, why));
	}
	waitpid(pid, &status, 0);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 98);
}

static int
is_alone(int err, const char *why)
{
	char	 cwd[64] = "";

	(void)why;
	if (err != 0)
		return (1);
	if (getcwd(cwd, sizeof(cwd)) == NULL || strcmp(cwd, "/") != 0)
		return (2);
	if (open("/usr", O_PATH) != -1 || open("/../usr", O_PATH) != -1 ||
	    open("../../../usr", O_PATH) != -1)
		return (3);
	if (caps_left() || chroot(".") != -1 || errno != EPERM)
		return (4);
	return (0);
}

static int
is_refused(int err, const char *why)
{
	return (err == PRA_EINVALID && strstr(why, "has entries") != NULL &&
	    open("/usr", O_PATH) != -1 ? 0 : 1);
}

static int
is_error(int err, const char *why)
{
	return (err != 0 && *why != '\0' ? 0 : 1);
}

static void
empty(void **state)
{
	struct place	*pl = *state;

	assert_int_equal(enter(pl->dir, is_alone), 0);
}

static void
not_empty(void **state)
{
	struct place	*pl = *state;
	char		 path[80];
	int		 fd;

	snprintf(path, sizeof(path), "%s/file", pl->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_not_equal(fd, -1);
	close(fd);
	assert_int_equal(enter(pl->dir, is_refused), 0);
}

/* No directory, or no right to it. */
static void
not_there(void **state)
{
	(void)state;
	assert_int_equal(enter("/nonexistent", is_error), 0);
	assert_int_equal(enter("/etc/passwd", is_error), 0);
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, up, down)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(empty), TEST(not_empty), TEST(not_there)
	};

	return (tap_run(tests));
}
