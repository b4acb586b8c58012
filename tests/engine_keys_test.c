/*
 * praetor-engine as a process: idempotency keys, also across its death.
 */
#include <sha2.h>

#include "common/err.h"
#include "common/log.h"
#include "tests/engine_rig.h"
#include "tests/tap.h"

static void
keys(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;

	er_ready(w);
	er_ask(w, er_task_rec("a"), "k1");
	assert_int_equal(er_answer(w), 0);
	er_ask(w, er_task_rec("a"), "k1");	/* the same answer, once */
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_task);
	assert_string_equal(rec_str(r, F_v_task_name), "a");
	rec_free(r);
	assert_int_equal(er_answer(w), 0);
	er_ask(w, er_task_rec("b"), "k1");
	assert_int_equal(er_answer(w), PRA_ECONFLICT);
	er_ask(w, er_task_rec("a"), "k2");
	assert_int_equal(er_answer(w), PRA_EEXISTS);
	er_again(w);
	er_ask(w, er_task_rec("a"), "k1");
	assert_int_equal(er_answer(w), 0);
}

/*
 * The numbers of kinds move from one version to the next: an answer that was
 * kept by another one is the same answer, or one that says what is wrong.
 */
static void
upgraded(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;

	er_ready(w);
	er_ask(w, er_task_rec("a"), "k1");
	assert_int_equal(er_answer(w), 0);
	er_kill(w);
	/* Names are kept, no numbers: "task", NUL. */
	er_sql(w, "CREATE TEMP TABLE t (n INTEGER CHECK (n = 1)) STRICT;"
	    "INSERT INTO t SELECT count(*) FROM keys WHERE "
	    "substr(answer, 1, 5) = x'7461736b00';"
	    "UPDATE keys SET answer = CAST(x'6e6f6e6500' || "
	    "substr(answer, 6) AS BLOB)");
	er_start(w);
	er_sync(w);
	er_ask(w, er_task_rec("a"), "k1");
	r = er_end(w);
	assert_string_equal(rec_str(r, F_v_done_error), "version");
	rec_free(r);
	er_ask(w, er_task_rec("b"), "k1");
	assert_int_equal(er_answer(w), PRA_ECONFLICT);
}

/* A key is forgotten after a day, and not before. */
static void
forgotten(void **state)
{
	struct er_world	*w = *state;

	er_ready(w);
	er_ask(w, er_task_rec("a"), "old");
	assert_int_equal(er_answer(w), 0);
	er_ask(w, er_task_rec("b"), "new");
	assert_int_equal(er_answer(w), 0);
	er_kill(w);
	er_sql(w, "UPDATE keys SET time = time - 23 * 3600 * 1000000;"
	    "UPDATE keys SET time = time - 3600 * 1000000 "
	    "WHERE key LIKE '%old'");
	er_start(w);
	er_sync(w);
	er_ask(w, er_task_rec("c"), "new");
	assert_int_equal(er_answer(w), PRA_ECONFLICT);
	/* Deleting takes a turn of its own: this may come before it. */
	do {
		er_expired(w, "the end of a key");
		er_ask(w, er_task_rec("d"), "old");
	} while (er_answer(w) == PRA_ECONFLICT);
	er_ask(w, er_task_rec("c"), "new");
	assert_int_equal(er_answer(w), PRA_ECONFLICT);
}

/*
 * A command is known by its name and not by its number, so that it is the
 * same one after an upgrade.
 */
static void
named(void **state)
{
	static const char	 name[] = "task.create";
	struct er_world		*w = *state;
	struct rec		*r = er_task_rec("a");
	struct buf		 b = { 0 };
	SHA2_CTX		 ctx;
	uint8_t			 hash[SHA256_DIGEST_LENGTH];
	char			 sql[256], *p;
	size_t			 i;

	er_ready(w);
	assert_int_equal(rec_encode(r, &b), 0);
	er_ask(w, r, "k1");
	assert_int_equal(er_answer(w), 0);
	er_kill(w);
	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)name, sizeof(name));
	SHA256Update(&ctx, b.data + 2, b.len - 2);
	SHA256Update(&ctx, (const uint8_t *)"", 1);	/* no version */
	SHA256Final(hash, &ctx);
	buf_free(&b);
	p = sql + snprintf(sql, sizeof(sql), "CREATE TEMP TABLE t (n INTEGER "
	    "CHECK (n = 1)) STRICT; INSERT INTO t SELECT count(*) FROM keys "
	    "WHERE bodyhash = x'");
	for (i = 0; i < sizeof(hash); i++)
		p += snprintf(p, 3, "%02x", hash[i]);
	strcpy(p, "'");
	er_sql(w, sql);
}

/* The answer to an older request, which is the next thing that comes. */
static int
answer_to(struct er_world *w, uint32_t request)
{
	uint32_t	 last = w->request;
	int		 err;

	w->request = request;
	err = er_answer(w);
	w->request = last;
	return (err);
}

static struct rec *
other_repo(const char *name)
{
	struct rec	*r = er_project_rec(name);

	rec_set_str(r, F_c_project_add_repo, "/other");
	return (r);
}

/* Asked again before it is answered: once done, and answered alike. */
static void
at_once(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;
	uint32_t	 first;
	int		 i;

	er_ready(w);
	er_ask(w, er_task_rec("a"), "k1");
	first = w->request;
	er_ask(w, er_task_rec("a"), "k1");
	er_ask(w, er_task_rec("b"), "k1");
	for (i = 0; i < 2; i++) {
		r = er_expect_rec(&w->front, MSG_ITEM, REC_v_task);
		assert_string_equal(rec_str(r, F_v_task_name), "a");
		rec_free(r);
		assert_int_equal(answer_to(w, first + (uint32_t)i), 0);
	}
	assert_int_equal(er_answer(w), PRA_ECONFLICT);
	er_ask(w, er_task_rec("b"), "k2");
	assert_int_equal(er_answer(w), 0);
	er_ask(w, er_task_rec("a"), NULL);	/* there is one, and one only */
	assert_int_equal(er_answer(w), PRA_EEXISTS);
}

/* Another user's key of the same name is another key. */
static void
of_users(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r = er_project_rec("theirs");

	er_ready(w);
	er_ask(w, er_task_rec("a"), "k1");
	assert_int_equal(er_answer(w), 0);
	er_ask_as(w, r, "k1", ER_OTHER);
	rec_free(er_expect_rec(&w->review, MSG_BASE_WANT, REC_b_base_want));
	rec_free(er_expect_rec(&w->review, MSG_PROJECT_OPEN,
	    REC_b_project_open));
	er_project_state(w, "theirs", "ok");
	assert_int_equal(er_answer(w), 0);
}

static void
one_project(struct er_world *w)
{
	struct rec	*r;

	er_ask(w, rec_new(REC_c_project_list), NULL);
	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_project);
	assert_string_equal(rec_str(r, F_v_project_name), "p");
	assert_string_equal(rec_str(r, F_v_project_state), "ready");
	rec_free(r);
	er_expect(&w->front, MSG_DONE);
}

/* The answer to a `project add`, whose object is the project. */
static void
project_answer(struct er_world *w, uint32_t request)
{
	struct rec	*r;

	r = er_expect_rec(&w->front, MSG_ITEM, REC_v_project);
	assert_string_equal(rec_str(r, F_v_project_name), "p");
	assert_string_equal(rec_str(r, F_v_project_repo), "/r");
	rec_free(r);
	assert_int_equal(answer_to(w, request), 0);
}

/*
 * The engine dies between the event and the reviewer's word: who asks again
 * waits for it, and whoever asks for something else is refused.
 */
static void
project_killed(void **state)
{
	struct er_world	*w = *state;
	uint32_t	 first;

	er_start(w);
	er_sync(w);
	er_ask(w, er_project_rec("p"), "k1");
	er_expect(&w->review, MSG_PROJECT_OPEN);
	er_again(w);
	er_expect(&w->review, MSG_PROJECT_OPEN);
	er_ask(w, er_project_rec("p"), "k1");
	first = w->request;
	er_ask(w, other_repo("p"), "k1");
	assert_int_equal(er_answer(w), PRA_ECONFLICT);
	er_ask(w, er_project_rec("p"), "k2");
	assert_int_equal(er_answer(w), PRA_EEXISTS);
	er_project_state(w, "p", "ok");
	project_answer(w, first);
	one_project(w);
	er_ask(w, er_project_rec("p"), "k1");
	project_answer(w, w->request);
	er_ask(w, other_repo("p"), "k1");
	assert_int_equal(er_answer(w), PRA_ECONFLICT);
}

/* It dies after that word, before anybody was told. */
static void
project_killed_late(void **state)
{
	struct er_world	*w = *state;
	struct rec	*r;

	er_start(w);
	er_sync(w);
	er_ask(w, er_project_rec("p"), "k1");
	er_expect(&w->review, MSG_PROJECT_OPEN);
	er_again(w);
	er_expect(&w->review, MSG_PROJECT_OPEN);
	r = rec_new(REC_c_events);
	rec_set_u64(r, F_c_events_follow, 1);
	er_ask(w, r, NULL);
	er_expect(&w->front, MSG_ITEM);		/* added */
	er_project_state(w, "p", "ok");
	er_expect(&w->front, MSG_ITEM);		/* ready: it is committed */
	er_again(w);
	er_ask(w, er_project_rec("p"), "k1");
	project_answer(w, w->request);
	er_ask(w, other_repo("p"), "k1");
	assert_int_equal(er_answer(w), PRA_ECONFLICT);
	one_project(w);
}

/* What failed is asked for anew with the same key, by all who waited. */
static void
project_failed(void **state)
{
	struct er_world	*w = *state;

	er_start(w);
	er_sync(w);
	er_ask(w, er_project_rec("p"), "k1");
	er_expect(&w->review, MSG_PROJECT_OPEN);
	er_again(w);
	er_expect(&w->review, MSG_PROJECT_OPEN);
	er_ask(w, er_project_rec("p"), "k1");
	er_ask(w, er_project_rec("p"), "k1");
	er_ask(w, other_repo("p"), "k1");	/* and those were taken */
	assert_int_equal(er_answer(w), PRA_ECONFLICT);
	er_project_state(w, "p", "notfound");
	assert_int_equal(answer_to(w, w->request - 2), PRA_ENOTFOUND);
	assert_int_equal(answer_to(w, w->request - 1), PRA_ENOTFOUND);
	er_ask(w, other_repo("p"), "k1");
	er_expect(&w->review, MSG_PROJECT_OPEN);
	er_project_state(w, "p", "ok");
	assert_int_equal(er_answer(w), 0);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, er_setup, er_teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(keys), TEST(upgraded), TEST(named), TEST(at_once),
		TEST(of_users), TEST(forgotten),
		TEST(project_killed), TEST(project_killed_late),
		TEST(project_failed)
	};

	log_init("engine_keys_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
