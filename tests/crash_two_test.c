/*
 * Two engines on one directory: the second is refused and changes nothing,
 * the first goes on.
 */
#include <sys/wait.h>
#include <poll.h>
#include <sha2.h>

#include "common/err.h"
#include "common/log.h"
#include "tests/engine_rig.h"
#include "tests/tap.h"

static void
digest(struct er_world *w, const char *name,
    char out[SHA256_DIGEST_STRING_LENGTH])
{
	char	 path[128];

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	assert_non_null(SHA256File(path, out));
}

/* It must end without a word to its parent. */
static void
second(struct er_world *w)
{
	struct er_world	 two = *w;
	struct pollfd	 p = { .events = POLLIN };
	struct imsg	 m;
	int		 status;

	two.parent.w = &two;
	two.parent.ib.fd = -1;
	er_spawn(&two);
	p.fd = two.parent.ib.fd;
	do {
		assert_int_equal(poll(&p, 1, 30000), 1);
		status = imsgbuf_read(&two.parent.ib);
		if (imsg_next(&two.parent.ib, &m) == 1)
			fail_msg("a second engine came up");
	} while (status == 1);
	close(two.lifeline);
	er_close(&two.parent);
	assert_int_equal(waitpid(two.pid, &status, 0), two.pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 0);
}

static void
two(void **state)
{
	static const char *const	 files[] = {
		"praetor.db", "praetor.db-wal"
	};
	struct er_world	*w = *state;
	char		 a[2][SHA256_DIGEST_STRING_LENGTH];
	char		 b[2][SHA256_DIGEST_STRING_LENGTH];
	uint64_t	 session, fence;
	int		 i;

	er_ready(w);
	session = er_task(w, er_task_rec("a"));
	fence = er_dispatch(w, session);
	er_task_state(w, "a", "running", "working");
	for (i = 0; i < 2; i++)
		digest(w, files[i], a[i]);
	second(w);
	second(w);
	for (i = 0; i < 2; i++) {
		digest(w, files[i], b[i]);
		assert_string_equal(a[i], b[i]);
	}
	er_finish(w, session, fence);
	er_task_state(w, "a", "done", "no-change");
	er_again(w);
	er_task_state(w, "a", "done", "no-change");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(two, er_setup, er_teardown)
	};

	log_init("crash_two_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
