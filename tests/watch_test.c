/*
 * The disk's reserve, on a file system of a few megabytes, with sessions that
 * are rows in a table only.  Failures that it names: the state has no space
 * left because a session's files take long to count, or because another one
 * was just ended for the others' sake; one that took nothing is ended; one
 * that wrote while space came back is never counted.
 */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <event2/event.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "praetord/session_table.h"
#include "praetord/slot.h"
#include "praetord/watch.h"
#include "tests/tap.h"

#define MB		(1024 * 1024)
#define DISK		(40 * MB)	/* a twentieth of it is the reserve */
#define SECOND		1000000LL

struct world {
	char		 dir[64];
	struct conf	 conf;
	struct sessions	 s;
	struct session	 a, b;
	struct flow	 flow;
};

/* A session that began when the disk was empty. */
static void
live(struct world *w, struct session *se, uint64_t number)
{
	memset(se, 0, sizeof(*se));
	se->owner = &w->s;
	se->number = number;
	se->life = L_LIVE;
	se->pidfd = STDERR_FILENO;	/* it is never killed */
	se->cgroup = -1;
	se->watched.on = 1;
	disk_begin(se, &w->flow);
	TAILQ_INSERT_TAIL(&w->s.list, se, entry);
}

static int
up(void **state)
{
	static struct world	 w;

	if (geteuid() != 0)
		return (*state = NULL, 0);
	memset(&w, 0, sizeof(w));
	snprintf(w.dir, sizeof(w.dir), "/tmp/praetor-watch.XXXXXX");
	if (mkdtemp(w.dir) == NULL || unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", w.dir, "tmpfs", 0, "size=40m") == -1)
		return (-1);
	w.s.host.statefd = open(w.dir, O_PATH | O_DIRECTORY);
	if (mkdirat(w.s.host.statefd, "sessions", 0711) == -1)
		return (-1);
	w.conf.opt[OPT_LIMIT_DISK_FREE] = 1ULL << 30;
	w.s.conf = &w.conf;
	TAILQ_INIT(&w.s.list);
	live(&w, &w.a, 1);
	live(&w, &w.b, 2);
	*state = &w;
	return (0);
}

static int
down(void **state)
{
	struct world	*w = *state;

	if (w == NULL)
		return (0);
	close(w->s.host.statefd);
	return (umount2(w->dir, MNT_DETACH) == -1 || rmdir(w->dir) == -1);
}

static struct world *
world(void **state)
{
	if (*state == NULL)
		tap_skip("needs root to mount a small disk");
	return (*state);
}

/* Somebody writes until so many bytes are left. */
static void
leave(struct world *w, uint64_t left)
{
	struct statvfs	 sb;
	int		 fd;

	fd = openat(w->s.host.statefd, "filled", O_RDWR | O_CREAT, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(fstatvfs(fd, &sb), 0);
	assert_int_equal(posix_fallocate(fd, 0, (off_t)(DISK - left -
	    2 * sb.f_frsize)), 0);
	close(fd);
}

static void
look(struct world *w)
{
	int64_t	 next = 1000;

	disk_look(&w->s, &w->flow, &next);
}

/* Its last count began so long ago and took so long. */
static void
counted(struct session *se, uint64_t used, int64_t ago, int64_t took)
{
	se->watched.usage.used = used;
	se->watched.usage.began.us = mono_now().us - ago;
	se->watched.usage.took = took;
}

static int
ended(const struct session *se)
{
	return (se->watched.end == END_DISK);
}

/* A count that took long is as good as one that did not. */
static void
test_slow(void **state)
{
	struct world	*w = world(state);

	leave(w, 2 * MB * 3 / 4);
	counted(&w->a, 30 * MB, 5 * SECOND, 4900000);
	counted(&w->b, 0, 10000, 1000);
	look(w);
	assert_true(ended(&w->a));
	assert_false(ended(&w->b));
}

/* It may take for ever: then those go while which the space went. */
static void
test_endless(void **state)
{
	struct world	*w = world(state);

	w->a.watched.usage.counting = 1;
	leave(w, 2 * MB * 3 / 4);
	counted(&w->b, 0, 10000, 1000);
	look(w);
	assert_false(ended(&w->a) || ended(&w->b));
	leave(w, 2 * MB / 5);
	look(w);
	assert_true(ended(&w->a) && ended(&w->b));
	w->a.watched.usage.counting = 0;
}

/* One is ended, and its space is to come back; another takes the rest. */
static void
test_next(void **state)
{
	struct world	*w = world(state);

	leave(w, 2 * MB * 3 / 4);
	counted(&w->a, 30 * MB, 10000, 1000);
	counted(&w->b, 0, 10000, 1000);
	look(w);
	assert_true(ended(&w->a));
	leave(w, 2 * MB * 2 / 5);
	look(w);
	assert_false(ended(&w->b));
	leave(w, 2 * MB / 5);
	look(w);
	assert_true(ended(&w->b));
}

/* What went before a session began is not its fault. */
static void
test_late(void **state)
{
	struct world	*w = world(state);

	leave(w, 2 * MB / 5);
	TAILQ_REMOVE(&w->s.list, &w->b, entry);
	live(w, &w->b, 3);
	w->b.watched.usage.counting = 1;
	look(w);
	assert_true(ended(&w->a));
	assert_false(ended(&w->b));
	w->b.watched.usage.counting = 0;
}

/*
 * More came back than went, between two looks: a session was deleted while
 * another wrote.  That one is counted all the same; not so when nothing moves.
 */
static void
test_hidden(void **state)
{
	struct world	*w = world(state);
	struct slot	 slot = { 0 };

	leave(w, 10 * MB);
	look(w);
	w->s.base = event_base_new();
	w->a.slot = &slot;
	assert_int_equal(mkdirat(w->s.host.statefd, "sessions/1", 0700), 0);
	assert_int_equal(mkdirat(w->s.host.statefd, "sessions/1/upper", 0700),
	    0);
	look(w);
	w->a.watched.disk = 4 * MB;
	w->a.watched.usage.at = w->flow.gone;
	w->a.watched.usage.back_at = w->flow.back;
	counted(&w->a, 0, 6 * SECOND, 1000);
	look(w);
	assert_false(w->a.watched.usage.counting);
	assert_int_equal(unlinkat(w->s.host.statefd, "filled", 0), 0);
	leave(w, 20 * MB);
	look(w);
	assert_true(w->a.watched.usage.counting);
	usage_stop(&w->a.watched.usage);
	event_base_free(w->s.base);
}

#define WORLD_TEST(f)	cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		WORLD_TEST(test_slow), WORLD_TEST(test_endless),
		WORLD_TEST(test_next), WORLD_TEST(test_late),
		WORLD_TEST(test_hidden)
	};

	return (tap_run(tests));
}
