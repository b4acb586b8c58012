/*
 * What the tests of the store share.  Linked by tests only.
 */
#include <sys/stat.h>
#include <sys/types.h>
#include <dirent.h>
#include <sha2.h>
#include <sqlite3.h>

#include "common/err.h"
#include "tests/tap.h"
#include "tests/store_rig.h"

int
sr_setup(void **state)
{
	struct sr_world	*w = calloc(1, sizeof(*w));

	if (w == NULL)
		return (-1);
	snprintf(w->dir, sizeof(w->dir), "%s", "/tmp/praetor-store.XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		return (-1);
	*state = w;
	if (store_open(&w->s, w->dir, w->why, sizeof(w->why)) != 0) {
		print_message("# %s\n", w->why);
		return (-1);
	}
	return (0);
}

/* Remove a directory of files, and one level of directories in it. */
static void
remove_dir(const char *path, int depth)
{
	struct dirent	*e;
	char		 name[600];
	DIR		*d;

	chmod(path, 0700);
	if ((d = opendir(path)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (unlink(name) == -1 && depth > 0)
			remove_dir(name, depth - 1);
	}
	closedir(d);
	rmdir(path);
}

int
sr_teardown(void **state)
{
	struct sr_world	*w = *state;

	store_close(w->s);
	remove_dir(w->dir, 1);
	free(w);
	return (0);
}

const char *
sr_path(struct sr_world *w, const char *name)
{
	static char	 path[200];

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	return (path);
}

int
sr_reopen(struct sr_world *w)
{
	store_close(w->s);
	w->s = NULL;
	return (store_open(&w->s, w->dir, w->why, sizeof(w->why)));
}

/* One line that names the thing and says what to do. */
void
sr_why(struct sr_world *w, const char *thing, const char *remedy)
{
	assert_null(w->s);
	assert_null(strchr(w->why, '\n'));
	assert_non_null(strstr(w->why, w->dir));
	if (strstr(w->why, thing) == NULL || strstr(w->why, remedy) == NULL)
		fail_msg("\"%s\" lacks \"%s\" or \"%s\"", w->why, thing,
		    remedy);
}

struct store_event
sr_event(struct sr_world *w, struct buf *data, enum rec_kind kind,
    const char *stream)
{
	struct store_event	 ev = { 0 };
	struct rec		*r = recgen(&w->gen, kind, RECGEN_RANDOM);

	data->len = 0;
	assert_int_equal(rec_encode(r, data), 0);
	rec_free(r);
	snprintf(ev.stream, sizeof(ev.stream), "%s", stream);
	ev.id[0] = (uint8_t)recgen_below(&w->gen, 256);
	ev.id[15] = 7;
	ev.time = 1700000000000000 + (int64_t)recgen_below(&w->gen, 1000);
	snprintf(ev.actor, sizeof(ev.actor), "uid:1000");
	ev.schema = 1;
	ev.data = data->data;
	ev.len = data->len;
	return (ev);
}

void
sr_append(struct sr_world *w, enum rec_kind kind, const char *stream,
    const char *project, const char *subject)
{
	struct buf		 data = { 0 };
	struct store_event	 ev = sr_event(w, &data, kind, stream);
	uint64_t		 last = store_last_seq(w->s);

	snprintf(ev.project, sizeof(ev.project), "%s", project);
	snprintf(ev.subject, sizeof(ev.subject), "%s", subject);
	assert_int_equal(store_append(w->s, &ev), 0);
	assert_true(ev.seq == last + 1);
	assert_true(store_last_seq(w->s) == last + 1);
	buf_free(&data);
}

/* Twelve events: three streams, two projects, types of three families. */
void
sr_append_some(struct sr_world *w)
{
	int	 i;

	assert_int_equal(store_begin(w->s), 0);
	for (i = 0; i < 4; i++) {
		sr_append(w, REC_e_project_added, "project/web", "web", "");
		sr_append(w, REC_e_project_ready, "project/api", "api", "t_1");
		sr_append(w, REC_e_project_removed, "system", "", "");
	}
	assert_int_equal(store_commit(w->s), 0);
}

int
sr_see(void *arg, const struct store_event *ev)
{
	struct sr_seen	*seen = arg;

	assert_true(seen->n < 100);
	seen->seq[seen->n] = ev->seq;
	seen->stream_seq[seen->n++] = ev->stream_seq;
	return (seen->n == seen->stop_at ? 42 : 0);
}

void
sr_events(struct sr_world *w, struct store_filter f, const char *want)
{
	struct sr_seen	 seen = { 0 };
	char		 got[400] = "";
	size_t		 n = 0;
	int		 i;

	assert_int_equal(store_events(w->s, &f, sr_see, &seen), 0);
	for (i = 0; i < seen.n; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%d",
		    i ? " " : "", (int)seen.seq[i]);
	assert_string_equal(got, want);
}

/* The documented form, written down a second time. */
static void
be(struct buf *b, uint64_t v, int n)
{
	uint8_t	 byte;

	while (n-- > 0) {
		byte = (uint8_t)(v >> 8 * n);
		assert_int_equal(buf_add(b, &byte, 1), 0);
	}
}

static void
text(struct buf *b, const void *p, size_t n)
{
	be(b, n, 4);
	assert_int_equal(buf_add(b, p, n), 0);
}

int
sr_link(void *arg, const struct store_event *ev)
{
	struct sr_chain	*c = arg;
	struct buf	 b = { 0 };
	const uint8_t	*data = ev->data;
	SHA2_CTX	 ctx;

	buf_add(&b, c->hash, STORE_HASH);
	be(&b, ev->seq, 8);
	text(&b, ev->stream, strlen(ev->stream));
	be(&b, ev->stream_seq, 8);
	buf_add(&b, ev->id, ULID_LEN);
	be(&b, (uint64_t)ev->time, 8);
	be(&b, data[0] | (unsigned int)data[1] << 8, 4);
	text(&b, ev->actor, strlen(ev->actor));
	text(&b, ev->project, strlen(ev->project));
	text(&b, ev->subject, strlen(ev->subject));
	text(&b, ev->cause, strlen(ev->cause));
	text(&b, ev->policy, strlen(ev->policy));
	be(&b, ev->schema, 4);
	text(&b, ev->data, ev->len);
	SHA256Init(&ctx);
	SHA256Update(&ctx, b.data, b.len);
	SHA256Final(c->hash, &ctx);
	buf_free(&b);
	c->n++;
	return (memcmp(c->hash, ev->hash, STORE_HASH) == 0 ? 0 : PRA_ECORRUPT);
}

void
sr_sql(struct sr_world *w, const char *sql)
{
	sqlite3	*db;
	char	*err = NULL;

	store_close(w->s);
	w->s = NULL;
	assert_int_equal(sqlite3_open(sr_path(w, "praetor.db"), &db), 0);
	if (sqlite3_exec(db, sql, NULL, NULL, &err) != SQLITE_OK)
		fail_msg("%s: %s", sql, err);
	assert_int_equal(sqlite3_close(db), 0);
}

struct rec *
sr_row(struct sr_world *w)
{
	return (recgen(&w->gen, REC_b_project_open, RECGEN_RANDOM));
}

void
sr_put(struct sr_world *w, enum store_table t, const char *key, int live)
{
	struct rec	*r = sr_row(w);

	assert_int_equal(store_put(w->s, t, key, strlen(key), live, r), 0);
	rec_free(r);
}

int
sr_has(struct sr_world *w, enum store_table t, const char *key)
{
	struct rec	*r = NULL;
	int		 e = store_get(w->s, t, key, strlen(key), &r);

	rec_free(r);
	assert_true(e == 0 || e == PRA_ENOTFOUND);
	return (e == 0);
}
