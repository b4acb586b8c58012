/*
 * Hands that do what the test says, without the program around them.  What
 * must not happen: that half an answer passes for one, that what a hand has
 * chosen is swept away, that a hand leaves processes behind.
 */
#include "tests/tap.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <event2/event.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/ids.h"
#include "reviewer/hand.h"
#include "reviewer/holds.h"
#include "tests/reviewer_rig.h"

struct own {
	void		(*work)(struct reviewer *, struct buf *);
	struct event_base *base;
	int		 answered;	/* -1: not over */
	struct buf	 answer;	/* a copy */
	struct outcome	 o;
};

static void
own_work(struct reviewer *r, void *arg, struct buf *answer)
{
	((struct own *)arg)->work(r, answer);
}

static void
own_ended(struct reviewer *r, void *arg, const struct buf *answer,
    int fetched, const struct outcome *o)
{
	struct own	*own = arg;

	(void)r;
	(void)fetched;
	own->answered = answer != NULL;
	if (answer != NULL)
		buf_add(&own->answer, answer->data, answer->len);
	own->o = *o;
	event_base_loopbreak(own->base);
}

static void
own_run(struct rv *v, struct own *own, const char *url)
{
	static const struct hand_ops	 ops = { own_work, own_ended };

	own->answered = -1;
	assert_non_null(own->base = v->r.role.base = event_base_new());
	assert_non_null(hand_start(&v->r, &ops, url, own));
	event_base_dispatch(own->base);
	event_base_free(own->base);
	v->r.role.base = NULL;
	assert_int_not_equal(own->answered, -1);
}

/* As far as a hand is when it is killed between its last two writes. */
static void
work_half(struct reviewer *r, struct buf *answer)
{
	(void)answer;
	if (write(r->notefd, "=half", 5) == 5)
		raise(SIGKILL);
}

/*
 * What a hand had said of its answer when it died is none: to LAND it is
 * then asked for again, and what it left is cleared.
 */
static void
test_half_answer(void **state)
{
	struct rv	*v = *state;
	struct own	 own = { .work = work_half };

	own_run(v, &own, NULL);
	assert_int_equal(own.answered, 0);
	rv_expect(v, own.o.err, PRA_EINTERNAL, NULL);
	assert_non_null(strstr(own.o.text, "signal 9"));
	buf_free(&own.answer);
}

#define TREE	"00000000000000000000000000000000000000%02d"

static void
work_use(struct reviewer *r, struct buf *answer)
{
	char	 name[OID_SIZE];

	(void)answer;
	snprintf(name, sizeof(name), TREE, 10);
	if (holds_use(r, r->treesfd, name) == 0 &&
	    holds_use(r, r->gitsfd, name) == 0 &&
	    mkdirat(r->scratchfd, "ready", 0700) == 0)
		pause();
}

/* Wait until it has chosen; a hand that ends is seen as well. */
static int
has_chosen(struct rv *v)
{
	siginfo_t	 si = { 0 };

	while (faccessat(v->r.scratchfd, "ready", F_OK, 0) == -1) {
		assert_int_equal(waitid(P_ALL, 0, &si, WEXITED | WNOHANG |
		    WNOWAIT), 0);
		if (si.si_pid != 0)
			return (0);
	}
	return (1);
}

/* What a hand has chosen stays until it ends; the rest of the old goes. */
static void
test_used(void **state)
{
	static const struct hand_ops	 ops = { own_work, own_ended };
	struct rv	*v = *state;
	struct own	 own = { .work = work_use };
	struct hand	*h;

	rv_sh(v, "cd state; for i in $(seq 10 %d); do t=%.38s$i; "
	    "mkdir trees/$t gits/$t; "
	    "printf 'boot b\nproject p\n' >trees/$t.base; "
	    "touch -d @10000000$i trees/$t.base gits/$t; done",
	    10 + KEEP_RECENT + 2, TREE);
	own.base = v->r.role.base = event_base_new();
	assert_non_null(h = hand_start(&v->r, &ops, NULL, &own));
	assert_true(has_chosen(v));
	holds_sweep(&v->r, 0);
	rv_sh(v, "cd state; for d in trees gits; do test $(ls -d $d/*[0-9] | "
	    "wc -l) = %d; test -d $d/" TREE "; done", KEEP_RECENT + 1, 10);
	hand_kill(h);
	holds_sweep(&v->r, 0);
	rv_sh(v, "cd state; for d in trees gits; do test $(ls -d $d/*[0-9] | "
	    "wc -l) = %d; test ! -e $d/" TREE "; done", KEEP_RECENT, 10);
	event_base_free(own.base);
	v->r.role.base = NULL;
}

static void
work_fork(struct reviewer *r, struct buf *answer)
{
	pid_t	 pid;

	(void)r;
	if ((pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL,
	    0)) == 0)
		_exit(0);
	buf_printf(answer, "%s", pid == -1 ? strerrorname_np(errno) : "made");
}

static int
fork_tried(struct rv *v, const char *url, const char *expect)
{
	struct own	 own = { .work = work_fork };
	int		 rc;

	own_run(v, &own, url);
	rc = own.answered == 1 && buf_str(&own.answer) != NULL &&
	    strcmp((char *)own.answer.data, expect) == 0;
	buf_free(&own.answer);
	return (rc);
}

/*
 * A process that a hand makes does not die with its reviewer: it would keep
 * the state from the next one.  (The kernel counts for ordinary users only.)
 */
static void
test_offspring(void **state)
{
	struct rv	*v = *state;
	pid_t		 pid;
	int		 status;

	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		if (geteuid() == 0 && (setgroups(0, NULL) == -1 ||
		    setresuid(65534, 65534, 65534) == -1))
			_exit(2);
		_exit(fork_tried(v, NULL, "made") &&
		    fork_tried(v, "https://localhost/x.git", "EAGAIN") ?
		    0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, rv_setup, rv_teardown)
		T(test_half_answer), T(test_used), T(test_offspring),
#undef T
	};

	return (rv_main(tests));
}
