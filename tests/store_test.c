/*
 * engine/store.c, store_rows.c, store_log.c: events and state in one
 * transaction, the chain, the filters, rows, keys and numbers.
 */
#include <sys/wait.h>
#include <signal.h>

#include "common/err.h"
#include "common/log.h"
#include "tests/store_rig.h"
#include "tests/tap.h"

/* -- events -- */

static void
filters(void **state)
{
	struct sr_world	*w = *state;

	sr_append_some(w);
	sr_events(w, F(0), "1 2 3 4 5 6 7 8 9 10 11 12");
	sr_events(w, F(.since = 9), "10 11 12");
	sr_events(w, F(.since = 12), "");
	sr_events(w, F(.limit = 3), "1 2 3");
	sr_events(w, F(.since = 3, .limit = 3), "4 5 6");
	sr_events(w, F(.project = "web"), "1 4 7 10");
	sr_events(w, F(.project = "web", .since = 4), "7 10");
	sr_events(w, F(.project = "nope"), "");
	sr_events(w, F(.project = ""), "");
	sr_events(w, F(.subject = "t_1"), "2 5 8 11");
	sr_events(w, F(.subject = "t_1", .limit = 2), "2 5");
	sr_events(w, F(.subject = "t_1", .project = "api"), "2 5 8 11");
	sr_events(w, F(.subject = "t_1", .project = "web"), "");
	sr_events(w, F(.type = "project."),
	    "1 2 3 4 5 6 7 8 9 10 11 12");
	sr_events(w, F(.type = "project.r"), "2 3 5 6 8 9 11 12");
	sr_events(w, F(.type = "project.re"), "2 3 5 6 8 9 11 12");
	sr_events(w, F(.type = "project.rea"), "2 5 8 11");
	sr_events(w, F(.type = "project.r", .project = "api", .since = 2),
	    "5 8 11");
	sr_events(w, F(.type = "nothing"), "");
	sr_events(w, F(.type = "task.create"), "");
	sr_events(w, F(.type = ""), "1 2 3 4 5 6 7 8 9 10 11 12");
}

static void
walk_ends(void **state)
{
	struct sr_world	*w = *state;
	struct sr_seen	 seen = { .stop_at = 5 };
	struct store_filter f = { 0 };

	sr_append_some(w);
	assert_int_equal(store_events(w->s, &f, sr_see, &seen), 42);
	assert_int_equal(seen.n, 5);
	/* And the statement is whole again. */
	sr_events(w, F(.limit = 1), "1");
}

static void
stream_numbers(void **state)
{
	struct sr_world	*w = *state;
	struct sr_seen	 seen = { 0 };
	struct store_filter f = { .project = "web" };
	int		 i;

	sr_append_some(w);
	assert_int_equal(sr_reopen(w), 0);
	sr_append_some(w);
	assert_int_equal(store_events(w->s, &f, sr_see, &seen), 0);
	assert_int_equal(seen.n, 8);
	for (i = 0; i < 8; i++)
		assert_true(seen.stream_seq[i] == (uint64_t)i + 1);
	assert_true(store_last_seq(w->s) == 24);
}

static void
hash_chain(void **state)
{
	struct sr_world	*w = *state;
	struct sr_chain	 c = { 0 };
	struct store_filter f = { 0 };

	sr_append_some(w);
	assert_int_equal(sr_reopen(w), 0);
	sr_append_some(w);
	assert_int_equal(store_events(w->s, &f, sr_link, &c), 0);
	assert_int_equal(c.n, 24);
}

/* A changed field, data or order shows. */
static void
hash_chain_broken(void **state)
{
	static const char *const changes[] = {
		"UPDATE events SET actor = 'uid:0' WHERE seq = 5",
		"UPDATE events SET time = time + 1 WHERE seq = 5",
		"UPDATE events SET project = '', subject = 'api' WHERE seq = 5",
		"UPDATE events SET data = x'010000000000' WHERE seq = 5",
		"DELETE FROM events WHERE seq = 5",
		"UPDATE events SET hash = zeroblob(32) WHERE seq = 4"
	};
	struct sr_world	*w = *state;
	struct store_filter f = { 0 };
	size_t		 i;

	sr_append_some(w);
	sr_sql(w, "CREATE TABLE kept AS SELECT * FROM events");
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct sr_chain	 c = { 0 };

		sr_sql(w, "DELETE FROM events; "
		    "INSERT INTO events SELECT * FROM kept");
		sr_sql(w, changes[i]);
		assert_int_equal(sr_reopen(w), 0);
		assert_int_equal(store_events(w->s, &f, sr_link, &c),
		    PRA_ECORRUPT);
	}
}

static int
keep_event(void *arg, const struct store_event *ev)
{
	struct store_event	*out = arg;

	*out = *ev;
	out->data = malloc(ev->len);
	memcpy((void *)(uintptr_t)out->data, ev->data, ev->len);
	return (0);
}

/* Every field of the envelope, at its longest, comes back. */
static void
envelope(void **state)
{
	struct sr_world		*w = *state;
	struct buf		 data = { 0 };
	struct store_event	 ev, back = { 0 };
	struct store_filter	 f = { 0 };

	ev = sr_event(w, &data, REC_e_project_added, "s");
	memset(ev.stream, 'a', sizeof(ev.stream) - 1);
	memset(ev.actor, 'b', sizeof(ev.actor) - 1);
	memset(ev.project, 'c', sizeof(ev.project) - 1);
	memset(ev.subject, 'd', sizeof(ev.subject) - 1);
	memset(ev.cause, 'e', sizeof(ev.cause) - 1);
	memset(ev.policy, 'f', sizeof(ev.policy) - 1);
	ev.schema = UINT32_MAX;
	ev.time = INT64_MIN;
	assert_int_equal(store_begin(w->s), 0);
	assert_int_equal(store_append(w->s, &ev), 0);
	assert_int_equal(store_commit(w->s), 0);
	assert_int_equal(store_events(w->s, &f, keep_event, &back), 0);
	assert_string_equal(back.stream, ev.stream);
	assert_string_equal(back.actor, ev.actor);
	assert_string_equal(back.project, ev.project);
	assert_string_equal(back.subject, ev.subject);
	assert_string_equal(back.cause, ev.cause);
	assert_string_equal(back.policy, ev.policy);
	assert_int_equal(back.schema, ev.schema);
	assert_true(back.time == ev.time && back.seq == 1);
	assert_memory_equal(back.id, ev.id, ULID_LEN);
	assert_memory_equal(back.hash, ev.hash, STORE_HASH);
	assert_int_equal(back.len, ev.len);
	assert_memory_equal(back.data, ev.data, ev.len);
	free((void *)(uintptr_t)back.data);
	buf_free(&data);
}

/* Nothing of a turn is kept when one event of it was refused. */
static void
bad_events(void **state)
{
	struct sr_world		*w = *state;
	struct buf		 data = { 0 };
	struct store_event	 ev;
	int			 i;

	for (i = 0; i < 5; i++) {
		ev = sr_event(w, &data, i == 0 ? REC_v_why :
		    REC_e_project_added, i == 1 ? "" : "system");
		if (i == 2)
			ev.len = 5;
		if (i == 3)
			memset(ev.policy, 'x', sizeof(ev.policy));
		if (i == 4)
			ev.data = NULL;
		assert_int_equal(store_begin(w->s), 0);
		sr_append(w, REC_e_project_added, "system", "", "");
		assert_int_equal(store_append(w->s, &ev), PRA_EINVALID);
		assert_int_equal(store_commit(w->s), PRA_EINVALID);
		assert_true(store_last_seq(w->s) == 0);
		sr_events(w, F(0), "");
	}
	buf_free(&data);
}

/* -- transactions -- */

static void
rollback(void **state)
{
	struct sr_world	*w = *state;
	const uint8_t	 hash[STORE_HASH] = { 1 };
	struct buf	 b = { 0 };
	struct sr_chain	 c = { 0 };
	uint64_t	 v;

	assert_int_equal(store_begin(w->s), 0);
	assert_int_equal(store_in_transaction(w->s), 1);
	sr_append(w, REC_e_project_added, "project/web", "web", "");
	sr_put(w, ST_PROJECT, "web", 1);
	assert_int_equal(store_key_put(w->s, "k", hash, 1, "answer", 6), 0);
	assert_int_equal(store_meta_set(w->s, "session", 9), 0);
	assert_int_equal(sr_has(w, ST_PROJECT, "web"), 1);
	store_rollback(w->s);
	assert_int_equal(store_in_transaction(w->s), 0);
	assert_true(store_last_seq(w->s) == 0);
	assert_int_equal(sr_has(w, ST_PROJECT, "web"), 0);
	assert_int_equal(store_key_find(w->s, "k", hash, &b), 0);
	assert_int_equal(store_meta_get(w->s, "session", &v), 0);
	assert_true(v == 0);
	sr_events(w, F(0), "");
	/* The numbers and the chain go on from what was committed. */
	sr_append_some(w);
	assert_int_equal(store_events(w->s, &F(0), sr_link, &c), 0);
	assert_int_equal(c.n, 12);
	store_rollback(w->s);
	assert_true(store_last_seq(w->s) == 12);
}

static void
out_of_order(void **state)
{
	struct sr_world	*w = *state;
	struct buf	 data = { 0 };
	struct store_event ev;
	const uint8_t	 hash[STORE_HASH] = { 1 };
	struct rec	*r = sr_row(w);

	ev = sr_event(w, &data, REC_e_project_added, "system");
	assert_int_equal(store_commit(w->s), PRA_ESTATE);
	assert_int_equal(store_append(w->s, &ev), PRA_ESTATE);
	assert_int_equal(store_put(w->s, ST_TASK, "k", 1, 1, r), PRA_ESTATE);
	assert_int_equal(store_del(w->s, ST_TASK, "k", 1), PRA_ESTATE);
	assert_int_equal(store_key_put(w->s, "k", hash, 1, "", 0), PRA_ESTATE);
	assert_int_equal(store_meta_set(w->s, "n", 1), PRA_ESTATE);
	assert_int_equal(store_begin(w->s), 0);
	assert_int_equal(store_begin(w->s), PRA_ESTATE);
	assert_int_equal(store_commit(w->s), 0);
	assert_int_equal(sr_has(w, ST_TASK, "k"), 0);
	rec_free(r);
	buf_free(&data);
}

/* Closing inside a transaction is a crash: nothing of it is there. */
static void
closed_inside(void **state)
{
	struct sr_world	*w = *state;

	sr_append_some(w);
	assert_int_equal(store_begin(w->s), 0);
	sr_append(w, REC_e_project_added, "system", "", "");
	sr_put(w, ST_TASK, "a", 1);
	assert_int_equal(sr_reopen(w), 0);
	assert_true(store_last_seq(w->s) == 12);
	assert_int_equal(sr_has(w, ST_TASK, "a"), 0);
}

/* kill -9 after a commit: all of it is there, nothing of the next turn. */
static void
killed(void **state)
{
	struct sr_world	*w = *state;
	int		 status;
	pid_t		 pid;

	store_close(w->s);
	w->s = NULL;
	if ((pid = fork()) == 0) {
		if (store_open(&w->s, w->dir, w->why, sizeof(w->why)) != 0)
			_exit(1);
		sr_append_some(w);
		store_begin(w->s);
		sr_append(w, REC_e_project_added, "system", "", "");
		sr_put(w, ST_TASK, "lost", 1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(sr_reopen(w), 0);
	assert_true(store_last_seq(w->s) == 12);
	assert_int_equal(sr_has(w, ST_TASK, "lost"), 0);
}

/* -- rows -- */

struct keys {
	char		 text[400];
	int		 stop_at;
	int		 n;
	struct store	*s;
	int		 nested;	/* what the same walk inside gives */
};

static int
key_seen(void *arg, const void *key, size_t keylen, struct rec *r)
{
	struct keys	*k = arg;
	size_t		 n = strlen(k->text);

	snprintf(k->text + n, sizeof(k->text) - n, "%s%.*s", n ? " " : "",
	    (int)keylen, (const char *)key);
	if (k->s != NULL)
		k->nested = store_each(k->s, ST_TASK, key_seen, k);
	rec_free(r);
	return (++k->n == k->stop_at ? 42 : 0);
}

static void
rows(void **state)
{
	struct sr_world	*w = *state;
	struct keys	 each = { 0 }, recent = { 0 }, some = { 0 };

	assert_int_equal(store_begin(w->s), 0);
	sr_put(w, ST_TASK, "b", 1);
	sr_put(w, ST_TASK, "a", 1);
	sr_put(w, ST_TASK, "d", 0);
	sr_put(w, ST_TASK, "c", 1);
	sr_put(w, ST_SESSION, "e", 1);
	assert_int_equal(store_commit(w->s), 0);
	assert_int_equal(store_begin(w->s), 0);
	sr_put(w, ST_TASK, "b", 0);		/* written again, not live */
	assert_int_equal(store_del(w->s, ST_TASK, "a", 1), 0);
	assert_int_equal(store_del(w->s, ST_TASK, "none", 4), 0);
	sr_put(w, ST_TASK, "f", 1);
	assert_int_equal(store_commit(w->s), 0);
	assert_int_equal(sr_reopen(w), 0);
	assert_int_equal(store_each(w->s, ST_TASK, key_seen, &each), 0);
	assert_string_equal(each.text, "c f");
	assert_int_equal(store_recent(w->s, ST_TASK, 3, key_seen, &recent), 0);
	assert_string_equal(recent.text, "f d c");
	assert_int_equal(store_recent(w->s, ST_TASK, 0, key_seen, &some), 0);
	assert_string_equal(some.text, "f d c b");
	assert_int_equal(sr_has(w, ST_TASK, "a"), 0);
	assert_int_equal(sr_has(w, ST_TASK, "b"), 1);
	assert_int_equal(sr_has(w, ST_PROJECT, "b"), 0);
}

/* Records in a record are for messages: no row holds any. */
static int
has_records(enum rec_kind k)
{
	const struct rec_field	*f;

	for (f = rec_def(k)->fields; f->name != NULL; f++)
		if (f->type == R_RECS)
			return (1);
	return (0);
}

static void
rows_come_back(void **state)
{
	struct sr_world	*w = *state;
	struct rec	*r, *back;
	struct buf	 x = { 0 }, y = { 0 };
	int		 k;

	for (k = REC_NONE + 1; k < REC_MAX; k++) {
		if (rec_def((enum rec_kind)k)->cls != RC_BODY ||
		    has_records((enum rec_kind)k))
			continue;
		r = recgen(&w->gen, (enum rec_kind)k, RECGEN_MOST);
		assert_int_equal(store_begin(w->s), 0);
		assert_int_equal(store_put(w->s, ST_OWED, "key", 3, 1, r), 0);
		assert_int_equal(store_commit(w->s), 0);
		assert_int_equal(store_get(w->s, ST_OWED, "key", 3, &back), 0);
		x.len = y.len = 0;
		assert_int_equal(rec_encode(r, &x), 0);
		assert_int_equal(rec_encode(back, &y), 0);
		assert_int_equal(x.len, y.len);
		assert_memory_equal(x.data, y.data, x.len);
		rec_free(r);
		rec_free(back);
	}
	buf_free(&x);
	buf_free(&y);
}

static void
bad_rows(void **state)
{
	struct sr_world	*w = *state;
	struct rec	*bad = rec_new(REC_b_project_open);	/* empty */
	struct rec	*nested = recgen(&w->gen, REC_c_env, RECGEN_LEAST);
	struct rec	*good = sr_row(w), *none = NULL;
	char		 key[2000] = "";

	assert_int_equal(store_begin(w->s), 0);
	sr_put(w, ST_TASK, "kept?", 1);
	assert_int_equal(store_put(w->s, ST_TASK, "a", 1, 1, bad),
	    PRA_EINVALID);
	assert_int_equal(store_put(w->s, ST_TASK, "a", 1, 1, NULL),
	    PRA_EINVALID);
	assert_int_equal(store_put(w->s, ST_TASK, "a", 1, 1, nested),
	    PRA_EINVALID);
	assert_int_equal(store_put(w->s, ST_MAX, "a", 1, 1, good),
	    PRA_EINVALID);
	assert_int_equal(store_put(w->s, ST_TASK, "a", 0, 1, good),
	    PRA_EINVALID);
	assert_int_equal(store_put(w->s, ST_TASK, key, sizeof(key), 1, good),
	    PRA_EINVALID);
	assert_int_equal(store_commit(w->s), PRA_EINVALID);
	assert_int_equal(sr_has(w, ST_TASK, "kept?"), 0);
	assert_int_equal(store_get(w->s, ST_TASK, NULL, 0, &none),
	    PRA_EINVALID);
	assert_null(none);
	rec_free(bad);
	rec_free(nested);
	rec_free(good);
}

static void
damaged_row(void **state)
{
	struct sr_world	*w = *state;
	struct rec	*r;
	struct keys	 k = { 0 };

	assert_int_equal(store_begin(w->s), 0);
	sr_put(w, ST_TASK, "a", 1);
	assert_int_equal(store_commit(w->s), 0);
	sr_sql(w, "UPDATE task SET row = x'ffff'");
	assert_int_equal(sr_reopen(w), 0);
	assert_int_equal(store_get(w->s, ST_TASK, "a", 1, &r), PRA_ECORRUPT);
	assert_null(r);
	assert_int_equal(store_each(w->s, ST_TASK, key_seen, &k), PRA_ECORRUPT);
	sr_sql(w, "UPDATE task SET kind = 'no such kind'");
	assert_int_equal(sr_reopen(w), 0);
	assert_int_equal(store_get(w->s, ST_TASK, "a", 1, &r), PRA_ECORRUPT);
}

static void
prefix_search(void **state)
{
	struct sr_world	*w = *state;
	struct keys	 k[7] = { 0 };

	assert_int_equal(store_begin(w->s), 0);
	sr_put(w, ST_TASK, "aaaa", 1);
	sr_put(w, ST_TASK, "abaa", 0);
	sr_put(w, ST_TASK, "abzz", 1);
	sr_put(w, ST_TASK, "acaa", 1);
	assert_int_equal(store_commit(w->s), 0);
	assert_int_equal(store_prefix(w->s, ST_TASK, "ab\0\0",
	    "ab\xff\xff", 4, 5, key_seen, &k[0]), 0);
	assert_string_equal(k[0].text, "abaa abzz");
	assert_int_equal(store_prefix(w->s, ST_TASK, "a\0\0\0",
	    "a\xff\xff\xff", 4, 2, key_seen, &k[1]), 0);
	assert_string_equal(k[1].text, "aaaa abaa");
	assert_int_equal(store_prefix(w->s, ST_TASK, "abzz", "abzz", 4, 0,
	    key_seen, &k[2]), 0);
	assert_string_equal(k[2].text, "abzz");
	assert_int_equal(store_prefix(w->s, ST_TASK, "b\0\0\0",
	    "b\xff\xff\xff", 4, 5, key_seen, &k[3]), 0);
	assert_string_equal(k[3].text, "");
	assert_int_equal(store_back(w->s, ST_TASK, "ab\0\0",
	    "ac\xff\xff", 4, 2, key_seen, &k[6]), 0);
	assert_string_equal(k[6].text, "acaa abzz");
	k[4].stop_at = 1;
	assert_int_equal(store_prefix(w->s, ST_TASK, "a\0\0\0",
	    "a\xff\xff\xff", 4, 5, key_seen, &k[4]), 42);
	assert_string_equal(k[4].text, "aaaa");
	/* The same walk inside itself is refused and harms nothing. */
	k[5].s = w->s;
	assert_int_equal(store_each(w->s, ST_TASK, key_seen, &k[5]), 0);
	assert_string_equal(k[5].text, "aaaa abzz acaa");
	assert_int_equal(k[5].nested, PRA_EINVALID);
}

struct waiting {
	int	 n;
	char	 project[64], key[64];
	uint8_t	 hash[STORE_HASH];
};

static int
waiting_row(void *arg, const char *project, const char *key,
    const uint8_t hash[STORE_HASH])
{
	struct waiting	*wt = arg;

	wt->n++;
	snprintf(wt->project, sizeof(wt->project), "%s", project);
	snprintf(wt->key, sizeof(wt->key), "%s", key);
	memcpy(wt->hash, hash, STORE_HASH);
	return (0);
}

/* Keys whose command waits survive, and are there once a project. */
static void
pendings(void **state)
{
	struct sr_world	*w = *state;
	const uint8_t	 one[STORE_HASH] = { 1 };
	struct waiting	 wt = { 0 };

	assert_int_equal(store_pending_put(w->s, "p", "k", one), PRA_ESTATE);
	assert_int_equal(store_begin(w->s), 0);
	assert_int_equal(store_pending_put(w->s, "p", "k", one), 0);
	assert_int_equal(store_commit(w->s), 0);
	assert_int_equal(sr_reopen(w), 0);
	assert_int_equal(store_pending_each(w->s, waiting_row, &wt), 0);
	assert_int_equal(wt.n, 1);
	assert_string_equal(wt.project, "p");
	assert_string_equal(wt.key, "k");
	assert_memory_equal(wt.hash, one, STORE_HASH);
	assert_int_equal(store_begin(w->s), 0);
	assert_int_equal(store_pending_del(w->s, "p"), 0);
	assert_int_equal(store_pending_del(w->s, "q"), 0);
	assert_int_equal(store_commit(w->s), 0);
	assert_int_equal(store_pending_each(w->s, waiting_row, &wt), 0);
	assert_int_equal(wt.n, 1);
	/* A store of before: the table is made when it is opened. */
	sr_sql(w, "DROP TABLE pending");
	assert_int_equal(sr_reopen(w), 0);
	assert_int_equal(store_pending_each(w->s, waiting_row, &wt), 0);
}

/* Old keys go, the oldest first, and no more of them than is asked for. */
static void
keys_go(void **state)
{
	struct sr_world	*w = *state;
	const uint8_t	 one[STORE_HASH] = { 1 };
	struct buf	 b = { 0 };
	char		 name[8];
	int		 i;

	assert_int_equal(store_keys_expire(w->s, 5, 2), PRA_ESTATE);
	assert_int_equal(store_begin(w->s), 0);
	for (i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "k%d", (i * 5) % 6);
		assert_int_equal(store_key_put(w->s, name, one, (i * 5) % 6,
		    "x", 1), 0);
	}
	assert_int_equal(store_keys_older(w->s, 0), 0);
	assert_int_equal(store_keys_older(w->s, 4), 1);
	assert_int_equal(store_keys_expire(w->s, 4, 2), 0);
	for (i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "k%d", i);
		assert_int_equal(store_key_find(w->s, name, one, &b), i > 1);
	}
	assert_int_equal(store_keys_expire(w->s, 4, 0), 0);
	assert_int_equal(store_keys_older(w->s, 4), 0);
	assert_int_equal(store_key_find(w->s, "k3", one, &b), 0);
	assert_int_equal(store_key_find(w->s, "k4", one, &b), 1);
	assert_int_equal(store_commit(w->s), 0);
	buf_free(&b);
}

static void
keys(void **state)
{
	struct sr_world	*w = *state;
	const uint8_t	 one[STORE_HASH] = { 1 }, two[STORE_HASH] = { 2 };
	struct buf	 b = { 0 };

	assert_int_equal(store_key_find(w->s, "k", one, &b), 0);
	assert_int_equal(store_begin(w->s), 0);
	assert_int_equal(store_key_put(w->s, "k", one, 5, "an\0swer", 7), 0);
	assert_int_equal(store_key_put(w->s, "e", two, 5, NULL, 0), 0);
	assert_int_equal(store_key_find(w->s, "k", one, &b), 1);
	assert_int_equal(store_commit(w->s), 0);
	assert_int_equal(sr_reopen(w), 0);
	b.len = 0;
	assert_int_equal(store_key_find(w->s, "k", one, &b), 1);
	assert_int_equal(b.len, 7);
	assert_memory_equal(b.data, "an\0swer", 7);
	b.len = 0;
	assert_int_equal(store_key_find(w->s, "e", two, &b), 1);
	assert_int_equal(b.len, 0);
	assert_int_equal(store_key_find(w->s, "k", two, &b), PRA_ECONFLICT);
	assert_int_equal(b.len, 0);
	assert_int_equal(store_begin(w->s), 0);
	assert_int_equal(store_key_put(w->s, "k", two, 5, "x", 1),
	    PRA_EEXISTS);
	assert_int_equal(store_commit(w->s), PRA_EEXISTS);
	buf_free(&b);
}

static void
meta(void **state)
{
	struct sr_world	*w = *state;
	uint64_t	 v = 77;

	assert_int_equal(store_meta_get(w->s, "session", &v), 0);
	assert_true(v == 0);
	assert_int_equal(store_begin(w->s), 0);
	assert_int_equal(store_meta_set(w->s, "session", 41), 0);
	assert_int_equal(store_meta_set(w->s, "session", 42), 0);
	assert_int_equal(store_meta_set(w->s, "big", UINT64_MAX), 0);
	assert_int_equal(store_commit(w->s), 0);
	assert_int_equal(sr_reopen(w), 0);
	assert_int_equal(store_meta_get(w->s, "session", &v), 0);
	assert_true(v == 42);
	assert_int_equal(store_meta_get(w->s, "big", &v), 0);
	assert_true(v == UINT64_MAX);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, sr_setup, sr_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(filters), T(walk_ends), T(stream_numbers), T(hash_chain),
		T(hash_chain_broken), T(envelope), T(bad_events),
		T(rollback), T(out_of_order), T(closed_inside), T(killed),
		T(rows), T(rows_come_back), T(bad_rows), T(damaged_row),
		T(prefix_search), T(keys), T(keys_go), T(pendings), T(meta)
	};

	log_init("store_test", 0);
	tap_quiet();
	return (tap_run(tests));
}
